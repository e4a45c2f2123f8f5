// SPDX-License-Identifier: GPL-2.0
/*
 * A child's memory as its KVM has it: memory slots, and what is behind them.
 *
 * A slot is a granule of the child's address space, made when something in it is mapped or
 * touched: KVM pays for slots by their size, and takes long to change them.  What of a slot
 * is there, and with which rights, the core's map says, each time that KVM asks for a page.
 *
 * KVM asks in two ways.  For the processor it calls hva_to_pfn(), which is redirected: see
 * window.c.  For itself (its emulator, which walks page tables and fetches instructions; the
 * pages that Hyper-V's MSRs name) it uses the slot's address in the VMM.  There is an area
 * of ours, whose faults are served for a thread that uses a VP of the child, with a page that
 * is pinned until it stops.
 */

#include <linux/interval_tree.h>
#include <linux/kvm_host.h>
#include <linux/mm.h>
#include <linux/mmu_notifier.h>
#include <linux/pagemap.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include "../../core/core.h"
#include "../../hook/compat.h"
#include "../originals.h"
#include "huge.h"
#include "machine.h"
#include "mapping.h"
#include "runner.h"
#include "vcpu.h"

/* 128 MiB: an address space of 16 GiB has 128 of them. */
#define HVP_GRANULE_SHIFT	(27 - PAGE_SHIFT)
#define HVP_GRANULE_PAGES	BIT(HVP_GRANULE_SHIFT)
/* KVM allocates some 64 KiB for each. */
#define HVP_MAX_SLOTS		4096

/* KVM has the LAPIC there, which it does not find behind a slot. */
#define HVP_APIC_GFN		(0xfee00000ULL >> PAGE_SHIFT)

/**
 * struct hvp_granule - a part of a child's address space
 * @address:	where the VMM has it, 0 if it has not yet been made
 * @slots:	how many of its slots have been made
 */
struct hvp_granule {
	unsigned long address;
	unsigned int slots;
};

/* Not all of its slots have been made; it has an address. */
#define HVP_GRANULE_UNFINISHED	XA_MARK_0
#define HVP_GRANULE_MADE	XA_MARK_1

static bool hvp_page_allows(const struct hvp_gpa_page *page, bool write)
{
	return page->kind == HVP_GPA_MAPPED && (!write || page->rights & HVP_MAP_WRITE);
}

/* Where the VMM has those of a granule that it has.  Return: false if that is not yet made. */
static bool hvp_granule_part(struct hvp_granule *granule, unsigned long index, u64 gfn, u64 count,
			     unsigned long *start, unsigned long *end)
{
	unsigned long address = READ_ONCE(granule->address);
	u64 first = (u64)index << HVP_GRANULE_SHIFT;

	*start = address + ((max(gfn, first) - first) << PAGE_SHIFT);
	*end = address + (min(gfn + count - first, (u64)HVP_GRANULE_PAGES) << PAGE_SHIFT);
	return address;
}

/* As the host tells any VM that it takes pages away.  Nothing of this sleeps. */
static void hvp_tell_kvm(struct kvm *kvm, unsigned long start, unsigned long end)
{
	struct mmu_notifier *notifier = &kvm->mmu_notifier;
	struct mmu_notifier_range range = {
		.mm = kvm->mm,
		.start = start,
		.end = end,
		.event = MMU_NOTIFY_CLEAR,
	};

	notifier->ops->invalidate_range_start(notifier, &range);
	notifier->ops->invalidate_range_end(notifier, &range);
}

/**
 * hvp_child_memory_forget() - KVM is to let go of pages
 * @machine:	the machine
 * @gfn:	the first page
 * @count:	how many
 *
 * What KVM is about to map that was looked up before, it does not map.
 *
 * Context: Does not sleep; may be called with spinlocks held, that of the map among them.
 */
