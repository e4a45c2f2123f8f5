// SPDX-License-Identifier: GPL-2.0
/*
 * dispatch.c: check 8 of the contract's section 3, and that a call which is refused
 * for its shape or its parameters has changed nothing.
 */

#include "contract.h"

KUNIT_ARRAY_PARAM_DESC(hvp_contract, hvp_contract, name);

/* Misshapen calls: what is wrong, in one word each. */
enum hvp_flaw {
	HVP_FLAW_CONTROL,	/* a reserved bit */
	HVP_FLAW_INPUT_PLACE,
	HVP_FLAW_OUTPUT_PLACE,
	HVP_FLAW_INPUT_GONE,	/* not mapped */
	HVP_FLAW_OUTPUT_GONE,
	HVP_FLAW_OUTPUT_READ_ONLY,
	HVP_NR_FLAWS
};

static const struct {
	const char *name;
	enum hvp_status status;
} hvp_flaws[HVP_NR_FLAWS] = {
	[HVP_FLAW_CONTROL] = { "control word", HVP_STATUS_INVALID_HYPERCALL_INPUT },
	[HVP_FLAW_INPUT_PLACE] = { "input misplaced", HVP_STATUS_INVALID_ALIGNMENT },
	[HVP_FLAW_OUTPUT_PLACE] = { "output misplaced", HVP_STATUS_INVALID_ALIGNMENT },
	[HVP_FLAW_INPUT_GONE] = { "input not mapped", HVP_STATUS_INVALID_HYPERCALL_INPUT },
	[HVP_FLAW_OUTPUT_GONE] = { "output not mapped", HVP_STATUS_INVALID_HYPERCALL_INPUT },
	[HVP_FLAW_OUTPUT_READ_ONLY] = { "output read-only",
					HVP_STATUS_INVALID_HYPERCALL_INPUT },
};

static bool hvp_has_output(const struct hvp_contract_call *shape)
{
	return shape->out_size || shape->out_element;
}

static bool hvp_flaw_is_possible(const struct hvp_contract_call *shape, enum hvp_flaw flaw)
{
	switch (flaw) {
	case HVP_FLAW_CONTROL:
		return true;
	case HVP_FLAW_INPUT_PLACE:
	case HVP_FLAW_INPUT_GONE:
		return shape->in_size;
	default:
		return hvp_has_output(shape);
	}
}

/* Each flaw of each call, one call after the other. */
static const void *hvp_flaw_gen_params(const void *previous, char *desc)
{
	static unsigned int row;
	const struct hvp_contract_call *shape;

	for (row = previous ? row + 1 : 0; row < HVP_CONTRACT_CALLS * HVP_NR_FLAWS; row++) {
		shape = &hvp_contract[row / HVP_NR_FLAWS];
		if (!hvp_flaw_is_possible(shape, row % HVP_NR_FLAWS))
			continue;
		snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%s: %s", shape->name,
			 hvp_flaws[row % HVP_NR_FLAWS].name);
		return &row;
	}
	return NULL;
}

static void hvp_spoil(struct hvp_world *world, struct hvp_call *call, enum hvp_flaw flaw)
{
	switch (flaw) {
	case HVP_FLAW_CONTROL:
		call->control |= BIT_ULL(31);
		break;
	case HVP_FLAW_INPUT_PLACE:
		call->input += 4;
		break;
	case HVP_FLAW_OUTPUT_PLACE:
		call->output += 4;
		break;
	case HVP_FLAW_INPUT_GONE:
		call->input += HVP_PAGE_SIZE;
		world->guest.input.gpa += HVP_PAGE_SIZE;
		break;
	case HVP_FLAW_OUTPUT_GONE:
		call->output += HVP_PAGE_SIZE;
		world->guest.output.gpa += HVP_PAGE_SIZE;
		break;
	case HVP_FLAW_OUTPUT_READ_ONLY:
		world->guest.pages[call->output >> 12].read_only = true;
		break;
	default:
		break;
	}
}

