// SPDX-License-Identifier: GPL-2.0
/* property_table.c, calls/properties.c and xsave.c: contract, sections 5 and 8; Ex. */

#include <asm/cpufeature.h>
#include "world.h"

enum hvp_expected_kind {
	EARLY,
	REGULAR,
	READ_ONLY,
};

/* Section 8 of the contract, written down a second time. */
struct hvp_expected_property {
	u32 code;
	enum hvp_expected_kind kind;
	u64 value;		/* one that is allowed and not what it is at first */
};

static const struct hvp_expected_property hvp_expected_properties[] = {
	{ 0x00010000, EARLY, HVP_PRIVILEGE_CREATE_PARTITIONS },
	{ 0x00010001, EARLY, 5 },
	{ 0x00050012, EARLY, 0x5001 },
	{ 0x00050026, EARLY, 3 },
	{ 0x00060006, EARLY, 40 },
	{ 0x00090007, EARLY, 1 },
	{ 0x00020000, REGULAR, 1 },
	{ 0x00020001, REGULAR, 0x8000 },
	{ 0x00020002, REGULAR, 0x4000 },
	{ 0x00020003, REGULAR, 200 },
	{ 0x00020004, REGULAR, 7 },
	{ 0x00030003, REGULAR, 1 },
	{ 0x00050000, REGULAR, 64 },
	{ 0x00050002, REGULAR, 1 },
	{ 0x00050003, REGULAR, 4 },
	{ 0x00050004, REGULAR, 16 },
	{ 0x00050005, REGULAR, 1 },
	{ 0x0005000e, REGULAR, 4711 },
	{ 0x0005000f, REGULAR, 4712 },
	{ 0x00050017, REGULAR, 1 },
	{ 0x00060004, REGULAR, 1 },
	{ 0x00020005, READ_ONLY },
	{ 0x00030005, READ_ONLY },	/* unless it stands still */
	{ 0x00050010, READ_ONLY },
	{ 0x00060000, READ_ONLY },
	{ 0x00060002, READ_ONLY },
	{ 0x00060003, READ_ONLY },
	{ 0x00060005, READ_ONLY },
	{ 0x00060007, READ_ONLY },
	{ 0x00060008, READ_ONLY },
	{ 0x00060009, READ_ONLY },
	{ 0x0006000a, READ_ONLY },
	{ 0x0006000b, READ_ONLY },
	{ 0x00070000, READ_ONLY },
	{ 0x00080000, READ_ONLY },
	{ 0x00090009, READ_ONLY },
};

static void hvp_expected_property_desc(const struct hvp_expected_property *property,
				       char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%#010x", property->code);
}

KUNIT_ARRAY_PARAM(hvp_expected_property, hvp_expected_properties, hvp_expected_property_desc);

static enum hvp_state hvp_state_to_write_in(const struct hvp_expected_property *property)
{
	return property->kind == EARLY ? HVP_STATE_UNINITIALIZED : HVP_STATE_ACTIVE;
}

static bool hvp_is_expected(u32 code)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(hvp_expected_properties); i++) {
		if (hvp_expected_properties[i].code == code)
			return true;
	}
	return false;
}

static void hvp_property_table_is_the_contracts(struct kunit *test)
{
	const struct hvp_property_row *row;
	unsigned int i;
	u32 last = 0;

	for (i = 0; (row = hvp_property_at(i)); i++) {
		KUNIT_EXPECT_TRUE_MSG(test, hvp_is_expected(row->code), "%#x", row->code);
		KUNIT_EXPECT_GT_MSG(test, row->code, last, "not sorted");
		KUNIT_EXPECT_PTR_EQ(test, hvp_property_row(row->code), row);
		KUNIT_EXPECT_NOT_NULL(test, row->name);
		last = row->code;
	}
	KUNIT_EXPECT_EQ(test, i, ARRAY_SIZE(hvp_expected_properties));
}

