// SPDX-License-Identifier: GPL-2.0
/*
 * A parent's vCPU gets a message and an interrupt, by its own thread outside KVM's loop.
 *
 * The interrupt is raised by MSRs that KVM lets the VMM write, of the vCPU's own descriptor,
 * which is there as long as the thread is: the VM's may be closed.
 */

#include <linux/kvm_host.h>
#include <linux/sched.h>
#include "../../core/core.h"
#include "../child/runner.h"
#include "attention.h"
#include "memory.h"
#include "vcpu.h"
#include "vm.h"

#define HVP_MSR_X2APIC_SELF_IPI	0x0000083f
#define HVP_APIC_ICR_SELF	0x00040000

/* As many MSRs as are needed, as KVM has them. */
struct hvp_msrs {
	struct kvm_msrs header;
	struct kvm_msr_entry entry;
};

static long hvp_msr_ioctl(struct hvp_runner *runner, struct file *file, unsigned int command,
			  struct hvp_msrs *msrs)
{
	return hvp_runner_ioctl(runner, file, command, msrs, sizeof(*msrs));
}

static void hvp_attention_interrupt(struct file *file, struct kvm_vcpu *vcpu, u8 vector)
{
	struct hvp_runner *runner = hvp_runner_here();
	struct hvp_msrs msrs = { .header.nmsrs = 1 };

	if (vcpu->arch.apic_base & X2APIC_ENABLE) {
		msrs.entry.index = HVP_MSR_X2APIC_SELF_IPI;
		msrs.entry.data = vector;
	} else {
		/* The guest may have written half of an IPI: that half stays. */
		msrs.entry.index = HV_X64_MSR_ICR;
		if (hvp_msr_ioctl(runner, file, KVM_GET_MSRS, &msrs) != 1)
			return;
		msrs.entry.index = HV_X64_MSR_ICR;
		msrs.entry.data &= ~(u64)U32_MAX;
		msrs.entry.data |= HVP_APIC_ICR_SELF | vector;
	}
	hvp_msr_ioctl(runner, file, KVM_SET_MSRS, &msrs);
}

/**
 * hvp_attention_pay() - look for messages
 * @file:	KVM's descriptor of the vCPU
 * @vcpu:	the vCPU
 * @known:	what is known of it
 *
 * Context: May sleep; in the vCPU's thread outside KVM's loop, no lock held.
 */
void hvp_attention_pay(struct file *file, struct kvm_vcpu *vcpu, struct hvp_vcpu *known)
{
	struct hvp_vm *vm = known->vm;
	struct hvp_kvm_guest memory = hvp_kvm_guest(vcpu->kvm, &vm->locked, true);
	struct hvp_hierarchy *hierarchy;
	u8 vector;

	WRITE_ONCE(known->attention, false);
	/* Whoever calls again after this is heard again. */
	smp_mb();
	hierarchy = hvp_vm_current_hierarchy(vm);
	if (!hierarchy)
		return;
	if (hvp_signals_wait(&hierarchy->space) && !hvp_runner_enter(vcpu)) {
		if (hvp_signals_deliver(&hierarchy->space, &memory.guest, &known->vp, &vector))
			hvp_attention_interrupt(file, vcpu, vector);
		hvp_runner_leave(vcpu);
	}
	/* The next time that the vCPU leaves KVM's loop it may be possible, if not sooner. */
	if (hvp_signals_wait(&hierarchy->space))
		WRITE_ONCE(known->attention, true);
	hvp_hierarchy_put(hierarchy);
}
