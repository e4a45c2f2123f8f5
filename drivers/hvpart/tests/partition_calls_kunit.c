// SPDX-License-Identifier: GPL-2.0
/*
 * partition_calls.c: create, initialize, finalize, delete, and asking who is
 * there; checks 11 and 12 and what the calls do.
 */

#include "../core/snapshot.h"
#include "world.h"

#define VALID		HVP_PROXIMITY_VALID
#define PREFERRED	HVP_PROXIMITY_PREFERRED

/* HvCreatePartition: what may be asked for. */
struct hvp_creation_row {
	const char *name;
	struct hvp_create_partition_in in;
	struct hvp_pair pair;
};

#define TAKEN	HVP_PAIR(CREATE_PARTITION, SUCCESS)
#define REFUSED	HVP_PAIR(CREATE_PARTITION, INVALID_PARAMETER)

static const struct hvp_creation_row hvp_creation_rows[] = {
	{ "nothing special", { }, TAKEN },
	{ "all defined flags", { .flags = 0x59a713 }, TAKEN },
	{ "what Linux sends", { .flags = BIT(13) | BIT(22), .compatibility_version = 0x0609 },
	  TAKEN },
	{ "any compatibility version", { .compatibility_version = ~0 }, TAKEN },
	{ "rubbish in the padding", { .padding = 0xdeadbeef }, TAKEN },
	{ "all features disabled", { .disabled_processor_features = { ~0, ~0 },
				     .disabled_xsave_features = ~0 }, TAKEN },
	{ "domain 0", { .proximity = { 0, VALID } }, TAKEN },
	{ "domain 0 preferred", { .proximity = { 0, VALID | PREFERRED } }, TAKEN },
	{ "no domain, id ignored", { .proximity = { 4711, 0 } }, TAKEN },
	{ "isolation, lowest bit", { .isolation = 1 }, REFUSED },
	{ "isolation, highest bit", { .isolation = BIT_ULL(63) }, REFUSED },
	{ "reserved proximity flag 1", { .proximity = { 0, BIT(1) } }, REFUSED },
	{ "reserved proximity flag 30", { .proximity = { 0, VALID | BIT(30) } }, REFUSED },
	{ "domain 63", { .proximity = { 63, VALID } }, REFUSED },
	{ "domain 64", { .proximity = { 64, VALID | PREFERRED } }, REFUSED },
	{ "domain -1", { .proximity = { ~0, VALID } }, REFUSED },
};

KUNIT_ARRAY_PARAM_DESC(hvp_creation, hvp_creation_rows, name);

static void hvp_create_takes_or_refuses(struct kunit *test)
{
	const struct hvp_creation_row *row = test->param_value;
	struct hvp_world *world = hvp_world_create(test);
	struct hvp_reply reply;

	hvp_world_deposit(world, world->root, 0, hvp_partition_pages());
	reply = hvp_try_create(world, world->root, &row->in);
	hvp_expect_pair(test, reply, row->pair);
	if (!reply.status)
		KUNIT_EXPECT_EQ(test, reply.out[0], 2);
}

/* Every one of the 64 flags by itself. */
static void hvp_create_knows_its_flags(struct kunit *test)
{
	struct hvp_world *world = hvp_world_create(test);
	unsigned int bit;

	for (bit = 0; bit < 64; bit++) {
		const struct hvp_create_partition_in in = { .flags = BIT_ULL(bit) };
		bool defined = BIT_ULL(bit) & 0x59a713;
		struct hvp_reply reply = hvp_try_create(world, world->root, &in);

		/* The pool is empty, so what passes fails for that. */
		KUNIT_EXPECT_EQ_MSG(test, reply.status,
				    defined ? HVP_STATUS_INSUFFICIENT_MEMORY :
					      HVP_STATUS_INVALID_PARAMETER, "flag %u", bit);
	}
}

