// SPDX-License-Identifier: GPL-2.0
#include "instructions.h"

#define SAFE		(AT_SAFE + 0x100)
#define R		TOUCH_READ
#define W		TOUCH_WRITE
#define M		TOUCH_MODIFY
#define X		TOUCH_FETCH
#define DOWN		0x402

/* Bytes from T(0xff0) and T(0xffe) on, as long as the page goes, and beyond it */
#define NEAR_END	T(0xff0)
#define ACROSS		T(0xffe)

/*
 * Columns: in which modes, a name, the instruction as the assembler has it for each of those
 * modes, and the rest of the row.
 */
#define INSTRUCTIONS(ANY, LEGACY, REAL, PROTECTED, P32, LONG)				\
	/* Plain ones */								\
	ANY(load, "mov (%ebx), %eax", .rbx = T(0x10), .first = R, .walk = true)		\
	ANY(load_across, "mov (%ebx), %eax", .rbx = ACROSS, .first = R, .second = R)	\
	ANY(load_byte_at_end, "mov (%ebx), %al", .rbx = T(0xfff), .first = R)		\
	ANY(movzx, "movzbl (%ebx), %eax", .rbx = T(0x10), .first = R)			\
	ANY(store, "mov %eax, (%ebx)", .rbx = T(0x10), .first = W, .walk = true)	\
	ANY(store_across, "mov %eax, (%ebx)", .rbx = ACROSS, .first = W, .second = W)	\
	ANY(store_byte, "mov %al, (%ebx)", .rbx = T(0), .first = W)			\
	ANY(store_immediate, "movl $0x12345678, (%ebx)", .rbx = T(0x20), .first = W)	\
	LONG(load_8_across, "mov (%rbx), %rax", .rbx = T(0xffc), .first = R, .second = R) \
	LONG(store_8_across, "mov %rax, (%rbx)", .rbx = T(0xffc), .first = W, .second = W) \
	ANY(add_from, "add (%ebx), %eax", .rbx = T(0x10), .first = R)			\
	ANY(compare, "cmp %eax, (%ebx)", .rbx = T(0x10), .first = R)			\
	ANY(test_bit, "btl $3, (%ebx)", .rbx = T(0x10), .first = R)			\
	ANY(multiply, "mull (%ebx)", .rbx = T(0x10), .first = R)			\
	ANY(set_byte, "setc (%ebx)", .rbx = T(0x10), .first = W)			\
	ANY(decrement_byte, "decb (%ebx)", .rbx = T(0xfff), .first = M)			\
	ANY(shift_double, "shld $4, %ecx, (%ebx)", .rbx = ACROSS, .first = M, .second = M) \
	ANY(bit_scan, "bsf (%ebx), %eax", .rbx = T(0x10), .first = R)			\
	ANY(move_conditionally, "cmovc (%ebx), %eax", .rbx = T(0x10), .first = R)	\
	ANY(translate, "xlatb", .rax = 0x10, .rbx = T(0), .first = R)			\
	/* Read-modify-write */								\
	ANY(add_to, "add %eax, (%ebx)", .rbx = T(0x10), .first = M, .walk = true)	\
	ANY(add_across, "add %eax, (%ebx)", .rbx = ACROSS, .first = M, .second = M)	\
	ANY(adc_to, "adc %eax, (%ebx)", .rbx = T(0x10), .rflags = 3, .first = M)	\
	ANY(increment, "incl (%ebx)", .rbx = T(0x10), .first = M)			\
	ANY(negate, "negl (%ebx)", .rbx = T(0x10), .first = M)				\
	ANY(shift, "shll $3, (%ebx)", .rbx = T(0x10), .first = M)			\
	ANY(rotate_carry, "rcrl $1, (%ebx)", .rbx = T(0x10), .rflags = 3, .first = M)	\
	ANY(exchange, "xchg %eax, (%ebx)", .rbx = T(0x10), .first = M)			\
	ANY(exchange_add, "xadd %eax, (%ebx)", .rbx = T(0x10), .first = M)		\
	ANY(lock_add, "lock addl $5, (%ebx)", .rbx = T(0x10), .first = M)		\
	ANY(lock_add_across, "lock addl $5, (%ebx)", .rbx = ACROSS, .first = M, .second = M) \
	ANY(lock_or_byte, "lock orb $0x81, (%ebx)", .rbx = T(0x10), .first = M)		\
	ANY(lock_exchange_add, "lock xadd %eax, (%ebx)", .rbx = T(0x10), .first = M)	\
	ANY(lock_set_bit, "lock btsl $7, (%ebx)", .rbx = T(0x10), .first = M)		\
	ANY(lock_compare_equal, "lock cmpxchg %ecx, (%ebx)", .rax = 0x55667788,		\
	    .rcx = 0x1234, .rbx = T(0x10), .pokes = { { T(0x10), 0x1122334455667788 } },	\
	    .first = M, .walk = true)							\
	ANY(lock_compare_unequal, "lock cmpxchg %ecx, (%ebx)", .rax = 1, .rcx = 0x1234,	\
	    .rbx = T(0x10), .first = M)							\
	ANY(lock_compare_8, "lock cmpxchg8b (%ebx)", .rax = 0x55667788, .rdx = 0x11223344, \
	    .rcx = 0x1234, .rbx = T(0x10),						\
	    .pokes = { { T(0x10), 0x1122334455667788 } }, .first = M)			\
	LONG(lock_compare_16, "lock cmpxchg16b (%rbx)", .rax = 0x1122334455667788,	\
	     .rdx = 0x99aabbccddeeff00, .rcx = 0x1234, .rbx = T(0x10),			\
	     .pokes = { { T(0x10), 0x1122334455667788 }, { T(0x18), 0x99aabbccddeeff00 } }, \
	     .first = M)								\
	LONG(compare_16_unequal, "cmpxchg16b (%rbx)", .rax = 1, .rdx = 2, .rcx = 3,	\
	     .rbx = T(0x20), .first = M)						\
	/* Stack */									\
	LEGACY(push, "pushl %eax", .rsp = T(0x100), .first = W, .walk = true)		\
	LONG(push_64, "push %rax", .rsp = T(0x100), .first = W, .walk = true)		\
	LEGACY(push_across, "pushl %eax", .rsp = T(0x1002), .first = W, .second = W)	\
	ANY(push_word, "pushw %ax", .rsp = T(0x1001), .first = W, .second = W)		\
	LEGACY(push_flags, "pushfl", .rsp = T(0x100), .first = W)			\
	LEGACY(push_all_across, "pushal", .rsp = T(0x1008), .first = W, .second = W)	\
	LEGACY(push_memory, "pushl (%ebx)", .rbx = T(0x10), .rsp = T(0x1100), .first = R, \
	       .second = W)								\
	LONG(push_memory_64, "push (%rbx)", .rbx = T(0x10), .rsp = T(0x1100), .first = R, \
	     .second = W)								\
	LEGACY(pop, "popl %eax", .rsp = T(0x100), .first = R)				\
	LONG(pop_64, "pop %rax", .rsp = T(0x100), .first = R)				\
	LEGACY(pop_all_across, "popal", .rsp = T(0xff0), .first = R, .second = R)	\
	LEGACY(pop_memory, "popl (%ebx)", .rbx = T(0x10), .rsp = T(0x1100), .first = W,	\
	       .second = R)								\
	LONG(pop_memory_64, "pop (%rbx)", .rbx = T(0x10), .rsp = T(0x1100), .first = W,	\
	     .second = R)								\
	ANY(call, "call 1f\n nop\n1:", .rsp = T(0x100), .first = W)			\
	LEGACY(call_memory, "calll *(%ebx)", .rbx = T(0x10), .rsp = T(0x1100),		\
	       .pokes = { { T(0x10), FAR_CODE } }, .first = R, .second = W)		\
	LONG(call_memory_64, "call *(%rbx)", .rbx = T(0x10), .rsp = T(0x1100),		\
	     .pokes = { { T(0x10), FAR_CODE } }, .first = R, .second = W)		\
	ANY(return, "ret", .rsp = T(0x100), .pokes = { { T(0x100), FAR_CODE } }, .first = R) \
	ANY(return_and_drop, "ret $8", .rsp = T(0x100),					\
	    .pokes = { { T(0x100), FAR_CODE } }, .first = R)				\
	ANY(enter, "enter $0x10, $0", .rsp = T(0x100), .rbp = SAFE, .first = W)		\
	ANY(leave, "leave", .rbp = T(0x100), .first = R)				\
	/* Far, and descriptors */							\
	REAL(far_call_real, "lcall $0, $0x4800", .rsp = T(0x100), .first = W)		\
	P32(far_call, "lcall $8, $0x4800", .rsp = T(0x100), .first = W, .tables = R)	\
	P32(far_jump, "ljmp $8, $0x4800", .tables = R)					\
	REAL(far_jump_memory_real, "ljmp *(%ebx)", .rbx = T(0x10),			\
	     .pokes = { { T(0x10), 0x4800 } }, .first = R)				\
	PROTECTED(far_jump_memory, "ljmp *(%ebx)", .rbx = ACROSS,			\
		  .pokes = { { ACROSS, 0x800004800 } }, .first = R, .second = R,	\
		  .tables = R)								\
	REAL(interrupt_return_real, "iret", .rsp = T(0x100),				\
	     .pokes = { { T(0x100), 0x000200004800 } }, .first = R)			\
	P32(interrupt_return, "iret", .rsp = T(0x100),					\
	    .pokes = { { T(0x100), 0x800004800 }, { T(0x108), 2 } }, .first = R,	\
	    .tables = R)								\
	LONG(interrupt_return_64, "iretq", .rsp = T(0xff0),				\
	     .pokes = { { T(0xff0), 0x4800 }, { T(0xff8), 8 }, { T(0x1000), 2 },	\
			{ T(0x1008), AT_STACK + 0x100 }, { T(0x1010), 0x10 } },		\
	     .first = R, .second = R, .tables = R)					\
	P32(load_far_pointer, "lfs (%ebx), %eax", .rbx = T(0x10),			\
	    .pokes = { { T(0x10), 0x1000000000 } }, .first = R, .tables = R)		\
	PROTECTED(load_data_segment, "mov %ax, %ds", .rax = SELECTOR_DATA, .tables = R)	\
	PROTECTED(load_stack_segment, "mov %ax, %ss", .rax = SELECTOR_DATA, .tables = R) \
	PROTECTED(load_ldt, "lldt %ax", .rax = SELECTOR_LDT, .tables = R)		\
	PROTECTED(load_task, "ltr %ax", .rax = SELECTOR_TSS, .tables = M)		\
	PROTECTED(access_rights, "lar %eax, %ecx", .rax = SELECTOR_DATA, .tables = R)	\
	PROTECTED(verify_read, "verr %ax", .rax = SELECTOR_DATA, .tables = R)		\
	ANY(load_gdt, "lgdt (%ebx)", .rbx = ACROSS,					\
	    .pokes = { { ACROSS, 0x345600ff }, { T(0x1006), 0 } },			\
	    .first = R, .second = R)							\
	ANY(store_gdt, "sgdt (%ebx)", .rbx = ACROSS, .first = W, .second = W)		\
	ANY(interrupt, "int $0x11", .rsp = T(0x100), .first = W, .tables = R)		\
	ANY(exception, "ud2", .rsp = T(0x100), .first = W, .tables = R)			\
	/* Repeated */									\
	ANY(movs_from, "rep movsb", .rsi = NEAR_END, .rdi = SAFE, .rcx = 0x20, .first = R, \
	    .second = R, .string = STRING_MOVS, .size = 1, .walk = true)		\
	ANY(movs_to, "rep movsl", .rsi = SAFE, .rdi = NEAR_END, .rcx = 0x10, .first = W, \
	    .second = W, .string = STRING_MOVS, .size = 4, .walk = true)		\
	ANY(movs_to_unaligned, "rep movsl", .rsi = SAFE, .rdi = T(0xff2), .rcx = 0x10,	\
	    .first = W, .second = W, .string = STRING_MOVS, .size = 4)			\
	ANY(movs_down, "rep movsb", .rsi = SAFE + 0x40, .rdi = T(0x1010), .rcx = 0x30,	\
	    .rflags = DOWN, .first = W, .second = W, .string = STRING_MOVS, .size = 1)	\
	ANY(movs_both, "rep movsw", .rsi = T(0xf00), .rdi = T(0x1100), .rcx = 0x40,	\
	    .first = R, .second = W, .string = STRING_MOVS, .size = 2)			\
	LONG(movs_8, "rep movsq", .rsi = T(0xfe4), .rdi = SAFE, .rcx = 8, .first = R,	\
	     .second = R, .string = STRING_MOVS, .size = 8)				\
	ANY(stos_bytes, "rep stosb", .rdi = NEAR_END, .rcx = 0x20, .first = W,		\
	    .second = W, .string = STRING_STOS, .size = 1)				\
	ANY(stos_unaligned, "rep stosl", .rdi = T(0xff1), .rcx = 0x10, .first = W,	\
	    .second = W, .string = STRING_STOS, .size = 4)				\
	ANY(stos_down, "rep stosw", .rdi = T(0x1010), .rcx = 0x10, .rflags = DOWN,	\
	    .first = W, .second = W, .string = STRING_STOS, .size = 2)			\
	ANY(lods, "rep lodsb", .rsi = NEAR_END, .rcx = 0x20, .first = R, .second = R,	\
	    .string = STRING_READ, .size = 1)						\
	ANY(scas, "repne scasb", .rax = 0xf4, .rdi = NEAR_END, .rcx = 0x20, .fill = 0x77, \
	    .first = R, .second = R, .string = STRING_READ, .size = 1)			\
	ANY(movs_once, "movsl", .rsi = ACROSS, .rdi = SAFE, .first = R, .second = R)	\
	ANY(stos_once, "stosl", .rdi = ACROSS, .first = W, .second = W)			\
	ANY(cmps, "repe cmpsb", .rsi = T(0xfe0), .rdi = T(0x1100), .rcx = 0x10, .fill = 0x77, \
	    .first = R, .second = R, .string = STRING_READ, .size = 1)			\
	ANY(cmps_once, "cmpsb", .rsi = SAFE, .rdi = T(0x10), .first = R)		\
	/* Processor state */								\
	ANY(store_fpu_control, "fnstcw (%ebx)", .rbx = T(0x10), .first = W)		\
	ANY(store_fpu_control_across, "fnstcw (%ebx)", .rbx = T(0xfff), .first = W,	\
	    .second = W)								\
	ANY(load_fpu, "fldl (%ebx)", .rbx = T(0x10), .first = R)			\
	ANY(store_vector_control, "stmxcsr (%ebx)", .rbx = T(0x10), .first = W)		\
	ANY(load_vector_control, "ldmxcsr (%ebx)", .rbx = T(0x10),			\
	    .pokes = { { T(0x10), 0x1f80 } }, .first = R)				\
	ANY(store_uncached, "movnti %eax, (%ebx)", .rbx = T(0x10), .first = W)		\
	ANY(store_idt, "sidt (%ebx)", .rbx = T(0x10), .first = W)			\
	PROTECTED(store_task, "str (%ebx)", .rbx = T(0x10), .first = W)			\
	PROTECTED(store_ldt, "sldt (%ebx)", .rbx = T(0x10), .first = W)			\
	/* Those that KVM emulates, because CR0 is not what the processor has */	\
	ANY(store_status, "smsw (%ebx)", .rbx = T(0x10), .first = W, .uncached = true,	\
	    .walk = true)								\
	ANY(load_status, "lmsw (%ebx)", .rbx = T(0x10), .pokes = { { T(0x10), 0x8 } },	\
	    .first = R, .uncached = true, .walk = true)					\
	PROTECTED(store_vector, "movups %xmm0, (%ebx)", .rbx = T(0xff8), .first = W,	\
		  .second = W)								\
	PROTECTED(load_vector, "movups (%ebx), %xmm1", .rbx = T(0xff8), .first = R,	\
		  .second = R)								\
	PROTECTED(load_vector_aligned, "movaps (%ebx), %xmm1", .rbx = T(0x10), .first = R) \
	PROTECTED(fxsave, "fxsave (%ebx)", .rbx = T(0x100), .first = W)			\
	PROTECTED(fxsave_across, "fxsave (%ebx)", .rbx = T(0xf00), .first = W, .second = W) \
	PROTECTED(fxrstor, "fxrstor (%ebx)", .rbx = T(0xf00), .first = R, .second = R,	\
		  .fill = 0xff, .pokes = { { T(0xf00), 0x37f }, { T(0xf18), 0x1f80 } })	\
	PROTECTED(xsave, "xsave (%ebx)", .rax = 1, .rdx = 0, .rbx = T(0x100), .first = M) \
	PROTECTED(xsave_across, "xsave (%ebx)", .rax = 1, .rdx = 0, .rbx = T(0xec0),	\
		  .first = M, .second = M)						\
	/* Fetches */									\
	ANY(fetch_across, "mov $0x12345678, %eax", .at = AT_CODE2 - 3, .code2 = X)	\
	ANY(fetch_and_store, "movl $0x12345678, (%ebx)", .at = AT_CODE2 - 2,		\
	    .rbx = T(0x10), .code2 = X, .first = W)					\
	ANY(fetch_all, "nop", .at = AT_CODE2, .code2 = X, .walk = true)			\
	LEGACY(jump_to, "jmpl *%ebx", .rbx = T(0x10), .fill = 0xf4, .first = X,		\
	       .jumps = true)								\
	LONG(jump_to_64, "jmp *%rbx", .rbx = T(0x10), .fill = 0xf4, .first = X,		\
	     .jumps = true)								\
	/* Ports */									\
	ANY(out_immediate, "out %al, $0x80", .port = true)				\
	ANY(out_word, "out %ax, %dx", .rdx = 0x80, .port = true)			\
	ANY(out_long, "out %eax, %dx", .rdx = 0x80, .port = true)			\
	ANY(in_byte, "in %dx, %al", .rdx = 0x80, .port = true)				\
	ANY(in_long, "in $0x80, %eax", .port = true)					\
	ANY(outs, "outsl", .rdx = 0x80, .rsi = T(0x10), .port = true)			\
	ANY(ins, "insb", .rdx = 0x80, .rdi = T(0x10), .port = true)			\
	ANY(rep_outs, "rep outsw", .rdx = 0x80, .rsi = NEAR_END, .rcx = 0x20, .port = true) \
	ANY(rep_ins, "rep insl", .rdx = 0x80, .rdi = NEAR_END, .rcx = 0x20, .port = true)

