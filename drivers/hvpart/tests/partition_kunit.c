// SPDX-License-Identifier: GPL-2.0
/* partition.c: the object, its references, its state. */

#include "../core/memory/caches.h"
#include "world.h"

static const struct hvp_creation hvp_some_creation = {
	.flags = HVP_CREATE_LAPIC | HVP_CREATE_X2APIC,
	.proximity = { .id = 0, .flags = HVP_PROXIMITY_VALID },
	.compatibility_version = 0x0609,
	.disabled_processor_features = { 0x1111, 0x2222 },
	.disabled_xsave_features = 0x3333,
};

static void hvp_partition_begins_uninitialized(struct kunit *test)
{
	struct hvp_world *world = hvp_world_create(test);
	struct hvp_partition *child, *grandchild;

	child = hvp_partition_alloc(world->hierarchy, world->root, &hvp_some_creation);
	KUNIT_ASSERT_NOT_NULL(test, child);
	grandchild = hvp_partition_alloc(world->hierarchy, child, &hvp_some_creation);
	KUNIT_EXPECT_EQ(test, child->state, HVP_STATE_UNINITIALIZED);
	KUNIT_EXPECT_PTR_EQ(test, child->parent, world->root);
	KUNIT_EXPECT_EQ(test, child->depth, 1);
	KUNIT_EXPECT_NULL(test, child->active);
	KUNIT_EXPECT_TRUE(test, list_empty(&child->children));
	KUNIT_EXPECT_MEMEQ(test, &child->creation, &hvp_some_creation,
			   sizeof(hvp_some_creation));
	hvp_world_expect_balance(test, child, 0, 0);
	KUNIT_EXPECT_NOT_NULL(test, grandchild);
	if (grandchild)
		KUNIT_EXPECT_EQ(test, grandchild->depth, 2);
	hvp_partition_put(grandchild);
	hvp_partition_put(child);
}

/* What is charged is what is allocated, in whole pages. */
static void hvp_partition_costs_its_bytes(struct kunit *test)
{
	size_t size = hvp_cache_object_size(HVP_CACHE_PARTITION);

	KUNIT_EXPECT_GE(test, size, hvp_partition_size());
	KUNIT_EXPECT_GE(test, hvp_partition_size(), sizeof(struct hvp_partition) +
			hvp_pool_nodes() * sizeof(struct hvp_pool_node));
	KUNIT_EXPECT_EQ(test, hvp_partition_pages(), (size + 4095) / 4096);
	KUNIT_EXPECT_GT(test, hvp_partition_pages(), 0);
}

#define UNINITIALIZED	BIT(HVP_STATE_UNINITIALIZED)
#define ACTIVE		BIT(HVP_STATE_ACTIVE)
#define FINALIZING	BIT(HVP_STATE_FINALIZING)
#define FINALIZED	BIT(HVP_STATE_FINALIZED)
#define ALL		(UNINITIALIZED | ACTIVE | FINALIZING | FINALIZED)

struct hvp_allowed_row {
	const char *name;
	enum hvp_state state;
	u8 allowed;
	enum hvp_status status;
};

static const struct hvp_allowed_row hvp_allowed_rows[] = {
	{ "uninitialized, allowed", HVP_STATE_UNINITIALIZED, UNINITIALIZED,
	  HVP_STATUS_SUCCESS },
	{ "uninitialized, all others", HVP_STATE_UNINITIALIZED, ALL & ~UNINITIALIZED,
	  HVP_STATUS_INVALID_PARTITION_STATE },
	{ "active, allowed", HVP_STATE_ACTIVE, ACTIVE, HVP_STATUS_SUCCESS },
	{ "active, all others", HVP_STATE_ACTIVE, ALL & ~ACTIVE,
	  HVP_STATUS_INVALID_PARTITION_STATE },
	{ "finalizing, allowed", HVP_STATE_FINALIZING, FINALIZING, HVP_STATUS_SUCCESS },
	{ "finalizing, all others", HVP_STATE_FINALIZING, ALL & ~FINALIZING,
	  HVP_STATUS_INVALID_PARTITION_STATE },
	{ "finalized, allowed", HVP_STATE_FINALIZED, FINALIZED, HVP_STATUS_SUCCESS },
	{ "finalized, all others", HVP_STATE_FINALIZED, ALL & ~FINALIZED,
	  HVP_STATUS_INVALID_PARTITION_STATE },
	{ "deleted since it was found", HVP_STATE_DELETED, ALL,
	  HVP_STATUS_INVALID_PARTITION_ID },
	{ "deleted, nothing allowed", HVP_STATE_DELETED, 0, HVP_STATUS_INVALID_PARTITION_ID },
};

