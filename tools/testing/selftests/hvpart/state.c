// SPDX-License-Identifier: GPL-2.0
/*
 * HvGetVpState, HvSetVpState: what a parent saves of a virtual processor besides registers,
 * and gives back: contract, virtual processors, section 4.
 */
#include <string.h>

#include "host.h"
#include "vps.h"

#define SELF	HVP_PARTITION_ID_SELF
#define NOBODY	77

/* Beyond the RAM of any of these guests, and of its addresses */
#define HOLE_GPN	(GUEST_HOLE_GPA / HVP_PAGE_SIZE)
#define FAR_GPN		0x0000100000000000ULL

#define X87_AND_SSE	3ULL

/* A child, and a page for its state */
struct kept {
	struct child child;
	u64 gpn;
	void *page;
};

static struct kept new_kept(void)
{
	struct kept kept = { .child = new_child(new_guest()) };

	kept.gpn = guest_alloc(kept.child.vcpu->guest);
	kept.page = child_page(&kept.child, kept.gpn);
	return kept;
}

static struct hvp_vp_state_in input(const struct kept *kept, u32 type)
{
	return (struct hvp_vp_state_in){
		.partition_id = kept->child.id,
		.type = type,
		.xsave_states = type == HVP_VP_STATE_XSAVE ? X87_AND_SSE : 0,
	};
}

static u64 get(struct kept *kept, u32 type)
{
	const struct hvp_vp_state_in in = input(kept, type);

	return get_vp_state(kept->child.vcpu, &in, &kept->gpn, 1);
}

static u64 set(struct kept *kept, u32 type)
{
	const struct hvp_vp_state_in in = input(kept, type);

	return set_vp_state(kept->child.vcpu, &in, &kept->gpn, sizeof(kept->gpn));
}

static const u32 page_types[] = {
	HVP_VP_STATE_LAPIC, HVP_VP_STATE_XSAVE, HVP_VP_STATE_SIM_PAGE, HVP_VP_STATE_SIEF_PAGE,
};

static void whose(void)
{
	struct kept kept = new_kept();
	struct vcpu *vcpu = kept.child.vcpu;
	const struct {
		u64 id;
		u32 vp;
		enum hvp_status status;
	} rows[] = {
		{ NOBODY, 0, HVP_STATUS_INVALID_PARTITION_ID },
		{ SELF, 0, HVP_STATUS_ACCESS_DENIED },
		{ create_child(vcpu), 0, HVP_STATUS_INVALID_PARTITION_STATE },
		{ create_finalized_child(vcpu), 0, HVP_STATUS_INVALID_PARTITION_STATE },
		{ kept.child.id, 1, HVP_STATUS_INVALID_VP_INDEX },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		/* Who comes before what. */
		const struct hvp_vp_state_in in = {
			.partition_id = rows[i].id, .vp_index = rows[i].vp, .type = 99,
		};

		EXPECT_EQUAL(get_vp_state(vcpu, &in, &kept.gpn, 1), rows[i].status);
		EXPECT_EQUAL(set_vp_state(vcpu, &in, &kept.gpn, 8), rows[i].status);
	}
}

