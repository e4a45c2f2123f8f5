// SPDX-License-Identifier: GPL-2.0
/* What a child does when it runs, and what its parent has to do with it. */

#include <stdio.h>
#include <string.h>

#include "story.h"
#include "vps.h"

/*
 * The child's program, 16 bits, which is to be at 0. Its words are in page 1. It knows two
 * ports: one to speak, and one to say that it has come to its end.
 */
asm(".pushsection .rodata\n"
	".code16\n"
	"program:\n"
	"	mov $0x1000, %si\n"		/* hello from partition 2 */
	"	call speak\n"
	"	xor %ax, %ax\n"			/* the sum of 1 to 100, */
	"	mov $100, %cx\n"
	"1:	add %cx, %ax\n"
	"	loop 1b\n"
	"	mov %ax, 0x3000\n"		/* in a page that it has not, */
	"	mov $0xfee000f0, %ebx\n"	/* its LAPIC enabled, */
	"	movl $0x1ff, (%ebx)\n"
	"	sti\n"
	"	hlt\n"				/* until there is an interrupt */
	"	out %al, $0xf4\n"
	"speak:\n"
	"	lodsb\n"
	"	test %al, %al\n"
	"	jz 1f\n"
	"	out %al, $0xe9\n"
	"	jmp speak\n"
	"1:	ret\n"
	"woken:\n"
	"	mov $0x1040, %si\n"		/* an interrupt has woken me */
	"	call speak\n"
	"	iret\n"
	"program_end:\n"
	".code64\n"
	".popsection\n");
extern const u8 program[], woken[], program_end[];

#define PORT_SPEAK	0xe9
#define PORT_END	0xf4
#define VECTOR		0x40

#define GREETING	"hello from partition %llu"
#define WOKEN		"an interrupt has woken me"

static struct {
	struct child child;
	u64 words;	/* page number in the parent of the child's page 1 */
	char heard[80];
	unsigned int length, exits;
} stage;

static const char *state_name(u32 state, u32 event)
{
	if (state == HVP_DISPATCH_BLOCKED)
		return "BLOCKED";
	return event == HVP_DISPATCH_EVENT_INTERCEPT ? "READY, with an intercept" : "READY";
}

static const struct hvp_message *intercept(void)
{
	return child_page(&stage.child, stage.child.intercepts);
}

static void map(struct vcpu *vcpu, u64 id, u64 gpn, u64 source)
{
	char arguments[64], note[64];
	u64 result = map_gpa_pages(vcpu, id, gpn, MAP_RWX, &source, 1);

	snprintf(arguments, sizeof(arguments), "partition %llu, page %llu, RWX", id, gpn);
	snprintf(note, sizeof(note), "it is the guest's page 0x%llx", source);
	told(HVP_CALL_MAP_GPA_PAGES, arguments, result_status(result), HVP_STATUS_SUCCESS, note);
}

static void make_virtual_processor(struct vcpu *vcpu, u64 id)
{
	char arguments[64];

	snprintf(arguments, sizeof(arguments), "partition %llu, VP 0", id);
	told(HVP_CALL_CREATE_VP, arguments, create_vp(vcpu, id, 0), HVP_STATUS_SUCCESS, "");
	snprintf(arguments, sizeof(arguments), "partition %llu, VP 0, intercepts", id);
	told(HVP_CALL_MAP_VP_STATE_PAGE, arguments,
	     map_state_page(vcpu, id, 0, HVP_STATE_PAGE_INTERCEPT, stage.child.intercepts),
	     HVP_STATUS_SUCCESS, "");
}

