// SPDX-License-Identifier: GPL-2.0
/*
 * How children see their parent's memory, which stays the VMM's: nothing is pinned.  A child's
 * KVM gets a page as it gets any guest's, and lets go of it as soon as the host takes it away.
 *
 * A window is a stretch of the VMM's address space that is guest memory of the parent's, as a
 * memory slot said when a child first looked there.  The VMM may move its slots: children lose
 * what was in the slot then, and what they were given is also taken back by the window
 * through which it was looked up.
 *
 * What a child uses, the host does not find in the VMM's page tables: it is asked for it as any
 * VM, through another notifier, or its pages would look as if nobody used them.
 *
 * hvp_windows::lock is a leaf.  The callback of a window takes it, then none, then that of a
 * child's map, and in that those of the child's KVM, none of which sleeps; the other notifier's
 * takes these last alone.  hvp_windows::adding is outside all of them.
 */

#include <linux/kvm_host.h>
#include <linux/mm.h>
#include <linux/mmu_notifier.h>
#include <linux/mutex.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/srcu.h>
#include "../../core/core.h"
#include "../../hook/compat.h"
#include "../originals.h"
#include "../parent/slot.h"
#include "ending.h"
#include "window.h"

/* More than a VMM has slots of RAM; each slot that it moves is another one. */
#define HVP_MAX_WINDOWS		1024

/*
 * What the VMM has at one address is asked for, and taken back, by each window that shows it.
 * VMMs show the guest a few things twice (QEMU the end of its firmware below 1 MiB and
 * below 4 GiB) and make slots of one memory anew with other bounds (QEMU below 1 MiB, where
 * RAM comes and goes piece by piece).
 */
#define HVP_MAX_OVERLAPS	16

/*
 * How many nodes of its children's maps are looked through, and runs of pages told, when the host
 * takes pages away or asks for them.  It may do so for each page, and for some under a spinlock.
 */
#define HVP_MOST_NODES		64

/**
 * struct hvp_windows - the windows into one parent's memory
 * @node:	in the list of all
 * @kvm:	the parent; only used in its vCPUs' threads
 * @mm:		its VMM's address space, there until @ending is over
 * @viewers:	its children, under SRCU
 * @users:	how many; protected by hvp_windows_lock
 * @young:	asks the viewers what they have used
 * @adding:	held while a window is made; protects @count
 * @lock:	protects @list against who adds to it, and the windows' sequence numbers
 * @list:	the windows, which stay until the last child goes; under SRCU as well
 * @count:	how many
 * @ending:	removes the windows and frees this
 */
struct hvp_windows {
	struct list_head node;
	struct kvm *kvm;
	struct mm_struct *mm;
	struct list_head viewers;
	unsigned int users;
	struct mmu_notifier young;
	struct mutex adding;	/* see above */
	spinlock_t lock;	/* see above */
	struct list_head list;
	unsigned int count;
	struct hvp_ending ending;
};

struct hvp_window {
	struct list_head node;
	struct hvp_windows *windows;
	struct mmu_interval_notifier notifier;
	unsigned long address;
	u64 gfn;
	u64 pages;
};

static LIST_HEAD(hvp_all_windows);
/* Protects that list, their users, and their lists of viewers.  Nothing waits under it. */
static DEFINE_MUTEX(hvp_windows_lock);
DEFINE_STATIC_SRCU(hvp_viewers_srcu);

/*
 * All that a child has been given is taken back, unless that was done and it was given nothing
 * since.  Who is being given a page has counted it before it looks for it, and KVM has taken its
 * sequence number before that.
 */
static void hvp_viewer_take_all(struct hvp_viewer *viewer, bool may_sleep)
{
	u64 given = atomic64_read(&viewer->given);

	/* Pairs with the release below: who says so is done. */
	if (smp_load_acquire(&viewer->taken) == given)
		return;
	/* Pairs with hvp_viewer_get_page(): whoever is counted is found by what follows. */
	smp_mb();
	viewer->lost_all(viewer, may_sleep);
	/* Another one who takes all may be at it still, and does not rely on this. */
	smp_store_release(&viewer->taken, given);
}

/*
 * Children lose pages of their parent: these, or all that a child has if these take long to
 * find.
 *
 * All is not of one moment, nor under the map's lock.  It need not be: what a child's KVM had of
 * the window's when the host began, it has when its turn comes, or was told of when the map
 * changed; and through the window it gets nothing until the host is done.
 */
