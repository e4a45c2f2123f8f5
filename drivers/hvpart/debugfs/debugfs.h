/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _HVPART_DEBUGFS_H
#define _HVPART_DEBUGFS_H

struct hvp_debugfs_vm;
struct hvp_hierarchy;
struct hvp_watcher;

void hvp_debugfs_create(void);
void hvp_debugfs_destroy(void);

struct hvp_debugfs_vm *hvp_debugfs_alloc_vm(const char *name);
void hvp_debugfs_show(struct hvp_debugfs_vm *vm, struct hvp_hierarchy *hierarchy);
void hvp_debugfs_remove_vm(struct hvp_debugfs_vm *vm);
struct hvp_watcher *hvp_debugfs_watcher(struct hvp_debugfs_vm *vm);

#endif /* _HVPART_DEBUGFS_H */
