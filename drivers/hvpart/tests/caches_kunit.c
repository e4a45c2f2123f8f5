// SPDX-License-Identifier: GPL-2.0
/* caches.c: zeroed objects, where a guest wants them. */

#include <linux/mm.h>
#include <linux/printk.h>
#include "../core/core.h"
#include "faults.h"
#include "world.h"

/* All but those of which nobody reads what nobody has written. */
static const enum hvp_cache hvp_zeroed_caches[] = {
	HVP_CACHE_HIERARCHY, HVP_CACHE_PARTITION, HVP_CACHE_ACTIVE, HVP_CACHE_STATS_PAGE,
	HVP_CACHE_CLAIM_CHUNK, HVP_CACHE_PAGE_BLOCK, HVP_CACHE_CHILD_VP,
};

static void hvp_cache_desc(const enum hvp_cache *cache, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "cache %d", *cache);
}

KUNIT_ARRAY_PARAM(hvp_cache, hvp_zeroed_caches, hvp_cache_desc);

/* What a guest left in an object is not there for the next one to read. */
static void hvp_caches_zero_objects(struct kunit *test)
{
	enum hvp_cache cache = *(const enum hvp_cache *)test->param_value;
	size_t size = hvp_cache_object_size(cache);
	int i;

	KUNIT_ASSERT_GT(test, size, 0);
	for (i = 0; i < 4; i++) {
		void *object = hvp_cache_alloc(cache, HVP_PROXIMITY_ANY);

		KUNIT_ASSERT_NOT_NULL(test, object);
		KUNIT_EXPECT_NULL(test, memchr_inv(object, 0, size));
		memset(object, HVP_FAKE_SCRIBBLE, size);
		hvp_cache_free(cache, object);
	}
	hvp_cache_free(cache, NULL);
}

static void hvp_caches_heed_proximity(struct kunit *test)
{
	enum hvp_cache cache = *(const enum hvp_cache *)test->param_value;
	unsigned int node;

	for_each_online_node(node) {
		void *only = hvp_cache_alloc(cache, HVP_ONLY(node));
		void *rather = hvp_cache_alloc(cache, HVP_PREFER(node));

		/* Nodes without memory cannot give any. */
		if (only)
			KUNIT_EXPECT_EQ(test, page_to_nid(virt_to_page(only)), node);
		else
			KUNIT_EXPECT_FALSE(test, node_state(node, N_MEMORY));
		KUNIT_EXPECT_NOT_NULL(test, rather);
		hvp_cache_free(cache, rather);
		hvp_cache_free(cache, only);
	}
}

/* More than it takes to make all caches. */
#define HVP_ALLOCATIONS		100000

/*
 * Fail to bring the core up, from one allocation on.  The slab says so in the log,
 * with a backtrace, which is to be read by nobody.
 */
static int hvp_fail_core_init(unsigned int nth)
{
	int level = console_loglevel;
	int error;

	console_loglevel = LOGLEVEL_WARNING;
	hvp_fail_allocation(nth, true);
	error = hvp_core_init();
	hvp_fail_allocation(0, false);
	console_loglevel = level;
	return error;
}

/*
 * All caches take about the same number of allocations, so one in the middle of
 * each one's share is necessary for that one.
 */
static void hvp_caches_are_all_or_none(struct kunit *test)
{
	unsigned int failures = 0;
	unsigned int total, i;

	hvp_require_failing_allocations(test);
	hvp_core_exit();
	hvp_fail_allocation(HVP_ALLOCATIONS, false);
	KUNIT_EXPECT_EQ(test, hvp_core_init(), 0);
	total = HVP_ALLOCATIONS - hvp_allocations_left();
	hvp_fail_allocation(0, false);
	KUNIT_EXPECT_LT(test, total, HVP_ALLOCATIONS);
	KUNIT_EXPECT_GE(test, total, HVP_NR_CACHES);

	for (i = 0; i < HVP_NR_CACHES; i++) {
		hvp_core_exit();
		failures += hvp_fail_core_init(total * (2 * i + 1) / (2 * HVP_NR_CACHES)) ==
			    -ENOMEM;
		/* If one were left, its name would be taken. */
		KUNIT_EXPECT_EQ(test, hvp_core_init(), 0);
	}
	kunit_info(test, "%u failures in %u allocations\n", failures, total);
	KUNIT_EXPECT_EQ(test, failures, HVP_NR_CACHES);
}

static struct kunit_case hvp_caches_cases[] = {
	KUNIT_CASE_PARAM(hvp_caches_zero_objects, hvp_cache_gen_params),
	KUNIT_CASE_PARAM(hvp_caches_heed_proximity, hvp_cache_gen_params),
	KUNIT_CASE(hvp_caches_are_all_or_none),
	{}
};

HVP_KUNIT_SUITE(hvp_caches, hvp_caches_cases);
