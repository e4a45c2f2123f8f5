// SPDX-License-Identifier: GPL-2.0
/*
 * The registers of a VP: KVM's structures, and struct hvp_vp_state.  A group is what KVM
 * takes and gives by one ioctl.
 */

#include <linux/kvm_host.h>
#include <linux/string.h>
#include <asm/fpu/api.h>
#include <hvpart/vp_state.h>
#include "../../core/core.h"
#include "../../hook/compat.h"
#include "machine.h"
#include "memory.h"
#include "registers.h"
#include "runner.h"
#include "vcpu.h"

static void hvp_general_from_kvm(const struct kvm_regs *from, struct hvp_vp_state *state)
{
	u64 *gpr = state->gpr;

	gpr[HVP_RAX] = from->rax;
	gpr[HVP_RCX] = from->rcx;
	gpr[HVP_RDX] = from->rdx;
	gpr[HVP_RBX] = from->rbx;
	gpr[HVP_RSP] = from->rsp;
	gpr[HVP_RBP] = from->rbp;
	gpr[HVP_RSI] = from->rsi;
	gpr[HVP_RDI] = from->rdi;
	gpr[HVP_R8] = from->r8;
	gpr[HVP_R9] = from->r9;
	gpr[HVP_R10] = from->r10;
	gpr[HVP_R11] = from->r11;
	gpr[HVP_R12] = from->r12;
	gpr[HVP_R13] = from->r13;
	gpr[HVP_R14] = from->r14;
	gpr[HVP_R15] = from->r15;
	state->rip = from->rip;
	state->rflags = from->rflags;
}

static void hvp_general_to_kvm(const struct hvp_vp_state *state, struct kvm_regs *to)
{
	const u64 *gpr = state->gpr;

	*to = (struct kvm_regs) {
		.rax = gpr[HVP_RAX], .rcx = gpr[HVP_RCX], .rdx = gpr[HVP_RDX],
		.rbx = gpr[HVP_RBX], .rsp = gpr[HVP_RSP], .rbp = gpr[HVP_RBP],
		.rsi = gpr[HVP_RSI], .rdi = gpr[HVP_RDI], .r8 = gpr[HVP_R8],
		.r9 = gpr[HVP_R9], .r10 = gpr[HVP_R10], .r11 = gpr[HVP_R11],
		.r12 = gpr[HVP_R12], .r13 = gpr[HVP_R13], .r14 = gpr[HVP_R14],
		.r15 = gpr[HVP_R15], .rip = state->rip, .rflags = state->rflags,
	};
}

#define HVP_SEGMENT_S		BIT(4)
#define HVP_SEGMENT_P		BIT(7)
#define HVP_SEGMENT_AVL		BIT(12)
#define HVP_SEGMENT_L		BIT(13)
#define HVP_SEGMENT_D		BIT(14)
#define HVP_SEGMENT_G		BIT(15)

static struct hvp_segment hvp_segment_from_kvm(const struct kvm_segment *from)
{
	u16 attributes = (from->type & 15) | (from->dpl & 3) << 5;

	attributes |= from->s ? HVP_SEGMENT_S : 0;
	attributes |= from->present && !from->unusable ? HVP_SEGMENT_P : 0;
	attributes |= from->avl ? HVP_SEGMENT_AVL : 0;
	attributes |= from->l ? HVP_SEGMENT_L : 0;
	attributes |= from->db ? HVP_SEGMENT_D : 0;
	attributes |= from->g ? HVP_SEGMENT_G : 0;
	return (struct hvp_segment) {
		.base = from->base,
		.limit = from->limit,
		.selector = from->selector,
		.attributes = attributes,
	};
}

static struct kvm_segment hvp_segment_to_kvm(const struct hvp_segment *from)
{
	u16 attributes = from->attributes;

