/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The boundary between the core and the host of a VM: what the host has to offer, and what
 * it charges for.  No KVM type crosses it.
 */
#ifndef _HVPART_HOST_H
#define _HVPART_HOST_H

#include <linux/types.h>

#define HVP_XSAVE_STATES	64

/**
 * struct hvp_processor - the host's processor in the terms of partition properties
 * @vendor:	HV_PROCESSOR_VENDOR
 * @features:	the two banks of HV_PARTITION_PROCESSOR_FEATURES
 * @xsave_features: HV_PARTITION_PROCESSOR_XSAVE_FEATURES
 * @xsave_starts: where each state component from 2 on begins in an XSAVE area of the
 *		standard format, in bytes; 0 of those that are not there
 * @xsave_ends:	likewise, where each ends
 * @xsave_aligned: components that begin at a multiple of 64 bytes in the compacted format
 * @clflush_size: as CPUID leaf 1 has it in EBX[15:8], in 8 bytes
 * @physical_address_bits: MAXPHYADDR
 * @clock_frequency: of the time stamp counter, in Hz
 */
struct hvp_processor {
	u64 vendor;
	u64 features[2];
	u64 xsave_features;
	u32 xsave_starts[HVP_XSAVE_STATES];
	u32 xsave_ends[HVP_XSAVE_STATES];
	u64 xsave_aligned;
	u64 clflush_size;
	u64 physical_address_bits;
	u64 clock_frequency;
};

struct hvp_host;
struct hvp_machine_ops;
struct hvp_vp;

/**
 * struct hvp_host_ops - what the core asks of the host
 * @reserve_locked_pages: charge @count pages to the VMM's limit of locked memory; 0 or
 *		-ENOMEM.  May sleep; in a vCPU thread, no lock held
 * @release_locked_pages: the reverse.  May sleep; in any task, no lock held
 * @attend:	have the thread of @vp call hvp_signals_deliver() soon.  Any context, hard
 *		interrupts included
 */
struct hvp_host_ops {
	int (*reserve_locked_pages)(struct hvp_host *host, unsigned long count);
	void (*release_locked_pages)(struct hvp_host *host, unsigned long count);
	void (*attend)(struct hvp_host *host, struct hvp_vp *vp);
};

/**
 * struct hvp_host - the host of a VM, embedded by whoever implements the operations
 * @ops:	the operations
 * @processor:	what it has
 * @machines:	who runs children; NULL if nobody does
 */
struct hvp_host {
	const struct hvp_host_ops *ops;
	const struct hvp_processor *processor;
	const struct hvp_machine_ops *machines;
};

#endif /* _HVPART_HOST_H */
