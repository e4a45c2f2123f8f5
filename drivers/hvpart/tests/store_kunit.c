// SPDX-License-Identifier: GPL-2.0
/* store.c: what MOV and MOVNTI write, and where; and what is none of them. */

#include <hvpart/vp_state.h>
#include "../core/vp/store.h"
#include "suite.h"

enum hvp_mode { REAL, PROTECTED, COMPATIBILITY, LONG };

/* As an assembler makes them.  @next: bytes of the instruction; 0: it is none of ours */
struct hvp_store_row {
	const char *name;
	enum hvp_mode mode;
	u8 bytes[16];
	u8 next;
	u64 gva;
	u8 size;
	u64 value;
};

/* Registers are told from each other by their bytes; segments by their bases. */
#define REGISTER(n)	(0x1122334455660084ULL + 0x1001 * (n))
#define RAX		REGISTER(0)
#define RCX		REGISTER(1)
#define RDX		REGISTER(2)
#define RBX		REGISTER(3)
#define RSP		REGISTER(4)
#define RBP		REGISTER(5)
#define RSI		REGISTER(6)
#define RDI		REGISTER(7)
#define R12		REGISTER(12)
#define R13		REGISTER(13)
#define LOW_8(value)	((value) & U8_MAX)
#define LOW_16(value)	((value) & U16_MAX)
#define LOW_32(value)	((value) & U32_MAX)
#define BASE(name)	(0x1000000ULL * (1 + (name)))
#define RIP		0x00001234000056c0ULL

