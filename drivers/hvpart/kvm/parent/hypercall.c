// SPDX-License-Identifier: GPL-2.0
/* Where KVM and the core meet: what a call looks like on either side. */

#include <linux/kvm_host.h>
#include <linux/sched.h>
#include "../../core/core.h"
#include "../../hook/compat.h"
#include "../child/vcpu.h"
#include "../originals.h"
#include "hypercall.h"
#include "memory.h"
#include "thread.h"
#include "vcpu.h"
#include "vcpus.h"
#include "vm.h"

static u64 hvp_register_pair(struct kvm_vcpu *vcpu, int high, int low)
{
	return (u64)(u32)vcpu->arch.regs[high] << 32 | (u32)vcpu->arch.regs[low];
}

/*
 * Which registers a call is in depends on the mode that the caller is in.  KVM knows, and has
 * answered with a small number: for a caller that is not in 64-bit mode in EDX:EAX, so that
 * RDX is 0 then.  Only if it is 0 KVM has to be asked, which takes long.
 */
static __always_inline bool hvp_caller_is_64bit(struct kvm_vcpu *vcpu)
{
	int cs_db, cs_l;

	if (vcpu->arch.regs[VCPU_REGS_RDX])
		return true;
	if (!(vcpu->arch.efer & EFER_LMA))
		return false;
	static_call(kvm_x86_get_cs_db_l_bits)(vcpu, &cs_db, &cs_l);
	return cs_l;
}

/* @edx_eax: as they were before KVM has answered; it leaves the other registers alone. */
static __always_inline struct hvp_call hvp_call_from_registers(struct kvm_vcpu *vcpu,
							       bool is_64bit, u64 edx_eax)
{
	if (is_64bit)
		return (struct hvp_call) {
			.control = vcpu->arch.regs[VCPU_REGS_RCX],
			.input = vcpu->arch.regs[VCPU_REGS_RDX],
			.output = vcpu->arch.regs[VCPU_REGS_R8],
		};
	return (struct hvp_call) {
		.control = edx_eax,
		.input = hvp_register_pair(vcpu, VCPU_REGS_RBX, VCPU_REGS_RCX),
		.output = hvp_register_pair(vcpu, VCPU_REGS_RDI, VCPU_REGS_RSI),
	};
}

/**
 * hvp_hypercall_result() - give the guest an answer
 * @vcpu:	the vCPU, which KVM has given one already
 * @is_64bit:	the mode that it was in
 * @result:	the answer
 *
 * As KVM does; it marked RAX and RDX dirty when it wrote its own result.
 *
 * Context: In the thread of @vcpu, with its mutex.
 */
void hvp_hypercall_result(struct kvm_vcpu *vcpu, bool is_64bit, u64 result)
{
	if (is_64bit) {
		vcpu->arch.regs[VCPU_REGS_RAX] = result;
	} else {
		vcpu->arch.regs[VCPU_REGS_RDX] = result >> 32;
		vcpu->arch.regs[VCPU_REGS_RAX] = (u32)result;
	}
}

/* In 100 ns: what the scheduler has counted for this vCPU's thread, at each tick. */
static u64 hvp_run_time(void)
{
	return div_u64(READ_ONCE(current->se.sum_exec_runtime), 100);
}

/* Each call pays for it. */
static __always_inline void hvp_note_guest(struct hvp_vps *vps, const struct kvm_hv *hyperv)
{
	WRITE_ONCE(vps->guest_os_id, READ_ONCE(hyperv->hv_guest_os_id));
	WRITE_ONCE(vps->pages[HVP_PARTITION_PAGE_HYPERCALL], READ_ONCE(hyperv->hv_hypercall));
	WRITE_ONCE(vps->pages[HVP_PARTITION_PAGE_REFERENCE_TSC],
		   READ_ONCE(hyperv->hv_tsc_page));
}

/*
 * The answer to a child, which has none of the privileges, and to whom the host has no memory
 * to make a partition of: only the checks that need no partition.
 */
