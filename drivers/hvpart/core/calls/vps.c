// SPDX-License-Identifier: GPL-2.0
/* HvCreateVp, HvDeleteVp, HvMapVpStatePage, HvUnmapVpStatePage: virtual processors come and go. */

#include <linux/nospec.h>
#include <linux/sched/signal.h>
#include "../../trace.h"
#include "../call/request.h"
#include "../hierarchy.h"
#include "../memory/caches.h"
#include "../memory/candidates.h"
#include "../memory/proximity.h"
#include "../partition.h"
#include "../space.h"
#include "../stats_page.h"
#include "../vp/asked.h"
#include "../vp/register_page.h"
#include "../vp/signals.h"

static void hvp_vp_waits(void *owner)
{
	struct hvp_child_vp *vp = owner;

	WRITE_ONCE(vp->blocked, true);
}

static void hvp_vp_woken(void *owner)
{
	hvp_signal(owner);
}

static void hvp_vp_asks_cpuid(void *owner, u32 leaf, u32 subleaf, struct hvp_cpuid_value *value)
{
	hvp_vp_cpuid(owner, leaf, subleaf, value);
}

static bool hvp_vp_leaves_cpuid(void *owner, u32 leaf)
{
	return hvp_vp_intercepts_cpuid(owner, leaf);
}

static enum hvp_msr_action hvp_vp_uses_unknown_msr(void *owner, u32 msr, bool write)
{
	return hvp_vp_unknown_msr(owner, msr, write);
}

static const struct hvp_machine_events hvp_vp_events = {
	.waits = hvp_vp_waits,
	.woken = hvp_vp_woken,
	.cpuid = hvp_vp_asks_cpuid,
	.intercepts_cpuid = hvp_vp_leaves_cpuid,
	.unknown_msr = hvp_vp_uses_unknown_msr,
};

static struct hvp_child_vp *hvp_vp_alloc(struct hvp_partition *partition, u32 index,
					 struct hvp_proximity proximity)
{
	struct hvp_child_vp *vp = hvp_cache_alloc(HVP_CACHE_CHILD_VP, proximity);

	if (!vp)
		return NULL;
	refcount_set(&vp->refs, 1);
	mutex_init(&vp->lock);
	INIT_LIST_HEAD(&vp->signal);
	spin_lock_init(&vp->interrupting);
	hvp_rules_init(&vp->rules);
	vp->partition = partition;
	vp->vp.index = index;
	vp->explicit_suspend = true;
	return vp;
}

/* What its pool lacks comes before what the host lacks, which is found out without a lock. */
static enum hvp_status hvp_vp_charge(struct hvp_partition *target, struct hvp_child_vp *vp,
				     struct hvp_proximity proximity)
{
	unsigned int pages = hvp_child_vp_pages();
	enum hvp_status status;

	spin_lock(&target->lock);
	status = hvp_partition_check_state(target, HVP_IN_ACTIVE);
	if (!status && !hvp_pool_can_pay(&target->pool, pages, proximity))
		status = HVP_STATUS_INSUFFICIENT_MEMORY;
	if (!status && !vp)
		status = HVP_STATUS_NO_RESOURCES;
	if (!status)
		hvp_partition_charge(target, HVP_USE_VPS, pages, proximity, &vp->charge);
	/* From now on it takes a wait to finalize the partition. */
	target->child.begun |= !status;
	spin_unlock(&target->lock);
	return status;
}

static void hvp_vp_uncharge(struct hvp_partition *target, struct hvp_child_vp *vp)
{
	struct hvp_rule_block *rules;

	spin_lock(&target->lock);
	hvp_partition_uncharge(target, HVP_USE_VPS, &vp->charge);
	rules = hvp_rules_take(target, &vp->rules);
	spin_unlock(&target->lock);
	hvp_rules_free(rules);
}

/*
 * The host makes it, and from then on it can be found.  Nothing fails after that: what KVM has
 * made it keeps, and makes no other one with that index.
 */
static enum hvp_status hvp_vp_start(struct hvp_partition *target, struct hvp_child_vp *vp)
{
	const struct hvp_machine_ops *machines = target->hierarchy->host->machines;
	struct hvp_vps *vps = &target->child.vps;
	u32 index = vp->vp.index;
	int error = hvp_vps_prepare(vps, index);

