// SPDX-License-Identifier: GPL-2.0
/*
 * The folder of a VM in /sys/kernel/debug/hvpart; Documentation/ABI/debugfs-hvpart
 * describes it.
 *
 * Folders and files are made and removed by a work item, so that a hypercall never waits
 * for somebody who looks into the folder, and so that their memory, which debugfs asks for
 * with GFP_KERNEL, is not what the OOM killer is sent to the VMM for.  Nobody pays for
 * that memory and for the work item's time, hence at most HVP_FILES_AT_ONCE files are
 * made each HVP_FILES_PAUSE.
 */

#include <linux/debugfs.h>
#include <linux/jiffies.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>
#include "../core/hierarchy.h"
#include "../core/memory/caches.h"
#include "../core/partition.h"
#include "../hook/compat.h"
#include "debugfs.h"
#include "partitions.h"
#include "root.h"

#define HVP_FILES_AT_ONCE	128
#define HVP_FILES_PAUSE		(HZ / 50)

/**
 * struct hvp_debugfs_vm - the folder of a VM
 * @watcher:	tells the work item that partitions come and go
 * @shown:	the VM's partitions
 * @name:	its name
 * @folder:	the folder, NULL until @work has made it
 * @partitions:	the folder in it with a file for each partition
 * @files:	ID -> struct hvp_partition_file, changed by @work only; entries of
 *		partitions that are gone carry HVP_FILE_STALE
 * @last_id:	partitions up to this ID have been given a file
 * @forget:	all files are of partitions that were shown before
 * @pause_until: not before these jiffies is more made
 * @work:	makes and removes folder and files
 */
struct hvp_debugfs_vm {
	struct hvp_watcher watcher;
	struct hvp_shown shown;
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

static void hvp_file_remove(struct hvp_debugfs_vm *vm, struct hvp_partition_file *file)
{
	xa_erase(&vm->files, file->id);
	debugfs_remove(file->dentry);
	kfree(file);
}

static void hvp_files_remove_all(struct hvp_debugfs_vm *vm)
{
	struct hvp_partition_file *file;
	unsigned long id;

	xa_for_each(&vm->files, id, file) {
		hvp_file_remove(vm, file);
		cond_resched();
	}
	vm->last_id = 0;
}

static bool hvp_partition_exists(struct hvp_hierarchy *hierarchy, u64 id)
{
	struct hvp_partition *partition = hvp_hierarchy_find(hierarchy, id);

	hvp_partition_put(partition);
	return partition;
}

/* Without memory for it there is no file; the table has the partition anyway. */
static void hvp_file_add(struct hvp_debugfs_vm *vm, struct hvp_hierarchy *hierarchy, u64 id)
{
	struct hvp_partition_file *file = kzalloc(sizeof(*file), GFP_KERNEL);
	char name[24];

	if (!file)
		return;
	file->shown = &vm->shown;
	file->id = id;
	if (xa_err(xa_store(&vm->files, id, file, GFP_KERNEL))) {
		kfree(file);
		return;
	}
	snprintf(name, sizeof(name), "%llu", id);
	file->dentry = debugfs_create_file(name, 0400, vm->partitions, file,
					   &hvp_partition_file_fops);
	/* If it went before the entry was there, nobody has marked that stale. */
	if (!hvp_partition_exists(hierarchy, id))
		hvp_file_remove(vm, file);
}

/* It gets its name when all is in it: whoever waits for the folder finds it whole. */
static void hvp_folder_add(struct hvp_debugfs_vm *vm)
{
	struct dentry *folder = debugfs_lookup(vm->name, hvp_debugfs_root);
	char hidden[sizeof(vm->name) + 1];

	/* Of a former VM with this name, which is not quite gone; debugfs would log it. */
	if (folder) {
		dput(folder);
		return;
	}
	snprintf(hidden, sizeof(hidden), ".%s", vm->name);
	folder = debugfs_create_dir(hidden, hvp_debugfs_root);
	vm->partitions = debugfs_create_dir("partition", folder);
	debugfs_create_file("partitions", 0400, folder, &vm->shown,
			    &hvp_partition_table_fops);
	if (hvp_debugfs_rename(folder, hvp_debugfs_root, vm->name))
		debugfs_remove(folder);
	else
		vm->folder = folder;
}

static void hvp_files_remove_stale(struct hvp_debugfs_vm *vm)
{
	struct hvp_hierarchy *hierarchy = hvp_shown_hold(&vm->shown);
	struct hvp_partition_file *file;
	unsigned long id;

	xa_for_each_marked(&vm->files, id, file, HVP_FILE_STALE) {
		/*
		 * A deletion that was under way when the guest was reset may have
		 * marked the file of a new partition with the same ID.
		 */
		xa_clear_mark(&vm->files, id, HVP_FILE_STALE);
		if (!hierarchy || !hvp_partition_exists(hierarchy, id))
			hvp_file_remove(vm, file);
		cond_resched();
	}
	hvp_hierarchy_drop(hierarchy);
}

/* Return: whether there may be more to add. */
static bool hvp_files_add(struct hvp_debugfs_vm *vm)
{
	struct hvp_hierarchy *hierarchy = hvp_shown_hold(&vm->shown);
	struct hvp_partition *partition;
	unsigned int added = 0;

	if (!hierarchy)
		return false;
	while (added < HVP_FILES_AT_ONCE &&
	       (partition = hvp_hierarchy_find_from(hierarchy, vm->last_id + 1))) {
		vm->last_id = partition->id;
		hvp_partition_put(partition);
		hvp_file_add(vm, hierarchy, vm->last_id);
		added++;
		cond_resched();
	}
	hvp_hierarchy_drop(hierarchy);
	return added == HVP_FILES_AT_ONCE;
}

static void hvp_debugfs_update(struct work_struct *work)
{
	struct hvp_debugfs_vm *vm = container_of(work, struct hvp_debugfs_vm, work.work);

	/* What is queued from now on waits, too: it must not take turns with this. */
	WRITE_ONCE(vm->pause_until, jiffies + HVP_FILES_PAUSE);
	if (!vm->folder)
		hvp_folder_add(vm);
	if (xchg(&vm->forget, false))
		hvp_files_remove_all(vm);
	hvp_files_remove_stale(vm);
	if (!vm->folder || hvp_files_add(vm))
		queue_delayed_work(hvp_debugfs_workqueue, &vm->work, HVP_FILES_PAUSE);
	WRITE_ONCE(vm->pause_until, jiffies + HVP_FILES_PAUSE);
}

static void hvp_debugfs_queue(struct hvp_debugfs_vm *vm)
{
	long pause = READ_ONCE(vm->pause_until) - jiffies;

	queue_delayed_work(hvp_debugfs_workqueue, &vm->work, max(pause, 0L));
}

static void hvp_partition_created(struct hvp_watcher *watcher, u64 id)
{
	struct hvp_debugfs_vm *vm = container_of(watcher, struct hvp_debugfs_vm, watcher);

	hvp_debugfs_queue(vm);
}

static void hvp_partition_deleted(struct hvp_watcher *watcher, u64 id)
{
	struct hvp_debugfs_vm *vm = container_of(watcher, struct hvp_debugfs_vm, watcher);

	xa_set_mark(&vm->files, id, HVP_FILE_STALE);
	hvp_debugfs_queue(vm);
}

/**
 * hvp_debugfs_alloc_vm() - prepare the folder of a VM, which nobody sees yet
 * @name:	what it will be called
 *
 * Context: May sleep; in one of the VM's vCPU threads, no lock held.
 * Return: the folder, or NULL without memory for it, which the others accept.
 */
struct hvp_debugfs_vm *hvp_debugfs_alloc_vm(const char *name)
{
	struct hvp_debugfs_vm *vm;

