// SPDX-License-Identifier: GPL-2.0
/* withdraw.c: HvWithdrawMemory and HvGetMemoryBalance. */

#include "world.h"

#define VALID		HVP_PROXIMITY_VALID
#define PREFERRED	HVP_PROXIMITY_PREFERRED

/*
 * Withdrawals from a pool with 3 pages on node 0, 2 on node 1.  That a returned
 * page reads as zeroes and is unpinned is checked at every withdrawal.
 */
struct hvp_withdraw_row {
	const char *name;
	struct hvp_proximity proximity;
	unsigned int count;
	unsigned int start;
	struct hvp_pair pair;
	unsigned int reps;
	unsigned int from[2];
};

#define ALL_OF_IT	HVP_PAIR(WITHDRAW_MEMORY, SUCCESS)
#define NOT_ENOUGH	HVP_PAIR(WITHDRAW_MEMORY, NO_RESOURCES)
#define REFUSED		HVP_PAIR(WITHDRAW_MEMORY, INVALID_PARAMETER)

static const struct hvp_withdraw_row hvp_withdraw_rows[] = {
	{ "any, all of it", { }, 5, 0, ALL_OF_IT, 5, { 3, 2 } },
	{ "any, more than there is", { }, 6, 0, NOT_ENOUGH, 5, { 3, 2 } },
	{ "any, longest list", { }, 512, 0, NOT_ENOUGH, 5, { 3, 2 } },
	{ "any, id ignored", { 99, 0 }, 5, 0, ALL_OF_IT, 5, { 3, 2 } },
	{ "any, from rep start", { }, 9, 4, ALL_OF_IT, 9, { 3, 2 } },
	{ "any, from rep start, too much", { }, 12, 4, NOT_ENOUGH, 9, { 3, 2 } },
	{ "last element only", { }, 512, 511, ALL_OF_IT, 512, { 1, 0 } },
	{ "node 0", { 0, VALID }, 3, 0, ALL_OF_IT, 3, { 3, 0 } },
	{ "node 0, too much", { 0, VALID }, 4, 0, NOT_ENOUGH, 3, { 3, 0 } },
	{ "node 1", { 1, VALID }, 1, 0, ALL_OF_IT, 1, { 0, 1 } },
	{ "node 1, too much", { 1, VALID }, 3, 0, NOT_ENOUGH, 2, { 0, 2 } },
	{ "node 1 preferred", { 1, VALID | PREFERRED }, 2, 0, ALL_OF_IT, 2, { 0, 2 } },
	{ "node 1 preferred, then any", { 1, VALID | PREFERRED }, 4, 0, ALL_OF_IT, 4,
	  { 2, 2 } },
	{ "node 1 preferred, too much", { 1, VALID | PREFERRED }, 6, 0, NOT_ENOUGH, 5,
	  { 3, 2 } },
	{ "reserved proximity flag", { 0, BIT(30) }, 1, 0, REFUSED, 0, { } },
	{ "reserved flag, from rep start", { 0, BIT(1) }, 8, 5, REFUSED, 5, { } },
	{ "no such domain", { 63, VALID }, 1, 0, REFUSED, 0, { } },
	{ "no such domain, preferred", { 64, VALID | PREFERRED }, 1, 0, REFUSED, 0, { } },
};

KUNIT_ARRAY_PARAM_DESC(hvp_withdraw, hvp_withdraw_rows, name);

static void hvp_withdraw_takes_what_it_should(struct kunit *test)
{
	const struct hvp_withdraw_row *row = test->param_value;
	unsigned int from[2] = {};
	struct hvp_world *world;
	struct hvp_reply reply;
	unsigned int i;

	hvp_require_nodes(test, 2);
	world = hvp_world_create(test);
	hvp_world_deposit(world, world->root, 0, 3);
	hvp_world_deposit(world, world->root, 1, 2);
	reply = hvp_try_withdraw(world, world->root, 1, row->proximity, row->count, row->start);
	hvp_expect_pair(test, reply, row->pair);
	KUNIT_EXPECT_EQ(test, reply.reps, row->reps);
	for (i = row->start; i < reply.reps; i++)
		from[world->guest.pages[reply.out[i]].node]++;
	/* "Any" does not say where from. */
	if (!hvp_proximity_any(row->proximity)) {
		KUNIT_EXPECT_EQ(test, from[0], row->from[0]);
		KUNIT_EXPECT_EQ(test, from[1], row->from[1]);
	}
	hvp_world_expect_balance(test, world->root, 5 - (reply.reps - row->start), 0);
}

