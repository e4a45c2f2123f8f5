// SPDX-License-Identifier: GPL-2.0
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kselftest.h"

#include "cases.h"
#include "code_patching.h"
#include "host.h"
#include "soak.h"

static struct test_case *all_cases;
static unsigned int nr_cases;

static bool failed;

void cases_add(const struct test_case *cases, unsigned int count)
{
	const char *only = getenv("HVPART_CASE");
	unsigned int i;

	all_cases = realloc(all_cases, (nr_cases + count) * sizeof(*cases));
	if (!all_cases)
		die("out of memory");
	for (i = 0; i < count; i++) {
		if (!only || strstr(cases[i].name, only))
			all_cases[nr_cases++] = cases[i];
	}
}

void cases_add_table(void (*run_row)(const void *row), const void *rows, unsigned int count,
		     size_t size)
{
	const char *row = rows;

	for (; count--; row += size) {
		struct test_case test_case = {
			.name = *(const char *const *)row, .run_row = run_row, .row = row,
		};

		cases_add(&test_case, 1);
	}
}

void fail_at(const char *file, int line, const char *format, ...)
{
	char message[512];
	va_list args;

	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	/* One call, for threads not to mix their lines. */
	printf("# %s:%d: %s\n", file, line, message);
	__atomic_store_n(&failed, true, __ATOMIC_RELAXED);
}

bool expect_result_at(const char *file, int line, const char *text, u64 result, u64 expected)
{
	if (result == expected)
		return true;
	fail_at(file, line, "%s: expected %s, reps %u; got %s, reps %u (0x%llx)", text,
		status_name(result_status(expected)), result_reps(expected),
		status_name(result_status(result)), result_reps(result), result);
	return false;
}

bool expect_equal_at(const char *file, int line, const char *text, u64 value, u64 expected)
{
	if (value == expected)
		return true;
	fail_at(file, line, "%s: expected %lld (0x%llx), got %lld (0x%llx)", text,
		expected, expected, value, value);
	return false;
}

bool case_failed(void)
{
	return __atomic_load_n(&failed, __ATOMIC_RELAXED);
}

void case_stop(void)
{
	fflush(stdout);
	_exit(case_failed() ? KSFT_FAIL : KSFT_PASS);
}

void case_skip(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	printf("# ");
	vprintf(format, args);
	va_end(args);
	printf("\n");
	fflush(stdout);
	_exit(KSFT_SKIP);
}

unsigned int slowness(void)
{
	const char *value = getenv("HVPART_SLOWNESS");
	unsigned int times = value ? atoi(value) : 1;

	return times ? times : 1;
}

void case_alarm(unsigned int seconds)
{
	alarm(seconds * slowness());
}

/* Who is nearly hung here is hung where the machine has more to do. */
static void tell_if_slow(unsigned int seconds, u64 took_ms)
{
	if (took_ms > seconds * slowness() * 500ULL)
		ksft_print_msg("slow: %llu of %u s\n", took_ms / 1000, seconds * slowness());
}

static int run_case(const struct test_case *test_case)
{
	const unsigned int seconds = test_case->seconds ? test_case->seconds : CASE_SECONDS;
	const u64 begin = soak_now_ms();
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid < 0)
		die("fork: %m");
	if (!pid) {
		/* Nobody is left behind when the program is killed. */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		case_alarm(seconds);
		if (test_case->run_row)
			test_case->run_row(test_case->row);
		else
			test_case->run();
		case_stop();
	}
	if (waitpid(pid, &status, 0) != pid)
		die("waitpid: %m");
	tell_if_slow(seconds, soak_now_ms() - begin);
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	if (WTERMSIG(status) == SIGALRM)
		ksft_print_msg("hung\n");
	else
		ksft_print_msg("killed by signal %d\n", WTERMSIG(status));
	return KSFT_FAIL;
}

int cases_run(void)
{
	struct module_parameters parameters;
	unsigned int i;

	ksft_print_header();
	ksft_set_plan(nr_cases);
	require_hvpart();
	keep_kvm_busy();
	module_parameters_save(&parameters);
	for (i = 0; i < nr_cases; i++) {
		const struct test_case *test_case = &all_cases[i];
		int result = run_case(test_case);

		module_parameters_restore(&parameters);
		if (result == KSFT_SKIP)
			ksft_test_result_skip("%s\n", test_case->name);
		else
			ksft_test_result(result == KSFT_PASS, "%s\n", test_case->name);
	}
	ksft_finished();
	return KSFT_FAIL;	/* for older kselftest.h, which do not say that it exits */
}
