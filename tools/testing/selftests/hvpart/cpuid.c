// SPDX-License-Identifier: GPL-2.0
/*
 * What a child's processor says of itself, and what its parent has it say: HvInstallIntercept,
 * HvRegisterInterceptResult, HvGetVpCpuidValues: contract, virtual processors, sections 4 and 7.
 */
#define _GNU_SOURCE
#include <cpuid.h>
#include <fcntl.h>
#include <linux/hw_breakpoint.h>
#include <linux/kvm.h>
#include <linux/perf_event.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "footprint.h"
#include "refused_pages.h"
#include "vps.h"

#define SELF	HVP_PARTITION_ID_SELF
#define NOBODY	77

#define PROPERTY_TIME_FREEZE			0x00030003
#define PROPERTY_REFERENCE_TIME			0x00030005
#define PROPERTY_PROCESSORS_PER_SOCKET		0x00050003
#define PROPERTY_UNIMPLEMENTED_MSR_ACTION	0x00050017

/* As QEMU's mshv accelerator gives its child; there is no idle MSR */
#define QEMU_FEATURES		0x06400ffbULL
#define QEMU_PRIVILEGES		0x0a7e

/* An MSR that no processor has, nor KVM */
#define UNKNOWN_MSR		0x00005555

#define HV_X64_MSR_HYPERCALL		0x40000001
#define HV_X64_MSR_VP_INDEX		0x40000002
#define HV_X64_MSR_TIME_REF_COUNT	0x40000020

/* Behind the interrupt vectors */
#define CODE_AT			0x400
#define FAULT_AT		0x500
#define GENERAL_PROTECTION	13

static struct child new_child_with(struct vcpu *vcpu, const struct hvp_create_partition_in *in,
				   u64 features, u64 per_socket)
{
	u64 id;

	pay_for_create(vcpu, in, &id);
	REQUIRE_STATUS(set_partition_property(vcpu, id, EARLY_PROPERTY, features), SUCCESS);
	initialize_child(vcpu, id);
	if (per_socket)
		REQUIRE_STATUS(set_partition_property(vcpu, id, PROPERTY_PROCESSORS_PER_SOCKET,
						      per_socket), SUCCESS);
	return new_child_of(vcpu, id);
}

/* In 16-bit code: mov $leaf, %eax; mov $subleaf, %ecx; cpuid; out %al, $0x80 */
static void ask_cpuid(struct child *child, u32 vp, u32 leaf, u32 subleaf)
{
	u8 code[] = { 0x66, 0xb8, 0, 0, 0, 0, 0x66, 0xb9, 0, 0, 0, 0, 0x0f, 0xa2, 0xe6, 0x80 };

	memcpy(&code[2], &leaf, sizeof(leaf));
	memcpy(&code[8], &subleaf, sizeof(subleaf));
	memcpy(child_page(child, child->code) + CODE_AT, code, sizeof(code));
	set_register(child->vcpu, child->id, vp, HVP_REGISTER_RIP, CODE_AT);
}

#define CPUID_AT	(CODE_AT + 12)

static struct hvp_cpuid_value cpuid_registers(struct child *child, u32 vp)
{
	struct vcpu *vcpu = child->vcpu;

	return (struct hvp_cpuid_value){ {
		get_register(vcpu, child->id, vp, HVP_REGISTER_RAX),
		get_register(vcpu, child->id, vp, HVP_REGISTER_RBX),
		get_register(vcpu, child->id, vp, HVP_REGISTER_RCX),
		get_register(vcpu, child->id, vp, HVP_REGISTER_RDX),
	} };
}

static void run_until_intercept(struct child *child, u32 vp)
{
	struct hvp_dispatch_vp_out out;

	do {
		REQUIRE_STATUS(dispatch_vp(child->vcpu, child->id, vp,
					   HVP_DISPATCH_CLEAR_INTERCEPT_SUSPEND, &out), SUCCESS);
	} while (out.state == HVP_DISPATCH_READY && out.event != HVP_DISPATCH_EVENT_INTERCEPT);
	REQUIRE_EQUAL(out.state, HVP_DISPATCH_READY);
}

/* What the child itself gets. */
static struct hvp_cpuid_value cpuid_of(struct child *child, u32 vp, u32 leaf, u32 subleaf)
{
	ask_cpuid(child, vp, leaf, subleaf);
	run_until_intercept(child, vp);
	EXPECT_EQUAL(get_register(child->vcpu, child->id, vp, HVP_REGISTER_RIP), CODE_AT + 14);
	return cpuid_registers(child, vp);
}

enum { EAX, EBX, ECX, EDX };

static void it_is_a_processor_of_its_own(void)
{
	const struct hvp_create_partition_in in = {};
	struct child child = new_child_with(new_guest(), &in, QEMU_FEATURES, 0);
	struct hvp_cpuid_value value = cpuid_of(&child, 0, 1, 0);

	/* Hypervisor, no VMX, no x2APIC; APIC ID 0 */
	EXPECT_EQUAL(value.registers[ECX] & (1U << 31 | 1 << 5 | 1 << 21), 1U << 31);
	EXPECT_EQUAL(value.registers[EBX] >> 24, 0);
	value = cpuid_of(&child, 0, 0x80000001, 0);
	EXPECT_EQUAL(value.registers[ECX] & (1 << 2 | 1 << 12), 0);
	value = cpuid_of(&child, 0, 0x40000000, 0);
	EXPECT_EQUAL(value.registers[EAX], 0x40000006);
	EXPECT(!memcmp(&value.registers[EBX], "Microsoft Hv", 12));
	value = cpuid_of(&child, 0, 0x40000001, 0);
	EXPECT(!memcmp(&value.registers[EAX], "Hv#1", 4));
	value = cpuid_of(&child, 0, 0x40000003, 0);
	EXPECT_EQUAL(value.registers[EAX], QEMU_PRIVILEGES);
	EXPECT_EQUAL(value.registers[EBX], 0);
	/* Direct mode of timers, and none of those that QEMU does not give */
	EXPECT_EQUAL(value.registers[EDX] & (1 << 19), 1 << 19);
	value = cpuid_of(&child, 0, 0x40000004, 0);
	/* TLB flush and IPIs, but not by extended masks; no virtualization of its own */
	EXPECT_EQUAL(value.registers[EAX] & (1 << 2 | 1 << 10 | 1 << 11 | 1 << 14),
		     1 << 2 | 1 << 10);
	value = cpuid_of(&child, 0, 0x4000000a, 0);
	EXPECT_EQUAL(value.registers[EAX], 0);
}

