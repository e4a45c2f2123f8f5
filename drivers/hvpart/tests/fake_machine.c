// SPDX-License-Identifier: GPL-2.0
/* The hostile machine: what it does, and what it will not stand for. */

#include <kunit/test.h>
#include <linux/slab.h>
#include <hvpart/abi.h>
#include <hvpart/abi/vp.h>
#include "../core/memory/gpa_map.h"
#include "fake_guest.h"
#include "fake_machine.h"
#include "../../../tools/testing/contract/vp_state.h"

/* What registers are that nobody has asked for. */
#define HVP_FAKE_LOST	0x5a

/* Those that a run tells of. */
#define HVP_FAKE_RUN_GROUPS	(BIT(HVP_VP_GENERAL) | BIT(HVP_VP_SPECIAL))

static void hvp_copy_groups(struct hvp_vp_state *to, const struct hvp_vp_state *from,
			    unsigned int groups)
{
	unsigned int group;

	for (group = 0; group < HVP_NR_VP_GROUPS; group++) {
		if (groups & BIT(group))
			memcpy((u8 *)to + hvp_vp_group_at[group],
			       (const u8 *)from + hvp_vp_group_at[group],
			       hvp_vp_group_at[group + 1] - hvp_vp_group_at[group]);
	}
}

static void hvp_lose_groups(struct hvp_vp_state *state, unsigned int groups)
{
	unsigned int group;

	for (group = 0; group < HVP_NR_VP_GROUPS; group++) {
		if (groups & BIT(group))
			memset((u8 *)state + hvp_vp_group_at[group], HVP_FAKE_LOST,
			       hvp_vp_group_at[group + 1] - hvp_vp_group_at[group]);
	}
}

/**
 * hvp_fake_machine_fail() - let an operation fail once
 * @guest:	the parent
 * @op:		which
 * @nth:	how many there will be until then, itself included
 * @error:	what it returns
 */
void hvp_fake_machine_fail(struct hvp_fake_guest *guest, enum hvp_fake_machine_op op,
			   unsigned int nth, int error)
{
	guest->machines.fail_at[op] = nth;
	guest->machines.error[op] = error;
}

/* Every operation is counted.  Return: the error to fail with, or 0. */
static int hvp_fake_count(struct hvp_fake_guest *guest, enum hvp_fake_machine_op op)
{
	struct hvp_fake_machines *machines = &guest->machines;
	unsigned long flags;
	int error = 0;

	spin_lock_irqsave(&guest->machines_lock, flags);
	machines->count[op]++;
	if (machines->fail_at[op] && !--machines->fail_at[op])
		error = machines->error[op];
	spin_unlock_irqrestore(&guest->machines_lock, flags);
	return error;
}

/* One that may sleep, and only be asked for outside KVM's loop. */
static int hvp_fake_begin_outside(struct hvp_fake_guest *guest, enum hvp_fake_machine_op op)
{
	might_sleep();
	if (guest->machines.inside)
		KUNIT_FAIL(guest->test, "operation %d inside KVM's loop", op);
	return hvp_fake_count(guest, op);
}

static void hvp_fake_expect_machine(struct hvp_machine *machine)
{
	if (READ_ONCE(machine->destroyed))
		KUNIT_FAIL(machine->guest->test, "a machine is used that has been destroyed");
}

static void hvp_fake_expect_vp(struct hvp_machine_vp *vp)
{
	if (READ_ONCE(vp->destroyed))
		KUNIT_FAIL(vp->machine->guest->test,
			   "a virtual processor is used that has been destroyed");
	hvp_fake_expect_machine(vp->machine);
}

static int hvp_fake_create(const struct hvp_machine_config *config,
			   struct hvp_machine **machine)
{
	struct hvp_fake_guest *guest = container_of(config->guest, struct hvp_fake_guest,
						    guest);
	int error = hvp_fake_begin_outside(guest, HVP_FAKE_CREATE);
	struct hvp_machine *made;

