// SPDX-License-Identifier: GPL-2.0
/* doorbells.c: what a child writes to a doorbell gets into its parent's event ring. */

#include <hvpart/abi/gpa.h>
#include <hvpart/abi/messages.h>
#include "../core/vp/signals.h"
#include "contract.h"

#define DOORBELL	0x5010ULL	/* nothing is mapped there */
#define VECTOR		0xf3

/* A child that rings as often as it is told, and a parent whose SynIC is set up. */
struct hvp_bells {
	struct hvp_world *world;
	struct hvp_partition *child;
	struct hvp_machine_vp *machine;
	u8 *code;
	struct hvp_vp *vp;
	struct hvp_message *slot;
	struct hvp_event_ring *ring;
};

/* mov %ax, 0x5010, all over the page */
static const u8 ring_it[] = { 0xa3, 0x10, 0x50 };

/* How many writes there are until it blocks. */
static unsigned int hvp_bells_left;
static struct hvp_exit hvp_bells_exit;

static void hvp_bells_run(struct hvp_machine_vp *vp)
{
	vp->machine->guest->machines.exit = hvp_bells_exit;
	if (!hvp_bells_left)
		vp->machine->guest->machines.exit.reason = HVP_EXIT_BLOCKED;
	else
		hvp_bells_left--;
}

static void hvp_bells_begin(struct kunit *test, struct hvp_bells *it)
{
	struct hvp_world *world = hvp_world_create(test);
	u64 gfn = hvp_world_fresh_pages(world, 0, 2);
	unsigned int i;

	it->world = world;
	it->child = hvp_world_child(world, world->root, HVP_STATE_ACTIVE);
	it->machine = hvp_world_vp(world, it->child, 0)->machine;
	hvp_make_ready(world, it->child, HVP_CALL_MAP_GPA_PAGES);
	hvp_try_gpa(world, world->root, HVP_CALL_MAP_GPA_PAGES, it->child->id, 0,
		    HVP_MAP_READ | HVP_MAP_WRITE, &gfn, 1, 0);
	it->code = hvp_fake_memory(&world->guest, gfn << HVP_PAGE_SHIFT);
	for (i = 0; i + sizeof(ring_it) <= HVP_PAGE_SIZE; i += sizeof(ring_it))
		memcpy(it->code + i, ring_it, sizeof(ring_it));
	it->machine->state.rip = 0;
	it->machine->state.segments[HVP_CS].base = 0;
	it->machine->state.gpr[HVP_RAX] = 0x1234;
	hvp_bells_exit = (struct hvp_exit){ .reason = HVP_EXIT_MEMORY,
					    .access = HVP_ACCESS_WRITE, .gpa = 0x5000 };
	hvp_bells_left = 0;
	world->guest.machines.running = hvp_bells_run;
	/* Rings, messages and instructions are no parameters. */
	world->guest.watched = false;

	it->vp = world->vp;
	it->slot = hvp_world_message_slot(world, VECTOR);
	it->ring = hvp_fake_memory(&world->guest, (gfn + 1) << HVP_PAGE_SHIFT);
	memset(it->ring, 0, HVP_PAGE_SIZE);
	it->ring += HVP_DOORBELL_SINT;
	it->vp->pages[HVP_VP_PAGE_SIRB] = (gfn + 1) << HVP_PAGE_SHIFT | 1;
}

static void hvp_bells_connect(struct hvp_bells *it, u32 id, u64 gpa, u64 flags, u64 value)
{
	struct hvp_connect_port_in in = hvp_doorbell_at(id, it->child->id, gpa);

	in.flags = flags;
	in.value = value;
	hvp_world_deposit(it->world, it->world->root, 0, 1);
	hvp_expect_status(it->world->test,
			  hvp_try_create_port(it->world, it->world->root,
					      HVP_DOORBELL_PORT(id, it->child->id)),
			  CREATE_PORT, SUCCESS);
	hvp_expect_status(it->world->test,
			  hvp_try_connect_port(it->world, it->world->root, in), CONNECT_PORT,
			  SUCCESS);
}

