/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _HVPART_KVM_SLOT_H
#define _HVPART_KVM_SLOT_H

#include <linux/kvm_host.h>

/**
 * hvp_slot_address() - where a page of a memory slot is in the VMM
 * @slot:	the slot
 * @gfn:	a page that the slot has
 * @write:	whether it is to be written to
 *
 * KVM has slots of its own, on Intel: the APIC access page, the TSS of real mode and an
 * identity map.  They are no RAM, and the VMM did not put them there.
 *
 * Return: the address, or NULL if the slot is not the guest's RAM (for writing).
 */
static inline void __user *hvp_slot_address(const struct kvm_memory_slot *slot, u64 gfn,
					    bool write)
{
	if (slot->id >= KVM_USER_MEM_SLOTS || slot->flags & KVM_MEMSLOT_INVALID)
		return NULL;
	if (write && slot->flags & KVM_MEM_READONLY)
		return NULL;
	return (void __user *)__gfn_to_hva_memslot(slot, gfn);
}

#endif /* _HVPART_KVM_SLOT_H */
