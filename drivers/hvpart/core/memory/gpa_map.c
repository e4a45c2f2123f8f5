// SPDX-License-Identifier: GPL-2.0
/*
 * Which pages of its parent a child's guest physical address space is made of: a tree by page
 * number of the child, whose lowest nodes are also in a tree by page number of the parent.
 *
 * The contract: replacing, unmapping, and no access over what is mapped or no access already,
 * do not fail.  A mapped page has an entry to itself, so they need no memory.  What is unmapped
 * or no access costs a node only where something else is near: terabytes cost nothing.
 */

#include <linux/interval_tree_generic.h>
#include <linux/minmax.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/string.h>
#include "caches.h"
#include "gpa_map.h"
#include "proximity.h"

/*
 * An entry is HVP_GPA_UNMAPPED, HVP_GPA_NO_ACCESS, a mapped page, or the address of a node,
 * which is aligned to more than the kind takes and is not 0.
 */
#define HVP_GPA_KIND_MASK	3ULL
#define HVP_GPA_RIGHTS_SHIFT	2
#define HVP_GPA_SOURCE_SHIFT	6

static_assert(HVP_MAP_RIGHTS_MASK << HVP_GPA_RIGHTS_SHIFT < 1 << HVP_GPA_SOURCE_SHIFT,
	      "rights end below the source");

static bool hvp_gpa_is_mapped(u64 entry)
{
	return (entry & HVP_GPA_KIND_MASK) == HVP_GPA_MAPPED;
}

static bool hvp_gpa_is_node(u64 entry)
{
	return entry && !(entry & HVP_GPA_KIND_MASK);
}

static struct hvp_gpa_node *hvp_gpa_node(u64 entry)
{
	return (struct hvp_gpa_node *)(unsigned long)entry;
}

static u64 hvp_gpa_source(u64 entry)
{
	return entry >> HVP_GPA_SOURCE_SHIFT;
}

static u64 hvp_gpa_entry(const struct hvp_gpa_page *page)
{
	if (page->kind != HVP_GPA_MAPPED)
		return page->kind;
	return HVP_GPA_MAPPED | (page->rights & HVP_MAP_RIGHTS_MASK) << HVP_GPA_RIGHTS_SHIFT |
	       page->source << HVP_GPA_SOURCE_SHIFT;
}

/* What the next page is if it is linear with this one. */
static u64 hvp_gpa_entry_step(u64 entry)
{
	return hvp_gpa_is_mapped(entry) ? 1ULL << HVP_GPA_SOURCE_SHIFT : 0;
}

static struct hvp_gpa_page hvp_gpa_page(u64 entry)
{
	struct hvp_gpa_page page = { .kind = entry & HVP_GPA_KIND_MASK };

	if (page.kind == HVP_GPA_MAPPED) {
		page.rights = entry >> HVP_GPA_RIGHTS_SHIFT & HVP_MAP_RIGHTS_MASK;
		page.source = hvp_gpa_source(entry);
	}
	return page;
}

static u64 hvp_gpa_level_pages(unsigned int level)
{
	return 1ULL << level * HVP_GPA_NODE_BITS;
}

static unsigned int hvp_gpa_index(u64 gfn, unsigned int level)
{
	return gfn >> level * HVP_GPA_NODE_BITS & (HVP_GPA_NODE_ENTRIES - 1);
}

static u64 hvp_gpa_lowest(const struct hvp_gpa_node *node)
{
	return node->lowest;
}

static u64 hvp_gpa_highest(const struct hvp_gpa_node *node)
{
	return node->highest;
}

INTERVAL_TREE_DEFINE(struct hvp_gpa_node, in_sources, u64, highest_below, hvp_gpa_lowest,
		     hvp_gpa_highest, static, hvp_gpa_sources)

static bool hvp_gpa_has_below(const struct hvp_gpa_node *node)
{
	return node->level && node->unmapped + node->no_access < HVP_GPA_NODE_ENTRIES;
}

