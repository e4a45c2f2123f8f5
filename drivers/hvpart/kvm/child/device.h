/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _HVPART_KVM_CHILD_DEVICE_H
#define _HVPART_KVM_CHILD_DEVICE_H

#include <linux/types.h>

struct file;
struct hvp_runner;
struct kvm_vcpu;

void hvp_kvm_device_open(void);
void hvp_kvm_device_close(void);
struct file *hvp_kvm_device(void);

bool hvp_kvm_file(const struct file *file, const void *private);
bool hvp_kvm_vcpu_is_ours_alone(struct file *file, const struct kvm_vcpu *vcpu);
struct file *hvp_kvm_take_file(long descriptor);
void hvp_kvm_put_file(struct file *file);
long hvp_kvm_enable(struct hvp_runner *runner, struct file *file, u32 capability, u64 argument);

#endif /* _HVPART_KVM_CHILD_DEVICE_H */
