// SPDX-License-Identifier: GPL-2.0
/*
 * register_table.c and what it is made of: contract, virtual processors, section 4, and the
 * layouts of the TLFS.
 */

#include <linux/bits.h>
#include "../core/vp/register_table.h"
#include "suite.h"

#define NOWHERE			U16_MAX
#define FIELD(name)		offsetof(struct hvp_vp_state, name)
#define MSR(name)		FIELD(msrs[HVP_VP_MSR_##name])

/* Registers in a row, written down a second time. */
struct hvp_expected_registers {
	u32 first;
	u32 count;
	u8 bytes;
	u8 group;
	u16 field;		/* of the first one, or NOWHERE if it is more than a field */
	u64 reserved[2];
	u64 ignored[2];
};

#define MTRR(n)									\
	{ 0x80010 + (n), 1, 8, HVP_VP_MSRS, MSR(MTRR_PHYS_BASE##n) },		\
	{ 0x80040 + (n), 1, 8, HVP_VP_MSRS, MSR(MTRR_PHYS_MASK##n) }

static const struct hvp_expected_registers hvp_expected_registers[] = {
	{ 0x00000, 2, 8, HVP_VP_OWN, NOWHERE, { ~1ULL } },
	{ 0x00003, 1, 8, HVP_VP_OWN, NOWHERE, { ~1ULL } },
	{ 0x00004, 1, 8, HVP_VP_ACTIVITY, NOWHERE, { ~3ULL } },
	{ 0x10002, 1, 8, HVP_VP_EVENTS, NOWHERE, { 0xfe00 } },
	{ 0x10003, 1, 8, HVP_VP_EVENTS, NOWHERE, { ~3ULL } },
	{ 0x10004, 1, 16, HVP_VP_EVENTS, NOWHERE, { 0xfef0 } },
	{ 0x10005, 1, 16, HVP_VP_EVENTS, NOWHERE, { ~0ULL, ~0ULL } },
	{ 0x10006, 1, 8, HVP_VP_OWN, NOWHERE, { ~0x3fULL } },
	{ 0x20000, 16, 8, HVP_VP_GENERAL, FIELD(gpr) },
	{ 0x20010, 1, 8, HVP_VP_GENERAL, FIELD(rip) },
	{ 0x20011, 1, 8, HVP_VP_GENERAL, NOWHERE, { 0xffffffffffc08028 } },
	{ 0x30000, 16, 16, HVP_VP_FLOAT, FIELD(xmm) },
	{ 0x30010, 8, 16, HVP_VP_FLOAT, FIELD(mmx), {}, { 0, 0xffffffffffff0000 } },
	{ 0x30018, 1, 16, HVP_VP_FLOAT, NOWHERE, { 0x0000ff0000000000 } },
	{ 0x30019, 1, 16, HVP_VP_FLOAT, NOWHERE, { 0, 0x00000000fffd0000 } },
	{ 0x40000, 1, 8, HVP_VP_SPECIAL, FIELD(cr0), { 0xffffffff00000000 } },
	{ 0x40001, 1, 8, HVP_VP_SPECIAL, FIELD(cr2) },
	{ 0x40002, 1, 8, HVP_VP_SPECIAL, FIELD(cr3), { 0x9ff0000000000000 } },
	{ 0x40003, 1, 8, HVP_VP_SPECIAL, FIELD(cr4), { 0xfffffffee4008000 } },
	{ 0x40004, 1, 8, HVP_VP_SPECIAL, FIELD(cr8), { ~0xfULL } },
	{ 0x40005, 1, 8, HVP_VP_XCR, FIELD(xfem), { 0xfffffffffff1fd00 } },
	{ 0x41000, 1, 8, HVP_VP_SPECIAL, FIELD(cr0), { 0xffffffff00000000 } },
	{ 0x41002, 1, 8, HVP_VP_SPECIAL, FIELD(cr3), { 0x9ff0000000000000 } },
	{ 0x41003, 1, 8, HVP_VP_SPECIAL, FIELD(cr4), { 0xfffffffee4008000 } },
	{ 0x50000, 4, 8, HVP_VP_DEBUG, FIELD(dr) },
	{ 0x50004, 1, 8, HVP_VP_DEBUG, FIELD(dr6), { 0xffffffff00000000 } },
	{ 0x50005, 1, 8, HVP_VP_DEBUG, FIELD(dr7), { 0xffffffff00000000 } },
	{ 0x60000, 8, 16, HVP_VP_SPECIAL, FIELD(segments), { 0, 0x0f00000000000000 } },
	{ 0x70000, 1, 16, HVP_VP_SPECIAL, FIELD(idtr), {}, { 0x0000ffffffffffff } },
	{ 0x70001, 1, 16, HVP_VP_SPECIAL, FIELD(gdtr), {}, { 0x0000ffffffffffff } },
	{ 0x80000, 1, 8, HVP_VP_MSRS, MSR(TSC) },
	{ 0x80001, 1, 8, HVP_VP_SPECIAL, FIELD(efer), { 0xffffffffffc902fe } },
	{ 0x80002, 1, 8, HVP_VP_MSRS, MSR(KERNEL_GS_BASE) },
	{ 0x80003, 1, 8, HVP_VP_SPECIAL, FIELD(apic_base), { 0xfff00000000002ff } },
	{ 0x80004, 1, 8, HVP_VP_MSRS, MSR(PAT) },
	{ 0x80005, 1, 8, HVP_VP_MSRS, MSR(SYSENTER_CS) },
	{ 0x80006, 1, 8, HVP_VP_MSRS, MSR(SYSENTER_EIP) },
	{ 0x80007, 1, 8, HVP_VP_MSRS, MSR(SYSENTER_ESP) },
	{ 0x80008, 1, 8, HVP_VP_MSRS, MSR(STAR) },
	{ 0x80009, 1, 8, HVP_VP_MSRS, MSR(LSTAR) },
	{ 0x8000a, 1, 8, HVP_VP_MSRS, MSR(CSTAR) },
	{ 0x8000b, 1, 8, HVP_VP_MSRS, MSR(SFMASK) },
	{ 0x8000c, 1, 8, HVP_VP_OWN, NOWHERE },
	{ 0x84802, 1, 8, HVP_VP_OWN, NOWHERE },
	{ 0x8000d, 1, 8, HVP_VP_MSRS, NOWHERE },
	{ 0x8000e, 1, 8, HVP_VP_MSRS, MSR(MTRR_DEF_TYPE) },
	MTRR(0), MTRR(1), MTRR(2), MTRR(3), MTRR(4), MTRR(5), MTRR(6), MTRR(7),
	{ 0x80070, 11, 8, HVP_VP_MSRS, MSR(MTRR_FIX_64K_00000) },
	{ 0x8007b, 1, 8, HVP_VP_MSRS, MSR(TSC_AUX) },
	{ 0x8007c, 2, 8, HVP_VP_MSRS, MSR(BNDCFGS) },
	{ 0x80084, 1, 8, HVP_VP_MSRS, MSR(SPEC_CTRL) },
	{ 0x8008b, 3, 8, HVP_VP_MSRS, MSR(U_XSS) },
	{ 0x8008e, 1, 8, HVP_VP_OWN, NOWHERE, { ~0ULL } },
	{ 0x8008f, 5, 8, HVP_VP_MSRS, MSR(PL0_SSP) },
	{ 0x80096, 1, 8, HVP_VP_MSRS, MSR(TSC_ADJUST) },
	{ 0x800a0, 1, 8, HVP_VP_MSRS, MSR(MISC_ENABLE) },
	{ 0x90001, 1, 8, HVP_VP_MSRS, MSR(HYPERCALL) },
	{ 0x90002, 1, 8, HVP_VP_MSRS, MSR(GUEST_OS_ID) },
	{ 0x90013, 1, 8, HVP_VP_MSRS, MSR(VP_ASSIST_PAGE) },
	{ 0x90014, 1, 8, HVP_VP_OWN, NOWHERE, { ~0ULL } },
	{ 0x90017, 1, 8, HVP_VP_MSRS, MSR(REFERENCE_TSC) },
	{ 0xa0000, 16, 8, HVP_VP_MSRS, MSR(SINT0) },
	{ 0xa0010, 1, 8, HVP_VP_MSRS, MSR(SCONTROL) },
	{ 0xa0012, 2, 8, HVP_VP_MSRS, MSR(SIEFP) },
	{ 0xa0014, 1, 8, HVP_VP_OWN, NOWHERE },
	{ 0xb0000, 8, 8, HVP_VP_MSRS, MSR(STIMER0_CONFIG) },
};

static void hvp_expected_desc(const struct hvp_expected_registers *expected, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%#x", expected->first);
}

KUNIT_ARRAY_PARAM(hvp_expected, hvp_expected_registers, hvp_expected_desc);

static const void *hvp_field_gen_params(const void *row, char *desc)
{
	const struct hvp_expected_registers *expected = row;

	do {
		expected = hvp_expected_gen_params(expected, desc);
	} while (expected && expected->field == NOWHERE);
	return expected;
}

/* A state in which no two fields have the same value. */
static struct hvp_vp_state *hvp_any_state(struct kunit *test)
{
	struct hvp_vp_state *state = kunit_kzalloc(test, sizeof(*state), GFP_KERNEL);
	int i;

	KUNIT_ASSERT_NOT_NULL(test, state);
	for (i = 0; i < HVP_NR_GPRS; i++)
		state->gpr[i] = 0x1000 + i;
	state->rip = 0x1100;
	state->rflags = 0x202;
	for (i = 0; i < HVP_NR_SEGMENTS; i++)
		state->segments[i].base = 0x2000 + i;
	state->idtr.base = 0x3000;
	state->gdtr.base = 0x3001;
	state->cr0 = 0x4000;
	state->cr2 = 0x4001;
	state->cr3 = 0x4002;
	state->cr4 = 0x4003;
	state->cr8 = 4;
	state->efer = 0x500;
	state->apic_base = 0xfee00900;
	for (i = 0; i < 16; i++)
		state->xmm[i][1] = 0x6000 + i;
	for (i = 0; i < 8; i++)
		state->mmx[i][0] = 0x7000 + i;
	state->mxcsr_mask = 0x2ffff;
	state->xfem = 7;
	for (i = 0; i < HVP_NR_VP_MSRS; i++)
		state->msrs[i] = 0x8000 + i;
	return state;
}

static const struct hvp_register_row *hvp_the_row(struct kunit *test, u32 number)
{
	const struct hvp_register_row *row = hvp_register_row(number);

	KUNIT_ASSERT_NOT_NULL_MSG(test, row, "%#x", number);
	return row;
}

static const struct hvp_expected_registers *hvp_find_expected(u32 number)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(hvp_expected_registers); i++) {
		if (number - hvp_expected_registers[i].first < hvp_expected_registers[i].count)
			return &hvp_expected_registers[i];
	}
	return NULL;
}

static void hvp_register_table_has_these_alone(struct kunit *test)
{
	static const u32 far_away[] = { 0x100000, 0x41000000, 0x80000000, 0xfff00000 };
	unsigned int i, j, expected = 0;
	u32 number;

	for (i = 0; i < ARRAY_SIZE(hvp_expected_registers); i++)
		expected += hvp_expected_registers[i].count;
	for (i = 0; hvp_register_at(i); i++) {
		number = hvp_register_at(i)->number;
		KUNIT_EXPECT_NOT_NULL_MSG(test, hvp_find_expected(number), "%#x", number);
		KUNIT_EXPECT_PTR_EQ(test, hvp_register_row(number), hvp_register_at(i));
		for (j = 0; j < ARRAY_SIZE(far_away); j++)
			KUNIT_EXPECT_NULL(test, hvp_register_row(number + far_away[j]));
	}
	KUNIT_EXPECT_EQ(test, i, expected);
	KUNIT_EXPECT_NULL(test, hvp_register_at(~0U));
	KUNIT_EXPECT_NULL(test, hvp_register_row(~0U));
	for (number = 0; number < 0xc0000; number++) {
		if (!hvp_register_row(number) != !hvp_find_expected(number))
			KUNIT_FAIL(test, "%#x", number);
		/* A class is long, and the debug kernel slow. */
		if ((number & 0xffff) == 0x11ff)
			number += 0x3600;
		if ((number & 0xffff) == 0x48ff)
			number |= 0xfff0;
	}
}

static void hvp_register_is_of_its_size_and_group(struct kunit *test)
{
	const struct hvp_expected_registers *expected = test->param_value;
	const struct hvp_register_row *row;
	u32 i;

	for (i = 0; i < expected->count; i++) {
		row = hvp_the_row(test, expected->first + i);
		KUNIT_EXPECT_EQ(test, row->number, expected->first + i);
		KUNIT_EXPECT_EQ(test, row->bytes, expected->bytes);
		KUNIT_EXPECT_EQ(test, row->group, expected->group);
		KUNIT_EXPECT_NOT_NULL(test, row->name);
	}
}

/* Set alone in a value, a reserved bit is refused and nothing changes, and no other is. */
static void hvp_reserved_bits_are_refused(struct kunit *test)
{
	const struct hvp_expected_registers *expected = test->param_value;
	struct hvp_vp_state *state = hvp_any_state(test);
	struct hvp_vp_state *before = hvp_any_state(test);
	const struct hvp_register_row *row;
	enum hvp_status status;
	unsigned int bit;
	u32 i;

	for (i = 0; i < expected->count; i++) {
		row = hvp_the_row(test, expected->first + i);
		for (bit = 0; bit < expected->bytes * 8; bit++) {
			bool reserved = expected->reserved[bit / 64] & BIT_ULL(bit % 64);
			u64 value[2] = {};

			/* Pending, and nothing else said of it, is an event of its own. */
			if (expected->group == HVP_VP_EVENTS && bit < 4)
				continue;
			value[bit / 64] = BIT_ULL(bit % 64);
			status = row->group == HVP_VP_OWN ?
				 hvp_register_check(row, value) :
				 hvp_register_set(row, state, value);
			KUNIT_EXPECT_EQ_MSG(test, status, reserved ?
					    HVP_STATUS_INVALID_PARAMETER : HVP_STATUS_SUCCESS,
					    "%#x, bit %u", row->number, bit);
			if (reserved)
				KUNIT_EXPECT_MEMEQ(test, state, before, sizeof(*state));
			*state = *before;
		}
	}
}

/* What is set is in the field, is got again, and no other register knows of it. */
static void hvp_register_is_its_field(struct kunit *test)
{
	const struct hvp_expected_registers *expected = test->param_value;
	struct hvp_vp_state *before = hvp_any_state(test);
	struct hvp_vp_state *state = hvp_any_state(test);
	u64 value[2], got[2], was[2];
	const struct hvp_register_row *row, *other;
	unsigned int word, words = expected->bytes / 8;
	size_t field;
	u32 i, j;

	for (i = 0; i < expected->count; i++) {
		row = hvp_the_row(test, expected->first + i);
		field = expected->field + i * expected->bytes;
		*state = *before;
		for (word = 0; word < 2; word++)
			value[word] = (0xa5a5c3c396960f0fULL << word) & ~expected->reserved[word];
		KUNIT_ASSERT_EQ(test, hvp_register_set(row, state, value), HVP_STATUS_SUCCESS);
		hvp_register_get(row, state, got);
		for (word = 0; word < words; word++) {
			value[word] &= ~expected->ignored[word];
			KUNIT_EXPECT_EQ_MSG(test, got[word], value[word], "%#x", row->number);
		}
		/* Of one with 8 bytes, what was on the client's stack does not matter. */
		if (words == 1)
			KUNIT_EXPECT_EQ(test, got[1], 0);
		KUNIT_EXPECT_MEMEQ(test, (u8 *)state + field, (u8 *)value, expected->bytes);
		memcpy((u8 *)state + field, (u8 *)before + field, expected->bytes);
		KUNIT_EXPECT_MEMEQ(test, state, before, sizeof(*state));

		hvp_register_set(row, state, value);
		for (j = 0; (other = hvp_register_at(j)); j++) {
			if (other->group == HVP_VP_OWN || other == row ||
			    (!other->composite && !row->composite &&
			     other->offset == row->offset))
				continue;
			hvp_register_get(other, state, got);
			hvp_register_get(other, before, was);
			KUNIT_EXPECT_MEMEQ(test, got, was, sizeof(got));
		}
	}
}

/* Padding is not the state's to show. */
static void hvp_padding_reads_zero(struct kunit *test)
{
	const struct hvp_expected_registers *expected = test->param_value;
	struct hvp_vp_state *state = hvp_any_state(test);
	u64 got[2];
	u32 i;

	memset(state, 0xff, sizeof(*state));
	for (i = 0; i < expected->count; i++) {
		hvp_register_get(hvp_the_row(test, expected->first + i), state, got);
		KUNIT_EXPECT_EQ(test, got[0] & expected->ignored[0], 0);
		KUNIT_EXPECT_EQ(test, got[1] & expected->ignored[1], 0);
		KUNIT_EXPECT_EQ(test, got[0] | expected->ignored[0], ~0ULL);
		KUNIT_EXPECT_EQ(test, got[1] | expected->ignored[1],
				expected->bytes == 16 ? ~0ULL : 0);
	}
}

static void hvp_intermediate_registers_are_the_same(struct kunit *test)
{
	static const u32 aliases[][2] = {
		{ 0x40000, 0x41000 }, { 0x40002, 0x41002 }, { 0x40003, 0x41003 },
	};
	struct hvp_vp_state *state = hvp_any_state(test);
	u64 value[2] = {}, got[2];
	int i;

	for (i = 0; i < ARRAY_SIZE(aliases); i++) {
		value[0] = 0x11 << i;
		hvp_register_set(hvp_the_row(test, aliases[i][1]), state, value);
		hvp_register_get(hvp_the_row(test, aliases[i][0]), state, got);
		KUNIT_EXPECT_EQ(test, got[0], value[0]);
	}
}

/* Every field of a segment is where HV_X64_SEGMENT_REGISTER has it, each attribute alone. */
static void hvp_segment_has_its_layout(struct kunit *test)
{
	static const u8 bytes[16] __aligned(8) = {
		0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11,
		0xcc, 0xbb, 0xaa, 0x99, 0xee, 0xdd, 0x9b, 0xa0,
	};
	struct hvp_vp_state *state = hvp_any_state(test);
	const struct hvp_segment *cs = &state->segments[HVP_CS];
	const struct hvp_register_row *row = hvp_the_row(test, 0x60001);
	u64 value[2], got[2];
	unsigned int bit;

	memcpy(value, bytes, sizeof(value));
	KUNIT_ASSERT_EQ(test, hvp_register_set(row, state, value), HVP_STATUS_SUCCESS);
	KUNIT_EXPECT_EQ(test, cs->base, 0x1122334455667788);
	KUNIT_EXPECT_EQ(test, cs->limit, 0x99aabbcc);
	KUNIT_EXPECT_EQ(test, cs->selector, 0xddee);
	KUNIT_EXPECT_EQ(test, cs->attributes, 0xa09b);
	for (bit = 0; bit < 16; bit++) {
		value[1] = BIT_ULL(48 + bit);
		if (bit >= 8 && bit < 12) {
			KUNIT_EXPECT_EQ(test, hvp_register_set(row, state, value),
					HVP_STATUS_INVALID_PARAMETER);
			continue;
		}
		KUNIT_EXPECT_EQ(test, hvp_register_set(row, state, value), HVP_STATUS_SUCCESS);
		KUNIT_EXPECT_EQ(test, cs->attributes, BIT(bit));
		hvp_register_get(row, state, got);
		KUNIT_EXPECT_EQ(test, got[1], value[1]);
	}
}

static void hvp_table_has_its_layout(struct kunit *test)
{
	static const u8 bytes[16] __aligned(8) = {
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x34, 0x12,
		0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11,
	};
	struct hvp_vp_state *state = hvp_any_state(test);
	u64 value[2];

	memcpy(value, bytes, sizeof(value));
	hvp_register_set(hvp_the_row(test, 0x70001), state, value);
	KUNIT_EXPECT_EQ(test, state->gdtr.limit, 0x1234);
	KUNIT_EXPECT_EQ(test, state->gdtr.base, 0x1122334455667788);
	KUNIT_EXPECT_EQ(test, state->gdtr.padding[0], 0);
	KUNIT_EXPECT_EQ(test, state->idtr.base, 0x3000);
}

static void hvp_read_only_registers_are_not_set(struct kunit *test)
{
	static const u32 numbers[] = { 0x90014 };
	static const u64 zero[2];
	unsigned int i, read_only = 0;

	for (i = 0; i < ARRAY_SIZE(numbers); i++)
		KUNIT_EXPECT_EQ(test, hvp_register_check(hvp_the_row(test, numbers[i]), zero),
				HVP_STATUS_INVALID_PARAMETER);
	for (i = 0; hvp_register_at(i); i++)
		read_only += hvp_register_at(i)->read_only;
	KUNIT_EXPECT_EQ(test, read_only, ARRAY_SIZE(numbers));
}

/* RFLAGS without bit 1 is what QEMU's reset may set, and reads with it. */
static void hvp_rflags_has_bit_1(struct kunit *test)
{
	struct hvp_vp_state *state = hvp_any_state(test);
	const struct hvp_register_row *row = hvp_the_row(test, 0x20011);
	u64 value[2] = { 0x40 }, got[2];

	KUNIT_EXPECT_EQ(test, hvp_register_set(row, state, value), HVP_STATUS_SUCCESS);
	KUNIT_EXPECT_EQ(test, state->rflags, 0x42);
	hvp_register_get(row, state, got);
	KUNIT_EXPECT_EQ(test, got[0], 0x42);
	KUNIT_EXPECT_EQ(test, got[1], 0);
}

/* What a processor is stays, whatever a snapshot says: MTRRcap, and the mask of MXCSR. */
static void hvp_constants_stay(struct kunit *test)
{
	struct hvp_vp_state *state = hvp_any_state(test);
	const struct hvp_register_row *row = hvp_the_row(test, 0x8000d);
	u64 was = state->msrs[HVP_VP_MSR_MTRR_CAP];
	u64 value[2] = { 1, 0x0000000100001fa0 }, got[2];

	KUNIT_EXPECT_EQ(test, hvp_register_set(row, state, value), HVP_STATUS_SUCCESS);
	hvp_register_get(row, state, got);
	KUNIT_EXPECT_EQ(test, got[0], was);
	KUNIT_EXPECT_EQ(test, state->msrs[HVP_VP_MSR_MTRR_CAP], was);

	row = hvp_the_row(test, 0x30019);
	KUNIT_EXPECT_EQ(test, hvp_register_set(row, state, value), HVP_STATUS_SUCCESS);
	hvp_register_get(row, state, got);
	KUNIT_EXPECT_EQ(test, state->fdp, 1);
	KUNIT_EXPECT_EQ(test, state->mxcsr, 0x1fa0);
	KUNIT_EXPECT_EQ(test, got[0], 1);
	KUNIT_EXPECT_EQ(test, got[1], 0x0002ffff00001fa0);
}

static void hvp_fp_control_status_has_its_layout(struct kunit *test)
{
	static const u8 bytes[16] __aligned(8) = {
		0x7f, 0x03, 0x00, 0x38, 0x81, 0x00, 0x5e, 0x01,
		0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11,
	};
	struct hvp_vp_state *state = hvp_any_state(test);
	const struct hvp_register_row *row = hvp_the_row(test, 0x30018);
	u64 value[2], got[2];

	memcpy(value, bytes, sizeof(value));
	KUNIT_ASSERT_EQ(test, hvp_register_set(row, state, value), HVP_STATUS_SUCCESS);
	KUNIT_EXPECT_EQ(test, state->fcw, 0x037f);
	KUNIT_EXPECT_EQ(test, state->fsw, 0x3800);
	KUNIT_EXPECT_EQ(test, state->ftw, 0x81);
	KUNIT_EXPECT_EQ(test, state->fop, 0x015e);
	KUNIT_EXPECT_EQ(test, state->fip, 0x1122334455667788);
	hvp_register_get(row, state, got);
	KUNIT_EXPECT_MEMEQ(test, got, value, sizeof(got));
}

static struct kunit_case hvp_register_table_cases[] = {
	KUNIT_CASE(hvp_register_table_has_these_alone),
	KUNIT_CASE_PARAM(hvp_register_is_of_its_size_and_group, hvp_expected_gen_params),
	KUNIT_CASE_PARAM(hvp_reserved_bits_are_refused, hvp_expected_gen_params),
	KUNIT_CASE_PARAM(hvp_register_is_its_field, hvp_field_gen_params),
	KUNIT_CASE_PARAM(hvp_padding_reads_zero, hvp_field_gen_params),
	KUNIT_CASE(hvp_intermediate_registers_are_the_same),
	KUNIT_CASE(hvp_segment_has_its_layout),
	KUNIT_CASE(hvp_table_has_its_layout),
	KUNIT_CASE(hvp_read_only_registers_are_not_set),
	KUNIT_CASE(hvp_rflags_has_bit_1),
	KUNIT_CASE(hvp_constants_stay),
	KUNIT_CASE(hvp_fp_control_status_has_its_layout),
	{}
};

HVP_KUNIT_SUITE(hvp_register_table, hvp_register_table_cases);
