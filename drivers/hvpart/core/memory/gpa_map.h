/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _HVPART_GPA_MAP_H
#define _HVPART_GPA_MAP_H

#include <linux/atomic.h>
#include <linux/bits.h>
#include <linux/build_bug.h>
#include <linux/rbtree.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <hvpart/abi/gpa.h>

/* An address has at most 52 bits, a page number 40, and a node resolves nine of them. */
#define HVP_GPA_NODE_BITS	9
#define HVP_GPA_NODE_ENTRIES	HVP_LARGE_PAGE_PAGES
#define HVP_GPA_MAX_LEVELS	5

/* Of a guest physical address: a map has two pages at least. */
#define HVP_GPA_LEAST_BITS	13
#define HVP_GPA_MOST_BITS	52

static_assert(BIT(HVP_GPA_NODE_BITS) == HVP_GPA_NODE_ENTRIES, "a large page is a lowest node");

/* What a page of a child is.  A new map is all unmapped. */
enum hvp_gpa_kind { HVP_GPA_UNMAPPED, HVP_GPA_NO_ACCESS, HVP_GPA_MAPPED };

/**
 * struct hvp_gpa_page - what a page of a child is
 * @kind:	that
 * @rights:	HVP_GPA_MAPPED: HVP_MAP_READ and so on, else 0
 * @source:	HVP_GPA_MAPPED: GPA page number of the parent, else 0
 */
struct hvp_gpa_page {
	enum hvp_gpa_kind kind;
	u32 rights;
	u64 source;
};

/**
 * struct hvp_gpa_node - what neighbouring pages are, an entry each, or each equal part of them
 * @entries:	what the part is if all of it is the same, else a node below this one.  A
 *		mapped page has an entry of its own, in a node of level 0: so there is
 *		always room to replace it, and its large page costs what its pages do
 * @in_sources:	level 0 with mapped pages: in the map's @sources
 * @lowest:	level 0: no mapped page's source is lower; U64_MAX if no page is mapped
 * @highest:	level 0: none is higher; 0 if no page is mapped
 * @highest_below: likewise, of what is below it in the tree of sources
 * @gfn:	the first page
 * @next:	of a chain of nodes that are in no map
 * @level:	an entry stands for 1 << (@level * HVP_GPA_NODE_BITS) pages
 * @unmapped:	entries that are unmapped as a whole
 * @no_access:	likewise no access.  A node that is all the one or all the other
 *		goes, and the entry above it says so instead
 * @gone:	level 0: mapped pages that have become others since @lowest or @highest was one
 *		of them; 0 if both still are what a page has
 */
struct hvp_gpa_node {
	u64 entries[HVP_GPA_NODE_ENTRIES];
	struct rb_node in_sources;
	u64 lowest;
	u64 highest;
	u64 highest_below;
	u64 gfn;
	struct hvp_gpa_node *next;
	u16 level;
	u16 unmapped;
	u16 no_access;
	u16 gone;
};

/**
 * struct hvp_gpa_quota - how many nodes some maps may have together
 * @nodes:	those that they have, and those that are prepared
 * @limit:	the most; may change at any time
 */
struct hvp_gpa_quota {
	atomic_long_t nodes;
	const unsigned int *limit;
};

/**
 * struct hvp_gpa_counts - how big a map is
 * @mapped:	4 KiB pages that are mapped
 * @no_access:	4 KiB pages that are no access
 * @nodes:	nodes, without those that are prepared
 * @bytes:	host memory that they take
 */
struct hvp_gpa_counts {
	u64 mapped;
	u64 no_access;
	u64 nodes;
	u64 bytes;
};

/**
 * struct hvp_gpa_map - what each page of a child's guest physical address space is
 * @lock:	protects all that changes; inside any lock of the core's
 * @quota:	where nodes are counted
 * @listener:	who is told of changes, or NULL
 * @pages:	the width: page numbers are below
 * @levels:	of nodes, at most; @root stands for all pages of that many levels
 * @root:	an entry, as those of a node
 * @sources:	nodes of level 0 with mapped pages, by [lowest, highest] of their sources
 * @mapped:	4 KiB pages that are mapped
 * @no_access:	4 KiB pages that are no access
 * @nodes:	below @root
 *
 * The bounds in the tree of sources are found anew when some pages have gone, not with each:
 * until then they are too wide, and whoever looks for a source looks at a node too much.
 *
 * The tree of sources has a node for 512 pages, and whoever looks for a source looks through
 * all entries of those nodes whose bounds it lies between.  That is one or two where the
 * sources of neighbours are neighbours; where they are strewn over the parent, it is many, and
 * time is paid for what would else be as much memory again for each page.
 */