/* Free nodes that are in no map any more, with all that is below them. */
static void hvp_gpa_nodes_free(struct hvp_gpa_quota *quota, struct hvp_gpa_node *chain)
{
	struct hvp_gpa_node *below;
	struct hvp_gpa_node *node;
	unsigned int i;

	while ((node = chain)) {
		chain = node->next;
		/* Most have nothing below them: they were never used, or say the same all over. */
		for (i = 0; hvp_gpa_has_below(node) && i < HVP_GPA_NODE_ENTRIES; i++) {
			if (!hvp_gpa_is_node(node->entries[i]))
				continue;
			below = hvp_gpa_node(node->entries[i]);
			below->next = chain;
			chain = below;
		}
		hvp_cache_free(HVP_CACHE_GPA_NODE, node);
		atomic_long_sub(1, &quota->nodes);
		cond_resched();
	}
}

/**
 * hvp_gpa_map_init() - a map of which every page is unmapped
 * @map:	the map
 * @address_bits: width of a guest physical address, HVP_GPA_LEAST_BITS to HVP_GPA_MOST_BITS
 * @quota:	where its nodes are counted; outlives it
 *
 * Context: Any.
 */
void hvp_gpa_map_init(struct hvp_gpa_map *map, unsigned int address_bits,
		      struct hvp_gpa_quota *quota)
{
	unsigned int gfn_bits = address_bits - HVP_PAGE_SHIFT;

	*map = (struct hvp_gpa_map){
		.quota = quota,
		.pages = 1ULL << gfn_bits,
		.levels = DIV_ROUND_UP(gfn_bits, HVP_GPA_NODE_BITS),
		.root = HVP_GPA_UNMAPPED,
		.sources = RB_ROOT_CACHED,
	};
	spin_lock_init(&map->lock);
}

/**
 * hvp_gpa_map_destroy() - free what is in a map; nobody changes it any more
 * @map:	the map
 *
 * Whoever still looks finds everything unmapped.
 *
 * Context: May sleep.  Reschedules, as a map may have millions of nodes.
 */
void hvp_gpa_map_destroy(struct hvp_gpa_map *map)
{
	u64 entry;

	spin_lock(&map->lock);
	entry = map->root;
	map->root = HVP_GPA_UNMAPPED;
	map->sources = RB_ROOT_CACHED;
	map->mapped = 0;
	map->no_access = 0;
	map->nodes = 0;
	spin_unlock(&map->lock);
	if (!hvp_gpa_is_node(entry))
		return;
	hvp_gpa_node(entry)->next = NULL;
	hvp_gpa_nodes_free(map->quota, hvp_gpa_node(entry));
}

/**
 * hvp_gpa_map_listen() - from now on somebody is told of changes
 * @map:	the map
 * @listener:	who; NULL for nobody any more
 *
 * Context: Any that may take a spinlock.
 */
void hvp_gpa_map_listen(struct hvp_gpa_map *map, struct hvp_gpa_listener *listener)
{
	spin_lock(&map->lock);
	map->listener = listener;
	spin_unlock(&map->lock);
}

/**
 * hvp_gpa_map_prepare() - get memory for the next element
 * @change:	the change
 * @nodes:	as many as hvp_gpa_map_need() says, which is enough unless somebody changes the
 *		map meanwhile; as many as the map has levels are always enough
 *
 * Whoever fails may commit the element all the same: it may need none.
 *
 * Context: May sleep; no lock held.
 * Return: 0; -ENOMEM: no memory, or the quota's limit.
 */
int hvp_gpa_map_prepare(struct hvp_gpa_change *change, unsigned int nodes)
{
	struct hvp_gpa_quota *quota = change->map->quota;
	struct hvp_gpa_node *node = NULL;

	change->failed = false;
	while (change->spares < nodes) {
		if (atomic_long_add_return(1, &quota->nodes) <= READ_ONCE(*quota->limit))
			node = hvp_cache_alloc(HVP_CACHE_GPA_NODE, HVP_PROXIMITY_ANY);
		if (!node) {
			atomic_long_sub(1, &quota->nodes);
			change->failed = true;
			return -ENOMEM;
		}
		node->level = 0;
		node->next = change->spare;
		change->spare = node;
		change->spares++;
		node = NULL;
	}
	return 0;
}

