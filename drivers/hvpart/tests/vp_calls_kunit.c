// SPDX-License-Identifier: GPL-2.0
/*
 * HvCreateVp, HvDeleteVp, HvMapVpStatePage, HvUnmapVpStatePage, HvAssertVirtualInterrupt: status
 * by status; and what becomes of virtual processors when their partition is finalized.
 */

#include "contract.h"
#include "faults.h"

#define REGISTERS	HVP_STATE_PAGE_REGISTERS
#define INTERCEPT	HVP_STATE_PAGE_INTERCEPT

static struct hvp_partition *hvp_active_child(struct hvp_world *world)
{
	return hvp_world_child(world, world->root, HVP_STATE_ACTIVE);
}

static void hvp_vp_create_checks_values(struct kunit *test)
{
	struct hvp_world *world = hvp_world_create(test);
	struct hvp_partition *child = hvp_active_child(world);
	struct hvp_create_vp_in in = { .partition_id = child->id };
	const struct hvp_try try = { .code = HVP_CALL_CREATE_VP, .in = &in };

	hvp_world_deposit(world, child, 0, 4 * hvp_child_vp_pages());
	in.flags = 1;
	hvp_expect_status(test, hvp_try(world, world->root, &try), CREATE_VP, INVALID_PARAMETER);
	in.flags = BIT_ULL(63);
	hvp_expect_status(test, hvp_try(world, world->root, &try), CREATE_VP, INVALID_PARAMETER);
	in.flags = 0;
	hvp_expect_status(test, hvp_try_create_vp(world, world->root, child->id, 0,
						  (struct hvp_proximity){ 0, BIT(1) }),
			  CREATE_VP, INVALID_PARAMETER);
	hvp_expect_status(test, hvp_try_create_vp(world, world->root, child->id, 0, HVP_ONLY(63)),
			  CREATE_VP, INVALID_PARAMETER);
	/* Values come before the index, and that before the pool. */
	hvp_expect_status(test, hvp_try_create_vp(world, world->root, child->id, 256, HVP_ONLY(63)),
			  CREATE_VP, INVALID_PARAMETER);
	hvp_expect_status(test, hvp_try_create_vp(world, world->root, child->id, 256, HVP_ANY),
			  CREATE_VP, INVALID_VP_INDEX);
	hvp_expect_status(test, hvp_try_create_vp(world, world->root, child->id, ~0U, HVP_ANY),
			  CREATE_VP, INVALID_VP_INDEX);
	hvp_expect_status(test, hvp_try_create_vp(world, world->root, child->id, 255, HVP_ANY),
			  CREATE_VP, SUCCESS);
	hvp_expect_status(test, hvp_try_create_vp(world, world->root, child->id, 255, HVP_ANY),
			  CREATE_VP, INVALID_VP_INDEX);
	hvp_expect_status(test, hvp_try_create_vp(world, world->root, child->id, 0, HVP_ANY),
			  CREATE_VP, SUCCESS);
}

/* The index is told before the pool, the pool before limits, those before the host. */
static void hvp_vp_create_is_paid_for(struct kunit *test)
{
	struct hvp_world *world = hvp_world_create(test);
	struct hvp_partition *child = hvp_active_child(world);
	struct hvp_partition *sibling = hvp_active_child(world);
	unsigned int pages = hvp_child_vp_pages();

	world->limits.vps = 1;
	hvp_world_vp(world, child, 0);
	KUNIT_EXPECT_EQ(test, child->pool.used_for[HVP_USE_VPS], pages);
	hvp_expect_status(test, hvp_try_create_vp(world, world->root, child->id, 0, HVP_ANY),
			  CREATE_VP, INVALID_VP_INDEX);
	hvp_expect_status(test, hvp_try_create_vp(world, world->root, child->id, 1, HVP_ANY),
			  CREATE_VP, INSUFFICIENT_MEMORY);
	hvp_world_deposit(world, child, 0, pages);
	hvp_expect_status(test, hvp_try_create_vp(world, world->root, child->id, 1, HVP_ANY),
			  CREATE_VP, NO_RESOURCES);
	/* All partitions share it. */
	hvp_world_deposit(world, sibling, 0, pages);
	hvp_expect_status(test, hvp_try_create_vp(world, world->root, sibling->id, 0, HVP_ANY),
			  CREATE_VP, NO_RESOURCES);
	world->limits.vps = 2;
	hvp_expect_status(test, hvp_try_create_vp(world, world->root, child->id, 1, HVP_ANY),
			  CREATE_VP, SUCCESS);
	/* Only what is of that node may pay, if only that will do. */
	world->limits.vps = 10;
	if (num_online_nodes() > 1) {
		hvp_world_deposit(world, child, 0, pages);
		hvp_expect_status(test, hvp_try_create_vp(world, world->root, child->id, 2,
							  HVP_ONLY(1)),
				  CREATE_VP, INSUFFICIENT_MEMORY);
		hvp_expect_status(test, hvp_try_create_vp(world, world->root, child->id, 2,
							  HVP_PREFER(1)),
				  CREATE_VP, SUCCESS);
		hvp_try_delete_vp(world, world->root, child->id, 2);
		hvp_try_withdraw(world, world->root, child->id, HVP_ANY, pages, 0);
	}
	hvp_try_delete_vp(world, world->root, child->id, 0);
	hvp_try_delete_vp(world, world->root, child->id, 1);
	hvp_world_expect_balance(test, child, 2 * pages, hvp_active_pages());
}

