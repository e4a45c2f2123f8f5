// SPDX-License-Identifier: GPL-2.0
/*
 * Which pages a child has written to: HvGetGpaPagesAccessState and the property that has them
 * tracked, contract, virtual processors, section 4.
 */
#define _GNU_SOURCE
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "vps.h"

#define TRACKING	0x00050005

#define CLEAN		0
#define WRITTEN		(HVP_PAGE_ACCESSED | HVP_PAGE_DIRTY)

/* As Linux' driver clears, and sets, what is dirty. */
#define CLEAR		HVP_ACCESS_STATE_CLEAR_DIRTY
#define SET		(HVP_ACCESS_STATE_SET_DIRTY | HVP_ACCESS_STATE_SET_ACCESSED)

/* A child's code, 16 bits, whose data segment reaches everywhere. */
asm(".pushsection .rodata\n"
	".code16\n"
	/* Add 1 to each of the words whose addresses are at 0x800, up to a 0; read one more. */
	"write_code:\n"
	"	mov $0x800, %si\n"
	"1:	mov (%si), %ebx\n"
	"	add $4, %si\n"
	"	test %ebx, %ebx\n"
	"	jz 2f\n"
	"	incl (%ebx)\n"
	"	jmp 1b\n"
	"2:	mov 0x1000, %eax\n"
	"	hlt\n"
	"write_end:\n"
	/* KVM does this by itself: it emulates what reads its LAPIC. */
	"emulated_code:\n"
	"	mov $0xfee00030, %esi\n"
	"	mov $0x3000, %edi\n"
	"	cld\n"
	"	addr32 movsl\n"
	"	hlt\n"
	"emulated_end:\n"
	/* Write what is at 0x900 to another page, once each time that it changes. */
	"follow_code:\n"
	"1:	mov 0x900, %eax\n"
	"	cmp %eax, 0x3000\n"
	"	je 1b\n"
	"	mov %eax, 0x3000\n"
	"	jmp 1b\n"
	"follow_end:\n"
	".code64\n"
	".popsection\n");

extern const u8 write_code[], write_end[], emulated_code[], emulated_end[];
extern const u8 follow_code[], follow_end[];

#define LIST		0x800
#define COMMAND		0x900
#define FOLLOWER	3	/* the page that 0x3000 is in */

static struct child new_program(struct vcpu *vcpu, const u8 *begin, const u8 *end)
{
	const struct hvp_segment_register segment = { .limit = ~0, .attributes = 0x8093 };
	struct hvp_register_assoc assocs[] = {
		{ .name = HVP_REGISTER_DS }, { .name = HVP_REGISTER_ES },
	};
	struct child child = new_child(vcpu);
	u64 pages[7];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(assocs); i++)
		memcpy(&assocs[i].value, &segment, sizeof(segment));
	REQUIRE_RESULT(set_registers(vcpu, child.id, 0, assocs, i), SUCCESS, i);
	memset(child_page(&child, child.code), 0, HVP_PAGE_SIZE);
	child_code(&child, begin, end - begin);
	child_map(&child, 1, MAP_RWX, ARRAY_SIZE(pages), pages);
	for (i = 0; i < ARRAY_SIZE(pages); i++)
		memset(child_page(&child, pages[i]), 0, HVP_PAGE_SIZE);
	return child;
}

static void track(struct child *child, bool on)
{
	u64 value = !on;

	REQUIRE_STATUS(set_partition_property(child->vcpu, child->id, TRACKING, on), SUCCESS);
	REQUIRE_STATUS(get_partition_property(child->vcpu, child->id, TRACKING, &value), SUCCESS);
	EXPECT_EQUAL(value, on);
}

static void run_to_its_end(struct child *child)
{
	/* It halts at its end. */
	set_register(child->vcpu, child->id, 0, HVP_REGISTER_INTERNAL_ACTIVITY_STATE, 0);
	set_register(child->vcpu, child->id, 0, HVP_REGISTER_RIP, 0);
	REQUIRE_EQUAL(child_run(child).state, HVP_DISPATCH_BLOCKED);
}

