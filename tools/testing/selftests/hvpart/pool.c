// SPDX-License-Identifier: GPL-2.0
/* HvDepositMemory, HvWithdrawMemory, HvGetMemoryBalance: what goes in comes out. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "numa.h"
#include "partitions.h"
#include "process.h"
#include "refused_pages.h"

#define SELF			HVP_PARTITION_ID_SELF

static u8 *page_of(struct vcpu *vcpu, u64 gpn)
{
	return guest_host(vcpu->guest, gpn << HVP_PAGE_SHIFT);
}

static bool page_filled_with(struct vcpu *vcpu, u64 gpn, u8 value)
{
	u8 *page = page_of(vcpu, gpn);

	return page[0] == value && !memcmp(page, page + 1, HVP_PAGE_SIZE - 1);
}

static int compare_gpns(const void *a, const void *b)
{
	u64 x = *(const u64 *)a, y = *(const u64 *)b;

	return x < y ? -1 : x > y;
}

/* The same pages, each as often; sorts both lists. */
static void expect_same_pages(u64 *withdrawn, u64 *deposited, unsigned int count)
{
	unsigned int i;

	qsort(withdrawn, count, sizeof(u64), compare_gpns);
	qsort(deposited, count, sizeof(u64), compare_gpns);
	for (i = 0; i < count; i++)
		REQUIRE_EQUAL(withdrawn[i], deposited[i]);
}

static void withdrawn_is_what_was_deposited(void)
{
	struct vcpu *vcpu = new_guest();
	u64 own[60], others[60], back[60];
	u64 id = create_child(vcpu);
	u64 neighbour = guest_alloc(vcpu->guest);
	unsigned int i, done;

	withdraw_all(vcpu, SELF);
	deposit_new(vcpu, SELF, own, 60);
	deposit_new(vcpu, id, others, 60);
	/* What the guest writes to a deposited page is lost. */
	for (i = 0; i < 60; i += 2)
		memset(page_of(vcpu, others[i]), 0xee, HVP_PAGE_SIZE);

	for (done = 0; done < 60; done += 12) {
		REQUIRE_RESULT(withdraw_memory(vcpu, id, NULL, back + done, 12), SUCCESS, 12);
		EXPECT_BALANCE(vcpu, id, 60 - done - 12, 0);
	}
	expect_same_pages(back, others, 60);
	for (i = 0; i < 60; i++)
		EXPECT(page_filled_with(vcpu, back[i], 0));
	EXPECT(page_filled_with(vcpu, neighbour, 0x5a));

	REQUIRE_RESULT(withdraw_memory(vcpu, SELF, NULL, back, 60), SUCCESS, 60);
	expect_same_pages(back, own, 60);
}

static void withdrawn_pages_are_ram_again(void)
{
	struct vcpu *vcpu = new_guest();
	u64 id = create_child(vcpu);
	u64 gpns[8], back[8];
	int round;

	guest_alloc_list(vcpu->guest, gpns, 8);
	for (round = 0; round < 4; round++) {
		u64 owner = round & 1 ? SELF : id;

		REQUIRE_RESULT(deposit_memory(vcpu, owner, gpns, 8), SUCCESS, 8);
		REQUIRE_RESULT(withdraw_memory(vcpu, owner, NULL, back, 8), SUCCESS, 8);
		expect_same_pages(back, gpns, 8);
		memset(page_of(vcpu, gpns[3]), 0x77, HVP_PAGE_SIZE);
		EXPECT(page_filled_with(vcpu, gpns[3], 0x77));
		EXPECT(page_filled_with(vcpu, gpns[4], 0));
	}
}

static void longest_lists(void)
{
	struct vcpu *vcpu = new_guest();
	u64 in[WITHDRAW_MAX_REPS], out[WITHDRAW_MAX_REPS];

	guest_alloc_list(vcpu->guest, in, WITHDRAW_MAX_REPS);
	EXPECT_RESULT(deposit_memory(vcpu, SELF, in, 511), SUCCESS, 511);
	EXPECT_RESULT(deposit_memory(vcpu, SELF, in + 511, 1), SUCCESS, 1);
	EXPECT_BALANCE(vcpu, SELF, 512, 0);
	EXPECT_RESULT(withdraw_memory(vcpu, SELF, NULL, out, 512), SUCCESS, 512);
	expect_same_pages(out, in, 512);
	EXPECT_BALANCE(vcpu, SELF, 0, 0);
}

static void too_little_left(void)
{
	struct vcpu *vcpu = new_guest();
	u64 in[5], out[WITHDRAW_MAX_REPS];

	EXPECT_RESULT(withdraw_memory(vcpu, SELF, NULL, out, 1), NO_RESOURCES, 0);
	EXPECT_RESULT(withdraw_memory(vcpu, SELF, NULL, out, 512), NO_RESOURCES, 0);
	deposit_new(vcpu, SELF, in, 5);
	EXPECT_RESULT(withdraw_memory(vcpu, SELF, NULL, out, 512), NO_RESOURCES, 5);
	expect_same_pages(out, in, 5);
	EXPECT_RESULT(withdraw_memory(vcpu, SELF, NULL, out, 1), NO_RESOURCES, 0);
}

