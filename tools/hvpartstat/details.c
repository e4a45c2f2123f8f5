// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <string.h>

#include "details.h"

static void add_use(struct details *details, const char *name, const char *value)
{
	struct use *use = &details->uses[details->nr_uses];

	if (details->nr_uses < MAX_USES && strlen(name) < sizeof(use->name) &&
	    parse_number(value, &use->pages)) {
		snprintf(use->name, sizeof(use->name), "%s", name);
		details->nr_uses++;
	}
}

/* "0 deposited 4 available 3 in_use 1" */
static void add_node(struct details *details, const char *value)
{
	struct node *node = &details->nodes[details->nr_nodes];
	char number[4][24];

	if (details->nr_nodes < MAX_NODES &&
	    sscanf(value, "%23s deposited %23s available %23s in_use %23s", number[0],
		   number[1], number[2], number[3]) == 4 &&
	    parse_number(number[0], &node->number) &&
	    parse_number(number[1], &node->pool.deposited) &&
	    parse_number(number[2], &node->pool.available) &&
	    parse_number(number[3], &node->pool.in_use))
		details->nr_nodes++;
}

/* "0x00010000 PrivilegeFlags 0x0" */
static void add_property(struct details *details, const char *value)
{
	struct property *property = &details->properties[details->nr_properties];

	if (details->nr_properties < MAX_PROPERTIES &&
	    sscanf(value, "%15s %63s %23s", property->code, property->name,
		   property->value) == 3)
		details->nr_properties++;
}

/* "interrupted 3 blocked 1 io 10" */
static void add_exits(struct vp *vp, char *rest)
{
	char *reason, *count;

	while ((reason = strtok_r(NULL, " ", &rest)) && (count = strtok_r(NULL, " ", &rest))) {
		struct exits *exits = &vp->exits[vp->nr_exits];

		if (vp->nr_exits < MAX_EXITS && strlen(reason) < sizeof(exits->reason) &&
		    parse_number(count, &exits->count)) {
			snprintf(exits->reason, sizeof(exits->reason), "%s", reason);
			vp->nr_exits++;
		}
	}
}

/* "0 state ready run_time 71 hypercalls 0 signals 0 exits io 2"; keys may be added before exits. */
static void add_vp(struct details *details, char *value)
{
	struct vp *vp = &details->vps[details->nr_vps];
	char *word, *number, *rest = value;

	word = strtok_r(NULL, " ", &rest);
	if (details->nr_vps == MAX_VPS || !word || !parse_number(word, &vp->index))
		return;
	while ((word = strtok_r(NULL, " ", &rest)) && strcmp(word, "exits")) {
		number = strtok_r(NULL, " ", &rest);
		if (!number)
			break;
		if (!strcmp(word, "state"))
			snprintf(vp->state, sizeof(vp->state), "%s", number);
		else if (!strcmp(word, "run_time"))
			parse_number(number, &vp->run_time);
		else if (!strcmp(word, "hypercalls"))
			parse_number(number, &vp->hypercalls);
		else if (!strcmp(word, "signals"))
			parse_number(number, &vp->signals);
	}
	if (word)
		add_exits(vp, rest);
	details->nr_vps++;
}

/* "0x0 pages 512 rights rwku source 0x200000", "0x200000 pages 16 rights none" */
static void add_run(struct details *details, const char *value)
{
	struct run *run = &details->runs[details->nr_runs];
	char pages[24];

	if (details->nr_runs < MAX_RUNS &&
	    sscanf(value, "%23s pages %23s rights %7s source %23s", run->gpa, pages,
		   run->rights, run->source) >= 3 && parse_number(pages, &run->pages))
		details->nr_runs++;
	else if (details->nr_runs < MAX_RUNS)
		memset(run, 0, sizeof(*run));
}

/* "key value"; keys may be added. */
static void add_line(char *line, void *arg)
{
	struct details *details = arg;
	struct {
		const char *key;
		unsigned long long *number;
	} numbers[] = {
		{ "id", &details->id },
		{ "parent", &details->parent },
		{ "deposited", &details->pool.deposited },
		{ "available", &details->pool.available },
		{ "in_use", &details->pool.in_use },
		{ "virtual_processors", &details->virtual_processors },
		{ "memory_mapped", &details->mapped },
		{ "memory_no_access", &details->no_access },
		{ "memory_map_nodes", &details->map_nodes },
		{ "memory_map_bytes", &details->map_bytes },
	};
	struct {
		const char *key;
		char *text;
		size_t size;
	} texts[] = {
		{ "state", details->state, sizeof(details->state) },
		{ "creation_flags", details->creation_flags, sizeof(details->creation_flags) },
		{ "compatibility_version", details->compatibility_version,
		  sizeof(details->compatibility_version) },
		{ "proximity", details->proximity, sizeof(details->proximity) },
		{ "memory_not_shown", details->not_shown, sizeof(details->not_shown) },
	};
	char *value = strchr(line, ' ');
	size_t i;

	if (!value)
		return;
	*value++ = 0;
	for (i = 0; i < ARRAY_SIZE(numbers); i++) {
		if (!strcmp(line, numbers[i].key))
			parse_number(value, numbers[i].number);
	}
	for (i = 0; i < ARRAY_SIZE(texts); i++) {
		if (!strcmp(line, texts[i].key))
			snprintf(texts[i].text, texts[i].size, "%s", value);
	}
	if (!strncmp(line, "in_use_", 7))
		add_use(details, line + 7, value);
	else if (!strcmp(line, "node"))
		add_node(details, value);
	else if (!strcmp(line, "property"))
		add_property(details, value);
	else if (!strcmp(line, "vp"))
		add_vp(details, value);
	else if (!strcmp(line, "memory"))
		add_run(details, value);
	else if (!strcmp(line, "memory_mapped"))
		details->has_memory = true;
}

bool details_read(const struct vm *vm, unsigned long long id, struct details *details)
{
	char path[128];

	memset(details, 0, sizeof(*details));
	snprintf(path, sizeof(path), HVPART_DEBUGFS "/%s/partition/%llu", vm->name, id);
	return !read_lines(path, add_line, details) && details->id == id && details->state[0];
}
