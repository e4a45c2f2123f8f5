// SPDX-License-Identifier: GPL-2.0
/* HvDispatchVp, HvAssertVirtualInterrupt: a virtual processor runs, and is interrupted. */

#include <linux/ktime.h>
#include <linux/math64.h>
#include "../../trace.h"
#include "../call/request.h"
#include "../call/table.h"
#include "../hierarchy.h"
#include "../partition.h"
#include "../space.h"
#include "../vp/deliverable.h"
#include "../vp/message.h"
#include "../vp/register_table.h"
#include "../vp/signals.h"

/* Contract, virtual processors, section 5, rule 3; nanoseconds. */
#define HVP_LONGEST_DISPATCH	5000000

static const struct hvp_machine_ops *hvp_machines(const struct hvp_child_vp *vp)
{
	return vp->partition->hierarchy->host->machines;
}

static void hvp_answer_dispatch(struct hvp_request *request, u32 state, u32 event)
{
	request->out.dispatch_vp.state = state;
	request->out.dispatch_vp.event = event;
}

/* The parent gets to know why; before anything says that there is something to know. */
static void hvp_tell_intercept(struct hvp_request *request, struct hvp_child_vp *vp)
{
	struct hvp_state_page *page = &vp->pages[HVP_STATE_PAGE_INTERCEPT];

	if (page->mapped)
		page->guest->ops->write_page(page->guest, page->page.page, 0, &vp->message,
					     sizeof(vp->message));
	vp->intercept_suspend = true;
	hvp_answer_dispatch(request, HVP_DISPATCH_READY, HVP_DISPATCH_EVENT_INTERCEPT);
}

/*
 * Tell the parent, once, of what it waits to deliver.  *told: it can be delivered now.  A
 * virtual processor that becomes ready as it runs is looked at when its run ends.
 */
static enum hvp_status hvp_tell_deliverable(struct hvp_request *request,
					    struct hvp_child_vp *vp, bool *told)
{
	enum hvp_status status;
	u64 what;

	*told = false;
	if (!(vp->notify & (HVP_NOTIFY_NMI | HVP_NOTIFY_INTERRUPT)))
		return HVP_STATUS_SUCCESS;
	status = hvp_child_vp_want(vp, HVP_DELIVERABLE_GROUPS);
	if (status)
		return status;
	what = hvp_deliverable(vp->notify, &vp->state);
	if (!what)
		return HVP_STATUS_SUCCESS;
	vp->notify &= ~what;
	hvp_message_deliverable(&vp->message, vp->partition->id, vp->vp.index,
				what == HVP_NOTIFY_NMI ? HVP_INTERRUPTION_NMI :
							 HVP_INTERRUPTION_EXTERNAL, &vp->state);
	WRITE_ONCE(vp->blocked, false);
	hvp_tell_intercept(request, vp);
	*told = true;
	return HVP_STATUS_SUCCESS;
}

static bool hvp_page_is_in_map(struct hvp_partition *partition, u64 gpa)
{
	struct hvp_gpa_page page;

	if (!hvp_gpa_map_contains(&partition->child.map, gpa >> HVP_PAGE_SHIFT, 1))
		return false;
	hvp_gpa_map_find(&partition->child.map, gpa >> HVP_PAGE_SHIFT, &page);
	return page.kind != HVP_GPA_UNMAPPED;
}

static enum hvp_status hvp_dispatch_ended(struct hvp_request *request, struct hvp_child_vp *vp,
					  const struct hvp_exit *exit)
{
	bool blocked = exit->reason == HVP_EXIT_BLOCKED;
	enum hvp_status status;
	bool in_map, told;

	switch (exit->reason) {
	case HVP_EXIT_BLOCKED:
	case HVP_EXIT_INTERRUPTED:
		status = hvp_tell_deliverable(request, vp, &told);
		if (!status && !told)
			hvp_answer_dispatch(request, blocked ? HVP_DISPATCH_BLOCKED :
							       HVP_DISPATCH_READY, 0);
		return status;
	case HVP_EXIT_IO:
	case HVP_EXIT_MEMORY:
	case HVP_EXIT_CPUID:
	case HVP_EXIT_MSR:
	case HVP_EXIT_UNRECOVERABLE:
		status = hvp_child_vp_want(vp, HVP_MESSAGE_GROUPS);
		if (status)
			return status;
		in_map = exit->reason == HVP_EXIT_MEMORY &&
			 hvp_page_is_in_map(vp->partition, exit->gpa);
		hvp_message_from_exit(&vp->message, vp->partition->id, vp->vp.index, exit,
				      &vp->state, in_map);
		vp->stuck = exit->reason == HVP_EXIT_UNRECOVERABLE;
		hvp_tell_intercept(request, vp);
		return HVP_STATUS_SUCCESS;
	default:
		return HVP_STATUS_NO_RESOURCES;
	}
}