/* The host keeps what it has made for one that is deleted until its machine goes. */
static void hvp_vp_deleted_ones_count(struct kunit *test)
{
	struct hvp_world *world = hvp_world_create(test);
	struct hvp_partition *child = hvp_active_child(world);
	struct hvp_partition *sibling = hvp_active_child(world);

	world->limits.vps = 2;
	hvp_world_deposit(world, sibling, 0, 2 * hvp_child_vp_pages());
	hvp_world_vp(world, child, 0);
	hvp_world_vp(world, child, 1);
	hvp_expect_status(test, hvp_try_delete_vp(world, world->root, child->id, 1),
			  DELETE_VP, SUCCESS);
	KUNIT_EXPECT_EQ(test, child->pool.used_for[HVP_USE_VPS], hvp_child_vp_pages());
	hvp_expect_status(test, hvp_try_create_vp(world, world->root, child->id, 2, HVP_ANY),
			  CREATE_VP, NO_RESOURCES);
	hvp_expect_status(test, hvp_try_create_vp(world, world->root, sibling->id, 0, HVP_ANY),
			  CREATE_VP, NO_RESOURCES);
	/* With the last one all are back, */
	hvp_expect_status(test, hvp_try_delete_vp(world, world->root, child->id, 0),
			  DELETE_VP, SUCCESS);
	KUNIT_EXPECT_EQ(test, atomic_read(&world->hierarchy->vp_count), 0);
	hvp_expect_status(test, hvp_try_create_vp(world, world->root, sibling->id, 0, HVP_ANY),
			  CREATE_VP, SUCCESS);
	hvp_expect_status(test, hvp_try_create_vp(world, world->root, sibling->id, 1, HVP_ANY),
			  CREATE_VP, SUCCESS);
	hvp_expect_status(test, hvp_try_delete_vp(world, world->root, sibling->id, 0),
			  DELETE_VP, SUCCESS);
	hvp_expect_status(test, hvp_try_create_vp(world, world->root, child->id, 0, HVP_ANY),
			  CREATE_VP, NO_RESOURCES);
	/* and with their partition. */
	hvp_expect_status(test, hvp_try_finalize(world, world->root, sibling->id),
			  FINALIZE_PARTITION, SUCCESS);
	KUNIT_EXPECT_EQ(test, atomic_read(&world->hierarchy->vp_count), 0);
	hvp_expect_status(test, hvp_try_create_vp(world, world->root, child->id, 0, HVP_ANY),
			  CREATE_VP, SUCCESS);
}

static const int hvp_host_errors[] = { -ENOMEM, -EINTR, -EFAULT };

/* What the host cannot make is not there, nobody pays for it, and the next attempt is a new one. */
static void hvp_vp_create_fails_with_the_host(struct kunit *test)
{
	static const enum hvp_fake_machine_op ops[] = { HVP_FAKE_CREATE, HVP_FAKE_CREATE_VP };
	struct hvp_world *world = hvp_world_create(test);
	struct hvp_partition *child = hvp_active_child(world);
	int i, k;

	hvp_world_deposit(world, child, 0, hvp_child_vp_pages());
	for (i = 0; i < ARRAY_SIZE(ops); i++) {
		for (k = 0; k < ARRAY_SIZE(hvp_host_errors); k++) {
			hvp_fake_machine_fail(&world->guest, ops[i], 1, hvp_host_errors[k]);
			hvp_expect_status(test, hvp_try_create_vp(world, world->root, child->id, 0,
								  HVP_ANY),
					  CREATE_VP, NO_RESOURCES);
			KUNIT_EXPECT_EQ(test, world->guest.machines.live, 0);
			hvp_expect_status(test, hvp_try_create_vp(world, world->root, child->id, 0,
								  HVP_ANY),
					  CREATE_VP, SUCCESS);
			KUNIT_EXPECT_EQ(test, world->guest.machines.live, 1);
			hvp_expect_status(test, hvp_try_delete_vp(world, world->root, child->id, 0),
					  DELETE_VP, SUCCESS);
		}
	}
}

/* Others of the same child go on, and with them their machine. */
static void hvp_vp_create_fails_for_another_one(struct kunit *test)
{
	struct hvp_world *world = hvp_world_create(test);
	struct hvp_partition *child = hvp_active_child(world);

	hvp_world_vp(world, child, 0);
	hvp_world_deposit(world, child, 0, hvp_child_vp_pages());
	hvp_fake_machine_fail(&world->guest, HVP_FAKE_CREATE_VP, 1, -ENOMEM);
	hvp_expect_status(test, hvp_try_create_vp(world, world->root, child->id, 1, HVP_ANY),
			  CREATE_VP, NO_RESOURCES);
	KUNIT_EXPECT_EQ(test, world->guest.machines.live_vps, 1);
	hvp_expect_status(test, hvp_try_create_vp(world, world->root, child->id, 1, HVP_ANY),
			  CREATE_VP, SUCCESS);
	KUNIT_EXPECT_EQ(test, world->guest.machines.count[HVP_FAKE_CREATE], 1);
}

