// SPDX-License-Identifier: GPL-2.0
/* A child's virtual processor runs: contract, virtual processors, section 5. */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "vps.h"

/* mov $'A', %al; out %al, $0x80; mov $'B', %al; out %al, $0x80 */
static const u8 say_a_b[] = { 0xb0, 'A', 0xe6, 0x80, 0xb0, 'B', 0xe6, 0x80 };

static void expect_a_b(struct child *child)
{
	const struct hvp_message *message;
	unsigned int i;

	child_code(child, say_a_b, sizeof(say_a_b));
	for (i = 0; i < 2; i++) {
		message = child_intercept(child);
		EXPECT_EQUAL(message->header.type, HVP_MESSAGE_IO_PORT_INTERCEPT);
		EXPECT_EQUAL(message->header.sender, child->id);
		EXPECT_EQUAL(message->payload.io_port.port, 0x80);
		EXPECT_EQUAL(message->payload.io_port.header.rip, 4 * i + 2);
		EXPECT_EQUAL(message->payload.io_port.header.access, 1);
		EXPECT_EQUAL(message->payload.io_port.header.length_and_cr8 & 0xf, 2);
		EXPECT_EQUAL(message->payload.io_port.rax & 0xff, 'A' + i);
		EXPECT_EQUAL(get_register(child->vcpu, child->id, 0, HVP_REGISTER_RIP), 4 * i + 2);
		set_register(child->vcpu, child->id, 0, HVP_REGISTER_RIP, 4 * i + 4);
	}
}

static void a_port_is_written_to(void)
{
	struct child child = new_child(new_guest());

	expect_a_b(&child);
}

/* Without unrestricted guests KVM emulates what is in real mode with such a segment. */
static void a_port_is_written_to_in_big_real_mode(void)
{
	static const struct hvp_segment_register big = {
		.limit = 0xffffffff, .attributes = 0x8093,
	};
	struct child child = new_child(new_guest());
	struct hvp_register_assoc ds = { .name = HVP_REGISTER_DS };

	memcpy(&ds.value, &big, sizeof(big));
	REQUIRE_RESULT(set_registers(child.vcpu, child.id, 0, &ds, 1), SUCCESS, 1);
	expect_a_b(&child);
}

/* mov %al, 0x1000; hlt */
static const u8 write_next_page[] = { 0xb0, 0x77, 0xa2, 0x00, 0x10, 0xf4 };

static void a_page_is_missing(void)
{
	struct child child = new_child(new_guest());
	const struct hvp_message *message;
	u64 page;

	child_code(&child, write_next_page, sizeof(write_next_page));
	message = child_intercept(&child);
	EXPECT_EQUAL(message->header.type, HVP_MESSAGE_UNMAPPED_GPA);
	EXPECT_EQUAL(message->payload.memory.gpa / HVP_PAGE_SIZE, 1);
	EXPECT_EQUAL(message->payload.memory.header.access, 1);
	EXPECT_EQUAL(message->payload.memory.header.rip, 2);

	child_deny(&child, 1);
	message = child_intercept(&child);
	EXPECT_EQUAL(message->header.type, HVP_MESSAGE_GPA_INTERCEPT);

	child_map(&child, 1, HVP_MAP_READ, 1, &page);
	message = child_intercept(&child);
	EXPECT_EQUAL(message->header.type, HVP_MESSAGE_GPA_INTERCEPT);
	EXPECT(*(u8 *)child_page(&child, page) != 0x77);

	REQUIRE_RESULT(map_gpa_pages(child.vcpu, child.id, 1, MAP_RWX, &page, 1), SUCCESS, 1);
	EXPECT_EQUAL(child_run(&child).state, HVP_DISPATCH_BLOCKED);
	EXPECT_EQUAL(*(u8 *)child_page(&child, page), 0x77);
}

/* mov 0x1000, %al; out %al, $0x80 */
static const u8 read_next_page[] = { 0xa0, 0x00, 0x10, 0xe6, 0x80 };

/* A page that the child has read is another one, and then none. */
static void a_page_is_taken_away(void)
{
	struct child child = new_child(new_guest());
	const struct hvp_message *message;
	unsigned int i;
	u64 page;

	child_code(&child, read_next_page, sizeof(read_next_page));
	for (i = 0; i < 3; i++) {
		child_map(&child, 1, MAP_RWX, 1, &page);
		*(u8 *)child_page(&child, page) = i;
		message = child_intercept(&child);
		EXPECT_EQUAL(message->header.type, HVP_MESSAGE_IO_PORT_INTERCEPT);
		EXPECT_EQUAL(message->payload.io_port.rax & 0xff, i);
		set_register(child.vcpu, child.id, 0, HVP_REGISTER_RIP, 0);
	}
	REQUIRE_RESULT(unmap_gpa_pages(child.vcpu, child.id, 1, 0, 1), SUCCESS, 1);
	message = child_intercept(&child);
	EXPECT_EQUAL(message->header.type, HVP_MESSAGE_UNMAPPED_GPA);
	EXPECT_EQUAL(message->payload.memory.header.rip, 0);
}

