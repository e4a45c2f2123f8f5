/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * The guest ABI of the calls that virtual processors and their memory are made with: layouts,
 * no behaviour.  Where the TLFS has none, they are those of Linux's include/hyperv/hvhdk.h
 * and hvhdk_mini.h.
 */
#ifndef _HVPART_ABI_VP_H
#define _HVPART_ABI_VP_H

#include <linux/types.h>

/* HvCallMapGpaPages and HvCallUnmapGpaPages; 8-byte page numbers of the caller follow the former */
struct hvp_map_gpa_pages_in {
	__u64 partition_id;
	__u64 gpa_base;		/* page number, of the child */
	__u32 flags;
	__u32 padding;
};

static_assert(sizeof(struct hvp_map_gpa_pages_in) == 24, "HvCallMapGpaPages");

/* Flags of HvCallUnmapGpaPages */
#define HVP_UNMAP_KEEP_PRECOMMITTED	0x00000001U
#define HVP_UNMAP_LARGE			0x00000002U

/* HvCallGetGpaPagesAccessState (Linux, hv_input_get_gpa_pages_access_state) */
struct hvp_access_state_in {
	__u64 partition_id;
	__u64 flags;		/* HVP_ACCESS_STATE_* */
	__u64 gpa_page;		/* of the child */
};

static_assert(sizeof(struct hvp_access_state_in) == 24, "HvCallGetGpaPagesAccessState");

/* Flags (Linux, hv_gpa_page_access_state_flags) */
#define HVP_ACCESS_STATE_CLEAR_ACCESSED	1ULL
#define HVP_ACCESS_STATE_SET_ACCESSED	2ULL
#define HVP_ACCESS_STATE_CLEAR_DIRTY	4ULL
#define HVP_ACCESS_STATE_SET_DIRTY	8ULL
#define HVP_ACCESS_STATE_FLAGS		0xfULL

/* An element of the output (Linux, hv_gpa_page_access_state) */
#define HVP_PAGE_ACCESSED	0x01
#define HVP_PAGE_DIRTY		0x02

/* HV_INTERCEPT_TYPE */
#define HVP_INTERCEPT_IO_PORT		0x00000000U
#define HVP_INTERCEPT_MSR		0x00000001U
#define HVP_INTERCEPT_CPUID		0x00000002U

/* HV_INTERCEPT_ACCESS_TYPE_MASK */
#define HVP_INTERCEPT_MASK_READ		0x00000001U
#define HVP_INTERCEPT_MASK_WRITE	0x00000002U
#define HVP_INTERCEPT_MASK_EXECUTE	0x00000004U

/* HvCallInstallIntercept */
struct hvp_install_intercept_in {
	__u64 partition_id;
	__u32 access;		/* HVP_INTERCEPT_MASK_* */
	__u32 type;
	__u64 parameter;	/* CPUID: the leaf, of 32 bits */
};

static_assert(sizeof(struct hvp_install_intercept_in) == 24, "HvCallInstallIntercept");

/* HvCallCreateVp */
struct hvp_create_vp_in {
	__u64 partition_id;
	__u32 vp_index;
	__u8 padding[3];
	__u8 subnode_type;
	__u64 subnode_id;
	struct hvp_proximity proximity;
	__u64 flags;
};

static_assert(sizeof(struct hvp_create_vp_in) == 40, "HvCallCreateVp");

/*
 * HvCallDeleteVp; what HvCallGetVpRegisters begins with, which 4-byte register numbers
 * follow, and HvCallSetVpRegisters, which struct hvp_register_assoc do.
 */
struct hvp_vp_in {
	__u64 partition_id;
	__u32 vp_index;
	__u8 vtl;
	__u8 reserved[3];
};

static_assert(sizeof(struct hvp_vp_in) == 16, "HvCallGetVpRegisters");

/* HvCallTranslateVirtualAddress */
struct hvp_translate_in {
	__u64 partition_id;
	__u32 vp_index;
	__u32 padding;
	__u64 flags;
	__u64 gva_page;
};

static_assert(sizeof(struct hvp_translate_in) == 32, "HvCallTranslateVirtualAddress");

#define HVP_TRANSLATE_READ		(1ULL << 0)
#define HVP_TRANSLATE_WRITE		(1ULL << 1)
#define HVP_TRANSLATE_EXECUTE		(1ULL << 2)
#define HVP_TRANSLATE_PRIVILEGE_EXEMPT	(1ULL << 3)
#define HVP_TRANSLATE_SET_TABLE_BITS	(1ULL << 4)
#define HVP_TRANSLATE_TLB_FLUSH_INHIBIT	(1ULL << 5)
#define HVP_TRANSLATE_CONTROL_MASK	0xff0000000000003fULL	/* 63:56: VTL */

