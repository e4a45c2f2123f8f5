// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "figures.h"
#include "partitions.h"

#define SELF	HVP_PARTITION_ID_SELF
#define CGROUP	"/sys/fs/cgroup"

unsigned int figures_rounds = 101;
u64 figures_unknown;

static void join_cgroup(void)
{
	if (access(CGROUP "/cgroup.controllers", F_OK))
		die("no cgroup2 at " CGROUP);
	write_text(CGROUP "/cgroup.subtree_control", "+memory");
	if (mkdir(CGROUP "/hvpart-bench", 0755) && errno != EEXIST)
		die("mkdir: %m");
	write_text(CGROUP "/hvpart-bench/cgroup.procs", "0");
}

void figures_begin(int argc, char **argv)
{
	if (argc < 2)
		die("what does the time-stamp counter count: instructions or cycles?");
	if (argc > 2)
		figures_rounds = atoi(argv[2]);
	require_hvpart();
	join_cgroup();
	/* Pages are to be pinned one by one, as in a machine that has run for long. */
	if (prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0))
		die("prctl: %m");
	printf("# unit: %s\n", argv[1]);
}

void figures_report(const char *figure, unsigned int size, struct samples *samples, long long less)
{
	long long median = samples_percentile(samples, 50);

	printf("bench: %s,%u,%lld,%lld,%lld,%u,", figure, size, median - less,
	       (long long)samples_percentile(samples, 5) - less,
	       (long long)samples_percentile(samples, 95) - less, samples->count);
	if (less)
		printf("%.3f", (double)median / less);
	putchar('\n');
	samples->count = 0;
}

struct vcpu *figures_guest(u64 ram, u64 privileges)
{
	struct guest_config config = { .ram = ram, .privileges = privileges };

	return &guest_create(&config)->vcpus[0];
}

/* A figure of the subject; @size is the figure's own, if the subject has none. */
static void report(const struct figures_subject *subject, const char *figure, unsigned int size,
		   struct samples *samples, long long less)
{
	char name[96];

	if (!subject->with)
		return figures_report(figure, size, samples, less);
	snprintf(name, sizeof(name), "%s with %s", figure, subject->with);
	figures_report(name, subject->size, samples, less);
}

static void require_success(const struct batch *batch, unsigned int place, unsigned int reps)
{
	u64 result = batch_result(batch, place);

	if (result != RESULT(HVP_STATUS_SUCCESS, reps))
		die("call %u of the batch: %s, %u done", place, status_name(result_status(result)),
		    result_reps(result));
}

struct named_call {
	const char *name;
	u64 control;
	const void *input;
	size_t size;
};

/* All of them one after the other, each round. */
static void measure_calls(const struct figures_subject *subject, const struct named_call *calls,
			  unsigned int count)
{
	struct samples *samples = calloc(count, sizeof(*samples));
	struct batch *batch = batch_create(subject->vcpu, count, 1);
	unsigned int i, round;

	if (!samples)
		die("out of memory");
	for (i = 0; i < count; i++)
		batch_add_call(batch, calls[i].control, calls[i].input, calls[i].size);
	for (round = 0; round <= figures_rounds; round++) {
		batch_run(batch);
		for (i = 0; i < count; i++) {
			require_success(batch, 1 + i, 0);
			if (round)
				samples_add(&samples[i], batch_cost(batch, 1 + i));
		}
	}
	for (i = 0; i < count; i++)
		report(subject, calls[i].name, 0, &samples[i], figures_unknown);
	batch_destroy(batch);
	free(samples);
}

void figures_of_queries(const struct figures_subject *subject)
{
	u64 child = create_child(subject->vcpu);
	struct hvp_partition_proximity pool = { .partition_id = child };
	struct hvp_get_next_child_in next = { SELF, child };
	struct hvp_get_property_in get = { child, EARLY_PROPERTY, 0 };
	struct hvp_get_property_ex_in get_ex = { child, EARLY_PROPERTY, 0, 0 };
	struct hvp_set_property_in set = { child, EARLY_PROPERTY, 0, 0 };
	const struct named_call calls[] = {
		{ "HvGetPartitionId", HVP_CALL_GET_PARTITION_ID, NULL, 0 },
		{ "HvGetMemoryBalance", HVP_CALL_GET_MEMORY_BALANCE, &pool, sizeof(pool) },
		{ "HvGetNextChildPartition", HVP_CALL_GET_NEXT_CHILD_PARTITION, &next,
		  sizeof(next) },
		{ "HvGetPartitionProperty", HVP_CALL_GET_PARTITION_PROPERTY, &get, sizeof(get) },
		{ "HvSetPartitionProperty", HVP_CALL_SET_PARTITION_PROPERTY, &set, sizeof(set) },
		{ "HvGetPartitionPropertyEx", HVP_CALL_GET_PARTITION_PROPERTY_EX, &get_ex,
		  sizeof(get_ex) },
	};

	/* For the next one to be found. */
	create_child(subject->vcpu);
	measure_calls(subject, calls, ARRAY_SIZE(calls));
}

