/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The MSRs that rust-vmm saves of a virtual processor, and the registers it has for them
 * (rust-vmm/mshv 0.7, mshv-bindings/src/x86_64/regs.rs).
 */
#ifndef _MSRS_H
#define _MSRS_H

#include <linux/types.h>

#define MSR_SYSENTER_CS		0x174
#define MSR_SYSENTER_ESP	0x175

#define MOST_MSRS	128

struct msr_list {
	unsigned int count;
	struct {
		__u32 index, name;
	} msrs[MOST_MSRS];
};

/*
 * get_msr_index_list(): those that a partition has by its properties.  Returns -errno or a
 * hypercall's status.
 */
int msrs_of_partition(int partition, struct msr_list *list);

#endif /* _MSRS_H */
