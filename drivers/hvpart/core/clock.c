// SPDX-License-Identifier: GPL-2.0
/* A partition's reference time: runs from its creation, can be frozen, and set. */

#include <linux/math64.h>
#include <linux/ktime.h>
#include <linux/timekeeping.h>
#include "clock.h"

/*
 * The host's time since it was booted, suspended or not, and as fast as its clock is: as KVM's
 * clock, which a child sees, goes on.
 */
static u64 hvp_clock_now(void)
{
	return ktime_get_raw_ns() + ktime_to_ns(ktime_mono_to_any(0, TK_OFFS_BOOT));
}

/**
 * hvp_clock_start() - reference time is 0 now
 * @clock:	the clock
 */
void hvp_clock_start(struct hvp_clock *clock)
{
	clock->origin = hvp_clock_now();
	clock->frozen = false;
}

/**
 * hvp_clock_freeze() - stop a clock or let it run on from where it stands
 * @clock:	the clock
 * @freeze:	stop it
 *
 * Context: Any; under the lock that protects the clock.
 */
void hvp_clock_freeze(struct hvp_clock *clock, bool freeze)
{
	u64 now = hvp_clock_now();

	if (freeze && !clock->frozen)
		clock->frozen_at = now;
	if (!freeze && clock->frozen)
		clock->origin += now - clock->frozen_at;
	clock->frozen = freeze;
}

/**
 * hvp_clock_set() - reference time is something else now
 * @clock:	the clock
 * @time:	units of 100 ns, HVP_CLOCK_MOST at most
 *
 * Context: Any; under the lock that protects the clock.
 */
void hvp_clock_set(struct hvp_clock *clock, u64 time)
{
	u64 now = clock->frozen ? clock->frozen_at : hvp_clock_now();

	clock->origin = now - time * HVP_CLOCK_NS;
}

/**
 * hvp_clock_read() - reference time
 * @clock:	the clock
 *
 * Return: units of 100 ns.
 */
u64 hvp_clock_read(const struct hvp_clock *clock)
{
	u64 now = clock->frozen ? clock->frozen_at : hvp_clock_now();

	return div_u64(now - clock->origin, HVP_CLOCK_NS);
}