/**
 * hvp_gpa_map_release() - free the memory that a change has left over
 * @change:	the change, all of whose elements are committed or given up
 *
 * Context: May sleep; no lock held.
 */
void hvp_gpa_map_release(struct hvp_gpa_change *change)
{
	hvp_gpa_nodes_free(change->map->quota, change->spare);
	change->spare = NULL;
	change->spares = 0;
}

/* The entry that says what a page is, its level, and the node that it is in, or NULL. */
static u64 hvp_gpa_lookup_locked(struct hvp_gpa_map *map, u64 gfn, unsigned int *level,
				 struct hvp_gpa_node **node)
{
	u64 entry = map->root;

	lockdep_assert_held(&map->lock);
	*level = map->levels;
	*node = NULL;
	while (hvp_gpa_is_node(entry)) {
		*node = hvp_gpa_node(entry);
		*level = (*node)->level;
		entry = (*node)->entries[hvp_gpa_index(gfn, *level)];
	}
	return entry;
}

/*
 * The one place where an entry changes.  @node is the node that @slot is in, NULL for the
 * root of the map.
 */
static void hvp_gpa_store(struct hvp_gpa_node *node, u64 *slot, u64 entry)
{
	if (node) {
		node->unmapped += (entry == HVP_GPA_UNMAPPED) - (*slot == HVP_GPA_UNMAPPED);
		node->no_access += (entry == HVP_GPA_NO_ACCESS) - (*slot == HVP_GPA_NO_ACCESS);
	}
	*slot = entry;
}

/* An entry that stands for all of its pages becomes a node whose entries say the same. */
static void hvp_gpa_split_locked(struct hvp_gpa_change *change, struct hvp_gpa_node *above,
				 u64 *slot, unsigned int level, u64 gfn)
{
	struct hvp_gpa_node *node = change->spare;

	change->spare = node->next;
	change->spares--;
	change->map->nodes++;
	memset64(node->entries, *slot, HVP_GPA_NODE_ENTRIES);
	node->unmapped = *slot == HVP_GPA_UNMAPPED ? HVP_GPA_NODE_ENTRIES : 0;
	node->no_access = *slot == HVP_GPA_NO_ACCESS ? HVP_GPA_NODE_ENTRIES : 0;
	node->lowest = U64_MAX;
	node->highest = 0;
	node->gone = 0;
	node->level = level - 1;
	node->gfn = gfn & ~(hvp_gpa_level_pages(level) - 1);
	hvp_gpa_store(above, slot, (unsigned long)node);
}

/* The reverse: nodes from @node upwards go as long as their entries all say the same. */
static void hvp_gpa_merge_locked(struct hvp_gpa_change *change, struct hvp_gpa_node *node,
				 struct hvp_gpa_node **path)
{
	struct hvp_gpa_map *map = change->map;
	struct hvp_gpa_node *above;
	u64 entry;

	for (; node; node = above) {
		if (node->unmapped == HVP_GPA_NODE_ENTRIES)
			entry = HVP_GPA_UNMAPPED;
		else if (node->no_access == HVP_GPA_NODE_ENTRIES)
			entry = HVP_GPA_NO_ACCESS;
		else
			break;
		above = path[node->level + 1];
		if (above)
			hvp_gpa_store(above,
				      &above->entries[hvp_gpa_index(node->gfn, above->level)],
				      entry);
		else
			hvp_gpa_store(NULL, &map->root, entry);
		node->next = change->spare;
		change->spare = node;
		change->spares++;
		map->nodes--;
	}
}

/* The bounds of a lowest node's sources become these. */
static void hvp_gpa_bound_locked(struct hvp_gpa_map *map, struct hvp_gpa_node *node, u64 lowest,
				 u64 highest)
{
	if (node->lowest == lowest && node->highest == highest)
		return;
	if (node->lowest <= node->highest)
		hvp_gpa_sources_remove(node, &map->sources);
	node->lowest = lowest;
	node->highest = highest;
	if (node->lowest <= node->highest)
		hvp_gpa_sources_insert(node, &map->sources);
}

