/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the tests share: a hierarchy over a fake guest, calls made in it the way
 * a guest makes them, and what must be true after any call.
 */
#ifndef _HVPART_TESTS_WORLD_H
#define _HVPART_TESTS_WORLD_H

#include <kunit/test.h>
#include "../core/active.h"
#include "../core/hierarchy.h"
#include "../core/memory/proximity.h"
#include "../core/partition.h"
#include "books.h"
#include "calls.h"
#include "fake_guest.h"
#include "suite.h"

/**
 * struct hvp_world - a VM with its hierarchy
 * @guest:	the VM's memory
 * @test:	the test that it is for
 * @limits:	the hierarchy's limits, generous
 * @watcher:	counts partitions that come and go
 * @created:	partitions that came
 * @deleted:	partitions that went
 * @hierarchy:	the hierarchy
 * @root:	its root
 * @vp:		who makes the next call: the guest's first virtual processor, with all
 *		privileges, unless the test says otherwise
 * @fail_nth:	let this allocation of the next call fail, 0 for none; afterwards what
 *		is left of it, so not 0 if the call does not make that many
 * @fail_later:	let all allocations after it fail, too
 * @next_gfn:	next RAM page that no helper has deposited yet
 * @inputs:	the parameters of calls under way, by @level, in case that one is made again
 * @level:	which parameter pages; not 0 within a call in the middle of another
 * @books:	before and after the latest call
 */
struct hvp_world {
	struct hvp_fake_guest guest;	/* first */
	struct kunit *test;
	struct hvp_limits limits;
	struct hvp_watcher watcher;
	unsigned int created;
	unsigned int deleted;
	struct hvp_hierarchy *hierarchy;
	struct hvp_partition *root;
	struct hvp_vp *vp;
	unsigned int fail_nth;
	bool fail_later;
	u64 next_gfn;
	u8 inputs[HVP_FAKE_LEVELS][HVP_PAGE_SIZE];
	unsigned int level;
	struct hvp_books books[2];
};

struct hvp_world *hvp_world_create(struct kunit *test);
void hvp_world_end(struct hvp_world *world);

/* Building worlds: these assert that every call on the way succeeds. */
u64 hvp_world_fresh_pages(struct hvp_world *world, int node, unsigned int count);
void hvp_world_deposit(struct hvp_world *world, struct hvp_partition *target, int node,
		       unsigned int pages);
struct hvp_partition *hvp_world_child(struct hvp_world *world, struct hvp_partition *parent,
				      enum hvp_state state);
struct hvp_partition *hvp_world_child_near(struct hvp_world *world,
					   struct hvp_partition *parent,
					   enum hvp_state state,
					   struct hvp_proximity proximity);
struct hvp_partition *hvp_world_get(struct hvp_world *world, u64 id);
void hvp_world_set_state(struct hvp_partition *partition, enum hvp_state state);

/* Is the page in some pool, or a statistics page?  Nobody else uses the record. */
struct hvp_child_vp *hvp_world_vp(struct hvp_world *world, struct hvp_partition *child,
				  u32 index);

/* Where messages to the caller are put from now on */
struct hvp_message *hvp_world_message_slot(struct hvp_world *world, u8 vector);

bool hvp_claimed(struct hvp_claims *claims, u64 gfn);
bool hvp_world_claimed(struct hvp_world *world, u64 gfn);

struct hvp_balance hvp_world_balance(struct hvp_partition *partition);
void hvp_world_expect_balance(struct kunit *test, struct hvp_partition *partition,
			      u64 available, u64 in_use);

#define HVP_ANY			HVP_PROXIMITY_ANY
#define HVP_NEAR(node, more) \
	((struct hvp_proximity){ .id = (node), .flags = HVP_PROXIMITY_VALID | (more) })
#define HVP_ONLY(node)		HVP_NEAR(node, 0)
#define HVP_PREFER(node)	HVP_NEAR(node, HVP_PROXIMITY_PREFERRED)

#define hvp_require_nodes(test, n)						\
	do {									\
		if (num_online_nodes() < (n) || !node_online((n) - 1))		\
			kunit_skip(test, "needs %d NUMA nodes", (n));		\
	} while (0)

#endif /* _HVPART_TESTS_WORLD_H */
