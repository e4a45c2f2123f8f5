/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _HVPART_KVM_CHILD_CPUID_H
#define _HVPART_KVM_CHILD_CPUID_H

#include <linux/bits.h>
#include <linux/types.h>

struct hvp_cpuid_query;
struct hvp_cpuid_value;
struct hvp_machine;
struct hvp_machine_vp;
struct hvp_runner;
struct kvm_vcpu;

/* CPUID 0x40000003, EAX: AccessSynicRegs */
#define HVP_CHILD_PRIVILEGE_SYNIC	BIT(2)

int hvp_machine_vp_set_cpuid(struct hvp_machine_vp *vp, struct hvp_runner *runner);
int hvp_machine_vp_update_cpuid(struct hvp_machine_vp *vp, struct hvp_runner *runner);
void hvp_machine_set_socket(struct hvp_machine *machine, unsigned int bits);
int hvp_machine_vp_cpuid(struct hvp_machine_vp *vp, const struct hvp_cpuid_query *query,
			 struct hvp_cpuid_value *value);
void hvp_child_cpuid(const struct kvm_vcpu *vcpu, u32 leaf, u32 subleaf, u32 *eax, u32 *ebx,
		     u32 *ecx, u32 *edx);

#endif /* _HVPART_KVM_CHILD_CPUID_H */
