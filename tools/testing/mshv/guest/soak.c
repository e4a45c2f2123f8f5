// SPDX-License-Identifier: GPL-2.0
/*
 * Many VMMs at a time, with virtual processors that run, that come and go in every way there
 * is, above all killed; for $HVPART_SECONDS, 5 by default.  In the end nothing is left.
 *
 * The host may be $HVPART_SLOWNESS times slower than usual.
 */
#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "mshv.h"
#include "vp.h"

#define PROCESSES	16
#define VPS		2
#define RAM		(32 * PAGE)
#define HANDLER_AT	0x0f00
#define CODE_AT		0x1000
#define PAGES_AT	0x8000
#define SAY_SECONDS	20

/* At any instant of so long a VMM is killed. */
#define KILL_US		200000

/* As in lifecycle.c, for that many processes */
#define SLACK_KIB	3000

/* What close() may take: an emulated CPU is slow, and there are many that want it. */
#define CLOSE_SECONDS	20

/* 16-bit code */
static const struct {
	const char *name;
	unsigned char code[16];
} programs[] = {
	{ "spins", { 0xeb, 0xfe } },
	{ "halts", { 0xf4, 0xeb, 0xfd } },
	{ "outputs", { 0xe6, 0x80, 0xeb, 0xfc } },
	/*
	 * mov $PAGES_AT, %bx; again: mov %al, (%bx); inc %ax; add $PAGE, %bx;
	 * or $PAGES_AT, %bx; jmp again: never below, where all the code is
	 */
	{ "writes", { 0xbb, 0x00, 0x80, 0x88, 0x07, 0x40, 0x81, 0xc3, 0x00, 0x10,
		      0x81, 0xcb, 0x00, 0x80, 0xeb, 0xf3 } },
};

#define PROGRAMS	(sizeof(programs) / sizeof(*programs))

struct vmm {
	int mshv, partition, vps[VPS];
	unsigned char *ram;
	pthread_t threads[VPS];
};

/* A partition with virtual processors that are about to run @program, and the one after it */
static int begin(struct vmm *vmm, unsigned int program)
{
	int error;

	memset(vmm, 0xff, sizeof(*vmm));
	vmm->mshv = mshv_open();
	if (vmm->mshv < 0)
		return vmm->mshv;
	vmm->partition = mshv_create_active(vmm->mshv);
	if (vmm->partition < 0)
		return vmm->partition;
	vmm->ram = mmap(NULL, RAM, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (vmm->ram == MAP_FAILED)
		return -errno;
	/* Vector 2, an NMI: iret */
	memcpy(vmm->ram + 2 * 4, (unsigned char []){ 0x00, 0x0f, 0, 0 }, 4);
	vmm->ram[HANDLER_AT] = 0xcf;
	error = mshv_map_memory(vmm->partition, 0, vmm->ram, RAM);
	for (unsigned int i = 0; i < VPS && !error; i++) {
		unsigned int at = CODE_AT + i * 0x100;
		const struct hvp_register_assoc stack = {
			.name = HVP_REGISTER_RSP, .value.word = { CODE_AT - 0x200 - i * 0x100 },
		};

		memcpy(vmm->ram + at, programs[(program + i) % PROGRAMS].code,
		       sizeof(programs[0].code));
		vmm->vps[i] = vp_create(vmm->partition, i);
		if (vmm->vps[i] < 0)
			return vmm->vps[i];
		error = vp_begin_real(vmm->vps[i], i, at);
		if (!error)
			error = vp_set_registers_of(vmm->vps[i], i, &stack, 1);
	}
	return error;
}

static void on_signal(int number)
{
}

struct counts {
	unsigned long lives, killed, killed_early, exited, closed, failed;
	unsigned int longest_close;
	/* Of the one that lives: all its threads have been started. */
	atomic_bool runs;
	/* Of the last one that failed: at what, which all processes have at the same address */
	const char *at;
	int error;
};

/* Of the processes, all of them */
static struct counts *all;

static void fail(struct counts *counts, const char *at, int error)
{
	counts->at = at;
	counts->error = error;
	_exit(1);
}

/*
 * As a VMM runs one: again after a signal, over port accesses; until it is told to stop by
 * @stop being set, which is looked at after each signal.
 */
struct runner {
	int vp;
	__u32 index;
	atomic_bool *stop;
	struct counts *counts;
};

static void *run(void *context)
{
	struct runner *runner = context;
	struct hvp_message message;

	do {
		struct hvp_register_assoc rip = { .name = HVP_REGISTER_RIP };
		int error = vp_run(runner->vp, &message);

		if (error == -EINTR)
			continue;
		if (error)
			fail(runner->counts, "MSHV_RUN_VP", error);
		if (message.header.type != HVP_MESSAGE_IO_PORT_INTERCEPT)
			fail(runner->counts, "message", message.header.type);
		rip.value.word[0] = message.payload.io_port.header.rip + 2;
		error = vp_set_registers_of(runner->vp, runner->index, &rip, 1);
		if (error && error != -EINTR)
			fail(runner->counts, "RIP", error);
	} while (!atomic_load(runner->stop));
	return NULL;
}

/* In every order: 0 to VPS - 1 are those of virtual processors, VPS the partition's */
static void close_in_order(struct vmm *vmm, unsigned int order)
{
	unsigned int left[] = { 0, 1, 2 };

	for (unsigned int count = VPS + 1; count; count--) {
		unsigned int which = order % count;

		order /= count;
		close(left[which] < VPS ? vmm->vps[left[which]] : vmm->partition);
		left[which] = left[count - 1];
	}
}

#define ORDERS	6

static unsigned int milliseconds(const struct timespec *since)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (now.tv_sec - since->tv_sec) * 1000 + (now.tv_nsec - since->tv_nsec) / 1000000;
}

