// SPDX-License-Identifier: GPL-2.0
/* The registers of a virtual processor, one row each. */

#include <linux/bits.h>
#include <linux/kernel.h>
#include <linux/nospec.h>
#include <linux/string.h>
#include "composite.h"
#include "register_table.h"

/*
 * Bits that no processor has as yet: AMD64 Architecture Programmer's Manual, volume 2, and
 * Intel 64 Software Developer's Manual, volume 3, the system registers.  A bit that some
 * processors have, but not this one, is for the machine to refuse.
 */
#define HVP_RFLAGS_RESERVED	(GENMASK_ULL(63, 22) | BIT_ULL(15) | BIT_ULL(5) | BIT_ULL(3))
#define HVP_CR0_RESERVED	GENMASK_ULL(63, 32)
/* Of bits 63:52 there is LAM, 62 and 61. */
#define HVP_CR3_RESERVED	(BIT_ULL(63) | GENMASK_ULL(60, 52))
/* The last one is FRED, 32. */
#define HVP_CR4_RESERVED						\
	(GENMASK_ULL(63, 33) | GENMASK_ULL(31, 29) | BIT_ULL(26) | BIT_ULL(15))
#define HVP_CR8_RESERVED	GENMASK_ULL(63, 4)
/* Features of XCR0, up to APX, 19; the others are of IA32_XSS. */
#define HVP_XFEM_RESERVED	(GENMASK_ULL(63, 20) | GENMASK_ULL(16, 10) | BIT_ULL(8))
#define HVP_DR_RESERVED		GENMASK_ULL(63, 32)
/* AMD's are up to 21. */
#define HVP_EFER_RESERVED						\
	(GENMASK_ULL(63, 22) | BIT_ULL(19) | BIT_ULL(16) | BIT_ULL(9) | GENMASK_ULL(7, 1))
#define HVP_APIC_BASE_RESERVED	(GENMASK_ULL(63, 52) | BIT_ULL(9) | GENMASK_ULL(7, 0))
/* Of the byte after the tag */
#define HVP_FP_RESERVED		GENMASK_ULL(47, 40)
/* Of MXCSR, bits 31:16 but AMD's 17; it is the lower half of the second word. */
#define HVP_MXCSR_RESERVED	(GENMASK_ULL(31, 18) | BIT_ULL(16))
#define HVP_SEGMENT_RESERVED	((u64)HVP_SEGMENT_RESERVED_MASK << 48)

/* Behind the ten bytes of an x87 register, where FXSAVE's image has nothing either */
#define HVP_MMX_PADDING		GENMASK_ULL(63, 16)
#define HVP_TABLE_PADDING	GENMASK_ULL(47, 0)

#define AT(field)		.offset = offsetof(struct hvp_vp_state, field)
#define MADE_OF(what)		.composite = &hvp_composite_##what
#define RESERVED(low, high)	.reserved = { low, high }
#define PADDING(low, high)	.padding = { low, high }
#define READ_ONLY		.read_only = true
#define SEGMENT(segment)	AT(segments[HVP_##segment]), RESERVED(0, HVP_SEGMENT_RESERVED)

#define HVP_ROW(register_name, register_group, register_bytes, ...)	\
	[HVP_ROW_##register_name] = {					\
		.number = HVP_REGISTER_##register_name,			\
		.name = #register_name,					\
		.bytes = register_bytes,				\
		.group = HVP_VP_##register_group,			\
		__VA_ARGS__						\
	},

