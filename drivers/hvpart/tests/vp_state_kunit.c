// SPDX-License-Identifier: GPL-2.0
/* HvGetVpState, HvSetVpState; and the two formats of an XSAVE area: xsave.c. */

#include <hvpart/abi/gpa.h>
#include "../core/xsave.h"
#include "contract.h"

/* A child with one virtual processor, and a page for its state. */
struct hvp_kept {
	struct hvp_world *world;
	struct hvp_partition *child;
	struct hvp_child_vp *vp;
	struct hvp_machine_vp *machine;
	u64 gfn;
	u8 *page;
};

static void hvp_kept_begin(struct kunit *test, struct hvp_kept *it)
{
	struct hvp_world *world = hvp_world_create(test);

	world->guest.elsewhere = true;
	it->world = world;
	it->child = hvp_world_child(world, world->root, HVP_STATE_ACTIVE);
	it->vp = hvp_world_vp(world, it->child, 0);
	it->machine = it->vp->machine;
	it->gfn = hvp_world_fresh_pages(world, 0, 1);
	it->page = hvp_fake_memory(&world->guest, it->gfn << HVP_PAGE_SHIFT);
}

static struct hvp_reply hvp_state_call(struct hvp_kept *it, u16 code, u32 type, u64 states,
				       const u64 *header, unsigned int words)
{
	struct hvp_any_input in = { { it->child->id, 0, type | 0xabcdULL << 32, 0, states } };

	memcpy(&in.word[5], header, words * sizeof(u64));
	return hvp_try(it->world, it->world->root, &(struct hvp_try){
		.code = code, .in = &in, .header_words = words });
}

static struct hvp_reply hvp_get_state(struct hvp_kept *it, u32 type, u64 states)
{
	return hvp_state_call(it, HVP_CALL_GET_VP_STATE, type, states, &it->gfn, 1);
}

static struct hvp_reply hvp_set_state(struct hvp_kept *it, u32 type, u64 states)
{
	return hvp_state_call(it, HVP_CALL_SET_VP_STATE, type, states, &it->gfn, 1);
}

static const u32 page_types[] = { 0x80000000, 0x80000001, 0x80000002, 0x80000003 };

/* All types but five, all sizes of a header but one, all VTLs but one. */
static void hvp_state_is_well_formed(struct kunit *test)
{
	static const unsigned int sizes[] = { 0, 1, 2, 24, 25, 26 };
	struct hvp_any_input in = {};
	struct hvp_try try = { .in = &in };
	u64 header[26] = {};
	struct hvp_kept it;
	unsigned int i, j, words;

	hvp_kept_begin(test, &it);
	header[0] = it.gfn;
	for (i = 0; i < 64; i++) {
		u32 type = (i & 31) | (i & 32 ? BIT(31) : 0);

		for (j = 0; j < ARRAY_SIZE(sizes); j++) {
			bool in_page = i >= 32 && i < 36;

			words = sizes[j];
			header[0] = in_page || words == 1 ? it.gfn : 0;
			KUNIT_EXPECT_EQ_MSG(test, !hvp_state_call(&it, HVP_CALL_GET_VP_STATE, type,
								  3, header, words).status,
					    in_page ? words == 1 : i == 4 && !words,
					    "type %#x, %u words", type, words);
			KUNIT_EXPECT_EQ_MSG(test, !hvp_state_call(&it, HVP_CALL_SET_VP_STATE, type,
								  3, header, words).status,
					    in_page ? words == 1 : i == 4 && words == 25,
					    "type %#x, %u words", type, words);
		}
	}
	hvp_expect_status(test, hvp_get_state(&it, 5, 0), GET_VP_STATE, INVALID_PARAMETER);
	hvp_expect_status(test, hvp_set_state(&it, 5, 0), SET_VP_STATE, INVALID_PARAMETER);
	/* The VTL, and not the padding behind it */
	in.word[0] = it.child->id;
	in.word[2] = HVP_VP_STATE_TIMERS;
	try.code = HVP_CALL_GET_VP_STATE;
	for (i = 32; i < 64; i++) {
		in.word[1] = BIT_ULL(i);
		KUNIT_EXPECT_EQ(test, hvp_try(it.world, it.world->root, &try).status,
				i < 40 ? HVP_STATUS_INVALID_PARAMETER : HVP_STATUS_SUCCESS);
	}
}