static void withdraw_from_rep_start(void)
{
	struct vcpu *vcpu = new_guest();
	u64 in[7], out[10];

	deposit_new(vcpu, SELF, in, 7);
	/* hypercalls.c sees to it that elements before the start are untouched. */
	EXPECT_RESULT(withdraw_memory_from(vcpu, SELF, NULL, out, 8, 3), SUCCESS, 8);
	EXPECT_BALANCE(vcpu, SELF, 2, 0);
	EXPECT_RESULT(withdraw_memory(vcpu, SELF, NULL, out + 8, 2), SUCCESS, 2);
	expect_same_pages(out + 3, in, 7);

	/* reps completed counts from element 0 */
	deposit_new(vcpu, SELF, in, 2);
	EXPECT_RESULT(withdraw_memory_from(vcpu, SELF, NULL, out, 10, 4), NO_RESOURCES, 6);
	expect_same_pages(out + 4, in, 2);
	EXPECT_RESULT(withdraw_memory_from(vcpu, SELF, NULL, out, 10, 4), NO_RESOURCES, 4);
}

static void deposit_from_rep_start(void)
{
	struct vcpu *vcpu = new_guest();
	u64 gpns[10], back[10];

	guest_alloc_list(vcpu->guest, gpns, 10);
	/* Bad or good, these are done and not looked at. */
	gpns[0] = GUEST_HOLE_GPA >> HVP_PAGE_SHIFT;
	gpns[2] = ~0ULL;
	gpns[3] = gpns[4];
	EXPECT_RESULT(deposit_memory_from(vcpu, SELF, gpns, 10, 4), SUCCESS, 10);
	EXPECT_BALANCE(vcpu, SELF, 6, 0);
	EXPECT_RESULT(withdraw_memory(vcpu, SELF, NULL, back, 6), SUCCESS, 6);
	expect_same_pages(back, gpns + 4, 6);
}

/* Pages that cannot be deposited. Element 3 of a list is one of them. */

static void try_bad_page(const void *data)
{
	const struct refused_page *row = data;
	struct vcpu *vcpu = guest_for_refused_page(row);
	u64 gpns[6], back[WITHDRAW_MAX_REPS];
	u64 bad = row->page(vcpu);
	struct hvp_memory_balance_out before = balance_of(vcpu, SELF);
	u64 available = before.pages_available, in_use = before.pages_in_use;

	/* Alone, and as the last one of a list that goes up to it. */
	expect_result_at(__FILE__, __LINE__, "one page", deposit_memory(vcpu, SELF, &bad, 1),
			 RESULT(row->status, 0));
	EXPECT_BALANCE(vcpu, SELF, available, in_use);

	/* In the midst: the earlier ones stay, the later ones are not touched. */
	guest_alloc_list(vcpu->guest, gpns, 6);
	gpns[3] = bad;
	expect_result_at(__FILE__, __LINE__, "element 3 of 6",
			 deposit_memory(vcpu, SELF, gpns, 6), RESULT(row->status, 3));
	EXPECT_BALANCE(vcpu, SELF, available + 3, in_use);
	EXPECT(page_filled_with(vcpu, gpns[4], 0x5a));

	/* reps completed is absolute. */
	guest_alloc_list(vcpu->guest, gpns, 6);
	gpns[4] = bad;
	expect_result_at(__FILE__, __LINE__, "element 4 of 6 from 2",
			 deposit_memory_from(vcpu, SELF, gpns, 6, 2), RESULT(row->status, 4));
	EXPECT_BALANCE(vcpu, SELF, available + 5, in_use);

	/* The rest of the list can still be deposited. */
	EXPECT_RESULT(deposit_memory_from(vcpu, SELF, gpns, 6, 5), SUCCESS, 6);
	EXPECT_RESULT(withdraw_memory(vcpu, SELF, NULL, back, WITHDRAW_MAX_REPS),
		      NO_RESOURCES, available + 6);
}

static void same_page_twice_in_a_list(void)
{
	struct vcpu *vcpu = new_guest();
	u64 gpns[5];

	guest_alloc_list(vcpu->guest, gpns, 5);
	gpns[2] = gpns[0];
	EXPECT_RESULT(deposit_memory(vcpu, SELF, gpns, 5), OPERATION_DENIED, 2);
	EXPECT_BALANCE(vcpu, SELF, 2, 0);
	EXPECT_EQUAL(withdraw_all(vcpu, SELF), 2);
}

