// SPDX-License-Identifier: GPL-2.0
/*
 * HvInstallIntercept, HvRegisterInterceptResult, HvGetVpCpuidValues: who answers what a child
 * asks its processor.
 */

#include "../core/vp/hyperv.h"
#include "contract.h"

/* A child with two virtual processors. */
struct hvp_asked {
	struct hvp_world *world;
	struct hvp_partition *child;
	struct hvp_child_vp *vp;
	struct hvp_child_vp *other;
};

static void hvp_asked_begin(struct kunit *test, struct hvp_asked *it)
{
	it->world = hvp_world_create(test);
	it->child = hvp_world_child(it->world, it->world->root, HVP_STATE_ACTIVE);
	it->vp = hvp_world_vp(it->world, it->child, 0);
	it->other = hvp_world_vp(it->world, it->child, 1);
	hvp_world_deposit(it->world, it->child, 0, 20 * hvp_rule_block_pages());
}

static struct hvp_reply hvp_install(struct hvp_asked *it, u32 type, u32 access, u64 parameter)
{
	const struct hvp_install_intercept_in in = {
		.partition_id = it->child->id,
		.access = access,
		.type = type,
		.parameter = parameter,
	};

	return hvp_try(it->world, it->world->root, &(struct hvp_try){
		.code = HVP_CALL_INSTALL_INTERCEPT, .in = &in });
}

static struct hvp_reply hvp_register(struct hvp_asked *it, u32 index, u32 type,
				     const void *parameters, size_t size)
{
	struct hvp_intercept_result_in in = {
		.partition_id = it->child->id, .vp_index = index, .type = type };

	memcpy(&in.cpuid, parameters, size);
	return hvp_try(it->world, it->world->root, &(struct hvp_try){
		.code = HVP_CALL_REGISTER_INTERCEPT_RESULT, .in = &in });
}

static struct hvp_reply hvp_register_cpuid(struct hvp_asked *it, u32 index,
					   struct hvp_cpuid_result result)
{
	return hvp_register(it, index, HVP_INTERCEPT_CPUID, &result, sizeof(result));
}

static struct hvp_reply hvp_register_msr(struct hvp_asked *it, u32 index, u32 msr, u32 access,
					 u32 action)
{
	const struct hvp_msr_result result = { msr, access, action };

	return hvp_register(it, index, HVP_INTERCEPT_MSR, &result, sizeof(result));
}

/* What the processor would say is all ones. */
static struct hvp_cpuid_value hvp_asks(struct hvp_child_vp *vp, u32 leaf, u32 subleaf)
{
	struct hvp_cpuid_value value = { { ~0U, ~0U, ~0U, ~0U } };

	vp->machine->events->cpuid(vp, leaf, subleaf, &value);
	return value;
}

static enum hvp_msr_action hvp_uses_msr(struct hvp_child_vp *vp, u32 msr, bool write)
{
	return vp->machine->events->unknown_msr(vp, msr, write);
}

static bool hvp_leaves_cpuid(struct hvp_child_vp *vp, u32 leaf)
{
	return vp->machine->events->intercepts_cpuid(vp, leaf);
}

struct hvp_intercept_row {
	const char *name;
	u32 type;
	u32 access;
	enum hvp_status status;
};

