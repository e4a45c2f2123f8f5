// SPDX-License-Identifier: GPL-2.0
/* The host's processor in the terms of partition properties. */

#include <asm/cpufeature.h>
#include <asm/fpu/xstate.h>
#include <asm/processor.h>
#include <asm/tsc.h>
#include <linux/bits.h>
#include <linux/kernel.h>
#include "processor.h"

/* A feature's bit in one of the TLFS's masks, and Linux's name for it; some have two. */
struct hvp_feature {
	u8 bit;
	u16 cpu_feature;
};

/* A feature that Linux, or an older one, has no name for: a word, and a bit in it. */
#define HVP_FEATURE(word, bit)	((word) * 32 + (bit))

/* Registers of CPUID that KVM has a word for, and Linux has not, behind those that it has. */
enum hvp_feature_word {
	HVP_CPUID_7_1_EDX = NCAPINTS,
	HVP_CPUID_7_2_EDX,
	HVP_CPUID_24_0_EBX,
	HVP_CPUID_8000_0021_ECX,
};

/*
 * HV_PARTITION_PROCESSOR_FEATURES, bank 0, by Linux's include/hyperv/hvhdk.h and rust-vmm's
 * mshv-bindings, which have more of them.  Of what is not here, KVM says nothing in CPUID, or
 * Documentation/hypercalls-vp.rst says why it is not hidden.
 */
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
	{ 31, X86_FEATURE_ZERO_FCS_FDS },
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
	{ 42, X86_FEATURE_XSAVEERPTR },
	{ 43, X86_FEATURE_INVPCID },
	{ 44, X86_FEATURE_IBRS },
	{ 45, X86_FEATURE_STIBP },
	{ 46, X86_FEATURE_IBPB },
	{ 48, X86_FEATURE_SPEC_CTRL_SSBD },
	{ 48, X86_FEATURE_AMD_SSBD },
	{ 49, X86_FEATURE_FSRM },
	{ 50, X86_FEATURE_FLUSH_L1D },
	{ 52, X86_FEATURE_IBRS_ENHANCED },
	{ 54, X86_FEATURE_AMD_SSB_NO },
	{ 56, X86_FEATURE_VIRT_SSBD },
	{ 57, X86_FEATURE_RDPID },
	{ 58, X86_FEATURE_UMIP },
	{ 60, X86_FEATURE_MD_CLEAR },
};

/* HV_PARTITION_PROCESSOR_FEATURES, bank 1, without CET, 8 and 9, which no child has */
static const struct hvp_feature bank1[] = {
	{ 0, X86_FEATURE_APERFMPERF },
	{ 1, X86_FEATURE_NONSTOP_TSC },
	{ 2, X86_FEATURE_CLZERO },
	{ 3, X86_FEATURE_RDPRU },
	{ 4, X86_FEATURE_LA57 },
	{ 7, HVP_FEATURE(HVP_CPUID_7_2_EDX, 0) },	/* INTEL_PSFD */
	{ 7, HVP_FEATURE(CPUID_8000_0008_EBX, 28) },	/* AMD_PSFD */
	{ 12, X86_FEATURE_WAITPKG },
	{ 13, X86_FEATURE_MOVDIRI },
	{ 14, X86_FEATURE_MOVDIR64B },
	{ 15, X86_FEATURE_CLDEMOTE },
	{ 16, X86_FEATURE_SERIALIZE },
	{ 17, X86_FEATURE_TSC_DEADLINE_TIMER },
	{ 18, X86_FEATURE_TSC_ADJUST },
	{ 19, HVP_FEATURE(CPUID_7_1_EAX, 10) },		/* FZRM */
	{ 20, HVP_FEATURE(CPUID_7_1_EAX, 11) },		/* FSRS */
	{ 21, HVP_FEATURE(CPUID_7_1_EAX, 12) },		/* FSRC */
	{ 22, X86_FEATURE_TSXLDTRK },
	{ 29, X86_FEATURE_BTC_NO },
	{ 30, X86_FEATURE_AMD_IBPB_RET },
	{ 31, X86_FEATURE_AMD_STIBP_ALWAYS_ON },
	{ 40, HVP_FEATURE(CPUID_7_1_EAX, 7) },		/* CMPCCXADD */
	{ 44, HVP_FEATURE(HVP_CPUID_7_2_EDX, 4) },	/* BHI_CTRL */
	{ 45, HVP_FEATURE(HVP_CPUID_7_1_EDX, 14) },	/* PREFETCHITI, Intel's */
	{ 45, HVP_FEATURE(CPUID_8000_0021_EAX, 20) },	/* PREFETCHI, AMD's */
	{ 46, HVP_FEATURE(CPUID_7_1_EAX, 0) },		/* SHA512 */
	{ 50, HVP_FEATURE(CPUID_7_1_EAX, 1) },		/* SM3 */
	{ 51, HVP_FEATURE(CPUID_7_1_EAX, 2) },		/* SM4 */
	{ 54, X86_FEATURE_SBPB },
	{ 55, X86_FEATURE_IBPB_BRTYPE },
	{ 56, X86_FEATURE_SRSO_NO },
	{ 57, HVP_FEATURE(CPUID_8000_0021_EAX, 30) },	/* SRSO_USER_KERNEL_NO */
	{ 58, X86_FEATURE_VERW_CLEAR },
	{ 59, HVP_FEATURE(HVP_CPUID_8000_0021_ECX, 2) },	/* TSA_L1_NO */
	{ 60, HVP_FEATURE(HVP_CPUID_8000_0021_ECX, 1) },	/* TSA_SQ_NO */
	{ 63, HVP_FEATURE(HVP_CPUID_8000_0021_ECX, 7) },	/* TSA_FILL_NO */
};