/* Pages that look special and are not. */

static void disabled_overlay_pages_are_ram(void)
{
	static const u32 msrs[] = { MSR_HYPERV_SIMP, MSR_HYPERV_SIEFP, MSR_HYPERV_VP_ASSIST };
	struct guest_config config = { .synic = true, .privileges = GUEST_ALL_PRIVILEGES };
	struct vcpu *vcpu = &guest_create(&config)->vcpus[0];
	unsigned int i;

	for (i = 0; i < 3; i++) {
		u64 gpn = page_enabled_by(vcpu, msrs[i]);

		EXPECT_RESULT(deposit_memory(vcpu, SELF, &gpn, 1), OBJECT_IN_USE, 0);
		guest_set_msr(vcpu, msrs[i], gpn << HVP_PAGE_SHIFT);
		EXPECT_RESULT(deposit_memory(vcpu, SELF, &gpn, 1), SUCCESS, 1);
	}
	EXPECT_BALANCE(vcpu, SELF, 3, 0);
}

static void output_page_is_ram(void)
{
	struct vcpu *vcpu = new_guest();
	u64 gpn = vcpu->output_gpa >> HVP_PAGE_SHIFT, back;
	u64 other = guest_alloc(vcpu->guest);

	EXPECT_RESULT(deposit_memory(vcpu, SELF, &gpn, 1), SUCCESS, 1);
	vcpu->output_gpa = other << HVP_PAGE_SHIFT;
	vcpu->output = page_of(vcpu, other);
	EXPECT_RESULT(withdraw_memory(vcpu, SELF, NULL, &back, 1), SUCCESS, 1);
	EXPECT_EQUAL(back, gpn);
}

static void first_and_last_page_of_ram(void)
{
	struct vcpu *vcpu = new_guest();
	u64 gpns[2] = { 0, (vcpu->guest->config.ram >> HVP_PAGE_SHIFT) - 1 }, back[2];

	EXPECT_RESULT(deposit_memory(vcpu, SELF, gpns, 2), SUCCESS, 2);
	EXPECT_RESULT(withdraw_memory(vcpu, SELF, NULL, back, 2), SUCCESS, 2);
	expect_same_pages(back, gpns, 2);
	EXPECT(page_filled_with(vcpu, gpns[0], 0));
	EXPECT(page_filled_with(vcpu, gpns[1], 0));
}

static void shared_memory_and_untouched_pages(void)
{
	struct guest_config config = { .shared_ram = true, .privileges = GUEST_ALL_PRIVILEGES };
	struct vcpu *vcpu = &guest_create(&config)->vcpus[0];
	u64 gpns[4], back[4];

	guest_alloc_list(vcpu->guest, gpns, 4);
	if (madvise(page_of(vcpu, gpns[1]), HVP_PAGE_SIZE, MADV_REMOVE))
		die("MADV_REMOVE: %m");
	REQUIRE_RESULT(deposit_memory(vcpu, SELF, gpns, 4), SUCCESS, 4);
	REQUIRE_RESULT(withdraw_memory(vcpu, SELF, NULL, back, 4), SUCCESS, 4);
	expect_same_pages(back, gpns, 4);
	EXPECT(page_filled_with(vcpu, gpns[0], 0));
	EXPECT(page_filled_with(vcpu, gpns[1], 0));
}

static void partition_ids(void)
{
	static const u64 ids[] = { 0, 3, 1ULL << 32 | 2, HVP_PARTITION_ID_SELF - 1, 0xffffffff };
	struct vcpu *vcpu = new_guest();
	struct hvp_memory_balance_out balance;
	u64 gpn = guest_alloc(vcpu->guest), back;
	unsigned int i;

	EXPECT_EQUAL(create_child(vcpu), 2);
	for (i = 0; i < ARRAY_SIZE(ids); i++) {
		EXPECT_RESULT(deposit_memory(vcpu, ids[i], &gpn, 1), INVALID_PARTITION_ID, 0);
		EXPECT_RESULT(withdraw_memory(vcpu, ids[i], NULL, &back, 1),
			      INVALID_PARTITION_ID, 0);
		EXPECT_STATUS(get_memory_balance(vcpu, ids[i], NULL, &balance),
			      INVALID_PARTITION_ID);
	}
	/* The root's ID and SELF are the same pool, the child's another one. */
	EXPECT_RESULT(deposit_memory(vcpu, HVP_PARTITION_ID_ROOT, &gpn, 1), SUCCESS, 1);
	EXPECT_EQUAL(balance_of(vcpu, SELF).pages_available,
		     balance_of(vcpu, HVP_PARTITION_ID_ROOT).pages_available);
	EXPECT_BALANCE(vcpu, 2, 0, 0);
	EXPECT_RESULT(withdraw_memory(vcpu, 2, NULL, &back, 1), NO_RESOURCES, 0);
	EXPECT_EQUAL(withdraw_all(vcpu, SELF), 1);
}

