// SPDX-License-Identifier: GPL-2.0
/* Section 5 of the contract and hypercalls-mshv.rst, and calls that are as they say. */

#include "contract.h"

#define UNINITIALIZED	BIT(HVP_STATE_UNINITIALIZED)
#define ACTIVE		BIT(HVP_STATE_ACTIVE)
#define FINALIZING	BIT(HVP_STATE_FINALIZING)
#define FINALIZED	BIT(HVP_STATE_FINALIZED)
#define ANY		(UNINITIALIZED | ACTIVE | FINALIZING | FINALIZED)

#define CREATE		BIT_ULL(32)	/* EBX bit 0 */
#define ID		BIT_ULL(33)	/* EBX bit 1 */
#define POOL		BIT_ULL(34)	/* EBX bit 2 */
#define STATS		BIT_ULL(40)	/* EBX bit 8 */

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
	{ "HvMapStatsPage", 0x6c, false, false, 24, 0, 8, 0, STATS, true, true, ACTIVE, 1 },
	{ "HvUnmapStatsPage", 0x6d, false, false, 24, 0, 0, 0, STATS, true, true, ACTIVE, 1 },
	{ "HvGetPartitionPropertyEx", 0x101, false, false, 24, 0, 16, 0, CREATE, true, true,
	  UNINITIALIZED | ACTIVE },
	{ "HvMapStatsPage2", 0x131, false, false, 32, 0, 0, 0, STATS, true, true, ACTIVE, 1 },
};

/**
 * hvp_contract_of() - what the contract says of a call
 * @code:	one of its codes
 *
 * Return: its row.
 */
const struct hvp_contract_call *hvp_contract_of(u16 code)
{
	unsigned int i = 0;

	while (i < HVP_CONTRACT_CALLS - 1 && hvp_contract[i].code != code)
		i++;
	return &hvp_contract[i];
}

/**
 * hvp_contract_input() - input that names a partition
 * @shape:	the call
 * @id:		the partition, 0 for a call that names none
 *
 * All else is 0, but for the type of a statistics page, and where it is to be.
 *
 * Return: the input.
 */
struct hvp_any_input hvp_contract_input(const struct hvp_contract_call *shape, u64 id)
{
	struct hvp_any_input in = {};

	if (shape->privilege == STATS) {
		in.word[0] = HVP_STATS_PARTITION;
		in.word[3] = HVP_FAKE_RAM_GFN + HVP_FAKE_RAM_PAGES - 1;
	}
	in.word[shape->id_at] = id;
	return in;
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
