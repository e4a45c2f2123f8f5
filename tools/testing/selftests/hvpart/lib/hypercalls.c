// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <string.h>

#include "hypercalls.h"

#define INPUT_PATTERN		0x33
#define OUTPUT_PATTERN		0xa5

const char *status_name(u16 status)
{
	static __thread char number[2][8];
	static __thread unsigned int turn;

#define STATUS_CASE(value, name)	case value: return #name;
	switch (status) {
	HVP_STATUS_LIST(STATUS_CASE)
	}
	/* Two, since a message has the expected one and the other one. */
	turn = !turn;
	snprintf(number[turn], sizeof(number[turn]), "0x%x", status);
	return number[turn];
}

const char *call_name(u16 code)
{
	static __thread char number[8];

#define CALL_CASE(value, name, text)	case value: return text;
	switch (code) {
	HVP_CALL_LIST(CALL_CASE)
	}
	snprintf(number, sizeof(number), "0x%x", code);
	return number;
}

static void check_untouched(const struct memory_call *call, const u8 *page, unsigned int from,
			    unsigned int to)
{
	unsigned int i;

	for (i = from; i < to; i++) {
		if (page[i] != OUTPUT_PATTERN)
			die("%s has written byte 0x%x of its output page, output is at 0x%lx",
			    call_name(call->control), i, HVP_PAGE_SIZE - call->output_size);
	}
}

static void check_output_page(struct vcpu *vcpu, const struct memory_call *call, u64 result)
{
	unsigned int output = HVP_PAGE_SIZE - call->output_size;
	unsigned int written_from = output, written_to = HVP_PAGE_SIZE;

	if (call->element) {
		unsigned int start = call->control >> HVP_CONTROL_REP_START_SHIFT &
				     HVP_CONTROL_REP_MASK;

		written_from = output + start * call->element;
		written_to = output + result_reps(result) * call->element;
		if (written_to > HVP_PAGE_SIZE)
			die("%s says it has done %u elements, more than it should",
			    call_name(call->control), result_reps(result));
	} else if (!result_success(result)) {
		written_to = written_from;
	}
	check_untouched(call, vcpu->output, 0, written_from);
	/* A failed call may report fewer elements than its start. */
	if (written_to < written_from)
		written_to = written_from;
	check_untouched(call, vcpu->output, written_to, HVP_PAGE_SIZE);
	if (written_to > written_from)
		memcpy((u8 *)call->output + (written_from - output),
		       vcpu->output + written_from, written_to - written_from);
}

u64 memory_call(struct vcpu *vcpu, const struct memory_call *call)
{
	unsigned int input = HVP_PAGE_SIZE - call->input_size;
	unsigned int output = HVP_PAGE_SIZE - call->output_size;
	u8 input_before[HVP_PAGE_SIZE];
	u64 result;

	memset(input_before, INPUT_PATTERN, input);
	if (call->input_size)
		memcpy(input_before + input, call->input, call->input_size);
	memcpy(vcpu->input, input_before, HVP_PAGE_SIZE);
	memset(vcpu->output, OUTPUT_PATTERN, HVP_PAGE_SIZE);

	/* Without any input or output, an address that cannot be right. */
	result = hypercall(vcpu, call->control,
			   call->input_size ? vcpu->input_gpa + input : ~0ULL,
			   call->output_size ? vcpu->output_gpa + output : ~0ULL);

	if (memcmp(vcpu->input, input_before, HVP_PAGE_SIZE))
		die("%s has written to its input page", call_name(call->control));
	check_output_page(vcpu, call, result);
	return result;
}

u64 create_partition(struct vcpu *vcpu, const struct hvp_create_partition_in *in, u64 *id)
{
	struct memory_call call = {
		.control = HVP_CALL_CREATE_PARTITION,
		.input = in, .input_size = sizeof(*in),
		.output = id, .output_size = sizeof(*id),
	};

	return memory_call(vcpu, &call);
}

u64 partition_id_call(struct vcpu *vcpu, u16 code, u64 id, enum call_form form)
{
	struct memory_call call = {
		.control = code,
		.input = &id, .input_size = sizeof(id),
	};

	/* What would be output, or bytes 8 to 15 of fast input, is rubbish. */
	if (form == FORM_FAST)
		return hypercall(vcpu, code | HVP_CONTROL_FAST, id, 0xfedcba9876543211ULL);
	return memory_call(vcpu, &call);
}

u64 initialize_partition(struct vcpu *vcpu, u64 id, enum call_form form)
{
	return partition_id_call(vcpu, HVP_CALL_INITIALIZE_PARTITION, id, form);
}

u64 finalize_partition(struct vcpu *vcpu, u64 id, enum call_form form)
{
	return partition_id_call(vcpu, HVP_CALL_FINALIZE_PARTITION, id, form);
}

u64 delete_partition(struct vcpu *vcpu, u64 id, enum call_form form)
{
	return partition_id_call(vcpu, HVP_CALL_DELETE_PARTITION, id, form);
}

u64 get_partition_id(struct vcpu *vcpu, u64 *id)
{
	struct memory_call call = {
		.control = HVP_CALL_GET_PARTITION_ID,
		.output = id, .output_size = sizeof(*id),
	};

	return memory_call(vcpu, &call);
}