/* What belongs to state that a parent could not save: CET and AMX. */
static void some_features_no_child_has(void)
{
	struct child child = new_child(new_guest());
	const u32 last = cpuid_of(&child, 0, 0, 0).registers[EAX];
	struct hvp_cpuid_value value;

	if (last < 0xd)
		case_skip("no XSAVE");
	value = cpuid_of(&child, 0, 7, 0);
	EXPECT_EQUAL(value.registers[ECX] & 1 << 7, 0);
	EXPECT_EQUAL(value.registers[EDX] & (1 << 20 | 1 << 22 | 1 << 24 | 1 << 25), 0);
	value = cpuid_of(&child, 0, 7, 1);
	EXPECT_EQUAL(value.registers[EAX] & 1 << 21, 0);
	EXPECT_EQUAL(value.registers[EDX] & 1 << 8, 0);
	value = cpuid_of(&child, 0, 0xd, 0);
	EXPECT_EQUAL(value.registers[EAX] & (1 << 17 | 1 << 18), 0);
	value = cpuid_of(&child, 0, 0xd, 1);
	EXPECT_EQUAL(value.registers[EAX] & 1 << 4, 0);
	EXPECT_EQUAL(value.registers[ECX] & (1 << 11 | 1 << 12), 0);
	EXPECT_EQUAL(cpuid_of(&child, 0, 0xd, 11).registers[EAX], 0);
	EXPECT_EQUAL(cpuid_of(&child, 0, 0xd, 12).registers[EAX], 0);
	EXPECT_EQUAL(cpuid_of(&child, 0, 0xd, 17).registers[EAX], 0);
	EXPECT_EQUAL(cpuid_of(&child, 0, 0xd, 18).registers[EAX], 0);
	if (last >= 0x1d)
		EXPECT_EQUAL(cpuid_of(&child, 0, 0x1d, 1).registers[EAX], 0);
	if (last >= 0x1e)
		EXPECT_EQUAL(cpuid_of(&child, 0, 0x1e, 0).registers[EBX], 0);
}

static void without_features_it_has_none(void)
{
	struct child child = new_child(new_guest());
	struct hvp_cpuid_value value = cpuid_of(&child, 0, 0x40000003, 0);

	EXPECT_EQUAL(value.registers[EAX], 0);
	EXPECT_EQUAL(value.registers[EBX], 0);
}

static const struct disabled_feature {
	const char *name;
	u64 features[2], xsave;
	u32 leaf, subleaf;
	unsigned int reg, bit;
} disabled_features[] = {
	{ "sse3", { 1 << 0 }, 0, 1, 0, ECX, 0 },
	{ "sse42", { 1 << 4 }, 0, 1, 0, ECX, 20 },
	{ "popcnt", { 1 << 7 }, 0, 1, 0, ECX, 23 },
	{ "cx16", { 1 << 8 }, 0, 1, 0, ECX, 13 },
	{ "aes", { 1 << 16 }, 0, 1, 0, ECX, 25 },
	{ "rdrand", { 1 << 21 }, 0, 1, 0, ECX, 30 },
	{ "fsgsbase", { 1 << 22 }, 0, 7, 0, EBX, 0 },
	{ "smep", { 1 << 23 }, 0, 7, 0, EBX, 7 },
	{ "zero_fcs_fds", { 1ULL << 31 }, 0, 7, 0, EBX, 13 },
	{ "smap", { 1ULL << 35 }, 0, 7, 0, EBX, 20 },
	{ "rdtscp", { 1ULL << 38 }, 0, 0x80000001, 0, EDX, 27 },
	{ "xsaveerptr", { 1ULL << 42 }, 0, 0x80000008, 0, EBX, 2 },
	{ "ssbd", { 1ULL << 48 }, 0, 7, 0, EDX, 31 },
	{ "amd_ssbd", { 1ULL << 48 }, 0, 0x80000008, 0, EBX, 24 },
	{ "flush_l1d", { 1ULL << 50 }, 0, 7, 0, EDX, 28 },
	{ "amd_ssb_no", { 1ULL << 54 }, 0, 0x80000008, 0, EBX, 26 },
	{ "virt_ssbd", { 1ULL << 56 }, 0, 0x80000008, 0, EBX, 25 },
	{ "umip", { 1ULL << 58 }, 0, 7, 0, ECX, 2 },
	{ "la57", { 0, 1 << 4 }, 0, 7, 0, ECX, 16 },
	{ "intel_psfd", { 0, 1 << 7 }, 0, 7, 2, EDX, 0 },
	{ "amd_psfd", { 0, 1 << 7 }, 0, 0x80000008, 0, EBX, 28 },
	{ "tsc_deadline", { 0, 1 << 17 }, 0, 1, 0, ECX, 24 },
	{ "fzrm", { 0, 1 << 19 }, 0, 7, 1, EAX, 10 },
	{ "fsrs", { 0, 1 << 20 }, 0, 7, 1, EAX, 11 },
	{ "fsrc", { 0, 1 << 21 }, 0, 7, 1, EAX, 12 },
	{ "cmpccxadd", { 0, 1ULL << 40 }, 0, 7, 1, EAX, 7 },
	{ "bhi_ctrl", { 0, 1ULL << 44 }, 0, 7, 2, EDX, 4 },
	{ "prefetchiti", { 0, 1ULL << 45 }, 0, 7, 1, EDX, 14 },
	{ "amd_prefetchi", { 0, 1ULL << 45 }, 0, 0x80000021, 0, EAX, 20 },
	{ "sha512", { 0, 1ULL << 46 }, 0, 7, 1, EAX, 0 },
	{ "sm3", { 0, 1ULL << 50 }, 0, 7, 1, EAX, 1 },
	{ "sm4", { 0, 1ULL << 51 }, 0, 7, 1, EAX, 2 },
	{ "sbpb", { 0, 1ULL << 54 }, 0, 0x80000021, 0, EAX, 27 },
	{ "ibpb_brtype", { 0, 1ULL << 55 }, 0, 0x80000021, 0, EAX, 28 },
	{ "srso_no", { 0, 1ULL << 56 }, 0, 0x80000021, 0, EAX, 29 },
	{ "srso_user_kernel_no", { 0, 1ULL << 57 }, 0, 0x80000021, 0, EAX, 30 },
	{ "verw_clear", { 0, 1ULL << 58 }, 0, 0x80000021, 0, EAX, 5 },
	{ "tsa_l1_no", { 0, 1ULL << 59 }, 0, 0x80000021, 0, ECX, 2 },
	{ "tsa_sq_no", { 0, 1ULL << 60 }, 0, 0x80000021, 0, ECX, 1 },
	{ "tsa_fill_no", { 0, 1ULL << 63 }, 0, 0x80000021, 0, ECX, 7 },
	{ "xsave", {}, 1 << 0, 1, 0, ECX, 26 },
	{ "xsaveopt", {}, 1 << 1, 0xd, 1, EAX, 0 },
	{ "avx", {}, 1 << 2, 1, 0, ECX, 28 },
	{ "avx_state", {}, 1 << 2, 0xd, 0, EAX, 2 },
	{ "avx2", {}, 1 << 3, 7, 0, EBX, 5 },
	{ "avx512", {}, 1 << 6, 7, 0, EBX, 16 },
	{ "avx512_state", {}, 1 << 6, 0xd, 0, EAX, 6 },
	{ "xsavec", {}, 1 << 11, 0xd, 1, EAX, 1 },
	{ "avx_ifma", {}, 1ULL << 31, 7, 1, EAX, 23 },
	{ "avx_ne_convert", {}, 1ULL << 32, 7, 1, EDX, 5 },
	{ "avx_vnni_int8", {}, 1ULL << 33, 7, 1, EDX, 4 },
	{ "avx_vnni_int16", {}, 1ULL << 34, 7, 1, EDX, 10 },
	{ "avx10", {}, 1ULL << 35, 7, 1, EDX, 19 },
	{ "avx10_512", {}, 1ULL << 36, 0x24, 0, EBX, 18 },
};

