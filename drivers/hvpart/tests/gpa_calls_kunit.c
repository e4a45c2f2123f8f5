// SPDX-License-Identifier: GPL-2.0
/* HvMapGpaPages, HvUnmapGpaPages: status by status, what is there afterwards, who pays. */

#include <linux/sched/signal.h>
#include <hvpart/abi/gpa.h>
#include "contract.h"
#include "faults.h"

/* Enough for any map of these tests. */
#define HVP_ENOUGH	64

#define HVP_RW		(HVP_MAP_READ | HVP_MAP_WRITE)

static struct hvp_reply hvp_map(struct hvp_world *world, struct hvp_partition *child, u64 gpa,
				u32 flags, const u64 *gfns, unsigned int count)
{
	return hvp_try_gpa(world, child->parent, HVP_CALL_MAP_GPA_PAGES, child->id, gpa, flags,
			   gfns, count, 0);
}

static struct hvp_reply hvp_unmap(struct hvp_world *world, struct hvp_partition *child,
				  u64 gpa, u32 flags, unsigned int count)
{
	return hvp_try_gpa(world, child->parent, HVP_CALL_UNMAP_GPA_PAGES, child->id, gpa,
			   flags, NULL, count, 0);
}

static struct hvp_partition *hvp_child_to_map(struct hvp_world *world)
{
	struct hvp_partition *child = hvp_world_child(world, world->root, HVP_STATE_ACTIVE);

	hvp_world_deposit(world, child, 0, HVP_ENOUGH);
	return child;
}

static struct hvp_gpa_page hvp_page_at(struct hvp_partition *child, u64 gpa)
{
	struct hvp_gpa_page page;

	hvp_gpa_map_find(&child->child.map, gpa, &page);
	return page;
}

static void hvp_expect_page(struct kunit *test, struct hvp_partition *child, u64 gpa,
			    enum hvp_gpa_kind kind, u32 rights, u64 source)
{
	struct hvp_gpa_page page = hvp_page_at(child, gpa);

	KUNIT_EXPECT_EQ_MSG(test, page.kind, kind, "page %#llx", gpa);
	KUNIT_EXPECT_EQ_MSG(test, page.rights, rights, "page %#llx", gpa);
	KUNIT_EXPECT_EQ_MSG(test, page.source, source, "page %#llx", gpa);
}

/* Each flag, and what does not go together. */
struct hvp_map_flags_row {
	const char *name;
	u32 flags;
	bool passes;
};

static const struct hvp_map_flags_row hvp_map_flags_rows[] = {
	{ "read", HVP_MAP_READ, true },
	{ "read and write", HVP_RW, true },
	{ "read and execute", HVP_MAP_READ | HVP_MAP_KERNEL_EXECUTE, true },
	{ "all rights", 0xf, true },
	{ "as Linux maps RAM", 0x800f, true },
	{ "as Linux maps ROM", 0x800d, true },
	{ "write", HVP_MAP_WRITE, false },
	{ "execute", HVP_MAP_USER_EXECUTE, false },
	{ "write and execute", 0xe, false },
	{ "nothing", 0, false },
	{ "no right, adjustable", 0x8000, false },
	{ "no access", 0x10000, true },
	{ "no access, and rights", 0x1000f, true },
	{ "no access, write alone", 0x10002, false },
	{ "zeroed", 0x20001, false },
	{ "ones", 0x30001, false },
	{ "no overlay", 0x100001, true },
	{ "not cached", 0x200001, true },
	{ "accessed and dirty", 0x1f000001, true },
	{ "bit 4", BIT(4) | 1, false },
	{ "bit 14", BIT(14) | 1, false },
	{ "bit 18", BIT(18) | 1, false },
	{ "bit 19", BIT(19) | 1, false },
	{ "bit 22", BIT(22) | 1, false },
	{ "bit 29", BIT(29) | 1, false },
	{ "bit 30", BIT(30) | 1, false },
};

KUNIT_ARRAY_PARAM_DESC(hvp_map_flags, hvp_map_flags_rows, name);

static void hvp_gpa_map_knows_flags(struct kunit *test)
{
	const struct hvp_map_flags_row *row = test->param_value;
	struct hvp_world *world = hvp_world_create(test);
	struct hvp_partition *child = hvp_child_to_map(world);
	u64 gfn = hvp_world_fresh_pages(world, 0, 1);
	bool no_access = row->flags & HVP_MAP_NO_ACCESS;
	struct hvp_reply reply = hvp_map(world, child, 5, row->flags, &gfn, 1);

	if (!row->passes) {
		hvp_expect_status(test, reply, MAP_GPA_PAGES, INVALID_PARAMETER);
		KUNIT_EXPECT_EQ(test, reply.reps, 0);
		hvp_expect_page(test, child, 5, HVP_GPA_UNMAPPED, 0, 0);
		return;
	}
	hvp_expect_status(test, reply, MAP_GPA_PAGES, SUCCESS);
	if (no_access)
		hvp_expect_page(test, child, 5, HVP_GPA_NO_ACCESS, 0, 0);
	else
		hvp_expect_page(test, child, 5, HVP_GPA_MAPPED, row->flags & 0xf, gfn);
}

