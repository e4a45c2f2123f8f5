/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _HVPART_KVM_HYPERCALL_H
#define _HVPART_KVM_HYPERCALL_H

#include "../../hook/hook.h"

extern struct hvp_hook hvp_hook_kvm_hv_hypercall;

#endif /* _HVPART_KVM_HYPERCALL_H */