static void hvp_state_is_in_a_page_of_the_callers(struct kunit *test)
{
	struct hvp_kept it;
	unsigned int i;

	hvp_kept_begin(test, &it);
	for (i = 0; i < ARRAY_SIZE(page_types); i++) {
		it.gfn = BIT_ULL(HVP_WORLD_GPA_BITS - HVP_PAGE_SHIFT);
		hvp_expect_status(test, hvp_get_state(&it, page_types[i], 3),
				  GET_VP_STATE, INVALID_PARAMETER);
		hvp_expect_status(test, hvp_set_state(&it, page_types[i], 3),
				  SET_VP_STATE, INVALID_PARAMETER);
		it.gfn = ~0ULL;
		hvp_expect_status(test, hvp_get_state(&it, page_types[i], 3),
				  GET_VP_STATE, INVALID_PARAMETER);
		it.gfn = HVP_FAKE_RAM_GFN + HVP_FAKE_RAM_PAGES + 1000;
		hvp_expect_status(test, hvp_get_state(&it, page_types[i], 3),
				  GET_VP_STATE, OPERATION_DENIED);
		hvp_expect_status(test, hvp_set_state(&it, page_types[i], 3),
				  SET_VP_STATE, OPERATION_DENIED);
	}
}

/* The host fails: nothing is set, nothing is believed. */
static void hvp_state_fails_with_the_host(struct kunit *test)
{
	static const struct {
		u32 type;
		enum hvp_fake_machine_op op;
		bool set;
	} rows[] = {
		{ HVP_VP_STATE_LAPIC, HVP_FAKE_GET_LAPIC },
		{ HVP_VP_STATE_LAPIC, HVP_FAKE_SET_LAPIC, true },
		{ HVP_VP_STATE_XSAVE, HVP_FAKE_GET_XSAVE },
		{ HVP_VP_STATE_XSAVE, HVP_FAKE_GET_XSAVE, true },
		{ HVP_VP_STATE_XSAVE, HVP_FAKE_SET_XSAVE, true },
		{ HVP_VP_STATE_SIM_PAGE, HVP_FAKE_GET },
		{ HVP_VP_STATE_SIEF_PAGE, HVP_FAKE_GET, true },
	};
	static const int errors[] = { -ENOMEM, -EINTR, -EFAULT };
	struct hvp_kept it;
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		for (j = 0; j < ARRAY_SIZE(errors); j++) {
			hvp_kept_begin(test, &it);
			memset(it.page, 0, HVP_PAGE_SIZE);
			hvp_fake_machine_fail(&it.world->guest, rows[i].op, 1, errors[j]);
			if (rows[i].set)
				hvp_expect_status(test, hvp_set_state(&it, rows[i].type, 3),
						  SET_VP_STATE, NO_RESOURCES);
			else
				hvp_expect_status(test, hvp_get_state(&it, rows[i].type, 3),
						  GET_VP_STATE, NO_RESOURCES);
			KUNIT_EXPECT_EQ(test, it.page[0], 0);
		}
	}
	/* What no processor can have is the caller's fault. */
	hvp_kept_begin(test, &it);
	memset(it.page, 0, HVP_PAGE_SIZE);
	hvp_fake_machine_fail(&it.world->guest, HVP_FAKE_SET_LAPIC, 1, -EINVAL);
	hvp_expect_status(test, hvp_set_state(&it, HVP_VP_STATE_LAPIC, 0), SET_VP_STATE,
			  INVALID_PARAMETER);
	hvp_fake_machine_fail(&it.world->guest, HVP_FAKE_SET_XSAVE, 1, -EINVAL);
	hvp_expect_status(test, hvp_set_state(&it, HVP_VP_STATE_XSAVE, 3), SET_VP_STATE,
			  INVALID_PARAMETER);
}

