/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _HVPART_VP_H
#define _HVPART_VP_H

#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/xarray.h>

struct hvp_pinned_page;

/*
 * Pages that a virtual processor gives a meaning of their own, each by an MSR: bit 0
 * enables the page, bits 63:12 are its number.
 */
enum hvp_vp_page {
	HVP_VP_PAGE_ASSIST,
	HVP_VP_PAGE_SIM,
	HVP_VP_PAGE_SIEF,
	HVP_VP_PAGE_SIRB,
	HVP_NR_VP_PAGES,
};

/**
 * struct hvp_vp - a virtual processor
 * @index:	its VP index
 * @gpa_bits:	width of a guest physical address (MAXPHYADDR)
 * @privileges:	HVP_PRIVILEGE_* and the other privileges of the TLFS
 * @hypercalls:	hypercalls that it had made when it made its last call of ours, that one
 *		included; of a child's, when its last dispatch ended
 * @run_time:	how long it had run then, in 100 ns
 * @pages:	the MSRs that name its pages
 * @scontrol:	HV_X64_MSR_SCONTROL
 * @sint0:	HV_X64_MSR_SINT0
 * @ring_next:	in the event ring of doorbells, the entry that is filled next
 *
 * Written in the thread that runs it, or while it does not run.
 */
struct hvp_vp {
	u32 index;
	unsigned int gpa_bits;
	u64 privileges;
	u64 hypercalls;
	u64 run_time;
	u64 pages[HVP_NR_VP_PAGES];
	u64 scontrol;
	u64 sint0;
	unsigned int ring_next;
};

/* Likewise of the whole partition. */
enum hvp_partition_page {
	HVP_PARTITION_PAGE_HYPERCALL,
	HVP_PARTITION_PAGE_REFERENCE_TSC,
	HVP_NR_PARTITION_PAGES,
};

/**
 * struct hvp_vps - the virtual processors of a partition, and what its guest has set of which
 *		there is one for all of them
 * @list:	struct hvp_vp, by a number that their owner chooses
 * @count:	how many
 * @guest_os_id: HV_X64_MSR_GUEST_OS_ID
 * @pages:	the MSRs that name pages
 * @message_target: the one that the host sends messages to, NULL if none takes any
 * @retargeting: held by who looks for that one
 *
 * None of the root's is removed as long as anybody may look.  A child's are looked up under
 * RCU, by their index.
 */
struct hvp_vps {
	struct xarray list;
	unsigned int count;
	u64 guest_os_id;
	u64 pages[HVP_NR_PARTITION_PAGES];
	struct hvp_vp *message_target;
	spinlock_t retargeting;	/* see above */
};

void hvp_vps_init(struct hvp_vps *vps);
int hvp_vps_add(struct hvp_vps *vps, unsigned long number, struct hvp_vp *vp);
int hvp_vps_prepare(struct hvp_vps *vps, unsigned long number);
void hvp_vps_add_prepared(struct hvp_vps *vps, unsigned long number, struct hvp_vp *vp);
void hvp_vps_remove(struct hvp_vps *vps, unsigned long number);
struct hvp_vp *hvp_vps_find(struct hvp_vps *vps, u32 index);
unsigned int hvp_vps_first_named(struct hvp_vps *vps, const struct hvp_pinned_page *pages,
				 unsigned int count);
bool hvp_vp_addresses(const struct hvp_vp *vp, u64 gfn, u64 count);

#endif /* _HVPART_VP_H */
