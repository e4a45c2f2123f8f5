// SPDX-License-Identifier: GPL-2.0
/* Whole lives of partitions, and calls that meet each other on the way. */

#include <hvpart/abi/gpa.h>
#include <linux/kthread.h>
#include <linux/prandom.h>
#include "../core/call/table.h"
#include "../core/stats.h"
#include "../core/call/dispatch.h"
#include "../core/stats_page.h"
#include "contract.h"

/* Children first, everything of @partition's hierarchy below it goes. */
static void hvp_demolish_children(struct hvp_world *world, struct hvp_partition *partition)
{
	struct kunit *test = world->test;
	struct hvp_reply reply;
	u64 id;

	while ((id = hvp_try_next_child(world, partition, partition->id, 0).out[0])) {
		struct hvp_partition *child = hvp_world_get(world, id);
		struct hvp_balance balance;

		hvp_demolish_children(world, child);
		if (child->state == HVP_STATE_ACTIVE)
			hvp_expect_status(test, hvp_try_finalize(world, partition, id),
					  FINALIZE_PARTITION, SUCCESS);
		balance = hvp_world_balance(child);
		KUNIT_EXPECT_EQ(test, balance.in_use, 0);
		if (balance.available)
			hvp_expect_status(test, hvp_try_withdraw(world, partition, id, HVP_ANY,
								 balance.available, 0),
					  WITHDRAW_MEMORY, SUCCESS);
		reply = hvp_try_delete(world, partition, id);
		hvp_expect_status(test, reply, DELETE_PARTITION, SUCCESS);
		KUNIT_ASSERT_EQ(test, reply.status, HVP_STATUS_SUCCESS);
	}
}

static void hvp_demolish(struct hvp_world *world)
{
	struct hvp_balance balance;
	unsigned int area;

	hvp_demolish_children(world, world->root);
	/* The root cannot be finalized, which would do it. */
	for (area = HVP_STATS_AREA_SELF; area <= HVP_STATS_AREA_PARENT; area++)
		hvp_try_unmap(world, world->root, HVP_PARTITION_AREA(1, area));
	hvp_try_delete_port(world, world->root, HVP_TEST_PORT);
	balance = hvp_world_balance(world->root);
	KUNIT_EXPECT_EQ(world->test, balance.in_use, 0);
	if (balance.available)
		hvp_expect_status(world->test,
				  hvp_try_withdraw(world, world->root, 1, HVP_ANY,
						   balance.available, 0),
				  WITHDRAW_MEMORY, SUCCESS);
	hvp_fake_expect_idle(&world->guest);
}

/* Deposit one page after the other until the call has got enough, as clients do. */
static struct hvp_reply hvp_pay_until_done(struct hvp_world *world, u64 pool, u16 code, u64 id)
{
	struct hvp_reply reply;
	int i;

	for (i = 0; i < 20; i++) {
		u64 gfn;

		reply = hvp_try_code(world, world->root, code, id);
		if (reply.status != HVP_STATUS_INSUFFICIENT_MEMORY)
			break;
		gfn = hvp_world_fresh_pages(world, 0, 1);
		hvp_expect_status(world->test,
				  hvp_try_deposit(world, world->root, pool, &gfn, 1, 0),
				  DEPOSIT_MEMORY, SUCCESS);
	}
	return reply;
}

