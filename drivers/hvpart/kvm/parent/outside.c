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
#include "../child/kvm_run.h"
#include "../child/notifier.h"
#include "../child/runner.h"
#include "../originals.h"
#include "attention.h"
#include "hypercall.h"
#include "outside.h"
#include "thread.h"
#include "vcpu.h"
#include "vcpus.h"
#include "vm.h"

/* No KVM_RUN goes on in here any more. */
static bool hvp_outside_stopping;

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
	} else {
		hvp_stats_count(row, result);
	}
	if (mutex_lock_killable(&vcpu->mutex))
		return false;
	hvp_hypercall_result(vcpu, known->is_64bit, result);
	mutex_unlock(&vcpu->mutex);
	return true;
}

/* Has KVM_RUN come back for us alone?  If it has, but is not to go on, that is -EINTR. */
static bool hvp_outside_goes_on(struct hvp_kvm_run *run, struct hvp_vcpu *known, long *result)
{
	struct kvm_vcpu *vcpu = run->vcpu;

	if (!*result) {
		if (!known->row || !hvp_outside_call(vcpu, known) || known->ends_run)
			return false;
		if (run->leaves)
			*result = -EINTR;
		return !run->leaves;
	}
	if (*result != -EINTR || run->leaves ||
	    READ_ONCE(vcpu->run->hvp_immediate_exit) || READ_ONCE(hvp_outside_stopping))
		return false;
	/*
	 * Where the VMM has set a mask for KVM_RUN, that may be a signal which it keeps out.  KVM
	 * itself tells: with another one it comes back at once, and not for us.
	 */
	if (task_sigpending(current) && !vcpu->sigset_active)
		return false;
	return hvp_thread_untell(known);
}

static long hvp_outside_run(struct file *file, unsigned int command, unsigned long argument,
			    struct hvp_kvm_run *run, struct hvp_vcpu *known)
{
	struct kvm_vcpu *vcpu = run->vcpu;
	long result;

	do {
		if (READ_ONCE(known->attention)) {
			if (!READ_ONCE(hvp_outside_stopping))
				hvp_thread_untell(known);
			hvp_attention_pay(file, vcpu, known);
		}
		result = hvp_original_kvm_vcpu_ioctl(file, command, argument);
		cond_resched();
	} while (hvp_outside_goes_on(run, known, &result));
	hvp_thread_leave(known, READ_ONCE(hvp_outside_stopping));
	return result;
}

static long hvp_replace_kvm_vcpu_ioctl(struct file *file, unsigned int command,
				       unsigned long argument)
{
	int token = srcu_read_lock(&hvp_runs_running);
	struct kvm_vcpu *vcpu = file->private_data;
	struct hvp_kvm_run run = { .task = current, .vcpu = vcpu };
	struct hvp_vcpu *known = NULL;
	long result;

	/* Its VMM may have got hold of it while it was made. */
	if (hvp_notifier_is_attached(vcpu->kvm) && !hvp_runner_here()) {
		result = -EBADF;
		goto unlock;
	}
	if (command != KVM_RUN) {
		result = hvp_original_kvm_vcpu_ioctl(file, command, argument);
		goto unlock;
	}
	hvp_kvm_run_begin(&run);
	/* KVM refuses those of another address space. */
	if (HVP_HOOK_WANTED(true) && current->mm == vcpu->kvm->mm &&
	    !READ_ONCE(hvp_outside_stopping))
		known = hvp_vcpu_find(vcpu);
	/* Another thread with the same vCPU waits in KVM until it is its turn. */
	if (known && hvp_thread_enter(known))
		result = hvp_outside_run(file, command, argument, &run, known);
	else
		result = hvp_original_kvm_vcpu_ioctl(file, command, argument);
	result = hvp_kvm_run_end(&run, result, READ_ONCE(hvp_outside_stopping));
unlock:
	srcu_read_unlock(&hvp_runs_running, token);
	return result;
}

static notrace void hvp_divert_kvm_vcpu_ioctl(unsigned long ip, unsigned long parent_ip,
					      struct ftrace_ops *ops,
					      struct ftrace_regs *fregs)
{
	const struct file *file = (const struct file *)hvp_ftrace_argument(fregs, 0);
	const struct kvm_vcpu *vcpu = file->private_data;

	if (hvp_hook_diverts_all() ||
	    (hvp_vms_exist() && ((unsigned int)hvp_ftrace_argument(fregs, 1) == KVM_RUN ||
				 hvp_notifier_is_attached(vcpu->kvm))))
		hvp_hook_divert(ip, parent_ip, ops, fregs);
}

HVP_DEFINE_HOOK(kvm_vcpu_ioctl, hvp_divert_kvm_vcpu_ioctl,
		"long int (struct file *, unsigned int, long unsigned int)");

/**
 * hvp_outside_stop() - the module goes: what comes back does not go on
 *
 * Context: Any.
 */
void hvp_outside_stop(void)
{
	WRITE_ONCE(hvp_outside_stopping, true);
}
