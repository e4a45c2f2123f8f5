/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _HVPART_VP_DELIVERABLE_H
#define _HVPART_VP_DELIVERABLE_H

#include <linux/bits.h>
#include <linux/types.h>

struct hvp_vp_state;

/* Groups that hvp_deliverable() reads. */
#define HVP_DELIVERABLE_GROUPS						\
	(BIT(HVP_VP_GENERAL) | BIT(HVP_VP_SPECIAL) | BIT(HVP_VP_EVENTS) | \
	 BIT(HVP_VP_ACTIVITY))

u64 hvp_deliverable(u64 notify, const struct hvp_vp_state *state);

#endif /* _HVPART_VP_DELIVERABLE_H */
