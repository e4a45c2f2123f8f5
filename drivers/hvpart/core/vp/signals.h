/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _HVPART_VP_SIGNALS_H
#define _HVPART_VP_SIGNALS_H

#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/types.h>

struct hvp_child_vp;
struct hvp_guest;
struct hvp_host;
struct hvp_space;
struct hvp_vp;
struct hvp_vps;

/**
 * struct hvp_signals - virtual processors of which a parent is to be told that they can go on
 * @lock:	protects @waiting; taken in hard interrupts, and inside a machine's locks
 * @waiting:	those, struct hvp_child_vp, each at most once
 */
struct hvp_signals {
	raw_spinlock_t lock;
	struct list_head waiting;
};

void hvp_signals_init(struct hvp_signals *signals);
void hvp_signals_retarget(struct hvp_vps *vps);
void hvp_signals_attend(struct hvp_space *space, struct hvp_host *host);
bool hvp_signals_wait(struct hvp_space *space);
bool hvp_signals_deliver(struct hvp_space *space, struct hvp_guest *guest, struct hvp_vp *vp,
			 u8 *vector);
void hvp_signal(struct hvp_child_vp *vp);
void hvp_signal_forget(struct hvp_child_vp *vp);
void hvp_signal_suspend(struct hvp_child_vp *vp, bool suspend);

#endif /* _HVPART_VP_SIGNALS_H */