void hvp_child_memory_forget(struct hvp_machine *machine, u64 gfn, u64 count)
{
	unsigned long index, start, end;
	struct hvp_granule *granule;

	xa_for_each_range(&machine->memory.granules, index, granule, gfn >> HVP_GRANULE_SHIFT,
			  (gfn + count - 1) >> HVP_GRANULE_SHIFT) {
		if (hvp_granule_part(granule, index, gfn, count, &start, &end))
			hvp_tell_kvm(machine->kvm, start, end);
	}
}

/**
 * hvp_child_memory_forget_all() - KVM is to let go of all pages
 * @machine:	the machine
 * @may_sleep:	whether to reschedule, as these may be millions
 *
 * As hvp_child_memory_forget() of each page, but not of all of them at one moment.  KVM has
 * HVP_MAX_SLOTS granules at most.
 *
 * Context: May sleep if @may_sleep.
 */
void hvp_child_memory_forget_all(struct hvp_machine *machine, bool may_sleep)
{
	struct hvp_granule *granule;
	unsigned long index;

	xa_for_each_marked(&machine->memory.granules, index, granule, HVP_GRANULE_MADE) {
		hvp_child_memory_forget(machine, (u64)index << HVP_GRANULE_SHIFT,
					HVP_GRANULE_PAGES);
		if (may_sleep)
			cond_resched();
	}
}

/* As the host asks any VM whether it has used pages.  Nothing of this sleeps. */
static bool hvp_ask_kvm(struct kvm *kvm, unsigned long start, unsigned long end, enum hvp_age how)
{
	struct mmu_notifier *notifier = &kvm->mmu_notifier;

	switch (how) {
	case HVP_CLEAR_YOUNG:
		return notifier->ops->clear_young(notifier, kvm->mm, start, end);
	case HVP_CLEAR_FLUSH_YOUNG:
		return notifier->ops->clear_flush_young(notifier, kvm->mm, start, end);
	case HVP_TEST_YOUNG:
		break;
	}
	for (; start < end; start += PAGE_SIZE) {
		if (notifier->ops->test_young(notifier, kvm->mm, start))
			return true;
	}
	return false;
}

static bool hvp_child_memory_used(struct hvp_viewer *viewer, u64 gfn, u64 count,
				  enum hvp_age how)
{
	struct hvp_machine *machine = container_of(viewer, struct hvp_machine, memory.viewer);
	unsigned long index, start, end;
	struct hvp_granule *granule;
	bool used = false;

	xa_for_each_range(&machine->memory.granules, index, granule, gfn >> HVP_GRANULE_SHIFT,
			  (gfn + count - 1) >> HVP_GRANULE_SHIFT) {
		if (hvp_granule_part(granule, index, gfn, count, &start, &end))
			used |= hvp_ask_kvm(machine->kvm, start, end, how);
	}
	return used;
}

static bool hvp_child_memory_lost(void *viewer, u64 gfn, u64 count)
{
	hvp_child_memory_forget(container_of(viewer, struct hvp_machine, memory.viewer), gfn,
				count);
	return true;
}

static void hvp_child_memory_lost_all(struct hvp_viewer *viewer, bool may_sleep)
{
	hvp_child_memory_forget_all(container_of(viewer, struct hvp_machine, memory.viewer),
				    may_sleep);
}

/**
 * hvp_child_memory_unmapped() - pages are the child's no more, or others now
 * @machine:	the machine
 * @gfn:	the first page
 * @count:	how many
 *
 * Context: May sleep, but waits for nobody that a VMM can stop.
 */
void hvp_child_memory_unmapped(struct hvp_machine *machine, u64 gfn, u64 count)
{
	struct hvp_child_memory *memory = &machine->memory;

	/* Whoever has looked a page up before does not use it after this. */
	down_write(&memory->changed);
	memory->changes++;
	up_write(&memory->changed);
	hvp_child_memory_forget(machine, gfn, count);
	hvp_mapping_unmap(memory->mapping, gfn << PAGE_SHIFT, count << PAGE_SHIFT);
}

