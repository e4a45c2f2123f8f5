// SPDX-License-Identifier: GPL-2.0
/* Who runs children: remembers what it has been given, and what must not be used any more. */

#include "fuzz.h"
#include "../contract/vp_state.h"

#define MACHINE_HELD	32

/* A page of a child's that its machine has given it, until it is told not to. */
struct held {
	bool there;
	bool stale;		/* let go of, but a virtual processor may still reach it */
	u64 gfn;
	u64 source;
	u32 rights;
};

struct hvp_machine {
	struct guest *guest;
	struct hvp_gpa_map *map;
	struct hvp_machine *next;
	unsigned int vps;
	u64 there;		/* VP indexes, those below 64 */
	struct held held[MACHINE_HELD];
	bool let_go;
	bool tracked;
	u64 written;		/* dirty bits of the first pages */
};

struct hvp_machine_vp {
	struct hvp_machine *machine;
	u32 index;
	const struct hvp_machine_events *events;
	void *owner;
	bool running;
	bool interrupted;
	struct hvp_vp_state state;
	struct hvp_lapic lapic;
	u8 xsave[HVP_XSAVE_BYTES];
};

static struct hvp_machine *machines;

/* How the next runs end, and the operation that fails. */
struct machine_plan machine_plan;

static void copy_groups(struct hvp_vp_state *to, const struct hvp_vp_state *from,
			unsigned int groups)
{
	unsigned int i;

	for (i = 0; i < HVP_NR_VP_GROUPS; i++) {
		if (groups & BIT(i))
			memcpy((u8 *)to + hvp_vp_group_at[i], (const u8 *)from + hvp_vp_group_at[i],
			       hvp_vp_group_at[i + 1] - hvp_vp_group_at[i]);
	}
}

/* Nobody calls with a lock, nor inside KVM's loop.  Return: the error to fail with. */
static int machine_begin(bool outside)
{
	static const int errors[] = { -ENOMEM, -EINTR, -EFAULT };

	might_sleep();
	if (outside && current_call && !current_call->call.outside)
		shim_die("a machine is used inside KVM's loop");
	if (!machine_plan.fail_nth || --machine_plan.fail_nth)
		return 0;
	if (current_call)
		current_call->machine_failed = true;
	return errors[machine_plan.error % ARRAY_SIZE(errors)];
}

static int machine_create(const struct hvp_machine_config *config, struct hvp_machine **machine)
{
	int error = machine_begin(true);

	if (error)
		return error;
	*machine = calloc(1, sizeof(**machine));
	(*machine)->guest = container_of(config->guest, struct guest, guest);
	(*machine)->map = config->map;
	(*machine)->tracked = config->track_writes;
	(*machine)->next = machines;
	machines = *machine;
	(*machine)->guest->machines++;
	return 0;
}

static void machine_let_go(struct hvp_machine *machine)
{
	might_sleep();
	if (machine->vps || !machine->map->listener)
		shim_die("a machine lets go too early, or too late");
	memset(machine->held, 0, sizeof(machine->held));
	machine->let_go = true;
}

static void machine_destroy(struct hvp_machine *machine)
{
	struct hvp_machine **link = &machines;

	might_sleep();
	if (!machine->let_go)
		shim_die("a machine goes with pages");
	if (machine->vps)
		shim_die("a machine goes with %u virtual processors", machine->vps);
	while (*link != machine)
		link = &(*link)->next;
	*link = machine->next;
	machine->guest->machines--;
	free(machine);
}

static void machine_hold(struct hvp_machine *machine, u64 gfn)
{
	struct held *held, *room = NULL;
	struct hvp_gpa_page page;

	hvp_gpa_map_find(machine->map, gfn, &page);
	if (page.kind != HVP_GPA_MAPPED)
		return;
	for (held = machine->held; held < machine->held + MACHINE_HELD; held++) {
		if (held->there && held->gfn == gfn)
			return;
		if (!held->there && !held->stale)
			room = held;
	}
	if (room)
		*room = (struct held){ true, false, gfn, page.source, page.rights };
}

static void machine_mapped(struct hvp_machine *machine, u64 gfn, u64 count)
{
	u64 i;

	for (i = 0; i < min_t(u64, count, MACHINE_HELD); i++)
		machine_hold(machine, gfn + i);
}

static void machine_forget(struct hvp_machine *machine, u64 gfn, u64 count)
{
	struct held *held;

	lockdep_assert_held(&machine->map->lock);
	for (held = machine->held; held < machine->held + MACHINE_HELD; held++) {
		if (!held->there || held->gfn - gfn >= count)
			continue;
		held->there = false;
		held->stale = true;
	}
}

