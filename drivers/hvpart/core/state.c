// SPDX-License-Identifier: GPL-2.0
/* The states of a partition and how it gets from one to the other. */

#include <linux/kernel.h>
#include "state.h"

static const struct {
	const char *name;
	u8 next;	/* states that it may become */
} states[HVP_NR_STATES] = {
	/* HvCreatePartition makes it; HvInitializePartition, HvDeletePartition */
	[HVP_STATE_UNINITIALIZED] = {
		"uninitialized", HVP_IN_ACTIVE | BIT(HVP_STATE_DELETED) },
	/* HvFinalizePartition begins */
	[HVP_STATE_ACTIVE] = { "active", HVP_IN_FINALIZING },
	/* HvFinalizePartition is done */
	[HVP_STATE_FINALIZING] = { "finalizing", HVP_IN_FINALIZED },
	/* HvDeletePartition */
	[HVP_STATE_FINALIZED] = { "finalized", BIT(HVP_STATE_DELETED) },
	[HVP_STATE_DELETED] = { "deleted", 0 },
};

/**
 * hvp_state_name() - a state's name for people and scripts
 * @state:	the state
 */
const char *hvp_state_name(enum hvp_state state)
{
	return states[state].name;
}

/**
 * hvp_state_may_become() - is this a legal edge?
 * @from:	the state it is in
 * @to:		the state it would get
 */
bool hvp_state_may_become(enum hvp_state from, enum hvp_state to)
{
	return states[from].next & BIT(to);
}
