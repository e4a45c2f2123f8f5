/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _HVPART_KVM_LOCKED_MEMORY_H
#define _HVPART_KVM_LOCKED_MEMORY_H

#include <linux/xarray.h>

struct mm_struct;
struct page;
struct user_struct;

/**
 * struct hvp_locked_memory - what a VM has pinned of its VMM's memory
 * @mm:		the VMM's address space, whose RLIMIT_MEMLOCK it counts against
 * @user:	whose it is, who has one limit for all VMs; NULL if he is not charged
 * @folios:	folio's page frame number -> how many pages of it are pinned, as a value;
 *		of those with more than one page
 */
struct hvp_locked_memory {
	struct mm_struct *mm;
	struct user_struct *user;
	struct xarray folios;
};

void hvp_locked_memory_init(struct hvp_locked_memory *locked, struct mm_struct *mm);
void hvp_locked_memory_destroy(struct hvp_locked_memory *locked);
int hvp_locked_memory_reserve(struct hvp_locked_memory *locked, long count);
void hvp_locked_memory_release(struct hvp_locked_memory *locked, long count);
int hvp_locked_memory_add_folios(struct hvp_locked_memory *locked, struct page **pages,
				 unsigned int count);
long hvp_locked_memory_remove_folios(struct hvp_locked_memory *locked, struct page **pages,
				     unsigned int count);

#endif /* _HVPART_KVM_LOCKED_MEMORY_H */
