/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _HVPART_SNAPSHOT_H
#define _HVPART_SNAPSHOT_H

#include "partition.h"

/**
 * struct hvp_snapshot - one moment of a partition, for people and scripts
 * @id:		its ID
 * @parent_id:	its parent's ID, 0 for the root
 * @state:	its state; of what is DELETED, @id and @creation alone are known, and the
 *		rest is 0
 * @creation:	what it was created with
 * @total:	its pool
 * @used_for:	pages in use by what they pay for
 * @nodes:	its pool by proximity domain
 * @early_properties: values of its early properties
 * @regular_properties: values of the regular ones, if it has some
 * @has_regular_properties: it is active and not the root
 * @virtual_processors: how many it has
 * @has_map:	it has memory of its own
 * @map:	how much
 */
struct hvp_snapshot {
	u64 id;
	u64 parent_id;
	enum hvp_state state;
	struct hvp_creation creation;
	struct hvp_balance total;
	u64 used_for[HVP_NR_USES];
	struct hvp_balance nodes[HVP_PROXIMITY_DOMAINS];
	u64 early_properties[HVP_NR_EARLY_PROPERTIES];
	u64 regular_properties[HVP_NR_REGULAR_PROPERTIES];
	bool has_regular_properties;
	unsigned int virtual_processors;
	bool has_map;
	struct hvp_gpa_counts map;
};

/*
 * What a child's virtual processor is doing: it is being dispatched; it waits for an event; its
 * parent has not dealt with an intercept yet, or has never dispatched it, or has stopped it;
 * it waits for its parent to dispatch it.
 */
#define HVP_VP_DOES_LIST(X)				\
	X(0, RUNNING, "running")			\
	X(1, BLOCKED, "blocked")			\
	X(2, SUSPENDED, "suspended")			\
	X(3, READY, "ready")

#define HVP_VP_DOES_ENUM(value, name, text) HVP_VP_##name = value,
enum hvp_vp_does { HVP_VP_DOES_LIST(HVP_VP_DOES_ENUM) HVP_NR_VP_DOES };

/**
 * struct hvp_vp_snapshot - a child's virtual processor; each number is of its own moment
 * @index:	its VP index
 * @does:	what it is doing
 * @run_time:	how long it has run, in 100 ns
 * @hypercalls:	how many it has made
 * @signals:	how often its parent has been told that it is not blocked any more
 * @exits:	runs that have ended, by enum hvp_exit_reason
 */
struct hvp_vp_snapshot {
	u32 index;
	enum hvp_vp_does does;
	u64 run_time;
	u64 hypercalls;
	u64 signals;
	u64 exits[HVP_NR_EXIT_REASONS];
};

bool hvp_snapshot_next_vp(struct hvp_partition *partition, u32 *index,
			  struct hvp_vp_snapshot *snapshot);
bool hvp_snapshot_next_memory(struct hvp_partition *partition, u64 *gfn, u64 *count,
			      struct hvp_gpa_page *page);
void hvp_snapshot_take(struct hvp_partition *partition, struct hvp_snapshot *snapshot);

#endif /* _HVPART_SNAPSHOT_H */
