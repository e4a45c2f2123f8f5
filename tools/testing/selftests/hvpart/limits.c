// SPDX-License-Identifier: GPL-2.0
/*
 * What a VM may have, who pays for it, and what happens when that is used up: the
 * module's own limits, RLIMIT_MEMLOCK and memory cgroups. And whom a VMM can make
 * wait that does not provide its guest's memory.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "code_patching.h"
#include "module.h"
#include "partitions.h"
#include "process.h"
#include "served_file.h"
#include "userfault.h"

#define SELF	HVP_PARTITION_ID_SELF
#define MIB	(1UL << 20)

static const struct hvp_create_partition_in plain;

static long long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

/* The module's parameters */

static void defaults(void)
{
	EXPECT_EQUAL(module_parameter("max_partitions"), 1024);
	EXPECT_EQUAL(module_parameter("max_pages"), 1 << 20);
	EXPECT_EQUAL(module_parameter("max_depth"), 2);
	EXPECT_EQUAL(module_parameter("max_vps"), 256);
	EXPECT_EQUAL(module_parameter("max_map_nodes"), 65536);
	EXPECT_EQUAL(module_parameter("max_ports"), 4096);
}

static const struct {
	const char *name, *parameter, *value;
	int error;
	u64 result;
} value_rows[] = {
	{ "max_partitions_least", "max_partitions", "0", 0, 0 },
	{ "max_partitions_most", "max_partitions", "1048576\n", 0, 1 << 20 },
	{ "max_partitions_hexadecimal", "max_partitions", "0x10", 0, 16 },
	{ "max_partitions_too_many", "max_partitions", "1048577", EINVAL, 0 },
	{ "max_partitions_beyond_32_bits", "max_partitions", "4294967296", ERANGE, 0 },
	{ "max_partitions_negative", "max_partitions", "-1", EINVAL, 0 },
	{ "max_partitions_garbage", "max_partitions", "many", EINVAL, 0 },
	{ "max_partitions_number_and_garbage", "max_partitions", "10k", EINVAL, 0 },
	{ "max_partitions_empty", "max_partitions", "\n", EINVAL, 0 },
	{ "max_pages_least", "max_pages", "0", 0, 0 },
	{ "max_pages_most", "max_pages", "2147483648", 0, 1ULL << 31 },
	{ "max_pages_too_many", "max_pages", "2147483649", EINVAL, 0 },
	{ "max_pages_beyond_64_bits", "max_pages", "99999999999999999999", ERANGE, 0 },
	{ "max_pages_negative", "max_pages", "-4096", EINVAL, 0 },
	{ "max_pages_garbage", "max_pages", "1G", EINVAL, 0 },
	{ "max_depth_least", "max_depth", "0", 0, 0 },
	{ "max_depth_most", "max_depth", "7", 0, 7 },
	{ "max_depth_too_deep", "max_depth", "8", EINVAL, 0 },
	{ "max_depth_negative", "max_depth", "-2", EINVAL, 0 },
	{ "max_vps_least", "max_vps", "0", 0, 0 },
	{ "max_vps_most", "max_vps", "65536", 0, 65536 },
	{ "max_vps_too_many", "max_vps", "65537", EINVAL, 0 },
	{ "max_map_nodes_least", "max_map_nodes", "0", 0, 0 },
	{ "max_map_nodes_most", "max_map_nodes", "8388608", 0, 1 << 23 },
	{ "max_map_nodes_too_many", "max_map_nodes", "8388609", EINVAL, 0 },
	{ "max_ports_least", "max_ports", "0", 0, 0 },
	{ "max_ports_most", "max_ports", "65536", 0, 65536 },
	{ "max_ports_too_many", "max_ports", "65537", EINVAL, 0 },
};

static void try_value(const void *data)
{
	const typeof(value_rows[0]) *row = data;
	u64 before = module_parameter(row->parameter);

	EXPECT_EQUAL(module_parameter_try(row->parameter, row->value), row->error);
	EXPECT_EQUAL(module_parameter(row->parameter), row->error ? before : row->result);
}

/* What exists stays and can be used; nothing is added. */
static void fewer_partitions_than_there_are(void)
{
	struct vcpu *vcpu = new_guest();
	u64 ids[4], id;
	int i;

	deposit_new(vcpu, SELF, NULL, 30);
	for (i = 0; i < 4; i++)
		ids[i] = create_child(vcpu);
	module_parameter_set("max_partitions", 2);
	EXPECT_STATUS(create_partition(vcpu, &plain, &id), NO_RESOURCES);
	for (i = 0; i < 4; i++) {
		EXPECT_STATE(vcpu, ids[i], "uninitialized");
		initialize_child(vcpu, ids[i]);
	}
	/* Three, two: no room yet. */
	for (i = 0; i < 2; i++) {
		finalize_child(vcpu, ids[i]);
		withdraw_all(vcpu, ids[i]);
		delete_child(vcpu, ids[i]);
		EXPECT_STATUS(create_partition(vcpu, &plain, &id), NO_RESOURCES);
	}
	finalize_child(vcpu, ids[2]);
	withdraw_all(vcpu, ids[2]);
	delete_child(vcpu, ids[2]);
	EXPECT_STATUS(create_partition(vcpu, &plain, &id), SUCCESS);
	EXPECT_STATUS(create_partition(vcpu, &plain, &id), NO_RESOURCES);
	EXPECT_STATE(vcpu, ids[3], "active");
	module_parameter_set("max_partitions", 3);
	EXPECT_STATUS(create_partition(vcpu, &plain, &id), SUCCESS);
	/* None at all */
	module_parameter_set("max_partitions", 0);
	EXPECT_STATUS(create_partition(vcpu, &plain, &id), NO_RESOURCES);
	EXPECT_EQUAL(withdraw_all(vcpu, SELF) > 0, true);
}

static void fewer_pages_than_there_are(void)
{
	struct vcpu *vcpu = new_guest();
	u64 id = create_child(vcpu), gpn = guest_alloc(vcpu->guest), back[WITHDRAW_MAX_REPS];
	u64 in_use = balance_of(vcpu, SELF).pages_in_use;

	deposit_new(vcpu, id, NULL, 40);
	module_parameter_set("max_pages", 10 + in_use);
	EXPECT_RESULT(deposit_memory(vcpu, SELF, &gpn, 1), NO_RESOURCES, 0);
	EXPECT_BALANCE(vcpu, id, 40, 0);
	EXPECT_STATUS(initialize_partition(vcpu, id, FORM_FAST), SUCCESS);
	finalize_child(vcpu, id);
	EXPECT_RESULT(withdraw_memory(vcpu, id, NULL, back, 30), SUCCESS, 30);
	EXPECT_RESULT(deposit_memory(vcpu, SELF, &gpn, 1), NO_RESOURCES, 0);
	EXPECT_RESULT(withdraw_memory(vcpu, id, NULL, back, 1), SUCCESS, 1);
	EXPECT_RESULT(deposit_memory(vcpu, SELF, &gpn, 1), SUCCESS, 1);
	EXPECT_RESULT(deposit_memory(vcpu, SELF, back, 1), NO_RESOURCES, 0);
	module_parameter_set("max_pages", 11 + in_use);
	EXPECT_RESULT(deposit_memory(vcpu, SELF, back, 1), SUCCESS, 1);
	module_parameter_set("max_pages", 0);
	EXPECT_RESULT(deposit_memory(vcpu, SELF, back + 1, 1), NO_RESOURCES, 0);
	EXPECT_EQUAL(withdraw_all(vcpu, id), 9);
}

