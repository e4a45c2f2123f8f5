// SPDX-License-Identifier: GPL-2.0
/*
 * HvGetVpState, HvSetVpState: what of a virtual processor is in no register, or in too many.
 *
 * All of it is copied: from a page of the caller's before anything looks at it, and to one
 * when it is whole.
 */

#include <linux/slab.h>
#include "../call/request.h"
#include "../call/table.h"
#include "../hierarchy.h"
#include "../memory/caches.h"
#include "../partition.h"
#include "../vp/signals.h"
#include "../vp/vp.h"
#include "../xsave.h"

/* The MSRs SIMP and SIEFP: the page is enabled. */
#define HVP_SYNIC_PAGE_ENABLED	BIT_ULL(0)

/* Components that there are without XSAVE, too: Linux's mshv driver always asks for them. */
#define HVP_LEGACY_STATES	GENMASK_ULL(1, 0)

static_assert(HVP_XSAVE_BYTES == HVP_PAGE_SIZE, "an XSAVE area is a page of the caller's");

/**
 * struct hvp_vp_state_access - a call of these on its way
 * @request:	the call
 * @in:		its fixed input
 * @vp:		the virtual processor, locked
 * @page:	a page of memory: what is in the caller's page, or is to be; NULL if the state
 *		is in the call itself
 */
struct hvp_vp_state_access {
	struct hvp_request *request;
	const struct hvp_vp_state_in *in;
	struct hvp_child_vp *vp;
	void *page;
};

static const struct hvp_machine_ops *hvp_machines(const struct hvp_vp_state_access *access)
{
	return access->vp->partition->hierarchy->host->machines;
}

static const struct hvp_processor *hvp_processor(const struct hvp_vp_state_access *access)
{
	return access->vp->partition->hierarchy->host->processor;
}

/* -EINVAL is the caller's fault, all else the host's. */
static enum hvp_status hvp_state_status(int error)
{
	if (error == -EINVAL)
		return HVP_STATUS_INVALID_PARAMETER;
	return error ? HVP_STATUS_NO_RESOURCES : HVP_STATUS_SUCCESS;
}

/* The mode of the LAPIC, on which its ID depends, is in SPECIAL. */
static enum hvp_status hvp_get_lapic(struct hvp_vp_state_access *access)
{
	enum hvp_status status = hvp_child_vp_settle(access->vp, BIT(HVP_VP_SPECIAL));

	if (status)
		return status;
	return hvp_state_status(hvp_machines(access)->get_lapic(access->vp->machine,
								access->page));
}

static enum hvp_status hvp_set_lapic(struct hvp_vp_state_access *access)
{
	enum hvp_status status = hvp_child_vp_settle(access->vp, BIT(HVP_VP_SPECIAL));

	if (status)
		return status;
	return hvp_state_status(hvp_machines(access)->set_lapic(access->vp->machine,
								access->page));
}

static u64 hvp_known_states(const struct hvp_vp_state_access *access)
{
	return HVP_LEGACY_STATES |
	       hvp_xsave_states(hvp_processor(access),
				access->vp->partition->creation.disabled_xsave_features);
}

static bool hvp_xsave_is_well_formed(const struct hvp_vp_state_access *access)
{
	return !access->in->xsave_flags && !(access->in->xsave_states & ~hvp_known_states(access));
}

/* As the machine has it, what registers have set included.  @area: HVP_XSAVE_BYTES, freed */
static enum hvp_status hvp_read_xsave(struct hvp_vp_state_access *access, void **area)
{
	enum hvp_status status = hvp_child_vp_settle(access->vp, BIT(HVP_VP_FLOAT));

	if (status)
		return status;
	*area = kmalloc(HVP_XSAVE_BYTES, HVP_GFP);
	if (!*area)
		return HVP_STATUS_NO_RESOURCES;
	status = hvp_state_status(hvp_machines(access)->get_xsave(access->vp->machine, *area));
	if (status)
		kfree(*area);
	return status;
}

