/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Guests with all privileges that make calls all the time, each in a process of its own,
 * for what goes on meanwhile: one that stays, and one after the other that come and go.
 *
 * HvGetPartitionId has to be answered right, by hvpart or else by KVM, which knows no
 * such call.
 */
#ifndef _HVPART_CALLERS_H
#define _HVPART_CALLERS_H

#include "guest.h"
#include "process.h"

struct callers {
	struct process stays, come;
	struct callers_shared *shared;
};

/* They are at work when this returns. */
struct callers callers_start(void);
/* How many calls of theirs hvpart has answered so far. */
u64 callers_answered(const struct callers *callers);
/* From now on they go on, and all their calls are answered by hvpart, or all by KVM. */
void callers_expect(const struct callers *callers, bool hvpart);
void callers_stop(struct callers *callers);

#endif
