// SPDX-License-Identifier: GPL-2.0
/* The LAPIC of a VP, and its XSAVE area, as KVM has them and as the TLFS and Intel do. */

#include <linux/kvm_host.h>
#include <asm/apicdef.h>
#include <asm/msr-index.h>
#include <hvpart/abi.h>
#include <hvpart/machine.h>
#include "memory.h"
#include "registers.h"
#include "runner.h"
#include "state.h"
#include "vcpu.h"

/*
 * Where each register of the LAPIC is in its page, and the bits of it that can be set.  What is
 * reserved, or tells of an interrupt that is being sent, is left out: clients give back what
 * they have read.
 */
static const struct {
	u16 field;
	u16 place;
	u32 settable;
} lapic_registers[] = {
#define HVP_LAPIC(name, place, settable) { offsetof(struct hvp_lapic, name), place, settable }
	/* The ID is the VP's index, and the version KVM's. */
	HVP_LAPIC(id, APIC_ID, 0),
	HVP_LAPIC(version, APIC_LVR, 0),
	HVP_LAPIC(ldr, APIC_LDR, 0xff000000),
	HVP_LAPIC(dfr, APIC_DFR, 0xffffffff),
	HVP_LAPIC(spurious, APIC_SPIV, 0x000011ff),
	HVP_LAPIC(esr, APIC_ESR, 0x000000ff),
	HVP_LAPIC(icr_high, APIC_ICR2, 0xffffffff),
	HVP_LAPIC(icr_low, APIC_ICR, 0x000ccfff),
	HVP_LAPIC(lvt_timer, APIC_LVTT, 0x000700ff),
	HVP_LAPIC(lvt_thermal, APIC_LVTTHMR, 0x000107ff),
	HVP_LAPIC(lvt_perfmon, APIC_LVTPC, 0x000107ff),
	HVP_LAPIC(lvt_lint0, APIC_LVT0, 0x0001e7ff),
	HVP_LAPIC(lvt_lint1, APIC_LVT1, 0x0001e7ff),
	HVP_LAPIC(lvt_error, APIC_LVTERR, 0x000100ff),
	HVP_LAPIC(lvt_cmci, APIC_LVTCMCI, 0x000107ff),
	HVP_LAPIC(initial_count, APIC_TMICT, 0xffffffff),
	HVP_LAPIC(current_count, APIC_TMCCT, 0xffffffff),
	HVP_LAPIC(divide, APIC_TDCR, 0x0000000b),
#undef HVP_LAPIC
};

/* A bit for each vector; the first sixteen are the processor's own. */
static const struct {
	u16 field;
	u16 place;
} lapic_vectors[] = {
	{ offsetof(struct hvp_lapic, isr), APIC_ISR },
	{ offsetof(struct hvp_lapic, tmr), APIC_TMR },
	{ offsetof(struct hvp_lapic, irr), APIC_IRR },
};

#define HVP_LAPIC_VECTOR_WORDS	8
#define HVP_LAPIC_VECTOR_STRIDE	0x10
#define HVP_LAPIC_OWN_VECTORS	0x0000ffffU

static u32 hvp_settable_vectors(unsigned int word)
{
	return word ? ~0U : ~HVP_LAPIC_OWN_VECTORS;
}

static u32 *hvp_lapic_word(struct kvm_lapic_state *page, unsigned int place)
{
	return (u32 *)(page->regs + place);
}

static void hvp_lapic_from_kvm(struct kvm_lapic_state *page, struct hvp_lapic *lapic)
{
	unsigned int i, word;
	u32 *words;

	memset(lapic, 0, sizeof(*lapic));
	for (i = 0; i < ARRAY_SIZE(lapic_registers); i++)
		*(u32 *)((void *)lapic + lapic_registers[i].field) =
			READ_ONCE(*hvp_lapic_word(page, lapic_registers[i].place));
	for (i = 0; i < ARRAY_SIZE(lapic_vectors); i++) {
		words = (void *)lapic + lapic_vectors[i].field;
		for (word = 0; word < HVP_LAPIC_VECTOR_WORDS; word++)
			words[word] = READ_ONCE(*hvp_lapic_word(page, lapic_vectors[i].place +
							word * HVP_LAPIC_VECTOR_STRIDE));
	}
}

/* What is left of a count is not more than all of it, or KVM says in the log that it takes that. */
static void hvp_lapic_limit_count(struct kvm_lapic_state *page)
{
	u32 *current_count = hvp_lapic_word(page, APIC_TMCCT);

	*current_count = min(READ_ONCE(*current_count),
			     READ_ONCE(*hvp_lapic_word(page, APIC_TMICT)));
}

/* What @lapic has no place for, the task priority above all, stays as it is. */
static void hvp_lapic_to_kvm(const struct hvp_lapic *lapic, struct kvm_lapic_state *page)
{
	unsigned int i, word;
	const u32 *words;
	u32 value;

	for (i = 0; i < ARRAY_SIZE(lapic_registers); i++) {
		if (!lapic_registers[i].settable)
			continue;
		value = *(const u32 *)((const void *)lapic + lapic_registers[i].field);
		*hvp_lapic_word(page, lapic_registers[i].place) =
			value & lapic_registers[i].settable;
	}
	for (i = 0; i < ARRAY_SIZE(lapic_vectors); i++) {
		words = (const void *)lapic + lapic_vectors[i].field;
		for (word = 0; word < HVP_LAPIC_VECTOR_WORDS; word++)
			*hvp_lapic_word(page, lapic_vectors[i].place +
					word * HVP_LAPIC_VECTOR_STRIDE) =
				words[word] & hvp_settable_vectors(word);
	}
	hvp_lapic_limit_count(page);
}

