/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Who runs children, as the core sees it, and out to get it: a machine holds on to every page
 * that it has been given until it is told not to, forgets registers that it was not asked
 * for, lets any operation fail, does not forget what has been destroyed, and makes no virtual
 * processor twice, nor any after -EFAULT.
 */
#ifndef _HVPART_TESTS_FAKE_MACHINE_H
#define _HVPART_TESTS_FAKE_MACHINE_H

#include <linux/bitmap.h>
#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <hvpart/abi.h>
#include <hvpart/machine.h>
#include "../core/vp/child.h"

struct hvp_fake_guest;
struct kunit;

/* The operations, all of which are counted; those with an answer can be made to fail. */
enum hvp_fake_machine_op {
	HVP_FAKE_CREATE,
	HVP_FAKE_DESTROY,
	HVP_FAKE_MAPPED,
	HVP_FAKE_FORGET,
	HVP_FAKE_UNMAPPED,
	HVP_FAKE_TRACK,
	HVP_FAKE_DIRTY,
	HVP_FAKE_SET_TIME,
	HVP_FAKE_CREATE_VP,
	HVP_FAKE_DESTROY_VP,
	HVP_FAKE_RUN,
	HVP_FAKE_INTERRUPT,
	HVP_FAKE_GET,
	HVP_FAKE_SET,
	HVP_FAKE_GET_LAPIC,
	HVP_FAKE_SET_LAPIC,
	HVP_FAKE_GET_XSAVE,
	HVP_FAKE_SET_XSAVE,
	HVP_FAKE_ASSERT,
	HVP_FAKE_CPUID,
	HVP_NR_FAKE_MACHINE_OPS,
};

/* Pages that a machine holds on to; it does not take more. */
#define HVP_FAKE_HELD_PAGES	64

/* Pages of a child whose dirty bits there are; the others are clean. */
#define HVP_FAKE_TRACKED_PAGES	8192
/* As many are answered for at a time, at most. */
#define HVP_FAKE_DIRTY_AT_ONCE	100

/**
 * struct hvp_fake_held - a page of a child that its machine has given it
 * @gfn:	of the child
 * @source:	of its parent
 * @rights:	HVP_MAP_*
 * @held:	there is one
 * @stale:	the machine has let go of it, but a virtual processor may still reach it
 */
struct hvp_fake_held {
	u64 gfn;
	u64 source;
	u32 rights;
	bool held;
	bool stale;
};

/**
 * struct hvp_machine - a machine
 * @guest:	the parent
 * @config:	as it was made
 * @node:	among the guest's machines, also when it has been destroyed
 * @lock:	inside the map's: protects what follows
 * @changes:	how often it was told to forget something
 * @destroyed:	it must not be used
 * @let_go:	it has no pages any more, nor gets any
 * @vps:	virtual processors that it has
 * @made:	VP indexes of those that it has made, those that have been destroyed included
 * @half_made:	those of them whose making was interrupted, and not taken up again
 * @broken:	it makes no other one
 * @held:	pages
 * @tracked:	it is noted what is written to
 * @written:	dirty bits of the child's first pages
 * @time_ns:	reference time as it was last told, nanoseconds
 */
struct hvp_machine {
	struct hvp_fake_guest *guest;
	struct hvp_machine_config config;
	struct list_head node;
	spinlock_t lock;
	unsigned int changes;
	bool destroyed;
	bool let_go;
	unsigned int vps;
	DECLARE_BITMAP(made, HVP_HIGHEST_VP_INDEX + 1);
	DECLARE_BITMAP(half_made, HVP_HIGHEST_VP_INDEX + 1);
	bool broken;
	struct hvp_fake_held held[HVP_FAKE_HELD_PAGES];
	bool tracked;
	DECLARE_BITMAP(written, HVP_FAKE_TRACKED_PAGES);
	u64 time_ns;
};

/**
 * struct hvp_machine_vp - a virtual processor of a machine
 * @machine:	whose it is
 * @node:	among the guest's virtual processors, also when it has been destroyed
 * @index:	its VP index
 * @events:	who is told what,
 * @owner:	and what about
 * @destroyed:	it must not be used
 * @running:	it runs
 * @interrupted: it is to come back, or not to begin
 * @wait:	for that
 * @state:	its registers
 * @lapic:	its LAPIC
 * @xsave:	its XSAVE area
 */
struct hvp_machine_vp {
	struct hvp_machine *machine;
	struct list_head node;
	u32 index;
	const struct hvp_machine_events *events;
	void *owner;
	bool destroyed;
	bool running;
	bool interrupted;
	wait_queue_head_t wait;
	struct hvp_vp_state state;
	struct hvp_lapic lapic;
	u8 xsave[HVP_XSAVE_BYTES];
};

/**
 * struct hvp_fake_machines - all machines of a guest, and what they are to do
 * @list:	machines
 * @vps:	virtual processors
 * @live:	machines that have not been destroyed
 * @live_vps:	likewise virtual processors
 * @kept_vps:	virtual processors of these machines, those that have been destroyed included
 * @count:	operations by kind, since the test last zeroed them
 * @fail_at:	the n-th operation from now fails, 0 for none
 * @error:	what it fails with
 * @exit:	what runs end with
 * @running:	called in the middle of a run, if set
 * @runs_on:	runs go on until they are interrupted, for a second at most
 * @inside:	a call is under way inside KVM's loop
 */
struct hvp_fake_machines {
	struct list_head list;
	struct list_head vps;
	unsigned int live;
	unsigned int live_vps;
	unsigned int kept_vps;
	unsigned int count[HVP_NR_FAKE_MACHINE_OPS];
	unsigned int fail_at[HVP_NR_FAKE_MACHINE_OPS];
	int error[HVP_NR_FAKE_MACHINE_OPS];
	struct hvp_exit exit;
	void (*running)(struct hvp_machine_vp *vp);
	bool runs_on;
	bool inside;
};

extern const struct hvp_machine_ops hvp_fake_machine_ops;

void hvp_fake_machines_init(struct hvp_fake_machines *machines);
void hvp_fake_machines_end(struct hvp_fake_guest *guest);
void hvp_fake_machine_fail(struct hvp_fake_guest *guest, enum hvp_fake_machine_op op,
			   unsigned int nth, int error);
void hvp_fake_machine_write(struct hvp_machine *machine, u64 gfn);
void hvp_fake_machines_check(struct hvp_fake_guest *guest);

#endif /* _HVPART_TESTS_FAKE_MACHINE_H */
