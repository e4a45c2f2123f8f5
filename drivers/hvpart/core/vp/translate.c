// SPDX-License-Identifier: GPL-2.0
/*
 * What a virtual processor would find at an address: a walk of its page tables, which are in
 * its parent's pages.  Nothing is changed, neither accessed nor dirty bits.
 */

#include <linux/bits.h>
#include <hvpart/guest.h>
#include "../memory/gpa_map.h"
#include "translate.h"

#define HVP_CR0_WP	BIT_ULL(16)
#define HVP_CR0_PG	BIT_ULL(31)
#define HVP_CR4_PSE	BIT_ULL(4)
#define HVP_CR4_PAE	BIT_ULL(5)
#define HVP_CR4_LA57	BIT_ULL(12)
#define HVP_CR4_SMEP	BIT_ULL(20)
#define HVP_CR4_SMAP	BIT_ULL(21)
#define HVP_EFER_LMA	BIT_ULL(10)
#define HVP_EFER_NXE	BIT_ULL(11)
#define HVP_RFLAGS_AC	BIT_ULL(18)

#define HVP_PTE_PRESENT	BIT_ULL(0)
#define HVP_PTE_WRITE	BIT_ULL(1)
#define HVP_PTE_USER	BIT_ULL(2)
#define HVP_PTE_LARGE	BIT_ULL(7)
#define HVP_PTE_NX	BIT_ULL(63)
#define HVP_PTE_ADDRESS	GENMASK_ULL(51, 12)
/* Without long mode, nothing is left to software there. */
#define HVP_PTE_HIGH	GENMASK_ULL(62, 52)
#define HVP_PDPTE_RESERVED	(GENMASK_ULL(8, 5) | GENMASK_ULL(2, 1) | HVP_PTE_NX)
/* PSE-36 has more of the address below. */
#define HVP_PDE_RESERVED	BIT_ULL(21)

#define HVP_SEGMENT_DPL_SHIFT	5

/**
 * struct hvp_walk - a walk under way
 * @map:	which of the parent's pages the tables are in
 * @guest:	the parent's memory
 * @entry_size: bytes of an entry: 4 or 8
 * @bits:	of the address that a table resolves
 * @level:	of the table; 1 is the one whose entries are pages
 * @table:	where it is
 * @rights:	present, write and user of all entries so far, and the bit NX of any
 */
struct hvp_walk {
	struct hvp_gpa_map *map;
	struct hvp_guest *guest;
	unsigned int entry_size;
	unsigned int bits;
	unsigned int level;
	u64 table;
	u64 rights;
};

/**
 * hvp_translate_flags_are_valid() - can anybody mean these?
 * @flags:	HVP_TRANSLATE_*
 *
 * Return: false if they ask for no access, or have a bit that is reserved, or a VTL.
 */
bool hvp_translate_flags_are_valid(u64 flags)
{
	if (flags & ~(HVP_TRANSLATE_READ | HVP_TRANSLATE_WRITE | HVP_TRANSLATE_EXECUTE |
		      HVP_TRANSLATE_PRIVILEGE_EXEMPT | HVP_TRANSLATE_SET_TABLE_BITS |
		      HVP_TRANSLATE_TLB_FLUSH_INHIBIT))
		return false;
	return flags & (HVP_TRANSLATE_READ | HVP_TRANSLATE_WRITE | HVP_TRANSLATE_EXECUTE);
}

static enum hvp_translate_result hvp_walk_read(struct hvp_walk *walk, u64 gpa, u64 *entry)
{
	u64 gfn = gpa >> HVP_PAGE_SHIFT;
	u64 within = gpa & (HVP_PAGE_SIZE - 1);
	struct hvp_gpa_page page;
	u64 words;

	if (!hvp_gpa_map_contains(walk->map, gfn, 1))
		return HVP_TRANSLATE_GPA_UNMAPPED;
	hvp_gpa_map_find(walk->map, gfn, &page);
	if (page.kind == HVP_GPA_UNMAPPED)
		return HVP_TRANSLATE_GPA_UNMAPPED;
	if (page.kind == HVP_GPA_NO_ACCESS ||
	    walk->guest->ops->read(walk->guest,
				   (page.source << HVP_PAGE_SHIFT) + (within & ~7ULL), &words,
				   sizeof(words)))
		return HVP_TRANSLATE_GPA_NO_READ_ACCESS;
	*entry = walk->entry_size == sizeof(u64) ? words : (u32)(words >> 8 * (within & 4));
	return HVP_TRANSLATE_SUCCESS;
}

