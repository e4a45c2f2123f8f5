/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _HVPART_KVM_CHILD_MEMORY_H
#define _HVPART_KVM_CHILD_MEMORY_H

#include <linux/mutex.h>
#include <linux/rwsem.h>
#include <linux/types.h>
#include <linux/xarray.h>
#include "../../hook/hook.h"
#include "window.h"

struct hvp_machine;
struct hvp_machine_vp;
struct hvp_mapping;
struct page;

/**
 * struct hvp_child_memory - a child's memory
 * @viewer:	which pages of its parent's it is
 * @mapping:	where the slots' addresses are
 * @lock:	one granule is made at a time
 * @granules:	number of a granule -> struct hvp_granule; they stay until the end
 * @count:	how many, HVP_MAX_SLOTS at most, or a few more
 * @slots:	how many slots KVM has been given
 * @changed:	protects @changes: no page is put into the VMM's page table that was looked up
 *		before a change
 * @changes:	how often the map has changed
 * @tracked:	KVM logs which pages are written to, of each slot that is made; changes under
 *		@lock
 * @log_reader:	who has KVM bring its log up to date; under @lock
 * @following:	threads that have KVM find a page by the VMM's page table, where it could find one
 *		of the emulator's
 * @followed:	KVM may have found one so
 */
struct hvp_child_memory {
	struct hvp_viewer viewer;
	struct hvp_mapping *mapping;
	struct mutex lock;	/* see above */
	struct xarray granules;
	atomic_t count;
	unsigned int slots;
	struct rw_semaphore changed;
	unsigned long changes;
	bool tracked;
	struct task_struct *log_reader;
	atomic_t following;
	bool followed;
};

#define HVP_SOFT_PAGES	16

/**
 * struct hvp_soft_pages - what a running VP has in the VMM's page table, for KVM's emulator
 * @pages:	the pages, pinned until the VP stops
 * @gfns:	where they are
 * @written:	bit n is set if pages[n] may have been written to
 * @count:	how many there have been; the last ones are still there
 * @dropping:	the thread takes one of them away, which is nothing to KVM: notifier.c
 */
struct hvp_soft_pages {
	struct page *pages[HVP_SOFT_PAGES];
	u64 gfns[HVP_SOFT_PAGES];
	unsigned long written;
	unsigned int count;
	bool dropping;
};

extern struct hvp_hook hvp_hook_hva_to_pfn;

int hvp_child_memory_create(struct hvp_machine *machine, struct kvm *parent);
void hvp_child_memory_close(struct hvp_machine *machine);
void hvp_child_memory_destroy(struct hvp_machine *machine);
void hvp_child_memory_mapped(struct hvp_machine *machine, u64 gfn, u64 count);
void hvp_child_memory_forget(struct hvp_machine *machine, u64 gfn, u64 count);
void hvp_child_memory_forget_all(struct hvp_machine *machine, bool may_sleep);
void hvp_child_memory_unmapped(struct hvp_machine *machine, u64 gfn, u64 count);
int hvp_child_memory_prepare(struct hvp_machine *machine);
bool hvp_child_memory_named_by_msr(struct hvp_machine *machine, u32 msr, u64 data, u64 *gfn);
int hvp_child_memory_make_slot(struct hvp_machine *machine, u64 gfn);
bool hvp_child_memory_is_apic_gfn(u64 gfn);
void hvp_child_memory_soft_end(struct hvp_machine_vp *vp);
int hvp_child_memory_read(struct hvp_machine *machine, u64 gpa, void *buf, size_t len);

#endif /* _HVPART_KVM_CHILD_MEMORY_H */
