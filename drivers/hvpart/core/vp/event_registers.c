// SPDX-License-Identifier: GPL-2.0
/* Registers that say which events wait and what keeps them from being delivered. */

#include <linux/bits.h>
#include "composite.h"

#define HVP_NMI_VECTOR		2
#define HVP_LAST_EXCEPTION	31
#define HVP_LAST_VECTOR		255
#define HVP_PAGE_FAULT_VECTOR	14
#define HVP_DEBUG_VECTOR	1

static void hvp_get_activity(const struct hvp_vp_state *state, u64 value[2])
{
	value[0] = (state->startup_suspend ? HVP_ACTIVITY_STARTUP_SUSPEND : 0) |
		   (state->halt_suspend ? HVP_ACTIVITY_HALT_SUSPEND : 0);
	value[1] = 0;
}

static enum hvp_status hvp_set_activity(struct hvp_vp_state *state, const u64 value[2])
{
	state->startup_suspend = value[0] & HVP_ACTIVITY_STARTUP_SUSPEND;
	state->halt_suspend = value[0] & HVP_ACTIVITY_HALT_SUSPEND;
	return HVP_STATUS_SUCCESS;
}

/* NMI is the one vector below 32 that is no exception. */
static bool hvp_is_exception(unsigned int vector)
{
	return vector <= HVP_LAST_EXCEPTION && vector != HVP_NMI_VECTOR;
}

static bool hvp_interruption_can_be(unsigned int type, unsigned int vector)
{
	switch (type) {
	case HVP_INTERRUPTION_EXTERNAL:
	case HVP_INTERRUPTION_SOFTWARE_INTERRUPT:
		return vector <= HVP_LAST_VECTOR;
	case HVP_INTERRUPTION_NMI:
		return vector == HVP_NMI_VECTOR;
	case HVP_INTERRUPTION_EXCEPTION:
	case HVP_INTERRUPTION_PRIVILEGED_SOFTWARE_EXCEPTION:
	case HVP_INTERRUPTION_SOFTWARE_EXCEPTION:
		return hvp_is_exception(vector);
	}
	return false;
}

/*
 * If nothing is pending, all is 0: what else the state has is left from an event that has
 * been delivered, and might be refused if a client gave it back.
 */
static void hvp_get_interruption(const struct hvp_vp_state *state, u64 value[2])
{
	value[0] = 0;
	value[1] = 0;
	if (!state->event_pending)
		return;
	value[0] = HVP_INTERRUPTION_PENDING |
		   (u64)state->event_type << HVP_INTERRUPTION_TYPE_SHIFT |
		   (u64)state->event_vector << HVP_INTERRUPTION_VECTOR_SHIFT;
	if (state->event_has_error)
		value[0] |= HVP_INTERRUPTION_DELIVER_ERROR_CODE |
			    (u64)state->event_error << HVP_INTERRUPTION_ERROR_CODE_SHIFT;
}

/* The instruction's length is not kept: a processor is asked for it when it is needed. */
static enum hvp_status hvp_set_interruption(struct hvp_vp_state *state, const u64 value[2])
{
	bool pending = value[0] & HVP_INTERRUPTION_PENDING;
	bool has_error = pending && value[0] & HVP_INTERRUPTION_DELIVER_ERROR_CODE;
	unsigned int type = (value[0] & HVP_INTERRUPTION_TYPE_MASK) >>
			    HVP_INTERRUPTION_TYPE_SHIFT;
	unsigned int vector = (value[0] & HVP_INTERRUPTION_VECTOR_MASK) >>
			      HVP_INTERRUPTION_VECTOR_SHIFT;

	if (pending && !hvp_interruption_can_be(type, vector))
		return HVP_STATUS_INVALID_PARAMETER;
	state->event_pending = pending;
	state->event_type = pending ? type : 0;
	state->event_vector = pending ? vector : 0;
	state->event_has_error = has_error;
	state->event_error = has_error ? value[0] >> HVP_INTERRUPTION_ERROR_CODE_SHIFT : 0;
	return HVP_STATUS_SUCCESS;
}

/* The kinds of shadow, as in hvp_vp_state. */
#define HVP_SHADOW_STI		BIT(0)
#define HVP_SHADOW_MOV_SS	BIT(1)

