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
#include <linux/hrtimer.h>
#include <linux/mm.h>
#include <linux/mmu_notifier.h>
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

/* Has somebody used a page?  A bool or an int, as the kernel's notifiers have it. */
#define hvp_young_t							\
	typeof(((const struct mmu_notifier_ops *)NULL)->test_young(NULL, NULL, 0))

/* Give a folder another name, which fails if there is one with that name. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 14, 0)
static inline int hvp_debugfs_rename(struct dentry *folder, struct dentry *parent,
				     const char *name)
{
	/* Without debugfs it is a stub, whose name is not const. */
	return PTR_ERR_OR_ZERO(debugfs_rename(parent, folder, parent, (char *)name));
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

/*
 * KVM's question for the host page behind an address of the VMM's: hva_to_pfn().  Up to
 * 6.12 it returns a page with a reference, which KVM drops; later ones want the page, too.
 */
struct hvp_host_page_request {
	unsigned long address;
	bool write;		/* it is to be written to now */
	bool may_sleep;
	bool pin;		/* KVM will write to it by an address of the kernel's */
	bool *writable;		/* it may be written to later, or NULL */
	struct page **page;	/* or NULL */
};

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0)
#define HVP_HVA_TO_PFN_SIGNATURE \
	"kvm_pfn_t (long unsigned int, bool, bool *, bool, bool *)"
#define HVP_HVA_TO_PFN_PARAMETERS \
	unsigned long address, bool atomic, bool *async, bool write, bool *writable
#define HVP_HVA_TO_PFN_ARGUMENTS	address, atomic, async, write, writable
#define HVP_HVA_TO_PFN_REQUEST		((struct hvp_host_page_request) {	\
	.address = address, .write = write, .may_sleep = !atomic, .writable = writable })
#elif LINUX_VERSION_CODE < KERNEL_VERSION(6, 13, 0)
#define HVP_HVA_TO_PFN_SIGNATURE \
	"kvm_pfn_t (long unsigned int, bool, bool, bool *, bool, bool *)"
#define HVP_HVA_TO_PFN_PARAMETERS \
	unsigned long address, bool atomic, bool interruptible, bool *async, bool write, \
	bool *writable
#define HVP_HVA_TO_PFN_ARGUMENTS	address, atomic, interruptible, async, write, writable
#define HVP_HVA_TO_PFN_REQUEST		((struct hvp_host_page_request) {	\
	.address = address, .write = write, .may_sleep = !atomic, .writable = writable })
#else
struct kvm_memory_slot;

/* Private to KVM; assumptions.c compares it with what the kernel says of it. */
#define HVP_FOLLOW_PFN_STRUCT
struct kvm_follow_pfn {
	const struct kvm_memory_slot *slot;
	const u64 gfn;
	unsigned long hva;
	unsigned int flags;
	bool pin;
	bool *map_writable;
	struct page **refcounted_page;
};

#define HVP_HVA_TO_PFN_SIGNATURE	"kvm_pfn_t (struct kvm_follow_pfn *)"
#define HVP_HVA_TO_PFN_PARAMETERS	struct kvm_follow_pfn *follow
#define HVP_HVA_TO_PFN_ARGUMENTS	follow
#define HVP_HVA_TO_PFN_REQUEST		((struct hvp_host_page_request) {	\
	.address = follow->hva, .write = follow->flags & FOLL_WRITE, .may_sleep = true, \
	.pin = follow->pin, .writable = follow->map_writable,			\
	.page = follow->refcounted_page })
#endif

/* How instructions are emulated; later kernels keep it to themselves. */
#ifndef EMULTYPE_SKIP
#define EMULTYPE_NO_DECODE	BIT(0)
#define EMULTYPE_SKIP		BIT(2)
#define EMULTYPE_PF		BIT(6)
#endif

/* What wakes a vCPU, or has it leave its guest. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 16, 0)
#define hvp_observe_kick	hvp_observe_kvm_vcpu_kick
#define hvp_observer_kick	hvp_observer_kvm_vcpu_kick
#define HVP_DEFINE_KICK_OBSERVER() \
	HVP_DEFINE_OBSERVER(kvm_vcpu_kick, "void (struct kvm_vcpu *)")
#else
#define hvp_observe_kick	hvp_observe___kvm_vcpu_kick
#define hvp_observer_kick	hvp_observer___kvm_vcpu_kick
#define HVP_DEFINE_KICK_OBSERVER() \
	HVP_DEFINE_OBSERVER(__kvm_vcpu_kick, "void (struct kvm_vcpu *, bool)")
#endif

/* struct kvm_run: the member that has KVM_RUN return at once. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 12, 0)
#define hvp_immediate_exit	immediate_exit
#else
#define hvp_immediate_exit	immediate_exit__unsafe
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 13, 0)
static inline void hvp_hrtimer_setup(struct hrtimer *timer,
				     enum hrtimer_restart (*function)(struct hrtimer *),
				     clockid_t clock, enum hrtimer_mode mode)
{
	hrtimer_init(timer, clock, mode);
	timer->function = function;
}
#else
#define hvp_hrtimer_setup	hrtimer_setup
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 3, 0)
static inline void hvp_vma_set_flags(struct vm_area_struct *vma, unsigned long flags)
{
	vma->vm_flags |= flags;
}
#else
#define hvp_vma_set_flags	vm_flags_set
#endif

/* Pin a page of the running task's memory; its mmap_lock is held. */
static inline long hvp_pin_page_locked(unsigned long address, bool write, struct page **page)
{
	unsigned int flags = write ? FOLL_WRITE : 0;

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 5, 0)
	return pin_user_pages_remote(current->mm, address, 1, flags, page, NULL, NULL);
#else
	return pin_user_pages_remote(current->mm, address, 1, flags, page, NULL);
#endif
}

/*
 * Up to 6.12 a vCPU's thread is under RCU, and KVM_RUN waits for a grace period when it is
 * another one than last time.  Later ones have a lock.
 */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 13, 0)
#define HVP_VCPU_THREAD_IS_RCU	1
#else
#define HVP_VCPU_THREAD_IS_RCU	0
#endif

/* Where KVM keeps a vCPU's instruction pointer, once it has read it. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(7, 0, 0)
#define hvp_vcpu_rip(vcpu)	((vcpu)->arch.regs[VCPU_REGS_RIP])
#else
#define hvp_vcpu_rip(vcpu)	((vcpu)->arch.rip)
#endif

#endif /* _HVPART_KVM_COMPAT_H */
