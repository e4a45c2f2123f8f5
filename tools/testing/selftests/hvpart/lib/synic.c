// SPDX-License-Identifier: GPL-2.0
#include <string.h>
#include <sys/ioctl.h>

#include "synic.h"

/* As an operating system does it; otherwise it takes no interrupt. */
static void enable_lapic(struct vcpu *vcpu)
{
	struct kvm_lapic_state lapic;
	u32 spurious = 0x1ff;

	if (ioctl(vcpu->fd, KVM_GET_LAPIC, &lapic))
		die("KVM_GET_LAPIC: %m");
	memcpy(lapic.regs + 0xf0, &spurious, sizeof(spurious));
	if (ioctl(vcpu->fd, KVM_SET_LAPIC, &lapic))
		die("KVM_SET_LAPIC: %m");
}

struct parent new_parent(void)
{
	struct guest_config config = { .synic = true, .privileges = GUEST_ALL_PRIVILEGES };
	struct parent parent = { .guest = guest_create(&config) };

	parent.vcpu = &parent.guest->vcpus[0];
	enable_lapic(parent.vcpu);
	guest_enable_hypercalls(parent.guest);
	parent.messages = guest_alloc(parent.guest);
	memset(guest_host(parent.guest, parent.messages * HVP_PAGE_SIZE), 0, HVP_PAGE_SIZE);
	/* By the VMM: of the guest's own it would have to be told. */
	guest_set_msr(parent.vcpu, MSR_SIMP, parent.messages * HVP_PAGE_SIZE | 1);
	guest_set_msr(parent.vcpu, MSR_SINT0, SIGNAL_VECTOR);
	guest_set_msr(parent.vcpu, MSR_SCONTROL, 1);
	return parent;
}

struct hvp_message *slot_of(struct parent *parent)
{
	return guest_host(parent->guest, parent->messages * HVP_PAGE_SIZE);
}

bool interrupt_waits(struct parent *parent)
{
	struct kvm_lapic_state lapic;
	u32 word;

	if (ioctl(parent->vcpu->fd, KVM_GET_LAPIC, &lapic))
		die("KVM_GET_LAPIC: %m");
	memcpy(&word, lapic.regs + 0x200 + SIGNAL_VECTOR / 32 * 16, sizeof(word));
	return word >> SIGNAL_VECTOR % 32 & 1;
}

void take_message(struct parent *parent)
{
	bool more = slot_of(parent)->header.flags & 1;

	slot_of(parent)->header.type = HVP_MESSAGE_NONE;
	if (more)
		vcpu_write_msr(parent->vcpu, MSR_EOM, 0);
}
