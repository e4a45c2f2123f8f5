// SPDX-License-Identifier: GPL-2.0
/* Calls made the way a guest makes them. */

#include <hvpart/abi/gpa.h>
#include "../core/call/control.h"
#include "../core/call/dispatch.h"
#include "../core/call/table.h"
#include "../core/stats.h"
#include "../core/stats_page.h"
#include "contract.h"
#include "faults.h"

static u64 hvp_end_of_page(u64 gfn, size_t size)
{
	/* Parameters are aligned. */
	return ((gfn + 1) << HVP_PAGE_SHIFT) - ALIGN(size, sizeof(u64));
}

/**
 * hvp_world_place() - put the parameters of a call where they cannot be overrun
 * @world:	the world
 * @try:	the call
 *
 * Return: the call as its registers say it.
 */
struct hvp_call hvp_world_place(struct hvp_world *world, const struct hvp_try *try)
{
	const struct hvp_contract_call *shape = hvp_contract_of(try->code);
	u64 output_gfn = HVP_FAKE_OUTPUT_GFN(world->level);
	size_t in_size = hvp_contract_in_bytes(shape, try->rep_count) +
			 try->header_words * sizeof(u64);
	size_t out_size = hvp_contract_out_bytes(shape, try->rep_count);
	u8 *input_page = hvp_fake_memory(&world->guest,
					 HVP_FAKE_INPUT_GFN(world->level) << HVP_PAGE_SHIFT);
	struct hvp_call call = {
		.control = try->code | try->control |
			   (u64)try->header_words << HVP_CONTROL_VARHEAD_SHIFT |
			   (u64)try->rep_count << HVP_CONTROL_REP_COUNT_SHIFT |
			   (u64)try->rep_start << HVP_CONTROL_REP_START_SHIFT,
		/* A call may leave rubbish in registers that it does not use. */
		.input = 0x1234567,
		.output = 0x1234567,
	};

	if (try->fast) {
		call.control |= HVP_CONTROL_FAST;
		call.input = ((const u64 *)try->in)[0];
		if (shape->in_size > sizeof(u64))
			call.output = ((const u64 *)try->in)[1];
	} else if (in_size) {
		call.input = hvp_end_of_page(HVP_FAKE_INPUT_GFN(world->level), in_size);
		memmove(hvp_fake_memory(&world->guest, call.input), try->in, in_size);
	}
	memset(hvp_fake_memory(&world->guest, output_gfn << HVP_PAGE_SHIFT),
	       HVP_FAKE_UNTOUCHED, HVP_PAGE_SIZE);
	if (out_size)
		call.output = hvp_end_of_page(output_gfn, out_size);

	memcpy(world->inputs[world->level], input_page, HVP_PAGE_SIZE);
	world->guest.input = (struct hvp_fake_window){ call.input, try->fast ? 0 : in_size };
	world->guest.output = (struct hvp_fake_window){ call.output, out_size };
	bitmap_zero(world->guest.read, HVP_PAGE_SIZE);
	return call;
}

/*
 * A call is made inside KVM's loop, and outside if it has to be, when it has done nothing yet.
 * Whether it has to be is known from its row, unless something has to be stopped first.
 */
static u64 hvp_dispatch_in_two(struct hvp_world *world, const struct hvp_call_row *row,
			       const struct hvp_call *call, const struct hvp_caller *who)
{
	struct hvp_fake_guest *guest = &world->guest;
	u8 *input = hvp_fake_memory(guest, HVP_FAKE_INPUT_GFN(world->level) << HVP_PAGE_SHIFT);
	struct hvp_call again = *call;
	u64 result;

	guest->machines.inside = guest->watched;
	result = hvp_dispatch(row, call, who, &guest->guest);
	guest->machines.inside = false;
	if (result != HVP_RESULT_OUTSIDE) {
		KUNIT_EXPECT_FALSE(world->test, row->outside);
		return result;
	}
	KUNIT_EXPECT_TRUE(world->test,
			  row->outside || row->code == HVP_CALL_FINALIZE_PARTITION ||
			  row->code == HVP_CALL_SET_PARTITION_PROPERTY);
	if (guest->watched && !row->outside && !hvp_control_fast(call->control)) {
		memcpy(input, world->inputs[world->level], HVP_PAGE_SIZE);
		bitmap_zero(guest->read, HVP_PAGE_SIZE);
	}
	again.outside = true;
	result = hvp_dispatch(row, &again, who, &guest->guest);
	KUNIT_EXPECT_NE(world->test, result, HVP_RESULT_OUTSIDE);
	return result;
}

