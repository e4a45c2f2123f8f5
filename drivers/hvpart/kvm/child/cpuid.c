// SPDX-License-Identifier: GPL-2.0
/*
 * What a child's processor says of itself: what KVM supports on this host, without
 * virtualization of its own, and what KVM has of Hyper-V, with the child's privileges.
 */

#include <linux/kvm_host.h>
#include <linux/slab.h>
#include <hvpart/abi.h>
#include <hvpart/machine.h>
#include "../../core/core.h"
#include "../processor.h"
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
/* Leaf 7, ECX: shadow stacks */
#define HVP_CPUID_7_SHSTK		BIT(7)
/* Leaf 7, EDX */
#define HVP_CPUID_7_IBT			BIT(20)
/* Leaf 7, EDX: AMX-BF16, AMX-TILE, AMX-INT8 */
#define HVP_CPUID_7_AMX			(BIT(22) | BIT(24) | BIT(25))
/* Leaf 7, subleaf 1, EAX */
#define HVP_CPUID_7_1_AMX_FP16		BIT(21)
/* Leaf 7, subleaf 1, EDX */
#define HVP_CPUID_7_1_AMX_COMPLEX	BIT(8)
/* Leaf 0xd, subleaf 1, EAX */
#define HVP_CPUID_D_1_XSAVES		BIT(3)
/* Likewise: has AMX's tiles fault until they are wanted, and no other state. */
#define HVP_CPUID_D_1_XFD		BIT(4)
/* Leaf 0xd, other subleaves, ECX */
#define HVP_CPUID_D_ALIGNED		BIT(1)
/* Leaf 0x80000001, ECX */
#define HVP_CPUID_80000001_CMP_LEGACY	BIT(1)
#define HVP_CPUID_80000001_SVM		BIT(2)
#define HVP_CPUID_80000001_SKINIT	BIT(12)
/* Leaf 0x40000004, EAX */
#define HVP_CPUID_40000004_NESTED	BIT(14)
/* The last leaf of the TLFS that KVM's emulation has and a child is to have. */
#define HVP_CPUID_LAST_HYPERV		0x40000006

/*
 * State components that no child has.  CET's: SSP cannot be saved, and without it a shadow stack
 * is lost; IBT shares their MSRs and components, and CR4.CET.  AMX's tiles: what a parent gets
 * of the state is a page, and they do not fit into one.
 */
#define HVP_CPUID_NO_STATES		(BIT(11) | BIT(12) | BIT(17) | BIT(18))

/* "Microsoft Hv" */
static const u32 hvp_cpuid_vendor[] = { 0x7263694d, 0x666f736f, 0x76482074 };

static bool hvp_cpuid_is_hypervisor(u32 function)
{
	return function >= 0x40000000 && function < 0x50000000;
}

/* Levels of what a processor is in: threads of a core, of which there is one, and a socket. */
static void hvp_cpuid_level(const struct hvp_machine_vp *vp, struct kvm_cpuid_entry2 *entry)
{
	entry->edx = vp->index;
	if (entry->index) {
		entry->eax = vp->socket_bits;
		entry->ebx = 1 << vp->socket_bits;
		entry->ecx = 1 | 2 << 8;
	} else {
		entry->eax = 0;
		entry->ebx = 1;
		entry->ecx = 1 << 8;
	}
}

/* The last level of caches is a socket's, and the others are a core's. */
static u32 hvp_cpuid_cache(u32 eax, unsigned int sharing)
{
	bool last = (eax >> 5 & 7) >= 3;

	return (eax & 0x3fff) | (last ? sharing - 1 : 0) << 14;
}

/* By APIC IDs, which are VP indexes. */
static void hvp_cpuid_topology(const struct hvp_machine_vp *vp, struct kvm_cpuid_entry2 *entry)
{
	u32 cores = 1U << vp->socket_bits;

	switch (entry->function) {
	case 1:
		/* Eight bits: 255 of them are taken for 256. */
		entry->ebx = (entry->ebx & 0xffff) | min(cores, 255U) << 16 | vp->index << 24;
		entry->edx &= ~HVP_CPUID_1_HTT;
		entry->edx |= vp->socket_bits ? HVP_CPUID_1_HTT : 0;
		break;
	case 4:
		/* A subleaf of no cache is all zeroes. */
		if (entry->eax & 0x1f)
			entry->eax = hvp_cpuid_cache(entry->eax, cores) |
				     (min(cores, 64U) - 1) << 26;
		break;
	case 0xb:
	case 0x1f:
		hvp_cpuid_level(vp, entry);
		break;
	case 0x80000001:
		entry->ecx &= ~HVP_CPUID_80000001_CMP_LEGACY;
		entry->ecx |= vp->socket_bits ? HVP_CPUID_80000001_CMP_LEGACY : 0;
		break;
	case 0x80000008:
		entry->ecx = (entry->ecx & ~0xf0ffU) | (cores - 1) | vp->socket_bits << 12;
		break;
	case 0x8000001d:
		if (entry->eax & 0x1f)
			entry->eax = hvp_cpuid_cache(entry->eax, cores);
		break;
	case 0x8000001e:
		entry->eax = vp->index;
		entry->ebx = vp->index & (cores - 1);
		entry->ecx = vp->index >> vp->socket_bits;
		break;
	}
}

