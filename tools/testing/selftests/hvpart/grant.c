// SPDX-License-Identifier: GPL-2.0
/*
 * Privileges that a host's operator grants to guests whose VMM does not: the module's
 * parameters grant and grant_uid.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "code_patching.h"
#include "contract.h"
#include "module.h"
#include "partitions.h"
#include "refused_pages.h"

#define SELF			HVP_PARTITION_ID_SELF
#define PROPERTY_SUSPEND	0x00020000
#define SOMEBODY		12345	/* not the user that tests are run by */

#define CREATE_PARTITIONS	HVP_PRIVILEGE_CREATE_PARTITIONS
#define ACCESS_PARTITION_ID	HVP_PRIVILEGE_ACCESS_PARTITION_ID
#define ACCESS_MEMORY_POOL	HVP_PRIVILEGE_ACCESS_MEMORY_POOL
#define ACCESS_STATS		HVP_PRIVILEGE_ACCESS_STATS
#define ALL			GUEST_ALL_PRIVILEGES

static void grant(const char *names)
{
	REQUIRE_EQUAL(module_parameter_try("grant", names), 0);
}

static void grant_to(const char *uid)
{
	REQUIRE_EQUAL(module_parameter_try("grant_uid", uid), 0);
}

/* Whose VMM gives it these. */
static struct vcpu *guest_with(u64 privileges)
{
	struct guest_config config = { .vcpus = 2, .privileges = privileges };

	return guest_create(&config)->vcpus;
}

static u64 seen_by_guest(struct vcpu *vcpu)
{
	return (u64)vcpu_cpuid(vcpu, HVP_CPUID_FEATURES).ebx << 32;
}

static u64 seen_by_vmm(struct vcpu *vcpu)
{
	return (u64)vcpu_get_cpuid(vcpu, HVP_CPUID_FEATURES).ebx << 32;
}

static u64 try_call_for(struct vcpu *vcpu, u64 privilege)
{
	struct hvp_stats_page_in object = stats_of_partition(SELF, HVP_STATS_AREA_SELF);
	struct hvp_memory_balance_out balance;
	u64 value;

	switch (privilege) {
	case CREATE_PARTITIONS:
		return get_partition_property(vcpu, SELF, PROPERTY_SUSPEND, &value);
	case ACCESS_PARTITION_ID:
		return get_partition_id(vcpu, &value);
	case ACCESS_MEMORY_POOL:
		return get_memory_balance(vcpu, SELF, NULL, &balance);
	default:
		return unmap_stats_page(vcpu, &object);
	}
}

/* What CPUID says is what the calls say. */
static void expect_privileges_at(int line, struct vcpu *vcpu, u64 privileges)
{
	static const u64 each[] = {
		CREATE_PARTITIONS, ACCESS_PARTITION_ID, ACCESS_MEMORY_POOL, ACCESS_STATS,
	};
	unsigned int i;

	expect_equal_at(__FILE__, line, "seen by the guest", seen_by_guest(vcpu), privileges);
	for (i = 0; i < ARRAY_SIZE(each); i++) {
		u64 expected = HVP_STATUS_INVALID_HYPERCALL_CODE;

		if (privileges & HVP_PARTITION_PRIVILEGES)
			expected = HVP_STATUS_ACCESS_DENIED;
		if (privileges & each[i])
			expected = each[i] == ACCESS_STATS ? HVP_STATUS_INVALID_PARAMETER :
							     HVP_STATUS_SUCCESS;
		expect_result_at(__FILE__, line, "call", try_call_for(vcpu, each[i]), expected);
	}
}

#define EXPECT_PRIVILEGES(vcpu, privileges) expect_privileges_at(__LINE__, vcpu, privileges)

static void nothing_by_default(void)
{
	char text[128];

	module_parameter_text("grant", text, sizeof(text));
	EXPECT(!strcmp(text, "none"));
	module_parameter_text("grant_uid", text, sizeof(text));
	EXPECT(!strcmp(text, "-1"));
	EXPECT_PRIVILEGES(guest_with(0), 0);
}

