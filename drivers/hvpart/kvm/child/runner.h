/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What kvm/parent/ has to call: a vCPU of a parent that is outside KVM's loop, and may run
 * its children.
 */
#ifndef _HVPART_KVM_RUNNER_H
#define _HVPART_KVM_RUNNER_H

#include <linux/atomic.h>
#include <linux/hrtimer.h>
#include <linux/rcupdate.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include "../../hook/hook.h"

struct hvp_machine_vp;
struct hvp_mapping;
struct kvm;
struct kvm_vcpu;
struct page;
struct task_struct;

/**
 * struct hvp_runner - a parent's vCPU as what runs its children
 * @vcpu:	the vCPU
 * @node:	place in the table of vCPUs
 * @ended:	among those that go at the same time
 * @rcu:	that is looked up under RCU
 * @here:	place in the table of tasks, while @task is not NULL
 * @lock:	protects what follows up to @notified; taken in any context
 * @task:	the thread that is outside KVM's loop with this vCPU
 * @running:	the VP that it runs
 * @called:	we want the vCPU, since it left KVM's loop or began a run
 * @kicked:	KVM does
 * @notified:	@task has been told so
 * @vp:		the VP whose vCPU the thread is using, for a run or anything else: only for
 *		that thread
 * @slice:	ends a run
 * @scratch:	pages of ours that the VMM has mapped, for arguments of KVM's ioctls
 * @scratch_page: the first of them
 * @scratch_address: where the VMM has them
 */
struct hvp_runner {
	struct kvm_vcpu *vcpu;
	struct hlist_node node;
	struct list_head ended;
	struct rcu_head rcu;
	struct hlist_node here;
	raw_spinlock_t lock;
	struct task_struct *task;
	struct hvp_machine_vp *running;
	bool called;
	bool kicked;
	bool notified;
	struct hvp_machine_vp *vp;
	struct hrtimer slice;
	struct hvp_mapping *scratch;
	struct page *scratch_page;
	unsigned long scratch_address;
};

/* Bytes of an argument; KVM_SET_CPUID2 has the longest. */
#define HVP_SCRATCH_ORDER	2
#define HVP_SCRATCH_SIZE	(PAGE_SIZE << HVP_SCRATCH_ORDER)

int hvp_runner_enter(struct kvm_vcpu *vcpu);
void hvp_runner_leave(struct kvm_vcpu *vcpu);
void hvp_runners_end(struct kvm *kvm);
void hvp_runners_stop(void);
bool hvp_runners_are_stopping(void);
void hvp_runner_clear_notification(void);

/* For kvm/child/. */

/* How many there are.  Most hosts have none, and what it costs to ask is paid by all VMs. */
extern atomic_t hvp_runner_count;

struct hvp_runner *hvp_runner_find_here(void);

/* The vCPU that this thread is outside KVM's loop with, or NULL; also in ftrace callbacks. */
static __always_inline struct hvp_runner *hvp_runner_here(void)
{
	return atomic_read(&hvp_runner_count) ? hvp_runner_find_here() : NULL;
}

struct hvp_machine_vp *hvp_runner_vp_here(void);
void hvp_runner_divert(unsigned long ip, unsigned long parent_ip, struct ftrace_ops *inward,
		       struct ftrace_regs *fregs);

bool hvp_runner_begin(struct hvp_runner *runner, struct hvp_machine_vp *vp);
bool hvp_runner_is_wanted(struct hvp_runner *runner);
void hvp_runner_again(struct hvp_runner *runner);
void hvp_runner_finish(struct hvp_runner *runner);
void hvp_runner_observe_wanted(const struct kvm_vcpu *vcpu);
void hvp_runner_interrupt(struct hvp_runner *runner);
void *hvp_runner_scratch(struct hvp_runner *runner);
long hvp_runner_ioctl(struct hvp_runner *runner, struct file *file, unsigned int command,
		      void *argument, size_t size);

#endif /* _HVPART_KVM_RUNNER_H */
