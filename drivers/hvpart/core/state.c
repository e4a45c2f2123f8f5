// SPDX-License-Identifier: GPL-2.0
/* The states of a partition and how it gets from one to the other. */

#include <linux/kernel.h>
#include "state.h"

#define HVP_STATE_NAME(value, name, text) [value] = text,
static const char * const names[HVP_NR_STATES] = { HVP_STATE_LIST(HVP_STATE_NAME) };

/*
 * States that a state may become, and what makes it so.  Besides, the end of its VM makes
 * any partition DELETED.
 */
static const u8 next[HVP_NR_STATES] = {
	/* HvCreatePartition makes it; HvInitializePartition, HvDeletePartition */
	[HVP_STATE_UNINITIALIZED] = HVP_IN_ACTIVE | BIT(HVP_STATE_DELETED),
	/* HvFinalizePartition begins */
	[HVP_STATE_ACTIVE] = HVP_IN_FINALIZING | BIT(HVP_STATE_DELETED),
	/* HvFinalizePartition is done */
	[HVP_STATE_FINALIZING] = HVP_IN_FINALIZED | BIT(HVP_STATE_DELETED),
	/* HvDeletePartition */
	[HVP_STATE_FINALIZED] = BIT(HVP_STATE_DELETED),
	[HVP_STATE_DELETED] = 0,
};

/**
 * hvp_state_name() - a state's name for people and scripts
 * @state:	the state
 *
 * Return: the name, in lower case.
 */
const char *hvp_state_name(enum hvp_state state)
{
	return names[state];
}

/**
 * hvp_state_may_become() - is this a legal edge?
 * @from:	the state it is in
 * @to:		the state it would get
 *
 * Return: true if it is.
 */
bool hvp_state_may_become(enum hvp_state from, enum hvp_state to)
{
	return next[from] & BIT(to);
}
