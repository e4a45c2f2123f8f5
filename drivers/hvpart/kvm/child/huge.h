/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _HVPART_KVM_CHILD_HUGE_H
#define _HVPART_KVM_CHILD_HUGE_H

#include <linux/types.h>
#include "../../hook/hook.h"

struct hvp_machine_vp;
struct page;

extern struct hvp_hook hvp_hook_kvm_mmu_hugepage_adjust;

void hvp_huge_note(struct hvp_machine_vp *vp, u64 gfn, struct page *page,
		   unsigned long at);

#endif /* _HVPART_KVM_CHILD_HUGE_H */
