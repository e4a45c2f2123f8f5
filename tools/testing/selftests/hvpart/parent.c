// SPDX-License-Identifier: GPL-2.0
/*
 * A parent stays a VM while its vCPUs run virtual processors: contract, virtual processors,
 * section 5, rules 3, 6 and 7, and what virtual processors do to each other.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "code_patching.h"
#include "vps.h"

/*
 * A child's code, 16 bits, of which page 0 has all; its data segment reaches everywhere. What
 * interrupts it counts from COUNTS on, by kind.
 *
 * Handlers access the LAPIC, to leave the child: QEMU's emulation of an AMD processor delivers
 * what KVM has injected once more if it is asked to look at another CPU before the next exit.
 */
asm(".pushsection .rodata\n"
	".code16\n"
	"spin_code:\n"
	"	sti\n"
	"1:	incl 0x900\n"
	"	jmp 1b\n"
	"spin_end:\n"
	"halt_code:\n"
	"	sti\n"
	"1:	hlt\n"
	"	incl 0x900\n"
	"	jmp 1b\n"
	"halt_end:\n"
	"fixed_handler:\n"
	"	incl 0x910\n"
	"	push %ebx\n"
	"	mov $0xfee000b0, %ebx\n"
	"	movl $0, (%ebx)\n"
	"	pop %ebx\n"
	"	iret\n"
	"fixed_end:\n"
	"nmi_handler:\n"
	"	incl 0x914\n"
	"	iret\n"
	"nmi_end:\n"
	"extint_handler:\n"
	"	incl 0x918\n"
	"	push %ebx\n"
	"	mov $0xfee00030, %ebx\n"
	"	mov (%ebx), %ebx\n"
	"	pop %ebx\n"
	"	iret\n"
	"extint_end:\n"
	"wake_others_code:\n"
	"	mov $0xfee00300, %ebx\n"
	"	movl $0xc4500, (%ebx)\n"
	"	movl $0xc4601, (%ebx)\n"
	"	movl $0xc4601, (%ebx)\n"
	"	out %al, $0x80\n"
	"	movl $0xc4040, (%ebx)\n"
	"	out %al, $0x80\n"
	"wake_others_end:\n"
	"woken_code:\n"
	"	mov $0x1000, %sp\n"
	"	out %al, $0x81\n"
	"	sti\n"
	"1:	hlt\n"
	"	jmp 1b\n"
	"woken_end:\n"
	".code64\n"
	".popsection\n");

extern const u8 spin_code[], spin_end[], halt_code[], halt_end[];
extern const u8 wake_others_code[], wake_others_end[], woken_code[], woken_end[];
extern const u8 fixed_handler[], fixed_end[], nmi_handler[], nmi_end[];
extern const u8 extint_handler[], extint_end[];

#define LOOPS		0x900
#define FIXED_COUNT	0x910
#define NMI_COUNT	0x914
#define EXTINT_COUNT	0x918

#define NMI_VECTOR	2
#define FIXED_VECTOR	0x40
#define EXTINT_VECTOR	0x41

/* Far more than the 5 ms of a time slice, on an emulated host */
#define PROMPTLY	(2.0 * slowness())

static double seconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec + now.tv_nsec / 1e9;
}

static volatile u32 *count_of(struct child *child, unsigned int at)
{
	return (volatile u32 *)((u8 *)child_page(child, child->code) + at);
}

static void put(struct child *child, unsigned int at, const u8 *begin, const u8 *end)
{
	memcpy((u8 *)child_page(child, child->code) + at, begin, end - begin);
}

static void handle(struct child *child, unsigned int vector, unsigned int at, const u8 *begin,
		   const u8 *end)
{
	put(child, at, begin, end);
	*count_of(child, 4 * vector) = at;
}

/* Its LAPIC is enabled, as the child would by itself: a register of it, through the child */
static void enable_lapic(struct child *child)
{
	/* mov $0xfee000f0, %ebx; movl $0x1ff, (%ebx); out %al, $0x80 */
	static const u8 code[] = {
		0x66, 0xbb, 0xf0, 0x00, 0xe0, 0xfe, 0x67, 0x66, 0xc7, 0x03, 0xff, 0x01, 0x00,
		0x00, 0xe6, 0x80,
	};

	put(child, 0xc00, code, code + sizeof(code));
	set_register(child->vcpu, child->id, 0, HVP_REGISTER_RIP, 0xc00);
	child_intercept(child);
	set_register(child->vcpu, child->id, 0, HVP_REGISTER_RIP, 0x800);
}