static void hvp_windows_take_back(struct hvp_windows *windows, u64 gfn, u64 count,
				  bool may_sleep)
{
	u64 left = HVP_MOST_NODES;
	struct hvp_viewer *viewer;

	list_for_each_entry_srcu(viewer, &windows->viewers, node,
				 srcu_read_lock_held(&hvp_viewers_srcu)) {
		if (!hvp_gpa_map_some_of(viewer->map, gfn, count, &left, viewer->lost, viewer))
			hvp_viewer_take_all(viewer, may_sleep);
	}
}

/* By the window's own record, not by what is a slot at the moment. */
static bool hvp_window_invalidate(struct mmu_interval_notifier *notifier,
				  const struct mmu_notifier_range *range, unsigned long sequence)
{
	struct hvp_window *window = container_of(notifier, struct hvp_window, notifier);
	struct hvp_windows *windows = window->windows;
	unsigned long start = max(range->start, window->address) - window->address;
	unsigned long end = min(range->end - window->address,
				(unsigned long)window->pages << PAGE_SHIFT);
	u64 first = start >> PAGE_SHIFT;
	int token;

	spin_lock(&windows->lock);
	mmu_interval_set_seq(notifier, sequence);
	spin_unlock(&windows->lock);

	token = srcu_read_lock(&hvp_viewers_srcu);
	hvp_windows_take_back(windows, window->gfn + first, DIV_ROUND_UP(end, PAGE_SIZE) - first,
			      mmu_notifier_range_blockable(range));
	srcu_read_unlock(&hvp_viewers_srcu, token);
	return true;
}

static const struct mmu_interval_notifier_ops hvp_window_ops = {
	.invalidate = hvp_window_invalidate,
};

/* A question of the host's, what is known of the answer, and how many nodes are left for it */
struct hvp_question {
	struct hvp_viewer *viewer;
	enum hvp_age how;
	bool used;
	u64 left;
};

static bool hvp_viewer_ask(void *arg, u64 gfn, u64 count)
{
	struct hvp_question *question = arg;

	question->used |= question->viewer->used(question->viewer, gfn, count, question->how);
	return true;
}

/* Return: false if nobody is to be asked any more. */
static bool hvp_window_ask(struct hvp_window *window, u64 gfn, u64 count,
			   struct hvp_question *question)
{
	struct hvp_viewer *viewer;

	list_for_each_entry_srcu(viewer, &window->windows->viewers, node,
				 srcu_read_lock_held(&hvp_viewers_srcu)) {
		question->viewer = viewer;
		if (!hvp_gpa_map_some_of(viewer->map, gfn, count, &question->left, hvp_viewer_ask,
					 question))
			return false;
	}
	return true;
}

/*
 * Who has strewn the pages of his children is not asked for all of them: they look older than
 * they are.
 */
static bool hvp_windows_used(struct mmu_notifier *notifier, unsigned long start,
			     unsigned long end, enum hvp_age how)
{
	struct hvp_windows *windows = container_of(notifier, struct hvp_windows, young);
	struct hvp_question question = { .how = how, .left = HVP_MOST_NODES };
	struct hvp_window *window;
	int token;

	token = srcu_read_lock(&hvp_viewers_srcu);
	list_for_each_entry_srcu(window, &windows->list, node,
				 srcu_read_lock_held(&hvp_viewers_srcu)) {
		unsigned long first = max(start, window->address);
		unsigned long last = min(end, window->address + (window->pages << PAGE_SHIFT));

		if (first < last &&
		    !hvp_window_ask(window,
				    window->gfn + ((first - window->address) >> PAGE_SHIFT),
				    DIV_ROUND_UP(last - first, PAGE_SIZE), &question))
			break;
	}
	srcu_read_unlock(&hvp_viewers_srcu, token);
	return question.used;
}

static hvp_young_t hvp_windows_clear_flush_young(struct mmu_notifier *notifier,
						 struct mm_struct *mm, unsigned long start,
						 unsigned long end)
{
	return hvp_windows_used(notifier, start, end, HVP_CLEAR_FLUSH_YOUNG);
}

