/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _HVPART_VP_REGISTER_TABLE_H
#define _HVPART_VP_REGISTER_TABLE_H

#include <hvpart/abi/registers.h>
#include <hvpart/vp_state.h>

struct hvp_composite;

/* The group of registers that are not in struct hvp_vp_state: the caller knows them. */
#define HVP_VP_OWN	HVP_NR_VP_GROUPS

/*
 * All registers but the MSRs, which are in HVP_VP_MSR_LIST, in the order of their numbers:
 * name, group, bytes of the value, and what register_table.c alone has to know.
 */
#define HVP_REGISTER_LIST(X)							\
	X(EXPLICIT_SUSPEND, OWN, 8, RESERVED(~HVP_SUSPENDED, 0))		\
	X(INTERCEPT_SUSPEND, OWN, 8, RESERVED(~HVP_SUSPENDED, 0))		\
	X(DISPATCH_SUSPEND, OWN, 8, RESERVED(~HVP_SUSPENDED, 0))		\
	X(INTERNAL_ACTIVITY_STATE, ACTIVITY, 8,					\
	  MADE_OF(activity), RESERVED(HVP_ACTIVITY_RESERVED, 0))		\
	X(PENDING_INTERRUPTION, EVENTS, 8,					\
	  MADE_OF(interruption), RESERVED(HVP_INTERRUPTION_NEVER, 0))		\
	X(INTERRUPT_STATE, EVENTS, 8,						\
	  MADE_OF(interrupt_state), RESERVED(HVP_INTERRUPT_STATE_RESERVED, 0))	\
	X(PENDING_EVENT0, EVENTS, 16,						\
	  MADE_OF(exception), RESERVED(HVP_EVENT_RESERVED_MASK, 0))		\
	X(PENDING_EVENT1, EVENTS, 16, MADE_OF(nothing), RESERVED(~0ULL, ~0ULL))	\
	X(DELIVERABILITY_NOTIFICATIONS, OWN, 8, RESERVED(~HVP_NOTIFY_MASK, 0))	\
	X(RAX, GENERAL, 8, AT(gpr[HVP_RAX]))					\
	X(RCX, GENERAL, 8, AT(gpr[HVP_RCX]))					\
	X(RDX, GENERAL, 8, AT(gpr[HVP_RDX]))					\
	X(RBX, GENERAL, 8, AT(gpr[HVP_RBX]))					\
	X(RSP, GENERAL, 8, AT(gpr[HVP_RSP]))					\
	X(RBP, GENERAL, 8, AT(gpr[HVP_RBP]))					\
	X(RSI, GENERAL, 8, AT(gpr[HVP_RSI]))					\
	X(RDI, GENERAL, 8, AT(gpr[HVP_RDI]))					\
	X(R8, GENERAL, 8, AT(gpr[HVP_R8]))					\
	X(R9, GENERAL, 8, AT(gpr[HVP_R9]))					\
	X(R10, GENERAL, 8, AT(gpr[HVP_R10]))					\
	X(R11, GENERAL, 8, AT(gpr[HVP_R11]))					\
	X(R12, GENERAL, 8, AT(gpr[HVP_R12]))					\
	X(R13, GENERAL, 8, AT(gpr[HVP_R13]))					\
	X(R14, GENERAL, 8, AT(gpr[HVP_R14]))					\
	X(R15, GENERAL, 8, AT(gpr[HVP_R15]))					\
	X(RIP, GENERAL, 8, AT(rip))						\
	X(RFLAGS, GENERAL, 8,							\
	  MADE_OF(rflags), RESERVED(HVP_RFLAGS_RESERVED, 0))			\
	X(XMM0, FLOAT, 16, AT(xmm[0]))						\
	X(XMM1, FLOAT, 16, AT(xmm[1]))						\
	X(XMM2, FLOAT, 16, AT(xmm[2]))						\
	X(XMM3, FLOAT, 16, AT(xmm[3]))						\
	X(XMM4, FLOAT, 16, AT(xmm[4]))						\
	X(XMM5, FLOAT, 16, AT(xmm[5]))						\
	X(XMM6, FLOAT, 16, AT(xmm[6]))						\
	X(XMM7, FLOAT, 16, AT(xmm[7]))						\
	X(XMM8, FLOAT, 16, AT(xmm[8]))						\
	X(XMM9, FLOAT, 16, AT(xmm[9]))						\
	X(XMM10, FLOAT, 16, AT(xmm[10]))					\
	X(XMM11, FLOAT, 16, AT(xmm[11]))					\
	X(XMM12, FLOAT, 16, AT(xmm[12]))					\
	X(XMM13, FLOAT, 16, AT(xmm[13]))					\
	X(XMM14, FLOAT, 16, AT(xmm[14]))					\
	X(XMM15, FLOAT, 16, AT(xmm[15]))					\
	X(FP_MMX0, FLOAT, 16, AT(mmx[0]), PADDING(0, HVP_MMX_PADDING))		\
	X(FP_MMX1, FLOAT, 16, AT(mmx[1]), PADDING(0, HVP_MMX_PADDING))		\
	X(FP_MMX2, FLOAT, 16, AT(mmx[2]), PADDING(0, HVP_MMX_PADDING))		\
	X(FP_MMX3, FLOAT, 16, AT(mmx[3]), PADDING(0, HVP_MMX_PADDING))		\
	X(FP_MMX4, FLOAT, 16, AT(mmx[4]), PADDING(0, HVP_MMX_PADDING))		\
	X(FP_MMX5, FLOAT, 16, AT(mmx[5]), PADDING(0, HVP_MMX_PADDING))		\
	X(FP_MMX6, FLOAT, 16, AT(mmx[6]), PADDING(0, HVP_MMX_PADDING))		\
	X(FP_MMX7, FLOAT, 16, AT(mmx[7]), PADDING(0, HVP_MMX_PADDING))		\
	X(FP_CONTROL_STATUS, FLOAT, 16,						\
	  MADE_OF(fp_control_status), RESERVED(HVP_FP_RESERVED, 0))		\
	X(XMM_CONTROL_STATUS, FLOAT, 16,					\
	  MADE_OF(xmm_control_status), RESERVED(0, HVP_MXCSR_RESERVED))		\
	X(CR0, SPECIAL, 8, AT(cr0), RESERVED(HVP_CR0_RESERVED, 0))		\
	X(CR2, SPECIAL, 8, AT(cr2))						\
	X(CR3, SPECIAL, 8, AT(cr3), RESERVED(HVP_CR3_RESERVED, 0))		\
	X(CR4, SPECIAL, 8, AT(cr4), RESERVED(HVP_CR4_RESERVED, 0))		\
	X(CR8, SPECIAL, 8, AT(cr8), RESERVED(HVP_CR8_RESERVED, 0))		\
	X(XFEM, XCR, 8, AT(xfem), RESERVED(HVP_XFEM_RESERVED, 0))		\
	X(INTERMEDIATE_CR0, SPECIAL, 8, AT(cr0), RESERVED(HVP_CR0_RESERVED, 0))	\
	X(INTERMEDIATE_CR3, SPECIAL, 8, AT(cr3), RESERVED(HVP_CR3_RESERVED, 0))	\
	X(INTERMEDIATE_CR4, SPECIAL, 8, AT(cr4), RESERVED(HVP_CR4_RESERVED, 0))	\
	X(DR0, DEBUG, 8, AT(dr[0]))						\
	X(DR1, DEBUG, 8, AT(dr[1]))						\
	X(DR2, DEBUG, 8, AT(dr[2]))						\
	X(DR3, DEBUG, 8, AT(dr[3]))						\
	X(DR6, DEBUG, 8, AT(dr6), RESERVED(HVP_DR_RESERVED, 0))			\
	X(DR7, DEBUG, 8, AT(dr7), RESERVED(HVP_DR_RESERVED, 0))			\
	X(ES, SPECIAL, 16, SEGMENT(ES))						\
	X(CS, SPECIAL, 16, SEGMENT(CS))						\
	X(SS, SPECIAL, 16, SEGMENT(SS))						\
	X(DS, SPECIAL, 16, SEGMENT(DS))						\
	X(FS, SPECIAL, 16, SEGMENT(FS))						\
	X(GS, SPECIAL, 16, SEGMENT(GS))						\
	X(LDTR, SPECIAL, 16, SEGMENT(LDTR))					\
	X(TR, SPECIAL, 16, SEGMENT(TR))						\
	X(IDTR, SPECIAL, 16, AT(idtr), PADDING(HVP_TABLE_PADDING, 0))		\
	X(GDTR, SPECIAL, 16, AT(gdtr), PADDING(HVP_TABLE_PADDING, 0))		\
	X(EFER, SPECIAL, 8, AT(efer), RESERVED(HVP_EFER_RESERVED, 0))		\
	X(APIC_BASE, SPECIAL, 8,						\
	  AT(apic_base), RESERVED(HVP_APIC_BASE_RESERVED, 0))			\
	X(INITIAL_APIC_ID, OWN, 8)						\
	X(APIC_ID, OWN, 8)							\
	X(SSP, OWN, 8, RESERVED(~0ULL, 0))					\
	X(VP_ROOT_SIGNAL_COUNT, OWN, 8, READ_ONLY)				\
	X(EOM, OWN, 8)

