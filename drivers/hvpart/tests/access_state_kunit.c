// SPDX-License-Identifier: GPL-2.0
/* HvGetGpaPagesAccessState, and the property that has a child's pages tracked. */

#include <hvpart/abi/gpa.h>
#include "contract.h"

#define HVP_TRACKING	0x00050005

/* What an element is. */
#define HVP_CLEAN	0
#define HVP_WRITTEN	(HVP_PAGE_ACCESSED | HVP_PAGE_DIRTY)

/* As Linux' driver asks. */
#define HVP_CLEAR	HVP_ACCESS_STATE_CLEAR_DIRTY
#define HVP_SET		(HVP_ACCESS_STATE_SET_DIRTY | HVP_ACCESS_STATE_SET_ACCESSED)

static struct hvp_reply hvp_access(struct hvp_world *world, struct hvp_partition *child, u64 gfn,
				   u64 flags, unsigned int count)
{
	return hvp_try_access_state(world, child->parent, child->id, gfn, flags, count, 0);
}

static struct hvp_reply hvp_set_tracking(struct hvp_world *world, struct hvp_partition *child,
					 u64 on)
{
	return hvp_try_set_property(world, child->parent, child->id, HVP_TRACKING, on);
}

static u64 hvp_tracking(struct hvp_world *world, struct hvp_partition *child)
{
	return hvp_try_get_property(world, child->parent, child->id, HVP_TRACKING).out[0];
}

static void hvp_track(struct kunit *test, struct hvp_world *world, struct hvp_partition *child,
		      u64 on)
{
	hvp_expect_status(test, hvp_set_tracking(world, child, on), SET_PARTITION_PROPERTY,
			  SUCCESS);
	KUNIT_EXPECT_EQ(test, hvp_tracking(world, child), on);
}

/* It has a virtual processor. */
static void hvp_child_writes(struct hvp_partition *child, u64 gfn)
{
	hvp_fake_machine_write(child->child.machine, gfn);
}

/* All of so many elements, from the first one on, are this. */
static void hvp_expect_states(struct kunit *test, struct hvp_reply reply, unsigned int count,
			      u8 state)
{
	const u8 *states = (const u8 *)reply.out;
	unsigned int i;

	hvp_expect_status(test, reply, GET_GPA_PAGES_ACCESS_STATE, SUCCESS);
	KUNIT_EXPECT_EQ(test, reply.reps, count);
	for (i = 0; i < count; i++)
		KUNIT_EXPECT_EQ_MSG(test, states[i], state, "element %u", i);
}

struct hvp_access_flags_row {
	const char *name;
	u64 flags;
	bool passes;
};

static const struct hvp_access_flags_row hvp_access_flags_rows[] = {
	{ "none", 0, true },
	{ "clear accessed", 1, true },
	{ "set accessed", 2, true },
	{ "clear dirty", 4, true },
	{ "set dirty", 8, true },
	{ "clear both, as Linux clears accessed", 5, true },
	{ "set both, as Linux sets dirty", 0xa, true },
	{ "clear accessed, set dirty", 9, true },
	{ "clear and set accessed", 3, false },
	{ "clear and set dirty", 0xc, false },
	{ "all", 0xf, false },
	{ "bit 4", 0x10, false },
	{ "bit 31", BIT(31), false },
	{ "bit 32", BIT_ULL(32), false },
	{ "bit 63, clear dirty", BIT_ULL(63) | 4, false },
};

KUNIT_ARRAY_PARAM_DESC(hvp_access_flags, hvp_access_flags_rows, name);

static void hvp_access_state_knows_flags(struct kunit *test)
{
	const struct hvp_access_flags_row *row = test->param_value;
	struct hvp_world *world = hvp_world_create(test);
	struct hvp_partition *child = hvp_world_child(world, world->root, HVP_STATE_ACTIVE);
	struct hvp_reply reply = hvp_access(world, child, 5, row->flags, 3);

	if (row->passes)
		return hvp_expect_status(test, reply, GET_GPA_PAGES_ACCESS_STATE, SUCCESS);
	hvp_expect_status(test, reply, GET_GPA_PAGES_ACCESS_STATE, INVALID_PARAMETER);
	KUNIT_EXPECT_EQ(test, reply.reps, 0);
}

