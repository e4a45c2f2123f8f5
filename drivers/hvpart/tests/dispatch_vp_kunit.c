// SPDX-License-Identifier: GPL-2.0
/* HvDispatchVp: what a run ends with and what the parent sees of it; and two vCPUs at once. */

#include <linux/delay.h>
#include <linux/kthread.h>
#include <hvpart/abi/gpa.h>
#include "../core/call/dispatch.h"
#include "../core/call/table.h"
#include "contract.h"

/* A child with one virtual processor, both of whose pages are mapped. */
struct hvp_runs {
	struct hvp_world *world;
	struct hvp_partition *child;
	struct hvp_child_vp *vp;
	struct hvp_machine_vp *machine;
	struct hvp_register_page *registers;
	struct hvp_message *message;
};

static void hvp_runs_begin(struct kunit *test, struct hvp_runs *it)
{
	struct hvp_world *world = hvp_world_create(test);
	u64 gfn = hvp_world_fresh_pages(world, 0, 2);

	it->world = world;
	it->child = hvp_world_child(world, world->root, HVP_STATE_ACTIVE);
	it->vp = hvp_world_vp(world, it->child, 0);
	it->machine = it->vp->machine;
	it->registers = hvp_fake_memory(&world->guest, gfn << HVP_PAGE_SHIFT);
	it->message = hvp_fake_memory(&world->guest, (gfn + 1) << HVP_PAGE_SHIFT);
	hvp_try_map_state(world, world->root, it->child->id, 0, HVP_STATE_PAGE_REGISTERS, gfn);
	hvp_expect_status(test, hvp_try_map_state(world, world->root, it->child->id, 0,
						  HVP_STATE_PAGE_INTERCEPT, gfn + 1),
			  MAP_VP_STATE_PAGE, SUCCESS);
}

static void hvp_expect_dispatch(struct hvp_runs *it, u32 flags, u32 state, u32 event)
{
	struct hvp_reply reply = hvp_try_run(it->world, it->world->root, it->child->id, 0, flags);

	hvp_expect_status(it->world->test, reply, DISPATCH_VP, SUCCESS);
	KUNIT_EXPECT_EQ(it->world->test, (u32)reply.out[0], state);
	KUNIT_EXPECT_EQ(it->world->test, reply.out[0] >> 32, event);
}

static u64 hvp_register_of(struct hvp_runs *it, u32 name)
{
	return hvp_try_get_registers(it->world, it->world->root, it->child->id, 0, &name,
				     1).out[0];
}

static void hvp_set_register_of(struct hvp_runs *it, u32 name, u64 value)
{
	const struct hvp_register_assoc assoc = { .name = name, .value.word[0] = value };

	hvp_expect_status(it->world->test,
			  hvp_try_set_registers(it->world, it->world->root, it->child->id, 0,
						&assoc, 1),
			  SET_VP_REGISTERS, SUCCESS);
}

#define CLEAR	HVP_DISPATCH_CLEAR_INTERCEPT_SUSPEND

static void hvp_dispatch_vp_checks_flags(struct kunit *test)
{
	struct hvp_runs it;
	unsigned int bit;

	hvp_runs_begin(test, &it);
	for (bit = 7; bit < 32; bit++)
		hvp_expect_status(test, hvp_try_run(it.world, it.world->root, it.child->id, 0,
						    BIT(bit)),
				  DISPATCH_VP, INVALID_PARAMETER);
	KUNIT_EXPECT_EQ(test, it.world->guest.machines.count[HVP_FAKE_RUN], 0);
	KUNIT_EXPECT_EQ(test, hvp_register_of(&it, HVP_REGISTER_EXPLICIT_SUSPEND), 1);
	for (bit = 0; bit < 7; bit++)
		hvp_expect_status(test, hvp_try_run(it.world, it.world->root, it.child->id, 0,
						    BIT(bit)),
				  DISPATCH_VP, SUCCESS);
}

/* Why it came back, and what the parent is told. */
struct hvp_exit_row {
	const char *name;
	struct hvp_exit exit;
	int error;
	enum hvp_status status;
	u32 state;
	u32 event;
	u32 message;
};

#define EVENT_INTERCEPT	HVP_DISPATCH_EVENT_INTERCEPT

