// SPDX-License-Identifier: GPL-2.0
/*
 * Children as KVM's VMs.
 *
 * A VM belongs to its parent's VMM: its address space, and its memory cgroup, which pays for
 * what KVM allocates.  No descriptor of it is ever in the VMM's table.
 */

#include <linux/completion.h>
#include <linux/dcache.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/kthread.h>
#include <linux/ktime.h>
#include <linux/kvm_host.h>
#include <linux/memcontrol.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include "../../core/core.h"
#include "../../hook/compat.h"
#include "../parent/memory.h"
#include "closing.h"
#include "cpuid.h"
#include "device.h"
#include "dirty.h"
#include "ending.h"
#include "interrupt.h"
#include "machine.h"
#include "mapping.h"
#include "notifier.h"
#include "registers.h"
#include "run.h"
#include "runner.h"
#include "state.h"
#include "vcpu.h"
#include "window.h"

struct hvp_vm_request {
	struct mm_struct *mm;
	struct file *file;
	struct completion done;
};

/*
 * KVM has named a VM's folder in debugfs after this thread and the descriptor.  Another thread gets
 * the same ID some day, and the folder may still be there: KVM would have none for what is made
 * then, and say so in the log.  So it gets a name that none has had.  Without memory for that it
 * keeps its own.
 */
static void hvp_vm_name_folder(const struct kvm *kvm)
{
	struct dentry *folder = kvm->debugfs_dentry;
	char name[48];

	/* There is none if debugfs is off. */
	if (IS_ERR_OR_NULL(folder))
		return;
	snprintf(name, sizeof(name), "hvpart-%d-%llu", task_pid_nr(current), ktime_get_ns());
	hvp_debugfs_rename(folder, folder->d_parent, name);
}

static int hvp_vm_make(void *data)
{
	struct hvp_vm_request *request = data;
	struct mem_cgroup *group = get_mem_cgroup_from_mm(request->mm);
	struct mem_cgroup *before = set_active_memcg(group);
	struct file *device = hvp_kvm_device();

	kthread_use_mm(request->mm);
	request->file = hvp_kvm_take_file(device->f_op->unlocked_ioctl(device, KVM_CREATE_VM, 0));
	kthread_unuse_mm(request->mm);
	set_active_memcg(before);
	mem_cgroup_put(group);
	if (!IS_ERR(request->file))
		hvp_vm_name_folder(request->file->private_data);
	complete(&request->done);
	return 0;
}

/*
 * In a thread of its own: the VMM has folders by the names that KVM would give to what its threads
 * make, and a descriptor of the VMM's would be another thread's to take.
 */
static struct file *hvp_vm_create(struct mm_struct *mm)
{
	struct hvp_vm_request request = {
		.mm = mm,
		.done = COMPLETION_INITIALIZER_ONSTACK(request.done),
	};
	struct task_struct *task = kthread_run(hvp_vm_make, &request, "hvpart-create");

	if (IS_ERR(task))
		return ERR_PTR(-ENOMEM);
	wait_for_completion(&request.done);
	return request.file;
}

/*
 * The child's VMM is its parent: ports, IOAPIC and all else behind the LAPIC are there.
 * What KVM does not know of these is no reason to do without a child.
 */
static int hvp_machine_set_up(struct hvp_machine *machine, struct hvp_runner *runner)
{
	struct file *file = machine->file;

	if (hvp_kvm_enable(runner, file, KVM_CAP_SPLIT_IRQCHIP, 0))
		return -EFAULT;
	/* All bits of an APIC ID count, and none means everybody. */
	if (hvp_kvm_enable(runner, file, KVM_CAP_X2APIC_API,
			   KVM_X2APIC_API_USE_32BIT_IDS | KVM_X2APIC_API_DISABLE_BROADCAST_QUIRK))
		return -EFAULT;
	/* Else the instruction pointer is behind an OUT to that port when it comes to us. */
	if (hvp_kvm_enable(runner, file, KVM_CAP_DISABLE_QUIRKS, KVM_X86_QUIRK_OUT_7E_INC_RIP))
		return -EFAULT;
	/* Else KVM tells no exception that is pending from one that is being delivered. */
	if (hvp_kvm_enable(runner, file, KVM_CAP_EXCEPTION_PAYLOAD, 1))
		return -EFAULT;
	/*
	 * On Intel, a timer of a child that waits would be left to the CPU, which does not
	 * fire for it; where MWAIT is the child's, there is no such timer.
	 */
	hvp_kvm_enable(runner, file, KVM_CAP_X86_DISABLE_EXITS, KVM_X86_DISABLE_EXITS_MWAIT);
	/* What becomes of an MSR that KVM does not know is its parent's to say. */
	if (hvp_kvm_enable(runner, file, KVM_CAP_X86_USER_SPACE_MSR, KVM_MSR_EXIT_REASON_UNKNOWN))
		return -EFAULT;
	return 0;
}

static void hvp_machine_let_go(struct hvp_machine *machine)
{
	hvp_child_memory_forget_all(machine, true);
}