/* At 0x800, with handlers for all kinds of interrupts */
static struct child new_program(struct vcpu *vcpu, const u8 *begin, const u8 *end)
{
	struct child child = new_child(vcpu);
	const struct hvp_segment_register segment = { .limit = ~0, .attributes = 0x8093 };
	struct hvp_register_assoc assoc = { .name = HVP_REGISTER_DS };

	memcpy(&assoc.value, &segment, sizeof(segment));
	REQUIRE_RESULT(set_registers(vcpu, child.id, 0, &assoc, 1), SUCCESS, 1);
	memset(child_page(&child, child.code), 0, HVP_PAGE_SIZE);
	put(&child, 0x800, begin, end);
	handle(&child, FIXED_VECTOR, 0xa00, fixed_handler, fixed_end);
	handle(&child, NMI_VECTOR, 0xa40, nmi_handler, nmi_end);
	handle(&child, EXTINT_VECTOR, 0xa80, extint_handler, extint_end);
	enable_lapic(&child);
	return child;
}

static struct vcpu *new_vcpus(unsigned int vcpus)
{
	struct guest_config config = { .vcpus = vcpus, .privileges = GUEST_ALL_PRIVILEGES };

	return guest_create(&config)->vcpus;
}

static struct hvp_dispatch_vp_out dispatch(struct child *child)
{
	struct hvp_dispatch_vp_out out;

	REQUIRE_STATUS(dispatch_vp(child->vcpu, child->id, 0,
				   HVP_DISPATCH_CLEAR_INTERCEPT_SUSPEND, &out), SUCCESS);
	return out;
}

/* A child that never leaves its processor does not keep its parent's. */
static void it_returns_by_itself(void)
{
	struct child child = new_program(new_guest(), spin_code, spin_end);
	struct hvp_dispatch_vp_out out;
	double begun = seconds_now(), took;
	unsigned int i;
	u32 loops = 0;

	for (i = 0; i < 50; i++) {
		out = dispatch(&child);
		REQUIRE_EQUAL(out.state, HVP_DISPATCH_READY);
		EXPECT(out.event != HVP_DISPATCH_EVENT_INTERCEPT);
		EXPECT(*count_of(&child, LOOPS) >= loops);
		loops = *count_of(&child, LOOPS);
	}
	took = seconds_now() - begun;
	printf("# a dispatch takes %.1f ms\n", took / i * 1000);
	EXPECT(took / i < 0.05 * slowness());
	EXPECT(loops > 0);
}

/* What happens to the thread that runs a child */
struct interruption {
	const char *name;
	void (*interrupt)(struct vcpu *vcpu, pthread_t thread);
	void (*prepare)(struct vcpu *vcpu);
	bool returns;	/* KVM_RUN does, for the VMM */
};

static struct {
	struct child child;
	const struct interruption *row;
	pthread_t thread;
	volatile unsigned int interrupted;	/* how often KVM_RUN has returned with EINTR */
	volatile unsigned int dispatches;
	volatile bool done;
} scene;

static void nothing(int signal)
{
	(void)signal;
}

/* As VMMs do: KVM_RUN may not have begun when the signal comes. */
static void leave_next_run(int signal)
{
	(void)signal;
	scene.child.vcpu->run->immediate_exit = 1;
}

static void send_signal(struct vcpu *vcpu, pthread_t thread)
{
	(void)vcpu;
	pthread_kill(thread, SIGUSR1);
}

static void handle_signal(struct vcpu *vcpu)
{
	struct sigaction action = { .sa_handler = leave_next_run };

	(void)vcpu;
	sigaction(SIGUSR1, &action, NULL);
}

static void ignore_signal(struct vcpu *vcpu)
{
	struct sigaction action = { .sa_handler = nothing };

	(void)vcpu;
	sigaction(SIGUSR1, &action, NULL);
}