static const struct hvp_store_row hvp_store_rows[] = {
	{ "mov %ax, (%rdx)", LONG, { 0x66, 0x89, 0x02 }, 3, RDX, 2, LOW_16(RAX) },
	{ "mov %eax, (%rdx)", LONG, { 0x89, 0x02 }, 2, RDX, 4, LOW_32(RAX) },
	{ "mov %rax, (%rdx)", LONG, { 0x48, 0x89, 0x02 }, 3, RDX, 8, RAX },
	{ "data16 mov %rax, (%rdx)", LONG, { 0x66, 0x48, 0x89, 0x02 }, 4, RDX, 8, RAX },
	{ "REX that does not count", LONG, { 0x48, 0x66, 0x89, 0x02 }, 4, RDX, 2, LOW_16(RAX) },
	{ "mov %al, (%rdx)", LONG, { 0x88, 0x02 }, 2, RDX, 1, LOW_8(RAX) },
	{ "mov %ah, (%rdx)", LONG, { 0x88, 0x22 }, 2, RDX, 1, LOW_8(RAX >> 8) },
	{ "mov %bh, (%rdx)", LONG, { 0x88, 0x3a }, 2, RDX, 1, LOW_8(RBX >> 8) },
	{ "mov %spl, (%rdx)", LONG, { 0x40, 0x88, 0x22 }, 3, RDX, 1, LOW_8(RSP) },
	{ "mov %r12b, (%rdx)", LONG, { 0x44, 0x88, 0x22 }, 3, RDX, 1, LOW_8(R12) },
	{ "movb $0x7f, 8(%rdi)", LONG, { 0xc6, 0x47, 0x08, 0x7f }, 4, RDI + 8, 1, 0x7f },
	{ "movw $0x8001, -8(%rdi)", LONG, { 0x66, 0xc7, 0x47, 0xf8, 0x01, 0x80 }, 6, RDI - 8, 2,
	  0x8001 },
	{ "movl $1, (%rdi)", LONG, { 0xc7, 0x07, 1, 0, 0, 0 }, 6, RDI, 4, 1 },
	{ "movq $-2, (%rdi)", LONG, { 0x48, 0xc7, 0x07, 0xfe, 0xff, 0xff, 0xff }, 7, RDI, 8,
	  ~1ULL },
	{ "movnti %ecx, (%rdi)", LONG, { 0x0f, 0xc3, 0x0f }, 3, RDI, 4, LOW_32(RCX) },
	{ "movnti %rcx, (%rdi)", LONG, { 0x48, 0x0f, 0xc3, 0x0f }, 4, RDI, 8, RCX },
	{ "mov %ecx, 0x100(%rip)", LONG, { 0x89, 0x0d, 0, 1, 0, 0 }, 6, RIP + 0x106, 4,
	  LOW_32(RCX) },
	{ "movw $7, 0x100(%rip)", LONG, { 0x66, 0xc7, 0x05, 0, 1, 0, 0, 7, 0 }, 9, RIP + 0x109,
	  2, 7 },
	{ "mov %ecx, 0x100(%eip)", LONG, { 0x67, 0x89, 0x0d, 0, 1, 0, 0 }, 7,
	  LOW_32(RIP + 0x107), 4, LOW_32(RCX) },
	{ "mov %ecx, 0x76543210", LONG, { 0x89, 0x0c, 0x25, 0x10, 0x32, 0x54, 0x76 }, 7,
	  0x76543210, 4, LOW_32(RCX) },
	{ "mov %ecx, -16 absolute", LONG, { 0x89, 0x0c, 0x25, 0xf0, 0xff, 0xff, 0xff }, 7,
	  -16ULL, 4, LOW_32(RCX) },
	{ "mov %ecx, (%rsp)", LONG, { 0x89, 0x0c, 0x24 }, 3, RSP, 4, LOW_32(RCX) },
	{ "mov %ecx, (%r12)", LONG, { 0x41, 0x89, 0x0c, 0x24 }, 4, R12, 4, LOW_32(RCX) },
	{ "mov %ecx, (%r13)", LONG, { 0x41, 0x89, 0x4d, 0 }, 4, R13, 4, LOW_32(RCX) },
	{ "mov %ecx, 4(%rax,%rcx,8)", LONG, { 0x89, 0x4c, 0xc8, 4 }, 4, RAX + 8 * RCX + 4, 4,
	  LOW_32(RCX) },
	{ "mov %ecx, (%rax,%r12,2)", LONG, { 0x42, 0x89, 0x0c, 0x60 }, 4, RAX + 2 * R12, 4,
	  LOW_32(RCX) },
	{ "mov %ecx, 0x10(,%rax,4)", LONG, { 0x89, 0x0c, 0x85, 0x10, 0, 0, 0 }, 7, 4 * RAX + 0x10,
	  4, LOW_32(RCX) },
	{ "mov %ecx, 0x11223344(%rdi)", LONG, { 0x89, 0x8f, 0x44, 0x33, 0x22, 0x11 }, 6,
	  RDI + 0x11223344, 4, LOW_32(RCX) },
	{ "mov %ecx, (%edi)", LONG, { 0x67, 0x89, 0x0f }, 3, LOW_32(RDI), 4, LOW_32(RCX) },
	{ "mov %ecx, %gs:(%rdi)", LONG, { 0x65, 0x89, 0x0f }, 3, RDI + BASE(HVP_GS),
	  4, LOW_32(RCX) },
	{ "mov %ecx, %ds:(%rdi)", LONG, { 0x3e, 0x89, 0x0f }, 3, RDI, 4, LOW_32(RCX) },
	{ "movabs %al, 0x0102030405060708", LONG, { 0xa2, 8, 7, 6, 5, 4, 3, 2, 1 }, 9,
	  0x0102030405060708, 1, LOW_8(RAX) },
	{ "movabs %rax, 0x0102030405060708", LONG, { 0x48, 0xa3, 8, 7, 6, 5, 4, 3, 2, 1 }, 10,
	  0x0102030405060708, 8, RAX },
	{ "addr32 mov %eax, 0x05060708", LONG, { 0x67, 0xa3, 8, 7, 6, 5 }, 6, 0x05060708, 4,
	  LOW_32(RAX) },

	{ "mov %ecx, (%edi), 32-bit", PROTECTED, { 0x89, 0x0f }, 2, LOW_32(RDI + BASE(HVP_DS)), 4,
	  LOW_32(RCX) },
	{ "mov %ecx, (%ebp), 32-bit", PROTECTED, { 0x89, 0x4d, 0 }, 3,
	  LOW_32(RBP + BASE(HVP_SS)), 4, LOW_32(RCX) },
	{ "mov %ecx, %es:(%ebp), 32-bit", PROTECTED, { 0x26, 0x89, 0x4d, 0 }, 4,
	  LOW_32(RBP + BASE(HVP_ES)), 4, LOW_32(RCX) },
	{ "mov %ecx, 0x1234, 32-bit", PROTECTED, { 0x89, 0x0d, 0x34, 0x12, 0, 0 }, 6,
	  0x1234 + BASE(HVP_DS), 4, LOW_32(RCX) },
	{ "mov %cx, (%bx,%si), 32-bit", PROTECTED, { 0x66, 0x67, 0x89, 0x08 }, 4,
	  LOW_16(RBX + RSI) + BASE(HVP_DS), 2, LOW_16(RCX) },
	{ "inc %eax, which is a REX in long mode", PROTECTED, { 0x40, 0x89, 0x0f } },
	{ "mov %ecx, (%edi), compatibility", COMPATIBILITY, { 0x89, 0x0f }, 2,
	  LOW_32(RDI + BASE(HVP_DS)), 4, LOW_32(RCX) },

	{ "mov %al, 0x1000, 16-bit", REAL, { 0xa2, 0, 0x10 }, 3, 0x1000 + BASE(HVP_DS), 1,
	  LOW_8(RAX) },
	{ "mov %ax, 0x1000, 16-bit", REAL, { 0xa3, 0, 0x10 }, 3, 0x1000 + BASE(HVP_DS), 2,
	  LOW_16(RAX) },
	{ "mov %eax, 0x1000, 16-bit", REAL, { 0x66, 0xa3, 0, 0x10 }, 4, 0x1000 + BASE(HVP_DS), 4,
	  LOW_32(RAX) },
	{ "mov %cx, 0x1000, 16-bit", REAL, { 0x89, 0x0e, 0, 0x10 }, 4, 0x1000 + BASE(HVP_DS), 2,
	  LOW_16(RCX) },
	{ "mov %cx, 2(%bp), 16-bit", REAL, { 0x89, 0x4e, 2 }, 3, LOW_16(RBP + 2) + BASE(HVP_SS), 2,
	  LOW_16(RCX) },
	{ "mov %cx, (%bp,%di), 16-bit", REAL, { 0x89, 0x0b }, 2, LOW_16(RBP + RDI) + BASE(HVP_SS),
	  2, LOW_16(RCX) },
	{ "mov %cx, 0x100(%di), 16-bit", REAL, { 0x89, 0x8d, 0, 1 }, 4,
	  LOW_16(RDI + 0x100) + BASE(HVP_DS), 2, LOW_16(RCX) },
	{ "mov %cx, (%edi), 16-bit", REAL, { 0x67, 0x89, 0x0f }, 3, LOW_32(RDI + BASE(HVP_DS)), 2,
	  LOW_16(RCX) },
	{ "movw $0x1234, (%bx), 16-bit", REAL, { 0xc7, 0x07, 0x34, 0x12 }, 4,
	  LOW_16(RBX) + BASE(HVP_DS), 2, 0x1234 },

	{ "nothing is known", LONG, { } },
	{ "mov (%rdx), %eax", LONG, { 0x8b, 0x02 } },
	{ "mov %eax, %edx", LONG, { 0x89, 0xc2 } },
	{ "xchg %eax, (%rdx)", LONG, { 0x87, 0x02 } },
	{ "add %eax, (%rdx)", LONG, { 0x01, 0x02 } },
	{ "lock mov", LONG, { 0xf0, 0x89, 0x02 } },
	{ "xrelease mov", LONG, { 0xf3, 0x89, 0x02 } },
	{ "rep movsb", LONG, { 0xf3, 0xa4 } },
	{ "stosl", LONG, { 0xab } },
	{ "push %rax", LONG, { 0x50 } },
	{ "C7 /1", LONG, { 0xc7, 0x0f, 1, 0, 0, 0 } },
	{ "movnti, 16-bit", LONG, { 0x66, 0x0f, 0xc3, 0x0f } },
	{ "movaps %xmm0, (%rdx)", LONG, { 0x0f, 0x29, 0x02 } },
	{ "mov %ds, (%rdx)", LONG, { 0x8c, 0x1a } },
	{ "16 prefixes", LONG, { [0 ... 15] = 0x66 } },
};

