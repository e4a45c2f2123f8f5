// SPDX-License-Identifier: GPL-2.0
/* stats.c: how often each call got each status. */

#include "../core/stats.h"
#include "world.h"

struct hvp_status_row {
	const char *name;
	enum hvp_status status;
};

#define HVP_STATUS_ROW(value, name)	{ #name, value },
static const struct hvp_status_row hvp_status_rows[] = { HVP_STATUS_LIST(HVP_STATUS_ROW) };

KUNIT_ARRAY_PARAM_DESC(hvp_status, hvp_status_rows, name);

/* Every (call, status) pair has a counter of its own. */
static void hvp_stats_count_pairs(struct kunit *test)
{
	const struct hvp_status_row *row = test->param_value;
	u16 code, other;
	int i;

	for (code = 0x40; code <= 0x4a; code++) {
		u64 before = hvp_stats_read(code, row->status);
		u64 others = 0, others_before = 0;

		for (i = 0; i < ARRAY_SIZE(hvp_status_rows); i++)
			for (other = 0x40; other <= 0x4a; other++)
				others_before += hvp_stats_read(other,
								hvp_status_rows[i].status);
		hvp_stats_count(code, row->status);
		KUNIT_EXPECT_EQ(test, hvp_stats_read(code, row->status), before + 1);
		for (i = 0; i < ARRAY_SIZE(hvp_status_rows); i++)
			for (other = 0x40; other <= 0x4a; other++)
				others += hvp_stats_read(other, hvp_status_rows[i].status);
		KUNIT_EXPECT_EQ(test, others, others_before + 1);
	}
}

/* One answer, one count, under the status that the guest saw. */
static void hvp_stats_count_calls(struct kunit *test)
{
	struct hvp_world *world = hvp_world_create(test);
	u64 succeeded = hvp_stats_read(0x46, HVP_STATUS_SUCCESS);
	u64 denied = hvp_stats_read(0x46, HVP_STATUS_ACCESS_DENIED);
	u64 malformed = hvp_stats_read(0x49, HVP_STATUS_INVALID_HYPERCALL_INPUT);

	hvp_try_get_id(world, world->root);
	hvp_try_withdraw(world, world->root, 1, HVP_ANY, 0, 0);
	world->privileges = 0;
	hvp_try_get_id(world, world->root);
	KUNIT_EXPECT_EQ(test, hvp_stats_read(0x46, HVP_STATUS_SUCCESS), succeeded + 1);
	KUNIT_EXPECT_EQ(test, hvp_stats_read(0x46, HVP_STATUS_ACCESS_DENIED), denied + 1);
	KUNIT_EXPECT_EQ(test, hvp_stats_read(0x49, HVP_STATUS_INVALID_HYPERCALL_INPUT),
			malformed + 1);
}

static struct kunit_case hvp_stats_cases[] = {
	KUNIT_CASE_PARAM(hvp_stats_count_pairs, hvp_status_gen_params),
	KUNIT_CASE(hvp_stats_count_calls),
	{}
};

/* Its counts are no sign of anything, so nothing is said of them at the end. */
static struct kunit_suite hvp_stats_suite = {
	.name = "hvp_stats",
	.suite_init = hvp_suite_init,
	.suite_exit = hvp_suite_exit_quietly,
	.test_cases = hvp_stats_cases,
};

kunit_test_suite(hvp_stats_suite);