/* What the host has made before it failed it keeps, and that counts; the next attempt takes it. */
static void hvp_vp_half_made_ones_count(struct kunit *test)
{
	struct hvp_world *world = hvp_world_create(test);
	struct hvp_partition *child = hvp_active_child(world);
	static const struct {
		u32 index;
		bool fails;
		enum hvp_status status;
		int count;
	} rows[] = {
		{ 1, true, HVP_STATUS_NO_RESOURCES, 2 },
		{ 1, true, HVP_STATUS_NO_RESOURCES, 2 },
		{ 2, false, HVP_STATUS_SUCCESS, 3 },
		{ 3, false, HVP_STATUS_NO_RESOURCES, 3 },
		{ 1, false, HVP_STATUS_SUCCESS, 3 },
	};
	int i;

	world->limits.vps = 3;
	hvp_world_deposit(world, child, 0, 3 * hvp_child_vp_pages());
	hvp_world_vp(world, child, 0);
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		if (rows[i].fails)
			hvp_fake_machine_fail(&world->guest, HVP_FAKE_CREATE_VP, 1, -EINTR);
		KUNIT_EXPECT_EQ_MSG(test, rows[i].status,
				    hvp_try_create_vp(world, world->root, child->id, rows[i].index,
						      HVP_ANY).status, "attempt %d", i);
		KUNIT_EXPECT_EQ_MSG(test, rows[i].count,
				    atomic_read(&world->hierarchy->vp_count), "attempt %d", i);
	}
	hvp_expect_status(test, hvp_try_finalize(world, world->root, child->id),
			  FINALIZE_PARTITION, SUCCESS);
	KUNIT_EXPECT_EQ(test, atomic_read(&world->hierarchy->vp_count), 0);
}

/* Nobody runs children on this host: everything but virtual processors works. */
static void hvp_vp_create_without_machines(struct kunit *test)
{
	struct hvp_world *world = hvp_world_create(test);
	struct hvp_partition *child = hvp_active_child(world);

	world->guest.host.machines = NULL;
	hvp_world_deposit(world, child, 0, hvp_child_vp_pages());
	hvp_expect_status(test, hvp_try_create_vp(world, world->root, child->id, 0, HVP_ANY),
			  CREATE_VP, NO_RESOURCES);
	hvp_expect_pair(test, hvp_try_code(world, world->root, HVP_CALL_MAP_GPA_PAGES, child->id),
			(struct hvp_pair)HVP_PAIR(MAP_GPA_PAGES, SUCCESS));
	hvp_expect_status(test, hvp_try_finalize(world, world->root, child->id),
			  FINALIZE_PARTITION, SUCCESS);
}

/* Each call that names a virtual processor, and one that there is not. */
static void hvp_vp_calls_name_one_that_is_there(struct kunit *test)
{
	static const u16 codes[] = {
		HVP_CALL_DELETE_VP, HVP_CALL_GET_VP_REGISTERS, HVP_CALL_SET_VP_REGISTERS,
		HVP_CALL_TRANSLATE_VIRTUAL_ADDRESS, HVP_CALL_DISPATCH_VP,
		HVP_CALL_MAP_VP_STATE_PAGE, HVP_CALL_GET_VP_STATE, HVP_CALL_SET_VP_STATE,
	};
	struct hvp_world *world = hvp_world_create(test);
	struct hvp_partition *child = hvp_active_child(world);
	int i;

	hvp_world_vp(world, child, 7);
	for (i = 0; i < ARRAY_SIZE(codes); i++) {
		const struct hvp_contract_call *shape = hvp_contract_of(codes[i]);
		struct hvp_any_input in = hvp_contract_input(shape, child->id);
		struct hvp_try try = hvp_contract_try(shape, &in, 1);

		hvp_expect_pair(test, hvp_try(world, world->root, &try),
				(struct hvp_pair){ codes[i], HVP_STATUS_INVALID_VP_INDEX });
		/* The index counts as a whole. */
		in.word[1] |= BIT(31) | 7;
		hvp_expect_pair(test, hvp_try(world, world->root, &try),
				(struct hvp_pair){ codes[i], HVP_STATUS_INVALID_VP_INDEX });
		/* The state comes before the index. */
		in.word[0] = hvp_world_child(world, world->root, HVP_STATE_UNINITIALIZED)->id;
		hvp_expect_pair(test, hvp_try(world, world->root, &try),
				(struct hvp_pair){ codes[i], HVP_STATUS_INVALID_PARTITION_STATE });
	}
}