static void is_disabled(const void *data)
{
	const struct disabled_feature *row = data;
	const struct hvp_create_partition_in in = {
		.disabled_processor_features = { row->features[0], row->features[1] },
		.disabled_xsave_features = row->xsave,
	};
	struct vcpu *vcpu = new_guest();
	struct child with = new_child(vcpu), without = new_child_with(vcpu, &in, 0, 0);
	struct hvp_cpuid_value value = cpuid_of(&with, 0, row->leaf & 1U << 31, 0);

	/* Intel's processors answer with another leaf. */
	if (row->leaf > value.registers[EAX])
		case_skip("no such leaf here");
	value = cpuid_of(&without, 0, row->leaf, row->subleaf);
	EXPECT_EQUAL(value.registers[row->reg] >> row->bit & 1, 0);
	value = cpuid_of(&with, 0, row->leaf, row->subleaf);
	if (!(value.registers[row->reg] >> row->bit & 1))
		case_skip("no child has it here");
}

/* Without AVX, an area has no place for it. */
static void an_area_is_as_long_as_it_has_to_be(void)
{
	const struct hvp_create_partition_in in = { .disabled_xsave_features = ~1ULL };
	struct child child = new_child_with(new_guest(), &in, 0, 0);
	struct hvp_cpuid_value value = cpuid_of(&child, 0, 0xd, 0);

	if (!value.registers[EAX])
		case_skip("no XSAVE");
	EXPECT_EQUAL(value.registers[EAX] & ~0x203, 0);
	if (value.registers[EAX] == 3)
		EXPECT_EQUAL(value.registers[ECX], 576);
	EXPECT_EQUAL(cpuid_of(&child, 0, 0xd, 2).registers[EAX], 0);
}

static void topology_is_by_vp_index(void)
{
	const struct hvp_create_partition_in in = {};
	struct child child = new_child_with(new_guest(), &in, 0, 4);
	struct hvp_cpuid_value value;
	u32 cores;

	child_add_vp(&child, 5, 0);
	value = cpuid_of(&child, 5, 1, 0);
	EXPECT_EQUAL(value.registers[EBX] >> 24, 5);
	EXPECT_EQUAL(value.registers[EBX] >> 16 & 0xff, 4);
	EXPECT_EQUAL(value.registers[EDX] >> 28 & 1, 1);
	if (cpuid_of(&child, 5, 0, 0).registers[EAX] >= 0xb) {
		value = cpuid_of(&child, 5, 0xb, 0);
		EXPECT_EQUAL(value.registers[EAX], 0);
		EXPECT_EQUAL(value.registers[EBX], 1);
		EXPECT_EQUAL(value.registers[ECX], 1 << 8);
		EXPECT_EQUAL(value.registers[EDX], 5);
		value = cpuid_of(&child, 5, 0xb, 1);
		EXPECT_EQUAL(value.registers[EAX], 2);
		EXPECT_EQUAL(value.registers[EBX], 4);
		EXPECT_EQUAL(value.registers[ECX], 2 << 8 | 1);
		EXPECT_EQUAL(value.registers[EDX], 5);
		value = cpuid_of(&child, 5, 0xb, 2);
		EXPECT_EQUAL(value.registers[EBX], 0);
		EXPECT_EQUAL(value.registers[ECX], 2);
		EXPECT_EQUAL(value.registers[EDX], 5);
	}
	cores = cpuid_of(&child, 5, 0x80000008, 0).registers[ECX];
	EXPECT_EQUAL(cores & 0xf0ff, 2 << 12 | 3);
	value = cpuid_of(&child, 5, 0x8000001e, 0);
	/* On AMD's: the second of socket 1 */
	if (value.registers[EAX]) {
		EXPECT_EQUAL(value.registers[EAX], 5);
		EXPECT_EQUAL(value.registers[EBX], 1);
		EXPECT_EQUAL(value.registers[ECX], 1);
	}
}

static u32 cores_of(struct child *child, u32 vp)
{
	return cpuid_of(child, vp, 1, 0).registers[EBX] >> 16 & 0xff;
}

/* As cloud-hypervisor sets it; those that have run stay as they are. */
static void topology_is_set_later(void)
{
	const struct hvp_create_partition_in in = {};
	struct child child = new_child_with(new_guest(), &in, 0, 4);
	unsigned int i;

	child_add_vp(&child, 1, 0);
	child_add_vp(&child, 2, 0);
	for (i = 1; i < 3; i++) {
		REQUIRE_STATUS(set_partition_property(child.vcpu, child.id,
						      PROPERTY_PROCESSORS_PER_SOCKET, 8 * i),
			       SUCCESS);
		EXPECT_EQUAL(cores_of(&child, i), 8 * i);
		EXPECT_EQUAL(cores_of(&child, 1), 8);
	}
}

static struct hvp_intercept_result_in cpuid_result(u64 id, u32 vp, u32 leaf)
{
	return (struct hvp_intercept_result_in){
		.partition_id = id, .vp_index = vp, .type = HVP_INTERCEPT_CPUID,
		.cpuid.leaf = leaf,
	};
}

