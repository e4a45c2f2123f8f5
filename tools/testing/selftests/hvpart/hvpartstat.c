// SPDX-License-Identifier: GPL-2.0
/* hvpartstat, as its user has it: beside guests that have partitions and make calls */
#define _GNU_SOURCE
#include <poll.h>
#include <pty.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "code_patching.h"
#include "json.h"
#include "module.h"
#include "partitions.h"
#include "process.h"
#include "vps.h"

#define SELF		HVP_PARTITION_ID_SELF
#define TEXT_SIZE	(256 << 10)

/* HVPARTSTAT names another file than the one that "check" puts there. */
static const char *program(void)
{
	return getenv("HVPARTSTAT") ?: "/hvpart/hvpartstat";
}

__attribute__((format(printf, 1, 2)))
static FILE *run(const char *format, ...)
{
	char arguments[128], command[256];
	va_list args;
	FILE *output;

	va_start(args, format);
	vsnprintf(arguments, sizeof(arguments), format, args);
	va_end(args);
	snprintf(command, sizeof(command), "exec %s %s 2>&1", program(), arguments);
	output = popen(command, "r");
	if (!output)
		die("cannot start %s: %m", command);
	return output;
}

/* All that is to come, which the next one overwrites, and the exit status. */
static int finish(FILE *output, const char **text)
{
	static char buffer[TEXT_SIZE];
	size_t size = fread(buffer, 1, sizeof(buffer) - 1, output);

	buffer[size] = 0;
	*text = buffer;
	return WEXITSTATUS(pclose(output));
}

static const char *expect_text_at(int line, FILE *output, int expected)
{
	const char *text;
	int status = finish(output, &text);

	if (status != expected)
		fail_at(__FILE__, line, "exit status %d, not %d: %s", status, expected, text);
	return text;
}

#define NO_OPTIONS		" "
#define EXPECT_TEXT(status, ...)	expect_text_at(__LINE__, run(__VA_ARGS__), status)

static const char *next_line(FILE *output)
{
	static char buffer[TEXT_SIZE];

	if (!fgets(buffer, sizeof(buffer), output))
		die("hvpartstat has ended");
	return buffer;
}

/* What the guest itself is told, and what debugfs has of it, against what is shown. */
static void expect_partition(struct vcpu *vcpu, u64 id, u64 parent, const char *state,
			     const struct hvp_memory_balance_out *shown, u64 deposited,
			     u64 shown_parent, const char *shown_state)
{
	u64 target = id == HVP_PARTITION_ID_ROOT ? SELF : id;
	struct hvp_memory_balance_out balance = balance_of(vcpu, target);

	EXPECT_EQUAL(shown->pages_available, balance.pages_available);
	EXPECT_EQUAL(shown->pages_in_use, balance.pages_in_use);
	EXPECT_EQUAL(deposited, balance.pages_available + balance.pages_in_use);
	EXPECT_EQUAL(shown_parent, parent);
	if (strcmp(shown_state, state))
		fail_at(__FILE__, __LINE__, "partition %llu is %s, and is to be %s", id,
			shown_state, state);
}

/* The guest and a child in each state that lasts. */
static const struct {
	u64 id, parent;
	const char *state;
} family[] = {
	{ 1, 0, "active" },
	{ 2, 1, "active" },
	{ 3, 1, "uninitialized" },
	{ 4, 1, "finalized" },
};

static struct vcpu *new_family(void)
{
	struct vcpu *vcpu = new_guest();
	unsigned int i;

	REQUIRE_EQUAL(create_active_child(vcpu), 2);
	REQUIRE_EQUAL(create_child(vcpu), 3);
	REQUIRE_EQUAL(create_finalized_child(vcpu), 4);
	deposit_new(vcpu, SELF, NULL, 11);
	deposit_new(vcpu, 3, NULL, 5);
	for (i = 0; i < ARRAY_SIZE(family); i++)
		EXPECT(partition_file_becomes(vcpu->guest, family[i].id, true));
	return vcpu;
}

