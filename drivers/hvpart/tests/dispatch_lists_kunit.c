// SPDX-License-Identifier: GPL-2.0
/*
 * dispatch.c: what a call can have beyond its fixed input and output: lists of elements of
 * any size in both directions at once, and a variable header.  The rows are the tests' own:
 * no call has all of that.
 */

#include "../core/call/dispatch.h"
#include "../core/call/request.h"
#include "../core/call/table.h"
#include "faults.h"
#include "world.h"

#define HVP_TEST_CODE	0x50	/* in the control word; the row is given */

struct hvp_test_input {
	u64 words[2];
};

struct hvp_test_answer {
	u64 number, again;
};

/* What the handler has seen. */
static struct {
	unsigned int called;
	const void *header, *in_list, *out_list;
	u8 header_bytes[64];
	u32 elements[4];
	unsigned int stop_at;
} hvp_seen;

/* Answers each element with itself, twice, up to stop_at. */
static enum hvp_status hvp_test_handler(struct hvp_request *request)
{
	const u32 *in = request->in_list;
	struct hvp_test_answer *out = request->out_list;
	unsigned int i;

	hvp_seen.called++;
	hvp_seen.header = request->header;
	hvp_seen.in_list = in;
	hvp_seen.out_list = out;
	if (request->header)
		memcpy(hvp_seen.header_bytes, request->header,
		       min_t(size_t, request->header_size, sizeof(hvp_seen.header_bytes)));
	if (!request->row->rep)
		return HVP_STATUS_SUCCESS;
	if (!in || !out)
		return HVP_STATUS_NO_RESOURCES;
	for (i = request->rep_start; i < request->rep_count; i++) {
		if (i == hvp_seen.stop_at)
			return HVP_STATUS_INVALID_PARAMETER;
		if (i < ARRAY_SIZE(hvp_seen.elements))
			hvp_seen.elements[i] = in[i];
		out[i] = (struct hvp_test_answer){ in[i], in[i] };
		request->reps_done++;
	}
	return HVP_STATUS_SUCCESS;
}

static const struct hvp_call_row hvp_two_lists = {
	.code = HVP_TEST_CODE,
	.rep = true,
	.input_size = sizeof(struct hvp_test_input),
	.input_element = sizeof(u32),
	.output_element = sizeof(struct hvp_test_answer),
	.handler = hvp_test_handler,
};

static const struct hvp_call_row hvp_header_and_lists = {
	.code = HVP_TEST_CODE,
	.rep = true,
	.variable_header = true,
	.input_size = sizeof(struct hvp_test_input),
	.input_element = sizeof(u32),
	.output_element = sizeof(struct hvp_test_answer),
	.handler = hvp_test_handler,
};

static const struct hvp_call_row hvp_header_alone = {
	.code = HVP_TEST_CODE,
	.variable_header = true,
	.input_size = sizeof(struct hvp_test_input),
	.handler = hvp_test_handler,
};

/* A call of such a row: where its input begins in its page, and what its answer was. */
struct hvp_row_try {
	const struct hvp_call_row *row;
	unsigned int header_words, count, start;
	unsigned int input_at, output_at;
};

static struct hvp_reply hvp_try_row(struct hvp_world *world, const struct hvp_row_try *try)
{
	const struct hvp_call call = {
		.control = HVP_TEST_CODE |
			   (u64)try->header_words << HVP_CONTROL_VARHEAD_SHIFT |
			   (u64)try->count << HVP_CONTROL_REP_COUNT_SHIFT |
			   (u64)try->start << HVP_CONTROL_REP_START_SHIFT,
		.input = (HVP_FAKE_INPUT_GFN(0) << HVP_PAGE_SHIFT) + try->input_at,
		.output = (HVP_FAKE_OUTPUT_GFN(0) << HVP_PAGE_SHIFT) + try->output_at,
	};
	const struct hvp_caller who = { .partition = world->root, .vp = world->vp };
	struct hvp_reply reply = {};
	u64 result;

	/* The fake guest lets nobody read or write beyond the call's own parameters. */
	world->guest.input = (struct hvp_fake_window){
		call.input, try->row->input_size + 8 * try->header_words +
			    try->row->input_element * try->count,
	};
	world->guest.output = (struct hvp_fake_window){
		call.output, try->row->output_element * try->count,
	};
	bitmap_zero(world->guest.read, HVP_PAGE_SIZE);
	hvp_fail_allocation(world->fail_nth, world->fail_later);
	result = hvp_dispatch(try->row, &call, &who, &world->guest.guest);
	hvp_fail_allocation(0, false);
	reply.status = result & HVP_RESULT_STATUS_MASK;
	reply.reps = result >> HVP_RESULT_REPS_SHIFT;
	return reply;
}

