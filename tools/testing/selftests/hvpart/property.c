// SPDX-License-Identifier: GPL-2.0
/* HvGetPartitionProperty, HvGetPartitionPropertyEx, HvSetPartitionProperty. */
#include <cpuid.h>
#include <time.h>

#include "partitions.h"

#define SELF			HVP_PARTITION_ID_SELF

/* HV_PARTITION_PROPERTY_CODE */
#define PRIVILEGE_FLAGS		0x00010000
#define SUSPEND			0x00020000
#define CPU_CAP			0x00020002
#define TIME_FREEZE		0x00030003
#define REFERENCE_TIME		0x00030005
#define VIRTUAL_TLB_PAGE_COUNT	0x00050000
#define DOORBELL_PAGE		0x00050012
#define PROCESSOR_VENDOR	0x00060000
#define CLFLUSH_SIZE		0x00060003
#define COMPATIBILITY_VERSION	0x00060005
#define XSAVE_STATES		0x00060007
#define MAX_XSAVE_SIZE		0x00060008
#define CLOCK_FREQUENCY		0x00060009
#define PROCESSOR_FEATURES0	0x0006000a
#define PROCESSOR_FEATURES1	0x0006000b
#define XSAVE_FEATURES		0x00060002
#define PHYSICAL_ADDRESS_BITS	0x00050010
#define ADDRESS_WIDTH		0x00060006
#define OS_ID			0x00070000
#define VIRTUALIZATION_FEATURES	0x00080000
#define INTEGRATED_SCHEDULER	0x00020005
#define SYNTHETIC_PROC_FEATURES	0x00010001
#define VMM_CAPABILITIES	0x00090007
#define ASSIGNABLE_SYNTHETIC_PROC_FEATURES	0x00090009

struct property {
	const char *name;
	u32 code;
	u64 at_first;
	u64 good;		/* a value that is not the one it has at first */
	u64 malformed;		/* 0: there is none */
	u64 out_of_range;	/* 0: there is none */
};

static const struct property early[] = {
	{ "PrivilegeFlags", PRIVILEGE_FLAGS, 0, HVP_PRIVILEGE_ACCESS_MEMORY_POOL,
	  1ULL << 63, 1ULL << 36 },
	{ "SyntheticProcFeatures", SYNTHETIC_PROC_FEATURES, 0, 0x123456789abcdef0, 0, 0 },
	{ "HypercallDoorbellPage", DOORBELL_PAGE, 0, 0x7001, 0x7002, 0 },
	{ "PartitionDiagBufferConfig", 0x00050026, 0, 5, 0, 0 },
	/* At first as wide as the host's */
	{ "PhysicalAddressWidth", ADDRESS_WIDTH, 0, 37, 0, 53 },
	{ "VmmCapabilities", VMM_CAPABILITIES, 0x52, 2, 0, 0 },
};

static const struct property regular[] = {
	{ "Suspend", SUSPEND, 0, 1, 2, 0 },
	{ "CpuReserve", 0x00020001, 0, 0x10000, 0, 0x10001 },
	{ "CpuCap", CPU_CAP, 0x10000, 0x8000, 0, 0x10001 },
	{ "CpuWeight", 0x00020003, 100, 10000, 0, 10001 },
	{ "CpuGroupId", 0x00020004, 0, ~0ULL, 0, 0 },
	{ "TimeFreeze", TIME_FREEZE, 0, 1, 2, 0 },
	{ "VirtualTlbPageCount", VIRTUAL_TLB_PAGE_COUNT, 1, 64, 0, 0 },
	{ "ZeroMemoryOnReset", 0x00050002, 0, 1, 1ULL << 32, 0 },
	{ "ProcessorsPerSocket", 0x00050003, 256, 4, 0, 257 },
	{ "NestedTlbSize", 0x00050004, 0, 77, 0, 0 },
	{ "GpaPageAccessTracking", 0x00050005, 0, 1, 2, 0 },
	{ "AllocationId", 0x0005000e, 0, ~0ULL, 0, 0 },
	{ "MonitoringId", 0x0005000f, 0, 12, 0, 0 },
	{ "UnimplementedMsrAction", 0x00050017, 0, 1, 2, 0 },
	{ "EnlightenmentModifications", 0x00060004, 0, 1, 0, 0 },
};

