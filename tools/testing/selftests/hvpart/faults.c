// SPDX-License-Identifier: GPL-2.0
/*
 * Every allocation and every copy from and to the VMM's memory that a call makes of
 * the host fails in turn, for a real guest. For a kernel with fault injection
 * (failslab, fail_page_alloc, fail_usercopy).
 *
 * What fails is the n-th one within KVM_RUN, for n = 1, 2, ... until there are not so
 * many: alone, or together with all allocations after it, where there is no falling
 * back. Some are KVM's own: then KVM_RUN fails, or nobody notices.
 */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kselftest.h"
#include "callers.h"
#include "contract.h"
#include "module.h"
#include "partitions.h"
#include "remains.h"
#include "vps.h"

#define SELF		HVP_PARTITION_ID_SELF
#define DEBUGFS		"/sys/kernel/debug"

#define MSR_GUEST_OS_ID	0x40000000
#define VMCALL_SIZE	3	/* and VMMCALL's */

/* More than any call makes. */
#define MANY		2000

/* The n-th is not always the same: the slab, KASAN and kmemleak take pages now and then. */
#define CHANCES		3

/* Of the kernel's interface to fault injection, for this thread. */
static int fail_nth_fd, make_it_fail_fd;

static void set_fault(const char *kind, const char *name, const char *text)
{
	char path[128];

	snprintf(path, sizeof(path), DEBUGFS "/%s/%s", kind, name);
	write_text(path, text);
}

/*
 * Where a task that is marked gets to the n-th, that fails. In it, and in nobody
 * else, all allocations after that fail if it is marked by make-it-fail, too.
 */
static bool configure_faults(void)
{
	static const char *const kinds[] = { "failslab", "fail_page_alloc", "fail_usercopy" };
	unsigned int i;

	if (access("/proc/self/fail-nth", F_OK) || access(DEBUGFS "/failslab", F_OK) ||
	    access(DEBUGFS "/fail_page_alloc", F_OK) || access(DEBUGFS "/fail_usercopy", F_OK))
		return false;
	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		set_fault(kinds[i], "task-filter", "Y");
		set_fault(kinds[i], "times", "-1");
		set_fault(kinds[i], "verbose", "0");
		set_fault(kinds[i], "probability", "100");
	}
	/* Whoever cannot copy any more cannot put an end to it either. */
	set_fault("fail_usercopy", "probability", "0");
	set_fault("failslab", "ignore-gfp-wait", "N");
	set_fault("fail_page_alloc", "ignore-gfp-wait", "N");
	set_fault("fail_page_alloc", "ignore-gfp-highmem", "N");
	set_fault("fail_page_alloc", "min-order", "0");
	return true;
}

static void open_faults(void)
{
	fail_nth_fd = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
	make_it_fail_fd = open("/proc/thread-self/make-it-fail", O_RDWR | O_CLOEXEC);
	if (fail_nth_fd < 0 || make_it_fail_fd < 0)
		die("cannot open fail-nth or make-it-fail: %m");
}

/* Copying the number may be what fails. */
static void write_number(int fd, unsigned int number)
{
	char text[16];
	int length = snprintf(text, sizeof(text), "%u", number);

	while (pwrite(fd, text, length, 0) != length) {
		if (errno != EFAULT)
			die("cannot write to fail-nth or make-it-fail: %m");
	}
}

static void begin_fault(unsigned int nth, bool and_later)
{
	write_number(make_it_fail_fd, and_later);
	write_number(fail_nth_fd, nth);
}

/* Returns how many there would have had to be until the fault, 0 if it came. */
static unsigned int end_fault(void)
{
	char text[16] = "";
	ssize_t length = pread(fail_nth_fd, text, sizeof(text) - 1, 0);
	int error = errno;

	write_number(make_it_fail_fd, 0);
	write_number(fail_nth_fd, 0);
	/* Reading it was the very one. */
	if (length < 0 && error == EFAULT)
		return 1;
	if (length <= 0)
		die("cannot read fail-nth");
	return atoi(text);
}

/* The fault of the next call, and what came of it. */
static struct {
	unsigned int nth;	/* 0: none */
	bool and_later;
	bool reached, in_kvm;
} fault;