static void hvp_cpuid_hide(const struct hvp_machine_config *config,
			   struct kvm_cpuid_entry2 *entry)
{
	u32 registers[4] = { entry->eax, entry->ebx, entry->ecx, entry->edx };

	hvp_processor_hide(config->disabled_features, config->disabled_xsave, entry->function,
			   entry->index, registers);
	entry->eax = registers[0];
	entry->ebx = registers[1];
	entry->ecx = registers[2];
	entry->edx = registers[3];
}

/* One that both tables know by its function. */
static void hvp_cpuid_edit(const struct hvp_machine_vp *vp, struct kvm_cpuid_entry2 *entry)
{
	const struct hvp_machine_config *config = &vp->machine->config;

	switch (entry->function) {
	case 1:
		entry->ecx &= ~(HVP_CPUID_1_VMX | HVP_CPUID_1_X2APIC);
		/* KVM leaves it to its user whether the LAPIC is KVM's, which has it. */
		entry->ecx |= HVP_CPUID_1_HYPERVISOR | HVP_CPUID_1_TSC_DEADLINE;
		if (config->x2apic)
			entry->ecx |= HVP_CPUID_1_X2APIC;
		break;
	case 7:
		if (entry->index == 0) {
			entry->ecx &= ~HVP_CPUID_7_SHSTK;
			entry->edx &= ~(HVP_CPUID_7_AMX | HVP_CPUID_7_IBT);
		} else if (entry->index == 1) {
			entry->eax &= ~HVP_CPUID_7_1_AMX_FP16;
			entry->edx &= ~HVP_CPUID_7_1_AMX_COMPLEX;
		}
		break;
	case 0xd:
		if (entry->index == 0) {
			entry->eax &= ~HVP_CPUID_NO_STATES;
		} else if (entry->index == 1) {
			entry->eax &= ~HVP_CPUID_D_1_XFD;
			entry->ecx &= ~HVP_CPUID_NO_STATES;
		}
		break;
	case 0x40000000:
		entry->eax = HVP_CPUID_LAST_HYPERV;
		entry->ebx = hvp_cpuid_vendor[0];
		entry->ecx = hvp_cpuid_vendor[1];
		entry->edx = hvp_cpuid_vendor[2];
		break;
	case 0x40000003:
		entry->eax = config->hyperv.privileges;
		/* It would be a parent of its own then, and not one below its parent. */
		entry->ebx = (config->hyperv.privileges & ~HVP_PARTITION_PRIVILEGES) >> 32;
		entry->edx &= config->hyperv.features;
		break;
	case 0x40000004:
		entry->eax &= config->hyperv.hints & ~HVP_CPUID_40000004_NESTED;
		break;
	case 0x80000001:
		entry->ecx &= ~(HVP_CPUID_80000001_SVM | HVP_CPUID_80000001_SKINIT);
		break;
	case 0x80000008:
		if (config->gpa_bits)
			entry->eax = (entry->eax & ~0xffU) |
				     min_t(u32, entry->eax & 0xff, config->gpa_bits);
		break;
	case 0x8000000a:
		*entry = (struct kvm_cpuid_entry2) { .function = entry->function };
		break;
	}
	hvp_cpuid_hide(config, entry);
	hvp_cpuid_topology(vp, entry);
}

/* Those of which the child is to have none. */
static bool hvp_cpuid_is_left_out(const struct hvp_machine_config *config,
				  const struct kvm_cpuid_entry2 *entry)
{
	switch (entry->function) {
	case 0xb:
	case 0x1f:
		/* These are made from the first one. */
		return entry->index;
	case 0xd:
		return entry->index > 1 && entry->index < 64 &&
		       (config->disabled_states | HVP_CPUID_NO_STATES) >> entry->index & 1;
	case 0x1d:
	case 0x1e:
		/* Of AMX, which it has not. */
		return true;
	case 0x80000026:
		/* Topology once more, of the host's processors. */
		return true;
	default:
		return hvp_cpuid_is_hypervisor(entry->function) &&
		       entry->function > HVP_CPUID_LAST_HYPERV;
	}
}

