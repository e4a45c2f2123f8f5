// SPDX-License-Identifier: GPL-2.0
/* proximity.h: reading proximity domain info (contract, section 1). */

#include <kunit/test.h>
#include "../core/memory/proximity.h"

#define VALID		HVP_PROXIMITY_VALID
#define PREFERRED	HVP_PROXIMITY_PREFERRED

struct hvp_proximity_row {
	const char *name;
	struct hvp_proximity info;
	bool well_formed;
	bool any;
	bool required;
};

static const struct hvp_proximity_row hvp_proximity_rows[] = {
	{ "all zero", { 0, 0 }, true, true, false },
	{ "not valid, id ignored", { 0xdeadbeef, 0 }, true, true, false },
	{ "not valid but preferred", { 77, PREFERRED }, true, true, false },
	{ "valid", { 0, VALID }, true, false, true },
	{ "valid and preferred", { 0, VALID | PREFERRED }, true, false, false },
	{ "lowest reserved bit", { 0, BIT(1) }, false, true, false },
	{ "highest reserved bit", { 0, BIT(30) }, false, true, false },
	{ "all reserved bits", { 0, 0x7ffffffe }, false, true, false },
	{ "reserved bit and valid", { 0, VALID | BIT(16) }, false, false, true },
	{ "id 64", { 64, VALID }, false, false, true },
	{ "id 63 is no node", { 63, VALID }, false, false, true },
	{ "id 63, preferred", { 63, VALID | PREFERRED }, false, false, false },
	{ "id of 32 bits", { 0x80000000, VALID }, false, false, true },
	{ "id -1, which is NUMA_NO_NODE", { 0xffffffff, VALID }, false, false, true },
	{ "id whose low bits are 0", { 0x100, VALID }, false, false, true },
};

KUNIT_ARRAY_PARAM_DESC(hvp_proximity, hvp_proximity_rows, name);

static void hvp_proximity_is_read(struct kunit *test)
{
	const struct hvp_proximity_row *row = test->param_value;

	if (row->info.id == 63 && num_online_nodes() == HVP_PROXIMITY_DOMAINS)
		kunit_skip(test, "node 63 exists");
	KUNIT_EXPECT_EQ(test, hvp_proximity_well_formed(row->info), row->well_formed);
	KUNIT_EXPECT_EQ(test, hvp_proximity_any(row->info), row->any);
	KUNIT_EXPECT_EQ(test, hvp_proximity_required(row->info), row->required);
}

/* Every online node is a domain, and nothing else is. */
static void hvp_proximity_domains_are_nodes(struct kunit *test)
{
	unsigned int id;

	for (id = 0; id < 2 * HVP_PROXIMITY_DOMAINS; id++) {
		const struct hvp_proximity info = { id, VALID };
		bool online = id < HVP_PROXIMITY_DOMAINS && id < MAX_NUMNODES &&
			      node_online(id);

		KUNIT_EXPECT_EQ_MSG(test, hvp_proximity_well_formed(info), online, "id %u", id);
	}
}

static struct kunit_case hvp_proximity_cases[] = {
	KUNIT_CASE_PARAM(hvp_proximity_is_read, hvp_proximity_gen_params),
	KUNIT_CASE(hvp_proximity_domains_are_nodes),
	{}
};

static struct kunit_suite hvp_proximity = {
	.name = "hvp_proximity",
	.test_cases = hvp_proximity_cases,
};

kunit_test_suite(hvp_proximity);