static void results_are_answered(void)
{
	struct child child = new_child(new_guest());
	struct hvp_intercept_result_in in = cpuid_result(child.id, 0, 1);
	struct vcpu *vcpu = child.vcpu;
	struct hvp_cpuid_value before, value;

	child_add_vp(&child, 1, 0);
	before = cpuid_of(&child, 0, 1, 0);
	in.cpuid.registers[EAX] = (struct hvp_masked_register){ 0x00a20f12, ~0U };
	in.cpuid.registers[EBX] = (struct hvp_masked_register){ 0x1200, 0xff00 };
	in.cpuid.registers[ECX] = (struct hvp_masked_register){ 0, 1 << 31 };
	EXPECT_STATUS(register_intercept_result(vcpu, &in), SUCCESS);
	/* It has run already, and is another one from now on. */
	value = cpuid_of(&child, 0, 1, 0);
	EXPECT_EQUAL(value.registers[EAX], 0x00a20f12);
	EXPECT_EQUAL(value.registers[EBX], (before.registers[EBX] & ~0xff00U) | 0x1200);
	EXPECT_EQUAL(value.registers[ECX], before.registers[ECX] & ~(1U << 31));
	EXPECT_EQUAL(value.registers[EDX], before.registers[EDX]);
	EXPECT_EQUAL(cpuid_of(&child, 1, 1, 0).registers[EAX], before.registers[EAX]);

	in = cpuid_result(child.id, HVP_VP_INDEX_ALL, 4);
	in.cpuid.subleaf = 3;
	in.cpuid.subleaf_specific = 1;
	in.cpuid.registers[EAX] = (struct hvp_masked_register){ 0x77, ~0U };
	EXPECT_STATUS(register_intercept_result(vcpu, &in), SUCCESS);
	EXPECT_EQUAL(cpuid_of(&child, 0, 4, 3).registers[EAX], 0x77);
	EXPECT_EQUAL(cpuid_of(&child, 1, 4, 3).registers[EAX], 0x77);
	EXPECT(cpuid_of(&child, 1, 4, 2).registers[EAX] != 0x77);
}

/* What QEMU registers for a virtual processor: more than a hundred, each as it is. */
static void as_many_as_qemu_has(void)
{
	struct child child = new_child(new_guest());
	struct vcpu *vcpu = child.vcpu;
	unsigned int i;

	for (i = 0; i < 160; i++) {
		struct hvp_intercept_result_in in = cpuid_result(child.id, 0, 0xd);

		in.cpuid.subleaf = i;
		in.cpuid.subleaf_specific = 1;
		in.cpuid.always_override = 1;
		in.cpuid.registers[EAX] = (struct hvp_masked_register){ i, ~0U };
		REQUIRE_STATUS(register_intercept_result(vcpu, &in), SUCCESS);
	}
	EXPECT_EQUAL(cpuid_of(&child, 0, 0xd, 0).registers[EAX], 0);
	EXPECT_EQUAL(cpuid_of(&child, 0, 0xd, 63).registers[EAX], 63);
	EXPECT_EQUAL(cpuid_of(&child, 0, 0xd, 159).registers[EAX], 159);
}

static void cpuid_is_intercepted(void)
{
	struct child child = new_child(new_guest());
	const struct hvp_message *message;
	struct hvp_cpuid_value value;
	struct vcpu *vcpu = child.vcpu;

	value = cpuid_of(&child, 0, 0x40000000, 0);
	EXPECT_STATUS(install_intercept(vcpu, child.id, HVP_INTERCEPT_CPUID,
					HVP_INTERCEPT_MASK_EXECUTE, 0x40000000), SUCCESS);
	ask_cpuid(&child, 0, 0x40000000, 0x1234);
	message = child_intercept(&child);
	EXPECT_EQUAL(message->header.type, HVP_MESSAGE_CPUID_INTERCEPT);
	EXPECT_EQUAL(message->payload.cpuid.header.rip, CPUID_AT);
	EXPECT_EQUAL(message->payload.cpuid.header.length_and_cr8 & 0xf, 2);
	EXPECT_EQUAL(message->payload.cpuid.rax, 0x40000000);
	EXPECT_EQUAL(message->payload.cpuid.rcx, 0x1234);
	EXPECT_EQUAL(message->payload.cpuid.default_rax, value.registers[EAX]);
	EXPECT_EQUAL(message->payload.cpuid.default_rbx, value.registers[EBX]);
	EXPECT_EQUAL(message->payload.cpuid.default_rcx, value.registers[ECX]);
	EXPECT_EQUAL(message->payload.cpuid.default_rdx, value.registers[EDX]);
	EXPECT_EQUAL(get_register(vcpu, child.id, 0, HVP_REGISTER_RIP), CPUID_AT);
	EXPECT_EQUAL(get_register(vcpu, child.id, 0, HVP_REGISTER_RAX), 0x40000000);
	/* Nothing has happened: it is told again. */
	EXPECT_EQUAL(child_intercept(&child)->header.type, HVP_MESSAGE_CPUID_INTERCEPT);
	EXPECT_EQUAL(cpuid_of(&child, 0, 0x40000001, 0).registers[EAX], 0x31237648);
	EXPECT_STATUS(install_intercept(vcpu, child.id, HVP_INTERCEPT_CPUID, 0, 0x40000000),
		      SUCCESS);
	value = cpuid_of(&child, 0, 0x40000000, 0);
	EXPECT_EQUAL(value.registers[EAX], 0x40000006);
}

/* mov $msr, %ecx; rdmsr or wrmsr; out %al, $0x80; and behind a #GP: out %al, $0x81 */
static void use_msr(struct child *child, u32 msr, bool write)
{
	u8 code[] = { 0x66, 0xb9, 0, 0, 0, 0, 0x0f, write ? 0x30 : 0x32, 0xe6, 0x80 };
	static const u8 fault[] = { 0xe6, 0x81 };
	const u16 vector[] = { FAULT_AT, 0 };
	u8 *page = child_page(child, child->code);

	memcpy(&code[2], &msr, sizeof(msr));
	memcpy(page + CODE_AT, code, sizeof(code));
	memcpy(page + FAULT_AT, fault, sizeof(fault));
	memcpy(page + 4 * GENERAL_PROTECTION, vector, sizeof(vector));
	set_register(child->vcpu, child->id, 0, HVP_REGISTER_RIP, CODE_AT);
	set_register(child->vcpu, child->id, 0, HVP_REGISTER_RSP, HVP_PAGE_SIZE);
	set_register(child->vcpu, child->id, 0, HVP_REGISTER_RAX, 0x5555);
	set_register(child->vcpu, child->id, 0, HVP_REGISTER_RDX, 0x6666);
}

#define MSR_AT	(CODE_AT + 6)

static void msr_faults(struct child *child, bool write)
{
	use_msr(child, UNKNOWN_MSR, write);
	EXPECT_EQUAL(child_intercept(child)->payload.io_port.port, 0x81);
}

