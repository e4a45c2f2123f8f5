/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _HVPART_PARTITION_H
#define _HVPART_PARTITION_H

#include <linux/atomic.h>
#include <linux/list.h>
#include <linux/refcount.h>
#include <linux/rcupdate.h>
#include <linux/spinlock.h>
#include <hvpart/abi.h>
#include "clock.h"
#include "memory/pool.h"
#include "property_table.h"
#include "state.h"
#include "vp/child.h"

struct hvp_active;
struct hvp_hierarchy;
struct hvp_space;
struct hvp_vps;

/**
 * struct hvp_creation - what HvCreatePartition was told and the partition keeps
 * @flags:	HVP_CREATE_*
 * @proximity:	where its structures go
 * @compatibility_version: as given
 * @disabled_processor_features: as given
 * @disabled_xsave_features: as given
 */
struct hvp_creation {
	u64 flags;
	struct hvp_proximity proximity;
	u32 compatibility_version;
	u64 disabled_processor_features[2];
	u64 disabled_xsave_features;
};

/**
 * struct hvp_partition - a partition
 * @id:		its ID
 * @hierarchy:	the hierarchy it belongs to, which outlives it
 * @parent:	the partition that created it; NULL for the root.  A parent
 *		cannot be deleted before its children, so it is alive as long
 *		as this one is not DELETED
 * @depth:	levels below the root
 * @creation:	what it was created with
 * @vps:	its virtual processors; NULL if it can have none
 * @space:	its address space; NULL if nobody in it can make a call
 * @child:	what its parent runs, with locks of its own
 * @refs:	one of the hierarchy, one of everybody who looks at it
 * @rcu:	lookup by ID is under RCU
 * @lock:	protects what follows, until @state is DELETED, and nothing is done
 *		under it but arithmetic and list operations.  Of two, the parent's
 *		first.
 * @state:	set by hvp_partition_set_state() only
 * @early_properties: values of the early properties
 * @clock:	its reference time
 * @active:	non-NULL in ACTIVE, except in the root, which has nothing of it
 * @children:	its children in creation order
 * @sibling:	its place in @parent's children, under @parent's lock
 * @active_children: how many of them are active
 * @stats_pages: statistics pages that are mapped of it, struct hvp_stats_page
 * @ports:	its ports, struct hvp_port, under the lock of its space's doorbells, too
 * @paid_by_parent: what @parent's pool pays for this object
 * @pool:	its memory pool; last, since its size depends on the machine
 *
 * Members above @refs never change.
 */
struct hvp_partition {
	u64 id;
	struct hvp_hierarchy *hierarchy;
	struct hvp_partition *parent;
	unsigned int depth;
	struct hvp_creation creation;
	struct hvp_vps *vps;
	struct hvp_space *space;
	struct hvp_child child;

	refcount_t refs;
	struct rcu_head rcu;

	spinlock_t lock;
	enum hvp_state state;
	u64 early_properties[HVP_NR_EARLY_PROPERTIES];
	struct hvp_clock clock;
	struct hvp_active *active;
	struct list_head children;
	struct list_head sibling;
	atomic_t active_children;
	struct list_head stats_pages;
	struct list_head ports;
	struct hvp_charge paid_by_parent;
	struct hvp_pool pool;
};

size_t hvp_partition_size(void);
unsigned int hvp_partition_pages(void);

struct hvp_partition *hvp_partition_alloc(struct hvp_hierarchy *hierarchy,
					  struct hvp_partition *parent,
					  const struct hvp_creation *creation);
void hvp_partition_put(struct hvp_partition *partition);

void hvp_partition_lock_both(struct hvp_partition *outer, struct hvp_partition *inner);
void hvp_partition_unlock_both(struct hvp_partition *outer, struct hvp_partition *inner);

void hvp_partition_set_state(struct hvp_partition *partition, enum hvp_state state);

/**
 * hvp_partition_check_state() - may a call act on the partition as it is now?
 * @partition:	the partition
 * @allowed:	set of HVP_IN_* states
 *
 * Context: Under the partition's lock for an answer that stays true.
 * Return: SUCCESS; INVALID_PARTITION_ID if it has been deleted since it was
 * looked up; INVALID_PARTITION_STATE.
 */
static inline enum hvp_status hvp_partition_check_state(const struct hvp_partition *partition,
							u8 allowed)
{
	enum hvp_state state = READ_ONCE(partition->state);

	if (state == HVP_STATE_DELETED)
		return HVP_STATUS_INVALID_PARTITION_ID;
	return allowed & BIT(state) ? HVP_STATUS_SUCCESS : HVP_STATUS_INVALID_PARTITION_STATE;
}

void hvp_partition_charge(struct hvp_partition *partition, enum hvp_pool_use use,
			  unsigned int pages, struct hvp_proximity proximity,
			  struct hvp_charge *charge);
void hvp_partition_uncharge(struct hvp_partition *partition, enum hvp_pool_use use,
			    const struct hvp_charge *charge);

#endif /* _HVPART_PARTITION_H */
