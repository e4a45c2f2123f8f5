// SPDX-License-Identifier: GPL-2.0
/*
 * Once ftrace has found something wrong with itself, nobody gets KVM's functions back from
 * hvpart: who removes the module waits for ever, and guests go on.
 *
 * The module cannot be removed after that, nor any other be tried in this machine: this is
 * the last program to run in it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "callers.h"
#include "host.h"
#include "module.h"
#include "partitions.h"

#define SAID	"hvpart: ftrace is dead (error -19), and KVM's functions lead here for good"

/* Whoever waits for ever is not to keep files that others wait for the end of. */
static pid_t start_removing(void)
{
	pid_t pid = fork();

	if (pid < 0)
		die("fork: %m");
	if (!pid) {
		close_range(0, ~0U, 0);
		module_remove("hvpart");
		_exit(0);
	}
	return pid;
}

/* How often it is in what has been logged since the last time. */
static unsigned int count_said(int log)
{
	unsigned int count = 0;
	char record[8192];
	ssize_t length;

	while ((length = read(log, record, sizeof(record) - 1)) > 0 || errno == EPIPE) {
		record[length < 0 ? 0 : length] = 0;
		count += !!strstr(record, SAID);
	}
	return count;
}

static void removing_waits_for_ever(void)
{
	int log = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	unsigned int i, said = 0;
	struct callers callers;
	struct vcpu *vcpu;
	pid_t pid;

	if (!module_exists("kill_ftrace"))
		case_skip("this kernel has no kprobes, by which ftrace is killed");
	if (log < 0 || lseek(log, 0, SEEK_END) < 0)
		die("cannot read /dev/kmsg: %m");
	callers = callers_start();
	vcpu = new_guest();
	EXPECT_EQUAL(create_active_child(vcpu), 2);
	callers_expect(&callers, true);
	REQUIRE_EQUAL(module_insert("kill_ftrace", ""), 0);
	callers_expect(&callers, true);

	pid = start_removing();
	for (i = 0; !said && i < 100 * slowness(); i++) {
		usleep(100000);
		said = count_said(log);
	}
	sleep(3);
	said += count_said(log);
	EXPECT_EQUAL(said, 1);
	EXPECT_EQUAL(waitpid(pid, NULL, WNOHANG), 0);

	callers_expect(&callers, true);
	EXPECT_EQUAL(create_active_child(vcpu), 3);
	guest_destroy(vcpu->guest);
	vcpu = new_guest();
	EXPECT_EQUAL(create_active_child(vcpu), 2);
	callers_stop(&callers);
	EXPECT(hvpart_loaded());
}

static const struct test_case cases[] = {
	{ .name = "removing_waits_for_ever", .run = removing_waits_for_ever, .seconds = 60 },
};

int main(void)
{
	if (!hvpart_loaded())
		load_module();
	cases_add(cases, ARRAY_SIZE(cases));
	return cases_run();
}
