// SPDX-License-Identifier: GPL-2.0
/*
 * What is known of virtual processors: from their CPUID and their synthetic MSRs, as
 * the VMM and the guest set them.
 *
 * There is a record of each vCPU that has any privilege of a parent partition, and of
 * no other.
 */

#include <linux/kvm_host.h>
#include <linux/slab.h>
#include <linux/xarray.h>
#include <hvpart/abi.h>
#include "../../core/core.h"
#include "vcpu.h"
#include "vm.h"

/* As the VMM has set them. */
static u64 hvp_cpuid_privileges(struct kvm_vcpu *vcpu)
{
	const struct kvm_cpuid_entry2 *entry = vcpu->arch.cpuid_entries;
	const struct kvm_cpuid_entry2 *end = entry + vcpu->arch.cpuid_nent;

	if (!vcpu->arch.hyperv_enabled)
		return 0;
	for (; entry < end; entry++) {
		if (entry->function == HVP_CPUID_FEATURES)
			return entry->eax | (u64)entry->ebx << 32;
	}
	return 0;
}

/*
 * A vCPU that is being made may have no index of its own yet, but 0: from Linux 6.14 on, KVM
 * sets its CPUID, which is empty, before that, until later releases make the index -1 first.
 */
static struct hvp_vcpu *hvp_vcpu_record(struct hvp_vm *vm, const struct kvm_vcpu *vcpu)
{
	struct hvp_vcpu *known = xa_load(&vm->vcpus, vcpu->vcpu_idx);

	return known && known->vcpu == vcpu ? known : NULL;
}

/**
 * hvp_vcpu_find() - what is known of a vCPU
 * @vcpu:	the vCPU
 *
 * Context: Any; in one of the VM's vCPU threads.
 * Return: the record, or NULL if there is none.
 */
struct hvp_vcpu *hvp_vcpu_find(struct kvm_vcpu *vcpu)
{
	struct hvp_vm *vm = hvp_vm_find(vcpu->kvm);

	return vm ? hvp_vcpu_record(vm, vcpu) : NULL;
}

/**
 * hvp_vcpu_find_or_add() - what is known of a vCPU, with a record if it had none
 * @vcpu:	the vCPU
 *
 * Context: May sleep; in the thread that has the vCPU.
 * Return: the record, or NULL if the host has no memory for it.
 */
struct hvp_vcpu *hvp_vcpu_find_or_add(struct kvm_vcpu *vcpu)
{
	struct hvp_vm *vm = hvp_vm_find_or_add(vcpu->kvm);
	struct hvp_vcpu *known = vm ? hvp_vcpu_record(vm, vcpu) : NULL;

	if (!vm || known)
		return known;
	known = kzalloc(sizeof(*known), HVP_GFP);
	if (!known)
		return NULL;
	known->vm = vm;
	known->vcpu = vcpu;
	known->privileges = hvp_cpuid_privileges(vcpu);
	known->vp_index = vcpu->vcpu_idx;
	/* Nobody else adds this one: KVM has a vCPU in one thread at a time. */
	if (xa_insert(&vm->vcpus, vcpu->vcpu_idx, known, HVP_GFP)) {
		kfree(known);
		return NULL;
	}
	return known;
}

/**
 * hvp_vcpu_privileges() - what a vCPU's guest may do
 * @vcpu:	the vCPU
 * @known:	what is known of it, from hvp_vcpu_find(), or NULL
 *
 * Context: Any; in the thread that has the vCPU.
 * Return: HVP_PRIVILEGE_* and the other privileges of the TLFS.
 */
u64 hvp_vcpu_privileges(struct kvm_vcpu *vcpu, const struct hvp_vcpu *known)
{
	u64 privileges = known ? known->privileges : hvp_cpuid_privileges(vcpu);
	const struct hvp_vm *vm;

	if (likely(!READ_ONCE(hvp_vms_granted)) || !vcpu->arch.hyperv_enabled)
		return privileges;
	vm = known ? known->vm : hvp_vm_find(vcpu->kvm);
	if (vm)
		privileges |= READ_ONCE(vm->granted);
	return privileges;
}

/**
 * hvp_vcpu_in_partition() - may a vCPU's guest make any of the partition calls?
 * @vcpu:	the vCPU
 * @known:	what is known of it, from hvp_vcpu_find(), or NULL
 *
 * Context: Any; in the thread that has the vCPU.
 * Return: true if it may.
 */
bool hvp_vcpu_in_partition(struct kvm_vcpu *vcpu, const struct hvp_vcpu *known)
{
	return hvp_vcpu_privileges(vcpu, known) & HVP_PARTITION_PRIVILEGES;
}

/**
 * hvp_vcpu_set_privileges() - the VMM has set a vCPU's CPUID
 * @vcpu:	the vCPU
 * @granted:	what the guest may do besides what that says
 *
 * Without memory for a record there is nothing granted.
 *
 * Context: May sleep; in the thread that has the vCPU.
 */
void hvp_vcpu_set_privileges(struct kvm_vcpu *vcpu, u64 granted)
{
	u64 privileges = hvp_cpuid_privileges(vcpu);
	struct hvp_vcpu *known = hvp_vcpu_find(vcpu);

	privileges |= granted;
	if (!known && privileges & HVP_PARTITION_PRIVILEGES)
		known = hvp_vcpu_find_or_add(vcpu);
	if (known)
		known->privileges = privileges;
}

/**
 * hvp_vcpu_note_msr() - a synthetic MSR has been written
 * @known:	what is known of the vCPU
 * @msr:	one that struct hvp_vcpu has a place for
 * @data:	what was written
 *
 * Context: Any; in the thread that has the vCPU.
 */
void hvp_vcpu_note_msr(struct hvp_vcpu *known, u32 msr, u64 data)
{
	switch (msr) {
	case HV_X64_MSR_VP_INDEX:
		WRITE_ONCE(known->vp_index, data);
		break;
	case HV_X64_MSR_VP_ASSIST_PAGE:
		WRITE_ONCE(known->vp_assist, data);
		break;
	case HV_X64_MSR_SIEFP:
		WRITE_ONCE(known->siefp, data);
		break;
	case HV_X64_MSR_SIMP:
		WRITE_ONCE(known->simp, data);
		break;
	case HVP_MSR_SIRBP:
		WRITE_ONCE(known->sirbp, data);
		break;
	}
}
