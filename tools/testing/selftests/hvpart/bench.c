// SPDX-License-Identifier: GPL-2.0
/*
 * bench instructions|cycles [ROUNDS] - what hypercalls cost
 *
 * For tools/testing/bench/run, which says what the guest's time-stamp counter counts:
 * instructions, in a machine that was started with --icount, or time. Prints lines
 *
 *	bench: FIGURE,SIZE,MEDIAN,LOW,HIGH,SAMPLES
 *
 * A figure "unknown" is a hypercall that KVM does not know, from the guest to the host
 * and back. Those of calls are what they take more than that. A figure "passing ..." is
 * what something that is KVM's takes more than without the module. LOW and HIGH are the
 * 5th and the 95th percentile.
 *
 * All of it runs in a memory cgroup, as VMMs do, which makes allocations dearer.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kselftest.h"

#include "cases.h"
#include "host.h"
#include "measure.h"
#include "module.h"
#include "partitions.h"

#define SELF			HVP_PARTITION_ID_SELF
#define GUEST_RAM		(64UL << 20)
#define CGROUP			"/sys/fs/cgroup"

/* A code between those that KVM knows and ours. */
#define UNKNOWN_CODE		0x7f
/* KVM's own */
#define CODE_NOTIFY_LONG_SPIN_WAIT	0x8
#define MSR_VP_INDEX		0x40000002
#define MSR_GUEST_OS_ID		0x40000000
#define CPUID_VERSION		0x1
#define CPUID_HYPERV_FEATURES	0x40000003
/* An early property, of any value */
#define SYNTHETIC_PROC_FEATURES	0x00010001

static unsigned int rounds = 101;
static u64 unknown;

static void report(const char *figure, unsigned int size, struct samples *samples, long long less)
{
	printf("bench: %s,%u,%lld,%lld,%lld,%u\n", figure, size,
	       (long long)samples_percentile(samples, 50) - less,
	       (long long)samples_percentile(samples, 5) - less,
	       (long long)samples_percentile(samples, 95) - less, samples->count);
	samples->count = 0;
}

/* The guest with all that is needed, in which nothing is for the first time any more. */
static struct vcpu *bench_guest(u64 privileges)
{
	struct guest_config config = { .ram = GUEST_RAM, .privileges = privileges };
	struct guest *guest = guest_create(&config);

	/* Pages that are pinned one by one, as in a machine that has run for long. */
	if (madvise(guest_host(guest, 0), GUEST_RAM, MADV_NOHUGEPAGE))
		die("madvise: %m");
	return &guest->vcpus[0];
}

static void require_success(const struct batch *batch, unsigned int place, unsigned int reps)
{
	u64 result = batch_result(batch, place);

	if (result != RESULT(HVP_STATUS_SUCCESS, reps))
		die("call %u of the batch: %s, %u done", place, status_name(result_status(result)),
		    result_reps(result));
}

/* What is not ours: figures are kept by their place in the batch. */
static const struct {
	const char *name;
	enum measured_action action;
	struct kvm_regs regs;
	bool no_privilege;
} foreign[] = {
	{ .name = "unknown", .action = MEASURE_HYPERCALL, .regs = { .rcx = UNKNOWN_CODE } },
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
		vcpus[i] = bench_guest(i ? 0 : GUEST_ALL_PRIVILEGES);
		batches[i] = batch_create(vcpus[i], ARRAY_SIZE(foreign), 1);
	}
	for (i = 0; i < ARRAY_SIZE(foreign); i++)
		batch_add(batches[foreign[i].no_privilege], foreign[i].action, &foreign[i].regs);
	for (round = 0; round <= rounds; round++) {
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
	unknown = samples_percentile(&with[0], 50);
	for (i = 0; i < ARRAY_SIZE(foreign); i++) {
		u64 less = samples_percentile(&without[i], 50);

		report(foreign[i].name, 0, &without[i], 0);
		snprintf(name, sizeof(name), "passing %s", foreign[i].name);
		report(name, 0, &with[i], less);
	}
	printf("bench: unknown with hvpart,0,%llu,%llu,%llu,1\n", unknown, unknown, unknown);
}

enum life { CREATE, DEPOSIT, INITIALIZE, FINALIZE, WITHDRAW, DELETE, LIFE_CALLS };

