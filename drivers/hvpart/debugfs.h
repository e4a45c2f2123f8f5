/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _HVPART_DEBUGFS_H
#define _HVPART_DEBUGFS_H

struct hvp_vm;
struct hvp_vm_debugfs;
struct hvp_watcher;

void hvp_debugfs_create(void);
void hvp_debugfs_destroy(void);

struct hvp_vm_debugfs *hvp_debugfs_alloc_vm(struct hvp_vm *vm);
void hvp_debugfs_show_vm(struct hvp_vm_debugfs *debugfs);
void hvp_debugfs_remove_vm(struct hvp_vm_debugfs *debugfs);
struct hvp_watcher *hvp_debugfs_watcher(struct hvp_vm_debugfs *debugfs);
void hvp_debugfs_forget_partitions(struct hvp_vm_debugfs *debugfs);

#endif /* _HVPART_DEBUGFS_H */