static bool hvp_is_long_mode(const struct hvp_vp_state *state)
{
	return state->efer & HVP_EFER_LMA;
}

/* Which tables there are; a page directory pointer of PAE has no rights of its own. */
static void hvp_walk_begin(struct hvp_walk *walk, const struct hvp_vp_state *state)
{
	walk->rights = HVP_PTE_WRITE | HVP_PTE_USER;
	walk->entry_size = state->cr4 & HVP_CR4_PAE ? sizeof(u64) : sizeof(u32);
	walk->bits = walk->entry_size == sizeof(u64) ? 9 : 10;
	walk->table = state->cr3 & HVP_PTE_ADDRESS;
	if (hvp_is_long_mode(state)) {
		walk->level = state->cr4 & HVP_CR4_LA57 ? 5 : 4;
	} else if (walk->entry_size == sizeof(u64)) {
		walk->level = 3;
		walk->table = state->cr3 & GENMASK_ULL(31, 5);
	} else {
		walk->level = 2;
		walk->table = state->cr3 & GENMASK_ULL(31, 12);
	}
}

/* Lowest bit of the address that a table resolves. */
static unsigned int hvp_walk_shift(const struct hvp_walk *walk)
{
	return HVP_PAGE_SHIFT + walk->bits * (walk->level - 1);
}

/* Does the paging mode have this address? */
static bool hvp_walk_reaches(const struct hvp_walk *walk, const struct hvp_vp_state *state,
			     u64 gva)
{
	unsigned int sign = hvp_walk_shift(walk) + walk->bits - 1;

	if (!hvp_is_long_mode(state))
		return gva <= U32_MAX;
	return !(gva >> sign) || gva >> sign == ~0ULL >> sign;
}

/* May this level's entry be a page? */
static bool hvp_walk_is_large(const struct hvp_walk *walk, const struct hvp_vp_state *state,
			      u64 entry)
{
	if (walk->level == 1)
		return true;
	if (!(entry & HVP_PTE_LARGE) || walk->level > 3)
		return false;
	if (walk->entry_size == sizeof(u32))
		return state->cr4 & HVP_CR4_PSE;
	return walk->level == 2 || hvp_is_long_mode(state);
}

/* Bits that a present entry may not have. */
static u64 hvp_walk_reserved(const struct hvp_walk *walk, const struct hvp_vp_state *state,
			     bool page)
{
	u64 reserved;

	if (walk->entry_size == sizeof(u32))
		return page && walk->level == 2 ? HVP_PDE_RESERVED : 0;
	reserved = HVP_PTE_ADDRESS & ~((walk->map->pages << HVP_PAGE_SHIFT) - 1);
	if (!(state->efer & HVP_EFER_NXE))
		reserved |= HVP_PTE_NX;
	if (!hvp_is_long_mode(state))
		reserved |= HVP_PTE_HIGH | (walk->level == 3 ? HVP_PDPTE_RESERVED : 0);
	else if (walk->level > 3)
		reserved |= HVP_PTE_LARGE;
	/* Bit 12 is one of the page's memory type. */
	if (page && walk->level > 1)
		reserved |= GENMASK_ULL(hvp_walk_shift(walk) - 1, HVP_PAGE_SHIFT + 1);
	return reserved;
}

