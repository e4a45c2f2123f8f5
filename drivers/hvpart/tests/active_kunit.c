// SPDX-License-Identifier: GPL-2.0
/* active.c: what a partition has while it is active, and what that costs. */

#include "../core/caches.h"
#include "world.h"

static void hvp_active_costs_its_bytes(struct kunit *test)
{
	size_t bytes = sizeof(struct hvp_active) + sizeof(struct hvp_vp_table) +
		       sizeof(struct hvp_gpa_root) + sizeof(struct hvp_port_table);

	KUNIT_EXPECT_GE(test, hvp_active_pages() * HVP_PAGE_SIZE, bytes);
	bytes = hvp_cache_object_size(HVP_CACHE_ACTIVE) +
		hvp_cache_object_size(HVP_CACHE_VP_TABLE) +
		hvp_cache_object_size(HVP_CACHE_GPA_ROOT) +
		hvp_cache_object_size(HVP_CACHE_PORT_TABLE);
	/* Rounded up once a call, not once an object. */
	KUNIT_EXPECT_EQ(test, hvp_active_pages(), (bytes + 4095) / 4096);
}

static void hvp_active_is_complete_and_empty(struct kunit *test)
{
	struct hvp_active *active = hvp_active_alloc(HVP_ONLY(0));

	KUNIT_ASSERT_NOT_NULL(test, active);
	KUNIT_EXPECT_NOT_NULL(test, active->vp_table);
	KUNIT_EXPECT_NOT_NULL(test, active->gpa_root);
	KUNIT_EXPECT_NOT_NULL(test, active->port_table);
	KUNIT_EXPECT_NULL(test, memchr_inv(active->vp_table, 0, sizeof(*active->vp_table)));
	KUNIT_EXPECT_NULL(test, memchr_inv(active->gpa_root, 0, sizeof(*active->gpa_root)));
	KUNIT_EXPECT_NULL(test, memchr_inv(active->port_table, 0,
					   sizeof(*active->port_table)));
	KUNIT_EXPECT_NULL(test, memchr_inv(&active->charge, 0, sizeof(active->charge)));
	hvp_active_free(active);
	hvp_active_free(NULL);
}

static struct kunit_case hvp_active_cases[] = {
	KUNIT_CASE(hvp_active_costs_its_bytes),
	KUNIT_CASE(hvp_active_is_complete_and_empty),
	{}
};

HVP_KUNIT_SUITE(hvp_active, hvp_active_cases);
