// SPDX-License-Identifier: GPL-2.0
/*
 * HvGetVpRegisters, HvSetVpRegisters, HvTranslateVirtualAddress: what they take and give, when
 * the machine is asked, and what the register page has to do with it.
 */

#include "../core/vp/translate.h"
#include "contract.h"

#define REG(register_name, first, second) ((struct hvp_register_assoc){		\
	.name = HVP_REGISTER_##register_name, .padding = { 1, 2, 3 },		\
	.value.word = { first, second } })

/* A child with one virtual processor, whose register page is mapped. */
struct hvp_registers {
	struct hvp_world *world;
	struct hvp_partition *child;
	struct hvp_child_vp *vp;
	struct hvp_machine_vp *machine;
	struct hvp_register_page *page;
};

static void hvp_registers_begin(struct kunit *test, struct hvp_registers *it, bool mapped)
{
	struct hvp_world *world = hvp_world_create(test);
	u64 gfn = hvp_world_fresh_pages(world, 0, 1);

	it->world = world;
	it->child = hvp_world_child(world, world->root, HVP_STATE_ACTIVE);
	it->vp = hvp_world_vp(world, it->child, 0);
	it->machine = it->vp->machine;
	it->page = hvp_fake_memory(&world->guest, gfn << HVP_PAGE_SHIFT);
	if (mapped)
		hvp_expect_status(test, hvp_try_map_state(world, world->root, it->child->id, 0,
							  HVP_STATE_PAGE_REGISTERS, gfn),
				  MAP_VP_STATE_PAGE, SUCCESS);
}

static struct hvp_reply hvp_set(struct hvp_registers *it, const struct hvp_register_assoc *assocs,
				unsigned int count)
{
	return hvp_try_set_registers(it->world, it->world->root, it->child->id, 0, assocs, count);
}

static struct hvp_reply hvp_get(struct hvp_registers *it, const u32 *names, unsigned int count)
{
	return hvp_try_get_registers(it->world, it->world->root, it->child->id, 0, names, count);
}

static u64 hvp_value(struct hvp_registers *it, u32 name)
{
	struct hvp_reply reply = hvp_get(it, &name, 1);

	KUNIT_EXPECT_EQ_MSG(it->world->test, reply.status, HVP_STATUS_SUCCESS, "register %#x",
			    name);
	return reply.out[0];
}

/* As a processor is that has been reset; a new one does not run before it is dispatched. */
static void hvp_registers_after_creation(struct kunit *test)
{
	static const u32 names[] = {
		HVP_REGISTER_EXPLICIT_SUSPEND, HVP_REGISTER_INTERCEPT_SUSPEND,
		HVP_REGISTER_DISPATCH_SUSPEND, HVP_REGISTER_RIP, HVP_REGISTER_CS,
		HVP_REGISTER_VP_ROOT_SIGNAL_COUNT, HVP_REGISTER_INTERNAL_ACTIVITY_STATE,
	};
	struct hvp_registers it;
	struct hvp_reply reply;

	hvp_registers_begin(test, &it, false);
	reply = hvp_get(&it, names, ARRAY_SIZE(names));
	hvp_expect_status(test, reply, GET_VP_REGISTERS, SUCCESS);
	KUNIT_EXPECT_EQ(test, reply.out[0], 1);
	KUNIT_EXPECT_EQ(test, reply.out[2], 0);
	KUNIT_EXPECT_EQ(test, reply.out[4], 0);
	KUNIT_EXPECT_EQ(test, reply.out[6], 0xfff0);
	KUNIT_EXPECT_EQ(test, reply.out[8], 0xffff0000);
	KUNIT_EXPECT_EQ(test, reply.out[9], 0x009bf0000000ffffULL);
	KUNIT_EXPECT_EQ(test, reply.out[10], 0);
	KUNIT_EXPECT_EQ(test, reply.out[12], 0);
	/* Others than VP 0 wait for a SIPI. */
	hvp_world_vp(it.world, it.child, 1);
	reply = hvp_try_get_registers(it.world, it.world->root, it.child->id, 1, names + 6, 1);
	KUNIT_EXPECT_EQ(test, reply.out[0], 1);
}