	if (error)
		return error;
	made = kzalloc(sizeof(*made), GFP_KERNEL);
	if (!made)
		return -ENOMEM;
	made->guest = guest;
	made->config = *config;
	made->tracked = config->track_writes;
	made->time_ns = config->time_ns;
	spin_lock_init(&made->lock);
	spin_lock_irq(&guest->machines_lock);
	list_add(&made->node, &guest->machines.list);
	guest->machines.live++;
	spin_unlock_irq(&guest->machines_lock);
	*machine = made;
	return 0;
}

static void hvp_fake_let_go(struct hvp_machine *machine)
{
	struct hvp_fake_held *held;

	might_sleep();
	hvp_fake_expect_machine(machine);
	KUNIT_EXPECT_EQ_MSG(machine->guest->test, machine->vps, 0,
			    "virtual processors are left");
	/* From here on, it need not be told. */
	KUNIT_EXPECT_PTR_NE(machine->guest->test, machine->config.map->listener, NULL);
	spin_lock(&machine->lock);
	for (held = machine->held; held < machine->held + HVP_FAKE_HELD_PAGES; held++)
		held->held = false;
	machine->let_go = true;
	spin_unlock(&machine->lock);
}

static void hvp_fake_destroy(struct hvp_machine *machine)
{
	struct hvp_fake_guest *guest = machine->guest;

	hvp_fake_begin_outside(guest, HVP_FAKE_DESTROY);
	hvp_fake_expect_machine(machine);
	KUNIT_EXPECT_TRUE_MSG(guest->test, machine->let_go, "it still has pages");
	KUNIT_EXPECT_EQ_MSG(guest->test, machine->vps, 0, "virtual processors are left");
	WRITE_ONCE(machine->destroyed, true);
	spin_lock_irq(&guest->machines_lock);
	guest->machines.live--;
	guest->machines.kept_vps -= bitmap_weight(machine->made, HVP_HIGHEST_VP_INDEX + 1);
	spin_unlock_irq(&guest->machines_lock);
}

static struct hvp_fake_held *hvp_fake_find_held(struct hvp_machine *machine, u64 gfn)
{
	struct hvp_fake_held *held;
	struct hvp_fake_held *room = NULL;

	for (held = machine->held; held < machine->held + HVP_FAKE_HELD_PAGES; held++) {
		if (held->held && held->gfn == gfn)
			return held;
		if (!held->held && !held->stale)
			room = held;
	}
	return room;
}

/* As a page fault does it: look at the map, and see that nothing has changed since. */
static void hvp_fake_hold(struct hvp_machine *machine, u64 gfn)
{
	unsigned int changes = READ_ONCE(machine->changes);
	struct hvp_fake_held *held;
	struct hvp_gpa_page page;

	/* Before the map: what changes in it from here on, hvp_fake_forget() tells. */
	smp_rmb();
	hvp_gpa_map_find(machine->config.map, gfn, &page);
	spin_lock(&machine->lock);
	held = hvp_fake_find_held(machine, gfn);
	if (machine->changes == changes && page.kind == HVP_GPA_MAPPED && held &&
	    !machine->let_go) {
		*held = (struct hvp_fake_held){
			.gfn = gfn,
			.source = page.source,
			.rights = page.rights,
			.held = true,
		};
	}
	spin_unlock(&machine->lock);
}

static void hvp_fake_mapped(struct hvp_machine *machine, u64 gfn, u64 count)
{
	u64 i;

	might_sleep();
	hvp_fake_count(machine->guest, HVP_FAKE_MAPPED);
	hvp_fake_expect_machine(machine);
	for (i = 0; i < min_t(u64, count, HVP_FAKE_HELD_PAGES); i++)
		hvp_fake_hold(machine, gfn + i);
}

static void hvp_fake_forget(struct hvp_machine *machine, u64 gfn, u64 count)
{
	struct hvp_fake_held *held;

	lockdep_assert_held(&machine->config.map->lock);
	hvp_fake_count(machine->guest, HVP_FAKE_FORGET);
	hvp_fake_expect_machine(machine);
	spin_lock(&machine->lock);
	machine->changes++;
	for (held = machine->held; held < machine->held + HVP_FAKE_HELD_PAGES; held++) {
		if (!held->held || held->gfn - gfn >= count)
			continue;
		held->held = false;
		held->stale = true;
	}
	spin_unlock(&machine->lock);
}

