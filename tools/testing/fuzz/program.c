// SPDX-License-Identifier: GPL-2.0
/* The language of inputs: an operation is its number and its arguments, in bytes. */

#include "fuzz.h"

const struct hvp_contract_call hvp_contract[HVP_CONTRACT_CALLS] = {
	HVP_CONTRACT(HVP_CONTRACT_ROW)
};

/* Names and widths; README says what they mean. */
static const struct argument arguments[CALL_ARGUMENTS] = {
	[HVP_FIELD_ANY] = { "any", 1 },
	[HVP_FIELD_ZERO] = { "zero", 1 },
	[HVP_FIELD_ID] = { "target", 1 },
	[HVP_FIELD_CHILD] = { "previous", 1 },
	[HVP_FIELD_FLAGS] = { "flag", 1 },
	[HVP_FIELD_PROXIMITY] = { "near", 1 },
	[HVP_FIELD_PROPERTY] = { "property", 1 },
	[HVP_FIELD_VALUE] = { "value", 8 },
	[HVP_FIELD_STATS_TYPE] = { "object", 1 },
	[HVP_FIELD_STATS_PART] = { "area", 1 },
	[HVP_FIELD_PAGE] = { "page", 1 },
	[HVP_FIELD_GPA] = { "gpa", 1 },
	[HVP_FIELD_MAP_FLAGS] = { "rights", 4 },
	[HVP_FIELD_UNMAP_FLAGS] = { "unmap", 1 },
	[HVP_FIELD_ACCESS_FLAGS] = { "change", 1 },
	[HVP_FIELD_VP] = { "index", 1 },
	[HVP_FIELD_VP_VTL] = { "index", 2 },
	[HVP_FIELD_REGISTER] = { "register", 1 },
	[HVP_FIELD_ASSOC] = { "register", 8 },
	[HVP_FIELD_TRANSLATE] = { "access", 8 },
	[HVP_FIELD_INTERRUPT] = { "interrupt", 1 },
	[HVP_FIELD_DESTINATION] = { "destination", 1 },
	[HVP_FIELD_VECTOR] = { "vector", 2 },
	[HVP_FIELD_DISPATCH] = { "index", 2 },
	[HVP_FIELD_STATE_TYPE] = { "state", 1 },
	[HVP_FIELD_STATE_PAGE] = { "index", 2 },
	[HVP_FIELD_INTERCEPT] = { "intercept", 1 },
	[HVP_FIELD_VP_INTERCEPT] = { "index", 2 },
	[HVP_FIELD_RESULT] = { "result", 2 },
	[HVP_FIELD_RESULT_FLAGS] = { "action", 1 },
	[HVP_FIELD_VP_CPUID] = { "index", 2 },
	[HVP_FIELD_CPUID] = { "leaf", 1 },
	[HVP_FIELD_PORT] = { "port", 2 },
	[HVP_FIELD_PORT_TYPE] = { "type", 1 },
	[HVP_FIELD_PORT_TARGET] = { "told", 2 },
	[HVP_FIELD_PEER] = { "peer", 1 },
	[HVP_FIELD_OWNER] = { "owner", 1 },
	[HVP_FIELD_CONNECTION] = { "connection", 2 },
	[HVP_FIELD_CONNECTED] = { "connection", 2 },
	[HVP_FIELD_ADDRESS] = { "address", 2 },
	[HVP_FIELD_DOORBELL] = { "doorbell", 8 },
	[HVP_FIELD_SINT] = { "sint", 1 },
	[CALL_WHO] = { "who", 1 },
	[CALL_COUNT] = { "count", 2 },
	[CALL_START] = { "start", 2 },
	[CALL_STEP] = { "step", 1 },
	[CALL_FAST] = { "fast", 1 },
};