static void hvp_state_of_the_lapic(struct kunit *test)
{
	const struct hvp_register_assoc base = {
		.name = HVP_REGISTER_APIC_BASE, .value.word = { 0xfee00c00 },
	};
	struct hvp_lapic *lapic;
	struct hvp_kept it;

	hvp_kept_begin(test, &it);
	lapic = (void *)it.page;
	memset(it.page, 0xff, HVP_PAGE_SIZE);
	it.machine->lapic.lvt_lint1 = 0x400;
	it.machine->lapic.remote_read = 0x1234;
	hvp_expect_status(test, hvp_get_state(&it, HVP_VP_STATE_LAPIC, 0), GET_VP_STATE, SUCCESS);
	KUNIT_EXPECT_EQ(test, memcmp(it.page, &it.machine->lapic, sizeof(*lapic)), 0);
	KUNIT_EXPECT_EQ(test, *(u32 *)(it.page + 0x90), 0x400);
	KUNIT_EXPECT_EQ(test, *(u32 *)(it.page + 0xac), 0x1234);
	/* The page is written whole. */
	KUNIT_EXPECT_NULL(test, memchr_inv(it.page + 0xb0, 0, HVP_PAGE_SIZE - 0xb0));
	/* The mode is set before. */
	hvp_try_set_registers(it.world, it.world->root, it.child->id, 0, &base, 1);
	lapic->isr[7] = 0x80000000;
	hvp_expect_status(test, hvp_set_state(&it, HVP_VP_STATE_LAPIC, 0), SET_VP_STATE, SUCCESS);
	KUNIT_EXPECT_EQ(test, it.machine->state.apic_base, 0xfee00c00);
	KUNIT_EXPECT_EQ(test, memcmp(it.page, &it.machine->lapic, sizeof(*lapic)), 0);
}

/* What registers have set that does not go together as yet waits for what is to come. */
static void hvp_state_beside_registers(struct kunit *test)
{
	const struct hvp_register_assoc paging = {
		.name = HVP_REGISTER_CR0, .value.word = { BIT(31) },
	};
	const struct hvp_register_assoc right = {
		.name = HVP_REGISTER_CR0, .value.word = { BIT(31) | BIT(0) },
	};
	const u32 name = HVP_REGISTER_CR0;
	struct hvp_kept it;

	hvp_kept_begin(test, &it);
	hvp_try_set_registers(it.world, it.world->root, it.child->id, 0, &paging, 1);
	hvp_expect_status(test, hvp_get_state(&it, HVP_VP_STATE_LAPIC, 0), GET_VP_STATE, SUCCESS);
	KUNIT_EXPECT_EQ(test, hvp_try_get_registers(it.world, it.world->root, it.child->id, 0,
						    &name, 1).out[0], BIT(31));
	hvp_try_set_registers(it.world, it.world->root, it.child->id, 0, &right, 1);
	hvp_try_run(it.world, it.world->root, it.child->id, 0, 0);
	KUNIT_EXPECT_EQ(test, it.machine->state.cr0, BIT(31) | BIT(0));
	/* The host has no memory for it. */
	hvp_try_set_registers(it.world, it.world->root, it.child->id, 0, &right, 1);
	hvp_fake_machine_fail(&it.world->guest, HVP_FAKE_SET, 1, -ENOMEM);
	hvp_expect_status(test, hvp_get_state(&it, HVP_VP_STATE_LAPIC, 0), GET_VP_STATE,
			  NO_RESOURCES);
}

#define STATES		0xe7ULL		/* x87, SSE, AVX, AVX-512 */
#define IN_USE		512
#define FORMAT		520
#define COMPACTED	BIT_ULL(63)

/* Each component has bytes of its own. */
static void hvp_fill_area(u8 *area, u64 in_use)
{
	static const struct {
		u16 from, to;
		u8 with;
	} parts[] = {
		{ 0, 24, 0x10 }, { 24, 32, 0x11 }, { 32, 160, 0x12 }, { 160, 416, 0x13 },
		{ 576, 832, 0x22 }, { 1088, 1152, 0x25 }, { 1152, 1664, 0x26 },
		{ 1664, 2688, 0x27 },
	};
	unsigned int i;

	memset(area, 0, HVP_PAGE_SIZE);
	for (i = 0; i < ARRAY_SIZE(parts); i++)
		memset(area + parts[i].from, parts[i].with, parts[i].to - parts[i].from);
	*(u64 *)(area + IN_USE) = in_use;
}

/* Where component @bit is in the compacted format of @states: 5 comes behind 2, 6 is aligned. */
static unsigned int hvp_compact_place(u64 states, unsigned int bit)
{
	unsigned int at = 576;

	if (bit > 2 && states & BIT(2))
		at += 256;
	if (bit > 5 && states & BIT(5))
		at += 64;
	if (bit > 6 && states & BIT(6))
		at += 512;
	return at;
}