static const struct hvp_intercept_row hvp_intercept_rows[] = {
	{ "port, none", HVP_INTERCEPT_IO_PORT, 0, HVP_STATUS_SUCCESS },
	{ "port, read and write", HVP_INTERCEPT_IO_PORT, 3, HVP_STATUS_SUCCESS },
	{ "port, execute", HVP_INTERCEPT_IO_PORT, 4, HVP_STATUS_INVALID_PARAMETER },
	{ "MSR, read", HVP_INTERCEPT_MSR, 1, HVP_STATUS_SUCCESS },
	{ "MSR, write", HVP_INTERCEPT_MSR, 2, HVP_STATUS_SUCCESS },
	{ "MSR, execute", HVP_INTERCEPT_MSR, 4, HVP_STATUS_INVALID_PARAMETER },
	{ "CPUID", HVP_INTERCEPT_CPUID, 4, HVP_STATUS_SUCCESS },
	{ "CPUID, none", HVP_INTERCEPT_CPUID, 0, HVP_STATUS_SUCCESS },
	{ "CPUID, read", HVP_INTERCEPT_CPUID, 1, HVP_STATUS_INVALID_PARAMETER },
	{ "exception", 3, 4, HVP_STATUS_INVALID_PARAMETER },
	{ "hypercall", 8, 4, HVP_STATUS_INVALID_PARAMETER },
	{ "type 256", 256, 0, HVP_STATUS_INVALID_PARAMETER },
	{ "undefined access", HVP_INTERCEPT_CPUID, 0x80000004, HVP_STATUS_INVALID_PARAMETER },
};

KUNIT_ARRAY_PARAM_DESC(hvp_intercept, hvp_intercept_rows, name);

static void hvp_install_intercept_checks(struct kunit *test)
{
	const struct hvp_intercept_row *row = test->param_value;
	const struct hvp_pair pair = { HVP_CALL_INSTALL_INTERCEPT, row->status };
	struct hvp_asked it;

	hvp_asked_begin(test, &it);
	hvp_expect_pair(test, hvp_install(&it, row->type, row->access, 0x1234), pair);
}

static void hvp_cpuid_is_intercepted(struct kunit *test)
{
	struct hvp_asked it;

	hvp_asked_begin(test, &it);
	KUNIT_EXPECT_FALSE(test, hvp_leaves_cpuid(it.vp, 0x40000001));
	hvp_expect_status(test, hvp_install(&it, HVP_INTERCEPT_CPUID, 4, 0x40000001),
			  INSTALL_INTERCEPT, SUCCESS);
	KUNIT_EXPECT_TRUE(test, hvp_leaves_cpuid(it.vp, 0x40000001));
	KUNIT_EXPECT_TRUE(test, hvp_leaves_cpuid(it.other, 0x40000001));
	KUNIT_EXPECT_FALSE(test, hvp_leaves_cpuid(it.vp, 0x40000000));
	KUNIT_EXPECT_FALSE(test, hvp_leaves_cpuid(it.vp, 0));
	hvp_expect_status(test, hvp_install(&it, HVP_INTERCEPT_CPUID, 0, 0x40000001),
			  INSTALL_INTERCEPT, SUCCESS);
	KUNIT_EXPECT_FALSE(test, hvp_leaves_cpuid(it.vp, 0x40000001));
}

#define MASKED(value, mask)	{ value, mask }

static void hvp_cpuid_results_are_masked(struct kunit *test)
{
	const struct hvp_cpuid_result some = {
		.leaf = 0x11,
		.registers = { MASKED(0x12345678, ~0U), MASKED(0x5, 0xff), MASKED(~0U, 0),
			       MASKED(0, 0xff000000) },
	};
	struct hvp_asked it;
	struct hvp_cpuid_value value;

	hvp_asked_begin(test, &it);
	hvp_expect_status(test, hvp_register_cpuid(&it, 0, some), REGISTER_INTERCEPT_RESULT,
			  SUCCESS);
	value = hvp_asks(it.vp, 0x11, 7);
	KUNIT_EXPECT_EQ(test, value.registers[0], 0x12345678);
	KUNIT_EXPECT_EQ(test, value.registers[1], 0xffffff05);
	KUNIT_EXPECT_EQ(test, value.registers[2], ~0U);
	KUNIT_EXPECT_EQ(test, value.registers[3], 0x00ffffff);
	value = hvp_asks(it.vp, 0x12, 0);
	KUNIT_EXPECT_EQ(test, value.registers[0], ~0U);
	/* It is that virtual processor's. */
	value = hvp_asks(it.other, 0x11, 0);
	KUNIT_EXPECT_EQ(test, value.registers[0], ~0U);
}