/*
 * KVM could not read an instruction, by which it wanted to step over it or emulate
 * it. No VMM goes on after that. Here, one hypercall is to be one call: if it was that
 * instruction, step over it.
 */
static void after_internal_error(struct vcpu *vcpu)
{
	struct kvm_regs regs;

	if (ioctl(vcpu->fd, KVM_GET_REGS, &regs))
		die("KVM_GET_REGS: %m");
	if (regs.rip >> HVP_PAGE_SHIFT == GUEST_HYPERCALL_GPA >> HVP_PAGE_SHIFT) {
		regs.rip += VMCALL_SIZE;
		if (ioctl(vcpu->fd, KVM_SET_REGS, &regs))
			die("KVM_SET_REGS: %m");
	}
}

static int enter_with_fault(struct vcpu *vcpu)
{
	int result, error;

	vcpu->enter = NULL;
	begin_fault(fault.nth, fault.and_later);
	result = ioctl(vcpu->fd, KVM_RUN, 0);
	error = errno;
	fault.reached = !end_fault();
	/* Something of KVM's own: the guest goes on from where it was. */
	fault.in_kvm = true;
	errno = EINTR;
	if (!result && vcpu->run->exit_reason == KVM_EXIT_INTERNAL_ERROR) {
		after_internal_error(vcpu);
		return -1;
	}
	if (result && (error == ENOMEM || error == EFAULT))
		return -1;
	fault.in_kvm = false;
	errno = error;
	return result;
}

static void arm(struct vcpu *vcpu, unsigned int nth, bool and_later)
{
	/* A call that is KVM's: what KVM itself needs to enter the guest is there then. */
	hypercall(vcpu, 0xffff, 0, 0);
	fault.nth = nth;
	fault.and_later = and_later;
	vcpu->enter = enter_with_fault;
}

/* The guest and what is needed in it to make any of the calls. */
#define LIST_PAGES	40
#define CHILD_PAGES	8
static struct vcpu *vcpu;
static struct remains remains;
static u64 list[LIST_PAGES], stats_gpn;
static u64 child;

static char *table(void)
{
	static char texts[2][4096];
	static unsigned int turn;
	char path[128];
	ssize_t length;
	int fd;

	snprintf(path, sizeof(path), HVPART_DEBUGFS "/%d-%d/partitions", getpid(),
		 vcpu->guest->vm_fd);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	turn = !turn;
	length = fd < 0 ? -1 : read(fd, texts[turn], sizeof(texts[turn]) - 1);
	if (length < 0)
		die("cannot read %s: %m", path);
	texts[turn][length] = 0;
	close(fd);
	return texts[turn];
}

/* In every line, what is available and in use are what is deposited. */
static void expect_table_adds_up(const char *text)
{
	unsigned long long deposited, available, in_use;
	const char *line = strchr(text, '\n');

	for (; line && line[1]; line = strchr(line + 1, '\n')) {
		if (sscanf(line + 1, "%*s %*s %*s %llu %llu %llu", &deposited, &available,
			   &in_use) != 3 || deposited != available + in_use)
			fail_at(__FILE__, __LINE__, "does not add up: %s", line + 1);
	}
}

static void prepare_nothing(void)
{
}

static void prepare_child(void)
{
	static const struct hvp_create_partition_in plain;
	u64 pages[CHILD_PAGES];
	unsigned int i;

	REQUIRE_STATUS(create_partition(vcpu, &plain, &child), SUCCESS);
	for (i = 0; i < CHILD_PAGES; i++)
		pages[i] = list[i];
	REQUIRE_RESULT(deposit_memory(vcpu, child, pages, CHILD_PAGES), SUCCESS, CHILD_PAGES);
}

static void prepare_active_child(void)
{
	prepare_child();
	REQUIRE_STATUS(initialize_partition(vcpu, child, FORM_FAST), SUCCESS);
}

static void prepare_empty_child(void)
{
	static const struct hvp_create_partition_in plain;

	REQUIRE_STATUS(create_partition(vcpu, &plain, &child), SUCCESS);
}

