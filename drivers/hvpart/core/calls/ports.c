// SPDX-License-Identifier: GPL-2.0
/*
 * HvCreatePort, HvConnectPort, HvDisconnectPort, HvDeletePort, HvNotifyPortRingEmpty: ports of
 * type doorbell, which a partition has, and which a child of its own is connected to.
 *
 * A port is remembered with its child's ID: the child may go, and the port stays.
 */

#include <linux/math.h>
#include "../call/request.h"
#include "../call/table.h"
#include "../hierarchy.h"
#include "../memory/caches.h"
#include "../memory/proximity.h"
#include "../partition.h"
#include "../space.h"
#include "../vp/signals.h"

#define HVP_SINTS	16

static bool hvp_port_id_is_valid(u32 id)
{
	return id && id <= HVP_HIGHEST_PORT_ID;
}

/* Is the ID one of a child of the caller's that is active?  Checks 9 and 10, once more. */
static enum hvp_status hvp_check_child(struct hvp_partition *caller, u64 id)
{
	struct hvp_partition *child;
	enum hvp_status status;

	if (id == HVP_PARTITION_ID_SELF)
		return HVP_STATUS_ACCESS_DENIED;
	child = hvp_hierarchy_find(caller->hierarchy, id);
	if (!child)
		return HVP_STATUS_INVALID_PARTITION_ID;
	status = child->parent == caller ? hvp_partition_check_state(child, HVP_IN_ACTIVE) :
					   HVP_STATUS_ACCESS_DENIED;
	hvp_partition_put(child);
	return status;
}

/* Is the ID the caller's? */
static enum hvp_status hvp_check_self(struct hvp_partition *caller, u64 id)
{
	struct hvp_partition *other;

	if (id == HVP_PARTITION_ID_SELF || id == caller->id)
		return HVP_STATUS_SUCCESS;
	other = hvp_hierarchy_find(caller->hierarchy, id);
	hvp_partition_put(other);
	return other ? HVP_STATUS_ACCESS_DENIED : HVP_STATUS_INVALID_PARTITION_ID;
}

static unsigned int hvp_port_pages(void)
{
	return DIV_ROUND_UP(hvp_cache_object_size(HVP_CACHE_PORT), HVP_PAGE_SIZE);
}

static enum hvp_status hvp_port_add_locked(struct hvp_request *request, struct hvp_port *port)
{
	const struct hvp_create_port_in *in = &request->in.create_port;
	struct hvp_partition *target = request->target;
	struct hvp_doorbells *doorbells = &target->space->doorbells;
	enum hvp_status status;

	status = hvp_partition_check_state(target, HVP_IN_ACTIVE);
	if (status)
		return status;
	if (!hvp_port_id_is_valid(in->port_id) || hvp_port_find(target, in->port_id))
		return HVP_STATUS_INVALID_PORT_ID;
	if (!hvp_pool_can_pay(&target->pool, hvp_port_pages(), in->proximity))
		return HVP_STATUS_INSUFFICIENT_MEMORY;
	if (!port || doorbells->count >= READ_ONCE(target->hierarchy->limits->ports))
		return HVP_STATUS_NO_RESOURCES;
	hvp_partition_charge(target, HVP_USE_PORTS, hvp_port_pages(), in->proximity,
			     &port->charge);
	port->id = in->port_id;
	port->child_id = in->connection_partition_id;
	INIT_LIST_HEAD(&port->connected);
	INIT_LIST_HEAD(&port->waiting);
	list_add_tail(&port->node, &target->ports);
	doorbells->count++;
	return HVP_STATUS_SUCCESS;
}

