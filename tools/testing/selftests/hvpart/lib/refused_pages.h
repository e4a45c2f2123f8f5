/* SPDX-License-Identifier: GPL-2.0 */
/* Pages that a guest can neither deposit nor have statistics in. */
#ifndef _HVPART_REFUSED_PAGES_H
#define _HVPART_REFUSED_PAGES_H

#include "guest.h"

#define MSR_HYPERV_VP_ASSIST	0x40000073
#define MSR_HYPERV_SIEFP	0x40000082
#define MSR_HYPERV_SIMP		0x40000083
#define MSR_HYPERV_SIRBP	0x40000085

struct refused_page {
	const char *name;
	u64 (*page)(struct vcpu *vcpu);	/* makes one and returns its number */
	enum hvp_status status;
	bool synic;		/* in a guest with SynIC and two vCPUs */
};

#define REFUSED_PAGES	26
extern const struct refused_page refused_pages[REFUSED_PAGES];

/* A guest, with all privileges, for a row of the table; returns its first vCPU. */
struct vcpu *guest_for_refused_page(const struct refused_page *row);

/* A new page that the VMM has enabled by an MSR. */
u64 page_enabled_by(struct vcpu *vcpu, u32 msr);

#endif
