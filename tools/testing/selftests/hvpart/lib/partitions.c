// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "partitions.h"

struct vcpu *new_guest(void)
{
	return &guest_create(NULL)->vcpus[0];
}

struct vcpu *new_guest_of_small_pages(void)
{
	/* What is in huge pages by default is anonymous memory. */
	const struct guest_config config = {
		.shared_ram = true,
		.privileges = GUEST_ALL_PRIVILEGES,
	};

	return &guest_create(&config)->vcpus[0];
}

void deposit_new(struct vcpu *vcpu, u64 id, u64 *gpns, unsigned int count)
{
	u64 list[DEPOSIT_MAX_REPS];

	guest_alloc_list(vcpu->guest, list, count);
	REQUIRE_RESULT(deposit_memory(vcpu, id, list, count), SUCCESS, count);
	if (gpns)
		memcpy(gpns, list, count * sizeof(*gpns));
}

void pay_for_create(struct vcpu *vcpu, const struct hvp_create_partition_in *in, u64 *id)
{
	unsigned int paid;
	u64 result = 0;

	for (paid = 0; paid < MAX_CHARGE; paid++) {
		result = create_partition(vcpu, in, id);
		if (result_status(result) != HVP_STATUS_INSUFFICIENT_MEMORY)
			break;
		deposit_new(vcpu, HVP_PARTITION_ID_SELF, NULL, 1);
	}
	REQUIRE_STATUS(result, SUCCESS);
}

u64 create_child(struct vcpu *vcpu)
{
	static const struct hvp_create_partition_in plain;
	u64 id;

	pay_for_create(vcpu, &plain, &id);
	return id;
}

void initialize_child(struct vcpu *vcpu, u64 id)
{
	unsigned int paid;
	u64 result = 0;

	for (paid = 0; paid < MAX_CHARGE; paid++) {
		result = initialize_partition(vcpu, id, FORM_FAST);
		if (result_status(result) != HVP_STATUS_INSUFFICIENT_MEMORY)
			break;
		deposit_new(vcpu, id, NULL, 1);
	}
	REQUIRE_STATUS(result, SUCCESS);
}

u64 create_active_child(struct vcpu *vcpu)
{
	u64 id = create_child(vcpu);

	initialize_child(vcpu, id);
	return id;
}

void finalize_child(struct vcpu *vcpu, u64 id)
{
	REQUIRE_STATUS(finalize_partition(vcpu, id, FORM_FAST), SUCCESS);
}

u64 create_finalized_child(struct vcpu *vcpu)
{
	u64 id = create_active_child(vcpu);

	finalize_child(vcpu, id);
	return id;
}

void delete_child(struct vcpu *vcpu, u64 id)
{
	REQUIRE_STATUS(delete_partition(vcpu, id, FORM_FAST), SUCCESS);
}

unsigned int withdraw_all(struct vcpu *vcpu, u64 id)
{
	u64 gpns[WITHDRAW_MAX_REPS];
	unsigned int total = 0;
	u64 result;

	do {
		result = withdraw_memory(vcpu, id, NULL, gpns, WITHDRAW_MAX_REPS);
		total += result_reps(result);
	} while (result == RESULT(HVP_STATUS_SUCCESS, WITHDRAW_MAX_REPS));
	REQUIRE_EQUAL(result_status(result), HVP_STATUS_NO_RESOURCES);
	return total;
}

u64 map_statistics(struct vcpu *vcpu, u64 id)
{
	struct hvp_stats_page_in self = stats_of_partition(id, HVP_STATS_AREA_SELF);
	struct hvp_stats_page_in parent = stats_of_partition(id, HVP_STATS_AREA_PARENT);
	u64 gpn = guest_alloc(vcpu->guest), other;

	REQUIRE_STATUS(map_stats_page2(vcpu, &self, gpn), SUCCESS);
	REQUIRE_STATUS(map_stats_page(vcpu, &parent, &other), SUCCESS);
	return gpn;
}

struct hvp_memory_balance_out balance_of(struct vcpu *vcpu, u64 id)
{
	struct hvp_memory_balance_out balance;

	REQUIRE_STATUS(get_memory_balance(vcpu, id, NULL, &balance), SUCCESS);
	return balance;
}

bool expect_balance_at(const char *file, int line, struct vcpu *vcpu, u64 id,
		       u64 available, u64 in_use)
{
	struct hvp_memory_balance_out balance = balance_of(vcpu, id);

	if (balance.pages_available == available && balance.pages_in_use == in_use)
		return true;
	fail_at(file, line, "pool of %lld: expected %llu available, %llu in use; got %llu, %llu",
		id, available, in_use, balance.pages_available, balance.pages_in_use);
	return false;
}

bool expect_state_at(const char *file, int line, struct vcpu *vcpu, u64 id, const char *state)
{
	char text[32];

	partition_text(vcpu->guest, id, "state", text, sizeof(text));
	if (!strcmp(text, state))
		return true;
	fail_at(file, line, "state of %lld: expected %s, got %s", id, state, text);
	return false;
}