static void hvp_create_makes_what_was_asked_for(struct kunit *test)
{
	const struct hvp_create_partition_in in = {
		.flags = HVP_CREATE_LAPIC | HVP_CREATE_X2APIC,
		.proximity = { 0, VALID },
		.compatibility_version = 0x0609,
		.disabled_processor_features = { 0x11, 0x22 },
		.disabled_xsave_features = 0x33,
	};
	struct hvp_world *world = hvp_world_create(test);
	unsigned int cost = hvp_partition_pages();
	struct hvp_partition *child;
	struct hvp_reply reply;

	hvp_world_deposit(world, world->root, 0, cost + 2);
	reply = hvp_try_create(world, world->root, &in);
	hvp_expect_status(test, reply, CREATE_PARTITION, SUCCESS);
	child = hvp_world_get(world, reply.out[0]);
	KUNIT_EXPECT_EQ(test, child->state, HVP_STATE_UNINITIALIZED);
	KUNIT_EXPECT_PTR_EQ(test, child->parent, world->root);
	KUNIT_EXPECT_EQ(test, child->creation.flags, in.flags);
	KUNIT_EXPECT_EQ(test, child->creation.proximity.flags, in.proximity.flags);
	KUNIT_EXPECT_EQ(test, child->creation.compatibility_version, 0x0609);
	KUNIT_EXPECT_EQ(test, child->creation.disabled_processor_features[0], 0x11);
	KUNIT_EXPECT_EQ(test, child->creation.disabled_processor_features[1], 0x22);
	KUNIT_EXPECT_EQ(test, child->creation.disabled_xsave_features, 0x33);
	hvp_world_expect_balance(test, child, 0, 0);
	hvp_world_expect_balance(test, world->root, 2, cost);
	KUNIT_EXPECT_EQ(test, world->created, 1);
}

/* One page short: nothing happens; one page more: it works. */
static void hvp_create_costs_the_caller(struct kunit *test)
{
	const struct hvp_create_partition_in in = {};
	struct hvp_world *world = hvp_world_create(test);

	if (hvp_partition_pages() > 1)
		hvp_world_deposit(world, world->root, 0, hvp_partition_pages() - 1);
	hvp_expect_status(test, hvp_try_create(world, world->root, &in),
			  CREATE_PARTITION, INSUFFICIENT_MEMORY);
	hvp_world_deposit(world, world->root, 0, 1);
	hvp_expect_status(test, hvp_try_create(world, world->root, &in), CREATE_PARTITION, SUCCESS);
	hvp_world_expect_balance(test, world->root, 0, hvp_partition_pages());
	hvp_expect_status(test, hvp_try_create(world, world->root, &in),
			  CREATE_PARTITION, INSUFFICIENT_MEMORY);
}

static void hvp_create_charges_the_wanted_domain(struct kunit *test)
{
	const struct hvp_create_partition_in only = { .proximity = { 1, VALID } };
	const struct hvp_create_partition_in rather = { .proximity = { 1, VALID | PREFERRED } };
	unsigned int cost = hvp_partition_pages();
	struct hvp_world *world;
	struct hvp_balance balance;

	hvp_require_nodes(test, 2);
	world = hvp_world_create(test);
	hvp_world_deposit(world, world->root, 0, 3 * cost);
	hvp_expect_status(test, hvp_try_create(world, world->root, &only),
			  CREATE_PARTITION, INSUFFICIENT_MEMORY);
	hvp_expect_status(test, hvp_try_create(world, world->root, &rather),
			  CREATE_PARTITION, SUCCESS);
	hvp_world_deposit(world, world->root, 1, 2 * cost);
	hvp_expect_status(test, hvp_try_create(world, world->root, &only),
			  CREATE_PARTITION, SUCCESS);
	hvp_expect_status(test, hvp_try_create(world, world->root, &rather),
			  CREATE_PARTITION, SUCCESS);
	balance = hvp_pool_balance(&world->root->pool, HVP_ONLY(1));
	KUNIT_EXPECT_EQ(test, balance.available, 0);
	KUNIT_EXPECT_EQ(test, balance.in_use, 2 * cost);
	hvp_expect_status(test, hvp_try_create(world, world->root, &only),
			  CREATE_PARTITION, INSUFFICIENT_MEMORY);
	/* And back to where it came from. */
	hvp_expect_status(test, hvp_try_delete(world, world->root, 3), DELETE_PARTITION, SUCCESS);
	balance = hvp_pool_balance(&world->root->pool, HVP_ONLY(1));
	KUNIT_EXPECT_EQ(test, balance.available, cost);
}

