// SPDX-License-Identifier: GPL-2.0
/*
 * Every allocation that a call makes fails, one after the other: alone, so that
 * what has a fallback falls back, and together with all that follow, so that it
 * cannot.  Needs CONFIG_FAILSLAB and, in /sys/kernel/debug/failslab, that it is
 * the marked task's allocations that fail, and also those that may sleep:
 *
 *	ignore-gfp-wait N, task-filter Y, probability 100, times -1
 */

#include "contract.h"
#include "faults.h"

/*
 * The n-th allocation is not always the same: the slab allocates pages now and
 * then, with fewer to fall back to, and so do KASAN and kmemleak, which count as
 * well.  So each number gets several chances to be one that is missed.
 */
#define HVP_CHANCES		16

/**
 * struct hvp_allocating_row - a call that allocates
 * @name:	what it is
 * @code:	the call
 * @alone:	allocations without which it cannot do, and which have no fallback
 * @together:	those with a fallback included
 * @status:	what it gets when none fails
 * @start:	rep start
 * @reps:	reps completed when none fails
 * @prepare:	makes a world for it
 * @try:	makes the call
 */
struct hvp_allocating_row {
	const char *name;
	u16 code;
	unsigned int alone;
	unsigned int together;
	enum hvp_status status;
	unsigned int start;
	unsigned int reps;
	void (*prepare)(struct hvp_world *world);
	struct hvp_reply (*try)(struct hvp_world *world);
};

static void hvp_prepare_create(struct hvp_world *world)
{
	hvp_world_deposit(world, world->root, 0, hvp_partition_pages());
}

/* IDs 0 to 63 share a node of the xarray; the next one needs two more. */
static void hvp_prepare_create_64(struct hvp_world *world)
{
	hvp_prepare_create(world);
	world->hierarchy->last_id = 63;
}

static struct hvp_reply hvp_create_one(struct hvp_world *world)
{
	return hvp_try_code(world, world->root, HVP_CALL_CREATE_PARTITION, 0);
}

static void hvp_prepare_initialize(struct hvp_world *world)
{
	struct hvp_partition *child = hvp_world_child(world, world->root,
						      HVP_STATE_UNINITIALIZED);

	hvp_world_deposit(world, child, 0, hvp_active_pages());
}

static struct hvp_reply hvp_initialize_it(struct hvp_world *world)
{
	return hvp_try_initialize(world, world->root, 2);
}

/* Pages of two chunks of claims and of more than one block. */
#define HVP_MANY_PAGES	(HVP_BLOCK_PAGES + 9)
#define HVP_BAD_PAGE	35

static void hvp_prepare_nothing(struct hvp_world *world)
{
}

static void hvp_prepare_bad_page(struct hvp_world *world)
{
	hvp_fake_page(&world->guest, HVP_FAKE_RAM_GFN + HVP_BAD_PAGE)->not_pinnable = true;
}

static struct hvp_reply hvp_deposit_from(struct hvp_world *world, unsigned int start)
{
	u64 gfns[HVP_MANY_PAGES];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(gfns); i++)
		gfns[i] = HVP_FAKE_RAM_GFN + i;
	return hvp_try_deposit(world, world->root, 1, gfns, ARRAY_SIZE(gfns), start);
}

static struct hvp_reply hvp_deposit_all(struct hvp_world *world)
{
	return hvp_deposit_from(world, 0);
}

/* Of the second chunk alone, and fits into one block. */
static struct hvp_reply hvp_deposit_rest(struct hvp_world *world)
{
	return hvp_deposit_from(world, HVP_MANY_PAGES - 10);
}

/* In the second chunk, too. */
#define HVP_FAR_PAGE	(HVP_FAKE_RAM_GFN + HVP_FAKE_RAM_PAGES - 1)

static void hvp_prepare_map(struct hvp_world *world)
{
	hvp_world_deposit(world, world->root, 0, 2);
}

