// SPDX-License-Identifier: GPL-2.0
/* Virtual processors by /dev/mshv: what a VMM's library has no tests for. */
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

#include "kselftest_harness.h"
#include "mshv.h"
#include "vp.h"

#define CODE_AT		0x1000
#define RAM		(16 * PAGE)

FIXTURE(run) {
	int mshv, partition, vp;
	unsigned char *ram;
};

static int begin(int vp)
{
	return vp_begin_real(vp, 0, CODE_AT);
}

FIXTURE_SETUP(run)
{
	self->mshv = mshv_open();
	ASSERT_GE(self->mshv, 0);
	self->partition = mshv_create_active(self->mshv);
	ASSERT_GE(self->partition, 0);
	self->vp = vp_create(self->partition, 0);
	ASSERT_GE(self->vp, 0);
	self->ram = mmap(NULL, RAM, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(self->ram, MAP_FAILED);
	ASSERT_EQ(mshv_map_memory(self->partition, CODE_AT / PAGE, self->ram, RAM), 0);
}

FIXTURE_TEARDOWN(run)
{
	close(self->vp);
	close(self->partition);
	close(self->mshv);
	munmap(self->ram, RAM);
}

TEST_F(run, index_is_taken)
{
	EXPECT_LT(vp_create(self->partition, 0), 0);
}

/* Run to the next port access, and step over it. */
static int run_to_port(int vp, struct hvp_message *message)
{
	const struct hvp_intercept_header *header = &message->payload.io_port.header;
	int error = vp_run(vp, message);

	if (error)
		return error;
	if (message->header.type != HVP_MESSAGE_IO_PORT_INTERCEPT)
		return -EPROTO;
	return vp_set_register(vp, HVP_REGISTER_RIP,
			       header->rip + (header->length_and_cr8 & HVP_INTERCEPT_LENGTH_MASK));
}

/* What is in no region is the VMM's to deal with. */
TEST_F(run, unmapped_memory)
{
	static const unsigned char touch[] = { 0xa0, 0, 0, 0xf4 };	/* mov 0, %al; hlt */
	struct hvp_message message;

	memcpy(self->ram, touch, sizeof(touch));
	ASSERT_EQ(begin(self->vp), 0);
	ASSERT_EQ(vp_run(self->vp, &message), 0);
	EXPECT_EQ(message.header.type, HVP_MESSAGE_UNMAPPED_GPA);
	EXPECT_EQ(message.payload.memory.gpa / PAGE, 0);
	EXPECT_EQ(message.payload.memory.header.rip, CODE_AT);
}

static void on_alarm(int number)
{
}

static int run_until_alarm(int vp, unsigned int ms)
{
	const struct sigaction action = { .sa_handler = on_alarm };
	const struct itimerval after = { .it_value.tv_usec = ms * 1000 };
	struct hvp_message message;

	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &after, NULL);
	return -vp_run(vp, &message);
}

TEST_F(run, interrupted_while_it_halts)
{
	static const unsigned char halt[] = { 0xf4 };

	memcpy(self->ram, halt, sizeof(halt));
	ASSERT_EQ(begin(self->vp), 0);
	EXPECT_EQ(run_until_alarm(self->vp, 200), EINTR);
	EXPECT_EQ(vp_get_register(self->vp, HVP_REGISTER_RIP), CODE_AT + 1);
}

TEST_F(run, interrupted_while_it_spins)
{
	static const unsigned char spin[] = { 0xeb, 0xfe };

	memcpy(self->ram, spin, sizeof(spin));
	ASSERT_EQ(begin(self->vp), 0);
	EXPECT_EQ(run_until_alarm(self->vp, 200), EINTR);
	EXPECT_EQ(vp_get_register(self->vp, HVP_REGISTER_RIP), CODE_AT);
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

/* An MSI that an eventfd stands for: the processor looks for its handler in page 0. */
TEST_F(run, irqfd)
{
	static const unsigned char wait[] = { 0xfb, 0xf4 };	/* sti; hlt */
	static __u8 page[PAGE] PAGE_ALIGNED;
	struct hvp_lapic *lapic = (void *)page;
	struct {
		struct mshv_user_irq_table table;
		struct mshv_user_irq_entry entry;
	} routing = {
		.table.nr = 1,
		.entry = { .gsi = 5, .address_lo = 0xfee00000, .data = 0x40 },
	};
	struct mshv_user_irqfd irqfd = { .fd = eventfd(0, EFD_NONBLOCK), .gsi = 5 };
	const __u64 one = 1;
	struct hvp_message message;

	ASSERT_GE(irqfd.fd, 0);
	memcpy(self->ram, wait, sizeof(wait));
	ASSERT_EQ(ioctl(self->partition, MSHV_SET_MSI_ROUTING, &routing), 0);
	ASSERT_EQ(ioctl(self->partition, MSHV_IRQFD, &irqfd), 0);
	ASSERT_EQ(begin(self->vp), 0);
	ASSERT_EQ(vp_get_state(self->vp, MSHV_VP_STATE_LAPIC, page), 0);
	lapic->spurious |= 0x100;	/* enabled */
	ASSERT_EQ(vp_set_state(self->vp, MSHV_VP_STATE_LAPIC, page), 0);
	EXPECT_EQ(run_until_alarm(self->vp, 200), EINTR);
	ASSERT_EQ(write(irqfd.fd, &one, sizeof(one)), sizeof(one));
	ASSERT_EQ(vp_run(self->vp, &message), 0);
	EXPECT_EQ(message.header.type, HVP_MESSAGE_UNMAPPED_GPA);
	EXPECT_EQ(message.payload.memory.gpa / PAGE, 0);
	irqfd.flags = 1 << MSHV_IRQFD_BIT_DEASSIGN;
	EXPECT_EQ(ioctl(self->partition, MSHV_IRQFD, &irqfd), 0);
	close(irqfd.fd);
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
	ASSERT_EQ(vp_set_register(self->vp, HVP_REGISTER_RAX, event.datamatch), 0);
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