static void hvp_gpa_unmap_knows_flags(struct kunit *test)
{
	struct hvp_world *world = hvp_world_create(test);
	struct hvp_partition *child = hvp_child_to_map(world);
	unsigned int bit;

	for (bit = 0; bit < 32; bit++) {
		struct hvp_reply reply = hvp_unmap(world, child, 0, BIT(bit), 1);

		if (bit < 2)
			hvp_expect_status(test, reply, UNMAP_GPA_PAGES, SUCCESS);
		else
			hvp_expect_status(test, reply, UNMAP_GPA_PAGES, INVALID_PARAMETER);
	}
}

/* Each of three kinds of page becomes each of them, and unmapped. */
static void hvp_gpa_map_replaces(struct kunit *test)
{
	static const u32 flags[] = { HVP_RW, HVP_MAP_READ, HVP_MAP_NO_ACCESS };
	struct hvp_world *world = hvp_world_create(test);
	struct hvp_partition *child = hvp_child_to_map(world);
	u64 first = hvp_world_fresh_pages(world, 0, 2);
	u64 second = first + 1;
	unsigned int from, to;

	hvp_world_vp(world, child, 0);
	for (from = 0; from < ARRAY_SIZE(flags); from++) {
		for (to = 0; to < ARRAY_SIZE(flags); to++) {
			bool no_access = flags[to] & HVP_MAP_NO_ACCESS;

			hvp_expect_status(test, hvp_map(world, child, 7, flags[from], &first, 1),
					  MAP_GPA_PAGES, SUCCESS);
			hvp_expect_status(test, hvp_map(world, child, 7, flags[to], &second, 1),
					  MAP_GPA_PAGES, SUCCESS);
			hvp_expect_page(test, child, 7,
					no_access ? HVP_GPA_NO_ACCESS : HVP_GPA_MAPPED,
					no_access ? 0 : flags[to], no_access ? 0 : second);
		}
		hvp_expect_status(test, hvp_unmap(world, child, 7, 0, 1), UNMAP_GPA_PAGES, SUCCESS);
		hvp_expect_page(test, child, 7, HVP_GPA_UNMAPPED, 0, 0);
	}
	/* The same page at several places, and in several children. */
	hvp_expect_status(test, hvp_map(world, child, 8, HVP_RW, &first, 1),
			  MAP_GPA_PAGES, SUCCESS);
	hvp_expect_status(test, hvp_map(world, child, 9, HVP_RW, &first, 1),
			  MAP_GPA_PAGES, SUCCESS);
	child = hvp_child_to_map(world);
	hvp_expect_status(test, hvp_map(world, child, 8, HVP_RW, &first, 1),
			  MAP_GPA_PAGES, SUCCESS);
}

/* The child's machine is told of what leaves its map, whatever takes it away. */
static void hvp_gpa_map_tells_the_machine(struct kunit *test)
{
	struct hvp_world *world = hvp_world_create(test);
	struct hvp_partition *child = hvp_child_to_map(world);
	unsigned int *count = world->guest.machines.count;
	u64 gfns[4];
	int i;

	for (i = 0; i < ARRAY_SIZE(gfns); i++)
		gfns[i] = hvp_world_fresh_pages(world, 0, 1);
	/* Before there is one, and after. */
	hvp_map(world, child, 16, HVP_RW, gfns, 4);
	KUNIT_EXPECT_EQ(test, count[HVP_FAKE_MAPPED], 0);
	hvp_world_vp(world, child, 0);
	hvp_map(world, child, 16, HVP_RW, gfns, 4);
	KUNIT_EXPECT_EQ(test, count[HVP_FAKE_MAPPED], 1);
	hvp_map(world, child, 17, HVP_MAP_NO_ACCESS, NULL, 1);
	KUNIT_EXPECT_GT(test, count[HVP_FAKE_FORGET], 0);
	KUNIT_EXPECT_EQ(test, count[HVP_FAKE_UNMAPPED], 2);
	KUNIT_EXPECT_EQ(test, count[HVP_FAKE_MAPPED], 1);
	hvp_map(world, child, 18, HVP_MAP_READ, gfns, 1);
	hvp_unmap(world, child, 19, 0, 1);
	hvp_unmap(world, child, 0, HVP_UNMAP_LARGE, 1);
	KUNIT_EXPECT_EQ(test, count[HVP_FAKE_UNMAPPED], 5);
}