/* As Linux's mshv driver goes about it. */
static void hvp_lifecycle_of_one(struct kunit *test)
{
	struct hvp_world *world = hvp_world_create(test);
	struct hvp_reply reply;
	u64 id;

	reply = hvp_try_get_id(world, world->root);
	hvp_expect_status(test, reply, GET_PARTITION_ID, SUCCESS);
	reply = hvp_pay_until_done(world, HVP_PARTITION_ID_SELF, HVP_CALL_CREATE_PARTITION, 0);
	hvp_expect_status(test, reply, CREATE_PARTITION, SUCCESS);
	id = reply.out[0];
	hvp_world_expect_balance(test, world->root, 0, hvp_partition_pages());

	reply = hvp_pay_until_done(world, id, HVP_CALL_INITIALIZE_PARTITION, id);
	hvp_expect_status(test, reply, INITIALIZE_PARTITION, SUCCESS);
	hvp_world_expect_balance(test, hvp_world_get(world, id), 0, hvp_active_pages());

	hvp_expect_status(test, hvp_try_finalize(world, world->root, id),
			  FINALIZE_PARTITION, SUCCESS);
	hvp_expect_status(test, hvp_try_delete(world, world->root, id),
			  DELETE_PARTITION, OPERATION_DENIED);
	/* Until there is none left: the last answer has fewer than were asked for. */
	reply = hvp_try_withdraw(world, world->root, id, HVP_ANY, 512, 0);
	hvp_expect_status(test, reply, WITHDRAW_MEMORY, NO_RESOURCES);
	KUNIT_EXPECT_EQ(test, reply.reps, hvp_active_pages());
	hvp_expect_status(test, hvp_try_delete(world, world->root, id),
			  DELETE_PARTITION, SUCCESS);
	hvp_demolish(world);
}

static void hvp_lifecycle_of_a_tree(struct kunit *test)
{
	struct hvp_world *world = hvp_world_create(test);
	int i, k;

	world->limits.depth = 3;
	for (i = 0; i < 3; i++) {
		struct hvp_partition *child =
			hvp_world_child(world, world->root, HVP_STATE_ACTIVE);

		for (k = 0; k < 2; k++) {
			struct hvp_partition *grandchild =
				hvp_world_child(world, child, HVP_STATE_ACTIVE);

			hvp_world_child(world, grandchild, k ? HVP_STATE_FINALIZED :
							       HVP_STATE_UNINITIALIZED);
		}
	}
	KUNIT_EXPECT_EQ(test, world->created, 15);
	hvp_demolish(world);
	KUNIT_EXPECT_EQ(test, world->deleted, 15);
}

/* What is below one child does not concern the other. */
static void hvp_lifecycle_of_siblings(struct kunit *test)
{
	struct hvp_world *world = hvp_world_create(test);
	struct hvp_partition *one = hvp_world_child(world, world->root, HVP_STATE_ACTIVE);
	struct hvp_partition *other = hvp_world_child(world, world->root, HVP_STATE_ACTIVE);

	hvp_world_child(world, one, HVP_STATE_ACTIVE);
	hvp_expect_status(test, hvp_try_finalize(world, world->root, other->id),
			  FINALIZE_PARTITION, SUCCESS);
	hvp_expect_status(test, hvp_try_finalize(world, world->root, one->id),
			  FINALIZE_PARTITION, OPERATION_DENIED);
	hvp_world_expect_balance(test, one, 0, hvp_active_pages() + hvp_partition_pages());
	hvp_demolish(world);
}

/* Round and round: nothing is left after each, and IDs go on. */
static void hvp_lifecycle_again_and_again(struct kunit *test)
{
	struct hvp_world *world = hvp_world_create(test);
	u64 round;

	for (round = 0; round < 10; round++) {
		struct hvp_partition *child;

		world->next_gfn = HVP_FAKE_RAM_GFN;
		child = hvp_world_child(world, world->root, HVP_STATE_FINALIZED);
		KUNIT_EXPECT_EQ(test, child->id, 2 + round);
		hvp_demolish(world);
	}
}

/*
 * Other vCPUs, at the worst of moments: another call is made while the first one
 * asks the guest for something.
 */
static struct hvp_reply hvp_meanwhile_deposit(struct hvp_world *world,
					      void (*hook)(struct hvp_fake_guest *guest,
							   enum hvp_fake_op op))
{
	const u64 gfns[] = { HVP_FAKE_RAM_GFN + 150, HVP_FAKE_RAM_GFN + 151 };
	struct hvp_reply reply;

	world->guest.hook = hook;
	reply = hvp_try_deposit(world, world->root, 2, gfns, ARRAY_SIZE(gfns), 0);
	world->guest.hook = NULL;
	return reply;
}

