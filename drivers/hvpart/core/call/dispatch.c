// SPDX-License-Identifier: GPL-2.0
/*
 * From a hypercall's registers to its result: every check that a table row can
 * describe, in the contract's order, for all calls alike.
 */

#include <linux/align.h>
#include <linux/slab.h>
#include "../../trace.h"
#include "../hierarchy.h"
#include "../memory/caches.h"
#include "../partition.h"
#include "../vp/vp.h"
#include "control.h"
#include "dispatch.h"
#include "request.h"
#include "table.h"

static u64 hvp_result(enum hvp_status status, unsigned int reps)
{
	return status | (u64)reps << HVP_RESULT_REPS_SHIFT;
}

/* Is the control word one that this call can have?  (Contract, checks 2-5) */
static enum hvp_status hvp_check_control(const struct hvp_call_row *row, u64 control)
{
	unsigned int rep_count = hvp_control_rep_count(control);
	unsigned int rep_start = hvp_control_rep_start(control);

	if (control & (HVP_CONTROL_RESERVED_MASK | HVP_CONTROL_NESTED))
		return HVP_STATUS_INVALID_HYPERCALL_INPUT;
	if (hvp_control_header_size(control) && !row->variable_header)
		return HVP_STATUS_INVALID_HYPERCALL_INPUT;
	if (row->rep ? rep_start >= rep_count : rep_count || rep_start)
		return HVP_STATUS_INVALID_HYPERCALL_INPUT;
	if (hvp_control_fast(control) && !row->fast)
		return HVP_STATUS_INVALID_HYPERCALL_INPUT;
	return HVP_STATUS_SUCCESS;
}

/* The whole list counts, also what lies before rep start. */
static size_t hvp_input_bytes(const struct hvp_request *request)
{
	return request->row->input_size + request->header_size +
	       (size_t)request->row->input_element * request->rep_count;
}

static size_t hvp_output_bytes(const struct hvp_request *request)
{
	return request->row->output_size +
	       (size_t)request->row->output_element * request->rep_count;
}

static bool hvp_parameters_placed_well(u64 gpa, size_t size, unsigned int gpa_bits)
{
	if (!size)
		return true;
	/* The VMM says how wide an address is, and may say anything. */
	return IS_ALIGNED(gpa, HVP_PARAMETER_ALIGNMENT) &&
	       (gpa & (HVP_PAGE_SIZE - 1)) + size <= HVP_PAGE_SIZE &&
	       (gpa_bits >= BITS_PER_LONG_LONG || !(gpa >> gpa_bits));
}

/* Can both parameter lists be where the caller says they are?  (Check 6) */
static enum hvp_status hvp_check_placement(const struct hvp_request *request,
					   const struct hvp_call *call, unsigned int gpa_bits)
{
	if (!hvp_control_fast(call->control) &&
	    !hvp_parameters_placed_well(call->input, hvp_input_bytes(request), gpa_bits))
		return HVP_STATUS_INVALID_ALIGNMENT;
	if (!hvp_parameters_placed_well(call->output, hvp_output_bytes(request), gpa_bits))
		return HVP_STATUS_INVALID_ALIGNMENT;
	return HVP_STATUS_SUCCESS;
}

/* Get the fixed input, and see that an answer could be delivered.  (Check 8) */
static enum hvp_status hvp_access_parameters(struct hvp_request *request,
					     const struct hvp_call *call)
{
	struct hvp_guest *guest = request->guest;
	size_t size = request->row->input_size;

	if (hvp_control_fast(call->control)) {
		request->in.registers[0] = call->input;
		request->in.registers[1] = call->output;
	} else if (size && guest->ops->read(guest, call->input, &request->in, size)) {
		return HVP_STATUS_INVALID_HYPERCALL_INPUT;
	}

	/* One page, so all of it can be written if its first bytes can. */
	if (hvp_output_bytes(request) && guest->ops->probe_write(guest, call->output))
		return HVP_STATUS_INVALID_HYPERCALL_INPUT;
	return HVP_STATUS_SUCCESS;
}

/* Find the partition that the input names.  (Check 9) */
static enum hvp_status hvp_find_target(struct hvp_request *request)
{
	struct hvp_partition *caller = request->caller;
	struct hvp_partition *target;
	u64 id;

	if (request->row->target == HVP_TARGET_NONE)
		return HVP_STATUS_SUCCESS;

	id = *(u64 *)((void *)&request->in + request->row->target_at);
	if (id == HVP_PARTITION_ID_SELF || id == caller->id) {
		refcount_inc(&caller->refs);
		target = caller;
	} else {
		target = hvp_hierarchy_find(caller->hierarchy, id);
		if (!target)
			return HVP_STATUS_INVALID_PARTITION_ID;
	}

	request->target = target;	/* hvp_dispatch() puts it */
	if (target->parent == caller && request->row->target & HVP_TARGET_CHILD)
		return HVP_STATUS_SUCCESS;
	if (target == caller && request->row->target & HVP_TARGET_SELF)
		return HVP_STATUS_SUCCESS;
	return HVP_STATUS_ACCESS_DENIED;
}

