// SPDX-License-Identifier: GPL-2.0
/*
 * Who is wanted: whatever wakes a vCPU, or has it leave its guest, goes through two functions
 * of KVM's.
 */

#include <linux/kvm_host.h>
#include <linux/rcupdate.h>
#include "runner.h"
#include "vcpu.h"
#include "wanted.h"

/* A child's vCPU, or a parent's whose thread may be running one. */
static notrace void hvp_observe_wanted(const struct kvm_vcpu *vcpu)
{
	rcu_read_lock();
	if (!hvp_machine_vp_observe_wake_up(vcpu))
		hvp_runner_observe_wanted(vcpu);
	rcu_read_unlock();
}

static notrace void hvp_observe_kick(unsigned long ip, unsigned long parent_ip,
				     struct ftrace_ops *ops, struct ftrace_regs *fregs)
{
	hvp_observe_wanted((struct kvm_vcpu *)hvp_ftrace_argument(fregs, 0));
}

HVP_DEFINE_KICK_OBSERVER();

/* The compiler puts this one into the other, so that only both together are all. */
static notrace void hvp_observe_kvm_vcpu_wake_up(unsigned long ip, unsigned long parent_ip,
						 struct ftrace_ops *ops,
						 struct ftrace_regs *fregs)
{
	hvp_observe_wanted((struct kvm_vcpu *)hvp_ftrace_argument(fregs, 0));
}

HVP_DEFINE_OBSERVER(kvm_vcpu_wake_up, "bool (struct kvm_vcpu *)");
