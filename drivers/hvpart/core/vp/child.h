/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _HVPART_CHILD_H
#define _HVPART_CHILD_H

#include <linux/bitmap.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/refcount.h>
#include <linux/rcupdate.h>
#include <linux/spinlock.h>
#include <linux/srcu.h>
#include <hvpart/abi.h>
#include <hvpart/abi/messages.h>
#include <hvpart/guest.h>
#include <hvpart/machine.h>
#include "../memory/gpa_map.h"
#include "../memory/pool.h"
#include "rules.h"
#include "vp.h"

struct hvp_partition;
struct hvp_request;

/* Linux's mshv driver numbers virtual processors with 8 bits. */
#define HVP_HIGHEST_VP_INDEX	255

/**
 * struct hvp_state_page - a page of the parent's in which it sees a virtual processor
 * @page:	the page, pinned, if @mapped
 * @guest:	whose it is
 * @payer:	whose space it is claimed in
 * @mapped:	there is one
 */
struct hvp_state_page {
	struct hvp_pinned_page page;
	struct hvp_guest *guest;
	struct hvp_partition *payer;
	bool mapped;
};

/**
 * struct hvp_child_vp - a virtual processor that its parent makes, and runs by dispatching it
 * @vp:		what all virtual processors have
 * @partition:	whose it is; outlives it
 * @refs:	one of its partition, one of each call that uses it
 * @rcu:	lookup is under RCU
 * @charge:	what its partition's pool pays
 * @lock:	held by the call that uses what follows, for as long as it runs it, too
 * @dispatched:	that call runs it.  This and what else debugfs shows may be read at any time
 * @interrupting: inside any lock but those of a machine: @machine stays as long as it is held
 * @gone:	it has been deleted: nothing of it is used any more
 * @machine:	as the host runs it
 * @state:	its registers, as far as @known
 * @known:	groups of @state that are what @machine has, or @changed
 * @changed:	groups of @state that @machine has not been given yet
 * @started:	it has been dispatched before
 * @explicit_suspend: register: as it is made, and until its first dispatch
 * @intercept_suspend: register: an intercept that its parent has not dealt with
 * @dispatch_suspend: register: its parent is to close it; set under the lock of signals, too
 * @notify:	register: what its parent is to be told of when it can be delivered, HVP_NOTIFY_*
 * @stuck:	it is in a state that no processor can be in, or has had a triple fault: each
 *		dispatch says so until a register is set
 * @pages:	those that are mapped of it, by HVP_STATE_PAGE_*
 * @message:	the last intercept
 * @blocked:	its last dispatch has been answered so, and its parent is still to be told that it
 *		can go on
 * @run_ns:	time that it has run, in nanoseconds
 * @signal:	among those that its parent is to be told of
 * @signals:	register: how often its parent has been told that it is not blocked any more
 * @exits:	dispatches that have ended, by enum hvp_exit_reason
 * @rules:	what its parent has said of it alone
 */
struct hvp_child_vp {
	struct hvp_vp vp;
	struct hvp_partition *partition;
	refcount_t refs;
	struct rcu_head rcu;
	struct hvp_charge charge;

	struct mutex lock;
	bool dispatched;
	spinlock_t interrupting;
	bool gone;
	struct hvp_machine_vp *machine;
	struct hvp_vp_state state;
	unsigned int known;
	unsigned int changed;
	bool started;
	bool explicit_suspend;
	bool intercept_suspend;
	bool dispatch_suspend;
	u8 notify;
	bool stuck;
	struct hvp_state_page pages[HVP_NR_STATE_PAGES];
	struct hvp_message message;
	bool blocked;
	u64 run_ns;
	struct list_head signal;
	atomic64_t signals;
	atomic64_t exits[HVP_NR_EXIT_REASONS];
	struct hvp_rules rules;
};