static void set_immediate_exit(struct vcpu *vcpu, pthread_t thread)
{
	(void)thread;
	vcpu->run->immediate_exit = 1;
}

/* In KVM_RUN alone it is not blocked, or is. */
static void set_signal_mask(struct vcpu *vcpu, bool blocked_in_run)
{
	struct {
		struct kvm_signal_mask mask;
		u64 set;
	} argument = { .mask.len = 8 };
	sigset_t set;

	ignore_signal(vcpu);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	pthread_sigmask(blocked_in_run ? SIG_UNBLOCK : SIG_BLOCK, &set, NULL);
	memcpy(argument.mask.sigset, &(u64){ blocked_in_run ? 1ULL << (SIGUSR1 - 1) : 0 }, 8);
	if (ioctl(vcpu->fd, KVM_SET_SIGNAL_MASK, &argument.mask))
		die("KVM_SET_SIGNAL_MASK: %m");
}

static void unblock_in_run(struct vcpu *vcpu)
{
	set_signal_mask(vcpu, false);
}

static void block_in_run(struct vcpu *vcpu)
{
	set_signal_mask(vcpu, true);
}

static const struct interruption interruptions[] = {
	{ "a_signal", send_signal, handle_signal, true },
	{ "immediate_exit", set_immediate_exit, handle_signal, true },
	{ "a_signal_that_kvm_run_lets_in", send_signal, unblock_in_run, true },
	{ "a_signal_that_kvm_run_keeps_out", send_signal, block_in_run, false },
};

static void take_pending(void)
{
	const struct timespec now = {};
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigtimedwait(&set, NULL, &now);
}

/* What has interrupted it is done with before anybody hears of it, and does it again. */
static int enter_and_count(struct vcpu *vcpu)
{
	int result = ioctl(vcpu->fd, KVM_RUN, 0), error = errno;

	if (result && error == EINTR) {
		vcpu->run->immediate_exit = 0;
		if (scene.row->prepare == unblock_in_run)
			take_pending();
		scene.interrupted++;
	}
	errno = error;
	return result;
}

static void run_or_interrupt(struct vcpu *vcpu, void *arg)
{
	unsigned int round, seen, dispatches;
	double begun;

	(void)arg;
	if (!vcpu->index) {
		scene.row->prepare(vcpu);
		scene.thread = pthread_self();
		vcpu->enter = enter_and_count;
		while (!scene.done) {
			dispatch(&scene.child);
			scene.dispatches++;
		}
		return;
	}
	while (!scene.dispatches)
		usleep(100);
	for (round = 0; round < 20 && !case_failed(); round++) {
		seen = scene.interrupted;
		dispatches = scene.dispatches;
		usleep(rand() % 5000);
		begun = seconds_now();
		scene.row->interrupt(&vcpu->guest->vcpus[0], scene.thread);
		if (!scene.row->returns) {
			while (scene.dispatches < dispatches + 3 &&
			       seconds_now() - begun < 10 * PROMPTLY)
				usleep(100);
			EXPECT(scene.dispatches >= dispatches + 3);
			EXPECT_EQUAL(scene.interrupted, seen);
			continue;
		}
		while (scene.interrupted == seen && seconds_now() - begun < PROMPTLY)
			usleep(100);
		if (scene.interrupted == seen)
			fail_at(__FILE__, __LINE__, "round %u: KVM_RUN does not return", round);
	}
	scene.done = true;
}

static void the_thread_is_interrupted(const void *row)
{
	struct vcpu *vcpus = new_vcpus(2);

	scene.row = row;
	scene.child = new_program(vcpus, spin_code, spin_end);
	guest_run_threads(vcpus->guest, run_or_interrupt, NULL);
	/* It has not lost anything. */
	EXPECT(*count_of(&scene.child, LOOPS) > 0);
}

/*
 * A parent's code, 64 bits, which stays in its guest, and so in KVM_RUN, between one dispatch
 * and the next, until R12 points to something else than 0.
 */
asm(".pushsection .rodata\n"
	"dispatch_code:\n"
	"1:	mov %r13, %rcx\n"
	"	mov %r14, %rdx\n"
	"	mov %r15, %r8\n"
	"	call *%rbx\n"
	"	cmpl $0, (%r12)\n"
	"	je 1b\n"
	"	out %al, $0xe0\n"
	"dispatch_end:\n"
	".popsection\n");