static void malformed(void)
{
	struct kept kept = new_kept();
	struct vcpu *vcpu = kept.child.vcpu;
	static const u32 none[] = { 0, 1, 4 | 1U << 31, 5, 0xffffffff };
	const u64 two[] = { kept.gpn, kept.gpn };
	struct hvp_timers timers = {};
	struct hvp_vp_state_in in;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(none); i++) {
		in = input(&kept, none[i]);
		EXPECT_STATUS(get_vp_state(vcpu, &in, two, 1), INVALID_PARAMETER);
		EXPECT_STATUS(set_vp_state(vcpu, &in, two, 8), INVALID_PARAMETER);
	}
	for (i = 0; i < ARRAY_SIZE(page_types); i++) {
		in = input(&kept, page_types[i]);
		EXPECT_STATUS(get_vp_state(vcpu, &in, two, 0), INVALID_PARAMETER);
		EXPECT_STATUS(get_vp_state(vcpu, &in, two, 2), INVALID_PARAMETER);
		EXPECT_STATUS(set_vp_state(vcpu, &in, two, 0), INVALID_PARAMETER);
		EXPECT_STATUS(set_vp_state(vcpu, &in, two, 16), INVALID_PARAMETER);
		in.vtl = 1;
		EXPECT_STATUS(get_vp_state(vcpu, &in, two, 1), INVALID_PARAMETER);
		EXPECT_STATUS(set_vp_state(vcpu, &in, two, 8), INVALID_PARAMETER);
	}
	in = input(&kept, HVP_VP_STATE_TIMERS);
	EXPECT_STATUS(get_vp_state(vcpu, &in, two, 1), INVALID_PARAMETER);
	EXPECT_STATUS(set_vp_state(vcpu, &in, &timers, sizeof(timers) - 8), INVALID_PARAMETER);
	EXPECT_STATUS(set_vp_state(vcpu, &in, &timers, 0), INVALID_PARAMETER);
	timers.timers[3].flags = 2;
	EXPECT_STATUS(set_vp_state(vcpu, &in, &timers, sizeof(timers)), INVALID_PARAMETER);
	in = input(&kept, HVP_VP_STATE_XSAVE);
	in.xsave_flags = 1;
	EXPECT_STATUS(get_vp_state(vcpu, &in, two, 1), INVALID_PARAMETER);
	EXPECT_STATUS(set_vp_state(vcpu, &in, two, 8), INVALID_PARAMETER);
	in = input(&kept, HVP_VP_STATE_XSAVE);
	in.xsave_states |= 1ULL << 62;
	EXPECT_STATUS(get_vp_state(vcpu, &in, two, 1), INVALID_PARAMETER);
	EXPECT_STATUS(set_vp_state(vcpu, &in, two, 8), INVALID_PARAMETER);
}

/* Pages that are none of the caller's, or that it cannot write to. */
static void other_pages(void)
{
	struct kept kept = new_kept();
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(page_types); i++) {
		kept.gpn = FAR_GPN;
		EXPECT_STATUS(get(&kept, page_types[i]), INVALID_PARAMETER);
		EXPECT_STATUS(set(&kept, page_types[i]), INVALID_PARAMETER);
		kept.gpn = HOLE_GPN;
		EXPECT_STATUS(get(&kept, page_types[i]), OPERATION_DENIED);
		EXPECT_STATUS(set(&kept, page_types[i]), OPERATION_DENIED);
	}
}

/* What Linux finds in a LAPIC, and sets in it when a processor starts. */
static void lapic_of_a_new_one(void)
{
	struct kept kept = new_kept();
	const struct hvp_lapic *lapic = kept.page;
	unsigned int i;

	memset(kept.page, 0xa5, HVP_PAGE_SIZE);
	REQUIRE_STATUS(get(&kept, HVP_VP_STATE_LAPIC), SUCCESS);
	EXPECT_EQUAL(lapic->id, 0);
	EXPECT_EQUAL(lapic->version & 0xf0, 0x10);
	EXPECT_EQUAL(lapic->dfr, 0xffffffff);
	EXPECT_EQUAL(lapic->spurious & 0xff, 0xff);
	/* LINT0 is an external interrupt, all else is masked. */
	EXPECT_EQUAL(lapic->lvt_lint0, 0x700);
	EXPECT_EQUAL(lapic->lvt_lint1, 0x10000);
	EXPECT_EQUAL(lapic->lvt_timer, 0x10000);
	for (i = 0; i < 8; i++)
		EXPECT_EQUAL(lapic->irr[i] | lapic->isr[i] | lapic->tmr[i], 0);
	/* The page is written whole. */
	for (i = sizeof(*lapic); i < HVP_PAGE_SIZE; i++)
		REQUIRE_EQUAL(((u8 *)kept.page)[i], 0);
}