#define ASSEMBLE(bits, name, text)						\
	asm(".pushsection .rodata\n"						\
	    ".code" #bits "\n"							\
	    "code" #bits "_" #name ":\n" text "\n"				\
	    "end" #bits "_" #name ":\n"						\
	    ".code64\n"								\
	    ".popsection\n");							\
	extern const u8 code##bits##_##name[], end##bits##_##name[];

#define ASSEMBLE_16(name, text, ...)	ASSEMBLE(16, name, text)
#define ASSEMBLE_32(name, text, ...)	ASSEMBLE(32, name, text)
#define ASSEMBLE_64(name, text, ...)	ASSEMBLE(64, name, text)
#define ASSEMBLE_LEGACY(name, text, ...) ASSEMBLE(16, name, text) ASSEMBLE(32, name, text)
#define ASSEMBLE_PROTECTED(name, text, ...) ASSEMBLE(32, name, text) ASSEMBLE(64, name, text)
#define ASSEMBLE_ANY(name, text, ...)	ASSEMBLE(16, name, text) ASSEMBLE_PROTECTED(name, text)

INSTRUCTIONS(ASSEMBLE_ANY, ASSEMBLE_LEGACY, ASSEMBLE_16, ASSEMBLE_PROTECTED, ASSEMBLE_32,
	     ASSEMBLE_64)

