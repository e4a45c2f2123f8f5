// SPDX-License-Identifier: GPL-2.0
/* hierarchy.c: IDs, lookup, limits, and the end of a VM. */

#include "../core/snapshot.h"
#include "../core/stats_page.h"
#include "world.h"

static void hvp_hierarchy_is_its_root(struct kunit *test)
{
	struct hvp_world *world = hvp_world_create(test);
	struct hvp_partition *found;

	KUNIT_EXPECT_EQ(test, world->root->id, HVP_PARTITION_ID_ROOT);
	KUNIT_EXPECT_EQ(test, world->root->state, HVP_STATE_ACTIVE);
	KUNIT_EXPECT_NULL(test, world->root->parent);
	KUNIT_EXPECT_EQ(test, world->root->depth, 0);
	hvp_world_expect_balance(test, world->root, 0, 0);

	found = hvp_hierarchy_find(world->hierarchy, HVP_PARTITION_ID_ROOT);
	KUNIT_EXPECT_PTR_EQ(test, found, world->root);
	hvp_partition_put(found);
}

/* IDs that name nothing in a hierarchy with partitions 1, 2 and 4. */
static const u64 hvp_no_ids[] = { 0, 3, 5, 0x100000001, 0x100000002, S64_MAX, ~0ULL - 1, ~0ULL };

static void hvp_no_id_desc(const u64 *id, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%#llx", *id);
}

KUNIT_ARRAY_PARAM(hvp_no_id, hvp_no_ids, hvp_no_id_desc);

static void hvp_hierarchy_finds_nothing(struct kunit *test)
{
	struct hvp_world *world = hvp_world_create(test);
	struct hvp_partition *child;

	hvp_world_child(world, world->root, HVP_STATE_UNINITIALIZED);
	child = hvp_world_child(world, world->root, HVP_STATE_UNINITIALIZED);
	hvp_world_child(world, world->root, HVP_STATE_UNINITIALIZED);
	KUNIT_ASSERT_EQ(test, child->id, 3);
	hvp_expect_status(test, hvp_try_delete(world, world->root, child->id),
			  DELETE_PARTITION, SUCCESS);
	KUNIT_EXPECT_NULL(test, hvp_hierarchy_find(world->hierarchy,
						   *(const u64 *)test->param_value));
}

/* Created, deleted, created: 2, 3, 4, also when the one deleted was the last. */
static void hvp_hierarchy_never_reuses_ids(struct kunit *test)
{
	struct hvp_world *world = hvp_world_create(test);
	u64 id;

	for (id = 2; id < 8; id++) {
		struct hvp_partition *child =
			hvp_world_child(world, world->root, HVP_STATE_UNINITIALIZED);

		KUNIT_EXPECT_EQ(test, child->id, id);
		hvp_expect_status(test, hvp_try_delete(world, world->root, id),
				  DELETE_PARTITION, SUCCESS);
	}
}

/* IDs do not depend on what other VMs do, and name nothing there. */
static void hvp_hierarchy_is_alone(struct kunit *test)
{
	struct hvp_world *one = hvp_world_create(test);
	struct hvp_world *other = hvp_world_create(test);

	hvp_world_child(one, one->root, HVP_STATE_UNINITIALIZED);
	hvp_world_child(one, one->root, HVP_STATE_UNINITIALIZED);
	KUNIT_EXPECT_NULL(test, hvp_hierarchy_find(other->hierarchy, 2));
	KUNIT_EXPECT_EQ(test, hvp_world_child(other, other->root,
					      HVP_STATE_UNINITIALIZED)->id, 2);
}

static void hvp_hierarchy_walk_is_in_order(struct kunit *test)
{
	struct hvp_world *world = hvp_world_create(test);
	struct hvp_partition *partition;
	u64 ids[4] = {};
	u64 from = 0;
	int i;

	for (i = 0; i < 3; i++)
		hvp_world_child(world, world->root, HVP_STATE_UNINITIALIZED);
	hvp_try_delete(world, world->root, 3);
	for (i = 0; i < ARRAY_SIZE(ids); i++) {
		partition = hvp_hierarchy_find_from(world->hierarchy, from);
		if (!partition)
			break;
		ids[i] = partition->id;
		from = partition->id + 1;
		hvp_partition_put(partition);
	}
	KUNIT_EXPECT_EQ(test, i, 3);
	KUNIT_EXPECT_EQ(test, ids[0], 1);
	KUNIT_EXPECT_EQ(test, ids[1], 2);
	KUNIT_EXPECT_EQ(test, ids[2], 4);
}