/* Nobody knows, so all may have been written to, whatever is asked for. */
static void hvp_access_state_untracked(struct kunit *test)
{
	struct hvp_world *world = hvp_world_create(test);
	struct hvp_partition *child = hvp_world_child(world, world->root, HVP_STATE_ACTIVE);
	int i;

	for (i = 0; i < 2; i++) {
		hvp_expect_states(test, hvp_access(world, child, 0, 0, 4), 4, HVP_WRITTEN);
		hvp_expect_states(test, hvp_access(world, child, 0, HVP_CLEAR, 4), 4, HVP_WRITTEN);
		hvp_expect_states(test, hvp_access(world, child, 0, 0, 4), 4, HVP_WRITTEN);
		hvp_world_vp(world, child, i);
	}
	KUNIT_EXPECT_EQ(test, world->guest.machines.count[HVP_FAKE_DIRTY], 0);
	KUNIT_EXPECT_EQ(test, world->guest.machines.count[HVP_FAKE_TRACK], 0);
}

/* As rust-vmm tests it, with a child that has no virtual processor. */
static void hvp_access_state_without_vps(struct kunit *test)
{
	struct hvp_world *world = hvp_world_create(test);
	struct hvp_partition *child = hvp_world_child(world, world->root, HVP_STATE_ACTIVE);

	hvp_track(test, world, child, 1);
	hvp_expect_states(test, hvp_access(world, child, 0, HVP_CLEAR, 4000), 4000, HVP_CLEAN);
	hvp_expect_states(test, hvp_access(world, child, 0, HVP_SET, 4000), 4000, HVP_CLEAN);
	hvp_expect_states(test, hvp_access(world, child, 0, 0, 4000), 4000, HVP_CLEAN);
	hvp_expect_states(test, hvp_access(world, child, 0, 0, 4000), 4000, HVP_CLEAN);
	hvp_track(test, world, child, 0);
}

/* The answer is what was, and then it changes; only where it is to. */
static void hvp_access_state_changes(struct kunit *test)
{
	struct hvp_world *world = hvp_world_create(test);
	struct hvp_partition *child = hvp_world_child(world, world->root, HVP_STATE_ACTIVE);
	struct hvp_reply reply;
	const u8 *states;

	hvp_world_vp(world, child, 0);
	hvp_child_writes(child, 3);
	hvp_track(test, world, child, 1);
	/* Not what was written before. */
	hvp_expect_states(test, hvp_access(world, child, 0, 0, 8), 8, HVP_CLEAN);
	hvp_child_writes(child, 3);
	hvp_child_writes(child, 4);
	reply = hvp_access(world, child, 1, 0, 4);
	hvp_expect_status(test, reply, GET_GPA_PAGES_ACCESS_STATE, SUCCESS);
	states = (const u8 *)reply.out;
	KUNIT_EXPECT_EQ(test, states[0], HVP_CLEAN);
	KUNIT_EXPECT_EQ(test, states[1], HVP_CLEAN);
	KUNIT_EXPECT_EQ(test, states[2], HVP_WRITTEN);
	KUNIT_EXPECT_EQ(test, states[3], HVP_WRITTEN);

	hvp_expect_states(test, hvp_access(world, child, 3, HVP_CLEAR, 1), 1, HVP_WRITTEN);
	hvp_expect_states(test, hvp_access(world, child, 3, 0, 1), 1, HVP_CLEAN);
	hvp_expect_states(test, hvp_access(world, child, 4, 0, 1), 1, HVP_WRITTEN);
	hvp_expect_states(test, hvp_access(world, child, 3, HVP_SET, 1), 1, HVP_CLEAN);
	hvp_expect_states(test, hvp_access(world, child, 3, 0, 2), 2, HVP_WRITTEN);
	/* Nobody notes what has only been accessed. */
	hvp_expect_states(test, hvp_access(world, child, 3, HVP_ACCESS_STATE_CLEAR_ACCESSED, 2), 2,
			  HVP_WRITTEN);
	hvp_expect_states(test, hvp_access(world, child, 5, HVP_ACCESS_STATE_SET_ACCESSED, 2), 2,
			  HVP_CLEAN);
	hvp_expect_states(test, hvp_access(world, child, 3, 0, 2), 2, HVP_WRITTEN);
	hvp_expect_states(test, hvp_access(world, child, 5, 0, 2), 2, HVP_CLEAN);
}

