// SPDX-License-Identifier: GPL-2.0
/*
 * Children end while their virtual processors run, spin or wait, and nothing of them is left:
 * contract, virtual processors, section 8.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "code_patching.h"
#include "footprint.h"
#include "measure.h"
#include "module.h"
#include "process.h"
#include "remains.h"
#include "served_file.h"
#include "userfault.h"
#include "vps.h"

/* jmp . */
static const u8 spin[] = { 0xeb, 0xfe };
/* cli; hlt */
static const u8 wait_for_ever[] = { 0xfa, 0xf4 };
/* 1: incl 0x800; out %al, $0x80; jmp 1b */
static const u8 do_io[] = { 0x66, 0xff, 0x06, 0x00, 0x08, 0xe6, 0x80, 0xeb, 0xf7 };
/* 1: incl 0x1000; incl 0x2000; jmp 1b */
static const u8 write_two_pages[] = {
	0x66, 0xff, 0x06, 0x00, 0x10, 0x66, 0xff, 0x06, 0x00, 0x20, 0xeb, 0xf4,
};

static double seconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec + now.tv_nsec / 1e9;
}

/* Far more than the 5 ms of a time slice, on an emulated host */
#define PROMPTLY	(2.0 * slowness())

static struct vcpu *new_guest_of_vcpus(unsigned int vcpus)
{
	struct guest_config config = { .vcpus = vcpus, .privileges = GUEST_ALL_PRIVILEGES };

	return guest_create(&config)->vcpus;
}

struct race {
	struct child child;
	u32 vp;
	volatile bool begun;
	u64 last;		/* what the last dispatch has returned */
	unsigned int dispatches;
};

/* Until it fails */
static void dispatch_for_ever(struct vcpu *vcpu, struct race *race)
{
	struct hvp_dispatch_vp_out out;

	do {
		race->last = dispatch_vp(vcpu, race->child.id, race->vp,
					 HVP_DISPATCH_CLEAR_INTERCEPT_SUSPEND, &out);
		race->dispatches++;
		race->begun = true;
	} while (result_success(race->last));
}

static void run_or_finalize(struct vcpu *vcpu, void *arg)
{
	struct race *race = arg;
	double begun;

	if (!vcpu->index) {
		dispatch_for_ever(vcpu, race);
		return;
	}
	while (!race->begun)
		usleep(100);
	usleep(rand() % 10000);
	begun = seconds_now();
	EXPECT_STATUS(finalize_partition(vcpu, race->child.id, FORM_FAST), SUCCESS);
	EXPECT(seconds_now() - begun < PROMPTLY);
}

static void finalized_while_it_runs(const void *code, size_t size)
{
	struct footprint before;
	unsigned int round;

	before = footprint();
	for (round = 0; round < 5; round++) {
		struct vcpu *vcpus = new_guest_of_vcpus(2);
		struct race race = { .child = new_child(vcpus) };
		u16 status;

		child_code(&race.child, code, size);
		guest_run_threads(vcpus->guest, run_or_finalize, &race);
		status = result_status(race.last);
		if (status != HVP_STATUS_INVALID_PARTITION_STATE)
			fail_at(__FILE__, __LINE__, "dispatching ends with %s",
				status_name(status));
		withdraw_all(vcpus, race.child.id);
		delete_child(vcpus, race.child.id);
		guest_destroy(vcpus->guest);
		EXPECT_FOOTPRINT(before);
	}
}

static void finalized_while_it_spins(void)
{
	finalized_while_it_runs(spin, sizeof(spin));
}

static void finalized_while_it_does_io(void)
{
	finalized_while_it_runs(do_io, sizeof(do_io));
}

static void finalized_while_it_waits(void)
{
	finalized_while_it_runs(wait_for_ever, sizeof(wait_for_ever));
}

static void run_or_delete(struct vcpu *vcpu, void *arg)
{
	struct race *race = arg;
	u64 result;

	if (!vcpu->index) {
		dispatch_for_ever(vcpu, race);
		return;
	}
	while (!race->begun)
		usleep(100);
	do {
		result = delete_vp(vcpu, race->child.id, 0, FORM_FAST);
	} while (result_status(result) == HVP_STATUS_INVALID_VP_STATE);
	EXPECT_EQUAL(result_status(result), HVP_STATUS_SUCCESS);
}

/* It is deleted between two dispatches, and not in one. */
static void deleted_while_it_spins(void)
{
	struct vcpu *vcpus = new_guest_of_vcpus(2);
	struct race race = { .child = new_child(vcpus) };

	child_code(&race.child, spin, sizeof(spin));
	guest_run_threads(vcpus->guest, run_or_delete, &race);
	EXPECT_EQUAL(result_status(race.last), HVP_STATUS_INVALID_VP_INDEX);
	finalize_child(vcpus, race.child.id);
	withdraw_all(vcpus, race.child.id);
	delete_child(vcpus, race.child.id);
}

/* What it has while it is there, and that it does not have it later */
static void the_vmm_sees_areas_only(void)
{
	struct vcpu *vcpu = new_guest();
	struct footprint before = footprint(), now;
	unsigned int round;

	/* What a parent's vCPU has from its first such call on stays until its end. */
	for (round = 0; round < 3; round++) {
		struct child child = new_child(vcpu);

		child_code(&child, wait_for_ever, sizeof(wait_for_ever));
		child_run(&child);
		now = footprint();
		EXPECT_EQUAL(now.descriptors, before.descriptors);
		EXPECT_EQUAL(now.vms, before.vms + 1);
		EXPECT(now.areas > 0);
		finalize_child(vcpu, child.id);
		withdraw_all(vcpu, child.id);
		delete_child(vcpu, child.id);
	}
	guest_destroy(vcpu->guest);
}