static void hvp_machine_destroy(struct hvp_machine *machine)
{
	struct hvp_machine_vp *vp;
	unsigned long index;

	xa_for_each(&machine->vps, index, vp)
		hvp_machine_vp_destroy(vp);
	xa_destroy(&machine->vps);
	hvp_child_memory_close(machine);
	hvp_child_memory_destroy(machine);
	/* Before this, KVM may be told of pages that the host takes away. */
	if (machine->file) {
		hvp_notifier_detach(machine->kvm);
		hvp_closing_begin(machine->closing, machine->file);
	} else {
		hvp_closing_forget(machine->closing);
	}
	kfree_rcu(machine, rcu);
}

/* What KVM tells a child as its reference time is the VM's kvmclock. */
static int hvp_machine_set_clock(struct hvp_machine *machine, struct hvp_runner *runner, u64 ns)
{
	struct kvm_clock_data clock = { .clock = ns };

	return hvp_runner_ioctl(runner, machine->file, KVM_SET_CLOCK, &clock, sizeof(clock)) ?
	       -EFAULT : 0;
}

static int hvp_machine_set_time(struct hvp_machine *machine, u64 ns)
{
	struct hvp_runner *runner = hvp_runner_here();

	return runner ? hvp_machine_set_clock(machine, runner, ns) : -EFAULT;
}

static int hvp_machine_create(const struct hvp_machine_config *config,
			      struct hvp_machine **result)
{
	struct hvp_kvm_guest *parent = container_of(config->guest, struct hvp_kvm_guest, guest);
	struct hvp_runner *runner = hvp_runner_here();
	struct hvp_machine *machine;
	struct file *file;
	int error;

	if (!runner || !hvp_kvm_device() || parent->mm != current->mm)
		return -EFAULT;
	machine = kzalloc(sizeof(*machine), HVP_GFP);
	if (!machine)
		return -ENOMEM;
	machine->config = *config;
	xa_init_flags(&machine->vps, XA_FLAGS_ACCOUNT);
	machine->closing = hvp_closing_prepare(parent->mm);
	if (!machine->closing) {
		error = -ENOMEM;
		goto free;
	}
	error = hvp_child_memory_create(machine, parent->kvm);
	if (error)
		goto forget;
	file = hvp_vm_create(parent->mm);
	if (IS_ERR(file)) {
		error = PTR_ERR(file);
		goto destroy;
	}
	machine->file = file;
	machine->kvm = file->private_data;
	hvp_notifier_attach(machine->kvm);
	error = hvp_machine_set_up(machine, runner);
	if (!error)
		error = hvp_machine_set_clock(machine, runner, config->time_ns);
	if (error)
		goto destroy;
	*result = machine;
	return 0;
destroy:
	hvp_machine_destroy(machine);
	return error;
forget:
	hvp_closing_forget(machine->closing);
free:
	kfree(machine);
	return error;
}

const struct hvp_machine_ops hvp_kvm_machine_ops = {
	.create = hvp_machine_create,
	.let_go = hvp_machine_let_go,
	.destroy = hvp_machine_destroy,
	.mapped = hvp_child_memory_mapped,
	.forget = hvp_child_memory_forget,
	.unmapped = hvp_child_memory_unmapped,
	.track = hvp_child_memory_track,
	.dirty = hvp_child_memory_dirty,
	.set_time = hvp_machine_set_time,
	.set_socket = hvp_machine_set_socket,
	.create_vp = hvp_machine_vp_create,
	.keeps_vp = hvp_machine_keeps_vp,
	.destroy_vp = hvp_machine_vp_destroy,
	.run = hvp_machine_vp_run,
	.interrupt = hvp_machine_vp_interrupt,
	.get = hvp_machine_vp_get,
	.set = hvp_machine_vp_set,
	.get_lapic = hvp_machine_vp_get_lapic,
	.set_lapic = hvp_machine_vp_set_lapic,
	.get_xsave = hvp_machine_vp_get_xsave,
	.set_xsave = hvp_machine_vp_set_xsave,
	.assert = hvp_machine_assert,
	.cpuid = hvp_machine_vp_cpuid,
};

/**
 * hvp_children_create() - before any machine is made
 *
 * A host without /dev/kvm, or where it cannot be opened, has no children.
 *
 * Context: May sleep; when the module is loaded.
 * Return: 0 or -ENOMEM.
 */
int hvp_children_create(void)
{
	int error = hvp_endings_create();

	if (!error)
		hvp_kvm_device_open();
	return error;
}

/**
 * hvp_children_destroy() - the reverse; all machines have been destroyed
 *
 * Context: May sleep; waits for VMMs that hold their mmap_lock, give memory up, or are stopped,
 * and for the end of those that have sealed an area.
 */
void hvp_children_destroy(void)
{
	hvp_runners_end(NULL);
	hvp_kvm_device_close();
	hvp_endings_destroy();
	hvp_mappings_wait();
	hvp_notifiers_wait();
	/* What observers look up is freed under RCU. */
	rcu_barrier();
}
