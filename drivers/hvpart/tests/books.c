// SPDX-License-Identifier: GPL-2.0
/* What is true of any hierarchy after any call, and what a failed call must not change. */

#include <linux/jhash.h>
#include "../core/memory/caches.h"
#include "../core/memory/claims.h"
#include "../core/stats_page.h"
#include "world.h"

static u64 hvp_first_child(struct hvp_partition *partition)
{
	struct hvp_partition *child =
		list_first_entry_or_null(&partition->children, struct hvp_partition, sibling);

	return child ? child->id : 0;
}

static u64 hvp_next_sibling(struct hvp_partition *partition)
{
	if (!partition->parent || list_is_last(&partition->sibling,
					       &partition->parent->children))
		return 0;
	return list_next_entry(partition, sibling)->id;
}

static unsigned int hvp_stacked_pages(const struct hvp_pool_node *account)
{
	const struct hvp_page_block *block;
	unsigned int pages = 0;

	for (block = account->top; block; block = block->below)
		pages += block->count;
	return pages;
}

/* What its parent has said of CPUID and MSRs. */
static void hvp_keep_rules(struct hvp_world *world, const struct hvp_rules *rules,
			   struct hvp_book *book)
{
	const struct hvp_rule_block *block;
	unsigned int count = 0;
	unsigned int i;

	for (block = rules->top; block; block = block->below) {
		KUNIT_EXPECT_GT(world->test, block->count, 0);
		for (i = 0; i < block->count; i++)
			book->rule_contents = book->rule_contents * 31 +
					      jhash(&block->rules[i], sizeof(block->rules[i]), 0);
		count += block->count;
		book->rules_charged += hvp_rule_block_pages();
	}
	KUNIT_EXPECT_EQ(world->test, count, rules->count);
	book->rules += count;
}

/* Its virtual processors, and which of its parent's pages they are seen in. */
static void hvp_keep_vps(struct hvp_world *world, struct hvp_partition *partition,
			 struct hvp_book *book)
{
	struct hvp_child_vp *vp;
	unsigned long index;
	unsigned int type;
	struct hvp_vp *any;

	xa_for_each(&partition->child.vps.list, index, any) {
		vp = container_of(any, struct hvp_child_vp, vp);
		KUNIT_EXPECT_EQ(world->test, index, vp->vp.index);
		KUNIT_EXPECT_FALSE(world->test, vp->gone);
		KUNIT_EXPECT_FALSE(world->test, vp->dispatched);
		book->vps++;
		book->vp_numbers += (index + 1) * 2654435761U;
		hvp_keep_rules(world, &vp->rules, book);
		for (type = 0; type < HVP_NR_STATE_PAGES; type++) {
			if (!vp->pages[type].mapped)
				continue;
			book->state_pages++;
			book->state_gfns += (vp->pages[type].page.gfn + index) * (type + 3);
			KUNIT_EXPECT_TRUE(world->test,
					  hvp_world_claimed(world, vp->pages[type].page.gfn));
		}
	}
	KUNIT_EXPECT_EQ(world->test, book->vps, partition->child.vps.count);
	KUNIT_EXPECT_EQ(world->test, !book->vps, !partition->child.machine);
	hvp_keep_rules(world, &partition->child.rules, book);
}

/* What its memory is. */
static void hvp_keep_map(struct hvp_partition *partition, struct hvp_book *book)
{
	struct hvp_gpa_map *map = &partition->child.map;
	struct hvp_gpa_page page;
	u64 count = U64_MAX;
	u64 gfn = 0;

	book->map_charged = partition->child.map_pages;
	if (partition->state != HVP_STATE_ACTIVE || !partition->parent)
		return;
	hvp_gpa_map_counts(map, &book->map);
	while (hvp_gpa_map_next(map, &gfn, &count, &page)) {
		book->map_contents = (book->map_contents * 31 + gfn * 7 + count) * 31 +
				     page.source * 5 + page.kind * 3 + page.rights;
		gfn += count;
		count = U64_MAX;
	}
}

/* Its ports, and where what has been rung has got to. */
static void hvp_keep_ports(struct hvp_partition *partition, struct hvp_book *book)
{
	struct hvp_port *port;

	list_for_each_entry(port, &partition->ports, node) {
		book->ports++;
		book->port_contents = book->port_contents * 31 + port->id * 7 + port->child_id;
		if (list_empty(&port->connected))
			continue;
		book->port_contents = book->port_contents * 31 + port->connection_id * 7 +
				      port->gpa * 5 + port->value * 3 + port->size +
				      port->any_value;
	}
}

