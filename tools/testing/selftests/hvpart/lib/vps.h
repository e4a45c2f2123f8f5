/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Virtual processors of children as functions: memory, registers, dispatch. Each returns the
 * 64-bit result value, as those of hypercalls.h.
 */
#ifndef _HVPART_VPS_H
#define _HVPART_VPS_H

#include <hvpart/abi/gpa.h>
#include <hvpart/abi/messages.h>
#include <hvpart/abi/registers.h>

#include "partitions.h"

#define MAP_MAX_REPS	((HVP_PAGE_SIZE - sizeof(struct hvp_map_gpa_pages_in)) / 8)
#define MAP_RWX		(HVP_MAP_READ | HVP_MAP_WRITE | HVP_MAP_KERNEL_EXECUTE | \
			 HVP_MAP_USER_EXECUTE)

u64 map_gpa_pages(struct vcpu *vcpu, u64 id, u64 gpn, u32 flags, const u64 *sources,
		  unsigned int count);
u64 unmap_gpa_pages(struct vcpu *vcpu, u64 id, u64 gpn, u32 flags, unsigned int count);
#define ACCESS_STATE_MAX_REPS	HVP_CONTROL_REP_MASK
/* A byte a page from @gpn on; elements before @start are done already. */
u64 get_access_states(struct vcpu *vcpu, u64 id, u64 gpn, u64 flags, u8 *states,
		      unsigned int count, unsigned int start);
u64 create_vp(struct vcpu *vcpu, u64 id, u32 index);
u64 delete_vp(struct vcpu *vcpu, u64 id, u32 index, enum call_form form);
u64 get_registers(struct vcpu *vcpu, u64 id, u32 index, const u32 *names,
		  struct hvp_register_value *values, unsigned int count);
u64 set_registers(struct vcpu *vcpu, u64 id, u32 index,
		  const struct hvp_register_assoc *assocs, unsigned int count);
u64 translate_address(struct vcpu *vcpu, u64 id, u32 index, u64 flags, u64 gva,
		      struct hvp_translate_out *out);
u64 assert_interrupt(struct vcpu *vcpu, u64 id, u32 type, u32 modes, u64 destination,
		     u32 vector);
u64 dispatch_vp(struct vcpu *vcpu, u64 id, u32 index, u32 flags,
		struct hvp_dispatch_vp_out *out);
u64 install_intercept(struct vcpu *vcpu, u64 id, u32 type, u32 access, u64 parameter);
u64 register_intercept_result(struct vcpu *vcpu, const struct hvp_intercept_result_in *in);
u64 get_cpuid_values(struct vcpu *vcpu, u64 id, u32 index, u32 flags,
		     const struct hvp_cpuid_leaf *leaves, struct hvp_cpuid_value *values,
		     unsigned int count);
/* A doorbell's port of the caller's, for a child; and what it is connected to, same ID */
u64 create_port(struct vcpu *vcpu, u32 id, u64 child);
u64 connect_port(struct vcpu *vcpu, u32 id, u64 child, u64 gpa, u64 flags, u64 value);
u64 disconnect_port(struct vcpu *vcpu, u32 id, u64 child, enum call_form form);
u64 delete_port(struct vcpu *vcpu, u32 id, enum call_form form);
u64 notify_ring_empty(struct vcpu *vcpu, u32 sint, enum call_form form);
u64 map_state_page(struct vcpu *vcpu, u64 id, u32 index, u16 type, u64 gpn);
u64 unmap_state_page(struct vcpu *vcpu, u64 id, u32 index, u16 type);

/* The variable header: page numbers, or what is set */
u64 get_vp_state(struct vcpu *vcpu, const struct hvp_vp_state_in *in, const u64 *gpns,
		 unsigned int count);
u64 set_vp_state(struct vcpu *vcpu, const struct hvp_vp_state_in *in, const void *header,
		 size_t size);

/*
 * What any call that is about a child's memory or virtual processors needs there to
 * succeed; nothing for others.
 */
void prepare_vp_call(struct vcpu *vcpu, u16 code, u64 id);

/* One register, of which nothing is expected to fail. */
u64 get_register(struct vcpu *vcpu, u64 id, u32 index, u32 name);
void set_register(struct vcpu *vcpu, u64 id, u32 index, u32 name, u64 value);

/* A child with one virtual processor, which runs code in its first page. */
struct child {
	struct vcpu *vcpu;	/* its parent */
	u64 id;
	u64 code;		/* page number in the parent of the child's page 0 */
	u64 intercepts;		/* of the intercept message page; 0 before it is mapped */
	u64 registers;		/* likewise */
};

/*
 * Everything that a virtual processor takes: pool, page 0, VP 0, intercept page. It begins
 * with 16-bit code at 0, all segments flat at 0, and its stack at the end of the page.
 */
struct child new_child(struct vcpu *vcpu);
/* The same of a partition that is active. */
struct child new_child_of(struct vcpu *vcpu, u64 id);
/* One more virtual processor, as VP 0 but that it begins at @rip, and waits for no SIPI. */
void child_add_vp(struct child *child, u32 index, u64 rip);
/* Code for page 0, at its start */
void child_code(struct child *child, const void *code, size_t size);
/* The page as the parent sees it */
void *child_page(struct child *child, u64 parent_gpn);
/* More of the parent's pages for it, one behind the other from @gpn on */
void child_map(struct child *child, u64 gpn, u32 flags, unsigned int count, u64 *sources);
/* A page of it without access */
void child_deny(struct child *child, u64 gpn);
/* Dispatch until there is an intercept, or it is blocked; what came of it */
struct hvp_dispatch_vp_out child_run(struct child *child);
/* The same, which has to be an intercept */
const struct hvp_message *child_intercept(struct child *child);
/* It writes, at @rip, to a page that it may not write to, and gets it, all ones: which one */
u64 child_wants_page(struct child *child, u64 rip, u64 gpn);

#endif
