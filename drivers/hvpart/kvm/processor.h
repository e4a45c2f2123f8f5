/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _HVPART_KVM_PROCESSOR_H
#define _HVPART_KVM_PROCESSOR_H

#include <hvpart/host.h>

extern struct hvp_processor hvp_host_processor;

void hvp_host_processor_find(void);
void hvp_processor_hide(const u64 disabled_features[2], u64 disabled_xsave, u32 leaf,
			u32 subleaf, u32 registers[4]);

#endif /* _HVPART_KVM_PROCESSOR_H */
