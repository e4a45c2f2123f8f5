/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A KVM guest that does nothing but hypercalls, for a host program that says
 * which: it sets the registers, lets a vCPU do one call and looks at what came
 * of it.
 *
 *	struct guest *guest = guest_create(NULL);
 *	u64 result = hypercall(&guest->vcpus[0], HVP_CALL_GET_PARTITION_ID,
 *			       0, guest->vcpus[0].output_gpa);
 *	guest_destroy(guest);
 *
 * hypercalls.h has a function for each call, above this one.
 *
 * What should work on any KVM host and does not ends the program with one line
 * that says why, see die().
 */
#ifndef _HVPART_GUEST_H
#define _HVPART_GUEST_H

#include <linux/kvm.h>
#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>

#include <hvpart/abi.h>

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;

#ifndef ARRAY_SIZE
#define ARRAY_SIZE(array)	(sizeof(array) / sizeof((array)[0]))
#endif

/*
 * Guest-physical addresses. RAM starts at 0; what the guest needs for itself
 * lies below GUEST_FREE_GPA, and guest_alloc() hands out pages above it.
 */
#define GUEST_GDT_GPA		0x1000
#define GUEST_IDT_GPA		0x2000	/* for 64-bit and compatibility mode */
#define GUEST_IDT32_GPA		0x3000
#define GUEST_PML4_GPA		0x4000
#define GUEST_PDPT_GPA		0x5000
#define GUEST_PD_GPA		0x6000
#define GUEST_STUB_GPA		0x7000
#define GUEST_HYPERCALL_GPA	0x8000	/* the hypercall page, filled by KVM */
#define GUEST_TSS_GPA(vcpu)	(0x10000 + (vcpu) * 0x1000)
#define GUEST_STACK_GPA(vcpu)	(0x20000 + (vcpu) * 0x1000)
#define GUEST_USER_STACK_GPA(vcpu) (0x30000 + (vcpu) * 0x1000)
#define GUEST_FREE_GPA		0x100000

/* Nothing is ever mapped there. */
#define GUEST_HOLE_GPA		0x80000000ULL
/* The local APIC's registers, handled by KVM in a guest with .synic. */
#define GUEST_MMIO_GPA		0xfee00000ULL
/* Whatever guest_add_page() and guest_add_memory() add. */
#define GUEST_EXTRA_GPA		0x90000000ULL
/*
 * A vCPU's input page and output page are alone among unmapped pages, in the
 * guest and in the host program, so that whoever reads or writes beyond them
 * gets a fault.
 */
#define GUEST_INPUT_GPA(vcpu)	(0xc0001000ULL + (vcpu) * 0x10000)
#define GUEST_OUTPUT_GPA(vcpu)	(0xc0003000ULL + (vcpu) * 0x10000)

#define GUEST_MAX_VCPUS		16
#define GUEST_MAX_SLOTS		64
#define GUEST_RAM_DEFAULT	(16UL << 20)

/* CPUID 0x40000003, EAX: what a guest needs for hypercalls and SynIC. */
#define GUEST_FEATURE_SYNIC	(1ULL << 2)
#define GUEST_FEATURE_APIC	(1ULL << 4)
#define GUEST_FEATURE_HYPERCALL	(1ULL << 5)
#define GUEST_FEATURE_VP_INDEX	(1ULL << 6)
#define GUEST_FEATURES		(GUEST_FEATURE_SYNIC | GUEST_FEATURE_APIC |	\
				 GUEST_FEATURE_HYPERCALL | GUEST_FEATURE_VP_INDEX)

/* ... and the privileges, bits 63:32 are EBX. */
#define GUEST_ALL_PRIVILEGES	HVP_PARTITION_PRIVILEGES

#define MSR_TSC			0x10
#define MSR_GUEST_OS_ID		0x40000000
#define GUEST_OS_ID		0x8100000000000000ULL	/* an open source OS */

enum vcpu_mode {
	VCPU_LONG64,		/* 64-bit code, CPL 0 */
	VCPU_LONG64_USER,	/* 64-bit code, CPL 3, may use ports */
	VCPU_COMPATIBILITY,	/* 32-bit code under a 64-bit OS, CPL 0 */
	VCPU_PROTECTED32,	/* 32-bit code, no paging, CPL 0 */
	VCPU_REAL,		/* 16-bit code */
};

struct guest_config {
	unsigned int vcpus;	/* 0: one */
	u64 ram;		/* bytes, 0: GUEST_RAM_DEFAULT */
	bool shared_ram;	/* a memfd, not anonymous memory */
	bool synic;		/* in-kernel irqchip and SynIC */
	u64 privileges;		/* of every vCPU, see vcpu_set_privileges() */
	unsigned int phys_bits;	/* MAXPHYADDR, 0: the host's */
	bool no_hyperv;		/* CPUID without Hyper-V's leaves */
};

struct guest;

struct vcpu {
	struct guest *guest;
	unsigned int index;
	int fd;
	struct kvm_run *run;
	enum vcpu_mode mode;
	u64 input_gpa, output_gpa;
	u8 *input, *output;	/* the two pages, as the host program sees them */
	int (*enter)(struct vcpu *vcpu);	/* instead of ioctl(fd, KVM_RUN), or NULL */
};

