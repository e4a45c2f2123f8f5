/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _HVPART_HIERARCHY_H
#define _HVPART_HIERARCHY_H

#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include <linux/xarray.h>
#include <hvpart/abi.h>
#include <hvpart/host.h>
#include "memory/gpa_map.h"
#include "space.h"

struct hvp_guest;
struct hvp_partition;
struct hvp_vps;

/**
 * struct hvp_limits - what one hierarchy may have; may change at any time
 * @partitions:	partitions besides the root
 * @pages:	deposited pages, of all pools together
 * @depth:	levels below the root
 * @vps:	virtual processors of all partitions together, with those that have been deleted
 *		but not their partition's machine
 * @gpa_nodes:	nodes of all maps of partitions' memory
 * @ports:	ports
 */
struct hvp_limits {
	unsigned int partitions;
	unsigned int pages;
	unsigned int depth;
	unsigned int vps;
	unsigned int gpa_nodes;
	unsigned int ports;
};

struct hvp_hierarchy;

/**
 * struct hvp_watcher - somebody who wants to know of partitions coming and going
 * @created:	a partition with this ID can now be found
 * @deleted:	it cannot be found any more
 *
 * Called without a lock, after the fact, from the task that makes the call;
 * must not sleep.
 */
struct hvp_watcher {
	void (*created)(struct hvp_watcher *watcher, u64 id);
	void (*deleted)(struct hvp_watcher *watcher, u64 id);
};

/**
 * struct hvp_hierarchy - all partitions below one VM, the VM itself being the root
 * @calls:	one of the VM, one of each call in flight; when the last is gone, so is
 *		all that is in it
 * @holds:	one of @calls together, one of everybody who looks; when the last is
 *		gone, so is the object
 * @rcu:	a VM's is looked up under RCU
 * @host:	what it runs on
 * @limits:	its limits
 * @watcher:	who is told about partitions, or NULL
 * @space:	the root's address space
 * @root:	the VM as a partition: active, ID 1, no parent
 * @partitions:	ID -> partition; its lock also protects @last_id
 * @last_id:	the ID given out last
 * @partition_count: partitions besides the root
 * @vp_count:	virtual processors of partitions besides the root, as @limits has them
 * @page_count:	deposited pages
 * @gpa_quota:	nodes of maps
 * @stats_page_count: statistics pages that are mapped
 */
struct hvp_hierarchy {
	refcount_t calls;
	refcount_t holds;
	struct rcu_head rcu;
	struct hvp_host *host;
	const struct hvp_limits *limits;
	struct hvp_watcher *watcher;
	struct hvp_space space;
	struct hvp_partition *root;
	struct xarray partitions;
	u64 last_id;
	atomic_t partition_count;
	atomic_t vp_count;
	atomic_long_t page_count;
	struct hvp_gpa_quota gpa_quota;
	atomic_t stats_page_count;
};

struct hvp_hierarchy *hvp_hierarchy_create(struct hvp_host *host, struct hvp_guest *guest,
					   struct hvp_vps *vps,
					   const struct hvp_limits *limits,
					   struct hvp_watcher *watcher);
void hvp_hierarchy_empty(struct hvp_hierarchy *hierarchy);
bool hvp_hierarchy_hold(struct hvp_hierarchy *hierarchy);
void hvp_hierarchy_drop(struct hvp_hierarchy *hierarchy);

/**
 * hvp_hierarchy_get() - take a reference, for the VM or for a call
 * @hierarchy:	a hierarchy that somebody holds, or that was found under RCU
 *
 * Context: Any.
 * Return: whether there is one to be had: not if the last was dropped already.
 */
static inline bool hvp_hierarchy_get(struct hvp_hierarchy *hierarchy)
{
	return refcount_inc_not_zero(&hierarchy->calls);
}

/**
 * hvp_hierarchy_put() - drop a reference; with the last one go all partitions
 * @hierarchy:	a hierarchy or NULL
 *
 * Context: May sleep; reschedules.
 */
static inline void hvp_hierarchy_put(struct hvp_hierarchy *hierarchy)
{
	if (hierarchy && refcount_dec_and_test(&hierarchy->calls))
		hvp_hierarchy_empty(hierarchy);
}

struct hvp_partition *hvp_hierarchy_find(struct hvp_hierarchy *hierarchy, u64 id);
struct hvp_partition *hvp_hierarchy_find_from(struct hvp_hierarchy *hierarchy, u64 id);

bool hvp_hierarchy_reserve_partition(struct hvp_hierarchy *hierarchy);
void hvp_hierarchy_release_partition(struct hvp_hierarchy *hierarchy);
bool hvp_hierarchy_reserve_vp(struct hvp_hierarchy *hierarchy);
void hvp_hierarchy_release_vps(struct hvp_hierarchy *hierarchy, unsigned int count);
bool hvp_hierarchy_reserve_pages(struct hvp_hierarchy *hierarchy, unsigned long pages);
void hvp_hierarchy_release_pages(struct hvp_hierarchy *hierarchy, unsigned long pages);

int hvp_hierarchy_prepare_id(struct hvp_hierarchy *hierarchy, u64 *id);
bool hvp_hierarchy_publish(struct hvp_hierarchy *hierarchy, u64 id,
			   struct hvp_partition *partition);
void hvp_hierarchy_unpublish(struct hvp_hierarchy *hierarchy,
			     struct hvp_partition *partition);

#endif /* _HVPART_HIERARCHY_H */
