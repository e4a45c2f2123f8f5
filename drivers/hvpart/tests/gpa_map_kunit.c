// SPDX-License-Identifier: GPL-2.0
/* gpa_map.c: what each page of a child is, and which of them a page of the parent is. */

#include <linux/kthread.h>
#include <linux/prandom.h>
#include <linux/sched/signal.h>
#include <linux/sizes.h>
#include "../core/memory/caches.h"
#include "../core/memory/gpa_map.h"
#include "faults.h"
#include "world.h"

#define HVP_LARGE		HVP_LARGE_PAGE_PAGES
#define HVP_READ_WRITE		(HVP_MAP_READ | HVP_MAP_WRITE)
#define HVP_TERABYTE_PAGES	(1ULL << (40 - HVP_PAGE_SHIFT))

/**
 * struct hvp_mapped - a map and what it may have
 * @map:	the map
 * @quota:	of this map alone
 * @limit:	generous at first
 */
struct hvp_mapped {
	struct hvp_gpa_map map;
	struct hvp_gpa_quota quota;
	unsigned int limit;
};

static const struct hvp_gpa_page hvp_unmapped = { .kind = HVP_GPA_UNMAPPED };
static const struct hvp_gpa_page hvp_no_access = { .kind = HVP_GPA_NO_ACCESS };

static struct hvp_gpa_page hvp_mapped_to(u64 source, u32 rights)
{
	return (struct hvp_gpa_page){ HVP_GPA_MAPPED, rights, source };
}

static struct hvp_mapped *hvp_gpa_map_create(struct kunit *test, unsigned int address_bits)
{
	struct hvp_mapped *mapped = kunit_kzalloc(test, sizeof(*mapped), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, mapped);
	mapped->limit = 1 << 20;
	mapped->quota.limit = &mapped->limit;
	hvp_gpa_map_init(&mapped->map, address_bits, &mapped->quota);
	return mapped;
}

/* Nodes that are left are complained of by the slab as well. */
static void hvp_gpa_map_end(struct kunit *test, struct hvp_mapped *mapped)
{
	hvp_gpa_map_destroy(&mapped->map);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&mapped->quota.nodes), 0);
}

/* An element of a call.  What is prepared must do. */
static int hvp_gpa_put_element(struct hvp_gpa_change *change, u64 gfn, bool large,
			       struct hvp_gpa_page page)
{
	int prepared = hvp_gpa_map_prepare(change, change->map->levels);
	int error = hvp_gpa_map_commit(change, gfn, large, &page);

	return !prepared && error ? -EIO : error;
}

/* A call that has no other. */
static int hvp_gpa_put(struct hvp_mapped *mapped, u64 gfn, bool large, struct hvp_gpa_page page)
{
	struct hvp_gpa_change change = HVP_GPA_CHANGE(&mapped->map);
	int error = hvp_gpa_put_element(&change, gfn, large, page);

	hvp_gpa_map_release(&change);
	return error;
}

/* The same where the host has no memory. */
static int hvp_gpa_put_without_memory(struct hvp_mapped *mapped, u64 gfn, bool large,
				      struct hvp_gpa_page page)
{
	struct hvp_gpa_change change = { .map = &mapped->map, .failed = true };
	int error = hvp_gpa_map_commit(&change, gfn, large, &page);

	hvp_gpa_map_release(&change);
	return error;
}

static bool hvp_gpa_same(struct hvp_gpa_page a, struct hvp_gpa_page b)
{
	return a.kind == b.kind && a.rights == b.rights && a.source == b.source;
}

static bool hvp_gpa_is(struct hvp_mapped *mapped, u64 gfn, struct hvp_gpa_page page)
{
	struct hvp_gpa_page found;

	hvp_gpa_map_find(&mapped->map, gfn, &found);
	return hvp_gpa_same(found, page);
}

static struct hvp_gpa_counts hvp_gpa_count(struct hvp_mapped *mapped)
{
	struct hvp_gpa_counts counts;

	hvp_gpa_map_counts(&mapped->map, &counts);
	return counts;
}

/* Pages at the edges of nodes of each level, and of a map of each width. */
struct hvp_gpa_row {
	const char *name;
	unsigned int address_bits;
	u64 gfn;
};

static const struct hvp_gpa_row hvp_gpa_rows[] = {
	{ "the only large page", 21, 5 },
	{ "first page", 36, 0 },
	{ "last of 2 MiB", 36, 511 },
	{ "first of the next 2 MiB", 36, 512 },
	{ "below 1 GiB", 36, (1 << 18) - 1 },
	{ "above 1 GiB", 36, 1 << 18 },
	{ "last of 64 GiB", 36, (1 << 24) - 1 },
	{ "below 512 GiB", 48, (1 << 27) - 1 },
	{ "above 512 GiB", 48, 1 << 27 },
	{ "last below 48 bits", 48, (1ULL << 36) - 1 },
	{ "above 256 TiB", 52, 1ULL << 36 },
	{ "last below 52 bits", 52, (1ULL << 40) - 1 },
};

KUNIT_ARRAY_PARAM_DESC(hvp_gpa, hvp_gpa_rows, name);

/* Each kind becomes each other, and neighbours remain what they are. */
static void hvp_gpa_page_is_what_it_was_made(struct kunit *test)
{
	const struct hvp_gpa_row *row = test->param_value;
	struct hvp_mapped *mapped = hvp_gpa_map_create(test, row->address_bits);
	const struct hvp_gpa_page pages[] = {
		hvp_unmapped, hvp_no_access, hvp_mapped_to(0, HVP_MAP_READ),
		hvp_mapped_to((1ULL << 40) - 1, HVP_MAP_RIGHTS_MASK),
		hvp_mapped_to(1234, HVP_READ_WRITE | HVP_MAP_USER_EXECUTE),
	};
	u64 large = row->gfn & ~(HVP_LARGE - 1ULL);
	int from, to;

	KUNIT_EXPECT_TRUE(test, hvp_gpa_is(mapped, row->gfn, hvp_unmapped));
	for (from = 0; from < ARRAY_SIZE(pages); from++) {
		for (to = 0; to < ARRAY_SIZE(pages); to++) {
			KUNIT_EXPECT_EQ(test, hvp_gpa_put(mapped, row->gfn, false, pages[from]), 0);
			KUNIT_EXPECT_TRUE(test, hvp_gpa_is(mapped, row->gfn, pages[from]));
			KUNIT_EXPECT_EQ(test, hvp_gpa_put(mapped, row->gfn, false, pages[to]), 0);
			KUNIT_EXPECT_TRUE(test, hvp_gpa_is(mapped, row->gfn, pages[to]));
			KUNIT_EXPECT_TRUE(test, hvp_gpa_is(mapped, row->gfn ^ 1, hvp_unmapped));
			KUNIT_EXPECT_TRUE(test, hvp_gpa_is(mapped, row->gfn + 1, hvp_unmapped));
			KUNIT_EXPECT_TRUE(test, hvp_gpa_is(mapped, row->gfn - 1, hvp_unmapped));
		}
	}
	KUNIT_EXPECT_EQ(test, hvp_gpa_put(mapped, large, true, hvp_mapped_to(77, 3)), 0);
	KUNIT_EXPECT_TRUE(test, hvp_gpa_is(mapped, row->gfn,
					   hvp_mapped_to(77 + row->gfn % HVP_LARGE, 3)));
	KUNIT_EXPECT_TRUE(test, hvp_gpa_is(mapped, large - 1, hvp_unmapped));
	KUNIT_EXPECT_TRUE(test, hvp_gpa_is(mapped, large + HVP_LARGE, hvp_unmapped));
	KUNIT_EXPECT_EQ(test, hvp_gpa_put(mapped, row->gfn, false, hvp_no_access), 0);
	KUNIT_EXPECT_EQ(test, hvp_gpa_count(mapped).mapped, HVP_LARGE - 1);
	KUNIT_EXPECT_EQ(test, hvp_gpa_count(mapped).no_access, 1);
	KUNIT_EXPECT_EQ(test, hvp_gpa_put(mapped, large, true, hvp_no_access), 0);
	KUNIT_EXPECT_EQ(test, hvp_gpa_count(mapped).mapped, 0);
	KUNIT_EXPECT_EQ(test, hvp_gpa_count(mapped).no_access, HVP_LARGE);
	KUNIT_EXPECT_EQ(test, hvp_gpa_put(mapped, large, true, hvp_unmapped), 0);
	KUNIT_EXPECT_EQ(test, hvp_gpa_count(mapped).no_access, 0);
	KUNIT_EXPECT_EQ(test, hvp_gpa_count(mapped).nodes, 0);
	hvp_gpa_map_end(test, mapped);
}