/* The child writes to its pages, all of them but 0 and 1. */
static void write_to(struct child *child, const u64 *gpns, unsigned int count)
{
	u32 *list = (u32 *)((u8 *)child_page(child, child->code) + LIST);
	unsigned int i;

	for (i = 0; i < count; i++)
		list[i] = gpns[i] * HVP_PAGE_SIZE + 8 * i;
	list[count] = 0;
	run_to_its_end(child);
}

/* Of pages from @from on, exactly these have been written to. */
static void expect_written(struct child *child, u64 from, unsigned int count, u64 flags,
			   const u64 *gpns, unsigned int written)
{
	u8 states[ACCESS_STATE_MAX_REPS];
	unsigned int i, n;

	EXPECT_RESULT(get_access_states(child->vcpu, child->id, from, flags, states, count, 0),
		      SUCCESS, count);
	for (i = 0; i < count; i++) {
		u8 state = CLEAN;

		for (n = 0; n < written; n++)
			if (gpns[n] == from + i)
				state = WRITTEN;
		if (states[i] != state)
			fail_at(__FILE__, __LINE__, "page 0x%llx is %u, expected %u", from + i,
				states[i], state);
	}
}

static void expect_all(struct child *child, u64 from, unsigned int count, u64 flags, u8 state)
{
	u8 states[ACCESS_STATE_MAX_REPS];
	unsigned int i;

	EXPECT_RESULT(get_access_states(child->vcpu, child->id, from, flags, states, count, 0),
		      SUCCESS, count);
	for (i = 0; i < count; i++)
		EXPECT_EQUAL(states[i], state);
}

static const struct flags {
	const char *name;
	u64 flags;
	bool allowed;
} all_flags[] = {
	{ "none", 0, true },
	{ "clear_accessed", 1, true },
	{ "set_accessed", 2, true },
	{ "clear_dirty", 4, true },
	{ "set_dirty", 8, true },
	{ "clear_both", 5, true },
	{ "set_both", 0xa, true },
	{ "clear_and_set_accessed", 3, false },
	{ "clear_and_set_dirty", 0xc, false },
	{ "bit_4", 0x10, false },
	{ "bit_32", 1ULL << 32, false },
	{ "bit_63", 1ULL << 63, false },
};

static void ask_with_flags(const void *data)
{
	const struct flags *row = data;
	struct vcpu *vcpu = new_guest();
	u64 id = create_active_child(vcpu);
	u8 states[3];

	if (row->allowed)
		EXPECT_RESULT(get_access_states(vcpu, id, 5, row->flags, states, 3, 0), SUCCESS, 3);
	else
		EXPECT_STATUS(get_access_states(vcpu, id, 5, row->flags, states, 3, 0),
			      INVALID_PARAMETER);
}

static void beyond_the_end(void)
{
	struct child child = new_child(new_guest());
	u64 end = 1ULL << (vcpu_phys_bits(child.vcpu) - HVP_PAGE_SHIFT);
	unsigned int on;
	u8 states[8];

	for (on = 0; on < 2; on++) {
		track(&child, on);
		EXPECT_RESULT(get_access_states(child.vcpu, child.id, end - 3, CLEAR, states, 8, 0),
			      INVALID_PARAMETER, 3);
		EXPECT_EQUAL(states[0], on ? CLEAN : WRITTEN);
		EXPECT_EQUAL(states[2], on ? CLEAN : WRITTEN);
		EXPECT_STATUS(get_access_states(child.vcpu, child.id, end, 0, states, 8, 0),
			      INVALID_PARAMETER);
		EXPECT_STATUS(get_access_states(child.vcpu, child.id, ~0ULL, 0, states, 8, 0),
			      INVALID_PARAMETER);
	}
}