/* Look for the bounds among the entries. */
static void hvp_gpa_bound_anew_locked(struct hvp_gpa_map *map, struct hvp_gpa_node *node)
{
	u64 lowest = U64_MAX;
	u64 highest = 0;
	unsigned int i;

	for (i = 0; i < HVP_GPA_NODE_ENTRIES; i++) {
		if (!hvp_gpa_is_mapped(node->entries[i]))
			continue;
		lowest = min(lowest, hvp_gpa_source(node->entries[i]));
		highest = max(highest, hvp_gpa_source(node->entries[i]));
	}
	hvp_gpa_bound_locked(map, node, lowest, highest);
	node->gone = 0;
}

/*
 * Bounds that are too wide are right as well, and only cost who looks for a source.  So it is
 * not at each page of those that go one after the other, from one end, that all are looked at.
 */
#define HVP_GPA_MOST_GONE	32

/* A page is not mapped to @source any more. */
static void hvp_gpa_bound_without_locked(struct hvp_gpa_map *map, struct hvp_gpa_node *node,
					 u64 source)
{
	if (node->unmapped + node->no_access == HVP_GPA_NODE_ENTRIES) {
		hvp_gpa_bound_locked(map, node, U64_MAX, 0);
		node->gone = 0;
	} else if (node->gone || source == node->lowest || source == node->highest) {
		if (++node->gone >= HVP_GPA_MOST_GONE)
			hvp_gpa_bound_anew_locked(map, node);
	}
}

/* The pages of an entry become others; they are counted. */
static void hvp_gpa_replace_locked(struct hvp_gpa_map *map, struct hvp_gpa_node *node, u64 *slot,
				   unsigned int level, u64 entry)
{
	u64 pages = hvp_gpa_level_pages(level);

	map->mapped += pages * hvp_gpa_is_mapped(entry) - pages * hvp_gpa_is_mapped(*slot);
	map->no_access += pages * (entry == HVP_GPA_NO_ACCESS) -
			  pages * (*slot == HVP_GPA_NO_ACCESS);
	hvp_gpa_store(node, slot, entry);
}

/* A page of a lowest node becomes another. */
static void hvp_gpa_replace_page_locked(struct hvp_gpa_map *map, struct hvp_gpa_node *node,
					u64 *slot, u64 entry)
{
	u64 old = *slot;

	hvp_gpa_replace_locked(map, node, slot, 0, entry);
	if (hvp_gpa_is_mapped(entry))
		hvp_gpa_bound_locked(map, node, min(node->lowest, hvp_gpa_source(entry)),
				     max(node->highest, hvp_gpa_source(entry)));
	if (hvp_gpa_is_mapped(old))
		hvp_gpa_bound_without_locked(map, node, hvp_gpa_source(old));
}

/* All pages of a lowest node become others. */
static void hvp_gpa_replace_pages_locked(struct hvp_gpa_map *map, struct hvp_gpa_node *node,
					 u64 entry)
{
	unsigned int i;

	for (i = 0; i < HVP_GPA_NODE_ENTRIES; i++)
		hvp_gpa_replace_locked(map, node, &node->entries[i], 0,
				       entry + i * hvp_gpa_entry_step(entry));
	if (hvp_gpa_is_mapped(entry))
		hvp_gpa_bound_locked(map, node, hvp_gpa_source(entry),
				     hvp_gpa_source(entry) + HVP_GPA_NODE_ENTRIES - 1);
	else
		hvp_gpa_bound_locked(map, node, U64_MAX, 0);
	node->gone = 0;
}

/* What can be said of a large page in one entry needs no node of its own. */
static unsigned int hvp_gpa_lowest_level(bool large, u64 entry)
{
	return large && !hvp_gpa_is_mapped(entry) ? 1 : 0;
}

/**
 * hvp_gpa_map_need() - how many nodes more an element would take
 * @map:	the map
 * @gfn:	as hvp_gpa_map_commit()
 * @large:	likewise
 * @page:	likewise
 *
 * Context: Any that may take a spinlock.
 * Return: how many, as long as nobody changes the map.
 */
