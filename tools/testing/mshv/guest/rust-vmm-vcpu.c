// SPDX-License-Identifier: GPL-2.0
/*
 * What the tests of these names in rust-vmm/mshv's mshv-ioctls/src/ioctls/vcpu.rs expect.
 *
 * The library reads and writes general and special registers by the register page while that
 * is valid, which it must be here, and by hypercalls if not: both are done.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "mshv.h"
#include "msrs.h"
#include "rust-vmm.h"
#include "vp.h"

#define COUNT(array)	(sizeof(array) / sizeof(*(array)))

FIXTURE(vcpu) {
	int mshv, partition, vp;
	struct hvp_register_page *page;
};

FIXTURE_SETUP(vcpu)
{
	self->mshv = mshv_open();
	ASSERT_GE(self->mshv, 0);
	self->partition = rust_vmm_create_active(self->mshv);
	ASSERT_GE(self->partition, 0);
	self->vp = vp_create(self->partition, 0);
	ASSERT_GE(self->vp, 0);
	self->page = vp_map_page(self->vp, MSHV_VP_MMAP_OFFSET_REGISTERS);
	ASSERT_NE(self->page, NULL);
	ASSERT_EQ(self->page->is_valid, 1);
}

FIXTURE_TEARDOWN(vcpu)
{
	munmap(self->page, PAGE);
	close(self->vp);
	close(self->partition);
	close(self->mshv);
}

/* Read registers, write them as they are, read them again: what differs, or an error. */
static int round_trip(int vp, const __u32 *names, unsigned int count)
{
	struct hvp_register_value before[VP_REGISTERS], after[VP_REGISTERS];
	int error;

	error = vp_get_registers(vp, names, before, count);
	if (!error)
		error = vp_set_values(vp, names, before, count);
	if (!error)
		error = vp_get_registers(vp, names, after, count);
	if (error)
		return error;
	for (unsigned int i = 0; i < count; i++)
		if (memcmp(&before[i], &after[i], sizeof(*before)))
			return -(int)names[i];
	return 0;
}

static const __u32 general[] = {
	HVP_REGISTER_RAX, HVP_REGISTER_RCX, HVP_REGISTER_RDX, HVP_REGISTER_RBX,
	HVP_REGISTER_RSP, HVP_REGISTER_RBP, HVP_REGISTER_RSI, HVP_REGISTER_RDI,
	HVP_REGISTER_R8, HVP_REGISTER_R9, HVP_REGISTER_R10, HVP_REGISTER_R11,
	HVP_REGISTER_R12, HVP_REGISTER_R13, HVP_REGISTER_R14, HVP_REGISTER_R15,
	HVP_REGISTER_RIP, HVP_REGISTER_RFLAGS,
};

static const __u32 general_classes =
	1 << HVP_CLASS_GENERAL | 1 << HVP_CLASS_IP | 1 << HVP_CLASS_FLAGS;

/* Those that are in the register page, in its order, and those that are not */
static const __u32 page_segments[] = {
	HVP_REGISTER_ES, HVP_REGISTER_CS, HVP_REGISTER_SS,
	HVP_REGISTER_DS, HVP_REGISTER_FS, HVP_REGISTER_GS,
};

static const __u32 special[] = {
	HVP_REGISTER_TR, HVP_REGISTER_LDTR, HVP_REGISTER_GDTR, HVP_REGISTER_IDTR,
	HVP_REGISTER_INTERMEDIATE_CR0, HVP_REGISTER_CR2, HVP_REGISTER_INTERMEDIATE_CR3,
	HVP_REGISTER_INTERMEDIATE_CR4, HVP_REGISTER_CR8, HVP_REGISTER_EFER,
	HVP_REGISTER_APIC_BASE,
};

