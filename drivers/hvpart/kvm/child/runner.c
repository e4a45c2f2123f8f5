// SPDX-License-Identifier: GPL-2.0
/*
 * A parent's vCPU thread that is outside KVM's loop: which VP it runs, and how it is called
 * back; who is, wanted.c observes.
 *
 * hvp_runner::lock is taken in hard interrupts and in schedulers' depths; under it a thread
 * is woken or kicked, and nothing else.
 */

#include <linux/file.h>
#include <linux/hashtable.h>
#include <linux/kvm_host.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/task_work.h>
#include "../../core/core.h"
#include "../../hook/compat.h"
#include "kvm_run.h"
#include "mapping.h"
#include "runner.h"
#include "vcpu.h"

/* A parent's timer may have nobody else to tell its thread that it has fired. */
#define HVP_TIME_SLICE		(5 * NSEC_PER_MSEC)

static DEFINE_HASHTABLE(hvp_runners, 8);
/* Protects changes of the table; lookup is under RCU. */
static DEFINE_SPINLOCK(hvp_runners_lock);

/* Who is outside KVM's loop: each task looks for itself. */
static DEFINE_HASHTABLE(hvp_runners_here, 8);
static DEFINE_RAW_SPINLOCK(hvp_runners_here_lock);

atomic_t hvp_runner_count;
/* The module goes: nobody runs a child any more. */
static bool hvp_runners_stopping;

static notrace struct hvp_runner *hvp_runner_find(const struct kvm_vcpu *vcpu)
{
	struct hvp_runner *runner;

	hash_for_each_possible_rcu_notrace(hvp_runners, runner, node, (unsigned long)vcpu) {
		if (runner->vcpu == vcpu)
			return runner;
	}
	return NULL;
}

/*
 * KVM_RUN of the child has come to where it looks for signals, or will.  TIF_NOTIFY_SIGNAL is
 * one that user space sees nothing of.
 */
static notrace void hvp_runner_notify(struct hvp_runner *runner)
{
	lockdep_assert_held(&runner->lock);
	if (!runner->running || runner->notified)
		return;
	runner->notified = true;
	set_tsk_thread_flag(runner->task, TIF_NOTIFY_SIGNAL);
	if (!rcuwait_wake_up(kvm_arch_vcpu_get_wait(runner->running->vcpu)))
		kick_process(runner->task);
}

static notrace void hvp_runner_tell(struct hvp_runner *runner, bool *why)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&runner->lock, flags);
	*why = true;
	hvp_runner_notify(runner);
	raw_spin_unlock_irqrestore(&runner->lock, flags);
}

/**
 * hvp_runner_interrupt() - have the vCPU come back from its run, or not begin it
 * @runner:	the vCPU
 *
 * Context: Any, ftrace callbacks included.
 */
notrace void hvp_runner_interrupt(struct hvp_runner *runner)
{
	hvp_runner_tell(runner, &runner->called);
}

static enum hrtimer_restart hvp_runner_slice_ends(struct hrtimer *timer)
{
	struct hvp_runner *runner = container_of(timer, struct hvp_runner, slice);
	unsigned long flags;

	raw_spin_lock_irqsave(&runner->lock, flags);
	hvp_runner_notify(runner);
	raw_spin_unlock_irqrestore(&runner->lock, flags);
	return HRTIMER_NORESTART;
}

/**
 * hvp_runner_observe_wanted() - somebody wants a vCPU
 * @vcpu:	the vCPU, of a parent or not
 *
 * Context: Any, ftrace callbacks included; under RCU.
 */
notrace void hvp_runner_observe_wanted(const struct kvm_vcpu *vcpu)
{
	struct hvp_runner *runner = NULL;

	if (atomic_read(&hvp_runner_count))
		runner = hvp_runner_find(vcpu);
	if (runner)
		hvp_runner_tell(runner, &runner->kicked);
}

static vm_fault_t hvp_scratch_fault(struct vm_fault *vmf)
{
	struct page *page = hvp_mapping_private(vmf->vma);

	if (vmf->pgoff >= 1UL << HVP_SCRATCH_ORDER)
		return VM_FAULT_SIGBUS;
	vmf->page = page + vmf->pgoff;
	get_page(vmf->page);
	return 0;
}

static const struct vm_operations_struct hvp_scratch_ops = {
	HVP_MAPPING_OPS,
	.fault = hvp_scratch_fault,
};

static void hvp_scratch_release(void *page)
{
	__free_pages(page, HVP_SCRATCH_ORDER);
}

