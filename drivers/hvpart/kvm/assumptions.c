// SPDX-License-Identifier: GPL-2.0
/*
 * What hvpart takes for granted about KVM, checked when it is built and when it is loaded;
 * Documentation/kernels.rst has the reasons.
 *
 * A member that the headers do not have stops the build here, before any other file is
 * compiled, and so does what compat.h does not find.  A kernel that has a member elsewhere
 * than the headers said, or a function with other arguments than the hook's, refuses to
 * load: by its BTF, which most kernels have.
 */

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kvm_host.h>
#include <linux/printk.h>
#include <hvpart/abi.h>
#include "../hook/btf.h"
#include "../hook/compat.h"
#include "../hook/hook.h"
#include "assumptions.h"

/* Those statuses that the kernel has, too. */
static_assert(HVP_STATUS_INVALID_PARAMETER == HV_STATUS_INVALID_PARAMETER);
static_assert(HVP_STATUS_INSUFFICIENT_MEMORY == HV_STATUS_INSUFFICIENT_MEMORY);
static_assert(HVP_STATUS_INVALID_PORT_ID == HV_STATUS_INVALID_PORT_ID);
static_assert(HVP_STATUS_INVALID_CONNECTION_ID == HV_STATUS_INVALID_CONNECTION_ID);

struct hvp_assumption {
	const char *structure;
	const char *member;
	u32 offset;
	u32 size;
};

#define ASSUME(type, path)					\
	{ #type, #path, offsetof(struct type, path), sizeof_field(struct type, path) }

static const struct hvp_assumption assumptions[] = {
	/* A call's registers, and whose they are. */
	ASSUME(kvm_vcpu, kvm),
	ASSUME(kvm_vcpu, vcpu_idx),
	ASSUME(kvm_vcpu, stat.hypercalls),
	ASSUME(kvm_vcpu, arch.regs),
	ASSUME(kvm_vcpu, arch.efer),
	ASSUME(kvm_vcpu, arch.hflags),
	ASSUME(kvm_vcpu, arch.guest_state_protected),
	/* What the VMM has set. */
	ASSUME(kvm_vcpu, arch.maxphyaddr),
	ASSUME(kvm_vcpu, arch.hyperv_enabled),
	ASSUME(kvm_vcpu, arch.cpuid_entries),
	ASSUME(kvm_vcpu, arch.cpuid_nent),
	/* The VM and its guest. */
	ASSUME(kvm, mm),
	ASSUME(kvm, online_vcpus),
	ASSUME(kvm, vcpu_array),
	ASSUME(kvm, debugfs_dentry),
	ASSUME(kvm, arch.hyperv.hv_guest_os_id),
	ASSUME(kvm, arch.hyperv.hv_hypercall),
	ASSUME(kvm, arch.hyperv.hv_tsc_page),
	/* Guest memory, by KVM's inline functions. */
	ASSUME(kvm, memslots),
	ASSUME(kvm_memslots, gfn_tree),
	ASSUME(kvm_memslots, last_used_slot),
	ASSUME(kvm_memslots, node_idx),
	ASSUME(kvm_memory_slot, gfn_node),
	ASSUME(kvm_memory_slot, base_gfn),
	ASSUME(kvm_memory_slot, npages),
	ASSUME(kvm_memory_slot, userspace_addr),
	ASSUME(kvm_memory_slot, flags),
	ASSUME(kvm_memory_slot, id),
	/* Children: who runs, waits and is told. */
	ASSUME(kvm_vcpu, run),
	ASSUME(kvm_vcpu, mutex),
	ASSUME(kvm_vcpu, pid),
	ASSUME(kvm_vcpu, wait),
	ASSUME(kvm_vcpu, vcpu_id),
	ASSUME(kvm_vcpu, sigset_active),
	ASSUME(kvm_vcpu, sigset),
	ASSUME(kvm_vcpu, mmio_needed),
	ASSUME(kvm_vcpu, mmio_cur_fragment),
	ASSUME(kvm_vcpu, mmio_nr_fragments),
	ASSUME(kvm_vcpu, arch.mp_state),
	ASSUME(kvm_vcpu, arch.apic_base),
	ASSUME(kvm_vcpu, arch.pio),
	ASSUME(kvm_vcpu, arch.pio_data),
	ASSUME(kvm_vcpu, arch.complete_userspace_io),
	ASSUME(kvm_vcpu, arch.pending_external_vector),
	ASSUME(kvm_vcpu, arch.msr_misc_features_enables),
	/* Their memory. */
	ASSUME(kvm, srcu),
	ASSUME(kvm, mmu_notifier),
	ASSUME(kvm_memslots, hva_tree),
	ASSUME(kvm_memory_slot, dirty_bitmap),
#ifdef HVP_FOLLOW_PFN_STRUCT
	ASSUME(kvm_follow_pfn, hva),
	ASSUME(kvm_follow_pfn, flags),
	ASSUME(kvm_follow_pfn, pin),
	ASSUME(kvm_follow_pfn, map_writable),
	ASSUME(kvm_follow_pfn, refcounted_page),
#endif
	/* What has come for a vCPU, and what its last fault was. */
	ASSUME(kvm_vcpu, requests),
	ASSUME(kvm, arch.apicv_inhibit_reasons),
	ASSUME(kvm_vcpu, arch.exception),
	ASSUME(kvm_vcpu, arch.cr2),
	ASSUME(kvm_vcpu, arch.mmu),
};

static int hvp_check_members(const struct hvp_btf *btf)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(assumptions); i++) {
		const struct hvp_assumption *a = &assumptions[i];
		u32 offset, size;

		if (hvp_btf_member(btf, a->structure, a->member, &offset, &size)) {
			pr_err("this kernel's struct %s has no %s, which hvpart needs\n",
			       a->structure, a->member);
			return -ENOEXEC;
		}
		if (offset != a->offset || size != a->size) {
			pr_err("built for another kernel: %s of struct %s is not where it was; build hvpart for this one\n",
			       a->member, a->structure);
			return -ENOEXEC;
		}
	}
	return 0;
}

