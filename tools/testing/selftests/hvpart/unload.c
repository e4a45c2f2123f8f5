// SPDX-License-Identifier: GPL-2.0
/*
 * The module goes while guests are at work, and comes again; or tries to come, where
 * somebody else redirects a function that it needs.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "callers.h"
#include "code_patching.h"
#include "module.h"
#include "partitions.h"
#include "process.h"
#include "remains.h"

#define SELF	HVP_PARTITION_ID_SELF

static void expect_all_gone(long long pinned)
{
	expect_unloaded();
	EXPECT(pinned_pages_become(pinned));
}

/* The guest of before has nothing left, and can begin anew. */
static void reload_starts_empty(void)
{
	long long pinned = pinned_pages();
	struct vcpu *vcpu = new_guest();
	struct hvp_memory_balance_out balance;
	int round;
	u64 id;

	for (round = 0; round < 2; round++) {
		EXPECT_EQUAL(create_active_child(vcpu), 2);
		EXPECT_EQUAL(create_child(vcpu), 3);
		deposit_new(vcpu, SELF, NULL, 40);
		map_statistics(vcpu, 2);
		map_statistics(vcpu, SELF);
		unload_module();
		expect_all_gone(pinned);
		EXPECT_STATUS(get_partition_id(vcpu, &id), INVALID_HYPERCALL_CODE);
		EXPECT_STATUS(get_memory_balance(vcpu, SELF, NULL, &balance),
			      INVALID_HYPERCALL_CODE);
		EXPECT_STATUS(initialize_partition(vcpu, 2, FORM_FAST), INVALID_HYPERCALL_CODE);
		load_module();
		EXPECT_BALANCE(vcpu, SELF, 0, 0);
		EXPECT_STATUS(initialize_partition(vcpu, 2, FORM_FAST), INVALID_PARTITION_ID);
	}
}

/* Every answer is one that the contract allows, until it is KVM's own. */
static bool expect_answer(u64 result, u64 success, enum hvp_status other)
{
	if (result == HVP_STATUS_INVALID_HYPERCALL_CODE)
		return false;
	if (result != success && result_status(result) != other)
		fail_at(__FILE__, __LINE__, "answer: %s", status_name(result_status(result)));
	return true;
}

static void work_until_unloaded(struct vcpu *vcpu, void *ready)
{
	static const struct hvp_create_partition_in plain;
	u64 gpns[4], back[4], id;

	guest_alloc_list(vcpu->guest, gpns, 4);
	process_tell(*(int *)ready, "", 1);
	while (expect_answer(deposit_memory(vcpu, SELF, gpns, 4),
			     RESULT(HVP_STATUS_SUCCESS, 4), HVP_STATUS_OPERATION_DENIED) &&
	       expect_answer(create_partition(vcpu, &plain, &id), HVP_STATUS_SUCCESS,
			     HVP_STATUS_INSUFFICIENT_MEMORY) &&
	       expect_answer(delete_partition(vcpu, id, FORM_FAST), HVP_STATUS_SUCCESS,
			     HVP_STATUS_INVALID_PARTITION_ID) &&
	       expect_answer(withdraw_memory(vcpu, SELF, NULL, back, 4),
			     RESULT(HVP_STATUS_SUCCESS, 4), HVP_STATUS_NO_RESOURCES))
		;
	/* Once unloaded, it stays so. */
	EXPECT_STATUS(delete_partition(vcpu, id, FORM_FAST), INVALID_HYPERCALL_CODE);
}

static void be_a_worker(int ready, void *vcpus)
{
	struct guest_config config = { .vcpus = *(unsigned int *)vcpus,
				       .privileges = GUEST_ALL_PRIVILEGES };

	guest_run_threads(guest_create(&config), work_until_unloaded, &ready);
}

static pid_t start_worker(unsigned int vcpus)
{
	struct process process = process_start(be_a_worker, &vcpus);
	char byte;

	process_hear(process, &byte, 1);
	return process.pid;
}

