/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The calls as Documentation/hypercalls.rst and hypercalls-mshv.rst have them: one row
 * each, plain data, for the unit tests, the fuzzer and the selftests.  It is written
 * from there, and so says a second time what core/call/table.c says.
 */
#ifndef _HVPART_CONTRACT_CALLS_H
#define _HVPART_CONTRACT_CALLS_H

#include <linux/types.h>
#ifndef __KERNEL__
#include <stdbool.h>
#include <stddef.h>
#endif
#include <hvpart/abi.h>

/* EBX bits 0, 1, 2 and 8 */
static_assert(HVP_PRIVILEGE_CREATE_PARTITIONS == 0x0000000100000000ULL, "CreatePartitions");
static_assert(HVP_PRIVILEGE_ACCESS_PARTITION_ID == 0x0000000200000000ULL, "AccessPartitionId");
static_assert(HVP_PRIVILEGE_ACCESS_MEMORY_POOL == 0x0000000400000000ULL, "AccessMemoryPool");
static_assert(HVP_PRIVILEGE_ACCESS_STATS == 0x0000010000000000ULL, "AccessStats");

/* States that a call is allowed in, 1 << state each. */
enum hvp_while {
	HVP_WHILE_UNINITIALIZED = 0x1,
	HVP_WHILE_ACTIVE = 0x2,
	HVP_WHILE_FINALIZING = 0x4,
	HVP_WHILE_FINALIZED = 0x8,
	HVP_WHILE_ANY = 0xf,
};

/* What a word of input, or an element of a list, is. */
enum hvp_field {
	HVP_FIELD_ANY,		/* whatever the caller likes, padding */
	HVP_FIELD_ZERO,		/* has to be 0 */
	HVP_FIELD_ID,		/* the target */
	HVP_FIELD_CHILD,	/* a child of the target, or 0 */
	HVP_FIELD_FLAGS,	/* HVP_CREATE_* */
	HVP_FIELD_PROXIMITY,	/* struct hvp_proximity */
	HVP_FIELD_PROPERTY,	/* u32 property code, then padding */
	HVP_FIELD_VALUE,	/* the property's */
	HVP_FIELD_STATS_TYPE,	/* u32 HVP_STATS_*, then 0 */
	HVP_FIELD_STATS_PART,	/* u32 VP index, 0, u8 area */
	HVP_FIELD_PAGE,		/* GPA page number */
	HVP_FIELD_GPA,		/* likewise, but of the target */
	HVP_FIELD_MAP_FLAGS,	/* u32 HVP_MAP_*, then padding */
	HVP_FIELD_UNMAP_FLAGS,	/* u32 HVP_UNMAP_*, then padding */
	HVP_FIELD_ACCESS_FLAGS,	/* HVP_ACCESS_STATE_* */
	HVP_FIELD_VP,		/* u32 VP index, then padding */
	HVP_FIELD_VP_VTL,	/* u32 VP index, u8 0, then padding */
	HVP_FIELD_REGISTER,	/* u32 register number */
	HVP_FIELD_ASSOC,	/* struct hvp_register_assoc */
	HVP_FIELD_TRANSLATE,	/* HVP_TRANSLATE_* */
	HVP_FIELD_INTERRUPT,	/* u32 HVP_INTERRUPT_* type, u32 modes */
	HVP_FIELD_DESTINATION,	/* APIC ID or logical destination */
	HVP_FIELD_VECTOR,	/* u32 vector, u8 0, then padding */
	HVP_FIELD_DISPATCH,	/* u32 VP index, u32 HVP_DISPATCH_* flags */
	HVP_FIELD_STATE_TYPE,	/* u32 HVP_VP_STATE_*, then padding */
	HVP_FIELD_STATE_PAGE,	/* u32 VP index, u16 HVP_STATE_PAGE_*, u8 0, u8 flags */
	HVP_FIELD_INTERCEPT,	/* u32 HVP_INTERCEPT_MASK_*, u32 HVP_INTERCEPT_* type */
	HVP_FIELD_VP_INTERCEPT,	/* u32 VP index, u32 HVP_INTERCEPT_* type */
	HVP_FIELD_RESULT,	/* u32 CPUID leaf or MSR, u32 subleaf or HVP_INTERCEPT_MASK_* */
	HVP_FIELD_RESULT_FLAGS,	/* u8 subleaf counts, u8, u16, u32 value; or u32 HVP_MSR_* */
	HVP_FIELD_VP_CPUID,	/* u32 VP index, u32 HVP_CPUID_* flags */
	HVP_FIELD_CPUID,	/* struct hvp_cpuid_leaf */
	HVP_FIELD_PORT,		/* u32 port ID, u8 0, u8 0, then padding */
	HVP_FIELD_PORT_TYPE,	/* u32 HVP_PORT_*, then padding */
	HVP_FIELD_PORT_TARGET,	/* u32 SINT, u32 VP index */
	HVP_FIELD_PEER,		/* an active child of the caller's */
	HVP_FIELD_OWNER,	/* the caller */
	HVP_FIELD_CONNECTION,	/* u32 connection ID, u8 0, then padding */
	HVP_FIELD_CONNECTED,	/* u32 connection ID, u32 HVP_DISCONNECT_* flags */
	HVP_FIELD_ADDRESS,	/* GPA of the target's, in bytes */
	HVP_FIELD_DOORBELL,	/* HVP_DOORBELL_* */
	HVP_FIELD_SINT,		/* u32 SINT, then padding */
	HVP_NR_FIELDS
};