/* HV_TRANSLATE_GVA_RESULT_CODE */
enum hvp_translate_result {
	HVP_TRANSLATE_SUCCESS = 0,
	HVP_TRANSLATE_PAGE_NOT_PRESENT = 1,
	HVP_TRANSLATE_PRIVILEGE_VIOLATION = 2,
	HVP_TRANSLATE_INVALID_PAGE_TABLE_FLAGS = 3,
	HVP_TRANSLATE_GPA_UNMAPPED = 4,
	HVP_TRANSLATE_GPA_NO_READ_ACCESS = 5,
	HVP_TRANSLATE_GPA_NO_WRITE_ACCESS = 6,
};

struct hvp_translate_out {
	__u32 result;
	__u8 cache_type;
	__u8 overlay;
	__u16 reserved;
	__u64 gpa_page;
};

static_assert(sizeof(struct hvp_translate_out) == 16, "HvCallTranslateVirtualAddress");

/* All virtual processors of a partition, in HvCallRegisterInterceptResult */
#define HVP_VP_INDEX_ALL		(~0U)

/* A register of CPUID's: of the bits in @mask it is to be as in @value. */
struct hvp_masked_register {
	__u32 value;
	__u32 mask;
};

/* HV_REGISTER_X64_CPUID_RESULT_PARAMETERS */
struct hvp_cpuid_result {
	__u32 leaf;
	__u32 subleaf;
	__u8 subleaf_specific;
	__u8 always_override;
	__u16 padding;
	struct hvp_masked_register registers[4];	/* EAX, EBX, ECX, EDX */
};

static_assert(sizeof(struct hvp_cpuid_result) == 44, "HV_REGISTER_X64_CPUID_RESULT_PARAMETERS");

/* HV_REGISTER_X64_MSR_RESULT_PARAMETERS */
struct hvp_msr_result {
	__u32 msr;
	__u32 access;		/* HVP_INTERCEPT_MASK_READ, WRITE */
	__u32 action;
};

static_assert(sizeof(struct hvp_msr_result) == 12, "HV_REGISTER_X64_MSR_RESULT_PARAMETERS");

/* HV_UNIMPLEMENTED_MSR_ACTION */
#define HVP_MSR_FAULT			0
#define HVP_MSR_IGNORE			1	/* reads as 0 */

/* HvCallRegisterInterceptResult */
struct hvp_intercept_result_in {
	__u64 partition_id;
	__u32 vp_index;
	__u32 type;		/* HVP_INTERCEPT_* */
	union {
		struct hvp_cpuid_result cpuid;
		struct hvp_msr_result msr;
	};
} __attribute__((packed));

static_assert(sizeof(struct hvp_intercept_result_in) == 60, "HvCallRegisterInterceptResult");

/* HvCallAssertVirtualInterrupt */
struct hvp_assert_interrupt_in {
	__u64 partition_id;
	__u32 type;		/* HV_INTERRUPT_TYPE */
	__u32 modes;
	__u64 destination;
	__u32 vector;
	__u8 vtl;
	__u8 reserved1;
	__u16 reserved2;
};

static_assert(sizeof(struct hvp_assert_interrupt_in) == 32, "HvCallAssertVirtualInterrupt");

#define HVP_INTERRUPT_LEVEL		0x00000001U
#define HVP_INTERRUPT_LOGICAL		0x00000002U
#define HVP_INTERRUPT_MODES_MASK	0x00000003U

/* HV_INTERRUPT_TYPE: as the delivery mode of an MSI */
#define HVP_INTERRUPT_FIXED		0
#define HVP_INTERRUPT_LOWEST		1
#define HVP_INTERRUPT_SMI		2
#define HVP_INTERRUPT_NMI		4
#define HVP_INTERRUPT_INIT		5
#define HVP_INTERRUPT_SIPI		6
#define HVP_INTERRUPT_EXTINT		7

/* HvCallDispatchVp */
struct hvp_dispatch_vp_in {
	__u64 partition_id;
	__u32 vp_index;
	__u32 flags;
	__u64 time_slice;	/* 100 ns; 0: no limit of its own */
	__u64 spec_ctrl;
};

static_assert(sizeof(struct hvp_dispatch_vp_in) == 32, "HvCallDispatchVp");

#define HVP_DISPATCH_CLEAR_INTERCEPT_SUSPEND	0x00000001U
#define HVP_DISPATCH_FLAGS_MASK			0x0000007fU

/* HV_VP_DISPATCH_STATE and HV_VP_DISPATCH_EVENT */
#define HVP_DISPATCH_BLOCKED		1
#define HVP_DISPATCH_READY		2
#define HVP_DISPATCH_EVENT_SUSPEND	1
#define HVP_DISPATCH_EVENT_INTERCEPT	2

struct hvp_dispatch_vp_out {
	__u32 state;
	__u32 event;
};

static_assert(sizeof(struct hvp_dispatch_vp_out) == 8, "HvCallDispatchVp");

