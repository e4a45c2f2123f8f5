// SPDX-License-Identifier: GPL-2.0
/* Stand-in: only what kvm/child needs to be tried out. */

#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/xarray.h>
#include "caches.h"
#include "gpa_map.h"

struct hvp_gpa_map {
	spinlock_t lock;	/* of changes */
	struct xarray pages;	/* source << 4 | rights << 2 | kind */
};

static void hvp_gpa_decode(void *entry, struct hvp_gpa_page *page)
{
	u64 value = entry ? xa_to_value(entry) : 0;

	page->kind = value & 3;
	page->rights = value >> 2 & 3;
	page->source = value >> 4;
}

void hvp_gpa_map_find(struct hvp_gpa_map *map, u64 gfn, struct hvp_gpa_page *page)
{
	hvp_gpa_decode(xa_load(&map->pages, gfn), page);
}

void hvp_gpa_map_each_of(struct hvp_gpa_map *map, u64 source, u64 count,
			 void (*fn)(void *arg, u64 gfn, u64 count), void *arg)
{
	struct hvp_gpa_page page;
	unsigned long gfn;
	void *entry;

	spin_lock(&map->lock);
	xa_for_each(&map->pages, gfn, entry) {
		hvp_gpa_decode(entry, &page);
		if (page.kind == HVP_GPA_MAPPED && page.source - source < count)
			fn(arg, gfn, 1);
	}
	spin_unlock(&map->lock);
}

struct hvp_gpa_map *hvp_gpa_map_create(void)
{
	struct hvp_gpa_map *map = kzalloc(sizeof(*map), HVP_GFP);

	if (map) {
		spin_lock_init(&map->lock);
		xa_init_flags(&map->pages, XA_FLAGS_ACCOUNT);
	}
	return map;
}

void hvp_gpa_map_destroy(struct hvp_gpa_map *map)
{
	if (map)
		xa_destroy(&map->pages);
	kfree(map);
}

int hvp_gpa_map_set(struct hvp_gpa_map *map, u64 gfn, const struct hvp_gpa_page *page,
		    void (*changed)(void *arg, u64 gfn, u64 count), void *arg)
{
	u64 value = page->source << 4 | (u64)page->rights << 2 | page->kind;
	int error = xa_reserve(&map->pages, gfn, HVP_GFP);

	if (error)
		return error;
	spin_lock(&map->lock);
	xa_store(&map->pages, gfn, xa_mk_value(value), GFP_ATOMIC);
	if (changed)
		changed(arg, gfn, 1);
	spin_unlock(&map->lock);
	return 0;
}