	if (!error)
		error = hvp_child_machine(target);
	if (!error)
		error = machines->create_vp(target->child.machine, index, &hvp_vp_events, vp,
					    &vp->machine);
	if (!error) {
		hvp_vps_add_prepared(vps, index, &vp->vp);
		return HVP_STATUS_SUCCESS;
	}
	hvp_vps_remove(vps, index);
	return HVP_STATUS_NO_RESOURCES;
}

/* Does the host keep what it has made for one that there is not? */
static bool hvp_vp_is_kept(struct hvp_partition *target, u32 index)
{
	struct hvp_machine *machine = target->child.machine;

	return machine && target->hierarchy->host->machines->keeps_vp(machine, index);
}

static enum hvp_status hvp_vp_create_locked(struct hvp_partition *target, u32 index,
					    struct hvp_proximity proximity)
{
	struct hvp_child *child = &target->child;
	bool counts, within_limit;
	struct hvp_child_vp *vp = NULL;
	enum hvp_status status;

	if (index > HVP_HIGHEST_VP_INDEX || xa_load(&child->vps.list, index))
		return HVP_STATUS_INVALID_VP_INDEX;
	counts = hvp_vp_is_kept(target, index);
	within_limit = counts || hvp_hierarchy_reserve_vp(target->hierarchy);
	if (within_limit)
		vp = hvp_vp_alloc(target, index, proximity);
	status = hvp_vp_charge(target, vp, proximity);
	if (!status) {
		status = hvp_vp_start(target, vp);
		if (status)
			hvp_vp_uncharge(target, vp);
	}
	if (within_limit && !counts) {
		if (!status || hvp_vp_is_kept(target, index))
			child->machine_vps++;
		else
			hvp_hierarchy_release_vps(target->hierarchy, 1);
	}
	if (status && vp)
		hvp_child_vp_put(vp);
	/* One that nobody needs may be one that makes none any more: the next call gets another. */
	if (status && !child->vps.count)
		hvp_child_destroy_machine(target);
	if (status)
		return status;
	clear_bit(index, child->deleted);
	trace_hvpart_vp_created(target->id, index);
	return HVP_STATUS_SUCCESS;
}

/**
 * hvp_create_vp() - HvCreateVp
 * @request:	the call
 *
 * Contract, virtual processors, section 4.
 *
 * Context: Outside KVM's loop.
 * Return: SUCCESS, or in check order:
 * * INVALID_PARAMETER: flags; bad proximity
 * * INVALID_VP_INDEX: there is one, or there can be none, with this index
 * * INVALID_PARTITION_ID, INVALID_PARTITION_STATE: as it is by now
 * * INSUFFICIENT_MEMORY: the target's pool cannot pay
 * * NO_RESOURCES: a limit, or the host cannot make it
 */
enum hvp_status hvp_create_vp(struct hvp_request *request)
{
	const struct hvp_create_vp_in *in = &request->in.create_vp;
	struct hvp_partition *target = request->target;
	enum hvp_status status;

	if (in->flags || !hvp_proximity_well_formed(in->proximity))
		return HVP_STATUS_INVALID_PARAMETER;
	if (mutex_lock_killable(&target->child.lock))
		return HVP_STATUS_NO_RESOURCES;
	status = hvp_vp_create_locked(target, in->vp_index, in->proximity);
	mutex_unlock(&target->child.lock);
	return status;
}

/* Statistics pages that are mapped of it are no longer. */
static void hvp_vp_unmap_stats(struct hvp_request *request, const struct hvp_child_vp *vp)
{
	struct hvp_partition *target = request->target;
	struct hvp_stats_page *page;
	struct hvp_stats_page *next;
	LIST_HEAD(unmapped);

	hvp_partition_lock_both(request->caller, target);
	list_for_each_entry_safe(page, next, &target->stats_pages, node) {
		if (page->vp == &vp->vp)
			hvp_stats_page_unmap_locked(page, &unmapped);
	}
	hvp_partition_unlock_both(request->caller, target);
	hvp_stats_pages_free(request->caller, request->guest, &unmapped);
}

static void hvp_vp_unmap_state(struct hvp_request *request, struct hvp_child_vp *vp)
{
	unsigned int type;

	for (type = 0; type < HVP_NR_STATE_PAGES; type++)
		hvp_state_page_unmap(&vp->pages[type], request->guest);
}