extern const u8 dispatch_code[], dispatch_end[];

/* Until there is something to be done */
static void stay_in_kvm_run(struct vcpu *vcpu, u64 code_page, u64 done_page)
{
	const struct hvp_dispatch_vp_in in = {
		.partition_id = scene.child.id, .flags = HVP_DISPATCH_CLEAR_INTERCEPT_SUSPEND,
	};
	struct kvm_regs regs = {
		.rbx = GUEST_HYPERCALL_GPA, .r12 = done_page * HVP_PAGE_SIZE,
		.r13 = HVP_CALL_DISPATCH_VP, .r14 = vcpu->input_gpa, .r15 = vcpu->output_gpa,
	};

	memcpy(guest_host(vcpu->guest, code_page * HVP_PAGE_SIZE), dispatch_code,
	       dispatch_end - dispatch_code);
	memcpy(vcpu->input, &in, sizeof(in));
	EXPECT_EQUAL(vcpu_run_code(vcpu, &regs, code_page * HVP_PAGE_SIZE), VCPU_NO_EXCEPTION);
}

static bool child_goes_on(void)
{
	volatile u32 *loops = count_of(&scene.child, LOOPS);
	double begun = seconds_now();
	u32 before = *loops;

	while (*loops == before && seconds_now() - begun < PROMPTLY)
		usleep(100);
	return *loops != before;
}

static void stay_or_send_signal(struct vcpu *vcpu, void *arg)
{
	const u64 *pages = arg;
	volatile u32 *done = guest_host(vcpu->guest, pages[1] * HVP_PAGE_SIZE);

	if (!vcpu->index) {
		block_in_run(vcpu);
		scene.thread = pthread_self();
		scene.dispatches++;
		stay_in_kvm_run(vcpu, pages[0], pages[1]);
		return;
	}
	while (!scene.dispatches)
		usleep(100);
	EXPECT(child_goes_on());
	send_signal(&vcpu->guest->vcpus[0], scene.thread);
	EXPECT(child_goes_on());
	EXPECT(child_goes_on());
	*done = 1;
}

/* The signal waits for the end of KVM_RUN, and until then the child does not wait for it. */
static void the_child_runs_beside_a_pending_signal(void)
{
	struct vcpu *vcpus = new_vcpus(2);
	u64 pages[2];

	guest_alloc_list(vcpus->guest, pages, ARRAY_SIZE(pages));
	memset(guest_host(vcpus->guest, pages[1] * HVP_PAGE_SIZE), 0, HVP_PAGE_SIZE);
	scene.child = new_program(vcpus, spin_code, spin_end);
	guest_run_threads(vcpus->guest, stay_or_send_signal, pages);
}

static void *send_nmi(void *arg)
{
	struct vcpu *vcpu = arg;

	usleep(30000);
	if (ioctl(vcpu->fd, KVM_NMI))
		die("KVM_NMI: %m");
	return NULL;
}

/* The guest's handler runs, while its call is still under way or when it is back. */
static void an_nmi_arrives(void)
{
	struct child child = new_program(new_guest(), spin_code, spin_end);
	const struct hvp_dispatch_vp_in in = { .partition_id = child.id };
	struct vcpu *vcpu = child.vcpu;
	struct kvm_regs regs;
	unsigned int calls;
	pthread_t thread;
	int exception;

	memcpy(vcpu->input, &in, sizeof(in));
	if (pthread_create(&thread, NULL, send_nmi, vcpu))
		die("no thread");
	for (calls = 0; calls < 1000; calls++) {
		regs = (struct kvm_regs){
			.rcx = HVP_CALL_DISPATCH_VP, .rdx = vcpu->input_gpa,
			.r8 = vcpu->output_gpa,
		};
		exception = vcpu_call(vcpu, &regs);
		if (exception != VCPU_NO_EXCEPTION)
			break;
		EXPECT_EQUAL(regs.rax, HVP_STATUS_SUCCESS);
	}
	EXPECT_EQUAL(exception, NMI_VECTOR);
	pthread_join(thread, NULL);
}

