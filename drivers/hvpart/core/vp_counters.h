/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _HVPART_VP_COUNTERS_H
#define _HVPART_VP_COUNTERS_H

#include <linux/types.h>

struct hvp_caller;
struct hvp_hierarchy;

/**
 * struct hvp_vp_counters - what is known of a virtual processor of the root
 * @hypercalls:	hypercalls that it had made when it made its last call of ours
 * @run_time:	how long it had run then, in 100 ns
 *
 * Written in the thread of that virtual processor.
 */
struct hvp_vp_counters {
	u64 hypercalls;
	u64 run_time;
};

bool hvp_vp_counters_prepare(struct hvp_hierarchy *hierarchy, u32 vp_index);
const struct hvp_vp_counters *hvp_vp_counters_find(struct hvp_hierarchy *hierarchy,
						   u32 vp_index);
void hvp_vp_counters_note(const struct hvp_caller *caller);
void hvp_vp_counters_destroy(struct hvp_hierarchy *hierarchy);

#endif /* _HVPART_VP_COUNTERS_H */
