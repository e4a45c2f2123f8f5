// SPDX-License-Identifier: GPL-2.0
/* stats_page.c: Documentation/hypercalls-mshv.rst, section Statistics pages. */

#include "../core/stats_page.h"
#include "world.h"

#define SELF_AREA	0
#define PARENT_AREA	1
#define AN_AREA		SELF_AREA

/* A VP index that the guest has, besides 0, and one that it has not. */
#define OTHER_VP	HVP_FAKE_VP_INDEX(1)
#define NO_VP		(OTHER_VP - 1)

/* How a page is mapped: one that the caller names, or one of its pool. */
struct hvp_mapping_row {
	const char *name;
	bool located;
	bool of_child;
	u8 area;
};

static const struct hvp_mapping_row hvp_mapping_rows[] = {
	{ "the root, a page named", true, false, SELF_AREA },
	{ "the root, area parent, a page named", true, false, PARENT_AREA },
	{ "the root, a page lent", false, false, SELF_AREA },
	{ "the root, area parent, a page lent", false, false, PARENT_AREA },
	{ "a child, a page named", true, true, SELF_AREA },
	{ "a child, area parent, a page named", true, true, PARENT_AREA },
	{ "a child, a page lent", false, true, SELF_AREA },
	{ "a child, area parent, a page lent", false, true, PARENT_AREA },
};

KUNIT_ARRAY_PARAM_DESC(hvp_mapping, hvp_mapping_rows, name);

/* What a mapping costs: a page of structures, and what has been lent. */
static unsigned int hvp_mapping_cost(bool located)
{
	return located ? 1 : 2;
}

/* Map, which succeeds.  Return: where. */
static u64 hvp_map(struct hvp_world *world, struct hvp_partition *caller,
		   struct hvp_stats_page_in object, bool located)
{
	struct hvp_reply reply;
	u64 gfn;

	if (located) {
		gfn = hvp_world_fresh_pages(world, 0, 1);
		reply = hvp_try_map2(world, caller, object, gfn);
	} else {
		reply = hvp_try_map(world, caller, object);
		gfn = reply.out[0];
	}
	KUNIT_ASSERT_EQ(world->test, reply.status, HVP_STATUS_SUCCESS);
	KUNIT_ASSERT_NOT_NULL(world->test, hvp_fake_page(&world->guest, gfn));
	KUNIT_EXPECT_EQ(world->test, hvp_fake_page(&world->guest, gfn)->pins, 1);
	return gfn;
}

static u64 *hvp_page_content(struct hvp_world *world, u64 gfn)
{
	return hvp_fake_memory(&world->guest, gfn << HVP_PAGE_SHIFT);
}

struct hvp_counter {
	unsigned int place;
	u64 value;
};

/* These counters, and nothing else. */
static void hvp_expect_counters(struct hvp_world *world, u64 gfn,
				const struct hvp_counter *counters, unsigned int count)
{
	const u64 *content = hvp_page_content(world, gfn);
	unsigned int place, i;

	for (place = 0; place < 512; place++) {
		u64 expected = 0;

		for (i = 0; i < count; i++) {
			if (counters[i].place == place)
				expected = counters[i].value;
		}
		KUNIT_EXPECT_EQ_MSG(world->test, content[place], expected, "counter %u", place);
		if (content[place] != expected)
			return;
	}
}

static void hvp_expect_partition(struct hvp_world *world, u64 gfn, u64 vps, u64 deposited,
				 u64 id, u64 active_children)
{
	const struct hvp_counter counters[] = {
		{ 1, vps }, { 5, deposited }, { 26, id }, { 46, active_children },
	};

	hvp_expect_counters(world, gfn, counters, ARRAY_SIZE(counters));
}

static void hvp_expect_vp(struct hvp_world *world, u64 gfn, u64 run_time, u64 hypercalls)
{
	const struct hvp_counter counters[] = { { 1, run_time }, { 7, hypercalls } };

	hvp_expect_counters(world, gfn, counters, ARRAY_SIZE(counters));
}

static u64 hvp_deposited(struct hvp_partition *partition)
{
	struct hvp_balance balance = hvp_world_balance(partition);

	return balance.available + balance.in_use;
}

/* What the page shows as soon as it is mapped, and that what was in it has gone. */
static void hvp_stats_page_shows_a_partition(struct kunit *test)
{
	const struct hvp_mapping_row *row = test->param_value;
	struct hvp_world *world = hvp_world_create(test);
	struct hvp_partition *child = hvp_world_child(world, world->root, HVP_STATE_ACTIVE);
	struct hvp_partition *target = row->of_child ? child : world->root;
	unsigned int i;
	u64 gfn;

	/* None of the numbers is another one. */
	hvp_world_child(world, world->root, HVP_STATE_ACTIVE);
	hvp_world_child(world, world->root, HVP_STATE_ACTIVE);
	hvp_world_child(world, world->root, HVP_STATE_UNINITIALIZED);
	hvp_world_child(world, world->root, HVP_STATE_FINALIZED);
	hvp_world_child(world, child, HVP_STATE_ACTIVE);
	hvp_world_deposit(world, world->root, 0, 30);
	hvp_world_deposit(world, child, 0, 15);
	gfn = hvp_map(world, world->root, HVP_PARTITION_AREA(target->id, row->area),
		      row->located);
	/* Again when they are written anew, whatever that writes. */
	for (i = 0; i < 2; i++) {
		if (row->of_child)
			hvp_expect_partition(world, gfn, 0, hvp_deposited(child), child->id, 1);
		else
			hvp_expect_partition(world, gfn, HVP_FAKE_VPS,
					     hvp_deposited(world->root), 1, 3);
		hvp_stats_pages_refresh(world->hierarchy);
	}
}

/* Of the root's own virtual processors, each as it was at its last call. */
static void hvp_stats_page_shows_a_vp(struct kunit *test)
{
	struct hvp_world *world = hvp_world_create(test);
	struct hvp_vp *vps = world->guest.vp;
	u64 first, other;

	hvp_world_deposit(world, world->root, 0, 4);
	vps[0].hypercalls = 10;
	vps[0].run_time = 1000;
	first = hvp_map(world, world->root, HVP_VP_AREA(0, SELF_AREA), true);
	other = hvp_map(world, world->root, HVP_VP_AREA(OTHER_VP, PARENT_AREA), false);
	hvp_expect_vp(world, first, 1000, 10);
	/* It has made no call yet. */
	hvp_expect_vp(world, other, 0, 0);

	vps[1].hypercalls = ~0ULL;
	vps[1].run_time = 1ULL << 40;
	/* Not before they are written again. */
	hvp_expect_vp(world, other, 0, 0);
	hvp_stats_pages_refresh(world->hierarchy);
	hvp_expect_vp(world, first, 1000, 10);
	hvp_expect_vp(world, other, 1ULL << 40, ~0ULL);

	/* Both areas have the same counters. */
	first = hvp_map(world, world->root, HVP_VP_AREA(OTHER_VP, SELF_AREA), true);
	hvp_expect_vp(world, first, 1ULL << 40, ~0ULL);
}

