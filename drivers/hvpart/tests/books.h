/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _HVPART_TESTS_BOOKS_H
#define _HVPART_TESTS_BOOKS_H

#include "../core/memory/gpa_map.h"
#include "../core/memory/pool.h"
#include "../core/property_table.h"
#include "../core/state.h"

struct hvp_world;

/* As many partitions as the books of a world have room for. */
#define HVP_BOOKS_PARTITIONS	16

/* And as many statistics pages of one of them. */
#define HVP_BOOKS_STATS_PAGES	8

/* What must not change when a call fails, of one partition. */
struct hvp_book {
	u64 id;
	u64 parent_id;
	enum hvp_state state;
	bool has_active;
	u64 early_properties[HVP_NR_EARLY_PROPERTIES];
	u64 properties[HVP_NR_REGULAR_PROPERTIES];
	u64 first_child;
	u64 next_sibling;
	u64 used_for[HVP_NR_USES];
	u64 deposited[HVP_PROXIMITY_DOMAINS];
	u64 in_use[HVP_PROXIMITY_DOMAINS];
	u16 stacked[HVP_PROXIMITY_DOMAINS];	/* pages that it could give away */
	u16 lent[HVP_PROXIMITY_DOMAINS];	/* pages that it has lent */
	unsigned int pays_for;			/* statistics pages, whoever they are of */
	int active_children;
	unsigned int vps;			/* that its parent has made */
	u32 vp_numbers;				/* a sum of what tells them apart */
	unsigned int state_pages;		/* that are mapped of them */
	u64 state_gfns;				/* likewise a sum */
	struct hvp_gpa_counts map;
	u64 map_contents;			/* likewise */
	unsigned int rules;			/* for all VPs, and for each */
	u64 rule_contents;			/* likewise */
	unsigned int rules_charged;
	unsigned int map_charged;
	unsigned int ports;
	u64 port_contents;			/* likewise */
	unsigned int stats_pages;		/* that are mapped of it */
	u64 stats_gfns[HVP_BOOKS_STATS_PAGES];
};

/* And of the whole hierarchy. */
struct hvp_books {
	u64 last_id;
	int partition_count;
	int vp_count;
	long page_count;
	unsigned long pinned;
	unsigned long locked;
	unsigned int created;
	unsigned int deleted;
	unsigned int written_pages;	/* since the test last forgot counts */
	unsigned int zeroed_pages;	/* likewise */
	int stats_pages;
	unsigned int ports;
	unsigned int state_pages;
	unsigned int machines;
	unsigned int machine_vps;
	unsigned int kept_vps;
	unsigned int located_pages;	/* statistics pages that nobody has lent */
	unsigned int partitions;
	struct hvp_book book[HVP_BOOKS_PARTITIONS];
};

void hvp_keep_books(struct hvp_world *world, struct hvp_books *books);
void hvp_expect_same(struct hvp_world *world, const struct hvp_books *before,
		     const struct hvp_books *after);
void hvp_expect_books_balance(struct hvp_world *world, const struct hvp_books *books);
void hvp_expect_balanced(struct hvp_world *world);

#endif /* _HVPART_TESTS_BOOKS_H */