/*
 * A VMM's life: its virtual processors run, each in its thread, while it wakes them by NMIs
 * now and then.  It does not end by itself unless it is to close its descriptors.
 */
static void live(struct counts *counts, unsigned int seed, bool closes)
{
	const struct sigaction action = { .sa_handler = on_signal };
	struct runner runners[VPS];
	atomic_bool stop = false;
	struct timespec began;
	struct vmm vmm;
	int error = begin(&vmm, rand_r(&seed));

	if (error)
		fail(counts, "beginning", error);
	sigaction(SIGUSR1, &action, NULL);
	for (unsigned int i = 0; i < VPS; i++) {
		runners[i] = (struct runner){ vmm.vps[i], i, &stop, counts };
		error = pthread_create(&vmm.threads[i], NULL, run, &runners[i]);
		if (error)
			fail(counts, "a thread", -error);
	}
	atomic_store(&counts->runs, true);
	for (unsigned int times = rand_r(&seed) % 16; !closes || times; times--) {
		struct hvp_assert_interrupt_in in = {
			.type = HVP_INTERRUPT_NMI, .destination = rand_r(&seed) % VPS,
		};

		error = mshv_call(vmm.partition, HVP_CALL_ASSERT_VIRTUAL_INTERRUPT, &in,
				  sizeof(in), NULL, 0);
		if (error)
			fail(counts, "an NMI", error);
		usleep(rand_r(&seed) % 3000);
	}
	atomic_store(&stop, true);
	for (unsigned int i = 0; i < VPS; i++) {
		/* Which may come just before it runs */
		do {
			struct timespec soon;

			pthread_kill(vmm.threads[i], SIGUSR1);
			clock_gettime(CLOCK_REALTIME, &soon);
			soon.tv_nsec += 10000000;
			if (soon.tv_nsec >= 1000000000) {
				soon.tv_nsec -= 1000000000;
				soon.tv_sec++;
			}
			error = pthread_timedjoin_np(vmm.threads[i], NULL, &soon);
		} while (error == ETIMEDOUT);
	}
	clock_gettime(CLOCK_MONOTONIC, &began);
	close_in_order(&vmm, rand_r(&seed) % ORDERS);
	if (milliseconds(&began) > counts->longest_close)
		counts->longest_close = milliseconds(&began);
	_exit(0);
}

/*
 * From the beginning on, or @running, which takes long to come to where there are many: then
 * from there on.
 */
static void kill_at_some_time(struct counts *counts, pid_t pid, bool running, unsigned int us)
{
	siginfo_t ended = {};

	while (running && !atomic_load(&counts->runs) && !ended.si_pid) {
		usleep(2000);
		waitid(P_PID, pid, &ended, WEXITED | WNOHANG | WNOWAIT);
	}
	usleep(us);
	kill(pid, SIGKILL);
}

/* VMMs, one after the other, until @end */
static void soak(struct counts *counts, unsigned int seed, time_t end)
{
	while (time(NULL) < end) {
		unsigned int kind = rand_r(&seed) % 4, life = rand_r(&seed);
		int status;
		pid_t pid;

		atomic_store(&counts->runs, false);
		pid = fork();
		if (!pid) {
			/* One that a timer ends, exits with all of it alive. */
			if (kind == 1)
				alarm(1);
			live(counts, life, kind == 0);
		}
		if (pid < 0) {
			counts->error = -errno;
			counts->at = "fork()";
			counts->failed++;
			break;
		}
		counts->lives++;
		if (kind > 1)
			kill_at_some_time(counts, pid, kind == 3, rand_r(&seed) % KILL_US);
		waitpid(pid, &status, 0);
		if (WIFEXITED(status) && WEXITSTATUS(status))
			counts->failed++;
		else if (WIFEXITED(status))
			counts->closed++;
		else if (WTERMSIG(status) == SIGKILL && atomic_load(&counts->runs))
			counts->killed++;
		else if (WTERMSIG(status) == SIGKILL)
			counts->killed_early++;
		else
			counts->exited++;
	}
}

static long setting(const char *name, long usual)
{
	const char *text = getenv(name);

	return text ? atol(text) : usual;
}

static long slowness(void)
{
	return setting("HVPART_SLOWNESS", 1);
}

static struct counts total(void)
{
	struct counts total = {};