static void less_depth_than_there_is(void)
{
	struct vcpu *vcpu = new_guest();
	u64 id = create_child(vcpu), other;

	module_parameter_set("max_depth", 0);
	EXPECT_STATUS(create_partition(vcpu, &plain, &other), PARTITION_TOO_DEEP);
	initialize_child(vcpu, id);
	EXPECT_STATE(vcpu, id, "active");
	finalize_child(vcpu, id);
	withdraw_all(vcpu, id);
	delete_child(vcpu, id);
	EXPECT_STATUS(create_partition(vcpu, &plain, &other), PARTITION_TOO_DEEP);
	module_parameter_set("max_depth", 1);
	EXPECT_STATUS(create_partition(vcpu, &plain, &other), SUCCESS);
}

#define VCPUS	4

struct contest {
	unsigned int created[VCPUS], deposited[VCPUS];
};

static void contend(struct vcpu *vcpu, void *arg)
{
	struct contest *contest = arg;
	unsigned int i;
	u64 id, gpn;

	for (i = 0; i < 40; i++) {
		gpn = guest_alloc(vcpu->guest);
		contest->deposited[vcpu->index] +=
			result_success(deposit_memory(vcpu, SELF, &gpn, 1));
		contest->created[vcpu->index] +=
			result_success(create_partition(vcpu, &plain, &id));
	}
}

/* The limit is what all vCPUs together get, while somebody turns it up. */
static void vcpus_at_the_limits(void)
{
	struct guest_config config = { .vcpus = VCPUS, .privileges = GUEST_ALL_PRIVILEGES };
	struct guest *guest = guest_create(&config);
	unsigned int i, created = 0, deposited = 0;
	struct contest contest = {};

	module_parameter_set("max_pages", 101);
	module_parameter_set("max_partitions", 23);
	guest_run_threads(guest, contend, &contest);
	for (i = 0; i < VCPUS; i++) {
		created += contest.created[i];
		deposited += contest.deposited[i];
	}
	EXPECT_EQUAL(created, 23);
	EXPECT_EQUAL(deposited, 101);
	EXPECT_EQUAL(balance_of(guest->vcpus, SELF).pages_in_use +
		     balance_of(guest->vcpus, SELF).pages_available, 101);
}

/*
 * A VMM in a process of its own, which goes on step by step: it does its next one
 * when told to, and says when it has. Telling does not allocate memory.
 */
struct vmm {
	sem_t go, done;
	pid_t pid;
	int vm_fd;
	u64 result;
	u16 call;
	unsigned int partitions;
	int pages;
	char cgroup[64];
};

static struct vmm *vmm_prepare(void)
{
	struct vmm *vmm = mmap(NULL, sizeof(*vmm), PROT_READ | PROT_WRITE,
			       MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (vmm == MAP_FAILED || sem_init(&vmm->go, 1, 0) || sem_init(&vmm->done, 1, 0))
		die("cannot share memory: %m");
	return vmm;
}

static void vmm_start(struct vmm *vmm, void (*run)(struct vmm *vmm))
{
	pid_t pid = fork();

	if (pid < 0)
		die("fork: %m");
	if (!pid) {
		case_alarm(CASE_SECONDS);
		run(vmm);
		case_stop();
	}
	vmm->pid = pid;
}

static void vmm_wait_until_done(struct vmm *vmm)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += HOST_PATIENCE_MS / 1000 * slowness();
	if (sem_timedwait(&vmm->done, &until))
		die("the VMM does not go on: %m");
}

static void vmm_step(struct vmm *vmm)
{
	sem_post(&vmm->go);
	vmm_wait_until_done(vmm);
}

/* The VMM's own side */
static void vmm_done(struct vmm *vmm)
{
	sem_post(&vmm->done);
	while (sem_wait(&vmm->go))
		;
}

static int vmm_end(struct vmm *vmm)
{
	int status;

	if (waitpid(vmm->pid, &status, 0) != vmm->pid)
		die("waitpid: %m");
	return status;
}

/* RLIMIT_MEMLOCK */

static long long pinned_kib(void)
{
	return file_number("/proc/self/status", "VmPin:");
}

static void locked_memory_vmm(struct vmm *vmm)
{
	const u64 room = 16, own = 4;
	struct rlimit limit = { room * HVP_PAGE_SIZE, room * HVP_PAGE_SIZE };
	struct vcpu *vcpu = new_guest_of_small_pages();
	struct hvp_memory_balance_out balance;
	u64 gpns[16], back[16];

	guest_alloc_list(vcpu->guest, gpns, room);
	/* What the VMM locks for itself counts with it. */
	if (mlock(guest_host(vcpu->guest, gpns[0] << HVP_PAGE_SHIFT), own * HVP_PAGE_SIZE))
		die("mlock: %m");
	/* A user who has no capability, and so no CAP_IPC_LOCK either */
	if (setrlimit(RLIMIT_MEMLOCK, &limit) || setresuid(65534, 65534, 65534))
		die("cannot become another user: %m");

	EXPECT_RESULT(deposit_memory(vcpu, SELF, gpns, room - own + 1), NO_RESOURCES, 0);
	balance = balance_of(vcpu, SELF);
	EXPECT_EQUAL(balance.pages_available, 0);
	EXPECT_EQUAL(pinned_kib(), 0);
	EXPECT_RESULT(deposit_memory(vcpu, SELF, gpns, room - own), SUCCESS, room - own);
	EXPECT_RESULT(deposit_memory(vcpu, SELF, gpns + room - own, own), NO_RESOURCES, 0);
	EXPECT_EQUAL(pinned_kib(), (room - own) * 4);
	vmm_done(vmm);

	/* The limit has been raised. */
	EXPECT_RESULT(deposit_memory(vcpu, SELF, gpns + room - own, own), SUCCESS, own);
	EXPECT_EQUAL(pinned_kib(), room * 4);
	EXPECT_RESULT(withdraw_memory(vcpu, SELF, NULL, back, room), SUCCESS, room);
	EXPECT_EQUAL(pinned_kib(), 0);
}

