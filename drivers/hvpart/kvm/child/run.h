/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _HVPART_KVM_CHILD_RUN_H
#define _HVPART_KVM_CHILD_RUN_H

struct hvp_exit;
struct hvp_machine_vp;
struct hvp_vp_state;

int hvp_machine_vp_run(struct hvp_machine_vp *vp, struct hvp_vp_state *state,
		       struct hvp_exit *exit);

#endif /* _HVPART_KVM_CHILD_RUN_H */
