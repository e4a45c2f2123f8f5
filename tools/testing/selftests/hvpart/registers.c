// SPDX-License-Identifier: GPL-2.0
/*
 * HvGetVpRegisters, HvSetVpRegisters, HvTranslateVirtualAddress, HvAssertVirtualInterrupt,
 * status by status: contract, virtual processors, section 4.
 */
#include <string.h>

#include "host.h"
#include "vps.h"

#define SELF	HVP_PARTITION_ID_SELF
#define NOBODY	77

#define UNKNOWN_REGISTER	0x0002ffff

static u64 get_one(struct vcpu *vcpu, u64 id, u32 vp, u32 name)
{
	struct hvp_register_value value;

	return get_registers(vcpu, id, vp, &name, &value, 1);
}

static u64 set_one(struct vcpu *vcpu, u64 id, u32 vp, u32 name, u64 value)
{
	const struct hvp_register_assoc assoc = { .name = name, .value.word = { value } };

	return set_registers(vcpu, id, vp, &assoc, 1);
}

static void whose(void)
{
	struct vcpu *vcpu = new_guest();
	const u64 early = create_child(vcpu), late = create_finalized_child(vcpu);
	const u64 active = create_active_child(vcpu);
	struct hvp_translate_out out;
	static const enum hvp_status expected[] = {
		HVP_STATUS_INVALID_PARTITION_ID, HVP_STATUS_ACCESS_DENIED,
		HVP_STATUS_INVALID_PARTITION_STATE, HVP_STATUS_INVALID_PARTITION_STATE,
		HVP_STATUS_INVALID_VP_INDEX,
	};
	const u64 ids[] = { NOBODY, SELF, early, late, active };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ids); i++) {
		EXPECT_EQUAL(get_one(vcpu, ids[i], 0, UNKNOWN_REGISTER), expected[i]);
		EXPECT_EQUAL(set_one(vcpu, ids[i], 0, UNKNOWN_REGISTER, 0), expected[i]);
		EXPECT_EQUAL(translate_address(vcpu, ids[i], 0, 0, 0, &out), expected[i]);
	}
	EXPECT_STATUS(assert_interrupt(vcpu, NOBODY, 0, 0, 0, 32), INVALID_PARTITION_ID);
	EXPECT_STATUS(assert_interrupt(vcpu, SELF, 0, 0, 0, 32), ACCESS_DENIED);
	EXPECT_STATUS(assert_interrupt(vcpu, early, 0, 0, 0, 32), INVALID_PARTITION_STATE);
	EXPECT_STATUS(assert_interrupt(vcpu, late, 99, 0, 0, 32), INVALID_PARTITION_STATE);
	EXPECT_STATUS(assert_interrupt(vcpu, active, 0, 0, 0, 32), INVALID_VP_INDEX);
	EXPECT_STATUS(assert_interrupt(vcpu, active, 99, 0, 0, 32), INVALID_PARAMETER);
}

/* Elements before the bad one are done, and those behind it are not. */
static void a_bad_element(void)
{
	struct child child = new_child(new_guest());
	const u32 names[] = { HVP_REGISTER_RAX, HVP_REGISTER_RBX, UNKNOWN_REGISTER,
			      HVP_REGISTER_RCX };
	struct hvp_register_assoc assocs[4] = {
		{ .name = HVP_REGISTER_RAX, .value.word = { 11 } },
		{ .name = HVP_REGISTER_RBX, .value.word = { 22 } },
		{ .name = UNKNOWN_REGISTER, .value.word = { 33 } },
		{ .name = HVP_REGISTER_RCX, .value.word = { 44 } },
	};
	struct hvp_register_value values[4];

	set_register(child.vcpu, child.id, 0, HVP_REGISTER_RCX, 7);
	EXPECT_RESULT(set_registers(child.vcpu, child.id, 0, assocs, 4), INVALID_PARAMETER, 2);
	EXPECT_RESULT(get_registers(child.vcpu, child.id, 0, names, values, 4), INVALID_PARAMETER,
		      2);
	EXPECT_EQUAL(values[0].word[0], 11);
	EXPECT_EQUAL(values[1].word[0], 22);
	EXPECT_EQUAL(get_register(child.vcpu, child.id, 0, HVP_REGISTER_RCX), 7);
	/* Read-only, and values that nothing can have */
	EXPECT_STATUS(set_one(child.vcpu, child.id, 0, HVP_REGISTER_VP_ROOT_SIGNAL_COUNT, 1),
		      INVALID_PARAMETER);
	EXPECT_STATUS(set_one(child.vcpu, child.id, 0, HVP_REGISTER_EXPLICIT_SUSPEND, 2),
		      INVALID_PARAMETER);
	EXPECT_STATUS(set_one(child.vcpu, child.id, 0, HVP_REGISTER_CR8, 16), INVALID_PARAMETER);
	EXPECT_STATUS(set_one(child.vcpu, child.id, 0, HVP_REGISTER_CR0, 1ULL << 32),
		      INVALID_PARAMETER);
}