static void locked_memory_limit_raised(void)
{
	struct rlimit more = { 20 * HVP_PAGE_SIZE, 20 * HVP_PAGE_SIZE };
	struct vmm *vmm = vmm_prepare();

	vmm_start(vmm, locked_memory_vmm);
	vmm_wait_until_done(vmm);
	if (prlimit(vmm->pid, RLIMIT_MEMLOCK, &more, NULL))
		die("prlimit: %m");
	sem_post(&vmm->go);
	EXPECT_EQUAL(vmm_end(vmm), 0);
}

/* The limit is the user's, whatever he has his VMs in. */

#define USER_ROOM	16

static void vmm_of_a_user(struct vmm *vmm)
{
	const struct rlimit limit = { USER_ROOM * HVP_PAGE_SIZE, USER_ROOM * HVP_PAGE_SIZE };
	u64 gpns[2 * USER_ROOM];
	struct vcpu *vcpu;

	if (setrlimit(RLIMIT_MEMLOCK, &limit) || setresuid(65534, 65534, 65534))
		die("cannot become another user: %m");
	vcpu = new_guest_of_small_pages();
	vmm->vm_fd = vcpu->guest->vm_fd;
	for (;;) {
		vmm_done(vmm);
		if (vmm->pages > 0) {
			guest_alloc_list(vcpu->guest, gpns, vmm->pages);
			vmm->result = deposit_memory(vcpu, SELF, gpns, vmm->pages);
		} else {
			vmm->result = withdraw_memory(vcpu, SELF, NULL, gpns, -vmm->pages);
		}
	}
}

static u64 vmm_deposit(struct vmm *vmm, int pages)
{
	vmm->pages = pages;
	vmm_step(vmm);
	return vmm->result;
}

static u64 vmm_withdraw(struct vmm *vmm, int pages)
{
	return vmm_deposit(vmm, -pages);
}

static void vmms_of_one_user(void)
{
	struct vmm *vmms[2] = { vmm_prepare(), vmm_prepare() };
	struct host_state before = host_state();
	struct guest *roots = guest_create(NULL);
	unsigned int i;

	if (chmod("/dev/kvm", 0666))
		die("/dev/kvm: %m");
	for (i = 0; i < 2; i++) {
		vmm_start(vmms[i], vmm_of_a_user);
		vmm_wait_until_done(vmms[i]);
	}
	EXPECT_RESULT(vmm_deposit(vmms[0], USER_ROOM + 1), NO_RESOURCES, 0);
	EXPECT_RESULT(vmm_deposit(vmms[0], 10), SUCCESS, 10);
	EXPECT_RESULT(vmm_deposit(vmms[1], 7), NO_RESOURCES, 0);
	EXPECT_RESULT(vmm_deposit(vmms[1], 6), SUCCESS, 6);
	for (i = 0; i < 2; i++)
		EXPECT_RESULT(vmm_deposit(vmms[i], 1), NO_RESOURCES, 0);
	/* Another user's, who has a limit of his own, or none */
	deposit_new(roots->vcpus, SELF, NULL, 2 * USER_ROOM);
	EXPECT_RESULT(vmm_withdraw(vmms[0], 3), SUCCESS, 3);
	EXPECT_RESULT(vmm_deposit(vmms[1], 4), NO_RESOURCES, 0);
	EXPECT_RESULT(vmm_deposit(vmms[1], 3), SUCCESS, 3);
	EXPECT_RESULT(vmm_deposit(vmms[0], 1), NO_RESOURCES, 0);

	/* What the end of a VM gives back is all that it had. */
	kill(vmms[1]->pid, SIGKILL);
	vmm_end(vmms[1]);
	EXPECT(guest_folder_becomes(vmms[1]->pid, vmms[1]->vm_fd, false));
	EXPECT_RESULT(vmm_deposit(vmms[0], 10), NO_RESOURCES, 0);
	EXPECT_RESULT(vmm_deposit(vmms[0], 9), SUCCESS, 9);
	kill(vmms[0]->pid, SIGKILL);
	vmm_end(vmms[0]);
	guest_destroy(roots);
	expect_as_before(before);
	vmm_start(vmms[0], vmm_of_a_user);
	vmm_wait_until_done(vmms[0]);
	EXPECT_RESULT(vmm_deposit(vmms[0], USER_ROOM), SUCCESS, USER_ROOM);
	kill(vmms[0]->pid, SIGKILL);
	vmm_end(vmms[0]);
	chmod("/dev/kvm", 0600);
}

/* A huge page counts whole, once, as long as one page of it is pinned. */

#define HUGE_PAGE	(2 * MIB)
#define HUGE_COUNT	(HUGE_PAGE / HVP_PAGE_SIZE)
#define HUGE_KIB	(HUGE_PAGE / 1024)
#define HUGE_PAGES	5

static const struct huge_row {
	const char *name;
	bool hugetlb;
} huge_rows[] = {
	{ "locked_huge_pages", false },
	{ "locked_huge_pages_of_hugetlbfs", true },
};

