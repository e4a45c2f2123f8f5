// SPDX-License-Identifier: GPL-2.0
/* state.c: names and edges (contract, section 4). */

#include <kunit/test.h>
#include "../core/state.h"

struct hvp_state_row {
	enum hvp_state state;
	const char *name;
	u8 next;
};

static const struct hvp_state_row hvp_state_rows[] = {
	{ HVP_STATE_UNINITIALIZED, "uninitialized",
	  BIT(HVP_STATE_ACTIVE) | BIT(HVP_STATE_DELETED) },
	{ HVP_STATE_ACTIVE, "active",
	  BIT(HVP_STATE_FINALIZING) | BIT(HVP_STATE_DELETED) },
	{ HVP_STATE_FINALIZING, "finalizing",
	  BIT(HVP_STATE_FINALIZED) | BIT(HVP_STATE_DELETED) },
	{ HVP_STATE_FINALIZED, "finalized", BIT(HVP_STATE_DELETED) },
	{ HVP_STATE_DELETED, "deleted", 0 },
};

static void hvp_state_row_desc(const struct hvp_state_row *row, char *desc)
{
	strscpy(desc, row->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(hvp_state, hvp_state_rows, hvp_state_row_desc);

static void hvp_state_has_its_name(struct kunit *test)
{
	const struct hvp_state_row *row = test->param_value;

	KUNIT_EXPECT_STREQ(test, hvp_state_name(row->state), row->name);
}

static void hvp_state_has_its_edges(struct kunit *test)
{
	const struct hvp_state_row *row = test->param_value;
	enum hvp_state to;

	for (to = 0; to < HVP_NR_STATES; to++)
		KUNIT_EXPECT_EQ_MSG(test, hvp_state_may_become(row->state, to),
				    !!(row->next & BIT(to)), "%s to %s", row->name,
				    hvp_state_rows[to].name);
}

static struct kunit_case hvp_state_cases[] = {
	KUNIT_CASE_PARAM(hvp_state_has_its_name, hvp_state_gen_params),
	KUNIT_CASE_PARAM(hvp_state_has_its_edges, hvp_state_gen_params),
	{}
};

static struct kunit_suite hvp_state = {
	.name = "hvp_state",
	.test_cases = hvp_state_cases,
};

kunit_test_suite(hvp_state);