/* What changes is there after a while, also in a partition far down. */
static void hvp_stats_page_is_kept_up_to_date(struct kunit *test)
{
	struct hvp_world *world = hvp_world_create(test);
	struct hvp_partition *child = hvp_world_child(world, world->root, HVP_STATE_ACTIVE);
	u64 of_root, of_child, of_grandchild, before;
	struct hvp_partition *grandchild;

	grandchild = hvp_world_child(world, child, HVP_STATE_ACTIVE);
	hvp_world_deposit(world, world->root, 0, 4);
	hvp_world_deposit(world, child, 0, 2);
	of_root = hvp_map(world, world->root, HVP_PARTITION_AREA(1, AN_AREA), true);
	of_child = hvp_map(world, world->root, HVP_PARTITION_AREA(child->id, AN_AREA), false);
	of_grandchild = hvp_map(world, child, HVP_PARTITION_AREA(grandchild->id, AN_AREA), true);
	before = hvp_deposited(child);
	hvp_world_deposit(world, child, 0, 3);
	hvp_world_deposit(world, grandchild, 0, 5);
	hvp_expect_partition(world, of_child, 0, before, child->id, 1);

	/* The guest can write over them. */
	memset(hvp_page_content(world, of_root), HVP_FAKE_SCRIBBLE, 47 * sizeof(u64));
	hvp_stats_pages_refresh(world->hierarchy);
	hvp_expect_partition(world, of_root, HVP_FAKE_VPS, hvp_deposited(world->root), 1, 1);
	hvp_expect_partition(world, of_child, 0, before + 3, child->id, 1);
	hvp_expect_partition(world, of_grandchild, 0, hvp_deposited(grandchild),
			     grandchild->id, 0);
	hvp_expect_balanced(world);
}

/* Active is what has been initialized and not finalized. */
static void hvp_stats_page_counts_active_children(struct kunit *test)
{
	struct hvp_world *world = hvp_world_create(test);
	struct hvp_partition *child;
	u64 gfn;

	hvp_world_deposit(world, world->root, 0, 1);
	gfn = hvp_map(world, world->root, HVP_PARTITION_AREA(1, AN_AREA), true);
	child = hvp_world_child(world, world->root, HVP_STATE_UNINITIALIZED);
	hvp_stats_pages_refresh(world->hierarchy);
	KUNIT_EXPECT_EQ(test, hvp_page_content(world, gfn)[46], 0);
	hvp_world_deposit(world, child, 0, hvp_active_pages());
	hvp_expect_status(test, hvp_try_initialize(world, world->root, child->id),
			  INITIALIZE_PARTITION, SUCCESS);
	hvp_stats_pages_refresh(world->hierarchy);
	KUNIT_EXPECT_EQ(test, hvp_page_content(world, gfn)[46], 1);
	/* What fails counts for nothing. */
	hvp_try_initialize(world, world->root, child->id);
	hvp_try_delete(world, world->root, child->id);
	hvp_stats_pages_refresh(world->hierarchy);
	KUNIT_EXPECT_EQ(test, hvp_page_content(world, gfn)[46], 1);
	hvp_expect_status(test, hvp_try_finalize(world, world->root, child->id),
			  FINALIZE_PARTITION, SUCCESS);
	hvp_try_finalize(world, world->root, child->id);
	hvp_stats_pages_refresh(world->hierarchy);
	KUNIT_EXPECT_EQ(test, hvp_page_content(world, gfn)[46], 0);
}

static void hvp_stats_page_counts_vps(struct kunit *test)
{
	struct hvp_world *world = hvp_world_create(test);
	u64 gfn;

	hvp_world_deposit(world, world->root, 0, 4);
	gfn = hvp_map(world, world->root, HVP_PARTITION_AREA(1, SELF_AREA), true);
	KUNIT_EXPECT_EQ(test, hvp_page_content(world, gfn)[1], HVP_FAKE_VPS);
	hvp_fake_add_vps(&world->guest, HVP_FAKE_VPS_MOST);
	KUNIT_EXPECT_EQ(test, hvp_page_content(world, gfn)[1], HVP_FAKE_VPS);
	hvp_stats_pages_refresh(world->hierarchy);
	KUNIT_EXPECT_EQ(test, hvp_page_content(world, gfn)[1], HVP_FAKE_VPS_MOST);
}

/* Mapped and unmapped: the caller's pool pays, and nobody else's. */
static void hvp_stats_page_is_paid_for(struct kunit *test)
{
	const struct hvp_mapping_row *row = test->param_value;
	unsigned int cost = hvp_mapping_cost(row->located);
	struct hvp_world *world = hvp_world_create(test);
	struct hvp_partition *child = hvp_world_child(world, world->root, HVP_STATE_ACTIVE);
	const struct hvp_stats_page_in object =
		HVP_PARTITION_AREA(row->of_child ? child->id : 1, row->area);
	u64 in_use = hvp_partition_pages();
	u64 *used_for = world->root->pool.used_for;
	u64 gfn;

	hvp_world_deposit(world, world->root, 0, 5);
	hvp_world_deposit(world, child, 0, 5);
	gfn = hvp_map(world, world->root, object, row->located);
	hvp_world_expect_balance(test, world->root, 5 - cost, in_use + cost);
	KUNIT_EXPECT_EQ(test, used_for[HVP_USE_STATISTICS], cost);
	KUNIT_EXPECT_EQ(test, used_for[HVP_USE_CHILDREN], in_use);
	hvp_world_expect_balance(test, child, 5, hvp_active_pages());
	hvp_expect_balanced(world);

	hvp_expect_status(test, hvp_try_unmap(world, world->root, object),
			  UNMAP_STATS_PAGE, SUCCESS);
	hvp_world_expect_balance(test, world->root, 5, in_use);
	KUNIT_EXPECT_EQ(test, used_for[HVP_USE_STATISTICS], 0);
	/* One that was lent is deposited as before, the other is the guest's own. */
	KUNIT_EXPECT_EQ(test, hvp_fake_page(&world->guest, gfn)->pins, row->located ? 0 : 1);
	KUNIT_EXPECT_EQ(test, hvp_world_claimed(world, gfn), !row->located);

	/* Nothing is written to it any more. */
	memset(hvp_page_content(world, gfn), HVP_FAKE_SCRIBBLE, HVP_PAGE_SIZE);
	hvp_stats_pages_refresh(world->hierarchy);
	KUNIT_EXPECT_NULL(test, memchr_inv(hvp_page_content(world, gfn), HVP_FAKE_SCRIBBLE,
					   HVP_PAGE_SIZE));
	hvp_expect_status(test, hvp_try_unmap(world, world->root, object),
			  UNMAP_STATS_PAGE, INVALID_PARAMETER);
	/* And the other way. */
	hvp_map(world, world->root, object, !row->located);
	hvp_expect_balanced(world);
}

/* Of a virtual processor it costs the same. */
static void hvp_stats_page_of_a_vp_is_paid_for(struct kunit *test)
{
	struct hvp_world *world = hvp_world_create(test);

	hvp_world_deposit(world, world->root, 0, 5);
	hvp_map(world, world->root, HVP_VP_AREA(OTHER_VP, SELF_AREA), true);
	hvp_world_expect_balance(test, world->root, 4, 1);
	hvp_map(world, world->root, HVP_VP_AREA(OTHER_VP, PARENT_AREA), false);
	hvp_world_expect_balance(test, world->root, 2, 3);
	hvp_expect_status(test, hvp_try_unmap(world, world->root,
					      HVP_VP_AREA(OTHER_VP, SELF_AREA)),
			  UNMAP_STATS_PAGE, SUCCESS);
	hvp_world_expect_balance(test, world->root, 3, 2);
}

/* Just enough, and one page less. */
static void hvp_stats_page_needs_pages(struct kunit *test)
{
	const struct hvp_stats_page_in object = HVP_PARTITION_AREA(1, AN_AREA);
	struct hvp_world *world = hvp_world_create(test);
	u64 gfn = hvp_world_fresh_pages(world, 0, 1);
	struct hvp_partition *child;

	/* What the child has is not the caller's. */
	child = hvp_world_child(world, world->root, HVP_STATE_ACTIVE);
	hvp_world_deposit(world, child, 0, 5);
	hvp_expect_status(test, hvp_try_map(world, world->root, object),
			  MAP_STATS_PAGE, INSUFFICIENT_MEMORY);
	hvp_expect_status(test, hvp_try_map2(world, world->root, object, gfn),
			  MAP_STATS_PAGE2, INSUFFICIENT_MEMORY);
	hvp_world_deposit(world, world->root, 0, 1);
	hvp_expect_status(test, hvp_try_map(world, world->root, object),
			  MAP_STATS_PAGE, INSUFFICIENT_MEMORY);
	hvp_expect_status(test, hvp_try_map2(world, world->root, object, gfn),
			  MAP_STATS_PAGE2, SUCCESS);
	hvp_world_deposit(world, world->root, 0, 2);
	hvp_expect_status(test, hvp_try_map(world, world->root,
					    HVP_PARTITION_AREA(child->id, AN_AREA)),
			  MAP_STATS_PAGE, SUCCESS);
}