static noinline u64 hvp_answer_nobody(struct kvm_vcpu *vcpu, u64 privileges,
				      const struct hvp_call_row *row, struct hvp_call call)
{
	struct hvp_kvm_guest memory = hvp_kvm_guest(vcpu->kvm, NULL, call.outside);
	struct hvp_vp nobody = { .privileges = privileges, .gpa_bits = vcpu->arch.maxphyaddr };
	const struct hvp_caller caller = { .vp = &nobody };
	u64 result;

	/* It would get no further there. */
	call.outside = true;
	result = hvp_dispatch(row, &call, &caller, &memory.guest);
	hvp_stats_count(row, result & HVP_RESULT_STATUS_MASK);
	return result;
}

/* Nearly always they are. */
static __always_inline bool hvp_all_vcpus_known(struct hvp_vm *vm)
{
	return READ_ONCE(vm->vps.count) == atomic_read(&vm->memory.kvm->online_vcpus) ||
	       hvp_vcpus_complete(vm);
}

static u64 hvp_answer(struct kvm_vcpu *vcpu, struct hvp_vcpu *known, u64 privileges,
		      const struct hvp_call_row *row, const struct hvp_call *call)
{
	struct hvp_vm *vm = known->vm;
	struct hvp_kvm_guest memory = hvp_kvm_guest(vcpu->kvm, &vm->locked, call->outside);
	struct hvp_hierarchy *hierarchy = hvp_all_vcpus_known(vm) ? hvp_vm_hierarchy(vm) : NULL;
	struct hvp_vp *vp = &known->vp;
	struct hvp_caller caller = { .vp = vp };
	u64 result;

	if (unlikely(!hierarchy))
		return hvp_answer_nobody(vcpu, privileges, row, *call);
	vp->privileges = privileges;
	vp->gpa_bits = vcpu->arch.maxphyaddr;
	WRITE_ONCE(vp->hypercalls, vcpu->stat.hypercalls);
	WRITE_ONCE(vp->run_time, hvp_run_time());
	hvp_note_guest(&vm->vps, &vcpu->kvm->arch.hyperv);
	caller.partition = hierarchy->root;
	result = hvp_dispatch(row, call, &caller, &memory.guest);
	if (result != HVP_RESULT_OUTSIDE)
		hvp_stats_count(row, result & HVP_RESULT_STATUS_MASK);
	if (atomic_read(&hierarchy->stats_page_count))
		hvp_vm_refresh_stats_pages(vm);
	hvp_hierarchy_put(hierarchy);
	return result;
}

/**
 * hvp_hypercall_answer() - answer a call outside KVM's loop
 * @vcpu:	the vCPU
 * @known:	what is known of it
 * @row:	the call
 * @call:	likewise
 *
 * Context: May sleep; in the thread of @vcpu, no lock held.
 * Return: the hypercall result value.
 */
u64 hvp_hypercall_answer(struct kvm_vcpu *vcpu, struct hvp_vcpu *known,
			 const struct hvp_call_row *row, const struct hvp_call *call)
{
	int token = srcu_read_lock(&hvp_calls_running);
	u64 result = hvp_answer(vcpu, known, hvp_vcpu_privileges(vcpu, known), row, call);

	srcu_read_unlock(&hvp_calls_running, token);
	return result;
}

/*
 * A 64-bit caller's code is in RCX, a 32-bit caller's in EAX.  To ask for the caller's mode
 * costs more than all of this: what has its code in the other register is as KVM leaves it.
 *
 * No call of ours comes from a guest whose registers KVM cannot see, nor from one that runs
 * under a hypervisor of its own, in the same vCPU: that hypervisor answers it, or nobody.
 */
static __always_inline bool hvp_call_may_be_ours(struct kvm_vcpu *vcpu)
{
	if (!hvp_call_is_ours(vcpu->arch.regs[VCPU_REGS_RCX]) &&
	    !hvp_call_is_ours(vcpu->arch.regs[VCPU_REGS_RAX]))
		return false;
	return !vcpu->arch.guest_state_protected && !(vcpu->arch.hflags & HF_GUEST_MASK);
}

