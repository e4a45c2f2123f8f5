/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What calls cost, as lines
 *
 *	bench: FIGURE,SIZE,MEDIAN,LOW,HIGH,SAMPLES,RATIO
 *
 * where LOW and HIGH are the 5th and the 95th percentile, in what the guest's time-stamp
 * counter counts. Figures of calls are what they take more than "unknown", a hypercall
 * that KVM does not know; RATIO is the whole, as a multiple of that.
 */
#ifndef _HVPART_FIGURES_H
#define _HVPART_FIGURES_H

#include "guest.h"
#include "measure.h"

/* A code between those that KVM knows and ours. */
#define FIGURES_UNKNOWN_CODE	0x7f

/* How often each is measured. */
extern unsigned int figures_rounds;
/* What the hypercall that KVM does not know takes. */
extern u64 figures_unknown;

/*
 * The program's arguments: instructions|cycles [ROUNDS]. The rest of the program is in a
 * memory cgroup, as VMMs are, which makes allocations dearer.
 */
void figures_begin(int argc, char **argv);
/* Print a figure of these samples, @less than they are, and empty them. */
void figures_report(const char *figure, unsigned int size, struct samples *samples,
		    long long less);

/* A guest with all that is needed, in which nothing is for the first time any more. */
struct vcpu *figures_guest(u64 ram, u64 privileges);

/*
 * A guest of which figures are told.
 * @with:	what it has many of, or how many there are: part of each figure's name
 * @size:	how many; that of the figure
 */
struct figures_subject {
	struct vcpu *vcpu;
	const char *with;
	unsigned int size;
};

/* Calls that can be repeated as they are; those about statistics, which come in pairs. */
void figures_of_queries(const struct figures_subject *subject);
void figures_of_statistics(const struct figures_subject *subject);
/* From creation to deletion, call by call and as a whole. */
void figures_of_life(const struct figures_subject *subject);
/* @count pages that the guest has used, deposited and withdrawn again and again. */
void figures_of_pages(const struct figures_subject *subject, unsigned int count);

#endif
