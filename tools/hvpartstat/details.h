/* SPDX-License-Identifier: GPL-2.0 */
/* A partition's own file, partition/<id>: more than its line in the table. */
#ifndef _HVPARTSTAT_DETAILS_H
#define _HVPARTSTAT_DETAILS_H

#include "sample.h"

#define MAX_USES	16
#define MAX_NODES	64
#define MAX_PROPERTIES	256
#define MAX_VPS		256
#define MAX_EXITS	16
#define MAX_RUNS	128

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
	unsigned long long virtual_processors;
	struct vp {
		unsigned long long index, run_time, hypercalls, signals;
		char state[16];
		struct exits {
			char reason[24];
			unsigned long long count;
		} exits[MAX_EXITS];
		unsigned int nr_exits;
	} vps[MAX_VPS];
	bool has_memory;
	unsigned long long mapped, no_access, map_nodes, map_bytes;
	struct run {
		char gpa[24], rights[8], source[24];	/* no source: no access */
		unsigned long long pages;
	} runs[MAX_RUNS];
	char not_shown[24];		/* empty: everything is */
	unsigned int nr_uses, nr_nodes, nr_properties, nr_vps, nr_runs;
};

/* False if the partition has gone, has no file yet, or its file is not as documented. */
bool details_read(const struct vm *vm, unsigned long long id, struct details *details);

#endif
