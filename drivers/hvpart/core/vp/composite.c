// SPDX-License-Identifier: GPL-2.0
/* Registers of which a part cannot be set, or that several fields of the state make up. */

#include <linux/bits.h>
#include <linux/string.h>
#include "composite.h"

/* Reads as 1 on every processor; QEMU and others set RFLAGS without it. */
#define HVP_RFLAGS_FIXED	BIT_ULL(1)

static void hvp_get_rflags(const struct hvp_vp_state *state, u64 value[2])
{
	value[0] = state->rflags;
	value[1] = 0;
}

static enum hvp_status hvp_set_rflags(struct hvp_vp_state *state, const u64 value[2])
{
	state->rflags = value[0] | HVP_RFLAGS_FIXED;
	return HVP_STATUS_SUCCESS;
}

static void hvp_get_fp_control_status(const struct hvp_vp_state *state, u64 value[2])
{
	struct hvp_fp_control_status registers = {
		.control = state->fcw,
		.status = state->fsw,
		.tag = state->ftw,
		.last_opcode = state->fop,
		.last_rip = state->fip,
	};

	memcpy(value, &registers, sizeof(registers));
}

static enum hvp_status hvp_set_fp_control_status(struct hvp_vp_state *state,
						 const u64 value[2])
{
	struct hvp_fp_control_status registers;

	memcpy(&registers, value, sizeof(registers));
	state->fcw = registers.control;
	state->fsw = registers.status;
	state->ftw = registers.tag;
	state->fop = registers.last_opcode;
	state->fip = registers.last_rip;
	return HVP_STATUS_SUCCESS;
}

static void hvp_get_xmm_control_status(const struct hvp_vp_state *state, u64 value[2])
{
	struct hvp_xmm_control_status registers = {
		.last_rdp = state->fdp,
		.mxcsr = state->mxcsr,
		.mxcsr_mask = state->mxcsr_mask,
	};

	memcpy(value, &registers, sizeof(registers));
}

/* The mask is what the processor is like; QEMU 10.2 sets it to 0. */
static enum hvp_status hvp_set_xmm_control_status(struct hvp_vp_state *state,
						  const u64 value[2])
{
	struct hvp_xmm_control_status registers;

	memcpy(&registers, value, sizeof(registers));
	state->fdp = registers.last_rdp;
	state->mxcsr = registers.mxcsr;
	return HVP_STATUS_SUCCESS;
}

static void hvp_get_mtrr_cap(const struct hvp_vp_state *state, u64 value[2])
{
	value[0] = state->msrs[HVP_VP_MSR_MTRR_CAP];
	value[1] = 0;
}

/* Likewise; cloud-hypervisor restores a snapshot with it, and fails if it is refused. */
static enum hvp_status hvp_set_mtrr_cap(struct hvp_vp_state *state, const u64 value[2])
{
	return HVP_STATUS_SUCCESS;
}

const struct hvp_composite hvp_composite_rflags = {
	.get = hvp_get_rflags,
	.set = hvp_set_rflags,
};

const struct hvp_composite hvp_composite_fp_control_status = {
	.get = hvp_get_fp_control_status,
	.set = hvp_set_fp_control_status,
};

const struct hvp_composite hvp_composite_xmm_control_status = {
	.get = hvp_get_xmm_control_status,
	.set = hvp_set_xmm_control_status,
};

const struct hvp_composite hvp_composite_mtrr_cap = {
	.get = hvp_get_mtrr_cap,
	.set = hvp_set_mtrr_cap,
};
