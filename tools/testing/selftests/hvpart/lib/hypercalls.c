// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <string.h>

#include "contract.h"
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

#define CALL_CASE(value, NAME, name, in, out, text)	case value: return text;
	switch (code) {
	HVP_CALL_LIST(CALL_CASE)
	}
	snprintf(number, sizeof(number), "0x%x", code);
	return number;
}

static unsigned int rep_count(u64 control)
{
	return control >> HVP_CONTROL_REP_COUNT_SHIFT & HVP_CONTROL_REP_MASK;
}

/* Where the output begins in its page: as near to the end as its alignment allows. */
static unsigned int output_offset(u64 control)
{
	unsigned int size = hvp_contract_out_bytes(hvp_contract_of(control), rep_count(control));

	return (HVP_PAGE_SIZE - size) & ~(HVP_PARAMETER_ALIGNMENT - 1);
}

static void check_untouched(u64 control, const u8 *page, unsigned int from, unsigned int to)
{
	unsigned int i;

	for (i = from; i < to; i++) {
		if (page[i] != OUTPUT_PATTERN)
			die("%s has written byte 0x%x of its output page, output is at 0x%x",
			    call_name(control), i, output_offset(control));
	}
}

static void take_output(struct vcpu *vcpu, u64 control, void *output, u64 result)
{
	unsigned int element = hvp_contract_of(control)->out_element;
	unsigned int offset = output_offset(control);
	unsigned int from = offset, to = HVP_PAGE_SIZE;

	if (element) {
		from += element * (control >> HVP_CONTROL_REP_START_SHIFT & HVP_CONTROL_REP_MASK);
		to = offset + element * result_reps(result);
		if (to > HVP_PAGE_SIZE)
			die("%s says it has done %u elements, more than it should",
			    call_name(control), result_reps(result));
	} else if (!result_success(result)) {
		to = from;
	}
	check_untouched(control, vcpu->output, 0, from);
	/* A failed call may report fewer elements than its start. */
	if (to < from)
		to = from;
	check_untouched(control, vcpu->output, to, HVP_PAGE_SIZE);
	if (to > from)
		memcpy((u8 *)output + (from - offset), vcpu->output + from, to - from);
}

u64 memory_call(struct vcpu *vcpu, u64 control, const void *input, void *output)
{
	unsigned int size = hvp_contract_in_bytes(hvp_contract_of(control), rep_count(control)) +
			    hvp_contract_header_bytes(control);
	/* As near to the end as its alignment allows. */
	unsigned int offset = (HVP_PAGE_SIZE - size) & ~(HVP_PARAMETER_ALIGNMENT - 1);
	unsigned int from = output_offset(control);
	u8 input_before[HVP_PAGE_SIZE];
	u64 result;

	memset(input_before, INPUT_PATTERN, sizeof(input_before));
	if (size)
		memcpy(input_before + offset, input, size);
	memcpy(vcpu->input, input_before, HVP_PAGE_SIZE);
	memset(vcpu->output, OUTPUT_PATTERN, HVP_PAGE_SIZE);

	/* Without any input or output, an address that cannot be right. */
	result = hypercall(vcpu, control, size ? vcpu->input_gpa + offset : ~0ULL,
			   from < HVP_PAGE_SIZE ? vcpu->output_gpa + from : ~0ULL);

	if (memcmp(vcpu->input, input_before, HVP_PAGE_SIZE))
		die("%s has written to its input page", call_name(control));
	take_output(vcpu, control, output, result);
	return result;
}

u64 create_partition(struct vcpu *vcpu, const struct hvp_create_partition_in *in, u64 *id)
{
	return memory_call(vcpu, HVP_CALL_CREATE_PARTITION, in, id);
}

u64 partition_id_call(struct vcpu *vcpu, u16 code, u64 id, enum call_form form)
{
	/* What would be output, or bytes 8 to 15 of fast input, is rubbish. */
	if (form == FORM_FAST)
		return hypercall(vcpu, code | HVP_CONTROL_FAST, id, 0xfedcba9876543211ULL);
	return memory_call(vcpu, code, &id, NULL);
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
	return memory_call(vcpu, HVP_CALL_GET_PARTITION_ID, NULL, id);
}

u64 deposit_memory_from(struct vcpu *vcpu, u64 id, const u64 *gpns, unsigned int count,
			unsigned int start)
{
	u64 input[HVP_PAGE_SIZE / 8];

	if (count > DEPOSIT_MAX_REPS)
		die("a deposit of %u pages does not fit into its page", count);
	input[0] = id;
	memcpy(input + 1, gpns, count * 8);
	return memory_call(vcpu, HVP_CALL_DEPOSIT_MEMORY | CONTROL_REPS(count) |
			   CONTROL_START(start), input, NULL);
}

u64 deposit_memory(struct vcpu *vcpu, u64 id, const u64 *gpns, unsigned int count)
{
	return deposit_memory_from(vcpu, id, gpns, count, 0);
}

u64 withdraw_memory_from(struct vcpu *vcpu, u64 id, const struct hvp_proximity *proximity,
			 u64 *gpns, unsigned int count, unsigned int start)
{
	struct hvp_partition_proximity in = { .partition_id = id };

	if (count > WITHDRAW_MAX_REPS)
		die("a withdrawal of %u pages does not fit into its page", count);
	if (proximity)
		in.proximity = *proximity;
	return memory_call(vcpu, HVP_CALL_WITHDRAW_MEMORY | CONTROL_REPS(count) |
			   CONTROL_START(start), &in, gpns);
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

	return memory_call(vcpu, HVP_CALL_GET_PARTITION_PROPERTY, &in, value);
}

u64 set_partition_property(struct vcpu *vcpu, u64 id, u32 code, u64 value)
{
	struct hvp_set_property_in in = { id, code, 0xdeadbeef, value };

	return memory_call(vcpu, HVP_CALL_SET_PARTITION_PROPERTY, &in, NULL);
}

u64 get_partition_property_ex(struct vcpu *vcpu, u64 id, u32 code, u64 argument,
			      struct hvp_get_property_ex_out *out)
{
	struct hvp_get_property_ex_in in = { id, code, 0xdeadbeef, argument };

	return memory_call(vcpu, HVP_CALL_GET_PARTITION_PROPERTY_EX, &in, out);
}

u64 get_next_child_partition(struct vcpu *vcpu, u64 parent, u64 previous, u64 *next)
{
	struct hvp_get_next_child_in in = { parent, previous };

	return memory_call(vcpu, HVP_CALL_GET_NEXT_CHILD_PARTITION, &in, next);
}

u64 get_memory_balance(struct vcpu *vcpu, u64 id, const struct hvp_proximity *proximity,
		       struct hvp_memory_balance_out *balance)
{
	struct hvp_partition_proximity in = { .partition_id = id };

	if (proximity)
		in.proximity = *proximity;
	return memory_call(vcpu, HVP_CALL_GET_MEMORY_BALANCE, &in, balance);
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
	return memory_call(vcpu, HVP_CALL_MAP_STATS_PAGE, object, gpn);
}

u64 map_stats_page2(struct vcpu *vcpu, const struct hvp_stats_page_in *object, u64 gpn)
{
	struct hvp_map_stats_page2_in in = { *object, gpn };

	return memory_call(vcpu, HVP_CALL_MAP_STATS_PAGE2, &in, NULL);
}

u64 unmap_stats_page(struct vcpu *vcpu, const struct hvp_stats_page_in *object)
{
	return memory_call(vcpu, HVP_CALL_UNMAP_STATS_PAGE, object, NULL);
}