unsigned int hvp_gpa_map_need(struct hvp_gpa_map *map, u64 gfn, bool large,
			      const struct hvp_gpa_page *page)
{
	u64 entry = hvp_gpa_entry(page);
	unsigned int lowest = hvp_gpa_lowest_level(large, entry);
	struct hvp_gpa_node *node;
	unsigned int level;
	bool same;

	spin_lock(&map->lock);
	same = hvp_gpa_lookup_locked(map, gfn, &level, &node) == entry && level;
	spin_unlock(&map->lock);
	return same || level <= lowest ? 0 : level - lowest;
}

static int hvp_gpa_commit_locked(struct hvp_gpa_change *change, u64 gfn, bool large, u64 entry)
{
	struct hvp_gpa_map *map = change->map;
	unsigned int lowest = hvp_gpa_lowest_level(large, entry);
	struct hvp_gpa_node *path[HVP_GPA_MAX_LEVELS + 1] = {};
	struct hvp_gpa_node *node;
	u64 *slot = &map->root;
	unsigned int level;

	if (hvp_gpa_lookup_locked(map, gfn, &level, &node) == entry && level)
		return 0;
	if (level > lowest && change->spares < level - lowest) {
		if (!change->failed)
			return -EAGAIN;
		return entry == HVP_GPA_UNMAPPED ? 0 : -ENOMEM;
	}

	if (map->listener)
		map->listener->changing(map->listener, gfn, large ? HVP_GPA_NODE_ENTRIES : 1);
	node = NULL;
	for (level = map->levels; level; slot = &node->entries[hvp_gpa_index(gfn, level)]) {
		if (!hvp_gpa_is_node(*slot)) {
			if (level == lowest)
				break;
			hvp_gpa_split_locked(change, node, slot, level, gfn);
		}
		node = hvp_gpa_node(*slot);
		level = node->level;
		path[level] = node;
	}
	if (level)
		hvp_gpa_replace_locked(map, node, slot, level, entry);
	else if (large)
		hvp_gpa_replace_pages_locked(map, node, entry);
	else
		hvp_gpa_replace_page_locked(map, node, &node->entries[hvp_gpa_index(gfn, 0)],
					    entry);
	hvp_gpa_merge_locked(change, node, path);
	return 0;
}

/**
 * hvp_gpa_map_commit() - let a page, or a large page, be something else
 * @change:	the change
 * @gfn:	GPA page number of the child, in the map; with @large a multiple of 512
 * @large:	all 512 pages from there on; their sources are linear
 * @page:	what they become; the source needs no alignment
 *
 * Replaces what is there.  Memory is needed only where pages are unmapped as far as the
 * next node, or no access.  Without it a few of the latter cannot be unmapped, and then
 * they remain no access: the child gets neither, and unmapping does not fail.  (TLFS,
 * HvCallMapGpaPages, HvCallUnmapGpaPages)
 *
 * Context: Any that may take a spinlock.
 * Return: 0; or nothing has changed:
 * * -EAGAIN: more nodes have to be prepared; hvp_gpa_map_need() says how many
 * * -ENOMEM: hvp_gpa_map_prepare() has failed, and what it did not get was needed.  Never to
 *   unmap, nor to replace what is mapped by anything, nor for no access over no access
 */
int hvp_gpa_map_commit(struct hvp_gpa_change *change, u64 gfn, bool large,
		       const struct hvp_gpa_page *page)
{
	int error;

	spin_lock(&change->map->lock);
	error = hvp_gpa_commit_locked(change, gfn, large, hvp_gpa_entry(page));
	spin_unlock(&change->map->lock);
	return error;
}

/**
 * hvp_gpa_map_contains() - is the map that wide?
 * @map:	the map
 * @gfn:	GPA page number of the child
 * @count:	pages from there on
 *
 * Context: Any.
 * Return: true if all of them are below its width.
 */
bool hvp_gpa_map_contains(const struct hvp_gpa_map *map, u64 gfn, u64 count)
{
	return gfn < map->pages && count <= map->pages - gfn;
}