/**
 * hvp_world_dispatch() - make a call, and nothing else
 * @world:	the world
 * @caller:	the calling partition
 * @call:	the call
 *
 * Return: the result value.
 */
u64 hvp_world_dispatch(struct hvp_world *world, struct hvp_partition *caller,
		       const struct hvp_call *call)
{
	const struct hvp_caller who = {
		.partition = caller,
		.vp = world->vp,
	};
	const struct hvp_call_row *row;
	unsigned int left;
	u64 result;

	hvp_fail_allocation(world->fail_nth, world->fail_later);
	row = hvp_call_row(call->control);
	result = hvp_dispatch_in_two(world, row, call, &who);
	left = hvp_allocations_left();
	hvp_fail_allocation(0, false);
	hvp_stats_count(row, result & HVP_RESULT_STATUS_MASK);
	world->fail_nth = left;
	return result;
}

/* Output bytes [from, to) may have been written, no other has. */
static void hvp_expect_untouched_but(struct hvp_world *world, u64 from, u64 to)
{
	u64 gfn = HVP_FAKE_OUTPUT_GFN(world->level);
	u64 page = gfn << HVP_PAGE_SHIFT;
	const u8 *byte = hvp_fake_memory(&world->guest, page);

	KUNIT_EXPECT_NULL_MSG(world->test,
			      memchr_inv(byte, HVP_FAKE_UNTOUCHED, from - page),
			      "written before the output");
	KUNIT_EXPECT_NULL_MSG(world->test,
			      memchr_inv(byte + (to - page), HVP_FAKE_UNTOUCHED,
					 page + HVP_PAGE_SIZE - to),
			      "written behind the output");
}

static void hvp_expect_output_confined(struct hvp_world *world, const struct hvp_try *try,
				       const struct hvp_call *call,
				       const struct hvp_reply *reply)
{
	const struct hvp_contract_call *shape = hvp_contract_of(try->code);
	u64 end_of_page = hvp_end_of_page(HVP_FAKE_OUTPUT_GFN(world->level), 0);
	u64 from = end_of_page;
	u64 to = end_of_page;

	if (shape->out_size && !reply->status) {
		from = call->output;
		to = from + shape->out_size;
	} else if (shape->out_element && reply->reps > try->rep_start) {
		from = call->output + shape->out_element * try->rep_start;
		to = call->output + shape->out_element * reply->reps;
	}
	hvp_expect_untouched_but(world, from, to);
}

static struct hvp_reply hvp_read_result(struct hvp_world *world, const struct hvp_try *try,
					const struct hvp_call *call, u64 result)
{
	struct hvp_reply reply = {
		.code = try->code,
		.status = result & HVP_RESULT_STATUS_MASK,
		.reps = result >> HVP_RESULT_REPS_SHIFT & HVP_CONTROL_REP_MASK,
	};

	if (world->guest.output.size)
		reply.out = hvp_fake_memory(&world->guest, call->output);
	KUNIT_EXPECT_EQ_MSG(world->test, result,
			    reply.status | (u64)reply.reps << HVP_RESULT_REPS_SHIFT,
			    "reserved bits of the result are set");
	KUNIT_EXPECT_LE(world->test, reply.reps, try->rep_count);
	if (!reply.status)
		KUNIT_EXPECT_EQ(world->test, reply.reps, try->rep_count);
	return reply;
}

/**
 * hvp_try() - make a call and see that it did nothing that no call may do
 * @world:	the world
 * @caller:	the calling partition
 * @try:	the call
 *
 * The result word has no bit that it may not have; output was written where
 * and when it may be; if the call failed without a rep completed, nothing has
 * changed anywhere; the books balance.
 *
 * Return: what the guest gets.
 */
