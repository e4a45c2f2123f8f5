// SPDX-License-Identifier: GPL-2.0
/*
 * The thread that is in a KVM_RUN of a parent's vCPU: it is told to leave KVM's loop, by
 * whoever has a message for its guest or, in the loop, by itself, to make a call.
 *
 * Whoever has a message may be in a hard interrupt: the thread sees to it by itself.
 */

#include <linux/kvm_host.h>
#include <linux/sched.h>
#include "../../core/core.h"
#include "../../hook/compat.h"
#include "../child/runner.h"
#include "thread.h"
#include "vcpu.h"

/* VMCALL and VMMCALL */
#define HVP_CALL_INSTRUCTION_BYTES	3

/**
 * hvp_thread_attend() - have a vCPU's thread look for messages soon
 * @host:	its VM's
 * @vp:		the vCPU
 *
 * If it is in user space, it does when it comes back.
 *
 * Context: Any, hard interrupts included.
 */
void hvp_thread_attend(struct hvp_host *host, struct hvp_vp *vp)
{
	struct hvp_vcpu *known = container_of(vp, struct hvp_vcpu, vp);
	unsigned long flags;

	raw_spin_lock_irqsave(&known->lock, flags);
	WRITE_ONCE(known->attention, true);
	if (known->thread) {
		/* Each time: the flag may have been cleared since. */
		known->told = true;
		set_tsk_thread_flag(known->thread, TIF_NOTIFY_SIGNAL);
		if (!rcuwait_wake_up(kvm_arch_vcpu_get_wait((struct kvm_vcpu *)known->vcpu)))
			kick_process(known->thread);
	}
	raw_spin_unlock_irqrestore(&known->lock, flags);
}

/**
 * hvp_thread_enter() - the thread begins a KVM_RUN
 * @known:	what is known of the vCPU
 *
 * Context: In a task that calls KVM_RUN.
 * Return: false if another thread has the vCPU already.
 */
bool hvp_thread_enter(struct hvp_vcpu *known)
{
	bool first;

	raw_spin_lock_irq(&known->lock);
	first = !known->thread;
	if (first)
		known->thread = current;
	raw_spin_unlock_irq(&known->lock);
	return first;
}

/**
 * hvp_thread_untell() - whoever has told the thread to look for messages has been heard
 * @known:	what is known of the vCPU
 *
 * Context: In its thread, outside KVM's loop.
 * Return: was there anybody?
 */
bool hvp_thread_untell(struct hvp_vcpu *known)
{
	bool told;

	raw_spin_lock_irq(&known->lock);
	told = known->told;
	known->told = false;
	raw_spin_unlock_irq(&known->lock);
	if (told)
		hvp_runner_clear_notification();
	return told;
}

/**
 * hvp_thread_leave() - the thread's KVM_RUN is over
 * @known:	what is known of the vCPU
 * @stopping:	the module goes, and has told all threads to come back as well
 *
 * Context: In its thread, outside KVM's loop.
 */
void hvp_thread_leave(struct hvp_vcpu *known, bool stopping)
{
	raw_spin_lock_irq(&known->lock);
	known->thread = NULL;
	raw_spin_unlock_irq(&known->lock);
	/* In user space, or in another system call, it would be a signal that there is not. */
	if (!stopping)
		hvp_thread_untell(known);
}

/*
 * This thread's KVM_RUN began before there was the module: nobody would make the call when it
 * comes back.  So it comes back as for a signal, with the call still to be made.
 */
static void hvp_thread_rewind(struct kvm_vcpu *vcpu, const struct hvp_call *call,
			      bool is_64bit)
{
	hvp_vcpu_rip(vcpu) -= HVP_CALL_INSTRUCTION_BYTES;
	if (!is_64bit) {
		vcpu->arch.regs[VCPU_REGS_RDX] = call->control >> 32;
		vcpu->arch.regs[VCPU_REGS_RAX] = (u32)call->control;
	}
	set_thread_flag(TIF_NOTIFY_SIGNAL);
}

/**
 * hvp_thread_begin_call() - leave KVM's loop to make a call
 * @vcpu:	the vCPU, which KVM has stepped over the call's instruction
 * @known:	what is known of it
 * @row:	the call
 * @call:	likewise
 * @is_64bit:	where the answer goes
 * @resume:	what KVM has answered
 *
 * Context: In the thread of @vcpu, inside KVM's loop.
 * Return: what KVM's loop is to be told.
 */
int hvp_thread_begin_call(struct kvm_vcpu *vcpu, struct hvp_vcpu *known,
			  const struct hvp_call_row *row, const struct hvp_call *call,
			  bool is_64bit, int resume)
{
	if (READ_ONCE(known->thread) != current || resume < 0) {
		hvp_thread_rewind(vcpu, call, is_64bit);
		return resume;
	}
	/* Single-stepped: KVM has something to say by itself. */
	known->ends_run = !resume;
	known->row = row;
	known->call = *call;
	known->is_64bit = is_64bit;
	return 0;
}