/* A call that would otherwise do something, on a child that allows it. */
static void hvp_dispatch_refuses_misshapen_calls(struct kunit *test)
{
	unsigned int row = *(const unsigned int *)test->param_value;
	const struct hvp_contract_call *shape = &hvp_contract[row / HVP_NR_FLAWS];
	enum hvp_flaw flaw = row % HVP_NR_FLAWS;
	struct hvp_world *world = hvp_world_create(test);
	bool child_must_be_active = !(shape->states & BIT(HVP_STATE_UNINITIALIZED));
	struct hvp_partition *child = hvp_world_child(world, world->root,
						      child_must_be_active ?
						      HVP_STATE_ACTIVE :
						      HVP_STATE_UNINITIALIZED);
	struct hvp_any_input in = hvp_contract_input(shape, shape->names_child ? child->id :
								     shape->names_self);
	struct hvp_try try = hvp_contract_try(shape, &in, 2);
	struct hvp_call call;
	u64 result;

	hvp_world_deposit(world, world->root, 0, 3);
	if (shape->code == HVP_CALL_INITIALIZE_PARTITION)
		hvp_world_deposit(world, child, 0, hvp_active_pages());
	if (shape->names_child)
		hvp_make_ready(world, child, shape->code);
	hvp_contract_list(world, shape, &in, 2);
	call = hvp_world_place(world, &try);
	hvp_spoil(world, &call, flaw);

	hvp_forget_counts(world);
	hvp_keep_books(world, &world->books[0]);
	result = hvp_world_dispatch(world, world->root, &call);
	hvp_keep_books(world, &world->books[1]);
	hvp_expect_pair(test, (struct hvp_reply){ shape->code, result },
			(struct hvp_pair){ shape->code, hvp_flaws[flaw].status });
	hvp_expect_same(world, &world->books[0], &world->books[1]);
	KUNIT_EXPECT_EQ(test, world->guest.count[HVP_FAKE_WRITE], 0);
	KUNIT_EXPECT_EQ(test, world->guest.count[HVP_FAKE_ZERO], 0);
}

static const void *hvp_with_output_gen_params(const void *row, char *desc)
{
	const struct hvp_contract_call *shape = row;

	do {
		shape = hvp_contract_gen_params(shape, desc);
	} while (shape && !hvp_has_output(shape));
	return shape;
}

/* The VMM takes the output page away in the middle: the books still balance. */
static void hvp_dispatch_survives_lost_output(struct kunit *test)
{
	const struct hvp_contract_call *shape = test->param_value;
	struct hvp_world *world = hvp_world_create(test);
	struct hvp_partition *child;

	hvp_world_deposit(world, world->root, 0, hvp_partition_pages() + 3);
	child = hvp_world_child(world, world->root, HVP_STATE_ACTIVE);
	hvp_fake_fail(&world->guest, HVP_FAKE_WRITE, 1, -EFAULT);
	/* What was done is done: only the result is looked at, and the books later. */
	world->level = 1;
	KUNIT_EXPECT_EQ(test, hvp_try_code(world, world->root, shape->code,
					   shape->names_self ? 1 : child->id).status,
			HVP_STATUS_INVALID_HYPERCALL_INPUT);
	world->level = 0;
	KUNIT_EXPECT_EQ(test, hvp_try_get_id(world, world->root).status, HVP_STATUS_SUCCESS);
}

static struct kunit_case hvp_dispatch_parameters_cases[] = {
	KUNIT_CASE_PARAM(hvp_dispatch_refuses_misshapen_calls, hvp_flaw_gen_params),
	KUNIT_CASE_PARAM(hvp_dispatch_survives_lost_output, hvp_with_output_gen_params),
	{}
};

HVP_KUNIT_SUITE(hvp_dispatch_parameters, hvp_dispatch_parameters_cases);