static void hvp_registers_are_checked(struct kunit *test)
{
	static const struct hvp_register_assoc bad[] = {
		{ .name = 0x0002 }, { .name = 0x12345678 }, { .name = U32_MAX },
		REG(EXPLICIT_SUSPEND, 2, 0), REG(VP_ROOT_SIGNAL_COUNT, 1, 0),
		REG(PENDING_INTERRUPTION, BIT(10), 0), REG(CR0, BIT_ULL(32), 0),
	};
	struct hvp_registers it;
	struct hvp_reply reply;
	struct hvp_register_assoc assocs[3] = { REG(RAX, 11, 0), {}, REG(RBX, 22, 0) };
	u32 names[3] = { HVP_REGISTER_RAX, 0, HVP_REGISTER_RBX };
	int i;

	hvp_registers_begin(test, &it, false);
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		assocs[0].value.word[0] = i + 100;
		assocs[1] = bad[i];
		reply = hvp_set(&it, assocs, 3);
		KUNIT_EXPECT_EQ_MSG(test, reply.status, HVP_STATUS_INVALID_PARAMETER, "row %d", i);
		/* Those before it are set, those behind it are not. */
		KUNIT_EXPECT_EQ(test, reply.reps, 1);
		KUNIT_EXPECT_EQ(test, hvp_value(&it, HVP_REGISTER_RAX), i + 100);
		KUNIT_EXPECT_EQ(test, hvp_value(&it, HVP_REGISTER_RBX), 0);
	}
	hvp_expect_status(test, reply, SET_VP_REGISTERS, INVALID_PARAMETER);
	for (i = 0; i < 3; i++) {
		names[1] = bad[i].name;
		reply = hvp_get(&it, names, 3);
		hvp_expect_status(test, reply, GET_VP_REGISTERS, INVALID_PARAMETER);
		KUNIT_EXPECT_EQ(test, reply.reps, 1);
	}
}

/* Both are the VP's index: what is read can be set, and nothing else. */
static void hvp_registers_of_its_apic(struct kunit *test)
{
	static const u32 names[] = { HVP_REGISTER_INITIAL_APIC_ID, HVP_REGISTER_APIC_ID };
	struct hvp_register_assoc assoc = {};
	struct hvp_registers it;
	struct hvp_reply reply;
	u64 value;
	int i;

	hvp_registers_begin(test, &it, false);
	hvp_world_vp(it.world, it.child, 5);
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		KUNIT_EXPECT_EQ(test, hvp_value(&it, names[i]), 0);
		reply = hvp_try_get_registers(it.world, it.world->root, it.child->id, 5,
					      names + i, 1);
		KUNIT_EXPECT_EQ(test, reply.out[0], 5);
		assoc.name = names[i];
		for (value = 0; value < 2; value++) {
			assoc.value.word[0] = value;
			KUNIT_EXPECT_EQ(test, hvp_set(&it, &assoc, 1).status,
					value ? HVP_STATUS_INVALID_PARAMETER : HVP_STATUS_SUCCESS);
		}
	}
}

static void hvp_registers_of_another_vtl(struct kunit *test)
{
	struct hvp_registers it;
	struct hvp_any_input in = {};
	struct hvp_try try = { .in = &in, .rep_count = 1 };
	int i;

	hvp_registers_begin(test, &it, false);
	in.word[0] = it.child->id;
	/* All bits but those behind the VTL. */
	for (i = 0; i < 8; i++) {
		in.word[1] = BIT_ULL(32 + i);
		try.code = HVP_CALL_GET_VP_REGISTERS;
		hvp_expect_status(test, hvp_try(it.world, it.world->root, &try),
				  GET_VP_REGISTERS, INVALID_PARAMETER);
		try.code = HVP_CALL_SET_VP_REGISTERS;
		hvp_expect_status(test, hvp_try(it.world, it.world->root, &try),
				  SET_VP_REGISTERS, INVALID_PARAMETER);
	}
}

