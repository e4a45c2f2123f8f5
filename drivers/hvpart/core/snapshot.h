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
};

void hvp_snapshot_take(struct hvp_partition *partition, struct hvp_snapshot *snapshot);

#endif /* _HVPART_SNAPSHOT_H */