	return (struct kvm_segment) {
		.base = from->base,
		.limit = from->limit,
		.selector = from->selector,
		.type = attributes & 15,
		.s = !!(attributes & HVP_SEGMENT_S),
		.dpl = attributes >> 5 & 3,
		.present = !!(attributes & HVP_SEGMENT_P),
		.avl = !!(attributes & HVP_SEGMENT_AVL),
		.l = !!(attributes & HVP_SEGMENT_L),
		.db = !!(attributes & HVP_SEGMENT_D),
		.g = !!(attributes & HVP_SEGMENT_G),
		.unusable = !(attributes & HVP_SEGMENT_P),
	};
}

/* Where KVM has a segment register that struct hvp_vp_state has by its number. */
static const size_t hvp_segment_offsets[HVP_NR_SEGMENTS] = {
	[HVP_ES] = offsetof(struct kvm_sregs, es),
	[HVP_CS] = offsetof(struct kvm_sregs, cs),
	[HVP_SS] = offsetof(struct kvm_sregs, ss),
	[HVP_DS] = offsetof(struct kvm_sregs, ds),
	[HVP_FS] = offsetof(struct kvm_sregs, fs),
	[HVP_GS] = offsetof(struct kvm_sregs, gs),
	[HVP_LDTR] = offsetof(struct kvm_sregs, ldt),
	[HVP_TR] = offsetof(struct kvm_sregs, tr),
};

static void hvp_special_from_kvm(const struct kvm_sregs *from, struct hvp_vp_state *state)
{
	unsigned int i;

	for (i = 0; i < HVP_NR_SEGMENTS; i++)
		state->segments[i] =
			hvp_segment_from_kvm((const void *)from + hvp_segment_offsets[i]);
	state->idtr = (struct hvp_table) { .base = from->idt.base, .limit = from->idt.limit };
	state->gdtr = (struct hvp_table) { .base = from->gdt.base, .limit = from->gdt.limit };
	state->cr0 = from->cr0;
	state->cr2 = from->cr2;
	state->cr3 = from->cr3;
	state->cr4 = from->cr4;
	state->cr8 = from->cr8;
	state->efer = from->efer;
	state->apic_base = from->apic_base;
}

/* What struct hvp_vp_state has no place for stays as it is in @to. */
static void hvp_special_to_kvm(const struct hvp_vp_state *state, struct kvm_sregs *to)
{
	unsigned int i;

	for (i = 0; i < HVP_NR_SEGMENTS; i++)
		*(struct kvm_segment *)((void *)to + hvp_segment_offsets[i]) =
			hvp_segment_to_kvm(&state->segments[i]);
	to->idt = (struct kvm_dtable) { .base = state->idtr.base, .limit = state->idtr.limit };
	to->gdt = (struct kvm_dtable) { .base = state->gdtr.base, .limit = state->gdtr.limit };
	to->cr0 = state->cr0;
	to->cr2 = state->cr2;
	to->cr3 = state->cr3;
	to->cr4 = state->cr4;
	to->cr8 = state->cr8;
	to->efer = state->efer;
	to->apic_base = state->apic_base;
	/* The interrupt that is being delivered is in EVENTS. */
	memset(to->interrupt_bitmap, 0, sizeof(to->interrupt_bitmap));
}

/**
 * hvp_registers_from_run() - the registers that a run has left
 * @run:	KVM's
 * @state:	receives GENERAL and SPECIAL
 *
 * Context: In the thread that has run the VP.
 */
void hvp_registers_from_run(const struct kvm_run *run, struct hvp_vp_state *state)
{
	hvp_general_from_kvm(&run->s.regs.regs, state);
	hvp_special_from_kvm(&run->s.regs.sregs, state);
}

/**
 * struct hvp_access_to - a VP's vCPU, as a thread that is outside KVM's loop uses it
 * @vp:		the VP
 * @runner:	the thread's
 */
struct hvp_access_to {
	struct hvp_machine_vp *vp;
	struct hvp_runner *runner;
};

/* Return: 0 or a negative error; what KVM does not accept is -EINVAL. */
static int hvp_ask_kvm(const struct hvp_access_to *to, unsigned int command, void *argument,
		       size_t size)
{
	return hvp_runner_ioctl(to->runner, to->vp->file, command, argument, size);
}

