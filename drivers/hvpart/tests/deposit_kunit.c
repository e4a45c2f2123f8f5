// SPDX-License-Identifier: GPL-2.0
/* deposit.c: HvDepositMemory. */

#include "world.h"

#define MOST_PAGES	511

/* A list of @count pages that could be deposited, to be spoiled. */
static u64 *hvp_deposit_list(struct hvp_world *world, unsigned int count)
{
	u64 first = hvp_world_fresh_pages(world, 0, count);
	u64 *gfns = kunit_kmalloc_array(world->test, count, sizeof(*gfns), GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(world->test, gfns);
	for (i = 0; i < count; i++)
		gfns[i] = first + i;
	return gfns;
}

static void hvp_deposit_fills_pools(struct kunit *test)
{
	struct hvp_world *world = hvp_world_create(test);
	struct hvp_partition *child = hvp_world_child(world, world->root,
						      HVP_STATE_UNINITIALIZED);
	struct hvp_partition *active = hvp_world_child(world, world->root, HVP_STATE_ACTIVE);
	u64 in_use = hvp_world_balance(world->root).in_use;
	u64 *gfns = hvp_deposit_list(world, 16);
	struct hvp_reply reply;

	reply = hvp_try_deposit(world, world->root, HVP_PARTITION_ID_SELF, gfns, 3, 0);
	hvp_expect_status(test, reply, DEPOSIT_MEMORY, SUCCESS);
	KUNIT_EXPECT_EQ(test, reply.reps, 3);
	hvp_world_expect_balance(test, world->root, 3, in_use);
	reply = hvp_try_deposit(world, world->root, child->id, gfns + 3, 4, 0);
	hvp_expect_status(test, reply, DEPOSIT_MEMORY, SUCCESS);
	hvp_world_expect_balance(test, child, 4, 0);
	reply = hvp_try_deposit(world, world->root, active->id, gfns + 7, 5, 0);
	hvp_expect_status(test, reply, DEPOSIT_MEMORY, SUCCESS);
	hvp_world_expect_balance(test, active, 5, hvp_active_pages());
	/* A child may fill its own pool, too. */
	reply = hvp_try_deposit(world, active, active->id, gfns + 12, 1, 0);
	hvp_expect_status(test, reply, DEPOSIT_MEMORY, SUCCESS);
	hvp_world_expect_balance(test, active, 6, hvp_active_pages());
}

/* Lists of any length, up to the longest there is. */
static const unsigned int hvp_deposit_counts[] = {
	1, 2, HVP_BLOCK_PAGES, HVP_BLOCK_PAGES + 1, 100, MOST_PAGES,
};

static void hvp_deposit_count_desc(const unsigned int *count, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%u pages", *count);
}

KUNIT_ARRAY_PARAM(hvp_deposit_count, hvp_deposit_counts, hvp_deposit_count_desc);

static void hvp_deposit_takes_any_number(struct kunit *test)
{
	unsigned int count = *(const unsigned int *)test->param_value;
	struct hvp_world *world = hvp_world_create(test);
	struct hvp_reply reply;
	unsigned int nodes, i;
	u64 *gfns;

	if (count > HVP_FAKE_RAM_PAGES)
		hvp_fake_map(&world->guest, HVP_FAKE_RAM_GFN + HVP_FAKE_RAM_PAGES,
			     count - HVP_FAKE_RAM_PAGES);
	gfns = hvp_deposit_list(world, count);
	nodes = min_t(unsigned int, num_online_nodes(), hvp_pool_nodes());
	for (i = 0; i < count; i++)
		world->guest.pages[gfns[i]].node = i % nodes;
	reply = hvp_try_deposit(world, world->root, 1, gfns, count, 0);
	hvp_expect_status(test, reply, DEPOSIT_MEMORY, SUCCESS);
	hvp_world_expect_balance(test, world->root, count, 0);
	/* And every one of them can be had back, one more than there are cannot. */
	reply = hvp_try_withdraw(world, world->root, 1, HVP_ANY, count + 1, 0);
	hvp_expect_status(test, reply, WITHDRAW_MEMORY, NO_RESOURCES);
	KUNIT_EXPECT_EQ(test, reply.reps, count);
}

static void hvp_deposit_starts_at_rep_start(struct kunit *test)
{
	struct hvp_world *world = hvp_world_create(test);
	u64 *gfns = hvp_deposit_list(world, 6);
	struct hvp_reply reply;

	/* What lies before is not even looked at. */
	gfns[0] = ~0ULL;
	gfns[1] = 0;
	reply = hvp_try_deposit(world, world->root, 1, gfns, 6, 2);
	hvp_expect_status(test, reply, DEPOSIT_MEMORY, SUCCESS);
	KUNIT_EXPECT_EQ(test, reply.reps, 6);
	hvp_world_expect_balance(test, world->root, 4, 0);
	KUNIT_EXPECT_EQ(test, world->guest.pages[gfns[2]].pins, 1);
	KUNIT_EXPECT_EQ(test, world->guest.pages[gfns[5]].pins, 1);
}

/* Pages that cannot be deposited, at every place of a list of four. */
enum hvp_bad_page {
	HVP_PAGE_NOT_MAPPED,
	HVP_PAGE_READ_ONLY,
	HVP_PAGE_NOT_RAM,
	HVP_PAGE_BEYOND_MEMORY,
	HVP_PAGE_ALL_ONES,
	HVP_PAGE_IN_OWN_POOL,
	HVP_PAGE_IN_OTHER_POOL,
	HVP_PAGE_TWICE,
	HVP_PAGE_ON_NO_NODE,
	HVP_PAGE_OVERLAY,
	HVP_PAGE_INPUT,
	HVP_PAGE_OVERLAY_IN_POOL,
	HVP_PAGE_OVERLAY_READ_ONLY,
};

struct hvp_bad_page_row {
	const char *name;
	enum hvp_bad_page bad;
	struct hvp_pair pair;
};

#define DENIED	HVP_PAIR(DEPOSIT_MEMORY, OPERATION_DENIED)
#define IN_USE	HVP_PAIR(DEPOSIT_MEMORY, OBJECT_IN_USE)

static const struct hvp_bad_page_row hvp_bad_page_rows[] = {
	{ "not mapped", HVP_PAGE_NOT_MAPPED, DENIED },
	{ "read-only", HVP_PAGE_READ_ONLY, DENIED },
	{ "not RAM", HVP_PAGE_NOT_RAM, DENIED },
	{ "beyond the guest's memory", HVP_PAGE_BEYOND_MEMORY, DENIED },
	{ "all ones", HVP_PAGE_ALL_ONES, DENIED },
	{ "in this pool", HVP_PAGE_IN_OWN_POOL, DENIED },
	{ "in another partition's pool", HVP_PAGE_IN_OTHER_POOL, DENIED },
	{ "twice in the list", HVP_PAGE_TWICE, DENIED },
	{ "on a node that pools do not know", HVP_PAGE_ON_NO_NODE, DENIED },
	{ "an overlay page", HVP_PAGE_OVERLAY, IN_USE },
	{ "the call's own input", HVP_PAGE_INPUT, IN_USE },
	{ "an overlay page in a pool", HVP_PAGE_OVERLAY_IN_POOL, DENIED },
	{ "an overlay page, read-only", HVP_PAGE_OVERLAY_READ_ONLY, DENIED },
};

KUNIT_ARRAY_PARAM_DESC(hvp_bad_page, hvp_bad_page_rows, name);

static u64 hvp_bad_page_gfn(struct hvp_world *world, struct hvp_partition *child,
			    enum hvp_bad_page bad, u64 good)
{
	struct hvp_fake_page *page = hvp_fake_page(&world->guest, good);

	switch (bad) {
	case HVP_PAGE_NOT_MAPPED:
		return 1;
	case HVP_PAGE_BEYOND_MEMORY:
		return HVP_FAKE_GFNS;
	case HVP_PAGE_ALL_ONES:
		return ~0ULL;
	case HVP_PAGE_INPUT:
		return HVP_FAKE_INPUT_GFN(0);
	case HVP_PAGE_IN_OTHER_POOL:
		hvp_try_deposit(world, world->root, child->id, &good, 1, 0);
		return good;
	case HVP_PAGE_OVERLAY_IN_POOL:
		hvp_try_deposit(world, world->root, 1, &good, 1, 0);
		hvp_fake_name_page(&world->guest, good);
		return good;
	case HVP_PAGE_IN_OWN_POOL:
		hvp_try_deposit(world, world->root, 1, &good, 1, 0);
		return good;
	case HVP_PAGE_OVERLAY_READ_ONLY:
		hvp_fake_name_page(&world->guest, good);
		page->read_only = true;
		return good;
	case HVP_PAGE_READ_ONLY:
		page->read_only = true;
		return good;
	case HVP_PAGE_NOT_RAM:
		page->not_pinnable = true;
		return good;
	case HVP_PAGE_ON_NO_NODE:
		page->node = hvp_pool_nodes();
		return good;
	case HVP_PAGE_OVERLAY:
		hvp_fake_name_page(&world->guest, good);
		return good;
	default:
		return good;
	}
}

static void hvp_deposit_stops_at_bad_page(struct kunit *test)
{
	const struct hvp_bad_page_row *row = test->param_value;
	unsigned int at;

	for (at = row->bad == HVP_PAGE_TWICE; at < 4; at++) {
		struct hvp_world *world = hvp_world_create(test);
		struct hvp_partition *child = hvp_world_child(world, world->root,
							      HVP_STATE_UNINITIALIZED);
		u64 *gfns = hvp_deposit_list(world, 4);
		struct hvp_balance before;
		struct hvp_reply reply;

		gfns[at] = row->bad == HVP_PAGE_TWICE ?
			   gfns[0] : hvp_bad_page_gfn(world, child, row->bad, gfns[at]);
		before = hvp_world_balance(world->root);
		reply = hvp_try_deposit(world, world->root, 1, gfns, 4, 0);
		hvp_expect_pair(test, reply, row->pair);
		KUNIT_EXPECT_EQ_MSG(test, reply.reps, at, "at %u", at);
		hvp_world_expect_balance(test, world->root, before.available + at,
					 before.in_use);
	}
}

/* An absolute index, also when rep start is not 0; elements before it stay done. */
static void hvp_deposit_counts_reps_from_zero(struct kunit *test)
{
	struct hvp_world *world = hvp_world_create(test);
	u64 *gfns = hvp_deposit_list(world, 8);
	struct hvp_reply reply;

	gfns[5] = 0;
	reply = hvp_try_deposit(world, world->root, 1, gfns, 8, 3);
	hvp_expect_status(test, reply, DEPOSIT_MEMORY, OPERATION_DENIED);
	KUNIT_EXPECT_EQ(test, reply.reps, 5);
	hvp_world_expect_balance(test, world->root, 2, 0);
}

/* Two bad pages: the first in the list decides. */
static void hvp_deposit_reports_first_bad_page(struct kunit *test)
{
	struct hvp_world *world = hvp_world_create(test);
	u64 *gfns = hvp_deposit_list(world, 4);
	struct hvp_reply reply;

	gfns[3] = 0;
	hvp_fake_name_page(&world->guest, gfns[1]);
	reply = hvp_try_deposit(world, world->root, 1, gfns, 4, 0);
	hvp_expect_status(test, reply, DEPOSIT_MEMORY, OBJECT_IN_USE);
	KUNIT_EXPECT_EQ(test, reply.reps, 1);
}

/* The input page can be deposited by a call whose input is elsewhere. */
static void hvp_deposit_input_is_only_this_calls(struct kunit *test)
{
	struct hvp_world *world = hvp_world_create(test);
	u64 gfn = HVP_FAKE_INPUT_GFN(1);

	hvp_expect_status(test, hvp_try_deposit(world, world->root, 1, &gfn, 1, 0),
			  DEPOSIT_MEMORY, SUCCESS);
	/* It is RAM, so a call's input may lie there all the same. */
	world->level = 1;
	hvp_expect_status(test, hvp_try_get_id(world, world->root), GET_PARTITION_ID, SUCCESS);
	world->level = 0;
}

/* Limits hit at the last page: none is taken, as Linux counts on. */
struct hvp_limit_row {
	const char *name;
	unsigned long pages;		/* of the hierarchy */
	unsigned long locked;		/* of the VMM */
	enum hvp_fake_op failing;
	unsigned int fail_at;
	int error;
};

static const struct hvp_limit_row hvp_limit_rows[] = {
	{ "pages per VM", 9, 1000, 0, 0, 0 },
	{ "no page at all", 0, 1000, 0, 0, 0 },
	{ "locked memory", 1000, 9, 0, 0, 0 },
	{ "no locked memory at all", 1000, 0, 0, 0, 0 },
	{ "reserving fails", 1000, 1000, HVP_FAKE_RESERVE, 1, -ENOMEM },
	{ "first pin out of memory", 1000, 1000, HVP_FAKE_PIN, 1, -ENOMEM },
	{ "last pin out of memory", 1000, 1000, HVP_FAKE_PIN, 10, -ENOMEM },
	{ "pin interrupted", 1000, 1000, HVP_FAKE_PIN, 5, -EINTR },
};

KUNIT_ARRAY_PARAM_DESC(hvp_limit, hvp_limit_rows, name);

static void hvp_deposit_takes_all_or_none_at_limits(struct kunit *test)
{
	const struct hvp_limit_row *row = test->param_value;
	struct hvp_world *world = hvp_world_create(test);
	u64 *gfns = hvp_deposit_list(world, 10);
	struct hvp_reply reply;

	world->limits.pages = row->pages;
	world->guest.locked_limit = row->locked;
	hvp_fake_fail(&world->guest, row->failing, row->fail_at, row->error);
	reply = hvp_try_deposit(world, world->root, 1, gfns, 10, 0);
	hvp_expect_status(test, reply, DEPOSIT_MEMORY, NO_RESOURCES);
	KUNIT_EXPECT_EQ(test, reply.reps, 0);
	hvp_world_expect_balance(test, world->root, 0, 0);
	hvp_fake_expect_idle(&world->guest);

	world->limits.pages = 10;
	world->guest.locked_limit = 10;
	hvp_expect_status(test, hvp_try_deposit(world, world->root, 1, gfns, 10, 0),
			  DEPOSIT_MEMORY, SUCCESS);
}

/* Only the rest of the list counts. */
static void hvp_deposit_limits_the_rest_of_the_list(struct kunit *test)
{
	struct hvp_world *world = hvp_world_create(test);
	u64 *gfns = hvp_deposit_list(world, 10);
	struct hvp_reply reply;

	world->limits.pages = 4;
	world->guest.locked_limit = 4;
	reply = hvp_try_deposit(world, world->root, 1, gfns, 10, 5);
	hvp_expect_status(test, reply, DEPOSIT_MEMORY, NO_RESOURCES);
	KUNIT_EXPECT_EQ(test, reply.reps, 5);
	hvp_expect_status(test, hvp_try_deposit(world, world->root, 1, gfns, 10, 6),
			  DEPOSIT_MEMORY, SUCCESS);
}

/* What is wrong with the first page comes before what the host lacks. */
static void hvp_deposit_checks_page_before_limit(struct kunit *test)
{
	struct hvp_world *world = hvp_world_create(test);
	u64 *gfns = hvp_deposit_list(world, 3);

	world->limits.pages = 0;
	gfns[0] = 0;
	hvp_expect_status(test, hvp_try_deposit(world, world->root, 1, gfns, 3, 0),
			  DEPOSIT_MEMORY, OPERATION_DENIED);
	gfns[0] = HVP_FAKE_INPUT_GFN(0);
	hvp_expect_status(test, hvp_try_deposit(world, world->root, 1, gfns, 3, 0),
			  DEPOSIT_MEMORY, OBJECT_IN_USE);
}

/* And what is wrong with any page before what the host lacks for a later one. */
static void hvp_deposit_checks_pages_before_host(struct kunit *test)
{
	struct hvp_world *world = hvp_world_create(test);
	u64 *gfns = hvp_deposit_list(world, 4);
	struct hvp_reply reply;

	hvp_fake_name_page(&world->guest, gfns[1]);
	hvp_fake_fail(&world->guest, HVP_FAKE_PIN, 4, -ENOMEM);
	reply = hvp_try_deposit(world, world->root, 1, gfns, 4, 0);
	hvp_expect_status(test, reply, DEPOSIT_MEMORY, OBJECT_IN_USE);
	KUNIT_EXPECT_EQ(test, reply.reps, 1);
}

/* The limit is the hierarchy's, whichever pool the pages are in. */
static void hvp_deposit_limit_counts_all_pools(struct kunit *test)
{
	struct hvp_world *world = hvp_world_create(test);
	struct hvp_partition *child = hvp_world_child(world, world->root,
						      HVP_STATE_UNINITIALIZED);
	u64 *gfns = hvp_deposit_list(world, 4);

	world->limits.pages = hvp_partition_pages() + 3;
	hvp_expect_status(test, hvp_try_deposit(world, world->root, child->id, gfns, 2, 0),
			  DEPOSIT_MEMORY, SUCCESS);
	hvp_expect_status(test, hvp_try_deposit(world, world->root, 1, gfns + 2, 2, 0),
			  DEPOSIT_MEMORY, NO_RESOURCES);
	hvp_expect_status(test, hvp_try_deposit(world, world->root, 1, gfns + 2, 1, 0),
			  DEPOSIT_MEMORY, SUCCESS);
}

/* A page's domain is the node that holds it. */
static void hvp_deposit_heeds_node(struct kunit *test)
{
	struct hvp_world *world;
	struct hvp_reply reply;

	hvp_require_nodes(test, 2);
	world = hvp_world_create(test);
	hvp_world_deposit(world, world->root, 0, 3);
	hvp_world_deposit(world, world->root, 1, 2);
	reply = hvp_try_balance(world, world->root, 1, HVP_ONLY(0));
	hvp_expect_status(test, reply, GET_MEMORY_BALANCE, SUCCESS);
	KUNIT_EXPECT_EQ(test, reply.out[0], 3);
	reply = hvp_try_balance(world, world->root, 1, HVP_ONLY(1));
	KUNIT_EXPECT_EQ(test, reply.out[0], 2);
	reply = hvp_try_balance(world, world->root, 1, HVP_PROXIMITY_ANY);
	KUNIT_EXPECT_EQ(test, reply.out[0], 5);
}

static struct kunit_case hvp_deposit_cases[] = {
	KUNIT_CASE(hvp_deposit_fills_pools),
	KUNIT_CASE_PARAM(hvp_deposit_takes_any_number, hvp_deposit_count_gen_params),
	KUNIT_CASE(hvp_deposit_starts_at_rep_start),
	KUNIT_CASE_PARAM(hvp_deposit_stops_at_bad_page, hvp_bad_page_gen_params),
	KUNIT_CASE(hvp_deposit_counts_reps_from_zero),
	KUNIT_CASE(hvp_deposit_reports_first_bad_page),
	KUNIT_CASE(hvp_deposit_input_is_only_this_calls),
	KUNIT_CASE_PARAM(hvp_deposit_takes_all_or_none_at_limits, hvp_limit_gen_params),
	KUNIT_CASE(hvp_deposit_limits_the_rest_of_the_list),
	KUNIT_CASE(hvp_deposit_checks_page_before_limit),
	KUNIT_CASE(hvp_deposit_checks_pages_before_host),
	KUNIT_CASE(hvp_deposit_limit_counts_all_pools),
	KUNIT_CASE(hvp_deposit_heeds_node),
	{}
};

HVP_KUNIT_SUITE(hvp_deposit, hvp_deposit_cases);
