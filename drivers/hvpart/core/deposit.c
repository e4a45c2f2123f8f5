// SPDX-License-Identifier: GPL-2.0
/*
 * HvDepositMemory: guest pages become entries of a pool.
 *
 * First everything that can fail, without a lock: limits are reserved, pages
 * pinned, memory for the bookkeeping allocated.  Then, in one step under the
 * target's lock, pages are taken in list order until one turns out to be in a
 * pool already.  Then what was prepared and not used is given back.
 */

#include <linux/math.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include "../trace.h"
#include "caches.h"
#include "call_table.h"
#include "hierarchy.h"
#include "partition.h"
#include "proximity.h"
#include "request.h"

/**
 * struct hvp_deposit - a deposit under way
 * @pages:	the pages, from rep start on; the first @pinned are pinned
 * @count:	how many the call names
 * @pinned:	how many of them are pinned
 * @usable:	how many, in order, passed all checks so far
 * @status:	what the element behind them fails with; SUCCESS if there is none
 * @cursor:	into the record of which page is in some pool
 * @spare:	empty blocks, enough for @usable pages whichever nodes they are on
 */
struct hvp_deposit {
	struct hvp_pinned_page *pages;
	unsigned int count;
	unsigned int pinned;
	unsigned int usable;
	enum hvp_status status;
	struct hvp_claims_cursor cursor;
	struct hvp_page_block *spare;
};

/* The element behind the usable ones fails: nothing after it is looked at. */
static void hvp_deposit_stop(struct hvp_deposit *deposit, unsigned int usable,
			     enum hvp_status status)
{
	deposit->usable = usable;
	deposit->status = status;
}

static void hvp_deposit_pin(struct hvp_deposit *deposit, struct hvp_guest *guest)
{
	int error = 0;

	deposit->pinned = guest->ops->pin(guest, deposit->pages, deposit->count, &error);
	if (deposit->pinned == deposit->count)
		hvp_deposit_stop(deposit, deposit->count, HVP_STATUS_SUCCESS);
	else if (error == -EFAULT)
		hvp_deposit_stop(deposit, deposit->pinned, HVP_STATUS_OPERATION_DENIED);
	else
		hvp_deposit_stop(deposit, deposit->pinned, HVP_STATUS_NO_RESOURCES);
}

/* What is to be known of a page that is RAM: is it free to be deposited? */
static void hvp_deposit_check(struct hvp_deposit *deposit, struct hvp_request *request)
{
	struct hvp_guest *guest = request->guest;
	unsigned int nodes = hvp_pool_nodes();
	unsigned int in_use;
	unsigned int i;

	in_use = guest->ops->first_in_use(guest, deposit->pages, deposit->usable);
	for (i = 0; i < deposit->usable; i++) {
		struct hvp_pinned_page *page = &deposit->pages[i];

		if (hvp_claims_test(&deposit->cursor, page->gfn) ||
		    guest->ops->node(guest, page->page) >= nodes)
			return hvp_deposit_stop(deposit, i, HVP_STATUS_OPERATION_DENIED);
		if (page->gfn == request->input_gfn || i == in_use)
			return hvp_deposit_stop(deposit, i, HVP_STATUS_OBJECT_IN_USE);
	}
}

static bool hvp_deposit_add_spare(struct hvp_deposit *deposit)
{
	struct hvp_page_block *block = hvp_cache_alloc(HVP_CACHE_PAGE_BLOCK, HVP_PROXIMITY_ANY);

	if (!block)
		return false;
	block->below = deposit->spare;
	deposit->spare = block;
	return true;
}

/* Memory for the bookkeeping: a bit and a place in a block for each page. */
static bool hvp_deposit_allocate(struct hvp_deposit *deposit, struct hvp_request *request)
{
	struct hvp_guest *guest = request->guest;
	u16 on_node[HVP_PROXIMITY_DOMAINS] = {};
	unsigned int i;

	for (i = 0; i < deposit->usable; i++) {
		int node = guest->ops->node(guest, deposit->pages[i].page);

		if (hvp_claims_prepare(&deposit->cursor, deposit->pages[i].gfn))
			return false;
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
 * Return: how many pages were taken.
 */
static unsigned int hvp_deposit_take(struct hvp_deposit *deposit, struct hvp_request *request)
{
	struct hvp_partition *target = request->target;
	struct hvp_guest *guest = request->guest;
	enum hvp_status status;
	unsigned int i = 0;

	spin_lock(&target->lock);
	status = hvp_partition_check_state(target, request->row->states);
	if (status) {
		hvp_deposit_stop(deposit, 0, status);
	} else {
		for (i = 0; i < deposit->usable; i++) {
			struct hvp_pinned_page *page = &deposit->pages[i];

			if (!hvp_claims_take(&deposit->cursor, page->gfn)) {
				hvp_deposit_stop(deposit, i, HVP_STATUS_OPERATION_DENIED);
				break;
			}
			hvp_pool_push(&target->pool, guest->ops->node(guest, page->page),
				      page, &deposit->spare);
		}
		trace_hvpart_deposited(target->id, i);
	}
	spin_unlock(&target->lock);
	return i;
}

/* The limits leave room for the whole list.  Return: how many pages were taken. */
static unsigned int hvp_deposit_within_limits(struct hvp_deposit *deposit,
					      struct hvp_request *request)
{
	hvp_deposit_pin(deposit, request->guest);
	hvp_deposit_check(deposit, request);
	if (!hvp_deposit_allocate(deposit, request))
		deposit->status = HVP_STATUS_NO_RESOURCES;
	/* As at a limit, nothing is taken for want of host memory. */
	if (deposit->status == HVP_STATUS_NO_RESOURCES)
		deposit->usable = 0;
	return hvp_deposit_take(deposit, request);
}

/*
 * They do not, so none of it is taken.  The first element is still looked at:
 * what is wrong with it comes before what the host lacks.
 */
static void hvp_deposit_over_limit(struct hvp_deposit *deposit, struct hvp_request *request)
{
	deposit->count = 1;
	hvp_deposit_pin(deposit, request->guest);
	hvp_deposit_check(deposit, request);
	if (!deposit->status)
		hvp_deposit_stop(deposit, 0, HVP_STATUS_NO_RESOURCES);
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
	struct hvp_guest *guest = request->guest;
	struct hvp_deposit deposit = {
		.count = request->rep_count - request->rep_start,
		.cursor = HVP_CLAIMS_CURSOR(&hierarchy->claims),
	};
	unsigned int reserved = 0;
	unsigned int taken = 0;
	unsigned int i;

	if (!request->list)
		return HVP_STATUS_NO_RESOURCES;
	deposit.pages = kvmalloc_array(deposit.count, sizeof(*deposit.pages), HVP_GFP);
	if (!deposit.pages)
		return HVP_STATUS_NO_RESOURCES;
	for (i = 0; i < deposit.count; i++)
		deposit.pages[i].gfn = request->list[request->rep_start + i];

	if (hvp_hierarchy_reserve_pages(hierarchy, deposit.count)) {
		reserved = deposit.count;
		taken = hvp_deposit_within_limits(&deposit, request);
	} else {
		hvp_deposit_over_limit(&deposit, request);
	}

	guest->ops->unpin(guest, deposit.pages + taken, deposit.pinned - taken);
	hvp_hierarchy_release_pages(hierarchy, reserved - taken);
	hvp_page_blocks_free(deposit.spare);
	kvfree(deposit.pages);

	request->reps_done += taken;
	return deposit.status;
}