static void hvp_fake_unmapped(struct hvp_machine *machine, u64 gfn, u64 count)
{
	struct hvp_fake_held *held;

	might_sleep();
	hvp_fake_count(machine->guest, HVP_FAKE_UNMAPPED);
	hvp_fake_expect_machine(machine);
	spin_lock(&machine->lock);
	for (held = machine->held; held < machine->held + HVP_FAKE_HELD_PAGES; held++) {
		if (held->stale && held->gfn - gfn < count)
			held->stale = false;
	}
	spin_unlock(&machine->lock);
}

static int hvp_fake_track(struct hvp_machine *machine, bool on)
{
	int error = hvp_fake_begin_outside(machine->guest, HVP_FAKE_TRACK);

	hvp_fake_expect_machine(machine);
	if (error)
		return error;
	spin_lock(&machine->lock);
	if (on && !machine->tracked)
		bitmap_zero(machine->written, HVP_FAKE_TRACKED_PAGES);
	machine->tracked = on;
	spin_unlock(&machine->lock);
	return 0;
}

static int hvp_fake_set_time(struct hvp_machine *machine, u64 ns)
{
	int error = hvp_fake_begin_outside(machine->guest, HVP_FAKE_SET_TIME);

	hvp_fake_expect_machine(machine);
	if (!error)
		machine->time_ns = ns;
	return error;
}

static void hvp_fake_set_socket(struct hvp_machine *machine, unsigned int bits)
{
	hvp_fake_expect_machine(machine);
	machine->config.socket_bits = bits;
}

/* It does less than it is asked for, to see that it is asked again. */
static long hvp_fake_dirty(struct hvp_machine *machine, u64 gfn, u64 count,
			   enum hvp_dirty_change change, bool *dirty)
{
	int error = hvp_fake_begin_outside(machine->guest, HVP_FAKE_DIRTY);
	u64 i;

	hvp_fake_expect_machine(machine);
	KUNIT_EXPECT_TRUE_MSG(machine->guest->test, machine->tracked, "nothing is noted");
	KUNIT_EXPECT_GT(machine->guest->test, count, 0);
	if (error)
		return error;
	count = min_t(u64, count, HVP_FAKE_DIRTY_AT_ONCE);
	spin_lock(&machine->lock);
	for (i = 0; i < count; i++) {
		bool known = gfn + i < HVP_FAKE_TRACKED_PAGES;

		dirty[i] = known && test_bit(gfn + i, machine->written);
		if (known && change != HVP_DIRTY_KEEP)
			__assign_bit(gfn + i, machine->written, change == HVP_DIRTY_SET);
	}
	spin_unlock(&machine->lock);
	return count;
}

/**
 * hvp_fake_machine_write() - a virtual processor writes to a page
 * @machine:	whose
 * @gfn:	the page, below HVP_FAKE_TRACKED_PAGES
 */
void hvp_fake_machine_write(struct hvp_machine *machine, u64 gfn)
{
	spin_lock(&machine->lock);
	if (machine->tracked)
		__set_bit(gfn, machine->written);
	spin_unlock(&machine->lock);
}

/* What a processor is after a reset, as far as tests look at it. */
static void hvp_fake_reset(struct hvp_machine_vp *vp)
{
	struct hvp_vp_state *state = &vp->state;

	state->rip = 0xfff0;
	state->rflags = 2;
	state->segments[HVP_CS] = (struct hvp_segment){ 0xffff0000, 0xffff, 0xf000, 0x9b };
	state->cr0 = 0x60000010;
	state->apic_base = 0xfee00800;
	state->xfem = 1;
	state->mxcsr = 0x1f80;
	state->startup_suspend = vp->index;
}

/* Whatever comes of it, it is not made again. */
static void hvp_fake_keep_vp(struct hvp_machine *machine, u32 index)
{
	spin_lock_irq(&machine->guest->machines_lock);
	if (!__test_and_set_bit(index, machine->made)) {
		__set_bit(index, machine->half_made);
		machine->guest->machines.kept_vps++;
	}
	spin_unlock_irq(&machine->guest->machines_lock);
}

