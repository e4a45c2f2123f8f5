// SPDX-License-Identifier: GPL-2.0
/* The slab caches that everything a guest can make the host allocate comes from. */

#include <linux/numa.h>
#include "caches.h"
#include "proximity.h"

static struct kmem_cache *slabs[HVP_NR_CACHES];

/**
 * hvp_cache_create() - make a cache
 * @cache:	which one
 * @name:	what it is called in /proc/slabinfo
 * @size:	of an object, in bytes
 *
 * Context: May sleep.
 * Return: 0 or -ENOMEM.
 */
int hvp_cache_create(enum hvp_cache cache, const char *name, size_t size)
{
	slabs[cache] = kmem_cache_create(name, size, 0, SLAB_ACCOUNT, NULL);
	return slabs[cache] ? 0 : -ENOMEM;
}

/**
 * hvp_caches_destroy() - the reverse, for all caches that have been made
 *
 * Context: May sleep.  All objects have been freed, and those that wait for an
 * RCU grace period have had it.
 */
void hvp_caches_destroy(void)
{
	int i;

	for (i = 0; i < HVP_NR_CACHES; i++) {
		kmem_cache_destroy(slabs[i]);
		slabs[i] = NULL;
	}
}

/**
 * hvp_cache_alloc() - allocate an object where a guest wants it
 * @cache:	which kind
 * @proximity:	valid: on this node, and only there unless preferred is set
 *
 * Context: May sleep; no lock held.
 * Return: the object, zeroed, or NULL if the host has no memory for it.
 */
void *hvp_cache_alloc(enum hvp_cache cache, struct hvp_proximity proximity)
{
	int node = hvp_proximity_any(proximity) ? NUMA_NO_NODE : proximity.id;
	gfp_t gfp = HVP_GFP | __GFP_ZERO;

	if (hvp_proximity_required(proximity))
		gfp |= __GFP_THISNODE;
	return kmem_cache_alloc_node(slabs[cache], gfp, node);
}

/**
 * hvp_cache_free() - free an object
 * @cache:	which kind
 * @object:	the object or NULL
 *
 * Context: Any.
 */
void hvp_cache_free(enum hvp_cache cache, void *object)
{
	if (object)
		kmem_cache_free(slabs[cache], object);
}

/**
 * hvp_cache_object_size() - what an object costs
 * @cache:	which kind
 *
 * Return: bytes.  Charges to a pool are computed from this.
 */
size_t hvp_cache_object_size(enum hvp_cache cache)
{
	return kmem_cache_size(slabs[cache]);
}
