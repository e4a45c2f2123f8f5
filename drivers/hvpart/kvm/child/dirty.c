// SPDX-License-Identifier: GPL-2.0
/*
 * Which pages a child has written to, as KVM logs it: each slot has a bitmap while it is
 * logged, and none else.
 *
 * The bits are KVM's own, and are read where it has them: what its ioctls would write to the
 * VMM's memory, the VMM could change.  Slots change under hvp_child_memory::lock, which is
 * held throughout; KVM's own slots have numbers beyond ours.
 */

#include <linux/bitops.h>
#include <linux/kvm_host.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include "dirty.h"
#include "machine.h"
#include "memory.h"
#include "runner.h"

/* Where in the scratch the bits are that KVM is to clear, behind the ioctl's own argument. */
#define HVP_CLEAR_BITS_AT	64
/* Pages at a time; KVM wants the first to be a multiple of as many as a word has bits. */
#define HVP_CLEAR_PAGES		4096

static_assert(sizeof(struct kvm_clear_dirty_log) <= HVP_CLEAR_BITS_AT, "bits are behind it");

/* Part of a slot that is logged: pages [first, first + count) of it. */
struct hvp_logged {
	u32 slot;
	u64 first;
	u64 count;
	u64 slot_pages;
};

static int hvp_slot_log(struct hvp_machine *machine, struct hvp_runner *runner, u32 id, bool on)
{
	struct kvm_userspace_memory_region region = { .slot = id };
	const struct kvm_memory_slot *slot;
	bool change = false;
	int token;

	token = srcu_read_lock(&machine->kvm->srcu);
	slot = id_to_memslot(kvm_memslots(machine->kvm), id);
	if (slot) {
		change = !(slot->flags & KVM_MEM_LOG_DIRTY_PAGES) == on;
		region.guest_phys_addr = slot->base_gfn << PAGE_SHIFT;
		region.memory_size = slot->npages << PAGE_SHIFT;
		region.userspace_addr = slot->userspace_addr;
		region.flags = on ? KVM_MEM_LOG_DIRTY_PAGES : 0;
	}
	srcu_read_unlock(&machine->kvm->srcu, token);
	if (!change)
		return 0;
	return hvp_runner_ioctl(runner, machine->file, KVM_SET_USER_MEMORY_REGION, &region,
				sizeof(region)) ? -ENOMEM : 0;
}

static int hvp_slots_log(struct hvp_machine *machine, struct hvp_runner *runner, bool on)
{
	unsigned int id;
	int error;

	for (id = 0; id < machine->memory.slots; id++) {
		if (fatal_signal_pending(current))
			return -EINTR;
		error = hvp_slot_log(machine, runner, id, on);
		if (error)
			return error;
	}
	return 0;
}

/**
 * hvp_child_memory_track() - log which pages are written to, or do not any more
 * @machine:	the machine
 * @on:		log them
 *
 * A slot that still logs when it need not costs time, and nothing else.
 *
 * Context: May sleep; in a parent's vCPU thread outside KVM's loop.
 * Return: 0, -ENOMEM, -EINTR or -EFAULT.
 */
int hvp_child_memory_track(struct hvp_machine *machine, bool on)
{
	struct hvp_child_memory *memory = &machine->memory;
	struct hvp_runner *runner = hvp_runner_here();
	int error = 0;

	if (!runner)
		return -EFAULT;
	if (mutex_lock_killable(&memory->lock))
		return -EINTR;
	if (memory->tracked != on) {
		/* First: what is given from here on to be read can only be read. */
		WRITE_ONCE(memory->tracked, on);
		error = hvp_slots_log(machine, runner, on);
	}
	if (error && on) {
		WRITE_ONCE(memory->tracked, false);
		hvp_slots_log(machine, runner, false);
	}
	/* What has become small pages becomes large ones again. */
	if (!memory->tracked)
		hvp_child_memory_forget_all(machine, true);
	mutex_unlock(&memory->lock);
	return on ? error : 0;
}

/*
 * A page, and those of @count that are behind it in the same slot.  Return: is that logged?
 */
static bool hvp_logged_find(struct hvp_machine *machine, u64 gfn, u64 count,
			    struct hvp_logged *logged)
{
	const struct kvm_memory_slot *slot;
	bool found;
	int token;

	token = srcu_read_lock(&machine->kvm->srcu);
	slot = search_memslots(kvm_memslots(machine->kvm), gfn, false);
	found = slot && slot->id < KVM_USER_MEM_SLOTS && slot->dirty_bitmap;
	if (found) {
		logged->slot = slot->id;
		logged->first = gfn - slot->base_gfn;
		logged->slot_pages = slot->npages;
		logged->count = min_t(u64, count, slot->npages - logged->first);
	}
	srcu_read_unlock(&machine->kvm->srcu, token);
	return found;
}

