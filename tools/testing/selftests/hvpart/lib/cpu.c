// SPDX-License-Identifier: GPL-2.0
/* What a vCPU looks like to its guest: CPUID, descriptors, page tables, mode. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "guest.h"
#include "guest_code.h"

#define CPUID_HYPERVISOR_FIRST	0x40000000
#define CPUID_HYPERVISOR_LAST	0x400000ff
#define CPUID_HYPERV_VENDOR	0x40000000
#define CPUID_HYPERV_INTERFACE	0x40000001
#define CPUID_HYPERV_VERSION	0x40000002
#define CPUID_HYPERV_HINTS	0x40000004
#define CPUID_HYPERV_LIMITS	0x40000005
#define CPUID_PHYS_BITS		0x80000008
#define MAX_CPUID_ENTRIES	256

/* struct kvm_cpuid2, with room */
struct cpuid {
	u32 nent, padding;
	struct kvm_cpuid_entry2 entries[MAX_CPUID_ENTRIES];
};

static_assert(offsetof(struct cpuid, entries) == sizeof(struct kvm_cpuid2), "kvm_cpuid2");

static void get_cpuid(struct guest *guest, unsigned long request, const char *name,
		      struct cpuid *cpuid)
{
	cpuid->nent = MAX_CPUID_ENTRIES;
	if (ioctl(guest->kvm_fd, request, cpuid))
		die("%s: %m", name);
}

static void append(struct cpuid *cpuid, const struct kvm_cpuid_entry2 *entry)
{
	if (cpuid->nent == MAX_CPUID_ENTRIES)
		die("more than %d CPUID leaves", MAX_CPUID_ENTRIES);
	cpuid->entries[cpuid->nent++] = *entry;
}

/* KVM's own leaves are where a guest looks for Hyper-V's. */
static void remove_hypervisor_leaves(struct cpuid *cpuid)
{
	unsigned int from, to = 0;

	for (from = 0; from < cpuid->nent; from++) {
		u32 leaf = cpuid->entries[from].function;

		if (leaf < CPUID_HYPERVISOR_FIRST || leaf > CPUID_HYPERVISOR_LAST)
			cpuid->entries[to++] = cpuid->entries[from];
	}
	cpuid->nent = to;
}

static void append_hyperv_leaves(struct cpuid *cpuid, const struct cpuid *hyperv, u64 privileges)
{
	unsigned int i;

	for (i = 0; i < hyperv->nent; i++) {
		struct kvm_cpuid_entry2 entry = hyperv->entries[i];

		switch (entry.function) {
		case CPUID_HYPERV_VENDOR:
			entry.eax = CPUID_HYPERV_LIMITS;
			memcpy(&entry.ebx, "Micr", 4);
			memcpy(&entry.ecx, "osof", 4);
			memcpy(&entry.edx, "t Hv", 4);
			break;
		case CPUID_HYPERV_INTERFACE:
			memcpy(&entry.eax, "Hv#1", 4);
			break;
		case HVP_CPUID_FEATURES:
			entry.eax = (u32)privileges;
			entry.ebx = privileges >> 32;
			break;
		case CPUID_HYPERV_VERSION:
		case CPUID_HYPERV_HINTS:
		case CPUID_HYPERV_LIMITS:
			break;
		default:
			continue;
		}
		append(cpuid, &entry);
	}
}

static void set_phys_bits(struct cpuid *cpuid, unsigned int bits)
{
	unsigned int i;

	for (i = 0; i < cpuid->nent; i++) {
		if (cpuid->entries[i].function == CPUID_PHYS_BITS)
			cpuid->entries[i].eax = (cpuid->entries[i].eax & ~0xffu) | bits;
	}
}

void vcpu_set_privileges(struct vcpu *vcpu, u64 privileges)
{
	struct cpuid *cpuid = calloc(2, sizeof(*cpuid));
	struct cpuid *hyperv = cpuid + 1;

	if (!cpuid)
		die("out of memory");
	get_cpuid(vcpu->guest, KVM_GET_SUPPORTED_CPUID, "KVM_GET_SUPPORTED_CPUID", cpuid);
	get_cpuid(vcpu->guest, KVM_GET_SUPPORTED_HV_CPUID, "KVM_GET_SUPPORTED_HV_CPUID", hyperv);
	remove_hypervisor_leaves(cpuid);
	if (!vcpu->guest->config.no_hyperv)
		append_hyperv_leaves(cpuid, hyperv, privileges | GUEST_FEATURES);
	if (vcpu->guest->config.phys_bits)
		set_phys_bits(cpuid, vcpu->guest->config.phys_bits);
	if (ioctl(vcpu->fd, KVM_SET_CPUID2, cpuid))
		die("KVM_SET_CPUID2: %m");
	free(cpuid);
}

