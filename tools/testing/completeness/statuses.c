// SPDX-License-Identifier: GPL-2.0
/* Prints what the contract's table says of statuses, for the script of that name. */
#include <stdio.h>

#include "../contract/calls.h"

const struct hvp_contract_call hvp_contract[HVP_CONTRACT_CALLS] = {
	HVP_CONTRACT(HVP_CONTRACT_ROW)
};

static const struct {
	const char *name;
	unsigned int value;
} statuses[] = {
#define STATUS_ROW(number, text)	{ #text, number },
	HVP_STATUS_LIST(STATUS_ROW)
	{}
};

int main(void)
{
	unsigned int call, i;

	for (call = 0; call < HVP_CONTRACT_CALLS; call++) {
		__u32 unit = hvp_contract_statuses(&hvp_contract[call], false);
		__u32 both = hvp_contract_statuses(&hvp_contract[call], true);

		for (i = 0; statuses[i].name; i++) {
			if (unit >> statuses[i].value & 1)
				printf("%s %s %s\n", hvp_contract[call].name, statuses[i].name,
				       both >> statuses[i].value & 1 ? "both" : "unit");
		}
	}
	return 0;
}
