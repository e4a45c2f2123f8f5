// SPDX-License-Identifier: GPL-2.0
/* The slab caches that everything a guest can make the host allocate comes from. */

#include <linux/numa.h>
#include "caches.h"
#include "proximity.h"

static struct {
	struct kmem_cache *slab;
	gfp_t zero;
} caches[HVP_NR_CACHES];

/* The slab leaves alone what has a constructor, even where init_on_alloc is on. */
static void hvp_cache_construct_nothing(void *object)
{
}

/**
 * hvp_cache_create() - make a cache
 * @cache:	which one
 * @name:	what it is called in /proc/slabinfo
 * @size:	of an object, in bytes
 * @unread:	nobody reads what nobody has written, so an object is not zeroed
 *
 * Context: May sleep.
 * Return: 0 or -ENOMEM.
 */
int hvp_cache_create(enum hvp_cache cache, const char *name, size_t size, bool unread)
{
	caches[cache].zero = unread ? 0 : __GFP_ZERO;
	caches[cache].slab = kmem_cache_create(name, size, 0, SLAB_ACCOUNT,
					       unread ? hvp_cache_construct_nothing : NULL);
	return caches[cache].slab ? 0 : -ENOMEM;
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
		kmem_cache_destroy(caches[i].slab);
		caches[i].slab = NULL;
	}
}

/**
 * hvp_cache_alloc() - allocate an object where a guest wants it
 * @cache:	which kind
 * @proximity:	valid: on this node, and only there unless preferred is set
 *
 * Context: May sleep; no lock held.
 * Return: the object, zeroed if its kind is, or NULL if the host has no memory for it.
 */
void *hvp_cache_alloc(enum hvp_cache cache, struct hvp_proximity proximity)
{
	int node = hvp_proximity_any(proximity) ? NUMA_NO_NODE : proximity.id;
	gfp_t gfp = HVP_GFP | caches[cache].zero;

	if (hvp_proximity_required(proximity))
		gfp |= __GFP_THISNODE;
	return kmem_cache_alloc_node(caches[cache].slab, gfp, node);
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
		kmem_cache_free(caches[cache].slab, object);
}

/**
 * hvp_cache_object_size() - what an object costs
 * @cache:	which kind
 *
 * Return: bytes.  Charges to a pool are computed from this.
 */
size_t hvp_cache_object_size(enum hvp_cache cache)
{
	return kmem_cache_size(caches[cache].slab);
}
