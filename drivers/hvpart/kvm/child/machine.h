/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _HVPART_KVM_MACHINE_H
#define _HVPART_KVM_MACHINE_H

#include <linux/mutex.h>
#include <linux/types.h>
#include <linux/xarray.h>
#include <hvpart/machine.h>
#include "memory.h"

struct file;
struct hvp_closing;
struct kvm;

/**
 * struct hvp_machine - a child that KVM runs: a VM of its own in its parent's VMM
 * @config:	what it was made with
 * @file:	KVM's descriptor of the VM; nobody else has one
 * @closing:	closes @file
 * @kvm:	the VM, held by @file
 * @memory:	its memory
 * @vps:	VP index -> struct hvp_machine_vp, also those that could not be set up
 * @leaked:	its VMM may have a descriptor of one of its vCPUs: nothing runs any more
 * @rcu:	observers look into it
 */
struct hvp_machine {
	struct hvp_machine_config config;
	struct file *file;
	struct hvp_closing *closing;
	struct kvm *kvm;
	struct hvp_child_memory memory;
	struct xarray vps;
	bool leaked;
	struct rcu_head rcu;
};

extern const struct hvp_machine_ops hvp_kvm_machine_ops;

int hvp_children_create(void);
void hvp_children_destroy(void);

#endif /* _HVPART_KVM_MACHINE_H */
