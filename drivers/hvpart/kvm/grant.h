/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _HVPART_KVM_GRANT_H
#define _HVPART_KVM_GRANT_H

#include "hook.h"

extern struct hvp_hook hvp_hook_kvm_hv_set_cpuid;
extern struct hvp_hook hvp_hook_kvm_cpuid;

#endif /* _HVPART_KVM_GRANT_H */
