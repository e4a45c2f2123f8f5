// SPDX-License-Identifier: GPL-2.0
/*
 * HvMapGpaPages, HvUnmapGpaPages, status by status: contract, virtual processors, section 4. What
 * a child sees of it: exact.
 */
#include <sys/mman.h>

#include "refused_pages.h"
#include "vps.h"

#define SELF	HVP_PARTITION_ID_SELF
#define NOBODY	77

/* An active child with a pool, and nothing in it */
static u64 new_bare_child(struct vcpu *vcpu)
{
	u64 id = create_active_child(vcpu);

	deposit_new(vcpu, id, NULL, 40);
	return id;
}

static u64 map_new(struct vcpu *vcpu, u64 id, u64 gpn, u32 flags, unsigned int count)
{
	u64 sources[MAP_MAX_REPS];

	guest_alloc_list(vcpu->guest, sources, count);
	return map_gpa_pages(vcpu, id, gpn, flags, sources, count);
}

static void whose(void)
{
	struct vcpu *vcpu = new_guest();
	u64 uninitialized = create_child(vcpu), id = create_finalized_child(vcpu);

	EXPECT_STATUS(map_new(vcpu, NOBODY, 0, MAP_RWX, 1), INVALID_PARTITION_ID);
	EXPECT_STATUS(map_new(vcpu, SELF, 0, MAP_RWX, 1), ACCESS_DENIED);
	EXPECT_STATUS(unmap_gpa_pages(vcpu, NOBODY, 0, 0, 1), INVALID_PARTITION_ID);
	EXPECT_STATUS(unmap_gpa_pages(vcpu, SELF, 0, 0, 1), ACCESS_DENIED);
	/* Before what is wrong with the values */
	EXPECT_STATUS(map_new(vcpu, uninitialized, 0, 0, 1), INVALID_PARTITION_STATE);
	EXPECT_STATUS(map_new(vcpu, id, 0, 0, 1), INVALID_PARTITION_STATE);
	EXPECT_STATUS(unmap_gpa_pages(vcpu, uninitialized, 0, ~0, 1), INVALID_PARTITION_STATE);
	/* What is there no more is unmapped. */
	EXPECT_RESULT(unmap_gpa_pages(vcpu, id, 0, 0, 3), SUCCESS, 3);
	EXPECT_STATUS(unmap_gpa_pages(vcpu, id, 0, 4, 1), INVALID_PARAMETER);
	EXPECT_STATUS(unmap_gpa_pages(vcpu, id, 1ULL << 52, 0, 1), INVALID_PARAMETER);
}

static const struct flags {
	const char *name;
	u32 flags;
	bool allowed;
} all_flags[] = {
	{ "read", HVP_MAP_READ, true },
	{ "read_write", HVP_MAP_READ | HVP_MAP_WRITE, true },
	{ "everything", MAP_RWX, true },
	{ "no_effect", MAP_RWX | HVP_MAP_ADJUSTABLE | HVP_MAP_NO_OVERLAY | HVP_MAP_NOT_CACHED |
		       HVP_MAP_ACCESSED_MASK | HVP_MAP_DIRTY, true },
	{ "linux_rom", 0x800d, true },
	{ "no_access", HVP_MAP_NO_ACCESS, true },
	{ "no_access_and_rights", HVP_MAP_NO_ACCESS | MAP_RWX, true },
	{ "nothing", 0, false },
	{ "nothing_but_hints", HVP_MAP_ADJUSTABLE, false },
	{ "write", HVP_MAP_WRITE, false },
	{ "execute", HVP_MAP_KERNEL_EXECUTE | HVP_MAP_USER_EXECUTE, false },
	{ "write_execute", MAP_RWX & ~HVP_MAP_READ, false },
	{ "zeroed", MAP_RWX | HVP_MAP_ZEROED, false },
	{ "ones", MAP_RWX | HVP_MAP_ONES, false },
	{ "bit_4", MAP_RWX | 0x10, false },
	{ "bit_14", MAP_RWX | 0x4000, false },
	{ "bit_22", MAP_RWX | 0x400000, false },
	{ "bit_29", MAP_RWX | 0x20000000, false },
	{ "bit_30", MAP_RWX | 0x40000000, false },
};

