/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _HVPART_KVM_THREAD_H
#define _HVPART_KVM_THREAD_H

#include <linux/types.h>

struct hvp_call;
struct hvp_call_row;
struct hvp_host;
struct hvp_vcpu;
struct hvp_vp;
struct kvm_vcpu;

void hvp_thread_attend(struct hvp_host *host, struct hvp_vp *vp);
bool hvp_thread_enter(struct hvp_vcpu *known);
bool hvp_thread_untell(struct hvp_vcpu *known);
void hvp_thread_leave(struct hvp_vcpu *known, bool stopping);
int hvp_thread_begin_call(struct kvm_vcpu *vcpu, struct hvp_vcpu *known,
			  const struct hvp_call_row *row, const struct hvp_call *call,
			  bool is_64bit, int resume);

#endif /* _HVPART_KVM_THREAD_H */
