/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _HVPART_KVM_CHILD_VCPU_H
#define _HVPART_KVM_CHILD_VCPU_H

#include <linux/atomic.h>
#include <linux/kvm.h>
#include <linux/rcupdate.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <hvpart/machine.h>
#include "../../hook/hook.h"
#include "memory.h"

struct file;
struct hvp_closing;
struct hvp_runner;
struct kvm_vcpu;

/* What has had KVM return, where it has no word for it. */
enum hvp_stop_cause {
	HVP_STOP_NONE,
	HVP_STOP_MEMORY,	/* a page in a slot, which the map does not allow */
	HVP_STOP_HOST,		/* a page in a slot, which the host could not give */
	HVP_STOP_NO_SLOT,	/* a page in no slot */
	HVP_STOP_INSTRUCTION,	/* an instruction that KVM is to emulate */
	HVP_STOP_LAPIC,		/* likewise, of which it is known that it reads KVM's LAPIC */
	HVP_STOP_EMULATION,	/* a page of one that it has emulated, which is taken back */
	HVP_STOP_CPUID,		/* CPUID, which its parent is to see */
};

/**
 * struct hvp_stop - why a VP has stopped, noted on the way
 * @cause:	why
 * @gfn:	which page
 * @write:	it was to be written to
 * @error:	HVP_STOP_HOST: what was wrong
 * @fault_gpa:	the last nested page fault of this run, as KVM has begun to handle it
 * @fault_error: its error code; 0 if there was none
 * @emulate:	the next instruction that KVM is to emulate is for it to emulate
 * @refused:	its emulator has not been given the page
 * @has_before:	KVM is emulating the instruction that @before is of, or has stopped there
 * @before:	registers as they were when KVM came to an instruction to emulate
 */
struct hvp_stop {
	enum hvp_stop_cause cause;
	u64 gfn;
	bool write;
	int error;
	u64 fault_gpa;
	u64 fault_error;
	bool emulate;
	bool refused;
	bool has_before;
	struct kvm_regs before;
};

/**
 * struct hvp_machine_vp - a VP as a vCPU of KVM's
 * @machine:	its machine
 * @index:	which one, also its APIC ID
 * @file:	KVM's descriptor of the vCPU
 * @closing:	closes @file
 * @vcpu:	the vCPU, held by @file
 * @node:	place in the table of vCPUs
 * @rcu:	that is looked up under RCU
 * @events:	whom to tell
 * @owner:	what to tell them; NULL until it has been set up
 * @lock:	protects what follows up to @armed; taken in any context
 * @runner:	who runs it
 * @interrupted: the run under way, or the next one, is to come back
 * @woken:	it has been woken since it began to wait
 * @armed:	it waits, and its owner is to be told when it is woken
 * @blocked:	it has begun to wait in this run
 * @stop:	why it has stopped
 * @huge_gfn:	the first page of 2 MiB that KVM may map as one
 * @huge_address: where the VMM has these, 0 if there are none
 * @soft:	pages that KVM's emulator has used in this run
 * @extint:	vector of an ExtINT that waits for the next run, -1 if there is none
 * @socket_bits: hvp_machine_config.socket_bits, of what KVM knows of its CPUID
 * @general_set: GENERAL is in kvm_run, and not yet in the vCPU
 * @msrs_known:	@msrs is what KVM has given last
 * @msrs:	by enum hvp_vp_msr
 */
struct hvp_machine_vp {
	struct hvp_machine *machine;
	u32 index;
	struct file *file;
	struct hvp_closing *closing;
	struct kvm_vcpu *vcpu;
	struct hlist_node node;
	struct rcu_head rcu;
	const struct hvp_machine_events *events;
	void *owner;
	raw_spinlock_t lock;
	struct hvp_runner *runner;
	bool interrupted;
	bool woken;
	bool armed;
	bool blocked;
	struct hvp_stop stop;
	u64 huge_gfn;
	unsigned long huge_address;
	struct hvp_soft_pages soft;
	int extint;
	unsigned int socket_bits;
	bool general_set;
	bool msrs_known;
	u64 msrs[HVP_NR_VP_MSRS];
};

extern struct hvp_observer hvp_observer_kvm_vcpu_halt;
extern struct hvp_observer hvp_observer_kvm_vcpu_block;

int hvp_machine_vp_create(struct hvp_machine *machine, u32 index,
			  const struct hvp_machine_events *events, void *owner,
			  struct hvp_machine_vp **vp);
struct hvp_machine_vp *hvp_machine_vp_at(struct hvp_machine *machine, u32 index);
bool hvp_machine_keeps_vp(struct hvp_machine *machine, u32 index);
void hvp_machine_vp_destroy(struct hvp_machine_vp *vp);
void hvp_machine_vp_interrupt(struct hvp_machine_vp *vp);
void hvp_machine_vp_recall(struct hvp_machine_vp *vp);
void hvp_machine_vp_wake(struct hvp_machine_vp *vp);
bool hvp_machine_vp_block(struct hvp_machine_vp *vp);

bool hvp_machine_vps_have(const struct kvm_vcpu *vcpu);
bool hvp_machine_vp_observe_wake_up(const struct kvm_vcpu *vcpu);

extern atomic_t hvp_machine_vp_count;

/* Is a vCPU a VP of a machine's?  Most hosts have none, and each call asks. */
static __always_inline bool hvp_machine_vp_is(const struct kvm_vcpu *vcpu)
{
	return atomic_read(&hvp_machine_vp_count) && hvp_machine_vps_have(vcpu);
}

#endif /* _HVPART_KVM_CHILD_VCPU_H */