static void hvp_gpa_map_has_a_width(struct kunit *test)
{
	const struct hvp_gpa_row *row = test->param_value;
	struct hvp_mapped *mapped = hvp_gpa_map_create(test, row->address_bits);
	u64 pages = 1ULL << (row->address_bits - HVP_PAGE_SHIFT);
	u64 gfn = pages, count = 1;
	struct hvp_gpa_page page;

	KUNIT_EXPECT_TRUE(test, hvp_gpa_map_contains(&mapped->map, row->gfn, 1));
	KUNIT_EXPECT_TRUE(test, hvp_gpa_map_contains(&mapped->map, 0, pages));
	KUNIT_EXPECT_FALSE(test, hvp_gpa_map_contains(&mapped->map, 0, pages + 1));
	KUNIT_EXPECT_FALSE(test, hvp_gpa_map_contains(&mapped->map, 1, pages));
	KUNIT_EXPECT_TRUE(test, hvp_gpa_map_contains(&mapped->map, pages - 1, 1));
	KUNIT_EXPECT_FALSE(test, hvp_gpa_map_contains(&mapped->map, pages - 1, 2));
	KUNIT_EXPECT_FALSE(test, hvp_gpa_map_contains(&mapped->map, pages, 1));
	KUNIT_EXPECT_FALSE(test, hvp_gpa_map_contains(&mapped->map, U64_MAX, 1));
	KUNIT_EXPECT_FALSE(test, hvp_gpa_map_contains(&mapped->map, 1, U64_MAX));
	KUNIT_EXPECT_EQ(test, hvp_gpa_put(mapped, 0, false, hvp_no_access), 0);
	KUNIT_EXPECT_TRUE(test, hvp_gpa_is(mapped, pages, hvp_unmapped));
	KUNIT_EXPECT_FALSE(test, hvp_gpa_map_next(&mapped->map, &gfn, &count, &page));
	hvp_gpa_map_end(test, mapped);
}

/* Whatever is over mapped pages, or no access over no access, needs no memory. */
static void hvp_gpa_replacing_needs_no_memory(struct kunit *test)
{
	const struct hvp_gpa_row *row = test->param_value;
	struct hvp_mapped *mapped = hvp_gpa_map_create(test, row->address_bits);
	u64 large = row->gfn & ~(HVP_LARGE - 1ULL);
	const struct hvp_gpa_page pages[] = {
		hvp_unmapped, hvp_no_access, hvp_mapped_to(5, HVP_MAP_READ),
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(pages); i++) {
		KUNIT_EXPECT_EQ(test, hvp_gpa_put(mapped, large, true, hvp_mapped_to(512, 3)), 0);
		KUNIT_EXPECT_EQ(test, hvp_gpa_put_without_memory(mapped, row->gfn, false,
								 pages[i]), 0);
		KUNIT_EXPECT_TRUE(test, hvp_gpa_is(mapped, row->gfn, pages[i]));
		KUNIT_EXPECT_TRUE(test,
				  hvp_gpa_is(mapped, row->gfn ^ 1,
					     hvp_mapped_to(512 + (row->gfn ^ 1) % HVP_LARGE, 3)));
		KUNIT_EXPECT_EQ(test, hvp_gpa_put_without_memory(mapped, large, true, pages[i]), 0);
		KUNIT_EXPECT_TRUE(test, hvp_gpa_is(mapped, large, pages[i]));
	}
	KUNIT_EXPECT_EQ(test, hvp_gpa_put(mapped, large, true, hvp_no_access), 0);
	KUNIT_EXPECT_EQ(test, hvp_gpa_put_without_memory(mapped, row->gfn, false, hvp_no_access),
			0);
	KUNIT_EXPECT_EQ(test, hvp_gpa_put_without_memory(mapped, large, true, hvp_no_access), 0);
	KUNIT_EXPECT_EQ(test, hvp_gpa_count(mapped).no_access, HVP_LARGE);
	KUNIT_EXPECT_EQ(test, hvp_gpa_put_without_memory(mapped, row->gfn, false, hvp_unmapped), 0);
	/* As documented: without memory this one remains no access. */
	KUNIT_EXPECT_TRUE(test, hvp_gpa_is(mapped, row->gfn, hvp_no_access));
	KUNIT_EXPECT_EQ(test, hvp_gpa_put(mapped, row->gfn, false, hvp_unmapped), 0);
	KUNIT_EXPECT_TRUE(test, hvp_gpa_is(mapped, row->gfn, hvp_unmapped));
	KUNIT_EXPECT_EQ(test, hvp_gpa_count(mapped).no_access, HVP_LARGE - 1);
	KUNIT_EXPECT_EQ(test, hvp_gpa_put_without_memory(mapped, large, true, hvp_unmapped), 0);
	KUNIT_EXPECT_EQ(test, hvp_gpa_count(mapped).no_access, 0);
	hvp_gpa_map_end(test, mapped);
}

static void hvp_gpa_new_pages_need_memory(struct kunit *test)
{
	const struct hvp_gpa_row *row = test->param_value;
	struct hvp_mapped *mapped = hvp_gpa_map_create(test, row->address_bits);
	u64 large = row->gfn & ~(HVP_LARGE - 1ULL);

	KUNIT_EXPECT_EQ(test, hvp_gpa_put_without_memory(mapped, row->gfn, false,
							 hvp_mapped_to(1, 1)), -ENOMEM);
	KUNIT_EXPECT_EQ(test, hvp_gpa_put_without_memory(mapped, large, true,
							 hvp_mapped_to(1, 1)), -ENOMEM);
	KUNIT_EXPECT_EQ(test, hvp_gpa_put_without_memory(mapped, row->gfn, false, hvp_no_access),
			-ENOMEM);
	KUNIT_EXPECT_EQ(test, hvp_gpa_put_without_memory(mapped, row->gfn, false, hvp_unmapped), 0);
	KUNIT_EXPECT_EQ(test, hvp_gpa_count(mapped).mapped, 0);
	KUNIT_EXPECT_EQ(test, hvp_gpa_count(mapped).no_access, 0);
	KUNIT_EXPECT_EQ(test, hvp_gpa_count(mapped).nodes, 0);
	KUNIT_EXPECT_TRUE(test, hvp_gpa_is(mapped, row->gfn, hvp_unmapped));
	hvp_gpa_map_end(test, mapped);
}