/* A lent page is one of the caller's, is not to be withdrawn, and comes back. */
static void hvp_stats_page_lends(struct kunit *test)
{
	const struct hvp_stats_page_in object = HVP_PARTITION_AREA(HVP_PARTITION_ID_SELF, AN_AREA);
	struct hvp_world *world = hvp_world_create(test);
	u64 first = world->next_gfn;
	struct hvp_reply reply;
	unsigned int i;
	u64 gfn;

	hvp_world_deposit(world, world->root, 0, 6);
	gfn = hvp_map(world, world->root, object, false);
	KUNIT_EXPECT_GE(test, gfn, first);
	KUNIT_EXPECT_LT(test, gfn, first + 6);
	hvp_expect_status(test, hvp_try_deposit(world, world->root, 1, &gfn, 1, 0),
			  DEPOSIT_MEMORY, OPERATION_DENIED);
	hvp_expect_status(test, hvp_try_map2(world, world->root,
					     HVP_PARTITION_AREA(1, PARENT_AREA), gfn),
			  MAP_STATS_PAGE2, OPERATION_DENIED);
	reply = hvp_try_withdraw(world, world->root, 1, HVP_ANY, 6, 0);
	hvp_expect_status(test, reply, WITHDRAW_MEMORY, NO_RESOURCES);
	KUNIT_EXPECT_EQ(test, reply.reps, 4);
	for (i = 0; i < reply.reps; i++)
		KUNIT_EXPECT_NE(test, reply.out[i], gfn);
	hvp_expect_partition(world, gfn, HVP_FAKE_VPS, 6, 1, 0);

	hvp_expect_status(test, hvp_try_unmap(world, world->root, object),
			  UNMAP_STATS_PAGE, SUCCESS);
	reply = hvp_try_withdraw(world, world->root, 1, HVP_ANY, 2, 0);
	hvp_expect_status(test, reply, WITHDRAW_MEMORY, SUCCESS);
	KUNIT_EXPECT_TRUE(test, reply.out[0] == gfn || reply.out[1] == gfn);
	hvp_fake_expect_idle(&world->guest);
}

/* Pages are kept in blocks: one that is lent empties one, one that is back fills one. */
static const unsigned int hvp_lending_pools[] = {
	2, 3, HVP_BLOCK_PAGES - 1, HVP_BLOCK_PAGES, HVP_BLOCK_PAGES + 1, HVP_BLOCK_PAGES + 2,
	2 * HVP_BLOCK_PAGES, 2 * HVP_BLOCK_PAGES + 1,
};

static void hvp_lending_pool_desc(const unsigned int *pages, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%u pages", *pages);
}

KUNIT_ARRAY_PARAM(hvp_lending_pool, hvp_lending_pools, hvp_lending_pool_desc);

static void hvp_stats_page_lends_from_blocks(struct kunit *test)
{
	unsigned int pages = *(const unsigned int *)test->param_value;
	struct hvp_world *world = hvp_world_create(test);
	struct hvp_reply reply;
	unsigned int more;

	hvp_world_deposit(world, world->root, 0, pages);
	/* While it is out, others take its place. */
	for (more = 0; more < 3; more++) {
		hvp_map(world, world->root, HVP_PARTITION_AREA(1, AN_AREA), false);
		hvp_expect_balanced(world);
		hvp_world_deposit(world, world->root, 0, more);
		pages += more;
		hvp_expect_status(test, hvp_try_unmap(world, world->root,
						      HVP_PARTITION_AREA(1, AN_AREA)),
				  UNMAP_STATS_PAGE, SUCCESS);
	}
	reply = hvp_try_withdraw(world, world->root, 1, HVP_ANY, pages, 0);
	hvp_expect_status(test, reply, WITHDRAW_MEMORY, SUCCESS);
}

/* From whatever domain has one. */
static void hvp_stats_page_lends_from_any_domain(struct kunit *test)
{
	const struct hvp_stats_page_in object = HVP_PARTITION_AREA(1, AN_AREA);
	struct hvp_world *world;
	struct hvp_reply reply;
	u64 gfn;

	hvp_require_nodes(test, 2);
	world = hvp_world_create(test);
	hvp_world_deposit(world, world->root, 0, 1);
	hvp_world_deposit(world, world->root, 1, 1);
	hvp_map(world, world->root, object, false);
	hvp_world_expect_balance(test, world->root, 0, 2);
	hvp_world_deposit(world, world->root, 1, 2);
	hvp_map(world, world->root, HVP_PARTITION_AREA(1, PARENT_AREA), false);
	hvp_expect_status(test, hvp_try_unmap(world, world->root, object),
			  UNMAP_STATS_PAGE, SUCCESS);
	hvp_expect_status(test, hvp_try_unmap(world, world->root,
					      HVP_PARTITION_AREA(1, PARENT_AREA)),
			  UNMAP_STATS_PAGE, SUCCESS);
	reply = hvp_try_withdraw(world, world->root, 1, HVP_ONLY(1), 3, 0);
	hvp_expect_status(test, reply, WITHDRAW_MEMORY, SUCCESS);
	KUNIT_ASSERT_EQ(test, reply.reps, 3);
	gfn = reply.out[0];
	KUNIT_EXPECT_EQ(test, hvp_fake_page(&world->guest, gfn)->node, 1);
	hvp_expect_status(test, hvp_try_withdraw(world, world->root, 1, HVP_ONLY(0), 1, 0),
			  WITHDRAW_MEMORY, SUCCESS);
}

/* One page for each object and area, however it is named. */
static void hvp_stats_page_is_mapped_once(struct kunit *test)
{
	struct hvp_world *world = hvp_world_create(test);
	struct hvp_partition *child = hvp_world_child(world, world->root, HVP_STATE_ACTIVE);
	const struct hvp_stats_page_in objects[] = {
		HVP_PARTITION_AREA(1, SELF_AREA), HVP_PARTITION_AREA(1, PARENT_AREA),
		HVP_PARTITION_AREA(child->id, SELF_AREA),
		HVP_PARTITION_AREA(child->id, PARENT_AREA),
		HVP_VP_AREA(0, SELF_AREA), HVP_VP_AREA(0, PARENT_AREA),
		HVP_VP_AREA(OTHER_VP, SELF_AREA), HVP_VP_AREA(OTHER_VP, PARENT_AREA),
	};
	u64 gfn = hvp_world_fresh_pages(world, 0, 1);
	unsigned int i;

	hvp_world_deposit(world, world->root, 0, 20);
	for (i = 0; i < ARRAY_SIZE(objects); i++)
		hvp_map(world, world->root, objects[i], i % 3);
	for (i = 0; i < ARRAY_SIZE(objects); i++) {
		hvp_expect_status(test, hvp_try_map(world, world->root, objects[i]),
				  MAP_STATS_PAGE, OBJECT_IN_USE);
		hvp_expect_status(test, hvp_try_map2(world, world->root, objects[i], gfn),
				  MAP_STATS_PAGE2, OBJECT_IN_USE);
	}
	hvp_expect_status(test, hvp_try_map(world, world->root,
					    HVP_PARTITION_AREA(HVP_PARTITION_ID_SELF, SELF_AREA)),
			  MAP_STATS_PAGE, OBJECT_IN_USE);
	for (i = 0; i < ARRAY_SIZE(objects); i++) {
		hvp_expect_status(test, hvp_try_unmap(world, world->root, objects[i]),
				  UNMAP_STATS_PAGE, SUCCESS);
		hvp_expect_status(test, hvp_try_unmap(world, world->root, objects[i]),
				  UNMAP_STATS_PAGE, INVALID_PARAMETER);
	}
	hvp_world_expect_balance(test, world->root, 20, hvp_partition_pages());
}

