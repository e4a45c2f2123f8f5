// SPDX-License-Identifier: GPL-2.0
/*
 * HvMapStatsPage, HvMapStatsPage2, HvUnmapStatsPage: whose statistics can be had, where,
 * and who pays. What is in the pages: counters.
 */
#include <string.h>
#include <unistd.h>

#include "partitions.h"
#include "process.h"
#include "refused_pages.h"

#define SELF			HVP_PARTITION_ID_SELF
#define AREA_SELF		HVP_STATS_AREA_SELF
#define AREA_PARENT		HVP_STATS_AREA_PARENT
#define MSR_HYPERV_VP_INDEX	0x40000002

/* The structures of one mapping, and a page of the pool that HvMapStatsPage takes. */
#define CHARGE			1
#define CHARGE_WITH_PAGE	2

static u64 map_at_pool_page(struct vcpu *vcpu, const struct hvp_stats_page_in *object)
{
	u64 gpn;

	return map_stats_page(vcpu, object, &gpn);
}

static u64 map_at_new_page(struct vcpu *vcpu, const struct hvp_stats_page_in *object)
{
	return map_stats_page2(vcpu, object, guest_alloc(vcpu->guest));
}

static const struct form {
	const char *name;
	u64 (*map)(struct vcpu *vcpu, const struct hvp_stats_page_in *object);
	unsigned int charge;
} forms[] = {
	{ "HvMapStatsPage", map_at_pool_page, CHARGE_WITH_PAGE },
	{ "HvMapStatsPage2", map_at_new_page, CHARGE },
};

static struct vcpu *new_rich_guest(unsigned int vcpus)
{
	struct guest_config config = { .vcpus = vcpus, .privileges = GUEST_ALL_PRIVILEGES };
	struct vcpu *vcpu = guest_create(&config)->vcpus;

	deposit_new(vcpu, SELF, NULL, 40);
	return vcpu;
}

/* All three calls get the same status, and nothing changes. */
static void refused_at(int line, struct vcpu *vcpu, const struct hvp_stats_page_in *object,
		       enum hvp_status status)
{
	struct hvp_memory_balance_out before = balance_of(vcpu, SELF);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(forms); i++)
		expect_result_at(__FILE__, line, forms[i].name, forms[i].map(vcpu, object),
				 status);
	expect_result_at(__FILE__, line, "HvUnmapStatsPage", unmap_stats_page(vcpu, object),
			 status);
	EXPECT_BALANCE(vcpu, SELF, before.pages_available, before.pages_in_use);
}

