/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _HVPART_KVM_ATTENTION_H
#define _HVPART_KVM_ATTENTION_H

struct file;
struct hvp_vcpu;
struct kvm_vcpu;

void hvp_attention_pay(struct file *file, struct kvm_vcpu *vcpu, struct hvp_vcpu *known);

#endif /* _HVPART_KVM_ATTENTION_H */