static void shows_a_table(void)
{
	struct vcpu *vcpu = new_family();
	struct hvp_memory_balance_out shown, all, sum = { 0 };
	const char *text = EXPECT_TEXT(0, "--vm %d-%d", getpid(), vcpu->guest->vm_fd);
	u64 deposited, sum_deposited = 0;
	char row[48], parent[24], state[24];
	unsigned int count, i;
	const char *line;

	for (i = 0; i < ARRAY_SIZE(family); i++) {
		snprintf(row, sizeof(row), "\n%d-%d %*llu ", getpid(), vcpu->guest->vm_fd,
			 22 - snprintf(NULL, 0, "%d-%d ", getpid(), vcpu->guest->vm_fd),
			 family[i].id);
		line = strstr(text, row);
		if (!line || sscanf(line + strlen(row), "%23s %23s %llu %llu %llu", parent, state,
				    &deposited, &shown.pages_available, &shown.pages_in_use) != 5) {
			fail_at(__FILE__, __LINE__, "no row %s in %s", row + 1, text);
			return;
		}
		EXPECT_EQUAL(!strcmp(parent, "-"), !family[i].parent);
		expect_partition(vcpu, family[i].id, family[i].parent, family[i].state, &shown,
				 deposited, atoi(parent), state);
		sum.pages_available += shown.pages_available;
		sum.pages_in_use += shown.pages_in_use;
		sum_deposited += deposited;
	}
	line = strstr(text, " all ");
	if (!line || sscanf(line, " all %u partitions %llu %llu %llu", &count, &deposited,
			    &all.pages_available, &all.pages_in_use) != 4) {
		fail_at(__FILE__, __LINE__, "nothing of all: %s", text);
		return;
	}
	EXPECT_EQUAL(count, ARRAY_SIZE(family));
	EXPECT_EQUAL(deposited, sum_deposited);
	EXPECT_EQUAL(all.pages_available, sum.pages_available);
	EXPECT_EQUAL(all.pages_in_use, sum.pages_in_use);
}

/* The sum of some members of a partition's object, whose names are keys of its file. */
static u64 sum_of_uses(const char *json, unsigned int partition)
{
	static const char * const uses[] = {
		"children", "partition", "statistics", "virtual_processors", "memory_map",
		"ports",
	};
	unsigned int i;
	u64 sum = 0;

	for (i = 0; i < ARRAY_SIZE(uses); i++)
		sum += json_number(json, "vms[0].partitions[%u].in_use_by.%s", partition, uses[i]);
	return sum;
}

static u64 sum_of_nodes(const char *json, unsigned int partition)
{
	char path[64], value[256];
	unsigned int i;
	u64 sum = 0;

	for (i = 0; ; i++) {
		snprintf(path, sizeof(path), "vms[0].partitions[%u].nodes[%u]", partition, i);
		if (!json_find(json, path, value, sizeof(value)))
			return sum;
		sum += json_number(json, "%s.deposited", path);
	}
}

