// SPDX-License-Identifier: GPL-2.0
/* HvMapGpaPages, HvUnmapGpaPages: which of a parent's pages a child's memory is. */

#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <hvpart/abi/gpa.h>
#include "../../trace.h"
#include "../call/request.h"
#include "../call/table.h"
#include "../hierarchy.h"
#include "../memory/caches.h"
#include "../memory/proximity.h"
#include "../partition.h"
#include "../space.h"
#include "../vp/vp.h"

#define HVP_MAP_DEFINED_FLAGS							\
	(HVP_MAP_RIGHTS_MASK | HVP_MAP_ADJUSTABLE | HVP_MAP_NO_ACCESS |		\
	 HVP_MAP_NO_OVERLAY | HVP_MAP_NOT_CACHED | HVP_MAP_ACCESSED_MASK |	\
	 HVP_MAP_DIRTY | HVP_MAP_LARGE)

/* A charge is kept in 16 bits. */
#define HVP_MOST_MAP_PAGES	60000

/**
 * struct hvp_mapping - a list of pages on the way into a map
 * @request:	the call
 * @base:	the first page of the whole list
 * @large:	elements are 2 MiB
 * @page:	what each element becomes; its source is the element
 * @change:	of the map
 * @missing:	nodes that would have been needed for an element, which is not done
 */
struct hvp_mapping {
	struct hvp_request *request;
	u64 base;
	bool large;
	struct hvp_gpa_page page;
	struct hvp_gpa_change change;
	unsigned int missing;
};

static unsigned int hvp_element_pages(const struct hvp_mapping *mapping)
{
	return mapping->large ? HVP_LARGE_PAGE_PAGES : 1;
}

/* What the bytes of a map's nodes are charged as. */
static unsigned int hvp_map_pages(u64 nodes)
{
	return DIV_ROUND_UP_ULL(nodes * hvp_cache_object_size(HVP_CACHE_GPA_NODE),
				HVP_PAGE_SIZE);
}

/* Take @pages that are charged for a map out of what is noted of it. */
static void hvp_map_uncharge(struct hvp_partition *partition, unsigned int pages)
{
	struct hvp_charge *charge = &partition->child.map_charge;
	struct hvp_charge back = {};
	unsigned int node;

	for (node = 0; pages; node++) {
		back.pages[node] = min_t(unsigned int, pages, charge->pages[node]);
		charge->pages[node] -= back.pages[node];
		pages -= back.pages[node];
	}
	hvp_partition_uncharge(partition, HVP_USE_MEMORY_MAP, &back);
}

/* The pool pays for the nodes that the map has by now; it can. */
static void hvp_map_charge(struct hvp_partition *partition)
{
	struct hvp_child *child = &partition->child;
	unsigned int pages = hvp_map_pages(child->map.nodes);

	if (pages > child->map_pages)
		hvp_partition_charge(partition, HVP_USE_MEMORY_MAP, pages - child->map_pages,
				     HVP_PROXIMITY_ANY, &child->map_charge);
	else if (pages < child->map_pages)
		hvp_map_uncharge(partition, child->map_pages - pages);
	child->map_pages = pages;
}

/**
 * hvp_map_uncharge_all() - a map is about to be emptied
 * @partition:	whose it is
 *
 * Context: The partition's lock is held.
 */
void hvp_map_uncharge_all(struct hvp_partition *partition)
{
	if (partition->child.map_pages)
		hvp_map_uncharge(partition, partition->child.map_pages);
	partition->child.map_pages = 0;
}