/* In every state that may be: reading, and writing what can be written. */
static void hvp_property_is_read_and_written(struct kunit *test)
{
	const struct hvp_expected_property *property = test->param_value;
	struct hvp_world *world = hvp_world_create(test);
	enum hvp_state state = hvp_state_to_write_in(property);
	struct hvp_partition *child = hvp_world_child(world, world->root, state);
	struct hvp_reply reply;

	reply = hvp_try_get_property(world, world->root, child->id, property->code);
	hvp_expect_status(test, reply, GET_PARTITION_PROPERTY, SUCCESS);
	reply = hvp_try_set_property(world, world->root, child->id, property->code,
				     property->value);
	if (property->kind == READ_ONLY) {
		hvp_expect_status(test, reply, SET_PARTITION_PROPERTY,
				  PROPERTY_VALUE_OUT_OF_RANGE);
		return;
	}
	hvp_expect_status(test, reply, SET_PARTITION_PROPERTY, SUCCESS);
	reply = hvp_try_get_property(world, world->root, child->id, property->code);
	hvp_expect_status(test, reply, GET_PARTITION_PROPERTY, SUCCESS);
	KUNIT_EXPECT_EQ(test, reply.out[0], property->value);
}

static const void *hvp_writable_gen_params(const void *row, char *desc)
{
	const struct hvp_expected_property *property = row;

	do {
		property = hvp_expected_property_gen_params(property, desc);
	} while (property && property->kind == READ_ONLY);
	return property;
}

/* Each has a value of its own: setting one changes no other. */
static void hvp_property_values_are_apart(struct kunit *test)
{
	const struct hvp_expected_property *property = test->param_value;
	struct hvp_world *world = hvp_world_create(test);
	enum hvp_state state = hvp_state_to_write_in(property);
	struct hvp_partition *child, *sibling;
	struct hvp_book *before, *after;
	unsigned int changed = 0;
	int i;

	sibling = hvp_world_child(world, world->root, state);
	child = hvp_world_child(world, world->root, state);
	hvp_try_set_property(world, world->root, child->id, property->code, property->value);
	/* Books of before and after: root, sibling, child. */
	before = &world->books[0].book[child->id - 1];
	after = &world->books[1].book[child->id - 1];
	for (i = 0; i < HVP_NR_EARLY_PROPERTIES; i++)
		changed += before->early_properties[i] != after->early_properties[i];
	for (i = 0; i < HVP_NR_REGULAR_PROPERTIES; i++)
		changed += before->properties[i] != after->properties[i];
	KUNIT_EXPECT_EQ(test, changed, 1);
	KUNIT_EXPECT_MEMEQ(test, &world->books[0].book[sibling->id - 1],
			   &world->books[1].book[sibling->id - 1], sizeof(*before));
}

/* By state: section 4. */
struct hvp_property_state_row {
	const char *name;
	u32 property;
	enum hvp_state state;
	struct hvp_pair pair;
};

#define GOT		HVP_PAIR(GET_PARTITION_PROPERTY, SUCCESS)
#define NOT_GOT		HVP_PAIR(GET_PARTITION_PROPERTY, INVALID_PARTITION_STATE)
#define SET		HVP_PAIR(SET_PARTITION_PROPERTY, SUCCESS)
#define NOT_SET		HVP_PAIR(SET_PARTITION_PROPERTY, INVALID_PARTITION_STATE)
#define AN_EARLY_ONE	0x00010001
#define A_REGULAR_ONE	0x0005000e
#define A_READ_ONLY_ONE	0x00060005

