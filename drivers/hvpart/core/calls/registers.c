// SPDX-License-Identifier: GPL-2.0
/* HvGetVpRegisters, HvSetVpRegisters. */

#include <linux/sched.h>
#include "../call/request.h"
#include "../call/table.h"
#include "../partition.h"
#include "../vp/register_table.h"
#include "../vp/signals.h"

/* Those that are the virtual processor's own. */
static u64 hvp_own_register(const struct hvp_child_vp *vp, u32 number)
{
	switch (number) {
	case HVP_REGISTER_EXPLICIT_SUSPEND:
		return vp->explicit_suspend;
	case HVP_REGISTER_INTERCEPT_SUSPEND:
		return vp->intercept_suspend;
	case HVP_REGISTER_DISPATCH_SUSPEND:
		return vp->dispatch_suspend;
	case HVP_REGISTER_DELIVERABILITY_NOTIFICATIONS:
		return vp->notify;
	case HVP_REGISTER_INITIAL_APIC_ID:
	case HVP_REGISTER_APIC_ID:
		return vp->vp.index;
	case HVP_REGISTER_VP_ROOT_SIGNAL_COUNT:
		return atomic64_read(&vp->signals);
	default:
		/* The end of a message is nothing that is kept, and there is no shadow stack. */
		return 0;
	}
}

static void hvp_set_own_register(struct hvp_child_vp *vp, u32 number, u64 value)
{
	switch (number) {
	case HVP_REGISTER_EXPLICIT_SUSPEND:
		vp->explicit_suspend = value;
		break;
	case HVP_REGISTER_INTERCEPT_SUSPEND:
		vp->intercept_suspend = value;
		break;
	case HVP_REGISTER_DISPATCH_SUSPEND:
		hvp_signal_suspend(vp, value);
		break;
	case HVP_REGISTER_DELIVERABILITY_NOTIFICATIONS:
		vp->notify = value;
		break;
	default:
		/* A snapshot is restored with what was read. */
		break;
	}
}

static enum hvp_status hvp_get_register(struct hvp_child_vp *vp, u32 number, u64 value[2])
{
	const struct hvp_register_row *row = hvp_register_row(number);
	enum hvp_status status;

	if (!row)
		return HVP_STATUS_INVALID_PARAMETER;
	if (row->group == HVP_VP_OWN) {
		value[0] = hvp_own_register(vp, number);
		value[1] = 0;
		return HVP_STATUS_SUCCESS;
	}
	status = hvp_child_vp_want(vp, BIT(row->group));
	if (!status)
		hvp_register_get(row, &vp->state, value);
	return status;
}

static bool hvp_own_register_takes(const struct hvp_child_vp *vp, u32 number, u64 value)
{
	switch (number) {
	case HVP_REGISTER_DELIVERABILITY_NOTIFICATIONS:
		/* A parent that leaves interrupts to its child's LAPIC has none to wait for. */
		return !value || !(vp->partition->creation.flags & HVP_CREATE_LAPIC);
	case HVP_REGISTER_INITIAL_APIC_ID:
	case HVP_REGISTER_APIC_ID:
		return value == vp->vp.index;
	default:
		return true;
	}
}

static enum hvp_status hvp_set_register(struct hvp_child_vp *vp,
					const struct hvp_register_assoc *assoc)
{
	const struct hvp_register_row *row = hvp_register_row(assoc->name);
	const u64 value[2] = { assoc->value.word[0], assoc->value.word[1] };
	enum hvp_status status;

	if (!row)
		return HVP_STATUS_INVALID_PARAMETER;
	status = hvp_register_check(row, value);
	if (status)
		return status;
	if (row->group == HVP_VP_OWN) {
		if (!hvp_own_register_takes(vp, assoc->name, value[0]))
			return HVP_STATUS_INVALID_PARAMETER;
		hvp_set_own_register(vp, assoc->name, value[0]);
		return HVP_STATUS_SUCCESS;
	}
	/* A group is given as a whole. */
	status = hvp_child_vp_want(vp, BIT(row->group));
	if (!status)
		status = hvp_register_set(row, &vp->state, value);
	if (!status) {
		vp->changed |= BIT(row->group);
		vp->stuck = false;
	}
	return status;
}

/* The virtual processor that the input names, with what its parent has written to its page. */
static enum hvp_status hvp_registers_of(const struct hvp_request *request,
					const struct hvp_vp_in *in, struct hvp_child_vp **vp)
{
	enum hvp_status status = hvp_child_vp_use(request->target, in->vp_index, vp);

	if (status)
		return status;
	if (in->vtl) {
		hvp_child_vp_unuse(*vp);
		return HVP_STATUS_INVALID_PARAMETER;
	}
	hvp_child_vp_take_page(*vp);
	return HVP_STATUS_SUCCESS;
}

/**
 * hvp_get_vp_registers() - HvGetVpRegisters
 * @request:	the call
 *
 * Contract, virtual processors, section 4.
 *
 * Context: Outside KVM's loop.
 * Return: SUCCESS, or in check order:
 * * INVALID_PARTITION_ID, INVALID_PARTITION_STATE: as it is by now
 * * INVALID_VP_INDEX: there is none
 * * INVALID_VP_STATE: the thread is to die before it comes back from a run
 * * INVALID_PARAMETER: another VTL; for each element: no such register
 * * NO_RESOURCES: host memory
 */
enum hvp_status hvp_get_vp_registers(struct hvp_request *request)
{
	struct hvp_register_value *values = request->out_list;
	const u32 *names = request->in_list;
	struct hvp_child_vp *vp;
	enum hvp_status status;

	status = hvp_registers_of(request, &request->in.get_vp_registers, &vp);
	if (status)
		return status;
	if (!names || !values)
		status = HVP_STATUS_NO_RESOURCES;
	while (!status && request->reps_done < request->rep_count) {
		u64 value[2];

		status = hvp_get_register(vp, names[request->reps_done], value);
		if (status)
			break;
		values[request->reps_done].word[0] = value[0];
		values[request->reps_done].word[1] = value[1];
		request->reps_done++;
	}
	hvp_child_vp_unuse(vp);
	return status;
}

/**
 * hvp_set_vp_registers() - HvSetVpRegisters
 * @request:	the call
 *
 * Context: Outside KVM's loop.
 * Return: SUCCESS, or in check order:
 * * what hvp_child_vp_use() returns
 * * INVALID_PARAMETER: another VTL; for each element: no such register, one that cannot be
 *   set, a value that none can have
 * * NO_RESOURCES: host memory
 */
enum hvp_status hvp_set_vp_registers(struct hvp_request *request)
{
	const struct hvp_register_assoc *assocs = request->in_list;
	struct hvp_child_vp *vp;
	enum hvp_status status;

	status = hvp_registers_of(request, &request->in.set_vp_registers, &vp);
	if (status)
		return status;
	if (!assocs)
		status = HVP_STATUS_NO_RESOURCES;
	while (!status && request->reps_done < request->rep_count) {
		status = hvp_set_register(vp, &assocs[request->reps_done]);
		if (!status)
			request->reps_done++;
	}
	hvp_signal(vp);
	hvp_child_vp_show_page(vp);
	hvp_child_vp_unuse(vp);
	return status;
}
