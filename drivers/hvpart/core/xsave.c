// SPDX-License-Identifier: GPL-2.0
/* What a processor's XSAVE features mean: which state there is, and how much. */

#include <linux/bits.h>
#include <linux/kernel.h>
#include "xsave.h"

/* HV_PARTITION_PROCESSOR_XSAVE_FEATURES, and the bits of XCR0 that they stand for. */
static const struct {
	u8 feature;
	u64 states;
} with_state[] = {
	{ 2, BIT_ULL(2) },				/* AVX */
	{ 5, GENMASK_ULL(4, 3) },			/* MPX */
	{ 6, GENMASK_ULL(7, 5) },			/* AVX-512 */
	{ 27, GENMASK_ULL(18, 17) },			/* AMX tiles */
};

#define HVP_FEATURE_XSAVE	BIT_ULL(0)
#define HVP_STATES_ALWAYS	GENMASK_ULL(1, 0)	/* x87 and SSE */

/**
 * hvp_xsave_states() - state components that XSAVE can save
 * @processor:	of which processor
 * @disabled_features: features whose state is not to be counted
 *
 * Return: a mask as in XCR0; 0 without XSAVE.
 */
u64 hvp_xsave_states(const struct hvp_processor *processor, u64 disabled_features)
{
	u64 features = processor->xsave_features & ~disabled_features;
	u64 states = HVP_STATES_ALWAYS;
	unsigned int i;

	if (!(features & HVP_FEATURE_XSAVE))
		return 0;
	for (i = 0; i < ARRAY_SIZE(with_state); i++) {
		if (features & BIT_ULL(with_state[i].feature))
			states |= with_state[i].states;
	}
	return states;
}

/**
 * hvp_xsave_size() - size of an XSAVE area in the standard format
 * @processor:	of which processor
 * @states:	state components in it, as hvp_xsave_states() says
 *
 * Return: bytes; 0 without any component.
 */
u64 hvp_xsave_size(const struct hvp_processor *processor, u64 states)
{
	u64 size = 0;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(processor->xsave_ends); i++) {
		if (states & BIT_ULL(i))
			size = max_t(u64, size, processor->xsave_ends[i]);
	}
	return size;
}