static const struct names_row {
	const char *name, *text;
	u64 privileges;
} names_rows[] = {
	{ "none is granted", "none", 0 },
	{ "create_partitions is granted", "create_partitions", CREATE_PARTITIONS },
	{ "access_partition_id is granted", "access_partition_id\n", ACCESS_PARTITION_ID },
	{ "access_memory_pool is granted", "access_memory_pool", ACCESS_MEMORY_POOL },
	{ "access_stats is granted", "access_stats\n", ACCESS_STATS },
	{ "two are granted", "access_stats,create_partitions", ACCESS_STATS | CREATE_PARTITIONS },
	{ "three are granted", "access_partition_id,access_memory_pool,access_stats\n",
	  ACCESS_PARTITION_ID | ACCESS_MEMORY_POOL | ACCESS_STATS },
	{ "all four are granted by name",
	  "create_partitions,access_partition_id,access_memory_pool,access_stats", ALL },
	{ "all are granted", "all\n", ALL },
};

static void try_names(const void *data)
{
	const struct names_row *row = data;
	struct cpuid_registers guests, vmms;
	struct vcpu *vcpus;
	char text[128];

	grant(row->text);
	vcpus = guest_with(0);
	EXPECT_PRIVILEGES(&vcpus[0], row->privileges);
	EXPECT_PRIVILEGES(&vcpus[1], row->privileges);
	/* Of the leaf, nothing else is changed; and the VMM reads what it has set. */
	guests = vcpu_cpuid(vcpus, HVP_CPUID_FEATURES);
	vmms = vcpu_get_cpuid(vcpus, HVP_CPUID_FEATURES);
	EXPECT_EQUAL(vmms.ebx, 0);
	EXPECT_EQUAL(guests.eax, vmms.eax);
	EXPECT_EQUAL(guests.ecx, vmms.ecx);
	EXPECT_EQUAL(guests.edx, vmms.edx);
	/* What is read can be written. */
	module_parameter_text("grant", text, sizeof(text));
	grant("none");
	grant(text);
	EXPECT_PRIVILEGES(guest_with(0), row->privileges);
}

static const struct refused_row {
	const char *name, *parameter, *text;
	int error;
} refused_rows[] = {
	{ "no such privilege", "grant", "create_vms", EINVAL },
	{ "number instead of names", "grant", "7", EINVAL },
	{ "beginning of a name", "grant", "create", EINVAL },
	{ "name that goes on", "grant", "access_stats2", EINVAL },
	{ "capital letters", "grant", "ALL", EINVAL },
	{ "right and wrong", "grant", "access_stats,access_everything", EINVAL },
	{ "wrong and right", "grant", "access_everything,access_stats", EINVAL },
	{ "other separator", "grant", "access_stats;create_partitions", EINVAL },
	{ "space for separator", "grant", "access_stats create_partitions", EINVAL },
	{ "user who is no number", "grant_uid", "root", EINVAL },
	{ "negative user", "grant_uid", "-2", EINVAL },
	{ "user beyond 32 bits", "grant_uid", "4294967296", ERANGE },
	{ "user left out", "grant_uid", "\n", EINVAL },
	{ "user and garbage", "grant_uid", "0x", EINVAL },
};

static void try_refused(const void *data)
{
	const struct refused_row *row = data;
	char before[128], after[128];

	grant("access_memory_pool");
	grant_to("0");
	module_parameter_text(row->parameter, before, sizeof(before));
	EXPECT_EQUAL(module_parameter_try(row->parameter, row->text), row->error);
	module_parameter_text(row->parameter, after, sizeof(after));
	EXPECT(!strcmp(before, after));
	EXPECT_PRIVILEGES(guest_with(0), ACCESS_MEMORY_POOL);
}

static void besides_what_the_vmm_gives(void)
{
	struct vcpu *vcpu;
	const u64 foreign = 1ULL << 44;	/* one that has no meaning here */

	grant("create_partitions,access_stats");
	vcpu = guest_with(ACCESS_PARTITION_ID | ACCESS_STATS | foreign);
	EXPECT_PRIVILEGES(vcpu, CREATE_PARTITIONS | ACCESS_PARTITION_ID | ACCESS_STATS | foreign);
	EXPECT_EQUAL(seen_by_vmm(vcpu), ACCESS_PARTITION_ID | ACCESS_STATS | foreign);
	grant("none");
	EXPECT_PRIVILEGES(guest_with(ACCESS_PARTITION_ID), ACCESS_PARTITION_ID);
}

