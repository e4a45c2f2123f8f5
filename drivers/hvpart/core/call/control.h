/* SPDX-License-Identifier: GPL-2.0 */
/* Reading a hypercall input value (TLFS, Hypercall Interface, "Hypercall Inputs"). */
#ifndef _HVPART_CONTROL_H
#define _HVPART_CONTROL_H

#include <linux/types.h>
#include <hvpart/abi.h>

static inline u16 hvp_control_code(u64 control)
{
	return control & HVP_CONTROL_CODE_MASK;
}

static inline bool hvp_control_fast(u64 control)
{
	return control & HVP_CONTROL_FAST;
}

static inline unsigned int hvp_control_rep_count(u64 control)
{
	return control >> HVP_CONTROL_REP_COUNT_SHIFT & HVP_CONTROL_REP_MASK;
}

static inline unsigned int hvp_control_rep_start(u64 control)
{
	return control >> HVP_CONTROL_REP_START_SHIFT & HVP_CONTROL_REP_MASK;
}

/* Of the variable header, in bytes. */
static inline unsigned int hvp_control_header_size(u64 control)
{
	return ((control & HVP_CONTROL_VARHEAD_MASK) >> HVP_CONTROL_VARHEAD_SHIFT) * sizeof(u64);
}

#endif /* _HVPART_CONTROL_H */