/* As QEMU does it: CR0.PG before EFER, segments before CR0; the machine sees the whole. */
static void hvp_registers_in_any_order(struct kunit *test)
{
	static const struct hvp_register_assoc assocs[] = {
		REG(CR0, 0x80000011, 0), REG(CR4, 0x20, 0), REG(EFER, 0xd00, 0),
		REG(CR3, 0x1000, 0), REG(RIP, 0x100000, 0), REG(RAX, 5, ~0ULL),
	};
	struct hvp_registers it;
	unsigned int *count;

	hvp_registers_begin(test, &it, false);
	count = it.world->guest.machines.count;
	hvp_expect_status(test, hvp_set(&it, assocs, ARRAY_SIZE(assocs)),
			  SET_VP_REGISTERS, SUCCESS);
	/* Nothing is given to the machine before it runs, and a group is asked for once. */
	KUNIT_EXPECT_EQ(test, count[HVP_FAKE_SET], 0);
	KUNIT_EXPECT_EQ(test, count[HVP_FAKE_GET], 2);
	KUNIT_EXPECT_EQ(test, hvp_value(&it, HVP_REGISTER_CR0), 0x80000011);
	hvp_expect_status(test, hvp_try_run(it.world, it.world->root, it.child->id, 0, 0),
			  DISPATCH_VP, SUCCESS);
	KUNIT_EXPECT_EQ(test, count[HVP_FAKE_SET], 1);
	KUNIT_EXPECT_EQ(test, it.machine->state.cr0, 0x80000011);
	KUNIT_EXPECT_EQ(test, it.machine->state.efer, 0xd00);
	KUNIT_EXPECT_EQ(test, it.machine->state.gpr[HVP_RAX], 5);
	/* The rest of a group is as it was. */
	KUNIT_EXPECT_EQ(test, it.machine->state.segments[HVP_CS].selector, 0xf000);
	/* Unchanged, nothing is given again. */
	hvp_try_run(it.world, it.world->root, it.child->id, 0, 0);
	KUNIT_EXPECT_EQ(test, count[HVP_FAKE_SET], 1);
}

/* After a run the machine is asked anew for what a run does not tell. */
static void hvp_registers_are_those_of_the_machine(struct kunit *test)
{
	const struct hvp_register_assoc xmm = REG(XMM3, 1, 2);
	const u32 name = HVP_REGISTER_XMM3;
	struct hvp_registers it;
	struct hvp_reply reply;

	hvp_registers_begin(test, &it, false);
	KUNIT_EXPECT_EQ(test, hvp_value(&it, HVP_REGISTER_XMM3), 0);
	KUNIT_EXPECT_EQ(test, hvp_value(&it, HVP_REGISTER_DR0), 0);
	it.machine->state.xmm[3][0] = 0x1111;
	it.machine->state.dr[0] = 0x2222;
	it.machine->state.gpr[HVP_RCX] = 0x3333;
	hvp_try_run(it.world, it.world->root, it.child->id, 0, 0);
	KUNIT_EXPECT_EQ(test, hvp_value(&it, HVP_REGISTER_XMM3), 0x1111);
	KUNIT_EXPECT_EQ(test, hvp_value(&it, HVP_REGISTER_DR0), 0x2222);
	KUNIT_EXPECT_EQ(test, hvp_value(&it, HVP_REGISTER_RCX), 0x3333);
	/* All 16 bytes of one that has them. */
	hvp_set(&it, &xmm, 1);
	reply = hvp_get(&it, &name, 1);
	KUNIT_EXPECT_EQ(test, reply.out[0], 1);
	KUNIT_EXPECT_EQ(test, reply.out[1], 2);
}