/* Failed calls report where they would have started. */
static void refused_calls_report_rep_start(void)
{
	struct vcpu *vcpu = new_guest();
	struct hvp_proximity bad = { 0, 2 };
	u64 gpns[4], back[4];

	guest_alloc_list(vcpu->guest, gpns, 4);
	EXPECT_RESULT(deposit_memory_from(vcpu, 77, gpns, 4, 3), INVALID_PARTITION_ID, 3);
	EXPECT_RESULT(withdraw_memory_from(vcpu, 77, NULL, back, 4, 3), INVALID_PARTITION_ID, 3);
	EXPECT_RESULT(withdraw_memory_from(vcpu, SELF, &bad, back, 4, 2), INVALID_PARAMETER, 2);
}

static const struct proximity_row {
	const char *name;
	struct hvp_proximity proximity;
	bool valid;
} proximity_rows[] = {
	{ "pool proximity any", { 0, 0 }, true },
	{ "pool proximity any, id is ignored", { 77, 0 }, true },
	{ "pool proximity any, preferred is ignored", { 77, HVP_PROXIMITY_PREFERRED }, true },
	{ "pool proximity reserved flag without valid", { 0, 1 << 5 }, false },
	{ "pool proximity reserved flag 1", { 0, HVP_PROXIMITY_VALID | 2 }, false },
	{ "pool proximity reserved flag 30", { 0, HVP_PROXIMITY_VALID | 1 << 30 }, false },
	{ "pool proximity offline node", { 63, HVP_PROXIMITY_VALID }, false },
	{ "pool proximity offline node preferred",
	  { 63, HVP_PROXIMITY_VALID | HVP_PROXIMITY_PREFERRED }, false },
	{ "pool proximity id 64", { 64, HVP_PROXIMITY_VALID }, false },
	{ "pool proximity id 0x80000000", { 0x80000000, HVP_PROXIMITY_VALID }, false },
};

static void try_proximity(const void *data)
{
	const struct proximity_row *row = data;
	struct vcpu *vcpu = new_guest();
	struct hvp_memory_balance_out balance;
	u64 back[3];

	deposit_new(vcpu, SELF, NULL, 3);
	if (row->valid) {
		EXPECT_STATUS(get_memory_balance(vcpu, SELF, &row->proximity, &balance), SUCCESS);
		EXPECT_EQUAL(balance.pages_available, 3);
		EXPECT_EQUAL(balance.pages_in_use, 0);
		EXPECT_RESULT(withdraw_memory(vcpu, SELF, &row->proximity, back, 3), SUCCESS, 3);
	} else {
		EXPECT_STATUS(get_memory_balance(vcpu, SELF, &row->proximity, &balance),
			      INVALID_PARAMETER);
		EXPECT_RESULT(withdraw_memory(vcpu, SELF, &row->proximity, back, 3),
			      INVALID_PARAMETER, 0);
		EXPECT_BALANCE(vcpu, SELF, 3, 0);
		/* Which partition it is comes before what is wanted of it. */
		EXPECT_STATUS(get_memory_balance(vcpu, 9, &row->proximity, &balance),
			      INVALID_PARTITION_ID);
	}
}

static const struct hvp_proximity required[2] = {
	{ 0, HVP_PROXIMITY_VALID }, { 1, HVP_PROXIMITY_VALID },
};

static const struct hvp_proximity preferred[2] = {
	{ 0, HVP_PROXIMITY_VALID | HVP_PROXIMITY_PREFERRED },
	{ 1, HVP_PROXIMITY_VALID | HVP_PROXIMITY_PREFERRED },
};

static void expect_domain_balance(struct vcpu *vcpu, u64 id, unsigned int node,
				  u64 available, u64 in_use)
{
	struct hvp_memory_balance_out balance;

	REQUIRE_STATUS(get_memory_balance(vcpu, id, &required[node], &balance), SUCCESS);
	if (balance.pages_available != available || balance.pages_in_use != in_use)
		fail_at(__FILE__, __LINE__,
			"node %u: expected %llu available, %llu in use; got %llu, %llu", node,
			available, in_use, balance.pages_available, balance.pages_in_use);
}

static void need_two_nodes(void)
{
	if (!node_online(0) || !node_online(1))
		case_skip("needs NUMA nodes 0 and 1 (tools/testing/vm/run --numa 2)");
}

/* Deposit @count pages from a node. */
static void deposit_from_node(struct vcpu *vcpu, u64 id, unsigned int node, unsigned int count,
			      u64 *gpns)
{
	u64 list[DEPOSIT_MAX_REPS];

	guest_alloc_list(vcpu->guest, list, count);
	bind_pages(vcpu->guest, list, count, node);
	REQUIRE_RESULT(deposit_memory(vcpu, id, list, count), SUCCESS, count);
	if (gpns)
		memcpy(gpns, list, count * sizeof(*gpns));
}

