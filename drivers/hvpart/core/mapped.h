/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _HVPART_MAPPED_H
#define _HVPART_MAPPED_H

struct hvp_partition;
struct hvp_pinned_page;

int hvp_mapped_first(struct hvp_partition *parent, const struct hvp_pinned_page *pages,
		     unsigned int count, unsigned int *first);

#endif /* _HVPART_MAPPED_H */
