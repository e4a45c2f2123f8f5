// SPDX-License-Identifier: GPL-2.0
/* The calls, one row each. */

#include <linux/kernel.h>
#include <linux/nospec.h>
#include "call_table.h"
#include "request.h"
#include "state.h"

/* A row stands at its code minus HVP_FIRST_CODE; codes that are not ours are 0. */
#define ROW(code)	[HVP_CALL_##code - HVP_FIRST_CODE]

/* Code and name, as the list of calls has them. */
#define HVP_CALL_NAME(code, name, text)	static const char hvp_name_##name[] = text;
HVP_CALL_LIST(HVP_CALL_NAME)
#define CALL(call)	.code = HVP_CALL_##call, .name = hvp_name_##call

const struct hvp_call_row hvp_call_table[] = {
	ROW(CREATE_PARTITION) = {
		CALL(CREATE_PARTITION),
		.input_size = sizeof(struct hvp_create_partition_in),
		.output_size = sizeof(struct hvp_partition_id),
		.privilege = HVP_PRIVILEGE_CREATE_PARTITIONS,
		.target = HVP_TARGET_NONE,
		.handler = hvp_create_partition,
	},
	ROW(INITIALIZE_PARTITION) = {
		CALL(INITIALIZE_PARTITION),
		.fast = true,
		.input_size = sizeof(struct hvp_partition_id),
		.privilege = HVP_PRIVILEGE_CREATE_PARTITIONS,
		.target = HVP_TARGET_CHILD,
		.states = HVP_IN_UNINITIALIZED,
		.handler = hvp_initialize_partition,
	},
	ROW(FINALIZE_PARTITION) = {
		CALL(FINALIZE_PARTITION),
		.fast = true,
		.input_size = sizeof(struct hvp_partition_id),
		.privilege = HVP_PRIVILEGE_CREATE_PARTITIONS,
		.target = HVP_TARGET_CHILD,
		.states = HVP_IN_ACTIVE | HVP_IN_FINALIZING,
		.handler = hvp_finalize_partition,
	},
	ROW(DELETE_PARTITION) = {
		CALL(DELETE_PARTITION),
		.fast = true,
		.input_size = sizeof(struct hvp_partition_id),
		.privilege = HVP_PRIVILEGE_CREATE_PARTITIONS,
		.target = HVP_TARGET_CHILD,
		.states = HVP_IN_UNINITIALIZED | HVP_IN_FINALIZED,
		.handler = hvp_delete_partition,
	},
	ROW(GET_PARTITION_PROPERTY) = {
		CALL(GET_PARTITION_PROPERTY),
		.input_size = sizeof(struct hvp_get_property_in),
		.output_size = sizeof(struct hvp_get_property_out),
		.privilege = HVP_PRIVILEGE_CREATE_PARTITIONS,
		.target = HVP_TARGET_CHILD_OR_SELF,
		.states = HVP_IN_UNINITIALIZED | HVP_IN_ACTIVE,
		.handler = hvp_get_partition_property,
	},
	ROW(SET_PARTITION_PROPERTY) = {
		CALL(SET_PARTITION_PROPERTY),
		.input_size = sizeof(struct hvp_set_property_in),
		.privilege = HVP_PRIVILEGE_CREATE_PARTITIONS,
		.target = HVP_TARGET_CHILD,
		.states = HVP_IN_UNINITIALIZED | HVP_IN_ACTIVE,
		.handler = hvp_set_partition_property,
	},
	ROW(GET_PARTITION_ID) = {
		CALL(GET_PARTITION_ID),
		.output_size = sizeof(struct hvp_partition_id),
		.privilege = HVP_PRIVILEGE_ACCESS_PARTITION_ID,
		.target = HVP_TARGET_NONE,
		.handler = hvp_get_partition_id,
	},
	ROW(GET_NEXT_CHILD_PARTITION) = {
		CALL(GET_NEXT_CHILD_PARTITION),
		.input_size = sizeof(struct hvp_get_next_child_in),
		.output_size = sizeof(struct hvp_partition_id),
		.privilege = HVP_PRIVILEGE_CREATE_PARTITIONS,
		.target = HVP_TARGET_SELF,
		.states = HVP_IN_ANY,
		.handler = hvp_get_next_child_partition,
	},
	ROW(DEPOSIT_MEMORY) = {
		CALL(DEPOSIT_MEMORY),
		.rep = true,
		.input_size = sizeof(struct hvp_partition_id),
		.input_element = sizeof(u64),
		.privilege = HVP_PRIVILEGE_ACCESS_MEMORY_POOL,
		.target = HVP_TARGET_CHILD_OR_SELF,
		.states = HVP_IN_UNINITIALIZED | HVP_IN_ACTIVE,
		.handler = hvp_deposit_memory,
	},
	ROW(WITHDRAW_MEMORY) = {
		CALL(WITHDRAW_MEMORY),
		.rep = true,
		.input_size = sizeof(struct hvp_partition_proximity),
		.output_element = sizeof(u64),
		.privilege = HVP_PRIVILEGE_ACCESS_MEMORY_POOL,
		.target = HVP_TARGET_CHILD_OR_SELF,
		.states = HVP_IN_ANY,
		.handler = hvp_withdraw_memory,
	},
	ROW(GET_MEMORY_BALANCE) = {
		CALL(GET_MEMORY_BALANCE),
		.input_size = sizeof(struct hvp_partition_proximity),
		.output_size = sizeof(struct hvp_memory_balance_out),
		.privilege = HVP_PRIVILEGE_ACCESS_MEMORY_POOL,
		.target = HVP_TARGET_CHILD_OR_SELF,
		.states = HVP_IN_ANY,
		.handler = hvp_get_memory_balance,
	},
};

/**
 * hvp_call_table_size() - rows in hvp_call_table, those without a handler included
 *
 * Return: how many.
 */
unsigned int hvp_call_table_size(void)
{
	return ARRAY_SIZE(hvp_call_table);
}

/**
 * hvp_call_row() - find the row of a call
 * @code:	call code
 *
 * Context: Any, also where nothing may be traced.
 * Return: the row, or NULL if the call is not one of ours.
 */
notrace const struct hvp_call_row *hvp_call_row(u16 code)
{
	unsigned int index = code - HVP_FIRST_CODE;

	if (index >= ARRAY_SIZE(hvp_call_table))
		return NULL;
	/* The guest's number leads to a function pointer. */
	index = array_index_nospec(index, ARRAY_SIZE(hvp_call_table));
	return hvp_call_table[index].handler ? &hvp_call_table[index] : NULL;
}