static void *huge_memory(bool hugetlb)
{
	const size_t size = HUGE_PAGES * HUGE_PAGE;
	u8 *memory;
	int fd;

	if (hugetlb) {
		fd = memfd_create("huge pages", MFD_CLOEXEC | MFD_HUGETLB);
		if (fd < 0)
			case_skip("this kernel has no hugetlbfs");
		write_text("/proc/sys/vm/nr_hugepages", "5");
		if (ftruncate(fd, size))
			die("ftruncate: %m");
		memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		close(fd);
	} else {
		memory = mmap(NULL, size + HUGE_PAGE, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (memory != MAP_FAILED) {
			memory = (u8 *)(((unsigned long)memory | (HUGE_PAGE - 1)) + 1);
			if (madvise(memory, size, MADV_HUGEPAGE))
				die("madvise: %m");
		}
	}
	if (memory == MAP_FAILED)
		die("cannot map huge pages: %m");
	memset(memory, 0, size);
	if (!hugetlb)
		REQUIRE_EQUAL(file_number("/proc/self/smaps_rollup", "AnonHugePages:"),
			      HUGE_PAGES * HUGE_KIB);
	return memory;
}

static void try_locked_huge_pages(const void *data)
{
	const struct huge_row *row = data;
	struct vcpu *vcpu = new_guest_of_small_pages();
	void *memory = huge_memory(row->hugetlb);
	u64 first = guest_add_memory(vcpu->guest, 0, memory, HUGE_PAGES * HUGE_PAGE);
	u64 huge[HUGE_PAGES], list[HUGE_COUNT - 1], back[HUGE_COUNT], pair[2];
	long long before = pinned_pages();
	unsigned int i;

	for (i = 0; i < HUGE_PAGES; i++)
		huge[i] = first + i * HUGE_COUNT;
	for (i = 0; i < ARRAY_SIZE(list); i++)
		list[i] = huge[3] + 1 + i;
	/* Of three, and some more for the list of a call, which is counted first */
	limit_locked_memory(3 * HUGE_COUNT + 16);

	EXPECT_RESULT(deposit_memory(vcpu, SELF, &huge[0], 1), SUCCESS, 1);
	EXPECT_EQUAL(pinned_kib(), HUGE_KIB);
	/* Other pages of it cost nothing, also in several runs. */
	for (i = 0; i < 10; i++)
		back[i] = huge[0] + 20 + i % 2 * 100 - i;
	EXPECT_RESULT(deposit_memory(vcpu, SELF, back, 10), SUCCESS, 10);
	EXPECT_EQUAL(pinned_kib(), HUGE_KIB);
	EXPECT_RESULT(deposit_memory(vcpu, SELF, &huge[1], 2), SUCCESS, 2);
	EXPECT_EQUAL(pinned_kib(), 3 * HUGE_KIB);
	EXPECT_RESULT(deposit_memory(vcpu, SELF, &huge[3], 1), NO_RESOURCES, 0);
	/* Nothing of the list, not even what would be for nothing */
	pair[0] = huge[0] + 1;
	pair[1] = huge[3];
	EXPECT_RESULT(deposit_memory(vcpu, SELF, pair, 2), NO_RESOURCES, 0);
	EXPECT_EQUAL(pinned_kib(), 3 * HUGE_KIB);
	EXPECT_EQUAL(pinned_pages() - before, 13);
	EXPECT_EQUAL(withdraw_all(vcpu, SELF), 13);
	EXPECT_EQUAL(pinned_kib(), 0);

	/* The whole of one, until the last page of it is gone */
	limit_locked_memory(2 * HUGE_COUNT);
	EXPECT_RESULT(deposit_memory(vcpu, SELF, list, ARRAY_SIZE(list)), SUCCESS,
		      ARRAY_SIZE(list));
	EXPECT_RESULT(deposit_memory(vcpu, SELF, &huge[3], 1), SUCCESS, 1);
	EXPECT_EQUAL(pinned_kib(), HUGE_KIB);
	EXPECT_RESULT(withdraw_memory(vcpu, SELF, NULL, back, HUGE_COUNT - 1), SUCCESS,
		      HUGE_COUNT - 1);
	EXPECT_EQUAL(pinned_kib(), HUGE_KIB);
	EXPECT_RESULT(withdraw_memory(vcpu, SELF, NULL, back, 1), SUCCESS, 1);
	EXPECT_EQUAL(pinned_kib(), 0);

	/* And at the end of the VM */
	EXPECT_RESULT(deposit_memory(vcpu, SELF, &huge[4], 1), SUCCESS, 1);
	EXPECT_EQUAL(pinned_kib(), HUGE_KIB);
	guest_destroy(vcpu->guest);
	EXPECT(pinned_pages_become(before));
	EXPECT_EQUAL(pinned_kib(), 0);
	if (row->hugetlb)
		write_text("/proc/sys/vm/nr_hugepages", "0");
}

#define HUGE_ROUNDS	100

struct huge_turns {
	u64 pages[2], ids[VCPUS];
};

/* Each vCPU has a partition and a page of its own, in the same two huge pages. */
static void take_turns_with_huge_pages(struct vcpu *vcpu, void *arg)
{
	const struct huge_turns *turns = arg;
	u64 id = turns->ids[vcpu->index], gpn, back;
	unsigned int i;

	for (i = 0; i < HUGE_ROUNDS && !case_failed(); i++) {
		gpn = turns->pages[i % 2] + vcpu->index;
		EXPECT_RESULT(deposit_memory(vcpu, id, &gpn, 1), SUCCESS, 1);
		EXPECT_RESULT(withdraw_memory(vcpu, id, NULL, &back, 1), SUCCESS, 1);
		EXPECT_EQUAL(back, gpn);
	}
}

static void vcpus_with_the_same_huge_pages(void)
{
	struct guest_config config = {
		.vcpus = VCPUS, .shared_ram = true, .privileges = GUEST_ALL_PRIVILEGES,
	};
	struct guest *guest = guest_create(&config);
	u64 first = guest_add_memory(guest, 0, huge_memory(false), HUGE_PAGES * HUGE_PAGE);
	struct huge_turns turns = { .pages = { first, first + HUGE_COUNT } };
	long long before;
	unsigned int i;

	for (i = 0; i < VCPUS; i++)
		turns.ids[i] = create_child(guest->vcpus);
	before = pinned_kib();
	guest_run_threads(guest, take_turns_with_huge_pages, &turns);
	EXPECT_EQUAL(pinned_kib(), before);
	EXPECT_RESULT(deposit_memory(guest->vcpus, SELF, turns.pages, 2), SUCCESS, 2);
	EXPECT_EQUAL(pinned_kib(), before + 2 * HUGE_KIB);
	guest_destroy(guest);
	EXPECT_EQUAL(pinned_kib(), 0);
}

/* Memory cgroups */

#define CGROUP		"/sys/fs/cgroup"

static void cgroup_write(struct vmm *vmm, const char *file, const char *format, u64 value)
{
	char path[128], text[32];

	snprintf(path, sizeof(path), "%s/%s", vmm->cgroup, file);
	snprintf(text, sizeof(text), format, value);
	write_text(path, text);
}

static long long cgroup_current(struct vmm *vmm)
{
	char path[128];
	long long value;
	FILE *file;

	snprintf(path, sizeof(path), "%s/memory.current", vmm->cgroup);
	file = fopen(path, "r");
	if (!file || fscanf(file, "%lld", &value) != 1)
		die("%s: %m", path);
	fclose(file);
	return value;
}

static long long cgroup_number(struct vmm *vmm, const char *name, const char *key)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", vmm->cgroup, name);
	return file_number(path, key);
}

static void cgroup_make(struct vmm *vmm)
{
	if (access(CGROUP "/cgroup.controllers", F_OK))
		die("no cgroup2 at " CGROUP);
	write_text(CGROUP "/cgroup.subtree_control", "+memory");
	snprintf(vmm->cgroup, sizeof(vmm->cgroup), CGROUP "/hvpart-%d", getpid());
	if (mkdir(vmm->cgroup, 0755))
		die("%s: %m", vmm->cgroup);
}

static void cgroup_remove(struct vmm *vmm)
{
	long long start = now_ms();

	/* A process that has died may be in it for a moment longer. */
	while (rmdir(vmm->cgroup)) {
		if (errno != EBUSY || now_ms() - start > HOST_PATIENCE_MS)
			die("%s: %m", vmm->cgroup);
		usleep(1000);
	}
}

