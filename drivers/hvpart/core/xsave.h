/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _HVPART_XSAVE_H
#define _HVPART_XSAVE_H

#include <hvpart/host.h>

u64 hvp_xsave_states(const struct hvp_processor *processor, u64 disabled_features);
u64 hvp_xsave_size(const struct hvp_processor *processor, u64 states);
unsigned int hvp_xsave_compact(const struct hvp_processor *processor, u64 states,
			       const u8 *area, u8 *compact);
bool hvp_xsave_expand(const struct hvp_processor *processor, u64 known, u64 states,
		      const u8 *from, u8 *area);

#endif /* _HVPART_XSAVE_H */