static void hvp_state_of_xsave(struct kunit *test)
{
	const u64 *in_use, *format;
	struct hvp_kept it;
	u64 states;

	hvp_kept_begin(test, &it);
	in_use = (const u64 *)(it.page + IN_USE);
	format = (const u64 *)(it.page + FORMAT);
	/* It has enabled but the first. */
	hvp_fill_area(it.machine->xsave, STATES & ~BIT(5));
	hvp_expect_status(test, hvp_get_state(&it, HVP_VP_STATE_XSAVE, STATES), GET_VP_STATE,
			  SUCCESS);
	KUNIT_EXPECT_EQ(test, *in_use, 3);
	KUNIT_EXPECT_EQ(test, *format, 3 | COMPACTED);
	KUNIT_EXPECT_EQ(test, it.page[hvp_compact_place(3, 2)], 0);
	it.vp->state.xfem = STATES;
	for (states = 3; states <= STATES; states++) {
		if (states & ~STATES) {
			hvp_expect_status(test, hvp_get_state(&it, HVP_VP_STATE_XSAVE, states),
					  GET_VP_STATE, INVALID_PARAMETER);
			continue;
		}
		hvp_fill_area(it.machine->xsave, STATES & ~BIT(5));
		memset(it.page, 0xff, HVP_PAGE_SIZE);
		hvp_expect_status(test, hvp_get_state(&it, HVP_VP_STATE_XSAVE, states),
				  GET_VP_STATE, SUCCESS);
		KUNIT_EXPECT_EQ(test, *in_use, states & ~BIT(5));
		KUNIT_EXPECT_EQ(test, *format, states | COMPACTED);
		KUNIT_EXPECT_EQ(test, it.page[0], states & 1 ? 0x10 : 0);
		KUNIT_EXPECT_EQ(test, it.page[415], states & 2 ? 0x13 : 0);
		if (states & BIT(2))
			KUNIT_EXPECT_EQ(test, it.page[hvp_compact_place(states, 2)], 0x22);
		/* It is in its initial state. */
		if (states & BIT(5))
			KUNIT_EXPECT_EQ(test, it.page[hvp_compact_place(states, 5)], 0);
		if (states & BIT(7)) {
			KUNIT_EXPECT_EQ(test, it.page[hvp_compact_place(states, 7)], 0x27);
			KUNIT_EXPECT_EQ(test, it.page[hvp_compact_place(states, 7) + 1023], 0x27);
			KUNIT_EXPECT_EQ(test, it.page[hvp_compact_place(states, 7) + 1024], 0);
		}
		/* And back: what is not among them stays as it is. */
		memset(it.machine->xsave, 0x55, IN_USE);
		memset(it.machine->xsave + 576, 0x55, HVP_PAGE_SIZE - 576);
		*(u64 *)(it.machine->xsave + IN_USE) = BIT(5);
		hvp_expect_status(test, hvp_set_state(&it, HVP_VP_STATE_XSAVE, states),
				  SET_VP_STATE, SUCCESS);
		KUNIT_EXPECT_EQ(test, *(u64 *)(it.machine->xsave + IN_USE),
				(BIT(5) & ~states) | (states & ~BIT(5)));
		KUNIT_EXPECT_EQ(test, it.machine->xsave[0], states & 1 ? 0x10 : 0x55);
		KUNIT_EXPECT_EQ(test, it.machine->xsave[415], states & 2 ? 0x13 : 0x55);
		KUNIT_EXPECT_EQ(test, it.machine->xsave[831], states & 4 ? 0x22 : 0x55);
		KUNIT_EXPECT_EQ(test, it.machine->xsave[2687], states & BIT(7) ? 0x27 : 0x55);
	}
}

/* What comes from elsewhere: the standard format, and what is none. */
static void hvp_state_of_foreign_xsave(struct kunit *test)
{
	static const struct {
		unsigned int at;
		u64 value;
	} bad[] = {
		{ FORMAT, 1 }, { FORMAT, COMPACTED | STATES | BIT(3) }, { FORMAT, COMPACTED | 1 },
		{ IN_USE, BIT(3) }, { IN_USE, BIT_ULL(63) }, { 528, 1 }, { 568, BIT_ULL(63) },
	};
	struct hvp_kept it;
	unsigned int i;

	hvp_kept_begin(test, &it);
	hvp_fill_area(it.page, STATES);
	hvp_expect_status(test, hvp_set_state(&it, HVP_VP_STATE_XSAVE, STATES), SET_VP_STATE,
			  SUCCESS);
	KUNIT_EXPECT_EQ(test, memcmp(it.page, it.machine->xsave, HVP_PAGE_SIZE), 0);
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		hvp_fill_area(it.page, STATES);
		*(u64 *)(it.page + bad[i].at) = bad[i].value;
		hvp_expect_status(test, hvp_set_state(&it, HVP_VP_STATE_XSAVE, STATES),
				  SET_VP_STATE, INVALID_PARAMETER);
	}
	it.machine->xsave[0] = 7;
	KUNIT_EXPECT_NE(test, it.page[0], 7);
}

