// SPDX-License-Identifier: GPL-2.0
/* Interrupts that a parent raises in its child. */

#include <linux/kvm_host.h>
#include <hvpart/abi.h>
#include <hvpart/machine.h>
#include "../../core/core.h"
#include "interrupt.h"
#include "machine.h"
#include "runner.h"
#include "vcpu.h"

/*
 * KVM takes it only from the thread that has the vCPU, so it waits for the next run: the VP is
 * woken, or comes back from the one under way.
 */
static int hvp_assert_extint(struct hvp_machine *machine, const struct hvp_interrupt *interrupt)
{
	struct hvp_machine_vp *vp;
	int waiting;

	vp = hvp_machine_vp_at(machine, interrupt->logical ? 0 : interrupt->destination);
	if (!vp)
		return -ENOENT;
	waiting = READ_ONCE(vp->vcpu->arch.pending_external_vector);
	if (waiting < 0)
		waiting = cmpxchg(&vp->extint, -1, interrupt->vector);
	/* The line of its controller is up already. */
	if (waiting >= 0)
		return waiting == interrupt->vector ? 0 : -EBUSY;
	hvp_machine_vp_wake(vp);
	hvp_machine_vp_recall(vp);
	return 0;
}

/*
 * One processor is always the one with the lowest priority, and of all of them KVM takes it for
 * fixed, but says so in the log.
 */
static u32 hvp_delivery_mode(const struct hvp_interrupt *interrupt)
{
	if (interrupt->type == HVP_INTERRUPT_LOWEST && !interrupt->logical)
		return HVP_INTERRUPT_FIXED;
	return interrupt->type & 7;
}

/* KVM says the same of a processor that is not there and of one that has masked it. */
static bool hvp_nobody_is_at(struct hvp_machine *machine, const struct hvp_interrupt *interrupt)
{
	const u32 everybody = machine->config.x2apic ? U32_MAX : U8_MAX;

	return !interrupt->logical && interrupt->destination != everybody &&
	       !hvp_machine_vp_at(machine, interrupt->destination);
}

/**
 * hvp_machine_assert() - raise an interrupt
 * @machine:	the machine
 * @interrupt:	what, and where
 *
 * A level is raised as an edge.  The end of an interrupt is not told to its parent, whose
 * IOAPIC waits for it: where a LAPIC says that it was an edge, the system in the child tells
 * the IOAPIC by itself.
 *
 * Context: May sleep; in a parent's vCPU thread outside KVM's loop.  Does not wait for a VP.
 * Return: 0, -ENOENT if nobody is there, -EBUSY if an ExtINT with another vector waits, or
 * -EFAULT.
 */
int hvp_machine_assert(struct hvp_machine *machine, const struct hvp_interrupt *interrupt)
{
	struct hvp_runner *runner = hvp_runner_here();
	struct kvm_msi msi = {
		.address_lo = 0xfee00000 | (interrupt->destination & 0xff) << 12 |
			      interrupt->logical << 2,
		.address_hi = interrupt->destination & ~0xffU,
		.data = interrupt->vector | hvp_delivery_mode(interrupt) << 8,
	};
	long result;

	if (!runner)
		return -EFAULT;
	if (interrupt->type == HVP_INTERRUPT_EXTINT)
		return hvp_assert_extint(machine, interrupt);
	result = hvp_runner_ioctl(runner, machine->file, KVM_SIGNAL_MSI, &msi, sizeof(msi));
	/* KVM's -1 is no error number. */
	if (result == -1 || (!result && hvp_nobody_is_at(machine, interrupt)))
		return -ENOENT;
	return result < 0 ? -EFAULT : 0;
}
