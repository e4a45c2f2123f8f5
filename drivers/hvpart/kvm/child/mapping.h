/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _HVPART_KVM_MAPPING_H
#define _HVPART_KVM_MAPPING_H

#include <linux/mm_types.h>
#include <linux/types.h>

struct hvp_mapping;

/* Lets go of what hvp_mapping_private() returns. */
typedef void (*hvp_mapping_release_fn)(void *private);

void hvp_mappings_wait(void);

struct hvp_mapping *hvp_mapping_create(struct mm_struct *mm,
				       const struct vm_operations_struct *ops,
				       unsigned long flags, void *private,
				       hvp_mapping_release_fn release);
void hvp_mapping_destroy(struct hvp_mapping *mapping);
unsigned long hvp_mapping_add(struct hvp_mapping *mapping, u64 offset, unsigned long size);
void hvp_mapping_unmap(struct hvp_mapping *mapping, u64 offset, u64 size);

void *hvp_mapping_private(const struct vm_area_struct *vma);
bool hvp_mapping_has(const struct hvp_mapping *mapping, const struct vm_area_struct *vma);
void hvp_mapping_close(struct vm_area_struct *vma);
int hvp_mapping_may_split(struct vm_area_struct *vma, unsigned long address);
int hvp_mapping_mremap(struct vm_area_struct *vma);

/* What all mappings have in common; each adds its fault handler. */
#define HVP_MAPPING_OPS					\
	.close = hvp_mapping_close,			\
	.may_split = hvp_mapping_may_split,		\
	.mremap = hvp_mapping_mremap

#endif /* _HVPART_KVM_MAPPING_H */
