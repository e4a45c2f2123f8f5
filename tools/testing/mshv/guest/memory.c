// SPDX-License-Identifier: GPL-2.0
/*
 * A child's memory as the driver really has it: pages that this guest takes away from the VMM
 * while the child writes to them, regions that go while it runs, regions in each other's way.
 *
 * Each way of taking pages away goes on for $HVPART_SECONDS, 2 by default.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
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

/* Linux 6.1's; Debian 12's C library does not know it. */
#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE	25
#endif

#define CODE_AT		0x1000
#define AREA_AT		0x1000000
#define HUGE_PAGE	0x200000
/* The driver takes in 512 pages at a time: one such window and a half */
#define AREA		(HUGE_PAGE + HUGE_PAGE / 2)
#define WORDS		(AREA / 4)
#define PAGES		(AREA / PAGE)

#define DONE_PORT	0x80
#define WRONG_PORT	0x81

/*
 * 32-bit: fill the area with EBX, look whether all of it has that; tell EBX, and again with the
 * next one.
 */
static const unsigned char fill[] = {
	0xbf, 0, 0, 0, 1,	/* again: mov $AREA_AT, %edi */
	0xb9, 0, 0, 0x14, 0,	/* mov $WORDS, %ecx */
	0x89, 0xd8,		/* mov %ebx, %eax */
	0xfc,			/* cld */
	0xf3, 0xab,		/* rep stosl */
	0xbf, 0, 0, 0, 1,	/* mov $AREA_AT, %edi */
	0xb9, 0, 0, 0x14, 0,	/* mov $WORDS, %ecx */
	0xf3, 0xaf,		/* repe scasl */
	0x75, 5,		/* jne wrong */
	0xe7, DONE_PORT,	/* out %eax, $DONE_PORT */
	0x43,			/* inc %ebx */
	0xeb, 0xde,		/* jmp again */
	0xe7, WRONG_PORT,	/* wrong: out %eax, $WRONG_PORT */
};

#define COUNT_OFFSET	6
#define SCAN_COUNT_OFFSET	21
#define JUMP_OFFSET	28

/* Who takes pages away, and how */
struct taker {
	pthread_t thread;
	void (*take)(struct taker *taker);
	char *area;
	int file;
	atomic_bool stop;
	unsigned long times, collapsed, wrong;
	unsigned int seed;
};

FIXTURE(memory) {
	int mshv, partition, vp;
	unsigned char *code;
	struct taker taker;
};

static void *take_until_stopped(void *context)
{
	struct taker *taker = context;

	while (!atomic_load(&taker->stop)) {
		taker->take(taker);
		taker->times++;
		usleep(rand_r(&taker->seed) % 10000);
	}
	return NULL;
}

/* Some pages of the area */
static char *some(struct taker *taker, size_t *size)
{
	size_t first = rand_r(&taker->seed) % PAGES;
	size_t count = 1 + rand_r(&taker->seed) % 64;

	if (count > PAGES - first)
		count = PAGES - first;
	*size = count * PAGE;
	return taker->area + first * PAGE;
}

/* Memory that is somebody's now, most likely what has just been given up: nobody writes to it. */
static bool is_left_alone(size_t size)
{
	unsigned char *pages = mmap(NULL, size, PROT_READ | PROT_WRITE,
				    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	bool same = pages != MAP_FAILED;

	if (!same)
		return false;
	memset(pages, 0xa5, size);
	usleep(3000);
	for (size_t i = 0; i < size; i++)
		same &= pages[i] == 0xa5;
	munmap(pages, size);
	return same;
}

static void advise(struct taker *taker)
{
	size_t size;
	char *pages = some(taker, &size);

	if (madvise(pages, size, MADV_DONTNEED))
		taker->wrong++;
	if (taker->file < 0 && !is_left_alone(size))
		taker->wrong++;
}

static void map_again(struct taker *taker)
{
	size_t size;
	char *pages = some(taker, &size);

	if (mmap(pages, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, taker->file,
		 pages - taker->area) != pages)
		taker->wrong++;
}

/* Which changes page tables, and forbids nothing that the child wants. */
static void protect(struct taker *taker)
{
	size_t size;
	char *pages = some(taker, &size);

	if (mprotect(pages, size, PROT_READ | PROT_WRITE | PROT_EXEC))
		taker->wrong++;
	usleep(rand_r(&taker->seed) % 1000);
	if (mprotect(pages, size, PROT_READ | PROT_WRITE))
		taker->wrong++;
}

static __u64 sum(const char *area)
{
	const __u32 *words = (const __u32 *)area;
	__u64 sum = 0;

	for (size_t i = 0; i < WORDS; i++)
		sum = sum * 31 + words[i];
	return sum;
}

/* What has been forked keeps the memory as it was; none of the child's writes gets there. */
static void fork_off(struct taker *taker)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		__u64 before = sum(taker->area);

		usleep(3000);
		_exit(sum(taker->area) != before);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status)
		taker->wrong++;
}