static struct cpuid *get_vcpu_cpuid(struct vcpu *vcpu)
{
	struct cpuid *cpuid = calloc(1, sizeof(*cpuid));

	if (!cpuid)
		die("out of memory");
	cpuid->nent = MAX_CPUID_ENTRIES;
	if (ioctl(vcpu->fd, KVM_GET_CPUID2, cpuid))
		die("KVM_GET_CPUID2: %m");
	/* Linux 6.1 does not say how many there are; only the first is leaf 0. */
	while (cpuid->nent > 1 && !cpuid->entries[cpuid->nent - 1].function)
		cpuid->nent--;
	return cpuid;
}

struct kvm_cpuid2 *vcpu_copy_cpuid(struct vcpu *vcpu)
{
	return (struct kvm_cpuid2 *)get_vcpu_cpuid(vcpu);
}

struct cpuid_registers vcpu_get_cpuid(struct vcpu *vcpu, u32 leaf)
{
	struct cpuid *cpuid = get_vcpu_cpuid(vcpu);
	struct cpuid_registers found = { 0 };
	unsigned int i;

	for (i = 0; i < cpuid->nent; i++) {
		const struct kvm_cpuid_entry2 *entry = &cpuid->entries[i];

		if (entry->function == leaf)
			found = (struct cpuid_registers){ entry->eax, entry->ebx, entry->ecx,
							  entry->edx };
	}
	free(cpuid);
	return found;
}

int vcpu_set_cpuid_again(struct vcpu *vcpu)
{
	struct cpuid *cpuid = get_vcpu_cpuid(vcpu);
	int error = ioctl(vcpu->fd, KVM_SET_CPUID2, cpuid) ? errno : 0;

	free(cpuid);
	return error;
}

unsigned int vcpu_phys_bits(struct vcpu *vcpu)
{
	unsigned int bits = vcpu_get_cpuid(vcpu, CPUID_PHYS_BITS).eax & 0xff;

	return bits ?: 36;
}

/* The GDT. Selectors are offsets into it, plus the privilege level. */
#define SELECTOR_CODE64		0x08
#define SELECTOR_DATA		0x10
#define SELECTOR_USER_CODE64	(0x18 | 3)
#define SELECTOR_USER_DATA	(0x20 | 3)
#define SELECTOR_CODE32		0x28
#define SELECTOR_TSS		0x30

static const u64 gdt[] = {
	[SELECTOR_CODE64 / 8] = 0x00af9b000000ffff,
	[SELECTOR_DATA / 8] = 0x00cf93000000ffff,
	[SELECTOR_USER_CODE64 / 8] = 0x00affb000000ffff,
	[SELECTOR_USER_DATA / 8] = 0x00cff3000000ffff,
	[SELECTOR_CODE32 / 8] = 0x00cf9b000000ffff,
	[SELECTOR_TSS / 8 + 1] = 0,	/* loaded through KVM_SET_SREGS alone */
};

#define GATE_INTERRUPT		0x8e00	/* present, DPL 0 */

#define PTE_PRESENT		(1 << 0)
#define PTE_WRITABLE		(1 << 1)
#define PTE_USER		(1 << 2)
#define PTE_LARGE		(1 << 7)
#define PTE_TABLE		(PTE_PRESENT | PTE_WRITABLE | PTE_USER)

#define TSS_RSP0		4
#define TSS_SIZE		104

void guest_write_tables(struct guest *guest)
{
	u64 *idt64 = guest_host(guest, GUEST_IDT_GPA);
	u64 *idt32 = guest_host(guest, GUEST_IDT32_GPA);
	u64 *page_directory = guest_host(guest, GUEST_PD_GPA);
	unsigned int i;

	memcpy(guest_host(guest, GUEST_GDT_GPA), gdt, sizeof(gdt));

	for (i = 0; i < STUB_VECTORS; i++) {
		u64 handler = STUB_HANDLERS_GPA + i * STUB_HANDLER_SIZE;
		u64 gate = (handler & 0xffff) | (u64)GATE_INTERRUPT << 32 |
			   (handler >> 16 & 0xffff) << 48;

		idt64[2 * i] = gate | SELECTOR_CODE64 << 16;
		idt32[i] = gate | SELECTOR_CODE32 << 16;
		/* Real mode's, at 0. */
		((u32 *)guest_host(guest, 0))[i] = handler;
	}

	/* The first GiB is enough: the guest's own code is all that goes through these. */
	*(u64 *)guest_host(guest, GUEST_PML4_GPA) = GUEST_PDPT_GPA | PTE_TABLE;
	*(u64 *)guest_host(guest, GUEST_PDPT_GPA) = GUEST_PD_GPA | PTE_TABLE;
	for (i = 0; i < 512; i++)
		page_directory[i] = (u64)i << 21 | PTE_TABLE | PTE_LARGE;

	for (i = 0; i < guest->config.vcpus; i++) {
		u64 stack = GUEST_STACK_GPA(i) + HVP_PAGE_SIZE;

		memcpy((u8 *)guest_host(guest, GUEST_TSS_GPA(i)) + TSS_RSP0, &stack, 8);
	}
}

