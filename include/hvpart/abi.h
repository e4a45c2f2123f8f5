/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * The guest ABI of the partition hypercalls: numbers and layouts, no behaviour.
 *
 * Shared by the module, its KUnit tests and the selftests' host programs.  The
 * section that a definition comes from is named beside it; "TLFS" is the
 * Hypervisor Top-Level Functional Specification, current edition unless an
 * older one is given.
 *
 * The kernel and KVM have definitions of some of these under hv_ and HV_ names
 * that differ from release to release, hence the prefix.
 */
#ifndef _HVPART_ABI_H
#define _HVPART_ABI_H

#include <linux/types.h>

#ifdef __KERNEL__
#include <linux/build_bug.h>
#else
#include <assert.h>
#endif

/*
 * Status codes (TLFS 2.0a, appendix B).  The one list that everything which
 * prints or decodes a status is made from.
 */
#define HVP_STATUS_LIST(X)				\
	X(0x0000, SUCCESS)				\
	X(0x0002, INVALID_HYPERCALL_CODE)		\
	X(0x0003, INVALID_HYPERCALL_INPUT)		\
	X(0x0004, INVALID_ALIGNMENT)			\
	X(0x0005, INVALID_PARAMETER)			\
	X(0x0006, ACCESS_DENIED)			\
	X(0x0007, INVALID_PARTITION_STATE)		\
	X(0x0008, OPERATION_DENIED)			\
	X(0x0009, UNKNOWN_PROPERTY)			\
	X(0x000a, PROPERTY_VALUE_OUT_OF_RANGE)		\
	X(0x000b, INSUFFICIENT_MEMORY)			\
	X(0x000c, PARTITION_TOO_DEEP)			\
	X(0x000d, INVALID_PARTITION_ID)			\
	X(0x000e, INVALID_VP_INDEX)			\
	X(0x0011, INVALID_PORT_ID)			\
	X(0x0012, INVALID_CONNECTION_ID)		\
	X(0x0015, INVALID_VP_STATE)			\
	X(0x0016, ACKNOWLEDGED)				\
	X(0x0019, OBJECT_IN_USE)			\
	X(0x001d, NO_RESOURCES)

#define HVP_STATUS_ENUM(value, name)	HVP_STATUS_##name = value,
enum hvp_status { HVP_STATUS_LIST(HVP_STATUS_ENUM) };

/*
 * The calls, in the order of their codes: code, name, the same for functions, structures of
 * the fixed input and of the output, name in the TLFS (appendix A of TLFS 2.0a).
 */