/*
 * Of what is asked for, the parent gets what its child has enabled.  A client takes an area to
 * pieces by its own CPUID, and asks for all that the partition can have: what the client's
 * processor does not have, its child has been told that it has not, and does not enable.
 */
static enum hvp_status hvp_get_xsave(struct hvp_vp_state_access *access)
{
	u64 states = access->in->xsave_states;
	enum hvp_status status;
	void *area;

	if (!hvp_xsave_is_well_formed(access))
		return HVP_STATUS_INVALID_PARAMETER;
	status = hvp_child_vp_want(access->vp, BIT(HVP_VP_XCR));
	if (!status)
		status = hvp_read_xsave(access, &area);
	if (status)
		return status;
	states &= HVP_LEGACY_STATES | access->vp->state.xfem;
	hvp_xsave_compact(hvp_processor(access), states, area, access->page);
	kfree(area);
	return HVP_STATUS_SUCCESS;
}

static enum hvp_status hvp_set_xsave(struct hvp_vp_state_access *access)
{
	struct hvp_child_vp *vp = access->vp;
	enum hvp_status status;
	void *area;

	if (!hvp_xsave_is_well_formed(access))
		return HVP_STATUS_INVALID_PARAMETER;
	status = hvp_read_xsave(access, &area);
	if (status)
		return status;
	if (hvp_xsave_expand(hvp_processor(access), hvp_known_states(access),
			     access->in->xsave_states, access->page, area))
		status = hvp_state_status(hvp_machines(access)->set_xsave(vp->machine, area));
	else
		status = HVP_STATUS_INVALID_PARAMETER;
	kfree(area);
	if (!status) {
		/* What registers have set, and no processor could take, is gone with the rest. */
		vp->changed &= ~BIT(HVP_VP_FLOAT);
		vp->known &= ~BIT(HVP_VP_FLOAT);
	}
	return status;
}

/* Is there one that the child may access so?  It is where the child has put it. */
static bool hvp_synic_page(struct hvp_vp_state_access *access, u64 msr, u32 rights, u64 *gpa)
{
	struct hvp_gpa_map *map = &access->request->target->child.map;
	struct hvp_gpa_page page;

	if (!(msr & HVP_SYNIC_PAGE_ENABLED) ||
	    !hvp_gpa_map_contains(map, msr >> HVP_PAGE_SHIFT, 1))
		return false;
	hvp_gpa_map_find(map, msr >> HVP_PAGE_SHIFT, &page);
	*gpa = page.source << HVP_PAGE_SHIFT;
	return page.kind == HVP_GPA_MAPPED && (page.rights & rights) == rights;
}

static void hvp_read_synic_page(struct hvp_vp_state_access *access, u64 msr)
{
	struct hvp_guest *guest = access->request->guest;
	u64 gpa;

	if (!hvp_synic_page(access, msr, HVP_MAP_READ, &gpa) ||
	    guest->ops->read(guest, gpa, access->page, HVP_PAGE_SIZE))
		memset(access->page, 0, HVP_PAGE_SIZE);
}

/* Where there is none, as in a child that does not use it, there is nothing to be set. */
static void hvp_write_synic_page(struct hvp_vp_state_access *access, u64 msr)
{
	struct hvp_guest *guest = access->request->guest;
	u64 gpa;

	if (hvp_synic_page(access, msr, HVP_MAP_READ | HVP_MAP_WRITE, &gpa))
		guest->ops->write(guest, gpa, access->page, HVP_PAGE_SIZE);
}

/* A page of the synthetic interrupt controller is in the child's own memory. */
static enum hvp_status hvp_synic_state(struct hvp_vp_state_access *access, enum hvp_vp_msr msr,
				       void (*copy)(struct hvp_vp_state_access *access, u64 msr))
{
	enum hvp_status status = hvp_child_vp_want(access->vp, BIT(HVP_VP_MSRS));

	if (!status)
		copy(access, access->vp->state.msrs[msr]);
	return status;
}

static enum hvp_status hvp_get_sim(struct hvp_vp_state_access *access)
{
	return hvp_synic_state(access, HVP_VP_MSR_SIMP, hvp_read_synic_page);
}

