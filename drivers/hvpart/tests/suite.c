// SPDX-License-Identifier: GPL-2.0
/* What every suite begins and ends with. */

#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include "../core/core.h"
#include "../core/stats.h"
#include "world.h"

/**
 * hvp_suite_init() - bring up what the core has one of
 * @suite:	the suite
 *
 * Return: 0 or -errno.
 */
int hvp_suite_init(struct kunit_suite *suite)
{
	return hvp_core_init();
}

/**
 * hvp_suite_exit_quietly() - the reverse; the slab complains if anything is left
 * @suite:	the suite
 */
void hvp_suite_exit_quietly(struct kunit_suite *suite)
{
	hvp_core_exit();
}

static const enum hvp_status hvp_statuses[] = {
#define HVP_STATUS_ROW(value, text)	value,
	HVP_STATUS_LIST(HVP_STATUS_ROW)
};

static const struct {
	u16 code;
	const char *name;
} hvp_calls[] = {
#define HVP_CALL_ROW(code, NAME, name, in, out, text)	{ code, text },
	HVP_CALL_LIST(HVP_CALL_ROW)
};

/**
 * hvp_suite_exit() - the same, and say which statuses were got
 * @suite:	the suite
 *
 * A script collects these lines.
 */
void hvp_suite_exit(struct kunit_suite *suite)
{
	unsigned int call, status;

	for (call = 0; call < ARRAY_SIZE(hvp_calls); call++) {
		for (status = 0; status < ARRAY_SIZE(hvp_statuses); status++) {
			if (hvp_stats_read(hvp_call_row(hvp_calls[call].code),
					   hvp_statuses[status]))
				kunit_log(KERN_INFO, suite, KUNIT_SUBTEST_INDENT "# got %s %s\n",
					  hvp_calls[call].name,
					  hvp_status_name(hvp_statuses[status]));
		}
	}
	hvp_suite_exit_quietly(suite);
}

/* More would say nothing new. */
#define HVP_MANY_THREADS	4

/**
 * hvp_run_threads() - run functions at the same time, for a while
 * @test:	the test
 * @functions:	a thread each
 * @count:	at most four
 * @data:	what each of them gets
 */
void hvp_run_threads(struct kunit *test, const hvp_thread_fn *functions, unsigned int count,
		     void *data)
{
	struct task_struct *tasks[HVP_MANY_THREADS];
	int i;

	KUNIT_ASSERT_LE(test, count, ARRAY_SIZE(tasks));
	for (i = 0; i < count; i++)
		tasks[i] = kthread_run(functions[i], data, "%s/%d", test->name, i);
	msleep(500);
	for (i = 0; i < count; i++) {
		if (IS_ERR(tasks[i]))
			KUNIT_FAIL(test, "no thread: %ld", PTR_ERR(tasks[i]));
		else
			KUNIT_EXPECT_EQ(test, kthread_stop(tasks[i]), 0);
	}
}

MODULE_DESCRIPTION("KUnit tests of hvpart");
MODULE_LICENSE("GPL");
