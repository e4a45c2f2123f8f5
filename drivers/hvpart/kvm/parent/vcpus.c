// SPDX-License-Identifier: GPL-2.0
/*
 * The records of all vCPUs, by their vCPUs: each call looks one up.  A record is found until
 * its VM comes to its end, as the VM is.
 */

#include <linux/hashtable.h>
#include <linux/kvm_host.h>
#include <linux/spinlock.h>
#include "vcpu.h"
#include "vcpus.h"
#include "vm.h"

static DEFINE_HASHTABLE(hvp_vcpus, 10);
/* Protects changes of the table; lookup is under RCU. */
static DEFINE_SPINLOCK(hvp_vcpus_lock);

/**
 * hvp_vcpu_find() - what is known of a vCPU
 * @vcpu:	the vCPU
 *
 * Context: Any; in one of the VM's vCPU threads.
 * Return: the record, or NULL if there is none.
 */
struct hvp_vcpu *hvp_vcpu_find(const struct kvm_vcpu *vcpu)
{
	struct hvp_vcpu *known;
	struct hvp_vcpu *found = NULL;

	rcu_read_lock_sched();
	hash_for_each_possible_rcu(hvp_vcpus, known, node, (unsigned long)vcpu,
				   rcu_read_lock_sched_held()) {
		if (known->vcpu == vcpu) {
			found = known;
			break;
		}
	}
	rcu_read_unlock_sched();
	return found;
}

/**
 * hvp_vcpus_show() - a record is found from now on
 * @known:	a new one, which is among those of its VM
 *
 * Context: May sleep; in one of the VM's vCPU threads.
 */
void hvp_vcpus_show(struct hvp_vcpu *known)
{
	spin_lock(&hvp_vcpus_lock);
	hash_add_rcu(hvp_vcpus, &known->node, (unsigned long)known->vcpu);
	spin_unlock(&hvp_vcpus_lock);
}

/**
 * hvp_vcpus_hide() - nobody finds a VM's records any more
 * @vm:		the VM, which comes to its end
 *
 * Context: May sleep.  No vCPU thread of the VM is left, or no hook.
 */
void hvp_vcpus_hide(struct hvp_vm *vm)
{
	unsigned long number;
	struct hvp_vp *vp;

	xa_for_each(&vm->vps.list, number, vp) {
		spin_lock(&hvp_vcpus_lock);
		hash_del_rcu(&container_of(vp, struct hvp_vcpu, vp)->node);
		spin_unlock(&hvp_vcpus_lock);
		cond_resched();
	}
}
