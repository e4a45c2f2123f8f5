// SPDX-License-Identifier: GPL-2.0
/* clock.c: reference time, and its freezing. */

#include <kunit/test.h>
#include <linux/delay.h>
#include "../core/clock.h"

/* Long enough to be seen with any clock source. */
#define WAIT_MS	20

static void hvp_clock_begins_at_zero(struct kunit *test)
{
	struct hvp_clock clock = { .frozen = true, .frozen_at = 1, .origin = 5 };
	u64 before = ktime_get_raw_ns();
	u64 time;

	hvp_clock_start(&clock);
	time = hvp_clock_read(&clock);
	KUNIT_EXPECT_LE(test, time, (ktime_get_raw_ns() - before) / 100);
}

static void hvp_clock_runs_in_100_ns(struct kunit *test)
{
	u64 before = ktime_get_raw_ns(), began, time, least;
	struct hvp_clock clock;

	hvp_clock_start(&clock);
	began = ktime_get_raw_ns();
	msleep(WAIT_MS);
	least = (ktime_get_raw_ns() - began) / 100;
	time = hvp_clock_read(&clock);
	KUNIT_EXPECT_GE(test, time, least);
	KUNIT_EXPECT_LE(test, time, (ktime_get_raw_ns() - before) / 100);
	/* msleep() counts jiffies, of which an emulated CPU gets many at once. */
	KUNIT_EXPECT_GT(test, least, 0);
}

static void hvp_clock_stands_still_when_frozen(struct kunit *test)
{
	struct hvp_clock clock;
	u64 time, began, outside;

	hvp_clock_start(&clock);
	hvp_clock_freeze(&clock, true);
	time = hvp_clock_read(&clock);
	msleep(WAIT_MS);
	KUNIT_EXPECT_EQ(test, hvp_clock_read(&clock), time);
	/* Freezing what is frozen does not move it on. */
	hvp_clock_freeze(&clock, true);
	KUNIT_EXPECT_EQ(test, hvp_clock_read(&clock), time);

	/* It runs on from where it stood. */
	began = ktime_get_raw_ns();
	hvp_clock_freeze(&clock, false);
	outside = hvp_clock_read(&clock);
	KUNIT_EXPECT_GE(test, outside, time);
	KUNIT_EXPECT_LE(test, outside - time, (ktime_get_raw_ns() - began) / 100 + 1);
	/* And letting run what runs changes nothing. */
	began = ktime_get_raw_ns();
	time = hvp_clock_read(&clock);
	hvp_clock_freeze(&clock, false);
	KUNIT_EXPECT_GE(test, hvp_clock_read(&clock), time);
}

static void hvp_clock_is_set(struct kunit *test)
{
	struct hvp_clock clock;
	u64 began, time;

	hvp_clock_start(&clock);
	/* To the past and to the future, and it goes on from there. */
	for (time = 7; time <= HVP_CLOCK_MOST; time = time * 1000 + 3) {
		began = ktime_get_raw_ns();
		hvp_clock_set(&clock, time);
		KUNIT_EXPECT_GE(test, hvp_clock_read(&clock), time);
		KUNIT_EXPECT_LE(test, hvp_clock_read(&clock) - time,
				(ktime_get_raw_ns() - began) / 100);
	}
	/* Or stands still there. */
	hvp_clock_freeze(&clock, true);
	hvp_clock_set(&clock, HVP_CLOCK_MOST);
	KUNIT_EXPECT_EQ(test, hvp_clock_read(&clock), HVP_CLOCK_MOST);
	hvp_clock_set(&clock, 0);
	KUNIT_EXPECT_EQ(test, hvp_clock_read(&clock), 0);
	msleep(WAIT_MS);
	began = ktime_get_raw_ns();
	hvp_clock_freeze(&clock, false);
	KUNIT_EXPECT_LE(test, hvp_clock_read(&clock), (ktime_get_raw_ns() - began) / 100 + 1);
}

static struct kunit_case hvp_clock_cases[] = {
	KUNIT_CASE(hvp_clock_begins_at_zero),
	KUNIT_CASE(hvp_clock_runs_in_100_ns),
	KUNIT_CASE(hvp_clock_stands_still_when_frozen),
	KUNIT_CASE(hvp_clock_is_set),
	{}
};

static struct kunit_suite hvp_clock_suite = {
	.name = "hvp_clock",
	.test_cases = hvp_clock_cases,
};

kunit_test_suite(hvp_clock_suite);
