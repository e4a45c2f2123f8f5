// SPDX-License-Identifier: GPL-2.0
/* dispatch.c: checks 9 and 10 of the contract's section 3: which partition, in which state. */

#include "contract.h"

KUNIT_ARRAY_PARAM_DESC(hvp_contract, hvp_contract, name);

static const void *hvp_with_target_gen_params(const void *row, char *desc)
{
	const struct hvp_contract_call *shape = row;

	do {
		shape = hvp_contract_gen_params(shape, desc);
	} while (shape && !shape->states);
	return shape;
}

/* Who may be named: check 9.  Root has two children, one with a child. */
static void hvp_dispatch_knows_who_may_be_named(struct kunit *test)
{
	const struct hvp_contract_call *shape = test->param_value;
	struct hvp_world *world = hvp_world_create(test);
	struct hvp_partition *root = world->root;
	struct hvp_partition *parent = hvp_world_child(world, root, HVP_STATE_ACTIVE);
	struct hvp_partition *sibling = hvp_world_child(world, root, HVP_STATE_ACTIVE);
	struct hvp_partition *child = hvp_world_child(world, parent, HVP_STATE_ACTIVE);
	enum hvp_status self = shape->names_self ? HVP_STATUS_SUCCESS : HVP_STATUS_ACCESS_DENIED;
	const struct {
		const char *name;
		struct hvp_partition *caller;
		u64 id;
		enum hvp_status status;
	} rows[] = {
		{ "nobody", parent, 0, HVP_STATUS_INVALID_PARTITION_ID },
		{ "next ID", parent, child->id + 1, HVP_STATUS_INVALID_PARTITION_ID },
		{ "own ID above 32 bits", parent, parent->id | 1ULL << 32,
		  HVP_STATUS_INVALID_PARTITION_ID },
		{ "nearly SELF", parent, HVP_PARTITION_ID_SELF - 1,
		  HVP_STATUS_INVALID_PARTITION_ID },
		{ "parent", parent, root->id, HVP_STATUS_ACCESS_DENIED },
		{ "sibling", parent, sibling->id, HVP_STATUS_ACCESS_DENIED },
		{ "grandchild", root, child->id, HVP_STATUS_ACCESS_DENIED },
		{ "grandparent", child, root->id, HVP_STATUS_ACCESS_DENIED },
		{ "sibling's child", sibling, child->id, HVP_STATUS_ACCESS_DENIED },
		{ "own ID", parent, parent->id, self },
		{ "SELF", parent, HVP_PARTITION_ID_SELF, self },
		{ "own ID as the root", root, root->id, self },
		{ "SELF as the root", root, HVP_PARTITION_ID_SELF, self },
	};
	int i;

	/* For two areas, if statistics pages are to be mapped. */
	hvp_world_deposit(world, root, 0, 4);
	hvp_world_deposit(world, parent, 0, 4);
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct hvp_reply reply = hvp_try_code(world, rows[i].caller, shape->code,
						      rows[i].id);

		KUNIT_EXPECT_EQ_MSG(test, reply.status, rows[i].status, "%s", rows[i].name);
	}
	/* A child may be named, but not where the caller itself is asked for. */
	if (!shape->names_child)
		KUNIT_EXPECT_EQ(test, hvp_try_code(world, parent, shape->code, child->id).status,
				HVP_STATUS_ACCESS_DENIED);
}

static void hvp_dispatch_finds_no_partition(struct kunit *test)
{
	struct hvp_world *world = hvp_world_create(test);
	unsigned int i;

	for (i = 0; i < HVP_CONTRACT_CALLS; i++) {
		u16 code = hvp_contract[i].code;

		if (hvp_contract[i].states)
			hvp_expect_pair(test, hvp_try_code(world, world->root, code, 9),
					(struct hvp_pair){ code, HVP_STATUS_INVALID_PARTITION_ID });
	}
}

/*
 * Calls by state, section 4: check 10.  What can be set in which state is the
 * property's affair, so HvSetPartitionProperty has a table of its own.
 */
static const void *hvp_in_state_gen_params(const void *row, char *desc)
{
	const struct hvp_contract_call *shape = row;

	do {
		shape = hvp_contract_gen_params(shape, desc);
	} while (shape && (!shape->names_child || shape->code == HVP_CALL_SET_PARTITION_PROPERTY));
	return shape;
}

static void hvp_dispatch_heeds_state(struct kunit *test)
{
	const struct hvp_contract_call *shape = test->param_value;
	enum hvp_state state;

	for (state = HVP_STATE_UNINITIALIZED; state <= HVP_STATE_FINALIZED; state++) {
		struct hvp_world *world = hvp_world_create(test);
		struct hvp_partition *child;
		bool passes = shape->states & BIT(state);

		child = hvp_world_child(world, world->root, HVP_STATE_UNINITIALIZED);
		/* The caller pays for statistics pages. */
		hvp_world_deposit(world, world->root, 0, 2);
		/* Enough to initialize it, unless a pool that is not empty matters. */
		if (shape->code != HVP_CALL_DELETE_PARTITION ||
		    state != HVP_STATE_UNINITIALIZED)
			hvp_world_deposit(world, child, 0, hvp_active_pages() + 1);
		if (state != HVP_STATE_UNINITIALIZED)
			KUNIT_ASSERT_EQ(test, hvp_try_code(world, world->root,
							   HVP_CALL_INITIALIZE_PARTITION,
							   child->id).status, 0);
		if (state == HVP_STATE_FINALIZING)
			hvp_world_set_state(child, HVP_STATE_FINALIZING);
		if (state == HVP_STATE_FINALIZED)
			KUNIT_ASSERT_EQ(test, hvp_try_code(world, world->root,
							   HVP_CALL_FINALIZE_PARTITION,
							   child->id).status, 0);
		if (shape->code == HVP_CALL_DELETE_PARTITION && state == HVP_STATE_FINALIZED)
			hvp_try_withdraw(world, world->root, child->id, HVP_PROXIMITY_ANY,
					 hvp_active_pages() + 1, 0);

		hvp_expect_pair(test, hvp_try_code(world, world->root, shape->code, child->id),
				(struct hvp_pair){ shape->code,
						   passes ? HVP_STATUS_SUCCESS :
							    HVP_STATUS_INVALID_PARTITION_STATE });
	}
}

/* The parent itself may ask for its children in any state. */
static void hvp_dispatch_next_child_in_any_state(struct kunit *test)
{
	enum hvp_state state;

	for (state = HVP_STATE_UNINITIALIZED; state <= HVP_STATE_FINALIZED; state++) {
		struct hvp_world *world = hvp_world_create(test);
		struct hvp_partition *caller = hvp_world_child(world, world->root, state);

		hvp_expect_status(test, hvp_try_next_child(world, caller, caller->id, 0),
				  GET_NEXT_CHILD_PARTITION, SUCCESS);
	}
}

static struct kunit_case hvp_dispatch_target_cases[] = {
	KUNIT_CASE_PARAM(hvp_dispatch_knows_who_may_be_named, hvp_with_target_gen_params),
	KUNIT_CASE(hvp_dispatch_finds_no_partition),
	KUNIT_CASE_PARAM(hvp_dispatch_heeds_state, hvp_in_state_gen_params),
	KUNIT_CASE(hvp_dispatch_next_child_in_any_state),
	{}
};

HVP_KUNIT_SUITE(hvp_dispatch_target, hvp_dispatch_target_cases);
