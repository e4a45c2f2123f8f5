/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What tests do on the way to what they are about. These end the case when
 * something goes wrong.
 */
#ifndef _HVPART_PARTITIONS_H
#define _HVPART_PARTITIONS_H

#include "cases.h"
#include "guest.h"
#include "host.h"
#include "hypercalls.h"

/* More pages than any call charges, for loops to end. */
#define MAX_CHARGE		256

/* SyntheticProcFeatures: early, and of any value */
#define EARLY_PROPERTY		0x00010001

/* A guest with all privileges and one vCPU, which this returns. */
struct vcpu *new_guest(void);
/* The same with RAM in no huge page: each of its pages is one of locked memory. */
struct vcpu *new_guest_of_small_pages(void);

/*
 * Repeat a call, with one more page in the pool of @payer each time, for as
 * long as the answer is INSUFFICIENT_MEMORY. How much a call charges is no
 * constant, so this is how a test pays.
 */
void pay_for_create(struct vcpu *vcpu, const struct hvp_create_partition_in *in, u64 *id);
u64 create_child(struct vcpu *vcpu);
void initialize_child(struct vcpu *vcpu, u64 id);
/* Created, paid for, initialized. */
u64 create_active_child(struct vcpu *vcpu);
u64 create_finalized_child(struct vcpu *vcpu);
void finalize_child(struct vcpu *vcpu, u64 id);
void delete_child(struct vcpu *vcpu, u64 id);

/* Deposit new pages, whose numbers go to @gpns unless that is NULL. */
void deposit_new(struct vcpu *vcpu, u64 id, u64 *gpns, unsigned int count);
/* Withdraw all there is; returns how many. */
unsigned int withdraw_all(struct vcpu *vcpu, u64 id);

/*
 * Map both areas of a partition's statistics, one at a new page, which this returns,
 * the other at one of the caller's pool. The pool has to have three pages for that.
 */
u64 map_statistics(struct vcpu *vcpu, u64 id);

struct hvp_memory_balance_out balance_of(struct vcpu *vcpu, u64 id);
bool expect_balance_at(const char *file, int line, struct vcpu *vcpu, u64 id,
		       u64 available, u64 in_use);
#define EXPECT_BALANCE(vcpu, id, available, in_use)				\
	expect_balance_at(__FILE__, __LINE__, vcpu, id, available, in_use)
bool expect_state_at(const char *file, int line, struct vcpu *vcpu, u64 id, const char *state);
/* As debugfs has it: "uninitialized", "active", "finalized" */
#define EXPECT_STATE(vcpu, id, state)						\
	expect_state_at(__FILE__, __LINE__, vcpu, id, state)

#endif