/* What is not prepared is not done, and can then be; as little as is said is enough. */
static void hvp_gpa_nodes_are_prepared_when_needed(struct kunit *test)
{
	const struct hvp_gpa_row *row = test->param_value;
	struct hvp_mapped *mapped = hvp_gpa_map_create(test, row->address_bits);
	struct hvp_gpa_change change = HVP_GPA_CHANGE(&mapped->map);
	const struct hvp_gpa_page pages[] = { hvp_mapped_to(9, HVP_MAP_READ), hvp_no_access };
	unsigned int need, i;

	KUNIT_EXPECT_EQ(test, hvp_gpa_map_commit(&change, row->gfn, false, &hvp_unmapped), 0);
	for (i = 0; i < ARRAY_SIZE(pages); i++) {
		need = hvp_gpa_map_need(&mapped->map, row->gfn, false, &pages[i]);
		KUNIT_EXPECT_EQ(test, need, mapped->map.levels);
		KUNIT_EXPECT_EQ(test, hvp_gpa_map_commit(&change, row->gfn, false, &pages[i]),
				-EAGAIN);
		KUNIT_EXPECT_TRUE(test, hvp_gpa_is(mapped, row->gfn, hvp_unmapped));
		KUNIT_EXPECT_EQ(test, hvp_gpa_map_prepare(&change, need), 0);
		KUNIT_EXPECT_EQ(test, hvp_gpa_map_commit(&change, row->gfn, false, &pages[i]), 0);
		KUNIT_EXPECT_TRUE(test, hvp_gpa_is(mapped, row->gfn, pages[i]));
		KUNIT_EXPECT_EQ(test, change.spares, 0);
		KUNIT_EXPECT_EQ(test, hvp_gpa_put(mapped, row->gfn, false, hvp_unmapped), 0);
	}
	/* To unmap a piece of what is no access, too. */
	KUNIT_EXPECT_EQ(test, hvp_gpa_put(mapped, row->gfn & ~(HVP_LARGE - 1ULL), true,
					  hvp_no_access), 0);
	KUNIT_EXPECT_EQ(test, hvp_gpa_map_commit(&change, row->gfn, false, &hvp_unmapped), -EAGAIN);
	KUNIT_EXPECT_TRUE(test, hvp_gpa_is(mapped, row->gfn, hvp_no_access));
	KUNIT_EXPECT_EQ(test, hvp_gpa_map_prepare(&change, 1), 0);
	KUNIT_EXPECT_EQ(test, hvp_gpa_map_commit(&change, row->gfn, false, &hvp_unmapped), 0);
	KUNIT_EXPECT_TRUE(test, hvp_gpa_is(mapped, row->gfn, hvp_unmapped));
	hvp_gpa_map_release(&change);
	hvp_gpa_map_end(test, mapped);
}

/* The n-th allocation of an element fails: then nothing of it is done. */
static void hvp_gpa_prepare_fails(struct kunit *test)
{
	const struct hvp_gpa_row *row = test->param_value;
	struct hvp_mapped *mapped = hvp_gpa_map_create(test, row->address_bits);
	struct hvp_gpa_change change = HVP_GPA_CHANGE(&mapped->map);
	struct hvp_gpa_page page = hvp_mapped_to(9, HVP_MAP_READ);
	unsigned int nth;
	int error;

	hvp_require_failing_allocations(test);
	for (nth = 1; nth < 50; nth++) {
		hvp_fail_allocation(nth, true);
		error = hvp_gpa_map_prepare(&change, mapped->map.levels);
		hvp_fail_allocation(0, false);
		if (!error)
			break;
		KUNIT_EXPECT_EQ(test, error, -ENOMEM);
		KUNIT_EXPECT_EQ(test, hvp_gpa_map_commit(&change, row->gfn, false, &page), -ENOMEM);
		KUNIT_EXPECT_TRUE(test, hvp_gpa_is(mapped, row->gfn, hvp_unmapped));
		KUNIT_EXPECT_EQ(test, hvp_gpa_count(mapped).nodes, 0);
		hvp_gpa_map_release(&change);
		KUNIT_EXPECT_EQ(test, atomic_long_read(&mapped->quota.nodes), 0);
	}
	KUNIT_EXPECT_GT(test, nth, 1);
	KUNIT_ASSERT_EQ(test, error, 0);
	KUNIT_EXPECT_EQ(test, hvp_gpa_map_commit(&change, row->gfn, false, &page), 0);
	hvp_gpa_map_release(&change);
	KUNIT_EXPECT_TRUE(test, hvp_gpa_is(mapped, row->gfn, page));
	hvp_gpa_map_end(test, mapped);
}

/* Two maps share a limit, which is exact and may change. */
static void hvp_gpa_nodes_have_a_limit(struct kunit *test)
{
	struct hvp_mapped *one = hvp_gpa_map_create(test, 30);
	struct hvp_mapped *other = hvp_gpa_map_create(test, 30);
	struct hvp_gpa_page page = hvp_mapped_to(9, HVP_MAP_READ);

	other->map.quota = &one->quota;
	one->limit = 0;
	KUNIT_EXPECT_EQ(test, hvp_gpa_put(one, 0, false, page), -ENOMEM);
	one->limit = 1;
	KUNIT_EXPECT_EQ(test, hvp_gpa_put(one, 0, false, page), -ENOMEM);
	one->limit = 3;
	KUNIT_EXPECT_EQ(test, hvp_gpa_put(one, 0, false, page), 0);
	KUNIT_EXPECT_EQ(test, hvp_gpa_put(one, HVP_LARGE, false, page), 0);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&one->quota.nodes), 3);
	KUNIT_EXPECT_EQ(test, hvp_gpa_put(one, HVP_LARGE + 1, false, page), 0);
	KUNIT_EXPECT_EQ(test, hvp_gpa_put(one, 2 * HVP_LARGE, false, page), -ENOMEM);
	KUNIT_EXPECT_EQ(test, hvp_gpa_put(other, 0, false, page), -ENOMEM);
	one->limit = 0;
	KUNIT_EXPECT_EQ(test, hvp_gpa_put(one, 5, false, hvp_no_access), 0);
	KUNIT_EXPECT_EQ(test, hvp_gpa_put(one, 0, true, hvp_unmapped), 0);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&one->quota.nodes), 2);
	one->limit = 4;
	KUNIT_EXPECT_EQ(test, hvp_gpa_put(other, 0, false, page), 0);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&one->quota.nodes), 4);
	hvp_gpa_map_destroy(&other->map);
	hvp_gpa_map_end(test, one);
}

/* What each_of() tells, checked against what is to come. */
struct hvp_gpa_runs {
	unsigned int calls;
	u64 pages;
	u64 first;
	unsigned int stop_after;
};

static bool hvp_gpa_note_run(void *arg, u64 gfn, u64 count)
{
	struct hvp_gpa_runs *runs = arg;

	if (!runs->calls++)
		runs->first = gfn;
	runs->pages += count;
	return runs->calls != runs->stop_after;
}

static struct hvp_gpa_runs hvp_gpa_runs_of(struct hvp_mapped *mapped, u64 source, u64 count,
					   unsigned int stop_after)
{
	struct hvp_gpa_runs runs = { .stop_after = stop_after };

	hvp_gpa_map_each_of(&mapped->map, source, count, hvp_gpa_note_run, &runs);
	return runs;
}

static bool hvp_gpa_uses(struct hvp_gpa_map *map, u64 source)
{
	u64 key = source << HVP_GPA_SOUGHT_BITS;
	struct hvp_gpa_sought sought = { .keys = &key, .count = 1, .first = 1 };

	if (!hvp_gpa_map_may_have(map, source, source))
		return false;
	return !hvp_gpa_map_look_for(map, &sought) && !sought.first;
}