#define HVP_INPUT_WORDS	9

/**
 * struct hvp_contract_call - what is to be known of a call
 * @name:	its name
 * @code:	call code
 * @privilege:	what the caller must have
 * @rep:	it is a rep call
 * @fast:	its input may come in registers
 * @varhead:	it may have a variable header
 * @header_words: how long one is that would do, in units of 8 bytes, if it is of 0s
 * @in_size:	bytes of input, of its fixed part if it has more
 * @in_element:	bytes of an element of the input list
 * @out_size:	bytes of output
 * @out_element: bytes of an element of the output list
 * @input:	what the words of the fixed input are, HVP_FIELD_*
 * @element:	likewise an element of its list
 * @names_child: it may name a child of the caller
 * @names_self:	it may name the caller itself
 * @states:	what it names may be in these, HVP_WHILE_*
 * @statuses:	those of its own, 1 << status each
 * @unit_statuses: likewise, but no guest can get them: it cannot make the host run out of
 *		memory, and its child, in which nothing runs, has no children
 */
struct hvp_contract_call {
	const char *name;
	__u16 code;
	__u64 privilege;
	bool rep;
	bool fast;
	bool varhead;
	__u8 header_words;
	__u8 in_size;
	__u8 in_element;
	__u8 out_size;
	__u8 out_element;
	__u8 input[HVP_INPUT_WORDS];
	__u8 element;
	bool names_child;
	bool names_self;
	__u8 states;
	__u32 statuses;
	__u32 unit_statuses;
};

#define HVP_CAN(status)	(1U << HVP_STATUS_##status)

/* Of synthetic timers, which are in the call itself; other state is in a page. */
#define HVP_CONTRACT_STATE								\
	.varhead = true, .in_size = 40,							\
	.input = { HVP_FIELD_ID, HVP_FIELD_VP_VTL, HVP_FIELD_STATE_TYPE },		\
	.names_child = true, .states = HVP_WHILE_ACTIVE,				\
	.statuses = HVP_CAN(INVALID_PARAMETER) | HVP_CAN(INVALID_VP_INDEX) |		\
		    HVP_CAN(OPERATION_DENIED),						\
	.unit_statuses = HVP_CAN(NO_RESOURCES)