static void hvp_keep_book(struct hvp_partition *partition, struct hvp_book *book)
{
	unsigned int node;

	book->id = partition->id;
	book->parent_id = partition->parent ? partition->parent->id : 0;
	book->state = partition->state;
	book->has_active = partition->active;
	memcpy(book->early_properties, partition->early_properties,
	       sizeof(book->early_properties));
	if (partition->active)
		memcpy(book->properties, partition->active->properties,
		       sizeof(book->properties));
	book->first_child = hvp_first_child(partition);
	book->next_sibling = hvp_next_sibling(partition);
	memcpy(book->used_for, partition->pool.used_for, sizeof(book->used_for));
	for (node = 0; node < hvp_pool_nodes(); node++) {
		book->deposited[node] = partition->pool.nodes[node].deposited;
		book->in_use[node] = partition->pool.nodes[node].in_use;
		book->stacked[node] = hvp_stacked_pages(&partition->pool.nodes[node]);
	}
	book->active_children = atomic_read(&partition->active_children);
	hvp_keep_map(partition, book);
	hvp_keep_ports(partition, book);
}

static struct hvp_book *hvp_book_of(struct hvp_books *books, u64 id)
{
	unsigned int i;

	for (i = 0; i < books->partitions; i++) {
		if (books->book[i].id == id)
			return &books->book[i];
	}
	return NULL;
}

/* Which statistics pages a partition has, and who pays for them. */
static void hvp_keep_stats_pages(struct hvp_world *world, struct hvp_books *books,
				 struct hvp_partition *partition)
{
	struct hvp_book *book = hvp_book_of(books, partition->id);
	struct hvp_stats_page *page;

	list_for_each_entry(page, &partition->stats_pages, node) {
		struct hvp_book *payer = hvp_book_of(books, page->payer->id);

		KUNIT_ASSERT_NOT_NULL(world->test, payer);
		KUNIT_ASSERT_LT(world->test, book->stats_pages, HVP_BOOKS_STATS_PAGES);
		if (page->payer != partition)
			KUNIT_EXPECT_PTR_EQ(world->test, page->payer, partition->parent);
		book->stats_gfns[book->stats_pages++] = page->page.gfn;
		payer->pays_for++;
		if (page->lent)
			payer->lent[page->numa_node]++;
		else
			books->located_pages++;
	}
}

/**
 * hvp_keep_books() - write down all that a failed call must not change
 * @world:	a world in which no other call is under way
 * @books:	receives it
 */
void hvp_keep_books(struct hvp_world *world, struct hvp_books *books)
{
	struct hvp_hierarchy *hierarchy = world->hierarchy;
	struct hvp_partition *partition;
	unsigned long id;

	memset(books, 0, sizeof(*books));
	books->last_id = hierarchy->last_id;
	books->partition_count = atomic_read(&hierarchy->partition_count);
	books->vp_count = atomic_read(&hierarchy->vp_count);
	books->page_count = atomic_long_read(&hierarchy->page_count);
	books->pinned = world->guest.pinned;
	books->locked = world->guest.locked;
	books->created = world->created;
	books->deleted = world->deleted;
	books->written_pages = world->guest.count[HVP_FAKE_WRITE_PAGE];
	books->zeroed_pages = world->guest.count[HVP_FAKE_ZERO];
	books->machines = world->guest.machines.live;
	books->machine_vps = world->guest.machines.live_vps;
	books->kept_vps = world->guest.machines.kept_vps;
	books->stats_pages = atomic_read(&hierarchy->stats_page_count);
	books->ports = hierarchy->space.doorbells.count;
	xa_for_each(&hierarchy->partitions, id, partition) {
		KUNIT_ASSERT_LT(world->test, books->partitions, HVP_BOOKS_PARTITIONS);
		KUNIT_EXPECT_EQ(world->test, (u64)id, partition->id);
		hvp_keep_book(partition, &books->book[books->partitions]);
		hvp_keep_vps(world, partition, &books->book[books->partitions]);
		books->state_pages += books->book[books->partitions++].state_pages;
	}
	xa_for_each(&hierarchy->partitions, id, partition)
		hvp_keep_stats_pages(world, books, partition);
}

/**
 * hvp_expect_same() - expect that nothing changed
 * @world:	the world
 * @before:	books before
 * @after:	books after
 */