static void hvp_gpa_sources_are_found(struct kunit *test)
{
	struct hvp_mapped *mapped = hvp_gpa_map_create(test, 40);
	struct hvp_gpa_runs runs;

	KUNIT_EXPECT_FALSE(test, hvp_gpa_uses(&mapped->map, 1000));
	KUNIT_EXPECT_EQ(test, hvp_gpa_put(mapped, 7, false, hvp_mapped_to(1000, 1)), 0);
	KUNIT_EXPECT_EQ(test, hvp_gpa_put(mapped, 9, false, hvp_mapped_to(1000, 3)), 0);
	KUNIT_EXPECT_EQ(test, hvp_gpa_put(mapped, 1 << 20, false, hvp_mapped_to(1000, 1)), 0);
	KUNIT_EXPECT_EQ(test, hvp_gpa_put(mapped, 8, false, hvp_mapped_to(5000, 1)), 0);
	KUNIT_EXPECT_TRUE(test, hvp_gpa_uses(&mapped->map, 1000));
	KUNIT_EXPECT_FALSE(test, hvp_gpa_uses(&mapped->map, 999));
	KUNIT_EXPECT_FALSE(test, hvp_gpa_uses(&mapped->map, 1001));
	KUNIT_EXPECT_TRUE(test, hvp_gpa_uses(&mapped->map, 5000));
	runs = hvp_gpa_runs_of(mapped, 1000, 1, 0);
	KUNIT_EXPECT_EQ(test, runs.calls, 3);
	KUNIT_EXPECT_EQ(test, runs.pages, 3);
	runs = hvp_gpa_runs_of(mapped, 1000, 1, 2);
	KUNIT_EXPECT_EQ(test, runs.calls, 2);
	runs = hvp_gpa_runs_of(mapped, 1000, 4001, 0);
	KUNIT_EXPECT_EQ(test, runs.calls, 2);
	KUNIT_EXPECT_EQ(test, runs.pages, 4);
	runs = hvp_gpa_runs_of(mapped, 1000, 0, 0);
	KUNIT_EXPECT_EQ(test, runs.calls, 0);
	runs = hvp_gpa_runs_of(mapped, 1001, U64_MAX, 0);
	KUNIT_EXPECT_EQ(test, runs.calls, 1);
	KUNIT_EXPECT_EQ(test, runs.first, 8);

	/* Large pages that are neighbours are one run, also by a piece of it. */
	KUNIT_EXPECT_EQ(test, hvp_gpa_put(mapped, 0x400, true, hvp_mapped_to(0x10000, 3)), 0);
	KUNIT_EXPECT_EQ(test, hvp_gpa_put(mapped, 0x600, true, hvp_mapped_to(0x10200, 3)), 0);
	runs = hvp_gpa_runs_of(mapped, 0x10001, 0x3fe, 0);
	KUNIT_EXPECT_EQ(test, runs.calls, 1);
	KUNIT_EXPECT_EQ(test, runs.first, 0x401);
	KUNIT_EXPECT_EQ(test, runs.pages, 0x3fe);

	/* What is replaced or unmapped uses its source no more. */
	KUNIT_EXPECT_EQ(test, hvp_gpa_put(mapped, 8, false, hvp_no_access), 0);
	KUNIT_EXPECT_FALSE(test, hvp_gpa_uses(&mapped->map, 5000));
	KUNIT_EXPECT_EQ(test, hvp_gpa_put(mapped, 7, false, hvp_mapped_to(2000, 1)), 0);
	KUNIT_EXPECT_EQ(test, hvp_gpa_put(mapped, 0, true, hvp_no_access), 0);
	KUNIT_EXPECT_TRUE(test, hvp_gpa_uses(&mapped->map, 1000));
	KUNIT_EXPECT_FALSE(test, hvp_gpa_uses(&mapped->map, 2000));
	KUNIT_EXPECT_EQ(test, hvp_gpa_put(mapped, 1 << 20, false, hvp_unmapped), 0);
	KUNIT_EXPECT_FALSE(test, hvp_gpa_uses(&mapped->map, 1000));
	hvp_gpa_map_end(test, mapped);
}

static void hvp_gpa_expect_run(struct kunit *test, struct hvp_mapped *mapped, u64 from, u64 within,
			       u64 gfn, u64 count, struct hvp_gpa_page page)
{
	struct hvp_gpa_page found;

	KUNIT_EXPECT_TRUE(test, hvp_gpa_map_next(&mapped->map, &from, &within, &found));
	KUNIT_EXPECT_EQ(test, from, gfn);
	KUNIT_EXPECT_EQ(test, within, count);
	KUNIT_EXPECT_TRUE(test, hvp_gpa_same(found, page));
}

static void hvp_gpa_runs_are_alike(struct kunit *test)
{
	struct hvp_mapped *mapped = hvp_gpa_map_create(test, 48);
	u64 gfn = 0, count = U64_MAX;
	u64 far = 1ULL << 35;
	struct hvp_gpa_page page;

	KUNIT_EXPECT_FALSE(test, hvp_gpa_map_next(&mapped->map, &gfn, &count, &page));
	KUNIT_EXPECT_EQ(test, hvp_gpa_put(mapped, far, true, hvp_mapped_to(512, 3)), 0);
	KUNIT_EXPECT_EQ(test, hvp_gpa_put(mapped, far + 512, true, hvp_mapped_to(1024, 3)), 0);
	KUNIT_EXPECT_EQ(test, hvp_gpa_put(mapped, far + 1024, true, hvp_mapped_to(1536, 1)), 0);
	KUNIT_EXPECT_EQ(test, hvp_gpa_put(mapped, far + 1536, true, hvp_no_access), 0);
	KUNIT_EXPECT_EQ(test, hvp_gpa_put(mapped, far + 2048, false, hvp_no_access), 0);
	hvp_gpa_expect_run(test, mapped, 0, U64_MAX, far, 1024, hvp_mapped_to(512, 3));
	hvp_gpa_expect_run(test, mapped, far, 512, far, 512, hvp_mapped_to(512, 3));
	hvp_gpa_expect_run(test, mapped, far + 5, U64_MAX, far + 5, 1019, hvp_mapped_to(517, 3));
	hvp_gpa_expect_run(test, mapped, far + 1024, U64_MAX, far + 1024, 512,
			   hvp_mapped_to(1536, 1));
	hvp_gpa_expect_run(test, mapped, far + 1536, U64_MAX, far + 1536, 513, hvp_no_access);
	gfn = far + 2049;
	count = U64_MAX;
	KUNIT_EXPECT_FALSE(test, hvp_gpa_map_next(&mapped->map, &gfn, &count, &page));

	/* A page with other rights, or another source, is a run of its own. */
	KUNIT_EXPECT_EQ(test, hvp_gpa_put(mapped, far + 3, false, hvp_mapped_to(515, 1)), 0);
	hvp_gpa_expect_run(test, mapped, far, 512, far, 3, hvp_mapped_to(512, 3));
	hvp_gpa_expect_run(test, mapped, far + 3, 512, far + 3, 1, hvp_mapped_to(515, 1));
	KUNIT_EXPECT_EQ(test, hvp_gpa_put(mapped, far + 3, false, hvp_mapped_to(516, 3)), 0);
	hvp_gpa_expect_run(test, mapped, far, 512, far, 3, hvp_mapped_to(512, 3));
	KUNIT_EXPECT_EQ(test, hvp_gpa_put(mapped, far + 3, false, hvp_mapped_to(515, 3)), 0);
	hvp_gpa_expect_run(test, mapped, far, 512, far, 512, hvp_mapped_to(512, 3));
	hvp_gpa_map_end(test, mapped);
}

