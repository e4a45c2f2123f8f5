// SPDX-License-Identifier: GPL-2.0
/* claims.c: a page is in at most one pool. */

#include <linux/kthread.h>
#include "../core/memory/claims.h"
#include "faults.h"
#include "world.h"

static void hvp_claims_destroy_action(void *claims)
{
	hvp_claims_destroy(claims);
}

static struct hvp_claims *hvp_claims_create(struct kunit *test)
{
	struct hvp_claims *claims = kunit_kzalloc(test, sizeof(*claims), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, claims);
	hvp_claims_init(claims);
	KUNIT_ASSERT_EQ(test, 0,
			kunit_add_action_or_reset(test, hvp_claims_destroy_action, claims));
	return claims;
}

/* Pages at the edges of chunks and of what a GPA page number can be. */
struct hvp_claims_row {
	const char *name;
	u64 gfn;
};

static const struct hvp_claims_row hvp_claims_rows[] = {
	{ "first page", 0 },
	{ "last of a chunk", HVP_CLAIM_CHUNK_PAGES - 1 },
	{ "first of the next chunk", HVP_CLAIM_CHUNK_PAGES },
	{ "above 4 GiB", 0x100000 },
	{ "same low 32 bits as the first", 1ULL << 32 },
	{ "last below 52 bits of address", (1ULL << 40) - 1 },
};

KUNIT_ARRAY_PARAM_DESC(hvp_claims, hvp_claims_rows, name);

static void hvp_claims_page_is_taken_once(struct kunit *test)
{
	const struct hvp_claims_row *row = test->param_value;
	struct hvp_claims *claims = hvp_claims_create(test);

	KUNIT_EXPECT_FALSE(test, hvp_claimed(claims, row->gfn));
	KUNIT_ASSERT_EQ(test, hvp_claims_take(&HVP_CLAIMS_CURSOR(claims), row->gfn), 0);
	KUNIT_EXPECT_TRUE(test, hvp_claimed(claims, row->gfn));
	KUNIT_EXPECT_EQ(test, hvp_claims_take(&HVP_CLAIMS_CURSOR(claims), row->gfn), -EBUSY);
	KUNIT_EXPECT_TRUE(test, hvp_claimed(claims, row->gfn));
	hvp_claims_drop(&HVP_CLAIMS_CURSOR(claims), row->gfn);
	KUNIT_EXPECT_FALSE(test, hvp_claimed(claims, row->gfn));
	KUNIT_ASSERT_EQ(test, hvp_claims_take(&HVP_CLAIMS_CURSOR(claims), row->gfn), 0);
	KUNIT_EXPECT_TRUE(test, hvp_claimed(claims, row->gfn));
}

static void hvp_claims_neighbours_are_not_taken(struct kunit *test)
{
	const struct hvp_claims_row *row = test->param_value;
	struct hvp_claims *claims = hvp_claims_create(test);
	int i;

	KUNIT_ASSERT_EQ(test, hvp_claims_take(&HVP_CLAIMS_CURSOR(claims), row->gfn), 0);
	KUNIT_EXPECT_FALSE(test, hvp_claimed(claims, row->gfn + 1));
	KUNIT_EXPECT_FALSE(test, hvp_claimed(claims, row->gfn - 1));
	for (i = 0; i < ARRAY_SIZE(hvp_claims_rows); i++) {
		if (hvp_claims_rows[i].gfn != row->gfn)
			KUNIT_EXPECT_FALSE_MSG(test,
					       hvp_claimed(claims, hvp_claims_rows[i].gfn),
					       "%s", hvp_claims_rows[i].name);
	}
}

static unsigned int hvp_claims_chunks(struct hvp_claims *claims)
{
	struct hvp_claim_chunk *chunk;
	unsigned int chunks = 0;
	unsigned long index;

	xa_for_each(&claims->chunks, index, chunk)
		chunks++;
	return chunks;
}

/* A chunk is there as long as one of its pages is taken. */
static void hvp_claims_chunk_goes_with_its_last_page(struct kunit *test)
{
	const struct hvp_claims_row *row = test->param_value;
	struct hvp_claims *claims = hvp_claims_create(test);
	struct hvp_claims_cursor cursor = HVP_CLAIMS_CURSOR(claims);
	u64 neighbour = row->gfn ^ 1;
	u64 far = row->gfn ^ 16 * HVP_CLAIM_CHUNK_PAGES;
	int round;

	for (round = 0; round < 3; round++) {
		KUNIT_ASSERT_EQ(test, hvp_claims_take(&cursor, row->gfn), 0);
		KUNIT_ASSERT_EQ(test, hvp_claims_take(&cursor, neighbour), 0);
		KUNIT_ASSERT_EQ(test, hvp_claims_take(&cursor, far), 0);
		KUNIT_EXPECT_EQ(test, hvp_claims_chunks(claims), 2);
		hvp_claims_drop(&cursor, row->gfn);
		KUNIT_EXPECT_EQ(test, hvp_claims_chunks(claims), 2);
		KUNIT_EXPECT_TRUE(test, hvp_claimed(claims, neighbour));
		hvp_claims_drop(&cursor, neighbour);
		KUNIT_EXPECT_EQ(test, hvp_claims_chunks(claims), 1);
		KUNIT_EXPECT_TRUE(test, hvp_claimed(claims, far));
		hvp_claims_drop(&cursor, far);
		KUNIT_EXPECT_TRUE(test, xa_empty(&claims->chunks));
	}
}

