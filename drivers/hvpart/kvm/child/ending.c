// SPDX-License-Identifier: GPL-2.0
/*
 * What of ours ends in a VMM's address space: areas that are mapped there, notifiers of its
 * memory, children that another task lets go of.  That waits for the VMM, which may hold its
 * mmap_lock, give memory up for ever or be stopped, so a work item does it, and one for all that
 * ends in the same VMM: of the workers that there are a VMM keeps one waiting, however much it
 * has, and others' come to their end meanwhile.
 *
 * An end cannot fail: what it takes is allocated with what is to end.
 */

#include <linux/hashtable.h>
#include <linux/list.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>
#include "../../core/core.h"
#include "ending.h"

/**
 * struct hvp_vmm - an address space in which something is to end
 * @node:	in the table of all
 * @mm:		the address space, held by mmgrab(): no other one has its address
 * @users:	what is to end there, and the work while it is queued or runs
 * @endings:	what has begun to, in that order
 * @busy:	the work is queued or runs
 * @work:	does them, one after the other
 */
struct hvp_vmm {
	struct hlist_node node;
	struct mm_struct *mm;
	unsigned int users;
	struct list_head endings;
	bool busy;
	struct work_struct work;
};

static DEFINE_HASHTABLE(hvp_vmms, 8);
/* Protects the table and, of each VMM, its users, what is to be done, and whether somebody does. */
static DEFINE_SPINLOCK(hvp_vmms_lock);

static struct workqueue_struct *hvp_endings_workqueue;

static struct hvp_vmm *hvp_vmm_find(const struct mm_struct *mm)
{
	struct hvp_vmm *vmm;

	lockdep_assert_held(&hvp_vmms_lock);
	hash_for_each_possible(hvp_vmms, vmm, node, (unsigned long)mm) {
		if (vmm->mm == mm)
			return vmm;
	}
	return NULL;
}

static void hvp_vmm_put(struct hvp_vmm *vmm)
{
	bool last;

	spin_lock(&hvp_vmms_lock);
	last = !--vmm->users;
	if (last)
		hash_del(&vmm->node);
	spin_unlock(&hvp_vmms_lock);
	if (!last)
		return;
	mmdrop(vmm->mm);
	kfree(vmm);
}

/* Return: what is to be done next, or NULL: then whoever begins the next has to queue the work. */
static struct hvp_ending *hvp_vmm_next(struct hvp_vmm *vmm)
{
	struct hvp_ending *ending;

	spin_lock(&hvp_vmms_lock);
	ending = list_first_entry_or_null(&vmm->endings, struct hvp_ending, node);
	if (ending)
		list_del(&ending->node);
	else
		vmm->busy = false;
	spin_unlock(&hvp_vmms_lock);
	return ending;
}

/*
 * It goes on until nothing is left, rather than being queued again while it runs: that would
 * take two of the queue's places.
 */
static void hvp_vmm_work(struct work_struct *work)
{
	struct hvp_vmm *vmm = container_of(work, struct hvp_vmm, work);
	struct hvp_ending *ending;

	while ((ending = hvp_vmm_next(vmm))) {
		ending->end(ending);
		hvp_vmm_put(vmm);
		cond_resched();
	}
	hvp_vmm_put(vmm);
}

static struct hvp_vmm *hvp_vmm_alloc(struct mm_struct *mm)
{
	struct hvp_vmm *vmm = kzalloc(sizeof(*vmm), HVP_GFP);

	if (!vmm)
		return NULL;
	vmm->mm = mm;
	INIT_LIST_HEAD(&vmm->endings);
	INIT_WORK(&vmm->work, hvp_vmm_work);
	return vmm;
}

/**
 * hvp_ending_prepare() - something will have to end in a VMM
 * @ending:	the end
 * @mm:		the VMM's address space, whose struct is there for as long as @ending
 * @end:	what is to be done then
 *
 * Context: May sleep; the VMM is there.
 * Return: 0 or -ENOMEM.
 */
int hvp_ending_prepare(struct hvp_ending *ending, struct mm_struct *mm, hvp_ending_fn end)
{
	/* One too many where the VMM is known already; there is no hurry here. */
	struct hvp_vmm *new = hvp_vmm_alloc(mm);
	struct hvp_vmm *vmm;

	if (!new)
		return -ENOMEM;
	spin_lock(&hvp_vmms_lock);
	vmm = hvp_vmm_find(mm);
	if (!vmm) {
		vmm = new;
		new = NULL;
		mmgrab(mm);
		hash_add(hvp_vmms, &vmm->node, (unsigned long)mm);
	}
	vmm->users++;
	spin_unlock(&hvp_vmms_lock);
	kfree(new);
	ending->end = end;
	ending->vmm = vmm;
	return 0;
}

/**
 * hvp_ending_forget() - nothing has to end after all
 * @ending:	the end, which has not begun
 *
 * Context: Any task.
 */
void hvp_ending_forget(struct hvp_ending *ending)
{
	hvp_vmm_put(ending->vmm);
}

/**
 * hvp_ending_begin() - have it end, soon
 * @ending:	the end, after all that have begun in the same VMM before
 *
 * Context: Any task; waits for nobody.
 */
void hvp_ending_begin(struct hvp_ending *ending)
{
	struct hvp_vmm *vmm = ending->vmm;
	bool busy;

	spin_lock(&hvp_vmms_lock);
	list_add_tail(&ending->node, &vmm->endings);
	busy = vmm->busy;
	vmm->busy = true;
	if (!busy)
		vmm->users++;
	spin_unlock(&hvp_vmms_lock);
	if (!busy)
		queue_work(hvp_endings_workqueue, &vmm->work);
}

/**
 * hvp_endings_create() - before anything is prepared
 *
 * Each VMM that waits takes a place of the queue, so it has as many as there can be.
 *
 * Context: May sleep.
 * Return: 0 or -ENOMEM.
 */
int hvp_endings_create(void)
{
	hvp_endings_workqueue = alloc_workqueue("hvpart_endings", WQ_UNBOUND,
						WQ_UNBOUND_MAX_ACTIVE);
	return hvp_endings_workqueue ? 0 : -ENOMEM;
}

/**
 * hvp_endings_destroy() - the reverse; all that was prepared has begun
 *
 * Context: May sleep; waits for VMMs that hold their mmap_lock, give memory up, or are stopped.
 */
void hvp_endings_destroy(void)
{
	destroy_workqueue(hvp_endings_workqueue);
}
