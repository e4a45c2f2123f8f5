/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _HVPART_KVM_CHILD_KVM_RUN_H
#define _HVPART_KVM_CHILD_KVM_RUN_H

#include <linux/list.h>
#include <linux/types.h>

struct kvm_vcpu;
struct task_struct;

/**
 * struct hvp_kvm_run - a thread in a KVM_RUN that is ours to end
 * @node:	among all of them
 * @task:	the thread
 * @vcpu:	its vCPU
 * @leaves:	it has something to do in user space's stead, before KVM_RUN goes on
 */
struct hvp_kvm_run {
	struct list_head node;
	struct task_struct *task;
	struct kvm_vcpu *vcpu;
	bool leaves;
};

void hvp_kvm_run_begin(struct hvp_kvm_run *run);
long hvp_kvm_run_end(struct hvp_kvm_run *run, long result, bool restart);
void hvp_kvm_run_leave(void);
void hvp_kvm_runs_recall(void);

#endif /* _HVPART_KVM_CHILD_KVM_RUN_H */
