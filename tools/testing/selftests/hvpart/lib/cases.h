/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Test cases, each in a process of its own: it builds its own guest, and what
 * it breaks or leaves behind (a crash, a lowered limit) harms no other case.
 */
#ifndef _HVPART_CASES_H
#define _HVPART_CASES_H

#include "guest.h"
#include "hypercalls.h"

struct test_case {
	const char *name;
	void (*run)(void);
	/* Instead of run, for cases that are rows of one table. */
	void (*run_row)(const void *row);
	const void *row;
	unsigned int seconds;	/* until it counts as hung, 0: CASE_SECONDS */
};

#define CASE_SECONDS	20

/* How many times slower than a stock kernel this one is said to be. */
unsigned int slowness(void);

/* End this process after so many seconds, or so many times more. */
void case_alarm(unsigned int seconds);

#define CASE(function)		{ .name = #function, .run = function }

/*
 * Print TAP for all cases and return what main() shall return. The cases of a
 * table of rows are appended by cases_add(); every row starts with its name:
 *
 *	static const struct { const char *name; ... } rows[] = { ... };
 *	cases_add_rows(try_row, rows);
 *
 * $HVPART_CASE leaves out all whose name it is no part of.
 */
void cases_add(const struct test_case *cases, unsigned int count);
void cases_add_table(void (*run_row)(const void *row), const void *rows, unsigned int count,
		     size_t size);
#define cases_add_rows(run_row, rows) \
	cases_add_table(run_row, rows, ARRAY_SIZE(rows), sizeof((rows)[0]))
int cases_run(void);

/* Within a case: what is wrong, where, and go on. */
void fail_at(const char *file, int line, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
bool expect_result_at(const char *file, int line, const char *text, u64 result, u64 expected);
bool expect_equal_at(const char *file, int line, const char *text, u64 value, u64 expected);

/* The whole result value, of which a simple call uses the status only. */
#define EXPECT_RESULT(call, status, reps)					\
	expect_result_at(__FILE__, __LINE__, #call, call, RESULT(HVP_STATUS_##status, reps))
#define EXPECT_STATUS(call, status)	EXPECT_RESULT(call, status, 0)
#define EXPECT_EQUAL(value, expected)						\
	expect_equal_at(__FILE__, __LINE__, #value, value, expected)
#define EXPECT(condition) do {							\
	if (!(condition))							\
		fail_at(__FILE__, __LINE__, "%s is not true", #condition);	\
} while (0)

/* The same for what makes no sense to go on without. */
#define REQUIRE_RESULT(call, status, reps) do {					\
	if (!EXPECT_RESULT(call, status, reps))					\
		case_stop();							\
} while (0)
#define REQUIRE_STATUS(call, status)	REQUIRE_RESULT(call, status, 0)
#define REQUIRE_EQUAL(value, expected) do {					\
	if (!EXPECT_EQUAL(value, expected))					\
		case_stop();							\
} while (0)

/* End the case, failed if any check has failed. */
void case_stop(void) __attribute__((noreturn));
/* The host cannot do this one. */
void case_skip(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));
/* Has a check failed so far? */
bool case_failed(void);

#endif