static void granted_guest_works(void)
{
	struct vcpu *vcpu;
	u64 id;

	grant("all");
	vcpu = guest_with(0);
	id = create_active_child(vcpu);
	deposit_new(vcpu, SELF, NULL, 5);
	map_statistics(vcpu, id);
	EXPECT_EQUAL(vcpu_try_write_msr(vcpu, MSR_HYPERV_SIRBP, 0x7000), VCPU_NO_EXCEPTION);
	/* It has them to give away, too. */
	EXPECT_STATUS(set_partition_property(vcpu, create_child(vcpu), 0x00010000, ALL), SUCCESS);
	finalize_child(vcpu, id);
	withdraw_all(vcpu, id);
	delete_child(vcpu, id);
}

/* For those whose CPUID is set from then on. */
static void later_changes(void)
{
	struct vcpu *before, *during, *mixed;

	before = guest_with(0);
	mixed = guest_with(0);
	EXPECT_PRIVILEGES(before, 0);
	grant("all");
	EXPECT_PRIVILEGES(before, 0);
	during = guest_with(0);
	EXPECT_PRIVILEGES(during, ALL);
	/* Each vCPU for itself */
	vcpu_set_privileges(&mixed[1], 0);
	EXPECT_PRIVILEGES(&mixed[0], 0);
	EXPECT_PRIVILEGES(&mixed[1], ALL);
	grant("access_stats");
	EXPECT_PRIVILEGES(during, ALL);
	grant("none");
	EXPECT_PRIVILEGES(during, ALL);
	EXPECT_PRIVILEGES(guest_with(0), 0);
	/* Taken back before it has run */
	grant("all");
	before = guest_with(0);
	grant("none");
	vcpu_set_privileges(before, 0);
	EXPECT_PRIVILEGES(before, 0);
}

/* As QEMU does, when a processor is plugged in again. */
static void cpuid_is_set_again_while_the_guest_runs(void)
{
	struct vcpu *vcpu;

	grant("all");
	vcpu = guest_with(0);
	EXPECT_EQUAL(vcpu_set_cpuid_again(vcpu), 0);
	EXPECT_PRIVILEGES(vcpu, ALL);
	EXPECT_EQUAL(vcpu_set_cpuid_again(vcpu), 0);
	EXPECT_PRIVILEGES(vcpu, ALL);
	EXPECT_EQUAL(seen_by_vmm(vcpu), 0);
	/* Nothing is taken from a guest that runs. */
	grant("none");
	EXPECT_EQUAL(vcpu_set_cpuid_again(vcpu), 0);
	EXPECT_PRIVILEGES(vcpu, ALL);
	EXPECT_EQUAL(create_child(vcpu), 2);
	/* Nor is a guest given anything. */
	vcpu = guest_with(0);
	EXPECT_PRIVILEGES(vcpu, 0);
	grant("all");
	EXPECT_EQUAL(vcpu_set_cpuid_again(vcpu), 0);
	EXPECT_EQUAL(seen_by_vmm(vcpu), 0);
	EXPECT_PRIVILEGES(vcpu, 0);
}

static void become(uid_t real, uid_t effective)
{
	if (setresuid(real, effective, 0))
		die("setresuid: %m");
}

static void to_one_user_only(void)
{
	char text[16];

	grant("all");
	snprintf(text, sizeof(text), "%u", getuid());
	grant_to(text);
	EXPECT_PRIVILEGES(guest_with(0), ALL);
	snprintf(text, sizeof(text), "%u", SOMEBODY);
	grant_to(text);
	EXPECT_PRIVILEGES(guest_with(0), 0);
	EXPECT_PRIVILEGES(guest_with(ACCESS_STATS), ACCESS_STATS);
	/* Whatever it may do as somebody else: the real one counts. */
	become(SOMEBODY, 0);
	EXPECT_PRIVILEGES(guest_with(0), ALL);
	grant_to("0");
	EXPECT_PRIVILEGES(guest_with(0), 0);
	grant_to("-1");
	EXPECT_PRIVILEGES(guest_with(0), ALL);
}

static void not_to_who_acts_as_that_user(void)
{
	struct vcpu *vcpu;

	grant("all");
	grant_to("12345");
	vcpu = guest_with(0);
	become(0, SOMEBODY);
	vcpu_set_privileges(vcpu, 0);
	EXPECT_PRIVILEGES(vcpu, 0);
}