/* Of all, then of one; of a leaf, then of a subleaf; the last one of the same counts. */
static void hvp_cpuid_results_have_an_order(struct kunit *test)
{
	struct hvp_cpuid_result result = {
		.leaf = 4, .subleaf = 2, .always_override = 1,
		.registers = { MASKED(0x11111111, ~0U), MASKED(0x1, ~0U), },
	};
	struct hvp_asked it;
	struct hvp_cpuid_value value;

	hvp_asked_begin(test, &it);
	hvp_expect_status(test, hvp_register_cpuid(&it, HVP_VP_INDEX_ALL, result),
			  REGISTER_INTERCEPT_RESULT, SUCCESS);
	value = hvp_asks(it.other, 4, 1);
	KUNIT_EXPECT_EQ(test, value.registers[0], 0x11111111);
	result.registers[0].value = 0x22222222;
	result.registers[1].mask = 0;
	hvp_register_cpuid(&it, 0, result);
	value = hvp_asks(it.vp, 4, 1);
	KUNIT_EXPECT_EQ(test, value.registers[0], 0x22222222);
	KUNIT_EXPECT_EQ(test, value.registers[1], 0x1);
	result.subleaf_specific = 1;
	result.always_override = 0;
	result.registers[0].value = 0x33333333;
	hvp_register_cpuid(&it, 0, result);
	KUNIT_EXPECT_EQ(test, hvp_asks(it.vp, 4, 2).registers[0], 0x33333333);
	KUNIT_EXPECT_EQ(test, hvp_asks(it.vp, 4, 1).registers[0], 0x22222222);
	KUNIT_EXPECT_EQ(test, hvp_asks(it.other, 4, 2).registers[0], 0x11111111);
	result.registers[0].value = 0x44444444;
	hvp_register_cpuid(&it, 0, result);
	KUNIT_EXPECT_EQ(test, hvp_asks(it.vp, 4, 2).registers[0], 0x44444444);
	KUNIT_EXPECT_EQ(test, it.vp->rules.count, 2);
}

/* OSXSAVE and OSPKE follow CR4, whatever has been said of the register. */
static void hvp_cpuid_results_leave_what_is_now(struct kunit *test)
{
	struct hvp_cpuid_result result = { .leaf = 1, .registers[2] = MASKED(0, ~0U) };
	struct hvp_asked it;

	hvp_asked_begin(test, &it);
	hvp_register_cpuid(&it, 0, result);
	KUNIT_EXPECT_EQ(test, hvp_asks(it.vp, 1, 0).registers[2], BIT(27));
	result.leaf = 7;
	hvp_register_cpuid(&it, 0, result);
	KUNIT_EXPECT_EQ(test, hvp_asks(it.vp, 7, 0).registers[2], BIT(4));
	KUNIT_EXPECT_EQ(test, hvp_asks(it.vp, 7, 1).registers[2], 0);
}

static void hvp_register_intercept_result_checks(struct kunit *test)
{
	const struct hvp_cpuid_result cpuid = { .leaf = 1 };
	struct hvp_asked it;
	u32 type;

	hvp_asked_begin(test, &it);
	hvp_expect_status(test, hvp_register_cpuid(&it, 2, cpuid), REGISTER_INTERCEPT_RESULT,
			  INVALID_VP_INDEX);
	for (type = 0; type < 16; type++) {
		if (type == HVP_INTERCEPT_CPUID || type == HVP_INTERCEPT_MSR)
			continue;
		/* The index first */
		hvp_expect_status(test, hvp_register(&it, 2, type, &cpuid, sizeof(cpuid)),
				  REGISTER_INTERCEPT_RESULT, INVALID_VP_INDEX);
		hvp_expect_status(test, hvp_register(&it, 0, type, &cpuid, sizeof(cpuid)),
				  REGISTER_INTERCEPT_RESULT, INVALID_PARAMETER);
		hvp_expect_status(test, hvp_register(&it, HVP_VP_INDEX_ALL, type, &cpuid,
						     sizeof(cpuid)),
				  REGISTER_INTERCEPT_RESULT, INVALID_PARAMETER);
	}
	hvp_expect_status(test, hvp_register_msr(&it, 0, 0x123, 0, 0),
			  REGISTER_INTERCEPT_RESULT, INVALID_PARAMETER);
	hvp_expect_status(test, hvp_register_msr(&it, 0, 0x123, 4, 0),
			  REGISTER_INTERCEPT_RESULT, INVALID_PARAMETER);
	hvp_expect_status(test, hvp_register_msr(&it, 0, 0x123, 3, 2),
			  REGISTER_INTERCEPT_RESULT, INVALID_PARAMETER);
	KUNIT_EXPECT_EQ(test, it.vp->rules.count, 0);
}

