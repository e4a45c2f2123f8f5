// SPDX-License-Identifier: GPL-2.0
/*
 * Four vCPUs at the same partition: the answers must be those of some serial
 * order, and nothing may get lost or be there twice.
 */
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "partitions.h"

#define SELF	HVP_PARTITION_ID_SELF
#define VCPUS	4

static struct guest *new_big_guest(void)
{
	struct guest_config config = {
		.vcpus = VCPUS, .ram = 64UL << 20, .privileges = GUEST_ALL_PRIVILEGES,
	};

	return guest_create(&config);
}

/* All vCPUs leave at the same time, as far as the host has CPUs for them. */
static void meet(void)
{
	static unsigned int arrived, round;
	unsigned int now = __atomic_load_n(&round, __ATOMIC_ACQUIRE);

	if (__atomic_add_fetch(&arrived, 1, __ATOMIC_ACQ_REL) == VCPUS) {
		__atomic_store_n(&arrived, 0, __ATOMIC_RELAXED);
		__atomic_store_n(&round, now + 1, __ATOMIC_RELEASE);
		return;
	}
	while (__atomic_load_n(&round, __ATOMIC_ACQUIRE) == now)
		sched_yield();
}

/* One of the answers is SUCCESS, the others are what comes too late. */
static void expect_one_winner(const u64 *results, enum hvp_status too_late)
{
	unsigned int i, winners = 0;

	for (i = 0; i < VCPUS; i++) {
		if (results[i] == HVP_STATUS_SUCCESS)
			winners++;
		else
			expect_result_at(__FILE__, __LINE__, "loser", results[i], too_late);
	}
	EXPECT_EQUAL(winners, 1);
}

#define ROUNDS	30

struct contest {
	u16 code;
	enum hvp_status too_late;
	u64 id, results[VCPUS];
};

static u64 candidate(struct vcpu *vcpu, u16 code)
{
	u64 id;

	if (code == HVP_CALL_FINALIZE_PARTITION)
		return create_active_child(vcpu);
	id = create_child(vcpu);
	if (code == HVP_CALL_INITIALIZE_PARTITION)
		deposit_new(vcpu, id, NULL, 16);
	return id;
}

static void one_wins(struct vcpu *vcpu, void *arg)
{
	struct contest *contest = arg;
	int round;

	for (round = 0; round < ROUNDS; round++) {
		if (!vcpu->index)
			contest->id = candidate(vcpu, contest->code);
		meet();
		contest->results[vcpu->index] =
			partition_id_call(vcpu, contest->code, contest->id, FORM_FAST);
		meet();
		if (!vcpu->index)
			expect_one_winner(contest->results, contest->too_late);
	}
}

static void initialize_has_one_winner(void)
{
	struct contest contest = {
		HVP_CALL_INITIALIZE_PARTITION, HVP_STATUS_INVALID_PARTITION_STATE, 0, { 0 },
	};
	struct guest *guest = new_big_guest();

	guest_run_threads(guest, one_wins, &contest);
	/* ... and has charged once. */
	EXPECT_EQUAL(balance_of(guest->vcpus, contest.id).pages_in_use,
		     balance_of(guest->vcpus, contest.id - 1).pages_in_use);
}

static void finalize_has_one_winner(void)
{
	struct contest contest = {
		HVP_CALL_FINALIZE_PARTITION, HVP_STATUS_INVALID_PARTITION_STATE, 0, { 0 },
	};

	guest_run_threads(new_big_guest(), one_wins, &contest);
}

static void delete_has_one_winner(void)
{
	struct contest contest = {
		HVP_CALL_DELETE_PARTITION, HVP_STATUS_INVALID_PARTITION_ID, 0, { 0 },
	};
	struct guest *guest = new_big_guest();

	guest_run_threads(guest, one_wins, &contest);
	EXPECT_EQUAL(balance_of(guest->vcpus, SELF).pages_in_use, 0);
}

/* Too little for two: one gets it. */
static void create_last_partition(struct vcpu *vcpu, void *arg)
{
	static const struct hvp_create_partition_in plain;
	struct contest *contest = arg;
	u64 id;

	meet();
	contest->results[vcpu->index] = create_partition(vcpu, &plain, &id);
}