static int hvp_general_get(const struct hvp_access_to *from, struct hvp_vp_state *state)
{
	struct kvm_regs regs;
	int error;

	if (from->vp->general_set) {
		hvp_general_from_kvm(&from->vp->vcpu->run->s.regs.regs, state);
		return 0;
	}
	error = hvp_ask_kvm(from, KVM_GET_REGS, &regs, sizeof(regs));
	if (!error)
		hvp_general_from_kvm(&regs, state);
	return error;
}

/*
 * KVM takes them over when it runs the VP next, at no cost; but not if the VP waits for a
 * SIPI, and then it writes others over them.
 */
static int hvp_general_set(const struct hvp_access_to *to, const struct hvp_vp_state *state,
			   bool now)
{
	struct kvm_run *run = to->vp->vcpu->run;
	struct kvm_regs regs;
	int error;

	hvp_general_to_kvm(state, &regs);
	if (!now && to->vp->vcpu->arch.mp_state == KVM_MP_STATE_RUNNABLE) {
		run->s.regs.regs = regs;
		run->kvm_dirty_regs = KVM_SYNC_X86_REGS;
		to->vp->general_set = true;
		return 0;
	}
	error = hvp_ask_kvm(to, KVM_SET_REGS, &regs, sizeof(regs));
	if (!error) {
		run->kvm_dirty_regs = 0;
		to->vp->general_set = false;
	}
	return error;
}

/* What waits for the next run, before something is set that this would overwrite. */
static int hvp_general_settle(const struct hvp_access_to *to)
{
	struct hvp_vp_state *state;
	int error;

	if (!to->vp->general_set)
		return 0;
	state = kzalloc(sizeof(*state), HVP_GFP);
	if (!state)
		return -ENOMEM;
	error = hvp_general_get(to, state) ?: hvp_general_set(to, state, true);
	kfree(state);
	return error;
}

static int hvp_special_get(const struct hvp_access_to *from, struct hvp_vp_state *state)
{
	struct kvm_sregs sregs;
	int error = hvp_ask_kvm(from, KVM_GET_SREGS, &sregs, sizeof(sregs));

	if (!error)
		hvp_special_from_kvm(&sregs, state);
	return error;
}

static int hvp_special_set(const struct hvp_access_to *to, const struct hvp_vp_state *state)
{
	struct kvm_sregs sregs;
	int error = hvp_ask_kvm(to, KVM_GET_SREGS, &sregs, sizeof(sregs));

	if (error)
		return error;
	hvp_special_to_kvm(state, &sregs);
	/* KVM takes it, the processor does not, and KVM says so in the host's log. */
	if (sregs.efer & EFER_LMA && sregs.cs.l && sregs.cs.db)
		return -EINVAL;
	return hvp_ask_kvm(to, KVM_SET_SREGS, &sregs, sizeof(sregs));
}

static int hvp_debug_get(const struct hvp_access_to *from, struct hvp_vp_state *state)
{
	struct kvm_debugregs debug;
	int error = hvp_ask_kvm(from, KVM_GET_DEBUGREGS, &debug, sizeof(debug));

	if (error)
		return error;
	memcpy(state->dr, debug.db, sizeof(state->dr));
	state->dr6 = debug.dr6;
	state->dr7 = debug.dr7;
	return 0;
}

static int hvp_debug_set(const struct hvp_access_to *to, const struct hvp_vp_state *state)
{
	struct kvm_debugregs debug = { .dr6 = state->dr6, .dr7 = state->dr7 };

	memcpy(debug.db, state->dr, sizeof(debug.db));
	return hvp_ask_kvm(to, KVM_SET_DEBUGREGS, &debug, sizeof(debug));
}

/* The first 576 bytes of an XSAVE area, which KVM gives 4096 bytes of. */
struct hvp_xsave {
	u16 fcw;
	u16 fsw;
	u8 ftw;
	u8 reserved;
	u16 fop;
	u64 fip;
	u64 fdp;
	u32 mxcsr;
	u32 mxcsr_mask;
	u64 st[8][2];
	u64 xmm[16][2];
	u64 unused[12];
	u64 xstate_bv;
	u64 header[7];
};

