// SPDX-License-Identifier: GPL-2.0
/*
 * contention [ROUNDS] - do vCPUs of one VM that work on different partitions wait for each
 * other?
 *
 * Two vCPUs, each on a CPU of its own, deposit, ask, set and withdraw, without their host
 * program; first each on its own partition, then, to see that waiting is seen, both on the
 * same. Each wait for a lock is counted by the stack, which tells whether it was in a call of
 * ours: for spinlocks where the kernel goes to wait, as its tracepoint lock:contention_begin
 * sees a third CPU only, for all others by that. For a machine whose CPUs run at the same
 * time (vm/run --parallel).
 */
#define _GNU_SOURCE
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kselftest.h"

#include "measure.h"
#include "partitions.h"

#define EVENT_FILE	"/sys/kernel/tracing/events/%s/%s"
#define SPINLOCK_PROBE	"p:hvpart/spinlock native_queued_spin_lock_slowpath"
#define COUNT_BY_STACK	"hist:keys=stacktrace:size=4096"
#define NO_SPINLOCK	" if flags != 1"
#define VCPUS		2
#define PAGES		64
#define LISTS		16
#define CALLS		(LISTS * 4)

/* A list, and what is called with it, fit in one. */
#define INPUT_PAGES	LISTS

static unsigned int rounds = 500;

struct work {
	struct batch *batches[VCPUS];
	bool alone;
};

static struct batch *work_of(struct vcpu *vcpu, u64 id)
{
	struct batch *batch = batch_create(vcpu, CALLS, INPUT_PAGES);
	struct hvp_partition_proximity pool = { .partition_id = id };
	struct hvp_set_property_in set = { id, EARLY_PROPERTY, 0, 0 };
	u64 list[1 + PAGES] = { id };
	unsigned int i;

	guest_alloc_list(vcpu->guest, list + 1, PAGES);
	for (i = 0; i < LISTS; i++) {
		batch_add_call(batch, HVP_CALL_DEPOSIT_MEMORY | CONTROL_REPS(PAGES), list,
			       sizeof(list));
		batch_add_call(batch, HVP_CALL_GET_MEMORY_BALANCE, &pool, sizeof(pool));
		batch_add_call(batch, HVP_CALL_SET_PARTITION_PROPERTY, &set, sizeof(set));
		batch_add_call(batch, HVP_CALL_WITHDRAW_MEMORY | CONTROL_REPS(PAGES), &pool,
			       sizeof(pool));
	}
	return batch;
}

static void work_on_a_cpu(struct vcpu *vcpu, void *arg)
{
	struct work *work = arg;
	struct batch *batch = work->batches[vcpu->index];
	unsigned int round, place;
	cpu_set_t cpu;

	CPU_ZERO(&cpu);
	CPU_SET(vcpu->index, &cpu);
	if (sched_setaffinity(0, sizeof(cpu), &cpu))
		die("CPU %u: %m", vcpu->index);
	for (round = 0; round < rounds; round++) {
		batch_run(batch);
		/* Who shares a pool withdraws the other's pages, and cannot deposit its own. */
		for (place = 1; work->alone && place <= CALLS; place++)
			REQUIRE_EQUAL(result_status(batch_result(batch, place)),
				      HVP_STATUS_SUCCESS);
	}
}

static const struct {
	const char *name, *count;
} events[] = {
	{ "hvpart/spinlock", COUNT_BY_STACK },
	{ "lock/contention_begin", COUNT_BY_STACK NO_SPINLOCK },
};

static void event_write(unsigned int event, const char *not, const char *what)
{
	char path[128], text[128];

	snprintf(path, sizeof(path), EVENT_FILE, events[event].name, "trigger");
	snprintf(text, sizeof(text), "%s%s", not, what);
	write_text(path, text);
}

/* How often somebody has waited within a call of ours; each way there is printed once. */
static unsigned long waits(unsigned int event)
{
	char path[128], line[256], way[512] = "";
	unsigned long sum = 0, count;
	bool ours = false, probe = false;
	FILE *file;

	snprintf(path, sizeof(path), EVENT_FILE, events[event].name, "hist");
	file = fopen(path, "r");
	if (!file)
		die("cannot read %s: %m", path);
	while (fgets(line, sizeof(line), file)) {
		char *text = line + strspn(line, " \t");

		text[strcspn(text, "\n")] = 0;
		if (sscanf(text, "} hitcount: %lu", &count) == 1) {
			if (ours) {
				printf("# %lu waited in%s\n", count, way);
				sum += count;
			}
		} else if (*text == '{') {
			ours = false;
			way[0] = 0;
		} else if (!ours && strlen(way) + strlen(text) + 2 < sizeof(way)) {
			/* Where our init was, ftrace may have put the trampoline of the probe. */
			ours = strstr(text, "[hvpart]") && !probe;
			probe = strstr(text, "kprobe_ftrace_handler");
			strcat(strcat(way, " "), text);
		}
	}
	fclose(file);
	return sum;
}

static unsigned long contention(const char *what, bool alone)
{
	struct guest_config config = { .vcpus = VCPUS, .privileges = GUEST_ALL_PRIVILEGES };
	struct guest *guest = guest_create(&config);
	struct work work = { .alone = alone };
	unsigned long found = 0;
	unsigned int i;
	u64 id = 0;

	for (i = 0; i < VCPUS; i++) {
		if (!i || alone)
			id = create_child(&guest->vcpus[0]);
		work.batches[i] = work_of(&guest->vcpus[i], id);
	}
	for (i = 0; i < ARRAY_SIZE(events); i++)
		event_write(i, "", events[i].count);
	guest_run_threads(guest, work_on_a_cpu, &work);
	for (i = 0; i < ARRAY_SIZE(events); i++) {
		found += waits(i);
		event_write(i, "!", events[i].count);
	}
	printf("# figures: %s: %u calls, %lu waits for a lock\n", what, VCPUS * rounds * CALLS,
	       found);
	guest_destroy(guest);
	return found;
}

int main(int argc, char **argv)
{
	unsigned long apart, together;

	if (argc > 1)
		rounds = atoi(argv[1]);
	require_hvpart();
	write_text("/sys/kernel/tracing/kprobe_events", SPINLOCK_PROBE);
	ksft_print_header();
	ksft_set_plan(2);
	apart = contention("two vCPUs on different partitions", true);
	together = contention("two vCPUs on one partition", false);
	/* A wait that is not for the other vCPU but for the host's own work can happen. */
	ksft_test_result(apart * 1000 <= VCPUS * rounds * CALLS,
			 "vCPUs on different partitions do not wait for each other\n");
	ksft_test_result(together > apart, "vCPUs on one partition do\n");
	ksft_finished();
}
