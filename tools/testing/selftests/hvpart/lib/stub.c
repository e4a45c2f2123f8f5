// SPDX-License-Identifier: GPL-2.0
/* What the guest executes, and one round through it. */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>

#include "guest.h"
#include "guest_code.h"

/* Not all of the arithmetic flags in the same state, so that a change shows. */
#define RFLAGS_FIXED		0x2
#define RFLAGS_ARITHMETIC	0x885	/* OF, SF, PF, CF set; ZF, AF clear */
#define RFLAGS_IOPL3		0x3000

static void write_call(u8 *code, u32 from, unsigned int size)
{
	u32 distance = GUEST_HYPERCALL_GPA - (from + size);

	code[0] = 0xe8;
	memcpy(code + 1, &distance, size - 1);
	code[size] = 0xe6;
	code[size + 1] = STUB_PORT_RETURN;
	/* Not reached: the host sets RIP before it goes on. */
	code[size + 2] = 0xf4;
}

static void write_instruction(u8 *code, u8 second_byte)
{
	const u8 instructions[] = { 0x0f, second_byte, 0xe6, STUB_PORT_RETURN, 0xf4 };

	memcpy(code, instructions, sizeof(instructions));
}

void guest_write_stub(struct guest *guest)
{
	u8 *handler = guest_host(guest, STUB_HANDLERS_GPA);
	unsigned int i;

	write_call(guest_host(guest, STUB_CALL_GPA), STUB_CALL_GPA, STUB_OUT_OFFSET);
	write_call(guest_host(guest, STUB_CALL16_GPA), STUB_CALL16_GPA, STUB_OUT16_OFFSET);
	write_instruction(guest_host(guest, STUB_WRMSR_GPA), 0x30);
	write_instruction(guest_host(guest, STUB_RDMSR_GPA), 0x32);
	write_instruction(guest_host(guest, STUB_CPUID_GPA), 0xa2);
	for (i = 0; i < STUB_VECTORS; i++, handler += STUB_HANDLER_SIZE) {
		handler[0] = 0xe6;
		handler[1] = STUB_PORT_EXCEPTION;
		handler[2] = 0xf4;
	}
}

static void run_until_out(struct vcpu *vcpu)
{
	struct kvm_run *run = vcpu->run;

	while (vcpu->enter ? vcpu->enter(vcpu) : ioctl(vcpu->fd, KVM_RUN, 0)) {
		/* EAGAIN: a vCPU that has just been made runnable */
		if (errno != EINTR && errno != EAGAIN)
			die("KVM_RUN: %m");
	}
	if (run->exit_reason != KVM_EXIT_IO || run->io.direction != KVM_EXIT_IO_OUT)
		die("the guest ended with KVM exit reason %u, not with its OUT", run->exit_reason);
}

/* From @entry to an OUT; returns the exception that came of it. */
static int run_stub(struct vcpu *vcpu, struct kvm_regs *regs, u64 entry)
{
	regs->rip = entry;
	regs->rflags = RFLAGS_FIXED | RFLAGS_ARITHMETIC;
	regs->rsp = GUEST_STACK_GPA(vcpu->index) + HVP_PAGE_SIZE;
	if (vcpu->mode == VCPU_LONG64_USER) {
		regs->rflags |= RFLAGS_IOPL3;
		regs->rsp = GUEST_USER_STACK_GPA(vcpu->index) + HVP_PAGE_SIZE;
	} else if (vcpu->mode == VCPU_REAL) {
		/* SS has the base, see vcpu_load_segments(). */
		regs->rsp = HVP_PAGE_SIZE;
	}
	if (ioctl(vcpu->fd, KVM_SET_REGS, regs))
		die("KVM_SET_REGS: %m");
	run_until_out(vcpu);
	if (ioctl(vcpu->fd, KVM_GET_REGS, regs))
		die("KVM_GET_REGS: %m");

	switch (vcpu->run->io.port) {
	case STUB_PORT_RETURN:
		return VCPU_NO_EXCEPTION;
	case STUB_PORT_EXCEPTION:
		/* The handler runs at CPL 0, with what the mode has for that. */
		vcpu_load_segments(vcpu);
		return (regs->rip - STUB_HANDLERS_GPA) / STUB_HANDLER_SIZE;
	default:
		die("the guest ended with an OUT to port 0x%x", vcpu->run->io.port);
	}
}

int vcpu_run_code(struct vcpu *vcpu, struct kvm_regs *regs, u64 gpa)
{
	return run_stub(vcpu, regs, gpa);
}

int vcpu_call(struct vcpu *vcpu, struct kvm_regs *regs)
{
	return run_stub(vcpu, regs, vcpu->mode == VCPU_REAL ? STUB_CALL16_GPA : STUB_CALL_GPA);
}

int vcpu_try_write_msr(struct vcpu *vcpu, u32 msr, u64 value)
{
	struct kvm_regs regs = { .rcx = msr, .rax = (u32)value, .rdx = value >> 32 };

	return run_stub(vcpu, &regs, STUB_WRMSR_GPA);
}

