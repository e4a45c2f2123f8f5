/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _HVPART_KVM_MSR_H
#define _HVPART_KVM_MSR_H

#include "../../hook/hook.h"

extern struct hvp_hook hvp_hook_kvm_hv_set_msr_common;
extern struct hvp_hook hvp_hook_kvm_hv_get_msr_common;

#endif /* _HVPART_KVM_MSR_H */
