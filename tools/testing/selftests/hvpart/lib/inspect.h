/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Reading all that the module shows in debugfs while VMs are at work, or dying, and
 * seeing that it adds up: in every pool and on every node, deposited = available + in
 * use; IDs are unique and ascend; the parent of a partition is listed. What does not
 * fails the case.
 */
#ifndef _HVPART_INSPECT_H
#define _HVPART_INSPECT_H

#include "contract.h"

#define INSPECT_STATUSES	32

/* @counts[contract_index(call)][status]; false if the module is gone */
bool inspect_stats(u64 counts[HVP_CONTRACT_CALLS][INSPECT_STATUSES]);

/* All there is. */
unsigned int inspect_everything(unsigned int piece);

/* A file that may have gone, or whose subject or module may have. */
bool inspect_gone(int error);

/* All that is shown of a VM, as one text, which the caller frees. */
char *inspect_text(const char *folder);

#endif