static void hvp_vp_delete_gives_back(struct kunit *test)
{
	struct hvp_world *world = hvp_world_create(test);
	struct hvp_partition *child = hvp_active_child(world);
	u64 first = hvp_world_fresh_pages(world, 0, 2);
	struct hvp_vp_in in = { .partition_id = child->id, .vp_index = 3 };
	const struct hvp_try fast = { .code = HVP_CALL_DELETE_VP, .in = &in, .fast = true };

	hvp_world_vp(world, child, 3);
	hvp_expect_status(test, hvp_try_map_state(world, world->root, child->id, 3, REGISTERS,
						  first),
			  MAP_VP_STATE_PAGE, SUCCESS);
	hvp_expect_status(test, hvp_try_map_state(world, world->root, child->id, 3, INTERCEPT,
						  first + 1),
			  MAP_VP_STATE_PAGE, SUCCESS);
	hvp_expect_status(test, hvp_try(world, world->root, &fast), DELETE_VP, SUCCESS);
	hvp_world_expect_balance(test, child, hvp_child_vp_pages(), hvp_active_pages());
	KUNIT_EXPECT_NULL(test, memchr_inv(hvp_fake_memory(&world->guest, first << 12), 0, 4096));
	KUNIT_EXPECT_NULL(test, memchr_inv(hvp_fake_memory(&world->guest, (first + 1) << 12), 0,
					   4096));
	KUNIT_EXPECT_EQ(test, world->guest.machines.live_vps, 0);
	/* Its pages went with it; its number may be used again. */
	hvp_expect_status(test, hvp_try_unmap_state(world, world->root, child->id, 3, REGISTERS),
			  UNMAP_VP_STATE_PAGE, SUCCESS);
	hvp_expect_status(test, hvp_try(world, world->root, &fast), DELETE_VP, INVALID_VP_INDEX);
	hvp_expect_status(test, hvp_try_create_vp(world, world->root, child->id, 3, HVP_ANY),
			  CREATE_VP, SUCCESS);
}

/* All rows of HvMapVpStatePage. */
static void hvp_vp_state_page_checks_values(struct kunit *test)
{
	struct hvp_world *world = hvp_world_create(test);
	struct hvp_partition *child = hvp_active_child(world);
	u64 gfn = hvp_world_fresh_pages(world, 0, 1);
	u64 in[3] = { child->id, 0, gfn };
	const struct hvp_try map = { .code = HVP_CALL_MAP_VP_STATE_PAGE, .in = in };
	const struct hvp_try unmap = { .code = HVP_CALL_UNMAP_VP_STATE_PAGE, .in = in };
	static const u64 bad[] = {
		(u64)HVP_STATE_PAGE_LOCATED << 56 | 2ULL << 32,		/* type */
		(u64)HVP_STATE_PAGE_LOCATED << 56 | 0x8000ULL << 32,
		(u64)HVP_STATE_PAGE_LOCATED << 56 | 1ULL << 48,		/* VTL */
	};
	int i;

	/* There never was one, was one, and is one. */
	in[1] = bad[0];
	hvp_expect_status(test, hvp_try(world, world->root, &unmap),
			  UNMAP_VP_STATE_PAGE, INVALID_VP_INDEX);
	in[1] = 256;
	hvp_expect_status(test, hvp_try(world, world->root, &unmap),
			  UNMAP_VP_STATE_PAGE, INVALID_VP_INDEX);
	hvp_world_vp(world, child, 0);
	hvp_try_delete_vp(world, world->root, child->id, 0);
	in[1] = bad[0];
	hvp_expect_status(test, hvp_try(world, world->root, &unmap),
			  UNMAP_VP_STATE_PAGE, INVALID_PARAMETER);
	hvp_expect_status(test, hvp_try_unmap_state(world, world->root, child->id, 0, REGISTERS),
			  UNMAP_VP_STATE_PAGE, SUCCESS);
	hvp_world_vp(world, child, 0);
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		in[1] = bad[i];
		hvp_expect_status(test, hvp_try(world, world->root, &map),
				  MAP_VP_STATE_PAGE, INVALID_PARAMETER);
		hvp_expect_status(test, hvp_try(world, world->root, &unmap),
				  UNMAP_VP_STATE_PAGE, INVALID_PARAMETER);
	}
	in[1] = 0;		/* the caller does not say where */
	hvp_expect_status(test, hvp_try(world, world->root, &map),
			  MAP_VP_STATE_PAGE, INVALID_PARAMETER);
	in[1] = 3ULL << 56;
	hvp_expect_status(test, hvp_try(world, world->root, &map),
			  MAP_VP_STATE_PAGE, INVALID_PARAMETER);
	hvp_expect_status(test, hvp_try_unmap_state(world, world->root, child->id, 0, REGISTERS),
			  UNMAP_VP_STATE_PAGE, INVALID_PARAMETER);
}

