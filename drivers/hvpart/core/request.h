/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _HVPART_REQUEST_H
#define _HVPART_REQUEST_H

#include <hvpart/abi.h>
#include <hvpart/guest.h>

struct hvp_call_row;
struct hvp_partition;

/* The fixed part of any call's input. */
union hvp_input {
	u64 partition_id;
	struct hvp_create_partition_in create;
	struct hvp_partition_proximity proximity;
	struct hvp_get_next_child_in next_child;
	struct hvp_get_property_in get_property;
	struct hvp_get_property_ex_in get_property_ex;
	struct hvp_set_property_in set_property;
	struct hvp_stats_page_in stats_page;
	struct hvp_map_stats_page2_in map_stats_page2;
};

#define HVP_OUTPUT_WORDS	2

/*
 * The output of any simple call, of which the guest gets as many bytes as the call's row
 * says, whatever the handler has set.  An initializer zeroes the first member of a union
 * and, since gcc 15, nothing beyond it; so the first is as large as all.
 */
union hvp_output {
	u64 words[HVP_OUTPUT_WORDS];
	struct hvp_partition_id id;
	struct hvp_get_property_out property;
	struct hvp_get_property_ex_out property_ex;
	struct hvp_map_stats_page_out map_stats_page;
	struct hvp_memory_balance_out balance;
};

static_assert(sizeof(union hvp_output) == HVP_OUTPUT_WORDS * sizeof(u64),
	      "the first member is the whole");

/**
 * struct hvp_request - a call that has been checked as far as its table row says
 * @row:	the row
 * @guest:	the guest, for its pages; handlers do not access its parameters
 * @caller:	the calling partition
 * @privileges:	HVP_PRIVILEGE_* and the other privileges of the caller
 * @target:	the partition that the input names; NULL if the call names none
 * @in:		fixed part of the input, copied once
 * @out:	zeroed; delivered on SUCCESS if the row has an output
 * @list:	rep_count elements: the input's, copied once, or the output's, of
 *		which [rep_start, reps_done) are delivered whatever the status; NULL
 *		if the host has no memory for it, which counts after all values
 * @input_gfn:	page number of the page that holds the input
 * @rep_count:	elements in the list
 * @rep_start:	the first one to be processed
 * @reps_done:	elements done, counted from the start of the list
 */
struct hvp_request {
	const struct hvp_call_row *row;
	struct hvp_guest *guest;
	struct hvp_partition *caller;
	u64 privileges;
	struct hvp_partition *target;
	union hvp_input in;
	union hvp_output out;
	u64 *list;
	u64 input_gfn;
	unsigned int rep_count;
	unsigned int rep_start;
	unsigned int reps_done;
};

/*
 * Handlers.  They may sleep, hold no lock when called, and get a request whose
 * target was in an allowed state a moment ago: under the target's lock they
 * look again before they act.
 */
enum hvp_status hvp_create_partition(struct hvp_request *request);
enum hvp_status hvp_initialize_partition(struct hvp_request *request);
enum hvp_status hvp_finalize_partition(struct hvp_request *request);
enum hvp_status hvp_delete_partition(struct hvp_request *request);
enum hvp_status hvp_get_partition_property(struct hvp_request *request);
enum hvp_status hvp_set_partition_property(struct hvp_request *request);
enum hvp_status hvp_get_partition_id(struct hvp_request *request);
enum hvp_status hvp_get_next_child_partition(struct hvp_request *request);
enum hvp_status hvp_deposit_memory(struct hvp_request *request);
enum hvp_status hvp_withdraw_memory(struct hvp_request *request);
enum hvp_status hvp_get_memory_balance(struct hvp_request *request);
enum hvp_status hvp_map_stats_page(struct hvp_request *request);
enum hvp_status hvp_unmap_stats_page(struct hvp_request *request);
enum hvp_status hvp_get_partition_property_ex(struct hvp_request *request);
enum hvp_status hvp_map_stats_page2(struct hvp_request *request);

#endif /* _HVPART_REQUEST_H */
