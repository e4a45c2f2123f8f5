// SPDX-License-Identifier: GPL-2.0
/*
 * A child's files of KVM's, and who closes them.
 *
 * Since Linux 6.13, and in 6.12.117, a VM that has run has a thread in its VMM, for which the VM's
 * end waits uninterruptibly, and which stops with the VMM: SIGSTOP, the freezer.  A VMM may wait
 * for its own; but who lets go of others' children, as the module does when it goes, has each
 * VMM's closed with what else ends there.
 */

#include <linux/file.h>
#include <linux/kthread.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include "../../core/core.h"
#include "closing.h"
#include "device.h"
#include "ending.h"

/**
 * struct hvp_closing - a file that will have to be closed
 * @file:	the file, once it is to be
 * @mm:		its VMM's address space, there until @ending is over
 * @ending:	closes it
 */
struct hvp_closing {
	struct file *file;
	struct mm_struct *mm;
	struct hvp_ending ending;
};

/*
 * Not by fput(): what kernel threads let go of, one worker closes for all.  KVM unmaps what it has
 * mapped for the VM, if it is in the VMM's address space.
 */
static void hvp_closing_end(struct hvp_ending *ending)
{
	struct hvp_closing *closing = container_of(ending, struct hvp_closing, ending);
	bool alive = mmget_not_zero(closing->mm);

	if (alive)
		kthread_use_mm(closing->mm);
	__fput_sync(closing->file);
	if (alive) {
		kthread_unuse_mm(closing->mm);
		mmput(closing->mm);
	}
	kfree(closing);
}

/**
 * hvp_closing_prepare() - there will be a file of a child's
 * @mm:		the address space of the child's VMM
 *
 * Context: May sleep; the VMM is there.
 * Return: what hvp_closing_begin() needs, or NULL if there is no memory.
 */
struct hvp_closing *hvp_closing_prepare(struct mm_struct *mm)
{
	struct hvp_closing *closing = kzalloc(sizeof(*closing), HVP_GFP);

	if (closing && hvp_ending_prepare(&closing->ending, mm, hvp_closing_end)) {
		kfree(closing);
		return NULL;
	}
	if (closing)
		closing->mm = mm;
	return closing;
}

/**
 * hvp_closing_forget() - there is none after all
 * @closing:	what was prepared
 *
 * Context: Any task.
 */
void hvp_closing_forget(struct hvp_closing *closing)
{
	hvp_ending_forget(&closing->ending);
	kfree(closing);
}

/* A task that exits has left its address space before that, or the VM's last file, goes. */
static bool hvp_closing_is_for_another(const struct hvp_closing *closing)
{
	return current->mm != closing->mm && !(current->flags & PF_EXITING);
}

/**
 * hvp_closing_begin() - let go of a file, which may be the last one of a VM
 * @closing:	what was prepared
 * @file:	the file, which is the one that KVM has made
 *
 * Files of one VMM that another task lets go of are closed in that order.
 *
 * Context: Any task; waits for nobody.
 */
void hvp_closing_begin(struct hvp_closing *closing, struct file *file)
{
	if (hvp_closing_is_for_another(closing)) {
		closing->file = file;
		hvp_ending_begin(&closing->ending);
	} else {
		hvp_closing_forget(closing);
		hvp_kvm_put_file(file);
	}
}