static void create_with_memory_for_one(void)
{
	struct contest contest = { .code = HVP_CALL_CREATE_PARTITION };
	struct guest *guest = new_big_guest();
	struct vcpu *vcpu = guest->vcpus;
	struct hvp_memory_balance_out balance;

	/* After this, the pool has exactly what one costs. */
	delete_child(vcpu, create_child(vcpu));
	balance = balance_of(vcpu, SELF);
	guest_run_threads(guest, create_last_partition, &contest);
	expect_one_winner(contest.results, HVP_STATUS_INSUFFICIENT_MEMORY);
	EXPECT_BALANCE(vcpu, SELF, 0, balance.pages_available);
}

#define CREATIONS	24

static void create_some(struct vcpu *vcpu, void *arg)
{
	static const struct hvp_create_partition_in plain;
	u64 *ids = (u64 *)arg + vcpu->index * CREATIONS;
	unsigned int i;

	meet();
	for (i = 0; i < CREATIONS; i++) {
		REQUIRE_STATUS(create_partition(vcpu, &plain, &ids[i]), SUCCESS);
		/* Each vCPU sees its own in order. */
		EXPECT(!i || ids[i] > ids[i - 1]);
	}
}

static void creations_get_distinct_ids(void)
{
	static u64 ids[VCPUS * CREATIONS];
	static bool seen[VCPUS * CREATIONS];
	struct guest *guest = new_big_guest();
	unsigned int i;

	deposit_new(guest->vcpus, SELF, NULL, 500);
	guest_run_threads(guest, create_some, ids);
	for (i = 0; i < VCPUS * CREATIONS; i++) {
		EXPECT(ids[i] >= 2 && ids[i] < 2 + VCPUS * CREATIONS);
		if (case_failed())
			return;
		EXPECT(!seen[ids[i] - 2]);
		seen[ids[i] - 2] = true;
	}
}

#define PAGES	64

struct deposits {
	u64 gpns[PAGES], pools[VCPUS];
	unsigned int accepted[VCPUS];
};

/* Deposit the list into a pool of one's own, passing over what others have taken. */
static void deposit_what_is_left(struct vcpu *vcpu, void *arg)
{
	struct deposits *deposits = arg;
	unsigned int start = 0, reps;
	u64 result;

	meet();
	while (start < PAGES) {
		result = deposit_memory_from(vcpu, deposits->pools[vcpu->index], deposits->gpns,
					     PAGES, start);
		reps = result_reps(result);
		REQUIRE_EQUAL(reps >= start && reps <= PAGES, true);
		deposits->accepted[vcpu->index] += reps - start;
		if (result_success(result)) {
			EXPECT_EQUAL(reps, PAGES);
			return;
		}
		EXPECT_EQUAL(result_status(result), HVP_STATUS_OPERATION_DENIED);
		start = reps + 1;
	}
}

static int compare_gpns(const void *a, const void *b)
{
	u64 x = *(const u64 *)a, y = *(const u64 *)b;

	return x < y ? -1 : x > y;
}

static void expect_same_pages(u64 *gpns, const u64 *sorted, unsigned int count)
{
	qsort(gpns, count, sizeof(*gpns), compare_gpns);
	EXPECT(!memcmp(gpns, sorted, count * sizeof(*gpns)));
}

static void each_page_is_deposited_once(void)
{
	struct guest *guest = new_big_guest();
	struct vcpu *vcpu = guest->vcpus;
	struct deposits deposits;
	u64 back[PAGES];
	unsigned int i, round, total;

	for (round = 0; round < 5; round++) {
		memset(&deposits, 0, sizeof(deposits));
		guest_alloc_list(guest, deposits.gpns, PAGES);
		for (i = 0; i < VCPUS; i++)
			deposits.pools[i] = create_child(vcpu);
		guest_run_threads(guest, deposit_what_is_left, &deposits);

		for (total = 0, i = 0; i < VCPUS; i++) {
			unsigned int accepted = deposits.accepted[i];

			EXPECT_BALANCE(vcpu, deposits.pools[i], accepted, 0);
			if (!accepted || total + accepted > PAGES)
				continue;
			EXPECT_RESULT(withdraw_memory(vcpu, deposits.pools[i], NULL, back + total,
						      accepted), SUCCESS, accepted);
			total += accepted;
		}
		REQUIRE_EQUAL(total, PAGES);
		expect_same_pages(back, deposits.gpns, PAGES);
	}
}

#define MANY_PAGES	400

struct withdrawals {
	u64 gpns[MANY_PAGES];
	unsigned int count;
};