static const struct hvp_exit_row hvp_exit_rows[] = {
	{ "interrupted", { .reason = HVP_EXIT_INTERRUPTED }, 0, 0, HVP_DISPATCH_READY },
	{ "blocked", { .reason = HVP_EXIT_BLOCKED }, 0, 0, HVP_DISPATCH_BLOCKED },
	{ "port", { .reason = HVP_EXIT_IO, .port = 0x80, .size = 1, .access = HVP_ACCESS_WRITE,
		    .instruction_count = 2, .instruction = { 0xe6, 0x80 } }, 0, 0,
	  HVP_DISPATCH_READY, EVENT_INTERCEPT, HVP_MESSAGE_IO_PORT_INTERCEPT },
	{ "unmapped", { .reason = HVP_EXIT_MEMORY, .gpa = 0xfffff000 }, 0, 0,
	  HVP_DISPATCH_READY, EVENT_INTERCEPT, HVP_MESSAGE_UNMAPPED_GPA },
	{ "beyond the map", { .reason = HVP_EXIT_MEMORY, .gpa = ~0xfffULL }, 0, 0,
	  HVP_DISPATCH_READY, EVENT_INTERCEPT, HVP_MESSAGE_UNMAPPED_GPA },
	{ "no access", { .reason = HVP_EXIT_MEMORY, .gpa = 0x5123 }, 0, 0,
	  HVP_DISPATCH_READY, EVENT_INTERCEPT, HVP_MESSAGE_GPA_INTERCEPT },
	{ "CPUID", { .reason = HVP_EXIT_CPUID, .access = HVP_ACCESS_EXECUTE }, 0, 0,
	  HVP_DISPATCH_READY, EVENT_INTERCEPT, HVP_MESSAGE_CPUID_INTERCEPT },
	{ "MSR", { .reason = HVP_EXIT_MSR, .msr = 0x123 }, 0, 0,
	  HVP_DISPATCH_READY, EVENT_INTERCEPT, HVP_MESSAGE_MSR_INTERCEPT },
	{ "triple fault", { .reason = HVP_EXIT_UNRECOVERABLE }, 0, 0,
	  HVP_DISPATCH_READY, EVENT_INTERCEPT, HVP_MESSAGE_UNRECOVERABLE_EXCEPTION },
	{ "denied", { .reason = HVP_EXIT_DENIED }, 0, HVP_STATUS_NO_RESOURCES },
	{ "signal", {}, -EINTR, 0, HVP_DISPATCH_READY },
	{ "no memory", {}, -ENOMEM, HVP_STATUS_NO_RESOURCES },
	{ "memory taken away", {}, -EFAULT, HVP_STATUS_NO_RESOURCES },
};

KUNIT_ARRAY_PARAM_DESC(hvp_exit, hvp_exit_rows, name);

/* A page of the child's that has no access */
static void hvp_deny_page(struct hvp_runs *it, u64 gfn)
{
	hvp_world_deposit(it->world, it->child, 0, 24);
	hvp_try_gpa(it->world, it->world->root, HVP_CALL_MAP_GPA_PAGES, it->child->id, gfn,
		    HVP_MAP_NO_ACCESS, NULL, 1, 0);
}

static void hvp_dispatch_vp_tells_why(struct kunit *test)
{
	const struct hvp_exit_row *row = test->param_value;
	const struct hvp_pair pair = { HVP_CALL_DISPATCH_VP, row->status };
	struct hvp_reply reply;
	struct hvp_runs it;

	hvp_runs_begin(test, &it);
	hvp_deny_page(&it, 5);
	it.world->guest.machines.exit = row->exit;
	it.machine->state.rip = 0x1234;
	if (row->error)
		hvp_fake_machine_fail(&it.world->guest, HVP_FAKE_RUN, 1, row->error);
	reply = hvp_try_run(it.world, it.world->root, it.child->id, 0, 0);
	hvp_expect_pair(test, reply, pair);
	/* The register page is current, whatever has happened. */
	KUNIT_EXPECT_EQ(test, it.registers->rip, 0x1234);
	KUNIT_EXPECT_EQ(test, it.registers->is_valid, 1);
	if (row->status)
		return;
	KUNIT_EXPECT_EQ(test, (u32)reply.out[0], row->state);
	KUNIT_EXPECT_EQ(test, reply.out[0] >> 32, row->event);
	KUNIT_EXPECT_EQ(test, it.message->header.type, row->message);
	if (!row->message) {
		KUNIT_EXPECT_EQ(test, hvp_register_of(&it, HVP_REGISTER_INTERCEPT_SUSPEND), 0);
		return;
	}
	KUNIT_EXPECT_EQ(test, it.message->header.sender, it.child->id);
	KUNIT_EXPECT_EQ(test, it.message->payload.unrecoverable.header.rip, 0x1234);
	KUNIT_EXPECT_EQ(test, hvp_register_of(&it, HVP_REGISTER_INTERCEPT_SUSPEND), 1);
}