static bool hvp_walk_is_allowed(const struct hvp_walk *walk, const struct hvp_vp_state *state,
				u64 flags)
{
	unsigned int cpl = state->segments[HVP_SS].attributes >> HVP_SEGMENT_DPL_SHIFT & 3;
	bool user = cpl == 3 && !(flags & HVP_TRANSLATE_PRIVILEGE_EXEMPT);
	bool user_page = walk->rights & HVP_PTE_USER;

	if (user && !user_page)
		return false;
	if (flags & HVP_TRANSLATE_WRITE && !(walk->rights & HVP_PTE_WRITE) &&
	    (user || state->cr0 & HVP_CR0_WP))
		return false;
	if (flags & HVP_TRANSLATE_EXECUTE &&
	    ((walk->rights & HVP_PTE_NX && state->efer & HVP_EFER_NXE) ||
	     (!user && user_page && state->cr4 & HVP_CR4_SMEP)))
		return false;
	if (!user && user_page && state->cr4 & HVP_CR4_SMAP &&
	    !(state->rflags & HVP_RFLAGS_AC) && !(flags & HVP_TRANSLATE_PRIVILEGE_EXEMPT) &&
	    flags & (HVP_TRANSLATE_READ | HVP_TRANSLATE_WRITE))
		return false;
	return true;
}

/* The page that the last entry is of. */
static u64 hvp_walk_page(const struct hvp_walk *walk, u64 entry, u64 gva)
{
	u64 offset = GENMASK_ULL(hvp_walk_shift(walk) - 1, 0);
	u64 address = entry & HVP_PTE_ADDRESS & ~offset;

	/* A 4 MiB page may be above 4 GiB: PSE-36. */
	if (walk->entry_size == sizeof(u32) && walk->level == 2)
		address = (entry & GENMASK_ULL(31, 22)) | (entry & GENMASK_ULL(20, 13)) << 19;
	return (address | (gva & offset)) >> HVP_PAGE_SHIFT;
}

/**
 * hvp_translate() - what is at an address
 * @map:	the virtual processor's memory
 * @guest:	its parent's, in a vCPU thread
 * @state:	its registers: GENERAL and SPECIAL
 * @gva:	linear address
 * @flags:	HVP_TRANSLATE_*, valid
 * @gpa_page:	receives the page number, if there is one: of the page, or of the table that
 *		could not be read
 *
 * Whether the page that it leads to is in the map is not looked at: clients ask for addresses
 * of devices (contract, virtual processors, section 4).
 *
 * Context: May sleep; no lock held but the virtual processor's.
 * Return: HV_TRANSLATE_GVA_RESULT_CODE.
 */
enum hvp_translate_result hvp_translate(struct hvp_gpa_map *map, struct hvp_guest *guest,
					const struct hvp_vp_state *state, u64 gva, u64 flags,
					u64 *gpa_page)
{
	struct hvp_walk walk = { .map = map, .guest = guest };
	enum hvp_translate_result result;
	u64 entry, gpa;
	bool page;

	if (!(state->cr0 & HVP_CR0_PG)) {
		*gpa_page = gva >> HVP_PAGE_SHIFT;
		return HVP_TRANSLATE_SUCCESS;
	}
	hvp_walk_begin(&walk, state);
	if (!hvp_walk_reaches(&walk, state, gva))
		return HVP_TRANSLATE_PAGE_NOT_PRESENT;
	for (;; walk.level--) {
		gpa = walk.table + walk.entry_size *
		      (gva >> hvp_walk_shift(&walk) & GENMASK_ULL(walk.bits - 1, 0));
		result = hvp_walk_read(&walk, gpa, &entry);
		if (result) {
			*gpa_page = gpa >> HVP_PAGE_SHIFT;
			return result;
		}
		if (!(entry & HVP_PTE_PRESENT))
			return HVP_TRANSLATE_PAGE_NOT_PRESENT;
		page = hvp_walk_is_large(&walk, state, entry);
		if (entry & hvp_walk_reserved(&walk, state, page))
			return HVP_TRANSLATE_INVALID_PAGE_TABLE_FLAGS;
		if (walk.level == 3 && !hvp_is_long_mode(state)) {
			walk.table = entry & HVP_PTE_ADDRESS;
			continue;
		}
		walk.rights = (walk.rights & entry & (HVP_PTE_WRITE | HVP_PTE_USER)) |
			      ((walk.rights | entry) & HVP_PTE_NX);
		if (page)
			break;
		walk.table = entry & HVP_PTE_ADDRESS;
	}
	if (!hvp_walk_is_allowed(&walk, state, flags))
		return HVP_TRANSLATE_PRIVILEGE_VIOLATION;
	*gpa_page = hvp_walk_page(&walk, entry, gva);
	return HVP_TRANSLATE_SUCCESS;
}