/**
 * struct hvp_register_row - a register
 * @number:	enum hvp_register_number
 * @name:	its name for people
 * @bytes:	of its value, 8 or 16
 * @group:	enum hvp_vp_group, or HVP_VP_OWN
 * @read_only:	it cannot be set
 * @offset:	where it is in struct hvp_vp_state, if it is nothing but a field of it
 * @composite:	NULL, or what it is made of
 * @reserved:	bits that are never set in it, whatever state the processor is in
 * @padding:	bits of no meaning: read as 0, and what is set there does not matter
 */
struct hvp_register_row {
	u32 number;
	const char *name;
	u8 bytes;
	u8 group;
	bool read_only;
	u16 offset;
	const struct hvp_composite *composite;
	u64 reserved[2];
	u64 padding[2];
};

const struct hvp_register_row *hvp_register_row(u32 number);
const struct hvp_register_row *hvp_register_at(unsigned int index);
enum hvp_status hvp_register_check(const struct hvp_register_row *row, const u64 value[2]);
void hvp_register_get(const struct hvp_register_row *row, const struct hvp_vp_state *state,
		      u64 value[2]);
enum hvp_status hvp_register_set(const struct hvp_register_row *row,
				 struct hvp_vp_state *state, const u64 value[2]);

#endif /* _HVPART_VP_REGISTER_TABLE_H */
