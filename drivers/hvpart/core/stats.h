/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _HVPART_STATS_H
#define _HVPART_STATS_H

#include <hvpart/abi.h>

struct hvp_call_row;

int hvp_stats_create(void);
void hvp_stats_destroy(void);
void hvp_stats_count(const struct hvp_call_row *row, enum hvp_status status);
u64 hvp_stats_read(const struct hvp_call_row *row, enum hvp_status status);

#endif /* _HVPART_STATS_H */