static void withdraw_by_domain(void)
{
	struct vcpu *vcpu;
	u64 far[10], near[5], back[20];

	need_two_nodes();
	vcpu = new_guest();
	deposit_from_node(vcpu, SELF, 1, 10, far);
	deposit_from_node(vcpu, SELF, 0, 5, near);
	EXPECT_BALANCE(vcpu, SELF, 15, 0);
	expect_domain_balance(vcpu, SELF, 0, 5, 0);
	expect_domain_balance(vcpu, SELF, 1, 10, 0);

	/* Required: that domain only. */
	EXPECT_RESULT(withdraw_memory(vcpu, SELF, &required[0], back, 20), NO_RESOURCES, 5);
	expect_same_pages(back, near, 5);
	expect_domain_balance(vcpu, SELF, 0, 0, 0);
	expect_domain_balance(vcpu, SELF, 1, 10, 0);
	EXPECT_RESULT(withdraw_memory(vcpu, SELF, &required[0], back, 1), NO_RESOURCES, 0);

	/* Preferred: that domain first, then any. */
	deposit_from_node(vcpu, SELF, 0, 5, near);
	EXPECT_RESULT(withdraw_memory(vcpu, SELF, &preferred[0], back, 7), SUCCESS, 7);
	expect_domain_balance(vcpu, SELF, 0, 0, 0);
	expect_domain_balance(vcpu, SELF, 1, 8, 0);
	expect_same_pages(back, near, 5);
	EXPECT_RESULT(withdraw_memory(vcpu, SELF, NULL, back, 8), SUCCESS, 8);
}

static void initialize_by_domain(void)
{
	struct vcpu *vcpu;
	struct hvp_create_partition_in in = { .proximity = required[1] };
	u64 id, charge;

	need_two_nodes();
	vcpu = new_guest();
	deposit_from_node(vcpu, SELF, 0, 50, NULL);
	/* Creation wants the domain too, of the caller's pool. */
	EXPECT_STATUS(create_partition(vcpu, &in, &id), INSUFFICIENT_MEMORY);
	in.proximity = preferred[1];
	EXPECT_STATUS(create_partition(vcpu, &in, &id), SUCCESS);
	deposit_from_node(vcpu, SELF, 1, 50, NULL);
	in.proximity = required[1];
	EXPECT_STATUS(create_partition(vcpu, &in, &id), SUCCESS);

	deposit_from_node(vcpu, id, 0, 50, NULL);
	EXPECT_STATUS(initialize_partition(vcpu, id, FORM_FAST), INSUFFICIENT_MEMORY);
	deposit_from_node(vcpu, id, 1, 50, NULL);
	EXPECT_STATUS(initialize_partition(vcpu, id, FORM_FAST), SUCCESS);
	charge = balance_of(vcpu, id).pages_in_use;
	expect_domain_balance(vcpu, id, 1, 50 - charge, charge);
	expect_domain_balance(vcpu, id, 0, 50, 0);
	finalize_child(vcpu, id);
	expect_domain_balance(vcpu, id, 1, 50, 0);

	/* Preferred: any will do, but that one if it can. */
	in.proximity = preferred[1];
	REQUIRE_STATUS(create_partition(vcpu, &in, &id), SUCCESS);
	deposit_from_node(vcpu, id, 0, 50, NULL);
	EXPECT_STATUS(initialize_partition(vcpu, id, FORM_FAST), SUCCESS);
	expect_domain_balance(vcpu, id, 0, 50 - charge, charge);
	REQUIRE_STATUS(create_partition(vcpu, &in, &id), SUCCESS);
	deposit_from_node(vcpu, id, 0, 50, NULL);
	deposit_from_node(vcpu, id, 1, 50, NULL);
	EXPECT_STATUS(initialize_partition(vcpu, id, FORM_FAST), SUCCESS);
	expect_domain_balance(vcpu, id, 1, 50 - charge, charge);
	expect_domain_balance(vcpu, id, 0, 50, 0);
}

/* Limits: a call that would hit one takes nothing. */