/* What there was of a virtual processor, which is locked and does not run, goes. */
static void hvp_vp_delete_locked(struct hvp_request *request, struct hvp_child_vp *vp)
{
	/* Who does not find it any more finds its pages unmapped. */
	hvp_vp_unmap_state(request, vp);
	hvp_child_vp_discard(vp);
	hvp_vp_unmap_stats(request, vp);
	hvp_vp_uncharge(request->target, vp);
	hvp_child_vp_unuse(vp);
	/*
	 * What KVM has made it keeps for as long as the machine.  So one with the same index
	 * can be made anew with another machine only, and until then this one counts.
	 */
	if (!request->target->child.vps.count)
		hvp_child_destroy_machine(request->target);
}

/**
 * hvp_delete_vp() - HvDeleteVp
 * @request:	the call
 *
 * Context: Outside KVM's loop.
 * Return: SUCCESS, or in check order:
 * * INVALID_PARTITION_ID, INVALID_PARTITION_STATE: as it is by now
 * * INVALID_VP_INDEX: there is none
 * * INVALID_VP_STATE: it is being dispatched, or the thread is to die
 */
enum hvp_status hvp_delete_vp(struct hvp_request *request)
{
	struct hvp_child *child = &request->target->child;
	u32 index = request->in.delete_vp.vp_index;
	struct hvp_child_vp *vp;
	enum hvp_status status;

	status = hvp_child_vp_find(request->target, index, &vp);
	if (status)
		return status;
	if (READ_ONCE(vp->dispatched) || mutex_lock_killable(&child->lock)) {
		hvp_child_vp_put(vp);
		return HVP_STATUS_INVALID_VP_STATE;
	}
	status = hvp_child_vp_lock(vp);
	if (!status) {
		set_bit(index, child->deleted);
		hvp_vp_delete_locked(request, vp);
	} else {
		hvp_child_vp_put(vp);
	}
	mutex_unlock(&child->lock);
	return status;
}

/**
 * hvp_vps_stop() - a partition is finalized: its virtual processors go, and its machine
 * @request:	the call that finalizes its target, which is FINALIZING
 *
 * Context: Outside KVM's loop, no lock held.
 * Return: false if the thread is to die first.
 */
bool hvp_vps_stop(struct hvp_request *request)
{
	struct hvp_partition *target = request->target;
	struct hvp_child *child = &target->child;
	struct hvp_child_vp *vp;
	unsigned long index;
	struct hvp_vp *any;

	if (mutex_lock_killable(&child->lock))
		return false;
	xa_for_each(&child->vps.list, index, any) {
		if (hvp_child_vp_use(target, index, &vp))
			break;
		hvp_vp_delete_locked(request, vp);
	}
	mutex_unlock(&child->lock);
	return !child->vps.count;
}

/*
 * A page of the caller's becomes one that the host writes to.  @known: what is to be written
 * there is; the host's memory, for want of which it is not, counts after the page.
 */
static enum hvp_status hvp_state_page_take(struct hvp_request *request,
					   struct hvp_state_page *page, u64 gfn, bool known)
{
	struct hvp_hierarchy *hierarchy = request->caller->hierarchy;
	struct hvp_pinned_page location = { .gfn = gfn };
	struct hvp_candidates candidates = {
		.pages = &location,
		.count = 1,
		.cursor = HVP_CLAIMS_CURSOR(&request->caller->space->claims),
	};
	bool reserved = hvp_hierarchy_reserve_pages(hierarchy, 1);
	enum hvp_status status;

	hvp_candidates_take(&candidates, request);
	status = candidates.status;
	if (!status && !(reserved && known))
		status = HVP_STATUS_NO_RESOURCES;
	if (status) {
		hvp_candidates_release(&candidates, request->guest, 0);
		hvp_hierarchy_release_pages(hierarchy, reserved);
		return status;
	}
	page->page = location;
	page->guest = request->caller->space->guest;
	page->payer = request->caller;
	page->mapped = true;
	return HVP_STATUS_SUCCESS;
}

static void hvp_state_page_clear(const struct hvp_state_page *page)
{
	static const u8 zeroes[512];
	size_t offset;

	for (offset = 0; offset < HVP_PAGE_SIZE; offset += sizeof(zeroes))
		page->guest->ops->write_page(page->guest, page->page.page, offset, zeroes,
					     sizeof(zeroes));
}

static bool hvp_state_page_exists(const struct hvp_state_page_in *object)
{
	return object->type < HVP_NR_STATE_PAGES && !object->vtl;
}

