// SPDX-License-Identifier: GPL-2.0
/*
 * Every allocation that a call makes fails once, one after the other.  Needs
 * CONFIG_FAILSLAB, and that allocations which may sleep can fail, too:
 *
 *	echo N >/sys/kernel/debug/failslab/ignore-gfp-wait
 */

#include "faults.h"
#include "world.h"

/* No call makes more allocations than that. */
#define HVP_MANY_ALLOCATIONS	400

/*
 * The n-th allocation is not always the same: the slab allocates pages now and
 * then, which count as well.  So each number gets several chances.
 */
#define HVP_CHANCES		4

/**
 * struct hvp_allocating_row - a call that allocates
 * @name:	what it is
 * @needed:	how many there are at least without which it cannot do
 * @pair:	what it gets then
 * @prepare:	makes a world in which it succeeds otherwise
 * @try:	makes the call
 */
struct hvp_allocating_row {
	const char *name;
	unsigned int needed;
	struct hvp_pair pair;
	void (*prepare)(struct hvp_world *world);
	struct hvp_reply (*try)(struct hvp_world *world);
};

static void hvp_prepare_create(struct hvp_world *world)
{
	hvp_world_deposit(world, world->root, 0, hvp_partition_pages());
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

static void hvp_prepare_deposit(struct hvp_world *world)
{
}

/* Pages of two chunks of claims and of more than one block. */
static struct hvp_reply hvp_deposit_some(struct hvp_world *world)
{
	u64 gfns[HVP_BLOCK_PAGES + 9];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(gfns); i++)
		gfns[i] = HVP_FAKE_RAM_GFN + i;
	return hvp_try_deposit(world, world->root, 1, gfns, ARRAY_SIZE(gfns), 0);
}

static void hvp_prepare_withdraw(struct hvp_world *world)
{
	hvp_world_deposit(world, world->root, 0, 40);
}

static struct hvp_reply hvp_withdraw_some(struct hvp_world *world)
{
	return hvp_try_withdraw(world, world->root, 1, HVP_ANY, 40, 0);
}

static const struct hvp_allocating_row hvp_allocating_rows[] = {
	{ "create", 1, HVP_PAIR(CREATE_PARTITION, NO_RESOURCES),
	  hvp_prepare_create, hvp_create_one },
	{ "initialize", 4, HVP_PAIR(INITIALIZE_PARTITION, NO_RESOURCES),
	  hvp_prepare_initialize, hvp_initialize_it },
	{ "deposit", 6, HVP_PAIR(DEPOSIT_MEMORY, NO_RESOURCES),
	  hvp_prepare_deposit, hvp_deposit_some },
	{ "withdraw", 2, HVP_PAIR(WITHDRAW_MEMORY, NO_RESOURCES),
	  hvp_prepare_withdraw, hvp_withdraw_some },
};

KUNIT_ARRAY_PARAM_DESC(hvp_allocating, hvp_allocating_rows, name);

/*
 * In a new world, let an allocation of the call fail.  That books balance and
 * nothing has changed is looked at after every call, and that nothing is left
 * over, at the end of the test.
 *
 * Return: false if the call did not make so many allocations.
 */
static bool hvp_fail_nth_allocation(struct kunit *test, const struct hvp_allocating_row *row,
				    unsigned int nth, unsigned int *failures)
{
	struct hvp_world *world = hvp_world_create(test);
	struct hvp_reply reply;

	row->prepare(world);
	world->fail_nth = nth;
	reply = row->try(world);
	if (world->fail_nth) {
		KUNIT_EXPECT_EQ(test, reply.status, HVP_STATUS_SUCCESS);
		return false;
	}
	/* One that has a fallback may fail without anybody noticing. */
	if (!reply.status)
		return true;

	(*failures)++;
	hvp_expect_pair(test, reply, row->pair);
	KUNIT_EXPECT_EQ(test, reply.reps, 0);
	KUNIT_EXPECT_EQ_MSG(test, row->try(world).status, HVP_STATUS_SUCCESS,
			    "after allocation %u has failed", nth);
	return true;
}

