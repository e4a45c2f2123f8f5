// SPDX-License-Identifier: GPL-2.0
/* vp.c: contract, section 4, which pages HvDepositMemory finds in use, and VP indexes. */

#include "world.h"

/* Which MSR names a page. */
struct hvp_named_row {
	const char *name;
	int vp;			/* of which virtual processor; -1 for one of the partition's */
	unsigned int page;
};

static const struct hvp_named_row hvp_named_rows[] = {
	{ "hypercall page", -1, HVP_PARTITION_PAGE_HYPERCALL },
	{ "reference TSC page", -1, HVP_PARTITION_PAGE_REFERENCE_TSC },
	{ "VP assist page", 0, HVP_VP_PAGE_ASSIST },
	{ "SynIC message page", 0, HVP_VP_PAGE_SIM },
	{ "SynIC event page", 0, HVP_VP_PAGE_SIEF },
	{ "SynIC event ring page", 0, HVP_VP_PAGE_SIRB },
	{ "VP assist page, last VP", HVP_FAKE_VPS_MOST - 1, HVP_VP_PAGE_ASSIST },
	{ "SynIC event ring page, last VP", HVP_FAKE_VPS_MOST - 1, HVP_VP_PAGE_SIRB },
};

KUNIT_ARRAY_PARAM_DESC(hvp_named, hvp_named_rows, name);

/* The first page of a list that is one of those; enabled by bit 0, whatever bits 11:1 are. */
static void hvp_vps_know_named_pages(struct kunit *test)
{
	const struct hvp_named_row *row = test->param_value;
	const struct hvp_pinned_page pages[] = { { 0 }, { 7 }, { 1ULL << 51 }, { 5 }, { 7 } };
	struct hvp_fake_guest *guest = hvp_fake_guest_create(test, sizeof(*guest));
	unsigned int i;
	u64 *msr;

	hvp_fake_add_vps(guest, HVP_FAKE_VPS_MOST);
	msr = row->vp < 0 ? &guest->vps.pages[row->page] : &guest->vp[row->vp].pages[row->page];
	for (i = 0; i < ARRAY_SIZE(pages) - 1; i++) {
		*msr = pages[i].gfn << 12 | 0xffe;
		KUNIT_EXPECT_EQ(test, hvp_vps_first_named(&guest->vps, pages, 5), 5);
		*msr = pages[i].gfn << 12 | 0xfff;
		KUNIT_EXPECT_EQ(test, hvp_vps_first_named(&guest->vps, pages, 5), i);
		KUNIT_EXPECT_EQ(test, hvp_vps_first_named(&guest->vps, pages, i), i);
	}
	*msr = 6ULL << 12 | 1;
	KUNIT_EXPECT_EQ(test, hvp_vps_first_named(&guest->vps, pages, 5), 5);
	KUNIT_EXPECT_EQ(test, hvp_vps_first_named(&guest->vps, pages, 0), 0);
}

static void hvp_vps_first_of_several_named_pages(struct kunit *test)
{
	const struct hvp_pinned_page pages[] = { { 4 }, { 5 }, { 6 }, { 7 } };
	struct hvp_fake_guest *guest = hvp_fake_guest_create(test, sizeof(*guest));

	guest->vps.pages[HVP_PARTITION_PAGE_HYPERCALL] = 7 << 12 | 1;
	guest->vp[0].pages[HVP_VP_PAGE_SIM] = 5 << 12 | 1;
	guest->vp[1].pages[HVP_VP_PAGE_SIEF] = 6 << 12 | 1;
	KUNIT_EXPECT_EQ(test, hvp_vps_first_named(&guest->vps, pages, 4), 1);
}

/* The VMM says which VP index a vCPU has, and may say anything. */
static void hvp_vps_are_found_by_index(struct kunit *test)
{
	struct hvp_fake_guest *guest = hvp_fake_guest_create(test, sizeof(*guest));
	unsigned int i;

	hvp_fake_add_vps(guest, HVP_FAKE_VPS_MOST);
	KUNIT_EXPECT_EQ(test, guest->vps.count, HVP_FAKE_VPS_MOST);
	for (i = 0; i < HVP_FAKE_VPS_MOST; i++)
		KUNIT_EXPECT_PTR_EQ(test, hvp_vps_find(&guest->vps, HVP_FAKE_VP_INDEX(i)),
				    &guest->vp[i]);
	KUNIT_EXPECT_NULL(test, hvp_vps_find(&guest->vps, 1));
	KUNIT_EXPECT_NULL(test, hvp_vps_find(&guest->vps, ~0U));
	guest->vp[3].index = ~0U;
	KUNIT_EXPECT_PTR_EQ(test, hvp_vps_find(&guest->vps, ~0U), &guest->vp[3]);
	KUNIT_EXPECT_NULL(test, hvp_vps_find(&guest->vps, HVP_FAKE_VP_INDEX(3)));
	/* Nobody takes another's place. */
	KUNIT_EXPECT_EQ(test, hvp_vps_add(&guest->vps, 3, &guest->vp[4]), -EBUSY);
	KUNIT_EXPECT_EQ(test, guest->vps.count, HVP_FAKE_VPS_MOST);
}

static struct kunit_case hvp_vp_cases[] = {
	KUNIT_CASE_PARAM(hvp_vps_know_named_pages, hvp_named_gen_params),
	KUNIT_CASE(hvp_vps_first_of_several_named_pages),
	KUNIT_CASE(hvp_vps_are_found_by_index),
	{}
};

HVP_KUNIT_SUITE(hvp_vp, hvp_vp_cases);
