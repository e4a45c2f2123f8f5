// SPDX-License-Identifier: GPL-2.0
/*
 * Statistics pages: guest pages in which the host keeps counters of a partition or
 * of a virtual processor up to date (Documentation/hypercalls-mshv.rst).
 *
 * Where the caller says which page it is to be, that page is pinned; where it does
 * not, it is one that the caller has deposited.  Either is written to by the kernel's
 * own mapping, so that it does not matter what the VMM does with its own.
 */

#include <linux/sched.h>
#include "hierarchy.h"
#include "memory/caches.h"
#include "memory/proximity.h"
#include "partition.h"
#include "space.h"
#include "stats_page.h"
#include "vp/vp.h"

/* Counters of one object, as far into the page as any of them is. */
union hvp_counters {
	u64 partition[HVP_COUNTER_PT_ACTIVE_CHILDREN + 1];
	u64 vp[HVP_COUNTER_VP_HYPERCALLS + 1];
};

static void hvp_stats_page_write(struct hvp_partition *partition,
				 const struct hvp_stats_page *page)
{
	struct hvp_guest *guest = page->guest;
	union hvp_counters counters = {};
	struct hvp_balance balance;
	size_t size;

	lockdep_assert_held(&partition->lock);
	if (page->object.type == HVP_STATS_PARTITION) {
		balance = hvp_pool_balance(&partition->pool, HVP_PROXIMITY_ANY);
		if (partition->vps)
			counters.partition[HVP_COUNTER_PT_VIRTUAL_PROCESSORS] =
				READ_ONCE(partition->vps->count);
		counters.partition[HVP_COUNTER_PT_DEPOSITED_PAGES] =
			balance.available + balance.in_use;
		counters.partition[HVP_COUNTER_PT_PARTITION_ID] = partition->id;
		counters.partition[HVP_COUNTER_PT_ACTIVE_CHILDREN] =
			atomic_read(&partition->active_children);
		size = sizeof(counters.partition);
	} else {
		counters.vp[HVP_COUNTER_VP_TOTAL_RUN_TIME] = READ_ONCE(page->vp->run_time);
		counters.vp[HVP_COUNTER_VP_HYPERCALLS] = READ_ONCE(page->vp->hypercalls);
		size = sizeof(counters.vp);
	}
	guest->ops->write_page(guest, page->page.page, 0, &counters, size);
}

/* What the page had in it before goes. */
static void hvp_stats_page_clear(const struct hvp_stats_page *page)
{
	struct hvp_guest *guest = page->guest;
	static const u8 zeroes[512];
	size_t offset;

	for (offset = 0; offset < HVP_PAGE_SIZE; offset += sizeof(zeroes))
		guest->ops->write_page(guest, page->page.page, offset, zeroes, sizeof(zeroes));
}

/**
 * hvp_stats_page_map_locked() - from now on the page shows counters
 * @partition:	the partition that the object is, or is in
 * @page:	the page, paid for
 *
 * Context: The locks of the partition and of who pays are held.
 */
void hvp_stats_page_map_locked(struct hvp_partition *partition, struct hvp_stats_page *page)
{
	hvp_stats_page_clear(page);
	hvp_stats_page_write(partition, page);
	list_add_tail(&page->node, &partition->stats_pages);
	atomic_inc(&partition->hierarchy->stats_page_count);
}

/**
 * hvp_stats_page_unmap_locked() - the page shows none any more
 * @page:	the page, which is mapped
 * @unmapped:	list that it is added to, for hvp_stats_pages_free()
 *
 * Context: The locks of the partition and of who pays are held.
 */
void hvp_stats_page_unmap_locked(struct hvp_stats_page *page, struct list_head *unmapped)
{
	struct hvp_partition *payer = page->payer;

	if (page->lent)
		hvp_pool_take_back(&payer->pool, page->numa_node, &page->page, &page->spare);
	hvp_partition_uncharge(payer, HVP_USE_STATISTICS, &page->charge);
	list_move_tail(&page->node, unmapped);
}

