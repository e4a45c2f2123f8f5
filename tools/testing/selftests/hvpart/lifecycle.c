// SPDX-License-Identifier: GPL-2.0
/* The states of a partition: which calls are allowed in which, and what they leave. */
#include "partitions.h"

static void from_birth_to_death(void)
{
	struct vcpu *vcpu = new_guest();
	struct guest *guest = vcpu->guest;
	struct hvp_memory_balance_out parent, child;
	u64 id = create_child(vcpu);
	u64 gpns[208];

	parent = balance_of(vcpu, HVP_PARTITION_ID_SELF);
	EXPECT_STATE(vcpu, id, "uninitialized");
	deposit_new(vcpu, id, NULL, 208);
	EXPECT_BALANCE(vcpu, id, 208, 0);

	EXPECT_STATUS(initialize_partition(vcpu, id, FORM_FAST), SUCCESS);
	EXPECT_STATE(vcpu, id, "active");
	child = balance_of(vcpu, id);
	EXPECT_EQUAL(child.pages_available + child.pages_in_use, 208);
	EXPECT_EQUAL(partition_number(guest, id, "deposited"), 208);
	EXPECT_EQUAL(partition_number(guest, id, "available"), child.pages_available);
	EXPECT_EQUAL(partition_number(guest, id, "in_use"), child.pages_in_use);

	EXPECT_STATUS(finalize_partition(vcpu, id, FORM_FAST), SUCCESS);
	EXPECT_STATE(vcpu, id, "finalized");
	EXPECT_BALANCE(vcpu, id, 208, 0);

	EXPECT_RESULT(withdraw_memory(vcpu, id, NULL, gpns, 208), SUCCESS, 208);
	EXPECT_BALANCE(vcpu, id, 0, 0);
	EXPECT_STATUS(delete_partition(vcpu, id, FORM_FAST), SUCCESS);
	EXPECT(partition_file_becomes(guest, id, false));
	/* What creation charged is back. */
	EXPECT_BALANCE(vcpu, HVP_PARTITION_ID_SELF,
		       parent.pages_available + parent.pages_in_use, 0);
}

static void memory_form_of_everything(void)
{
	struct vcpu *vcpu = new_guest();
	u64 id = create_child(vcpu);

	deposit_new(vcpu, id, NULL, 50);
	EXPECT_STATUS(initialize_partition(vcpu, id, FORM_MEMORY), SUCCESS);
	EXPECT_STATUS(finalize_partition(vcpu, id, FORM_MEMORY), SUCCESS);
	EXPECT_EQUAL(withdraw_all(vcpu, id), 50);
	EXPECT_STATUS(delete_partition(vcpu, id, FORM_MEMORY), SUCCESS);
	EXPECT_STATUS(delete_partition(vcpu, id, FORM_MEMORY), INVALID_PARTITION_ID);
}

static u64 create_deleted_child(struct vcpu *vcpu)
{
	u64 id = create_child(vcpu);

	delete_child(vcpu, id);
	return id;
}

#define S(name)	HVP_STATUS_##name

/*
 * The answers in each state. A success changes the state, so each call meets a
 * partition of its own, whose pool is not empty.
 */
