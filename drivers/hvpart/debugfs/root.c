// SPDX-License-Identifier: GPL-2.0
/* What /sys/kernel/debug/hvpart has without a VM. */

#include <linux/debugfs.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/workqueue.h>
#include "../core/call/table.h"
#include "../core/stats.h"
#include "debugfs.h"
#include "root.h"

/* /sys/kernel/debug/hvpart, or an error: without debugfs, or memory. */
struct dentry *hvp_debugfs_root;

/*
 * What makes and removes files of VMs, bound to no CPU; NULL without memory.  The kernel's
 * own workqueue for that has another name from one release on, and warns who uses the old
 * one: in the log, when a guest makes its first call.
 */
struct workqueue_struct *hvp_debugfs_workqueue;

static int hvp_version_show(struct seq_file *seq, void *unused)
{
	seq_printf(seq, "%s\n", THIS_MODULE->version);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(hvp_version);

static void hvp_stats_show_one(struct seq_file *seq, const struct hvp_call_row *row,
			       enum hvp_status status, const char *name)
{
	u64 count = hvp_stats_read(row, status);

	if (count)
		seq_printf(seq, "0x%04x %s %s %llu\n", row->code, row->name, name, count);
}

#define HVP_STATS_SHOW_ONE(value, name)	hvp_stats_show_one(seq, row, value, #name);

static int hvp_stats_show(struct seq_file *seq, void *unused)
{
	unsigned int i;

	for (i = 0; i < HVP_NR_CALLS; i++) {
		const struct hvp_call_row *row = &hvp_call_table[i];

		HVP_STATUS_LIST(HVP_STATS_SHOW_ONE)
	}
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(hvp_stats);

/**
 * hvp_debugfs_create() - make what is there without a VM
 *
 * As everywhere, nobody minds if there is no debugfs, or no memory for it.
 *
 * Context: May sleep.
 */
void hvp_debugfs_create(void)
{
	hvp_debugfs_workqueue = alloc_workqueue("hvpart_debugfs", WQ_UNBOUND, 0);
	hvp_debugfs_root = debugfs_create_dir("hvpart", NULL);
	debugfs_create_file("version", 0400, hvp_debugfs_root, NULL, &hvp_version_fops);
	debugfs_create_file("stats", 0400, hvp_debugfs_root, NULL, &hvp_stats_fops);
}

/**
 * hvp_debugfs_destroy() - the reverse; all VMs have been removed
 *
 * Context: May sleep.
 */
void hvp_debugfs_destroy(void)
{
	debugfs_remove(hvp_debugfs_root);
	if (hvp_debugfs_workqueue)
		destroy_workqueue(hvp_debugfs_workqueue);
}