static void another_vtl(void)
{
	struct child child = new_child(new_guest());
	const struct hvp_vp_in in = { .partition_id = child.id, .vtl = 1 };
	struct vcpu *vcpu = child.vcpu;

	memcpy(vcpu->input, &in, sizeof(in));
	memset(vcpu->input + sizeof(in), 0, 64);
	EXPECT_STATUS(hypercall(vcpu, HVP_CALL_GET_VP_REGISTERS | CONTROL_REPS(1), vcpu->input_gpa,
				vcpu->output_gpa), INVALID_PARAMETER);
	EXPECT_STATUS(hypercall(vcpu, HVP_CALL_SET_VP_REGISTERS | CONTROL_REPS(1), vcpu->input_gpa,
				vcpu->output_gpa), INVALID_PARAMETER);
}

/* As the architecture has it */
static void after_reset(void)
{
	struct vcpu *vcpu = new_guest();
	const u64 id = create_active_child(vcpu);
	const u32 cs = HVP_REGISTER_CS;
	struct hvp_register_value value;
	struct hvp_segment_register segment;

	deposit_new(vcpu, id, NULL, 150);
	REQUIRE_STATUS(create_vp(vcpu, id, 0), SUCCESS);
	REQUIRE_STATUS(create_vp(vcpu, id, 1), SUCCESS);
	REQUIRE_RESULT(get_registers(vcpu, id, 0, &cs, &value, 1), SUCCESS, 1);
	memcpy(&segment, &value, sizeof(segment));
	EXPECT_EQUAL(segment.selector, 0xf000);
	EXPECT_EQUAL(segment.base, 0xffff0000);
	EXPECT_EQUAL(segment.limit, 0xffff);
	EXPECT_EQUAL(get_register(vcpu, id, 0, HVP_REGISTER_RIP), 0xfff0);
	EXPECT_EQUAL(get_register(vcpu, id, 0, HVP_REGISTER_RFLAGS), 2);
	EXPECT_EQUAL(get_register(vcpu, id, 0, HVP_REGISTER_CR0), 0x60000010);
	EXPECT_EQUAL(get_register(vcpu, id, 0, HVP_REGISTER_XFEM), 1);
	EXPECT_EQUAL(get_register(vcpu, id, 0, HVP_REGISTER_EXPLICIT_SUSPEND), 1);
	EXPECT_EQUAL(get_register(vcpu, id, 0, HVP_REGISTER_INTERNAL_ACTIVITY_STATE), 0);
	EXPECT_EQUAL(get_register(vcpu, id, 1, HVP_REGISTER_INTERNAL_ACTIVITY_STATE) & 1, 1);
	EXPECT_EQUAL(get_register(vcpu, id, 1, HVP_REGISTER_INITIAL_APIC_ID), 1);
	EXPECT_EQUAL(get_register(vcpu, id, 1, HVP_REGISTER_APIC_ID), 1);
	EXPECT_STATUS(set_one(vcpu, id, 1, HVP_REGISTER_APIC_ID, 0), INVALID_PARAMETER);
	EXPECT_STATUS(set_one(vcpu, id, 1, HVP_REGISTER_INITIAL_APIC_ID, 0), INVALID_PARAMETER);
	EXPECT_EQUAL(get_register(vcpu, id, 0, HVP_REGISTER_VP_ROOT_SIGNAL_COUNT), 0);
}