#define EXPECT_REFUSED(vcpu, object, status) \
	refused_at(__LINE__, vcpu, &(object), HVP_STATUS_##status)

static const struct bad_object {
	const char *name;
	struct hvp_stats_page_in object;
} bad_objects[] = {
	{ "reserved word after the type", { HVP_STATS_PARTITION, 1, { .partition_id = SELF } } },
	{ "reserved VP index of a partition",
	  { HVP_STATS_PARTITION, 0, { .partition_id = SELF, .vp_index = 1 } } },
	{ "reserved 16 bits",
	  { HVP_STATS_PARTITION, 0, { .partition_id = SELF, .reserved1 = 0x8000 } } },
	{ "reserved 8 bits",
	  { HVP_STATS_PARTITION, 0, { .partition_id = SELF, .reserved2 = 1 } } },
	{ "reserved 16 bits of a VP",
	  { HVP_STATS_VP, 0, { .partition_id = SELF, .reserved1 = 1 } } },
	{ "reserved 8 bits of a VP",
	  { HVP_STATS_VP, 0, { .partition_id = SELF, .reserved2 = 0x80 } } },
	{ "reserved word of a VP", { HVP_STATS_VP, 0x80000000, { .partition_id = SELF } } },
	{ "area 2", { HVP_STATS_PARTITION, 0, { .partition_id = SELF, .area = 2 } } },
	{ "area 255 of a VP", { HVP_STATS_VP, 0, { .partition_id = SELF, .area = 255 } } },
	{ "type 0", { 0, 0, { .partition_id = SELF } } },
	{ "type of the hypervisor", { 0x00000001, 0, { .partition_id = SELF } } },
	{ "type of a logical processor", { 0x00000002, 0, { .partition_id = SELF } } },
	{ "type 0x00010000", { 0x00010000, 0, { .partition_id = SELF } } },
	{ "type 0x00010003", { 0x00010003, 0, { .partition_id = SELF } } },
	{ "type 0x80010001", { 0x80010001, 0, { .partition_id = SELF } } },
	/* Before the VP index is looked at */
	{ "reserved 8 bits of a VP that is not there",
	  { HVP_STATS_VP, 0, { .partition_id = SELF, .vp_index = 9, .reserved2 = 1 } } },
	{ "area 2 of a VP that is not there",
	  { HVP_STATS_VP, 0, { .partition_id = SELF, .vp_index = 9, .area = 2 } } },
};

static void try_bad_object(const void *data)
{
	const struct bad_object *row = data;
	struct vcpu *vcpu = new_rich_guest(1);
	struct hvp_stats_page_in object = row->object;

	EXPECT_REFUSED(vcpu, object, INVALID_PARAMETER);
	/* The partition comes first, whatever the type. */
	object.identity.partition_id = 0;
	EXPECT_REFUSED(vcpu, object, INVALID_PARTITION_ID);
	object.identity.partition_id = create_child(vcpu);
	EXPECT_REFUSED(vcpu, object, INVALID_PARTITION_STATE);
}

static void partitions_that_have_none(void)
{
	struct vcpu *vcpu = new_rich_guest(1);
	u64 gone = create_child(vcpu), fresh = create_child(vcpu);
	u64 finalized = create_finalized_child(vcpu);
	const u64 invalid[] = { 0, gone, finalized + 1, 1ULL << 32 | 1, SELF - 1 };
	struct hvp_stats_page_in object;
	unsigned int i;

	delete_child(vcpu, gone);
	for (i = 0; i < ARRAY_SIZE(invalid); i++) {
		object = stats_of_partition(invalid[i], AREA_SELF);
		EXPECT_REFUSED(vcpu, object, INVALID_PARTITION_ID);
		object = stats_of_vp(invalid[i], 0, AREA_PARENT);
		EXPECT_REFUSED(vcpu, object, INVALID_PARTITION_ID);
	}
	object = stats_of_partition(fresh, AREA_SELF);
	EXPECT_REFUSED(vcpu, object, INVALID_PARTITION_STATE);
	object = stats_of_vp(fresh, 0, AREA_SELF);
	EXPECT_REFUSED(vcpu, object, INVALID_PARTITION_STATE);
	object = stats_of_partition(finalized, AREA_PARENT);
	EXPECT_REFUSED(vcpu, object, INVALID_PARTITION_STATE);
}

static void expect_vps(struct vcpu *vcpu, unsigned int count)
{
	u32 index;

	for (index = 0; index < count; index++) {
		struct hvp_stats_page_in object = stats_of_vp(SELF, index, AREA_SELF);

		EXPECT_STATUS(map_at_new_page(vcpu, &object), SUCCESS);
		EXPECT_STATUS(unmap_stats_page(vcpu, &object), SUCCESS);
	}
	for (; index < count + 3; index++) {
		struct hvp_stats_page_in object = stats_of_vp(SELF, index, AREA_SELF);

		EXPECT_REFUSED(vcpu, object, INVALID_VP_INDEX);
	}
}

static void virtual_processors(void)
{
	struct hvp_stats_page_in last = stats_of_vp(SELF, 0xffffffff, AREA_SELF);
	struct hvp_stats_page_in of_child;
	struct vcpu *vcpu;

	expect_vps(new_rich_guest(1), 1);
	vcpu = new_rich_guest(2);
	expect_vps(vcpu, 2);
	expect_vps(vcpu + 1, 2);
	EXPECT_REFUSED(vcpu, last, INVALID_VP_INDEX);
	of_child = stats_of_vp(create_active_child(vcpu), 0, AREA_SELF);
	EXPECT_REFUSED(vcpu, of_child, INVALID_VP_INDEX);
}

/* They are what the VMM has given to them. */
static void virtual_processors_by_the_vmms_index(void)
{
	struct vcpu *vcpu = new_rich_guest(2);
	struct hvp_stats_page_in one = stats_of_vp(SELF, 1, AREA_SELF);
	struct hvp_stats_page_in five = stats_of_vp(SELF, 5, AREA_SELF);

	guest_set_msr(vcpu + 1, MSR_HYPERV_VP_INDEX, 5);
	EXPECT_REFUSED(vcpu, one, INVALID_VP_INDEX);
	EXPECT_STATUS(map_at_new_page(vcpu, &five), SUCCESS);
	EXPECT_STATUS(unmap_stats_page(vcpu + 1, &five), SUCCESS);
}

/* Each object and area for itself, once. */
static void once_each(const void *data)
{
	const struct form *form = data;
	struct vcpu *vcpu = new_rich_guest(2);
	u64 child = create_active_child(vcpu);
	const struct hvp_stats_page_in objects[] = {
		stats_of_partition(SELF, AREA_SELF), stats_of_partition(SELF, AREA_PARENT),
		stats_of_partition(child, AREA_SELF), stats_of_partition(child, AREA_PARENT),
		stats_of_vp(SELF, 0, AREA_SELF), stats_of_vp(SELF, 0, AREA_PARENT),
		stats_of_vp(SELF, 1, AREA_SELF), stats_of_vp(SELF, 1, AREA_PARENT),
	};
	struct hvp_memory_balance_out before = balance_of(vcpu, SELF);
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(objects); i++) {
		EXPECT_STATUS(unmap_stats_page(vcpu, &objects[i]), INVALID_PARAMETER);
		EXPECT_STATUS(form->map(vcpu, &objects[i]), SUCCESS);
		EXPECT_BALANCE(vcpu, SELF, before.pages_available - (i + 1) * form->charge,
			       before.pages_in_use + (i + 1) * form->charge);
		for (j = 0; j <= i; j++) {
			EXPECT_STATUS(map_at_pool_page(vcpu, &objects[j]), OBJECT_IN_USE);
			EXPECT_STATUS(map_at_new_page(vcpu, &objects[j]), OBJECT_IN_USE);
		}
	}
	for (i = 0; i < ARRAY_SIZE(objects); i++) {
		EXPECT_STATUS(unmap_stats_page(vcpu + i % 2, &objects[i]), SUCCESS);
		EXPECT_STATUS(unmap_stats_page(vcpu, &objects[i]), INVALID_PARAMETER);
	}
	EXPECT_BALANCE(vcpu, SELF, before.pages_available, before.pages_in_use);
}