#define CR0_PE			(1 << 0)
#define CR0_NE			(1 << 5)
#define CR0_ET			(1 << 4)
#define CR0_PG			(1U << 31)
#define CR4_PAE			(1 << 5)
#define CR4_OSFXSR		(1 << 9)
#define EFER_LME		(1 << 8)
#define EFER_LMA		(1 << 10)

static struct kvm_segment code_segment(enum vcpu_mode mode)
{
	struct kvm_segment segment = {
		.selector = SELECTOR_CODE64, .limit = 0xffffffff, .type = 0xb,
		.present = 1, .s = 1, .g = 1,
	};

	switch (mode) {
	case VCPU_LONG64:
		segment.l = 1;
		break;
	case VCPU_LONG64_USER:
		segment.selector = SELECTOR_USER_CODE64;
		segment.dpl = 3;
		segment.l = 1;
		break;
	case VCPU_COMPATIBILITY:
	case VCPU_PROTECTED32:
		segment.selector = SELECTOR_CODE32;
		segment.db = 1;
		break;
	case VCPU_REAL:
		segment.selector = 0;
		segment.limit = 0xffff;
		segment.g = 0;
		break;
	}
	return segment;
}

static struct kvm_segment data_segment(enum vcpu_mode mode)
{
	struct kvm_segment segment = {
		.selector = SELECTOR_DATA, .limit = 0xffffffff, .type = 0x3,
		.present = 1, .s = 1, .g = 1, .db = 1,
	};

	if (mode == VCPU_LONG64_USER) {
		segment.selector = SELECTOR_USER_DATA;
		segment.dpl = 3;
	} else if (mode == VCPU_REAL) {
		segment.selector = 0;
		segment.limit = 0xffff;
		segment.g = 0;
		segment.db = 0;
	}
	return segment;
}

void vcpu_load_segments(struct vcpu *vcpu)
{
	struct kvm_sregs sregs;
	bool long_mode = vcpu->mode == VCPU_LONG64 || vcpu->mode == VCPU_LONG64_USER ||
			 vcpu->mode == VCPU_COMPATIBILITY;

	if (ioctl(vcpu->fd, KVM_GET_SREGS, &sregs))
		die("KVM_GET_SREGS: %m");

	sregs.cr0 = CR0_ET | CR0_NE;
	sregs.cr4 = CR4_OSFXSR;
	sregs.efer = 0;
	if (vcpu->mode != VCPU_REAL)
		sregs.cr0 |= CR0_PE;
	if (long_mode) {
		sregs.cr0 |= CR0_PG;
		sregs.cr3 = GUEST_PML4_GPA;
		sregs.cr4 |= CR4_PAE;
		sregs.efer = EFER_LME | EFER_LMA;
	}

	sregs.gdt.base = GUEST_GDT_GPA;
	sregs.gdt.limit = sizeof(gdt) - 1;
	sregs.idt.base = long_mode ? GUEST_IDT_GPA : GUEST_IDT32_GPA;
	sregs.idt.limit = STUB_VECTORS * (long_mode ? 16 : 8) - 1;
	if (vcpu->mode == VCPU_REAL) {
		sregs.idt.base = 0;
		sregs.idt.limit = STUB_VECTORS * 4 - 1;
	}
	sregs.tr = (struct kvm_segment){
		.base = GUEST_TSS_GPA(vcpu->index), .limit = TSS_SIZE - 1,
		.selector = SELECTOR_TSS, .type = 0xb, .present = 1,
	};
	sregs.ldt = (struct kvm_segment){ .unusable = 1 };
	sregs.cs = code_segment(vcpu->mode);
	sregs.ds = data_segment(vcpu->mode);
	sregs.es = sregs.ds;
	sregs.fs = sregs.ds;
	sregs.gs = sregs.ds;
	sregs.ss = sregs.ds;
	if (vcpu->mode == VCPU_REAL) {
		sregs.ss.base = GUEST_STACK_GPA(vcpu->index);
		sregs.ss.selector = sregs.ss.base >> 4;
	}

	if (ioctl(vcpu->fd, KVM_SET_SREGS, &sregs))
		die("KVM_SET_SREGS: %m");
}

void vcpu_set_mode(struct vcpu *vcpu, enum vcpu_mode mode)
{
	vcpu->mode = mode;
	vcpu_load_segments(vcpu);
}
