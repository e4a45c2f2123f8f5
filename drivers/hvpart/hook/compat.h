/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What differs between the kernels that hvpart builds for.  The one place that
 * looks at LINUX_VERSION_CODE.
 */
#ifndef _HVPART_KVM_COMPAT_H
#define _HVPART_KVM_COMPAT_H

#include <linux/debugfs.h>
#include <linux/err.h>
#include <linux/ftrace.h>
#include <linux/mm.h>
#include <linux/ptrace.h>
#include <linux/rcupdate.h>
#include <linux/sched/user.h>
#include <linux/shmem_fs.h>
#include <linux/version.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 1, 0)
#error "hvpart needs Linux 6.1 or later"
#endif
#ifndef CONFIG_DYNAMIC_FTRACE_WITH_ARGS
#error "hvpart needs a kernel with CONFIG_DYNAMIC_FTRACE_WITH_ARGS"
#endif
/* Before 6.8 the Hyper-V emulation was always part of KVM. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 8, 0) && !defined(CONFIG_KVM_HYPERV)
#error "hvpart needs a kernel with CONFIG_KVM_HYPERV"
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0)
static __always_inline unsigned long hvp_ftrace_argument(struct ftrace_regs *fregs,
							 unsigned int n)
{
	return regs_get_kernel_argument(&fregs->regs, n);
}

static __always_inline void hvp_ftrace_continue_at(struct ftrace_regs *fregs,
						   unsigned long ip)
{
	ftrace_instruction_pointer_set(fregs, ip);
}
#else
static __always_inline unsigned long hvp_ftrace_argument(struct ftrace_regs *fregs,
							 unsigned int n)
{
	return ftrace_regs_get_argument(fregs, n);
}

static __always_inline void hvp_ftrace_continue_at(struct ftrace_regs *fregs,
						   unsigned long ip)
{
	ftrace_regs_set_instruction_pointer(fregs, ip);
}
#endif

/* Give a folder another name, which fails if there is one with that name. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 14, 0)
static inline int hvp_debugfs_rename(struct dentry *folder, struct dentry *parent,
				     const char *name)
{
	return PTR_ERR_OR_ZERO(debugfs_rename(parent, folder, parent, name));
}
#else
static inline int hvp_debugfs_rename(struct dentry *folder, struct dentry *parent,
				     const char *name)
{
	return debugfs_change_name(folder, "%s", name);
}
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 5, 0)
/*
 * May a folio be pinned for long, and written to meanwhile?  Not if a file system has to
 * know when it is: it would write it back while we write to it, or not know that it has to.
 * Later kernels do not even pin those.
 *
 * The mapping is that of an inode, which is freed after a grace period.  It is NULL once
 * the folio has been truncated; whose it was nobody can tell then.
 */
static inline bool hvp_folio_may_be_pinned(struct folio *folio)
{
	struct address_space *mapping;
	bool is_shmem;

	if (folio_test_anon(folio) || folio_test_hugetlb(folio))
		return true;
	rcu_read_lock();
	mapping = READ_ONCE(folio->mapping);
	is_shmem = mapping && !((unsigned long)mapping & PAGE_MAPPING_FLAGS) &&
		   shmem_mapping(mapping);
	rcu_read_unlock();
	return is_shmem;
}
#else
static inline bool hvp_folio_may_be_pinned(struct folio *folio)
{
	return true;
}
#endif

/*
 * How many pages a user has locked, or NULL: a kernel with neither of those that count
 * that everywhere does not, unless it has others, on whom that depends on its release.
 */
static inline atomic_long_t *hvp_locked_pages_of_user(struct user_struct *user)
{
#if defined(CONFIG_NET) || defined(CONFIG_IO_URING)
	return &user->locked_vm;
#else
	return NULL;
#endif
}

#endif /* _HVPART_KVM_COMPAT_H */
