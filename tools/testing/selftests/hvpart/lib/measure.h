/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What an exit costs: the guest itself makes a list of calls, or executes other
 * instructions that KVM handles, one after the other, and reads the time-stamp counter
 * before and behind each. So what is measured is the way from the guest to the host and
 * back, without the host program.
 *
 * The unit is that of the guest's TSC: one instruction in a machine that counts them
 * (tools/testing/vm/run --icount), time elsewhere.
 */
#ifndef _HVPART_MEASURE_H
#define _HVPART_MEASURE_H

#include <time.h>

#include "guest.h"

/* What the guest does; all but the first leave it. */
enum measured_action { MEASURE_NOTHING, MEASURE_HYPERCALL, MEASURE_CPUID, MEASURE_RDMSR,
		       MEASURE_WRMSR, MEASURE_ACTIONS };

struct batch;

/* For one vCPU in 64-bit mode; @calls at most, and pages for so many inputs of a page. */
struct batch *batch_create(struct vcpu *vcpu, unsigned int calls, unsigned int input_pages);
/* The guest keeps the pages. */
void batch_destroy(struct batch *batch);

void batch_clear(struct batch *batch);
/* Append; returns its place in the batch. */
unsigned int batch_add(struct batch *batch, enum measured_action action,
		       const struct kvm_regs *regs);
/* A call; input is copied to a place of its own, output goes where all output does. */
unsigned int batch_add_call(struct batch *batch, u64 control, const void *input, size_t size);
/* A call whose input is in a register. */
unsigned int batch_add_fast(struct batch *batch, u64 control, u64 input);

/* Once through all of it. */
void batch_run(struct batch *batch);

/* Of the last run, by place: RAX, and what it took less MEASURE_NOTHING. */
u64 batch_result(const struct batch *batch, unsigned int place);
u64 batch_cost(const struct batch *batch, unsigned int place);
/* Likewise: the guest's time-stamp counter when it had ended. */
u64 batch_end(const struct batch *batch, unsigned int place);

/* Of the host program, in nanoseconds. */
u64 clock_ns(clockid_t clock);

/* What one figure was each time. */
#define SAMPLES_MAX	512
struct samples {
	unsigned int count;
	u64 values[SAMPLES_MAX];
};

void samples_add(struct samples *samples, u64 value);
/* The value that @percent of them are not above; 50: the median. */
u64 samples_percentile(struct samples *samples, unsigned int percent);

#endif
