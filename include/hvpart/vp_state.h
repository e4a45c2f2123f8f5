/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The registers of a virtual processor, as the core keeps them and a machine takes and gives
 * them: no KVM type, no wire format.  Where a register has a layout of the TLFS, this is it.
 */
#ifndef _HVPART_VP_STATE_H
#define _HVPART_VP_STATE_H

#include <linux/bits.h>
#include <linux/types.h>

/*
 * What is taken and given together, since it costs about as much as one register of it.
 * Sets of these are BIT(group) each.
 */
enum hvp_vp_group {
	HVP_VP_GENERAL,		/* gpr, rip, rflags */
	HVP_VP_SPECIAL,		/* segments to apic_base */
	HVP_VP_DEBUG,		/* dr, dr6, dr7 */
	HVP_VP_FLOAT,		/* xmm to mxcsr_mask */
	HVP_VP_XCR,		/* xfem */
	HVP_VP_EVENTS,		/* event_* and the like */
	HVP_VP_ACTIVITY,	/* startup_suspend, halt_suspend */
	HVP_VP_MSRS,		/* msrs */
	HVP_NR_VP_GROUPS,
};

/* In the order of their register numbers, HvX64RegisterRax to R15. */
enum hvp_gpr {
	HVP_RAX, HVP_RCX, HVP_RDX, HVP_RBX, HVP_RSP, HVP_RBP, HVP_RSI, HVP_RDI,
	HVP_R8, HVP_R9, HVP_R10, HVP_R11, HVP_R12, HVP_R13, HVP_R14, HVP_R15,
	HVP_NR_GPRS,
};

/* Likewise, HvX64RegisterEs to Tr. */
enum hvp_segment_name {
	HVP_ES, HVP_CS, HVP_SS, HVP_DS, HVP_FS, HVP_GS, HVP_LDTR, HVP_TR,
	HVP_NR_SEGMENTS,
};

/*
 * HV_X64_SEGMENT_REGISTER: @limit in bytes; of @attributes, type 3:0, S 4, DPL 6:5, P 7,
 * AVL 12, L 13, D 14, G 15
 */
struct hvp_segment {
	u64 base;
	u32 limit;
	u16 selector;
	u16 attributes;
};

/* HV_X64_TABLE_REGISTER */
struct hvp_table {
	u16 padding[3];
	u16 limit;
	u64 base;
};

