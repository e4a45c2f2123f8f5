// SPDX-License-Identifier: GPL-2.0
/*
 * All at once, for $HVPART_SECONDS: several VMs with several vCPUs each, VMMs that are
 * killed, readers of debugfs, an operator who changes the module's parameters, takes
 * CPUs away, unloads the module and loads it again.
 *
 * Processes, since a VMM is one. Each makes its own checks all the while; what is left
 * when all have ended is looked at in the end.
 */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "contract.h"
#include "inspect.h"
#include "module.h"
#include "partitions.h"
#include "remains.h"
#include "soak.h"

#define SELF		HVP_PARTITION_ID_SELF
#define SECONDS		6
#define PROPERTY_VMM_CAPABILITIES	0x00090007	/* an early one */

/* Shared by all processes of a case. */
static struct shared {
	u64 end;
	unsigned int ready;	/* guests that are at work */
	bool module_goes;
	long long pinned;
	bool in_deposit;	/* the victim is in a long one */
	/* what has been done */
	u64 calls, created, deposited, checks, drains, files, parameters;
	u64 victims, victims_at_work, victims_in_deposit, unplugs, reloads;
} *shared;

static void count(u64 *counter, u64 number)
{
	__atomic_fetch_add(counter, number, __ATOMIC_RELAXED);
}

static bool time_is_up(void)
{
	return soak_now_ms() >= __atomic_load_n(&shared->end, __ATOMIC_RELAXED) || case_failed();
}

/* A guest at work */

#define PAGES		512	/* a power of two */
#define STATS_PAGES	8	/* which are not deposited */
#define RECENT		6
#define MAX_SEEN_ID	1000000

struct work {
	struct guest *guest;
	u64 number;
	bool checked;
	u64 first_gpn, first_stats_gpn;
	/*
	 * How often each page was deposited, less how often it was withdrawn: while
	 * no call is under way, 1 in a pool and 0 elsewhere.
	 */
	int ledger[PAGES];
	u8 *seen;		/* IDs that were given out */
	u64 recent[RECENT];
	pthread_barrier_t barrier;
	bool over;
};

static u64 some_id(struct work *work, struct random *random)
{
	if (random_one_in(random, 4))
		return SELF;
	return __atomic_load_n(&work->recent[random_below(random, RECENT)], __ATOMIC_RELAXED);
}

/* Has the module given an answer, one that the call can have? */
static bool answered(u64 control, u64 result)
{
	count(&shared->calls, 1);
	if (shared->module_goes && result == HVP_STATUS_INVALID_HYPERCALL_CODE) {
		usleep(1000);
		return false;
	}
	return EXPECT_CONTRACT(control, result);
}

static void create(struct work *work, struct vcpu *vcpu, struct random *random)
{
	static const struct hvp_create_partition_in plain;
	u64 id, result = create_partition(vcpu, &plain, &id);

	if (!answered(HVP_CALL_CREATE_PARTITION, result) || result)
		return;
	count(&shared->created, 1);
	if (work->checked && id < MAX_SEEN_ID)
		EXPECT_EQUAL(__atomic_exchange_n(&work->seen[id], 1, __ATOMIC_RELAXED), 0);
	__atomic_store_n(&work->recent[random_below(random, RECENT)], id, __ATOMIC_RELAXED);
}

static void deposit(struct work *work, struct vcpu *vcpu, u64 id, unsigned int number,
		    struct random *random)
{
	unsigned int i, first = random_below(random, PAGES), step = random_bits(random) | 1;
	unsigned int again = number;
	u64 gpns[DEPOSIT_MAX_REPS], result;

	for (i = 0; i < number; i++)
		gpns[i] = work->first_gpn + (first + i * step) % PAGES;
	/* One twice, which is refused the second time, if not before. */
	if (number > 1 && random_one_in(random, 4)) {
		again = 1 + random_below(random, number - 1);
		gpns[again] = gpns[0];
	}
	result = deposit_memory(vcpu, id, gpns, number);
	if (!answered(HVP_CALL_DEPOSIT_MEMORY | CONTROL_REPS(number), result))
		return;
	EXPECT(result_reps(result) <= again);
	count(&shared->deposited, result_reps(result));
	for (i = 0; i < result_reps(result); i++)
		__atomic_fetch_add(&work->ledger[gpns[i] - work->first_gpn], 1, __ATOMIC_RELAXED);
}

