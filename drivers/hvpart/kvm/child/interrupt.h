/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _HVPART_KVM_CHILD_INTERRUPT_H
#define _HVPART_KVM_CHILD_INTERRUPT_H

struct hvp_interrupt;
struct hvp_machine;

int hvp_machine_assert(struct hvp_machine *machine, const struct hvp_interrupt *interrupt);

#endif /* _HVPART_KVM_CHILD_INTERRUPT_H */