int vcpu_try_read_msr(struct vcpu *vcpu, u32 msr, u64 *value)
{
	struct kvm_regs regs = { .rcx = msr };
	int exception = run_stub(vcpu, &regs, STUB_RDMSR_GPA);

	*value = regs.rdx << 32 | (u32)regs.rax;
	return exception;
}

struct cpuid_registers vcpu_cpuid(struct vcpu *vcpu, u32 leaf)
{
	struct kvm_regs regs = { .rax = leaf };
	int exception = run_stub(vcpu, &regs, STUB_CPUID_GPA);

	if (exception != VCPU_NO_EXCEPTION)
		die("exception %d when the guest asks for CPUID 0x%x", exception, leaf);
	return (struct cpuid_registers){ regs.rax, regs.rbx, regs.rcx, regs.rdx };
}

void vcpu_write_msr(struct vcpu *vcpu, u32 msr, u64 value)
{
	int exception = vcpu_try_write_msr(vcpu, msr, value);

	if (exception != VCPU_NO_EXCEPTION)
		die("exception %d when the guest writes MSR 0x%x", exception, msr);
}

/* What KVM_GET_REGS shows while the OUT has not been completed. */
static u64 return_rip(struct vcpu *vcpu)
{
	if (vcpu->mode == VCPU_REAL)
		return STUB_CALL16_GPA + STUB_OUT16_OFFSET;
	return STUB_CALL_GPA + STUB_OUT_OFFSET;
}

static void check_register(const char *name, u64 before, u64 after)
{
	if (before != after)
		die("the hypercall has changed %s from 0x%llx to 0x%llx", name, before, after);
}

static void check_registers(struct vcpu *vcpu, const struct kvm_regs *before,
			    const struct kvm_regs *after)
{
	check_register("RBX", before->rbx, after->rbx);
	check_register("RCX", before->rcx, after->rcx);
	check_register("RSI", before->rsi, after->rsi);
	check_register("RDI", before->rdi, after->rdi);
	check_register("RBP", before->rbp, after->rbp);
	check_register("RSP", before->rsp, after->rsp);
	check_register("RFLAGS", before->rflags, after->rflags);
	check_register("RIP", return_rip(vcpu), after->rip);
	if (vcpu->mode != VCPU_LONG64)
		return;
	check_register("RDX", before->rdx, after->rdx);
	check_register("R8", before->r8, after->r8);
	check_register("R9", before->r9, after->r9);
	check_register("R10", before->r10, after->r10);
	check_register("R11", before->r11, after->r11);
	check_register("R12", before->r12, after->r12);
	check_register("R13", before->r13, after->r13);
	check_register("R14", before->r14, after->r14);
	check_register("R15", before->r15, after->r15);
}

/* Make a call with these registers and return how they are afterwards. */
static struct kvm_regs call_and_check(struct vcpu *vcpu, struct kvm_regs before, u64 control)
{
	struct kvm_regs after = before;
	int exception = vcpu_call(vcpu, &after);

	if (exception != VCPU_NO_EXCEPTION)
		die("exception %d in hypercall 0x%llx", exception, control);
	before.rsp = GUEST_STACK_GPA(vcpu->index) + HVP_PAGE_SIZE;
	before.rflags = RFLAGS_FIXED | RFLAGS_ARITHMETIC;
	check_registers(vcpu, &before, &after);
	return after;
}

static u64 hypercall64(struct vcpu *vcpu, u64 control, u64 input, u64 output)
{
	const struct kvm_regs before = {
		.rax = 0xaaaaaaaaaaaaaaaaULL, .rbx = 0xb0b1b2b3b4b5b6b7ULL,
		.rsi = 0x5151515151515151ULL, .rdi = 0xd1d1d1d1d1d1d1d1ULL,
		.rbp = 0xb9b9b9b9b9b9b9b9ULL, .r9 = 0x0909090909090909ULL,
		.r10 = 0x1010101010101010ULL, .r11 = 0x1111111111111111ULL,
		.r12 = 0x1212121212121212ULL, .r13 = 0x1313131313131313ULL,
		.r14 = 0x1414141414141414ULL, .r15 = 0x1515151515151515ULL,
		.rcx = control, .rdx = input, .r8 = output,
	};

	return call_and_check(vcpu, before, control).rax;
}

static u64 hypercall32(struct vcpu *vcpu, u64 control, u64 input, u64 output)
{
	const struct kvm_regs before = {
		.rdx = control >> 32, .rax = (u32)control,
		.rbx = input >> 32, .rcx = (u32)input,
		.rdi = output >> 32, .rsi = (u32)output,
		.rbp = 0xb9b9b9b9,
	};
	struct kvm_regs after = call_and_check(vcpu, before, control);

	check_register("RAX (upper half)", 0, after.rax >> 32);
	check_register("RDX (upper half)", 0, after.rdx >> 32);
	return after.rdx << 32 | after.rax;
}

u64 hypercall(struct vcpu *vcpu, u64 control, u64 input, u64 output)
{
	switch (vcpu->mode) {
	case VCPU_LONG64:
		return hypercall64(vcpu, control, input, output);
	case VCPU_COMPATIBILITY:
	case VCPU_PROTECTED32:
		return hypercall32(vcpu, control, input, output);
	default:
		die("no call returns in mode %d; use vcpu_call()", vcpu->mode);
	}
}