static unsigned int steps;

static int enter_step_by_step(struct vcpu *vcpu)
{
	struct kvm_guest_debug debug = {
		.control = KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_SINGLESTEP,
	};
	int result;

	/* From where it is now */
	if (ioctl(vcpu->fd, KVM_SET_GUEST_DEBUG, &debug))
		die("KVM_SET_GUEST_DEBUG: %m");
	do {
		result = ioctl(vcpu->fd, KVM_RUN, 0);
		if (!result && vcpu->run->exit_reason == KVM_EXIT_DEBUG)
			steps++;
	} while (!result && vcpu->run->exit_reason == KVM_EXIT_DEBUG && steps < 1000);
	return result;
}

/* Each instruction of the parent's comes back to its VMM, the call among them. */
static void it_is_single_stepped(void)
{
	struct child child = new_program(new_guest(), halt_code, halt_end);
	struct vcpu *vcpu = child.vcpu;

	vcpu->enter = enter_step_by_step;
	EXPECT_EQUAL(child_run(&child).state, HVP_DISPATCH_BLOCKED);
	/* The call into the hypercall page, the one from there, and the return */
	printf("# %u steps\n", steps);
	EXPECT(steps >= 3);
	EXPECT(steps < 20);
}

/* Each of two vCPUs runs another of a child's virtual processors; then the other one. */
static struct {
	struct child child;
	volatile unsigned int at_work;
} pair;

static void run_one_of_two(struct vcpu *vcpu, void *arg)
{
	struct hvp_dispatch_vp_out out;
	unsigned int i;

	(void)arg;
	for (i = 0; i < 60; i++) {
		const u32 vp = i < 30 ? vcpu->index : !vcpu->index;
		u64 result = dispatch_vp(vcpu, pair.child.id, vp,
					 HVP_DISPATCH_CLEAR_INTERCEPT_SUSPEND, &out);

		/* The other one may have it still, or already. */
		if (result_status(result) == HVP_STATUS_INVALID_VP_STATE)
			continue;
		EXPECT_EQUAL(result_status(result), HVP_STATUS_SUCCESS);
	}
}

static void two_run_at_once(void)
{
	/* 1: incl 0x904; jmp 1b */
	static const u8 second[] = { 0x66, 0xff, 0x06, 0x04, 0x09, 0xeb, 0xf9 };
	struct vcpu *vcpus = new_vcpus(2);

	pair.child = new_program(vcpus, spin_code, spin_end);
	put(&pair.child, 0xd00, second, second + sizeof(second));
	child_add_vp(&pair.child, 1, 0xd00);
	guest_run_threads(vcpus->guest, run_one_of_two, NULL);
	EXPECT(*count_of(&pair.child, LOOPS) > 0);
	EXPECT(*count_of(&pair.child, LOOPS + 4) > 0);
}

static void fight_for_one(struct vcpu *vcpu, void *arg)
{
	volatile unsigned int *refused = arg;
	struct hvp_dispatch_vp_out out;
	unsigned int i;

	for (i = 0; i < 100; i++) {
		u64 result = dispatch_vp(vcpu, pair.child.id, 0,
					 HVP_DISPATCH_CLEAR_INTERCEPT_SUSPEND, &out);
		u16 status = result_status(result);

		if (status == HVP_STATUS_INVALID_VP_STATE)
			__atomic_add_fetch(refused, 1, __ATOMIC_RELAXED);
		else
			EXPECT_EQUAL(status, HVP_STATUS_SUCCESS);
	}
}

static void delete_what_runs(struct vcpu *vcpu, void *arg)
{
	volatile u32 *loops = count_of(&pair.child, LOOPS);
	struct hvp_dispatch_vp_out out;
	bool *refused = arg;
	u32 before = *loops;
	unsigned int i;
	u64 result;

	if (!vcpu->index) {
		for (i = 0; i < 20; i++) {
			result = dispatch_vp(vcpu, pair.child.id, 0,
					     HVP_DISPATCH_CLEAR_INTERCEPT_SUSPEND, &out);
			if (result_status(result) == HVP_STATUS_INVALID_VP_INDEX)
				return;
			EXPECT_EQUAL(result, HVP_STATUS_SUCCESS);
		}
		return;
	}
	for (i = 0; *loops == before && i < 1000; i++)
		usleep(100);
	result = delete_vp(vcpu, pair.child.id, 0, FORM_FAST);
	*refused = result_status(result) == HVP_STATUS_INVALID_VP_STATE;
	if (!*refused)
		EXPECT_EQUAL(result, HVP_STATUS_SUCCESS);
}