/* The same without a second node. */
static void hvp_withdraw_empties_a_pool(struct kunit *test)
{
	struct hvp_world *world = hvp_world_create(test);
	u64 first = world->next_gfn;
	struct hvp_reply reply;
	unsigned int i;
	u64 sum = 0;

	hvp_world_deposit(world, world->root, 0, 40);
	reply = hvp_try_withdraw(world, world->root, HVP_PARTITION_ID_SELF, HVP_ONLY(0), 40, 0);
	hvp_expect_status(test, reply, WITHDRAW_MEMORY, SUCCESS);
	for (i = 0; i < 40; i++)
		sum += reply.out[i] - first;
	KUNIT_EXPECT_EQ(test, sum, 39 * 40 / 2);
	reply = hvp_try_withdraw(world, world->root, 1, HVP_ANY, 1, 0);
	hvp_expect_status(test, reply, WITHDRAW_MEMORY, NO_RESOURCES);
	KUNIT_EXPECT_EQ(test, reply.reps, 0);
}

/* What is in use stays, in all states that can be told apart. */
static void hvp_withdraw_leaves_what_is_in_use(struct kunit *test)
{
	struct hvp_world *world = hvp_world_create(test);
	struct hvp_partition *child = hvp_world_child(world, world->root, HVP_STATE_ACTIVE);
	struct hvp_reply reply;

	hvp_world_deposit(world, child, 0, 2);
	reply = hvp_try_withdraw(world, world->root, child->id, HVP_ANY, 10, 0);
	hvp_expect_status(test, reply, WITHDRAW_MEMORY, NO_RESOURCES);
	KUNIT_EXPECT_EQ(test, reply.reps, 2);
	hvp_world_expect_balance(test, child, 0, hvp_active_pages());

	hvp_try_finalize(world, world->root, child->id);
	reply = hvp_try_withdraw(world, world->root, child->id, HVP_PROXIMITY_ANY,
				 hvp_active_pages(), 0);
	hvp_expect_status(test, reply, WITHDRAW_MEMORY, SUCCESS);
	hvp_world_expect_balance(test, child, 0, 0);
}

/* A page comes out of the very pool that it went into. */
static void hvp_withdraw_keeps_pools_apart(struct kunit *test)
{
	struct hvp_world *world = hvp_world_create(test);
	struct hvp_partition *child = hvp_world_child(world, world->root,
						      HVP_STATE_UNINITIALIZED);
	u64 of_root, of_child;
	struct hvp_reply reply;

	of_root = world->next_gfn;
	hvp_world_deposit(world, world->root, 0, 1);
	of_child = world->next_gfn;
	hvp_world_deposit(world, child, 0, 1);
	reply = hvp_try_withdraw(world, world->root, 1, HVP_ANY, 1, 0);
	KUNIT_EXPECT_EQ(test, reply.out[0], of_root);
	reply = hvp_try_withdraw(world, world->root, child->id, HVP_ANY, 1, 0);
	KUNIT_EXPECT_EQ(test, reply.out[0], of_child);
}

/* A returned page is usable RAM again: it can be deposited, elsewhere too. */
static void hvp_withdraw_makes_a_page_free(struct kunit *test)
{
	struct hvp_world *world = hvp_world_create(test);
	struct hvp_partition *child = hvp_world_child(world, world->root,
						      HVP_STATE_UNINITIALIZED);
	u64 gfn = hvp_world_fresh_pages(world, 0, 1);
	int i;

	for (i = 0; i < 3; i++) {
		u64 id = i % 2 ? 1 : child->id;

		hvp_expect_status(test, hvp_try_deposit(world, world->root, id, &gfn, 1, 0),
				  DEPOSIT_MEMORY, SUCCESS);
		hvp_expect_status(test,
				  hvp_try_withdraw(world, world->root, id, HVP_ANY, 1, 0),
				  WITHDRAW_MEMORY, SUCCESS);
	}
}

/* And makes room below the limits. */
static void hvp_withdraw_makes_room(struct kunit *test)
{
	struct hvp_world *world = hvp_world_create(test);
	u64 gfn;

	world->limits.pages = 4;
	world->guest.locked_limit = 4;
	hvp_world_deposit(world, world->root, 0, 4);
	gfn = hvp_world_fresh_pages(world, 0, 1);
	hvp_expect_status(test, hvp_try_deposit(world, world->root, 1, &gfn, 1, 0),
			  DEPOSIT_MEMORY, NO_RESOURCES);
	hvp_expect_status(test, hvp_try_withdraw(world, world->root, 1, HVP_ANY, 1, 0),
			  WITHDRAW_MEMORY, SUCCESS);
	hvp_expect_status(test, hvp_try_deposit(world, world->root, 1, &gfn, 1, 0),
			  DEPOSIT_MEMORY, SUCCESS);
}