#define AT_16(which, id)	[BITS_16] = which##16_##id
#define AT_32(which, id)	[BITS_32] = which##32_##id
#define AT_64(which, id)	[BITS_64] = which##64_##id

#define ROW_16(id, text, ...)							\
	{ #id, { AT_16(code, id) }, { AT_16(end, id) }, __VA_ARGS__ },
#define ROW_32(id, text, ...)							\
	{ #id, { AT_32(code, id) }, { AT_32(end, id) }, __VA_ARGS__ },
#define ROW_64(id, text, ...)							\
	{ #id, { AT_64(code, id) }, { AT_64(end, id) }, __VA_ARGS__ },
#define ROW_LEGACY(id, text, ...)						\
	{ #id, { AT_16(code, id), AT_32(code, id) }, { AT_16(end, id), AT_32(end, id) }, \
	  __VA_ARGS__ },
#define ROW_PROTECTED(id, text, ...)						\
	{ #id, { AT_32(code, id), AT_64(code, id) }, { AT_32(end, id), AT_64(end, id) }, \
	  __VA_ARGS__ },
#define ROW_ANY(id, text, ...)							\
	{ #id, { AT_16(code, id), AT_32(code, id), AT_64(code, id) },		\
	  { AT_16(end, id), AT_32(end, id), AT_64(end, id) }, __VA_ARGS__ },

const struct instruction instructions[] = {
	INSTRUCTIONS(ROW_ANY, ROW_LEGACY, ROW_16, ROW_PROTECTED, ROW_32, ROW_64)
};

const unsigned int nr_instructions = ARRAY_SIZE(instructions);