static void hvp_allocation_failure_has_no_effect(struct kunit *test)
{
	const struct hvp_allocating_row *row = test->param_value;
	unsigned int failures = 0;
	bool enough = true;
	unsigned int nth, chance;

	if (!hvp_can_fail_allocations())
		kunit_skip(test, "allocations cannot be made to fail");
	for (nth = 1; enough && nth < HVP_MANY_ALLOCATIONS; nth++) {
		enough = false;
		for (chance = 0; chance < HVP_CHANCES; chance++)
			enough |= hvp_fail_nth_allocation(test, row, nth, &failures);
	}
	KUNIT_EXPECT_GE(test, failures, row->needed);
	KUNIT_EXPECT_LT(test, nth, HVP_MANY_ALLOCATIONS);
}

/* What takes away and gives back must not fail for want of memory. */
static const u16 hvp_frugal_codes[] = {
	HVP_CALL_FINALIZE_PARTITION, HVP_CALL_DELETE_PARTITION, HVP_CALL_GET_PARTITION_ID,
	HVP_CALL_GET_NEXT_CHILD_PARTITION, HVP_CALL_GET_MEMORY_BALANCE,
	HVP_CALL_GET_PARTITION_PROPERTY, HVP_CALL_SET_PARTITION_PROPERTY,
};

static void hvp_frugal_desc(const u16 *code, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "call %#x", *code);
}

KUNIT_ARRAY_PARAM(hvp_frugal, hvp_frugal_codes, hvp_frugal_desc);

static void hvp_allocation_failure_stops_no_other_call(struct kunit *test)
{
	u16 code = *(const u16 *)test->param_value;
	enum hvp_state state = code == HVP_CALL_FINALIZE_PARTITION ? HVP_STATE_ACTIVE :
								     HVP_STATE_UNINITIALIZED;
	unsigned int nth;

	if (!hvp_can_fail_allocations())
		kunit_skip(test, "allocations cannot be made to fail");
	for (nth = 1; nth < HVP_MANY_ALLOCATIONS; nth++) {
		struct hvp_world *world = hvp_world_create(test);
		struct hvp_partition *child = hvp_world_child(world, world->root, state);
		u64 id = code == HVP_CALL_GET_NEXT_CHILD_PARTITION ? 1 : child->id;

		world->fail_nth = nth;
		KUNIT_EXPECT_EQ(test, hvp_try_code(world, world->root, code, id).status,
				HVP_STATUS_SUCCESS);
		if (world->fail_nth)
			break;
	}
	KUNIT_EXPECT_LT(test, nth, HVP_MANY_ALLOCATIONS);
}

/* Host memory is the last check. */
static void hvp_allocation_failure_comes_last(struct kunit *test)
{
	const struct hvp_create_partition_in bad = { .isolation = 1 };
	const struct hvp_create_partition_in good = {};
	struct hvp_partition *child;
	struct hvp_world *world;

	if (!hvp_can_fail_allocations())
		kunit_skip(test, "allocations cannot be made to fail");
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
	world->fail_nth = 0;
}

/* A VM that cannot have a hierarchy leaves nothing, and may have one later. */
static void hvp_allocation_failure_in_a_new_vm(struct kunit *test)
{
	static const struct hvp_limits limits = { .partitions = 1, .pages = 1, .depth = 1 };
	struct hvp_hierarchy *hierarchy;
	struct hvp_world *world;
	unsigned int failures = 0;
	unsigned int nth;
	bool failed;

	if (!hvp_can_fail_allocations())
		kunit_skip(test, "allocations cannot be made to fail");
	world = hvp_world_create(test);
	for (nth = 1; nth < HVP_MANY_ALLOCATIONS; nth++) {
		hvp_fail_allocation(nth);
		hierarchy = hvp_hierarchy_create(&world->guest.guest, &limits, NULL);
		failed = !hvp_allocations_left();
		hvp_fail_allocation(0);
		failures += !hierarchy;
		hvp_hierarchy_put(hierarchy);
		if (!failed)
			break;
	}
	KUNIT_EXPECT_NOT_NULL(test, hierarchy);
	KUNIT_EXPECT_GT(test, failures, 0);
}

static struct kunit_case hvp_allocation_failure_cases[] = {
	KUNIT_CASE_PARAM(hvp_allocation_failure_has_no_effect, hvp_allocating_gen_params),
	KUNIT_CASE_PARAM(hvp_allocation_failure_stops_no_other_call, hvp_frugal_gen_params),
	KUNIT_CASE(hvp_allocation_failure_comes_last),
	KUNIT_CASE(hvp_allocation_failure_in_a_new_vm),
	{}
};

HVP_KUNIT_SUITE(hvp_allocation_failure, hvp_allocation_failure_cases);