struct hvp_gpa_map {
	spinlock_t lock;
	struct hvp_gpa_quota *quota;
	struct hvp_gpa_listener *listener;
	u64 pages;
	unsigned int levels;
	u64 root;
	struct rb_root_cached sources;
	u64 mapped;
	u64 no_access;
	u64 nodes;
};

/**
 * struct hvp_gpa_change - what somebody needs to change a map
 * @map:	the map
 * @spare:	nodes that are prepared, or that the map does not need any more
 * @spares:	how many
 * @failed:	there was no memory for more: the element does without
 *
 * One may serve for any number of elements.
 */
struct hvp_gpa_change {
	struct hvp_gpa_map *map;
	struct hvp_gpa_node *spare;
	unsigned int spares;
	bool failed;
};

/**
 * struct hvp_gpa_listener - who has given pages to the child
 * @changing:	pages [gfn, gfn + count) are about to be others: they are to be taken back
 *		now, while a search by source still finds them.  Under the map's lock
 */
struct hvp_gpa_listener {
	void (*changing)(struct hvp_gpa_listener *listener, u64 gfn, u64 count);
};

/* Is told pages [gfn, gfn + count) of a child.  Return: whether to go on. */
typedef bool (*hvp_gpa_run_fn)(void *arg, u64 gfn, u64 count);

#define HVP_GPA_CHANGE(changed) ((struct hvp_gpa_change){ .map = (changed) })

/* Of a page's index in a list */
#define HVP_GPA_SOUGHT_BITS	9

/**
 * struct hvp_gpa_sought - pages of the parent that are looked for in maps
 * @keys:	GPA page number << HVP_GPA_SOUGHT_BITS | index in the list; ascending
 * @count:	how many, at least 1
 * @first:	the lowest index of one that was found so far, or @count
 */
struct hvp_gpa_sought {
	u64 *keys;
	unsigned int count;
	unsigned int first;
};

void hvp_gpa_map_init(struct hvp_gpa_map *map, unsigned int address_bits,
		      struct hvp_gpa_quota *quota);
void hvp_gpa_map_destroy(struct hvp_gpa_map *map);
void hvp_gpa_map_listen(struct hvp_gpa_map *map, struct hvp_gpa_listener *listener);

unsigned int hvp_gpa_map_need(struct hvp_gpa_map *map, u64 gfn, bool large,
			      const struct hvp_gpa_page *page);
int hvp_gpa_map_prepare(struct hvp_gpa_change *change, unsigned int nodes);
int hvp_gpa_map_commit(struct hvp_gpa_change *change, u64 gfn, bool large,
		       const struct hvp_gpa_page *page);
void hvp_gpa_map_release(struct hvp_gpa_change *change);

bool hvp_gpa_map_contains(const struct hvp_gpa_map *map, u64 gfn, u64 count);
void hvp_gpa_map_find(struct hvp_gpa_map *map, u64 gfn, struct hvp_gpa_page *page);
bool hvp_gpa_map_skip_unmapped(struct hvp_gpa_map *map, u64 *gfn);
bool hvp_gpa_map_next(struct hvp_gpa_map *map, u64 *gfn, u64 *count,
		      struct hvp_gpa_page *page);
void hvp_gpa_map_each_of(struct hvp_gpa_map *map, u64 source, u64 count,
			 hvp_gpa_run_fn run, void *arg);
bool hvp_gpa_map_some_of(struct hvp_gpa_map *map, u64 source, u64 count, u64 *left,
			 hvp_gpa_run_fn run, void *arg);
bool hvp_gpa_map_may_have(struct hvp_gpa_map *map, u64 lowest, u64 highest);
int hvp_gpa_map_look_for(struct hvp_gpa_map *map, struct hvp_gpa_sought *sought);
void hvp_gpa_map_counts(struct hvp_gpa_map *map, struct hvp_gpa_counts *counts);

#endif /* _HVPART_GPA_MAP_H */
