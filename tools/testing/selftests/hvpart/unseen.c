// SPDX-License-Identifier: GPL-2.0
/*
 * A VMM whose guest runs children sees nothing of it. When its guest makes as many calls that
 * have nothing to do with children, it does and sees the same, but for areas of the module's.
 *
 * Another process traces the VMM: it notes each system call, with its result, each signal, and
 * how many descriptors and threads there are.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "vps.h"

/* 1: incl 0x800; jmp 1b */
static const u8 spin[] = { 0x66, 0xff, 0x06, 0x00, 0x08, 0xeb, 0xf9 };
/* 1: out %al, $0x80; jmp 1b */
static const u8 do_io[] = { 0xe6, 0x80, 0xeb, 0xfc };
/* sti; 1: hlt; jmp 1b */
static const u8 halt[] = { 0xfb, 0xf4, 0xeb, 0xfd };
/* 1: incl 0x5000; jmp 1b */
static const u8 touch[] = { 0x66, 0xff, 0x06, 0x00, 0x50, 0xeb, 0xf9 };

/* The VMM tells of itself: from here on, and how far. */
#define MARK		SYS_getppid

#define MAX_CALLS	4096

/* The kernel's own: what a tracer sees of a system call that begins anew */
#define ERESTARTNOINTR	513

struct system_call {
	u64 number, command;	/* command: of an ioctl */
	long long result;
};

/* What a VMM does and sees between two marks */
struct record {
	struct system_call calls[MAX_CALLS];
	unsigned int count;
	unsigned int signals, restarts;
	unsigned int first_descriptors, most_descriptors, last_descriptors, threads;
	unsigned int first_areas, last_areas;	/* but for the module's */
};

/* In the VMM: of its guest */
static unsigned int entered, other_exits;

static int enter_and_look(struct vcpu *vcpu)
{
	int result = ioctl(vcpu->fd, KVM_RUN, 0);

	entered++;
	/* The guest's way back, of every call */
	if (result || vcpu->run->exit_reason != KVM_EXIT_IO)
		other_exits++;
	return result;
}

static void mark(void)
{
	syscall(MARK);
}

/* Calls of a guest without children */
static void call_without(struct vcpu *vcpu, unsigned int count)
{
	u64 id;

	mark();
	while (count--)
		get_partition_id(vcpu, &id);
	mark();
}

static void dispatch_some(struct child *child, const u8 *code, size_t size)
{
	struct hvp_dispatch_vp_out out;
	unsigned int i;

	child_code(child, code, size);
	set_register(child->vcpu, child->id, 0, HVP_REGISTER_RIP, 0);
	for (i = 0; i < 10; i++) {
		REQUIRE_STATUS(dispatch_vp(child->vcpu, child->id, 0,
					   HVP_DISPATCH_CLEAR_INTERCEPT_SUSPEND, &out), SUCCESS);
		if (code == halt)
			assert_interrupt(child->vcpu, child->id, HVP_INTERRUPT_NMI, 0, 0, 0);
	}
}

/* All that there is in a child's life */
static void call_with_child(struct vcpu *vcpu)
{
	struct child child;
	u64 page;

	mark();
	child = new_child(vcpu);
	dispatch_some(&child, spin, sizeof(spin));
	dispatch_some(&child, do_io, sizeof(do_io));
	dispatch_some(&child, touch, sizeof(touch));
	child_map(&child, 5, MAP_RWX, 1, &page);
	dispatch_some(&child, touch, sizeof(touch));
	REQUIRE_RESULT(unmap_gpa_pages(vcpu, child.id, 5, 0, 1), SUCCESS, 1);
	dispatch_some(&child, touch, sizeof(touch));
	/* The last one: an NMI has no handler. */
	dispatch_some(&child, halt, sizeof(halt));
	finalize_child(vcpu, child.id);
	withdraw_all(vcpu, child.id);
	delete_child(vcpu, child.id);
	mark();
}

/* Both, so that what they do is the same program's. */
static void be_a_vmm(void)
{
	struct vcpu *vcpu = new_guest();
	unsigned int with;

	vcpu->enter = enter_and_look;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (ptrace(PTRACE_TRACEME, 0, 0, 0))
		die("PTRACE_TRACEME: %m");
	raise(SIGSTOP);
	call_with_child(vcpu);
	with = entered;
	EXPECT_EQUAL(other_exits, 0);
	call_without(vcpu, with);
	EXPECT_EQUAL(entered, 2 * with);
	EXPECT_EQUAL(other_exits, 0);
	case_stop();
}

static unsigned int count_in(pid_t pid, const char *folder)
{
	char path[64];
	struct dirent *entry;
	unsigned int count = 0;
	DIR *entries;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, folder);
	entries = opendir(path);
	if (!entries)
		die("%s: %m", path);
	while ((entry = readdir(entries)))
		count += entry->d_name[0] != '.';
	closedir(entries);
	return count;
}

