// SPDX-License-Identifier: GPL-2.0
/*
 * Which pages of a parent its children have: all of a list are looked for at once, in one child
 * after the other, so that it takes no longer for many than for one.
 */

#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <hvpart/guest.h>
#include "hierarchy.h"
#include "mapped.h"
#include "memory/caches.h"
#include "memory/gpa_map.h"
#include "partition.h"
#include "space.h"

static_assert(HVP_PAGE_SIZE / sizeof(u64) <= BIT(HVP_GPA_SOUGHT_BITS), "no list has more");

static int hvp_compare_keys(const void *one, const void *other)
{
	u64 a = *(const u64 *)one;
	u64 b = *(const u64 *)other;

	return a < b ? -1 : a > b;
}

/*
 * Could a child have any of these pages?  Whoever has asked for one before it was taken has it
 * in his map by now: he does both under the space's lock.
 */
static bool hvp_mapped_maybe(struct hvp_space *space, const struct hvp_pinned_page *pages,
			     unsigned int count)
{
	u64 lowest = U64_MAX, highest = 0;
	struct hvp_child *child;
	bool maybe = false;
	unsigned int i;

	for (i = 0; i < count; i++) {
		lowest = min(lowest, pages[i].gfn);
		highest = max(highest, pages[i].gfn);
	}
	spin_lock(&space->lock);
	list_for_each_entry(child, &space->maps, in_space) {
		maybe = hvp_gpa_map_may_have(&child->map, lowest, highest);
		if (maybe)
			break;
	}
	spin_unlock(&space->lock);
	return maybe;
}

static bool hvp_child_is_mapped(struct hvp_partition *child, struct hvp_space *space)
{
	bool mapped;

	if (!child->parent || child->parent->space != space)
		return false;
	spin_lock(&space->lock);
	mapped = !list_empty(&child->child.in_space);
	spin_unlock(&space->lock);
	return mapped;
}

static int hvp_mapped_look_for(struct hvp_partition *parent, struct hvp_gpa_sought *sought)
{
	struct hvp_partition *partition;
	int error = 0;
	u64 id = 0;

	while (!error && sought->first &&
	       (partition = hvp_hierarchy_find_from(parent->hierarchy, id))) {
		id = partition->id + 1;
		if (hvp_child_is_mapped(partition, parent->space))
			error = hvp_gpa_map_look_for(&partition->child.map, sought);
		hvp_partition_put(partition);
		cond_resched();
	}
	return error;
}

/**
 * hvp_mapped_first() - the first of some pages that a child has
 * @parent:	whose pages they are
 * @pages:	the pages, taken as far as it matters that they will not be mapped hereafter
 * @count:	how many, at most what a call can name
 * @first:	its index; @count if no child has any of them
 *
 * Takes time in proportion to the memory of all children, and no longer holds a lock than for
 * a lowest node of a map.
 *
 * Context: May sleep; reschedules; no lock held.
 * Return: 0; -ENOMEM; -EINTR: the thread is to die first.
 */
int hvp_mapped_first(struct hvp_partition *parent, const struct hvp_pinned_page *pages,
		     unsigned int count, unsigned int *first)
{
	struct hvp_gpa_sought sought = { .count = count, .first = count };
	bool ascending = true;
	unsigned int i;
	int error;
	u64 one;

	*first = count;
	/* Most deposits are made when there are none yet, a page at a time. */
	smp_mb();	/* Pairs with what hvp_child_start() does before anything is mapped. */
	if (!count || list_empty(&parent->space->maps) ||
	    !hvp_mapped_maybe(parent->space, pages, count))
		return 0;
	sought.keys = count == 1 ? &one : kvmalloc_array(count, sizeof(*sought.keys), HVP_GFP);
	if (!sought.keys)
		return -ENOMEM;
	for (i = 0; i < count; i++) {
		sought.keys[i] = pages[i].gfn << HVP_GPA_SOUGHT_BITS | i;
		ascending &= !i || sought.keys[i - 1] < sought.keys[i];
	}
	/* Which takes as long as a deposit does without. */
	if (!ascending)
		sort(sought.keys, count, sizeof(*sought.keys), hvp_compare_keys, NULL);
	error = hvp_mapped_look_for(parent, &sought);
	*first = sought.first;
	if (sought.keys != &one)
		kvfree(sought.keys);
	return error;
}
