// SPDX-License-Identifier: GPL-2.0
/* All partitions of one VM: IDs, lookup, limits. */

#include "hierarchy.h"
#include "memory/caches.h"
#include "partition.h"

static void hvp_hierarchy_free_rcu(struct rcu_head *rcu)
{
	hvp_cache_free(HVP_CACHE_HIERARCHY, container_of(rcu, struct hvp_hierarchy, rcu));
}

/**
 * hvp_hierarchy_hold() - keep the object, to look at what is in it
 * @hierarchy:	as for hvp_hierarchy_get()
 *
 * For those who do not act for the VM: a reader of debugfs, a work item.  What is in it
 * goes meanwhile if the VM does, and is never left to them to free.
 *
 * Context: Any.
 * Return: false if it is gone already.
 */
bool hvp_hierarchy_hold(struct hvp_hierarchy *hierarchy)
{
	return refcount_inc_not_zero(&hierarchy->holds);
}

/**
 * hvp_hierarchy_drop() - the reverse of hvp_hierarchy_hold()
 * @hierarchy:	a hierarchy or NULL
 *
 * Context: Any.
 */
void hvp_hierarchy_drop(struct hvp_hierarchy *hierarchy)
{
	if (hierarchy && refcount_dec_and_test(&hierarchy->holds))
		call_rcu(&hierarchy->rcu, hvp_hierarchy_free_rcu);
}

/**
 * hvp_hierarchy_find() - look a partition up
 * @hierarchy:	where
 * @id:		its ID; SELF is not one
 *
 * Context: Any.
 * Return: the partition with a reference for the caller, or NULL.
 */
struct hvp_partition *hvp_hierarchy_find(struct hvp_hierarchy *hierarchy, u64 id)
{
	struct hvp_partition *partition;

	rcu_read_lock_sched();
	partition = xa_load(&hierarchy->partitions, id);
	if (partition && !refcount_inc_not_zero(&partition->refs))
		partition = NULL;
	rcu_read_unlock_sched();
	return partition;
}

/**
 * hvp_hierarchy_find_from() - the first partition at or above an ID
 * @hierarchy:	where
 * @id:		the lowest ID to consider
 *
 * Context: Any.
 * Return: the partition with a reference for the caller, or NULL after the last.
 */
struct hvp_partition *hvp_hierarchy_find_from(struct hvp_hierarchy *hierarchy, u64 id)
{
	struct hvp_partition *partition;
	unsigned long index = id;

	rcu_read_lock();
	partition = xa_find(&hierarchy->partitions, &index, ULONG_MAX, XA_PRESENT);
	while (partition && !refcount_inc_not_zero(&partition->refs))
		partition = xa_find_after(&hierarchy->partitions, &index, ULONG_MAX,
					  XA_PRESENT);
	rcu_read_unlock();
	return partition;
}

static bool hvp_reserve_one(atomic_t *count, const unsigned int *limit)
{
	if (atomic_inc_return(count) <= READ_ONCE(*limit))
		return true;
	atomic_dec(count);
	return false;
}

/**
 * hvp_hierarchy_reserve_partition() - count one more partition
 * @hierarchy:	where
 *
 * Context: Any.
 * Return: false at the limit.
 */
bool hvp_hierarchy_reserve_partition(struct hvp_hierarchy *hierarchy)
{
	return hvp_reserve_one(&hierarchy->partition_count, &hierarchy->limits->partitions);
}

/**
 * hvp_hierarchy_release_partition() - count one less
 * @hierarchy:	where
 *
 * Context: Any.
 */
void hvp_hierarchy_release_partition(struct hvp_hierarchy *hierarchy)
{
	atomic_dec(&hierarchy->partition_count);
}

/**
 * hvp_hierarchy_reserve_vp() - count one more virtual processor of a partition
 * @hierarchy:	where
 *
 * Context: Any.
 * Return: false at the limit.
 */
