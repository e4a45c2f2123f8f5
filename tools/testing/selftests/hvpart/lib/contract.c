// SPDX-License-Identifier: GPL-2.0
#include "cases.h"
#include "contract.h"
#include "hypercalls.h"

#define CAN(name)	(1U << HVP_STATUS_##name)
/* What all calls can get. NO_RESOURCES: host memory, however rarely. */
#define ANY_CALL	(CAN(SUCCESS) | CAN(INVALID_HYPERCALL_INPUT) | CAN(INVALID_ALIGNMENT) | \
			 CAN(ACCESS_DENIED) | CAN(NO_RESOURCES))
#define CREATE		HVP_PRIVILEGE_CREATE_PARTITIONS
#define POOL		HVP_PRIVILEGE_ACCESS_MEMORY_POOL
#define STATS		HVP_PRIVILEGE_ACCESS_STATS

const struct contract_call contract[CONTRACT_CALLS] = {
	{ HVP_CALL_CREATE_PARTITION, .input_size = 56, .output_size = 8, .privilege = CREATE,
	  .statuses = ANY_CALL | CAN(INVALID_PARAMETER) | CAN(PARTITION_TOO_DEEP) |
		      CAN(INSUFFICIENT_MEMORY) },
	{ HVP_CALL_INITIALIZE_PARTITION, .fast = true, .input_size = 8, .privilege = CREATE,
	  .statuses = ANY_CALL | CAN(INVALID_PARTITION_ID) | CAN(INVALID_PARTITION_STATE) |
		      CAN(INSUFFICIENT_MEMORY) },
	/* No child has children of its own, so no OPERATION_DENIED. */
	{ HVP_CALL_FINALIZE_PARTITION, .fast = true, .input_size = 8, .privilege = CREATE,
	  .statuses = ANY_CALL | CAN(INVALID_PARTITION_ID) | CAN(INVALID_PARTITION_STATE) },
	{ HVP_CALL_DELETE_PARTITION, .fast = true, .input_size = 8, .privilege = CREATE,
	  .statuses = ANY_CALL | CAN(INVALID_PARTITION_ID) | CAN(INVALID_PARTITION_STATE) |
		      CAN(OPERATION_DENIED) },
	{ HVP_CALL_GET_PARTITION_PROPERTY, .input_size = 16, .output_size = 8,
	  .privilege = CREATE,
	  .statuses = ANY_CALL | CAN(INVALID_PARTITION_ID) | CAN(INVALID_PARTITION_STATE) |
		      CAN(UNKNOWN_PROPERTY) },
	{ HVP_CALL_SET_PARTITION_PROPERTY, .input_size = 24, .privilege = CREATE,
	  .statuses = ANY_CALL | CAN(INVALID_PARTITION_ID) | CAN(INVALID_PARTITION_STATE) |
		      CAN(UNKNOWN_PROPERTY) | CAN(INVALID_PARAMETER) |
		      CAN(PROPERTY_VALUE_OUT_OF_RANGE) },
	{ HVP_CALL_GET_PARTITION_ID, .output_size = 8,
	  .privilege = HVP_PRIVILEGE_ACCESS_PARTITION_ID, .statuses = ANY_CALL },
	{ HVP_CALL_GET_NEXT_CHILD_PARTITION, .input_size = 16, .output_size = 8,
	  .privilege = CREATE, .statuses = ANY_CALL | CAN(INVALID_PARTITION_ID) },
	{ HVP_CALL_DEPOSIT_MEMORY, .rep = true, .input_size = 8, .input_element = 8,
	  .privilege = POOL,
	  .statuses = ANY_CALL | CAN(INVALID_PARTITION_ID) | CAN(INVALID_PARTITION_STATE) |
		      CAN(OPERATION_DENIED) | CAN(OBJECT_IN_USE) },
	{ HVP_CALL_WITHDRAW_MEMORY, .rep = true, .input_size = 16, .output_element = 8,
	  .privilege = POOL,
	  .statuses = ANY_CALL | CAN(INVALID_PARTITION_ID) | CAN(INVALID_PARAMETER) },
	{ HVP_CALL_GET_MEMORY_BALANCE, .input_size = 16, .output_size = 16, .privilege = POOL,
	  .statuses = ANY_CALL | CAN(INVALID_PARTITION_ID) | CAN(INVALID_PARAMETER) },
	{ HVP_CALL_MAP_STATS_PAGE, .input_size = 24, .output_size = 8, .privilege = STATS,
	  .statuses = ANY_CALL | CAN(INVALID_PARTITION_ID) | CAN(INVALID_PARTITION_STATE) |
		      CAN(INVALID_PARAMETER) | CAN(INVALID_VP_INDEX) | CAN(OBJECT_IN_USE) |
		      CAN(INSUFFICIENT_MEMORY) },
	{ HVP_CALL_UNMAP_STATS_PAGE, .input_size = 24, .privilege = STATS,
	  .statuses = ANY_CALL | CAN(INVALID_PARTITION_ID) | CAN(INVALID_PARTITION_STATE) |
		      CAN(INVALID_PARAMETER) | CAN(INVALID_VP_INDEX) },
	{ HVP_CALL_GET_PARTITION_PROPERTY_EX, .input_size = 24, .output_size = 16,
	  .privilege = CREATE,
	  .statuses = ANY_CALL | CAN(INVALID_PARTITION_ID) | CAN(INVALID_PARTITION_STATE) |
		      CAN(UNKNOWN_PROPERTY) | CAN(INVALID_PARAMETER) },
	{ HVP_CALL_MAP_STATS_PAGE2, .input_size = 32, .privilege = STATS,
	  .statuses = ANY_CALL | CAN(INVALID_PARTITION_ID) | CAN(INVALID_PARTITION_STATE) |
		      CAN(INVALID_PARAMETER) | CAN(INVALID_VP_INDEX) | CAN(OBJECT_IN_USE) |
		      CAN(OPERATION_DENIED) | CAN(INSUFFICIENT_MEMORY) },
};

