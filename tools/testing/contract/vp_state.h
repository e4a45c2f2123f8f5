/* SPDX-License-Identifier: GPL-2.0 */
/* Where each group of registers is in struct hvp_vp_state, for machines that are fakes. */
#ifndef _HVPART_CONTRACT_VP_STATE_H
#define _HVPART_CONTRACT_VP_STATE_H

#include <hvpart/vp_state.h>

/* The last one is what comes behind them. */
static const size_t hvp_vp_group_at[HVP_NR_VP_GROUPS + 1] = {
	[HVP_VP_GENERAL] = offsetof(struct hvp_vp_state, gpr),
	[HVP_VP_SPECIAL] = offsetof(struct hvp_vp_state, segments),
	[HVP_VP_DEBUG] = offsetof(struct hvp_vp_state, dr),
	[HVP_VP_FLOAT] = offsetof(struct hvp_vp_state, xmm),
	[HVP_VP_XCR] = offsetof(struct hvp_vp_state, xfem),
	[HVP_VP_EVENTS] = offsetof(struct hvp_vp_state, event_pending),
	[HVP_VP_ACTIVITY] = offsetof(struct hvp_vp_state, startup_suspend),
	[HVP_VP_MSRS] = offsetof(struct hvp_vp_state, msrs),
	[HVP_NR_VP_GROUPS] = sizeof(struct hvp_vp_state),
};

#endif /* _HVPART_CONTRACT_VP_STATE_H */
