/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _HVPART_ACTIVE_H
#define _HVPART_ACTIVE_H

#include <linux/types.h>
#include <hvpart/abi.h>
#include "memory/pool.h"
#include "property_table.h"

/**
 * struct hvp_active - what a partition needs from HvInitializePartition to
 *		HvFinalizePartition
 * @properties:	values of the regular properties
 * @charge:	what the partition's own pool pays for it
 */
struct hvp_active {
	u64 properties[HVP_NR_REGULAR_PROPERTIES];
	struct hvp_charge charge;
};

struct hvp_active *hvp_active_alloc(struct hvp_proximity proximity);
void hvp_active_free(struct hvp_active *active);
unsigned int hvp_active_pages(void);

#endif /* _HVPART_ACTIVE_H */
