// SPDX-License-Identifier: GPL-2.0
/*
 * Calls that need KVM's own interface.  Inside KVM's loop a vCPU is loaded, its memory slots
 * are held, and nothing of another VM may be done: so the call is noted, KVM_RUN comes back,
 * the call is made, and KVM_RUN goes on, of which the VMM sees nothing.
 *
 * A thread may be in its KVM_RUN for hours, and so in ours.  When the module goes, it is told
 * to come back, and does so as if it had been restarted: without us.
 */

#include <linux/file.h>
#include <linux/kvm_host.h>
#include <linux/sched/signal.h>
#include "../../core/core.h"
#include "../../hook/compat.h"
#include "../child/runner.h"
#include "../originals.h"
#include "attention.h"
#include "hypercall.h"
#include "outside.h"
#include "vcpu.h"
#include "vm.h"

/* VMCALL and VMMCALL */
#define HVP_CALL_INSTRUCTION_BYTES	3

/* No KVM_RUN goes on in here any more. */
static bool hvp_outside_stopping;

/*
 * This thread's KVM_RUN began before there was the module: nobody would make the call when it
 * comes back.  So it comes back as for a signal, with the call still to be made.
 */
static void hvp_outside_rewind(struct kvm_vcpu *vcpu, const struct hvp_call *call,
			       bool is_64bit)
{
	hvp_vcpu_rip(vcpu) -= HVP_CALL_INSTRUCTION_BYTES;
	if (!is_64bit) {
		vcpu->arch.regs[VCPU_REGS_RDX] = call->control >> 32;
		vcpu->arch.regs[VCPU_REGS_RAX] = (u32)call->control;
	}
	set_thread_flag(TIF_NOTIFY_SIGNAL);
}

/**
 * hvp_outside_begin() - leave KVM's loop to make a call
 * @vcpu:	the vCPU, which KVM has stepped over the call's instruction
 * @known:	what is known of it
 * @row:	the call
 * @call:	likewise
 * @is_64bit:	where the answer goes
 * @resume:	what KVM has answered
 *
 * Context: In the thread of @vcpu, inside KVM's loop.
 * Return: what KVM's loop is to be told.
 */
int hvp_outside_begin(struct kvm_vcpu *vcpu, struct hvp_vcpu *known,
		      const struct hvp_call_row *row, const struct hvp_call *call,
		      bool is_64bit, int resume)
{
	if (READ_ONCE(known->thread) != current || resume < 0) {
		hvp_outside_rewind(vcpu, call, is_64bit);
		return resume;
	}
	/* Single-stepped: KVM has something to say by itself. */
	known->ends_run = !resume;
	known->row = row;
	known->call = *call;
	known->is_64bit = is_64bit;
	return 0;
}

/* Return: false if the thread is to die, and nobody waits for the answer. */
static bool hvp_outside_call(struct kvm_vcpu *vcpu, struct hvp_vcpu *known)
{
	const struct hvp_call_row *row = known->row;
	u64 result = HVP_STATUS_NO_RESOURCES;

	known->row = NULL;
	known->call.outside = true;
	if (!hvp_runner_enter(vcpu)) {
		result = hvp_hypercall_answer(vcpu, known, row, &known->call);
		hvp_runner_leave(vcpu);
	}
	if (mutex_lock_killable(&vcpu->mutex))
		return false;
	hvp_hypercall_result(vcpu, known->is_64bit, result);
	mutex_unlock(&vcpu->mutex);
	return true;
}

/* Has KVM_RUN come back for us alone? */
static bool hvp_outside_goes_on(struct kvm_vcpu *vcpu, struct hvp_vcpu *known, long result)
{
	if (!result)
		return known->row && hvp_outside_call(vcpu, known) && !known->ends_run;
	if (result != -EINTR || !READ_ONCE(known->attention) || task_sigpending(current) ||
	    READ_ONCE(vcpu->run->hvp_immediate_exit) || READ_ONCE(hvp_outside_stopping))
		return false;
	hvp_runner_clear_notification();
	return true;
}

static long hvp_outside_run(struct file *file, unsigned int command, unsigned long argument,
			    struct hvp_vcpu *known)
{
	struct kvm_vcpu *vcpu = file->private_data;
	long result;

	do {
		if (READ_ONCE(known->attention))
			hvp_attention_pay(file, vcpu, known);
		result = hvp_original_kvm_vcpu_ioctl(file, command, argument);
		cond_resched();
	} while (hvp_outside_goes_on(vcpu, known, result));
	WRITE_ONCE(known->thread, NULL);
	/* We are the cause, and user space has nothing to do with it. */
	if (result == -EINTR && READ_ONCE(hvp_outside_stopping) && !task_sigpending(current) &&
	    test_thread_flag(TIF_NOTIFY_SIGNAL))
		result = -ERESTARTNOINTR;
	return result;
}

static long hvp_replace_kvm_vcpu_ioctl(struct file *file, unsigned int command,
				       unsigned long argument)
{
	int token = srcu_read_lock(&hvp_runs_running);
	struct kvm_vcpu *vcpu = file->private_data;
	struct hvp_vcpu *known = NULL;
	long result;

	/* KVM refuses those of another address space. */
	if (HVP_HOOK_WANTED(command == KVM_RUN) && command == KVM_RUN &&
	    current->mm == vcpu->kvm->mm && !READ_ONCE(hvp_outside_stopping))
		known = hvp_vcpu_find(vcpu);
	/* Another thread with the same vCPU waits in KVM until it is its turn. */
	if (known && cmpxchg(&known->thread, NULL, current))
		known = NULL;
	result = known ? hvp_outside_run(file, command, argument, known) :
			 hvp_original_kvm_vcpu_ioctl(file, command, argument);
	srcu_read_unlock(&hvp_runs_running, token);
	return result;
}

static notrace void hvp_divert_kvm_vcpu_ioctl(unsigned long ip, unsigned long parent_ip,
					      struct ftrace_ops *ops,
					      struct ftrace_regs *fregs)
{
	if (hvp_hook_diverts_all() ||
	    ((unsigned int)hvp_ftrace_argument(fregs, 1) == KVM_RUN && hvp_vms_exist()))
		hvp_hook_divert(ops, ip, fregs);
}

HVP_DEFINE_HOOK(kvm_vcpu_ioctl, "long int (struct file *, unsigned int, long unsigned int)");

/**
 * hvp_outside_stop() - the module goes: what comes back does not go on
 *
 * Context: Any.
 */
void hvp_outside_stop(void)
{
	WRITE_ONCE(hvp_outside_stopping, true);
}

/**
 * hvp_outside_recall() - have all threads of a VM come back
 * @vm:		the VM
 *
 * Context: May sleep; hvp_outside_stop() has been called.
 */
void hvp_outside_recall(struct hvp_vm *vm)
{
	struct hvp_vcpu *known;
	struct task_struct *thread;
	unsigned long number;
	struct hvp_vp *vp;

	xa_for_each(&vm->vps.list, number, vp) {
		known = container_of(vp, struct hvp_vcpu, vp);
		/* A task that ends is there for as long as anybody looks. */
		rcu_read_lock();
		thread = READ_ONCE(known->thread);
		if (thread) {
			set_tsk_thread_flag(thread, TIF_NOTIFY_SIGNAL);
			if (!rcuwait_wake_up(kvm_arch_vcpu_get_wait(
					(struct kvm_vcpu *)known->vcpu)))
				kick_process(thread);
		}
		rcu_read_unlock();
	}
}