static_assert(sizeof(struct hvp_xsave) == 576);
static_assert(offsetof(struct hvp_xsave, xstate_bv) == 512);

#define HVP_XSAVE_SIZE		sizeof(struct kvm_xsave)

/* It is too long for the stack, so the scratch is looked into: once, since the VMM sees it. */
static int hvp_xsave_get(const struct hvp_access_to *from, struct hvp_xsave *area)
{
	void *scratch = hvp_runner_scratch(from->runner);
	int error = hvp_ask_kvm(from, KVM_GET_XSAVE, scratch, HVP_XSAVE_SIZE);

	if (!error)
		memcpy(area, scratch, sizeof(*area));
	return error;
}

static int hvp_float_get(const struct hvp_access_to *from, struct hvp_vp_state *state)
{
	struct hvp_xsave area;
	int error = hvp_xsave_get(from, &area);

	if (error)
		return error;
	memcpy(state->xmm, area.xmm, sizeof(state->xmm));
	memcpy(state->mmx, area.st, sizeof(state->mmx));
	state->fcw = area.fcw;
	state->fsw = area.fsw;
	state->ftw = area.ftw;
	state->fop = area.fop;
	state->fip = area.fip;
	state->fdp = area.fdp;
	state->mxcsr = area.mxcsr;
	state->mxcsr_mask = area.mxcsr_mask;
	return 0;
}

/* The rest of the area, which AVX and others have, is set as it was read. */
static int hvp_float_set(const struct hvp_access_to *to, const struct hvp_vp_state *state)
{
	void *scratch = hvp_runner_scratch(to->runner);
	struct hvp_xsave area;
	int error = hvp_xsave_get(to, &area);

	if (error)
		return error;
	memcpy(area.xmm, state->xmm, sizeof(area.xmm));
	memcpy(area.st, state->mmx, sizeof(area.st));
	area.fcw = state->fcw;
	area.fsw = state->fsw;
	area.ftw = state->ftw;
	area.fop = state->fop;
	area.fip = state->fip;
	area.fdp = state->fdp;
	area.mxcsr = state->mxcsr;
	area.xstate_bv |= XFEATURE_MASK_FPSSE;
	memcpy(scratch, &area, sizeof(area));
	return hvp_ask_kvm(to, KVM_SET_XSAVE, scratch, HVP_XSAVE_SIZE);
}

static int hvp_xcr_get(const struct hvp_access_to *from, struct hvp_vp_state *state)
{
	struct kvm_xcrs xcrs = {};
	unsigned int i;
	int error;

	/* Without XSAVE there is none. */
	state->xfem = XFEATURE_MASK_FP;
	error = hvp_ask_kvm(from, KVM_GET_XCRS, &xcrs, sizeof(xcrs));
	for (i = 0; !error && i < min_t(u32, xcrs.nr_xcrs, KVM_MAX_XCRS); i++) {
		if (!xcrs.xcrs[i].xcr)
			state->xfem = xcrs.xcrs[i].value;
	}
	return error == -EINVAL ? 0 : error;
}

static int hvp_xcr_set(const struct hvp_access_to *to, const struct hvp_vp_state *state)
{
	struct kvm_xcrs xcrs = { .nr_xcrs = 1, .xcrs[0].value = state->xfem };
	int error = hvp_ask_kvm(to, KVM_SET_XCRS, &xcrs, sizeof(xcrs));

	/* Likewise; where there is one, KVM takes that value. */
	return error == -EINVAL && state->xfem == XFEATURE_MASK_FP ? 0 : error;
}

/* HV_X64_PENDING_INTERRUPTION_TYPE */
enum {
	HVP_EVENT_INTERRUPT = 0,
	HVP_EVENT_NMI = 2,
	HVP_EVENT_EXCEPTION = 3,
	HVP_EVENT_SOFTWARE_INTERRUPT = 4,
};