/* A new one is suspended until it is dispatched; another reason to be, it obeys. */
static void hvp_dispatch_vp_heeds_suspension(struct kunit *test)
{
	static const u32 names[] = {
		HVP_REGISTER_EXPLICIT_SUSPEND, HVP_REGISTER_INTERCEPT_SUSPEND,
		HVP_REGISTER_DISPATCH_SUSPEND,
	};
	struct hvp_runs it;
	unsigned int *runs;
	int i;

	hvp_runs_begin(test, &it);
	runs = &it.world->guest.machines.count[HVP_FAKE_RUN];
	hvp_expect_dispatch(&it, 0, HVP_DISPATCH_READY, 0);
	KUNIT_EXPECT_EQ(test, hvp_register_of(&it, HVP_REGISTER_EXPLICIT_SUSPEND), 0);
	KUNIT_EXPECT_EQ(test, *runs, 1);
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		hvp_set_register_of(&it, names[i], 1);
		hvp_expect_dispatch(&it, 0, HVP_DISPATCH_BLOCKED, HVP_DISPATCH_EVENT_SUSPEND);
		KUNIT_EXPECT_EQ(test, *runs, 1 + i);
		hvp_set_register_of(&it, names[i], 0);
		hvp_expect_dispatch(&it, 0, HVP_DISPATCH_READY, 0);
		KUNIT_EXPECT_EQ(test, *runs, 2 + i);
	}
	/* An intercept is dealt with when the parent says so. */
	it.world->guest.machines.exit.reason = HVP_EXIT_IO;
	it.world->guest.machines.exit.size = 1;
	hvp_expect_dispatch(&it, 0, HVP_DISPATCH_READY, EVENT_INTERCEPT);
	hvp_expect_dispatch(&it, 0, HVP_DISPATCH_BLOCKED, HVP_DISPATCH_EVENT_SUSPEND);
	hvp_expect_dispatch(&it, CLEAR, HVP_DISPATCH_READY, EVENT_INTERCEPT);
}

/* All 256 bytes, and nothing behind them; nowhere if no page is mapped. */
static void hvp_dispatch_vp_writes_the_whole_message(struct kunit *test)
{
	struct hvp_runs it;

	hvp_runs_begin(test, &it);
	memset(it.message, 0x77, HVP_PAGE_SIZE);
	it.world->guest.machines.exit = (struct hvp_exit){ .reason = HVP_EXIT_UNRECOVERABLE };
	hvp_expect_dispatch(&it, 0, HVP_DISPATCH_READY, EVENT_INTERCEPT);
	KUNIT_EXPECT_EQ(test, it.message->header.payload_size, 0x28);
	KUNIT_EXPECT_NULL(test, memchr_inv(&it.message->payload.bytes[0x28], 0, 240 - 0x28));
	KUNIT_EXPECT_NULL(test, memchr_inv(it.message + 1, 0x77, HVP_PAGE_SIZE - 256));
	hvp_try_unmap_state(it.world, it.world->root, it.child->id, 0, HVP_STATE_PAGE_INTERCEPT);
	hvp_expect_dispatch(&it, CLEAR, HVP_DISPATCH_READY, EVENT_INTERCEPT);
	KUNIT_EXPECT_NULL(test, memchr_inv(it.message, 0, HVP_PAGE_SIZE));
}