/* As many as there were before one is refused stay, and the machine knows of them. */
static void hvp_gpa_map_stops_at_an_element(struct kunit *test)
{
	struct hvp_world *world = hvp_world_create(test);
	struct hvp_partition *child = hvp_child_to_map(world);
	u64 first = hvp_world_fresh_pages(world, 0, 8);
	u64 end = child->child.map.pages;
	struct hvp_reply reply;
	u64 gfns[8];
	int i;

	hvp_world_vp(world, child, 0);
	for (i = 0; i < ARRAY_SIZE(gfns); i++)
		gfns[i] = first + i;
	hvp_fake_page(&world->guest, first + 5)->not_pinnable = true;
	reply = hvp_map(world, child, 0, HVP_RW, gfns, 8);
	hvp_expect_status(test, reply, MAP_GPA_PAGES, OPERATION_DENIED);
	KUNIT_EXPECT_EQ(test, reply.reps, 5);
	hvp_expect_page(test, child, 4, HVP_GPA_MAPPED, HVP_RW, first + 4);
	hvp_expect_page(test, child, 5, HVP_GPA_UNMAPPED, 0, 0);

	/* It goes on from there. */
	hvp_fake_page(&world->guest, first + 5)->not_pinnable = false;
	reply = hvp_try_gpa(world, world->root, HVP_CALL_MAP_GPA_PAGES, child->id, 0, HVP_RW,
			    gfns, 8, 5);
	hvp_expect_status(test, reply, MAP_GPA_PAGES, SUCCESS);
	hvp_expect_page(test, child, 7, HVP_GPA_MAPPED, HVP_RW, first + 7);

	/* The map's end; and no number is too large. */
	reply = hvp_map(world, child, end - 3, HVP_RW, gfns, 8);
	hvp_expect_status(test, reply, MAP_GPA_PAGES, INVALID_PARAMETER);
	KUNIT_EXPECT_EQ(test, reply.reps, 3);
	reply = hvp_unmap(world, child, end - 3, 0, 8);
	hvp_expect_status(test, reply, UNMAP_GPA_PAGES, INVALID_PARAMETER);
	KUNIT_EXPECT_EQ(test, reply.reps, 3);
	reply = hvp_map(world, child, U64_MAX - 1, HVP_MAP_NO_ACCESS, NULL, 4);
	hvp_expect_status(test, reply, MAP_GPA_PAGES, INVALID_PARAMETER);
	KUNIT_EXPECT_EQ(test, reply.reps, 0);
	reply = hvp_map(world, child, end - 512, HVP_MAP_NO_ACCESS | HVP_MAP_LARGE, NULL, 2);
	hvp_expect_status(test, reply, MAP_GPA_PAGES, INVALID_PARAMETER);
	KUNIT_EXPECT_EQ(test, reply.reps, 1);
}

/* Sources that there cannot be, with any width that a VMM may give its vCPU. */
static void hvp_gpa_map_checks_sources(struct kunit *test)
{
	static const u64 beyond[] = {
		1ULL << (HVP_WORLD_GPA_BITS - 12), 1ULL << 52, 1ULL << 63, U64_MAX,
	};
	static const unsigned int widths[] = { 0, 1, 11, 12, 63, 64, 75, 76, 255 };
	struct hvp_world *world = hvp_world_create(test);
	struct hvp_partition *child = hvp_child_to_map(world);
	u64 gfn = hvp_world_fresh_pages(world, 0, 1);
	struct hvp_reply reply;
	int i;

	for (i = 0; i < ARRAY_SIZE(beyond); i++)
		hvp_expect_status(test, hvp_map(world, child, 0, HVP_RW, &beyond[i], 1),
				  MAP_GPA_PAGES, INVALID_PARAMETER);
	/* The last page that there could be is none that there is. */
	gfn = (1ULL << (HVP_WORLD_GPA_BITS - 12)) - 1;
	hvp_expect_status(test, hvp_map(world, child, 0, HVP_RW, &gfn, 1),
			  MAP_GPA_PAGES, OPERATION_DENIED);
	/* No access has no source. */
	hvp_expect_status(test, hvp_map(world, child, 0, HVP_MAP_NO_ACCESS, beyond, 4),
			  MAP_GPA_PAGES, SUCCESS);
	for (i = 0; i < ARRAY_SIZE(widths); i++) {
		world->vp->gpa_bits = widths[i];
		reply = hvp_map(world, child, 0, HVP_RW, &beyond[2], 1);
		/* Nor could the call's own input be anywhere, in some. */
		if (reply.status != HVP_STATUS_INVALID_ALIGNMENT)
			hvp_expect_status(test, reply, MAP_GPA_PAGES, INVALID_PARAMETER);
	}
}