/* Can the pool pay for what the map needs for one element more? */
static enum hvp_status hvp_map_check_pool(struct hvp_partition *partition,
					  const struct hvp_mapping *mapping, u64 gfn)
{
	struct hvp_child *child = &partition->child;
	unsigned int needed = hvp_gpa_map_need(&child->map, gfn, mapping->large, &mapping->page);
	unsigned int pages = hvp_map_pages(child->map.nodes + needed);

	if (!needed || pages <= child->map_pages)
		return HVP_STATUS_SUCCESS;
	if (!hvp_pool_can_pay(&partition->pool, pages - child->map_pages, HVP_PROXIMITY_ANY))
		return HVP_STATUS_INSUFFICIENT_MEMORY;
	return pages > HVP_MOST_MAP_PAGES ? HVP_STATUS_NO_RESOURCES : HVP_STATUS_SUCCESS;
}

/* The page is in no pool and none that the host writes to; and it will not be as long as ... */
static bool hvp_source_is_free(const struct hvp_mapping *mapping)
{
	struct hvp_claims *claims = &mapping->request->caller->space->claims;
	unsigned int i;

	if (mapping->page.kind != HVP_GPA_MAPPED)
		return true;
	for (i = 0; i < hvp_element_pages(mapping); i++) {
		if (hvp_claims_taken(claims, mapping->page.source + i))
			return false;
	}
	return true;
}

/* Let an element be what it becomes, unless nodes are missing for it. */
static enum hvp_status hvp_map_change(struct hvp_mapping *mapping, u64 gfn)
{
	struct hvp_gpa_change *change = &mapping->change;
	int error = hvp_gpa_map_commit(change, gfn, mapping->large, &mapping->page);

	if (error == -EAGAIN)
		mapping->missing = hvp_gpa_map_need(change->map, gfn, mapping->large,
						    &mapping->page);
	return error ? HVP_STATUS_NO_RESOURCES : HVP_STATUS_SUCCESS;
}

/* The step that everybody else sees as one.  ... the space's lock is held, it is mapped. */
static enum hvp_status hvp_map_commit(struct hvp_mapping *mapping, u64 gfn)
{
	struct hvp_request *request = mapping->request;
	struct hvp_space *space = request->caller->space;
	struct hvp_partition *target = request->target;
	enum hvp_status status;

	mapping->missing = 0;
	spin_lock(&target->lock);
	/* What is still running may still have what is unmapped. */
	status = hvp_partition_check_state(target, mapping->page.kind == HVP_GPA_UNMAPPED ?
					   HVP_IN_ACTIVE | HVP_IN_FINALIZING : HVP_IN_ACTIVE);
	if (status)
		goto unlock;
	spin_lock(&space->lock);
	if (!hvp_source_is_free(mapping))
		status = HVP_STATUS_OPERATION_DENIED;
	if (!status)
		status = hvp_map_check_pool(target, mapping, gfn);
	if (!status)
		status = hvp_map_change(mapping, gfn);
	/* What would take memory remains no access: see hvp_gpa_map_commit(). */
	if (mapping->page.kind == HVP_GPA_UNMAPPED)
		status = HVP_STATUS_SUCCESS;
	spin_unlock(&space->lock);
	if (!status)
		hvp_map_charge(target);
unlock:
	spin_unlock(&target->lock);
	return status;
}

/* Is the element one that the caller may give away? */
static enum hvp_status hvp_map_check_source(const struct hvp_mapping *mapping)
{
	struct hvp_request *request = mapping->request;
	unsigned int pages = hvp_element_pages(mapping);
	u64 source = mapping->page.source;

	if (mapping->page.kind != HVP_GPA_MAPPED)
		return HVP_STATUS_SUCCESS;
	if (!hvp_vp_addresses(request->vp, source, pages))
		return HVP_STATUS_INVALID_PARAMETER;
	if (request->guest->ops->is_ram(request->guest, source, pages) != pages)
		return HVP_STATUS_OPERATION_DENIED;
	return HVP_STATUS_SUCCESS;
}

static enum hvp_status hvp_map_element(struct hvp_mapping *mapping, unsigned int index)
{
	struct hvp_request *request = mapping->request;
	const struct hvp_gpa_map *map = &request->target->child.map;
	unsigned int pages = hvp_element_pages(mapping);
	u64 gfn = mapping->base + (u64)index * pages;
	enum hvp_status status;

