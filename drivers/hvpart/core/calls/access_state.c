// SPDX-License-Identifier: GPL-2.0
/*
 * HvGetGpaPagesAccessState: which of a child's pages its virtual processors have written to.
 *
 * Which have only been read nobody notes: a page is accessed if it is dirty.  As long as the
 * child's pages are not tracked, any of them may have been written to, and all are said to be.
 */

#include <linux/minmax.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/string.h>
#include "../active.h"
#include "../call/request.h"
#include "../call/table.h"
#include "../hierarchy.h"
#include "../partition.h"

/* A machine is asked for so many at a time. */
#define HVP_DIRTY_BATCH		512

static bool hvp_access_flags_are_valid(u64 flags)
{
	const u64 accessed = HVP_ACCESS_STATE_CLEAR_ACCESSED | HVP_ACCESS_STATE_SET_ACCESSED;
	const u64 dirty = HVP_ACCESS_STATE_CLEAR_DIRTY | HVP_ACCESS_STATE_SET_DIRTY;

	return !(flags & ~HVP_ACCESS_STATE_FLAGS) && (flags & accessed) != accessed &&
	       (flags & dirty) != dirty;
}

static enum hvp_dirty_change hvp_dirty_change(u64 flags)
{
	if (flags & HVP_ACCESS_STATE_CLEAR_DIRTY)
		return HVP_DIRTY_CLEAR;
	return flags & HVP_ACCESS_STATE_SET_DIRTY ? HVP_DIRTY_SET : HVP_DIRTY_KEEP;
}

/* What has no machine has not run, and so has written to nothing.  Return: as machines do. */
static long hvp_access_ask(struct hvp_partition *target, u64 gfn, u64 count,
			   enum hvp_dirty_change change, bool *dirty)
{
	const struct hvp_machine_ops *machines = target->hierarchy->host->machines;

	if (target->child.machine)
		return machines->dirty(target->child.machine, gfn, count, change, dirty);
	memset(dirty, 0, count * sizeof(*dirty));
	return count;
}

/* As it is, and then remains as long as the child's lock is held. */
static enum hvp_status hvp_access_is_tracked(struct hvp_request *request, bool *tracked)
{
	struct hvp_partition *target = request->target;
	enum hvp_status status;

	spin_lock(&target->lock);
	status = hvp_partition_check_state(target, request->row->states);
	if (!status)
		*tracked = target->active->properties[HVP_GPA_PAGE_ACCESS_TRACKING];
	spin_unlock(&target->lock);
	return status;
}

/* All elements up to @end, which are in the map. */
static enum hvp_status hvp_access_list(struct hvp_request *request, unsigned int end)
{
	const struct hvp_access_state_in *in = &request->in.get_gpa_pages_access_state;
	enum hvp_dirty_change change = hvp_dirty_change(in->flags);
	bool dirty[HVP_DIRTY_BATCH];
	enum hvp_status status;
	u8 *states = request->out_list;
	bool tracked;
	long done, i;

	status = hvp_access_is_tracked(request, &tracked);
	if (status || request->reps_done == end)
		return status;
	if (!states)
		return HVP_STATUS_NO_RESOURCES;
	while (request->reps_done < end) {
		unsigned int count = min_t(unsigned int, end - request->reps_done,
					   HVP_DIRTY_BATCH);

		if (fatal_signal_pending(current))
			return HVP_STATUS_NO_RESOURCES;
		done = count;
		if (tracked)
			done = hvp_access_ask(request->target, in->gpa_page + request->reps_done,
					      count, change, dirty);
		if (done <= 0)
			return HVP_STATUS_NO_RESOURCES;
		for (i = 0; i < done; i++)
			states[request->reps_done++] =
				!tracked || dirty[i] ? HVP_PAGE_ACCESSED | HVP_PAGE_DIRTY : 0;
		cond_resched();
	}
	return HVP_STATUS_SUCCESS;
}

/**
 * hvp_get_gpa_pages_access_state() - HvGetGpaPagesAccessState
 * @request:	the call
 *
 * Contract, virtual processors, section 4.
 *
 * Context: Outside KVM's loop.
 * Return: SUCCESS, or in check order:
 * * INVALID_PARAMETER: flags
 * * INVALID_PARTITION_ID, INVALID_PARTITION_STATE: as it is by now
 * * INVALID_PARAMETER: an element beyond the map
 * * NO_RESOURCES: host memory
 */
enum hvp_status hvp_get_gpa_pages_access_state(struct hvp_request *request)
{
	const struct hvp_access_state_in *in = &request->in.get_gpa_pages_access_state;
	const u64 pages = request->target->child.map.pages;
	struct hvp_child *child = &request->target->child;
	unsigned int within, end;
	enum hvp_status status;

	if (!hvp_access_flags_are_valid(in->flags))
		return HVP_STATUS_INVALID_PARAMETER;
	within = in->gpa_page < pages ? min_t(u64, request->rep_count, pages - in->gpa_page) : 0;
	end = max(within, request->rep_start);
	if (mutex_lock_killable(&child->lock))
		return HVP_STATUS_NO_RESOURCES;
	status = hvp_access_list(request, end);
	mutex_unlock(&child->lock);
	if (!status && end < request->rep_count)
		status = HVP_STATUS_INVALID_PARAMETER;
	return status;
}
