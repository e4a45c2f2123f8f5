// SPDX-License-Identifier: GPL-2.0
/* Virtual processors, the root's included: who there is, and which pages they use. */

#include <linux/bits.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/sched.h>
#include <hvpart/abi.h>
#include <hvpart/guest.h>
#include "../memory/caches.h"
#include "vp.h"

/**
 * hvp_vps_init() - begin without any
 * @vps:	the virtual processors of a partition
 */
void hvp_vps_init(struct hvp_vps *vps)
{
	xa_init_flags(&vps->list, XA_FLAGS_ACCOUNT);
	spin_lock_init(&vps->retargeting);
}

/**
 * hvp_vps_add() - from now on there is one more
 * @vps:	the virtual processors of its partition
 * @number:	where it is in their list
 * @vp:		the virtual processor; kept by reference
 *
 * Context: May sleep; no lock held.
 * Return: 0, -ENOMEM, or -EBUSY if there is one at that number already.
 */
int hvp_vps_add(struct hvp_vps *vps, unsigned long number, struct hvp_vp *vp)
{
	int error = xa_insert(&vps->list, number, vp, HVP_GFP);

	if (error)
		return error;
	xa_lock(&vps->list);
	WRITE_ONCE(vps->count, vps->count + 1);
	xa_unlock(&vps->list);
	return 0;
}

/**
 * hvp_vps_prepare() - get memory for one more
 * @vps:	the virtual processors of its partition
 * @number:	where it is to be in their list, and none is
 *
 * Until it is there nobody finds anything at that number.  Where it may fail later as well,
 * hvp_vps_add() has a list of one that is looked through faster.
 *
 * Context: May sleep; no lock held.
 * Return: 0 or -ENOMEM.
 */
int hvp_vps_prepare(struct hvp_vps *vps, unsigned long number)
{
	return xa_reserve(&vps->list, number, HVP_GFP);
}

/**
 * hvp_vps_add_prepared() - hvp_vps_add() where that cannot fail
 * @vps:	the virtual processors of its partition
 * @number:	what was prepared
 * @vp:		the virtual processor; kept by reference
 *
 * Context: Any.
 */
void hvp_vps_add_prepared(struct hvp_vps *vps, unsigned long number, struct hvp_vp *vp)
{
	xa_lock(&vps->list);
	/* It has its place, so this allocates nothing. */
	WARN_ON_ONCE(xa_err(__xa_store(&vps->list, number, vp, 0)));
	WRITE_ONCE(vps->count, vps->count + 1);
	xa_unlock(&vps->list);
}

/**
 * hvp_vps_remove() - the reverse, also where one has been prepared only
 * @vps:	the virtual processors of its partition
 * @number:	which one
 *
 * Context: Any; whoever has found it may still look.
 */
void hvp_vps_remove(struct hvp_vps *vps, unsigned long number)
{
	xa_lock(&vps->list);
	if (__xa_erase(&vps->list, number))
		WRITE_ONCE(vps->count, vps->count - 1);
	xa_unlock(&vps->list);
}

/**
 * hvp_vps_find() - look a virtual processor of the root's up
 * @vps:	the root's virtual processors
 * @index:	its VP index, which is whatever the VMM says
 *
 * Context: May sleep; no lock held.
 * Return: the virtual processor, or NULL.
 */
struct hvp_vp *hvp_vps_find(struct hvp_vps *vps, u32 index)
{
	struct hvp_vp *vp = xa_load(&vps->list, index);
	unsigned long number;

	/* Nearly always it has the number that it should have. */
	if (vp && READ_ONCE(vp->index) == index)
		return vp;
	xa_for_each(&vps->list, number, vp) {
		if (READ_ONCE(vp->index) == index)
			return vp;
		/* There may be thousands. */
		cond_resched();
	}
	return NULL;
}

/* A list of pages, and what is known of it: most MSRs name a page that is not near. */
struct hvp_page_list {
	const struct hvp_pinned_page *pages;
	unsigned int count;
	u64 lowest, highest;
};

/* End the list before the pages that MSRs name. */
static void hvp_end_before_named(struct hvp_page_list *list, const u64 *msrs, unsigned int nr)
{
	unsigned int i;

	for (; nr; nr--, msrs++) {
		u64 msr = READ_ONCE(*msrs);
		u64 gfn = msr >> HVP_PAGE_SHIFT;

		if (!(msr & 1) || gfn < list->lowest || gfn > list->highest)
			continue;
		for (i = 0; i < list->count; i++) {
			if (list->pages[i].gfn == gfn)
				list->count = i;
		}
	}
}

/**
 * hvp_vps_first_named() - the first of some pages that has a meaning of its own
 * @vps:	the virtual processors of the partition whose pages they are
 * @pages:	the pages
 * @count:	how many
 *
 * Hypercall page, reference TSC page, VP assist pages, SynIC message, event and event ring
 * pages (contract, section 4, HvDepositMemory).
 *
 * Context: May sleep; no lock held.
 * Return: its index; @count if it is none of them.
 */
unsigned int hvp_vps_first_named(struct hvp_vps *vps, const struct hvp_pinned_page *pages,
				 unsigned int count)
{
	struct hvp_page_list list = { .pages = pages, .count = count, .lowest = U64_MAX };
	struct hvp_vp *vp;
	unsigned long i;

	for (i = 0; i < count; i++) {
		list.lowest = min(list.lowest, pages[i].gfn);
		list.highest = max(list.highest, pages[i].gfn);
	}
	hvp_end_before_named(&list, vps->pages, HVP_NR_PARTITION_PAGES);
	xa_for_each(&vps->list, i, vp) {
		hvp_end_before_named(&list, vp->pages, HVP_NR_VP_PAGES);
		cond_resched();
	}
	return list.count;
}

/**
 * hvp_vp_addresses() - do a virtual processor's addresses go that far?
 * @vp:		the virtual processor; the VMM says how wide they are, and may say anything
 * @gfn:	page number, any
 * @count:	of pages, not 0
 *
 * Context: Any.
 * Return: true if pages [gfn, gfn + count) are among them.
 */
bool hvp_vp_addresses(const struct hvp_vp *vp, u64 gfn, u64 count)
{
	u64 last = gfn + count - 1;

	if (last < gfn || last > U64_MAX >> HVP_PAGE_SHIFT)
		return false;
	return vp->gpa_bits >= BITS_PER_LONG_LONG || !(last << HVP_PAGE_SHIFT >> vp->gpa_bits);
}
