// SPDX-License-Identifier: GPL-2.0
/* Two guests on one host, which must not find out about each other. */
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "partitions.h"
#include "process.h"

#define SELF	HVP_PARTITION_ID_SELF

static void ids_start_from_two_in_each(void)
{
	struct vcpu *one = new_guest(), *other = new_guest();

	EXPECT_EQUAL(create_child(one), 2);
	EXPECT_EQUAL(create_child(one), 3);
	EXPECT_EQUAL(create_child(other), 2);
	EXPECT_EQUAL(create_child(one), 4);
	EXPECT_EQUAL(create_child(other), 3);
}

static void ids_of_the_other_are_invalid(void)
{
	struct vcpu *one = new_guest(), *other = new_guest();
	struct hvp_memory_balance_out balance;
	struct hvp_stats_page_in object;
	u64 id, gpn = guest_alloc(one->guest), back;

	create_active_child(other);
	id = create_active_child(other);
	finalize_child(other, id);
	EXPECT_EQUAL(id, 3);
	create_child(one);

	EXPECT_STATUS(initialize_partition(one, id, FORM_FAST), INVALID_PARTITION_ID);
	EXPECT_STATUS(finalize_partition(one, id, FORM_FAST), INVALID_PARTITION_ID);
	EXPECT_STATUS(delete_partition(one, id, FORM_FAST), INVALID_PARTITION_ID);
	EXPECT_STATUS(deposit_memory(one, id, &gpn, 1), INVALID_PARTITION_ID);
	EXPECT_STATUS(withdraw_memory(one, id, NULL, &back, 1), INVALID_PARTITION_ID);
	EXPECT_STATUS(get_memory_balance(one, id, NULL, &balance), INVALID_PARTITION_ID);
	object = stats_of_partition(id, HVP_STATS_AREA_SELF);
	EXPECT_STATUS(map_stats_page2(one, &object, gpn), INVALID_PARTITION_ID);
	EXPECT_STATUS(unmap_stats_page(one, &object), INVALID_PARTITION_ID);
}

/* Each has its own statistics, at the same pages and of the same partitions. */
static void equal_statistics_are_different_pages(void)
{
	struct vcpu *one = new_guest(), *other = new_guest();
	struct hvp_stats_page_in object = stats_of_partition(SELF, HVP_STATS_AREA_SELF);
	u64 gpn = guest_alloc(one->guest);
	const u64 *ones = guest_host(one->guest, gpn << HVP_PAGE_SHIFT);
	const u64 *others = guest_host(other->guest, gpn << HVP_PAGE_SHIFT);

	EXPECT_EQUAL(guest_alloc(other->guest), gpn);
	deposit_new(one, SELF, NULL, 11);
	deposit_new(other, SELF, NULL, 22);
	EXPECT_STATUS(map_stats_page2(one, &object, gpn), SUCCESS);
	EXPECT_STATUS(unmap_stats_page(other, &object), INVALID_PARAMETER);
	EXPECT_STATUS(map_stats_page2(other, &object, gpn), SUCCESS);
	sleep(2);
	EXPECT_EQUAL(ones[HVP_COUNTER_PT_DEPOSITED_PAGES], 11);
	EXPECT_EQUAL(others[HVP_COUNTER_PT_DEPOSITED_PAGES], 22);
	EXPECT_STATUS(unmap_stats_page(one, &object), SUCCESS);
	EXPECT_EQUAL(ones[HVP_COUNTER_PT_DEPOSITED_PAGES], 0);
	EXPECT_EQUAL(others[HVP_COUNTER_PT_DEPOSITED_PAGES], 22);
}

/* The same number is a different partition, state and pool in each. */
static void equal_ids_are_different_partitions(void)
{
	struct vcpu *one = new_guest(), *other = new_guest();

	EXPECT_EQUAL(create_child(one), 2);
	EXPECT_EQUAL(create_child(other), 2);
	initialize_child(one, 2);
	deposit_new(other, 2, NULL, 50);
	EXPECT_STATE(one, 2, "active");
	EXPECT_STATE(other, 2, "uninitialized");
	EXPECT_BALANCE(other, 2, 50, 0);
	EXPECT_STATUS(initialize_partition(other, 2, FORM_FAST), SUCCESS);
	finalize_child(one, 2);
	EXPECT_STATE(other, 2, "active");
	withdraw_all(one, 2);
	delete_child(one, 2);
	EXPECT_STATE(other, 2, "active");
}

