/* SPDX-License-Identifier: GPL-2.0 */
/* What KVM knows of a virtual processor as Hyper-V has it. */
#ifndef _HVPART_KVM_VCPU_H
#define _HVPART_KVM_VCPU_H

#include <linux/kvm_host.h>
#include <hvpart/abi.h>

/* In the MSRs for pages of a meaning, bit 0 enables the page, bits 63:12 are its number. */
static inline bool hvp_msr_names_page(u64 msr, u64 gfn)
{
	return msr & 1 && msr >> PAGE_SHIFT == gfn;
}

/* As KVM has it from CPUID, with what has been granted. */
static inline u64 hvp_vcpu_privileges(struct kvm_vcpu *vcpu)
{
	struct kvm_vcpu_hv *hv_vcpu = READ_ONCE(vcpu->arch.hyperv);

	if (!hv_vcpu || !vcpu->arch.hyperv_enabled)
		return 0;
	return hv_vcpu->cpuid_cache.features_eax |
	       (u64)hv_vcpu->cpuid_cache.features_ebx << 32;
}

/* May its guest make any of the partition calls? */
static inline bool hvp_vcpu_in_partition(struct kvm_vcpu *vcpu)
{
	return hvp_vcpu_privileges(vcpu) & HVP_PARTITION_PRIVILEGES;
}

static inline u32 hvp_vcpu_vp_index(struct kvm_vcpu *vcpu)
{
	struct kvm_vcpu_hv *hv_vcpu = READ_ONCE(vcpu->arch.hyperv);

	return hv_vcpu ? hv_vcpu->vp_index : vcpu->vcpu_idx;
}

#endif /* _HVPART_KVM_VCPU_H */