static void hvp_soft_page_drop(struct hvp_machine_vp *vp, unsigned int n)
{
	struct hvp_child_memory *memory = &vp->machine->memory;
	struct hvp_soft_pages *soft = &vp->soft;
	struct folio *folio = page_folio(soft->pages[n]);

	soft->dropping = true;
	hvp_mapping_unmap(memory->mapping, soft->gfns[n] << PAGE_SHIFT, PAGE_SIZE);
	soft->dropping = false;
	/*
	 * Pairs with hvp_kvms_own_pfn(): that has not found the page, or is told of its end.  When
	 * the module goes, KVM takes commands for a vCPU whose descriptor the VMM has kept.
	 */
	smp_mb();
	if (atomic_read_acquire(&memory->following) || READ_ONCE(memory->followed) ||
	    hvp_runners_are_stopping())
		hvp_child_memory_forget(vp->machine, soft->gfns[n], 1);
	/* A FUSE server may hold the lock for ever; who is killed meanwhile has lost that write. */
	if (test_bit(n, &soft->written) && !folio_test_dirty(folio) &&
	    !folio_lock_killable(folio)) {
		folio_mark_dirty(folio);
		folio_unlock(folio);
	}
	unpin_user_pages(&soft->pages[n], 1);
}

static void hvp_soft_page_add(struct hvp_machine_vp *vp, u64 gfn, struct page *page,
			      bool written)
{
	struct hvp_soft_pages *soft = &vp->soft;
	unsigned int n = soft->count % HVP_SOFT_PAGES;

	/* An instruction has a few operands; those of earlier ones are done with. */
	if (soft->count >= HVP_SOFT_PAGES)
		hvp_soft_page_drop(vp, n);
	soft->pages[n] = page;
	soft->gfns[n] = gfn;
	__assign_bit(n, &soft->written, written);
	soft->count++;
}

/**
 * hvp_child_memory_soft_end() - a thread has used a VP
 * @vp:		the VP
 *
 * Context: May sleep; in the thread that has used it.
 */
void hvp_child_memory_soft_end(struct hvp_machine_vp *vp)
{
	unsigned int n = min_t(unsigned int, vp->soft.count, HVP_SOFT_PAGES);

	while (n-- > 0)
		hvp_soft_page_drop(vp, n);
	vp->soft.count = 0;
}

/* KVM's emulator goes without, and whoever has called it takes back what it makes of that. */
static vm_fault_t hvp_soft_page_refuse(struct hvp_machine_vp *vp, u64 gfn, bool write)
{
	vp->stop.refused = true;
	vp->stop.gfn = gfn;
	vp->stop.write = write;
	return VM_FAULT_SIGBUS;
}

/* Put a page into the VMM's page table, unless the map has changed. */
static vm_fault_t hvp_soft_page_insert(struct hvp_child_memory *memory, unsigned long changes,
				       struct vm_fault *vmf, struct page *page, bool write)
{
	unsigned long flags = vmf->vma->vm_flags;
	vm_fault_t result = VM_FAULT_RETRY;

	if (!write)
		flags &= ~VM_WRITE;
	down_read(&memory->changed);
	/* The VMA's own protection would have the entry begin read-only. */
	if (memory->changes == changes)
		result = vmf_insert_pfn_prot(vmf->vma, vmf->address, page_to_pfn(page),
					     vm_get_page_prot(flags));
	up_read(&memory->changed);
	return result;
}

static bool hvp_soft_page_pin(struct hvp_child_memory *memory, u64 source, bool writable,
			      struct page **page)
{
	unsigned long address = hvp_windows_address(memory->viewer.windows, source, writable);

	return address && hvp_pin_page_locked(address, writable, page) == 1;
}