/* A triple fault is told again and again, without a run, until something is set. */
static void hvp_dispatch_vp_is_stuck(struct kunit *test)
{
	struct hvp_runs it;
	unsigned int *runs;
	int i;

	hvp_runs_begin(test, &it);
	runs = &it.world->guest.machines.count[HVP_FAKE_RUN];
	it.world->guest.machines.exit = (struct hvp_exit){ .reason = HVP_EXIT_UNRECOVERABLE };
	for (i = 0; i < 3; i++) {
		memset(it.message, 0x77, sizeof(*it.message));
		hvp_expect_dispatch(&it, CLEAR, HVP_DISPATCH_READY, EVENT_INTERCEPT);
		KUNIT_EXPECT_EQ(test, it.message->header.type,
				HVP_MESSAGE_UNRECOVERABLE_EXCEPTION);
		KUNIT_EXPECT_EQ(test, *runs, 1);
	}
	it.world->guest.machines.exit.reason = HVP_EXIT_INTERRUPTED;
	hvp_expect_dispatch(&it, CLEAR, HVP_DISPATCH_READY, EVENT_INTERCEPT);
	/* To look at registers is not to change them. */
	hvp_register_of(&it, HVP_REGISTER_RIP);
	hvp_expect_dispatch(&it, CLEAR, HVP_DISPATCH_READY, EVENT_INTERCEPT);
	hvp_set_register_of(&it, HVP_REGISTER_RIP, 0x100);
	hvp_expect_dispatch(&it, CLEAR, HVP_DISPATCH_READY, 0);
	KUNIT_EXPECT_EQ(test, *runs, 2);
	/* Likewise by the register page. */
	it.world->guest.machines.exit.reason = HVP_EXIT_UNRECOVERABLE;
	hvp_expect_dispatch(&it, 0, HVP_DISPATCH_READY, EVENT_INTERCEPT);
	it.world->guest.machines.exit.reason = HVP_EXIT_INTERRUPTED;
	it.registers->rip = 0x200;
	it.registers->dirty = BIT(HVP_CLASS_IP);
	hvp_expect_dispatch(&it, CLEAR, HVP_DISPATCH_READY, 0);
	KUNIT_EXPECT_EQ(test, it.machine->state.rip, 0x200);
}

/*
 * The machine has to write to a page that a register names: as of a write to it, the parent gets
 * to know, and the register is set when there is the page.
 */
static void hvp_dispatch_vp_waits_for_a_page(struct kunit *test)
{
	struct hvp_runs it;

	hvp_runs_begin(test, &it);
	hvp_deny_page(&it, 5);
	hvp_set_register_of(&it, HVP_REGISTER_HYPERCALL, 0x5001);
	it.world->guest.machines.exit = (struct hvp_exit){ .gpa = 0x5000 };
	hvp_fake_machine_fail(&it.world->guest, HVP_FAKE_SET, 1, -EAGAIN);
	hvp_expect_dispatch(&it, 0, HVP_DISPATCH_READY, EVENT_INTERCEPT);
	KUNIT_EXPECT_EQ(test, it.world->guest.machines.count[HVP_FAKE_RUN], 0);
	KUNIT_EXPECT_EQ(test, it.message->header.type, HVP_MESSAGE_GPA_INTERCEPT);
	KUNIT_EXPECT_EQ(test, it.message->payload.memory.header.access, HVP_ACCESS_WRITE);
	KUNIT_EXPECT_EQ(test, it.message->payload.memory.gpa, 0x5000);
	KUNIT_EXPECT_EQ(test, hvp_register_of(&it, HVP_REGISTER_HYPERCALL), 0x5001);
	hvp_expect_dispatch(&it, CLEAR, HVP_DISPATCH_READY, 0);
	KUNIT_EXPECT_EQ(test, it.world->guest.machines.count[HVP_FAKE_RUN], 1);
	KUNIT_EXPECT_EQ(test, hvp_register_of(&it, HVP_REGISTER_HYPERCALL), 0x5001);
}

/* A state that no processor can be in: told at the dispatch, and read back as it was set. */
static void hvp_dispatch_vp_refuses_a_state(struct kunit *test)
{
	struct hvp_runs it;

	hvp_runs_begin(test, &it);
	hvp_set_register_of(&it, HVP_REGISTER_CR0, 0x80000010);
	hvp_set_register_of(&it, HVP_REGISTER_RIP, 0x3000);
	hvp_expect_dispatch(&it, 0, HVP_DISPATCH_READY, EVENT_INTERCEPT);
	KUNIT_EXPECT_EQ(test, it.world->guest.machines.count[HVP_FAKE_RUN], 0);
	KUNIT_EXPECT_EQ(test, it.message->header.type, HVP_MESSAGE_UNRECOVERABLE_EXCEPTION);
	KUNIT_EXPECT_EQ(test, it.message->payload.unrecoverable.header.rip, 0x3000);
	KUNIT_EXPECT_EQ(test, hvp_register_of(&it, HVP_REGISTER_CR0), 0x80000010);
	KUNIT_EXPECT_EQ(test, hvp_register_of(&it, HVP_REGISTER_RIP), 0x3000);
	hvp_expect_dispatch(&it, CLEAR, HVP_DISPATCH_READY, EVENT_INTERCEPT);
	KUNIT_EXPECT_EQ(test, it.world->guest.machines.count[HVP_FAKE_SET], 1);
	hvp_set_register_of(&it, HVP_REGISTER_CR0, 0x80000011);
	hvp_expect_dispatch(&it, CLEAR, HVP_DISPATCH_READY, 0);
	KUNIT_EXPECT_EQ(test, it.machine->state.cr0, 0x80000011);
	KUNIT_EXPECT_EQ(test, it.machine->state.rip, 0x3000);
}