static void page_limit(void)
{
	struct vcpu *vcpu = new_guest();
	u64 id = create_child(vcpu);
	u64 gpns[40], back[40];
	u64 before = balance_of(vcpu, SELF).pages_available +
		     balance_of(vcpu, SELF).pages_in_use;

	module_parameter_set("max_pages", before + 30);
	guest_alloc_list(vcpu->guest, gpns, 40);
	EXPECT_RESULT(deposit_memory(vcpu, id, gpns, 31), NO_RESOURCES, 0);
	EXPECT_BALANCE(vcpu, id, 0, 0);
	EXPECT_RESULT(deposit_memory(vcpu, id, gpns, 20), SUCCESS, 20);
	/* It is the limit of all pools together. */
	EXPECT_RESULT(deposit_memory(vcpu, SELF, gpns + 20, 11), NO_RESOURCES, 0);
	EXPECT_RESULT(deposit_memory_from(vcpu, SELF, gpns + 15, 16, 5), NO_RESOURCES, 5);
	EXPECT_RESULT(deposit_memory(vcpu, SELF, gpns + 20, 10), SUCCESS, 10);
	EXPECT_RESULT(deposit_memory(vcpu, id, gpns + 30, 1), NO_RESOURCES, 0);
	EXPECT_BALANCE(vcpu, id, 20, 0);
	/* What is withdrawn counts no more. */
	EXPECT_RESULT(withdraw_memory(vcpu, id, NULL, back, 3), SUCCESS, 3);
	EXPECT_RESULT(deposit_memory(vcpu, SELF, gpns + 30, 4), NO_RESOURCES, 0);
	EXPECT_RESULT(deposit_memory(vcpu, SELF, gpns + 30, 3), SUCCESS, 3);
	module_parameter_set("max_pages", before + 31);
	EXPECT_RESULT(deposit_memory(vcpu, id, gpns + 33, 1), SUCCESS, 1);
}

static void locked_memory_limit(void)
{
	struct vcpu *vcpu = new_guest_of_small_pages();
	u64 gpns[20], back[20];
	int round;

	limit_locked_memory(16);
	guest_alloc_list(vcpu->guest, gpns, 20);
	EXPECT_RESULT(deposit_memory(vcpu, SELF, gpns, 17), NO_RESOURCES, 0);
	EXPECT_BALANCE(vcpu, SELF, 0, 0);
	for (round = 0; round < 3; round++) {
		EXPECT_RESULT(deposit_memory(vcpu, SELF, gpns, 10), SUCCESS, 10);
		EXPECT_RESULT(deposit_memory(vcpu, SELF, gpns + 10, 7), NO_RESOURCES, 0);
		EXPECT_RESULT(deposit_memory(vcpu, SELF, gpns + 10, 6), SUCCESS, 6);
		EXPECT_RESULT(deposit_memory(vcpu, SELF, gpns + 16, 1), NO_RESOURCES, 0);
		EXPECT_BALANCE(vcpu, SELF, 16, 0);
		EXPECT_RESULT(withdraw_memory(vcpu, SELF, NULL, back, 16), SUCCESS, 16);
	}
}

/* A page that is refused for another reason is not charged. */
static void refused_pages_are_not_charged(void)
{
	struct vcpu *vcpu = new_guest_of_small_pages();
	u64 gpns[16], bad;
	int round;

	limit_locked_memory(16);
	guest_alloc_list(vcpu->guest, gpns, 16);
	bad = gpns[15];
	gpns[15] = GUEST_HOLE_GPA >> HVP_PAGE_SHIFT;
	for (round = 0; round < 4; round++) {
		EXPECT_RESULT(deposit_memory(vcpu, SELF, gpns, 16), OPERATION_DENIED, 15);
		EXPECT_EQUAL(withdraw_all(vcpu, SELF), 15);
	}
	gpns[15] = bad;
	EXPECT_RESULT(deposit_memory(vcpu, SELF, gpns, 16), SUCCESS, 16);
}

static void deposited_pages_are_pinned(void)
{
	long long before = pinned_pages();
	struct vcpu *vcpu = new_guest();

	deposit_new(vcpu, SELF, NULL, 40);
	EXPECT_EQUAL(pinned_pages() - before, 40);
	withdraw_all(vcpu, SELF);
	EXPECT_EQUAL(pinned_pages() - before, 0);
	deposit_new(vcpu, SELF, NULL, 40);
	guest_destroy(vcpu->guest);
	EXPECT(pinned_pages_become(before));
}

/* The VMM takes RAM away that is in a pool, the slot first. */
static void memory_that_the_vmm_takes_away(void)
{
	long long before = pinned_pages();
	struct vcpu *vcpu = new_guest();
	struct guest *guest = vcpu->guest;
	u64 gpn = guest_add_page(guest, 0, PROT_READ | PROT_WRITE), back;
	struct guest_slot *slot = &guest->slots[guest->nr_slots - 1];
	struct kvm_userspace_memory_region gone = {
		.slot = guest->nr_slots - 1, .guest_phys_addr = slot->gpa,
	};

	REQUIRE_RESULT(deposit_memory(vcpu, SELF, &gpn, 1), SUCCESS, 1);
	if (ioctl(guest->vm_fd, KVM_SET_USER_MEMORY_REGION, &gone))
		die("KVM_SET_USER_MEMORY_REGION: %m");
	munmap(slot->host, slot->size);
	EXPECT_BALANCE(vcpu, SELF, 1, 0);
	EXPECT_RESULT(withdraw_memory(vcpu, SELF, NULL, &back, 1), SUCCESS, 1);
	slot->size = 0;
	guest_destroy(guest);
	EXPECT(pinned_pages_become(before));
}