/* Once, in the first pin of the first call. */
static bool hvp_meanwhile(struct hvp_fake_guest *guest, enum hvp_fake_op op)
{
	struct hvp_world *world = container_of(guest, struct hvp_world, guest);

	if (op != HVP_FAKE_PIN || world->level)
		return false;
	guest->hook = NULL;
	world->level = 1;
	return true;
}

static void hvp_meanwhile_delete(struct hvp_fake_guest *guest, enum hvp_fake_op op)
{
	struct hvp_world *world = container_of(guest, struct hvp_world, guest);

	if (!hvp_meanwhile(guest, op))
		return;
	hvp_expect_status(world->test, hvp_try_delete(world, world->root, 2),
			  DELETE_PARTITION, SUCCESS);
	world->level = 0;
}

static void hvp_meanwhile_finalize(struct hvp_fake_guest *guest, enum hvp_fake_op op)
{
	struct hvp_world *world = container_of(guest, struct hvp_world, guest);

	if (!hvp_meanwhile(guest, op))
		return;
	hvp_expect_status(world->test, hvp_try_finalize(world, world->root, 2),
			  FINALIZE_PARTITION, SUCCESS);
	world->level = 0;
}

static void hvp_meanwhile_take_page(struct hvp_fake_guest *guest, enum hvp_fake_op op)
{
	struct hvp_world *world = container_of(guest, struct hvp_world, guest);
	const u64 gfn = HVP_FAKE_RAM_GFN + 151;

	if (!hvp_meanwhile(guest, op))
		return;
	hvp_expect_status(world->test, hvp_try_deposit(world, world->root, 1, &gfn, 1, 0),
			  DEPOSIT_MEMORY, SUCCESS);
	world->level = 0;
}

static void hvp_meanwhile_hit_limit(struct hvp_fake_guest *guest, enum hvp_fake_op op)
{
	struct hvp_world *world = container_of(guest, struct hvp_world, guest);
	const u64 gfn = HVP_FAKE_RAM_GFN + 152;

	if (!hvp_meanwhile(guest, op))
		return;
	hvp_expect_status(world->test, hvp_try_deposit(world, world->root, 1, &gfn, 1, 0),
			  DEPOSIT_MEMORY, NO_RESOURCES);
	world->level = 0;
}

static void hvp_lifecycle_deleted_meanwhile(struct kunit *test)
{
	struct hvp_world *world = hvp_world_create(test);
	struct hvp_reply reply;

	hvp_world_child(world, world->root, HVP_STATE_UNINITIALIZED);
	reply = hvp_meanwhile_deposit(world, hvp_meanwhile_delete);
	hvp_expect_status(test, reply, DEPOSIT_MEMORY, INVALID_PARTITION_ID);
	KUNIT_EXPECT_EQ(test, reply.reps, 0);
	hvp_expect_balanced(world);
	hvp_demolish(world);
}

static void hvp_lifecycle_finalized_meanwhile(struct kunit *test)
{
	struct hvp_world *world = hvp_world_create(test);
	struct hvp_reply reply;

	hvp_world_child(world, world->root, HVP_STATE_ACTIVE);
	reply = hvp_meanwhile_deposit(world, hvp_meanwhile_finalize);
	hvp_expect_status(test, reply, DEPOSIT_MEMORY, INVALID_PARTITION_STATE);
	KUNIT_EXPECT_EQ(test, reply.reps, 0);
	hvp_expect_balanced(world);
	hvp_demolish(world);
}

static void hvp_lifecycle_page_taken_meanwhile(struct kunit *test)
{
	struct hvp_world *world = hvp_world_create(test);
	struct hvp_reply reply;

	hvp_world_child(world, world->root, HVP_STATE_UNINITIALIZED);
	reply = hvp_meanwhile_deposit(world, hvp_meanwhile_take_page);
	hvp_expect_status(test, reply, DEPOSIT_MEMORY, OPERATION_DENIED);
	KUNIT_EXPECT_EQ(test, reply.reps, 1);
	hvp_expect_balanced(world);
	hvp_demolish(world);
}

