// SPDX-License-Identifier: GPL-2.0
#include <errno.h>

#include <hvpart/abi/registers.h>

#include "mshv.h"
#include "msrs.h"

#define BIT(n)	(1ULL << (n))
#define ALWAYS	0

/*
 * @count MSRs from @index, @step apart, whose registers follow each other.  They are there if
 * the partition has any of @bits in the value of property @property.
 */
static const struct {
	__u32 property;
	__u64 bits;
	__u32 index, step, name, count;
} ranges[] = {
	{ ALWAYS, 0, 0x010, 0, HVP_REGISTER_TSC, 1 },
	{ ALWAYS, 0, 0x01b, 0, HVP_REGISTER_APIC_BASE, 1 },
	{ ALWAYS, 0, MSR_SYSENTER_CS, 0, HVP_REGISTER_SYSENTER_CS, 1 },
	{ ALWAYS, 0, MSR_SYSENTER_ESP, 0, HVP_REGISTER_SYSENTER_ESP, 1 },
	{ ALWAYS, 0, 0x176, 0, HVP_REGISTER_SYSENTER_EIP, 1 },
	{ ALWAYS, 0, 0x1d9, 0, HVP_REGISTER_DEBUG_CTL, 1 },
	{ ALWAYS, 0, 0x200, 2, HVP_REGISTER_MTRR_PHYS_BASE0, 8 },
	{ ALWAYS, 0, 0x201, 2, HVP_REGISTER_MTRR_PHYS_MASK0, 8 },
	{ ALWAYS, 0, 0x250, 0, HVP_REGISTER_MTRR_FIX_64K_00000, 1 },
	{ ALWAYS, 0, 0x258, 1, HVP_REGISTER_MTRR_FIX_16K_80000, 2 },
	{ ALWAYS, 0, 0x268, 1, HVP_REGISTER_MTRR_FIX_4K_C0000, 8 },
	{ ALWAYS, 0, 0x277, 0, HVP_REGISTER_PAT, 1 },
	{ ALWAYS, 0, 0x2ff, 0, HVP_REGISTER_MTRR_DEF_TYPE, 1 },
	{ ALWAYS, 0, 0xc0000080, 0, HVP_REGISTER_EFER, 1 },
	{ ALWAYS, 0, 0xc0000081, 1, HVP_REGISTER_STAR, 4 },
	{ ALWAYS, 0, 0xc0000102, 0, HVP_REGISTER_KERNEL_GS_BASE, 1 },
	{ ALWAYS, 0, 0x40000084, 0, HVP_REGISTER_EOM, 1 },
	/* Shadow stacks */
	{ PROPERTY_PROCESSOR_FEATURES1, BIT(8), 0x6a0, 2, HVP_REGISTER_U_CET, 2 },
	{ PROPERTY_PROCESSOR_FEATURES1, BIT(8), 0x7a0, 0, HVP_REGISTER_SSP, 1 },
	{ PROPERTY_PROCESSOR_FEATURES1, BIT(8), 0x6a4, 1, HVP_REGISTER_PL0_SSP, 5 },
	/* RDTSCP */
	{ PROPERTY_PROCESSOR_FEATURES0, BIT(38), 0xc0000103, 0, HVP_REGISTER_TSC_AUX, 1 },
	/* XSAVE of supervisor states; the library takes the register's number for an MSR's */
	{ PROPERTY_PROCESSOR_XSAVE_FEATURES, BIT(12), 0x8008b, 0, HVP_REGISTER_U_XSS, 1 },
	/* SynIC, reference TSC page, hypercalls */
	{ PROPERTY_SYNTHETIC_PROC_FEATURES, BIT(4), 0x40000090, 1, HVP_REGISTER_SINT0, 16 },
	{ PROPERTY_SYNTHETIC_PROC_FEATURES, BIT(4), 0x40000080, 0, HVP_REGISTER_SCONTROL, 1 },
	{ PROPERTY_SYNTHETIC_PROC_FEATURES, BIT(4), 0x40000082, 1, HVP_REGISTER_SIEFP, 2 },
	{ PROPERTY_SYNTHETIC_PROC_FEATURES, BIT(9), 0x40000021, 0, HVP_REGISTER_REFERENCE_TSC, 1 },
	{ PROPERTY_SYNTHETIC_PROC_FEATURES, BIT(7), 0x40000000, 0, HVP_REGISTER_GUEST_OS_ID, 1 },
};

int msrs_of_partition(int partition, struct msr_list *list)
{
	list->count = 0;
	for (unsigned int i = 0; i < sizeof(ranges) / sizeof(*ranges); i++) {
		__u64 value = 0;
		int error = 0;

		if (ranges[i].property != ALWAYS)
			error = mshv_get_property(partition, ranges[i].property, &value);
		if (error)
			return error;
		if (ranges[i].property != ALWAYS && !(value & ranges[i].bits))
			continue;
		if (list->count + ranges[i].count > MOST_MSRS)
			return -E2BIG;
		for (unsigned int j = 0; j < ranges[i].count; j++) {
			list->msrs[list->count].index = ranges[i].index + j * ranges[i].step;
			list->msrs[list->count++].name = ranges[i].name + j;
		}
	}
	return 0;
}