static hvp_young_t hvp_windows_clear_young(struct mmu_notifier *notifier, struct mm_struct *mm,
					   unsigned long start, unsigned long end)
{
	return hvp_windows_used(notifier, start, end, HVP_CLEAR_YOUNG);
}

static hvp_young_t hvp_windows_test_young(struct mmu_notifier *notifier, struct mm_struct *mm,
					  unsigned long address)
{
	return hvp_windows_used(notifier, address, address + 1, HVP_TEST_YOUNG);
}

static const struct mmu_notifier_ops hvp_windows_young_ops = {
	.clear_flush_young = hvp_windows_clear_flush_young,
	.clear_young = hvp_windows_clear_young,
	.test_young = hvp_windows_test_young,
};

/* A page of the parent's: where its VMM has it, and what else is in the same slot. */
struct hvp_place {
	unsigned long address;
	unsigned long slot_address;
	u64 slot_gfn;
	u64 slot_pages;
};

static int hvp_windows_place(struct hvp_windows *windows, u64 gfn, bool write,
			     struct hvp_place *place)
{
	struct kvm *kvm = windows->kvm;
	const struct kvm_memory_slot *slot;
	int error = -EFAULT;
	int token = srcu_read_lock(&kvm->srcu);

	slot = search_memslots(kvm_memslots(kvm), gfn, false);
	place->address = slot ? (unsigned long)hvp_slot_address(slot, gfn, write) : 0;
	if (place->address) {
		place->slot_address = slot->userspace_addr;
		place->slot_gfn = slot->base_gfn;
		place->slot_pages = slot->npages;
		error = 0;
	}
	srcu_read_unlock(&kvm->srcu, token);
	return error;
}

/**
 * hvp_windows_address() - where a parent's page is in its VMM
 * @windows:	the parent's
 * @gfn:	the page
 * @write:	it is to be written to
 *
 * Context: Any; in one of the parent's vCPU threads.
 * Return: the address, or 0 if it is not the parent's RAM (for writing).
 */
unsigned long hvp_windows_address(struct hvp_windows *windows, u64 gfn, bool write)
{
	struct hvp_place place;

	return hvp_windows_place(windows, gfn, write, &place) ? 0 : place.address;
}

static struct hvp_window *hvp_window_find(struct hvp_windows *windows, u64 gfn,
					  unsigned long address)
{
	struct hvp_window *window, *found = NULL;

	spin_lock(&windows->lock);
	list_for_each_entry(window, &windows->list, node) {
		if (gfn - window->gfn < window->pages &&
		    window->address + ((gfn - window->gfn) << PAGE_SHIFT) == address) {
			found = window;
			break;
		}
	}
	spin_unlock(&windows->lock);
	return found;
}

/* How many windows show some of the same memory? */
static unsigned int hvp_window_overlaps(struct hvp_windows *windows,
					const struct hvp_place *place)
{
	unsigned long end = place->slot_address + (place->slot_pages << PAGE_SHIFT);
	struct hvp_window *window;
	unsigned int overlaps = 0;

	lockdep_assert_held(&windows->adding);
	list_for_each_entry(window, &windows->list, node) {
		if (window->address < end &&
		    place->slot_address < window->address + (window->pages << PAGE_SHIFT))
			overlaps++;
	}
	return overlaps;
}

static struct hvp_window *hvp_window_add(struct hvp_windows *windows,
					 const struct hvp_place *place)
{
	struct hvp_window *window;
	int error;

	lockdep_assert_held(&windows->adding);
	if (windows->count >= HVP_MAX_WINDOWS ||
	    hvp_window_overlaps(windows, place) >= HVP_MAX_OVERLAPS)
		return ERR_PTR(-ENOMEM);
	window = kzalloc(sizeof(*window), HVP_GFP);
	if (!window)
		return ERR_PTR(-ENOMEM);
	window->windows = windows;
	window->address = place->slot_address;
	window->gfn = place->slot_gfn;
	window->pages = place->slot_pages;
	error = mmu_interval_notifier_insert(&window->notifier, windows->mm, window->address,
					     window->pages << PAGE_SHIFT, &hvp_window_ops);
	if (error) {
		kfree(window);
		return ERR_PTR(error);
	}
	spin_lock(&windows->lock);
	list_add_rcu(&window->node, &windows->list);
	spin_unlock(&windows->lock);
	windows->count++;
	return window;
}