/* Without these, children have small pages only. */
struct hvp_page_fault_layout hvp_page_fault;

static void hvp_find_page_fault(const struct hvp_btf *btf)
{
	struct hvp_page_fault_layout *layout = &hvp_page_fault;
	static const char structure[] = "kvm_page_fault";
	u32 gfn, slot, max_level;

	layout->known = !hvp_btf_member(btf, structure, "gfn", &layout->gfn, &gfn) &&
			!hvp_btf_member(btf, structure, "slot", &layout->slot, &slot) &&
			!hvp_btf_member(btf, structure, "max_level", &layout->max_level,
					&max_level) &&
			gfn == sizeof(u64) && slot == sizeof(void *) && max_level == sizeof(u8);
}

static int hvp_check_function(const struct hvp_btf *btf, const char *function,
			      const char *known)
{
	char signature[128];

	/* Whether it is there, and can be traced, ftrace says. */
	if (hvp_btf_signature(btf, function, signature, sizeof(signature)))
		return 0;
	if (!strcmp(signature, known))
		return 0;
	pr_err("this kernel's %s is %s, and hvpart knows %s\n", function, signature, known);
	return -ENOEXEC;
}

static int hvp_check_functions(const struct hvp_btf *btf, const struct hvp_functions *functions)
{
	unsigned int i;
	int error = 0;

	for (i = 0; !error && i < functions->hook_count; i++)
		error = hvp_check_function(btf, functions->hooks[i]->function,
					   functions->hooks[i]->signature);
	for (i = 0; !error && i < functions->observer_count; i++)
		error = hvp_check_function(btf, functions->observers[i]->function,
					   functions->observers[i]->signature);
	return error;
}

/**
 * hvp_assumptions_check() - is this the KVM that hvpart was built for?
 * @functions:	what of it is to be hooked and observed
 *
 * Says in the log what is not as it should be.
 *
 * Context: May sleep; in a process.
 * Return: 0, also if the kernel says nothing about its KVM; -ENOEXEC, -EINVAL or -ENOMEM.
 */
int hvp_assumptions_check(const struct hvp_functions *functions)
{
	struct hvp_btf btf = {};
	int error = hvp_btf_read(&btf, "kvm");

	if (error == -EINVAL)
		pr_err("cannot read this kernel's BTF, which tells whether hvpart fits\n");
	if (!error && hvp_btf_knows(&btf, functions->hooks[0]->function))
		error = hvp_check_members(&btf) ?: hvp_check_functions(&btf, functions);
	if (!error)
		hvp_find_page_fault(&btf);
	hvp_btf_free(&btf);
	/* Otherwise it has none, or none that may be read. */
	return error == -EINVAL || error == -ENOEXEC || error == -ENOMEM ? error : 0;
}