static void prepare_full_child(void)
{
	prepare_empty_child();
	REQUIRE_RESULT(deposit_memory(vcpu, child, list, LIST_PAGES), SUCCESS, LIST_PAGES);
}

/* The guest has never touched them: pinning them takes memory. */
static void prepare_cold_list(void)
{
	u8 *first = guest_host(vcpu->guest, list[0] << HVP_PAGE_SHIFT);

	prepare_empty_child();
	if (madvise(first, LIST_PAGES * HVP_PAGE_SIZE, MADV_DONTNEED))
		die("madvise: %m");
}

/* Likewise the page for statistics of one. */
static void prepare_cold_stats_page(void)
{
	prepare_active_child();
	if (madvise(guest_host(vcpu->guest, stats_gpn << HVP_PAGE_SHIFT), HVP_PAGE_SIZE,
		    MADV_DONTNEED))
		die("madvise: %m");
}

static void prepare_mapped_child(void)
{
	struct hvp_stats_page_in object;

	prepare_active_child();
	object = stats_of_partition(child, HVP_STATS_AREA_SELF);
	REQUIRE_STATUS(map_stats_page2(vcpu, &object, stats_gpn), SUCCESS);
}

/* All children go, whatever state they are in. */
static void remove_children(void)
{
	u64 id;

	for (;;) {
		REQUIRE_STATUS(get_next_child_partition(vcpu, SELF, 0, &id), SUCCESS);
		if (!id)
			break;
		finalize_partition(vcpu, id, FORM_FAST);
		withdraw_all(vcpu, id);
		delete_child(vcpu, id);
	}
}

/*
 * A call, how to make it, and what has to fail at least once: what it reads and
 * writes (INVALID_HYPERCALL_INPUT), and what it cannot do without (NO_RESOURCES),
 * alone and together with what there is to fall back to.
 */
struct call {
	const char *name;
	u64 control;
	void (*prepare)(void);
	unsigned int accesses, alone, together;
	bool loses_output;	/* what is done is done when the output is not written */
};

#define FAST		HVP_CONTROL_FAST
#define REPS		CONTROL_REPS(LIST_PAGES)

static const struct call calls[] = {
	{ "HvCreatePartition", HVP_CALL_CREATE_PARTITION, prepare_nothing,
	  .accesses = 3, .alone = 1, .together = 1, .loses_output = true },
	{ "HvInitializePartition", HVP_CALL_INITIALIZE_PARTITION, prepare_child,
	  .accesses = 1, .alone = 2, .together = 2 },
	{ "HvInitializePartition, fast", HVP_CALL_INITIALIZE_PARTITION | FAST, prepare_child,
	  .alone = 2, .together = 2 },
	{ "HvFinalizePartition", HVP_CALL_FINALIZE_PARTITION, prepare_active_child,
	  .accesses = 1 },
	{ "HvFinalizePartition, fast", HVP_CALL_FINALIZE_PARTITION | FAST,
	  .prepare = prepare_active_child },
	{ "HvDeletePartition", HVP_CALL_DELETE_PARTITION, prepare_empty_child,
	  .accesses = 1 },
	{ "HvDeletePartition, fast", HVP_CALL_DELETE_PARTITION | FAST,
	  .prepare = prepare_empty_child },
	{ "HvGetPartitionProperty", HVP_CALL_GET_PARTITION_PROPERTY, prepare_empty_child,
	  .accesses = 3 },
	{ "HvSetPartitionProperty", HVP_CALL_SET_PARTITION_PROPERTY, prepare_empty_child,
	  .accesses = 1 },
	{ "HvGetPartitionId", HVP_CALL_GET_PARTITION_ID, prepare_nothing, .accesses = 2 },
	{ "HvGetNextChildPartition", HVP_CALL_GET_NEXT_CHILD_PARTITION, prepare_empty_child,
	  .accesses = 3 },
	/* The lists, a chunk of claims, blocks, the first page; the xarray's node. */
	{ "HvDepositMemory", HVP_CALL_DEPOSIT_MEMORY | REPS, prepare_cold_list,
	  .accesses = 2, .alone = 5, .together = 6 },
	{ "HvWithdrawMemory", HVP_CALL_WITHDRAW_MEMORY | REPS, prepare_full_child,
	  .accesses = 3, .alone = 2, .together = 2, .loses_output = true },
	{ "HvGetMemoryBalance", HVP_CALL_GET_MEMORY_BALANCE, prepare_empty_child,
	  .accesses = 3 },
	/* What is kept of it, and room in the pool for when the page comes back. */
	{ "HvMapStatsPage", HVP_CALL_MAP_STATS_PAGE, prepare_active_child,
	  .accesses = 3, .alone = 2, .together = 2, .loses_output = true },
	{ "HvMapStatsPage2", HVP_CALL_MAP_STATS_PAGE2, prepare_cold_stats_page,
	  .accesses = 1, .alone = 2, .together = 2 },
	{ "HvUnmapStatsPage", HVP_CALL_UNMAP_STATS_PAGE, prepare_mapped_child,
	  .accesses = 1 },
	{ "HvGetPartitionPropertyEx", HVP_CALL_GET_PARTITION_PROPERTY_EX, prepare_empty_child,
	  .accesses = 3 },
};