/* As rust-vmm's test of it: enable, clear, clear, set, twice nothing, disable. */
static void without_a_vp(void)
{
	struct vcpu *vcpu = new_guest();
	struct child child = { .vcpu = vcpu, .id = create_active_child(vcpu) };
	const unsigned int count = ACCESS_STATE_MAX_REPS;
	u8 before[ACCESS_STATE_MAX_REPS], states[ACCESS_STATE_MAX_REPS];

	track(&child, true);
	EXPECT_RESULT(get_access_states(vcpu, child.id, 0, CLEAR, states, count, 0), SUCCESS,
		      count);
	expect_all(&child, 0, count, CLEAR, CLEAN);
	EXPECT_RESULT(get_access_states(vcpu, child.id, 0, SET, states, count, 0), SUCCESS, count);
	EXPECT_RESULT(get_access_states(vcpu, child.id, 0, 0, before, count, 0), SUCCESS, count);
	EXPECT_RESULT(get_access_states(vcpu, child.id, 0, 0, states, count, 0), SUCCESS, count);
	EXPECT(!memcmp(before, states, count));
	track(&child, false);
}

static void what_is_written_to(void)
{
	static const u64 first[] = { 2, 5 }, second[] = { 5 }, third[] = { 2, 4, 6 };
	struct child child = new_program(new_guest(), write_code, write_end);

	/* Nobody knows what was before. */
	write_to(&child, first, 2);
	expect_all(&child, 0, 8, CLEAR, WRITTEN);
	expect_all(&child, 0, 8, 0, WRITTEN);

	track(&child, true);
	expect_written(&child, 0, 8, 0, NULL, 0);
	write_to(&child, first, 2);
	expect_written(&child, 0, 8, 0, first, 2);
	/* The answer is what was, and then it changes, and only what is asked for. */
	expect_written(&child, 0, 5, CLEAR, first, 2);
	expect_written(&child, 0, 8, 0, second, 1);
	write_to(&child, second, 1);
	expect_written(&child, 0, 8, 0, second, 1);
	write_to(&child, third, 3);
	expect_written(&child, 0, 5, 0, third, 3);
	expect_written(&child, 0, 4095, CLEAR | HVP_ACCESS_STATE_CLEAR_ACCESSED,
		       (const u64[]){ 2, 4, 5, 6 }, 4);
	expect_written(&child, 0, 4095, 0, NULL, 0);

	track(&child, false);
	write_to(&child, first, 2);
	expect_all(&child, 0, 8, 0, WRITTEN);
	track(&child, true);
	expect_written(&child, 0, 8, 0, NULL, 0);
	write_to(&child, second, 1);
	expect_written(&child, 0, 8, 0, second, 1);
}

/* Before it runs for the first time, and before it has memory */
static void from_the_start(void)
{
	static const u64 pages[] = { 3, 4 };
	struct vcpu *vcpu = new_guest();
	struct child child = new_program(vcpu, write_code, write_end);

	track(&child, true);
	expect_written(&child, 0, 4095, CLEAR, NULL, 0);
	write_to(&child, pages, 2);
	expect_written(&child, 0, 4095, CLEAR, pages, 2);
	/* A page that is another one now has still been written to. */
	write_to(&child, pages, 2);
	REQUIRE_RESULT(unmap_gpa_pages(vcpu, child.id, 3, 0, 1), SUCCESS, 1);
	expect_written(&child, 0, 4095, CLEAR, pages, 2);
	expect_written(&child, 0, 4095, CLEAR, NULL, 0);
}

static void what_is_set(void)
{
	static const u64 written[] = { 6 }, all[] = { 1, 2, 3, 6 };
	struct child child = new_program(new_guest(), write_code, write_end);

	track(&child, true);
	write_to(&child, written, 1);
	expect_written(&child, 1, 3, SET, NULL, 0);
	expect_written(&child, 0, 8, 0, all, 4);
	/* Nobody notes what is only read. */
	expect_written(&child, 0, 8, HVP_ACCESS_STATE_CLEAR_ACCESSED, all, 4);
	expect_written(&child, 0, 8, HVP_ACCESS_STATE_SET_ACCESSED, all, 4);
	expect_written(&child, 0, 8, CLEAR, all, 4);
	write_to(&child, written, 1);
	expect_written(&child, 0, 8, CLEAR, written, 1);
}

