// SPDX-License-Identifier: GPL-2.0
/* HvGetPartitionProperty and HvSetPartitionProperty. */

#include <linux/minmax.h>
#include "../active.h"
#include "../call/request.h"
#include "../call/table.h"
#include "../partition.h"
#include "../property_table.h"
#include "../vp/vp.h"

/* An early property can be read before initialization too, no other can. */
static u8 hvp_readable_states(const struct hvp_property_row *property)
{
	return property && property->kind == HVP_PROPERTY_EARLY ?
	       HVP_IN_UNINITIALIZED | HVP_IN_ACTIVE : HVP_IN_ACTIVE;
}

/* An early property can be set only before it, any other only after. */
static u8 hvp_settable_states(const struct hvp_property_row *property)
{
	return property && property->kind == HVP_PROPERTY_EARLY ?
	       HVP_IN_UNINITIALIZED : HVP_IN_ACTIVE;
}

/* Where the value is kept; NULL for a regular property of the root, which has none. */
static u64 *hvp_property_value(struct hvp_partition *partition,
			       const struct hvp_property_row *property)
{
	if (property->kind == HVP_PROPERTY_EARLY)
		return &partition->early_properties[property->slot];
	return partition->active ? &partition->active->properties[property->slot] : NULL;
}

static u64 hvp_property_read(struct hvp_partition *partition,
			     const struct hvp_property_row *property)
{
	u64 *value;

	if (property->read)
		return property->read(partition);
	value = hvp_property_value(partition, property);
	return value ? *value : hvp_regular_property_initial(property);
}

static enum hvp_status hvp_property_get(struct hvp_partition *target,
					const struct hvp_property_row *property, u64 *value)
{
	enum hvp_status status;

	spin_lock(&target->lock);
	status = hvp_partition_check_state(target, hvp_readable_states(property));
	if (!status && !property)
		status = HVP_STATUS_UNKNOWN_PROPERTY;
	if (!status)
		*value = hvp_property_read(target, property);
	spin_unlock(&target->lock);
	return status;
}

/**
 * hvp_get_partition_property() - HvGetPartitionProperty
 * @request:	the call
 *
 * Return: SUCCESS, or in check order:
 * * INVALID_PARTITION_ID: deleted by another vCPU in the meantime
 * * INVALID_PARTITION_STATE: not active, nor uninitialized and an early property
 * * UNKNOWN_PROPERTY
 */
enum hvp_status hvp_get_partition_property(struct hvp_request *request)
{
	return hvp_property_get(request->target,
				hvp_property_row(request->in.get_partition_property.code),
				&request->out.get_partition_property.value);
}

/**
 * hvp_get_partition_property_ex() - HvGetPartitionPropertyEx
 * @request:	the call
 *
 * Return: SUCCESS, or in check order:
 * * as hvp_get_partition_property()
 * * INVALID_PARAMETER: an argument, which no property has
 */
enum hvp_status hvp_get_partition_property_ex(struct hvp_request *request)
{
	const struct hvp_property_row *property =
		hvp_property_row(request->in.get_partition_property_ex.code);
	u64 *out = request->out.get_partition_property_ex.value;
	enum hvp_status status;
	u64 value;

	status = hvp_property_get(request->target, property, &value);
	if (status)
		return status;
	if (request->in.get_partition_property_ex.argument)
		return HVP_STATUS_INVALID_PARAMETER;
	if (property->banks)
		*out++ = HVP_PROPERTY_BANKS;
	*out = value;
	return HVP_STATUS_SUCCESS;
}

/* Is it a value that the property can have?  It may be moved to the nearest one. */
static enum hvp_status hvp_property_check_value(const struct hvp_request *request,
						const struct hvp_property_row *property,
						u64 *value)
{
	if (property->kind == HVP_PROPERTY_READ_ONLY ||
	    (property->kind == HVP_PROPERTY_CLOCK && !request->target->clock.frozen))
		return HVP_STATUS_PROPERTY_VALUE_OUT_OF_RANGE;
	if (*value & property->reserved)
		return HVP_STATUS_INVALID_PARAMETER;
	/* Nobody can give what he has not got. */
	if (property->kind == HVP_PROPERTY_EARLY && property->slot == HVP_PRIVILEGE_FLAGS &&
	    *value & ~request->vp->privileges)
		return HVP_STATUS_PROPERTY_VALUE_OUT_OF_RANGE;
	if (!property->maximum)
		return HVP_STATUS_SUCCESS;
	if (property->clamp)
		*value = clamp(*value, property->minimum, property->maximum);
	return *value >= property->minimum && *value <= property->maximum ?
	       HVP_STATUS_SUCCESS : HVP_STATUS_PROPERTY_VALUE_OUT_OF_RANGE;
}

/*
 * Set a property if that is allowed.  @prepared: what has to be done before has been done, else
 * nothing changes if anything has to be.
 */
static enum hvp_status hvp_property_set(struct hvp_request *request, bool prepared)
{
	const struct hvp_property_row *property =
		hvp_property_row(request->in.set_partition_property.code);
	u64 value = request->in.set_partition_property.value;
	struct hvp_partition *target = request->target;
	enum hvp_status status;

	spin_lock(&target->lock);
	status = hvp_partition_check_state(target, hvp_settable_states(property));
	if (!status && !property)
		status = HVP_STATUS_UNKNOWN_PROPERTY;
	if (!status)
		status = hvp_property_check_value(request, property, &value);
	if (!status && property->prepare && target->child.begun && !prepared)
		status = HVP_STATUS_OUTSIDE;
	if (!status) {
		if (property->kind != HVP_PROPERTY_CLOCK)
			*hvp_property_value(target, property) = value;
		if (property->changed)
			property->changed(target, value);
	}
	spin_unlock(&target->lock);
	return status;
}

/* What has to be done first takes its time, and is done for a value that is allowed. */
static enum hvp_status hvp_property_prepare_and_set(struct hvp_request *request)
{
	const struct hvp_property_row *property =
		hvp_property_row(request->in.set_partition_property.code);
	struct hvp_partition *target = request->target;
	enum hvp_status status;

	if (mutex_lock_killable(&target->child.lock))
		return HVP_STATUS_NO_RESOURCES;
	status = hvp_property_set(request, false);
	if (status == HVP_STATUS_OUTSIDE) {
		if (property->prepare(target, request->in.set_partition_property.value))
			status = HVP_STATUS_NO_RESOURCES;
		else
			status = hvp_property_set(request, true);
	}
	mutex_unlock(&target->child.lock);
	return status;
}

/**
 * hvp_set_partition_property() - HvSetPartitionProperty
 * @request:	the call
 *
 * Return: SUCCESS, or in check order:
 * * INVALID_PARTITION_ID: deleted by another vCPU in the meantime
 * * INVALID_PARTITION_STATE: an early property and not uninitialized, or another
 *   one and not active
 * * UNKNOWN_PROPERTY
 * * PROPERTY_VALUE_OUT_OF_RANGE: read-only; the clock, and it does not stand still
 * * INVALID_PARAMETER: a reserved bit is set
 * * PROPERTY_VALUE_OUT_OF_RANGE: more privileges than the caller has; outside of
 *   the property's limits
 * * NO_RESOURCES: the host cannot do what the value asks for
 */
enum hvp_status hvp_set_partition_property(struct hvp_request *request)
{
	enum hvp_status status = hvp_property_set(request, false);

	if (status == HVP_STATUS_OUTSIDE && request->outside)
		status = hvp_property_prepare_and_set(request);
	return status;
}
