/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _HVPART_XSAVE_H
#define _HVPART_XSAVE_H

#include <hvpart/host.h>

u64 hvp_xsave_states(const struct hvp_processor *processor, u64 disabled_features);
u64 hvp_xsave_size(const struct hvp_processor *processor, u64 states);

#endif /* _HVPART_XSAVE_H */