static void shows_json(void)
{
	struct vcpu *vcpu = new_family();
	const char *text = EXPECT_TEXT(0, "--json --vm %d", getpid());
	char value[64], path[64];
	unsigned int i;

	EXPECT(json_equals(text, "loaded", "true"));
	EXPECT(json_equals(text, "problem", "null"));
	EXPECT(json_equals(text, "interval", "null"));
	EXPECT(json_equals(text, "not_understood", "0"));
	EXPECT(json_equals(text, "parameters.grant", "\"none\""));
	EXPECT(json_equals(text, "parameters.grant_uid", "-1"));
	EXPECT_EQUAL(json_number(text, "parameters.max_partitions"),
		     module_parameter("max_partitions"));
	EXPECT_EQUAL(json_number(text, "vms[0].pid"), getpid());
	EXPECT_EQUAL(json_number(text, "vms[0].fd"), vcpu->guest->vm_fd);
	EXPECT(!json_find(text, "vms[1]", value, sizeof(value)));
	for (i = 0; i < ARRAY_SIZE(family); i++) {
		struct hvp_memory_balance_out shown = {
			.pages_available = json_number(text, "vms[0].partitions[%u].available", i),
			.pages_in_use = json_number(text, "vms[0].partitions[%u].in_use", i),
		};
		u64 deposited = json_number(text, "vms[0].partitions[%u].deposited", i), parent = 0;

		if (family[i].parent)
			parent = json_number(text, "vms[0].partitions[%u].parent", i);
		snprintf(path, sizeof(path), "vms[0].partitions[%u].state", i);
		REQUIRE_EQUAL(json_find(text, path, value, sizeof(value)), true);
		value[strlen(value) - 1] = 0;
		EXPECT_EQUAL(json_number(text, "vms[0].partitions[%u].id", i), family[i].id);
		expect_partition(vcpu, family[i].id, family[i].parent, family[i].state, &shown,
				 deposited, parent, value + 1);
		EXPECT_EQUAL(sum_of_uses(text, i), shown.pages_in_use);
		EXPECT_EQUAL(sum_of_nodes(text, i), deposited);
	}
	EXPECT(!json_find(text, "vms[0].partitions[4]", value, sizeof(value)));
	EXPECT(json_equals(text, "vms[0].partitions[0].parent", "null"));
	EXPECT(json_equals(text, "vms[0].partitions[1].proximity", "\"any\""));
	EXPECT(json_find(text, "vms[0].partitions[1].properties[0].value", value, sizeof(value)));
}

/* out %al, $0x80; hlt */
static const u8 one_exit[] = { 0xe6, 0x80, 0xf4 };

#define CHILD	"vms[0].partitions[1]."

/* A child that has been stopped by a port, with its memory. */
static void shows_a_child(void)
{
	struct vcpu *vcpu = new_guest();
	struct child child = new_child(vcpu);
	const char *text;
	char source[32];
	u64 page;

	child_code(&child, one_exit, sizeof(one_exit));
	child_intercept(&child);
	child_map(&child, 16, HVP_MAP_READ, 1, &page);
	REQUIRE_RESULT(map_gpa_pages(vcpu, child.id, 32, HVP_MAP_NO_ACCESS, NULL, 8), SUCCESS, 8);
	EXPECT(partition_file_becomes(vcpu->guest, child.id, true));

	text = EXPECT_TEXT(0, "--json --vm %d", getpid());
	EXPECT(json_equals(text, "not_understood", "0"));
	EXPECT_EQUAL(json_number(text, CHILD "virtual_processors"), 1);
	EXPECT_EQUAL(json_number(text, CHILD "vps[0].vp"), 0);
	EXPECT(json_equals(text, CHILD "vps[0].state", "\"suspended\""));
	EXPECT_EQUAL(json_number(text, CHILD "vps[0].exits.io"), 1);
	EXPECT_EQUAL(json_number(text, CHILD "vps[0].exits.memory"), 0);
	EXPECT(json_number(text, CHILD "vps[0].run_time") > 0);
	EXPECT_EQUAL(json_number(text, CHILD "memory.mapped"), 2);
	EXPECT_EQUAL(json_number(text, CHILD "memory.no_access"), 8);
	EXPECT(json_equals(text, CHILD "memory.runs[0].rights", "\"rwku\""));
	EXPECT(json_equals(text, CHILD "memory.runs[1].gpa", "\"0x10000\""));
	EXPECT(json_equals(text, CHILD "memory.runs[1].rights", "\"r---\""));
	snprintf(source, sizeof(source), "\"0x%llx\"", page * HVP_PAGE_SIZE);
	EXPECT(json_equals(text, CHILD "memory.runs[1].source", source));
	EXPECT(json_equals(text, CHILD "memory.runs[2].rights", "\"none\""));
	EXPECT_EQUAL(json_number(text, CHILD "memory.runs[2].pages"), 8);
	EXPECT(json_equals(text, CHILD "memory.not_shown", "null"));
	EXPECT(json_equals(text, "vms[0].partitions[0].memory", "null"));
}

