/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _HVPART_KVM_ASSUMPTIONS_H
#define _HVPART_KVM_ASSUMPTIONS_H

#include <linux/types.h>

struct hvp_functions;

/**
 * struct hvp_page_fault_layout - where KVM's private struct kvm_page_fault has what
 * @known:	the kernel has said where
 * @gfn:	offset of the page that was accessed
 * @slot:	of a pointer to its memory slot
 * @max_level:	of how large a mapping may be
 */
struct hvp_page_fault_layout {
	bool known;
	u32 gfn;
	u32 slot;
	u32 max_level;
};

extern struct hvp_page_fault_layout hvp_page_fault;

int hvp_assumptions_check(const struct hvp_functions *functions);

#endif /* _HVPART_KVM_ASSUMPTIONS_H */