/* The host has not got the output page at hand: writing to it takes memory. */
static u64 make_call(const struct call *call, unsigned int nth, bool and_later)
{
	const struct hvp_contract_call *row = hvp_contract_of(call->control);
	u64 *input = (u64 *)vcpu->input;
	const u64 values[HVP_NR_FIELDS] = {
		[HVP_FIELD_ID] = row->names_child ? child : SELF,
		[HVP_FIELD_PROPERTY] = EARLY_PROPERTY,
		[HVP_FIELD_STATS_TYPE] = HVP_STATS_PARTITION,
		[HVP_FIELD_PAGE] = stats_gpn,
	};

	memset(input, 0, HVP_PAGE_SIZE);
	hvp_contract_fill(row, values, input);
	if (row->in_element)
		memcpy(vcpu->input + row->in_size, list, sizeof(list));
	if (madvise(vcpu->output, HVP_PAGE_SIZE, MADV_DONTNEED))
		die("madvise: %m");
	if (nth)
		arm(vcpu, nth, and_later);
	return hypercall(vcpu, call->control, call->control & FAST ? input[0] : vcpu->input_gpa,
			 row->out_size || row->out_element ? vcpu->output_gpa : ~0ULL);
}

static bool succeeded(const struct call *call, u64 result)
{
	return result == RESULT(HVP_STATUS_SUCCESS, call->control & REPS ? LIST_PAGES : 0);
}

struct tally {
	unsigned int faults, accesses, lost, resources, in_kvm;
};

/* Has the output alone got lost? Then the call is done, and is not to be repeated. */
static bool only_output_lost(const struct call *call, const char *before)
{
	return call->loses_output && strcmp(before, table());
}

static void expect_repeatable(const struct call *call, const char *before)
{
	const char *after = table();

	if (strcmp(before, after))
		fail_at(__FILE__, __LINE__, "fault %u has changed\n# %sto\n# %s", fault.nth,
			before, after);
	if (!succeeded(call, make_call(call, 0, false)))
		fail_at(__FILE__, __LINE__, "%s fails after fault %u", call->name, fault.nth);
}

/* Returns whether there was a fault. */
static bool fail_nth(const struct call *call, unsigned int nth, bool and_later,
		     struct tally *tally)
{
	char before[4096];
	u64 result;

	call->prepare();
	snprintf(before, sizeof(before), "%s", table());
	result = make_call(call, nth, and_later);
	expect_table_adds_up(table());
	tally->faults += fault.reached;
	tally->in_kvm += fault.in_kvm;
	if (succeeded(call, result)) {
		remove_children();
		return fault.reached;
	}
	EXPECT(fault.reached);
	switch (result_status(result)) {
	case HVP_STATUS_INVALID_HYPERCALL_INPUT:
		tally->accesses++;
		if (only_output_lost(call, before))
			tally->lost++;
		else
			expect_repeatable(call, before);
		break;
	case HVP_STATUS_NO_RESOURCES:
		EXPECT_EQUAL(result_reps(result), 0);
		tally->resources++;
		expect_repeatable(call, before);
		break;
	default:
		fail_at(__FILE__, __LINE__, "fault %u: %s", nth,
			status_name(result_status(result)));
	}
	remove_children();
	return true;
}