/* Returns how many. */
static unsigned int withdraw(struct work *work, struct vcpu *vcpu, u64 id, u64 *gpns,
			     unsigned int number)
{
	u64 result = withdraw_memory(vcpu, id, NULL, gpns, number);
	unsigned int i;

	if (!answered(HVP_CALL_WITHDRAW_MEMORY | CONTROL_REPS(number), result))
		return 0;
	for (i = 0; i < result_reps(result); i++) {
		REQUIRE_EQUAL(gpns[i] - work->first_gpn < PAGES, true);
		__atomic_fetch_sub(&work->ledger[gpns[i] - work->first_gpn], 1, __ATOMIC_RELAXED);
	}
	return result_reps(result);
}

/* Of a partition, or of one of the virtual processors. */
static struct hvp_stats_page_in some_stats_object(struct work *work, struct random *random)
{
	u8 area = random_below(random, 2);

	return random_one_in(random, 3) ? stats_of_vp(SELF, random_below(random, 3), area) :
					  stats_of_partition(some_id(work, random), area);
}

static void map_or_unmap(struct work *work, struct vcpu *vcpu, struct random *random)
{
	struct hvp_stats_page_in object = some_stats_object(work, random);
	u64 gpn = work->first_stats_gpn + random_below(random, STATS_PAGES);

	switch (random_below(random, 3)) {
	case 0:
		answered(HVP_CALL_MAP_STATS_PAGE2, map_stats_page2(vcpu, &object, gpn));
		break;
	case 1:
		answered(HVP_CALL_MAP_STATS_PAGE, map_stats_page(vcpu, &object, &gpn));
		break;
	case 2:
		answered(HVP_CALL_UNMAP_STATS_PAGE, unmap_stats_page(vcpu, &object));
		break;
	}
}

static void ask(struct work *work, struct vcpu *vcpu, struct random *random)
{
	struct hvp_memory_balance_out balance;
	struct hvp_get_property_ex_out out;
	u64 value, id = some_id(work, random);

	switch (random_below(random, 5)) {
	case 0:
		answered(HVP_CALL_GET_MEMORY_BALANCE,
			 get_memory_balance(vcpu, id, NULL, &balance));
		break;
	case 1:
		answered(HVP_CALL_GET_NEXT_CHILD_PARTITION,
			 get_next_child_partition(vcpu, SELF, id == SELF ? 0 : id, &value));
		break;
	case 2:
		answered(HVP_CALL_GET_PARTITION_PROPERTY,
			 get_partition_property(vcpu, id, PROPERTY_VMM_CAPABILITIES, &value));
		break;
	case 3:
		answered(HVP_CALL_SET_PARTITION_PROPERTY,
			 set_partition_property(vcpu, id, PROPERTY_VMM_CAPABILITIES,
						random_bits(random)));
		break;
	case 4:
		answered(HVP_CALL_GET_PARTITION_PROPERTY_EX,
			 get_partition_property_ex(vcpu, id, PROPERTY_VMM_CAPABILITIES, 0, &out));
		break;
	}
}

static void make_some_call(struct work *work, struct vcpu *vcpu, struct random *random)
{
	enum call_form form = random_one_in(random, 2) ? FORM_FAST : FORM_MEMORY;
	u64 gpns[WITHDRAW_MAX_REPS], id = some_id(work, random);

	switch (random_below(random, 15)) {
	case 0:
	case 1:
		create(work, vcpu, random);
		break;
	case 2:
	case 3:
	case 4:
		deposit(work, vcpu, id, 1 + random_below(random, 16), random);
		break;
	case 5:
		deposit(work, vcpu, SELF, random_one_in(random, 8) ? DEPOSIT_MAX_REPS : 8, random);
		break;
	case 6:
	case 7:
		answered(HVP_CALL_INITIALIZE_PARTITION, initialize_partition(vcpu, id, form));
		break;
	case 8:
		answered(HVP_CALL_FINALIZE_PARTITION, finalize_partition(vcpu, id, form));
		break;
	case 9:
		withdraw(work, vcpu, id, gpns, WITHDRAW_MAX_REPS);
		answered(HVP_CALL_DELETE_PARTITION, delete_partition(vcpu, id, form));
		break;
	case 10:
	case 11:
		withdraw(work, vcpu, id, gpns, 1 + random_below(random, 24));
		break;
	case 12:
	case 13:
		map_or_unmap(work, vcpu, random);
		break;
	default:
		ask(work, vcpu, random);
		break;
	}
}