/* The model: what some pages from @base on are, one by one. */
#define HVP_MODEL_PAGES		(4 * HVP_LARGE)
#define HVP_MODEL_SOURCES	1500

struct hvp_gpa_model {
	u64 base;
	struct hvp_gpa_page pages[HVP_MODEL_PAGES];
	bool seen[HVP_MODEL_PAGES];
};

static bool hvp_gpa_model_reverse(void *arg, u64 gfn, u64 count)
{
	struct hvp_gpa_model *model = arg;
	u64 i;

	for (i = 0; i < count; i++) {
		/* A page that is told twice, or is not one of the child's, will be missed. */
		if (gfn + i - model->base < HVP_MODEL_PAGES)
			model->seen[gfn + i - model->base] ^= true;
		else
			model->seen[0] ^= true;
	}
	return true;
}

static bool hvp_gpa_model_has(const struct hvp_gpa_page *page, u64 source, u64 count)
{
	return page->kind == HVP_GPA_MAPPED && page->source >= source &&
	       page->source - source < count;
}

/* Bounds that are too narrow would hide a page, at times. */
static unsigned int hvp_gpa_wrong_bounds(struct hvp_mapped *mapped,
					 const struct hvp_gpa_model *model)
{
	unsigned int wrong = 0, bounded = 0, i;
	struct rb_node *rb;

	for (rb = rb_first_cached(&mapped->map.sources); rb; rb = rb_next(rb)) {
		struct hvp_gpa_node *node = rb_entry(rb, struct hvp_gpa_node, in_sources);
		const struct hvp_gpa_page *pages = &model->pages[node->gfn - model->base];
		u64 lowest = U64_MAX, highest = 0;

		for (i = 0; i < HVP_LARGE; i++) {
			if (pages[i].kind != HVP_GPA_MAPPED)
				continue;
			lowest = min(lowest, pages[i].source);
			highest = max(highest, pages[i].source);
			bounded++;
		}
		wrong += node->lowest > lowest || node->highest < highest || lowest > highest;
	}
	return wrong + (bounded != hvp_gpa_count(mapped).mapped);
}

static void hvp_gpa_model_compare(struct kunit *test, struct hvp_mapped *mapped,
				  struct hvp_gpa_model *model, struct rnd_state *random)
{
	u64 source = prandom_u32_state(random) % HVP_MODEL_SOURCES;
	u64 count = 1 + prandom_u32_state(random) % 40;
	struct hvp_gpa_counts counts = hvp_gpa_count(mapped);
	u64 wrong = 0, mapped_pages = 0, no_access = 0, used = 0;
	struct hvp_gpa_page page;
	u64 gfn, run;
	int i;

	memset(model->seen, 0, sizeof(model->seen));
	hvp_gpa_map_each_of(&mapped->map, source, count, hvp_gpa_model_reverse, model);
	for (i = 0; i < HVP_MODEL_PAGES; i++) {
		wrong += !hvp_gpa_is(mapped, model->base + i, model->pages[i]);
		wrong += model->seen[i] != hvp_gpa_model_has(&model->pages[i], source, count);
		mapped_pages += model->pages[i].kind == HVP_GPA_MAPPED;
		no_access += model->pages[i].kind == HVP_GPA_NO_ACCESS;
		used += hvp_gpa_model_has(&model->pages[i], source, 1);
	}
	/* Runs, one after the other, are all there is, and each is as long as it can be. */
	for (i = 0; i < HVP_MODEL_PAGES; i = gfn - model->base + run) {
		gfn = model->base + i;
		run = HVP_MODEL_PAGES - i;
		if (!hvp_gpa_map_next(&mapped->map, &gfn, &run, &page)) {
			gfn = model->base + HVP_MODEL_PAGES;
			run = 0;
		}
		for (; i < gfn - model->base; i++)
			wrong += model->pages[i].kind != HVP_GPA_UNMAPPED;
		for (; i < gfn - model->base + run; i++, page.source += page.kind == HVP_GPA_MAPPED)
			wrong += !hvp_gpa_same(model->pages[i], page);
		if (run && i < HVP_MODEL_PAGES)
			wrong += hvp_gpa_same(model->pages[i], page);
	}
	KUNIT_EXPECT_EQ(test, wrong, 0);
	KUNIT_EXPECT_EQ(test, hvp_gpa_wrong_bounds(mapped, model), 0);
	KUNIT_EXPECT_EQ(test, counts.mapped, mapped_pages);
	KUNIT_EXPECT_EQ(test, counts.no_access, no_access);
	KUNIT_EXPECT_EQ(test, counts.bytes,
			counts.nodes * hvp_cache_object_size(HVP_CACHE_GPA_NODE));
	KUNIT_EXPECT_EQ(test, atomic_long_read(&mapped->quota.nodes), counts.nodes);
	KUNIT_EXPECT_EQ(test, hvp_gpa_uses(&mapped->map, source), used > 0);
}

#define HVP_MOST_SOUGHT	512

/* Ascending, each with its place in the list */
static void hvp_gpa_sort_keys(u64 *keys, unsigned int count)
{
	unsigned int i, j;

	for (i = 1; i < count; i++) {
		for (j = i; j && keys[j - 1] > keys[j]; j--)
			swap(keys[j - 1], keys[j]);
	}
}

/* Lists of all lengths, of pages some of which are mapped: once, criss-cross, or linear. */
static void hvp_gpa_the_first_is_found(struct kunit *test)
{
	struct hvp_mapped *mapped = hvp_gpa_map_create(test, 40);
	u64 *keys = kunit_kcalloc(test, HVP_MOST_SOUGHT, sizeof(*keys), GFP_KERNEL);
	struct rnd_state random;
	unsigned int round, i;

	KUNIT_ASSERT_NOT_NULL(test, keys);
	prandom_seed_state(&random, 41);
	/* Multiples of 3, below 3000, in an order of no kind, over four nodes */
	for (i = 0; i < 1000; i++)
		KUNIT_ASSERT_EQ(test, 0, hvp_gpa_put(mapped, (i / 250) * (1ULL << 21) + i, false,
						     hvp_mapped_to(i * 617 % 1000 * 3, 1)));
	KUNIT_ASSERT_EQ(test, 0, hvp_gpa_put(mapped, 1 << 25, true, hvp_mapped_to(1 << 20, 1)));
	for (round = 0; round < 200; round++) {
		unsigned int count = round < 20 ? round + 1 :
				     1 + prandom_u32_state(&random) % HVP_MOST_SOUGHT;
		/* So that one of some hundred is mapped, or none */
		unsigned int rare = 1 + prandom_u32_state(&random) % 600;
		struct hvp_gpa_sought sought = { .keys = keys, .count = count, .first = count };
		unsigned int first = count;

		for (i = 0; i < count; i++) {
			u64 source = prandom_u32_state(&random) % 1000 * 3 + 1;

			if (!(prandom_u32_state(&random) % rare)) {
				source = source % 5 ? source - 1 : (1 << 20) + source % 512;
				first = min(first, i);
			}
			keys[i] = source << HVP_GPA_SOUGHT_BITS | i;
		}
		hvp_gpa_sort_keys(keys, count);
		KUNIT_EXPECT_EQ(test, hvp_gpa_map_look_for(&mapped->map, &sought), 0);
		KUNIT_EXPECT_EQ(test, sought.first, first);
	}
	hvp_gpa_map_end(test, mapped);
}

