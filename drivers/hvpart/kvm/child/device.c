// SPDX-License-Identifier: GPL-2.0
/*
 * KVM's own user ABI, from inside the kernel: hvpart opens /dev/kvm once, and makes all else
 * with it.
 */

#include <linux/delay.h>
#include <linux/fdtable.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/kvm_host.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include "device.h"
#include "kvm_run.h"
#include "runner.h"

/* As the kernel sees it, not as a VMM in a container of its own does. */
static struct file *hvp_dev_kvm;

/**
 * hvp_kvm_device_open() - open /dev/kvm, if there is one
 *
 * Context: May sleep; when the module is loaded.
 */
void hvp_kvm_device_open(void)
{
	hvp_dev_kvm = filp_open("/dev/kvm", O_RDWR, 0);
	if (IS_ERR(hvp_dev_kvm))
		hvp_dev_kvm = NULL;
}

/**
 * hvp_kvm_device_close() - the reverse
 *
 * Context: May sleep.
 */
void hvp_kvm_device_close(void)
{
	if (hvp_dev_kvm)
		fput(hvp_dev_kvm);
}

/**
 * hvp_kvm_device() - /dev/kvm
 *
 * Return: the file, or NULL if there was none when the module was loaded.
 */
struct file *hvp_kvm_device(void)
{
	return hvp_dev_kvm;
}

/**
 * hvp_kvm_file() - is a file KVM's, of this VM or vCPU?
 * @file:	the file
 * @private:	the VM or vCPU
 *
 * A VMM can put another file in the place of a descriptor that it sees.  Those that KVM
 * gives out for statistics of a vCPU are of the same vCPU, but take no commands.
 *
 * Return: true if it is.
 */
bool hvp_kvm_file(const struct file *file, const void *private)
{
	return file->private_data == private && file->f_op->unlocked_ioctl;
}

/* Who has mapped a page can have pinned it, and unmapped it since. */
static bool hvp_kvm_page_is_ours_alone(const void *address)
{
	return page_count(virt_to_page(address)) == 1;
}

/* Who looks into a process, or has just been forked from it, has a reference for a moment. */
#define HVP_MOMENT_MS	20

/**
 * hvp_kvm_vcpu_is_ours_alone() - has nobody else anything of a vCPU?
 * @file:	its file, which is in no table of descriptors but what somebody has made of it since
 * @vcpu:	the vCPU
 *
 * Each reference that lasts was taken while it was in a table, or from one that was; and so was
 * the file mapped.
 *
 * Context: May sleep.
 * Return: true if nobody has.
 */
bool hvp_kvm_vcpu_is_ours_alone(struct file *file, const struct kvm_vcpu *vcpu)
{
	unsigned int waited;

	for (waited = 0; file_count(file) != 1 && waited < HVP_MOMENT_MS; waited++)
		fsleep(USEC_PER_MSEC);
	return file_count(file) == 1 && hvp_kvm_page_is_ours_alone(vcpu->run) &&
	       hvp_kvm_page_is_ours_alone(vcpu->arch.pio_data);
}

/* Files that this task has let go of since are not to be closed in KVM's loop. */
static void hvp_kvm_run_leave_after(const struct callback_head *works_before)
{
	if (READ_ONCE(current->task_works) != works_before)
		hvp_kvm_run_leave();
}

/**
 * hvp_kvm_take_file() - take a file out of this task's table of descriptors
 * @descriptor:	what an ioctl of KVM's has returned
 *
 * Context: May sleep.
 * Return: the file or an ERR_PTR().
 */
struct file *hvp_kvm_take_file(long descriptor)
{
	struct callback_head *before = READ_ONCE(current->task_works);
	struct file *file;

	if (descriptor < 0)
		return ERR_PTR(descriptor);
	file = fget(descriptor);
	/* The VMM may have put any other one there, a VM's for instance. */
	close_fd(descriptor);
	hvp_kvm_run_leave_after(before);
	return file ?: ERR_PTR(-EFAULT);
}

/**
 * hvp_kvm_put_file() - let go of a file of KVM's
 * @file:	the file, which may be the last one of a VM, or any that the VMM has put there
 *
 * A task that lets go of a file closes it when it returns to user space, or in KVM's loop if it
 * comes there first: with a vCPU of its own loaded, where nothing may be done with those of
 * another VM.  So it leaves KVM_RUN, which a tracer of the VMM can see.  Nobody else closes it:
 * the end of another file waits for whatever the VMM likes; and nobody is waited for by a task
 * that may be in a notifier of the VMM's memory, as closing waits for those.
 *
 * Context: A task of the VMM's; for others see hvp_closing_begin().
 */
void hvp_kvm_put_file(struct file *file)
{
	struct callback_head *before = READ_ONCE(current->task_works);

	fput(file);
	hvp_kvm_run_leave_after(before);
}

/**
 * hvp_kvm_enable() - KVM_ENABLE_CAP
 * @runner:	this thread's
 * @file:	a VM or vCPU
 * @capability:	KVM_CAP_*
 * @argument:	its first argument
 *
 * Context: May sleep; in the thread of @runner.
 * Return: as the ioctl.
 */
long hvp_kvm_enable(struct hvp_runner *runner, struct file *file, u32 capability, u64 argument)
{
	struct kvm_enable_cap enable = { .cap = capability, .args = { argument } };

	return hvp_runner_ioctl(runner, file, KVM_ENABLE_CAP, &enable, sizeof(enable));
}