/* By whichever of its names. */
static void the_caller_has_two_ids(void)
{
	struct vcpu *vcpu = new_rich_guest(1);
	struct hvp_stats_page_in self = stats_of_partition(SELF, AREA_SELF);
	struct hvp_stats_page_in root = stats_of_partition(HVP_PARTITION_ID_ROOT, AREA_SELF);

	EXPECT_STATUS(map_at_new_page(vcpu, &root), SUCCESS);
	EXPECT_STATUS(map_at_new_page(vcpu, &self), OBJECT_IN_USE);
	EXPECT_STATUS(unmap_stats_page(vcpu, &self), SUCCESS);
	EXPECT_STATUS(unmap_stats_page(vcpu, &root), INVALID_PARAMETER);
}

/* The caller's pool pays for a child, too, and is paid back when that is finalized. */
static void the_callers_pool_pays(const void *data)
{
	const struct form *form = data;
	struct vcpu *vcpu = new_guest();
	u64 child = create_active_child(vcpu);
	struct hvp_stats_page_in object = stats_of_partition(child, AREA_PARENT);
	struct hvp_memory_balance_out of_child, before;
	unsigned int paid;

	deposit_new(vcpu, child, NULL, 20);
	withdraw_all(vcpu, SELF);
	of_child = balance_of(vcpu, child);
	before = balance_of(vcpu, SELF);
	for (paid = 0; paid < form->charge; paid++) {
		EXPECT_STATUS(form->map(vcpu, &object), INSUFFICIENT_MEMORY);
		EXPECT_BALANCE(vcpu, SELF, paid, before.pages_in_use);
		deposit_new(vcpu, SELF, NULL, 1);
	}
	EXPECT_STATUS(form->map(vcpu, &object), SUCCESS);
	EXPECT_BALANCE(vcpu, SELF, 0, before.pages_in_use + paid);
	EXPECT_BALANCE(vcpu, child, of_child.pages_available, of_child.pages_in_use);
	finalize_child(vcpu, child);
	EXPECT_BALANCE(vcpu, SELF, paid, before.pages_in_use);
	EXPECT_STATUS(unmap_stats_page(vcpu, &object), INVALID_PARTITION_STATE);
	EXPECT_EQUAL(withdraw_all(vcpu, SELF), paid);
}

static bool is_zero(struct vcpu *vcpu, u64 gpn)
{
	const u8 *page = guest_host(vcpu->guest, gpn << HVP_PAGE_SHIFT);

	return !page[0] && !memcmp(page, page + 1, HVP_PAGE_SIZE - 1);
}

