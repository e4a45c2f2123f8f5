/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _HVPART_KVM_CHILD_DIRTY_H
#define _HVPART_KVM_CHILD_DIRTY_H

#include <linux/types.h>
#include <hvpart/machine.h>

int hvp_child_memory_track(struct hvp_machine *machine, bool on);
long hvp_child_memory_dirty(struct hvp_machine *machine, u64 gfn, u64 count,
			    enum hvp_dirty_change change, bool *dirty);

#endif /* _HVPART_KVM_CHILD_DIRTY_H */
