// SPDX-License-Identifier: GPL-2.0
/*
 * MOV and MOVNTI to memory, which is what drivers tell their devices with: where such an
 * instruction writes, and what.
 */

#include <linux/minmax.h>
#include <hvpart/abi.h>
#include <hvpart/vp_state.h>
#include "store.h"

#define HVP_RFLAGS_TF		BIT_ULL(8)
#define HVP_EFER_LMA		BIT_ULL(10)
#define HVP_SEGMENT_LONG	BIT(13)
#define HVP_SEGMENT_BIG		BIT(14)

#define HVP_REX_W		0x08
#define HVP_REX_R		0x04
#define HVP_REX_X		0x02
#define HVP_REX_B		0x01

/**
 * struct hvp_decoder - an instruction, as far as it has been looked at
 * @bytes:	it begins there
 * @count:	how many bytes are known
 * @at:		the next one
 * @short_of:	one was needed that is not known
 * @state:	registers
 * @long_mode:	it is of 64 bits
 * @operand_size: bytes of an operand, if it does not have one,
 * @address_size: and of an address
 * @segment:	HVP_ES ... of a prefix, or HVP_NR_SEGMENTS
 * @rex:	that prefix, or 0
 */
struct hvp_decoder {
	const u8 *bytes;
	unsigned int count;
	unsigned int at;
	bool short_of;
	const struct hvp_vp_state *state;
	bool long_mode;
	u8 operand_size;
	u8 address_size;
	enum hvp_segment_name segment;
	u8 rex;
};

static u8 hvp_decoder_byte(struct hvp_decoder *decoder)
{
	if (decoder->at < decoder->count)
		return decoder->bytes[decoder->at++];
	decoder->short_of = true;
	return 0;
}

/* Sign-extended. */
static u64 hvp_decoder_number(struct hvp_decoder *decoder, unsigned int bytes)
{
	u64 number = 0;
	unsigned int i;

	for (i = 0; i < bytes; i++)
		number |= (u64)hvp_decoder_byte(decoder) << 8 * i;
	if (bytes < sizeof(number) && number >> (8 * bytes - 1) & 1)
		number |= ~0ULL << 8 * bytes;
	return number;
}

static u64 hvp_low_bytes(u64 value, unsigned int bytes)
{
	return bytes < sizeof(value) ? value & ((1ULL << 8 * bytes) - 1) : value;
}

static void hvp_decoder_begin(struct hvp_decoder *decoder)
{
	const struct hvp_vp_state *state = decoder->state;
	u16 code = state->segments[HVP_CS].attributes;

	decoder->long_mode = state->efer & HVP_EFER_LMA && code & HVP_SEGMENT_LONG;
	decoder->operand_size = decoder->long_mode || code & HVP_SEGMENT_BIG ? 4 : 2;
	decoder->address_size = decoder->long_mode ? 8 : decoder->operand_size;
	decoder->segment = HVP_NR_SEGMENTS;
}

/* Return: the first byte that is no prefix.  One that repeats or locks is as good as an opcode. */
static u8 hvp_decoder_prefixes(struct hvp_decoder *decoder)
{
	u8 operand_size = decoder->operand_size, address_size = decoder->address_size;

	for (;;) {
		u8 byte = hvp_decoder_byte(decoder);

		switch (byte) {
		case 0x66:
			operand_size = 6 - decoder->operand_size;
			break;
		case 0x67:
			address_size = decoder->long_mode ? 4 : 6 - decoder->address_size;
			break;
		case 0x26:
			decoder->segment = HVP_ES;
			break;
		case 0x2e:
			decoder->segment = HVP_CS;
			break;
		case 0x36:
			decoder->segment = HVP_SS;
			break;
		case 0x3e:
			decoder->segment = HVP_DS;
			break;
		case 0x64:
			decoder->segment = HVP_FS;
			break;
		case 0x65:
			decoder->segment = HVP_GS;
			break;
		default:
			if (decoder->long_mode && (byte & 0xf0) == 0x40) {
				decoder->rex = byte;
				continue;
			}
			decoder->operand_size = decoder->rex & HVP_REX_W ? 8 : operand_size;
			decoder->address_size = address_size;
			return byte;
		}
		/* It only counts right before the opcode. */
		decoder->rex = 0;
	}
}