static void map_with_flags(const void *data)
{
	const struct flags *row = data;
	struct vcpu *vcpu = new_guest();
	u64 id = new_bare_child(vcpu);

	if (row->allowed)
		EXPECT_RESULT(map_new(vcpu, id, 5, row->flags, 2), SUCCESS, 2);
	else
		EXPECT_STATUS(map_new(vcpu, id, 5, row->flags, 2), INVALID_PARAMETER);
}

static void unmap_with_flags(void)
{
	struct vcpu *vcpu = new_guest();
	u64 id = new_bare_child(vcpu);

	EXPECT_RESULT(unmap_gpa_pages(vcpu, id, 0, 0, 4), SUCCESS, 4);
	EXPECT_RESULT(unmap_gpa_pages(vcpu, id, 0, HVP_UNMAP_KEEP_PRECOMMITTED, 4), SUCCESS, 4);
	EXPECT_RESULT(unmap_gpa_pages(vcpu, id, 512, HVP_UNMAP_LARGE, 4), SUCCESS, 4);
	EXPECT_STATUS(unmap_gpa_pages(vcpu, id, 0, 4, 4), INVALID_PARAMETER);
	EXPECT_STATUS(unmap_gpa_pages(vcpu, id, 0, 0x80000000, 4), INVALID_PARAMETER);
}

/* The last page of a map, and of the caller's addresses; the list is done up to there. */
static void beyond_the_end(void)
{
	struct vcpu *vcpu = new_guest();
	u64 id = new_bare_child(vcpu), sources[3];
	u64 end = 1ULL << (vcpu_phys_bits(vcpu) - HVP_PAGE_SHIFT);

	EXPECT_RESULT(map_new(vcpu, id, end - 1, MAP_RWX, 1), SUCCESS, 1);
	EXPECT_RESULT(map_new(vcpu, id, end - 2, MAP_RWX, 3), INVALID_PARAMETER, 2);
	EXPECT_RESULT(map_new(vcpu, id, end - 2, HVP_MAP_NO_ACCESS, 3), INVALID_PARAMETER, 2);
	EXPECT_STATUS(map_new(vcpu, id, end, MAP_RWX, 1), INVALID_PARAMETER);
	EXPECT_STATUS(map_new(vcpu, id, ~0ULL, MAP_RWX, 2), INVALID_PARAMETER);
	EXPECT_RESULT(unmap_gpa_pages(vcpu, id, end - 2, 0, 3), INVALID_PARAMETER, 2);
	EXPECT_STATUS(unmap_gpa_pages(vcpu, id, ~0ULL, 0, 2), INVALID_PARAMETER);
	EXPECT_RESULT(unmap_gpa_pages(vcpu, id, end - 512, HVP_UNMAP_LARGE, 2),
		      INVALID_PARAMETER, 1);

	guest_alloc_list(vcpu->guest, sources, 3);
	sources[1] = end;
	EXPECT_RESULT(map_gpa_pages(vcpu, id, 0, MAP_RWX, sources, 3), INVALID_PARAMETER, 1);
	sources[1] = ~0ULL;
	EXPECT_RESULT(map_gpa_pages(vcpu, id, 0, MAP_RWX, sources, 3), INVALID_PARAMETER, 1);
	/* Nobody looks at it. */
	EXPECT_RESULT(map_gpa_pages(vcpu, id, 0, HVP_MAP_NO_ACCESS, sources, 3), SUCCESS, 3);
}