/* Return: has it been an exit? */
static bool hvp_bells_dispatch(struct hvp_bells *it, unsigned int writes)
{
	struct hvp_reply reply;

	hvp_bells_left = writes;
	/* Where this machine itself is not run for long, its time may be over before. */
	do {
		reply = hvp_try_run(it->world, it->world->root, it->child->id, 0,
				    HVP_DISPATCH_CLEAR_INTERCEPT_SUSPEND);
		hvp_expect_status(it->world->test, reply, DISPATCH_VP, SUCCESS);
	} while (reply.out[0] == HVP_DISPATCH_READY);
	return reply.out[0] >> 32 == HVP_DISPATCH_EVENT_INTERCEPT;
}

static bool hvp_bells_deliver(struct hvp_bells *it)
{
	u8 vector = 0;
	bool raise = hvp_signals_deliver(&it->world->hierarchy->space, &it->world->guest.guest,
					 it->vp, &vector);

	if (raise)
		KUNIT_EXPECT_EQ(it->world->test, vector, VECTOR);
	return raise;
}

static void hvp_expect_message(struct hvp_bells *it)
{
	const u32 *payload = (const void *)it->slot + 16;

	KUNIT_EXPECT_EQ(it->world->test, it->slot->header.type, 0x80000061);
	KUNIT_EXPECT_EQ(it->world->test, it->slot->header.payload_size, 4);
	KUNIT_EXPECT_EQ(it->world->test, payload[0], 5);
	it->slot->header.type = 0;
}

static void hvp_doorbell_is_rung(struct kunit *test)
{
	struct hvp_bells it;

	hvp_bells_begin(test, &it);
	hvp_bells_connect(&it, 9, DOORBELL, HVP_DOORBELL_ANY_VALUE, 0);
	it.machine->state.rflags |= BIT(16);
	it.world->guest.attended = 0;
	KUNIT_EXPECT_FALSE(test, hvp_bells_dispatch(&it, 3));
	/* It went on behind each. */
	KUNIT_EXPECT_EQ(test, it.machine->state.rip, 9);
	KUNIT_EXPECT_EQ(test, it.machine->state.rflags, 2);
	KUNIT_EXPECT_EQ(test, it.machine->state.gpr[HVP_RAX], 0x1234);
	KUNIT_EXPECT_EQ(test, it.world->guest.attended, 3);
	KUNIT_EXPECT_TRUE(test, hvp_bells_deliver(&it));
	hvp_expect_message(&it);
	KUNIT_EXPECT_EQ(test, it.ring->ports[0], 9);
	KUNIT_EXPECT_EQ(test, it.ring->ports[2], 9);
	KUNIT_EXPECT_EQ(test, it.ring->ports[3], 0);
	KUNIT_EXPECT_EQ(test, it.ring->full, 0);
	KUNIT_EXPECT_FALSE(test, hvp_bells_deliver(&it));
	KUNIT_EXPECT_FALSE(test, hvp_signals_wait(&it.world->hierarchy->space));
}

/* Where, how much and what: as the instruction has it, which writes 0x1234 to two bytes. */
struct hvp_match_row {
	const char *name;
	u64 gpa;
	u64 flags;
	u64 value;
	bool rings;
};

static const struct hvp_match_row hvp_match_rows[] = {
	{ "any", DOORBELL, HVP_DOORBELL_ANY_VALUE, 0, true },
	{ "value", DOORBELL, 0, 0x1234, true },
	{ "another value", DOORBELL, 0, 0x1235, false },
	{ "value with more bits", DOORBELL, 0, 0x11234, false },
	{ "byte", DOORBELL, 1 | HVP_DOORBELL_ANY_VALUE, 0, false },
	{ "word", DOORBELL, 2 | HVP_DOORBELL_ANY_VALUE, 0, true },
	{ "word, value", DOORBELL, 2, 0x1234, true },
	{ "double word", DOORBELL, 3 | HVP_DOORBELL_ANY_VALUE, 0, false },
	{ "quad word", DOORBELL, 4 | HVP_DOORBELL_ANY_VALUE, 0, false },
	{ "next byte", DOORBELL + 1, HVP_DOORBELL_ANY_VALUE, 0, false },
	{ "byte before", DOORBELL - 1, HVP_DOORBELL_ANY_VALUE, 0, false },
	{ "page before", DOORBELL - HVP_PAGE_SIZE, HVP_DOORBELL_ANY_VALUE, 0, false },
};