static int hvp_fake_create_vp(struct hvp_machine *machine, u32 index,
			      const struct hvp_machine_events *events, void *owner,
			      struct hvp_machine_vp **vp)
{
	struct hvp_fake_guest *guest = machine->guest;
	int error = hvp_fake_begin_outside(guest, HVP_FAKE_CREATE_VP);
	struct hvp_machine_vp *made;

	hvp_fake_expect_machine(machine);
	machine->broken |= error == -EFAULT;
	if (error == -EINTR)
		hvp_fake_keep_vp(machine, index);
	if (error)
		return error;
	if (machine->broken ||
	    (test_bit(index, machine->made) && !test_bit(index, machine->half_made)))
		return -EFAULT;
	made = kzalloc(sizeof(*made), GFP_KERNEL);
	if (!made)
		return -ENOMEM;
	made->machine = machine;
	made->index = index;
	made->events = events;
	made->owner = owner;
	init_waitqueue_head(&made->wait);
	hvp_fake_reset(made);
	hvp_fake_keep_vp(machine, index);
	spin_lock_irq(&guest->machines_lock);
	list_add(&made->node, &guest->machines.vps);
	__clear_bit(index, machine->half_made);
	machine->vps++;
	guest->machines.live_vps++;
	spin_unlock_irq(&guest->machines_lock);
	*vp = made;
	return 0;
}

static bool hvp_fake_keeps_vp(struct hvp_machine *machine, u32 index)
{
	hvp_fake_expect_machine(machine);
	return index <= HVP_HIGHEST_VP_INDEX && test_bit(index, machine->half_made);
}

static void hvp_fake_destroy_vp(struct hvp_machine_vp *vp)
{
	struct hvp_fake_guest *guest = vp->machine->guest;

	hvp_fake_begin_outside(guest, HVP_FAKE_DESTROY_VP);
	hvp_fake_expect_vp(vp);
	KUNIT_EXPECT_FALSE(guest->test, vp->running);
	WRITE_ONCE(vp->destroyed, true);
	spin_lock_irq(&guest->machines_lock);
	vp->machine->vps--;
	guest->machines.live_vps--;
	spin_unlock_irq(&guest->machines_lock);
}

static int hvp_fake_run(struct hvp_machine_vp *vp, struct hvp_vp_state *state,
			struct hvp_exit *exit)
{
	struct hvp_fake_guest *guest = vp->machine->guest;
	const struct hvp_fake_machines *machines = &guest->machines;
	int error = hvp_fake_begin_outside(guest, HVP_FAKE_RUN);

	hvp_fake_expect_vp(vp);
	KUNIT_EXPECT_FALSE_MSG(guest->test, vp->running, "it is run twice at the same time");
	WRITE_ONCE(vp->running, true);
	if (machines->running)
		machines->running(vp);
	if (machines->runs_on)
		wait_event_timeout(vp->wait, READ_ONCE(vp->interrupted), HZ);
	WRITE_ONCE(vp->running, false);

	/* What it has changed besides is for whoever asks for it. */
	hvp_lose_groups(state, GENMASK(HVP_NR_VP_GROUPS - 1, 0));
	if (!error)
		hvp_copy_groups(state, &vp->state, HVP_FAKE_RUN_GROUPS);
	*exit = machines->exit;
	if (READ_ONCE(vp->interrupted))
		exit->reason = HVP_EXIT_INTERRUPTED;
	WRITE_ONCE(vp->interrupted, false);
	if (error)
		memset(exit, HVP_FAKE_LOST, sizeof(*exit));
	else if (exit->reason == HVP_EXIT_BLOCKED)
		vp->events->waits(vp->owner);
	return error;
}

static void hvp_fake_interrupt(struct hvp_machine_vp *vp)
{
	hvp_fake_count(vp->machine->guest, HVP_FAKE_INTERRUPT);
	hvp_fake_expect_vp(vp);
	WRITE_ONCE(vp->interrupted, true);
	wake_up(&vp->wait);
}

static int hvp_fake_get(struct hvp_machine_vp *vp, unsigned int groups,
			struct hvp_vp_state *state)
{
	struct hvp_fake_guest *guest = vp->machine->guest;
	int error = hvp_fake_begin_outside(guest, HVP_FAKE_GET);

