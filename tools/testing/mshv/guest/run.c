// SPDX-License-Identifier: GPL-2.0
/*
 * Virtual processors by /dev/mshv, as a VMM's library uses them: what rust-vmm/mshv's tests
 * of the same names expect, and what goes with it.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <linux/mshv.h>

#include <hvpart/abi/messages.h>
#include <hvpart/abi/registers.h>

#include "kselftest_harness.h"
#include "mshv.h"

#define PAGE		4096
#define CODE_AT		0x1000
#define RAM		(16 * PAGE)

FIXTURE(run) {
	int mshv, partition, vp;
	unsigned char *ram;
};

/* Three 16-bit additions and what they came to, as a digit, to port 0x3f8; then a 0; hlt. */
static const unsigned char code[] = {
	0xba, 0xf8, 0x03,	/* mov $0x3f8, %dx */
	0x00, 0xd8,		/* add %bl, %al */
	0x04, '0',		/* add $'0', %al */
	0xee,			/* out %al, (%dx) */
	0xb0, 0,		/* mov $0, %al */
	0xee,			/* out %al, (%dx) */
	0xf4,			/* hlt */
};

static int get_registers(int vp, const __u32 *names, struct hvp_register_value *values,
			 unsigned int count)
{
	struct {
		struct hvp_vp_in in;
		__u32 names[8];
	} input = {};
	struct mshv_root_hvcall call = {
		.code = HVP_CALL_GET_VP_REGISTERS,
		.reps = count,
		.in_sz = sizeof(input.in) + count * sizeof(*names),
		.out_sz = count * sizeof(*values),
		.in_ptr = (uintptr_t)&input,
		.out_ptr = (uintptr_t)values,
	};

	memcpy(input.names, names, count * sizeof(*names));
	return ioctl(vp, MSHV_ROOT_HVCALL, &call) || call.reps != count ? -1 : 0;
}

static int set_registers(int vp, const struct hvp_register_assoc *assocs, unsigned int count)
{
	struct {
		struct hvp_vp_in in;
		struct hvp_register_assoc assocs[8];
	} input = {};
	struct mshv_root_hvcall call = {
		.code = HVP_CALL_SET_VP_REGISTERS,
		.reps = count,
		.in_sz = sizeof(input.in) + count * sizeof(*assocs),
		.in_ptr = (uintptr_t)&input,
	};

	memcpy(input.assocs, assocs, count * sizeof(*assocs));
	return ioctl(vp, MSHV_ROOT_HVCALL, &call) || call.reps != count ? -1 : 0;
}

static __u64 get_register(int vp, __u32 name)
{
	struct hvp_register_value value = { .word = { ~0ULL } };

	if (get_registers(vp, &name, &value, 1))
		perror("MSHV_ROOT_HVCALL");
	return value.word[0];
}

static int set_rip(int vp, __u64 rip)
{
	const struct hvp_register_assoc assoc = {
		.name = HVP_REGISTER_RIP, .value.word = { rip },
	};

	return set_registers(vp, &assoc, 1);
}

/* Code at CODE_AT, 2 in RAX and in RBX, CS at 0 */
static int begin(int vp)
{
	struct hvp_register_assoc assocs[] = {
		{ .name = HVP_REGISTER_CS },
		{ .name = HVP_REGISTER_RAX, .value.word = { 2 } },
		{ .name = HVP_REGISTER_RBX, .value.word = { 2 } },
		{ .name = HVP_REGISTER_RIP, .value.word = { CODE_AT } },
		{ .name = HVP_REGISTER_RFLAGS, .value.word = { 2 } },
	};
	struct hvp_register_value cs;
	struct hvp_segment_register *segment = (void *)&assocs[0].value;

	if (get_registers(vp, &assocs[0].name, &cs, 1))
		return -1;
	memcpy(segment, &cs, sizeof(cs));
	if (!segment->base || !segment->selector)
		return -1;
	segment->base = 0;
	segment->selector = 0;
	return set_registers(vp, assocs, 5);
}

