// SPDX-License-Identifier: GPL-2.0
/*
 * dispatch.c: checks 2 to 7 of the contract's section 3, for every call alike; the
 * order of all checks.
 */

#include <linux/math.h>
#include "contract.h"

KUNIT_ARRAY_PARAM_DESC(hvp_contract, hvp_contract, name);

/* Input that names no partition. */
static const struct hvp_any_input zeroes;

/*
 * Control words, checks 2 to 5.  Bits are added to a well-formed call; privileges
 * are missing, so that what passes gets ACCESS_DENIED and nothing is done.
 */
struct hvp_control_row {
	const char *name;
	u64 bits;
	bool simple_passes;
	bool rep_passes;	/* on top of rep count 2, rep start 0 */
};

#define COUNT(n)	((u64)(n) << 32)
#define START(n)	((u64)(n) << 48)

static const struct hvp_control_row hvp_control_rows[] = {
	{ "well-formed", 0, true, true },
	{ "smallest variable header", BIT_ULL(17), false, false },
	{ "largest variable header", GENMASK_ULL(26, 17), false, false },
	{ "highest bit of it", BIT_ULL(26), false, false },
	{ "reserved bit 27", BIT_ULL(27), false, false },
	{ "reserved bit 28", BIT_ULL(28), false, false },
	{ "reserved bit 29", BIT_ULL(29), false, false },
	{ "reserved bit 30", BIT_ULL(30), false, false },
	{ "nested", BIT_ULL(31), false, false },
	{ "rep count", COUNT(1), false, true },
	{ "rep start below count", START(1), false, true },
	{ "rep start at count", START(2), false, false },
	{ "rep start above count", START(3), false, false },
	{ "largest rep start", START(0xfff), false, false },
	{ "rep count and start", COUNT(1) | START(1), false, true },
	{ "reserved bit 44", BIT_ULL(44), false, false },
	{ "reserved bit 45", BIT_ULL(45), false, false },
	{ "reserved bit 46", BIT_ULL(46), false, false },
	{ "reserved bit 47", BIT_ULL(47), false, false },
	{ "reserved bit 60", BIT_ULL(60), false, false },
	{ "reserved bit 61", BIT_ULL(61), false, false },
	{ "reserved bit 62", BIT_ULL(62), false, false },
	{ "reserved bit 63", BIT_ULL(63), false, false },
};

KUNIT_ARRAY_PARAM_DESC(hvp_control, hvp_control_rows, name);

static void hvp_dispatch_decodes_control_word(struct kunit *test)
{
	const struct hvp_control_row *row = test->param_value;
	const struct hvp_any_input in = { { 1 } };
	struct hvp_world *world = hvp_world_create(test);
	int i;

	for (i = 0; i < HVP_CONTRACT_CALLS; i++) {
		const struct hvp_contract_call *shape = &hvp_contract[i];
		struct hvp_try try = hvp_contract_try(shape, &in, 2);
		struct hvp_call call = hvp_world_place(world, &try);
		bool header = row->bits & HVP_CONTROL_VARHEAD_MASK;
		bool passes = header ? shape->varhead :
			      shape->rep ? row->rep_passes : row->simple_passes;
		/* A page holds 511 words besides the first one. */
		bool fits = !header || !(row->bits & BIT_ULL(26));
		u64 result;

		world->vp->privileges = 0;
		/* Parameters at the start of a page: any length fits. */
		call.input &= ~(HVP_PAGE_SIZE - 1);
		call.output &= ~(HVP_PAGE_SIZE - 1);
		call.control |= row->bits;
		hvp_forget_counts(world);
		result = hvp_world_dispatch(world, world->root, &call);
		KUNIT_EXPECT_EQ_MSG(test, result & 0xffff,
				    !passes ? HVP_STATUS_INVALID_HYPERCALL_INPUT :
				    fits ? HVP_STATUS_ACCESS_DENIED :
					   HVP_STATUS_INVALID_ALIGNMENT,
				    "%s", shape->name);
		/* A malformed call has completed nothing, an other where it starts. */
		KUNIT_EXPECT_EQ_MSG(test, result >> 16,
				    passes ? (call.control >> 48 & 0xfff) << 16 : 0, "%s",
				    shape->name);
		hvp_expect_guest_left_alone(world);
	}
}

/* Rep calls: rep count 0 is malformed, with any rep start. */
static void hvp_dispatch_wants_rep_count(struct kunit *test)
{
	struct hvp_world *world = hvp_world_create(test);
	u64 gfn = 0;

	hvp_expect_status(test, hvp_try_deposit(world, world->root, 1, &gfn, 0, 0),
			  DEPOSIT_MEMORY, INVALID_HYPERCALL_INPUT);
	hvp_expect_status(test, hvp_try_withdraw(world, world->root, 1, HVP_ANY, 0, 0),
			  WITHDRAW_MEMORY, INVALID_HYPERCALL_INPUT);
}

