// SPDX-License-Identifier: GPL-2.0
/*
 * A VM's memory as the core sees it, by way of KVM's memory slots and the VMM's
 * own mapping of them.
 *
 * KVM's helpers for that are not exported to everybody on all kernels, but slot
 * lookup is inline and the rest is plain user access: a vCPU thread runs in the
 * VMM's address space and holds kvm->srcu, which keeps the slots.
 */

#include <linux/fault-inject-usercopy.h>
#include <linux/highmem.h>
#include <linux/kvm_host.h>
#include <linux/mm.h>
#include <linux/uaccess.h>
#include "../../hook/compat.h"
#include "locked_memory.h"
#include "memory.h"
#include "slot.h"

static struct hvp_locked_memory *hvp_guest_locked(struct hvp_guest *guest)
{
	return container_of(guest, struct hvp_kvm_guest, guest)->locked;
}

/* A page in the VMM, and how many are one after the other from there on in the same slot. */
struct hvp_user_pages {
	void __user *address;	/* NULL if it is not RAM (for writing) */
	u64 count;
};

static noinline const struct kvm_memory_slot *hvp_find_slot(struct hvp_kvm_guest *memory, u64 gfn)
{
	memory->slot = search_memslots(kvm_memslots(memory->kvm), gfn, false);
	return memory->slot;
}

/*
 * Most calls access one slot only, so it is looked for once; as long as the call lasts, the
 * thread holds kvm->srcu, and so the slot.
 */
static __always_inline struct hvp_user_pages hvp_slot_to_user(struct hvp_kvm_guest *memory,
							      u64 gfn, bool write)
{
	const struct kvm_memory_slot *slot = memory->slot;

	if (!slot || gfn - slot->base_gfn >= slot->npages)
		slot = hvp_find_slot(memory, gfn);
	if (!slot)
		return (struct hvp_user_pages) { .address = NULL };
	return (struct hvp_user_pages) {
		.address = hvp_slot_address(slot, gfn, write),
		.count = slot->base_gfn + slot->npages - gfn,
	};
}

/* The slot is held for no longer than this takes.  The address is the VMM's, come what may. */
static noinline struct hvp_user_pages hvp_outside_to_user(struct hvp_kvm_guest *memory, u64 gfn,
							  bool write)
{
	int token = srcu_read_lock(&memory->kvm->srcu);
	struct hvp_user_pages pages;

	memory->slot = NULL;
	pages = hvp_slot_to_user(memory, gfn, write);
	memory->slot = NULL;
	srcu_read_unlock(&memory->kvm->srcu, token);
	return pages;
}

static __always_inline struct hvp_user_pages hvp_gfn_to_user(struct hvp_guest *guest, u64 gfn,
							     bool write)
{
	struct hvp_kvm_guest *memory = container_of(guest, struct hvp_kvm_guest, guest);

	if (unlikely(memory->outside))
		return hvp_outside_to_user(memory, gfn, write);
	return hvp_slot_to_user(memory, gfn, write);
}

static __always_inline void __user *hvp_gpa_to_user(struct hvp_guest *guest, u64 gpa, bool write)
{
	void __user *page = hvp_gfn_to_user(guest, gpa_to_gfn(gpa), write).address;

	/* Fault injection does not look into how a few words are copied. */
	if (!page || should_fail_usercopy())
		return NULL;
	return page + offset_in_page(gpa);
}

/* Up to here a few words are cheaper than what a copy of any size begins with. */
#define HVP_FEW_BYTES	64

static bool hvp_few_words(size_t len)
{
	return len <= HVP_FEW_BYTES && IS_ALIGNED(len, sizeof(u64));
}

static int hvp_guest_read(struct hvp_guest *guest, u64 gpa, void *buf, size_t len)
{
	const u64 __user *from = hvp_gpa_to_user(guest, gpa, false);
	u64 *to = buf;

	if (!from)
		return -EFAULT;
	if (!hvp_few_words(len))
		return copy_from_user(buf, from, len) ? -EFAULT : 0;
	if (!user_read_access_begin(from, len))
		return -EFAULT;
	for (; len; len -= sizeof(*to))
		unsafe_get_user(*to++, from++, fault);
	user_read_access_end();
	return 0;
fault:
	user_read_access_end();
	return -EFAULT;
}

