/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _HVPART_TESTS_SUITE_H
#define _HVPART_TESTS_SUITE_H

#include <kunit/test.h>

int hvp_suite_init(struct kunit_suite *suite);
void hvp_suite_exit(struct kunit_suite *suite);
void hvp_suite_exit_quietly(struct kunit_suite *suite);

/* What a thread does until kthread_should_stop().  Return: 0 if it was content. */
typedef int (*hvp_thread_fn)(void *data);

void hvp_run_threads(struct kunit *test, const hvp_thread_fn *functions, unsigned int count,
		     void *data);

/* A suite of this module, which has the core's caches and counters. */
#define HVP_KUNIT_SUITE(suite, cases)						\
	static struct kunit_suite suite##_suite = {				\
		.name = #suite,							\
		.suite_init = hvp_suite_init,				\
		.suite_exit = hvp_suite_exit,				\
		.test_cases = cases,						\
	};									\
	kunit_test_suite(suite##_suite)

#endif /* _HVPART_TESTS_SUITE_H */