/* What the kernel says, instead of hvpart, when it has no memory. */
static const char *const harmless[] = {
	"SLUB: Unable to allocate memory", "  cache: ", "  node ",
	NULL
};

static void begin(void)
{
	remains_watch(&remains);
	open_faults();
	vcpu = new_guest();
	guest_alloc_list(vcpu->guest, list, LIST_PAGES);
	stats_gpn = guest_alloc(vcpu->guest);
}

static void end(void)
{
	guest_destroy(vcpu->guest);
	remains_expect_none(&remains, harmless);
}

static void try_call(const void *row)
{
	const struct call *call = row;
	unsigned int expected[] = { call->alone, call->together };
	unsigned int and_later, nth, chance;

	begin();
	/* Room for children, and what KVM needs once. */
	deposit_new(vcpu, SELF, NULL, 16);
	EXPECT(guest_folder_becomes(getpid(), vcpu->guest->vm_fd, true));
	for (and_later = 0; and_later < 2; and_later++) {
		struct tally tally = {};
		unsigned int needed = 0, accessed = 0;
		bool more = true;

		for (nth = 1; more && nth < MANY; nth++) {
			struct tally before = tally;

			more = false;
			for (chance = 0; chance < CHANCES; chance++)
				more |= fail_nth(call, nth, and_later, &tally);
			needed += tally.resources > before.resources;
			accessed += tally.accesses > before.accesses;
		}
		printf("# %s: %u faults%s: ", call->name, tally.faults,
		       and_later ? " with all allocations after them" : "");
		printf("%u NO_RESOURCES, %u INVALID_HYPERCALL_INPUT, %u KVM's own\n",
		       tally.resources, tally.accesses, tally.in_kvm);
		EXPECT(nth < MANY);
		EXPECT(needed >= expected[and_later]);
		EXPECT(accessed >= call->accesses);
		EXPECT_EQUAL(!!tally.lost, call->loses_output);
	}
	end();
}

/*
 * The first call of a VM, which gets it its hierarchy and the root partition in it: either
 * all of it, or as if the call had not been made. Returns whether there was no memory.
 */
static bool fail_first_call(unsigned int nth, bool and_later)
{
	u64 result, id = 0;

	vcpu = new_guest();
	arm(vcpu, nth, and_later);
	result = get_partition_id(vcpu, &id);
	if (result_status(result) != HVP_STATUS_NO_RESOURCES &&
	    result_status(result) != HVP_STATUS_INVALID_HYPERCALL_INPUT)
		EXPECT_STATUS(result, SUCCESS);
	EXPECT_STATUS(get_partition_id(vcpu, &id), SUCCESS);
	EXPECT_EQUAL(id, 1);
	EXPECT_EQUAL(create_child(vcpu), 2);
	guest_destroy(vcpu->guest);
	return result_status(result) == HVP_STATUS_NO_RESOURCES;
}

/*
 * @fail makes the n-th fail and returns whether the guest went without something for want
 * of memory: that has to be so for @needed[0] of all n, and for @needed[1] of them with all
 * later allocations failing, where there is no falling back.
 */
static void fail_each(const char *what, bool (*fail)(unsigned int nth, bool and_later),
		      const unsigned int needed[2])
{
	unsigned int and_later, nth, chance;

	remains_watch(&remains);
	open_faults();
	for (and_later = 0; and_later < 2; and_later++) {
		unsigned int without = 0;
		bool more = true;

		for (nth = 1; more && nth < MANY; nth++) {
			bool missed = false;

			more = false;
			for (chance = 0; chance < CHANCES; chance++) {
				missed |= fail(nth, and_later);
				more |= fault.reached;
			}
			without += missed;
		}
		printf("# %s: %u faults%s: %u went without\n", what, nth - 2,
		       and_later ? " with all allocations after them" : "", without);
		EXPECT(nth < MANY);
		EXPECT(without >= needed[and_later]);
	}
	remains_expect_none(&remains, harmless);
}