/* Who is nobody, or root, in a namespace of its own is still the host's user. */
static void users_are_the_hosts(void)
{
	struct vcpu *vcpu;

	grant("all");
	grant_to("12345");
	vcpu = guest_with(0);
	become(SOMEBODY, 0);
	if (unshare(CLONE_NEWUSER))
		case_skip("no user namespaces");
	EXPECT(getuid() != SOMEBODY);
	vcpu_set_privileges(vcpu, 0);
	EXPECT_PRIVILEGES(vcpu, ALL);
}

/* All that a guest can find out, in which there might be a difference. */
#define CONTROLS	7
#define LEAVES		8

struct observation {
	u64 results[HVP_CONTRACT_CALLS][CONTROLS];
	struct cpuid_registers guests[LEAVES], vmms[LEAVES];
	int read_exception, write_exceptions[2];
	u64 msr;
	bool may_get, may_set;
};

static void observe(struct vcpu *vcpu, struct observation *seen)
{
	static const u64 controls[CONTROLS] = {
		0, HVP_CONTROL_FAST, 1ULL << 60, HVP_CONTROL_NESTED,
		1 << HVP_CONTROL_VARHEAD_SHIFT, CONTROL_REPS(4), CONTROL_REPS(4) | CONTROL_START(1),
	};
	static const u32 leaves[LEAVES] = {
		0x40000000, 0x40000001, 0x40000002, 0x40000003, 0x40000004, 0x40000005,
		0x40000100, 0x40000101,
	};
	unsigned int call, i;

	memset(seen, 0, sizeof(*seen));
	for (call = 0; call < HVP_CONTRACT_CALLS; call++) {
		for (i = 0; i < CONTROLS; i++)
			seen->results[call][i] =
				hypercall(vcpu, hvp_contract[call].code | controls[i],
					  vcpu->input_gpa, vcpu->output_gpa);
	}
	for (i = 0; i < LEAVES; i++) {
		seen->guests[i] = vcpu_cpuid(vcpu, leaves[i]);
		seen->vmms[i] = vcpu_get_cpuid(vcpu, leaves[i]);
	}
	seen->read_exception = vcpu_try_read_msr(vcpu, MSR_HYPERV_SIRBP, &seen->msr);
	if (seen->read_exception != VCPU_NO_EXCEPTION)
		seen->msr = 0;
	seen->write_exceptions[0] = vcpu_try_write_msr(vcpu, MSR_HYPERV_SIRBP, 0);
	seen->write_exceptions[1] = vcpu_try_write_msr(vcpu, MSR_HYPERV_SIRBP, 0x7001);
	seen->may_get = guest_may_get_msr(vcpu, MSR_HYPERV_SIRBP, &seen->msr);
	seen->may_set = guest_may_set_msr(vcpu, MSR_HYPERV_SIRBP, 0x7001);
}

static void expect_as_without_the_module(struct guest_config config)
{
	struct observation with, without;

	observe(guest_create(&config)->vcpus, &with);
	unload_module();
	observe(guest_create(&config)->vcpus, &without);
	load_module();
	EXPECT(!memcmp(with.results, without.results, sizeof(with.results)));
	EXPECT(!memcmp(with.guests, without.guests, sizeof(with.guests)));
	EXPECT(!memcmp(with.vmms, without.vmms, sizeof(with.vmms)));
	EXPECT_EQUAL(with.read_exception, VCPU_GENERAL_PROTECTION);
	EXPECT(!memcmp(&with, &without, sizeof(with)));
}

static void guest_without_a_grant_sees_kvm(void)
{
	expect_as_without_the_module((struct guest_config){ .privileges = 0 });
}

static void another_users_guest_sees_kvm(void)
{
	grant("all");
	grant_to("12345");
	expect_as_without_the_module((struct guest_config){ .privileges = 1ULL << 44 });
}

static void guest_without_hyperv_sees_kvm(void)
{
	grant("all");
	expect_as_without_the_module((struct guest_config){ .no_hyperv = true });
}

/* The VMM takes Hyper-V away again, before the guest has run. */
static void guest_that_had_hyperv_sees_nothing(void)
{
	struct vcpu *vcpu;
	u64 value;

	grant("all");
	vcpu = guest_with(0);
	vcpu->guest->config.no_hyperv = true;
	vcpu_set_privileges(vcpu, 0);
	EXPECT_EQUAL(seen_by_guest(vcpu), 0);
	EXPECT_EQUAL(vcpu_try_read_msr(vcpu, MSR_HYPERV_SIRBP, &value),
		     VCPU_GENERAL_PROTECTION);
}

