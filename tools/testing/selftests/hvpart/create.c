// SPDX-License-Identifier: GPL-2.0
/* HvCreatePartition: identifiers, properties given at creation, limits. */
#include <stdio.h>
#include <string.h>

#include "numa.h"
#include "partitions.h"

static const struct hvp_create_partition_in plain;

/* From the lowest one up. */
#define for_each_bit(bit, mask)							\
	for (u64 bit##s = (mask), bit; (bit = bit##s & -bit##s); bit##s &= ~bit)

static void ids_are_given_out_in_order(void)
{
	struct vcpu *vcpu = new_guest();
	u64 id;

	for (id = 2; id < 12; id++)
		EXPECT_EQUAL(create_child(vcpu), id);
}

static void ids_are_never_reused(void)
{
	struct vcpu *vcpu = new_guest();
	u64 id;

	for (id = 2; id < 8; id++) {
		EXPECT_EQUAL(create_child(vcpu), id);
		delete_child(vcpu, id);
		EXPECT_STATUS(delete_partition(vcpu, id, FORM_FAST), INVALID_PARTITION_ID);
	}
	EXPECT_EQUAL(create_active_child(vcpu), 8);
	finalize_child(vcpu, 8);
	withdraw_all(vcpu, 8);
	delete_child(vcpu, 8);
	EXPECT_EQUAL(create_child(vcpu), 9);
}

static void failures_use_up_no_id(void)
{
	struct guest_config config = { .vcpus = 2, .privileges = GUEST_ALL_PRIVILEGES };
	struct guest *guest = guest_create(&config);
	struct vcpu *vcpu = &guest->vcpus[0], *poor = &guest->vcpus[1];
	struct hvp_create_partition_in undefined_flag = { .flags = 1ULL << 63 };
	struct hvp_create_partition_in isolated = { .isolation = 1 };
	struct hvp_create_partition_in nowhere = { .proximity = { 63, HVP_PROXIMITY_VALID } };
	u64 id;

	vcpu_set_privileges(poor, GUEST_ALL_PRIVILEGES & ~HVP_PRIVILEGE_CREATE_PARTITIONS);
	EXPECT_STATUS(create_partition(vcpu, &plain, &id), INSUFFICIENT_MEMORY);
	deposit_new(vcpu, HVP_PARTITION_ID_SELF, NULL, 50);
	EXPECT_STATUS(create_partition(poor, &plain, &id), ACCESS_DENIED);
	EXPECT_STATUS(create_partition(vcpu, &undefined_flag, &id), INVALID_PARAMETER);
	EXPECT_STATUS(create_partition(vcpu, &isolated, &id), INVALID_PARAMETER);
	EXPECT_STATUS(create_partition(vcpu, &nowhere, &id), INVALID_PARAMETER);
	EXPECT_BALANCE(vcpu, HVP_PARTITION_ID_SELF, 50, 0);
	EXPECT_EQUAL(create_child(vcpu), 2);
	module_parameter_set("max_partitions", 1);
	EXPECT_STATUS(create_partition(vcpu, &plain, &id), NO_RESOURCES);
	module_parameter_set("max_partitions", 2);
	EXPECT_EQUAL(create_child(vcpu), 3);
}

static void new_partition_is_uninitialized_and_poor(void)
{
	struct vcpu *vcpu = new_guest();
	u64 id;

	deposit_new(vcpu, HVP_PARTITION_ID_SELF, NULL, 50);
	id = create_child(vcpu);
	EXPECT_STATE(vcpu, id, "uninitialized");
	EXPECT_BALANCE(vcpu, id, 0, 0);
	EXPECT_EQUAL(partition_number(vcpu->guest, id, "id"), id);
	EXPECT_EQUAL(partition_number(vcpu->guest, id, "parent"), HVP_PARTITION_ID_ROOT);
	EXPECT_EQUAL(partition_number(vcpu->guest, id, "deposited"), 0);
}

static void charges_the_callers_pool(void)
{
	struct vcpu *vcpu = new_guest();
	struct guest *guest = vcpu->guest;
	struct hvp_memory_balance_out one, two;
	u64 first, second;

	deposit_new(vcpu, HVP_PARTITION_ID_SELF, NULL, 100);
	first = create_child(vcpu);
	one = balance_of(vcpu, HVP_PARTITION_ID_ROOT);
	EXPECT(one.pages_in_use > 0);
	EXPECT_EQUAL(one.pages_available + one.pages_in_use, 100);
	EXPECT_EQUAL(partition_number(guest, HVP_PARTITION_ID_ROOT, "in_use_children"),
		     one.pages_in_use);
	EXPECT_EQUAL(partition_number(guest, HVP_PARTITION_ID_ROOT, "in_use_partition"), 0);
	second = create_child(vcpu);
	two = balance_of(vcpu, HVP_PARTITION_ID_SELF);
	EXPECT_EQUAL(two.pages_in_use, 2 * one.pages_in_use);
	EXPECT_EQUAL(two.pages_available + two.pages_in_use, 100);
	delete_child(vcpu, first);
	EXPECT_BALANCE(vcpu, HVP_PARTITION_ID_SELF, one.pages_available, one.pages_in_use);
	delete_child(vcpu, second);
	EXPECT_BALANCE(vcpu, HVP_PARTITION_ID_SELF, 100, 0);
}

static void insufficient_memory_changes_nothing(void)
{
	struct vcpu *vcpu = new_guest();
	unsigned int pages;
	u64 result = 0, id;

	for (pages = 0; pages < MAX_CHARGE; pages++) {
		result = create_partition(vcpu, &plain, &id);
		if (result_success(result))
			break;
		REQUIRE_STATUS(result, INSUFFICIENT_MEMORY);
		EXPECT_BALANCE(vcpu, HVP_PARTITION_ID_SELF, pages, 0);
		deposit_new(vcpu, HVP_PARTITION_ID_SELF, NULL, 1);
	}
	REQUIRE_STATUS(result, SUCCESS);
	EXPECT(pages > 0);
	EXPECT_EQUAL(id, 2);
	EXPECT_BALANCE(vcpu, HVP_PARTITION_ID_SELF, 0, pages);
}

static void defined_flags_are_remembered(void)
{
	struct vcpu *vcpu = new_guest();
	struct hvp_create_partition_in in = plain;
	u64 id;

	for_each_bit(flag, HVP_CREATE_DEFINED_FLAGS) {
		in.flags = flag;
		pay_for_create(vcpu, &in, &id);
		EXPECT_EQUAL(partition_number(vcpu->guest, id, "creation_flags"), flag);
	}
	in.flags = HVP_CREATE_DEFINED_FLAGS;
	pay_for_create(vcpu, &in, &id);
	EXPECT_EQUAL(partition_number(vcpu->guest, id, "creation_flags"), in.flags);
}

static void undefined_flags(void)
{
	struct vcpu *vcpu = new_guest();
	struct hvp_create_partition_in in = plain;
	u64 id;

	/* Known from the specification, not from the header that the module uses. */
	EXPECT_EQUAL(HVP_CREATE_DEFINED_FLAGS, 0x0059a713);
	deposit_new(vcpu, HVP_PARTITION_ID_SELF, NULL, 50);
	for_each_bit(flag, ~HVP_CREATE_DEFINED_FLAGS) {
		in.flags = flag;
		EXPECT_STATUS(create_partition(vcpu, &in, &id), INVALID_PARAMETER);
		in.flags = flag | HVP_CREATE_DEFINED_FLAGS;
		EXPECT_STATUS(create_partition(vcpu, &in, &id), INVALID_PARAMETER);
	}
	EXPECT_BALANCE(vcpu, HVP_PARTITION_ID_SELF, 50, 0);
}

static void isolation_is_not_offered(void)
{
	struct vcpu *vcpu = new_guest();
	struct hvp_create_partition_in in = plain;
	u64 id;

	deposit_new(vcpu, HVP_PARTITION_ID_SELF, NULL, 50);
	for_each_bit(bit, ~0ULL) {
		in.isolation = bit;
		EXPECT_STATUS(create_partition(vcpu, &in, &id), INVALID_PARAMETER);
	}
	EXPECT_BALANCE(vcpu, HVP_PARTITION_ID_SELF, 50, 0);
}

static void version_features_and_padding_are_taken(void)
{
	struct vcpu *vcpu = new_guest();
	/* What Linux 7.3 sends, with rubbish in the padding. */
	struct hvp_create_partition_in linux_in = {
		.flags = HVP_CREATE_EXO_PARTITION | HVP_CREATE_INTERCEPT_MESSAGE_PAGE |
			 HVP_CREATE_LAPIC | HVP_CREATE_X2APIC,
		.compatibility_version = 0x0609,
		.padding = 0xdeadbeef,
		.disabled_processor_features = { 0x123456789abcdef0, ~0ULL },
		.disabled_xsave_features = ~0ULL,
	};
	struct hvp_create_partition_in odd = { .compatibility_version = 0xfffffffe, .padding = 1 };
	u64 id;

	pay_for_create(vcpu, &linux_in, &id);
	EXPECT_EQUAL(partition_number(vcpu->guest, id, "compatibility_version"), 0x0609);
	EXPECT_EQUAL(partition_number(vcpu->guest, id, "creation_flags"), linux_in.flags);
	pay_for_create(vcpu, &odd, &id);
	EXPECT_EQUAL(partition_number(vcpu->guest, id, "compatibility_version"), 0xfffffffe);
	EXPECT_EQUAL(create_child(vcpu), 4);
}

/* Every machine has node 0, none that tests run on has node 63. */
static const struct proximity_row {
	const char *name;
	struct hvp_proximity proximity;
	const char *remembered;	/* NULL: INVALID_PARAMETER */
} proximity_rows[] = {
	{ "proximity any", { 0, 0 }, "any" },
	{ "proximity any, id is ignored", { 0xffffffff, 0 }, "any" },
	{ "proximity node 0 required", { 0, HVP_PROXIMITY_VALID }, "node 0 required" },
	{ "proximity node 0 preferred", { 0, HVP_PROXIMITY_VALID | HVP_PROXIMITY_PREFERRED },
	  "node 0 preferred" },
	{ "proximity offline node", { 63, HVP_PROXIMITY_VALID }, NULL },
	{ "proximity offline node preferred",
	  { 63, HVP_PROXIMITY_VALID | HVP_PROXIMITY_PREFERRED }, NULL },
	{ "proximity id 64", { 64, HVP_PROXIMITY_VALID }, NULL },
	{ "proximity id 65536", { 65536, HVP_PROXIMITY_VALID }, NULL },
	{ "proximity id 0x80000000", { 0x80000000, HVP_PROXIMITY_VALID }, NULL },
	{ "proximity id 0xffffffff", { 0xffffffff, HVP_PROXIMITY_VALID }, NULL },
	{ "proximity reserved flag 1", { 0, HVP_PROXIMITY_VALID | 2 }, NULL },
	{ "proximity reserved flag 30", { 0, HVP_PROXIMITY_VALID | 1 << 30 }, NULL },
	{ "proximity reserved flag without valid", { 0, 2 }, NULL },
	{ "proximity all flags", { 0, 0xffffffff }, NULL },
};

static void try_proximity(const void *data)
{
	const struct proximity_row *row = data;
	struct hvp_create_partition_in in = { .proximity = row->proximity };
	struct vcpu *vcpu;
	char text[64];
	u64 id;

	allocate_on_node(0);
	vcpu = new_guest();
	deposit_new(vcpu, HVP_PARTITION_ID_SELF, NULL, 50);
	if (!row->remembered) {
		EXPECT_STATUS(create_partition(vcpu, &in, &id), INVALID_PARAMETER);
		EXPECT_BALANCE(vcpu, HVP_PARTITION_ID_SELF, 50, 0);
		return;
	}
	REQUIRE_STATUS(create_partition(vcpu, &in, &id), SUCCESS);
	partition_text(vcpu->guest, id, "proximity", text, sizeof(text));
	if (strcmp(text, row->remembered))
		fail_at(__FILE__, __LINE__, "proximity: expected %s, got %s", row->remembered,
			text);
	initialize_child(vcpu, id);
}

static void too_deep(void)
{
	struct vcpu *vcpu = new_guest();
	u64 id;

	module_parameter_set("max_depth", 0);
	/* Depth is tested before the pool, which is empty. */
	EXPECT_STATUS(create_partition(vcpu, &plain, &id), PARTITION_TOO_DEEP);
	deposit_new(vcpu, HVP_PARTITION_ID_SELF, NULL, 50);
	EXPECT_STATUS(create_partition(vcpu, &plain, &id), PARTITION_TOO_DEEP);
	EXPECT_BALANCE(vcpu, HVP_PARTITION_ID_SELF, 50, 0);
	module_parameter_set("max_depth", 1);
	EXPECT_STATUS(create_partition(vcpu, &plain, &id), SUCCESS);
	EXPECT_EQUAL(id, 2);
}

static void partition_limit(void)
{
	struct vcpu *vcpu = new_guest();
	struct hvp_memory_balance_out before;
	u64 id;

	module_parameter_set("max_partitions", 3);
	for (id = 2; id < 5; id++)
		EXPECT_EQUAL(create_child(vcpu), id);
	/* The pool is tested first. */
	withdraw_all(vcpu, HVP_PARTITION_ID_SELF);
	EXPECT_STATUS(create_partition(vcpu, &plain, &id), INSUFFICIENT_MEMORY);
	deposit_new(vcpu, HVP_PARTITION_ID_SELF, NULL, 50);
	before = balance_of(vcpu, HVP_PARTITION_ID_SELF);
	EXPECT_STATUS(create_partition(vcpu, &plain, &id), NO_RESOURCES);
	EXPECT_BALANCE(vcpu, HVP_PARTITION_ID_SELF, before.pages_available, before.pages_in_use);
	delete_child(vcpu, 3);
	EXPECT_STATUS(create_partition(vcpu, &plain, &id), SUCCESS);
	EXPECT_EQUAL(id, 5);
	EXPECT_STATUS(create_partition(vcpu, &plain, &id), NO_RESOURCES);
}

static const struct test_case cases[] = {
	CASE(ids_are_given_out_in_order),
	CASE(ids_are_never_reused),
	CASE(failures_use_up_no_id),
	CASE(new_partition_is_uninitialized_and_poor),
	CASE(charges_the_callers_pool),
	CASE(insufficient_memory_changes_nothing),
	CASE(defined_flags_are_remembered),
	CASE(undefined_flags),
	CASE(isolation_is_not_offered),
	CASE(version_features_and_padding_are_taken),
	CASE(too_deep),
	CASE(partition_limit),
};

int main(void)
{
	cases_add(cases, ARRAY_SIZE(cases));
	cases_add_rows(try_proximity, proximity_rows);
	return cases_run();
}
