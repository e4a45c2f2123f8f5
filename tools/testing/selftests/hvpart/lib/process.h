/* SPDX-License-Identifier: GPL-2.0 */
/* A process beside the test's own, for the test to end or to see it end. */
#ifndef _HVPART_PROCESS_H
#define _HVPART_PROCESS_H

#include <sys/types.h>

#include "guest.h"

/*
 * Start a process that calls @work with @arg, and is over at the latest when a case
 * is. It tells how far it is through the file @ready; process_hear() waits for that.
 */
struct process {
	pid_t pid;
	int from;
};

struct process process_start(void (*work)(int ready, void *arg), void *arg);
void process_tell(int ready, const void *data, size_t size);
void process_hear(struct process process, void *data, size_t size);

/*
 * How much memory this process may lock, from now on. Root may any amount, because of
 * CAP_IPC_LOCK, which it loses.
 */
void limit_locked_memory(u64 pages);

#endif
