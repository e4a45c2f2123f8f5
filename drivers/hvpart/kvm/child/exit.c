// SPDX-License-Identifier: GPL-2.0
/*
 * What KVM_RUN has come back with, as an exit of a VP's: one of which nothing has happened.
 *
 * KVM emulates what it cannot leave to the processor, and then says what it has done.  So it
 * is stopped before: an access to what is in no slot, and string I/O, which it would take
 * apart.
 */

#include <linux/kvm_host.h>
#include <hvpart/abi.h>
#include <hvpart/machine.h>
#include "../../core/core.h"
#include "../../hook/compat.h"
#include "../originals.h"
#include "cpuid.h"
#include "exit.h"
#include "machine.h"
#include "memory.h"
#include "registers.h"
#include "runner.h"
#include "vcpu.h"

/* Does KVM's LAPIC answer there? */
static bool hvp_is_apic_page(const struct kvm_vcpu *vcpu, u64 gpa)
{
	u64 base = vcpu->arch.apic_base;

	return base & MSR_IA32_APICBASE_ENABLE && !(base & X2APIC_ENABLE) &&
	       gpa >> PAGE_SHIFT == (base & MSR_IA32_APICBASE_BASE) >> PAGE_SHIFT;
}

static bool hvp_stop_without_slot(struct hvp_machine_vp *vp, u64 gpa)
{
	const struct kvm_vcpu *vcpu = vp->vcpu;

	if (search_memslots(kvm_memslots(vcpu->kvm), gpa >> PAGE_SHIFT, false) ||
	    hvp_is_apic_page(vcpu, gpa))
		return false;
	vp->stop.cause = HVP_STOP_NO_SLOT;
	vp->stop.gfn = gpa >> PAGE_SHIFT;
	return true;
}

/* KVM is about to emulate an instruction: is that for the VP's parent to see first? */
static bool hvp_stop_before(struct hvp_machine_vp *vp, u64 gpa, int type)
{
	if (type & (EMULTYPE_SKIP | EMULTYPE_NO_DECODE))
		return false;
	if (type & EMULTYPE_PF) {
		if (hvp_stop_without_slot(vp, gpa))
			return true;
		/* What reads the LAPIC may store that elsewhere; what writes to it does not. */
		if (vp->stop.fault_error & PFERR_WRITE_MASK)
			return false;
	} else if (type) {
		return false;
	}
	if (!vp->stop.emulate) {
		/* String I/O is one; what it is its bytes say, which cannot be read here. */
		vp->stop.cause = type ? HVP_STOP_LAPIC : HVP_STOP_INSTRUCTION;
		return true;
	}
	vp->stop.emulate = false;
	vp->stop.has_before = true;
	return false;
}

/*
 * KVM emulates what it always does: an access to its LAPIC, say.  A page that it may not have it
 * takes for a device's, or in a page walk for one that the guest's tables do not have: all of
 * that is taken back.
 */
static int hvp_emulate(struct hvp_machine_vp *vp, u64 gpa, int type, void *insn, int length)
{
	struct kvm_queued_exception *exception = &vp->vcpu->arch.exception;
	const bool pending = exception->pending;
	const unsigned long cr2 = vp->vcpu->arch.cr2;
	int resume;

	vp->stop.refused = false;
	resume = hvp_original_x86_emulate_instruction(vp->vcpu, gpa, type, insn, length);
	if (!vp->stop.refused) {
		/* From here on the processor goes on by itself. */
		if (resume)
			vp->stop.has_before = false;
		return resume;
	}
	if (!pending) {
		exception->pending = false;
		exception->has_payload = false;
		vp->vcpu->arch.cr2 = cr2;
	}
	vp->stop.cause = HVP_STOP_EMULATION;
	return 0;
}

static int hvp_replace_x86_emulate_instruction(struct kvm_vcpu *vcpu, u64 gpa, int type,
					       void *insn, int length)
{
	int token = srcu_read_lock(&hvp_calls_running);
	struct hvp_machine_vp *vp = hvp_runner_vp_here();
	int resume = 0;

	if (!vp || vp->vcpu != vcpu)
		resume = hvp_original_x86_emulate_instruction(vcpu, gpa, type, insn, length);
	else if (!hvp_stop_before(vp, gpa, type))
		resume = hvp_emulate(vp, gpa, type, insn, length);
	srcu_read_unlock(&hvp_calls_running, token);
	return resume;
}

