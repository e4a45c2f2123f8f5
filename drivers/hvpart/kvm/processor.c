// SPDX-License-Identifier: GPL-2.0
/* The host's processor in the terms of partition properties. */

#include <asm/cpufeature.h>
#include <asm/fpu/xstate.h>
#include <asm/processor.h>
#include <asm/tsc.h>
#include <linux/bits.h>
#include <linux/kernel.h>
#include "processor.h"

/* A feature's bit in one of the TLFS's masks, and Linux's name for it. */
struct hvp_feature {
	u8 bit;
	u16 cpu_feature;
};

/* HV_PARTITION_PROCESSOR_FEATURES, bank 0 */
static const struct hvp_feature bank0[] = {
	{ 0, X86_FEATURE_XMM3 },
	{ 1, X86_FEATURE_LAHF_LM },
	{ 2, X86_FEATURE_SSSE3 },
	{ 3, X86_FEATURE_XMM4_1 },
	{ 4, X86_FEATURE_XMM4_2 },
	{ 5, X86_FEATURE_SSE4A },
	{ 6, X86_FEATURE_XOP },
	{ 7, X86_FEATURE_POPCNT },
	{ 8, X86_FEATURE_CX16 },
	{ 9, X86_FEATURE_CR8_LEGACY },
	{ 10, X86_FEATURE_ABM },
	{ 11, X86_FEATURE_MISALIGNSSE },
	{ 12, X86_FEATURE_MMXEXT },
	{ 13, X86_FEATURE_3DNOW },
	{ 14, X86_FEATURE_3DNOWEXT },
	{ 15, X86_FEATURE_GBPAGES },
	{ 16, X86_FEATURE_AES },
	{ 17, X86_FEATURE_PCLMULQDQ },
	{ 18, X86_FEATURE_PCID },
	{ 19, X86_FEATURE_FMA4 },
	{ 20, X86_FEATURE_F16C },
	{ 21, X86_FEATURE_RDRAND },
	{ 22, X86_FEATURE_FSGSBASE },
	{ 23, X86_FEATURE_SMEP },
	{ 24, X86_FEATURE_ERMS },
	{ 25, X86_FEATURE_BMI1 },
	{ 26, X86_FEATURE_BMI2 },
	{ 29, X86_FEATURE_MOVBE },
	{ 32, X86_FEATURE_RDSEED },
	{ 33, X86_FEATURE_ADX },
	{ 34, X86_FEATURE_3DNOWPREFETCH },
	{ 35, X86_FEATURE_SMAP },
	{ 36, X86_FEATURE_HLE },
	{ 37, X86_FEATURE_RTM },
	{ 38, X86_FEATURE_RDTSCP },
	{ 39, X86_FEATURE_CLFLUSHOPT },
	{ 40, X86_FEATURE_CLWB },
	{ 41, X86_FEATURE_SHA_NI },
	{ 43, X86_FEATURE_INVPCID },
	{ 44, X86_FEATURE_IBRS },
	{ 45, X86_FEATURE_STIBP },
	{ 46, X86_FEATURE_IBPB },
	{ 49, X86_FEATURE_FSRM },
	{ 52, X86_FEATURE_IBRS_ENHANCED },
	{ 57, X86_FEATURE_RDPID },
	{ 58, X86_FEATURE_UMIP },
	{ 60, X86_FEATURE_MD_CLEAR },
};

/* HV_PARTITION_PROCESSOR_FEATURES, bank 1 */
static const struct hvp_feature bank1[] = {
	{ 0, X86_FEATURE_APERFMPERF },
	{ 1, X86_FEATURE_NONSTOP_TSC },
	{ 2, X86_FEATURE_CLZERO },
	{ 3, X86_FEATURE_RDPRU },
	{ 4, X86_FEATURE_LA57 },
	{ 9, X86_FEATURE_IBT },
	{ 12, X86_FEATURE_WAITPKG },
	{ 13, X86_FEATURE_MOVDIRI },
	{ 14, X86_FEATURE_MOVDIR64B },
	{ 15, X86_FEATURE_CLDEMOTE },
	{ 16, X86_FEATURE_SERIALIZE },
	{ 17, X86_FEATURE_TSC_DEADLINE_TIMER },
	{ 18, X86_FEATURE_TSC_ADJUST },
	{ 22, X86_FEATURE_TSXLDTRK },
	{ 29, X86_FEATURE_BTC_NO },
	{ 30, X86_FEATURE_AMD_IBPB_RET },
	{ 31, X86_FEATURE_AMD_STIBP_ALWAYS_ON },
};

