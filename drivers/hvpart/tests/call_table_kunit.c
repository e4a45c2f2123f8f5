// SPDX-License-Identifier: GPL-2.0
/* call_table.c against the contract. */

#include "../core/call/table.h"
#include "contract.h"

KUNIT_ARRAY_PARAM_DESC(hvp_contract, hvp_contract, name);

static void hvp_call_table_says_what_the_contract_says(struct kunit *test)
{
	const struct hvp_contract_call *expected = test->param_value;
	const struct hvp_call_row *row = hvp_call_row(expected->code);

	KUNIT_ASSERT_NOT_NULL(test, row);
	KUNIT_EXPECT_EQ(test, row->code, expected->code);
	KUNIT_EXPECT_STREQ(test, row->name, expected->name);
	KUNIT_EXPECT_EQ(test, row->rep, expected->rep);
	KUNIT_EXPECT_EQ(test, row->fast, expected->fast);
	KUNIT_EXPECT_EQ(test, row->input_size, expected->in_size);
	KUNIT_EXPECT_EQ(test, row->input_element, expected->in_element);
	KUNIT_EXPECT_EQ(test, row->output_size, expected->out_size);
	KUNIT_EXPECT_EQ(test, row->output_element, expected->out_element);
	KUNIT_EXPECT_EQ(test, row->privilege, expected->privilege);
	KUNIT_EXPECT_EQ(test, !!(row->target & HVP_TARGET_CHILD), expected->names_child);
	KUNIT_EXPECT_EQ(test, !!(row->target & HVP_TARGET_SELF), expected->names_self);
	if (row->target)
		KUNIT_EXPECT_EQ(test, row->target_at,
				hvp_contract_at(expected, HVP_FIELD_ID) * (int)sizeof(u64));
	KUNIT_EXPECT_EQ(test, row->states, expected->states);
}

/* KVM's verdict stands for every other code. */
static void hvp_call_table_has_no_other_code(struct kunit *test)
{
	unsigned int code;

	for (code = 0; code <= U16_MAX; code++) {
		if (!hvp_contract_of(code) != !hvp_call_row(code))
			KUNIT_FAIL(test, "code %#x", code);
	}
}

/* Whoever walks the table finds all calls, in the order of their codes. */
static void hvp_call_table_is_in_order(struct kunit *test)
{
	unsigned int i;

	KUNIT_EXPECT_EQ(test, HVP_NR_CALLS, HVP_CONTRACT_CALLS);
	for (i = 0; i < HVP_NR_CALLS; i++) {
		const struct hvp_call_row *row = &hvp_call_table[i];

		KUNIT_EXPECT_NOT_NULL(test, row->handler);
		KUNIT_EXPECT_EQ(test, row->code, hvp_contract[i].code);
		KUNIT_EXPECT_PTR_EQ(test, hvp_call_row(row->code), row);
	}
}

static struct kunit_case hvp_call_table_cases[] = {
	KUNIT_CASE_PARAM(hvp_call_table_says_what_the_contract_says, hvp_contract_gen_params),
	KUNIT_CASE(hvp_call_table_has_no_other_code),
	KUNIT_CASE(hvp_call_table_is_in_order),
	{}
};

static struct kunit_suite hvp_call_table_suite = {
	.name = "hvp_call_table",
	.test_cases = hvp_call_table_cases,
};

kunit_test_suite(hvp_call_table_suite);