static struct hvp_reply hvp_map_a_partition(struct hvp_world *world)
{
	return hvp_try_map(world, world->root, HVP_PARTITION_AREA(1, HVP_STATS_AREA_SELF));
}

static struct hvp_reply hvp_map_a_vp(struct hvp_world *world)
{
	return hvp_try_map(world, world->root,
			   HVP_VP_AREA(HVP_FAKE_VP_INDEX(1), HVP_STATS_AREA_SELF));
}

static struct hvp_reply hvp_map_there(struct hvp_world *world)
{
	return hvp_try_map2(world, world->root, HVP_PARTITION_AREA(1, HVP_STATS_AREA_SELF),
			    HVP_FAR_PAGE);
}

static void hvp_prepare_withdraw(struct hvp_world *world)
{
	hvp_world_deposit(world, world->root, 0, HVP_MANY_PAGES);
}

static struct hvp_reply hvp_withdraw_all(struct hvp_world *world)
{
	return hvp_try_withdraw(world, world->root, 1, HVP_ANY, HVP_MANY_PAGES, 0);
}

static struct hvp_reply hvp_withdraw_too_many(struct hvp_world *world)
{
	return hvp_try_withdraw(world, world->root, 1, HVP_ANY, HVP_MANY_PAGES + 20, 5);
}

/* A child with one virtual processor, whose pool can pay for a map. */
static void hvp_prepare_child(struct hvp_world *world)
{
	struct hvp_partition *child = hvp_world_child(world, world->root, HVP_STATE_ACTIVE);

	hvp_world_vp(world, child, 0);
	hvp_make_ready(world, child, HVP_CALL_MAP_GPA_PAGES);
}

static struct hvp_reply hvp_map_memory(struct hvp_world *world)
{
	return hvp_try_code(world, world->root, HVP_CALL_MAP_GPA_PAGES, 2);
}

static struct hvp_reply hvp_get_some_registers(struct hvp_world *world)
{
	return hvp_try_code(world, world->root, HVP_CALL_GET_VP_REGISTERS, 2);
}

static struct hvp_reply hvp_set_some_registers(struct hvp_world *world)
{
	return hvp_try_code(world, world->root, HVP_CALL_SET_VP_REGISTERS, 2);
}

static struct hvp_reply hvp_install_an_intercept(struct hvp_world *world)
{
	return hvp_try_code(world, world->root, HVP_CALL_INSTALL_INTERCEPT, 2);
}

static struct hvp_reply hvp_register_a_result(struct hvp_world *world)
{
	return hvp_try_code(world, world->root, HVP_CALL_REGISTER_INTERCEPT_RESULT, 2);
}

static struct hvp_reply hvp_get_a_cpuid_value(struct hvp_world *world)
{
	return hvp_try_code(world, world->root, HVP_CALL_GET_VP_CPUID_VALUES, 2);
}

static void hvp_prepare_port(struct hvp_world *world)
{
	hvp_world_deposit(world, world->root, 0, 1);
	hvp_world_child(world, world->root, HVP_STATE_ACTIVE);
}

static struct hvp_reply hvp_create_a_port(struct hvp_world *world)
{
	return hvp_try_create_port(world, world->root, HVP_DOORBELL_PORT(HVP_TEST_PORT, 2));
}

/*
 * A partition is one object, an active one four more.  A deposit: the list, the
 * pages, for each chunk of claims the chunk, for any but the first a node of
 * the xarray, blocks.  A withdrawal: the list, the pages.  A statistics page: one
 * object, and a block for a page that is lent or a chunk for one that is not.  Memory: the
 * list, a node for each level.  Registers and values of CPUID: lists.  An intercept or a
 * result: a block.  A port is one object.
 */
