/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _HVPART_KVM_GUEST_MEMORY_H
#define _HVPART_KVM_GUEST_MEMORY_H

#include <hvpart/guest.h>

struct hvp_locked_memory;
struct kvm;
struct kvm_memory_slot;
struct mm_struct;

/**
 * struct hvp_kvm_guest - the core's view of a VM
 * @guest:	what the core gets
 * @kvm:	KVM's view; used by the operations that run in a vCPU thread
 * @mm:		the VMM's address space
 * @locked:	what is pinned of its memory; used by the others as well
 * @slot:	where a vCPU thread has looked last in the call that this is made for
 * @outside:	that is made outside KVM's loop, where nobody holds the slots
 */
struct hvp_kvm_guest {
	struct hvp_guest guest;
	struct kvm *kvm;
	struct mm_struct *mm;
	struct hvp_locked_memory *locked;
	const struct kvm_memory_slot *slot;
	bool outside;
};

struct hvp_kvm_guest hvp_kvm_guest(struct kvm *kvm, struct hvp_locked_memory *locked,
				   bool outside);

#endif /* _HVPART_KVM_GUEST_MEMORY_H */
