// SPDX-License-Identifier: GPL-2.0
/* MSR 0x40000085, SIRBP: the page of the SynIC event ring. */
#include "code_patching.h"
#include "module.h"
#include "partitions.h"
#include "refused_pages.h"

#define SELF			HVP_PARTITION_ID_SELF
#define SIRBP			MSR_HYPERV_SIRBP
#define ENABLE			1
#define VCPUS			2

static struct vcpu *new_guest_of(unsigned int phys_bits, u64 privileges)
{
	struct guest_config config = {
		.vcpus = VCPUS, .phys_bits = phys_bits, .privileges = privileges,
	};

	return guest_create(&config)->vcpus;
}

static void expect_value_at(int line, struct vcpu *vcpu, u64 expected)
{
	u64 value = ~expected;

	expect_equal_at(__FILE__, line, "exception", vcpu_try_read_msr(vcpu, SIRBP, &value),
			VCPU_NO_EXCEPTION);
	expect_equal_at(__FILE__, line, "SIRBP", value, expected);
}

#define EXPECT_VALUE(vcpu, expected)	expect_value_at(__LINE__, vcpu, expected)
#define EXPECT_WRITES(vcpu, value) \
	EXPECT_EQUAL(vcpu_try_write_msr(vcpu, SIRBP, value), VCPU_NO_EXCEPTION)
#define EXPECT_REFUSES(vcpu, value) \
	EXPECT_EQUAL(vcpu_try_write_msr(vcpu, SIRBP, value), VCPU_GENERAL_PROTECTION)

static void reads_what_was_written(void)
{
	static const u64 values[] = { 0x123456000 | ENABLE, 0x123456000, ENABLE, 0xfedcba000, 0 };
	struct vcpu *vcpu = new_guest_of(36, GUEST_ALL_PRIVILEGES);
	unsigned int i;

	EXPECT_VALUE(vcpu, 0);
	for (i = 0; i < ARRAY_SIZE(values); i++) {
		EXPECT_WRITES(vcpu, values[i]);
		EXPECT_VALUE(vcpu, values[i]);
	}
}

/* ... and without a call having been made before. */
static void each_vcpu_has_its_own(void)
{
	struct vcpu *vcpus = new_guest_of(0, GUEST_ALL_PRIVILEGES);

	EXPECT_WRITES(&vcpus[1], 0x7000);
	EXPECT_VALUE(&vcpus[0], 0);
	EXPECT_WRITES(&vcpus[0], 0x9000 | ENABLE);
	EXPECT_VALUE(&vcpus[1], 0x7000);
	EXPECT_VALUE(&vcpus[0], 0x9000 | ENABLE);
	EXPECT_WRITES(&vcpus[1], 0);
	EXPECT_VALUE(&vcpus[0], 0x9000 | ENABLE);
}

static void each_vm_has_its_own(void)
{
	struct vcpu *one = new_guest(), *other = new_guest();

	EXPECT_WRITES(one, 0x7000 | ENABLE);
	EXPECT_VALUE(other, 0);
	EXPECT_WRITES(other, 0x8000);
	EXPECT_VALUE(one, 0x7000 | ENABLE);
	guest_reset_identity(other->guest);
	EXPECT_VALUE(one, 0x7000 | ENABLE);
}

static void a_page_beyond_maxphyaddr(void)
{
	struct vcpu *vcpu = new_guest_of(36, GUEST_ALL_PRIVILEGES);
	unsigned int bit;

	EXPECT_WRITES(vcpu, 0xffffff000 | ENABLE);
	for (bit = 36; bit < 64; bit++) {
		EXPECT_REFUSES(vcpu, 1ULL << bit);
		EXPECT_REFUSES(vcpu, 1ULL << bit | 0x5000 | ENABLE);
	}
	EXPECT_VALUE(vcpu, 0xffffff000 | ENABLE);
}

/* Whoever writes it, on whichever virtual processor. */
static void zero_after_reset(void)
{
	struct vcpu *vcpus = new_guest_of(0, GUEST_ALL_PRIVILEGES);
	int round;

	for (round = 0; round < 3; round++) {
		EXPECT_WRITES(&vcpus[0], 0x7000 | ENABLE);
		EXPECT_WRITES(&vcpus[1], 0x9000);
		/* Another identity is not the end. */
		guest_set_msr(&vcpus[0], MSR_GUEST_OS_ID, GUEST_OS_ID + 1);
		EXPECT_VALUE(&vcpus[0], 0x7000 | ENABLE);
		if (round == 2)
			guest_reset_identity(vcpus->guest);
		else
			vcpu_write_msr(&vcpus[round], MSR_GUEST_OS_ID, 0);
		EXPECT_VALUE(&vcpus[0], 0);
		EXPECT_VALUE(&vcpus[1], 0);
		guest_enable_hypercalls(vcpus->guest);
		EXPECT_VALUE(&vcpus[0], 0);
		EXPECT_VALUE(&vcpus[1], 0);
	}
}

