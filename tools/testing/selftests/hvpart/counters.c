// SPDX-License-Identifier: GPL-2.0
/* What is in statistics pages, and that it is up to date. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "partitions.h"

#define SELF			HVP_PARTITION_ID_SELF
#define AREA_SELF		HVP_STATS_AREA_SELF
#define AREA_PARENT		HVP_STATS_AREA_PARENT
#define COUNTERS		(HVP_PAGE_SIZE / 8)

/* Not the header's names: these are Linux', from the contract. */
#define PT_VIRTUAL_PROCESSORS	1
#define PT_DEPOSITED_PAGES	5
#define PT_PARTITION_ID		26
#define PT_ACTIVE_CHILDREN	46
#define VP_TOTAL_RUN_TIME	1
#define VP_HYPERCALLS		7

/* They are written once a second. */
#define LATEST_MS		3000
#define POLL_MS			20

/* HvCallNotifyLongSpinWait, KVM's own */
#define LONG_SPIN_WAIT		(0x8 | HVP_CONTROL_FAST)

static const u64 *page_of(struct vcpu *vcpu, u64 gpn)
{
	return guest_host(vcpu->guest, gpn << HVP_PAGE_SHIFT);
}

/* It is written to by somebody else. */
static u64 counter(const u64 *page, unsigned int place)
{
	return __atomic_load_n(&page[place], __ATOMIC_RELAXED);
}

static const u64 *map(struct vcpu *vcpu, struct hvp_stats_page_in object)
{
	u64 gpn = guest_alloc(vcpu->guest);

	REQUIRE_STATUS(map_stats_page2(vcpu, &object, gpn), SUCCESS);
	return page_of(vcpu, gpn);
}

static void becomes_at(int line, const u64 *page, unsigned int place, u64 expected)
{
	unsigned int waited;

	for (waited = 0; counter(page, place) != expected && waited < LATEST_MS * slowness();
	     waited += POLL_MS)
		usleep(POLL_MS * 1000);
	expect_equal_at(__FILE__, line, "counter", counter(page, place), expected);
}

#define EXPECT_COUNTER(page, place, expected) becomes_at(__LINE__, page, place, expected)

static u64 pages_of(struct vcpu *vcpu, u64 id)
{
	struct hvp_memory_balance_out balance = balance_of(vcpu, id);

	return balance.pages_available + balance.pages_in_use;
}

/* All but these places are 0. */
static void expect_no_others(const u64 *page, const unsigned int *places,
			     unsigned int count)
{
	unsigned int place, i;

	for (place = 0; place < COUNTERS; place++) {
		for (i = 0; i < count && places[i] != place; i++)
			;
		if (i == count && counter(page, place))
			fail_at(__FILE__, __LINE__, "counter %u is %llu", place,
				counter(page, place));
	}
}

static const unsigned int partition_places[] = {
	PT_VIRTUAL_PROCESSORS, PT_DEPOSITED_PAGES, PT_PARTITION_ID, PT_ACTIVE_CHILDREN,
};

static const unsigned int vp_places[] = { VP_TOTAL_RUN_TIME, VP_HYPERCALLS };

static void expect_partition(struct vcpu *vcpu, const u64 *page, u64 id, u64 vps,
			     u64 active_children)
{
	EXPECT_COUNTER(page, PT_PARTITION_ID, id);
	EXPECT_COUNTER(page, PT_VIRTUAL_PROCESSORS, vps);
	EXPECT_COUNTER(page, PT_DEPOSITED_PAGES, pages_of(vcpu, id));
	EXPECT_COUNTER(page, PT_ACTIVE_CHILDREN, active_children);
	expect_no_others(page, partition_places, ARRAY_SIZE(partition_places));
}