#define HVP_CALL_LIST(X)								\
	X(0x0040, CREATE_PARTITION, create_partition,					\
	  struct hvp_create_partition_in, struct hvp_partition_id, "HvCreatePartition")	\
	X(0x0041, INITIALIZE_PARTITION, initialize_partition,				\
	  struct hvp_partition_id, struct hvp_nothing, "HvInitializePartition")		\
	X(0x0042, FINALIZE_PARTITION, finalize_partition,				\
	  struct hvp_partition_id, struct hvp_nothing, "HvFinalizePartition")		\
	X(0x0043, DELETE_PARTITION, delete_partition,					\
	  struct hvp_partition_id, struct hvp_nothing, "HvDeletePartition")		\
	X(0x0044, GET_PARTITION_PROPERTY, get_partition_property,			\
	  struct hvp_get_property_in, struct hvp_get_property_out, "HvGetPartitionProperty")\
	X(0x0045, SET_PARTITION_PROPERTY, set_partition_property,			\
	  struct hvp_set_property_in, struct hvp_nothing, "HvSetPartitionProperty")	\
	X(0x0046, GET_PARTITION_ID, get_partition_id,					\
	  struct hvp_nothing, struct hvp_partition_id, "HvGetPartitionId")		\
	X(0x0047, GET_NEXT_CHILD_PARTITION, get_next_child_partition,			\
	  struct hvp_get_next_child_in, struct hvp_partition_id, "HvGetNextChildPartition")\
	X(0x0048, DEPOSIT_MEMORY, deposit_memory,					\
	  struct hvp_partition_id, struct hvp_nothing, "HvDepositMemory")		\
	X(0x0049, WITHDRAW_MEMORY, withdraw_memory,					\
	  struct hvp_partition_proximity, struct hvp_nothing, "HvWithdrawMemory")	\
	X(0x004a, GET_MEMORY_BALANCE, get_memory_balance,				\
	  struct hvp_partition_proximity, struct hvp_memory_balance_out, "HvGetMemoryBalance")\
	X(0x004b, MAP_GPA_PAGES, map_gpa_pages,						\
	  struct hvp_map_gpa_pages_in, struct hvp_nothing, "HvMapGpaPages")		\
	X(0x004c, UNMAP_GPA_PAGES, unmap_gpa_pages,					\
	  struct hvp_map_gpa_pages_in, struct hvp_nothing, "HvUnmapGpaPages")		\
	X(0x004d, INSTALL_INTERCEPT, install_intercept,					\
	  struct hvp_install_intercept_in, struct hvp_nothing, "HvInstallIntercept")	\
	X(0x004e, CREATE_VP, create_vp,							\
	  struct hvp_create_vp_in, struct hvp_nothing, "HvCreateVp")			\
	X(0x004f, DELETE_VP, delete_vp,							\
	  struct hvp_vp_in, struct hvp_nothing, "HvDeleteVp")				\
	X(0x0050, GET_VP_REGISTERS, get_vp_registers,					\
	  struct hvp_vp_in, struct hvp_nothing, "HvGetVpRegisters")			\
	X(0x0051, SET_VP_REGISTERS, set_vp_registers,					\
	  struct hvp_vp_in, struct hvp_nothing, "HvSetVpRegisters")			\
	X(0x0052, TRANSLATE_VIRTUAL_ADDRESS, translate_virtual_address,			\
	  struct hvp_translate_in, struct hvp_translate_out, "HvTranslateVirtualAddress")\
	X(0x0058, DELETE_PORT, delete_port,						\
	  struct hvp_delete_port_in, struct hvp_nothing, "HvDeletePort")		\
	X(0x005b, DISCONNECT_PORT, disconnect_port,					\
	  struct hvp_disconnect_port_in, struct hvp_nothing, "HvDisconnectPort")	\
	X(0x006c, MAP_STATS_PAGE, map_stats_page,					\
	  struct hvp_stats_page_in, struct hvp_map_stats_page_out, "HvMapStatsPage")	\
	X(0x006d, UNMAP_STATS_PAGE, unmap_stats_page,					\
	  struct hvp_stats_page_in, struct hvp_nothing, "HvUnmapStatsPage")		\
	X(0x008b, NOTIFY_PORT_RING_EMPTY, notify_port_ring_empty,			\
	  struct hvp_notify_port_ring_empty_in, struct hvp_nothing,			\
	  "HvNotifyPortRingEmpty")							\
	X(0x0091, REGISTER_INTERCEPT_RESULT, register_intercept_result,			\
	  struct hvp_intercept_result_in, struct hvp_nothing, "HvRegisterInterceptResult")\
	X(0x0094, ASSERT_VIRTUAL_INTERRUPT, assert_virtual_interrupt,			\
	  struct hvp_assert_interrupt_in, struct hvp_nothing, "HvAssertVirtualInterrupt")\
	X(0x0095, CREATE_PORT, create_port,						\
	  struct hvp_create_port_in, struct hvp_nothing, "HvCreatePort")		\
	X(0x0096, CONNECT_PORT, connect_port,						\
	  struct hvp_connect_port_in, struct hvp_nothing, "HvConnectPort")		\
	X(0x00c2, DISPATCH_VP, dispatch_vp,						\
	  struct hvp_dispatch_vp_in, struct hvp_dispatch_vp_out, "HvDispatchVp")	\
	X(0x00c9, GET_GPA_PAGES_ACCESS_STATE, get_gpa_pages_access_state,		\
	  struct hvp_access_state_in, struct hvp_nothing, "HvGetGpaPagesAccessState")	\
	X(0x00e1, MAP_VP_STATE_PAGE, map_vp_state_page,					\
	  struct hvp_map_state_page_in, struct hvp_map_stats_page_out,			\
	  "HvMapVpStatePage")								\
	X(0x00e2, UNMAP_VP_STATE_PAGE, unmap_vp_state_page,				\
	  struct hvp_state_page_in, struct hvp_nothing, "HvUnmapVpStatePage")		\
	X(0x00e3, GET_VP_STATE, get_vp_state,						\
	  struct hvp_vp_state_in, struct hvp_timers, "HvGetVpState")			\
	X(0x00e4, SET_VP_STATE, set_vp_state,						\
	  struct hvp_vp_state_in, struct hvp_nothing, "HvSetVpState")			\
	X(0x00f4, GET_VP_CPUID_VALUES, get_vp_cpuid_values,				\
	  struct hvp_cpuid_values_in, struct hvp_nothing, "HvGetVpCpuidValues")		\
	X(0x0101, GET_PARTITION_PROPERTY_EX, get_partition_property_ex,			\
	  struct hvp_get_property_ex_in, struct hvp_get_property_ex_out,		\
	  "HvGetPartitionPropertyEx")							\
	X(0x0131, MAP_STATS_PAGE2, map_stats_page2,					\
	  struct hvp_map_stats_page2_in, struct hvp_nothing, "HvMapStatsPage2")

