// SPDX-License-Identifier: GPL-2.0
/*
 * A VM's memory as the core sees it, by way of KVM's memory slots and the VMM's
 * own mapping of them.
 *
 * KVM's helpers for that are not exported to everybody on all kernels, but slot
 * lookup is inline and the rest is plain user access: a vCPU thread runs in the
 * VMM's address space and holds kvm->srcu, which keeps the slots.
 */

#include <linux/highmem.h>
#include <linux/kvm_host.h>
#include <linux/mm.h>
#include <linux/uaccess.h>
#include "guest_memory.h"
#include "vcpu.h"

static struct kvm *hvp_guest_kvm(struct hvp_guest *guest)
{
	return container_of(guest, struct hvp_kvm_guest, guest)->kvm;
}

static struct mm_struct *hvp_guest_mm(struct hvp_guest *guest)
{
	return container_of(guest, struct hvp_kvm_guest, guest)->mm;
}

/* Address of a page in the VMM, or NULL if it is not RAM (for writing). */
static void __user *hvp_gfn_to_user(struct hvp_guest *guest, u64 gfn, bool write)
{
	struct kvm_memory_slot *slot;

	slot = search_memslots(kvm_memslots(hvp_guest_kvm(guest)), gfn, false);
	if (!slot || slot->flags & KVM_MEMSLOT_INVALID)
		return NULL;
	if (write && slot->flags & KVM_MEM_READONLY)
		return NULL;
	return (void __user *)__gfn_to_hva_memslot(slot, gfn);
}

static void __user *hvp_gpa_to_user(struct hvp_guest *guest, u64 gpa, bool write)
{
	void __user *page = hvp_gfn_to_user(guest, gpa_to_gfn(gpa), write);

	return page ? page + offset_in_page(gpa) : NULL;
}

static int hvp_guest_read(struct hvp_guest *guest, u64 gpa, void *buf, size_t len)
{
	void __user *from = hvp_gpa_to_user(guest, gpa, false);

	return from && !copy_from_user(buf, from, len) ? 0 : -EFAULT;
}

static int hvp_guest_write(struct hvp_guest *guest, u64 gpa, const void *buf, size_t len)
{
	void __user *to = hvp_gpa_to_user(guest, gpa, true);

	return to && !copy_to_user(to, buf, len) ? 0 : -EFAULT;
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

static bool hvp_guest_page_in_use(struct hvp_guest *guest, u64 gfn)
{
	return hvp_vcpus_name_page(hvp_guest_kvm(guest), gfn);
}

/*
 * How many of the pages, from the first on, are one after the other in the
 * VMM's address space, so that one call can pin them.
 */
static unsigned int hvp_contiguous(struct hvp_guest *guest,
				   const struct hvp_pinned_page *pages, unsigned int count,
				   unsigned long *address)
{
	unsigned int n;

	*address = (unsigned long)hvp_gfn_to_user(guest, pages[0].gfn, true);
	if (!*address)
		return 0;
	for (n = 1; n < count; n++) {
		if ((unsigned long)hvp_gfn_to_user(guest, pages[n].gfn, true) !=
		    *address + n * PAGE_SIZE)
			break;
	}
	return n;
}

/* On the stack of a hypercall; deposits are long lists of neighbours. */
#define HVP_PIN_BATCH	32

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
		if (!want) {
			*error = -EFAULT;
			break;
		}
		got = pin_user_pages_fast(address, want, FOLL_WRITE | FOLL_LONGTERM, batch);
		if (got < 0) {
			*error = got == -ENOMEM || fatal_signal_pending(current) ?
				 -ENOMEM : -EFAULT;
			break;
		}
		for (i = 0; i < got; i++)
			pages[done + i].page = batch[i];
		done += got;
		cond_resched();
	}
	return done;
}

static void hvp_guest_unpin(struct hvp_guest *guest, struct hvp_pinned_page *pages,
			    unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++) {
		unpin_user_pages_dirty_lock(&pages[i].page, 1, true);
		cond_resched();
	}
}

static void hvp_guest_zero(struct hvp_guest *guest, struct page *page)
{
	clear_highpage(page);
}

static int hvp_guest_node(struct hvp_guest *guest, struct page *page)
{
	return page_to_nid(page);
}

static void hvp_guest_write_page(struct hvp_guest *guest, struct page *page, size_t offset,
				 const void *buf, size_t len)
{
	memcpy_to_page(page, offset, buf, len);
}

static unsigned int hvp_guest_vp_count(struct hvp_guest *guest)
{
	return atomic_read(&hvp_guest_kvm(guest)->online_vcpus);
}

static bool hvp_guest_vp_exists(struct hvp_guest *guest, u32 vp_index)
{
	struct kvm *kvm = hvp_guest_kvm(guest);
	struct kvm_vcpu *vcpu;
	unsigned long i;

	kvm_for_each_vcpu(i, vcpu, kvm) {
		if (hvp_vcpu_vp_index(vcpu) == vp_index)
			return true;
	}
	return false;
}

static u64 hvp_guest_os_id(struct hvp_guest *guest)
{
	return READ_ONCE(hvp_guest_kvm(guest)->arch.hyperv.hv_guest_os_id);
}

static int hvp_guest_reserve_locked_pages(struct hvp_guest *guest, unsigned long count)
{
	return account_locked_vm(hvp_guest_mm(guest), count, true);
}

static void hvp_guest_release_locked_pages(struct hvp_guest *guest, unsigned long count)
{
	account_locked_vm(hvp_guest_mm(guest), count, false);
}

static const struct hvp_guest_ops hvp_guest_memory_ops = {
	.read = hvp_guest_read,
	.write = hvp_guest_write,
	.probe_write = hvp_guest_probe_write,
	.page_in_use = hvp_guest_page_in_use,
	.pin = hvp_guest_pin,
	.unpin = hvp_guest_unpin,
	.zero = hvp_guest_zero,
	.write_page = hvp_guest_write_page,
	.node = hvp_guest_node,
	.guest_os_id = hvp_guest_os_id,
	.vp_count = hvp_guest_vp_count,
	.vp_exists = hvp_guest_vp_exists,
	.reserve_locked_pages = hvp_guest_reserve_locked_pages,
	.release_locked_pages = hvp_guest_release_locked_pages,
};

/**
 * hvp_kvm_guest() - the core's view of a VM
 * @kvm:	the VM
 *
 * Return: the view, without a reference to @kvm or its address space: whoever
 * keeps it sees to that.
 */
struct hvp_kvm_guest hvp_kvm_guest(struct kvm *kvm)
{
	return (struct hvp_kvm_guest) {
		.guest.ops = &hvp_guest_memory_ops,
		.kvm = kvm,
		.mm = kvm->mm,
	};
}
