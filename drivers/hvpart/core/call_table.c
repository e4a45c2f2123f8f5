// SPDX-License-Identifier: GPL-2.0
/* The calls, one row each. */

#include <linux/kernel.h>
#include "call_table.h"
#include "request.h"
#include "state.h"

/* A row stands at its code minus HVP_FIRST_CODE; codes that are not ours are 0. */
#define ROW(code)	[HVP_CALL_##code - HVP_FIRST_CODE]

const struct hvp_call_row hvp_call_table[] = {
	ROW(CREATE_PARTITION) = {
		.code = HVP_CALL_CREATE_PARTITION,
		.name = "HvCreatePartition",
		.input_size = sizeof(struct hvp_create_partition_in),
		.output_size = sizeof(struct hvp_partition_id),
		.privilege = HVP_PRIVILEGE_CREATE_PARTITIONS,
		.target = HVP_TARGET_NONE,
		.handler = hvp_create_partition,
	},
	ROW(INITIALIZE_PARTITION) = {
		.code = HVP_CALL_INITIALIZE_PARTITION,
		.name = "HvInitializePartition",
		.fast = true,
		.input_size = sizeof(struct hvp_partition_id),
		.privilege = HVP_PRIVILEGE_CREATE_PARTITIONS,
		.target = HVP_TARGET_CHILD,
		.states = HVP_IN_UNINITIALIZED,
		.handler = hvp_initialize_partition,
	},
	ROW(FINALIZE_PARTITION) = {
		.code = HVP_CALL_FINALIZE_PARTITION,
		.name = "HvFinalizePartition",
		.fast = true,
		.input_size = sizeof(struct hvp_partition_id),
		.privilege = HVP_PRIVILEGE_CREATE_PARTITIONS,
		.target = HVP_TARGET_CHILD,
		.states = HVP_IN_ACTIVE | HVP_IN_FINALIZING,
		.handler = hvp_finalize_partition,
	},
	ROW(DELETE_PARTITION) = {
		.code = HVP_CALL_DELETE_PARTITION,
		.name = "HvDeletePartition",
		.fast = true,
		.input_size = sizeof(struct hvp_partition_id),
		.privilege = HVP_PRIVILEGE_CREATE_PARTITIONS,
		.target = HVP_TARGET_CHILD,
		.states = HVP_IN_UNINITIALIZED | HVP_IN_FINALIZED,
		.handler = hvp_delete_partition,
	},
	ROW(GET_PARTITION_PROPERTY) = {
		.code = HVP_CALL_GET_PARTITION_PROPERTY,
		.name = "HvGetPartitionProperty",
		.input_size = sizeof(struct hvp_get_property_in),
		.output_size = sizeof(struct hvp_get_property_out),
		.privilege = HVP_PRIVILEGE_CREATE_PARTITIONS,
		.target = HVP_TARGET_CHILD_OR_SELF,
		.states = HVP_IN_UNINITIALIZED | HVP_IN_ACTIVE,
		.handler = hvp_get_partition_property,
	},
	ROW(SET_PARTITION_PROPERTY) = {
		.code = HVP_CALL_SET_PARTITION_PROPERTY,
		.name = "HvSetPartitionProperty",
		.input_size = sizeof(struct hvp_set_property_in),
		.privilege = HVP_PRIVILEGE_CREATE_PARTITIONS,
		.target = HVP_TARGET_CHILD,
		.states = HVP_IN_UNINITIALIZED | HVP_IN_ACTIVE,
		.handler = hvp_set_partition_property,
	},
	ROW(GET_PARTITION_ID) = {
		.code = HVP_CALL_GET_PARTITION_ID,
		.name = "HvGetPartitionId",
		.output_size = sizeof(struct hvp_partition_id),
		.privilege = HVP_PRIVILEGE_ACCESS_PARTITION_ID,
		.target = HVP_TARGET_NONE,
		.handler = hvp_get_partition_id,
	},
	ROW(GET_NEXT_CHILD_PARTITION) = {
		.code = HVP_CALL_GET_NEXT_CHILD_PARTITION,
		.name = "HvGetNextChildPartition",
		.input_size = sizeof(struct hvp_get_next_child_in),
		.output_size = sizeof(struct hvp_partition_id),
		.privilege = HVP_PRIVILEGE_CREATE_PARTITIONS,
		.target = HVP_TARGET_SELF,
		.states = HVP_IN_ANY,
		.handler = hvp_get_next_child_partition,
	},
	ROW(DEPOSIT_MEMORY) = {
		.code = HVP_CALL_DEPOSIT_MEMORY,
		.name = "HvDepositMemory",
		.rep = true,
		.input_size = sizeof(struct hvp_partition_id),
		.input_element = sizeof(u64),
		.privilege = HVP_PRIVILEGE_ACCESS_MEMORY_POOL,
		.target = HVP_TARGET_CHILD_OR_SELF,
		.states = HVP_IN_UNINITIALIZED | HVP_IN_ACTIVE,
		.handler = hvp_deposit_memory,
	},
	ROW(WITHDRAW_MEMORY) = {
		.code = HVP_CALL_WITHDRAW_MEMORY,
		.name = "HvWithdrawMemory",
		.rep = true,
		.input_size = sizeof(struct hvp_partition_proximity),
		.output_element = sizeof(u64),
		.privilege = HVP_PRIVILEGE_ACCESS_MEMORY_POOL,
		.target = HVP_TARGET_CHILD_OR_SELF,
		.states = HVP_IN_ANY,
		.handler = hvp_withdraw_memory,
	},
	ROW(GET_MEMORY_BALANCE) = {
		.code = HVP_CALL_GET_MEMORY_BALANCE,
		.name = "HvGetMemoryBalance",
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

	if (index >= ARRAY_SIZE(hvp_call_table) || !hvp_call_table[index].handler)
		return NULL;
	return &hvp_call_table[index];
}