/* What is to be said of it that it has run. */
static int hvp_vp_run_counted(struct hvp_child_vp *vp, struct hvp_exit *exit)
{
	u64 begin = ktime_get_ns();
	int error;

	WRITE_ONCE(vp->dispatched, true);
	error = hvp_machines(vp)->run(vp->machine, &vp->state, exit);
	WRITE_ONCE(vp->dispatched, false);
	vp->run_ns += ktime_get_ns() - begin;
	WRITE_ONCE(vp->vp.run_time, div_u64(vp->run_ns, 100));
	if (!error) {
		WRITE_ONCE(vp->vp.hypercalls, exit->hypercalls);
		WRITE_ONCE(vp->partition->child.vps.guest_os_id, exit->guest_os_id);
	}
	return error;
}

/* Run it once.  Return: SUCCESS and @exit; or as hvp_child_vp_apply() */
static enum hvp_status hvp_vp_run_once(struct hvp_child_vp *vp, struct hvp_exit *exit)
{
	enum hvp_status status = hvp_child_vp_apply(vp, exit);
	int error;

	if (status)
		return status;
	error = hvp_vp_run_counted(vp, exit);
	vp->known = error ? 0 : BIT(HVP_VP_GENERAL) | BIT(HVP_VP_SPECIAL);
	if (error == -EINTR)
		exit->reason = HVP_EXIT_INTERRUPTED;
	else if (error)
		exit->reason = HVP_EXIT_DENIED;
	return HVP_STATUS_SUCCESS;
}

static enum hvp_status hvp_vp_run(struct hvp_request *request, struct hvp_child_vp *vp)
{
	u64 latest = ktime_get_ns() + HVP_LONGEST_DISPATCH;
	enum hvp_status status;
	struct hvp_exit exit;

	status = hvp_vp_run_once(vp, &exit);
	if (status == HVP_STATUS_INVALID_PARAMETER)
		return hvp_dispatch_ended(request, vp, &exit);
	/* Doorbells are no exits, but one that rings them all the time comes back, too. */
	while (!status && hvp_doorbell_take(vp, request->guest, &exit)) {
		hvp_signals_attend(request->caller->space, request->target->hierarchy->host);
		if (ktime_get_ns() >= latest)
			exit.reason = HVP_EXIT_INTERRUPTED;
		else
			status = hvp_vp_run_once(vp, &exit);
	}
	if (!status) {
		atomic64_inc(&vp->exits[exit.reason]);
		trace_hvpart_exit(vp->partition->id, vp->vp.index, &exit, vp->state.rip);
		status = hvp_dispatch_ended(request, vp, &exit);
	}
	/* As far as it has come. */
	hvp_child_vp_show_page(vp);
	return status;
}

static enum hvp_status hvp_dispatch_locked(struct hvp_request *request, struct hvp_child_vp *vp)
{
	enum hvp_status status;
	bool told;

	status = hvp_partition_check_state(request->target, request->row->states);
	if (status)
		return status;
	/* Its parent does not wait for it any more. */
	WRITE_ONCE(vp->blocked, false);
	if (request->in.dispatch_vp.flags & HVP_DISPATCH_CLEAR_INTERCEPT_SUSPEND)
		vp->intercept_suspend = false;
	/* As it was made; only its parent could have set it anew. */
	if (!vp->started) {
		vp->started = true;
		vp->explicit_suspend = false;
	}
	hvp_child_vp_take_page(vp);
	if (hvp_child_vp_is_suspended(vp)) {
		WRITE_ONCE(vp->blocked, true);
		hvp_answer_dispatch(request, HVP_DISPATCH_BLOCKED, HVP_DISPATCH_EVENT_SUSPEND);
		return HVP_STATUS_SUCCESS;
	}
	if (vp->stuck) {
		hvp_tell_intercept(request, vp);
		return HVP_STATUS_SUCCESS;
	}
	if (READ_ONCE(request->target->clock.frozen)) {
		hvp_answer_dispatch(request, HVP_DISPATCH_READY, 0);
		return HVP_STATUS_SUCCESS;
	}
	status = hvp_tell_deliverable(request, vp, &told);
	return status || told ? status : hvp_vp_run(request, vp);
}

