// SPDX-License-Identifier: GPL-2.0
/* What the tests of these names in rust-vmm/mshv's mshv-ioctls/src/ioctls/vm.rs expect. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "mshv.h"
#include "msrs.h"
#include "rust-vmm.h"
#include "vp.h"

/* The library asks for so many pages at a time. */
#define BATCH			0x10000
#define BITS			64

#define DOORBELL		0xe7e85004
#define GSI			30

/* Which hvpart has no calls for, and rust-vmm marks these tests as to be ignored. */
#define SIGNAL_EVENT_DIRECT	0x00c0
#define POST_MESSAGE_DIRECT	0x00c1

FIXTURE(vm) {
	int mshv, partition;
};

FIXTURE_SETUP(vm)
{
	self->mshv = mshv_open();
	ASSERT_GE(self->mshv, 0);
	self->partition = rust_vmm_create_active(self->mshv);
	ASSERT_GE(self->partition, 0);
}

FIXTURE_TEARDOWN(vm)
{
	close(self->partition);
	close(self->mshv);
}

static void *allocate(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
			    MAP_ANONYMOUS | MAP_SHARED | MAP_NORESERVE, -1, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

TEST_F(vm, test_user_memory)
{
	void *memory = allocate(PAGE);

	ASSERT_NE(memory, NULL);
	ASSERT_EQ(mshv_map_memory(self->partition, 1, memory, PAGE), 0);
	ASSERT_EQ(mshv_unmap_memory(self->partition, 1, memory, PAGE), 0);
	munmap(memory, PAGE);
}

TEST_F(vm, test_create_vcpu)
{
	int vp = vp_create(self->partition, 0);

	ASSERT_GE(vp, 0);
	close(vp);
}

/* The second one comes while the first one waits. */
TEST_F(vm, test_assert_virtual_interrupt)
{
	static __u8 page[PAGE] PAGE_ALIGNED;
	const struct hvp_lapic *lapic = (void *)page;
	struct hvp_assert_interrupt_in in = { .type = HVP_INTERRUPT_EXTINT };
	int vp = vp_create(self->partition, 0);

	ASSERT_GE(vp, 0);
	ASSERT_EQ(vp_get_state(vp, MSHV_VP_STATE_LAPIC, page), 0);
	in.destination = lapic->id;
	for (int i = 0; i < 2; i++)
		EXPECT_EQ(mshv_call(self->partition, HVP_CALL_ASSERT_VIRTUAL_INTERRUPT, &in,
				    sizeof(in), NULL, 0), 0);
	close(vp);
}

TEST_F(vm, test_install_intercept)
{
	struct hvp_install_intercept_in in = {
		.access = HVP_INTERCEPT_MASK_EXECUTE, .type = HVP_INTERCEPT_CPUID,
	};

	for (in.parameter = 0x100; in.parameter <= 0x101; in.parameter++)
		EXPECT_EQ(mshv_call(self->partition, HVP_CALL_INSTALL_INTERCEPT, &in, sizeof(in),
				    NULL, 0), 0);
}

TEST_F(vm, test_get_property)
{
	static const __u32 codes[] = {
		PROPERTY_MAX_XSAVE_DATA_SIZE, PROPERTY_PROCESSOR_XSAVE_FEATURES,
		PROPERTY_PROCESSOR_CLOCK_FREQUENCY, PROPERTY_UNIMPLEMENTED_MSR_ACTION,
	};
	__u64 value, again;

	ASSERT_EQ(mshv_set_property(self->partition, PROPERTY_UNIMPLEMENTED_MSR_ACTION, 1), 0);
	for (int i = 0; i < 4; i++) {
		value = ~0ULL;
		again = ~1ULL;
		EXPECT_EQ(mshv_get_property(self->partition, codes[i], &value), 0);
		EXPECT_EQ(mshv_get_property(self->partition, codes[i], &again), 0);
		EXPECT_EQ(value, again);
		EXPECT_NE(value, 0) TH_LOG("0x%x", codes[i]);
	}
	EXPECT_EQ(value, 1) TH_LOG("unimplemented MSRs are ignored");
}

TEST_F(vm, test_set_property)
{
	__u64 value;

	for (__u64 action = 1; action != ~0ULL; action--) {
		value = ~0ULL;
		EXPECT_EQ(mshv_set_property(self->partition, PROPERTY_UNIMPLEMENTED_MSR_ACTION,
					    action), 0);
		EXPECT_EQ(mshv_get_property(self->partition, PROPERTY_UNIMPLEMENTED_MSR_ACTION,
					    &value), 0);
		EXPECT_EQ(value, action);
	}
}

TEST_F(vm, test_set_partition_property_invalid)
{
	EXPECT_EQ(mshv_set_property(self->partition, PROPERTY_PRIVILEGE_FLAGS, 0),
		  HVP_STATUS_INVALID_PARTITION_STATE);
}

TEST_F(vm, test_irqfd)
{
	struct mshv_user_irqfd irqfd = { .fd = eventfd(0, EFD_NONBLOCK), .gsi = GSI };

	ASSERT_GE(irqfd.fd, 0);
	EXPECT_EQ(ioctl(self->partition, MSHV_IRQFD, &irqfd), 0);
	irqfd.flags = 1 << MSHV_IRQFD_BIT_DEASSIGN;
	EXPECT_EQ(ioctl(self->partition, MSHV_IRQFD, &irqfd), 0);
	close(irqfd.fd);
}

TEST_F(vm, test_ioeventfd)
{
	struct mshv_user_ioeventfd event = { .addr = DOORBELL, .fd = eventfd(0, 0) };

	ASSERT_GE(event.fd, 0);
	EXPECT_EQ(ioctl(self->partition, MSHV_IOEVENTFD, &event), 0);
	event.flags = 1 << MSHV_IOEVENTFD_BIT_DEASSIGN;
	EXPECT_EQ(ioctl(self->partition, MSHV_IOEVENTFD, &event), 0);
	close(event.fd);
}

TEST_F(vm, test_set_msi_routing)
{
	struct mshv_user_irq_table none = {};

	EXPECT_EQ(ioctl(self->partition, MSHV_SET_MSI_ROUTING, &none), 0);
}

/* get_dirty_log(): the bits of @pages pages from page 0 */
static int dirty_log(int partition, size_t pages, __u8 operation, __u64 *bitmap)
{
	struct mshv_gpap_access_bitmap args = {
		.access_type = MSHV_GPAP_ACCESS_TYPE_DIRTY,
		.access_op = operation,
	};

	for (size_t done = 0; done < pages; done += args.page_count) {
		args.page_count = pages - done < BATCH ? pages - done : BATCH;
		args.gpap_base = done;
		args.bitmap_ptr = (uintptr_t)(bitmap + done / BITS);
		if (ioctl(partition, MSHV_GET_GPAP_ACCESS_BITMAP, &args))
			return -errno;
	}
	return 0;
}

/* _test_clear_set_get_dirty_log(); returns the line that is wrong, or 0. */
static int dirty_log_is_right(int partition, size_t size)
{
	size_t pages = size / PAGE, words = pages / BITS;
	__u64 *bitmap = calloc(2 * words, sizeof(*bitmap));
	void *memory = allocate(size);

	if (!bitmap || !memory ||
	    mshv_map_memory(partition, 0, memory, size) ||
	    mshv_set_property(partition, PROPERTY_PAGE_ACCESS_TRACKING, 1) ||
	    dirty_log(partition, pages, MSHV_GPAP_ACCESS_OP_CLEAR, bitmap))
		return __LINE__;
	memset(bitmap, 0xff, words * sizeof(*bitmap));
	if (dirty_log(partition, pages, MSHV_GPAP_ACCESS_OP_SET, bitmap))
		return __LINE__;
	for (size_t i = 0; i < words; i++)
		if (bitmap[i])
			return __LINE__;
	if (dirty_log(partition, pages, MSHV_GPAP_ACCESS_OP_NOOP, bitmap) ||
	    dirty_log(partition, pages, MSHV_GPAP_ACCESS_OP_NOOP, bitmap + words) ||
	    memcmp(bitmap, bitmap + words, words * sizeof(*bitmap)))
		return __LINE__;
	if (mshv_set_property(partition, PROPERTY_PAGE_ACCESS_TRACKING, 0) ||
	    mshv_unmap_memory(partition, 0, memory, size))
		return __LINE__;
	munmap(memory, size);
	free(bitmap);
	return 0;
}

TEST_F(vm, test_get_dirty_log_32M)
{
	EXPECT_EQ(dirty_log_is_right(self->partition, 32UL << 20), 0);
}

TEST_F_TIMEOUT(vm, test_get_dirty_log_8G, 240)
{
	EXPECT_EQ(dirty_log_is_right(self->partition, 8UL << 30), 0);
}

/* Twice, as the library has two functions for it */
static int direct(int partition, __u16 code, void *in, size_t in_size, void *out, size_t out_size)
{
	int vp = vp_create(partition, 0), status = vp;

	for (int i = 0; i < 2 && vp >= 0 && (!i || !status); i++)
		status = mshv_call(partition, code, in, in_size, out, out_size);
	close(vp);
	return status;
}

TEST_F(vm, test_signal_event_direct)
{
	struct {
		__u64 partition_id;
		__u32 vp_index;
		__u8 vtl, sint;
		__u16 flag;
	} in = { .flag = 1 };
	__u8 signaled;
	int status = direct(self->partition, SIGNAL_EVENT_DIRECT, &in, sizeof(in), &signaled,
			    sizeof(signaled));

	if (status == HVP_STATUS_INVALID_HYPERCALL_CODE)
		SKIP(return, "rust-vmm ignores it, too");
	EXPECT_EQ(status, 0);
}

TEST_F(vm, test_post_message_direct)
{
	struct {
		__u64 partition_id;
		__u32 vp_index;
		__u32 vtl;
		__u32 sint;
		__u8 message[256];
		__u32 padding;
	} in = {};
	int status = direct(self->partition, POST_MESSAGE_DIRECT, &in, sizeof(in), NULL, 0);

	if (status == HVP_STATUS_INVALID_HYPERCALL_CODE)
		SKIP(return, "rust-vmm ignores it, too");
	EXPECT_EQ(status, 0);
}

TEST_F(vm, test_register_deliverabilty_notifications)
{
	const __u32 name = HVP_REGISTER_DELIVERABILITY_NOTIFICATIONS;
	int vp = vp_create(self->partition, 0);

	ASSERT_GE(vp, 0);
	for (int i = 0; i < 2; i++)
		EXPECT_EQ(vp_set_register(vp, name, 0), 0);
	EXPECT_EQ(vp_set_register(vp, name, 1), HVP_STATUS_INVALID_PARAMETER);
	close(vp);
}

TEST_F_TIMEOUT(vm, test_get_msr_index_list, 120)
{
	struct msr_list list;
	int vp = vp_create(self->partition, 0);
	bool found = false;

	ASSERT_GE(vp, 0);
	ASSERT_EQ(msrs_of_partition(self->partition, &list), 0);
	for (unsigned int i = 0; i < list.count; i++) {
		const __u32 name = list.msrs[i].name;
		struct hvp_register_value value = {};

		found |= list.msrs[i].index == MSR_SYSENTER_CS;
		EXPECT_EQ(vp_get_registers(vp, &name, &value, 1), 0)
			TH_LOG("getting MSR 0x%x", list.msrs[i].index);
		EXPECT_EQ(vp_set_values(vp, &name, &value, 1), 0)
			TH_LOG("setting MSR 0x%x", list.msrs[i].index);
	}
	EXPECT_TRUE(found);
	TH_LOG("%u MSRs", list.count);
	close(vp);
}

TEST_HARNESS_MAIN