const struct contract_call *contract_of(u16 code)
{
	unsigned int i;

	for (i = 0; i < CONTRACT_CALLS; i++) {
		if (contract[i].code == code)
			return &contract[i];
	}
	return NULL;
}

unsigned int contract_index(u16 code)
{
	return contract_of(code) - contract;
}

static unsigned int rep_count(u64 control)
{
	return control >> HVP_CONTROL_REP_COUNT_SHIFT & HVP_CONTROL_REP_MASK;
}

static unsigned int rep_start(u64 control)
{
	return control >> HVP_CONTROL_REP_START_SHIFT & HVP_CONTROL_REP_MASK;
}

unsigned int contract_input_bytes(const struct contract_call *call, u64 control)
{
	return call->input_size + call->input_element * rep_count(control);
}

unsigned int contract_output_bytes(const struct contract_call *call, u64 control)
{
	return call->output_size + call->output_element * rep_count(control);
}

u64 contract_answer_to_others(u64 control)
{
	return control & (HVP_CONTROL_RESERVED_MASK | HVP_CONTROL_NESTED) ?
	       HVP_STATUS_INVALID_HYPERCALL_INPUT : HVP_STATUS_INVALID_HYPERCALL_CODE;
}

int contract_control_status(const struct contract_call *call, u64 control)
{
	if (control & (HVP_CONTROL_RESERVED_MASK | HVP_CONTROL_NESTED | HVP_CONTROL_VARHEAD_MASK))
		return HVP_STATUS_INVALID_HYPERCALL_INPUT;
	if (call->rep ? rep_start(control) >= rep_count(control) :
			rep_count(control) || rep_start(control))
		return HVP_STATUS_INVALID_HYPERCALL_INPUT;
	if (control & HVP_CONTROL_FAST && !call->fast)
		return HVP_STATUS_INVALID_HYPERCALL_INPUT;
	return -1;
}

static bool placed_well(u64 gpa, unsigned int size, unsigned int phys_bits)
{
	return !size || (!(gpa % HVP_PARAMETER_ALIGNMENT) && !(gpa >> phys_bits) &&
			 gpa % HVP_PAGE_SIZE + size <= HVP_PAGE_SIZE);
}

int contract_early_status(const struct contract_call *call, u64 control, u64 input,
			  u64 output, unsigned int phys_bits, u64 privileges)
{
	int status = contract_control_status(call, control);

	if (status >= 0)
		return status;
	if (!(control & HVP_CONTROL_FAST) &&
	    !placed_well(input, contract_input_bytes(call, control), phys_bits))
		return HVP_STATUS_INVALID_ALIGNMENT;
	if (!placed_well(output, contract_output_bytes(call, control), phys_bits))
		return HVP_STATUS_INVALID_ALIGNMENT;
	return call->privilege & privileges ? -1 : HVP_STATUS_ACCESS_DENIED;
}

bool expect_contract_at(const char *file, int line, u64 control, u64 result)
{
	const struct contract_call *call = contract_of(control);
	unsigned int reps = result_reps(result), status = result_status(result);
	bool right;

	if (!call)
		/* KVM's answer */
		right = result == HVP_STATUS_INVALID_HYPERCALL_CODE ||
			result == HVP_STATUS_INVALID_HYPERCALL_INPUT;
	else if (result != RESULT(status, reps) || status >= 32 ||
		 !(call->statuses >> status & 1))
		right = false;
	else if (!call->rep || contract_control_status(call, control) >= 0)
		right = !reps;
	else if (status == HVP_STATUS_SUCCESS)
		right = reps == rep_count(control);
	else
		right = reps >= rep_start(control) && reps < rep_count(control);
	if (!right)
		fail_at(file, line, "%s, input value 0x%llx: %s, reps %u (0x%llx)",
			call_name(control), control, status_name(status), reps, result);
	return right;
}
