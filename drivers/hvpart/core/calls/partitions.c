// SPDX-License-Identifier: GPL-2.0
/*
 * The calls by which partitions come and go: create, initialize, finalize,
 * delete; and those that ask who is there.
 *
 * Each looks, allocates and frees without a lock; what it changes, it changes
 * in one go under the locks of the partitions concerned, after the last check
 * that can fail.
 */

#include "../../trace.h"
#include "../active.h"
#include "../call/request.h"
#include "../call/table.h"
#include "../hierarchy.h"
#include "../memory/proximity.h"
#include "../partition.h"
#include "../space.h"
#include "../stats_page.h"
#include "../vp/asked.h"

static enum hvp_status hvp_check_creation(const struct hvp_create_partition_in *in)
{
	if (in->flags & ~HVP_CREATE_DEFINED_FLAGS)
		return HVP_STATUS_INVALID_PARAMETER;
	if (!hvp_proximity_well_formed(in->proximity))
		return HVP_STATUS_INVALID_PARAMETER;
	/* Isolated partitions are not offered. */
	if (in->isolation)
		return HVP_STATUS_INVALID_PARAMETER;
	return HVP_STATUS_SUCCESS;
}

/*
 * The part of HvCreatePartition that is one step for everybody else.  The host's
 * memory, of which @child is NULL for want, counts after the caller's balance.
 * @raced: another vCPU has taken @id, so try again with the next one.
 */
static enum hvp_status hvp_add_child(struct hvp_partition *parent, struct hvp_partition *child,
				     struct hvp_proximity proximity, u64 id, bool *raced)
{
	unsigned int pages = hvp_partition_pages();
	enum hvp_status status = HVP_STATUS_SUCCESS;

	spin_lock(&parent->lock);
	if (!hvp_pool_can_pay(&parent->pool, pages, proximity)) {
		status = HVP_STATUS_INSUFFICIENT_MEMORY;
	} else if (!child) {
		status = HVP_STATUS_NO_RESOURCES;
	} else if (hvp_hierarchy_publish(parent->hierarchy, id, child)) {
		hvp_partition_charge(parent, HVP_USE_CHILDREN, pages, proximity,
				     &child->paid_by_parent);
		trace_hvpart_created(id, parent->id, child->creation.flags);
		list_add_tail(&child->sibling, &parent->children);
	} else {
		*raced = true;
	}
	spin_unlock(&parent->lock);
	return status;
}

/**
 * hvp_create_partition() - HvCreatePartition
 * @request:	the call
 *
 * Return: SUCCESS, or in check order:
 * * INVALID_PARAMETER: undefined flag; bad proximity; isolation asked for
 * * PARTITION_TOO_DEEP: the caller is at the deepest level allowed
 * * INSUFFICIENT_MEMORY: the caller's pool cannot pay
 * * NO_RESOURCES: the VM's limit of partitions, or host memory
 */
enum hvp_status hvp_create_partition(struct hvp_request *request)
{
	const struct hvp_create_partition_in *in = &request->in.create_partition;
	struct hvp_partition *parent = request->caller;
	struct hvp_hierarchy *hierarchy = parent->hierarchy;
	const struct hvp_creation creation = {
		.flags = in->flags,
		.proximity = in->proximity,
		.compatibility_version = in->compatibility_version,
		.disabled_processor_features = {
			in->disabled_processor_features[0],
			in->disabled_processor_features[1],
		},
		.disabled_xsave_features = in->disabled_xsave_features,
	};
	struct hvp_partition *child = NULL;
	enum hvp_status status;
	bool within_limit;
	bool raced;
	u64 id = 0;	/* for as long as there is no child to have one */

	status = hvp_check_creation(in);
	if (status)
		return status;
	if (parent->depth >= READ_ONCE(hierarchy->limits->depth))
		return HVP_STATUS_PARTITION_TOO_DEEP;

	within_limit = hvp_hierarchy_reserve_partition(hierarchy);
	if (within_limit)
		child = hvp_partition_alloc(hierarchy, parent, &creation);
	/* What will be deposited to it is its parent's. */
	if (child)
		child->pool.guest = parent->space->guest;
	do {
		raced = false;
		if (child && hvp_hierarchy_prepare_id(hierarchy, &id)) {
			hvp_partition_put(child);
			child = NULL;
		}
		status = hvp_add_child(parent, child, creation.proximity, id, &raced);
	} while (raced);