/* What the parent has mapped and what the child has are not the same. */
static void hvp_stats_page_is_the_callers(struct kunit *test)
{
	struct hvp_world *world = hvp_world_create(test);
	struct hvp_partition *child = hvp_world_child(world, world->root, HVP_STATE_ACTIVE);
	const struct hvp_stats_page_in object = HVP_PARTITION_AREA(child->id, AN_AREA);

	hvp_world_deposit(world, world->root, 0, 2);
	hvp_world_deposit(world, child, 0, 2);
	hvp_map(world, child, object, true);
	hvp_expect_status(test, hvp_try_unmap(world, world->root, object),
			  UNMAP_STATS_PAGE, INVALID_PARAMETER);
	hvp_map(world, world->root, object, false);
	hvp_world_expect_balance(test, child, 1, hvp_active_pages() + 1);
	hvp_world_expect_balance(test, world->root, 0, hvp_partition_pages() + 2);
	hvp_expect_status(test, hvp_try_map(world, child, object), MAP_STATS_PAGE, OBJECT_IN_USE);
	hvp_expect_status(test, hvp_try_unmap(world, child, object), UNMAP_STATS_PAGE, SUCCESS);
	hvp_expect_status(test, hvp_try_unmap(world, child, object),
			  UNMAP_STATS_PAGE, INVALID_PARAMETER);
	hvp_world_expect_balance(test, child, 2, hvp_active_pages());
	hvp_world_expect_balance(test, world->root, 0, hvp_partition_pages() + 2);
}

/* Objects that there are not; order of the checks of an object. */
struct hvp_object_row {
	const char *name;
	struct hvp_stats_page_in object;
	bool of_child;
	enum hvp_status status;
};

#define PARTITION(...)	{ .type = 0x00010001, __VA_ARGS__ }
#define VP(index, ...)	{ .type = 0x00010002, .identity.vp_index = (index), __VA_ARGS__ }
#define MALFORMED	.status = HVP_STATUS_INVALID_PARAMETER
#define MISSING		.status = HVP_STATUS_INVALID_VP_INDEX

static const struct hvp_object_row hvp_object_rows[] = {
	{ "type 0", { .type = 0 }, MALFORMED },
	{ "hypervisor", { .type = 0x00000001 }, MALFORMED },
	{ "logical processor", { .type = 0x00000002 }, MALFORMED },
	{ "next type", { .type = 0x00010003 }, MALFORMED },
	{ "type without its upper half", { .type = 1 }, MALFORMED },
	{ "type, highest bit", { .type = 0x80010001 }, MALFORMED },
	{ "reserved, lowest bit", PARTITION(.reserved = 1), MALFORMED },
	{ "reserved, highest bit", PARTITION(.reserved = 1U << 31), MALFORMED },
	{ "identity, reserved", PARTITION(.identity.reserved1 = 1), MALFORMED },
	{ "identity, highest bit", PARTITION(.identity.reserved1 = 0x8000), MALFORMED },
	{ "identity, reserved byte", PARTITION(.identity.reserved2 = 1), MALFORMED },
	{ "partition with a VP index", PARTITION(.identity.vp_index = 1), MALFORMED },
	{ "partition with a highest one", PARTITION(.identity.vp_index = ~0U), MALFORMED },
	{ "area 2", PARTITION(.identity.area = 2), MALFORMED },
	{ "area 255", PARTITION(.identity.area = 255), MALFORMED },
	{ "child, type 0", { .type = 0 }, true, MALFORMED },
	{ "child, area 2", PARTITION(.identity.area = 2), true, MALFORMED },
	{ "VP, reserved", VP(0, .reserved = 1), MALFORMED },
	{ "VP, identity, reserved", VP(0, .identity.reserved1 = 1), MALFORMED },
	{ "VP, identity, reserved byte", VP(0, .identity.reserved2 = 0x80), MALFORMED },
	{ "VP, area 2", VP(0, .identity.area = 2), MALFORMED },
	{ "no such VP", VP(NO_VP), MISSING },
	{ "next VP", VP(OTHER_VP + 1), MISSING },
	{ "highest VP", VP(~0U), MISSING },
	{ "a VP of the root, above 32 bits", VP(1U << 31), MISSING },
	{ "a child's VP", VP(0), true, MISSING },
	/* The one before the other. */
	{ "no such VP, reserved", VP(NO_VP, .reserved = 1), MALFORMED },
	{ "no such VP, area 3", VP(NO_VP, .identity.area = 3), MALFORMED },
};

KUNIT_ARRAY_PARAM_DESC(hvp_object, hvp_object_rows, name);

static void hvp_stats_page_knows_its_objects(struct kunit *test)
{
	const struct hvp_object_row *row = test->param_value;
	struct hvp_world *world = hvp_world_create(test);
	struct hvp_partition *child = hvp_world_child(world, world->root, HVP_STATE_ACTIVE);
	struct hvp_stats_page_in object = row->object;
	struct hvp_partition *finalized;
	unsigned int more;
	u64 gfn;

	object.identity.partition_id = row->of_child ? child->id : HVP_PARTITION_ID_SELF;
	/* Whether anything else is wrong or not: a page in a pool, and no pages to pay. */
	for (more = 0; more < 2; more++) {
		gfn = more ? hvp_world_fresh_pages(world, 0, 1) : HVP_FAKE_RAM_GFN;
		hvp_world_deposit(world, world->root, 0, 4 * more);
		hvp_expect_pair(test, hvp_try_map(world, world->root, object),
				(struct hvp_pair){ HVP_CALL_MAP_STATS_PAGE, row->status });
		hvp_expect_pair(test, hvp_try_map2(world, world->root, object, gfn),
				(struct hvp_pair){ HVP_CALL_MAP_STATS_PAGE2, row->status });
		hvp_expect_pair(test, hvp_try_unmap(world, world->root, object),
				(struct hvp_pair){ HVP_CALL_UNMAP_STATS_PAGE, row->status });
	}
	/* State comes before. */
	finalized = hvp_world_child(world, world->root, HVP_STATE_FINALIZED);
	object.identity.partition_id = finalized->id;
	hvp_expect_status(test, hvp_try_map(world, world->root, object),
			  MAP_STATS_PAGE, INVALID_PARTITION_STATE);
	hvp_expect_status(test, hvp_try_map2(world, world->root, object, gfn),
			  MAP_STATS_PAGE2, INVALID_PARTITION_STATE);
	hvp_expect_status(test, hvp_try_unmap(world, world->root, object),
			  UNMAP_STATS_PAGE, INVALID_PARTITION_STATE);
}

/* The same by name, so that the pairs can be found. */
static void hvp_stats_page_knows_no_such_object(struct kunit *test)
{
	const struct hvp_stats_page_in no_area = HVP_PARTITION_AREA(1, 2);
	const struct hvp_stats_page_in no_vp = HVP_VP_AREA(NO_VP, AN_AREA);
	struct hvp_world *world = hvp_world_create(test);
	u64 gfn = hvp_world_fresh_pages(world, 0, 1);

	hvp_expect_status(test, hvp_try_map(world, world->root, no_area),
			  MAP_STATS_PAGE, INVALID_PARAMETER);
	hvp_expect_status(test, hvp_try_map2(world, world->root, no_area, gfn),
			  MAP_STATS_PAGE2, INVALID_PARAMETER);
	hvp_expect_status(test, hvp_try_unmap(world, world->root, no_area),
			  UNMAP_STATS_PAGE, INVALID_PARAMETER);
	hvp_expect_status(test, hvp_try_map(world, world->root, no_vp),
			  MAP_STATS_PAGE, INVALID_VP_INDEX);
	hvp_expect_status(test, hvp_try_map2(world, world->root, no_vp, gfn),
			  MAP_STATS_PAGE2, INVALID_VP_INDEX);
	hvp_expect_status(test, hvp_try_unmap(world, world->root, no_vp),
			  UNMAP_STATS_PAGE, INVALID_VP_INDEX);
}