struct hvp_reply hvp_try(struct hvp_world *world, struct hvp_partition *caller,
			 const struct hvp_try *try)
{
	/* Of the call, if any, in the middle of which this one is made. */
	struct hvp_fake_window input = world->guest.input;
	struct hvp_fake_window output = world->guest.output;
	struct hvp_call call = hvp_world_place(world, try);
	unsigned int not_zeroed = world->guest.not_zeroed;
	bool alone = !world->level && !world->guest.hook;
	struct hvp_reply reply;

	if (alone)
		hvp_keep_books(world, &world->books[0]);
	reply = hvp_read_result(world, try, &call, hvp_world_dispatch(world, caller, &call));
	hvp_expect_output_confined(world, try, &call, &reply);
	if (alone) {
		hvp_keep_books(world, &world->books[1]);
		hvp_expect_books_balance(world, &world->books[1]);
		/* A page that cannot be given back has left its pool all the same. */
		if (reply.status && reply.reps <= try->rep_start &&
		    world->guest.not_zeroed == not_zeroed)
			hvp_expect_same(world, &world->books[0], &world->books[1]);
	}
	world->guest.input = input;
	world->guest.output = output;
	return reply;
}

static struct hvp_reply hvp_try_simple(struct hvp_world *world, struct hvp_partition *caller,
				       u16 code, const void *in)
{
	return hvp_try(world, caller, &(struct hvp_try){ .code = code, .in = in });
}

struct hvp_reply hvp_try_create(struct hvp_world *world, struct hvp_partition *caller,
				const struct hvp_create_partition_in *in)
{
	return hvp_try_simple(world, caller, HVP_CALL_CREATE_PARTITION, in);
}

/* A call whose input is one ID: initialize, finalize, delete. */
struct hvp_reply hvp_try_id(struct hvp_world *world, struct hvp_partition *caller, u16 code,
			    u64 id)
{
	return hvp_try_simple(world, caller, code, &id);
}

struct hvp_reply hvp_try_get_id(struct hvp_world *world, struct hvp_partition *caller)
{
	return hvp_try_simple(world, caller, HVP_CALL_GET_PARTITION_ID, NULL);
}

struct hvp_reply hvp_try_deposit(struct hvp_world *world, struct hvp_partition *caller,
				 u64 id, const u64 *gfns, unsigned int count,
				 unsigned int start)
{
	/* On its own page: the stack has no room, an allocation might be counted. */
	u64 *in = hvp_fake_memory(&world->guest,
				  hvp_end_of_page(HVP_FAKE_INPUT_GFN(world->level),
						  (1 + count) * sizeof(u64)));

	in[0] = id;
	memcpy(in + 1, gfns, count * sizeof(u64));
	return hvp_try(world, caller, &(struct hvp_try){
		.code = HVP_CALL_DEPOSIT_MEMORY,
		.in = in,
		.rep_count = count,
		.rep_start = start,
	});
}

static void hvp_expect_returned(struct hvp_world *world, u64 gfn, bool zeroed)
{
	struct hvp_fake_page *page = hvp_fake_page(&world->guest, gfn);

	KUNIT_ASSERT_NOT_NULL_MSG(world->test, page, "page %#llx is none of the guest's", gfn);
	KUNIT_ASSERT_NOT_NULL_MSG(world->test, page->page, "page %#llx is not mapped", gfn);
	KUNIT_EXPECT_EQ(world->test, page->pins, 0);
	KUNIT_EXPECT_FALSE(world->test, hvp_world_claimed(world, gfn));
	if (!zeroed)
		return;
	KUNIT_EXPECT_NULL_MSG(world->test,
			      memchr_inv(hvp_fake_memory(&world->guest, gfn << HVP_PAGE_SHIFT),
					 0, HVP_PAGE_SIZE),
			      "page %#llx does not read as zeroes", gfn);
}

struct hvp_reply hvp_try_withdraw(struct hvp_world *world, struct hvp_partition *caller,
				  u64 id, struct hvp_proximity proximity,
				  unsigned int count, unsigned int start)
{
	const struct hvp_partition_proximity in = { id, proximity };
	struct hvp_reply reply = hvp_try(world, caller, &(struct hvp_try){
		.code = HVP_CALL_WITHDRAW_MEMORY,
		.in = &in,
		.rep_count = count,
		.rep_start = start,
	});
	unsigned int i;

	if (reply.status && reply.status != HVP_STATUS_NO_RESOURCES)
		return reply;
	for (i = start; i < reply.reps; i++)
		hvp_expect_returned(world, reply.out[i], true);
	return reply;
}