static const struct hvp_allocating_row hvp_allocating_rows[] = {
	{ "create", HVP_CALL_CREATE_PARTITION, 1, 1, HVP_STATUS_SUCCESS, 0, 0,
	  hvp_prepare_create, hvp_create_one },
	{ "create, ID 64", HVP_CALL_CREATE_PARTITION, 1, 3, HVP_STATUS_SUCCESS, 0, 0,
	  hvp_prepare_create_64, hvp_create_one },
	{ "initialize", HVP_CALL_INITIALIZE_PARTITION, 2, 2, HVP_STATUS_SUCCESS, 0, 0,
	  hvp_prepare_initialize, hvp_initialize_it },
	{ "deposit", HVP_CALL_DEPOSIT_MEMORY, 6, 7, HVP_STATUS_SUCCESS, 0, HVP_MANY_PAGES,
	  hvp_prepare_nothing, hvp_deposit_all },
	{ "deposit from rep start on", HVP_CALL_DEPOSIT_MEMORY, 4, 5,
	  HVP_STATUS_SUCCESS, HVP_MANY_PAGES - 10, HVP_MANY_PAGES,
	  hvp_prepare_nothing, hvp_deposit_rest },
	{ "deposit up to a bad page", HVP_CALL_DEPOSIT_MEMORY, 6, 7,
	  HVP_STATUS_OPERATION_DENIED, 0, HVP_BAD_PAGE,
	  hvp_prepare_bad_page, hvp_deposit_all },
	{ "withdraw", HVP_CALL_WITHDRAW_MEMORY, 2, 2, HVP_STATUS_SUCCESS, 0, HVP_MANY_PAGES,
	  hvp_prepare_withdraw, hvp_withdraw_all },
	{ "withdraw more than there is", HVP_CALL_WITHDRAW_MEMORY, 2, 2,
	  HVP_STATUS_NO_RESOURCES, 5, HVP_MANY_PAGES + 5,
	  hvp_prepare_withdraw, hvp_withdraw_too_many },
	{ "map", HVP_CALL_MAP_STATS_PAGE, 2, 2, HVP_STATUS_SUCCESS, 0, 0,
	  hvp_prepare_map, hvp_map_a_partition },
	{ "map, virtual processor", HVP_CALL_MAP_STATS_PAGE, 2, 2, HVP_STATUS_SUCCESS, 0, 0,
	  hvp_prepare_map, hvp_map_a_vp },
	{ "map at a page", HVP_CALL_MAP_STATS_PAGE2, 2, 3, HVP_STATUS_SUCCESS, 0, 0,
	  hvp_prepare_map, hvp_map_there },
	{ "map memory", HVP_CALL_MAP_GPA_PAGES, 2, 2, HVP_STATUS_SUCCESS, 0, 1,
	  hvp_prepare_child, hvp_map_memory },
	{ "get registers", HVP_CALL_GET_VP_REGISTERS, 2, 2, HVP_STATUS_SUCCESS, 0, 1,
	  hvp_prepare_child, hvp_get_some_registers },
	{ "set registers", HVP_CALL_SET_VP_REGISTERS, 1, 1, HVP_STATUS_SUCCESS, 0, 1,
	  hvp_prepare_child, hvp_set_some_registers },
	{ "intercept", HVP_CALL_INSTALL_INTERCEPT, 1, 1, HVP_STATUS_SUCCESS, 0, 0,
	  hvp_prepare_child, hvp_install_an_intercept },
	{ "CPUID result", HVP_CALL_REGISTER_INTERCEPT_RESULT, 1, 1, HVP_STATUS_SUCCESS, 0, 0,
	  hvp_prepare_child, hvp_register_a_result },
	{ "CPUID value", HVP_CALL_GET_VP_CPUID_VALUES, 2, 2, HVP_STATUS_SUCCESS, 0, 1,
	  hvp_prepare_child, hvp_get_a_cpuid_value },
	{ "create port", HVP_CALL_CREATE_PORT, 1, 1, HVP_STATUS_SUCCESS, 0, 0,
	  hvp_prepare_port, hvp_create_a_port },
};

KUNIT_ARRAY_PARAM_DESC(hvp_allocating, hvp_allocating_rows, name);

