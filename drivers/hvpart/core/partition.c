// SPDX-License-Identifier: GPL-2.0
/* A partition as an object: its life, its references, its state. */

#include <linux/lockdep.h>
#include <linux/math.h>
#include "../trace.h"
#include "hierarchy.h"
#include "memory/caches.h"
#include "partition.h"

/**
 * hvp_partition_size() - the size of a partition object with its pool
 *
 * Return: bytes.
 */
size_t hvp_partition_size(void)
{
	return offsetof(struct hvp_partition, pool) + hvp_pool_size();
}

/**
 * hvp_partition_pages() - what HvCreatePartition charges
 *
 * Return: pages: the bytes of the object, rounded up.
 */
unsigned int hvp_partition_pages(void)
{
	return DIV_ROUND_UP(hvp_cache_object_size(HVP_CACHE_PARTITION), HVP_PAGE_SIZE);
}

/**
 * hvp_partition_alloc() - make a partition that nobody can see yet
 * @hierarchy:	where it will be
 * @parent:	its parent, or NULL for the root
 * @creation:	what it is created with
 *
 * Context: May sleep; no lock held.
 * Return: an uninitialized partition without an ID, held by one reference, or
 * NULL if the host has no memory for it.
 */
struct hvp_partition *hvp_partition_alloc(struct hvp_hierarchy *hierarchy,
					  struct hvp_partition *parent,
					  const struct hvp_creation *creation)
{
	struct hvp_partition *partition;

	partition = hvp_cache_alloc(HVP_CACHE_PARTITION, creation->proximity);
	if (!partition)
		return NULL;

	partition->hierarchy = hierarchy;
	partition->parent = parent;
	partition->depth = parent ? parent->depth + 1 : 0;
	partition->creation = *creation;
	refcount_set(&partition->refs, 1);
	spin_lock_init(&partition->lock);
	/* Tells lockdep that a parent's comes before its child's; it knows as many as there are. */
	lockdep_set_subclass(&partition->lock, partition->depth);
	partition->state = HVP_STATE_UNINITIALIZED;
	hvp_early_properties_init(hierarchy->host->processor, partition->early_properties);
	hvp_clock_start(&partition->clock);
	INIT_LIST_HEAD(&partition->children);
	INIT_LIST_HEAD(&partition->sibling);
	INIT_LIST_HEAD(&partition->stats_pages);
	INIT_LIST_HEAD(&partition->ports);
	hvp_child_init(&partition->child);
	if (parent)
		partition->vps = &partition->child.vps;
	return partition;
}

static void hvp_partition_free_rcu(struct rcu_head *rcu)
{
	hvp_cache_free(HVP_CACHE_PARTITION, container_of(rcu, struct hvp_partition, rcu));
}

/**
 * hvp_partition_put() - drop a reference
 * @partition:	a partition or NULL
 *
 * Context: Any.
 */
void hvp_partition_put(struct hvp_partition *partition)
{
	if (partition && refcount_dec_and_test(&partition->refs))
		call_rcu(&partition->rcu, hvp_partition_free_rcu);
}

/**
 * hvp_partition_lock_both() - lock a partition and its parent, or the partition alone
 * @outer:	the parent, or @inner itself
 * @inner:	the partition
 *
 * The one order in which two are locked.
 *
 * Context: Any; no partition is locked.
 */
void hvp_partition_lock_both(struct hvp_partition *outer, struct hvp_partition *inner)
	__acquires(&outer->lock)
	__acquires(&inner->lock)
{
	spin_lock(&outer->lock);
	if (inner != outer)
		spin_lock(&inner->lock);
	else
		__acquire(&inner->lock);
}

/**
 * hvp_partition_unlock_both() - the reverse
 * @outer:	as it was locked
 * @inner:	likewise
 *
 * Context: Any.
 */
void hvp_partition_unlock_both(struct hvp_partition *outer, struct hvp_partition *inner)
	__releases(&inner->lock)
	__releases(&outer->lock)
{
	if (inner != outer)
		spin_unlock(&inner->lock);
	else
		__release(&inner->lock);
	spin_unlock(&outer->lock);
}

/**
 * hvp_partition_set_state() - the one place where a partition changes its state
 * @partition:	the partition
 * @state:	a state that follows its present one
 *
 * Context: The partition's lock is held.
 */
void hvp_partition_set_state(struct hvp_partition *partition, enum hvp_state state)
{
	lockdep_assert_held(&partition->lock);
	WARN_ON_ONCE(!hvp_state_may_become(partition->state, state));
	trace_hvpart_state(partition->id, partition->state, state);
	WRITE_ONCE(partition->state, state);
}

/**
 * hvp_partition_charge() - make the partition's pool pay for something
 * @partition:	the partition, whose pool can pay
 * @use:	what for
 * @pages:	how many
 * @proximity:	where they must be, or had better be
 * @charge:	zeroed; receives where they were taken
 *
 * Context: The partition's lock is held.
 */
void hvp_partition_charge(struct hvp_partition *partition, enum hvp_pool_use use,
			  unsigned int pages, struct hvp_proximity proximity,
			  struct hvp_charge *charge)
{
	lockdep_assert_held(&partition->lock);
	hvp_pool_charge(&partition->pool, use, pages, proximity, charge);
	trace_hvpart_charged(partition->id, use, pages);
}

/**
 * hvp_partition_uncharge() - what the partition's pool paid for is gone
 * @partition:	the partition
 * @use:	as when it was charged
 * @charge:	likewise
 *
 * Context: The partition's lock is held.
 */
void hvp_partition_uncharge(struct hvp_partition *partition, enum hvp_pool_use use,
			    const struct hvp_charge *charge)
{
	unsigned int pages;

	lockdep_assert_held(&partition->lock);
	pages = hvp_pool_uncharge(&partition->pool, use, charge);
	trace_hvpart_uncharged(partition->id, use, pages);
}
