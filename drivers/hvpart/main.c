// SPDX-License-Identifier: GPL-2.0
/* Parameters; bringing everything up and, in exact reverse, down. */

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/lockdep.h>
#include <linux/module.h>
#include <linux/security.h>
#include "core/core.h"
#include "debugfs/debugfs.h"
#include "hook/hook.h"
#include "kvm/child/machine.h"
#include "kvm/entry.h"
#include "kvm/parent/vm.h"
#include "kvm/processor.h"

/* What is above can only be a mistake: 8 TiB of pages, for one. */
#define HVP_VM_LIMIT(name, limit, most)							\
static int hvp_set_##name(const char *value, const struct kernel_param *param)		\
{											\
	return param_set_uint_minmax(value, param, 0, most);				\
}											\
static const struct kernel_param_ops hvp_##name##_ops = {				\
	.set = hvp_set_##name,								\
	.get = param_get_uint,								\
};											\
module_param_cb(name, &hvp_##name##_ops, &hvp_vm_limits.limit, 0644);			\
__MODULE_PARM_TYPE(name, "uint")

HVP_VM_LIMIT(max_partitions, partitions, 1U << 20);
MODULE_PARM_DESC(max_partitions, "Partitions that one VM may have besides itself (default 1024)");
HVP_VM_LIMIT(max_pages, pages, 1U << 31);
MODULE_PARM_DESC(max_pages, "4 KiB pages that one VM may have deposited (default 1048576)");
/* Locks of partitions nest, parent before child, and lockdep tells this many apart. */
HVP_VM_LIMIT(max_depth, depth, MAX_LOCKDEP_SUBCLASSES - 1);
MODULE_PARM_DESC(max_depth, "Levels of partitions below a VM (default 2)");
HVP_VM_LIMIT(max_vps, vps, 1U << 16);
MODULE_PARM_DESC(max_vps,
		 "Virtual processors that one VM's partitions may have (default 256)");
/* 16 TiB of memory, a node for each 2 MiB. */
HVP_VM_LIMIT(max_map_nodes, gpa_nodes, 1U << 23);
MODULE_PARM_DESC(max_map_nodes,
		 "4 KiB blocks that the maps of one VM's partitions may have (default 65536)");
HVP_VM_LIMIT(max_ports, ports, 1U << 16);
MODULE_PARM_DESC(max_ports, "Ports that one VM may have (default 4096)");

static int __init hvp_init(void)
{
	int error;

	/* Lockdown to confidentiality means that nobody looks into functions. */
	error = security_locked_down(LOCKDOWN_KPROBES);
	if (error) {
		pr_err("kernel lockdown does not allow redirecting functions\n");
		return error;
	}
	hvp_host_processor_find();
	error = hvp_core_init();
	if (error)
		return error;
	error = hvp_children_create();
	if (error)
		goto exit_core;
	error = hvp_vms_create();
	if (error)
		goto destroy_children;
	error = hvp_entry_install();
	if (error)
		goto destroy_vms;
	/* Nothing fails any more: now all at once is there, for the host and for guests. */
	hvp_debugfs_create();
	hvp_hooks_open();
	pr_info("version %s loaded\n", THIS_MODULE->version);
	return 0;

destroy_vms:
	hvp_vms_destroy();
destroy_children:
	hvp_children_destroy();
exit_core:
	hvp_core_exit();
	return error;
}

static void __exit hvp_exit(void)
{
	hvp_entry_remove();
	hvp_vms_destroy();
	hvp_children_destroy();
	hvp_debugfs_destroy();
	hvp_core_exit();
	pr_info("unloaded\n");
}

module_init(hvp_init);
module_exit(hvp_exit);

MODULE_DESCRIPTION("Microsoft partition hypercalls for KVM guests");
MODULE_AUTHOR("The hvpart project");
MODULE_VERSION("0.1.0");
MODULE_LICENSE("GPL");
