// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include "sample.h"

#define HVPART_SYSFS		"/sys/module/hvpart"
#define HVPART_PARAMETERS	"/sys/module/hvpart/parameters"

const char *const parameter_names[PARAMETERS] = {
	[MAX_PARTITIONS] = "max_partitions",
	[MAX_PAGES] = "max_pages",
	[MAX_DEPTH] = "max_depth",
	[MAX_VPS] = "max_vps",
	[MAX_MAP_NODES] = "max_map_nodes",
	[MAX_PORTS] = "max_ports",
	[GRANT] = "grant",
	[GRANT_UID] = "grant_uid",
};

static const char *root = "";

void sample_set_root(const char *folder)
{
	root = folder;
}

static void under_root(char path[PATH_MAX], const char *name)
{
	/* What is too long is not there. */
	if (snprintf(path, PATH_MAX, "%s%s", root, name) >= PATH_MAX)
		path[0] = 0;
}

/* The error number that there is if what a file is about has gone. */
static bool has_gone(int error)
{
	return error == ENOENT || error == EIO || error == ENODEV || error == ENXIO ||
	       error == ENOTDIR;
}

bool parse_number(const char *text, unsigned long long *number)
{
	char *end;

	/* strtoull() takes signs and spaces, too. */
	if (!isdigit((unsigned char)*text))
		return false;
	errno = 0;
	*number = strtoull(text, &end, 10);
	return !*end && !errno;
}

bool selection_parse(const char *text, struct selection *selection)
{
	char pid[32];
	const char *dash = strchr(text, '-');

	*selection = (struct selection){ .pid_given = true, .fd_given = dash };
	if (!dash)
		return parse_number(text, &selection->pid);
	if ((size_t)(dash - text) >= sizeof(pid))
		return false;
	memcpy(pid, text, dash - text);
	pid[dash - text] = 0;
	return parse_number(pid, &selection->pid) && parse_number(dash + 1, &selection->fd);
}

static bool selected(const struct selection *selection, const struct vm *vm)
{
	return (!selection->pid_given || selection->pid == vm->pid) &&
	       (!selection->fd_given || selection->fd == vm->fd);
}

/* One more entry in an array, all zero. */
static void *append(void **array, size_t *count, size_t *size, size_t entry)
{
	void *added;

	if (*count == *size) {
		*size = *size ? 2 * *size : 64;
		*array = reallocarray(*array, *size, entry);
		if (!*array) {
			fputs("hvpartstat: out of memory\n", stderr);
			exit(CANNOT_READ);
		}
	}
	added = (char *)*array + *count * entry;
	++*count;
	return memset(added, 0, entry);
}

#define APPEND(sample, what)							\
	append((void **)&(sample)->what, &(sample)->nr_##what, &(sample)->what##_size, \
	       sizeof(*(sample)->what))

/* A regular file: a FIFO would never end. */
static FILE *open_file(const char *name)
{
	char path[PATH_MAX];
	struct stat status;
	FILE *file;
	int fd;

	under_root(path, name);
	fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	file = fstat(fd, &status) || !S_ISREG(status.st_mode) ? NULL : fdopen(fd, "r");
	if (!file) {
		close(fd);
		errno = ENOENT;
	}
	return file;
}

int read_lines(const char *path, void (*line)(char *text, void *arg), void *arg)
{
	FILE *file = open_file(path);
	char text[LINE_SIZE];
	size_t length = 0;
	bool ended = true;
	int error = 0, c;

	if (!file)
		return errno;
	errno = 0;
	while ((c = getc_unlocked(file)) != EOF) {
		ended = c == '\n';
		if (!ended && length < sizeof(text) - 1)
			text[length++] = c ?: '?';
		if (ended) {
			text[length] = 0;
			length = 0;
			line(text, arg);
		}
	}
	if (ferror(file))
		error = errno ?: EIO;
	fclose(file);
	if (!error && !ended) {
		text[length] = 0;
		line(text, arg);
	}
	return error;
}

struct first_line {
	char *text;
	size_t size;
	bool seen;
};

static void keep_first_line(char *text, void *arg)
{
	struct first_line *line = arg;

	if (!line->seen)
		snprintf(line->text, line->size, "%s", text);
	line->seen = true;
}

/* Leaves @text empty if there is nothing to be read. */
static int read_first_line(const char *path, char *text, size_t size)
{
	struct first_line line = { text, size, false };

	*text = 0;
	return read_lines(path, keep_first_line, &line);
}