/* A partition with no reference left is not found, even before it is gone. */
static void hvp_hierarchy_walk_passes_the_dying(struct kunit *test)
{
	struct hvp_world *world = hvp_world_create(test);
	struct hvp_partition *dying = hvp_world_child(world, world->root,
						      HVP_STATE_UNINITIALIZED);
	struct hvp_partition *next = hvp_world_child(world, world->root,
						     HVP_STATE_UNINITIALIZED);
	struct hvp_partition *found;
	int refs = refcount_read(&dying->refs);

	refcount_set(&dying->refs, 0);
	KUNIT_EXPECT_NULL(test, hvp_hierarchy_find(world->hierarchy, dying->id));
	found = hvp_hierarchy_find_from(world->hierarchy, dying->id);
	refcount_set(&dying->refs, refs);
	KUNIT_EXPECT_PTR_EQ(test, found, next);
	hvp_partition_put(found);
}

static void hvp_hierarchy_counts_partitions(struct kunit *test)
{
	struct hvp_world *world = hvp_world_create(test);

	world->limits.partitions = 2;
	KUNIT_EXPECT_TRUE(test, hvp_hierarchy_reserve_partition(world->hierarchy));
	KUNIT_EXPECT_TRUE(test, hvp_hierarchy_reserve_partition(world->hierarchy));
	KUNIT_EXPECT_FALSE(test, hvp_hierarchy_reserve_partition(world->hierarchy));
	hvp_hierarchy_release_partition(world->hierarchy);
	KUNIT_EXPECT_TRUE(test, hvp_hierarchy_reserve_partition(world->hierarchy));
	/* The administrator may lower the limit below what there is. */
	world->limits.partitions = 0;
	hvp_hierarchy_release_partition(world->hierarchy);
	KUNIT_EXPECT_FALSE(test, hvp_hierarchy_reserve_partition(world->hierarchy));
	hvp_hierarchy_release_partition(world->hierarchy);
	KUNIT_EXPECT_EQ(test, atomic_read(&world->hierarchy->partition_count), 0);
}

static void hvp_hierarchy_counts_pages(struct kunit *test)
{
	struct hvp_world *world = hvp_world_create(test);

	world->limits.pages = 10;
	KUNIT_EXPECT_TRUE(test, hvp_hierarchy_reserve_pages(world->hierarchy, 10));
	KUNIT_EXPECT_FALSE(test, hvp_hierarchy_reserve_pages(world->hierarchy, 1));
	KUNIT_EXPECT_EQ(test, world->guest.locked, 10);
	hvp_hierarchy_release_pages(world->hierarchy, 4);
	KUNIT_EXPECT_EQ(test, world->guest.locked, 6);
	KUNIT_EXPECT_FALSE(test, hvp_hierarchy_reserve_pages(world->hierarchy, 5));
	KUNIT_EXPECT_EQ(test, world->guest.locked, 6);
	hvp_hierarchy_release_pages(world->hierarchy, 6);
	hvp_hierarchy_release_pages(world->hierarchy, 0);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&world->hierarchy->page_count), 0);
}

/* The VMM's limit counts as well, and a refusal of it leaves no trace. */
static void hvp_hierarchy_heeds_locked_limit(struct kunit *test)
{
	struct hvp_world *world = hvp_world_create(test);

	world->guest.locked_limit = 3;
	KUNIT_EXPECT_FALSE(test, hvp_hierarchy_reserve_pages(world->hierarchy, 4));
	KUNIT_EXPECT_EQ(test, atomic_long_read(&world->hierarchy->page_count), 0);
	KUNIT_EXPECT_TRUE(test, hvp_hierarchy_reserve_pages(world->hierarchy, 3));
	hvp_hierarchy_release_pages(world->hierarchy, 3);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&world->hierarchy->page_count), 0);
}

/* Two vCPUs prepare the same ID: one gets it, the other is told to try again. */
static void hvp_hierarchy_gives_an_id_once(struct kunit *test)
{
	struct hvp_world *world = hvp_world_create(test);
	static const struct hvp_creation creation;
	struct hvp_partition *one, *other;
	u64 id, same_id;

	one = hvp_partition_alloc(world->hierarchy, world->root, &creation);
	other = hvp_partition_alloc(world->hierarchy, world->root, &creation);
	KUNIT_ASSERT_NOT_NULL(test, one);
	KUNIT_ASSERT_NOT_NULL(test, other);
	KUNIT_ASSERT_EQ(test, hvp_hierarchy_prepare_id(world->hierarchy, &id), 0);
	KUNIT_ASSERT_EQ(test, hvp_hierarchy_prepare_id(world->hierarchy, &same_id), 0);
	KUNIT_EXPECT_EQ(test, id, 2);
	KUNIT_EXPECT_EQ(test, same_id, 2);
	KUNIT_EXPECT_NULL(test, hvp_hierarchy_find(world->hierarchy, id));

	KUNIT_EXPECT_TRUE(test, hvp_hierarchy_publish(world->hierarchy, id, one));
	KUNIT_EXPECT_FALSE(test, hvp_hierarchy_publish(world->hierarchy, same_id, other));
	KUNIT_EXPECT_EQ(test, one->id, id);
	hvp_partition_put(other);

	hvp_hierarchy_unpublish(world->hierarchy, one);
	KUNIT_EXPECT_NULL(test, hvp_hierarchy_find(world->hierarchy, id));
	hvp_partition_put(one);
}