/* What we write to while VMMs have it mapped; the mapping may be there for longer than we. */
static int hvp_runner_map_scratch(struct hvp_runner *runner)
{
	struct page *page = alloc_pages(HVP_GFP | __GFP_ZERO | __GFP_COMP, HVP_SCRATCH_ORDER);
	struct hvp_mapping *scratch;
	unsigned long address;

	if (!page)
		return -ENOMEM;
	scratch = hvp_mapping_create(runner->vcpu->kvm->mm, &hvp_scratch_ops, 0, page,
				     hvp_scratch_release);
	if (IS_ERR(scratch))
		return PTR_ERR(scratch);
	address = hvp_mapping_add(scratch, 0, HVP_SCRATCH_SIZE);
	if (IS_ERR_VALUE(address)) {
		hvp_mapping_destroy(scratch);
		return address;
	}
	runner->scratch = scratch;
	runner->scratch_page = page;
	runner->scratch_address = address;
	return 0;
}

static void hvp_runner_free(struct hvp_runner *runner)
{
	hrtimer_cancel(&runner->slice);
	hvp_mapping_destroy(runner->scratch);
	kfree_rcu(runner, rcu);
}

static struct hvp_runner *hvp_runner_alloc(struct kvm_vcpu *vcpu)
{
	struct hvp_runner *runner = kzalloc(sizeof(*runner), HVP_GFP);

	if (!runner)
		return NULL;
	runner->vcpu = vcpu;
	raw_spin_lock_init(&runner->lock);
	hvp_hrtimer_setup(&runner->slice, hvp_runner_slice_ends, CLOCK_MONOTONIC,
			  HRTIMER_MODE_REL_HARD);
	if (!hvp_runner_map_scratch(runner))
		return runner;
	hvp_runner_free(runner);
	return NULL;
}

/* It stays until the end of its VM; nobody else adds it but another thread with it. */
static struct hvp_runner *hvp_runner_add(struct kvm_vcpu *vcpu)
{
	struct hvp_runner *new = hvp_runner_alloc(vcpu);
	struct hvp_runner *runner;

	if (!new)
		return NULL;
	spin_lock(&hvp_runners_lock);
	runner = hvp_runner_find(vcpu);
	if (!runner) {
		runner = new;
		new = NULL;
		hash_add_rcu(hvp_runners, &runner->node, (unsigned long)vcpu);
		atomic_inc(&hvp_runner_count);
	}
	spin_unlock(&hvp_runners_lock);
	if (new)
		hvp_runner_free(new);
	return runner;
}

static struct hvp_runner *hvp_runner_of(struct kvm_vcpu *vcpu)
{
	struct hvp_runner *runner;

	/* A vCPU's runner stays as long as the vCPU has a thread. */
	rcu_read_lock();
	runner = hvp_runner_find(vcpu);
	rcu_read_unlock();
	return runner;
}

/**
 * hvp_runner_enter() - a vCPU's thread has left KVM's loop, and may use its machines
 * @vcpu:	the vCPU of a parent
 *
 * From here to hvp_runner_leave() the calling thread may use hvp_kvm_machine_ops.
 *
 * Context: May sleep; in a KVM_RUN of @vcpu's that has come back from KVM, without a lock.
 * Return: 0, -ENOMEM, or -EBUSY if another thread is there with the same vCPU.
 */
int hvp_runner_enter(struct kvm_vcpu *vcpu)
{
	struct hvp_runner *runner = hvp_runner_of(vcpu) ?: hvp_runner_add(vcpu);
	bool first;

	if (!runner)
		return -ENOMEM;
	raw_spin_lock_irq(&runner->lock);
	first = !runner->task;
	if (first)
		runner->task = current;
	raw_spin_unlock_irq(&runner->lock);
	if (!first)
		return -EBUSY;
	raw_spin_lock(&hvp_runners_here_lock);
	hash_add(hvp_runners_here, &runner->here, (unsigned long)current);
	raw_spin_unlock(&hvp_runners_here_lock);
	return 0;
}

/**
 * hvp_runner_leave() - the reverse: the thread goes back into KVM's loop, or to user space
 * @vcpu:	the vCPU
 *
 * Context: As hvp_runner_enter().
 */
void hvp_runner_leave(struct kvm_vcpu *vcpu)
{
	struct hvp_runner *runner = hvp_runner_of(vcpu);

	raw_spin_lock(&hvp_runners_here_lock);
	hash_del(&runner->here);
	raw_spin_unlock(&hvp_runners_here_lock);
	raw_spin_lock_irq(&runner->lock);
	runner->task = NULL;
	/* KVM sees to it before the guest is entered. */
	runner->called = false;
	runner->kicked = false;
	raw_spin_unlock_irq(&runner->lock);
}