/* The map is as wide as the property says, which may be anything up to 52. */
static void hvp_gpa_map_is_as_wide_as_it_is_set(struct kunit *test)
{
	static const u64 widths[] = { 0, 1, 5, 11, 12, 13, 21, 22, 39, 48, 52 };
	struct hvp_world *world = hvp_world_create(test);
	u64 gfn = hvp_world_fresh_pages(world, 0, 1);
	int i;

	for (i = 0; i < ARRAY_SIZE(widths); i++) {
		struct hvp_partition *child = hvp_world_child(world, world->root,
							      HVP_STATE_UNINITIALIZED);
		/* The fake host has 45. */
		u64 width = widths[i] ?: 45;
		u64 pages = 1ULL << (max(width, 13ULL) - 12);

		hvp_expect_status(test, hvp_try_set_property(world, world->root, child->id,
							     0x00060006, widths[i]),
				  SET_PARTITION_PROPERTY, SUCCESS);
		hvp_world_deposit(world, child, 0, hvp_active_pages() + 12);
		hvp_expect_status(test, hvp_try_initialize(world, world->root, child->id),
				  INITIALIZE_PARTITION, SUCCESS);
		KUNIT_EXPECT_EQ(test, child->child.map.pages, pages);
		hvp_expect_status(test, hvp_map(world, child, pages - 1, HVP_RW, &gfn, 1),
				  MAP_GPA_PAGES, SUCCESS);
		hvp_expect_status(test, hvp_map(world, child, pages, HVP_RW, &gfn, 1),
				  MAP_GPA_PAGES, INVALID_PARAMETER);
		hvp_try_finalize(world, world->root, child->id);
		hvp_try_withdraw(world, world->root, child->id, HVP_ANY, hvp_active_pages() + 12,
				 0);
		hvp_expect_status(test, hvp_try_delete(world, world->root, child->id),
				  DELETE_PARTITION, SUCCESS);
	}
}

/* What is not plain writable RAM of the caller's, or belongs to somebody. */
static void hvp_gpa_map_denies(struct kunit *test)
{
	struct hvp_world *world = hvp_world_create(test);
	struct hvp_partition *child = hvp_child_to_map(world);
	u64 first = hvp_world_fresh_pages(world, 0, 6);
	const u64 hole = 50;
	u64 gfn;

	hvp_expect_status(test, hvp_map(world, child, 0, HVP_RW, &hole, 1),
			  MAP_GPA_PAGES, OPERATION_DENIED);
	gfn = first;
	hvp_fake_page(&world->guest, gfn)->read_only = true;
	hvp_expect_status(test, hvp_map(world, child, 0, HVP_MAP_READ, &gfn, 1),
			  MAP_GPA_PAGES, OPERATION_DENIED);
	/* A pool's, a statistics page, a state page. */
	gfn = first + 1;
	hvp_try_deposit(world, world->root, 1, &gfn, 1, 0);
	hvp_expect_status(test, hvp_map(world, child, 0, HVP_RW, &gfn, 1),
			  MAP_GPA_PAGES, OPERATION_DENIED);
	hvp_world_deposit(world, world->root, 0, 2);
	gfn = first + 2;
	hvp_expect_status(test, hvp_try_map2(world, world->root, HVP_PARTITION_AREA(1, 0), gfn),
			  MAP_STATS_PAGE2, SUCCESS);
	hvp_expect_status(test, hvp_map(world, child, 0, HVP_RW, &gfn, 1),
			  MAP_GPA_PAGES, OPERATION_DENIED);
	hvp_world_vp(world, child, 0);
	gfn = first + 3;
	hvp_expect_status(test, hvp_try_map_state(world, world->root, child->id, 0, 0, gfn),
			  MAP_VP_STATE_PAGE, SUCCESS);
	hvp_expect_status(test, hvp_map(world, child, 0, HVP_RW, &gfn, 1),
			  MAP_GPA_PAGES, OPERATION_DENIED);
	hvp_expect_status(test, hvp_map(world, child, 0, HVP_MAP_NO_ACCESS, &gfn, 1),
			  MAP_GPA_PAGES, SUCCESS);
}

/* And the other way round: a child's page is nobody else's, until it is taken away. */
static void hvp_gpa_map_keeps_pages_from_pools(struct kunit *test)
{
	struct hvp_world *world = hvp_world_create(test);
	struct hvp_partition *child = hvp_child_to_map(world);
	u64 gfn = hvp_world_fresh_pages(world, 0, 1);

	hvp_world_deposit(world, world->root, 0, 2);
	hvp_world_vp(world, child, 0);
	hvp_map(world, child, 3, HVP_MAP_READ, &gfn, 1);
	hvp_expect_status(test, hvp_try_deposit(world, world->root, 1, &gfn, 1, 0),
			  DEPOSIT_MEMORY, OPERATION_DENIED);
	hvp_expect_status(test, hvp_try_map2(world, world->root, HVP_PARTITION_AREA(1, 0), gfn),
			  MAP_STATS_PAGE2, OPERATION_DENIED);
	hvp_expect_status(test, hvp_try_map_state(world, world->root, child->id, 0, 0, gfn),
			  MAP_VP_STATE_PAGE, OPERATION_DENIED);
	hvp_map(world, child, 3, HVP_MAP_NO_ACCESS, NULL, 1);
	hvp_expect_status(test, hvp_try_deposit(world, world->root, 1, &gfn, 1, 0),
			  DEPOSIT_MEMORY, SUCCESS);
}

