/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _HVPART_KVM_OUTSIDE_H
#define _HVPART_KVM_OUTSIDE_H

#include "../../hook/hook.h"

extern struct hvp_hook hvp_hook_kvm_vcpu_ioctl;

void hvp_outside_stop(void);

#endif /* _HVPART_KVM_OUTSIDE_H */