/**
 * hvp_runner_find_here() - as hvp_runner_here(), where there are any
 *
 * Threads of any VM ask, and few are outside: each has put itself there, and sees that.
 *
 * Context: Any task, ftrace callbacks included.
 * Return: the runner, or NULL.
 */
notrace struct hvp_runner *hvp_runner_find_here(void)
{
	const struct hlist_head *bucket =
		&hvp_runners_here[hash_min((unsigned long)current, HASH_BITS(hvp_runners_here))];
	struct hvp_runner *runner, *found = NULL;

	if (hlist_empty(bucket))
		return NULL;
	raw_spin_lock(&hvp_runners_here_lock);
	hlist_for_each_entry(runner, bucket, here) {
		if (runner->task == current) {
			found = runner;
			break;
		}
	}
	raw_spin_unlock(&hvp_runners_here_lock);
	return found;
}

/**
 * hvp_runner_vp_here() - the VP whose vCPU this thread is using
 *
 * Context: Any task.
 * Return: the VP, or NULL if it uses none.
 */
notrace struct hvp_machine_vp *hvp_runner_vp_here(void)
{
	struct hvp_runner *runner = hvp_runner_here();

	return runner ? runner->vp : NULL;
}

static noinline notrace void hvp_runner_divert_vp(unsigned long ip, unsigned long parent_ip,
						  struct ftrace_ops *inward,
						  struct ftrace_regs *fregs)
{
	const struct hvp_runner *runner = hvp_runner_find_here();

	if (runner && runner->vp)
		hvp_hook_divert(ip, parent_ip, inward, fregs);
}

/**
 * hvp_runner_divert() - hvp_hook_divert() for threads that use a VP alone
 * @ip:		what the callback got
 * @parent_ip:	likewise
 * @inward:	likewise
 * @fregs:	likewise
 *
 * Context: In an ftrace callback.
 */
notrace void hvp_runner_divert(unsigned long ip, unsigned long parent_ip,
			       struct ftrace_ops *inward, struct ftrace_regs *fregs)
{
	/* Every guest pays for this much. */
	if (hvp_hook_diverts_all())
		hvp_hook_divert(ip, parent_ip, inward, fregs);
	else if (atomic_read(&hvp_runner_count))
		hvp_runner_divert_vp(ip, parent_ip, inward, fregs);
}

/*
 * Does what has kicked the vCPU still wait to be seen?  KVM leaves a request with whatever it
 * kicks for, and looks at all of them before the guest is entered, from where this call has
 * come: a kick of which no request is left was for something that the guest has had since.
 * Only an interrupt posted to an APIC that the processor has (APICv, AVIC) leaves none.
 */
static bool hvp_runner_is_kicked(const struct hvp_runner *runner)
{
	struct kvm_vcpu *vcpu = runner->vcpu;

	lockdep_assert_held(&runner->lock);
	return runner->kicked && (kvm_request_pending(vcpu) ||
				  !READ_ONCE(vcpu->kvm->arch.apicv_inhibit_reasons));
}

/**
 * hvp_runner_begin() - a run begins
 * @runner:	this thread's
 * @vp:		the VP
 *
 * Context: In the thread of @runner.
 * Return: true, or false if the thread has something else to do.
 */
bool hvp_runner_begin(struct hvp_runner *runner, struct hvp_machine_vp *vp)
{
	bool may;

	raw_spin_lock_irq(&runner->lock);
	/* hvp_runners_stop() sets it before it takes the lock. */
	may = !runner->called && !hvp_runner_is_kicked(runner) &&
	      !hvp_runners_are_stopping() &&
	      !READ_ONCE(runner->vcpu->run->hvp_immediate_exit);
	runner->called = false;
	runner->kicked = false;
	runner->notified = false;
	if (may)
		runner->running = vp;
	raw_spin_unlock_irq(&runner->lock);
	/*
	 * What is queued will find the VP, and ends its run too early if it is left over from
	 * an earlier one.  What is being called at this moment may not have found it.
	 */
	if (may && !hrtimer_is_queued(&runner->slice))
		hrtimer_start(&runner->slice, ns_to_ktime(HVP_TIME_SLICE),
			      HRTIMER_MODE_REL_HARD);
	return may;
}

/**
 * hvp_runner_is_wanted() - has the thread been told to come back?
 * @runner:	this thread's
 *
 * Context: In the thread of @runner, in a run.
 * Return: true if it has something else to do.
 */
bool hvp_runner_is_wanted(struct hvp_runner *runner)
{
	/* One that KVM's mask lets in ends the parent's KVM_RUN, whatever is said of the child. */
	return READ_ONCE(runner->notified) ||
	       (task_sigpending(current) && !runner->vcpu->sigset_active);
}