/* It begins at 0 in real mode, with a stack, and a data segment that reaches its LAPIC. */
static void set_registers_to_begin(struct vcpu *vcpu, u64 id)
{
	const struct hvp_segment_register code = { .limit = 0xffff, .attributes = 0x009b };
	const struct hvp_segment_register stack = { .limit = 0xffff, .attributes = 0x0093 };
	const struct hvp_segment_register data = { .limit = ~0, .attributes = 0x8093 };
	struct hvp_register_assoc assocs[] = {
		{ .name = HVP_REGISTER_CS }, { .name = HVP_REGISTER_DS },
		{ .name = HVP_REGISTER_SS }, { .name = HVP_REGISTER_RIP },
		{ .name = HVP_REGISTER_RFLAGS, .value.word = { 2 } },
		{ .name = HVP_REGISTER_RSP, .value.word = { HVP_PAGE_SIZE } },
	};
	char arguments[64];

	memcpy(&assocs[0].value, &code, sizeof(code));
	memcpy(&assocs[1].value, &data, sizeof(data));
	memcpy(&assocs[2].value, &stack, sizeof(stack));
	snprintf(arguments, sizeof(arguments), "partition %llu, VP 0: CS DS SS RIP ...", id);
	told(HVP_CALL_SET_VP_REGISTERS, arguments,
	     result_status(set_registers(vcpu, id, 0, assocs, ARRAY_SIZE(assocs))),
	     HVP_STATUS_SUCCESS, "");
}

static void load_program(u64 id)
{
	u8 *code = child_page(&stage.child, stage.child.code);
	char *words = child_page(&stage.child, stage.words);

	memset(code, 0, HVP_PAGE_SIZE);
	memset(words, 0, HVP_PAGE_SIZE);
	memcpy(code, program, program_end - program);
	((u32 *)code)[VECTOR] = woken - program;
	snprintf(words, 64, GREETING, id);
	memcpy(words + 64, WOKEN, sizeof(WOKEN));
}

/* Dispatch, and again whenever it says no more than that it has come to the end of a slice. */
static struct hvp_dispatch_vp_out dispatch(void)
{
	struct child *child = &stage.child;
	struct hvp_dispatch_vp_out out = {};
	u64 result;

	do {
		result = dispatch_vp(child->vcpu, child->id, 0,
				     HVP_DISPATCH_CLEAR_INTERCEPT_SUSPEND, &out);
	} while (result_success(result) && out.state == HVP_DISPATCH_READY &&
		 out.event != HVP_DISPATCH_EVENT_INTERCEPT);
	stage.exits++;
	if (!result_success(result))
		surprise("HvDispatchVp: %s", status_name(result_status(result)));
	return out;
}

static void tell_dispatch(struct hvp_dispatch_vp_out out)
{
	char arguments[64];

	snprintf(arguments, sizeof(arguments), "partition %llu, VP 0", stage.child.id);
	told(HVP_CALL_DISPATCH_VP, arguments, HVP_STATUS_SUCCESS, HVP_STATUS_SUCCESS,
	     state_name(out.state, out.event));
}

/* The parent does what the port does, and the child goes on behind the instruction. */
static bool take_a_word(void)
{
	const struct hvp_message *message = intercept();
	const struct hvp_io_port_message *io = &message->payload.io_port;

	if (message->header.type != HVP_MESSAGE_IO_PORT_INTERCEPT || io->port != PORT_SPEAK)
		return false;
	if (stage.length < sizeof(stage.heard) - 1)
		stage.heard[stage.length++] = io->rax;
	set_register(stage.child.vcpu, stage.child.id, 0, HVP_REGISTER_RIP,
		     io->header.rip + (io->header.length_and_cr8 & HVP_INTERCEPT_LENGTH_MASK));
	return true;
}

/* Until there is something else than speech; tell what was said. */
static struct hvp_dispatch_vp_out listen(const char *expected)
{
	const struct hvp_io_port_message *io = &intercept()->payload.io_port;
	struct hvp_dispatch_vp_out out = dispatch();

	stage.length = 0;
	stage.exits = 0;
	if (out.event == HVP_DISPATCH_EVENT_INTERCEPT) {
		tell_dispatch(out);
		say("       OUT to port 0x%x of '%c', RIP 0x%llx", io->port, (int)io->rax & 0x7f,
		    io->header.rip);
	}
	while (out.event == HVP_DISPATCH_EVENT_INTERCEPT && take_a_word())
		out = dispatch();
	stage.heard[stage.length] = 0;
	say("     ... and %u times more. All that the child has said:", stage.exits);
	say("\n       %s\n", stage.heard);
	if (strcmp(stage.heard, expected))
		surprise("this should have been: %s", expected);
	return out;
}