/**
 * hvp_create_port() - HvCreatePort
 * @request:	the call
 *
 * Contract, virtual processors, section 4.
 *
 * Return: SUCCESS, or in check order:
 * * INVALID_PARTITION_ID, ACCESS_DENIED, INVALID_PARTITION_STATE: of the partition that is to be
 *   connected, too
 * * INVALID_PARAMETER: another type, VTL, SINT or virtual processor; bad proximity
 * * INVALID_PORT_ID: none that a port can have, or taken
 * * INSUFFICIENT_MEMORY: the target's pool cannot pay
 * * NO_RESOURCES: the limit of ports, or host memory
 */
enum hvp_status hvp_create_port(struct hvp_request *request)
{
	const struct hvp_create_port_in *in = &request->in.create_port;
	struct hvp_partition *target = request->target;
	struct hvp_port *port;
	enum hvp_status status;

	status = hvp_check_child(request->caller, in->connection_partition_id);
	if (status)
		return status;
	if (in->type != HVP_PORT_DOORBELL || in->port_vtl || in->connection_vtl ||
	    in->sint != HVP_DOORBELL_SINT || in->vp_index != HVP_ANY_VP ||
	    !hvp_proximity_well_formed(in->proximity))
		return HVP_STATUS_INVALID_PARAMETER;
	port = hvp_cache_alloc(HVP_CACHE_PORT, in->proximity);
	spin_lock(&target->lock);
	spin_lock(&target->space->doorbells.lock);
	status = hvp_port_add_locked(request, port);
	spin_unlock(&target->space->doorbells.lock);
	spin_unlock(&target->lock);
	if (status)
		hvp_cache_free(HVP_CACHE_PORT, port);
	return status;
}

/**
 * hvp_delete_port() - HvDeletePort
 * @request:	the call
 *
 * One that is connected is disconnected.
 *
 * Return: SUCCESS, or INVALID_PORT_ID: there is none.
 */
enum hvp_status hvp_delete_port(struct hvp_request *request)
{
	struct hvp_partition *target = request->target;
	struct hvp_doorbells *doorbells = &target->space->doorbells;
	struct hvp_port *port;

	spin_lock(&target->lock);
	spin_lock(&doorbells->lock);
	port = hvp_port_find(target, request->in.delete_port.port_id);
	if (port) {
		hvp_port_disconnect(port);
		list_del(&port->node);
		doorbells->count--;
		hvp_partition_uncharge(target, HVP_USE_PORTS, &port->charge);
	}
	spin_unlock(&doorbells->lock);
	spin_unlock(&target->lock);
	hvp_cache_free(HVP_CACHE_PORT, port);
	return port ? HVP_STATUS_SUCCESS : HVP_STATUS_INVALID_PORT_ID;
}

static bool hvp_connection_is_well_formed(const struct hvp_connect_port_in *in,
					  const struct hvp_gpa_map *map)
{
	return in->type == HVP_PORT_DOORBELL && !in->vtl &&
	       !(in->flags & ~(HVP_DOORBELL_SIZE_MASK | HVP_DOORBELL_ANY_VALUE)) &&
	       (in->flags & HVP_DOORBELL_SIZE_MASK) <= HVP_DOORBELL_SIZE_MOST &&
	       hvp_gpa_map_contains(map, in->gpa >> HVP_PAGE_SHIFT, 1) &&
	       hvp_proximity_well_formed(in->proximity);
}

static enum hvp_status hvp_connect_port_locked(struct hvp_request *request)
{
	const struct hvp_connect_port_in *in = &request->in.connect_port;
	struct hvp_partition *target = request->target;
	struct hvp_child *child = &target->child;
	struct hvp_port *port;
	enum hvp_status status;