static bool hvp_as_if_none_had_failed(const struct hvp_allocating_row *row,
				      struct hvp_reply reply)
{
	return reply.status == row->status && reply.reps == row->reps;
}

/*
 * In a new world, let an allocation of the call fail.  That books balance and
 * nothing has changed is looked at after every call, and that nothing is left
 * over, at the end of the test.  @failed is set if the call has failed.
 *
 * Return: false if the call did not make so many allocations.
 */
static bool hvp_fail_nth_allocation(struct kunit *test, const struct hvp_allocating_row *row,
				    unsigned int nth, bool and_later, bool *failed)
{
	struct hvp_world *world = hvp_world_create(test);
	struct hvp_reply reply;
	bool reached;

	row->prepare(world);
	world->fail_nth = nth;
	world->fail_later = and_later;
	reply = row->try(world);
	reached = !world->fail_nth;
	world->fail_nth = 0;
	/* One that has a fallback may fail without anybody noticing. */
	if (hvp_as_if_none_had_failed(row, reply))
		return reached;

	KUNIT_EXPECT_TRUE(test, reached);
	*failed = true;
	hvp_expect_pair(test, reply, (struct hvp_pair){ row->code, HVP_STATUS_NO_RESOURCES });
	KUNIT_EXPECT_EQ(test, reply.reps, row->start);
	KUNIT_EXPECT_TRUE_MSG(test, hvp_as_if_none_had_failed(row, row->try(world)),
			      "after allocation %u has failed", nth);
	return reached;
}

static void hvp_allocation_failure_has_no_effect(struct kunit *test)
{
	const struct hvp_allocating_row *row = test->param_value;
	unsigned int failures = 0;
	bool enough = true;
	unsigned int nth, chance;

	hvp_require_failing_allocations(test);
	for (nth = 1; enough && nth < HVP_MANY_ALLOCATIONS; nth++) {
		bool failed = false;

		enough = false;
		for (chance = 0; chance < HVP_CHANCES && !failed; chance++)
			enough |= hvp_fail_nth_allocation(test, row, nth, false, &failed);
		failures += failed;
	}
	kunit_info(test, "%s: %u allocations failed alone\n", row->name, failures);
	KUNIT_EXPECT_GE(test, failures, row->alone);
	KUNIT_EXPECT_LT(test, nth, HVP_MANY_ALLOCATIONS);
}

static void hvp_allocation_failures_have_no_effect(struct kunit *test)
{
	const struct hvp_allocating_row *row = test->param_value;
	unsigned int failures = 0;
	bool enough = true;
	unsigned int nth;

	hvp_require_failing_allocations(test);
	for (nth = 1; enough && nth < HVP_MANY_ALLOCATIONS; nth++) {
		bool failed = false;

		enough = hvp_fail_nth_allocation(test, row, nth, true, &failed);
		failures += failed;
	}
	kunit_info(test, "%s: %u allocations failed with all after them\n", row->name,
		   failures);
	KUNIT_EXPECT_GE(test, failures, row->together);
	KUNIT_EXPECT_LT(test, nth, HVP_MANY_ALLOCATIONS);
}

KUNIT_ARRAY_PARAM_DESC(hvp_contract, hvp_contract, name);

/*
 * Other calls must not need memory, least of all what takes away and gives back.  Unmapping
 * asks for some, and does without: see hvp_gpa_unmap_does_without_memory().
 */
static const void *hvp_frugal_gen_params(const void *row, char *desc)
{
	const struct hvp_contract_call *shape = row;

	do {
		shape = hvp_contract_gen_params(shape, desc);
	} while (shape && (shape->code == HVP_CALL_UNMAP_GPA_PAGES ||
			   (shape->statuses | shape->unit_statuses) & HVP_CAN(NO_RESOURCES)));
	return shape;
}