	hvp_fake_expect_vp(vp);
	KUNIT_EXPECT_FALSE(guest->test, vp->running);
	KUNIT_EXPECT_NE_MSG(guest->test, groups, 0, "no registers are asked for");
	if (error)
		hvp_lose_groups(state, groups);
	else
		hvp_copy_groups(state, &vp->state, groups);
	return error;
}

/* Paging without protection, or long mode without PAE: no processor is that. */
static bool hvp_fake_state_is_possible(const struct hvp_vp_state *state)
{
	bool paging = state->cr0 & BIT(31);

	return !paging || (state->cr0 & BIT(0) &&
			   (!(state->efer & BIT(8)) || state->cr4 & BIT(5)));
}

static int hvp_fake_set(struct hvp_machine_vp *vp, unsigned int groups,
			const struct hvp_vp_state *state, u64 *gpa)
{
	struct hvp_fake_guest *guest = vp->machine->guest;
	int error = hvp_fake_begin_outside(guest, HVP_FAKE_SET);

	hvp_fake_expect_vp(vp);
	KUNIT_EXPECT_FALSE(guest->test, vp->running);
	KUNIT_EXPECT_NE_MSG(guest->test, groups, 0, "no registers are set");
	if (!error && groups & BIT(HVP_VP_SPECIAL) && !hvp_fake_state_is_possible(state))
		error = -EINVAL;
	if (error == -EAGAIN)
		*gpa = guest->machines.exit.gpa;
	/* Of a state that it cannot be in, it has taken over some. */
	hvp_copy_groups(&vp->state, state, error ? groups & BIT(HVP_VP_GENERAL) : groups);
	return error;
}

/* What it is given or asked for, and whether that fails.  Of what fails, nothing is right. */
static int hvp_fake_copy(struct hvp_machine_vp *vp, enum hvp_fake_machine_op op, void *to,
			 const void *from, size_t size)
{
	struct hvp_fake_guest *guest = vp->machine->guest;
	int error = hvp_fake_begin_outside(guest, op);

	hvp_fake_expect_vp(vp);
	KUNIT_EXPECT_FALSE(guest->test, vp->running);
	if (!error)
		memcpy(to, from, size);
	else if (op == HVP_FAKE_GET_LAPIC || op == HVP_FAKE_GET_XSAVE)
		memset(to, HVP_FAKE_LOST, size);
	return error;
}

static int hvp_fake_get_lapic(struct hvp_machine_vp *vp, struct hvp_lapic *lapic)
{
	return hvp_fake_copy(vp, HVP_FAKE_GET_LAPIC, lapic, &vp->lapic, sizeof(*lapic));
}

static int hvp_fake_set_lapic(struct hvp_machine_vp *vp, const struct hvp_lapic *lapic)
{
	return hvp_fake_copy(vp, HVP_FAKE_SET_LAPIC, &vp->lapic, lapic, sizeof(*lapic));
}

static int hvp_fake_get_xsave(struct hvp_machine_vp *vp, void *area)
{
	return hvp_fake_copy(vp, HVP_FAKE_GET_XSAVE, area, vp->xsave, sizeof(vp->xsave));
}

static int hvp_fake_set_xsave(struct hvp_machine_vp *vp, const void *area)
{
	return hvp_fake_copy(vp, HVP_FAKE_SET_XSAVE, vp->xsave, area, sizeof(vp->xsave));
}

static int hvp_fake_assert(struct hvp_machine *machine, const struct hvp_interrupt *interrupt)
{
	struct hvp_fake_guest *guest = machine->guest;
	int error = hvp_fake_begin_outside(guest, HVP_FAKE_ASSERT);
	struct hvp_machine_vp *vp;
	bool there = false;

	hvp_fake_expect_machine(machine);
	if (error)
		return error;
	spin_lock_irq(&guest->machines_lock);
	list_for_each_entry(vp, &guest->machines.vps, node) {
		if (vp->machine == machine && !vp->destroyed &&
		    (interrupt->logical || vp->index == interrupt->destination))
			there = true;
	}
	spin_unlock_irq(&guest->machines_lock);
	return there ? 0 : -ENOENT;
}