/**
 * hvp_dispatch_vp() - HvDispatchVp
 * @request:	the call
 *
 * Contract, virtual processors, section 5.
 *
 * Context: Outside KVM's loop.
 * Return: SUCCESS, or in check order:
 * * INVALID_VP_INDEX: there is none
 * * INVALID_PARAMETER: flags
 * * INVALID_VP_STATE: another vCPU dispatches it, or the thread is to die
 * * INVALID_PARTITION_ID, INVALID_PARTITION_STATE: as it is by now
 * * NO_RESOURCES: the host cannot run it
 */
enum hvp_status hvp_dispatch_vp(struct hvp_request *request)
{
	struct hvp_child_vp *vp;
	enum hvp_status status;

	status = hvp_child_vp_find(request->target, request->in.dispatch_vp.vp_index, &vp);
	if (status)
		return status;
	if (request->in.dispatch_vp.flags & ~HVP_DISPATCH_FLAGS_MASK)
		status = HVP_STATUS_INVALID_PARAMETER;
	else if (READ_ONCE(vp->dispatched))
		status = HVP_STATUS_INVALID_VP_STATE;
	else
		status = hvp_child_vp_lock(vp);
	if (status) {
		hvp_child_vp_put(vp);
		return status;
	}
	trace_hvpart_dispatch(request->target->id, vp->vp.index);
	status = hvp_dispatch_locked(request, vp);
	trace_hvpart_dispatch_done(request->target->id, vp->vp.index, &request->out.dispatch_vp);
	hvp_child_vp_unuse(vp);
	return status;
}

static bool hvp_interrupt_is_well_formed(const struct hvp_assert_interrupt_in *in)
{
	if (in->modes & ~HVP_INTERRUPT_MODES_MASK || in->vtl || in->vector > U8_MAX)
		return false;
	switch (in->type) {
	case HVP_INTERRUPT_FIXED:
	case HVP_INTERRUPT_LOWEST:
		/* The processor keeps those below 16 for itself. */
		return in->vector >= 16;
	case HVP_INTERRUPT_SMI:
	case HVP_INTERRUPT_NMI:
	case HVP_INTERRUPT_INIT:
		/* They have none. */
		return !in->vector;
	case HVP_INTERRUPT_SIPI:
	case HVP_INTERRUPT_EXTINT:
		return true;
	default:
		return false;
	}
}

/**
 * hvp_assert_virtual_interrupt() - HvAssertVirtualInterrupt
 * @request:	the call
 *
 * Does not wait for a virtual processor that runs.
 *
 * Context: Outside KVM's loop.
 * Return: SUCCESS, or in check order:
 * * INVALID_PARAMETER: a field that no interrupt can have
 * * INVALID_PARTITION_ID, INVALID_PARTITION_STATE: as it is by now
 * * INVALID_VP_INDEX: nobody is at that destination
 * * ACKNOWLEDGED: an external interrupt with another vector waits already
 * * NO_RESOURCES: host memory
 */
enum hvp_status hvp_assert_virtual_interrupt(struct hvp_request *request)
{
	const struct hvp_assert_interrupt_in *in = &request->in.assert_virtual_interrupt;
	const struct hvp_machine_ops *machines = request->target->hierarchy->host->machines;
	const struct hvp_interrupt interrupt = {
		.type = in->type,
		.vector = in->vector,
		.logical = in->modes & HVP_INTERRUPT_LOGICAL,
		.level = in->modes & HVP_INTERRUPT_LEVEL,
		.destination = in->destination,
	};
	struct hvp_child *child = &request->target->child;
	int error = -ENOENT;

	if (!hvp_interrupt_is_well_formed(in))
		return HVP_STATUS_INVALID_PARAMETER;
	if (mutex_lock_killable(&child->lock))
		return HVP_STATUS_NO_RESOURCES;
	if (child->machine && in->destination <= U32_MAX)
		error = machines->assert(child->machine, &interrupt);
	mutex_unlock(&child->lock);
	switch (error) {
	case 0:
		trace_hvpart_interrupt(request->target->id, &interrupt);
		return HVP_STATUS_SUCCESS;
	case -ENOENT:
		return hvp_no_child_vp(request->target);
	case -EBUSY:
		return HVP_STATUS_ACKNOWLEDGED;
	default:
		return HVP_STATUS_NO_RESOURCES;
	}
}
