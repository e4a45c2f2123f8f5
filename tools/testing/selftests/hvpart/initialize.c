// SPDX-License-Identifier: GPL-2.0
/* HvInitializePartition, row by row of its table of statuses. */
#include "partitions.h"

#define for_each_form(form) \
	for (enum call_form form = FORM_FAST; form <= FORM_MEMORY; form++)

static void success_in_either_form(void)
{
	struct vcpu *vcpu = new_guest();

	for_each_form(form) {
		u64 id = create_child(vcpu);

		deposit_new(vcpu, id, NULL, 208);
		EXPECT_STATUS(initialize_partition(vcpu, id, form), SUCCESS);
		EXPECT_STATE(vcpu, id, "active");
	}
}

static void charges_the_partition_not_its_parent(void)
{
	struct vcpu *vcpu = new_guest();
	u64 id = create_child(vcpu);
	struct hvp_memory_balance_out parent = balance_of(vcpu, HVP_PARTITION_ID_SELF);
	struct hvp_memory_balance_out child;

	deposit_new(vcpu, id, NULL, 100);
	EXPECT_BALANCE(vcpu, id, 100, 0);
	REQUIRE_STATUS(initialize_partition(vcpu, id, FORM_FAST), SUCCESS);
	child = balance_of(vcpu, id);
	EXPECT(child.pages_in_use > 0);
	EXPECT_EQUAL(child.pages_available + child.pages_in_use, 100);
	EXPECT_EQUAL(partition_number(vcpu->guest, id, "in_use_partition"), child.pages_in_use);
	EXPECT_BALANCE(vcpu, HVP_PARTITION_ID_SELF, parent.pages_available, parent.pages_in_use);
}

/* Neither rich parents nor rich sisters help. */
static void insufficient_memory_changes_nothing(void)
{
	struct vcpu *vcpu = new_guest();
	u64 sister = create_child(vcpu);
	u64 id = create_child(vcpu);
	unsigned int pages;
	u64 result = 0;

	deposit_new(vcpu, HVP_PARTITION_ID_SELF, NULL, 50);
	deposit_new(vcpu, sister, NULL, 50);
	for (pages = 0; pages < MAX_CHARGE; pages++) {
		result = initialize_partition(vcpu, id, pages & 1 ? FORM_FAST : FORM_MEMORY);
		if (result_success(result))
			break;
		REQUIRE_STATUS(result, INSUFFICIENT_MEMORY);
		EXPECT_BALANCE(vcpu, id, pages, 0);
		EXPECT_STATE(vcpu, id, "uninitialized");
		deposit_new(vcpu, id, NULL, 1);
	}
	REQUIRE_STATUS(result, SUCCESS);
	EXPECT(pages > 0);
	/* The first balance that was enough is the charge, all of it. */
	EXPECT_BALANCE(vcpu, id, 0, pages);
	EXPECT_BALANCE(vcpu, sister, 50, 0);
}

static void refused_partition_can_be_deleted(void)
{
	struct vcpu *vcpu = new_guest();
	u64 id = create_child(vcpu);

	EXPECT_STATUS(initialize_partition(vcpu, id, FORM_FAST), INSUFFICIENT_MEMORY);
	EXPECT_STATUS(delete_partition(vcpu, id, FORM_FAST), SUCCESS);
}

static void denied_without_privilege(void)
{
	struct guest_config config = { .vcpus = 2, .privileges = GUEST_ALL_PRIVILEGES };
	struct guest *guest = guest_create(&config);
	struct vcpu *root = &guest->vcpus[0], *poor = &guest->vcpus[1];
	u64 id;

	vcpu_set_privileges(poor, GUEST_ALL_PRIVILEGES & ~HVP_PRIVILEGE_CREATE_PARTITIONS);
	id = create_child(root);
	deposit_new(root, id, NULL, 50);
	for_each_form(form) {
		EXPECT_STATUS(initialize_partition(poor, id, form), ACCESS_DENIED);
		/* ... and it learns nothing about what exists. */
		EXPECT_STATUS(initialize_partition(poor, id + 1, form), ACCESS_DENIED);
		EXPECT_STATUS(initialize_partition(poor, 0, form), ACCESS_DENIED);
	}
	EXPECT_BALANCE(root, id, 50, 0);
	EXPECT_STATUS(initialize_partition(root, id, FORM_FAST), SUCCESS);
}