FIXTURE_SETUP(run)
{
	struct mshv_create_vp create = {};
	struct mshv_user_mem_region region = {
		.size = RAM,
		.guest_pfn = CODE_AT / PAGE,
		.flags = 1 << MSHV_SET_MEM_BIT_WRITABLE | 1 << MSHV_SET_MEM_BIT_EXECUTABLE,
	};

	self->mshv = mshv_open();
	ASSERT_GE(self->mshv, 0);
	self->partition = mshv_create_active(self->mshv);
	ASSERT_GE(self->partition, 0);
	self->vp = ioctl(self->partition, MSHV_CREATE_VP, &create);
	ASSERT_GE(self->vp, 0);
	self->ram = mmap(NULL, RAM, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(self->ram, MAP_FAILED);
	memcpy(self->ram, code, sizeof(code));
	region.userspace_addr = (uintptr_t)self->ram;
	ASSERT_EQ(ioctl(self->partition, MSHV_SET_GUEST_MEMORY, &region), 0);
}

FIXTURE_TEARDOWN(run)
{
	close(self->vp);
	close(self->partition);
	close(self->mshv);
	munmap(self->ram, RAM);
}

TEST_F(run, create_vcpu)
{
	struct mshv_create_vp create = {};

	/* The index is taken. */
	EXPECT_EQ(ioctl(self->partition, MSHV_CREATE_VP, &create), -1);
}

TEST_F(run, get_suspend_regs)
{
	static const __u32 names[] = {
		HVP_REGISTER_EXPLICIT_SUSPEND, HVP_REGISTER_INTERCEPT_SUSPEND,
	};
	struct hvp_register_value values[2];

	ASSERT_EQ(get_registers(self->vp, names, values, 2), 0);
	EXPECT_EQ(values[0].word[0], 1);
	EXPECT_EQ(values[1].word[0], 0);
}

TEST_F(run, set_get_regs)
{
	const struct hvp_register_assoc assocs[] = {
		{ .name = HVP_REGISTER_RIP, .value.word = { 0x1000 } },
		{ .name = HVP_REGISTER_RFLAGS, .value.word = { 0x2 } },
	};
	static const __u32 names[] = { HVP_REGISTER_RIP, HVP_REGISTER_RFLAGS };
	struct hvp_register_value values[2];

	ASSERT_EQ(set_registers(self->vp, assocs, 2), 0);
	ASSERT_EQ(get_registers(self->vp, names, values, 2), 0);
	EXPECT_EQ(values[0].word[0], 0x1000);
	EXPECT_EQ(values[1].word[0], 0x2);
}

/* Run to the next port access, and step over it. */
static int run_to_port(int vp, struct hvp_message *message)
{
	struct mshv_run_vp run;
	const struct hvp_intercept_header *header = &message->payload.io_port.header;

	if (ioctl(vp, MSHV_RUN_VP, &run))
		return -errno;
	memcpy(message, run.msg_buf, sizeof(*message));
	if (message->header.type != HVP_MESSAGE_IO_PORT_INTERCEPT)
		return -EPROTO;
	return set_rip(vp, header->rip + (header->length_and_cr8 & 0xf));
}

TEST_F(run, run_code)
{
	struct hvp_message message;

	ASSERT_EQ(begin(self->vp), 0);
	ASSERT_EQ(run_to_port(self->vp, &message), 0);
	EXPECT_EQ(message.payload.io_port.port, 0x3f8);
	EXPECT_EQ(message.payload.io_port.rax & 0xff, '4');
	ASSERT_EQ(run_to_port(self->vp, &message), 0);
	EXPECT_EQ(message.payload.io_port.rax & 0xff, 0);
}

/* With the register page and the message page, as QEMU and cloud-hypervisor do it. */
TEST_F(run, run_code_mmap)
{
	struct hvp_register_page *registers;
	const struct hvp_message *message;
	struct mshv_run_vp run;

	registers = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, self->vp,
			 MSHV_VP_MMAP_OFFSET_REGISTERS * PAGE);
	ASSERT_NE(registers, MAP_FAILED);
	message = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, self->vp,
		       MSHV_VP_MMAP_OFFSET_INTERCEPT_MESSAGE * PAGE);
	ASSERT_NE(message, MAP_FAILED);
	ASSERT_EQ(begin(self->vp), 0);
	EXPECT_EQ(registers->version, 1);
	EXPECT_EQ(registers->is_valid, 1);
	EXPECT_EQ(registers->dirty, 0);
	EXPECT_EQ(registers->rip, CODE_AT);
	ASSERT_EQ(ioctl(self->vp, MSHV_RUN_VP, &run), 0);
	EXPECT_EQ(message->header.type, HVP_MESSAGE_IO_PORT_INTERCEPT);
	EXPECT_EQ(registers->gpr[0] & 0xff, '4');
	EXPECT_EQ(registers->rip, CODE_AT + 7);
	registers->rip++;
	registers->dirty = 1 << HVP_CLASS_IP;
	ASSERT_EQ(ioctl(self->vp, MSHV_RUN_VP, &run), 0);
	EXPECT_EQ(registers->rip, CODE_AT + 10);
	munmap(registers, PAGE);
	munmap((void *)message, PAGE);
}