TEST_F(vcpu, test_set_get_regs)
{
	static const __u32 names[] = { HVP_REGISTER_RIP, HVP_REGISTER_RFLAGS };
	static const struct hvp_register_value values[] = { { { 0x1000 } }, { { 0x2 } } };
	struct hvp_register_value got[2];

	ASSERT_EQ(vp_set_values(self->vp, names, values, 2), 0);
	ASSERT_EQ(vp_get_registers(self->vp, names, got, 2), 0);
	EXPECT_EQ(got[0].word[0], 0x1000);
	EXPECT_EQ(got[1].word[0], 0x2);
	EXPECT_EQ(self->page->rip, 0x1000);
	EXPECT_EQ(self->page->rflags, 0x2);
}

TEST_F(vcpu, test_set_get_sregs)
{
	static const __u32 pending = HVP_REGISTER_PENDING_INTERRUPTION;
	struct hvp_register_page before;
	struct hvp_register_value segments[COUNT(page_segments)], value;

	before = *self->page;
	EXPECT_EQ(vp_get_registers(self->vp, &pending, &value, 1), 0);
	memcpy(self->page->segments, before.segments, sizeof(before.segments));
	self->page->dirty |= 1 << HVP_CLASS_SEGMENT;
	EXPECT_EQ(round_trip(self->vp, special, COUNT(special)), 0);
	EXPECT_EQ(self->page->dirty, 0);
	EXPECT_EQ(memcmp(self->page->segments, before.segments, sizeof(before.segments)), 0);
	EXPECT_EQ(self->page->cr0, before.cr0);
	EXPECT_EQ(self->page->cr3, before.cr3);
	EXPECT_EQ(self->page->cr4, before.cr4);
	EXPECT_EQ(self->page->cr8, before.cr8);
	EXPECT_EQ(self->page->efer, before.efer);

	/* Without the page */
	EXPECT_EQ(round_trip(self->vp, page_segments, COUNT(page_segments)), 0);
	ASSERT_EQ(vp_get_registers(self->vp, page_segments, segments, COUNT(segments)), 0);
	EXPECT_EQ(memcmp(segments, before.segments, sizeof(before.segments)), 0);
}

/* The library writes no register that its bitmap would be in: one of set_sregs(). */
TEST_F(vcpu, test_set_sregs_interrupt_bitmap)
{
	struct hvp_register_value values[COUNT(special)];

	self->page->dirty |= 1 << HVP_CLASS_SEGMENT;
	ASSERT_EQ(vp_get_registers(self->vp, special, values, COUNT(special)), 0);
	EXPECT_EQ(vp_set_values(self->vp, special, values, COUNT(special)), 0);
}

TEST_F(vcpu, test_set_get_standard_registers)
{
	struct hvp_register_page before = *self->page;
	struct hvp_register_value values[COUNT(general)];

	self->page->dirty |= general_classes;
	ASSERT_EQ(vp_get_registers(self->vp, general, values, COUNT(general)), 0);
	for (unsigned int i = 0; i < 16; i++)
		EXPECT_EQ(values[i].word[0], before.gpr[i]);
	EXPECT_EQ(values[16].word[0], before.rip);
	EXPECT_EQ(values[17].word[0], before.rflags);
	EXPECT_EQ(round_trip(self->vp, general, COUNT(general)), 0);

	/* And with other values, one by one */
	for (unsigned int i = 0; i < 16; i++)
		EXPECT_EQ(vp_set_register(self->vp, general[i], ~0ULL << i), 0);
	for (unsigned int i = 0; i < 16; i++) {
		EXPECT_EQ(self->page->gpr[i], ~0ULL << i);
		self->page->gpr[i] = i;
	}
	self->page->dirty = 1 << HVP_CLASS_GENERAL;
	for (unsigned int i = 0; i < 16; i++)
		EXPECT_EQ(vp_get_register(self->vp, general[i]), i);
}