struct hvp_reply hvp_try_balance(struct hvp_world *world, struct hvp_partition *caller,
				 u64 id, struct hvp_proximity proximity)
{
	const struct hvp_partition_proximity in = { id, proximity };

	return hvp_try_simple(world, caller, HVP_CALL_GET_MEMORY_BALANCE, &in);
}

struct hvp_reply hvp_try_get_property(struct hvp_world *world, struct hvp_partition *caller,
				      u64 id, u32 property)
{
	/* Padding holds rubbish, as it does in real calls. */
	const struct hvp_get_property_in in = { id, property, 0xdeadbeef };

	return hvp_try_simple(world, caller, HVP_CALL_GET_PARTITION_PROPERTY, &in);
}

struct hvp_reply hvp_try_set_property(struct hvp_world *world, struct hvp_partition *caller,
				      u64 id, u32 property, u64 value)
{
	const struct hvp_set_property_in in = { id, property, 0xdeadbeef, value };

	return hvp_try_simple(world, caller, HVP_CALL_SET_PARTITION_PROPERTY, &in);
}

struct hvp_reply hvp_try_next_child(struct hvp_world *world, struct hvp_partition *caller,
				    u64 parent_id, u64 previous_child_id)
{
	const struct hvp_get_next_child_in in = { parent_id, previous_child_id };

	return hvp_try_simple(world, caller, HVP_CALL_GET_NEXT_CHILD_PARTITION, &in);
}

struct hvp_reply hvp_try_get_property_ex(struct hvp_world *world, struct hvp_partition *caller,
					 u64 id, u32 property, u64 argument)
{
	const struct hvp_get_property_ex_in in = { id, property, 0xdeadbeef, argument };

	return hvp_try_simple(world, caller, HVP_CALL_GET_PARTITION_PROPERTY_EX, &in);
}

struct hvp_reply hvp_try_map(struct hvp_world *world, struct hvp_partition *caller,
			     struct hvp_stats_page_in object)
{
	return hvp_try_simple(world, caller, HVP_CALL_MAP_STATS_PAGE, &object);
}

struct hvp_reply hvp_try_map2(struct hvp_world *world, struct hvp_partition *caller,
			      struct hvp_stats_page_in object, u64 gfn)
{
	const struct hvp_map_stats_page2_in in = { object, gfn };

	return hvp_try_simple(world, caller, HVP_CALL_MAP_STATS_PAGE2, &in);
}

/* Where the caller has this mapped, and whether it is a page of its pool. */
static struct hvp_stats_page *hvp_mapped_page(struct hvp_world *world,
					      struct hvp_partition *caller,
					      const struct hvp_stats_page_in *object)
{
	const struct hvp_stats_identity *identity = &object->identity;
	struct hvp_partition *target = caller;
	struct hvp_stats_page *page;

	if (identity->partition_id != HVP_PARTITION_ID_SELF)
		target = xa_load(&world->hierarchy->partitions, identity->partition_id);
	if (!target)
		return NULL;
	list_for_each_entry(page, &target->stats_pages, node) {
		if (page->payer == caller && page->object.type == object->type &&
		    page->object.identity.vp_index == identity->vp_index &&
		    page->object.identity.area == identity->area)
			return page;
	}
	return NULL;
}

struct hvp_reply hvp_try_unmap(struct hvp_world *world, struct hvp_partition *caller,
			       struct hvp_stats_page_in object)
{
	const struct hvp_stats_page *mapped = hvp_mapped_page(world, caller, &object);
	bool located = mapped && !mapped->lent;
	u64 gfn = mapped ? mapped->page.gfn : 0;
	unsigned int not_zeroed = world->guest.not_zeroed;
	struct hvp_reply reply = hvp_try_simple(world, caller, HVP_CALL_UNMAP_STATS_PAGE, &object);

	if (!reply.status && located)
		hvp_expect_returned(world, gfn, world->guest.not_zeroed == not_zeroed);
	return reply;
}

