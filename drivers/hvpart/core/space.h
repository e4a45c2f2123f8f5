/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _HVPART_SPACE_H
#define _HVPART_SPACE_H

#include <hvpart/guest.h>
#include "memory/claims.h"

struct hvp_vps;

/**
 * struct hvp_space - the guest physical address space of a partition that makes calls: what
 *		the page numbers in its calls are numbers in
 * @guest:	its memory
 * @vps:	the virtual processors whose MSRs name pages of it
 * @claims:	which of its pages are in some pool or are statistics pages
 */
struct hvp_space {
	struct hvp_guest *guest;
	struct hvp_vps *vps;
	struct hvp_claims claims;
};

#endif /* _HVPART_SPACE_H */
