// SPDX-License-Identifier: GPL-2.0
/* What an active partition has besides. */

#include <linux/math.h>
#include "active.h"
#include "memory/caches.h"
#include "memory/proximity.h"

/**
 * hvp_active_alloc() - allocate all structures of an active partition
 * @proximity:	as its creation asked for
 *
 * Context: May sleep; no lock held.
 * Return: the structures, or NULL if the host has no memory for them.
 */
struct hvp_active *hvp_active_alloc(struct hvp_proximity proximity)
{
	struct hvp_active *active = hvp_cache_alloc(HVP_CACHE_ACTIVE, proximity);
	void *margin;

	if (!active)
		return NULL;

	/*
	 * See that a page is left.  A guest that fills its VMM's cgroup to the last one
	 * makes KVM's next allocation, which does call the OOM killer, kill the VMM.  There
	 * have to be more: what is left of one is on this CPU, and KVM may be on another.
	 */
	margin = hvp_cache_alloc(HVP_CACHE_MARGIN, HVP_PROXIMITY_ANY);
	hvp_cache_free(HVP_CACHE_MARGIN, margin);
	if (!margin) {
		hvp_active_free(active);
		return NULL;
	}
	hvp_regular_properties_init(active->properties);
	return active;
}

/**
 * hvp_active_free() - the reverse of hvp_active_alloc()
 * @active:	the structures or NULL
 *
 * Context: Any.
 */
void hvp_active_free(struct hvp_active *active)
{
	hvp_cache_free(HVP_CACHE_ACTIVE, active);
}

/**
 * hvp_active_pages() - what HvInitializePartition charges
 *
 * Return: pages: the bytes that hvp_active_alloc() allocates, rounded up.
 */
unsigned int hvp_active_pages(void)
{
	return DIV_ROUND_UP(hvp_cache_object_size(HVP_CACHE_ACTIVE), HVP_PAGE_SIZE);
}