/* Pages that cannot be had: as for a deposit. */
enum hvp_bad_page {
	HVP_PAGE_NOT_MAPPED,
	HVP_PAGE_BEYOND,
	HVP_PAGE_ALL_ONES,
	HVP_PAGE_READ_ONLY,
	HVP_PAGE_NOT_RAM,
	HVP_PAGE_IN_ROOT_POOL,
	HVP_PAGE_IN_CHILD_POOL,
	HVP_PAGE_MAPPED,
	HVP_PAGE_LENT,
	HVP_PAGE_IN_USE,
	HVP_PAGE_INPUT,
	HVP_PAGE_GOOD,
};

struct hvp_bad_page_row {
	const char *name;
	enum hvp_bad_page page;
	struct hvp_pair pair;
};

#define DENIED		HVP_PAIR(MAP_STATS_PAGE2, OPERATION_DENIED)
#define IN_USE		HVP_PAIR(MAP_STATS_PAGE2, OBJECT_IN_USE)

static const struct hvp_bad_page_row hvp_bad_page_rows[] = {
	{ "not mapped", HVP_PAGE_NOT_MAPPED, DENIED },
	{ "beyond its memory", HVP_PAGE_BEYOND, DENIED },
	{ "all ones", HVP_PAGE_ALL_ONES, DENIED },
	{ "read-only", HVP_PAGE_READ_ONLY, DENIED },
	{ "no RAM", HVP_PAGE_NOT_RAM, DENIED },
	{ "in the caller's pool", HVP_PAGE_IN_ROOT_POOL, DENIED },
	{ "in a child's pool", HVP_PAGE_IN_CHILD_POOL, DENIED },
	{ "a statistics page", HVP_PAGE_MAPPED, DENIED },
	{ "a statistics page, lent", HVP_PAGE_LENT, DENIED },
	{ "in use", HVP_PAGE_IN_USE, IN_USE },
	{ "with the input of the call", HVP_PAGE_INPUT, IN_USE },
	{ "none of these", HVP_PAGE_GOOD, HVP_PAIR(MAP_STATS_PAGE2, SUCCESS) },
};

KUNIT_ARRAY_PARAM_DESC(hvp_bad_page, hvp_bad_page_rows, name);

static u64 hvp_make_bad_page(struct hvp_world *world, struct hvp_partition *child,
			     enum hvp_bad_page bad)
{
	u64 gfn = hvp_world_fresh_pages(world, 0, 1);
	struct hvp_fake_page *page = hvp_fake_page(&world->guest, gfn);

	page->read_only = bad == HVP_PAGE_READ_ONLY;
	page->not_pinnable = bad == HVP_PAGE_NOT_RAM;
	if (bad == HVP_PAGE_IN_USE)
		hvp_fake_name_page(&world->guest, gfn);
	switch (bad) {
	case HVP_PAGE_NOT_MAPPED:
		return HVP_FAKE_INPUT_GFN(0) + 1;
	case HVP_PAGE_BEYOND:
		return HVP_FAKE_GFNS;
	case HVP_PAGE_ALL_ONES:
		return ~0ULL;
	case HVP_PAGE_IN_ROOT_POOL:
		hvp_world_deposit(world, world->root, 0, 1);
		return gfn + 1;
	case HVP_PAGE_IN_CHILD_POOL:
		hvp_world_deposit(world, child, 0, 1);
		return gfn + 1;
	case HVP_PAGE_MAPPED:
		return hvp_map(world, world->root, HVP_PARTITION_AREA(child->id, AN_AREA), true);
	case HVP_PAGE_LENT:
		return hvp_map(world, world->root, HVP_PARTITION_AREA(child->id, AN_AREA),
			       false);
	case HVP_PAGE_INPUT:
		return HVP_FAKE_INPUT_GFN(0);
	default:
		return gfn;
	}
}

static void hvp_stats_page_is_plain_ram(struct kunit *test)
{
	const struct hvp_bad_page_row *row = test->param_value;
	const struct hvp_stats_page_in object = HVP_PARTITION_AREA(1, SELF_AREA);
	struct hvp_world *world = hvp_world_create(test);
	struct hvp_partition *child = hvp_world_child(world, world->root, HVP_STATE_ACTIVE);
	u64 gfn;

	hvp_world_deposit(world, world->root, 0, 4);
	gfn = hvp_make_bad_page(world, child, row->page);
	hvp_expect_pair(test, hvp_try_map2(world, world->root, object, gfn), row->pair);
	if (!row->pair.status)
		return;
	/* Before limits, and before the pool, of which no page is available. */
	world->limits.pages = 0;
	hvp_expect_pair(test, hvp_try_map2(world, world->root, object, gfn), row->pair);
	if (row->page != HVP_PAGE_IN_ROOT_POOL)
		hvp_try_withdraw(world, world->root, 1, HVP_ANY, 10, 0);
	hvp_expect_pair(test, hvp_try_map2(world, world->root, object, gfn), row->pair);
	world->limits.pages = 100000;
	/* After whether it is mapped. */
	hvp_world_deposit(world, world->root, 0, 1);
	hvp_map(world, world->root, object, true);
	hvp_expect_status(test, hvp_try_map2(world, world->root, object, gfn),
			  MAP_STATS_PAGE2, OBJECT_IN_USE);
}

/* A call that fails has written nothing to the page that it names. */
static void hvp_stats_page_is_left_alone_on_failure(struct kunit *test)
{
	const struct hvp_stats_page_in object = HVP_PARTITION_AREA(1, AN_AREA);
	struct hvp_world *world = hvp_world_create(test);
	u64 gfn = hvp_world_fresh_pages(world, 0, 1);
	void *content = hvp_page_content(world, gfn);
	unsigned int attempt;

	memset(content, HVP_FAKE_SCRIBBLE, HVP_PAGE_SIZE);
	for (attempt = 0; attempt < 5; attempt++) {
		static const enum hvp_status expected[] = {
			HVP_STATUS_INSUFFICIENT_MEMORY, HVP_STATUS_OBJECT_IN_USE,
			HVP_STATUS_NO_RESOURCES, HVP_STATUS_NO_RESOURCES,
			HVP_STATUS_OBJECT_IN_USE,
		};

		if (attempt == 1)
			hvp_world_deposit(world, world->root, 0, 3);
		hvp_fake_name_page(&world->guest, attempt == 1 ? gfn : 0);
		world->limits.pages = attempt == 2 ? 3 : 100000;
		if (attempt == 3)
			hvp_fake_fail(&world->guest, HVP_FAKE_RESERVE, 1, -ENOMEM);
		if (attempt == 4)
			hvp_map(world, world->root, object, false);
		KUNIT_EXPECT_EQ_MSG(test,
				    hvp_try_map2(world, world->root, object, gfn).status,
				    expected[attempt], "attempt %u", attempt);
		KUNIT_EXPECT_NULL_MSG(test, memchr_inv(content, HVP_FAKE_SCRIBBLE, HVP_PAGE_SIZE),
				      "attempt %u", attempt);
		KUNIT_EXPECT_EQ(test, hvp_fake_page(&world->guest, gfn)->pins, 0);
	}
}

