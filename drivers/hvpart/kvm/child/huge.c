// SPDX-License-Identifier: GPL-2.0
/*
 * 2 MiB at a time.  How large a mapping may be, KVM finds out from the slot's address in the
 * VMM, where a child has nothing.  Where 2 MiB of the child are 2 MiB of its parent's, it is
 * shown the parent's address instead.
 *
 * That is found out when KVM asks for the page, since under KVM's mmu_lock nobody looks into
 * the map, whose lock comes first.  It holds as the page itself does: if a page of these is
 * taken away meanwhile, or the map changes, KVM is told and asks again.
 */

#include <linux/kvm_host.h>
#include <linux/mm.h>
#include "../../core/core.h"
#include "../assumptions.h"
#include "../originals.h"
#include "huge.h"
#include "machine.h"
#include "runner.h"
#include "vcpu.h"

#define HVP_HUGE_PAGES	(1UL << (PMD_SHIFT - PAGE_SHIFT))

/*
 * The parent's page that begins the 2 MiB that are the child's from @gfn on.  Return: are all
 * of it one behind the other, with the same rights?
 */
static bool hvp_huge_source(struct hvp_gpa_map *map, u64 gfn, u64 *source)
{
	struct hvp_gpa_page first, page;
	u64 i;

	hvp_gpa_map_find(map, gfn, &first);
	if (first.kind != HVP_GPA_MAPPED)
		return false;
	/* From the end: what is not one piece mostly does not end like one. */
	for (i = HVP_HUGE_PAGES - 1; i > 0; i--) {
		hvp_gpa_map_find(map, gfn + i, &page);
		if (page.kind != first.kind || page.rights != first.rights ||
		    page.source != first.source + i)
			return false;
	}
	*source = first.source;
	return true;
}

/**
 * hvp_huge_note() - KVM gets a page: are the 2 MiB around it the parent's as well?
 * @vp:		the VP for which it is
 * @gfn:	the child's page
 * @page:	the host's, with a reference
 * @at:		where the VMM has had it
 *
 * Context: May take spinlocks; in the thread that uses @vp, without KVM's mmu_lock.
 */
void hvp_huge_note(struct hvp_machine_vp *vp, u64 gfn, struct page *page, unsigned long at)
{
	struct hvp_viewer *viewer = &vp->machine->memory.viewer;
	u64 first = gfn & ~(u64)(HVP_HUGE_PAGES - 1);
	unsigned long address;
	u64 source;

	vp->huge_address = 0;
	/* The host's own page tables decide; this is to look no further for most pages. */
	if (folio_nr_pages(page_folio(page)) < HVP_HUGE_PAGES ||
	    !hvp_huge_source(viewer->map, first, &source))
		return;
	address = hvp_windows_seen_address(viewer->windows, source, HVP_HUGE_PAGES);
	/* The page itself has to be from there: the VMM may have moved its slot since. */
	if (address && IS_ALIGNED(address, PMD_SIZE) &&
	    address + ((gfn - first) << PAGE_SHIFT) == (at & PAGE_MASK)) {
		vp->huge_gfn = first;
		vp->huge_address = address;
	}
}

static void hvp_huge_adjust(struct hvp_machine_vp *vp, void *fault)
{
	u64 gfn = *(u64 *)(fault + hvp_page_fault.gfn) & ~(u64)(HVP_HUGE_PAGES - 1);
	struct kvm_memory_slot **slot = fault + hvp_page_fault.slot;
	u8 *max_level = fault + hvp_page_fault.max_level;
	struct kvm_memory_slot shown, *own = *slot;

	/* KVM's own slots are theirs; a slot has 2 MiB as a whole, or not. */
	if (!own || own->id >= KVM_USER_MEM_SLOTS || gfn < own->base_gfn ||
	    !vp->huge_address || vp->huge_gfn != gfn) {
		hvp_original_kvm_mmu_hugepage_adjust(vp->vcpu, fault);
		return;
	}
	shown = *own;
	shown.userspace_addr = vp->huge_address - ((gfn - own->base_gfn) << PAGE_SHIFT);
	*slot = &shown;
	*max_level = min_t(u8, *max_level, PG_LEVEL_2M);
	hvp_original_kvm_mmu_hugepage_adjust(vp->vcpu, fault);
	*slot = own;
}

static void hvp_replace_kvm_mmu_hugepage_adjust(struct kvm_vcpu *vcpu, void *fault)
{
	int token = srcu_read_lock(&hvp_calls_running);
	struct hvp_machine_vp *vp = hvp_runner_vp_here();

	if (vp && vp->vcpu == vcpu && hvp_page_fault.known)
		hvp_huge_adjust(vp, fault);
	else
		hvp_original_kvm_mmu_hugepage_adjust(vcpu, fault);
	srcu_read_unlock(&hvp_calls_running, token);
}

HVP_DEFINE_HOOK(kvm_mmu_hugepage_adjust, hvp_runner_divert,
		"void (struct kvm_vcpu *, struct kvm_page_fault *)");
