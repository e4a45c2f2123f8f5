/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _HVPART_DISPATCH_H
#define _HVPART_DISPATCH_H

#include <hvpart/abi.h>
#include <hvpart/guest.h>

struct hvp_call_row;

/* No status and no reps: see hvp_dispatch(). */
#define HVP_RESULT_OUTSIDE	(~0ULL)

u64 hvp_dispatch(const struct hvp_call_row *row, const struct hvp_call *call,
		 const struct hvp_caller *caller, struct hvp_guest *guest);

#endif /* _HVPART_DISPATCH_H */
