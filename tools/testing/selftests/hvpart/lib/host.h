/* SPDX-License-Identifier: GPL-2.0 */
/* What the module shows and offers to the host: debugfs and its parameters. */
#ifndef _HVPART_HOST_H
#define _HVPART_HOST_H

#include <sys/types.h>

#include "guest.h"

#define HVPART_DEBUGFS		"/sys/kernel/debug/hvpart"
#define HVPART_PARAMETERS	"/sys/module/hvpart/parameters"

/* How long what is done shortly afterwards may take. */
#define HOST_PATIENCE_MS	10000

/* Ends the program, saying what to do, if the module is not there. */
void require_hvpart(void);
bool hvpart_loaded(void);

/* Whether ftrace leads such a function elsewhere, or any function to such a callback. */
bool ftrace_has(const char *name);

/* To a file of sysfs, debugfs or the like. */
void write_text(const char *path, const char *text);

u64 module_parameter(const char *name);
/* cases_run() sets them back after each case. */
void module_parameter_set(const char *name, u64 value);
/* As it is in the file, without the end of the line. */
void module_parameter_text(const char *name, char *text, size_t size);
/* Returns 0 or an error number. */
int module_parameter_try(const char *name, const char *text);

#define MODULE_PARAMETERS	8

/* The kernel's log from now on; does it say that?  Closes it. */
int log_from_now(void);
bool log_says(int log, const char *text);

struct module_parameters {
	char text[MODULE_PARAMETERS][128];
};

void module_parameters_save(struct module_parameters *parameters);
void module_parameters_restore(const struct module_parameters *parameters);

/* The number in the line "@key NUMBER" of a partition's file. */
u64 partition_number(struct guest *guest, u64 id, const char *key);
/* The rest of the line "@key ..." */
void partition_text(struct guest *guest, u64 id, const char *key, char *text, size_t size);
/* Wait for the partition's file, or the guest's folder, to come or to go. */
bool partition_file_becomes(struct guest *guest, u64 id, bool present);
bool guest_folder_becomes(pid_t pid, int vm_fd, bool present);

/* The number in a line "name number" of a file like /proc/vmstat, -1: none. */
long long file_number(const char *path, const char *name);

/*
 * Objects that the module's slab caches have; those that the host has merged with
 * others' caches (see slab_nomerge) do not count. hvpart_objects_become() gives
 * RCU time to free some.
 */
long long hvpart_objects(void);
bool hvpart_objects_become(long long expected);

/* Wait until no page is pinned that was not before; see pinned_pages(). */
bool pinned_pages_become(long long expected);
long long pinned_pages(void);

/* Pages and objects that a host has before a test and, in the end, after it. */
struct host_state {
	long long pinned, objects;
};

struct host_state host_state(void);
void expect_as_before(struct host_state before);

#endif