TEST_F(vcpu, test_set_get_debug_registers)
{
	static const __u32 names[] = {
		HVP_REGISTER_DR0, HVP_REGISTER_DR1, HVP_REGISTER_DR2, HVP_REGISTER_DR3,
		HVP_REGISTER_DR6, HVP_REGISTER_DR7,
	};

	EXPECT_EQ(round_trip(self->vp, names, COUNT(names)), 0);
}

TEST_F(vcpu, test_set_get_fpu)
{
	struct hvp_register_value values[26];
	__u32 names[26];

	/* XMM0 to 15, FP_MMX0 to 7, both control and status registers */
	for (unsigned int i = 0; i < COUNT(names); i++)
		names[i] = HVP_REGISTER_XMM0 + i;
	EXPECT_EQ(names[25], HVP_REGISTER_XMM_CONTROL_STATUS);
	ASSERT_EQ(vp_get_registers(self->vp, names, values, COUNT(names)), 0);
	/* The library writes 0 where MXCSR's mask is. */
	values[25].word[1] &= 0xffffffff;
	EXPECT_EQ(vp_set_values(self->vp, names, values, COUNT(names)), 0);
	EXPECT_EQ(round_trip(self->vp, names, COUNT(names)), 0);
}

TEST_F(vcpu, test_set_get_msrs)
{
	static const __u32 names[] = { HVP_REGISTER_SYSENTER_CS, HVP_REGISTER_SYSENTER_ESP };
	static const struct hvp_register_value values[] = { { { 1 } }, { { 2 } } };
	struct hvp_register_value got[2];

	ASSERT_EQ(vp_set_values(self->vp, names, values, 2), 0);
	ASSERT_EQ(vp_get_registers(self->vp, names, got, 2), 0);
	EXPECT_EQ(got[0].word[0], 1);
	EXPECT_EQ(got[1].word[0], 2);
}

TEST_F(vcpu, test_set_get_vcpu_events)
{
	static const __u32 names[] = {
		HVP_REGISTER_PENDING_INTERRUPTION, HVP_REGISTER_INTERRUPT_STATE,
		HVP_REGISTER_INTERNAL_ACTIVITY_STATE, HVP_REGISTER_PENDING_EVENT0,
		HVP_REGISTER_PENDING_EVENT1,
	};

	EXPECT_EQ(round_trip(self->vp, names, COUNT(names)), 0);
}

TEST_F(vcpu, test_set_get_xcrs)
{
	static const __u32 xfem = HVP_REGISTER_XFEM;
	const __u64 before = self->page->xfem;

	EXPECT_EQ(vp_set_register(self->vp, xfem, before), 0);
	EXPECT_EQ(self->page->xfem, before);
	EXPECT_EQ(round_trip(self->vp, &xfem, 1), 0);
}

static __u8 state[PAGE] PAGE_ALIGNED;
static __u8 again[PAGE] PAGE_ALIGNED;

TEST_F(vcpu, test_set_get_lapic)
{
	ASSERT_EQ(vp_get_state(self->vp, MSHV_VP_STATE_LAPIC, state), 0);
	ASSERT_EQ(vp_set_state(self->vp, MSHV_VP_STATE_LAPIC, state), 0);
	ASSERT_EQ(vp_get_state(self->vp, MSHV_VP_STATE_LAPIC, again), 0);
	EXPECT_EQ(memcmp(state, again, sizeof(struct hvp_lapic)), 0);
}

TEST_F(vcpu, test_set_registers_64)
{
	static const struct hvp_register_assoc assocs[] = {
		{ .name = HVP_REGISTER_RIP, .value.word = { 0x1000 } },
		{ .name = HVP_REGISTER_RFLAGS, .value.word = { 0x2 } },
	};

	ASSERT_EQ(vp_set_registers(self->vp, assocs, 2), 0);
	EXPECT_EQ(vp_get_register(self->vp, HVP_REGISTER_RIP), 0x1000);
	EXPECT_EQ(vp_get_register(self->vp, HVP_REGISTER_RFLAGS), 0x2);
}

