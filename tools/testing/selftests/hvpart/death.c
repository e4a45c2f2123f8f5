// SPDX-License-Identifier: GPL-2.0
/* However a VM ends, nothing of it stays and no other VM notices. */
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "partitions.h"
#include "process.h"
#include "refused_pages.h"

#define SELF	HVP_PARTITION_ID_SELF

static void expect_new_guest_works(void)
{
	struct vcpu *vcpu = new_guest();

	EXPECT_EQUAL(create_active_child(vcpu), 2);
	guest_destroy(vcpu->guest);
}

static void fill_with_partitions(struct vcpu *vcpu)
{
	u64 first, id;

	deposit_new(vcpu, SELF, NULL, 300);
	first = create_active_child(vcpu);
	deposit_new(vcpu, first, NULL, 20);
	id = create_active_child(vcpu);
	map_statistics(vcpu, id);
	finalize_child(vcpu, id);
	create_child(vcpu);
	map_statistics(vcpu, first);
	map_statistics(vcpu, SELF);
}

static void orderly_end(void)
{
	struct host_state before = host_state();
	struct vcpu *vcpu = new_guest();
	struct guest *guest = vcpu->guest;
	int vm_fd = guest->vm_fd;

	fill_with_partitions(vcpu);
	EXPECT(guest_folder_becomes(getpid(), vm_fd, true));
	guest_destroy(guest);
	EXPECT(guest_folder_becomes(getpid(), vm_fd, false));
	expect_as_before(before);
	expect_new_guest_works();
}

/* The VM lives for as long as one of its vCPUs' files is open. */
static void vm_file_closed_first(void)
{
	struct host_state before = host_state();
	struct vcpu *vcpu = new_guest();
	struct guest *guest = vcpu->guest;
	int vm_fd = guest->vm_fd;

	fill_with_partitions(vcpu);
	close(vm_fd);
	EXPECT_EQUAL(create_active_child(vcpu), 5);
	EXPECT(guest_folder_becomes(getpid(), vm_fd, true));
	munmap(vcpu->run, guest->run_size);
	close(vcpu->fd);
	EXPECT(guest_folder_becomes(getpid(), vm_fd, false));
	expect_as_before(before);
}

/* One page of each of so many VMMs that exit and leave the VM's descriptors open here. */
#define VMMS	40

static void be_a_vmm_that_exits(struct guest_config *config)
{
	struct vcpu *vcpu = guest_create(config)->vcpus;

	deposit_new(vcpu, SELF, NULL, 10);
	create_active_child(vcpu);
	_exit(case_failed());
}

/* KVM lets nobody use them, so they are nothing to hold pages for. */
static void descriptors_outlive_the_vmm(void)
{
	struct guest_config config = { .privileges = GUEST_ALL_PRIVILEGES };
	struct host_state before = host_state();
	int i, status;

	for (i = 0; i < VMMS; i++) {
		pid_t pid = syscall(SYS_clone, CLONE_FILES | SIGCHLD, NULL, NULL, NULL, 0);

		if (!pid)
			be_a_vmm_that_exits(&config);
		if (pid < 0 || waitpid(pid, &status, 0) != pid)
			die("cannot have a process: %m");
		EXPECT_EQUAL(status, 0);
	}
	EXPECT(pinned_pages_become(before.pinned));
	expect_as_before(before);
	expect_new_guest_works();
}

/* Written to the guest OS ID by the VMM, as at a reset of the VM. */
static void identity_given_up(void)
{
	long long pinned = pinned_pages();
	struct vcpu *vcpu = new_guest();
	struct guest *guest = vcpu->guest;
	u64 gpn = guest_alloc(guest);
	int round;

	for (round = 0; round < 3; round++) {
		fill_with_partitions(vcpu);
		REQUIRE_RESULT(deposit_memory(vcpu, SELF, &gpn, 1), SUCCESS, 1);
		guest_reset_identity(guest);
		EXPECT(pinned_pages_become(pinned));
		EXPECT(partition_file_becomes(guest, 2, false));
		EXPECT(partition_file_becomes(guest, HVP_PARTITION_ID_ROOT, false));
		guest_enable_hypercalls(guest);
		EXPECT_BALANCE(vcpu, SELF, 0, 0);
		EXPECT(partition_file_becomes(guest, HVP_PARTITION_ID_ROOT, true));
		EXPECT_STATUS(initialize_partition(vcpu, 2, FORM_FAST), INVALID_PARTITION_ID);
		EXPECT_EQUAL(create_child(vcpu), 2);
		guest_reset_identity(guest);
		guest_enable_hypercalls(guest);
	}
}

