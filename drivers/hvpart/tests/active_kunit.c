// SPDX-License-Identifier: GPL-2.0
/* active.c: what a partition has while it is active, and what that costs. */

#include "../core/memory/caches.h"
#include "world.h"

static void hvp_active_costs_its_bytes(struct kunit *test)
{
	size_t bytes = hvp_cache_object_size(HVP_CACHE_ACTIVE);

	KUNIT_EXPECT_GE(test, bytes, sizeof(struct hvp_active));
	KUNIT_EXPECT_EQ(test, hvp_active_pages(), (bytes + 4095) / 4096);
}

#define HVP_SCRIBBLED	(HVP_FAKE_SCRIBBLE * 0x0101010101010101ULL)

static void hvp_active_is_complete_and_empty(struct kunit *test)
{
	struct hvp_active *active = hvp_active_alloc(HVP_ONLY(0));

	KUNIT_ASSERT_NOT_NULL(test, active);
	KUNIT_EXPECT_NULL(test, memchr_inv(&active->charge, 0, sizeof(active->charge)));
	/* What it was charged, and its properties, are not for the next one. */
	memset(&active->charge, HVP_FAKE_SCRIBBLE, sizeof(active->charge));
	memset(active->properties, HVP_FAKE_SCRIBBLE, sizeof(active->properties));
	hvp_active_free(active);
	active = hvp_active_alloc(HVP_ONLY(0));
	KUNIT_ASSERT_NOT_NULL(test, active);
	KUNIT_EXPECT_NULL(test, memchr_inv(&active->charge, 0, sizeof(active->charge)));
	KUNIT_EXPECT_NE(test, active->properties[0], HVP_SCRIBBLED);
	hvp_active_free(active);
	hvp_active_free(NULL);
}

static struct kunit_case hvp_active_cases[] = {
	KUNIT_CASE(hvp_active_costs_its_bytes),
	KUNIT_CASE(hvp_active_is_complete_and_empty),
	{}
};

HVP_KUNIT_SUITE(hvp_active, hvp_active_cases);
