// SPDX-License-Identifier: GPL-2.0
/* event_registers.c: events that wait, bit by bit. */

#include "../core/vp/register_table.h"
#include "suite.h"

/* A value that is set, and the one that is got then. */
struct hvp_event_row {
	const char *name;
	u32 number;
	u64 value[2];
	enum hvp_status status;
	u64 got[2];
};

#define GOOD	HVP_STATUS_SUCCESS
#define BAD	HVP_STATUS_INVALID_PARAMETER

static const struct hvp_event_row hvp_event_rows[] = {
	{ "runs", 0x4, { 0 }, GOOD, { 0 } },
	{ "waits for SIPI", 0x4, { 1 }, GOOD, { 1 } },
	{ "waits in HLT", 0x4, { 2 }, GOOD, { 2 } },
	{ "both", 0x4, { 3 }, GOOD, { 3 } },
	{ "idle", 0x4, { 4 }, BAD },

	{ "no interruption", 0x10002, { 0 }, GOOD, { 0 } },
	{ "none, with remains", 0x10002, { 0x123456780333001e }, GOOD, { 0 } },
	{ "interrupt 0x31", 0x10002, { 0x00310001 }, GOOD, { 0x00310001 } },
	{ "interrupt 0xff", 0x10002, { 0x00ff0001 }, GOOD, { 0x00ff0001 } },
	{ "interrupt 0x100", 0x10002, { 0x01000001 }, BAD },
	{ "interrupt 0x8031", 0x10002, { 0x80310001 }, BAD },
	{ "type 1", 0x10002, { 0x00310003 }, BAD },
	{ "NMI", 0x10002, { 0x00020005 }, GOOD, { 0x00020005 } },
	{ "NMI, vector 3", 0x10002, { 0x00030005 }, BAD },
	{ "GP, code 0x1234", 0x10002, { 0x00001234000d0017 }, GOOD, { 0x00001234000d0017 } },
	{ "UD, stale code", 0x10002, { 0x0000123400060007 }, GOOD, { 0x00060007 } },
	{ "exception 32", 0x10002, { 0x00200007 }, BAD },
	{ "exception 2", 0x10002, { 0x00020007 }, BAD },
	{ "INT 0x80", 0x10002, { 0x00800049 }, GOOD, { 0x00800009 } },
	{ "INT1", 0x10002, { 0x0001002b }, GOOD, { 0x0001000b } },
	{ "INT3", 0x10002, { 0x0003002d }, GOOD, { 0x0003000d } },
	{ "type 7", 0x10002, { 0x0003000f }, BAD },
	{ "nested", 0x10002, { 0x00310201 }, BAD },
	{ "reserved", 0x10002, { 0x00318001 }, BAD },

	{ "no shadow", 0x10003, { 0 }, GOOD, { 0 } },
	{ "shadow", 0x10003, { 1 }, GOOD, { 1 } },
	{ "NMI masked", 0x10003, { 2 }, GOOD, { 2 } },

	{ "no event", 0x10004, { 0 }, GOOD, { 0 } },
	{ "none, with remains", 0x10004, { 0x12345678ffff010e, 5 }, GOOD, { 0 } },
	{ "PF", 0x10004, { 0x00000002000e0101, 0x7fff12345678 }, GOOD,
	  { 0x00000002000e0101, 0x7fff12345678 } },
	{ "DB", 0x10004, { 0x00010001, 0x4001 }, GOOD, { 0x00010001, 0x4001 } },
	{ "GP, parameter", 0x10004, { 0x000d0101, 5 }, GOOD, { 0x000d0101 } },
	{ "UD, stale code", 0x10004, { 0x0000123400060001 }, GOOD, { 0x00060001 } },
	{ "exception 31", 0x10004, { 0x001f0001 }, GOOD, { 0x001f0001 } },
	{ "exception 32", 0x10004, { 0x00200001 }, BAD },
	{ "exception 0x106", 0x10004, { 0x01060001 }, BAD },
	{ "exception 2", 0x10004, { 0x00020001 }, BAD },
	{ "memory intercept", 0x10004, { 0x000e0003 }, BAD },
	{ "external interrupt", 0x10004, { 0x0031000b }, BAD },

	{ "no event 1", 0x10005, { 0, 0 }, GOOD, { 0, 0 } },
	{ "event 1", 0x10005, { 1, 0 }, BAD },
	{ "event 1, second word", 0x10005, { 0, 1 }, BAD },
};

static void hvp_event_desc(const struct hvp_event_row *row, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%#x: %s", row->number, row->name);
}