HVP_DEFINE_HOOK(x86_emulate_instruction, hvp_runner_divert,
		"int (struct kvm_vcpu *, gpa_t, int, void *, int)");

/*
 * What is in no slot is an exit before KVM notes that it is a device's: newer ones look at that
 * note first, and have an event that is delivered to such a page delivered again for ever.
 */
static bool hvp_stop_at_fault(struct hvp_machine_vp *vp, u64 gpa, u64 error)
{
	/* Which access it was nobody says later. */
	vp->stop.fault_gpa = gpa;
	vp->stop.fault_error = error;
	/* Without nested paging the address may be a linear one. */
	return vp->vcpu->arch.mmu->root_role.direct && hvp_stop_without_slot(vp, gpa);
}

static int hvp_replace_kvm_mmu_page_fault(struct kvm_vcpu *vcpu, u64 gpa, u64 error, void *insn,
					  int length)
{
	int token = srcu_read_lock(&hvp_calls_running);
	struct hvp_machine_vp *vp = hvp_runner_vp_here();
	int resume = 0;

	if (!vp || vp->vcpu != vcpu || !hvp_stop_at_fault(vp, gpa, error))
		resume = hvp_original_kvm_mmu_page_fault(vcpu, gpa, error, insn, length);
	srcu_read_unlock(&hvp_calls_running, token);
	return resume;
}

HVP_DEFINE_HOOK(kvm_mmu_page_fault, hvp_runner_divert,
		"int (struct kvm_vcpu *, gpa_t, u64, void *, int)");

/**
 * hvp_exit_set_msr() - kvm_hv_set_msr_common() for a VP
 * @vp:		the VP, which this thread uses
 * @msr:	the MSR
 * @data:	what is written to it
 * @host:	not by the VP
 *
 * KVM has #GP for an MSR that names a page which it may not write to, or which is in no slot: an
 * exit instead, if there is such a page.
 *
 * Context: In KVM's loop, or in an ioctl() of KVM's for the vCPU.
 * Return: as that.
 */
int hvp_exit_set_msr(struct hvp_machine_vp *vp, u32 msr, u64 data, bool host)
{
	int error;
	u64 gfn;

	vp->stop.refused = false;
	error = hvp_original_kvm_hv_set_msr_common(vp->vcpu, msr, data, host);
	if (!error || host || !hvp_child_memory_named_by_msr(vp->machine, msr, data, &gfn))
		return error;
	if (vp->stop.refused) {
		vp->stop.cause = HVP_STOP_MEMORY;
		return -EFAULT;
	}
	if (!hvp_stop_without_slot(vp, gfn << PAGE_SHIFT))
		return error;
	vp->stop.write = true;
	return -EFAULT;
}

/*
 * CPUID, before KVM answers it.  Where the guest has it fault outside its kernel, that comes
 * first, and is KVM's.
 */
static bool hvp_stop_at_cpuid(struct hvp_machine_vp *vp)
{
	const struct kvm_vcpu *vcpu = vp->vcpu;

	if (vcpu->arch.msr_misc_features_enables & MSR_MISC_FEATURES_ENABLES_CPUID_FAULT ||
	    !vp->events->intercepts_cpuid(vp->owner, vcpu->arch.regs[VCPU_REGS_RAX]))
		return false;
	vp->stop.cause = HVP_STOP_CPUID;
	return true;
}

static int hvp_replace_kvm_emulate_cpuid(struct kvm_vcpu *vcpu)
{
	int token = srcu_read_lock(&hvp_calls_running);
	struct hvp_machine_vp *vp = hvp_runner_vp_here();
	int resume = 0;

	if (!vp || vp->vcpu != vcpu || !hvp_stop_at_cpuid(vp))
		resume = hvp_original_kvm_emulate_cpuid(vcpu);
	srcu_read_unlock(&hvp_calls_running, token);
	return resume;
}

HVP_DEFINE_HOOK(kvm_emulate_cpuid, hvp_runner_divert, "int (struct kvm_vcpu *)");

static bool hvp_is_long_mode(const struct kvm_sregs *special)
{
	return special->efer & EFER_LMA && special->cs.l;
}

