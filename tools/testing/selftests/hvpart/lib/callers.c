// SPDX-License-Identifier: GPL-2.0
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "callers.h"
#include "cases.h"
#include "host.h"
#include "partitions.h"

#define SELF		HVP_PARTITION_ID_SELF
#define PAGES		8
/* Of a guest that comes and goes. */
#define ROUNDS		20

struct callers_shared {
	bool stop;
	u64 by_hvpart, by_kvm;
};

static struct callers_shared *shared;

static bool note(u64 result)
{
	bool kvm = result == HVP_STATUS_INVALID_HYPERCALL_CODE;

	__atomic_fetch_add(kvm ? &shared->by_kvm : &shared->by_hvpart, 1, __ATOMIC_RELAXED);
	return !kvm;
}

static bool stopped(void)
{
	return __atomic_load_n(&shared->stop, __ATOMIC_RELAXED);
}

/* What goes on meanwhile is to get on. */
static void pause_for_others(unsigned int times)
{
	usleep(times * 500 * slowness());
}

/* The last page is for statistics, which stay mapped. */
static void make_calls(struct vcpu *vcpu, const u64 *gpns)
{
	const struct hvp_stats_page_in object = stats_of_partition(SELF, HVP_STATS_AREA_SELF);
	static const struct hvp_create_partition_in plain;
	u64 result, id = 0, back[PAGES];

	result = get_partition_id(vcpu, &id);
	if (note(result)) {
		EXPECT_STATUS(result, SUCCESS);
		EXPECT_EQUAL(id, 1);
	}
	note(deposit_memory(vcpu, SELF, gpns, PAGES - 1));
	note(map_stats_page2(vcpu, &object, gpns[PAGES - 1]));
	note(create_partition(vcpu, &plain, &id));
	note(delete_partition(vcpu, id, FORM_FAST));
	note(withdraw_memory(vcpu, SELF, NULL, back, 2));
	pause_for_others(1);
}

static void stay(int ready, void *unused)
{
	struct vcpu *vcpu = new_guest();
	u64 gpns[PAGES];

	(void)unused;
	guest_alloc_list(vcpu->guest, gpns, PAGES);
	make_calls(vcpu, gpns);
	process_tell(ready, "", 1);
	while (!stopped())
		make_calls(vcpu, gpns);
}

static void come_and_go(int ready, void *unused)
{
	unsigned int round;
	u64 gpns[PAGES];

	(void)unused;
	process_tell(ready, "", 1);
	while (!stopped()) {
		struct vcpu *vcpu = new_guest();

		guest_alloc_list(vcpu->guest, gpns, PAGES);
		for (round = 0; round < ROUNDS && !stopped(); round++)
			make_calls(vcpu, gpns);
		guest_destroy(vcpu->guest);
		pause_for_others(ROUNDS);
	}
}

struct callers callers_start(void)
{
	struct callers callers;
	char byte;

	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		die("mmap: %m");
	callers = (struct callers) {
		.stays = process_start(stay, NULL),
		.come = process_start(come_and_go, NULL),
		.shared = shared,
	};
	process_hear(callers.stays, &byte, 1);
	process_hear(callers.come, &byte, 1);
	return callers;
}

static u64 count_of(const struct callers *callers, bool hvpart)
{
	return __atomic_load_n(hvpart ? &callers->shared->by_hvpart : &callers->shared->by_kvm,
			       __ATOMIC_RELAXED);
}

u64 callers_answered(const struct callers *callers)
{
	return count_of(callers, true);
}

static void wait_for_more(const struct callers *callers, bool hvpart)
{
	u64 enough = count_of(callers, hvpart) + 50;
	unsigned int i;

	for (i = 0; count_of(callers, hvpart) < enough; i++) {
		if (i == HOST_PATIENCE_MS * slowness()) {
			fail_at(__FILE__, __LINE__, "no more calls are answered by %s",
				hvpart ? "hvpart" : "KVM");
			case_stop();
		}
		usleep(1000);
	}
}

void callers_expect(const struct callers *callers, bool hvpart)
{
	u64 others;

	/* Those that were under way have been counted after this. */
	wait_for_more(callers, hvpart);
	usleep(50000);
	others = count_of(callers, !hvpart);
	wait_for_more(callers, hvpart);
	EXPECT_EQUAL(count_of(callers, !hvpart), others);
}

static void expect_success(struct process process)
{
	int status;

	if (waitpid(process.pid, &status, 0) != process.pid)
		die("waitpid: %m");
	close(process.from);
	EXPECT_EQUAL(status, 0);
}

void callers_stop(struct callers *callers)
{
	__atomic_store_n(&callers->shared->stop, true, __ATOMIC_RELAXED);
	expect_success(callers->stays);
	expect_success(callers->come);
	munmap(callers->shared, sizeof(*callers->shared));
}