/* The fast bit, on every call: check 5. */
static void hvp_dispatch_knows_fast_calls(struct kunit *test)
{
	const struct hvp_contract_call *shape = test->param_value;
	struct hvp_world *world = hvp_world_create(test);
	struct hvp_try try = hvp_contract_try(shape, &zeroes, 2);
	struct hvp_reply reply;

	try.fast = true;
	reply = hvp_try(world, world->root, &try);
	KUNIT_EXPECT_EQ(test, reply.status,
			!shape->fast ? HVP_STATUS_INVALID_HYPERCALL_INPUT :
			shape->states ? HVP_STATUS_INVALID_PARTITION_ID : HVP_STATUS_SUCCESS);
	hvp_expect_guest_left_alone(world);
}

/* Where parameters may not be: check 6.  Relative to the start of a page. */
struct hvp_placement_row {
	const char *name;
	u64 (*gpa)(u64 gpa, size_t size);
	bool passes;
};

static u64 hvp_at_page_start(u64 page, size_t size) { return page; }
static u64 hvp_at_page_end(u64 page, size_t size) { return page + round_down(4096 - size, 8); }
/* Only what is larger than its alignment can be aligned and cross the end. */
static u64 hvp_over_the_end(u64 page, size_t size)
{
	return page + 4096 - (size > 8 ? ALIGN(size, 8) - 8 : 4);
}

static u64 hvp_off_by_1(u64 page, size_t size) { return page + 1; }
static u64 hvp_off_by_4(u64 page, size_t size) { return page + 4; }
static u64 hvp_off_by_7(u64 page, size_t size) { return page + 7; }
static u64 hvp_beyond_gpa_space(u64 page, size_t size) { return 1ULL << HVP_WORLD_GPA_BITS; }
static u64 hvp_top_bit(u64 page, size_t size) { return page | 1ULL << 63; }
static u64 hvp_all_ones(u64 page, size_t size) { return ~7ULL; }

static const struct hvp_placement_row hvp_placement_rows[] = {
	{ "at the start of its page", hvp_at_page_start, true },
	{ "at the end of its page", hvp_at_page_end, true },
	{ "one word over the end", hvp_over_the_end, false },
	{ "off by 1", hvp_off_by_1, false },
	{ "off by 4", hvp_off_by_4, false },
	{ "off by 7", hvp_off_by_7, false },
	{ "first byte beyond the GPA space", hvp_beyond_gpa_space, false },
	{ "top bit set", hvp_top_bit, false },
	{ "all ones, aligned", hvp_all_ones, false },
};

KUNIT_ARRAY_PARAM_DESC(hvp_placement, hvp_placement_rows, name);

static void hvp_place_elsewhere(struct hvp_world *world, const struct hvp_contract_call *shape,
				const struct hvp_placement_row *row, bool input)
{
	const struct hvp_any_input in = { { 1 } };
	struct hvp_try try = hvp_contract_try(shape, &in, 2);
	struct hvp_call call = hvp_world_place(world, &try);
	size_t size = input ? hvp_contract_in_bytes(shape, try.rep_count) +
			      try.header_words * sizeof(u64) :
			      hvp_contract_out_bytes(shape, try.rep_count);
	u64 *gpa = input ? &call.input : &call.output;
	enum hvp_status expected = row->passes || !size ? HVP_STATUS_ACCESS_DENIED :
							 HVP_STATUS_INVALID_ALIGNMENT;

	*gpa = row->gpa(*gpa & ~(HVP_PAGE_SIZE - 1), size);
	KUNIT_EXPECT_EQ_MSG(world->test, hvp_world_dispatch(world, world->root, &call),
			    expected, "%s of %s", input ? "input" : "output", shape->name);
}

/* Without privileges, so that what is placed well gets no further than check 7. */
static void hvp_dispatch_checks_placement(struct kunit *test)
{
	struct hvp_world *world = hvp_world_create(test);
	int i;

	world->vp->privileges = 0;
	for (i = 0; i < HVP_CONTRACT_CALLS; i++) {
		hvp_place_elsewhere(world, &hvp_contract[i], test->param_value, true);
		hvp_place_elsewhere(world, &hvp_contract[i], test->param_value, false);
	}
	hvp_expect_guest_left_alone(world);
}