/* It is zeroed, unpinned, the guest's own. */
static void expect_free(struct vcpu *vcpu, u64 gpn)
{
	struct hvp_stats_page_in object = stats_of_partition(SELF, AREA_PARENT);

	EXPECT(is_zero(vcpu, gpn));
	EXPECT_STATUS(map_stats_page2(vcpu, &object, gpn), SUCCESS);
	EXPECT_STATUS(unmap_stats_page(vcpu, &object), SUCCESS);
	EXPECT_RESULT(deposit_memory(vcpu, SELF, &gpn, 1), SUCCESS, 1);
}

static void a_mapped_page_is_taken(void)
{
	struct vcpu *vcpu = new_rich_guest(1);
	struct hvp_stats_page_in object = stats_of_partition(SELF, AREA_SELF);
	struct hvp_stats_page_in other = stats_of_vp(SELF, 0, 0);
	u64 gpn = guest_alloc(vcpu->guest);
	long long pinned = pinned_pages();

	EXPECT_STATUS(map_stats_page2(vcpu, &object, gpn), SUCCESS);
	EXPECT_EQUAL(pinned_pages(), pinned + 1);
	EXPECT_RESULT(deposit_memory(vcpu, SELF, &gpn, 1), OPERATION_DENIED, 0);
	EXPECT_STATUS(map_stats_page2(vcpu, &other, gpn), OPERATION_DENIED);
	/* What is mapped comes before where. */
	EXPECT_STATUS(map_stats_page2(vcpu, &object, gpn), OBJECT_IN_USE);
	EXPECT_EQUAL(pinned_pages(), pinned + 1);
	EXPECT_STATUS(unmap_stats_page(vcpu, &object), SUCCESS);
	EXPECT_EQUAL(pinned_pages(), pinned);
	expect_free(vcpu, gpn);
}

static void a_finalized_partitions_pages_are_free(void)
{
	struct vcpu *vcpu = new_rich_guest(1);
	long long pinned;
	u64 id = create_active_child(vcpu), gpn;

	pinned = pinned_pages();
	gpn = map_statistics(vcpu, id);
	EXPECT_EQUAL(pinned_pages(), pinned + 1);
	finalize_child(vcpu, id);
	EXPECT_EQUAL(pinned_pages(), pinned);
	expect_free(vcpu, gpn);
}

/* One of the pool's that is in use meanwhile, and comes back to it. */
static void a_page_of_the_pool(void)
{
	struct vcpu *vcpu = new_guest();
	struct hvp_stats_page_in object = stats_of_partition(SELF, AREA_SELF);
	u64 gpns[4], back[4], gpn = 0;
	unsigned int i, found = 0;
	long long pinned;

	deposit_new(vcpu, SELF, gpns, 4);
	pinned = pinned_pages();
	EXPECT_STATUS(map_stats_page(vcpu, &object, &gpn), SUCCESS);
	for (i = 0; i < 4; i++)
		found += gpns[i] == gpn;
	EXPECT_EQUAL(found, 1);
	EXPECT_EQUAL(pinned_pages(), pinned);
	EXPECT_RESULT(deposit_memory(vcpu, SELF, &gpn, 1), OPERATION_DENIED, 0);
	EXPECT_BALANCE(vcpu, SELF, 4 - CHARGE_WITH_PAGE, CHARGE_WITH_PAGE);
	EXPECT_RESULT(withdraw_memory(vcpu, SELF, NULL, back, 4), NO_RESOURCES,
		      4 - CHARGE_WITH_PAGE);
	for (i = 0; i < 4 - CHARGE_WITH_PAGE; i++)
		EXPECT(back[i] != gpn);
	EXPECT_STATUS(unmap_stats_page(vcpu, &object), SUCCESS);
	EXPECT_BALANCE(vcpu, SELF, CHARGE_WITH_PAGE, 0);
	EXPECT_EQUAL(withdraw_all(vcpu, SELF), CHARGE_WITH_PAGE);
	EXPECT(is_zero(vcpu, gpn));
	EXPECT_RESULT(deposit_memory(vcpu, SELF, &gpn, 1), SUCCESS, 1);
}

