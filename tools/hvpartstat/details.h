/* SPDX-License-Identifier: GPL-2.0 */
/* A partition's own file, partition/<id>: more than its line in the table. */
#ifndef _HVPARTSTAT_DETAILS_H
#define _HVPARTSTAT_DETAILS_H

#include "sample.h"

#define MAX_USES	16
#define MAX_NODES	64
#define MAX_PROPERTIES	256

struct details {
	unsigned long long id, parent;
	struct pool pool;
	char state[16], creation_flags[24], compatibility_version[16], proximity[40];
	struct use {
		char name[24];
		unsigned long long pages;
	} uses[MAX_USES];
	struct node {
		unsigned long long number;
		struct pool pool;
	} nodes[MAX_NODES];
	struct property {
		char code[16], name[64], value[24];
	} properties[MAX_PROPERTIES];
	unsigned int nr_uses, nr_nodes, nr_properties;
};

/* False if the partition has gone, has no file yet, or its file is not as documented. */
bool details_read(const struct vm *vm, unsigned long long id, struct details *details);

#endif