static struct hvp_world *hvp_lists_world(struct kunit *test)
{
	struct hvp_world *world = hvp_world_create(test);
	u8 *input = hvp_fake_memory(&world->guest, HVP_FAKE_INPUT_GFN(0) << HVP_PAGE_SHIFT);
	u8 *output = hvp_fake_memory(&world->guest, HVP_FAKE_OUTPUT_GFN(0) << HVP_PAGE_SHIFT);
	unsigned int i;

	for (i = 0; i < HVP_PAGE_SIZE; i++)
		input[i] = i / sizeof(u32);
	memset(output, HVP_FAKE_UNTOUCHED, HVP_PAGE_SIZE);
	memset(&hvp_seen, 0, sizeof(hvp_seen));
	hvp_seen.stop_at = UINT_MAX;
	return world;
}

/* Each byte of the input is the number of its word. */
static u32 hvp_word(unsigned int number)
{
	return (number & 0xff) * 0x01010101U;
}

static void hvp_lists_in_and_out(struct kunit *test)
{
	struct hvp_world *world = hvp_lists_world(test);
	const struct hvp_test_answer *out =
		hvp_fake_memory(&world->guest, HVP_FAKE_OUTPUT_GFN(0) << HVP_PAGE_SHIFT);
	struct hvp_reply reply;

	reply = hvp_try_row(world, &(struct hvp_row_try){ &hvp_two_lists, .count = 3 });
	KUNIT_EXPECT_EQ(test, reply.status, HVP_STATUS_SUCCESS);
	KUNIT_EXPECT_EQ(test, reply.reps, 3);
	/* Behind 16 bytes of fixed input come words 4, 5 and 6. */
	KUNIT_EXPECT_EQ(test, hvp_seen.elements[0], hvp_word(4));
	KUNIT_EXPECT_EQ(test, hvp_seen.elements[2], hvp_word(6));
	KUNIT_EXPECT_EQ(test, out[0].again, hvp_word(4));
	KUNIT_EXPECT_EQ(test, out[2].number, hvp_word(6));
	KUNIT_EXPECT_NULL(test, memchr_inv(&out[3], HVP_FAKE_UNTOUCHED,
					   HVP_PAGE_SIZE - 3 * sizeof(*out)));
}

/* What was done is delivered, also if an element fails; and nothing before rep start. */
static void hvp_lists_from_start_to_failure(struct kunit *test)
{
	struct hvp_world *world = hvp_lists_world(test);
	const struct hvp_test_answer *out =
		hvp_fake_memory(&world->guest, HVP_FAKE_OUTPUT_GFN(0) << HVP_PAGE_SHIFT);
	struct hvp_reply reply;

	hvp_seen.stop_at = 3;
	reply = hvp_try_row(world, &(struct hvp_row_try){
		&hvp_two_lists, .count = 5, .start = 1,
	});
	KUNIT_EXPECT_EQ(test, reply.status, HVP_STATUS_INVALID_PARAMETER);
	KUNIT_EXPECT_EQ(test, reply.reps, 3);
	KUNIT_EXPECT_NULL(test, memchr_inv(&out[0], HVP_FAKE_UNTOUCHED, sizeof(*out)));
	KUNIT_EXPECT_EQ(test, out[1].number, hvp_word(5));
	KUNIT_EXPECT_EQ(test, out[2].number, hvp_word(6));
	KUNIT_EXPECT_NULL(test, memchr_inv(&out[3], HVP_FAKE_UNTOUCHED,
					   HVP_PAGE_SIZE - 3 * sizeof(*out)));
}

