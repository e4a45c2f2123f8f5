// SPDX-License-Identifier: GPL-2.0
/* Section 5 of the contract, and calls that are as it says. */

#include "contract.h"

#define UNINITIALIZED	BIT(HVP_STATE_UNINITIALIZED)
#define ACTIVE		BIT(HVP_STATE_ACTIVE)
#define FINALIZING	BIT(HVP_STATE_FINALIZING)
#define FINALIZED	BIT(HVP_STATE_FINALIZED)
#define ANY		(UNINITIALIZED | ACTIVE | FINALIZING | FINALIZED)

#define CREATE		BIT_ULL(32)	/* EBX bit 0 */
#define ID		BIT_ULL(33)	/* EBX bit 1 */
#define POOL		BIT_ULL(34)	/* EBX bit 2 */

const struct hvp_contract_call hvp_contract[HVP_CONTRACT_CALLS] = {
	{ "HvCreatePartition", 0x40, false, false, 56, 0, 8, 0, CREATE, false, false, 0 },
	{ "HvInitializePartition", 0x41, false, true, 8, 0, 0, 0, CREATE, true, false,
	  UNINITIALIZED },
	{ "HvFinalizePartition", 0x42, false, true, 8, 0, 0, 0, CREATE, true, false,
	  ACTIVE | FINALIZING },
	{ "HvDeletePartition", 0x43, false, true, 8, 0, 0, 0, CREATE, true, false,
	  UNINITIALIZED | FINALIZED },
	/* Not all properties in all of these: see property_kunit.c. */
	{ "HvGetPartitionProperty", 0x44, false, false, 16, 0, 8, 0, CREATE, true, true,
	  UNINITIALIZED | ACTIVE },
	{ "HvSetPartitionProperty", 0x45, false, false, 24, 0, 0, 0, CREATE, true, false,
	  UNINITIALIZED | ACTIVE },
	{ "HvGetPartitionId", 0x46, false, false, 0, 0, 8, 0, ID, false, false, 0 },
	{ "HvGetNextChildPartition", 0x47, false, false, 16, 0, 8, 0, CREATE, false, true,
	  ANY },
	{ "HvDepositMemory", 0x48, true, false, 8, 8, 0, 0, POOL, true, true,
	  UNINITIALIZED | ACTIVE },
	{ "HvWithdrawMemory", 0x49, true, false, 16, 0, 0, 8, POOL, true, true, ANY },
	{ "HvGetMemoryBalance", 0x4a, false, false, 16, 0, 16, 0, POOL, true, true, ANY },
};

/**
 * hvp_contract_of() - what the contract says of a call
 * @code:	one of its codes
 *
 * Return: its row.
 */
const struct hvp_contract_call *hvp_contract_of(u16 code)
{
	return &hvp_contract[code - 0x40];
}

/**
 * hvp_contract_try() - any call as it ought to be made
 * @shape:	which
 * @in:		its input; lists have two elements
 *
 * Return: the call, for hvp_try().
 */
struct hvp_try hvp_contract_try(const struct hvp_contract_call *shape,
				const struct hvp_any_input *in)
{
	struct hvp_try try = {
		.code = shape->code,
		.in = in,
		.in_size = shape->in_size + 2 * shape->in_element,
		.out_size = shape->out_size,
		.out_element = shape->out_element,
		.rep_count = shape->rep ? 2 : 0,
	};

	return try;
}

/**
 * hvp_forget_counts() - begin to count what is asked of the guest
 * @world:	the world
 */
void hvp_forget_counts(struct hvp_world *world)
{
	memset(world->guest.count, 0, sizeof(world->guest.count));
}

/**
 * hvp_expect_guest_left_alone() - nothing was read, written or asked of the guest
 * @world:	the world
 */
void hvp_expect_guest_left_alone(struct hvp_world *world)
{
	int op;

	for (op = 0; op < HVP_NR_FAKE_OPS; op++)
		KUNIT_EXPECT_EQ_MSG(world->test, world->guest.count[op], 0, "operation %d", op);
}