/* The window that shows a page, with a new one if it is the first of its slot. */
static struct hvp_window *hvp_window_get(struct hvp_windows *windows, u64 gfn,
					 const struct hvp_place *place)
{
	struct hvp_window *window = hvp_window_find(windows, gfn, place->address);

	if (window)
		return window;
	if (mutex_lock_killable(&windows->adding))
		return ERR_PTR(-EINTR);
	/* Another vCPU may have been first. */
	window = hvp_window_find(windows, gfn, place->address);
	if (!window)
		window = hvp_window_add(windows, place);
	mutex_unlock(&windows->adding);
	return window;
}

/**
 * hvp_viewer_get_page() - a page for a child's KVM to map
 * @viewer:	the child
 * @gfn:	the parent's page
 * @write:	it is to be written to
 * @page:	receives the host page
 * @address:	receives where the VMM has had it
 *
 * KVM has taken its sequence number, and looks at it again before it maps the page: what
 * takes the page away after this has told it to let go.
 *
 * Context: May sleep; in one of the parent's vCPU threads that holds no lock that the end of
 * an invalidation waits for: a write may itself take an old page away.
 * Return: 0 with a reference to the page, or -EFAULT, -ENOMEM or -EINTR.
 */
int hvp_viewer_get_page(struct hvp_viewer *viewer, u64 gfn, bool write, struct page **page,
			unsigned long *address)
{
	struct hvp_windows *windows = viewer->windows;
	struct hvp_window *window;
	struct hvp_place place;
	unsigned long sequence;
	bool gone;
	int got;

	do {
		if (fatal_signal_pending(current))
			return -EINTR;
		atomic64_inc(&viewer->given);
		/* Pairs with hvp_viewer_take_all(). */
		smp_mb__after_atomic();
		if (hvp_windows_place(windows, gfn, write, &place))
			return -EFAULT;
		window = hvp_window_get(windows, gfn, &place);
		if (IS_ERR(window))
			return PTR_ERR(window);
		sequence = mmu_interval_read_begin(&window->notifier);
		got = get_user_pages_fast(place.address, 1, write ? FOLL_WRITE : 0, page);
		if (got != 1)
			return got == -ENOMEM || got == -EINTR ? got : -EFAULT;
		spin_lock(&windows->lock);
		gone = mmu_interval_read_retry(&window->notifier, sequence);
		spin_unlock(&windows->lock);
		if (gone)
			put_page(*page);
	} while (gone);
	*address = place.address;
	return 0;
}

/**
 * hvp_windows_seen_address() - where pages that are one behind the other are in the VMM
 * @windows:	the parent's
 * @gfn:	the first page
 * @count:	how many
 *
 * Only through a window that is there already.
 *
 * Context: Any that may take a spinlock; in one of the parent's vCPU threads.
 * Return: the address, or 0 if they are not all in one slot that has been looked into.
 */
unsigned long hvp_windows_seen_address(struct hvp_windows *windows, u64 gfn, u64 count)
{
	struct hvp_window *window;
	struct hvp_place place;

	if (hvp_windows_place(windows, gfn, false, &place))
		return 0;
	window = hvp_window_find(windows, gfn, place.address);
	if (!window || window->pages - (gfn - window->gfn) < count)
		return 0;
	return place.address;
}

/*
 * A window waits for the end of what takes pages away at the moment, as long as that goes on in
 * the VMM: so it is nobody's who waits for a child's end.
 */
static void hvp_windows_end(struct hvp_ending *ending)
{
	struct hvp_windows *windows = container_of(ending, struct hvp_windows, ending);
	struct hvp_window *window, *next;

	mmu_notifier_unregister(&windows->young, windows->mm);
	list_for_each_entry_safe(window, next, &windows->list, node) {
		mmu_interval_notifier_remove(&window->notifier);
		kfree(window);
		cond_resched();
	}
	kfree(windows);
}

/* Return: NULL if there is no memory, or the VMM is about to end. */
static struct hvp_windows *hvp_windows_alloc(struct kvm *kvm)
{
	struct hvp_windows *windows = kzalloc(sizeof(*windows), HVP_GFP);

