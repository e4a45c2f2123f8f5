/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _HVPART_VP_MESSAGE_H
#define _HVPART_VP_MESSAGE_H

#include <linux/bits.h>
#include <hvpart/abi/messages.h>
#include <hvpart/machine.h>
#include <hvpart/vp_state.h>

/* Groups that hvp_message_from_exit() reads. */
#define HVP_MESSAGE_GROUPS						\
	(BIT(HVP_VP_GENERAL) | BIT(HVP_VP_SPECIAL) | BIT(HVP_VP_EVENTS))

/**
 * struct hvp_signalled_vp - a virtual processor that has something to do again
 * @partition_id: its partition
 * @vp_index:	which one of it
 */
struct hvp_signalled_vp {
	u64 partition_id;
	u32 vp_index;
};

bool hvp_message_from_exit(struct hvp_message *message, u64 partition_id, u32 vp_index,
			   const struct hvp_exit *exit, const struct hvp_vp_state *state,
			   bool in_map);
void hvp_message_deliverable(struct hvp_message *message, u64 partition_id, u32 vp_index,
			     u32 type, const struct hvp_vp_state *state);
unsigned int hvp_message_signal_pairs(struct hvp_message *message,
				      const struct hvp_signalled_vp *vps, unsigned int count);
void hvp_message_sint_event(struct hvp_message *message, u32 sint);

#endif /* _HVPART_VP_MESSAGE_H */