static void withdraw_until_empty(struct vcpu *vcpu, void *arg)
{
	struct withdrawals *withdrawals = arg;
	unsigned int reps, at;
	u64 result, back[7];

	meet();
	do {
		result = withdraw_memory(vcpu, SELF, NULL, back, 7);
		reps = result_reps(result);
		at = __atomic_fetch_add(&withdrawals->count, reps, __ATOMIC_RELAXED);
		REQUIRE_EQUAL(at + reps <= MANY_PAGES, true);
		memcpy(withdrawals->gpns + at, back, reps * 8);
	} while (result == RESULT(HVP_STATUS_SUCCESS, 7));
	EXPECT_EQUAL(result_status(result), HVP_STATUS_NO_RESOURCES);
}

static void each_page_is_withdrawn_once(void)
{
	static struct withdrawals withdrawals;
	struct guest *guest = new_big_guest();
	u64 gpns[MANY_PAGES];

	deposit_new(guest->vcpus, SELF, gpns, MANY_PAGES);
	guest_run_threads(guest, withdraw_until_empty, &withdrawals);
	EXPECT_EQUAL(withdrawals.count, MANY_PAGES);
	expect_same_pages(withdrawals.gpns, gpns, MANY_PAGES);
	EXPECT_BALANCE(guest->vcpus, SELF, 0, 0);
}

/* Different calls at one partition, with 16 pages in its pool. */
static void mix(struct vcpu *vcpu, void *arg)
{
	static u64 id, gpn;
	u64 *charge = arg;
	int round;

	for (round = 0; round < ROUNDS; round++) {
		struct hvp_memory_balance_out balance;
		u64 result;

		if (!vcpu->index) {
			id = create_child(vcpu);
			deposit_new(vcpu, id, NULL, 16);
			gpn = guest_alloc(vcpu->guest);
		}
		meet();
		switch (vcpu->index) {
		case 0:
			EXPECT_STATUS(initialize_partition(vcpu, id, FORM_FAST), SUCCESS);
			break;
		case 1:
			/* Before initialization or after it */
			result = delete_partition(vcpu, id, FORM_FAST);
			EXPECT(result == HVP_STATUS_OPERATION_DENIED ||
			       result == HVP_STATUS_INVALID_PARTITION_STATE);
			break;
		case 2:
			EXPECT_RESULT(deposit_memory(vcpu, id, &gpn, 1), SUCCESS, 1);
			break;
		case 3:
			balance = balance_of(vcpu, id);
			EXPECT(balance.pages_in_use == 0 || balance.pages_in_use == *charge);
			result = balance.pages_available + balance.pages_in_use;
			EXPECT(result == 16 || result == 17);
			break;
		}
		meet();
		if (!vcpu->index)
			EXPECT_BALANCE(vcpu, id, 17 - *charge, *charge);
	}
}

static void different_calls_at_one_partition(void)
{
	struct guest *guest = new_big_guest();
	u64 charge;

	charge = balance_of(guest->vcpus, create_active_child(guest->vcpus)).pages_in_use;
	guest_run_threads(guest, mix, &charge);
}

/* One maps it, or unmaps it; the page and what was paid are not lost. */
static void map_and_unmap(struct vcpu *vcpu, void *arg)
{
	static u64 results[VCPUS];
	struct hvp_stats_page_in object = stats_of_partition(SELF, HVP_STATS_AREA_SELF);
	u64 own = guest_alloc(vcpu->guest), gpn;
	int round;

	(void)arg;
	for (round = 0; round < ROUNDS; round++) {
		meet();
		results[vcpu->index] = vcpu->index % 2 ? map_stats_page(vcpu, &object, &gpn) :
							 map_stats_page2(vcpu, &object, own);
		meet();
		if (!vcpu->index)
			expect_one_winner(results, HVP_STATUS_OBJECT_IN_USE);
		meet();
		results[vcpu->index] = unmap_stats_page(vcpu, &object);
		meet();
		if (!vcpu->index) {
			expect_one_winner(results, HVP_STATUS_INVALID_PARAMETER);
			EXPECT_BALANCE(vcpu, SELF, 8, 0);
		}
		meet();
	}
}

static void statistics_are_mapped_once(void)
{
	struct guest *guest = new_big_guest();
	long long pinned;

	deposit_new(guest->vcpus, SELF, NULL, 8);
	pinned = pinned_pages();
	guest_run_threads(guest, map_and_unmap, NULL);
	EXPECT_EQUAL(pinned_pages(), pinned);
	EXPECT_EQUAL(withdraw_all(guest->vcpus, SELF), 8);
}

