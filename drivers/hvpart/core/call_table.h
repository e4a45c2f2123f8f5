/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _HVPART_CALL_TABLE_H
#define _HVPART_CALL_TABLE_H

#include <linux/types.h>
#include <hvpart/abi.h>

struct hvp_request;

/* Who a call may name as its target. */
enum hvp_target {
	HVP_TARGET_NONE = 0,		/* nobody */
	HVP_TARGET_CHILD = 1,		/* a child of the caller */
	HVP_TARGET_SELF = 2,		/* the caller itself */
	HVP_TARGET_CHILD_OR_SELF = HVP_TARGET_CHILD | HVP_TARGET_SELF,
};

/**
 * struct hvp_call_row - all there is to know of a call before it is carried out
 * @code:	call code
 * @name:	its name in the TLFS
 * @rep:	it is a rep call
 * @fast:	its input may come in registers
 * @input_size:	bytes of input, of its fixed part if it is a rep call
 * @input_element: bytes of one element of the input list, 0 if there is none
 * @output_size: bytes of output
 * @output_element: bytes of one element of the output list
 * @privilege:	what the caller must have
 * @target:	who may be named
 * @target_at:	offset of the name in the input
 * @states:	states that the target may be in, HVP_IN_*
 * @handler:	carries it out
 */
struct hvp_call_row {
	u16 code;
	const char *name;
	bool rep;
	bool fast;
	u8 input_size;
	u8 input_element;
	u8 output_size;
	u8 output_element;
	u64 privilege;
	enum hvp_target target;
	u8 target_at;
	u8 states;
	enum hvp_status (*handler)(struct hvp_request *request);
};

/* Rows, in the order of their codes. */
#define HVP_CALL_INDEX(code, name, text)	HVP_INDEX_##name,
enum hvp_call_index { HVP_CALL_LIST(HVP_CALL_INDEX) HVP_NR_CALLS };

extern const struct hvp_call_row hvp_call_table[HVP_NR_CALLS];

const struct hvp_call_row *hvp_call_row(u16 code);

#endif /* _HVPART_CALL_TABLE_H */
