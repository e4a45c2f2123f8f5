// SPDX-License-Identifier: GPL-2.0
/* HvWithdrawMemory and HvGetMemoryBalance: what is in a pool, and out again. */

#include <linux/sched/signal.h>
#include <linux/slab.h>
#include "../../trace.h"
#include "../call/request.h"
#include "../call/table.h"
#include "../hierarchy.h"
#include "../memory/caches.h"
#include "../memory/proximity.h"
#include "../partition.h"
#include "../space.h"

/* Take up to @count available pages out of the target's pool, in one step. */
static unsigned int hvp_withdraw_take(struct hvp_request *request,
				      struct hvp_pinned_page *pages, unsigned int count)
{
	struct hvp_proximity proximity = request->in.withdraw_memory.proximity;
	struct hvp_partition *target = request->target;
	struct hvp_page_block *empty = NULL;
	unsigned int taken = 0;

	spin_lock(&target->lock);
	while (taken < count &&
	       hvp_pool_pop(&target->pool, proximity, &pages[taken], &empty))
		taken++;
	trace_hvpart_withdrawn(target->id, taken);
	spin_unlock(&target->lock);

	hvp_page_blocks_free(empty);
	return taken;
}

/*
 * Give pages back to the guest, but for those that it would not see zeroed: there, the VMM
 * has put memory of its own that cannot be written to.  The host lets go of them as well.
 * A page can be deposited again only once it has been zeroed: otherwise the zeroes might
 * come after it has been deposited, withdrawn and written to anew.
 */
static void hvp_withdraw_return(struct hvp_request *request, struct hvp_pinned_page *pages,
				unsigned int count)
{
	struct hvp_hierarchy *hierarchy = request->caller->hierarchy;
	struct hvp_guest *guest = request->guest;
	struct hvp_claims_cursor cursor = HVP_CLAIMS_CURSOR(&request->caller->space->claims);
	u64 *gfns = request->out_list;
	unsigned int i;

	for (i = 0; i < count; i++) {
		if (!guest->ops->zero(guest, &pages[i]))
			gfns[request->reps_done++] = pages[i].gfn;
		cond_resched();
	}
	guest->ops->unpin(guest, pages, count);
	for (i = 0; i < count; i++)
		hvp_claims_drop(&cursor, pages[i].gfn);
	hvp_hierarchy_release_pages(hierarchy, count);
}

/**
 * hvp_withdraw_memory() - HvWithdrawMemory
 * @request:	the call
 *
 * Return: SUCCESS, or in check order:
 * * INVALID_PARAMETER: bad proximity info
 * * NO_RESOURCES: no page left before the list was full, or host memory
 */
enum hvp_status hvp_withdraw_memory(struct hvp_request *request)
{
	unsigned int wanted = request->rep_count - request->rep_start;
	struct hvp_pinned_page *pages;
	unsigned int taken;

	if (!hvp_proximity_well_formed(request->in.withdraw_memory.proximity))
		return HVP_STATUS_INVALID_PARAMETER;
	if (!request->out_list)
		return HVP_STATUS_NO_RESOURCES;

	pages = kvmalloc_array(wanted, sizeof(*pages), HVP_GFP);
	if (!pages)
		return HVP_STATUS_NO_RESOURCES;

	/* More than once only if pages could not be returned, of which there may be many. */
	do {
		taken = hvp_withdraw_take(request, pages, wanted);
		hvp_withdraw_return(request, pages, taken);
		if (taken < wanted)
			break;
		wanted = request->rep_count - request->reps_done;
	} while (wanted && !fatal_signal_pending(current));

	kvfree(pages);
	return request->reps_done == request->rep_count ? HVP_STATUS_SUCCESS :
							  HVP_STATUS_NO_RESOURCES;
}

/**
 * hvp_get_memory_balance() - HvGetMemoryBalance
 * @request:	the call
 *
 * Return: SUCCESS, or in check order:
 * * INVALID_PARAMETER: bad proximity info
 */
enum hvp_status hvp_get_memory_balance(struct hvp_request *request)
{
	struct hvp_proximity proximity = request->in.get_memory_balance.proximity;
	struct hvp_partition *target = request->target;
	struct hvp_balance balance;

	if (!hvp_proximity_well_formed(proximity))
		return HVP_STATUS_INVALID_PARAMETER;

	spin_lock(&target->lock);
	balance = hvp_pool_balance(&target->pool, proximity);
	spin_unlock(&target->lock);

	request->out.get_memory_balance.pages_available = balance.available;
	request->out.get_memory_balance.pages_in_use = balance.in_use;
	return HVP_STATUS_SUCCESS;
}