u64 deposit_memory_from(struct vcpu *vcpu, u64 id, const u64 *gpns, unsigned int count,
			unsigned int start)
{
	u64 input[HVP_PAGE_SIZE / 8];
	struct memory_call call = {
		.control = HVP_CALL_DEPOSIT_MEMORY | CONTROL_REPS(count) | CONTROL_START(start),
		.input = input, .input_size = (count + 1) * 8,
	};

	if (count > DEPOSIT_MAX_REPS)
		die("a deposit of %u pages does not fit into its page", count);
	input[0] = id;
	memcpy(input + 1, gpns, count * 8);
	return memory_call(vcpu, &call);
}

u64 deposit_memory(struct vcpu *vcpu, u64 id, const u64 *gpns, unsigned int count)
{
	return deposit_memory_from(vcpu, id, gpns, count, 0);
}

u64 withdraw_memory_from(struct vcpu *vcpu, u64 id, const struct hvp_proximity *proximity,
			 u64 *gpns, unsigned int count, unsigned int start)
{
	struct hvp_partition_proximity in = { .partition_id = id };
	struct memory_call call = {
		.control = HVP_CALL_WITHDRAW_MEMORY | CONTROL_REPS(count) | CONTROL_START(start),
		.input = &in, .input_size = sizeof(in),
		.output = gpns, .output_size = count * 8, .element = 8,
	};

	if (count > WITHDRAW_MAX_REPS)
		die("a withdrawal of %u pages does not fit into its page", count);
	if (proximity)
		in.proximity = *proximity;
	return memory_call(vcpu, &call);
}

u64 withdraw_memory(struct vcpu *vcpu, u64 id, const struct hvp_proximity *proximity, u64 *gpns,
		    unsigned int count)
{
	return withdraw_memory_from(vcpu, id, proximity, gpns, count, 0);
}

u64 get_partition_property(struct vcpu *vcpu, u64 id, u32 code, u64 *value)
{
	/* Nobody may mind what is in the padding. */
	struct hvp_get_property_in in = { id, code, 0xdeadbeef };
	struct memory_call call = {
		.control = HVP_CALL_GET_PARTITION_PROPERTY,
		.input = &in, .input_size = sizeof(in),
		.output = value, .output_size = sizeof(*value),
	};

	return memory_call(vcpu, &call);
}

u64 set_partition_property(struct vcpu *vcpu, u64 id, u32 code, u64 value)
{
	struct hvp_set_property_in in = { id, code, 0xdeadbeef, value };
	struct memory_call call = {
		.control = HVP_CALL_SET_PARTITION_PROPERTY,
		.input = &in, .input_size = sizeof(in),
	};

	return memory_call(vcpu, &call);
}

u64 get_partition_property_ex(struct vcpu *vcpu, u64 id, u32 code, u64 argument,
			      struct hvp_get_property_ex_out *out)
{
	struct hvp_get_property_ex_in in = { id, code, 0xdeadbeef, argument };
	struct memory_call call = {
		.control = HVP_CALL_GET_PARTITION_PROPERTY_EX,
		.input = &in, .input_size = sizeof(in),
		.output = out, .output_size = sizeof(*out),
	};

	return memory_call(vcpu, &call);
}

u64 get_next_child_partition(struct vcpu *vcpu, u64 parent, u64 previous, u64 *next)
{
	struct hvp_get_next_child_in in = { parent, previous };
	struct memory_call call = {
		.control = HVP_CALL_GET_NEXT_CHILD_PARTITION,
		.input = &in, .input_size = sizeof(in),
		.output = next, .output_size = sizeof(*next),
	};

	return memory_call(vcpu, &call);
}

u64 get_memory_balance(struct vcpu *vcpu, u64 id, const struct hvp_proximity *proximity,
		       struct hvp_memory_balance_out *balance)
{
	struct hvp_partition_proximity in = { .partition_id = id };
	struct memory_call call = {
		.control = HVP_CALL_GET_MEMORY_BALANCE,
		.input = &in, .input_size = sizeof(in),
		.output = balance, .output_size = sizeof(*balance),
	};

	if (proximity)
		in.proximity = *proximity;
	return memory_call(vcpu, &call);
}

struct hvp_stats_page_in stats_of_partition(u64 id, u8 area)
{
	return (struct hvp_stats_page_in){
		.type = HVP_STATS_PARTITION,
		.identity = { .partition_id = id, .area = area },
	};
}

struct hvp_stats_page_in stats_of_vp(u64 id, u32 vp_index, u8 area)
{
	return (struct hvp_stats_page_in){
		.type = HVP_STATS_VP,
		.identity = { .partition_id = id, .vp_index = vp_index, .area = area },
	};
}

u64 map_stats_page(struct vcpu *vcpu, const struct hvp_stats_page_in *object, u64 *gpn)
{
	struct memory_call call = {
		.control = HVP_CALL_MAP_STATS_PAGE,
		.input = object, .input_size = sizeof(*object),
		.output = gpn, .output_size = sizeof(*gpn),
	};

	return memory_call(vcpu, &call);
}

u64 map_stats_page2(struct vcpu *vcpu, const struct hvp_stats_page_in *object, u64 gpn)
{
	struct hvp_map_stats_page2_in in = { *object, gpn };
	struct memory_call call = {
		.control = HVP_CALL_MAP_STATS_PAGE2,
		.input = &in, .input_size = sizeof(in),
	};

	return memory_call(vcpu, &call);
}

u64 unmap_stats_page(struct vcpu *vcpu, const struct hvp_stats_page_in *object)
{
	struct memory_call call = {
		.control = HVP_CALL_UNMAP_STATS_PAGE,
		.input = object, .input_size = sizeof(*object),
	};

	return memory_call(vcpu, &call);
}
