// SPDX-License-Identifier: GPL-2.0
/*
 * HvGetVpRegisters, HvSetVpRegisters, HvTranslateVirtualAddress, HvAssertVirtualInterrupt,
 * status by status: contract, virtual processors, section 4.
 */
#include <string.h>

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
	EXPECT_EQUAL(get_register(vcpu, id, 0, HVP_REGISTER_VP_ROOT_SIGNAL_COUNT), 0);
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
	{ "nmi", 4, 0, 0, 0, HVP_STATUS_SUCCESS },
	{ "extint", 7, 0, 0, 8, HVP_STATUS_SUCCESS },
	{ "init", 5, 0, 0, 0, HVP_STATUS_SUCCESS },
	{ "fixed_15", 0, 0, 0, 15, HVP_STATUS_INVALID_PARAMETER },
	{ "fixed_256", 0, 0, 0, 256, HVP_STATUS_INVALID_PARAMETER },
	{ "type_3", 3, 0, 0, 32, HVP_STATUS_INVALID_PARAMETER },
	{ "type_6", 6, 0, 0, 32, HVP_STATUS_INVALID_PARAMETER },
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

	expect_result_at(__FILE__, __LINE__, row->name,
			 assert_interrupt(child.vcpu, child.id, row->type, row->modes,
					  row->destination, row->vector), row->status);
	/* One at a time */
	if (row->type == 7 && row->status == HVP_STATUS_SUCCESS)
		EXPECT_STATUS(assert_interrupt(child.vcpu, child.id, 7, 0, 0, 9), ACKNOWLEDGED);
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
	CASE(translations),
	CASE(dispatching),
};

int main(void)
{
	cases_add(cases, ARRAY_SIZE(cases));
	cases_add_rows(an_interrupt, interrupts);
	return cases_run();
}