/* What a client saves of a virtual processor with one call, and gives back with another. */
static u32 saved_registers(u32 *names)
{
	static const struct {
		u32 first, count;
	} runs[] = {
		{ HVP_REGISTER_INTERNAL_ACTIVITY_STATE, 1 },
		{ HVP_REGISTER_PENDING_INTERRUPTION, 5 }, { HVP_REGISTER_RAX, 18 },
		{ HVP_REGISTER_XMM0, 26 }, { HVP_REGISTER_CR0, 6 }, { HVP_REGISTER_DR0, 6 },
		{ HVP_REGISTER_ES, 8 }, { HVP_REGISTER_IDTR, 2 }, { HVP_REGISTER_TSC, 12 },
		{ HVP_REGISTER_MTRR_CAP, 2 }, { HVP_REGISTER_MTRR_PHYS_BASE0, 8 },
		{ HVP_REGISTER_MTRR_PHYS_MASK0, 8 }, { HVP_REGISTER_MTRR_FIX_64K_00000, 12 },
		{ HVP_REGISTER_BNDCFGS, 2 }, { HVP_REGISTER_SPEC_CTRL, 1 },
		{ HVP_REGISTER_U_XSS, 9 }, { HVP_REGISTER_MISC_ENABLE, 1 },
		{ HVP_REGISTER_TSC_ADJUST, 1 }, { HVP_REGISTER_INITIAL_APIC_ID, 1 },
		{ HVP_REGISTER_APIC_ID, 1 }, { HVP_REGISTER_HYPERCALL, 2 },
		{ HVP_REGISTER_VP_ASSIST_PAGE, 1 },
		{ HVP_REGISTER_REFERENCE_TSC, 1 }, { HVP_REGISTER_SINT0, 17 },
		{ HVP_REGISTER_SIEFP, 3 }, { HVP_REGISTER_STIMER0_CONFIG, 8 },
	};
	unsigned int i, j, count = 0;

	for (i = 0; i < ARRAY_SIZE(runs); i++) {
		for (j = 0; j < runs[i].count; j++)
			names[count++] = runs[i].first + j;
	}
	return count;
}

#define MOST_SAVED	200
#define MOST_SET	127

static const u8 out_and_hlt[] = { 0xe6, 0x80, 0xf4 };

static void what_is_read_can_be_set(void)
{
	struct child child = new_child(new_guest());
	struct hvp_register_assoc assocs[MOST_SAVED] = {};
	struct hvp_register_value values[MOST_SAVED];
	u32 names[MOST_SAVED], count = saved_registers(names), i, part;

	child_code(&child, out_and_hlt, sizeof(out_and_hlt));
	REQUIRE_EQUAL(child_intercept(&child)->header.type, HVP_MESSAGE_IO_PORT_INTERCEPT);
	REQUIRE_RESULT(get_registers(child.vcpu, child.id, 0, names, values, count), SUCCESS,
		       count);
	for (i = 0; i < count; i++)
		assocs[i] = (struct hvp_register_assoc){ .name = names[i], .value = values[i] };
	for (i = 0; i < count; i += part) {
		part = count - i < MOST_SET ? count - i : MOST_SET;
		EXPECT_RESULT(set_registers(child.vcpu, child.id, 0, assocs + i, part), SUCCESS,
			      part);
	}
	/* It is in a state that it can be in: where it was. */
	REQUIRE_EQUAL(child_intercept(&child)->header.type, HVP_MESSAGE_IO_PORT_INTERCEPT);
	set_register(child.vcpu, child.id, 0, HVP_REGISTER_RIP, 2);
	EXPECT_EQUAL(child_run(&child).state, HVP_DISPATCH_BLOCKED);
}

/* Handlers of what is delivered in real mode each access a port of their own. */
#define HANDLERS	0x100
#define HANDLER_PORT	0x40

static void child_handlers(struct child *child)
{
	u8 code[HANDLERS + 32 * 4];
	unsigned int vector;

	memset(code, 0xf4, sizeof(code));
	memcpy(code, out_and_hlt, sizeof(out_and_hlt));
	for (vector = 2; vector < 32; vector++) {
		const u16 entry[2] = { HANDLERS + 4 * vector, 0 };
		const u8 handler[] = { 0xe6, HANDLER_PORT + vector };

		memcpy(code + sizeof(entry) * vector, entry, sizeof(entry));
		memcpy(code + HANDLERS + 4 * vector, handler, sizeof(handler));
	}
	child_code(child, code, sizeof(code));
}

