// SPDX-License-Identifier: GPL-2.0
/*
 * The registry of VMs that may have partitions, from the first vCPU with a privilege,
 * or their first partition call, to their end.
 *
 * A VM's end is that of its VMM's address space, or that of the VM if it comes first.  A
 * descriptor of the VM can outlive the process that has made it: KVM lets nobody use it
 * then, and what was pinned would be nobody's.
 */

#include <linux/hashtable.h>
#include <linux/kvm_host.h>
#include <linux/mutex.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include "../../core/core.h"
#include "../../debugfs/debugfs.h"
#include "../../hook/compat.h"
#include "../child/machine.h"
#include "../child/runner.h"
#include "../originals.h"
#include "../processor.h"
#include "thread.h"
#include "vcpu.h"
#include "vcpus.h"
#include "vm.h"

static DEFINE_HASHTABLE(vms, 8);
/* Protects the table's changes; lookup is under RCU. */
static DEFINE_MUTEX(vms_lock);

/* How many are in the registry. */
unsigned int hvp_vm_count;

/* Some VM has been granted something at a reset.  Most hosts have none. */
bool hvp_vms_granted;

/* Module parameters; main.c describes them. */
struct hvp_limits hvp_vm_limits = {
	.partitions = 1024,
	.pages = 1U << 20,
	.depth = 2,
	.vps = 256,
	.gpa_nodes = 1U << 16,
	.ports = 4096,
};

/* What is done on VMs' behalf later, bound to no CPU; not the kernel's own, see debugfs. */
static struct workqueue_struct *hvp_vms_workqueue;

/**
 * hvp_vms_create() - prepare for VMs
 *
 * Context: May sleep.
 * Return: 0 or -ENOMEM.
 */
int hvp_vms_create(void)
{
	hvp_vms_workqueue = alloc_workqueue("hvpart", WQ_UNBOUND, 0);
	return hvp_vms_workqueue ? 0 : -ENOMEM;
}

/**
 * hvp_vms_destroy() - the reverse; all VMs have been released
 *
 * Context: May sleep.
 */
void hvp_vms_destroy(void)
{
	destroy_workqueue(hvp_vms_workqueue);
}

/**
 * hvp_vm_find() - look a VM up
 * @kvm:	the VM
 *
 * A VM is added in one of its vCPU threads and removed at its end, when no such
 * thread is left: a vCPU thread can use what it finds.
 *
 * Context: Any; in one of the VM's vCPU threads.
 * Return: the VM, or NULL if it is not in the registry.
 */
struct hvp_vm *hvp_vm_find(struct kvm *kvm)
{
	struct hvp_vm *vm;
	struct hvp_vm *found = NULL;

	rcu_read_lock();
	hash_for_each_possible_rcu(vms, vm, node, (unsigned long)kvm) {
		if (vm->memory.kvm == kvm) {
			found = vm;
			break;
		}
	}
	rcu_read_unlock();
	return found;
}

static struct hvp_hierarchy *hvp_vm_take_hierarchy(struct hvp_vm *vm)
{
	struct hvp_hierarchy *hierarchy;

	spin_lock(&vm->lock);
	hierarchy = rcu_replace_pointer(vm->hierarchy, NULL, lockdep_is_held(&vm->lock));
	if (hierarchy) {
		vm->last_id = max(vm->last_id, READ_ONCE(hierarchy->last_id));
		hvp_debugfs_show(vm->debugfs, NULL);
	}
	spin_unlock(&vm->lock);
	return hierarchy;
}

/* The hierarchy that a VM has at the moment, kept by @keep; or NULL.  No call by address. */
static __always_inline struct hvp_hierarchy *
hvp_vm_keep_hierarchy(struct hvp_vm *vm, bool (*keep)(struct hvp_hierarchy *))
{
	struct hvp_hierarchy *hierarchy;

	rcu_read_lock_sched();
	hierarchy = rcu_dereference_sched(vm->hierarchy);
	if (hierarchy && !keep(hierarchy))
		hierarchy = NULL;
	rcu_read_unlock_sched();
	return hierarchy;
}

#define HVP_REFRESH_PERIOD	HZ

