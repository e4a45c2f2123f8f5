// SPDX-License-Identifier: GPL-2.0
/*
 * Everything that a call asks of its guest and that can fail, fails, one after
 * the other: reads, probes and writes of parameters, pins, reservations of locked
 * memory.  How many there are of each follows from the contract.
 */

#include "contract.h"

/* Elements of a list: deposits stop and go on in the middle of it. */
#define HVP_ELEMENTS	8

/**
 * struct hvp_access_row - one way in which the guest or its host fails
 * @name:	what it is
 * @op:		the operation
 * @error:	what it fails with
 * @status:	what the call gets then
 * @keeps:	the elements before stay done
 */
struct hvp_access_row {
	const char *name;
	enum hvp_fake_op op;
	int error;
	enum hvp_status status;
	bool keeps;
};

static const struct hvp_access_row hvp_access_rows[] = {
	{ "reads", HVP_FAKE_READ, -EFAULT, HVP_STATUS_INVALID_HYPERCALL_INPUT },
	{ "probes", HVP_FAKE_PROBE, -EFAULT, HVP_STATUS_INVALID_HYPERCALL_INPUT },
	{ "writes", HVP_FAKE_WRITE, -EFAULT, HVP_STATUS_INVALID_HYPERCALL_INPUT },
	{ "pins, no RAM", HVP_FAKE_PIN, -EFAULT, HVP_STATUS_OPERATION_DENIED, true },
	{ "pins, no memory", HVP_FAKE_PIN, -ENOMEM, HVP_STATUS_NO_RESOURCES },
	{ "pins, interrupted", HVP_FAKE_PIN, -EINTR, HVP_STATUS_NO_RESOURCES },
	{ "looks for RAM", HVP_FAKE_IS_RAM, -EFAULT, HVP_STATUS_OPERATION_DENIED, true },
	{ "reservations", HVP_FAKE_RESERVE, -ENOMEM, HVP_STATUS_NO_RESOURCES },
};

/* How often the call does that, as the contract has it. */
static unsigned int hvp_accesses(const struct hvp_contract_call *shape, enum hvp_fake_op op)
{
	switch (op) {
	case HVP_FAKE_READ:
		return !!shape->in_size + !!shape->in_element + !!shape->header_words;
	case HVP_FAKE_PROBE:
	case HVP_FAKE_WRITE:
		return shape->out_size || shape->out_element;
	case HVP_FAKE_PIN:
		return shape->code == HVP_CALL_DEPOSIT_MEMORY ? HVP_ELEMENTS :
		       hvp_contract_at(shape, HVP_FIELD_PAGE) >= 0;
	case HVP_FAKE_RESERVE:
		return shape->code == HVP_CALL_DEPOSIT_MEMORY ||
		       hvp_contract_at(shape, HVP_FIELD_PAGE) >= 0;
	case HVP_FAKE_IS_RAM:
		return shape->code == HVP_CALL_MAP_GPA_PAGES ? HVP_ELEMENTS : 0;
	default:
		return 0;
	}
}

/* A world in which the call succeeds twice, and its input. */
static struct hvp_world *hvp_access_world(struct kunit *test,
					  const struct hvp_contract_call *shape,
					  struct hvp_any_input *in)
{
	bool own_port = shape->code == HVP_CALL_CREATE_PORT ||
			shape->code == HVP_CALL_DELETE_PORT;
	bool active = own_port || (!shape->names_self && shape->states &&
				   !(shape->states & HVP_WHILE_UNINITIALIZED));
	struct hvp_world *world = hvp_world_create(test);
	struct hvp_partition *child;

	child = hvp_world_child(world, world->root,
				active ? HVP_STATE_ACTIVE : HVP_STATE_UNINITIALIZED);
	hvp_world_deposit(world, world->root, 0,
			  max(2 * hvp_partition_pages(), 2U * HVP_ELEMENTS));
	if (shape->code == HVP_CALL_INITIALIZE_PARTITION)
		hvp_world_deposit(world, child, 0, hvp_active_pages());

	*in = hvp_contract_input(shape, shape->names_self ? HVP_PARTITION_ID_ROOT : child->id);
	if (shape->code == HVP_CALL_UNMAP_STATS_PAGE)
		hvp_expect_status(test, hvp_try_map(world, world->root,
						    HVP_PARTITION_AREA(1, HVP_STATS_AREA_SELF)),
				  MAP_STATS_PAGE, SUCCESS);
	if (own_port)
		hvp_make_port_ready(world, world->root, child, shape->code);
	if (!shape->names_self)
		hvp_make_ready(world, child, shape->code);
	hvp_contract_list(world, shape, in, HVP_ELEMENTS);
	return world;
}

