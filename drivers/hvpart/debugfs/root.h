/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _HVPART_DEBUGFS_ROOT_H
#define _HVPART_DEBUGFS_ROOT_H

struct dentry;
struct workqueue_struct;

extern struct dentry *hvp_debugfs_root;
extern struct workqueue_struct *hvp_debugfs_workqueue;

#endif /* _HVPART_DEBUGFS_ROOT_H */