static enum hvp_status hvp_set_sim(struct hvp_vp_state_access *access)
{
	return hvp_synic_state(access, HVP_VP_MSR_SIMP, hvp_write_synic_page);
}

static enum hvp_status hvp_get_sief(struct hvp_vp_state_access *access)
{
	return hvp_synic_state(access, HVP_VP_MSR_SIEFP, hvp_read_synic_page);
}

static enum hvp_status hvp_set_sief(struct hvp_vp_state_access *access)
{
	return hvp_synic_state(access, HVP_VP_MSR_SIEFP, hvp_write_synic_page);
}

/* Configuration and count of timer n are two MSRs, one behind the other. */
#define HVP_TIMER_CONFIG(n)	(HVP_VP_MSR_STIMER0_CONFIG + 2 * (n))
#define HVP_TIMER_COUNT(n)	(HVP_VP_MSR_STIMER0_COUNT + 2 * (n))

static_assert(HVP_TIMER_COUNT(HVP_TIMERS - 1) == HVP_VP_MSR_STIMER3_COUNT, "timers");

static enum hvp_status hvp_get_timers(struct hvp_vp_state_access *access)
{
	struct hvp_timers *timers = &access->request->out.get_vp_state;
	enum hvp_status status = hvp_child_vp_want(access->vp, BIT(HVP_VP_MSRS));
	unsigned int i;

	for (i = 0; !status && i < HVP_TIMERS; i++) {
		timers->timers[i].config = access->vp->state.msrs[HVP_TIMER_CONFIG(i)];
		timers->timers[i].count = access->vp->state.msrs[HVP_TIMER_COUNT(i)];
	}
	return status;
}

static enum hvp_status hvp_set_timers(struct hvp_vp_state_access *access)
{
	const struct hvp_timers *timers = access->request->header;
	struct hvp_child_vp *vp = access->vp;
	enum hvp_status status;
	unsigned int i;

	for (i = 0; i < HVP_TIMERS; i++) {
		if (timers->timers[i].flags & ~HVP_TIMER_MESSAGE_PENDING)
			return HVP_STATUS_INVALID_PARAMETER;
	}
	status = hvp_child_vp_want(vp, BIT(HVP_VP_MSRS));
	if (status)
		return status;
	for (i = 0; i < HVP_TIMERS; i++) {
		vp->state.msrs[HVP_TIMER_CONFIG(i)] = timers->timers[i].config;
		vp->state.msrs[HVP_TIMER_COUNT(i)] = timers->timers[i].count;
	}
	vp->changed |= BIT(HVP_VP_MSRS);
	return HVP_STATUS_SUCCESS;
}

/* A kind of state: how it is read and set, and how much of it is in the call, else in a page. */
static const struct hvp_vp_state_kind {
	u32 type;
	unsigned int bytes;
	enum hvp_status (*get)(struct hvp_vp_state_access *access);
	enum hvp_status (*set)(struct hvp_vp_state_access *access);
} kinds[] = {
	{ HVP_VP_STATE_LAPIC, 0, hvp_get_lapic, hvp_set_lapic },
	{ HVP_VP_STATE_XSAVE, 0, hvp_get_xsave, hvp_set_xsave },
	{ HVP_VP_STATE_SIM_PAGE, 0, hvp_get_sim, hvp_set_sim },
	{ HVP_VP_STATE_SIEF_PAGE, 0, hvp_get_sief, hvp_set_sief },
	{ HVP_VP_STATE_TIMERS, sizeof(struct hvp_timers), hvp_get_timers, hvp_set_timers },
};

/* The kind that the input names, if its variable header is as long as it has to be. */
static const struct hvp_vp_state_kind *hvp_vp_state_kind(const struct hvp_vp_state_access *access,
							 bool set)
{
	unsigned int size = access->request->header_size;
	const struct hvp_vp_state_kind *kind;

	if (access->in->vtl)
		return NULL;
	for (kind = kinds; kind < kinds + ARRAY_SIZE(kinds); kind++) {
		if (kind->type != access->in->type)
			continue;
		if (kind->bytes)
			return size == (set ? kind->bytes : 0) ? kind : NULL;
		return size == sizeof(u64) ? kind : NULL;
	}
	return NULL;
}