/* Whatever state partitions are in, the end of the VM leaves nothing behind. */
static void hvp_hierarchy_end_lets_go_of_everything(struct kunit *test)
{
	struct hvp_world *world = hvp_world_create(test);
	struct hvp_partition *active, *grandchild, *finalized;

	hvp_world_deposit(world, world->root, 0, 40);
	active = hvp_world_child(world, world->root, HVP_STATE_ACTIVE);
	hvp_world_deposit(world, active, 0, 5);
	grandchild = hvp_world_child(world, active, HVP_STATE_ACTIVE);
	hvp_world_deposit(world, grandchild, 0, 1);
	finalized = hvp_world_child(world, world->root, HVP_STATE_FINALIZED);
	KUNIT_EXPECT_GT(test, hvp_world_balance(finalized).available, 0);
	/* The rest happens when the test ends: see hvp_fake_expect_idle(). */
}

/* A call in flight keeps the hierarchy of a VM that is gone. */
static void hvp_hierarchy_outlives_its_vm(struct kunit *test)
{
	struct hvp_world *world = hvp_world_create(test);

	hvp_hierarchy_get(world->hierarchy);
	hvp_world_deposit(world, world->root, 0, 3);
	hvp_hierarchy_put(world->hierarchy);
	KUNIT_EXPECT_EQ(test, world->guest.pinned, 3);
	hvp_hierarchy_put(NULL);
}

/* Who looks keeps objects, not pages, and what is in them is not left to them to free. */
static void hvp_hierarchy_ends_while_somebody_looks(struct kunit *test)
{
	struct hvp_world *world = hvp_world_create(test);
	struct hvp_hierarchy *hierarchy = world->hierarchy;
	struct hvp_snapshot *snapshot = kunit_kmalloc(test, sizeof(*snapshot), GFP_KERNEL);
	struct hvp_partition *child, *grandchild;

	KUNIT_ASSERT_NOT_NULL(test, snapshot);
	hvp_world_deposit(world, world->root, 0, 40);
	child = hvp_world_child(world, world->root, HVP_STATE_ACTIVE);
	hvp_world_deposit(world, child, 0, 5);
	grandchild = hvp_world_child(world, child, HVP_STATE_UNINITIALIZED);
	hvp_try_map(world, world->root, HVP_PARTITION_AREA(child->id, HVP_STATS_AREA_SELF));

	KUNIT_ASSERT_TRUE(test, hvp_hierarchy_hold(hierarchy));
	hvp_world_end(world);
	KUNIT_EXPECT_EQ(test, world->guest.pinned, 0);
	KUNIT_EXPECT_EQ(test, world->guest.locked, 0);
	KUNIT_EXPECT_FALSE(test, hvp_hierarchy_get(hierarchy));
	KUNIT_EXPECT_NULL(test, hvp_hierarchy_find(hierarchy, child->id));
	KUNIT_EXPECT_NULL(test, hvp_hierarchy_find_from(hierarchy, 0));
	hvp_stats_pages_refresh(hierarchy);
	hvp_snapshot_take(grandchild, snapshot);
	KUNIT_EXPECT_EQ(test, snapshot->state, HVP_STATE_DELETED);
	KUNIT_EXPECT_EQ(test, snapshot->parent_id, 0);
	hvp_snapshot_take(child, snapshot);
	KUNIT_EXPECT_EQ(test, snapshot->total.available, 0);
	hvp_hierarchy_drop(hierarchy);
	hvp_hierarchy_drop(NULL);
}

static struct kunit_case hvp_hierarchy_cases[] = {
	KUNIT_CASE(hvp_hierarchy_is_its_root),
	KUNIT_CASE_PARAM(hvp_hierarchy_finds_nothing, hvp_no_id_gen_params),
	KUNIT_CASE(hvp_hierarchy_never_reuses_ids),
	KUNIT_CASE(hvp_hierarchy_is_alone),
	KUNIT_CASE(hvp_hierarchy_walk_is_in_order),
	KUNIT_CASE(hvp_hierarchy_walk_passes_the_dying),
	KUNIT_CASE(hvp_hierarchy_counts_partitions),
	KUNIT_CASE(hvp_hierarchy_counts_pages),
	KUNIT_CASE(hvp_hierarchy_heeds_locked_limit),
	KUNIT_CASE(hvp_hierarchy_gives_an_id_once),
	KUNIT_CASE(hvp_hierarchy_end_lets_go_of_everything),
	KUNIT_CASE(hvp_hierarchy_outlives_its_vm),
	KUNIT_CASE(hvp_hierarchy_ends_while_somebody_looks),
	{}
};

HVP_KUNIT_SUITE(hvp_hierarchy, hvp_hierarchy_cases);
