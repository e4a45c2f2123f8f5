// SPDX-License-Identifier: GPL-2.0
/*
 * Which guest page may be taken, for a pool or as a statistics page: what is denied,
 * what is in use, and in which order that is found out.
 */

#include <linux/sched.h>
#include "../call/request.h"
#include "../call/table.h"
#include "../hierarchy.h"
#include "../partition.h"
#include "../space.h"
#include "../vp/vp.h"
#include "candidates.h"

/* The page behind the usable ones is not: nothing after it is looked at. */
static void hvp_candidates_stop(struct hvp_candidates *candidates, unsigned int usable,
				enum hvp_status status)
{
	candidates->usable = usable;
	candidates->status = status;
}

static void hvp_candidates_pin(struct hvp_candidates *candidates, struct hvp_guest *guest)
{
	int error = 0;

	candidates->pinned = guest->ops->pin(guest, candidates->pages, candidates->count,
					     &error);
	if (candidates->pinned == candidates->count)
		hvp_candidates_stop(candidates, candidates->count, HVP_STATUS_SUCCESS);
	else if (error == -EFAULT)
		hvp_candidates_stop(candidates, candidates->pinned,
				    HVP_STATUS_OPERATION_DENIED);
	else
		hvp_candidates_stop(candidates, candidates->pinned, HVP_STATUS_NO_RESOURCES);
}

/**
 * hvp_candidates_examine() - pin pages, and see which of them may be taken
 * @candidates:	the pages
 * @request:	the call that names them
 *
 * What comes of it is in @candidates.  The page behind the usable ones is, in this order:
 * * OPERATION_DENIED: not plain writable RAM, on a node that pools do not know, taken
 *   already, or a child's
 * * OBJECT_IN_USE: the hypercall page and the like, a state page, or the call's own input
 * * NO_RESOURCES: the host has no memory to pin it or to note that it is taken
 *
 * Context: May sleep; in a vCPU thread, no lock held.
 */
void hvp_candidates_examine(struct hvp_candidates *candidates,
			    const struct hvp_request *request)
{
	struct hvp_guest *guest = request->guest;
	struct hvp_vps *vps = request->caller->space->vps;
	unsigned int nodes = hvp_pool_nodes();
	unsigned int in_use;
	unsigned int i;

	hvp_candidates_pin(candidates, guest);
	in_use = hvp_vps_first_named(vps, candidates->pages, candidates->usable);
	for (i = 0; i < candidates->usable; i++) {
		const struct hvp_pinned_page *page = &candidates->pages[i];
		enum hvp_status status = HVP_STATUS_SUCCESS;
		int error = hvp_claims_prepare(&candidates->cursor, page->gfn);

		candidates->prepared += !error;
		/* Of all pages that are taken, a deposit finds these in use. */
		if (error == -EBUSY && request->row->code == HVP_CALL_DEPOSIT_MEMORY &&
		    hvp_space_page_shows_state(request->caller->space, page->gfn))
			status = HVP_STATUS_OBJECT_IN_USE;
		else if (error == -EBUSY || guest->ops->node(guest, page->page) >= nodes ||
			 hvp_space_page_is_mapped(request->caller->space, page->gfn))
			status = HVP_STATUS_OPERATION_DENIED;
		else if (page->gfn == request->input_gfn || i == in_use)
			status = HVP_STATUS_OBJECT_IN_USE;
		else if (error)
			status = HVP_STATUS_NO_RESOURCES;
		if (status)
			return hvp_candidates_stop(candidates, i, status);
		/* It may have taken long to see that no child has it. */
		if (!list_empty(&request->caller->space->maps))
			cond_resched();
	}
}

/**
 * hvp_candidates_take() - take a page
 * @candidates:	the pages, examined
 * @request:	the call that names them
 * @index:	of a usable one
 *
 * A page is taken first and then looked for in maps; whoever maps it does it the other way
 * round: hvp_map_gpa_pages() puts its map where it is found, and then asks for the page.
 *
 * Context: Any that may take a spinlock, but those of a space and inside it.
 * Return: false if somebody else has taken it, or mapped it, in the meantime.
 */
bool hvp_candidates_take(struct hvp_candidates *candidates,
			 const struct hvp_request *request, unsigned int index)
{
	u64 gfn = candidates->pages[index].gfn;

	if (!hvp_claims_take(&candidates->cursor, gfn))
		return false;
	if (!hvp_space_page_is_mapped(request->caller->space, gfn))
		return true;
	hvp_claims_untake(&candidates->cursor, gfn);
	return false;
}

/**
 * hvp_candidates_release() - let go of pages that have not been taken
 * @candidates:	the pages, examined
 * @guest:	whose they are
 * @taken:	how many, from the first one on, have been taken
 *
 * Context: May sleep; no lock held.
 */
void hvp_candidates_release(struct hvp_candidates *candidates, struct hvp_guest *guest,
			    unsigned int taken)
{
	unsigned int i;

	guest->ops->unpin(guest, candidates->pages + taken, candidates->pinned - taken);
	for (i = taken; i < candidates->prepared; i++)
		hvp_claims_release(&candidates->cursor, candidates->pages[i].gfn);
}