/* Where a call with a status is in the document, or false. */
static bool find_call(const char *json, const char *call, const char *status, char path[32])
{
	char value[128], wanted[128];
	unsigned int i;

	snprintf(wanted, sizeof(wanted), "\"call\":\"%s\",\"status\":\"%s\"", call, status);
	for (i = 0; ; i++) {
		snprintf(path, 32, "calls[%u]", i);
		if (!json_find(json, path, value, sizeof(value)))
			return false;
		if (strstr(value, wanted))
			return true;
	}
}

static u64 count_of(const char *json, const char *call, const char *status)
{
	char path[32];

	return find_call(json, call, status, path) ? json_number(json, "%s.count", path) : 0;
}

static void calls(void)
{
	struct vcpu *vcpu = new_guest();
	const char *text;
	u64 id, success, invalid;
	int i;

	text = EXPECT_TEXT(0, "-j");
	success = count_of(text, "HvGetPartitionId", "SUCCESS");
	invalid = count_of(text, "HvFinalizePartition", "INVALID_PARTITION_ID");
	for (i = 0; i < 7; i++)
		EXPECT_STATUS(get_partition_id(vcpu, &id), SUCCESS);
	for (i = 0; i < 3; i++)
		EXPECT_STATUS(finalize_partition(vcpu, 99, FORM_FAST), INVALID_PARTITION_ID);
	text = EXPECT_TEXT(0, "-j");
	EXPECT_EQUAL(count_of(text, "HvGetPartitionId", "SUCCESS"), success + 7);
	EXPECT_EQUAL(count_of(text, "HvFinalizePartition", "INVALID_PARTITION_ID"), invalid + 3);
	text = EXPECT_TEXT(0, NO_OPTIONS);
	EXPECT(strstr(text, "\nHvFinalizePartition       INVALID_PARTITION_ID "));
}

/* Rates times intervals are the calls that have been made, and nothing before them. */
static void calls_per_second(void)
{
	struct vcpu *vcpu = new_guest();
	FILE *watched;
	const char *line;
	double calls = 0;
	char path[32];
	u64 id, before;
	int i;

	EXPECT_STATUS(get_partition_id(vcpu, &id), SUCCESS);
	watched = run("--json --interval 0.3");
	line = next_line(watched);
	before = count_of(line, "HvGetPartitionId", "SUCCESS");
	EXPECT(json_equals(line, "interval", "null"));
	for (i = 0; i < 500; i++)
		get_partition_id(vcpu, &id);
	do {
		line = next_line(watched);
		REQUIRE_EQUAL(find_call(line, "HvGetPartitionId", "SUCCESS", path), true);
		EXPECT(json_number(line, "interval") >= 0.1);
		calls += json_number(line, "%s.per_second", path) * json_number(line, "interval");
	} while (json_number(line, "%s.count", path) < before + 500);
	if (calls < 490 || calls > 510)
		fail_at(__FILE__, __LINE__, "500 calls are %f", calls);
	line = next_line(watched);
	EXPECT_EQUAL(json_number(line, "%s.per_second", path), 0);
}

static void be_busy(int ready, void *unused)
{
	struct vcpu *vcpu = new_guest();

	(void)unused;
	create_child(vcpu);
	process_tell(ready, "", 1);
	for (;;)
		delete_child(vcpu, create_child(vcpu));
}

/* Whatever goes while it is read, each line is whole and none has a problem. */
static void vms_and_partitions_come_and_go(void)
{
	FILE *watched = run("--json --interval 0.1");
	struct process process;
	const char *line;
	char value[64], byte;
	bool seen;
	int round;

	for (round = 0; round < 10; round++) {
		if (round % 2 == 0) {
			process = process_start(be_busy, NULL);
			process_hear(process, &byte, 1);
		} else {
			kill(process.pid, SIGKILL);
			waitpid(process.pid, NULL, 0);
		}
		do {
			line = next_line(watched);
			EXPECT(json_equals(line, "problem", "null"));
			EXPECT(json_equals(line, "not_understood", "0"));
			seen = json_find(line, "vms[0].pid", value, sizeof(value));
		} while (seen != (round % 2 == 0));
	}
}