static void large_pages(void)
{
	struct guest_config config = { .ram = 32 << 20, .privileges = GUEST_ALL_PRIVILEGES };
	struct vcpu *vcpu = guest_create(&config)->vcpus;
	u64 id = new_bare_child(vcpu);
	const u64 aligned[2] = { 0x1000, 0x1200 }, odd[2] = { 0x1000, 0x1234 };
	const u64 beyond = (32 << 20 >> HVP_PAGE_SHIFT) - 256;

	EXPECT_RESULT(map_gpa_pages(vcpu, id, 1024, MAP_RWX | HVP_MAP_LARGE, aligned, 2), SUCCESS,
		      2);
	EXPECT_STATUS(map_gpa_pages(vcpu, id, 1025, MAP_RWX | HVP_MAP_LARGE, aligned, 2),
		      INVALID_PARAMETER);
	EXPECT_RESULT(map_gpa_pages(vcpu, id, 1024, HVP_MAP_NO_ACCESS | HVP_MAP_LARGE, NULL, 2),
		      SUCCESS, 2);
	EXPECT_STATUS(map_gpa_pages(vcpu, id, 1, HVP_MAP_NO_ACCESS | HVP_MAP_LARGE, NULL, 2),
		      INVALID_PARAMETER);
	/* It is the child's address that has to be aligned. */
	EXPECT_RESULT(map_gpa_pages(vcpu, id, 2048, MAP_RWX | HVP_MAP_LARGE, odd, 2), SUCCESS, 2);
	EXPECT_STATUS(map_gpa_pages(vcpu, id, 2048, MAP_RWX | HVP_MAP_LARGE, &beyond, 1),
		      OPERATION_DENIED);
	EXPECT_STATUS(unmap_gpa_pages(vcpu, id, 2049, HVP_UNMAP_LARGE, 1), INVALID_PARAMETER);
	EXPECT_RESULT(unmap_gpa_pages(vcpu, id, 2048, HVP_UNMAP_LARGE, 1), SUCCESS, 1);
	/* A small one out of a large one, and into it */
	EXPECT_RESULT(unmap_gpa_pages(vcpu, id, 2560 + 7, 0, 1), SUCCESS, 1);
	EXPECT_RESULT(map_new(vcpu, id, 2560 + 9, MAP_RWX, 3), SUCCESS, 3);
	EXPECT_RESULT(map_gpa_pages(vcpu, id, 2560, MAP_RWX | HVP_MAP_LARGE, aligned, 1), SUCCESS,
		      1);
}

/* Neither what a pool has, nor what the host writes to; nor can that be done to what is mapped. */
static void what_is_in_use(void)
{
	struct vcpu *vcpu = new_guest();
	struct child child = new_child(vcpu);
	struct hvp_stats_page_in stats = stats_of_partition(child.id, HVP_STATS_AREA_SELF);
	u64 deposited[1], page = guest_alloc(vcpu->guest), mapped;

	deposit_new(vcpu, SELF, deposited, 1);
	EXPECT_STATUS(map_gpa_pages(vcpu, child.id, 9, MAP_RWX, deposited, 1), OPERATION_DENIED);
	deposit_new(vcpu, child.id, deposited, 1);
	EXPECT_STATUS(map_gpa_pages(vcpu, child.id, 9, MAP_RWX, deposited, 1), OPERATION_DENIED);
	deposit_new(vcpu, SELF, NULL, 8);
	REQUIRE_STATUS(map_stats_page2(vcpu, &stats, page), SUCCESS);
	EXPECT_STATUS(map_gpa_pages(vcpu, child.id, 9, MAP_RWX, &page, 1), OPERATION_DENIED);
	EXPECT_STATUS(map_gpa_pages(vcpu, child.id, 9, MAP_RWX, &child.intercepts, 1),
		      OPERATION_DENIED);
	EXPECT_STATUS(map_gpa_pages(vcpu, child.id, 9, HVP_MAP_READ, &child.intercepts, 1),
		      OPERATION_DENIED);

	child_map(&child, 9, MAP_RWX, 1, &mapped);
	EXPECT_STATUS(deposit_memory(vcpu, SELF, &mapped, 1), OPERATION_DENIED);
	EXPECT_STATUS(map_state_page(vcpu, child.id, 0, HVP_STATE_PAGE_REGISTERS, mapped),
		      OPERATION_DENIED);
	/* Once it is unmapped, or replaced, it is free. */
	REQUIRE_RESULT(unmap_gpa_pages(vcpu, child.id, 9, 0, 1), SUCCESS, 1);
	EXPECT_RESULT(deposit_memory(vcpu, SELF, &mapped, 1), SUCCESS, 1);
	child_map(&child, 9, MAP_RWX, 1, &mapped);
	REQUIRE_RESULT(map_gpa_pages(vcpu, child.id, 9, HVP_MAP_NO_ACCESS, NULL, 1), SUCCESS, 1);
	EXPECT_RESULT(deposit_memory(vcpu, SELF, &mapped, 1), SUCCESS, 1);
}