static int hvp_guest_write(struct hvp_guest *guest, u64 gpa, const void *buf, size_t len)
{
	u64 __user *to = hvp_gpa_to_user(guest, gpa, true);
	const u64 *from = buf;

	if (!to)
		return -EFAULT;
	if (!hvp_few_words(len))
		return copy_to_user(to, buf, len) ? -EFAULT : 0;
	if (!user_write_access_begin(to, len))
		return -EFAULT;
	for (; len; len -= sizeof(*to))
		unsafe_put_user(*from++, to++, fault);
	user_write_access_end();
	return 0;
fault:
	user_write_access_end();
	return -EFAULT;
}

/* Writing what is there by compare and exchange: a store that changes nothing. */
static int hvp_guest_probe_write(struct hvp_guest *guest, u64 gpa)
{
	u64 __user *to = hvp_gpa_to_user(guest, gpa, true);
	u64 unchanged = 0;

	if (!to || !access_ok(to, sizeof(*to)))
		return -EFAULT;
	return __try_cmpxchg_user(to, &unchanged, 0ULL, fault) < 0 ? -EFAULT : 0;
}

/*
 * How many of the pages, from the first on, are one after the other in the
 * VMM's address space, so that one call can pin them.
 */
static unsigned int hvp_contiguous(struct hvp_guest *guest,
				   const struct hvp_pinned_page *pages, unsigned int count,
				   unsigned long *address)
{
	u64 first = pages[0].gfn;
	struct hvp_user_pages there = hvp_gfn_to_user(guest, first, true);
	unsigned int n;

	*address = (unsigned long)there.address;
	if (!*address)
		return 0;
	count = min_t(u64, count, there.count);
	for (n = 1; n < count && pages[n].gfn == first + n; n++)
		;
	return n;
}

/* On the stack of a hypercall; deposits are long lists of neighbours. */
#define HVP_PIN_BATCH	32

/*
 * Pin pages that are neighbours in the VMM, and count their folios: before more than these
 * are pinned.  Return: how many, or an error.
 */
static int hvp_pin_neighbours(struct hvp_locked_memory *locked, unsigned long address,
			      unsigned int count, struct page **batch)
{
	int got = pin_user_pages_fast(address, count, FOLL_WRITE | FOLL_LONGTERM, batch);
	struct folio *folio, *last = NULL;
	bool any_large = false;
	int good;

	if (got < 0)
		return got == -ENOMEM || fatal_signal_pending(current) ? -ENOMEM : -EFAULT;
	for (good = 0; good < got; good++) {
		folio = page_folio(batch[good]);
		if (folio == last)
			continue;
		if (!hvp_folio_may_be_pinned(folio))
			break;
		any_large |= folio_test_large(folio);
		last = folio;
	}
	if (any_large && hvp_locked_memory_add_folios(locked, batch, good)) {
		unpin_user_pages(batch, got);
		return -ENOMEM;
	}
	unpin_user_pages(batch + good, got - good);
	return good ?: -EFAULT;
}

static unsigned int hvp_guest_pin(struct hvp_guest *guest, struct hvp_pinned_page *pages,
				  unsigned int count, int *error)
{
	struct page *batch[HVP_PIN_BATCH];
	unsigned int done = 0;

	while (done < count) {
		unsigned int want = min_t(unsigned int, count - done, HVP_PIN_BATCH);
		unsigned long address;
		int i, got;

		want = hvp_contiguous(guest, &pages[done], want, &address);
		got = want ? hvp_pin_neighbours(hvp_guest_locked(guest), address, want, batch) :
			     -EFAULT;
		if (got < 0) {
			*error = got;
			break;
		}
		for (i = 0; i < got; i++)
			pages[done + i].page = batch[i];
		done += got;
		cond_resched();
	}
	return done;
}

/*
 * Without the folio's lock, which others may hold for as long as they like: the end of one
 * VM, and unloading, would wait for that.  The lock is for file systems that do something
 * when a folio becomes dirty, and for an inode that goes meanwhile.  What can be pinned for
 * long has neither: anonymous memory, with or without a place in swap, shmem and hugetlbfs,
 * and on later kernels whatever else is never written back.  Marking those dirty is
 * noop_dirty_folio(), which sets this bit and does not look at the mapping.
 */
static void hvp_mark_dirty(struct folio *folio)
{
	if (!folio_test_dirty(folio))
		folio_set_dirty(folio);
}