bool hvp_hierarchy_reserve_vp(struct hvp_hierarchy *hierarchy)
{
	return hvp_reserve_one(&hierarchy->vp_count, &hierarchy->limits->vps);
}

/**
 * hvp_hierarchy_release_vps() - count some less
 * @hierarchy:	where
 * @count:	how many, possibly none
 *
 * Context: Any.
 */
void hvp_hierarchy_release_vps(struct hvp_hierarchy *hierarchy, unsigned int count)
{
	atomic_sub(count, &hierarchy->vp_count);
}

/**
 * hvp_hierarchy_reserve_pages() - reserve room for a deposit
 * @hierarchy:	where
 * @pages:	how many
 *
 * Both against the hierarchy's own limit and the VMM's limit of locked memory.
 *
 * Context: May sleep; in a vCPU thread, no lock held.
 * Return: false, and nothing reserved, if that would pass a limit.
 */
bool hvp_hierarchy_reserve_pages(struct hvp_hierarchy *hierarchy, unsigned long pages)
{
	struct hvp_host *host = hierarchy->host;
	unsigned long limit = READ_ONCE(hierarchy->limits->pages);

	if (atomic_long_add_return(pages, &hierarchy->page_count) <= limit &&
	    !host->ops->reserve_locked_pages(host, pages))
		return true;
	atomic_long_sub(pages, &hierarchy->page_count);
	return false;
}

/**
 * hvp_hierarchy_release_pages() - the reverse of hvp_hierarchy_reserve_pages()
 * @hierarchy:	where
 * @pages:	how many, possibly none
 *
 * Context: May sleep; no lock held.
 */
void hvp_hierarchy_release_pages(struct hvp_hierarchy *hierarchy, unsigned long pages)
{
	struct hvp_host *host = hierarchy->host;

	if (!pages)
		return;
	host->ops->release_locked_pages(host, pages);
	atomic_long_sub(pages, &hierarchy->page_count);
}

/**
 * hvp_hierarchy_prepare_id() - get memory to publish a partition under the next ID
 * @hierarchy:	where
 * @id:		receives the ID
 *
 * The ID is not taken.  It is never released either: if this call fails in the
 * end, the next one takes it and finds the memory there.
 *
 * Context: May sleep; no lock held.
 * Return: 0 or -ENOMEM.
 */
int hvp_hierarchy_prepare_id(struct hvp_hierarchy *hierarchy, u64 *id)
{
	*id = READ_ONCE(hierarchy->last_id) + 1;
	return xa_reserve(&hierarchy->partitions, *id, HVP_GFP);
}

/**
 * hvp_hierarchy_publish() - give a partition its ID: from now on it can be found
 * @hierarchy:	where
 * @id:		as hvp_hierarchy_prepare_id() said
 * @partition:	complete but for its ID
 *
 * Context: Any; the lock of the parent is held.
 * Return: false if somebody else got this ID in the meantime: prepare again.
 */
bool hvp_hierarchy_publish(struct hvp_hierarchy *hierarchy, u64 id,
			   struct hvp_partition *partition)
{
	bool published = false;

	xa_lock(&hierarchy->partitions);
	if (hierarchy->last_id + 1 == id) {
		partition->id = id;
		WRITE_ONCE(hierarchy->last_id, id);
		/* The slot is reserved, so this allocates nothing. */
		WARN_ON_ONCE(xa_err(__xa_store(&hierarchy->partitions, id, partition, 0)));
		published = true;
	}
	xa_unlock(&hierarchy->partitions);
	return published;
}

/**
 * hvp_hierarchy_unpublish() - nobody finds the partition any more
 * @hierarchy:	where
 * @partition:	a partition that was published
 *
 * The hierarchy's reference passes to the caller.
 *
 * Context: Any.
 */
void hvp_hierarchy_unpublish(struct hvp_hierarchy *hierarchy,
			     struct hvp_partition *partition)
{
	xa_erase(&hierarchy->partitions, partition->id);
}