static void of_the_root(void)
{
	struct vcpu *vcpu = new_guest();
	const u64 *page;
	u64 ids[2];

	deposit_new(vcpu, SELF, NULL, 37);
	page = map(vcpu, stats_of_partition(SELF, AREA_SELF));
	expect_partition(vcpu, page, 1, 1, 0);
	deposit_new(vcpu, SELF, NULL, 5);
	ids[0] = create_child(vcpu);
	expect_partition(vcpu, page, 1, 1, 0);
	initialize_child(vcpu, ids[0]);
	ids[1] = create_active_child(vcpu);
	expect_partition(vcpu, page, 1, 1, 2);
	finalize_child(vcpu, ids[0]);
	withdraw_all(vcpu, SELF);
	expect_partition(vcpu, page, 1, 1, 1);
	finalize_child(vcpu, ids[1]);
	expect_partition(vcpu, page, 1, 1, 0);
}

static void of_a_child(void)
{
	struct vcpu *vcpu = new_guest();
	const u64 *page, *sisters;
	u64 id, sister;

	deposit_new(vcpu, SELF, NULL, 20);
	id = create_active_child(vcpu);
	sister = create_active_child(vcpu);
	page = map(vcpu, stats_of_partition(id, AREA_SELF));
	sisters = map(vcpu, stats_of_partition(sister, AREA_SELF));
	expect_partition(vcpu, page, id, 0, 0);
	deposit_new(vcpu, id, NULL, 12);
	expect_partition(vcpu, page, id, 0, 0);
	expect_partition(vcpu, sisters, sister, 0, 0);
	withdraw_all(vcpu, id);
	expect_partition(vcpu, page, id, 0, 0);
}

static void of_several_virtual_processors(void)
{
	struct guest_config config = { .vcpus = 3, .privileges = GUEST_ALL_PRIVILEGES };
	struct vcpu *vcpu = guest_create(&config)->vcpus;

	deposit_new(vcpu, SELF, NULL, 5);
	expect_partition(vcpu, map(vcpu, stats_of_partition(SELF, AREA_SELF)), 1, 3, 0);
}

static void same_in_both_areas(void)
{
	struct vcpu *vcpu = new_guest();
	const u64 *areas[2];
	unsigned int i;

	deposit_new(vcpu, SELF, NULL, 10);
	areas[0] = map(vcpu, stats_of_partition(SELF, AREA_SELF));
	areas[1] = map(vcpu, stats_of_partition(SELF, AREA_PARENT));
	create_active_child(vcpu);
	for (i = 0; i < 2; i++)
		expect_partition(vcpu, areas[i], 1, 1, 1);
	areas[0] = map(vcpu, stats_of_vp(SELF, 0, AREA_SELF));
	areas[1] = map(vcpu, stats_of_vp(SELF, 0, AREA_PARENT));
	pages_of(vcpu, SELF);
	sleep(2);
	for (i = 0; i < 2; i++)
		expect_no_others(areas[i], vp_places, ARRAY_SIZE(vp_places));
	EXPECT(counter(areas[0], VP_HYPERCALLS));
	EXPECT_EQUAL(counter(areas[0], VP_HYPERCALLS), counter(areas[1], VP_HYPERCALLS));
	EXPECT_EQUAL(counter(areas[0], VP_TOTAL_RUN_TIME), counter(areas[1], VP_TOTAL_RUN_TIME));
}

static void in_a_page_of_the_pool(void)
{
	struct hvp_stats_page_in object = stats_of_partition(SELF, AREA_PARENT);
	struct vcpu *vcpu = new_guest();
	u64 gpn;

	deposit_new(vcpu, SELF, NULL, 10);
	REQUIRE_STATUS(map_stats_page(vcpu, &object, &gpn), SUCCESS);
	expect_partition(vcpu, page_of(vcpu, gpn), 1, 1, 0);
	create_active_child(vcpu);
	expect_partition(vcpu, page_of(vcpu, gpn), 1, 1, 1);
}

static void call(struct vcpu *vcpu, unsigned int times)
{
	u64 id;

	while (times--)
		EXPECT_STATUS(get_partition_id(vcpu, &id), SUCCESS);
}