/* Pages that CPUs have charged in advance go back; that is not instantly done. */
static void cgroup_settle(struct vmm *vmm)
{
	cgroup_write(vmm, "memory.high", "%llu", 0);
	cgroup_write(vmm, "memory.high", "max", 0);
	usleep(100000);
}

/* The cgroup has what it has, and @bytes more. */
static void cgroup_leave_room(struct vmm *vmm, u64 bytes)
{
	cgroup_settle(vmm);
	cgroup_write(vmm, "memory.max", "%llu", cgroup_current(vmm) + bytes);
}

static void cgroup_join(struct vmm *vmm)
{
	cgroup_write(vmm, "cgroup.procs", "%llu", 0);
}

/* All of the guest's and the VMM's memory is there when this returns. */
static struct vcpu *populated_guest(void)
{
	struct vcpu *vcpu = new_guest();
	char stack[16 * HVP_PAGE_SIZE];

	explicit_bzero(stack, sizeof(stack));
	if (mlockall(MCL_CURRENT | MCL_FUTURE))
		die("mlockall: %m");
	/* KVM's answer, and so its memory for running the vCPU */
	EXPECT_STATUS(hypercall(vcpu, 0x7f, 0, 0), INVALID_HYPERCALL_CODE);
	return vcpu;
}

/* The next call of a guest that wants partitions, and pays if it has to. */
static u64 grow(struct vcpu *vcpu, u16 *call, unsigned int *partitions)
{
	static u64 id, payee;
	u64 result, gpns[16];

	switch (*call) {
	case HVP_CALL_CREATE_PARTITION:
		payee = SELF;
		result = create_partition(vcpu, &plain, &id);
		if (result_success(result))
			*call = HVP_CALL_INITIALIZE_PARTITION;
		break;
	case HVP_CALL_INITIALIZE_PARTITION:
		payee = id;
		result = initialize_partition(vcpu, id, FORM_FAST);
		if (result_success(result)) {
			*call = HVP_CALL_CREATE_PARTITION;
			++*partitions;
		}
		break;
	default:
		guest_alloc_list(vcpu->guest, gpns, 4);
		result = deposit_memory(vcpu, payee, gpns, 4);
		if (!result_success(result))
			vcpu->guest->next_free_gpa -= 4 * HVP_PAGE_SIZE;
		else
			*call = payee == SELF ? HVP_CALL_CREATE_PARTITION :
						HVP_CALL_INITIALIZE_PARTITION;
	}
	if (result_status(result) == HVP_STATUS_INSUFFICIENT_MEMORY) {
		*call = HVP_CALL_DEPOSIT_MEMORY;
		result = HVP_STATUS_SUCCESS;
	}
	return result;
}

static void grow_until_refused(struct vcpu *vcpu, struct vmm *vmm)
{
	do {
		vmm->result = grow(vcpu, &vmm->call, &vmm->partitions);
	} while (result_success(vmm->result));
}

static void growing_vmm(struct vmm *vmm)
{
	struct hvp_memory_balance_out balance;
	struct vcpu *vcpu;

	cgroup_join(vmm);
	vcpu = populated_guest();
	vmm->vm_fd = vcpu->guest->vm_fd;
	vmm->call = HVP_CALL_CREATE_PARTITION;
	grow_until_refused(vcpu, vmm);
	vmm_done(vmm);

	for (;;) {
		/* Until it is for good: other CPUs have charged pages in advance. */
		do {
			grow_until_refused(vcpu, vmm);
			balance = balance_of(vcpu, SELF);
			usleep(10000);
			vmm->result = grow(vcpu, &vmm->call, &vmm->partitions);
		} while (result_success(vmm->result));
		EXPECT_BALANCE(vcpu, SELF, balance.pages_available, balance.pages_in_use);
		vmm_done(vmm);
	}
}

static void expect_no_oom(struct vmm *vmm)
{
	EXPECT_EQUAL(cgroup_number(vmm, "memory.events", "oom"), 0);
	EXPECT_EQUAL(cgroup_number(vmm, "memory.events", "oom_kill"), 0);
}

/*
 * A guest takes what its VMM's cgroup has, and no more: the VMM lives, the host
 * keeps what it had, and with more room the very call goes on.
 */
static void cgroup_used_up(void)
{
	/* MemAvailable is an estimate that now and then jumps by some MiB. */
	const unsigned int room = MIB / 4, slack = 4 * MIB, estimate = 32 * MIB;
	struct host_state before = host_state();
	long long available, slab, partitions;
	struct vmm *vmm = vmm_prepare();
	int round;

	cgroup_make(vmm);
	/* With two partitions it has touched all that it needs itself. */
	module_parameter_set("max_partitions", 2);
	vmm_start(vmm, growing_vmm);
	vmm_wait_until_done(vmm);
	EXPECT_EQUAL(vmm->partitions, 2);
	module_parameter_set("max_partitions", 1024);

	for (round = 0; round < 3; round++) {
		partitions = vmm->partitions;
		cgroup_leave_room(vmm, room);
		available = file_number("/proc/meminfo", "MemAvailable:");
		slab = file_number("/proc/meminfo", "SUnreclaim:");
		vmm_step(vmm);
		slab = file_number("/proc/meminfo", "SUnreclaim:") - slab;
		available -= file_number("/proc/meminfo", "MemAvailable:");
		printf("# %u KiB: %lld partitions, then %s: %s\n", room / 1024,
		       vmm->partitions - partitions, call_name(vmm->call),
		       status_name(result_status(vmm->result)));
		printf("# the host: %lld KiB more slab, %lld KiB less available\n", slab,
		       available);
		EXPECT_EQUAL(result_status(vmm->result), HVP_STATUS_NO_RESOURCES);
		/* More than a few, fewer than if nobody counted */
		EXPECT(vmm->partitions - partitions > 32);
		EXPECT(vmm->partitions - partitions < 256);
		EXPECT(slab < (room + slack) / 1024);
		EXPECT(available < (room + estimate) / 1024);
		expect_no_oom(vmm);
	}

	kill(vmm->pid, SIGKILL);
	vmm_end(vmm);
	expect_as_before(before);
	cgroup_settle(vmm);
	printf("# afterwards the cgroup has %lld KiB, of them %lld KiB slab\n",
	       cgroup_current(vmm) / 1024,
	       cgroup_number(vmm, "memory.stat", "slab_unreclaimable") / 1024);
	EXPECT(cgroup_current(vmm) < 512 * 1024);
	EXPECT(cgroup_number(vmm, "memory.stat", "slab_unreclaimable") < 64 * 1024);
	cgroup_remove(vmm);
}

