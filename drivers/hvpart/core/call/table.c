// SPDX-License-Identifier: GPL-2.0
/* The calls, one row each. */

#include <linux/kernel.h>
#include <hvpart/abi/registers.h>
#include "../state.h"
#include "request.h"
#include "table.h"

/* What the list of calls says of each. */
#define CALL(NAME, lower)						\
	.code = HVP_CALL_##NAME,					\
	.name = hvp_name_##lower,					\
	.input_size = sizeof_field(union hvp_input, lower),		\
	.output_size = sizeof_field(union hvp_output, lower),		\
	.handler = hvp_##lower

#define HVP_CALL_NAME(code, NAME, lower, in, out, text)	\
	static const char hvp_name_##lower[] = text;
HVP_CALL_LIST(HVP_CALL_NAME)

/* Where calls for statistics pages have the ID that others begin with. */
#define STATS_PARTITION_ID	offsetof(struct hvp_stats_page_in, identity.partition_id)
static_assert(offsetof(struct hvp_map_stats_page2_in, object.identity.partition_id) ==
	      STATS_PARTITION_ID, "HvCallMapStatsPage2 begins as the others");

const struct hvp_call_row hvp_call_table[HVP_NR_CALLS] = {
	[HVP_INDEX_CREATE_PARTITION] = {
		CALL(CREATE_PARTITION, create_partition),
		.privilege = HVP_PRIVILEGE_CREATE_PARTITIONS,
		.target = HVP_TARGET_NONE,
	},
	[HVP_INDEX_INITIALIZE_PARTITION] = {
		CALL(INITIALIZE_PARTITION, initialize_partition),
		.fast = true,
		.privilege = HVP_PRIVILEGE_CREATE_PARTITIONS,
		.target = HVP_TARGET_CHILD,
		.states = HVP_IN_UNINITIALIZED,
	},
	[HVP_INDEX_FINALIZE_PARTITION] = {
		CALL(FINALIZE_PARTITION, finalize_partition),
		.fast = true,
		.privilege = HVP_PRIVILEGE_CREATE_PARTITIONS,
		.target = HVP_TARGET_CHILD,
		.states = HVP_IN_ACTIVE | HVP_IN_FINALIZING,
	},
	[HVP_INDEX_DELETE_PARTITION] = {
		CALL(DELETE_PARTITION, delete_partition),
		.fast = true,
		.privilege = HVP_PRIVILEGE_CREATE_PARTITIONS,
		.target = HVP_TARGET_CHILD,
		.states = HVP_IN_UNINITIALIZED | HVP_IN_FINALIZED,
	},
	[HVP_INDEX_GET_PARTITION_PROPERTY] = {
		CALL(GET_PARTITION_PROPERTY, get_partition_property),
		.privilege = HVP_PRIVILEGE_CREATE_PARTITIONS,
		.target = HVP_TARGET_CHILD_OR_SELF,
		.states = HVP_IN_UNINITIALIZED | HVP_IN_ACTIVE,
	},
	[HVP_INDEX_SET_PARTITION_PROPERTY] = {
		CALL(SET_PARTITION_PROPERTY, set_partition_property),
		.privilege = HVP_PRIVILEGE_CREATE_PARTITIONS,
		.target = HVP_TARGET_CHILD,
		.states = HVP_IN_UNINITIALIZED | HVP_IN_ACTIVE,
	},
	[HVP_INDEX_GET_PARTITION_ID] = {
		CALL(GET_PARTITION_ID, get_partition_id),
		.privilege = HVP_PRIVILEGE_ACCESS_PARTITION_ID,
		.target = HVP_TARGET_NONE,
	},
	[HVP_INDEX_GET_NEXT_CHILD_PARTITION] = {
		CALL(GET_NEXT_CHILD_PARTITION, get_next_child_partition),
		.privilege = HVP_PRIVILEGE_CREATE_PARTITIONS,
		.target = HVP_TARGET_SELF,
		.states = HVP_IN_ANY,
	},
	[HVP_INDEX_DEPOSIT_MEMORY] = {
		CALL(DEPOSIT_MEMORY, deposit_memory),
		.rep = true,
		.input_element = sizeof(u64),
		.privilege = HVP_PRIVILEGE_ACCESS_MEMORY_POOL,
		.target = HVP_TARGET_CHILD_OR_SELF,
		.states = HVP_IN_UNINITIALIZED | HVP_IN_ACTIVE,
	},
	[HVP_INDEX_WITHDRAW_MEMORY] = {
		CALL(WITHDRAW_MEMORY, withdraw_memory),
		.rep = true,
		.output_element = sizeof(u64),
		.privilege = HVP_PRIVILEGE_ACCESS_MEMORY_POOL,
		.target = HVP_TARGET_CHILD_OR_SELF,
		.states = HVP_IN_ANY,
	},
	[HVP_INDEX_GET_MEMORY_BALANCE] = {
		CALL(GET_MEMORY_BALANCE, get_memory_balance),
		.privilege = HVP_PRIVILEGE_ACCESS_MEMORY_POOL,
		.target = HVP_TARGET_CHILD_OR_SELF,
		.states = HVP_IN_ANY,
	},
	[HVP_INDEX_MAP_GPA_PAGES] = {
		CALL(MAP_GPA_PAGES, map_gpa_pages),
		.rep = true,
		.input_element = sizeof(u64),
		.privilege = HVP_PRIVILEGE_CREATE_PARTITIONS,
		.target = HVP_TARGET_CHILD,
		.states = HVP_IN_ACTIVE,
	},
	[HVP_INDEX_UNMAP_GPA_PAGES] = {
		CALL(UNMAP_GPA_PAGES, unmap_gpa_pages),
		.rep = true,
		.privilege = HVP_PRIVILEGE_CREATE_PARTITIONS,
		.target = HVP_TARGET_CHILD,
		.states = HVP_IN_ACTIVE | HVP_IN_FINALIZING | HVP_IN_FINALIZED,
	},
	[HVP_INDEX_INSTALL_INTERCEPT] = {
		CALL(INSTALL_INTERCEPT, install_intercept),
		.privilege = HVP_PRIVILEGE_CREATE_PARTITIONS,
		.target = HVP_TARGET_CHILD,
		.states = HVP_IN_ACTIVE,
		.outside = true,
	},
	[HVP_INDEX_CREATE_VP] = {
		CALL(CREATE_VP, create_vp),
		.privilege = HVP_PRIVILEGE_CREATE_PARTITIONS,
		.target = HVP_TARGET_CHILD,
		.states = HVP_IN_ACTIVE,
		.outside = true,
	},
	[HVP_INDEX_DELETE_VP] = {
		CALL(DELETE_VP, delete_vp),
		.fast = true,
		.privilege = HVP_PRIVILEGE_CREATE_PARTITIONS,
		.target = HVP_TARGET_CHILD,
		.states = HVP_IN_ACTIVE,
		.outside = true,
	},
	[HVP_INDEX_GET_VP_REGISTERS] = {
		CALL(GET_VP_REGISTERS, get_vp_registers),
		.rep = true,
		.input_element = sizeof(u32),
		.output_element = sizeof(struct hvp_register_value),
		.privilege = HVP_PRIVILEGE_CREATE_PARTITIONS,
		.target = HVP_TARGET_CHILD,
		.states = HVP_IN_ACTIVE,
		.outside = true,
	},
	[HVP_INDEX_SET_VP_REGISTERS] = {
		CALL(SET_VP_REGISTERS, set_vp_registers),
		.rep = true,
		.input_element = sizeof(struct hvp_register_assoc),
		.privilege = HVP_PRIVILEGE_CREATE_PARTITIONS,
		.target = HVP_TARGET_CHILD,
		.states = HVP_IN_ACTIVE,
		.outside = true,
	},
	[HVP_INDEX_TRANSLATE_VIRTUAL_ADDRESS] = {
		CALL(TRANSLATE_VIRTUAL_ADDRESS, translate_virtual_address),
		.privilege = HVP_PRIVILEGE_CREATE_PARTITIONS,
		.target = HVP_TARGET_CHILD,
		.states = HVP_IN_ACTIVE,
		.outside = true,
	},
	[HVP_INDEX_DELETE_PORT] = {
		CALL(DELETE_PORT, delete_port),
		.fast = true,
		.privilege = HVP_PRIVILEGE_CREATE_PARTITIONS,
		.target = HVP_TARGET_SELF,
		.states = HVP_IN_ANY,
	},
	[HVP_INDEX_DISCONNECT_PORT] = {
		CALL(DISCONNECT_PORT, disconnect_port),
		.fast = true,
		.privilege = HVP_PRIVILEGE_CREATE_PARTITIONS,
		.target = HVP_TARGET_CHILD,
		.states = HVP_IN_ACTIVE,
	},
	[HVP_INDEX_MAP_STATS_PAGE] = {
		CALL(MAP_STATS_PAGE, map_stats_page),
		.privilege = HVP_PRIVILEGE_ACCESS_STATS,
		.target = HVP_TARGET_CHILD_OR_SELF,
		.target_at = STATS_PARTITION_ID,
		.states = HVP_IN_ACTIVE,
	},
	[HVP_INDEX_UNMAP_STATS_PAGE] = {
		CALL(UNMAP_STATS_PAGE, unmap_stats_page),
		.privilege = HVP_PRIVILEGE_ACCESS_STATS,
		.target = HVP_TARGET_CHILD_OR_SELF,
		.target_at = STATS_PARTITION_ID,
		.states = HVP_IN_ACTIVE,
	},
	[HVP_INDEX_NOTIFY_PORT_RING_EMPTY] = {
		CALL(NOTIFY_PORT_RING_EMPTY, notify_port_ring_empty),
		.fast = true,
		.privilege = HVP_PRIVILEGE_CREATE_PARTITIONS,
		.target = HVP_TARGET_NONE,
	},
	[HVP_INDEX_REGISTER_INTERCEPT_RESULT] = {
		CALL(REGISTER_INTERCEPT_RESULT, register_intercept_result),
		.privilege = HVP_PRIVILEGE_CREATE_PARTITIONS,
		.target = HVP_TARGET_CHILD,
		.states = HVP_IN_ACTIVE,
		.outside = true,
	},
	[HVP_INDEX_ASSERT_VIRTUAL_INTERRUPT] = {
		CALL(ASSERT_VIRTUAL_INTERRUPT, assert_virtual_interrupt),
		.privilege = HVP_PRIVILEGE_CREATE_PARTITIONS,
		.target = HVP_TARGET_CHILD,
		.states = HVP_IN_ACTIVE,
		.outside = true,
	},
	[HVP_INDEX_CREATE_PORT] = {
		CALL(CREATE_PORT, create_port),
		.privilege = HVP_PRIVILEGE_CREATE_PARTITIONS,
		.target = HVP_TARGET_SELF,
		.states = HVP_IN_ACTIVE,
	},
	[HVP_INDEX_CONNECT_PORT] = {
		CALL(CONNECT_PORT, connect_port),
		.privilege = HVP_PRIVILEGE_CREATE_PARTITIONS,
		.target = HVP_TARGET_CHILD,
		.states = HVP_IN_ACTIVE,
	},
	[HVP_INDEX_DISPATCH_VP] = {
		CALL(DISPATCH_VP, dispatch_vp),
		.privilege = HVP_PRIVILEGE_CREATE_PARTITIONS,
		.target = HVP_TARGET_CHILD,
		.states = HVP_IN_ACTIVE,
		.outside = true,
	},
	[HVP_INDEX_GET_GPA_PAGES_ACCESS_STATE] = {
		CALL(GET_GPA_PAGES_ACCESS_STATE, get_gpa_pages_access_state),
		.rep = true,
		.output_element = sizeof(u8),
		.privilege = HVP_PRIVILEGE_CREATE_PARTITIONS,
		.target = HVP_TARGET_CHILD,
		.states = HVP_IN_ACTIVE,
		.outside = true,
	},
	[HVP_INDEX_MAP_VP_STATE_PAGE] = {
		CALL(MAP_VP_STATE_PAGE, map_vp_state_page),
		.privilege = HVP_PRIVILEGE_CREATE_PARTITIONS,
		.target = HVP_TARGET_CHILD,
		.states = HVP_IN_ACTIVE,
		.outside = true,
	},
	[HVP_INDEX_UNMAP_VP_STATE_PAGE] = {
		CALL(UNMAP_VP_STATE_PAGE, unmap_vp_state_page),
		.privilege = HVP_PRIVILEGE_CREATE_PARTITIONS,
		.target = HVP_TARGET_CHILD,
		.states = HVP_IN_ACTIVE | HVP_IN_FINALIZING | HVP_IN_FINALIZED,
		.outside = true,
	},
	[HVP_INDEX_GET_VP_STATE] = {
		CALL(GET_VP_STATE, get_vp_state),
		.variable_header = true,
		.privilege = HVP_PRIVILEGE_CREATE_PARTITIONS,
		.target = HVP_TARGET_CHILD,
		.states = HVP_IN_ACTIVE,
		.outside = true,
	},
	[HVP_INDEX_SET_VP_STATE] = {
		CALL(SET_VP_STATE, set_vp_state),
		.variable_header = true,
		.privilege = HVP_PRIVILEGE_CREATE_PARTITIONS,
		.target = HVP_TARGET_CHILD,
		.states = HVP_IN_ACTIVE,
		.outside = true,
	},
	[HVP_INDEX_GET_VP_CPUID_VALUES] = {
		CALL(GET_VP_CPUID_VALUES, get_vp_cpuid_values),
		.rep = true,
		.input_element = sizeof(struct hvp_cpuid_leaf),
		.output_element = sizeof(struct hvp_cpuid_value),
		.privilege = HVP_PRIVILEGE_CREATE_PARTITIONS,
		.target = HVP_TARGET_CHILD,
		.states = HVP_IN_ACTIVE,
		.outside = true,
	},
	[HVP_INDEX_GET_PARTITION_PROPERTY_EX] = {
		CALL(GET_PARTITION_PROPERTY_EX, get_partition_property_ex),
		.privilege = HVP_PRIVILEGE_CREATE_PARTITIONS,
		.target = HVP_TARGET_CHILD_OR_SELF,
		.states = HVP_IN_UNINITIALIZED | HVP_IN_ACTIVE,
	},
	[HVP_INDEX_MAP_STATS_PAGE2] = {
		CALL(MAP_STATS_PAGE2, map_stats_page2),
		.privilege = HVP_PRIVILEGE_ACCESS_STATS,
		.target = HVP_TARGET_CHILD_OR_SELF,
		.target_at = STATS_PARTITION_ID,
		.states = HVP_IN_ACTIVE,
	},
};

#define HVP_CALL_PLACE(code, NAME, name, in, out, text)	\
	[(code) - HVP_FIRST_CODE] = HVP_INDEX_##NAME + 1,
const u8 hvp_call_places[HVP_CODE_RANGE] = { HVP_CALL_LIST(HVP_CALL_PLACE) };