static void hvp_dispatch_vp_stands_still_with_time(struct kunit *test)
{
	struct hvp_runs it;

	hvp_runs_begin(test, &it);
	hvp_try_set_property(it.world, it.world->root, it.child->id, 0x00030003, 1);
	hvp_expect_dispatch(&it, 0, HVP_DISPATCH_READY, 0);
	KUNIT_EXPECT_EQ(test, it.world->guest.machines.count[HVP_FAKE_RUN], 0);
	hvp_try_set_property(it.world, it.world->root, it.child->id, 0x00030003, 0);
	hvp_expect_dispatch(&it, 0, HVP_DISPATCH_READY, 0);
	KUNIT_EXPECT_EQ(test, it.world->guest.machines.count[HVP_FAKE_RUN], 1);
}

/* In the middle of a run, another vCPU makes calls: those that do not wait. */
static struct hvp_runs *hvp_running;

static void hvp_while_it_runs(struct hvp_machine_vp *machine)
{
	struct hvp_runs *it = hvp_running;
	struct hvp_world *world = it->world;

	world->level = 1;
	hvp_expect_status(world->test,
			  hvp_try_run(world, world->root, it->child->id, 0, 0),
			  DISPATCH_VP, INVALID_VP_STATE);
	hvp_expect_status(world->test,
			  hvp_try_run(world, world->root, it->child->id, 0, 0x80),
			  DISPATCH_VP, INVALID_PARAMETER);
	hvp_expect_status(world->test, hvp_try_delete_vp(world, world->root, it->child->id, 0),
			  DELETE_VP, INVALID_VP_STATE);
	hvp_expect_status(world->test,
			  hvp_try_gpa(world, world->root, HVP_CALL_MAP_GPA_PAGES, it->child->id,
				      5, HVP_MAP_NO_ACCESS, NULL, 1, 0),
			  MAP_GPA_PAGES, SUCCESS);
	world->level = 0;
	KUNIT_EXPECT_EQ(world->test, world->guest.machines.count[HVP_FAKE_INTERRUPT], 0);
}

static void hvp_dispatch_vp_by_one_at_a_time(struct kunit *test)
{
	struct hvp_runs it;

	hvp_runs_begin(test, &it);
	hvp_world_deposit(it.world, it.child, 0, 24);
	hvp_running = &it;
	it.world->guest.machines.running = hvp_while_it_runs;
	hvp_expect_dispatch(&it, 0, HVP_DISPATCH_READY, 0);
	it.world->guest.machines.running = NULL;
	/* As soon as it has come back, it may be deleted. */
	hvp_expect_status(test, hvp_try_delete_vp(it.world, it.world->root, it.child->id, 0),
			  DELETE_VP, SUCCESS);
}

/* In a thread of its own: a dispatch that goes on until somebody interrupts it. */
struct hvp_other_vcpu {
	struct hvp_runs *it;
	unsigned int level;
	u64 result;
};

static int hvp_other_vcpu_dispatches(void *data)
{
	struct hvp_other_vcpu *vcpu = data;
	struct hvp_world *world = vcpu->it->world;
	u64 input = HVP_FAKE_INPUT_GFN(vcpu->level) << HVP_PAGE_SHIFT;
	struct hvp_dispatch_vp_in *in = hvp_fake_memory(&world->guest, input);
	const struct hvp_caller who = { .partition = world->root, .vp = world->vp };
	const struct hvp_call call = {
		.control = HVP_CALL_DISPATCH_VP,
		.input = input,
		.output = HVP_FAKE_OUTPUT_GFN(vcpu->level) << HVP_PAGE_SHIFT,
		.outside = true,
	};

	*in = (struct hvp_dispatch_vp_in){ .partition_id = vcpu->it->child->id };
	vcpu->result = hvp_dispatch(hvp_call_row(HVP_CALL_DISPATCH_VP), &call, &who,
				    &world->guest.guest);
	while (!kthread_should_stop())
		schedule_timeout_interruptible(1);
	return 0;
}

static struct task_struct *hvp_let_it_run(struct hvp_other_vcpu *vcpu)
{
	struct hvp_world *world = vcpu->it->world;
	struct task_struct *task;
	int i;