/* Make huge pages of it, and small ones again. */
static void collapse(struct taker *taker)
{
	/* A page may be in somebody's hands just then, and huge ones be short. */
	if (!madvise(taker->area, HUGE_PAGE, MADV_COLLAPSE))
		taker->collapsed++;
	else if (errno != EAGAIN && errno != ENOMEM && errno != EBUSY)
		taker->wrong++;
	usleep(rand_r(&taker->seed) % 20000);
	protect(taker);
}

FIXTURE_VARIANT(memory) {
	void (*take)(struct taker *taker);
	bool shared;	/* a file's: what is taken away comes back as it was */
	bool lost;	/* it comes back as zeros */
	bool huge;
	bool ticks;	/* signals, all the time */
};

FIXTURE_VARIANT_ADD(memory, file_dontneed) { .take = advise, .shared = true };
FIXTURE_VARIANT_ADD(memory, file_mapped_again) { .take = map_again, .shared = true };
FIXTURE_VARIANT_ADD(memory, anonymous_dontneed) { .take = advise, .lost = true };
FIXTURE_VARIANT_ADD(memory, huge_dontneed) { .take = advise, .lost = true, .huge = true };
FIXTURE_VARIANT_ADD(memory, protected) { .take = protect };
FIXTURE_VARIANT_ADD(memory, forked) { .take = fork_off };
FIXTURE_VARIANT_ADD(memory, huge_forked) { .take = fork_off, .huge = true };
FIXTURE_VARIANT_ADD(memory, collapsed) { .take = collapse };
FIXTURE_VARIANT_ADD(memory, file_dontneed_with_signals) {
	.take = advise, .shared = true, .ticks = true,
};

/* On a bound of huge pages */
static char *allocate(bool shared, bool huge, int *file)
{
	char *room, *area;

	*file = shared ? memfd_create("area", MFD_CLOEXEC) : -1;
	if (shared && (*file < 0 || ftruncate(*file, AREA)))
		return NULL;
	room = mmap(NULL, AREA + HUGE_PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (room == MAP_FAILED)
		return NULL;
	area = (char *)(((uintptr_t)room + HUGE_PAGE - 1) & ~(HUGE_PAGE - 1UL));
	area = mmap(area, AREA, PROT_READ | PROT_WRITE,
		    MAP_FIXED | (shared ? MAP_SHARED : MAP_PRIVATE | MAP_ANONYMOUS), *file, 0);
	if (area == MAP_FAILED)
		return NULL;
	/* Which a kernel without huge pages does not know, and does not need to. */
	if (huge)
		madvise(area, AREA, MADV_HUGEPAGE);
	return area;
}

/* A partition with a virtual processor, and what that is to execute */
static bool begin(int *mshv, int *partition, int *vp, unsigned char **code)
{
	const __u32 words = WORDS;

	*mshv = mshv_open();
	*partition = mshv_create_active(*mshv);
	*vp = vp_create(*partition, 0);
	*code = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (*mshv < 0 || *partition < 0 || *vp < 0 || *code == MAP_FAILED)
		return false;
	memcpy(*code, fill, sizeof(fill));
	memcpy(*code + COUNT_OFFSET, &words, sizeof(words));
	memcpy(*code + SCAN_COUNT_OFFSET, &words, sizeof(words));
	return true;
}

FIXTURE_SETUP(memory)
{
	ASSERT_TRUE(begin(&self->mshv, &self->partition, &self->vp, &self->code));
	if (variant->lost)
		self->code[JUMP_OFFSET] = 0;
	self->taker = (struct taker){ .take = variant->take, .seed = 1 };
	self->taker.area = allocate(variant->shared, variant->huge, &self->taker.file);
	ASSERT_NE(self->taker.area, NULL);
	/* Nothing cannot be collapsed. */
	if (variant->take == collapse)
		memset(self->taker.area, 0, AREA);
	ASSERT_EQ(mshv_map_memory(self->partition, CODE_AT / PAGE, self->code, PAGE), 0);
	ASSERT_EQ(mshv_map_memory(self->partition, AREA_AT / PAGE, self->taker.area, AREA), 0);
	ASSERT_EQ(vp_begin_flat(self->vp, 0, CODE_AT), 0);
}

FIXTURE_TEARDOWN(memory)
{
	close(self->vp);
	close(self->partition);
	close(self->mshv);
	munmap(self->code, PAGE);
	munmap(self->taker.area, AREA);
	if (self->taker.file >= 0)
		close(self->taker.file);
}

static long seconds(void)
{
	const char *text = getenv("HVPART_SECONDS");

	return text ? atol(text) : 2;
}

static void on_alarm(int number)
{
}

/* A signal in this thread every few ms, or none any more */
static void tick(bool on)
{
	const struct sigaction action = { .sa_handler = on_alarm };
	const struct itimerval every = {
		.it_interval.tv_usec = on ? 7000 : 0,
		.it_value.tv_usec = on ? 7000 : 0,
	};

	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &every, NULL);
}

