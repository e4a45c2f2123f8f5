// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "processor.h"

/* A processor that stops before an instruction may say that it goes on with it. */
#define RFLAGS_RF	(1 << 16)

#define FPU_CONTROL	0x37f
#define MXCSR		0x1f80
#define FPU_REGISTERS	8

/* Words of an XSAVE area */
#define XSAVE_XMM	40
#define XSTATE_BV	128
#define XSTATE_SSE	2

/* Where a register is */
struct place {
	const char *name;
	u32 number;
	u16 offset, size;
};

#define PLACE(id, field)							\
	{ #id, HVP_REGISTER_##id, offsetof(struct processor, field),		\
	  sizeof(((struct processor *)0)->field) }

static const struct place places[] = {
	PLACE(RAX, gpr[0]), PLACE(RCX, gpr[1]), PLACE(RDX, gpr[2]), PLACE(RBX, gpr[3]),
	PLACE(RSP, gpr[4]), PLACE(RBP, gpr[5]), PLACE(RSI, gpr[6]), PLACE(RDI, gpr[7]),
	PLACE(R8, gpr[8]), PLACE(R9, gpr[9]), PLACE(R10, gpr[10]), PLACE(R11, gpr[11]),
	PLACE(R12, gpr[12]), PLACE(R13, gpr[13]), PLACE(R14, gpr[14]), PLACE(R15, gpr[15]),
	PLACE(RIP, rip), PLACE(RFLAGS, rflags),
	PLACE(ES, segments[ES]), PLACE(CS, segments[CS]), PLACE(SS, segments[SS]),
	PLACE(DS, segments[DS]), PLACE(FS, segments[FS]), PLACE(GS, segments[GS]),
	PLACE(LDTR, segments[LDTR]), PLACE(TR, segments[TR]),
	PLACE(IDTR, idtr), PLACE(GDTR, gdtr),
	PLACE(CR0, cr0), PLACE(CR2, cr2), PLACE(CR3, cr3), PLACE(CR4, cr4), PLACE(EFER, efer),
	PLACE(XMM0, xmm[0]), PLACE(XMM1, xmm[1]),
};

void child_set_processor(struct child *child, const struct processor *processor)
{
	struct hvp_register_assoc assocs[ARRAY_SIZE(places) + 5 + FPU_REGISTERS] = {};
	unsigned int i, n;

	for (i = 0; i < ARRAY_SIZE(places); i++) {
		assocs[i].name = places[i].number;
		memcpy(&assocs[i].value, (const u8 *)processor + places[i].offset,
		       places[i].size);
	}
	for (n = 0; n < FPU_REGISTERS; n++)
		assocs[i++].name = HVP_REGISTER_FP_MMX0 + n;
	assocs[i++].name = HVP_REGISTER_INTERNAL_ACTIVITY_STATE;
	assocs[i++].name = HVP_REGISTER_PENDING_INTERRUPTION;
	assocs[i++].name = HVP_REGISTER_INTERRUPT_STATE;
	assocs[i++] = (struct hvp_register_assoc){
		.name = HVP_REGISTER_FP_CONTROL_STATUS, .value.word = { FPU_CONTROL },
	};
	assocs[i++] = (struct hvp_register_assoc){
		.name = HVP_REGISTER_XMM_CONTROL_STATUS, .value.word = { 0, MXCSR },
	};
	REQUIRE_RESULT(set_registers(child->vcpu, child->id, 0, assocs, i), SUCCESS, i);
}

void child_get_processor(struct child *child, struct processor *processor)
{
	struct hvp_register_value values[ARRAY_SIZE(places)];
	u32 numbers[ARRAY_SIZE(places)];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(places); i++)
		numbers[i] = places[i].number;
	REQUIRE_RESULT(get_registers(child->vcpu, child->id, 0, numbers, values, i), SUCCESS, i);
	memset(processor, 0, sizeof(*processor));
	for (i = 0; i < ARRAY_SIZE(places); i++)
		memcpy((u8 *)processor + places[i].offset, &values[i], places[i].size);
}

static struct kvm_segment to_kvm(const struct hvp_segment_register *segment)
{
	u16 attributes = segment->attributes;

	return (struct kvm_segment){
		.base = segment->base, .limit = segment->limit, .selector = segment->selector,
		.type = attributes & 15, .s = attributes >> 4 & 1, .dpl = attributes >> 5 & 3,
		.present = attributes >> 7 & 1, .avl = attributes >> 12 & 1,
		.l = attributes >> 13 & 1, .db = attributes >> 14 & 1, .g = attributes >> 15 & 1,
		.unusable = !(attributes >> 7 & 1),
	};
}

static struct hvp_segment_register from_kvm(const struct kvm_segment *segment)
{
	bool present = segment->present && !segment->unusable;

	return (struct hvp_segment_register){
		.base = segment->base, .limit = segment->limit, .selector = segment->selector,
		.attributes = segment->type | segment->s << 4 | segment->dpl << 5 |
			      present << 7 | segment->avl << 12 | segment->l << 13 |
			      segment->db << 14 | segment->g << 15,
	};
}

