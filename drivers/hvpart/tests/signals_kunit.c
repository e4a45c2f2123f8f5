// SPDX-License-Identifier: GPL-2.0
/* Which parents are told, and how often, that a virtual processor they wait for can go on. */

#include <hvpart/abi/messages.h>
#include "../core/vp/signals.h"
#include "contract.h"

#define VECTOR	0xf3

/* A virtual processor in HLT whenever it has run, and a parent that takes messages. */
struct hvp_waits {
	struct hvp_world *world;
	struct hvp_partition *child;
	struct hvp_machine_vp *machine;
	struct hvp_register_page *registers;
	struct hvp_message *slot;
};

static void hvp_waits_begin(struct kunit *test, struct hvp_waits *it)
{
	struct hvp_world *world = hvp_world_create(test);
	u64 gfn = hvp_world_fresh_pages(world, 0, 1);

	it->world = world;
	it->child = hvp_world_child(world, world->root, HVP_STATE_ACTIVE);
	it->machine = hvp_world_vp(world, it->child, 0)->machine;
	it->machine->state.halt_suspend = true;
	hvp_expect_status(test, hvp_try_map_state(world, world->root, it->child->id, 0,
						  HVP_STATE_PAGE_REGISTERS, gfn),
			  MAP_VP_STATE_PAGE, SUCCESS);
	it->registers = hvp_fake_memory(&world->guest, gfn << HVP_PAGE_SHIFT);
	it->slot = hvp_world_message_slot(world, VECTOR);
	world->guest.machines.exit.reason = HVP_EXIT_BLOCKED;
	/* Messages are no parameters. */
	world->guest.watched = false;
}

static void hvp_expect_answer(struct hvp_waits *it, u32 state, u32 event)
{
	struct hvp_reply reply = hvp_try_run(it->world, it->world->root, it->child->id, 0, 0);

	hvp_expect_status(it->world->test, reply, DISPATCH_VP, SUCCESS);
	KUNIT_EXPECT_EQ(it->world->test, reply.out[0], state | (u64)event << 32);
}

static void hvp_it_waits(struct hvp_waits *it)
{
	hvp_expect_answer(it, HVP_DISPATCH_BLOCKED, 0);
}

/* It comes back, but not to wait. */
static void hvp_it_is_interrupted(struct hvp_waits *it)
{
	it->world->guest.machines.exit.reason = HVP_EXIT_INTERRUPTED;
	hvp_expect_answer(it, HVP_DISPATCH_READY, 0);
	it->world->guest.machines.exit.reason = HVP_EXIT_BLOCKED;
}

static void hvp_it_is_suspended(struct hvp_waits *it)
{
	hvp_expect_answer(it, HVP_DISPATCH_BLOCKED, HVP_DISPATCH_EVENT_SUSPEND);
}

static void hvp_set_one(struct hvp_waits *it, u32 name, u64 value)
{
	const struct hvp_register_assoc assoc = { .name = name, .value.word = { value } };
	struct hvp_reply reply = hvp_try_set_registers(it->world, it->world->root,
						       it->child->id, 0, &assoc, 1);

	hvp_expect_status(it->world->test, reply, SET_VP_REGISTERS, SUCCESS);
}

static void hvp_end_halt(struct hvp_waits *it)
{
	hvp_set_one(it, HVP_REGISTER_INTERNAL_ACTIVITY_STATE, 0);
}

static u64 hvp_get_one(struct hvp_waits *it, u32 name)
{
	return hvp_try_get_registers(it->world, it->world->root, it->child->id, 0, &name,
				     1).out[0];
}

static void hvp_wake(struct hvp_waits *it)
{
	it->machine->events->woken(it->machine->owner);
}

