// SPDX-License-Identifier: GPL-2.0
/* pool.c: deposited = available + in use, in every domain. */

#include <linux/slab.h>
#include "../core/memory/caches.h"
#include "world.h"

/* A pool of its own, with blocks to fill; the pages in it are made up. */
struct hvp_pool_world {
	struct hvp_page_block *spare;
	struct hvp_pool *pool;
};

static void hvp_pool_world_destroy(void *context)
{
	struct hvp_pool_world *world = context;
	unsigned int node;

	for (node = 0; node < hvp_pool_nodes(); node++)
		hvp_page_blocks_free(world->pool->nodes[node].top);
	hvp_page_blocks_free(world->spare);
	kfree(world->pool);
}

static struct hvp_pool_world *hvp_pool_world_create(struct kunit *test)
{
	struct hvp_pool_world *world = kunit_kzalloc(test, sizeof(*world), GFP_KERNEL);
	int i;

	KUNIT_ASSERT_NOT_NULL(test, world);
	world->pool = kzalloc(hvp_pool_size(), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, world->pool);
	KUNIT_ASSERT_EQ(test, 0,
			kunit_add_action_or_reset(test, hvp_pool_world_destroy, world));
	for (i = 0; i < 8; i++) {
		struct hvp_page_block *block =
			hvp_cache_alloc(HVP_CACHE_PAGE_BLOCK, HVP_PROXIMITY_ANY);

		KUNIT_ASSERT_NOT_NULL(test, block);
		block->below = world->spare;
		world->spare = block;
	}
	return world;
}

static unsigned int hvp_spare_blocks(struct hvp_pool_world *world)
{
	struct hvp_page_block *block;
	unsigned int count = 0;

	for (block = world->spare; block; block = block->below)
		count++;
	return count;
}

static void hvp_pool_fill(struct hvp_pool_world *world, int node, u64 gfn, unsigned int count)
{
	for (; count--; gfn++) {
		struct hvp_pinned_page page = { .gfn = gfn };

		hvp_pool_push(world->pool, node, &page, &world->spare);
	}
}

static void hvp_pool_expect(struct kunit *test, struct hvp_pool *pool,
			    struct hvp_proximity proximity, u64 available, u64 in_use)
{
	struct hvp_balance balance = hvp_pool_balance(pool, proximity);

	KUNIT_EXPECT_EQ(test, balance.available, available);
	KUNIT_EXPECT_EQ(test, balance.in_use, in_use);
}

static void hvp_pool_starts_empty(struct kunit *test)
{
	struct hvp_pool_world *world = hvp_pool_world_create(test);
	struct hvp_pinned_page page;

	hvp_pool_expect(test, world->pool, HVP_PROXIMITY_ANY, 0, 0);
	hvp_pool_expect(test, world->pool, HVP_ONLY(0), 0, 0);
	KUNIT_EXPECT_FALSE(test, hvp_pool_pop(world->pool, HVP_PROXIMITY_ANY, &page,
					      &world->spare));
	KUNIT_EXPECT_FALSE(test, hvp_pool_pop(world->pool, HVP_ONLY(0), &page, &world->spare));
	KUNIT_EXPECT_FALSE(test, hvp_pool_pop(world->pool, HVP_PREFER(0), &page,
					      &world->spare));
	KUNIT_EXPECT_TRUE(test, hvp_pool_can_pay(world->pool, 0, HVP_PROXIMITY_ANY));
	KUNIT_EXPECT_FALSE(test, hvp_pool_can_pay(world->pool, 1, HVP_PROXIMITY_ANY));
}

/* Around the size of a block and of two. */
static const unsigned int hvp_pool_counts[] = {
	1, HVP_BLOCK_PAGES - 1, HVP_BLOCK_PAGES, HVP_BLOCK_PAGES + 1,
	2 * HVP_BLOCK_PAGES, 2 * HVP_BLOCK_PAGES + 1, 100,
};

static void hvp_pool_count_desc(const unsigned int *count, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%u pages", *count);
}

KUNIT_ARRAY_PARAM(hvp_pool_count, hvp_pool_counts, hvp_pool_count_desc);