/* A page is not free while it is being zeroed, or the zeroes might come too late. */
static void hvp_deposit_while_zeroing(struct hvp_fake_guest *guest, enum hvp_fake_op op)
{
	struct hvp_world *world = container_of(guest, struct hvp_world, guest);
	u64 gfn = HVP_FAKE_RAM_GFN;

	if (op != HVP_FAKE_ZERO || world->level)
		return;
	world->level = 1;
	hvp_expect_status(world->test, hvp_try_deposit(world, world->root, 1, &gfn, 1, 0),
			  DEPOSIT_MEMORY, OPERATION_DENIED);
	world->level = 0;
}

static void hvp_withdraw_zeroes_before_it_lets_go(struct kunit *test)
{
	struct hvp_world *world = hvp_world_create(test);
	struct hvp_reply reply;

	hvp_world_deposit(world, world->root, 0, 1);
	world->guest.hook = hvp_deposit_while_zeroing;
	reply = hvp_try_withdraw(world, world->root, 1, HVP_ANY, 1, 0);
	world->guest.hook = NULL;
	hvp_expect_status(test, reply, WITHDRAW_MEMORY, SUCCESS);
	hvp_world_expect_balance(test, world->root, 0, 0);
}

/*
 * Of pages that the VMM has replaced, the guest gets those that can be zeroed; all leave
 * the pool.  A page is replaced by its place in the list that was deposited.
 */
struct hvp_replaced_row {
	const char *name;
	u16 replaced;
	u16 read_only;
	unsigned int count;
	unsigned int start;
	struct hvp_pair pair;
	unsigned int reps;
};

static const struct hvp_replaced_row hvp_replaced_rows[] = {
	{ "one replaced", BIT(3), 0, 8, 0, ALL_OF_IT, 8 },
	{ "all replaced", 0xff, 0, 8, 0, ALL_OF_IT, 8 },
	{ "one read-only, the others wanted", BIT(3), BIT(3), 7, 0, ALL_OF_IT, 7 },
	{ "first one read-only, the others wanted", BIT(0), BIT(0), 7, 0, ALL_OF_IT, 7 },
	{ "last one read-only, the others wanted", BIT(7), BIT(7), 7, 0, ALL_OF_IT, 7 },
	{ "one read-only, too much wanted", BIT(3), BIT(3), 8, 0, NOT_ENOUGH, 7 },
	{ "some read-only, longest list", 0x0f, 0x05, 512, 0, NOT_ENOUGH, 6 },
	{ "some read-only, from rep start", 0x0f, 0x05, 8, 2, ALL_OF_IT, 8 },
	{ "some read-only, from rep start, too much", 0x0f, 0x05, 12, 4, NOT_ENOUGH, 10 },
	{ "all read-only", 0xff, 0xff, 8, 0, NOT_ENOUGH, 0 },
	{ "all read-only, one wanted", 0xff, 0xff, 1, 0, NOT_ENOUGH, 0 },
	{ "all but one read-only, one wanted", 0xff, 0xef, 1, 0, ALL_OF_IT, 1 },
};

KUNIT_ARRAY_PARAM_DESC(hvp_replaced, hvp_replaced_rows, name);

static void hvp_expect_none_of(struct kunit *test, struct hvp_reply reply, unsigned int start,
			       u64 first, u16 pages)
{
	unsigned int i;

	for (i = start; i < reply.reps; i++)
		KUNIT_EXPECT_FALSE(test, pages & BIT(reply.out[i] - first));
}

static void hvp_withdraw_leaves_out_what_cannot_be_zeroed(struct kunit *test)
{
	const struct hvp_replaced_row *row = test->param_value;
	struct hvp_world *world = hvp_world_create(test);
	u64 first = world->next_gfn;
	struct hvp_reply reply;
	unsigned int returned;
	unsigned int i;

	hvp_world_deposit(world, world->root, 0, 8);
	for (i = 0; i < 8; i++) {
		if (row->replaced & BIT(i))
			hvp_fake_replace(&world->guest, first + i, row->read_only & BIT(i));
	}
	reply = hvp_try_withdraw(world, world->root, 1, HVP_ANY, row->count, row->start);
	hvp_expect_pair(test, reply, row->pair);
	KUNIT_EXPECT_EQ(test, reply.reps, row->reps);
	hvp_expect_none_of(test, reply, row->start, first, row->read_only);
	/* Which pages come first is not said; with the rest, it is all that can be had. */
	returned = reply.reps - row->start;
	reply = hvp_try_withdraw(world, world->root, 1, HVP_ANY, 9, 0);
	hvp_expect_status(test, reply, WITHDRAW_MEMORY, NO_RESOURCES);
	KUNIT_EXPECT_EQ(test, returned + reply.reps, 8 - hweight16(row->read_only));
	hvp_expect_none_of(test, reply, 0, first, row->read_only);
	hvp_world_expect_balance(test, world->root, 0, 0);
}

