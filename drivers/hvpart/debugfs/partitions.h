/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _HVPART_DEBUGFS_PARTITIONS_H
#define _HVPART_DEBUGFS_PARTITIONS_H

#include <linux/fs.h>
#include <linux/spinlock.h>
#include <linux/types.h>

struct dentry;
struct hvp_hierarchy;

/**
 * struct hvp_shown - the partitions that a VM's files are about
 * @lock:	protects @hierarchy
 * @hierarchy:	held by hvp_hierarchy_hold(), or NULL
 */
struct hvp_shown {
	spinlock_t lock;
	struct hvp_hierarchy *hierarchy;
};

/**
 * struct hvp_partition_file - the file of a partition
 * @shown:	where the partition is looked up
 * @id:		its ID
 * @dentry:	the file
 */
struct hvp_partition_file {
	struct hvp_shown *shown;
	u64 id;
	struct dentry *dentry;
};

void hvp_shown_set(struct hvp_shown *shown, struct hvp_hierarchy *hierarchy);
struct hvp_hierarchy *hvp_shown_hold(struct hvp_shown *shown);

/* Of a file whose private data is a struct hvp_shown. */
extern const struct file_operations hvp_partition_table_fops;
/* Of a file whose private data is a struct hvp_partition_file. */
extern const struct file_operations hvp_partition_file_fops;

#endif /* _HVPART_DEBUGFS_PARTITIONS_H */