/* The host has no memory: nothing is set, and nothing is believed. */
static void hvp_registers_fail_with_the_host(struct kunit *test)
{
	const struct hvp_register_assoc rax = REG(RAX, 77, 0);
	const u32 name = HVP_REGISTER_RAX;
	struct hvp_registers it;

	hvp_registers_begin(test, &it, false);
	it.machine->state.gpr[HVP_RAX] = 66;
	hvp_fake_machine_fail(&it.world->guest, HVP_FAKE_GET, 1, -ENOMEM);
	hvp_expect_status(test, hvp_get(&it, &name, 1), GET_VP_REGISTERS, NO_RESOURCES);
	hvp_fake_machine_fail(&it.world->guest, HVP_FAKE_GET, 1, -EFAULT);
	hvp_expect_status(test, hvp_set(&it, &rax, 1), SET_VP_REGISTERS, NO_RESOURCES);
	KUNIT_EXPECT_EQ(test, hvp_value(&it, name), 66);
	hvp_expect_status(test, hvp_set(&it, &rax, 1), SET_VP_REGISTERS, SUCCESS);
	/* What the machine has not taken over is given to it again. */
	hvp_fake_machine_fail(&it.world->guest, HVP_FAKE_SET, 1, -ENOMEM);
	hvp_expect_status(test, hvp_try_run(it.world, it.world->root, it.child->id, 0, 0),
			  DISPATCH_VP, NO_RESOURCES);
	KUNIT_EXPECT_EQ(test, hvp_value(&it, name), 77);
	hvp_try_run(it.world, it.world->root, it.child->id, 0, 0);
	KUNIT_EXPECT_EQ(test, it.machine->state.gpr[HVP_RAX], 77);
}

/* What the parent has written to the page comes first, once, whichever call it is. */
static void hvp_register_page_is_taken_first(struct kunit *test)
{
	const struct hvp_register_assoc rbx = REG(RBX, 4, 0);
	struct hvp_registers it;

	hvp_registers_begin(test, &it, true);
	it.page->gpr[HVP_RAX] = 0xabc;
	it.page->rip = 0x7000;
	it.page->dirty = BIT(HVP_CLASS_GENERAL);
	/* Of classes that are not dirty, nothing is taken. */
	KUNIT_EXPECT_EQ(test, hvp_value(&it, HVP_REGISTER_RAX), 0xabc);
	KUNIT_EXPECT_EQ(test, hvp_value(&it, HVP_REGISTER_RIP), 0xfff0);
	KUNIT_EXPECT_EQ(test, it.page->dirty, 0);
	/* Not a second time. */
	it.page->gpr[HVP_RAX] = 0xdef;
	KUNIT_EXPECT_EQ(test, hvp_value(&it, HVP_REGISTER_RAX), 0xabc);

	it.page->rip = 0x7000;
	it.page->gpr[HVP_RBX] = 3;
	it.page->dirty = BIT(HVP_CLASS_IP) | BIT(HVP_CLASS_GENERAL) | BIT(31);
	hvp_expect_status(test, hvp_set(&it, &rbx, 1), SET_VP_REGISTERS, SUCCESS);
	/* Set after what was dirty; the page shows it, and is clean. */
	KUNIT_EXPECT_EQ(test, it.page->dirty, 0);
	KUNIT_EXPECT_EQ(test, it.page->gpr[HVP_RBX], 4);
	KUNIT_EXPECT_EQ(test, it.page->rip, 0x7000);
	KUNIT_EXPECT_EQ(test, it.page->version, 1);
	KUNIT_EXPECT_EQ(test, it.page->is_valid, 1);

	it.page->rflags = 0x202;
	it.page->dirty = BIT(HVP_CLASS_FLAGS);
	hvp_try_run(it.world, it.world->root, it.child->id, 0, 0);
	KUNIT_EXPECT_EQ(test, it.machine->state.rflags, 0x202);
	KUNIT_EXPECT_EQ(test, it.machine->state.rip, 0x7000);
	KUNIT_EXPECT_EQ(test, it.page->dirty, 0);
	/* What is written when it is unmapped is not lost. */
	it.page->rip = 0x8000;
	it.page->dirty = BIT(HVP_CLASS_IP);
	hvp_expect_status(test, hvp_try_unmap_state(it.world, it.world->root, it.child->id, 0, 0),
			  UNMAP_VP_STATE_PAGE, SUCCESS);
	KUNIT_EXPECT_EQ(test, hvp_value(&it, HVP_REGISTER_RIP), 0x8000);
}

