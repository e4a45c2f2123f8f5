// SPDX-License-Identifier: GPL-2.0
/* What virtual processors of the root have done, as far as somebody wants to know. */

#include "hierarchy.h"
#include "memory/caches.h"
#include "memory/proximity.h"
#include "partition.h"
#include "vp_counters.h"

/**
 * hvp_vp_counters_prepare() - begin to count, if nobody has yet
 * @hierarchy:	of the VM
 * @vp_index:	the virtual processor, which exists
 *
 * Nobody removes the counters of a virtual processor before the hierarchy goes.
 *
 * Context: May sleep; no lock held.
 * Return: false if the host has no memory for it.
 */
bool hvp_vp_counters_prepare(struct hvp_hierarchy *hierarchy, u32 vp_index)
{
	struct hvp_vp_counters *counters;
	int error;

	if (xa_load(&hierarchy->vp_counters, vp_index))
		return true;
	counters = hvp_cache_alloc(HVP_CACHE_VP_COUNTERS, HVP_PROXIMITY_ANY);
	if (!counters)
		return false;
	error = xa_insert(&hierarchy->vp_counters, vp_index, counters, HVP_GFP);
	if (error)
		hvp_cache_free(HVP_CACHE_VP_COUNTERS, counters);
	/* Another vCPU may have been first. */
	return !error || error == -EBUSY;
}

/**
 * hvp_vp_counters_find() - what a virtual processor has done
 * @hierarchy:	of the VM
 * @vp_index:	one that hvp_vp_counters_prepare() has been called for
 *
 * Context: Any.
 * Return: its counters, which its thread writes.
 */
const struct hvp_vp_counters *hvp_vp_counters_find(struct hvp_hierarchy *hierarchy,
						   u32 vp_index)
{
	return xa_load(&hierarchy->vp_counters, vp_index);
}

/**
 * hvp_vp_counters_note() - a virtual processor makes a call
 * @caller:	which one, and how it is
 *
 * Context: Any; in its thread.
 */
void hvp_vp_counters_note(const struct hvp_caller *caller)
{
	struct hvp_vp_counters *counters;
	struct xarray *wanted;

	if (!caller->partition)
		return;
	wanted = &caller->partition->hierarchy->vp_counters;
	/* Mostly nobody wants to know; whoever begins to just now is told of the next call. */
	if (data_race(xa_empty(wanted)))
		return;
	counters = xa_load(wanted, caller->vp_index);
	if (!counters)
		return;
	WRITE_ONCE(counters->hypercalls, caller->hypercalls);
	WRITE_ONCE(counters->run_time, caller->run_time);
}

/**
 * hvp_vp_counters_destroy() - free what is known of virtual processors
 * @hierarchy:	a hierarchy in which nobody makes calls any more
 *
 * Context: May sleep.
 */
void hvp_vp_counters_destroy(struct hvp_hierarchy *hierarchy)
{
	struct hvp_vp_counters *counters;
	unsigned long index;

	xa_for_each(&hierarchy->vp_counters, index, counters)
		hvp_cache_free(HVP_CACHE_VP_COUNTERS, counters);
	xa_destroy(&hierarchy->vp_counters);
}