struct guest_slot {
	u64 gpa, size;
	u8 *host;
};

struct guest {
	struct guest_config config;
	int kvm_fd, vm_fd;
	size_t run_size;
	struct guest_slot slots[GUEST_MAX_SLOTS];
	unsigned int nr_slots;
	u64 next_free_gpa, next_extra_gpa;
	unsigned int nr_vcpus;
	struct vcpu vcpus[GUEST_MAX_VCPUS];
};

int open_kvm(void);

/* NULL: one vCPU with all privileges and default RAM. */
struct guest *guest_create(const struct guest_config *config);
void guest_destroy(struct guest *guest);

/* The host's address of guest memory, NULL if there is none. */
void *guest_host(struct guest *guest, u64 gpa);

/* Page numbers of RAM pages that nobody uses yet; a pattern fills them. */
u64 guest_alloc(struct guest *guest);
void guest_alloc_list(struct guest *guest, u64 *gpns, unsigned int count);

/*
 * Map one more page somewhere above RAM; returns its page number.
 * @flags: of the memslot, for example KVM_MEM_READONLY
 * @prot: of the host program's mapping behind it, for example PROT_READ
 */
u64 guest_add_page(struct guest *guest, u32 flags, int prot);
/* Ditto, what is mapped there already; unmapped with the guest. */
u64 guest_add_memory(struct guest *guest, u32 flags, void *host, u64 size);

/* Put one of its slots there, of @size bytes of what is at its host address; 0: take it away. */
void guest_set_slot(struct guest *guest, struct guest_slot *slot, u64 gpa, u64 size, u32 flags);

/* Make (again) a guest that has identified itself and has a hypercall page. */
void guest_enable_hypercalls(struct guest *guest);
/* What a guest leaves behind on reboot: no identity, no hypercall page. */
void guest_reset_identity(struct guest *guest);

void guest_set_msr(struct vcpu *vcpu, u32 msr, u64 value);
u64 guest_get_msr(struct vcpu *vcpu, u32 msr);
/* The same where KVM may refuse: does it let the VMM do that? */
bool guest_may_set_msr(struct vcpu *vcpu, u32 msr, u64 value);
bool guest_may_get_msr(struct vcpu *vcpu, u32 msr, u64 *value);
/* The guest itself writes it, in 64-bit mode; those above are the VMM's way. */
void vcpu_write_msr(struct vcpu *vcpu, u32 msr, u64 value);
/* The same where it may be refused, and reading. They return what vcpu_call() does. */
int vcpu_try_write_msr(struct vcpu *vcpu, u32 msr, u64 value);
int vcpu_try_read_msr(struct vcpu *vcpu, u32 msr, u64 *value);

struct cpuid_registers {
	u32 eax, ebx, ecx, edx;
};

/* What the CPUID instruction tells the guest. */
struct cpuid_registers vcpu_cpuid(struct vcpu *vcpu, u32 leaf);

/*
 * What CPUID leaf 0x40000003 says in EAX (31:0) and EBX (63:32). KVM allows a
 * change before the vCPU's first call only.
 */
void vcpu_set_privileges(struct vcpu *vcpu, u64 privileges);
/* What the VMM reads of that, as vcpu_cpuid() but by KVM_GET_CPUID2. */
struct cpuid_registers vcpu_get_cpuid(struct vcpu *vcpu, u32 leaf);
/* All of it, as KVM_SET_CPUID2 takes it; for the caller to free. */
struct kvm_cpuid2 *vcpu_copy_cpuid(struct vcpu *vcpu);
/* What KVM_GET_CPUID2 returns is set by KVM_SET_CPUID2; 0 or an error number. */
int vcpu_set_cpuid_again(struct vcpu *vcpu);
unsigned int vcpu_phys_bits(struct vcpu *vcpu);

void vcpu_set_mode(struct vcpu *vcpu, enum vcpu_mode mode);

#define VCPU_NO_EXCEPTION	(-1)
#define VCPU_UNDEFINED_OPCODE	6
#define VCPU_GENERAL_PROTECTION	13

/*
 * Go through the hypercall page once, with these registers except RIP, RSP and
 * RFLAGS, and fetch them afterwards. Returns the exception that came of it.
 */
int vcpu_call(struct vcpu *vcpu, struct kvm_regs *regs);
/* The same with code of the test's own at @gpa, which ends with an OUT like the stub's. */
int vcpu_run_code(struct vcpu *vcpu, struct kvm_regs *regs, u64 gpa);

/*
 * One hypercall. Returns the result value; an exception ends the program, and
 * so does a register that has changed and must not have.
 */
u64 hypercall(struct vcpu *vcpu, u64 control, u64 input, u64 output);

/* Call each vCPU's function from a thread of its own and wait for all. */
void guest_run_threads(struct guest *guest, void (*function)(struct vcpu *vcpu, void *arg),
		       void *arg);

/* Bail out! (TAP's words for: no more tests here.) */
void die(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));

#endif