	for (unsigned int i = 0; i < PROCESSES; i++) {
		total.lives += all[i].lives;
		total.killed += all[i].killed;
		total.killed_early += all[i].killed_early;
		total.exited += all[i].exited;
		total.closed += all[i].closed;
		total.failed += all[i].failed;
		if (all[i].longest_close > total.longest_close)
			total.longest_close = all[i].longest_close;
		if (all[i].error) {
			total.at = all[i].at;
			total.error = all[i].error;
		}
	}
	return total;
}

static void say(struct __test_metadata *_metadata, long since)
{
	struct counts counts = total();

	TH_LOG("%ld s: %lu VMMs: killed %lu as they ran, %lu before; %lu ended by a timer",
	       (long)time(NULL) - since, counts.lives, counts.killed, counts.killed_early,
	       counts.exited);
	TH_LOG("%lu closed, the slowest in %u ms; failed: %lu (at %s: %d)", counts.closed,
	       counts.longest_close, counts.failed, counts.at ?: "nothing", counts.error);
}

/* For those who run this, see tools/testing/check */
static void say_to_check(void)
{
	struct counts counts = total();

	fprintf(TH_LOG_STREAM, "# figures: soak: %lu VMMs, %lu of them killed\n", counts.lives,
		counts.killed + counts.killed_early);
}

/* Partitions that the driver knows besides the guest's own, if it shows them */
static int partitions_left(void)
{
	DIR *folder = opendir("/sys/kernel/debug/mshv/partition");
	struct dirent *entry;
	int count = -1;

	if (!folder)
		return 0;
	while ((entry = readdir(folder)))
		count += entry->d_name[0] != '.';
	closedir(folder);
	return count;
}

/* What must be back: Linux takes its time, where there is enough. */
static long lost_kib(long before)
{
	long lost;

	for (int i = 0; i < 600; i++) {
		lost = before - free_kib();
		if (lost <= SLACK_KIB)
			break;
		usleep(100000);
	}
	return lost;
}

FIXTURE(soak) {
	long before;
};

FIXTURE_SETUP(soak)
{
	all = mmap(NULL, PROCESSES * sizeof(*all), PROT_READ | PROT_WRITE,
		   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(all, MAP_FAILED);
	self->before = free_kib();
}

FIXTURE_TEARDOWN(soak)
{
	munmap(all, PROCESSES * sizeof(*all));
}

TEST_F_TIMEOUT(soak, sixteen_at_a_time, 100000)
{
	const time_t start = time(NULL), end = start + setting("HVPART_SECONDS", 5);
	time_t next = start + SAY_SECONDS;
	unsigned int left = PROCESSES;
	long before;
	int status;

	/* Caches that fill once */
	soak(&all[0], 1, start + 1);
	before = free_kib();
	for (unsigned int i = 0; i < PROCESSES; i++) {
		pid_t pid = fork();

		ASSERT_GE(pid, 0);
		if (!pid) {
			soak(&all[i], i + start, end);
			_exit(0);
		}
	}
	while (left) {
		if (waitpid(-1, &status, WNOHANG) > 0) {
			EXPECT_EQ(status, 0);
			left--;
			continue;
		}
		usleep(100000);
		if (time(NULL) >= next) {
			say(_metadata, start);
			next += SAY_SECONDS;
		}
	}
	say(_metadata, start);
	say_to_check();
	EXPECT_EQ(total().failed, 0);
	EXPECT_GT(total().killed, 0);
	EXPECT_GT(total().closed, 0);
	EXPECT_LT(total().longest_close, slowness() * CLOSE_SECONDS * 1000);
	EXPECT_EQ(partitions_left(), 0);
	EXPECT_LE(lost_kib(before), SLACK_KIB);
}

/* One thread, so that it is exact: of virtual processors that have run and that have not */
TEST_F_TIMEOUT(soak, closed_in_every_order, 1200)
{
	const struct sigaction action = { .sa_handler = on_signal };
	const struct itimerval soon = { .it_value.tv_usec = 20000 };
	struct hvp_message message;
	struct timespec began;
	struct vmm vmm;

	sigaction(SIGALRM, &action, NULL);
	for (unsigned int order = 0; order < ORDERS; order++) {
		for (unsigned int runs = 0; runs < 3; runs++) {
			void *page;

			/* The first one spins, the other one halts. */
			ASSERT_EQ(begin(&vmm, 0), 0);
			page = vp_map_page(vmm.vps[1], MSHV_VP_MMAP_OFFSET_REGISTERS);
			ASSERT_NE(page, NULL);
			for (unsigned int i = 0; i < runs; i++) {
				setitimer(ITIMER_REAL, &soon, NULL);
				EXPECT_EQ(vp_run(vmm.vps[i], &message), -EINTR);
			}
			clock_gettime(CLOCK_MONOTONIC, &began);
			close_in_order(&vmm, order);
			/* It is the last one that counts. */
			munmap(page, PAGE);
			EXPECT_LT(milliseconds(&began), slowness() * 2000);
			munmap(vmm.ram, RAM);
			close(vmm.mshv);
		}
	}
	EXPECT_EQ(partitions_left(), 0);
}

TEST_HARNESS_MAIN