/* Bytes from the instruction pointer on, as many as can be read, up to an instruction's. */
static void hvp_exit_read_instruction(struct hvp_machine_vp *vp, struct hvp_runner *runner,
				      struct hvp_exit *exit)
{
	const struct kvm_sync_regs *registers = &vp->vcpu->run->s.regs;
	u64 linear = registers->regs.rip;
	unsigned int some;

	if (!hvp_is_long_mode(&registers->sregs))
		linear = (u32)(linear + registers->sregs.cs.base);
	while (exit->instruction_count < HVP_INSTRUCTION_BYTES) {
		struct kvm_translation translation = {
			.linear_address = linear + exit->instruction_count,
		};

		some = min_t(unsigned int, HVP_INSTRUCTION_BYTES - exit->instruction_count,
			     PAGE_SIZE - offset_in_page(translation.linear_address));
		if (hvp_runner_ioctl(runner, vp->file, KVM_TRANSLATE, &translation,
				     sizeof(translation)) || !translation.valid)
			return;
		if (hvp_child_memory_read(vp->machine, translation.physical_address,
					  exit->instruction + exit->instruction_count, some))
			return;
		exit->instruction_count += some;
	}
}

static bool hvp_is_prefix(u8 byte, bool long_mode)
{
	switch (byte) {
	case 0xf0: case 0xf2: case 0xf3: case 0x66: case 0x67:
	case 0x2e: case 0x36: case 0x3e: case 0x26: case 0x64: case 0x65:
		return true;
	default:
		return long_mode && (byte & 0xf0) == 0x40;
	}
}

/**
 * struct hvp_io_instruction - a port instruction, by its bytes
 * @opcode:	the opcode
 * @length:	bytes of the instruction
 * @rep:	it has a REP prefix
 * @operand_size: it has a prefix that changes the operand's size
 */
struct hvp_io_instruction {
	u8 opcode;
	u8 length;
	bool rep;
	bool operand_size;
};

/* Return: is it one? */
static bool hvp_io_instruction_parse(const struct hvp_exit *exit, bool long_mode,
				     struct hvp_io_instruction *io)
{
	unsigned int i;

	*io = (struct hvp_io_instruction) {};
	for (i = 0; i < exit->instruction_count; i++) {
		u8 byte = exit->instruction[i];

		if (hvp_is_prefix(byte, long_mode)) {
			io->rep |= byte == 0xf2 || byte == 0xf3;
			io->operand_size |= byte == 0x66;
			continue;
		}
		io->opcode = byte;
		io->length = i + 1;
		/* INS and OUTS; IN and OUT, with the port in DX or in a byte. */
		if ((byte & 0xfc) == 0x6c || (byte & 0xfc) == 0xec)
			return true;
		if ((byte & 0xfc) != 0xe4 || io->length == exit->instruction_count)
			return false;
		io->length++;
		return true;
	}
	return false;
}

static void hvp_exit_string_io(const struct kvm_sync_regs *registers,
			       const struct hvp_io_instruction *io, struct hvp_exit *exit)
{
	bool is_16bit = !hvp_is_long_mode(&registers->sregs) && !registers->sregs.cs.db;

	exit->reason = HVP_EXIT_IO;
	exit->port = registers->regs.rdx;
	exit->string = true;
	exit->rep = io->rep;
	exit->access = io->opcode & 2 ? HVP_ACCESS_WRITE : HVP_ACCESS_READ;
	if (!(io->opcode & 1))
		exit->size = 1;
	else
		exit->size = is_16bit != io->operand_size ? 2 : 4;
	exit->instruction_length = io->length;
}

/* KVM is to emulate it after all; what comes of that may have to be taken back. */
static void hvp_exit_emulate(struct hvp_machine_vp *vp)
{
	vp->stop.emulate = true;
	vp->stop.before = vp->vcpu->run->s.regs.regs;
}

/* Return: is it an exit? */
static bool hvp_exit_instruction(struct hvp_machine_vp *vp, struct hvp_runner *runner,
				 struct hvp_exit *exit)
{
	const struct kvm_sync_regs *registers = &vp->vcpu->run->s.regs;
	struct hvp_io_instruction io;