static bool is_memory_exit(const struct hvp_message *message)
{
	return message->header.type == HVP_MESSAGE_UNMAPPED_GPA ||
	       message->header.type == HVP_MESSAGE_GPA_INTERCEPT;
}

/* As the VMM sees it: words that are neither @value nor, if some have been lost, 0 */
static size_t wrong_words(const char *area, __u32 value, bool lost)
{
	const __u32 *words = (const __u32 *)area;
	size_t wrong = 0;

	for (size_t i = 0; i < WORDS; i++)
		if (words[i] != value && !(lost && !words[i]))
			wrong++;
	return wrong;
}

static void start_taker(struct taker *taker)
{
	sigset_t alarm, old;

	/* Signals are for the thread that runs the virtual processor. */
	sigemptyset(&alarm);
	sigaddset(&alarm, SIGALRM);
	pthread_sigmask(SIG_BLOCK, &alarm, &old);
	pthread_create(&taker->thread, NULL, take_until_stopped, taker);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
}

static void stop_taker(struct taker *taker)
{
	atomic_store(&taker->stop, true);
	pthread_join(taker->thread, NULL);
}

TEST_F_TIMEOUT(memory, no_byte_is_wrong, 3600)
{
	const time_t end = time(NULL) + seconds();
	unsigned long filled = 0, interrupted = 0;
	struct hvp_message message;

	ASSERT_EQ(vp_set_register(self->vp, HVP_REGISTER_RBX, 1), 0);
	start_taker(&self->taker);
	tick(variant->ticks);
	/* At least once, which an emulated CPU that others want, too, takes long for */
	while (time(NULL) < end || (!filled && time(NULL) < end + 60)) {
		const struct hvp_io_port_message *io = &message.payload.io_port;
		int error = vp_run(self->vp, &message);

		if (error == -EINTR) {
			interrupted++;
			continue;
		}
		if (error) {
			TH_LOG("MSHV_RUN_VP: %d", error);
			break;
		}
		if (message.header.type != HVP_MESSAGE_IO_PORT_INTERCEPT ||
		    io->port != DONE_PORT) {
			TH_LOG("message 0x%x, port 0x%x, RIP 0x%llx, GPA 0x%llx",
			       message.header.type, io->port, io->header.rip,
			       message.payload.memory.gpa);
			break;
		}
		EXPECT_EQ(io->rax & 0xffffffff, ++filled);
		EXPECT_EQ(wrong_words(self->taker.area, filled, variant->lost), 0);
		EXPECT_EQ(vp_set_register(self->vp, HVP_REGISTER_RIP, io->header.rip + 2), 0);
	}
	tick(false);
	stop_taker(&self->taker);
	EXPECT_GE(time(NULL), end);
	EXPECT_GT(filled, 0);
	EXPECT_GT(self->taker.times, 1);
	EXPECT_EQ(self->taker.wrong, 0);
	EXPECT_EQ(self->taker.collapsed > 0, variant->take == collapse);
	EXPECT_EQ(interrupted > 0, variant->ticks);
	TH_LOG("filled %lu times, taken away %lu times, %lu signals", filled,
	       self->taker.times, interrupted);
}