#define UNIMPLEMENTED_MSR_ACTION	0x00050017

/* What has been said of an MSR counts, then that its parent wants to see, then the property. */
static void hvp_unknown_msrs_have_an_order(struct kunit *test)
{
	struct hvp_asked it;

	hvp_asked_begin(test, &it);
	KUNIT_EXPECT_EQ(test, hvp_uses_msr(it.vp, 0x123, false), HVP_ACTION_FAULT);
	hvp_try_set_property(it.world, it.world->root, it.child->id, UNIMPLEMENTED_MSR_ACTION, 1);
	KUNIT_EXPECT_EQ(test, hvp_uses_msr(it.vp, 0x123, false), HVP_ACTION_IGNORE);
	KUNIT_EXPECT_EQ(test, hvp_uses_msr(it.vp, 0x123, true), HVP_ACTION_IGNORE);
	hvp_install(&it, HVP_INTERCEPT_MSR, HVP_INTERCEPT_MASK_WRITE, 0);
	KUNIT_EXPECT_EQ(test, hvp_uses_msr(it.vp, 0x123, false), HVP_ACTION_IGNORE);
	KUNIT_EXPECT_EQ(test, hvp_uses_msr(it.vp, 0x123, true), HVP_ACTION_EXIT);
	hvp_expect_status(test, hvp_register_msr(&it, HVP_VP_INDEX_ALL, 0x123, 3, HVP_MSR_FAULT),
			  REGISTER_INTERCEPT_RESULT, SUCCESS);
	KUNIT_EXPECT_EQ(test, hvp_uses_msr(it.vp, 0x123, false), HVP_ACTION_FAULT);
	KUNIT_EXPECT_EQ(test, hvp_uses_msr(it.vp, 0x123, true), HVP_ACTION_FAULT);
	KUNIT_EXPECT_EQ(test, hvp_uses_msr(it.vp, 0x124, true), HVP_ACTION_EXIT);
	hvp_expect_status(test, hvp_register_msr(&it, 0, 0x123, 2, HVP_MSR_IGNORE),
			  REGISTER_INTERCEPT_RESULT, SUCCESS);
	KUNIT_EXPECT_EQ(test, hvp_uses_msr(it.vp, 0x123, false), HVP_ACTION_FAULT);
	KUNIT_EXPECT_EQ(test, hvp_uses_msr(it.vp, 0x123, true), HVP_ACTION_IGNORE);
	KUNIT_EXPECT_EQ(test, hvp_uses_msr(it.other, 0x123, true), HVP_ACTION_FAULT);
	hvp_install(&it, HVP_INTERCEPT_MSR, 0, 0);
	KUNIT_EXPECT_EQ(test, hvp_uses_msr(it.vp, 0x124, true), HVP_ACTION_IGNORE);
}