static void hvp_allocation_failure_stops_no_other_call(struct kunit *test)
{
	const struct hvp_contract_call *shape = test->param_value;
	bool active = shape->code == HVP_CALL_DELETE_PORT ||
		      (shape->states && !(shape->states & HVP_WHILE_UNINITIALIZED));
	enum hvp_state state = active ? HVP_STATE_ACTIVE : HVP_STATE_UNINITIALIZED;
	unsigned int needing = 0;
	unsigned int chance;

	hvp_require_failing_allocations(test);
	for (chance = 0; chance < HVP_CHANCES; chance++) {
		struct hvp_world *world = hvp_world_create(test);
		struct hvp_partition *child = hvp_world_child(world, world->root, state);
		u64 id = shape->names_child ? child->id : 1;

		hvp_world_deposit(world, world->root, 0, 4);
		/* What is mapped when it is finalized. */
		if (active)
			hvp_try_map(world, world->root,
				    HVP_PARTITION_AREA(id, HVP_STATS_AREA_PARENT));
		world->fail_nth = 1;
		world->fail_later = true;
		KUNIT_EXPECT_EQ(test, hvp_try_code(world, world->root, shape->code, id).status,
				HVP_STATUS_SUCCESS);
		needing += !world->fail_nth;
	}
	/* KASAN's record of who freed an object grows now and then. */
	KUNIT_EXPECT_LT_MSG(test, needing, HVP_CHANCES, "it allocates");
}

/* Host memory is the last check. */
static void hvp_allocation_failure_comes_last(struct kunit *test)
{
	const struct hvp_create_partition_in bad = { .isolation = 1 };
	const struct hvp_create_partition_in good = {};
	struct hvp_partition *child;
	struct hvp_world *world;

	hvp_require_failing_allocations(test);
	world = hvp_world_create(test);
	world->fail_nth = 1;
	hvp_expect_status(test, hvp_try_create(world, world->root, &bad),
			  CREATE_PARTITION, INVALID_PARAMETER);
	world->fail_nth = 1;
	hvp_expect_status(test, hvp_try_create(world, world->root, &good),
			  CREATE_PARTITION, INSUFFICIENT_MEMORY);
	world->fail_nth = 0;
	child = hvp_world_child(world, world->root, HVP_STATE_UNINITIALIZED);
	world->fail_nth = 1;
	hvp_expect_status(test, hvp_try_initialize(world, world->root, child->id),
			  INITIALIZE_PARTITION, INSUFFICIENT_MEMORY);
	world->fail_nth = 1;
	hvp_expect_status(test, hvp_try_withdraw(world, world->root, child->id,
						 HVP_NEAR(63, 0), 3, 0),
			  WITHDRAW_MEMORY, INVALID_PARAMETER);
	world->fail_nth = 1;
	hvp_expect_status(test, hvp_try_withdraw(world, world->root, 99, HVP_ANY, 3, 0),
			  WITHDRAW_MEMORY, INVALID_PARTITION_ID);
	world->fail_nth = 1;
	hvp_expect_status(test, hvp_map_a_partition(world), MAP_STATS_PAGE, INSUFFICIENT_MEMORY);
	world->fail_nth = 1;
	hvp_expect_status(test, hvp_map_there(world), MAP_STATS_PAGE2, INSUFFICIENT_MEMORY);
	world->fail_nth = 1;
	hvp_expect_status(test, hvp_try_map2(world, world->root, HVP_PARTITION_AREA(1, 0),
					     HVP_FAKE_RAM_GFN),
			  MAP_STATS_PAGE2, OPERATION_DENIED);
	world->fail_nth = 0;
}

/*
 * A VM that cannot have a hierarchy leaves nothing, and may have one later: the
 * hierarchy, its root, a node of the xarray with a fallback.
 */