/*
 * Give the handler what follows the fixed part of the input, and room for its answers.
 * The former is in the page that the fixed part was read from, so a failure to read it
 * means that the VMM took the page away in between.
 */
static enum hvp_status hvp_prepare_lists(struct hvp_request *request,
					 const struct hvp_call *call)
{
	const struct hvp_call_row *row = request->row;
	struct hvp_guest *guest = request->guest;
	u64 at = call->input + row->input_size;
	size_t size, skip;

	if (request->header_size) {
		request->header = kmalloc(request->header_size, HVP_GFP);
		if (request->header &&
		    guest->ops->read(guest, at, request->header, request->header_size))
			return HVP_STATUS_INVALID_HYPERCALL_INPUT;
		at += request->header_size;
	}
	if (!row->rep)
		return HVP_STATUS_SUCCESS;
	if (row->input_element) {
		size = (size_t)row->input_element * request->rep_count;
		skip = (size_t)row->input_element * request->rep_start;
		request->in_list = kmalloc(size, HVP_GFP);
		if (request->in_list && guest->ops->read(guest, at + skip,
							 request->in_list + skip, size - skip))
			return HVP_STATUS_INVALID_HYPERCALL_INPUT;
	}
	if (row->output_element)
		request->out_list = kmalloc((size_t)row->output_element * request->rep_count,
					    HVP_GFP);
	return HVP_STATUS_SUCCESS;
}

static enum hvp_status hvp_deliver(const struct hvp_request *request,
				   const struct hvp_call *call, enum hvp_status status)
{
	const struct hvp_call_row *row = request->row;
	struct hvp_guest *guest = request->guest;
	size_t skip, size;
	int error = 0;

	if (row->output_size && status == HVP_STATUS_SUCCESS) {
		error = guest->ops->write(guest, call->output, &request->out,
					  row->output_size);
	} else if (row->output_element && request->reps_done > request->rep_start) {
		skip = (size_t)row->output_element * request->rep_start;
		size = (size_t)row->output_element * request->reps_done - skip;
		error = guest->ops->write(guest, call->output + skip,
					  request->out_list + skip, size);
	}
	/*
	 * The page was writable when the call began; only the VMM can have
	 * changed that, and what it takes from its guest is its own affair.
	 */
	return error ? HVP_STATUS_INVALID_HYPERCALL_INPUT : status;
}

static enum hvp_status hvp_carry_out(struct hvp_request *request,
				     const struct hvp_call *call,
				     const struct hvp_caller *caller)
{
	const struct hvp_call_row *row = request->row;
	enum hvp_status status;

	status = hvp_check_placement(request, call, caller->vp->gpa_bits);
	if (status)
		return status;
	if (row->privilege & ~caller->vp->privileges)
		return HVP_STATUS_ACCESS_DENIED;
	status = hvp_access_parameters(request, call);
	if (status)
		return status;
	if (!request->caller)
		return HVP_STATUS_NO_RESOURCES;
	status = hvp_find_target(request);
	if (status)
		return status;
	if (request->target) {
		status = hvp_partition_check_state(request->target, row->states);
		if (status)
			return status;
	}
	status = hvp_prepare_lists(request, call);
	if (status)
		return status;
	status = row->handler(request);
	return status == HVP_STATUS_OUTSIDE ? status : hvp_deliver(request, call, status);
}

/**
 * hvp_dispatch() - answer a hypercall as its row says
 * @row:	the row of the call
 * @call:	the call
 * @caller:	who makes it
 * @guest:	whose memory its parameters are in
 *
 * Context: May sleep; in the vCPU thread that makes the call, no lock held.
 * Return: the hypercall result value, status and reps completed.  A call whose
 * control word is malformed has completed none; any other rep call that fails
 * before its first element has completed what rep start says.  HVP_RESULT_OUTSIDE if it is
 * to be made again outside KVM's loop, and nothing has been done yet.
 */
u64 hvp_dispatch(const struct hvp_call_row *row, const struct hvp_call *call,
		 const struct hvp_caller *caller, struct hvp_guest *guest)
{
	struct hvp_request request = {
		.row = row,
		.guest = guest,
		.caller = caller->partition,
		.vp = caller->vp,
		.outside = call->outside,
		.input_gfn = call->input >> HVP_PAGE_SHIFT,
	};
	enum hvp_status status;

	if (row->outside && !call->outside)
		return HVP_RESULT_OUTSIDE;
	trace_hvpart_call(call, request.caller ? request.caller->id : 0);
	status = hvp_check_control(row, call->control);
	if (!status) {
		request.rep_count = hvp_control_rep_count(call->control);
		request.rep_start = hvp_control_rep_start(call->control);
		request.reps_done = request.rep_start;
		request.header_size = hvp_control_header_size(call->control);
		status = hvp_carry_out(&request, call, caller);
	}
	trace_hvpart_call_done(row->code, request.target ? request.target->id : 0, status,
			       request.reps_done);
	hvp_partition_put(request.target);
	if (row->rep || row->variable_header) {
		kfree(request.header);
		kfree(request.in_list);
		kfree(request.out_list);
	}
	return status == HVP_STATUS_OUTSIDE ? HVP_RESULT_OUTSIDE :
					      hvp_result(status, request.reps_done);
}