static const struct hvp_property_state_row hvp_property_state_rows[] = {
	{ "get early, uninitialized", AN_EARLY_ONE, HVP_STATE_UNINITIALIZED, GOT },
	{ "get early, active", AN_EARLY_ONE, HVP_STATE_ACTIVE, GOT },
	{ "get early, finalizing", AN_EARLY_ONE, HVP_STATE_FINALIZING, NOT_GOT },
	{ "get early, finalized", AN_EARLY_ONE, HVP_STATE_FINALIZED, NOT_GOT },
	{ "get regular, uninitialized", A_REGULAR_ONE, HVP_STATE_UNINITIALIZED, NOT_GOT },
	{ "get regular, active", A_REGULAR_ONE, HVP_STATE_ACTIVE, GOT },
	{ "get regular, finalizing", A_REGULAR_ONE, HVP_STATE_FINALIZING, NOT_GOT },
	{ "get regular, finalized", A_REGULAR_ONE, HVP_STATE_FINALIZED, NOT_GOT },
	{ "get read-only, uninitialized", A_READ_ONLY_ONE, HVP_STATE_UNINITIALIZED, NOT_GOT },
	{ "get read-only, active", A_READ_ONLY_ONE, HVP_STATE_ACTIVE, GOT },
	{ "get read-only, finalized", A_READ_ONLY_ONE, HVP_STATE_FINALIZED, NOT_GOT },
	/* State before whether there is such a property. */
	{ "get unknown, uninitialized", 0x00990000, HVP_STATE_UNINITIALIZED, NOT_GOT },
	{ "get unknown, finalized", 0x00990000, HVP_STATE_FINALIZED, NOT_GOT },
	{ "set early, uninitialized", AN_EARLY_ONE, HVP_STATE_UNINITIALIZED, SET },
	/* Before initialization only: rust-vmm's own tests insist on it. */
	{ "set early, active", AN_EARLY_ONE, HVP_STATE_ACTIVE, NOT_SET },
	{ "set early, finalizing", AN_EARLY_ONE, HVP_STATE_FINALIZING, NOT_SET },
	{ "set early, finalized", AN_EARLY_ONE, HVP_STATE_FINALIZED, NOT_SET },
	{ "set regular, uninitialized", A_REGULAR_ONE, HVP_STATE_UNINITIALIZED, NOT_SET },
	{ "set regular, active", A_REGULAR_ONE, HVP_STATE_ACTIVE, SET },
	{ "set regular, finalizing", A_REGULAR_ONE, HVP_STATE_FINALIZING, NOT_SET },
	{ "set regular, finalized", A_REGULAR_ONE, HVP_STATE_FINALIZED, NOT_SET },
	/* State before the value. */
	{ "set read-only, uninitialized", A_READ_ONLY_ONE, HVP_STATE_UNINITIALIZED, NOT_SET },
	{ "set read-only, finalized", A_READ_ONLY_ONE, HVP_STATE_FINALIZED, NOT_SET },
	{ "set unknown, uninitialized", 0x00990000, HVP_STATE_UNINITIALIZED, NOT_SET },
};

KUNIT_ARRAY_PARAM_DESC(hvp_property_state, hvp_property_state_rows, name);

static void hvp_property_heeds_state(struct kunit *test)
{
	const struct hvp_property_state_row *row = test->param_value;
	struct hvp_world *world = hvp_world_create(test);
	struct hvp_partition *child = hvp_world_child(world, world->root, row->state);

	if (row->pair.code == HVP_CALL_SET_PARTITION_PROPERTY) {
		hvp_expect_pair(test, hvp_try_set_property(world, world->root, child->id,
							   row->property, 0), row->pair);
		return;
	}
	hvp_expect_pair(test, hvp_try_get_property(world, world->root, child->id,
						   row->property), row->pair);
	/* Whatever the argument, if the state is wrong. */
	hvp_expect_pair(test, hvp_try_get_property_ex(world, world->root, child->id,
						      row->property, !!row->pair.status),
			(struct hvp_pair){ HVP_CALL_GET_PARTITION_PROPERTY_EX,
					   row->pair.status });
}

/* Codes of the TLFS that nothing uses yet, and codes that are none. */
static const u32 hvp_unknown_properties[] = {
	0, 0x00010002, 0x00020006, 0x00030000, 0x00040000, 0x00050001, 0x00060001,
	0x00060010, 0x0006000c, 0x00090000, 0x0009ffff, 0x00110000, 0x80010000, 0xffffffff,
};

static void hvp_unknown_property_desc(const u32 *code, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%#x", *code);
}

KUNIT_ARRAY_PARAM(hvp_unknown_property, hvp_unknown_properties, hvp_unknown_property_desc);

static void hvp_property_may_be_unknown(struct kunit *test)
{
	u32 code = *(const u32 *)test->param_value;
	struct hvp_world *world = hvp_world_create(test);
	struct hvp_partition *child = hvp_world_child(world, world->root, HVP_STATE_ACTIVE);

	hvp_expect_status(test, hvp_try_get_property(world, world->root, child->id, code),
			  GET_PARTITION_PROPERTY, UNKNOWN_PROPERTY);
	hvp_expect_status(test, hvp_try_set_property(world, world->root, child->id, code, 0),
			  SET_PARTITION_PROPERTY, UNKNOWN_PROPERTY);
	hvp_expect_status(test, hvp_try_get_property_ex(world, world->root, child->id, code, 0),
			  GET_PARTITION_PROPERTY_EX, UNKNOWN_PROPERTY);
	/* That, before an argument that it has not. */
	hvp_expect_status(test, hvp_try_get_property_ex(world, world->root, child->id, code, 1),
			  GET_PARTITION_PROPERTY_EX, UNKNOWN_PROPERTY);
	KUNIT_EXPECT_NULL(test, hvp_property_row(code));
}

