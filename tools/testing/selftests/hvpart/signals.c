// SPDX-License-Identifier: GPL-2.0
/* Blocked virtual processors: contract, virtual processors, section 5, rule 4. */
#include <string.h>

#include "synic.h"

#define CHILD_VECTOR	0x21

#define IVT(vector)	(4 * (vector))
#define CODE_AT		0x400
#define HANDLER_AT	0x500

/*
 * Software-enable the LAPIC, whose page is DS; sti; hlt; mov $'W', %al; out %al, $0x80;
 * and again from the hlt.
 */
static const u8 halt[] = {
	0x66, 0xc7, 0x06, 0xf0, 0x00, 0xff, 0x01, 0x00, 0x00, 0xfb,
	0xf4, 0xb0, 'W', 0xe6, 0x80, 0xeb, 0xf9,
};

#define HALT_RIP	(CODE_AT + 10)
#define OUT_RIP		(CODE_AT + 13)

/* End of interrupt; iret */
static const u8 handler[] = { 0x66, 0xc7, 0x06, 0xb0, 0x00, 0, 0, 0, 0, 0xcf };

static struct child new_halting_child(struct parent *parent)
{
	struct child child = new_child(parent->vcpu);
	const struct hvp_segment_register lapic = {
		.base = 0xfee00000, .limit = 0xffff, .attributes = 0x93,
	};
	struct hvp_register_assoc assoc = { .name = HVP_REGISTER_DS };
	u8 *page = child_page(&child, child.code);
	const u16 at = HANDLER_AT;

	memset(page, 0, HVP_PAGE_SIZE);
	memcpy(page + IVT(CHILD_VECTOR), &at, sizeof(at));
	memcpy(page + IVT(2), &at, sizeof(at));
	memcpy(page + CODE_AT, halt, sizeof(halt));
	memcpy(page + HANDLER_AT, handler, sizeof(handler));
	memcpy(&assoc.value, &lapic, sizeof(lapic));
	REQUIRE_RESULT(set_registers(parent->vcpu, child.id, 0, &assoc, 1), SUCCESS, 1);
	set_register(parent->vcpu, child.id, 0, HVP_REGISTER_RIP, CODE_AT);
	return child;
}

static u64 signal_count(struct child *child)
{
	return get_register(child->vcpu, child->id, 0, HVP_REGISTER_VP_ROOT_SIGNAL_COUNT);
}

static void expect_signal(struct parent *parent, struct child *child, u64 count)
{
	const struct hvp_message *message = slot_of(parent);
	u64 id;

	/* Any call gives the vCPU's thread the occasion. */
	get_partition_id(parent->vcpu, &id);
	EXPECT_EQUAL(message->header.type, HVP_MESSAGE_SCHEDULER_VP_SIGNAL_PAIR);
	EXPECT_EQUAL(message->payload.signal_pairs.count, 1);
	EXPECT_EQUAL(message->payload.signal_pairs.partition_ids[0], child->id);
	EXPECT_EQUAL(message->payload.signal_pairs.vp_indices[0], 0);
	EXPECT_EQUAL(signal_count(child), count);
	EXPECT(interrupt_waits(parent));
}

static void wake_by(struct parent *parent, struct child *child, u32 type, u32 vector)
{
	struct hvp_dispatch_vp_out out;

	out = child_run(child);
	REQUIRE_EQUAL(out.state, HVP_DISPATCH_BLOCKED);
	EXPECT_EQUAL(slot_of(parent)->header.type, HVP_MESSAGE_NONE);
	EXPECT_STATUS(assert_interrupt(parent->vcpu, child->id, type, 0, 0, vector), SUCCESS);
}

static void woken_once_a_block(u32 type, u32 vector)
{
	struct parent parent = new_parent();
	struct child child = new_halting_child(&parent);
	const struct hvp_message *message;
	unsigned int i;

	for (i = 0; i < 3; i++) {
		wake_by(&parent, &child, type, vector);
		expect_signal(&parent, &child, i + 1);
		take_message(&parent);
		message = child_intercept(&child);
		EXPECT_EQUAL(message->header.type, HVP_MESSAGE_IO_PORT_INTERCEPT);
		EXPECT_EQUAL(message->payload.io_port.rax & 0xff, 'W');
		set_register(child.vcpu, child.id, 0, HVP_REGISTER_RIP, OUT_RIP + 2);
	}
	EXPECT_EQUAL(signal_count(&child), 3);
}

static void woken_by_an_interrupt(void)
{
	woken_once_a_block(HVP_INTERRUPT_FIXED, CHILD_VECTOR);
}

static void woken_by_an_nmi(void)
{
	woken_once_a_block(HVP_INTERRUPT_NMI, 0);
}

/* And the vCPU's thread has the occasion to tell of it. */
static void interrupt(struct parent *parent, struct child *child)
{
	u64 id;

	EXPECT_STATUS(assert_interrupt(parent->vcpu, child->id, HVP_INTERRUPT_FIXED, 0, 0,
				       CHILD_VECTOR), SUCCESS);
	get_partition_id(parent->vcpu, &id);
}

/* What is interrupted while it is not blocked needs no signal. */
static void not_woken_while_it_runs(void)
{
	struct parent parent = new_parent();
	struct child child = new_halting_child(&parent);

	wake_by(&parent, &child, HVP_INTERRUPT_FIXED, CHILD_VECTOR);
	expect_signal(&parent, &child, 1);
	take_message(&parent);
	interrupt(&parent, &child);
	EXPECT_EQUAL(slot_of(&parent)->header.type, HVP_MESSAGE_NONE);
	EXPECT_EQUAL(signal_count(&child), 1);
}

/* A slot that is in use: the signal comes at EOM, once, however often it is woken. */
static void waits_for_eom(void)
{
	struct parent parent = new_parent();
	struct child child = new_halting_child(&parent);

	slot_of(&parent)->header.type = 1;
	child_run(&child);
	interrupt(&parent, &child);
	EXPECT_EQUAL(slot_of(&parent)->header.type, 1);
	EXPECT_EQUAL(slot_of(&parent)->header.flags & 1, 1);
	EXPECT_EQUAL(signal_count(&child), 0);
	take_message(&parent);
	expect_signal(&parent, &child, 1);
}

/* None after DISPATCH_SUSPEND. */
static void silent_when_suspended(void)
{
	struct parent parent = new_parent();
	struct child child = new_halting_child(&parent);

	child_run(&child);
	set_register(parent.vcpu, child.id, 0, HVP_REGISTER_DISPATCH_SUSPEND, 1);
	interrupt(&parent, &child);
	EXPECT_EQUAL(slot_of(&parent)->header.type, HVP_MESSAGE_NONE);
	EXPECT_EQUAL(signal_count(&child), 0);
}

/* Without a SynIC a signal waits for one. */
static void waits_for_the_synic(void)
{
	struct parent parent = new_parent();
	struct child child = new_halting_child(&parent);

	guest_set_msr(parent.vcpu, MSR_SCONTROL, 0);
	child_run(&child);
	interrupt(&parent, &child);
	EXPECT_EQUAL(signal_count(&child), 0);
	guest_set_msr(parent.vcpu, MSR_SCONTROL, 1);
	expect_signal(&parent, &child, 1);
}

static const struct test_case cases[] = {
	CASE(woken_by_an_interrupt),
	CASE(woken_by_an_nmi),
	CASE(not_woken_while_it_runs),
	CASE(waits_for_eom),
	CASE(silent_when_suspended),
	CASE(waits_for_the_synic),
};

int main(void)
{
	cases_add(cases, ARRAY_SIZE(cases));
	return cases_run();
}