/**
 * hvp_gpa_map_find() - what is a page?
 * @map:	the map
 * @gfn:	GPA page number of the child; beyond the map all is unmapped
 * @page:	what it is
 *
 * Context: Any that may take a spinlock.
 */
void hvp_gpa_map_find(struct hvp_gpa_map *map, u64 gfn, struct hvp_gpa_page *page)
{
	u64 entry = HVP_GPA_UNMAPPED;
	struct hvp_gpa_node *node;
	unsigned int level;

	if (hvp_gpa_map_contains(map, gfn, 1)) {
		spin_lock(&map->lock);
		entry = hvp_gpa_lookup_locked(map, gfn, &level, &node);
		spin_unlock(&map->lock);
	}
	*page = hvp_gpa_page(entry);
}

/* How many pages from @gfn on, within an entry or a lowest node, are like it; and what. */
static u64 hvp_gpa_alike_locked(struct hvp_gpa_map *map, u64 gfn, struct hvp_gpa_page *page)
{
	struct hvp_gpa_node *node;
	unsigned int level, i;
	u64 entry, next;

	entry = hvp_gpa_lookup_locked(map, gfn, &level, &node);
	*page = hvp_gpa_page(entry);
	if (level)
		return hvp_gpa_level_pages(level) - (gfn & (hvp_gpa_level_pages(level) - 1));
	next = entry;
	for (i = hvp_gpa_index(gfn, 0); i < HVP_GPA_NODE_ENTRIES; i++) {
		if (node->entries[i] != next)
			break;
		next += hvp_gpa_entry_step(entry);
	}
	return i - hvp_gpa_index(gfn, 0);
}

static u64 hvp_gpa_alike(struct hvp_gpa_map *map, u64 gfn, struct hvp_gpa_page *page)
{
	u64 count;

	spin_lock(&map->lock);
	count = hvp_gpa_alike_locked(map, gfn, page);
	spin_unlock(&map->lock);
	return count;
}

/**
 * hvp_gpa_map_skip_unmapped() - the first page that is not unmapped
 * @map:	the map
 * @gfn:	GPA page number of the child where to begin; then of that page
 *
 * A node that is all unmapped is none: so it takes as long as a node has entries, at each
 * level, and no longer.
 *
 * Context: Any that may take a spinlock.
 * Return: false if there is none.
 */
bool hvp_gpa_map_skip_unmapped(struct hvp_gpa_map *map, u64 *gfn)
{
	struct hvp_gpa_page page;
	u64 alike;

	while (hvp_gpa_map_contains(map, *gfn, 1)) {
		alike = hvp_gpa_alike(map, *gfn, &page);
		if (page.kind != HVP_GPA_UNMAPPED)
			return true;
		*gfn += alike;
	}
	return false;
}

/**
 * hvp_gpa_map_next() - the first pages of some that are not unmapped, and alike
 * @map:	the map
 * @gfn:	GPA page number of the child where to begin; then of the first one that is
 *		not unmapped
 * @count:	how many pages to look at; then how many, from @gfn on, are alike: no access,
 *		or mapped with the same rights and linear
 * @page:	what the first one is
 *
 * The answer is of one moment if the pages to look at are of one large page; else the
 * map may change meanwhile.  Takes time in proportion to the answer and to the nodes on
 * the way: who must not be long asks for fewer pages.
 *
 * Context: Any that may take a spinlock.
 * Return: false if all of them are unmapped or beyond the map.
 */
bool hvp_gpa_map_next(struct hvp_gpa_map *map, u64 *gfn, u64 *count,
		      struct hvp_gpa_page *page)
{
	struct hvp_gpa_page other;
	u64 end, next, alike;

	*page = hvp_gpa_page(HVP_GPA_UNMAPPED);
	if (!hvp_gpa_map_contains(map, *gfn, 1))
		return false;
	end = *gfn + min(*count, map->pages - *gfn);
	for (next = *gfn; next < end; next += alike) {
		alike = min(hvp_gpa_alike(map, next, &other), end - next);
		if (page->kind == HVP_GPA_UNMAPPED) {
			*page = other;
			*gfn = next;
		} else if (other.kind != page->kind || other.rights != page->rights ||
			   (other.kind == HVP_GPA_MAPPED &&
			    other.source != page->source + (next - *gfn))) {
			break;
		}
	}
	*count = next - *gfn;
	return page->kind != HVP_GPA_UNMAPPED;
}