static const struct state_row {
	const char *name;
	u64 (*create)(struct vcpu *vcpu);
	enum hvp_status initialize, finalize, delete, deposit, withdraw, balance;
} state_rows[] = {
	{ "calls on an uninitialized partition", create_child,
	  .initialize = S(SUCCESS), .finalize = S(INVALID_PARTITION_STATE),
	  .delete = S(OPERATION_DENIED), .deposit = S(SUCCESS),
	  .withdraw = S(SUCCESS), .balance = S(SUCCESS) },
	{ "calls on an active partition", create_active_child,
	  .initialize = S(INVALID_PARTITION_STATE), .finalize = S(SUCCESS),
	  .delete = S(INVALID_PARTITION_STATE), .deposit = S(SUCCESS),
	  .withdraw = S(SUCCESS), .balance = S(SUCCESS) },
	{ "calls on a finalized partition", create_finalized_child,
	  .initialize = S(INVALID_PARTITION_STATE), .finalize = S(INVALID_PARTITION_STATE),
	  .delete = S(OPERATION_DENIED), .deposit = S(INVALID_PARTITION_STATE),
	  .withdraw = S(SUCCESS), .balance = S(SUCCESS) },
	{ "calls on a deleted partition", create_deleted_child,
	  .initialize = S(INVALID_PARTITION_ID), .finalize = S(INVALID_PARTITION_ID),
	  .delete = S(INVALID_PARTITION_ID), .deposit = S(INVALID_PARTITION_ID),
	  .withdraw = S(INVALID_PARTITION_ID), .balance = S(INVALID_PARTITION_ID) },
};

/* Pages are deposited before the partition is finalized, when that is possible. */
static u64 create_with_pages(struct vcpu *vcpu, const struct state_row *row)
{
	u64 id, gpns[20];

	if (row->create == create_finalized_child) {
		id = create_active_child(vcpu);
		deposit_new(vcpu, id, NULL, 20);
		finalize_child(vcpu, id);
		return id;
	}
	id = row->create(vcpu);
	guest_alloc_list(vcpu->guest, gpns, 20);
	if (row->create != create_deleted_child)
		REQUIRE_RESULT(deposit_memory(vcpu, id, gpns, 20), SUCCESS, 20);
	return id;
}

static void expect(const char *call, u64 result, enum hvp_status status, unsigned int reps)
{
	if (status != HVP_STATUS_SUCCESS)
		reps = 0;
	expect_result_at(__FILE__, __LINE__, call, result, RESULT(status, reps));
}

static void try_state(const void *data)
{
	const struct state_row *row = data;
	struct vcpu *vcpu = new_guest();
	struct hvp_memory_balance_out balance;
	static const enum call_form forms[] = { FORM_FAST, FORM_MEMORY };
	unsigned int i;
	u64 id, gpns[2];

	for (i = 0; i < 2; i++) {
		id = create_with_pages(vcpu, row);
		expect("initialize", initialize_partition(vcpu, id, forms[i]),
		       row->initialize, 0);
		id = create_with_pages(vcpu, row);
		expect("finalize", finalize_partition(vcpu, id, forms[i]),
		       row->finalize, 0);
		id = create_with_pages(vcpu, row);
		expect("delete", delete_partition(vcpu, id, forms[i]), row->delete, 0);
	}
	id = create_with_pages(vcpu, row);
	expect("balance", get_memory_balance(vcpu, id, NULL, &balance), row->balance, 0);
	guest_alloc_list(vcpu->guest, gpns, 2);
	expect("deposit", deposit_memory(vcpu, id, gpns, 2), row->deposit, 2);
	expect("withdraw", withdraw_memory(vcpu, id, NULL, gpns, 2), row->withdraw, 2);
}

static void delete_needs_an_empty_pool(void)
{
	struct vcpu *vcpu = new_guest();
	u64 id = create_child(vcpu);
	u64 finalized = create_finalized_child(vcpu);
	u64 gpn;

	deposit_new(vcpu, id, &gpn, 1);
	EXPECT_STATUS(delete_partition(vcpu, id, FORM_FAST), OPERATION_DENIED);
	EXPECT_STATE(vcpu, id, "uninitialized");
	EXPECT_BALANCE(vcpu, id, 1, 0);
	EXPECT_RESULT(withdraw_memory(vcpu, id, NULL, &gpn, 1), SUCCESS, 1);
	EXPECT_STATUS(delete_partition(vcpu, id, FORM_FAST), SUCCESS);

	EXPECT_STATUS(delete_partition(vcpu, finalized, FORM_FAST), OPERATION_DENIED);
	EXPECT_STATE(vcpu, finalized, "finalized");
	EXPECT(withdraw_all(vcpu, finalized) > 0);
	EXPECT_STATUS(delete_partition(vcpu, finalized, FORM_FAST), SUCCESS);
}