/* As QEMU's accelerator for mshv does it: LINT0 is ExtINT, LINT1 NMI. */
static void lapic_is_set(void)
{
	struct kept kept = new_kept();
	struct hvp_lapic *lapic = kept.page;

	REQUIRE_STATUS(get(&kept, HVP_VP_STATE_LAPIC), SUCCESS);
	lapic->lvt_lint0 = 0x700;
	lapic->lvt_lint1 = 0x400;
	lapic->lvt_error = 0x100fe;
	lapic->spurious = 0x1ff;
	lapic->ldr = 0x04000000;
	lapic->isr[2] = 0x00000100;
	lapic->tmr[3] = 0x80000000;
	/* What nobody can set */
	lapic->version = 0;
	lapic->id = 0x07000000;
	lapic->irr[0] = 0xffff;
	lapic->lvt_thermal = 0xffffffff;
	REQUIRE_STATUS(set(&kept, HVP_VP_STATE_LAPIC), SUCCESS);
	memset(kept.page, 0xa5, HVP_PAGE_SIZE);
	REQUIRE_STATUS(get(&kept, HVP_VP_STATE_LAPIC), SUCCESS);
	EXPECT_EQUAL(lapic->lvt_lint0, 0x700);
	EXPECT_EQUAL(lapic->lvt_lint1, 0x400);
	EXPECT_EQUAL(lapic->lvt_error, 0x100fe);
	EXPECT_EQUAL(lapic->spurious, 0x1ff);
	EXPECT_EQUAL(lapic->ldr, 0x04000000);
	EXPECT_EQUAL(lapic->isr[2], 0x00000100);
	EXPECT_EQUAL(lapic->tmr[3], 0x80000000);
	EXPECT_EQUAL(lapic->version & 0xf0, 0x10);
	EXPECT_EQUAL(lapic->id, 0);
	EXPECT_EQUAL(lapic->irr[0], 0);
	EXPECT_EQUAL(lapic->lvt_thermal, 0x107ff);
	/* The task priority is a register's. */
	set_register(kept.child.vcpu, kept.child.id, 0, HVP_REGISTER_CR8, 5);
	REQUIRE_STATUS(set(&kept, HVP_VP_STATE_LAPIC), SUCCESS);
	EXPECT_EQUAL(get_register(kept.child.vcpu, kept.child.id, 0, HVP_REGISTER_CR8), 5);
}

/* So the system in there tells an IOAPIC of the end by itself, which nobody else would tell. */
static void a_level_is_an_edge(void)
{
	struct kept kept = new_kept();
	struct hvp_lapic *lapic = kept.page;

	REQUIRE_STATUS(get(&kept, HVP_VP_STATE_LAPIC), SUCCESS);
	lapic->spurious = 0x1ff;
	REQUIRE_STATUS(set(&kept, HVP_VP_STATE_LAPIC), SUCCESS);
	REQUIRE_STATUS(assert_interrupt(kept.child.vcpu, kept.child.id, HVP_INTERRUPT_FIXED,
					HVP_INTERRUPT_LEVEL, 0, 0x41), SUCCESS);
	REQUIRE_STATUS(get(&kept, HVP_VP_STATE_LAPIC), SUCCESS);
	EXPECT_EQUAL(lapic->irr[2], 2);
	EXPECT_EQUAL(lapic->tmr[2], 0);
}

/* More is left than there was: as much as there was, and no word of it in the host's log. */
static void lapic_that_counts_from_above(void)
{
	struct kept kept = new_kept();
	struct hvp_lapic *lapic = kept.page;
	int log = log_from_now();

	REQUIRE_STATUS(get(&kept, HVP_VP_STATE_LAPIC), SUCCESS);
	lapic->spurious = 0x1ff;
	lapic->lvt_timer = 0x20;
	lapic->divide = 0xb;
	lapic->initial_count = 0x10000000;
	lapic->current_count = 0x20000000;
	REQUIRE_STATUS(set(&kept, HVP_VP_STATE_LAPIC), SUCCESS);
	REQUIRE_STATUS(get(&kept, HVP_VP_STATE_LAPIC), SUCCESS);
	EXPECT_EQUAL(lapic->initial_count, 0x10000000);
	EXPECT(lapic->current_count <= 0x10000000);
	EXPECT(!log_says(log, "lapic timer"));
}