/* Return: false if it would take more than @left nodes to look through and runs to tell. */
static bool hvp_gpa_each_of(struct hvp_gpa_map *map, u64 source, u64 count, u64 *left,
			    hvp_gpa_run_fn run, void *arg)
{
	u64 last = source + min(count - 1, U64_MAX - source);
	u64 first_of_run = 0, in_run = 0;
	struct hvp_gpa_node *node;
	bool go_on = true;
	unsigned int i;

	lockdep_assert_held(&map->lock);
	if (!count)
		return true;
	for (node = hvp_gpa_sources_iter_first(&map->sources, source, last); node && go_on;
	     node = hvp_gpa_sources_iter_next(node, source, last)) {
		if (!*left)
			return false;
		--*left;
		for (i = 0; go_on && i < HVP_GPA_NODE_ENTRIES; i++) {
			u64 entry = node->entries[i];

			if (!hvp_gpa_is_mapped(entry) || hvp_gpa_source(entry) < source ||
			    hvp_gpa_source(entry) > last)
				continue;
			if (in_run && first_of_run + in_run != node->gfn + i) {
				if (!*left)
					return false;
				--*left;
				go_on = run(arg, first_of_run, in_run);
				in_run = 0;
			}
			if (!in_run++)
				first_of_run = node->gfn + i;
		}
	}
	if (go_on && in_run)
		run(arg, first_of_run, in_run);
	return true;
}

/**
 * hvp_gpa_map_each_of() - go through the child's pages that pages of the parent are mapped to
 * @map:	the map
 * @source:	GPA page number of the parent
 * @count:	pages from there on
 * @run:	is called for pages [gfn, gfn + count) of the child, all of which are mapped
 *		to some of these, until it returns false
 * @arg:	for @run
 *
 * In no order, each page once; neighbours go together where that is found without effort.
 *
 * Context: Any that may take a spinlock.  @run is called under the map's: it must neither
 *	    sleep, nor ask the map, nor take a lock under which anybody asks the map.
 */
void hvp_gpa_map_each_of(struct hvp_gpa_map *map, u64 source, u64 count,
			 hvp_gpa_run_fn run, void *arg)
{
	u64 left = U64_MAX;

	spin_lock(&map->lock);
	hvp_gpa_each_of(map, source, count, &left, run, arg);
	spin_unlock(&map->lock);
}

/**
 * hvp_gpa_map_some_of() - as hvp_gpa_map_each_of(), but soon
 * @map:	the map
 * @source:	likewise
 * @count:	likewise
 * @left:	how many nodes to look through and runs to tell, at most; then how many of them
 *		are left, for the next map of whose pages the same is asked
 * @run:	is told of these pages, but not of all if it would take long to find them: a
 *		parent can strew a child's pages over its own
 * @arg:	for @run
 *
 * Context: Any that may take a spinlock, under which @run is called.
 * Return: false if there may be more of them.
 */
bool hvp_gpa_map_some_of(struct hvp_gpa_map *map, u64 source, u64 count, u64 *left,
			 hvp_gpa_run_fn run, void *arg)
{
	bool all;

	spin_lock(&map->lock);
	all = hvp_gpa_each_of(map, source, count, left, run, arg);
	spin_unlock(&map->lock);
	return all;
}

static u64 hvp_gpa_sought_source(const struct hvp_gpa_sought *sought, unsigned int at)
{
	return sought->keys[at] >> HVP_GPA_SOUGHT_BITS;
}

