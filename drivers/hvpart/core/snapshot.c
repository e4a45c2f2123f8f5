// SPDX-License-Identifier: GPL-2.0
/* Looking at a partition from the outside. */

#include "active.h"
#include "memory/proximity.h"
#include "snapshot.h"

static void hvp_snapshot_take_locked(const struct hvp_partition *partition,
				     struct hvp_snapshot *snapshot)
{
	unsigned int node;

	snapshot->parent_id = partition->parent ? partition->parent->id : 0;
	snapshot->total = hvp_pool_balance(&partition->pool, HVP_PROXIMITY_ANY);
	memcpy(snapshot->used_for, partition->pool.used_for, sizeof(snapshot->used_for));
	for (node = 0; node < hvp_pool_nodes(); node++) {
		const struct hvp_proximity this = { .id = node, .flags = HVP_PROXIMITY_VALID };

		snapshot->nodes[node] = hvp_pool_balance(&partition->pool, this);
	}
	memcpy(snapshot->early_properties, partition->early_properties,
	       sizeof(snapshot->early_properties));
	snapshot->has_regular_properties = partition->active;
	if (partition->active)
		memcpy(snapshot->regular_properties, partition->active->properties,
		       sizeof(snapshot->regular_properties));
}

/**
 * hvp_snapshot_take() - copy what can be seen of a partition
 * @partition:	the partition, held by a reference
 * @snapshot:	receives the copy
 *
 * Context: Any; holds the partition's lock for the copying alone.
 */
void hvp_snapshot_take(struct hvp_partition *partition, struct hvp_snapshot *snapshot)
{
	memset(snapshot, 0, sizeof(*snapshot));
	snapshot->id = partition->id;
	snapshot->creation = partition->creation;

	spin_lock(&partition->lock);
	snapshot->state = partition->state;
	if (snapshot->state != HVP_STATE_DELETED)
		hvp_snapshot_take_locked(partition, snapshot);
	spin_unlock(&partition->lock);
}