/* From creation to deletion, call by call and as a whole. */
static void measure_life(void)
{
	static const char * const names[LIFE_CALLS] = {
		[CREATE] = "HvCreatePartition", [INITIALIZE] = "HvInitializePartition",
		[FINALIZE] = "HvFinalizePartition", [DELETE] = "HvDeletePartition",
	};
	static const struct hvp_create_partition_in plain;
	static struct samples calls[LIFE_CALLS], whole;
	struct vcpu *vcpu = bench_guest(GUEST_ALL_PRIVILEGES);
	struct batch *batch = batch_create(vcpu, LIFE_CALLS, 1);
	u64 id = create_active_child(vcpu), list[1 + 16];
	struct hvp_memory_balance_out balance = balance_of(vcpu, id);
	unsigned int pages = balance.pages_available + balance.pages_in_use;
	struct hvp_partition_proximity pool = {};
	unsigned int i, round;

	deposit_new(vcpu, SELF, NULL, 8);
	guest_alloc_list(vcpu->guest, list + 1, pages);
	for (round = 0; round <= rounds; round++) {
		u64 total = 0;

		/* IDs are given out in order. */
		list[0] = ++id;
		pool.partition_id = id;
		batch_clear(batch);
		batch_add_call(batch, HVP_CALL_CREATE_PARTITION, &plain, sizeof(plain));
		batch_add_call(batch, HVP_CALL_DEPOSIT_MEMORY | CONTROL_REPS(pages), list,
			       8 + 8 * pages);
		batch_add_fast(batch, HVP_CALL_INITIALIZE_PARTITION, id);
		batch_add_fast(batch, HVP_CALL_FINALIZE_PARTITION, id);
		batch_add_call(batch, HVP_CALL_WITHDRAW_MEMORY | CONTROL_REPS(pages), &pool,
			       sizeof(pool));
		batch_add_fast(batch, HVP_CALL_DELETE_PARTITION, id);
		batch_run(batch);
		for (i = 0; i < LIFE_CALLS; i++) {
			u64 cost = batch_cost(batch, 1 + i);

			require_success(batch, 1 + i, i == DEPOSIT || i == WITHDRAW ? pages : 0);
			total += cost - unknown;
			if (round)
				samples_add(&calls[i], cost);
		}
		if (round)
			samples_add(&whole, total);
	}
	for (i = 0; i < LIFE_CALLS; i++) {
		if (names[i])
			report(names[i], 0, &calls[i], unknown);
	}
	report("create to delete", pages, &whole, 0);
	guest_destroy(vcpu->guest);
}

/* Calls that can be repeated as they are, or undone by the next one; statistics last. */
static void measure_simple(bool statistics)
{
	struct vcpu *vcpu = bench_guest(GUEST_ALL_PRIVILEGES);
	u64 child = create_child(vcpu), active = create_active_child(vcpu);
	struct hvp_partition_proximity pool = { .partition_id = child };
	struct hvp_get_next_child_in next = { SELF, child };
	struct hvp_get_property_in get = { child, SYNTHETIC_PROC_FEATURES, 0 };
	struct hvp_get_property_ex_in get_ex = { child, SYNTHETIC_PROC_FEATURES, 0, 0 };
	struct hvp_set_property_in set = { child, SYNTHETIC_PROC_FEATURES, 0, 0 };
	struct hvp_stats_page_in own = stats_of_partition(active, HVP_STATS_AREA_SELF);
	struct hvp_stats_page_in parents = stats_of_partition(active, HVP_STATS_AREA_PARENT);
	struct hvp_map_stats_page2_in map2 = { own, guest_alloc(vcpu->guest) };
	struct batch *batch = batch_create(vcpu, 16, 1);
	const struct {
		const char *name;
		u64 control;
		const void *input;
		size_t size;
	} calls[] = {
		{ "HvGetPartitionId", HVP_CALL_GET_PARTITION_ID, NULL, 0 },
		{ "HvGetMemoryBalance", HVP_CALL_GET_MEMORY_BALANCE, &pool, sizeof(pool) },
		{ "HvGetNextChildPartition", HVP_CALL_GET_NEXT_CHILD_PARTITION, &next,
		  sizeof(next) },
		{ "HvGetPartitionProperty", HVP_CALL_GET_PARTITION_PROPERTY, &get, sizeof(get) },
		{ "HvSetPartitionProperty", HVP_CALL_SET_PARTITION_PROPERTY, &set, sizeof(set) },
		{ "HvGetPartitionPropertyEx", HVP_CALL_GET_PARTITION_PROPERTY_EX, &get_ex,
		  sizeof(get_ex) },
		{ "HvMapStatsPage2", HVP_CALL_MAP_STATS_PAGE2, &map2, sizeof(map2) },
		{ "HvUnmapStatsPage (own page)", HVP_CALL_UNMAP_STATS_PAGE, &own, sizeof(own) },
		{ "HvMapStatsPage", HVP_CALL_MAP_STATS_PAGE, &parents, sizeof(parents) },
		{ "HvUnmapStatsPage", HVP_CALL_UNMAP_STATS_PAGE, &parents, sizeof(parents) },
	};
	const unsigned int first = statistics ? 6 : 0, end = statistics ? ARRAY_SIZE(calls) : 6;
	static struct samples samples[ARRAY_SIZE(calls)];
	unsigned int i, round;

	deposit_new(vcpu, SELF, NULL, 8);
	deposit_new(vcpu, active, NULL, 8);
	for (i = first; i < end; i++)
		batch_add_call(batch, calls[i].control, calls[i].input, calls[i].size);
	for (round = 0; round <= rounds; round++) {
		batch_run(batch);
		for (i = first; i < end; i++) {
			require_success(batch, 1 + i - first, 0);
			if (round)
				samples_add(&samples[i], batch_cost(batch, 1 + i - first));
		}
	}
	for (i = first; i < end; i++)
		report(calls[i].name, 0, &samples[i], unknown);
	guest_destroy(vcpu->guest);
}