/* HV_PARTITION_PROCESSOR_XSAVE_FEATURES, without AMX, 26 to 29 and 37, which no child has */
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
	{ 31, HVP_FEATURE(CPUID_7_1_EAX, 23) },		/* AVX_IFMA */
	{ 32, HVP_FEATURE(HVP_CPUID_7_1_EDX, 5) },	/* AVX_NE_CONVERT */
	{ 33, HVP_FEATURE(HVP_CPUID_7_1_EDX, 4) },	/* AVX_VNNI_INT8 */
	{ 34, HVP_FEATURE(HVP_CPUID_7_1_EDX, 10) },	/* AVX_VNNI_INT16 */
	{ 35, HVP_FEATURE(HVP_CPUID_7_1_EDX, 19) },	/* AVX10, always with 256 bits */
	{ 36, HVP_FEATURE(HVP_CPUID_24_0_EBX, 18) },	/* AVX10_512 */
};

/* The CPUID leaf that describes XSAVE's state components. */
#define HVP_XSAVE_LEAF	0xd
#define HVP_XSAVE_ALIGNED	BIT(1)	/* ECX of a component */

struct hvp_processor hvp_host_processor __ro_after_init;

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

/* Where CPUID has a word of features, which is one of its registers. */
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
	{ CPUID_8000_0021_EAX, 0x80000021, 0, 0 },
	{ HVP_CPUID_7_1_EDX, 7, 1, 3 },
	{ HVP_CPUID_7_2_EDX, 7, 2, 3 },
	{ HVP_CPUID_24_0_EBX, 0x24, 0, 1 },
	{ HVP_CPUID_8000_0021_ECX, 0x80000021, 0, 2 },
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
 * What Intel has in IA32_ARCH_CAPABILITIES, like enhanced IBRS, CPUID does not say.
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

/* Of a leaf that is not there, Intel's processors have the last one say something. */
static bool __init hvp_leaf_is_there(u32 leaf)
{
	return leaf & BIT(31) ? leaf <= boot_cpu_data.extended_cpuid_level :
				(int)leaf <= boot_cpu_data.cpuid_level;
}

static bool __init hvp_host_has(u16 cpu_feature)
{
	u32 registers[4];
	unsigned int i;

	if (cpu_feature < HVP_FEATURE(NCAPINTS, 0))
		return cpu_has(&boot_cpu_data, cpu_feature);
	for (i = 0; i < ARRAY_SIZE(feature_words); i++) {
		if (feature_words[i].word != cpu_feature / 32)
			continue;
		if (!hvp_leaf_is_there(feature_words[i].leaf))
			break;
		cpuid_count(feature_words[i].leaf, feature_words[i].subleaf, &registers[0],
			    &registers[1], &registers[2], &registers[3]);
		return registers[feature_words[i].reg] >> cpu_feature % 32 & 1;
	}
	return false;
}

static u64 __init hvp_feature_mask(const struct hvp_feature *features, unsigned int count)
{
	u64 mask = 0;

	while (count--) {
		if (hvp_host_has(features[count].cpu_feature))
			mask |= BIT_ULL(features[count].bit);
	}
	return mask;
}

/**
 * hvp_host_processor_find() - see what the host has, before anybody asks
 *
 * The features are those that the host's kernel has found and not switched off, and those
 * that it does not look for and the processor has.
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