/* Any privilege will do; without one, the MSR is not there. */
static void who_may(void)
{
	static const u64 privileges[] = {
		HVP_PRIVILEGE_CREATE_PARTITIONS, HVP_PRIVILEGE_ACCESS_PARTITION_ID,
		HVP_PRIVILEGE_ACCESS_MEMORY_POOL, HVP_PRIVILEGE_ACCESS_STATS,
	};
	struct vcpu *vcpu;
	unsigned int i;
	u64 value;

	for (i = 0; i < ARRAY_SIZE(privileges); i++) {
		vcpu = new_guest_of(0, privileges[i]);
		EXPECT_WRITES(vcpu, 0x7000);
		EXPECT_VALUE(vcpu, 0x7000);
		guest_destroy(vcpu->guest);
	}
	vcpu = new_guest_of(0, ~HVP_PARTITION_PRIVILEGES);
	EXPECT_REFUSES(vcpu, 0x7000);
	EXPECT_REFUSES(vcpu, 0);
	EXPECT_EQUAL(vcpu_try_read_msr(vcpu, SIRBP, &value), VCPU_GENERAL_PROTECTION);
}

/* What the page is for is known while it is enabled, on whichever virtual processor. */
static void its_page_is_in_use(void)
{
	struct vcpu *vcpus = new_guest_of(0, GUEST_ALL_PRIVILEGES);
	struct hvp_stats_page_in object = stats_of_partition(SELF, HVP_STATS_AREA_SELF);
	u64 gpn = guest_alloc(vcpus->guest), value = gpn << HVP_PAGE_SHIFT;
	unsigned int i;

	for (i = 0; i < VCPUS; i++) {
		EXPECT_WRITES(&vcpus[i], value | ENABLE);
		EXPECT_RESULT(deposit_memory(vcpus, SELF, &gpn, 1), OBJECT_IN_USE, 0);
		EXPECT_STATUS(map_stats_page2(vcpus, &object, gpn), OBJECT_IN_USE);
		EXPECT_WRITES(&vcpus[i], value);
		EXPECT_RESULT(deposit_memory(vcpus, SELF, &gpn, 1), SUCCESS, 1);
		EXPECT_EQUAL(withdraw_all(vcpus, SELF), 1);
		EXPECT_WRITES(&vcpus[i], value | ENABLE);
		EXPECT_RESULT(deposit_memory(vcpus, SELF, &gpn, 1), OBJECT_IN_USE, 0);
		guest_reset_identity(vcpus->guest);
		guest_enable_hypercalls(vcpus->guest);
		EXPECT_RESULT(deposit_memory(vcpus, SELF, &gpn, 1), SUCCESS, 1);
		EXPECT_EQUAL(withdraw_all(vcpus, SELF), 1);
	}
}

/* A page of another one's neighbour is not meant. */
static void other_pages_are_not_in_use(void)
{
	struct vcpu *vcpu = new_guest();
	u64 gpns[3];

	guest_alloc_list(vcpu->guest, gpns, 3);
	EXPECT_WRITES(vcpu, gpns[1] << HVP_PAGE_SHIFT | ENABLE);
	EXPECT_RESULT(deposit_memory(vcpu, SELF, &gpns[0], 1), SUCCESS, 1);
	EXPECT_RESULT(deposit_memory(vcpu, SELF, &gpns[2], 1), SUCCESS, 1);
}

struct host_access {
	bool may_get, may_set[2];
};

static struct host_access try_host_access(struct vcpu *vcpu)
{
	struct host_access access;
	u64 value;

	access.may_get = guest_may_get_msr(vcpu, SIRBP, &value);
	access.may_set[0] = guest_may_set_msr(vcpu, SIRBP, 0);
	access.may_set[1] = guest_may_set_msr(vcpu, SIRBP, 0x5000 | ENABLE);
	return access;
}

/* The VMM finds what it finds without the module, and the guest then has no such MSR. */
static void the_vmms_access_and_without_the_module(void)
{
	struct vcpu *vcpu = new_guest();
	struct host_access with, without;
	u64 value;

	EXPECT_WRITES(vcpu, 0x7000 | ENABLE);
	with = try_host_access(vcpu);
	EXPECT_VALUE(vcpu, 0x7000 | ENABLE);
	unload_module();
	without = try_host_access(vcpu);
	EXPECT_REFUSES(vcpu, 0x7000);
	EXPECT_EQUAL(vcpu_try_read_msr(vcpu, SIRBP, &value), VCPU_GENERAL_PROTECTION);
	load_module();
	EXPECT_EQUAL(with.may_get, without.may_get);
	EXPECT_EQUAL(with.may_set[0], without.may_set[0]);
	EXPECT_EQUAL(with.may_set[1], without.may_set[1]);
	EXPECT_VALUE(vcpu, 0);
}

static const struct test_case cases[] = {
	CASE(reads_what_was_written),
	CASE(each_vcpu_has_its_own),
	CASE(each_vm_has_its_own),
	CASE(a_page_beyond_maxphyaddr),
	CASE(zero_after_reset),
	CASE(who_may),
	CASE(its_page_is_in_use),
	CASE(other_pages_are_not_in_use),
	CASE(the_vmms_access_and_without_the_module),
};

int main(void)
{
	stay_on_one_cpu_if_emulated();
	cases_add(cases, ARRAY_SIZE(cases));
	return cases_run();
}