/**
 * struct hvp_child - what a partition has that its parent runs
 * @begun:	virtual processors have been asked for; under the partition's lock
 * @lock:	while virtual processors are made and go, and the machine with them; and while a
 *		property changes that the machine has to know of
 * @machine:	as the host runs it; NULL without a virtual processor.  Used under @lock, with
 *		one of its virtual processors, or under hvp_machines_in_use
 * @machine_vps: virtual processors that have been made with it, or half, of which the host keeps
 *		what it has made until @machine goes: they count in the hierarchy as long
 * @map:	its memory.  Changed under the partition's lock, too
 * @listener:	tells @machine of changes
 * @map_charge:	what the partition's pool pays for @map
 * @map_pages:	how many pages that is
 * @vps:	its virtual processors, by their VP index
 * @deleted:	VP indexes of those that have been deleted, and not been made anew
 * @in_space:	among the maps of its parent's space
 * @rules:	what its parent has said of all of its virtual processors; set under @lock
 * @doorbells:	ports of its parent's that it is connected to, in the order in which that was
 *		done; under the lock of those
 */
struct hvp_child {
	bool begun;
	struct mutex lock;
	struct hvp_machine *machine;
	unsigned int machine_vps;
	struct hvp_gpa_map map;
	struct hvp_gpa_listener listener;
	struct hvp_charge map_charge;
	unsigned int map_pages;
	struct hvp_vps vps;
	DECLARE_BITMAP(deleted, HVP_HIGHEST_VP_INDEX + 1);
	struct list_head in_space;
	struct hvp_rules rules;
	struct list_head doorbells;
};

/* Those that can be mapped of a virtual processor, mapped or not. */
#define hvp_for_each_state_page(state_page, child_vp)			\
	for ((state_page) = (child_vp)->pages;				\
	     (state_page) < (child_vp)->pages + HVP_NR_STATE_PAGES; (state_page)++)

/* Calls that use a machine inside KVM's loop, and may not wait for it to go. */
extern struct srcu_struct hvp_machines_in_use;

void hvp_child_init(struct hvp_child *child);
void hvp_child_start(struct hvp_partition *partition);
void hvp_child_destroy_machine(struct hvp_partition *partition);
void hvp_child_empty_map(struct hvp_partition *partition);
void hvp_child_release(struct hvp_partition *partition);
int hvp_child_machine(struct hvp_partition *partition);
int hvp_child_track_writes(struct hvp_partition *partition, u64 on);
int hvp_child_set_time(struct hvp_partition *partition, u64 time);
int hvp_child_set_socket(struct hvp_partition *partition, u64 processors);
unsigned int hvp_child_vp_pages(void);

enum hvp_status hvp_no_child_vp(const struct hvp_partition *partition);
enum hvp_status hvp_child_vp_use(struct hvp_partition *partition, u32 index,
				 struct hvp_child_vp **vp);
enum hvp_status hvp_child_vp_find(struct hvp_partition *partition, u32 index,
				  struct hvp_child_vp **vp);
enum hvp_status hvp_child_vp_lock(struct hvp_child_vp *vp);
void hvp_child_vp_unuse(struct hvp_child_vp *vp);
void hvp_child_vp_put(struct hvp_child_vp *vp);
void hvp_child_vp_discard(struct hvp_child_vp *vp);

enum hvp_status hvp_child_vp_want(struct hvp_child_vp *vp, unsigned int groups);
enum hvp_status hvp_child_vp_apply(struct hvp_child_vp *vp, struct hvp_exit *exit);
enum hvp_status hvp_child_vp_settle(struct hvp_child_vp *vp, unsigned int groups);
void hvp_child_vp_take_page(struct hvp_child_vp *vp);
void hvp_child_vp_show_page(struct hvp_child_vp *vp);
void hvp_state_page_unmap(struct hvp_state_page *page, struct hvp_guest *guest);

/**
 * hvp_child_vp_is_suspended() - is it its parent's wish that it does not run?
 * @vp:		the virtual processor
 *
 * Context: Any; under its lock for an answer that stays true.
 * Return: true if it is.
 */
static inline bool hvp_child_vp_is_suspended(const struct hvp_child_vp *vp)
{
	return READ_ONCE(vp->explicit_suspend) || READ_ONCE(vp->intercept_suspend) ||
	       READ_ONCE(vp->dispatch_suspend);
}

#endif /* _HVPART_CHILD_H */
