/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * The guest ABI of messages: layouts, no behaviour.
 *
 * Names are those of the TLFS, as in abi.h.  What its current edition does not have is that
 * of Linux's include/hyperv/hvhdk.h; the I/O port message, which neither of them has, is as
 * Microsoft's documentation of Windows 8's HvGdk.h has it.
 */
#ifndef _HVPART_ABI_MESSAGES_H
#define _HVPART_ABI_MESSAGES_H

#include <hvpart/abi.h>
#include <hvpart/abi/registers.h>

/* HV_MESSAGE_TYPE */
enum hvp_message_type {
	HVP_MESSAGE_NONE = 0x00000000,
	HVP_MESSAGE_UNMAPPED_GPA = 0x80000000,
	HVP_MESSAGE_GPA_INTERCEPT = 0x80000001,
	HVP_MESSAGE_UNRECOVERABLE_EXCEPTION = 0x80000021,
	HVP_MESSAGE_SINT_EVENT = 0x80000061,
	HVP_MESSAGE_SCHEDULER_VP_SIGNAL_BITSET = 0x80000100,
	HVP_MESSAGE_SCHEDULER_VP_SIGNAL_PAIR = 0x80000101,
	HVP_MESSAGE_IO_PORT_INTERCEPT = 0x80010000,
	HVP_MESSAGE_MSR_INTERCEPT = 0x80010001,
	HVP_MESSAGE_CPUID_INTERCEPT = 0x80010002,
	HVP_MESSAGE_INTERRUPTION_DELIVERABLE = 0x80010008,
};

#define HVP_MESSAGE_PAYLOAD_BYTES	240

/* HV_MESSAGE_HEADER */
struct hvp_message_header {
	__u32 type;
	__u8 payload_size;
	__u8 flags;
	__u16 reserved;
	__u64 sender;
};

/* HV_X64_INTERCEPT_MESSAGE_HEADER */
struct hvp_intercept_header {
	__u32 vp_index;
	__u8 length_and_cr8;
	__u8 access;
	__u16 execution_state;
	struct hvp_segment_register cs;
	__u64 rip;
	__u64 rflags;
};

HVP_OFFSET(hvp_intercept_header, cs, 0x08);
HVP_OFFSET(hvp_intercept_header, rip, 0x18);
static_assert(sizeof(struct hvp_intercept_header) == 0x28, "intercept header");

/* Its length_and_cr8: the length of the instruction, 0 if not known, and the TPR's class */
#define HVP_INTERCEPT_LENGTH_MASK	0x0f
#define HVP_INTERCEPT_CR8_SHIFT		4

/* HV_INTERCEPT_ACCESS_TYPE */
#define HVP_INTERCEPT_READ		0
#define HVP_INTERCEPT_WRITE		1
#define HVP_INTERCEPT_EXECUTE		2

/* HV_X64_VP_EXECUTION_STATE */
#define HVP_EXECUTION_CPL_MASK		0x0003
#define HVP_EXECUTION_CR0_PE		0x0004
#define HVP_EXECUTION_CR0_AM		0x0008
#define HVP_EXECUTION_EFER_LMA		0x0010
#define HVP_EXECUTION_DEBUG_ACTIVE	0x0020
#define HVP_EXECUTION_INTERRUPTION_PENDING 0x0040
#define HVP_EXECUTION_INTERRUPT_SHADOW	0x1000

/* HV_X64_IO_PORT_INTERCEPT_MESSAGE */
struct hvp_io_port_message {
	struct hvp_intercept_header header;
	__u16 port;
	__u8 access_info;
	__u8 instruction_count;
	__u32 reserved;
	__u64 rax;
	__u8 instruction[16];
	struct hvp_segment_register ds;
	struct hvp_segment_register es;
	__u64 rcx;
	__u64 rsi;
	__u64 rdi;
};

HVP_OFFSET(hvp_io_port_message, port, 0x28);
HVP_OFFSET(hvp_io_port_message, access_info, 0x2a);
HVP_OFFSET(hvp_io_port_message, rax, 0x30);
HVP_OFFSET(hvp_io_port_message, instruction, 0x38);
HVP_OFFSET(hvp_io_port_message, ds, 0x48);
HVP_OFFSET(hvp_io_port_message, rcx, 0x68);
static_assert(sizeof(struct hvp_io_port_message) == 0x80, "I/O port message");

/* HV_X64_IO_PORT_ACCESS_INFO */
#define HVP_IO_SIZE_MASK		0x07
#define HVP_IO_STRING			0x08
#define HVP_IO_REP			0x10

/* HV_X64_MEMORY_INTERCEPT_MESSAGE, of an unmapped GPA and of a GPA intercept */
struct hvp_memory_message {
	struct hvp_intercept_header header;
	__u32 cache_type;
	__u8 instruction_count;
	__u8 access_info;
	__u8 tpr_priority;
	__u8 reserved;
	__u64 gva;
	__u64 gpa;
	__u8 instruction[16];
};