/* A mapped page is not to be deposited; afterwards it is as any other. */
static void hvp_stats_page_cannot_be_deposited(struct kunit *test)
{
	const struct hvp_stats_page_in object = HVP_PARTITION_AREA(1, AN_AREA);
	struct hvp_world *world = hvp_world_create(test);
	struct hvp_partition *child = hvp_world_child(world, world->root, HVP_STATE_ACTIVE);
	u64 gfn;

	hvp_world_deposit(world, world->root, 0, 1);
	gfn = hvp_map(world, world->root, object, true);
	hvp_expect_status(test, hvp_try_deposit(world, world->root, 1, &gfn, 1, 0),
			  DEPOSIT_MEMORY, OPERATION_DENIED);
	hvp_expect_status(test, hvp_try_deposit(world, world->root, child->id, &gfn, 1, 0),
			  DEPOSIT_MEMORY, OPERATION_DENIED);
	hvp_expect_status(test, hvp_try_unmap(world, world->root, object),
			  UNMAP_STATS_PAGE, SUCCESS);
	hvp_expect_status(test, hvp_try_map2(world, world->root, object, gfn),
			  MAP_STATS_PAGE2, SUCCESS);
	hvp_expect_status(test, hvp_try_unmap(world, world->root, object),
			  UNMAP_STATS_PAGE, SUCCESS);
	hvp_expect_status(test, hvp_try_deposit(world, world->root, child->id, &gfn, 1, 0),
			  DEPOSIT_MEMORY, SUCCESS);
}

/* The VMM replaces a page: what the guest sees there is zeroed, if it can be. */
static void hvp_stats_page_is_replaced(struct kunit *test)
{
	const struct hvp_stats_page_in object = HVP_PARTITION_AREA(1, AN_AREA);
	struct hvp_world *world = hvp_world_create(test);
	int read_only;
	u64 gfn;

	hvp_world_deposit(world, world->root, 0, 1);
	for (read_only = 0; read_only < 2; read_only++) {
		gfn = hvp_map(world, world->root, object, true);
		hvp_fake_replace(&world->guest, gfn, read_only);
		hvp_expect_status(test, hvp_try_unmap(world, world->root, object),
				  UNMAP_STATS_PAGE, SUCCESS);
		if (read_only)
			KUNIT_EXPECT_NE(test, hvp_page_content(world, gfn)[0], 0);
		else
			hvp_expect_counters(world, gfn, NULL, 0);
	}
}

/* Limits count a page that is named as if it were deposited; a lent one, it is. */
static void hvp_stats_page_heeds_limits(struct kunit *test)
{
	const struct hvp_stats_page_in self = HVP_PARTITION_AREA(1, SELF_AREA);
	const struct hvp_stats_page_in parent = HVP_PARTITION_AREA(1, PARENT_AREA);
	struct hvp_world *world = hvp_world_create(test);
	u64 gfn = hvp_world_fresh_pages(world, 0, 1);
	u64 more = hvp_world_fresh_pages(world, 0, 1);

	hvp_world_deposit(world, world->root, 0, 4);
	world->limits.pages = 4;
	hvp_expect_status(test, hvp_try_map2(world, world->root, self, gfn),
			  MAP_STATS_PAGE2, NO_RESOURCES);
	hvp_expect_status(test, hvp_try_map(world, world->root, parent), MAP_STATS_PAGE, SUCCESS);
	world->limits.pages = 5;
	world->guest.locked_limit = 4;
	hvp_expect_status(test, hvp_try_map2(world, world->root, self, gfn),
			  MAP_STATS_PAGE2, NO_RESOURCES);
	world->guest.locked_limit = 5;
	hvp_expect_status(test, hvp_try_map2(world, world->root, self, gfn),
			  MAP_STATS_PAGE2, SUCCESS);
	hvp_expect_status(test, hvp_try_deposit(world, world->root, 1, &more, 1, 0),
			  DEPOSIT_MEMORY, NO_RESOURCES);
	/* At the limit it can be given back, which makes room. */
	hvp_expect_status(test, hvp_try_unmap(world, world->root, self),
			  UNMAP_STATS_PAGE, SUCCESS);
	hvp_expect_status(test, hvp_try_deposit(world, world->root, 1, &more, 1, 0),
			  DEPOSIT_MEMORY, SUCCESS);
	/* The pool comes before the limits. */
	hvp_try_withdraw(world, world->root, 1, HVP_ANY, 3, 0);
	world->limits.pages = 0;
	hvp_expect_status(test, hvp_try_map2(world, world->root, self, gfn),
			  MAP_STATS_PAGE2, INSUFFICIENT_MEMORY);
}

/* Host memory: which allocations can fail is allocation_failure_kunit.c's. */
static void hvp_stats_page_needs_host_memory(struct kunit *test)
{
	const struct hvp_stats_page_in object = HVP_PARTITION_AREA(1, AN_AREA);
	struct hvp_world *world = hvp_world_create(test);
	u64 gfn = hvp_world_fresh_pages(world, 0, 1);

	hvp_world_deposit(world, world->root, 0, 2);
	hvp_fake_fail(&world->guest, HVP_FAKE_PIN, 1, -ENOMEM);
	hvp_expect_status(test, hvp_try_map2(world, world->root, object, gfn),
			  MAP_STATS_PAGE2, NO_RESOURCES);
	hvp_fake_fail(&world->guest, HVP_FAKE_PIN, 1, -EINTR);
	hvp_expect_status(test, hvp_try_map2(world, world->root, object, gfn),
			  MAP_STATS_PAGE2, NO_RESOURCES);
	hvp_expect_status(test, hvp_try_map2(world, world->root, object, gfn),
			  MAP_STATS_PAGE2, SUCCESS);
}

/* HvFinalizePartition unmaps what is mapped of the partition, whoever has done it. */
static void hvp_stats_page_ends_with_finalize(struct kunit *test)
{
	struct hvp_world *world = hvp_world_create(test);
	struct hvp_partition *child = hvp_world_child(world, world->root, HVP_STATE_ACTIVE);
	struct hvp_partition *sibling = hvp_world_child(world, world->root, HVP_STATE_ACTIVE);
	u64 located, lent, own, other;

	hvp_world_deposit(world, world->root, 0, 6);
	hvp_world_deposit(world, child, 0, 2);
	located = hvp_map(world, world->root, HVP_PARTITION_AREA(child->id, SELF_AREA), true);
	lent = hvp_map(world, world->root, HVP_PARTITION_AREA(child->id, PARENT_AREA), false);
	own = hvp_map(world, child, HVP_PARTITION_AREA(child->id, SELF_AREA), true);
	hvp_map(world, world->root, HVP_PARTITION_AREA(sibling->id, SELF_AREA), true);
	other = hvp_map(world, world->root, HVP_PARTITION_AREA(1, SELF_AREA), true);
	hvp_world_expect_balance(test, world->root, 1, 2 * hvp_partition_pages() + 5);

	hvp_expect_status(test, hvp_try_finalize(world, world->root, child->id),
			  FINALIZE_PARTITION, SUCCESS);
	/* What is mapped of others stays. */
	hvp_world_expect_balance(test, world->root, 4, 2 * hvp_partition_pages() + 2);
	hvp_world_expect_balance(test, child, hvp_active_pages() + 2, 0);
	KUNIT_EXPECT_EQ(test, hvp_fake_page(&world->guest, other)->pins, 1);
	KUNIT_EXPECT_EQ(test, hvp_fake_page(&world->guest, lent)->pins, 1);
	KUNIT_EXPECT_EQ(test, hvp_fake_page(&world->guest, located)->pins, 0);
	KUNIT_EXPECT_EQ(test, hvp_fake_page(&world->guest, own)->pins, 0);
	KUNIT_EXPECT_NULL(test, memchr_inv(hvp_page_content(world, located), 0, HVP_PAGE_SIZE));
	KUNIT_EXPECT_NULL(test, memchr_inv(hvp_page_content(world, own), 0, HVP_PAGE_SIZE));
	hvp_expect_status(test, hvp_try_deposit(world, world->root, 1, &located, 1, 0),
			  DEPOSIT_MEMORY, SUCCESS);
	hvp_expect_status(test, hvp_try_deposit(world, world->root, 1, &own, 1, 0),
			  DEPOSIT_MEMORY, SUCCESS);
	hvp_expect_status(test, hvp_try_withdraw(world, world->root, child->id, HVP_ANY,
						 hvp_active_pages() + 2, 0),
			  WITHDRAW_MEMORY, SUCCESS);
	hvp_expect_status(test, hvp_try_delete(world, world->root, child->id),
			  DELETE_PARTITION, SUCCESS);
	hvp_stats_pages_refresh(world->hierarchy);
}

