/* SPDX-License-Identifier: GPL-2.0 */
/* A parent that takes messages: of signals, and of doorbells. */
#ifndef _HVPART_SYNIC_H
#define _HVPART_SYNIC_H

#include "vps.h"

#define MSR_SCONTROL	0x40000080
#define MSR_SIMP	0x40000083
#define MSR_EOM		0x40000084
#define MSR_SINT0	0x40000090

#define SIGNAL_VECTOR	0xf3

struct parent {
	struct guest *guest;
	struct vcpu *vcpu;
	u64 messages;	/* page number of its message page */
};

/* One vCPU, whose SynIC has been set up but for SIRBP. */
struct parent new_parent(void);
/* The slot of SINT0 */
struct hvp_message *slot_of(struct parent *parent);
/* Is SIGNAL_VECTOR requested in the parent's LAPIC? */
bool interrupt_waits(struct parent *parent);
/* The guest has read its message. */
void take_message(struct parent *parent);

#endif