	world->guest.watched = false;
	world->guest.machines.runs_on = true;
	task = kthread_run(hvp_other_vcpu_dispatches, vcpu, "hvp_dispatch");
	KUNIT_ASSERT_FALSE(world->test, IS_ERR(task));
	for (i = 0; i < 1000 && !READ_ONCE(vcpu->it->machine->running); i++)
		usleep_range(1000, 2000);
	KUNIT_EXPECT_TRUE(world->test, READ_ONCE(vcpu->it->machine->running));
	/* Calls of this thread are not alone. */
	world->level = 1;
	return task;
}

static void hvp_it_has_run(struct hvp_other_vcpu *vcpu, struct task_struct *task)
{
	struct hvp_world *world = vcpu->it->world;

	kthread_stop(task);
	world->level = 0;
	world->guest.machines.runs_on = false;
	world->guest.watched = true;
}

/* Registers are waited for, and the run ends for their sake. */
static void hvp_dispatch_vp_comes_back_for_registers(struct kunit *test)
{
	struct hvp_runs it;
	struct hvp_other_vcpu vcpu = { .it = &it, .level = 2 };
	struct hvp_assert_interrupt_in nmi = { .type = HVP_INTERRUPT_NMI };
	struct task_struct *task;

	hvp_runs_begin(test, &it);
	it.machine->state.gpr[HVP_RAX] = 0x99;
	task = hvp_let_it_run(&vcpu);
	/* An interrupt does not wait for it, and neither does who must not delete it. */
	nmi.partition_id = it.child->id;
	hvp_expect_status(test, hvp_try(it.world, it.world->root, &(struct hvp_try){
			  .code = HVP_CALL_ASSERT_VIRTUAL_INTERRUPT, .in = &nmi }),
			  ASSERT_VIRTUAL_INTERRUPT, SUCCESS);
	hvp_expect_status(test, hvp_try_delete_vp(it.world, it.world->root, it.child->id, 0),
			  DELETE_VP, INVALID_VP_STATE);
	KUNIT_EXPECT_EQ(test, it.world->guest.machines.count[HVP_FAKE_INTERRUPT], 0);
	KUNIT_EXPECT_EQ(test, hvp_register_of(&it, HVP_REGISTER_RAX), 0x99);
	KUNIT_EXPECT_GT(test, it.world->guest.machines.count[HVP_FAKE_INTERRUPT], 0);
	hvp_it_has_run(&vcpu, task);
	KUNIT_EXPECT_EQ(test, vcpu.result, HVP_STATUS_SUCCESS);
	hvp_expect_balanced(it.world);
}

/* Finalizing does not wait for its end, either, but ends it. */
static void hvp_dispatch_vp_comes_back_for_the_end(struct kunit *test)
{
	struct hvp_runs it;
	struct hvp_other_vcpu vcpu = { .it = &it, .level = 2 };
	struct task_struct *task;

	hvp_runs_begin(test, &it);
	task = hvp_let_it_run(&vcpu);
	hvp_expect_status(test, hvp_try_finalize(it.world, it.world->root, it.child->id),
			  FINALIZE_PARTITION, SUCCESS);
	hvp_it_has_run(&vcpu, task);
	KUNIT_EXPECT_EQ(test, vcpu.result, HVP_STATUS_SUCCESS);
	KUNIT_EXPECT_EQ(test, it.world->guest.machines.live, 0);
	hvp_expect_status(test, hvp_try_run(it.world, it.world->root, it.child->id, 0, 0),
			  DISPATCH_VP, INVALID_PARTITION_STATE);
	hvp_expect_balanced(it.world);
}

/* Threads that make, run, look at and delete the same virtual processor. */
static int hvp_contend(void *data)
{
	struct hvp_runs *it = data;
	struct hvp_world *world = it->world;
	const struct hvp_caller who = { .partition = world->root, .vp = world->vp };
	static atomic_t next_level;
	unsigned int level = (unsigned int)atomic_inc_return(&next_level) % HVP_FAKE_LEVELS;
	u64 input = HVP_FAKE_INPUT_GFN(level) << HVP_PAGE_SHIFT;
	u64 *in = hvp_fake_memory(&world->guest, input);
	static const u16 codes[] = {
		HVP_CALL_CREATE_VP, HVP_CALL_DISPATCH_VP, HVP_CALL_GET_VP_REGISTERS,
		HVP_CALL_DELETE_VP, HVP_CALL_SET_VP_REGISTERS, HVP_CALL_DISPATCH_VP,
		HVP_CALL_ASSERT_VIRTUAL_INTERRUPT,
	};
	unsigned int i = level;

	for (; !kthread_should_stop(); i++) {
		const struct hvp_contract_call *shape = hvp_contract_of(codes[i %
									ARRAY_SIZE(codes)]);
		struct hvp_any_input any = hvp_contract_input(shape, it->child->id);
		const struct hvp_call call = {
			.control = shape->code | (u64)shape->rep << HVP_CONTROL_REP_COUNT_SHIFT,
			.input = input,
			.output = HVP_FAKE_OUTPUT_GFN(level) << HVP_PAGE_SHIFT,
			.outside = true,
		};
		u64 result;

		memcpy(in, any.word, sizeof(any));
		result = hvp_dispatch(hvp_call_row(shape->code), &call, &who,
				      &world->guest.guest) & HVP_RESULT_STATUS_MASK;
		if (!(hvp_contract_statuses(shape, false) >> result & 1))
			return -EINVAL;
		cond_resched();
	}
	return 0;
}

