// SPDX-License-Identifier: GPL-2.0
/*
 * What a partition has that its parent runs: memory, virtual processors, and the machine that
 * runs them.
 *
 * A virtual processor is used by one call at a time, which holds its lock also while it runs
 * it.  Another call makes it come back, and waits: for as long as a run takes that has been
 * told to end.  Only threads of one VMM wait for each other there, and a signal that kills
 * ends the wait.
 */

#include <linux/math.h>
#include <linux/minmax.h>
#include <linux/sched/signal.h>
#include "../../trace.h"
#include "../active.h"
#include "../hierarchy.h"
#include "../memory/caches.h"
#include "../memory/proximity.h"
#include "../partition.h"
#include "../space.h"
#include "../xsave.h"
#include "child.h"
#include "hyperv.h"
#include "register_page.h"
#include "register_table.h"
#include "signals.h"

DEFINE_SRCU(hvp_machines_in_use);

/* Pages that so many bytes are charged as. */
static unsigned int hvp_pages_of(u64 bytes)
{
	return DIV_ROUND_UP_ULL(bytes, HVP_PAGE_SIZE);
}

/**
 * hvp_child_vp_pages() - what HvCreateVp charges
 *
 * Return: pages: the bytes of the object, rounded up.
 */
unsigned int hvp_child_vp_pages(void)
{
	return hvp_pages_of(hvp_cache_object_size(HVP_CACHE_CHILD_VP));
}

static const struct hvp_machine_ops *hvp_machines(const struct hvp_partition *partition)
{
	return partition->hierarchy->host->machines;
}

/**
 * hvp_child_init() - of a partition that is being made
 * @child:	zeroed
 */
void hvp_child_init(struct hvp_child *child)
{
	mutex_init(&child->lock);
	hvp_vps_init(&child->vps);
	INIT_LIST_HEAD(&child->in_space);
	hvp_rules_init(&child->rules);
	INIT_LIST_HEAD(&child->doorbells);
}

/**
 * hvp_child_start() - the partition becomes active: it can have memory
 * @partition:	the partition
 *
 * Context: The partition's lock is held.
 */
void hvp_child_start(struct hvp_partition *partition)
{
	struct hvp_hierarchy *hierarchy = partition->hierarchy;
	u64 width = partition->early_properties[HVP_PHYSICAL_ADDRESS_WIDTH] ?:
		    hierarchy->host->processor->physical_address_bits;

	/* The property may be less than a page's worth; a map is of two pages at least. */
	hvp_gpa_map_init(&partition->child.map,
			 clamp_t(u64, width, HVP_GPA_LEAST_BITS, HVP_GPA_MOST_BITS),
			 &hierarchy->gpa_quota);
	spin_lock(&partition->parent->space->lock);
	list_add(&partition->child.in_space, &partition->parent->space->maps);
	spin_unlock(&partition->parent->space->lock);
}

/* The machine forgets what the map is about to forget. */
static void hvp_child_changing(struct hvp_gpa_listener *listener, u64 gfn, u64 count)
{
	struct hvp_child *child = container_of(listener, struct hvp_child, listener);
	struct hvp_partition *partition = container_of(child, struct hvp_partition, child);

	hvp_machines(partition)->forget(child->machine, gfn, count);
}

/* State components that go with features that it has not. */
static u64 hvp_disabled_states(const struct hvp_partition *partition)
{
	const struct hvp_processor *processor = partition->hierarchy->host->processor;

	return hvp_xsave_states(processor, 0) &
	       ~hvp_xsave_states(processor, partition->creation.disabled_xsave_features);
}

static u64 hvp_child_time_ns(struct hvp_partition *partition)
{
	u64 time;

	spin_lock(&partition->lock);
	time = hvp_clock_read(&partition->clock);
	spin_unlock(&partition->lock);
	return time * HVP_CLOCK_NS;
}

/* Sockets begin at APIC IDs that are a multiple of a power of two. */
static unsigned int hvp_socket_bits(struct hvp_partition *partition)
{
	u64 processors = 0;

	spin_lock(&partition->lock);
	if (partition->active)
		processors = partition->active->properties[HVP_PROCESSORS_PER_SOCKET];
	spin_unlock(&partition->lock);
	return processors ? order_base_2(processors) : 0;
}

/**
 * hvp_child_machine() - see that a partition has a machine
 * @partition:	the partition
 *
 * Context: Outside KVM's loop; @partition's child lock is held.
 * Return: 0 or what the machine's creation says.
 */