static void msr_is_ignored(struct child *child, bool write)
{
	use_msr(child, UNKNOWN_MSR, write);
	EXPECT_EQUAL(child_intercept(child)->payload.io_port.port, 0x80);
	if (write)
		return;
	EXPECT_EQUAL(get_register(child->vcpu, child->id, 0, HVP_REGISTER_RAX), 0);
	EXPECT_EQUAL(get_register(child->vcpu, child->id, 0, HVP_REGISTER_RDX), 0);
}

static void unknown_msrs_are_as_the_property_says(void)
{
	struct child child = new_child(new_guest());
	unsigned int write;

	for (write = 0; write < 2; write++) {
		msr_faults(&child, write);
		REQUIRE_STATUS(set_partition_property(child.vcpu, child.id,
						      PROPERTY_UNIMPLEMENTED_MSR_ACTION, 1),
			       SUCCESS);
		msr_is_ignored(&child, write);
		REQUIRE_STATUS(set_partition_property(child.vcpu, child.id,
						      PROPERTY_UNIMPLEMENTED_MSR_ACTION, 0),
			       SUCCESS);
	}
	msr_faults(&child, false);
}

static void unknown_msrs_have_results(void)
{
	struct child child = new_child(new_guest());
	struct hvp_intercept_result_in in = {
		.partition_id = child.id,
		.vp_index = HVP_VP_INDEX_ALL,
		.type = HVP_INTERCEPT_MSR,
		.msr = { UNKNOWN_MSR, HVP_INTERCEPT_MASK_READ, HVP_MSR_IGNORE },
	};

	EXPECT_STATUS(register_intercept_result(child.vcpu, &in), SUCCESS);
	msr_is_ignored(&child, false);
	msr_faults(&child, true);
	in.vp_index = 0;
	in.msr.access = HVP_INTERCEPT_MASK_READ | HVP_INTERCEPT_MASK_WRITE;
	in.msr.action = HVP_MSR_FAULT;
	EXPECT_STATUS(register_intercept_result(child.vcpu, &in), SUCCESS);
	msr_faults(&child, false);
}

static void unknown_msrs_are_intercepted(void)
{
	struct child child = new_child(new_guest());
	const struct hvp_message *message;
	struct vcpu *vcpu = child.vcpu;
	unsigned int write;

	EXPECT_STATUS(install_intercept(vcpu, child.id, HVP_INTERCEPT_MSR,
					HVP_INTERCEPT_MASK_READ | HVP_INTERCEPT_MASK_WRITE, 0),
		      SUCCESS);
	for (write = 0; write < 2; write++) {
		use_msr(&child, UNKNOWN_MSR, write);
		message = child_intercept(&child);
		EXPECT_EQUAL(message->header.type, HVP_MESSAGE_MSR_INTERCEPT);
		EXPECT_EQUAL(message->payload.msr.header.rip, MSR_AT);
		EXPECT_EQUAL(message->payload.msr.header.access, write);
		EXPECT_EQUAL(message->payload.msr.header.length_and_cr8 & 0xf, 2);
		EXPECT_EQUAL(message->payload.msr.msr, UNKNOWN_MSR);
		EXPECT_EQUAL(message->payload.msr.rax, 0x5555);
		EXPECT_EQUAL(message->payload.msr.rdx, 0x6666);
		EXPECT_EQUAL(get_register(vcpu, child.id, 0, HVP_REGISTER_RIP), MSR_AT);
		/* The parent answers, and says where it goes on. */
		set_register(vcpu, child.id, 0, HVP_REGISTER_RAX, 0x77);
		set_register(vcpu, child.id, 0, HVP_REGISTER_RIP, MSR_AT + 2);
		message = child_intercept(&child);
		EXPECT_EQUAL(message->payload.io_port.port, 0x80);
		EXPECT_EQUAL(message->payload.io_port.rax, 0x77);
	}
	/* One that KVM has is KVM's: the TSC. */
	use_msr(&child, 0x10, false);
	EXPECT_EQUAL(child_intercept(&child)->payload.io_port.port, 0x80);
}

/* KVM counts them as they are made. */
static void a_vp_index_is_the_parents(void)
{
	static const struct hvp_create_partition_in in = {};
	struct child child = new_child_with(new_guest(), &in, QEMU_FEATURES, 0);
	struct hvp_dispatch_vp_out out;

	use_msr(&child, HV_X64_MSR_VP_INDEX, false);
	child_add_vp(&child, 5, CODE_AT);
	do {
		REQUIRE_STATUS(dispatch_vp(child.vcpu, child.id, 5, 0, &out), SUCCESS);
	} while (out.state == HVP_DISPATCH_READY && !out.event);
	REQUIRE_EQUAL(out.event, HVP_DISPATCH_EVENT_INTERCEPT);
	EXPECT_EQUAL(get_register(child.vcpu, child.id, 5, HVP_REGISTER_RAX), 5);
}

/*
 * KVM lays nothing over a page that an MSR names: it writes to the page.  Where that has no access,
 * the parent gets to know, and not the child; also of memory of which KVM does not know yet.
 */
static void msrs_name_a_page(void)
{
	static const struct hvp_create_partition_in in = { .flags = HVP_CREATE_LAPIC };
	static const struct {
		u32 msr;
		u64 gpn;
	} rows[] = {
		{ HV_X64_MSR_HYPERCALL, 1 },
		{ HV_X64_MSR_HYPERCALL, 0x10000 },
		{ MSR_HYPERV_VP_ASSIST, 0x20000 },
	};
	static const u64 nowhere[] = { 3, 0x30000 };
	struct child child = new_child_with(new_guest(), &in, QEMU_FEATURES, 0);
	unsigned int i;
	u64 page;

	set_register(child.vcpu, child.id, 0, HVP_REGISTER_GUEST_OS_ID, 1);
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		child_deny(&child, rows[i].gpn);
		use_msr(&child, rows[i].msr, true);
		set_register(child.vcpu, child.id, 0, HVP_REGISTER_RAX, rows[i].gpn << 12 | 1);
		set_register(child.vcpu, child.id, 0, HVP_REGISTER_RDX, 0);
		page = child_wants_page(&child, MSR_AT, rows[i].gpn);
		EXPECT_EQUAL(child_intercept(&child)->payload.io_port.port, 0x80);
		EXPECT(*(u32 *)child_page(&child, page) != ~0U);
	}
	/* Where there is none, it is the child's mistake, whether KVM has others near it or not. */
	for (i = 0; i < ARRAY_SIZE(nowhere); i++) {
		use_msr(&child, HV_X64_MSR_HYPERCALL, true);
		set_register(child.vcpu, child.id, 0, HVP_REGISTER_RAX, nowhere[i] << 12 | 1);
		set_register(child.vcpu, child.id, 0, HVP_REGISTER_RDX, 0);
		EXPECT_EQUAL(child_intercept(&child)->payload.io_port.port, 0x81);
	}
}