/* The parent takes messages until there is none. */
static void hvp_expect_told(struct hvp_waits *it, unsigned int times)
{
	const struct hvp_signal_pairs_message *pairs = &it->slot->payload.signal_pairs;
	struct kunit *test = it->world->test;
	unsigned int told = 0;
	u8 vector;

	while (hvp_signals_deliver(&it->world->hierarchy->space, &it->world->guest.guest,
				   it->world->vp, &vector)) {
		KUNIT_EXPECT_EQ(test, it->slot->header.type, HVP_MESSAGE_SCHEDULER_VP_SIGNAL_PAIR);
		KUNIT_EXPECT_EQ(test, pairs->count, 1);
		KUNIT_EXPECT_EQ(test, pairs->partition_ids[0], it->child->id);
		KUNIT_EXPECT_EQ(test, pairs->vp_indices[0], 0);
		it->slot->header.type = HVP_MESSAGE_NONE;
		told++;
	}
	KUNIT_EXPECT_EQ(test, told, times);
}

/* Registers by which a parent ends the wait, or may. */
struct hvp_end_row {
	const char *name;
	u32 number;
	u64 value;
};

static const struct hvp_end_row hvp_end_rows[] = {
	{ "HLT", HVP_REGISTER_INTERNAL_ACTIVITY_STATE, 0 },
	{ "interruption", HVP_REGISTER_PENDING_INTERRUPTION,
	  HVP_INTERRUPTION_PENDING | 0x30 << HVP_INTERRUPTION_VECTOR_SHIFT },
	{ "exception", HVP_REGISTER_PENDING_EVENT0,
	  HVP_EVENT_PENDING | HVP_EVENT_TYPE_EXCEPTION | 6 << HVP_EVENT_VECTOR_SHIFT },
	{ "interrupt state", HVP_REGISTER_INTERRUPT_STATE, 0 },
	{ "IF", HVP_REGISTER_RFLAGS, 0x202 },
	{ "task priority", HVP_REGISTER_CR8, 0 },
	{ "notifications", HVP_REGISTER_DELIVERABILITY_NOTIFICATIONS, HVP_NOTIFY_INTERRUPT },
	{ "configuration of a timer", HVP_REGISTER_STIMER0_CONFIG, 9 },
	{ "count of a timer", HVP_REGISTER_STIMER3_COUNT, 1000 },
};

KUNIT_ARRAY_PARAM_DESC(hvp_end, hvp_end_rows, name);

/* Told once for each answer that it waits, and that it does, a dispatch finds out. */
static void hvp_signal_after_a_register(struct kunit *test)
{
	const struct hvp_end_row *row = test->param_value;
	struct hvp_waits it;

	hvp_waits_begin(test, &it);
	/* It has never been dispatched. */
	hvp_set_one(&it, row->number, row->value);
	hvp_expect_told(&it, 0);
	hvp_set_one(&it, HVP_REGISTER_RFLAGS, 2);
	hvp_it_waits(&it);
	hvp_set_one(&it, row->number, row->value);
	hvp_expect_told(&it, 1);
	KUNIT_EXPECT_EQ(test, hvp_get_one(&it, HVP_REGISTER_VP_ROOT_SIGNAL_COUNT), 1);
	/* It has been told. */
	hvp_set_one(&it, row->number, row->value);
	hvp_wake(&it);
	hvp_expect_told(&it, 0);
	hvp_set_one(&it, HVP_REGISTER_RFLAGS, 2);
	hvp_set_one(&it, HVP_REGISTER_DELIVERABILITY_NOTIFICATIONS, 0);
	hvp_it_waits(&it);
	hvp_set_one(&it, row->number, row->value);
	hvp_expect_told(&it, 1);
	KUNIT_EXPECT_EQ(test, hvp_get_one(&it, HVP_REGISTER_VP_ROOT_SIGNAL_COUNT), 2);
}

/* Whatever it is that ends the wait, and however often it is said. */
static void hvp_signal_once(struct kunit *test)
{
	struct hvp_waits it;

	hvp_waits_begin(test, &it);
	hvp_it_waits(&it);
	hvp_wake(&it);
	hvp_wake(&it);
	hvp_end_halt(&it);
	hvp_expect_told(&it, 1);
	hvp_wake(&it);
	hvp_end_halt(&it);
	hvp_expect_told(&it, 0);
	hvp_it_waits(&it);
	hvp_end_halt(&it);
	hvp_wake(&it);
	hvp_expect_told(&it, 1);
}

static void hvp_wake_while_it_runs(struct hvp_machine_vp *vp)
{
	vp->events->woken(vp->owner);
}

