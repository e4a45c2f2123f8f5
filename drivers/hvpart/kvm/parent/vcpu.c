// SPDX-License-Identifier: GPL-2.0
/*
 * What is known of virtual processors: from their CPUID and their synthetic MSRs, as
 * the VMM and the guest set them.
 *
 * There is a record of each vCPU that has any privilege of a parent partition, and of
 * all others of its VM from that one's first call on.
 */

#include <linux/kvm_host.h>
#include <linux/slab.h>
#include <linux/xarray.h>
#include <hvpart/abi.h>
#include "../../core/core.h"
#include "../child/vcpu.h"
#include "vcpu.h"
#include "vcpus.h"
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
	struct hvp_vp *vp = xa_load(&vm->vps.list, vcpu->vcpu_idx);
	struct hvp_vcpu *known = vp ? container_of(vp, struct hvp_vcpu, vp) : NULL;

	return known && known->vcpu == vcpu ? known : NULL;
}

static int hvp_vcpu_add(struct hvp_vm *vm, const struct kvm_vcpu *vcpu)
{
	struct hvp_vcpu *known = kzalloc(sizeof(*known), HVP_GFP);
	int error;

	if (!known)
		return -ENOMEM;
	known->vm = vm;
	known->vcpu = vcpu;
	raw_spin_lock_init(&known->lock);
	known->vp.index = vcpu->vcpu_idx;
	error = hvp_vps_add(&vm->vps, vcpu->vcpu_idx, &known->vp);
	if (error) {
		kfree(known);
		/* Another vCPU may have been first. */
		return error == -EBUSY ? 0 : error;
	}
	hvp_vcpus_show(known);
	return 0;
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
	struct hvp_vcpu *known;

	if (!vm || (!hvp_vcpu_record(vm, vcpu) && hvp_vcpu_add(vm, vcpu)))
		return NULL;
	known = hvp_vcpu_record(vm, vcpu);
	if (known && !known->cpuid_seen) {
		known->cpuid = hvp_cpuid_privileges(vcpu);
		known->cpuid_seen = true;
	}
	return known;
}

/**
 * hvp_vcpus_complete() - see that there is a record of each vCPU
 * @vm:		the VM, one of whose vCPUs has none
 *
 * The guest may name any of its virtual processors, also one that has made no call.
 *
 * Context: May sleep; in one of the VM's vCPU threads.
 * Return: false if the host has no memory for one.
 */
bool hvp_vcpus_complete(struct hvp_vm *vm)
{
	struct kvm *kvm = vm->memory.kvm;
	struct kvm_vcpu *vcpu;
	unsigned long i;

	kvm_for_each_vcpu(i, vcpu, kvm) {
		if (!xa_load(&vm->vps.list, i) && hvp_vcpu_add(vm, vcpu))
			return false;
		cond_resched();
	}
	return true;
}

/**
 * hvp_vcpu_privileges() - what a vCPU's guest may do
 * @vcpu:	the vCPU
 * @known:	what is known of it, from hvp_vcpu_find(), or NULL
 *
 * Context: Any; in the thread that has the vCPU.
 * Return: HVP_PRIVILEGE_* and the other privileges of the TLFS; of a child none of the former.
 */
u64 hvp_vcpu_privileges(struct kvm_vcpu *vcpu, const struct hvp_vcpu *known)
{
	u64 privileges = known && known->cpuid_seen ? known->cpuid :
						      hvp_cpuid_privileges(vcpu);
	const struct hvp_vm *vm;

	if (unlikely(READ_ONCE(hvp_vms_granted)) && vcpu->arch.hyperv_enabled) {
		vm = known ? known->vm : hvp_vm_find(vcpu->kvm);
		if (vm)
			privileges |= READ_ONCE(vm->granted);
	}
	/*
	 * The VMM may have changed what a child's CPUID is set to.  A child with children of its
	 * own would run them in the thread that runs it, and these theirs, as deep as they like.
	 */
	if (privileges & HVP_PARTITION_PRIVILEGES && hvp_machine_vp_is(vcpu))
		privileges &= ~HVP_PARTITION_PRIVILEGES;
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
	if (known) {
		known->cpuid = privileges;
		known->cpuid_seen = true;
	}
}

/**
 * hvp_vcpu_note_msr() - a synthetic MSR has been written
 * @known:	what is known of the vCPU
 * @msr:	one that struct hvp_vp has a place for
 * @data:	what was written
 *
 * Context: Any; in the thread that has the vCPU.
 */
void hvp_vcpu_note_msr(struct hvp_vcpu *known, u32 msr, u64 data)
{
	switch (msr) {
	case HV_X64_MSR_VP_INDEX:
		WRITE_ONCE(known->vp.index, data);
		break;
	case HV_X64_MSR_VP_ASSIST_PAGE:
		WRITE_ONCE(known->vp.pages[HVP_VP_PAGE_ASSIST], data);
		break;
	case HV_X64_MSR_SIEFP:
		WRITE_ONCE(known->vp.pages[HVP_VP_PAGE_SIEF], data);
		break;
	case HV_X64_MSR_SIMP:
		WRITE_ONCE(known->vp.pages[HVP_VP_PAGE_SIM], data);
		break;
	case HVP_MSR_SIRBP:
		if (known->vp.pages[HVP_VP_PAGE_SIRB] != data)
			known->vp.ring_next = 0;
		WRITE_ONCE(known->vp.pages[HVP_VP_PAGE_SIRB], data);
		break;
	case HV_X64_MSR_SCONTROL:
		WRITE_ONCE(known->vp.scontrol, data);
		break;
	case HV_X64_MSR_SINT0:
		WRITE_ONCE(known->vp.sint0, data);
		break;
	}
}