/* As QEMU does it where RAM becomes ROM: the page stays, and something else is there. */
static void the_vmm_replaces_a_slot(void)
{
	struct child child = new_child(new_guest());
	struct guest *guest = child.vcpu->guest;
	u64 page = guest_add_page(guest, 0, PROT_READ | PROT_WRITE);
	struct guest_slot *slot = &guest->slots[guest->nr_slots - 1];
	u8 *first = slot->host, *second = mmap(NULL, HVP_PAGE_SIZE, PROT_READ | PROT_WRITE,
					       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (second == MAP_FAILED)
		die("mmap: %m");
	*first = 1;
	*second = 2;
	REQUIRE_RESULT(map_gpa_pages(child.vcpu, child.id, 1, MAP_RWX, &page, 1), SUCCESS, 1);
	/* What the processor has of it is not to be written to. */
	if (mprotect(first, HVP_PAGE_SIZE, PROT_READ))
		die("mprotect: %m");
	child_code(&child, read_next_page, sizeof(read_next_page));
	EXPECT_EQUAL(child_intercept(&child)->payload.io_port.rax & 0xff, 1);
	guest_set_slot(guest, slot, slot->gpa, 0, 0);
	slot->host = second;
	guest_set_slot(guest, slot, slot->gpa, HVP_PAGE_SIZE, 0);
	set_register(child.vcpu, child.id, 0, HVP_REGISTER_RIP, 0);
	EXPECT_EQUAL(child_intercept(&child)->payload.io_port.rax & 0xff, 2);
	child_code(&child, write_next_page, sizeof(write_next_page));
	set_register(child.vcpu, child.id, 0, HVP_REGISTER_RIP, 0);
	EXPECT_EQUAL(child_run(&child).state, HVP_DISPATCH_BLOCKED);
	EXPECT_EQUAL(*second, 0x77);
	EXPECT_EQUAL(*first, 1);
}

/* mov $0x1000, %si; mov $0x80, %di; movsl; out %al, $0x80 */
static const u8 copy_next_page[] = { 0xbe, 0x00, 0x10, 0xbf, 0x80, 0x00, 0x66, 0xa5, 0xe6, 0x80 };

#define LAPIC_GPA	0xfee00000

static void point_to_lapic(const struct child *child, u32 segment)
{
	const struct hvp_segment_register lapic = {
		.base = LAPIC_GPA, .limit = 0xffff, .attributes = 0x93,
	};
	struct hvp_register_assoc assoc = { .name = segment };

	memcpy(&assoc.value, &lapic, sizeof(lapic));
	REQUIRE_RESULT(set_registers(child->vcpu, child->id, 0, &assoc, 1), SUCCESS, 1);
}

/* The processor reads it, and so does KVM where it does so in the processor's stead. */
static void a_page_is_read_only_in_the_vmm(void)
{
	struct child child = new_child(new_guest());
	const struct hvp_message *message;
	u8 *bytes;
	u64 page;

	child_map(&child, 1, MAP_RWX, 1, &page);
	bytes = child_page(&child, page);
	*bytes = 0x50;
	if (mprotect(bytes, HVP_PAGE_SIZE, PROT_READ))
		die("mprotect: %m");
	child_code(&child, read_next_page, sizeof(read_next_page));
	message = child_intercept(&child);
	EXPECT_EQUAL(message->header.type, HVP_MESSAGE_IO_PORT_INTERCEPT);
	EXPECT_EQUAL(message->payload.io_port.rax & 0xff, 0x50);
	/* It is copied to the LAPIC, the task priority, by KVM. */
	child_code(&child, copy_next_page, sizeof(copy_next_page));
	set_register(child.vcpu, child.id, 0, HVP_REGISTER_RIP, 0);
	point_to_lapic(&child, HVP_REGISTER_ES);
	EXPECT_EQUAL(child_intercept(&child)->header.type, HVP_MESSAGE_IO_PORT_INTERCEPT);
	EXPECT_EQUAL(get_register(child.vcpu, child.id, 0, HVP_REGISTER_CR8), 5);
}

/*
 * mov %cr4, %eax; mov %eax, %cr4, which KVM emulates on some processors; inc %bx; mov $0x80, %si;
 * mov $0x1000, %di; movsl; out %al, $0x80
 */
static const u8 emulate_and_copy[] = {
	0x0f, 0x20, 0xe0, 0x0f, 0x22, 0xe0, 0x43, 0xbe, 0x80, 0x00, 0xbf, 0x00, 0x10, 0x66, 0xa5,
	0xe6, 0x80,
};

/* What is taken back is the instruction that needs the page, and none that KVM has done before. */
static void what_kvm_emulates_needs_a_page(void)
{
	struct child child = new_child(new_guest());
	const struct hvp_message *message;
	u64 page;

	child_code(&child, emulate_and_copy, sizeof(emulate_and_copy));
	set_register(child.vcpu, child.id, 0, HVP_REGISTER_RBX, 7);
	point_to_lapic(&child, HVP_REGISTER_DS);
	message = child_intercept(&child);
	EXPECT_EQUAL(message->header.type, HVP_MESSAGE_UNMAPPED_GPA);
	EXPECT_EQUAL(message->payload.memory.gpa / HVP_PAGE_SIZE, 1);
	EXPECT_EQUAL(message->payload.memory.header.rip, 13);
	EXPECT_EQUAL(get_register(child.vcpu, child.id, 0, HVP_REGISTER_RBX), 8);
	child_map(&child, 1, MAP_RWX, 1, &page);
	message = child_intercept(&child);
	EXPECT_EQUAL(message->header.type, HVP_MESSAGE_IO_PORT_INTERCEPT);
	EXPECT_EQUAL(message->payload.io_port.header.rip, 15);
	EXPECT_EQUAL(get_register(child.vcpu, child.id, 0, HVP_REGISTER_RBX), 8);
}

/* How many faults of guests KVM has served, of all its VMs. */
static u64 served_faults(void)
{
	FILE *file = fopen("/sys/kernel/debug/kvm/pf_fixed", "re");
	unsigned long long faults;

	if (!file || fscanf(file, "%llu", &faults) != 1)
		die("/sys/kernel/debug/kvm/pf_fixed");
	fclose(file);
	return faults;
}

#define RUNS	64

/*
 * Where KVM makes an access in the processor's stead, it reads the instruction by itself.  The
 * processor is not to lose the page by that: it would have to fault for it each time.
 */
static void a_page_that_kvm_reads_stays(void)
{
	struct child child = new_child(new_guest());
	u64 before = 0, page;
	unsigned int i;

	child_map(&child, 1, MAP_RWX, 1, &page);
	child_code(&child, copy_next_page, sizeof(copy_next_page));
	point_to_lapic(&child, HVP_REGISTER_ES);
	for (i = 0; i <= RUNS; i++) {
		set_register(child.vcpu, child.id, 0, HVP_REGISTER_RIP, 0);
		EXPECT_EQUAL(child_intercept(&child)->header.type,
			     HVP_MESSAGE_IO_PORT_INTERCEPT);
		if (!i)
			before = served_faults();
	}
	EXPECT(served_faults() - before < RUNS / 2);
}

/*
 * Newer KVMs make a thread of the VMM's when a VM runs first, which its user may not have.  Whether
 * the VP has run or not, it is as it was set.
 */
static void the_vmm_may_have_no_more_threads(void)
{
	struct child child = new_child(new_guest());
	struct rlimit limit = { 1, RLIM_INFINITY };
	struct hvp_dispatch_vp_out out = {};
	const struct hvp_message *message;
	unsigned int i;
	u64 result = 0;

	child_code(&child, say_a_b, sizeof(say_a_b));
	set_register(child.vcpu, child.id, 0, HVP_REGISTER_RIP, 4);
	set_register(child.vcpu, child.id, 0, HVP_REGISTER_CR2, 0x1234);
	if (setrlimit(RLIMIT_NPROC, &limit) || setuid(65534))
		die("another user: %m");
	/* It may be interrupted, but not without end. */
	for (i = 0; i < 100 && !out.event; i++) {
		result = dispatch_vp(child.vcpu, child.id, 0, 0, &out);
		if (result)
			break;
	}
	if (result != HVP_STATUS_NO_RESOURCES) {
		EXPECT_STATUS(result, SUCCESS);
		EXPECT_EQUAL(out.event, HVP_DISPATCH_EVENT_INTERCEPT);
	}
	EXPECT_EQUAL(get_register(child.vcpu, child.id, 0, HVP_REGISTER_CR2), 0x1234);
	limit.rlim_cur = RLIM_INFINITY;
	if (setrlimit(RLIMIT_NPROC, &limit))
		die("RLIMIT_NPROC: %m");
	message = child_intercept(&child);
	EXPECT_EQUAL(message->header.type, HVP_MESSAGE_IO_PORT_INTERCEPT);
	EXPECT_EQUAL(message->payload.io_port.header.rip, 6);
	EXPECT_EQUAL(message->payload.io_port.rax & 0xff, 'B');
}

static void nothing_is_left(void)
{
	struct vcpu *vcpu = new_guest();
	struct child child = new_child(vcpu);

	child_code(&child, say_a_b, sizeof(say_a_b));
	child_intercept(&child);
	finalize_child(vcpu, child.id);
	withdraw_all(vcpu, child.id);
	delete_child(vcpu, child.id);
}

static const struct test_case cases[] = {
	CASE(a_port_is_written_to),
	CASE(a_port_is_written_to_in_big_real_mode),
	CASE(a_page_is_missing),
	CASE(a_page_is_taken_away),
	CASE(the_vmm_replaces_a_slot),
	CASE(a_page_is_read_only_in_the_vmm),
	CASE(what_kvm_emulates_needs_a_page),
	CASE(a_page_that_kvm_reads_stays),
	CASE(the_vmm_may_have_no_more_threads),
	CASE(nothing_is_left),
};

int main(void)
{
	cases_add(cases, ARRAY_SIZE(cases));
	return cases_run();
}
