/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _HVPART_VP_STORE_H
#define _HVPART_VP_STORE_H

#include <linux/types.h>

struct hvp_vp_state;

/**
 * struct hvp_store - an instruction that writes to memory, and does nothing else
 * @gva:	linear address that it writes to
 * @size:	bytes that it writes there, all in one page: 1, 2, 4 or 8
 * @value:	what it writes
 * @next:	instruction pointer behind it
 */
struct hvp_store {
	u64 gva;
	u8 size;
	u64 value;
	u64 next;
};

u64 hvp_store_instruction(const struct hvp_vp_state *state);

bool hvp_store_decode(const u8 *bytes, unsigned int count, const struct hvp_vp_state *state,
		      struct hvp_store *store);

#endif /* _HVPART_VP_STORE_H */