static const struct operation operations[NR_OPS] = {
	[OP_RAW] = { "raw", { { "who", 1 }, { "control", 8 }, { "input", 8 },
			      { "output", 8 } } },
	[OP_CONTROL] = { "control", { { "bit", 1 } } },
	[OP_INPUT] = { "input", { { "page", 1 }, { "at", 1 }, { "skew", 1 } } },
	[OP_OUTPUT] = { "output", { { "page", 1 }, { "at", 1 }, { "skew", 1 } } },
	[OP_PRIVILEGES] = { "privileges", { { "mask", 8 } } },
	[OP_WIDTH] = { "width", { { "bits", 1 } } },
	[OP_FAIL] = { "fail", { { "what", 1 }, { "nth", 1 } } },
	[OP_RACE] = { "race", { { "nth", 1 } } },
	[OP_LIMITS] = { "limits", { { "partitions", 1 }, { "pages", 1 }, { "depth", 1 },
				    { "locked", 1 } } },
	[OP_RESET] = { "reset" },
	[OP_LOOK] = { "look" },
	[OP_REFRESH] = { "refresh" },
	[OP_VP] = { "vp", { { "which", 1 }, { "count", 1 } } },
	[OP_POKE] = { "poke", { { "page", 1 }, { "at", 2 }, { "value", 8 } } },
	[OP_MAP] = { "map", { { "page", 1 }, { "kind", 1 }, { "node", 1 } } },
	[OP_OS_ID] = { "os-id", { { "value", 8 } } },
	[OP_WAIT] = { "wait", { { "ns", 2 } } },
	[OP_CLOSE] = { "close" },
	[OP_EXIT] = { "exit", { { "reason", 1 }, { "gpa", 1 }, { "size", 1 },
				{ "access", 1 } } },
	[OP_MACHINE] = { "machine", { { "nth", 1 }, { "error", 1 }, { "busy", 1 } } },
	[OP_LOAD] = { "load", { { "nodes", 1 }, { "cpu", 1 } } },
};

/* Those that a call has, BIT_ULL() each. */
u64 call_arguments(const struct hvp_contract_call *call)
{
	u64 has = BIT_ULL(CALL_WHO);
	unsigned int i;

	for (i = 0; i < call->in_size / sizeof(u64); i++)
		has |= BIT_ULL(call->input[i]);
	if (call->rep)
		has |= BIT_ULL(CALL_COUNT) | BIT_ULL(CALL_START);
	if (call->in_element)
		has |= BIT_ULL(call->element) | BIT_ULL(CALL_STEP);
	if (call->varhead)
		has |= BIT_ULL(HVP_FIELD_PAGE);
	if (call->fast)
		has |= BIT_ULL(CALL_FAST);
	return has;
}

static void describe_call(struct operation *operation, const struct hvp_contract_call *call)
{
	struct argument *argument = operation->argument;
	unsigned int i;

	operation->name = call->name;
	for (i = 0; i < CALL_ARGUMENTS; i++) {
		if (call_arguments(call) >> i & 1)
			*argument++ = arguments[i];
	}
}

const struct operation *operation_of(enum opcode opcode)
{
	static struct operation calls[HVP_CONTRACT_CALLS];

	if (opcode >= HVP_CONTRACT_CALLS)
		return &operations[opcode];
	if (!calls[opcode].name)
		describe_call(&calls[opcode], &hvp_contract[opcode]);
	return &calls[opcode];
}

static size_t operation_size(const struct operation *operation)
{
	size_t size = 1;
	unsigned int i;

	for (i = 0; i < MAX_ARGUMENTS; i++)
		size += operation->argument[i].bytes;
	return size;
}

/* Decode a step.  Return: its size; 0 if there is no whole one left. */
size_t program_next(const u8 *data, size_t size, struct step *step)
{
	const struct operation *operation;
	unsigned int i, byte;

	if (!size)
		return 0;
	*step = (struct step){ .opcode = *data++ % NR_OPS };
	operation = operation_of(step->opcode);
	if (size < operation_size(operation))
		return 0;
	for (i = 0; i < MAX_ARGUMENTS; i++) {
		for (byte = 0; byte < operation->argument[i].bytes; byte++)
			step->argument[i] |= (u64)*data++ << 8 * byte;
	}
	return operation_size(operation);
}