static void a_list_goes_on(void)
{
	static const u64 written[] = { 2, 6 };
	struct child child = new_program(new_guest(), write_code, write_end);
	u8 states[8];

	track(&child, true);
	write_to(&child, written, 2);
	memset(states, 0xee, sizeof(states));
	EXPECT_RESULT(get_access_states(child.vcpu, child.id, 0, CLEAR, states, 8, 4), SUCCESS, 8);
	EXPECT_EQUAL(states[2], 0xee);
	EXPECT_EQUAL(states[4], CLEAN);
	EXPECT_EQUAL(states[6], WRITTEN);
	expect_written(&child, 0, 8, 0, written, 1);
}

static void kvm_writes_by_itself(void)
{
	static const u64 written[] = { FOLLOWER };
	struct child child = new_program(new_guest(), emulated_code, emulated_end);
	long long pinned = pinned_pages();
	unsigned int i;

	track(&child, true);
	for (i = 0; i < 3; i++) {
		run_to_its_end(&child);
		/* For the one instruction only */
		EXPECT(pinned_pages_become(pinned));
		expect_written(&child, 0, 8, CLEAR, written, 1);
		expect_written(&child, 0, 8, CLEAR, NULL, 0);
	}
}

/* On both sides of where KVM's memory slots meet, and of the LAPIC's page, which is in none */
static void at_the_edges_of_slots(void)
{
	static const u64 edges[] = { 0x7fff, 0x8000, 0xfedff, 0xfee01 };
	struct child child = new_program(new_guest(), write_code, write_end);
	unsigned int i;
	u64 page;

	for (i = 0; i < ARRAY_SIZE(edges); i++)
		child_map(&child, edges[i], MAP_RWX, 1, &page);
	track(&child, true);
	for (i = 0; i < 3; i++) {
		write_to(&child, edges, 4);
		expect_written(&child, 0x7fe1, 100, 0, edges, 2);
		expect_written(&child, 0xfed07, 4095, 0, edges + 2, 2);
		expect_written(&child, 0x7800, 4095, CLEAR, edges, 2);
		expect_written(&child, 0xfed07, 4095, CLEAR, edges + 2, 2);
		expect_written(&child, 0x7fe1, 100, 0, NULL, 0);
		expect_written(&child, 0xfed07, 4095, 0, NULL, 0);
	}
}

#define HUGE_PAGE	(2UL << 20)