/* Input that ends where the GPA space ends is inside of it. */
static void hvp_dispatch_gpa_space_ends_where_it_ends(struct kunit *test)
{
	struct hvp_world *world = hvp_world_create(test);
	struct hvp_call call = { .control = HVP_CALL_GET_PARTITION_ID };

	call.output = (1ULL << HVP_WORLD_GPA_BITS) - 8;
	world->guest.output = (struct hvp_fake_window){ call.output, 8 };
	/* Nothing is mapped there: check 8. */
	KUNIT_EXPECT_EQ(test, hvp_world_dispatch(world, world->root, &call),
			HVP_STATUS_INVALID_HYPERCALL_INPUT);
}

/* The whole list counts, whatever rep start says, and the fixed part with it. */
struct hvp_list_row {
	const char *name;
	u16 code;
	unsigned int count;
	enum hvp_status status;
};

static const struct hvp_list_row hvp_list_rows[] = {
	{ "511 pages to deposit", 0x48, 511, HVP_STATUS_ACCESS_DENIED },
	{ "512 pages to deposit", 0x48, 512, HVP_STATUS_INVALID_ALIGNMENT },
	{ "4095 pages to deposit", 0x48, 4095, HVP_STATUS_INVALID_ALIGNMENT },
	{ "512 pages to withdraw", 0x49, 512, HVP_STATUS_ACCESS_DENIED },
	{ "513 pages to withdraw", 0x49, 513, HVP_STATUS_INVALID_ALIGNMENT },
	{ "4095 pages to withdraw", 0x49, 4095, HVP_STATUS_INVALID_ALIGNMENT },
};

KUNIT_ARRAY_PARAM_DESC(hvp_list, hvp_list_rows, name);

static void hvp_dispatch_limits_lists(struct kunit *test)
{
	const struct hvp_list_row *row = test->param_value;
	struct hvp_world *world = hvp_world_create(test);
	unsigned int start;

	world->vp->privileges = 0;
	for (start = 0; start < row->count; start += row->count - 1) {
		const struct hvp_call call = {
			.control = row->code | COUNT(row->count) | START(start),
			.input = HVP_FAKE_INPUT_GFN(0) << 12,
			.output = HVP_FAKE_OUTPUT_GFN(0) << 12,
		};

		KUNIT_EXPECT_EQ_MSG(test, hvp_world_dispatch(world, world->root, &call),
				    row->status | COUNT(start), "rep start %u", start);
	}
}

/* Denied whatever else is granted, granted by its own bit alone: check 7. */
static void hvp_dispatch_asks_for_privilege(struct kunit *test)
{
	const struct hvp_contract_call *shape = test->param_value;
	struct hvp_world *world = hvp_world_create(test);
	struct hvp_try try = hvp_contract_try(shape, &zeroes, 2);
	struct hvp_reply reply;

	world->vp->privileges = 0;
	KUNIT_EXPECT_EQ(test, hvp_try(world, world->root, &try).status,
			HVP_STATUS_ACCESS_DENIED);
	world->vp->privileges = ~shape->privilege;
	KUNIT_EXPECT_EQ(test, hvp_try(world, world->root, &try).status,
			HVP_STATUS_ACCESS_DENIED);
	/* Not a byte was read, and nobody knows whether the output exists. */
	hvp_expect_guest_left_alone(world);

	world->vp->privileges = shape->privilege;
	reply = hvp_try(world, world->root, &try);
	KUNIT_EXPECT_NE(test, reply.status, HVP_STATUS_ACCESS_DENIED);
}

static void hvp_dispatch_denies_every_call(struct kunit *test)
{
	struct hvp_world *world = hvp_world_create(test);
	unsigned int i;

	world->vp->privileges = 0;
	for (i = 0; i < HVP_CONTRACT_CALLS; i++) {
		u16 code = hvp_contract[i].code;

		hvp_expect_pair(test, hvp_try_code(world, world->root, code, HVP_PARTITION_ID_ROOT),
				(struct hvp_pair){ code, HVP_STATUS_ACCESS_DENIED });
	}
}