/* HvMapGpaPages, HvUnmapGpaPages */
struct hvp_reply hvp_try_gpa(struct hvp_world *world, struct hvp_partition *caller, u16 code,
			     u64 id, u64 gpa_base, u32 flags, const u64 *gfns,
			     unsigned int count, unsigned int start)
{
	unsigned int listed = code == HVP_CALL_MAP_GPA_PAGES ? count : 0;
	u64 *in = hvp_fake_memory(&world->guest,
				  hvp_end_of_page(HVP_FAKE_INPUT_GFN(world->level),
						  (3 + listed) * sizeof(u64)));

	in[0] = id;
	in[1] = gpa_base;
	in[2] = flags | 0xdeadbeefULL << 32;
	if (gfns)
		memcpy(in + 3, gfns, listed * sizeof(u64));
	else
		memset(in + 3, 0, listed * sizeof(u64));
	return hvp_try(world, caller, &(struct hvp_try){
		.code = code, .in = in, .rep_count = count, .rep_start = start });
}

struct hvp_reply hvp_try_access_state(struct hvp_world *world, struct hvp_partition *caller,
				      u64 id, u64 gfn, u64 flags, unsigned int count,
				      unsigned int start)
{
	const u64 in[] = { id, flags, gfn };

	return hvp_try(world, caller, &(struct hvp_try){
		.code = HVP_CALL_GET_GPA_PAGES_ACCESS_STATE, .in = in, .rep_count = count,
		.rep_start = start });
}

struct hvp_reply hvp_try_create_vp(struct hvp_world *world, struct hvp_partition *caller,
				   u64 id, u32 index, struct hvp_proximity proximity)
{
	const struct hvp_create_vp_in in = {
		.partition_id = id,
		.vp_index = index,
		.padding = { 0xde, 0xad, 0xbe },
		.subnode_id = 0xdeadbeef,
		.proximity = proximity,
	};

	return hvp_try_simple(world, caller, HVP_CALL_CREATE_VP, &in);
}

struct hvp_reply hvp_try_delete_vp(struct hvp_world *world, struct hvp_partition *caller,
				   u64 id, u32 index)
{
	const struct hvp_vp_in in = { .partition_id = id, .vp_index = index };

	return hvp_try_simple(world, caller, HVP_CALL_DELETE_VP, &in);
}

/* Of lists, the fixed part is a struct hvp_vp_in. */
static void *hvp_vp_list_input(struct hvp_world *world, u64 id, u32 index, const void *list,
			       size_t size)
{
	struct hvp_vp_in *in = hvp_fake_memory(&world->guest,
					       hvp_end_of_page(HVP_FAKE_INPUT_GFN(world->level),
							       sizeof(*in) + size));

	*in = (struct hvp_vp_in){ .partition_id = id, .vp_index = index,
				  .reserved = { 0xde, 0xad, 0xbe } };
	memcpy(in + 1, list, size);
	return in;
}

struct hvp_reply hvp_try_get_registers(struct hvp_world *world, struct hvp_partition *caller,
				       u64 id, u32 index, const u32 *names,
				       unsigned int count)
{
	return hvp_try(world, caller, &(struct hvp_try){
		.code = HVP_CALL_GET_VP_REGISTERS,
		.in = hvp_vp_list_input(world, id, index, names, count * sizeof(*names)),
		.rep_count = count });
}

struct hvp_reply hvp_try_set_registers(struct hvp_world *world, struct hvp_partition *caller,
				       u64 id, u32 index,
				       const struct hvp_register_assoc *assocs,
				       unsigned int count)
{
	return hvp_try(world, caller, &(struct hvp_try){
		.code = HVP_CALL_SET_VP_REGISTERS,
		.in = hvp_vp_list_input(world, id, index, assocs, count * sizeof(*assocs)),
		.rep_count = count });
}

struct hvp_reply hvp_try_run(struct hvp_world *world, struct hvp_partition *caller, u64 id,
			     u32 index, u32 flags)
{
	const struct hvp_dispatch_vp_in in = {
		.partition_id = id, .vp_index = index, .flags = flags };

	return hvp_try_simple(world, caller, HVP_CALL_DISPATCH_VP, &in);
}