static void hvp_allocation_failure_in_a_new_vm(struct kunit *test)
{
	static const struct hvp_limits limits = { .partitions = 1, .pages = 1, .depth = 1 };
	static const unsigned int needed[] = { 2, 3 };
	struct hvp_hierarchy *hierarchy;
	struct hvp_world *world;
	unsigned int and_later;

	hvp_require_failing_allocations(test);
	world = hvp_world_create(test);
	for (and_later = 0; and_later < ARRAY_SIZE(needed); and_later++) {
		unsigned int failures = 0;
		unsigned int nth, chance;
		bool failed = true;

		for (nth = 1; failed && nth < HVP_MANY_ALLOCATIONS; nth++) {
			bool missed = false;

			failed = false;
			for (chance = 0; chance < HVP_CHANCES; chance++) {
				hvp_fail_allocation(nth, and_later);
				hierarchy = hvp_hierarchy_create(&world->guest.host,
								 &world->guest.guest,
								 &world->guest.vps, &limits,
								 NULL);
				failed |= !hvp_allocations_left();
				hvp_fail_allocation(0, false);
				missed |= !hierarchy;
				hvp_hierarchy_put(hierarchy);
			}
			failures += missed;
		}
		kunit_info(test, "%u allocations failed%s\n", failures,
			   and_later ? " with all after them" : " alone");
		KUNIT_EXPECT_NOT_NULL(test, hierarchy);
		KUNIT_EXPECT_GE(test, failures, needed[and_later]);
	}
}

/* A hierarchy with partitions in all states and pages in all pools. */
static struct hvp_hierarchy *hvp_filled_hierarchy(struct hvp_world *world)
{
	struct hvp_hierarchy *empty = world->hierarchy;
	struct hvp_hierarchy *filled;
	enum hvp_state state;

	filled = hvp_hierarchy_create(&world->guest.host, &world->guest.guest,
				      &world->guest.vps, &world->limits, &world->watcher);
	KUNIT_ASSERT_NOT_NULL(world->test, filled);
	world->hierarchy = filled;
	world->root = filled->root;
	for (state = HVP_STATE_UNINITIALIZED; state < HVP_STATE_DELETED; state++)
		hvp_world_child(world, world->root, state);
	hvp_world_deposit(world, world->root, 0, HVP_BLOCK_PAGES + 1);
	hvp_expect_status(world->test, hvp_map_a_vp(world), MAP_STATS_PAGE, SUCCESS);
	hvp_expect_status(world->test, hvp_map_there(world), MAP_STATS_PAGE2, SUCCESS);
	world->hierarchy = empty;
	world->root = empty->root;
	return filled;
}

/* Neither the end of a VM nor the guest's farewell needs memory. */
static void hvp_allocation_failure_stops_no_end(struct kunit *test)
{
	unsigned int needing = 0;
	unsigned int chance;

	hvp_require_failing_allocations(test);
	for (chance = 0; chance < HVP_CHANCES; chance++) {
		struct hvp_world *world = hvp_world_create(test);
		struct hvp_hierarchy *filled = hvp_filled_hierarchy(world);

		hvp_fail_allocation(1, true);
		hvp_hierarchy_put(filled);
		needing += !hvp_allocations_left();
		hvp_fail_allocation(0, false);
		hvp_fake_expect_idle(&world->guest);
	}
	KUNIT_EXPECT_LT_MSG(test, needing, HVP_CHANCES, "it allocates");
}

static struct kunit_case hvp_allocation_failure_cases[] = {
	KUNIT_CASE_PARAM(hvp_allocation_failure_has_no_effect, hvp_allocating_gen_params),
	KUNIT_CASE_PARAM(hvp_allocation_failures_have_no_effect, hvp_allocating_gen_params),
	KUNIT_CASE_PARAM(hvp_allocation_failure_stops_no_other_call, hvp_frugal_gen_params),
	KUNIT_CASE(hvp_allocation_failure_comes_last),
	KUNIT_CASE(hvp_allocation_failure_in_a_new_vm),
	KUNIT_CASE(hvp_allocation_failure_stops_no_end),
	{}
};

HVP_KUNIT_SUITE(hvp_allocation_failure, hvp_allocation_failure_cases);
