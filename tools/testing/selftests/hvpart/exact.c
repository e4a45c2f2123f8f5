// SPDX-License-Identifier: GPL-2.0
/*
 * Exits are exact: contract, virtual processors, section 5, rule 2. Whatever the instruction, in
 * whatever mode, when a page is missing to it nothing of it has happened; and when the page is
 * there, it does what it does in a plain VM of KVM's.
 *
 * Some processors have done a part when they find that a page is missing, QEMU's emulation of
 * one among them: half of what lies in two pages is written. That is not for hvpart to undo. So
 * the plain VM has the same pages taken away, by mprotect(), where KVM stops and emulates
 * nothing; what is as there is the processor's own doing, and counted.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "instructions.h"
#include "processor.h"
#include "vps.h"

/* The pages, of which the first six are where AT_... says. */
enum page {
	CODE, CODE2, SAFE, TABLES, FAR, STACK,
	PML4, PDPT, PD, PT,	/* that lead to those; PD and PT alone in 32-bit mode */
	PD2, PT2,		/* that lead to these */
	FIRST, SECOND,
	NR_PAGES
};

static const char *const page_names[] = {
	"code", "second code page", "safe", "tables", "far code", "stack", "PML4", "PDPT", "PD",
	"PT", "second PD", "second PT", "first target", "second target",
};

enum mode { REAL_MODE, UNPAGED, PAGED, LONG_MODE };

enum kind { READ_ONLY, FORBIDDEN, UNMAPPED, IN_NO_SLOT, BEYOND };

struct setting {
	const char *name;
	enum mode mode;
	enum kind kind;
	bool walks;	/* what is missing is a page table, not what the instruction touches */
};

struct world {
	const struct setting *setting;
	enum mode_bits bits;
	bool paged;
	u64 target;			/* linear address of the first one */
	u64 gpas[NR_PAGES];
	u64 sources[NR_PAGES];		/* page numbers in the parent */
	bool missing[NR_PAGES];
	u8 before[NR_PAGES][HVP_PAGE_SIZE];
	u8 plain_end[NR_PAGES][HVP_PAGE_SIZE];	/* of the plain VM's memory */
	struct child child;
	int kvm_fd, vm_fd, vcpu_fd;	/* the plain VM, and its memory */
	struct kvm_run *run;
	u8 (*plain)[HVP_PAGE_SIZE];
};

/* One instruction in one mode with one kind of page */
struct attempt {
	struct world *world;
	const struct instruction *row;
	u8 code[64];
	unsigned int length;		/* of the instruction; a HLT follows */
	unsigned int done;		/* iterations of a repeated one */
	struct processor start, plain_end;
};

static const struct attempt *current;
static unsigned int attempts, wrong_attempts, processor_attempts;
static bool wrong_already, processor_already;