/* Room for two pages is taken by the call that asked first. */
static void hvp_lifecycle_limit_hit_meanwhile(struct kunit *test)
{
	struct hvp_world *world = hvp_world_create(test);
	struct hvp_reply reply;

	hvp_world_child(world, world->root, HVP_STATE_UNINITIALIZED);
	world->limits.pages = hvp_partition_pages() + 2;
	reply = hvp_meanwhile_deposit(world, hvp_meanwhile_hit_limit);
	hvp_expect_status(test, reply, DEPOSIT_MEMORY, SUCCESS);
	hvp_expect_balanced(world);
	hvp_demolish(world);
}

/*
 * Several vCPUs at once, making calls as they come to mind on few partitions
 * with few pages.  What they are answered depends on the moment; that the books
 * balance afterwards does not.
 */
#define HVP_VCPUS		HVP_FAKE_LEVELS
#define HVP_CALLS_BY_VCPU	600
#define HVP_CONTESTED_PAGES	64
#define HVP_REFRESHES		200

struct hvp_vcpu {
	struct hvp_world *world;
	struct hvp_partition *partition;
	unsigned int level;
	struct rnd_state random;
	struct task_struct *task;
	unsigned int succeeded;
	const char *nonsense;	/* a call that got what it cannot get */
	enum hvp_status nonsense_status;
};

static u64 hvp_vcpu_any_id(struct hvp_vcpu *vcpu)
{
	u64 last = READ_ONCE(vcpu->world->hierarchy->last_id);
	u32 r = prandom_u32_state(&vcpu->random);
	/* One of the latest few; 2 is a caller, which stays as it is. */
	u64 id = last + 1 - r % 8;

	return r & 0x100 ? HVP_PARTITION_ID_SELF : id == 2 ? 1 : id;
}

static u64 hvp_vcpu_any_page(struct hvp_vcpu *vcpu)
{
	return HVP_FAKE_RAM_GFN + HVP_FAKE_RAM_PAGES - 1 -
	       prandom_u32_state(&vcpu->random) % HVP_CONTESTED_PAGES;
}

/* A status that no serial order of these calls could give. */
static bool hvp_vcpu_nonsense(u16 code, enum hvp_status status)
{
	switch (status) {
	case HVP_STATUS_INVALID_PARAMETER:
		return code != HVP_CALL_UNMAP_STATS_PAGE && code != HVP_CALL_UNMAP_VP_STATE_PAGE;
	case HVP_STATUS_OBJECT_IN_USE:
		/* A page is deposited that is a state page just then. */
		return code != HVP_CALL_MAP_STATS_PAGE && code != HVP_CALL_MAP_STATS_PAGE2 &&
		       code != HVP_CALL_MAP_VP_STATE_PAGE && code != HVP_CALL_DEPOSIT_MEMORY &&
		       code != HVP_CALL_CONNECT_PORT;
	case HVP_STATUS_INVALID_HYPERCALL_CODE:
	case HVP_STATUS_INVALID_HYPERCALL_INPUT:
	case HVP_STATUS_INVALID_ALIGNMENT:
	case HVP_STATUS_UNKNOWN_PROPERTY:
		return true;
	default:
		return false;
	}
}

/* Each call as often as another, but for those that others need to have been made. */
static const struct hvp_contract_call *hvp_vcpu_any_call(struct hvp_vcpu *vcpu)
{
	static const u16 again[] = {
		HVP_CALL_CREATE_PARTITION, HVP_CALL_INITIALIZE_PARTITION,
		HVP_CALL_DEPOSIT_MEMORY, HVP_CALL_DEPOSIT_MEMORY, HVP_CALL_DEPOSIT_MEMORY,
		HVP_CALL_MAP_STATS_PAGE, HVP_CALL_UNMAP_STATS_PAGE, HVP_CALL_MAP_STATS_PAGE2,
	};
	u32 any = prandom_u32_state(&vcpu->random) % (HVP_CONTRACT_CALLS + ARRAY_SIZE(again));

	return any < HVP_CONTRACT_CALLS ? &hvp_contract[any] :
	       hvp_contract_of(again[any - HVP_CONTRACT_CALLS]);
}