static void hvp_event_from_kvm(const struct kvm_vcpu_events *events, struct hvp_vp_state *state)
{
	state->event_pending = true;
	if (events->exception.injected) {
		state->event_type = HVP_EVENT_EXCEPTION;
		state->event_vector = events->exception.nr;
		state->event_has_error = events->exception.has_error_code;
		state->event_error = events->exception.error_code;
	} else if (events->nmi.injected) {
		state->event_type = HVP_EVENT_NMI;
		state->event_vector = NMI_VECTOR;
	} else if (events->interrupt.injected) {
		state->event_type = events->interrupt.soft ? HVP_EVENT_SOFTWARE_INTERRUPT :
							     HVP_EVENT_INTERRUPT;
		state->event_vector = events->interrupt.nr;
	} else {
		state->event_pending = false;
	}
}

/* Where KVM has no payload for a page fault, it has put the address into CR2 already. */
static void hvp_payload_from_kvm(const struct kvm_vcpu *vcpu, const struct kvm_vcpu_events *events,
				 struct hvp_vp_state *state)
{
	bool payload = events->exception.pending && events->exception_has_payload;
	bool fault = events->exception.pending && events->exception.nr == PF_VECTOR;

	state->exception_has_payload = payload || fault;
	state->exception_payload = payload ? events->exception_payload :
				   fault ? vcpu->arch.cr2 : 0;
}

static int hvp_events_get(const struct hvp_access_to *from, struct hvp_vp_state *state)
{
	struct kvm_vcpu_events events = {};
	int error = hvp_ask_kvm(from, KVM_GET_VCPU_EVENTS, &events, sizeof(events));

	if (error)
		return error;
	state->event_type = 0;
	state->event_vector = 0;
	state->event_has_error = false;
	state->event_error = 0;
	hvp_event_from_kvm(&events, state);
	state->exception_pending = events.exception.pending;
	state->exception_vector = events.exception.pending ? events.exception.nr : 0;
	state->exception_has_error = events.exception.pending &&
				     events.exception.has_error_code;
	state->exception_error = state->exception_has_error ? events.exception.error_code : 0;
	hvp_payload_from_kvm(from->vp->vcpu, &events, state);
	state->interrupt_shadow = 0;
	if (events.interrupt.shadow & KVM_X86_SHADOW_INT_STI)
		state->interrupt_shadow |= BIT(0);
	if (events.interrupt.shadow & KVM_X86_SHADOW_INT_MOV_SS)
		state->interrupt_shadow |= BIT(1);
	state->nmi_masked = events.nmi.masked;
	return 0;
}

static int hvp_event_to_kvm(const struct hvp_vp_state *state, struct kvm_vcpu_events *events)
{
	if (!state->event_pending)
		return 0;
	switch (state->event_type) {
	case HVP_EVENT_INTERRUPT:
	case HVP_EVENT_SOFTWARE_INTERRUPT:
		events->interrupt.injected = true;
		events->interrupt.soft = state->event_type == HVP_EVENT_SOFTWARE_INTERRUPT;
		events->interrupt.nr = state->event_vector;
		return 0;
	case HVP_EVENT_NMI:
		events->nmi.injected = true;
		return 0;
	default:
		/* Exceptions, by the processor or by an instruction. */
		if (state->event_type > 6 || state->event_type < HVP_EVENT_NMI ||
		    state->event_vector > 31 || state->event_vector == NMI_VECTOR)
			return -EINVAL;
		events->exception.injected = true;
		events->exception.nr = state->event_vector;
		events->exception.has_error_code = state->event_has_error;
		events->exception.error_code = state->event_error;
		return 0;
	}
}

/*
 * KVM has one place for an exception, which is being delivered, or has been found.  NMIs that
 * wait are no register: one may have come since the others were read, and stays.
 */
