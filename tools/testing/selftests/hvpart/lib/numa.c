// SPDX-License-Identifier: GPL-2.0
#include <linux/mempolicy.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "numa.h"

bool node_online(unsigned int node)
{
	char path[64];

	snprintf(path, sizeof(path), "/sys/devices/system/node/node%u", node);
	return !access(path, F_OK);
}

/* System calls, since libnuma would be the only library needed. */

void allocate_on_node(unsigned int node)
{
	unsigned long nodes = 1UL << node;

	if (syscall(SYS_set_mempolicy, MPOL_BIND, &nodes, 64))
		die("cannot use memory of node %u: %m", node);
}

void bind_pages(struct guest *guest, const u64 *gpns, unsigned int count, unsigned int node)
{
	unsigned long nodes = 1UL << node;
	unsigned int i;

	for (i = 0; i < count; i++) {
		void *page = guest_host(guest, gpns[i] << HVP_PAGE_SHIFT);

		/* Moving it may fail for a while; a new one comes from the right node. */
		if (syscall(SYS_mbind, page, HVP_PAGE_SIZE, MPOL_BIND, &nodes, 64, 0) ||
		    madvise(page, HVP_PAGE_SIZE, MADV_DONTNEED))
			die("cannot have a page on node %u: %m", node);
		memset(page, 0, HVP_PAGE_SIZE);
	}
}