/* Between the check and the act: the hook runs when the other call has looked. */
static bool hvp_meanwhile(struct hvp_fake_guest *guest, enum hvp_fake_op op,
			  enum hvp_fake_op wanted)
{
	struct hvp_world *world = container_of(guest, struct hvp_world, guest);

	if (op != wanted || world->level)
		return false;
	guest->hook = NULL;
	world->level = 1;
	return true;
}

#define HVP_CONTESTED	(HVP_FAKE_RAM_GFN + HVP_FAKE_RAM_PAGES - 1)

static void hvp_meanwhile_deposit(struct hvp_fake_guest *guest, enum hvp_fake_op op)
{
	struct hvp_world *world = container_of(guest, struct hvp_world, guest);
	const u64 gfn = HVP_CONTESTED;

	if (!hvp_meanwhile(guest, op, HVP_FAKE_IS_RAM))
		return;
	hvp_expect_status(world->test, hvp_try_deposit(world, world->root, 1, &gfn, 1, 0),
			  DEPOSIT_MEMORY, SUCCESS);
	world->level = 0;
}

static void hvp_meanwhile_finalize(struct hvp_fake_guest *guest, enum hvp_fake_op op)
{
	struct hvp_world *world = container_of(guest, struct hvp_world, guest);

	if (!hvp_meanwhile(guest, op, HVP_FAKE_IS_RAM))
		return;
	hvp_expect_status(world->test, hvp_try_finalize(world, world->root, 2),
			  FINALIZE_PARTITION, SUCCESS);
	world->level = 0;
}

static void hvp_map_contested(struct hvp_world *world, struct hvp_pair pair)
{
	const u64 gfn = HVP_CONTESTED;

	hvp_expect_pair(world->test,
			hvp_try_gpa(world, world->root, HVP_CALL_MAP_GPA_PAGES, 2, 0, HVP_RW,
				    &gfn, 1, 0), pair);
	world->level = 0;
}

/* Before it is taken for a pool, and when it is. */
static void hvp_meanwhile_map(struct hvp_fake_guest *guest, enum hvp_fake_op op)
{
	if (hvp_meanwhile(guest, op, HVP_FAKE_PIN))
		hvp_map_contested(container_of(guest, struct hvp_world, guest),
				  (struct hvp_pair)HVP_PAIR(MAP_GPA_PAGES, SUCCESS));
}

static void hvp_too_late_map(struct hvp_fake_guest *guest, enum hvp_fake_op op)
{
	if (hvp_meanwhile(guest, op, HVP_FAKE_NODE))
		hvp_map_contested(container_of(guest, struct hvp_world, guest),
				  (struct hvp_pair)HVP_PAIR(MAP_GPA_PAGES, OPERATION_DENIED));
}

static void hvp_gpa_map_races_with_others(struct kunit *test)
{
	struct hvp_world *world = hvp_world_create(test);
	struct hvp_partition *child = hvp_child_to_map(world);
	const u64 gfn = HVP_CONTESTED;
	const u64 gfns[] = { gfn, gfn - 1 };

	world->guest.hook = hvp_meanwhile_deposit;
	hvp_expect_status(test, hvp_map(world, child, 0, HVP_RW, &gfn, 1),
			  MAP_GPA_PAGES, OPERATION_DENIED);
	hvp_expect_balanced(world);
	hvp_try_withdraw(world, world->root, 1, HVP_ANY, 1, 0);
	world->guest.hook = hvp_too_late_map;
	hvp_expect_status(test, hvp_try_deposit(world, world->root, 1, gfns, 2, 0),
			  DEPOSIT_MEMORY, SUCCESS);
	KUNIT_EXPECT_NULL(test, world->guest.hook);
	hvp_expect_balanced(world);
	hvp_try_withdraw(world, world->root, 1, HVP_ANY, 2, 0);
	world->guest.hook = hvp_meanwhile_map;
	hvp_expect_status(test, hvp_try_deposit(world, world->root, 1, gfns, 2, 0),
			  DEPOSIT_MEMORY, OPERATION_DENIED);
	hvp_expect_balanced(world);
	hvp_expect_page(test, child, 0, HVP_GPA_MAPPED, HVP_RW, gfn);
	world->guest.hook = hvp_meanwhile_finalize;
	hvp_expect_status(test, hvp_map(world, child, 1, HVP_RW, &gfn, 1),
			  MAP_GPA_PAGES, INVALID_PARTITION_STATE);
	hvp_expect_balanced(world);
	hvp_expect_status(test, hvp_try_deposit(world, world->root, 1, &gfn, 1, 0),
			  DEPOSIT_MEMORY, SUCCESS);
}

