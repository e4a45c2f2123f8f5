// SPDX-License-Identifier: GPL-2.0
/* claims.c: a page is in at most one pool. */

#include "../core/claims.h"
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

	KUNIT_EXPECT_FALSE(test, hvp_claims_test(&HVP_CLAIMS_CURSOR(claims), row->gfn));
	KUNIT_ASSERT_EQ(test, hvp_claims_prepare(&HVP_CLAIMS_CURSOR(claims), row->gfn), 0);
	KUNIT_EXPECT_FALSE(test, hvp_claims_test(&HVP_CLAIMS_CURSOR(claims), row->gfn));
	KUNIT_EXPECT_TRUE(test, hvp_claims_take(&HVP_CLAIMS_CURSOR(claims), row->gfn));
	KUNIT_EXPECT_TRUE(test, hvp_claims_test(&HVP_CLAIMS_CURSOR(claims), row->gfn));
	KUNIT_EXPECT_FALSE(test, hvp_claims_take(&HVP_CLAIMS_CURSOR(claims), row->gfn));
	KUNIT_EXPECT_TRUE(test, hvp_claims_test(&HVP_CLAIMS_CURSOR(claims), row->gfn));
	hvp_claims_drop(&HVP_CLAIMS_CURSOR(claims), row->gfn);
	KUNIT_EXPECT_FALSE(test, hvp_claims_test(&HVP_CLAIMS_CURSOR(claims), row->gfn));
	KUNIT_EXPECT_TRUE(test, hvp_claims_take(&HVP_CLAIMS_CURSOR(claims), row->gfn));
}

static void hvp_claims_neighbours_are_not_taken(struct kunit *test)
{
	const struct hvp_claims_row *row = test->param_value;
	struct hvp_claims *claims = hvp_claims_create(test);
	int i;

	KUNIT_ASSERT_EQ(test, hvp_claims_prepare(&HVP_CLAIMS_CURSOR(claims), row->gfn), 0);
	KUNIT_EXPECT_TRUE(test, hvp_claims_take(&HVP_CLAIMS_CURSOR(claims), row->gfn));
	KUNIT_EXPECT_FALSE(test, hvp_claims_test(&HVP_CLAIMS_CURSOR(claims), row->gfn + 1));
	KUNIT_EXPECT_FALSE(test, hvp_claims_test(&HVP_CLAIMS_CURSOR(claims), row->gfn - 1));
	for (i = 0; i < ARRAY_SIZE(hvp_claims_rows); i++) {
		if (hvp_claims_rows[i].gfn != row->gfn)
			KUNIT_EXPECT_FALSE_MSG(test,
					       hvp_claims_test(&HVP_CLAIMS_CURSOR(claims),
							       hvp_claims_rows[i].gfn),
					       "%s", hvp_claims_rows[i].name);
	}
}

/* Preparing again must not forget what has been taken. */
static void hvp_claims_prepare_keeps(struct kunit *test)
{
	struct hvp_claims *claims = hvp_claims_create(test);

	KUNIT_ASSERT_EQ(test, hvp_claims_prepare(&HVP_CLAIMS_CURSOR(claims), 5), 0);
	KUNIT_EXPECT_TRUE(test, hvp_claims_take(&HVP_CLAIMS_CURSOR(claims), 5));
	KUNIT_ASSERT_EQ(test, hvp_claims_prepare(&HVP_CLAIMS_CURSOR(claims), 5), 0);
	KUNIT_ASSERT_EQ(test, hvp_claims_prepare(&HVP_CLAIMS_CURSOR(claims), 6), 0);
	KUNIT_EXPECT_TRUE(test, hvp_claims_test(&HVP_CLAIMS_CURSOR(claims), 5));
	KUNIT_EXPECT_FALSE(test, hvp_claims_test(&HVP_CLAIMS_CURSOR(claims), 6));
}

static struct kunit_case hvp_claims_cases[] = {
	KUNIT_CASE_PARAM(hvp_claims_page_is_taken_once, hvp_claims_gen_params),
	KUNIT_CASE_PARAM(hvp_claims_neighbours_are_not_taken, hvp_claims_gen_params),
	KUNIT_CASE(hvp_claims_prepare_keeps),
	{}
};

HVP_KUNIT_SUITE(hvp_claims, hvp_claims_cases);
