/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _HVPART_PROPERTY_TABLE_H
#define _HVPART_PROPERTY_TABLE_H

#include <hvpart/abi.h>

struct hvp_partition;
struct hvp_processor;

/* Early properties: kept from creation on, set before HvInitializePartition. */
enum hvp_early_property {
	HVP_PRIVILEGE_FLAGS,
	HVP_SYNTHETIC_PROC_FEATURES,
	HVP_DOORBELL_PAGE,
	HVP_DIAG_BUFFER_CONFIG,
	HVP_PHYSICAL_ADDRESS_WIDTH,
	HVP_VMM_CAPABILITIES,
	HVP_NR_EARLY_PROPERTIES,
};

/* Regular read/write properties: kept and set while the partition is active. */
enum hvp_regular_property {
	HVP_SUSPEND,
	HVP_CPU_RESERVE,
	HVP_CPU_CAP,
	HVP_CPU_WEIGHT,
	HVP_CPU_GROUP_ID,
	HVP_TIME_FREEZE,
	HVP_VIRTUAL_TLB_PAGE_COUNT,
	HVP_ZERO_MEMORY_ON_RESET,
	HVP_PROCESSORS_PER_SOCKET,
	HVP_NESTED_TLB_SIZE,
	HVP_GPA_PAGE_ACCESS_TRACKING,
	HVP_ALLOCATION_ID,
	HVP_MONITORING_ID,
	HVP_UNIMPLEMENTED_MSR_ACTION,
	HVP_ENLIGHTENMENT_MODIFICATIONS,
	HVP_NR_REGULAR_PROPERTIES,
};

enum hvp_property_kind {
	HVP_PROPERTY_EARLY,
	HVP_PROPERTY_REGULAR,
	HVP_PROPERTY_READ_ONLY,
	/* The partition's clock: set only while it stands still. */
	HVP_PROPERTY_CLOCK,
};

/* How many banks of 64 bits such a property has. */
#define HVP_PROPERTY_BANKS	1

/**
 * struct hvp_property_row - a partition property
 * @code:	HV_PARTITION_PROPERTY_CODE
 * @name:	its name in the TLFS
 * @kind:	where its value is and when it can be set
 * @slot:	enum hvp_early_property or hvp_regular_property
 * @reserved:	bits that a well-formed value does not have
 * @minimum:	lowest value allowed
 * @maximum:	highest value allowed; 0: any
 * @clamp:	a value outside of these is not refused, but moved to the nearer one
 * @banks:	it is a set of bits in banks of 64, of which there may be more one day
 * @read:	READ_ONLY, CLOCK: the value; the partition's lock is held
 * @prepare:	if not NULL, is called before a new value is set of a partition that has had
 *		virtual processors: outside KVM's loop, its child lock is held.  0 or an error
 * @changed:	if not NULL, makes a new value work; as @read
 */
struct hvp_property_row {
	u32 code;
	const char *name;
	enum hvp_property_kind kind;
	u8 slot;
	u64 reserved;
	u64 minimum;
	u64 maximum;
	bool clamp;
	bool banks;
	u64 (*read)(const struct hvp_partition *partition);
	int (*prepare)(struct hvp_partition *partition, u64 value);
	void (*changed)(struct hvp_partition *partition, u64 value);
};

const struct hvp_property_row *hvp_property_row(u32 code);
const struct hvp_property_row *hvp_property_at(unsigned int index);

void hvp_early_properties_init(const struct hvp_processor *processor, u64 *values);
void hvp_regular_properties_init(u64 *values);
u64 hvp_regular_property_initial(const struct hvp_property_row *row);

#endif /* _HVPART_PROPERTY_TABLE_H */
