/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _HVPART_KVM_ORIGINALS_H
#define _HVPART_KVM_ORIGINALS_H

#include <linux/types.h>
#include "../hook/compat.h"

struct file;
struct kvm;
struct kvm_memory_slot;
struct kvm_vcpu;

/*
 * Calling one of these runs the own body of the KVM function that it is named
 * after, once that function has been diverted for the first time.
 */
int hvp_original_kvm_hv_hypercall(struct kvm_vcpu *vcpu);
int hvp_original_kvm_hv_set_msr_common(struct kvm_vcpu *vcpu, u32 msr, u64 data, bool host);
int hvp_original_kvm_hv_get_msr_common(struct kvm_vcpu *vcpu, u32 msr, u64 *data, bool host);
void hvp_original_kvm_hv_set_cpuid(struct kvm_vcpu *vcpu, bool hyperv_enabled);
bool hvp_original_kvm_cpuid(struct kvm_vcpu *vcpu, u32 *eax, u32 *ebx, u32 *ecx, u32 *edx,
			    bool exact_only);
int hvp_original_kvm_emulate_cpuid(struct kvm_vcpu *vcpu);
long hvp_original_kvm_vcpu_ioctl(struct file *file, unsigned int command,
				 unsigned long argument);
void hvp_original_kvm_arch_flush_shadow_all(struct kvm *kvm);
void hvp_original_kvm_arch_flush_shadow_memslot(struct kvm *kvm, struct kvm_memory_slot *slot);
int hvp_original_x86_emulate_instruction(struct kvm_vcpu *vcpu, u64 gpa, int type, void *insn,
					 int length);
int hvp_original_kvm_mmu_page_fault(struct kvm_vcpu *vcpu, u64 gpa, u64 error, void *insn,
				    int length);
void hvp_original_kvm_mmu_hugepage_adjust(struct kvm_vcpu *vcpu, void *fault);
u64 hvp_original_hva_to_pfn(HVP_HVA_TO_PFN_PARAMETERS);

#endif /* _HVPART_KVM_ORIGINALS_H */
