// SPDX-License-Identifier: GPL-2.0
/* A partition's reference time: runs from its creation, can be frozen, and set. */

#include <linux/math64.h>
#include <linux/ktime.h>
#include "clock.h"

/**
 * hvp_clock_start() - reference time is 0 now
 * @clock:	the clock
 */
void hvp_clock_start(struct hvp_clock *clock)
{
	clock->origin = ktime_get_ns();
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
	u64 now = ktime_get_ns();

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
	u64 now = clock->frozen ? clock->frozen_at : ktime_get_ns();

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
	u64 now = clock->frozen ? clock->frozen_at : ktime_get_ns();

	return div_u64(now - clock->origin, HVP_CLOCK_NS);
}