/* Elements before the first one are neither looked at nor changed. */
static void hvp_access_state_goes_on(struct kunit *test)
{
	struct hvp_world *world = hvp_world_create(test);
	struct hvp_partition *child = hvp_world_child(world, world->root, HVP_STATE_ACTIVE);
	struct hvp_reply reply;
	const u8 *states;
	unsigned int i;

	hvp_world_vp(world, child, 0);
	hvp_track(test, world, child, 1);
	for (i = 0; i < 4095; i++)
		hvp_child_writes(child, i);
	reply = hvp_try_access_state(world, world->root, child->id, 0, HVP_CLEAR, 4095, 4000);
	hvp_expect_status(test, reply, GET_GPA_PAGES_ACCESS_STATE, SUCCESS);
	KUNIT_EXPECT_EQ(test, reply.reps, 4095);
	states = (const u8 *)reply.out;
	KUNIT_EXPECT_EQ(test, states[3999], HVP_FAKE_UNTOUCHED);
	KUNIT_EXPECT_EQ(test, states[4000], HVP_WRITTEN);
	KUNIT_EXPECT_EQ(test, states[4094], HVP_WRITTEN);
	hvp_expect_states(test, hvp_access(world, child, 0, 0, 4000), 4000, HVP_WRITTEN);
	hvp_expect_states(test, hvp_access(world, child, 4000, 0, 95), 95, HVP_CLEAN);
	hvp_access(world, child, 0, HVP_CLEAR, 4095);
	hvp_expect_states(test, hvp_access(world, child, 0, 0, 4095), 4095, HVP_CLEAN);
}

/* Up to the end of the map, and tracked or not. */
static void hvp_access_state_stops_at_the_end(struct kunit *test)
{
	struct hvp_world *world = hvp_world_create(test);
	struct hvp_partition *child = hvp_world_child(world, world->root, HVP_STATE_ACTIVE);
	const u64 end = child->child.map.pages;
	struct hvp_reply reply;
	unsigned int on;

	for (on = 0; on < 2; on++) {
		hvp_track(test, world, child, on);
		reply = hvp_access(world, child, end - 3, HVP_CLEAR, 8);
		hvp_expect_status(test, reply, GET_GPA_PAGES_ACCESS_STATE, INVALID_PARAMETER);
		KUNIT_EXPECT_EQ(test, reply.reps, 3);
		hvp_expect_states(test, hvp_access(world, child, end - 3, 0, 3), 3,
				  on ? HVP_CLEAN : HVP_WRITTEN);
		reply = hvp_access(world, child, end, 0, 1);
		hvp_expect_status(test, reply, GET_GPA_PAGES_ACCESS_STATE, INVALID_PARAMETER);
		KUNIT_EXPECT_EQ(test, reply.reps, 0);
		reply = hvp_access(world, child, U64_MAX - 1, 0, 4);
		hvp_expect_status(test, reply, GET_GPA_PAGES_ACCESS_STATE, INVALID_PARAMETER);
		KUNIT_EXPECT_EQ(test, reply.reps, 0);
		reply = hvp_try_access_state(world, world->root, child->id, end - 3, 0, 8, 5);
		hvp_expect_status(test, reply, GET_GPA_PAGES_ACCESS_STATE, INVALID_PARAMETER);
		KUNIT_EXPECT_EQ(test, reply.reps, 5);
	}
}

