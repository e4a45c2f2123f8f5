// SPDX-License-Identifier: GPL-2.0
/* register_page.c: contract, virtual processors, section 5, rule 8; HV_VP_REGISTER_PAGE. */

#include "../core/vp/register_page.h"
#include "suite.h"

#define PAGE_BYTES	0x2b8
#define PAGE_WORDS	(PAGE_BYTES / 8)

/* Dirty bits, as in the ABI. */
#define GENERAL		BIT(0)
#define IP		BIT(1)
#define XMM		BIT(2)
#define SEGMENT		BIT(3)
#define FLAGS		BIT(4)

/* A page, and the registers that it is made of or taken into. */
struct hvp_page_world {
	u64 page[PAGE_WORDS];
	struct hvp_vp_state state;
	struct hvp_vp_state before;
};

/* Of the state, one value for each place in the page, and what the page has not. */
static struct hvp_page_world *hvp_page_world(struct kunit *test)
{
	struct hvp_page_world *world = kunit_kzalloc(test, sizeof(*world), GFP_KERNEL);
	struct hvp_vp_state *state;
	int i;

	KUNIT_ASSERT_NOT_NULL(test, world);
	state = &world->state;
	for (i = 0; i < HVP_NR_GPRS; i++)
		state->gpr[i] = 0x1111111111111100 + i;
	state->rip = 0xffffffff81000000;
	state->rflags = 0x246;
	for (i = 0; i < 16; i++) {
		state->xmm[i][0] = 0x2222222222222200 + i;
		state->xmm[i][1] = 0x3333333333333300 + i;
	}
	for (i = 0; i < HVP_NR_SEGMENTS; i++) {
		state->segments[i].base = 0x4444444444444400 + i;
		state->segments[i].limit = 0xffffff00 + i;
		state->segments[i].selector = 0x10 + i;
		state->segments[i].attributes = 0xa093;
	}
	state->cr0 = 0x80050033;
	state->cr2 = 0x5550000;
	state->cr3 = 0x6660000;
	state->cr4 = 0x3506f0;
	state->cr8 = 5;
	state->efer = 0xd01;
	state->dr7 = 0x400;
	state->xfem = 7;
	state->event_pending = true;
	state->event_vector = 0x31;
	state->interrupt_shadow = 1;
	state->nmi_masked = true;
	world->before = *state;
	return world;
}

static struct hvp_register_page *hvp_image(struct hvp_page_world *world)
{
	return (struct hvp_register_page *)world->page;
}

/* By hand: word by word, at the offsets of the ABI. */
static void hvp_page_is_filled_to_the_byte(struct kunit *test)
{
	struct hvp_page_world *world = hvp_page_world(test);
	u64 *expected = kunit_kzalloc(test, PAGE_BYTES, GFP_KERNEL);
	int i;

	KUNIT_ASSERT_NOT_NULL(test, expected);
	expected[0] = 0x0000000000010001;
	for (i = 0; i < 16; i++)
		expected[0x008 / 8 + i] = 0x1111111111111100 + i;
	expected[0x088 / 8] = 0xffffffff81000000;
	expected[0x090 / 8] = 0x246;
	for (i = 0; i < 6; i++) {
		expected[0x0a0 / 8 + 2 * i] = 0x2222222222222200 + i;
		expected[0x0a8 / 8 + 2 * i] = 0x3333333333333300 + i;
		expected[0x100 / 8 + 2 * i] = 0x4444444444444400 + i;
		expected[0x108 / 8 + 2 * i] = 0xa0930010ffffff00 + i + ((u64)i << 32);
	}
	expected[0x160 / 8] = 0x80050033;
	expected[0x168 / 8] = 0x6660000;
	expected[0x170 / 8] = 0x3506f0;
	expected[0x178 / 8] = 5;
	expected[0x180 / 8] = 0xd01;
	expected[0x188 / 8] = 0x400;
	expected[0x190 / 8] = 0x00310001;
	expected[0x198 / 8] = 3;
	expected[0x1a0 / 8] = 0;
	expected[0x1a8 / 8] = 7;

	/* Whatever was there: the driver spins on stale bytes at 0x2b0. */
	memset(world->page, 0xff, PAGE_BYTES);
	hvp_register_page_fill(hvp_image(world), &world->state);
	for (i = 0; i < PAGE_WORDS; i++)
		KUNIT_EXPECT_EQ_MSG(test, world->page[i], expected[i], "at %#x", i * 8);
}