/**
 * hvp_runner_clear_notification() - our notification has arrived, or was for nobody
 *
 * Somebody's task work may have raised the flag as well, the end of a VM for instance, which is
 * not to be had in KVM's loop: the thread leaves that.
 *
 * Context: In a vCPU's thread, outside KVM's loop.
 */
void hvp_runner_clear_notification(void)
{
	clear_thread_flag(TIF_NOTIFY_SIGNAL);
	/* A work that is added after this raises the flag itself. */
	smp_mb__after_atomic();
	if (task_work_pending(current))
		hvp_kvm_run_leave();
}

/**
 * hvp_runner_again() - the VP that has stopped goes on at once
 * @runner:	this thread's
 *
 * Context: In the thread of @runner, in a run.
 */
void hvp_runner_again(struct hvp_runner *runner)
{
	hvp_runner_clear_notification();
	/* Told meanwhile, or before: whoever did has not been heard yet. */
	if (READ_ONCE(runner->notified))
		set_thread_flag(TIF_NOTIFY_SIGNAL);
}

/**
 * hvp_runner_finish() - a run ends
 * @runner:	this thread's
 *
 * Context: In the thread of @runner.
 */
void hvp_runner_finish(struct hvp_runner *runner)
{
	raw_spin_lock_irq(&runner->lock);
	runner->running = NULL;
	raw_spin_unlock_irq(&runner->lock);
	hvp_runner_clear_notification();
}

/**
 * hvp_runner_scratch() - where an argument of hvp_runner_ioctl() can be made
 * @runner:	this thread's
 *
 * Context: In the thread of @runner.
 * Return: HVP_SCRATCH_SIZE bytes.  The VMM sees them and may write to them.
 */
void *hvp_runner_scratch(struct hvp_runner *runner)
{
	return page_address(runner->scratch_page);
}

/**
 * hvp_runner_ioctl() - an ioctl of KVM's, as the VMM would make it
 * @runner:	this thread's
 * @file:	KVM's
 * @command:	the command
 * @argument:	what it reads and writes, which may be the scratch itself; or NULL
 * @size:	bytes of that, up to HVP_SCRATCH_SIZE
 *
 * The VMM can change both what KVM reads and what it answers: neither is to be trusted more
 * than the VMM is.
 *
 * Context: May sleep; in the thread of @runner.
 * Return: as the ioctl.
 */
long hvp_runner_ioctl(struct hvp_runner *runner, struct file *file, unsigned int command,
		      void *argument, size_t size)
{
	void *scratch = hvp_runner_scratch(runner);
	long result;

	/* What KVM only writes to may have anything in it, and the VMM sees the scratch. */
	if (argument && argument != scratch && _IOC_DIR(command) & _IOC_WRITE)
		memcpy(scratch, argument, size);
	result = file->f_op->unlocked_ioctl(file, command,
					    argument ? runner->scratch_address : 0);
	if (argument && argument != scratch)
		memcpy(argument, scratch, size);
	return result;
}

/**
 * hvp_runners_end() - a VM has come to its end
 * @kvm:	the VM, none of whose vCPUs has a thread; NULL for all
 *
 * Context: May sleep; waits for nobody.
 */
void hvp_runners_end(struct kvm *kvm)
{
	struct hvp_runner *runner, *next;
	struct hlist_node *after;
	LIST_HEAD(ended);
	int bucket;

	if (!atomic_read(&hvp_runner_count))
		return;
	spin_lock(&hvp_runners_lock);
	hash_for_each_safe(hvp_runners, bucket, after, runner, node) {
		if (kvm && runner->vcpu->kvm != kvm)
			continue;
		hash_del_rcu(&runner->node);
		list_add(&runner->ended, &ended);
		atomic_dec(&hvp_runner_count);
	}
	spin_unlock(&hvp_runners_lock);
	list_for_each_entry_safe(runner, next, &ended, ended) {
		hvp_runner_free(runner);
		cond_resched();
	}
}

/**
 * hvp_runners_stop() - the module goes: runs end, and none begins
 *
 * Context: May sleep.
 */
void hvp_runners_stop(void)
{
	struct hvp_runner *runner;
	int bucket;

	WRITE_ONCE(hvp_runners_stopping, true);
	rcu_read_lock();
	hash_for_each_rcu(hvp_runners, bucket, runner, node)
		hvp_runner_interrupt(runner);
	rcu_read_unlock();
}

/**
 * hvp_runners_are_stopping() - does the module go?
 *
 * Context: Any.
 * Return: true from before the first hook stops.
 */
bool hvp_runners_are_stopping(void)
{
	return READ_ONCE(hvp_runners_stopping);
}