/* 2 MiB a time. */
static void hvp_gpa_map_in_large_pages(struct kunit *test)
{
	struct hvp_world *world = hvp_world_create(test);
	struct hvp_partition *child = hvp_child_to_map(world);
	const u64 gfn = HVP_FAKE_RAM_GFN + 512;

	hvp_world_vp(world, child, 0);
	hvp_fake_map(&world->guest, gfn, 512);
	hvp_expect_status(test, hvp_map(world, child, 1, HVP_RW | HVP_MAP_LARGE, &gfn, 1),
			  MAP_GPA_PAGES, INVALID_PARAMETER);
	hvp_expect_status(test, hvp_map(world, child, 1024, HVP_RW | HVP_MAP_LARGE, &gfn, 1),
			  MAP_GPA_PAGES, SUCCESS);
	hvp_expect_page(test, child, 1024, HVP_GPA_MAPPED, HVP_RW, gfn);
	hvp_expect_page(test, child, 1535, HVP_GPA_MAPPED, HVP_RW, gfn + 511);
	hvp_expect_page(test, child, 1536, HVP_GPA_UNMAPPED, 0, 0);
	/* One page of it; then all, which takes nothing. */
	hvp_expect_status(test, hvp_map(world, child, 1030, HVP_MAP_NO_ACCESS, NULL, 1),
			  MAP_GPA_PAGES, SUCCESS);
	hvp_expect_page(test, child, 1030, HVP_GPA_NO_ACCESS, 0, 0);
	hvp_expect_page(test, child, 1031, HVP_GPA_MAPPED, HVP_RW, gfn + 7);
	hvp_expect_status(test, hvp_map(world, child, 1024, HVP_MAP_NO_ACCESS | HVP_MAP_LARGE,
					NULL, 1),
			  MAP_GPA_PAGES, SUCCESS);
	hvp_expect_page(test, child, 1535, HVP_GPA_NO_ACCESS, 0, 0);
	hvp_expect_status(test, hvp_unmap(world, child, 1024, HVP_UNMAP_LARGE, 1),
			  UNMAP_GPA_PAGES, SUCCESS);
	hvp_expect_page(test, child, 1100, HVP_GPA_UNMAPPED, 0, 0);
	hvp_expect_status(test, hvp_unmap(world, child, 1, HVP_UNMAP_LARGE, 1),
			  UNMAP_GPA_PAGES, INVALID_PARAMETER);
	/* One page in the middle is another's: all of it is refused. */
	hvp_fake_page(&world->guest, gfn + 300)->read_only = true;
	hvp_expect_status(test, hvp_map(world, child, 1024, HVP_RW | HVP_MAP_LARGE, &gfn, 1),
			  MAP_GPA_PAGES, OPERATION_DENIED);
	hvp_expect_page(test, child, 1024, HVP_GPA_UNMAPPED, 0, 0);
}

/* Pages are paid for as they are used: the first one has to be. */
static void hvp_gpa_map_is_paid_for(struct kunit *test)
{
	struct hvp_world *world = hvp_world_create(test);
	struct hvp_partition *child = hvp_world_child(world, world->root, HVP_STATE_ACTIVE);
	u64 gfn = hvp_world_fresh_pages(world, 0, 1);
	struct hvp_reply reply = hvp_map(world, child, 9, HVP_RW, &gfn, 1);
	unsigned int pages = 0;

	hvp_expect_status(test, reply, MAP_GPA_PAGES, INSUFFICIENT_MEMORY);
	while (reply.status == HVP_STATUS_INSUFFICIENT_MEMORY && pages < HVP_ENOUGH) {
		hvp_world_deposit(world, child, 0, 1);
		pages++;
		reply = hvp_map(world, child, 9, HVP_RW, &gfn, 1);
	}
	hvp_expect_status(test, reply, MAP_GPA_PAGES, SUCCESS);
	KUNIT_EXPECT_EQ(test, child->pool.used_for[HVP_USE_MEMORY_MAP], pages);
	/* No more for its neighbours, and none when all is unmapped. */
	hvp_expect_status(test, hvp_map(world, child, 10, HVP_RW, &gfn, 1), MAP_GPA_PAGES, SUCCESS);
	KUNIT_EXPECT_EQ(test, child->pool.used_for[HVP_USE_MEMORY_MAP], pages);
	hvp_expect_status(test, hvp_unmap(world, child, 9, 0, 2), UNMAP_GPA_PAGES, SUCCESS);
	KUNIT_EXPECT_EQ(test, child->pool.used_for[HVP_USE_MEMORY_MAP], 0);
	/* Everything is given back when it is finalized. */
	hvp_expect_status(test, hvp_map(world, child, 9, HVP_RW, &gfn, 1), MAP_GPA_PAGES, SUCCESS);
	hvp_expect_status(test, hvp_try_finalize(world, world->root, child->id),
			  FINALIZE_PARTITION, SUCCESS);
	hvp_world_expect_balance(test, child, pages + hvp_active_pages(), 0);
}