static void unload_while_calls_are_made(void)
{
	long long pinned = pinned_pages();
	int round, status;

	for (round = 0; round < 3; round++) {
		pid_t pid = start_worker(1 + round);

		usleep(20000 + rand() % 30000);
		unload_module();
		if (waitpid(pid, &status, 0) != pid)
			die("waitpid: %m");
		EXPECT_EQUAL(status, 0);
		expect_all_gone(pinned);
		load_module();
	}
	EXPECT_EQUAL(create_active_child(new_guest()), 2);
}

static void unload_while_a_vm_dies(void)
{
	long long pinned = pinned_pages();
	int round;

	for (round = 0; round < 3; round++) {
		pid_t pid = start_worker(2);

		usleep(rand() % 20000);
		kill(pid, SIGKILL);
		unload_module();
		if (waitpid(pid, NULL, 0) != pid)
			die("waitpid: %m");
		expect_all_gone(pinned);
		load_module();
	}
	EXPECT_EQUAL(create_active_child(new_guest()), 2);
}

/* In the order in which they are hooked. */
static const struct hooked {
	const char *function;
} hooked[] = {
	{ "kvm_arch_flush_shadow_all" },
	{ "kvm_arch_flush_shadow_memslot" },
	{ "kvm_hv_set_msr_common" },
	{ "kvm_hv_get_msr_common" },
	{ "kvm_hv_hypercall" },
	{ "kvm_cpuid" },
	{ "kvm_hv_set_cpuid" },
};

/* How long what is left behind has to show. */
#define AFTERWARDS_US	2000000

/* A load that fails half-way has answered no call and knows of no VM. */
static void load_fails_while_calls_are_made(const void *row)
{
	const char *function = ((const struct hooked *)row)->function;
	static const char reason[] = "another module or live patch redirects it";
	char line[128], parameters[64];
	const char *const said[] = { line, NULL };
	struct callers callers;
	struct remains remains;

	snprintf(line, sizeof(line), "hvpart: cannot redirect %s (error -16): %s", function,
		 reason);
	unload_module();
	remains_watch(&remains);
	callers = callers_start();
	snprintf(parameters, sizeof(parameters), "function=%s", function);
	REQUIRE_EQUAL(module_insert("redirect", parameters), 0);
	callers_expect(&callers, false);
	EXPECT_EQUAL(module_insert("hvpart", ""), EBUSY);
	expect_unloaded();
	usleep(AFTERWARDS_US);
	callers_expect(&callers, false);
	EXPECT_EQUAL(callers_answered(&callers), 0);
	callers_stop(&callers);
	module_remove("redirect");
	expect_unloaded();
	EXPECT_EQUAL(remains_expect_none(&remains, said), 1);
	load_module();
	EXPECT_EQUAL(create_active_child(new_guest()), 2);
}

/* The kernel waits for its tasks dozens of times; more of them take longer. */
#define SECONDS	90

static const struct test_case cases[] = {
	{ .name = "reload_starts_empty", .run = reload_starts_empty, .seconds = SECONDS },
	{ .name = "unload_while_calls_are_made", .run = unload_while_calls_are_made,
	  .seconds = SECONDS },
	{ .name = "unload_while_a_vm_dies", .run = unload_while_a_vm_dies, .seconds = SECONDS },
};

int main(void)
{
	struct test_case load_fails[ARRAY_SIZE(hooked)];
	unsigned int i;

	stay_on_one_cpu_if_emulated();
	cases_add(cases, ARRAY_SIZE(cases));
	for (i = 0; i < ARRAY_SIZE(hooked); i++)
		load_fails[i] = (struct test_case) {
			.run_row = load_fails_while_calls_are_made, .row = &hooked[i],
			.name = hooked[i].function, .seconds = SECONDS,
		};
	cases_add(load_fails, ARRAY_SIZE(load_fails));
	return cases_run();
}