/* Who has been granted something has it no more without the module, nor after that. */
static void ends_with_the_module(void)
{
	struct vcpu *vcpu;
	u64 id;

	grant("all");
	vcpu = guest_with(0);
	EXPECT_EQUAL(create_child(vcpu), 2);
	unload_module();
	EXPECT_STATUS(get_partition_id(vcpu, &id), INVALID_HYPERCALL_CODE);
	EXPECT_EQUAL(seen_by_guest(vcpu), 0);
	load_module();
	EXPECT_PRIVILEGES(guest_with(0), 0);
}

/* A guest that was there before the module, or its grant, has it from its next boot on. */
static void from_the_next_boot_on(void)
{
	struct vcpu *old, *late;

	grant("all");
	old = guest_with(0);
	EXPECT_EQUAL(create_child(old), 2);
	unload_module();
	load_module();
	late = guest_with(0);
	grant("all");
	EXPECT_PRIVILEGES(old, 0);
	EXPECT_PRIVILEGES(late, 0);
	/* By the VMM, and by the guest on another vCPU than the one that asks */
	guest_reset_identity(old->guest);
	vcpu_write_msr(&late[1], MSR_GUEST_OS_ID, 0);
	EXPECT_EQUAL(seen_by_guest(old), ALL);
	EXPECT_EQUAL(seen_by_guest(&late[0]), ALL);
	guest_enable_hypercalls(old->guest);
	guest_enable_hypercalls(late->guest);
	EXPECT_PRIVILEGES(&old[0], ALL);
	EXPECT_PRIVILEGES(&old[1], ALL);
	EXPECT_PRIVILEGES(&late[0], ALL);
	EXPECT_EQUAL(create_child(old), 2);
	/* It keeps what it has. */
	grant("none");
	guest_reset_identity(old->guest);
	guest_enable_hypercalls(old->guest);
	EXPECT_PRIVILEGES(old, ALL);
}

/* Nor has one by way of a reset what another user's VMs are granted. */
static void not_by_a_reset_either(void)
{
	struct vcpu *other = guest_with(0), *without;
	struct guest_config config = { .no_hyperv = true };

	without = guest_create(&config)->vcpus;
	grant("all");
	guest_reset_identity(without->guest);
	EXPECT_EQUAL(seen_by_guest(without), 0);
	grant_to("12345");
	guest_reset_identity(other->guest);
	guest_enable_hypercalls(other->guest);
	EXPECT_PRIVILEGES(other, 0);
}

/* KVM may set the CPUID of a vCPU that it makes before it has given it an index. */
static void another_vcpu_takes_nothing(void)
{
	struct vcpu *vcpu;

	grant("all");
	vcpu = guest_with(0);
	EXPECT_PRIVILEGES(vcpu, ALL);
	if (ioctl(vcpu->guest->vm_fd, KVM_CREATE_VCPU, 7) < 0)
		die("KVM_CREATE_VCPU: %m");
	EXPECT_PRIVILEGES(vcpu, ALL);
}

static const struct test_case cases[] = {
	CASE(nothing_by_default),
	CASE(besides_what_the_vmm_gives),
	CASE(granted_guest_works),
	CASE(later_changes),
	CASE(cpuid_is_set_again_while_the_guest_runs),
	CASE(to_one_user_only),
	CASE(not_to_who_acts_as_that_user),
	CASE(users_are_the_hosts),
	CASE(guest_without_a_grant_sees_kvm),
	CASE(another_users_guest_sees_kvm),
	CASE(guest_without_hyperv_sees_kvm),
	CASE(guest_that_had_hyperv_sees_nothing),
	CASE(ends_with_the_module),
	CASE(from_the_next_boot_on),
	CASE(not_by_a_reset_either),
	CASE(another_vcpu_takes_nothing),
};

int main(void)
{
	stay_on_one_cpu_if_emulated();
	cases_add(cases, ARRAY_SIZE(cases));
	cases_add_rows(try_names, names_rows);
	cases_add_rows(try_refused, refused_rows);
	return cases_run();
}
