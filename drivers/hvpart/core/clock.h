/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _HVPART_CLOCK_H
#define _HVPART_CLOCK_H

#include <linux/limits.h>
#include <linux/types.h>

/* The unit of reference time, and how much of it there may be: nanoseconds have a sign. */
#define HVP_CLOCK_NS	100
#define HVP_CLOCK_MOST	(S64_MAX / HVP_CLOCK_NS)

/**
 * struct hvp_clock - a partition's reference time (TLFS, "Partition Reference Time")
 * @origin:	host time when it was 0; moved on by what it stood still for
 * @frozen:	it stands still
 * @frozen_at:	host time since when it does
 */
struct hvp_clock {
	u64 origin;
	bool frozen;
	u64 frozen_at;
};

void hvp_clock_start(struct hvp_clock *clock);
void hvp_clock_freeze(struct hvp_clock *clock, bool freeze);
void hvp_clock_set(struct hvp_clock *clock, u64 time);
u64 hvp_clock_read(const struct hvp_clock *clock);

#endif /* _HVPART_CLOCK_H */