static bool hvp_cpuid_add(struct kvm_cpuid2 *table, const struct hvp_machine_vp *vp,
			  struct kvm_cpuid_entry2 entry)
{
	if (table->nent >= HVP_MAX_CPUID_ENTRIES)
		return false;
	hvp_cpuid_edit(vp, &entry);
	table->entries[table->nent++] = entry;
	return true;
}

/*
 * The leaves of a hypervisor come from another ioctl, all others from this one.  KVM looks for
 * the second level of topology if it is asked for one that is not there.
 */
static void hvp_cpuid_take(const struct hvp_machine_vp *vp, const struct kvm_cpuid2 *from,
			   bool hypervisor, struct kvm_cpuid2 *table)
{
	u32 i, given = min_t(u32, READ_ONCE(from->nent), HVP_MAX_CPUID_ENTRIES);

	for (i = 0; i < given; i++) {
		struct kvm_cpuid_entry2 entry = from->entries[i];

		if (hvp_cpuid_is_hypervisor(entry.function) != hypervisor ||
		    hvp_cpuid_is_left_out(&vp->machine->config, &entry))
			continue;
		if (!hvp_cpuid_add(table, vp, entry))
			return;
		if (entry.function != 0xb && entry.function != 0x1f)
			continue;
		entry.index = 1;
		if (!hvp_cpuid_add(table, vp, entry))
			return;
	}
}

static struct kvm_cpuid_entry2 *hvp_cpuid_find(struct kvm_cpuid2 *table, u32 leaf, u32 subleaf)
{
	u32 i, given = min_t(u32, READ_ONCE(table->nent), HVP_MAX_CPUID_ENTRIES);

	for (i = 0; i < given; i++) {
		struct kvm_cpuid_entry2 *entry = &table->entries[i];

		if (entry->function == leaf &&
		    (entry->index == subleaf ||
		     !(entry->flags & KVM_CPUID_FLAG_SIGNIFCANT_INDEX)))
			return entry;
	}
	return NULL;
}

#define HVP_XSAVE_LEGACY_SIZE	576

/* Bytes of an area with these state components. */
static u32 hvp_cpuid_xsave_size(struct kvm_cpuid2 *table, u64 states, bool compacted)
{
	const struct kvm_cpuid_entry2 *entry;
	u32 size = HVP_XSAVE_LEGACY_SIZE;
	unsigned int i;

	for (i = 2; i < 64; i++) {
		entry = states >> i & 1 ? hvp_cpuid_find(table, 0xd, i) : NULL;
		if (!entry)
			continue;
		if (!compacted)
			size = max(size, entry->ebx + entry->eax);
		else if (entry->ecx & HVP_CPUID_D_ALIGNED)
			size = ALIGN(size, 64) + entry->eax;
		else
			size += entry->eax;
	}
	return size;
}

/* State components that go with disabled features, and what that means for the others. */
static void hvp_cpuid_hide_states(struct kvm_cpuid2 *table, u64 disabled)
{
	struct kvm_cpuid_entry2 *all = hvp_cpuid_find(table, 0xd, 0);
	struct kvm_cpuid_entry2 *more = hvp_cpuid_find(table, 0xd, 1);
	u64 states;

	if (!all || !more)
		return;
	states = (all->eax | (u64)all->edx << 32) & ~disabled;
	/* Those of AVX-512 are more of AVX's. */
	if (!(states & BIT(2)))
		states &= ~GENMASK_ULL(7, 5);
	all->eax = states;
	all->edx = states >> 32;
	all->ecx = states ? hvp_cpuid_xsave_size(table, states, false) : 0;
	if (!(more->eax & HVP_CPUID_D_1_XSAVES)) {
		more->ecx = 0;
		more->edx = 0;
	}
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
		hvp_cpuid_take(vp, scratch, sources[i].hypervisor, table);
	}
	hvp_cpuid_hide_states(table, vp->machine->config.disabled_states);
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
	vp->socket_bits = READ_ONCE(vp->machine->config.socket_bits);
	error = hvp_cpuid_collect(vp, runner, table);
	if (!error)
		error = hvp_runner_ioctl(runner, vp->file, KVM_SET_CPUID2, table,
					 HVP_CPUID_SIZE);
	kvfree(table);
	return error;
}

