/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _HVPART_KVM_VM_H
#define _HVPART_KVM_VM_H

#include <linux/list.h>
#include <linux/rcupdate.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>
#include "../../core/core.h"
#include "../../hook/hook.h"
#include "locked_memory.h"
#include "memory.h"

struct hvp_debugfs_vm;

/**
 * struct hvp_vm - a VM that may make partition calls
 * @memory:	the core's view of it.  Its kvm is valid in vCPU threads and until
 *		the VM comes to its end; its mm is held by mmgrab().
 * @host:	what of the host its hierarchies use
 * @locked:	what is pinned of its memory
 * @node:	place in the registry, where it is looked up under RCU
 * @lock:	protects changes of @hierarchy, @last_id and @loaded
 * @hierarchy:	its partitions, looked up under RCU; NULL until the first call, also after
 *		a reset
 * @last_id:	the highest ID that was given out before
 * @loaded:	the guest is one whose state the VMM has loaded
 * @granted:	privileges that the operator has granted at a reset of the guest
 * @debugfs:	its folder in debugfs, or NULL
 * @refresh:	keeps its statistics pages up to date while it has any
 * @vps:	its vCPUs, by their index
 * @free:	frees all this, after the VM's end
 */
struct hvp_vm {
	struct hvp_kvm_guest memory;
	struct hvp_host host;
	struct hvp_locked_memory locked;
	struct hlist_node node;
	spinlock_t lock;
	struct hvp_hierarchy __rcu *hierarchy;
	u64 last_id;
	bool loaded;
	u64 granted;
	struct hvp_debugfs_vm *debugfs;
	struct delayed_work refresh;
	struct hvp_vps vps;
	struct work_struct free;
};

extern struct hvp_hook hvp_hook_kvm_arch_flush_shadow_all;
extern struct hvp_limits hvp_vm_limits;
extern bool hvp_vms_granted;
extern unsigned int hvp_vm_count;

/* Are there any?  Most hosts have none. */
static __always_inline bool hvp_vms_exist(void)
{
	return READ_ONCE(hvp_vm_count);
}

int hvp_vms_create(void);
void hvp_vms_destroy(void);

struct hvp_vm *hvp_vm_find(struct kvm *kvm);
struct hvp_vm *hvp_vm_find_or_add(struct kvm *kvm);
struct hvp_hierarchy *hvp_vm_hierarchy(struct hvp_vm *vm);
struct hvp_hierarchy *hvp_vm_current_hierarchy(struct hvp_vm *vm);
void hvp_vm_attend(struct hvp_vm *vm);
void hvp_vm_refresh_stats_pages(struct hvp_vm *vm);
void hvp_vm_reset(struct kvm *kvm, u64 granted);
void hvp_vm_state_loaded(struct hvp_vm *vm);
void hvp_vms_reset(void);
void hvp_vms_release(void);

#endif /* _HVPART_KVM_VM_H */