TEST_F(vcpu, test_get_set_xsave)
{
	ASSERT_EQ(vp_get_state(self->vp, MSHV_VP_STATE_XSAVE, state), 0);
	EXPECT_EQ(vp_set_state(self->vp, MSHV_VP_STATE_XSAVE, state), 0);
}

TEST_F(vcpu, test_get_suspend_regs)
{
	static const __u32 names[] = {
		HVP_REGISTER_EXPLICIT_SUSPEND, HVP_REGISTER_INTERCEPT_SUSPEND,
	};
	struct hvp_register_value values[2];

	ASSERT_EQ(vp_get_registers(self->vp, names, values, 2), 0);
	EXPECT_EQ(values[0].word[0], 1);
	EXPECT_EQ(values[1].word[0], 0);
}

/* The library sends back what the page says of interrupt vectors, too. */
TEST_F(vcpu, test_set_get_misc_regs)
{
	static const __u32 name = HVP_REGISTER_HYPERCALL;

	EXPECT_EQ(self->page->vector_count, 0);
	self->page->vector_count = 0;
	EXPECT_EQ(round_trip(self->vp, &name, 1), 0);
}

TEST_F(vcpu, test_get_cpuid_values)
{
	struct {
		struct hvp_cpuid_values_in in;
		struct hvp_cpuid_leaf leaf;
	} input = { .in.flags = HVP_CPUID_OWN_STATES | HVP_CPUID_APPLY_RESULTS };
	struct hvp_cpuid_value values[2] = {};

	for (int i = 0; i < 2; i++)
		ASSERT_EQ(mshv_rep_call(self->vp, HVP_CALL_GET_VP_CPUID_VALUES, 1, &input,
					sizeof(input), &values[i], sizeof(*values)), 0);
	EXPECT_GE(values[0].registers[0], 1);
	EXPECT_EQ(values[0].registers[0], values[1].registers[0]);
}

TEST_F(vcpu, test_get_set_vp_state_components)
{
	/* As much of each as the library compares */
	static const size_t sizes[MSHV_VP_STATE_COUNT] = {
		[MSHV_VP_STATE_LAPIC] = sizeof(struct hvp_lapic),
		[MSHV_VP_STATE_XSAVE] = PAGE,
		[MSHV_VP_STATE_SIMP] = PAGE,
		[MSHV_VP_STATE_SIEFP] = PAGE,
		[MSHV_VP_STATE_SYNTHETIC_TIMERS] = sizeof(struct hvp_timers),
	};
	static __u8 all[MSHV_VP_STATE_COUNT][PAGE] PAGE_ALIGNED;

	for (int i = 0; i < MSHV_VP_STATE_COUNT; i++)
		ASSERT_EQ(vp_get_state(self->vp, i, all[i]), 0);
	for (int i = 0; i < MSHV_VP_STATE_COUNT; i++)
		ASSERT_EQ(vp_set_state(self->vp, i, all[i]), 0);
	for (int i = 0; i < MSHV_VP_STATE_COUNT; i++) {
		memset(again, 0, PAGE);
		ASSERT_EQ(vp_get_state(self->vp, i, again), 0) TH_LOG("%d", i);
		EXPECT_EQ(memcmp(all[i], again, sizes[i]), 0) TH_LOG("%d", i);
	}
}

#define CODE_AT		0x1000
#define RAM		(4 * PAGE)

/* In 16-bit mode: two additions and what they came to, as a digit, to port 0x3f8; then a 0. */
static const unsigned char code[] = {
	0xba, 0xf8, 0x03,	/* mov $0x3f8, %dx */
	0x00, 0xd8,		/* add %bl, %al */
	0x04, '0',		/* add $'0', %al */
	0xee,			/* out %al, (%dx) */
	0xb0, 0,		/* mov $0, %al */
	0xee,			/* out %al, (%dx) */
};