static void wrong(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void wrong(const char *format, ...)
{
	char text[256];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	fail_at(__FILE__, __LINE__, "%s, %s: %s", current->world->setting->name,
		current->row->name, text);
	wrong_attempts += !wrong_already;
	wrong_already = true;
}

static u8 *child_bytes(struct world *world, enum page page)
{
	return child_page(&world->child, world->sources[page]);
}

/* An address as a row has it */
static u64 linear(const struct world *world, u64 address)
{
	return address & TARGET ? address - TARGET + world->target : address;
}

/* The byte at a linear address of what @pages are */
static u8 *byte_at(struct world *world, u8 (*pages)[HVP_PAGE_SIZE], u64 address)
{
	u64 offset = address - world->target;

	if (offset < 2 * HVP_PAGE_SIZE)
		return &pages[FIRST + offset / HVP_PAGE_SIZE][offset % HVP_PAGE_SIZE];
	return &pages[address / HVP_PAGE_SIZE][address % HVP_PAGE_SIZE];
}

static enum page page_at(const struct world *world, u64 address)
{
	u64 offset = address - world->target;

	return offset < 2 * HVP_PAGE_SIZE ? FIRST + offset / HVP_PAGE_SIZE :
	       address / HVP_PAGE_SIZE;
}

/* Segments, flat: type, S, DPL, P and so on */
#define ATTRIBUTES_CODE32	0xc09b
#define ATTRIBUTES_CODE64	0xa09b
#define ATTRIBUTES_DATA32	0xc093
#define ATTRIBUTES_CODE16	0x009b
#define ATTRIBUTES_DATA16	0x0093
#define ATTRIBUTES_TSS		0x008b

/* Present, writable, user, accessed, dirty: nothing for a page walk to set */
#define ENTRY			0x67

static void fill_tables(struct world *world, u8 (*pages)[HVP_PAGE_SIZE])
{
	const u64 code = world->bits == BITS_64 ? 0x00af9b000000ffff : 0x00cf9b000000ffff;
	u64 *gdt = (u64 *)(pages[TABLES] + GDT_OFFSET);
	u8 *idt = pages[TABLES] + IDT_OFFSET;
	unsigned int vector;

	memset(pages[TABLES], 0, HVP_PAGE_SIZE);
	gdt[SELECTOR_CODE / 8] = code;
	gdt[SELECTOR_DATA / 8] = 0x00cf93000000ffff;
	gdt[SELECTOR_LDT / 8] = 0x0000820020000067;
	gdt[SELECTOR_TSS / 8] = 0x0000890020000067;
	for (vector = 0; vector < 32; vector++) {
		const u64 gate = FAR_CODE | SELECTOR_CODE << 16 | 0x8e0000000000;

		if (world->bits == BITS_16)
			((u32 *)idt)[vector] = FAR_CODE;
		else
			((u64 *)idt)[world->bits == BITS_64 ? 2 * vector : vector] = gate;
	}
}

static void fill_page_tables(struct world *world, u8 (*pages)[HVP_PAGE_SIZE])
{
	const unsigned int entries = world->bits == BITS_64 ? 512 : 1024;
	const u64 target_index = world->target / HVP_PAGE_SIZE % entries;
	unsigned int i;

	memset(pages[PML4], 0, (PT2 - PML4 + 1) * HVP_PAGE_SIZE);
	if (world->bits == BITS_64) {
		u64 *pt = (u64 *)pages[PT], *pt2 = (u64 *)pages[PT2];

		*(u64 *)pages[PML4] = world->gpas[PDPT] | ENTRY;
		((u64 *)pages[PDPT])[0] = world->gpas[PD] | ENTRY;
		((u64 *)pages[PDPT])[world->target >> 30] = world->gpas[PD2] | ENTRY;
		*(u64 *)pages[PD] = world->gpas[PT] | ENTRY;
		((u64 *)pages[PD2])[world->target >> 21 & 511] = world->gpas[PT2] | ENTRY;
		for (i = CODE; i <= STACK; i++)
			pt[i] = world->gpas[i] | ENTRY;
		pt2[target_index] = world->gpas[FIRST] | ENTRY;
		pt2[target_index + 1] = world->gpas[SECOND] | ENTRY;
	} else {
		u32 *pt = (u32 *)pages[PT], *pt2 = (u32 *)pages[PT2];

		*(u32 *)pages[PD] = world->gpas[PT] | ENTRY;
		((u32 *)pages[PD])[world->target >> 22] = world->gpas[PT2] | ENTRY;
		for (i = CODE; i <= STACK; i++)
			pt[i] = world->gpas[i] | ENTRY;
		pt2[target_index] = world->gpas[FIRST] | ENTRY;
		pt2[target_index + 1] = world->gpas[SECOND] | ENTRY;
	}
}

static void fill(struct attempt *attempt, u8 (*pages)[HVP_PAGE_SIZE])
{
	const struct instruction *row = attempt->row;
	struct world *world = attempt->world;
	unsigned int i, at;

	for (i = 0; i < NR_PAGES; i++) {
		for (at = 0; at < HVP_PAGE_SIZE; at++)
			pages[i][at] = i >= FIRST && row->fill ? row->fill :
				       at * 7 + at / 256 * 5 + i * 31 + 1;
	}
	memset(pages[CODE2], 0xf4, HVP_PAGE_SIZE);
	memset(pages[FAR], 0xf4, HVP_PAGE_SIZE);
	fill_tables(world, pages);
	fill_page_tables(world, pages);
	for (i = 0; i < ARRAY_SIZE(row->pokes) && row->pokes[i].at; i++) {
		for (at = 0; at < 8; at++)
			*byte_at(world, pages, linear(world, row->pokes[i].at) + at) =
				row->pokes[i].value >> at * 8;
	}
	for (i = 0; i <= attempt->length; i++)
		*byte_at(world, pages, attempt->start.rip + i) = attempt->code[i];
}

static struct hvp_segment_register segment(u16 selector, u32 limit, u16 attributes)
{
	return (struct hvp_segment_register){
		.limit = limit, .selector = selector, .attributes = attributes,
	};
}

static void begin_mode(const struct world *world, bool uncached, struct processor *start)
{
	bool real = world->bits == BITS_16;
	unsigned int i;

	start->cr0 = real ? 0x10 : 0x11;
	start->cr0 |= uncached ? 0x40000000 : 0;
	start->cr4 = real ? 0x600 : 0x40600;	/* OSFXSR, OSXMMEXCPT, OSXSAVE */
	if (world->paged) {
		start->cr0 |= 0x80010000;
		start->cr3 = world->gpas[world->bits == BITS_64 ? PML4 : PD];
	}
	if (world->bits == BITS_64) {
		start->cr4 |= 0x20;
		start->efer = 0x500;
	}
	for (i = ES; i <= GS; i++)
		start->segments[i] = real ? segment(0, 0xffff, ATTRIBUTES_DATA16) :
					    segment(SELECTOR_DATA, ~0, ATTRIBUTES_DATA32);
	start->segments[CS] = real ? segment(0, 0xffff, ATTRIBUTES_CODE16) :
				     segment(SELECTOR_CODE, ~0, world->bits == BITS_64 ?
					     ATTRIBUTES_CODE64 : ATTRIBUTES_CODE32);
	start->segments[TR] = segment(0, 0x67, ATTRIBUTES_TSS);
	start->gdtr = (struct table_register){ .limit = 0x3f, .base = AT_TABLES + GDT_OFFSET };
	start->idtr = (struct table_register){ .limit = 0x1ff, .base = AT_TABLES + IDT_OFFSET };
}

static void begin_registers(struct attempt *attempt)
{
	const struct instruction *row = attempt->row;
	const u64 given[8] = {
		[RAX] = row->rax, [RCX] = row->rcx, [RDX] = row->rdx, [RBX] = row->rbx,
		[RSP] = row->rsp, [RBP] = row->rbp, [RSI] = row->rsi, [RDI] = row->rdi,
	};
	struct processor *start = &attempt->start;
	unsigned int i;

	*start = (struct processor){ .cr2 = 0x1234000 };
	for (i = 0; i < NR_GPRS; i++) {
		start->gpr[i] = 0x1112131415161718ULL * (i + 1);
		if (attempt->world->bits != BITS_64)
			start->gpr[i] &= 0xffffffff;
	}
	start->gpr[RSP] = AT_STACK + 0x800;
	for (i = 0; i < ARRAY_SIZE(given); i++) {
		if (given[i])
			start->gpr[i] = linear(attempt->world, given[i]);
	}
	if (row->name && !strncmp(row->name, "xsave", 5))
		start->gpr[RDX] = 0;
	for (i = 0; i < 2; i++)
		start->xmm[i] = (struct hvp_register_value){
			{ 0x0102030405060708ULL * (i + 1), 0x1817161514131211ULL * (i + 1) }
		};
	start->rip = row->at ? row->at : AT_CODE + 0x800;
	start->rflags = row->rflags | 2;
	begin_mode(attempt->world, row->uncached, start);
}

/* KVM says once, when the plain VM has finished the port instruction, that it goes on. */
static void finish_plain_port(struct world *world)
{
	struct kvm_run *run = world->run;

	run->immediate_exit = 1;
	ioctl(world->vcpu_fd, KVM_RUN, 0);
	run->immediate_exit = 0;
}

/* What the instruction does where nothing is missing */
static void run_plain(struct attempt *attempt)
{
	struct world *world = attempt->world;

	fill(attempt, world->plain);
	plain_set_processor(world->vcpu_fd, &attempt->start);
	if (ioctl(world->vcpu_fd, KVM_RUN, 0))
		die("KVM_RUN: %m");
	if (!attempt->row->port && world->run->exit_reason != KVM_EXIT_HLT)
		wrong("a plain VM ends with exit %u", world->run->exit_reason);
	plain_get_processor(world->vcpu_fd, &attempt->plain_end);
	memcpy(world->plain_end, world->plain, sizeof(world->plain_end));
	if (attempt->row->port)
		finish_plain_port(world);
}

/* To make it begin again, with nothing missing */
static void begin_plain(struct attempt *attempt)
{
	fill(attempt, attempt->world->plain);
	plain_set_processor(attempt->world->vcpu_fd, &attempt->start);
}

static void protect_plain(struct world *world, enum page page, int protection)
{
	if (mprotect(world->plain[page], HVP_PAGE_SIZE, protection))
		die("mprotect: %m");
}

/* What the processor itself has done when it meets the page: registers, and memory in plain */
static bool stop_plain(struct world *world, struct processor *processor)
{
	unsigned int tries;

	if (ioctl(world->vcpu_fd, KVM_RUN, 0)) {
		if (errno != EFAULT)
			return false;
	} else {
		/* It has been emulated, and KVM waits for the answer of a device. */
		world->run->immediate_exit = 1;
		for (tries = 0; tries < 4 && !ioctl(world->vcpu_fd, KVM_RUN, 0); tries++)
			;
		world->run->immediate_exit = 0;
		return false;
	}
	plain_get_processor(world->vcpu_fd, processor);
	return true;
}

static void map_page(struct world *world, enum page page, u32 flags)
{
	REQUIRE_RESULT(map_gpa_pages(world->child.vcpu, world->child.id,
				     world->gpas[page] / HVP_PAGE_SIZE, flags,
				     &world->sources[page], 1), SUCCESS, 1);
}

static bool page_is_for(const struct world *world, enum page page)
{
	return world->paged || page < PML4 || page > PT2;
}

static void take_away(struct world *world, enum page page)
{
	world->missing[page] = true;
	protect_plain(world, page, world->setting->kind == READ_ONLY ? PROT_READ : PROT_NONE);
	switch (world->setting->kind) {
	case READ_ONLY:
		map_page(world, page, HVP_MAP_READ | HVP_MAP_KERNEL_EXECUTE |
			 HVP_MAP_USER_EXECUTE);
		break;
	case FORBIDDEN:
		map_page(world, page, HVP_MAP_NO_ACCESS);
		break;
	case BEYOND:
		break;
	default:
		REQUIRE_RESULT(unmap_gpa_pages(world->child.vcpu, world->child.id,
					       world->gpas[page] / HVP_PAGE_SIZE, 0, 1),
			       SUCCESS, 1);
	}
}

static void give_back(struct world *world, enum page page)
{
	world->missing[page] = false;
	protect_plain(world, page, PROT_READ | PROT_WRITE);
	if (world->setting->kind != BEYOND)
		map_page(world, page, MAP_RWX);
}

/* How the row touches a page, 0: not */
static char touch_of(const struct attempt *attempt, enum page page)
{
	const struct instruction *row = attempt->row;

	/* There is no mapping those that are not beyond the map. */
	if (attempt->world->setting->kind == BEYOND && page < FIRST)
		return 0;
	switch (page) {
	case FIRST:
		return row->first;
	case SECOND:
		return row->second;
	case TABLES:
		return row->tables;
	case CODE2:
		return row->code2;
	default:
		return 0;
	}
}

/* Is there to be an exit because of that touch? */
static bool touch_exits(const struct attempt *attempt, char touch)
{
	return touch && (attempt->world->setting->kind != READ_ONLY || touch == TOUCH_WRITE ||
			 touch == TOUCH_MODIFY);
}

static bool access_fits(const struct attempt *attempt, enum page page, u8 access)
{
	if (page >= PML4 && page <= PT2)
		return true;
	switch (touch_of(attempt, page)) {
	case TOUCH_READ:
		return access == HVP_INTERCEPT_READ;
	case TOUCH_WRITE:
		return access == HVP_INTERCEPT_WRITE;
	case TOUCH_MODIFY:
		return access == HVP_INTERCEPT_WRITE ||
		       (access == HVP_INTERCEPT_READ &&
			attempt->world->setting->kind != READ_ONLY);
	case TOUCH_FETCH:
		return access != HVP_INTERCEPT_WRITE;
	default:
		return false;
	}
}

/* How many iterations of a repeated instruction are done when it comes to what is missing */
static unsigned int iterations_before(const struct attempt *attempt, u64 rsi, u64 rdi, u64 count)
{
	const struct instruction *row = attempt->row;
	const struct world *world = attempt->world;
	const int step = row->rflags & 0x400 ? -(int)row->size : (int)row->size;
	const bool uses_rsi = row->string == STRING_MOVS || row->rsi;
	const bool uses_rdi = row->string != STRING_READ || row->rdi;
	unsigned int i;

	for (i = 0; i < count; i++, rsi += step, rdi += step) {
		enum page pages[4] = {
			page_at(world, uses_rsi ? rsi : AT_SAFE),
			page_at(world, uses_rsi ? rsi + row->size - 1 : AT_SAFE),
			page_at(world, uses_rdi ? rdi : AT_SAFE),
			page_at(world, uses_rdi ? rdi + row->size - 1 : AT_SAFE),
		};
		unsigned int n;

		for (n = 0; n < ARRAY_SIZE(pages); n++) {
			if (world->missing[pages[n]] &&
			    touch_exits(attempt, touch_of(attempt, pages[n])))
				return i;
		}
	}
	return i;
}

/* The child's registers and memory as so many iterations leave them behind */
static void iterate(struct attempt *attempt, struct processor *processor, unsigned int count)
{
	const struct instruction *row = attempt->row;
	const int step = row->rflags & 0x400 ? -(int)row->size : (int)row->size;
	struct world *world = attempt->world;
	const u64 mask = world->bits == BITS_16 ? 0xffff : ~0ULL;
	u64 *gpr = processor->gpr;
	unsigned int byte;

	while (count--) {
		for (byte = 0; byte < row->size; byte++) {
			u8 value = gpr[RAX] >> byte * 8;

			if (row->string == STRING_MOVS)
				value = *byte_at(world, world->before, gpr[RSI] + byte);
			if (row->string != STRING_READ)
				*byte_at(world, world->before, gpr[RDI] + byte) = value;
		}
		if (row->rsi)
			gpr[RSI] = (gpr[RSI] & ~mask) | ((gpr[RSI] + step) & mask);
		if (row->rdi)
			gpr[RDI] = (gpr[RDI] & ~mask) | ((gpr[RDI] + step) & mask);
		gpr[RCX]--;
	}
	/* LODS leaves the last one in RAX. */
	if (row->string == STRING_READ && row->rsi && gpr[RCX] != row->rcx)
		gpr[RAX] = (gpr[RAX] & ~0xffULL) |
			   *byte_at(world, world->before, gpr[RSI] - step);
}

static bool memory_is(struct attempt *attempt, u8 (*pages)[HVP_PAGE_SIZE], const char *when)
{
	struct world *world = attempt->world;
	unsigned int page, at;

	for (page = 0; page < NR_PAGES; page++) {
		u8 *bytes = child_bytes(world, page);

		if (!page_is_for(world, page) || !memcmp(bytes, pages[page], HVP_PAGE_SIZE))
			continue;
		for (at = 0; bytes[at] == pages[page][at]; at++)
			;
		wrong("%s, byte 0x%x of the %s page is 0x%02x, not 0x%02x", when, at,
		      page_names[page], bytes[at], pages[page][at]);
		return false;
	}
	return true;
}

static void save_memory(struct world *world)
{
	unsigned int page;

	for (page = 0; page < NR_PAGES; page++)
		memcpy(world->before[page], child_bytes(world, page), HVP_PAGE_SIZE);
}

static bool memory_as_before(struct world *world)
{
	unsigned int page;

	for (page = 0; page < NR_PAGES; page++) {
		if (page_is_for(world, page) &&
		    memcmp(child_bytes(world, page), world->before[page], HVP_PAGE_SIZE))
			return false;
	}
	return true;
}

static void check_header(struct attempt *attempt, const struct hvp_message *message,
			 const struct processor *now)
{
	const struct hvp_intercept_header *header = &message->payload.memory.header;
	unsigned int length = header->length_and_cr8 & HVP_INTERCEPT_LENGTH_MASK;

	if (message->header.sender != attempt->world->child.id || header->vp_index)
		wrong("the message is of %llu, VP %u", message->header.sender, header->vp_index);
	if (header->rip != now->rip)
		wrong("the message has RIP 0x%llx, the VP 0x%llx", header->rip, now->rip);
	if (length && length != attempt->length && !attempt->row->jumps)
		wrong("its length is said to be %u, not %u", length, attempt->length);
	if (header->cs.selector != now->segments[CS].selector ||
	    header->cs.base != now->segments[CS].base)
		wrong("the message has CS 0x%x", header->cs.selector);
}

/* Is the child as the plain VM at the same page? Then it is the processor that has done it. */
static bool as_the_processor(struct attempt *attempt, const struct processor *now)
{
	struct world *world = attempt->world;
	struct processor plain;
	unsigned int page;

	if (!stop_plain(world, &plain) || processor_difference(&plain, now))
		return false;
	for (page = 0; page < NR_PAGES; page++) {
		u8 *bytes = child_bytes(world, page);

		protect_plain(world, page, PROT_READ | PROT_WRITE);
		if (page_is_for(world, page) && memcmp(bytes, world->plain[page], HVP_PAGE_SIZE))
			return false;
	}
	for (page = 0; page < NR_PAGES; page++) {
		if (world->missing[page])
			protect_plain(world, page, world->setting->kind == READ_ONLY ?
				      PROT_READ : PROT_NONE);
	}
	return true;
}

/* Nothing has happened since @expected and world->before, but whole iterations. */
static void check_nothing_done(struct attempt *attempt, struct processor *expected)
{
	struct world *world = attempt->world;
	const char *register_changed;
	struct processor now;
	bool own;

	child_get_processor(&world->child, &now);
	if (attempt->row->string && !world->setting->walks)
		iterate(attempt, expected,
			iterations_before(attempt, expected->gpr[RSI], expected->gpr[RDI],
					  expected->gpr[RCX]));
	if (attempt->row->jumps && !world->setting->walks)
		expected->rip = linear(world, attempt->row->rbx);
	own = as_the_processor(attempt, &now);
	register_changed = processor_difference(expected, &now);
	if (own && (register_changed || !memory_as_before(world))) {
		processor_attempts += !processor_already;
		processor_already = true;
	} else {
		if (register_changed)
			wrong("after the exit: %s", register_changed);
		memory_is(attempt, world->before, "after the exit");
	}
	save_memory(world);
	*expected = now;
}

/* Return: the page that is missing, or NR_PAGES. */
static enum page check_message(struct attempt *attempt, const struct hvp_message *message)
{
	const struct hvp_memory_message *memory = &message->payload.memory;
	struct world *world = attempt->world;
	const bool in_map = world->setting->kind == READ_ONLY || world->setting->kind == FORBIDDEN;
	enum page page;

	if (message->header.type !=
	    (in_map ? HVP_MESSAGE_GPA_INTERCEPT : HVP_MESSAGE_UNMAPPED_GPA)) {
		wrong("a message of type 0x%x", message->header.type);
		return NR_PAGES;
	}
	for (page = 0; page < NR_PAGES; page++) {
		if (world->missing[page] &&
		    world->gpas[page] / HVP_PAGE_SIZE == memory->gpa / HVP_PAGE_SIZE)
			break;
	}
	if (page == NR_PAGES) {
		wrong("GPA 0x%llx, which is not missing", memory->gpa);
		return NR_PAGES;
	}
	if (!access_fits(attempt, page, memory->header.access))
		wrong("access %u of the %s page", memory->header.access, page_names[page]);
	if (memory->instruction_count > 16 ||
	    memcmp(memory->instruction, attempt->code,
		   memory->instruction_count < attempt->length ? memory->instruction_count :
		   attempt->length))
		wrong("wrong bytes of the instruction");
	return page;
}

/* The pages that are missing come one by one, each once, and then it is as if none had been. */
static void run_child(struct attempt *attempt)
{
	struct world *world = attempt->world;
	const struct hvp_message *message = child_page(&world->child, world->child.intercepts);
	struct hvp_dispatch_vp_out out;
	struct processor expected;
	unsigned int exits;
	enum page page;

	child_set_processor(&world->child, &attempt->start);
	child_get_processor(&world->child, &expected);
	save_memory(world);
	for (exits = 0; exits < NR_PAGES; exits++) {
		out = child_run(&world->child);
		if (out.state == HVP_DISPATCH_BLOCKED)
			break;
		page = check_message(attempt, message);
		if (page == NR_PAGES)
			return;
		check_nothing_done(attempt, &expected);
		check_header(attempt, message, &expected);
		if (world->setting->kind == BEYOND)
			return;
		give_back(world, page);
	}
	for (page = 0; page < NR_PAGES; page++) {
		if (world->missing[page] && touch_exits(attempt, touch_of(attempt, page)))
			wrong("no exit because of the %s page", page_names[page]);
	}
	if (world->setting->walks && world->setting->kind != READ_ONLY && !exits &&
	    (attempt->row->first || !(world->missing[PD2] || world->missing[PT2])))
		wrong("no exit because of a page table");
}

static void check_end(struct attempt *attempt)
{
	struct processor end;
	const char *difference;

	child_get_processor(&attempt->world->child, &end);
	difference = processor_difference(&attempt->plain_end, &end);
	if (difference)
		wrong("in the end: %s", difference);
	memory_is(attempt, attempt->world->plain_end, "in the end");
}

/* One exit, which says all there is, before the first iteration; memory does not matter. */
static void run_port(struct attempt *attempt)
{
	const bool is_string = strstr(attempt->row->name, "ins") ||
			       strstr(attempt->row->name, "outs");
	const bool is_out = strstr(attempt->row->name, "out");
	const bool is_rep = !strncmp(attempt->row->name, "rep", 3);
	struct world *world = attempt->world;
	const struct hvp_message *message = child_page(&world->child, world->child.intercepts);
	const struct hvp_io_port_message *io = &message->payload.io_port;
	const struct kvm_run *run = world->run;
	struct processor expected;
	struct hvp_dispatch_vp_out out;

	child_set_processor(&world->child, &attempt->start);
	child_get_processor(&world->child, &expected);
	save_memory(world);
	out = child_run(&world->child);
	if (out.state != HVP_DISPATCH_READY ||
	    message->header.type != HVP_MESSAGE_IO_PORT_INTERCEPT) {
		wrong("state %u, a message of type 0x%x", out.state, message->header.type);
		return;
	}
	check_nothing_done(attempt, &expected);
	check_header(attempt, message, &expected);
	if ((io->header.length_and_cr8 & HVP_INTERCEPT_LENGTH_MASK) != attempt->length)
		wrong("length %u, not %u", io->header.length_and_cr8 & HVP_INTERCEPT_LENGTH_MASK,
		      attempt->length);
	if (io->port != 0x80 || io->header.access != is_out ||
	    (io->access_info & HVP_IO_SIZE_MASK) != run->io.size ||
	    !!(io->access_info & HVP_IO_STRING) != is_string ||
	    !!(io->access_info & HVP_IO_REP) != is_rep)
		wrong("port 0x%x, access %u, information 0x%x", io->port, io->header.access,
		      io->access_info);
	if (io->rax != expected.gpr[RAX] || io->rcx != expected.gpr[RCX] ||
	    io->rsi != expected.gpr[RSI] || io->rdi != expected.gpr[RDI])
		wrong("registers in the message");
	/* As QEMU says that it has been done. */
	expected.rip += attempt->length;
	child_set_processor(&world->child, &expected);
	out = child_run(&world->child);
	if (out.state != HVP_DISPATCH_BLOCKED)
		wrong("it does not go on behind the instruction");
}

static void restore_child(struct attempt *attempt)
{
	struct world *world = attempt->world;
	enum page page;

	for (page = 0; page < NR_PAGES; page++) {
		if (world->missing[page])
			give_back(world, page);
	}
}

static void attempt_once(struct world *world, const struct instruction *row, enum page table)
{
	struct attempt attempt = { .world = world, .row = row };
	u8 (*pages)[HVP_PAGE_SIZE] = world->before;
	enum page page;

	attempts++;
	current = &attempt;
	wrong_already = false;
	processor_already = false;
	attempt.length = row->end[world->bits] - row->code[world->bits];
	memcpy(attempt.code, row->code[world->bits], attempt.length);
	attempt.code[attempt.length] = 0xf4;
	begin_registers(&attempt);
	run_plain(&attempt);
	begin_plain(&attempt);
	fill(&attempt, pages);
	for (page = 0; page < NR_PAGES; page++)
		memcpy(child_bytes(world, page), pages[page], HVP_PAGE_SIZE);
	for (page = 0; page < NR_PAGES; page++) {
		if (page == table || (!world->setting->walks && touch_of(&attempt, page)))
			take_away(world, page);
	}
	if (row->port) {
		run_port(&attempt);
	} else {
		run_child(&attempt);
		if (world->setting->kind != BEYOND && !wrong_already)
			check_end(&attempt);
	}
	restore_child(&attempt);
}

/* A place for each page, and the two targets where the setting wants them */
static void lay_out(struct world *world)
{
	const struct setting *setting = world->setting;
	enum page page;

	for (page = 0; page < NR_PAGES; page++)
		world->gpas[page] = page * HVP_PAGE_SIZE;
	world->target = world->gpas[FIRST];
	if (setting->kind == IN_NO_SLOT) {
		world->gpas[FIRST] = world->paged ? 0x40000000 : 0x3ffff000;
		world->gpas[SECOND] = world->paged ? 0x50001000 : 0x40000000;
		world->target = world->gpas[FIRST];
	} else if (setting->kind == BEYOND) {
		world->gpas[FIRST] = (1ULL << 36) + 0x1000;
		world->gpas[SECOND] = (1ULL << 36) + 0x80005000;
	}
	if (world->paged)
		world->target = 0x4000c000;
}

#define PHYSICAL_ADDRESS_WIDTH	0x00060006

/* As new_child(), with addresses of 36 bits, and all pages */
static void make_child(struct world *world, struct vcpu *vcpu)
{
	struct child *child = &world->child;
	enum page page;

	child->vcpu = vcpu;
	child->id = create_child(vcpu);
	REQUIRE_STATUS(set_partition_property(vcpu, child->id, PHYSICAL_ADDRESS_WIDTH, 36),
		       SUCCESS);
	initialize_child(vcpu, child->id);
	deposit_new(vcpu, child->id, NULL, 100);
	REQUIRE_STATUS(create_vp(vcpu, child->id, 0), SUCCESS);
	child->intercepts = guest_alloc(vcpu->guest);
	REQUIRE_STATUS(map_state_page(vcpu, child->id, 0, HVP_STATE_PAGE_INTERCEPT,
				      child->intercepts), SUCCESS);
	guest_alloc_list(vcpu->guest, world->sources, NR_PAGES);
	for (page = 0; page < NR_PAGES; page++) {
		/* A slot comes with the first page in it. */
		if (page >= FIRST && world->setting->kind >= IN_NO_SLOT)
			continue;
		map_page(world, page, MAP_RWX);
	}
}

static void add_plain_slot(struct world *world, enum page page, unsigned int pages)
{
	struct kvm_userspace_memory_region region = {
		.slot = page,
		.guest_phys_addr = world->gpas[page],
		.memory_size = pages * HVP_PAGE_SIZE,
		.userspace_addr = (u64)world->plain[page],
	};

	if (ioctl(world->vm_fd, KVM_SET_USER_MEMORY_REGION, &region))
		die("KVM_SET_USER_MEMORY_REGION: %m");
}

static void make_plain(struct world *world)
{
	const unsigned int entries = 256;
	struct kvm_cpuid2 *cpuid;
	int size;

	world->kvm_fd = open_kvm();
	world->vm_fd = ioctl(world->kvm_fd, KVM_CREATE_VM, 0);
	world->vcpu_fd = ioctl(world->vm_fd, KVM_CREATE_VCPU, 0);
	size = ioctl(world->kvm_fd, KVM_GET_VCPU_MMAP_SIZE, 0);
	world->run = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, world->vcpu_fd, 0);
	world->plain = mmap(NULL, NR_PAGES * HVP_PAGE_SIZE, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (world->vcpu_fd < 0 || world->run == MAP_FAILED || world->plain == MAP_FAILED)
		die("no plain VM: %m");
	cpuid = calloc(1, sizeof(*cpuid) + entries * sizeof(cpuid->entries[0]));
	cpuid->nent = entries;
	if (ioctl(world->kvm_fd, KVM_GET_SUPPORTED_CPUID, cpuid) ||
	    ioctl(world->vcpu_fd, KVM_SET_CPUID2, cpuid))
		die("KVM_SET_CPUID2: %m");
	free(cpuid);
	add_plain_slot(world, 0, FIRST);
	add_plain_slot(world, FIRST, 1);
	add_plain_slot(world, SECOND, 1);
}

static void end_child(struct world *world)
{
	struct vcpu *vcpu = world->child.vcpu;

	finalize_child(vcpu, world->child.id);
	withdraw_all(vcpu, world->child.id);
	delete_child(vcpu, world->child.id);
}

static void attempt_walks(struct world *world, const struct instruction *row)
{
	enum page table;

	for (table = PML4; table <= PT2; table++) {
		if (world->bits == BITS_64 || table == PD || table == PT || table == PT2)
			attempt_once(world, row, table);
	}
}

static void try_setting(const void *data)
{
	static struct world world;
	struct guest_config config = { .ram = 96 << 20, .privileges = GUEST_ALL_PRIVILEGES };
	struct guest *guest = guest_create(&config);
	const struct setting *setting = data;
	const struct instruction *row;

	world.setting = setting;
	world.bits = setting->mode == REAL_MODE ? BITS_16 :
		     setting->mode == LONG_MODE ? BITS_64 : BITS_32;
	world.paged = setting->mode >= PAGED;
	lay_out(&world);
	make_plain(&world);
	make_child(&world, &guest->vcpus[0]);
	for (row = instructions; row < instructions + nr_instructions; row++) {
		if (!row->code[world.bits])
			continue;
		/* KVM's emulator has it that no processor of 36 bits has such an address. */
		if (setting->kind == BEYOND && row->uncached)
			continue;
		if (setting->walks && row->walk)
			attempt_walks(&world, row);
		if (setting->walks)
			continue;
		attempt_once(&world, row, NR_PAGES);
		if (setting->kind == IN_NO_SLOT && (row->first || row->second)) {
			end_child(&world);
			make_child(&world, &guest->vcpus[0]);
		}
	}
	printf("# figures: exact exits, %s: %u, %u of them as the processor, %u wrong\n",
	       setting->name, attempts, processor_attempts, wrong_attempts);
}

static const struct setting settings[] = {
	{ "16_bits_read_only", REAL_MODE, READ_ONLY, false },
	{ "16_bits_no_access", REAL_MODE, FORBIDDEN, false },
	{ "16_bits_unmapped", REAL_MODE, UNMAPPED, false },
	{ "32_bits_unpaged_read_only", UNPAGED, READ_ONLY, false },
	{ "32_bits_unpaged_no_access", UNPAGED, FORBIDDEN, false },
	{ "32_bits_unpaged_unmapped", UNPAGED, UNMAPPED, false },
	{ "32_bits_unpaged_in_no_slot", UNPAGED, IN_NO_SLOT, false },
	{ "32_bits_paged_read_only", PAGED, READ_ONLY, false },
	{ "32_bits_paged_no_access", PAGED, FORBIDDEN, false },
	{ "32_bits_paged_unmapped", PAGED, UNMAPPED, false },
	{ "32_bits_paged_in_no_slot", PAGED, IN_NO_SLOT, false },
	{ "64_bits_read_only", LONG_MODE, READ_ONLY, false },
	{ "64_bits_no_access", LONG_MODE, FORBIDDEN, false },
	{ "64_bits_unmapped", LONG_MODE, UNMAPPED, false },
	{ "64_bits_in_no_slot", LONG_MODE, IN_NO_SLOT, false },
	{ "64_bits_beyond_the_map", LONG_MODE, BEYOND, false },
	{ "32_bits_page_tables_read_only", PAGED, READ_ONLY, true },
	{ "32_bits_page_tables_no_access", PAGED, FORBIDDEN, true },
	{ "32_bits_page_tables_unmapped", PAGED, UNMAPPED, true },
	{ "64_bits_page_tables_read_only", LONG_MODE, READ_ONLY, true },
	{ "64_bits_page_tables_no_access", LONG_MODE, FORBIDDEN, true },
	{ "64_bits_page_tables_unmapped", LONG_MODE, UNMAPPED, true },
};

int main(void)
{
	struct test_case cases[ARRAY_SIZE(settings)];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(settings); i++)
		cases[i] = (struct test_case) {
			.name = settings[i].name, .run_row = try_setting, .row = &settings[i],
			.seconds = 120,
		};
	cases_add(cases, ARRAY_SIZE(cases));
	return cases_run();
}