/* A thread that is to die does not look through all of a map. */
static void hvp_gpa_looking_ends_with_a_kill(struct kunit *test)
{
	struct hvp_mapped *mapped = hvp_gpa_map_create(test, 40);
	u64 keys[] = { 1ULL << HVP_GPA_SOUGHT_BITS, 9ULL << HVP_GPA_SOUGHT_BITS | 1 };
	struct hvp_gpa_sought sought = { .keys = keys, .count = 2, .first = 2 };
	unsigned int i;

	for (i = 0; i < 3; i++)
		KUNIT_EXPECT_EQ(test, hvp_gpa_put(mapped, i * HVP_LARGE, false,
						  hvp_mapped_to(3 + 3 * i, 1)), 0);
	sigaddset(&current->pending.signal, SIGKILL);
	set_tsk_thread_flag(current, TIF_SIGPENDING);
	KUNIT_EXPECT_EQ(test, hvp_gpa_map_look_for(&mapped->map, &sought), -EINTR);
	flush_signals(current);
	KUNIT_EXPECT_EQ(test, sought.first, 2);
	KUNIT_EXPECT_EQ(test, hvp_gpa_map_look_for(&mapped->map, &sought), 0);
	KUNIT_EXPECT_EQ(test, sought.first, 1);
	hvp_gpa_map_end(test, mapped);
}

/* May an element fail without memory?  Not where it only replaces. */
static bool hvp_gpa_model_may_fail(const struct hvp_gpa_page *old, unsigned int count,
				   struct hvp_gpa_page page)
{
	unsigned int i;

	for (i = 0; page.kind != HVP_GPA_UNMAPPED && i < count; i++) {
		if (old[i].kind != HVP_GPA_MAPPED && old[i].kind != page.kind)
			return true;
	}
	return false;
}

static void hvp_gpa_model_step(struct kunit *test, struct hvp_gpa_change *change,
			       struct hvp_gpa_model *model, struct rnd_state *random)
{
	struct hvp_mapped *mapped = container_of(change->map, struct hvp_mapped, map);
	bool without_memory = prandom_u32_state(random) % 8 == 0;
	bool large = prandom_u32_state(random) % 64 == 0;
	unsigned int count = large ? HVP_LARGE : 1;
	struct hvp_gpa_page page = { .kind = prandom_u32_state(random) % 3 };
	unsigned int first = prandom_u32_state(random) % HVP_MODEL_PAGES & ~(count - 1);
	unsigned int i;
	int error;

	if (page.kind == HVP_GPA_MAPPED)
		page = hvp_mapped_to(prandom_u32_state(random) % HVP_MODEL_SOURCES,
				     1 + prandom_u32_state(random) % HVP_MAP_RIGHTS_MASK);
	if (without_memory)
		error = hvp_gpa_put_without_memory(mapped, model->base + first, large, page);
	else
		error = hvp_gpa_put_element(change, model->base + first, large, page);
	if (error) {
		KUNIT_EXPECT_EQ(test, error, -ENOMEM);
		KUNIT_EXPECT_TRUE(test, without_memory);
		KUNIT_EXPECT_TRUE(test, hvp_gpa_model_may_fail(&model->pages[first], count, page));
		return;
	}
	/* Only if all of them are no access can they remain that. */
	if (without_memory && page.kind == HVP_GPA_UNMAPPED &&
	    hvp_gpa_is(mapped, model->base + first, hvp_no_access)) {
		page = hvp_no_access;
		KUNIT_EXPECT_FALSE(test, hvp_gpa_model_may_fail(&model->pages[first], count, page));
	}
	for (i = 0; i < count; i++) {
		model->pages[first + i] = page;
		page.source += page.kind == HVP_GPA_MAPPED;
	}
}

struct hvp_gpa_model_row {
	const char *name;
	unsigned int address_bits;
	u64 base;
};

static const struct hvp_gpa_model_row hvp_gpa_model_rows[] = {
	{ "narrow map", 23, 0 },
	{ "across nodes of 1 GiB", 36, (1 << 18) - 2 * HVP_LARGE },
	{ "across nodes of 256 TiB", 52, (1ULL << 36) - 2 * HVP_LARGE },
};

KUNIT_ARRAY_PARAM_DESC(hvp_gpa_model, hvp_gpa_model_rows, name);

static void hvp_gpa_map_is_as_the_model(struct kunit *test)
{
	const struct hvp_gpa_model_row *row = test->param_value;
	struct hvp_mapped *mapped = hvp_gpa_map_create(test, row->address_bits);
	struct hvp_gpa_model *model = kunit_kzalloc(test, sizeof(*model), GFP_KERNEL);
	struct hvp_gpa_change change = HVP_GPA_CHANGE(&mapped->map);
	struct rnd_state random;
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, model);
	prandom_seed_state(&random, 2026);
	model->base = row->base;
	for (i = 1; i <= 6000; i++) {
		hvp_gpa_model_step(test, &change, model, &random);
		if (i % 100)
			continue;
		hvp_gpa_map_release(&change);
		hvp_gpa_model_compare(test, mapped, model, &random);
	}
	for (i = 0; i < HVP_MODEL_PAGES; i++) {
		KUNIT_EXPECT_EQ(test, hvp_gpa_put_element(&change, model->base + i, false,
							  hvp_unmapped), 0);
		model->pages[i] = hvp_unmapped;
	}
	hvp_gpa_map_release(&change);
	hvp_gpa_model_compare(test, mapped, model, &random);
	KUNIT_EXPECT_EQ(test, hvp_gpa_count(mapped).nodes, 0);
	hvp_gpa_map_end(test, mapped);
}

#define HVP_MOST_NODES	64
/* More than that */
#define HVP_MANY_NODES	100
/* A source that is far from all others */
#define HVP_FAR_SOURCE	BIT_ULL(30)

/* Pages that a source is found at in @left nodes; or -1, there may be more */
static int hvp_gpa_found_soon(struct hvp_mapped *mapped, u64 source, u64 left)
{
	struct hvp_gpa_runs runs = {};

	if (!hvp_gpa_map_some_of(&mapped->map, source, 1, &left, hvp_gpa_note_run, &runs))
		return -1;
	return runs.pages;
}

/*
 * One page of each node is far away, and so whatever is taken back in between takes long.  When
 * they have become others, it still does, but not for long, whatever else has become of them.
 */
