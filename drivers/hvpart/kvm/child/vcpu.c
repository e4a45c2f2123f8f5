// SPDX-License-Identifier: GPL-2.0
/*
 * VPs as KVM's vCPUs: made, found, woken.  KVM has a vCPU wait in its thread, and the thread is
 * the parent's: so when a VP begins to wait, it comes back instead.
 *
 * Locks: hvp_machine_vp::lock, then hvp_runner::lock.  Both are taken in any context.
 */

#include <linux/file.h>
#include <linux/hashtable.h>
#include <linux/kvm_host.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include "../../core/core.h"
#include "../../hook/compat.h"
#include "closing.h"
#include "cpuid.h"
#include "device.h"
#include "machine.h"
#include "memory.h"
#include "registers.h"
#include "runner.h"
#include "vcpu.h"

static DEFINE_HASHTABLE(hvp_machine_vps, 8);
/* Protects changes of the table; lookup is under RCU. */
static DEFINE_SPINLOCK(hvp_machine_vps_lock);
/* How many are in the table.  Most hosts have none. */
atomic_t hvp_machine_vp_count;

/* In any context, ftrace callbacks included; under RCU. */
static notrace struct hvp_machine_vp *hvp_machine_vp_find(const struct kvm_vcpu *vcpu)
{
	struct hvp_machine_vp *vp;

	if (!atomic_read(&hvp_machine_vp_count))
		return NULL;
	hash_for_each_possible_rcu_notrace(hvp_machine_vps, vp, node, (unsigned long)vcpu) {
		if (vp->vcpu == vcpu)
			return vp;
	}
	return NULL;
}

/**
 * hvp_machine_vps_have() - is a vCPU a VP?
 * @vcpu:	the vCPU
 *
 * Context: Any.
 * Return: true if it is one.
 */
bool hvp_machine_vps_have(const struct kvm_vcpu *vcpu)
{
	bool known;

	rcu_read_lock();
	known = hvp_machine_vp_find(vcpu);
	rcu_read_unlock();
	return known;
}

/**
 * hvp_machine_vp_wake() - there is something for a VP to do
 * @vp:		the VP
 *
 * Context: Any, ftrace callbacks included.
 */
notrace void hvp_machine_vp_wake(struct hvp_machine_vp *vp)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&vp->lock, flags);
	vp->woken = true;
	if (vp->armed)
		vp->events->woken(vp->owner);
	raw_spin_unlock_irqrestore(&vp->lock, flags);
}

/**
 * hvp_machine_vp_observe_wake_up() - somebody wants a vCPU
 * @vcpu:	the vCPU
 *
 * Context: Any, ftrace callbacks included; under RCU.
 * Return: was it a VP of a machine's?
 */
notrace bool hvp_machine_vp_observe_wake_up(const struct kvm_vcpu *vcpu)
{
	struct hvp_machine_vp *vp = hvp_machine_vp_find(vcpu);

	/* KVM has a VP stop in order to see what it has written to: nothing is new for it. */
	if (vp && !(in_task() && READ_ONCE(vp->machine->memory.log_reader) == current))
		hvp_machine_vp_wake(vp);
	return vp;
}

/* KVM is about to wait for something to do: it looks for signals first. */
static notrace void hvp_observe_waiting(const struct kvm_vcpu *vcpu)
{
	struct hvp_machine_vp *vp;

	rcu_read_lock();
	vp = hvp_machine_vp_find(vcpu);
	if (vp) {
		WRITE_ONCE(vp->woken, false);
		WRITE_ONCE(vp->blocked, true);
		/* What wakes it after this is seen, and what has come before KVM sees. */
		smp_mb();
		set_thread_flag(TIF_NOTIFY_SIGNAL);
	}
	rcu_read_unlock();
}

static notrace void hvp_observe_kvm_vcpu_halt(unsigned long ip, unsigned long parent_ip,
					      struct ftrace_ops *ops, struct ftrace_regs *fregs)
{
	hvp_observe_waiting((struct kvm_vcpu *)hvp_ftrace_argument(fregs, 0));
}

HVP_DEFINE_OBSERVER(kvm_vcpu_halt, "void (struct kvm_vcpu *)");

static notrace void hvp_observe_kvm_vcpu_block(unsigned long ip, unsigned long parent_ip,
					       struct ftrace_ops *ops,
					       struct ftrace_regs *fregs)
{
	hvp_observe_waiting((struct kvm_vcpu *)hvp_ftrace_argument(fregs, 0));
}

HVP_DEFINE_OBSERVER(kvm_vcpu_block, "bool (struct kvm_vcpu *)");