/* Of each for itself, KVM's included, up to its last call of ours. */
static void hypercalls(void)
{
	struct guest_config config = { .vcpus = 2, .privileges = GUEST_ALL_PRIVILEGES };
	struct vcpu *vcpu = guest_create(&config)->vcpus;
	const u64 *first, *second;
	u64 before;
	unsigned int i;

	deposit_new(vcpu, SELF, NULL, 10);
	first = map(vcpu, stats_of_vp(SELF, 0, AREA_SELF));
	second = map(vcpu, stats_of_vp(SELF, 1, AREA_SELF));
	/* A deposit, two that map, and one. */
	call(vcpu, 1);
	EXPECT_COUNTER(first, VP_HYPERCALLS, 4);
	EXPECT_EQUAL(counter(second, VP_HYPERCALLS), 0);
	call(vcpu + 1, 7);
	EXPECT_COUNTER(second, VP_HYPERCALLS, 7);
	EXPECT_EQUAL(counter(first, VP_HYPERCALLS), 4);

	before = counter(first, VP_HYPERCALLS);
	for (i = 0; i < 5; i++)
		EXPECT_STATUS(hypercall(vcpu, LONG_SPIN_WAIT, 0, 0), SUCCESS);
	sleep(2);
	EXPECT_EQUAL(counter(first, VP_HYPERCALLS), before);
	call(vcpu, 3);
	EXPECT_COUNTER(first, VP_HYPERCALLS, before + 8);
	expect_no_others(first, vp_places, ARRAY_SIZE(vp_places));
	expect_no_others(second, vp_places, ARRAY_SIZE(vp_places));
}

/* Of this thread, in 100 ns. */
static u64 thread_time(void)
{
	struct timespec time;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
	return time.tv_sec * 10000000ULL + time.tv_nsec / 100;
}

/* The scheduler looks at the clock at least that often, in 100 ns. */
#define TICK	(20 * 10000ULL)

static void run_time(void)
{
	struct vcpu *vcpu = new_guest();
	const u64 *page;
	u64 least, most;
	unsigned int round;

	deposit_new(vcpu, SELF, NULL, 5);
	page = map(vcpu, stats_of_vp(SELF, 0, AREA_SELF));
	for (round = 0; round < 2; round++) {
		u64 end = thread_time() + 10 * TICK;

		while (thread_time() < end)
			;
		least = thread_time();
		call(vcpu, 2);
		most = thread_time();
		sleep(2);
		EXPECT(counter(page, VP_TOTAL_RUN_TIME) + TICK >= least);
		EXPECT(counter(page, VP_TOTAL_RUN_TIME) <= most);
		if (case_failed())
			printf("# run time %llu, from %llu to %llu\n",
			       counter(page, VP_TOTAL_RUN_TIME), least, most);
	}
}

/* What was there before is gone; what the guest writes is, by and by. */
static void overwritten_by_the_guest(void)
{
	struct vcpu *vcpu = new_guest();
	struct hvp_stats_page_in object = stats_of_partition(SELF, AREA_SELF);
	u64 gpn = guest_alloc(vcpu->guest);
	u64 *page = guest_host(vcpu->guest, gpn << HVP_PAGE_SHIFT);

	deposit_new(vcpu, SELF, NULL, 5);
	memset(page, 0xee, HVP_PAGE_SIZE);
	REQUIRE_STATUS(map_stats_page2(vcpu, &object, gpn), SUCCESS);
	expect_partition(vcpu, page, 1, 1, 0);
	__atomic_store_n(&page[PT_PARTITION_ID], 77, __ATOMIC_RELAXED);
	__atomic_store_n(&page[PT_DEPOSITED_PAGES], ~0ULL, __ATOMIC_RELAXED);
	expect_partition(vcpu, page, 1, 1, 0);
}

static const struct test_case cases[] = {
	CASE(of_the_root),
	CASE(of_a_child),
	CASE(of_several_virtual_processors),
	CASE(same_in_both_areas),
	CASE(in_a_page_of_the_pool),
	CASE(hypercalls),
	CASE(run_time),
	CASE(overwritten_by_the_guest),
};

int main(void)
{
	cases_add(cases, ARRAY_SIZE(cases));
	return cases_run();
}