KUNIT_ARRAY_PARAM_DESC(hvp_allowed, hvp_allowed_rows, name);

static void hvp_partition_state_is_checked(struct kunit *test)
{
	const struct hvp_allowed_row *row = test->param_value;
	struct hvp_partition partition = { .state = row->state };

	KUNIT_EXPECT_EQ(test, hvp_partition_check_state(&partition, row->allowed),
			row->status);
}

static void hvp_partition_takes_every_edge(struct kunit *test)
{
	static const enum hvp_state way[] = {
		HVP_STATE_ACTIVE, HVP_STATE_FINALIZING, HVP_STATE_FINALIZED,
		HVP_STATE_DELETED,
	};
	struct hvp_world *world = hvp_world_create(test);
	struct hvp_partition *partition =
		hvp_partition_alloc(world->hierarchy, world->root, &hvp_some_creation);
	int i;

	KUNIT_ASSERT_NOT_NULL(test, partition);
	for (i = 0; i < ARRAY_SIZE(way); i++) {
		hvp_world_set_state(partition, way[i]);
		KUNIT_EXPECT_EQ(test, partition->state, way[i]);
	}
	hvp_partition_put(partition);
}

static void hvp_partition_lives_by_references(struct kunit *test)
{
	struct hvp_world *world = hvp_world_create(test);
	struct hvp_partition *child = hvp_world_child(world, world->root,
						      HVP_STATE_UNINITIALIZED);
	unsigned int refs = refcount_read(&child->refs);
	struct hvp_partition *found = hvp_hierarchy_find(world->hierarchy, child->id);

	KUNIT_EXPECT_PTR_EQ(test, found, child);
	KUNIT_EXPECT_EQ(test, refcount_read(&child->refs), refs + 1);
	hvp_partition_put(found);
	KUNIT_EXPECT_EQ(test, refcount_read(&child->refs), refs);
	/* Deleting drops the hierarchy's, and a call its own. */
	hvp_try_delete(world, world->root, child->id);
	KUNIT_EXPECT_EQ(test, refcount_read(&child->refs), refs - 1);
	hvp_partition_put(NULL);
}

/* No call keeps a reference, whatever it answers. */
static void hvp_partition_calls_keep_no_reference(struct kunit *test)
{
	struct hvp_world *world = hvp_world_create(test);
	struct hvp_partition *child = hvp_world_child(world, world->root, HVP_STATE_ACTIVE);
	unsigned int refs = refcount_read(&child->refs);
	unsigned int root_refs = refcount_read(&world->root->refs);
	u16 code;

	for (code = HVP_CALL_CREATE_PARTITION; code <= HVP_CALL_GET_MEMORY_BALANCE; code++) {
		hvp_try_code(world, world->root, code, child->id);
		hvp_try_code(world, world->root, code, HVP_PARTITION_ID_SELF);
		KUNIT_EXPECT_EQ_MSG(test, refcount_read(&child->refs), refs, "call %#x", code);
		KUNIT_EXPECT_EQ_MSG(test, refcount_read(&world->root->refs), root_refs,
				    "call %#x", code);
	}
}

static struct kunit_case hvp_partition_cases[] = {
	KUNIT_CASE(hvp_partition_begins_uninitialized),
	KUNIT_CASE(hvp_partition_costs_its_bytes),
	KUNIT_CASE_PARAM(hvp_partition_state_is_checked, hvp_allowed_gen_params),
	KUNIT_CASE(hvp_partition_takes_every_edge),
	KUNIT_CASE(hvp_partition_lives_by_references),
	KUNIT_CASE(hvp_partition_calls_keep_no_reference),
	{}
};

HVP_KUNIT_SUITE(hvp_partition, hvp_partition_cases);
