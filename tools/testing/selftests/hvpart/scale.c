// SPDX-License-Identifier: GPL-2.0
/*
 * scale instructions [ROUNDS [PAGES]] - what hypercalls cost when there is much of something,
 * what the end of that takes, and how much memory it has
 *
 * For tools/testing/vm/run --icount, where a nanosecond is an instruction. Prints figures,
 * see lib/figures.h. Those of calls are "with partitions" that the VM has, "with pages" in
 * one pool of it, and "with VMs" that do likewise; the size says how many. PAGES is the
 * largest number of pages, 1000000 by default: the machine has to have memory for them.
 *
 * "end of a VM ..." is what it takes more than that of a VM that has made no call of ours,
 * and "wait ..." the longest that a thread in a hurry had to wait for the CPU meanwhile.
 * "bytes of ..." are those of slabs.
 */
#define _GNU_SOURCE
#include <glob.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "kselftest.h"

#include "bulk.h"
#include "figures.h"
#include "partitions.h"

#define SELF		HVP_PARTITION_ID_SELF
#define GUEST_RAM	(64UL << 20)
#define MAX_VMS		64

static const struct hvp_create_partition_in plain;

static void report_number(const char *figure, unsigned int size, long long number)
{
	printf("bench: %s,%u,%lld,%lld,%lld,1,\n", figure, size, number, number, number);
	fflush(stdout);
}

static void measure_calls(struct vcpu *vcpu, const char *with, unsigned int size)
{
	struct figures_subject subject = { vcpu, with, size };
	char of_one[64], of_many[64];

	figures_of_queries(&subject);
	figures_of_life(&subject);
	snprintf(of_one, sizeof(of_one), "%s (1 page)", with);
	subject.with = of_one;
	figures_of_pages(&subject, 1);
	snprintf(of_many, sizeof(of_many), "%s (%lu pages)", with, DEPOSIT_MAX_REPS);
	subject.with = of_many;
	figures_of_pages(&subject, DEPOSIT_MAX_REPS);
}

/* Somebody in a hurry, who wants the CPU each 100000 instructions. */

#define NAP_NS	100000

static bool hurry;
static u64 longest_wait;

static void *in_a_hurry(void *unused)
{
	const struct sched_param urgent = { .sched_priority = 50 };
	const struct timespec nap = { .tv_nsec = NAP_NS };

	(void)unused;
	if (sched_setscheduler(0, SCHED_FIFO, &urgent))
		die("sched_setscheduler: %m");
	while (__atomic_load_n(&hurry, __ATOMIC_RELAXED)) {
		u64 start = clock_ns(CLOCK_MONOTONIC), wait;

		clock_nanosleep(CLOCK_MONOTONIC, 0, &nap, NULL);
		wait = clock_ns(CLOCK_MONOTONIC) - start - NAP_NS;
		if (wait > longest_wait)
			longest_wait = wait;
	}
	return NULL;
}