/*
 * The kernel says in the log whom the OOM killer kills, with a call trace that looks
 * as if it complained; so keep that off the console, and look for complaints here.
 */
static char console_before[64];

static int console_quiet(void)
{
	FILE *file = fopen("/proc/sys/kernel/printk", "r");
	int log = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (!file || !fgets(console_before, sizeof(console_before), file) || log < 0)
		die("cannot see the kernel's log: %m");
	fclose(file);
	lseek(log, 0, SEEK_END);
	write_text("/proc/sys/kernel/printk", "1");
	return log;
}

static void console_again(int log)
{
	char record[8192];
	ssize_t length;

	while ((length = read(log, record, sizeof(record) - 1)) > 0) {
		record[length] = 0;
		EXPECT(!strstr(record, "BUG:") && !strstr(record, "WARNING:") &&
		       !strstr(record, "refcount_t") && !strstr(record, "hvpart:"));
	}
	close(log);
	write_text("/proc/sys/kernel/printk", console_before);
}

static void big_vmm(struct vmm *vmm)
{
	struct vcpu *vcpu;
	int i;

	cgroup_join(vmm);
	vcpu = populated_guest();
	vmm->vm_fd = vcpu->guest->vm_fd;
	for (i = 0; i < 8; i++)
		deposit_new(vcpu, create_active_child(vcpu), NULL, 100);
	/* Its helper, which has the VM's file as well */
	if (!fork()) {
		for (;;)
			pause();
	}
	vmm_done(vmm);
}

