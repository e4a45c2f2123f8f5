/* SPDX-License-Identifier: GPL-2.0 */
/* Shared by the files of the library that make a guest: its code and tables. */
#ifndef _HVPART_GUEST_CODE_H
#define _HVPART_GUEST_CODE_H

#include "guest.h"

/*
 * The stub: a few instructions at GUEST_STUB_GPA, all that the guest executes
 * besides the hypercall page.
 *
 * Writing to one of these ports is how the guest returns to the host program.
 */
#define STUB_PORT_RETURN	0xe0
#define STUB_PORT_EXCEPTION	0xe1

/* call hypercall_page; out %al, $STUB_PORT_RETURN */
#define STUB_CALL_GPA		GUEST_STUB_GPA
#define STUB_OUT_OFFSET		5	/* behind a 32-bit call */
/* The same for 16-bit code, whose call is shorter. */
#define STUB_CALL16_GPA		(GUEST_STUB_GPA + 0x40)
#define STUB_OUT16_OFFSET	3
/* An instruction of two bytes; out %al, $STUB_PORT_RETURN */
#define STUB_WRMSR_GPA		(GUEST_STUB_GPA + 0x80)
#define STUB_RDMSR_GPA		(GUEST_STUB_GPA + 0x88)
#define STUB_CPUID_GPA		(GUEST_STUB_GPA + 0x90)
/* out %al, $STUB_PORT_EXCEPTION, one for each vector */
#define STUB_HANDLERS_GPA	(GUEST_STUB_GPA + 0x100)
#define STUB_HANDLER_SIZE	4
#define STUB_VECTORS		32

void guest_write_stub(struct guest *guest);
void guest_write_tables(struct guest *guest);

/* Segments, tables and control registers for the vCPU's mode. */
void vcpu_load_segments(struct vcpu *vcpu);

#endif