/* Every page that goes in comes out once, and the blocks come back. */
static void hvp_pool_gives_back_what_it_got(struct kunit *test)
{
	unsigned int count = *(const unsigned int *)test->param_value;
	struct hvp_pool_world *world = hvp_pool_world_create(test);
	unsigned int blocks = hvp_spare_blocks(world);
	struct hvp_pinned_page page;
	DECLARE_BITMAP(seen, 100) = {};
	unsigned int i;

	hvp_pool_fill(world, 0, 0, count);
	hvp_pool_expect(test, world->pool, HVP_PROXIMITY_ANY, count, 0);
	KUNIT_EXPECT_EQ(test, hvp_spare_blocks(world),
			blocks - DIV_ROUND_UP(count, HVP_BLOCK_PAGES));
	for (i = 0; i < count; i++) {
		KUNIT_ASSERT_TRUE(test, hvp_pool_pop(world->pool, HVP_PROXIMITY_ANY, &page,
						     &world->spare));
		KUNIT_ASSERT_LT(test, page.gfn, count);
		KUNIT_EXPECT_FALSE(test, test_and_set_bit(page.gfn, seen));
		hvp_pool_expect(test, world->pool, HVP_PROXIMITY_ANY, count - 1 - i, 0);
	}
	KUNIT_EXPECT_FALSE(test, hvp_pool_pop(world->pool, HVP_PROXIMITY_ANY, &page,
					      &world->spare));
	KUNIT_EXPECT_EQ(test, hvp_spare_blocks(world), blocks);
}

static void hvp_pool_keeps_what_is_in_use(struct kunit *test)
{
	struct hvp_pool_world *world = hvp_pool_world_create(test);
	struct hvp_charge charge = {};
	struct hvp_pinned_page page;

	hvp_pool_fill(world, 0, 0, 3);
	hvp_pool_charge(world->pool, HVP_USE_PARTITION, 2, HVP_PROXIMITY_ANY, &charge);
	hvp_pool_expect(test, world->pool, HVP_PROXIMITY_ANY, 1, 2);
	KUNIT_EXPECT_EQ(test, world->pool->used_for[HVP_USE_PARTITION], 2);
	KUNIT_EXPECT_EQ(test, world->pool->used_for[HVP_USE_CHILDREN], 0);
	KUNIT_EXPECT_TRUE(test, hvp_pool_pop(world->pool, HVP_PROXIMITY_ANY, &page,
					     &world->spare));
	KUNIT_EXPECT_FALSE(test, hvp_pool_pop(world->pool, HVP_PROXIMITY_ANY, &page,
					      &world->spare));
	hvp_pool_expect(test, world->pool, HVP_PROXIMITY_ANY, 0, 2);

	hvp_pool_uncharge(world->pool, HVP_USE_PARTITION, &charge);
	hvp_pool_expect(test, world->pool, HVP_PROXIMITY_ANY, 2, 0);
	KUNIT_EXPECT_EQ(test, world->pool->used_for[HVP_USE_PARTITION], 0);
	KUNIT_EXPECT_TRUE(test, hvp_pool_pop(world->pool, HVP_PROXIMITY_ANY, &page,
					     &world->spare));
}

/* What is charged from where: 3 pages on node 0, 2 on node 1. */
struct hvp_charge_row {
	const char *name;
	struct hvp_proximity proximity;
	unsigned int pages;
	bool can_pay;
	unsigned int from[2];
};

static const struct hvp_charge_row hvp_charge_rows[] = {
	{ "any, all of it", { 0, 0 }, 5, true, { 3, 2 } },
	{ "any, too much", { 0, 0 }, 6, false },
	{ "any, id ignored", { 1, 0 }, 1, true, { 1, 0 } },
	{ "node 0 only", { 0, HVP_PROXIMITY_VALID }, 3, true, { 3, 0 } },
	{ "node 0 only, too much", { 0, HVP_PROXIMITY_VALID }, 4, false },
	{ "node 1 only", { 1, HVP_PROXIMITY_VALID }, 2, true, { 0, 2 } },
	{ "node 1 only, too much", { 1, HVP_PROXIMITY_VALID }, 3, false },
	{ "node 1 preferred, enough", { 1, HVP_PROXIMITY_VALID | HVP_PROXIMITY_PREFERRED },
	  1, true, { 0, 1 } },
	{ "node 1 preferred, then any", { 1, HVP_PROXIMITY_VALID | HVP_PROXIMITY_PREFERRED },
	  4, true, { 2, 2 } },
	{ "node 0 preferred, then any", { 0, HVP_PROXIMITY_VALID | HVP_PROXIMITY_PREFERRED },
	  4, true, { 3, 1 } },
	{ "preferred, too much", { 1, HVP_PROXIMITY_VALID | HVP_PROXIMITY_PREFERRED },
	  6, false },
};