int hvp_child_machine(struct hvp_partition *partition)
{
	const struct hvp_creation *creation = &partition->creation;
	u64 synthetic = partition->early_properties[HVP_SYNTHETIC_PROC_FEATURES];
	struct hvp_child *child = &partition->child;
	const struct hvp_machine_config config = {
		.guest = partition->parent->space->guest,
		.map = &child->map,
		.gpa_bits = order_base_2(child->map.pages) + HVP_PAGE_SHIFT,
		.hyperv = hvp_hyperv_features(synthetic),
		.disabled_features = {
			creation->disabled_processor_features[0],
			creation->disabled_processor_features[1],
		},
		.disabled_xsave = creation->disabled_xsave_features,
		.disabled_states = hvp_disabled_states(partition),
		.socket_bits = hvp_socket_bits(partition),
		.x2apic = creation->flags & HVP_CREATE_X2APIC,
		.time_ns = hvp_child_time_ns(partition),
		.track_writes = partition->active &&
			partition->active->properties[HVP_GPA_PAGE_ACCESS_TRACKING],
	};
	struct hvp_machine *machine;
	int error;

	lockdep_assert_held(&child->lock);
	if (child->machine)
		return 0;
	if (!hvp_machines(partition))
		return -ENOMEM;
	error = hvp_machines(partition)->create(&config, &machine);
	if (error)
		return error;
	child->listener.changing = hvp_child_changing;
	WRITE_ONCE(child->machine, machine);
	hvp_gpa_map_listen(&child->map, &child->listener);
	return 0;
}

/**
 * hvp_child_track_writes() - is it to be noted which pages are written to?
 * @partition:	the partition
 * @on:		it is
 *
 * Context: Outside KVM's loop; @partition's child lock is held until the property says so, too.
 * Return: 0 or what the machine says.
 */
int hvp_child_track_writes(struct hvp_partition *partition, u64 on)
{
	struct hvp_machine *machine = partition->child.machine;

	lockdep_assert_held(&partition->child.lock);
	return machine ? hvp_machines(partition)->track(machine, on) : 0;
}

/**
 * hvp_child_set_time() - what reference time do virtual processors see now?
 * @partition:	the partition
 * @time:	units of 100 ns, HVP_CLOCK_MOST at most
 *
 * Context: Outside KVM's loop; @partition's child lock is held.
 * Return: 0 or what the machine says.
 */
int hvp_child_set_time(struct hvp_partition *partition, u64 time)
{
	struct hvp_machine *machine = partition->child.machine;

	lockdep_assert_held(&partition->child.lock);
	return machine ? hvp_machines(partition)->set_time(machine, time * HVP_CLOCK_NS) : 0;
}

/**
 * hvp_child_set_socket() - how many virtual processors has a socket?
 * @partition:	the partition
 * @processors:	so many
 *
 * cloud-hypervisor says so when it has made them all.
 *
 * Context: Outside KVM's loop; @partition's child lock is held.
 * Return: 0.
 */
int hvp_child_set_socket(struct hvp_partition *partition, u64 processors)
{
	struct hvp_machine *machine = partition->child.machine;

	lockdep_assert_held(&partition->child.lock);
	if (machine)
		hvp_machines(partition)->set_socket(machine, order_base_2(processors));
	return 0;
}

static void hvp_child_vp_free_rcu(struct rcu_head *rcu)
{
	hvp_cache_free(HVP_CACHE_CHILD_VP, container_of(rcu, struct hvp_child_vp, rcu));
}

/**
 * hvp_child_vp_put() - drop a reference
 * @vp:		a virtual processor
 *
 * Context: Any.
 */
void hvp_child_vp_put(struct hvp_child_vp *vp)
{
	if (!refcount_dec_and_test(&vp->refs))
		return;
	hvp_rules_free(vp->rules.top);
	call_rcu(&vp->rcu, hvp_child_vp_free_rcu);
}

/**
 * hvp_no_child_vp() - what a call gets that has not found a virtual processor
 * @partition:	whose it was to be
 *
 * Who waited for one that went with all others comes after that.
 *
 * Context: Any.
 * Return: INVALID_PARTITION_ID, INVALID_PARTITION_STATE: as it is by now; INVALID_VP_INDEX
 */
enum hvp_status hvp_no_child_vp(const struct hvp_partition *partition)
{
	enum hvp_status status = hvp_partition_check_state(partition, HVP_IN_ACTIVE);

