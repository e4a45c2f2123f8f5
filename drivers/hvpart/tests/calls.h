/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Calls, and what comes of them.  Which (call, status) pairs the tests get is said at
 * the end of each suite, by lines "# got HvCreatePartition SUCCESS".
 */
#ifndef _HVPART_TESTS_CALLS_H
#define _HVPART_TESTS_CALLS_H

#include <hvpart/abi.h>
#include <hvpart/abi/registers.h>
#include <hvpart/guest.h>

struct hvp_world;
struct kunit;

#define HVP_ALL_PRIVILEGES	HVP_PARTITION_PRIVILEGES

#define HVP_WORLD_GPA_BITS	48

/* Synthetic processor features: may be accessed before initialization. */
#define HVP_EARLY_PROPERTY	0x00010001

/* A (call, status) pair in a table row. */
struct hvp_pair {
	u16 code;
	enum hvp_status status;
};

#define HVP_PAIR(call, status)	{ HVP_CALL_##call, HVP_STATUS_##status }

/**
 * struct hvp_try - a call to be made, with as much input and output as the contract says
 * @code:	its code
 * @control:	further bits of the input value
 * @in:		input; it and the output are placed so that they end where their pages end
 * @header_words: of the variable header, which is part of @in, in units of 8 bytes
 * @rep_count:	elements of a list
 * @rep_start:	the first to be processed
 * @fast:	pass the input in registers
 */
struct hvp_try {
	u16 code;
	u64 control;
	const void *in;
	unsigned int header_words;
	unsigned int rep_count;
	unsigned int rep_start;
	bool fast;
};

/**
 * struct hvp_reply - what came of a call
 * @code:	its code
 * @status:	the status
 * @reps:	reps completed
 * @out:	the output, where the guest would read it
 */
struct hvp_reply {
	u16 code;
	enum hvp_status status;
	unsigned int reps;
	const u64 *out;
};

struct hvp_call hvp_world_place(struct hvp_world *world, const struct hvp_try *try);
u64 hvp_world_dispatch(struct hvp_world *world, struct hvp_partition *caller,
		       const struct hvp_call *call);
struct hvp_reply hvp_try(struct hvp_world *world, struct hvp_partition *caller,
			 const struct hvp_try *try);

/* The calls with parameters as they ought to be, whatever comes of them. */
struct hvp_reply hvp_try_create(struct hvp_world *world, struct hvp_partition *caller,
				const struct hvp_create_partition_in *in);
struct hvp_reply hvp_try_id(struct hvp_world *world, struct hvp_partition *caller, u16 code,
			    u64 id);
#define hvp_try_initialize(world, caller, id) \
	hvp_try_id(world, caller, HVP_CALL_INITIALIZE_PARTITION, id)
#define hvp_try_finalize(world, caller, id) \
	hvp_try_id(world, caller, HVP_CALL_FINALIZE_PARTITION, id)
#define hvp_try_delete(world, caller, id) \
	hvp_try_id(world, caller, HVP_CALL_DELETE_PARTITION, id)
struct hvp_reply hvp_try_get_id(struct hvp_world *world, struct hvp_partition *caller);
struct hvp_reply hvp_try_deposit(struct hvp_world *world, struct hvp_partition *caller,
				 u64 id, const u64 *gfns, unsigned int count,
				 unsigned int start);
struct hvp_reply hvp_try_withdraw(struct hvp_world *world, struct hvp_partition *caller,
				  u64 id, struct hvp_proximity proximity,
				  unsigned int count, unsigned int start);
struct hvp_reply hvp_try_balance(struct hvp_world *world, struct hvp_partition *caller,
				 u64 id, struct hvp_proximity proximity);
struct hvp_reply hvp_try_get_property(struct hvp_world *world, struct hvp_partition *caller,
				      u64 id, u32 property);
struct hvp_reply hvp_try_set_property(struct hvp_world *world, struct hvp_partition *caller,
				      u64 id, u32 property, u64 value);
struct hvp_reply hvp_try_next_child(struct hvp_world *world, struct hvp_partition *caller,
				    u64 parent_id, u64 previous_child_id);
struct hvp_reply hvp_try_get_property_ex(struct hvp_world *world, struct hvp_partition *caller,
					 u64 id, u32 property, u64 argument);

/* Statistics pages, by what they are of: a partition, or a virtual processor. */
#define HVP_PARTITION_AREA(id, of)	((struct hvp_stats_page_in){		\
	.type = HVP_STATS_PARTITION,						\
	.identity = { .partition_id = (id), .area = (of) } })