static void hvp_vp_state_page_checks_page(struct kunit *test)
{
	struct hvp_world *world = hvp_world_create(test);
	struct hvp_partition *child = hvp_active_child(world);
	u64 first = hvp_world_fresh_pages(world, 0, 6);
	struct hvp_reply reply;
	u64 id = child->id;

	hvp_world_vp(world, child, 0);
	/* Registers that cannot be known count after the page that they are to be shown in. */
	hvp_fake_machine_fail(&world->guest, HVP_FAKE_GET, 1, -ENOMEM);
	hvp_expect_status(test, hvp_try_map_state(world, world->root, id, 0, REGISTERS, 50),
			  MAP_VP_STATE_PAGE, OPERATION_DENIED);
	hvp_fake_machine_fail(&world->guest, HVP_FAKE_GET, 1, -ENOMEM);
	hvp_expect_status(test, hvp_try_map_state(world, world->root, id, 0, REGISTERS, first + 2),
			  MAP_VP_STATE_PAGE, NO_RESOURCES);
	hvp_expect_status(test, hvp_try_map_state(world, world->root, id, 0, REGISTERS, 50),
			  MAP_VP_STATE_PAGE, OPERATION_DENIED);
	hvp_expect_status(test, hvp_try_map_state(world, world->root, id, 0, REGISTERS, U64_MAX),
			  MAP_VP_STATE_PAGE, OPERATION_DENIED);
	hvp_fake_page(&world->guest, first)->read_only = true;
	hvp_expect_status(test, hvp_try_map_state(world, world->root, id, 0, REGISTERS, first),
			  MAP_VP_STATE_PAGE, OPERATION_DENIED);
	hvp_try_deposit(world, world->root, 1, (u64[]){ first + 1 }, 1, 0);
	hvp_expect_status(test, hvp_try_map_state(world, world->root, id, 0, REGISTERS, first + 1),
			  MAP_VP_STATE_PAGE, OPERATION_DENIED);
	hvp_fake_name_page(&world->guest, first + 2);
	hvp_expect_status(test, hvp_try_map_state(world, world->root, id, 0, REGISTERS, first + 2),
			  MAP_VP_STATE_PAGE, OBJECT_IN_USE);
	hvp_fake_name_page(&world->guest, 0);
	hvp_expect_status(test, hvp_try_map_state(world, world->root, id, 0, REGISTERS,
						  HVP_FAKE_INPUT_GFN(0)),
			  MAP_VP_STATE_PAGE, OBJECT_IN_USE);
	/* Limits, then the host. */
	world->limits.pages = atomic_long_read(&world->hierarchy->page_count);
	hvp_expect_status(test, hvp_try_map_state(world, world->root, id, 0, REGISTERS, first + 1),
			  MAP_VP_STATE_PAGE, OPERATION_DENIED);
	hvp_expect_status(test, hvp_try_map_state(world, world->root, id, 0, REGISTERS, first + 2),
			  MAP_VP_STATE_PAGE, NO_RESOURCES);
	world->limits.pages = 1000;

	reply = hvp_try_map_state(world, world->root, id, 0, REGISTERS, first + 2);
	hvp_expect_status(test, reply, MAP_VP_STATE_PAGE, SUCCESS);
	KUNIT_EXPECT_EQ(test, reply.out[0], first + 2);
	hvp_expect_status(test, hvp_try_map_state(world, world->root, id, 0, REGISTERS, first + 3),
			  MAP_VP_STATE_PAGE, OBJECT_IN_USE);
	hvp_expect_status(test, hvp_try_map_state(world, world->root, id, 0, INTERCEPT, first + 2),
			  MAP_VP_STATE_PAGE, OPERATION_DENIED);
	/* Nobody else may have it. */
	hvp_expect_status(test, hvp_try_deposit(world, world->root, 1, (u64[]){ first + 2 }, 1, 0),
			  DEPOSIT_MEMORY, OBJECT_IN_USE);
	hvp_expect_status(test, hvp_try_unmap_state(world, world->root, id, 0, REGISTERS),
			  UNMAP_VP_STATE_PAGE, SUCCESS);
	KUNIT_EXPECT_NULL(test, memchr_inv(hvp_fake_memory(&world->guest, (first + 2) << 12), 0,
					   4096));
	hvp_expect_status(test, hvp_try_deposit(world, world->root, 1, (u64[]){ first + 2 }, 1, 0),
			  DEPOSIT_MEMORY, SUCCESS);
}

/* Every byte is written, whatever was there: a driver does not zero it. */
static void hvp_vp_state_page_is_whole(struct kunit *test)
{
	struct hvp_world *world = hvp_world_create(test);
	struct hvp_partition *child = hvp_active_child(world);
	u64 first = hvp_world_fresh_pages(world, 0, 2);
	const struct hvp_register_page *page = hvp_fake_memory(&world->guest, first << 12);
	const u8 *intercept = hvp_fake_memory(&world->guest, (first + 1) << 12);

	hvp_world_vp(world, child, 0);
	hvp_try_map_state(world, world->root, child->id, 0, REGISTERS, first);
	hvp_try_map_state(world, world->root, child->id, 0, INTERCEPT, first + 1);
	KUNIT_EXPECT_EQ(test, page->version, 1);
	KUNIT_EXPECT_EQ(test, page->is_valid, 1);
	KUNIT_EXPECT_EQ(test, page->dirty, 0);
	KUNIT_EXPECT_EQ(test, page->rip, 0xfff0);
	KUNIT_EXPECT_EQ(test, page->segments[HVP_CS].selector, 0xf000);
	KUNIT_EXPECT_NULL(test, memchr_inv(page + 1, 0, 4096 - sizeof(*page)));
	KUNIT_EXPECT_NULL(test, memchr_inv(intercept, 0, 4096));
}

