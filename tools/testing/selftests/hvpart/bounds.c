// SPDX-License-Identifier: GPL-2.0
/*
 * bounds [PAGES [PARTITIONS]] - how much a VM can make the host do at a time
 *
 * For tools/testing/vm/run --icount, where a nanosecond is an instruction: the
 * figures are the same on any machine, and Documentation/limits.rst has them. A
 * bound is about twice what was measured. Not among the tests that run by default.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "kselftest.h"

#include "bulk.h"
#include "measure.h"
#include "module.h"
#include "partitions.h"
#include "vps.h"

#define SELF		HVP_PARTITION_ID_SELF

/* Instructions, see the table in Documentation/limits.rst */
#define BOUND_DEPOSIT_CALL	450000
#define BOUND_WITHDRAW_CALL	4600000
#define BOUND_LINEAR		450000
#define BOUND_CRISS_CROSS	250
#define BOUND_CREATE		7000
#define BOUND_FILE		22000
#define BOUND_INITIALIZE	4000
#define BOUND_DEPOSIT		2600
#define BOUND_TABLE		10500
#define BOUND_READ		120000
#define BOUND_END		720

static unsigned int pages = 1 << 14, partitions = 1024;

/*
 * What this process has executed, and what everybody else has: as long as this one
 * does not sleep, there is no idle time.
 */
static u64 own_start, all_start;

static void start(void)
{
	own_start = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
	all_start = clock_ns(CLOCK_MONOTONIC);
}

static u64 own(void)
{
	return clock_ns(CLOCK_PROCESS_CPUTIME_ID) - own_start;
}

static u64 others(void)
{
	return clock_ns(CLOCK_MONOTONIC) - all_start - own();
}

static void report(const char *what, u64 instructions, unsigned int units, const char *unit,
		   u64 bound)
{
	u64 each = instructions / units;

	printf("# %-38s %12llu %8u %-10s %8llu %8llu\n", what, instructions, units, unit, each,
	       bound);
	ksft_test_result(each <= bound, "%s\n", what);
}

static u64 round_trip;

/* A VM with all of it, and its folder in debugfs. */
static struct vcpu *full_guest(bool report_it)
{
	static const struct hvp_create_partition_in plain;
	unsigned int i, from = 0, each = 4, rest;
	struct vcpu *vcpu = new_guest();
	char path[128];
	u64 id = 0;

	bulk_add_pages(vcpu->guest, pages);
	bulk_deposit(vcpu, SELF, &from, partitions);

	start();
	for (i = 0; i < partitions; i++)
		REQUIRE_STATUS(bulk_call(vcpu, HVP_CALL_CREATE_PARTITION, &plain,
					 sizeof(plain)), SUCCESS);
	if (report_it)
		report("HvCreatePartition", own() - partitions * round_trip, partitions, "call",
		       BOUND_CREATE);
	id = partitions + 1;
	snprintf(path, sizeof(path), HVPART_DEBUGFS "/%d-%d/partition/%llu", getpid(),
		 vcpu->guest->vm_fd, id);
	while (access(path, F_OK))
		;
	if (report_it)
		report("its file, made by the work item", others(), partitions, "partition",
		       BOUND_FILE);

	for (id = 2; id < partitions + 2; id++)
		bulk_deposit(vcpu, id, &from, each);
	start();
	for (id = 2; id < partitions + 2; id++)
		REQUIRE_STATUS(initialize_partition(vcpu, id, FORM_FAST), SUCCESS);
	if (report_it)
		report("HvInitializePartition", own() - partitions * round_trip, partitions,
		       "call", BOUND_INITIALIZE);

	rest = pages - from;
	start();
	bulk_deposit(vcpu, SELF, &from, rest / 2);
	bulk_deposit(vcpu, 2, &from, rest - rest / 2);
	if (report_it)
		report("HvDepositMemory", own(), rest, "page", BOUND_DEPOSIT);
	return vcpu;
}

static u64 read_file(const char *path)
{
	char buffer[1 << 16];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got;
	u64 total = 0;

	if (fd < 0)
		die("%s: %m", path);
	while ((got = read(fd, buffer, sizeof(buffer))) > 0)
		total += got;
	close(fd);
	return total;
}

static void measure_calls(void)
{
	struct vcpu *vcpu = new_guest();
	u64 list[DEPOSIT_MAX_REPS + 1] = { SELF };
	struct hvp_partition_proximity in = { .partition_id = SELF };
	unsigned int i;

	/* Both have been done once before, so that all code is there. */
	deposit_new(vcpu, SELF, NULL, 1);
	guest_alloc_list(vcpu->guest, list + 1, DEPOSIT_MAX_REPS);
	start();
	for (i = 0; i < 64; i++)
		hypercall(vcpu, 0x7f, 0, 0);
	round_trip = own() / 64;
	printf("# a hypercall that KVM refuses: %llu, not included in calls below\n", round_trip);

	start();
	REQUIRE_RESULT(bulk_call(vcpu, HVP_CALL_DEPOSIT_MEMORY | CONTROL_REPS(DEPOSIT_MAX_REPS),
				 list, sizeof(list)), SUCCESS, DEPOSIT_MAX_REPS);
	report("HvDepositMemory of 511 pages", own() - round_trip, 1, "call", BOUND_DEPOSIT_CALL);
	start();
	REQUIRE_RESULT(bulk_call(vcpu, HVP_CALL_WITHDRAW_MEMORY | CONTROL_REPS(WITHDRAW_MAX_REPS),
				 &in, sizeof(in)), SUCCESS, WITHDRAW_MAX_REPS);
	report("HvWithdrawMemory of 512 pages", own() - round_trip, 1, "call",
	       BOUND_WITHDRAW_CALL);
	guest_destroy(vcpu->guest);
}

