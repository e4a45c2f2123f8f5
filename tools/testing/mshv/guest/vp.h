/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Virtual processors and memory of children by /dev/mshv, as a VMM uses them.  What fails
 * returns -errno, or the status that a hypercall has got.
 */
#ifndef _VP_H
#define _VP_H

#include <stddef.h>

#include <linux/mshv.h>

#include <hvpart/abi.h>
#include <hvpart/abi/messages.h>
#include <hvpart/abi/registers.h>

#define PAGE		4096
#define PAGE_ALIGNED	__attribute__((aligned(PAGE)))

/* A descriptor of a virtual processor */
int vp_create(int partition, __u32 index);

/* Of virtual processor @index, whose descriptor is @vp; up to VP_REGISTERS of them */
#define VP_REGISTERS	32
int vp_get_registers_of(int vp, __u32 index, const __u32 *names,
			struct hvp_register_value *values, unsigned int count);
int vp_set_registers_of(int vp, __u32 index, const struct hvp_register_assoc *assocs,
			unsigned int count);

/* Of the first one */
int vp_get_registers(int vp, const __u32 *names, struct hvp_register_value *values,
		     unsigned int count);
int vp_set_registers(int vp, const struct hvp_register_assoc *assocs, unsigned int count);
int vp_set_values(int vp, const __u32 *names, const struct hvp_register_value *values,
		  unsigned int count);

/* All ones if it cannot be read */
__u64 vp_get_register(int vp, __u32 name);
int vp_set_register(int vp, __u32 name, __u64 value);

/* Have virtual processor @index begin at @rip in 16-bit mode, in segments that begin at 0. */
int vp_begin_real(int vp, __u32 index, __u64 rip);

/*
 * Have virtual processor @index begin at @rip in 32-bit mode, without paging, in segments
 * of 4 GiB.
 */
int vp_begin_flat(int vp, __u32 index, __u64 rip);

/* Until it exits */
int vp_run(int vp, struct hvp_message *message);

/* One of MSHV_VP_MMAP_OFFSET_*, for munmap(); NULL if it cannot be mapped */
void *vp_map_page(int vp, unsigned int offset);

/* @type is one of MSHV_VP_STATE_*, @page on a page's bound. */
int vp_get_state(int vp, __u8 type, void *page);
int vp_set_state(int vp, __u8 type, void *page);

/* What this guest has free, in KiB */
long free_kib(void);

/* Memory that the child may write to and execute */
int mshv_map_memory(int partition, __u64 gfn, void *memory, size_t size);
int mshv_unmap_memory(int partition, __u64 gfn, void *memory, size_t size);

#endif /* _VP_H */