/* Values at and beyond the edges. */
struct hvp_property_value_row {
	const char *name;
	u32 property;
	u64 value;
	struct hvp_pair pair;
};

#define MALFORMED	HVP_PAIR(SET_PARTITION_PROPERTY, INVALID_PARAMETER)
#define OUT_OF_RANGE	HVP_PAIR(SET_PARTITION_PROPERTY, PROPERTY_VALUE_OUT_OF_RANGE)

static const struct hvp_property_value_row hvp_property_value_rows[] = {
	{ "suspend 1", 0x00020000, 1, SET },
	{ "suspend 2", 0x00020000, 2, MALFORMED },
	{ "suspend, highest bit", 0x00020000, BIT_ULL(63), MALFORMED },
	{ "time freeze 2", 0x00030003, 2, MALFORMED },
	{ "zero memory on reset 2", 0x00050002, 2, MALFORMED },
	{ "CPU cap 100 %", 0x00020002, 0x10000, SET },
	{ "CPU cap above 100 %", 0x00020002, 0x10001, OUT_OF_RANGE },
	{ "CPU cap, highest bit", 0x00020002, BIT_ULL(63), OUT_OF_RANGE },
	{ "CPU reserve 100 %", 0x00020001, 0x10000, SET },
	{ "CPU reserve above 100 %", 0x00020001, 0x10001, OUT_OF_RANGE },
	{ "no privileges", 0x00010000, 0, SET },
	{ "all of the parent's privileges", 0x00010000, HVP_ALL_PRIVILEGES, SET },
	{ "a privilege that the parent lacks", 0x00010000, 1, OUT_OF_RANGE },
	{ "two, one that the parent lacks", 0x00010000, HVP_PRIVILEGE_CREATE_PARTITIONS | 1,
	  OUT_OF_RANGE },
	{ "a privilege that there is not", 0x00010000, BIT_ULL(63), MALFORMED },
};

KUNIT_ARRAY_PARAM_DESC(hvp_property_value, hvp_property_value_rows, name);

static void hvp_property_heeds_value(struct kunit *test)
{
	const struct hvp_property_value_row *row = test->param_value;
	enum hvp_state state = row->property == 0x00010000 ? HVP_STATE_UNINITIALIZED :
							     HVP_STATE_ACTIVE;
	struct hvp_world *world = hvp_world_create(test);
	struct hvp_partition *child = hvp_world_child(world, world->root, state);
	struct hvp_reply reply;

	hvp_expect_pair(test, hvp_try_set_property(world, world->root, child->id,
						   row->property, row->value), row->pair);
	if (row->pair.status)
		return;
	reply = hvp_try_get_property(world, world->root, child->id, row->property);
	KUNIT_EXPECT_EQ(test, reply.out[0], row->value);
}

/* Clamped, not refused. */
static void hvp_property_tlb_pages_are_clamped(struct kunit *test)
{
	struct hvp_world *world = hvp_world_create(test);
	struct hvp_partition *child = hvp_world_child(world, world->root, HVP_STATE_ACTIVE);
	struct hvp_reply reply;
	u64 most;

	hvp_expect_status(test, hvp_try_set_property(world, world->root, child->id,
						     0x00050000, ~0ULL),
			  SET_PARTITION_PROPERTY, SUCCESS);
	reply = hvp_try_get_property(world, world->root, child->id, 0x00050000);
	most = reply.out[0];
	KUNIT_EXPECT_LT(test, most, ~0ULL);
	hvp_expect_status(test, hvp_try_set_property(world, world->root, child->id,
						     0x00050000, most),
			  SET_PARTITION_PROPERTY, SUCCESS);
	hvp_expect_status(test, hvp_try_set_property(world, world->root, child->id,
						     0x00050000, 0),
			  SET_PARTITION_PROPERTY, SUCCESS);
	reply = hvp_try_get_property(world, world->root, child->id, 0x00050000);
	KUNIT_EXPECT_LE(test, reply.out[0], most);
}