static int hvp_events_set(const struct hvp_access_to *to, const struct hvp_vp_state *state)
{
	struct kvm_vcpu_events events = {};
	int error = hvp_ask_kvm(to, KVM_GET_VCPU_EVENTS, &events, sizeof(events));

	if (error)
		return error;
	memset(&events.exception, 0, sizeof(events.exception));
	events.exception_has_payload = 0;
	events.exception_payload = 0;
	memset(&events.interrupt, 0, sizeof(events.interrupt));
	events.nmi.injected = false;
	error = hvp_event_to_kvm(state, &events);
	if (error)
		return error;
	if (state->exception_pending) {
		if (events.exception.injected || state->exception_vector > 31 ||
		    state->exception_vector == NMI_VECTOR)
			return -EINVAL;
		events.exception.pending = true;
		events.exception.nr = state->exception_vector;
		events.exception.has_error_code = state->exception_has_error;
		events.exception.error_code = state->exception_error;
		events.exception_has_payload = state->exception_has_payload;
		events.exception_payload = state->exception_payload;
	}
	if (state->interrupt_shadow & BIT(0))
		events.interrupt.shadow |= KVM_X86_SHADOW_INT_STI;
	if (state->interrupt_shadow & BIT(1))
		events.interrupt.shadow |= KVM_X86_SHADOW_INT_MOV_SS;
	events.nmi.masked = state->nmi_masked;
	/* Without the payload's, KVM would take a pending exception for none. */
	events.flags = KVM_VCPUEVENT_VALID_SHADOW | KVM_VCPUEVENT_VALID_PAYLOAD;
	return hvp_ask_kvm(to, KVM_SET_VCPU_EVENTS, &events, sizeof(events));
}

static int hvp_activity_get(const struct hvp_access_to *from, struct hvp_vp_state *state)
{
	u32 activity = from->vp->vcpu->arch.mp_state;

	state->startup_suspend = activity == KVM_MP_STATE_UNINITIALIZED ||
				 activity == KVM_MP_STATE_INIT_RECEIVED;
	state->halt_suspend = activity == KVM_MP_STATE_HALTED;
	return 0;
}

static int hvp_activity_set(const struct hvp_access_to *to, const struct hvp_vp_state *state)
{
	struct kvm_mp_state activity = { .mp_state = KVM_MP_STATE_RUNNABLE };

	if (state->halt_suspend)
		activity.mp_state = KVM_MP_STATE_HALTED;
	/* In the other state that waits KVM drops a SIPI before there has been an INIT. */
	if (state->startup_suspend)
		activity.mp_state = KVM_MP_STATE_INIT_RECEIVED;
	if (activity.mp_state == to->vp->vcpu->arch.mp_state)
		return 0;
	return hvp_ask_kvm(to, KVM_SET_MP_STATE, &activity, sizeof(activity));
}

#define HVP_MSR_NUMBER(number, name, msr)	msr,
static const u32 hvp_msr_numbers[HVP_NR_VP_MSRS] = { HVP_VP_MSR_LIST(HVP_MSR_NUMBER) };

/* struct kvm_msrs, with room for one */
struct hvp_one_msr {
	u32 count;
	u32 padding;
	struct kvm_msr_entry entry;
};

static_assert(offsetof(struct hvp_one_msr, entry) == sizeof(struct kvm_msrs));

/* Return: has KVM given or taken it? */
static bool hvp_ask_msr(const struct hvp_access_to *to, unsigned int command, u32 msr,
			u64 *value)
{
	struct hvp_one_msr one = { .count = 1, .entry = { .index = msr, .data = *value } };
	bool done = hvp_ask_kvm(to, command, &one, sizeof(one)) == 1;

	*value = one.entry.data;
	return done;
}

/*
 * All at once, in the scratch, from @first on.  Return: how many KVM has done before it met one
 * that it does not know, or a negative error.
 */
