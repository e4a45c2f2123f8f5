// SPDX-License-Identifier: GPL-2.0
/* What the tests of these names in rust-vmm/mshv's mshv-ioctls/src/ioctls/system.rs expect. */
#include <unistd.h>

#include "kselftest_harness.h"
#include "mshv.h"
#include "rust-vmm.h"

FIXTURE(system) {
	int mshv;
};

FIXTURE_SETUP(system)
{
	self->mshv = mshv_open();
	ASSERT_GE(self->mshv, 0);
}

FIXTURE_TEARDOWN(system)
{
	close(self->mshv);
}

TEST_F(system, test_create_vm)
{
	int partition = rust_vmm_create_vm(self->mshv);

	ASSERT_GE(partition, 0);
	close(partition);
}

TEST_F(system, test_get_host_ipa_limit)
{
	__u64 bits = ~0ULL;

	ASSERT_EQ(mshv_get_property(self->mshv, PROPERTY_PHYSICAL_ADDRESS_WIDTH, &bits), 0);
	EXPECT_LE(bits, 52);
}

TEST_F(system, test_create_vm_with_default_config)
{
	int partition = rust_vmm_create_default(self->mshv);

	ASSERT_GE(partition, 0);
	close(partition);
}

/* Not all zero: without overlay pages the driver would want some of the hypervisor's. */
TEST_F(system, test_vmm_caps)
{
	struct hvp_get_property_ex_out caps = {};

	ASSERT_EQ(mshv_get_property_ex(self->mshv, PROPERTY_VMM_CAPABILITIES, &caps), 0);
	EXPECT_EQ(caps.value[0] & 0xffff, 1) TH_LOG("banks");
	EXPECT_NE(caps.value[1] & HVP_VMM_PROVIDES_OVERLAY_PAGES, 0);
}

TEST_HARNESS_MAIN