KUNIT_ARRAY_PARAM_DESC(hvp_store, hvp_store_rows, name);

static struct hvp_vp_state *hvp_state_of(struct kunit *test, enum hvp_mode mode)
{
	static const u16 code[] = {
		[REAL] = 0x009b, [PROTECTED] = 0xc09b, [COMPATIBILITY] = 0xc09b, [LONG] = 0xa09b,
	};
	struct hvp_vp_state *state = kunit_kzalloc(test, sizeof(*state), GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, state);
	state->rip = mode == LONG ? RIP : 0x56c0;
	state->rflags = 2;
	for (i = 0; i < HVP_NR_GPRS; i++)
		state->gpr[i] = REGISTER(i);
	for (i = 0; i < HVP_NR_SEGMENTS; i++)
		state->segments[i] = (struct hvp_segment){ BASE(i), 0xffffffff, 8, 0xc093 };
	state->segments[HVP_CS].attributes = code[mode];
	if (mode == LONG || mode == COMPATIBILITY)
		state->efer = BIT(10) | BIT(8);
	return state;
}

static void hvp_store_is_decoded(struct kunit *test)
{
	const struct hvp_store_row *row = test->param_value;
	struct hvp_vp_state *state = hvp_state_of(test, row->mode);
	unsigned int count = row->next;
	struct hvp_store store;
	u8 bytes[16];

	if (!row->next) {
		for (count = 0; count <= sizeof(row->bytes); count++)
			KUNIT_EXPECT_FALSE(test, hvp_store_decode(row->bytes, count, state,
								  &store));
		return;
	}
	KUNIT_ASSERT_TRUE(test, hvp_store_decode(row->bytes, count, state, &store));
	KUNIT_EXPECT_EQ(test, store.gva, row->gva);
	KUNIT_EXPECT_EQ(test, store.size, row->size);
	KUNIT_EXPECT_EQ(test, store.value, row->value);
	KUNIT_EXPECT_EQ(test, store.next, state->rip + row->next);
	/* Whatever is behind it. */
	memset(bytes, 0xf0, sizeof(bytes));
	memcpy(bytes, row->bytes, row->next);
	KUNIT_EXPECT_TRUE(test, hvp_store_decode(bytes, sizeof(bytes), state, &store));
	KUNIT_EXPECT_EQ(test, store.next, state->rip + row->next);
	/* Single-stepped, or not all of it known. */
	while (count--)
		KUNIT_EXPECT_FALSE(test, hvp_store_decode(row->bytes, count, state, &store));
	state->rflags |= BIT(8);
	KUNIT_EXPECT_FALSE(test, hvp_store_decode(row->bytes, row->next, state, &store));
}