static void not_loaded(void)
{
	static const char message[] = "hvpartstat: hvpart is not loaded; to load it: ";
	const char *text;

	unload_module();
	text = EXPECT_TEXT(3, NO_OPTIONS);
	EXPECT(!strncmp(text, message, strlen(message)));
	EXPECT(strchr(text, '\n') == strrchr(text, '\n'));
	text = EXPECT_TEXT(3, "--watch --json");
	EXPECT(!strncmp(text, message, strlen(message)));
	load_module();
	EXPECT_TEXT(0, NO_OPTIONS);
}

static void unloaded_while_watching(void)
{
	struct vcpu *vcpu = new_guest();
	FILE *watched = run("--json --interval 0.1");
	char path[32], value[64];
	const char *line;
	u64 id;

	create_child(vcpu);
	while (!json_find(next_line(watched), "vms[0].pid", value, sizeof(value)))
		;
	unload_module();
	while (line = next_line(watched), !json_equals(line, "loaded", "false"))
		;
	EXPECT(json_equals(line, "vms", "[]") && json_equals(line, "calls", "[]"));
	load_module();
	EXPECT_STATUS(get_partition_id(vcpu, &id), SUCCESS);
	while (line = next_line(watched),
	       !find_call(line, "HvGetPartitionId", "SUCCESS", path))
		;
	/* The module has begun to count anew. */
	EXPECT_EQUAL(json_number(line, "%s.count", path), 1);
	EXPECT(json_equals(line, "problem", "null"));
}

static void not_root(void)
{
	const char *text;

	if (setgid(1000) || setuid(1000))
		die("cannot be another user: %m");
	text = EXPECT_TEXT(5, NO_OPTIONS);
	EXPECT(strstr(text, "hvpartstat: only root may read") && strstr(text, "sudo"));
}

static void no_debugfs(void)
{
	const char *text;

	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    umount2("/sys/kernel/debug", MNT_DETACH))
		die("cannot be without debugfs: %m");
	text = EXPECT_TEXT(4, NO_OPTIONS);
	EXPECT(strstr(text, "hvpartstat: debugfs is not mounted; to mount it: mount "));
}

/* hvpartstat on a terminal. It shows nothing anew by itself for an hour. */
struct screen {
	pid_t pid;
	int terminal;
	struct termios before;
	char shown[TEXT_SIZE];
	size_t size;
};

static void screen_start(struct screen *screen)
{
	struct winsize size = { .ws_row = 24, .ws_col = 80 };

	screen->size = 0;
	screen->pid = forkpty(&screen->terminal, NULL, NULL, &size);
	if (screen->pid < 0)
		die("forkpty: %m");
	if (!screen->pid) {
		/* The other end is to see it as it is before. */
		usleep(100000);
		setenv("TERM", "linux", 1);
		execl(program(), "hvpartstat", "--interval", "3600", NULL);
		_exit(127);
	}
	if (tcgetattr(screen->terminal, &screen->before))
		die("tcgetattr: %m");
}

/* Until it has shown @text, since the last time; then forget what it has shown. */
static void screen_shows_at(int line, struct screen *screen, const char *text)
{
	struct pollfd input = { .fd = screen->terminal, .events = POLLIN };

	for (;;) {
		char *shown = screen->shown + screen->size;
		ssize_t size;

		*shown = 0;
		if (strstr(screen->shown, text))
			break;
		size = poll(&input, 1, HOST_PATIENCE_MS) > 0 ?
		       read(screen->terminal, shown, sizeof(screen->shown) - 1 - screen->size) : 0;
		if (size <= 0) {
			fail_at(__FILE__, line, "it does not show %s", text);
			case_stop();
		}
		screen->size += size;
	}
	screen->size = 0;
}

#define SCREEN_SHOWS(screen, text)	screen_shows_at(__LINE__, screen, text)

static void press(struct screen *screen, const char *key)
{
	if (write(screen->terminal, key, strlen(key)) < 0)
		die("write: %m");
}