KUNIT_ARRAY_PARAM(hvp_event, hvp_event_rows, hvp_event_desc);

/* From a state in which everything waits, and from one in which nothing does. */
static void hvp_event_is_taken_or_refused(struct kunit *test)
{
	const struct hvp_event_row *row = test->param_value;
	struct hvp_vp_state *state = kunit_kzalloc(test, sizeof(*state), GFP_KERNEL);
	struct hvp_vp_state *before = kunit_kzalloc(test, sizeof(*state), GFP_KERNEL);
	u64 got[2];
	int all;

	KUNIT_ASSERT_NOT_NULL(test, state);
	KUNIT_ASSERT_NOT_NULL(test, before);
	for (all = 0; all < 2; all++) {
		before->event_pending = all;
		before->event_type = all * 3;
		before->event_vector = all * 13;
		before->event_has_error = all;
		before->event_error = all * 0x99;
		before->exception_pending = all;
		before->exception_vector = all * 14;
		before->exception_has_error = all;
		before->exception_error = all * 0x98;
		before->exception_payload = all * 0x97;
		before->exception_has_payload = all;
		before->interrupt_shadow = all;
		before->nmi_masked = all;
		before->startup_suspend = all;
		before->halt_suspend = all;
		*state = *before;
		KUNIT_EXPECT_EQ(test, hvp_register_set(hvp_register_row(row->number), state,
						       row->value), row->status);
		if (row->status) {
			KUNIT_EXPECT_MEMEQ(test, state, before, sizeof(*state));
			continue;
		}
		hvp_register_get(hvp_register_row(row->number), state, got);
		KUNIT_EXPECT_EQ(test, got[0], row->got[0]);
		KUNIT_EXPECT_EQ(test, got[1], row->got[1]);
	}
}

/* The fields that the bits are in. */
static void hvp_event_is_in_its_fields(struct kunit *test)
{
	struct hvp_vp_state *state = kunit_kzalloc(test, sizeof(*state), GFP_KERNEL);
	u64 interruption[2] = { 0x00001234000d0017 };
	u64 exception[2] = { 0x00000002000e0101, 0x7fff12345678 };

	KUNIT_ASSERT_NOT_NULL(test, state);
	hvp_register_set(hvp_register_row(0x10002), state, interruption);
	KUNIT_EXPECT_TRUE(test, state->event_pending);
	KUNIT_EXPECT_EQ(test, state->event_type, 3);
	KUNIT_EXPECT_EQ(test, state->event_vector, 13);
	KUNIT_EXPECT_TRUE(test, state->event_has_error);
	KUNIT_EXPECT_EQ(test, state->event_error, 0x1234);
	KUNIT_EXPECT_FALSE(test, state->exception_pending);
	hvp_register_set(hvp_register_row(0x10004), state, exception);
	KUNIT_EXPECT_TRUE(test, state->exception_pending);
	KUNIT_EXPECT_EQ(test, state->exception_vector, 14);
	KUNIT_EXPECT_TRUE(test, state->exception_has_error);
	KUNIT_EXPECT_EQ(test, state->exception_error, 2);
	KUNIT_EXPECT_TRUE(test, state->exception_has_payload);
	KUNIT_EXPECT_EQ(test, state->exception_payload, 0x7fff12345678);
}

/* One bit for two kinds: what is given back is what there was, and a new one fits any IF. */
static void hvp_shadow_stays_of_its_kind(struct kunit *test)
{
	struct hvp_vp_state *state = kunit_kzalloc(test, sizeof(*state), GFP_KERNEL);
	const struct hvp_register_row *row = hvp_register_row(0x10003);
	u64 shadow[2] = { 1 };
	u8 kind;

	KUNIT_ASSERT_NOT_NULL(test, state);
	for (kind = 1; kind < 4; kind++) {
		state->interrupt_shadow = kind;
		hvp_register_set(row, state, shadow);
		KUNIT_EXPECT_EQ(test, state->interrupt_shadow, kind);
	}
	state->interrupt_shadow = 0;
	hvp_register_set(row, state, shadow);
	KUNIT_EXPECT_EQ(test, state->interrupt_shadow, 2);
}

static struct kunit_case hvp_event_registers_cases[] = {
	KUNIT_CASE_PARAM(hvp_event_is_taken_or_refused, hvp_event_gen_params),
	KUNIT_CASE(hvp_event_is_in_its_fields),
	KUNIT_CASE(hvp_shadow_stays_of_its_kind),
	{}
};

HVP_KUNIT_SUITE(hvp_event_registers, hvp_event_registers_cases);