/* Where it replaces something, no access needs neither pool nor host. */
static void hvp_gpa_no_access_never_fails(struct kunit *test)
{
	struct hvp_world *world = hvp_world_create(test);
	struct hvp_partition *child = hvp_child_to_map(world);
	const u64 gfn = HVP_FAKE_RAM_GFN + 512;
	u64 i;

	hvp_fake_map(&world->guest, gfn, 512);
	hvp_expect_status(test, hvp_map(world, child, 512, HVP_RW | HVP_MAP_LARGE, &gfn, 1),
			  MAP_GPA_PAGES, SUCCESS);
	hvp_expect_status(test, hvp_map(world, child, 1024, HVP_MAP_NO_ACCESS | HVP_MAP_LARGE,
					NULL, 1), MAP_GPA_PAGES, SUCCESS);
	hvp_try_withdraw(world, world->root, child->id, HVP_ANY, HVP_ENOUGH, 0);
	KUNIT_EXPECT_EQ(test, hvp_world_balance(child).available, 0);
	world->limits.gpa_nodes = 0;
	for (i = 512; i < 512 + 20; i += 2) {
		world->fail_nth = 1;
		world->fail_later = true;
		hvp_expect_status(test, hvp_map(world, child, i, HVP_MAP_NO_ACCESS, NULL, 1),
				  MAP_GPA_PAGES, SUCCESS);
		hvp_expect_status(test, hvp_map(world, child, i + 512, HVP_MAP_NO_ACCESS, NULL, 1),
				  MAP_GPA_PAGES, SUCCESS);
	}
	hvp_expect_status(test, hvp_map(world, child, 512, HVP_MAP_NO_ACCESS | HVP_MAP_LARGE,
					NULL, 1), MAP_GPA_PAGES, SUCCESS);
	world->fail_nth = 0;
}

/* A limit, and then host memory, come after the pool. */
static void hvp_gpa_map_hits_limits(struct kunit *test)
{
	struct hvp_world *world = hvp_world_create(test);
	struct hvp_partition *child = hvp_world_child(world, world->root, HVP_STATE_ACTIVE);
	u64 gfn = hvp_world_fresh_pages(world, 0, 1);

	world->limits.gpa_nodes = 1;
	hvp_expect_status(test, hvp_map(world, child, 0, HVP_RW, &gfn, 1),
			  MAP_GPA_PAGES, INSUFFICIENT_MEMORY);
	hvp_world_deposit(world, child, 0, HVP_ENOUGH);
	hvp_expect_status(test, hvp_map(world, child, 0, HVP_RW, &gfn, 1),
			  MAP_GPA_PAGES, NO_RESOURCES);
	world->limits.gpa_nodes = 1000;
	hvp_expect_status(test, hvp_map(world, child, 0, HVP_RW, &gfn, 1), MAP_GPA_PAGES, SUCCESS);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&world->hierarchy->gpa_quota.nodes),
			child->child.map.nodes);
}

/* A page among many that are no access: it is unmapped if there is memory, else it stays. */
static void hvp_gpa_unmap_does_without_memory(struct kunit *test)
{
	struct hvp_world *world = hvp_world_create(test);
	struct hvp_partition *child = hvp_child_to_map(world);

	hvp_require_failing_allocations(test);
	hvp_expect_status(test, hvp_map(world, child, 0, HVP_MAP_NO_ACCESS | HVP_MAP_LARGE, NULL,
					8), MAP_GPA_PAGES, SUCCESS);
	world->fail_nth = 1;
	world->fail_later = true;
	hvp_expect_status(test, hvp_unmap(world, child, 5, 0, 1), UNMAP_GPA_PAGES, SUCCESS);
	world->fail_nth = 0;
	hvp_expect_page(test, child, 5, HVP_GPA_NO_ACCESS, 0, 0);
	hvp_expect_status(test, hvp_unmap(world, child, 5, 0, 1), UNMAP_GPA_PAGES, SUCCESS);
	hvp_expect_page(test, child, 5, HVP_GPA_UNMAPPED, 0, 0);
	/* Nor does it fail for want of a pool. */
	hvp_try_withdraw(world, world->root, child->id, HVP_ANY, HVP_ENOUGH, 0);
	hvp_expect_status(test, hvp_unmap(world, child, 1025, 0, 1), UNMAP_GPA_PAGES, SUCCESS);
	hvp_expect_status(test, hvp_unmap(world, child, 0, HVP_UNMAP_LARGE, 8),
			  UNMAP_GPA_PAGES, SUCCESS);
	hvp_expect_page(test, child, 1025, HVP_GPA_UNMAPPED, 0, 0);
}