static void hvp_dispatch_vp_among_others(struct kunit *test)
{
	static const hvp_thread_fn functions[] = {
		hvp_contend, hvp_contend, hvp_contend, hvp_contend,
	};
	struct hvp_runs it;

	hvp_runs_begin(test, &it);
	hvp_world_deposit(it.world, it.child, 0, 4 * hvp_child_vp_pages());
	it.world->guest.watched = false;
	hvp_run_threads(test, functions, ARRAY_SIZE(functions), &it);
	it.world->guest.watched = true;
	KUNIT_EXPECT_GT(test, it.world->guest.machines.count[HVP_FAKE_DESTROY_VP], 1);
	KUNIT_EXPECT_GT(test, it.world->guest.machines.count[HVP_FAKE_RUN], 1);
	hvp_expect_balanced(it.world);
}

/* What a parent waits for, and the registers that it depends on. */
struct hvp_deliverable_row {
	const char *name;
	u64 notify;
	struct hvp_vp_state state;
	u64 told;	/* the bit that is clear afterwards */
};

#define INTERRUPT	HVP_NOTIFY_INTERRUPT
#define NMI		HVP_NOTIFY_NMI
#define ABOVE(priority)	(HVP_NOTIFY_INTERRUPT | (priority) << HVP_NOTIFY_PRIORITY_SHIFT)
#define IF		0x202

static const struct hvp_deliverable_row hvp_deliverable_rows[] = {
	{ "nothing", 0, { .rflags = IF } },
	{ "a priority alone", 0xf << HVP_NOTIFY_PRIORITY_SHIFT, { .rflags = IF } },
	{ "interrupt", INTERRUPT, { .rflags = IF, .cr8 = 15 }, INTERRUPT },
	{ "IF is 0", INTERRUPT, { .rflags = 2 } },
	{ "shadow of STI", INTERRUPT, { .rflags = IF, .interrupt_shadow = BIT(0) } },
	{ "shadow of MOV SS", INTERRUPT, { .rflags = IF, .interrupt_shadow = BIT(1) } },
	{ "waits for SIPI", INTERRUPT | NMI, { .rflags = IF, .startup_suspend = true } },
	{ "waits in HLT", INTERRUPT, { .rflags = IF, .halt_suspend = true }, INTERRUPT },
	{ "being delivered", INTERRUPT | NMI, { .rflags = IF, .event_pending = true } },
	{ "priority above", ABOVE(5), { .rflags = IF, .cr8 = 4 }, INTERRUPT },
	{ "priority not above", ABOVE(4), { .rflags = IF, .cr8 = 4 } },
	{ "NMI", NMI, { .rflags = 2 }, NMI },
	{ "NMIs masked", NMI, { .rflags = IF, .nmi_masked = true } },
	{ "NMI, shadow of STI", NMI, { .rflags = IF, .interrupt_shadow = BIT(0) }, NMI },
	{ "NMI, shadow of MOV SS", NMI, { .rflags = IF, .interrupt_shadow = BIT(1) } },
	{ "both", INTERRUPT | NMI, { .rflags = IF }, NMI },
	{ "both, NMIs masked", INTERRUPT | NMI, { .rflags = IF, .nmi_masked = true }, INTERRUPT },
};

KUNIT_ARRAY_PARAM_DESC(hvp_deliverable, hvp_deliverable_rows, name);

