/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _HVPART_STATE_H
#define _HVPART_STATE_H

#include <linux/bits.h>
#include <linux/types.h>

/*
 * TLFS 2.0a, chapter 5, "Partition States".  DELETED is not one that a guest can
 * see: nothing but references are left, and what else the end of the VM has yet to free.
 */
#define HVP_STATE_LIST(X)				\
	X(0, UNINITIALIZED, "uninitialized")		\
	X(1, ACTIVE, "active")				\
	X(2, FINALIZING, "finalizing")			\
	X(3, FINALIZED, "finalized")			\
	X(4, DELETED, "deleted")

#define HVP_STATE_ENUM(value, name, text) HVP_STATE_##name = value,
enum hvp_state { HVP_STATE_LIST(HVP_STATE_ENUM) HVP_NR_STATES };

/* Sets of states, for "allowed in": BIT(state) each. */
#define HVP_IN_UNINITIALIZED	BIT(HVP_STATE_UNINITIALIZED)
#define HVP_IN_ACTIVE		BIT(HVP_STATE_ACTIVE)
#define HVP_IN_FINALIZING	BIT(HVP_STATE_FINALIZING)
#define HVP_IN_FINALIZED	BIT(HVP_STATE_FINALIZED)
#define HVP_IN_ANY		(HVP_IN_UNINITIALIZED | HVP_IN_ACTIVE | \
				 HVP_IN_FINALIZING | HVP_IN_FINALIZED)

const char *hvp_state_name(enum hvp_state state);
bool hvp_state_may_become(enum hvp_state from, enum hvp_state to);

#endif /* _HVPART_STATE_H */
