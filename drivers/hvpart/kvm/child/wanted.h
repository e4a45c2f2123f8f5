/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _HVPART_KVM_CHILD_WANTED_H
#define _HVPART_KVM_CHILD_WANTED_H

#include "../../hook/compat.h"
#include "../../hook/hook.h"

extern struct hvp_observer hvp_observer_kick;
extern struct hvp_observer hvp_observer_kvm_vcpu_wake_up;

#endif /* _HVPART_KVM_CHILD_WANTED_H */