/* Give the guest its answer, or leave KVM's loop to find it; @known: NULL if it is nobody. */
static int hvp_complete_call(struct kvm_vcpu *vcpu, struct hvp_vcpu *known, u64 privileges,
			     u64 edx_eax, int resume)
{
	bool is_64bit = hvp_caller_is_64bit(vcpu);
	const struct hvp_call call = hvp_call_from_registers(vcpu, is_64bit, edx_eax);
	const struct hvp_call_row *row = hvp_call_row(call.control);
	u64 result;

	if (!row)
		return resume;
	if (known)
		result = hvp_answer(vcpu, known, privileges, row, &call);
	else
		result = hvp_answer_nobody(vcpu, privileges, row, call);
	if (unlikely(result == HVP_RESULT_OUTSIDE))
		return hvp_thread_begin_call(vcpu, known, row, &call, is_64bit, resume);
	hvp_hypercall_result(vcpu, is_64bit, result);
	return resume;
}

/*
 * An answer of ours has a guest that may make any of our calls, or could if its parent allowed
 * it; all others have KVM's.
 */
static int hvp_replace_verdict(struct kvm_vcpu *vcpu, u64 edx_eax, int resume)
{
	struct hvp_vcpu *known = hvp_vcpu_find(vcpu);
	u64 privileges = hvp_vcpu_privileges(vcpu, known);

	if (!(privileges & HVP_PARTITION_PRIVILEGES)) {
		if (!hvp_machine_vp_is(vcpu))
			return resume;
		known = NULL;
	} else if (!known || !known->cpuid_seen) {
		/*
		 * Its CPUID was set before the module was loaded.  Who answers outside KVM's loop
		 * cannot look at it: the VMM may be setting it anew.
		 */
		known = hvp_vcpu_find_or_add(vcpu);
	}
	return hvp_complete_call(vcpu, known, privileges, edx_eax, resume);
}

/*
 * KVM goes first: it checks CPL and mode, traces the call, steps over the
 * instruction and gives its verdict.  It has completed the call if it counted
 * it; on #UD it has not, and RAX is still the guest's.  Only the verdict "no
 * such call" is ours to replace, and only for a guest that may make any of our
 * calls: for all others this host is as without the module.
 */
static int hvp_replace_kvm_hv_hypercall(struct kvm_vcpu *vcpu)
{
	int token = srcu_read_lock(&hvp_calls_running);
	bool ours = HVP_HOOK_WANTED(hvp_call_may_be_ours(vcpu));
	u64 edx_eax = hvp_register_pair(vcpu, VCPU_REGS_RDX, VCPU_REGS_RAX);
	u64 completed = vcpu->stat.hypercalls;
	int resume = hvp_original_kvm_hv_hypercall(vcpu);

	if (ours && vcpu->stat.hypercalls != completed &&
	    vcpu->arch.regs[VCPU_REGS_RAX] == HVP_STATUS_INVALID_HYPERCALL_CODE)
		resume = hvp_replace_verdict(vcpu, edx_eax, resume);

	srcu_read_unlock(&hvp_calls_running, token);
	return resume;
}

static notrace void hvp_divert_kvm_hv_hypercall(unsigned long ip, unsigned long parent_ip,
						struct ftrace_ops *ops,
						struct ftrace_regs *fregs)
{
	struct kvm_vcpu *vcpu = (struct kvm_vcpu *)hvp_ftrace_argument(fregs, 0);

	if (hvp_hook_diverts_all() || hvp_call_may_be_ours(vcpu))
		hvp_hook_divert(ip, parent_ip, ops, fregs);
}

HVP_DEFINE_HOOK(kvm_hv_hypercall, hvp_divert_kvm_hv_hypercall, "int (struct kvm_vcpu *)");