void hvp_expect_same(struct hvp_world *world, const struct hvp_books *before,
		     const struct hvp_books *after)
{
	unsigned int i;

	KUNIT_EXPECT_EQ(world->test, before->last_id, after->last_id);
	KUNIT_EXPECT_EQ(world->test, before->partition_count, after->partition_count);
	/* What the host has made of one that it could not make it keeps. */
	KUNIT_EXPECT_EQ(world->test, before->vp_count - before->kept_vps,
			after->vp_count - after->kept_vps);
	KUNIT_EXPECT_EQ(world->test, before->page_count, after->page_count);
	KUNIT_EXPECT_EQ(world->test, before->pinned, after->pinned);
	KUNIT_EXPECT_EQ(world->test, before->locked, after->locked);
	KUNIT_EXPECT_EQ(world->test, before->created, after->created);
	KUNIT_EXPECT_EQ(world->test, before->deleted, after->deleted);
	/* The register page is written anew when somebody has looked at registers. */
	if (!before->state_pages)
		KUNIT_EXPECT_EQ(world->test, before->written_pages, after->written_pages);
	KUNIT_EXPECT_EQ(world->test, before->state_pages, after->state_pages);
	KUNIT_EXPECT_EQ(world->test, before->machine_vps, after->machine_vps);
	KUNIT_EXPECT_EQ(world->test, before->zeroed_pages, after->zeroed_pages);
	KUNIT_EXPECT_EQ(world->test, before->stats_pages, after->stats_pages);
	KUNIT_EXPECT_EQ(world->test, before->partitions, after->partitions);
	for (i = 0; i < min(before->partitions, after->partitions); i++)
		KUNIT_EXPECT_MEMEQ_MSG(world->test, &before->book[i], &after->book[i],
				       sizeof(before->book[i]), "partition %llu has changed",
				       before->book[i].id);
}

/* A page that is lent is in use, and still deposited, but not where others are. */
static void hvp_expect_lent_pages(struct hvp_world *world, const struct hvp_book *book)
{
	unsigned int lent = 0;
	unsigned int node;

	for (node = 0; node < HVP_PROXIMITY_DOMAINS; node++) {
		KUNIT_EXPECT_EQ_MSG(world->test, book->stacked[node] + book->lent[node],
				    book->deposited[node], "partition %llu, node %u", book->id,
				    node);
		KUNIT_EXPECT_LE(world->test, book->lent[node], book->in_use[node]);
		lent += book->lent[node];
	}
	/* A page each for the host's structures. */
	KUNIT_EXPECT_EQ_MSG(world->test, book->used_for[HVP_USE_STATISTICS],
			    book->pays_for + lent, "partition %llu", book->id);
}

/* Do the pages that it pays for, by what they are used for, add up to those in use? */
static void hvp_expect_book_balances(struct hvp_world *world, const struct hvp_book *book,
				     const struct hvp_books *books)
{
	unsigned int active_children = 0;
	u64 children = 0;
	u64 in_use = 0;
	unsigned int i;

	for (i = 0; i < books->partitions; i++) {
		if (books->book[i].parent_id != book->id)
			continue;
		children++;
		active_children += books->book[i].state == HVP_STATE_ACTIVE;
	}
	for (i = 0; i < HVP_PROXIMITY_DOMAINS; i++) {
		KUNIT_EXPECT_LE_MSG(world->test, book->in_use[i], book->deposited[i],
				    "partition %llu uses more than it has", book->id);
		in_use += book->in_use[i];
	}
	KUNIT_EXPECT_EQ(world->test, in_use,
			book->used_for[HVP_USE_CHILDREN] + book->used_for[HVP_USE_PARTITION] +
			book->used_for[HVP_USE_STATISTICS] + book->used_for[HVP_USE_VPS] +
			book->used_for[HVP_USE_MEMORY_MAP] + book->used_for[HVP_USE_RULES] +
			book->used_for[HVP_USE_PORTS]);
	KUNIT_EXPECT_EQ_MSG(world->test, book->used_for[HVP_USE_RULES], book->rules_charged,
			    "partition %llu", book->id);
	KUNIT_EXPECT_EQ_MSG(world->test, book->used_for[HVP_USE_VPS],
			    book->vps * hvp_child_vp_pages(), "partition %llu", book->id);
	KUNIT_EXPECT_EQ_MSG(world->test, book->used_for[HVP_USE_MEMORY_MAP],
			    DIV_ROUND_UP_ULL(book->map.bytes, HVP_PAGE_SIZE), "partition %llu",
			    book->id);
	KUNIT_EXPECT_EQ(world->test, book->used_for[HVP_USE_MEMORY_MAP], book->map_charged);
	KUNIT_EXPECT_EQ_MSG(world->test, book->used_for[HVP_USE_PORTS],
			    book->ports * DIV_ROUND_UP(hvp_cache_object_size(HVP_CACHE_PORT),
						       HVP_PAGE_SIZE),
			    "partition %llu", book->id);
	KUNIT_EXPECT_EQ_MSG(world->test, book->used_for[HVP_USE_CHILDREN],
			    children * hvp_partition_pages(),
			    "partition %llu has %llu children", book->id, children);
	KUNIT_EXPECT_EQ_MSG(world->test, book->used_for[HVP_USE_PARTITION],
			    book->has_active ? hvp_active_pages() : 0,
			    "partition %llu", book->id);
	KUNIT_EXPECT_EQ_MSG(world->test, book->active_children, active_children,
			    "active children of partition %llu", book->id);
	hvp_expect_lent_pages(world, book);
}

