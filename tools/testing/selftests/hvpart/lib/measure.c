// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>

#include "guest.h"
#include "hypercalls.h"
#include "measure.h"

/* In the guest's memory; the code below knows the offsets. */
struct measured {
	u64 action;	/* address of the code */
	u64 rax, rcx, rdx, r8;
	u64 result;
	u64 start, end;
};

/*
 * RDI: the first struct measured, RSI: how many. LFENCE keeps a real processor from
 * reading its counter before what is measured has ended. Each action may change RAX,
 * RBX, RCX and RDX.
 */
asm(".pushsection .rodata\n"
	"measured_code:\n"
	"1:	mov	(%rdi), %r12\n"
	"	mov	32(%rdi), %r8\n"
	"	lfence\n"
	"	rdtsc\n"
	"	mov	%eax, 48(%rdi)\n"
	"	mov	%edx, 52(%rdi)\n"
	"	mov	8(%rdi), %rax\n"
	"	mov	16(%rdi), %rcx\n"
	"	mov	24(%rdi), %rdx\n"
	"	call	*%r12\n"
	"	mov	%rax, 40(%rdi)\n"
	"	lfence\n"
	"	rdtsc\n"
	"	mov	%eax, 56(%rdi)\n"
	"	mov	%edx, 60(%rdi)\n"
	"	add	$64, %rdi\n"
	"	dec	%rsi\n"
	"	jnz	1b\n"
	"	out	%al, $0xe0\n"	/* STUB_PORT_RETURN */
	"measured_nothing:\n"
	"	ret\n"
	"measured_cpuid:\n"
	"	cpuid\n"
	"	ret\n"
	"measured_rdmsr:\n"
	"	rdmsr\n"
	"	ret\n"
	"measured_wrmsr:\n"
	"	wrmsr\n"
	"	ret\n"
	"measured_code_end:\n"
	".popsection\n");

extern const u8 measured_code[], measured_code_end[], measured_nothing[], measured_cpuid[],
	measured_rdmsr[], measured_wrmsr[];

struct batch {
	struct vcpu *vcpu;
	u64 code_gpa, calls_gpa, inputs_gpa;
	struct measured *calls;
	unsigned int count, size;
	unsigned int input_used, input_size;
};

/* Neighbours in guest memory, and so in the host's. */
static u64 alloc_pages(struct guest *guest, unsigned int count)
{
	u64 gpa = guest_alloc(guest) << HVP_PAGE_SHIFT;

	while (--count)
		guest_alloc(guest);
	return gpa;
}

struct batch *batch_create(struct vcpu *vcpu, unsigned int calls, unsigned int input_pages)
{
	unsigned int bytes = (calls + 1) * sizeof(struct measured);
	struct batch *batch = calloc(1, sizeof(*batch));

	if (!batch)
		die("out of memory");
	batch->vcpu = vcpu;
	batch->size = calls + 1;
	batch->input_size = input_pages * HVP_PAGE_SIZE;
	batch->code_gpa = alloc_pages(vcpu->guest, 1);
	batch->calls_gpa = alloc_pages(vcpu->guest, (bytes + HVP_PAGE_SIZE - 1) / HVP_PAGE_SIZE);
	batch->inputs_gpa = alloc_pages(vcpu->guest, input_pages);
	batch->calls = guest_host(vcpu->guest, batch->calls_gpa);
	memcpy(guest_host(vcpu->guest, batch->code_gpa), measured_code,
	       measured_code_end - measured_code);
	batch_clear(batch);
	return batch;
}

void batch_destroy(struct batch *batch)
{
	free(batch);
}

void batch_clear(struct batch *batch)
{
	struct kvm_regs none = {};

	batch->count = 0;
	batch->input_used = 0;
	batch_add(batch, MEASURE_NOTHING, &none);
}

unsigned int batch_add(struct batch *batch, enum measured_action action,
		       const struct kvm_regs *regs)
{
	const u64 code[MEASURE_ACTIONS] = {
		[MEASURE_NOTHING] = batch->code_gpa + (measured_nothing - measured_code),
		[MEASURE_HYPERCALL] = GUEST_HYPERCALL_GPA,
		[MEASURE_CPUID] = batch->code_gpa + (measured_cpuid - measured_code),
		[MEASURE_RDMSR] = batch->code_gpa + (measured_rdmsr - measured_code),
		[MEASURE_WRMSR] = batch->code_gpa + (measured_wrmsr - measured_code),
	};

	if (batch->count == batch->size)
		die("too many calls in a batch");
	batch->calls[batch->count] = (struct measured){
		.action = code[action],
		.rax = regs->rax, .rcx = regs->rcx, .rdx = regs->rdx, .r8 = regs->r8,
	};
	return batch->count++;
}

unsigned int batch_add_call(struct batch *batch, u64 control, const void *input, size_t size)
{
	unsigned int left = HVP_PAGE_SIZE - batch->input_used % HVP_PAGE_SIZE;
	struct kvm_regs regs = { .rcx = control, .r8 = batch->vcpu->output_gpa };

	/* The list must not cross a page. */
	if (size > left)
		batch->input_used += left;
	if (batch->input_used + size > batch->input_size)
		die("too much input in a batch");
	regs.rdx = batch->inputs_gpa + batch->input_used;
	memcpy(guest_host(batch->vcpu->guest, regs.rdx), input, size);
	batch->input_used += (size + 7) & ~7U;
	return batch_add(batch, MEASURE_HYPERCALL, &regs);
}

unsigned int batch_add_fast(struct batch *batch, u64 control, u64 input)
{
	struct kvm_regs regs = { .rcx = control | HVP_CONTROL_FAST, .rdx = input };

	return batch_add(batch, MEASURE_HYPERCALL, &regs);
}

static u64 took(const struct measured *call)
{
	return call->end - call->start;
}

void batch_run(struct batch *batch)
{
	struct kvm_regs regs = { .rdi = batch->calls_gpa, .rsi = batch->count };
	int exception = vcpu_run_code(batch->vcpu, &regs, batch->code_gpa);

	if (exception != VCPU_NO_EXCEPTION)
		die("exception %d in what is measured", exception);
}

u64 batch_result(const struct batch *batch, unsigned int place)
{
	return batch->calls[place].result;
}

u64 batch_cost(const struct batch *batch, unsigned int place)
{
	u64 nothing = took(&batch->calls[0]), cost = took(&batch->calls[place]);

	return cost > nothing ? cost - nothing : 0;
}

u64 batch_end(const struct batch *batch, unsigned int place)
{
	return batch->calls[place].end;
}

u64 clock_ns(clockid_t clock)
{
	struct timespec time;

	clock_gettime(clock, &time);
	return time.tv_sec * 1000000000ULL + time.tv_nsec;
}

void samples_add(struct samples *samples, u64 value)
{
	if (samples->count == SAMPLES_MAX)
		die("more than %d samples", SAMPLES_MAX);
	samples->values[samples->count++] = value;
}

static int compare(const void *left, const void *right)
{
	u64 a = *(const u64 *)left, b = *(const u64 *)right;

	return a < b ? -1 : a > b;
}

u64 samples_percentile(struct samples *samples, unsigned int percent)
{
	if (!samples->count)
		die("nothing was measured");
	qsort(samples->values, samples->count, sizeof(*samples->values), compare);
	return samples->values[(samples->count - 1) * percent / 100];
}
