// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cases.h"
#include "host.h"
#include "inspect.h"

bool inspect_gone(int error)
{
	return error == ENOENT || error == EIO || error == ENXIO || error == ENODEV;
}

/* Pages in a pool, or of one node of it. */
struct account {
	u64 deposited, available, in_use;
};

static bool account_adds_up(const struct account *account)
{
	return account->deposited == account->available + account->in_use;
}

static void wrong(const char *path, const char *what, const char *line)
{
	fail_at(__FILE__, __LINE__, "%s: %s: %s", path, what, line);
}

/* Call @check with each line of a file; false if it is gone. */
static bool each_line(const char *path, unsigned int piece,
		      void (*check)(const char *path, char *line, void *arg), void *arg)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "r");
	size_t size = 0;
	char *line = NULL;
	bool complete;

	if (!file) {
		if (!inspect_gone(errno))
			wrong(path, "cannot be opened", strerror(errno));
		return false;
	}
	setvbuf(file, NULL, _IOFBF, piece);
	while (getline(&line, &size, file) > 0) {
		line[strcspn(line, "\n")] = 0;
		check(path, line, arg);
	}
	complete = !ferror(file);
	if (!complete && !inspect_gone(errno))
		wrong(path, "cannot be read", strerror(errno));
	free(line);
	fclose(file);
	return complete;
}

struct table {
	u64 *ids;
	unsigned int count;
};

static bool listed(const struct table *table, u64 id)
{
	unsigned int i;

	for (i = 0; i < table->count; i++) {
		if (table->ids[i] == id)
			return true;
	}
	return false;
}

/* "children:1 partition:2; node 0:4; node 1:3", or "-" instead of the first two */
static void check_uses_and_nodes(const char *path, const char *line, char *text,
				 const struct account *account)
{
	u64 used = 0, deposited = 0;
	char *word, *rest, *colon;

	for (word = strtok_r(text, " ;", &rest); word; word = strtok_r(NULL, " ;", &rest)) {
		colon = strchr(word, ':');
		if (!colon)
			continue;
		*(word[0] >= '0' && word[0] <= '9' ? &deposited : &used) +=
			strtoull(colon + 1, NULL, 10);
	}
	if (used != account->in_use)
		wrong(path, "uses are not what is in use", line);
	if (deposited != account->deposited)
		wrong(path, "nodes are not what is deposited", line);
}

static void check_table_line(const char *path, char *line, void *arg)
{
	struct table *table = arg;
	struct account account;
	char parent[24], state[24];
	int rest;
	u64 id;

	if (strstr(line, "PARENT"))
		return;
	if (sscanf(line, "%llu %23s %23s %llu %llu %llu%n", &id, parent, state,
		   &account.deposited, &account.available, &account.in_use, &rest) != 6) {
		wrong(path, "cannot be understood", line);
		return;
	}
	if (!account_adds_up(&account))
		wrong(path, "does not add up", line);
	check_uses_and_nodes(path, line, strdupa(line + rest), &account);
	if (table->count && id <= table->ids[table->count - 1])
		wrong(path, "IDs do not ascend", line);
	if (id == HVP_PARTITION_ID_ROOT ? strcmp(parent, "-") :
					  !listed(table, strtoull(parent, NULL, 10)))
		wrong(path, "its parent is not listed", line);
	table->ids = realloc(table->ids, (table->count + 1) * sizeof(*table->ids));
	if (!table->ids)
		die("out of memory");
	table->ids[table->count++] = id;
}

struct partition_file {
	u64 id, uses;
	struct account pool, nodes;
};

static void check_partition_line(const char *path, char *line, void *arg)
{
	struct partition_file *seen = arg;
	struct account node;
	u64 number;

	if (sscanf(line, "node %*u deposited %llu available %llu in_use %llu",
		   &node.deposited, &node.available, &node.in_use) == 3) {
		if (!account_adds_up(&node))
			wrong(path, "does not add up", line);
		seen->nodes.deposited += node.deposited;
		seen->nodes.available += node.available;
		seen->nodes.in_use += node.in_use;
	} else if (sscanf(line, "in_use_%*s %llu", &number) == 1) {
		seen->uses += number;
	} else if (sscanf(line, "id %llu", &number) == 1) {
		seen->id = number;
	} else if (sscanf(line, "deposited %llu", &number) == 1) {
		seen->pool.deposited = number;
	} else if (sscanf(line, "available %llu", &number) == 1) {
		seen->pool.available = number;
	} else if (sscanf(line, "in_use %llu", &number) == 1) {
		seen->pool.in_use = number;
	}
}