static void hvp_store_stays_in_its_page(struct kunit *test)
{
	struct hvp_vp_state *state = hvp_state_of(test, LONG);
	static const u8 bytes[] = { 0x89, 0x02 };
	struct hvp_store store;

	state->gpr[HVP_RDX] = 0x1ffc;
	KUNIT_EXPECT_TRUE(test, hvp_store_decode(bytes, sizeof(bytes), state, &store));
	state->gpr[HVP_RDX] = 0x1ffd;
	KUNIT_EXPECT_FALSE(test, hvp_store_decode(bytes, sizeof(bytes), state, &store));
}

static void hvp_store_finds_the_instruction(struct kunit *test)
{
	struct hvp_vp_state *state = hvp_state_of(test, LONG);

	KUNIT_EXPECT_EQ(test, hvp_store_instruction(state), RIP);
	state = hvp_state_of(test, REAL);
	KUNIT_EXPECT_EQ(test, hvp_store_instruction(state), 0x56c0 + BASE(HVP_CS));
	state->segments[HVP_CS].base = 0xffff0000;
	state->rip = 0x1fff0;
	KUNIT_EXPECT_EQ(test, hvp_store_instruction(state), 0xfff0);
}

static struct kunit_case hvp_store_cases[] = {
	KUNIT_CASE_PARAM(hvp_store_is_decoded, hvp_store_gen_params),
	KUNIT_CASE(hvp_store_stays_in_its_page),
	KUNIT_CASE(hvp_store_finds_the_instruction),
	{}
};

HVP_KUNIT_SUITE(hvp_store, hvp_store_cases);