static u64 parents_time(const struct child *child)
{
	u64 time;

	REQUIRE_STATUS(get_partition_property(child->vcpu, child->id, PROPERTY_REFERENCE_TIME,
					      &time), SUCCESS);
	return time;
}

/* Two clocks of the host's, set one after the other, and of slightly different speed: 20 ms */
#define NEARLY	200000

/* The child sees the time that its parent sees, from @least on. */
static void expect_one_time(struct child *child, u64 least)
{
	u64 before = parents_time(child), time;

	use_msr(child, HV_X64_MSR_TIME_REF_COUNT, false);
	REQUIRE_EQUAL(child_intercept(child)->payload.io_port.port, 0x80);
	time = get_register(child->vcpu, child->id, 0, HVP_REGISTER_RDX) << 32 |
	       get_register(child->vcpu, child->id, 0, HVP_REGISTER_RAX);
	EXPECT(before >= least);
	EXPECT(time + NEARLY >= before);
	EXPECT(time <= parents_time(child) + NEARLY);
}

static void set_time_property(const struct child *child, u32 code, u64 value)
{
	REQUIRE_STATUS(set_partition_property(child->vcpu, child->id, code, value), SUCCESS);
}

static void time_is_its_partitions(void)
{
	static const struct hvp_create_partition_in in = { .flags = HVP_CREATE_LAPIC };
	static const u64 times[] = { 1ULL << 50, 12345 };
	struct child child = new_child_with(new_guest(), &in, QEMU_FEATURES, 0);
	u64 time;
	unsigned int i;

	usleep(100000);
	expect_one_time(&child, 1000000);
	/* It has stood still. */
	set_time_property(&child, PROPERTY_TIME_FREEZE, 1);
	time = parents_time(&child);
	usleep(300000);
	EXPECT_EQUAL(parents_time(&child), time);
	set_time_property(&child, PROPERTY_TIME_FREEZE, 0);
	expect_one_time(&child, time);
	/* It is set, as for a child that goes on where another has been. */
	for (i = 0; i < ARRAY_SIZE(times); i++) {
		set_time_property(&child, PROPERTY_TIME_FREEZE, 1);
		set_time_property(&child, PROPERTY_REFERENCE_TIME, times[i]);
		usleep(100000);
		EXPECT_EQUAL(parents_time(&child), times[i]);
		set_time_property(&child, PROPERTY_TIME_FREEZE, 0);
		expect_one_time(&child, times[i]);
	}
}

/* The same as the child gets, with results and without. */
static void values_are_told(void)
{
	static const u32 asked[][2] = {
		{ 0, 0 }, { 1, 0 }, { 7, 0 }, { 0xb, 0 }, { 0xb, 1 }, { 0xb, 2 }, { 0xd, 0 },
		{ 0xd, 1 }, { 0xd, 2 }, { 0x40000000, 0 }, { 0x40000003, 0 }, { 0x80000001, 0 },
		{ 0x80000008, 0 },
	};
	struct child child = new_child(new_guest());
	struct hvp_intercept_result_in in = cpuid_result(child.id, 0, 0x80000001);
	struct hvp_cpuid_leaf leaves[ARRAY_SIZE(asked)];
	struct hvp_cpuid_value values[ARRAY_SIZE(asked)];
	struct vcpu *vcpu = child.vcpu;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(asked); i++)
		leaves[i] = (struct hvp_cpuid_leaf){ .leaf = asked[i][0], .subleaf = asked[i][1] };
	in.cpuid.registers[EAX] = (struct hvp_masked_register){ 0x99, ~0U };
	REQUIRE_STATUS(register_intercept_result(vcpu, &in), SUCCESS);
	REQUIRE_RESULT(get_cpuid_values(vcpu, child.id, 0,
					HVP_CPUID_OWN_STATES | HVP_CPUID_APPLY_RESULTS, leaves,
					values, ARRAY_SIZE(asked)), SUCCESS, ARRAY_SIZE(asked));
	for (i = 0; i < ARRAY_SIZE(asked); i++) {
		struct hvp_cpuid_value value = cpuid_of(&child, 0, asked[i][0], asked[i][1]);
		unsigned int reg;

		for (reg = 0; reg < 4; reg++) {
			if (value.registers[reg] != values[i].registers[reg])
				fail_at(__FILE__, __LINE__, "leaf %#x, %u, %u: %#x, not %#x",
					asked[i][0], asked[i][1], reg, values[i].registers[reg],
					value.registers[reg]);
		}
	}
	leaves[0] = (struct hvp_cpuid_leaf){ .leaf = 0x80000001 };
	REQUIRE_RESULT(get_cpuid_values(vcpu, child.id, 0, 0, leaves, values, 1), SUCCESS, 1);
	EXPECT(values[0].registers[EAX] != 0x99);
	/* As if it had enabled AVX, and as if not */
	leaves[0] = (struct hvp_cpuid_leaf){ 0xd, 0, 7, 0 };
	leaves[1] = (struct hvp_cpuid_leaf){ 0xd, 0, 1, 0 };
	leaves[2] = (struct hvp_cpuid_leaf){ 0xd, 2, 0, 0 };
	REQUIRE_RESULT(get_cpuid_values(vcpu, child.id, 0, 0, leaves, values, 3), SUCCESS, 3);
	if (values[2].registers[EAX]) {
		EXPECT_EQUAL(values[1].registers[EBX], 576);
		EXPECT_EQUAL(values[0].registers[EBX],
			     values[2].registers[EAX] + values[2].registers[EBX]);
	}
}

/* In 32-bit code at GPA 0: an initialize call by registers, and then an OUT.  Return: its answer */
static u64 call_by_itself(struct child *child)
{
	static const u8 code[] = {
		0xb8, 0x41, 0x00, 0x00, 0x00,	/* mov $0x41, %eax: HvInitializePartition */
		0x31, 0xd2,			/* xor %edx, %edx */
		0x31, 0xdb,			/* xor %ebx, %ebx */
		0xb9, 0x00, 0x00, 0x00, 0x00,	/* mov $0, %ecx: the input is at 0 */
		0x0f, 0x01, 0xc1,		/* vmcall */
		0xe6, 0x80,			/* out %al, $0x80 */
	};
	const struct hvp_segment_register cs = {
		.limit = ~0U, .selector = 8, .attributes = 0xc09b,
	};
	struct hvp_register_assoc assoc = { .name = HVP_REGISTER_CS };
	u8 *page = child_page(child, child->code);
	struct vcpu *vcpu = child->vcpu;
	u32 eax, vendor, ecx, edx;

	memcpy(page + CODE_AT, code, sizeof(code));
	__cpuid(0, eax, vendor, ecx, edx);
	if (vendor != 0x756e6547)	/* "Genu" */
		page[CODE_AT + 16] = 0xd9;	/* vmmcall */
	memcpy(&assoc.value, &cs, sizeof(cs));
	REQUIRE_RESULT(set_registers(vcpu, child->id, 0, &assoc, 1), SUCCESS, 1);
	set_register(vcpu, child->id, 0, HVP_REGISTER_CR0, 0x60000011);
	set_register(vcpu, child->id, 0, HVP_REGISTER_GUEST_OS_ID, 1);
	set_register(vcpu, child->id, 0, HVP_REGISTER_RIP, CODE_AT);
	EXPECT_EQUAL(child_intercept(child)->header.type, HVP_MESSAGE_IO_PORT_INTERCEPT);
	return get_register(vcpu, child->id, 0, HVP_REGISTER_RAX);
}