static const struct property read_only[] = {
	/* While it does not stand still */
	{ "ReferenceTime", REFERENCE_TIME, 0, 0, 0, 0 },
	{ "ImplementedPhysicalAddressBits", PHYSICAL_ADDRESS_BITS, 0, 0, 0, 0 },
	{ "ProcessorVendor", PROCESSOR_VENDOR, 0, 0, 0, 0 },
	{ "ProcessorXsaveFeatures", XSAVE_FEATURES, 0, 0, 0, 0 },
	{ "ProcessorCLFlushSize", CLFLUSH_SIZE, 0, 0, 0, 0 },
	{ "CompatibilityVersion", COMPATIBILITY_VERSION, 0, 0, 0, 0 },
	{ "XsaveStates", XSAVE_STATES, 0, 0, 0, 0 },
	{ "MaxXsaveDataSize", MAX_XSAVE_SIZE, 0, 0, 0, 0 },
	{ "ProcessorClockFrequency", CLOCK_FREQUENCY, 0, 0, 0, 0 },
	{ "ProcessorFeatures0", PROCESSOR_FEATURES0, 0, 0, 0, 0 },
	{ "ProcessorFeatures1", PROCESSOR_FEATURES1, 0, 0, 0, 0 },
	{ "GuestOsId", OS_ID, 0, 0, 0, 0 },
	{ "ProcessorVirtualizationFeatures", VIRTUALIZATION_FEATURES, 0, 0, 0, 0 },
	{ "IntegratedSchedulerEnabled", INTEGRATED_SCHEDULER, 0, 0, 0, 0 },
	{ "AssignableSyntheticProcFeatures", ASSIGNABLE_SYNTHETIC_PROC_FEATURES, 0, 0, 0, 0 },
};

/* A property that is a set of bits in banks, of which there is one. */
static bool has_banks(u32 code)
{
	return code == VMM_CAPABILITIES || code == ASSIGNABLE_SYNTHETIC_PROC_FEATURES;
}

/* By HvGetPartitionProperty and HvGetPartitionPropertyEx, which tell the same. */
static u64 get_property(struct vcpu *vcpu, u64 id, u32 code, u64 *value)
{
	struct hvp_get_property_ex_out out;
	u64 result = get_partition_property(vcpu, id, code, value);

	expect_result_at(__FILE__, __LINE__, "HvGetPartitionPropertyEx",
			 get_partition_property_ex(vcpu, id, code, 0, &out), result);
	/* The clock goes on. */
	if (!result_success(result) || code == REFERENCE_TIME)
		return result;
	EXPECT_EQUAL(out.value[has_banks(code)], *value);
	EXPECT_EQUAL(out.value[!has_banks(code)], has_banks(code));
	return result;
}

#define EXPECT_PROPERTY(vcpu, id, code, expected) do {				\
	u64 __value = ~0ULL;							\
										\
	EXPECT_STATUS(get_property(vcpu, id, code, &__value), SUCCESS); \
	EXPECT_EQUAL(__value, expected);					\
} while (0)

static u64 first_value(struct vcpu *vcpu, const struct property *row)
{
	u64 value = row->at_first;

	if (row->code == ADDRESS_WIDTH)
		REQUIRE_STATUS(get_partition_property(vcpu, SELF, PHYSICAL_ADDRESS_BITS, &value),
			       SUCCESS);
	return value;
}

/* Good and bad values, in a state in which it can be set. */
static void try_values(struct vcpu *vcpu, u64 id, const struct property *row)
{
	u64 sister = create_active_child(vcpu), at_first = first_value(vcpu, row);

	EXPECT_PROPERTY(vcpu, id, row->code, at_first);
	EXPECT_STATUS(set_partition_property(vcpu, id, row->code, row->good), SUCCESS);
	EXPECT_PROPERTY(vcpu, id, row->code, row->good);
	if (row->malformed)
		EXPECT_STATUS(set_partition_property(vcpu, id, row->code, row->malformed),
			      INVALID_PARAMETER);
	if (row->out_of_range)
		EXPECT_STATUS(set_partition_property(vcpu, id, row->code, row->out_of_range),
			      PROPERTY_VALUE_OUT_OF_RANGE);
	if (row->malformed && row->out_of_range)
		EXPECT_STATUS(set_partition_property(vcpu, id, row->code,
						     row->malformed | row->out_of_range),
			      INVALID_PARAMETER);
	EXPECT_PROPERTY(vcpu, id, row->code, row->good);
	EXPECT_PROPERTY(vcpu, sister, row->code, at_first);
	EXPECT_PROPERTY(vcpu, SELF, row->code, at_first);
	EXPECT_STATUS(set_partition_property(vcpu, SELF, row->code, row->good), ACCESS_DENIED);
}

