// SPDX-License-Identifier: GPL-2.0
/* The structures of an active partition. */

#include <linux/math.h>
#include "active.h"
#include "caches.h"

/**
 * hvp_active_alloc() - allocate all structures of an active partition
 * @proximity:	as its creation asked for
 *
 * Context: May sleep; no lock held.
 * Return: the structures, or NULL if the host has no memory for all of them.
 */
struct hvp_active *hvp_active_alloc(struct hvp_proximity proximity)
{
	struct hvp_active *active = hvp_cache_alloc(HVP_CACHE_ACTIVE, proximity);

	if (!active)
		return NULL;

	active->vp_table = hvp_cache_alloc(HVP_CACHE_VP_TABLE, proximity);
	active->gpa_root = hvp_cache_alloc(HVP_CACHE_GPA_ROOT, proximity);
	active->port_table = hvp_cache_alloc(HVP_CACHE_PORT_TABLE, proximity);
	if (!active->vp_table || !active->gpa_root || !active->port_table) {
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
	if (!active)
		return;
	hvp_cache_free(HVP_CACHE_PORT_TABLE, active->port_table);
	hvp_cache_free(HVP_CACHE_GPA_ROOT, active->gpa_root);
	hvp_cache_free(HVP_CACHE_VP_TABLE, active->vp_table);
	hvp_cache_free(HVP_CACHE_ACTIVE, active);
}

/**
 * hvp_active_pages() - what HvInitializePartition charges
 *
 * Return: pages: the bytes that hvp_active_alloc() allocates, rounded up.
 */
unsigned int hvp_active_pages(void)
{
	return DIV_ROUND_UP(hvp_cache_object_size(HVP_CACHE_ACTIVE) +
			    hvp_cache_object_size(HVP_CACHE_VP_TABLE) +
			    hvp_cache_object_size(HVP_CACHE_GPA_ROOT) +
			    hvp_cache_object_size(HVP_CACHE_PORT_TABLE), HVP_PAGE_SIZE);
}