/* An answer that says what it was asked. */
static int hvp_fake_cpuid(struct hvp_machine_vp *vp, const struct hvp_cpuid_query *query,
			  struct hvp_cpuid_value *value)
{
	struct hvp_fake_guest *guest = vp->machine->guest;
	int error = hvp_fake_begin_outside(guest, HVP_FAKE_CPUID);

	hvp_fake_expect_vp(vp);
	KUNIT_EXPECT_FALSE(guest->test, vp->running);
	memset(value, HVP_FAKE_LOST, sizeof(*value));
	if (error)
		return error;
	value->registers[0] = query->leaf;
	value->registers[1] = query->subleaf;
	value->registers[2] = query->own_states ? vp->state.xfem : query->xfem;
	value->registers[3] = query->own_states ? 0 : query->xss;
	return 0;
}

const struct hvp_machine_ops hvp_fake_machine_ops = {
	.create = hvp_fake_create,
	.let_go = hvp_fake_let_go,
	.destroy = hvp_fake_destroy,
	.mapped = hvp_fake_mapped,
	.forget = hvp_fake_forget,
	.unmapped = hvp_fake_unmapped,
	.track = hvp_fake_track,
	.dirty = hvp_fake_dirty,
	.set_time = hvp_fake_set_time,
	.set_socket = hvp_fake_set_socket,
	.create_vp = hvp_fake_create_vp,
	.keeps_vp = hvp_fake_keeps_vp,
	.destroy_vp = hvp_fake_destroy_vp,
	.run = hvp_fake_run,
	.interrupt = hvp_fake_interrupt,
	.get = hvp_fake_get,
	.set = hvp_fake_set,
	.get_lapic = hvp_fake_get_lapic,
	.set_lapic = hvp_fake_set_lapic,
	.get_xsave = hvp_fake_get_xsave,
	.set_xsave = hvp_fake_set_xsave,
	.assert = hvp_fake_assert,
	.cpuid = hvp_fake_cpuid,
};

/* What a machine has given its child is in the map, and what is not, nobody reaches. */
static void hvp_fake_machine_check(struct hvp_machine *machine)
{
	struct kunit *test = machine->guest->test;
	const struct hvp_fake_held *held;
	struct hvp_gpa_page page;

	for (held = machine->held; held < machine->held + HVP_FAKE_HELD_PAGES; held++) {
		if (held->stale)
			KUNIT_FAIL(test, "page %#llx may still be reached", held->gfn);
		if (!held->held)
			continue;
		hvp_gpa_map_find(machine->config.map, held->gfn, &page);
		if (page.kind != HVP_GPA_MAPPED || page.source != held->source ||
		    page.rights != held->rights)
			KUNIT_FAIL(test, "page %#llx is not what it was", held->gfn);
	}
}

/**
 * hvp_fake_machines_check() - what must be true when no call is under way
 * @guest:	the parent
 */
void hvp_fake_machines_check(struct hvp_fake_guest *guest)
{
	struct hvp_machine *machine;

	list_for_each_entry(machine, &guest->machines.list, node) {
		if (!machine->destroyed)
			hvp_fake_machine_check(machine);
	}
}

/**
 * hvp_fake_machines_init() - nothing has been made yet
 * @machines:	those of a guest that is being made
 */
void hvp_fake_machines_init(struct hvp_fake_machines *machines)
{
	INIT_LIST_HEAD(&machines->list);
	INIT_LIST_HEAD(&machines->vps);
}

/**
 * hvp_fake_machines_end() - see that all is gone, and forget it
 * @guest:	the parent
 */
void hvp_fake_machines_end(struct hvp_fake_guest *guest)
{
	struct hvp_machine_vp *vp, *next_vp;
	struct hvp_machine *machine, *next;

	KUNIT_EXPECT_EQ_MSG(guest->test, guest->machines.live, 0, "machines are left");
	KUNIT_EXPECT_EQ_MSG(guest->test, guest->machines.live_vps, 0,
			    "virtual processors are left");
	list_for_each_entry_safe(vp, next_vp, &guest->machines.vps, node)
		kfree(vp);
	list_for_each_entry_safe(machine, next, &guest->machines.list, node)
		kfree(machine);
}