static vm_fault_t hvp_soft_page_fault(struct hvp_machine_vp *vp, struct vm_fault *vmf)
{
	struct hvp_child_memory *memory = &vp->machine->memory;
	bool write = vmf->flags & FAULT_FLAG_WRITE;
	struct hvp_gpa_page found;
	unsigned long changes;
	struct page *page;
	vm_fault_t result;
	bool writable;

	do {
		down_read(&memory->changed);
		changes = memory->changes;
		up_read(&memory->changed);
		hvp_gpa_map_find(memory->viewer.map, vmf->pgoff, &found);
		if (!hvp_page_allows(&found, write) || fatal_signal_pending(current))
			return hvp_soft_page_refuse(vp, vmf->pgoff, write);
		writable = found.rights & HVP_MAP_WRITE;
		if (!hvp_soft_page_pin(memory, found.source, writable, &page)) {
			/* The VMM may have made it read-only. */
			if (write || !writable ||
			    !hvp_soft_page_pin(memory, found.source, false, &page))
				return hvp_soft_page_refuse(vp, vmf->pgoff, write);
			writable = false;
		}
		result = hvp_soft_page_insert(memory, changes, vmf, page, writable);
		if (result != VM_FAULT_NOPAGE)
			unpin_user_page(page);
	} while (result == VM_FAULT_RETRY);
	if (result == VM_FAULT_NOPAGE)
		hvp_soft_page_add(vp, vmf->pgoff, page, writable);
	return result;
}

static vm_fault_t hvp_child_memory_fault(struct vm_fault *vmf)
{
	struct hvp_machine_vp *vp = hvp_runner_vp_here();

	/* Of another machine's area, or of one that has gone, the page would stay there. */
	if (!vp || !hvp_mapping_has(vp->machine->memory.mapping, vmf->vma))
		return VM_FAULT_SIGBUS;
	return hvp_soft_page_fault(vp, vmf);
}

/* There is an entry, which is read-only because the page is. */
static vm_fault_t hvp_child_memory_mkwrite(struct vm_fault *vmf)
{
	struct hvp_machine_vp *vp = hvp_runner_vp_here();

	if (!vp || !hvp_mapping_has(vp->machine->memory.mapping, vmf->vma))
		return VM_FAULT_SIGBUS;
	return hvp_soft_page_refuse(vp, vmf->pgoff, true);
}

static const struct vm_operations_struct hvp_child_memory_ops = {
	HVP_MAPPING_OPS,
	.fault = hvp_child_memory_fault,
	.pfn_mkwrite = hvp_child_memory_mkwrite,
};

/*
 * Is it our address of the page?  What KVM was to make a slot of has been in the VMM's reach:
 * only where hvp_child_memory_forget() tells KVM to let go is a page given.
 */
static bool hvp_granule_has(struct hvp_machine *machine, u64 gfn, unsigned long address)
{
	struct hvp_granule *granule = xa_load(&machine->memory.granules,
					      gfn >> HVP_GRANULE_SHIFT);
	u64 within = gfn & (HVP_GRANULE_PAGES - 1);
	unsigned long start = granule ? READ_ONCE(granule->address) : 0;

	return start && (address & PAGE_MASK) == start + (within << PAGE_SHIFT);
}

/* Whose an address of the VMM's is, where KVM looks for a page of a child */
enum hvp_whose {
	HVP_NOBODYS,		/* of no slot that is as we have made it */
	HVP_KVMS_OWN,		/* of a slot that KVM has for itself */
	HVP_CHILDS,		/* a page of the child's */
};

static enum hvp_whose hvp_child_gfn(struct hvp_machine *machine, unsigned long address, u64 *gfn)
{
	enum hvp_whose whose = HVP_NOBODYS;
	struct kvm_memslots *slots;
	struct kvm_memory_slot *slot = NULL;
	struct interval_tree_node *node;
	int token = srcu_read_lock(&machine->kvm->srcu);

	slots = kvm_memslots(machine->kvm);
	node = interval_tree_iter_first(&slots->hva_tree, address, address);
	if (node)
		slot = container_of(node, struct kvm_memory_slot, hva_node[slots->node_idx]);
	if (slot && slot->id >= KVM_USER_MEM_SLOTS) {
		whose = HVP_KVMS_OWN;
	} else if (slot) {
		*gfn = slot->base_gfn + ((address - slot->userspace_addr) >> PAGE_SHIFT);
		if (hvp_granule_has(machine, *gfn, address))
			whose = HVP_CHILDS;
	}
	srcu_read_unlock(&machine->kvm->srcu, token);
	return whose;
}

