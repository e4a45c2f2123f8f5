// SPDX-License-Identifier: GPL-2.0
/*
 * What a child's processor says of itself: what KVM supports on this host, without
 * virtualization of its own, and what KVM has of Hyper-V, with the child's privileges.
 */

#include <linux/kvm_host.h>
#include <linux/slab.h>
#include <hvpart/machine.h>
#include "../../core/core.h"
#include "cpuid.h"
#include "device.h"
#include "machine.h"
#include "runner.h"
#include "vcpu.h"

/* KVM takes no more. */
#define HVP_MAX_CPUID_ENTRIES	256
#define HVP_CPUID_SIZE							\
	(sizeof(struct kvm_cpuid2) + HVP_MAX_CPUID_ENTRIES * sizeof(struct kvm_cpuid_entry2))

/* Leaf 1, ECX */
#define HVP_CPUID_1_VMX			BIT(5)
#define HVP_CPUID_1_X2APIC		BIT(21)
#define HVP_CPUID_1_TSC_DEADLINE	BIT(24)
#define HVP_CPUID_1_HYPERVISOR		BIT(31)
/* Leaf 1, EDX */
#define HVP_CPUID_1_HTT			BIT(28)
/* Leaf 7, EDX: AMX-BF16, AMX-TILE, AMX-INT8 */
#define HVP_CPUID_7_AMX			(BIT(22) | BIT(24) | BIT(25))
/* Leaf 0xd, EAX: their state */
#define HVP_CPUID_D_TILES		(BIT(17) | BIT(18))
/* Leaf 0x80000001, ECX */
#define HVP_CPUID_80000001_SVM		BIT(2)
#define HVP_CPUID_80000001_SKINIT	BIT(12)
/* Leaf 0x40000004, EAX */
#define HVP_CPUID_40000004_NESTED	BIT(14)
/* The last leaf of the TLFS that KVM's emulation has and a child is to have. */
#define HVP_CPUID_LAST_HYPERV		0x40000006

/* "Microsoft Hv" */
static const u32 hvp_cpuid_vendor[] = { 0x7263694d, 0x666f736f, 0x76482074 };

static bool hvp_cpuid_is_hypervisor(u32 function)
{
	return function >= 0x40000000 && function < 0x50000000;
}

static void hvp_cpuid_topology(const struct hvp_machine_vp *vp, struct kvm_cpuid_entry2 *entry)
{
	entry->edx = vp->index;
	/* One thread a core; then all VPs, whose APIC IDs have eight bits. */
	switch (entry->index) {
	case 0:
		entry->eax = 0;
		entry->ebx = 1;
		entry->ecx = 1 << 8;
		break;
	case 1:
		entry->eax = 8;
		entry->ebx = 1;
		entry->ecx = 1 | 2 << 8;
		break;
	default:
		entry->eax = 0;
		entry->ebx = 0;
		entry->ecx = entry->index;
	}
}