/**
 * struct hvp_operand - where an operand is in memory
 * @segment:	HVP_DS or HVP_SS, if there is no prefix
 * @offset:	in there, possibly with more bits than an address has
 * @relative:	to the next instruction
 */
struct hvp_operand {
	enum hvp_segment_name segment;
	u64 offset;
	bool relative;
};

/* The linear address, as soon as all of the instruction has been looked at. */
static u64 hvp_decoder_linear(const struct hvp_decoder *decoder,
			      const struct hvp_operand *operand)
{
	const struct hvp_vp_state *state = decoder->state;
	enum hvp_segment_name segment = operand->segment;
	u64 offset = operand->offset;

	if (decoder->segment != HVP_NR_SEGMENTS)
		segment = decoder->segment;
	if (operand->relative)
		offset += state->rip + decoder->at;
	offset = hvp_low_bytes(offset, decoder->address_size);
	if (!decoder->long_mode)
		return (u32)(state->segments[segment].base + offset);
	if (segment == HVP_FS || segment == HVP_GS)
		offset += state->segments[segment].base;
	return offset;
}

/* ModRM with addresses of 16 bits. */
static void hvp_decoder_operand16(struct hvp_decoder *decoder, u8 modrm,
				  struct hvp_operand *operand)
{
	static const enum hvp_gpr bases[] = {
		HVP_RBX, HVP_RBX, HVP_RBP, HVP_RBP, HVP_RSI, HVP_RDI, HVP_RBP, HVP_RBX,
	};
	const u64 *gpr = decoder->state->gpr;
	u8 mod = modrm >> 6, rm = modrm & 7;

	if (mod || rm != 6) {
		operand->offset = gpr[bases[rm]];
		if (bases[rm] == HVP_RBP)
			operand->segment = HVP_SS;
	}
	if (rm < 4)
		operand->offset += gpr[rm & 1 ? HVP_RDI : HVP_RSI];
	if (mod == 2 || (!mod && rm == 6))
		operand->offset += hvp_decoder_number(decoder, 2);
	else if (mod == 1)
		operand->offset += hvp_decoder_number(decoder, 1);
}

/* Likewise of 32 or 64 bits. */
static void hvp_decoder_operand(struct hvp_decoder *decoder, u8 modrm,
				struct hvp_operand *operand)
{
	const u64 *gpr = decoder->state->gpr;
	u8 mod = modrm >> 6, base = modrm & 7, sib, index;
	bool has_sib = base == HVP_RSP, none;

	if (has_sib) {
		sib = hvp_decoder_byte(decoder);
		base = sib & 7;
		index = (sib >> 3 & 7) | (decoder->rex & HVP_REX_X ? 8 : 0);
		if (index != HVP_RSP)
			operand->offset = gpr[index] << (sib >> 6);
	}
	none = !mod && base == HVP_RBP;
	operand->relative = none && !has_sib && decoder->long_mode;
	if (!none) {
		base |= decoder->rex & HVP_REX_B ? 8 : 0;
		operand->offset += gpr[base];
		if (base == HVP_RSP || base == HVP_RBP)
			operand->segment = HVP_SS;
	}
	if (mod == 2 || none)
		operand->offset += hvp_decoder_number(decoder, 4);
	else if (mod == 1)
		operand->offset += hvp_decoder_number(decoder, 1);
}

/* A register as the source of a store; of a byte, there are AH to BH without REX. */
static u64 hvp_decoder_register(const struct hvp_decoder *decoder, u8 modrm, u8 size)
{
	u8 number = modrm >> 3 & 7;

	if (size == 1 && !decoder->rex && number >= 4)
		return decoder->state->gpr[number - 4] >> 8;
	return decoder->state->gpr[number | (decoder->rex & HVP_REX_R ? 8 : 0)];
}

