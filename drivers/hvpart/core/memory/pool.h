/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _HVPART_POOL_H
#define _HVPART_POOL_H

#include <linux/types.h>
#include <hvpart/abi.h>
#include <hvpart/guest.h>
#include <hvpart/host.h>

/*
 * What pages in use pay for: the partition objects of children, what the active
 * partition itself needs, the statistics pages that it has mapped, its virtual processors,
 * the map of its memory, what its parent has said of CPUID and MSRs, and its ports.
 */
#define HVP_USE_LIST(X)					\
	X(0, CHILDREN, "children")			\
	X(1, PARTITION, "partition")			\
	X(2, STATISTICS, "statistics")			\
	X(3, VPS, "virtual_processors")			\
	X(4, MEMORY_MAP, "memory_map")			\
	X(5, RULES, "rules")				\
	X(6, PORTS, "ports")

#define HVP_USE_ENUM(value, name, text) HVP_USE_##name = value,
enum hvp_pool_use { HVP_USE_LIST(HVP_USE_ENUM) HVP_NR_USES };

#define HVP_BLOCK_PAGES		31

/**
 * struct hvp_page_block - deposited pages of one pool and node, a stack of them
 * @below:	the next block, which is full
 * @count:	pages in this one, never 0 while it is in a pool
 * @pages:	the pages; taken from the end
 */
struct hvp_page_block {
	struct hvp_page_block *below;
	unsigned int count;
	struct hvp_pinned_page pages[HVP_BLOCK_PAGES];
};

static_assert(sizeof(struct hvp_page_block) == 512, "fits its slab exactly");

/**
 * struct hvp_pool_node - a pool's account in one proximity domain
 * @deposited:	pages deposited and not withdrawn
 * @in_use:	how many of them pay for something; the others are available.
 *		Which ones is not said: the things paid for live in host memory.
 * @top:	the deposited pages, but for those that are lent, which are in use
 */
struct hvp_pool_node {
	u64 deposited;
	u64 in_use;
	struct hvp_page_block *top;
};

/**
 * struct hvp_pool - the memory pool of a partition
 * @guest:	whose pages they are
 * @used_for:	pages in use by what they pay for
 * @nodes:	one account a proximity domain, hvp_pool_nodes() of them
 *
 * Protected by the lock of the partition that it belongs to.
 */
struct hvp_pool {
	struct hvp_guest *guest;
	u64 used_for[HVP_NR_USES];
	struct hvp_pool_node nodes[];
};

/**
 * struct hvp_charge - what was charged for one thing, to be given back as it was
 * @pages:	by proximity domain
 */
struct hvp_charge {
	u16 pages[HVP_PROXIMITY_DOMAINS];
};

/**
 * struct hvp_balance - a pool's pages
 * @available:	free to be withdrawn or charged
 * @in_use:	charged
 */
struct hvp_balance {
	u64 available;
	u64 in_use;
};

unsigned int hvp_pool_nodes(void);
size_t hvp_pool_size(void);

struct hvp_balance hvp_pool_balance(const struct hvp_pool *pool,
				    struct hvp_proximity proximity);
bool hvp_pool_can_pay(const struct hvp_pool *pool, unsigned int pages,
		      struct hvp_proximity proximity);
void hvp_pool_charge(struct hvp_pool *pool, enum hvp_pool_use use, unsigned int pages,
		     struct hvp_proximity proximity, struct hvp_charge *charge);
unsigned int hvp_pool_uncharge(struct hvp_pool *pool, enum hvp_pool_use use,
			       const struct hvp_charge *charge);

void hvp_pool_push(struct hvp_pool *pool, int node, const struct hvp_pinned_page *page,
		   struct hvp_page_block **spare);
bool hvp_pool_pop(struct hvp_pool *pool, struct hvp_proximity proximity,
		  struct hvp_pinned_page *page, struct hvp_page_block **spare);
int hvp_pool_lend(struct hvp_pool *pool, enum hvp_pool_use use, struct hvp_charge *charge,
		  struct hvp_pinned_page *page, struct hvp_page_block **spare);
void hvp_pool_take_back(struct hvp_pool *pool, int node, const struct hvp_pinned_page *page,
			struct hvp_page_block **spare);
void hvp_pool_release(struct hvp_pool *pool, struct hvp_host *host);
void hvp_page_blocks_free(struct hvp_page_block *block);

#endif /* _HVPART_POOL_H */