#define HVP_CONTRACT(X)									\
	X("HvCreatePartition", 0x40, CREATE_PARTITIONS, .in_size = 56, .out_size = 8,	\
	  .input = { HVP_FIELD_FLAGS, HVP_FIELD_PROXIMITY, [6] = HVP_FIELD_ZERO },	\
	  .statuses = HVP_CAN(INVALID_PARAMETER) | HVP_CAN(PARTITION_TOO_DEEP) |	\
		      HVP_CAN(INSUFFICIENT_MEMORY) | HVP_CAN(NO_RESOURCES))		\
	X("HvInitializePartition", 0x41, CREATE_PARTITIONS, .fast = true, .in_size = 8,	\
	  .input = { HVP_FIELD_ID }, .names_child = true,				\
	  .states = HVP_WHILE_UNINITIALIZED,						\
	  .statuses = HVP_CAN(INSUFFICIENT_MEMORY),					\
	  .unit_statuses = HVP_CAN(NO_RESOURCES))					\
	X("HvFinalizePartition", 0x42, CREATE_PARTITIONS, .fast = true, .in_size = 8,	\
	  .input = { HVP_FIELD_ID }, .names_child = true,				\
	  .states = HVP_WHILE_ACTIVE | HVP_WHILE_FINALIZING,				\
	  .unit_statuses = HVP_CAN(OPERATION_DENIED))					\
	X("HvDeletePartition", 0x43, CREATE_PARTITIONS, .fast = true, .in_size = 8,	\
	  .input = { HVP_FIELD_ID }, .names_child = true,				\
	  .states = HVP_WHILE_UNINITIALIZED | HVP_WHILE_FINALIZED,			\
	  .statuses = HVP_CAN(OPERATION_DENIED))					\
	/* Not all properties in all of these states. */				\
	X("HvGetPartitionProperty", 0x44, CREATE_PARTITIONS, .in_size = 16, .out_size = 8, \
	  .input = { HVP_FIELD_ID, HVP_FIELD_PROPERTY },				\
	  .names_child = true, .names_self = true,					\
	  .states = HVP_WHILE_UNINITIALIZED | HVP_WHILE_ACTIVE,				\
	  .statuses = HVP_CAN(UNKNOWN_PROPERTY))					\
	X("HvSetPartitionProperty", 0x45, CREATE_PARTITIONS, .in_size = 24,		\
	  .input = { HVP_FIELD_ID, HVP_FIELD_PROPERTY, HVP_FIELD_VALUE },		\
	  .names_child = true, .states = HVP_WHILE_UNINITIALIZED | HVP_WHILE_ACTIVE,	\
	  .statuses = HVP_CAN(UNKNOWN_PROPERTY) | HVP_CAN(INVALID_PARAMETER) |		\
		      HVP_CAN(PROPERTY_VALUE_OUT_OF_RANGE))				\
	X("HvGetPartitionId", 0x46, ACCESS_PARTITION_ID, .out_size = 8)			\
	X("HvGetNextChildPartition", 0x47, CREATE_PARTITIONS, .in_size = 16, .out_size = 8, \
	  .input = { HVP_FIELD_ID, HVP_FIELD_CHILD }, .names_self = true,		\
	  .states = HVP_WHILE_ANY)							\
	X("HvDepositMemory", 0x48, ACCESS_MEMORY_POOL, .rep = true, .in_size = 8,	\
	  .in_element = 8, .input = { HVP_FIELD_ID }, .element = HVP_FIELD_PAGE,	\
	  .names_child = true, .names_self = true,					\
	  .states = HVP_WHILE_UNINITIALIZED | HVP_WHILE_ACTIVE,				\
	  .statuses = HVP_CAN(OPERATION_DENIED) | HVP_CAN(OBJECT_IN_USE) |		\
		      HVP_CAN(NO_RESOURCES))						\
	X("HvWithdrawMemory", 0x49, ACCESS_MEMORY_POOL, .rep = true, .in_size = 16,	\
	  .out_element = 8, .input = { HVP_FIELD_ID, HVP_FIELD_PROXIMITY },		\
	  .element = HVP_FIELD_PAGE, .names_child = true, .names_self = true,		\
	  .states = HVP_WHILE_ANY,							\
	  .statuses = HVP_CAN(INVALID_PARAMETER) | HVP_CAN(NO_RESOURCES))		\
	X("HvGetMemoryBalance", 0x4a, ACCESS_MEMORY_POOL, .in_size = 16, .out_size = 16, \
	  .input = { HVP_FIELD_ID, HVP_FIELD_PROXIMITY },				\
	  .names_child = true, .names_self = true, .states = HVP_WHILE_ANY,		\
	  .statuses = HVP_CAN(INVALID_PARAMETER))					\
	X("HvMapGpaPages", 0x4b, CREATE_PARTITIONS, .rep = true, .in_size = 24,		\
	  .in_element = 8, .element = HVP_FIELD_PAGE,					\
	  .input = { HVP_FIELD_ID, HVP_FIELD_GPA, HVP_FIELD_MAP_FLAGS },			\
	  .names_child = true, .states = HVP_WHILE_ACTIVE,				\
	  .statuses = HVP_CAN(INVALID_PARAMETER) | HVP_CAN(OPERATION_DENIED) |		\
		      HVP_CAN(INSUFFICIENT_MEMORY) | HVP_CAN(NO_RESOURCES))		\
	X("HvUnmapGpaPages", 0x4c, CREATE_PARTITIONS, .rep = true, .in_size = 24,	\
	  .input = { HVP_FIELD_ID, HVP_FIELD_GPA, HVP_FIELD_UNMAP_FLAGS },		\
	  .names_child = true,								\
	  .states = HVP_WHILE_ACTIVE | HVP_WHILE_FINALIZING | HVP_WHILE_FINALIZED,	\
	  .statuses = HVP_CAN(INVALID_PARAMETER))					\
	X("HvInstallIntercept", 0x4d, CREATE_PARTITIONS, .in_size = 24,			\
	  .input = { HVP_FIELD_ID, HVP_FIELD_INTERCEPT, HVP_FIELD_ANY },		\
	  .names_child = true, .states = HVP_WHILE_ACTIVE,				\
	  .statuses = HVP_CAN(INVALID_PARAMETER) | HVP_CAN(INSUFFICIENT_MEMORY) |	\
		      HVP_CAN(NO_RESOURCES))						\
	X("HvCreateVp", 0x4e, CREATE_PARTITIONS, .in_size = 40,				\
	  .input = { HVP_FIELD_ID, HVP_FIELD_VP, HVP_FIELD_ANY, HVP_FIELD_PROXIMITY,	\
		     HVP_FIELD_ZERO },							\
	  .names_child = true, .states = HVP_WHILE_ACTIVE,				\
	  .statuses = HVP_CAN(INVALID_PARAMETER) | HVP_CAN(INVALID_VP_INDEX) |		\
		      HVP_CAN(INSUFFICIENT_MEMORY) | HVP_CAN(NO_RESOURCES))		\
	X("HvDeleteVp", 0x4f, CREATE_PARTITIONS, .fast = true, .in_size = 16,		\
	  .input = { HVP_FIELD_ID, HVP_FIELD_VP },					\
	  .names_child = true, .states = HVP_WHILE_ACTIVE,				\
	  .statuses = HVP_CAN(INVALID_VP_INDEX) | HVP_CAN(INVALID_VP_STATE))		\
	X("HvGetVpRegisters", 0x50, CREATE_PARTITIONS, .rep = true, .in_size = 16,	\
	  .in_element = 4, .out_element = 16, .element = HVP_FIELD_REGISTER,		\
	  .input = { HVP_FIELD_ID, HVP_FIELD_VP_VTL },					\
	  .names_child = true, .states = HVP_WHILE_ACTIVE,				\
	  .statuses = HVP_CAN(INVALID_PARAMETER) | HVP_CAN(INVALID_VP_INDEX),		\
	  .unit_statuses = HVP_CAN(NO_RESOURCES))					\
	X("HvSetVpRegisters", 0x51, CREATE_PARTITIONS, .rep = true, .in_size = 16,	\
	  .in_element = 32, .element = HVP_FIELD_ASSOC,					\
	  .input = { HVP_FIELD_ID, HVP_FIELD_VP_VTL },					\
	  .names_child = true, .states = HVP_WHILE_ACTIVE,				\
	  .statuses = HVP_CAN(INVALID_PARAMETER) | HVP_CAN(INVALID_VP_INDEX),		\
	  .unit_statuses = HVP_CAN(NO_RESOURCES))					\
	X("HvTranslateVirtualAddress", 0x52, CREATE_PARTITIONS, .in_size = 32,		\
	  .out_size = 16, .input = { HVP_FIELD_ID, HVP_FIELD_VP, HVP_FIELD_TRANSLATE },	\
	  .names_child = true, .states = HVP_WHILE_ACTIVE,				\
	  .statuses = HVP_CAN(INVALID_PARAMETER) | HVP_CAN(INVALID_VP_INDEX),		\
	  .unit_statuses = HVP_CAN(NO_RESOURCES))					\
	/* Whom it names itself is always in the right state; the other one is not. */	\
	X("HvDeletePort", 0x58, CREATE_PARTITIONS, .fast = true, .in_size = 16,		\
	  .input = { HVP_FIELD_ID, HVP_FIELD_PORT },					\
	  .names_self = true, .states = HVP_WHILE_ANY,					\
	  .statuses = HVP_CAN(INVALID_PORT_ID))						\
	X("HvDisconnectPort", 0x5b, CREATE_PARTITIONS, .fast = true, .in_size = 16,	\
	  .input = { HVP_FIELD_ID, HVP_FIELD_CONNECTED },				\
	  .names_child = true, .states = HVP_WHILE_ACTIVE,				\
	  .statuses = HVP_CAN(INVALID_PARAMETER) | HVP_CAN(INVALID_CONNECTION_ID))	\
	X("HvMapStatsPage", 0x6c, ACCESS_STATS, .in_size = 24, .out_size = 8,		\
	  .input = { HVP_FIELD_STATS_TYPE, HVP_FIELD_ID, HVP_FIELD_STATS_PART },	\
	  .names_child = true, .names_self = true, .states = HVP_WHILE_ACTIVE,		\
	  .statuses = HVP_CAN(INVALID_PARAMETER) | HVP_CAN(INVALID_VP_INDEX) |		\
		      HVP_CAN(OBJECT_IN_USE) | HVP_CAN(INSUFFICIENT_MEMORY),		\
	  .unit_statuses = HVP_CAN(NO_RESOURCES))					\
	X("HvUnmapStatsPage", 0x6d, ACCESS_STATS, .in_size = 24,			\
	  .input = { HVP_FIELD_STATS_TYPE, HVP_FIELD_ID, HVP_FIELD_STATS_PART },	\
	  .names_child = true, .names_self = true, .states = HVP_WHILE_ACTIVE,		\
	  .statuses = HVP_CAN(INVALID_PARAMETER) | HVP_CAN(INVALID_VP_INDEX))		\
	X("HvNotifyPortRingEmpty", 0x8b, CREATE_PARTITIONS, .fast = true, .in_size = 8,	\
	  .input = { HVP_FIELD_SINT }, .statuses = HVP_CAN(INVALID_PARAMETER))		\
	X("HvRegisterInterceptResult", 0x91, CREATE_PARTITIONS, .in_size = 60,		\
	  .input = { HVP_FIELD_ID, HVP_FIELD_VP_INTERCEPT, HVP_FIELD_RESULT,		\
		     HVP_FIELD_RESULT_FLAGS },						\
	  .names_child = true, .states = HVP_WHILE_ACTIVE,				\
	  .statuses = HVP_CAN(INVALID_PARAMETER) | HVP_CAN(INVALID_VP_INDEX) |		\
		      HVP_CAN(INSUFFICIENT_MEMORY) | HVP_CAN(NO_RESOURCES))		\
	X("HvAssertVirtualInterrupt", 0x94, CREATE_PARTITIONS, .in_size = 32,		\
	  .input = { HVP_FIELD_ID, HVP_FIELD_INTERRUPT, HVP_FIELD_DESTINATION,		\
		     HVP_FIELD_VECTOR },						\
	  .names_child = true, .states = HVP_WHILE_ACTIVE,				\
	  .statuses = HVP_CAN(INVALID_PARAMETER) | HVP_CAN(INVALID_VP_INDEX) |		\
		      HVP_CAN(ACKNOWLEDGED),						\
	  .unit_statuses = HVP_CAN(NO_RESOURCES))					\
	X("HvCreatePort", 0x95, CREATE_PARTITIONS, .in_size = 56,			\
	  .input = { HVP_FIELD_ID, HVP_FIELD_PORT, HVP_FIELD_PEER, HVP_FIELD_PORT_TYPE,	\
		     HVP_FIELD_PORT_TARGET, HVP_FIELD_ANY, HVP_FIELD_PROXIMITY },	\
	  .names_self = true, .states = HVP_WHILE_ACTIVE,				\
	  .statuses = HVP_CAN(INVALID_PARAMETER) | HVP_CAN(INVALID_PORT_ID) |		\
		      HVP_CAN(INSUFFICIENT_MEMORY) | HVP_CAN(NO_RESOURCES))		\
	X("HvConnectPort", 0x96, CREATE_PARTITIONS, .in_size = 72,			\
	  .input = { HVP_FIELD_ID, HVP_FIELD_CONNECTION, HVP_FIELD_OWNER,		\
		     HVP_FIELD_PORT, HVP_FIELD_PORT_TYPE, HVP_FIELD_ADDRESS,		\
		     HVP_FIELD_VALUE, HVP_FIELD_DOORBELL, HVP_FIELD_PROXIMITY },	\
	  .names_child = true, .states = HVP_WHILE_ACTIVE,				\
	  .statuses = HVP_CAN(INVALID_PARAMETER) | HVP_CAN(INVALID_CONNECTION_ID) |	\
		      HVP_CAN(INVALID_PORT_ID) | HVP_CAN(OBJECT_IN_USE))		\
	X("HvDispatchVp", 0xc2, CREATE_PARTITIONS, .in_size = 32, .out_size = 8,	\
	  .input = { HVP_FIELD_ID, HVP_FIELD_DISPATCH },				\
	  .names_child = true, .states = HVP_WHILE_ACTIVE,				\
	  .statuses = HVP_CAN(INVALID_PARAMETER) | HVP_CAN(INVALID_VP_INDEX) |		\
		      HVP_CAN(INVALID_VP_STATE),					\
	  .unit_statuses = HVP_CAN(NO_RESOURCES))					\
	X("HvGetGpaPagesAccessState", 0xc9, CREATE_PARTITIONS, .rep = true, .in_size = 24,	\
	  .out_element = 1, .input = { HVP_FIELD_ID, HVP_FIELD_ACCESS_FLAGS, HVP_FIELD_GPA }, \
	  .names_child = true, .states = HVP_WHILE_ACTIVE,				\
	  .statuses = HVP_CAN(INVALID_PARAMETER),					\
	  .unit_statuses = HVP_CAN(NO_RESOURCES))					\
	X("HvMapVpStatePage", 0xe1, CREATE_PARTITIONS, .in_size = 24, .out_size = 8,	\
	  .input = { HVP_FIELD_ID, HVP_FIELD_STATE_PAGE, HVP_FIELD_PAGE },		\
	  .names_child = true, .states = HVP_WHILE_ACTIVE,				\
	  .statuses = HVP_CAN(INVALID_PARAMETER) | HVP_CAN(INVALID_VP_INDEX) |		\
		      HVP_CAN(OBJECT_IN_USE) | HVP_CAN(OPERATION_DENIED) |		\
		      HVP_CAN(NO_RESOURCES))						\
	X("HvUnmapVpStatePage", 0xe2, CREATE_PARTITIONS, .in_size = 16,			\
	  .input = { HVP_FIELD_ID, HVP_FIELD_STATE_PAGE }, .names_child = true,		\
	  .states = HVP_WHILE_ACTIVE | HVP_WHILE_FINALIZING | HVP_WHILE_FINALIZED,	\
	  .statuses = HVP_CAN(INVALID_PARAMETER) | HVP_CAN(INVALID_VP_INDEX))		\
	X("HvGetVpState", 0xe3, CREATE_PARTITIONS, HVP_CONTRACT_STATE, .out_size = 200)	\
	X("HvSetVpState", 0xe4, CREATE_PARTITIONS, HVP_CONTRACT_STATE,			\
	  .header_words = 25)								\
	X("HvGetVpCpuidValues", 0xf4, CREATE_PARTITIONS, .rep = true, .in_size = 24,	\
	  .in_element = 24, .out_element = 16, .element = HVP_FIELD_CPUID,		\
	  .input = { HVP_FIELD_ID, HVP_FIELD_VP_CPUID },				\
	  .names_child = true, .states = HVP_WHILE_ACTIVE,				\
	  .statuses = HVP_CAN(INVALID_PARAMETER) | HVP_CAN(INVALID_VP_INDEX),		\
	  .unit_statuses = HVP_CAN(NO_RESOURCES))					\
	X("HvGetPartitionPropertyEx", 0x101, CREATE_PARTITIONS, .in_size = 24,		\
	  .out_size = 16, .input = { HVP_FIELD_ID, HVP_FIELD_PROPERTY, HVP_FIELD_ZERO }, \
	  .names_child = true, .names_self = true,					\
	  .states = HVP_WHILE_UNINITIALIZED | HVP_WHILE_ACTIVE,				\
	  .statuses = HVP_CAN(UNKNOWN_PROPERTY) | HVP_CAN(INVALID_PARAMETER))		\
	X("HvMapStatsPage2", 0x131, ACCESS_STATS, .in_size = 32,			\
	  .input = { HVP_FIELD_STATS_TYPE, HVP_FIELD_ID, HVP_FIELD_STATS_PART,		\
		     HVP_FIELD_PAGE },							\
	  .names_child = true, .names_self = true, .states = HVP_WHILE_ACTIVE,		\
	  .statuses = HVP_CAN(INVALID_PARAMETER) | HVP_CAN(INVALID_VP_INDEX) |		\
		      HVP_CAN(OBJECT_IN_USE) | HVP_CAN(OPERATION_DENIED) |		\
		      HVP_CAN(INSUFFICIENT_MEMORY) | HVP_CAN(NO_RESOURCES))

