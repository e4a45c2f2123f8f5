/* SPDX-License-Identifier: GPL-2.0 */
/* The contract's table of calls, and calls that are as it says. */
#ifndef _HVPART_TESTS_CONTRACT_H
#define _HVPART_TESTS_CONTRACT_H

#include "../../../tools/testing/contract/calls.h"
#include "world.h"

/* Input for any of the calls, and its list. */
struct hvp_any_input {
	u64 word[5 * HVP_INPUT_WORDS];
};

struct hvp_any_input hvp_contract_input(const struct hvp_contract_call *shape, u64 id);

void hvp_contract_list(struct hvp_world *world, const struct hvp_contract_call *shape,
		       struct hvp_any_input *in, unsigned int elements);

struct hvp_try hvp_contract_try(const struct hvp_contract_call *shape,
				const struct hvp_any_input *in, unsigned int elements);

void hvp_forget_counts(struct hvp_world *world);
void hvp_expect_guest_left_alone(struct hvp_world *world);

#endif /* _HVPART_TESTS_CONTRACT_H */