KUNIT_ARRAY_PARAM_DESC(hvp_charge, hvp_charge_rows, name);

static void hvp_pool_charges_where_it_should(struct kunit *test)
{
	const struct hvp_charge_row *row = test->param_value;
	struct hvp_pool_world *world;
	struct hvp_charge charge = {};

	hvp_require_nodes(test, 2);
	world = hvp_pool_world_create(test);
	hvp_pool_fill(world, 0, 0, 3);
	hvp_pool_fill(world, 1, 100, 2);
	KUNIT_ASSERT_EQ(test, hvp_pool_can_pay(world->pool, row->pages, row->proximity),
			row->can_pay);
	if (!row->can_pay)
		return;

	hvp_pool_charge(world->pool, HVP_USE_CHILDREN, row->pages, row->proximity, &charge);
	KUNIT_EXPECT_EQ(test, charge.pages[0], row->from[0]);
	KUNIT_EXPECT_EQ(test, charge.pages[1], row->from[1]);
	hvp_pool_expect(test, world->pool, HVP_ONLY(0), 3 - row->from[0], row->from[0]);
	hvp_pool_expect(test, world->pool, HVP_ONLY(1), 2 - row->from[1], row->from[1]);
	hvp_pool_uncharge(world->pool, HVP_USE_CHILDREN, &charge);
	hvp_pool_expect(test, world->pool, HVP_ONLY(0), 3, 0);
	hvp_pool_expect(test, world->pool, HVP_ONLY(1), 2, 0);
	KUNIT_EXPECT_EQ(test, world->pool->used_for[HVP_USE_CHILDREN], 0);
}

/* Pages 0.. are on node 0 and 100.. on node 1, two on each. */
struct hvp_pop_row {
	const char *name;
	struct hvp_proximity proximity;
	int nodes[5];	/* that one page after the other comes from, then -1 */
};

static const struct hvp_pop_row hvp_pop_rows[] = {
	{ "only node 0", { 0, HVP_PROXIMITY_VALID }, { 0, 0, -1 } },
	{ "only node 1", { 1, HVP_PROXIMITY_VALID }, { 1, 1, -1 } },
	{ "node 1 preferred", { 1, HVP_PROXIMITY_VALID | HVP_PROXIMITY_PREFERRED },
	  { 1, 1, 0, 0, -1 } },
	{ "node 0 preferred", { 0, HVP_PROXIMITY_VALID | HVP_PROXIMITY_PREFERRED },
	  { 0, 0, 1, 1, -1 } },
};

KUNIT_ARRAY_PARAM_DESC(hvp_pop, hvp_pop_rows, name);

static void hvp_pool_pops_where_it_should(struct kunit *test)
{
	const struct hvp_pop_row *row = test->param_value;
	struct hvp_pool_world *world;
	struct hvp_pinned_page page;
	const int *node;

	hvp_require_nodes(test, 2);
	world = hvp_pool_world_create(test);
	hvp_pool_fill(world, 0, 0, 2);
	hvp_pool_fill(world, 1, 100, 2);
	for (node = row->nodes; *node >= 0; node++) {
		KUNIT_ASSERT_TRUE(test, hvp_pool_pop(world->pool, row->proximity, &page,
						     &world->spare));
		KUNIT_EXPECT_EQ(test, page.gfn / 100, *node);
	}
	KUNIT_EXPECT_FALSE(test, hvp_pool_pop(world->pool, row->proximity, &page,
					      &world->spare));
}

/* In use on one node leaves the other node's pages to be had. */
static void hvp_pool_in_use_is_by_node(struct kunit *test)
{
	struct hvp_pool_world *world;
	struct hvp_charge charge = {};
	struct hvp_pinned_page page;

	hvp_require_nodes(test, 2);
	world = hvp_pool_world_create(test);
	hvp_pool_fill(world, 0, 0, 1);
	hvp_pool_fill(world, 1, 100, 1);
	hvp_pool_charge(world->pool, HVP_USE_PARTITION, 1, HVP_ONLY(0), &charge);
	KUNIT_EXPECT_FALSE(test, hvp_pool_pop(world->pool, HVP_ONLY(0), &page, &world->spare));
	KUNIT_EXPECT_TRUE(test, hvp_pool_pop(world->pool, HVP_PREFER(0), &page,
					     &world->spare));
	KUNIT_EXPECT_EQ(test, page.gfn, 100);
}