static void expect_handler(struct child *child, unsigned int vector)
{
	const struct hvp_message *message = child_intercept(child);

	REQUIRE_EQUAL(message->header.type, HVP_MESSAGE_IO_PORT_INTERCEPT);
	EXPECT_EQUAL(message->payload.io_port.port, HANDLER_PORT + vector);
}

/* An exception that its parent has found is the next thing that happens to it. */
static void an_event_is_delivered(void)
{
	struct child child = new_child(new_guest());
	const struct hvp_register_assoc undefined = {
		.name = HVP_REGISTER_PENDING_EVENT0, .value.word = { 0x00060001 },
	};
	const struct hvp_register_assoc page_fault = {
		.name = HVP_REGISTER_PENDING_EVENT0, .value.word = { 0x000e0001, 0x12345678 },
	};

	child_handlers(&child);
	REQUIRE_EQUAL(child_intercept(&child)->header.type, HVP_MESSAGE_IO_PORT_INTERCEPT);
	REQUIRE_RESULT(set_registers(child.vcpu, child.id, 0, &undefined, 1), SUCCESS, 1);
	expect_handler(&child, 6);
	EXPECT_EQUAL(get_register(child.vcpu, child.id, 0, HVP_REGISTER_PENDING_EVENT0), 0);
	EXPECT(get_register(child.vcpu, child.id, 0, HVP_REGISTER_CR2) != 0x12345678);
	REQUIRE_RESULT(set_registers(child.vcpu, child.id, 0, &page_fault, 1), SUCCESS, 1);
	expect_handler(&child, 14);
	EXPECT_EQUAL(get_register(child.vcpu, child.id, 0, HVP_REGISTER_CR2), 0x12345678);
}

/* In Bochs they are masked in each guest once one has been in the handler of one. */
static void unmask_nmis(const struct child *child)
{
	set_register(child->vcpu, child->id, 0, HVP_REGISTER_INTERRUPT_STATE, 0);
}

/* What its parent sets of events says nothing of an NMI that has come since. */
static void an_nmi_stays(void)
{
	static const u32 names[] = {
		HVP_REGISTER_PENDING_INTERRUPTION, HVP_REGISTER_INTERRUPT_STATE,
		HVP_REGISTER_PENDING_EVENT0,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		struct child child = new_child(new_guest());

		child_handlers(&child);
		REQUIRE_EQUAL(child_intercept(&child)->header.type,
			      HVP_MESSAGE_IO_PORT_INTERCEPT);
		unmask_nmis(&child);
		REQUIRE_STATUS(assert_interrupt(child.vcpu, child.id, HVP_INTERRUPT_NMI, 0, 0, 0),
			       SUCCESS);
		set_register(child.vcpu, child.id, 0, names[i], 0);
		expect_handler(&child, 2);
	}
}

/* MSRs that are set are those that the child has. */
static void synthetic_registers(void)
{
	struct child child = new_child(new_guest());
	static const struct {
		u32 name;
		u64 value;
	} rows[] = {
		{ HVP_REGISTER_GUEST_OS_ID, 0x8100000000000001 },
		{ HVP_REGISTER_TSC_AUX, 7 },
		{ HVP_REGISTER_VP_ASSIST_PAGE, 0x3000 },
	};
	unsigned int i;
	u64 os;

	child_code(&child, out_and_hlt, sizeof(out_and_hlt));
	for (i = 0; i < ARRAY_SIZE(rows); i++)
		set_register(child.vcpu, child.id, 0, rows[i].name, rows[i].value);
	REQUIRE_STATUS(get_partition_property(child.vcpu, child.id, 0x00070000, &os), SUCCESS);
	EXPECT_EQUAL(os, 0);
	child_intercept(&child);
	for (i = 0; i < ARRAY_SIZE(rows); i++)
		EXPECT_EQUAL(get_register(child.vcpu, child.id, 0, rows[i].name), rows[i].value);
	REQUIRE_STATUS(get_partition_property(child.vcpu, child.id, 0x00070000, &os), SUCCESS);
	EXPECT_EQUAL(os, 0x8100000000000001);
	EXPECT_EQUAL(get_register(child.vcpu, child.id, 0, HVP_REGISTER_EOM), 0);
}

/*
 * What KVM lays over a page is that page, which has to be there: Linux's driver maps what is
 * touched, and has nothing mapped when QEMU sets these before the first dispatch.  Of memory far
 * from what is there KVM does not know yet.
 */