static int hvp_msrs_get_from(const struct hvp_access_to *from, unsigned int first, u64 *values)
{
	struct hvp_msr_list {
		struct kvm_msrs head;
		struct kvm_msr_entry entries[HVP_NR_VP_MSRS];
	} *list = hvp_runner_scratch(from->runner);
	unsigned int i;
	int done;

	list->head = (struct kvm_msrs) { .nmsrs = HVP_NR_VP_MSRS - first };
	for (i = first; i < HVP_NR_VP_MSRS; i++)
		list->entries[i - first] =
			(struct kvm_msr_entry) { .index = hvp_msr_numbers[i] };
	done = hvp_ask_kvm(from, KVM_GET_MSRS, list, sizeof(*list));
	for (i = first; done > 0 && i < min_t(int, first + done, HVP_NR_VP_MSRS); i++)
		values[i] = READ_ONCE(list->entries[i - first].data);
	return done;
}

static int hvp_msrs_fetch(const struct hvp_access_to *from)
{
	struct hvp_machine_vp *vp = from->vp;
	unsigned int i = 0;
	int done;

	while (i < HVP_NR_VP_MSRS) {
		done = hvp_msrs_get_from(from, i, vp->msrs);
		if (done < 0)
			return done;
		i += done;
		/* One that this host's KVM does not have. */
		if (i < HVP_NR_VP_MSRS)
			vp->msrs[i++] = 0;
	}
	vp->msrs_known = true;
	return 0;
}

static int hvp_msrs_get(const struct hvp_access_to *from, struct hvp_vp_state *state)
{
	int error = hvp_msrs_fetch(from);

	if (!error)
		memcpy(state->msrs, from->vp->msrs, sizeof(state->msrs));
	return error;
}

/*
 * Only those that are others than what was given last: the TSC has gone on since, and some
 * cannot be set at all.  Where one names a page, KVM writes to that, or takes it for none that
 * there is.
 */
static int hvp_msrs_set(const struct hvp_access_to *to, const struct hvp_vp_state *state)
{
	struct hvp_machine_vp *vp = to->vp;
	unsigned int i;
	u64 value, gfn;
	bool named;
	int error = vp->msrs_known ? 0 : hvp_msrs_fetch(to);

	for (i = 0; !error && i < HVP_NR_VP_MSRS; i++) {
		value = state->msrs[i];
		if (value == vp->msrs[i])
			continue;
		named = hvp_child_memory_named_by_msr(vp->machine, hvp_msr_numbers[i], value,
						      &gfn);
		if (named)
			error = hvp_child_memory_make_slot(vp->machine, gfn);
		if (error)
			break;
		vp->stop.refused = false;
		if (hvp_ask_msr(to, KVM_SET_MSRS, hvp_msr_numbers[i], &value))
			vp->msrs[i] = state->msrs[i];
		else
			error = named && vp->stop.refused ? -EAGAIN : -EINVAL;
	}
	return error;
}

/**
 * hvp_machine_vp_begin() - bring what KVM has made into the state in which a VP begins
 * @vp:		the VP, which nobody has run
 * @runner:	this thread's
 *
 * KVM counts a vCPU by when it was made, and has it wait for an INIT.  What has come for one that
 * has lain there since it could not be set up, it takes when it is asked what it does.
 *
 * Context: May sleep; in the thread of @runner.
 * Return: 0 or a negative error.
 */
int hvp_machine_vp_begin(struct hvp_machine_vp *vp, struct hvp_runner *runner)
{
	const struct hvp_access_to to = { .vp = vp, .runner = runner };
	struct kvm_mp_state activity;
	u64 index = vp->index;
	int error;

	if (!hvp_ask_msr(&to, KVM_SET_MSRS, HV_X64_MSR_VP_INDEX, &index))
		return -EFAULT;
	error = hvp_ask_kvm(&to, KVM_GET_MP_STATE, &activity, sizeof(activity));
	if (error || !vp->index)
		return error;
	activity.mp_state = KVM_MP_STATE_INIT_RECEIVED;
	return hvp_ask_kvm(&to, KVM_SET_MP_STATE, &activity, sizeof(activity));
}