/* Less than its own memory is the VMM's end, and that of all that is in the cgroup. */
static void cgroup_too_small_for_the_vmm(void)
{
	struct host_state before = host_state();
	struct vmm *vmm = vmm_prepare();
	int log, status;

	cgroup_make(vmm);
	cgroup_write(vmm, "memory.oom.group", "%llu", 1);
	vmm_start(vmm, big_vmm);
	vmm_wait_until_done(vmm);
	log = console_quiet();
	cgroup_write(vmm, "memory.max", "%llu", 4 * MIB);
	status = vmm_end(vmm);
	EXPECT(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	EXPECT(cgroup_number(vmm, "memory.events", "oom_kill") > 0);
	EXPECT(guest_folder_becomes(vmm->pid, vmm->vm_fd, false));
	expect_as_before(before);
	console_again(log);
	cgroup_remove(vmm);
	EXPECT_EQUAL(create_active_child(new_guest()), 2);
}

/* debugfs, which nobody is charged for */

static unsigned int files_of_partitions(struct guest *guest)
{
	unsigned int files = 0;
	struct dirent *entry;
	char path[128];
	DIR *folder;

	snprintf(path, sizeof(path), HVPART_DEBUGFS "/%d-%d/partition", getpid(), guest->vm_fd);
	folder = opendir(path);
	if (!folder)
		return 0;
	while ((entry = readdir(folder)))
		files += entry->d_name[0] != '.';
	closedir(folder);
	return files;
}

/* However fast they come and go, there are hardly more files than partitions. */
static void files_are_as_many_as_partitions(void)
{
	const unsigned int most = 10, at_once = 128;
	struct vcpu *vcpu = new_guest();
	u64 ids[10] = {};
	int i;

	deposit_new(vcpu, SELF, NULL, 100);
	module_parameter_set("max_partitions", most);
	for (i = 0; i < 1500; i++) {
		u64 *id = &ids[i % most];

		if (*id)
			delete_child(vcpu, *id);
		REQUIRE_STATUS(create_partition(vcpu, &plain, id), SUCCESS);
		if (i % 50 == 0)
			EXPECT(files_of_partitions(vcpu->guest) <= most + at_once);
	}
	for (i = 0; i < (int)most; i++)
		EXPECT(partition_file_becomes(vcpu->guest, ids[i], true));
	for (i = 0; i < HOST_PATIENCE_MS / 10 && files_of_partitions(vcpu->guest) > most + 1; i++)
		usleep(10000);
	/* The root's is one, too. */
	EXPECT_EQUAL(files_of_partitions(vcpu->guest), most + 1);
}

/* Whoever reads while VMs go gets something or an error. */
static void read_everything(void)
{
	char path[512], buffer[256];
	struct dirent *entry;
	DIR *folder;

	folder = opendir(HVPART_DEBUGFS);
	while (folder && (entry = readdir(folder))) {
		static const char *const names[] = {
			"partitions", "partition/1", "partition/2",
		};
		unsigned int i;

		for (i = 0; i < ARRAY_SIZE(names); i++) {
			ssize_t got;
			int fd;

			snprintf(path, sizeof(path), HVPART_DEBUGFS "/%s/%s", entry->d_name,
				 names[i]);
			fd = open(path, O_RDONLY | O_CLOEXEC);
			if (fd < 0)
				continue;
			/* In pieces, so that much can happen in between */
			do {
				got = read(fd, buffer, sizeof(buffer));
			} while (got > 0);
			if (got < 0 && errno != ENOENT && errno != EIO)
				fail_at(__FILE__, __LINE__, "%s: %m", path);
			close(fd);
		}
	}
	closedir(folder);
}

static void read_while_vms_go(void)
{
	struct host_state before = host_state();
	int i, status;
	pid_t pid = fork();

	if (!pid) {
		for (;;) {
			read_everything();
			if (case_failed())
				case_stop();
		}
	}
	for (i = 0; i < 20; i++) {
		struct vcpu *vcpu = new_guest();

		create_active_child(vcpu);
		create_child(vcpu);
		if (i % 2)
			EXPECT(partition_file_becomes(vcpu->guest, 2, true));
		if (i % 3 == 0) {
			guest_reset_identity(vcpu->guest);
			guest_enable_hypercalls(vcpu->guest);
			create_child(vcpu);
		}
		guest_destroy(vcpu->guest);
	}
	kill(pid, SIGKILL);
	if (waitpid(pid, &status, 0) != pid)
		die("waitpid: %m");
	EXPECT(WIFSIGNALED(status));
	expect_as_before(before);
}

static void files_open_when_the_vm_goes(void)
{
	struct host_state before = host_state();
	struct vcpu *vcpu = new_guest();
	char path[128], buffer[64];
	int table, partition;

	create_active_child(vcpu);
	EXPECT(partition_file_becomes(vcpu->guest, 2, true));
	snprintf(path, sizeof(path), HVPART_DEBUGFS "/%d-%d/partitions", getpid(),
		 vcpu->guest->vm_fd);
	table = open(path, O_RDONLY | O_CLOEXEC);
	snprintf(path, sizeof(path), HVPART_DEBUGFS "/%d-%d/partition/2", getpid(),
		 vcpu->guest->vm_fd);
	partition = open(path, O_RDONLY | O_CLOEXEC);
	EXPECT_EQUAL(read(table, buffer, sizeof(buffer)), sizeof(buffer));
	EXPECT_EQUAL(read(partition, buffer, 5), 5);
	guest_destroy(vcpu->guest);
	EXPECT_EQUAL(read(table, buffer, sizeof(buffer)), -1);
	EXPECT_EQUAL(errno, EIO);
	EXPECT_EQUAL(read(partition, buffer, sizeof(buffer)), -1);
	EXPECT_EQUAL(errno, EIO);
	expect_as_before(before);
	/* They are the module's code, so it stays as long as they are open. */
	EXPECT_EQUAL(syscall(SYS_delete_module, "hvpart", O_NONBLOCK), -1);
	EXPECT_EQUAL(errno, EAGAIN);
	EXPECT_EQUAL(create_active_child(new_guest()), 2);
	close(table);
	close(partition);
}

/* A VMM that makes accesses to its guest's memory wait, by userfaultfd */

#define BLOCKED_AT	300	/* in the list of a deposit */

enum blocked { BLOCKED_INPUT, BLOCKED_OUTPUT, BLOCKED_DEPOSIT };

struct blocked_row {
	const char *name;
	enum blocked what;
	bool kill;
};

static const struct blocked_row blocked_rows[] = {
	{ "blocked_input", BLOCKED_INPUT, false },
	{ "blocked_output", BLOCKED_OUTPUT, false },
	{ "blocked_page_of_a_deposit", BLOCKED_DEPOSIT, false },
	{ "blocked_input_and_killed", BLOCKED_INPUT, true },
	{ "blocked_output_and_killed", BLOCKED_OUTPUT, true },
	{ "blocked_page_of_a_deposit_and_killed", BLOCKED_DEPOSIT, true },
};

struct blocking {
	enum blocked what;
	struct vcpu *vcpu;
	u64 gpn, result;
};

/* The call that waits for the page */
static void *make_blocked_call(void *arg)
{
	struct blocking *blocking = arg;
	struct vcpu *vcpu = blocking->vcpu;
	u64 list[DEPOSIT_MAX_REPS], gpa = blocking->gpn << HVP_PAGE_SHIFT;

	switch (blocking->what) {
	case BLOCKED_INPUT:
		blocking->result = hypercall(vcpu, HVP_CALL_GET_MEMORY_BALANCE, gpa,
					     vcpu->output_gpa);
		break;
	case BLOCKED_OUTPUT:
		blocking->result = hypercall(vcpu, HVP_CALL_GET_PARTITION_ID, 0, gpa);
		break;
	case BLOCKED_DEPOSIT:
		guest_alloc_list(vcpu->guest, list, DEPOSIT_MAX_REPS);
		list[BLOCKED_AT] = blocking->gpn;
		blocking->result = deposit_memory(vcpu, SELF, list, DEPOSIT_MAX_REPS);
		break;
	}
	return NULL;
}

static const u64 blocked_results[] = {
	/* A page of zeroes names no partition. */
	[BLOCKED_INPUT] = RESULT(HVP_STATUS_INVALID_PARTITION_ID, 0),
	[BLOCKED_OUTPUT] = RESULT(HVP_STATUS_SUCCESS, 0),
	[BLOCKED_DEPOSIT] = RESULT(HVP_STATUS_SUCCESS, DEPOSIT_MAX_REPS),
};

/* Everything that a guest can do, and root can see, in a moment. */
static void expect_not_stalled(struct vcpu *vcpu)
{
	long long start = now_ms();
	u64 id = create_active_child(vcpu);

	EXPECT_STATE(vcpu, id, "active");
	finalize_child(vcpu, id);
	withdraw_all(vcpu, id);
	delete_child(vcpu, id);
	deposit_new(vcpu, SELF, NULL, 100);
	EXPECT(withdraw_all(vcpu, SELF) >= 100);
	read_everything();
	EXPECT(now_ms() - start < HOST_PATIENCE_MS / 2 * slowness());
}

/* Before Linux 6.3 what is pinned for long has to be there, or is -EFAULT. */
static bool pinning_waits(void)
{
	struct utsname name;
	int major, minor;

	if (uname(&name) || sscanf(name.release, "%d.%d", &major, &minor) != 2)
		die("which kernel is this?");
	return major > 6 || (major == 6 && minor >= 3);
}

static enum blocked blocked_what;

/* Done when the second vCPU has found that it is not stalled by the first. */
static void blocked_vmm(struct vmm *vmm)
{
	struct guest_config config = { .vcpus = 2, .privileges = GUEST_ALL_PRIVILEGES };
	struct guest *guest = guest_create(&config);
	struct blocking blocking = { .what = blocked_what, .vcpu = &guest->vcpus[0] };
	void *page;
	pthread_t thread;
	int fault_fd;

	vmm->vm_fd = guest->vm_fd;
	blocking.gpn = guest_add_page(guest, 0, PROT_READ | PROT_WRITE);
	page = guest_host(guest, blocking.gpn << HVP_PAGE_SHIFT);
	if (madvise(page, HVP_PAGE_SIZE, MADV_DONTNEED))
		die("madvise: %m");
	fault_fd = userfault_watch(page);
	if (pthread_create(&thread, NULL, make_blocked_call, &blocking))
		die("cannot create a thread");
	if (blocked_what == BLOCKED_DEPOSIT && !pinning_waits()) {
		pthread_join(thread, NULL);
		EXPECT_EQUAL(blocking.result,
			     RESULT(HVP_STATUS_OPERATION_DENIED, BLOCKED_AT));
		vmm->result = case_failed();
		vmm_done(vmm);
		return;
	}
	userfault_wait(fault_fd);
	expect_not_stalled(&guest->vcpus[1]);
	EXPECT_EQUAL(blocking.result, 0);
	vmm->result = case_failed();
	vmm_done(vmm);

	userfault_give(fault_fd, page, NULL);
	pthread_join(thread, NULL);
	EXPECT_EQUAL(blocking.result, blocked_results[blocking.what]);
}

static struct vmm *blocked_start(enum blocked what)
{
	struct vmm *vmm = vmm_prepare();

	blocked_what = what;
	vmm_start(vmm, blocked_vmm);
	vmm_wait_until_done(vmm);
	EXPECT_EQUAL(vmm->result, 0);
	return vmm;
}

static void try_blocked(const void *data)
{
	const struct blocked_row *row = data;
	struct host_state before = host_state();
	struct vmm *vmm = blocked_start(row->what);

	/* Another VM comes, works and goes. */
	struct vcpu *other = new_guest();

	expect_not_stalled(other);
	guest_destroy(other->guest);

	if (row->kill) {
		kill(vmm->pid, SIGKILL);
		vmm_end(vmm);
	} else {
		sem_post(&vmm->go);
		EXPECT_EQUAL(vmm_end(vmm), 0);
	}
	EXPECT(guest_folder_becomes(vmm->pid, vmm->vm_fd, false));
	expect_as_before(before);
}

static u64 map_served_file(struct guest *guest, struct served_file *file, int flags)
{
	u8 *page = mmap(NULL, HVP_PAGE_SIZE, PROT_READ | PROT_WRITE, flags, file->fd, 0);

	if (page == MAP_FAILED)
		die("%s: %m", file->path);
	page[0] = 1;
	return guest_add_memory(guest, 0, page, HVP_PAGE_SIZE);
}

/*
 * Memory of a file that is to be written back: what the host does with a deposited page
 * happens behind the file system's back, and whoever looks at the page while it is being
 * written back waits for a server that may never be done.
 */
static void file_that_is_never_written_back(void)
{
	struct hvp_stats_page_in object = stats_of_partition(SELF, HVP_STATS_AREA_PARENT);
	struct host_state before = host_state();
	struct vcpu *vcpu = new_guest();
	struct served_file file;
	u64 shared, private;

	if (!served_file_start(&file, true))
		case_skip("this kernel has no FUSE");
	shared = map_served_file(vcpu->guest, &file, MAP_SHARED);
	private = map_served_file(vcpu->guest, &file, MAP_PRIVATE);

	EXPECT_RESULT(deposit_memory(vcpu, SELF, &shared, 1), OPERATION_DENIED, 0);
	EXPECT_STATUS(map_stats_page2(vcpu, &object, shared), OPERATION_DENIED);
	EXPECT_EQUAL(pinned_pages(), before.pinned);
	/* A copy of what is in the file is the VMM's own. */
	EXPECT_RESULT(deposit_memory(vcpu, SELF, &private, 1), SUCCESS, 1);
	served_file_stop(&file);
	guest_destroy(vcpu->guest);
	expect_as_before(before);
}

#define UNLOADING_SECONDS	8

/* Unloading waits for the call, and nobody else waits for the unloading. */
static void unload_while_a_call_is_blocked(void)
{
	long long pinned = pinned_pages();
	struct vcpu *other = new_guest();
	struct vmm *vmm;
	pid_t unloader;
	int status;
	u64 id;

	stay_on_one_cpu_if_emulated();
	create_active_child(other);
	vmm = blocked_start(BLOCKED_OUTPUT);
	unloader = fork();
	if (!unloader)
		_exit(syscall(SYS_delete_module, "hvpart", O_NONBLOCK) ? errno : 0);
	/* RCU-tasks takes its time. */
	while (result_status(get_partition_id(other, &id)) != HVP_STATUS_INVALID_HYPERCALL_CODE)
		usleep(10000);
	/* Without a call to wait for, it takes a third of that where it is emulated. */
	sleep(UNLOADING_SECONDS * slowness());
	EXPECT_EQUAL(waitpid(unloader, &status, WNOHANG), 0);
	EXPECT_STATUS(get_partition_id(other, &id), INVALID_HYPERCALL_CODE);

	kill(vmm->pid, SIGKILL);
	vmm_end(vmm);
	if (waitpid(unloader, &status, 0) != unloader)
		die("waitpid: %m");
	EXPECT_EQUAL(status, 0);
	EXPECT(!hvpart_loaded());
	EXPECT(pinned_pages_become(pinned));
	load_module();
}

/* Until it is killed */
static void be_a_holder(int ready, void *pages)
{
	struct vcpu *vcpu = new_guest();
	int vm_fd = vcpu->guest->vm_fd;

	deposit_new(vcpu, SELF, NULL, *(unsigned int *)pages);
	create_active_child(vcpu);
	process_tell(ready, &vm_fd, sizeof(vm_fd));
	for (;;)
		pause();
}

/*
 * While the module's end waits for one VMM, other VMs come to theirs, and those that live
 * on have nothing pinned any more.
 */
static void vms_end_while_unloading_waits(void)
{
	long long none = pinned_pages(), held;
	struct vmm *vmm = blocked_start(BLOCKED_OUTPUT);
	long long blocked = pinned_pages();
	struct vcpu *alive = new_guest();
	unsigned int pages = 100;
	struct process dying;
	pid_t unloader;
	int vm_fd, status;
	u64 id;

	stay_on_one_cpu_if_emulated();
	dying = process_start(be_a_holder, &pages);
	process_hear(dying, &vm_fd, sizeof(vm_fd));
	held = pinned_pages();
	deposit_new(alive, SELF, NULL, 70);
	EXPECT(guest_folder_becomes(dying.pid, vm_fd, true));

	unloader = fork();
	if (!unloader)
		_exit(syscall(SYS_delete_module, "hvpart", O_NONBLOCK) ? errno : 0);
	while (result_status(get_partition_id(alive, &id)) != HVP_STATUS_INVALID_HYPERCALL_CODE)
		usleep(10000);
	EXPECT(held > blocked + pages);
	kill(dying.pid, SIGKILL);
	EXPECT(pinned_pages_become(blocked));
	EXPECT(guest_folder_becomes(dying.pid, vm_fd, false));
	EXPECT_EQUAL(waitpid(unloader, &status, WNOHANG), 0);

	kill(vmm->pid, SIGKILL);
	vmm_end(vmm);
	if (waitpid(unloader, &status, 0) != unloader)
		die("waitpid: %m");
	EXPECT_EQUAL(status, 0);
	EXPECT(pinned_pages_become(none));
	load_module();
}

static const struct test_case cases[] = {
	CASE(defaults),
	CASE(fewer_partitions_than_there_are),
	CASE(fewer_pages_than_there_are),
	CASE(less_depth_than_there_is),
	CASE(vcpus_at_the_limits),
	CASE(locked_memory_limit_raised),
	CASE(vmms_of_one_user),
	CASE(vcpus_with_the_same_huge_pages),
	CASE(cgroup_used_up),
	CASE(cgroup_too_small_for_the_vmm),
	CASE(files_are_as_many_as_partitions),
	CASE(read_while_vms_go),
	CASE(files_open_when_the_vm_goes),
	CASE(file_that_is_never_written_back),
	{ .name = "unload_while_a_call_is_blocked", .run = unload_while_a_call_is_blocked,
	  .seconds = CASE_SECONDS + 2 * UNLOADING_SECONDS },
	{ .name = "vms_end_while_unloading_waits", .run = vms_end_while_unloading_waits,
	  .seconds = CASE_SECONDS + 2 * UNLOADING_SECONDS },
};

int main(void)
{
	cases_add(cases, ARRAY_SIZE(cases));
	cases_add_rows(try_value, value_rows);
	cases_add_rows(try_locked_huge_pages, huge_rows);
	cases_add_rows(try_blocked, blocked_rows);
	return cases_run();
}