/* Creation properties that can be read back. */
static void hvp_property_shows_creation(struct kunit *test)
{
	const struct hvp_create_partition_in in = {
		.compatibility_version = 0x0609,
		.disabled_processor_features = { BIT(0), ~0ULL },
		.disabled_xsave_features = ~0ULL,
	};
	struct hvp_world *world = hvp_world_create(test);
	struct hvp_partition *child;
	struct hvp_reply reply;

	hvp_world_deposit(world, world->root, 0, hvp_partition_pages());
	reply = hvp_try_create(world, world->root, &in);
	child = hvp_world_get(world, reply.out[0]);
	hvp_world_deposit(world, child, 0, hvp_active_pages());
	hvp_expect_status(test, hvp_try_initialize(world, world->root, child->id),
			  INITIALIZE_PARTITION, SUCCESS);
	reply = hvp_try_get_property(world, world->root, child->id, 0x00060005);
	KUNIT_EXPECT_EQ(test, reply.out[0], 0x0609);
	reply = hvp_try_get_property(world, world->root, child->id, 0x0006000a);
	KUNIT_EXPECT_EQ(test, reply.out[0], 0x123456789abcdef0);
	reply = hvp_try_get_property(world, world->root, child->id, 0x0006000b);
	KUNIT_EXPECT_EQ(test, reply.out[0], 0);
	reply = hvp_try_get_property(world, world->root, child->id, 0x00060002);
	KUNIT_EXPECT_EQ(test, reply.out[0], 0);
	/* No XSAVE, so nothing to be saved with it. */
	reply = hvp_try_get_property(world, world->root, child->id, 0x00060007);
	KUNIT_EXPECT_EQ(test, reply.out[0], 0);
	reply = hvp_try_get_property(world, world->root, child->id, 0x00060008);
	KUNIT_EXPECT_EQ(test, reply.out[0], 0);
}

/* What the fake guest's host says of its processor. */
static void hvp_property_shows_the_host(struct kunit *test)
{
	static const struct {
		u32 code;
		u64 value;
	} rows[] = {
		{ 0x00050010, 45 },			/* ImplementedPhysicalAddressBits */
		{ 0x00060000, 2 },			/* ProcessorVendor */
		{ 0x00060002, 0x45 },			/* ProcessorXsaveFeatures */
		{ 0x00060003, 9 },			/* ProcessorCLFlushSize */
		{ 0x00060007, 0xe7 },			/* XsaveStates: x87, SSE, AVX, AVX-512 */
		{ 0x00060008, 2688 },			/* MaxXsaveDataSize */
		{ 0x00060009, 2345678901 },		/* ProcessorClockFrequency */
		{ 0x0006000a, 0x123456789abcdef1 },	/* ProcessorFeatures0 */
		{ 0x0006000b, 0xfedcba987 },		/* ProcessorFeatures1 */
		{ 0x00080000, 0 },			/* ProcessorVirtualizationFeatures */
	};
	struct hvp_world *world = hvp_world_create(test);
	struct hvp_reply reply;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		reply = hvp_try_get_property(world, world->root, 1, rows[i].code);
		KUNIT_EXPECT_EQ_MSG(test, reply.out[0], rows[i].value, "property %#x",
				    rows[i].code);
	}
	/* AVX-512 without AVX: the end of what is last, wherever that is. */
	world->guest.processor.xsave_features = BIT(0) | BIT(6);
	reply = hvp_try_get_property(world, world->root, 1, 0x00060007);
	KUNIT_EXPECT_EQ(test, reply.out[0], 0xe3);
	world->guest.processor.xsave_features = BIT(0) | BIT(2);
	reply = hvp_try_get_property(world, world->root, 1, 0x00060008);
	KUNIT_EXPECT_EQ(test, reply.out[0], 832);
}

/* That of the guest that runs in it, from when a child's has run. */
static void hvp_property_shows_guest_os(struct kunit *test)
{
	struct hvp_world *world = hvp_world_create(test);
	struct hvp_partition *child = hvp_world_child(world, world->root, HVP_STATE_ACTIVE);
	struct hvp_reply reply;

	world->guest.vps.guest_os_id = 0x8100060100000000;
	reply = hvp_try_get_property(world, world->root, HVP_PARTITION_ID_SELF, 0x00070000);
	KUNIT_EXPECT_EQ(test, reply.out[0], 0x8100060100000000);
	reply = hvp_try_get_property(world, world->root, child->id, 0x00070000);
	KUNIT_EXPECT_EQ(test, reply.out[0], 0);
	hvp_world_vp(world, child, 0);
	world->guest.machines.exit.guest_os_id = 0x8100070300000000;
	hvp_try_run(world, world->root, child->id, 0, 0);
	reply = hvp_try_get_property(world, world->root, child->id, 0x00070000);
	KUNIT_EXPECT_EQ(test, reply.out[0], 0x8100070300000000);
}