/* Fields of HvAssertVirtualInterrupt, and who is there. */
struct hvp_interrupt_row {
	const char *name;
	struct hvp_assert_interrupt_in in;
	enum hvp_status status;
};

static const struct hvp_interrupt_row hvp_interrupt_rows[] = {
	{ "fixed", { .type = 0, .vector = 0x31 }, HVP_STATUS_SUCCESS },
	{ "lowest priority", { .type = 1, .vector = 255, .modes = 2, .destination = 3 },
	  HVP_STATUS_SUCCESS },
	{ "level", { .type = 0, .vector = 16, .modes = 1 }, HVP_STATUS_SUCCESS },
	{ "SMI", { .type = 2 }, HVP_STATUS_SUCCESS },
	{ "NMI", { .type = 4 }, HVP_STATUS_SUCCESS },
	{ "INIT", { .type = 5 }, HVP_STATUS_SUCCESS },
	{ "SIPI", { .type = 6, .vector = 0x9a }, HVP_STATUS_SUCCESS },
	{ "ExtINT", { .type = 7, .vector = 8 }, HVP_STATUS_SUCCESS },
	{ "type 3", { .type = 3, .vector = 32 }, HVP_STATUS_INVALID_PARAMETER },
	{ "SMI with a vector", { .type = 2, .vector = 2 }, HVP_STATUS_INVALID_PARAMETER },
	{ "NMI with a vector", { .type = 4, .vector = 2 }, HVP_STATUS_INVALID_PARAMETER },
	{ "INIT with a vector", { .type = 5, .vector = 2 }, HVP_STATUS_INVALID_PARAMETER },
	{ "type 8", { .type = 8, .vector = 32 }, HVP_STATUS_INVALID_PARAMETER },
	{ "reserved mode", { .vector = 32, .modes = 4 }, HVP_STATUS_INVALID_PARAMETER },
	{ "highest mode", { .vector = 32, .modes = BIT(31) }, HVP_STATUS_INVALID_PARAMETER },
	{ "vector 15", { .vector = 15 }, HVP_STATUS_INVALID_PARAMETER },
	{ "vector 256", { .vector = 256 }, HVP_STATUS_INVALID_PARAMETER },
	{ "VTL", { .vector = 32, .vtl = 1 }, HVP_STATUS_INVALID_PARAMETER },
	{ "reserved fields", { .vector = 32, .reserved1 = 1, .reserved2 = 1 },
	  HVP_STATUS_SUCCESS },
	{ "nobody", { .vector = 32, .destination = 9 }, HVP_STATUS_INVALID_VP_INDEX },
	{ "nobody above 32 bits", { .vector = 32, .destination = BIT_ULL(32) },
	  HVP_STATUS_INVALID_VP_INDEX },
	{ "value before destination", { .vector = 3, .destination = 9 },
	  HVP_STATUS_INVALID_PARAMETER },
};

KUNIT_ARRAY_PARAM_DESC(hvp_interrupt, hvp_interrupt_rows, name);

static struct hvp_reply hvp_raise(struct hvp_world *world, struct hvp_partition *child,
				  struct hvp_assert_interrupt_in in)
{
	in.partition_id = child->id;
	return hvp_try(world, world->root,
		       &(struct hvp_try){ .code = HVP_CALL_ASSERT_VIRTUAL_INTERRUPT, .in = &in });
}

static void hvp_vp_interrupt_checks_values(struct kunit *test)
{
	const struct hvp_interrupt_row *row = test->param_value;
	struct hvp_world *world = hvp_world_create(test);
	struct hvp_partition *child = hvp_active_child(world);
	const struct hvp_pair pair = { HVP_CALL_ASSERT_VIRTUAL_INTERRUPT, row->status };

	/* Without a virtual processor, nobody is anywhere. */
	if (!row->status)
		hvp_expect_status(test, hvp_raise(world, child, row->in),
				  ASSERT_VIRTUAL_INTERRUPT, INVALID_VP_INDEX);
	hvp_world_vp(world, child, 0);
	hvp_expect_pair(test, hvp_raise(world, child, row->in), pair);
}

static void hvp_vp_interrupt_fails_with_the_host(struct kunit *test)
{
	const struct hvp_assert_interrupt_in in = { .type = 7, .vector = 8 };
	struct hvp_world *world = hvp_world_create(test);
	struct hvp_partition *child = hvp_active_child(world);

	hvp_world_vp(world, child, 0);
	hvp_fake_machine_fail(&world->guest, HVP_FAKE_ASSERT, 1, -EBUSY);
	hvp_expect_status(test, hvp_raise(world, child, in),
			  ASSERT_VIRTUAL_INTERRUPT, ACKNOWLEDGED);
	hvp_fake_machine_fail(&world->guest, HVP_FAKE_ASSERT, 1, -ENOENT);
	hvp_expect_status(test, hvp_raise(world, child, in),
			  ASSERT_VIRTUAL_INTERRUPT, INVALID_VP_INDEX);
	hvp_fake_machine_fail(&world->guest, HVP_FAKE_ASSERT, 1, -ENOMEM);
	hvp_expect_status(test, hvp_raise(world, child, in),
			  ASSERT_VIRTUAL_INTERRUPT, NO_RESOURCES);
	hvp_expect_status(test, hvp_raise(world, child, in), ASSERT_VIRTUAL_INTERRUPT, SUCCESS);
}