/* What its parent does not wait for it need not be told. */
static void hvp_no_signal_unless_it_waits(struct kunit *test)
{
	struct hvp_waits it;

	hvp_waits_begin(test, &it);
	hvp_it_is_interrupted(&it);
	hvp_end_halt(&it);
	hvp_expect_told(&it, 0);
	/* It waits no more. */
	hvp_it_waits(&it);
	hvp_it_is_interrupted(&it);
	hvp_wake(&it);
	hvp_end_halt(&it);
	hvp_expect_told(&it, 0);
	/* It waits after that. */
	it.world->guest.machines.running = hvp_wake_while_it_runs;
	hvp_it_waits(&it);
	hvp_expect_told(&it, 0);
	hvp_end_halt(&it);
	hvp_expect_told(&it, 1);
	it.world->guest.machines.running = NULL;
	/* A look at it changes nothing. */
	hvp_it_waits(&it);
	hvp_get_one(&it, HVP_REGISTER_RIP);
	hvp_expect_told(&it, 0);
}

/* Of a call that fails half-way, half has been done. */
static void hvp_signal_after_half_a_call(struct kunit *test)
{
	const struct hvp_register_assoc assocs[] = {
		{ .name = HVP_REGISTER_INTERNAL_ACTIVITY_STATE },
		{ .name = HVP_REGISTER_VP_ROOT_SIGNAL_COUNT },
	};
	struct hvp_reply reply;
	struct hvp_waits it;

	hvp_waits_begin(test, &it);
	hvp_it_waits(&it);
	reply = hvp_try_set_registers(it.world, it.world->root, it.child->id, 0, assocs, 2);
	hvp_expect_status(test, reply, SET_VP_REGISTERS, INVALID_PARAMETER);
	KUNIT_EXPECT_EQ(test, reply.reps, 1);
	hvp_expect_told(&it, 1);
}

/* As long as it is suspended it cannot go on, and when that ends, it may. */
static void hvp_signal_when_it_is_not_suspended(struct kunit *test)
{
	static const u32 registers[] = {
		HVP_REGISTER_EXPLICIT_SUSPEND, HVP_REGISTER_INTERCEPT_SUSPEND,
		HVP_REGISTER_DISPATCH_SUSPEND,
	};
	struct hvp_waits it;
	unsigned int i;

	hvp_waits_begin(test, &it);
	for (i = 0; i < ARRAY_SIZE(registers); i++) {
		/* Answered as blocked before it was suspended. */
		hvp_it_waits(&it);
		hvp_set_one(&it, registers[i], 1);
		hvp_end_halt(&it);
		hvp_wake(&it);
		hvp_expect_told(&it, 0);
		hvp_set_one(&it, registers[i], 0);
		hvp_expect_told(&it, 1);
		/* And because of that. */
		hvp_it_is_interrupted(&it);
		hvp_set_one(&it, registers[i], 1);
		hvp_it_is_suspended(&it);
		hvp_wake(&it);
		hvp_end_halt(&it);
		hvp_expect_told(&it, 0);
		hvp_set_one(&it, registers[i], 0);
		hvp_expect_told(&it, 1);
		/* Not answered meanwhile. */
		hvp_it_is_interrupted(&it);
		hvp_set_one(&it, registers[i], 1);
		hvp_set_one(&it, registers[i], 0);
		hvp_expect_told(&it, 0);
	}
}

/* What has not been told yet when it is suspended is told when that ends. */
static void hvp_signal_is_held_back(struct kunit *test)
{
	struct hvp_waits it;

	hvp_waits_begin(test, &it);
	hvp_it_waits(&it);
	hvp_end_halt(&it);
	hvp_set_one(&it, HVP_REGISTER_DISPATCH_SUSPEND, 1);
	hvp_expect_told(&it, 0);
	KUNIT_EXPECT_EQ(test, hvp_get_one(&it, HVP_REGISTER_VP_ROOT_SIGNAL_COUNT), 0);
	hvp_set_one(&it, HVP_REGISTER_DISPATCH_SUSPEND, 0);
	hvp_expect_told(&it, 1);
	KUNIT_EXPECT_EQ(test, hvp_get_one(&it, HVP_REGISTER_VP_ROOT_SIGNAL_COUNT), 1);
}

