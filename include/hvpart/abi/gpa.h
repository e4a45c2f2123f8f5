/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/* The guest ABI of a child's guest physical address space: numbers, no behaviour. */
#ifndef _HVPART_ABI_GPA_H
#define _HVPART_ABI_GPA_H

/* Access rights to a page (TLFS, HV_MAP_GPA_FLAGS). */
#define HVP_MAP_READ			0x00000001U
#define HVP_MAP_WRITE			0x00000002U
#define HVP_MAP_KERNEL_EXECUTE		0x00000004U
#define HVP_MAP_USER_EXECUTE		0x00000008U
#define HVP_MAP_RIGHTS_MASK		0x0000000fU

/* The other flags of HvCallMapGpaPages. */
#define HVP_MAP_ADJUSTABLE		0x00008000U
#define HVP_MAP_NO_ACCESS		0x00010000U	/* the list of pages is ignored */
#define HVP_MAP_ZEROED			0x00020000U
#define HVP_MAP_ONES			0x00030000U	/* not both of the two above */
#define HVP_MAP_NO_OVERLAY		0x00100000U
#define HVP_MAP_NOT_CACHED		0x00200000U
#define HVP_MAP_ACCESSED_MASK		0x0f000000U	/* accessed and dirty bits */
#define HVP_MAP_DIRTY			0x10000000U	/* likewise */
#define HVP_MAP_LARGE			0x80000000U	/* an element is 2 MiB */

/* What HVP_MAP_LARGE and its like of other calls count in. */
#define HVP_LARGE_PAGE_PAGES		512

#endif /* _HVPART_ABI_GPA_H */