static void tell_memory_intercept(void)
{
	const struct hvp_message *message = intercept();
	const struct hvp_memory_message *memory = &message->payload.memory;

	say("       %s of GPA 0x%llx, which is %s; RIP 0x%llx",
	    memory->header.access == HVP_INTERCEPT_WRITE ? "a write" : "not a write", memory->gpa,
	    message->header.type == HVP_MESSAGE_UNMAPPED_GPA ? "unmapped" : "something else",
	    memory->header.rip);
	if (message->header.type != HVP_MESSAGE_UNMAPPED_GPA ||
	    memory->header.access != HVP_INTERCEPT_WRITE || memory->gpa / HVP_PAGE_SIZE != 3)
		surprise("this should have been a write of GPA 0x3000, which is unmapped");
}

static void show_child(struct vcpu *vcpu, u64 id)
{
	char file[32];

	snprintf(file, sizeof(file), "partition/%llu", id);
	show_lines(vcpu->guest, file, "state\\|in_use");
}

void tell_of_a_virtual_processor(struct vcpu *vcpu, u64 id)
{
	struct hvp_dispatch_vp_out out;
	char expected[64], arguments[64];
	u64 page;

	stage.child = (struct child){ .vcpu = vcpu, .id = id };
	stage.child.code = guest_alloc(vcpu->guest);
	stage.child.intercepts = guest_alloc(vcpu->guest);
	stage.words = guest_alloc(vcpu->guest);
	page = guest_alloc(vcpu->guest);

	step("It gives the child two pages of its own, wherever they are, and writes a\n"
	     "   program and some words into them. Then it makes a virtual processor: its state\n"
	     "   and the map are paid for by the child's pool, too.");
	deposit(vcpu, id, 60);
	map(vcpu, id, 0, stage.child.code);
	map(vcpu, id, 1, stage.words);
	load_program(id);
	make_virtual_processor(vcpu, id);
	set_registers_to_begin(vcpu, id);
	show_child(vcpu, id);

	step("The child runs, in the thread of its parent's vCPU and on the processor itself,\n"
	     "   until it needs its parent: it writes to a port, which nobody has but that.");
	snprintf(expected, sizeof(expected), GREETING, id);
	out = listen(expected);

	step("It has added up 1 to 100 meanwhile, and wants to write the sum to a page that it\n"
	     "   does not have. Nothing of that has happened: its parent can give it the page,\n"
	     "   and the same instruction again.");
	tell_dispatch(out);
	tell_memory_intercept();
	map(vcpu, id, 3, page);
	out = dispatch();
	tell_dispatch(out);
	say("       in the guest's page 0x%llx: %u", page, *(u16 *)child_page(&stage.child, page));
	if (*(u16 *)child_page(&stage.child, page) != 5050)
		surprise("this should have been 5050");

	step("It has halted since. That is no intercept: its LAPIC is the hypervisor's, and its\n"
	     "   parent can do something else until it wakes. The guest wakes it itself.");
	if (out.state != HVP_DISPATCH_BLOCKED)
		surprise("this should have been BLOCKED");
	show_child(vcpu, id);
	snprintf(arguments, sizeof(arguments), "partition %llu, vector 0x%x", id, VECTOR);
	told(HVP_CALL_ASSERT_VIRTUAL_INTERRUPT, arguments,
	     assert_interrupt(vcpu, id, HVP_INTERRUPT_FIXED, 0, 0, VECTOR), HVP_STATUS_SUCCESS, "");
	out = listen(WOKEN);
	if (out.event != HVP_DISPATCH_EVENT_INTERCEPT ||
	    intercept()->payload.io_port.port != PORT_END)
		surprise("this should have been the end of its program");
	say("     It has come to its end.");
}