/* A variable-range MTRR: base and mask. */
#define HVP_VP_MTRR(X, n)						\
	X(0x00080010 + (n), MTRR_PHYS_BASE##n, 0x00000200 + 2 * (n))	\
	X(0x00080040 + (n), MTRR_PHYS_MASK##n, 0x00000201 + 2 * (n))

/* A source of synthetic interrupts; a synthetic timer. */
#define HVP_VP_SINT(X, n)						\
	X(0x000a0000 + (n), SINT##n, 0x40000090 + (n))
#define HVP_VP_STIMER(X, n)						\
	X(0x000b0000 + 2 * (n), STIMER##n##_CONFIG, 0x400000b0 + 2 * (n)) \
	X(0x000b0001 + 2 * (n), STIMER##n##_COUNT, 0x400000b1 + 2 * (n))

/*
 * Registers that are an MSR of the processor's, or of the TLFS', and nothing else to
 * anybody but the guest: register number, name, MSR.  A machine sets them in this order: a
 * hypercall page takes a guest that has said who it is.
 */
#define HVP_VP_MSR_LIST(X)				\
	X(0x00080000, TSC, 0x00000010)			\
	X(0x00080002, KERNEL_GS_BASE, 0xc0000102)	\
	X(0x00080004, PAT, 0x00000277)			\
	X(0x00080005, SYSENTER_CS, 0x00000174)		\
	X(0x00080006, SYSENTER_EIP, 0x00000176)		\
	X(0x00080007, SYSENTER_ESP, 0x00000175)		\
	X(0x00080008, STAR, 0xc0000081)			\
	X(0x00080009, LSTAR, 0xc0000082)		\
	X(0x0008000a, CSTAR, 0xc0000083)		\
	X(0x0008000b, SFMASK, 0xc0000084)		\
	X(0x0008000d, MTRR_CAP, 0x000000fe)		\
	X(0x0008000e, MTRR_DEF_TYPE, 0x000002ff)	\
	HVP_VP_MTRR(X, 0)				\
	HVP_VP_MTRR(X, 1)				\
	HVP_VP_MTRR(X, 2)				\
	HVP_VP_MTRR(X, 3)				\
	HVP_VP_MTRR(X, 4)				\
	HVP_VP_MTRR(X, 5)				\
	HVP_VP_MTRR(X, 6)				\
	HVP_VP_MTRR(X, 7)				\
	X(0x00080070, MTRR_FIX_64K_00000, 0x00000250)	\
	X(0x00080071, MTRR_FIX_16K_80000, 0x00000258)	\
	X(0x00080072, MTRR_FIX_16K_A0000, 0x00000259)	\
	X(0x00080073, MTRR_FIX_4K_C0000, 0x00000268)	\
	X(0x00080074, MTRR_FIX_4K_C8000, 0x00000269)	\
	X(0x00080075, MTRR_FIX_4K_D0000, 0x0000026a)	\
	X(0x00080076, MTRR_FIX_4K_D8000, 0x0000026b)	\
	X(0x00080077, MTRR_FIX_4K_E0000, 0x0000026c)	\
	X(0x00080078, MTRR_FIX_4K_E8000, 0x0000026d)	\
	X(0x00080079, MTRR_FIX_4K_F0000, 0x0000026e)	\
	X(0x0008007a, MTRR_FIX_4K_F8000, 0x0000026f)	\
	X(0x0008007b, TSC_AUX, 0xc0000103)		\
	X(0x0008007c, BNDCFGS, 0x00000d90)		\
	X(0x0008007d, DEBUG_CTL, 0x000001d9)		\
	X(0x00080084, SPEC_CTRL, 0x00000048)		\
	X(0x0008008b, U_XSS, 0x00000da0)		\
	X(0x0008008c, U_CET, 0x000006a0)		\
	X(0x0008008d, S_CET, 0x000006a2)		\
	X(0x0008008f, PL0_SSP, 0x000006a4)		\
	X(0x00080090, PL1_SSP, 0x000006a5)		\
	X(0x00080091, PL2_SSP, 0x000006a6)		\
	X(0x00080092, PL3_SSP, 0x000006a7)		\
	X(0x00080093, INTERRUPT_SSP_TABLE_ADDR, 0x000006a8) \
	X(0x00080096, TSC_ADJUST, 0x0000003b)		\
	X(0x000800a0, MISC_ENABLE, 0x000001a0)		\
	X(0x00090002, GUEST_OS_ID, 0x40000000)		\
	X(0x00090001, HYPERCALL, 0x40000001)		\
	X(0x00090013, VP_ASSIST_PAGE, 0x40000073)	\
	X(0x00090017, REFERENCE_TSC, 0x40000021)	\
	HVP_VP_SINT(X, 0)				\
	HVP_VP_SINT(X, 1)				\
	HVP_VP_SINT(X, 2)				\
	HVP_VP_SINT(X, 3)				\
	HVP_VP_SINT(X, 4)				\
	HVP_VP_SINT(X, 5)				\
	HVP_VP_SINT(X, 6)				\
	HVP_VP_SINT(X, 7)				\
	HVP_VP_SINT(X, 8)				\
	HVP_VP_SINT(X, 9)				\
	HVP_VP_SINT(X, 10)				\
	HVP_VP_SINT(X, 11)				\
	HVP_VP_SINT(X, 12)				\
	HVP_VP_SINT(X, 13)				\
	HVP_VP_SINT(X, 14)				\
	HVP_VP_SINT(X, 15)				\
	X(0x000a0010, SCONTROL, 0x40000080)		\
	X(0x000a0012, SIEFP, 0x40000082)		\
	X(0x000a0013, SIMP, 0x40000083)			\
	HVP_VP_STIMER(X, 0)				\
	HVP_VP_STIMER(X, 1)				\
	HVP_VP_STIMER(X, 2)				\
	HVP_VP_STIMER(X, 3)

#define HVP_VP_MSR_ENUM(number, name, msr)	HVP_VP_MSR_##name,
enum hvp_vp_msr { HVP_VP_MSR_LIST(HVP_VP_MSR_ENUM) HVP_NR_VP_MSRS };

/**
 * struct hvp_vp_state - registers
 * @gpr:	by enum hvp_gpr
 * @rip:	instruction pointer
 * @rflags:	flags
 * @segments:	by enum hvp_segment_name
 * @idtr:	interrupt descriptor table
 * @gdtr:	global descriptor table
 * @cr0:	control register
 * @cr2:	likewise
 * @cr3:	likewise
 * @cr4:	likewise
 * @cr8:	likewise
 * @efer:	extended features, IA32_EFER
 * @apic_base:	IA32_APIC_BASE
 * @dr:		DR0 to DR3
 * @dr6:	debug status
 * @dr7:	debug control
 * @xmm:	XMM0 to XMM15
 * @mmx:	ST0 to ST7, ten bytes each, the rest 0
 * @fcw:	x87 control
 * @fsw:	x87 status
 * @ftw:	x87 tags, abridged: bit n is set if STn is in use
 * @fop:	opcode of the last x87 instruction
 * @fip:	its address
 * @fdp:	address of its operand
 * @mxcsr:	SSE control and status
 * @mxcsr_mask:	which bits of it there are; cannot be set
 * @xfem:	XCR0
 * @event_pending: an event is being delivered
 * @event_type: its HV_X64_PENDING_INTERRUPTION_TYPE: 0 interrupt, 2 NMI, 3 exception, 4 to
 *		6 software interrupt and exceptions
 * @event_vector: its vector
 * @event_has_error: it has an error code
 * @event_error: the error code
 * @exception_pending: an exception has been found and waits to be delivered
 * @exception_vector: likewise
 * @exception_has_error: likewise
 * @exception_error: likewise
 * @exception_payload: CR2 or DR6 that goes with it
 * @exception_has_payload: there is one
 * @interrupt_shadow: bit 0, after STI; bit 1, after MOV SS
 * @nmi_masked: NMIs are blocked until IRET
 * @startup_suspend: waits for a SIPI, or for an INIT before it
 * @halt_suspend: waits in HLT
 * @msrs:	by enum hvp_vp_msr
 */
struct hvp_vp_state {
	u64 gpr[HVP_NR_GPRS];
	u64 rip;
	u64 rflags;

	struct hvp_segment segments[HVP_NR_SEGMENTS];
	struct hvp_table idtr;
	struct hvp_table gdtr;
	u64 cr0;
	u64 cr2;
	u64 cr3;
	u64 cr4;
	u64 cr8;
	u64 efer;
	u64 apic_base;

	u64 dr[4];
	u64 dr6;
	u64 dr7;

	u64 xmm[16][2];
	u64 mmx[8][2];
	u16 fcw;
	u16 fsw;
	u8 ftw;
	u16 fop;
	u64 fip;
	u64 fdp;
	u32 mxcsr;
	u32 mxcsr_mask;

	u64 xfem;

	bool event_pending;
	u8 event_type;
	u8 event_vector;
	bool event_has_error;
	u32 event_error;
	bool exception_pending;
	u8 exception_vector;
	bool exception_has_error;
	u32 exception_error;
	u64 exception_payload;
	bool exception_has_payload;
	u8 interrupt_shadow;
	bool nmi_masked;

	bool startup_suspend;
	bool halt_suspend;

	u64 msrs[HVP_NR_VP_MSRS];
};

#endif /* _HVPART_VP_STATE_H */