/* It ends, and the terminal is as it was: modes, cursor, what was on it. */
static int screen_end(struct screen *screen)
{
	struct termios after;
	int status;

	SCREEN_SHOWS(screen, "\033[?25h\033[?1049l");
	if (waitpid(screen->pid, &status, 0) != screen->pid)
		die("waitpid: %m");
	if (tcgetattr(screen->terminal, &after))
		die("tcgetattr: %m");
	EXPECT_EQUAL(after.c_lflag, screen->before.c_lflag);
	EXPECT_EQUAL(after.c_iflag, screen->before.c_iflag);
	EXPECT_EQUAL(after.c_oflag, screen->before.c_oflag);
	close(screen->terminal);
	return status;
}

#define LAST_ROW(row)	"\033[" row "H\033[K\033[mq quits"

static void screen(void)
{
	struct winsize larger = { .ws_row = 40, .ws_col = 120 };
	struct vcpu *vcpu = new_guest();
	static struct screen screen;
	struct termios meanwhile;
	int i;

	for (i = 0; i < 40; i++)
		create_child(vcpu);
	screen_start(&screen);
	SCREEN_SHOWS(&screen, LAST_ROW("24"));
	EXPECT(!strstr(screen.shown, "DEPOSITED BY NODE"));
	EXPECT(strstr(screen.shown, " all "));
	tcgetattr(screen.terminal, &meanwhile);
	EXPECT(!(meanwhile.c_lflag & (ICANON | ECHO)));
	press(&screen, "\033[B");
	SCREEN_SHOWS(&screen, "; rows 2 to ");
	press(&screen, "\033[6~");
	SCREEN_SHOWS(&screen, "; rows ");
	EXPECT(!strstr(screen.shown, " all "));
	press(&screen, "g");
	SCREEN_SHOWS(&screen, "; rows 1 to ");
	if (ioctl(screen.terminal, TIOCSWINSZ, &larger))
		die("TIOCSWINSZ: %m");
	SCREEN_SHOWS(&screen, LAST_ROW("40"));
	EXPECT(strstr(screen.shown, "DEPOSITED BY NODE"));
	press(&screen, "q");
	EXPECT_EQUAL(screen_end(&screen), 0);
}

/* Ctrl-C, Ctrl-Z and going on, being told to end */
static void screen_is_left_by_signals(void)
{
	static struct screen screen;
	int status;

	screen_start(&screen);
	SCREEN_SHOWS(&screen, LAST_ROW("24"));
	press(&screen, "\003");
	EXPECT_EQUAL(screen_end(&screen), 0);

	screen_start(&screen);
	SCREEN_SHOWS(&screen, LAST_ROW("24"));
	press(&screen, "\032");
	SCREEN_SHOWS(&screen, "\033[?1049l");
	EXPECT_EQUAL(waitpid(screen.pid, &status, WUNTRACED), screen.pid);
	EXPECT(WIFSTOPPED(status));
	kill(screen.pid, SIGCONT);
	SCREEN_SHOWS(&screen, LAST_ROW("24"));
	kill(screen.pid, SIGTERM);
	status = screen_end(&screen);
	EXPECT(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
}

/* The kernel takes its time to unload, see unload.c. */
#define SECONDS	90

static const struct test_case cases[] = {
	CASE(shows_a_table),
	CASE(shows_json),
	CASE(shows_a_child),
	CASE(calls),
	CASE(calls_per_second),
	CASE(vms_and_partitions_come_and_go),
	{ .name = "not_loaded", .run = not_loaded, .seconds = SECONDS },
	{ .name = "unloaded_while_watching", .run = unloaded_while_watching, .seconds = SECONDS },
	CASE(not_root),
	CASE(no_debugfs),
	CASE(screen),
	CASE(screen_is_left_by_signals),
};

int main(void)
{
	stay_on_one_cpu_if_emulated();
	if (access(program(), X_OK))
		die("no %s; name it by HVPARTSTAT=", program());
	cases_add(cases, ARRAY_SIZE(cases));
	return cases_run();
}