static void hvp_guest_unpin(struct hvp_guest *guest, struct hvp_pinned_page *pages,
			    unsigned int count)
{
	struct hvp_locked_memory *locked = hvp_guest_locked(guest);
	struct page *batch[HVP_PIN_BATCH];
	unsigned int i, done, some;
	long release;

	for (done = 0; done < count; done += some) {
		some = min_t(unsigned int, count - done, HVP_PIN_BATCH);
		for (i = 0; i < some; i++) {
			batch[i] = pages[done + i].page;
			hvp_mark_dirty(page_folio(batch[i]));
		}
		release = hvp_locked_memory_remove_folios(locked, batch, some);
		unpin_user_pages(batch, some);
		if (release)
			hvp_locked_memory_release(locked, release);
		cond_resched();
	}
}

/*
 * Is the pinned page what the VMM has mapped at @at?  Told by a word that is written to the
 * page and looked for there: page tables are none of a module's business.  Who fakes the
 * word gets a page of the VMM's own back as it is.  What cannot be read has no answer.
 */
static int hvp_guest_still_sees(struct page *page, const u64 __user *at, u64 word)
{
	u64 seen;

	memcpy_to_page(page, 0, (const void *)&word, sizeof(word));
	if (get_user(seen, at))
		return -EFAULT;
	return seen == word;
}

/*
 * The VMM may have discarded or replaced the page since it was pinned, as balloons do, and
 * then the guest sees another one.
 */
static int hvp_guest_zero(struct hvp_guest *guest, const struct hvp_pinned_page *pinned)
{
	u64 __user *at = hvp_gfn_to_user(guest, pinned->gfn, false).address;
	/* No page number, no address, and not 0, which a discarded page is full of. */
	int sees = at ? hvp_guest_still_sees(pinned->page, at, ~pinned->gfn) : -EFAULT;

	clear_highpage(pinned->page);
	if (sees)
		return 0;
	/* What is in a slot without writing is the VMM's, and the guest could not have it. */
	if (!hvp_gfn_to_user(guest, pinned->gfn, true).address)
		return -EFAULT;
	return clear_user(at, PAGE_SIZE) ? -EFAULT : 0;
}

static int hvp_guest_node(struct hvp_guest *guest, struct page *page)
{
	return page_to_nid(page);
}

static unsigned int hvp_guest_is_ram(struct hvp_guest *guest, u64 gfn, unsigned int count)
{
	struct hvp_pinned_page pages[HVP_PIN_BATCH];
	struct page *batch[HVP_PIN_BATCH];
	unsigned int done, want, i;
	unsigned long address;
	int got;

	for (done = 0; done < count; done += got) {
		want = min_t(unsigned int, count - done, HVP_PIN_BATCH);
		for (i = 0; i < want; i++)
			pages[i].gfn = gfn + done + i;
		want = hvp_contiguous(guest, pages, want, &address);
		got = want ? get_user_pages_fast(address, want, FOLL_WRITE, batch) : 0;
		if (got <= 0)
			break;
		for (i = 0; i < got; i++)
			put_page(batch[i]);
		cond_resched();
	}
	return done;
}

static void hvp_guest_read_page(struct hvp_guest *guest, struct page *page, size_t offset,
				void *buf, size_t len)
{
	memcpy_from_page(buf, page, offset, len);
}

static void hvp_guest_write_page(struct hvp_guest *guest, struct page *page, size_t offset,
				 const void *buf, size_t len)
{
	memcpy_to_page(page, offset, buf, len);
}

static const struct hvp_guest_ops hvp_guest_memory_ops = {
	.read = hvp_guest_read,
	.write = hvp_guest_write,
	.probe_write = hvp_guest_probe_write,
	.pin = hvp_guest_pin,
	.unpin = hvp_guest_unpin,
	.zero = hvp_guest_zero,
	.write_page = hvp_guest_write_page,
	.node = hvp_guest_node,
	.is_ram = hvp_guest_is_ram,
	.read_page = hvp_guest_read_page,
};

/**
 * hvp_kvm_guest() - the core's view of a VM
 * @kvm:	the VM
 * @locked:	what it has pinned, or NULL if it is in no registry: it pins nothing then
 * @outside:	it is for a call that is made outside KVM's loop
 *
 * Return: the view, without a reference to @kvm or its address space: whoever
 * keeps it sees to that.
 */
struct hvp_kvm_guest hvp_kvm_guest(struct kvm *kvm, struct hvp_locked_memory *locked,
				   bool outside)
{
	return (struct hvp_kvm_guest) {
		.guest.ops = &hvp_guest_memory_ops,
		.kvm = kvm,
		.mm = kvm->mm,
		.locked = locked,
		.outside = outside,
	};
}