/* What was mapped as a whole is told page by page. */
static void large_pages(void)
{
	static const u64 some[] = { 512, 517, 1023 }, one[] = { 700 };
	struct child child = new_program(new_guest(), write_code, write_end);
	u8 *memory = mmap(NULL, 2 * HUGE_PAGE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	u64 source;

	if (memory == MAP_FAILED)
		die("cannot map memory: %m");
	memory = (u8 *)(((unsigned long)memory | (HUGE_PAGE - 1)) + 1);
	if (madvise(memory, HUGE_PAGE, MADV_HUGEPAGE))
		die("madvise: %m");
	memset(memory, 0, HUGE_PAGE);
	source = guest_add_memory(child.vcpu->guest, 0, memory, HUGE_PAGE);
	REQUIRE_RESULT(map_gpa_pages(child.vcpu, child.id, 512, MAP_RWX | HVP_MAP_LARGE, &source,
				     1), SUCCESS, 1);
	write_to(&child, some, 3);
	track(&child, true);
	expect_written(&child, 0, 2000, CLEAR, NULL, 0);
	write_to(&child, some, 3);
	expect_written(&child, 0, 2000, CLEAR, some, 3);
	write_to(&child, one, 1);
	expect_written(&child, 0, 2000, CLEAR, one, 1);
	track(&child, false);
	write_to(&child, some, 3);
	track(&child, true);
	write_to(&child, one, 1);
	expect_written(&child, 0, 2000, 0, one, 1);
}

static struct {
	struct child child;
	volatile u32 *follower;
	volatile bool done;
} scene;

static void run_until_done(struct vcpu *vcpu)
{
	struct hvp_dispatch_vp_out out;

	while (!scene.done) {
		EXPECT_STATUS(dispatch_vp(vcpu, scene.child.id, 0,
					  HVP_DISPATCH_CLEAR_INTERCEPT_SUSPEND, &out), SUCCESS);
		EXPECT(out.event != HVP_DISPATCH_EVENT_INTERCEPT);
	}
}

static u8 state_of_follower(struct vcpu *vcpu, u64 flags)
{
	u8 states[8];

	REQUIRE_RESULT(get_access_states(vcpu, scene.child.id, 0, flags, states, 8, 0), SUCCESS, 8);
	EXPECT_EQUAL(states[0] | states[1] | states[2], CLEAN);
	return states[FOLLOWER];
}

/* The VP writes to its page once, and does not stop running. */
static void command(u32 number)
{
	volatile u32 *at = (volatile u32 *)((u8 *)child_page(&scene.child, scene.child.code) +
					    COMMAND);
	unsigned int i;

	*at = number;
	for (i = 0; *scene.follower != number && i < 10000 * slowness(); i++)
		usleep(100);
	EXPECT_EQUAL(*scene.follower, number);
}

static void ask_meanwhile(struct vcpu *vcpu)
{
	u32 number;
	u8 state;
	int i;

	for (number = 1; number <= 60; number++) {
		if (number % 10 == 0) {
			REQUIRE_STATUS(set_partition_property(vcpu, scene.child.id, TRACKING, 0),
				       SUCCESS);
			REQUIRE_STATUS(set_partition_property(vcpu, scene.child.id, TRACKING, 1),
				       SUCCESS);
		}
		EXPECT_EQUAL(state_of_follower(vcpu, 0), CLEAN);
		command(number);
		/* A processor that runs may tell of it a moment later. */
		state = state_of_follower(vcpu, CLEAR);
		for (i = 0; state != WRITTEN && i < 1000; i++) {
			usleep(1000);
			state = state_of_follower(vcpu, CLEAR);
		}
		EXPECT_EQUAL(state, WRITTEN);
	}
	scene.done = true;
}

static void run_or_ask(struct vcpu *vcpu, void *arg)
{
	(void)arg;
	if (vcpu->index)
		ask_meanwhile(vcpu);
	else
		run_until_done(vcpu);
}

/* Nothing that is written while somebody asks is lost. */
static void while_it_runs(void)
{
	struct guest_config config = { .vcpus = 2, .privileges = GUEST_ALL_PRIVILEGES };
	struct vcpu *vcpus = guest_create(&config)->vcpus;
	u64 page;

	scene.child = new_program(vcpus, follow_code, follow_end);
	child_map(&scene.child, FOLLOWER, MAP_RWX, 1, &page);
	scene.follower = child_page(&scene.child, page);
	*scene.follower = 0;
	track(&scene.child, true);
	guest_run_threads(vcpus->guest, run_or_ask, NULL);
}

static void it_ends_with_its_child(void)
{
	static const u64 pages[] = { 3, 4 };
	struct child child = new_program(new_guest(), write_code, write_end);
	u8 states[8];

	track(&child, true);
	write_to(&child, pages, 2);
	finalize_child(child.vcpu, child.id);
	EXPECT_STATUS(get_access_states(child.vcpu, child.id, 0, 0, states, 8, 0),
		      INVALID_PARTITION_STATE);
	EXPECT_STATUS(set_partition_property(child.vcpu, child.id, TRACKING, 0),
		      INVALID_PARTITION_STATE);
	withdraw_all(child.vcpu, child.id);
	delete_child(child.vcpu, child.id);
}

static const struct test_case cases[] = {
	CASE(beyond_the_end),
	CASE(without_a_vp),
	CASE(what_is_written_to),
	CASE(from_the_start),
	CASE(what_is_set),
	CASE(a_list_goes_on),
	CASE(kvm_writes_by_itself),
	CASE(at_the_edges_of_slots),
	CASE(large_pages),
	CASE(while_it_runs),
	CASE(it_ends_with_its_child),
};

int main(void)
{
	cases_add(cases, ARRAY_SIZE(cases));
	cases_add_rows(ask_with_flags, all_flags);
	return cases_run();
}