/* As QEMU does: a reset, then all that the guest had, its SynIC's pages among it. */
static void load_state(struct guest *guest, u64 message_page)
{
	guest_reset_identity(guest);
	guest_enable_hypercalls(guest);
	guest_set_msr(&guest->vcpus[0], MSR_HYPERV_SIMP, message_page << HVP_PAGE_SHIFT | 1);
}

/* That guest may remember partitions, and none of its VM's gets such an ID again. */
static void state_is_loaded(void)
{
	struct guest_config config = { .synic = true, .privileges = GUEST_ALL_PRIVILEGES };
	struct guest *guest = guest_create(&config);
	struct vcpu *vcpu = &guest->vcpus[0];
	u64 page = guest_alloc(guest), id;

	fill_with_partitions(vcpu);	/* 2 to 4 */
	load_state(guest, page);
	for (id = 2; id <= 4; id++)
		EXPECT_STATUS(initialize_partition(vcpu, id, FORM_FAST), INVALID_PARTITION_ID);
	EXPECT_EQUAL(create_child(vcpu), 5);
	EXPECT_EQUAL(create_child(vcpu), 6);
	EXPECT(partition_file_becomes(guest, 6, true));
	EXPECT(partition_file_becomes(guest, 2, false));
	/* Once more, by way of one that has made none */
	load_state(guest, page);
	EXPECT_BALANCE(vcpu, SELF, 0, 0);
	load_state(guest, page);
	EXPECT_EQUAL(create_child(vcpu), 7);
	/* Who boots remembers nothing. */
	guest_set_msr(vcpu, MSR_HYPERV_SIMP, 0);
	guest_reset_identity(guest);
	guest_enable_hypercalls(guest);
	EXPECT_EQUAL(create_child(vcpu), 2);
	/* But who was there before it does. */
	load_state(guest, page);
	EXPECT_EQUAL(create_child(vcpu), 8);
}

/* The guest reboots by itself, each time on another vCPU. */
static void identity_given_up_by_the_guest(void)
{
	struct guest_config config = { .vcpus = 3, .privileges = GUEST_ALL_PRIVILEGES };
	struct guest *guest = guest_create(&config);
	long long pinned = pinned_pages();
	unsigned int i;

	for (i = 0; i < config.vcpus; i++) {
		struct vcpu *vcpu = &guest->vcpus[i];

		fill_with_partitions(vcpu);
		vcpu_write_msr(vcpu, MSR_GUEST_OS_ID, 0);
		EXPECT(pinned_pages_become(pinned));
		guest_enable_hypercalls(guest);
		EXPECT_BALANCE(vcpu, SELF, 0, 0);
		EXPECT_STATUS(initialize_partition(vcpu, 2, FORM_FAST), INVALID_PARTITION_ID);
	}
}

/* Writing anything else to the MSR is not a farewell. */
static void identity_changed(void)
{
	struct vcpu *vcpu = new_guest();
	u64 id = create_active_child(vcpu);

	guest_set_msr(vcpu, MSR_GUEST_OS_ID, GUEST_OS_ID | 0x00010203);
	EXPECT_STATE(vcpu, id, "active");
	EXPECT_EQUAL(create_child(vcpu), id + 1);
}

/* Killed at any instant, with one thread for each vCPU. */

