// SPDX-License-Identifier: GPL-2.0
/* Temporary: children by the debugfs file of kvm/child/selftest_tmp.c. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "guest.h"

struct exit_ {
	int reason;
	u16 port;
	u8 size;
	int access;
	bool string, rep;
	u64 gpa, gva;
	bool gva_valid;
	u8 instruction_length, instruction_count, instruction[16];
};

struct command {
	u32 vcpu_fd, op, machine, vp;
	u64 a, b, c;
	long long result;
	u64 rip, rax, rcx, rdi, rsi, rdx;
	u32 woken, pad;
	struct exit_ exit;
};

static int file, failed, number;
static struct guest *guest;
static struct command c;

static long long cmd(u32 op, u32 vp, u64 a, u64 b, u64 cc)
{
	c.vcpu_fd = guest->vcpus[0].fd;
	c.op = op;
	c.vp = vp;
	c.a = a;
	c.b = b;
	c.c = cc;
	if (write(file, &c, sizeof(c)) != sizeof(c))
		die("write: %m");
	return c.result;
}

static void check(const char *what, long long is, long long wanted)
{
	number++;
	if (is == wanted) {
		printf("ok %d %s\n", number, what);
	} else {
		printf("# %lld (0x%llx), not %lld (0x%llx)\n", is, is, wanted, wanted);
		printf("not ok %d %s\n", number, what);
		failed++;
	}
	fflush(stdout);
}

static void regs(u32 vp, u64 rip, u64 rax)
{
	c.rip = rip;
	c.rax = rax;
	check("set registers", cmd(6, vp, 0x7f | 0, 0, 0), 0);
}

static void show(void)
{
	printf("# reason %d rip %llx rax %llx rcx %llx port %x size %d access %d str %d rep %d gpa %llx len %d count %d: %02x %02x %02x\n",
	       c.exit.reason, c.rip, c.rax, c.rcx, c.exit.port, c.exit.size, c.exit.access,
	       c.exit.string, c.exit.rep, c.exit.gpa, c.exit.instruction_length,
	       c.exit.instruction_count, c.exit.instruction[0], c.exit.instruction[1],
	       c.exit.instruction[2]);
}

static long long ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void *interrupt_later(void *arg)
{
	struct command d = { .vcpu_fd = guest->vcpus[0].fd, .op = 8 };

	int own = open("/sys/kernel/debug/hvpart-child", O_RDWR);

	(void)arg;
	usleep(1000);
	if (write(own, &d, sizeof(d)) < 0)
		die("write");
	return NULL;
}

#include <sched.h>
static volatile int kicking;
static long kicks;

static void on_cpu(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		printf("# no CPU %d\n", cpu);
}

static void *kick_parent(void *arg)
{
	struct kvm_msi msi = { .address_lo = 0xfee00000, .data = 0x400 };

	(void)arg;
	on_cpu(1);
	while (kicking) {
		usleep(200);
		kicks++;
		if (ioctl(guest->vm_fd, KVM_SIGNAL_MSI, &msi) <= 0)
			die("KVM_SIGNAL_MSI: %m");
	}
	return NULL;
}

static void run_until_not_interrupted(void)
{
	int n = 0;

	do {
		check("run", cmd(4, 0, 0, 0, 0), 0);
	} while (!c.exit.reason && n++ < 20);
	show();
}

static long long mappings(const char *name)
{
	char path[300], line[64];
	FILE *f;
	long long sum = 0;

	/* /sys/kernel/debug/kvm/NAME is the sum over all VMs */
	snprintf(path, sizeof(path), "/sys/kernel/debug/kvm/%s", name);
	f = fopen(path, "r");
	if (f && fgets(line, sizeof(line), f))
		sum = atoll(line);
	if (f)
		fclose(f);
	return sum;
}

/* 4 MiB of the child from 0x400000 on, of an aligned piece of the VMM's */
static u8 *big;