static void first_call(void)
{
	/* With a node of the xarray, and what KVM allocates. */
	static const unsigned int needed[] = { 2, 4 };

	fail_each("first call", fail_first_call, needed);
}

/*
 * A VMM sets the CPUID of a guest that has been granted all: either it has got it, or the
 * call fails, or as if nothing had been granted; set once more, it has got it. Returns
 * whether nothing was granted.
 */
static bool set_cpuid_with_fault(unsigned int nth, bool and_later, bool again)
{
	/* The second vCPU's record is one for which the xarray needs a node. */
	struct guest_config config = { .vcpus = 2 };
	struct kvm_cpuid2 *cpuid;
	struct vcpu *second;
	bool granted;
	int error;
	u64 id;

	REQUIRE_EQUAL(module_parameter_try("grant", "none"), 0);
	second = &guest_create(&config)->vcpus[1];
	cpuid = vcpu_copy_cpuid(second);
	REQUIRE_EQUAL(module_parameter_try("grant", "all"), 0);
	begin_fault(nth, and_later);
	error = ioctl(second->fd, KVM_SET_CPUID2, cpuid) ? errno : 0;
	fault.reached = !end_fault();
	free(cpuid);
	if (error)
		EXPECT(error == ENOMEM || error == EFAULT);
	if (error || again)
		EXPECT_EQUAL(vcpu_set_cpuid_again(second), 0);
	granted = vcpu_cpuid(second, HVP_CPUID_FEATURES).ebx & (HVP_PARTITION_PRIVILEGES >> 32);
	if (granted)
		EXPECT_STATUS(get_partition_id(second, &id), SUCCESS);
	else
		EXPECT_STATUS(get_partition_id(second, &id), INVALID_HYPERCALL_CODE);
	if (error || again)
		EXPECT(granted);
	guest_destroy(second->guest);
	return !granted;
}

static bool fail_grant(unsigned int nth, bool and_later)
{
	set_cpuid_with_fault(nth, and_later, true);
	return set_cpuid_with_fault(nth, and_later, false);
}

static void grants(void)
{
	/* The VM, the vCPU; and a node of the xarray. */
	static const unsigned int needed[] = { 2, 3 };

	fail_each("what is granted", fail_grant, needed);
}

static void fill(void)
{
	vcpu = new_guest();
	guest_alloc_list(vcpu->guest, list, LIST_PAGES);
	deposit_new(vcpu, SELF, NULL, 60);
	prepare_active_child();
	prepare_empty_child();
}

/* Its memory stays mapped: giving that back is not what is to fail. */
static unsigned int close_vm(unsigned int nth, bool and_later)
{
	munmap(vcpu->run, vcpu->guest->run_size);
	begin_fault(nth, and_later);
	close(vcpu->fd);
	close(vcpu->guest->vm_fd);
	return end_fault();
}

/* The end of a VM, and its guest's farewell, need no memory. */
static void ends(void)
{
	unsigned int and_later, nth;

	remains_watch(&remains);
	open_faults();
	fill();
	close_vm(1, true);
	for (nth = 1; nth < MANY; nth++) {
		fill();
		if (close_vm(nth, false))
			break;
	}
	printf("# end of a VM: %u faults\n", nth - 1);
	EXPECT(nth < MANY);

	vcpu = new_guest();
	for (and_later = 0; and_later < 2; and_later++) {
		fault.reached = true;
		for (nth = 1; fault.reached && nth < MANY; nth++) {
			deposit_new(vcpu, SELF, NULL, 10);
			EXPECT_EQUAL(create_child(vcpu), 2);
			arm(vcpu, nth, and_later);
			vcpu_write_msr(vcpu, MSR_GUEST_OS_ID, 0);
			guest_enable_hypercalls(vcpu->guest);
			EXPECT_BALANCE(vcpu, SELF, 0, 0);
		}
		printf("# farewell: %u faults\n", nth - 2);
		EXPECT(nth < MANY);
	}
	guest_destroy(vcpu->guest);
	remains_expect_none(&remains, harmless);
}