#define HVP_VP_AREA(index, of)		((struct hvp_stats_page_in){		\
	.type = HVP_STATS_VP,							\
	.identity = { .partition_id = HVP_PARTITION_ID_SELF,			\
		      .vp_index = (index), .area = (of) } })
struct hvp_reply hvp_try_map(struct hvp_world *world, struct hvp_partition *caller,
			     struct hvp_stats_page_in object);
struct hvp_reply hvp_try_map2(struct hvp_world *world, struct hvp_partition *caller,
			      struct hvp_stats_page_in object, u64 gfn);
struct hvp_reply hvp_try_unmap(struct hvp_world *world, struct hvp_partition *caller,
			       struct hvp_stats_page_in object);
/* The word of a state page's call that says which. */
#define HVP_STATE_PAGE_VALUE(index, type)					\
	((u64)HVP_STATE_PAGE_LOCATED << 56 | (u64)(type) << 32 | (index))

struct hvp_reply hvp_try_gpa(struct hvp_world *world, struct hvp_partition *caller, u16 code,
			     u64 id, u64 gpa_base, u32 flags, const u64 *gfns,
			     unsigned int count, unsigned int start);
struct hvp_reply hvp_try_access_state(struct hvp_world *world, struct hvp_partition *caller,
				      u64 id, u64 gfn, u64 flags, unsigned int count,
				      unsigned int start);
struct hvp_reply hvp_try_create_vp(struct hvp_world *world, struct hvp_partition *caller,
				   u64 id, u32 index, struct hvp_proximity proximity);
struct hvp_reply hvp_try_delete_vp(struct hvp_world *world, struct hvp_partition *caller,
				   u64 id, u32 index);
struct hvp_reply hvp_try_get_registers(struct hvp_world *world, struct hvp_partition *caller,
				       u64 id, u32 index, const u32 *names,
				       unsigned int count);
struct hvp_reply hvp_try_set_registers(struct hvp_world *world, struct hvp_partition *caller,
				       u64 id, u32 index,
				       const struct hvp_register_assoc *assocs,
				       unsigned int count);
struct hvp_reply hvp_try_run(struct hvp_world *world, struct hvp_partition *caller, u64 id,
			     u32 index, u32 flags);
struct hvp_reply hvp_try_map_state(struct hvp_world *world, struct hvp_partition *caller,
				   u64 id, u32 index, u16 type, u64 gfn);
/* The port, and the connection, of calls that just have to have one. */
#define HVP_TEST_PORT	1

/* A doorbell's port, for a child, as Linux makes it. */
#define HVP_DOORBELL_PORT(its_id, child)	((struct hvp_create_port_in){		\
	.partition_id = HVP_PARTITION_ID_SELF, .port_id = (its_id),			\
	.connection_partition_id = (child), .type = HVP_PORT_DOORBELL,			\
	.sint = HVP_DOORBELL_SINT, .vp_index = HVP_ANY_VP })
struct hvp_connect_port_in hvp_doorbell_at(u32 id, u64 child, u64 gpa);
struct hvp_reply hvp_try_create_port(struct hvp_world *world, struct hvp_partition *caller,
				     struct hvp_create_port_in in);
struct hvp_reply hvp_try_connect_port(struct hvp_world *world, struct hvp_partition *caller,
				      struct hvp_connect_port_in in);
struct hvp_reply hvp_try_delete_port(struct hvp_world *world, struct hvp_partition *caller,
				     u32 port_id);
struct hvp_reply hvp_try_disconnect_port(struct hvp_world *world, struct hvp_partition *caller,
					 u64 id, u32 connection_id);
struct hvp_reply hvp_try_ring_empty(struct hvp_world *world, struct hvp_partition *caller,
				    u32 sint);
struct hvp_reply hvp_try_unmap_state(struct hvp_world *world, struct hvp_partition *caller,
				     u64 id, u32 index, u16 type);

void hvp_make_port_ready(struct hvp_world *world, struct hvp_partition *caller,
			 struct hvp_partition *child, u16 code);
void hvp_make_ready(struct hvp_world *world, struct hvp_partition *child, u16 code);
struct hvp_reply hvp_try_code(struct hvp_world *world, struct hvp_partition *caller, u16 code,
			      u64 id);

/* What is expected of a reply; the one place where a pair is checked. */
#define hvp_expect_status(test, reply, call, expected) \
	hvp_expect_pair(test, reply, (struct hvp_pair)HVP_PAIR(call, expected))
void hvp_expect_pair(struct kunit *test, struct hvp_reply reply, struct hvp_pair pair);
const char *hvp_status_name(enum hvp_status status);

#endif /* _HVPART_TESTS_CALLS_H */