/* KVM drops the reference to the page. */
static u64 hvp_child_pfn(struct hvp_machine_vp *vp, u64 gfn,
			 const struct hvp_host_page_request *request)
{
	struct hvp_viewer *viewer = &vp->machine->memory.viewer;
	struct hvp_gpa_page found;
	unsigned long address;
	struct page *page;
	bool writable;
	int error = -EFAULT;

	vp->stop.gfn = gfn;
	vp->stop.write = request->write;
	vp->stop.cause = HVP_STOP_MEMORY;
	hvp_gpa_map_find(viewer->map, gfn, &found);
	if (!hvp_page_allows(&found, request->write))
		return KVM_PFN_ERR_FAULT;
	vp->stop.cause = HVP_STOP_HOST;
	writable = found.rights & HVP_MAP_WRITE;
	if (request->may_sleep && !request->pin)
		error = hvp_viewer_get_page(viewer, found.source, writable, &page, &address);
	/* The VMM may have made it read-only. */
	if (error == -EFAULT && request->may_sleep && !request->pin && writable &&
	    !request->write) {
		writable = false;
		error = hvp_viewer_get_page(viewer, found.source, false, &page, &address);
	}
	vp->stop.error = error;
	if (error)
		return KVM_PFN_ERR_FAULT;
	vp->stop.cause = HVP_STOP_NONE;
	hvp_huge_note(vp, gfn, page, address);
	/* What is only read would be dirty as soon as it can be written to: KVM asks again then. */
	if (request->writable)
		*request->writable = writable &&
				     (request->write || !READ_ONCE(vp->machine->memory.tracked));
	if (request->page)
		*request->page = page;
	return page_to_pfn(page);
}

static bool hvp_child_memory_is_at(const struct hvp_child_memory *memory, unsigned long address)
{
	struct mm_struct *mm = current->mm;
	struct vm_area_struct *vma;
	bool ours;

	mmap_read_lock(mm);
	vma = vma_lookup(mm, address);
	ours = vma && hvp_mapping_has(memory->mapping, vma);
	mmap_read_unlock(mm);
	return ours;
}

/*
 * What KVM has for itself is memory of the VMM's, which can unmap it, and find an area of ours
 * there.  Where KVM may have found a page of the emulator's, it is to be told when that goes,
 * as of any page; and so it is while it looks.  An area that has gone since, it was told of.
 */
static u64 hvp_kvms_own_pfn(struct hvp_child_memory *memory, HVP_HVA_TO_PFN_PARAMETERS)
{
	const struct hvp_host_page_request request = HVP_HVA_TO_PFN_REQUEST;
	u64 pfn;

	atomic_inc(&memory->following);
	/* Pairs with hvp_soft_page_drop(). */
	smp_mb__after_atomic();
	pfn = hvp_original_hva_to_pfn(HVP_HVA_TO_PFN_ARGUMENTS);
	/* For good, and not counted: a count that stays could be made to wrap. */
	if (request.may_sleep && hvp_child_memory_is_at(memory, request.address))
		WRITE_ONCE(memory->followed, true);
	atomic_dec_return_release(&memory->following);
	return pfn;
}