/* Nobody else makes a call meanwhile. */
static u64 next_child(struct vcpu *vcpu, u64 previous)
{
	u64 next;

	REQUIRE_STATUS(get_next_child_partition(vcpu, SELF, previous, &next), SUCCESS);
	REQUIRE_EQUAL(!next || next > previous, true);
	return next;
}

static u64 pages_of(struct vcpu *vcpu, u64 id)
{
	struct hvp_memory_balance_out balance = balance_of(vcpu, id);

	return balance.pages_available + balance.pages_in_use;
}

/* Every page is in as many pools as the answers say: none or one. */
static void check_ledger(struct work *work, struct vcpu *vcpu)
{
	u64 id, in_pools = pages_of(vcpu, SELF), in_ledger = 0;
	unsigned int i;

	for (i = 0; i < PAGES; i++) {
		EXPECT(work->ledger[i] == 0 || work->ledger[i] == 1);
		in_ledger += work->ledger[i];
	}
	for (id = next_child(vcpu, 0); id; id = next_child(vcpu, id))
		in_pools += pages_of(vcpu, id);
	EXPECT_EQUAL(in_pools, in_ledger);
	count(&shared->checks, 1);
}

#define PATTERN	0x77

static bool is_all(const u8 *page, u8 byte)
{
	return page[0] == byte && !memcmp(page, page + 1, HVP_PAGE_SIZE - 1);
}

static void withdraw_all_of(struct work *work, struct vcpu *vcpu, u64 id)
{
	u64 gpns[WITHDRAW_MAX_REPS];
	unsigned int i, number;

	do {
		number = withdraw(work, vcpu, id, gpns, WITHDRAW_MAX_REPS);
		for (i = 0; i < number; i++)
			EXPECT(is_all(guest_host(work->guest, gpns[i] << HVP_PAGE_SHIFT), 0));
	} while (number == WITHDRAW_MAX_REPS);
}

static void unmap_all_of_self(struct vcpu *vcpu)
{
	struct hvp_stats_page_in object;
	unsigned int area, i;

	for (area = 0; area < 2; area++) {
		object = stats_of_partition(SELF, area);
		answered(HVP_CALL_UNMAP_STATS_PAGE, unmap_stats_page(vcpu, &object));
		for (i = 0; i < vcpu->guest->nr_vcpus; i++) {
			object = stats_of_vp(SELF, i, area);
			answered(HVP_CALL_UNMAP_STATS_PAGE, unmap_stats_page(vcpu, &object));
		}
	}
}

/*
 * All partitions go, and all pages come back, as zeroes; those that were in no pool
 * are left alone.
 */
static void drain(struct work *work, struct vcpu *vcpu)
{
	u8 *ram = guest_host(work->guest, work->first_gpn << HVP_PAGE_SHIFT);
	bool deposited[PAGES];
	unsigned int i;
	u64 id;

	memset(ram, PATTERN, PAGES * HVP_PAGE_SIZE);
	for (i = 0; i < PAGES; i++)
		deposited[i] = work->ledger[i];
	while ((id = next_child(vcpu, 0))) {
		answered(HVP_CALL_FINALIZE_PARTITION, finalize_partition(vcpu, id, FORM_FAST));
		withdraw_all_of(work, vcpu, id);
		REQUIRE_STATUS(delete_partition(vcpu, id, FORM_FAST), SUCCESS);
	}
	unmap_all_of_self(vcpu);
	withdraw_all_of(work, vcpu, SELF);
	EXPECT_BALANCE(vcpu, SELF, 0, 0);
	for (i = 0; i < PAGES; i++) {
		EXPECT_EQUAL(work->ledger[i], 0);
		EXPECT(is_all(ram + i * HVP_PAGE_SIZE, deposited[i] ? 0 : PATTERN));
	}
	count(&shared->drains, 1);
}