static void hvp_gpa_sources_are_found_soon(struct kunit *test)
{
	struct hvp_mapped *mapped = hvp_gpa_map_create(test, 40);
	const u64 between = HVP_FAR_SOURCE / 2;
	u64 n, i;

	for (n = 0; n < HVP_MANY_NODES; n++) {
		KUNIT_EXPECT_EQ(test, hvp_gpa_put(mapped, n * HVP_LARGE, true,
						  hvp_mapped_to(n * HVP_LARGE, 3)), 0);
		KUNIT_EXPECT_EQ(test, hvp_gpa_put(mapped, n * HVP_LARGE, false,
						  hvp_mapped_to(HVP_FAR_SOURCE + n, 3)), 0);
	}
	KUNIT_EXPECT_EQ(test, hvp_gpa_found_soon(mapped, between, HVP_MOST_NODES), -1);
	for (n = 0; n < HVP_MANY_NODES; n++) {
		for (i = 0; i < 64; i++)
			KUNIT_EXPECT_EQ(test, hvp_gpa_put(mapped, n * HVP_LARGE + i, false,
							  n % 2 ? hvp_unmapped :
							  hvp_mapped_to(n * HVP_LARGE + i, 1)), 0);
	}
	KUNIT_EXPECT_EQ(test, hvp_gpa_found_soon(mapped, between, HVP_MOST_NODES), 0);
	KUNIT_EXPECT_EQ(test, hvp_gpa_found_soon(mapped, 5, HVP_MOST_NODES), 1);
	KUNIT_EXPECT_FALSE(test, hvp_gpa_uses(&mapped->map, HVP_FAR_SOURCE));

	/* A node without mapped pages is not looked at, nor one that is another as a whole. */
	for (n = 0; n < HVP_MANY_NODES; n++) {
		KUNIT_EXPECT_EQ(test, hvp_gpa_put(mapped, n * HVP_LARGE, true,
						  n % 2 ? hvp_no_access :
						  hvp_mapped_to(n * HVP_LARGE, 3)), 0);
		KUNIT_EXPECT_EQ(test, hvp_gpa_put(mapped, n * HVP_LARGE + 7, false,
						  hvp_mapped_to(HVP_FAR_SOURCE + n, 3)), 0);
		KUNIT_EXPECT_EQ(test, hvp_gpa_put(mapped, n * HVP_LARGE + (n % 2 ? 7 : 0), !(n % 2),
						  n % 2 ? hvp_unmapped :
						  hvp_mapped_to(n * HVP_LARGE, 1)), 0);
	}
	KUNIT_EXPECT_EQ(test, hvp_gpa_found_soon(mapped, between, HVP_MOST_NODES), 0);
	hvp_gpa_map_end(test, mapped);
}

/* A node has the lowest source, any other, and the highest: each takes looking through. */
static void hvp_gpa_strew(struct kunit *test, struct hvp_mapped *mapped, u64 nodes)
{
	u64 n;

	for (n = 0; n < nodes; n++) {
		KUNIT_EXPECT_EQ(test, hvp_gpa_put(mapped, n * HVP_LARGE, false,
						  hvp_mapped_to(0, 3)), 0);
		KUNIT_EXPECT_EQ(test, hvp_gpa_put(mapped, n * HVP_LARGE + 2, false,
						  hvp_mapped_to(100 + n, 3)), 0);
		KUNIT_EXPECT_EQ(test, hvp_gpa_put(mapped, n * HVP_LARGE + 4, false,
						  hvp_mapped_to(HVP_FAR_SOURCE, 3)), 0);
	}
}

/* Who asks several maps looks through as many nodes in all, and knows which map has said all. */
static void hvp_gpa_maps_share_a_limit(struct kunit *test)
{
	struct hvp_mapped *first = hvp_gpa_map_create(test, 40);
	struct hvp_mapped *second = hvp_gpa_map_create(test, 40);
	struct hvp_mapped *other = hvp_gpa_map_create(test, 40);
	struct hvp_gpa_runs runs = {};
	u64 left = HVP_MOST_NODES;

	hvp_gpa_strew(test, first, 40);
	hvp_gpa_strew(test, second, 40);
	KUNIT_EXPECT_EQ(test, hvp_gpa_put(other, 0, false, hvp_mapped_to(1000, 3)), 0);
	KUNIT_EXPECT_TRUE(test, hvp_gpa_map_some_of(&first->map, 105, 1, &left, hvp_gpa_note_run,
						    &runs));
	KUNIT_EXPECT_EQ(test, left, HVP_MOST_NODES - 40);
	KUNIT_EXPECT_EQ(test, runs.pages, 1);
	KUNIT_EXPECT_EQ(test, runs.first, 5 * HVP_LARGE + 2);
	KUNIT_EXPECT_FALSE(test, hvp_gpa_map_some_of(&second->map, 99, 1, &left,
						     hvp_gpa_note_run, &runs));
	KUNIT_EXPECT_EQ(test, left, 0);
	KUNIT_EXPECT_EQ(test, runs.calls, 1);
	/* Where there is nothing to look through, none of them is missed. */
	KUNIT_EXPECT_TRUE(test, hvp_gpa_map_some_of(&other->map, 105, 1, &left, hvp_gpa_note_run,
						    &runs));
	KUNIT_EXPECT_FALSE(test, hvp_gpa_map_some_of(&other->map, 1000, 1, &left,
						     hvp_gpa_note_run, &runs));
	KUNIT_EXPECT_EQ(test, left, 0);
	KUNIT_EXPECT_EQ(test, runs.calls, 1);

	/* As many as there are suffice, one less does not; and runs are told for theirs. */
	KUNIT_EXPECT_EQ(test, hvp_gpa_found_soon(first, 99, 40), 0);
	KUNIT_EXPECT_EQ(test, hvp_gpa_found_soon(first, 99, 39), -1);
	KUNIT_EXPECT_EQ(test, hvp_gpa_found_soon(first, 0, 79), 40);
	KUNIT_EXPECT_EQ(test, hvp_gpa_found_soon(first, 0, 78), -1);
	hvp_gpa_map_end(test, other);
	hvp_gpa_map_end(test, second);
	hvp_gpa_map_end(test, first);
}

/* Terabytes without access, as Linux declares them, cost a node for each level of the edge. */
static void hvp_gpa_no_access_costs_nothing(struct kunit *test)
{
	struct hvp_mapped *mapped = hvp_gpa_map_create(test, 52);
	struct hvp_gpa_change change = HVP_GPA_CHANGE(&mapped->map);
	u64 pages = 2 * HVP_TERABYTE_PAGES;
	u64 most = 0, wrong = 0;
	u64 gfn;

	for (gfn = 0; gfn < pages; gfn += HVP_LARGE) {
		wrong += !!hvp_gpa_map_prepare(&change, mapped->map.levels);
		wrong += !!hvp_gpa_map_commit(&change, gfn, true, &hvp_no_access);
		most = max(most, hvp_gpa_count(mapped).nodes);
		cond_resched();
	}
	hvp_gpa_map_release(&change);
	KUNIT_EXPECT_EQ(test, wrong, 0);
	KUNIT_EXPECT_LE(test, most, 4);
	KUNIT_EXPECT_EQ(test, hvp_gpa_count(mapped).no_access, pages);
	KUNIT_EXPECT_LE(test, hvp_gpa_count(mapped).bytes, 4 * SZ_8K);
	hvp_gpa_expect_run(test, mapped, 0, U64_MAX, 0, pages, hvp_no_access);

	/* A page in the midst costs one for each level below, and nothing when it is gone. */
	KUNIT_EXPECT_EQ(test, hvp_gpa_put(mapped, pages / 2 + 77, false, hvp_mapped_to(1, 1)), 0);
	KUNIT_EXPECT_LE(test, hvp_gpa_count(mapped).bytes, 8 * SZ_8K);
	KUNIT_EXPECT_EQ(test, hvp_gpa_count(mapped).no_access, pages - 1);
	KUNIT_EXPECT_EQ(test, hvp_gpa_put(mapped, pages / 2 + 77, false, hvp_no_access), 0);
	KUNIT_EXPECT_LE(test, hvp_gpa_count(mapped).bytes, 4 * SZ_8K);
	hvp_gpa_map_end(test, mapped);
}