#define HVP_CALL_ENUM(code, NAME, name, in, out, text)	HVP_CALL_##NAME = code,
enum hvp_call_code { HVP_CALL_LIST(HVP_CALL_ENUM) };

/* Hypercall input value (TLFS, Hypercall Interface, "Hypercall Inputs"). */
#define HVP_CONTROL_CODE_MASK		0x000000000000ffffULL
#define HVP_CONTROL_FAST		0x0000000000010000ULL
#define HVP_CONTROL_VARHEAD_MASK	0x0000000007fe0000ULL
#define HVP_CONTROL_VARHEAD_SHIFT	17
#define HVP_CONTROL_NESTED		0x0000000080000000ULL
#define HVP_CONTROL_REP_COUNT_SHIFT	32
#define HVP_CONTROL_REP_START_SHIFT	48
#define HVP_CONTROL_REP_MASK		0xfffULL	/* of either, shifted down */
#define HVP_CONTROL_RESERVED_MASK	0xf000f00078000000ULL

/* Hypercall result value (TLFS, Hypercall Interface, "Hypercall Outputs"). */
#define HVP_RESULT_STATUS_MASK		0x000000000000ffffULL
#define HVP_RESULT_REPS_SHIFT		32

/* Parameter lists lie in one 4 KiB page of guest memory, 8-byte aligned. */
#define HVP_PAGE_SHIFT			12
#define HVP_PAGE_SIZE			(1UL << HVP_PAGE_SHIFT)
#define HVP_PARAMETER_ALIGNMENT		8

/* What a call has that has no input, or no output. */
struct hvp_nothing {
};

/* Privileges: CPUID 0x40000003, EAX is bits 31:0 and EBX bits 63:32. */
#define HVP_CPUID_FEATURES		0x40000003
#define HVP_PRIVILEGE_CREATE_PARTITIONS		(1ULL << 32)
#define HVP_PRIVILEGE_ACCESS_PARTITION_ID	(1ULL << 33)
#define HVP_PRIVILEGE_ACCESS_MEMORY_POOL	(1ULL << 34)
#define HVP_PRIVILEGE_ACCESS_STATS		(1ULL << 40)

/* Those that calls want, and their names for people. */
#define HVP_PRIVILEGE_LIST(X)					\
	X(CREATE_PARTITIONS, "create_partitions")		\
	X(ACCESS_PARTITION_ID, "access_partition_id")		\
	X(ACCESS_MEMORY_POOL, "access_memory_pool")		\
	X(ACCESS_STATS, "access_stats")

/* Whoever has none of these makes none of these calls. */
#define HVP_PRIVILEGE_OR(name, text)	HVP_PRIVILEGE_##name |
#define HVP_PARTITION_PRIVILEGES	(HVP_PRIVILEGE_LIST(HVP_PRIVILEGE_OR) 0ULL)

#define HVP_PARTITION_ID_INVALID	0ULL
#define HVP_PARTITION_ID_SELF		(~0ULL)
#define HVP_PARTITION_ID_ROOT		1ULL

/* HV_PROXIMITY_DOMAIN_INFO */
struct hvp_proximity {
	__u32 id;
	__u32 flags;
};