/* After HvFinalizePartition there is nothing to unmap, which is no error. */
static void hvp_gpa_unmap_after_the_end(struct kunit *test)
{
	enum hvp_state state;

	for (state = HVP_STATE_FINALIZING; state <= HVP_STATE_FINALIZED; state++) {
		struct hvp_world *world = hvp_world_create(test);
		struct hvp_partition *child = hvp_world_child(world, world->root, state);
		u64 end = child->child.map.pages;
		struct hvp_reply reply;

		hvp_expect_status(test, hvp_unmap(world, child, 0, 0, 9), UNMAP_GPA_PAGES, SUCCESS);
		hvp_expect_status(test, hvp_unmap(world, child, 512, HVP_UNMAP_LARGE, 4000),
				  UNMAP_GPA_PAGES, SUCCESS);
		reply = hvp_unmap(world, child, end - 2, 0, 4);
		hvp_expect_status(test, reply, UNMAP_GPA_PAGES, INVALID_PARAMETER);
		KUNIT_EXPECT_EQ(test, reply.reps, 2);
		hvp_expect_status(test, hvp_map(world, child, 0, HVP_MAP_NO_ACCESS, NULL, 1),
				  MAP_GPA_PAGES, INVALID_PARTITION_STATE);
	}
}

/* When as many elements have been looked at, the thread gets a signal that kills. */
#define HVP_KILLED_AT	3

static void hvp_kill_at_an_element(struct hvp_fake_guest *guest, enum hvp_fake_op op)
{
	if (op != HVP_FAKE_IS_RAM || guest->count[HVP_FAKE_IS_RAM] < HVP_KILLED_AT)
		return;
	sigaddset(&current->pending.signal, SIGKILL);
	set_tsk_thread_flag(current, TIF_SIGPENDING);
}

/* Who is killed does not wait for the rest of the list; what is done is told, to all. */
static void hvp_gpa_map_ends_with_a_kill(struct kunit *test)
{
	struct hvp_world *world = hvp_world_create(test);
	struct hvp_partition *child = hvp_child_to_map(world);
	u64 first = hvp_world_fresh_pages(world, 0, 8);
	struct hvp_reply reply;
	unsigned int done, i;
	u64 gfns[8];

	hvp_world_vp(world, child, 0);
	for (i = 0; i < ARRAY_SIZE(gfns); i++)
		gfns[i] = first + i;
	world->guest.count[HVP_FAKE_IS_RAM] = 0;
	world->guest.hook = hvp_kill_at_an_element;
	reply = hvp_map(world, child, 16, HVP_RW, gfns, 8);
	world->guest.hook = NULL;
	/* Still pending. */
	KUNIT_EXPECT_TRUE(test, fatal_signal_pending(current));
	done = reply.reps;
	hvp_expect_status(test, reply, MAP_GPA_PAGES, NO_RESOURCES);
	KUNIT_EXPECT_GE(test, done, HVP_KILLED_AT - 1);
	KUNIT_EXPECT_LE(test, done, HVP_KILLED_AT + 1);
	for (i = 0; i < ARRAY_SIZE(gfns); i++)
		KUNIT_EXPECT_EQ(test, hvp_page_at(child, 16 + i).kind,
				i < done ? HVP_GPA_MAPPED : HVP_GPA_UNMAPPED);
	reply = hvp_unmap(world, child, 16, 0, 8);
	hvp_expect_status(test, reply, UNMAP_GPA_PAGES, NO_RESOURCES);
	KUNIT_EXPECT_EQ(test, reply.reps, 0);
	flush_signals(current);
	hvp_expect_status(test, hvp_map(world, child, 16, HVP_RW, gfns, 8), MAP_GPA_PAGES, SUCCESS);
}

static struct kunit_case hvp_gpa_calls_cases[] = {
	KUNIT_CASE_PARAM(hvp_gpa_map_knows_flags, hvp_map_flags_gen_params),
	KUNIT_CASE(hvp_gpa_unmap_knows_flags),
	KUNIT_CASE(hvp_gpa_map_replaces),
	KUNIT_CASE(hvp_gpa_map_tells_the_machine),
	KUNIT_CASE(hvp_gpa_map_stops_at_an_element),
	KUNIT_CASE(hvp_gpa_map_checks_sources),
	KUNIT_CASE(hvp_gpa_map_is_as_wide_as_it_is_set),
	KUNIT_CASE(hvp_gpa_map_denies),
	KUNIT_CASE(hvp_gpa_map_keeps_pages_from_pools),
	KUNIT_CASE(hvp_gpa_map_races_with_others),
	KUNIT_CASE(hvp_gpa_map_in_large_pages),
	KUNIT_CASE(hvp_gpa_map_is_paid_for),
	KUNIT_CASE(hvp_gpa_no_access_never_fails),
	KUNIT_CASE(hvp_gpa_map_hits_limits),
	KUNIT_CASE(hvp_gpa_unmap_does_without_memory),
	KUNIT_CASE(hvp_gpa_unmap_after_the_end),
	KUNIT_CASE(hvp_gpa_map_ends_with_a_kill),
	{}
};

HVP_KUNIT_SUITE(hvp_gpa_calls, hvp_gpa_calls_cases);
