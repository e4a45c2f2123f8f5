// SPDX-License-Identifier: GPL-2.0
/*
 * /sys/kernel/debug/hvpart; Documentation/ABI/debugfs-hvpart describes it.
 *
 * A reader takes one partition's lock at a time, to copy its numbers, and none
 * while it prints.  Folders and files are made and removed by a work item, so that
 * a hypercall never waits for somebody who looks into the folder, and so that their
 * memory, which debugfs asks for with GFP_KERNEL, is not what the OOM killer is sent
 * to the VMM for.  Nobody pays for that memory and for the work item's time, hence
 * at most HVP_FILES_AT_ONCE files are made each HVP_FILES_PAUSE.
 */

#include <linux/debugfs.h>
#include <linux/jiffies.h>
#include <linux/kvm_host.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>
#include "core/caches.h"
#include "core/call_table.h"
#include "core/hierarchy.h"
#include "core/partition.h"
#include "core/proximity.h"
#include "core/snapshot.h"
#include "core/stats.h"
#include "debugfs.h"
#include "kvm/compat.h"
#include "kvm/vm.h"

#define HVP_FILES_AT_ONCE	128
#define HVP_FILES_PAUSE		(HZ / 50)

static struct dentry *hvp_folder;

/**
 * struct hvp_vm_debugfs - the folder of a VM
 * @watcher:	tells the work item that partitions come and go
 * @vm:		the VM, which outlives the folder
 * @name:	as KVM has named its own
 * @folder:	the folder, NULL until @work has made it
 * @partitions:	the folder in it with a file for each partition
 * @files:	ID -> struct hvp_partition_file, changed by @work only; entries of
 *		partitions that are gone carry HVP_FILE_STALE
 * @last_id:	partitions up to this ID have been given a file
 * @forget:	all files are of a hierarchy that is gone
 * @pause_until: not before these jiffies is more made
 * @work:	makes and removes folder and files
 */
struct hvp_vm_debugfs {
	struct hvp_watcher watcher;
	struct hvp_vm *vm;
	char name[32];
	struct dentry *folder;
	struct dentry *partitions;
	struct xarray files;
	u64 last_id;
	bool forget;
	unsigned long pause_until;
	struct delayed_work work;
};

#define HVP_FILE_STALE	XA_MARK_0

struct hvp_partition_file {
	struct hvp_vm_debugfs *debugfs;
	u64 id;
	struct dentry *dentry;
};

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

static void hvp_show_proximity(struct seq_file *seq, struct hvp_proximity proximity)
{
	if (hvp_proximity_any(proximity))
		seq_puts(seq, "any");
	else
		seq_printf(seq, "node %u %s", proximity.id,
			   hvp_proximity_required(proximity) ? "required" : "preferred");
}

#define HVP_USE_TEXT(value, name, text)	[value] = text,
static const char * const use_names[HVP_NR_USES] = { HVP_USE_LIST(HVP_USE_TEXT) };

/* The properties that are kept; read-only ones say nothing about the partition. */
static void hvp_show_properties(struct seq_file *seq, const struct hvp_snapshot *s)
{
	const struct hvp_property_row *row;
	unsigned int i;

	for (i = 0; (row = hvp_property_at(i)); i++) {
		const u64 *values = NULL;

		if (row->kind == HVP_PROPERTY_EARLY)
			values = s->early_properties;
		else if (row->kind == HVP_PROPERTY_REGULAR && s->has_regular_properties)
			values = s->regular_properties;
		if (values)
			seq_printf(seq, "property 0x%08x %s 0x%llx\n", row->code, row->name,
				   values[row->slot]);
	}
}

