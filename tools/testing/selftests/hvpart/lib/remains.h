/* SPDX-License-Identifier: GPL-2.0 */
/* What VMs leave behind on the host when they are gone, which is to be nothing. */
#ifndef _HVPART_REMAINS_H
#define _HVPART_REMAINS_H

struct remains {
	long long pinned;
	int log;
};

/* While there is no VM with partitions. */
void remains_watch(struct remains *remains);
/*
 * Ditto: no object in a cache of the module's, no page pinned or locked that was
 * not before, and no new line in the kernel's log but those that have one of these
 * words, NULL after the last. Returns how many of those there were.
 */
unsigned int remains_expect_none(struct remains *remains, const char *const *harmless);

/* Of the module itself: no hook, no folder, no object. */
void expect_unloaded(void);

#endif