static void its_own_partition_calls_are_denied(void)
{
	const struct hvp_create_partition_in in = {};
	struct child child = new_child_with(new_guest(), &in, QEMU_FEATURES, 0);
	struct vcpu *vcpu = child.vcpu;

	EXPECT_EQUAL(call_by_itself(&child), HVP_STATUS_ACCESS_DENIED);
	/* The form comes before: a rep count that the call does not have */
	set_register(vcpu, child.id, 0, HVP_REGISTER_RDX, 1);
	set_register(vcpu, child.id, 0, HVP_REGISTER_RIP, CODE_AT + 7);
	set_register(vcpu, child.id, 0, HVP_REGISTER_RAX, 0x41);
	EXPECT_EQUAL(child_intercept(&child)->header.type, HVP_MESSAGE_IO_PORT_INTERCEPT);
	EXPECT_EQUAL(get_register(vcpu, child.id, 0, HVP_REGISTER_RAX),
		     HVP_STATUS_INVALID_HYPERCALL_INPUT);
}

#define MOST_CPUID_ENTRIES	256

struct giver {
	struct kvm_cpuid2 *arguments;
	struct kvm_cpuid_entry2 *entry;
	pid_t task;
};

/* In the arguments that KVM had last, which were a processor's whole CPUID. */
static void find_privileges(void *start, size_t size, void *arg)
{
	struct giver *giver = arg;
	unsigned int i;

	if (size != 4 * HVP_PAGE_SIZE)
		return;
	giver->arguments = start;
	for (i = 0; i < MOST_CPUID_ENTRIES && !giver->entry; i++) {
		if (giver->arguments->entries[i].function == 0x40000003)
			giver->entry = &giver->arguments->entries[i];
	}
}

/* The privileges of a parent, whenever KVM has begun to read its arguments. */
static void *give_privileges(void *arg)
{
	const struct sched_param first = { .sched_priority = 1 };
	struct giver *giver = arg;
	sigset_t signals;
	int signal;

	if (pthread_setschedparam(pthread_self(), SCHED_FIFO, &first))
		die("no priority");
	sigemptyset(&signals);
	sigaddset(&signals, SIGIO);
	__atomic_store_n(&giver->task, gettid(), __ATOMIC_RELEASE);
	while (!sigwait(&signals, &signal)) {
		if (__atomic_load_n(&giver->entry->function, __ATOMIC_RELAXED) == 0x40000003)
			__atomic_store_n(&giver->entry->ebx, 7, __ATOMIC_RELAXED);
	}
	return NULL;
}

/*
 * KVM reads how many entries there are, and then, once it has memory for them, the entries.  A
 * breakpoint tells the giver of the first, and it comes before the second, being on the same CPU.
 * Return: the breakpoint, which is not enabled
 */
static int begin_to_give(struct giver *giver)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_BREAKPOINT, .size = sizeof(attr), .sample_period = 1,
		.bp_type = HW_BREAKPOINT_RW, .bp_addr = (unsigned long)&giver->arguments->nent,
		.bp_len = HW_BREAKPOINT_LEN_4, .disabled = true,
	};
	const int breakpoint = syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0);
	struct f_owner_ex owner = { .type = F_OWNER_TID };
	sigset_t signals;
	pthread_t thread;
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(0, &one);
	sigemptyset(&signals);
	sigaddset(&signals, SIGIO);
	if (sched_setaffinity(0, sizeof(one), &one) ||
	    pthread_sigmask(SIG_BLOCK, &signals, NULL) ||
	    pthread_create(&thread, NULL, give_privileges, giver))
		die("no thread: %m");
	while (!(owner.pid = __atomic_load_n(&giver->task, __ATOMIC_ACQUIRE)))
		usleep(10);
	if (breakpoint < 0 || fcntl(breakpoint, F_SETOWN_EX, &owner) ||
	    fcntl(breakpoint, F_SETFL, O_ASYNC))
		die("no breakpoint: %m");
	return breakpoint;
}

static u32 privileges_of(struct child *child)
{
	const struct hvp_cpuid_leaf leaf = { .leaf = 0x40000003 };
	struct hvp_cpuid_value value;

	REQUIRE_RESULT(get_cpuid_values(child->vcpu, child->id, 0, 0, &leaf, &value, 1),
		       SUCCESS, 1);
	return value.registers[EBX] & 7;
}

/* What a VMM gives a child behind its parent's back makes it no parent. */
static void privileges_from_the_vmm_are_none(void)
{
	const struct hvp_create_partition_in in = {};
	struct child child = new_child_with(new_guest(), &in, QEMU_FEATURES, 0);
	struct vcpu *vcpu = child.vcpu;
	struct giver giver = {};
	int breakpoint;

	REQUIRE_EQUAL(privileges_of(&child), 0);
	REQUIRE_EQUAL(walk_areas(find_privileges, &giver) && giver.entry, true);
	REQUIRE_STATUS(delete_vp(vcpu, child.id, 0, FORM_MEMORY), SUCCESS);
	breakpoint = begin_to_give(&giver);
	REQUIRE_EQUAL(ioctl(breakpoint, PERF_EVENT_IOC_ENABLE), 0);
	REQUIRE_STATUS(create_vp(vcpu, child.id, 0), SUCCESS);
	REQUIRE_EQUAL(ioctl(breakpoint, PERF_EVENT_IOC_DISABLE), 0);
	REQUIRE_EQUAL(privileges_of(&child), 7);
	REQUIRE_STATUS(map_state_page(vcpu, child.id, 0, HVP_STATE_PAGE_INTERCEPT,
				      child.intercepts), SUCCESS);
	EXPECT_EQUAL(call_by_itself(&child), HVP_STATUS_ACCESS_DENIED);
}