KUNIT_ARRAY_PARAM_DESC(hvp_match, hvp_match_rows, name);

static void hvp_doorbell_matches(struct kunit *test)
{
	const struct hvp_match_row *row = test->param_value;
	struct hvp_bells it;

	hvp_bells_begin(test, &it);
	hvp_bells_connect(&it, 1, row->gpa, row->flags, row->value);
	KUNIT_EXPECT_EQ(test, hvp_bells_dispatch(&it, 1), !row->rings);
	KUNIT_EXPECT_EQ(test, it.machine->state.rip, row->rings ? 3 : 0);
	KUNIT_EXPECT_EQ(test, hvp_bells_deliver(&it), row->rings);
	KUNIT_EXPECT_EQ(test, it.ring->ports[0], row->rings);
}

/* What is no write of that instruction is an exit as ever. */
static void hvp_doorbell_is_nothing_else(struct kunit *test)
{
	struct hvp_bells it;
	u64 zero = 0;

	hvp_bells_begin(test, &it);
	hvp_bells_connect(&it, 1, DOORBELL, HVP_DOORBELL_ANY_VALUE, 0);
	hvp_bells_exit.access = HVP_ACCESS_READ;
	KUNIT_EXPECT_TRUE(test, hvp_bells_dispatch(&it, 1));
	hvp_bells_exit.access = HVP_ACCESS_EXECUTE;
	KUNIT_EXPECT_TRUE(test, hvp_bells_dispatch(&it, 1));
	hvp_bells_exit.access = HVP_ACCESS_WRITE;
	hvp_bells_exit.gpa = 0x6000;
	KUNIT_EXPECT_TRUE(test, hvp_bells_dispatch(&it, 1));
	hvp_bells_exit.gpa = 0x5000;
	it.code[0] = 0x87;
	KUNIT_EXPECT_TRUE(test, hvp_bells_dispatch(&it, 1));
	it.code[0] = 0xa3;
	/* Its code is gone. */
	hvp_try_gpa(it.world, it.world->root, HVP_CALL_UNMAP_GPA_PAGES, it.child->id, 0, 0,
		    &zero, 1, 0);
	KUNIT_EXPECT_TRUE(test, hvp_bells_dispatch(&it, 1));
	KUNIT_EXPECT_EQ(test, it.machine->state.rip, 0);
	KUNIT_EXPECT_FALSE(test, hvp_bells_deliver(&it));
}

/* The first of two; the second when that is gone; and then none. */
static void hvp_doorbell_is_the_first(struct kunit *test)
{
	struct hvp_bells it;

	hvp_bells_begin(test, &it);
	hvp_bells_connect(&it, 1, DOORBELL, HVP_DOORBELL_ANY_VALUE, 0);
	hvp_bells_connect(&it, 2, DOORBELL, 2, 0x1234);
	KUNIT_EXPECT_FALSE(test, hvp_bells_dispatch(&it, 1));
	KUNIT_EXPECT_TRUE(test, hvp_bells_deliver(&it));
	hvp_expect_message(&it);
	hvp_expect_status(test, hvp_try_disconnect_port(it.world, it.world->root, it.child->id, 1),
			  DISCONNECT_PORT, SUCCESS);
	KUNIT_EXPECT_FALSE(test, hvp_bells_dispatch(&it, 1));
	KUNIT_EXPECT_TRUE(test, hvp_bells_deliver(&it));
	KUNIT_EXPECT_EQ(test, it.ring->ports[0], 1);
	KUNIT_EXPECT_EQ(test, it.ring->ports[1], 2);
	hvp_expect_message(&it);
	/* What has not been told by then is forgotten. */
	KUNIT_EXPECT_FALSE(test, hvp_bells_dispatch(&it, 1));
	hvp_expect_status(test, hvp_try_delete_port(it.world, it.world->root, 2), DELETE_PORT,
			  SUCCESS);
	KUNIT_EXPECT_FALSE(test, hvp_bells_deliver(&it));
	KUNIT_EXPECT_TRUE(test, hvp_bells_dispatch(&it, 1));
}

