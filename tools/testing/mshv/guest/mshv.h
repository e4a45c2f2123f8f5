/* SPDX-License-Identifier: GPL-2.0 */
/* Linux's /dev/mshv, as a VMM uses it.  What fails returns -errno. */
#ifndef _MSHV_H
#define _MSHV_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <hvpart/abi.h>

#define MSHV_DEVICE	"/dev/mshv"

/* HV_PARTITION_PROPERTY_CODE */
#define PROPERTY_PRIVILEGE_FLAGS		0x00010000
#define PROPERTY_SYNTHETIC_PROC_FEATURES	0x00010001
#define PROPERTY_PAGE_ACCESS_TRACKING		0x00050005
#define PROPERTY_UNIMPLEMENTED_MSR_ACTION	0x00050017
#define PROPERTY_PROCESSOR_XSAVE_FEATURES	0x00060002
#define PROPERTY_PHYSICAL_ADDRESS_WIDTH		0x00060006
#define PROPERTY_MAX_XSAVE_DATA_SIZE		0x00060008
#define PROPERTY_PROCESSOR_CLOCK_FREQUENCY	0x00060009
#define PROPERTY_PROCESSOR_FEATURES0		0x0006000a
#define PROPERTY_PROCESSOR_FEATURES1		0x0006000b
#define PROPERTY_VMM_CAPABILITIES		0x00090007
#define PROPERTY_ASSIGNABLE_SYNTHETIC_FEATURES	0x00090009

int mshv_open(void);

/* A descriptor of a partition; closing it destroys the partition. */
int mshv_create(int mshv);
int mshv_create_v2(int mshv, __u64 disabled_features0, __u64 disabled_features1);
int mshv_initialize(int partition);

/* Initialize what has been created, unless that failed; it is closed if this does. */
int mshv_activate(int partition);
/* Both, and nothing is left if one fails. */
int mshv_create_active(int mshv);

/*
 * A hypercall that the driver passes through, @fd being that of the device, for the
 * guest's own partition, or a partition's.  Returns the status, or -errno if the driver
 * did not make the call.
 */
int mshv_call(int fd, __u16 code, void *in, size_t in_size, void *out, size_t out_size);

/* Likewise, with a list of @reps elements; -EIO if the hypervisor has not done them all. */
int mshv_rep_call(int fd, __u16 code, __u16 reps, void *in, size_t in_size, void *out,
		  size_t out_size);

int mshv_get_property(int fd, __u32 code, __u64 *value);
int mshv_get_property_ex(int fd, __u32 code, struct hvp_get_property_ex_out *value);
int mshv_set_property(int partition, __u32 code, __u64 value);

#endif /* _MSHV_H */
