// SPDX-License-Identifier: GPL-2.0
/*
 * Properties by /dev/mshv: what rust-vmm's create_vm() and its tests of properties do
 * (mshv-ioctls 0.7, src/ioctls/system.rs and vm.rs).
 */
#include <unistd.h>

#include "kselftest_harness.h"
#include "mshv.h"

FIXTURE(property) {
	int mshv;
	int partition;
};

FIXTURE_SETUP(property)
{
	self->mshv = mshv_open();
	ASSERT_GE(self->mshv, 0);
	self->partition = mshv_create(self->mshv);
	ASSERT_GE(self->partition, 0);
}

FIXTURE_TEARDOWN(property)
{
	close(self->partition);
	close(self->mshv);
}

/* test_get_host_ipa_limit */
TEST_F(property, own_physical_address_width)
{
	__u64 bits = ~0ULL;

	ASSERT_EQ(mshv_get_property(self->mshv, PROPERTY_PHYSICAL_ADDRESS_WIDTH, &bits), 0);
	EXPECT_LE(bits, 52);
}

/* What create_vm() asks for before it creates anything. */
TEST_F(property, own_processor_features)
{
	struct hvp_get_property_ex_out banks = {};
	__u64 features[2] = {};

	EXPECT_EQ(mshv_get_property(self->mshv, PROPERTY_PROCESSOR_FEATURES0, &features[0]), 0);
	EXPECT_EQ(mshv_get_property(self->mshv, PROPERTY_PROCESSOR_FEATURES1, &features[1]), 0);
	EXPECT_NE(features[0], 0);
	EXPECT_EQ(mshv_get_property_ex(self->mshv, PROPERTY_ASSIGNABLE_SYNTHETIC_FEATURES,
				       &banks), 0);
}

/* The driver passes the banks on as they are. */
TEST_F(property, disabled_processor_features)
{
	__u64 own[2] = {}, value = ~0ULL;
	int partition;

	ASSERT_EQ(mshv_get_property(self->mshv, PROPERTY_PROCESSOR_FEATURES0, &own[0]), 0);
	ASSERT_EQ(mshv_get_property(self->mshv, PROPERTY_PROCESSOR_FEATURES1, &own[1]), 0);
	partition = mshv_create_v2(self->mshv, own[0] & -own[0], ~0ULL);
	ASSERT_GE(partition, 0);
	ASSERT_EQ(mshv_initialize(partition), 0);
	EXPECT_EQ(mshv_get_property(partition, PROPERTY_PROCESSOR_FEATURES0, &value), 0);
	EXPECT_EQ(value, own[0] & (own[0] - 1));
	EXPECT_EQ(mshv_get_property(partition, PROPERTY_PROCESSOR_FEATURES1, &value), 0);
	EXPECT_EQ(value, 0);
	close(partition);
}

/* create_vm() goes on like this. */
TEST_F(property, synthetic_features_before_initialization)
{
	__u64 value = 0;

	ASSERT_EQ(mshv_set_property(self->partition, PROPERTY_SYNTHETIC_PROC_FEATURES, 0x2d), 0);
	EXPECT_EQ(mshv_get_property(self->partition, PROPERTY_SYNTHETIC_PROC_FEATURES, &value), 0);
	EXPECT_EQ(value, 0x2d);
	EXPECT_EQ(mshv_initialize(self->partition), 0);
}

/* test_get_property */
TEST_F(property, processor)
{
	__u64 value = 0;

	ASSERT_EQ(mshv_initialize(self->partition), 0);
	EXPECT_EQ(mshv_get_property(self->partition, PROPERTY_MAX_XSAVE_DATA_SIZE, &value), 0);
	/* x87, SSE and the header */
	EXPECT_GE(value, 512 + 64);
	EXPECT_EQ(mshv_get_property(self->partition, PROPERTY_PROCESSOR_XSAVE_FEATURES,
				    &value), 0);
	EXPECT_EQ(mshv_get_property(self->partition, PROPERTY_PROCESSOR_CLOCK_FREQUENCY,
				    &value), 0);
	EXPECT_GT(value, 0);
}

/* test_set_property */
TEST_F(property, round_trip)
{
	__u64 value = 0;

	ASSERT_EQ(mshv_initialize(self->partition), 0);
	for (__u64 action = 1; action != ~0ULL; action--) {
		EXPECT_EQ(mshv_set_property(self->partition, PROPERTY_UNIMPLEMENTED_MSR_ACTION,
					    action), 0);
		EXPECT_EQ(mshv_get_property(self->partition, PROPERTY_UNIMPLEMENTED_MSR_ACTION,
					    &value), 0);
		EXPECT_EQ(value, action);
	}
}

/* test_set_partition_property_invalid */
TEST_F(property, early_after_initialization)
{
	ASSERT_EQ(mshv_initialize(self->partition), 0);
	EXPECT_EQ(mshv_set_property(self->partition, PROPERTY_PRIVILEGE_FLAGS, 0),
		  HVP_STATUS_INVALID_PARTITION_STATE);
}

TEST_HARNESS_MAIN