/* Registers of x87 and SSE are a part of it: each sees what the other has set. */
static void hvp_state_of_xsave_beside_registers(struct kunit *test)
{
	const struct hvp_register_assoc xmm = {
		.name = HVP_REGISTER_XMM0, .value.word = { 0x4444, 0x5555 },
	};
	const u32 name = HVP_REGISTER_XMM0;
	struct hvp_kept it;
	struct hvp_reply reply;

	hvp_kept_begin(test, &it);
	hvp_try_set_registers(it.world, it.world->root, it.child->id, 0, &xmm, 1);
	hvp_get_state(&it, HVP_VP_STATE_XSAVE, 3);
	KUNIT_EXPECT_EQ(test, it.machine->state.xmm[0][0], 0x4444);
	hvp_try_set_registers(it.world, it.world->root, it.child->id, 0, &xmm, 1);
	hvp_expect_status(test, hvp_set_state(&it, HVP_VP_STATE_XSAVE, 3), SET_VP_STATE, SUCCESS);
	it.machine->state.xmm[0][0] = 0x6666;
	reply = hvp_try_get_registers(it.world, it.world->root, it.child->id, 0, &name, 1);
	KUNIT_EXPECT_EQ(test, reply.out[0], 0x6666);
}

/* The child's page 5 */
static struct hvp_reply hvp_kept_map(struct hvp_kept *it, u32 rights, u64 source)
{
	return hvp_try_gpa(it->world, it->world->root, HVP_CALL_MAP_GPA_PAGES, it->child->id, 5,
			   rights, &source, 1, 0);
}

/* The pages of the synthetic interrupt controller are in the child's memory. */
static void hvp_state_of_synic_pages(struct kunit *test)
{
	static const struct {
		u32 type;
		enum hvp_vp_msr msr;
	} rows[] = {
		{ HVP_VP_STATE_SIM_PAGE, HVP_VP_MSR_SIMP },
		{ HVP_VP_STATE_SIEF_PAGE, HVP_VP_MSR_SIEFP },
	};
	struct hvp_kept it;
	u64 source;
	unsigned int i;
	u8 *page;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		hvp_kept_begin(test, &it);
		hvp_world_deposit(it.world, it.child, 0, 20);
		source = hvp_world_fresh_pages(it.world, 0, 1);
		page = hvp_fake_memory(&it.world->guest, source << HVP_PAGE_SHIFT);
		hvp_expect_status(test, hvp_kept_map(&it, HVP_MAP_READ | HVP_MAP_WRITE, source),
				  MAP_GPA_PAGES, SUCCESS);
		memset(page, 0x77, HVP_PAGE_SIZE);
		memset(it.page, 0x11, HVP_PAGE_SIZE);
		/* Not enabled */
		it.machine->state.msrs[rows[i].msr] = 5 << HVP_PAGE_SHIFT;
		hvp_set_state(&it, rows[i].type, 0);
		KUNIT_EXPECT_EQ(test, page[0], 0x77);
		hvp_get_state(&it, rows[i].type, 0);
		KUNIT_EXPECT_EQ(test, it.page[0], 0);
		it.machine->state.msrs[rows[i].msr] |= 1;
		hvp_try_run(it.world, it.world->root, it.child->id, 0, 0);
		hvp_get_state(&it, rows[i].type, 0);
		KUNIT_EXPECT_EQ(test, memcmp(it.page, page, HVP_PAGE_SIZE), 0);
		memset(it.page, 0x22, HVP_PAGE_SIZE);
		hvp_set_state(&it, rows[i].type, 0);
		KUNIT_EXPECT_EQ(test, memcmp(it.page, page, HVP_PAGE_SIZE), 0);
		/* Where it must not write, nor is anything written for it. */
		hvp_kept_map(&it, HVP_MAP_READ, source);
		memset(it.page, 0x33, HVP_PAGE_SIZE);
		hvp_set_state(&it, rows[i].type, 0);
		KUNIT_EXPECT_EQ(test, page[0], 0x22);
		hvp_get_state(&it, rows[i].type, 0);
		KUNIT_EXPECT_EQ(test, it.page[0], 0x22);
		/* Beyond its memory, and its addresses */
		it.machine->state.msrs[rows[i].msr] = 6 << HVP_PAGE_SHIFT | 1;
		hvp_try_run(it.world, it.world->root, it.child->id, 0, 0);
		hvp_get_state(&it, rows[i].type, 0);
		KUNIT_EXPECT_EQ(test, it.page[0], 0);
		it.machine->state.msrs[rows[i].msr] = ~0ULL;
		hvp_try_run(it.world, it.world->root, it.child->id, 0, 0);
		hvp_expect_status(test, hvp_get_state(&it, rows[i].type, 0), GET_VP_STATE, SUCCESS);
		hvp_expect_status(test, hvp_set_state(&it, rows[i].type, 0), SET_VP_STATE, SUCCESS);
	}
}

