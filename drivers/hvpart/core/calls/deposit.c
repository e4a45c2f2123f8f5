// SPDX-License-Identifier: GPL-2.0
/*
 * HvDepositMemory: guest pages become entries of a pool.
 *
 * First everything that can fail, without a lock: limits are reserved, pages
 * pinned and taken, memory for the bookkeeping allocated.  Then, in one step under
 * the target's lock, they come into its pool.  Then what was prepared and not used
 * is given back.
 */

#include <linux/math.h>
#include <linux/slab.h>
#include "../../trace.h"
#include "../call/request.h"
#include "../call/table.h"
#include "../hierarchy.h"
#include "../memory/caches.h"
#include "../memory/candidates.h"
#include "../memory/proximity.h"
#include "../partition.h"
#include "../space.h"

/**
 * struct hvp_deposit - a deposit under way
 * @candidates:	the pages, from rep start on
 * @spare:	empty blocks, enough for the usable pages whichever nodes they are on
 */
struct hvp_deposit {
	struct hvp_candidates candidates;
	struct hvp_page_block *spare;
};

static bool hvp_deposit_add_spare(struct hvp_deposit *deposit)
{
	struct hvp_page_block *block = hvp_cache_alloc(HVP_CACHE_PAGE_BLOCK, HVP_PROXIMITY_ANY);

	if (!block)
		return false;
	block->below = deposit->spare;
	deposit->spare = block;
	return true;
}

/* Memory for the bookkeeping: a place in a block for each page. */
static bool hvp_deposit_allocate(struct hvp_deposit *deposit, struct hvp_guest *guest)
{
	const struct hvp_candidates *candidates = &deposit->candidates;
	u16 on_node[HVP_PROXIMITY_DOMAINS] = {};
	unsigned int i;

	for (i = 0; i < candidates->usable; i++) {
		int node = guest->ops->node(guest, candidates->pages[i].page);

		/* The first may start a block, and so may each that fills one. */
		if (on_node[node]++ % HVP_BLOCK_PAGES == 0 &&
		    !hvp_deposit_add_spare(deposit))
			return false;
	}
	return true;
}

/*
 * The step that everybody else sees as one.
 *
 * Return: how many pages are in the pool now.
 */
static unsigned int hvp_deposit_commit(struct hvp_deposit *deposit, struct hvp_request *request)
{
	struct hvp_candidates *candidates = &deposit->candidates;
	struct hvp_partition *target = request->target;
	struct hvp_guest *guest = request->guest;
	enum hvp_status status;
	unsigned int i = 0;

	spin_lock(&target->lock);
	status = hvp_partition_check_state(target, request->row->states);
	if (status) {
		candidates->status = status;
	} else {
		for (i = 0; i < candidates->usable; i++) {
			struct hvp_pinned_page *page = &candidates->pages[i];

			hvp_pool_push(&target->pool, guest->ops->node(guest, page->page),
				      page, &deposit->spare);
		}
		trace_hvpart_deposited(target->id, i);
	}
	spin_unlock(&target->lock);
	return i;
}

/* The limits leave room for the whole list.  Return: how many pages are in the pool now. */
static unsigned int hvp_deposit_within_limits(struct hvp_deposit *deposit,
					      struct hvp_request *request)
{
	struct hvp_candidates *candidates = &deposit->candidates;

	hvp_candidates_take(candidates, request);
	if (!hvp_deposit_allocate(deposit, request->guest))
		candidates->status = HVP_STATUS_NO_RESOURCES;
	/* As at a limit, nothing is taken for want of host memory. */
	if (candidates->status == HVP_STATUS_NO_RESOURCES)
		candidates->usable = 0;
	return hvp_deposit_commit(deposit, request);
}

/*
 * They do not, so none of it is taken.  The first element is still looked at:
 * what is wrong with it comes before what the host lacks.
 */
static void hvp_deposit_over_limit(struct hvp_candidates *candidates,
				   struct hvp_request *request)
{
	candidates->count = 1;
	hvp_candidates_take(candidates, request);
	if (!candidates->status)
		candidates->status = HVP_STATUS_NO_RESOURCES;
}

/**
 * hvp_deposit_memory() - HvDepositMemory
 * @request:	the call
 *
 * Return: SUCCESS, or for each element in this order:
 * * OPERATION_DENIED: not plain writable RAM, or in a pool already
 * * OBJECT_IN_USE: hypercall page and the like, or this call's own input
 * * NO_RESOURCES: a limit or host memory; then no element at all is taken
 */
enum hvp_status hvp_deposit_memory(struct hvp_request *request)
{
	struct hvp_hierarchy *hierarchy = request->caller->hierarchy;
	unsigned int count = request->rep_count - request->rep_start;
	struct hvp_deposit deposit = {
		.candidates.count = count,
		.candidates.cursor = HVP_CLAIMS_CURSOR(&request->caller->space->claims),
	};
	const u64 *gfns = request->in_list;
	struct hvp_pinned_page *pages;
	unsigned int reserved = 0;
	unsigned int taken = 0;
	unsigned int i;

	if (!gfns)
		return HVP_STATUS_NO_RESOURCES;
	pages = kvmalloc_array(count, sizeof(*pages), HVP_GFP);
	if (!pages)
		return HVP_STATUS_NO_RESOURCES;
	for (i = 0; i < count; i++)
		pages[i].gfn = gfns[request->rep_start + i];
	deposit.candidates.pages = pages;

	if (hvp_hierarchy_reserve_pages(hierarchy, count)) {
		reserved = count;
		taken = hvp_deposit_within_limits(&deposit, request);
	} else {
		hvp_deposit_over_limit(&deposit.candidates, request);
	}

	hvp_candidates_release(&deposit.candidates, request->guest, taken);
	hvp_hierarchy_release_pages(hierarchy, reserved - taken);
	hvp_page_blocks_free(deposit.spare);
	kvfree(pages);

	request->reps_done += taken;
	return deposit.candidates.status;
}