	if (status) {
		hvp_partition_put(child);
		if (within_limit)
			hvp_hierarchy_release_partition(hierarchy);
		return status;
	}
	if (hierarchy->watcher)
		hierarchy->watcher->created(hierarchy->watcher, id);
	request->out.create_partition.partition_id = id;
	return HVP_STATUS_SUCCESS;
}

/* As hvp_add_child(): @active is NULL if the host had no memory for it. */
static enum hvp_status hvp_activate(struct hvp_partition *target, u8 allowed,
				    struct hvp_active *active)
{
	struct hvp_proximity proximity = target->creation.proximity;
	unsigned int pages = hvp_active_pages();
	enum hvp_status status;

	spin_lock(&target->lock);
	status = hvp_partition_check_state(target, allowed);
	if (!status && !hvp_pool_can_pay(&target->pool, pages, proximity))
		status = HVP_STATUS_INSUFFICIENT_MEMORY;
	if (!status && !active)
		status = HVP_STATUS_NO_RESOURCES;
	if (!status) {
		hvp_partition_charge(target, HVP_USE_PARTITION, pages, proximity,
				     &active->charge);
		target->active = active;
		hvp_child_start(target);
		hvp_partition_set_state(target, HVP_STATE_ACTIVE);
		atomic_inc(&target->parent->active_children);
	}
	spin_unlock(&target->lock);
	return status;
}

/**
 * hvp_initialize_partition() - HvInitializePartition
 * @request:	the call
 *
 * Return: SUCCESS, or in check order:
 * * INVALID_PARTITION_ID: deleted by another vCPU in the meantime
 * * INVALID_PARTITION_STATE: not uninitialized any more
 * * INSUFFICIENT_MEMORY: the target's pool cannot pay
 * * NO_RESOURCES: host memory
 */
enum hvp_status hvp_initialize_partition(struct hvp_request *request)
{
	struct hvp_partition *target = request->target;
	struct hvp_active *active;
	enum hvp_status status;

	active = hvp_active_alloc(target->creation.proximity);
	status = hvp_activate(target, request->row->states, active);
	if (status)
		hvp_active_free(active);
	return status;
}

/* From now on nothing of it is used anew.  What has run waits to be stopped, outside. */
static enum hvp_status hvp_begin_to_finalize(struct hvp_request *request)
{
	struct hvp_partition *target = request->target;
	struct hvp_partition *parent = request->caller;
	enum hvp_status status;

	hvp_partition_lock_both(parent, target);
	status = hvp_partition_check_state(target, request->row->states);
	if (!status && !list_empty(&target->children))
		status = HVP_STATUS_OPERATION_DENIED;
	if (!status && target->child.begun && !request->outside)
		status = HVP_STATUS_OUTSIDE;
	if (!status && target->state == HVP_STATE_ACTIVE) {
		hvp_partition_set_state(target, HVP_STATE_FINALIZING);
		atomic_dec(&parent->active_children);
	}
	hvp_partition_unlock_both(parent, target);
	return status;
}

/**
 * hvp_finalize_partition() - HvFinalizePartition
 * @request:	the call
 *
 * Return: SUCCESS, or in check order:
 * * INVALID_PARTITION_ID: deleted by another vCPU in the meantime
 * * INVALID_PARTITION_STATE: not active or finalizing any more
 * * OPERATION_DENIED: it has children
 */
enum hvp_status hvp_finalize_partition(struct hvp_request *request)
{
	struct hvp_partition *target = request->target;
	struct hvp_partition *parent = request->caller;
	struct hvp_rule_block *rules = NULL;
	struct hvp_active *active = NULL;
	enum hvp_status status;
	struct hvp_port *port;
	LIST_HEAD(unmapped);
	LIST_HEAD(ports);

	status = hvp_begin_to_finalize(request);
	if (status)
		return status;
	if (target->child.begun && !hvp_vps_stop(request))
		return HVP_STATUS_INVALID_PARTITION_STATE;