static void try_early(const void *arg)
{
	const struct property *row = arg;
	struct vcpu *vcpu = new_guest();
	u64 id = create_child(vcpu);

	try_values(vcpu, id, row);
	initialize_child(vcpu, id);
	EXPECT_PROPERTY(vcpu, id, row->code, row->good);
	EXPECT_STATUS(set_partition_property(vcpu, id, row->code, row->at_first),
		      INVALID_PARTITION_STATE);
	EXPECT_PROPERTY(vcpu, id, row->code, row->good);
}

static void try_regular(const void *arg)
{
	const struct property *row = arg;
	struct vcpu *vcpu = new_guest();
	u64 id = create_child(vcpu), value = 0;

	EXPECT_STATUS(get_property(vcpu, id, row->code, &value),
		      INVALID_PARTITION_STATE);
	EXPECT_STATUS(set_partition_property(vcpu, id, row->code, row->good),
		      INVALID_PARTITION_STATE);
	initialize_child(vcpu, id);
	try_values(vcpu, id, row);
	finalize_child(vcpu, id);
	EXPECT_STATUS(get_property(vcpu, id, row->code, &value),
		      INVALID_PARTITION_STATE);
	EXPECT_STATUS(set_partition_property(vcpu, id, row->code, row->good),
		      INVALID_PARTITION_STATE);
}

static void try_read_only(const void *arg)
{
	const struct property *row = arg;
	struct vcpu *vcpu = new_guest();
	u64 id = create_child(vcpu), value;

	EXPECT_STATUS(get_property(vcpu, id, row->code, &value),
		      INVALID_PARTITION_STATE);
	EXPECT_STATUS(set_partition_property(vcpu, id, row->code, 0), INVALID_PARTITION_STATE);
	initialize_child(vcpu, id);
	EXPECT_STATUS(get_property(vcpu, id, row->code, &value), SUCCESS);
	EXPECT_STATUS(get_property(vcpu, SELF, row->code, &value), SUCCESS);
	EXPECT_STATUS(set_partition_property(vcpu, id, row->code, value),
		      PROPERTY_VALUE_OUT_OF_RANGE);
	EXPECT_STATUS(set_partition_property(vcpu, id, row->code, ~value),
		      PROPERTY_VALUE_OUT_OF_RANGE);
}

static void unknown_properties(void)
{
	/* In the TLFS and not offered; beside ones that are; nowhere. */
	static const u32 codes[] = { 0, 0x00050001, 0x0005000c, 0x00050014, 0x0000ffff, 0x00010002,
				     0x00020006, 0x00060001, 0x00090008, 0x10001000, 0xffffffff };
	struct vcpu *vcpu = new_guest();
	u64 fresh = create_child(vcpu), id = create_active_child(vcpu), value;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(codes); i++) {
		EXPECT_STATUS(get_property(vcpu, id, codes[i], &value),
			      UNKNOWN_PROPERTY);
		EXPECT_STATUS(get_property(vcpu, SELF, codes[i], &value),
			      UNKNOWN_PROPERTY);
		EXPECT_STATUS(set_partition_property(vcpu, id, codes[i], 0), UNKNOWN_PROPERTY);
		/* The state comes first, and no unknown property is an early one. */
		EXPECT_STATUS(get_property(vcpu, fresh, codes[i], &value),
			      INVALID_PARTITION_STATE);
		EXPECT_STATUS(set_partition_property(vcpu, fresh, codes[i], 0),
			      INVALID_PARTITION_STATE);
	}
}