/* KVM forgets it when it gets a LAPIC, and of a LAPIC's state it is no part. */
struct hvp_deadline {
	struct kvm_msrs head;
	struct kvm_msr_entry entry;
};

static u64 hvp_deadline_get(struct hvp_machine_vp *vp, struct hvp_runner *runner)
{
	struct hvp_deadline msr = {
		.head.nmsrs = 1,
		.entry.index = MSR_IA32_TSC_DEADLINE,
	};

	hvp_runner_ioctl(runner, vp->file, KVM_GET_MSRS, &msr, sizeof(msr));
	return msr.entry.data;
}

/* Of a timer that is none of that kind any more, KVM does not take it. */
static void hvp_deadline_set(struct hvp_machine_vp *vp, struct hvp_runner *runner, u64 deadline)
{
	struct hvp_deadline msr = {
		.head.nmsrs = 1,
		.entry = { .index = MSR_IA32_TSC_DEADLINE, .data = deadline },
	};

	if (deadline)
		hvp_runner_ioctl(runner, vp->file, KVM_SET_MSRS, &msr, sizeof(msr));
}

/**
 * hvp_machine_vp_get_lapic() - read the LAPIC of a VP
 * @vp:		the VP, which does not run
 * @lapic:	receives it
 *
 * Context: May sleep; in a parent's vCPU thread outside KVM's loop.
 * Return: 0, -ENOMEM, -EINTR or -EFAULT.
 */
int hvp_machine_vp_get_lapic(struct hvp_machine_vp *vp, struct hvp_lapic *lapic)
{
	struct hvp_runner *runner = hvp_runner_here();
	struct kvm_lapic_state *page;
	long error;

	if (!runner)
		return -EFAULT;
	page = hvp_runner_scratch(runner);
	runner->vp = vp;
	error = hvp_runner_ioctl(runner, vp->file, KVM_GET_LAPIC, page, sizeof(*page));
	if (!error)
		hvp_lapic_from_kvm(page, lapic);
	hvp_child_memory_soft_end(vp);
	runner->vp = NULL;
	return error == -EINVAL ? -EFAULT : hvp_registers_errno(error);
}

/**
 * hvp_machine_vp_set_lapic() - change the LAPIC of a VP
 * @vp:		the VP, which does not run
 * @lapic:	has it; the ID, the version and reserved bits do not matter
 *
 * Context: May sleep; in a parent's vCPU thread outside KVM's loop.
 * Return: 0; -EINVAL if KVM does not take it; -ENOMEM, -EINTR or -EFAULT.
 */
int hvp_machine_vp_set_lapic(struct hvp_machine_vp *vp, const struct hvp_lapic *lapic)
{
	struct hvp_runner *runner = hvp_runner_here();
	struct kvm_lapic_state *page;
	u64 deadline;
	long error;

	if (!runner)
		return -EFAULT;
	page = hvp_runner_scratch(runner);
	runner->vp = vp;
	deadline = hvp_deadline_get(vp, runner);
	error = hvp_runner_ioctl(runner, vp->file, KVM_GET_LAPIC, page, sizeof(*page));
	if (!error) {
		hvp_lapic_to_kvm(lapic, page);
		error = hvp_runner_ioctl(runner, vp->file, KVM_SET_LAPIC, page, sizeof(*page));
	}
	if (!error)
		hvp_deadline_set(vp, runner, deadline);
	hvp_child_memory_soft_end(vp);
	runner->vp = NULL;
	return hvp_registers_errno(error);
}

/**
 * hvp_machine_vp_get_xsave() - read the XSAVE area of a VP
 * @vp:		the VP, which does not run
 * @area:	receives HVP_XSAVE_BYTES of it, in the standard format
 *
 * Context: May sleep; in a parent's vCPU thread outside KVM's loop.
 * Return: 0, -ENOMEM, -EINTR or -EFAULT.
 */
int hvp_machine_vp_get_xsave(struct hvp_machine_vp *vp, void *area)
{
	struct hvp_runner *runner = hvp_runner_here();
	long error;

	static_assert(sizeof(struct kvm_xsave) == HVP_XSAVE_BYTES);
	if (!runner)
		return -EFAULT;
	runner->vp = vp;
	error = hvp_runner_ioctl(runner, vp->file, KVM_GET_XSAVE, area, HVP_XSAVE_BYTES);
	hvp_child_memory_soft_end(vp);
	runner->vp = NULL;
	return error == -EINVAL ? -EFAULT : hvp_registers_errno(error);
}

/**
 * hvp_machine_vp_set_xsave() - change the XSAVE area of a VP
 * @vp:		the VP, which does not run
 * @area:	has HVP_XSAVE_BYTES of it, in the standard format
 *
 * Context: May sleep; in a parent's vCPU thread outside KVM's loop.
 * Return: 0; -EINVAL if it is none that a processor takes; -ENOMEM, -EINTR or -EFAULT.
 */
int hvp_machine_vp_set_xsave(struct hvp_machine_vp *vp, const void *area)
{
	struct hvp_runner *runner = hvp_runner_here();
	long error;

	if (!runner)
		return -EFAULT;
	runner->vp = vp;
	memcpy(hvp_runner_scratch(runner), area, HVP_XSAVE_BYTES);
	error = hvp_runner_ioctl(runner, vp->file, KVM_SET_XSAVE, hvp_runner_scratch(runner),
				 HVP_XSAVE_BYTES);
	hvp_child_memory_soft_end(vp);
	runner->vp = NULL;
	return hvp_registers_errno(error);
}
