// SPDX-License-Identifier: GPL-2.0
/* The partition properties, one row each. */

#include <linux/bits.h>
#include <linux/bsearch.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include "hierarchy.h"
#include "partition.h"
#include "property_table.h"
#include "vp/child.h"
#include "vp/vp.h"
#include "xsave.h"

/* Linux's mshv driver numbers virtual processors with 8 bits. */
#define HVP_MAX_VPS		256

static const struct hvp_processor *hvp_processor(const struct hvp_partition *partition)
{
	return partition->hierarchy->host->processor;
}

static u64 hvp_read_reference_time(const struct hvp_partition *partition)
{
	return hvp_clock_read(&partition->clock);
}

static void hvp_time_freeze_changed(struct hvp_partition *partition, u64 value)
{
	hvp_clock_freeze(&partition->clock, value);
}

/* A child sees the same time, of a clock that its machine has, which does not stand still. */
static int hvp_time_freeze_prepare(struct hvp_partition *partition, u64 freeze)
{
	u64 time;
	bool goes_on;

	spin_lock(&partition->lock);
	goes_on = !freeze && partition->clock.frozen;
	time = hvp_clock_read(&partition->clock);
	spin_unlock(&partition->lock);
	return goes_on ? hvp_child_set_time(partition, time) : 0;
}

static void hvp_reference_time_changed(struct hvp_partition *partition, u64 value)
{
	hvp_clock_set(&partition->clock, value);
}

static u64 hvp_read_physical_address_bits(const struct hvp_partition *partition)
{
	return hvp_processor(partition)->physical_address_bits;
}

static u64 hvp_read_processor_vendor(const struct hvp_partition *partition)
{
	return hvp_processor(partition)->vendor;
}

static u64 hvp_read_xsave_features(const struct hvp_partition *partition)
{
	return hvp_processor(partition)->xsave_features &
	       ~partition->creation.disabled_xsave_features;
}

static u64 hvp_read_clflush_size(const struct hvp_partition *partition)
{
	return hvp_processor(partition)->clflush_size;
}

static u64 hvp_read_compatibility_version(const struct hvp_partition *partition)
{
	return partition->creation.compatibility_version;
}

static u64 hvp_read_xsave_states(const struct hvp_partition *partition)
{
	return hvp_xsave_states(hvp_processor(partition),
				partition->creation.disabled_xsave_features);
}

static u64 hvp_read_xsave_size(const struct hvp_partition *partition)
{
	return hvp_xsave_size(hvp_processor(partition), hvp_read_xsave_states(partition));
}

static u64 hvp_read_clock_frequency(const struct hvp_partition *partition)
{
	return hvp_processor(partition)->clock_frequency;
}

static u64 hvp_read_processor_features0(const struct hvp_partition *partition)
{
	return hvp_processor(partition)->features[0] &
	       ~partition->creation.disabled_processor_features[0];
}

static u64 hvp_read_processor_features1(const struct hvp_partition *partition)
{
	return hvp_processor(partition)->features[1] &
	       ~partition->creation.disabled_processor_features[1];
}

static u64 hvp_read_guest_os_id(const struct hvp_partition *partition)
{
	return partition->vps ? READ_ONCE(partition->vps->guest_os_id) : 0;
}

/* All of them: those without an effect do no harm. */
static u64 hvp_read_assignable_features(const struct hvp_partition *partition)
{
	return ~0ULL;
}

/* A virtual processor runs while a thread of its parent's dispatches it, and at no other time. */
static u64 hvp_read_integrated_scheduler(const struct hvp_partition *partition)
{
	return 1;
}

/* Virtualization features of a child's processor: it is offered none. */
static u64 hvp_read_virtualization_features(const struct hvp_partition *partition)
{
	return 0;
}

#define EARLY(property_code, property_slot, property_name)		\
	.code = property_code, .name = property_name,			\
	.kind = HVP_PROPERTY_EARLY, .slot = HVP_##property_slot
#define REGULAR(property_code, property_slot, property_name)		\
	.code = property_code, .name = property_name,			\
	.kind = HVP_PROPERTY_REGULAR, .slot = HVP_##property_slot
#define READ_ONLY(property_code, property_read, property_name)		\
	.code = property_code, .name = property_name,			\
	.kind = HVP_PROPERTY_READ_ONLY, .read = hvp_read_##property_read
