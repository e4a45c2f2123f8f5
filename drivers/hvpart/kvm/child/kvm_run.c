// SPDX-License-Identifier: GPL-2.0
/*
 * Threads in a KVM_RUN that we can have come back, and start again, of which user space sees
 * nothing.
 */

#include <linux/kvm_host.h>
#include <linux/sched/signal.h>
#include <linux/spinlock.h>
#include "kvm_run.h"

static LIST_HEAD(hvp_kvm_runs);
static DEFINE_RAW_SPINLOCK(hvp_kvm_runs_lock);

/**
 * hvp_kvm_run_begin() - this thread begins one
 * @run:	with its task and its vCPU
 *
 * Context: Any task.
 */
void hvp_kvm_run_begin(struct hvp_kvm_run *run)
{
	raw_spin_lock_irq(&hvp_kvm_runs_lock);
	list_add(&run->node, &hvp_kvm_runs);
	raw_spin_unlock_irq(&hvp_kvm_runs_lock);
}

/**
 * hvp_kvm_run_end() - it has come back
 * @run:	the same
 * @result:	what with
 * @restart:	it is to begin again, if it has come back for us alone
 *
 * Context: The same task.
 * Return: what the system call returns; user space is not told of what ends for us alone.
 */
long hvp_kvm_run_end(struct hvp_kvm_run *run, long result, bool restart)
{
	raw_spin_lock_irq(&hvp_kvm_runs_lock);
	list_del(&run->node);
	raw_spin_unlock_irq(&hvp_kvm_runs_lock);
	if (result != -EINTR || task_sigpending(current))
		return result;
	/* Without it a system call is not restarted. */
	if (run->leaves)
		set_thread_flag(TIF_NOTIFY_SIGNAL);
	if ((run->leaves || restart) && test_thread_flag(TIF_NOTIFY_SIGNAL))
		return -ERESTARTNOINTR;
	return result;
}

/**
 * hvp_kvm_run_leave() - if this thread is in a KVM_RUN, have it leave that for a moment
 *
 * To be called when it has let go of a file that may be the last one of a VM: what it does then in
 * user space's stead is not to be done in KVM's loop.
 *
 * Context: Any task that returns to user space, or exits.
 */
void hvp_kvm_run_leave(void)
{
	struct hvp_kvm_run *run;

	raw_spin_lock_irq(&hvp_kvm_runs_lock);
	list_for_each_entry(run, &hvp_kvm_runs, node) {
		if (run->task == current)
			run->leaves = true;
	}
	raw_spin_unlock_irq(&hvp_kvm_runs_lock);
	/*
	 * KVM's loop looks at it before it does what else there is to do.  A KVM_RUN that we do not
	 * know of, as it began before there was anything to do for us, comes back with -EINTR.
	 */
	if (!(current->flags & PF_EXITING))
		set_thread_flag(TIF_NOTIFY_SIGNAL);
}

/**
 * hvp_kvm_runs_recall() - have all threads come back from KVM_RUN for a moment
 *
 * Those of VMs that are no parents, too: whoever has come in has to go out.
 *
 * Context: Any; nobody begins one any more.
 */
void hvp_kvm_runs_recall(void)
{
	struct hvp_kvm_run *run;

	raw_spin_lock_irq(&hvp_kvm_runs_lock);
	list_for_each_entry(run, &hvp_kvm_runs, node) {
		set_tsk_thread_flag(run->task, TIF_NOTIFY_SIGNAL);
		if (!rcuwait_wake_up(kvm_arch_vcpu_get_wait(run->vcpu)))
			kick_process(run->task);
	}
	raw_spin_unlock_irq(&hvp_kvm_runs_lock);
}