/* The pool pays for blocks, up to the limit; for what replaces something, nobody. */
static void hvp_results_are_paid_for(struct kunit *test)
{
	struct hvp_cpuid_result result = {};
	struct hvp_world *world = hvp_world_create(test);
	struct hvp_partition *child = hvp_world_child(world, world->root, HVP_STATE_ACTIVE);
	struct hvp_asked it = { .world = world, .child = child };
	struct hvp_balance before;

	it.vp = hvp_world_vp(world, child, 0);
	before = hvp_world_balance(child);
	hvp_expect_status(test, hvp_register_cpuid(&it, 0, result), REGISTER_INTERCEPT_RESULT,
			  INSUFFICIENT_MEMORY);
	hvp_expect_status(test, hvp_register_cpuid(&it, HVP_VP_INDEX_ALL, result),
			  REGISTER_INTERCEPT_RESULT, INSUFFICIENT_MEMORY);
	hvp_expect_status(test, hvp_install(&it, HVP_INTERCEPT_CPUID, 4, 0), INSTALL_INTERCEPT,
			  INSUFFICIENT_MEMORY);
	hvp_world_deposit(world, child, 0, 8 * hvp_rule_block_pages());
	for (; result.leaf < HVP_MOST_RULES; result.leaf++)
		hvp_expect_status(test, hvp_register_cpuid(&it, 0, result),
				  REGISTER_INTERCEPT_RESULT, SUCCESS);
	hvp_expect_status(test, hvp_register_cpuid(&it, 0, result), REGISTER_INTERCEPT_RESULT,
			  NO_RESOURCES);
	KUNIT_EXPECT_EQ(test, hvp_world_balance(child).in_use,
			before.in_use + DIV_ROUND_UP(HVP_MOST_RULES, HVP_RULES_PER_BLOCK) *
					hvp_rule_block_pages());
	result.leaf = 5;
	hvp_expect_status(test, hvp_register_cpuid(&it, 0, result), REGISTER_INTERCEPT_RESULT,
			  SUCCESS);
	hvp_try_delete_vp(world, world->root, child->id, 0);
	KUNIT_EXPECT_EQ(test, hvp_world_balance(child).in_use,
			before.in_use - hvp_child_vp_pages());
}

/* Intercepts share the partition's room, and are bounded likewise. */
static void hvp_intercepts_are_bounded(struct kunit *test)
{
	struct hvp_asked it;
	unsigned int leaf;

	hvp_asked_begin(test, &it);
	for (leaf = 0; leaf < HVP_MOST_RULES; leaf++)
		hvp_expect_status(test, hvp_install(&it, HVP_INTERCEPT_CPUID, 4, leaf),
				  INSTALL_INTERCEPT, SUCCESS);
	hvp_expect_status(test, hvp_install(&it, HVP_INTERCEPT_CPUID, 4, leaf),
			  INSTALL_INTERCEPT, NO_RESOURCES);
	hvp_expect_status(test, hvp_install(&it, HVP_INTERCEPT_CPUID, 0, 0), INSTALL_INTERCEPT,
			  SUCCESS);
	/* A port needs none. */
	hvp_expect_status(test, hvp_install(&it, HVP_INTERCEPT_IO_PORT, 1, 0x80),
			  INSTALL_INTERCEPT, SUCCESS);
	hvp_expect_status(test, hvp_try_finalize(it.world, it.world->root, it.child->id),
			  FINALIZE_PARTITION, SUCCESS);
	hvp_expect_balanced(it.world);
}

/* The VM goes with all of them, and nothing is left. */
static void hvp_results_go_with_their_vm(struct kunit *test)
{
	struct hvp_asked it;

	hvp_asked_begin(test, &it);
	hvp_register_cpuid(&it, 0, (struct hvp_cpuid_result){ .leaf = 1 });
	hvp_register_cpuid(&it, HVP_VP_INDEX_ALL, (struct hvp_cpuid_result){ .leaf = 1 });
	hvp_world_end(it.world);
}

static struct hvp_reply hvp_ask_values(struct hvp_asked *it, u32 index, u32 flags,
				       const struct hvp_cpuid_leaf *leaves, unsigned int count)
{
	struct {
		struct hvp_cpuid_values_in fixed;
		struct hvp_cpuid_leaf leaves[4];
	} in = {
		/* Padding holds rubbish. */
		.fixed = { it->child->id, index, flags, 0xdead, 0xbeef },
	};

	memcpy(in.leaves, leaves, count * sizeof(*leaves));
	return hvp_try(it->world, it->world->root, &(struct hvp_try){
		.code = HVP_CALL_GET_VP_CPUID_VALUES, .in = &in, .rep_count = count });
}