static void denied_to_itself(void)
{
	struct vcpu *vcpu = new_guest();

	create_child(vcpu);
	for_each_form(form) {
		EXPECT_STATUS(initialize_partition(vcpu, HVP_PARTITION_ID_ROOT, form),
			      ACCESS_DENIED);
		EXPECT_STATUS(initialize_partition(vcpu, HVP_PARTITION_ID_SELF, form),
			      ACCESS_DENIED);
	}
}

static void invalid_partition_ids(void)
{
	struct vcpu *vcpu = new_guest();
	u64 id, deleted;

	EXPECT_STATUS(initialize_partition(vcpu, 2, FORM_FAST), INVALID_PARTITION_ID);
	deleted = create_child(vcpu);
	delete_child(vcpu, deleted);
	id = create_child(vcpu);
	for_each_form(form) {
		EXPECT_STATUS(initialize_partition(vcpu, HVP_PARTITION_ID_INVALID, form),
			      INVALID_PARTITION_ID);
		EXPECT_STATUS(initialize_partition(vcpu, deleted, form), INVALID_PARTITION_ID);
		EXPECT_STATUS(initialize_partition(vcpu, id + 1, form), INVALID_PARTITION_ID);
		EXPECT_STATUS(initialize_partition(vcpu, HVP_PARTITION_ID_SELF - 1, form),
			      INVALID_PARTITION_ID);
		/* All 64 bits count. */
		EXPECT_STATUS(initialize_partition(vcpu, id | 1ULL << 32, form),
			      INVALID_PARTITION_ID);
		EXPECT_STATUS(initialize_partition(vcpu, id | 1ULL << 63, form),
			      INVALID_PARTITION_ID);
		EXPECT_STATUS(initialize_partition(vcpu, (u32)HVP_PARTITION_ID_SELF, form),
			      INVALID_PARTITION_ID);
	}
}

static void once_only(void)
{
	struct vcpu *vcpu = new_guest();
	u64 id = create_active_child(vcpu);
	struct hvp_memory_balance_out before;

	/* With an empty pool and with a full one: the state comes first. */
	for_each_form(form)
		EXPECT_STATUS(initialize_partition(vcpu, id, form), INVALID_PARTITION_STATE);
	deposit_new(vcpu, id, NULL, 50);
	before = balance_of(vcpu, id);
	for_each_form(form)
		EXPECT_STATUS(initialize_partition(vcpu, id, form), INVALID_PARTITION_STATE);
	EXPECT_BALANCE(vcpu, id, before.pages_available, before.pages_in_use);
}

static void not_after_finalize(void)
{
	struct vcpu *vcpu = new_guest();
	u64 id = create_finalized_child(vcpu);

	for_each_form(form)
		EXPECT_STATUS(initialize_partition(vcpu, id, form), INVALID_PARTITION_STATE);
	EXPECT_STATE(vcpu, id, "finalized");
}

static void finalize_returns_the_charge(void)
{
	struct vcpu *vcpu = new_guest();
	u64 id = create_child(vcpu);

	deposit_new(vcpu, id, NULL, 60);
	REQUIRE_STATUS(initialize_partition(vcpu, id, FORM_FAST), SUCCESS);
	finalize_child(vcpu, id);
	EXPECT_BALANCE(vcpu, id, 60, 0);
	EXPECT_EQUAL(partition_number(vcpu->guest, id, "in_use_partition"), 0);
}

/* Equal partitions cost the same, at any time. */
static void charge_is_the_same_each_time(void)
{
	struct vcpu *vcpu = new_guest();
	u64 first = 0;
	int round;

	for (round = 0; round < 4; round++) {
		u64 id = create_active_child(vcpu);
		u64 charge = balance_of(vcpu, id).pages_in_use;

		if (!round)
			first = charge;
		EXPECT_EQUAL(charge, first);
	}
}

static const struct test_case cases[] = {
	CASE(success_in_either_form),
	CASE(charges_the_partition_not_its_parent),
	CASE(insufficient_memory_changes_nothing),
	CASE(refused_partition_can_be_deleted),
	CASE(denied_without_privilege),
	CASE(denied_to_itself),
	CASE(invalid_partition_ids),
	CASE(once_only),
	CASE(not_after_finalize),
	CASE(finalize_returns_the_charge),
	CASE(charge_is_the_same_each_time),
};

int main(void)
{
	cases_add(cases, ARRAY_SIZE(cases));
	return cases_run();
}