static int hvp_partition_file_show(struct seq_file *seq, void *unused)
{
	struct hvp_partition_file *file = seq->private;
	struct hvp_hierarchy *hierarchy = hvp_vm_peek_hierarchy(file->debugfs->vm);
	struct hvp_partition *partition = NULL;
	struct hvp_snapshot s;
	unsigned int node;
	int use;

	if (hierarchy)
		partition = hvp_hierarchy_find(hierarchy, file->id);
	if (partition)
		hvp_snapshot_take(partition, &s);
	hvp_partition_put(partition);
	hvp_hierarchy_drop(hierarchy);
	if (!partition)
		return -ENOENT;

	seq_printf(seq, "id %llu\n", s.id);
	seq_printf(seq, "parent %llu\n", s.parent_id);
	seq_printf(seq, "state %s\n", hvp_state_name(s.state));
	seq_printf(seq, "creation_flags 0x%llx\n", s.creation.flags);
	seq_printf(seq, "compatibility_version 0x%x\n", s.creation.compatibility_version);
	seq_puts(seq, "proximity ");
	hvp_show_proximity(seq, s.creation.proximity);
	seq_printf(seq, "\ndeposited %llu\n", s.total.available + s.total.in_use);
	seq_printf(seq, "available %llu\n", s.total.available);
	seq_printf(seq, "in_use %llu\n", s.total.in_use);
	for (use = 0; use < HVP_NR_USES; use++)
		seq_printf(seq, "in_use_%s %llu\n", use_names[use], s.used_for[use]);
	for (node = 0; node < hvp_pool_nodes(); node++) {
		struct hvp_balance *balance = &s.nodes[node];

		if (balance->available || balance->in_use)
			seq_printf(seq, "node %u deposited %llu available %llu in_use %llu\n",
				   node, balance->available + balance->in_use,
				   balance->available, balance->in_use);
	}
	hvp_show_properties(seq, &s);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(hvp_partition_file);

/*
 * The table.  A line is one moment of one partition; position 0 is the header
 * and any other the lowest ID to show next.  The hierarchy is held while a read
 * is in progress, not while the file is open.
 */
struct hvp_table {
	struct hvp_vm_debugfs *debugfs;
	struct hvp_hierarchy *hierarchy;
};

static void *hvp_table_from(struct hvp_table *table, loff_t *pos)
{
	struct hvp_partition *partition;

	if (!table->hierarchy)
		return NULL;
	partition = hvp_hierarchy_find_from(table->hierarchy, *pos);
	if (partition)
		*pos = partition->id;
	return partition;
}

static void *hvp_table_start(struct seq_file *seq, loff_t *pos)
{
	struct hvp_table *table = seq->private;

	table->hierarchy = hvp_vm_peek_hierarchy(table->debugfs->vm);
	return *pos ? hvp_table_from(table, pos) : SEQ_START_TOKEN;
}

static void *hvp_table_next(struct seq_file *seq, void *line, loff_t *pos)
{
	if (line != SEQ_START_TOKEN)
		hvp_partition_put(line);
	++*pos;
	return hvp_table_from(seq->private, pos);
}

static void hvp_table_stop(struct seq_file *seq, void *line)
{
	struct hvp_table *table = seq->private;

	if (line != SEQ_START_TOKEN)
		hvp_partition_put(line);
	hvp_hierarchy_drop(table->hierarchy);
	table->hierarchy = NULL;
}

static void hvp_table_show_uses(struct seq_file *seq, const struct hvp_snapshot *s)
{
	int use;

	for (use = 0; use < HVP_NR_USES; use++) {
		if (s->used_for[use])
			seq_printf(seq, " %s:%llu", use_names[use], s->used_for[use]);
	}
	if (!s->total.in_use)
		seq_puts(seq, " -");
}

static int hvp_table_show(struct seq_file *seq, void *line)
{
	struct hvp_partition *partition = line;
	struct hvp_snapshot s;
	unsigned int node;

	if (line == SEQ_START_TOKEN) {
		seq_printf(seq, "%6s %6s %-13s %9s %9s %9s  %s\n", "ID", "PARENT", "STATE",
			   "DEPOSITED", "AVAILABLE", "IN-USE", "IN USE BY; DEPOSITED BY NODE");
		return 0;
	}

	hvp_snapshot_take(partition, &s);
	seq_printf(seq, "%6llu ", s.id);
	if (s.parent_id)
		seq_printf(seq, "%6llu", s.parent_id);
	else
		seq_printf(seq, "%6s", "-");
	seq_printf(seq, " %-13s %9llu %9llu %9llu ", hvp_state_name(s.state),
		   s.total.available + s.total.in_use, s.total.available, s.total.in_use);
	hvp_table_show_uses(seq, &s);
	for (node = 0; node < hvp_pool_nodes(); node++) {
		u64 deposited = s.nodes[node].available + s.nodes[node].in_use;

		if (deposited)
			seq_printf(seq, "; node %u:%llu", node, deposited);
	}
	seq_putc(seq, '\n');
	return 0;
}

static const struct seq_operations hvp_table_seq_ops = {
	.start = hvp_table_start,
	.next = hvp_table_next,
	.stop = hvp_table_stop,
	.show = hvp_table_show,
};

static int hvp_table_open(struct inode *inode, struct file *file)
{
	struct hvp_table *table;

	table = __seq_open_private(file, &hvp_table_seq_ops, sizeof(*table));
	if (!table)
		return -ENOMEM;
	table->debugfs = inode->i_private;
	return 0;
}

static const struct file_operations hvp_table_fops = {
	.owner = THIS_MODULE,
	.open = hvp_table_open,
	.read = seq_read,
	.llseek = seq_lseek,
	.release = seq_release_private,
};

static void hvp_file_remove(struct hvp_vm_debugfs *debugfs, struct hvp_partition_file *file)
{
	xa_erase(&debugfs->files, file->id);
	debugfs_remove(file->dentry);
	kfree(file);
}

static void hvp_files_remove_all(struct hvp_vm_debugfs *debugfs)
{
	struct hvp_partition_file *file;
	unsigned long id;

	xa_for_each(&debugfs->files, id, file) {
		hvp_file_remove(debugfs, file);
		cond_resched();
	}
	debugfs->last_id = 0;
}

static bool hvp_partition_exists(struct hvp_hierarchy *hierarchy, u64 id)
{
	struct hvp_partition *partition = hvp_hierarchy_find(hierarchy, id);

	hvp_partition_put(partition);
	return partition;
}

/* Without memory for it there is no file; the table has the partition anyway. */
static void hvp_file_add(struct hvp_vm_debugfs *debugfs, struct hvp_hierarchy *hierarchy,
			 u64 id)
{
	struct hvp_partition_file *file = kzalloc(sizeof(*file), GFP_KERNEL);
	char name[24];

	if (!file)
		return;
	file->debugfs = debugfs;
	file->id = id;
	if (xa_err(xa_store(&debugfs->files, id, file, GFP_KERNEL))) {
		kfree(file);
		return;
	}
	snprintf(name, sizeof(name), "%llu", id);
	file->dentry = debugfs_create_file(name, 0400, debugfs->partitions, file,
					   &hvp_partition_file_fops);
	/* If it went before the entry was there, nobody has marked that stale. */
	if (!hvp_partition_exists(hierarchy, id))
		hvp_file_remove(debugfs, file);
}

/* It gets its name when all is in it: whoever waits for the folder finds it whole. */
static void hvp_folder_add(struct hvp_vm_debugfs *debugfs)
{
	struct dentry *folder = debugfs_lookup(debugfs->name, hvp_folder);
	char hidden[sizeof(debugfs->name) + 1];

	/* Of a former VM with this name, which is not quite gone; debugfs would log it. */
	if (folder) {
		dput(folder);
		return;
	}
	snprintf(hidden, sizeof(hidden), ".%s", debugfs->name);
	folder = debugfs_create_dir(hidden, hvp_folder);
	debugfs->partitions = debugfs_create_dir("partition", folder);
	debugfs_create_file("partitions", 0400, folder, debugfs, &hvp_table_fops);
	if (hvp_debugfs_rename(folder, hvp_folder, debugfs->name))
		debugfs_remove(folder);
	else
		debugfs->folder = folder;
}

static void hvp_files_remove_stale(struct hvp_vm_debugfs *debugfs)
{
	struct hvp_hierarchy *hierarchy = hvp_vm_peek_hierarchy(debugfs->vm);
	struct hvp_partition_file *file;
	unsigned long id;

	xa_for_each_marked(&debugfs->files, id, file, HVP_FILE_STALE) {
		/*
		 * A deletion that was under way when the guest was reset may have
		 * marked the file of a new partition with the same ID.
		 */
		xa_clear_mark(&debugfs->files, id, HVP_FILE_STALE);
		if (!hierarchy || !hvp_partition_exists(hierarchy, id))
			hvp_file_remove(debugfs, file);
		cond_resched();
	}
	hvp_hierarchy_drop(hierarchy);
}

/* Return: whether there may be more to add. */
static bool hvp_files_add(struct hvp_vm_debugfs *debugfs)
{
	struct hvp_hierarchy *hierarchy = hvp_vm_peek_hierarchy(debugfs->vm);
	struct hvp_partition *partition;
	unsigned int added = 0;

	if (!hierarchy)
		return false;
	while (added < HVP_FILES_AT_ONCE &&
	       (partition = hvp_hierarchy_find_from(hierarchy, debugfs->last_id + 1))) {
		debugfs->last_id = partition->id;
		hvp_partition_put(partition);
		hvp_file_add(debugfs, hierarchy, debugfs->last_id);
		added++;
		cond_resched();
	}
	hvp_hierarchy_drop(hierarchy);
	return added == HVP_FILES_AT_ONCE;
}

static void hvp_debugfs_update(struct work_struct *work)
{
	struct hvp_vm_debugfs *debugfs =
		container_of(work, struct hvp_vm_debugfs, work.work);

	if (!debugfs->folder)
		hvp_folder_add(debugfs);
	if (xchg(&debugfs->forget, false))
		hvp_files_remove_all(debugfs);
	hvp_files_remove_stale(debugfs);
	if (!debugfs->folder || hvp_files_add(debugfs))
		queue_delayed_work(hvp_vms_workqueue, &debugfs->work, HVP_FILES_PAUSE);
	WRITE_ONCE(debugfs->pause_until, jiffies + HVP_FILES_PAUSE);
}

static void hvp_debugfs_queue(struct hvp_vm_debugfs *debugfs)
{
	long pause = READ_ONCE(debugfs->pause_until) - jiffies;

	queue_delayed_work(hvp_vms_workqueue, &debugfs->work, max(pause, 0L));
}

static void hvp_partition_created(struct hvp_watcher *watcher, u64 id)
{
	struct hvp_vm_debugfs *debugfs = container_of(watcher, struct hvp_vm_debugfs, watcher);

	hvp_debugfs_queue(debugfs);
}

static void hvp_partition_deleted(struct hvp_watcher *watcher, u64 id)
{
	struct hvp_vm_debugfs *debugfs = container_of(watcher, struct hvp_vm_debugfs, watcher);

	xa_set_mark(&debugfs->files, id, HVP_FILE_STALE);
	hvp_debugfs_queue(debugfs);
}

/**
 * hvp_debugfs_alloc_vm() - prepare the folder of a VM, which nobody sees yet
 * @vm:		the VM, which has no hierarchy yet
 *
 * Context: May sleep; in one of the VM's vCPU threads, no lock held.
 * Return: the folder, or NULL without memory for it, which the others accept.
 */
struct hvp_vm_debugfs *hvp_debugfs_alloc_vm(struct hvp_vm *vm)
{
	struct dentry *kvm_folder = vm->memory.kvm->debugfs_dentry;
	struct hvp_vm_debugfs *debugfs = kzalloc(sizeof(*debugfs), HVP_GFP);

	/* KVM has made its own folder "<pid>-<fd>", unless debugfs is off. */
	if (!debugfs || IS_ERR_OR_NULL(kvm_folder) || IS_ERR(hvp_folder)) {
		kfree(debugfs);
		return NULL;
	}
	debugfs->watcher.created = hvp_partition_created;
	debugfs->watcher.deleted = hvp_partition_deleted;
	debugfs->vm = vm;
	/* KVM's goes before the VM does. */
	strscpy(debugfs->name, kvm_folder->d_name.name, sizeof(debugfs->name));
	xa_init(&debugfs->files);
	INIT_DELAYED_WORK(&debugfs->work, hvp_debugfs_update);
	debugfs->pause_until = jiffies;
	return debugfs;
}

/**
 * hvp_debugfs_show_vm() - make the folder of a VM and its files, soon
 * @debugfs:	from hvp_debugfs_alloc_vm(), of a VM that is in the registry: there is
 *		one folder of its name
 *
 * To be called when the VM has got a hierarchy: nobody else tells of its root.
 *
 * Context: Any.
 */
void hvp_debugfs_show_vm(struct hvp_vm_debugfs *debugfs)
{
	if (debugfs)
		hvp_debugfs_queue(debugfs);
}

/**
 * hvp_debugfs_remove_vm() - remove the folder of a VM
 * @debugfs:	the folder or NULL
 *
 * Context: May sleep.  No call of the VM is under way; waits for readers.
 */
void hvp_debugfs_remove_vm(struct hvp_vm_debugfs *debugfs)
{
	if (!debugfs)
		return;
	cancel_delayed_work_sync(&debugfs->work);
	hvp_files_remove_all(debugfs);
	debugfs_remove(debugfs->folder);
	xa_destroy(&debugfs->files);
	kfree(debugfs);
}

/**
 * hvp_debugfs_watcher() - what to tell of partitions that come and go
 * @debugfs:	the folder of their VM or NULL
 *
 * Return: it, or NULL if @debugfs is.
 */
struct hvp_watcher *hvp_debugfs_watcher(struct hvp_vm_debugfs *debugfs)
{
	return debugfs ? &debugfs->watcher : NULL;
}

/**
 * hvp_debugfs_forget_partitions() - the VM's hierarchy is gone
 * @debugfs:	the folder of the VM or NULL
 *
 * Context: Any.
 */
void hvp_debugfs_forget_partitions(struct hvp_vm_debugfs *debugfs)
{
	if (!debugfs)
		return;
	WRITE_ONCE(debugfs->forget, true);
	hvp_debugfs_queue(debugfs);
}

/**
 * hvp_debugfs_create() - make what is there without a VM
 *
 * As everywhere, nobody minds if there is no debugfs.
 */
void hvp_debugfs_create(void)
{
	hvp_folder = debugfs_create_dir("hvpart", NULL);
	debugfs_create_file("version", 0400, hvp_folder, NULL, &hvp_version_fops);
	debugfs_create_file("stats", 0400, hvp_folder, NULL, &hvp_stats_fops);
}

/**
 * hvp_debugfs_destroy() - the reverse; all VMs have been removed
 */
void hvp_debugfs_destroy(void)
{
	debugfs_remove(hvp_folder);
}