static void plain_set_general(int vcpu_fd, const struct processor *processor)
{
	const u64 *gpr = processor->gpr;
	const struct kvm_regs regs = {
		.rax = gpr[RAX], .rcx = gpr[RCX], .rdx = gpr[RDX], .rbx = gpr[RBX],
		.rsp = gpr[RSP], .rbp = gpr[RBP], .rsi = gpr[RSI], .rdi = gpr[RDI],
		.r8 = gpr[8], .r9 = gpr[9], .r10 = gpr[10], .r11 = gpr[11], .r12 = gpr[12],
		.r13 = gpr[13], .r14 = gpr[14], .r15 = gpr[15],
		.rip = processor->rip, .rflags = processor->rflags,
	};
	struct kvm_fpu fpu = { .fcw = FPU_CONTROL, .mxcsr = MXCSR };
	struct kvm_xsave xsave;

	memcpy(fpu.xmm, processor->xmm, sizeof(processor->xmm));
	if (ioctl(vcpu_fd, KVM_SET_REGS, &regs) || ioctl(vcpu_fd, KVM_SET_FPU, &fpu) ||
	    ioctl(vcpu_fd, KVM_GET_XSAVE, &xsave))
		die("cannot set registers: %m");
	/* KVM_SET_FPU does not say that there is anything to load. */
	xsave.region[XSTATE_BV] |= XSTATE_SSE;
	memcpy(&xsave.region[XSAVE_XMM], processor->xmm, sizeof(processor->xmm));
	if (ioctl(vcpu_fd, KVM_SET_XSAVE, &xsave))
		die("KVM_SET_XSAVE: %m");
}

void plain_set_processor(int vcpu_fd, const struct processor *processor)
{
	const struct hvp_segment_register *segments = processor->segments;
	struct kvm_vcpu_events events = {};
	struct kvm_sregs sregs;

	if (ioctl(vcpu_fd, KVM_GET_SREGS, &sregs))
		die("KVM_GET_SREGS: %m");
	sregs.es = to_kvm(&segments[ES]);
	sregs.cs = to_kvm(&segments[CS]);
	sregs.ss = to_kvm(&segments[SS]);
	sregs.ds = to_kvm(&segments[DS]);
	sregs.fs = to_kvm(&segments[FS]);
	sregs.gs = to_kvm(&segments[GS]);
	sregs.ldt = to_kvm(&segments[LDTR]);
	sregs.tr = to_kvm(&segments[TR]);
	sregs.idt.base = processor->idtr.base;
	sregs.idt.limit = processor->idtr.limit;
	sregs.gdt.base = processor->gdtr.base;
	sregs.gdt.limit = processor->gdtr.limit;
	sregs.cr0 = processor->cr0;
	sregs.cr2 = processor->cr2;
	sregs.cr3 = processor->cr3;
	sregs.cr4 = processor->cr4;
	sregs.efer = processor->efer;
	if (ioctl(vcpu_fd, KVM_SET_SREGS, &sregs) ||
	    ioctl(vcpu_fd, KVM_SET_VCPU_EVENTS, &events))
		die("KVM_SET_SREGS or KVM_SET_VCPU_EVENTS: %m");
	plain_set_general(vcpu_fd, processor);
}

void plain_get_processor(int vcpu_fd, struct processor *processor)
{
	struct hvp_segment_register *segments = processor->segments;
	struct kvm_sregs sregs;
	struct kvm_regs regs;
	struct kvm_fpu fpu;

	if (ioctl(vcpu_fd, KVM_GET_SREGS, &sregs) || ioctl(vcpu_fd, KVM_GET_REGS, &regs) ||
	    ioctl(vcpu_fd, KVM_GET_FPU, &fpu))
		die("cannot get registers: %m");
	*processor = (struct processor){
		.gpr = { regs.rax, regs.rcx, regs.rdx, regs.rbx, regs.rsp, regs.rbp, regs.rsi,
			 regs.rdi, regs.r8, regs.r9, regs.r10, regs.r11, regs.r12, regs.r13,
			 regs.r14, regs.r15 },
		.rip = regs.rip,
		.rflags = regs.rflags,
		.idtr = { .base = sregs.idt.base, .limit = sregs.idt.limit },
		.gdtr = { .base = sregs.gdt.base, .limit = sregs.gdt.limit },
		.cr0 = sregs.cr0,
		.cr2 = sregs.cr2,
		.cr3 = sregs.cr3,
		.cr4 = sregs.cr4,
		.efer = sregs.efer,
	};
	segments[ES] = from_kvm(&sregs.es);
	segments[CS] = from_kvm(&sregs.cs);
	segments[SS] = from_kvm(&sregs.ss);
	segments[DS] = from_kvm(&sregs.ds);
	segments[FS] = from_kvm(&sregs.fs);
	segments[GS] = from_kvm(&sregs.gs);
	segments[LDTR] = from_kvm(&sregs.ldt);
	segments[TR] = from_kvm(&sregs.tr);
	memcpy(processor->xmm, fpu.xmm, sizeof(processor->xmm));
}

const char *processor_difference(const struct processor *one, const struct processor *other)
{
	static char text[128];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(places); i++) {
		struct hvp_register_value a = {}, b = {};

		memcpy(&a, (const u8 *)one + places[i].offset, places[i].size);
		memcpy(&b, (const u8 *)other + places[i].offset, places[i].size);
		if (places[i].number == HVP_REGISTER_RFLAGS) {
			a.word[0] &= ~(u64)RFLAGS_RF;
			b.word[0] &= ~(u64)RFLAGS_RF;
		}
		if (!memcmp(&a, &b, sizeof(a)))
			continue;
		snprintf(text, sizeof(text), "%s 0x%llx:%llx, not 0x%llx:%llx", places[i].name,
			 b.word[1], b.word[0], a.word[1], a.word[0]);
		return text;
	}
	return NULL;
}
