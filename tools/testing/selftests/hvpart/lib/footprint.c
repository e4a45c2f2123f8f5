// SPDX-License-Identifier: GPL-2.0
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cases.h"
#include "footprint.h"
#include "host.h"

static long long count_entries(const char *path, unsigned char type)
{
	DIR *folder = opendir(path);
	struct dirent *entry;
	long long count = 0;

	if (!folder)
		die("cannot read %s: %m", path);
	while ((entry = readdir(folder)))
		count += entry->d_type == type && entry->d_name[0] != '.';
	closedir(folder);
	return count;
}

static long long number_in(const char *path)
{
	FILE *file = fopen(path, "re");
	long long number = -1;

	if (!file)
		return 0;
	if (fscanf(file, "%lld", &number) != 1)
		number = -1;
	fclose(file);
	return number;
}

#define MAX_AREAS	512

struct area {
	unsigned long start, end;
};

unsigned int walk_areas(void (*use)(void *start, size_t size, void *arg), void *arg)
{
	struct area areas[MAX_AREAS];
	FILE *maps = fopen("/proc/self/maps", "re");
	unsigned int count = 0, i;
	char line[512];

	if (!maps)
		die("/proc/self/maps: %m");
	while (fgets(line, sizeof(line), maps)) {
		if (!strstr(line, "[hvpart]") || count == ARRAY_SIZE(areas))
			continue;
		if (sscanf(line, "%lx-%lx", &areas[count].start, &areas[count].end) == 2)
			count++;
	}
	fclose(maps);
	for (i = 0; use && i < count; i++)
		use((void *)areas[i].start, areas[i].end - areas[i].start, arg);
	return count;
}

struct footprint footprint(void)
{
	return (struct footprint){
		.vms = count_entries("/sys/kernel/debug/kvm", DT_DIR),
		.kvm_users = number_in("/sys/module/kvm_amd/refcnt") +
			     number_in("/sys/module/kvm_intel/refcnt"),
		.descriptors = count_entries("/proc/self/fd", DT_LNK),
		.areas = walk_areas(NULL, NULL),
		.pinned = pinned_pages(),
		.objects = hvpart_objects(),
	};
}

void expect_footprint_at(const char *file, int line, struct footprint expected)
{
	struct footprint now;
	unsigned int i;

	for (i = 0; i < HOST_PATIENCE_MS / 10; i++) {
		now = footprint();
		if (!memcmp(&now, &expected, sizeof(now)))
			return;
		usleep(10000);
	}
	fail_at(file, line,
		"left, and before: VMs %lld, %lld; users of KVM %lld, %lld; descriptors %lld, %lld;"
		" areas %lld, %lld; pinned %lld, %lld; objects %lld, %lld",
		now.vms, expected.vms, now.kvm_users, expected.kvm_users, now.descriptors,
		expected.descriptors, now.areas, expected.areas, now.pinned, expected.pinned,
		now.objects, expected.objects);
}