/* All want the same page, each for something else. */
static void take_one_page(struct vcpu *vcpu, void *arg)
{
	static u64 results[VCPUS];
	struct hvp_stats_page_in object = stats_of_vp(SELF, vcpu->index, HVP_STATS_AREA_SELF);
	u64 gpn = *(u64 *)arg, back[16];
	u64 result;
	int round;

	for (round = 0; round < ROUNDS; round++) {
		meet();
		result = vcpu->index % 2 ? deposit_memory(vcpu, SELF, &gpn, 1) :
					   map_stats_page2(vcpu, &object, gpn);
		results[vcpu->index] = result_status(result);
		meet();
		if (!vcpu->index)
			expect_one_winner(results, HVP_STATUS_OPERATION_DENIED);
		if (!results[vcpu->index] && !(vcpu->index % 2))
			EXPECT_STATUS(unmap_stats_page(vcpu, &object), SUCCESS);
		meet();
		if (!vcpu->index) {
			result = withdraw_memory(vcpu, SELF, NULL, back, 16);
			EXPECT_EQUAL(result_reps(result),
				     8 + !results[1] + !results[3]);
			deposit_new(vcpu, SELF, NULL, 8);
		}
		meet();
	}
}

static void one_page_is_taken_once(void)
{
	struct guest *guest = new_big_guest();
	u64 gpn = guest_alloc(guest);

	deposit_new(guest->vcpus, SELF, NULL, 8);
	guest_run_threads(guest, take_one_page, &gpn);
}

/*
 * Once a partition is finalized, nothing can come into its pool any more: what
 * was in it can be withdrawn, and then it can be deleted.
 */
static void finalize_under_deposits(struct vcpu *vcpu, void *arg)
{
	static u64 id;
	u64 first = *(u64 *)arg;
	u64 gpns[PAGES];
	unsigned int i;
	u64 result;
	int round;

	for (i = 0; i < PAGES; i++)
		gpns[i] = first + vcpu->index * PAGES + i;
	for (round = 0; round < ROUNDS; round++) {
		if (!vcpu->index)
			id = create_active_child(vcpu);
		meet();
		if (!vcpu->index) {
			struct hvp_memory_balance_out then;

			/* While the others are about to deposit */
			usleep(rand() % 500);
			EXPECT_STATUS(finalize_partition(vcpu, id, FORM_FAST), SUCCESS);
			then = balance_of(vcpu, id);
			usleep(1000);
			EXPECT_BALANCE(vcpu, id, then.pages_available, 0);
			withdraw_all(vcpu, id);
			EXPECT_STATUS(delete_partition(vcpu, id, FORM_FAST), SUCCESS);
		} else {
			do {
				result = deposit_memory(vcpu, id, gpns, PAGES);
			} while (result == RESULT(HVP_STATUS_SUCCESS, PAGES));
			EXPECT(result == HVP_STATUS_INVALID_PARTITION_STATE ||
			       result == HVP_STATUS_INVALID_PARTITION_ID ||
			       /* Not withdrawn yet since the last time */
			       result == HVP_STATUS_OPERATION_DENIED);
		}
		meet();
		/* No page is lost: all are free to be deposited. */
		if (vcpu->index)
			EXPECT_RESULT(deposit_memory(vcpu, SELF, gpns, PAGES), SUCCESS, PAGES);
		meet();
		if (!vcpu->index)
			withdraw_all(vcpu, SELF);
		meet();
	}
}

static void nothing_is_deposited_after_finalize(void)
{
	struct guest *guest = new_big_guest();
	u64 gpns[VCPUS * PAGES];

	guest_alloc_list(guest, gpns, VCPUS * PAGES);
	guest_run_threads(guest, finalize_under_deposits, &gpns[0]);
}

/* Another thread writes to the input while the call reads it. */

struct flipper {
	u64 *value;
	u64 one, other;
	bool stop;
	pthread_t thread;
};

static void *flip(void *arg)
{
	struct flipper *flipper = arg;

	while (!__atomic_load_n(&flipper->stop, __ATOMIC_RELAXED)) {
		__atomic_store_n(flipper->value, flipper->one, __ATOMIC_RELAXED);
		__atomic_store_n(flipper->value, flipper->other, __ATOMIC_RELAXED);
	}
	return NULL;
}

static void start_flipping(struct flipper *flipper)
{
	if (pthread_create(&flipper->thread, NULL, flip, flipper))
		die("cannot create a thread");
}

static void stop_flipping(struct flipper *flipper)
{
	__atomic_store_n(&flipper->stop, true, __ATOMIC_RELAXED);
	pthread_join(flipper->thread, NULL);
}