static void hvp_vm_refresh(struct work_struct *work)
{
	struct hvp_vm *vm = container_of(work, struct hvp_vm, refresh.work);
	struct hvp_hierarchy *hierarchy = hvp_vm_keep_hierarchy(vm, hvp_hierarchy_hold);

	if (!hierarchy)
		return;
	if (atomic_read(&hierarchy->stats_page_count)) {
		hvp_stats_pages_refresh(hierarchy);
		queue_delayed_work(hvp_vms_workqueue, &vm->refresh, HVP_REFRESH_PERIOD);
	}
	hvp_hierarchy_drop(hierarchy);
}

/* Nobody finds it any more.  What it shows goes when nobody looks any more. */
static void hvp_vm_free(struct hvp_vm *vm)
{
	struct hvp_vp *vp;
	unsigned long number;

	hvp_debugfs_remove_vm(vm->debugfs);
	cancel_delayed_work_sync(&vm->refresh);
	/* Who looks for another one may have come across it and its vCPUs. */
	synchronize_rcu();
	xa_for_each(&vm->vps.list, number, vp)
		kfree(container_of(vp, struct hvp_vcpu, vp));
	xa_destroy(&vm->vps.list);
	hvp_locked_memory_destroy(&vm->locked);
	mmdrop(vm->memory.mm);
	kfree(vm);
}

static void hvp_vm_free_work(struct work_struct *work)
{
	hvp_vm_free(container_of(work, struct hvp_vm, free));
}

static int hvp_vm_reserve_locked_pages(struct hvp_host *host, unsigned long count)
{
	return hvp_locked_memory_reserve(&container_of(host, struct hvp_vm, host)->locked, count);
}

static void hvp_vm_release_locked_pages(struct hvp_host *host, unsigned long count)
{
	hvp_locked_memory_release(&container_of(host, struct hvp_vm, host)->locked, count);
}

static const struct hvp_host_ops hvp_vm_host_ops = {
	.reserve_locked_pages = hvp_vm_reserve_locked_pages,
	.release_locked_pages = hvp_vm_release_locked_pages,
	.attend = hvp_thread_attend,
};

/* Its memory is the VMM's, which may have to wait for it. */
static struct hvp_vm *hvp_vm_alloc(struct kvm *kvm)
{
	struct hvp_vm *vm = kzalloc(sizeof(*vm), HVP_GFP);

	if (!vm)
		return NULL;
	vm->memory = hvp_kvm_guest(kvm, &vm->locked, false);
	vm->host.ops = &hvp_vm_host_ops;
	vm->host.processor = &hvp_host_processor;
	vm->host.machines = &hvp_kvm_machine_ops;
	mmgrab(vm->memory.mm);
	hvp_locked_memory_init(&vm->locked, vm->memory.mm);
	spin_lock_init(&vm->lock);
	INIT_DELAYED_WORK(&vm->refresh, hvp_vm_refresh);
	INIT_WORK(&vm->free, hvp_vm_free_work);
	hvp_vps_init(&vm->vps);
	/* As KVM has named its own, which goes before the VM does; none if debugfs is off. */
	if (!IS_ERR_OR_NULL(kvm->debugfs_dentry))
		vm->debugfs = hvp_debugfs_alloc_vm(kvm->debugfs_dentry->d_name.name);
	return vm;
}

/*
 * Not in the registry any more.  What it holds goes at once; the rest waits for whoever
 * reads its files in debugfs, which is not for the VM's end to wait for.
 */
static void hvp_vm_end(struct hvp_vm *vm)
{
	hvp_hierarchy_put(hvp_vm_take_hierarchy(vm));
	queue_work(hvp_vms_workqueue, &vm->free);
}

/* Nothing is done under the lock, which is everybody's, but adding to the table. */
static struct hvp_vm *hvp_vm_add(struct kvm *kvm)
{
	struct hvp_vm *new = hvp_vm_alloc(kvm);
	struct hvp_vm *vm;

	if (!new)
		return NULL;

	mutex_lock(&vms_lock);
	vm = hvp_vm_find(kvm);
	if (!vm) {
		vm = new;
		new = NULL;
		hash_add_rcu(vms, &vm->node, (unsigned long)kvm);
		WRITE_ONCE(hvp_vm_count, hvp_vm_count + 1);
	}
	mutex_unlock(&vms_lock);