	if (!windows)
		return NULL;
	windows->kvm = kvm;
	windows->mm = kvm->mm;
	INIT_LIST_HEAD(&windows->viewers);
	INIT_LIST_HEAD(&windows->list);
	mutex_init(&windows->adding);
	spin_lock_init(&windows->lock);
	windows->young.ops = &hvp_windows_young_ops;
	if (hvp_ending_prepare(&windows->ending, windows->mm, hvp_windows_end))
		goto free;
	if (mmu_notifier_register(&windows->young, windows->mm))
		goto forget;
	return windows;

forget:
	hvp_ending_forget(&windows->ending);
free:
	kfree(windows);
	return NULL;
}

static struct hvp_windows *hvp_windows_find(struct kvm *kvm)
{
	struct hvp_windows *windows;

	lockdep_assert_held(&hvp_windows_lock);
	list_for_each_entry(windows, &hvp_all_windows, node) {
		if (windows->kvm == kvm && windows->mm == kvm->mm)
			return windows;
	}
	return NULL;
}

/**
 * hvp_viewer_add() - a child is to see its parent's memory
 * @viewer:	the child; its map and its callback are set
 * @kvm:	its parent
 *
 * Context: May sleep; in one of @kvm's vCPU threads.
 * Return: 0 or -ENOMEM.
 */
int hvp_viewer_add(struct hvp_viewer *viewer, struct kvm *kvm)
{
	struct hvp_windows *windows, *new = NULL;

	mutex_lock(&hvp_windows_lock);
	windows = hvp_windows_find(kvm);
	if (!windows) {
		mutex_unlock(&hvp_windows_lock);
		new = hvp_windows_alloc(kvm);
		if (!new)
			return -ENOMEM;
		mutex_lock(&hvp_windows_lock);
		windows = hvp_windows_find(kvm);
	}
	if (!windows) {
		windows = new;
		new = NULL;
		list_add(&windows->node, &hvp_all_windows);
	}
	windows->users++;
	viewer->windows = windows;
	list_add_tail_rcu(&viewer->node, &windows->viewers);
	mutex_unlock(&hvp_windows_lock);
	/* Another vCPU was first. */
	if (new)
		hvp_ending_begin(&new->ending);
	return 0;
}

/**
 * hvp_viewer_remove() - the reverse
 * @viewer:	the child, which has let go of all pages and gets no more
 *
 * Context: May sleep, but waits for nobody that a VMM can stop; any task.  No callback runs
 * when this returns.
 */
void hvp_viewer_remove(struct hvp_viewer *viewer)
{
	struct hvp_windows *windows = viewer->windows;

	mutex_lock(&hvp_windows_lock);
	list_del_rcu(&viewer->node);
	if (--windows->users)
		windows = NULL;
	else
		list_del(&windows->node);
	mutex_unlock(&hvp_windows_lock);
	synchronize_srcu(&hvp_viewers_srcu);
	if (windows)
		hvp_ending_begin(&windows->ending);
}

/*
 * The parent's pages are elsewhere from now on, or nowhere.  KVM does not bear being given another
 * page for one that it has, and the child is to see what its parent sees.
 *
 * Whoever has looked a page up in the slot as it was is done with that: KVM has waited for it.
 * What he makes of it is taken back here, or his KVM sees that its sequence number has changed.
 */
static void hvp_windows_lose_slot(struct kvm *kvm, const struct kvm_memory_slot *slot)
{
	int token = srcu_read_lock(&hvp_viewers_srcu);
	struct hvp_windows *windows;

	mutex_lock(&hvp_windows_lock);
	windows = hvp_windows_find(kvm);
	mutex_unlock(&hvp_windows_lock);
	if (windows)
		hvp_windows_take_back(windows, slot->base_gfn, slot->npages, true);
	srcu_read_unlock(&hvp_viewers_srcu, token);
}

static void hvp_replace_kvm_arch_flush_shadow_memslot(struct kvm *kvm,
						      struct kvm_memory_slot *slot)
{
	int token = srcu_read_lock(&hvp_ends_running);

	hvp_windows_lose_slot(kvm, slot);
	hvp_original_kvm_arch_flush_shadow_memslot(kvm, slot);
	srcu_read_unlock(&hvp_ends_running, token);
}

HVP_DEFINE_HOOK(kvm_arch_flush_shadow_memslot, hvp_hook_divert,
		"void (struct kvm *, struct kvm_memory_slot *)");
