/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _HVPART_VP_HYPERV_H
#define _HVPART_VP_HYPERV_H

#include <hvpart/machine.h>

struct hvp_hyperv_features hvp_hyperv_features(u64 synthetic);

#endif /* _HVPART_VP_HYPERV_H */