/* What has been found out when it fails is done, and delivered. */
static void hvp_access_state_fails(struct kunit *test)
{
	struct hvp_world *world = hvp_world_create(test);
	struct hvp_partition *child = hvp_world_child(world, world->root, HVP_STATE_ACTIVE);
	struct hvp_reply reply;

	hvp_world_vp(world, child, 0);
	hvp_track(test, world, child, 1);
	hvp_child_writes(child, 99);
	hvp_child_writes(child, 100);
	hvp_fake_machine_fail(&world->guest, HVP_FAKE_DIRTY, 2, -EFAULT);
	reply = hvp_access(world, child, 0, HVP_CLEAR, 1000);
	hvp_expect_status(test, reply, GET_GPA_PAGES_ACCESS_STATE, NO_RESOURCES);
	KUNIT_EXPECT_EQ(test, reply.reps, HVP_FAKE_DIRTY_AT_ONCE);
	KUNIT_EXPECT_EQ(test, ((const u8 *)reply.out)[99], HVP_WRITTEN);
	hvp_expect_states(test, hvp_access(world, child, 99, 0, 1), 1, HVP_CLEAN);
	hvp_expect_states(test, hvp_access(world, child, 100, 0, 1), 1, HVP_WRITTEN);
}

/* A machine learns of the property when it is made, and when it changes; not for nothing. */
static void hvp_tracking_is_told(struct kunit *test)
{
	struct hvp_world *world = hvp_world_create(test);
	struct hvp_partition *child = hvp_world_child(world, world->root, HVP_STATE_ACTIVE);
	unsigned int *count = world->guest.machines.count;
	struct hvp_machine *machine;

	hvp_track(test, world, child, 1);
	KUNIT_EXPECT_EQ(test, count[HVP_FAKE_TRACK], 0);
	machine = hvp_world_vp(world, child, 0)->machine->machine;
	KUNIT_EXPECT_TRUE(test, machine->tracked);
	hvp_track(test, world, child, 0);
	KUNIT_EXPECT_FALSE(test, machine->tracked);
	KUNIT_EXPECT_EQ(test, count[HVP_FAKE_TRACK], 1);
	hvp_expect_status(test, hvp_set_tracking(world, child, 2), SET_PARTITION_PROPERTY,
			  INVALID_PARAMETER);
	KUNIT_EXPECT_EQ(test, count[HVP_FAKE_TRACK], 1);
	hvp_track(test, world, child, 1);
	KUNIT_EXPECT_TRUE(test, machine->tracked);

	/* A machine that cannot: nothing has changed. */
	hvp_track(test, world, child, 0);
	hvp_fake_machine_fail(&world->guest, HVP_FAKE_TRACK, 1, -ENOMEM);
	hvp_expect_status(test, hvp_set_tracking(world, child, 1), SET_PARTITION_PROPERTY,
			  NO_RESOURCES);
	KUNIT_EXPECT_EQ(test, hvp_tracking(world, child), 0);
	hvp_expect_states(test, hvp_access(world, child, 0, 0, 1), 1, HVP_WRITTEN);
	hvp_track(test, world, child, 1);
	hvp_expect_status(test, hvp_try_finalize(world, world->root, child->id),
			  FINALIZE_PARTITION, SUCCESS);
	hvp_expect_status(test, hvp_set_tracking(world, child, 0), SET_PARTITION_PROPERTY,
			  INVALID_PARTITION_STATE);
	hvp_expect_status(test, hvp_access(world, child, 0, 0, 1), GET_GPA_PAGES_ACCESS_STATE,
			  INVALID_PARTITION_STATE);
}

static struct kunit_case hvp_access_state_cases[] = {
	KUNIT_CASE_PARAM(hvp_access_state_knows_flags, hvp_access_flags_gen_params),
	KUNIT_CASE(hvp_access_state_untracked),
	KUNIT_CASE(hvp_access_state_without_vps),
	KUNIT_CASE(hvp_access_state_changes),
	KUNIT_CASE(hvp_access_state_goes_on),
	KUNIT_CASE(hvp_access_state_stops_at_the_end),
	KUNIT_CASE(hvp_access_state_fails),
	KUNIT_CASE(hvp_tracking_is_told),
	{}
};

HVP_KUNIT_SUITE(hvp_access_state, hvp_access_state_cases);
