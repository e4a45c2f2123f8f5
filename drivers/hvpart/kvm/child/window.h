/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _HVPART_KVM_WINDOW_H
#define _HVPART_KVM_WINDOW_H

#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include "../../core/core.h"
#include "../../hook/hook.h"

struct hvp_windows;
struct kvm;
struct page;

/* How the host asks whether pages have been used: struct mmu_notifier_ops */
enum hvp_age { HVP_TEST_YOUNG, HVP_CLEAR_YOUNG, HVP_CLEAR_FLUSH_YOUNG };

/**
 * struct hvp_viewer - a child that has pages of its parent's memory
 * @windows:	which memory
 * @map:	which pages
 * @lost:	child pages [gfn, gfn + count) are to be let go of at once; must not
 *		sleep.  Returns true
 * @lost_all:	likewise of all its pages; must not sleep unless it may
 * @used:	has the child used child pages [gfn, gfn + count) since it was asked for the
 *		last time?  As @lost
 * @given:	how many pages it has been given
 * @taken:	all of this many are known to have been taken back
 * @node:	among those of @windows
 */
struct hvp_viewer {
	struct hvp_windows *windows;
	struct hvp_gpa_map *map;
	hvp_gpa_run_fn lost;
	void (*lost_all)(struct hvp_viewer *viewer, bool may_sleep);
	bool (*used)(struct hvp_viewer *viewer, u64 gfn, u64 count, enum hvp_age how);
	atomic64_t given;
	u64 taken;
	struct list_head node;
};

extern struct hvp_hook hvp_hook_kvm_arch_flush_shadow_memslot;

int hvp_viewer_add(struct hvp_viewer *viewer, struct kvm *kvm);
void hvp_viewer_remove(struct hvp_viewer *viewer);

int hvp_viewer_get_page(struct hvp_viewer *viewer, u64 gfn, bool write, struct page **page,
			unsigned long *address);
unsigned long hvp_windows_address(struct hvp_windows *windows, u64 gfn, bool write);
unsigned long hvp_windows_seen_address(struct hvp_windows *windows, u64 gfn, u64 count);

#endif /* _HVPART_KVM_WINDOW_H */