#define CALLS_A_ROUND	40

static void work_in_rounds(struct vcpu *vcpu, void *arg)
{
	struct work *work = arg;
	struct random random = random_stream(work->number << 8 | vcpu->index);
	unsigned int i, round;

	for (round = 0; ; round++) {
		for (i = 0; i < CALLS_A_ROUND && !case_failed(); i++)
			make_some_call(work, vcpu, &random);
		pthread_barrier_wait(&work->barrier);
		if (!vcpu->index) {
			check_ledger(work, vcpu);
			if (random_one_in(&random, 4))
				drain(work, vcpu);
			work->over = time_is_up();
		}
		pthread_barrier_wait(&work->barrier);
		if (work->over)
			return;
	}
}

static void work_without_end(struct vcpu *vcpu, void *arg)
{
	struct work *work = arg;
	struct random random = random_stream(work->number << 8 | vcpu->index);

	while (!time_is_up())
		make_some_call(work, vcpu, &random);
}

static void make_work(struct work *work, unsigned int vcpus, u64 number)
{
	struct guest_config config = { .vcpus = vcpus, .privileges = GUEST_ALL_PRIVILEGES };
	u64 gpns[PAGES];

	memset(work, 0, sizeof(*work));
	work->guest = guest_create(&config);
	work->number = number;
	work->checked = !shared->module_goes;
	guest_alloc_list(work->guest, gpns, PAGES);
	work->first_gpn = gpns[0];
	guest_alloc_list(work->guest, gpns, STATS_PAGES);
	work->first_stats_gpn = gpns[0];
	work->seen = calloc(MAX_SEEN_ID, 1);
	if (!work->seen || pthread_barrier_init(&work->barrier, NULL, vcpus))
		die("out of memory");
}

static void be_guest(unsigned int number)
{
	struct work work;

	make_work(&work, 2 + number % 2, number);
	__atomic_fetch_add(&shared->ready, 1, __ATOMIC_RELAXED);
	guest_run_threads(work.guest, work.checked ? work_in_rounds : work_without_end, &work);
}

/* VMMs that are killed */

static void make_long_deposits(struct vcpu *vcpu, void *arg)
{
	struct work *work = arg;
	struct random random = random_stream(getpid());
	u64 gpns[WITHDRAW_MAX_REPS];

	while (!time_is_up()) {
		__atomic_store_n(&shared->in_deposit, true, __ATOMIC_RELAXED);
		deposit(work, vcpu, SELF, DEPOSIT_MAX_REPS, &random);
		__atomic_store_n(&shared->in_deposit, false, __ATOMIC_RELAXED);
		withdraw(work, vcpu, SELF, gpns, WITHDRAW_MAX_REPS);
	}
}

static void be_victim(bool long_deposits, u64 number)
{
	struct work work;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	make_work(&work, long_deposits ? 1 : 1 + number % 3, number);
	work.checked = false;
	guest_run_threads(work.guest, long_deposits ? make_long_deposits : work_without_end, &work);
	/* It ends by itself only if something is wrong. */
	if (case_failed())
		case_stop();
	pause();
}

static void wait_for_deposit(void)
{
	while (!__atomic_load_n(&shared->in_deposit, __ATOMIC_RELAXED) && !time_is_up())
		usleep(50);
}