static_assert(sizeof(struct hvp_proximity) == 8, "HV_PROXIMITY_DOMAIN_INFO");

#define HVP_PROXIMITY_PREFERRED		0x00000001U
#define HVP_PROXIMITY_RESERVED_MASK	0x7ffffffeU
#define HVP_PROXIMITY_VALID		0x80000000U
#define HVP_PROXIMITY_DOMAINS		64	/* ids are below this */

/* HV_PARTITION_CREATION_FLAGS */
#define HVP_CREATE_SMT_ENABLED_GUEST		(1ULL << 0)
#define HVP_CREATE_NESTED_VIRTUALIZATION	(1ULL << 1)
#define HVP_CREATE_GPA_SUPER_PAGES		(1ULL << 4)
#define HVP_CREATE_EXO_PARTITION		(1ULL << 8)
#define HVP_CREATE_VTL1_OVERRIDE		(1ULL << 9)
#define HVP_CREATE_VTL2_OVERRIDE		(1ULL << 10)
#define HVP_CREATE_LAPIC			(1ULL << 13)
#define HVP_CREATE_PERFMON_PMU			(1ULL << 15)
#define HVP_CREATE_PERFMON_LBR			(1ULL << 16)
#define HVP_CREATE_INTERCEPT_MESSAGE_PAGE	(1ULL << 19)
#define HVP_CREATE_DOORBELL_PAGE		(1ULL << 20)
#define HVP_CREATE_X2APIC			(1ULL << 22)
#define HVP_CREATE_DEFINED_FLAGS				\
	(HVP_CREATE_SMT_ENABLED_GUEST |				\
	 HVP_CREATE_NESTED_VIRTUALIZATION |			\
	 HVP_CREATE_GPA_SUPER_PAGES |				\
	 HVP_CREATE_EXO_PARTITION |				\
	 HVP_CREATE_VTL1_OVERRIDE |				\
	 HVP_CREATE_VTL2_OVERRIDE |				\
	 HVP_CREATE_LAPIC |					\
	 HVP_CREATE_PERFMON_PMU |				\
	 HVP_CREATE_PERFMON_LBR |				\
	 HVP_CREATE_INTERCEPT_MESSAGE_PAGE |			\
	 HVP_CREATE_DOORBELL_PAGE |				\
	 HVP_CREATE_X2APIC)

/* HvCallCreatePartition, AMD64 layout */
struct hvp_create_partition_in {
	__u64 flags;
	struct hvp_proximity proximity;
	__u32 compatibility_version;
	__u32 padding;
	__u64 disabled_processor_features[2];
	__u64 disabled_xsave_features;
	__u64 isolation;
};

static_assert(sizeof(struct hvp_create_partition_in) == 56, "HvCallCreatePartition");

/*
 * HvCallInitializePartition, HvCallFinalizePartition, HvCallDeletePartition;
 * the output of HvCallCreatePartition and HvCallGetPartitionId; the fixed part
 * of HvCallDepositMemory, which 8-byte GPA page numbers follow.
 */
struct hvp_partition_id {
	__u64 partition_id;
};

static_assert(sizeof(struct hvp_partition_id) == 8, "HV_PARTITION_ID");

/* HvCallGetPartitionProperty */
struct hvp_get_property_in {
	__u64 partition_id;
	__u32 code;
	__u32 padding;
};

static_assert(sizeof(struct hvp_get_property_in) == 16, "HvCallGetPartitionProperty");

struct hvp_get_property_out {
	__u64 value;
};

static_assert(sizeof(struct hvp_get_property_out) == 8, "HvCallGetPartitionProperty");

/*
 * HvCallGetPartitionPropertyEx.  The TLFS has no page for it; the layout is what
 * Linux's include/hyperv/hvhdk.h has, the output as much as any property needs.
 */
struct hvp_get_property_ex_in {
	__u64 partition_id;
	__u32 code;
	__u32 padding;
	__u64 argument;
};

static_assert(sizeof(struct hvp_get_property_ex_in) == 24, "HvCallGetPartitionPropertyEx");

/* Of a property in banks of 64 bits: their number, and the first one. */
struct hvp_get_property_ex_out {
	__u64 value[2];
};