static void hvp_expect_deliverable(struct hvp_runs *it, const struct hvp_deliverable_row *row,
				   u32 state)
{
	struct kunit *test = it->world->test;

	if (!row->told) {
		hvp_expect_dispatch(it, CLEAR, state, 0);
	} else {
		hvp_expect_dispatch(it, CLEAR, HVP_DISPATCH_READY, EVENT_INTERCEPT);
		KUNIT_EXPECT_EQ(test, it->message->header.type,
				HVP_MESSAGE_INTERRUPTION_DELIVERABLE);
		KUNIT_EXPECT_EQ(test, it->message->header.payload_size, 0x30);
		KUNIT_EXPECT_EQ(test, it->message->payload.deliverable.type,
				row->told == NMI ? 2 : 0);
		KUNIT_EXPECT_EQ(test, it->message->payload.deliverable.header.rflags,
				row->state.rflags);
	}
	KUNIT_EXPECT_EQ(test, hvp_register_of(it, HVP_REGISTER_DELIVERABILITY_NOTIFICATIONS),
			row->notify & ~row->told);
}

/* At the end of a run, however it ends, and before another one; told once. */
static void hvp_dispatch_vp_tells_what_can_be_delivered(struct kunit *test)
{
	const struct hvp_deliverable_row *row = test->param_value;
	struct hvp_runs it;

	hvp_runs_begin(test, &it);
	hvp_set_register_of(&it, HVP_REGISTER_INTERRUPT_STATE, HVP_INTERRUPT_STATE_NMI_MASKED);
	hvp_set_register_of(&it, HVP_REGISTER_DELIVERABILITY_NOTIFICATIONS, row->notify);
	hvp_expect_dispatch(&it, CLEAR, HVP_DISPATCH_READY, 0);
	it.machine->state = row->state;
	it.world->guest.machines.exit.reason = HVP_EXIT_BLOCKED;
	hvp_expect_deliverable(&it, row, HVP_DISPATCH_BLOCKED);
	/* The one that has been told is not told again. */
	if (row->told == row->notify)
		hvp_expect_dispatch(&it, CLEAR, HVP_DISPATCH_BLOCKED, 0);
	/* Known before it runs, so it does not. */
	it.world->guest.machines.count[HVP_FAKE_RUN] = 0;
	hvp_set_register_of(&it, HVP_REGISTER_DELIVERABILITY_NOTIFICATIONS, row->notify);
	it.world->guest.machines.exit.reason = HVP_EXIT_INTERRUPTED;
	hvp_expect_deliverable(&it, row, HVP_DISPATCH_READY);
	KUNIT_EXPECT_EQ(test, it.world->guest.machines.count[HVP_FAKE_RUN], !row->told);
}

/* What cannot be looked at is no reason to say that nothing waits. */
static void hvp_dispatch_vp_cannot_tell(struct kunit *test)
{
	struct hvp_runs it;

	hvp_runs_begin(test, &it);
	hvp_set_register_of(&it, HVP_REGISTER_DELIVERABILITY_NOTIFICATIONS, INTERRUPT);
	hvp_fake_machine_fail(&it.world->guest, HVP_FAKE_GET, 1, -ENOMEM);
	hvp_expect_status(test, hvp_try_run(it.world, it.world->root, it.child->id, 0, 0),
			  DISPATCH_VP, NO_RESOURCES);
	KUNIT_EXPECT_EQ(test, hvp_register_of(&it, HVP_REGISTER_DELIVERABILITY_NOTIFICATIONS),
			INTERRUPT);
}

static struct kunit_case hvp_dispatch_vp_cases[] = {
	KUNIT_CASE(hvp_dispatch_vp_checks_flags),
	KUNIT_CASE_PARAM(hvp_dispatch_vp_tells_why, hvp_exit_gen_params),
	KUNIT_CASE_PARAM(hvp_dispatch_vp_tells_what_can_be_delivered,
			 hvp_deliverable_gen_params),
	KUNIT_CASE(hvp_dispatch_vp_cannot_tell),
	KUNIT_CASE(hvp_dispatch_vp_heeds_suspension),
	KUNIT_CASE(hvp_dispatch_vp_writes_the_whole_message),
	KUNIT_CASE(hvp_dispatch_vp_is_stuck),
	KUNIT_CASE(hvp_dispatch_vp_waits_for_a_page),
	KUNIT_CASE(hvp_dispatch_vp_refuses_a_state),
	KUNIT_CASE(hvp_dispatch_vp_stands_still_with_time),
	KUNIT_CASE(hvp_dispatch_vp_by_one_at_a_time),
	KUNIT_CASE(hvp_dispatch_vp_comes_back_for_registers),
	KUNIT_CASE(hvp_dispatch_vp_comes_back_for_the_end),
	KUNIT_CASE_SLOW(hvp_dispatch_vp_among_others),
	{}
};

HVP_KUNIT_SUITE(hvp_dispatch_vp, hvp_dispatch_vp_cases);