	return status ? status : HVP_STATUS_INVALID_VP_INDEX;
}

/**
 * hvp_child_vp_find() - look a virtual processor up
 * @partition:	whose it is
 * @index:	which one
 * @vp:		receives it, held by a reference
 *
 * Context: Any.
 * Return: SUCCESS, and hvp_child_vp_put() is to follow; or as hvp_no_child_vp()
 */
enum hvp_status hvp_child_vp_find(struct hvp_partition *partition, u32 index,
				  struct hvp_child_vp **vp)
{
	struct hvp_vp *found;

	rcu_read_lock();
	found = xa_load(&partition->child.vps.list, index);
	*vp = found ? container_of(found, struct hvp_child_vp, vp) : NULL;
	if (*vp && !refcount_inc_not_zero(&(*vp)->refs))
		*vp = NULL;
	rcu_read_unlock();
	return *vp ? HVP_STATUS_SUCCESS : hvp_no_child_vp(partition);
}

/**
 * hvp_child_vp_lock() - use a virtual processor, which comes back to its parent if it runs
 * @vp:		the virtual processor, held by a reference
 *
 * Context: Outside KVM's loop, no lock held but a child's.
 * Return: SUCCESS; INVALID_VP_STATE if the thread is to die first; as hvp_no_child_vp() if the
 * virtual processor has been deleted meanwhile.
 */
enum hvp_status hvp_child_vp_lock(struct hvp_child_vp *vp)
{
	if (!mutex_trylock(&vp->lock)) {
		spin_lock(&vp->interrupting);
		/* Who has the lock may be about to delete it. */
		if (vp->machine)
			hvp_machines(vp->partition)->interrupt(vp->machine);
		spin_unlock(&vp->interrupting);
		if (mutex_lock_killable(&vp->lock))
			return HVP_STATUS_INVALID_VP_STATE;
	}
	if (!vp->gone)
		return HVP_STATUS_SUCCESS;
	mutex_unlock(&vp->lock);
	return hvp_no_child_vp(vp->partition);
}

/**
 * hvp_child_vp_use() - look a virtual processor up, to use it
 * @partition:	whose it is
 * @index:	which one
 * @vp:		receives it, held and locked
 *
 * Context: As hvp_child_vp_lock().
 * Return: SUCCESS, and hvp_child_vp_unuse() is to follow; or
 * * INVALID_PARTITION_ID, INVALID_PARTITION_STATE: its partition has none any more
 * * INVALID_VP_INDEX: there is none
 * * INVALID_VP_STATE: as hvp_child_vp_lock()
 */
enum hvp_status hvp_child_vp_use(struct hvp_partition *partition, u32 index,
				 struct hvp_child_vp **vp)
{
	enum hvp_status status = hvp_child_vp_find(partition, index, vp);

	if (status)
		return status;
	status = hvp_child_vp_lock(*vp);
	if (status)
		hvp_child_vp_put(*vp);
	return status;
}

/**
 * hvp_child_vp_unuse() - the reverse of hvp_child_vp_use()
 * @vp:		the virtual processor
 *
 * Context: As hvp_child_vp_lock().
 */
void hvp_child_vp_unuse(struct hvp_child_vp *vp)
{
	mutex_unlock(&vp->lock);
	hvp_child_vp_put(vp);
}

/**
 * hvp_state_page_unmap() - a state page is plain RAM again, zeroed
 * @page:	the page
 * @guest:	its guest, as the call has it that unmaps it; NULL when the VM goes, and then
 *		nothing is zeroed
 *
 * Context: May sleep.
 */
void hvp_state_page_unmap(struct hvp_state_page *page, struct hvp_guest *guest)
{
	struct hvp_hierarchy *hierarchy;
	struct hvp_claims_cursor cursor;

	if (!page->mapped)
		return;
	page->mapped = false;
	if (guest) {
		/* As statistics pages: see hvp_stats_pages_free(). */
		hierarchy = page->payer->hierarchy;
		cursor = HVP_CLAIMS_CURSOR(&page->payer->space->claims);
		guest->ops->zero(guest, &page->page);
		guest->ops->unpin(guest, &page->page, 1);
		hvp_claims_drop(&cursor, page->page.gfn);
		hvp_hierarchy_release_pages(hierarchy, 1);
	}
}