	if (mapping->base >= map->pages || !hvp_gpa_map_contains(map, gfn, pages))
		return HVP_STATUS_INVALID_PARAMETER;
	if (mapping->page.kind == HVP_GPA_MAPPED) {
		if (!request->in_list)
			return HVP_STATUS_NO_RESOURCES;
		mapping->page.source = ((u64 *)request->in_list)[index];
	}
	status = hvp_map_check_source(mapping);
	if (status)
		return status;
	/* Most need no node.  Without memory for those that are missing it may do all the same. */
	mapping->change.failed = false;
	status = hvp_map_commit(mapping, gfn);
	if (mapping->missing) {
		hvp_gpa_map_prepare(&mapping->change, mapping->missing);
		status = hvp_map_commit(mapping, gfn);
	}
	/* Another vCPU has changed the map: with as many as these nobody else matters. */
	if (mapping->missing) {
		hvp_gpa_map_prepare(&mapping->change, map->levels);
		status = hvp_map_commit(mapping, gfn);
	}
	return status;
}

/* When the call returns nobody has what was there before. */
static void hvp_map_tell(const struct hvp_mapping *mapping, unsigned int done)
{
	struct hvp_partition *target = mapping->request->target;
	unsigned int pages = hvp_element_pages(mapping);
	unsigned int first = mapping->request->rep_start;
	const struct hvp_machine_ops *machines = target->hierarchy->host->machines;
	u64 count = (u64)(done - first) * pages;
	u64 gfn = mapping->base + (u64)first * pages;
	struct hvp_machine *machine;
	int token;

	if (!count || !machines)
		return;
	token = srcu_read_lock(&hvp_machines_in_use);
	machine = READ_ONCE(target->child.machine);
	if (machine) {
		machines->unmapped(machine, gfn, count);
		if (mapping->page.kind == HVP_GPA_MAPPED)
			machines->mapped(machine, gfn, count);
	}
	srcu_read_unlock(&hvp_machines_in_use, token);
}

static void hvp_map_trace(const struct hvp_mapping *mapping)
{
	const struct hvp_request *request = mapping->request;
	unsigned int pages = hvp_element_pages(mapping);
	u64 gfn = mapping->base + (u64)request->rep_start * pages;
	u64 count = (u64)(request->reps_done - request->rep_start) * pages;

	if (count && mapping->page.kind == HVP_GPA_UNMAPPED)
		trace_hvpart_unmapped(request->target->id, gfn, count);
	else if (count)
		trace_hvpart_mapped(request->target->id, gfn, count, mapping->page.rights);
}

/* All elements, until one is refused. */
static enum hvp_status hvp_map_list(struct hvp_mapping *mapping)
{
	struct hvp_request *request = mapping->request;
	enum hvp_status status = HVP_STATUS_SUCCESS;

	mapping->change = HVP_GPA_CHANGE(&request->target->child.map);
	while (request->reps_done < request->rep_count) {
		/* As other calls that take their time: those who are to die do not see it. */
		if (fatal_signal_pending(current)) {
			status = HVP_STATUS_NO_RESOURCES;
			break;
		}
		status = hvp_map_element(mapping, request->reps_done);
		if (status)
			break;
		request->reps_done++;
		cond_resched();
	}
	hvp_gpa_map_release(&mapping->change);
	hvp_map_tell(mapping, request->reps_done);
	hvp_map_trace(mapping);
	return status;
}

static enum hvp_status hvp_map_check_flags(u32 flags)
{
	u32 rights = flags & HVP_MAP_RIGHTS_MASK;

	if (flags & ~HVP_MAP_DEFINED_FLAGS)
		return HVP_STATUS_INVALID_PARAMETER;
	if (rights && !(rights & HVP_MAP_READ))
		return HVP_STATUS_INVALID_PARAMETER;
	if (!rights && !(flags & HVP_MAP_NO_ACCESS))
		return HVP_STATUS_INVALID_PARAMETER;
	return HVP_STATUS_SUCCESS;
}