/* HvCallMapVpStatePage, HvCallUnmapVpStatePage */
struct hvp_state_page_in {
	__u64 partition_id;
	__u32 vp_index;
	__u16 type;
	__u8 vtl;
	__u8 flags;
};

static_assert(sizeof(struct hvp_state_page_in) == 16, "HvCallUnmapVpStatePage");

#define HVP_STATE_PAGE_REGISTERS	0
#define HVP_STATE_PAGE_INTERCEPT	1
#define HVP_NR_STATE_PAGES		2

#define HVP_STATE_PAGE_LOCATED		0x01	/* the caller says where */

struct hvp_map_state_page_in {
	struct hvp_state_page_in object;
	__u64 map_location;	/* GPA page number */
};

static_assert(sizeof(struct hvp_map_state_page_in) == 24, "HvCallMapVpStatePage");

/*
 * HvCallGetVpState, HvCallSetVpState.  A variable header follows: 8-byte page numbers of the
 * caller, or what is set.
 */
struct hvp_vp_state_in {
	__u64 partition_id;
	__u32 vp_index;
	__u8 vtl;
	__u8 reserved1[3];
	__u32 type;		/* HV_GET_SET_VP_STATE_TYPE */
	__u32 reserved2;
	__u64 xsave_flags;	/* of HVP_VP_STATE_XSAVE */
	__u64 xsave_states;	/* likewise, as in XCR0 */
};

static_assert(sizeof(struct hvp_vp_state_in) == 40, "HvCallGetVpState");

/* HV_GET_SET_VP_STATE_TYPE: bit 31 of those that are in a page */
#define HVP_VP_STATE_LAPIC		0x80000000U
#define HVP_VP_STATE_XSAVE		0x80000001U
#define HVP_VP_STATE_SIM_PAGE		0x80000002U
#define HVP_VP_STATE_SIEF_PAGE		0x80000003U
#define HVP_VP_STATE_TIMERS		0x00000004U

/* HV_LOCAL_INTERRUPT_CONTROLLER_STATE: registers of the LAPIC, which is without TPR and PPR */
struct hvp_lapic {
	__u32 id;
	__u32 version;
	__u32 ldr;
	__u32 dfr;
	__u32 spurious;
	__u32 isr[8];
	__u32 tmr[8];
	__u32 irr[8];
	__u32 esr;
	__u32 icr_high;
	__u32 icr_low;
	__u32 lvt_timer;
	__u32 lvt_thermal;
	__u32 lvt_perfmon;
	__u32 lvt_lint0;
	__u32 lvt_lint1;
	__u32 lvt_error;
	__u32 lvt_cmci;
	__u32 error_status;
	__u32 initial_count;
	__u32 current_count;
	__u32 divide;
	__u32 remote_read;
};

static_assert(sizeof(struct hvp_lapic) == 0xb0, "HV_LOCAL_INTERRUPT_CONTROLLER_STATE");

/* HV_STIMER_STATE */
struct hvp_timer {
	__u32 flags;
	__u32 reserved;
	__u64 config;
	__u64 count;
	__u64 adjustment;
	__u64 expiration;	/* of a message that has not been delivered */
};

#define HVP_TIMER_MESSAGE_PENDING	0x00000001U

/* HV_SYNTHETIC_TIMERS_STATE */
#define HVP_TIMERS		4
struct hvp_timers {
	struct hvp_timer timers[HVP_TIMERS];
	__u64 reserved[5];
};

static_assert(sizeof(struct hvp_timers) == 200, "HV_SYNTHETIC_TIMERS_STATE");

/* HvCallGetVpCpuidValues, which struct hvp_cpuid_leaf follow; answered by hvp_cpuid_value */
struct hvp_cpuid_values_in {
	__u64 partition_id;
	__u32 vp_index;
	__u32 flags;
	__u32 reserved;
	__u32 padding;
};

static_assert(sizeof(struct hvp_cpuid_values_in) == 24, "HvCallGetVpCpuidValues");

#define HVP_CPUID_OWN_STATES		0x00000001U	/* XFEM and XSS of the virtual processor */
#define HVP_CPUID_APPLY_RESULTS		0x00000002U	/* those that have been registered */
#define HVP_CPUID_FLAGS_MASK		0x00000003U

struct hvp_cpuid_leaf {
	__u32 leaf;
	__u32 subleaf;
	__u64 xfem;
	__u64 xss;
};

static_assert(sizeof(struct hvp_cpuid_leaf) == 24, "HV_CPUID_LEAF_INFO");

struct hvp_cpuid_value {
	__u32 registers[4];	/* EAX, EBX, ECX, EDX */
};

static_assert(sizeof(struct hvp_cpuid_value) == 16, "HvCallGetVpCpuidValues");

#endif /* _HVPART_ABI_VP_H */