/* As Linux does it: it masks messages, takes entries, and looks once more. */
static unsigned int hvp_bells_take(struct hvp_bells *it, unsigned int *tail)
{
	unsigned int taken = 0;

	for (;;) {
		u32 port = it->ring->ports[*tail];

		if (!port && it->ring->full) {
			it->ring->full = 0;
			hvp_expect_status(it->world->test,
					  hvp_try_ring_empty(it->world, it->world->root, 5),
					  NOTIFY_PORT_RING_EMPTY, SUCCESS);
			port = it->ring->ports[*tail];
		}
		if (!port)
			break;
		it->ring->signal_masked = 1;
		it->ring->ports[*tail] = 0;
		*tail = (*tail + 1) % 63;
		taken++;
	}
	it->ring->signal_masked = 0;
	return taken;
}

/* From the first instruction on */
static void hvp_bells_ring(struct hvp_bells *it, unsigned int writes)
{
	it->machine->state.rip = 0;
	hvp_bells_dispatch(it, writes);
}

/* More than there is room for: none is lost, and none told twice. */
static void hvp_ring_runs_over(struct kunit *test)
{
	unsigned int tail = 0, i;
	struct hvp_bells it;

	hvp_bells_begin(test, &it);
	hvp_bells_connect(&it, 1, DOORBELL, HVP_DOORBELL_ANY_VALUE, 0);
	for (i = 0; i < 3; i++) {
		hvp_bells_ring(&it, 150);
		KUNIT_EXPECT_TRUE(test, hvp_bells_deliver(&it));
		hvp_expect_message(&it);
		KUNIT_EXPECT_EQ(test, it.ring->full, 1);
		KUNIT_EXPECT_EQ(test, hvp_bells_take(&it, &tail), 150);
		KUNIT_EXPECT_FALSE(test, hvp_bells_deliver(&it));
	}
	KUNIT_EXPECT_EQ(test, tail, 450 % 63);
}

/* Entries that it has not taken are not overwritten; it is told again that there are some. */
static void hvp_ring_is_full(struct kunit *test)
{
	unsigned int tail = 0;
	struct hvp_bells it;

	hvp_bells_begin(test, &it);
	hvp_bells_connect(&it, 1, DOORBELL, HVP_DOORBELL_ANY_VALUE, 0);
	hvp_bells_connect(&it, 2, DOORBELL + 4, HVP_DOORBELL_ANY_VALUE, 0);
	hvp_bells_ring(&it, 63);
	KUNIT_EXPECT_TRUE(test, hvp_bells_deliver(&it));
	hvp_expect_message(&it);
	KUNIT_EXPECT_EQ(test, it.ring->full, 0);
	it.code[1] += 4;
	hvp_bells_ring(&it, 1);
	KUNIT_EXPECT_TRUE(test, hvp_bells_deliver(&it));
	hvp_expect_message(&it);
	KUNIT_EXPECT_EQ(test, it.ring->ports[0], 1);
	KUNIT_EXPECT_EQ(test, it.ring->full, 1);
	KUNIT_EXPECT_EQ(test, hvp_bells_take(&it, &tail), 64);
	KUNIT_EXPECT_EQ(test, tail, 1);
	KUNIT_EXPECT_FALSE(test, hvp_bells_deliver(&it));
}

/* No message while it looks by itself, nor into a slot that is not free. */
static void hvp_ring_is_masked(struct kunit *test)
{
	struct hvp_bells it;

	hvp_bells_begin(test, &it);
	hvp_bells_connect(&it, 1, DOORBELL, HVP_DOORBELL_ANY_VALUE, 0);
	it.ring->signal_masked = 1;
	KUNIT_EXPECT_FALSE(test, hvp_bells_dispatch(&it, 1));
	KUNIT_EXPECT_FALSE(test, hvp_bells_deliver(&it));
	KUNIT_EXPECT_EQ(test, it.ring->ports[0], 1);
	KUNIT_EXPECT_EQ(test, it.slot->header.type, 0);
	it.ring->signal_masked = 0;
	it.slot->header.type = 1;
	KUNIT_EXPECT_FALSE(test, hvp_bells_dispatch(&it, 1));
	KUNIT_EXPECT_FALSE(test, hvp_bells_deliver(&it));
	KUNIT_EXPECT_EQ(test, it.slot->header.flags, 1);
	it.slot->header.type = 0;
	KUNIT_EXPECT_TRUE(test, hvp_bells_deliver(&it));
	hvp_expect_message(&it);
	KUNIT_EXPECT_EQ(test, it.ring->ports[1], 1);
}