/**
 * hvp_child_vp_discard() - a virtual processor is none any more
 * @vp:		the virtual processor, locked; its partition's reference goes
 *
 * What its pool pays is still charged, and pages are still mapped.
 *
 * Context: May sleep.
 */
void hvp_child_vp_discard(struct hvp_child_vp *vp)
{
	struct hvp_vps *vps = &vp->partition->child.vps;
	struct hvp_machine_vp *machine = vp->machine;

	vp->gone = true;
	spin_lock(&vp->interrupting);
	vp->machine = NULL;
	spin_unlock(&vp->interrupting);
	if (machine)
		hvp_machines(vp->partition)->destroy_vp(machine);
	hvp_signal_forget(vp);
	hvp_vps_remove(vps, vp->vp.index);
	trace_hvpart_vp_deleted(vp->partition->id, vp->vp.index);
	hvp_child_vp_put(vp);
}

/**
 * hvp_child_destroy_machine() - nobody runs a partition any more, nor begins to
 * @partition:	the partition, without virtual processors
 *
 * Context: Outside KVM's loop under its child lock, or when its VM goes.
 */
void hvp_child_destroy_machine(struct hvp_partition *partition)
{
	struct hvp_child *child = &partition->child;
	struct hvp_machine *machine = child->machine;

	if (!machine)
		return;
	/* While it is told of what changes: it would not let go of that any more. */
	hvp_machines(partition)->let_go(machine);
	hvp_gpa_map_listen(&child->map, NULL);
	WRITE_ONCE(child->machine, NULL);
	synchronize_srcu(&hvp_machines_in_use);
	hvp_machines(partition)->destroy(machine);
	hvp_hierarchy_release_vps(partition->hierarchy, child->machine_vps);
	child->machine_vps = 0;
}

/**
 * hvp_child_empty_map() - a partition has no memory any more
 * @partition:	the partition, no machine of which has any of it; neither active nor to
 *		become so
 *
 * Context: May sleep; reschedules.
 */
void hvp_child_empty_map(struct hvp_partition *partition)
{
	struct hvp_child *child = &partition->child;

	if (list_empty(&child->in_space))
		return;
	spin_lock(&partition->parent->space->lock);
	list_del_init(&child->in_space);
	spin_unlock(&partition->parent->space->lock);
	hvp_gpa_map_destroy(&child->map);
}

/* As they are: the VM goes. */
static void hvp_state_pages_release(struct hvp_child_vp *vp, struct hvp_host *host)
{
	struct hvp_state_page *page;

	hvp_for_each_state_page(page, vp) {
		if (!page->mapped)
			continue;
		page->guest->ops->unpin(page->guest, &page->page, 1);
		host->ops->release_locked_pages(host, 1);
	}
}

/**
 * hvp_child_release() - free what a partition has when its VM goes
 * @partition:	a partition of a hierarchy in which nobody makes calls any more
 *
 * Context: May sleep; reschedules.
 */
void hvp_child_release(struct hvp_partition *partition)
{
	struct hvp_host *host = partition->hierarchy->host;
	struct hvp_child *child = &partition->child;
	struct hvp_child_vp *vp;
	unsigned long index;
	struct hvp_vp *any;

	xa_for_each(&child->vps.list, index, any) {
		vp = container_of(any, struct hvp_child_vp, vp);
		hvp_state_pages_release(vp, host);
		hvp_child_vp_discard(vp);
		cond_resched();
	}
	hvp_child_destroy_machine(partition);
	hvp_rules_free(child->rules.top);
	child->rules.top = NULL;
	if (!list_empty(&child->in_space)) {
		/* The space is the hierarchy's, and nobody looks into it any more. */
		list_del_init(&child->in_space);
		hvp_gpa_map_destroy(&child->map);
	}
	xa_destroy(&child->vps.list);
}

static enum hvp_status hvp_machine_status(int error)
{
	return error ? HVP_STATUS_NO_RESOURCES : HVP_STATUS_SUCCESS;
}

/**
 * hvp_child_vp_want() - know some registers
 * @vp:		the virtual processor, locked
 * @groups:	BIT(enum hvp_vp_group) each
 *
 * Context: Outside KVM's loop, no other lock held.
 * Return: SUCCESS or NO_RESOURCES.
 */
enum hvp_status hvp_child_vp_want(struct hvp_child_vp *vp, unsigned int groups)
{
	unsigned int missing = groups & ~vp->known;
	int error;

