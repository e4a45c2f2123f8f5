// SPDX-License-Identifier: GPL-2.0
/* Bringing up what the core has one of, and down again. */

#include <linux/rcupdate.h>
#include "active.h"
#include "core.h"
#include "memory/claims.h"
#include "memory/gpa_map.h"
#include "memory/pool.h"
#include "partition.h"
#include "stats.h"

static int hvp_caches_create(void)
{
	const struct {
		const char *name;
		size_t size;
		bool unread;
	} objects[HVP_NR_CACHES] = {
		[HVP_CACHE_HIERARCHY] = { "hvpart_hierarchy", sizeof(struct hvp_hierarchy) },
		[HVP_CACHE_PARTITION] = { "hvpart_partition", hvp_partition_size() },
		[HVP_CACHE_ACTIVE] = { "hvpart_active", sizeof(struct hvp_active) },
		/* With the pointer that the slab adds, four pages. */
		[HVP_CACHE_MARGIN] = {
			"hvpart_margin", 4 * HVP_PAGE_SIZE - sizeof(void *), .unread = true
		},
		[HVP_CACHE_PAGE_BLOCK] = { "hvpart_page_block", sizeof(struct hvp_page_block) },
		[HVP_CACHE_CLAIM_CHUNK] = {
			"hvpart_claim_chunk", sizeof(struct hvp_claim_chunk)
		},
		[HVP_CACHE_STATS_PAGE] = { "hvpart_stats_page", sizeof(struct hvp_stats_page) },
		[HVP_CACHE_CHILD_VP] = { "hvpart_child_vp", sizeof(struct hvp_child_vp) },
		[HVP_CACHE_RULE_BLOCK] = { "hvpart_rule_block", sizeof(struct hvp_rule_block) },
		[HVP_CACHE_PORT] = { "hvpart_port", sizeof(struct hvp_port) },
		/* What of it is read has been written when it enters a map. */
		[HVP_CACHE_GPA_NODE] = {
			"hvpart_gpa_node", sizeof(struct hvp_gpa_node), .unread = true
		},
	};
	enum hvp_cache cache;
	int error = 0;

	for (cache = 0; !error && cache < HVP_NR_CACHES; cache++)
		error = hvp_cache_create(cache, objects[cache].name, objects[cache].size,
					 objects[cache].unread);
	return error;
}

/**
 * hvp_core_init() - before anything else of the core
 *
 * Context: May sleep.
 * Return: 0 or -ENOMEM, with nothing left behind.
 */
int hvp_core_init(void)
{
	int error = hvp_caches_create();

	if (!error)
		error = hvp_stats_create();
	if (error)
		hvp_caches_destroy();
	return error;
}

/**
 * hvp_core_exit() - the reverse; all hierarchies are gone
 *
 * Context: May sleep.
 */
void hvp_core_exit(void)
{
	hvp_stats_destroy();
	/* Partitions and hierarchies are freed under RCU. */
	rcu_barrier();
	hvp_caches_destroy();
}