/* Now and then it is deleted between two dispatches. */
static void one_that_runs_stays(void)
{
	bool refused = false;
	unsigned int i;

	for (i = 0; i < 10 && !refused; i++) {
		struct vcpu *vcpus = new_vcpus(2);

		pair.child = new_program(vcpus, spin_code, spin_end);
		guest_run_threads(vcpus->guest, delete_what_runs, &refused);
	}
	EXPECT(refused);
}

static void one_is_run_once(void)
{
	struct vcpu *vcpus = new_vcpus(2);
	unsigned int refused = 0;

	pair.child = new_program(vcpus, spin_code, spin_end);
	guest_run_threads(vcpus->guest, fight_for_one, &refused);
	EXPECT(refused > 0);
	EXPECT(*count_of(&pair.child, LOOPS) > 0);
}

/* Virtual processor 1, which waits for a SIPI to its second page.  Return: its messages */
static const struct hvp_message *add_other(struct child *child)
{
	struct vcpu *vcpu = child->vcpu;
	u64 code, page = guest_alloc(vcpu->guest);

	child_map(child, 1, MAP_RWX, 1, &code);
	memcpy(child_page(child, code), woken_code, woken_end - woken_code);
	REQUIRE_STATUS(create_vp(vcpu, child->id, 1), SUCCESS);
	REQUIRE_STATUS(map_state_page(vcpu, child->id, 1, HVP_STATE_PAGE_INTERCEPT, page),
		       SUCCESS);
	return child_page(child, page);
}

static struct hvp_dispatch_vp_out dispatch_other(struct child *child)
{
	struct hvp_dispatch_vp_out out;

	do {
		REQUIRE_STATUS(dispatch_vp(child->vcpu, child->id, 1, 0, &out), SUCCESS);
	} while (out.state == HVP_DISPATCH_READY && !out.event);
	return out;
}

static void expect_started(struct child *child, const struct hvp_message *message)
{
	struct hvp_segment_register segment;
	struct hvp_register_value value;
	const u32 cs = HVP_REGISTER_CS;

	REQUIRE_EQUAL(dispatch_other(child).event, HVP_DISPATCH_EVENT_INTERCEPT);
	EXPECT_EQUAL(message->header.type, HVP_MESSAGE_IO_PORT_INTERCEPT);
	EXPECT_EQUAL(message->payload.io_port.port, 0x81);
	EXPECT_EQUAL(message->payload.io_port.header.vp_index, 1);
	EXPECT_EQUAL(message->payload.io_port.header.rip, 3);
	REQUIRE_RESULT(get_registers(child->vcpu, child->id, 1, &cs, &value, 1), SUCCESS, 1);
	memcpy(&segment, &value, sizeof(segment));
	EXPECT_EQUAL(segment.selector, 0x100);
	EXPECT_EQUAL(segment.base, 0x1000);
}

/* INIT and SIPI, and an IPI to who waits: nothing of it is the parent's business. */
static void one_starts_the_other(void)
{
	struct child child = new_program(new_guest(), wake_others_code, wake_others_end);
	const struct hvp_message *message = add_other(&child);

	EXPECT_EQUAL(dispatch_other(&child).state, HVP_DISPATCH_BLOCKED);
	child_intercept(&child);
	expect_started(&child, message);
}

/* It is a SIPI that one waits for, and no INIT. */
static void the_parent_starts_one(void)
{
	struct child child = new_child(new_guest());
	const struct hvp_message *message = add_other(&child);

	EXPECT_EQUAL(dispatch_other(&child).state, HVP_DISPATCH_BLOCKED);
	EXPECT_STATUS(assert_interrupt(child.vcpu, child.id, HVP_INTERRUPT_SIPI, 0, 1, 1),
		      SUCCESS);
	expect_started(&child, message);
}

