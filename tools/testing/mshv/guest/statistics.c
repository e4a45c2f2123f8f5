// SPDX-License-Identifier: GPL-2.0
/* What the driver shows of partitions in debugfs, from pages that the hypervisor fills. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "mshv.h"

#define FOLDER	"/sys/kernel/debug/mshv/partition"

/* As many as the driver deposits before it initializes a partition. */
#define DEPOSITED	208

FIXTURE(statistics) {
	int mshv;
};

FIXTURE_SETUP(statistics)
{
	if (access("/sys/kernel/debug", F_OK))
		SKIP(return, "this kernel has no debugfs");
	self->mshv = mshv_open();
	ASSERT_GE(self->mshv, 0);
	ASSERT_EQ(access(FOLDER, F_OK), 0);
}

FIXTURE_TEARDOWN(statistics)
{
	close(self->mshv);
}

/* The highest ID of a partition that has a folder: children's are above their parent's. */
static __u64 youngest(unsigned int *count)
{
	DIR *folder = opendir(FOLDER);
	__u64 highest = 0, id;
	struct dirent *entry;

	*count = 0;
	while (folder && (entry = readdir(folder))) {
		if (entry->d_name[0] == '.')
			continue;
		++*count;
		id = strtoull(entry->d_name, NULL, 10);
		if (id > highest)
			highest = id;
	}
	if (folder)
		closedir(folder);
	return highest;
}

/* Of the file below FOLDER/id, or -1. */
static long long counter(__u64 id, const char *file, const char *name)
{
	char path[128], line[128], key[64];
	long long value, found = -1;
	FILE *stats;

	snprintf(path, sizeof(path), FOLDER "/%llu/%s", (unsigned long long)id, file);
	stats = fopen(path, "r");
	while (stats && fgets(line, sizeof(line), stats))
		if (sscanf(line, "%63[^: ] : %lld", key, &value) == 2 && !strcmp(key, name))
			found = value;
	if (stats)
		fclose(stats);
	return found;
}

/* Counters change with time: wait for @expected, and return what it is in the end. */
static long long counter_becomes(__u64 id, const char *name, long long expected)
{
	long long value;

	for (int i = 0; i < 50; i++) {
		value = counter(id, "stats", name);
		if (value == expected)
			break;
		usleep(100000);
	}
	return value;
}

TEST_F(statistics, own)
{
	unsigned int count;
	__u64 own = youngest(&count);

	ASSERT_EQ(count, 1);
	EXPECT_EQ(counter(own, "stats", "PtPartitionId"), own);
	EXPECT_EQ(counter(own, "stats", "PtVirtualProcessors"), sysconf(_SC_NPROCESSORS_ONLN));
	EXPECT_EQ(counter_becomes(own, "PtNumberofActiveChildPartitions", 0), 0);
	EXPECT_GT(counter(own, "vp/0/stats", "VpTotalRunTime"), 0);
}

TEST_F(statistics, child)
{
	int partition = mshv_create_active(self->mshv);
	unsigned int count, left;
	__u64 id = youngest(&count);

	ASSERT_GE(partition, 0);
	EXPECT_EQ(count, 2);
	EXPECT_EQ(counter(id, "stats", "PtPartitionId"), id);
	EXPECT_EQ(counter_becomes(id, "PtDepositedPages", DEPOSITED), DEPOSITED);
	EXPECT_EQ(counter(id, "stats", "PtVirtualProcessors"), 0);
	EXPECT_EQ(counter(id, "stats", "PtNumberofActiveChildPartitions"), 0);
	EXPECT_EQ(close(partition), 0);
	youngest(&left);
	EXPECT_EQ(left, 1);
}

TEST_F(statistics, parent)
{
	int partition;
	unsigned int count;
	__u64 own = youngest(&count);

	ASSERT_EQ(count, 1);
	partition = mshv_create_active(self->mshv);
	ASSERT_GE(partition, 0);
	EXPECT_EQ(counter_becomes(own, "PtNumberofActiveChildPartitions", 1), 1);
	EXPECT_EQ(close(partition), 0);
	EXPECT_EQ(counter_becomes(own, "PtNumberofActiveChildPartitions", 0), 0);
}

TEST_HARNESS_MAIN
