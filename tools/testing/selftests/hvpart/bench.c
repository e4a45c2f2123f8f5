// SPDX-License-Identifier: GPL-2.0
/*
 * bench instructions|cycles [ROUNDS] - what hypercalls cost
 *
 * For tools/testing/bench/run, which says what the guest's time-stamp counter counts:
 * instructions, in a machine that was started with --icount, or time. Prints figures, see
 * lib/figures.h. One "passing ..." is what something that is KVM's takes more than without
 * the module.
 */
#include <stdio.h>
#include <string.h>

#include "kselftest.h"

#include "child_figures.h"
#include "figures.h"
#include "module.h"
#include "partitions.h"

#define GUEST_RAM		(64UL << 20)

/* KVM's own */
#define CODE_NOTIFY_LONG_SPIN_WAIT	0x8
#define MSR_VP_INDEX		0x40000002
#define MSR_GUEST_OS_ID		0x40000000
#define CPUID_VERSION		0x1
#define CPUID_HYPERV_FEATURES	0x40000003

/* What is not ours: figures are kept by their place in the batch. */
static const struct {
	const char *name;
	enum measured_action action;
	struct kvm_regs regs;
	bool no_privilege;
} foreign[] = {
	{ .name = "unknown", .action = MEASURE_HYPERCALL, .regs = { .rcx = FIGURES_UNKNOWN_CODE } },
	{ .name = "HvNotifyLongSpinWait", .action = MEASURE_HYPERCALL,
	  .regs = { .rcx = CODE_NOTIFY_LONG_SPIN_WAIT | HVP_CONTROL_FAST } },
	{ .name = "call of ours without privilege", .action = MEASURE_HYPERCALL,
	  .regs = { .rcx = HVP_CALL_GET_PARTITION_ID }, .no_privilege = true },
	{ .name = "CPUID 1", .action = MEASURE_CPUID, .regs = { .rax = CPUID_VERSION } },
	{ .name = "CPUID 0x40000003", .action = MEASURE_CPUID,
	  .regs = { .rax = CPUID_HYPERV_FEATURES } },
	{ .name = "RDMSR HV_X64_MSR_VP_INDEX", .action = MEASURE_RDMSR,
	  .regs = { .rcx = MSR_VP_INDEX } },
	{ .name = "WRMSR HV_X64_MSR_GUEST_OS_ID", .action = MEASURE_WRMSR,
	  .regs = { .rcx = MSR_GUEST_OS_ID, .rax = 1, .rdx = GUEST_OS_ID >> 32 } },
};

static void measure_foreign(struct samples *samples)
{
	struct batch *batches[2];
	struct vcpu *vcpus[2];
	unsigned int i, round;

	for (i = 0; i < 2; i++) {
		vcpus[i] = figures_guest(GUEST_RAM, i ? 0 : GUEST_ALL_PRIVILEGES);
		batches[i] = batch_create(vcpus[i], ARRAY_SIZE(foreign), 1);
	}
	for (i = 0; i < ARRAY_SIZE(foreign); i++)
		batch_add(batches[foreign[i].no_privilege], foreign[i].action, &foreign[i].regs);
	for (round = 0; round <= figures_rounds; round++) {
		unsigned int place[2] = { 1, 1 };

		batch_run(batches[0]);
		batch_run(batches[1]);
		for (i = 0; i < ARRAY_SIZE(foreign); i++) {
			unsigned int which = foreign[i].no_privilege;
			u64 cost = batch_cost(batches[which], place[which]++);

			if (round)
				samples_add(&samples[i], cost);
		}
	}
	for (i = 0; i < 2; i++)
		guest_destroy(vcpus[i]->guest);
}

static void measure_passing(void)
{
	static struct samples with[ARRAY_SIZE(foreign)], without[ARRAY_SIZE(foreign)];
	char name[64];
	unsigned int i;

	measure_foreign(with);
	unload_module();
	measure_foreign(without);
	load_module();
	figures_unknown = samples_percentile(&with[0], 50);
	for (i = 0; i < ARRAY_SIZE(foreign); i++) {
		u64 less = samples_percentile(&without[i], 50);

		figures_report(foreign[i].name, 0, &without[i], 0);
		snprintf(name, sizeof(name), "passing %s", foreign[i].name);
		figures_report(name, 0, &with[i], less);
	}
	printf("bench: unknown with hvpart,0,%llu,%llu,%llu,1,\n", figures_unknown, figures_unknown,
	       figures_unknown);
}

/* A guest for each kind, so that none finds what another has left. */
static void measure(void (*kind)(const struct figures_subject *subject))
{
	struct figures_subject subject = {
		.vcpu = figures_guest(GUEST_RAM, GUEST_ALL_PRIVILEGES),
	};

	kind(&subject);
	guest_destroy(subject.vcpu->guest);
}

static void measure_pages(const struct figures_subject *subject)
{
	figures_of_pages(subject, 1);
	figures_of_pages(subject, 16);
	figures_of_pages(subject, 128);
	figures_of_pages(subject, 511);
}

int main(int argc, char **argv)
{
	ksft_print_header();
	ksft_set_plan(1);
	figures_begin(argc, argv);
	measure_passing();
	measure(figures_of_queries);
	measure(figures_of_statistics);
	measure(figures_of_life);
	measure(measure_pages);
	figures_of_children(!strcmp(argv[1], "instructions"));
	ksft_test_result_pass("measured\n");
	ksft_finished();
}