/* The root is active and has all properties, though it has never been initialized. */
static void hvp_property_of_the_root(struct kunit *test)
{
	const struct hvp_expected_property *property = test->param_value;
	struct hvp_world *world = hvp_world_create(test);

	hvp_expect_status(test, hvp_try_get_property(world, world->root, 1, property->code),
			  GET_PARTITION_PROPERTY, SUCCESS);
	/* Its own it cannot set. */
	hvp_expect_status(test, hvp_try_set_property(world, world->root, 1, property->code,
						     property->value),
			  SET_PARTITION_PROPERTY, ACCESS_DENIED);
}

/* HvGetPartitionPropertyEx: the same value, with the number of banks where it has some. */

static bool hvp_has_banks(u32 code)
{
	return code == 0x00090007 || code == 0x00090009;
}

static void hvp_property_ex_has_the_same_value(struct kunit *test)
{
	const struct hvp_expected_property *property = test->param_value;
	struct hvp_world *world = hvp_world_create(test);
	struct hvp_partition *child = hvp_world_child(world, world->root,
						      hvp_state_to_write_in(property));
	struct hvp_reply reply;
	unsigned int i;
	u64 value;

	/* Time goes by, unless it stands still. */
	if (property->code == 0x00030005)
		hvp_try_set_property(world, world->root, child->id, 0x00030003, 1);
	for (i = 0; i < 2; i++) {
		reply = hvp_try_get_property(world, world->root, child->id, property->code);
		value = reply.out[0];
		reply = hvp_try_get_property_ex(world, world->root, child->id,
						property->code, 0);
		hvp_expect_status(test, reply, GET_PARTITION_PROPERTY_EX, SUCCESS);
		if (hvp_has_banks(property->code)) {
			KUNIT_EXPECT_EQ(test, reply.out[0], 1);
			KUNIT_EXPECT_EQ(test, reply.out[1], value);
		} else {
			KUNIT_EXPECT_EQ(test, reply.out[0], value);
			KUNIT_EXPECT_EQ(test, reply.out[1], 0);
		}
		if (property->kind != READ_ONLY)
			hvp_try_set_property(world, world->root, child->id, property->code,
					     property->value);
	}
}

static void hvp_property_ex_has_no_argument(struct kunit *test)
{
	const struct hvp_expected_property *property = test->param_value;
	struct hvp_world *world = hvp_world_create(test);
	unsigned int bit;

	for (bit = 0; bit < 64; bit += 21)
		hvp_expect_status(test, hvp_try_get_property_ex(world, world->root, 1,
								property->code, BIT_ULL(bit)),
				  GET_PARTITION_PROPERTY_EX, INVALID_PARAMETER);
	hvp_expect_status(test, hvp_try_get_property_ex(world, world->root, 1,
							property->code, 0),
			  GET_PARTITION_PROPERTY_EX, SUCCESS);
}

/* What tells Linux' driver how to go about it. */
static void hvp_property_shows_vmm_capabilities(struct kunit *test)
{
	struct hvp_world *world = hvp_world_create(test);
	struct hvp_partition *child = hvp_world_child(world, world->root, HVP_STATE_ACTIVE);
	struct hvp_reply reply;

	reply = hvp_try_get_property_ex(world, world->root, HVP_PARTITION_ID_SELF,
					0x00090007, 0);
	KUNIT_EXPECT_EQ(test, reply.out[0], 1);
	KUNIT_EXPECT_EQ(test, reply.out[1], BIT(1) | BIT(4) | BIT(6));
	reply = hvp_try_get_property_ex(world, world->root, HVP_PARTITION_ID_SELF,
					0x00020005, 0);
	KUNIT_EXPECT_EQ(test, reply.out[0], 1);
	reply = hvp_try_get_property(world, world->root, child->id, 0x00020005);
	KUNIT_EXPECT_EQ(test, reply.out[0], 1);
	reply = hvp_try_get_property_ex(world, world->root, HVP_PARTITION_ID_SELF,
					0x00090009, 0);
	KUNIT_EXPECT_EQ(test, reply.out[1], ~0ULL);
}