/* A chunk of the record of deposited pages, in pages; see Documentation/limits.rst. */
#define CLAIM_CHUNK_PAGES	1024
#define MOVES			300

static void move_slot(struct guest *guest, struct guest_slot *slot, u64 gpa, u64 size)
{
	guest_set_slot(guest, slot, gpa, size, 0);
}

/* A page is deposited at ever other addresses, and the host keeps nothing of them. */
static void page_that_moves_leaves_nothing(void)
{
	struct vcpu *vcpu = new_guest();
	struct guest *guest = vcpu->guest;
	struct guest_slot *slot;
	long long objects = 0;
	u64 gpns[2], back;
	u64 move;

	guest_add_page(guest, 0, PROT_READ | PROT_WRITE);
	slot = &guest->slots[guest->nr_slots - 1];
	for (move = 0; move < MOVES; move++) {
		gpns[0] = ((4ULL << 30) >> HVP_PAGE_SHIFT) + move * CLAIM_CHUNK_PAGES;
		gpns[1] = gpns[0];
		move_slot(guest, slot, gpns[0] << HVP_PAGE_SHIFT, HVP_PAGE_SIZE);
		/* Each other time with an element that is refused. */
		if (move & 1)
			REQUIRE_RESULT(deposit_memory(vcpu, SELF, gpns, 2), OPERATION_DENIED, 1);
		else
			REQUIRE_RESULT(deposit_memory(vcpu, SELF, gpns, 1), SUCCESS, 1);
		REQUIRE_RESULT(withdraw_memory(vcpu, SELF, NULL, &back, 1), SUCCESS, 1);
		REQUIRE_EQUAL(back, gpns[0]);
		if (!move)
			objects = hvpart_objects();
	}
	EXPECT(hvpart_objects_become(objects));
}

/*
 * What the VMM can do to a page while it is in a pool. What the guest gets back is
 * zero, whatever is there by then; what cannot be made zero it does not get back.
 */

#define OTHERS_PATTERN	0xee

enum taking {
	DISCARD, DISCARD_AND_WRITE, PUNCH_HOLE, MAP_ANEW, MAP_ANEW_INACCESSIBLE,
	MAP_ANEW_READ_ONLY, OTHER_MEMORY, OTHER_MEMORY_READ_ONLY, READ_ONLY, NO_SLOT, UNMAP,
};

static void must_be(bool done, const char *what)
{
	if (!done)
		die("%s: %m", what);
}

