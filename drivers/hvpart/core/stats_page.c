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
#include <linux/math.h>
#include "../trace.h"
#include "caches.h"
#include "call_table.h"
#include "candidates.h"
#include "hierarchy.h"
#include "partition.h"
#include "proximity.h"
#include "request.h"
#include "stats_page.h"

/* Counters of one object, as far into the page as any of them is. */
union hvp_counters {
	u64 partition[HVP_COUNTER_PT_ACTIVE_CHILDREN + 1];
	u64 vp[HVP_COUNTER_VP_HYPERCALLS + 1];
};

static void hvp_stats_page_write(struct hvp_partition *partition,
				 const struct hvp_stats_page *page)
{
	struct hvp_hierarchy *hierarchy = partition->hierarchy;
	struct hvp_guest *guest = hierarchy->guest;
	union hvp_counters counters = {};
	struct hvp_vp_counters *vp;
	struct hvp_balance balance;
	size_t size;

	lockdep_assert_held(&partition->lock);
	if (page->object.type == HVP_STATS_PARTITION) {
		balance = hvp_pool_balance(&partition->pool, HVP_PROXIMITY_ANY);
		/* No partition has virtual processors but the VM itself. */
		if (!partition->parent)
			counters.partition[HVP_COUNTER_PT_VIRTUAL_PROCESSORS] =
				READ_ONCE(hierarchy->vp_count);
		counters.partition[HVP_COUNTER_PT_DEPOSITED_PAGES] =
			balance.available + balance.in_use;
		counters.partition[HVP_COUNTER_PT_PARTITION_ID] = partition->id;
		counters.partition[HVP_COUNTER_PT_ACTIVE_CHILDREN] =
			atomic_read(&partition->active_children);
		size = sizeof(counters.partition);
	} else {
		vp = xa_load(&hierarchy->vp_counters, page->object.identity.vp_index);
		counters.vp[HVP_COUNTER_VP_TOTAL_RUN_TIME] = READ_ONCE(vp->run_time);
		counters.vp[HVP_COUNTER_VP_HYPERCALLS] = READ_ONCE(vp->hypercalls);
		size = sizeof(counters.vp);
	}
	guest->ops->write_page(guest, page->page.page, 0, &counters, size);
}

/* What the page had in it before goes. */
static void hvp_stats_page_clear(struct hvp_guest *guest, const struct hvp_stats_page *page)
{
	static const u8 zeroes[512];
	size_t offset;

	for (offset = 0; offset < HVP_PAGE_SIZE; offset += sizeof(zeroes))
		guest->ops->write_page(guest, page->page.page, offset, zeroes, sizeof(zeroes));
}

/* Is there such an object, as far as partitions do not matter? */
static enum hvp_status hvp_stats_check_object(const struct hvp_request *request)
{
	const struct hvp_stats_page_in *object = &request->in.stats_page;
	const struct hvp_stats_identity *identity = &object->identity;
	const struct hvp_partition *target = request->target;
	struct hvp_guest *guest = request->guest;

	if (object->reserved || identity->reserved1 || identity->reserved2 ||
	    identity->area > HVP_STATS_AREA_PARENT)
		return HVP_STATUS_INVALID_PARAMETER;

	switch (object->type) {
	case HVP_STATS_PARTITION:
		return identity->vp_index ? HVP_STATUS_INVALID_PARAMETER : HVP_STATUS_SUCCESS;
	case HVP_STATS_VP:
		return !target->parent && guest->ops->vp_exists(guest, identity->vp_index) ?
		       HVP_STATUS_SUCCESS : HVP_STATUS_INVALID_VP_INDEX;
	default:
		return HVP_STATUS_INVALID_PARAMETER;
	}
}

/* What the caller has mapped of this object and area, NULL if it has not. */
static struct hvp_stats_page *hvp_stats_page_find(const struct hvp_request *request)
{
	const struct hvp_stats_page_in *wanted = &request->in.stats_page;
	struct hvp_stats_page *page;

	lockdep_assert_held(&request->target->lock);
	list_for_each_entry(page, &request->target->stats_pages, node) {
		const struct hvp_stats_page_in *object = &page->object;

		if (object->type == wanted->type &&
		    object->identity.vp_index == wanted->identity.vp_index &&
		    object->identity.area == wanted->identity.area &&
		    page->payer == request->caller)
			return page;
	}
	return NULL;
}

