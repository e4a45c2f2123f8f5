/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _HVPART_KVM_REGISTERS_H
#define _HVPART_KVM_REGISTERS_H

struct hvp_machine_vp;
struct hvp_runner;
struct hvp_vp_state;
struct kvm_run;

int hvp_registers_errno(int error);
void hvp_registers_from_run(const struct kvm_run *run, struct hvp_vp_state *state);
int hvp_machine_vp_begin(struct hvp_machine_vp *vp, struct hvp_runner *runner);
int hvp_machine_vp_get(struct hvp_machine_vp *vp, unsigned int groups, struct hvp_vp_state *state);
int hvp_machine_vp_set(struct hvp_machine_vp *vp, unsigned int groups,
		       const struct hvp_vp_state *state, u64 *gpa);

#endif /* _HVPART_KVM_REGISTERS_H */