/* The operands of MOV with ModRM, or of MOVNTI.  Return: is it one that writes to memory? */
static bool hvp_decoder_store(struct hvp_decoder *decoder, bool immediate,
			      struct hvp_operand *operand, struct hvp_store *store)
{
	u8 modrm = hvp_decoder_byte(decoder);

	if (modrm >= 0xc0 || (immediate && modrm & 0x38))
		return false;
	if (decoder->address_size == 2)
		hvp_decoder_operand16(decoder, modrm, operand);
	else
		hvp_decoder_operand(decoder, modrm, operand);
	if (immediate)
		store->value = hvp_decoder_number(decoder, min_t(unsigned int, store->size, 4));
	else
		store->value = hvp_decoder_register(decoder, modrm, store->size);
	return true;
}

/* By opcode; @store has the size of an operand that has no own.  Return: is it one of ours? */
static bool hvp_decoder_opcode(struct hvp_decoder *decoder, u8 opcode,
			       struct hvp_operand *operand, struct hvp_store *store)
{
	switch (opcode) {
	case 0x88:
	case 0xc6:
	case 0xa2:
		store->size = 1;
		break;
	case 0x89:
	case 0xc7:
	case 0xa3:
		break;
	case 0x0f:
		/* MOVNTI, which has no operand of 16 bits. */
		if (hvp_decoder_byte(decoder) != 0xc3 || store->size == 2)
			return false;
		break;
	default:
		return false;
	}
	if (opcode != 0xa2 && opcode != 0xa3)
		return hvp_decoder_store(decoder, (opcode & 0xfe) == 0xc6, operand, store);
	operand->offset = hvp_decoder_number(decoder, decoder->address_size);
	store->value = decoder->state->gpr[HVP_RAX];
	return true;
}

/* Where in the modes that are not of 64 bits an instruction pointer goes round. */
static u64 hvp_wrapped(const struct hvp_decoder *decoder, u64 rip)
{
	return decoder->long_mode ? rip : (u32)rip;
}

/**
 * hvp_store_instruction() - where is the instruction?
 * @state:	registers before it, GENERAL and SPECIAL
 *
 * Context: Any.
 * Return: its linear address.
 */
u64 hvp_store_instruction(const struct hvp_vp_state *state)
{
	struct hvp_decoder decoder = { .state = state };

	hvp_decoder_begin(&decoder);
	if (decoder.long_mode)
		return state->rip;
	return (u32)(state->segments[HVP_CS].base + state->rip);
}

/**
 * hvp_store_decode() - what does an instruction write?
 * @bytes:	the instruction begins there
 * @count:	how many bytes are known of it
 * @state:	registers before it, GENERAL and SPECIAL
 * @store:	receives where, and what
 *
 * Context: Any.
 * Return: true, or false if it is another instruction, or one that writes to two pages, or one
 * after which something else is to happen.
 */
bool hvp_store_decode(const u8 *bytes, unsigned int count, const struct hvp_vp_state *state,
		      struct hvp_store *store)
{
	struct hvp_decoder decoder = { .bytes = bytes, .count = count, .state = state };
	struct hvp_operand operand = { .segment = HVP_DS };
	u8 opcode;

	/* Single step. */
	if (state->rflags & HVP_RFLAGS_TF)
		return false;
	hvp_decoder_begin(&decoder);
	opcode = hvp_decoder_prefixes(&decoder);
	store->size = decoder.operand_size;
	if (!hvp_decoder_opcode(&decoder, opcode, &operand, store) || decoder.short_of)
		return false;
	store->value = hvp_low_bytes(store->value, store->size);
	store->gva = hvp_decoder_linear(&decoder, &operand);
	store->next = hvp_wrapped(&decoder, state->rip + decoder.at);
	return (store->gva & (HVP_PAGE_SIZE - 1)) + store->size <= HVP_PAGE_SIZE;
}