#define HVP_MSR_ROW(register_number, msr_name, msr)			\
	[HVP_ROW_##msr_name] = {					\
		.number = register_number,				\
		.name = #msr_name,					\
		.bytes = 8,						\
		.group = HVP_VP_MSRS,					\
		AT(msrs[HVP_VP_MSR_##msr_name]),			\
		.composite = HVP_VP_MSR_##msr_name == HVP_VP_MSR_MTRR_CAP ? \
			     &hvp_composite_mtrr_cap : NULL,		\
	},

/* 0 is no row. */
#define HVP_ROW_ENUM(name, ...)		HVP_ROW_##name,
#define HVP_MSR_ROW_ENUM(number, name, msr) HVP_ROW_##name,
enum {
	HVP_NO_ROW,
	HVP_REGISTER_LIST(HVP_ROW_ENUM)
	HVP_VP_MSR_LIST(HVP_MSR_ROW_ENUM)
	HVP_NR_ROWS,
};

static const struct hvp_register_row rows[HVP_NR_ROWS] = {
	HVP_REGISTER_LIST(HVP_ROW)
	HVP_VP_MSR_LIST(HVP_MSR_ROW)
};

/* A number that is in both lists is the same. */
#define HVP_MSR_ASSERT(number, name, msr)				\
	static_assert(HVP_REGISTER_##name == (number), "register " #name);
HVP_VP_MSR_LIST(HVP_MSR_ASSERT)

/*
 * Numbers are dense in classes of 16 bits: a class has at most 256, but for the intermediate
 * control registers, 0x1000 above the others, for which there is room in a class that is not
 * used, and the APIC's, 0x4800 above, for which there is room in the second half of theirs.
 * Numbers of which the same is left share a place, of which the row knows the owner.
 */
#define HVP_PLACE(number)						\
	((((number) >> 8 & 0xf00) ^ ((number) >> 1 & 0x800)) |		\
	 (((number) & 0xff) ^ ((number) >> 7 & 0x80)))
#define HVP_PLACES		0x1000

#define HVP_ROW_PLACE(name, ...)					\
	[HVP_PLACE(HVP_REGISTER_##name)] = HVP_ROW_##name,
#define HVP_MSR_ROW_PLACE(number, name, msr) HVP_ROW_PLACE(name)
static const u8 places[HVP_PLACES] = {
	HVP_REGISTER_LIST(HVP_ROW_PLACE)
	HVP_VP_MSR_LIST(HVP_MSR_ROW_PLACE)
};

static_assert(HVP_NR_ROWS <= 0x100, "places hold 8 bits");

/**
 * hvp_register_row() - find the row of a register
 * @number:	HV_REGISTER_NAME, any
 *
 * Context: Any.
 * Return: the row, or NULL if there is no such register.
 */
const struct hvp_register_row *hvp_register_row(u32 number)
{
	u32 place = array_index_nospec(HVP_PLACE(number), HVP_PLACES);
	const struct hvp_register_row *row = &rows[places[place]];

	return places[place] && row->number == number ? row : NULL;
}

/**
 * hvp_register_at() - go through all registers
 * @index:	0, 1, 2 ...
 *
 * Context: Any.
 * Return: a row, or NULL after the last one.
 */
const struct hvp_register_row *hvp_register_at(unsigned int index)
{
	return index < HVP_NR_ROWS - 1 ? &rows[index + 1] : NULL;
}

/**
 * hvp_register_check() - may that be set?
 * @row:	the register, also one of group HVP_VP_OWN
 * @value:	the value; of a register of 8 bytes, the first half of it
 *
 * What a value says as a whole, only hvp_register_set() checks.
 *
 * Context: Any.
 * Return: HVP_STATUS_SUCCESS; HVP_STATUS_INVALID_PARAMETER if it is read-only, or has
 * a reserved bit.
 */
enum hvp_status hvp_register_check(const struct hvp_register_row *row, const u64 value[2])
{
	if (row->read_only)
		return HVP_STATUS_INVALID_PARAMETER;
	if (value[0] & row->reserved[0])
		return HVP_STATUS_INVALID_PARAMETER;
	if (row->bytes == 16 && value[1] & row->reserved[1])
		return HVP_STATUS_INVALID_PARAMETER;
	return HVP_STATUS_SUCCESS;
}

/**
 * hvp_register_get() - the value of a register
 * @row:	the register, not of group HVP_VP_OWN
 * @state:	where its group is filled in
 * @value:	is given all 16 bytes
 *
 * Context: Any.
 */
void hvp_register_get(const struct hvp_register_row *row, const struct hvp_vp_state *state,
		      u64 value[2])
{
	if (row->composite) {
		row->composite->get(state, value);
		return;
	}
	value[0] = 0;
	value[1] = 0;
	memcpy(value, (const u8 *)state + row->offset, row->bytes);
	value[0] &= ~row->padding[0];
	value[1] &= ~row->padding[1];
}

/**
 * hvp_register_set() - set a register
 * @row:	the register, not of group HVP_VP_OWN
 * @state:	where its group is filled in, since a register may be a part of a field
 * @value:	the value; of a register of 8 bytes, the first half of it
 *
 * Whether the processor can be in the state that comes out is not looked at: clients set
 * registers in an order of their own (contract, virtual processors, section 4).
 *
 * Context: Any.
 * Return: HVP_STATUS_SUCCESS; HVP_STATUS_INVALID_PARAMETER as hvp_register_check(), or
 * if no processor can have that value in any state; then nothing has changed.
 */
enum hvp_status hvp_register_set(const struct hvp_register_row *row,
				 struct hvp_vp_state *state, const u64 value[2])
{
	const u64 taken[2] = { value[0] & ~row->padding[0], value[1] & ~row->padding[1] };
	enum hvp_status status = hvp_register_check(row, value);

	if (status)
		return status;
	if (row->composite)
		return row->composite->set(state, taken);
	memcpy((u8 *)state + row->offset, taken, row->bytes);
	return HVP_STATUS_SUCCESS;
}
