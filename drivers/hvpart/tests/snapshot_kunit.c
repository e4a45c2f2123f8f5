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

/* More than is looked at in one go, which is 1 GiB, linear */
#define HVP_MUCH	((1ULL << 18) + 512)

static void hvp_snapshot_map(struct kunit *test, struct hvp_partition *child, u64 gfn,
			     u64 source, u32 rights)
{
	struct hvp_gpa_change change = HVP_GPA_CHANGE(&child->child.map);
	const struct hvp_gpa_page page = { HVP_GPA_MAPPED, rights, source };

	KUNIT_EXPECT_EQ(test, hvp_gpa_map_prepare(&change, child->child.map.levels), 0);
	KUNIT_EXPECT_EQ(test, hvp_gpa_map_commit(&change, gfn, true, &page), 0);
	hvp_gpa_map_release(&change);
}

static void hvp_snapshot_of_memory(struct kunit *test)
{
	struct hvp_world *world = hvp_world_create(test);
	struct hvp_partition *child = hvp_world_child(world, world->root, HVP_STATE_ACTIVE);
	struct hvp_snapshot *snapshot;
	struct hvp_gpa_page page;
	u64 gfn, count;

	world->limits.gpa_nodes = 1 << 16;
	for (gfn = 512; gfn < 512 + HVP_MUCH; gfn += 512)
		hvp_snapshot_map(test, child, gfn, (1 << 20) + gfn, 3);
	hvp_snapshot_map(test, child, gfn, (1 << 20) + gfn, 1);

	snapshot = hvp_snapshot_of(test, child);
	KUNIT_EXPECT_TRUE(test, snapshot->has_map);
	KUNIT_EXPECT_EQ(test, snapshot->map.mapped, HVP_MUCH + 512);
	KUNIT_EXPECT_EQ(test, snapshot->virtual_processors, 0);
	gfn = 0;
	KUNIT_ASSERT_TRUE(test, hvp_snapshot_next_memory(child, &gfn, &count, &page));
	KUNIT_EXPECT_EQ(test, gfn, 512);
	KUNIT_EXPECT_EQ(test, count, HVP_MUCH);
	KUNIT_EXPECT_EQ(test, page.source, (1 << 20) + 512);
	gfn += count;
	KUNIT_ASSERT_TRUE(test, hvp_snapshot_next_memory(child, &gfn, &count, &page));
	KUNIT_EXPECT_EQ(test, count, 512);
	KUNIT_EXPECT_EQ(test, page.rights, 1);
	gfn += count;
	KUNIT_EXPECT_FALSE(test, hvp_snapshot_next_memory(child, &gfn, &count, &page));

	hvp_expect_status(test, hvp_try_finalize(world, world->root, child->id),
			  FINALIZE_PARTITION, SUCCESS);
	snapshot = hvp_snapshot_of(test, child);
	KUNIT_EXPECT_FALSE(test, snapshot->has_map);
	gfn = 0;
	KUNIT_EXPECT_FALSE(test, hvp_snapshot_next_memory(child, &gfn, &count, &page));
}

/* A virtual processor that is in no machine: what is looked at is the core's. */
static void hvp_snapshot_of_a_vp(struct kunit *test)
{
	struct hvp_world *world = hvp_world_create(test);
	struct hvp_partition *child = hvp_world_child(world, world->root, HVP_STATE_ACTIVE);
	struct hvp_child_vp *vp = kunit_kzalloc(test, sizeof(*vp), GFP_KERNEL);
	struct hvp_vp_snapshot snapshot;
	u32 index = 0;

	KUNIT_ASSERT_NOT_NULL(test, vp);
	KUNIT_EXPECT_FALSE(test, hvp_snapshot_next_vp(child, &index, &snapshot));
	vp->vp.index = 7;
	vp->vp.run_time = 71;
	vp->explicit_suspend = true;
	atomic64_set(&vp->exits[HVP_EXIT_MEMORY], 3);
	KUNIT_ASSERT_EQ(test, hvp_vps_add(&child->child.vps, 7, &vp->vp), 0);
	KUNIT_EXPECT_EQ(test, hvp_snapshot_of(test, child)->virtual_processors, 1);

	index = 0;
	KUNIT_ASSERT_TRUE(test, hvp_snapshot_next_vp(child, &index, &snapshot));
	KUNIT_EXPECT_EQ(test, index, 8);
	KUNIT_EXPECT_EQ(test, snapshot.index, 7);
	KUNIT_EXPECT_EQ(test, snapshot.does, HVP_VP_SUSPENDED);
	KUNIT_EXPECT_EQ(test, snapshot.run_time, 71);
	KUNIT_EXPECT_EQ(test, snapshot.exits[HVP_EXIT_MEMORY], 3);
	KUNIT_EXPECT_FALSE(test, hvp_snapshot_next_vp(child, &index, &snapshot));

	vp->explicit_suspend = false;
	vp->blocked = true;
	index = 0;
	hvp_snapshot_next_vp(child, &index, &snapshot);
	KUNIT_EXPECT_EQ(test, snapshot.does, HVP_VP_BLOCKED);
	vp->dispatched = true;
	index = 0;
	hvp_snapshot_next_vp(child, &index, &snapshot);
	KUNIT_EXPECT_EQ(test, snapshot.does, HVP_VP_RUNNING);
	vp->dispatched = false;
	vp->blocked = false;
	index = 0;
	hvp_snapshot_next_vp(child, &index, &snapshot);
	KUNIT_EXPECT_EQ(test, snapshot.does, HVP_VP_READY);
	hvp_vps_remove(&child->child.vps, 7);
}

static struct kunit_case hvp_snapshot_cases[] = {
	KUNIT_CASE(hvp_snapshot_of_the_root),
	KUNIT_CASE(hvp_snapshot_of_a_child),
	KUNIT_CASE(hvp_snapshot_tells_domains_apart),
	KUNIT_CASE(hvp_snapshot_of_the_deleted),
	KUNIT_CASE(hvp_snapshot_of_memory),
	KUNIT_CASE(hvp_snapshot_of_a_vp),
	{}
};

HVP_KUNIT_SUITE(hvp_snapshot, hvp_snapshot_cases);
