// SPDX-License-Identifier: GPL-2.0
/* HvMapStatsPage, HvMapStatsPage2, HvUnmapStatsPage: statistics pages come and go. */

#include <linux/math.h>
#include "../../trace.h"
#include "../call/request.h"
#include "../call/table.h"
#include "../hierarchy.h"
#include "../memory/caches.h"
#include "../memory/candidates.h"
#include "../memory/proximity.h"
#include "../partition.h"
#include "../space.h"
#include "../stats_page.h"
#include "../vp/vp.h"

/* What the input of all these calls begins with. */
static const struct hvp_stats_page_in *hvp_stats_object(const struct hvp_request *request)
{
	return &request->in.map_stats_page;
}

/*
 * The virtual processor that is meant.  Of the root's, none goes.  A child's is at its index
 * in the list, and may go at any time: see hvp_stats_vp_is_there().
 */
static struct hvp_vp *hvp_stats_vp(const struct hvp_partition *target, u32 index)
{
	if (!target->vps)
		return NULL;
	if (target->parent)
		return xa_load(&target->vps->list, index);
	return hvp_vps_find(target->vps, index);
}

/*
 * Whoever deletes it takes it out of the list, and then its statistics pages off the target's,
 * which takes the lock that is held here.
 */
static bool hvp_stats_vp_is_there(const struct hvp_partition *target, const struct hvp_vp *vp,
				  u32 index)
{
	lockdep_assert_held(&target->lock);
	return !vp || !target->parent || xa_load(&target->vps->list, index) == vp;
}

/* Is there such an object, as far as partitions do not matter?  *@vp is which, if it is one. */
static enum hvp_status hvp_stats_check_object(const struct hvp_request *request,
					      struct hvp_vp **vp)
{
	const struct hvp_stats_page_in *object = hvp_stats_object(request);
	const struct hvp_stats_identity *identity = &object->identity;
	const struct hvp_partition *target = request->target;

	if (object->reserved || identity->reserved1 || identity->reserved2 ||
	    identity->area > HVP_STATS_AREA_PARENT)
		return HVP_STATUS_INVALID_PARAMETER;

	switch (object->type) {
	case HVP_STATS_PARTITION:
		return identity->vp_index ? HVP_STATUS_INVALID_PARAMETER : HVP_STATUS_SUCCESS;
	case HVP_STATS_VP:
		*vp = hvp_stats_vp(target, identity->vp_index);
		return *vp ? HVP_STATUS_SUCCESS : HVP_STATUS_INVALID_VP_INDEX;
	default:
		return HVP_STATUS_INVALID_PARAMETER;
	}
}

/* What the caller has mapped of this object and area, NULL if it has not. */
static struct hvp_stats_page *hvp_stats_page_find(const struct hvp_request *request)
{
	const struct hvp_stats_page_in *wanted = hvp_stats_object(request);
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

/**
 * struct hvp_stats_mapping - a statistics page on the way to be mapped
 * @vp:		what it is of, if that is a virtual processor
 * @page:	what will be in the target's list, or NULL without host memory
 * @pages:	what the caller's pool pays, without a page that it lends
 * @located:	the caller has said where
 * @location:	the page that it is to be, if @located
 * @candidates:	that page alone, or none
 * @reserved:	it is within the limits
 * @complete:	the host has had memory for everything
 */
struct hvp_stats_mapping {
	struct hvp_vp *vp;
	struct hvp_stats_page *page;
	unsigned int pages;
	bool located;
	struct hvp_pinned_page location;
	struct hvp_candidates candidates;
	bool reserved;
	bool complete;
};

static void hvp_stats_prepare_location(struct hvp_stats_mapping *mapping,
				       struct hvp_request *request)
{
	struct hvp_hierarchy *hierarchy = request->caller->hierarchy;
	struct hvp_candidates *candidates = &mapping->candidates;

	mapping->location.gfn = request->in.map_stats_page2.map_location;
	candidates->pages = &mapping->location;
	candidates->count = 1;
	candidates->cursor = HVP_CLAIMS_CURSOR(&request->caller->space->claims);
	mapping->reserved = hvp_hierarchy_reserve_pages(hierarchy, 1);
	hvp_candidates_take(candidates, request);
}

static void hvp_stats_prepare(struct hvp_stats_mapping *mapping, struct hvp_request *request)
{
	size_t size = hvp_cache_object_size(HVP_CACHE_STATS_PAGE);

	mapping->complete = true;
	mapping->reserved = true;
	mapping->page = hvp_cache_alloc(HVP_CACHE_STATS_PAGE, HVP_PROXIMITY_ANY);
	if (!mapping->page)
		mapping->complete = false;
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
	if (!hvp_stats_vp_is_there(request->target, mapping->vp,
				   hvp_stats_object(request)->identity.vp_index))
		return HVP_STATUS_INVALID_VP_INDEX;
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
	return HVP_STATUS_SUCCESS;
}

/* The step that everybody else sees as one. */
static void hvp_stats_commit_locked(struct hvp_stats_mapping *mapping,
				    struct hvp_request *request)
{
	struct hvp_stats_page *page = mapping->page;
	struct hvp_partition *target = request->target;
	struct hvp_partition *payer = request->caller;

	page->object = *hvp_stats_object(request);
	page->vp = mapping->vp;
	page->payer = payer;
	page->guest = payer->space->guest;
	page->page = mapping->location;
	page->lent = !mapping->located;
	hvp_partition_charge(payer, HVP_USE_STATISTICS, mapping->pages, HVP_PROXIMITY_ANY,
			     &page->charge);
	if (page->lent) {
		page->numa_node = hvp_pool_lend(&payer->pool, HVP_USE_STATISTICS,
						&page->charge, &page->page, &page->spare);
		trace_hvpart_charged(payer->id, HVP_USE_STATISTICS, 1);
	}
	hvp_stats_page_map_locked(target, page);
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

	status = hvp_stats_check_object(request, &mapping.vp);
	if (status)
		return status;

	hvp_stats_prepare(&mapping, request);
	hvp_partition_lock_both(request->caller, request->target);
	status = hvp_stats_check_locked(&mapping, request);
	if (!status)
		hvp_stats_commit_locked(&mapping, request);
	hvp_partition_unlock_both(request->caller, request->target);
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
	struct hvp_vp *vp;	/* not looked at: a child's may have gone */
	LIST_HEAD(unmapped);

	status = hvp_stats_check_object(request, &vp);
	if (status)
		return status;

	hvp_partition_lock_both(request->caller, request->target);
	status = hvp_partition_check_state(request->target, request->row->states);
	if (!status) {
		page = hvp_stats_page_find(request);
		if (page)
			hvp_stats_page_unmap_locked(page, &unmapped);
		else
			status = HVP_STATUS_INVALID_PARAMETER;
	}
	hvp_partition_unlock_both(request->caller, request->target);

	hvp_stats_pages_free(request->caller, request->guest, &unmapped);
	return status;
}
