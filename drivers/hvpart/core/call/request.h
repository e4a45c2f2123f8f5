/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _HVPART_REQUEST_H
#define _HVPART_REQUEST_H

#include <linux/math.h>
#include <linux/stddef.h>
#include <hvpart/abi.h>
#include <hvpart/guest.h>

struct hvp_call_row;
struct hvp_partition;
struct hvp_vp;

/*
 * The fixed part of any call's input, each as the list of calls has it.  @registers are
 * what an input in registers is.
 */
#define HVP_CALL_INPUT(code, NAME, name, in, out, text)		in name;
union hvp_input {
	u64 registers[2];
	HVP_CALL_LIST(HVP_CALL_INPUT)
};

/*
 * The output of any simple call, of which the guest gets as many bytes as the call's row
 * says, whatever the handler has set.  An initializer zeroes the first member of a union
 * and, since gcc 15, nothing beyond it; so the first is as large as all.
 */
#define HVP_CALL_OUTPUT(code, NAME, name, in, out, text)	out name;
union hvp_any_output { HVP_CALL_LIST(HVP_CALL_OUTPUT) };
union hvp_output {
	u64 words[DIV_ROUND_UP(sizeof(union hvp_any_output), sizeof(u64))];
	HVP_CALL_LIST(HVP_CALL_OUTPUT)
};

static_assert(sizeof(union hvp_output) == sizeof_field(union hvp_output, words),
	      "the first member is the whole");

/*
 * What a handler answers that cannot go on inside KVM's loop, and has done nothing yet: the
 * call is made again outside, from the beginning.  No guest sees it.
 */
#define HVP_STATUS_OUTSIDE	((enum hvp_status)0x10000)

/**
 * struct hvp_request - a call that has been checked as far as its table row says
 * @row:	the row
 * @guest:	the guest, for its pages; handlers do not access its parameters
 * @caller:	the calling partition
 * @vp:		the calling virtual processor
 * @outside:	the call is made outside KVM's loop
 * @target:	the partition that the input names; NULL if the call names none
 * @in:		fixed part of the input, copied once
 * @out:	zeroed; delivered on SUCCESS if the row has an output
 * @header:	the variable header, @header_size bytes, copied once; NULL if there is
 *		none, or if the host has no memory for it, which counts after all values
 * @in_list:	@rep_count elements of the input, copied once, those before @rep_start left
 *		out; NULL likewise
 * @out_list:	@rep_count elements of the output, of which [rep_start, reps_done) are
 *		delivered whatever the status; NULL likewise
 * @input_gfn:	page number of the page that holds the input
 * @header_size: bytes of the variable header
 * @rep_count:	elements in each list
 * @rep_start:	the first one to be processed
 * @reps_done:	elements done, counted from the start of the list
 */
struct hvp_request {
	const struct hvp_call_row *row;
	struct hvp_guest *guest;
	struct hvp_partition *caller;
	const struct hvp_vp *vp;
	bool outside;
	struct hvp_partition *target;
	union hvp_input in;
	union hvp_output out;
	void *header;
	void *in_list;
	void *out_list;
	u64 input_gfn;
	unsigned int header_size;
	unsigned int rep_count;
	unsigned int rep_start;
	unsigned int reps_done;
};

/*
 * Handlers, one for each call.  They may sleep, hold no lock when called, and get a request
 * whose target was in an allowed state a moment ago: under the target's lock they look
 * again before they act.
 */
#define HVP_CALL_HANDLER(code, NAME, name, in, out, text)	\
	enum hvp_status hvp_##name(struct hvp_request *request);
HVP_CALL_LIST(HVP_CALL_HANDLER)

bool hvp_vps_stop(struct hvp_request *request);
void hvp_map_uncharge_all(struct hvp_partition *partition);

#endif /* _HVPART_REQUEST_H */
