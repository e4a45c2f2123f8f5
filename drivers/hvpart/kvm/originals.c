// SPDX-License-Identifier: GPL-2.0
/*
 * The stubs that hooks lead back to KVM with; see hook.c.  None of their bodies
 * is ever executed.
 *
 * They are in a file of their own because their callers must not know what the
 * compiler would find out about them: that they return always the same, change
 * no memory and use few registers.
 */

#include <linux/compiler.h>
#include <linux/errno.h>
#include "../hook/compat.h"
#include "originals.h"

noinline __noclone int hvp_original_kvm_hv_hypercall(struct kvm_vcpu *vcpu)
{
	barrier();
	return -EIO;
}

noinline __noclone int hvp_original_kvm_hv_set_msr_common(struct kvm_vcpu *vcpu, u32 msr,
							  u64 data, bool host)
{
	barrier();
	return -EIO;
}

noinline __noclone int hvp_original_kvm_hv_get_msr_common(struct kvm_vcpu *vcpu, u32 msr,
							  u64 *data, bool host)
{
	barrier();
	return -EIO;
}

noinline __noclone void hvp_original_kvm_hv_set_cpuid(struct kvm_vcpu *vcpu,
						      bool hyperv_enabled)
{
	barrier();
}

noinline __noclone bool hvp_original_kvm_cpuid(struct kvm_vcpu *vcpu, u32 *eax, u32 *ebx,
					       u32 *ecx, u32 *edx, bool exact_only)
{
	barrier();
	return false;
}

noinline __noclone int hvp_original_kvm_emulate_cpuid(struct kvm_vcpu *vcpu)
{
	barrier();
	return -EIO;
}

noinline __noclone void hvp_original_kvm_arch_flush_shadow_all(struct kvm *kvm)
{
	barrier();
}

noinline __noclone void hvp_original_kvm_arch_flush_shadow_memslot(struct kvm *kvm,
								   struct kvm_memory_slot *slot)
{
	barrier();
}

noinline __noclone int hvp_original_x86_emulate_instruction(struct kvm_vcpu *vcpu, u64 gpa,
							    int type, void *insn, int length)
{
	barrier();
	return -EIO;
}

noinline __noclone int hvp_original_kvm_mmu_page_fault(struct kvm_vcpu *vcpu, u64 gpa, u64 error,
						       void *insn, int length)
{
	barrier();
	return -EIO;
}

noinline __noclone u64 hvp_original_hva_to_pfn(HVP_HVA_TO_PFN_PARAMETERS)
{
	barrier();
	return 0;
}

noinline __noclone void hvp_original_kvm_mmu_hugepage_adjust(struct kvm_vcpu *vcpu, void *fault)
{
	barrier();
}

noinline __noclone long hvp_original_kvm_vcpu_ioctl(struct file *file, unsigned int command,
						    unsigned long argument)
{
	barrier();
	return -EIO;
}