/* Where the sought pages begin that are not below @source. */
static unsigned int hvp_gpa_sought_from(const struct hvp_gpa_sought *sought, u64 source)
{
	unsigned int from = 0, to = sought->count;

	while (from < to) {
		unsigned int middle = (from + to) / 2;

		if (hvp_gpa_sought_source(sought, middle) < source)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

/* Is there one from @lowest to @highest?  Then it is the one at @at. */
static bool hvp_gpa_sought_between(const struct hvp_gpa_sought *sought, u64 lowest, u64 highest,
				   unsigned int *at)
{
	*at = hvp_gpa_sought_from(sought, lowest);
	return *at < sought->count && hvp_gpa_sought_source(sought, *at) <= highest;
}

static void hvp_gpa_look_into_locked(const struct hvp_gpa_node *node,
				     struct hvp_gpa_sought *sought)
{
	unsigned int at;
	unsigned int i;

	if (!hvp_gpa_sought_between(sought, node->lowest, node->highest, &at))
		return;
	for (i = 0; i < HVP_GPA_NODE_ENTRIES; i++) {
		u64 source = hvp_gpa_source(node->entries[i]);
		unsigned int index;

		if (!hvp_gpa_is_mapped(node->entries[i]) ||
		    !hvp_gpa_sought_between(sought, source, source, &at))
			continue;
		index = sought->keys[at] & (BIT(HVP_GPA_SOUGHT_BITS) - 1);
		sought->first = min(sought->first, index);
	}
}

/* Look at page @gfn, and those that share its entry or its node.  Return: the one after them. */
static u64 hvp_gpa_look_at_locked(struct hvp_gpa_map *map, u64 gfn, struct hvp_gpa_sought *sought)
{
	struct hvp_gpa_node *node;
	unsigned int level;

	if (!hvp_gpa_sources_iter_first(&map->sources, hvp_gpa_sought_source(sought, 0),
					hvp_gpa_sought_source(sought, sought->count - 1)))
		return map->pages;
	hvp_gpa_lookup_locked(map, gfn, &level, &node);
	if (!level)
		hvp_gpa_look_into_locked(node, sought);
	return (gfn | (hvp_gpa_level_pages(max(level, 1U)) - 1)) + 1;
}

/**
 * hvp_gpa_map_may_have() - could a page of the parent be mapped in the child?
 * @map:	the map, into which nobody puts more now
 * @lowest:	GPA page number of the parent
 * @highest:	the page, or any from @lowest to this one
 *
 * Context: Any that may take a spinlock.
 * Return: false if none of them is.
 */
bool hvp_gpa_map_may_have(struct hvp_gpa_map *map, u64 lowest, u64 highest)
{
	bool may_have;

	if (!READ_ONCE(map->mapped))
		return false;
	spin_lock(&map->lock);
	may_have = hvp_gpa_sources_iter_first(&map->sources, lowest, highest);
	spin_unlock(&map->lock);
	return may_have;
}

/**
 * hvp_gpa_map_look_for() - are pages of the parent mapped anywhere in the child?
 * @map:	the map
 * @sought:	the pages; the first of those that are is noted
 *
 * What is mapped when it begins, and stays so, is found.
 *
 * Context: May sleep; reschedules with each lowest node, of which a map may have many.
 * Return: 0; -EINTR: the thread is to die first.
 */
int hvp_gpa_map_look_for(struct hvp_gpa_map *map, struct hvp_gpa_sought *sought)
{
	u64 gfn = 0;

	while (gfn < map->pages && sought->first) {
		spin_lock(&map->lock);
		gfn = hvp_gpa_look_at_locked(map, gfn, sought);
		spin_unlock(&map->lock);
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
	}
	return 0;
}

/**
 * hvp_gpa_map_counts() - how big is it?
 * @map:	the map
 * @counts:	numbers of one moment
 *
 * Context: Any that may take a spinlock.
 */
void hvp_gpa_map_counts(struct hvp_gpa_map *map, struct hvp_gpa_counts *counts)
{
	spin_lock(&map->lock);
	*counts = (struct hvp_gpa_counts){
		.mapped = map->mapped,
		.no_access = map->no_access,
		.nodes = map->nodes,
		.bytes = map->nodes * hvp_cache_object_size(HVP_CACHE_GPA_NODE),
	};
	spin_unlock(&map->lock);
}