static void explain(struct sample *sample, enum problem problem, const char *explanation)
{
	sample->problem = problem;
	snprintf(sample->explanation, sizeof(sample->explanation), "%s", explanation);
}

/* Why the folder, or a file that is there as long as the module is, cannot be read. */
static void find_problem(struct sample *sample, int error)
{
	char path[PATH_MAX];
	struct statfs status;

	under_root(path, HVPART_SYSFS);
	if (access(path, F_OK)) {
		explain(sample, NOT_LOADED,
			"hvpart is not loaded; to load it: modprobe hvpart, or insmod hvpart.ko");
		return;
	}
	under_root(path, DEBUGFS);
	if (error == EPERM && !geteuid()) {
		explain(sample, NOT_PERMITTED, "the kernel is locked down: nobody may read "
			HVPART_DEBUGFS);
	} else if (error == EACCES || error == EPERM) {
		explain(sample, NOT_PERMITTED, "only root may read " HVPART_DEBUGFS
			"; run hvpartstat as root, or with sudo");
	} else if (!has_gone(error)) {
		explain(sample, CANNOT_READ, "cannot read " HVPART_DEBUGFS ": ");
		strncat(sample->explanation, strerror(error),
			sizeof(sample->explanation) - strlen(sample->explanation) - 1);
	} else if (statfs(path, &status) || status.f_type != DEBUGFS_MAGIC) {
		explain(sample, NO_DEBUGFS,
			"debugfs is not mounted; to mount it: mount -t debugfs none " DEBUGFS);
	} else {
		explain(sample, NOT_LOADED, "hvpart is being loaded or unloaded; try again");
	}
}

static void read_parameters(struct sample *sample)
{
	char path[128];
	int i;

	for (i = 0; i < PARAMETERS; i++) {
		snprintf(path, sizeof(path), HVPART_PARAMETERS "/%s", parameter_names[i]);
		read_first_line(path, sample->parameters[i], sizeof(sample->parameters[i]));
	}
}

/* "0x0041 HvInitializePartition SUCCESS 3" */
static void add_call(char *text, void *arg)
{
	struct sample *sample = arg;
	struct call call = { .per_second = -1 };
	char count[24], rest;

	if (sample->nr_calls < MAX_CALLS &&
	    sscanf(text, "0x%x %39s %39s %23s %c", &call.code, call.name, call.status,
		   count, &rest) == 4 && parse_number(count, &call.count))
		*(struct call *)APPEND(sample, calls) = call;
	else
		sample->not_understood++;
}

static void pool_add(struct pool *sum, const struct pool *pool)
{
	sum->deposited += pool->deposited;
	sum->available += pool->available;
	sum->in_use += pool->in_use;
}

/* "  1       512  partition:2; ...": virtual processors and mapped pages; @rest: behind them */
static void add_columns(struct partition *partition, char **rest)
{
	unsigned long long number;
	char vps[24], mapped[24];
	int end;

	if (sscanf(*rest, "%23s %23s%n", vps, mapped, &end) == 2 &&
	    parse_number(vps, &number) && parse_number(mapped, &number)) {
		memcpy(partition->vps, vps, sizeof(vps));
		memcpy(partition->mapped, mapped, sizeof(mapped));
		*rest += end;
	}
}

/* "     2      1 active               16        14         2   1 512  partition:2; node 0:16" */
static void add_partition(char *text, void *arg)
{
	struct sample *sample = arg;
	struct vm *vm = &sample->vms[sample->nr_vms - 1];
	struct partition partition = { 0 };
	char *word[6], *rest;
	int i;

	for (i = 0; i < 6; i++) {
		word[i] = strtok_r(i ? NULL : text, " ", &rest);
		if (!word[i])
			break;
	}
	/* The line with the titles. */
	if (i == 6 && !strcmp(word[0], "ID"))
		return;
	if (i < 6 || !parse_number(word[0], &partition.id) ||
	    (strcmp(word[1], "-") && !parse_number(word[1], &partition.parent)) ||
	    !parse_number(word[3], &partition.pool.deposited) ||
	    !parse_number(word[4], &partition.pool.available) ||
	    !parse_number(word[5], &partition.pool.in_use)) {
		sample->not_understood++;
		return;
	}
	snprintf(partition.state, sizeof(partition.state), "%s", word[2]);
	add_columns(&partition, &rest);
	rest += strspn(rest, " ");
	snprintf(partition.uses, sizeof(partition.uses), "%s", rest);
	/* A number that is cut would be another number. */
	if (strlen(rest) >= sizeof(partition.uses))
		memset(partition.uses + sizeof(partition.uses) - 4, '.', 3);
	*(struct partition *)APPEND(sample, partitions) = partition;
	vm->partitions++;
	pool_add(&vm->pool, &partition.pool);
}

