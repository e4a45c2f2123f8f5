// SPDX-License-Identifier: GPL-2.0
/* HvGetNextChildPartition: who is there, in the order of creation. */
#include "partitions.h"

#define SELF	HVP_PARTITION_ID_SELF

/* Go through all children; returns how many @ids there are. */
static unsigned int enumerate(struct vcpu *vcpu, u64 parent, u64 *ids, unsigned int most)
{
	unsigned int count = 0;
	u64 id = 0;

	do {
		REQUIRE_STATUS(get_next_child_partition(vcpu, parent, id, &id), SUCCESS);
		if (id && count < most)
			ids[count] = id;
		count += id != 0;
	} while (id && count <= most);
	return count;
}

static void nobody_there(void)
{
	struct vcpu *vcpu = new_guest();
	u64 next = 77;

	EXPECT_STATUS(get_next_child_partition(vcpu, SELF, 0, &next), SUCCESS);
	EXPECT_EQUAL(next, 0);
	EXPECT_STATUS(get_next_child_partition(vcpu, HVP_PARTITION_ID_ROOT, 0, &next), SUCCESS);
	EXPECT_EQUAL(next, 0);
}

static void in_order_of_creation(void)
{
	struct vcpu *vcpu = new_guest();
	u64 made[6], found[6];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(made); i++)
		made[i] = create_child(vcpu);
	REQUIRE_EQUAL(enumerate(vcpu, SELF, found, ARRAY_SIZE(found)), ARRAY_SIZE(made));
	for (i = 0; i < ARRAY_SIZE(made); i++)
		EXPECT_EQUAL(found[i], made[i]);
	REQUIRE_EQUAL(enumerate(vcpu, HVP_PARTITION_ID_ROOT, found, ARRAY_SIZE(found)),
		      ARRAY_SIZE(made));
}

static void in_any_state(void)
{
	struct vcpu *vcpu = new_guest();
	u64 made[3] = { create_child(vcpu), create_active_child(vcpu),
			create_finalized_child(vcpu) };
	u64 found[3];
	unsigned int i;

	REQUIRE_EQUAL(enumerate(vcpu, SELF, found, 3), 3);
	for (i = 0; i < 3; i++)
		EXPECT_EQUAL(found[i], made[i]);
}

/* Deleted ones are left out, wherever they were, and new ones come last. */
static void as_children_come_and_go(void)
{
	struct vcpu *vcpu = new_guest();
	u64 a = create_child(vcpu), b = create_child(vcpu), c = create_child(vcpu);
	u64 found[4], d, next;

	delete_child(vcpu, b);
	EXPECT_STATUS(get_next_child_partition(vcpu, SELF, a, &next), SUCCESS);
	EXPECT_EQUAL(next, c);
	d = create_child(vcpu);
	EXPECT_STATUS(get_next_child_partition(vcpu, SELF, c, &next), SUCCESS);
	EXPECT_EQUAL(next, d);
	delete_child(vcpu, a);
	delete_child(vcpu, d);
	REQUIRE_EQUAL(enumerate(vcpu, SELF, found, 4), 1);
	EXPECT_EQUAL(found[0], c);
	delete_child(vcpu, c);
	EXPECT_EQUAL(enumerate(vcpu, SELF, found, 4), 0);
}

static void previous_is_not_a_child(void)
{
	struct vcpu *vcpu = new_guest();
	u64 id = create_child(vcpu), gone = create_child(vcpu), next;
	const u64 strangers[] = { HVP_PARTITION_ID_ROOT, SELF, gone, gone + 1, 1ULL << 63 };
	unsigned int i;

	delete_child(vcpu, gone);
	for (i = 0; i < ARRAY_SIZE(strangers); i++)
		EXPECT_STATUS(get_next_child_partition(vcpu, SELF, strangers[i], &next),
			      INVALID_PARTITION_ID);
	EXPECT_STATUS(get_next_child_partition(vcpu, SELF, id, &next), SUCCESS);
	EXPECT_EQUAL(next, 0);
}

static void parent_is_not_the_caller(void)
{
	struct vcpu *vcpu = new_guest();
	u64 id = create_child(vcpu), next;

	EXPECT_STATUS(get_next_child_partition(vcpu, id, 0, &next), ACCESS_DENIED);
	EXPECT_STATUS(get_next_child_partition(vcpu, id, id, &next), ACCESS_DENIED);
	EXPECT_STATUS(get_next_child_partition(vcpu, 0, 0, &next), INVALID_PARTITION_ID);
	EXPECT_STATUS(get_next_child_partition(vcpu, id + 1, 0, &next), INVALID_PARTITION_ID);
	/* The parent counts before the previous child. */
	EXPECT_STATUS(get_next_child_partition(vcpu, id, id + 1, &next), ACCESS_DENIED);
}

static void without_privilege(void)
{
	struct guest_config config = {
		.privileges = GUEST_ALL_PRIVILEGES & ~HVP_PRIVILEGE_CREATE_PARTITIONS,
	};
	struct guest *guest = guest_create(&config);
	u64 next;

	EXPECT_STATUS(get_next_child_partition(&guest->vcpus[0], SELF, 0, &next), ACCESS_DENIED);
	EXPECT_STATUS(get_next_child_partition(&guest->vcpus[0], 77, 0, &next), ACCESS_DENIED);
}

static const struct test_case cases[] = {
	CASE(nobody_there),
	CASE(in_order_of_creation),
	CASE(in_any_state),
	CASE(as_children_come_and_go),
	CASE(previous_is_not_a_child),
	CASE(parent_is_not_the_caller),
	CASE(without_privilege),
};

int main(void)
{
	cases_add(cases, ARRAY_SIZE(cases));
	return cases_run();
}