static void whose(void)
{
	struct vcpu *vcpu = new_guest();
	const u64 early = create_child(vcpu), late = create_finalized_child(vcpu);
	const u64 ids[] = { NOBODY, SELF, early, late };
	static const enum hvp_status expected[] = {
		HVP_STATUS_INVALID_PARTITION_ID, HVP_STATUS_ACCESS_DENIED,
		HVP_STATUS_INVALID_PARTITION_STATE, HVP_STATUS_INVALID_PARTITION_STATE,
	};
	const struct hvp_cpuid_leaf leaf = {};
	struct hvp_cpuid_value value;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ids); i++) {
		struct hvp_intercept_result_in in = cpuid_result(ids[i], 0, 1);

		/* Before anything else is looked at */
		in.type = 99;
		EXPECT_EQUAL(install_intercept(vcpu, ids[i], 99, 0, 0), expected[i]);
		EXPECT_EQUAL(register_intercept_result(vcpu, &in), expected[i]);
		EXPECT_EQUAL(get_cpuid_values(vcpu, ids[i], 0, ~0U, &leaf, &value, 1),
			     expected[i]);
	}
}

static const struct intercept {
	const char *name;
	u32 type, access;
	enum hvp_status status;
} intercepts[] = {
	{ "port", HVP_INTERCEPT_IO_PORT, 3, HVP_STATUS_SUCCESS },
	{ "port_execute", HVP_INTERCEPT_IO_PORT, 4, HVP_STATUS_INVALID_PARAMETER },
	{ "msr", HVP_INTERCEPT_MSR, 3, HVP_STATUS_SUCCESS },
	{ "msr_execute", HVP_INTERCEPT_MSR, 7, HVP_STATUS_INVALID_PARAMETER },
	{ "cpuid", HVP_INTERCEPT_CPUID, 4, HVP_STATUS_SUCCESS },
	{ "cpuid_read", HVP_INTERCEPT_CPUID, 1, HVP_STATUS_INVALID_PARAMETER },
	{ "exception", 3, 4, HVP_STATUS_INVALID_PARAMETER },
	{ "hypercall", 8, 4, HVP_STATUS_INVALID_PARAMETER },
	{ "nothing", ~0U, 0, HVP_STATUS_INVALID_PARAMETER },
};

static void an_intercept(const void *data)
{
	struct child child = new_child(new_guest());
	const struct intercept *row = data;

	expect_result_at(__FILE__, __LINE__, row->name,
			 install_intercept(child.vcpu, child.id, row->type, row->access, 0),
			 row->status);
}

static void bad_results_and_questions(void)
{
	struct child child = new_child(new_guest());
	struct hvp_intercept_result_in in = cpuid_result(child.id, 3, 1);
	const struct hvp_cpuid_leaf leaf = { .leaf = 1 };
	struct vcpu *vcpu = child.vcpu;
	struct hvp_cpuid_value value;

	EXPECT_STATUS(register_intercept_result(vcpu, &in), INVALID_VP_INDEX);
	in.type = HVP_INTERCEPT_IO_PORT;
	EXPECT_STATUS(register_intercept_result(vcpu, &in), INVALID_VP_INDEX);
	in.vp_index = 0;
	EXPECT_STATUS(register_intercept_result(vcpu, &in), INVALID_PARAMETER);
	in.type = HVP_INTERCEPT_MSR;
	in.msr = (struct hvp_msr_result){ UNKNOWN_MSR, HVP_INTERCEPT_MASK_READ, 2 };
	EXPECT_STATUS(register_intercept_result(vcpu, &in), INVALID_PARAMETER);
	in.msr = (struct hvp_msr_result){ UNKNOWN_MSR, 0, 0 };
	EXPECT_STATUS(register_intercept_result(vcpu, &in), INVALID_PARAMETER);
	EXPECT_STATUS(get_cpuid_values(vcpu, child.id, 3, 0, &leaf, &value, 1), INVALID_VP_INDEX);
	EXPECT_STATUS(get_cpuid_values(vcpu, child.id, 0, 4, &leaf, &value, 1),
		      INVALID_PARAMETER);
}

/* The pool before the host's limit */
static void the_pool_pays(void)
{
	struct vcpu *vcpu = new_guest();
	const u64 id = create_active_child(vcpu);
	struct hvp_intercept_result_in in = cpuid_result(id, HVP_VP_INDEX_ALL, 0);
	struct hvp_memory_balance_out before;
	u64 result = 0;

	withdraw_all(vcpu, id);
	before = balance_of(vcpu, id);
	EXPECT_STATUS(install_intercept(vcpu, id, HVP_INTERCEPT_CPUID, 4, 0),
		      INSUFFICIENT_MEMORY);
	EXPECT_STATUS(register_intercept_result(vcpu, &in), INSUFFICIENT_MEMORY);
	deposit_new(vcpu, id, NULL, 50);
	for (in.cpuid.leaf = 0; in.cpuid.leaf < 1000 && result_success(result); in.cpuid.leaf++)
		result = register_intercept_result(vcpu, &in);
	EXPECT_EQUAL(result, HVP_STATUS_NO_RESOURCES);
	EXPECT_EQUAL(in.cpuid.leaf, 257);
	EXPECT_STATUS(install_intercept(vcpu, id, HVP_INTERCEPT_CPUID, 4, 0), NO_RESOURCES);
	in.cpuid.leaf = 0;
	EXPECT_STATUS(register_intercept_result(vcpu, &in), SUCCESS);
	EXPECT(balance_of(vcpu, id).pages_in_use > before.pages_in_use);
	finalize_child(vcpu, id);
	EXPECT_EQUAL(balance_of(vcpu, id).pages_in_use, 0);
}

static const struct test_case cases[] = {
	CASE(it_is_a_processor_of_its_own),
	CASE(some_features_no_child_has),
	CASE(without_features_it_has_none),
	CASE(an_area_is_as_long_as_it_has_to_be),
	CASE(topology_is_by_vp_index),
	CASE(topology_is_set_later),
	CASE(results_are_answered),
	CASE(as_many_as_qemu_has),
	CASE(cpuid_is_intercepted),
	CASE(unknown_msrs_are_as_the_property_says),
	CASE(unknown_msrs_have_results),
	CASE(unknown_msrs_are_intercepted),
	CASE(a_vp_index_is_the_parents),
	CASE(msrs_name_a_page),
	CASE(time_is_its_partitions),
	CASE(values_are_told),
	CASE(its_own_partition_calls_are_denied),
	CASE(privileges_from_the_vmm_are_none),
	CASE(whose),
	CASE(bad_results_and_questions),
	CASE(the_pool_pays),
};

int main(void)
{
	cases_add(cases, ARRAY_SIZE(cases));
	cases_add_rows(is_disabled, disabled_features);
	cases_add_rows(an_intercept, intercepts);
	return cases_run();
}
