// SPDX-License-Identifier: GPL-2.0
/*
 * The register page: registers that a parent reads and writes without a call, on an image
 * of it.  The page itself is shared with the parent, so an image is a copy of it.
 */

#include <linux/kernel.h>
#include <linux/string.h>
#include "register_page.h"
#include "register_table.h"

/**
 * struct hvp_register_class - registers that share a bit of the dirty set
 * @bit:	HVP_CLASS_*
 * @group:	the group that they are of
 * @first:	number of the first of them; the others follow, in the page as well
 * @count:	how many of them there are
 * @offset:	of the first one in the page
 */
struct hvp_register_class {
	u8 bit;
	u8 group;
	u32 first;
	u8 count;
	u16 offset;
};

#define IN_PAGE(field)	.offset = offsetof(struct hvp_register_page, field)

static const struct hvp_register_class classes[] = {
	{ HVP_CLASS_GENERAL, HVP_VP_GENERAL, HVP_REGISTER_RAX, 16, IN_PAGE(gpr) },
	{ HVP_CLASS_IP, HVP_VP_GENERAL, HVP_REGISTER_RIP, 1, IN_PAGE(rip) },
	{ HVP_CLASS_FLAGS, HVP_VP_GENERAL, HVP_REGISTER_RFLAGS, 1, IN_PAGE(rflags) },
	{ HVP_CLASS_XMM, HVP_VP_FLOAT, HVP_REGISTER_XMM0, 6, IN_PAGE(xmm) },
	{ HVP_CLASS_SEGMENT, HVP_VP_SPECIAL, HVP_REGISTER_ES, 6, IN_PAGE(segments) },
};

static u64 hvp_register_now(u32 number, const struct hvp_vp_state *state)
{
	u64 value[2];

	hvp_register_get(hvp_register_row(number), state, value);
	return value[0];
}

static void hvp_class_fill(const struct hvp_register_class *class, u8 *page,
			   const struct hvp_vp_state *state)
{
	u8 *place = page + class->offset;
	u64 value[2];
	u32 i;

	for (i = 0; i < class->count; i++) {
		const struct hvp_register_row *row = hvp_register_row(class->first + i);

		hvp_register_get(row, state, value);
		memcpy(place, value, row->bytes);
		place += row->bytes;
	}
}

/**
 * hvp_register_page_fill() - make the image of a register page
 * @page:	the image; every byte is written.  What comes behind it in the page, and is
 *		never anything, the caller zeroes when it takes the page over
 * @state:	the registers, HVP_REGISTER_PAGE_GROUPS of them
 *
 * It is valid, and nothing in it is dirty.
 *
 * Context: Any.
 */
void hvp_register_page_fill(struct hvp_register_page *page, const struct hvp_vp_state *state)
{
	int i;

	memset(page, 0, sizeof(*page));
	page->version = HVP_REGISTER_PAGE_VERSION;
	page->is_valid = 1;
	for (i = 0; i < ARRAY_SIZE(classes); i++)
		hvp_class_fill(&classes[i], (u8 *)page, state);
	page->cr0 = state->cr0;
	page->cr3 = state->cr3;
	page->cr4 = state->cr4;
	page->cr8 = state->cr8;
	page->efer = state->efer;
	page->dr7 = state->dr7;
	page->pending_interruption = hvp_register_now(HVP_REGISTER_PENDING_INTERRUPTION, state);
	page->interrupt_state = hvp_register_now(HVP_REGISTER_INTERRUPT_STATE, state);
	page->xfem = state->xfem;
}

/* Take all of a class, or, if one value is malformed, none. */
static bool hvp_class_take(const struct hvp_register_class *class, const u8 *page,
			   struct hvp_vp_state *state)
{
	const u8 *place = page + class->offset;
	u64 values[16][2] = {};
	u32 i;

	for (i = 0; i < class->count; i++) {
		const struct hvp_register_row *row = hvp_register_row(class->first + i);

		memcpy(values[i], place, row->bytes);
		place += row->bytes;
		if (hvp_register_check(row, values[i]))
			return false;
	}
	for (i = 0; i < class->count; i++)
		hvp_register_set(hvp_register_row(class->first + i), state, values[i]);
	return true;
}

/**
 * hvp_register_page_groups() - what hvp_register_page_take() would change
 * @page:	the image
 *
 * Registers of a class are a part of their group, the rest of which stays as it is.  So the
 * caller has to fill in these groups first.
 *
 * Context: Any.
 * Return: BIT(group) of each group that is dirty.
 */
unsigned int hvp_register_page_groups(const struct hvp_register_page *page)
{
	unsigned int groups = 0;
	int i;

	for (i = 0; i < ARRAY_SIZE(classes); i++) {
		if (page->dirty & BIT(classes[i].bit))
			groups |= BIT(classes[i].group);
	}
	return groups;
}

/**
 * hvp_register_page_take() - set the registers that a parent has written to the page
 * @page:	the image, with anything in it; a copy, which nobody else writes to
 * @state:	the registers, hvp_register_page_groups() of them filled in
 *
 * Values are checked as those of hvp_register_set() are, a class at a time: there is nobody
 * to be told that one is malformed, so its class stays as it was.  Bits of the dirty set
 * that are no class mean nothing, and neither do version and is_valid, as clients do not look
 * at them before they write.  The image's dirty set stays.
 *
 * Context: Any.
 * Return: BIT(group) of each group that has been changed.
 */
unsigned int hvp_register_page_take(const struct hvp_register_page *page,
				    struct hvp_vp_state *state)
{
	unsigned int groups = 0;
	int i;

	for (i = 0; i < ARRAY_SIZE(classes); i++) {
		if (!(page->dirty & BIT(classes[i].bit)))
			continue;
		if (hvp_class_take(&classes[i], (const u8 *)page, state))
			groups |= BIT(classes[i].group);
	}
	return groups;
}
