// SPDX-License-Identifier: GPL-2.0
/* snapshot.c: what people and scripts see of a partition. */

#include "../core/snapshot.h"
#include "world.h"

static struct hvp_snapshot *hvp_snapshot_of(struct kunit *test, struct hvp_partition *partition)
{
	struct hvp_snapshot *snapshot = kunit_kmalloc(test, sizeof(*snapshot), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, snapshot);
	memset(snapshot, HVP_FAKE_SCRIBBLE, sizeof(*snapshot));
	hvp_snapshot_take(partition, snapshot);
	return snapshot;
}

static void hvp_snapshot_of_the_root(struct kunit *test)
{
	struct hvp_world *world = hvp_world_create(test);
	struct hvp_snapshot *snapshot;

	hvp_world_child(world, world->root, HVP_STATE_UNINITIALIZED);
	hvp_world_deposit(world, world->root, 0, 6);
	hvp_try_map(world, world->root, HVP_PARTITION_AREA(1, HVP_STATS_AREA_SELF));
	snapshot = hvp_snapshot_of(test, world->root);
	KUNIT_EXPECT_EQ(test, snapshot->id, 1);
	KUNIT_EXPECT_EQ(test, snapshot->parent_id, 0);
	KUNIT_EXPECT_EQ(test, snapshot->state, HVP_STATE_ACTIVE);
	KUNIT_EXPECT_EQ(test, snapshot->total.available, 4);
	KUNIT_EXPECT_EQ(test, snapshot->total.in_use, hvp_partition_pages() + 2);
	KUNIT_EXPECT_EQ(test, snapshot->used_for[HVP_USE_CHILDREN], hvp_partition_pages());
	KUNIT_EXPECT_EQ(test, snapshot->used_for[HVP_USE_PARTITION], 0);
	KUNIT_EXPECT_EQ(test, snapshot->used_for[HVP_USE_STATISTICS], 2);
	KUNIT_EXPECT_FALSE(test, snapshot->has_regular_properties);
}

static void hvp_snapshot_of_a_child(struct kunit *test)
{
	struct hvp_world *world = hvp_world_create(test);
	struct hvp_partition *child = hvp_world_child(world, world->root, HVP_STATE_ACTIVE);
	struct hvp_snapshot *snapshot;

	hvp_world_deposit(world, child, 0, 4);
	hvp_try_set_property(world, world->root, child->id, 0x0005000e, 4711);
	snapshot = hvp_snapshot_of(test, child);
	KUNIT_EXPECT_EQ(test, snapshot->id, child->id);
	KUNIT_EXPECT_EQ(test, snapshot->parent_id, 1);
	KUNIT_EXPECT_EQ(test, snapshot->state, HVP_STATE_ACTIVE);
	KUNIT_EXPECT_EQ(test, snapshot->total.available, 4);
	KUNIT_EXPECT_EQ(test, snapshot->total.in_use, hvp_active_pages());
	KUNIT_EXPECT_EQ(test, snapshot->used_for[HVP_USE_CHILDREN], 0);
	KUNIT_EXPECT_EQ(test, snapshot->used_for[HVP_USE_PARTITION], hvp_active_pages());
	KUNIT_EXPECT_TRUE(test, snapshot->has_regular_properties);
	KUNIT_EXPECT_EQ(test, snapshot->regular_properties[HVP_ALLOCATION_ID], 4711);
	KUNIT_EXPECT_MEMEQ(test, &snapshot->creation, &child->creation,
			   sizeof(child->creation));
}

static void hvp_snapshot_tells_domains_apart(struct kunit *test)
{
	struct hvp_snapshot *snapshot;
	struct hvp_world *world;

	hvp_require_nodes(test, 2);
	world = hvp_world_create(test);
	hvp_world_deposit(world, world->root, 0, 3);
	hvp_world_deposit(world, world->root, 1, 2);
	snapshot = hvp_snapshot_of(test, world->root);
	KUNIT_EXPECT_EQ(test, snapshot->total.available, 5);
	KUNIT_EXPECT_EQ(test, snapshot->nodes[0].available, 3);
	KUNIT_EXPECT_EQ(test, snapshot->nodes[1].available, 2);
}

/* Of one that is being looked at while it goes. */
static void hvp_snapshot_of_the_deleted(struct kunit *test)
{
	struct hvp_world *world = hvp_world_create(test);
	struct hvp_partition *child = hvp_world_child(world, world->root,
						      HVP_STATE_UNINITIALIZED);
	struct hvp_snapshot *snapshot;

	hvp_expect_status(test, hvp_try_delete(world, world->root, child->id),
			  DELETE_PARTITION, SUCCESS);
	snapshot = hvp_snapshot_of(test, child);
	KUNIT_EXPECT_EQ(test, snapshot->state, HVP_STATE_DELETED);
	KUNIT_EXPECT_EQ(test, snapshot->total.available, 0);
}

static struct kunit_case hvp_snapshot_cases[] = {
	KUNIT_CASE(hvp_snapshot_of_the_root),
	KUNIT_CASE(hvp_snapshot_of_a_child),
	KUNIT_CASE(hvp_snapshot_tells_domains_apart),
	KUNIT_CASE(hvp_snapshot_of_the_deleted),
	{}
};

HVP_KUNIT_SUITE(hvp_snapshot, hvp_snapshot_cases);