/* Freezing time works through the properties. */
static void hvp_property_freezes_time(struct kunit *test)
{
	struct hvp_world *world = hvp_world_create(test);
	struct hvp_partition *child = hvp_world_child(world, world->root, HVP_STATE_ACTIVE);
	struct hvp_reply reply;
	u64 time;

	hvp_try_set_property(world, world->root, child->id, 0x00030003, 1);
	reply = hvp_try_get_property(world, world->root, child->id, 0x00030005);
	time = reply.out[0];
	KUNIT_EXPECT_GT(test, time, 0);
	reply = hvp_try_get_property(world, world->root, child->id, 0x00030005);
	KUNIT_EXPECT_EQ(test, reply.out[0], time);
	hvp_try_set_property(world, world->root, child->id, 0x00030003, 0);
	reply = hvp_try_get_property(world, world->root, child->id, 0x00030005);
	KUNIT_EXPECT_GT(test, reply.out[0], time);
}

static struct hvp_reply hvp_set_reference_time(struct hvp_world *world,
					       struct hvp_partition *child, u64 time)
{
	return hvp_try_set_property(world, world->root, child->id, 0x00030005, time);
}

/* Time that stands still can be set: so a snapshot is restored. */
static void hvp_property_sets_time(struct kunit *test)
{
	struct hvp_world *world = hvp_world_create(test);
	struct hvp_partition *child = hvp_world_child(world, world->root, HVP_STATE_ACTIVE);
	const u64 most = S64_MAX / 100;
	struct hvp_reply reply;

	hvp_try_set_property(world, world->root, child->id, 0x00030003, 1);
	hvp_expect_status(test, hvp_set_reference_time(world, child, most),
			  SET_PARTITION_PROPERTY, SUCCESS);
	reply = hvp_try_get_property(world, world->root, child->id, 0x00030005);
	KUNIT_EXPECT_EQ(test, reply.out[0], most);
	hvp_expect_status(test, hvp_set_reference_time(world, child, most + 1),
			  SET_PARTITION_PROPERTY, PROPERTY_VALUE_OUT_OF_RANGE);
	hvp_expect_status(test, hvp_set_reference_time(world, child, 4711),
			  SET_PARTITION_PROPERTY, SUCCESS);
	reply = hvp_try_get_property(world, world->root, child->id, 0x00030005);
	KUNIT_EXPECT_EQ(test, reply.out[0], 4711);
	hvp_try_set_property(world, world->root, child->id, 0x00030003, 0);
	hvp_expect_status(test, hvp_set_reference_time(world, child, 4712),
			  SET_PARTITION_PROPERTY, PROPERTY_VALUE_OUT_OF_RANGE);
	reply = hvp_try_get_property(world, world->root, child->id, 0x00030005);
	KUNIT_EXPECT_GE(test, reply.out[0], 4711);
}

/* What runs the child has a clock that does not stand still, and is told where it goes on. */
static void hvp_property_time_is_told(struct kunit *test)
{
	struct hvp_world *world = hvp_world_create(test);
	struct hvp_partition *child = hvp_world_child(world, world->root, HVP_STATE_ACTIVE);
	struct hvp_reply reply = hvp_try_get_property(world, world->root, child->id, 0x00030005);
	struct hvp_machine *machine;
	unsigned int *count;
	u64 first, time;

	count = world->guest.machines.count;
	first = reply.out[0];
	machine = hvp_world_vp(world, child, 0)->machine->machine;
	hvp_try_set_property(world, world->root, child->id, 0x00030003, 1);
	reply = hvp_try_get_property(world, world->root, child->id, 0x00030005);
	time = reply.out[0];
	KUNIT_EXPECT_GE(test, machine->time_ns / 100, first);
	KUNIT_EXPECT_LE(test, machine->time_ns / 100, time);

	hvp_try_set_property(world, world->root, child->id, 0x00030003, 1);
	KUNIT_EXPECT_EQ(test, count[HVP_FAKE_SET_TIME], 0);
	hvp_try_set_property(world, world->root, child->id, 0x00030003, 0);
	KUNIT_EXPECT_EQ(test, count[HVP_FAKE_SET_TIME], 1);
	KUNIT_EXPECT_EQ(test, machine->time_ns, time * 100);
	/* It goes on already, and is not to jump. */
	hvp_try_set_property(world, world->root, child->id, 0x00030003, 0);
	KUNIT_EXPECT_EQ(test, count[HVP_FAKE_SET_TIME], 1);

	hvp_try_set_property(world, world->root, child->id, 0x00030003, 1);
	hvp_expect_status(test, hvp_set_reference_time(world, child, 4711),
			  SET_PARTITION_PROPERTY, SUCCESS);
	KUNIT_EXPECT_EQ(test, machine->time_ns, 471100);
	/* A machine that cannot: nothing has changed. */
	hvp_fake_machine_fail(&world->guest, HVP_FAKE_SET_TIME, 1, -ENOMEM);
	hvp_expect_status(test, hvp_set_reference_time(world, child, 4712),
			  SET_PARTITION_PROPERTY, NO_RESOURCES);
	reply = hvp_try_get_property(world, world->root, child->id, 0x00030005);
	KUNIT_EXPECT_EQ(test, reply.out[0], 4711);
	hvp_fake_machine_fail(&world->guest, HVP_FAKE_SET_TIME, 1, -EFAULT);
	hvp_expect_status(test, hvp_try_set_property(world, world->root, child->id, 0x00030003, 0),
			  SET_PARTITION_PROPERTY, NO_RESOURCES);
	hvp_expect_status(test, hvp_set_reference_time(world, child, 4713),
			  SET_PARTITION_PROPERTY, SUCCESS);
}