/* Every other page from @first on, each @step-th of them, over and over again, into a child */
static void map_every_other(struct vcpu *vcpu, u64 child, unsigned int first, unsigned int count,
			    unsigned int step)
{
	struct {
		struct hvp_map_gpa_pages_in in;
		u64 sources[MAP_MAX_REPS];
	} list = { .in = { .partition_id = child, .flags = MAP_RWX } };
	unsigned int i, left, done;

	for (done = 0; done < count; done += left) {
		left = count - done < MAP_MAX_REPS ? count - done : MAP_MAX_REPS;
		list.in.gpa_base = done;
		for (i = 0; i < left; i++)
			list.sources[i] = bulk_page(first + 2 * ((done + i) * step % count));
		REQUIRE_RESULT(bulk_call(vcpu, HVP_CALL_MAP_GPA_PAGES | CONTROL_REPS(left), &list,
					 sizeof(list.in) + left * 8), SUCCESS, left);
	}
}

/* Those between the ones of the child; returns what it takes. */
static u64 deposit_between(struct vcpu *vcpu, unsigned int first)
{
	u64 list[DEPOSIT_MAX_REPS + 1] = { SELF };
	unsigned int i;

	for (i = 0; i < DEPOSIT_MAX_REPS; i++)
		list[i + 1] = bulk_page(first + 2 * i + 1);
	start();
	REQUIRE_RESULT(bulk_call(vcpu, HVP_CALL_DEPOSIT_MEMORY | CONTROL_REPS(DEPOSIT_MAX_REPS),
				 list, sizeof(list)), SUCCESS, DEPOSIT_MAX_REPS);
	return own();
}

/* A page that is deposited must not be a child's: what looking for it takes. */
static void measure_deposit_beside(unsigned int step, const char *what, unsigned int units,
				   const char *unit, u64 bound)
{
	struct vcpu *vcpu = new_guest();
	u64 child = create_active_child(vcpu), alone;
	unsigned int first = 0;

	bulk_add_pages(vcpu->guest, 2 * pages + 200);
	bulk_deposit(vcpu, child, &first, 200);
	alone = deposit_between(vcpu, first);
	map_every_other(vcpu, child, first, pages, step);
	report(what, deposit_between(vcpu, first + pages) - alone, units, unit, bound);
	guest_destroy(vcpu->guest);
}

static void measure_ends(void)
{
	struct vcpu *vcpu;
	struct guest *guest;
	u64 empty_vm, empty_module;
	char path[128];

	/* What KVM and the module loader do anyway */
	vcpu = new_guest();
	start();
	guest_destroy(vcpu->guest);
	empty_vm = own();
	start();
	unload_module();
	empty_module = own();
	load_module();
	printf("# the end of an empty VM: %llu, unloading without VMs: %llu, not included below\n",
	       empty_vm, empty_module);

	vcpu = full_guest(true);
	guest = vcpu->guest;
	snprintf(path, sizeof(path), HVPART_DEBUGFS "/%d-%d/partitions", getpid(), guest->vm_fd);
	start();
	read_file(path);
	report("reading the table of partitions", own(), partitions, "partition",
	       BOUND_TABLE);
	snprintf(path, sizeof(path), HVPART_DEBUGFS "/%d-%d/partition/2", getpid(), guest->vm_fd);
	start();
	read_file(path);
	report("reading a partition's file", own(), 1, "file", BOUND_READ);

	start();
	guest_destroy(guest);
	report("the VM's end", own() - empty_vm, pages, "page", BOUND_END);

	vcpu = full_guest(false);
	start();
	guest_reset_identity(vcpu->guest);
	report("the guest's reset", own(), pages, "page", BOUND_END);
	guest_destroy(vcpu->guest);

	vcpu = full_guest(false);
	start();
	unload_module();
	report("unloading", own() - empty_module, pages, "page", BOUND_END);
	load_module();
	guest_destroy(vcpu->guest);
}

int main(int argc, char **argv)
{
	if (argc > 1)
		pages = atoi(argv[1]);
	if (argc > 2)
		partitions = atoi(argv[2]);
	require_hvpart();
	if (sysconf(_SC_NPROCESSORS_ONLN) != 1)
		die("more than one CPU: start the machine with --icount");
	if (pages < 8 * partitions || !partitions)
		die("at least one partition, and 8 pages for each");

	ksft_print_header();
	ksft_set_plan(13);
	printf("# %-38s %12s %8s %-10s %8s %8s\n", "what", "instructions", "of", "", "each",
	       "bound");
	measure_calls();
	measure_deposit_beside(1, "on top, if a child's memory is linear", 1, "call",
			       BOUND_LINEAR);
	measure_deposit_beside(617, "on top, if it is criss-cross", pages, "page",
			       BOUND_CRISS_CROSS);
	measure_ends();
	ksft_finished();
}