static void hvp_state_of_timers(struct kunit *test)
{
	struct hvp_timers timers = {};
	const struct hvp_timers *got;
	struct hvp_kept it;
	struct hvp_reply reply;
	unsigned int i;

	hvp_kept_begin(test, &it);
	for (i = 0; i < HVP_TIMERS; i++) {
		timers.timers[i].config = 0x10 + i;
		timers.timers[i].count = 0x20 + i;
	}
	timers.timers[1].flags = HVP_TIMER_MESSAGE_PENDING;
	hvp_expect_status(test, hvp_state_call(&it, HVP_CALL_SET_VP_STATE, HVP_VP_STATE_TIMERS, 0,
					       (const u64 *)&timers, 25), SET_VP_STATE, SUCCESS);
	reply = hvp_state_call(&it, HVP_CALL_GET_VP_STATE, HVP_VP_STATE_TIMERS, 0, NULL, 0);
	got = (const void *)reply.out;
	for (i = 0; i < HVP_TIMERS; i++) {
		KUNIT_EXPECT_EQ(test, got->timers[i].config, 0x10 + i);
		KUNIT_EXPECT_EQ(test, got->timers[i].count, 0x20 + i);
		KUNIT_EXPECT_EQ(test, got->timers[i].flags, 0);
	}
	hvp_try_run(it.world, it.world->root, it.child->id, 0, 0);
	KUNIT_EXPECT_EQ(test, it.machine->state.msrs[HVP_VP_MSR_STIMER2_COUNT], 0x22);
	KUNIT_EXPECT_EQ(test, it.machine->state.msrs[HVP_VP_MSR_STIMER3_CONFIG], 0x13);
	/* Nothing of it is set if one is malformed. */
	timers.timers[0].count = 99;
	timers.timers[3].flags = 2;
	hvp_expect_status(test, hvp_state_call(&it, HVP_CALL_SET_VP_STATE, HVP_VP_STATE_TIMERS, 0,
					       (const u64 *)&timers, 25), SET_VP_STATE,
			  INVALID_PARAMETER);
	reply = hvp_state_call(&it, HVP_CALL_GET_VP_STATE, HVP_VP_STATE_TIMERS, 0, NULL, 0);
	KUNIT_EXPECT_EQ(test, reply.out[2], 0x20);
}

static struct kunit_case hvp_vp_state_cases[] = {
	KUNIT_CASE(hvp_state_is_well_formed),
	KUNIT_CASE(hvp_state_is_in_a_page_of_the_callers),
	KUNIT_CASE(hvp_state_fails_with_the_host),
	KUNIT_CASE(hvp_state_of_the_lapic),
	KUNIT_CASE(hvp_state_beside_registers),
	KUNIT_CASE(hvp_state_of_xsave),
	KUNIT_CASE(hvp_state_of_foreign_xsave),
	KUNIT_CASE(hvp_state_of_xsave_beside_registers),
	KUNIT_CASE(hvp_state_of_synic_pages),
	KUNIT_CASE(hvp_state_of_timers),
	{}
};

HVP_KUNIT_SUITE(hvp_vp_state, hvp_vp_state_cases);
