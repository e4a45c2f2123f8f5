/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _HVPART_CALL_TABLE_H
#define _HVPART_CALL_TABLE_H

#include <linux/limits.h>
#include <linux/nospec.h>
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
 * @variable_header: it may have one, behind the fixed part of its input
 * @input_size:	bytes of input, of its fixed part if it has more
 * @input_element: bytes of one element of the input list, 0 if there is none
 * @output_size: bytes of output
 * @output_element: bytes of one element of the output list
 * @privilege:	what the caller must have
 * @target:	who may be named
 * @target_at:	offset of the name in the input
 * @states:	states that the target may be in, HVP_IN_*
 * @outside:	it is made outside KVM's loop, and nowhere else
 * @handler:	carries it out
 */
struct hvp_call_row {
	u16 code;
	const char *name;
	bool rep;
	bool fast;
	bool variable_header;
	u8 input_size;
	u8 input_element;
	u8 output_size;
	u8 output_element;
	u64 privilege;
	enum hvp_target target;
	u8 target_at;
	u8 states;
	bool outside;
	enum hvp_status (*handler)(struct hvp_request *request);
};

/* Rows, in the order of their codes. */
#define HVP_CALL_INDEX(code, NAME, name, in, out, text)	HVP_INDEX_##NAME,
enum hvp_call_index { HVP_CALL_LIST(HVP_CALL_INDEX) HVP_NR_CALLS };

extern const struct hvp_call_row hvp_call_table[HVP_NR_CALLS];

/* A union is as large as its largest member: so these say the lowest code and the highest. */
#define HVP_CALL_FROM_ABOVE(code, NAME, name, in, out, text)	u8 name[U16_MAX + 1 - (code)];
union hvp_codes_from_above { HVP_CALL_LIST(HVP_CALL_FROM_ABOVE) };
#define HVP_CALL_FROM_BELOW(code, NAME, name, in, out, text)	u8 name[(code) + 1];
union hvp_codes_from_below { HVP_CALL_LIST(HVP_CALL_FROM_BELOW) };

#define HVP_FIRST_CODE	(U16_MAX + 1 - sizeof(union hvp_codes_from_above))
#define HVP_LAST_CODE	(sizeof(union hvp_codes_from_below) - 1)
#define HVP_CODE_RANGE	(HVP_LAST_CODE - HVP_FIRST_CODE + 1)

/* By code: the row's index, plus one; 0 for a code that is not ours. */
extern const u8 hvp_call_places[HVP_CODE_RANGE];

/*
 * The index of a code's row, plus one, or 0.  Inline, since every hypercall pays for it.
 */
static __always_inline unsigned int hvp_call_place(u16 code)
{
	unsigned int index = code - (unsigned int)HVP_FIRST_CODE;

	if (index >= HVP_CODE_RANGE)
		return 0;
	/* The guest's number leads to a function pointer. */
	return hvp_call_places[array_index_nospec(index, HVP_CODE_RANGE)];
}

/* Is the code one of our calls? */
static __always_inline bool hvp_call_is_ours(u16 code)
{
	return hvp_call_place(code);
}

/* The row of a call, or NULL if it is not one of ours. */
static __always_inline const struct hvp_call_row *hvp_call_row(u16 code)
{
	unsigned int place = hvp_call_place(code);

	return place ? &hvp_call_table[place - 1] : NULL;
}

#endif /* _HVPART_CALL_TABLE_H */