#define CLOCK(property_code, property_read, property_name)		\
	.code = property_code, .name = property_name,			\
	.kind = HVP_PROPERTY_CLOCK, .read = hvp_read_##property_read

#define BOOLEAN		.reserved = ~1ULL
#define UP_TO(most)	.maximum = (most)

/* HV_PARTITION_PRIVILEGE_MASK: bits that the TLFS defines. */
#define HVP_DEFINED_PRIVILEGES						\
	(GENMASK_ULL(11, 0) | BIT_ULL(13) | GENMASK_ULL(34, 32) |	\
	 GENMASK_ULL(40, 36) | GENMASK_ULL(44, 43) | GENMASK_ULL(49, 48) | \
	 GENMASK_ULL(53, 52))

/* The page number and an enable bit, as in the overlay pages' MSRs. */
#define HVP_OVERLAY_RESERVED	GENMASK_ULL(11, 1)

/* CPU reserve and cap: 100 % (TLFS 2.0a, 4.4.3) */
#define HVP_WHOLE_CPU		0x10000

/* Sorted by code. */
static const struct hvp_property_row properties[] = {
	{ EARLY(0x00010000, PRIVILEGE_FLAGS, "PrivilegeFlags"),
	  .reserved = ~HVP_DEFINED_PRIVILEGES },
	{ EARLY(0x00010001, SYNTHETIC_PROC_FEATURES, "SyntheticProcFeatures") },
	{ REGULAR(0x00020000, SUSPEND, "Suspend"), BOOLEAN },
	{ REGULAR(0x00020001, CPU_RESERVE, "CpuReserve"), UP_TO(HVP_WHOLE_CPU) },
	{ REGULAR(0x00020002, CPU_CAP, "CpuCap"), UP_TO(HVP_WHOLE_CPU) },
	{ REGULAR(0x00020003, CPU_WEIGHT, "CpuWeight"), .minimum = 1, UP_TO(10000) },
	{ REGULAR(0x00020004, CPU_GROUP_ID, "CpuGroupId") },
	{ READ_ONLY(0x00020005, integrated_scheduler, "IntegratedSchedulerEnabled") },
	{ REGULAR(0x00030003, TIME_FREEZE, "TimeFreeze"), BOOLEAN,
	  .prepare = hvp_time_freeze_prepare, .changed = hvp_time_freeze_changed },
	{ CLOCK(0x00030005, reference_time, "ReferenceTime"), UP_TO(HVP_CLOCK_MOST),
	  .prepare = hvp_child_set_time, .changed = hvp_reference_time_changed },
	{ REGULAR(0x00050000, VIRTUAL_TLB_PAGE_COUNT, "VirtualTlbPageCount"),
	  .minimum = 1, UP_TO(8192), .clamp = true },
	{ REGULAR(0x00050002, ZERO_MEMORY_ON_RESET, "ZeroMemoryOnReset"), BOOLEAN },
	{ REGULAR(0x00050003, PROCESSORS_PER_SOCKET, "ProcessorsPerSocket"),
	  .minimum = 1, UP_TO(HVP_MAX_VPS), .prepare = hvp_child_set_socket },
	{ REGULAR(0x00050004, NESTED_TLB_SIZE, "NestedTlbSize") },
	{ REGULAR(0x00050005, GPA_PAGE_ACCESS_TRACKING, "GpaPageAccessTracking"), BOOLEAN,
	  .prepare = hvp_child_track_writes },
	{ REGULAR(0x0005000e, ALLOCATION_ID, "AllocationId") },
	{ REGULAR(0x0005000f, MONITORING_ID, "MonitoringId") },
	{ READ_ONLY(0x00050010, physical_address_bits, "ImplementedPhysicalAddressBits") },
	{ EARLY(0x00050012, DOORBELL_PAGE, "HypercallDoorbellPage"),
	  .reserved = HVP_OVERLAY_RESERVED },
	{ REGULAR(0x00050017, UNIMPLEMENTED_MSR_ACTION, "UnimplementedMsrAction"), BOOLEAN },
	{ EARLY(0x00050026, DIAG_BUFFER_CONFIG, "PartitionDiagBufferConfig") },
	{ READ_ONLY(0x00060000, processor_vendor, "ProcessorVendor") },
	{ READ_ONLY(0x00060002, xsave_features, "ProcessorXsaveFeatures") },
	{ READ_ONLY(0x00060003, clflush_size, "ProcessorCLFlushSize") },
	{ REGULAR(0x00060004, ENLIGHTENMENT_MODIFICATIONS, "EnlightenmentModifications") },
	{ READ_ONLY(0x00060005, compatibility_version, "CompatibilityVersion") },
	/* 0: as wide as the host's, as it is at first */
	{ EARLY(0x00060006, PHYSICAL_ADDRESS_WIDTH, "PhysicalAddressWidth"), UP_TO(52) },
	{ READ_ONLY(0x00060007, xsave_states, "XsaveStates") },
	{ READ_ONLY(0x00060008, xsave_size, "MaxXsaveDataSize") },
	{ READ_ONLY(0x00060009, clock_frequency, "ProcessorClockFrequency") },
	{ READ_ONLY(0x0006000a, processor_features0, "ProcessorFeatures0") },
	{ READ_ONLY(0x0006000b, processor_features1, "ProcessorFeatures1") },
	{ READ_ONLY(0x00070000, guest_os_id, "GuestOsId") },
	{ READ_ONLY(0x00080000, virtualization_features, "ProcessorVirtualizationFeatures") },
	{ EARLY(0x00090007, VMM_CAPABILITIES, "VmmCapabilities"), .banks = true },
	{ READ_ONLY(0x00090009, assignable_features, "AssignableSyntheticProcFeatures"),
	  .banks = true },
};

