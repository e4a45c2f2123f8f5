// SPDX-License-Identifier: GPL-2.0
/*
 * What a child's KVM is told of its memory.
 *
 * The pages that KVM's emulator has used go from the VMM's page table when the run ends, and
 * the host tells all who have asked for it.  KVM would take them from the child's processor as
 * well, with which they have nothing to do: what that has, it has by the map.  Each run would
 * begin with faults on what the last one has used, the child's page tables above all.
 *
 * So a child's VM has notifier operations of ours, which are KVM's but for this.
 *
 * It is true only as long as KVM finds no page for the processor by the VMM's page table: see
 * hvp_replace_hva_to_pfn().  Nobody but us uses a child's vCPUs, until the module goes: see
 * hvp_soft_page_drop().  Their VMs can be told by the operations that they have.
 */

#include <linux/kvm_host.h>
#include <linux/mmu_notifier.h>
#include <linux/mutex.h>
#include "machine.h"
#include "notifier.h"
#include "runner.h"
#include "vcpu.h"

/* Those of KVM's VMs, all of which have the same. */
static const struct mmu_notifier_ops *hvp_kvm_notifier_ops;
static struct mmu_notifier_ops hvp_notifier_ops;
/* Protects the two until they are there. */
static DEFINE_MUTEX(hvp_notifier_lock);

/* Is it this thread that takes a page of the emulator's away? */
static bool hvp_notifier_is_quiet(const struct mmu_notifier *notifier)
{
	const struct hvp_machine_vp *vp = hvp_runner_vp_here();

	return vp && vp->soft.dropping && &vp->machine->kvm->mmu_notifier == notifier;
}

static int hvp_invalidate_range_start(struct mmu_notifier *notifier,
				      const struct mmu_notifier_range *range)
{
	if (hvp_notifier_is_quiet(notifier))
		return 0;
	return hvp_kvm_notifier_ops->invalidate_range_start(notifier, range);
}

static void hvp_invalidate_range_end(struct mmu_notifier *notifier,
				     const struct mmu_notifier_range *range)
{
	if (!hvp_notifier_is_quiet(notifier))
		hvp_kvm_notifier_ops->invalidate_range_end(notifier, range);
}

/**
 * hvp_notifier_is_attached() - is a VM a child of ours?
 * @kvm:	the VM
 *
 * Context: Any, ftrace callbacks included.
 * Return: true if it is, from before it has a vCPU.
 */
notrace bool hvp_notifier_is_attached(const struct kvm *kvm)
{
	return READ_ONCE(kvm->mmu_notifier.ops) == &hvp_notifier_ops;
}

/**
 * hvp_notifier_attach() - a child's VM has been made
 * @kvm:	the VM, which has no memory yet
 *
 * Context: May sleep.
 */
void hvp_notifier_attach(struct kvm *kvm)
{
	mutex_lock(&hvp_notifier_lock);
	if (!hvp_kvm_notifier_ops) {
		hvp_notifier_ops = *kvm->mmu_notifier.ops;
		hvp_notifier_ops.invalidate_range_start = hvp_invalidate_range_start;
		hvp_notifier_ops.invalidate_range_end = hvp_invalidate_range_end;
		hvp_kvm_notifier_ops = kvm->mmu_notifier.ops;
	}
	mutex_unlock(&hvp_notifier_lock);
	WRITE_ONCE(kvm->mmu_notifier.ops, &hvp_notifier_ops);
}

/**
 * hvp_notifier_detach() - it is KVM's alone
 * @kvm:	the VM, which runs no more
 *
 * Context: Any.
 */
void hvp_notifier_detach(struct kvm *kvm)
{
	WRITE_ONCE(kvm->mmu_notifier.ops, hvp_kvm_notifier_ops);
}

/**
 * hvp_notifiers_wait() - until nobody is in here any more; all have been detached
 *
 * Context: May sleep.
 */
void hvp_notifiers_wait(void)
{
	mmu_notifier_synchronize();
}
