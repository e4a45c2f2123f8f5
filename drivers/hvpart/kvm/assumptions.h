/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _HVPART_KVM_ASSUMPTIONS_H
#define _HVPART_KVM_ASSUMPTIONS_H

struct hvp_hook;

int hvp_assumptions_check(struct hvp_hook *const hooks[], unsigned int count);

#endif /* _HVPART_KVM_ASSUMPTIONS_H */