static void machine_unmapped(struct hvp_machine *machine, u64 gfn, u64 count)
{
	struct held *held;

	might_sleep();
	for (held = machine->held; held < machine->held + MACHINE_HELD; held++) {
		if (held->gfn - gfn < count)
			held->stale = false;
	}
}

static int machine_track(struct hvp_machine *machine, bool on)
{
	int error = machine_begin(true);

	if (error)
		return error;
	if (on && !machine->tracked)
		machine->written = 0;
	machine->tracked = on;
	return 0;
}

static int machine_set_time(struct hvp_machine *machine, u64 ns)
{
	return machine_begin(true);
}

static void machine_set_socket(struct hvp_machine *machine, unsigned int bits)
{
}

/* Some at a time. */
static long machine_dirty(struct hvp_machine *machine, u64 gfn, u64 count,
			  enum hvp_dirty_change change, bool *dirty)
{
	int error = machine_begin(true);
	u64 i;

	if (!machine->tracked || !count)
		shim_die("%llu pages, of which nothing is noted", count);
	if (error)
		return error;
	count = min_t(u64, count, 3);
	for (i = 0; i < count; i++) {
		u64 bit = gfn + i < 64 ? BIT_ULL(gfn + i) : 0;

		dirty[i] = machine->written & bit;
		if (change == HVP_DIRTY_SET)
			machine->written |= bit;
		else if (change == HVP_DIRTY_CLEAR)
			machine->written &= ~bit;
	}
	return count;
}

/* A virtual processor writes to what it may write to. */
static void machine_write(struct hvp_machine *machine)
{
	const struct held *held;

	for (held = machine->held; held < machine->held + MACHINE_HELD; held++) {
		if (held->there && held->rights & HVP_MAP_WRITE && held->gfn < 64)
			machine->written |= BIT_ULL(held->gfn);
	}
}

static int machine_create_vp(struct hvp_machine *machine, u32 index,
			     const struct hvp_machine_events *events, void *owner,
			     struct hvp_machine_vp **vp)
{
	int error = machine_begin(true);

	if (error)
		return error;
	*vp = calloc(1, sizeof(**vp));
	(*vp)->machine = machine;
	(*vp)->index = index;
	(*vp)->events = events;
	(*vp)->owner = owner;
	(*vp)->state.rip = 0xfff0;
	(*vp)->state.rflags = 2;
	machine->vps++;
	if (index < 64)
		machine->there |= BIT_ULL(index);
	return 0;
}

static bool machine_keeps_vp(struct hvp_machine *machine, u32 index)
{
	return false;
}

static void machine_destroy_vp(struct hvp_machine_vp *vp)
{
	might_sleep();
	if (vp->running)
		shim_die("virtual processor %u goes while it runs", vp->index);
	vp->machine->vps--;
	if (vp->index < 64)
		vp->machine->there &= ~BIT_ULL(vp->index);
	free(vp);
}

/* What it asks its processor meanwhile, its parent may have said something of. */
static void machine_ask(struct hvp_machine_vp *vp)
{
	u32 what = machine_plan.exit.gpa >> HVP_PAGE_SHIFT & 0xff;
	struct hvp_cpuid_value value = {};

	vp->events->cpuid(vp->owner, what & 0x3f, what >> 6, &value);
	vp->events->intercepts_cpuid(vp->owner, what);
	if (vp->events->unknown_msr(vp->owner, what, machine_plan.exit.access) > HVP_ACTION_EXIT)
		shim_die("an MSR is neither refused nor ignored");
}

static int machine_run(struct hvp_machine_vp *vp, struct hvp_vp_state *state,
		       struct hvp_exit *exit)
{
	int error;

	if (vp->running)
		shim_die("virtual processor %u is run twice", vp->index);
	vp->running = true;
	/* Another vCPU may look for it meanwhile. */
	error = machine_begin(true);
	if (vp->machine->tracked)
		machine_write(vp->machine);
	machine_ask(vp);
	vp->running = false;
	*state = vp->state;
	memset((u8 *)state + hvp_vp_group_at[HVP_VP_DEBUG], 0xa5,
	       sizeof(*state) - hvp_vp_group_at[HVP_VP_DEBUG]);
	*exit = machine_plan.exit;
	if (vp->interrupted)
		exit->reason = HVP_EXIT_INTERRUPTED;
	vp->interrupted = false;
	if (exit->reason == HVP_EXIT_DENIED && current_call)
		current_call->machine_failed = true;
	if (!error && exit->reason == HVP_EXIT_BLOCKED)
		vp->events->waits(vp->owner);
	return error;
}

