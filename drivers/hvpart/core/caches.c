// SPDX-License-Identifier: GPL-2.0
/* The slab caches that everything a guest can make the host allocate comes from. */

#include <linux/kernel.h>
#include <linux/numa.h>
#include "active.h"
#include "caches.h"
#include "claims.h"
#include "hierarchy.h"
#include "partition.h"
#include "pool.h"
#include "proximity.h"
#include "stats_page.h"

static struct {
	struct kmem_cache *slab;
	gfp_t zero;	/* what has a constructor is not to be zeroed */
} caches[HVP_NR_CACHES];

static void hvp_cache_create(enum hvp_cache cache, const char *name, size_t size,
			     void (*construct)(void *object))
{
	caches[cache].slab = kmem_cache_create(name, size, 0, SLAB_ACCOUNT, construct);
	caches[cache].zero = construct ? 0 : __GFP_ZERO;
}

/**
 * hvp_caches_create() - make all caches
 *
 * Context: May sleep.  Called before anything else of the core.
 * Return: 0 or -ENOMEM, with nothing left behind.
 */
int hvp_caches_create(void)
{
	int i;

	hvp_cache_create(HVP_CACHE_HIERARCHY, "hvpart_hierarchy",
			 sizeof(struct hvp_hierarchy), NULL);
	hvp_cache_create(HVP_CACHE_PARTITION, "hvpart_partition", hvp_partition_size(), NULL);
	hvp_cache_create(HVP_CACHE_ACTIVE, "hvpart_active", sizeof(struct hvp_active),
			 hvp_active_construct);
	hvp_cache_create(HVP_CACHE_GPA_ROOT, "hvpart_gpa_root", sizeof(struct hvp_gpa_root),
			 hvp_gpa_root_construct);
	hvp_cache_create(HVP_CACHE_PAGE_BLOCK, "hvpart_page_block",
			 sizeof(struct hvp_page_block), NULL);
	hvp_cache_create(HVP_CACHE_CLAIM_CHUNK, "hvpart_claim_chunk",
			 sizeof(struct hvp_claim_chunk), NULL);
	hvp_cache_create(HVP_CACHE_STATS_PAGE, "hvpart_stats_page",
			 sizeof(struct hvp_stats_page), NULL);
	hvp_cache_create(HVP_CACHE_VP_COUNTERS, "hvpart_vp_counters",
			 sizeof(struct hvp_vp_counters), NULL);

	for (i = 0; i < HVP_NR_CACHES; i++) {
		if (!caches[i].slab) {
			hvp_caches_destroy();
			return -ENOMEM;
		}
	}
	return 0;
}

/**
 * hvp_caches_destroy() - the reverse of hvp_caches_create()
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
 * Return: the object, zeroed, or as it was freed if the cache has a constructor; NULL if
 * the host has no memory for it.
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