/* The output cannot be delivered: what was done is done, and the books balance. */
static struct hvp_reply hvp_try_without_output(struct hvp_world *world,
					       const struct hvp_try *try)
{
	struct hvp_reply reply;

	world->level = 1;
	reply = hvp_try(world, world->root, try);
	world->level = 0;
	hvp_expect_balanced(world);
	return reply;
}

/*
 * Let the n-th access of a kind fail.  That nothing has changed where nothing may
 * change is looked at by hvp_try().
 *
 * Return: false if there are not so many.
 */
static bool hvp_fail_nth_access(struct kunit *test, const struct hvp_contract_call *shape,
				const struct hvp_access_row *row, unsigned int nth)
{
	struct hvp_any_input in;
	struct hvp_world *world = hvp_access_world(test, shape, &in);
	struct hvp_try try = hvp_contract_try(shape, &in, HVP_ELEMENTS);
	unsigned int reps = row->keeps ? nth - 1 : 0;
	struct hvp_reply reply;

	hvp_fake_fail(&world->guest, row->op, nth, row->error);
	if (row->op == HVP_FAKE_WRITE) {
		reply = hvp_try_without_output(world, &try);
		reps = try.rep_count;
	} else {
		reply = hvp_try(world, world->root, &try);
	}
	if (world->guest.fail_at[row->op]) {
		hvp_fake_fail(&world->guest, row->op, 0, 0);
		KUNIT_EXPECT_EQ(test, reply.status, HVP_STATUS_SUCCESS);
		return false;
	}
	hvp_expect_pair(test, reply, (struct hvp_pair){ shape->code, row->status });
	KUNIT_EXPECT_EQ(test, reply.reps, reps);

	/* A deposit goes on where it stopped. */
	if (row->keeps)
		try.rep_start = reply.reps;
	/* It is mapped, though the guest does not know where: the other area is not. */
	if (row->op == HVP_FAKE_WRITE && shape->code == HVP_CALL_MAP_STATS_PAGE)
		in.word[2] |= (u64)HVP_STATS_AREA_PARENT << 56;
	if (row->op == HVP_FAKE_WRITE && shape->code == HVP_CALL_MAP_VP_STATE_PAGE) {
		in.word[1] |= (u64)HVP_STATE_PAGE_INTERCEPT << 32;
		in.word[2] = hvp_world_fresh_pages(world, 0, 1);
	}
	KUNIT_EXPECT_EQ_MSG(test, hvp_try(world, world->root, &try).status,
			    HVP_STATUS_SUCCESS, "after access %u has failed", nth);
	return true;
}

static void hvp_access_desc(const struct hvp_contract_call *shape, char *desc)
{
	strscpy(desc, shape->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(hvp_access, hvp_contract, hvp_access_desc);

static void hvp_access_failure_has_no_effect(struct kunit *test)
{
	const struct hvp_contract_call *shape = test->param_value;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(hvp_access_rows); i++) {
		const struct hvp_access_row *row = &hvp_access_rows[i];
		unsigned int expected = hvp_accesses(shape, row->op);
		unsigned int failures = 0;

		while (failures <= expected &&
		       hvp_fail_nth_access(test, shape, row, failures + 1))
			failures++;
		if (expected)
			kunit_info(test, "%s: %u %s failed\n", shape->name, failures,
				   row->name);
		KUNIT_EXPECT_EQ_MSG(test, failures, expected, "%s", row->name);
	}
}

/* Fast calls access nothing. */
static void hvp_access_failure_stops_no_fast_call(struct kunit *test)
{
	unsigned int call, i;

	for (call = 0; call < HVP_CONTRACT_CALLS; call++) {
		const struct hvp_contract_call *shape = &hvp_contract[call];
		struct hvp_any_input in;
		struct hvp_world *world;
		struct hvp_try try;

		if (!shape->fast)
			continue;
		world = hvp_access_world(test, shape, &in);
		try = hvp_contract_try(shape, &in, 0);
		try.fast = true;
		for (i = 0; i < ARRAY_SIZE(hvp_access_rows); i++)
			hvp_fake_fail(&world->guest, hvp_access_rows[i].op, 1, -EFAULT);
		KUNIT_EXPECT_EQ_MSG(test, hvp_try(world, world->root, &try).status,
				    HVP_STATUS_SUCCESS, "%s", shape->name);
	}
}

static struct kunit_case hvp_access_failure_cases[] = {
	KUNIT_CASE_PARAM(hvp_access_failure_has_no_effect, hvp_access_gen_params),
	KUNIT_CASE(hvp_access_failure_stops_no_fast_call),
	{}
};

HVP_KUNIT_SUITE(hvp_access_failure, hvp_access_failure_cases);
