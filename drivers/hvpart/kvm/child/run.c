// SPDX-License-Identifier: GPL-2.0
/* VPs run by their parent's vCPU thread. */

#include <linux/kvm_host.h>
#include <linux/pid.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include "../../core/core.h"
#include "../../hook/compat.h"
#include "cpuid.h"
#include "exit.h"
#include "kvm_run.h"
#include "machine.h"
#include "memory.h"
#include "registers.h"
#include "run.h"
#include "runner.h"
#include "vcpu.h"

/* What KVM_RUN writes first, and never has. */
#define HVP_RUN_NOT_BEGUN	U16_MAX

/* Only one thread at a time; it does not wait while it is run. */
static bool hvp_machine_vp_claim(struct hvp_machine_vp *vp, struct hvp_runner *runner)
{
	bool first;

	raw_spin_lock_irq(&vp->lock);
	first = !vp->runner;
	if (first) {
		vp->runner = runner;
		vp->armed = false;
	}
	raw_spin_unlock_irq(&vp->lock);
	if (!first)
		return false;
	vp->blocked = false;
	vp->stop = (struct hvp_stop) {};
	runner->vp = vp;
	return true;
}

static void hvp_machine_vp_release(struct hvp_machine_vp *vp, struct hvp_runner *runner)
{
	hvp_child_memory_soft_end(vp);
	runner->vp = NULL;
	raw_spin_lock_irq(&vp->lock);
	vp->runner = NULL;
	vp->interrupted = false;
	raw_spin_unlock_irq(&vp->lock);
}

#if HVP_VCPU_THREAD_IS_RCU
struct hvp_former_thread {
	struct rcu_head rcu;
	struct pid *pid;
};

static void hvp_former_thread_put(struct rcu_head *rcu)
{
	struct hvp_former_thread *former = container_of(rcu, struct hvp_former_thread, rcu);

	put_pid(former->pid);
	kfree(former);
}

/*
 * Make the vCPU this thread's, before KVM_RUN does and waits for a grace period.  It does what
 * is missing here.
 */
static void hvp_machine_vp_take_thread(struct hvp_machine_vp *vp)
{
	struct kvm_vcpu *vcpu = vp->vcpu;
	struct hvp_former_thread *former;
	struct pid *last = rcu_access_pointer(vcpu->pid);

	if (!last || last == task_pid(current))
		return;
	former = kmalloc(sizeof(*former), HVP_GFP);
	if (!former)
		return;
	if (mutex_lock_killable(&vcpu->mutex)) {
		kfree(former);
		return;
	}
	former->pid = rcu_replace_pointer(vcpu->pid, get_task_pid(current, PIDTYPE_PID),
					  lockdep_is_held(&vcpu->mutex));
	mutex_unlock(&vcpu->mutex);
	call_rcu(&former->rcu, hvp_former_thread_put);
}
#else
static void hvp_machine_vp_take_thread(struct hvp_machine_vp *vp) {}
#endif

/* What the VMM has set for its own vCPU holds while that runs a VP. */
static void hvp_machine_vp_take_signals(struct hvp_machine_vp *vp,
					const struct kvm_vcpu *parent)
{
	vp->vcpu->sigset_active = parent->sigset_active;
	vp->vcpu->sigset = parent->sigset;
}

static void hvp_machine_vp_take_extint(struct hvp_machine_vp *vp, struct hvp_runner *runner)
{
	struct kvm_interrupt interrupt = { .irq = READ_ONCE(vp->extint) };

	if ((int)interrupt.irq < 0 || vp->vcpu->arch.pending_external_vector >= 0)
		return;
	hvp_runner_ioctl(runner, vp->file, KVM_INTERRUPT, &interrupt, sizeof(interrupt));
	WRITE_ONCE(vp->extint, -1);
}

/*
 * KVM_RUN has failed before it has looked at the VP: newer ones make a thread of the VMM's when the
 * first VP of a VM runs, for which there may be no memory, or a limit of the VMM's.
 */
static enum hvp_exit_reason hvp_not_begun_reason(long result)
{
	return result == -EINTR || result == -ERESTARTNOINTR ? HVP_EXIT_INTERRUPTED :
							       HVP_EXIT_DENIED;
}

/* Return: has the VP been in KVM's hands?  Then its registers are in kvm_run. */
static bool hvp_machine_vp_run_once(struct hvp_machine_vp *vp, struct hvp_runner *runner,
				    struct hvp_exit *exit)
{
	struct kvm_run *run = vp->vcpu->run;
	bool begun;
	long result;
	int error;

	exit->reason = HVP_EXIT_INTERRUPTED;
	error = hvp_child_memory_prepare(vp->machine) ?: hvp_machine_vp_update_cpuid(vp, runner);
	if (error) {
		if (error != -EINTR)
			exit->reason = HVP_EXIT_DENIED;
		return false;
	}
	hvp_machine_vp_take_thread(vp);
	hvp_machine_vp_take_signals(vp, runner->vcpu);
	hvp_machine_vp_take_extint(vp, runner);
	if (!hvp_runner_begin(runner, vp))
		return false;
	for (;;) {
		vp->blocked = false;
		vp->stop.cause = HVP_STOP_NONE;
		vp->stop.fault_error = 0;
		vp->stop.has_before = false;
		run->hvp_immediate_exit = 0;
		run->flags = HVP_RUN_NOT_BEGUN;
		run->kvm_valid_regs = KVM_SYNC_X86_REGS | KVM_SYNC_X86_SREGS;
		result = vp->file->f_op->unlocked_ioctl(vp->file, KVM_RUN, 0);
		begun = READ_ONCE(run->flags) != HVP_RUN_NOT_BEGUN;
		if (!begun) {
			exit->reason = hvp_not_begun_reason(result);
			/* The parent's KVM_RUN may have that signal wait. */
			if (result == -ERESTARTNOINTR)
				hvp_kvm_run_leave();
			break;
		}
		vp->general_set = false;
		if (hvp_exit_decode(vp, runner, result, exit))
			break;
		hvp_runner_again(runner);
	}
	hvp_runner_finish(runner);
	return begun;
}

/**
 * hvp_machine_vp_run() - run a VP until there is something for its parent
 * @vp:		the VP
 * @state:	receives GENERAL and SPECIAL
 * @exit:	receives why it has stopped
 *
 * Context: May sleep; in a parent's vCPU thread outside KVM's loop.
 * Return: 0, -EBUSY if another thread runs it, or another error of hvp_machine_vp_get().
 */
int hvp_machine_vp_run(struct hvp_machine_vp *vp, struct hvp_vp_state *state, struct hvp_exit *exit)
{
	struct hvp_runner *runner = hvp_runner_here();
	bool in_run;

	*exit = (struct hvp_exit) { .reason = HVP_EXIT_INTERRUPTED };
	if (!runner || READ_ONCE(vp->machine->leaked))
		return -EFAULT;
	if (!hvp_machine_vp_claim(vp, runner))
		return -EBUSY;
	in_run = !READ_ONCE(vp->interrupted) && hvp_machine_vp_run_once(vp, runner, exit);
	exit->hypercalls = vp->vcpu->stat.hypercalls;
	exit->guest_os_id = READ_ONCE(vp->vcpu->kvm->arch.hyperv.hv_guest_os_id);
	hvp_machine_vp_release(vp, runner);
	if (!in_run)
		return hvp_machine_vp_get(vp, BIT(HVP_VP_GENERAL) | BIT(HVP_VP_SPECIAL), state);
	hvp_registers_from_run(vp->vcpu->run, state);
	return 0;
}
