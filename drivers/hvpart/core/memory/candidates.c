// SPDX-License-Identifier: GPL-2.0
/*
 * Which guest page may be taken, for a pool or as a statistics page: what is denied,
 * what is in use, and in which order that is found out.
 */

#include <linux/minmax.h>
#include "../call/request.h"
#include "../call/table.h"
#include "../mapped.h"
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

/* Note pages as taken, as far as they are not of another use. */
static void hvp_candidates_note(struct hvp_candidates *candidates,
				const struct hvp_request *request)
{
	struct hvp_guest *guest = request->guest;
	unsigned int nodes = hvp_pool_nodes();
	unsigned int in_use;
	unsigned int i;

	in_use = hvp_vps_first_named(request->caller->space->vps, candidates->pages,
				     candidates->usable);
	for (i = 0; i < candidates->usable; i++) {
		const struct hvp_pinned_page *page = &candidates->pages[i];
		enum hvp_status status = HVP_STATUS_SUCCESS;
		int error = hvp_claims_take(&candidates->cursor, page->gfn);

		candidates->taken += !error;
		/* Of all pages that are taken, a deposit finds these in use. */
		if (error == -EBUSY && request->row->code == HVP_CALL_DEPOSIT_MEMORY &&
		    hvp_space_page_shows_state(request->caller->space, page->gfn))
			status = HVP_STATUS_OBJECT_IN_USE;
		else if (error == -EBUSY || guest->ops->node(guest, page->page) >= nodes)
			status = HVP_STATUS_OPERATION_DENIED;
		else if (page->gfn == request->input_gfn || i == in_use)
			status = HVP_STATUS_OBJECT_IN_USE;
		else if (error)
			status = HVP_STATUS_NO_RESOURCES;
		if (status)
			return hvp_candidates_stop(candidates, i, status);
	}
}

/**
 * hvp_candidates_take() - pin pages, and note as taken those that the host may have
 * @candidates:	the pages
 * @request:	the call that names them
 *
 * What comes of it is in @candidates.  The page behind the usable ones is, in this order:
 * * OPERATION_DENIED: not plain writable RAM, on a node that pools do not know, taken
 *   already, or a child's
 * * OBJECT_IN_USE: the hypercall page and the like, a state page, or the call's own input
 * * NO_RESOURCES: the host has no memory to pin it or to note that it is taken
 *
 * A page is taken first and then looked for in maps; whoever maps it does it the other way
 * round: hvp_map_gpa_pages() puts its map where it is found, and then asks for the page.
 *
 * Context: May sleep, reschedules; in a vCPU thread, no lock held.
 */
void hvp_candidates_take(struct hvp_candidates *candidates, const struct hvp_request *request)
{
	unsigned int looked_for;
	unsigned int mapped;

	hvp_candidates_pin(candidates, request->guest);
	hvp_candidates_note(candidates, request);
	/* A child's page is denied, whatever else is wrong with it. */
	looked_for = min(candidates->usable + 1, candidates->pinned);
	if (hvp_mapped_first(request->caller, candidates->pages, looked_for, &mapped))
		hvp_candidates_stop(candidates, 0, HVP_STATUS_NO_RESOURCES);
	else if (mapped < looked_for)
		hvp_candidates_stop(candidates, mapped, HVP_STATUS_OPERATION_DENIED);
}

/**
 * hvp_candidates_release() - let go of pages that the host does not keep
 * @candidates:	the pages
 * @guest:	whose they are
 * @kept:	how many, from the first one on, it keeps
 *
 * Context: May sleep; no lock held.
 */
void hvp_candidates_release(struct hvp_candidates *candidates, struct hvp_guest *guest,
			    unsigned int kept)
{
	unsigned int i;

	guest->ops->unpin(guest, candidates->pages + kept, candidates->pinned - kept);
	for (i = kept; i < candidates->taken; i++)
		hvp_claims_drop(&candidates->cursor, candidates->pages[i].gfn);
}
