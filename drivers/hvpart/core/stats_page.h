/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _HVPART_STATS_PAGE_H
#define _HVPART_STATS_PAGE_H

#include <linux/list.h>
#include <hvpart/abi.h>
#include <hvpart/guest.h>
#include "memory/pool.h"

struct hvp_hierarchy;
struct hvp_partition;
struct hvp_vp;

/**
 * struct hvp_stats_page - a guest page that the counters of an object are written to
 * @node:	place in the stats_pages of the partition that the object is, or is in
 * @object:	the object and the area, as the call named them, but for the partition,
 *		which may have been named SELF
 * @vp:		the object, if it is a virtual processor
 * @payer:	who has mapped it and pays for it: that partition or its parent
 * @guest:	whose page it is: @payer's
 * @page:	the page, pinned
 * @lent:	it is one that @payer has deposited, from @numa_node
 * @numa_node:	see @lent
 * @spare:	empty block, so that a lent page can be taken back at any time
 * @charge:	what @payer's pool pays
 *
 * Protected by the lock of the partition whose list it is in.
 */
struct hvp_stats_page {
	struct list_head node;
	struct hvp_stats_page_in object;
	const struct hvp_vp *vp;
	struct hvp_partition *payer;
	struct hvp_guest *guest;
	struct hvp_pinned_page page;
	bool lent;
	int numa_node;
	struct hvp_page_block *spare;
	struct hvp_charge charge;
};

void hvp_stats_page_map_locked(struct hvp_partition *partition, struct hvp_stats_page *page);
void hvp_stats_page_unmap_locked(struct hvp_stats_page *page, struct list_head *unmapped);
void hvp_stats_pages_unmap_locked(struct hvp_partition *partition, struct list_head *unmapped);
void hvp_stats_pages_free(struct hvp_partition *payer, struct hvp_guest *guest,
			  struct list_head *unmapped);
void hvp_stats_pages_release(struct hvp_partition *partition);
void hvp_stats_pages_refresh(struct hvp_hierarchy *hierarchy);

#endif /* _HVPART_STATS_PAGE_H */