static unsigned int count_areas(pid_t pid)
{
	unsigned int count = 0;
	char text[512];
	FILE *maps;

	snprintf(text, sizeof(text), "/proc/%d/maps", pid);
	maps = fopen(text, "re");
	if (!maps)
		die("%s: %m", text);
	while (fgets(text, sizeof(text), maps))
		count += !strstr(text, "[hvpart]");
	fclose(maps);
	return count;
}

/* Returns a stop's status; the case fails when there is none any more. */
static int next_stop(pid_t pid, int signal)
{
	int status;

	if (ptrace(PTRACE_SYSCALL, pid, 0, signal))
		die("PTRACE_SYSCALL: %m");
	if (waitpid(pid, &status, 0) != pid)
		die("waitpid: %m");
	return status;
}

/* A system call, from its beginning to its end; is it a mark? */
static bool note_system_call(pid_t pid, struct record *record, bool begins,
			     struct system_call *call)
{
	struct __ptrace_syscall_info info;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info) <= 0)
		die("PTRACE_GET_SYSCALL_INFO: %m");
	if (begins) {
		*call = (struct system_call){ .number = info.entry.nr };
		if (call->number == SYS_ioctl)
			call->command = info.entry.args[1];
		return false;
	}
	call->result = info.exit.rval;
	if (call->number == MARK)
		return true;
	if (call->result == -ERESTARTNOINTR) {
		record->restarts++;
		return false;
	}
	if (record->count < MAX_CALLS)
		record->calls[record->count] = *call;
	record->count++;
	return false;
}

static void note_state(pid_t pid, struct record *record)
{
	record->last_descriptors = count_in(pid, "fd");
	if (!record->first_descriptors)
		record->first_descriptors = record->last_descriptors;
	if (record->last_descriptors > record->most_descriptors)
		record->most_descriptors = record->last_descriptors;
	record->last_areas = count_areas(pid);
	if (!record->first_areas)
		record->first_areas = record->last_areas;
	record->threads = count_in(pid, "task");
}

/* What comes between the VMM's next two marks */
static void trace(pid_t pid, struct record *record)
{
	struct system_call call = {};
	bool begins = true, recording = false;
	int signal = 0, status;

	for (;;) {
		status = next_stop(pid, signal);
		if (!WIFSTOPPED(status)) {
			fail_at(__FILE__, __LINE__, "the VMM has ended: 0x%x", status);
			case_stop();
		}
		signal = 0;
		if (WSTOPSIG(status) != (SIGTRAP | 0x80)) {
			signal = WSTOPSIG(status);
			record->signals += recording;
			continue;
		}
		if (note_system_call(pid, record, begins, &call)) {
			if (recording)
				return;
			recording = true;
			*record = (struct record){};
		}
		begins = !begins;
		if (recording)
			note_state(pid, record);
	}
}

static struct record with, without;

static void expect_same(void)
{
	unsigned int i;

	printf("# %u system calls\n", with.count);
	EXPECT(with.count > 100);
	EXPECT(with.count <= MAX_CALLS);
	EXPECT_EQUAL(with.count, without.count);
	for (i = 0; i < with.count && i < without.count && i < MAX_CALLS; i++) {
		if (!memcmp(&with.calls[i], &without.calls[i], sizeof(with.calls[i])))
			continue;
		fail_at(__FILE__, __LINE__,
			"call %u: %llu 0x%llx returns %lld; without a child %llu 0x%llx, %lld", i,
			with.calls[i].number, with.calls[i].command, with.calls[i].result,
			without.calls[i].number, without.calls[i].command,
			without.calls[i].result);
		break;
	}
	EXPECT_EQUAL(with.signals, 0);
	/* KVM_RUN begins anew after the end of the child's VM, of which user space sees nothing. */
	EXPECT_EQUAL(with.restarts, 1);
	EXPECT_EQUAL(without.restarts, 0);
	EXPECT_EQUAL(with.most_descriptors, with.first_descriptors);
	EXPECT_EQUAL(with.last_descriptors, with.first_descriptors);
	EXPECT_EQUAL(with.last_areas, with.first_areas);
	/* KVM has one of its own for a VM that has run, since 6.12. */
	EXPECT_EQUAL(with.threads, without.threads);
}

static void a_vmm_sees_nothing_of_children(void)
{
	int status;
	pid_t pid = fork();

	if (pid < 0)
		die("fork: %m");
	if (!pid)
		be_a_vmm();
	if (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status))
		die("the VMM does not stop");
	if (ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL))
		die("PTRACE_SETOPTIONS: %m");
	trace(pid, &with);
	trace(pid, &without);
	expect_same();
	if (ptrace(PTRACE_DETACH, pid, 0, 0))
		die("PTRACE_DETACH: %m");
	if (waitpid(pid, &status, 0) != pid)
		die("waitpid: %m");
	EXPECT_EQUAL(status, 0);
}

static const struct test_case cases[] = {
	{ .name = "a_vmm_sees_nothing_of_children", .run = a_vmm_sees_nothing_of_children,
	  .seconds = 60 },
};

int main(void)
{
	cases_add(cases, ARRAY_SIZE(cases));
	return cases_run();
}