static void hvp_write_flags(struct hvp_waits *it, u64 value)
{
	it->registers->rflags = value;
	it->registers->dirty = BIT(HVP_CLASS_FLAGS);
}

/* What is in the register page ends the wait when a call has taken it. */
static void hvp_signal_after_the_register_page(struct kunit *test)
{
	struct hvp_waits it;

	hvp_waits_begin(test, &it);
	hvp_it_waits(&it);
	hvp_write_flags(&it, 0x202);
	hvp_expect_told(&it, 0);
	KUNIT_EXPECT_EQ(test, hvp_get_one(&it, HVP_REGISTER_RFLAGS), 0x202);
	hvp_expect_told(&it, 1);
	/* Taken by the dispatch that finds out */
	hvp_it_waits(&it);
	hvp_write_flags(&it, 0x202);
	hvp_it_waits(&it);
	hvp_expect_told(&it, 0);
	/* No flags that can be */
	hvp_write_flags(&it, ~0ULL);
	hvp_get_one(&it, HVP_REGISTER_RFLAGS);
	hvp_expect_told(&it, 0);
}

static struct hvp_reply hvp_try_state(struct hvp_waits *it, u16 code, u32 type,
				      const void *header, unsigned int words)
{
	struct hvp_any_input in = { { it->child->id, 0, type } };

	memcpy(&in.word[5], header, words * sizeof(u64));
	return hvp_try(it->world, it->world->root, &(struct hvp_try){
		.code = code, .in = &in, .header_words = words });
}

/* Timers, and interrupts in a LAPIC, of which the machine does not tell by itself. */
static void hvp_signal_after_other_state(struct kunit *test)
{
	struct hvp_timers timers = { .timers[0] = { .config = 9, .count = 1000 } };
	const unsigned int words = sizeof(timers) / sizeof(u64);
	struct hvp_waits it;
	u64 gfn;

	hvp_waits_begin(test, &it);
	gfn = hvp_world_fresh_pages(it.world, 0, 1);
	hvp_it_waits(&it);
	hvp_expect_status(test, hvp_try_state(&it, HVP_CALL_SET_VP_STATE, HVP_VP_STATE_TIMERS,
					      &timers, words), SET_VP_STATE, SUCCESS);
	hvp_expect_told(&it, 1);
	hvp_it_waits(&it);
	hvp_expect_status(test, hvp_try_state(&it, HVP_CALL_GET_VP_STATE, HVP_VP_STATE_LAPIC,
					      &gfn, 1), GET_VP_STATE, SUCCESS);
	hvp_expect_told(&it, 0);
	hvp_expect_status(test, hvp_try_state(&it, HVP_CALL_SET_VP_STATE, HVP_VP_STATE_LAPIC,
					      &gfn, 1), SET_VP_STATE, SUCCESS);
	hvp_expect_told(&it, 1);
	/* Nothing is set. */
	hvp_it_waits(&it);
	timers.timers[3].flags = 2;
	hvp_expect_status(test, hvp_try_state(&it, HVP_CALL_SET_VP_STATE, HVP_VP_STATE_TIMERS,
					      &timers, words), SET_VP_STATE, INVALID_PARAMETER);
	hvp_expect_told(&it, 0);
}

static struct kunit_case hvp_signals_cases[] = {
	KUNIT_CASE_PARAM(hvp_signal_after_a_register, hvp_end_gen_params),
	KUNIT_CASE(hvp_signal_once),
	KUNIT_CASE(hvp_no_signal_unless_it_waits),
	KUNIT_CASE(hvp_signal_after_half_a_call),
	KUNIT_CASE(hvp_signal_when_it_is_not_suspended),
	KUNIT_CASE(hvp_signal_is_held_back),
	KUNIT_CASE(hvp_signal_after_the_register_page),
	KUNIT_CASE(hvp_signal_after_other_state),
	{}
};

HVP_KUNIT_SUITE(hvp_signals, hvp_signals_cases);