	/* Another vCPU may have been first. */
	if (new)
		hvp_vm_free(new);
	return vm;
}

/**
 * hvp_vm_find_or_add() - look a VM up, which is in the registry from then on
 * @kvm:	the VM
 *
 * Context: May sleep; in one of the VM's vCPU threads.
 * Return: the VM, or NULL if the host has no memory for it.
 */
struct hvp_vm *hvp_vm_find_or_add(struct kvm *kvm)
{
	/* In no other address space would its end be seen. */
	if (WARN_ON_ONCE(current->mm != kvm->mm))
		return NULL;
	return hvp_vm_find(kvm) ?: hvp_vm_add(kvm);
}

static struct hvp_hierarchy *hvp_vm_new_hierarchy(struct hvp_vm *vm)
{
	struct hvp_hierarchy *mine, *hierarchy;

	mine = hvp_hierarchy_create(&vm->host, &vm->memory.guest, &vm->vps, &hvp_vm_limits,
				    hvp_debugfs_watcher(vm->debugfs));

	spin_lock(&vm->lock);
	if (mine && vm->loaded)
		mine->last_id = max(mine->last_id, vm->last_id);
	/*
	 * A guest that has given up its identity has no hierarchy; this call
	 * was under way when that happened.  KVM clears the identity before
	 * hvp_vm_reset() takes the lock.
	 */
	hierarchy = rcu_dereference_protected(vm->hierarchy, lockdep_is_held(&vm->lock));
	if (!hierarchy && READ_ONCE(vm->memory.kvm->arch.hyperv.hv_guest_os_id)) {
		hierarchy = mine;
		mine = NULL;
		rcu_assign_pointer(vm->hierarchy, hierarchy);
		hvp_debugfs_show(vm->debugfs, hierarchy);
	}
	if (hierarchy)
		hvp_hierarchy_get(hierarchy);
	spin_unlock(&vm->lock);

	hvp_hierarchy_put(mine);
	return hierarchy;
}

/**
 * hvp_vm_hierarchy() - the hierarchy of a VM, made if it has none yet
 * @vm:		the VM
 *
 * Context: May sleep; in one of the VM's vCPU threads.
 * Return: the hierarchy with a reference for the caller, or NULL if the host
 * has no memory for it.
 */
struct hvp_hierarchy *hvp_vm_hierarchy(struct hvp_vm *vm)
{
	return hvp_vm_keep_hierarchy(vm, hvp_hierarchy_get) ?: hvp_vm_new_hierarchy(vm);
}

/**
 * hvp_vm_current_hierarchy() - the hierarchy of a VM, if it has one
 * @vm:		the VM
 *
 * Context: Any; in one of the VM's vCPU threads.
 * Return: the hierarchy with a reference for the caller, or NULL.
 */
struct hvp_hierarchy *hvp_vm_current_hierarchy(struct hvp_vm *vm)
{
	return hvp_vm_keep_hierarchy(vm, hvp_hierarchy_get);
}

/**
 * hvp_vm_attend() - what waits to be told to a VM's guest may be told now
 * @vm:		the VM
 *
 * Context: May sleep; in one of the VM's vCPU threads.
 */
void hvp_vm_attend(struct hvp_vm *vm)
{
	struct hvp_vp *target = READ_ONCE(vm->vps.message_target);
	struct hvp_hierarchy *hierarchy = target ? hvp_vm_current_hierarchy(vm) : NULL;

	if (!hierarchy)
		return;
	if (hvp_signals_wait(&hierarchy->space))
		hvp_thread_attend(&vm->host, target);
	hvp_hierarchy_put(hierarchy);
}

/**
 * hvp_vm_refresh_stats_pages() - keep statistics pages of a VM up to date
 * @vm:		the VM, which has some
 *
 * Every second, as long as there are any.
 *
 * Context: Any; in one of the VM's vCPU threads.
 */
void hvp_vm_refresh_stats_pages(struct hvp_vm *vm)
{
	queue_delayed_work(hvp_vms_workqueue, &vm->refresh, HVP_REFRESH_PERIOD);
}

/**
 * hvp_vm_reset() - the guest has given up its identity: its hierarchy goes
 * @kvm:	the VM
 * @granted:	privileges that the next guest has besides what CPUID says
 *
 * Calls that other vCPUs have under way end on the old hierarchy; the last of
 * them frees it.
 *
 * Context: May sleep; in one of the VM's vCPU threads.
 */