	if (IS_ERR(hvp_debugfs_root) || !hvp_debugfs_workqueue)
		return NULL;
	vm = kzalloc(sizeof(*vm), HVP_GFP);
	if (!vm)
		return NULL;
	vm->watcher.created = hvp_partition_created;
	vm->watcher.deleted = hvp_partition_deleted;
	spin_lock_init(&vm->shown.lock);
	strscpy(vm->name, name, sizeof(vm->name));
	xa_init(&vm->files);
	INIT_DELAYED_WORK(&vm->work, hvp_debugfs_update);
	vm->pause_until = jiffies;
	return vm;
}

/**
 * hvp_debugfs_show() - show these partitions, soon, and no others
 * @vm:		from hvp_debugfs_alloc_vm(), and the one with its name; or NULL
 * @hierarchy:	the partitions, which the caller holds, or NULL: none
 *
 * Context: Any.
 */
void hvp_debugfs_show(struct hvp_debugfs_vm *vm, struct hvp_hierarchy *hierarchy)
{
	if (!vm)
		return;
	hvp_shown_set(&vm->shown, hierarchy);
	WRITE_ONCE(vm->forget, true);
	hvp_debugfs_queue(vm);
}

/**
 * hvp_debugfs_remove_vm() - remove the folder of a VM
 * @vm:		the folder or NULL
 *
 * Context: May sleep.  No call of the VM is under way; waits for readers.
 */
void hvp_debugfs_remove_vm(struct hvp_debugfs_vm *vm)
{
	if (!vm)
		return;
	cancel_delayed_work_sync(&vm->work);
	hvp_files_remove_all(vm);
	debugfs_remove(vm->folder);
	hvp_shown_set(&vm->shown, NULL);
	xa_destroy(&vm->files);
	kfree(vm);
}

/**
 * hvp_debugfs_watcher() - what to tell of partitions that come and go
 * @vm:		the folder of their VM or NULL
 *
 * Return: it, or NULL if @vm is.
 */
struct hvp_watcher *hvp_debugfs_watcher(struct hvp_debugfs_vm *vm)
{
	return vm ? &vm->watcher : NULL;
}