/* One that both tables know by its function. */
static void hvp_cpuid_edit(const struct hvp_machine_vp *vp, struct kvm_cpuid_entry2 *entry)
{
	const struct hvp_machine_config *config = &vp->machine->config;

	switch (entry->function) {
	case 1:
		entry->ebx = (entry->ebx & 0xffff) | vp->index << 24;
		entry->ecx &= ~(HVP_CPUID_1_VMX | HVP_CPUID_1_X2APIC);
		/* KVM leaves it to its user whether the LAPIC is KVM's, which has it. */
		entry->ecx |= HVP_CPUID_1_HYPERVISOR | HVP_CPUID_1_TSC_DEADLINE;
		if (config->x2apic)
			entry->ecx |= HVP_CPUID_1_X2APIC;
		entry->edx &= ~HVP_CPUID_1_HTT;
		break;
	case 7:
		if (!entry->index)
			entry->edx &= ~HVP_CPUID_7_AMX;
		break;
	case 0xd:
		/* What a parent gets of the state is a page, and tiles do not fit into one. */
		if (!entry->index)
			entry->eax &= ~HVP_CPUID_D_TILES;
		break;
	case 0xb:
	case 0x1f:
		hvp_cpuid_topology(vp, entry);
		break;
	case 0x40000000:
		entry->eax = HVP_CPUID_LAST_HYPERV;
		entry->ebx = hvp_cpuid_vendor[0];
		entry->ecx = hvp_cpuid_vendor[1];
		entry->edx = hvp_cpuid_vendor[2];
		break;
	case 0x40000003:
		entry->eax = config->hyperv_privileges;
		/* It would be a parent of its own then, and not one below its parent. */
		entry->ebx = (config->hyperv_privileges & ~HVP_PARTITION_PRIVILEGES) >> 32;
		break;
	case 0x40000004:
		entry->eax &= ~HVP_CPUID_40000004_NESTED;
		break;
	case 0x80000001:
		entry->ecx &= ~(HVP_CPUID_80000001_SVM | HVP_CPUID_80000001_SKINIT);
		break;
	case 0x80000008:
		if (config->gpa_bits)
			entry->eax = (entry->eax & ~0xffU) |
				     min_t(u32, entry->eax & 0xff, config->gpa_bits);
		entry->ecx &= ~0xffU;
		break;
	case 0x8000000a:
		*entry = (struct kvm_cpuid_entry2) { .function = entry->function };
		break;
	case 0x8000001e:
		entry->eax = vp->index;
		entry->ebx = (entry->ebx & ~0xffU) | (vp->index & 0xff);
		entry->ecx = 0;
		break;
	}
}

/*
 * The leaves of a hypervisor come from another ioctl, all others from this one.  Those that
 * the child is not to have are left out.
 */
static u32 hvp_cpuid_take(const struct hvp_machine_vp *vp, const struct kvm_cpuid2 *from,
			  bool hypervisor, struct kvm_cpuid_entry2 *entries, u32 count)
{
	u32 i, given = min_t(u32, READ_ONCE(from->nent), HVP_MAX_CPUID_ENTRIES);

	for (i = 0; i < given && count < HVP_MAX_CPUID_ENTRIES; i++) {
		struct kvm_cpuid_entry2 entry = from->entries[i];

		if (hvp_cpuid_is_hypervisor(entry.function) != hypervisor ||
		    (hypervisor && entry.function > HVP_CPUID_LAST_HYPERV))
			continue;
		hvp_cpuid_edit(vp, &entry);
		entries[count++] = entry;
	}
	return count;
}

static int hvp_cpuid_collect(const struct hvp_machine_vp *vp, struct hvp_runner *runner,
			     struct kvm_cpuid2 *table)
{
	static const struct {
		unsigned int command;
		bool hypervisor;
	} sources[] = {
		{ KVM_GET_SUPPORTED_CPUID, false },
		{ KVM_GET_SUPPORTED_HV_CPUID, true },
	};
	struct kvm_cpuid2 *scratch = hvp_runner_scratch(runner);
	unsigned int i;
	long error;

	for (i = 0; i < ARRAY_SIZE(sources); i++) {
		scratch->nent = HVP_MAX_CPUID_ENTRIES;
		scratch->padding = 0;
		error = hvp_runner_ioctl(runner, hvp_kvm_device(), sources[i].command, scratch,
					 HVP_CPUID_SIZE);
		if (error)
			return error;
		table->nent = hvp_cpuid_take(vp, scratch, sources[i].hypervisor, table->entries,
					     table->nent);
	}
	return 0;
}

/**
 * hvp_machine_vp_set_cpuid() - tell KVM what a VP's processor says of itself
 * @vp:		the VP, which has not run
 * @runner:	this thread's
 *
 * Context: May sleep; in the thread of @runner.
 * Return: 0 or a negative error.
 */
int hvp_machine_vp_set_cpuid(struct hvp_machine_vp *vp, struct hvp_runner *runner)
{
	struct kvm_cpuid2 *table = kvzalloc(HVP_CPUID_SIZE, HVP_GFP);
	int error;

	static_assert(HVP_CPUID_SIZE <= HVP_SCRATCH_SIZE);
	if (!table)
		return -ENOMEM;
	error = hvp_cpuid_collect(vp, runner, table);
	if (!error)
		error = hvp_runner_ioctl(runner, vp->file, KVM_SET_CPUID2, table,
					 HVP_CPUID_SIZE);
	kvfree(table);
	return error;
}
