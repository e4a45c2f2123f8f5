// SPDX-License-Identifier: GPL-2.0
/* stats.c: how often each call got each status. */

#include "../core/call/table.h"
#include "../core/stats.h"
#include "world.h"

struct hvp_status_row {
	const char *name;
	enum hvp_status status;
};

#define HVP_STATUS_ROW(value, name)	{ #name, value },
static const struct hvp_status_row hvp_status_rows[] = { HVP_STATUS_LIST(HVP_STATUS_ROW) };

KUNIT_ARRAY_PARAM_DESC(hvp_status, hvp_status_rows, name);

static u64 hvp_stats_sum(void)
{
	unsigned int status, call;
	u64 sum = 0;

	for (status = 0; status < ARRAY_SIZE(hvp_status_rows); status++)
		for (call = 0; call < HVP_NR_CALLS; call++)
			sum += hvp_stats_read(&hvp_call_table[call],
					      hvp_status_rows[status].status);
	return sum;
}

/* Every (call, status) pair has a counter of its own. */
static void hvp_stats_count_pairs(struct kunit *test)
{
	const struct hvp_status_row *status = test->param_value;
	unsigned int call;

	for (call = 0; call < HVP_NR_CALLS; call++) {
		const struct hvp_call_row *row = &hvp_call_table[call];
		u64 before = hvp_stats_read(row, status->status);
		u64 sum = hvp_stats_sum();

		hvp_stats_count(row, status->status);
		KUNIT_EXPECT_EQ(test, hvp_stats_read(row, status->status), before + 1);
		KUNIT_EXPECT_EQ(test, hvp_stats_sum(), sum + 1);
	}
}

/* One answer, one count, under the status that the guest saw. */
struct hvp_counted_row {
	const char *name;
	u16 code;
	enum hvp_status status;
	unsigned int count;
};

static const struct hvp_counted_row hvp_counted_rows[] = {
	{ "succeeded", 0x46, HVP_STATUS_SUCCESS, 1 },
	{ "denied", 0x46, HVP_STATUS_ACCESS_DENIED, 1 },
	{ "malformed", 0x49, HVP_STATUS_INVALID_HYPERCALL_INPUT, 1 },
	{ "property", 0x101, HVP_STATUS_UNKNOWN_PROPERTY, 1 },
	{ "mapped", 0x131, HVP_STATUS_INSUFFICIENT_MEMORY, 1 },
	{ "unmapped", 0x6d, HVP_STATUS_INVALID_PARAMETER, 1 },
	{ "never made", 0x47, HVP_STATUS_SUCCESS, 0 },
};

static void hvp_stats_count_calls(struct kunit *test)
{
	struct hvp_world *world = hvp_world_create(test);
	u64 before[ARRAY_SIZE(hvp_counted_rows)];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(hvp_counted_rows); i++)
		before[i] = hvp_stats_read(hvp_call_row(hvp_counted_rows[i].code),
					   hvp_counted_rows[i].status);
	hvp_try_get_id(world, world->root);
	hvp_try_withdraw(world, world->root, 1, HVP_ANY, 0, 0);
	hvp_try_get_property_ex(world, world->root, 1, 0x00990000, 0);
	hvp_try_map2(world, world->root, HVP_PARTITION_AREA(1, 0),
		     hvp_world_fresh_pages(world, 0, 1));
	hvp_try_unmap(world, world->root, HVP_PARTITION_AREA(1, 0));
	world->vp->privileges = 0;
	hvp_try_get_id(world, world->root);
	for (i = 0; i < ARRAY_SIZE(hvp_counted_rows); i++)
		KUNIT_EXPECT_EQ_MSG(test, hvp_stats_read(hvp_call_row(hvp_counted_rows[i].code),
							 hvp_counted_rows[i].status),
				    before[i] + hvp_counted_rows[i].count, "%s",
				    hvp_counted_rows[i].name);
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
