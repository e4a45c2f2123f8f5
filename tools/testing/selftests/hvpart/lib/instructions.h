/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Instructions for a child to stop before, in 16, 32 and 64 bits, what has to be in registers
 * and memory for them, and which pages they touch. Plain data.
 */
#ifndef _HVPART_INSTRUCTIONS_H
#define _HVPART_INSTRUCTIONS_H

#include "guest.h"

/* Where pages are for the instructions, that is by linear addresses. */
#define AT_CODE		0x0000
#define AT_CODE2	0x1000
#define AT_SAFE		0x2000
#define AT_TABLES	0x3000
#define AT_FAR		0x4000
#define AT_STACK	0x5000

/* In AT_FAR, and in AT_CODE2: nothing but HLT. In AT_TABLES: GDT and IDT. */
#define FAR_CODE	(AT_FAR + 0x800)
#define GDT_OFFSET	0x000
#define IDT_OFFSET	0x400
#define SELECTOR_CODE	0x08
#define SELECTOR_DATA	0x10
#define SELECTOR_LDT	0x20
#define SELECTOR_TSS	0x30	/* available */

/* An address in one of the two pages that an instruction is about, one behind the other. */
#define TARGET		(1ULL << 62)
#define T(offset)	(TARGET + (offset))

enum mode_bits { BITS_16, BITS_32, BITS_64, NR_BITS };

/* What of its pages an instruction touches, and how: 0, or... */
#define TOUCH_READ	'r'
#define TOUCH_WRITE	'w'
#define TOUCH_MODIFY	'm'	/* for a reader, or a writer, as the processor likes */
#define TOUCH_FETCH	'x'

enum string_kind { STRING_NONE, STRING_MOVS, STRING_STOS, STRING_READ };

struct poke {
	u64 at, value;
};

struct instruction {
	const char *name;
	const u8 *code[NR_BITS], *end[NR_BITS];	/* NULL: not in that mode */
	u64 rax, rbx, rcx, rdx, rsi, rdi, rsp, rbp;	/* 0: any pattern */
	u64 rflags;
	u64 at;			/* 0: somewhere in AT_CODE */
	char first, second;	/* of the two target pages */
	char tables, code2;	/* of those pages */
	u8 fill;		/* of the target pages, 0: any pattern */
	struct poke pokes[5];	/* 8 bytes each */
	enum string_kind string;	/* repeated; ... */
	unsigned int size;	/* bytes of an element */
	bool port;		/* a port instruction */
	bool jumps;		/* it is done, and the page is missing to what follows */
	bool uncached;		/* with CR0.CD, which KVM does not give to the processor */
	bool walk;		/* one to try with page tables that are missing, too */
};

extern const struct instruction instructions[];
extern const unsigned int nr_instructions;

#endif