/* Everything of virtual processors and memory goes, and is paid back, in either order. */
static void hvp_vp_finalize_gives_back(struct kunit *test)
{
	struct hvp_world *world = hvp_world_create(test);
	struct hvp_partition *child = hvp_active_child(world);
	u64 first = hvp_world_fresh_pages(world, 0, 8);
	struct hvp_balance balance;
	unsigned int i;

	for (i = 0; i < 3; i++) {
		hvp_world_vp(world, child, 2 * i);
		hvp_try_map_state(world, world->root, child->id, 2 * i, REGISTERS, first + 2 * i);
		hvp_try_map_state(world, world->root, child->id, 2 * i, INTERCEPT,
				  first + 2 * i + 1);
	}
	hvp_try_code(world, world->root, HVP_CALL_MAP_GPA_PAGES, child->id);
	hvp_expect_status(test, hvp_try_finalize(world, world->root, child->id),
			  FINALIZE_PARTITION, SUCCESS);
	KUNIT_EXPECT_EQ(test, world->guest.machines.live, 0);
	KUNIT_EXPECT_EQ(test, world->guest.machines.live_vps, 0);
	KUNIT_EXPECT_EQ(test, world->guest.machines.count[HVP_FAKE_DESTROY_VP], 3);
	KUNIT_EXPECT_NULL(test, memchr_inv(hvp_fake_memory(&world->guest, first << 12), 0, 4096));

	/* What a driver does afterwards. */
	hvp_expect_status(test, hvp_try_unmap_state(world, world->root, child->id, 0, REGISTERS),
			  UNMAP_VP_STATE_PAGE, SUCCESS);
	hvp_expect_status(test, hvp_try_unmap_state(world, world->root, child->id, 77, INTERCEPT),
			  UNMAP_VP_STATE_PAGE, SUCCESS);
	hvp_expect_status(test, hvp_try_unmap_state(world, world->root, child->id, 0, 2),
			  UNMAP_VP_STATE_PAGE, INVALID_PARAMETER);
	balance = hvp_world_balance(child);
	KUNIT_EXPECT_EQ(test, balance.in_use, 0);
	hvp_try_withdraw(world, world->root, child->id, HVP_ANY, balance.available, 0);
	hvp_expect_status(test, hvp_try_delete(world, world->root, child->id),
			  DELETE_PARTITION, SUCCESS);
}

/* Its statistics are those of a virtual processor that is there, at that moment. */
static void hvp_meanwhile_delete_vp(struct hvp_fake_guest *guest, enum hvp_fake_op op)
{
	struct hvp_world *world = container_of(guest, struct hvp_world, guest);

	if (op != HVP_FAKE_PIN || world->level)
		return;
	guest->hook = NULL;
	world->level = 1;
	hvp_expect_status(world->test, hvp_try_delete_vp(world, world->root, 2, 0),
			  DELETE_VP, SUCCESS);
	world->level = 0;
}

static void hvp_vp_statistics_go_with_it(struct kunit *test)
{
	struct hvp_world *world = hvp_world_create(test);
	struct hvp_partition *child = hvp_active_child(world);
	u64 first = hvp_world_fresh_pages(world, 0, 2);
	struct hvp_stats_page_in object = {
		.type = HVP_STATS_VP, .identity.partition_id = child->id };

	hvp_world_deposit(world, world->root, 0, 2);
	hvp_expect_status(test, hvp_try_map2(world, world->root, object, first),
			  MAP_STATS_PAGE2, INVALID_VP_INDEX);
	hvp_world_vp(world, child, 0);
	hvp_expect_status(test, hvp_try_map2(world, world->root, object, first),
			  MAP_STATS_PAGE2, SUCCESS);
	hvp_expect_status(test, hvp_try_delete_vp(world, world->root, child->id, 0),
			  DELETE_VP, SUCCESS);
	KUNIT_EXPECT_TRUE(test, list_empty(&child->stats_pages));
	KUNIT_EXPECT_NULL(test, memchr_inv(hvp_fake_memory(&world->guest, first << 12), 0, 4096));

	hvp_world_vp(world, child, 0);
	world->guest.hook = hvp_meanwhile_delete_vp;
	hvp_expect_status(test, hvp_try_map2(world, world->root, object, first + 1),
			  MAP_STATS_PAGE2, INVALID_VP_INDEX);
	KUNIT_EXPECT_TRUE(test, list_empty(&child->stats_pages));
	hvp_expect_balanced(world);
}