/* The ID is the index; the mode is a register's, and stays. */
static void lapic_id(void)
{
	struct kept kept = new_kept();
	const struct hvp_lapic *lapic = kept.page;
	struct vcpu *vcpu = kept.child.vcpu;
	struct hvp_vp_state_in in = input(&kept, HVP_VP_STATE_LAPIC);
	u64 base;

	in.vp_index = 3;
	child_add_vp(&kept.child, 3, 0);
	REQUIRE_STATUS(get_vp_state(vcpu, &in, &kept.gpn, 1), SUCCESS);
	EXPECT_EQUAL(lapic->id, 0x03000000);
	base = get_register(vcpu, kept.child.id, 3, HVP_REGISTER_APIC_BASE);
	set_register(vcpu, kept.child.id, 3, HVP_REGISTER_APIC_BASE, base & ~0x800ULL);
	REQUIRE_STATUS(get_vp_state(vcpu, &in, &kept.gpn, 1), SUCCESS);
	REQUIRE_STATUS(set_vp_state(vcpu, &in, &kept.gpn, 8), SUCCESS);
	EXPECT_EQUAL(get_register(vcpu, kept.child.id, 3, HVP_REGISTER_APIC_BASE),
		     base & ~0x800ULL);
}

/* Of an x2APIC the ID has another form, as soon as the register says that it is one. */
static void lapic_of_an_x2apic(void)
{
	const struct hvp_create_partition_in create = { .flags = HVP_CREATE_X2APIC };
	struct hvp_vp_state_in in = { .type = HVP_VP_STATE_LAPIC, .vp_index = 3 };
	struct vcpu *vcpu = new_guest();
	const u64 gpn = guest_alloc(vcpu->guest);
	struct hvp_lapic *lapic = guest_host(vcpu->guest, gpn * HVP_PAGE_SIZE);
	u64 base;

	deposit_new(vcpu, SELF, NULL, 20);
	REQUIRE_STATUS(create_partition(vcpu, &create, &in.partition_id), SUCCESS);
	initialize_child(vcpu, in.partition_id);
	deposit_new(vcpu, in.partition_id, NULL, 50);
	REQUIRE_STATUS(create_vp(vcpu, in.partition_id, 3), SUCCESS);
	base = get_register(vcpu, in.partition_id, 3, HVP_REGISTER_APIC_BASE);
	set_register(vcpu, in.partition_id, 3, HVP_REGISTER_APIC_BASE, base | 0x400);
	REQUIRE_STATUS(get_vp_state(vcpu, &in, &gpn, 1), SUCCESS);
	EXPECT_EQUAL(lapic->id, 3);
	EXPECT_EQUAL(lapic->ldr, 1 << 3);
	lapic->id = 0;
	lapic->ldr = 0;
	lapic->lvt_lint1 = 0x400;
	REQUIRE_STATUS(set_vp_state(vcpu, &in, &gpn, 8), SUCCESS);
	REQUIRE_STATUS(get_vp_state(vcpu, &in, &gpn, 1), SUCCESS);
	EXPECT_EQUAL(lapic->id, 3);
	EXPECT_EQUAL(lapic->ldr, 1 << 3);
	EXPECT_EQUAL(lapic->lvt_lint1, 0x400);
}

/* sti; hlt; out %al, $0x80; the handler of vector 0x40: mov $0x77, %al; out %al, $0x81 */
static const u8 wait_for_it[] = { 0xfb, 0xf4, 0xe6, 0x80 };
static const u8 handler[] = { 0xb0, 0x77, 0xe6, 0x81 };

#define VECTOR		0x40
#define HANDLER_AT	0x400

/* One that is put into the LAPIC is delivered, also to a virtual processor that waits. */
static void lapic_brings_an_interrupt(void)
{
	struct kept kept = new_kept();
	struct hvp_lapic *lapic = kept.page;
	const struct hvp_message *message;
	u8 *code = child_page(&kept.child, kept.child.code);

	child_code(&kept.child, wait_for_it, sizeof(wait_for_it));
	memcpy(code + HANDLER_AT, handler, sizeof(handler));
	*(u32 *)(code + 4 * VECTOR) = HANDLER_AT;
	/* Behind the vectors' table begins other code. */
	set_register(kept.child.vcpu, kept.child.id, 0, HVP_REGISTER_RIP, 0x500);
	memcpy(code + 0x500, wait_for_it, sizeof(wait_for_it));
	EXPECT_EQUAL(child_run(&kept.child).state, HVP_DISPATCH_BLOCKED);
	REQUIRE_STATUS(get(&kept, HVP_VP_STATE_LAPIC), SUCCESS);
	lapic->spurious = 0x1ff;
	lapic->irr[VECTOR / 32] |= 1U << VECTOR % 32;
	REQUIRE_STATUS(set(&kept, HVP_VP_STATE_LAPIC), SUCCESS);
	message = child_intercept(&kept.child);
	EXPECT_EQUAL(message->header.type, HVP_MESSAGE_IO_PORT_INTERCEPT);
	EXPECT_EQUAL(message->payload.io_port.port, 0x81);
	/* It is being served. */
	REQUIRE_STATUS(get(&kept, HVP_VP_STATE_LAPIC), SUCCESS);
	EXPECT_EQUAL(lapic->isr[VECTOR / 32], 1U << VECTOR % 32);
	EXPECT_EQUAL(lapic->irr[VECTOR / 32], 0);
}