#define HVP_CONTRACT_COUNT(...)	+ 1
enum { HVP_CONTRACT_CALLS = 0 HVP_CONTRACT(HVP_CONTRACT_COUNT) };

/* In the order of their codes.  Who uses it has the one array, of these rows. */
#define HVP_CONTRACT_ROW(its_name, its_code, needed, ...)	\
	{ .name = its_name, .code = its_code, .privilege = HVP_PRIVILEGE_##needed, ##__VA_ARGS__ },
extern const struct hvp_contract_call hvp_contract[HVP_CONTRACT_CALLS];

/**
 * hvp_contract_of() - what the contract says of a call
 * @code:	its code
 *
 * Return: its row, or NULL if it is not one of ours.
 */
static inline const struct hvp_contract_call *hvp_contract_of(__u16 code)
{
	unsigned int i;

	for (i = 0; i < HVP_CONTRACT_CALLS; i++) {
		if (hvp_contract[i].code == code)
			return &hvp_contract[i];
	}
	return NULL;
}

/**
 * hvp_contract_in_bytes() - how much input a call has
 * @call:	the call
 * @reps:	rep count, 0 for a simple call
 *
 * Return: bytes, the whole list included, but no variable header.
 */
static inline unsigned int hvp_contract_in_bytes(const struct hvp_contract_call *call,
						 unsigned int reps)
{
	return call->in_size + call->in_element * reps;
}

/**
 * hvp_contract_out_bytes() - how much output a call has
 * @call:	the call
 * @reps:	rep count, 0 for a simple call
 *
 * Return: bytes, the whole list included.
 */
static inline unsigned int hvp_contract_out_bytes(const struct hvp_contract_call *call,
						  unsigned int reps)
{
	return call->out_size + call->out_element * reps;
}

/**
 * hvp_contract_at() - where a field is in the fixed input of a call
 * @call:	the call
 * @field:	the field, not HVP_FIELD_ANY
 *
 * Return: which word it is, or -1 if there is none.
 */
static inline int hvp_contract_at(const struct hvp_contract_call *call, enum hvp_field field)
{
	int i;

	for (i = 0; i < HVP_INPUT_WORDS; i++) {
		if (call->input[i] == field)
			return i;
	}
	return -1;
}

/**
 * hvp_contract_fill() - make fixed input of fields
 * @call:	the call
 * @values:	by HVP_FIELD_*
 * @words:	the input, HVP_INPUT_WORDS
 */
static inline void hvp_contract_fill(const struct hvp_contract_call *call,
				     const __u64 values[HVP_NR_FIELDS], __u64 *words)
{
	int i;

	for (i = 0; i < HVP_INPUT_WORDS; i++)
		words[i] = values[call->input[i]];
}

/**
 * hvp_contract_statuses() - all statuses that a call can get
 * @call:	the call
 * @guest:	from a guest
 *
 * Those of its own, and those that follow from checks 2 to 10.  In the unit tests, the
 * host may have no memory for the caller's partition.
 *
 * Return: 1 << status each.
 */
static inline __u32 hvp_contract_statuses(const struct hvp_contract_call *call, bool guest)
{
	__u32 statuses = call->statuses | HVP_CAN(SUCCESS) | HVP_CAN(INVALID_HYPERCALL_INPUT) |
			 HVP_CAN(INVALID_ALIGNMENT) | HVP_CAN(ACCESS_DENIED);

	if (call->states)
		statuses |= HVP_CAN(INVALID_PARTITION_ID);
	if (call->states && call->states != HVP_WHILE_ANY)
		statuses |= HVP_CAN(INVALID_PARTITION_STATE);
	if (!guest)
		statuses |= call->unit_statuses | HVP_CAN(NO_RESOURCES);
	return statuses;
}

/**
 * hvp_contract_header_bytes() - how long the variable header is
 * @control:	the call's input value
 *
 * Return: bytes.
 */
static inline unsigned int hvp_contract_header_bytes(__u64 control)
{
	return ((control & HVP_CONTROL_VARHEAD_MASK) >> HVP_CONTROL_VARHEAD_SHIFT) * 8;
}

#endif /* _HVPART_CONTRACT_CALLS_H */