static void kill_vmms(unsigned int number)
{
	static const unsigned int longest_us[] = { 3000, 30000, 100000 };
	struct random random = random_stream(number);

	while (!time_is_up()) {
		bool long_deposits = random_one_in(&random, 2);
		u64 calls = __atomic_load_n(&shared->calls, __ATOMIC_RELAXED);
		int status;
		pid_t pid;

		shared->in_deposit = false;
		fflush(stdout);
		pid = fork();
		if (pid < 0)
			die("fork: %m");
		if (!pid)
			be_victim(long_deposits, random_bits(&random) >> 16);
		if (long_deposits)
			wait_for_deposit();
		usleep(random_below(&random, longest_us[long_deposits ? 0 :
							random_below(&random, 3)]));
		count(&shared->victims_in_deposit, shared->in_deposit);
		if (kill(pid, SIGKILL) || waitpid(pid, &status, 0) != pid)
			die("cannot kill the victim: %m");
		EXPECT(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
		count(&shared->victims, 1);
		count(&shared->victims_at_work, shared->calls != calls);
	}
}

/* Readers of debugfs */

#define HELD_FILES	4

static int open_some_file(struct random *random)
{
	static const char *const patterns[] = {
		HVPART_DEBUGFS "/*-*/partitions", HVPART_DEBUGFS "/*-*/partition/*",
	};
	glob_t files;
	int fd = -1;

	if (glob(patterns[random_below(random, 2)], GLOB_NOSORT, NULL, &files))
		return -1;
	if (files.gl_pathc)
		fd = open(files.gl_pathv[random_below(random, files.gl_pathc)],
			  O_RDONLY | O_CLOEXEC);
	globfree(&files);
	return fd;
}

/* Some bytes at a time of files that are open while their VM dies, if it does. */
static void read_piece(int *fd, struct random *random)
{
	char piece[200];

	if (*fd >= 0 && read(*fd, piece, 1 + random_below(random, sizeof(piece))) < 0)
		EXPECT(inspect_gone(errno));
	if (*fd >= 0 && !random_one_in(random, 8))
		return;
	if (*fd >= 0)
		close(*fd);
	*fd = open_some_file(random);
}

static void read_debugfs(unsigned int number)
{
	struct random random = random_stream(number);
	int held[HELD_FILES];
	unsigned int i;

	memset(held, -1, sizeof(held));
	while (!time_is_up()) {
		count(&shared->files, inspect_everything(1 + random_below(&random, 600)));
		/* A file that is open keeps the module. */
		for (i = 0; i < HELD_FILES && !shared->module_goes; i++)
			read_piece(&held[i], &random);
		usleep(random_below(&random, 10000));
	}
}

/* The operator */

static void change_parameters(unsigned int number)
{
	struct random random = random_stream(number);

	while (!time_is_up()) {
		bool tight = random_one_in(&random, 3);

		module_parameter_set("max_partitions", tight ? random_below(&random, 20) : 1024);
		module_parameter_set("max_pages", tight ? random_below(&random, PAGES) : 1 << 20);
		module_parameter_set("max_depth", tight ? random_below(&random, 3) : 2);
		count(&shared->parameters, 3);
		usleep(random_below(&random, 20000));
	}
}

static void switch_processor(const char *path, const char *state)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	/* EBUSY: the kernel is about something else with its CPUs */
	if (fd < 0 || (write(fd, state, 1) != 1 && errno != EBUSY))
		die("cannot write %s to %s: %m", state, path);
	close(fd);
}

#define PROCESSORS	"/sys/devices/system/cpu/cpu[0-9]*/online"

static void unplug_processors(unsigned int number)
{
	struct random random = random_stream(number);
	glob_t files;

	if (glob(PROCESSORS, 0, NULL, &files))
		die("no " PROCESSORS);
	while (!time_is_up()) {
		const char *path = files.gl_pathv[random_below(&random, files.gl_pathc)];

		switch_processor(path, "0");
		usleep(random_below(&random, 30000));
		switch_processor(path, "1");
		count(&shared->unplugs, 1);
		usleep(random_below(&random, 30000));
	}
}

/* Somebody has to have something to lose. */
static void wait_for_partitions(void)
{
	u64 before = __atomic_load_n(&shared->created, __ATOMIC_RELAXED);

	while (__atomic_load_n(&shared->created, __ATOMIC_RELAXED) < before + 10 && !time_is_up())
		usleep(1000);
}

static void reload_module(unsigned int number)
{
	struct random random = random_stream(number);

	while (!time_is_up()) {
		wait_for_partitions();
		usleep(random_below(&random, 50000));
		unload_module();
		/* At once: the guests are still there. */
		EXPECT_EQUAL(pinned_pages(), shared->pinned);
		EXPECT_EQUAL(hvpart_objects(), 0);
		EXPECT(!hvpart_loaded());
		usleep(random_below(&random, 20000));
		load_module();
		count(&shared->reloads, 1);
	}
}