	hvp_exit_read_instruction(vp, runner, exit);
	if (hvp_io_instruction_parse(exit, hvp_is_long_mode(&registers->sregs), &io) &&
	    (io.opcode & 0xfc) == 0x6c) {
		hvp_exit_string_io(registers, &io, exit);
		return true;
	}
	exit->instruction_count = 0;
	hvp_exit_emulate(vp);
	return false;
}

/*
 * What KVM has emulated its parent is to see: its registers are as before.  An interrupt may have
 * come in between, and then it was another instruction.
 */
static bool hvp_exit_undo(struct hvp_machine_vp *vp, struct hvp_runner *runner)
{
	struct kvm_regs *registers = &vp->vcpu->run->s.regs.regs;

	if (!vp->stop.has_before ||
	    registers->rip - vp->stop.before.rip > HVP_INSTRUCTION_BYTES)
		return true;
	*registers = vp->stop.before;
	return !hvp_runner_ioctl(runner, vp->file, KVM_SET_REGS, registers, sizeof(*registers));
}

/* Those of two bytes, behind prefixes; how long others are is not known here. */
static void hvp_exit_measure(struct hvp_machine_vp *vp, struct hvp_runner *runner,
			     struct hvp_exit *exit)
{
	bool long_mode = hvp_is_long_mode(&vp->vcpu->run->s.regs.sregs);
	unsigned int i = 0;

	hvp_exit_read_instruction(vp, runner, exit);
	while (i < exit->instruction_count && hvp_is_prefix(exit->instruction[i], long_mode))
		i++;
	if (i + 1 < exit->instruction_count && exit->instruction[i] == 0x0f)
		exit->instruction_length = i + 2;
}

static void hvp_exit_cpuid(struct hvp_machine_vp *vp, struct hvp_runner *runner,
			   struct hvp_exit *exit)
{
	const struct kvm_regs *registers = &vp->vcpu->run->s.regs.regs;
	const struct hvp_cpuid_query query = {
		.leaf = registers->rax,
		.subleaf = registers->rcx,
		.own_states = true,
	};
	struct hvp_cpuid_value value;

	exit->reason = HVP_EXIT_DENIED;
	if (hvp_machine_vp_cpuid(vp, &query, &value))
		return;
	vp->events->cpuid(vp->owner, query.leaf, query.subleaf, &value);
	memcpy(exit->cpuid, value.registers, sizeof(exit->cpuid));
	exit->access = HVP_ACCESS_EXECUTE;
	exit->reason = HVP_EXIT_CPUID;
	hvp_exit_measure(vp, runner, exit);
}

/*
 * KVM would go on behind the instruction when it runs next, as if its VMM had answered.  The
 * parent says where it goes on.
 */
static bool hvp_cancel_instruction(struct hvp_machine_vp *vp)
{
	struct kvm_vcpu *vcpu = vp->vcpu;

	if (mutex_lock_killable(&vcpu->mutex))
		return false;
	vcpu->arch.complete_userspace_io = NULL;
	vcpu->arch.pio.count = 0;
	vcpu->mmio_needed = 0;
	vcpu->mmio_cur_fragment = 0;
	vcpu->mmio_nr_fragments = 0;
	mutex_unlock(&vcpu->mutex);
	return true;
}

static void hvp_exit_io(struct hvp_machine_vp *vp, struct hvp_runner *runner,
			struct hvp_exit *exit)
{
	const struct kvm_run *run = vp->vcpu->run;
	struct hvp_io_instruction io;

	/* KVM may have emulated an OUT, and have gone on behind it. */
	if (!hvp_cancel_instruction(vp) || !hvp_exit_undo(vp, runner))
		return;
	/* Whoever has taken its page away meanwhile hears of that when it is fetched again. */
	hvp_exit_read_instruction(vp, runner, exit);
	if (!hvp_io_instruction_parse(exit, hvp_is_long_mode(&run->s.regs.sregs), &io))
		return;
	exit->reason = HVP_EXIT_IO;
	exit->port = run->io.port;
	exit->size = run->io.size;
	exit->access = run->io.direction == KVM_EXIT_IO_OUT ? HVP_ACCESS_WRITE : HVP_ACCESS_READ;
	exit->rep = io.rep;
	exit->instruction_length = io.length;
}

