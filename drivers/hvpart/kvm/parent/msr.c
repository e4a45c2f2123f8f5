// SPDX-License-Identifier: GPL-2.0
/*
 * Synthetic MSRs: the one that tells when a guest ends, the one that parents have and
 * KVM has not, and those that are noted when KVM has taken what is written to them.
 */

#include <linux/kvm_host.h>
#include "../../hook/compat.h"
#include "../child/exit.h"
#include "../child/runner.h"
#include "../child/vcpu.h"
#include "../originals.h"
#include "cpuid.h"
#include "msr.h"
#include "vcpu.h"
#include "vcpus.h"
#include "vm.h"

/* No processor has wider ones. */
#define HVP_MAX_GPA_BITS	52

/* Guest OS ID written 0: the guest, or the VMM for it, gives up its identity. */
static int hvp_set_guest_os_id(struct kvm_vcpu *vcpu, u32 msr, u64 data, bool host)
{
	int error = hvp_original_kvm_hv_set_msr_common(vcpu, msr, data, host);

	if (!error)
		hvp_vm_reset(vcpu->kvm, hvp_grant(vcpu));
	return error;
}

/* SCONTROL's bit 0 enables no page, and a SINT has a vector there. */
static bool hvp_msr_names_page(u32 msr)
{
	return msr == HV_X64_MSR_VP_ASSIST_PAGE || msr == HV_X64_MSR_SIEFP ||
	       msr == HV_X64_MSR_SIMP;
}

/* HV_MESSAGE, and HV_SYNIC_EVENT_RING as well */
#define HVP_MESSAGE_BYTES	256

static bool hvp_page_is_shared(const struct hvp_vcpu *known, enum hvp_vp_page page, u64 data)
{
	unsigned long number;
	struct hvp_vp *vp;

	xa_for_each(&known->vm->vps.list, number, vp) {
		if (vp != &known->vp && READ_ONCE(vp->pages[page]) == data)
			return true;
	}
	return false;
}

/*
 * A parent that finds no page in SIMP or SIRBP takes it that the hypervisor has provided one:
 * Linux enables it at GPA 0, where the firmware has left its vectors, and they are no message,
 * nor ports.  KVM zeroes the page only for some VMMs.  The slot and the ring that we use are
 * empty from the start, but for the page of another virtual processor: there may be something
 * in it.
 */
static void hvp_empty_slot(struct kvm_vcpu *vcpu, struct hvp_vcpu *known, enum hvp_vp_page page,
			   u64 data, unsigned int slot)
{
	struct hvp_kvm_guest memory = hvp_kvm_guest(vcpu->kvm, &known->vm->locked, false);
	static const u8 empty[HVP_MESSAGE_BYTES];

	if (!(data & 1) || known->vp.pages[page] == data ||
	    !(hvp_vcpu_privileges(vcpu, known) & HVP_PRIVILEGE_CREATE_PARTITIONS) ||
	    hvp_page_is_shared(known, page, data))
		return;
	memory.guest.ops->write(&memory.guest, (data & PAGE_MASK) + slot * sizeof(empty), empty,
				sizeof(empty));
}

static_assert(sizeof(struct hvp_event_ring) == HVP_MESSAGE_BYTES, "a slot each for a SINT");

/* KVM does not know it. */
static int hvp_set_sirbp(struct kvm_vcpu *vcpu, struct hvp_vcpu *known, u64 data)
{
	/* The VMM says how wide an address is, and may say anything. */
	if (data >> min_t(unsigned int, vcpu->arch.maxphyaddr, HVP_MAX_GPA_BITS))
		return 1;
	hvp_empty_slot(vcpu, known, HVP_VP_PAGE_SIRB, data, HVP_DOORBELL_SINT);
	hvp_vcpu_note_msr(known, HVP_MSR_SIRBP, data);
	hvp_vm_attend(known->vm);
	return 0;
}

/* The guest has read a message: there is room for the next. */
static int hvp_set_eom(struct kvm_vcpu *vcpu, u32 msr, u64 data, bool host)
{
	int error = hvp_original_kvm_hv_set_msr_common(vcpu, msr, data, host);
	struct hvp_vcpu *known = error ? NULL : hvp_vcpu_find(vcpu);

	if (known && !host)
		hvp_vm_attend(known->vm);
	return error;
}

/*
 * Return: 1, for #GP, if the page is none that the guest can have or if there is no memory
 * to note it; as KVM does.
 */