static void hvp_create_heeds_depth(struct kunit *test)
{
	const struct hvp_create_partition_in in = {};
	const struct hvp_create_partition_in bad = { .isolation = 1 };
	struct hvp_world *world = hvp_world_create(test);
	struct hvp_partition *child = hvp_world_child(world, world->root, HVP_STATE_ACTIVE);
	struct hvp_partition *grandchild = hvp_world_child(world, child, HVP_STATE_ACTIVE);

	/* Limit 2, and before the balance, which is 0. */
	hvp_expect_status(test, hvp_try_create(world, grandchild, &in),
			  CREATE_PARTITION, PARTITION_TOO_DEEP);
	hvp_world_deposit(world, grandchild, 0, hvp_partition_pages());
	hvp_expect_status(test, hvp_try_create(world, grandchild, &in),
			  CREATE_PARTITION, PARTITION_TOO_DEEP);
	/* After the values. */
	hvp_expect_status(test, hvp_try_create(world, grandchild, &bad),
			  CREATE_PARTITION, INVALID_PARAMETER);
	world->limits.depth = 3;
	hvp_expect_status(test, hvp_try_create(world, grandchild, &in), CREATE_PARTITION, SUCCESS);
	world->limits.depth = 0;
	hvp_expect_status(test, hvp_try_create(world, world->root, &in),
			  CREATE_PARTITION, PARTITION_TOO_DEEP);
}

static void hvp_create_heeds_partition_limit(struct kunit *test)
{
	const struct hvp_create_partition_in in = {};
	struct hvp_world *world = hvp_world_create(test);
	unsigned int cost = hvp_partition_pages();

	world->limits.partitions = 2;
	hvp_world_deposit(world, world->root, 0, 2 * cost);
	hvp_expect_status(test, hvp_try_create(world, world->root, &in), CREATE_PARTITION, SUCCESS);
	hvp_expect_status(test, hvp_try_create(world, world->root, &in), CREATE_PARTITION, SUCCESS);
	/* Pool before host. */
	hvp_expect_status(test, hvp_try_create(world, world->root, &in),
			  CREATE_PARTITION, INSUFFICIENT_MEMORY);
	hvp_world_deposit(world, world->root, 0, cost);
	hvp_expect_status(test, hvp_try_create(world, world->root, &in),
			  CREATE_PARTITION, NO_RESOURCES);
	/* A failed creation does not count, and takes no ID. */
	hvp_expect_status(test, hvp_try_delete(world, world->root, 2), DELETE_PARTITION, SUCCESS);
	hvp_expect_status(test, hvp_try_create(world, world->root, &in), CREATE_PARTITION, SUCCESS);
	KUNIT_EXPECT_EQ(test, world->hierarchy->last_id, 4);
}

/* HvInitializePartition */

