/* SPDX-License-Identifier: GPL-2.0 */
/* The contract's table of calls, for tests that do not choose their calls. */
#ifndef _HVPART_CONTRACT_H
#define _HVPART_CONTRACT_H

#include "../../../contract/calls.h"
#include "guest.h"

/* The place of its row in the table. */
unsigned int contract_index(u16 code);

/* Children of the caller, which has pages in its own pool. */
struct contract_children {
	u64 uninitialized;	/* its pool can pay to initialize it */
	u64 empty;		/* likewise uninitialized, with an empty pool */
	u64 active;		/* the parent's area of its statistics is mapped */
};

/* A property that can be read and set, 0 or 1. */
#define CONTRACT_PROPERTY	0x00020000

/* The word that has the area in its last byte; what is before it is reserved. */
#define CONTRACT_STATS_AREA(area)	((u64)(area) << 56)

/*
 * Input with which the call would succeed, CONTRACT_INPUT_WORDS; the first of the pages
 * @gpns or, for a list of so many elements (4 at most), all of them are for it to take.
 */
#define CONTRACT_ELEMENT_WORDS	4
#define CONTRACT_INPUT_WORDS	(HVP_INPUT_WORDS + CONTRACT_HEADER_WORDS + \
				 4 * CONTRACT_ELEMENT_WORDS)
/* The longest variable header, and output */
#define CONTRACT_HEADER_WORDS	(sizeof(struct hvp_timers) / sizeof(u64))
#define CONTRACT_OUTPUT_WORDS	CONTRACT_HEADER_WORDS
void contract_make_input(const struct hvp_contract_call *call,
			 const struct contract_children *children, const u64 *gpns,
			 unsigned int elements, u64 *input);

/*
 * KVM's own answer, which a virtual processor gets that has none of the privileges:
 * the result value.
 */
u64 contract_answer_to_others(u64 control);

int contract_early_status(const struct hvp_contract_call *call, u64 control, u64 input,
			  u64 output, unsigned int phys_bits, u64 privileges);

/* Is the result value one that the call can have? If not, the case has failed. */
bool expect_contract_at(const char *file, int line, u64 control, u64 result);
#define EXPECT_CONTRACT(control, result)					\
	expect_contract_at(__FILE__, __LINE__, control, result)

#endif