static void check_partition(const char *path, unsigned int piece)
{
	struct partition_file seen = { 0 };

	if (!each_line(path, piece, check_partition_line, &seen))
		return;
	if (seen.id != strtoull(strrchr(path, '/') + 1, NULL, 10))
		wrong(path, "ID", "is not the file's name");
	if (!account_adds_up(&seen.pool) || seen.uses != seen.pool.in_use ||
	    memcmp(&seen.pool, &seen.nodes, sizeof(seen.pool)))
		wrong(path, "pool", "does not add up");
}

/* Call @function with each file that matches; returns how many. */
static unsigned int each_file(const char *folder, const char *pattern, unsigned int piece,
			      void (*function)(const char *path, unsigned int piece))
{
	char path[256];
	glob_t files;
	size_t i;

	snprintf(path, sizeof(path), "%s/%s", folder, pattern);
	/* Entries may go while glob() looks at them. */
	if (glob(path, GLOB_NOSORT, NULL, &files))
		return 0;
	for (i = 0; i < files.gl_pathc; i++)
		function(files.gl_pathv[i], piece);
	i = files.gl_pathc;
	globfree(&files);
	return i;
}

/* The folder of a VM. Returns how many files there were. */
static unsigned int inspect_vm(const char *folder, unsigned int piece)
{
	struct table table = { 0 };
	char path[256];

	snprintf(path, sizeof(path), "%s/partitions", folder);
	each_line(path, piece, check_table_line, &table);
	free(table.ids);
	return 1 + each_file(folder, "partition/*", piece, check_partition);
}

static void check_stats_line(const char *path, char *line, void *arg)
{
	u64 (*counts)[INSPECT_STATUSES] = arg;
	char status[40];
	unsigned int code, number;
	u64 count;

	if (sscanf(line, "0x%x %*s %39s %llu", &code, status, &count) != 3 ||
	    !hvp_contract_of(code)) {
		wrong(path, "cannot be understood", line);
		return;
	}
	for (number = 0; number < INSPECT_STATUSES; number++) {
		if (!strcmp(status, status_name(number)))
			counts[contract_index(code)][number] = count;
	}
}

bool inspect_stats(u64 counts[HVP_CONTRACT_CALLS][INSPECT_STATUSES])
{
	memset(counts, 0, HVP_CONTRACT_CALLS * sizeof(counts[0]));
	return each_line(HVPART_DEBUGFS "/stats", 4096, check_stats_line, counts);
}

unsigned int inspect_everything(unsigned int piece)
{
	u64 counts[HVP_CONTRACT_CALLS][INSPECT_STATUSES];
	unsigned int files = 0;
	glob_t folders;
	size_t i;

	files += inspect_stats(counts);
	if (glob(HVPART_DEBUGFS "/[0-9]*-*", 0, NULL, &folders))
		return files;
	for (i = 0; i < folders.gl_pathc; i++)
		files += inspect_vm(folders.gl_pathv[i], piece);
	globfree(&folders);
	return files;
}

static void append_line(const char *path, char *line, void *arg)
{
	(void)path;
	fprintf(arg, "%s\n", line);
}

char *inspect_text(const char *folder)
{
	char path[256], *text = NULL;
	glob_t files;
	size_t size, i;
	FILE *out = open_memstream(&text, &size);

	snprintf(path, sizeof(path), "%s/partition/*", folder);
	if (!out || glob(path, 0, NULL, &files))
		die("cannot list %s", path);
	snprintf(path, sizeof(path), "%s/partitions", folder);
	each_line(path, 4096, append_line, out);
	for (i = 0; i < files.gl_pathc; i++) {
		fprintf(out, "%s\n", files.gl_pathv[i]);
		each_line(files.gl_pathv[i], 4096, append_line, out);
	}
	globfree(&files);
	fclose(out);
	return text;
}