/**
 * hvp_machine_vp_update_cpuid() - tell KVM of another socket, if it is another by now
 * @vp:		the VP, which does not run
 * @runner:	this thread's
 *
 * One that has run stays as it is: KVM does not let a processor change.
 *
 * Context: May sleep; in the thread of @runner.
 * Return: 0 or a negative error.
 */
int hvp_machine_vp_update_cpuid(struct hvp_machine_vp *vp, struct hvp_runner *runner)
{
	const unsigned int socket_bits = vp->socket_bits;
	int error;

	if (socket_bits == READ_ONCE(vp->machine->config.socket_bits))
		return 0;
	error = hvp_machine_vp_set_cpuid(vp, runner);
	if (!error || error == -EINVAL)
		return 0;
	vp->socket_bits = socket_bits;
	return error;
}

/**
 * hvp_machine_set_socket() - how many of its VPs has a socket of a machine?
 * @machine:	the machine
 * @bits:	so many bits of an APIC ID are within one
 *
 * KVM is told when a VP runs, or is asked what it says of itself: some may be running now.
 *
 * Context: Any.
 */
void hvp_machine_set_socket(struct hvp_machine *machine, unsigned int bits)
{
	WRITE_ONCE(machine->config.socket_bits, bits);
}

/* An area as it would be if the VP had enabled others than it has. */
static void hvp_cpuid_imagine_states(struct kvm_cpuid2 *table,
				     const struct hvp_cpuid_query *query,
				     struct hvp_cpuid_value *value)
{
	if (query->leaf != 0xd)
		return;
	if (query->subleaf == 0)
		value->registers[1] = hvp_cpuid_xsave_size(table, query->xfem, false);
	else if (query->subleaf == 1)
		value->registers[1] = hvp_cpuid_xsave_size(table, query->xfem | query->xss, true);
}

/**
 * hvp_machine_vp_cpuid() - what a VP's processor says of itself
 * @vp:		the VP, which does not run
 * @query:	about what
 * @value:	receives it
 *
 * As KVM has it; what is not there is 0.
 *
 * Context: May sleep; in a parent's vCPU thread outside KVM's loop.
 * Return: 0 or -EFAULT.
 */
int hvp_machine_vp_cpuid(struct hvp_machine_vp *vp, const struct hvp_cpuid_query *query,
			 struct hvp_cpuid_value *value)
{
	struct hvp_runner *runner = hvp_runner_here();
	const struct kvm_cpuid_entry2 *entry;
	struct kvm_cpuid2 *table;

	if (!runner || hvp_machine_vp_update_cpuid(vp, runner))
		return -EFAULT;
	table = hvp_runner_scratch(runner);
	table->nent = HVP_MAX_CPUID_ENTRIES;
	if (hvp_runner_ioctl(runner, vp->file, KVM_GET_CPUID2, table, HVP_CPUID_SIZE))
		return -EFAULT;
	*value = (struct hvp_cpuid_value) {};
	entry = hvp_cpuid_find(table, query->leaf, query->subleaf);
	if (entry) {
		value->registers[0] = entry->eax;
		value->registers[1] = entry->ebx;
		value->registers[2] = entry->ecx;
		value->registers[3] = entry->edx;
		if (!query->own_states)
			hvp_cpuid_imagine_states(table, query, value);
	} else if ((query->leaf == 0xb || query->leaf == 0x1f) &&
		   hvp_cpuid_find(table, query->leaf, 1)) {
		/* Every level has the ID, also one that is not there. */
		value->registers[2] = query->subleaf & 0xff;
		value->registers[3] = vp->index;
	}
	return 0;
}

/**
 * hvp_child_cpuid() - a vCPU asks for CPUID, and KVM has answered
 * @vcpu:	the vCPU, of a child or not
 * @leaf:	what it has asked for
 * @subleaf:	likewise
 * @eax:	what KVM has answered; what is answered
 * @ebx:	likewise
 * @ecx:	likewise
 * @edx:	likewise
 *
 * Context: In the thread that runs @vcpu.
 */
void hvp_child_cpuid(const struct kvm_vcpu *vcpu, u32 leaf, u32 subleaf, u32 *eax, u32 *ebx,
		     u32 *ecx, u32 *edx)
{
	struct hvp_cpuid_value value = { { *eax, *ebx, *ecx, *edx } };
	const struct hvp_machine_vp *vp = hvp_runner_vp_here();

	if (!vp || vp->vcpu != vcpu)
		return;
	vp->events->cpuid(vp->owner, leaf, subleaf, &value);
	*eax = value.registers[0];
	*ebx = value.registers[1];
	*ecx = value.registers[2];
	*edx = value.registers[3];
}