static u64 hvp_replace_hva_to_pfn(HVP_HVA_TO_PFN_PARAMETERS)
{
	int token = srcu_read_lock(&hvp_calls_running);
	const struct hvp_host_page_request request = HVP_HVA_TO_PFN_REQUEST;
	struct hvp_machine_vp *vp = hvp_runner_vp_here();
	u64 gfn, pfn;

	if (!vp) {
		pfn = hvp_original_hva_to_pfn(HVP_HVA_TO_PFN_ARGUMENTS);
		goto unlock;
	}
	/* What KVM finds by itself is no part of the parent's. */
	vp->huge_address = 0;
	switch (hvp_child_gfn(vp->machine, request.address, &gfn)) {
	case HVP_CHILDS:
		pfn = hvp_child_pfn(vp, gfn, &request);
		break;
	case HVP_KVMS_OWN:
		pfn = hvp_kvms_own_pfn(&vp->machine->memory, HVP_HVA_TO_PFN_ARGUMENTS);
		break;
	default:
		vp->stop.cause = HVP_STOP_NONE;
		pfn = KVM_PFN_ERR_FAULT;
		break;
	}
unlock:
	srcu_read_unlock(&hvp_calls_running, token);
	return pfn;
}

HVP_DEFINE_HOOK(hva_to_pfn, hvp_runner_divert, HVP_HVA_TO_PFN_SIGNATURE);

/**
 * hvp_child_memory_is_apic_gfn() - is a page left out of all slots?
 * @gfn:	the page
 *
 * Return: true if it is that of the LAPIC.
 */
bool hvp_child_memory_is_apic_gfn(u64 gfn)
{
	return gfn == HVP_APIC_GFN;
}

/**
 * hvp_child_memory_named_by_msr() - does a value of an MSR have KVM write to a page of a child's?
 * @machine:	the machine
 * @msr:	the MSR
 * @data:	the value
 * @gfn:	receives the page
 *
 * Context: Any that may take a spinlock.
 * Return: true if so, also where the page has no access.
 */
bool hvp_child_memory_named_by_msr(struct hvp_machine *machine, u32 msr, u64 data, u64 *gfn)
{
	struct hvp_gpa_page page;

	if (!(data & 1) || (msr != HV_X64_MSR_HYPERCALL && msr != HV_X64_MSR_VP_ASSIST_PAGE))
		return false;
	*gfn = data >> PAGE_SHIFT;
	hvp_gpa_map_find(machine->memory.viewer.map, *gfn, &page);
	return page.kind != HVP_GPA_UNMAPPED;
}

/* A slot of a granule; the LAPIC's page is left out. */
struct hvp_slot_range {
	u64 gfn;
	u64 count;
};

static unsigned int hvp_granule_slots(unsigned long index, struct hvp_slot_range ranges[2])
{
	u64 first = (u64)index << HVP_GRANULE_SHIFT;

	ranges[0] = (struct hvp_slot_range) { first, HVP_GRANULE_PAGES };
	if (index != HVP_APIC_GFN >> HVP_GRANULE_SHIFT)
		return 1;
	ranges[0].count = HVP_APIC_GFN - first;
	ranges[1].gfn = HVP_APIC_GFN + 1;
	ranges[1].count = first + HVP_GRANULE_PAGES - ranges[1].gfn;
	return 2;
}

static int hvp_granule_make_slots(struct hvp_machine *machine, unsigned long index,
				  struct hvp_granule *granule)
{
	struct hvp_child_memory *memory = &machine->memory;
	struct hvp_runner *runner = hvp_runner_here();
	struct hvp_slot_range ranges[2];
	unsigned int count = hvp_granule_slots(index, ranges);
	struct kvm_userspace_memory_region region;
	u64 first = (u64)index << HVP_GRANULE_SHIFT;
	long error;

	for (; granule->slots < count; granule->slots++) {
		const struct hvp_slot_range *range = &ranges[granule->slots];

		region = (struct kvm_userspace_memory_region) {
			.slot = memory->slots,
			.guest_phys_addr = range->gfn << PAGE_SHIFT,
			.memory_size = range->count << PAGE_SHIFT,
			.userspace_addr = granule->address +
					  ((range->gfn - first) << PAGE_SHIFT),
			.flags = memory->tracked ? KVM_MEM_LOG_DIRTY_PAGES : 0,
		};
		error = hvp_runner_ioctl(runner, machine->file, KVM_SET_USER_MEMORY_REGION,
					 &region, sizeof(region));
		if (error)
			return error == -ENOMEM || error == -EINTR ? error : -EFAULT;
		memory->slots++;
	}
	return 0;
}