static void try_refused_page(const void *data)
{
	const struct refused_page *row = data;
	struct vcpu *vcpu = guest_for_refused_page(row);
	struct hvp_stats_page_in object = stats_of_partition(SELF, AREA_SELF);
	u64 gpn = row->page(vcpu);
	struct hvp_memory_balance_out before;
	long long pinned;

	deposit_new(vcpu, SELF, NULL, 5);
	before = balance_of(vcpu, SELF);
	pinned = pinned_pages();
	expect_result_at(__FILE__, __LINE__, row->name, map_stats_page2(vcpu, &object, gpn),
			 row->status);
	EXPECT_BALANCE(vcpu, SELF, before.pages_available, before.pages_in_use);
	EXPECT_EQUAL(pinned_pages(), pinned);
}

static void page_comes_before_balance(void)
{
	struct hvp_stats_page_in object = stats_of_partition(SELF, AREA_SELF);
	struct vcpu *vcpu = new_guest();

	EXPECT_STATUS(map_stats_page2(vcpu, &object, GUEST_HOLE_GPA >> HVP_PAGE_SHIFT),
		      OPERATION_DENIED);
	EXPECT_STATUS(map_stats_page2(vcpu, &object, GUEST_HYPERCALL_GPA >> HVP_PAGE_SHIFT),
		      OBJECT_IN_USE);
	EXPECT_STATUS(map_at_new_page(vcpu, &object), INSUFFICIENT_MEMORY);
	/* ... and that before limits */
	module_parameter_set("max_pages", 0);
	EXPECT_STATUS(map_at_new_page(vcpu, &object), INSUFFICIENT_MEMORY);
}

/* Where the caller says where, the page counts with those that are deposited. */
static void page_limit(void)
{
	struct hvp_stats_page_in object = stats_of_partition(SELF, AREA_SELF);
	struct hvp_stats_page_in other = stats_of_vp(SELF, 0, 0);
	struct vcpu *vcpu = new_guest();
	u64 gpn = guest_alloc(vcpu->guest);

	deposit_new(vcpu, SELF, NULL, 6);
	module_parameter_set("max_pages", 6);
	EXPECT_STATUS(map_at_new_page(vcpu, &object), NO_RESOURCES);
	EXPECT_BALANCE(vcpu, SELF, 6, 0);
	EXPECT_STATUS(map_at_pool_page(vcpu, &object), SUCCESS);
	EXPECT_STATUS(unmap_stats_page(vcpu, &object), SUCCESS);
	module_parameter_set("max_pages", 7);
	EXPECT_STATUS(map_at_new_page(vcpu, &object), SUCCESS);
	EXPECT_STATUS(map_at_new_page(vcpu, &other), NO_RESOURCES);
	EXPECT_RESULT(deposit_memory(vcpu, SELF, &gpn, 1), NO_RESOURCES, 0);
	EXPECT_STATUS(unmap_stats_page(vcpu, &object), SUCCESS);
	EXPECT_RESULT(deposit_memory(vcpu, SELF, &gpn, 1), SUCCESS, 1);
	EXPECT_STATUS(map_at_new_page(vcpu, &other), NO_RESOURCES);
}

static void locked_memory_limit(void)
{
	struct hvp_stats_page_in object = stats_of_partition(SELF, AREA_SELF);
	struct hvp_stats_page_in other = stats_of_vp(SELF, 0, 0);
	struct vcpu *vcpu = new_guest_of_small_pages();
	u64 child = create_active_child(vcpu);
	struct hvp_stats_page_in of_child = stats_of_partition(child, AREA_SELF);
	struct hvp_memory_balance_out balance = balance_of(vcpu, child);
	unsigned int i;
	u64 gpn;

	withdraw_all(vcpu, SELF);
	limit_locked_memory(balance_of(vcpu, SELF).pages_in_use + balance.pages_available +
			    balance.pages_in_use + 11);
	deposit_new(vcpu, SELF, NULL, 10);
	for (i = 0; i < 3; i++) {
		EXPECT_STATUS(map_at_new_page(vcpu, &of_child), SUCCESS);
		EXPECT_STATUS(map_at_new_page(vcpu, &other), NO_RESOURCES);
		gpn = guest_alloc(vcpu->guest);
		EXPECT_RESULT(deposit_memory(vcpu, SELF, &gpn, 1), NO_RESOURCES, 0);
		/* Of those that are pinned already */
		EXPECT_STATUS(map_at_pool_page(vcpu, &object), SUCCESS);
		EXPECT_STATUS(unmap_stats_page(vcpu, &object), SUCCESS);
		if (i < 2)
			EXPECT_STATUS(unmap_stats_page(vcpu, &of_child), SUCCESS);
	}
	finalize_child(vcpu, child);
	EXPECT_STATUS(map_at_new_page(vcpu, &other), SUCCESS);
}