static void pages_that_registers_name(void)
{
	static const struct {
		u32 name;
		u64 gpn;
	} rows[] = {
		{ HVP_REGISTER_HYPERCALL, 1 },
		{ HVP_REGISTER_VP_ASSIST_PAGE, 0x10000 },
	};
	static const u64 nowhere[] = { 3, 0x30000 };
	struct child child = new_child(new_guest());
	const u8 *code;
	unsigned int i;
	u64 pages[ARRAY_SIZE(rows)];

	child_code(&child, out_and_hlt, sizeof(out_and_hlt));
	set_register(child.vcpu, child.id, 0, HVP_REGISTER_GUEST_OS_ID, 1);
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		child_deny(&child, rows[i].gpn);
		set_register(child.vcpu, child.id, 0, rows[i].name, rows[i].gpn << 12 | 1);
	}
	for (i = 0; i < ARRAY_SIZE(rows); i++)
		pages[i] = child_wants_page(&child, 0, rows[i].gpn);
	EXPECT_EQUAL(child_intercept(&child)->header.type, HVP_MESSAGE_IO_PORT_INTERCEPT);
	for (i = 0; i < ARRAY_SIZE(rows); i++)
		EXPECT_EQUAL(get_register(child.vcpu, child.id, 0, rows[i].name),
			     rows[i].gpn << 12 | 1);
	/* VMCALL or VMMCALL, RET */
	code = child_page(&child, pages[0]);
	EXPECT_EQUAL(code[0], 0x0f);
	EXPECT_EQUAL(code[1], 0x01);
	EXPECT_EQUAL(code[3], 0xc3);
	EXPECT_EQUAL(*(u32 *)child_page(&child, pages[1]), 0);
	/* Where there is none at all, no processor is in that state. */
	for (i = 0; i < ARRAY_SIZE(nowhere); i++) {
		set_register(child.vcpu, child.id, 0, HVP_REGISTER_HYPERCALL, nowhere[i] << 12 | 1);
		EXPECT_EQUAL(child_intercept(&child)->header.type,
			     HVP_MESSAGE_UNRECOVERABLE_EXCEPTION);
	}
}

/*
 * cpuid until %si is not 0; sti; hlt; jmp to the hlt.  CPUID exits: Bochs has no interrupt of the
 * host's end what a guest does that takes none.
 */
static const u8 wait_and_take[] = { 0x0f, 0xa2, 0x85, 0xf6, 0x74, 0xfa, 0xfb, 0xf4, 0xeb, 0xfd };

#define NOTIFICATIONS	HVP_REGISTER_DELIVERABILITY_NOTIFICATIONS

/* Its parent is told, once, when it takes interrupts or NMIs; and not before. */
static void something_can_be_delivered(void)
{
	struct child child = new_child(new_guest());
	const struct hvp_message *message;
	struct hvp_dispatch_vp_out out;
	struct vcpu *vcpu = child.vcpu;
	unsigned int i;

	for (i = 6; i < 64; i++)
		EXPECT_STATUS(set_one(vcpu, child.id, 0, NOTIFICATIONS, 1ULL << i),
			      INVALID_PARAMETER);
	child_code(&child, wait_and_take, sizeof(wait_and_take));
	unmask_nmis(&child);
	set_register(vcpu, child.id, 0, HVP_REGISTER_RSI, 0);
	set_register(vcpu, child.id, 0, NOTIFICATIONS, HVP_NOTIFY_INTERRUPT);
	for (i = 0; i < 3; i++) {
		REQUIRE_STATUS(dispatch_vp(vcpu, child.id, 0, 0, &out), SUCCESS);
		EXPECT_EQUAL(out.event, 0);
	}
	EXPECT_EQUAL(get_register(vcpu, child.id, 0, NOTIFICATIONS), HVP_NOTIFY_INTERRUPT);
	/* An NMI needs nothing. */
	set_register(vcpu, child.id, 0, NOTIFICATIONS, HVP_NOTIFY_INTERRUPT | HVP_NOTIFY_NMI);
	message = child_intercept(&child);
	EXPECT_EQUAL(message->header.type, HVP_MESSAGE_INTERRUPTION_DELIVERABLE);
	EXPECT_EQUAL(message->payload.deliverable.type, HVP_INTERRUPTION_NMI);
	EXPECT_EQUAL(get_register(vcpu, child.id, 0, NOTIFICATIONS), HVP_NOTIFY_INTERRUPT);
	set_register(vcpu, child.id, 0, HVP_REGISTER_RSI, 1);
	message = child_intercept(&child);
	EXPECT_EQUAL(message->header.type, HVP_MESSAGE_INTERRUPTION_DELIVERABLE);
	EXPECT_EQUAL(message->payload.deliverable.type, HVP_INTERRUPTION_EXTERNAL);
	EXPECT(message->payload.deliverable.header.rflags & 0x200);
	EXPECT_EQUAL(get_register(vcpu, child.id, 0, NOTIFICATIONS), 0);
	EXPECT_EQUAL(child_run(&child).state, HVP_DISPATCH_BLOCKED);
	/* Not above the task priority */
	set_register(vcpu, child.id, 0, HVP_REGISTER_CR8, 4);
	set_register(vcpu, child.id, 0, NOTIFICATIONS, HVP_NOTIFY_INTERRUPT | 4 << 2);
	EXPECT_EQUAL(child_run(&child).state, HVP_DISPATCH_BLOCKED);
	set_register(vcpu, child.id, 0, NOTIFICATIONS, HVP_NOTIFY_INTERRUPT | 5 << 2);
	EXPECT_EQUAL(child_intercept(&child)->header.type, HVP_MESSAGE_INTERRUPTION_DELIVERABLE);
}