/* HvGetMemoryBalance */

struct hvp_balance_row {
	const char *name;
	struct hvp_proximity proximity;
	struct hvp_pair pair;
	u64 available;		/* besides what a partition costs on node 0 */
};

#define TOLD		HVP_PAIR(GET_MEMORY_BALANCE, SUCCESS)
#define NOT_TOLD	HVP_PAIR(GET_MEMORY_BALANCE, INVALID_PARAMETER)

static const struct hvp_balance_row hvp_balance_rows[] = {
	{ "any", { }, TOLD, 5 },
	{ "any, id ignored", { 63, 0 }, TOLD, 5 },
	{ "any, preferred ignored", { 1, PREFERRED }, TOLD, 5 },
	{ "node 0", { 0, VALID }, TOLD, 3 },
	{ "node 1", { 1, VALID }, TOLD, 2 },
	{ "node 1 preferred is node 1", { 1, VALID | PREFERRED }, TOLD, 2 },
	{ "reserved proximity flag", { 0, BIT(17) }, NOT_TOLD, 0 },
	{ "no such domain", { 63, VALID }, NOT_TOLD, 0 },
};

KUNIT_ARRAY_PARAM_DESC(hvp_balance, hvp_balance_rows, name);

static void hvp_balance_is_told(struct kunit *test)
{
	const struct hvp_balance_row *row = test->param_value;
	struct hvp_world *world;
	struct hvp_reply reply;

	hvp_require_nodes(test, 2);
	world = hvp_world_create(test);
	hvp_world_child(world, world->root, HVP_STATE_UNINITIALIZED);
	hvp_world_deposit(world, world->root, 0, 3);
	hvp_world_deposit(world, world->root, 1, 2);
	reply = hvp_try_balance(world, world->root, HVP_PARTITION_ID_SELF, row->proximity);
	hvp_expect_pair(test, reply, row->pair);
	if (reply.status)
		return;
	KUNIT_EXPECT_EQ(test, reply.out[0], row->available);
	KUNIT_EXPECT_EQ(test, reply.out[1], row->available == 2 ? 0 : hvp_partition_pages());
}

static void hvp_balance_of_a_child(struct kunit *test)
{
	struct hvp_world *world = hvp_world_create(test);
	struct hvp_partition *child = hvp_world_child(world, world->root, HVP_STATE_ACTIVE);
	struct hvp_reply reply;

	hvp_world_deposit(world, child, 0, 7);
	reply = hvp_try_balance(world, world->root, child->id, HVP_PROXIMITY_ANY);
	hvp_expect_status(test, reply, GET_MEMORY_BALANCE, SUCCESS);
	KUNIT_EXPECT_EQ(test, reply.out[0], 7);
	KUNIT_EXPECT_EQ(test, reply.out[1], hvp_active_pages());
}

static struct kunit_case hvp_withdraw_cases[] = {
	KUNIT_CASE_PARAM(hvp_withdraw_takes_what_it_should, hvp_withdraw_gen_params),
	KUNIT_CASE(hvp_withdraw_empties_a_pool),
	KUNIT_CASE(hvp_withdraw_leaves_what_is_in_use),
	KUNIT_CASE(hvp_withdraw_keeps_pools_apart),
	KUNIT_CASE(hvp_withdraw_makes_a_page_free),
	KUNIT_CASE(hvp_withdraw_makes_room),
	KUNIT_CASE(hvp_withdraw_zeroes_before_it_lets_go),
	KUNIT_CASE_PARAM(hvp_withdraw_leaves_out_what_cannot_be_zeroed, hvp_replaced_gen_params),
	KUNIT_CASE_PARAM(hvp_balance_is_told, hvp_balance_gen_params),
	KUNIT_CASE(hvp_balance_of_a_child),
	{}
};

HVP_KUNIT_SUITE(hvp_withdraw, hvp_withdraw_cases);