/* A page is mapped as often as its parent likes, and free when the last one is gone. */
static void a_page_at_several_places(void)
{
	struct vcpu *vcpu = new_guest();
	u64 first = new_bare_child(vcpu), second = new_bare_child(vcpu);
	u64 page = guest_alloc(vcpu->guest);
	const u64 same[3] = { page, page, page };

	EXPECT_RESULT(map_gpa_pages(vcpu, first, 0, MAP_RWX, same, 3), SUCCESS, 3);
	EXPECT_RESULT(map_gpa_pages(vcpu, second, 0x12345, HVP_MAP_READ, same, 1), SUCCESS, 1);
	EXPECT_RESULT(unmap_gpa_pages(vcpu, first, 0, 0, 3), SUCCESS, 3);
	EXPECT_STATUS(deposit_memory(vcpu, SELF, &page, 1), OPERATION_DENIED);
	finalize_child(vcpu, second);
	EXPECT_RESULT(deposit_memory(vcpu, SELF, &page, 1), SUCCESS, 1);
}

/*
 * A list of which several children have pages, criss-cross, ends at the first that somebody has,
 * and what is behind that remains the guest's.
 */
static void among_what_children_have(void)
{
	enum { CHILDREN = 3, EACH = 100, LIST = 2 * CHILDREN * EACH };
	struct vcpu *vcpu = new_guest();
	u64 children[CHILDREN], pages[LIST], list[LIST];
	unsigned int i, child;

	guest_alloc_list(vcpu->guest, pages, LIST);
	for (child = 0; child < CHILDREN; child++) {
		children[child] = new_bare_child(vcpu);
		for (i = 0; i < EACH; i++)
			list[i] = pages[2 * (i * 37 % EACH * CHILDREN + child)];
		REQUIRE_RESULT(map_gpa_pages(vcpu, children[child], 0x1000 * child, MAP_RWX, list,
					     EACH), SUCCESS, EACH);
	}
	/* All that no child has, and the last but 20 that has one */
	for (i = 0; i < LIST / 2; i++)
		list[i] = pages[LIST - 1 - 2 * i];
	list[LIST / 2 - 20] = pages[2 * CHILDREN * 41 + 2 * 2];
	EXPECT_RESULT(deposit_memory(vcpu, SELF, list, LIST / 2), OPERATION_DENIED, LIST / 2 - 20);
	EXPECT_RESULT(map_gpa_pages(vcpu, children[0], 0x5000, MAP_RWX, list + LIST / 2 - 19, 19),
		      SUCCESS, 19);
	EXPECT_STATUS(map_gpa_pages(vcpu, children[0], 0x5000, MAP_RWX, list + LIST / 2 - 21, 1),
		      OPERATION_DENIED);
	EXPECT_RESULT(deposit_memory(vcpu, SELF, list + LIST / 2 - 20, 20), OPERATION_DENIED, 0);
	finalize_child(vcpu, children[2]);
	EXPECT_RESULT(deposit_memory(vcpu, SELF, list + LIST / 2 - 20, 20), OPERATION_DENIED, 1);
}

static void not_ram(void)
{
	struct vcpu *vcpu = new_guest();
	struct guest *guest = vcpu->guest;
	u64 id = new_bare_child(vcpu);
	const u64 hole = GUEST_HOLE_GPA / HVP_PAGE_SIZE, apic = GUEST_MMIO_GPA / HVP_PAGE_SIZE;
	const u64 read_only = guest_add_page(guest, KVM_MEM_READONLY, PROT_READ | PROT_WRITE);
	const u64 ram = guest_alloc(guest), list[3] = { ram, hole, ram };

	EXPECT_STATUS(map_gpa_pages(vcpu, id, 0, MAP_RWX, &hole, 1), OPERATION_DENIED);
	EXPECT_STATUS(map_gpa_pages(vcpu, id, 0, MAP_RWX, &apic, 1), OPERATION_DENIED);
	EXPECT_STATUS(map_gpa_pages(vcpu, id, 0, MAP_RWX, &read_only, 1), OPERATION_DENIED);
	EXPECT_STATUS(map_gpa_pages(vcpu, id, 0, HVP_MAP_READ, &read_only, 1), OPERATION_DENIED);
	EXPECT_RESULT(map_gpa_pages(vcpu, id, 0, MAP_RWX, list, 3), OPERATION_DENIED, 1);
}