/* Pages that the guest has used; deposited and withdrawn again and again. */
static void measure_pages(void)
{
	static const unsigned int counts[] = { 1, 16, 128, 511 };
	static struct samples deposits, withdrawals;
	struct vcpu *vcpu = bench_guest(GUEST_ALL_PRIVILEGES);
	struct batch *batch = batch_create(vcpu, 2, 2);
	struct hvp_partition_proximity pool = {};
	u64 list[1 + DEPOSIT_MAX_REPS];
	unsigned int i, round;

	pool.partition_id = create_child(vcpu);
	list[0] = pool.partition_id;
	guest_alloc_list(vcpu->guest, list + 1, DEPOSIT_MAX_REPS);
	for (i = 0; i < ARRAY_SIZE(counts); i++) {
		unsigned int count = counts[i];
		/* A list of 511 takes so long that a timer interrupt hits some. */
		unsigned int times = count > 100 && rounds > 31 ? 31 : rounds;

		batch_clear(batch);
		batch_add_call(batch, HVP_CALL_DEPOSIT_MEMORY | CONTROL_REPS(count), list,
			       8 + 8 * count);
		batch_add_call(batch, HVP_CALL_WITHDRAW_MEMORY | CONTROL_REPS(count), &pool,
			       sizeof(pool));
		for (round = 0; round <= times; round++) {
			batch_run(batch);
			require_success(batch, 1, count);
			require_success(batch, 2, count);
			if (!round)
				continue;
			samples_add(&deposits, batch_cost(batch, 1));
			samples_add(&withdrawals, batch_cost(batch, 2));
		}
		report("HvDepositMemory", count, &deposits, unknown);
		report("HvWithdrawMemory", count, &withdrawals, unknown);
	}
	guest_destroy(vcpu->guest);
}

static void join_cgroup(void)
{
	if (access(CGROUP "/cgroup.controllers", F_OK))
		die("no cgroup2 at " CGROUP);
	write_text(CGROUP "/cgroup.subtree_control", "+memory");
	if (mkdir(CGROUP "/hvpart-bench", 0755) && errno != EEXIST)
		die("mkdir: %m");
	write_text(CGROUP "/hvpart-bench/cgroup.procs", "0");
}

int main(int argc, char **argv)
{
	if (argc < 2)
		die("what does the time-stamp counter count: instructions or cycles?");
	if (argc > 2)
		rounds = atoi(argv[2]);
	require_hvpart();
	join_cgroup();

	ksft_print_header();
	ksft_set_plan(1);
	printf("# unit: %s\n", argv[1]);
	measure_passing();
	measure_simple(false);
	measure_simple(true);
	measure_life();
	measure_pages();
	ksft_test_result_pass("measured\n");
	ksft_finished();
}
