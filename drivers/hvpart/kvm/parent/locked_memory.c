// SPDX-License-Identifier: GPL-2.0
/*
 * What pinned pages count for against RLIMIT_MEMLOCK, of the VMM and of its user.
 *
 * One page that is pinned keeps the whole of its folio from being freed, split or
 * reclaimed, so that counts whole, and once for each VM, however many of its pages are
 * pinned.  The core, which knows nothing of folios, counts the pages of a list before it
 * pins any.  What is counted here comes on top of that: with N of the folio's pages
 * pinned, its size - N, which may be less than nothing if the VMM has mapped them twice.
 *
 * A pinned folio is not split, so its size stays what it was.
 */

#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/user.h>
#include <linux/user_namespace.h>
#include "../../core/core.h"
#include "../../hook/compat.h"
#include "locked_memory.h"

/* A guest can make this be asked as often as it likes: no line for the audit log. */
static bool hvp_may_lock_any_memory(void)
{
	return ns_capable_noaudit(&init_user_ns, CAP_IPC_LOCK);
}

/**
 * hvp_locked_memory_init() - a VM that has pinned nothing yet
 * @locked:	its account
 * @mm:		the VMM's address space, which the caller holds
 *
 * Which user is charged is decided here, once, so that it is the same who is given back
 * to, in whatever task that is.
 *
 * Context: Any; in a thread of the VMM.
 */
void hvp_locked_memory_init(struct hvp_locked_memory *locked, struct mm_struct *mm)
{
	locked->mm = mm;
	locked->user = NULL;
	if (hvp_locked_pages_of_user(current_user()) && !hvp_may_lock_any_memory())
		locked->user = get_uid(current_user());
	xa_init_flags(&locked->folios, XA_FLAGS_ACCOUNT);
}

/**
 * hvp_locked_memory_destroy() - the reverse; nothing is pinned any more
 * @locked:	the account
 *
 * Context: Any.
 */
void hvp_locked_memory_destroy(struct hvp_locked_memory *locked)
{
	xa_destroy(&locked->folios);
	free_uid(locked->user);
}

/*
 * The counter of pinned pages needs no lock, which that of locked ones does: the mmap_lock,
 * where vCPUs would wait for each other and for whatever the VMM does to its address space.
 */
static bool hvp_reserve_of_mm(struct mm_struct *mm, long count, unsigned long limit)
{
	unsigned long pinned = atomic64_add_return(count, &mm->pinned_vm);

	if (pinned + READ_ONCE(mm->locked_vm) <= limit || hvp_may_lock_any_memory())
		return true;
	atomic64_sub(count, &mm->pinned_vm);
	return false;
}

/* Not even for a moment more than the limit: others, who have room, would be refused. */
static bool hvp_reserve_of_user(struct user_struct *user, long count, unsigned long limit)
{
	atomic_long_t *locked = hvp_locked_pages_of_user(user);
	long before = atomic_long_read(locked);

	do {
		if (before + count > limit)
			return false;
	} while (!atomic_long_try_cmpxchg(locked, &before, before + count));
	return true;
}

/**
 * hvp_locked_memory_reserve() - count more pages as locked
 * @locked:	the VM's account
 * @count:	how many; fewer, if it is negative, which cannot fail
 *
 * Of the VMM, together with what it has locked by itself; and of its user, together with
 * what all processes of his have pinned.
 *
 * Context: Any; in a thread of the VMM.
 * Return: 0, or -ENOMEM with nothing counted at either limit.
 */
int hvp_locked_memory_reserve(struct hvp_locked_memory *locked, long count)
{
	unsigned long limit = rlimit(RLIMIT_MEMLOCK) >> PAGE_SHIFT;

	if (count <= 0) {
		hvp_locked_memory_release(locked, -count);
		return 0;
	}
	if (!hvp_reserve_of_mm(locked->mm, count, limit))
		return -ENOMEM;
	if (!locked->user || hvp_reserve_of_user(locked->user, count, limit))
		return 0;
	atomic64_sub(count, &locked->mm->pinned_vm);
	return -ENOMEM;
}

/**
 * hvp_locked_memory_release() - count fewer pages as locked
 * @locked:	the VM's account
 * @count:	how many; more, if it is negative, and whatever the limit is
 *
 * Context: Any.
 */
