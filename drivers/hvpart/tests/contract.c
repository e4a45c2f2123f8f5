// SPDX-License-Identifier: GPL-2.0
/* Calls that are as the contract says. */

#include <hvpart/abi/gpa.h>
#include "contract.h"

const struct hvp_contract_call hvp_contract[HVP_CONTRACT_CALLS] = {
	HVP_CONTRACT(HVP_CONTRACT_ROW)
};

/**
 * hvp_contract_input() - input that names a partition
 * @shape:	the call
 * @id:		the partition, ignored by a call that names none
 *
 * A property is an early one, a statistics page is the partition's, a state page is that of
 * registers, and either is to be at the last page of RAM; state is of timers.  A virtual
 * processor is the one with VP index 0; a port, or connection, is HVP_TEST_PORT, and for the
 * root's first child.  What is intercepted, or has a result, is CPUID.  All else is 0, but
 * padding holds rubbish, as it does in real calls.
 *
 * Return: the input.
 */
struct hvp_any_input hvp_contract_input(const struct hvp_contract_call *shape, u64 id)
{
	const u64 values[HVP_NR_FIELDS] = {
		[HVP_FIELD_ID] = id,
		[HVP_FIELD_PROPERTY] = HVP_EARLY_PROPERTY | 0xdeadbeefULL << 32,
		[HVP_FIELD_STATS_TYPE] = HVP_STATS_PARTITION,
		[HVP_FIELD_PAGE] = HVP_FAKE_RAM_GFN + HVP_FAKE_RAM_PAGES - 1,
		[HVP_FIELD_MAP_FLAGS] = HVP_MAP_READ | HVP_MAP_WRITE | 0xdeadbeefULL << 32,
		[HVP_FIELD_UNMAP_FLAGS] = 0xdeadbeefULL << 32,
		[HVP_FIELD_VP] = 0xdeadbeefULL << 32,
		[HVP_FIELD_VP_VTL] = 0xdeadbe00ULL << 32,
		[HVP_FIELD_TRANSLATE] = HVP_TRANSLATE_READ,
		[HVP_FIELD_VECTOR] = 0x20 | 0xdeadbe00ULL << 32,
		[HVP_FIELD_STATE_TYPE] = HVP_VP_STATE_TIMERS | 0xdeadbeefULL << 32,
		[HVP_FIELD_INTERCEPT] = HVP_INTERCEPT_MASK_EXECUTE |
					(u64)HVP_INTERCEPT_CPUID << 32,
		[HVP_FIELD_VP_INTERCEPT] = (u64)HVP_INTERCEPT_CPUID << 32,
		[HVP_FIELD_STATE_PAGE] = HVP_STATE_PAGE_VALUE(0, HVP_STATE_PAGE_REGISTERS),
		[HVP_FIELD_PORT] = HVP_TEST_PORT | 0xdead0000ULL << 32,
		[HVP_FIELD_PORT_TYPE] = HVP_PORT_DOORBELL | 0xdeadbeefULL << 32,
		[HVP_FIELD_PORT_TARGET] = HVP_DOORBELL_SINT | (u64)HVP_ANY_VP << 32,
		[HVP_FIELD_PEER] = HVP_PARTITION_ID_ROOT + 1,
		[HVP_FIELD_OWNER] = HVP_PARTITION_ID_SELF,
		[HVP_FIELD_CONNECTION] = HVP_TEST_PORT | 0xdeadbe00ULL << 32,
		[HVP_FIELD_CONNECTED] = HVP_TEST_PORT | (u64)HVP_DISCONNECT_DOORBELL << 32,
		[HVP_FIELD_SINT] = HVP_DOORBELL_SINT | 0xdeadbeefULL << 32,
	};
	struct hvp_any_input in = {};

	hvp_contract_fill(shape, values, in.word);
	return in;
}

/**
 * hvp_contract_list() - make a list of fresh pages, if it is one of pages
 * @world:	the world
 * @shape:	the call
 * @in:		its input.  Other lists are of 0s: a register that can be got and set
 * @elements:	how many
 */
void hvp_contract_list(struct hvp_world *world, const struct hvp_contract_call *shape,
		       struct hvp_any_input *in, unsigned int elements)
{
	u64 first;

	if (!shape->in_element || shape->element != HVP_FIELD_PAGE)
		return;
	first = hvp_world_fresh_pages(world, 0, elements);
	while (elements--)
		in->word[shape->in_size / sizeof(u64) + elements] = first + elements;
}

/**
 * hvp_contract_try() - any call as it ought to be made
 * @shape:	which
 * @in:		its input
 * @elements:	how many its lists have if it is a rep call
 *
 * Return: the call, for hvp_try().
 */
struct hvp_try hvp_contract_try(const struct hvp_contract_call *shape,
				const struct hvp_any_input *in, unsigned int elements)
{
	return (struct hvp_try){
		.code = shape->code,
		.in = in,
		.header_words = shape->header_words,
		.rep_count = shape->rep ? elements : 0,
	};
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