void figures_of_statistics(const struct figures_subject *subject)
{
	struct vcpu *vcpu = subject->vcpu;
	u64 active = create_active_child(vcpu);
	struct hvp_stats_page_in own = stats_of_partition(active, HVP_STATS_AREA_SELF);
	struct hvp_stats_page_in parents = stats_of_partition(active, HVP_STATS_AREA_PARENT);
	struct hvp_map_stats_page2_in map2 = { own, guest_alloc(vcpu->guest) };
	const struct named_call calls[] = {
		{ "HvMapStatsPage2", HVP_CALL_MAP_STATS_PAGE2, &map2, sizeof(map2) },
		{ "HvUnmapStatsPage (own page)", HVP_CALL_UNMAP_STATS_PAGE, &own, sizeof(own) },
		{ "HvMapStatsPage", HVP_CALL_MAP_STATS_PAGE, &parents, sizeof(parents) },
		{ "HvUnmapStatsPage", HVP_CALL_UNMAP_STATS_PAGE, &parents, sizeof(parents) },
	};

	deposit_new(vcpu, SELF, NULL, 8);
	measure_calls(subject, calls, ARRAY_SIZE(calls));
}

enum life { CREATE, DEPOSIT, INITIALIZE, FINALIZE, WITHDRAW, DELETE, LIFE_CALLS };

void figures_of_life(const struct figures_subject *subject)
{
	static const char * const names[LIFE_CALLS] = {
		[CREATE] = "HvCreatePartition", [INITIALIZE] = "HvInitializePartition",
		[FINALIZE] = "HvFinalizePartition", [DELETE] = "HvDeletePartition",
	};
	static const struct hvp_create_partition_in plain;
	static struct samples calls[LIFE_CALLS], whole;
	struct vcpu *vcpu = subject->vcpu;
	struct batch *batch = batch_create(vcpu, LIFE_CALLS, 1);
	u64 id = create_active_child(vcpu), list[1 + 16];
	struct hvp_memory_balance_out balance = balance_of(vcpu, id);
	unsigned int pages = balance.pages_available + balance.pages_in_use;
	struct hvp_partition_proximity pool = {};
	unsigned int i, round;

	deposit_new(vcpu, SELF, NULL, 8);
	guest_alloc_list(vcpu->guest, list + 1, pages);
	for (round = 0; round <= figures_rounds; round++) {
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
			total += cost - figures_unknown;
			if (round)
				samples_add(&calls[i], cost);
		}
		if (round)
			samples_add(&whole, total);
	}
	for (i = 0; i < LIFE_CALLS; i++) {
		if (names[i])
			report(subject, names[i], 0, &calls[i], figures_unknown);
		calls[i].count = 0;
	}
	report(subject, "create to delete", pages, &whole, 0);
	batch_destroy(batch);
}

void figures_of_pages(const struct figures_subject *subject, unsigned int count)
{
	static struct samples deposits, withdrawals;
	struct vcpu *vcpu = subject->vcpu;
	struct batch *batch = batch_create(vcpu, 2, 2);
	struct hvp_partition_proximity pool = { .partition_id = create_child(vcpu) };
	u64 list[1 + DEPOSIT_MAX_REPS] = { pool.partition_id };
	/* A list of 511 takes so long that a timer interrupt hits some. */
	unsigned int times = count > 100 && figures_rounds > 31 ? 31 : figures_rounds;
	unsigned int round;

	guest_alloc_list(vcpu->guest, list + 1, count);
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
	report(subject, "HvDepositMemory", count, &deposits, figures_unknown);
	report(subject, "HvWithdrawMemory", count, &withdrawals, figures_unknown);
	batch_destroy(batch);
}