/* What a class consists of: words of the page, and the same bytes of the state. */
struct hvp_class_row {
	const char *name;
	u32 dirty;
	u16 offset;
	u16 bytes;
	size_t field;
	unsigned int groups;
};

static const struct hvp_class_row hvp_class_rows[] = {
	{ "general", GENERAL, 0x008, 0x80, offsetof(struct hvp_vp_state, gpr),
	  BIT(HVP_VP_GENERAL) },
	{ "ip", IP, 0x088, 8, offsetof(struct hvp_vp_state, rip), BIT(HVP_VP_GENERAL) },
	{ "flags", FLAGS, 0x090, 8, offsetof(struct hvp_vp_state, rflags),
	  BIT(HVP_VP_GENERAL) },
	{ "xmm", XMM, 0x0a0, 0x60, offsetof(struct hvp_vp_state, xmm), BIT(HVP_VP_FLOAT) },
	{ "segment", SEGMENT, 0x100, 0x60, offsetof(struct hvp_vp_state, segments),
	  BIT(HVP_VP_SPECIAL) },
};

static void hvp_class_desc(const struct hvp_class_row *row, char *desc)
{
	strscpy(desc, row->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(hvp_class, hvp_class_rows, hvp_class_desc);

/* Everything in the page has been written, by somebody who is not careful. */
static void hvp_scribble(struct hvp_page_world *world, u32 dirty)
{
	int i;

	for (i = 1; i < PAGE_WORDS; i++)
		world->page[i] = 0x0102030405060700 + i;
	/* No reserved bits: in the flags, and in the segments' attributes. */
	world->page[0x090 / 8] = 0x283;
	for (i = 0; i < 6; i++)
		world->page[0x108 / 8 + 2 * i] = 0xc09b0018000fffff + i;
	world->page[0] = (u64)dirty << 32;
}

static void hvp_dirty_class_alone_is_taken(struct kunit *test)
{
	const struct hvp_class_row *row = test->param_value;
	struct hvp_page_world *world = hvp_page_world(test);
	u8 *state = (u8 *)&world->state, *before = (u8 *)&world->before;

	hvp_scribble(world, row->dirty);
	KUNIT_EXPECT_EQ(test, hvp_register_page_groups(hvp_image(world)), row->groups);
	KUNIT_EXPECT_EQ(test, hvp_register_page_take(hvp_image(world), &world->state),
			row->groups);
	KUNIT_EXPECT_MEMEQ(test, state + row->field, (u8 *)world->page + row->offset,
			   row->bytes);
	memcpy(state + row->field, before + row->field, row->bytes);
	KUNIT_EXPECT_MEMEQ(test, state, before, sizeof(world->state));
}

static void hvp_class_that_is_not_dirty_is_left(struct kunit *test)
{
	const struct hvp_class_row *row = test->param_value;
	struct hvp_page_world *world = hvp_page_world(test);

	/* All others, and bits that are none. */
	hvp_scribble(world, ~row->dirty);
	hvp_register_page_take(hvp_image(world), &world->state);
	KUNIT_EXPECT_MEMEQ(test, (u8 *)&world->state + row->field,
			   (u8 *)&world->before + row->field, row->bytes);
}

static void hvp_clean_page_changes_nothing(struct kunit *test)
{
	static const u32 not_dirty[] = { 0, ~0x1fU };
	struct hvp_page_world *world = hvp_page_world(test);
	int i;

	for (i = 0; i < ARRAY_SIZE(not_dirty); i++) {
		hvp_scribble(world, not_dirty[i]);
		KUNIT_EXPECT_EQ(test, hvp_register_page_groups(hvp_image(world)), 0);
		KUNIT_EXPECT_EQ(test, hvp_register_page_take(hvp_image(world), &world->state),
				0);
		KUNIT_EXPECT_MEMEQ(test, &world->state, &world->before, sizeof(world->state));
	}
}

/* Also of a page that says it is not valid, or of another version. */
static void hvp_all_classes_are_taken(struct kunit *test)
{
	struct hvp_page_world *world = hvp_page_world(test);

	hvp_scribble(world, GENERAL | IP | XMM | SEGMENT | FLAGS);
	KUNIT_EXPECT_EQ(test, hvp_register_page_take(hvp_image(world), &world->state),
			BIT(HVP_VP_GENERAL) | BIT(HVP_VP_FLOAT) | BIT(HVP_VP_SPECIAL));
	KUNIT_EXPECT_EQ(test, world->state.gpr[HVP_RAX], 0x0102030405060701);
	KUNIT_EXPECT_EQ(test, world->state.rip, 0x0102030405060711);
	KUNIT_EXPECT_EQ(test, world->state.rflags, 0x283);
	KUNIT_EXPECT_EQ(test, world->state.xmm[5][1], 0x010203040506071f);
	KUNIT_EXPECT_EQ(test, world->state.xmm[6][0], 0x2222222222222206);
	KUNIT_EXPECT_EQ(test, world->state.segments[HVP_GS].limit, 0x00100004);
	KUNIT_EXPECT_EQ(test, world->state.segments[HVP_LDTR].limit, 0xffffff06);
	/* These cannot be set there. */
	KUNIT_EXPECT_EQ(test, world->state.cr0, 0x80050033);
	KUNIT_EXPECT_EQ(test, world->state.efer, 0xd01);
	KUNIT_EXPECT_EQ(test, world->state.event_vector, 0x31);
}

/* One bad segment, whichever, and none is taken; the other classes are. */
static void hvp_malformed_segments_are_refused_together(struct kunit *test)
{
	struct hvp_page_world *world = hvp_page_world(test);
	int i, bit;

	for (i = 0; i < 6; i++) {
		for (bit = 56; bit < 60; bit++) {
			hvp_scribble(world, SEGMENT | IP);
			world->page[0x108 / 8 + 2 * i] |= BIT_ULL(bit);
			world->state = world->before;
			KUNIT_EXPECT_EQ(test, hvp_register_page_take(hvp_image(world),
								     &world->state),
					BIT(HVP_VP_GENERAL));
			KUNIT_EXPECT_EQ(test, world->state.rip, 0x0102030405060711);
			KUNIT_EXPECT_MEMEQ(test, world->state.segments, world->before.segments,
					   sizeof(world->state.segments));
		}
	}
}

static void hvp_malformed_flags_are_refused(struct kunit *test)
{
	struct hvp_page_world *world = hvp_page_world(test);

	hvp_scribble(world, FLAGS | GENERAL);
	world->page[0x090 / 8] |= BIT_ULL(22);
	KUNIT_EXPECT_EQ(test, hvp_register_page_take(hvp_image(world), &world->state),
			BIT(HVP_VP_GENERAL));
	KUNIT_EXPECT_EQ(test, world->state.rflags, 0x246);
	KUNIT_EXPECT_EQ(test, world->state.gpr[HVP_R15], 0x0102030405060710);

	hvp_scribble(world, FLAGS);
	world->page[0x090 / 8] |= BIT_ULL(63);
	world->state = world->before;
	KUNIT_EXPECT_EQ(test, hvp_register_page_take(hvp_image(world), &world->state), 0);
	KUNIT_EXPECT_MEMEQ(test, &world->state, &world->before, sizeof(world->state));
}

/* What was filled in and only said to be dirty gives the same state again. */
static void hvp_untouched_page_is_taken_as_it_was(struct kunit *test)
{
	struct hvp_page_world *world = hvp_page_world(test);

	hvp_register_page_fill(hvp_image(world), &world->state);
	world->page[0] |= 0x1fULL << 32;
	hvp_register_page_take(hvp_image(world), &world->state);
	KUNIT_EXPECT_MEMEQ(test, &world->state, &world->before, sizeof(world->state));
}

static struct kunit_case hvp_register_page_cases[] = {
	KUNIT_CASE(hvp_page_is_filled_to_the_byte),
	KUNIT_CASE_PARAM(hvp_dirty_class_alone_is_taken, hvp_class_gen_params),
	KUNIT_CASE_PARAM(hvp_class_that_is_not_dirty_is_left, hvp_class_gen_params),
	KUNIT_CASE(hvp_clean_page_changes_nothing),
	KUNIT_CASE(hvp_all_classes_are_taken),
	KUNIT_CASE(hvp_malformed_segments_are_refused_together),
	KUNIT_CASE(hvp_malformed_flags_are_refused),
	KUNIT_CASE(hvp_untouched_page_is_taken_as_it_was),
	{}
};

HVP_KUNIT_SUITE(hvp_register_page, hvp_register_page_cases);