/* It says how far it has come, and goes on from there. */
static void the_pool_pays(void)
{
	struct vcpu *vcpu = new_guest();
	u64 id = create_active_child(vcpu);
	struct hvp_memory_balance_out balance;
	unsigned int paid, done = 0;
	u64 result, base = 0x4000000;

	withdraw_all(vcpu, id);
	/* Where it already is, forbidding cannot fail. */
	result = map_new(vcpu, id, base, MAP_RWX, 1);
	EXPECT_EQUAL(result_status(result), HVP_STATUS_INSUFFICIENT_MEMORY);
	for (paid = 0; paid < MAX_CHARGE && !done; paid++) {
		deposit_new(vcpu, id, NULL, 1);
		done = result_success(map_new(vcpu, id, base, MAP_RWX, 1));
	}
	EXPECT(done);
	withdraw_all(vcpu, id);
	EXPECT_RESULT(map_new(vcpu, id, base, HVP_MAP_NO_ACCESS, 1), SUCCESS, 1);
	EXPECT_RESULT(map_new(vcpu, id, base, HVP_MAP_NO_ACCESS, 1), SUCCESS, 1);
	EXPECT_RESULT(map_new(vcpu, id, base, MAP_RWX, 1), SUCCESS, 1);
	/* What is unmapped costs nothing. */
	EXPECT_RESULT(unmap_gpa_pages(vcpu, id, base, 0, 1), SUCCESS, 1);
	balance = balance_of(vcpu, id);
	EXPECT(balance.pages_available > 0);
	finalize_child(vcpu, id);
	withdraw_all(vcpu, id);
	delete_child(vcpu, id);
}

static void whole_lists(void)
{
	struct vcpu *vcpu = new_guest();
	u64 id = new_bare_child(vcpu), sources[MAP_MAX_REPS];

	EXPECT_EQUAL(MAP_MAX_REPS, 509);
	guest_alloc_list(vcpu->guest, sources, MAP_MAX_REPS);
	EXPECT_RESULT(map_gpa_pages(vcpu, id, 0, MAP_RWX, sources, MAP_MAX_REPS), SUCCESS,
		      MAP_MAX_REPS);
	EXPECT_RESULT(map_gpa_pages(vcpu, id, 0, MAP_RWX, sources, MAP_MAX_REPS), SUCCESS,
		      MAP_MAX_REPS);
	EXPECT_RESULT(unmap_gpa_pages(vcpu, id, 0, 0, 4095), SUCCESS, 4095);
	EXPECT_STATUS(map_gpa_pages(vcpu, id, 0, MAP_RWX, sources, 0), INVALID_HYPERCALL_INPUT);
}

static void as_many_nodes_as_the_host_allows(void)
{
	struct vcpu *vcpu = new_guest();
	const u64 id = new_bare_child(vcpu);

	module_parameter_set("max_map_nodes", 0);
	EXPECT_RESULT(map_new(vcpu, id, 0, MAP_RWX, 1), NO_RESOURCES, 0);
	module_parameter_set("max_map_nodes", 10);
	EXPECT_RESULT(map_new(vcpu, id, 0, MAP_RWX, 1), SUCCESS, 1);
}

static const struct test_case cases[] = {
	CASE(whose),
	CASE(unmap_with_flags),
	CASE(beyond_the_end),
	CASE(large_pages),
	CASE(what_is_in_use),
	CASE(a_page_at_several_places),
	CASE(among_what_children_have),
	CASE(not_ram),
	CASE(the_pool_pays),
	CASE(whole_lists),
	CASE(as_many_nodes_as_the_host_allows),
};

int main(void)
{
	cases_add(cases, ARRAY_SIZE(cases));
	cases_add_rows(map_with_flags, all_flags);
	return cases_run();
}
