// SPDX-License-Identifier: GPL-2.0
/* A hierarchy from beginning to end: first the root alone, in the end nothing. */

#include <linux/sched.h>
#include "active.h"
#include "hierarchy.h"
#include "memory/caches.h"
#include "memory/proximity.h"
#include "partition.h"
#include "stats_page.h"

/* From now on nobody looks into the partition. */
static void hvp_partition_close(struct hvp_partition *partition)
{
	spin_lock(&partition->lock);
	hvp_partition_set_state(partition, HVP_STATE_DELETED);
	spin_unlock(&partition->lock);
}

/*
 * Free what a partition still has: its deposited pages whatever its state was.  It has been
 * closed, as have all others.
 */
static void hvp_partition_release(struct hvp_partition *partition)
{
	LIST_HEAD(ports);

	hvp_stats_pages_release(partition);
	/* Those whom they are connected to have higher IDs, and are still there. */
	hvp_ports_take_all(partition, &ports);
	hvp_ports_free(&ports);
	hvp_child_release(partition);
	hvp_pool_release(&partition->pool, partition->hierarchy->host);
	hvp_active_free(partition->active);
	hvp_partition_put(partition);
}

/**
 * hvp_hierarchy_empty() - all partitions go
 * @hierarchy:	one that hvp_hierarchy_put() has dropped the last reference of
 *
 * No call is under way and none will be, but others may still look.  So all partitions
 * are closed first, parents and children alike, and only then does any of them go.
 *
 * Context: May sleep; reschedules.
 */
void hvp_hierarchy_empty(struct hvp_hierarchy *hierarchy)
{
	struct hvp_partition *root = hierarchy->root;
	struct hvp_partition *partition;
	unsigned long id;

	/* Its children look at its space until they are gone. */
	if (root)
		refcount_inc(&root->refs);
	xa_for_each(&hierarchy->partitions, id, partition) {
		hvp_partition_close(partition);
		cond_resched();
	}
	xa_for_each(&hierarchy->partitions, id, partition) {
		hvp_hierarchy_unpublish(hierarchy, partition);
		hvp_partition_release(partition);
		cond_resched();
	}
	hvp_partition_put(root);
	xa_destroy(&hierarchy->partitions);
	hvp_claims_destroy(&hierarchy->space.claims);
	hvp_hierarchy_drop(hierarchy);
}

/**
 * hvp_hierarchy_create() - make the hierarchy of a VM: the root partition alone
 * @host:	what it runs on; outlives the hierarchy
 * @guest:	the VM's memory; likewise
 * @vps:	its virtual processors; likewise
 * @limits:	likewise
 * @watcher:	likewise, or NULL
 *
 * Context: May sleep; no lock held.
 * Return: the hierarchy, held by one reference, or NULL if the host has no
 * memory for it.
 */
struct hvp_hierarchy *hvp_hierarchy_create(struct hvp_host *host, struct hvp_guest *guest,
					   struct hvp_vps *vps,
					   const struct hvp_limits *limits,
					   struct hvp_watcher *watcher)
{
	static const struct hvp_creation as_any_vm;
	struct hvp_hierarchy *hierarchy;
	struct hvp_partition *root;

	hierarchy = hvp_cache_alloc(HVP_CACHE_HIERARCHY, HVP_PROXIMITY_ANY);
	if (!hierarchy)
		return NULL;

	refcount_set(&hierarchy->calls, 1);
	refcount_set(&hierarchy->holds, 1);
	hierarchy->host = host;
	hierarchy->space.guest = guest;
	hierarchy->space.vps = vps;
	hvp_claims_init(&hierarchy->space.claims);
	spin_lock_init(&hierarchy->space.lock);
	INIT_LIST_HEAD(&hierarchy->space.maps);
	hvp_signals_init(&hierarchy->space.signals);
	hvp_doorbells_init(&hierarchy->space.doorbells);
	hierarchy->gpa_quota.limit = &limits->gpa_nodes;
	hierarchy->limits = limits;
	hierarchy->watcher = watcher;
	xa_init_flags(&hierarchy->partitions, XA_FLAGS_ACCOUNT);

	root = hvp_partition_alloc(hierarchy, NULL, &as_any_vm);
	if (!root)
		goto free_hierarchy;
	root->id = HVP_PARTITION_ID_ROOT;
	root->space = &hierarchy->space;
	root->pool.guest = guest;
	root->vps = vps;
	spin_lock(&root->lock);
	hvp_partition_set_state(root, HVP_STATE_ACTIVE);
	spin_unlock(&root->lock);
	if (xa_err(xa_store(&hierarchy->partitions, root->id, root, HVP_GFP)))
		goto put_root;

	hierarchy->root = root;
	hierarchy->last_id = root->id;
	return hierarchy;

put_root:
	hvp_partition_put(root);
free_hierarchy:
	hvp_hierarchy_put(hierarchy);
	return NULL;
}