/* An MSR that KVM does not know.  Return: is it an exit? */
static bool hvp_exit_msr(struct hvp_machine_vp *vp, struct hvp_runner *runner, bool write,
			 struct hvp_exit *exit)
{
	struct kvm_run *run = vp->vcpu->run;

	switch (vp->events->unknown_msr(vp->owner, run->msr.index, write)) {
	case HVP_ACTION_IGNORE:
		run->msr.error = 0;
		if (!write)
			run->msr.data = 0;
		return false;
	case HVP_ACTION_EXIT:
		if (!hvp_cancel_instruction(vp))
			return true;
		exit->reason = HVP_EXIT_MSR;
		exit->msr = run->msr.index;
		exit->access = write ? HVP_ACCESS_WRITE : HVP_ACCESS_READ;
		hvp_exit_measure(vp, runner, exit);
		return true;
	default:
		run->msr.error = 1;
		return false;
	}
}

static enum hvp_access hvp_fault_access(u64 error)
{
	if (error & PFERR_WRITE_MASK)
		return HVP_ACCESS_WRITE;
	return error & PFERR_FETCH_MASK ? HVP_ACCESS_EXECUTE : HVP_ACCESS_READ;
}

static void hvp_exit_memory(const struct hvp_stop *stop, struct hvp_exit *exit)
{
	exit->reason = HVP_EXIT_MEMORY;
	exit->gpa = stop->gfn << PAGE_SHIFT;
	exit->access = stop->write ? HVP_ACCESS_WRITE : HVP_ACCESS_READ;
	/* What KVM accesses for itself, it has no fault of. */
	if (stop->fault_error && stop->fault_gpa >> PAGE_SHIFT == stop->gfn) {
		exit->gpa = stop->fault_gpa;
		exit->access = hvp_fault_access(stop->fault_error);
	}
}

static void hvp_exit_emulation(struct hvp_machine_vp *vp, struct hvp_runner *runner,
			       struct hvp_exit *exit)
{
	if (!hvp_cancel_instruction(vp) || !hvp_exit_undo(vp, runner))
		return;
	exit->reason = HVP_EXIT_MEMORY;
	exit->gpa = vp->stop.gfn << PAGE_SHIFT;
	exit->access = vp->stop.write ? HVP_ACCESS_WRITE : HVP_ACCESS_READ;
}

/* Return: is it an exit?  Otherwise there is a slot now, and KVM tries again. */
static bool hvp_exit_no_slot(struct hvp_machine_vp *vp, struct hvp_exit *exit)
{
	struct hvp_gpa_page page;
	int error;

	hvp_exit_memory(&vp->stop, exit);
	hvp_gpa_map_find(vp->machine->config.map, vp->stop.gfn, &page);
	if (page.kind != HVP_GPA_MAPPED ||
	    (exit->access == HVP_ACCESS_WRITE && !(page.rights & HVP_MAP_WRITE)))
		return true;
	/* Nothing can be behind KVM's LAPIC. */
	if (hvp_child_memory_is_apic_gfn(vp->stop.gfn))
		return true;
	error = hvp_child_memory_make_slot(vp->machine, vp->stop.gfn);
	if (error == -EINTR)
		exit->reason = HVP_EXIT_INTERRUPTED;
	else if (error)
		exit->reason = HVP_EXIT_DENIED;
	return error;
}

/* KVM has returned with something for its VMM.  Return: is it an exit? */
static bool hvp_exit_for_vmm(struct hvp_machine_vp *vp, struct hvp_runner *runner,
			     struct hvp_exit *exit)
{
	struct kvm_run *run = vp->vcpu->run;