struct hvp_reply hvp_try_map_state(struct hvp_world *world, struct hvp_partition *caller,
				   u64 id, u32 index, u16 type, u64 gfn)
{
	const u64 in[] = { id, HVP_STATE_PAGE_VALUE(index, type), gfn };

	return hvp_try_simple(world, caller, HVP_CALL_MAP_VP_STATE_PAGE, in);
}

struct hvp_reply hvp_try_unmap_state(struct hvp_world *world, struct hvp_partition *caller,
				     u64 id, u32 index, u16 type)
{
	const u64 in[] = { id, HVP_STATE_PAGE_VALUE(index, type) };

	return hvp_try_simple(world, caller, HVP_CALL_UNMAP_VP_STATE_PAGE, in);
}

/**
 * hvp_doorbell_at() - what rings a port, if a child writes anything to an address
 * @id:		of the port, and of the connection
 * @child:	the child's ID
 * @gpa:	the address
 *
 * Return: input for hvp_try_connect_port().
 */
struct hvp_connect_port_in hvp_doorbell_at(u32 id, u64 child, u64 gpa)
{
	return (struct hvp_connect_port_in){
		.partition_id = child,
		.connection_id = id,
		.port_partition_id = HVP_PARTITION_ID_SELF,
		.port_id = id,
		.type = HVP_PORT_DOORBELL,
		.gpa = gpa,
		.flags = HVP_DOORBELL_ANY_VALUE,
	};
}

struct hvp_reply hvp_try_create_port(struct hvp_world *world, struct hvp_partition *caller,
				     struct hvp_create_port_in in)
{
	in.padding1 = 0xdead;
	in.padding2 = 0xdeadbeef;
	in.reserved = 0xdeadbeef;
	return hvp_try_simple(world, caller, HVP_CALL_CREATE_PORT, &in);
}

struct hvp_reply hvp_try_connect_port(struct hvp_world *world, struct hvp_partition *caller,
				      struct hvp_connect_port_in in)
{
	in.padding1[0] = 0xbe;
	in.padding2 = 0xdeadbeef;
	in.padding3 = 0xdeadbeef;
	return hvp_try_simple(world, caller, HVP_CALL_CONNECT_PORT, &in);
}

struct hvp_reply hvp_try_delete_port(struct hvp_world *world, struct hvp_partition *caller,
				     u32 port_id)
{
	const struct hvp_delete_port_in in = {
		.partition_id = HVP_PARTITION_ID_SELF, .port_id = port_id,
		.padding = 0xdeadbeef };

	return hvp_try_simple(world, caller, HVP_CALL_DELETE_PORT, &in);
}

struct hvp_reply hvp_try_disconnect_port(struct hvp_world *world, struct hvp_partition *caller,
					 u64 id, u32 connection_id)
{
	const struct hvp_disconnect_port_in in = {
		.partition_id = id, .connection_id = connection_id,
		.flags = HVP_DISCONNECT_DOORBELL };

	return hvp_try_simple(world, caller, HVP_CALL_DISCONNECT_PORT, &in);
}

struct hvp_reply hvp_try_ring_empty(struct hvp_world *world, struct hvp_partition *caller,
				    u32 sint)
{
	const struct hvp_notify_port_ring_empty_in in = { sint, 0xdeadbeef };

	return hvp_try_simple(world, caller, HVP_CALL_NOTIFY_PORT_RING_EMPTY, &in);
}

/* More than a map can need for one call of a test. */
#define HVP_MAP_PAGES	24

/**
 * hvp_make_port_ready() - see that a call for a port can succeed
 * @world:	the world
 * @caller:	the calling partition, whose pool can pay for a port
 * @child:	a child of its own, or NULL: the first that is active
 * @code:	the call
 *
 * A port is to be there, not connected, unless the call is to create it, or connected.
 */
void hvp_make_port_ready(struct hvp_world *world, struct hvp_partition *caller,
			 struct hvp_partition *child, u16 code)
{
	struct hvp_partition *any;

