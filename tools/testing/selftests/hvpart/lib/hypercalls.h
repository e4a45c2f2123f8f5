/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The partition hypercalls as functions. Each puts its input at the very end
 * of the vCPU's input page and its output at the very end of the output page,
 * in front of unmapped memory, and returns the 64-bit result value.
 *
 * Each also sees to what holds for every call, and ends the program if it does
 * not: the input is still as it was, and no byte of the output page has changed
 * but those that the call returns with success, or for finished elements.
 */
#ifndef _HVPART_HYPERCALLS_H
#define _HVPART_HYPERCALLS_H

#include "guest.h"

/* Control words */
#define CONTROL_REPS(count)	((u64)(count) << HVP_CONTROL_REP_COUNT_SHIFT)
#define CONTROL_START(start)	((u64)(start) << HVP_CONTROL_REP_START_SHIFT)

/* Result values */
#define RESULT(status, reps)	((u64)(status) | (u64)(reps) << HVP_RESULT_REPS_SHIFT)
static inline u16 result_status(u64 result)
{
	return result & HVP_RESULT_STATUS_MASK;
}

static inline unsigned int result_reps(u64 result)
{
	return result >> HVP_RESULT_REPS_SHIFT & HVP_CONTROL_REP_MASK;
}

static inline bool result_success(u64 result)
{
	return result_status(result) == HVP_STATUS_SUCCESS;
}

/* "INSUFFICIENT_MEMORY", or a number for what is not in the list. */
const char *status_name(u16 status);
/* "HvCreatePartition", likewise. */
const char *call_name(u16 code);

enum call_form { FORM_FAST, FORM_MEMORY };

#define DEPOSIT_MAX_REPS	((HVP_PAGE_SIZE - sizeof(struct hvp_partition_id)) / 8)
#define WITHDRAW_MAX_REPS	(HVP_PAGE_SIZE / 8)

u64 create_partition(struct vcpu *vcpu, const struct hvp_create_partition_in *in, u64 *id);
u64 initialize_partition(struct vcpu *vcpu, u64 id, enum call_form form);
u64 finalize_partition(struct vcpu *vcpu, u64 id, enum call_form form);
u64 delete_partition(struct vcpu *vcpu, u64 id, enum call_form form);
/* Any of the three above, by its code. */
u64 partition_id_call(struct vcpu *vcpu, u16 code, u64 id, enum call_form form);
u64 get_partition_property(struct vcpu *vcpu, u64 id, u32 code, u64 *value);
/* All that is returned. */
u64 get_partition_property_ex(struct vcpu *vcpu, u64 id, u32 code, u64 argument,
			      struct hvp_get_property_ex_out *out);
u64 set_partition_property(struct vcpu *vcpu, u64 id, u32 code, u64 value);
u64 get_partition_id(struct vcpu *vcpu, u64 *id);
/* 0: from the start */
u64 get_next_child_partition(struct vcpu *vcpu, u64 parent, u64 previous, u64 *next);
u64 deposit_memory(struct vcpu *vcpu, u64 id, const u64 *gpns, unsigned int count);
/* Elements before @start are in the list and done already. */
u64 deposit_memory_from(struct vcpu *vcpu, u64 id, const u64 *gpns, unsigned int count,
			unsigned int start);
/* NULL proximity: any domain. */
u64 withdraw_memory(struct vcpu *vcpu, u64 id, const struct hvp_proximity *proximity, u64 *gpns,
		    unsigned int count);
u64 withdraw_memory_from(struct vcpu *vcpu, u64 id, const struct hvp_proximity *proximity,
			 u64 *gpns, unsigned int count, unsigned int start);
u64 get_memory_balance(struct vcpu *vcpu, u64 id, const struct hvp_proximity *proximity,
		       struct hvp_memory_balance_out *balance);

/* A statistics page's object: a partition, or a virtual processor of one. */
struct hvp_stats_page_in stats_of_partition(u64 id, u8 area);
struct hvp_stats_page_in stats_of_vp(u64 id, u32 vp_index, u8 area);
u64 map_stats_page(struct vcpu *vcpu, const struct hvp_stats_page_in *object, u64 *gpn);
/* At that page. */
u64 map_stats_page2(struct vcpu *vcpu, const struct hvp_stats_page_in *object, u64 gpn);
u64 unmap_stats_page(struct vcpu *vcpu, const struct hvp_stats_page_in *object);

/* Any call in memory form, with as much input and room for output as the contract says. */
u64 memory_call(struct vcpu *vcpu, u64 control, const void *input, void *output);

#endif