/* An XSAVE area: where components in use are named, and the compacted format */
#define XSAVE_IN_USE	512
#define XSAVE_FORMAT	520
#define XSAVE_COMPACTED	0x8000000000000000ULL
#define XSAVE_XMM3	(160 + 3 * 16)

static u64 *word_at(const struct kept *kept, unsigned int at)
{
	return (u64 *)((u8 *)kept->page + at);
}

/* As Linux's mshv driver asks for it: what the two properties say. */
static void xsave(void)
{
	struct kept kept = new_kept();
	struct vcpu *vcpu = kept.child.vcpu;
	struct hvp_vp_state_in in = input(&kept, HVP_VP_STATE_XSAVE);
	struct hvp_register_assoc xmm3 = {
		.name = HVP_REGISTER_XMM3, .value.word = { 0x1111222233334444, 0x5555 },
	};
	const u32 name = HVP_REGISTER_XMM3;
	struct hvp_register_value value;
	u64 states, size;
	unsigned int i;

	REQUIRE_STATUS(get_partition_property(vcpu, kept.child.id, 0x60007, &states), SUCCESS);
	REQUIRE_STATUS(get_partition_property(vcpu, kept.child.id, 0x60008, &size), SUCCESS);
	EXPECT(size <= HVP_PAGE_SIZE);
	in.xsave_states = states | X87_AND_SSE;
	/* Those that the child has not enabled are not there. */
	REQUIRE_STATUS(get_vp_state(vcpu, &in, &kept.gpn, 1), SUCCESS);
	EXPECT_EQUAL(*word_at(&kept, XSAVE_FORMAT), XSAVE_COMPACTED | X87_AND_SSE);
	if (states)
		set_register(vcpu, kept.child.id, 0, HVP_REGISTER_XFEM, states);
	REQUIRE_RESULT(set_registers(vcpu, kept.child.id, 0, &xmm3, 1), SUCCESS, 1);
	memset(kept.page, 0xa5, HVP_PAGE_SIZE);
	REQUIRE_STATUS(get_vp_state(vcpu, &in, &kept.gpn, 1), SUCCESS);
	EXPECT_EQUAL(*word_at(&kept, XSAVE_FORMAT), XSAVE_COMPACTED | in.xsave_states);
	EXPECT_EQUAL(*word_at(&kept, XSAVE_IN_USE) & ~in.xsave_states, 0);
	EXPECT_EQUAL(*word_at(&kept, XSAVE_XMM3), xmm3.value.word[0]);
	EXPECT_EQUAL(*word_at(&kept, XSAVE_XMM3 + 8), xmm3.value.word[1]);
	for (i = size > 576 ? size : 576; i < HVP_PAGE_SIZE; i += 8)
		REQUIRE_EQUAL(*(u8 *)word_at(&kept, i), 0);
	/* What is set is what registers are. */
	*word_at(&kept, XSAVE_XMM3) = 0x99;
	REQUIRE_STATUS(set_vp_state(vcpu, &in, &kept.gpn, 8), SUCCESS);
	REQUIRE_RESULT(get_registers(vcpu, kept.child.id, 0, &name, &value, 1), SUCCESS, 1);
	EXPECT_EQUAL(value.word[0], 0x99);
	/* No area: a component that there is not, a reserved word, a bit of MXCSR. */
	*word_at(&kept, XSAVE_IN_USE) |= 1ULL << 61;
	EXPECT_STATUS(set_vp_state(vcpu, &in, &kept.gpn, 8), INVALID_PARAMETER);
	*word_at(&kept, XSAVE_IN_USE) &= ~(1ULL << 61);
	*word_at(&kept, XSAVE_FORMAT + 8) = 1;
	EXPECT_STATUS(set_vp_state(vcpu, &in, &kept.gpn, 8), INVALID_PARAMETER);
	*word_at(&kept, XSAVE_FORMAT + 8) = 0;
	*word_at(&kept, 24) |= 0xffff0000;
	EXPECT_STATUS(set_vp_state(vcpu, &in, &kept.gpn, 8), INVALID_PARAMETER);
	REQUIRE_RESULT(get_registers(vcpu, kept.child.id, 0, &name, &value, 1), SUCCESS, 1);
	EXPECT_EQUAL(value.word[0], 0x99);
}