	hvp_partition_lock_both(parent, target);
	/* Another vCPU may have done it. */
	status = hvp_partition_check_state(target, HVP_IN_FINALIZING);
	if (!status) {
		hvp_stats_pages_unmap_locked(target, &unmapped);
		hvp_map_uncharge_all(target);
		rules = hvp_rules_take(target, &target->child.rules);
		hvp_doorbells_disconnect(target);
		hvp_ports_take_all(target, &ports);
		list_for_each_entry(port, &ports, node)
			hvp_partition_uncharge(target, HVP_USE_PORTS, &port->charge);
		active = target->active;
		target->active = NULL;
		if (active)
			hvp_partition_uncharge(target, HVP_USE_PARTITION, &active->charge);
		hvp_partition_set_state(target, HVP_STATE_FINALIZED);
	}
	hvp_partition_unlock_both(parent, target);

	if (!status)
		hvp_child_empty_map(target);
	hvp_rules_free(rules);
	hvp_stats_pages_free(request->caller, request->guest, &unmapped);
	hvp_ports_free(&ports);
	hvp_active_free(active);
	return status;
}

/**
 * hvp_delete_partition() - HvDeletePartition
 * @request:	the call
 *
 * Return: SUCCESS, or in check order:
 * * INVALID_PARTITION_ID: deleted by another vCPU in the meantime
 * * INVALID_PARTITION_STATE: not uninitialized or finalized any more
 * * OPERATION_DENIED: its pool is not empty
 */
enum hvp_status hvp_delete_partition(struct hvp_request *request)
{
	struct hvp_partition *target = request->target;
	struct hvp_partition *parent = request->caller;
	struct hvp_hierarchy *hierarchy = parent->hierarchy;
	struct hvp_balance balance;
	enum hvp_status status;

	hvp_partition_lock_both(parent, target);
	status = hvp_partition_check_state(target, request->row->states);
	balance = hvp_pool_balance(&target->pool, HVP_PROXIMITY_ANY);
	if (!status && (balance.available || balance.in_use))
		status = HVP_STATUS_OPERATION_DENIED;
	if (!status) {
		hvp_partition_set_state(target, HVP_STATE_DELETED);
		hvp_partition_uncharge(parent, HVP_USE_CHILDREN, &target->paid_by_parent);
		list_del_init(&target->sibling);
		hvp_hierarchy_unpublish(hierarchy, target);
	}
	hvp_partition_unlock_both(parent, target);
	if (status)
		return status;

	hvp_hierarchy_release_partition(hierarchy);
	if (hierarchy->watcher)
		hierarchy->watcher->deleted(hierarchy->watcher, target->id);
	/* The hierarchy's reference; the request still has its own. */
	hvp_partition_put(target);
	return HVP_STATUS_SUCCESS;
}

/**
 * hvp_get_partition_id() - HvGetPartitionId
 * @request:	the call
 *
 * Return: SUCCESS.
 */
enum hvp_status hvp_get_partition_id(struct hvp_request *request)
{
	request->out.get_partition_id.partition_id = request->caller->id;
	return HVP_STATUS_SUCCESS;
}

/**
 * hvp_get_next_child_partition() - HvGetNextChildPartition
 * @request:	the call
 *
 * Return: SUCCESS, or in check order:
 * * INVALID_PARTITION_ID: the previous child is not 0 and not a child
 */
enum hvp_status hvp_get_next_child_partition(struct hvp_request *request)
{
	u64 previous_id = request->in.get_next_child_partition.previous_child_id;
	struct hvp_partition *parent = request->target;
	struct hvp_partition *previous = NULL;
	struct hvp_partition *next;
	enum hvp_status status = HVP_STATUS_SUCCESS;

	if (previous_id)
		previous = hvp_hierarchy_find(parent->hierarchy, previous_id);

	spin_lock(&parent->lock);
	if (!previous_id) {
		next = list_first_entry_or_null(&parent->children, struct hvp_partition,
						sibling);
	} else if (!previous || previous->parent != parent ||
		   list_empty(&previous->sibling)) {
		next = NULL;
		status = HVP_STATUS_INVALID_PARTITION_ID;
	} else {
		next = list_is_last(&previous->sibling, &parent->children) ?
		       NULL : list_next_entry(previous, sibling);
	}
	request->out.get_next_child_partition.partition_id = next ? next->id : 0;
	spin_unlock(&parent->lock);

	hvp_partition_put(previous);
	return status;
}
