/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _HVPART_KVM_VCPUS_H
#define _HVPART_KVM_VCPUS_H

struct hvp_vcpu;
struct hvp_vm;
struct kvm_vcpu;

struct hvp_vcpu *hvp_vcpu_find(const struct kvm_vcpu *vcpu);
void hvp_vcpus_show(struct hvp_vcpu *known);
void hvp_vcpus_hide(struct hvp_vm *vm);

#endif /* _HVPART_KVM_VCPUS_H */