/* Several faults at once: the first check decides.  Each row adds the one before. */
static void hvp_dispatch_checks_in_order(struct kunit *test)
{
	struct hvp_world *world = hvp_world_create(test);
	struct hvp_partition *child = hvp_world_child(world, world->root,
						      HVP_STATE_FINALIZED);
	struct hvp_partition_proximity in = { child->id, { 0, BIT(1) } };
	struct hvp_try try = { .code = HVP_CALL_GET_MEMORY_BALANCE, .in = &in };
	struct hvp_call call;
	u64 gfn = HVP_FAKE_GFNS;

	/* 11: a value. */
	hvp_expect_status(test, hvp_try(world, world->root, &try),
			  GET_MEMORY_BALANCE, INVALID_PARAMETER);
	/* 10 before 11: the state, and a page that is no RAM. */
	hvp_expect_status(test, hvp_try_deposit(world, world->root, child->id, &gfn, 1, 0),
			  DEPOSIT_MEMORY, INVALID_PARTITION_STATE);
	/* 9 before 10: the caller may not act on it, and it is in a wrong state. */
	hvp_expect_status(test, hvp_try_deposit(world, child, world->root->id, &gfn, 1, 0),
			  DEPOSIT_MEMORY, ACCESS_DENIED);
	hvp_expect_status(test, hvp_try_initialize(world, child, child->id),
			  INITIALIZE_PARTITION, ACCESS_DENIED);
	/* 9 before 11: nobody is named, and a value is bad. */
	in.partition_id = 77;
	hvp_expect_status(test, hvp_try(world, world->root, &try),
			  GET_MEMORY_BALANCE, INVALID_PARTITION_ID);

	/* 8 before 9: output cannot be written either. */
	call = hvp_world_place(world, &try);
	world->guest.pages[HVP_FAKE_OUTPUT_GFN(0)].read_only = true;
	KUNIT_EXPECT_EQ(test, hvp_world_dispatch(world, world->root, &call),
			HVP_STATUS_INVALID_HYPERCALL_INPUT);
	/* 7 before 8: a privilege is missing too. */
	world->vp->privileges = 0;
	KUNIT_EXPECT_EQ(test, hvp_world_dispatch(world, world->root, &call),
			HVP_STATUS_ACCESS_DENIED);
	/* 6 before 7: so is alignment. */
	call.output += 4;
	KUNIT_EXPECT_EQ(test, hvp_world_dispatch(world, world->root, &call),
			HVP_STATUS_INVALID_ALIGNMENT);
	/* 2 to 5 before 6. */
	call.control |= BIT_ULL(17);
	KUNIT_EXPECT_EQ(test, hvp_world_dispatch(world, world->root, &call),
			HVP_STATUS_INVALID_HYPERCALL_INPUT);
}

/* Rep calls that fail before their first element have completed what rep start says. */
static void hvp_dispatch_counts_from_rep_start(struct kunit *test)
{
	struct hvp_world *world = hvp_world_create(test);
	struct hvp_reply reply;

	reply = hvp_try_withdraw(world, world->root, 99, HVP_ANY, 5, 3);
	hvp_expect_status(test, reply, WITHDRAW_MEMORY, INVALID_PARTITION_ID);
	KUNIT_EXPECT_EQ(test, reply.reps, 3);
	reply = hvp_try_withdraw(world, world->root, 1, HVP_ANY, 5, 4);
	hvp_expect_status(test, reply, WITHDRAW_MEMORY, NO_RESOURCES);
	KUNIT_EXPECT_EQ(test, reply.reps, 4);
}

/* The host had no memory to make a partition for the caller. */
static void hvp_dispatch_answers_without_partition(struct kunit *test)
{
	const struct hvp_contract_call *shape = test->param_value;
	struct hvp_world *world = hvp_world_create(test);
	struct hvp_try try = hvp_contract_try(shape, &zeroes, 2);

	KUNIT_EXPECT_EQ(test, hvp_try(world, NULL, &try).status, HVP_STATUS_NO_RESOURCES);
	world->vp->privileges = 0;
	KUNIT_EXPECT_EQ(test, hvp_try(world, NULL, &try).status, HVP_STATUS_ACCESS_DENIED);
	try.control = BIT_ULL(31);
	KUNIT_EXPECT_EQ(test, hvp_try(world, NULL, &try).status,
			HVP_STATUS_INVALID_HYPERCALL_INPUT);
}

static struct kunit_case hvp_dispatch_cases[] = {
	KUNIT_CASE_PARAM(hvp_dispatch_decodes_control_word, hvp_control_gen_params),
	KUNIT_CASE(hvp_dispatch_wants_rep_count),
	KUNIT_CASE_PARAM(hvp_dispatch_knows_fast_calls, hvp_contract_gen_params),
	KUNIT_CASE_PARAM(hvp_dispatch_checks_placement, hvp_placement_gen_params),
	KUNIT_CASE(hvp_dispatch_gpa_space_ends_where_it_ends),
	KUNIT_CASE_PARAM(hvp_dispatch_limits_lists, hvp_list_gen_params),
	KUNIT_CASE_PARAM(hvp_dispatch_asks_for_privilege, hvp_contract_gen_params),
	KUNIT_CASE(hvp_dispatch_denies_every_call),
	KUNIT_CASE(hvp_dispatch_checks_in_order),
	KUNIT_CASE(hvp_dispatch_counts_from_rep_start),
	KUNIT_CASE_PARAM(hvp_dispatch_answers_without_partition, hvp_contract_gen_params),
	{}
};

HVP_KUNIT_SUITE(hvp_dispatch, hvp_dispatch_cases);