/* HV_PARTITION_PROCESSOR_XSAVE_FEATURES, without AMX, 26 to 29, which no child has */

static const struct hvp_feature xsave[] = {
	{ 0, X86_FEATURE_XSAVE },
	{ 1, X86_FEATURE_XSAVEOPT },
	{ 2, X86_FEATURE_AVX },
	{ 3, X86_FEATURE_AVX2 },
	{ 4, X86_FEATURE_FMA },
	{ 5, X86_FEATURE_MPX },
	{ 6, X86_FEATURE_AVX512F },
	{ 7, X86_FEATURE_AVX512DQ },
	{ 8, X86_FEATURE_AVX512CD },
	{ 9, X86_FEATURE_AVX512BW },
	{ 10, X86_FEATURE_AVX512VL },
	{ 11, X86_FEATURE_XSAVEC },
	{ 12, X86_FEATURE_XSAVES },
	{ 13, X86_FEATURE_XGETBV1 },
	{ 14, X86_FEATURE_AVX512_BITALG },
	{ 15, X86_FEATURE_AVX512IFMA },
	{ 16, X86_FEATURE_AVX512VBMI },
	{ 17, X86_FEATURE_AVX512_VBMI2 },
	{ 18, X86_FEATURE_AVX512_VNNI },
	{ 19, X86_FEATURE_GFNI },
	{ 20, X86_FEATURE_VAES },
	{ 21, X86_FEATURE_AVX512_VPOPCNTDQ },
	{ 22, X86_FEATURE_VPCLMULQDQ },
	{ 23, X86_FEATURE_AVX512_BF16 },
	{ 24, X86_FEATURE_AVX512_VP2INTERSECT },
	{ 25, X86_FEATURE_AVX512_FP16 },
	{ 30, X86_FEATURE_AVX_VNNI },
};

/* The CPUID leaf that describes XSAVE's state components. */
#define HVP_XSAVE_LEAF	0xd
#define HVP_XSAVE_ALIGNED	BIT(1)	/* ECX of a component */

struct hvp_processor hvp_host_processor __ro_after_init;

static u64 __init hvp_feature_mask(const struct hvp_feature *features, unsigned int count)
{
	u64 mask = 0;

	while (count--) {
		if (cpu_has(&boot_cpu_data, features[count].cpu_feature))
			mask |= BIT_ULL(features[count].bit);
	}
	return mask;
}

static u64 __init hvp_processor_vendor(void)
{
	switch (boot_cpu_data.x86_vendor) {
	case X86_VENDOR_INTEL:
		return 1;
	case X86_VENDOR_HYGON:
		return 2;
	default:
		return 0;	/* AMD */
	}
}

static void __init hvp_processor_find_xsave(struct hvp_processor *processor)
{
	unsigned int i;

	if (!boot_cpu_has(X86_FEATURE_XSAVE))
		return;
	processor->xsave_ends[XFEATURE_FP] = FXSAVE_SIZE + XSAVE_HDR_SIZE;
	processor->xsave_ends[XFEATURE_SSE] = FXSAVE_SIZE + XSAVE_HDR_SIZE;
	for (i = XFEATURE_YMM; i < XFEATURE_MAX; i++) {
		u32 size, offset, flags, edx;

		cpuid_count(HVP_XSAVE_LEAF, i, &size, &offset, &flags, &edx);
		processor->xsave_starts[i] = offset;
		processor->xsave_ends[i] = offset + size;
		if (flags & HVP_XSAVE_ALIGNED)
			processor->xsave_aligned |= BIT_ULL(i);
	}
}

/* Where CPUID has a word of Linux's table of features, which is one of its registers. */
static const struct {
	u8 word;
	u32 leaf;
	u32 subleaf;
	u8 reg;		/* EAX, EBX, ECX, EDX */
} feature_words[] = {
	{ CPUID_1_EDX, 1, 0, 3 },
	{ CPUID_1_ECX, 1, 0, 2 },
	{ CPUID_7_0_EBX, 7, 0, 1 },
	{ CPUID_7_ECX, 7, 0, 2 },
	{ CPUID_7_EDX, 7, 0, 3 },
	{ CPUID_7_1_EAX, 7, 1, 0 },
	{ CPUID_D_1_EAX, 0xd, 1, 0 },
	{ CPUID_8000_0001_EDX, 0x80000001, 0, 3 },
	{ CPUID_8000_0001_ECX, 0x80000001, 0, 2 },
	{ CPUID_8000_0008_EBX, 0x80000008, 0, 1 },
};

