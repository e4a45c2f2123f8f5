/* SPDX-License-Identifier: GPL-2.0 */
/* Documentation/hypercalls*.rst as a table, for tests that do not choose their calls. */
#ifndef _HVPART_CONTRACT_H
#define _HVPART_CONTRACT_H

#include "guest.h"

struct contract_call {
	u16 code;
	bool rep, fast;
	unsigned int input_size, input_element, output_size, output_element;
	u64 privilege;
	u32 statuses;	/* bit n: it can get status n */
};

#define CONTRACT_CALLS	15
extern const struct contract_call contract[CONTRACT_CALLS];

/* NULL: not one of ours */
const struct contract_call *contract_of(u16 code);
/* Its place in the table. */
unsigned int contract_index(u16 code);

/* Elements before rep start are in the lists, too. */
unsigned int contract_input_bytes(const struct contract_call *call, u64 control);
unsigned int contract_output_bytes(const struct contract_call *call, u64 control);

/*
 * KVM's own answer, which a virtual processor gets that has none of the privileges:
 * the result value.
 */
u64 contract_answer_to_others(u64 control);

/*
 * The status of a call that registers and privileges alone decide, of a virtual
 * processor with any of the privileges; -1 if it gets further than that. The input
 * value's part of it comes without reps completed.
 */
int contract_control_status(const struct contract_call *call, u64 control);
int contract_early_status(const struct contract_call *call, u64 control, u64 input,
			  u64 output, unsigned int phys_bits, u64 privileges);

/* Is the result value one that the call can have? If not, the case has failed. */
bool expect_contract_at(const char *file, int line, u64 control, u64 result);
#define EXPECT_CONTRACT(control, result)					\
	expect_contract_at(__FILE__, __LINE__, control, result)

#endif
