// SPDX-License-Identifier: GPL-2.0
/* Worlds: a VM, its hierarchy, and partitions in any state. */

#include <linux/slab.h>
#include "../core/vp/signals.h"
#include "world.h"

static void hvp_world_created(struct hvp_watcher *watcher, u64 id)
{
	struct hvp_world *world = container_of(watcher, struct hvp_world, watcher);

	spin_lock(&world->guest.lock);
	world->created++;
	spin_unlock(&world->guest.lock);
}

static void hvp_world_deleted(struct hvp_watcher *watcher, u64 id)
{
	struct hvp_world *world = container_of(watcher, struct hvp_world, watcher);

	spin_lock(&world->guest.lock);
	world->deleted++;
	spin_unlock(&world->guest.lock);
}

static void hvp_world_put_hierarchy(void *hierarchy)
{
	hvp_hierarchy_put(hierarchy);
}

/**
 * hvp_world_create() - a VM with nothing but its root, for as long as the test runs
 * @test:	the test
 *
 * Return: the world.
 */
struct hvp_world *hvp_world_create(struct kunit *test)
{
	struct hvp_fake_guest *guest = hvp_fake_guest_create(test, sizeof(struct hvp_world));
	struct hvp_world *world = container_of(guest, struct hvp_world, guest);

	world->test = test;
	world->limits = (struct hvp_limits){ .partitions = 1000, .pages = 100000, .depth = 2,
					     .vps = 256, .gpa_nodes = 100000,
					     .ports = 1000 };
	world->watcher.created = hvp_world_created;
	world->watcher.deleted = hvp_world_deleted;
	world->vp = &guest->vp[0];
	world->vp->privileges = HVP_ALL_PRIVILEGES;
	world->vp->gpa_bits = HVP_WORLD_GPA_BITS;
	world->next_gfn = HVP_FAKE_RAM_GFN;
	world->hierarchy = hvp_hierarchy_create(&guest->host, &guest->guest, &guest->vps,
						&world->limits, &world->watcher);
	KUNIT_ASSERT_NOT_NULL(test, world->hierarchy);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, hvp_world_put_hierarchy,
							   world->hierarchy));
	world->root = world->hierarchy->root;
	return world;
}

/**
 * hvp_world_end() - the VM goes before the test ends
 * @world:	the world
 */
void hvp_world_end(struct hvp_world *world)
{
	kunit_release_action(world->test, hvp_world_put_hierarchy, world->hierarchy);
}

/**
 * hvp_world_fresh_pages() - RAM that is in no pool yet, in one piece
 * @world:	the world
 * @node:	NUMA node that it pretends to be on
 * @count:	pages
 *
 * Return: GPA page number of the first.
 */
u64 hvp_world_fresh_pages(struct hvp_world *world, int node, unsigned int count)
{
	u64 first = world->next_gfn;
	unsigned int i;

	for (i = 0; i < count; i++) {
		struct hvp_fake_page *page = hvp_fake_page(&world->guest, first + i);

		KUNIT_ASSERT_NOT_NULL(world->test, page);
		KUNIT_ASSERT_NOT_NULL(world->test, page->page);
		page->node = node;
	}
	world->next_gfn += count;
	return first;
}

/**
 * hvp_world_deposit() - fill a pool
 * @world:	the world
 * @target:	whose pool; it makes the deposit itself
 * @node:	NUMA node of the pages
 * @pages:	how many
 */
void hvp_world_deposit(struct hvp_world *world, struct hvp_partition *target, int node,
		       unsigned int pages)
{
	u64 first = hvp_world_fresh_pages(world, node, pages);
	u64 gfns[16];

	while (pages) {
		unsigned int count = min_t(unsigned int, pages, ARRAY_SIZE(gfns));
		struct hvp_reply reply;
		unsigned int i;

		for (i = 0; i < count; i++)
			gfns[i] = first++;
		reply = hvp_try_deposit(world, target->parent ?: target, target->id, gfns,
					count, 0);
		KUNIT_ASSERT_EQ(world->test, reply.status, HVP_STATUS_SUCCESS);
		pages -= count;
	}
}

static void hvp_world_put_partition(void *partition)
{
	hvp_partition_put(partition);
}

/**
 * hvp_world_get() - a partition, held until the test ends
 * @world:	the world
 * @id:		its ID
 *
 * Return: the partition.
 */
struct hvp_partition *hvp_world_get(struct hvp_world *world, u64 id)
{
	struct hvp_partition *partition = hvp_hierarchy_find(world->hierarchy, id);

	KUNIT_ASSERT_NOT_NULL_MSG(world->test, partition, "no partition %llu", id);
	KUNIT_ASSERT_EQ(world->test, 0,
			kunit_add_action_or_reset(world->test, hvp_world_put_partition,
						  partition));
	/* Whoever calls here, calls from the same memory. */
	partition->space = &world->hierarchy->space;
	return partition;
}

/**
 * hvp_world_set_state() - take a legal edge without the call that belongs to it
 * @partition:	the partition
 * @state:	its next state
 */