/* Whoever comes too late has none of it, and the other one's pages stay where they are. */
static void hvp_claims_chunk_has_two_holders(struct kunit *test)
{
	struct hvp_claims *claims = hvp_claims_create(test);
	struct hvp_claims_cursor one = HVP_CLAIMS_CURSOR(claims);
	struct hvp_claims_cursor other = HVP_CLAIMS_CURSOR(claims);

	KUNIT_ASSERT_EQ(test, hvp_claims_take(&one, 5), 0);
	KUNIT_EXPECT_EQ(test, hvp_claims_take(&other, 5), -EBUSY);
	KUNIT_ASSERT_EQ(test, hvp_claims_take(&other, 6), 0);
	KUNIT_EXPECT_EQ(test, hvp_claims_take(&other, 5), -EBUSY);
	KUNIT_EXPECT_EQ(test, hvp_claims_take(&one, 5), -EBUSY);
	KUNIT_EXPECT_EQ(test, hvp_claims_chunks(claims), 1);
	hvp_claims_drop(&one, 5);
	KUNIT_EXPECT_FALSE(test, hvp_claimed(claims, 5));
	KUNIT_EXPECT_TRUE(test, hvp_claimed(claims, 6));
	KUNIT_EXPECT_EQ(test, hvp_claims_chunks(claims), 1);
	KUNIT_ASSERT_EQ(test, hvp_claims_take(&other, 5), 0);
	hvp_claims_drop(&other, 6);
	KUNIT_EXPECT_TRUE(test, hvp_claimed(claims, 5));
	hvp_claims_drop(&other, 5);
	KUNIT_EXPECT_TRUE(test, xa_empty(&claims->chunks));
}

/* Two vCPUs take and drop pages of one chunk, which comes and goes all the time. */
static int hvp_claims_come_and_go(void *data)
{
	struct hvp_claims_cursor cursor;
	struct hvp_claims *claims = data;
	unsigned int failures = 0;
	unsigned int round;
	int error;
	u64 gfn;

	for (round = 0; !kthread_should_stop(); round++) {
		cursor = HVP_CLAIMS_CURSOR(claims);
		gfn = round % 3;
		error = hvp_claims_take(&cursor, gfn);
		if (error)
			failures += error != -EBUSY;
		else
			hvp_claims_drop(&cursor, gfn);
		cond_resched();
	}
	return failures;
}

static const hvp_thread_fn hvp_claims_threads[] = {
	hvp_claims_come_and_go, hvp_claims_come_and_go,
};

static void hvp_claims_chunk_comes_and_goes(struct kunit *test)
{
	struct hvp_claims *claims = hvp_claims_create(test);

	hvp_run_threads(test, hvp_claims_threads, ARRAY_SIZE(hvp_claims_threads), claims);
	KUNIT_EXPECT_TRUE(test, xa_empty(&claims->chunks));
}

/* Without memory there is no chunk, and pages of one that is there can still be taken. */
static void hvp_claims_take_fails(struct kunit *test)
{
	struct hvp_claims *claims = hvp_claims_create(test);
	struct hvp_claims_cursor cursor = HVP_CLAIMS_CURSOR(claims);
	u64 far = 64 * HVP_CLAIM_CHUNK_PAGES;
	unsigned int nth;
	int error;

	hvp_require_failing_allocations(test);
	KUNIT_ASSERT_EQ(test, hvp_claims_take(&cursor, 5), 0);
	for (nth = 1; nth < 50; nth++) {
		hvp_fail_allocation(nth, true);
		error = hvp_claims_take(&cursor, far);
		hvp_fail_allocation(0, false);
		if (!error)
			break;
		KUNIT_EXPECT_EQ(test, error, -ENOMEM);
		KUNIT_EXPECT_EQ(test, hvp_claims_chunks(claims), 1);
		/* A page of a chunk that is there needs none. */
		hvp_fail_allocation(1, true);
		KUNIT_EXPECT_EQ(test, hvp_claims_take(&cursor, 6), 0);
		hvp_fail_allocation(0, false);
		hvp_claims_drop(&cursor, 6);
	}
	KUNIT_EXPECT_GT(test, nth, 1);
	KUNIT_ASSERT_EQ(test, error, 0);
	hvp_claims_drop(&cursor, 5);
	hvp_claims_drop(&cursor, far);
	KUNIT_EXPECT_TRUE(test, xa_empty(&claims->chunks));
}

static struct kunit_case hvp_claims_cases[] = {
	KUNIT_CASE_PARAM(hvp_claims_page_is_taken_once, hvp_claims_gen_params),
	KUNIT_CASE_PARAM(hvp_claims_neighbours_are_not_taken, hvp_claims_gen_params),
	KUNIT_CASE_PARAM(hvp_claims_chunk_goes_with_its_last_page, hvp_claims_gen_params),
	KUNIT_CASE(hvp_claims_chunk_has_two_holders),
	KUNIT_CASE(hvp_claims_chunk_comes_and_goes),
	KUNIT_CASE(hvp_claims_take_fails),
	{}
};

HVP_KUNIT_SUITE(hvp_claims, hvp_claims_cases);