static void input_is_read_once(void)
{
	struct vcpu *vcpu = new_guest();
	u64 pools[2] = { create_child(vcpu), create_child(vcpu) };
	u64 *input = (u64 *)vcpu->input;
	u64 gpns[2], back;
	struct flipper id = { .value = &input[0], .one = pools[0], .other = pools[1] };
	struct flipper gpn = { .value = &input[1] };
	unsigned int round, i;

	guest_alloc_list(vcpu->guest, gpns, 2);
	gpn.one = gpns[0];
	gpn.other = gpns[1];
	for (round = 0; round < 100; round++) {
		u64 had[2], has[2];

		for (i = 0; i < 2; i++) {
			had[i] = balance_of(vcpu, pools[i]).pages_available;
			EXPECT_EQUAL(had[i], 0);
		}
		input[0] = pools[0];
		input[1] = gpns[0];
		id.stop = false;
		gpn.stop = false;
		start_flipping(&id);
		start_flipping(&gpn);
		EXPECT_RESULT(hypercall(vcpu, HVP_CALL_DEPOSIT_MEMORY | CONTROL_REPS(1),
					vcpu->input_gpa, 0), SUCCESS, 1);
		stop_flipping(&id);
		stop_flipping(&gpn);
		for (i = 0; i < 2; i++)
			has[i] = balance_of(vcpu, pools[i]).pages_available;
		EXPECT_EQUAL(has[0] + has[1], 1);
		EXPECT_RESULT(withdraw_memory(vcpu, pools[has[1]], NULL, &back, 1), SUCCESS, 1);
		EXPECT(back == gpns[0] || back == gpns[1]);
	}
}

/* The guest is reset under its vCPUs' hands. */
static bool resetting;
static unsigned int partitions_made;

static void make_partitions(struct vcpu *vcpu, void *arg)
{
	static const struct hvp_create_partition_in plain;
	u64 *gpns = (u64 *)arg + vcpu->index * PAGES;
	u64 id = 0;

	while (__atomic_load_n(&resetting, __ATOMIC_RELAXED)) {
		/* Whatever the answers are: there may be no identity, or no such ID. */
		deposit_memory(vcpu, SELF, gpns, PAGES);
		if (result_success(create_partition(vcpu, &plain, &id))) {
			initialize_partition(vcpu, id, FORM_FAST);
			__atomic_fetch_add(&partitions_made, 1, __ATOMIC_RELAXED);
		}
	}
}

static void *run_reset_threads(void *arg)
{
	struct guest *guest = arg;
	u64 gpns[VCPUS * PAGES];

	guest_alloc_list(guest, gpns, VCPUS * PAGES);
	guest_run_threads(guest, make_partitions, gpns);
	return NULL;
}

static void reset_while_calls_are_made(void)
{
	long long pinned = pinned_pages();
	struct guest *guest = new_big_guest();
	pthread_t thread;
	int round;

	resetting = true;
	if (pthread_create(&thread, NULL, run_reset_threads, guest))
		die("cannot create a thread");
	for (round = 0; round < 20; round++) {
		unsigned int before = __atomic_load_n(&partitions_made, __ATOMIC_RELAXED);

		/* In a hierarchy that is not empty; once each. */
		while (__atomic_load_n(&partitions_made, __ATOMIC_RELAXED) == before)
			usleep(100);
		guest_reset_identity(guest);
		guest_enable_hypercalls(guest);
	}
	__atomic_store_n(&resetting, false, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);

	guest_reset_identity(guest);
	EXPECT(pinned_pages_become(pinned));
	guest_enable_hypercalls(guest);
	EXPECT_BALANCE(guest->vcpus, SELF, 0, 0);
	EXPECT_EQUAL(create_child(guest->vcpus), 2);
}

static const struct test_case cases[] = {
	CASE(initialize_has_one_winner),
	CASE(finalize_has_one_winner),
	CASE(delete_has_one_winner),
	CASE(create_with_memory_for_one),
	CASE(creations_get_distinct_ids),
	CASE(each_page_is_deposited_once),
	CASE(each_page_is_withdrawn_once),
	CASE(different_calls_at_one_partition),
	CASE(statistics_are_mapped_once),
	CASE(one_page_is_taken_once),
	CASE(nothing_is_deposited_after_finalize),
	CASE(input_is_read_once),
	CASE(reset_while_calls_are_made),
};

int main(void)
{
	cases_add(cases, ARRAY_SIZE(cases));
	return cases_run();
}