static int hvp_set_noted(struct kvm_vcpu *vcpu, u32 msr, u64 data, bool host)
{
	struct hvp_vcpu *known = hvp_vcpu_find(vcpu);
	int error;

	if (!hvp_vcpu_in_partition(vcpu, known) || (msr == HVP_MSR_SIRBP && host))
		return hvp_original_kvm_hv_set_msr_common(vcpu, msr, data, host);
	if (!known)
		known = hvp_vcpu_find_or_add(vcpu);
	if (!known)
		return 1;
	if (msr == HVP_MSR_SIRBP)
		return hvp_set_sirbp(vcpu, known, data);
	error = hvp_original_kvm_hv_set_msr_common(vcpu, msr, data, host);
	if (error)
		return error;
	if (msr == HV_X64_MSR_SIMP && !host)
		hvp_empty_slot(vcpu, known, HVP_VP_PAGE_SIM, data, 0);
	hvp_vcpu_note_msr(known, msr, data);
	hvp_signals_retarget(&known->vm->vps);
	hvp_vm_attend(known->vm);
	/* A VMM enables no page for a guest that boots. */
	if (host && hvp_msr_names_page(msr) && data & 1)
		hvp_vm_state_loaded(known->vm);
	return 0;
}

static __always_inline bool hvp_msr_is_watched(u32 msr, u64 data)
{
	switch (msr) {
	case HV_X64_MSR_GUEST_OS_ID:
		return !data;
	/* Of a child: hvp_exit_set_msr(), as for others that name a page. */
	case HV_X64_MSR_HYPERCALL:
	case HV_X64_MSR_VP_INDEX:
	case HV_X64_MSR_VP_ASSIST_PAGE:
	case HV_X64_MSR_SIEFP:
	case HV_X64_MSR_SIMP:
	case HV_X64_MSR_SCONTROL:
	case HV_X64_MSR_SINT0:
	case HVP_MSR_SIRBP:
		return true;
	case HV_X64_MSR_EOM:
		return hvp_vms_exist();
	default:
		return false;
	}
}

static int hvp_replace_kvm_hv_set_msr_common(struct kvm_vcpu *vcpu, u32 msr, u64 data,
					     bool host)
{
	int token = srcu_read_lock(&hvp_calls_running);
	struct hvp_machine_vp *vp = hvp_runner_vp_here();
	int error;

	if (vp && vp->vcpu == vcpu)
		error = hvp_exit_set_msr(vp, msr, data, host);
	else if (!HVP_HOOK_WANTED(hvp_msr_is_watched(msr, data)) || msr == HV_X64_MSR_HYPERCALL)
		error = hvp_original_kvm_hv_set_msr_common(vcpu, msr, data, host);
	else if (msr == HV_X64_MSR_GUEST_OS_ID)
		error = hvp_set_guest_os_id(vcpu, msr, data, host);
	else if (msr == HV_X64_MSR_EOM)
		error = hvp_set_eom(vcpu, msr, data, host);
	else
		error = hvp_set_noted(vcpu, msr, data, host);
	srcu_read_unlock(&hvp_calls_running, token);
	return error;
}

static notrace void hvp_divert_kvm_hv_set_msr_common(unsigned long ip, unsigned long parent_ip,
						     struct ftrace_ops *ops,
						     struct ftrace_regs *fregs)
{
	if (hvp_hook_diverts_all() ||
	    hvp_msr_is_watched(hvp_ftrace_argument(fregs, 1), hvp_ftrace_argument(fregs, 2)))
		hvp_hook_divert(ip, parent_ip, ops, fregs);
}

static int hvp_replace_kvm_hv_get_msr_common(struct kvm_vcpu *vcpu, u32 msr, u64 *data,
					     bool host)
{
	int token = srcu_read_lock(&hvp_calls_running);
	bool sirbp = HVP_HOOK_WANTED(msr == HVP_MSR_SIRBP);
	const struct hvp_vcpu *known = sirbp ? hvp_vcpu_find(vcpu) : NULL;
	int error = 0;

	if (!sirbp || host || !hvp_vcpu_in_partition(vcpu, known))
		error = hvp_original_kvm_hv_get_msr_common(vcpu, msr, data, host);
	else
		*data = known ? known->vp.pages[HVP_VP_PAGE_SIRB] : 0;
	srcu_read_unlock(&hvp_calls_running, token);
	return error;
}

static notrace void hvp_divert_kvm_hv_get_msr_common(unsigned long ip, unsigned long parent_ip,
						     struct ftrace_ops *ops,
						     struct ftrace_regs *fregs)
{
	if (hvp_hook_diverts_all() || (u32)hvp_ftrace_argument(fregs, 1) == HVP_MSR_SIRBP)
		hvp_hook_divert(ip, parent_ip, ops, fregs);
}

HVP_DEFINE_HOOK(kvm_hv_set_msr_common, hvp_divert_kvm_hv_set_msr_common,
		"int (struct kvm_vcpu *, u32, u64, bool)");
HVP_DEFINE_HOOK(kvm_hv_get_msr_common, hvp_divert_kvm_hv_get_msr_common,
		"int (struct kvm_vcpu *, u32, u64 *, bool)");