HVP_OFFSET(hvp_memory_message, cache_type, 0x28);
HVP_OFFSET(hvp_memory_message, access_info, 0x2d);
HVP_OFFSET(hvp_memory_message, gva, 0x30);
HVP_OFFSET(hvp_memory_message, gpa, 0x38);
HVP_OFFSET(hvp_memory_message, instruction, 0x40);
static_assert(sizeof(struct hvp_memory_message) == 0x50, "memory message");

/* HV_X64_MEMORY_ACCESS_INFO: the GVA is there; the GPA is its translation */
#define HVP_MEMORY_GVA_VALID		0x01
#define HVP_MEMORY_GVA_GPA_VALID	0x02

/* HV_CACHE_TYPE */
#define HVP_CACHE_WRITE_BACK		6

/* HV_X64_MSR_INTERCEPT_MESSAGE */
struct hvp_msr_message {
	struct hvp_intercept_header header;
	__u32 msr;
	__u32 reserved;
	__u64 rdx;
	__u64 rax;
};

HVP_OFFSET(hvp_msr_message, msr, 0x28);
HVP_OFFSET(hvp_msr_message, rdx, 0x30);
HVP_OFFSET(hvp_msr_message, rax, 0x38);
static_assert(sizeof(struct hvp_msr_message) == 0x40, "MSR message");

/* HV_X64_CPUID_INTERCEPT_MESSAGE; the defaults are what would be answered */
struct hvp_cpuid_message {
	struct hvp_intercept_header header;
	__u64 rax;
	__u64 rcx;
	__u64 rdx;
	__u64 rbx;
	__u64 default_rax;
	__u64 default_rcx;
	__u64 default_rdx;
	__u64 default_rbx;
};

HVP_OFFSET(hvp_cpuid_message, rax, 0x28);
HVP_OFFSET(hvp_cpuid_message, rbx, 0x40);
HVP_OFFSET(hvp_cpuid_message, default_rax, 0x48);
HVP_OFFSET(hvp_cpuid_message, default_rbx, 0x60);
static_assert(sizeof(struct hvp_cpuid_message) == 0x68, "CPUID message");

/* HV_X64_UNRECOVERABLE_EXCEPTION_MESSAGE */
struct hvp_unrecoverable_message {
	struct hvp_intercept_header header;
};

/* HV_X64_INTERRUPTION_DELIVERABLE_MESSAGE; its type is HVP_INTERRUPTION_EXTERNAL or _NMI */
struct hvp_deliverable_message {
	struct hvp_intercept_header header;
	__u32 type;
	__u32 reserved;
};

HVP_OFFSET(hvp_deliverable_message, type, 0x28);

#define HVP_SIGNAL_PAIRS		19

/* Linux's hv_vp_signal_pair_scheduler_message */
struct hvp_signal_pairs_message {
	__u32 overflow_count;
	__u8 count;
	__u8 reserved1[3];
	__u64 partition_ids[HVP_SIGNAL_PAIRS];
	__u32 vp_indices[HVP_SIGNAL_PAIRS];
	__u32 reserved2;
};

HVP_OFFSET(hvp_signal_pairs_message, count, 0x04);
HVP_OFFSET(hvp_signal_pairs_message, partition_ids, 0x08);
HVP_OFFSET(hvp_signal_pairs_message, vp_indices, 0xa0);
static_assert(sizeof(struct hvp_signal_pairs_message) == HVP_MESSAGE_PAYLOAD_BYTES,
	      "signal pairs");

#define HVP_SIGNAL_BANKS		16

/* Linux's hv_vp_signal_bitset_scheduler_message; its format is 0, and so are empty banks */
struct hvp_signal_bitset_message {
	__u64 partition_id;
	__u32 overflow_count;
	__u16 count;
	__u16 reserved;
	__u64 format;
	__u64 bank_mask;
	__u64 banks[HVP_SIGNAL_BANKS];
};

HVP_OFFSET(hvp_signal_bitset_message, count, 0x0c);
HVP_OFFSET(hvp_signal_bitset_message, bank_mask, 0x18);
HVP_OFFSET(hvp_signal_bitset_message, banks, 0x20);
static_assert(sizeof(struct hvp_signal_bitset_message) <= HVP_MESSAGE_PAYLOAD_BYTES,
	      "signal bitset");

/* Linux's hv_notification_message_payload: something is in the event ring of a SINT */
struct hvp_sint_event_message {
	__u32 sint;
};

/* HV_MESSAGE */
struct hvp_message {
	struct hvp_message_header header;
	union {
		__u8 bytes[HVP_MESSAGE_PAYLOAD_BYTES];
		struct hvp_io_port_message io_port;
		struct hvp_memory_message memory;
		struct hvp_msr_message msr;
		struct hvp_cpuid_message cpuid;
		struct hvp_unrecoverable_message unrecoverable;
		struct hvp_deliverable_message deliverable;
		struct hvp_signal_pairs_message signal_pairs;
		struct hvp_signal_bitset_message signal_bitset;
		struct hvp_sint_event_message sint_event;
	} payload;
};

HVP_OFFSET(hvp_message, header.payload_size, 4);
HVP_OFFSET(hvp_message, header.sender, 8);
HVP_OFFSET(hvp_message, payload, 16);
static_assert(sizeof(struct hvp_message) == 256, "HV_MESSAGE");

#endif /* _HVPART_ABI_MESSAGES_H */
