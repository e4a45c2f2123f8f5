// SPDX-License-Identifier: GPL-2.0
/*
 * A partition's memory pool: an account of deposited guest pages.
 *
 * In every proximity domain, and so in the whole, deposited = available + in
 * use.  Nothing in here can fail or sleep but hvp_pool_release(): callers see
 * to it beforehand that there is enough and that blocks are at hand.
 */

#include <linux/minmax.h>
#include <linux/nospec.h>
#include <linux/numa.h>
#include <linux/overflow.h>
#include <linux/sched.h>
#include "caches.h"
#include "pool.h"
#include "proximity.h"

/**
 * hvp_pool_nodes() - how many proximity domains a pool has accounts for
 *
 * Return: at least 1, the same from boot to shutdown.
 */
unsigned int hvp_pool_nodes(void)
{
	return min_t(unsigned int, nr_node_ids, HVP_PROXIMITY_DOMAINS);
}

/**
 * hvp_pool_size() - the size of a pool with all its accounts
 *
 * Return: bytes.
 */
size_t hvp_pool_size(void)
{
	return struct_size((struct hvp_pool *)NULL, nodes, hvp_pool_nodes());
}

/* @node may be the guest's number, which was checked when the call was read. */
static struct hvp_pool_node *hvp_pool_account(struct hvp_pool *pool, unsigned int node)
{
	return &pool->nodes[array_index_nospec(node, hvp_pool_nodes())];
}

static u64 hvp_pool_node_available(const struct hvp_pool_node *node)
{
	return node->deposited - node->in_use;
}

/**
 * hvp_pool_balance() - what is in a pool
 * @pool:	the pool
 * @proximity:	valid: of this domain, else of all
 *
 * Return: pages available and in use.
 */
struct hvp_balance hvp_pool_balance(const struct hvp_pool *pool,
				    struct hvp_proximity proximity)
{
	struct hvp_balance balance = {};
	unsigned int i;

	for (i = 0; i < hvp_pool_nodes(); i++) {
		if (!hvp_proximity_any(proximity) && proximity.id != i)
			continue;
		balance.available += hvp_pool_node_available(&pool->nodes[i]);
		balance.in_use += pool->nodes[i].in_use;
	}
	return balance;
}

/**
 * hvp_pool_can_pay() - is there enough for a charge?
 * @pool:	the pool
 * @pages:	how many
 * @proximity:	where they must be, or had better be
 *
 * Return: true if there is.
 */
bool hvp_pool_can_pay(const struct hvp_pool *pool, unsigned int pages,
		      struct hvp_proximity proximity)
{
	if (!hvp_proximity_required(proximity))
		proximity = HVP_PROXIMITY_ANY;
	return hvp_pool_balance(pool, proximity).available >= pages;
}

static unsigned int hvp_pool_node_charge(struct hvp_pool *pool, unsigned int node,
					 unsigned int pages, struct hvp_charge *charge)
{
	struct hvp_pool_node *account = hvp_pool_account(pool, node);
	unsigned int taken = min_t(u64, pages, hvp_pool_node_available(account));

	account->in_use += taken;
	charge->pages[node] += taken;
	return taken;
}

/**
 * hvp_pool_charge() - make available pages pay for something
 * @pool:	the pool, of which hvp_pool_can_pay() said yes under this lock
 * @use:	what for
 * @pages:	how many
 * @proximity:	where they must be, or had better be
 * @charge:	zeroed; receives where they were taken
 */
void hvp_pool_charge(struct hvp_pool *pool, enum hvp_pool_use use, unsigned int pages,
		     struct hvp_proximity proximity, struct hvp_charge *charge)
{
	unsigned int left = pages;
	unsigned int i;

	if (!hvp_proximity_any(proximity))
		left -= hvp_pool_node_charge(pool, proximity.id, left, charge);
	for (i = 0; left && i < hvp_pool_nodes(); i++)
		left -= hvp_pool_node_charge(pool, i, left, charge);

	WARN_ON_ONCE(left);
	pool->used_for[use] += pages - left;
}

/**
 * hvp_pool_uncharge() - what a charge paid for is gone
 * @pool:	the pool that was charged
 * @use:	as when it was charged
 * @charge:	as hvp_pool_charge() filled it in
 *
 * Return: how many pages are available again.
 */
unsigned int hvp_pool_uncharge(struct hvp_pool *pool, enum hvp_pool_use use,
			       const struct hvp_charge *charge)
{
	unsigned int pages = 0;
	unsigned int i;

	for (i = 0; i < hvp_pool_nodes(); i++) {
		pool->nodes[i].in_use -= charge->pages[i];
		pages += charge->pages[i];
	}
	pool->used_for[use] -= pages;
	return pages;
}

static void hvp_pool_node_stack(struct hvp_pool_node *account,
				const struct hvp_pinned_page *page,
				struct hvp_page_block **spare)
{
	struct hvp_page_block *top = account->top;

