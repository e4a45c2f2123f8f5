// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/mshv.h>

#include "mshv.h"
#include "rust-vmm.h"

#define BIT(n)	(1ULL << (n))

/* XSAVE, XSAVEOPT, AVX, AVX2, FMA; compaction, supervisor states */
#define XSAVE_FEATURES	(BIT(0) | BIT(1) | BIT(2) | BIT(3) | BIT(4) | BIT(11) | BIT(12))

/* The only bit of the first bank that the library has no name for */
#define RESERVED_FEATURES0	BIT(63)

/*
 * Hypervisor present, hv1; reference counter, SynIC, synthetic timers, interrupt control,
 * hypercalls, VP index, reference TSC, idle register, frequencies; direct timers, TLB flushes,
 * cluster IPIs; registers of VPs, flushes of the guest physical address space
 */
#define SYNTHETIC_FEATURES						\
	(BIT(0) | BIT(1) | BIT(3) | BIT(4) | BIT(5) | BIT(6) | BIT(7) | BIT(8) | BIT(9) |	\
	 BIT(10) | BIT(11) | BIT(22) | BIT(25) | BIT(26) | BIT(38) | BIT(53))

static int negative(int error)
{
	return error > 0 ? -error : error;
}

int rust_vmm_create_default(int mshv)
{
	struct mshv_create_partition_v2 create = {
		.pt_flags = BIT(MSHV_PT_BIT_LAPIC) | BIT(MSHV_PT_BIT_X2APIC) |
			    BIT(MSHV_PT_BIT_GPA_SUPER_PAGES) |
			    BIT(MSHV_PT_BIT_CPU_AND_XSAVE_FEATURES),
		.pt_isolation = MSHV_PT_ISOLATION_NONE,
		.pt_num_cpu_fbanks = MSHV_NUM_CPU_FEATURES_BANKS,
		.pt_disabled_xsave = ~XSAVE_FEATURES,
	};
	__u64 features[2];
	int error, partition;

	error = mshv_get_property(mshv, PROPERTY_PROCESSOR_FEATURES0, &features[0]);
	if (!error)
		error = mshv_get_property(mshv, PROPERTY_PROCESSOR_FEATURES1, &features[1]);
	if (error)
		return negative(error);
	create.pt_cpu_fbanks[0] = ~features[0] | RESERVED_FEATURES0;
	create.pt_cpu_fbanks[1] = ~features[1];
	partition = ioctl(mshv, MSHV_CREATE_PARTITION, &create);
	return partition < 0 ? -errno : partition;
}

int rust_vmm_create_vm(int mshv)
{
	struct hvp_get_property_ex_out assignable = {};
	int partition = rust_vmm_create_default(mshv);
	int error;

	if (partition < 0)
		return partition;
	error = mshv_get_property_ex(mshv, PROPERTY_ASSIGNABLE_SYNTHETIC_FEATURES, &assignable);
	if (!error)
		error = mshv_set_property(partition, PROPERTY_SYNTHETIC_PROC_FEATURES,
					  SYNTHETIC_FEATURES & assignable.value[1]);
	if (!error)
		return partition;
	close(partition);
	return negative(error);
}

int rust_vmm_create_active(int mshv)
{
	return mshv_activate(rust_vmm_create_vm(mshv));
}