static void equal_page_numbers_are_different_pages(void)
{
	struct vcpu *one = new_guest(), *other = new_guest();
	u64 gpns[10], back[10];
	unsigned int i;

	guest_alloc_list(one->guest, gpns, 10);
	guest_alloc_list(other->guest, gpns, 10);
	EXPECT_RESULT(deposit_memory(one, SELF, gpns, 10), SUCCESS, 10);
	EXPECT_BALANCE(other, SELF, 0, 0);
	EXPECT_RESULT(withdraw_memory(other, SELF, NULL, back, 10), NO_RESOURCES, 0);
	EXPECT_RESULT(deposit_memory(other, SELF, gpns, 10), SUCCESS, 10);
	EXPECT_RESULT(withdraw_memory(one, SELF, NULL, back, 10), SUCCESS, 10);
	EXPECT_BALANCE(other, SELF, 10, 0);
	/* Only the one guest's pages have been zeroed. */
	for (i = 0; i < 10; i++) {
		u8 *page = guest_host(other->guest, gpns[i] << HVP_PAGE_SHIFT);

		EXPECT_EQUAL(page[0], 0x5a);
	}
}

/* Limits are each VM's own. */
static void one_guest_does_not_use_up_the_others_limits(void)
{
	static const struct hvp_create_partition_in plain;
	struct vcpu *one = new_guest(), *other = new_guest();
	u64 gpns[41], id;

	deposit_new(one, SELF, NULL, 50);
	deposit_new(other, SELF, NULL, 50);
	module_parameter_set("max_partitions", 2);
	create_child(one);
	create_child(one);
	EXPECT_STATUS(create_partition(one, &plain, &id), NO_RESOURCES);
	EXPECT_STATUS(create_partition(other, &plain, &id), SUCCESS);
	EXPECT_STATUS(create_partition(other, &plain, &id), SUCCESS);

	module_parameter_set("max_pages", 90);
	guest_alloc_list(one->guest, gpns, 41);
	EXPECT_RESULT(deposit_memory(one, SELF, gpns, 41), NO_RESOURCES, 0);
	EXPECT_RESULT(deposit_memory(one, SELF, gpns, 40), SUCCESS, 40);
	guest_alloc_list(other->guest, gpns, 41);
	EXPECT_RESULT(deposit_memory(other, SELF, gpns, 40), SUCCESS, 40);
}

/* The end of one is nothing to the other. */
static void one_guest_goes_away(void)
{
	struct vcpu *one = new_guest(), *other = new_guest();
	u64 id = create_active_child(other);

	create_active_child(one);
	deposit_new(one, SELF, NULL, 100);
	deposit_new(other, SELF, NULL, 10);
	guest_destroy(one->guest);
	EXPECT_STATE(other, id, "active");
	EXPECT_BALANCE(other, SELF, balance_of(other, SELF).pages_available,
		       balance_of(other, SELF).pages_in_use);
	EXPECT_EQUAL(create_child(other), id + 1);
	EXPECT_EQUAL(withdraw_all(other, SELF) >= 1, true);
	one = new_guest();
	EXPECT_EQUAL(create_child(one), 2);
}

static void be_the_one(int ready, void *pages)
{
	struct vcpu *one = new_guest();

	create_active_child(one);
	deposit_new(one, SELF, NULL, *(unsigned int *)pages);
	process_tell(ready, "", 1);
	pause();
}

static void one_process_is_killed(void)
{
	struct vcpu *other = new_guest();
	u64 id = create_active_child(other);
	unsigned int pages = 100;
	struct process one = process_start(be_the_one, &pages);
	char byte;

	process_hear(one, &byte, 1);
	kill(one.pid, SIGKILL);
	waitpid(one.pid, NULL, 0);
	EXPECT_STATE(other, id, "active");
	finalize_child(other, id);
	withdraw_all(other, id);
	delete_child(other, id);
}

static const struct test_case cases[] = {
	CASE(ids_start_from_two_in_each),
	CASE(ids_of_the_other_are_invalid),
	CASE(equal_statistics_are_different_pages),
	CASE(equal_ids_are_different_partitions),
	CASE(equal_page_numbers_are_different_pages),
	CASE(one_guest_does_not_use_up_the_others_limits),
	CASE(one_guest_goes_away),
	CASE(one_process_is_killed),
};

int main(void)
{
	cases_add(cases, ARRAY_SIZE(cases));
	return cases_run();
}