/* The guest reboots: nothing is mapped any more. */
static void identity_given_up(void)
{
	struct vcpu *vcpu = new_guest();
	long long pinned = pinned_pages();
	struct hvp_stats_page_in object = stats_of_partition(SELF, AREA_SELF);
	u64 gpn;
	int round;

	for (round = 0; round < 3; round++) {
		deposit_new(vcpu, SELF, NULL, 20);
		map_statistics(vcpu, create_active_child(vcpu));
		gpn = map_statistics(vcpu, SELF);
		if (round == 1)
			vcpu_write_msr(vcpu, 0x40000000, 0);
		else
			guest_reset_identity(vcpu->guest);
		EXPECT(pinned_pages_become(pinned));
		guest_enable_hypercalls(vcpu->guest);
		EXPECT_STATUS(unmap_stats_page(vcpu, &object), INVALID_PARAMETER);
		EXPECT_RESULT(deposit_memory(vcpu, SELF, &gpn, 1), SUCCESS, 1);
		EXPECT_EQUAL(withdraw_all(vcpu, SELF), 1);
	}
}

/* Nobody writes to a page that is the guest's again, for as long as it takes. */
static void no_counters_after_the_end(void)
{
	struct vcpu *vcpu = new_rich_guest(1);
	u64 id = create_active_child(vcpu);
	u64 gpns[3] = { map_statistics(vcpu, id), map_statistics(vcpu, SELF) };
	struct hvp_stats_page_in object = stats_of_partition(SELF, AREA_SELF);
	unsigned int i;

	finalize_child(vcpu, id);
	EXPECT_STATUS(unmap_stats_page(vcpu, &object), SUCCESS);
	guest_reset_identity(vcpu->guest);
	guest_enable_hypercalls(vcpu->guest);
	deposit_new(vcpu, SELF, NULL, 20);
	/* So that there is somebody who writes. */
	gpns[2] = guest_alloc(vcpu->guest);
	EXPECT_STATUS(map_stats_page2(vcpu, &object, gpns[2]), SUCCESS);
	sleep(2);
	for (i = 0; i < 2; i++)
		EXPECT(is_zero(vcpu, gpns[i]));
	EXPECT(!is_zero(vcpu, gpns[2]));
}

static void without_privilege(void)
{
	struct guest_config config = {
		.privileges = GUEST_ALL_PRIVILEGES & ~HVP_PRIVILEGE_ACCESS_STATS,
	};
	struct vcpu *vcpu = guest_create(&config)->vcpus;
	struct hvp_stats_page_in object = stats_of_partition(SELF, AREA_SELF);

	EXPECT_REFUSED(vcpu, object, ACCESS_DENIED);
	object.identity.partition_id = 99;
	EXPECT_REFUSED(vcpu, object, ACCESS_DENIED);
}

static const struct test_case cases[] = {
	CASE(partitions_that_have_none),
	CASE(virtual_processors),
	CASE(virtual_processors_by_the_vmms_index),
	CASE(the_caller_has_two_ids),
	CASE(a_mapped_page_is_taken),
	CASE(a_finalized_partitions_pages_are_free),
	CASE(a_page_of_the_pool),
	CASE(page_comes_before_balance),
	CASE(page_limit),
	CASE(locked_memory_limit),
	CASE(identity_given_up),
	CASE(no_counters_after_the_end),
	CASE(without_privilege),
	{ .name = "once each, HvMapStatsPage", .run_row = once_each, .row = &forms[0] },
	{ .name = "once each, HvMapStatsPage2", .run_row = once_each, .row = &forms[1] },
	{ .name = "the caller's pool pays, HvMapStatsPage",
	  .run_row = the_callers_pool_pays, .row = &forms[0] },
	{ .name = "the caller's pool pays, HvMapStatsPage2",
	  .run_row = the_callers_pool_pays, .row = &forms[1] },
};

int main(void)
{
	cases_add(cases, ARRAY_SIZE(cases));
	cases_add_rows(try_bad_object, bad_objects);
	cases_add_table(try_refused_page, refused_pages, REFUSED_PAGES, sizeof(refused_pages[0]));
	return cases_run();
}
