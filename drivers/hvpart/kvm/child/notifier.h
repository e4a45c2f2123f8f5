/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _HVPART_KVM_CHILD_NOTIFIER_H
#define _HVPART_KVM_CHILD_NOTIFIER_H

struct kvm;

bool hvp_notifier_is_attached(const struct kvm *kvm);
void hvp_notifier_attach(struct kvm *kvm);
void hvp_notifier_detach(struct kvm *kvm);
void hvp_notifiers_wait(void);

#endif /* _HVPART_KVM_CHILD_NOTIFIER_H */