/* Whatever has failed when a virtual processor was to be made, it can be made then. */
static bool fail_create_vp(u32 index, unsigned int nth, bool and_later)
{
	u64 result;

	arm(vcpu, nth, and_later);
	result = create_vp(vcpu, child, index);
	if (result_status(result) == HVP_STATUS_NO_RESOURCES ||
	    result_status(result) == HVP_STATUS_INVALID_HYPERCALL_INPUT)
		EXPECT_STATUS(create_vp(vcpu, child, index), SUCCESS);
	else
		EXPECT_STATUS(result, SUCCESS);
	EXPECT_STATUS(delete_vp(vcpu, child, index, FORM_FAST), SUCCESS);
	return result_status(result) == HVP_STATUS_NO_RESOURCES;
}

/* The first one of a child, with its VM, which takes its time; and others beside it. */
static void virtual_processors(void)
{
	/* KVM's allocations fail, too, and the kernel shows a trace for those by vmalloc(). */
	static const char *const anything[] = { "", NULL };
	unsigned int and_later, nth, without = 0;
	u32 index = 0;

	begin();
	deposit_new(vcpu, SELF, NULL, 16);
	EXPECT(guest_folder_becomes(getpid(), vcpu->guest->vm_fd, true));
	prepare_active_child();
	fault.reached = true;
	for (nth = 1; fault.reached && nth < MANY; nth += 10)
		without += fail_create_vp(index, nth, false);
	REQUIRE_STATUS(create_vp(vcpu, child, index), SUCCESS);
	for (and_later = 0; and_later < 2; and_later++) {
		fault.reached = true;
		for (nth = 1; fault.reached && nth < MANY; nth++)
			without += fail_create_vp(++index, nth, and_later);
	}
	printf("# %u faults, %u times there was none\n", index - 2, without);
	EXPECT(without >= 40);
	remove_children();
	guest_destroy(vcpu->guest);
	remains_expect_none(&remains, anything);
}

/* The work item that makes files in debugfs runs in one of these. */
static void fail_workers(unsigned int nth)
{
	char text[16], name[32];
	glob_t tasks;
	size_t i;
	int fd;

	snprintf(text, sizeof(text), "%u", nth);
	if (glob("/proc/[1-9]*", 0, NULL, &tasks))
		die("no /proc");
	for (i = 0; i < tasks.gl_pathc; i++) {
		char path[64];

		snprintf(path, sizeof(path), "%s/comm", tasks.gl_pathv[i]);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		memset(name, 0, sizeof(name));
		if (fd < 0 || read(fd, name, sizeof(name) - 1) < 0 ||
		    strncmp(name, "kworker/u", 9)) {
			close(fd);
			continue;
		}
		close(fd);
		snprintf(path, sizeof(path), "%s/fail-nth", tasks.gl_pathv[i]);
		fd = open(path, O_WRONLY | O_CLOEXEC);
		if (fd >= 0 && write(fd, text, strlen(text)) < 0)
			die("cannot write %s: %m", path);
		close(fd);
	}
	globfree(&tasks);
}

static bool has_file(u64 id)
{
	char path[128];

	snprintf(path, sizeof(path), HVPART_DEBUGFS "/%d-%d/partition/%llu", getpid(),
		 vcpu->guest->vm_fd, id);
	return !access(path, F_OK);
}

/* A partition that has no file in debugfs is one as any other. */
static void files_without_memory(void)
{
	static const char *const debugfs_says[] = { "debugfs: out of free dentries", NULL };
	static const struct hvp_create_partition_in plain;
	unsigned int nth, missing = 0;
	u64 id;

	begin();
	deposit_new(vcpu, SELF, NULL, 4);
	EXPECT(guest_folder_becomes(getpid(), vcpu->guest->vm_fd, true));
	for (nth = 1; nth <= 20; nth++) {
		usleep(30000);
		fail_workers(nth);
		EXPECT_STATUS(create_partition(vcpu, &plain, &id), SUCCESS);
		usleep(100000);
		fail_workers(0);
		missing += !has_file(id);
		expect_table_adds_up(table());
		EXPECT_STATUS(initialize_partition(vcpu, id, FORM_FAST), INSUFFICIENT_MEMORY);
		EXPECT_STATUS(delete_partition(vcpu, id, FORM_FAST), SUCCESS);
		EXPECT(partition_file_becomes(vcpu->guest, id, false));
	}
	printf("# files: %u of %u missing\n", missing, nth - 1);
	/* Its own object, a dentry, an inode. */
	EXPECT(missing >= 3);
	EXPECT_STATUS(create_partition(vcpu, &plain, &id), SUCCESS);
	EXPECT(partition_file_becomes(vcpu->guest, id, true));
	guest_destroy(vcpu->guest);
	remains_expect_none(&remains, debugfs_says);
}