static void hvp_vcpu_call(struct hvp_vcpu *vcpu)
{
	const struct hvp_contract_call *shape = hvp_vcpu_any_call(vcpu);
	u64 input = HVP_FAKE_INPUT_GFN(vcpu->level) << HVP_PAGE_SHIFT;
	u64 *in = hvp_fake_memory(&vcpu->world->guest, input);
	unsigned int vp = prandom_u32_state(&vcpu->random) % 2;
	const struct hvp_caller who = {
		.partition = vcpu->partition,
		.vp = vcpu->world->vp,
	};
	struct hvp_call call = {
		.control = shape->code,
		.input = input,
		.output = HVP_FAKE_OUTPUT_GFN(vcpu->level) << HVP_PAGE_SHIFT,
	};
	const u64 values[HVP_NR_FIELDS] = {
		[HVP_FIELD_ID] = hvp_vcpu_any_id(vcpu),
		[HVP_FIELD_PROPERTY] = 0x0005000e,
		[HVP_FIELD_STATS_TYPE] = HVP_STATS_PARTITION,
		[HVP_FIELD_STATS_PART] = (u64)(prandom_u32_state(&vcpu->random) % 2) << 56,
		[HVP_FIELD_PAGE] = hvp_vcpu_any_page(vcpu),
		[HVP_FIELD_GPA] = prandom_u32_state(&vcpu->random) % 8,
		[HVP_FIELD_MAP_FLAGS] = HVP_MAP_READ | HVP_MAP_WRITE,
		[HVP_FIELD_VP] = vp,
		[HVP_FIELD_VP_VTL] = vp,
		[HVP_FIELD_TRANSLATE] = HVP_TRANSLATE_READ,
		[HVP_FIELD_VECTOR] = 0x20,
		[HVP_FIELD_DESTINATION] = vp,
		[HVP_FIELD_DISPATCH] = vp,
		[HVP_FIELD_STATE_TYPE] = HVP_VP_STATE_TIMERS,
		[HVP_FIELD_INTERCEPT] = HVP_INTERCEPT_MASK_EXECUTE |
					(u64)HVP_INTERCEPT_CPUID << 32,
		[HVP_FIELD_VP_INTERCEPT] = vp | (u64)HVP_INTERCEPT_CPUID << 32,
		[HVP_FIELD_RESULT] = prandom_u32_state(&vcpu->random) % 256,
		[HVP_FIELD_VP_CPUID] = vp | (u64)HVP_CPUID_APPLY_RESULTS << 32,
		[HVP_FIELD_STATE_PAGE] = HVP_STATE_PAGE_VALUE(vp, vp),
		[HVP_FIELD_PORT] = HVP_TEST_PORT,
		[HVP_FIELD_PORT_TYPE] = HVP_PORT_DOORBELL,
		[HVP_FIELD_PORT_TARGET] = HVP_DOORBELL_SINT | (u64)HVP_ANY_VP << 32,
		[HVP_FIELD_PEER] = hvp_vcpu_any_id(vcpu),
		[HVP_FIELD_OWNER] = HVP_PARTITION_ID_SELF,
		[HVP_FIELD_CONNECTION] = HVP_TEST_PORT,
		[HVP_FIELD_CONNECTED] = HVP_TEST_PORT | (u64)HVP_DISCONNECT_DOORBELL << 32,
	};
	unsigned int i, reps = 1 + prandom_u32_state(&vcpu->random) % 6;
	u64 result;

	hvp_contract_fill(shape, values, in);
	if (shape->rep)
		call.control |= (u64)reps << HVP_CONTROL_REP_COUNT_SHIFT;
	call.control |= (u64)shape->header_words << HVP_CONTROL_VARHEAD_SHIFT;
	memset(in + shape->in_size / sizeof(u64), 0, shape->header_words * sizeof(u64));
	/* A list that is none of pages is of 0s: a register that can be set, and its value. */
	memset(in + shape->in_size / sizeof(u64), 0, (size_t)reps * shape->in_element);
	for (i = 0; i < reps && shape->in_element && shape->element == HVP_FIELD_PAGE; i++)
		in[shape->in_size / sizeof(u64) + i] = hvp_vcpu_any_page(vcpu);

	do {
		result = hvp_dispatch(hvp_call_row(shape->code), &call, &who,
				      &vcpu->world->guest.guest);
		call.outside = true;
	} while (result == HVP_RESULT_OUTSIDE);
	hvp_stats_count(hvp_call_row(shape->code), result & HVP_RESULT_STATUS_MASK);
	vcpu->succeeded += !(result & HVP_RESULT_STATUS_MASK);
	if (hvp_vcpu_nonsense(shape->code, result & HVP_RESULT_STATUS_MASK)) {
		vcpu->nonsense = shape->name;
		vcpu->nonsense_status = result & HVP_RESULT_STATUS_MASK;
	}
}