/* A class with a value that none can have stays as it was. */
static void hvp_register_page_is_not_trusted(struct kunit *test)
{
	struct hvp_registers it;

	hvp_registers_begin(test, &it, true);
	it.page->segments[HVP_CS].attributes = 0xffff;
	it.page->rip = 0x9000;
	it.page->dirty = ~0U;
	memset(it.page->reserved2, 0xff, sizeof(it.page->reserved2));
	it.page->cr0 = ~0ULL;
	KUNIT_EXPECT_EQ(test, hvp_value(&it, HVP_REGISTER_RIP), 0x9000);
	KUNIT_EXPECT_EQ(test, hvp_value(&it, HVP_REGISTER_CS), 0xffff0000);
	KUNIT_EXPECT_EQ(test, hvp_value(&it, HVP_REGISTER_CR0), 0x60000010);
	hvp_try_run(it.world, it.world->root, it.child->id, 0, 0);
	KUNIT_EXPECT_EQ(test, it.page->segments[HVP_CS].attributes, 0x9b);
	KUNIT_EXPECT_EQ(test, it.page->cr0, 0x60000010);
	KUNIT_EXPECT_EQ(test, it.page->vector_count, 0);
}

static struct hvp_reply hvp_translate_gva(struct hvp_registers *it, u64 flags, u64 gva_page)
{
	const struct hvp_translate_in in = { .partition_id = it->child->id, .padding = 0xdead,
					     .flags = flags, .gva_page = gva_page };

	return hvp_try(it->world, it->world->root, &(struct hvp_try){
		.code = HVP_CALL_TRANSLATE_VIRTUAL_ADDRESS, .in = &in });
}

static void hvp_translate_checks_values(struct kunit *test)
{
	struct hvp_registers it;
	struct hvp_reply reply;
	unsigned int bit;

	hvp_registers_begin(test, &it, false);
	for (bit = 3; bit < 64; bit++)
		hvp_expect_status(test, hvp_translate_gva(&it, BIT_ULL(bit), 5),
				  TRANSLATE_VIRTUAL_ADDRESS, INVALID_PARAMETER);
	hvp_expect_status(test, hvp_translate_gva(&it, 0, 5),
			  TRANSLATE_VIRTUAL_ADDRESS, INVALID_PARAMETER);
	for (bit = 0; bit < 56; bit++) {
		reply = hvp_translate_gva(&it, HVP_TRANSLATE_READ | BIT_ULL(bit), 5);
		if (bit < 6)
			hvp_expect_status(test, reply, TRANSLATE_VIRTUAL_ADDRESS, SUCCESS);
		else
			hvp_expect_status(test, reply, TRANSLATE_VIRTUAL_ADDRESS,
					  INVALID_PARAMETER);
	}
	/* Without paging, an address is one; that nothing is there does not matter. */
	reply = hvp_translate_gva(&it, HVP_TRANSLATE_WRITE, 0x12345);
	hvp_expect_status(test, reply, TRANSLATE_VIRTUAL_ADDRESS, SUCCESS);
	KUNIT_EXPECT_EQ(test, (u32)reply.out[0], HVP_TRANSLATE_SUCCESS);
	KUNIT_EXPECT_EQ(test, reply.out[1], 0x12345);
	/* With it, by the page that is set: but its table is nowhere. */
	it.machine->state.cr0 |= BIT(31) | 1;
	it.machine->state.cr3 = 0x5000;
	hvp_try_run(it.world, it.world->root, it.child->id, 0, 0);
	reply = hvp_translate_gva(&it, HVP_TRANSLATE_READ, 5);
	hvp_expect_status(test, reply, TRANSLATE_VIRTUAL_ADDRESS, SUCCESS);
	KUNIT_EXPECT_EQ(test, (u32)reply.out[0], HVP_TRANSLATE_GPA_UNMAPPED);
	KUNIT_EXPECT_EQ(test, reply.out[1], 5);
	hvp_registers_begin(test, &it, false);
	hvp_fake_machine_fail(&it.world->guest, HVP_FAKE_GET, 1, -ENOMEM);
	hvp_expect_status(test, hvp_translate_gva(&it, HVP_TRANSLATE_READ, 5),
			  TRANSLATE_VIRTUAL_ADDRESS, NO_RESOURCES);
}

/*
 * Page tables: one of each level, from page 1 of the child on, of which the first entry is
 * given.
 */