	status = hvp_partition_check_state(target, HVP_IN_ACTIVE);
	if (status)
		return status;
	if (!hvp_connection_is_well_formed(in, &child->map))
		return HVP_STATUS_INVALID_PARAMETER;
	if (!hvp_port_id_is_valid(in->connection_id) ||
	    hvp_port_find_connected(child, in->connection_id))
		return HVP_STATUS_INVALID_CONNECTION_ID;
	port = hvp_port_find(request->caller, in->port_id);
	if (!port || port->child_id != target->id)
		return HVP_STATUS_INVALID_PORT_ID;
	if (!list_empty(&port->connected))
		return HVP_STATUS_OBJECT_IN_USE;
	port->connection_id = in->connection_id;
	port->gpa = in->gpa;
	port->size = in->flags & HVP_DOORBELL_SIZE_MASK ?
		     1 << ((in->flags & HVP_DOORBELL_SIZE_MASK) - 1) : 0;
	port->value = in->value;
	port->any_value = in->flags & HVP_DOORBELL_ANY_VALUE;
	list_add_tail(&port->connected, &child->doorbells);
	return HVP_STATUS_SUCCESS;
}

/**
 * hvp_connect_port() - HvConnectPort
 * @request:	the call
 *
 * Contract, virtual processors, section 4.
 *
 * Return: SUCCESS, or in check order:
 * * INVALID_PARTITION_ID, ACCESS_DENIED: of the port's partition, too
 * * INVALID_PARTITION_ID, INVALID_PARTITION_STATE: as it is by now
 * * INVALID_PARAMETER: another type or VTL; flags; an address beyond the map; bad proximity
 * * INVALID_CONNECTION_ID: none that a connection can have, or taken
 * * INVALID_PORT_ID: there is none for the target
 * * OBJECT_IN_USE: it is connected
 */
enum hvp_status hvp_connect_port(struct hvp_request *request)
{
	struct hvp_doorbells *doorbells = &request->caller->space->doorbells;
	struct hvp_partition *target = request->target;
	enum hvp_status status;

	status = hvp_check_self(request->caller, request->in.connect_port.port_partition_id);
	if (status)
		return status;
	spin_lock(&target->lock);
	spin_lock(&doorbells->lock);
	status = hvp_connect_port_locked(request);
	spin_unlock(&doorbells->lock);
	spin_unlock(&target->lock);
	return status;
}

/**
 * hvp_disconnect_port() - HvDisconnectPort
 * @request:	the call
 *
 * Return: SUCCESS, or in check order:
 * * INVALID_PARAMETER: a flag that there is not
 * * INVALID_CONNECTION_ID: there is none, or there can be none that is no doorbell
 */
enum hvp_status hvp_disconnect_port(struct hvp_request *request)
{
	const struct hvp_disconnect_port_in *in = &request->in.disconnect_port;
	struct hvp_doorbells *doorbells = &request->caller->space->doorbells;
	struct hvp_port *port = NULL;

	if (in->flags & ~HVP_DISCONNECT_DOORBELL)
		return HVP_STATUS_INVALID_PARAMETER;
	spin_lock(&doorbells->lock);
	if (in->flags & HVP_DISCONNECT_DOORBELL)
		port = hvp_port_find_connected(&request->target->child, in->connection_id);
	if (port)
		hvp_port_disconnect(port);
	spin_unlock(&doorbells->lock);
	return port ? HVP_STATUS_SUCCESS : HVP_STATUS_INVALID_CONNECTION_ID;
}

/**
 * hvp_notify_port_ring_empty() - HvNotifyPortRingEmpty
 * @request:	the call
 *
 * The caller looks into the ring when it comes back, so that is the time to fill it.
 *
 * Return: SUCCESS, or INVALID_PARAMETER: no SINT has this number.
 */
enum hvp_status hvp_notify_port_ring_empty(struct hvp_request *request)
{
	u32 sint = request->in.notify_port_ring_empty.sint;
	struct hvp_space *space = request->caller->space;
	struct hvp_vp *target = READ_ONCE(space->vps->message_target);

	if (sint >= HVP_SINTS)
		return HVP_STATUS_INVALID_PARAMETER;
	if (sint == HVP_DOORBELL_SINT && target == request->vp &&
	    hvp_doorbells_put(space, request->guest, target))
		hvp_signals_attend(space, request->caller->hierarchy->host);
	return HVP_STATUS_SUCCESS;
}