/* A lent page is deposited and in use, and nobody else gets it. */
static void hvp_pool_lends(struct kunit *test)
{
	struct hvp_pool_world *world = hvp_pool_world_create(test);
	struct hvp_charge charge = {};
	struct hvp_pinned_page lent, page;
	struct hvp_balance balance;
	int node;

	hvp_pool_fill(world, 0, 0, 3);
	hvp_pool_charge(world->pool, HVP_USE_STATISTICS, 1, HVP_PROXIMITY_ANY, &charge);
	node = hvp_pool_lend(world->pool, HVP_USE_STATISTICS, &charge, &lent, &world->spare);
	KUNIT_EXPECT_EQ(test, node, 0);
	KUNIT_EXPECT_LT(test, lent.gfn, 3);
	KUNIT_EXPECT_EQ(test, charge.pages[0], 2);
	KUNIT_EXPECT_EQ(test, world->pool->used_for[HVP_USE_STATISTICS], 2);
	balance = hvp_pool_balance(world->pool, HVP_PROXIMITY_ANY);
	KUNIT_EXPECT_EQ(test, balance.available, 1);
	KUNIT_EXPECT_EQ(test, balance.in_use, 2);
	KUNIT_EXPECT_TRUE(test, hvp_pool_pop(world->pool, HVP_PROXIMITY_ANY, &page,
					     &world->spare));
	KUNIT_EXPECT_NE(test, page.gfn, lent.gfn);
	KUNIT_EXPECT_FALSE(test, hvp_pool_pop(world->pool, HVP_PROXIMITY_ANY, &page,
					      &world->spare));

	hvp_pool_take_back(world->pool, node, &lent, &world->spare);
	KUNIT_EXPECT_EQ(test, hvp_pool_uncharge(world->pool, HVP_USE_STATISTICS, &charge), 2);
	balance = hvp_pool_balance(world->pool, HVP_PROXIMITY_ANY);
	KUNIT_EXPECT_EQ(test, balance.available, 2);
	KUNIT_EXPECT_EQ(test, balance.in_use, 0);
	KUNIT_EXPECT_TRUE(test, hvp_pool_pop(world->pool, HVP_PROXIMITY_ANY, &page,
					     &world->spare));
	KUNIT_EXPECT_EQ(test, page.gfn, lent.gfn);
	KUNIT_EXPECT_TRUE(test, hvp_pool_pop(world->pool, HVP_PROXIMITY_ANY, &page,
					     &world->spare));
}

/* The end of a VM: pages in use are let go of like the others. */
static void hvp_pool_release_unpins_all(struct kunit *test)
{
	struct hvp_world *world = hvp_world_create(test);
	struct hvp_charge charge = {};

	hvp_world_deposit(world, world->root, 0, HVP_BLOCK_PAGES + 1);
	hvp_pool_charge(&world->root->pool, HVP_USE_PARTITION, 2, HVP_PROXIMITY_ANY, &charge);
	KUNIT_EXPECT_EQ(test, world->guest.pinned, HVP_BLOCK_PAGES + 1);
	hvp_pool_release(&world->root->pool, &world->guest.host);
	hvp_fake_expect_idle(&world->guest);
}

static struct kunit_case hvp_pool_cases[] = {
	KUNIT_CASE(hvp_pool_starts_empty),
	KUNIT_CASE_PARAM(hvp_pool_gives_back_what_it_got, hvp_pool_count_gen_params),
	KUNIT_CASE(hvp_pool_keeps_what_is_in_use),
	KUNIT_CASE_PARAM(hvp_pool_charges_where_it_should, hvp_charge_gen_params),
	KUNIT_CASE_PARAM(hvp_pool_pops_where_it_should, hvp_pop_gen_params),
	KUNIT_CASE(hvp_pool_in_use_is_by_node),
	KUNIT_CASE(hvp_pool_lends),
	KUNIT_CASE(hvp_pool_release_unpins_all),
	{}
};

HVP_KUNIT_SUITE(hvp_pool, hvp_pool_cases);
