// SPDX-License-Identifier: GPL-2.0
#include <string.h>
#include <hvpart/abi/gpa.h>

#include "cases.h"
#include "contract.h"
#include "hypercalls.h"

const struct hvp_contract_call hvp_contract[HVP_CONTRACT_CALLS] = {
	HVP_CONTRACT(HVP_CONTRACT_ROW)
};

unsigned int contract_index(u16 code)
{
	return hvp_contract_of(code) - hvp_contract;
}

/* Where a pool matters, it is the caller's. */
static u64 good_target(const struct hvp_contract_call *call,
		       const struct contract_children *children)
{
	if (!call->names_child || call->privilege == HVP_PRIVILEGE_ACCESS_MEMORY_POOL)
		return HVP_PARTITION_ID_SELF;
	if (call->states & HVP_WHILE_ACTIVE)
		return children->active;
	return call->states & HVP_WHILE_FINALIZED ? children->empty : children->uninitialized;
}

void contract_make_input(const struct hvp_contract_call *call,
			 const struct contract_children *children, const u64 *gpns,
			 unsigned int elements, u64 *input)
{
	bool unmaps = call->code == HVP_CALL_UNMAP_STATS_PAGE;
	const u64 values[HVP_NR_FIELDS] = {
		[HVP_FIELD_ID] = good_target(call, children),
		[HVP_FIELD_PROPERTY] = CONTRACT_PROPERTY,
		[HVP_FIELD_STATS_TYPE] = HVP_STATS_PARTITION,
		[HVP_FIELD_STATS_PART] = CONTRACT_STATS_AREA(unmaps ? HVP_STATS_AREA_PARENT :
								      HVP_STATS_AREA_SELF),
		[HVP_FIELD_PAGE] = gpns[0],
		[HVP_FIELD_MAP_FLAGS] = HVP_MAP_READ | HVP_MAP_WRITE,
		[HVP_FIELD_TRANSLATE] = HVP_TRANSLATE_READ,
		[HVP_FIELD_VECTOR] = 0x20,
		[HVP_FIELD_STATE_TYPE] = HVP_VP_STATE_TIMERS,
		[HVP_FIELD_INTERCEPT] = HVP_INTERCEPT_MASK_EXECUTE |
					(u64)HVP_INTERCEPT_CPUID << 32,
		[HVP_FIELD_VP_INTERCEPT] = (u64)HVP_INTERCEPT_CPUID << 32,
		[HVP_FIELD_STATE_PAGE] = (u64)HVP_STATE_PAGE_LOCATED << 56,
		[HVP_FIELD_PORT] = 1,
		[HVP_FIELD_PORT_TYPE] = HVP_PORT_DOORBELL,
		[HVP_FIELD_PORT_TARGET] = HVP_DOORBELL_SINT | (u64)HVP_ANY_VP << 32,
		[HVP_FIELD_PEER] = children->active,
		[HVP_FIELD_OWNER] = HVP_PARTITION_ID_SELF,
		[HVP_FIELD_CONNECTION] = 1,
		[HVP_FIELD_CONNECTED] = 1 | (u64)HVP_DISCONNECT_DOORBELL << 32,
	};

	hvp_contract_fill(call, values, input);
	memset((u8 *)input + call->in_size, 0, call->header_words * 8);
	/* A list that is none of pages is of 0s: a register that can be set, and its value. */
	if (call->element == HVP_FIELD_PAGE)
		memcpy((u8 *)input + call->in_size, gpns, elements * call->in_element);
	else
		memset((u8 *)input + call->in_size, 0, elements * call->in_element);
}

static unsigned int rep_count(u64 control)
{
	return control >> HVP_CONTROL_REP_COUNT_SHIFT & HVP_CONTROL_REP_MASK;
}

static unsigned int rep_start(u64 control)
{
	return control >> HVP_CONTROL_REP_START_SHIFT & HVP_CONTROL_REP_MASK;
}

u64 contract_answer_to_others(u64 control)
{
	return control & (HVP_CONTROL_RESERVED_MASK | HVP_CONTROL_NESTED) ?
	       HVP_STATUS_INVALID_HYPERCALL_INPUT : HVP_STATUS_INVALID_HYPERCALL_CODE;
}

/*
 * The status of a call that registers and privileges alone decide, of a virtual
 * processor with any of the privileges; -1 if it gets further than that. The input
 * value's part of it comes without reps completed.
 */
static int contract_control_status(const struct hvp_contract_call *call, u64 control)
{
	if (control & (HVP_CONTROL_RESERVED_MASK | HVP_CONTROL_NESTED))
		return HVP_STATUS_INVALID_HYPERCALL_INPUT;
	if (control & HVP_CONTROL_VARHEAD_MASK && !call->varhead)
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

int contract_early_status(const struct hvp_contract_call *call, u64 control, u64 input,
			  u64 output, unsigned int phys_bits, u64 privileges)
{
	int status = contract_control_status(call, control);

	if (status >= 0)
		return status;
	if (!(control & HVP_CONTROL_FAST) &&
	    !placed_well(input, hvp_contract_in_bytes(call, rep_count(control)) +
			 hvp_contract_header_bytes(control), phys_bits))
		return HVP_STATUS_INVALID_ALIGNMENT;
	if (!placed_well(output, hvp_contract_out_bytes(call, rep_count(control)), phys_bits))
		return HVP_STATUS_INVALID_ALIGNMENT;
	return call->privilege & privileges ? -1 : HVP_STATUS_ACCESS_DENIED;
}

bool expect_contract_at(const char *file, int line, u64 control, u64 result)
{
	const struct hvp_contract_call *call = hvp_contract_of(control);
	unsigned int reps = result_reps(result), status = result_status(result);
	bool right;

	/* NO_RESOURCES: host memory, however rarely. */
	if (!call)
		/* KVM's answer */
		right = result == HVP_STATUS_INVALID_HYPERCALL_CODE ||
			result == HVP_STATUS_INVALID_HYPERCALL_INPUT;
	else if (result != RESULT(status, reps) || status >= 32 ||
		 !((hvp_contract_statuses(call, true) | HVP_CAN(NO_RESOURCES)) >> status & 1))
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