/* If it cannot be finalized, everything stays as it is. */
static void hvp_stats_page_survives_failed_finalize(struct kunit *test)
{
	struct hvp_world *world = hvp_world_create(test);
	struct hvp_partition *child = hvp_world_child(world, world->root, HVP_STATE_ACTIVE);
	u64 gfn;

	hvp_world_child(world, child, HVP_STATE_UNINITIALIZED);
	hvp_world_deposit(world, world->root, 0, 2);
	gfn = hvp_map(world, world->root, HVP_PARTITION_AREA(child->id, AN_AREA), false);
	hvp_expect_status(test, hvp_try_finalize(world, world->root, child->id),
			  FINALIZE_PARTITION, OPERATION_DENIED);
	hvp_stats_pages_refresh(world->hierarchy);
	hvp_expect_partition(world, gfn, 0, hvp_deposited(child), child->id, 0);
}

/* The VM ends, with pages mapped by everybody. */
static void hvp_stats_page_ends_with_its_vm(struct kunit *test)
{
	struct hvp_world *world = hvp_world_create(test);
	struct hvp_partition *child = hvp_world_child(world, world->root, HVP_STATE_ACTIVE);
	unsigned int area;

	hvp_world_deposit(world, world->root, 0, HVP_BLOCK_PAGES);
	hvp_world_deposit(world, child, 0, 4);
	for (area = SELF_AREA; area <= PARENT_AREA; area++) {
		hvp_map(world, world->root, HVP_PARTITION_AREA(1, area), area);
		hvp_map(world, world->root, HVP_PARTITION_AREA(child->id, area), area);
		hvp_map(world, child, HVP_PARTITION_AREA(child->id, area), area);
		hvp_map(world, world->root, HVP_VP_AREA(0, area), area);
		hvp_map(world, world->root, HVP_VP_AREA(OTHER_VP, area), area);
	}
	/* The rest happens when the test ends: see hvp_fake_expect_idle(). */
}

/*
 * Other vCPUs, at the worst of moments: what the test has chosen happens once, in the
 * middle of the call, before the operation that it has chosen.
 */
struct hvp_meanwhile {
	const char *name;
	enum hvp_fake_op op;
	void (*happens)(struct hvp_world *world, u64 gfn);
	struct hvp_pair pair;	/* what the call gets */
};

static const struct hvp_meanwhile *hvp_meanwhile;
static u64 hvp_meanwhile_gfn;

static void hvp_meanwhile_hook(struct hvp_fake_guest *guest, enum hvp_fake_op op)
{
	struct hvp_world *world = container_of(guest, struct hvp_world, guest);

	if (op != hvp_meanwhile->op || world->level)
		return;
	world->level = 1;
	hvp_meanwhile->happens(world, hvp_meanwhile_gfn);
	world->level = 0;
	guest->hook = NULL;
}

static void hvp_prepare_meanwhile(struct hvp_world *world, const struct hvp_meanwhile *row,
				  u64 gfn)
{
	hvp_meanwhile = row;
	hvp_meanwhile_gfn = gfn;
	world->guest.hook = hvp_meanwhile_hook;
}

static void hvp_finalized(struct hvp_world *world, u64 gfn)
{
	hvp_expect_status(world->test, hvp_try_finalize(world, world->root, 2),
			  FINALIZE_PARTITION, SUCCESS);
}

static void hvp_deleted(struct hvp_world *world, u64 gfn)
{
	hvp_finalized(world, gfn);
	hvp_expect_status(world->test, hvp_try_withdraw(world, world->root, 2, HVP_ANY,
							hvp_active_pages(), 0),
			  WITHDRAW_MEMORY, SUCCESS);
	hvp_expect_status(world->test, hvp_try_delete(world, world->root, 2),
			  DELETE_PARTITION, SUCCESS);
}

static void hvp_page_deposited(struct hvp_world *world, u64 gfn)
{
	hvp_expect_status(world->test, hvp_try_deposit(world, world->root, 1, &gfn, 1, 0),
			  DEPOSIT_MEMORY, SUCCESS);
}

static void hvp_page_mapped(struct hvp_world *world, u64 gfn)
{
	hvp_expect_status(world->test, hvp_try_map2(world, world->root,
						    HVP_PARTITION_AREA(2, PARENT_AREA), gfn),
			  MAP_STATS_PAGE2, SUCCESS);
}

static void hvp_object_mapped(struct hvp_world *world, u64 gfn)
{
	hvp_expect_status(world->test, hvp_try_map(world, world->root,
						   HVP_PARTITION_AREA(2, SELF_AREA)),
			  MAP_STATS_PAGE, SUCCESS);
}

static void hvp_pool_emptied(struct hvp_world *world, u64 gfn)
{
	hvp_expect_status(world->test, hvp_try_withdraw(world, world->root, 1, HVP_ANY, 3, 0),
			  WITHDRAW_MEMORY, SUCCESS);
}

static void hvp_nothing_lost(struct hvp_world *world, u64 gfn)
{
	hvp_page_deposited(world, gfn + 1);
	hvp_stats_pages_refresh(world->hierarchy);
}

/* While its page is on its way to the host, or back to the guest. */
static void hvp_page_not_free(struct hvp_world *world, u64 gfn)
{
	hvp_expect_status(world->test, hvp_try_deposit(world, world->root, 1, &gfn, 1, 0),
			  DEPOSIT_MEMORY, OPERATION_DENIED);
	hvp_expect_status(world->test, hvp_try_map2(world, world->root,
						    HVP_PARTITION_AREA(2, PARENT_AREA), gfn),
			  MAP_STATS_PAGE2, OPERATION_DENIED);
	hvp_stats_pages_refresh(world->hierarchy);
}

#define MAPPED(status)	HVP_PAIR(MAP_STATS_PAGE2, status)

static const struct hvp_meanwhile hvp_map_meanwhile_rows[] = {
	{ "finalized before it is reserved", HVP_FAKE_RESERVE, hvp_finalized,
	  MAPPED(INVALID_PARTITION_STATE) },
	{ "finalized before it is pinned", HVP_FAKE_PIN, hvp_finalized,
	  MAPPED(INVALID_PARTITION_STATE) },
	{ "finalized when it is taken", HVP_FAKE_NODE, hvp_finalized,
	  MAPPED(INVALID_PARTITION_STATE) },
	{ "deleted before it is pinned", HVP_FAKE_PIN, hvp_deleted,
	  MAPPED(INVALID_PARTITION_ID) },
	{ "deleted when it is taken", HVP_FAKE_NODE, hvp_deleted,
	  MAPPED(INVALID_PARTITION_ID) },
	{ "page deposited before it is pinned", HVP_FAKE_PIN, hvp_page_deposited,
	  MAPPED(OPERATION_DENIED) },
	{ "page mapped before it is pinned", HVP_FAKE_PIN, hvp_page_mapped,
	  MAPPED(OPERATION_DENIED) },
	{ "page wanted when it is taken", HVP_FAKE_NODE, hvp_page_not_free, MAPPED(SUCCESS) },
	{ "object mapped when it is taken", HVP_FAKE_NODE, hvp_object_mapped,
	  MAPPED(OBJECT_IN_USE) },
	{ "pool emptied when it is taken", HVP_FAKE_NODE, hvp_pool_emptied,
	  MAPPED(INSUFFICIENT_MEMORY) },
	{ "another page deposited", HVP_FAKE_NODE, hvp_nothing_lost, MAPPED(SUCCESS) },
};