	switch (READ_ONCE(run->exit_reason)) {
	case KVM_EXIT_IO:
		hvp_exit_io(vp, runner, exit);
		return true;
	case KVM_EXIT_MMIO:
		/* Of an instruction that KVM has emulated for another reason. */
		exit->gpa = run->mmio.phys_addr;
		exit->access = run->mmio.is_write ? HVP_ACCESS_WRITE : HVP_ACCESS_READ;
		if (hvp_cancel_instruction(vp) && hvp_exit_undo(vp, runner))
			exit->reason = HVP_EXIT_MEMORY;
		return true;
	case KVM_EXIT_SHUTDOWN:
	case KVM_EXIT_FAIL_ENTRY:
	case KVM_EXIT_INTERNAL_ERROR:
		exit->reason = HVP_EXIT_UNRECOVERABLE;
		return true;
	case KVM_EXIT_X86_RDMSR:
		return hvp_exit_msr(vp, runner, false, exit);
	case KVM_EXIT_X86_WRMSR:
		return hvp_exit_msr(vp, runner, true, exit);
	case KVM_EXIT_HYPERV:
		/* There is nobody to post a message to, or to signal. */
		if (run->hyperv.type == KVM_EXIT_HYPERV_HCALL)
			run->hyperv.u.hcall.result = HVP_STATUS_INVALID_CONNECTION_ID;
		return false;
	case KVM_EXIT_SYSTEM_EVENT:
		/* The guest says that it has crashed, and goes on. */
		return false;
	case KVM_EXIT_IRQ_WINDOW_OPEN:
	case KVM_EXIT_INTR:
		exit->reason = HVP_EXIT_INTERRUPTED;
		return true;
	default:
		exit->reason = HVP_EXIT_DENIED;
		return true;
	}
}

/* KVM has been interrupted, or the VP has begun to wait.  Return: is it an exit? */
static bool hvp_exit_interrupted(struct hvp_machine_vp *vp, struct hvp_runner *runner,
				 long result, struct hvp_exit *exit)
{
	exit->reason = HVP_EXIT_INTERRUPTED;
	if (hvp_runner_is_wanted(runner))
		return true;
	if (!vp->blocked)
		return result == -EINTR;
	/* A timer that has fired wakes it only now; how often, the time slice bounds. */
	if (!hvp_machine_vp_block(vp))
		return false;
	exit->reason = HVP_EXIT_BLOCKED;
	return true;
}

/* KVM has returned without an error, as it was told, or not.  Return: is it an exit? */
static bool hvp_exit_for_us(struct hvp_machine_vp *vp, struct hvp_runner *runner,
			    struct hvp_exit *exit)
{
	switch (vp->stop.cause) {
	case HVP_STOP_NO_SLOT:
		return hvp_exit_no_slot(vp, exit);
	case HVP_STOP_INSTRUCTION:
		return hvp_exit_instruction(vp, runner, exit);
	case HVP_STOP_LAPIC:
		hvp_exit_emulate(vp);
		return false;
	case HVP_STOP_EMULATION:
		hvp_exit_emulation(vp, runner, exit);
		return true;
	case HVP_STOP_CPUID:
		hvp_exit_cpuid(vp, runner, exit);
		return true;
	default:
		return hvp_exit_for_vmm(vp, runner, exit);
	}
}

/**
 * hvp_exit_decode() - what has come of KVM_RUN?
 * @vp:		the VP, whose registers are in kvm_run
 * @runner:	this thread's
 * @result:	what KVM_RUN has returned
 * @exit:	receives the exit
 *
 * Context: May sleep; in the thread that runs @vp, without a lock.
 * Return: is there something for the parent?  Otherwise the VP is to go on at once.
 */
bool hvp_exit_decode(struct hvp_machine_vp *vp, struct hvp_runner *runner, long result,
		     struct hvp_exit *exit)
{
	*exit = (struct hvp_exit) { .reason = HVP_EXIT_INTERRUPTED };
	switch (result) {
	case 0:
		return hvp_exit_for_us(vp, runner, exit);
	case -ERESTARTNOINTR:
		/* Of any KVM_RUN that ends because the module goes. */
		return hvp_exit_interrupted(vp, runner, -EINTR, exit);
	case -EINTR:
	case -EAGAIN:
		return hvp_exit_interrupted(vp, runner, result, exit);
	case -EFAULT:
		if (vp->stop.cause == HVP_STOP_NO_SLOT)
			return hvp_exit_no_slot(vp, exit);
		exit->reason = HVP_EXIT_DENIED;
		if (vp->stop.cause == HVP_STOP_MEMORY ||
		    (vp->stop.cause == HVP_STOP_HOST && vp->stop.error == -EFAULT))
			hvp_exit_memory(&vp->stop, exit);
		else if (vp->stop.cause == HVP_STOP_HOST && vp->stop.error == -EINTR)
			exit->reason = HVP_EXIT_INTERRUPTED;
		return true;
	default:
		exit->reason = HVP_EXIT_DENIED;
		return true;
	}
}