static int hvp_granule_make(struct hvp_machine *machine, unsigned long index,
			    struct hvp_granule *granule)
{
	struct hvp_child_memory *memory = &machine->memory;
	unsigned long address;
	int error;

	lockdep_assert_held(&memory->lock);
	if (memory->slots + 2 > HVP_MAX_SLOTS)
		return -ENOMEM;
	if (!granule->address) {
		address = hvp_mapping_add(memory->mapping, (u64)index << HVP_GRANULE_SHIFT <<
					  PAGE_SHIFT, HVP_GRANULE_PAGES << PAGE_SHIFT);
		if (IS_ERR_VALUE(address))
			return address;
		/* Before KVM has a slot, and so a page, of which it would have to be told. */
		WRITE_ONCE(granule->address, address);
		xa_set_mark(&memory->granules, index, HVP_GRANULE_MADE);
	}
	error = hvp_granule_make_slots(machine, index, granule);
	if (!error)
		xa_clear_mark(&memory->granules, index, HVP_GRANULE_UNFINISHED);
	return error;
}

/* The granule, with a record if it had none; nothing of it is made. */
static struct hvp_granule *hvp_granule_note(struct hvp_child_memory *memory,
					    unsigned long index)
{
	struct hvp_granule *granule = xa_load(&memory->granules, index);
	struct hvp_granule *new;

	if (granule)
		return granule;
	if (atomic_read(&memory->count) >= HVP_MAX_SLOTS)
		return NULL;
	new = kzalloc(sizeof(*new), HVP_GFP);
	if (!new)
		return NULL;
	granule = xa_cmpxchg(&memory->granules, index, NULL, new, HVP_GFP);
	if (granule) {
		kfree(new);
		return xa_is_err(granule) ? NULL : granule;
	}
	atomic_inc(&memory->count);
	xa_set_mark(&memory->granules, index, HVP_GRANULE_UNFINISHED);
	return new;
}

/**
 * hvp_child_memory_make_slot() - give KVM the slot that a page is in
 * @machine:	the machine
 * @gfn:	the page
 *
 * Context: May sleep; in a parent's vCPU thread outside KVM's loop.
 * Return: 0, -ENOMEM, -EINTR or -EFAULT.
 */
int hvp_child_memory_make_slot(struct hvp_machine *machine, u64 gfn)
{
	struct hvp_child_memory *memory = &machine->memory;
	unsigned long index = gfn >> HVP_GRANULE_SHIFT;
	struct hvp_granule *granule = hvp_granule_note(memory, index);
	int error = 0;

	if (!granule)
		return -ENOMEM;
	if (mutex_lock_killable(&memory->lock))
		return -EINTR;
	if (xa_get_mark(&memory->granules, index, HVP_GRANULE_UNFINISHED))
		error = hvp_granule_make(machine, index, granule);
	mutex_unlock(&memory->lock);
	return error;
}

/**
 * hvp_child_memory_mapped() - pages are the child's now
 * @machine:	the machine
 * @gfn:	the first page
 * @count:	how many
 *
 * The next run makes their slots, so that KVM finds what a Hyper-V MSR names, which it
 * takes for unmapped otherwise.  Without memory for the note it is made when a page is
 * touched.  Where there are as many as there can be, that fails.
 *
 * Context: May sleep.
 */
void hvp_child_memory_mapped(struct hvp_machine *machine, u64 gfn, u64 count)
{
	unsigned long index = gfn >> HVP_GRANULE_SHIFT;
	unsigned long last = (gfn + count - 1) >> HVP_GRANULE_SHIFT;

	while (index <= last && hvp_granule_note(&machine->memory, index))
		index++;
}

/**
 * hvp_child_memory_prepare() - make the slots of what has been mapped
 * @machine:	the machine
 *
 * Context: May sleep; in a parent's vCPU thread outside KVM's loop.
 * Return: 0, -ENOMEM, -EINTR or -EFAULT.
 */