/* Without a virtual processor left there is still a machine to go; and once is enough. */
static void hvp_vp_finalize_goes_on(struct kunit *test)
{
	struct hvp_world *world = hvp_world_create(test);
	struct hvp_partition *child = hvp_active_child(world);

	hvp_world_vp(world, child, 0);
	hvp_try_delete_vp(world, world->root, child->id, 0);
	hvp_expect_status(test, hvp_try_finalize(world, world->root, child->id),
			  FINALIZE_PARTITION, SUCCESS);
	KUNIT_EXPECT_EQ(test, world->guest.machines.live, 0);
	hvp_expect_status(test, hvp_try_finalize(world, world->root, child->id),
			  FINALIZE_PARTITION, INVALID_PARTITION_STATE);
}

/* The VM goes with all that is in it, without a call; and without memory. */
static void hvp_vp_goes_with_its_vm(struct kunit *test)
{
	struct hvp_world *world = hvp_world_create(test);
	struct hvp_partition *child = hvp_active_child(world);
	u64 first = hvp_world_fresh_pages(world, 0, 2);

	hvp_world_vp(world, child, 0);
	hvp_world_vp(world, child, 1);
	hvp_try_map_state(world, world->root, child->id, 0, REGISTERS, first);
	hvp_try_map_state(world, world->root, child->id, 1, INTERCEPT, first + 1);
	hvp_try_code(world, world->root, HVP_CALL_MAP_GPA_PAGES, child->id);
	hvp_world_end(world);
	hvp_fake_expect_idle(&world->guest);
	KUNIT_EXPECT_EQ(test, world->guest.machines.live, 0);
	KUNIT_EXPECT_EQ(test, world->guest.machines.live_vps, 0);
}

/**
 * struct hvp_attempt - one to make a virtual processor
 * @name:	what it is
 * @another:	its child has another one
 * @failures:	at least so many: the object, its machine, its machine's object, nodes of the list
 */
struct hvp_attempt {
	const char *name;
	bool another;
	unsigned int failures;
};

static const struct hvp_attempt hvp_attempts[] = {
	{ "the first one", false, 4 },
	{ "another one", true, 3 },
};

KUNIT_ARRAY_PARAM_DESC(hvp_attempt, hvp_attempts, name);

/* Every allocation of the calls fails in turn; what was not possible is possible then. */
static void hvp_vp_create_survives_failing_allocations(struct kunit *test)
{
	const struct hvp_attempt *attempt = test->param_value;
	unsigned int nth, failures = 0;
	bool failed = true;

	hvp_require_failing_allocations(test);
	for (nth = 1; failed && nth < HVP_MANY_ALLOCATIONS; nth++) {
		struct hvp_world *world = hvp_world_create(test);
		struct hvp_partition *child = hvp_active_child(world);
		struct hvp_reply reply;

		if (attempt->another)
			hvp_world_vp(world, child, 0);
		hvp_world_deposit(world, child, 0, hvp_child_vp_pages());
		world->fail_nth = nth;
		world->fail_later = true;
		reply = hvp_try_create_vp(world, world->root, child->id, 70, HVP_ANY);
		failed = !world->fail_nth;
		world->fail_nth = 0;
		if (!reply.status)
			continue;
		failures++;
		hvp_expect_status(test, reply, CREATE_VP, NO_RESOURCES);
		hvp_expect_status(test, hvp_try_create_vp(world, world->root, child->id, 70,
							  HVP_ANY),
				  CREATE_VP, SUCCESS);
	}
	KUNIT_EXPECT_GE(test, failures, attempt->failures);
}

static struct kunit_case hvp_vp_calls_cases[] = {
	KUNIT_CASE(hvp_vp_create_checks_values),
	KUNIT_CASE(hvp_vp_create_is_paid_for),
	KUNIT_CASE(hvp_vp_deleted_ones_count),
	KUNIT_CASE(hvp_vp_create_fails_with_the_host),
	KUNIT_CASE(hvp_vp_create_fails_for_another_one),
	KUNIT_CASE(hvp_vp_half_made_ones_count),
	KUNIT_CASE(hvp_vp_create_without_machines),
	KUNIT_CASE(hvp_vp_calls_name_one_that_is_there),
	KUNIT_CASE(hvp_vp_delete_gives_back),
	KUNIT_CASE(hvp_vp_state_page_checks_values),
	KUNIT_CASE(hvp_vp_state_page_checks_page),
	KUNIT_CASE(hvp_vp_state_page_is_whole),
	KUNIT_CASE_PARAM(hvp_vp_interrupt_checks_values, hvp_interrupt_gen_params),
	KUNIT_CASE(hvp_vp_interrupt_fails_with_the_host),
	KUNIT_CASE(hvp_vp_finalize_gives_back),
	KUNIT_CASE(hvp_vp_statistics_go_with_it),
	KUNIT_CASE(hvp_vp_finalize_goes_on),
	KUNIT_CASE(hvp_vp_goes_with_its_vm),
	KUNIT_CASE_PARAM(hvp_vp_create_survives_failing_allocations, hvp_attempt_gen_params),
	{}
};

HVP_KUNIT_SUITE(hvp_vp_calls, hvp_vp_calls_cases);