/* Interrupts of a child with a LAPIC are that one's. */
static void nothing_can_be_delivered_but_by_the_lapic(void)
{
	const struct hvp_create_partition_in in = { .flags = HVP_CREATE_LAPIC };
	struct vcpu *vcpu = new_guest();
	struct child child;
	unsigned int i;
	u64 id;

	pay_for_create(vcpu, &in, &id);
	initialize_child(vcpu, id);
	child = new_child_of(vcpu, id);
	for (i = 0; i < 64; i++)
		EXPECT_STATUS(set_one(vcpu, child.id, 0, NOTIFICATIONS, 1ULL << i),
			      INVALID_PARAMETER);
	set_register(vcpu, child.id, 0, NOTIFICATIONS, 0);
}

static void translations(void)
{
	struct child child = new_child(new_guest());
	struct hvp_translate_out out;
	struct vcpu *vcpu = child.vcpu;
	const u64 id = child.id;

	EXPECT_STATUS(translate_address(vcpu, id, 0, 0, 0x1000, &out), INVALID_PARAMETER);
	EXPECT_STATUS(translate_address(vcpu, id, 0, HVP_TRANSLATE_PRIVILEGE_EXEMPT, 0, &out),
		      INVALID_PARAMETER);
	EXPECT_STATUS(translate_address(vcpu, id, 0, HVP_TRANSLATE_READ | 0x40, 0, &out),
		      INVALID_PARAMETER);
	EXPECT_STATUS(translate_address(vcpu, id, 0, HVP_TRANSLATE_READ | 1ULL << 55, 0, &out),
		      INVALID_PARAMETER);
	EXPECT_STATUS(translate_address(vcpu, id, 1, HVP_TRANSLATE_READ, 0, &out),
		      INVALID_VP_INDEX);
	/* No paging: as it is, whether there is anything or not */
	EXPECT_STATUS(translate_address(vcpu, id, 0, HVP_TRANSLATE_READ, 0x7654321, &out), SUCCESS);
	EXPECT_EQUAL(out.result, HVP_TRANSLATE_SUCCESS);
	EXPECT_EQUAL(out.gpa_page, 0x7654);
	EXPECT_STATUS(translate_address(vcpu, id, 0, HVP_TRANSLATE_EXECUTE, 0x10, &out), SUCCESS);
	EXPECT_EQUAL(out.gpa_page, 0);
}