static void hvp_get_interrupt_state(const struct hvp_vp_state *state, u64 value[2])
{
	value[0] = (state->interrupt_shadow ? HVP_INTERRUPT_STATE_SHADOW : 0) |
		   (state->nmi_masked ? HVP_INTERRUPT_STATE_NMI_MASKED : 0);
	value[1] = 0;
}

/*
 * The register has one bit for both kinds of shadow.  A shadow that is there stays of its
 * kind.  One that is not becomes the one of MOV SS: that of STI is refused by processors
 * when RFLAGS.IF is 0, and RFLAGS may be set later.
 */
static enum hvp_status hvp_set_interrupt_state(struct hvp_vp_state *state,
					       const u64 value[2])
{
	if (!(value[0] & HVP_INTERRUPT_STATE_SHADOW))
		state->interrupt_shadow = 0;
	else if (!(state->interrupt_shadow & (HVP_SHADOW_STI | HVP_SHADOW_MOV_SS)))
		state->interrupt_shadow = HVP_SHADOW_MOV_SS;
	state->nmi_masked = value[0] & HVP_INTERRUPT_STATE_NMI_MASKED;
	return HVP_STATUS_SUCCESS;
}

static void hvp_get_exception(const struct hvp_vp_state *state, u64 value[2])
{
	value[0] = 0;
	value[1] = 0;
	if (!state->exception_pending)
		return;
	value[0] = HVP_EVENT_PENDING | HVP_EVENT_TYPE_EXCEPTION |
		   (u64)state->exception_vector << HVP_EVENT_VECTOR_SHIFT;
	if (state->exception_has_error)
		value[0] |= HVP_EVENT_DELIVER_ERROR_CODE |
			    (u64)state->exception_error << HVP_EVENT_ERROR_CODE_SHIFT;
	if (state->exception_has_payload)
		value[1] = state->exception_payload;
}

/* Other types are of intercepts within a guest's own levels, and no guest here has any. */
static enum hvp_status hvp_set_exception(struct hvp_vp_state *state, const u64 value[2])
{
	bool pending = value[0] & HVP_EVENT_PENDING;
	bool has_error = pending && value[0] & HVP_EVENT_DELIVER_ERROR_CODE;
	unsigned int vector = (value[0] & HVP_EVENT_VECTOR_MASK) >> HVP_EVENT_VECTOR_SHIFT;
	bool has_payload = pending &&
			   (vector == HVP_PAGE_FAULT_VECTOR || vector == HVP_DEBUG_VECTOR);

	if (pending && ((value[0] & HVP_EVENT_TYPE_MASK) != HVP_EVENT_TYPE_EXCEPTION ||
			!hvp_is_exception(vector)))
		return HVP_STATUS_INVALID_PARAMETER;
	state->exception_pending = pending;
	state->exception_vector = pending ? vector : 0;
	state->exception_has_error = has_error;
	state->exception_error = has_error ? value[0] >> HVP_EVENT_ERROR_CODE_SHIFT : 0;
	state->exception_has_payload = has_payload;
	state->exception_payload = has_payload ? value[1] : 0;
	return HVP_STATUS_SUCCESS;
}

static void hvp_get_nothing(const struct hvp_vp_state *state, u64 value[2])
{
	value[0] = 0;
	value[1] = 0;
}

static enum hvp_status hvp_set_nothing(struct hvp_vp_state *state, const u64 value[2])
{
	return HVP_STATUS_SUCCESS;
}

const struct hvp_composite hvp_composite_activity = {
	.get = hvp_get_activity,
	.set = hvp_set_activity,
};

const struct hvp_composite hvp_composite_interruption = {
	.get = hvp_get_interruption,
	.set = hvp_set_interruption,
};

const struct hvp_composite hvp_composite_interrupt_state = {
	.get = hvp_get_interrupt_state,
	.set = hvp_set_interrupt_state,
};

const struct hvp_composite hvp_composite_exception = {
	.get = hvp_get_exception,
	.set = hvp_set_exception,
};

const struct hvp_composite hvp_composite_nothing = {
	.get = hvp_get_nothing,
	.set = hvp_set_nothing,
};