void hvp_vm_reset(struct kvm *kvm, u64 granted)
{
	struct hvp_vm *vm = granted ? hvp_vm_find_or_add(kvm) : hvp_vm_find(kvm);
	struct hvp_vp *vp;
	unsigned long number;

	if (!vm)
		return;
	WRITE_ONCE(vm->granted, READ_ONCE(vm->granted) | granted);
	if (granted)
		WRITE_ONCE(hvp_vms_granted, true);
	hvp_hierarchy_put(hvp_vm_take_hierarchy(vm));
	spin_lock(&vm->lock);
	vm->loaded = false;
	spin_unlock(&vm->lock);
	/* KVM's MSRs are reset by the VMM, which goes by; ours is one that it does not know. */
	xa_for_each(&vm->vps.list, number, vp)
		WRITE_ONCE(vp->pages[HVP_VP_PAGE_SIRB], 0);
}

/**
 * hvp_vm_state_loaded() - the VMM has given the guest a state that it had before
 * @vm:		the VM
 *
 * The guest may remember partitions, which are gone, and must not take others for them:
 * their IDs are not given out again.  A guest that boots knows of no partition, and for it
 * they begin anew.
 *
 * Context: Any; in one of the VM's vCPU threads.
 */
void hvp_vm_state_loaded(struct hvp_vm *vm)
{
	spin_lock(&vm->lock);
	vm->loaded = true;
	spin_unlock(&vm->lock);
}

/**
 * hvp_vms_reset() - all hierarchies go, but for what calls under way use
 *
 * The module goes, and nobody makes new calls.
 *
 * Context: May sleep.  The hooks are stopped but for the late ones.
 */
void hvp_vms_reset(void)
{
	struct hvp_vm *vm;
	int bucket;

	/* VMs' ends wait for the lock, and so for what is freed here, but for nobody else. */
	mutex_lock(&vms_lock);
	hash_for_each(vms, bucket, vm, node)
		hvp_hierarchy_put(hvp_vm_take_hierarchy(vm));
	mutex_unlock(&vms_lock);
}

/* Out of the registry: for whoever takes it out to end. */
static struct hvp_vm *hvp_vm_remove(struct hvp_vm *vm)
{
	lockdep_assert_held(&vms_lock);
	if (vm) {
		hash_del_rcu(&vm->node);
		hvp_vcpus_hide(vm);
		WRITE_ONCE(hvp_vm_count, hvp_vm_count - 1);
	}
	return vm;
}

static struct hvp_vm *hvp_vms_first(void)
{
	struct hvp_vm *vm;
	int bucket;

	hash_for_each(vms, bucket, vm, node)
		return vm;
	return NULL;
}

/**
 * hvp_vms_release() - let go of all VMs; the module goes
 *
 * They may be alive or come to their end meanwhile, so KVM's view of them is not
 * looked at.
 *
 * Context: May sleep.  The hooks are stopped and drained but for the late ones.
 */
void hvp_vms_release(void)
{
	struct hvp_vm *vm;

	do {
		mutex_lock(&vms_lock);
		vm = hvp_vm_remove(hvp_vms_first());
		mutex_unlock(&vms_lock);
		if (vm)
			hvp_vm_end(vm);
	} while (vm);
}

static void hvp_replace_kvm_arch_flush_shadow_all(struct kvm *kvm)
{
	int token = srcu_read_lock(&hvp_ends_running);
	struct hvp_vm *vm = hvp_vm_find(kvm);

	/* Nobody adds it any more; but the module may be about to let go of it. */
	if (vm) {
		mutex_lock(&vms_lock);
		vm = hvp_vm_remove(hvp_vm_find(kvm));
		mutex_unlock(&vms_lock);
	}
	if (vm)
		hvp_vm_end(vm);
	hvp_runners_end(kvm);
	hvp_original_kvm_arch_flush_shadow_all(kvm);
	srcu_read_unlock(&hvp_ends_running, token);
}

HVP_DEFINE_HOOK(kvm_arch_flush_shadow_all, hvp_hook_divert, "void (struct kvm *)");