struct kind {
	const char *name;
	u32 type, vector;
	unsigned int count;
	bool halted;
};

static const struct kind kinds[] = {
	{ "fixed_while_it_waits", HVP_INTERRUPT_FIXED, FIXED_VECTOR, FIXED_COUNT, true },
	{ "lowest_while_it_waits", HVP_INTERRUPT_LOWEST, FIXED_VECTOR, FIXED_COUNT, true },
	{ "nmi_while_it_waits", HVP_INTERRUPT_NMI, 0, NMI_COUNT, true },
	{ "extint_while_it_waits", HVP_INTERRUPT_EXTINT, EXTINT_VECTOR, EXTINT_COUNT, true },
	{ "fixed_while_it_runs", HVP_INTERRUPT_FIXED, FIXED_VECTOR, FIXED_COUNT, false },
	{ "lowest_while_it_runs", HVP_INTERRUPT_LOWEST, FIXED_VECTOR, FIXED_COUNT, false },
	{ "nmi_while_it_runs", HVP_INTERRUPT_NMI, 0, NMI_COUNT, false },
	{ "extint_while_it_runs", HVP_INTERRUPT_EXTINT, EXTINT_VECTOR, EXTINT_COUNT, false },
};

#define INTERRUPTS	20

static void run_or_assert(struct vcpu *vcpu, void *arg)
{
	const struct kind *kind = arg;
	volatile u32 *count = count_of(&scene.child, kind->count);
	unsigned int i;
	double begun;
	u64 result;
	u32 seen;

	if (!vcpu->index) {
		while (!scene.done) {
			dispatch(&scene.child);
			scene.dispatches++;
		}
		return;
	}
	while (!scene.dispatches)
		usleep(100);
	for (i = 0; i < INTERRUPTS && !case_failed(); i++) {
		seen = *count;
		begun = seconds_now();
		result = assert_interrupt(vcpu, scene.child.id, kind->type, 0, 0, kind->vector);
		EXPECT_EQUAL(result, HVP_STATUS_SUCCESS);
		while (*count == seen && seconds_now() - begun < PROMPTLY)
			usleep(100);
		if (*count != seen + 1)
			fail_at(__FILE__, __LINE__, "interrupt %u: %u of them arrive", i,
				*count - seen);
	}
	scene.done = true;
}

/* One of each kind arrives, exactly once, whether it runs or waits. */
static void it_is_interrupted(const void *row)
{
	const struct kind *kind = row;
	struct vcpu *vcpus = new_vcpus(2);
	unsigned int i;

	if (!kind->halted) {
		scene.child = new_program(vcpus, spin_code, spin_end);
		guest_run_threads(vcpus->guest, run_or_assert, (void *)kind);
		return;
	}
	scene.child = new_program(vcpus, halt_code, halt_end);
	for (i = 0; i < INTERRUPTS; i++) {
		EXPECT_EQUAL(child_run(&scene.child).state, HVP_DISPATCH_BLOCKED);
		EXPECT_EQUAL(*count_of(&scene.child, kind->count), i);
		EXPECT_EQUAL(*count_of(&scene.child, LOOPS), i);
		EXPECT_STATUS(assert_interrupt(vcpus, scene.child.id, kind->type, 0, 0,
					       kind->vector), SUCCESS);
	}
}

/* Code of 64 and of 32 bits at a time: no processor takes it, and nobody writes of it. */
static void a_state_that_is_none(void)
{
	struct child child = new_program(new_guest(), halt_code, halt_end);
	struct hvp_register_assoc assocs[] = {
		{ .name = HVP_REGISTER_CR3, .value.word = { 0x1000 } },
		{ .name = HVP_REGISTER_CR4, .value.word = { 0x20 } },
		{ .name = HVP_REGISTER_EFER, .value.word = { 0x500 } },
		{ .name = HVP_REGISTER_CR0, .value.word = { 0x80000011 } },
		{ .name = HVP_REGISTER_CS },
	};
	const struct hvp_segment_register cs = {
		.limit = ~0U, .selector = 8,
		.attributes = 0x809b | HVP_SEGMENT_LONG | HVP_SEGMENT_DEFAULT,
	};
	const struct hvp_message *message;
	int log = log_from_now();
	unsigned int i;

	memcpy(&assocs[4].value, &cs, sizeof(cs));
	for (i = 0; i < 3; i++) {
		REQUIRE_RESULT(set_registers(child.vcpu, child.id, 0, assocs, ARRAY_SIZE(assocs)),
			       SUCCESS, ARRAY_SIZE(assocs));
		message = child_intercept(&child);
		EXPECT_EQUAL(message->header.type, HVP_MESSAGE_UNRECOVERABLE_EXCEPTION);
	}
	EXPECT(!log_says(log, "dump_invalid"));
}

