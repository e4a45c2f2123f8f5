// SPDX-License-Identifier: GPL-2.0
/* The language of inputs: an operation is its number and its arguments, in bytes. */

#include "fuzz.h"

/* Names and widths; README says what they mean. */
const struct operation operations[NR_OPS] = {
	[OP_CREATE] = { "create", { { "who", 1 }, { "flag", 1 }, { "near", 1 },
				    { "disabled", 1 }, { "isolated", 1 } } },
	[OP_INITIALIZE] = { "initialize", { { "who", 1 }, { "target", 1 }, { "fast", 1 } } },
	[OP_FINALIZE] = { "finalize", { { "who", 1 }, { "target", 1 }, { "fast", 1 } } },
	[OP_DELETE] = { "delete", { { "who", 1 }, { "target", 1 }, { "fast", 1 } } },
	[OP_GET_PROPERTY] = { "get-property", { { "who", 1 }, { "target", 1 },
						{ "property", 1 } } },
	[OP_SET_PROPERTY] = { "set-property", { { "who", 1 }, { "target", 1 },
						{ "property", 1 }, { "value", 8 } } },
	[OP_GET_ID] = { "get-id", { { "who", 1 } } },
	[OP_NEXT_CHILD] = { "next-child", { { "who", 1 }, { "target", 1 },
					    { "previous", 1 } } },
	[OP_DEPOSIT] = { "deposit", { { "who", 1 }, { "target", 1 }, { "page", 1 },
				      { "count", 2 }, { "start", 2 }, { "step", 1 } } },
	[OP_WITHDRAW] = { "withdraw", { { "who", 1 }, { "target", 1 }, { "near", 1 },
					{ "count", 2 }, { "start", 2 } } },
	[OP_BALANCE] = { "balance", { { "who", 1 }, { "target", 1 }, { "near", 1 } } },
	[OP_GET_PROPERTY_EX] = { "get-property-ex", { { "who", 1 }, { "target", 1 },
						      { "property", 1 }, { "argument", 1 } } },
	[OP_MAP_STATS] = { "map-stats", { { "who", 1 }, { "target", 1 }, { "object", 1 },
					  { "area", 1 } } },
	[OP_UNMAP_STATS] = { "unmap-stats", { { "who", 1 }, { "target", 1 }, { "object", 1 },
					      { "area", 1 } } },
	[OP_MAP_STATS2] = { "map-stats2", { { "who", 1 }, { "target", 1 }, { "object", 1 },
					    { "area", 1 }, { "page", 1 } } },
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
	[OP_LOAD] = { "load", { { "nodes", 1 }, { "cpu", 1 } } },
};

size_t operation_size(const struct operation *operation)
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
	operation = &operations[step->opcode];
	if (size < operation_size(operation))
		return 0;
	for (i = 0; i < MAX_ARGUMENTS; i++) {
		for (byte = 0; byte < operation->argument[i].bytes; byte++)
			step->argument[i] |= (u64)*data++ << 8 * byte;
	}
	return operation_size(operation);
}
