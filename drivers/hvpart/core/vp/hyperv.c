// SPDX-License-Identifier: GPL-2.0
/* SyntheticProcFeatures as CPUID says it. */

#include <linux/bits.h>
#include <linux/kernel.h>
#include "hyperv.h"

/*
 * HV_PARTITION_SYNTHETIC_PROCESSOR_FEATURES, by Linux's include/hyperv/hvhdk.h, and what each
 * is in leaves 0x40000003 and 0x40000004 (TLFS, Feature and Interface Discovery).  Those that
 * have no privilege (a hypervisor is there, with Hv#1) every child has, and others none.  Nobody
 * has the idle MSR (10), with which Linux would wait for a lock: KVM does not know it.
 */
static const struct {
	u8 bit;
	u64 privilege;
	u32 feature;
	u32 hint;
} synthetic_features[] = {
	{ 2, .privilege = BIT_ULL(0) },				/* VP run time */
	{ 3, .privilege = BIT_ULL(1) },				/* reference counter */
	{ 4, .privilege = BIT_ULL(2) },				/* SynIC */
	{ 5, .privilege = BIT_ULL(3) },				/* synthetic timers */
	{ 6, .privilege = BIT_ULL(4), .hint = BIT(3) },		/* MSRs of the LAPIC */
	{ 7, .privilege = BIT_ULL(5) },				/* hypercall MSRs */
	{ 8, .privilege = BIT_ULL(6) },				/* VP index */
	{ 9, .privilege = BIT_ULL(9) },				/* reference TSC */
	{ 11, .privilege = BIT_ULL(11), .feature = BIT(8) },	/* frequency MSRs */
	{ 15, .feature = BIT(14) },				/* extended GVA ranges */
	{ 18, .feature = BIT(15) },				/* fast hypercall output */
	{ 20, .privilege = BIT_ULL(53) },			/* start VPs */
	{ 22, .feature = BIT(19) },				/* direct synthetic timers */
	{ 24, .hint = BIT(11) },				/* extended processor masks */
	{ 25, .hint = BIT(1) | BIT(2) },			/* TLB flush */
	{ 26, .hint = BIT(10) },				/* IPIs to many */
	{ 29, .privilege = BIT_ULL(37) },			/* signal events */
};

/* What no feature stands for: fast hypercall input, crash MSRs; relaxed timing, no AutoEOI, SMT */
#define HVP_FEATURES_OF_ALL	(BIT(4) | BIT(10))
#define HVP_HINTS_OF_ALL	(BIT(5) | BIT(9) | BIT(18))

/**
 * hvp_hyperv_features() - what a child may use of Hyper-V
 * @synthetic:	SyntheticProcFeatures
 *
 * Context: Any.
 * Return: these.  None is a partition privilege: a child has no children.
 */
struct hvp_hyperv_features hvp_hyperv_features(u64 synthetic)
{
	struct hvp_hyperv_features result = {
		.features = HVP_FEATURES_OF_ALL,
		.hints = HVP_HINTS_OF_ALL,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(synthetic_features); i++) {
		if (!(synthetic >> synthetic_features[i].bit & 1))
			continue;
		result.privileges |= synthetic_features[i].privilege;
		result.features |= synthetic_features[i].feature;
		result.hints |= synthetic_features[i].hint;
	}
	return result;
}