/*
 * KVM saves what it was in memory of SMM's own, which a child does not have: newer KVMs give up
 * its VM, older ones go on there, and have no instruction to execute.  No other child's.
 */
static void an_smi_is_its_end(void)
{
	struct vcpu *vcpu = new_guest();
	struct child child = new_program(vcpu, halt_code, halt_end);
	struct child other = new_program(vcpu, halt_code, halt_end);
	const u32 resume = HVP_DISPATCH_CLEAR_INTERCEPT_SUSPEND;
	const struct hvp_message *message = child_page(&child, child.intercepts);
	struct hvp_dispatch_vp_out out;
	unsigned int i;
	u64 result;

	EXPECT_EQUAL(child_run(&child).state, HVP_DISPATCH_BLOCKED);
	REQUIRE_STATUS(assert_interrupt(vcpu, child.id, HVP_INTERRUPT_SMI, 0, 0, 0), SUCCESS);
	for (i = 0; i < 3; i++) {
		do {
			result = dispatch_vp(vcpu, child.id, 0, resume, &out);
		} while (!result && !out.event);
		if (result)
			EXPECT_EQUAL(result, HVP_STATUS_NO_RESOURCES);
		else
			EXPECT_EQUAL(message->header.type,
				     HVP_MESSAGE_UNRECOVERABLE_EXCEPTION);
	}
	EXPECT_EQUAL(child_run(&other).state, HVP_DISPATCH_BLOCKED);
	finalize_child(vcpu, child.id);
	withdraw_all(vcpu, child.id);
	delete_child(vcpu, child.id);
}

static void run_or_look(struct vcpu *vcpu, void *arg)
{
	unsigned int i;
	double begun;
	u64 rip;

	(void)arg;
	if (!vcpu->index) {
		while (!scene.done) {
			dispatch(&scene.child);
			scene.dispatches++;
		}
		return;
	}
	while (!scene.dispatches)
		usleep(100);
	for (i = 0; i < 50; i++) {
		begun = seconds_now();
		rip = get_register(vcpu, scene.child.id, 0, HVP_REGISTER_RIP);
		EXPECT(seconds_now() - begun < PROMPTLY);
		EXPECT(rip >= 0x800 && rip < 0x810);
		set_register(vcpu, scene.child.id, 0, HVP_REGISTER_RDX, i);
		EXPECT_EQUAL(get_register(vcpu, scene.child.id, 0, HVP_REGISTER_RDX), i);
	}
	scene.done = true;
}

/* They wait for its exit, which they cause. */
static void registers_of_one_that_runs(void)
{
	struct vcpu *vcpus = new_vcpus(2);

	scene.child = new_program(vcpus, spin_code, spin_end);
	guest_run_threads(vcpus->guest, run_or_look, NULL);
}

static const struct test_case cases[] = {
	CASE(it_returns_by_itself),
	CASE(the_child_runs_beside_a_pending_signal),
	CASE(an_nmi_arrives),
	CASE(it_is_single_stepped),
	CASE(two_run_at_once),
	CASE(one_that_runs_stays),
	CASE(one_is_run_once),
	CASE(one_starts_the_other),
	CASE(the_parent_starts_one),
	CASE(a_state_that_is_none),
	CASE(an_smi_is_its_end),
	CASE(registers_of_one_that_runs),
};

int main(void)
{
	stay_on_one_cpu_if_emulated();
	cases_add(cases, ARRAY_SIZE(cases));
	cases_add_rows(the_thread_is_interrupted, interruptions);
	cases_add_rows(it_is_interrupted, kinds);
	return cases_run();
}
