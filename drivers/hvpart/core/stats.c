// SPDX-License-Identifier: GPL-2.0
/* How often each call got each status, of all VMs since the module was loaded. */

#include <linux/percpu.h>
#include "call/table.h"
#include "stats.h"

/* Statuses are small numbers with few gaps; NO_RESOURCES is the last one. */
#define HVP_NR_STATUSES		(HVP_STATUS_NO_RESOURCES + 1)

static u64 __percpu *counters;

/**
 * hvp_stats_create() - start counting
 *
 * Context: May sleep.
 * Return: 0 or -ENOMEM.
 */
int hvp_stats_create(void)
{
	counters = __alloc_percpu(HVP_NR_CALLS * HVP_NR_STATUSES * sizeof(u64),
				  __alignof__(u64));
	return counters ? 0 : -ENOMEM;
}

/**
 * hvp_stats_destroy() - nobody counts any more
 */
void hvp_stats_destroy(void)
{
	free_percpu(counters);
	counters = NULL;
}

static unsigned int hvp_stats_index(const struct hvp_call_row *row,
				    enum hvp_status status)
{
	return (row - hvp_call_table) * HVP_NR_STATUSES + status;
}

/**
 * hvp_stats_count() - a call has been answered
 * @row:	its row
 * @status:	the answer
 *
 * Context: Any.
 */
void hvp_stats_count(const struct hvp_call_row *row, enum hvp_status status)
{
	this_cpu_inc(counters[hvp_stats_index(row, status)]);
}

/**
 * hvp_stats_read() - how often a call has got a status
 * @row:	the call's row
 * @status:	the status
 *
 * Context: Any.
 * Return: the count, of all CPUs.
 */
u64 hvp_stats_read(const struct hvp_call_row *row, enum hvp_status status)
{
	u64 sum = 0;
	int cpu;

	/* Other CPUs go on counting; each counter is read in one piece. */
	for_each_possible_cpu(cpu)
		sum += READ_ONCE(*per_cpu_ptr(&counters[hvp_stats_index(row, status)], cpu));
	return sum;
}
