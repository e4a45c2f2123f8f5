// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cases.h"
#include "host.h"
#include "remains.h"

void remains_watch(struct remains *remains)
{
	remains->pinned = pinned_pages();
	remains->log = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (remains->log < 0 || lseek(remains->log, 0, SEEK_END) < 0)
		die("cannot read /dev/kmsg: %m");
	EXPECT_EQUAL(hvpart_objects(), 0);
}

/* What is said, once, of the host: by KVM, and where it is emulated and has to wait. */
static const char *const of_the_host[] = {
	"SMP vm created on host with unstable TSC", "hrtimer: interrupt took", NULL,
};

static bool is_one_of(const char *line, const char *const *texts)
{
	for (; texts && *texts; texts++) {
		if (strstr(line, *texts))
			return true;
	}
	return false;
}

/* A record a read: "level,number,time,flags;text\n", and more about it. */
static unsigned int expect_quiet(int log, const char *const *harmless)
{
	unsigned int count = 0;
	char record[8192], *text;
	ssize_t length;

	while ((length = read(log, record, sizeof(record) - 1)) > 0 || errno == EPIPE) {
		if (length < 0)
			snprintf(record, sizeof(record), ";more than the log has room for");
		else
			record[length] = 0;
		text = strchr(record, ';');
		text = text ? text + 1 : record;
		text[strcspn(text, "\n")] = 0;
		if (is_one_of(text, harmless))
			count++;
		else if (!is_one_of(text, of_the_host))
			fail_at(__FILE__, __LINE__, "in the kernel's log: %s", text);
	}
	if (errno != EAGAIN)
		die("cannot read /dev/kmsg: %m");
	return count;
}

unsigned int remains_expect_none(struct remains *remains, const char *const *harmless)
{
	unsigned int count;

	EXPECT(hvpart_objects_become(0));
	EXPECT(pinned_pages_become(remains->pinned));
	EXPECT_EQUAL(file_number("/proc/self/status", "VmLck:"), 0);
	EXPECT_EQUAL(file_number("/proc/self/status", "VmPin:"), 0);
	count = expect_quiet(remains->log, harmless);
	close(remains->log);
	return count;
}

void expect_unloaded(void)
{
	EXPECT(!hvpart_loaded());
	EXPECT_EQUAL(access("/sys/module/hvpart", F_OK), -1);
	EXPECT(!ftrace_has("hvp_"));
	EXPECT_EQUAL(hvpart_objects(), 0);
}