/* No property has one. What is wrong otherwise comes first. */
static void argument_of_a_property(void)
{
	static const u64 arguments[] = { 1, 1ULL << 32, 1ULL << 63, ~0ULL };
	struct vcpu *vcpu = new_guest();
	u64 fresh = create_child(vcpu), id = create_active_child(vcpu);
	struct hvp_get_property_ex_out out;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(arguments); i++) {
		const u64 argument = arguments[i];

		EXPECT_STATUS(get_partition_property_ex(vcpu, id, SUSPEND, argument, &out),
			      INVALID_PARAMETER);
		EXPECT_STATUS(get_partition_property_ex(vcpu, SELF, VMM_CAPABILITIES, argument,
							&out), INVALID_PARAMETER);
		EXPECT_STATUS(get_partition_property_ex(vcpu, fresh, VMM_CAPABILITIES, argument,
							&out), INVALID_PARAMETER);
		EXPECT_STATUS(get_partition_property_ex(vcpu, id, 0x1234, argument, &out),
			      UNKNOWN_PROPERTY);
		EXPECT_STATUS(get_partition_property_ex(vcpu, fresh, SUSPEND, argument, &out),
			      INVALID_PARTITION_STATE);
		EXPECT_STATUS(get_partition_property_ex(vcpu, 77, SUSPEND, argument, &out),
			      INVALID_PARTITION_ID);
	}
}

/* What tells the guest what it may do as a VMM. */
static void the_root_as_a_vmm(void)
{
	struct vcpu *vcpu = new_guest();

	/* It says where statistics pages go, sets its children's features, and schedules them. */
	EXPECT_PROPERTY(vcpu, SELF, VMM_CAPABILITIES, 1 << 1 | 1 << 4 | 1 << 6);
	EXPECT_PROPERTY(vcpu, HVP_PARTITION_ID_ROOT, VMM_CAPABILITIES, 1 << 1 | 1 << 4 | 1 << 6);
	EXPECT_PROPERTY(vcpu, SELF, INTEGRATED_SCHEDULER, 1);
	EXPECT_PROPERTY(vcpu, SELF, ASSIGNABLE_SYNTHETIC_PROC_FEATURES, ~0ULL);
	EXPECT_STATUS(set_partition_property(vcpu, create_child(vcpu), SYNTHETIC_PROC_FEATURES,
					     ~0ULL), SUCCESS);
}

static void wrong_partitions(void)
{
	struct vcpu *vcpu = new_guest();
	u64 gone = create_child(vcpu), value;
	const u64 ids[] = { 0, gone, gone + 1, 1ULL << 40 };
	unsigned int i;

	delete_child(vcpu, gone);
	for (i = 0; i < ARRAY_SIZE(ids); i++) {
		EXPECT_STATUS(get_property(vcpu, ids[i], SUSPEND, &value),
			      INVALID_PARTITION_ID);
		EXPECT_STATUS(set_partition_property(vcpu, ids[i], SUSPEND, 0),
			      INVALID_PARTITION_ID);
	}
}

static void without_privilege(void)
{
	struct guest_config config = {
		.privileges = GUEST_ALL_PRIVILEGES & ~HVP_PRIVILEGE_CREATE_PARTITIONS,
	};
	struct vcpu *vcpu = &guest_create(&config)->vcpus[0];
	u64 value;

	EXPECT_STATUS(get_property(vcpu, SELF, SUSPEND, &value), ACCESS_DENIED);
	EXPECT_STATUS(set_partition_property(vcpu, 77, SUSPEND, 0), ACCESS_DENIED);
}

/* A parent gives privileges that it has, all of them if it likes, and no other. */
static void privileges_of_a_child(void)
{
	struct vcpu *vcpu = new_guest();
	u64 all = GUEST_ALL_PRIVILEGES | GUEST_FEATURES;
	u64 id = create_child(vcpu);

	EXPECT_STATUS(set_partition_property(vcpu, id, PRIVILEGE_FLAGS, all), SUCCESS);
	EXPECT_PROPERTY(vcpu, id, PRIVILEGE_FLAGS, all);
	/* Defined, but this caller has not got it: CpuManagement, AccessResetReg */
	EXPECT_STATUS(set_partition_property(vcpu, id, PRIVILEGE_FLAGS, all | 1ULL << 44),
		      PROPERTY_VALUE_OUT_OF_RANGE);
	EXPECT_STATUS(set_partition_property(vcpu, id, PRIVILEGE_FLAGS, 1ULL << 7),
		      PROPERTY_VALUE_OUT_OF_RANGE);
	EXPECT_PROPERTY(vcpu, id, PRIVILEGE_FLAGS, all);
	EXPECT_STATUS(set_partition_property(vcpu, id, PRIVILEGE_FLAGS, 0), SUCCESS);
	EXPECT_PROPERTY(vcpu, id, PRIVILEGE_FLAGS, 0);
}