/* A parent without a ring, or one that the VMM has taken away, has it later. */
static void hvp_ring_is_missing(struct kunit *test)
{
	struct hvp_bells it;
	u64 sirbp;

	hvp_bells_begin(test, &it);
	hvp_bells_connect(&it, 1, DOORBELL, HVP_DOORBELL_ANY_VALUE, 0);
	sirbp = it.vp->pages[HVP_VP_PAGE_SIRB];
	it.vp->pages[HVP_VP_PAGE_SIRB] = 0;
	KUNIT_EXPECT_FALSE(test, hvp_bells_dispatch(&it, 1));
	KUNIT_EXPECT_FALSE(test, hvp_bells_deliver(&it));
	it.vp->pages[HVP_VP_PAGE_SIRB] = (u64)HVP_FAKE_GFNS << HVP_PAGE_SHIFT | 1;
	KUNIT_EXPECT_FALSE(test, hvp_bells_deliver(&it));
	hvp_try_ring_empty(it.world, it.world->root, 5);
	it.vp->pages[HVP_VP_PAGE_SIRB] = sirbp;
	KUNIT_EXPECT_TRUE(test, hvp_bells_deliver(&it));
	hvp_expect_message(&it);
	KUNIT_EXPECT_EQ(test, it.ring->ports[0], 1);
	KUNIT_EXPECT_EQ(test, it.ring->ports[1], 0);
}

/* One that rings all the time comes back all the same, as far as it has come. */
static void hvp_doorbell_ends_a_dispatch(struct kunit *test)
{
	struct hvp_bells it;

	hvp_bells_begin(test, &it);
	hvp_bells_connect(&it, 1, DOORBELL, HVP_DOORBELL_ANY_VALUE, 0);
	memset(it.code, 0x90, HVP_PAGE_SIZE);
	memcpy(it.code, ring_it, sizeof(ring_it));
	/* The machine cannot take over where it goes on: what has been rung is not undone. */
	hvp_fake_machine_fail(&it.world->guest, HVP_FAKE_SET, 1, -ENOMEM);
	hvp_bells_left = 2;
	hvp_expect_status(test, hvp_try_run(it.world, it.world->root, it.child->id, 0, 0),
			  DISPATCH_VP, NO_RESOURCES);
	KUNIT_EXPECT_TRUE(test, hvp_bells_deliver(&it));
	hvp_expect_message(&it);
	/* From behind it, where there is no write. */
	KUNIT_EXPECT_TRUE(test, hvp_bells_dispatch(&it, 1));
	KUNIT_EXPECT_EQ(test, it.machine->state.rip, 3);
	KUNIT_EXPECT_EQ(test, it.ring->ports[1], 0);
}

static struct kunit_case hvp_doorbells_cases[] = {
	KUNIT_CASE(hvp_doorbell_is_rung),
	KUNIT_CASE_PARAM(hvp_doorbell_matches, hvp_match_gen_params),
	KUNIT_CASE(hvp_doorbell_is_nothing_else),
	KUNIT_CASE(hvp_doorbell_is_the_first),
	KUNIT_CASE(hvp_ring_runs_over),
	KUNIT_CASE(hvp_ring_is_full),
	KUNIT_CASE(hvp_ring_is_masked),
	KUNIT_CASE(hvp_ring_is_missing),
	KUNIT_CASE(hvp_doorbell_ends_a_dispatch),
	{}
};

HVP_KUNIT_SUITE(hvp_doorbells, hvp_doorbells_cases);