/* The order in which they are set: what a group needs is before it. */
static const struct {
	unsigned int group;
	int (*get)(const struct hvp_access_to *from, struct hvp_vp_state *state);
	int (*set)(const struct hvp_access_to *to, const struct hvp_vp_state *state);
} hvp_groups[] = {
	{ HVP_VP_SPECIAL, hvp_special_get, hvp_special_set },
	{ HVP_VP_XCR, hvp_xcr_get, hvp_xcr_set },
	{ HVP_VP_FLOAT, hvp_float_get, hvp_float_set },
	{ HVP_VP_DEBUG, hvp_debug_get, hvp_debug_set },
	{ HVP_VP_MSRS, hvp_msrs_get, hvp_msrs_set },
	{ HVP_VP_ACTIVITY, hvp_activity_get, hvp_activity_set },
	{ HVP_VP_EVENTS, hvp_events_get, hvp_events_set },
};

/**
 * hvp_registers_errno() - what one of KVM's ioctls for a vCPU's state means to the core
 * @error:	0 or a negative error
 *
 * Context: Any.
 * Return: 0, -ENOMEM, -EINTR, -EINVAL or -EFAULT.
 */
int hvp_registers_errno(int error)
{
	switch (error) {
	case 0:
	case -ENOMEM:
	case -EINTR:
	case -EINVAL:
		return error;
	default:
		return -EFAULT;
	}
}

/**
 * hvp_machine_vp_get() - read registers of a VP
 * @vp:		the VP, which does not run
 * @groups:	BIT() of enum hvp_vp_group
 * @state:	receives them
 *
 * Context: May sleep; in a parent's vCPU thread outside KVM's loop.
 * Return: 0, -ENOMEM, -EINTR or -EFAULT.
 */
int hvp_machine_vp_get(struct hvp_machine_vp *vp, unsigned int groups, struct hvp_vp_state *state)
{
	const struct hvp_access_to from = { .vp = vp, .runner = hvp_runner_here() };
	unsigned int i;
	int error = 0;

	if (!from.runner)
		return -EFAULT;
	from.runner->vp = vp;
	if (groups & BIT(HVP_VP_GENERAL))
		error = hvp_general_get(&from, state);
	for (i = 0; !error && i < ARRAY_SIZE(hvp_groups); i++) {
		if (groups & BIT(hvp_groups[i].group))
			error = hvp_groups[i].get(&from, state);
	}
	hvp_child_memory_soft_end(vp);
	from.runner->vp = NULL;
	return hvp_registers_errno(error);
}

/**
 * hvp_machine_vp_set() - change registers of a VP
 * @vp:		the VP, which does not run
 * @groups:	BIT() of enum hvp_vp_group
 * @state:	has them
 * @gpa:	receives which page has to be there first
 *
 * Context: May sleep; in a parent's vCPU thread outside KVM's loop.
 * Return: 0; -EINVAL if no processor can be in that state, -EAGAIN and @gpa, and then some may
 * have been set; -ENOMEM, -EINTR or -EFAULT.
 */
int hvp_machine_vp_set(struct hvp_machine_vp *vp, unsigned int groups,
		       const struct hvp_vp_state *state, u64 *gpa)
{
	const struct hvp_access_to to = { .vp = vp, .runner = hvp_runner_here() };
	bool alone = groups == BIT(HVP_VP_GENERAL);
	unsigned int i;
	int error = 0;

	if (!to.runner)
		return -EFAULT;
	to.runner->vp = vp;
	/* KVM forgets an exception that it has found when it gets these: EVENTS come later. */
	if (groups & BIT(HVP_VP_GENERAL))
		error = hvp_general_set(&to, state, !alone);
	else
		error = hvp_general_settle(&to);
	for (i = 0; !error && i < ARRAY_SIZE(hvp_groups); i++) {
		if (groups & BIT(hvp_groups[i].group))
			error = hvp_groups[i].set(&to, state);
	}
	hvp_child_memory_soft_end(vp);
	to.runner->vp = NULL;
	if (error != -EAGAIN)
		return hvp_registers_errno(error);
	*gpa = vp->stop.gfn << PAGE_SHIFT;
	return error;
}