/* First values, of new partitions and of the root; copied as a whole. */
static const u64 early_initial[HVP_NR_EARLY_PROPERTIES] = {
	[HVP_VMM_CAPABILITIES] = HVP_VMM_PROVIDES_OVERLAY_PAGES |
				 HVP_VMM_ASSIGNS_SYNTHETIC_PROC_FEATURES |
				 HVP_VMM_HAS_INTEGRATED_SCHEDULER,
};

static const u64 regular_initial[HVP_NR_REGULAR_PROPERTIES] = {
	[HVP_CPU_CAP] = HVP_WHOLE_CPU,
	[HVP_CPU_WEIGHT] = 100,
	[HVP_VIRTUAL_TLB_PAGE_COUNT] = 1,
	[HVP_PROCESSORS_PER_SOCKET] = HVP_MAX_VPS,
};

static int hvp_property_compare(const void *code, const void *row)
{
	u32 wanted = *(const u32 *)code;
	u32 found = ((const struct hvp_property_row *)row)->code;

	return wanted < found ? -1 : wanted > found;
}

/**
 * hvp_property_row() - find the row of a property
 * @code:	property code
 *
 * Context: Any.
 * Return: the row, or NULL if there is no such property.
 */
const struct hvp_property_row *hvp_property_row(u32 code)
{
	return bsearch(&code, properties, ARRAY_SIZE(properties), sizeof(properties[0]),
		       hvp_property_compare);
}

/**
 * hvp_property_at() - go through all properties
 * @index:	0, 1, 2 ...
 *
 * Context: Any.
 * Return: a row, or NULL after the last one.
 */
const struct hvp_property_row *hvp_property_at(unsigned int index)
{
	return index < ARRAY_SIZE(properties) ? &properties[index] : NULL;
}

/**
 * hvp_early_properties_init() - values of a new partition
 * @processor:	the host's
 * @values:	HVP_NR_EARLY_PROPERTIES of them
 */
void hvp_early_properties_init(const struct hvp_processor *processor, u64 *values)
{
	memcpy(values, early_initial, sizeof(early_initial));
	values[HVP_PHYSICAL_ADDRESS_WIDTH] = processor->physical_address_bits;
}

/**
 * hvp_regular_properties_init() - values of a partition that becomes active
 * @values:	HVP_NR_REGULAR_PROPERTIES of them
 */
void hvp_regular_properties_init(u64 *values)
{
	memcpy(values, regular_initial, sizeof(regular_initial));
}

/**
 * hvp_regular_property_initial() - the value of a partition that is not active yet
 * @row:	a regular property
 *
 * Return: the value.
 */
u64 hvp_regular_property_initial(const struct hvp_property_row *row)
{
	return regular_initial[row->slot];
}
