/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _HVPART_ACTIVE_H
#define _HVPART_ACTIVE_H

#include <linux/types.h>
#include <hvpart/abi.h>
#include "pool.h"

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

/* Regular read/write partition properties (TLFS, HV_PARTITION_PROPERTY_CODE). */
struct hvp_properties {
	u64 suspend;
	u64 cpu_reserve;
	u64 cpu_cap;
	u64 cpu_weight;
	u64 cpu_group_id;
	u64 time_freeze;
	u64 virtual_tlb_page_count;
	u64 zero_memory_on_reset;
	u64 processors_per_socket;
	u64 nested_tlb_size;
	u64 gpa_page_access_tracking;
	u64 allocation_id;
	u64 monitoring_id;
	u64 unimplemented_msr_action;
	u64 enlightenment_modifications;
};

/**
 * struct hvp_active - everything HvInitializePartition allocates
 * @properties:	property block
 * @vp_table:	virtual processors
 * @gpa_root:	GPA map
 * @port_table:	ports
 * @charge:	what the partition's own pool pays for it
 */
struct hvp_active {
	struct hvp_properties properties;
	struct hvp_vp_table *vp_table;
	struct hvp_gpa_root *gpa_root;
	struct hvp_port_table *port_table;
	struct hvp_charge charge;
};

struct hvp_active *hvp_active_alloc(struct hvp_proximity proximity);
void hvp_active_free(struct hvp_active *active);
unsigned int hvp_active_pages(void);

#endif /* _HVPART_ACTIVE_H */
