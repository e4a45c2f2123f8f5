/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _HVPART_KVM_ENDING_H
#define _HVPART_KVM_ENDING_H

#include <linux/list.h>

struct hvp_ending;
struct hvp_vmm;
struct mm_struct;

/* Takes it out; may wait for the VMM, and may free what the ending is in. */
typedef void (*hvp_ending_fn)(struct hvp_ending *ending);

/**
 * struct hvp_ending - what is to be taken out of a VMM's address space later
 * @end:	does that
 * @vmm:	the VMM, whose mm_struct stays until @end has returned
 * @node:	among those of @vmm that are to be done
 */
struct hvp_ending {
	hvp_ending_fn end;
	struct hvp_vmm *vmm;
	struct list_head node;
};

int hvp_endings_create(void);
void hvp_endings_destroy(void);

int hvp_ending_prepare(struct hvp_ending *ending, struct mm_struct *mm, hvp_ending_fn end);
void hvp_ending_forget(struct hvp_ending *ending);
void hvp_ending_begin(struct hvp_ending *ending);

#endif /* _HVPART_KVM_ENDING_H */