/* The caller's lock and the target's: one if that is the caller itself. */
static void hvp_stats_lock(const struct hvp_request *request)
	__acquires(&request->caller->lock)
	__acquires(&request->target->lock)
{
	spin_lock(&request->caller->lock);
	if (request->target != request->caller)
		spin_lock(&request->target->lock);
	else
		__acquire(&request->target->lock);
}

static void hvp_stats_unlock(const struct hvp_request *request)
	__releases(&request->target->lock)
	__releases(&request->caller->lock)
{
	if (request->target != request->caller)
		spin_unlock(&request->target->lock);
	else
		__release(&request->target->lock);
	spin_unlock(&request->caller->lock);
}

/**
 * struct hvp_stats_mapping - a statistics page on the way to be mapped
 * @page:	what will be in the target's list, or NULL without host memory
 * @pages:	what the caller's pool pays, without a page that it lends
 * @located:	the caller has said where
 * @location:	the page that it is to be, if @located
 * @candidates:	that page alone, or none
 * @reserved:	it is within the limits
 * @complete:	the host has had memory for everything
 */
struct hvp_stats_mapping {
	struct hvp_stats_page *page;
	unsigned int pages;
	bool located;
	struct hvp_pinned_page location;
	struct hvp_candidates candidates;
	bool reserved;
	bool complete;
};

/* Nobody removes the counters of a virtual processor before the hierarchy goes. */
static bool hvp_vp_counters_prepare(struct hvp_hierarchy *hierarchy, u32 vp_index)
{
	struct hvp_vp_counters *counters;
	int error;

	if (xa_load(&hierarchy->vp_counters, vp_index))
		return true;
	counters = hvp_cache_alloc(HVP_CACHE_VP_COUNTERS, HVP_PROXIMITY_ANY);
	if (!counters)
		return false;
	error = xa_insert(&hierarchy->vp_counters, vp_index, counters, HVP_GFP);
	if (error)
		hvp_cache_free(HVP_CACHE_VP_COUNTERS, counters);
	/* Another vCPU may have been first. */
	return !error || error == -EBUSY;
}

static void hvp_stats_prepare_location(struct hvp_stats_mapping *mapping,
				       struct hvp_request *request)
{
	struct hvp_hierarchy *hierarchy = request->caller->hierarchy;
	struct hvp_candidates *candidates = &mapping->candidates;

	mapping->location.gfn = request->in.map_stats_page2.map_location;
	candidates->pages = &mapping->location;
	candidates->count = 1;
	candidates->cursor = HVP_CLAIMS_CURSOR(&hierarchy->claims);
	mapping->reserved = hvp_hierarchy_reserve_pages(hierarchy, 1);
	hvp_candidates_examine(candidates, request);
}

static void hvp_stats_prepare(struct hvp_stats_mapping *mapping, struct hvp_request *request)
{
	const struct hvp_stats_page_in *object = &request->in.stats_page;
	struct hvp_hierarchy *hierarchy = request->caller->hierarchy;
	size_t size = hvp_cache_object_size(HVP_CACHE_STATS_PAGE);

	mapping->complete = true;
	mapping->reserved = true;
	mapping->page = hvp_cache_alloc(HVP_CACHE_STATS_PAGE, HVP_PROXIMITY_ANY);
	if (!mapping->page)
		mapping->complete = false;
	if (object->type == HVP_STATS_VP) {
		size += hvp_cache_object_size(HVP_CACHE_VP_COUNTERS);
		if (!hvp_vp_counters_prepare(hierarchy, object->identity.vp_index))
			mapping->complete = false;
	}
	if (mapping->located) {
		hvp_stats_prepare_location(mapping, request);
	} else if (mapping->page) {
		size += hvp_cache_object_size(HVP_CACHE_PAGE_BLOCK);
		mapping->page->spare = hvp_cache_alloc(HVP_CACHE_PAGE_BLOCK,
						       HVP_PROXIMITY_ANY);
		if (!mapping->page->spare)
			mapping->complete = false;
	}
	mapping->pages = DIV_ROUND_UP(size, HVP_PAGE_SIZE);
}