	if (!child) {
		list_for_each_entry(any, &caller->children, sibling) {
			if (!child && any->state == HVP_STATE_ACTIVE)
				child = any;
		}
	}
	if (!child)
		return;
	if (!list_empty(&caller->ports))
		hvp_try_delete_port(world, caller, HVP_TEST_PORT);
	if (code == HVP_CALL_CREATE_PORT)
		return;
	hvp_expect_status(world->test,
			  hvp_try_create_port(world, caller,
					      HVP_DOORBELL_PORT(HVP_TEST_PORT, child->id)),
			  CREATE_PORT, SUCCESS);
	if (code == HVP_CALL_DISCONNECT_PORT)
		hvp_expect_status(world->test,
				  hvp_try_connect_port(world, caller,
						       hvp_doorbell_at(HVP_TEST_PORT, child->id,
								       0x1000)),
				  CONNECT_PORT, SUCCESS);
}

/**
 * hvp_make_ready() - see that a call can succeed, as far as that is its target's affair
 * @world:	the world
 * @child:	the target, which is left alone if it is not active
 * @code:	the call, with input as hvp_contract_input() makes it
 */
void hvp_make_ready(struct hvp_world *world, struct hvp_partition *child, u16 code)
{
	unsigned int fail_nth = world->fail_nth;
	struct hvp_vp *any;

	if (child->state != HVP_STATE_ACTIVE)
		return;
	world->fail_nth = 0;
	any = xa_load(&child->child.vps.list, 0);
	switch (code) {
	case HVP_CALL_MAP_GPA_PAGES:
		hvp_world_deposit(world, child, 0, HVP_MAP_PAGES);
		break;
	case HVP_CALL_CREATE_VP:
		hvp_world_deposit(world, child, 0, hvp_child_vp_pages());
		break;
	case HVP_CALL_REGISTER_INTERCEPT_RESULT:
		if (!any)
			hvp_world_vp(world, child, 0);
		fallthrough;
	case HVP_CALL_INSTALL_INTERCEPT:
		hvp_world_deposit(world, child, 0, hvp_rule_block_pages());
		break;
	case HVP_CALL_DELETE_VP:
	case HVP_CALL_GET_VP_REGISTERS:
	case HVP_CALL_SET_VP_REGISTERS:
	case HVP_CALL_TRANSLATE_VIRTUAL_ADDRESS:
	case HVP_CALL_ASSERT_VIRTUAL_INTERRUPT:
	case HVP_CALL_DISPATCH_VP:
	case HVP_CALL_GET_VP_CPUID_VALUES:
	case HVP_CALL_MAP_VP_STATE_PAGE:
	case HVP_CALL_GET_VP_STATE:
	case HVP_CALL_SET_VP_STATE:
		if (!any)
			hvp_world_vp(world, child, 0);
		break;
	case HVP_CALL_CONNECT_PORT:
	case HVP_CALL_DISCONNECT_PORT:
		hvp_world_deposit(world, child->parent, 0, 1);
		hvp_make_port_ready(world, child->parent, child, code);
		break;
	case HVP_CALL_UNMAP_VP_STATE_PAGE:
		if (!any)
			hvp_world_vp(world, child, 0);
		hvp_try_map_state(world, child->parent, child->id, 0, HVP_STATE_PAGE_REGISTERS,
				  hvp_world_fresh_pages(world, 0, 1));
		break;
	}
	world->fail_nth = fail_nth;
}

/* The first area of a partition that is not mapped yet. */
static struct hvp_reply hvp_try_map_either(struct hvp_world *world,
					   struct hvp_partition *caller, u64 id)
{
	struct hvp_reply reply = hvp_try_map(world, caller,
					     HVP_PARTITION_AREA(id, HVP_STATS_AREA_SELF));

	if (reply.status != HVP_STATUS_OBJECT_IN_USE)
		return reply;
	return hvp_try_map(world, caller, HVP_PARTITION_AREA(id, HVP_STATS_AREA_PARENT));
}

static struct hvp_reply hvp_try_map2_either(struct hvp_world *world,
					    struct hvp_partition *caller, u64 id)
{
	u64 gfn = hvp_world_fresh_pages(world, 0, 1);
	struct hvp_reply reply;

	reply = hvp_try_map2(world, caller, HVP_PARTITION_AREA(id, HVP_STATS_AREA_SELF), gfn);
	if (reply.status != HVP_STATUS_OBJECT_IN_USE)
		return reply;
	return hvp_try_map2(world, caller, HVP_PARTITION_AREA(id, HVP_STATS_AREA_PARENT), gfn);
}