/* A VMM with children that do all kinds of things, until somebody ends it */
static void be_busy(struct vcpu *vcpu, void *arg)
{
	struct race *races = arg;

	if (races)
		dispatch_for_ever(vcpu, &races[vcpu->index]);
	/* Once unloaded, the guest's calls are KVM's. */
}

static void be_a_vmm(int ready, void *arg)
{
	static const struct {
		const u8 *code;
		size_t size;
	} programs[] = {
		{ spin, sizeof(spin) }, { do_io, sizeof(do_io) },
		{ wait_for_ever, sizeof(wait_for_ever) },
	};
	struct vcpu *vcpus = new_guest_of_vcpus(ARRAY_SIZE(programs));
	struct race races[ARRAY_SIZE(programs)] = {};
	unsigned int i;

	(void)arg;
	for (i = 0; i < ARRAY_SIZE(programs); i++) {
		races[i].child = new_child(vcpus);
		child_code(&races[i].child, programs[i].code, programs[i].size);
	}
	process_tell(ready, "", 1);
	guest_run_threads(vcpus->guest, be_busy, races);
	/* The last one may be of a machine that is on its way. */
	for (i = 0; i < ARRAY_SIZE(programs); i++)
		EXPECT(result_status(races[i].last) == HVP_STATUS_INVALID_HYPERCALL_CODE ||
		       result_status(races[i].last) == HVP_STATUS_NO_RESOURCES);
	/* The areas go with the module, and the VMM goes on without. */
	for (i = 0; i < HOST_PATIENCE_MS && walk_areas(NULL, NULL); i++)
		usleep(1000);
	EXPECT_EQUAL(walk_areas(NULL, NULL), 0);
}

#define KILLS	50

static void the_vmm_is_killed(void)
{
	struct footprint before = footprint();
	unsigned int i;
	char byte;

	before.descriptors++;	/* the pipe of the first process */
	for (i = 0; i < KILLS; i++) {
		struct process process = process_start(be_a_vmm, NULL);

		/* Also while it is being made */
		if (i % 5)
			process_hear(process, &byte, 1);
		usleep(rand() % 30000);
		kill(process.pid, SIGKILL);
		if (waitpid(process.pid, NULL, 0) != process.pid)
			die("waitpid: %m");
		close(process.from);
	}
	before.descriptors--;
	EXPECT_FOOTPRINT(before);
}

static void unloaded_while_children_run(void)
{
	struct footprint before = footprint();
	unsigned int round;
	double begun;
	int status;
	char byte;

	for (round = 0; round < 3; round++) {
		struct process process = process_start(be_a_vmm, NULL);

		process_hear(process, &byte, 1);
		usleep(20000 + rand() % 50000);
		begun = seconds_now();
		unload_module();
		printf("# unloading took %.1f s\n", seconds_now() - begun);
		if (waitpid(process.pid, &status, 0) != process.pid)
			die("waitpid: %m");
		close(process.from);
		EXPECT_EQUAL(status, 0);
		expect_unloaded();
		load_module();
		EXPECT_FOOTPRINT(before);
	}
}

static void unmap_area(void *start, size_t size, void *arg)
{
	void *elsewhere = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)arg;
	/* None of these may do anything to it, and the last does. */
	EXPECT(mremap(start, size, size, MREMAP_MAYMOVE | MREMAP_FIXED, elsewhere) == MAP_FAILED);
	EXPECT_EQUAL(munmap(start + HVP_PAGE_SIZE, size - 2 * HVP_PAGE_SIZE), -1);
	EXPECT(mremap(start, size, 2 * size, MREMAP_MAYMOVE) == MAP_FAILED);
	EXPECT_EQUAL(munmap(start, size), 0);
}

static void remap_area(void *start, size_t size, void *arg)
{
	(void)arg;
	/* Or unloading the module waits for this process. */
	REQUIRE_EQUAL(syscall(SYS_remap_file_pages, start, size, 0, size / HVP_PAGE_SIZE, 0), -1);
}

/*
 * Nor does it map parts of the module's files as it likes, which would be there when the child
 * has gone: only the 16 KiB for a vCPU's calls go with the VM.
 */
static void the_vmm_remaps_the_areas(void)
{
	struct vcpu *vcpu = new_guest();
	struct child child = new_child(vcpu);

	child_code(&child, do_io, sizeof(do_io));
	child_intercept(&child);
	EXPECT(walk_areas(remap_area, NULL) > 0);
	finalize_child(vcpu, child.id);
	withdraw_all(vcpu, child.id);
	delete_child(vcpu, child.id);
	unload_module();
	expect_unloaded();
	EXPECT_EQUAL(walk_areas(NULL, NULL), 0);
	load_module();
}

#define FAR_GPA		0x40000000ULL

/* With DS there: mov 0x2000, %al; out %al, $0x80 */
static const u8 read_far[] = { 0xa0, 0x00, 0x20, 0xe6, 0x80 };

struct found_areas {
	void *arguments, *memory;
	size_t arguments_size;
	unsigned int count;
};

static void find_area(void *start, size_t size, void *arg)
{
	struct found_areas *found = arg;

	found->count++;
	if (size > 1 << 20) {
		found->memory = start;
	} else {
		found->arguments = start;
		found->arguments_size = size;
	}
}

