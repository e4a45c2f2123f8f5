// SPDX-License-Identifier: GPL-2.0
/* The structures of an active partition. */

#include <linux/math.h>
#include <linux/string.h>
#include "active.h"
#include "caches.h"

/**
 * hvp_active_construct() - make an object what hvp_active_free() leaves it
 * @object:	struct hvp_active whose memory is new
 *
 * Context: Any.
 */
void hvp_active_construct(void *object)
{
	memset(object, 0, sizeof(struct hvp_active));
}

/**
 * hvp_gpa_root_construct() - the same of a GPA map
 * @object:	struct hvp_gpa_root whose memory is new
 *
 * Context: Any.
 */
void hvp_gpa_root_construct(void *object)
{
	memset(object, 0, sizeof(struct hvp_gpa_root));
}

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

	if (!active)
		return NULL;

	/*
	 * The larger one comes last: if that is where the VMM's cgroup is full, it gets the
	 * other one back, which KVM may need for the VMM's next ioctl().
	 */
	active->gpa_root = hvp_cache_alloc(HVP_CACHE_GPA_ROOT, proximity);
	if (!active->gpa_root) {
		hvp_active_free(active);
		return NULL;
	}
	memset(&active->charge, 0, sizeof(active->charge));
	hvp_regular_properties_init(active->properties);
	return active;
}

/**
 * hvp_active_free() - the reverse of hvp_active_alloc()
 * @active:	the structures, whose tables are empty, or NULL
 *
 * Context: Any.
 */
void hvp_active_free(struct hvp_active *active)
{
	if (!active)
		return;
	hvp_cache_free(HVP_CACHE_GPA_ROOT, active->gpa_root);
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
			    hvp_cache_object_size(HVP_CACHE_GPA_ROOT), HVP_PAGE_SIZE);
}