static u64 hvp_claimed_pages(struct hvp_world *world)
{
	u64 claimed = 0;
	u64 gfn;

	for (gfn = 0; gfn < HVP_FAKE_GFNS; gfn++) {
		bool this;

		if (!world->guest.pages[gfn].page)
			continue;
		this = hvp_world_claimed(world, gfn);
		claimed += this;
		/* A page in a pool or for statistics is pinned, once; no other is. */
		if (world->guest.pages[gfn].pins != this)
			KUNIT_FAIL(world->test, "page %llu is pinned %u times", gfn,
				   world->guest.pages[gfn].pins);
	}
	return claimed;
}

/* No chunk is held for a page that is not taken, or there without one. */
static void hvp_expect_claims_held(struct hvp_world *world)
{
	struct hvp_claim_chunk *chunk;
	unsigned long index;

	xa_for_each(&world->hierarchy->space.claims.chunks, index, chunk) {
		int taken = bitmap_weight(chunk->claimed, HVP_CLAIM_CHUNK_PAGES);

		KUNIT_EXPECT_GT_MSG(world->test, taken, 0, "chunk %lu", index);
		KUNIT_EXPECT_EQ_MSG(world->test, refcount_read(&chunk->holds), taken,
				    "chunk %lu", index);
	}
}

/**
 * hvp_expect_books_balance() - expect what is true of any world
 * @world:	the world
 * @books:	kept while no call was under way
 */
void hvp_expect_books_balance(struct hvp_world *world, const struct hvp_books *books)
{
	/* Deposited, and those that were not when they became statistics pages. */
	u64 pages = books->located_pages + books->state_pages;
	unsigned int vps = 0, ports = 0;
	unsigned int i, node, k;
	int stats_pages = 0;

	for (i = 0; i < books->partitions; i++) {
		const struct hvp_book *book = &books->book[i];

		hvp_expect_book_balances(world, book, books);
		for (node = 0; node < HVP_PROXIMITY_DOMAINS; node++)
			pages += book->deposited[node];
		stats_pages += book->stats_pages;
		vps += book->vps;
		ports += book->ports;
		/* Only what is active has any, and no memory either. */
		KUNIT_EXPECT_TRUE(world->test,
				  !(book->vps || book->map_charged || book->rules) ||
				  book->state == HVP_STATE_ACTIVE);
		for (k = 0; k < book->stats_pages; k++)
			KUNIT_EXPECT_TRUE_MSG(world->test,
					      hvp_world_claimed(world, book->stats_gfns[k]),
					      "page %#llx", book->stats_gfns[k]);
		/* Only what is active has any. */
		KUNIT_EXPECT_TRUE(world->test,
				  !book->stats_pages || book->state == HVP_STATE_ACTIVE);
	}
	KUNIT_EXPECT_EQ(world->test, books->stats_pages, stats_pages);
	KUNIT_EXPECT_EQ(world->test, books->ports, ports);
	KUNIT_EXPECT_EQ(world->test, books->machine_vps, vps);
	KUNIT_EXPECT_EQ(world->test, books->vp_count, books->kept_vps);
	hvp_fake_machines_check(&world->guest);
	KUNIT_EXPECT_EQ(world->test, books->partition_count, books->partitions - 1);
	KUNIT_EXPECT_EQ(world->test, books->created - books->deleted, books->partitions - 1);
	KUNIT_EXPECT_EQ(world->test, books->page_count, pages);
	KUNIT_EXPECT_EQ(world->test, books->locked, pages);
	KUNIT_EXPECT_EQ(world->test, books->pinned, pages);
	KUNIT_EXPECT_EQ(world->test, hvp_claimed_pages(world), pages);
	hvp_expect_claims_held(world);
}

/**
 * hvp_expect_balanced() - expect that all books balance
 * @world:	a world in which no call is under way
 */
void hvp_expect_balanced(struct hvp_world *world)
{
	hvp_keep_books(world, &world->books[0]);
	hvp_expect_books_balance(world, &world->books[0]);
}