static_assert(sizeof(struct hvp_get_property_ex_out) == 16, "HvCallGetPartitionPropertyEx");

/* HV_PARTITION_PROPERTY_VMM_CAPABILITIES, from Linux's include/hyperv/hvhdk_mini.h */
#define HVP_VMM_PROVIDES_OVERLAY_PAGES			(1ULL << 1)
#define HVP_VMM_ASSIGNS_SYNTHETIC_PROC_FEATURES		(1ULL << 4)
#define HVP_VMM_HAS_INTEGRATED_SCHEDULER		(1ULL << 6)

/* HvCallSetPartitionProperty */
struct hvp_set_property_in {
	__u64 partition_id;
	__u32 code;
	__u32 padding;
	__u64 value;
};

static_assert(sizeof(struct hvp_set_property_in) == 24, "HvCallSetPartitionProperty");

/* HvCallGetNextChildPartition */
struct hvp_get_next_child_in {
	__u64 parent_id;
	__u64 previous_child_id;
};

static_assert(sizeof(struct hvp_get_next_child_in) == 16, "HvCallGetNextChildPartition");

/*
 * HvCallGetMemoryBalance; the fixed part of HvCallWithdrawMemory, whose output
 * is a list of 8-byte GPA page numbers.
 */
struct hvp_partition_proximity {
	__u64 partition_id;
	struct hvp_proximity proximity;
};

static_assert(sizeof(struct hvp_partition_proximity) == 16, "HvCallGetMemoryBalance");

struct hvp_memory_balance_out {
	__u64 pages_available;
	__u64 pages_in_use;
};

static_assert(sizeof(struct hvp_memory_balance_out) == 16, "HvCallGetMemoryBalance");

/* HV_STATS_OBJECT_TYPE */
#define HVP_STATS_PARTITION		0x00010001U
#define HVP_STATS_VP			0x00010002U

/* HV_STATS_AREA_TYPE, from Linux's include/hyperv/hvhdk_mini.h */
#define HVP_STATS_AREA_SELF		0
#define HVP_STATS_AREA_PARENT		1

/* HV_STATS_OBJECT_IDENTITY of a virtual processor; of a partition, vp_index is reserved */
struct hvp_stats_identity {
	__u64 partition_id;
	__u32 vp_index;
	__u16 reserved1;
	__u8 reserved2;
	__u8 area;
};

static_assert(sizeof(struct hvp_stats_identity) == 16, "HV_STATS_OBJECT_IDENTITY");

/*
 * HvCallMapStatsPage, HvCallUnmapStatsPage.  The TLFS's page for the latter has the
 * identity at 4, which would not be aligned; Linux has it at 8, as in the next one.
 */
struct hvp_stats_page_in {
	__u32 type;
	__u32 reserved;
	struct hvp_stats_identity identity;
};

static_assert(sizeof(struct hvp_stats_page_in) == 24, "HvCallUnmapStatsPage");

/* HvCallMapStatsPage */
struct hvp_map_stats_page_out {
	__u64 map_location;	/* GPA page number */
};

static_assert(sizeof(struct hvp_map_stats_page_out) == 8, "HvCallMapStatsPage");

/* HvCallMapStatsPage2 */
struct hvp_map_stats_page2_in {
	struct hvp_stats_page_in object;
	__u64 map_location;	/* GPA page number */
};

static_assert(sizeof(struct hvp_map_stats_page2_in) == 32, "HvCallMapStatsPage2");

/*
 * Counters of a statistics page, by their place in it (units of 8 bytes), as Linux's
 * drivers/hv/mshv_debugfs_counters.c names them.
 */
#define HVP_COUNTER_PT_VIRTUAL_PROCESSORS	1
#define HVP_COUNTER_PT_DEPOSITED_PAGES		5
#define HVP_COUNTER_PT_PARTITION_ID		26
#define HVP_COUNTER_PT_ACTIVE_CHILDREN		46
#define HVP_COUNTER_VP_TOTAL_RUN_TIME		1	/* 100 ns */
#define HVP_COUNTER_VP_HYPERCALLS		7

#include <hvpart/abi/ports.h>
#include <hvpart/abi/vp.h>

#endif /* _HVPART_ABI_H */
