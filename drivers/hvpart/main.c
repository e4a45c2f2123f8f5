// SPDX-License-Identifier: GPL-2.0
/* Parameters; bringing everything up and, in exact reverse, down. */

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/security.h>
#include "core/caches.h"
#include "core/stats.h"
#include "debugfs.h"
#include "kvm/entry.h"
#include "kvm/vm.h"

module_param_named(max_partitions, hvp_vm_limits.partitions, uint, 0644);
MODULE_PARM_DESC(max_partitions, "Partitions that one VM may have besides itself (default 1024)");
module_param_named(max_pages, hvp_vm_limits.pages, ulong, 0644);
MODULE_PARM_DESC(max_pages, "4 KiB pages that one VM may have deposited (default 1048576)");
module_param_named(max_depth, hvp_vm_limits.depth, uint, 0644);
MODULE_PARM_DESC(max_depth, "Levels of partitions below a VM (default 2)");

static int __init hvp_init(void)
{
	int error;

	/* Lockdown to confidentiality means that nobody looks into functions. */
	error = security_locked_down(LOCKDOWN_KPROBES);
	if (error) {
		pr_err("kernel lockdown does not allow redirecting functions\n");
		return error;
	}
	error = hvp_caches_create();
	if (error)
		return error;
	error = hvp_stats_create();
	if (error)
		goto destroy_caches;
	hvp_debugfs_create();
	error = hvp_entry_install();
	if (error)
		goto destroy_debugfs;

	pr_info("version %s loaded\n", THIS_MODULE->version);
	return 0;

destroy_debugfs:
	hvp_debugfs_destroy();
	hvp_stats_destroy();
destroy_caches:
	hvp_caches_destroy();
	return error;
}

static void __exit hvp_exit(void)
{
	hvp_entry_remove();
	hvp_debugfs_destroy();
	hvp_stats_destroy();
	/* Partitions are freed under RCU. */
	rcu_barrier();
	hvp_caches_destroy();
	pr_info("unloaded\n");
}

module_init(hvp_init);
module_exit(hvp_exit);

MODULE_DESCRIPTION("Microsoft partition hypercalls for KVM guests");
MODULE_AUTHOR("The hvpart project");
MODULE_VERSION("0.1.0");
MODULE_LICENSE("GPL");