/* As wide as the host's, until it is something else. */
static void hvp_property_width_is_the_hosts(struct kunit *test)
{
	struct hvp_world *world = hvp_world_create(test);
	struct hvp_partition *child = hvp_world_child(world, world->root,
						      HVP_STATE_UNINITIALIZED);
	struct hvp_reply reply = hvp_try_get_property(world, world->root, child->id, 0x00060006);

	KUNIT_EXPECT_EQ(test, reply.out[0],
			world->guest.host.processor->physical_address_bits);
	hvp_expect_status(test, hvp_try_set_property(world, world->root, child->id, 0x00060006, 0),
			  SET_PARTITION_PROPERTY, SUCCESS);
}

/* Early properties live from creation on: initialization does not forget them. */
static void hvp_property_early_stays(struct kunit *test)
{
	struct hvp_world *world = hvp_world_create(test);
	struct hvp_partition *child = hvp_world_child(world, world->root,
						      HVP_STATE_UNINITIALIZED);
	struct hvp_reply reply;

	hvp_try_set_property(world, world->root, child->id, AN_EARLY_ONE, 0x77);
	hvp_world_deposit(world, child, 0, hvp_active_pages());
	hvp_try_initialize(world, world->root, child->id);
	reply = hvp_try_get_property(world, world->root, child->id, AN_EARLY_ONE);
	KUNIT_EXPECT_EQ(test, reply.out[0], 0x77);
}

static struct kunit_case hvp_property_cases[] = {
	KUNIT_CASE(hvp_property_table_is_the_contracts),
	KUNIT_CASE_PARAM(hvp_property_is_read_and_written, hvp_expected_property_gen_params),
	KUNIT_CASE_PARAM(hvp_property_values_are_apart, hvp_writable_gen_params),
	KUNIT_CASE_PARAM(hvp_property_heeds_state, hvp_property_state_gen_params),
	KUNIT_CASE_PARAM(hvp_property_may_be_unknown, hvp_unknown_property_gen_params),
	KUNIT_CASE_PARAM(hvp_property_heeds_value, hvp_property_value_gen_params),
	KUNIT_CASE(hvp_property_tlb_pages_are_clamped),
	KUNIT_CASE(hvp_property_shows_creation),
	KUNIT_CASE(hvp_property_shows_the_host),
	KUNIT_CASE(hvp_property_shows_guest_os),
	KUNIT_CASE_PARAM(hvp_property_of_the_root, hvp_expected_property_gen_params),
	KUNIT_CASE_PARAM(hvp_property_ex_has_the_same_value, hvp_expected_property_gen_params),
	KUNIT_CASE_PARAM(hvp_property_ex_has_no_argument, hvp_expected_property_gen_params),
	KUNIT_CASE(hvp_property_shows_vmm_capabilities),
	KUNIT_CASE(hvp_property_freezes_time),
	KUNIT_CASE(hvp_property_sets_time),
	KUNIT_CASE(hvp_property_time_is_told),
	KUNIT_CASE(hvp_property_width_is_the_hosts),
	KUNIT_CASE(hvp_property_early_stays),
	{}
};

HVP_KUNIT_SUITE(hvp_property, hvp_property_cases);
