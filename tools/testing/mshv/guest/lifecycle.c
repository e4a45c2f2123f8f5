// SPDX-License-Identifier: GPL-2.0
/* Partitions coming and going by /dev/mshv, and what they leave behind in this guest. */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "mshv.h"
#include "vp.h"

#define IN_A_ROW	100
#define THREADS		16
#define ALIVE		8

/*
 * What MemFree may be short of in the end, in KiB: what slabs and the CPUs' lists of pages
 * have more, which was seen to be up to 650.  A partition has 208 pages deposited; losing
 * one of them in each of MANY shows, as 1600.
 */
#define MANY		400
#define SLACK_KIB	1400

FIXTURE(lifecycle) {
	int mshv;
};

FIXTURE_SETUP(lifecycle)
{
	self->mshv = mshv_open();
	ASSERT_GE(self->mshv, 0);
}

FIXTURE_TEARDOWN(lifecycle)
{
	close(self->mshv);
}

TEST_F(lifecycle, uninitialized)
{
	int partition = mshv_create(self->mshv);

	ASSERT_GE(partition, 0);
	EXPECT_EQ(close(partition), 0);
}

TEST_F(lifecycle, v1)
{
	int partition = mshv_create(self->mshv);

	ASSERT_GE(partition, 0);
	EXPECT_EQ(mshv_initialize(partition), 0);
	EXPECT_EQ(close(partition), 0);
}

TEST_F(lifecycle, v2)
{
	int partition = mshv_create_v2(self->mshv, 0, 0);

	ASSERT_GE(partition, 0);
	EXPECT_EQ(mshv_initialize(partition), 0);
	EXPECT_EQ(close(partition), 0);
}

static int create_and_close(int mshv)
{
	int partition = mshv_create_active(mshv);

	if (partition < 0)
		return partition;
	close(partition);
	return 0;
}

TEST_F_TIMEOUT(lifecycle, in_a_row, 120)
{
	for (int i = 0; i < IN_A_ROW; i++)
		ASSERT_EQ(create_and_close(self->mshv), 0);
}

TEST_F(lifecycle, alive_together)
{
	int partitions[ALIVE];

	for (int i = 0; i < ALIVE; i++) {
		partitions[i] = mshv_create_active(self->mshv);
		ASSERT_GE(partitions[i], 0);
	}
	/* Not in the order of their creation. */
	for (int i = 0; i < ALIVE; i++)
		EXPECT_EQ(close(partitions[i * 3 % ALIVE]), 0);
}

static void *create_and_close_once(void *mshv)
{
	return (void *)(intptr_t)create_and_close(*(int *)mshv);
}

TEST_F_TIMEOUT(lifecycle, in_parallel, 120)
{
	pthread_t threads[THREADS];
	void *error;

	for (int i = 0; i < THREADS; i++)
		ASSERT_EQ(pthread_create(&threads[i], NULL, create_and_close_once,
					 &self->mshv), 0);
	for (int i = 0; i < THREADS; i++) {
		EXPECT_EQ(pthread_join(threads[i], &error), 0);
		EXPECT_EQ((intptr_t)error, 0);
	}
}

/* A VMM that cannot close its partition. */
TEST_F(lifecycle, killed)
{
	int ready[2], status;
	char byte = 0;
	pid_t vmm;

	ASSERT_EQ(pipe(ready), 0);
	vmm = fork();
	ASSERT_GE(vmm, 0);
	if (!vmm) {
		byte = mshv_create_active(self->mshv) >= 0;
		if (write(ready[1], &byte, 1) == 1)
			pause();
		_exit(1);
	}
	ASSERT_EQ(read(ready[0], &byte, 1), 1);
	EXPECT_EQ(byte, 1);
	EXPECT_EQ(kill(vmm, SIGKILL), 0);
	EXPECT_EQ(waitpid(vmm, &status, 0), vmm);
	EXPECT_TRUE(WIFSIGNALED(status));
	EXPECT_EQ(create_and_close(self->mshv), 0);
}

TEST_F_TIMEOUT(lifecycle, memory_returns, 240)
{
	long before, lost;

	/* Caches that fill once, and what the guest's own pool keeps. */
	for (int i = 0; i < THREADS; i++)
		ASSERT_EQ(create_and_close(self->mshv), 0);
	before = free_kib();
	ASSERT_GT(before, 0);
	for (int i = 0; i < MANY; i++)
		ASSERT_EQ(create_and_close(self->mshv), 0);
	/* What RCU has still to free comes back soon. */
	for (int i = 0; i < 50; i++) {
		lost = before - free_kib();
		if (lost <= SLACK_KIB)
			break;
		usleep(100000);
	}
	TH_LOG("%ld KiB less after %d partitions", lost, MANY);
	EXPECT_LE(lost, SLACK_KIB);
}

TEST_HARNESS_MAIN