/* While it is in use, nobody gets it back. */
static void active_partition_keeps_what_it_uses(void)
{
	struct vcpu *vcpu = new_guest();
	u64 id = create_active_child(vcpu);
	u64 in_use = balance_of(vcpu, id).pages_in_use;
	u64 in_use_by_create;

	deposit_new(vcpu, id, NULL, 10);
	EXPECT_EQUAL(withdraw_all(vcpu, id), 10);
	EXPECT_BALANCE(vcpu, id, 0, in_use);
	finalize_child(vcpu, id);
	EXPECT_BALANCE(vcpu, id, in_use, 0);

	in_use_by_create = balance_of(vcpu, HVP_PARTITION_ID_SELF).pages_in_use;
	EXPECT_EQUAL(withdraw_all(vcpu, HVP_PARTITION_ID_SELF), 0);
	EXPECT_BALANCE(vcpu, HVP_PARTITION_ID_SELF, 0, in_use_by_create);
}

/* The root partition is nobody's child. */
static void nobody_manages_itself(void)
{
	static const u64 ids[] = { HVP_PARTITION_ID_ROOT, HVP_PARTITION_ID_SELF };
	struct vcpu *vcpu = new_guest();
	unsigned int i;

	for (i = 0; i < 2; i++) {
		EXPECT_STATUS(finalize_partition(vcpu, ids[i], FORM_FAST), ACCESS_DENIED);
		EXPECT_STATUS(finalize_partition(vcpu, ids[i], FORM_MEMORY), ACCESS_DENIED);
		EXPECT_STATUS(delete_partition(vcpu, ids[i], FORM_FAST), ACCESS_DENIED);
		EXPECT_STATUS(delete_partition(vcpu, ids[i], FORM_MEMORY), ACCESS_DENIED);
	}
	EXPECT_EQUAL(create_child(vcpu), 2);
}

static void sisters_do_not_notice(void)
{
	struct vcpu *vcpu = new_guest();
	u64 elder = create_active_child(vcpu);
	u64 middle = create_active_child(vcpu);
	u64 younger = create_child(vcpu);
	struct hvp_memory_balance_out balance;

	deposit_new(vcpu, elder, NULL, 7);
	deposit_new(vcpu, younger, NULL, 5);
	balance = balance_of(vcpu, elder);
	finalize_child(vcpu, middle);
	withdraw_all(vcpu, middle);
	delete_child(vcpu, middle);
	EXPECT_STATE(vcpu, elder, "active");
	EXPECT_STATE(vcpu, younger, "uninitialized");
	EXPECT_BALANCE(vcpu, elder, balance.pages_available, balance.pages_in_use);
	EXPECT_BALANCE(vcpu, younger, 5, 0);
	EXPECT_EQUAL(withdraw_all(vcpu, younger), 5);
}

static void own_id(void)
{
	struct vcpu *vcpu = new_guest();
	u64 id;

	/* Also while nothing has happened yet. */
	EXPECT_STATUS(get_partition_id(vcpu, &id), SUCCESS);
	EXPECT_EQUAL(id, HVP_PARTITION_ID_ROOT);
	create_active_child(vcpu);
	EXPECT_STATUS(get_partition_id(vcpu, &id), SUCCESS);
	EXPECT_EQUAL(id, HVP_PARTITION_ID_ROOT);
}

static const struct test_case cases[] = {
	CASE(from_birth_to_death),
	CASE(memory_form_of_everything),
	CASE(delete_needs_an_empty_pool),
	CASE(active_partition_keeps_what_it_uses),
	CASE(nobody_manages_itself),
	CASE(sisters_do_not_notice),
	CASE(own_id),
};

int main(void)
{
	cases_add(cases, ARRAY_SIZE(cases));
	cases_add_rows(try_state, state_rows);
	return cases_run();
}
