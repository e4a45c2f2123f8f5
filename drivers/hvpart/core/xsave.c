// SPDX-License-Identifier: GPL-2.0
/*
 * What a processor's XSAVE features mean: which state there is, and how much; and its two
 * formats: Intel 64 Software Developer's Manual, volume 1, chapter 13.
 */

#include <linux/align.h>
#include <linux/bits.h>
#include <linux/kernel.h>
#include <linux/log2.h>
#include <linux/string.h>
#include <hvpart/machine.h>
#include "xsave.h"

/*
 * HV_PARTITION_PROCESSOR_XSAVE_FEATURES, and the bits of XCR0 that they stand for.  Tiles of
 * AMX are not among them: they do not fit into a page, and Linux's mshv driver takes no more.
 */
static const struct {
	u8 feature;
	u64 states;
} with_state[] = {
	{ 2, BIT_ULL(2) },				/* AVX */
	{ 5, GENMASK_ULL(4, 3) },			/* MPX */
	{ 6, GENMASK_ULL(7, 5) },			/* AVX-512 */
};

#define HVP_FEATURE_XSAVE	BIT_ULL(0)
#define HVP_STATE_X87		BIT_ULL(0)
#define HVP_STATE_SSE		BIT_ULL(1)
#define HVP_STATE_AVX		BIT_ULL(2)
#define HVP_STATES_ALWAYS	(HVP_STATE_X87 | HVP_STATE_SSE)
/* The key rights register has no feature: what the processor has, a child has. */
#define HVP_STATE_PKRU		BIT_ULL(9)

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
	if (processor->xsave_ends[ilog2(HVP_STATE_PKRU)])
		states |= HVP_STATE_PKRU;
	/* What does not fit into a page is not offered. */
	for (i = 0; i < HVP_XSAVE_STATES; i++) {
		if (processor->xsave_ends[i] > HVP_XSAVE_BYTES)
			states &= ~BIT_ULL(i);
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

/* The header of an area, and what comes before it. */
#define HVP_XSAVE_LEGACY	512
struct hvp_xsave_header {
	u64 in_use;	/* XSTATE_BV */
	u64 format;	/* XCOMP_BV: 0, or HVP_XSAVE_COMPACTED and which components there are */
	u64 reserved[6];
};

#define HVP_XSAVE_COMPACTED	BIT_ULL(63)
#define HVP_XSAVE_ALIGNMENT	64
#define HVP_XSAVE_FIRST		(HVP_XSAVE_LEGACY + sizeof(struct hvp_xsave_header))

/* What of the legacy part is x87's, and SSE's; MXCSR is AVX's as well. */
static const struct {
	u64 state;
	u16 from;
	u16 to;
} legacy[] = {
	{ HVP_STATE_X87, 0, 24 },
	{ HVP_STATE_SSE | HVP_STATE_AVX, 24, 32 },
	{ HVP_STATE_X87, 32, 160 },
	{ HVP_STATE_SSE, 160, 416 },
};

static void hvp_xsave_copy_legacy(u64 states, u8 *to, const u8 *from)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(legacy); i++) {
		if (states & legacy[i].state)
			memcpy(to + legacy[i].from, from + legacy[i].from,
			       legacy[i].to - legacy[i].from);
	}
}

static unsigned int hvp_xsave_component_size(const struct hvp_processor *processor,
					     unsigned int i)
{
	return processor->xsave_ends[i] - processor->xsave_starts[i];
}

/* Where component @i begins behind one that ends at @end. */
static unsigned int hvp_xsave_behind(const struct hvp_processor *processor, unsigned int i,
				     unsigned int end)
{
	return processor->xsave_aligned & BIT_ULL(i) ? ALIGN(end, HVP_XSAVE_ALIGNMENT) : end;
}

/**
 * hvp_xsave_compact() - make an area of the compacted format
 * @processor:	whose state it is
 * @states:	components to be in it, of those that hvp_xsave_states() says
 * @area:	of the standard format, HVP_XSAVE_BYTES
 * @compact:	receives the other, of as many
 *
 * What is in initial state is told by the header, and is zeroes.
 *
 * Context: Any.
 * Return: bytes of it that mean something.
 */
unsigned int hvp_xsave_compact(const struct hvp_processor *processor, u64 states,
			       const u8 *area, u8 *compact)
{
	const struct hvp_xsave_header *from = (const void *)(area + HVP_XSAVE_LEGACY);
	struct hvp_xsave_header *header = (void *)(compact + HVP_XSAVE_LEGACY);
	unsigned int i, place, end = HVP_XSAVE_FIRST;

	memset(compact, 0, HVP_XSAVE_BYTES);
	header->in_use = from->in_use & states;
	header->format = HVP_XSAVE_COMPACTED | states;
	hvp_xsave_copy_legacy(states, compact, area);
	for (i = 2; i < HVP_XSAVE_STATES - 1; i++) {
		if (!(states & BIT_ULL(i)))
			continue;
		place = hvp_xsave_behind(processor, i, end);
		end = place + hvp_xsave_component_size(processor, i);
		if (end > HVP_XSAVE_BYTES)
			break;
		if (header->in_use & BIT_ULL(i))
			memcpy(compact + place, area + processor->xsave_starts[i], end - place);
	}
	return end;
}

/**
 * hvp_xsave_expand() - take components of an area over that somebody else has made
 * @processor:	whose state it is
 * @known:	components that may be there, as hvp_xsave_states() says
 * @states:	those of them that are to be taken; what is not there is in initial state
 * @from:	HVP_XSAVE_BYTES of either format, with anything in them; a copy, which nobody
 *		else writes to
 * @area:	of the standard format, as many
 *
 * Context: Any.
 * Return: false, and nothing has changed, if it is no such area.
 */
bool hvp_xsave_expand(const struct hvp_processor *processor, u64 known, u64 states,
		      const u8 *from, u8 *area)
{
	const struct hvp_xsave_header *header = (const void *)(from + HVP_XSAVE_LEGACY);
	struct hvp_xsave_header *to = (void *)(area + HVP_XSAVE_LEGACY);
	bool compacted = header->format & HVP_XSAVE_COMPACTED;
	u64 there = compacted ? header->format & ~HVP_XSAVE_COMPACTED : known;
	unsigned int i, size, place, end = HVP_XSAVE_FIRST;

	if ((header->format && !compacted) || there & ~known || header->in_use & ~there ||
	    memchr_inv(header->reserved, 0, sizeof(header->reserved)))
		return false;
	hvp_xsave_copy_legacy(states & header->in_use, area, from);
	for (i = 2; i < HVP_XSAVE_STATES - 1; i++) {
		if (!(there & BIT_ULL(i)))
			continue;
		size = hvp_xsave_component_size(processor, i);
		place = compacted ? hvp_xsave_behind(processor, i, end) :
				    processor->xsave_starts[i];
		end = place + size;
		if (end > HVP_XSAVE_BYTES)
			break;
		if (states & header->in_use & BIT_ULL(i))
			memcpy(area + processor->xsave_starts[i], from + place, size);
	}
	to->in_use = (to->in_use & ~states) | (header->in_use & states);
	return true;
}