static const struct hvp_placement_row {
	const char *name;
	struct hvp_row_try try;
	enum hvp_status status;
} hvp_placement_rows[] = {
	{ "output list to its page's end", { &hvp_two_lists, .count = 256 },
	  HVP_STATUS_SUCCESS },
	{ "output list beyond it", { &hvp_two_lists, .count = 257 },
	  HVP_STATUS_INVALID_ALIGNMENT },
	{ "input list to its page's end", { &hvp_two_lists, .count = 4, .input_at = 4064 },
	  HVP_STATUS_SUCCESS },
	{ "input list beyond it", { &hvp_two_lists, .count = 5, .input_at = 4064 },
	  HVP_STATUS_INVALID_ALIGNMENT },
	{ "header to its page's end", { &hvp_header_alone, 2, .input_at = 4064 },
	  HVP_STATUS_SUCCESS },
	{ "header beyond it", { &hvp_header_alone, 3, .input_at = 4064 },
	  HVP_STATUS_INVALID_ALIGNMENT },
	{ "header moves the list beyond it",
	  { &hvp_header_and_lists, 1, .count = 4, .input_at = 4064 },
	  HVP_STATUS_INVALID_ALIGNMENT },
	{ "header of a call that has none", { &hvp_two_lists, 1, .count = 1 },
	  HVP_STATUS_INVALID_HYPERCALL_INPUT },
	{ "no header", { &hvp_header_alone }, HVP_STATUS_SUCCESS },
};

KUNIT_ARRAY_PARAM_DESC(hvp_placement, hvp_placement_rows, name);

static void hvp_lists_fit_their_pages(struct kunit *test)
{
	const struct hvp_placement_row *row = test->param_value;
	struct hvp_world *world = hvp_lists_world(test);
	struct hvp_reply reply = hvp_try_row(world, &row->try);

	KUNIT_EXPECT_EQ(test, reply.status, row->status);
	KUNIT_EXPECT_EQ(test, hvp_seen.called, !row->status);
}

static void hvp_lists_follow_the_header(struct kunit *test)
{
	struct hvp_world *world = hvp_lists_world(test);
	struct hvp_reply reply;

	reply = hvp_try_row(world, &(struct hvp_row_try){
		&hvp_header_and_lists, 3, .count = 2, .start = 1,
	});
	KUNIT_EXPECT_EQ(test, reply.status, HVP_STATUS_SUCCESS);
	KUNIT_EXPECT_EQ(test, reply.reps, 2);
	/* 16 bytes, 24 bytes of header: words 4 to 9, then the list. */
	KUNIT_EXPECT_EQ(test, hvp_seen.header_bytes[0], 4);
	KUNIT_EXPECT_EQ(test, hvp_seen.header_bytes[23], 9);
	KUNIT_EXPECT_EQ(test, hvp_seen.header_bytes[24], 0);
	KUNIT_EXPECT_EQ(test, hvp_seen.elements[1], hvp_word(11));
}

/*
 * Each of the three allocations fails, and that is the handler's to say, after the values.
 * The kernel allocates for itself as well, to note a stack or to refill a slab, and goes on
 * without: such a failure is nobody's, so the three are met, but neither at a fixed place nor
 * each time.
 */
static void hvp_lists_without_memory(struct kunit *test)
{
	struct hvp_world *world = hvp_lists_world(test);
	unsigned int headers = 0, in_lists = 0, out_lists = 0;
	unsigned int tries;

	hvp_require_failing_allocations(test);
	for (tries = 0; tries < HVP_MANY_ALLOCATIONS; tries++) {
		unsigned int missing;

		memset(&hvp_seen, 0, sizeof(hvp_seen));
		hvp_seen.stop_at = UINT_MAX;
		world->fail_nth = 1 + tries % 8;
		hvp_try_row(world, &(struct hvp_row_try){
			&hvp_header_and_lists, 1, .count = 2,
		});
		missing = !hvp_seen.header + !hvp_seen.in_list + !hvp_seen.out_list;
		KUNIT_EXPECT_EQ(test, hvp_seen.called, 1);
		KUNIT_EXPECT_LE(test, missing, 1);
		headers += !hvp_seen.header;
		in_lists += !hvp_seen.in_list;
		out_lists += !hvp_seen.out_list;
		if (headers && in_lists && out_lists)
			break;
	}
	KUNIT_EXPECT_GT(test, headers, 0);
	KUNIT_EXPECT_GT(test, in_lists, 0);
	KUNIT_EXPECT_GT(test, out_lists, 0);
}

static struct kunit_case hvp_dispatch_lists_cases[] = {
	KUNIT_CASE(hvp_lists_in_and_out),
	KUNIT_CASE(hvp_lists_from_start_to_failure),
	KUNIT_CASE_PARAM(hvp_lists_fit_their_pages, hvp_placement_gen_params),
	KUNIT_CASE(hvp_lists_follow_the_header),
	KUNIT_CASE(hvp_lists_without_memory),
	{}
};

HVP_KUNIT_SUITE(hvp_dispatch_lists, hvp_dispatch_lists_cases);