/* The region of the area, of a child that is writing to it */
static void unmap(struct taker *taker)
{
	int partition = taker->file;

	if (mshv_unmap_memory(partition, AREA_AT / PAGE, taker->area, AREA))
		taker->wrong++;
	usleep(5000);
	if (mshv_map_memory(partition, AREA_AT / PAGE, taker->area, AREA))
		taker->wrong++;
	usleep(20000);
}

FIXTURE(regions) {
	int mshv, partition, vp;
	struct taker taker;
	unsigned char *code;
};

FIXTURE_SETUP(regions)
{
	ASSERT_TRUE(begin(&self->mshv, &self->partition, &self->vp, &self->code));
	self->taker = (struct taker){ .take = unmap };
	self->taker.area = allocate(false, false, &self->taker.file);
	ASSERT_NE(self->taker.area, NULL);
	ASSERT_EQ(mshv_map_memory(self->partition, CODE_AT / PAGE, self->code, PAGE), 0);
}

FIXTURE_TEARDOWN(regions)
{
	close(self->vp);
	close(self->partition);
	close(self->mshv);
	munmap(self->code, PAGE);
	munmap(self->taker.area, AREA);
}

TEST_F(regions, in_each_others_way)
{
	const __u64 gfn = AREA_AT / PAGE;
	char *area = self->taker.area;

	ASSERT_EQ(mshv_map_memory(self->partition, gfn + 4, area, 4 * PAGE), 0);
	EXPECT_EQ(mshv_map_memory(self->partition, gfn + 7, area + 8 * PAGE, PAGE), -EEXIST);
	EXPECT_EQ(mshv_map_memory(self->partition, gfn, area + 8 * PAGE, 5 * PAGE), -EEXIST);
	EXPECT_EQ(mshv_map_memory(self->partition, gfn + 4, area, 4 * PAGE), -EEXIST);
	EXPECT_EQ(mshv_unmap_memory(self->partition, gfn + 4, area, PAGE), -EINVAL);
	EXPECT_EQ(mshv_map_memory(self->partition, gfn + 8, area + 8 * PAGE, PAGE), 0);
	EXPECT_EQ(mshv_unmap_memory(self->partition, gfn + 4, area, 4 * PAGE), 0);
	EXPECT_EQ(mshv_map_memory(self->partition, gfn, area, 8 * PAGE), 0);
}

/* It exits where the region was, and when there is one again it goes on where it was. */
TEST_F_TIMEOUT(regions, that_go_while_it_runs, 120)
{
	const time_t end = time(NULL) + 5;
	unsigned long filled = 0, missing = 0;
	struct hvp_message message;

	ASSERT_EQ(mshv_map_memory(self->partition, AREA_AT / PAGE, self->taker.area, AREA), 0);
	ASSERT_EQ(vp_begin_flat(self->vp, 0, CODE_AT), 0);
	ASSERT_EQ(vp_set_register(self->vp, HVP_REGISTER_RBX, 1), 0);
	self->taker.file = self->partition;
	start_taker(&self->taker);
	while (time(NULL) < end) {
		const struct hvp_io_port_message *io = &message.payload.io_port;

		EXPECT_EQ(vp_run(self->vp, &message), 0);
		if (is_memory_exit(&message)) {
			const __u64 gpa = message.payload.memory.gpa;

			EXPECT_GE(gpa, AREA_AT);
			EXPECT_LT(gpa, AREA_AT + AREA);
			missing++;
			continue;
		}
		if (message.header.type != HVP_MESSAGE_IO_PORT_INTERCEPT ||
		    io->port != DONE_PORT)
			break;
		EXPECT_EQ(io->rax & 0xffffffff, ++filled);
		EXPECT_EQ(wrong_words(self->taker.area, filled, false), 0);
		EXPECT_EQ(vp_set_register(self->vp, HVP_REGISTER_RIP, io->header.rip + 2), 0);
	}
	stop_taker(&self->taker);
	EXPECT_GE(time(NULL), end);
	EXPECT_EQ(self->taker.wrong, 0);
	EXPECT_GT(filled, 0);
	EXPECT_GT(missing, 0);
	TH_LOG("filled %lu times, missing %lu times", filled, missing);
}

TEST_HARNESS_MAIN