int hvp_child_memory_prepare(struct hvp_machine *machine)
{
	struct hvp_granule *granule;
	unsigned long index;
	int error;

	if (!xa_marked(&machine->memory.granules, HVP_GRANULE_UNFINISHED))
		return 0;
	xa_for_each_marked(&machine->memory.granules, index, granule, HVP_GRANULE_UNFINISHED) {
		error = hvp_child_memory_make_slot(machine, (u64)index << HVP_GRANULE_SHIFT);
		if (error)
			return error;
	}
	return 0;
}

/**
 * hvp_child_memory_read() - read what a child has in memory
 * @machine:	the machine
 * @gpa:	where
 * @buf:	receives it
 * @len:	bytes, within one page
 *
 * Context: May sleep; in a parent's vCPU thread without a lock.
 * Return: 0 or -EFAULT.
 */
int hvp_child_memory_read(struct hvp_machine *machine, u64 gpa, void *buf, size_t len)
{
	struct hvp_viewer *viewer = &machine->memory.viewer;
	struct hvp_gpa_page found;
	unsigned long address;

	hvp_gpa_map_find(viewer->map, gpa >> PAGE_SHIFT, &found);
	if (!hvp_page_allows(&found, false))
		return -EFAULT;
	address = hvp_windows_address(viewer->windows, found.source, false);
	if (!address || copy_from_user(buf, (void __user *)(address + offset_in_page(gpa)), len))
		return -EFAULT;
	return 0;
}

/**
 * hvp_child_memory_destroy() - the reverse of hvp_child_memory_create()
 * @machine:	the machine, which has let go of all pages
 *
 * Context: May sleep; any task.
 */
void hvp_child_memory_destroy(struct hvp_machine *machine)
{
	struct hvp_child_memory *memory = &machine->memory;
	struct hvp_granule *granule;
	unsigned long index;

	hvp_mapping_destroy(memory->mapping);
	xa_for_each(&memory->granules, index, granule)
		kfree(granule);
	xa_destroy(&memory->granules);
}

/**
 * hvp_child_memory_create() - begin with no memory
 * @machine:	the machine, whose configuration is set
 * @parent:	the VM whose memory it is to see
 *
 * Context: May sleep; in one of @parent's vCPU threads.
 * Return: 0 or a negative error, with nothing left behind.
 */
int hvp_child_memory_create(struct hvp_machine *machine, struct kvm *parent)
{
	struct hvp_child_memory *memory = &machine->memory;
	int error;

	mutex_init(&memory->lock);
	init_rwsem(&memory->changed);
	xa_init_flags(&memory->granules, XA_FLAGS_ACCOUNT);
	memory->tracked = machine->config.track_writes;
	memory->viewer.map = machine->config.map;
	memory->viewer.lost = hvp_child_memory_lost;
	memory->viewer.lost_all = hvp_child_memory_lost_all;
	memory->viewer.used = hvp_child_memory_used;
	memory->mapping = hvp_mapping_create(parent->mm, &hvp_child_memory_ops, VM_PFNMAP,
					     NULL, NULL);
	if (IS_ERR(memory->mapping))
		return PTR_ERR(memory->mapping);
	/* KVM has no room for page tables of a VM that has no slot, and does not run it. */
	error = hvp_granule_note(memory, 0) ? 0 : -ENOMEM;
	if (!error)
		error = hvp_viewer_add(&memory->viewer, parent);
	if (error)
		hvp_child_memory_destroy(machine);
	return error;
}

/**
 * hvp_child_memory_close() - KVM is not told of pages that are taken away any more
 * @machine:	the machine, which has let go of all pages, or has never had any
 *
 * Context: May sleep; any task.  No VP runs.
 */
void hvp_child_memory_close(struct hvp_machine *machine)
{
	hvp_viewer_remove(&machine->memory.viewer);
}
