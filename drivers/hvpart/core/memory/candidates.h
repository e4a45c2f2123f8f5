/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _HVPART_CANDIDATES_H
#define _HVPART_CANDIDATES_H

#include <hvpart/abi.h>
#include <hvpart/guest.h>
#include "claims.h"

struct hvp_request;

/**
 * struct hvp_candidates - guest pages that a call would have the host take
 * @pages:	the pages, in the call's order; the first @pinned are pinned
 * @count:	how many the call names
 * @pinned:	how many of them are pinned
 * @taken:	how many of those are noted as taken
 * @usable:	how many, in order, the host may have; they are taken
 * @status:	what is wrong with the one behind them; SUCCESS if there is none
 * @cursor:	into the record of which page is taken
 *
 * The caller sets @pages, their numbers, @count and @cursor; all else is as
 * hvp_candidates_take() leaves it.
 */
struct hvp_candidates {
	struct hvp_pinned_page *pages;
	unsigned int count;
	unsigned int pinned;
	unsigned int taken;
	unsigned int usable;
	enum hvp_status status;
	struct hvp_claims_cursor cursor;
};

void hvp_candidates_take(struct hvp_candidates *candidates, const struct hvp_request *request);
void hvp_candidates_release(struct hvp_candidates *candidates, struct hvp_guest *guest,
			    unsigned int kept);

#endif /* _HVPART_CANDIDATES_H */
