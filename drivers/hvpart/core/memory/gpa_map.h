/* SPDX-License-Identifier: GPL-2.0 */
/* Stand-in: only what kvm/child needs to compile and to be tried out. */
#ifndef _HVPART_GPA_MAP_H
#define _HVPART_GPA_MAP_H

#include <linux/types.h>

struct hvp_gpa_map;

enum hvp_gpa_kind { HVP_GPA_UNMAPPED, HVP_GPA_NO_ACCESS, HVP_GPA_MAPPED };

#define HVP_GPA_READ	1
#define HVP_GPA_WRITE	2

struct hvp_gpa_page {
	enum hvp_gpa_kind kind;
	u64 source;
	u8 rights;
};

void hvp_gpa_map_find(struct hvp_gpa_map *map, u64 gfn, struct hvp_gpa_page *page);
void hvp_gpa_map_each_of(struct hvp_gpa_map *map, u64 source, u64 count,
			 void (*fn)(void *arg, u64 gfn, u64 count), void *arg);

struct hvp_gpa_map *hvp_gpa_map_create(void);
void hvp_gpa_map_destroy(struct hvp_gpa_map *map);
int hvp_gpa_map_set(struct hvp_gpa_map *map, u64 gfn, const struct hvp_gpa_page *page,
		    void (*changed)(void *arg, u64 gfn, u64 count), void *arg);

#endif /* _HVPART_GPA_MAP_H */
