/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _HVPART_NUMA_H
#define _HVPART_NUMA_H

#include "guest.h"

bool node_online(unsigned int node);
/* From now on, memory of this process is that node's. */
void allocate_on_node(unsigned int node);
/* Have the host keep these pages of a guest's RAM on that node. */
void bind_pages(struct guest *guest, const u64 *gpns, unsigned int count, unsigned int node);

#endif