static void take_away(struct vcpu *vcpu, u8 *page, enum taking taking)
{
	struct guest_slot *slot = &vcpu->guest->slots[vcpu->guest->nr_slots - 1];
	void *fresh;

	switch (taking) {
	case DISCARD:
	case DISCARD_AND_WRITE:
		must_be(!madvise(page, HVP_PAGE_SIZE, MADV_DONTNEED), "MADV_DONTNEED");
		break;
	case PUNCH_HOLE:
		must_be(!madvise(page, HVP_PAGE_SIZE, MADV_REMOVE), "MADV_REMOVE");
		break;
	case MAP_ANEW:
	case MAP_ANEW_INACCESSIBLE:
	case MAP_ANEW_READ_ONLY:
		fresh = mmap(page, HVP_PAGE_SIZE, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
		must_be(fresh == page, "mmap");
		break;
	case NO_SLOT:
	case OTHER_MEMORY:
	case OTHER_MEMORY_READ_ONLY:
		move_slot(vcpu->guest, slot, slot->gpa, 0);
		break;
	case READ_ONLY:
	case UNMAP:
		break;
	}

	if (taking == OTHER_MEMORY || taking == OTHER_MEMORY_READ_ONLY) {
		fresh = mmap(NULL, HVP_PAGE_SIZE, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		must_be(fresh != MAP_FAILED, "mmap");
		slot->host = fresh;
		page = fresh;
		guest_set_slot(vcpu->guest, slot, slot->gpa, HVP_PAGE_SIZE,
			       taking == OTHER_MEMORY_READ_ONLY ? KVM_MEM_READONLY : 0);
	}
	if (taking != DISCARD)
		memset(page, OTHERS_PATTERN, HVP_PAGE_SIZE);
	if (taking == READ_ONLY || taking == MAP_ANEW_READ_ONLY)
		must_be(!mprotect(page, HVP_PAGE_SIZE, PROT_READ), "mprotect");
	if (taking == MAP_ANEW_INACCESSIBLE)
		must_be(!mprotect(page, HVP_PAGE_SIZE, PROT_NONE), "mprotect");
	if (taking == UNMAP)
		must_be(!munmap(page, HVP_PAGE_SIZE), "munmap");
}

enum what_comes_back { ZEROES, UNREADABLE, NOTHING };

static const struct taken_away_row {
	const char *name;
	bool shared;
	enum taking taking;
	enum what_comes_back back;
} taken_away_rows[] = {
	{ "pool page discarded", false, DISCARD, ZEROES },
	{ "pool page discarded and written to", false, DISCARD_AND_WRITE, ZEROES },
	{ "pool page of shared memory removed", true, PUNCH_HOLE, ZEROES },
	{ "pool page mapped anew", false, MAP_ANEW, ZEROES },
	{ "pool page of shared memory mapped anew", true, MAP_ANEW, ZEROES },
	{ "pool page in other memory", false, OTHER_MEMORY, ZEROES },
	{ "pool page in other memory that is read-only", false, OTHER_MEMORY_READ_ONLY, NOTHING },
	{ "pool page read-only", false, READ_ONLY, ZEROES },
	{ "pool page of shared memory read-only", true, READ_ONLY, ZEROES },
	{ "pool page without a slot", false, NO_SLOT, UNREADABLE },
	{ "pool page unmapped", false, UNMAP, UNREADABLE },
	{ "pool page mapped anew and inaccessible", false, MAP_ANEW_INACCESSIBLE, UNREADABLE },
	{ "pool page mapped anew and read-only", false, MAP_ANEW_READ_ONLY, NOTHING },
	{ "pool page of shared memory mapped anew and read-only", true, MAP_ANEW_READ_ONLY,
	  NOTHING },
};

static void try_taken_away(const void *data)
{
	const struct taken_away_row *row = data;
	struct guest_config config = {
		.shared_ram = row->shared, .privileges = GUEST_ALL_PRIVILEGES,
	};
	long long before = pinned_pages();
	struct vcpu *vcpu = &guest_create(&config)->vcpus[0];
	struct guest *guest = vcpu->guest;
	u64 gpns[8], back[8];
	unsigned int i;
	u64 bad;

	guest_alloc_list(guest, gpns, 8);
	if (!row->shared)
		gpns[4] = guest_add_page(guest, 0, PROT_READ | PROT_WRITE);
	bad = gpns[4];
	REQUIRE_RESULT(deposit_memory(vcpu, SELF, gpns, 8), SUCCESS, 8);
	take_away(vcpu, page_of(vcpu, bad), row->taking);
	if (row->back == NOTHING) {
		/* In its stead there are others, as long as there are. */
		REQUIRE_RESULT(withdraw_memory(vcpu, SELF, NULL, back, 7), SUCCESS, 7);
		gpns[4] = gpns[7];
		expect_same_pages(back, gpns, 7);
		EXPECT_RESULT(withdraw_memory(vcpu, SELF, NULL, back, 1), NO_RESOURCES, 0);
		EXPECT(page_filled_with(vcpu, bad, OTHERS_PATTERN));
	} else {
		REQUIRE_RESULT(withdraw_memory(vcpu, SELF, NULL, back, 8), SUCCESS, 8);
		expect_same_pages(back, gpns, 8);
		if (row->back == ZEROES)
			EXPECT(page_filled_with(vcpu, bad, 0));
	}
	for (i = 0; i < 7; i++) {
		if (gpns[i] != bad)
			EXPECT(page_filled_with(vcpu, gpns[i], 0));
	}
	EXPECT_BALANCE(vcpu, SELF, 0, 0);
	EXPECT(pinned_pages_become(before));
}

static const struct test_case cases[] = {
	CASE(withdrawn_is_what_was_deposited),
	CASE(withdrawn_pages_are_ram_again),
	CASE(longest_lists),
	CASE(too_little_left),
	CASE(withdraw_from_rep_start),
	CASE(deposit_from_rep_start),
	CASE(same_page_twice_in_a_list),
	CASE(disabled_overlay_pages_are_ram),
	CASE(output_page_is_ram),
	CASE(first_and_last_page_of_ram),
	CASE(shared_memory_and_untouched_pages),
	CASE(partition_ids),
	CASE(refused_calls_report_rep_start),
	CASE(withdraw_by_domain),
	CASE(initialize_by_domain),
	CASE(page_limit),
	CASE(locked_memory_limit),
	CASE(refused_pages_are_not_charged),
	CASE(deposited_pages_are_pinned),
	CASE(memory_that_the_vmm_takes_away),
	CASE(page_that_moves_leaves_nothing),
};

int main(void)
{
	cases_add(cases, ARRAY_SIZE(cases));
	cases_add_table(try_bad_page, refused_pages, REFUSED_PAGES, sizeof(refused_pages[0]));
	cases_add_rows(try_proximity, proximity_rows);
	cases_add_rows(try_taken_away, taken_away_rows);
	return cases_run();
}