static void hvp_initialize_costs_the_target(struct kunit *test)
{
	struct hvp_world *world = hvp_world_create(test);
	struct hvp_partition *child = hvp_world_child(world, world->root,
						      HVP_STATE_UNINITIALIZED);
	unsigned int cost = hvp_active_pages();

	/* The parent's pages are no help. */
	hvp_world_deposit(world, world->root, 0, cost);
	hvp_expect_status(test, hvp_try_initialize(world, world->root, child->id),
			  INITIALIZE_PARTITION, INSUFFICIENT_MEMORY);
	if (cost > 1)
		hvp_world_deposit(world, child, 0, cost - 1);
	hvp_expect_status(test, hvp_try_initialize(world, world->root, child->id),
			  INITIALIZE_PARTITION, INSUFFICIENT_MEMORY);
	KUNIT_EXPECT_EQ(test, child->state, HVP_STATE_UNINITIALIZED);
	hvp_world_expect_balance(test, child, cost - 1, 0);
	hvp_world_deposit(world, child, 0, 1);
	hvp_expect_status(test, hvp_try_initialize(world, world->root, child->id),
			  INITIALIZE_PARTITION, SUCCESS);
	KUNIT_EXPECT_EQ(test, child->state, HVP_STATE_ACTIVE);
	hvp_world_expect_balance(test, child, 0, cost);
	hvp_world_expect_balance(test, world->root, cost, hvp_partition_pages());
}

static void hvp_initialize_charges_the_domain_of_creation(struct kunit *test)
{
	unsigned int cost = hvp_active_pages();
	struct hvp_partition *only, *rather;
	struct hvp_balance balance;
	struct hvp_world *world;

	hvp_require_nodes(test, 2);
	world = hvp_world_create(test);
	only = hvp_world_child_near(world, world->root, HVP_STATE_UNINITIALIZED, HVP_ONLY(1));
	rather = hvp_world_child_near(world, world->root, HVP_STATE_UNINITIALIZED,
				      HVP_PREFER(1));
	hvp_world_deposit(world, only, 0, cost);
	hvp_world_deposit(world, rather, 0, cost);
	hvp_expect_status(test, hvp_try_initialize(world, world->root, only->id),
			  INITIALIZE_PARTITION, INSUFFICIENT_MEMORY);
	hvp_expect_status(test, hvp_try_initialize(world, world->root, rather->id),
			  INITIALIZE_PARTITION, SUCCESS);
	hvp_world_deposit(world, only, 1, cost);
	hvp_expect_status(test, hvp_try_initialize(world, world->root, only->id),
			  INITIALIZE_PARTITION, SUCCESS);
	balance = hvp_pool_balance(&only->pool, HVP_ONLY(0));
	KUNIT_EXPECT_EQ(test, balance.available, cost);
	KUNIT_EXPECT_EQ(test, balance.in_use, 0);
	balance = hvp_pool_balance(&only->pool, HVP_ONLY(1));
	KUNIT_EXPECT_EQ(test, balance.in_use, cost);
}

/* A preferred domain that has some of it: that first, then any. */
static void hvp_initialize_takes_preferred_first(struct kunit *test)
{
	unsigned int cost = hvp_active_pages();
	struct hvp_partition *child;
	struct hvp_world *world;

	hvp_require_nodes(test, 2);
	world = hvp_world_create(test);
	child = hvp_world_child_near(world, world->root, HVP_STATE_UNINITIALIZED,
				     HVP_PREFER(1));
	hvp_world_deposit(world, child, 0, cost);
	hvp_world_deposit(world, child, 1, 1);
	hvp_expect_status(test, hvp_try_initialize(world, world->root, child->id),
			  INITIALIZE_PARTITION, SUCCESS);
	KUNIT_EXPECT_EQ(test, hvp_pool_balance(&child->pool, HVP_ONLY(1)).in_use, 1);
	KUNIT_EXPECT_EQ(test, hvp_pool_balance(&child->pool, HVP_ONLY(0)).in_use, cost - 1);
}

/* Fast or through memory, it is the same call. */
static const u16 hvp_fast_codes[] = {
	HVP_CALL_INITIALIZE_PARTITION, HVP_CALL_FINALIZE_PARTITION, HVP_CALL_DELETE_PARTITION,
};