/**
 * hvp_machine_vp_block() - a VP that has begun to wait is to be answered so
 * @vp:		the VP
 *
 * From then on its owner is told when it is woken.
 *
 * Context: In the thread that runs it.
 * Return: true, or false if it does not wait, or has been woken already.
 */
bool hvp_machine_vp_block(struct hvp_machine_vp *vp)
{
	u32 activity = vp->vcpu->arch.mp_state;
	bool block;

	if (activity != KVM_MP_STATE_HALTED && activity != KVM_MP_STATE_UNINITIALIZED &&
	    activity != KVM_MP_STATE_INIT_RECEIVED)
		return false;
	raw_spin_lock_irq(&vp->lock);
	block = !vp->woken && vp->extint < 0;
	vp->armed = block;
	if (block)
		vp->events->waits(vp->owner);
	raw_spin_unlock_irq(&vp->lock);
	return block;
}

/**
 * hvp_machine_vp_interrupt() - have the run of a VP come back, or the next one
 * @vp:		the VP
 *
 * Context: Any.
 */
void hvp_machine_vp_interrupt(struct hvp_machine_vp *vp)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&vp->lock, flags);
	vp->interrupted = true;
	if (vp->runner)
		hvp_runner_interrupt(vp->runner);
	raw_spin_unlock_irqrestore(&vp->lock, flags);
}

/**
 * hvp_machine_vp_recall() - if a VP is being run, have that run come back
 * @vp:		the VP
 *
 * Context: Any.
 */
void hvp_machine_vp_recall(struct hvp_machine_vp *vp)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&vp->lock, flags);
	if (vp->runner)
		hvp_runner_interrupt(vp->runner);
	raw_spin_unlock_irqrestore(&vp->lock, flags);
}

/*
 * In the VMM's own thread, whose permissions for its FPU count.  The VMM sees the descriptor
 * for a moment, and can put another file there, so it is compared with what KVM has made; or
 * keep it.  KVM takes no commands for it then (hvp_replace_kvm_vcpu_ioctl()), but what can be
 * mapped of it is the VMM's, so nothing of this child runs again.
 */
static struct file *hvp_vcpu_create(struct hvp_machine *machine, u32 index,
				    struct kvm_vcpu **vcpu)
{
	struct kvm *kvm = machine->kvm;
	struct file *file;
	long descriptor;

	descriptor = machine->file->f_op->unlocked_ioctl(machine->file, KVM_CREATE_VCPU, index);
	if (descriptor < 0)
		return ERR_PTR(descriptor);
	/* From here on there is one, wherever the VMM has it. */
	file = hvp_kvm_take_file(descriptor);
	*vcpu = kvm_get_vcpu_by_id(kvm, index);
	if (*vcpu && !IS_ERR(file) && hvp_kvm_file(file, *vcpu) &&
	    hvp_kvm_vcpu_is_ours_alone(file, *vcpu))
		return file;
	WRITE_ONCE(machine->leaked, true);
	if (!IS_ERR(file))
		hvp_kvm_put_file(file);
	return ERR_PTR(-EFAULT);
}

/*
 * KVM's map of APIC IDs is made when LAPICs change, and a vCPU that is being made is not yet
 * one of those that it goes through: nobody finds it until one does.
 */
static long hvp_machine_vp_show_lapic(struct hvp_machine_vp *vp, struct hvp_runner *runner)
{
	struct kvm_lapic_state *lapic = hvp_runner_scratch(runner);

	return hvp_runner_ioctl(runner, vp->file, KVM_GET_LAPIC, lapic, sizeof(*lapic)) ?:
	       hvp_runner_ioctl(runner, vp->file, KVM_SET_LAPIC, lapic, sizeof(*lapic));
}

static int hvp_machine_vp_set_up(struct hvp_machine_vp *vp, struct hvp_runner *runner)
{
	const struct hvp_machine_config *config = &vp->machine->config;

	/* CPUID 0x40000003, EAX: AccessSynicRegs. */
	if (config->hyperv.privileges & HVP_CHILD_PRIVILEGE_SYNIC &&
	    hvp_kvm_enable(runner, vp->file, KVM_CAP_HYPERV_SYNIC2, 0))
		return -EFAULT;
	/* What it has not, it cannot use. */
	if (hvp_kvm_enable(runner, vp->file, KVM_CAP_HYPERV_ENFORCE_CPUID, 1))
		return -EFAULT;
	return hvp_machine_vp_set_cpuid(vp, runner) ?: hvp_machine_vp_show_lapic(vp, runner) ?:
	       hvp_machine_vp_begin(vp, runner);
}

static void hvp_machine_vp_show(struct hvp_machine_vp *vp)
{
	spin_lock(&hvp_machine_vps_lock);
	hash_add_rcu(hvp_machine_vps, &vp->node, (unsigned long)vp->vcpu);
	atomic_inc(&hvp_machine_vp_count);
	spin_unlock(&hvp_machine_vps_lock);
}

