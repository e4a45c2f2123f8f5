/* SPDX-License-Identifier: GPL-2.0 */
/* What a processor has, the same for a child's virtual processor and for a plain vCPU of KVM's. */
#ifndef _HVPART_PROCESSOR_H
#define _HVPART_PROCESSOR_H

#include "vps.h"

/* In the order of their numbers, from HVP_REGISTER_RAX and HVP_REGISTER_ES on */
enum { RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, NR_GPRS = 16 };
enum { ES, CS, SS, DS, FS, GS, LDTR, TR, NR_SEGMENTS };

struct table_register {
	u16 pad[3], limit;
	u64 base;
};

struct processor {
	u64 gpr[NR_GPRS];
	u64 rip, rflags;
	struct hvp_segment_register segments[NR_SEGMENTS];
	struct table_register idtr, gdtr;
	u64 cr0, cr2, cr3, cr4, efer;
	struct hvp_register_value xmm[2];
};

/* All of it, and nothing is pending, nor does it wait. */
void child_set_processor(struct child *child, const struct processor *processor);
void child_get_processor(struct child *child, struct processor *processor);

void plain_set_processor(int vcpu_fd, const struct processor *processor);
void plain_get_processor(int vcpu_fd, struct processor *processor);

/* The first thing that differs, RFLAGS.RF apart, or NULL. */
const char *processor_difference(const struct processor *one, const struct processor *other);

#endif
