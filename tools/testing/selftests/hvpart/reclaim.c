// SPDX-License-Identifier: GPL-2.0
/*
 * The host swaps: what a child uses all the time stays, as what any VM uses does, and what nobody
 * uses goes.
 */
#define _GNU_SOURCE
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host.h"
#include "vps.h"

#define ZRAM		"/sys/block/zram0"
#define SWAP		"/dev/zram0"
#define CGROUP		"/sys/fs/cgroup"
#define OURS		CGROUP "/hvpart-reclaim"

/* Pages of the child */
#define HOT		40
#define COLD		1200
#define FIRST_HOT	0x10
#define FIRST_COLD	0x1000

/* Where the child looks whether to end */
#define END		0x900

/* 16 bits, and a data segment that reaches everywhere */
asm(".pushsection .rodata\n"
	".code16\n"
	"use_code:\n"
	"1:	mov $0x10000, %ebx\n"
	"2:	incl (%ebx)\n"
	"	add $0x1000, %ebx\n"
	"	cmp $0x38000, %ebx\n"
	"	jb 2b\n"
	"	cmpl $0, 0x900\n"
	"	je 1b\n"
	"	hlt\n"
	"use_end:\n"
	".code64\n"
	".popsection\n");

extern const u8 use_code[], use_end[];

static_assert((FIRST_HOT + HOT) * HVP_PAGE_SIZE == 0x38000, "as the child has it");

static bool has_swap;

static void command(const char *line)
{
	if (system(line))
		die("failed: %s", line);
}

static bool is_swapped(const void *page)
{
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	u64 entry;

	if (fd < 0 || pread(fd, &entry, 8, (unsigned long)page / HVP_PAGE_SIZE * 8) != 8)
		die("pagemap: %m");
	close(fd);
	return entry >> 62 & 1;
}

static unsigned int swapped(struct child *child, const u64 *pages, unsigned int count)
{
	unsigned int i, n = 0;

	for (i = 0; i < count; i++)
		n += is_swapped(child_page(child, pages[i]));
	return n;
}

struct user {
	struct child child;
	u64 hot[HOT], cold[COLD];
	/* What has been brought back for the child while it runs */
	long majors;
};

static void *use(void *arg)
{
	struct user *user = arg;
	struct rusage before, after;

	getrusage(RUSAGE_THREAD, &before);
	REQUIRE_EQUAL(child_run(&user->child).state, HVP_DISPATCH_BLOCKED);
	getrusage(RUSAGE_THREAD, &after);
	user->majors = after.ru_majflt - before.ru_majflt;
	return NULL;
}

/* Half as much as is cold, a piece at a time; the kernel says so if it has not found as much. */
static void take_memory(void)
{
	unsigned int piece;
	char text[32];
	int fd;

	snprintf(text, sizeof(text), "%lu", COLD / 8 * HVP_PAGE_SIZE / 12);
	for (piece = 0; piece < 12; piece++) {
		fd = open(OURS "/memory.reclaim", O_WRONLY | O_CLOEXEC);
		if (fd < 0)
			die(OURS "/memory.reclaim: %m");
		if (write(fd, text, strlen(text)) < 0 && errno != EAGAIN)
			die(OURS "/memory.reclaim: %m");
		close(fd);
		usleep(50000);
	}
}

static void what_a_child_uses_stays(void)
{
	const struct hvp_segment_register segment = { .limit = ~0, .attributes = 0x8093 };
	struct hvp_register_assoc data = { .name = HVP_REGISTER_DS };
	static struct user user;
	struct child *child = &user.child;
	unsigned int cold;
	pthread_t thread;
	u32 *last, *end;

	if (!has_swap)
		case_skip("this kernel has no zram");
	write_text(OURS "/cgroup.procs", "0");
	/* Each page is to be on its own. */
	if (prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0))
		die("PR_SET_THP_DISABLE: %m");
	*child = new_child(new_guest());
	deposit_new(child->vcpu, child->id, NULL, 20);
	memcpy(&data.value, &segment, sizeof(segment));
	REQUIRE_RESULT(set_registers(child->vcpu, child->id, 0, &data, 1), SUCCESS, 1);
	memset(child_page(child, child->code), 0, HVP_PAGE_SIZE);
	child_code(child, use_code, use_end - use_code);
	child_map(child, FIRST_HOT, MAP_RWX, HOT, user.hot);
	for (cold = 0; cold < COLD; cold += COLD / 4)
		child_map(child, FIRST_COLD + cold, MAP_RWX, COLD / 4, user.cold + cold);
	/* All are there, and the VMM has used all of them. */
	for (cold = 0; cold < COLD; cold++)
		memset(child_page(child, user.cold[cold]), 1, HVP_PAGE_SIZE);
	for (cold = 0; cold < HOT; cold++)
		memset(child_page(child, user.hot[cold]), 1, HVP_PAGE_SIZE);

	if (pthread_create(&thread, NULL, use, &user))
		die("cannot make a thread");
	/* The child has gone round some times. */
	last = child_page(child, user.hot[HOT - 1]);
	while (__atomic_load_n(last, __ATOMIC_SEQ_CST) < 0x01010101 + 10)
		usleep(1000);
	take_memory();
	cold = swapped(child, user.cold, COLD);
	end = (u32 *)((u8 *)child_page(child, child->code) + END);
	__atomic_store_n(end, 1, __ATOMIC_SEQ_CST);
	pthread_join(thread, NULL);
	printf("# gone: %u of %d pages that nobody uses; %ld times one of the child's %d\n",
	       cold, COLD, user.majors, HOT);
	EXPECT(cold >= COLD / 8);
	EXPECT(user.majors < HOT / 4);
}

static const struct test_case cases[] = {
	{ .name = "what_a_child_uses_stays", .run = what_a_child_uses_stays, .seconds = 60 },
};

int main(void)
{
	int status;

	has_swap = !access(ZRAM, F_OK) ||
		   (!system("modprobe zram 2>/dev/null") && !access(ZRAM, F_OK));
	if (has_swap) {
		write_text(ZRAM "/disksize", "64M");
		command("mkswap " SWAP " >/dev/null && swapon " SWAP);
		write_text(CGROUP "/cgroup.subtree_control", "+memory");
		if (mkdir(OURS, 0755))
			die(OURS ": %m");
	}
	cases_add(cases, ARRAY_SIZE(cases));
	status = cases_run();
	if (has_swap) {
		rmdir(OURS);
		command("swapoff " SWAP);
		write_text(ZRAM "/reset", "1");
	}
	return status;
}