struct hvp_walk_row {
	const char *name;
	u64 cr4;
	u64 efer;
	u64 entries[4];
	u64 gva_page;
	enum hvp_translate_result result;
	u64 gpa_page;
};

#define PSE	BIT_ULL(4)
#define PAE	BIT_ULL(5)
#define LONG	(BIT_ULL(8) | BIT_ULL(10))
#define NXE	BIT_ULL(11)
#define NX	BIT_ULL(63)

static const struct hvp_walk_row hvp_walk_rows[] = {
	{ "4 levels", PAE, LONG, { 0x2007, 0x3007, 0x4007, 0x77007 }, 0, 0, 0x77 },
	{ "4 levels, 2 MiB", PAE, LONG, { 0x2007, 0x3007, 0x200087 }, 0x1ff, 0, 0x3ff },
	{ "4 levels, 1 GiB", PAE, LONG, { 0x2007, 0x40000087 }, 0x12345, 0, 0x52345 },
	{ "large, with a memory type", PAE, LONG, { 0x2007, 0x3007, 0x201087 }, 1, 0, 0x201 },
	{ "not present", PAE, LONG, { 0x2007, 0x3007, 0x4006 }, 0,
	  HVP_TRANSLATE_PAGE_NOT_PRESENT },
	{ "not canonical", PAE, LONG, { 0x2007, 0x3007, 0x4007, 0x77007 }, BIT_ULL(36),
	  HVP_TRANSLATE_PAGE_NOT_PRESENT },
	{ "large at the top", PAE, LONG, { 0x2087, 0x3007, 0x4007, 0x77007 }, 0,
	  HVP_TRANSLATE_INVALID_PAGE_TABLE_FLAGS },
	{ "too wide", PAE, LONG, { 0x2007, 0x3007, 0x4007, 0x77007 | BIT_ULL(51) }, 0,
	  HVP_TRANSLATE_INVALID_PAGE_TABLE_FLAGS },
	{ "large and misaligned", PAE, LONG, { 0x2007, 0x3007, 0x202087 }, 0,
	  HVP_TRANSLATE_INVALID_PAGE_TABLE_FLAGS },
	{ "NX without NXE", PAE, LONG, { 0x2007 | NX, 0x3007, 0x4007, 0x77007 }, 0,
	  HVP_TRANSLATE_INVALID_PAGE_TABLE_FLAGS },
	{ "NX with NXE", PAE, LONG | NXE, { 0x2007 | NX, 0x3007, 0x4007, 0x77007 }, 0, 0, 0x77 },
	{ "what is software's", PAE, LONG, { 0x2007 | BIT_ULL(52) | BIT_ULL(9), 0x3007, 0x4007,
					     0x77007 }, 0, 0, 0x77 },
	{ "a table nowhere", PAE, LONG, { 0x2007, 0x99007 }, 0,
	  HVP_TRANSLATE_GPA_UNMAPPED, 0x99 },
	{ "3 levels", PAE, 0, { 0x2001, 0x3007, 0x66007 }, 0, 0, 0x66 },
	{ "3 levels, rights at the top", PAE, 0, { 0x2003, 0x3007, 0x66007 }, 0,
	  HVP_TRANSLATE_INVALID_PAGE_TABLE_FLAGS },
	{ "3 levels, nothing is software's", PAE, 0, { 0x2001, 0x3007 | BIT_ULL(52), 0x66007 }, 0,
	  HVP_TRANSLATE_INVALID_PAGE_TABLE_FLAGS },
	{ "3 levels, above 4 GiB", PAE, 0, { 0x2001, 0x3007, 0x66007 }, BIT_ULL(20),
	  HVP_TRANSLATE_PAGE_NOT_PRESENT },
	{ "2 levels", 0, 0, { 0x2007, 0x55007 }, 0, 0, 0x55 },
	{ "2 levels, 4 MiB", PSE, 0, { 0x400087 }, 3, 0, 0x403 },
	{ "2 levels, 4 MiB, misaligned", PSE, 0, { 0x600087 }, 3,
	  HVP_TRANSLATE_INVALID_PAGE_TABLE_FLAGS },
	{ "2 levels, above 4 GiB", 0, 0, { 0x2007, 0x55007 }, BIT_ULL(20),
	  HVP_TRANSLATE_PAGE_NOT_PRESENT },
};