/* What has been read of a VM that goes meanwhile is forgotten. */
static int read_vm(struct sample *sample, const char *name, const struct selection *selection)
{
	unsigned long long not_understood = sample->not_understood;
	struct selection parsed;
	char path[PATH_MAX];
	struct vm *vm;
	int error;

	if (strlen(name) >= sizeof(vm->name) || !selection_parse(name, &parsed) ||
	    !parsed.fd_given)
		return 0;
	vm = APPEND(sample, vms);
	memcpy(vm->name, name, strlen(name) + 1);
	vm->pid = parsed.pid;
	vm->fd = parsed.fd;
	vm->first = sample->nr_partitions;
	error = 0;
	if (selected(selection, vm)) {
		snprintf(path, sizeof(path), HVPART_DEBUGFS "/%s/partitions", name);
		error = read_lines(path, add_partition, sample);
		if (!error)
			return 0;
	}
	sample->nr_partitions = vm->first;
	sample->not_understood = not_understood;
	sample->nr_vms--;
	return has_gone(error) ? 0 : error;
}

static int by_pid_and_fd(const void *a, const void *b)
{
	const struct vm *one = a, *other = b;

	if (one->pid != other->pid)
		return one->pid < other->pid ? -1 : 1;
	return one->fd < other->fd ? -1 : one->fd > other->fd;
}

static int read_vms(struct sample *sample, const struct selection *selection)
{
	char path[PATH_MAX];
	struct dirent *entry;
	int error = 0;
	DIR *folder;

	under_root(path, HVPART_DEBUGFS);
	folder = opendir(path);
	if (!folder)
		return errno;
	/* An entry that cannot be read any more is the end. */
	while (!error && (entry = readdir(folder)))
		error = read_vm(sample, entry->d_name, selection);
	closedir(folder);
	if (sample->nr_vms)
		qsort(sample->vms, sample->nr_vms, sizeof(*sample->vms), by_pid_and_fd);
	return error;
}

void sample_read(struct sample *sample, const struct selection *selection)
{
	struct timespec now;
	int error;

	sample->problem = NO_PROBLEM;
	sample->explanation[0] = 0;
	sample->interval = -1;
	sample->nr_vms = 0;
	sample->nr_partitions = 0;
	sample->nr_calls = 0;
	sample->not_understood = 0;
	read_parameters(sample);
	error = read_first_line(HVPART_DEBUGFS "/version", sample->version,
				sizeof(sample->version));
	error = error ?: read_vms(sample, selection);
	clock_gettime(CLOCK_MONOTONIC, &now);
	sample->seconds = now.tv_sec + now.tv_nsec / 1e9;
	error = error ?: read_lines(HVPART_DEBUGFS "/stats", add_call, sample);
	if (error) {
		/* Half of it would be wrong. */
		sample->nr_vms = 0;
		sample->nr_partitions = 0;
		sample->nr_calls = 0;
		find_problem(sample, error);
	} else if (selection->pid_given && !sample->nr_vms) {
		explain(sample, NO_SUCH_VM,
			"no such VM has made a partition call; without --vm all are listed");
	}
}

static const struct call *find_call(const struct sample *sample, const struct call *like)
{
	size_t i;

	for (i = 0; i < sample->nr_calls; i++) {
		if (sample->calls[i].code == like->code &&
		    !strcmp(sample->calls[i].status, like->status))
			return &sample->calls[i];
	}
	return NULL;
}

static bool has_calls(const struct sample *sample)
{
	return sample->problem == NO_PROBLEM || sample->problem == NO_SUCH_VM;
}

void sample_compare(struct sample *sample, const struct sample *before)
{
	size_t i;

	if (!has_calls(sample) || !has_calls(before))
		return;
	sample->interval = sample->seconds - before->seconds;
	for (i = 0; i < sample->nr_calls; i++) {
		struct call *call = &sample->calls[i];
		const struct call *was = find_call(before, call);
		unsigned long long since = was ? was->count : 0;

		/* Less than before: the module has been loaded again meanwhile. */
		if (call->count < since)
			since = 0;
		call->per_second = (call->count - since) / sample->interval;
	}
}