/* What is in no region is the VMM's to deal with. */
TEST_F(run, unmapped_memory)
{
	static const unsigned char touch[] = { 0xa0, 0, 0, 0xf4 };	/* mov 0, %al; hlt */
	const struct hvp_message *message;
	struct mshv_run_vp run;

	memcpy(self->ram, touch, sizeof(touch));
	ASSERT_EQ(begin(self->vp), 0);
	ASSERT_EQ(ioctl(self->vp, MSHV_RUN_VP, &run), 0);
	message = (void *)run.msg_buf;
	EXPECT_EQ(message->header.type, HVP_MESSAGE_UNMAPPED_GPA);
	EXPECT_EQ(message->payload.memory.gpa / PAGE, 0);
	EXPECT_EQ(message->payload.memory.header.rip, CODE_AT);
}

static void on_alarm(int number)
{
}

static int run_until_alarm(int vp, unsigned int ms)
{
	const struct sigaction action = { .sa_handler = on_alarm };
	const struct itimerval after = { .it_value.tv_usec = ms * 1000 };
	struct mshv_run_vp run;

	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &after, NULL);
	return ioctl(vp, MSHV_RUN_VP, &run) ? errno : 0;
}

TEST_F(run, interrupted_while_it_halts)
{
	static const unsigned char halt[] = { 0xf4 };

	memcpy(self->ram, halt, sizeof(halt));
	ASSERT_EQ(begin(self->vp), 0);
	EXPECT_EQ(run_until_alarm(self->vp, 200), EINTR);
	EXPECT_EQ(get_register(self->vp, HVP_REGISTER_RIP), CODE_AT + 1);
}

TEST_F(run, interrupted_while_it_spins)
{
	static const unsigned char spin[] = { 0xeb, 0xfe };

	memcpy(self->ram, spin, sizeof(spin));
	ASSERT_EQ(begin(self->vp), 0);
	EXPECT_EQ(run_until_alarm(self->vp, 200), EINTR);
	EXPECT_EQ(get_register(self->vp, HVP_REGISTER_RIP), CODE_AT);
}

/* Waking costs a message to the driver: a VP that halts is woken by an NMI, and goes on. */
TEST_F(run, woken_by_an_interrupt)
{
	static const unsigned char halt_and_say[] = { 0xf4, 0xb0, 'W', 0xe6, 0x80 };
	struct hvp_assert_interrupt_in in = { .type = HVP_INTERRUPT_NMI };
	struct hvp_message message;

	memcpy(self->ram, halt_and_say, sizeof(halt_and_say));
	ASSERT_EQ(begin(self->vp), 0);
	EXPECT_EQ(run_until_alarm(self->vp, 200), EINTR);
	ASSERT_EQ(mshv_call(self->partition, HVP_CALL_ASSERT_VIRTUAL_INTERRUPT, &in, sizeof(in),
			    NULL, 0), 0);
	/* Its handler is wherever page 0 says, which is not there. */
	EXPECT_EQ(run_to_port(self->vp, &message), -EPROTO);
	EXPECT_EQ(message.header.type, HVP_MESSAGE_UNMAPPED_GPA);
}

/* Return: how often it has been signalled, within a few seconds */
static __u64 signals_of(int event)
{
	struct pollfd poll_event = { .fd = event, .events = POLLIN };
	__u64 count = 0;

	if (poll(&poll_event, 1, 5000) == 1 && read(event, &count, sizeof(count)) < 0)
		perror("eventfd");
	return count;
}

/* A write that signals an eventfd does not come to the VMM; without the eventfd it does. */
TEST_F(run, ioeventfd)
{
	/* mov %ax, 0x10; mov %ax, 0x10; out %al, $0x80; mov %ax, 0x10 */
	static const unsigned char ring[] = {
		0xa3, 0x10, 0, 0xa3, 0x10, 0, 0xe6, 0x80, 0xa3, 0x10, 0,
	};
	struct mshv_user_ioeventfd event = {
		.addr = 0x10,
		.len = 2,
		.datamatch = 2,
		.flags = 1 << MSHV_IOEVENTFD_BIT_DATAMATCH,
		.fd = eventfd(0, EFD_NONBLOCK),
	};
	struct hvp_message message;

	ASSERT_GE(event.fd, 0);
	memcpy(self->ram, ring, sizeof(ring));
	ASSERT_EQ(ioctl(self->partition, MSHV_IOEVENTFD, &event), 0);
	ASSERT_EQ(begin(self->vp), 0);
	ASSERT_EQ(run_to_port(self->vp, &message), 0);
	EXPECT_EQ(message.payload.io_port.header.rip, CODE_AT + 6);
	EXPECT_EQ(signals_of(event.fd), 2);
	event.flags |= 1 << MSHV_IOEVENTFD_BIT_DEASSIGN;
	ASSERT_EQ(ioctl(self->partition, MSHV_IOEVENTFD, &event), 0);
	EXPECT_EQ(run_to_port(self->vp, &message), -EPROTO);
	EXPECT_EQ(message.header.type, HVP_MESSAGE_UNMAPPED_GPA);
	close(event.fd);
}

TEST_HARNESS_MAIN