static void hvp_get_vp_cpuid_values_tells(struct kunit *test)
{
	static const struct hvp_cpuid_leaf leaves[] = {
		{ 1, 2, 7, 0x100 }, { 0xd, 1, 0x1f, 0 }, { 0x80000001, 0, 0, 0 },
	};
	const struct hvp_cpuid_result result = {
		.leaf = 0xd, .registers[0] = MASKED(0x99, ~0U) };
	struct hvp_asked it;
	struct hvp_reply reply;
	const u32 *out;

	hvp_asked_begin(test, &it);
	hvp_register_cpuid(&it, 0, result);
	it.vp->machine->state.xfem = 3;
	reply = hvp_ask_values(&it, 0, 0, leaves, 3);
	hvp_expect_status(test, reply, GET_VP_CPUID_VALUES, SUCCESS);
	out = (const u32 *)reply.out;
	KUNIT_EXPECT_EQ(test, out[0], 1);
	KUNIT_EXPECT_EQ(test, out[1], 2);
	KUNIT_EXPECT_EQ(test, out[2], 7);
	KUNIT_EXPECT_EQ(test, out[3], 0x100);
	KUNIT_EXPECT_EQ(test, out[4], 0xd);
	KUNIT_EXPECT_EQ(test, out[6], 0x1f);
	KUNIT_EXPECT_EQ(test, out[8], 0x80000001);
	reply = hvp_ask_values(&it, 0, HVP_CPUID_OWN_STATES | HVP_CPUID_APPLY_RESULTS, leaves, 3);
	hvp_expect_status(test, reply, GET_VP_CPUID_VALUES, SUCCESS);
	out = (const u32 *)reply.out;
	KUNIT_EXPECT_EQ(test, out[2], 3);
	KUNIT_EXPECT_EQ(test, out[4], 0x99);
	KUNIT_EXPECT_EQ(test, out[5], 1);
}

static void hvp_get_vp_cpuid_values_checks(struct kunit *test)
{
	static const struct hvp_cpuid_leaf leaves[3];
	struct hvp_asked it;
	struct hvp_reply reply;
	unsigned int bit;

	hvp_asked_begin(test, &it);
	hvp_expect_status(test, hvp_ask_values(&it, 2, ~0U, leaves, 1), GET_VP_CPUID_VALUES,
			  INVALID_VP_INDEX);
	hvp_expect_status(test, hvp_ask_values(&it, HVP_VP_INDEX_ALL, 0, leaves, 1),
			  GET_VP_CPUID_VALUES, INVALID_VP_INDEX);
	for (bit = 2; bit < 32; bit++)
		hvp_expect_status(test, hvp_ask_values(&it, 0, BIT(bit), leaves, 1),
				  GET_VP_CPUID_VALUES, INVALID_PARAMETER);
	hvp_fake_machine_fail(&it.world->guest, HVP_FAKE_CPUID, 2, -EFAULT);
	reply = hvp_ask_values(&it, 0, 0, leaves, 3);
	hvp_expect_status(test, reply, GET_VP_CPUID_VALUES, NO_RESOURCES);
	KUNIT_EXPECT_EQ(test, reply.reps, 1);
}

/* XFEM that has been set counts before the machine has it. */
static void hvp_get_vp_cpuid_values_after_registers(struct kunit *test)
{
	static const struct hvp_cpuid_leaf leaf = { 0xd };
	const struct hvp_register_assoc xfem = {
		.name = HVP_REGISTER_XFEM, .value.word[0] = 7 };
	struct hvp_asked it;
	struct hvp_reply reply;

	hvp_asked_begin(test, &it);
	hvp_expect_status(test, hvp_try_set_registers(it.world, it.world->root, it.child->id, 0,
						      &xfem, 1), SET_VP_REGISTERS, SUCCESS);
	hvp_fake_machine_fail(&it.world->guest, HVP_FAKE_SET, 1, -ENOMEM);
	hvp_expect_status(test, hvp_ask_values(&it, 0, HVP_CPUID_OWN_STATES, &leaf, 1),
			  GET_VP_CPUID_VALUES, NO_RESOURCES);
	reply = hvp_ask_values(&it, 0, HVP_CPUID_OWN_STATES, &leaf, 1);
	hvp_expect_status(test, reply, GET_VP_CPUID_VALUES, SUCCESS);
	KUNIT_EXPECT_EQ(test, (u32)reply.out[1], 7);
}