/* What destroying it takes; longest_wait is how long somebody else had to wait for that. */
static u64 end_of(struct guest *guest)
{
	pthread_t thread;
	u64 took;

	hurry = true;
	longest_wait = 0;
	if (pthread_create(&thread, NULL, in_a_hurry, NULL))
		die("pthread_create: %m");
	usleep(1000);
	took = clock_ns(CLOCK_THREAD_CPUTIME_ID);
	guest_destroy(guest);
	took = clock_ns(CLOCK_THREAD_CPUTIME_ID) - took;
	__atomic_store_n(&hurry, false, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	return took;
}

static u64 end_of_plain_vm;

static void measure_end(struct guest *guest, const char *with, unsigned int size)
{
	u64 took = end_of(guest);
	char name[96];

	snprintf(name, sizeof(name), "end of a VM with %s", with);
	report_number(name, size, took - end_of_plain_vm);
	snprintf(name, sizeof(name), "wait at the end of a VM with %s", with);
	report_number(name, size, longest_wait);
}

static struct vcpu *plain_guest(void)
{
	return figures_guest(GUEST_RAM, GUEST_ALL_PRIVILEGES);
}

static void measure_plain(void)
{
	const struct kvm_regs unknown = { .rcx = FIGURES_UNKNOWN_CODE };
	struct vcpu *vcpu = plain_guest();
	struct batch *batch = batch_create(vcpu, 1, 1);
	struct samples samples = {};
	unsigned int round;

	batch_add(batch, MEASURE_HYPERCALL, &unknown);
	for (round = 0; round <= figures_rounds; round++) {
		batch_run(batch);
		if (round)
			samples_add(&samples, batch_cost(batch, 1));
	}
	figures_unknown = samples_percentile(&samples, 50);
	figures_report("unknown with hvpart", 0, &samples, 0);
	batch_destroy(batch);

	end_of_plain_vm = end_of(vcpu->guest);
	report_number("end of a VM", 0, end_of_plain_vm);
	report_number("wait at the end of a VM", 0, longest_wait);
}

/* @count more, and their files in debugfs, so that nobody works on those any more. */
static void add_partitions(struct vcpu *vcpu, unsigned int count)
{
	unsigned int i, from = 0;
	u64 id = 0;

	bulk_add_pages(vcpu->guest, count);
	bulk_deposit(vcpu, SELF, &from, count);
	for (i = 0; i < count; i++) {
		REQUIRE_STATUS(bulk_call(vcpu, HVP_CALL_CREATE_PARTITION, &plain, sizeof(plain)),
			       SUCCESS);
		memcpy(&id, vcpu->output, sizeof(id));
	}
	if (!partition_file_becomes(vcpu->guest, id, true))
		die("no file for partition %llu", id);
}

static void measure_partitions(unsigned int count)
{
	struct vcpu *vcpu = plain_guest();

	add_partitions(vcpu, count);
	measure_calls(vcpu, "partitions", count);
	measure_end(vcpu->guest, "partitions", count);
}

static void measure_pages(unsigned int count)
{
	struct vcpu *vcpu = plain_guest();
	unsigned int from = 0;

	bulk_add_pages(vcpu->guest, count);
	bulk_deposit(vcpu, SELF, &from, count);
	measure_calls(vcpu, "pages", count);
	measure_end(vcpu->guest, "pages", count);
}

static void measure_vms(unsigned int count)
{
	struct vcpu *vcpus[MAX_VMS];
	unsigned int i;

	for (i = 0; i < count; i++) {
		vcpus[i] = plain_guest();
		create_active_child(vcpus[i]);
	}
	measure_calls(vcpus[count - 1], "VMs", count);
	measure_end(vcpus[count - 1]->guest, "VMs", count);
	for (i = 0; i < count - 1; i++)
		guest_destroy(vcpus[i]->guest);
}

/* Of which the pages of a slab and the number of slabs are told. */
#define SLABINFO_LINE	"%*s %*u %*u %*u %*u %lu : tunables %*u %*u %*u : slabdata %*u %lu"

/* All slabs of the host, without those that have no object, in bytes. */
static long long slab_bytes(void)
{
	unsigned long slabs, pages;
	long long bytes = 0;
	char line[512];
	FILE *file;
	glob_t all;
	size_t i;

	/* What RCU has yet to free */
	usleep(300000);
	if (glob("/sys/kernel/slab/*/shrink", 0, NULL, &all))
		die("no /sys/kernel/slab");
	for (i = 0; i < all.gl_pathc; i++)
		write_text(all.gl_pathv[i], "1");
	globfree(&all);
	file = fopen("/proc/slabinfo", "r");
	while (file && fgets(line, sizeof(line), file)) {
		if (sscanf(line, SLABINFO_LINE, &pages, &slabs) == 2)
			bytes += slabs * pages * HVP_PAGE_SIZE;
	}
	if (!bytes)
		die("/proc/slabinfo tells nothing");
	fclose(file);
	return bytes;
}

static long long bytes_of_vms(u64 privileges)
{
	long long bytes = slab_bytes();
	struct vcpu *vcpus[MAX_VMS];
	unsigned int i;
	u64 id;

	for (i = 0; i < MAX_VMS; i++) {
		vcpus[i] = figures_guest(GUEST_RAM, privileges);
		get_partition_id(vcpus[i], &id);
	}
	/* The work item has made the folder of the last one then. */
	bytes = slab_bytes() - bytes;
	for (i = 0; i < MAX_VMS; i++)
		guest_destroy(vcpus[i]->guest);
	return bytes;
}

static void measure_memory(void)
{
	enum { PARTITIONS = 1000, PAGES = 100000, EACH = 4 };
	long long bytes, before;
	struct vcpu *vcpu;
	unsigned int from = 0;
	u64 id;

	bytes_of_vms(GUEST_ALL_PRIVILEGES);
	bytes = bytes_of_vms(0);
	report_number("bytes of a VM", MAX_VMS,
		      (bytes_of_vms(GUEST_ALL_PRIVILEGES) - bytes) / MAX_VMS);

	vcpu = plain_guest();
	bulk_add_pages(vcpu->guest, PAGES);
	bulk_deposit(vcpu, SELF, &from, PARTITIONS);
	before = slab_bytes();
	for (id = 2; id < 2 + PARTITIONS; id++)
		REQUIRE_STATUS(bulk_call(vcpu, HVP_CALL_CREATE_PARTITION, &plain, sizeof(plain)),
			       SUCCESS);
	if (!partition_file_becomes(vcpu->guest, id - 1, true))
		die("no file for partition %llu", id - 1);
	report_number("bytes of a partition", PARTITIONS, (slab_bytes() - before) / PARTITIONS);
	for (id = 2; id < 2 + PARTITIONS; id++) {
		bulk_deposit(vcpu, id, &from, EACH);
		REQUIRE_STATUS(initialize_partition(vcpu, id, FORM_FAST), SUCCESS);
	}
	report_number("bytes of an active partition", PARTITIONS,
		      (slab_bytes() - before) / PARTITIONS);

	before = slab_bytes();
	bytes = PAGES - from;
	bulk_deposit(vcpu, SELF, &from, bytes);
	/* A thousandth of a byte each, as they are few. */
	report_number("bytes of 1000 deposited pages", bytes,
		      (slab_bytes() - before) * 1000 / bytes);
	guest_destroy(vcpu->guest);
}

int main(int argc, char **argv)
{
	unsigned int pages = argc > 3 ? atoi(argv[3]) : 1000000;

	ksft_print_header();
	ksft_set_plan(1);
	figures_begin(argc, argv);
	/* More than there are by default */
	module_parameter_set("max_partitions", 16384);
	module_parameter_set("max_pages", 2 * pages + 65536);
	measure_plain();
	measure_memory();
	measure_vms(1);
	measure_vms(8);
	measure_vms(MAX_VMS);
	measure_partitions(1);
	measure_partitions(100);
	measure_partitions(10000);
	measure_pages(1);
	measure_pages(1000);
	measure_pages(pages);
	ksft_test_result_pass("measured\n");
	ksft_finished();
}
