/* SPDX-License-Identifier: GPL-2.0 */
/* What children take of the host and of their VMM, which is to be nothing when they are gone. */
#ifndef _HVPART_FOOTPRINT_H
#define _HVPART_FOOTPRINT_H

#include "guest.h"

struct footprint {
	long long vms;		/* that KVM has */
	long long kvm_users;	/* KVM's module count */
	long long descriptors;	/* of this process */
	long long areas;	/* of the module's, in this process */
	long long pinned;	/* pages */
	long long objects;	/* in the module's caches */
};

struct footprint footprint(void);
/* Is it so, soon? Says what is not. */
void expect_footprint_at(const char *file, int line, struct footprint expected);
#define EXPECT_FOOTPRINT(expected)	expect_footprint_at(__FILE__, __LINE__, expected)

/* Call @use with each area of the module's in this process; returns how many there are. */
unsigned int walk_areas(void (*use)(void *start, size_t size, void *arg), void *arg);

#endif
