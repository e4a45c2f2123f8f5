/* SPDX-License-Identifier: GPL-2.0 */
/* Section 5 of the contract as a table: the call table, written down a second time. */
#ifndef _HVPART_TESTS_CONTRACT_H
#define _HVPART_TESTS_CONTRACT_H

#include "world.h"

/**
 * struct hvp_contract_call - what is to be known of a call
 * @code:	call code
 * @name:	its name
 * @rep:	it is a rep call
 * @fast:	its input may come in registers
 * @in_size:	bytes of input, of its fixed part if it is a rep call
 * @in_element:	bytes of an element of the input list
 * @out_size:	bytes of output
 * @out_element: bytes of an element of the output list
 * @privilege:	what the caller must have
 * @names_child: it may name a child of the caller
 * @names_self:	it may name the caller itself
 * @states:	what it names may be in these, BIT(state) each
 * @id_at:	where in the input the name is, in words
 */
struct hvp_contract_call {
	const char *name;
	u16 code;
	bool rep;
	bool fast;
	u8 in_size;
	u8 in_element;
	u8 out_size;
	u8 out_element;
	u64 privilege;
	bool names_child;
	bool names_self;
	u8 states;
	u8 id_at;
};

#define HVP_CONTRACT_CALLS	15
extern const struct hvp_contract_call hvp_contract[HVP_CONTRACT_CALLS];

const struct hvp_contract_call *hvp_contract_of(u16 code);

/* Input for any of the calls. */
struct hvp_any_input {
	u64 word[9];
};

struct hvp_any_input hvp_contract_input(const struct hvp_contract_call *shape, u64 id);

struct hvp_try hvp_contract_try(const struct hvp_contract_call *shape,
				const struct hvp_any_input *in);

void hvp_forget_counts(struct hvp_world *world);
void hvp_expect_guest_left_alone(struct hvp_world *world);

#endif /* _HVPART_TESTS_CONTRACT_H */