static void __attribute__((noreturn)) work(struct vcpu *vcpu)
{
	static const struct hvp_create_partition_in plain;
	const struct hvp_stats_page_in own = stats_of_vp(SELF, 0, HVP_STATS_AREA_SELF);
	u64 gpns[100], back[60], id, location = guest_alloc(vcpu->guest);

	guest_alloc_list(vcpu->guest, gpns, 100);
	for (;;) {
		deposit_memory(vcpu, SELF, gpns, 100);
		if (result_success(create_partition(vcpu, &plain, &id))) {
			struct hvp_stats_page_in object = stats_of_partition(id, 0);

			deposit_memory(vcpu, id, gpns + 90, 10);
			initialize_partition(vcpu, id, FORM_FAST);
			map_stats_page2(vcpu, &object, location);
			finalize_partition(vcpu, id, FORM_FAST);
		}
		map_stats_page(vcpu, &own, back);
		unmap_stats_page(vcpu, &own);
		withdraw_memory(vcpu, SELF, NULL, back, 60);
	}
}

static void work_in_thread(struct vcpu *vcpu, void *ready)
{
	process_tell(*(int *)ready, "", 1);
	work(vcpu);
}

struct victim {
	pid_t pid;
	int vm_fd;
};

static void be_a_victim(int ready, void *vcpus)
{
	struct guest_config config = { .vcpus = *(unsigned int *)vcpus,
				       .privileges = GUEST_ALL_PRIVILEGES };
	struct guest *guest = guest_create(&config);

	process_tell(ready, &guest->vm_fd, sizeof(guest->vm_fd));
	guest_run_threads(guest, work_in_thread, &ready);
}

/* A process with a guest that is at work when this returns. */
static struct victim start_victim(unsigned int vcpus)
{
	struct process process = process_start(be_a_victim, &vcpus);
	struct victim victim = { .pid = process.pid };
	char byte;

	process_hear(process, &victim.vm_fd, sizeof(victim.vm_fd));
	process_hear(process, &byte, 1);
	return victim;
}

static void kill_victim(struct victim victim)
{
	if (kill(victim.pid, SIGKILL) || waitpid(victim.pid, NULL, 0) != victim.pid)
		die("cannot kill the victim: %m");
}

static void killed_at_work(void)
{
	struct host_state before = host_state();
	int round;

	for (round = 0; round < 12; round++) {
		struct victim victim = start_victim(1 + round % 3);

		usleep(rand() % 40000);
		kill_victim(victim);
		EXPECT(guest_folder_becomes(victim.pid, victim.vm_fd, false));
	}
	expect_as_before(before);
	expect_new_guest_works();
}

static void several_killed_at_once(void)
{
	struct host_state before = host_state();
	struct victim victims[4];
	int i;

	for (i = 0; i < 4; i++)
		victims[i] = start_victim(1);
	for (i = 0; i < 4; i++)
		kill(victims[i].pid, SIGKILL);
	for (i = 0; i < 4; i++)
		kill_victim(victims[i]);
	expect_as_before(before);
	expect_new_guest_works();
}

/*
 * The process whose memory it is dies while another one keeps the VM's file: the
 * VM outlives its memory, and goes when that file is closed.
 */
static void vm_outlives_its_memory(void)
{
	struct host_state before = host_state();
	int pipe_fds[2];
	pid_t pid;
	char byte;

	if (pipe(pipe_fds))
		die("pipe: %m");
	pid = fork();
	if (pid < 0)
		die("fork: %m");
	if (!pid) {
		struct vcpu *vcpu = new_guest();

		fill_with_partitions(vcpu);
		/* The grandchild has the files; its end is the end of the pipe. */
		if (!fork()) {
			close(pipe_fds[0]);
			usleep(100000);
			_exit(0);
		}
		_exit(case_failed());
	}
	close(pipe_fds[1]);
	if (waitpid(pid, NULL, 0) != pid)
		die("waitpid: %m");
	if (read(pipe_fds[0], &byte, 1))
		die("read: %m");
	expect_as_before(before);
	expect_new_guest_works();
}

static const struct test_case cases[] = {
	CASE(orderly_end),
	CASE(vm_file_closed_first),
	CASE(descriptors_outlive_the_vmm),
	CASE(identity_given_up),
	CASE(state_is_loaded),
	CASE(identity_given_up_by_the_guest),
	CASE(identity_changed),
	CASE(killed_at_work),
	CASE(several_killed_at_once),
	CASE(vm_outlives_its_memory),
};

int main(void)
{
	cases_add(cases, ARRAY_SIZE(cases));
	return cases_run();
}