void hvp_locked_memory_release(struct hvp_locked_memory *locked, long count)
{
	atomic64_sub(count, &locked->mm->pinned_vm);
	if (locked->user)
		atomic_long_sub(count, hvp_locked_pages_of_user(locked->user));
}

/* How many pages of a folio are the first of a list? */
static unsigned int hvp_pages_of_folio(const struct folio *folio, struct page **pages,
				       unsigned int count)
{
	unsigned int n = 1;

	while (n < count && page_folio(pages[n]) == folio)
		n++;
	return n;
}

/*
 * All of the folio is counted before anybody can see that it is, so that whoever finds it
 * counted can rely on that.
 */
static int hvp_add_folio(struct hvp_locked_memory *locked, struct folio *folio, long pinned)
{
	long rest = folio_nr_pages(folio) - pinned;
	unsigned long pfn = folio_pfn(folio);
	void *found = xa_load(&locked->folios, pfn);
	void *old;

	do {
		old = found;
		if (!old && hvp_locked_memory_reserve(locked, rest))
			return -ENOMEM;
		found = xa_cmpxchg(&locked->folios, pfn, old,
				   xa_mk_value((old ? xa_to_value(old) : 0) + pinned), HVP_GFP);
		if (!old && found)
			hvp_locked_memory_release(locked, rest);
		if (xa_is_err(found))
			return -ENOMEM;
	} while (found != old);

	/* The core has counted them once more. */
	if (old)
		hvp_locked_memory_release(locked, pinned);
	return 0;
}

/* Return: what is to be released now. */
static long hvp_remove_folio(struct hvp_locked_memory *locked, struct folio *folio, long pinned)
{
	unsigned long pfn = folio_pfn(folio);
	void *found = xa_load(&locked->folios, pfn);
	unsigned long left;
	void *old;

	do {
		old = found;
		left = xa_to_value(old) - pinned;
		/* The entry is there, so this allocates nothing. */
		found = xa_cmpxchg(&locked->folios, pfn, old, left ? xa_mk_value(left) : NULL, 0);
	} while (found != old);

	/* The core will count them less, but the folio stays. */
	return left ? -pinned : (long)folio_nr_pages(folio) - pinned;
}

/**
 * hvp_locked_memory_add_folios() - count the rest of the folios whose pages were pinned
 * @locked:	the VM's account
 * @pages:	pages that the caller has just pinned and has reserved
 * @count:	how many
 *
 * Context: May sleep; in a thread of the VMM.
 * Return: 0, or -ENOMEM with nothing changed at the limit, or if the host has no memory.
 */
int hvp_locked_memory_add_folios(struct hvp_locked_memory *locked, struct page **pages,
				 unsigned int count)
{
	unsigned int i, some;
	long release;

	for (i = 0; i < count; i += some) {
		struct folio *folio = page_folio(pages[i]);

		some = 1;
		if (!folio_test_large(folio))
			continue;
		some = hvp_pages_of_folio(folio, pages + i, count - i);
		if (hvp_add_folio(locked, folio, some)) {
			release = hvp_locked_memory_remove_folios(locked, pages, i);
			hvp_locked_memory_release(locked, release);
			return -ENOMEM;
		}
	}
	return 0;
}

/**
 * hvp_locked_memory_remove_folios() - the reverse, before the pages are unpinned
 * @locked:	the VM's account
 * @pages:	pages that are pinned
 * @count:	how many
 *
 * Once they are not, others may have their folio.  But they are locked memory until then.
 *
 * Context: Any.
 * Return: what the caller is to hand to hvp_locked_memory_release() afterwards.
 */
long hvp_locked_memory_remove_folios(struct hvp_locked_memory *locked, struct page **pages,
				     unsigned int count)
{
	unsigned int i, some;
	long release = 0;

	for (i = 0; i < count; i += some) {
		struct folio *folio = page_folio(pages[i]);

		some = 1;
		if (!folio_test_large(folio))
			continue;
		some = hvp_pages_of_folio(folio, pages + i, count - i);
		release += hvp_remove_folio(locked, folio, some);
	}
	return release;
}
