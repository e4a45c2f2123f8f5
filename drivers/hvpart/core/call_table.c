// SPDX-License-Identifier: GPL-2.0
/* The calls, one row each. */

#include <linux/kernel.h>
#include "call_table.h"
#include "request.h"
#include "state.h"

#define ROW(name)	[HVP_INDEX_##name]

/* Code and name, as the list of calls has them. */
#define HVP_CALL_NAME(code, name, text)	static const char hvp_name_##name[] = text;
HVP_CALL_LIST(HVP_CALL_NAME)
#define CALL(call)	.code = HVP_CALL_##call, .name = hvp_name_##call

/* Where calls for statistics pages have the ID that others begin with. */
#define STATS_PARTITION_ID	offsetof(struct hvp_stats_page_in, identity.partition_id)
static_assert(offsetof(struct hvp_map_stats_page2_in, object.identity.partition_id) ==
	      STATS_PARTITION_ID, "HvCallMapStatsPage2 begins as the others");

const struct hvp_call_row hvp_call_table[HVP_NR_CALLS] = {
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
	ROW(MAP_STATS_PAGE) = {
		CALL(MAP_STATS_PAGE),
		.input_size = sizeof(struct hvp_stats_page_in),
		.output_size = sizeof(struct hvp_map_stats_page_out),
		.privilege = HVP_PRIVILEGE_ACCESS_STATS,
		.target = HVP_TARGET_CHILD_OR_SELF,
		.target_at = STATS_PARTITION_ID,
		.states = HVP_IN_ACTIVE,
		.handler = hvp_map_stats_page,
	},
	ROW(UNMAP_STATS_PAGE) = {
		CALL(UNMAP_STATS_PAGE),
		.input_size = sizeof(struct hvp_stats_page_in),
		.privilege = HVP_PRIVILEGE_ACCESS_STATS,
		.target = HVP_TARGET_CHILD_OR_SELF,
		.target_at = STATS_PARTITION_ID,
		.states = HVP_IN_ACTIVE,
		.handler = hvp_unmap_stats_page,
	},
	ROW(GET_PARTITION_PROPERTY_EX) = {
		CALL(GET_PARTITION_PROPERTY_EX),
		.input_size = sizeof(struct hvp_get_property_ex_in),
		.output_size = sizeof(struct hvp_get_property_ex_out),
		.privilege = HVP_PRIVILEGE_CREATE_PARTITIONS,
		.target = HVP_TARGET_CHILD_OR_SELF,
		.states = HVP_IN_UNINITIALIZED | HVP_IN_ACTIVE,
		.handler = hvp_get_partition_property_ex,
	},
	ROW(MAP_STATS_PAGE2) = {
		CALL(MAP_STATS_PAGE2),
		.input_size = sizeof(struct hvp_map_stats_page2_in),
		.privilege = HVP_PRIVILEGE_ACCESS_STATS,
		.target = HVP_TARGET_CHILD_OR_SELF,
		.target_at = STATS_PARTITION_ID,
		.states = HVP_IN_ACTIVE,
		.handler = hvp_map_stats_page2,
	},
};

#define HVP_CALL_PLACE(code, name, text)	[(code) - HVP_FIRST_CODE] = HVP_INDEX_##name + 1,
const u8 hvp_call_places[HVP_CODE_RANGE] = { HVP_CALL_LIST(HVP_CALL_PLACE) };