/* Memory with the code, CS at 0, 2 in RAX and in RBX; returns the memory */
static void *prepare(int partition, int vp)
{
	struct hvp_register_assoc assocs[] = {
		{ .name = HVP_REGISTER_CS },
		{ .name = HVP_REGISTER_RAX, .value.word = { 2 } },
		{ .name = HVP_REGISTER_RBX, .value.word = { 2 } },
		{ .name = HVP_REGISTER_RIP, .value.word = { CODE_AT } },
		{ .name = HVP_REGISTER_RFLAGS, .value.word = { 2 } },
	};
	struct hvp_segment_register *cs = (void *)&assocs[0].value;
	void *ram = mmap(NULL, RAM, PROT_READ | PROT_WRITE,
			 MAP_ANONYMOUS | MAP_SHARED | MAP_NORESERVE, -1, 0);

	if (ram == MAP_FAILED || mshv_map_memory(partition, CODE_AT / PAGE, ram, PAGE))
		return NULL;
	memcpy(ram, code, sizeof(code));
	if (vp_get_registers(vp, &assocs[0].name, &assocs[0].value, 1) || !cs->base ||
	    !cs->selector)
		return NULL;
	cs->base = 0;
	cs->selector = 0;
	return vp_set_registers(vp, assocs, COUNT(assocs)) ? NULL : ram;
}

/* One byte written to port 0x3f8, by an instruction at @rip, with @rax in RAX */
static bool is_output(const struct hvp_message *message, __u64 rip, __u64 rax)
{
	const struct hvp_io_port_message *io = &message->payload.io_port;

	return message->header.type == HVP_MESSAGE_IO_PORT_INTERCEPT && io->port == 0x3f8 &&
	       io->access_info == 1 && io->header.access == HVP_INTERCEPT_WRITE &&
	       io->header.rip == rip && io->rax == rax;
}

TEST_F(vcpu, test_run_code)
{
	struct hvp_message message;
	void *ram = prepare(self->partition, self->vp);

	ASSERT_NE(ram, NULL);
	ASSERT_EQ(vp_run(self->vp, &message), 0);
	EXPECT_TRUE(is_output(&message, CODE_AT + 7, '4'));
	ASSERT_EQ(vp_set_register(self->vp, HVP_REGISTER_RIP, CODE_AT + 8), 0);
	ASSERT_EQ(vp_run(self->vp, &message), 0);
	EXPECT_TRUE(is_output(&message, CODE_AT + 10, 0));
	EXPECT_EQ(mshv_unmap_memory(self->partition, CODE_AT / PAGE, ram, PAGE), 0);
	munmap(ram, RAM);
}

TEST_F(vcpu, test_run_code_mmap)
{
	const struct hvp_message *message =
		vp_map_page(self->vp, MSHV_VP_MMAP_OFFSET_INTERCEPT_MESSAGE);
	struct hvp_message copy;
	void *ram = prepare(self->partition, self->vp);

	ASSERT_NE(message, NULL);
	ASSERT_NE(ram, NULL);
	EXPECT_EQ(self->page->version, HVP_REGISTER_PAGE_VERSION);
	EXPECT_EQ(self->page->is_valid, 1);
	EXPECT_EQ(self->page->dirty, 0);
	ASSERT_EQ(vp_run(self->vp, &copy), 0);
	EXPECT_TRUE(is_output(message, CODE_AT + 7, '4'));
	self->page->rip = message->payload.io_port.header.rip + 1;
	self->page->dirty = 1 << HVP_CLASS_IP;
	ASSERT_EQ(vp_run(self->vp, &copy), 0);
	EXPECT_TRUE(is_output(message, CODE_AT + 10, 0));
	EXPECT_EQ(mshv_unmap_memory(self->partition, CODE_AT / PAGE, ram, PAGE), 0);
	munmap(ram, RAM);
	munmap((void *)message, PAGE);
}

TEST_HARNESS_MAIN