	if (!top || top->count == HVP_BLOCK_PAGES) {
		top = *spare;
		*spare = top->below;
		top->below = account->top;
		account->top = top;
	}
	top->pages[top->count++] = *page;
}

static void hvp_pool_node_unstack(struct hvp_pool_node *account, struct hvp_pinned_page *page,
				  struct hvp_page_block **spare)
{
	struct hvp_page_block *top = account->top;

	*page = top->pages[--top->count];
	if (!top->count) {
		account->top = top->below;
		top->below = *spare;
		*spare = top;
	}
}

/**
 * hvp_pool_push() - add a page
 * @pool:	the pool
 * @node:	the domain that the page is in, below hvp_pool_nodes()
 * @page:	the page
 * @spare:	chain of empty blocks, from which one is taken if needed
 */
void hvp_pool_push(struct hvp_pool *pool, int node, const struct hvp_pinned_page *page,
		   struct hvp_page_block **spare)
{
	hvp_pool_node_stack(&pool->nodes[node], page, spare);
	pool->nodes[node].deposited++;
}

static bool hvp_pool_node_pop(struct hvp_pool_node *account, struct hvp_pinned_page *page,
			      struct hvp_page_block **spare)
{
	if (!hvp_pool_node_available(account))
		return false;

	hvp_pool_node_unstack(account, page, spare);
	account->deposited--;
	return true;
}

/**
 * hvp_pool_pop() - take an available page out
 * @pool:	the pool
 * @proximity:	where it must be, or had better be
 * @page:	receives the page
 * @spare:	chain that a block which becomes empty is added to
 *
 * Return: false if none is available.
 */
bool hvp_pool_pop(struct hvp_pool *pool, struct hvp_proximity proximity,
		  struct hvp_pinned_page *page, struct hvp_page_block **spare)
{
	unsigned int i;

	if (!hvp_proximity_any(proximity) &&
	    hvp_pool_node_pop(hvp_pool_account(pool, proximity.id), page, spare))
		return true;
	if (hvp_proximity_required(proximity))
		return false;
	for (i = 0; i < hvp_pool_nodes(); i++) {
		if (hvp_pool_node_pop(&pool->nodes[i], page, spare))
			return true;
	}
	return false;
}

/**
 * hvp_pool_lend() - charge for a page that is itself what is used
 * @pool:	the pool, of which hvp_pool_can_pay() said yes under this lock
 * @use:	what for
 * @charge:	receives where it was taken, in addition to what it says
 * @page:	receives the page, which remains deposited
 * @spare:	chain that a block which becomes empty is added to
 *
 * Return: the domain that the page is in.
 */
int hvp_pool_lend(struct hvp_pool *pool, enum hvp_pool_use use, struct hvp_charge *charge,
		  struct hvp_pinned_page *page, struct hvp_page_block **spare)
{
	int node = 0;

	while (!hvp_pool_node_available(&pool->nodes[node]))
		node++;
	hvp_pool_node_unstack(&pool->nodes[node], page, spare);
	hvp_pool_node_charge(pool, node, 1, charge);
	pool->used_for[use]++;
	return node;
}

/**
 * hvp_pool_take_back() - a page that was lent is back, and still charged for
 * @pool:	the pool that lent it
 * @node:	the domain that it is in
 * @page:	the page
 * @spare:	chain of empty blocks, from which one is taken if needed
 */
void hvp_pool_take_back(struct hvp_pool *pool, int node, const struct hvp_pinned_page *page,
			struct hvp_page_block **spare)
{
	hvp_pool_node_stack(&pool->nodes[node], page, spare);
}

/**
 * hvp_pool_release() - let go of all pages of a pool that nobody uses any more
 * @pool:	the pool
 * @host:	whom they are locked with
 *
 * Context: May sleep; reschedules.
 */
void hvp_pool_release(struct hvp_pool *pool, struct hvp_host *host)
{
	struct hvp_guest *guest = pool->guest;
	struct hvp_page_block *block;
	unsigned long released = 0;
	unsigned int i;

	for (i = 0; i < hvp_pool_nodes(); i++) {
		for (block = pool->nodes[i].top; block; block = block->below) {
			guest->ops->unpin(guest, block->pages, block->count);
			released += block->count;
			cond_resched();
		}
		hvp_page_blocks_free(pool->nodes[i].top);
		pool->nodes[i].top = NULL;
	}
	if (released)
		host->ops->release_locked_pages(host, released);
}

/**
 * hvp_page_blocks_free() - free a chain of blocks
 * @block:	the first, or NULL
 *
 * Context: May sleep; reschedules.
 */
void hvp_page_blocks_free(struct hvp_page_block *block)
{
	while (block) {
		struct hvp_page_block *below = block->below;

		hvp_cache_free(HVP_CACHE_PAGE_BLOCK, block);
		cond_resched();
		block = below;
	}
}