static void hvp_partition_calls_can_be_fast(struct kunit *test)
{
	struct hvp_world *world = hvp_world_create(test);
	struct hvp_partition *child = hvp_world_child(world, world->root,
						      HVP_STATE_UNINITIALIZED);
	int i;

	hvp_world_deposit(world, child, 0, hvp_active_pages());
	for (i = 0; i < ARRAY_SIZE(hvp_fast_codes); i++) {
		const struct hvp_try try = {
			.code = hvp_fast_codes[i], .in = &child->id, .fast = true };

		if (try.code == HVP_CALL_DELETE_PARTITION)
			hvp_try_withdraw(world, world->root, child->id, HVP_PROXIMITY_ANY,
					 hvp_active_pages(), 0);
		memset(world->guest.count, 0, sizeof(world->guest.count));
		KUNIT_EXPECT_EQ_MSG(test, hvp_try(world, world->root, &try).status, 0,
				    "call %#x", try.code);
		KUNIT_EXPECT_EQ(test, world->guest.count[HVP_FAKE_READ], 0);
	}
	KUNIT_EXPECT_EQ(test, world->deleted, 1);
}

/* HvFinalizePartition */

static void hvp_finalize_gives_back(struct kunit *test)
{
	struct hvp_world *world = hvp_world_create(test);
	struct hvp_partition *child = hvp_world_child(world, world->root, HVP_STATE_ACTIVE);

	hvp_world_deposit(world, child, 0, 3);
	hvp_expect_status(test, hvp_try_finalize(world, world->root, child->id),
			  FINALIZE_PARTITION, SUCCESS);
	KUNIT_EXPECT_EQ(test, child->state, HVP_STATE_FINALIZED);
	KUNIT_EXPECT_NULL(test, child->active);
	hvp_world_expect_balance(test, child, hvp_active_pages() + 3, 0);
	/* Irreversible. */
	hvp_expect_status(test, hvp_try_initialize(world, world->root, child->id),
			  INITIALIZE_PARTITION, INVALID_PARTITION_STATE);
	hvp_expect_status(test, hvp_try_finalize(world, world->root, child->id),
			  FINALIZE_PARTITION, INVALID_PARTITION_STATE);
}

static void hvp_finalize_wants_no_children(struct kunit *test)
{
	struct hvp_world *world = hvp_world_create(test);
	struct hvp_partition *child = hvp_world_child(world, world->root, HVP_STATE_ACTIVE);
	struct hvp_partition *grandchild = hvp_world_child(world, child, HVP_STATE_FINALIZED);

	hvp_expect_status(test, hvp_try_finalize(world, world->root, child->id),
			  FINALIZE_PARTITION, OPERATION_DENIED);
	KUNIT_EXPECT_EQ(test, child->state, HVP_STATE_ACTIVE);
	hvp_expect_status(test, hvp_try_withdraw(world, child, grandchild->id, HVP_ANY,
						 hvp_active_pages(), 0),
			  WITHDRAW_MEMORY, SUCCESS);
	hvp_expect_status(test, hvp_try_delete(world, child, grandchild->id),
			  DELETE_PARTITION, SUCCESS);
	hvp_expect_status(test, hvp_try_finalize(world, world->root, child->id),
			  FINALIZE_PARTITION, SUCCESS);
}

/* HvDeletePartition */

static void hvp_delete_wants_an_empty_pool(struct kunit *test)
{
	struct hvp_world *world = hvp_world_create(test);
	struct hvp_partition *child = hvp_world_child(world, world->root,
						      HVP_STATE_UNINITIALIZED);

	hvp_world_deposit(world, child, 0, 1);
	hvp_expect_status(test, hvp_try_delete(world, world->root, child->id),
			  DELETE_PARTITION, OPERATION_DENIED);
	hvp_expect_status(test, hvp_try_withdraw(world, world->root, child->id, HVP_ANY, 1, 0),
			  WITHDRAW_MEMORY, SUCCESS);
	hvp_expect_status(test, hvp_try_delete(world, world->root, child->id),
			  DELETE_PARTITION, SUCCESS);
	KUNIT_EXPECT_EQ(test, world->deleted, 1);
	hvp_world_expect_balance(test, world->root, hvp_partition_pages(), 0);
}