/* Features that Linux has a word of its own for; some are in several leaves. */
static const struct {
	u16 cpu_feature;
	u32 leaf;
	u8 reg;
	u32 bits;
} elsewhere[] = {
	{ X86_FEATURE_APERFMPERF, 6, 2, BIT(0) },
	{ X86_FEATURE_NONSTOP_TSC, 0x80000007, 3, BIT(8) },
	{ X86_FEATURE_IBRS, 7, 3, BIT(26) },
	{ X86_FEATURE_IBRS, 0x80000008, 1, BIT(14) },
	{ X86_FEATURE_STIBP, 7, 3, BIT(27) },
	{ X86_FEATURE_STIBP, 0x80000008, 1, BIT(15) },
	{ X86_FEATURE_IBPB, 7, 3, BIT(26) },
	{ X86_FEATURE_IBPB, 0x80000008, 1, BIT(12) },
	{ X86_FEATURE_IBRS_ENHANCED, 0x80000021, 0, BIT(8) },
};

static void hvp_feature_hide(u16 cpu_feature, u32 leaf, u32 subleaf, u32 registers[4])
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(feature_words); i++) {
		if (feature_words[i].word == cpu_feature / 32 &&
		    feature_words[i].leaf == leaf && feature_words[i].subleaf == subleaf)
			registers[feature_words[i].reg] &= ~BIT(cpu_feature % 32);
	}
	for (i = 0; i < ARRAY_SIZE(elsewhere); i++) {
		if (elsewhere[i].cpu_feature == cpu_feature && elsewhere[i].leaf == leaf &&
		    !subleaf)
			registers[elsewhere[i].reg] &= ~elsewhere[i].bits;
	}
}

static void hvp_features_hide(const struct hvp_feature *features, unsigned int count,
			      u64 disabled, u32 leaf, u32 subleaf, u32 registers[4])
{
	for (; count--; features++) {
		if (disabled >> features->bit & 1)
			hvp_feature_hide(features->cpu_feature, leaf, subleaf, registers);
	}
}

/**
 * hvp_processor_hide() - take disabled features out of what CPUID says
 * @disabled_features: both banks of HV_PARTITION_PROCESSOR_FEATURES
 * @disabled_xsave: HV_PARTITION_PROCESSOR_XSAVE_FEATURES
 * @leaf:	what is asked for
 * @subleaf:	likewise, 0 if the leaf has none
 * @registers:	EAX, EBX, ECX, EDX
 *
 * What enhanced IBRS is CPUID does not say on Intel.
 *
 * Context: Any.
 */
void hvp_processor_hide(const u64 disabled_features[2], u64 disabled_xsave, u32 leaf,
			u32 subleaf, u32 registers[4])
{
	hvp_features_hide(bank0, ARRAY_SIZE(bank0), disabled_features[0], leaf, subleaf,
			  registers);
	hvp_features_hide(bank1, ARRAY_SIZE(bank1), disabled_features[1], leaf, subleaf,
			  registers);
	hvp_features_hide(xsave, ARRAY_SIZE(xsave), disabled_xsave, leaf, subleaf, registers);
}

/**
 * hvp_host_processor_find() - see what the host has, before anybody asks
 *
 * The features are those that the host's kernel has found and not switched off.
 */
void __init hvp_host_processor_find(void)
{
	hvp_host_processor = (struct hvp_processor) {
		.vendor = hvp_processor_vendor(),
		.features = {
			hvp_feature_mask(bank0, ARRAY_SIZE(bank0)),
			hvp_feature_mask(bank1, ARRAY_SIZE(bank1)),
		},
		.xsave_features = hvp_feature_mask(xsave, ARRAY_SIZE(xsave)),
		.clflush_size = boot_cpu_data.x86_clflush_size / 8,
		.physical_address_bits = boot_cpu_data.x86_phys_bits,
		.clock_frequency = (u64)tsc_khz * 1000,
	};
	hvp_processor_find_xsave(&hvp_host_processor);
}