static void hvp_machine_vp_hide(struct hvp_machine_vp *vp)
{
	spin_lock(&hvp_machine_vps_lock);
	hash_del_rcu(&vp->node);
	atomic_dec(&hvp_machine_vp_count);
	spin_unlock(&hvp_machine_vps_lock);
}

static int hvp_errno(long error)
{
	return error == -ENOMEM || error == -EINTR ? error : -EFAULT;
}

/* As KVM makes a vCPU. */
static struct hvp_machine_vp *hvp_machine_vp_make(struct hvp_machine *machine, u32 index)
{
	struct hvp_machine_vp *vp = kzalloc(sizeof(*vp), HVP_GFP);
	int error;

	if (!vp)
		return ERR_PTR(-ENOMEM);
	vp->machine = machine;
	vp->index = index;
	vp->extint = -1;
	raw_spin_lock_init(&vp->lock);
	vp->closing = hvp_closing_prepare(machine->kvm->mm);
	if (!vp->closing) {
		error = -ENOMEM;
		goto free;
	}
	error = xa_insert(&machine->vps, index, vp, HVP_GFP);
	if (error) {
		error = -ENOMEM;
		goto forget;
	}
	vp->file = hvp_vcpu_create(machine, index, &vp->vcpu);
	if (IS_ERR(vp->file)) {
		error = hvp_errno(PTR_ERR(vp->file));
		goto erase;
	}
	hvp_machine_vp_show(vp);
	return vp;
erase:
	xa_erase(&machine->vps, index);
forget:
	hvp_closing_forget(vp->closing);
free:
	kfree(vp);
	return ERR_PTR(error);
}

/**
 * hvp_machine_vp_create() - make a VP
 * @machine:	the machine
 * @index:	its index, which none has had
 * @events:	whom to tell
 * @owner:	what to tell them
 * @result:	receives the VP
 *
 * KVM makes no vCPU with this index twice.  So one that could not be set up stays, and is set up
 * by the next attempt.
 *
 * Context: May sleep; in a parent's vCPU thread outside KVM's loop.
 * Return: 0 or -ENOMEM, -EINTR, -EFAULT.
 */
int hvp_machine_vp_create(struct hvp_machine *machine, u32 index,
			  const struct hvp_machine_events *events, void *owner,
			  struct hvp_machine_vp **result)
{
	struct hvp_runner *runner = hvp_runner_here();
	struct hvp_machine_vp *vp;
	int error;

	if (!runner || READ_ONCE(machine->leaked))
		return -EFAULT;
	vp = xa_load(&machine->vps, index) ?: hvp_machine_vp_make(machine, index);
	if (IS_ERR(vp))
		return PTR_ERR(vp);
	error = hvp_machine_vp_set_up(vp, runner);
	if (error)
		return hvp_errno(error);
	vp->events = events;
	vp->owner = owner;
	*result = vp;
	return 0;
}

/**
 * hvp_machine_vp_at() - the VP with an index
 * @machine:	the machine, of which none is made or destroyed meanwhile
 * @index:	the index, any
 *
 * Return: the VP, or NULL if there is none, or but one that could not be set up.
 */
struct hvp_machine_vp *hvp_machine_vp_at(struct hvp_machine *machine, u32 index)
{
	struct hvp_machine_vp *vp = xa_load(&machine->vps, index);

	return vp && vp->owner ? vp : NULL;
}

/**
 * hvp_machine_keeps_vp() - is there one with an index that could not be set up?
 * @machine:	the machine, of which none is made or destroyed meanwhile
 * @index:	the index, any
 *
 * Return: true if so.
 */
bool hvp_machine_keeps_vp(struct hvp_machine *machine, u32 index)
{
	return xa_load(&machine->vps, index) && !hvp_machine_vp_at(machine, index);
}

/**
 * hvp_machine_vp_destroy() - the reverse of hvp_machine_vp_create()
 * @vp:		the VP, which does not run
 *
 * KVM keeps a vCPU as long as its VM, so that there cannot be another one with the index.
 *
 * Context: May sleep; any task.
 */
void hvp_machine_vp_destroy(struct hvp_machine_vp *vp)
{
	/* Nobody tells its owner any more. */
	raw_spin_lock_irq(&vp->lock);
	vp->armed = false;
	raw_spin_unlock_irq(&vp->lock);
	hvp_machine_vp_hide(vp);
	xa_erase(&vp->machine->vps, vp->index);
	hvp_closing_begin(vp->closing, vp->file);
	kfree_rcu(vp, rcu);
}
