// SPDX-License-Identifier: GPL-2.0
/* Looking at a partition from the outside. */

#include <linux/sched.h>
#include "active.h"
#include "memory/proximity.h"
#include "snapshot.h"

static void hvp_snapshot_take_locked(struct hvp_partition *partition,
				     struct hvp_snapshot *snapshot)
{
	unsigned int node;

	snapshot->parent_id = partition->parent ? partition->parent->id : 0;
	snapshot->total = hvp_pool_balance(&partition->pool, HVP_PROXIMITY_ANY);
	memcpy(snapshot->used_for, partition->pool.used_for, sizeof(snapshot->used_for));
	for (node = 0; node < hvp_pool_nodes(); node++) {
		const struct hvp_proximity this = { .id = node, .flags = HVP_PROXIMITY_VALID };

		snapshot->nodes[node] = hvp_pool_balance(&partition->pool, this);
	}
	memcpy(snapshot->early_properties, partition->early_properties,
	       sizeof(snapshot->early_properties));
	if (partition->vps)
		snapshot->virtual_processors = READ_ONCE(partition->vps->count);
	/* There is no map before, and nothing in it after. */
	snapshot->has_map = partition->parent && (snapshot->state == HVP_STATE_ACTIVE ||
						  snapshot->state == HVP_STATE_FINALIZING);
	if (snapshot->has_map)
		hvp_gpa_map_counts(&partition->child.map, &snapshot->map);
	snapshot->has_regular_properties = partition->active;
	if (partition->active)
		memcpy(snapshot->regular_properties, partition->active->properties,
		       sizeof(snapshot->regular_properties));
}

/**
 * hvp_snapshot_take() - copy what can be seen of a partition
 * @partition:	the partition, held by a reference
 * @snapshot:	receives the copy
 *
 * Context: Any; holds the partition's lock for the copying alone.
 */
void hvp_snapshot_take(struct hvp_partition *partition, struct hvp_snapshot *snapshot)
{
	memset(snapshot, 0, sizeof(*snapshot));
	snapshot->id = partition->id;
	snapshot->creation = partition->creation;

	spin_lock(&partition->lock);
	snapshot->state = partition->state;
	if (snapshot->state != HVP_STATE_DELETED)
		hvp_snapshot_take_locked(partition, snapshot);
	spin_unlock(&partition->lock);
}

static enum hvp_vp_does hvp_child_vp_does(const struct hvp_child_vp *vp)
{
	if (READ_ONCE(vp->dispatched))
		return HVP_VP_RUNNING;
	if (hvp_child_vp_is_suspended(vp))
		return HVP_VP_SUSPENDED;
	return READ_ONCE(vp->blocked) ? HVP_VP_BLOCKED : HVP_VP_READY;
}

/**
 * hvp_snapshot_next_vp() - a virtual processor of a child's
 * @partition:	the child, held by a reference
 * @index:	VP index where to begin; then the next one
 * @snapshot:	receives what can be seen of it
 *
 * Takes no lock, and so waits for no run.
 *
 * Context: Any.
 * Return: false if there is none from there on.
 */
bool hvp_snapshot_next_vp(struct hvp_partition *partition, u32 *index,
			  struct hvp_vp_snapshot *snapshot)
{
	const struct hvp_child_vp *vp;
	unsigned long number = *index;
	struct hvp_vp *found;
	unsigned int reason;

	rcu_read_lock();
	found = xa_find(&partition->child.vps.list, &number, ULONG_MAX, XA_PRESENT);
	if (found) {
		vp = container_of(found, struct hvp_child_vp, vp);
		snapshot->index = vp->vp.index;
		snapshot->does = hvp_child_vp_does(vp);
		snapshot->run_time = READ_ONCE(vp->vp.run_time);
		snapshot->hypercalls = READ_ONCE(vp->vp.hypercalls);
		snapshot->signals = atomic64_read(&vp->signals);
		for (reason = 0; reason < HVP_NR_EXIT_REASONS; reason++)
			snapshot->exits[reason] = atomic64_read(&vp->exits[reason]);
	}
	rcu_read_unlock();
	*index = number + 1;
	return found;
}

/* 1 GiB: so long nobody else gets the CPU. */
#define HVP_PAGES_AT_A_TIME	(512ULL * HVP_LARGE_PAGE_PAGES)

/* Is @more, @count pages behind @page, what would be there if all of them were alike? */
static bool hvp_gpa_goes_on(const struct hvp_gpa_page *page, u64 count,
			    const struct hvp_gpa_page *more)
{
	return more->kind == page->kind && more->rights == page->rights &&
	       (page->kind != HVP_GPA_MAPPED || more->source == page->source + count);
}

/**
 * hvp_snapshot_next_memory() - pages of a child's memory that are alike
 * @partition:	the child, which has a map (struct hvp_snapshot) or had one
 * @gfn:	GPA page number where to begin; then of the first page that is not unmapped
 * @count:	receives how many are alike, from there on
 * @page:	receives what the first one is
 *
 * What changes meanwhile may be seen as it was or as it is.
 *
 * Context: May sleep; no lock held.  Holds the map's for one node at a time.
 * Return: false if all is unmapped from there on.
 */
bool hvp_snapshot_next_memory(struct hvp_partition *partition, u64 *gfn, u64 *count,
			      struct hvp_gpa_page *page)
{
	struct hvp_gpa_map *map = &partition->child.map;
	struct hvp_gpa_page more;
	u64 next, some;

	for (;;) {
		if (!hvp_gpa_map_skip_unmapped(map, gfn))
			return false;
		*count = HVP_PAGES_AT_A_TIME;
		if (hvp_gpa_map_next(map, gfn, count, page))
			break;
		/* It has gone meanwhile. */
		*gfn += HVP_PAGES_AT_A_TIME;
	}
	do {
		cond_resched();
		next = *gfn + *count;
		some = HVP_PAGES_AT_A_TIME;
		if (!hvp_gpa_map_next(map, &next, &some, &more) || next != *gfn + *count ||
		    !hvp_gpa_goes_on(page, *count, &more))
			break;
		*count += some;
	} while (some == HVP_PAGES_AT_A_TIME);
	return true;
}
