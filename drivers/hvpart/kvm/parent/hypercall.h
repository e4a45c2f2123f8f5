/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _HVPART_KVM_HYPERCALL_H
#define _HVPART_KVM_HYPERCALL_H

#include "../../hook/hook.h"

struct hvp_call;
struct hvp_call_row;
struct hvp_vcpu;
struct kvm_vcpu;

extern struct hvp_hook hvp_hook_kvm_hv_hypercall;

u64 hvp_hypercall_answer(struct kvm_vcpu *vcpu, struct hvp_vcpu *known,
			 const struct hvp_call_row *row, const struct hvp_call *call);
void hvp_hypercall_result(struct kvm_vcpu *vcpu, bool is_64bit, u64 result);

#endif /* _HVPART_KVM_HYPERCALL_H */
