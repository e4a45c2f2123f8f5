/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _HVPART_KVM_OUTSIDE_H
#define _HVPART_KVM_OUTSIDE_H

#include "../../hook/hook.h"

struct hvp_call;
struct hvp_call_row;
struct hvp_vcpu;
struct kvm_vcpu;

extern struct hvp_hook hvp_hook_kvm_vcpu_ioctl;

int hvp_outside_begin(struct kvm_vcpu *vcpu, struct hvp_vcpu *known,
		      const struct hvp_call_row *row, const struct hvp_call *call,
		      bool is_64bit, int resume);
void hvp_outside_stop(void);
void hvp_outside_recall(void);

#endif /* _HVPART_KVM_OUTSIDE_H */
