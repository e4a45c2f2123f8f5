/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _HVPART_CACHES_H
#define _HVPART_CACHES_H

#include <linux/slab.h>
#include <hvpart/abi.h>

/*
 * One slab cache for each kind of object that a guest can make the host
 * allocate.  All are SLAB_ACCOUNT: the VMM's memory cgroup pays.
 */
enum hvp_cache {
	HVP_CACHE_HIERARCHY,
	HVP_CACHE_PARTITION,
	HVP_CACHE_ACTIVE,
	HVP_CACHE_MARGIN,
	HVP_CACHE_PAGE_BLOCK,
	HVP_CACHE_CLAIM_CHUNK,
	HVP_CACHE_STATS_PAGE,
	HVP_CACHE_GPA_NODE,
	HVP_CACHE_CHILD_VP,
	HVP_CACHE_RULE_BLOCK,
	HVP_CACHE_PORT,
	HVP_NR_CACHES,
};

int hvp_cache_create(enum hvp_cache cache, const char *name, size_t size, bool unread);
void hvp_caches_destroy(void);

void *hvp_cache_alloc(enum hvp_cache cache, struct hvp_proximity proximity);
void hvp_cache_free(enum hvp_cache cache, void *object);
size_t hvp_cache_object_size(enum hvp_cache cache);

/*
 * How guests make the host allocate: accounted, without a line in the log when
 * there is none, and without the OOM killer being sent to the VMM: the guest
 * gets NO_RESOURCES instead.
 */
#define HVP_GFP	(GFP_KERNEL_ACCOUNT | __GFP_RETRY_MAYFAIL | __GFP_NOWARN)

#endif /* _HVPART_CACHES_H */