static const struct interrupt {
	const char *name;
	u32 type, modes;
	u64 destination;
	u32 vector;
	enum hvp_status status;
} interrupts[] = {
	{ "fixed", 0, 0, 0, 32, HVP_STATUS_SUCCESS },
	{ "fixed_level", 0, 1, 0, 32, HVP_STATUS_SUCCESS },
	{ "fixed_255", 0, 0, 0, 255, HVP_STATUS_SUCCESS },
	{ "fixed_16", 0, 0, 0, 16, HVP_STATUS_SUCCESS },
	{ "lowest_priority", 1, 0, 0, 32, HVP_STATUS_SUCCESS },
	{ "lowest_priority_of_all", 1, 0, 0xff, 32, HVP_STATUS_SUCCESS },
	{ "nmi", 4, 0, 0, 0, HVP_STATUS_SUCCESS },
	{ "extint", 7, 0, 0, 8, HVP_STATUS_SUCCESS },
	{ "init", 5, 0, 0, 0, HVP_STATUS_SUCCESS },
	{ "fixed_15", 0, 0, 0, 15, HVP_STATUS_INVALID_PARAMETER },
	{ "fixed_256", 0, 0, 0, 256, HVP_STATUS_INVALID_PARAMETER },
	{ "type_3", 3, 0, 0, 32, HVP_STATUS_INVALID_PARAMETER },
	{ "sipi", 6, 0, 0, 32, HVP_STATUS_SUCCESS },
	{ "nmi_2", 4, 0, 0, 2, HVP_STATUS_INVALID_PARAMETER },
	{ "type_8", 8, 0, 0, 32, HVP_STATUS_INVALID_PARAMETER },
	{ "mode_4", 0, 4, 0, 32, HVP_STATUS_INVALID_PARAMETER },
	{ "nobody", 0, 0, 9, 32, HVP_STATUS_INVALID_VP_INDEX },
	{ "nobody_32_bits", 0, 0, 0x100000000, 32, HVP_STATUS_INVALID_VP_INDEX },
	{ "nmi_for_nobody", 4, 0, 9, 0, HVP_STATUS_INVALID_VP_INDEX },
	{ "extint_for_nobody", 7, 0, 9, 8, HVP_STATUS_INVALID_VP_INDEX },
};

static void an_interrupt(const void *data)
{
	struct child child = new_child(new_guest());
	const struct interrupt *row = data;
	int log = log_from_now();

	expect_result_at(__FILE__, __LINE__, row->name,
			 assert_interrupt(child.vcpu, child.id, row->type, row->modes,
					  row->destination, row->vector), row->status);
	EXPECT(!log_says(log, "apic"));
	if (row->type != 7 || row->status != HVP_STATUS_SUCCESS)
		return;
	/* One at a time; the same once more is that one. */
	EXPECT_STATUS(assert_interrupt(child.vcpu, child.id, 7, 0, 0, row->vector), SUCCESS);
	EXPECT_STATUS(assert_interrupt(child.vcpu, child.id, 7, 0, 0, row->vector ^ 1),
		      ACKNOWLEDGED);
}

static void dispatching(void)
{
	struct vcpu *vcpu = new_guest();
	const u64 early = create_child(vcpu), late = create_finalized_child(vcpu);
	struct child child = new_child(vcpu);
	struct hvp_dispatch_vp_out out;

	EXPECT_STATUS(dispatch_vp(vcpu, NOBODY, 0, 0, &out), INVALID_PARTITION_ID);
	EXPECT_STATUS(dispatch_vp(vcpu, SELF, 0, 0, &out), ACCESS_DENIED);
	EXPECT_STATUS(dispatch_vp(vcpu, early, 0, ~0, &out), INVALID_PARTITION_STATE);
	EXPECT_STATUS(dispatch_vp(vcpu, late, 0, ~0, &out), INVALID_PARTITION_STATE);
	EXPECT_STATUS(dispatch_vp(vcpu, child.id, 1, ~0, &out), INVALID_VP_INDEX);
	EXPECT_STATUS(dispatch_vp(vcpu, child.id, 0, 0x80, &out), INVALID_PARAMETER);
	EXPECT_STATUS(dispatch_vp(vcpu, child.id, 0, 0x80000000, &out), INVALID_PARAMETER);
}

static const struct test_case cases[] = {
	CASE(whose),
	CASE(a_bad_element),
	CASE(another_vtl),
	CASE(after_reset),
	CASE(what_is_read_can_be_set),
	CASE(an_event_is_delivered),
	CASE(an_nmi_stays),
	CASE(synthetic_registers),
	CASE(pages_that_registers_name),
	CASE(something_can_be_delivered),
	CASE(nothing_can_be_delivered_but_by_the_lapic),
	CASE(translations),
	CASE(dispatching),
};

int main(void)
{
	cases_add(cases, ARRAY_SIZE(cases));
	cases_add_rows(an_interrupt, interrupts);
	return cases_run();
}