static enum hvp_status hvp_stats_check_locked(struct hvp_stats_mapping *mapping,
					      const struct hvp_request *request)
{
	enum hvp_status wrong = mapping->candidates.status;
	struct hvp_partition *payer = request->caller;
	enum hvp_status status;

	status = hvp_partition_check_state(request->target, request->row->states);
	if (status)
		return status;
	if (hvp_stats_page_find(request))
		return HVP_STATUS_OBJECT_IN_USE;
	/* What the host lacks comes after what the pool lacks. */
	if (wrong && wrong != HVP_STATUS_NO_RESOURCES)
		return wrong;
	if (!hvp_pool_can_pay(&payer->pool, mapping->pages + !mapping->located,
			      HVP_PROXIMITY_ANY))
		return HVP_STATUS_INSUFFICIENT_MEMORY;
	if (wrong || !mapping->complete || !mapping->reserved)
		return HVP_STATUS_NO_RESOURCES;
	/* Another vCPU may have deposited it in the meantime. */
	if (mapping->located && !hvp_candidates_take(&mapping->candidates, 0))
		return HVP_STATUS_OPERATION_DENIED;
	return HVP_STATUS_SUCCESS;
}

/* The step that everybody else sees as one. */
static void hvp_stats_commit_locked(struct hvp_stats_mapping *mapping,
				    struct hvp_request *request)
{
	struct hvp_stats_page *page = mapping->page;
	struct hvp_partition *target = request->target;
	struct hvp_partition *payer = request->caller;

	page->object = request->in.stats_page;
	page->payer = payer;
	page->page = mapping->location;
	page->lent = !mapping->located;
	hvp_partition_charge(payer, HVP_USE_STATISTICS, mapping->pages, HVP_PROXIMITY_ANY,
			     &page->charge);
	if (page->lent) {
		page->numa_node = hvp_pool_lend(&payer->pool, HVP_USE_STATISTICS,
						&page->charge, &page->page, &page->spare);
		trace_hvpart_charged(payer->id, HVP_USE_STATISTICS, 1);
	}
	WRITE_ONCE(target->hierarchy->vp_count,
		   request->guest->ops->vp_count(request->guest));
	hvp_stats_page_clear(request->guest, page);
	hvp_stats_page_write(target, page);
	list_add_tail(&page->node, &target->stats_pages);
	atomic_inc(&target->hierarchy->stats_page_count);
	request->out.map_stats_page.map_location = page->page.gfn;
}

static void hvp_stats_undo(struct hvp_stats_mapping *mapping, struct hvp_request *request)
{
	if (mapping->located) {
		hvp_candidates_release(&mapping->candidates, request->guest, 0);
		hvp_hierarchy_release_pages(request->caller->hierarchy, mapping->reserved);
	}
	if (mapping->page)
		hvp_page_blocks_free(mapping->page->spare);
	hvp_cache_free(HVP_CACHE_STATS_PAGE, mapping->page);
}

static enum hvp_status hvp_stats_map(struct hvp_request *request, bool located)
{
	struct hvp_stats_mapping mapping = { .located = located };
	enum hvp_status status;

	status = hvp_stats_check_object(request);
	if (status)
		return status;

	hvp_stats_prepare(&mapping, request);
	hvp_stats_lock(request);
	status = hvp_stats_check_locked(&mapping, request);
	if (!status)
		hvp_stats_commit_locked(&mapping, request);
	hvp_stats_unlock(request);
	if (status)
		hvp_stats_undo(&mapping, request);
	return status;
}

/**
 * hvp_map_stats_page() - HvMapStatsPage
 * @request:	the call
 *
 * Return: SUCCESS, or in check order:
 * * INVALID_PARAMETER: a reserved field is not 0; no such type or area
 * * INVALID_VP_INDEX: no such virtual processor
 * * INVALID_PARTITION_ID, INVALID_PARTITION_STATE: as it is by now
 * * OBJECT_IN_USE: the caller has mapped it already
 * * INSUFFICIENT_MEMORY: the caller's pool cannot pay, or has no page to lend
 * * NO_RESOURCES: host memory
 */
enum hvp_status hvp_map_stats_page(struct hvp_request *request)
{
	return hvp_stats_map(request, false);
}

