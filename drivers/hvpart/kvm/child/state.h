/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _HVPART_KVM_CHILD_STATE_H
#define _HVPART_KVM_CHILD_STATE_H

struct hvp_lapic;
struct hvp_machine_vp;

int hvp_machine_vp_get_lapic(struct hvp_machine_vp *vp, struct hvp_lapic *lapic);
int hvp_machine_vp_set_lapic(struct hvp_machine_vp *vp, const struct hvp_lapic *lapic);
int hvp_machine_vp_get_xsave(struct hvp_machine_vp *vp, void *area);
int hvp_machine_vp_set_xsave(struct hvp_machine_vp *vp, const void *area);

#endif /* _HVPART_KVM_CHILD_STATE_H */