/**
 * hvp_map_gpa_pages() - HvMapGpaPages
 * @request:	the call
 *
 * Contract, virtual processors, sections 4 and 6.
 *
 * Return: SUCCESS, or in check order:
 * * INVALID_PARAMETER: flags; a large list that is not aligned; for each element: beyond the
 *   map, source beyond the caller's addresses
 * * OPERATION_DENIED: not plain writable RAM, in a pool, a statistics or state page
 * * INVALID_PARTITION_ID, INVALID_PARTITION_STATE: as it is by now
 * * INSUFFICIENT_MEMORY: the target's pool cannot pay for the map
 * * NO_RESOURCES: a limit or host memory; or the thread is to die first
 */
enum hvp_status hvp_map_gpa_pages(struct hvp_request *request)
{
	const struct hvp_map_gpa_pages_in *in = &request->in.map_gpa_pages;
	struct hvp_mapping mapping = {
		.request = request,
		.base = in->gpa_base,
		.large = in->flags & HVP_MAP_LARGE,
		.page.kind = in->flags & HVP_MAP_NO_ACCESS ? HVP_GPA_NO_ACCESS : HVP_GPA_MAPPED,
	};
	enum hvp_status status;

	status = hvp_map_check_flags(in->flags);
	if (status)
		return status;
	if (mapping.large && in->gpa_base % HVP_LARGE_PAGE_PAGES)
		return HVP_STATUS_INVALID_PARAMETER;
	if (mapping.page.kind == HVP_GPA_MAPPED)
		mapping.page.rights = in->flags & HVP_MAP_RIGHTS_MASK;
	return hvp_map_list(&mapping);
}

/* What is not active has no map any more, and all of it is unmapped. */
static enum hvp_status hvp_unmap_nothing(struct hvp_mapping *mapping)
{
	struct hvp_request *request = mapping->request;
	const struct hvp_gpa_map *map = &request->target->child.map;
	unsigned int pages = hvp_element_pages(mapping);

	for (; request->reps_done < request->rep_count; request->reps_done++) {
		u64 gfn = mapping->base + (u64)request->reps_done * pages;

		if (mapping->base >= map->pages || !hvp_gpa_map_contains(map, gfn, pages))
			return HVP_STATUS_INVALID_PARAMETER;
	}
	return HVP_STATUS_SUCCESS;
}

/**
 * hvp_unmap_gpa_pages() - HvUnmapGpaPages
 * @request:	the call
 *
 * Return: SUCCESS, or in check order:
 * * INVALID_PARAMETER: flags; a large list that is not aligned; an element beyond the map
 * * INVALID_PARTITION_ID: deleted by another vCPU in the meantime
 * * NO_RESOURCES: the thread is to die first
 */
enum hvp_status hvp_unmap_gpa_pages(struct hvp_request *request)
{
	const struct hvp_map_gpa_pages_in *in = &request->in.unmap_gpa_pages;
	struct hvp_mapping mapping = {
		.request = request,
		.base = in->gpa_base,
		.large = in->flags & HVP_UNMAP_LARGE,
		.page.kind = HVP_GPA_UNMAPPED,
	};
	enum hvp_status status;

	if (in->flags & ~(HVP_UNMAP_KEEP_PRECOMMITTED | HVP_UNMAP_LARGE))
		return HVP_STATUS_INVALID_PARAMETER;
	if (mapping.large && in->gpa_base % HVP_LARGE_PAGE_PAGES)
		return HVP_STATUS_INVALID_PARAMETER;
	status = hvp_map_list(&mapping);
	if (status == HVP_STATUS_INVALID_PARTITION_STATE)
		status = hvp_unmap_nothing(&mapping);
	return status;
}
