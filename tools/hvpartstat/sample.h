/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What hvpart tells of itself in debugfs and sysfs, see Documentation/ABI/, as it
 * is at one moment, or nearly: VMs and partitions come and go while it is read.
 */
#ifndef _HVPARTSTAT_SAMPLE_H
#define _HVPARTSTAT_SAMPLE_H

#include <stdbool.h>
#include <stddef.h>

/* Also the exit status; hvpartstat.1 has them all. */
enum problem {
	NO_PROBLEM = 0,
	CANNOT_READ = 1,
	WRONG_USAGE = 2,
	NOT_LOADED = 3,
	NO_DEBUGFS = 4,
	NOT_PERMITTED = 5,
	NO_SUCH_VM = 6,
};

/* Pages */
struct pool {
	unsigned long long deposited, available, in_use;
};

struct partition {
	unsigned long long id, parent;	/* parent 0: the VM itself */
	struct pool pool;
	char state[16];
	char vps[24], mapped[24];	/* numbers; empty if they are not known */
	char uses[56];			/* for people: of what is in use and the nodes */
};

struct vm {
	char name[32];			/* "<pid>-<fd>" */
	unsigned long long pid, fd;
	size_t first, partitions;	/* its part of sample.partitions */
	struct pool pool;		/* all of them together */
};

/* Pairs of call and status; there are some 200 at most. */
#define MAX_CALLS	1024

struct call {
	unsigned int code;
	char name[40], status[40];
	unsigned long long count;
	double per_second;		/* negative: not known */
};

enum {
	MAX_PARTITIONS, MAX_PAGES, MAX_DEPTH, MAX_VPS, MAX_MAP_NODES, MAX_PORTS, GRANT, GRANT_UID,
	PARAMETERS
};

extern const char *const parameter_names[PARAMETERS];

struct sample {
	enum problem problem;
	char explanation[200];		/* of the problem, one line for people */
	double seconds;			/* of the monotonic clock */
	double interval;		/* since the one before, or negative */
	char version[32];
	char parameters[PARAMETERS][128];	/* empty if there is none */
	struct vm *vms;			/* in the order of pid and fd */
	size_t nr_vms, vms_size;
	struct partition *partitions;	/* of a VM: in the order of IDs */
	size_t nr_partitions, partitions_size;
	struct call *calls;		/* of all VMs together */
	size_t nr_calls, calls_size;
	unsigned long long not_understood;	/* lines */
};

/* Which VMs: all, those of a process, or one. */
struct selection {
	bool pid_given, fd_given;
	unsigned long long pid, fd;
};

/* False unless it is "PID" or "PID-FD". */
bool selection_parse(const char *text, struct selection *selection);

/* Where to look for what is in /; before anything else. */
void sample_set_root(const char *folder);
/* @sample's memory is used again; it is all zero the first time. */
void sample_read(struct sample *sample, const struct selection *selection);
/* Calls per second since then, unless either has a problem. */
void sample_compare(struct sample *sample, const struct sample *before);

/*
 * Call @line with each line of a file, cut to LINE_SIZE - 1 bytes and without its end; a
 * zero byte in it is "?".
 * @path begins with "/". Returns 0 or an error number; no regular file is ENOENT.
 */
#define LINE_SIZE	2048
int read_lines(const char *path, void (*line)(char *text, void *arg), void *arg);
/* A decimal number and nothing else. */
bool parse_number(const char *text, unsigned long long *number);

#define ARRAY_SIZE(array)	(sizeof(array) / sizeof((array)[0]))

#define DEBUGFS		"/sys/kernel/debug"
#define HVPART_DEBUGFS	DEBUGFS "/hvpart"

#endif