static const u8 out_and_hlt[] = { 0xe6, 0x80, 0xf4 };

/* A child that may use the synthetic interrupt controller, which it has at its pages 4 and 5. */
static void synic_pages(void)
{
	struct kept kept = new_kept();
	struct vcpu *vcpu = kept.child.vcpu;
	static const struct {
		u32 type, name;
	} rows[] = {
		{ HVP_VP_STATE_SIM_PAGE, HVP_REGISTER_SIMP },
		{ HVP_VP_STATE_SIEF_PAGE, HVP_REGISTER_SIEFP },
	};
	u64 source;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		/* There is none as yet: nothing is read or set. */
		memset(kept.page, 0xa5, HVP_PAGE_SIZE);
		EXPECT_STATUS(set(&kept, rows[i].type), SUCCESS);
		EXPECT_STATUS(get(&kept, rows[i].type), SUCCESS);
		EXPECT_EQUAL(*word_at(&kept, 0) | *word_at(&kept, HVP_PAGE_SIZE - 8), 0);
		child_map(&kept.child, 4 + i, MAP_RWX, 1, &source);
		memset(child_page(&kept.child, source), 0x44 + i, HVP_PAGE_SIZE);
		set_register(vcpu, kept.child.id, 0, rows[i].name, (4 + i) << 12 | 1);
		EXPECT_STATUS(get(&kept, rows[i].type), SUCCESS);
		EXPECT(!memcmp(kept.page, child_page(&kept.child, source), HVP_PAGE_SIZE));
		memset(kept.page, 0x99, HVP_PAGE_SIZE);
		EXPECT_STATUS(set(&kept, rows[i].type), SUCCESS);
		EXPECT(!memcmp(kept.page, child_page(&kept.child, source), HVP_PAGE_SIZE));
	}
}

static void timers(void)
{
	struct kept kept = new_kept();
	struct vcpu *vcpu = kept.child.vcpu;
	const struct hvp_vp_state_in in = input(&kept, HVP_VP_STATE_TIMERS);
	struct hvp_timers timers = {};
	const struct hvp_timers *got = (const void *)vcpu->output;
	unsigned int i;

	child_code(&kept.child, out_and_hlt, sizeof(out_and_hlt));
	for (i = 0; i < HVP_TIMERS; i++) {
		EXPECT_STATUS(get_vp_state(vcpu, &in, NULL, 0), SUCCESS);
		EXPECT_EQUAL(got->timers[i].config, 0);
		EXPECT_EQUAL(got->timers[i].count, 0);
	}
	EXPECT_STATUS(set_vp_state(vcpu, &in, &timers, sizeof(timers)), SUCCESS);
	/* They are registers as well, and it runs with them. */
	EXPECT_EQUAL(child_intercept(&kept.child)->header.type, HVP_MESSAGE_IO_PORT_INTERCEPT);
	EXPECT_EQUAL(get_register(vcpu, kept.child.id, 0, HVP_REGISTER_STIMER3_COUNT), 0);
}

static const struct test_case cases[] = {
	CASE(whose),
	CASE(malformed),
	CASE(other_pages),
	CASE(lapic_of_a_new_one),
	CASE(lapic_is_set),
	CASE(a_level_is_an_edge),
	CASE(lapic_that_counts_from_above),
	CASE(lapic_id),
	CASE(lapic_of_an_x2apic),
	CASE(lapic_brings_an_interrupt),
	CASE(xsave),
	CASE(synic_pages),
	CASE(timers),
};

int main(void)
{
	cases_add(cases, ARRAY_SIZE(cases));
	return cases_run();
}
