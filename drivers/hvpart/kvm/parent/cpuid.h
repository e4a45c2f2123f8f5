/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _HVPART_KVM_GRANT_H
#define _HVPART_KVM_GRANT_H

#include <linux/types.h>
#include "../../hook/hook.h"

struct kvm_vcpu;

extern struct hvp_hook hvp_hook_kvm_hv_set_cpuid;
extern struct hvp_hook hvp_hook_kvm_cpuid;

u64 hvp_grant(const struct kvm_vcpu *vcpu);

#endif /* _HVPART_KVM_GRANT_H */
