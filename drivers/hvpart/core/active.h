/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _HVPART_ACTIVE_H
#define _HVPART_ACTIVE_H

#include <linux/types.h>
#include <hvpart/abi.h>
#include "pool.h"
#include "property_table.h"

/*
 * What a partition needs from HvInitializePartition to HvFinalizePartition.
 * The tables are sized for what partitions are given once they have virtual
 * processors, memory and ports, and hold nothing until then.
 */

/* Linux's mshv driver numbers virtual processors with 8 bits. */
#define HVP_MAX_VPS		256
struct hvp_vp;
struct hvp_vp_table {
	struct hvp_vp *vps[HVP_MAX_VPS];
};

/* Root of the map from the child's GPA space to its parent's, 9 bits a level. */
#define HVP_GPA_ROOT_ENTRIES	512
struct hvp_gpa_root {
	u64 entries[HVP_GPA_ROOT_ENTRIES];
};

/* Ports by the low bits of their ID; further ones with the same bits follow. */
#define HVP_PORT_TABLE_BUCKETS	64
struct hvp_port_table {
	struct hlist_head buckets[HVP_PORT_TABLE_BUCKETS];
};

/**
 * struct hvp_active - everything HvInitializePartition allocates
 * @properties:	values of the regular properties
 * @charge:	what the partition's own pool pays for it
 * @vp_table:	virtual processors
 * @port_table:	ports
 * @gpa_root:	GPA map
 *
 * Two objects, since allocating one for each table costs more than all else that the call
 * does.  The tables are empty when they are freed, so the next partition gets them as they
 * are.
 */
struct hvp_active {
	u64 properties[HVP_NR_REGULAR_PROPERTIES];
	struct hvp_charge charge;
	struct hvp_vp_table vp_table;
	struct hvp_port_table port_table;
	struct hvp_gpa_root *gpa_root;
};

void hvp_active_construct(void *object);
void hvp_gpa_root_construct(void *object);

struct hvp_active *hvp_active_alloc(struct hvp_proximity proximity);
void hvp_active_free(struct hvp_active *active);
unsigned int hvp_active_pages(void);

#endif /* _HVPART_ACTIVE_H */
