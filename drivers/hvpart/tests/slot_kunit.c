// SPDX-License-Identifier: GPL-2.0
/* Which memory slots of KVM's are RAM of the guest, and where in the VMM it is. */

#include <kunit/test.h>
#include "../kvm/parent/slot.h"

#define SLOT_GFN	0x100
#define SLOT_PAGES	8
#define SLOT_ADDRESS	0x7f0000000000UL
#define LAST_GFN	(SLOT_GFN + SLOT_PAGES - 1)
#define LAST_ADDRESS	(SLOT_ADDRESS + (SLOT_PAGES - 1) * PAGE_SIZE)

static const struct slot_row {
	const char *name;
	short id;
	u32 flags;
	u64 gfn;
	unsigned long read, write;
} slot_rows[] = {
	{ "first_page", 0, 0, SLOT_GFN, SLOT_ADDRESS, SLOT_ADDRESS },
	{ "page_in_the_middle", 0, 0, SLOT_GFN + 3, SLOT_ADDRESS + 3 * PAGE_SIZE,
	  SLOT_ADDRESS + 3 * PAGE_SIZE },
	{ "last_page", 0, 0, LAST_GFN, LAST_ADDRESS, LAST_ADDRESS },
	{ "last_slot_that_a_vmm_may_have", KVM_USER_MEM_SLOTS - 1, 0, LAST_GFN, LAST_ADDRESS,
	  LAST_ADDRESS },
	{ "slot_whose_dirty_pages_are_logged", 1, KVM_MEM_LOG_DIRTY_PAGES, SLOT_GFN,
	  SLOT_ADDRESS, SLOT_ADDRESS },
	{ "read_only_slot", 1, KVM_MEM_READONLY, SLOT_GFN, SLOT_ADDRESS, 0 },
	{ "slot_that_is_going", 1, KVM_MEMSLOT_INVALID, SLOT_GFN, 0, 0 },
	{ "read_only_slot_that_is_going", 1, KVM_MEMSLOT_INVALID | KVM_MEM_READONLY, SLOT_GFN,
	  0, 0 },
	{ "first_slot_of_kvms_own", KVM_USER_MEM_SLOTS, 0, SLOT_GFN, 0, 0 },
	{ "last_slot_of_kvms_own", KVM_MEM_SLOTS_NUM - 1, 0, LAST_GFN, 0, 0 },
};

KUNIT_ARRAY_PARAM_DESC(slot, slot_rows, name);

static void hvp_slot_has_ram(struct kunit *test)
{
	const struct slot_row *row = test->param_value;
	struct kvm_memory_slot *slot = kunit_kzalloc(test, sizeof(*slot), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, slot);
	slot->id = row->id;
	slot->flags = row->flags;
	slot->base_gfn = SLOT_GFN;
	slot->npages = SLOT_PAGES;
	slot->userspace_addr = SLOT_ADDRESS;
	KUNIT_EXPECT_EQ(test, (unsigned long)hvp_slot_address(slot, row->gfn, false), row->read);
	KUNIT_EXPECT_EQ(test, (unsigned long)hvp_slot_address(slot, row->gfn, true), row->write);
}

static struct kunit_case hvp_slot_cases[] = {
	KUNIT_CASE_PARAM(hvp_slot_has_ram, slot_gen_params),
	{}
};

static struct kunit_suite hvp_slot = {
	.name = "hvp_slot",
	.test_cases = hvp_slot_cases,
};

kunit_test_suite(hvp_slot);
