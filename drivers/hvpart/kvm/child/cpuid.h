/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _HVPART_KVM_CHILD_CPUID_H
#define _HVPART_KVM_CHILD_CPUID_H

#include <linux/bits.h>

struct hvp_machine_vp;
struct hvp_runner;

/* CPUID 0x40000003, EAX: AccessSynicRegs */
#define HVP_CHILD_PRIVILEGE_SYNIC	BIT(2)

int hvp_machine_vp_set_cpuid(struct hvp_machine_vp *vp, struct hvp_runner *runner);

#endif /* _HVPART_KVM_CHILD_CPUID_H */