/**
 * hvp_stats_pages_unmap_locked() - unmap what is mapped of a partition
 * @partition:	the partition
 * @unmapped:	list that the pages are added to, for hvp_stats_pages_free()
 *
 * Context: The locks of the partition and of its parent are held.
 */
void hvp_stats_pages_unmap_locked(struct hvp_partition *partition, struct list_head *unmapped)
{
	struct hvp_stats_page *page;
	struct hvp_stats_page *next;

	lockdep_assert_held(&partition->lock);
	list_for_each_entry_safe(page, next, &partition->stats_pages, node)
		hvp_stats_page_unmap_locked(page, unmapped);
}

/**
 * hvp_stats_pages_free() - let go of pages that have been unmapped
 * @payer:	who had mapped them
 * @guest:	its memory, as the call has it that has unmapped them
 * @unmapped:	list of them
 *
 * Context: May sleep; in a vCPU thread, no lock held.
 */
void hvp_stats_pages_free(struct hvp_partition *payer, struct hvp_guest *guest,
			  struct list_head *unmapped)
{
	struct hvp_claims_cursor cursor = HVP_CLAIMS_CURSOR(&payer->space->claims);
	struct hvp_hierarchy *hierarchy = payer->hierarchy;
	struct hvp_stats_page *page;
	struct hvp_stats_page *next;

	list_for_each_entry_safe(page, next, unmapped, node) {
		if (!page->lent) {
			/*
			 * As at a withdrawal: zeroed before it can be claimed again.  If
			 * that cannot be, there is no list to leave it out of: the guest
			 * knows the page, and what the VMM has put there.
			 */
			guest->ops->zero(guest, &page->page);
			guest->ops->unpin(guest, &page->page, 1);
			hvp_claims_drop(&cursor, page->page.gfn);
			hvp_hierarchy_release_pages(hierarchy, 1);
		}
		hvp_page_blocks_free(page->spare);
		hvp_cache_free(HVP_CACHE_STATS_PAGE, page);
		atomic_dec(&hierarchy->stats_page_count);
		cond_resched();
	}
}

/**
 * hvp_stats_pages_release() - let go of a partition's pages when its VM goes
 * @partition:	a partition of a hierarchy in which nobody makes calls any more
 *
 * A page that was lent is not in its pool, so it is let go of here, too.
 *
 * Context: May sleep; reschedules.
 */
void hvp_stats_pages_release(struct hvp_partition *partition)
{
	struct hvp_host *host = partition->hierarchy->host;
	struct hvp_stats_page *page;
	struct hvp_stats_page *next;

	list_for_each_entry_safe(page, next, &partition->stats_pages, node) {
		page->guest->ops->unpin(page->guest, &page->page, 1);
		host->ops->release_locked_pages(host, 1);
		hvp_page_blocks_free(page->spare);
		hvp_cache_free(HVP_CACHE_STATS_PAGE, page);
		cond_resched();
	}
	INIT_LIST_HEAD(&partition->stats_pages);
}

/**
 * hvp_stats_pages_refresh() - write what the counters are by now
 * @hierarchy:	of all partitions in it
 *
 * Context: May sleep; no lock held.
 */
void hvp_stats_pages_refresh(struct hvp_hierarchy *hierarchy)
{
	struct hvp_partition *partition;
	struct hvp_stats_page *page;
	u64 id = 0;

	while ((partition = hvp_hierarchy_find_from(hierarchy, id + 1))) {
		id = partition->id;
		spin_lock(&partition->lock);
		if (partition->state != HVP_STATE_DELETED) {
			list_for_each_entry(page, &partition->stats_pages, node)
				hvp_stats_page_write(partition, page);
		}
		spin_unlock(&partition->lock);
		hvp_partition_put(partition);
		cond_resched();
	}
}