static void values_that_are_moved_into_limits(void)
{
	struct vcpu *vcpu = new_guest();
	u64 id = create_active_child(vcpu);

	EXPECT_STATUS(set_partition_property(vcpu, id, VIRTUAL_TLB_PAGE_COUNT, 0), SUCCESS);
	EXPECT_PROPERTY(vcpu, id, VIRTUAL_TLB_PAGE_COUNT, 1);
	EXPECT_STATUS(set_partition_property(vcpu, id, VIRTUAL_TLB_PAGE_COUNT, ~0ULL), SUCCESS);
	EXPECT_PROPERTY(vcpu, id, VIRTUAL_TLB_PAGE_COUNT, 8192);
}

static u64 property(struct vcpu *vcpu, u64 id, u32 code)
{
	u64 value = 0;

	REQUIRE_STATUS(get_property(vcpu, id, code, &value), SUCCESS);
	return value;
}

/* What the host program sees with CPUID is what the kernel has seen too. */
static void processor_is_the_hosts(void)
{
	struct vcpu *vcpu = new_guest();
	unsigned int eax, ebx, ecx, edx;
	u64 features;

	__cpuid(0, eax, ebx, ecx, edx);
	EXPECT_EQUAL(property(vcpu, SELF, PROCESSOR_VENDOR), ebx == signature_INTEL_ebx);
	__cpuid(1, eax, ebx, ecx, edx);
	EXPECT_EQUAL(property(vcpu, SELF, CLFLUSH_SIZE), ebx >> 8 & 0xff);
	features = property(vcpu, SELF, PROCESSOR_FEATURES0);
	EXPECT_EQUAL(features & 1, !!(ecx & bit_SSE3));
	EXPECT_EQUAL(features >> 4 & 1, !!(ecx & bit_SSE4_2));
	EXPECT_EQUAL(features >> 7 & 1, !!(ecx & bit_POPCNT));
	EXPECT_EQUAL(features >> 8 & 1, !!(ecx & bit_CMPXCHG16B));
	EXPECT_EQUAL(features >> 29 & 1, !!(ecx & bit_MOVBE));
	EXPECT_EQUAL(property(vcpu, SELF, XSAVE_FEATURES) >> 2 & 1, !!(ecx & bit_AVX));
	/* CET and AMX are not offered. */
	EXPECT_EQUAL(property(vcpu, SELF, PROCESSOR_FEATURES1) & (1 << 8 | 1 << 9), 0);
	EXPECT_EQUAL(property(vcpu, SELF, XSAVE_FEATURES) & (0xf << 26 | 1ULL << 37), 0);
	__cpuid(0x80000008, eax, ebx, ecx, edx);
	EXPECT_EQUAL(property(vcpu, SELF, PHYSICAL_ADDRESS_BITS), eax & 0xff);
	if (__get_cpuid_count(7, 1, &eax, &ebx, &ecx, &edx)) {
		/* FZRM, which not all kernels look for, and AVX-NE-CONVERT, which none does */
		EXPECT_EQUAL(property(vcpu, SELF, PROCESSOR_FEATURES1) >> 19 & 1, eax >> 10 & 1);
		EXPECT_EQUAL(property(vcpu, SELF, XSAVE_FEATURES) >> 32 & 1, edx >> 5 & 1);
	}
	EXPECT(property(vcpu, SELF, CLOCK_FREQUENCY) > 1000000);
	EXPECT_EQUAL(property(vcpu, SELF, OS_ID), GUEST_OS_ID);
}