KUNIT_ARRAY_PARAM_DESC(hvp_map_meanwhile, hvp_map_meanwhile_rows, name);

static void hvp_stats_page_mapped_while(struct kunit *test)
{
	const struct hvp_meanwhile *row = test->param_value;
	struct hvp_world *world = hvp_world_create(test);
	u64 gfn, writes;

	hvp_world_child(world, world->root, HVP_STATE_ACTIVE);
	hvp_world_deposit(world, world->root, 0, 3);
	gfn = hvp_world_fresh_pages(world, 0, 2);
	hvp_prepare_meanwhile(world, row, gfn);
	writes = world->guest.count[HVP_FAKE_WRITE_PAGE];
	hvp_expect_pair(test, hvp_try_map2(world, world->root, HVP_PARTITION_AREA(2, SELF_AREA),
					   gfn), row->pair);
	KUNIT_EXPECT_NULL_MSG(test, world->guest.hook, "it has not happened");
	world->guest.hook = NULL;
	/* A call that fails writes to no page; the one in its middle may. */
	if (row->pair.status && row->happens != hvp_page_mapped &&
	    row->happens != hvp_object_mapped)
		KUNIT_EXPECT_EQ(test, world->guest.count[HVP_FAKE_WRITE_PAGE], writes);
	hvp_expect_balanced(world);
	hvp_stats_pages_refresh(world->hierarchy);
}

static void hvp_object_free_already(struct hvp_world *world, u64 gfn)
{
	hvp_expect_status(world->test, hvp_try_unmap(world, world->root,
						     HVP_PARTITION_AREA(2, SELF_AREA)),
			  UNMAP_STATS_PAGE, INVALID_PARAMETER);
	hvp_expect_status(world->test, hvp_try_map(world, world->root,
						   HVP_PARTITION_AREA(2, SELF_AREA)),
			  MAP_STATS_PAGE, SUCCESS);
}

#define UNMAPPED	HVP_PAIR(UNMAP_STATS_PAGE, SUCCESS)
#define FINALIZED	HVP_PAIR(FINALIZE_PARTITION, SUCCESS)

static const struct hvp_meanwhile hvp_unmap_meanwhile_rows[] = {
	{ "unmap, page wanted before it is zeroed", HVP_FAKE_ZERO, hvp_page_not_free,
	  UNMAPPED },
	{ "unmap, page wanted before it is unpinned", HVP_FAKE_UNPIN, hvp_page_not_free,
	  UNMAPPED },
	{ "unmap, object wanted", HVP_FAKE_ZERO, hvp_object_free_already, UNMAPPED },
	{ "unmap, finalized", HVP_FAKE_ZERO, hvp_finalized, UNMAPPED },
	{ "unmap, deleted", HVP_FAKE_UNPIN, hvp_deleted, UNMAPPED },
	{ "finalize, page wanted before it is zeroed", HVP_FAKE_ZERO, NULL, FINALIZED },
};

KUNIT_ARRAY_PARAM_DESC(hvp_unmap_meanwhile, hvp_unmap_meanwhile_rows, name);

/* By then the partition is finalized. */
static void hvp_nothing_to_be_mapped(struct hvp_world *world, u64 gfn)
{
	hvp_expect_status(world->test, hvp_try_map2(world, world->root,
						    HVP_PARTITION_AREA(2, PARENT_AREA), gfn + 1),
			  MAP_STATS_PAGE2, INVALID_PARTITION_STATE);
	hvp_expect_status(world->test, hvp_try_deposit(world, world->root, 1, &gfn, 1, 0),
			  DEPOSIT_MEMORY, OPERATION_DENIED);
	hvp_expect_status(world->test, hvp_try_unmap(world, world->root,
						     HVP_PARTITION_AREA(2, SELF_AREA)),
			  UNMAP_STATS_PAGE, INVALID_PARTITION_STATE);
	hvp_stats_pages_refresh(world->hierarchy);
}

static void hvp_stats_page_unmapped_while(struct kunit *test)
{
	struct hvp_meanwhile row = *(const struct hvp_meanwhile *)test->param_value;
	const struct hvp_stats_page_in object = HVP_PARTITION_AREA(2, SELF_AREA);
	struct hvp_world *world = hvp_world_create(test);
	bool unmaps = row.pair.code == HVP_CALL_UNMAP_STATS_PAGE;
	u64 gfn;

	if (!row.happens)
		row.happens = hvp_nothing_to_be_mapped;
	hvp_world_child(world, world->root, HVP_STATE_ACTIVE);
	hvp_world_deposit(world, world->root, 0, 3);
	gfn = hvp_map(world, world->root, object, true);
	hvp_prepare_meanwhile(world, &row, gfn);
	hvp_expect_pair(test, unmaps ? hvp_try_unmap(world, world->root, object) :
				       hvp_try_finalize(world, world->root, 2), row.pair);
	KUNIT_EXPECT_NULL_MSG(test, world->guest.hook, "it has not happened");
	world->guest.hook = NULL;
	hvp_expect_balanced(world);
	KUNIT_EXPECT_NULL(test, memchr_inv(hvp_page_content(world, gfn), 0, HVP_PAGE_SIZE));
	hvp_page_deposited(world, gfn);
}

static struct kunit_case hvp_stats_page_cases[] = {
	KUNIT_CASE_PARAM(hvp_stats_page_shows_a_partition, hvp_mapping_gen_params),
	KUNIT_CASE(hvp_stats_page_shows_a_vp),
	KUNIT_CASE(hvp_stats_page_is_kept_up_to_date),
	KUNIT_CASE(hvp_stats_page_counts_active_children),
	KUNIT_CASE(hvp_stats_page_counts_vps),
	KUNIT_CASE_PARAM(hvp_stats_page_is_paid_for, hvp_mapping_gen_params),
	KUNIT_CASE(hvp_stats_page_of_a_vp_is_paid_for),
	KUNIT_CASE(hvp_stats_page_needs_pages),
	KUNIT_CASE(hvp_stats_page_lends),
	KUNIT_CASE_PARAM(hvp_stats_page_lends_from_blocks, hvp_lending_pool_gen_params),
	KUNIT_CASE(hvp_stats_page_lends_from_any_domain),
	KUNIT_CASE(hvp_stats_page_is_mapped_once),
	KUNIT_CASE(hvp_stats_page_is_the_callers),
	KUNIT_CASE_PARAM(hvp_stats_page_knows_its_objects, hvp_object_gen_params),
	KUNIT_CASE(hvp_stats_page_knows_no_such_object),
	KUNIT_CASE_PARAM(hvp_stats_page_is_plain_ram, hvp_bad_page_gen_params),
	KUNIT_CASE(hvp_stats_page_is_left_alone_on_failure),
	KUNIT_CASE(hvp_stats_page_cannot_be_deposited),
	KUNIT_CASE(hvp_stats_page_is_replaced),
	KUNIT_CASE(hvp_stats_page_heeds_limits),
	KUNIT_CASE(hvp_stats_page_needs_host_memory),
	KUNIT_CASE(hvp_stats_page_ends_with_finalize),
	KUNIT_CASE(hvp_stats_page_survives_failed_finalize),
	KUNIT_CASE(hvp_stats_page_ends_with_its_vm),
	KUNIT_CASE_PARAM(hvp_stats_page_mapped_while, hvp_map_meanwhile_gen_params),
	KUNIT_CASE_PARAM(hvp_stats_page_unmapped_while, hvp_unmap_meanwhile_gen_params),
	{}
};

HVP_KUNIT_SUITE(hvp_stats_page, hvp_stats_page_cases);