static struct hvp_state_page *hvp_state_page_of(struct hvp_child_vp *vp,
						const struct hvp_state_page_in *object)
{
	return &vp->pages[array_index_nospec(object->type, HVP_NR_STATE_PAGES)];
}

/**
 * hvp_map_vp_state_page() - HvMapVpStatePage
 * @request:	the call
 *
 * Contract, virtual processors, section 4.
 *
 * Context: Outside KVM's loop.
 * Return: SUCCESS, or in check order:
 * * what hvp_child_vp_use() returns
 * * INVALID_PARAMETER: another type or VTL; the caller does not say where
 * * OBJECT_IN_USE: mapped already
 * * OPERATION_DENIED, OBJECT_IN_USE, NO_RESOURCES: as HvMapStatsPage2 has them of a page
 */
enum hvp_status hvp_map_vp_state_page(struct hvp_request *request)
{
	const struct hvp_map_state_page_in *in = &request->in.map_vp_state_page;
	const struct hvp_state_page_in *object = &in->object;
	struct hvp_child_vp *vp;
	enum hvp_status status;
	bool known;

	status = hvp_child_vp_use(request->target, object->vp_index, &vp);
	if (status)
		return status;
	known = object->type != HVP_STATE_PAGE_REGISTERS ||
		!hvp_child_vp_want(vp, HVP_REGISTER_PAGE_GROUPS);
	if (!hvp_state_page_exists(object) || object->flags != HVP_STATE_PAGE_LOCATED)
		status = HVP_STATUS_INVALID_PARAMETER;
	else if (hvp_state_page_of(vp, object)->mapped)
		status = HVP_STATUS_OBJECT_IN_USE;
	else
		status = hvp_state_page_take(request, hvp_state_page_of(vp, object),
					     in->map_location, known);
	if (!status) {
		hvp_state_page_clear(hvp_state_page_of(vp, object));
		if (object->type == HVP_STATE_PAGE_REGISTERS)
			hvp_child_vp_show_page(vp);
		request->out.map_vp_state_page.map_location = in->map_location;
	}
	hvp_child_vp_unuse(vp);
	return status;
}

/* It went with its virtual processor, or with all of them. */
static bool hvp_state_page_is_gone(const struct hvp_request *request)
{
	u32 index = request->in.unmap_vp_state_page.vp_index;

	return READ_ONCE(request->target->state) != HVP_STATE_ACTIVE ||
	       (index <= HVP_HIGHEST_VP_INDEX &&
		test_bit(array_index_nospec(index, HVP_HIGHEST_VP_INDEX + 1),
			 request->target->child.deleted));
}

/**
 * hvp_unmap_vp_state_page() - HvUnmapVpStatePage
 * @request:	the call
 *
 * Context: Outside KVM's loop.
 * Return: SUCCESS, or in check order:
 * * INVALID_PARTITION_ID, INVALID_PARTITION_STATE: as it is by now
 * * INVALID_VP_INDEX: there is none, nor was
 * * INVALID_VP_STATE: the thread is to die
 * * INVALID_PARAMETER: another type or VTL; not mapped
 */
enum hvp_status hvp_unmap_vp_state_page(struct hvp_request *request)
{
	const struct hvp_state_page_in *object = &request->in.unmap_vp_state_page;
	struct hvp_child_vp *vp;
	enum hvp_status status;

	status = hvp_child_vp_use(request->target, object->vp_index, &vp);
	if (status && status != HVP_STATUS_INVALID_VP_STATE && hvp_state_page_is_gone(request))
		return hvp_state_page_exists(object) ? HVP_STATUS_SUCCESS :
						       HVP_STATUS_INVALID_PARAMETER;
	if (status)
		return status;
	if (!hvp_state_page_exists(object)) {
		status = HVP_STATUS_INVALID_PARAMETER;
		goto unuse;
	}
	if (object->type == HVP_STATE_PAGE_REGISTERS)
		hvp_child_vp_take_page(vp);
	if (hvp_state_page_of(vp, object)->mapped)
		hvp_state_page_unmap(hvp_state_page_of(vp, object), request->guest);
	else if (!hvp_state_page_is_gone(request))
		status = HVP_STATUS_INVALID_PARAMETER;
unuse:
	hvp_child_vp_unuse(vp);
	return status;
}