/* Read the bits, or set them, in KVM's bitmap; false if the slot is not what it was. */
static void hvp_logged_bits(struct hvp_machine *machine, const struct hvp_logged *logged,
			    bool set, bool *dirty)
{
	struct kvm_memory_slot *slot;
	int token;
	u64 i;

	token = srcu_read_lock(&machine->kvm->srcu);
	slot = id_to_memslot(kvm_memslots(machine->kvm), logged->slot);
	for (i = 0; i < logged->count; i++) {
		unsigned long at = logged->first + i;

		dirty[i] = slot && slot->dirty_bitmap && at < slot->npages &&
			   test_bit(at, slot->dirty_bitmap);
		/* A page whose bit is set may be one that KVM sets it for again. */
		if (set && slot && slot->dirty_bitmap && at < slot->npages)
			set_bit(at, slot->dirty_bitmap);
	}
	srcu_read_unlock(&machine->kvm->srcu, token);
}

/*
 * Have KVM clear those bits of a slot that are @dirty, or none: it brings its bitmap up to date
 * first.  What it clears it makes read-only, so that it sees the next write.
 */
static int hvp_logged_clear(struct hvp_machine *machine, struct hvp_runner *runner,
			    const struct hvp_logged *logged, const bool *dirty)
{
	unsigned long *bits = hvp_runner_scratch(runner) + HVP_CLEAR_BITS_AT;
	u64 first = round_down(logged->first, BITS_PER_LONG);
	u64 end = min(round_up(logged->first + logged->count, BITS_PER_LONG),
		      logged->slot_pages);
	struct kvm_clear_dirty_log clear = {
		.slot = logged->slot,
		.first_page = first,
		.num_pages = end - first,
		.dirty_bitmap = (void __user *)(runner->scratch_address + HVP_CLEAR_BITS_AT),
	};
	long error;
	u64 i;

	bitmap_zero(bits, HVP_CLEAR_PAGES);
	for (i = 0; dirty && i < logged->count; i++)
		__assign_bit(logged->first - first + i, bits, dirty[i]);
	WRITE_ONCE(machine->memory.log_reader, current);
	error = hvp_runner_ioctl(runner, machine->file, KVM_CLEAR_DIRTY_LOG, &clear,
				 sizeof(clear));
	WRITE_ONCE(machine->memory.log_reader, NULL);
	return error ? -EFAULT : 0;
}

static long hvp_child_memory_dirty_locked(struct hvp_machine *machine, struct hvp_runner *runner,
					  u64 gfn, u64 count, enum hvp_dirty_change change,
					  bool *dirty)
{
	struct hvp_logged logged;
	u64 clean = 0;
	int error;

	lockdep_assert_held(&machine->memory.lock);
	count = min_t(u64, count, HVP_CLEAR_PAGES - 2 * BITS_PER_LONG);
	/* Where there is no slot, nothing has been written to. */
	while (clean < count && !hvp_logged_find(machine, gfn + clean, count, &logged))
		dirty[clean++] = false;
	if (clean)
		return clean;
	error = hvp_logged_clear(machine, runner, &logged, NULL);
	if (error)
		return error;
	hvp_logged_bits(machine, &logged, change == HVP_DIRTY_SET, dirty);
	if (change == HVP_DIRTY_CLEAR && memchr(dirty, true, logged.count))
		error = hvp_logged_clear(machine, runner, &logged, dirty);
	return error ?: logged.count;
}

/**
 * hvp_child_memory_dirty() - which pages have been written to
 * @machine:	the machine, whose memory is tracked
 * @gfn:	the first page
 * @count:	how many, not 0
 * @change:	what becomes of that
 * @dirty:	receives whether each has
 *
 * Context: May sleep; in a parent's vCPU thread outside KVM's loop.
 * Return: how many pages from @gfn on that is known of now, or -EINTR or -EFAULT.
 */
long hvp_child_memory_dirty(struct hvp_machine *machine, u64 gfn, u64 count,
			    enum hvp_dirty_change change, bool *dirty)
{
	struct hvp_runner *runner = hvp_runner_here();
	long done;

	if (!runner)
		return -EFAULT;
	if (mutex_lock_killable(&machine->memory.lock))
		return -EINTR;
	done = hvp_child_memory_dirty_locked(machine, runner, gfn, count, change, dirty);
	mutex_unlock(&machine->memory.lock);
	return done;
}
