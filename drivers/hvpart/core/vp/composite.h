/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _HVPART_VP_COMPOSITE_H
#define _HVPART_VP_COMPOSITE_H

#include <hvpart/abi/registers.h>
#include <hvpart/vp_state.h>

/* What is never in them; of the suspend reasons, idle is one that is not offered. */
#define HVP_ACTIVITY_RESERVED						\
	(~(HVP_ACTIVITY_STARTUP_SUSPEND | HVP_ACTIVITY_HALT_SUSPEND))
#define HVP_INTERRUPTION_NEVER						\
	(HVP_INTERRUPTION_RESERVED_MASK | HVP_INTERRUPTION_NESTED)
#define HVP_INTERRUPT_STATE_RESERVED					\
	(~(HVP_INTERRUPT_STATE_SHADOW | HVP_INTERRUPT_STATE_NMI_MASKED))

/**
 * struct hvp_composite - a register whose value is not simply a field of the state
 * @get:	make its value, all 16 bytes of it
 * @set:	take it, or answer HVP_STATUS_INVALID_PARAMETER and change nothing; reserved
 *		bits have been checked before
 */
struct hvp_composite {
	void (*get)(const struct hvp_vp_state *state, u64 value[2]);
	enum hvp_status (*set)(struct hvp_vp_state *state, const u64 value[2]);
};

/* What waits to be delivered, and what it waits for */
extern const struct hvp_composite hvp_composite_activity;
extern const struct hvp_composite hvp_composite_interruption;
extern const struct hvp_composite hvp_composite_interrupt_state;
extern const struct hvp_composite hvp_composite_exception;
extern const struct hvp_composite hvp_composite_nothing;

/* Of which a part cannot be set, or several fields are one register */
extern const struct hvp_composite hvp_composite_rflags;
extern const struct hvp_composite hvp_composite_fp_control_status;
extern const struct hvp_composite hvp_composite_xmm_control_status;
extern const struct hvp_composite hvp_composite_mtrr_cap;

#endif /* _HVPART_VP_COMPOSITE_H */