/* A dense map costs at most 16 bytes a page, however its pages are strewn. */
static void hvp_gpa_dense_map_is_small(struct kunit *test)
{
	struct hvp_mapped *mapped = hvp_gpa_map_create(test, 40);
	struct hvp_gpa_change change = HVP_GPA_CHANGE(&mapped->map);
	const u64 pages = SZ_64M >> HVP_PAGE_SHIFT;
	u64 gfn, bytes, wrong = 0;

	for (gfn = 0; gfn < pages; gfn += HVP_LARGE)
		wrong += !!hvp_gpa_put_element(&change, gfn, true,
					       hvp_mapped_to(gfn, HVP_READ_WRITE));
	KUNIT_EXPECT_EQ(test, hvp_gpa_count(mapped).mapped, pages);
	bytes = hvp_gpa_count(mapped).bytes;
	kunit_info(test, "linear: %llu bytes for 100 pages\n", 100 * bytes / pages);
	KUNIT_EXPECT_LE(test, bytes, 16 * pages);

	/* An odd factor makes another order of as many pages. */
	for (gfn = 0; gfn < pages; gfn++)
		wrong += !!hvp_gpa_put_element(&change, gfn, false,
					       hvp_mapped_to(gfn * 4051 % pages, HVP_READ_WRITE));
	hvp_gpa_map_release(&change);
	KUNIT_EXPECT_EQ(test, hvp_gpa_count(mapped).mapped, pages);
	bytes = hvp_gpa_count(mapped).bytes;
	kunit_info(test, "strewn: %llu bytes for 100 pages\n", 100 * bytes / pages);
	KUNIT_EXPECT_LE(test, bytes, 16 * pages);
	KUNIT_EXPECT_EQ(test, wrong, 0);
	KUNIT_EXPECT_EQ(test, hvp_gpa_runs_of(mapped, 0, U64_MAX, 0).pages, pages);
	KUNIT_EXPECT_EQ(test, hvp_gpa_runs_of(mapped, 4051, 1, 0).first, 1);
	hvp_gpa_map_end(test, mapped);
}

/*
 * One changes two neighbouring large pages, in which a page is either no access or mapped to a
 * page of its own; others look, and see nothing else.
 */
static int hvp_gpa_look(void *data)
{
	struct hvp_mapped *mapped = data;
	unsigned int failures = 0;
	struct hvp_gpa_page page;
	u64 gfn, first, count;

	for (gfn = 0; !kthread_should_stop(); gfn = (gfn + 37) % (2 * HVP_LARGE)) {
		hvp_gpa_map_find(&mapped->map, gfn, &page);
		failures += page.kind == HVP_GPA_UNMAPPED ||
			    (page.kind == HVP_GPA_MAPPED && page.source != 1000 + gfn);
		first = gfn & ~(HVP_LARGE - 1ULL);
		count = HVP_LARGE;
		failures += !hvp_gpa_map_next(&mapped->map, &first, &count, &page);
		failures += hvp_gpa_runs_of(mapped, 1000 + gfn, 1, 0).pages > 1;
		cond_resched();
	}
	return failures;
}

static int hvp_gpa_alter(void *data)
{
	struct hvp_mapped *mapped = data;
	unsigned int failures = 0;
	u64 round, gfn;

	for (round = 0; !kthread_should_stop(); round++) {
		gfn = round * 5 % (2 * HVP_LARGE);
		failures += !!hvp_gpa_put(mapped, gfn, false, hvp_mapped_to(1000 + gfn, 3));
		failures += !!hvp_gpa_put(mapped, gfn, false, hvp_no_access);
		gfn &= ~(HVP_LARGE - 1ULL);
		failures += !!hvp_gpa_put(mapped, gfn, true, hvp_mapped_to(1000 + gfn, 3));
		failures += !!hvp_gpa_put(mapped, gfn, true, hvp_no_access);
		cond_resched();
	}
	return failures;
}

static void hvp_gpa_unmapped_is_skipped(struct kunit *test)
{
	struct hvp_mapped *mapped = hvp_gpa_map_create(test, 48);
	u64 last = (1ULL << 36) - 1, gfn = 0;

	KUNIT_EXPECT_FALSE(test, hvp_gpa_map_skip_unmapped(&mapped->map, &gfn));
	KUNIT_EXPECT_EQ(test, hvp_gpa_put(mapped, 1000, false, hvp_no_access), 0);
	KUNIT_EXPECT_EQ(test, hvp_gpa_put(mapped, last, false, hvp_mapped_to(7, 3)), 0);
	gfn = 0;
	KUNIT_EXPECT_TRUE(test, hvp_gpa_map_skip_unmapped(&mapped->map, &gfn));
	KUNIT_EXPECT_EQ(test, gfn, 1000);
	KUNIT_EXPECT_TRUE(test, hvp_gpa_map_skip_unmapped(&mapped->map, &gfn));
	KUNIT_EXPECT_EQ(test, gfn, 1000);
	gfn++;
	KUNIT_EXPECT_TRUE(test, hvp_gpa_map_skip_unmapped(&mapped->map, &gfn));
	KUNIT_EXPECT_EQ(test, gfn, last);
	gfn++;
	KUNIT_EXPECT_FALSE(test, hvp_gpa_map_skip_unmapped(&mapped->map, &gfn));
	hvp_gpa_map_end(test, mapped);

	/* Whoever still looks. */
	gfn = 0;
	KUNIT_EXPECT_FALSE(test, hvp_gpa_map_skip_unmapped(&mapped->map, &gfn));
	KUNIT_EXPECT_FALSE(test, hvp_gpa_uses(&mapped->map, 7));
}

static const hvp_thread_fn hvp_gpa_threads[] = {
	hvp_gpa_look, hvp_gpa_alter, hvp_gpa_look, hvp_gpa_alter,
};

static void hvp_gpa_changes_are_whole(struct kunit *test)
{
	struct hvp_mapped *mapped = hvp_gpa_map_create(test, 40);

	KUNIT_EXPECT_EQ(test, hvp_gpa_put(mapped, 0, true, hvp_no_access), 0);
	KUNIT_EXPECT_EQ(test, hvp_gpa_put(mapped, HVP_LARGE, true, hvp_no_access), 0);
	hvp_run_threads(test, hvp_gpa_threads, ARRAY_SIZE(hvp_gpa_threads), mapped);
	hvp_gpa_map_end(test, mapped);
}

static struct kunit_case hvp_gpa_map_cases[] = {
	KUNIT_CASE_PARAM(hvp_gpa_page_is_what_it_was_made, hvp_gpa_gen_params),
	KUNIT_CASE_PARAM(hvp_gpa_map_has_a_width, hvp_gpa_gen_params),
	KUNIT_CASE_PARAM(hvp_gpa_replacing_needs_no_memory, hvp_gpa_gen_params),
	KUNIT_CASE_PARAM(hvp_gpa_new_pages_need_memory, hvp_gpa_gen_params),
	KUNIT_CASE_PARAM(hvp_gpa_nodes_are_prepared_when_needed, hvp_gpa_gen_params),
	KUNIT_CASE_PARAM(hvp_gpa_prepare_fails, hvp_gpa_gen_params),
	KUNIT_CASE(hvp_gpa_sources_are_found_soon),
	KUNIT_CASE(hvp_gpa_maps_share_a_limit),
	KUNIT_CASE(hvp_gpa_nodes_have_a_limit),
	KUNIT_CASE(hvp_gpa_sources_are_found),
	KUNIT_CASE(hvp_gpa_the_first_is_found),
	KUNIT_CASE(hvp_gpa_looking_ends_with_a_kill),
	KUNIT_CASE(hvp_gpa_runs_are_alike),
	KUNIT_CASE(hvp_gpa_unmapped_is_skipped),
	KUNIT_CASE_PARAM(hvp_gpa_map_is_as_the_model, hvp_gpa_model_gen_params),
	KUNIT_CASE(hvp_gpa_no_access_costs_nothing),
	KUNIT_CASE(hvp_gpa_dense_map_is_small),
	KUNIT_CASE(hvp_gpa_changes_are_whole),
	{}
};

HVP_KUNIT_SUITE(hvp_gpa_map, hvp_gpa_map_cases);