static void huge(void)
{
	u64 first;
	int i;
	long long before;

	big = mmap(NULL, 8 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	big = (u8 *)(((u64)big + (2 << 20) - 1) & ~((2ULL << 20) - 1));
	madvise(big, 4 << 20, MADV_HUGEPAGE);
	memset(big, 0x11, 4 << 20);
	/* Anywhere in the guest: it need not be aligned there for us, but for KVM. */
	first = 0x40000000 >> 12;
	{
		struct kvm_userspace_memory_region r = {
			.slot = 60, .guest_phys_addr = first << 12, .memory_size = 4 << 20,
			.userspace_addr = (u64)big,
		};

		if (ioctl(guest->vm_fd, KVM_SET_USER_MEMORY_REGION, &r))
			die("slot");
	}
	check("huge: create", cmd(0, 0, 0, 0, 0), 0);
	check("huge: create VP", cmd(3, 0, 0, 0, 0), 0);
	for (i = 0; i < 1024; i++)
		if (cmd(2, 0, 0 + i, first + i, 2 | 3 << 2))
			check("huge: map", 1, 0);
	/* incb (0x6000); hlt */
	memcpy(big + 0x200, "\xfe\x06\x00\x60\xf4", 5);
	before = mappings("pages_2m");
	regs(0, 0x200, 0);
	run_until_not_interrupted();
	check("huge: blocked", c.exit.reason, 1);
	check("huge: written", big[0x6000], 0x12);
	printf("# pf_fixed %lld pf_taken %lld\n", mappings("pf_fixed"), mappings("pf_taken"));
	printf("# 2M %lld -> %lld, 4K %lld\n", before, mappings("pages_2m"), mappings("pages_4k"));
	check("huge: is huge", mappings("pf_fixed") < 2, 1);
	memcpy(big + 0x100, "\xe6\x42", 2);
	regs(0, 0x100, 0);
	for (i = 0; i < 100; i++)
		cmd(4, 0, 0, 0, 0);
	printf("# pf_fixed %lld pf_taken %lld reason %d pages_2m %lld\n", mappings("pf_fixed"), mappings("pf_taken"), c.exit.reason, mappings("pages_2m"));
	check("huge: stays", mappings("pf_fixed") < 4, 1);
	check("huge: unmap one", cmd(2, 0, 6, 0, 0), 0);
	regs(0, 0x200, 0);
	run_until_not_interrupted();
	check("huge: one unmapped", c.exit.reason, 3);
	check("huge: gpa", c.exit.gpa, 0x6000);
	check("huge: map again", cmd(2, 0, 6, first + 6, 2 | 3 << 2), 0);
	run_until_not_interrupted();
	check("huge: written again", big[0x6000], 0x13);
}

static volatile int stop;

static void *shake(void *arg)
{
	unsigned int n = 0;
	int own = open("/sys/kernel/debug/hvpart-child", O_RDWR);

	(void)arg;
	while (!stop) {
		switch (n++ % 6) {
		case 0: madvise(big, 4 << 20, 21 /* MADV_PAGEOUT */); break;
		case 1: mprotect(big, 4 << 20, PROT_READ); break;
		case 2: mprotect(big, 4 << 20, PROT_READ | PROT_WRITE); break;
		case 3: if (!fork()) _exit(0); wait(NULL); break;
		case 4: madvise(big, 4 << 20, 25 /* MADV_COLLAPSE */); break;
		case 5: {
			struct command d = { .vcpu_fd = guest->vcpus[0].fd, .op = 8 };

			if (write(own, &d, sizeof(d)) < 0)
				die("write");
			break;
		}
		}
	}
	return NULL;
}

/*
 * The child adds 1 to each of a number of words in turn, for ever, and does an OUT after
 * each round, at which all have to be equal.
 */
static void hammer(void)
{
	static const u8 code[] = {
		0xbb, 0x00, 0x00,	/* mov $0, %bx */
		0x8e, 0xdb,		/* mov %bx, %ds */
		0xbe, 0x00, 0x60,	/* mov $0x6000, %si */
		0xb9, 0x09, 0x00,	/* mov $9, %cx: pages 6 to 14 */
		0xff, 0x04,		/* 1: incw (%si) */
		0x81, 0xc6, 0x00, 0x10,	/* add $0x1000, %si */
		0xe2, 0xf8,		/* loop 1b */
		0xe6, 0x42,		/* out %al, $0x42 */
		0xeb, 0xe9,		/* jmp 0: the parent moves on by 2 first */
	};
	pthread_t thread;
	long long rounds = 0, wrong = 0, memory = 0, other = 0, end = ms() + 4000;
	int i;

	memset(big + 0x6000, 0, 9 * 4096);
	memcpy(big + 0x800, code, sizeof(code));
	regs(0, 0x800, 0);
	stop = 0;
	pthread_create(&thread, NULL, shake, NULL);
	while (ms() < end) {
		if (cmd(4, 0, 0, 0, 0))
			check("hammer: run", c.result, 0);
		if (c.exit.reason == 0)
			continue;
		if (c.exit.reason == 3) {
			memory++;	/* read-only at the moment */
			continue;
		}
		if (c.exit.reason != 2) {
			other++;
			show();
			if (other > 5)
				break;
			continue;
		}
		rounds++;
		for (i = 0; i < 9; i++)
			if (*(volatile u16 *)(big + 0x6000 + i * 4096) != (u16)rounds)
				wrong++;
		c.rip += 2;
		cmd(11, 0, 0, 0, 0);
	}
	stop = 1;
	pthread_join(thread, NULL);
	printf("# rounds %lld wrong %lld memory %lld other %lld\n", rounds, wrong, memory, other);
	check("hammer: nothing wrong", wrong, 0);
	check("hammer: nothing else", other, 0);
	check("hammer: rounds", rounds > 10, 1);
	check("hammer: destroy", cmd(1, 0, 0, 0, 0), 0);
}

int main(int argc, char **argv)
{
	struct guest_config config = { .synic = true };
	u64 page, data;
	u8 *code, *bytes;
	pthread_t thread;
	long long start;
	int i;

	printf("TAP version 13\n");
	file = open("/sys/kernel/debug/hvpart-child", O_RDWR);
	if (file < 0)
		die("debugfs: %m");
	guest = guest_create(&config);
	page = guest_alloc(guest);
	data = guest_alloc(guest);
	code = guest_host(guest, page << 12);
	bytes = guest_host(guest, data << 12);
	(void)bytes;
	memset(code, 0xf4, 4096);
	/* 0: out %al, $0x42; out %ax, (%dx); mov (0x5000), %al; hlt */
	memcpy(code + 0x100, "\xe6\x42\xef\xa0\x00\x50\xf4", 7);
	/* 0x200: incb (0x6000); hlt */
	memcpy(code + 0x200, "\xfe\x06\x00\x60\xf4", 5);
	/* 0x300: jmp . */
	memcpy(code + 0x300, "\xeb\xfe", 2);
	/* 0x400: rep outsb */
	memcpy(code + 0x400, "\xf3\x6e\xf4", 3);
	/* 0x500: sti; hlt; out %al, $0x55 */
	memcpy(code + 0x500, "\xfb\xf4\xe6\x55\xf4", 5);
	/* handler of vector 0x20 at 0x600: out %al,$0x20; iret */
	memcpy(code + 0x600, "\xe6\x20\xcf", 3);
	memcpy(code + 4 * 0x20, "\x00\x06\x00\x00", 4);
	memcpy(code + 4 * 0x21, "\x00\x06\x00\x00", 4);

	check("create", cmd(0, 0, 0, 0, 0), 0);
	check("create VP", cmd(3, 0, 0, 0, 0), 0);
	check("create VP 1", cmd(3, 1, 0, 0, 0), 0);
	check("get", cmd(5, 0, 0xff, 0, 0), 0);
	printf("# reset rip %llx rdx %llx\n", c.rip, c.rdx);
	check("reset rip", c.rip, 0xfff0);
	run_until_not_interrupted();
	check("nothing is mapped: memory", c.exit.reason, 3);
	check("reset vector", c.exit.gpa, 0xfffffff0);
	check("map", cmd(2, 0, 0, page, 2 | 3 << 2), 0);
	c.rdx = 0x77;
	regs(0, 0x100, 0x1234);
	run_until_not_interrupted();
	check("OUT: io", c.exit.reason, 2);
	check("port", c.exit.port, 0x42);
	check("length", c.exit.instruction_length, 2);
	check("rip", c.rip, 0x100);
	run_until_not_interrupted();
	check("again: io", c.exit.reason, 2);
	check("again: rip", c.rip, 0x100);
	c.rip = 0x102;
	check("move rip", cmd(11, 0, 0, 0, 0), 0);
	run_until_not_interrupted();
	check("OUT DX: io", c.exit.reason, 2);
	check("OUT DX: port", c.exit.port, 0x77);
	check("OUT DX: size", c.exit.size, 2);
	check("OUT DX: rip", c.rip, 0x102);
	check("OUT DX: length", c.exit.instruction_length, 1);
	c.rip = 0x103;
	check("move rip", cmd(11, 0, 0, 0, 0), 0);
	run_until_not_interrupted();
	check("read: memory", c.exit.reason, 3);
	check("read: gpa", c.exit.gpa, 0x5000);
	check("read: access", c.exit.access, 0);
	check("read: rip", c.rip, 0x103);
	check("read: rax", c.rax, 0x1234);
	memset(bytes, 0x99, 4096);
	check("map", cmd(2, 0, 5, data, 2 | 1 << 2), 0);
	run_until_not_interrupted();
	check("halt: blocked", c.exit.reason, 1);
	check("halt: al", c.rax & 0xff, 0x99);
	check("woken", cmd(10, 0, 0, 0, 0), 0);
	check("not woken", c.woken, 0);
	check("msi", cmd(7, 0, 0x20, 0, 0), 0);
	cmd(10, 0, 0, 0, 0);
	check("LAPIC is software disabled: not woken, or woken", c.woken <= 1, 1);

	regs(0, 0x200, 0);
	run_until_not_interrupted();
	check("RMW: memory", c.exit.reason, 3);
	check("RMW: gpa", c.exit.gpa, 0x6000);
	check("map read-only", cmd(2, 0, 6, data, 2 | 1 << 2), 0);
	run_until_not_interrupted();
	check("read-only: memory", c.exit.reason, 3);
	check("read-only: access", c.exit.access, 1);
	check("read-only: nothing written", bytes[0], 0x99);
	check("map", cmd(2, 0, 6, data, 2 | 3 << 2), 0);
	run_until_not_interrupted();
	check("blocked", c.exit.reason, 1);
	check("written", bytes[0], 0x9a);
	check("unmap", cmd(2, 0, 6, 0, 0), 0);
	regs(0, 0x200, 0);
	run_until_not_interrupted();
	check("unmapped: memory", c.exit.reason, 3);
	check("unmapped: nothing written", bytes[0], 0x9a);

	/* The VMM replaces a page of its own. */
	check("map", cmd(2, 0, 6, data, 2 | 3 << 2), 0);
	run_until_not_interrupted();
	check("written", bytes[0], 0x9b);
	madvise(bytes, 4096, MADV_DONTNEED);
	regs(0, 0x200, 0);
	run_until_not_interrupted();
	check("discarded: written", bytes[0], 1);
	if (mprotect(bytes, 4096, PROT_NONE))
		die("mprotect");
	regs(0, 0x200, 0);
	run_until_not_interrupted();
	check("no access: memory", c.exit.reason, 3);
	mprotect(bytes, 4096, PROT_READ | PROT_WRITE);
	run_until_not_interrupted();
	check("access again", bytes[0], 2);

	c.rcx = 5;
	c.rsi = 0x5000;
	c.rdx = 0x99;
	regs(0, 0x400, 0);
	run_until_not_interrupted();
	check("REP OUTSB: io", c.exit.reason, 2);
	check("REP OUTSB: string", c.exit.string, 1);
	check("REP OUTSB: rep", c.exit.rep, 1);
	check("REP OUTSB: port", c.exit.port, 0x99);
	check("REP OUTSB: rcx", c.rcx, 5);
	check("REP OUTSB: length", c.exit.instruction_length, 2);

	regs(0, 0x300, 0);
	start = ms();
	for (i = 0; i < 10; i++)
		if (cmd(4, 0, 0, 0, 0) || c.exit.reason)
			check("loop", c.exit.reason, 0);
	start = ms() - start;
	printf("# 10 slices: %lld ms\n", start);
	check("slices", start >= 30 && start < 1000, 1);
	pthread_create(&thread, NULL, interrupt_later, NULL);
	start = ms();
	cmd(4, 0, 0, 0, 0);
	printf("# interrupted after %lld ms\n", ms() - start);
	pthread_join(thread, NULL);
	start = ms();
	for (i = 0; i < 100; i++)
		cmd(4, 0, 0, 0, 0);
	printf("# 100 runs without kicks: %lld ms\n", ms() - start);
	on_cpu(0);
	{
		struct kvm_lapic_state l;

		if (ioctl(guest->vcpus[0].fd, KVM_GET_LAPIC, &l) ||
		    ioctl(guest->vcpus[0].fd, KVM_SET_LAPIC, &l))
			die("LAPIC");
	}
	kicking = 1;
	pthread_create(&thread, NULL, kick_parent, NULL);
	start = ms();
	for (i = 0; i < 100; i++)
		cmd(4, 0, 0, 0, 0);
	printf("# 100 runs with the parent being kicked: %lld ms, %ld kicks\n", ms() - start, kicks);
	check("kicks end runs", ms() - start < 350, 1);
	kicking = 0;
	pthread_join(thread, NULL);
	check("extint to one that runs not", cmd(7, 0, 0x21, 7, 0), 0);
	check("extint: busy", cmd(7, 0, 0x21, 7, 0), -16);
	regs(0, 0x500, 0);
	check("map a stack", cmd(2, 0, 15, data, 2 | 3 << 2), 0);
	run_until_not_interrupted();
	check("extint: handler's OUT", c.exit.port, 0x20);
	check("extint: rip", c.rip, 0x600);

	check("AP", cmd(4, 1, 0, 0, 0), 0);
	if (!c.exit.reason)
		cmd(4, 1, 0, 0, 0);
	check("AP waits for SIPI", c.exit.reason, 1);
	check("INIT", cmd(7, 1, 0, 5, 0), 0);
	cmd(10, 1, 0, 0, 0);
	check("AP woken", c.woken, 1);
	check("destroy VP", cmd(9, 1, 0, 0, 0), 0);
	printf("# mappings:\n");
	fflush(stdout);
	system("grep hvpart /proc/$PPID/maps | sed 's/^/# /'");
	if (argc > 1 && !strcmp(argv[1], "die"))
		_exit(failed);
	check("destroy", cmd(1, 0, 0, 0, 0), 0);
	usleep(100000);
	system("grep hvpart /proc/$PPID/maps | sed 's/^/# /'");

	huge();
	hammer();
	/* Again and again */
	for (i = 0; i < 20; i++) {
		if (cmd(0, 0, 0, 0, 0) || cmd(3, 0, 0, 0, 0) ||
		    cmd(2, 0, 0, page, 2 | 3 << 2))
			check("again", c.result, 0);
		c.rip = 0x200;
		cmd(6, 0, 0x7f, 0, 0);
		cmd(2, 0, 6, data, 2 | 3 << 2);
		do
			cmd(4, 0, 0, 0, 0);
		while (!c.exit.reason);
		if (c.exit.reason != 1)
			check("again: blocked", c.exit.reason, 1);
		cmd(1, 0, 0, 0, 0);
	}
	guest_destroy(guest);
	printf("1..%d\n# totals: pass=%d fail=%d skip=0\n", number, number - failed, failed);
	return failed != 0;
}
