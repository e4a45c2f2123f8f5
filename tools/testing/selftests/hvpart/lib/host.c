// SPDX-License-Identifier: GPL-2.0
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

#define POLL_US			10000
#define POLLS			(HOST_PATIENCE_MS * 1000 / POLL_US)

bool hvpart_loaded(void)
{
	return !access(HVPART_DEBUGFS, F_OK);
}

void require_hvpart(void)
{
	if (access("/sys/module/hvpart", F_OK))
		die("hvpart is not loaded: insmod hvpart.ko");
	if (!hvpart_loaded())
		die("no " HVPART_DEBUGFS ": mount -t debugfs debugfs /sys/kernel/debug");
}

bool ftrace_has(const char *name)
{
	FILE *file = fopen("/sys/kernel/tracing/enabled_functions", "r");
	char line[1024];
	bool found = false;

	if (!file)
		die("cannot read ftrace's enabled_functions: %m");
	while (!found && fgets(line, sizeof(line), file))
		found = strstr(line, name);
	fclose(file);
	return found;
}

void write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		die("cannot write %s to %s: %m", text, path);
	close(fd);
}

u64 module_parameter(const char *name)
{
	char path[128];
	u64 value;
	FILE *file;

	snprintf(path, sizeof(path), HVPART_PARAMETERS "/%s", name);
	file = fopen(path, "r");
	if (!file || fscanf(file, "%llu", &value) != 1)
		die("cannot read %s", path);
	fclose(file);
	return value;
}

void module_parameter_set(const char *name, u64 value)
{
	char path[128], text[32];
	int fd, length;

	snprintf(path, sizeof(path), HVPART_PARAMETERS "/%s", name);
	length = snprintf(text, sizeof(text), "%llu\n", value);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, text, length) != length)
		die("cannot write %llu to %s: %m", value, path);
	close(fd);
}

void module_parameter_text(const char *name, char *text, size_t size)
{
	char path[128];
	ssize_t length;
	int fd;

	snprintf(path, sizeof(path), HVPART_PARAMETERS "/%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	length = fd < 0 ? -1 : read(fd, text, size - 1);
	if (length < 0)
		die("cannot read %s: %m", path);
	text[length] = 0;
	text[strcspn(text, "\n")] = 0;
	close(fd);
}

int module_parameter_try(const char *name, const char *text)
{
	char path[128];
	int fd, error;

	snprintf(path, sizeof(path), HVPART_PARAMETERS "/%s", name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		die("cannot open %s: %m", path);
	error = write(fd, text, strlen(text)) < 0 ? errno : 0;
	close(fd);
	return error;
}

static const char *const parameter_names[MODULE_PARAMETERS] = {
	"max_partitions", "max_pages", "max_depth", "max_vps", "max_map_nodes",
	"max_ports", "grant", "grant_uid",
};

int log_from_now(void)
{
	int log = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (log < 0 || lseek(log, 0, SEEK_END) < 0)
		die("cannot read /dev/kmsg: %m");
	return log;
}

bool log_says(int log, const char *text)
{
	char record[8192];
	bool says = false;
	ssize_t length;

	while ((length = read(log, record, sizeof(record) - 1)) > 0) {
		record[length] = 0;
		says |= !!strstr(record, text);
	}
	close(log);
	return says;
}

void module_parameters_save(struct module_parameters *parameters)
{
	unsigned int i;

	for (i = 0; i < MODULE_PARAMETERS; i++)
		module_parameter_text(parameter_names[i], parameters->text[i],
				      sizeof(parameters->text[i]));
}

void module_parameters_restore(const struct module_parameters *parameters)
{
	struct module_parameters now;
	unsigned int i;

	/* The module may have been unloaded by the case. */
	if (!hvpart_loaded())
		return;
	module_parameters_save(&now);
	for (i = 0; i < MODULE_PARAMETERS; i++) {
		if (strcmp(now.text[i], parameters->text[i]) &&
		    module_parameter_try(parameter_names[i], parameters->text[i]))
			die("%s cannot be set back to %s", parameter_names[i],
			    parameters->text[i]);
	}
}

static bool path_becomes(const char *path, bool present)
{
	unsigned int i;

	for (i = 0; i < POLLS; i++) {
		if (!access(path, F_OK) == present)
			return true;
		usleep(POLL_US);
	}
	return false;
}

bool guest_folder_becomes(pid_t pid, int vm_fd, bool present)
{
	char path[128], file[160];

	snprintf(path, sizeof(path), HVPART_DEBUGFS "/%d-%d", pid, vm_fd);
	if (!path_becomes(path, present))
		return false;
	/* It comes with all that is in it. */
	snprintf(file, sizeof(file), "%s/partitions", path);
	return !present || !access(file, F_OK);
}

static void partition_path(struct guest *guest, u64 id, char *path, size_t size)
{
	snprintf(path, size, HVPART_DEBUGFS "/%d-%d/partition/%llu", getpid(), guest->vm_fd, id);
}

bool partition_file_becomes(struct guest *guest, u64 id, bool present)
{
	char path[128];

	partition_path(guest, id, path, sizeof(path));
	return path_becomes(path, present);
}

void partition_text(struct guest *guest, u64 id, const char *key, char *text, size_t size)
{
	size_t key_length = strlen(key);
	char path[128], line[256];
	bool found = false;
	FILE *file;

	if (!partition_file_becomes(guest, id, true))
		die("no debugfs file of partition %llu", id);
	partition_path(guest, id, path, sizeof(path));
	file = fopen(path, "r");
	if (!file)
		die("cannot read %s: %m", path);
	while (!found && fgets(line, sizeof(line), file)) {
		if (strncmp(line, key, key_length) || line[key_length] != ' ')
			continue;
		line[strcspn(line, "\n")] = 0;
		snprintf(text, size, "%s", line + key_length + 1);
		found = true;
	}
	fclose(file);
	if (!found)
		die("%s has no line \"%s\"", path, key);
}

u64 partition_number(struct guest *guest, u64 id, const char *key)
{
	char text[256];

	partition_text(guest, id, key, text, sizeof(text));
	return strtoull(text, NULL, 0);
}

long long file_number(const char *path, const char *name)
{
	long long value = -1;
	char line[256], key[128];
	long long number;
	FILE *file = fopen(path, "r");

	if (!file)
		return -1;
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%127s %lld", key, &number) == 2 && !strcmp(key, name))
			value = number;
	}
	fclose(file);
	return value;
}

/* The kernel counts per CPU first and adds that up now and then, or when asked. */
static void refresh_vmstat(void)
{
	int fd = open("/proc/sys/vm/stat_refresh", O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, "1\n", 2) != 2)
		die("cannot write /proc/sys/vm/stat_refresh: %m");
	close(fd);
}