typedef void (*role)(unsigned int number);

static pid_t start(role play, unsigned int number)
{
	pid_t pid = fork();

	if (pid < 0)
		die("fork: %m");
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		case_alarm(CASE_SECONDS + soak_seconds(SECONDS));
		play(number);
		case_stop();
	}
	return pid;
}

static void print_figures(void)
{
	printf("# figures: calls %llu, partitions %llu, pages deposited %llu\n", shared->calls,
	       shared->created, shared->deposited);
	printf("# figures: checks %llu, drains %llu, files read %llu, parameters changed %llu\n",
	       shared->checks, shared->drains, shared->files, shared->parameters);
	printf("# figures: VMMs killed %llu, at work %llu, in a long deposit %llu\n",
	       shared->victims, shared->victims_at_work, shared->victims_in_deposit);
	printf("# figures: CPUs unplugged %llu, module reloaded %llu\n", shared->unplugs,
	       shared->reloads);
}

/* @harmless: what the operator's doings say in the log. */
static void play(const role *roles, unsigned int number, const char *const *harmless,
		 bool module_goes)
{
	struct remains remains;
	unsigned int i, guests = 0;
	pid_t pids[16];
	int status;

	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		      -1, 0);
	if (shared == MAP_FAILED)
		die("out of memory");
	remains_watch(&remains);
	shared->module_goes = module_goes;
	shared->pinned = remains.pinned;
	shared->end = -1;
	fflush(stdout);
	for (i = 0; i < number; i++) {
		pids[i] = start(roles[i], i);
		guests += roles[i] == be_guest;
	}
	while (__atomic_load_n(&shared->ready, __ATOMIC_RELAXED) < guests)
		usleep(1000);
	/* Loading takes its time. */
	__atomic_store_n(&shared->end, soak_now_ms() + soak_seconds(SECONDS) * 1000 /
			 (module_goes ? 2 : 4), __ATOMIC_RELAXED);
	for (i = 0; i < number; i++) {
		if (waitpid(pids[i], &status, 0) != pids[i])
			die("waitpid: %m");
		EXPECT_EQUAL(status, 0);
	}
	EXPECT(shared->calls);
	EXPECT(shared->reloads || !module_goes);
	remains_expect_none(&remains, harmless);
	print_figures();
}

static void all_at_once(void)
{
	static const role roles[] = {
		be_guest, be_guest, kill_vmms, read_debugfs, change_parameters,
	};

	play(roles, ARRAY_SIZE(roles), NULL, false);
}

static void processors_go_and_come(void)
{
	static const role roles[] = {
		be_guest, be_guest, kill_vmms, read_debugfs, change_parameters, unplug_processors,
	};
	static const char *const harmless[] = {
		"x86: Booting SMP configuration:", "smpboot: ", "kvm-clock: ", NULL,
	};
	glob_t files;

	if (glob(PROCESSORS, 0, NULL, &files))
		case_skip("no CPU can be unplugged");
	globfree(&files);
	play(roles, ARRAY_SIZE(roles), harmless, false);
}

static void module_goes_and_comes(void)
{
	static const role roles[] = {
		be_guest, kill_vmms, read_debugfs, reload_module,
	};
	static const char *const harmless[] = {
		"hvpart: version ", "hvpart: unloaded", NULL,
	};

	play(roles, ARRAY_SIZE(roles), harmless, true);
}

int main(void)
{
	struct test_case cases[] = {
		CASE(all_at_once),
		CASE(processors_go_and_come),
		CASE(module_goes_and_comes),
	};
	unsigned int i;

	printf("# HVPART_SEED=%llu HVPART_SECONDS=%u\n", soak_seed(), soak_seconds(SECONDS));
	for (i = 0; i < ARRAY_SIZE(cases); i++)
		cases[i].seconds = CASE_SECONDS + soak_seconds(SECONDS);
	cases_add(cases, ARRAY_SIZE(cases));
	return cases_run();
}