/* What a machine is told of the processor that it is to be. */
static void hvp_machine_is_told_of_its_processor(struct kunit *test)
{
	const struct hvp_create_partition_in in = {
		.flags = HVP_CREATE_X2APIC,
		.disabled_processor_features = { 0x12, 0x34 },
		.disabled_xsave_features = BIT(2),
	};
	struct hvp_world *world = hvp_world_create(test);
	const struct hvp_machine_config *config;
	struct hvp_partition *child;
	u64 id;

	hvp_world_deposit(world, world->root, 0, hvp_partition_pages());
	id = *hvp_try_create(world, world->root, &in).out;
	child = hvp_world_get(world, id);
	hvp_try_set_property(world, world->root, id, 0x00010001, 0x06400ffb);
	hvp_world_deposit(world, child, 0, hvp_active_pages());
	hvp_try_initialize(world, world->root, id);
	hvp_try_set_property(world, world->root, id, 0x00050003, 5);
	config = &hvp_world_vp(world, child, 0)->machine->machine->config;
	KUNIT_EXPECT_EQ(test, config->hyperv.privileges, 0x0a7e);
	KUNIT_EXPECT_EQ(test, config->hyperv.features, 0x80510);
	KUNIT_EXPECT_EQ(test, config->hyperv.hints, 0x4062e);
	KUNIT_EXPECT_EQ(test, config->disabled_features[0], 0x12);
	KUNIT_EXPECT_EQ(test, config->disabled_features[1], 0x34);
	KUNIT_EXPECT_EQ(test, config->disabled_xsave, BIT(2));
	KUNIT_EXPECT_TRUE(test, config->x2apic);
	/* Five of a socket need eight IDs. */
	KUNIT_EXPECT_EQ(test, config->socket_bits, 3);
	/* Also when there are virtual processors. */
	hvp_expect_status(test, hvp_try_set_property(world, world->root, id, 0x00050003, 1),
			  SET_PARTITION_PROPERTY, SUCCESS);
	KUNIT_EXPECT_EQ(test, config->socket_bits, 0);
}

/* No property gives a child what only a parent has. */
static void hvp_no_feature_is_a_partition_privilege(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, hvp_hyperv_features(~0ULL).privileges & HVP_PARTITION_PRIVILEGES, 0);
	KUNIT_EXPECT_EQ(test, hvp_hyperv_features(0).privileges, 0);
}

static struct kunit_case hvp_intercepts_cases[] = {
	KUNIT_CASE_PARAM(hvp_install_intercept_checks, hvp_intercept_gen_params),
	KUNIT_CASE(hvp_cpuid_is_intercepted),
	KUNIT_CASE(hvp_cpuid_results_are_masked),
	KUNIT_CASE(hvp_cpuid_results_have_an_order),
	KUNIT_CASE(hvp_cpuid_results_leave_what_is_now),
	KUNIT_CASE(hvp_register_intercept_result_checks),
	KUNIT_CASE(hvp_unknown_msrs_have_an_order),
	KUNIT_CASE(hvp_results_are_paid_for),
	KUNIT_CASE(hvp_intercepts_are_bounded),
	KUNIT_CASE(hvp_results_go_with_their_vm),
	KUNIT_CASE(hvp_get_vp_cpuid_values_tells),
	KUNIT_CASE(hvp_get_vp_cpuid_values_checks),
	KUNIT_CASE(hvp_get_vp_cpuid_values_after_registers),
	KUNIT_CASE(hvp_machine_is_told_of_its_processor),
	KUNIT_CASE(hvp_no_feature_is_a_partition_privilege),
	{}
};

HVP_KUNIT_SUITE(hvp_intercepts, hvp_intercepts_cases);