/* State before pool: an active partition's pool is never empty. */
static void hvp_delete_checks_state_first(struct kunit *test)
{
	struct hvp_world *world = hvp_world_create(test);
	struct hvp_partition *child = hvp_world_child(world, world->root, HVP_STATE_ACTIVE);

	hvp_expect_status(test, hvp_try_delete(world, world->root, child->id),
			  DELETE_PARTITION, INVALID_PARTITION_STATE);
}

/* Deleted partitions leave nothing: every call says that there is no such ID. */
static void hvp_delete_leaves_nothing(struct kunit *test)
{
	static const u16 codes[] = { 0x41, 0x42, 0x43, 0x44, 0x45, 0x48, 0x49, 0x4a,
				     0x6c, 0x6d, 0x101, 0x131 };
	struct hvp_world *world = hvp_world_create(test);
	struct hvp_partition *child = hvp_world_child(world, world->root,
						      HVP_STATE_UNINITIALIZED);
	int i;

	hvp_expect_status(test, hvp_try_delete(world, world->root, child->id),
			  DELETE_PARTITION, SUCCESS);
	KUNIT_EXPECT_EQ(test, child->state, HVP_STATE_DELETED);
	for (i = 0; i < ARRAY_SIZE(codes); i++)
		KUNIT_EXPECT_EQ_MSG(test, hvp_try_code(world, world->root, codes[i],
						       child->id).status,
				    HVP_STATUS_INVALID_PARTITION_ID, "call %#x", codes[i]);
}

/* In whatever order children go, each gives back what it cost. */
static void hvp_delete_in_any_order(struct kunit *test)
{
	static const u64 order[] = { 3, 2, 5, 4 };
	struct hvp_world *world = hvp_world_create(test);
	unsigned int cost = hvp_partition_pages();
	int i;

	for (i = 0; i < ARRAY_SIZE(order); i++)
		hvp_world_child(world, world->root, HVP_STATE_UNINITIALIZED);
	for (i = 0; i < ARRAY_SIZE(order); i++) {
		hvp_expect_status(test, hvp_try_delete(world, world->root, order[i]),
				  DELETE_PARTITION, SUCCESS);
		hvp_world_expect_balance(test, world->root, (i + 1) * cost,
					 (ARRAY_SIZE(order) - 1 - i) * cost);
	}
}

/* HvGetPartitionId */

static void hvp_get_id_says_who_one_is(struct kunit *test)
{
	struct hvp_world *world = hvp_world_create(test);
	struct hvp_partition *child = hvp_world_child(world, world->root, HVP_STATE_ACTIVE);
	struct hvp_partition *grandchild = hvp_world_child(world, child, HVP_STATE_ACTIVE);
	struct hvp_reply reply;

	reply = hvp_try_get_id(world, world->root);
	hvp_expect_status(test, reply, GET_PARTITION_ID, SUCCESS);
	KUNIT_EXPECT_EQ(test, reply.out[0], 1);
	reply = hvp_try_get_id(world, child);
	KUNIT_EXPECT_EQ(test, reply.out[0], child->id);
	reply = hvp_try_get_id(world, grandchild);
	KUNIT_EXPECT_EQ(test, reply.out[0], grandchild->id);
}

/* HvGetNextChildPartition */