static void machine_interrupt(struct hvp_machine_vp *vp)
{
	vp->interrupted = true;
}

static int machine_get(struct hvp_machine_vp *vp, unsigned int groups,
		       struct hvp_vp_state *state)
{
	int error = machine_begin(true);

	if (vp->running)
		shim_die("registers of virtual processor %u while it runs", vp->index);
	if (!error)
		copy_groups(state, &vp->state, groups);
	return error;
}

static int machine_set(struct hvp_machine_vp *vp, unsigned int groups,
		       const struct hvp_vp_state *state, u64 *gpa)
{
	int error = machine_begin(true);

	if (vp->running)
		shim_die("registers of virtual processor %u while it runs", vp->index);
	if (!error && groups & BIT(HVP_VP_SPECIAL) && state->cr0 & BIT(31) &&
	    !(state->cr0 & 1))
		error = -EINVAL;
	copy_groups(&vp->state, state, error ? groups & 1 : groups);
	return error;
}

static int machine_copy(struct hvp_machine_vp *vp, void *to, const void *from, size_t size)
{
	int error = machine_begin(true);

	if (vp->running)
		shim_die("state of virtual processor %u while it runs", vp->index);
	if (!error)
		memcpy(to, from, size);
	return error;
}

static int machine_get_lapic(struct hvp_machine_vp *vp, struct hvp_lapic *lapic)
{
	return machine_copy(vp, lapic, &vp->lapic, sizeof(*lapic));
}

static int machine_set_lapic(struct hvp_machine_vp *vp, const struct hvp_lapic *lapic)
{
	return machine_copy(vp, &vp->lapic, lapic, sizeof(*lapic));
}

static int machine_get_xsave(struct hvp_machine_vp *vp, void *area)
{
	return machine_copy(vp, area, vp->xsave, sizeof(vp->xsave));
}

/* Some of what there can be, no processor takes. */
static int machine_set_xsave(struct hvp_machine_vp *vp, const void *area)
{
	return machine_copy(vp, vp->xsave, area, sizeof(vp->xsave)) ?:
	       vp->xsave[0] == 0xff ? -EINVAL : 0;
}

static int machine_assert(struct hvp_machine *machine, const struct hvp_interrupt *interrupt)
{
	int error = machine_begin(true);

	if (error)
		return error;
	if (interrupt->logical ? !machine->vps :
				 interrupt->destination > 63 ||
				 !(machine->there >> interrupt->destination & 1))
		return -ENOENT;
	return machine_plan.busy && interrupt->type == HVP_INTERRUPT_EXTINT ? -EBUSY : 0;
}

static int machine_cpuid(struct hvp_machine_vp *vp, const struct hvp_cpuid_query *query,
			 struct hvp_cpuid_value *value)
{
	int error = machine_begin(true);

	if (vp->running)
		shim_die("CPUID of virtual processor %u while it runs", vp->index);
	*value = (struct hvp_cpuid_value){ { query->leaf, query->subleaf } };
	return error;
}

const struct hvp_machine_ops machine_ops = {
	.create = machine_create,
	.let_go = machine_let_go,
	.destroy = machine_destroy,
	.mapped = machine_mapped,
	.forget = machine_forget,
	.unmapped = machine_unmapped,
	.track = machine_track,
	.dirty = machine_dirty,
	.set_time = machine_set_time,
	.set_socket = machine_set_socket,
	.create_vp = machine_create_vp,
	.keeps_vp = machine_keeps_vp,
	.destroy_vp = machine_destroy_vp,
	.run = machine_run,
	.interrupt = machine_interrupt,
	.get = machine_get,
	.set = machine_set,
	.get_lapic = machine_get_lapic,
	.set_lapic = machine_set_lapic,
	.get_xsave = machine_get_xsave,
	.set_xsave = machine_set_xsave,
	.assert = machine_assert,
	.cpuid = machine_cpuid,
};

/* What machines have given their children is in the maps, when no call is under way. */
void machines_check(const struct guest *guest)
{
	const struct hvp_machine *machine;
	const struct held *held;
	struct hvp_gpa_page page;

	for (machine = machines; machine; machine = machine->next) {
		for (held = machine->held; held < machine->held + MACHINE_HELD; held++) {
			if (machine->guest != guest)
				continue;
			if (held->stale)
				shim_die("page %#llx may still be reached", held->gfn);
			if (!held->there)
				continue;
			hvp_gpa_map_find(machine->map, held->gfn, &page);
			if (page.kind != HVP_GPA_MAPPED || page.source != held->source ||
			    page.rights != held->rights)
				shim_die("page %#llx is not what it was", held->gfn);
		}
	}
}