/**
 * hvp_map_stats_page2() - HvMapStatsPage2
 * @request:	the call
 *
 * Return: SUCCESS, or in check order:
 * * INVALID_PARAMETER, INVALID_VP_INDEX, INVALID_PARTITION_ID,
 *   INVALID_PARTITION_STATE, OBJECT_IN_USE: as hvp_map_stats_page()
 * * OPERATION_DENIED: the page is not plain writable RAM, or in a pool, or a
 *   statistics page already
 * * OBJECT_IN_USE: hypercall page and the like, or this call's own input
 * * INSUFFICIENT_MEMORY: the caller's pool cannot pay
 * * NO_RESOURCES: a limit or host memory
 */
enum hvp_status hvp_map_stats_page2(struct hvp_request *request)
{
	return hvp_stats_map(request, true);
}

/* The locks of the partition and of who pays are held. */
static void hvp_stats_unmap_one_locked(struct hvp_stats_page *page, struct list_head *unmapped)
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
		hvp_stats_unmap_one_locked(page, unmapped);
}

/**
 * hvp_stats_pages_free() - let go of pages that have been unmapped
 * @request:	the call that has unmapped them
 * @unmapped:	list of them
 *
 * Context: May sleep; no lock held.
 */
void hvp_stats_pages_free(const struct hvp_request *request, struct list_head *unmapped)
{
	struct hvp_hierarchy *hierarchy = request->caller->hierarchy;
	struct hvp_claims_cursor cursor = HVP_CLAIMS_CURSOR(&hierarchy->claims);
	struct hvp_guest *guest = request->guest;
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
 * hvp_unmap_stats_page() - HvUnmapStatsPage
 * @request:	the call
 *
 * Return: SUCCESS, or in check order:
 * * as hvp_map_stats_page(), up to INVALID_PARTITION_STATE
 * * INVALID_PARAMETER: the caller has not mapped it
 */
enum hvp_status hvp_unmap_stats_page(struct hvp_request *request)
{
	struct hvp_stats_page *page;
	enum hvp_status status;
	LIST_HEAD(unmapped);

	status = hvp_stats_check_object(request);
	if (status)
		return status;

	hvp_stats_lock(request);
	status = hvp_partition_check_state(request->target, request->row->states);
	if (!status) {
		page = hvp_stats_page_find(request);
		if (page)
			hvp_stats_unmap_one_locked(page, &unmapped);
		else
			status = HVP_STATUS_INVALID_PARAMETER;
	}
	hvp_stats_unlock(request);

	hvp_stats_pages_free(request, &unmapped);
	return status;
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
	struct hvp_guest *guest = partition->hierarchy->guest;
	struct hvp_stats_page *page;
	struct hvp_stats_page *next;

	list_for_each_entry_safe(page, next, &partition->stats_pages, node) {
		guest->ops->unpin(guest, &page->page, 1);
		guest->ops->release_locked_pages(guest, 1);
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

/**
 * hvp_vp_counters_note() - a virtual processor makes a call
 * @caller:	which one, and how it is
 *
 * Context: Any; in its thread.
 */
void hvp_vp_counters_note(const struct hvp_caller *caller)
{
	struct hvp_vp_counters *counters;
	struct xarray *wanted;

	if (!caller->partition)
		return;
	wanted = &caller->partition->hierarchy->vp_counters;
	/* Mostly nobody wants to know; whoever begins to just now is told of the next call. */
	if (data_race(xa_empty(wanted)))
		return;
	counters = xa_load(wanted, caller->vp_index);
	if (!counters)
		return;
	WRITE_ONCE(counters->hypercalls, caller->hypercalls);
	WRITE_ONCE(counters->run_time, caller->run_time);
}

/**
 * hvp_vp_counters_destroy() - free what is known of virtual processors
 * @hierarchy:	a hierarchy in which nobody makes calls any more
 *
 * Context: May sleep.
 */
void hvp_vp_counters_destroy(struct hvp_hierarchy *hierarchy)
{
	struct hvp_vp_counters *counters;
	unsigned long index;

	xa_for_each(&hierarchy->vp_counters, index, counters)
		hvp_cache_free(HVP_CACHE_VP_COUNTERS, counters);
	xa_destroy(&hierarchy->vp_counters);
}
