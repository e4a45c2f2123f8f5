/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The core as a whole, and what of it those who drive it may use: kvm/ includes this and
 * nothing else of core/.
 */
#ifndef _HVPART_CORE_H
#define _HVPART_CORE_H

#include "memory/caches.h"		/* HVP_GFP */
#include "memory/gpa_map.h"	/* which pages of its parent a child has */
#include "call/table.h"		/* which codes are ours */
#include "call/dispatch.h"		/* a call and its answer */
#include "hierarchy.h"		/* the partitions of a VM */
#include "stats.h"		/* which statuses calls have got */
#include "stats_page.h"		/* keeping counters up to date */
#include "vp/signals.h"		/* telling a VM of those of its children */
#include "vp/vp.h"		/* virtual processors of a VM */

int hvp_core_init(void);
void hvp_core_exit(void);

#endif /* _HVPART_CORE_H */