void hvp_world_set_state(struct hvp_partition *partition, enum hvp_state state)
{
	enum hvp_state before;

	spin_lock(&partition->lock);
	before = partition->state;
	hvp_partition_set_state(partition, state);
	spin_unlock(&partition->lock);
	if (partition->parent)
		atomic_add((state == HVP_STATE_ACTIVE) - (before == HVP_STATE_ACTIVE),
			   &partition->parent->active_children);
}

static void hvp_must(struct hvp_world *world, struct hvp_partition *child, u16 code)
{
	struct hvp_reply reply = hvp_try_id(world, child->parent, code, child->id);

	KUNIT_ASSERT_EQ_MSG(world->test, reply.status, HVP_STATUS_SUCCESS, "call %#x", code);
}

/**
 * hvp_world_child_near() - make a child with just the memory that it needs
 * @world:	the world
 * @parent:	its parent, to which what the child costs is deposited
 * @state:	the state to bring it to; FINALIZING is where no call leaves it
 * @proximity:	where it wants its structures
 *
 * Return: the child.
 */
struct hvp_partition *hvp_world_child_near(struct hvp_world *world,
					   struct hvp_partition *parent,
					   enum hvp_state state,
					   struct hvp_proximity proximity)
{
	int node = hvp_proximity_any(proximity) ? 0 : proximity.id;
	const struct hvp_create_partition_in in = { .proximity = proximity };
	struct hvp_partition *child;
	struct hvp_reply reply;

	hvp_world_deposit(world, parent, node, hvp_partition_pages());
	reply = hvp_try_create(world, parent, &in);
	KUNIT_ASSERT_EQ(world->test, reply.status, HVP_STATUS_SUCCESS);
	child = hvp_world_get(world, reply.out[0]);
	if (state == HVP_STATE_UNINITIALIZED)
		return child;

	hvp_world_deposit(world, child, node, hvp_active_pages());
	hvp_must(world, child, HVP_CALL_INITIALIZE_PARTITION);
	if (state == HVP_STATE_FINALIZING)
		hvp_world_set_state(child, HVP_STATE_FINALIZING);
	else if (state == HVP_STATE_FINALIZED)
		hvp_must(world, child, HVP_CALL_FINALIZE_PARTITION);
	return child;
}

struct hvp_partition *hvp_world_child(struct hvp_world *world, struct hvp_partition *parent,
				      enum hvp_state state)
{
	return hvp_world_child_near(world, parent, state, HVP_PROXIMITY_ANY);
}

/**
 * hvp_world_vp() - make a virtual processor with just the memory that it needs
 * @world:	the world
 * @child:	an active child
 * @index:	its VP index
 *
 * Return: the virtual processor.
 */
struct hvp_child_vp *hvp_world_vp(struct hvp_world *world, struct hvp_partition *child,
				  u32 index)
{
	struct hvp_reply reply;

	hvp_world_deposit(world, child, 0, hvp_child_vp_pages());
	reply = hvp_try_create_vp(world, child->parent, child->id, index, HVP_ANY);
	KUNIT_ASSERT_EQ(world->test, reply.status, HVP_STATUS_SUCCESS);
	return container_of(xa_load(&child->child.vps.list, index), struct hvp_child_vp, vp);
}

/**
 * hvp_world_message_slot() - set up the SynIC of who makes the next call
 * @world:	the world
 * @vector:	the interrupt of SINT0
 *
 * Return: the slot of SINT0.
 */
struct hvp_message *hvp_world_message_slot(struct hvp_world *world, u8 vector)
{
	u64 page = hvp_world_fresh_pages(world, 0, 1) << HVP_PAGE_SHIFT;
	struct hvp_message *slot = hvp_fake_memory(&world->guest, page);

	memset(slot, 0, HVP_PAGE_SIZE);
	world->vp->scontrol = 1;
	world->vp->sint0 = vector;
	world->vp->pages[HVP_VP_PAGE_SIM] = page | 1;
	hvp_signals_retarget(&world->guest.vps);
	return slot;
}

bool hvp_claimed(struct hvp_claims *claims, u64 gfn)
{
	struct hvp_claim_chunk *chunk = xa_load(&claims->chunks, gfn / HVP_CLAIM_CHUNK_PAGES);

	return chunk && test_bit(gfn % HVP_CLAIM_CHUNK_PAGES, chunk->claimed);
}

bool hvp_world_claimed(struct hvp_world *world, u64 gfn)
{
	return hvp_claimed(&world->hierarchy->space.claims, gfn);
}

struct hvp_balance hvp_world_balance(struct hvp_partition *partition)
{
	return hvp_pool_balance(&partition->pool, HVP_PROXIMITY_ANY);
}

void hvp_world_expect_balance(struct kunit *test, struct hvp_partition *partition,
			      u64 available, u64 in_use)
{
	struct hvp_balance balance = hvp_world_balance(partition);

	KUNIT_EXPECT_EQ(test, balance.available, available);
	KUNIT_EXPECT_EQ(test, balance.in_use, in_use);
}