/* For the caller itself, or in vain. */
static struct hvp_reply hvp_try_own_port(struct hvp_world *world, struct hvp_partition *caller,
					 u16 code, const struct hvp_try *try)
{
	unsigned int fail_nth = world->fail_nth;
	struct hvp_any_input in = *(const struct hvp_any_input *)try->in;
	struct hvp_partition *child;
	struct hvp_try again = *try;

	world->fail_nth = 0;
	hvp_make_port_ready(world, caller, NULL, code);
	world->fail_nth = fail_nth;
	list_for_each_entry(child, &caller->children, sibling) {
		if (code == HVP_CALL_CREATE_PORT && child->state == HVP_STATE_ACTIVE)
			in.word[2] = child->id;
	}
	again.in = &in;
	return hvp_try(world, caller, &again);
}

/* What is unmapped has been mapped, unless that was not possible. */
static struct hvp_reply hvp_try_unmap_mapped(struct hvp_world *world,
					     struct hvp_partition *caller, u64 id)
{
	const struct hvp_stats_page_in object = HVP_PARTITION_AREA(id, HVP_STATS_AREA_SELF);
	unsigned int fail_nth = world->fail_nth;

	world->fail_nth = 0;
	hvp_try_map(world, caller, object);
	world->fail_nth = fail_nth;
	return hvp_try_unmap(world, caller, object);
}

/**
 * hvp_try_code() - make any call, with parameters that would do
 * @world:	the world
 * @caller:	the calling partition
 * @code:	which call
 * @id:		the partition that it names, if it names any
 *
 * A deposit is of one fresh page, a withdrawal of one page from anywhere, a
 * property is an early one and is set to 0.  A statistics page is of the partition;
 * the caller's pool can pay for it, and what is to be unmapped is mapped before.  A child has
 * what the call needs.  A port is for an active child of the caller's, if there is one.
 *
 * Return: what the guest gets.
 */
struct hvp_reply hvp_try_code(struct hvp_world *world, struct hvp_partition *caller, u16 code,
			      u64 id)
{
	const struct hvp_contract_call *shape = hvp_contract_of(code);
	struct hvp_partition *child = xa_load(&world->hierarchy->partitions, id);
	struct hvp_any_input in = hvp_contract_input(shape, id);
	struct hvp_try try = hvp_contract_try(shape, &in, 1);

	if (child && child->parent == caller)
		hvp_make_ready(world, child, code);
	switch (code) {
	case HVP_CALL_WITHDRAW_MEMORY:
		return hvp_try_withdraw(world, caller, id, HVP_PROXIMITY_ANY, 1, 0);
	case HVP_CALL_MAP_STATS_PAGE:
		return hvp_try_map_either(world, caller, id);
	case HVP_CALL_MAP_STATS_PAGE2:
		return hvp_try_map2_either(world, caller, id);
	case HVP_CALL_UNMAP_STATS_PAGE:
		return hvp_try_unmap_mapped(world, caller, id);
	}
	if (code == HVP_CALL_CREATE_PORT || code == HVP_CALL_DELETE_PORT)
		return hvp_try_own_port(world, caller, code, &try);
	hvp_contract_list(world, shape, &in, 1);
	return hvp_try(world, caller, &try);
}

/**
 * hvp_status_name() - for messages
 * @status:	a status
 *
 * Return: its name.
 */
const char *hvp_status_name(enum hvp_status status)
{
	static const char * const names[] = {
#define HVP_STATUS_NAME(value, text)	[value] = #text,
		HVP_STATUS_LIST(HVP_STATUS_NAME)
	};

	return status < ARRAY_SIZE(names) && names[status] ? names[status] : "none of ours";
}

void hvp_expect_pair(struct kunit *test, struct hvp_reply reply, struct hvp_pair pair)
{
	KUNIT_EXPECT_EQ_MSG(test, reply.code, pair.code, "the pair names another call");
	KUNIT_EXPECT_EQ_MSG(test, reply.status, pair.status, "call %#x got %s instead of %s",
			    reply.code, hvp_status_name(reply.status),
			    hvp_status_name(pair.status));
}