/* Of loading, by the time that the kernel looks at parameters. */
#define WRONG_PARAMETER	"max_depth=65"
/* How many at the end are debugfs', which may fail, or not there each time. */
#define UNCERTAIN	64
/* More than the module loader makes. */
#define LOTS		1000000

/* How many there are until loading has failed, or succeeded. */
static unsigned int count_until(const char *parameters, int error)
{
	begin_fault(LOTS, false);
	EXPECT_EQUAL(module_insert("hvpart", parameters), error);
	return LOTS - end_fault();
}

/* Guests call meanwhile, and get no answer but KVM's unless the module is there, whole. */
static bool load_with_fault(const struct callers *callers, unsigned int nth)
{
	u64 answered = callers_answered(callers);
	int error;

	begin_fault(nth, true);
	error = module_insert("hvpart", "");
	fault.reached = !end_fault();
	if (error) {
		EXPECT(fault.reached);
		expect_unloaded();
		EXPECT_EQUAL(callers_answered(callers), answered);
		return false;
	}
	vcpu = new_guest();
	EXPECT_EQUAL(create_active_child(vcpu), 2);
	guest_destroy(vcpu->guest);
	unload_module();
	expect_unloaded();
	callers_expect(callers, false);
	return true;
}

static void expect_no_complaint(int log)
{
	char record[8192];
	ssize_t length;

	while ((length = read(log, record, sizeof(record) - 1)) > 0 || errno == EPIPE) {
		record[length < 0 ? 0 : length] = 0;
		if (strstr(record, "WARNING:") || strstr(record, "BUG:") ||
		    strstr(record, "INFO:"))
			fail_at(__FILE__, __LINE__, "in the kernel's log: %s", record);
	}
}

/*
 * Each time takes seconds, so not all of the kernel's own are tried: the nearer to the
 * end, where it is the module that is at work, the fewer are left out. A slab cache that
 * there is no memory for is logged with a backtrace, which is to be read by nobody.
 */
static void loading(void)
{
	unsigned int first, last, left, tried = 0, loaded = 0;
	struct remains remains;
	struct callers callers;

	unload_module();
	remains_watch(&remains);
	open_faults();
	first = count_until(WRONG_PARAMETER, EINVAL);
	/* Less than the first time. */
	count_until("", 0);
	unload_module();
	last = count_until("", 0);
	unload_module();
	callers = callers_start();
	write_text("/proc/sys/kernel/printk", "4");
	for (left = UNCERTAIN; left < last - first; left += left / 3, tried++)
		loaded += load_with_fault(&callers, last - left);
	printf("# %u of faults %u to %u with all allocations after them: %u did not matter\n",
	       tried, first, last, loaded);
	EXPECT(tried >= 2 * loaded);
	write_text("/proc/sys/kernel/printk", "7");
	expect_no_complaint(remains.log);
	close(remains.log);
	callers_stop(&callers);
	EXPECT(pinned_pages_become(remains.pinned));
	load_module();
}

static const struct test_case cases[] = {
	{ .name = "loading", .run = loading, .seconds = 180 },
	{ .name = "first_call", .run = first_call, .seconds = 60 },
	{ .name = "grants", .run = grants, .seconds = 60 },
	{ .name = "ends", .run = ends },
	{ .name = "files_without_memory", .run = files_without_memory },
	{ .name = "virtual_processors", .run = virtual_processors, .seconds = 60 },
};

int main(void)
{
	if (!configure_faults()) {
		printf("1..0 # SKIP this kernel has no fault injection\n");
		return KSFT_SKIP;
	}
	cases_add_rows(try_call, calls);
	cases_add(cases, ARRAY_SIZE(cases));
	return cases_run();
}
