/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _HVPART_SPACE_H
#define _HVPART_SPACE_H

#include <linux/list.h>
#include <linux/spinlock.h>
#include <hvpart/guest.h>
#include "memory/claims.h"
#include "vp/doorbells.h"
#include "vp/signals.h"

struct hvp_child;
struct hvp_vps;

/**
 * struct hvp_space - the guest physical address space of a partition that makes calls: what
 *		the page numbers in its calls are numbers in
 * @guest:	its memory
 * @vps:	the virtual processors whose MSRs name pages of it
 * @claims:	which of its pages are in some pool, or statistics or state pages
 * @lock:	inside a partition's, and outside a map's: protects @maps, and that no page is
 *		both taken and mapped
 * @maps:	children that may have some of its pages, struct hvp_child
 * @signals:	what its partition is to be told of them
 * @doorbells:	its partition's ports
 */
struct hvp_space {
	struct hvp_guest *guest;
	struct hvp_vps *vps;
	struct hvp_claims claims;
	spinlock_t lock;
	struct list_head maps;
	struct hvp_signals signals;
	struct hvp_doorbells doorbells;
};

bool hvp_space_page_shows_state(struct hvp_space *space, u64 gfn);

#endif /* _HVPART_SPACE_H */