static int hvp_vcpu_run(void *context)
{
	struct hvp_vcpu *vcpu = context;
	unsigned int i;

	for (i = 0; i < HVP_CALLS_BY_VCPU; i++) {
		hvp_vcpu_call(vcpu);
		cond_resched();
	}
	/* Whoever has started it waits for its end. */
	while (!kthread_should_stop())
		schedule_timeout_interruptible(1);
	return 0;
}

static void hvp_lifecycle_of_many_at_once(struct kunit *test)
{
	struct hvp_vcpu *vcpus = kunit_kcalloc(test, HVP_VCPUS, sizeof(*vcpus), GFP_KERNEL);
	struct hvp_world *world = hvp_world_create(test);
	struct hvp_partition *child;
	unsigned int succeeded = 0;
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, vcpus);
	/* So many that it happens, so few that the books have room. */
	world->limits.partitions = HVP_BOOKS_PARTITIONS - 1;
	world->limits.pages = HVP_CONTESTED_PAGES;
	child = hvp_world_child(world, world->root, HVP_STATE_ACTIVE);
	world->guest.watched = false;
	for (i = 0; i < HVP_VCPUS; i++) {
		vcpus[i].world = world;
		vcpus[i].partition = i ? world->root : child;
		vcpus[i].level = i;
		prandom_seed_state(&vcpus[i].random, 4711 + i);
		vcpus[i].task = kthread_run(hvp_vcpu_run, &vcpus[i], "hvp_vcpu%u", i);
	}
	/* Meanwhile the host writes to statistics pages, as it does every second. */
	for (i = 0; i < HVP_REFRESHES; i++) {
		hvp_stats_pages_refresh(world->hierarchy);
		cond_resched();
	}
	for (i = 0; i < HVP_VCPUS; i++) {
		KUNIT_EXPECT_NOT_ERR_OR_NULL(test, vcpus[i].task);
		if (!IS_ERR_OR_NULL(vcpus[i].task))
			kthread_stop(vcpus[i].task);
		KUNIT_EXPECT_NULL_MSG(test, vcpus[i].nonsense, "%s got status 0x%x",
				      vcpus[i].nonsense, vcpus[i].nonsense_status);
		succeeded += vcpus[i].succeeded;
	}
	world->guest.watched = true;
	hvp_expect_balanced(world);
	KUNIT_EXPECT_GT(test, succeeded, 100);
	kunit_info(test, "%u calls of %u succeeded, %u partitions created, %u deleted",
		   succeeded, HVP_VCPUS * HVP_CALLS_BY_VCPU, world->created, world->deleted);
	hvp_demolish(world);
}

static struct kunit_case hvp_lifecycle_cases[] = {
	KUNIT_CASE(hvp_lifecycle_of_one),
	KUNIT_CASE(hvp_lifecycle_of_a_tree),
	KUNIT_CASE(hvp_lifecycle_of_siblings),
	KUNIT_CASE(hvp_lifecycle_again_and_again),
	KUNIT_CASE(hvp_lifecycle_deleted_meanwhile),
	KUNIT_CASE(hvp_lifecycle_finalized_meanwhile),
	KUNIT_CASE(hvp_lifecycle_page_taken_meanwhile),
	KUNIT_CASE(hvp_lifecycle_limit_hit_meanwhile),
	KUNIT_CASE_SLOW(hvp_lifecycle_of_many_at_once),
	{}
};

HVP_KUNIT_SUITE(hvp_lifecycle, hvp_lifecycle_cases);