/* What a child was created without, it does not have; all else is as the root's. */
static void processor_less_what_creation_disabled(void)
{
	const u64 sse3_popcnt = 1 << 0 | 1 << 7, avx = 1 << 2, invariant_tsc = 1 << 1;
	const struct hvp_create_partition_in in = {
		.compatibility_version = 0x0609,
		.disabled_processor_features = { sse3_popcnt, invariant_tsc },
		.disabled_xsave_features = avx,
	};
	struct vcpu *vcpu = new_guest();
	u64 states, id;

	pay_for_create(vcpu, &in, &id);
	initialize_child(vcpu, id);
	EXPECT_EQUAL(property(vcpu, id, COMPATIBILITY_VERSION), 0x0609);
	EXPECT_EQUAL(property(vcpu, id, PROCESSOR_FEATURES0),
		     property(vcpu, SELF, PROCESSOR_FEATURES0) & ~sse3_popcnt);
	EXPECT_EQUAL(property(vcpu, id, PROCESSOR_FEATURES1),
		     property(vcpu, SELF, PROCESSOR_FEATURES1) & ~invariant_tsc);
	EXPECT_EQUAL(property(vcpu, id, XSAVE_FEATURES),
		     property(vcpu, SELF, XSAVE_FEATURES) & ~avx);
	states = property(vcpu, id, XSAVE_STATES);
	EXPECT_EQUAL(states & 1 << 2, 0);
	EXPECT_EQUAL(states, property(vcpu, SELF, XSAVE_STATES) & ~(1 << 2));
	EXPECT_EQUAL(property(vcpu, id, OS_ID), 0);
	if (states == 3)
		EXPECT_EQUAL(property(vcpu, id, MAX_XSAVE_SIZE), 512 + 64);
}

static void wait_ms(unsigned int ms)
{
	struct timespec time = { .tv_nsec = ms * 1000000L };

	nanosleep(&time, NULL);
}

/* In units of 100 ns, from the partition's creation on; stands still when frozen, or is set. */
static void reference_time(void)
{
	struct vcpu *vcpu = new_guest();
	u64 id = create_active_child(vcpu), before, child_time, frozen;

	before = property(vcpu, id, REFERENCE_TIME);
	wait_ms(20);
	/* The parent's clock has run for longer, and is the one that is read later. */
	child_time = property(vcpu, id, REFERENCE_TIME);
	EXPECT(child_time >= before + 200000);
	EXPECT(property(vcpu, SELF, REFERENCE_TIME) > child_time);

	REQUIRE_STATUS(set_partition_property(vcpu, id, TIME_FREEZE, 1), SUCCESS);
	frozen = property(vcpu, id, REFERENCE_TIME);
	wait_ms(20);
	EXPECT_EQUAL(property(vcpu, id, REFERENCE_TIME), frozen);
	EXPECT_STATUS(set_partition_property(vcpu, id, REFERENCE_TIME, 1ULL << 60),
		      PROPERTY_VALUE_OUT_OF_RANGE);
	frozen += 123456789;
	EXPECT_STATUS(set_partition_property(vcpu, id, REFERENCE_TIME, frozen), SUCCESS);
	EXPECT_EQUAL(property(vcpu, id, REFERENCE_TIME), frozen);
	REQUIRE_STATUS(set_partition_property(vcpu, id, TIME_FREEZE, 0), SUCCESS);
	EXPECT(property(vcpu, id, REFERENCE_TIME) >= frozen);
	wait_ms(20);
	EXPECT(property(vcpu, id, REFERENCE_TIME) >= frozen + 200000);
}

static const struct test_case cases[] = {
	CASE(unknown_properties),
	CASE(argument_of_a_property),
	CASE(the_root_as_a_vmm),
	CASE(wrong_partitions),
	CASE(without_privilege),
	CASE(privileges_of_a_child),
	CASE(values_that_are_moved_into_limits),
	CASE(processor_is_the_hosts),
	CASE(processor_less_what_creation_disabled),
	CASE(reference_time),
};

int main(void)
{
	cases_add(cases, ARRAY_SIZE(cases));
	cases_add_rows(try_early, early);
	cases_add_rows(try_regular, regular);
	cases_add_rows(try_read_only, read_only);
	return cases_run();
}
