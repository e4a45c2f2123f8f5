/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _HVPART_KVM_VCPU_H
#define _HVPART_KVM_VCPU_H

#include <linux/types.h>

struct hvp_vm;
struct kvm_vcpu;

/*
 * SynIC event ring page (TLFS, Inter-Partition Communication).  Bit 0 enables it, bits
 * 63:12 are its page number.  KVM has no such MSR.
 */
#define HVP_MSR_SIRBP	0x40000085

/**
 * struct hvp_vcpu - what is known of a virtual processor as Hyper-V has it
 * @vm:		its VM
 * @vcpu:	KVM's
 * @privileges:	CPUID leaf 0x40000003, EAX and EBX, with what has been granted; changes
 *		only while the vCPU does not run
 * @vp_index:	HV_X64_MSR_VP_INDEX
 * @vp_assist:	HV_X64_MSR_VP_ASSIST_PAGE
 * @siefp:	HV_X64_MSR_SIEFP
 * @simp:	HV_X64_MSR_SIMP
 * @sirbp:	HVP_MSR_SIRBP
 *
 * KVM's own records are not for modules to look at.  What is here has been seen going
 * by; of what a guest has set up before the module was loaded there are the privileges.
 */
struct hvp_vcpu {
	struct hvp_vm *vm;
	const struct kvm_vcpu *vcpu;
	u64 privileges;
	u32 vp_index;
	u64 vp_assist;
	u64 siefp;
	u64 simp;
	u64 sirbp;
};

struct hvp_vcpu *hvp_vcpu_find(struct kvm_vcpu *vcpu);
struct hvp_vcpu *hvp_vcpu_find_or_add(struct kvm_vcpu *vcpu);
u64 hvp_vcpu_privileges(struct kvm_vcpu *vcpu, const struct hvp_vcpu *known);
bool hvp_vcpu_in_partition(struct kvm_vcpu *vcpu, const struct hvp_vcpu *known);
void hvp_vcpu_set_privileges(struct kvm_vcpu *vcpu, u64 granted);
void hvp_vcpu_note_msr(struct hvp_vcpu *known, u32 msr, u64 data);

#endif /* _HVPART_KVM_VCPU_H */