static void make_a_slot(void)
{
	struct vcpu *vcpu = new_guest();
	struct child child = new_child(vcpu);
	const struct hvp_segment_register far_segment = {
		.base = FAR_GPA, .limit = 0xffff, .attributes = 0x93,
	};
	struct hvp_register_assoc ds = { .name = HVP_REGISTER_DS };
	struct kvm_userspace_memory_region *region, slot;
	struct found_areas found = {};
	struct hvp_dispatch_vp_out out;
	u64 page, result;

	memcpy(&ds.value, &far_segment, sizeof(far_segment));
	REQUIRE_RESULT(set_registers(vcpu, child.id, 0, &ds, 1), SUCCESS, 1);
	child_map(&child, 1, MAP_RWX, 1, &page);
	child_code(&child, read_far, sizeof(read_far));
	REQUIRE_EQUAL(child_intercept(&child)->header.type, HVP_MESSAGE_UNMAPPED_GPA);
	walk_areas(find_area, &found);
	REQUIRE_EQUAL(found.count, 2);

	child_map(&child, (FAR_GPA >> HVP_PAGE_SHIFT) + 2, MAP_RWX, 1, &page);
	if (munmap(found.arguments, found.arguments_size))
		die("munmap: %m");
	region = mmap(found.arguments, found.arguments_size, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	if (region == MAP_FAILED)
		die("mmap: %m");
	slot = (struct kvm_userspace_memory_region) {
		.slot = 1,
		.guest_phys_addr = FAR_GPA,
		.memory_size = 0x8000000,
		.userspace_addr = (u64)found.memory - HVP_PAGE_SIZE,
	};
	/* Where it is called back before it has begun, KVM tells its registers there. */
	do {
		*region = slot;
		result = dispatch_vp(vcpu, child.id, 0, HVP_DISPATCH_CLEAR_INTERCEPT_SUSPEND, &out);
	} while (result_success(result) && out.event != HVP_DISPATCH_EVENT_INTERCEPT);
	EXPECT_STATUS(result, NO_RESOURCES);
	guest_destroy(vcpu->guest);
}

/*
 * Where the VMM has memory of its own in the place of the arguments for KVM, it says what KVM
 * makes: a slot here that begins a page before the child's memory.  KVM would find in it what its
 * emulator has used, and not be told when that goes.  It would not do so each time.
 */
static void the_vmm_makes_a_slot(void)
{
	unsigned int i;

	for (i = 0; i < 10; i++)
		make_a_slot();
}

/* Who reads KVM's folder of a VM, and is not given the page for it, keeps others from it. */
struct folder {
	int fd, userfault;
	void *page;
	pthread_t reader;
};

static void *read_folder(void *arg)
{
	struct folder *folder = arg;

	syscall(SYS_getdents64, folder->fd, folder->page, HVP_PAGE_SIZE);
	return NULL;
}

/* That of a child in which something has been made last */
static int open_newest_folder(void)
{
	static const char kvm[] = "/sys/kernel/debug/kvm";
	struct timespec newest = {};
	DIR *folders = opendir(kvm);
	struct dirent *entry;
	char path[300] = "";
	struct stat found;
	int fd;

	if (!folders)
		die("%s: %m", kvm);
	while ((entry = readdir(folders))) {
		if (strncmp(entry->d_name, "hvpart-", 7) ||
		    fstatat(dirfd(folders), entry->d_name, &found, 0) ||
		    found.st_mtim.tv_sec < newest.tv_sec ||
		    (found.st_mtim.tv_sec == newest.tv_sec &&
		     found.st_mtim.tv_nsec < newest.tv_nsec))
			continue;
		newest = found.st_mtim;
		snprintf(path, sizeof(path), "%s/%s", kvm, entry->d_name);
	}
	closedir(folders);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		die("%s: %m", path);
	return fd;
}

static void folder_block(struct folder *folder)
{
	folder->fd = open_newest_folder();
	folder->page = mmap(NULL, HVP_PAGE_SIZE, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (folder->page == MAP_FAILED)
		die("mmap: %m");
	folder->userfault = userfault_watch(folder->page);
	if (pthread_create(&folder->reader, NULL, read_folder, folder))
		die("no thread");
	userfault_wait(folder->userfault);
}

static void folder_let_go(struct folder *folder)
{
	userfault_give(folder->userfault, folder->page, NULL);
	pthread_join(folder->reader, NULL);
	close(folder->userfault);
	close(folder->fd);
	munmap(folder->page, HVP_PAGE_SIZE);
}

struct keeper {
	struct folder folder;
	int number;		/* of the next descriptor */
	bool moves;		/* closes it, too */
	int kept;
};

static void *keep_a_descriptor(void *arg)
{
	struct keeper *keeper = arg;

	do {
		keeper->kept = dup(keeper->number);
	} while (keeper->kept < 0);
	if (keeper->moves)
		close(keeper->number);
	folder_let_go(&keeper->folder);
	return NULL;
}

/* There is one while KVM makes a vCPU, which has it wait for its folder. */
static void catch_a_descriptor(bool moves)
{
	struct vcpu *vcpu = new_guest();
	struct child child = new_child(vcpu);
	struct keeper keeper = { .moves = moves };
	struct hvp_dispatch_vp_out out;
	struct kvm_regs registers;
	pthread_t thread;

	child_code(&child, do_io, sizeof(do_io));
	child_intercept(&child);
	deposit_new(vcpu, child.id, NULL, 60);
	folder_block(&keeper.folder);
	keeper.number = open("/dev/null", O_RDONLY | O_CLOEXEC);
	close(keeper.number);
	if (pthread_create(&thread, NULL, keep_a_descriptor, &keeper))
		die("no thread");
	EXPECT_STATUS(create_vp(vcpu, child.id, 1), NO_RESOURCES);
	pthread_join(thread, NULL);
	EXPECT_EQUAL(ioctl(keeper.kept, KVM_GET_REGS, &registers), -1);
	EXPECT_EQUAL(errno, EBADF);
	EXPECT_EQUAL(ioctl(keeper.kept, KVM_RUN, NULL), -1);
	EXPECT_EQUAL(errno, EBADF);
	EXPECT_STATUS(create_vp(vcpu, child.id, 2), NO_RESOURCES);
	EXPECT_STATUS(dispatch_vp(vcpu, child.id, 0, HVP_DISPATCH_CLEAR_INTERCEPT_SUSPEND, &out),
		      NO_RESOURCES);
	finalize_child(vcpu, child.id);
	withdraw_all(vcpu, child.id);
	delete_child(vcpu, child.id);
	close(keeper.kept);
}

static void the_vmm_keeps_a_descriptor(void)
{
	catch_a_descriptor(false);
}

/* Where it has been, the module finds none. */
static void the_vmm_moves_a_descriptor(void)
{
	catch_a_descriptor(true);
}

/* What the VMM unmaps of the module's harms its own children alone. */
static void the_vmm_unmaps_the_areas(void)
{
	struct vcpu *vcpu = new_guest();
	struct child child = new_child(vcpu);
	struct hvp_dispatch_vp_out out;
	unsigned int i;
	u64 result;

	child_code(&child, do_io, sizeof(do_io));
	child_intercept(&child);
	EXPECT(walk_areas(unmap_area, NULL) > 0);
	EXPECT_EQUAL(walk_areas(NULL, NULL), 0);
	for (i = 0; i < 3; i++) {
		result = dispatch_vp(vcpu, child.id, 0, HVP_DISPATCH_CLEAR_INTERCEPT_SUSPEND, &out);
		if (!result_success(result) && result_status(result) != HVP_STATUS_NO_RESOURCES)
			fail_at(__FILE__, __LINE__, "dispatching: %s",
				status_name(result_status(result)));
	}
	finalize_child(vcpu, child.id);
	withdraw_all(vcpu, child.id);
	delete_child(vcpu, child.id);
	/* The parent itself is none the worse. */
	EXPECT_EQUAL(create_active_child(vcpu), child.id + 1);
	EXPECT_EQUAL(create_active_child(new_guest()), 2);
}

/* With all vCPUs more than a queue of the kernel's has places by default, up to 6.12 */
#define MANY_GUESTS	17

/* An area for each vCPU, and the VM kept by descriptors alone */
static void have_areas(struct vcpu *vcpus)
{
	unsigned int i;

	for (i = 0; i < GUEST_MAX_VCPUS; i++) {
		EXPECT_STATUS(create_vp(&vcpus[i], 2, 0), INVALID_PARTITION_ID);
		munmap(vcpus[i].run, vcpus->guest->run_size);
	}
}

static void have_many_areas(int ready, void *arg)
{
	const struct served_file *file = arg;
	unsigned int i;
	void *page;

	for (i = 0; i < MANY_GUESTS; i++)
		have_areas(new_guest_of_vcpus(GUEST_MAX_VCPUS));
	EXPECT_EQUAL(walk_areas(NULL, NULL), MANY_GUESTS * GUEST_MAX_VCPUS);
	page = mmap(NULL, HVP_PAGE_SIZE, PROT_READ, MAP_SHARED, file->fd, 0);
	if (page == MAP_FAILED)
		die("%s: %m", file->path);
	process_tell(ready, &page, sizeof(page));
	for (;;)
		pause();
}

/* A page of another process's */
struct foreign_page {
	pid_t pid;
	void *page;
};

/* Who reads another's memory holds that one's mmap_lock until the page is there. */
static void read_foreign_page(int ready, void *arg)
{
	const struct foreign_page *foreign = arg;
	char path[32], byte;
	int fd;

	(void)ready;
	snprintf(path, sizeof(path), "/proc/%d/mem", foreign->pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		die("%s: %m", path);
	pread(fd, &byte, 1, (off_t)foreign->page);
}

/* Kernel threads that are at a work of the module's at the moment */
static unsigned int count_workers(void)
{
	DIR *processes = opendir("/proc");
	char path[280], name[64];
	struct dirent *entry;
	unsigned int count = 0;
	FILE *file;

	if (!processes)
		die("/proc: %m");
	while ((entry = readdir(processes))) {
		snprintf(path, sizeof(path), "/proc/%s/comm", entry->d_name);
		file = isdigit(entry->d_name[0]) ? fopen(path, "re") : NULL;
		if (!file)
			continue;
		if (fgets(name, sizeof(name), file) && strstr(name, "+hvpart"))
			count++;
		fclose(file);
	}
	closedir(processes);
	return count;
}

/*
 * The VMs go, and the VMM's address space stays locked: nothing of it can be unmapped.  That
 * keeps one worker, not one for each area, so that others' areas go however many there are.
 */
static void areas_of_a_locked_vmm(void)
{
	struct footprint before = footprint(), meanwhile = before;
	struct process vmm, reader;
	struct foreign_page foreign;
	struct served_file file;
	struct child child;
	struct vcpu *vcpu;
	unsigned int i;

	if (!served_file_start(&file, false))
		case_skip("this kernel has no FUSE");
	vmm = process_start(have_many_areas, &file);
	foreign.pid = vmm.pid;
	process_hear(vmm, &foreign.page, sizeof(foreign.page));
	reader = process_start(read_foreign_page, &foreign);
	served_file_wait(&file);
	/* KVM's threads of it may need the lock to exit, and wait for it behind our worker. */
	kill(vmm.pid, SIGKILL);
	meanwhile.descriptors += 4;	/* the file's, and two pipes */
	EXPECT_FOOTPRINT(meanwhile);
	EXPECT_EQUAL(count_workers(), 1);

	vcpu = new_guest();
	child = new_child(vcpu);
	child_code(&child, wait_for_ever, sizeof(wait_for_ever));
	child_run(&child);
	EXPECT(walk_areas(NULL, NULL) > 0);
	guest_destroy(vcpu->guest);
	EXPECT_FOOTPRINT(meanwhile);
	EXPECT_EQUAL(count_workers(), 1);

	/* Nothing else ends the wait for an answer. */
	served_file_stop(&file);
	if (waitpid(reader.pid, NULL, 0) != reader.pid || waitpid(vmm.pid, NULL, 0) != vmm.pid)
		die("waitpid: %m");
	for (i = 0; i < HOST_PATIENCE_MS && count_workers(); i++)
		usleep(1000);
	EXPECT_EQUAL(count_workers(), 0);
	close(vmm.from);
	close(reader.from);
	EXPECT_FOOTPRINT(before);
}

#ifndef SYS_mseal
#define SYS_mseal	462
#endif

static void seal_area(void *start, size_t size, void *arg)
{
	(void)arg;
	if (syscall(SYS_mseal, start, size, 0))
		die("mseal: %m");
}

static void seal_areas(int ready, void *arg)
{
	struct vcpu *vcpu = new_guest();
	struct child child = new_child(vcpu);

	(void)arg;
	child_code(&child, wait_for_ever, sizeof(wait_for_ever));
	child_run(&child);
	EXPECT(walk_areas(seal_area, NULL) > 0);
	finalize_child(vcpu, child.id);
	process_tell(ready, "", 1);
	for (;;)
		pause();
}

static bool waits_in(pid_t pid, const char *function)
{
	char path[32], name[64] = "";
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/wchan", pid);
	file = fopen(path, "re");
	if (!file)
		die("%s: %m", path);
	if (!fgets(name, sizeof(name), file))
		name[0] = 0;
	fclose(file);
	return !strcmp(name, function);
}

static pid_t begin_unloading(void)
{
	pid_t unloader = fork();

	if (!unloader)
		_exit(syscall(SYS_delete_module, "hvpart", O_NONBLOCK) ? errno : 0);
	return unloader;
}

/* It is loaded again after this. */
static void end_unloading(pid_t unloader)
{
	int status;

	if (waitpid(unloader, &status, 0) != unloader)
		die("waitpid: %m");
	EXPECT_EQUAL(status, 0);
	expect_unloaded();
	load_module();
}

/* What cannot be unmapped stays as long as the VMM, which the module's end waits for. */
static void sealed_areas(void)
{
	struct footprint before = footprint();
	struct process vmm;
	pid_t unloader;
	char byte;

	if (syscall(SYS_mseal, NULL, 0, 0))
		case_skip("this kernel has no mseal()");
	vmm = process_start(seal_areas, NULL);
	process_hear(vmm, &byte, 1);
	unloader = begin_unloading();
	while (!waits_in(unloader, "hvp_mappings_wait"))
		usleep(10000);
	sleep(1);
	EXPECT_EQUAL(waitpid(unloader, NULL, WNOHANG), 0);

	kill(vmm.pid, SIGKILL);
	if (waitpid(vmm.pid, NULL, 0) != vmm.pid)
		die("waitpid: %m");
	end_unloading(unloader);
	close(vmm.from);
	EXPECT_FOOTPRINT(before);
}

static void have_a_child(int ready, void *arg)
{
	struct child child = new_child(new_guest());

	(void)arg;
	child_code(&child, wait_for_ever, sizeof(wait_for_ever));
	child_run(&child);
	process_tell(ready, "", 1);
	for (;;)
		pause();
}

static void process_stop(struct process process)
{
	int status;

	kill(process.pid, SIGSTOP);
	if (waitpid(process.pid, &status, WUNTRACED) != process.pid || !WIFSTOPPED(status))
		die("a process does not stop");
}

#define VMMS		3
#define STOPPED_VMMS	2

/*
 * KVM waits for a thread of the VMM's when a child goes, and before that removes the VM's
 * folder.  So all children's go, whichever comes first, and a worker waits for each such VMM.
 */
static void unloaded_while_vmms_are_stopped(void)
{
	const unsigned int patience = HOST_PATIENCE_MS * slowness() / 10;
	struct footprint before = footprint();
	struct process vmms[VMMS];
	unsigned int i;
	pid_t unloader;
	char byte;

	for (i = 0; i < VMMS; i++) {
		vmms[i] = process_start(have_a_child, NULL);
		process_hear(vmms[i], &byte, 1);
	}
	EXPECT_EQUAL(footprint().vms, before.vms + 2 * VMMS);
	for (i = 0; i < STOPPED_VMMS; i++)
		process_stop(vmms[i]);
	unloader = begin_unloading();
	for (i = 0; i < patience && footprint().vms > before.vms + VMMS; i++)
		usleep(10000);
	EXPECT_EQUAL(footprint().vms, before.vms + VMMS);
	for (i = 0; i < patience && count_workers() > STOPPED_VMMS; i++)
		usleep(10000);
	EXPECT(count_workers() <= STOPPED_VMMS);

	/* One goes on, and the other is killed as it is. */
	kill(vmms[0].pid, SIGCONT);
	kill(vmms[1].pid, SIGKILL);
	end_unloading(unloader);
	for (i = 0; i < VMMS; i++) {
		kill(vmms[i].pid, SIGKILL);
		if (waitpid(vmms[i].pid, NULL, 0) != vmms[i].pid)
			die("waitpid: %m");
		close(vmms[i].from);
	}
	EXPECT_FOOTPRINT(before);
}

struct lazy_page {
	int fd;
	void *page;
	int fill;
	unsigned int faults;
};

static void *give_page(void *arg)
{
	static char bytes[HVP_PAGE_SIZE] __attribute__((aligned(HVP_PAGE_SIZE)));
	struct lazy_page *lazy = arg;

	userfault_wait(lazy->fd);
	lazy->faults++;
	usleep(50000);
	memset(bytes, lazy->fill, sizeof(bytes));
	userfault_give(lazy->fd, lazy->page, bytes);
	return NULL;
}

/* mov 0x1000, %al; out %al, $0x80 */
static const u8 read_page[] = { 0xa0, 0x00, 0x10, 0xe6, 0x80 };

/* The page comes when the child has touched it, and the parent's thread waits in between. */
static void a_page_that_comes_late(void)
{
	struct guest_config config = { .shared_ram = true, .privileges = GUEST_ALL_PRIVILEGES };
	struct vcpu *vcpu = guest_create(&config)->vcpus;
	struct child child = new_child(vcpu);
	struct lazy_page lazy = { .fill = 0x99 };
	const struct hvp_message *message;
	pthread_t thread;
	u64 page;

	child_code(&child, read_page, sizeof(read_page));
	child_map(&child, 1, MAP_RWX, 1, &page);
	lazy.page = child_page(&child, page);
	if (madvise(lazy.page, HVP_PAGE_SIZE, MADV_REMOVE))
		die("MADV_REMOVE: %m");
	lazy.fd = userfault_watch(lazy.page);
	if (pthread_create(&thread, NULL, give_page, &lazy))
		die("no thread");
	message = child_intercept(&child);
	EXPECT_EQUAL(message->header.type, HVP_MESSAGE_IO_PORT_INTERCEPT);
	EXPECT_EQUAL(message->payload.io_port.rax & 0xff, 0x99);
	EXPECT_EQUAL(lazy.faults, 1);
	pthread_join(thread, NULL);
}

static void wait_for_a_page(int ready, void *arg)
{
	struct vcpu *vcpu = new_guest();
	struct child child = new_child(vcpu);
	u64 page;

	(void)arg;
	child_code(&child, read_page, sizeof(read_page));
	child_map(&child, 1, MAP_RWX, 1, &page);
	if (madvise(child_page(&child, page), HVP_PAGE_SIZE, MADV_DONTNEED))
		die("MADV_DONTNEED: %m");
	userfault_watch(child_page(&child, page));
	process_tell(ready, "", 1);
	child_intercept(&child);
}

static void killed_while_it_waits_for_a_page(void)
{
	struct footprint before = footprint();
	unsigned int i;
	char byte;

	for (i = 0; i < 5; i++) {
		struct process process = process_start(wait_for_a_page, NULL);

		process_hear(process, &byte, 1);
		usleep(rand() % 100000);
		kill(process.pid, SIGKILL);
		if (waitpid(process.pid, NULL, 0) != process.pid)
			die("waitpid: %m");
		close(process.from);
	}
	EXPECT_FOOTPRINT(before);
}

/* What the VMM does to its memory while a child writes to it */
struct disturbance {
	const char *name;
	void (*disturb)(void *pages, size_t size);
	bool loses;	/* what was there */
};

static void fork_and_exit(void *pages, size_t size)
{
	pid_t pid = fork();

	(void)size;
	if (!pid) {
		*(volatile u32 *)pages += 1000000;
		_exit(0);
	}
	if (pid < 0 || waitpid(pid, NULL, 0) != pid)
		die("fork: %m");
}

static void protect(void *pages, size_t size)
{
	if (mprotect(pages, size, PROT_READ) || mprotect(pages, size, PROT_READ | PROT_WRITE))
		die("mprotect: %m");
}

static void page_out(void *pages, size_t size)
{
	madvise(pages, size, MADV_PAGEOUT);
}

static void give_up(void *pages, size_t size)
{
	if (madvise(pages, size, MADV_DONTNEED))
		die("MADV_DONTNEED: %m");
}

static void map_anew(void *pages, size_t size)
{
	if (mmap(pages, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
		 0) != pages)
		die("mmap: %m");
}

static const struct disturbance disturbances[] = {
	{ "the_vmm_forks", fork_and_exit, false },
	{ "the_vmm_protects_memory", protect, false },
	{ "memory_is_paged_out", page_out, false },
	{ "the_vmm_gives_memory_up", give_up, true },
	{ "the_vmm_maps_memory_anew", map_anew, true },
};

struct writing {
	struct race race;
	const struct disturbance *disturbance;
	volatile u32 *first, *second;
	unsigned int rounds;
	volatile bool done;
};

/*
 * A reader sees what the child writes: its count never goes back, and goes on after each
 * disturbance. Where the old page is lost the count begins anew, where everybody sees it.
 */
static void write_or_disturb(struct vcpu *vcpu, void *arg)
{
	struct writing *writing = arg;
	struct hvp_dispatch_vp_out out;
	unsigned int round;
	u32 seen, now;
	double begun;

	if (!vcpu->index) {
		while (!writing->done) {
			u64 result = dispatch_vp(vcpu, writing->race.child.id, 0,
						 HVP_DISPATCH_CLEAR_INTERCEPT_SUSPEND, &out);

			if (!result_success(result)) {
				fail_at(__FILE__, __LINE__, "dispatching: %s",
					status_name(result_status(result)));
				break;
			}
			writing->race.begun = true;
		}
		return;
	}
	while (!writing->race.begun)
		usleep(100);
	for (round = 0; round < writing->rounds && !case_failed(); round++) {
		seen = *writing->first;
		writing->disturbance->disturb((void *)writing->first, HVP_PAGE_SIZE);
		now = *writing->first;
		if (!writing->disturbance->loses && (int)(now - seen) < 0)
			fail_at(__FILE__, __LINE__, "round %u: %u after %u", round, now, seen);
		for (begun = seconds_now(); *writing->first == now;) {
			if (seconds_now() - begun > 5 * PROMPTLY) {
				fail_at(__FILE__, __LINE__, "round %u: it writes elsewhere", round);
				break;
			}
			usleep(10);
		}
	}
	writing->done = true;
}

static void memory_is_disturbed(const void *row)
{
	struct guest_config config = { .vcpus = 2, .privileges = GUEST_ALL_PRIVILEGES };
	struct vcpu *vcpus = guest_create(&config)->vcpus;
	struct writing writing = {
		.race.child = new_child(vcpus), .disturbance = row,
		.rounds = 200 / slowness(),
	};
	u64 pages[2];

	child_code(&writing.race.child, write_two_pages, sizeof(write_two_pages));
	child_map(&writing.race.child, 1, MAP_RWX, 2, pages);
	writing.first = child_page(&writing.race.child, pages[0]);
	writing.second = child_page(&writing.race.child, pages[1]);
	*writing.first = 0;
	*writing.second = 0;
	guest_run_threads(vcpus->guest, write_or_disturb, &writing);
	if (!writing.disturbance->loses) {
		u32 difference = *writing.first - *writing.second;

		/* Both in turn */
		EXPECT(difference <= 1);
	}
}

/* Address space whose page tables take long to go through, with next to nothing in them */
#define SPREAD		(4UL << 30)
#define PAGE_TABLE	(2UL << 20)

static void fill_page_tables(void *spread)
{
	size_t at;

	for (at = 0; at < SPREAD; at += PAGE_TABLE)
		*((volatile u8 *)spread + at) = 1;
}

/*
 * What is given up begins far before the page and takes its time, in which the child touches
 * the page: on a single CPU because it comes first.
 */
static void give_up_many(void *page, size_t size)
{
	void *spread = page + size - SPREAD;

	setpriority(PRIO_PROCESS, 0, 10);
	give_up(spread, SPREAD);
	setpriority(PRIO_PROCESS, 0, 0);
	fill_page_tables(spread);
}

static void a_page_at_the_end_of_many(void)
{
	static const struct disturbance disturbance = { "", give_up_many, true };
	struct guest_config config = { .vcpus = 2, .privileges = GUEST_ALL_PRIVILEGES };
	struct vcpu *vcpus = guest_create(&config)->vcpus;
	struct writing writing = {
		.race.child = new_child(vcpus), .disturbance = &disturbance, .rounds = 10,
	};
	const size_t size = 2 * HVP_PAGE_SIZE;
	void *spread = mmap(NULL, SPREAD, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	u64 gpn, pages[2];

	if (spread == MAP_FAILED || madvise(spread, SPREAD, MADV_NOHUGEPAGE))
		die("no memory: %m");
	fill_page_tables(spread);
	gpn = guest_add_memory(vcpus->guest, 0, spread + SPREAD - size, size);
	pages[0] = gpn + 1;
	pages[1] = gpn;
	child_code(&writing.race.child, write_two_pages, sizeof(write_two_pages));
	REQUIRE_RESULT(map_gpa_pages(vcpus, writing.race.child.id, 1, MAP_RWX, pages, 2),
		       SUCCESS, 2);
	writing.first = child_page(&writing.race.child, pages[0]);
	guest_run_threads(vcpus->guest, write_or_disturb, &writing);
}

/* The next that the child does is to read in a page of its own. */
static void let_it_read(struct child *child, u64 gpn)
{
	const struct hvp_segment_register segment = {
		.base = (gpn - 1) * HVP_PAGE_SIZE, .limit = 0x1fff, .attributes = 0x93,
	};
	struct hvp_register_assoc data = { .name = HVP_REGISTER_DS };

	child_code(child, read_page, sizeof(read_page));
	memcpy(&data.value, &segment, sizeof(segment));
	REQUIRE_RESULT(set_registers(child->vcpu, child->id, 0, &data, 1), SUCCESS, 1);
	set_register(child->vcpu, child->id, 0, HVP_REGISTER_RIP, 0);
}

static u8 what_it_reads(struct child *child, u64 gpn)
{
	const struct hvp_message *message;

	let_it_read(child, gpn);
	message = child_intercept(child);
	REQUIRE_EQUAL(message->header.type, HVP_MESSAGE_IO_PORT_INTERCEPT);
	return message->payload.io_port.rax;
}

/* Slots that show one page, as many as children see, and one more */
#define MOST_PLACES	16

/*
 * A page of the VMM's at many places of its guest's: what a child has been given at any of them
 * it loses when the VMM gives the page up.  It sees it at so many places and no more, as long as
 * there are children that do.
 */
static void a_page_at_many_places(void)
{
	struct vcpu *vcpu = new_guest();
	struct child child = new_child(vcpu);
	u8 *page = mmap(NULL, HVP_PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			-1, 0);
	u64 places[MOST_PLACES + 1];
	struct hvp_dispatch_vp_out out;
	unsigned int i;
	u64 result;

	if (page == MAP_FAILED)
		die("no memory: %m");
	for (i = 0; i <= MOST_PLACES; i++)
		places[i] = guest_add_memory(vcpu->guest, 0, page, HVP_PAGE_SIZE);
	REQUIRE_RESULT(map_gpa_pages(vcpu, child.id, 1, MAP_RWX, places, MOST_PLACES + 1), SUCCESS,
		       MOST_PLACES + 1);
	*page = 0x11;
	for (i = 0; i < MOST_PLACES; i++)
		EXPECT_EQUAL(what_it_reads(&child, 1 + i), 0x11);
	let_it_read(&child, 1 + MOST_PLACES);
	/* It may be called back before it has come to that. */
	do {
		result = dispatch_vp(vcpu, child.id, 0, HVP_DISPATCH_CLEAR_INTERCEPT_SUSPEND, &out);
	} while (result_success(result) && out.event != HVP_DISPATCH_EVENT_INTERCEPT);
	EXPECT_EQUAL(result_status(result), HVP_STATUS_NO_RESOURCES);
	give_up(page, HVP_PAGE_SIZE);
	*page = 0x22;
	for (i = 0; i < MOST_PLACES; i++)
		EXPECT_EQUAL(what_it_reads(&child, 1 + i), 0x22);

	finalize_child(vcpu, child.id);
	child = new_child(vcpu);
	REQUIRE_RESULT(map_gpa_pages(vcpu, child.id, 1, MAP_RWX, places + MOST_PLACES, 1), SUCCESS,
		       1);
	EXPECT_EQUAL(what_it_reads(&child, 1), 0x22);
}

/* More stretches of 2 MiB than are looked through when a page is taken away */
#define MANY_STRETCHES	100

/*
 * The page could be in any stretch of the first child's, each of which has one page before it and
 * one behind it; so it takes long to find, there and in the second child.
 */
static void a_page_that_takes_long_to_find(void)
{
	struct vcpu *vcpu = new_guest();
	struct child first = new_child(vcpu), second = new_child(vcpu);
	const u64 last = MANY_STRETCHES * 512 + 2;
	u64 pages[3];
	unsigned int i;
	u8 *page;

	deposit_new(vcpu, first.id, NULL, 2 * MANY_STRETCHES + 10);
	guest_alloc_list(vcpu->guest, pages, 3);
	page = child_page(&first, pages[1]);
	for (i = 1; i <= MANY_STRETCHES; i++) {
		const u64 ends[2] = { pages[0], pages[2] };

		REQUIRE_RESULT(map_gpa_pages(vcpu, first.id, 512 * i, MAP_RWX, ends, 2),
			       SUCCESS, 2);
	}
	REQUIRE_RESULT(map_gpa_pages(vcpu, first.id, last, MAP_RWX, pages + 1, 1), SUCCESS, 1);
	REQUIRE_RESULT(map_gpa_pages(vcpu, second.id, 1, MAP_RWX, pages + 1, 1), SUCCESS, 1);
	*page = 0x11;
	EXPECT_EQUAL(what_it_reads(&first, last), 0x11);
	EXPECT_EQUAL(what_it_reads(&second, 1), 0x11);
	give_up(page, HVP_PAGE_SIZE);
	*page = 0x22;
	EXPECT_EQUAL(what_it_reads(&first, last), 0x22);
	EXPECT_EQUAL(what_it_reads(&second, 1), 0x22);
}

/*
 * A thread of the VMM's that maps what is as large as a child's area, and unmaps it, at any
 * moment: who has the lock of the VMM's address space then, on a single CPU, comes behind it.
 */
#define MAPPED		(130UL << 20)

static void *map_and_unmap(void *arg)
{
	const struct sched_param first = { .sched_priority = 1 };
	volatile bool *stop = arg;

	if (pthread_setschedparam(pthread_self(), SCHED_FIFO, &first))
		die("no priority");
	while (!*stop) {
		u64 began = clock_ns(CLOCK_MONOTONIC);
		void *room = mmap(NULL, MAPPED, PROT_NONE,
				  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

		if (room == MAP_FAILED)
			die("no room: %m");
		usleep(50);
		munmap(room, MAPPED);
		/* Others get as much, where it takes longer. */
		usleep(50 + (clock_ns(CLOCK_MONOTONIC) - began) / 1000);
	}
	return NULL;
}

static void begin_children(struct vcpu *vcpu)
{
	unsigned int i;

	for (i = 0; i < 20; i++) {
		struct child child = new_child(vcpu);

		child_code(&child, wait_for_ever, sizeof(wait_for_ever));
		EXPECT_EQUAL(child_run(&child).state, HVP_DISPATCH_BLOCKED);
		finalize_child(vcpu, child.id);
		withdraw_all(vcpu, child.id);
		delete_child(vcpu, child.id);
	}
}

/* The room that was found for an area may be taken: the child runs all the same. */
static void begun_while_the_vmm_maps(void)
{
	volatile bool stop = false;
	pthread_t mapper;
	unsigned int i;

	if (pthread_create(&mapper, NULL, map_and_unmap, (void *)&stop))
		die("no thread");
	for (i = 0; i < 1 + 5 / slowness(); i++) {
		struct vcpu *vcpu = new_guest();

		begin_children(vcpu);
		guest_destroy(vcpu->guest);
	}
	stop = true;
	pthread_join(mapper, NULL);
}

static const struct test_case cases[] = {
	CASE(the_vmm_sees_areas_only),
	{ .name = "finalized_while_it_spins", .run = finalized_while_it_spins, .seconds = 60 },
	{ .name = "finalized_while_it_does_io", .run = finalized_while_it_does_io, .seconds = 60 },
	{ .name = "finalized_while_it_waits", .run = finalized_while_it_waits, .seconds = 60 },
	CASE(deleted_while_it_spins),
	{ .name = "the_vmm_is_killed", .run = the_vmm_is_killed, .seconds = 120 },
	CASE(the_vmm_makes_a_slot),
	CASE(the_vmm_keeps_a_descriptor),
	CASE(the_vmm_moves_a_descriptor),
	CASE(the_vmm_unmaps_the_areas),
	{ .name = "the_vmm_remaps_the_areas", .run = the_vmm_remaps_the_areas, .seconds = 60 },
	{ .name = "areas_of_a_locked_vmm", .run = areas_of_a_locked_vmm, .seconds = 60 },
	{ .name = "sealed_areas", .run = sealed_areas, .seconds = 60 },
	{ .name = "unloaded_while_vmms_are_stopped", .run = unloaded_while_vmms_are_stopped,
	  .seconds = 90 },
	{ .name = "begun_while_the_vmm_maps", .run = begun_while_the_vmm_maps, .seconds = 60 },
	CASE(a_page_that_comes_late),
	CASE(killed_while_it_waits_for_a_page),
	{ .name = "a_page_at_the_end_of_many", .run = a_page_at_the_end_of_many, .seconds = 60 },
	CASE(a_page_at_many_places),
	CASE(a_page_that_takes_long_to_find),
	{ .name = "unloaded_while_children_run", .run = unloaded_while_children_run,
	  .seconds = 90 },
};

int main(void)
{
	cases_add(cases, ARRAY_SIZE(cases));
	cases_add_table(memory_is_disturbed, disturbances, ARRAY_SIZE(disturbances),
			sizeof(disturbances[0]));
	stay_on_one_cpu_if_emulated();
	return cases_run();
}