	if (!missing)
		return HVP_STATUS_SUCCESS;
	error = hvp_machines(vp->partition)->get(vp->machine, missing, &vp->state);
	if (!error)
		vp->known |= missing;
	return hvp_machine_status(error);
}

/**
 * hvp_child_vp_apply() - give the machine what has been set
 * @vp:		the virtual processor, locked
 * @exit:	receives why that cannot be
 *
 * Hyper-V's own pages are laid over a guest's memory, KVM's are that memory: where an MSR names a
 * page without access, the parent gets to know as of any access.
 *
 * Context: Outside KVM's loop, no other lock held.
 * Return: SUCCESS; INVALID_PARAMETER and @exit, and then the machine has not all of it;
 * NO_RESOURCES.
 */
enum hvp_status hvp_child_vp_apply(struct hvp_child_vp *vp, struct hvp_exit *exit)
{
	int error;

	if (!vp->changed)
		return HVP_STATUS_SUCCESS;
	*exit = (struct hvp_exit) { .reason = HVP_EXIT_UNRECOVERABLE };
	error = hvp_machines(vp->partition)->set(vp->machine, vp->changed, &vp->state, &exit->gpa);
	if (error == -EAGAIN) {
		exit->reason = HVP_EXIT_MEMORY;
		exit->access = HVP_ACCESS_WRITE;
	}
	if (error == -EINVAL || error == -EAGAIN)
		return HVP_STATUS_INVALID_PARAMETER;
	if (!error)
		vp->changed = 0;
	return hvp_machine_status(error);
}

/**
 * hvp_child_vp_settle() - give the machine some of what has been set, before it is asked for
 *		something that depends on it
 * @vp:		the virtual processor, locked
 * @groups:	BIT(enum hvp_vp_group) each
 *
 * What no processor can have waits, as it would without this, for the next dispatch: there may
 * be more to come that goes with it.  MSRs are not among these groups.
 *
 * Context: Outside KVM's loop, no other lock held.
 * Return: SUCCESS or NO_RESOURCES.
 */
enum hvp_status hvp_child_vp_settle(struct hvp_child_vp *vp, unsigned int groups)
{
	unsigned int settled = vp->changed & groups;
	u64 gpa;
	int error;

	if (!settled)
		return HVP_STATUS_SUCCESS;
	error = hvp_machines(vp->partition)->set(vp->machine, settled, &vp->state, &gpa);
	if (!error)
		vp->changed &= ~settled;
	return error == -EINVAL ? HVP_STATUS_SUCCESS : hvp_machine_status(error);
}

/**
 * hvp_child_vp_take_page() - see what the parent has written to the register page
 * @vp:		the virtual processor, locked
 *
 * Contract, virtual processors, section 5, rule 8.
 *
 * Context: Outside KVM's loop, no other lock held.
 */
void hvp_child_vp_take_page(struct hvp_child_vp *vp)
{
	struct hvp_state_page *mapped = &vp->pages[HVP_STATE_PAGE_REGISTERS];
	struct hvp_register_page image;
	unsigned int groups, taken;

	if (!mapped->mapped)
		return;
	mapped->guest->ops->read_page(mapped->guest, mapped->page.page, 0, &image,
				      sizeof(image));
	groups = hvp_register_page_groups(&image);
	if (!groups || hvp_child_vp_want(vp, groups))
		return;
	taken = hvp_register_page_take(&image, &vp->state);
	vp->changed |= taken;
	if (taken) {
		vp->stuck = false;
		hvp_signal(vp);
	}
	/* Taken once, and not again. */
	image.dirty = 0;
	mapped->guest->ops->write_page(mapped->guest, mapped->page.page,
				       offsetof(struct hvp_register_page, dirty), &image.dirty,
				       sizeof(image.dirty));
}

/**
 * hvp_child_vp_show_page() - write the register page
 * @vp:		the virtual processor, locked
 *
 * Context: As hvp_child_vp_take_page().
 */
void hvp_child_vp_show_page(struct hvp_child_vp *vp)
{
	struct hvp_state_page *mapped = &vp->pages[HVP_STATE_PAGE_REGISTERS];
	struct hvp_register_page image;

	if (!mapped->mapped || hvp_child_vp_want(vp, HVP_REGISTER_PAGE_GROUPS))
		return;
	hvp_register_page_fill(&image, &vp->state);
	mapped->guest->ops->write_page(mapped->guest, mapped->page.page, 0, &image,
				       sizeof(image));
}
