// SPDX-License-Identifier: GPL-2.0
/* What a parent has to deliver, and waits for its virtual processor to be ready to take. */

#include <hvpart/abi/registers.h>
#include <hvpart/vp_state.h>
#include "deliverable.h"

#define HVP_RFLAGS_IF		BIT_ULL(9)
#define HVP_SHADOW_MOV_SS	BIT(1)

static bool hvp_takes_interrupt(const struct hvp_vp_state *state, unsigned int priority)
{
	return state->rflags & HVP_RFLAGS_IF && !state->interrupt_shadow &&
	       (!priority || priority > state->cr8);
}

static bool hvp_takes_nmi(const struct hvp_vp_state *state)
{
	return !state->nmi_masked && !(state->interrupt_shadow & HVP_SHADOW_MOV_SS);
}

/**
 * hvp_deliverable() - can something be delivered that a parent waits to deliver?
 * @notify:	what it waits for, HVP_NOTIFY_*
 * @state:	registers of the virtual processor, HVP_DELIVERABLE_GROUPS of them
 *
 * Context: Any.
 * Return: the bit of @notify, an NMI's if it is both; 0 if nothing can be.
 */
u64 hvp_deliverable(u64 notify, const struct hvp_vp_state *state)
{
	unsigned int priority = (notify & HVP_NOTIFY_PRIORITY_MASK) >> HVP_NOTIFY_PRIORITY_SHIFT;

	if (state->startup_suspend || state->event_pending)
		return 0;
	if (notify & HVP_NOTIFY_NMI && hvp_takes_nmi(state))
		return HVP_NOTIFY_NMI;
	if (notify & HVP_NOTIFY_INTERRUPT && hvp_takes_interrupt(state, priority))
		return HVP_NOTIFY_INTERRUPT;
	return 0;
}