/* The state is in the page of the caller's that the variable header names. */
static enum hvp_status hvp_page_state(struct hvp_vp_state_access *access,
				      const struct hvp_vp_state_kind *kind, bool set)
{
	struct hvp_request *request = access->request;
	struct hvp_guest *guest = request->guest;
	u64 gfn = *(const u64 *)request->header;
	u64 gpa = gfn << HVP_PAGE_SHIFT;
	enum hvp_status status;

	if (!hvp_vp_addresses(request->vp, gfn, 1))
		return HVP_STATUS_INVALID_PARAMETER;
	access->page = kzalloc(HVP_PAGE_SIZE, HVP_GFP);
	if (!access->page)
		return HVP_STATUS_NO_RESOURCES;
	if (set && guest->ops->read(guest, gpa, access->page, HVP_PAGE_SIZE))
		status = HVP_STATUS_OPERATION_DENIED;
	else
		status = set ? kind->set(access) : kind->get(access);
	if (!set && !status && guest->ops->write(guest, gpa, access->page, HVP_PAGE_SIZE))
		status = HVP_STATUS_OPERATION_DENIED;
	kfree(access->page);
	return status;
}

static enum hvp_status hvp_vp_state_locked(struct hvp_vp_state_access *access, bool set)
{
	const struct hvp_vp_state_kind *kind = hvp_vp_state_kind(access, set);
	struct hvp_request *request = access->request;
	enum hvp_status status;

	if (!kind)
		return HVP_STATUS_INVALID_PARAMETER;
	if (request->header_size && !request->header)
		return HVP_STATUS_NO_RESOURCES;
	hvp_child_vp_take_page(access->vp);
	if (!kind->bytes)
		status = hvp_page_state(access, kind, set);
	else
		status = set ? kind->set(access) : kind->get(access);
	if (set && !status) {
		access->vp->stuck = false;
		hvp_signal(access->vp);
		hvp_child_vp_show_page(access->vp);
	}
	return status;
}

static enum hvp_status hvp_vp_state(struct hvp_request *request, bool set)
{
	/* The inputs of both calls are the same. */
	struct hvp_vp_state_access access = {
		.request = request,
		.in = &request->in.get_vp_state,
	};
	enum hvp_status status = hvp_child_vp_use(request->target, access.in->vp_index,
						  &access.vp);

	if (status)
		return status;
	status = hvp_vp_state_locked(&access, set);
	hvp_child_vp_unuse(access.vp);
	return status;
}

/**
 * hvp_get_vp_state() - HvGetVpState
 * @request:	the call
 *
 * Contract, virtual processors, section 4.
 *
 * Context: Outside KVM's loop.
 * Return: SUCCESS, or in check order:
 * * what hvp_child_vp_use() returns
 * * INVALID_PARAMETER: another VTL or type; a variable header of another size; a page beyond
 *   the caller's addresses; of XSAVE, flags, or a component that there is not
 * * NO_RESOURCES: host memory
 * * OPERATION_DENIED: the page cannot be written to
 */
enum hvp_status hvp_get_vp_state(struct hvp_request *request)
{
	return hvp_vp_state(request, false);
}

/**
 * hvp_set_vp_state() - HvSetVpState
 * @request:	the call
 *
 * Context: Outside KVM's loop.
 * Return: SUCCESS, or in check order:
 * * what hvp_child_vp_use() returns; INVALID_PARAMETER: as hvp_get_vp_state()
 * * NO_RESOURCES: host memory
 * * OPERATION_DENIED: the page cannot be read
 * * INVALID_PARAMETER: no processor can have that state
 */
enum hvp_status hvp_set_vp_state(struct hvp_request *request)
{
	return hvp_vp_state(request, true);
}