KUNIT_ARRAY_PARAM_DESC(hvp_walk, hvp_walk_rows, name);

static void hvp_translate_walks(struct kunit *test)
{
	struct hvp_vp_state *state = kunit_kzalloc(test, sizeof(*state), GFP_KERNEL);
	const struct hvp_walk_row *row = test->param_value;
	struct hvp_registers it;
	u64 gfns[4], gpa_page = 0;
	int i;

	KUNIT_ASSERT_NOT_NULL(test, state);
	hvp_registers_begin(test, &it, false);
	hvp_world_deposit(it.world, it.child, 0, 10);
	for (i = 0; i < 4; i++) {
		gfns[i] = hvp_world_fresh_pages(it.world, 0, 1);
		*(u64 *)hvp_fake_memory(&it.world->guest, gfns[i] << HVP_PAGE_SHIFT) =
			row->entries[i];
	}
	hvp_expect_status(test, hvp_try_gpa(it.world, it.world->root, HVP_CALL_MAP_GPA_PAGES,
					    it.child->id, 1, HVP_MAP_READ | HVP_MAP_WRITE, gfns,
					    4, 0), MAP_GPA_PAGES, SUCCESS);
	state->cr0 = BIT(31) | 1;
	state->cr3 = 0x1000;
	state->cr4 = row->cr4;
	state->efer = row->efer;
	/* Without a call, of which the fake guest would let nothing be read but parameters. */
	it.world->guest.watched = false;
	KUNIT_EXPECT_EQ(test, hvp_translate(&it.child->child.map, &it.world->guest.guest, state,
					    row->gva_page << HVP_PAGE_SHIFT, HVP_TRANSLATE_READ,
					    &gpa_page), row->result);
	KUNIT_EXPECT_EQ(test, gpa_page, row->gpa_page);
}

/* Whose interrupts go into a LAPIC has no other ones that its parent could wait for. */
static void hvp_registers_with_a_lapic(struct kunit *test)
{
	const struct hvp_register_assoc none = REG(DELIVERABILITY_NOTIFICATIONS, 0, 0);
	const struct hvp_register_assoc nmi = REG(DELIVERABILITY_NOTIFICATIONS,
						  HVP_NOTIFY_NMI, 0);
	struct hvp_registers it;

	hvp_registers_begin(test, &it, false);
	hvp_expect_status(test, hvp_set(&it, &nmi, 1), SET_VP_REGISTERS, SUCCESS);
	hvp_expect_status(test, hvp_set(&it, &none, 1), SET_VP_REGISTERS, SUCCESS);
	it.child->creation.flags = HVP_CREATE_LAPIC;
	hvp_expect_status(test, hvp_set(&it, &nmi, 1), SET_VP_REGISTERS, INVALID_PARAMETER);
	hvp_expect_status(test, hvp_set(&it, &none, 1), SET_VP_REGISTERS, SUCCESS);
	KUNIT_EXPECT_EQ(test, hvp_value(&it, HVP_REGISTER_DELIVERABILITY_NOTIFICATIONS), 0);
}

static struct kunit_case hvp_register_calls_cases[] = {
	KUNIT_CASE(hvp_registers_after_creation),
	KUNIT_CASE(hvp_registers_are_checked),
	KUNIT_CASE(hvp_registers_of_its_apic),
	KUNIT_CASE(hvp_registers_of_another_vtl),
	KUNIT_CASE(hvp_registers_with_a_lapic),
	KUNIT_CASE(hvp_registers_in_any_order),
	KUNIT_CASE(hvp_registers_are_those_of_the_machine),
	KUNIT_CASE(hvp_registers_fail_with_the_host),
	KUNIT_CASE(hvp_register_page_is_taken_first),
	KUNIT_CASE(hvp_register_page_is_not_trusted),
	KUNIT_CASE(hvp_translate_checks_values),
	KUNIT_CASE_PARAM(hvp_translate_walks, hvp_walk_gen_params),
	{}
};

HVP_KUNIT_SUITE(hvp_register_calls, hvp_register_calls_cases);
