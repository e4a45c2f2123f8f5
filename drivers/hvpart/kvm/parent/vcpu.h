/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _HVPART_KVM_VCPU_H
#define _HVPART_KVM_VCPU_H

#include <linux/types.h>
#include "../../core/core.h"

struct hvp_vm;
struct kvm_vcpu;
struct task_struct;

/*
 * SynIC event ring page (TLFS, Inter-Partition Communication).  Bit 0 enables it, bits
 * 63:12 are its page number.  KVM has no such MSR.
 */
#define HVP_MSR_SIRBP	0x40000085

/**
 * struct hvp_vcpu - a vCPU as a virtual processor of the root partition
 * @vp:		what the core has of it
 * @vm:		its VM
 * @vcpu:	KVM's
 * @node:	place in the table of vCPUs, where it is looked up under RCU
 * @cpuid:	CPUID leaf 0x40000003, EAX and EBX, with what has been granted; changes
 *		only while the vCPU does not run
 * @thread:	who is in a KVM_RUN of it that can leave KVM's loop
 * @row:	a call that @thread is to make outside that, or NULL
 * @call:	likewise
 * @is_64bit:	where its answer goes
 * @cpuid_seen:	@cpuid is what its own thread has found there: nobody else may look
 * @lock:	protects @thread and @told; taken in hard interrupts
 * @told:	TIF_NOTIFY_SIGNAL of @thread has been set to have it look for messages
 * @attention:	@thread is to look for messages
 * @ends_run:	KVM has something for the VMM when the call has been made
 *
 * KVM's own records are not for modules to look at.  What is here has been seen going
 * by; of what a guest has set up before the module was loaded there are the privileges.
 */
struct hvp_vcpu {
	struct hvp_vp vp;
	struct hvp_vm *vm;
	const struct kvm_vcpu *vcpu;
	struct hlist_node node;
	u64 cpuid;
	struct task_struct *thread;
	const struct hvp_call_row *row;
	struct hvp_call call;
	bool is_64bit;
	bool cpuid_seen;
	raw_spinlock_t lock;
	bool told;
	bool attention;
	bool ends_run;
};

struct hvp_vcpu *hvp_vcpu_find_or_add(struct kvm_vcpu *vcpu);
u64 hvp_vcpu_privileges(struct kvm_vcpu *vcpu, const struct hvp_vcpu *known);
bool hvp_vcpu_in_partition(struct kvm_vcpu *vcpu, const struct hvp_vcpu *known);
void hvp_vcpu_set_privileges(struct kvm_vcpu *vcpu, u64 granted);
bool hvp_vcpus_complete(struct hvp_vm *vm);
void hvp_vcpu_note_msr(struct hvp_vcpu *known, u32 msr, u64 data);

#endif /* _HVPART_KVM_VCPU_H */