static void hvp_next_child_walks_in_creation_order(struct kunit *test)
{
	static const u64 left[] = { 2, 4, 6, 0 };
	struct hvp_world *world = hvp_world_create(test);
	struct hvp_reply reply;
	u64 previous = 0;
	int i;

	reply = hvp_try_next_child(world, world->root, HVP_PARTITION_ID_SELF, 0);
	hvp_expect_status(test, reply, GET_NEXT_CHILD_PARTITION, SUCCESS);
	KUNIT_EXPECT_EQ(test, reply.out[0], 0);

	for (i = 2; i <= 4; i++)
		hvp_world_child(world, world->root, HVP_STATE_ACTIVE);
	/* A grandchild is none of the children. */
	hvp_world_child(world, hvp_world_get(world, 2), HVP_STATE_UNINITIALIZED);
	hvp_world_child(world, world->root, HVP_STATE_UNINITIALIZED);
	hvp_try_finalize(world, world->root, 3);
	hvp_try_withdraw(world, world->root, 3, HVP_ANY, hvp_active_pages(), 0);
	hvp_try_delete(world, world->root, 3);

	for (i = 0; i < ARRAY_SIZE(left); i++) {
		reply = hvp_try_next_child(world, world->root, 1, previous);
		hvp_expect_status(test, reply, GET_NEXT_CHILD_PARTITION, SUCCESS);
		KUNIT_EXPECT_EQ(test, reply.out[0], left[i]);
		previous = reply.out[0];
	}
}

/* Previous IDs that are none: 3 has been deleted, 4 is a grandchild. */
static const u64 hvp_no_previous[] = {
	1, 3, 4, 5, 1ULL << 32 | 2, HVP_PARTITION_ID_SELF, HVP_PARTITION_ID_SELF - 1,
};

static void hvp_no_previous_desc(const u64 *id, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%#llx", *id);
}

KUNIT_ARRAY_PARAM(hvp_no_previous, hvp_no_previous, hvp_no_previous_desc);

static void hvp_next_child_wants_a_child(struct kunit *test)
{
	u64 previous = *(const u64 *)test->param_value;
	struct hvp_world *world = hvp_world_create(test);
	struct hvp_partition *child = hvp_world_child(world, world->root, HVP_STATE_ACTIVE);

	hvp_world_child(world, world->root, HVP_STATE_UNINITIALIZED);
	hvp_try_delete(world, world->root, 3);
	hvp_world_child(world, child, HVP_STATE_UNINITIALIZED);
	hvp_expect_status(test, hvp_try_next_child(world, world->root, 1, previous),
			  GET_NEXT_CHILD_PARTITION, INVALID_PARTITION_ID);
}

static struct kunit_case hvp_partition_calls_cases[] = {
	KUNIT_CASE_PARAM(hvp_create_takes_or_refuses, hvp_creation_gen_params),
	KUNIT_CASE(hvp_create_knows_its_flags),
	KUNIT_CASE(hvp_create_makes_what_was_asked_for),
	KUNIT_CASE(hvp_create_costs_the_caller),
	KUNIT_CASE(hvp_create_charges_the_wanted_domain),
	KUNIT_CASE(hvp_create_heeds_depth),
	KUNIT_CASE(hvp_create_heeds_partition_limit),
	KUNIT_CASE(hvp_initialize_costs_the_target),
	KUNIT_CASE(hvp_initialize_charges_the_domain_of_creation),
	KUNIT_CASE(hvp_initialize_takes_preferred_first),
	KUNIT_CASE(hvp_partition_calls_can_be_fast),
	KUNIT_CASE(hvp_finalize_gives_back),
	KUNIT_CASE(hvp_finalize_wants_no_children),
	KUNIT_CASE(hvp_delete_wants_an_empty_pool),
	KUNIT_CASE(hvp_delete_checks_state_first),
	KUNIT_CASE(hvp_delete_leaves_nothing),
	KUNIT_CASE(hvp_delete_in_any_order),
	KUNIT_CASE(hvp_get_id_says_who_one_is),
	KUNIT_CASE(hvp_next_child_walks_in_creation_order),
	KUNIT_CASE_PARAM(hvp_next_child_wants_a_child, hvp_no_previous_gen_params),
	{}
};

HVP_KUNIT_SUITE(hvp_partition_calls, hvp_partition_calls_cases);