long long pinned_pages(void)
{
	refresh_vmstat();
	return file_number("/proc/vmstat", "nr_foll_pin_acquired") -
	       file_number("/proc/vmstat", "nr_foll_pin_released");
}

bool pinned_pages_become(long long expected)
{
	unsigned int i;

	for (i = 0; i < POLLS; i++) {
		if (pinned_pages() == expected)
			return true;
		usleep(POLL_US);
	}
	return false;
}

/* A CPU's own slab counts as full; shrinking the cache makes CPUs give it up. */
static long long cache_objects(const char *folder)
{
	char path[256];
	long long objects = 0;
	struct stat info;
	FILE *file;
	int fd;

	/* Merged with another cache, whose objects may be anybody's. */
	if (lstat(folder, &info) || S_ISLNK(info.st_mode))
		return 0;
	snprintf(path, sizeof(path), "%s/shrink", folder);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd >= 0) {
		if (write(fd, "1", 1) != 1)
			die("cannot write %s: %m", path);
		close(fd);
	}
	snprintf(path, sizeof(path), "%s/objects", folder);
	file = fopen(path, "r");
	if (!file)
		return 0;
	if (fscanf(file, "%lld", &objects) != 1)
		objects = 0;
	fclose(file);
	return objects;
}

long long hvpart_objects(void)
{
	long long objects = 0;
	glob_t folders;
	size_t i;

	if (glob("/sys/kernel/slab/hvpart_*", 0, NULL, &folders))
		return 0;
	for (i = 0; i < folders.gl_pathc; i++)
		objects += cache_objects(folders.gl_pathv[i]);
	globfree(&folders);
	return objects;
}

bool hvpart_objects_become(long long expected)
{
	unsigned int i;

	for (i = 0; i < POLLS; i++) {
		if (hvpart_objects() == expected)
			return true;
		usleep(POLL_US);
	}
	return false;
}

struct host_state host_state(void)
{
	long long before, objects = hvpart_objects();

	/* RCU may still have something of the case before. */
	do {
		before = objects;
		usleep(10 * POLL_US);
		objects = hvpart_objects();
	} while (objects != before);
	return (struct host_state){ pinned_pages(), objects };
}

void expect_as_before(struct host_state before)
{
	EXPECT(pinned_pages_become(before.pinned));
	EXPECT(hvpart_objects_become(before.objects));
}
