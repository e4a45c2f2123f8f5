// SPDX-License-Identifier: GPL-2.0
/* What a child's processor does not say of itself: disabled features and their bits in CPUID. */

#include <linux/bits.h>
#include <linux/string.h>
#include <kunit/test.h>
#include "../kvm/processor.h"

enum { EAX, EBX, ECX, EDX };

struct hvp_hidden_row {
	const char *name;
	u64 features[2], xsave;
	u32 leaf, subleaf;
	unsigned int reg;
	u32 bits;
};

/* Each is what goes from that leaf, and all that goes from it. */
static const struct hvp_hidden_row hvp_hidden_rows[] = {
	{ "nothing", {}, 0, 7, 0, EDX, 0 },
	{ "SSE3", { BIT_ULL(0) }, 0, 1, 0, ECX, BIT(0) },
	{ "no FCS and FDS", { BIT_ULL(31) }, 0, 7, 0, EBX, BIT(13) },
	{ "pointers that XSAVE saves", { BIT_ULL(42) }, 0, 0x80000008, 0, EBX, BIT(2) },
	{ "IBRS", { BIT_ULL(44) }, 0, 7, 0, EDX, BIT(26) },
	{ "IBRS, AMD", { BIT_ULL(44) }, 0, 0x80000008, 0, EBX, BIT(14) },
	{ "SSBD", { BIT_ULL(48) }, 0, 7, 0, EDX, BIT(31) },
	{ "SSBD, AMD", { BIT_ULL(48) }, 0, 0x80000008, 0, EBX, BIT(24) },
	{ "L1D flush", { BIT_ULL(50) }, 0, 7, 0, EDX, BIT(28) },
	{ "enhanced IBRS, AMD", { BIT_ULL(52) }, 0, 0x80000021, 0, EAX, BIT(8) },
	{ "no SSB, AMD", { BIT_ULL(54) }, 0, 0x80000008, 0, EBX, BIT(26) },
	{ "VIRT_SPEC_CTRL", { BIT_ULL(56) }, 0, 0x80000008, 0, EBX, BIT(25) },
	{ "PSFD", { 0, BIT_ULL(7) }, 0, 7, 2, EDX, BIT(0) },
	{ "PSFD, AMD", { 0, BIT_ULL(7) }, 0, 0x80000008, 0, EBX, BIT(28) },
	{ "WAITPKG", { 0, BIT_ULL(12) }, 0, 7, 0, ECX, BIT(5) },
	{ "FZRM", { 0, BIT_ULL(19) }, 0, 7, 1, EAX, BIT(10) },
	{ "FSRS", { 0, BIT_ULL(20) }, 0, 7, 1, EAX, BIT(11) },
	{ "FSRC", { 0, BIT_ULL(21) }, 0, 7, 1, EAX, BIT(12) },
	{ "CMPCCXADD", { 0, BIT_ULL(40) }, 0, 7, 1, EAX, BIT(7) },
	{ "BHI_DIS_S", { 0, BIT_ULL(44) }, 0, 7, 2, EDX, BIT(4) },
	{ "PREFETCHI", { 0, BIT_ULL(45) }, 0, 7, 1, EDX, BIT(14) },
	{ "PREFETCHI, AMD", { 0, BIT_ULL(45) }, 0, 0x80000021, 0, EAX, BIT(20) },
	{ "SHA512", { 0, BIT_ULL(46) }, 0, 7, 1, EAX, BIT(0) },
	{ "SM3", { 0, BIT_ULL(50) }, 0, 7, 1, EAX, BIT(1) },
	{ "SM4", { 0, BIT_ULL(51) }, 0, 7, 1, EAX, BIT(2) },
	{ "SBPB", { 0, BIT_ULL(54) }, 0, 0x80000021, 0, EAX, BIT(27) },
	{ "IBPB_BRTYPE", { 0, BIT_ULL(55) }, 0, 0x80000021, 0, EAX, BIT(28) },
	{ "SRSO_NO", { 0, BIT_ULL(56) }, 0, 0x80000021, 0, EAX, BIT(29) },
	{ "SRSO_USER_KERNEL_NO", { 0, BIT_ULL(57) }, 0, 0x80000021, 0, EAX, BIT(30) },
	{ "VERW_CLEAR", { 0, BIT_ULL(58) }, 0, 0x80000021, 0, EAX, BIT(5) },
	{ "TSA_L1_NO", { 0, BIT_ULL(59) }, 0, 0x80000021, 0, ECX, BIT(2) },
	{ "TSA_SQ_NO", { 0, BIT_ULL(60) }, 0, 0x80000021, 0, ECX, BIT(1) },
	{ "TSA_FILL_NO", { 0, BIT_ULL(63) }, 0, 0x80000021, 0, ECX, BIT(7) },
	{ "XSAVEC", {}, BIT_ULL(11), 0xd, 1, EAX, BIT(1) },
	{ "AVX-IFMA", {}, BIT_ULL(31), 7, 1, EAX, BIT(23) },
	{ "AVX-NE-CONVERT", {}, BIT_ULL(32), 7, 1, EDX, BIT(5) },
	{ "AVX-VNNI-INT8", {}, BIT_ULL(33), 7, 1, EDX, BIT(4) },
	{ "AVX-VNNI-INT16", {}, BIT_ULL(34), 7, 1, EDX, BIT(10) },
	{ "AVX10", {}, BIT_ULL(35), 7, 1, EDX, BIT(19) },
	{ "AVX10, 512 bits", {}, BIT_ULL(36), 0x24, 0, EBX, BIT(18) },
	/* The same bit elsewhere is another one. */
	{ "FZRM, not in leaf 7.0", { 0, BIT_ULL(19) }, 0, 7, 0, EAX, 0 },
	{ "PSFD, not in leaf 7.1", { 0, BIT_ULL(7) }, 0, 7, 1, EDX, 0 },
};

static void hvp_hidden_desc(const struct hvp_hidden_row *row, char *desc)
{
	strscpy(desc, row->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(hvp_hidden, hvp_hidden_rows, hvp_hidden_desc);

static void hvp_processor_hides_no_more(struct kunit *test)
{
	const struct hvp_hidden_row *row = test->param_value;
	u32 registers[4] = { ~0U, ~0U, ~0U, ~0U };
	unsigned int i;

	hvp_processor_hide(row->features, row->xsave, row->leaf, row->subleaf, registers);
	for (i = 0; i < ARRAY_SIZE(registers); i++)
		KUNIT_EXPECT_EQ(test, ~registers[i], i == row->reg ? row->bits : 0);
}

static struct kunit_case hvp_processor_cases[] = {
	KUNIT_CASE_PARAM(hvp_processor_hides_no_more, hvp_hidden_gen_params),
	{}
};

static struct kunit_suite hvp_processor = {
	.name = "hvp_processor",
	.test_cases = hvp_processor_cases,
};

kunit_test_suite(hvp_processor);
