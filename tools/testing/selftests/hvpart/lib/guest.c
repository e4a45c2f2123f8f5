// SPDX-License-Identifier: GPL-2.0
/* The virtual machine: memory, vCPUs, MSRs, running them. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "guest.h"
#include "guest_code.h"

#define MSR_HYPERV_HYPERCALL	0x40000001
#define MSR_ENABLE		1

#define FREE_PAGE_PATTERN	0x5a

void die(const char *format, ...)
{
	int error = errno;
	va_list args;

	fflush(stdout);
	printf("Bail out! ");
	va_start(args, format);
	errno = error;
	vprintf(format, args);
	va_end(args);
	printf("\n");
	fflush(stdout);
	/* Not exit(): other threads may still be using what it would tear down. */
	_exit(1);
}

static void *map_pages(size_t size, int prot, int flags, int fd)
{
	void *pages = mmap(NULL, size, prot, flags, fd, 0);

	if (pages == MAP_FAILED)
		die("cannot map %zu bytes of memory: %m", size);
	return pages;
}

static void guest_add_slot(struct guest *guest, u64 gpa, u64 size, void *host, u32 flags)
{
	struct kvm_userspace_memory_region region = {
		.slot = guest->nr_slots,
		.flags = flags,
		.guest_phys_addr = gpa,
		.memory_size = size,
		.userspace_addr = (u64)host,
	};

	if (guest->nr_slots == GUEST_MAX_SLOTS)
		die("more than %d memslots", GUEST_MAX_SLOTS);
	if (ioctl(guest->vm_fd, KVM_SET_USER_MEMORY_REGION, &region))
		die("KVM_SET_USER_MEMORY_REGION at GPA 0x%llx: %m", gpa);
	guest->slots[guest->nr_slots++] = (struct guest_slot){ gpa, size, host };
}

void guest_set_slot(struct guest *guest, struct guest_slot *slot, u64 gpa, u64 size, u32 flags)
{
	struct kvm_userspace_memory_region region = {
		.slot = slot - guest->slots,
		.guest_phys_addr = gpa,
		.memory_size = size,
		.userspace_addr = (u64)slot->host,
		.flags = flags,
	};

	if (ioctl(guest->vm_fd, KVM_SET_USER_MEMORY_REGION, &region))
		die("KVM_SET_USER_MEMORY_REGION at GPA 0x%llx: %m", gpa);
	slot->gpa = gpa;
}

void *guest_host(struct guest *guest, u64 gpa)
{
	unsigned int i;

	for (i = 0; i < guest->nr_slots; i++) {
		struct guest_slot *slot = &guest->slots[i];

		if (gpa >= slot->gpa && gpa - slot->gpa < slot->size)
			return slot->host + (gpa - slot->gpa);
	}
	return NULL;
}

u64 guest_alloc(struct guest *guest)
{
	u64 gpa = guest->next_free_gpa;

	if (gpa + HVP_PAGE_SIZE > guest->config.ram)
		die("the guest has too little RAM for this test");
	memset(guest_host(guest, gpa), FREE_PAGE_PATTERN, HVP_PAGE_SIZE);
	guest->next_free_gpa += HVP_PAGE_SIZE;
	return gpa >> HVP_PAGE_SHIFT;
}

void guest_alloc_list(struct guest *guest, u64 *gpns, unsigned int count)
{
	while (count--)
		*gpns++ = guest_alloc(guest);
}

u64 guest_add_memory(struct guest *guest, u32 flags, void *host, u64 size)
{
	u64 gpa = guest->next_extra_gpa;

	guest_add_slot(guest, gpa, size, host, flags);
	guest->next_extra_gpa += size + HVP_PAGE_SIZE;
	return gpa >> HVP_PAGE_SHIFT;
}

u64 guest_add_page(struct guest *guest, u32 flags, int prot)
{
	void *host = map_pages(HVP_PAGE_SIZE, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS, -1);

	memset(host, FREE_PAGE_PATTERN, HVP_PAGE_SIZE);
	if (mprotect(host, HVP_PAGE_SIZE, prot))
		die("mprotect: %m");
	return guest_add_memory(guest, flags, host, HVP_PAGE_SIZE);
}

/* struct kvm_msrs, with room for one */
struct one_msr {
	u32 nmsrs, padding;
	struct kvm_msr_entry entry;
};

static_assert(offsetof(struct one_msr, entry) == sizeof(struct kvm_msrs), "kvm_msrs");

bool guest_may_set_msr(struct vcpu *vcpu, u32 msr, u64 value)
{
	struct one_msr msrs = { .nmsrs = 1, .entry = { .index = msr, .data = value } };

	return ioctl(vcpu->fd, KVM_SET_MSRS, &msrs) == 1;
}

bool guest_may_get_msr(struct vcpu *vcpu, u32 msr, u64 *value)
{
	struct one_msr msrs = { .nmsrs = 1, .entry = { .index = msr } };
	bool may = ioctl(vcpu->fd, KVM_GET_MSRS, &msrs) == 1;

	*value = msrs.entry.data;
	return may;
}

void guest_set_msr(struct vcpu *vcpu, u32 msr, u64 value)
{
	if (!guest_may_set_msr(vcpu, msr, value))
		die("KVM does not let MSR 0x%x be set to 0x%llx", msr, value);
}

u64 guest_get_msr(struct vcpu *vcpu, u32 msr)
{
	u64 value;

	if (!guest_may_get_msr(vcpu, msr, &value))
		die("KVM does not let MSR 0x%x be read", msr);
	return value;
}

void guest_enable_hypercalls(struct guest *guest)
{
	guest_set_msr(&guest->vcpus[0], MSR_GUEST_OS_ID, GUEST_OS_ID);
	guest_set_msr(&guest->vcpus[0], MSR_HYPERV_HYPERCALL, GUEST_HYPERCALL_GPA | MSR_ENABLE);
}

void guest_reset_identity(struct guest *guest)
{
	guest_set_msr(&guest->vcpus[0], MSR_GUEST_OS_ID, 0);
}

static u8 *add_parameter_page(struct guest *guest, u64 gpa)
{
	u8 *pages = map_pages(3 * HVP_PAGE_SIZE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1);

	if (mprotect(pages + HVP_PAGE_SIZE, HVP_PAGE_SIZE, PROT_READ | PROT_WRITE))
		die("mprotect: %m");
	guest_add_slot(guest, gpa, HVP_PAGE_SIZE, pages + HVP_PAGE_SIZE, 0);
	return pages + HVP_PAGE_SIZE;
}

static void remove_parameter_page(u8 *page)
{
	munmap(page - HVP_PAGE_SIZE, 3 * HVP_PAGE_SIZE);
}

static void vcpu_create(struct guest *guest, unsigned int index)
{
	struct vcpu *vcpu = &guest->vcpus[index];

	vcpu->guest = guest;
	vcpu->index = index;
	vcpu->fd = ioctl(guest->vm_fd, KVM_CREATE_VCPU, index);
	if (vcpu->fd < 0)
		die("KVM_CREATE_VCPU: %m");
	vcpu->run = map_pages(guest->run_size, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu->fd);
	if (guest->config.synic) {
		struct kvm_enable_cap synic = { .cap = KVM_CAP_HYPERV_SYNIC };
		struct kvm_mp_state running = { KVM_MP_STATE_RUNNABLE };

		if (ioctl(vcpu->fd, KVM_ENABLE_CAP, &synic))
			die("KVM cannot enable the SynIC: %m");
		/* All but the first wait for a SIPI that nobody will send. */
		if (ioctl(vcpu->fd, KVM_SET_MP_STATE, &running))
			die("KVM_SET_MP_STATE: %m");
	}
	vcpu_set_privileges(vcpu, guest->config.privileges);
	vcpu->input_gpa = GUEST_INPUT_GPA(index);
	vcpu->output_gpa = GUEST_OUTPUT_GPA(index);
	vcpu->input = add_parameter_page(guest, vcpu->input_gpa);
	vcpu->output = add_parameter_page(guest, vcpu->output_gpa);
	vcpu_set_mode(vcpu, VCPU_LONG64);
}

int open_kvm(void)
{
	int fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		die("cannot open /dev/kvm (%m): be root, on a machine with kvm-intel or kvm-amd");
	return fd;
}

struct guest *guest_create(const struct guest_config *config)
{
	static const struct guest_config defaults = { .privileges = GUEST_ALL_PRIVILEGES };
	struct guest *guest = calloc(1, sizeof(*guest));
	int flags = MAP_PRIVATE | MAP_ANONYMOUS;
	int ram_fd = -1;
	unsigned int i;
	int size;

	if (!guest)
		die("out of memory");
	guest->config = config ? *config : defaults;
	if (!guest->config.vcpus)
		guest->config.vcpus = 1;
	if (!guest->config.ram)
		guest->config.ram = GUEST_RAM_DEFAULT;
	if (guest->config.vcpus > GUEST_MAX_VCPUS)
		die("more than %d vCPUs", GUEST_MAX_VCPUS);

	guest->kvm_fd = open_kvm();
	guest->vm_fd = ioctl(guest->kvm_fd, KVM_CREATE_VM, 0);
	if (guest->vm_fd < 0)
		die("KVM_CREATE_VM: %m");
	size = ioctl(guest->kvm_fd, KVM_GET_VCPU_MMAP_SIZE, 0);
	if (size < 0)
		die("KVM_GET_VCPU_MMAP_SIZE: %m");
	guest->run_size = size;
	if (guest->config.synic && ioctl(guest->vm_fd, KVM_CREATE_IRQCHIP, 0))
		die("KVM_CREATE_IRQCHIP: %m");

	if (guest->config.shared_ram) {
		flags = MAP_SHARED;
		ram_fd = memfd_create("guest RAM", MFD_CLOEXEC);
		if (ram_fd < 0 || ftruncate(ram_fd, guest->config.ram))
			die("cannot make a memfd: %m");
	}
	guest_add_slot(guest, 0, guest->config.ram,
		       map_pages(guest->config.ram, PROT_READ | PROT_WRITE, flags, ram_fd), 0);
	if (ram_fd >= 0)
		close(ram_fd);
	guest->next_free_gpa = GUEST_FREE_GPA;
	guest->next_extra_gpa = GUEST_EXTRA_GPA;

	guest_write_tables(guest);
	guest_write_stub(guest);
	for (i = 0; i < guest->config.vcpus; i++) {
		vcpu_create(guest, i);
		guest->nr_vcpus++;
	}
	guest_enable_hypercalls(guest);
	return guest;
}

/*
 * On 7.3 KVM's folder in debugfs goes some time after the VM. A new VM gets none if it has
 * the same name, as it has in the same process, and then hvpart shows none of it either.
 */
static void wait_for_end_of_folder(int vm_fd)
{
	char path[128];
	unsigned int i;

	snprintf(path, sizeof(path), "/sys/kernel/debug/kvm/%d-%d", getpid(), vm_fd);
	for (i = 0; i < 1000 && !access(path, F_OK); i++)
		usleep(1000);
}

void guest_destroy(struct guest *guest)
{
	unsigned int i;

	for (i = 0; i < guest->nr_vcpus; i++) {
		munmap(guest->vcpus[i].run, guest->run_size);
		close(guest->vcpus[i].fd);
	}
	close(guest->vm_fd);
	close(guest->kvm_fd);
	wait_for_end_of_folder(guest->vm_fd);
	for (i = 0; i < guest->nr_vcpus; i++) {
		remove_parameter_page(guest->vcpus[i].input);
		remove_parameter_page(guest->vcpus[i].output);
	}
	for (i = 0; i < guest->nr_slots; i++) {
		if (guest->slots[i].gpa < GUEST_INPUT_GPA(0))
			munmap(guest->slots[i].host, guest->slots[i].size);
	}
	free(guest);
}

struct thread {
	pthread_t id;
	struct vcpu *vcpu;
	void (*function)(struct vcpu *vcpu, void *arg);
	void *arg;
};

static void *run_thread(void *data)
{
	struct thread *thread = data;

	thread->function(thread->vcpu, thread->arg);
	return NULL;
}

void guest_run_threads(struct guest *guest, void (*function)(struct vcpu *vcpu, void *arg),
		       void *arg)
{
	struct thread threads[GUEST_MAX_VCPUS];
	unsigned int i;

	for (i = 0; i < guest->nr_vcpus; i++) {
		threads[i] = (struct thread){ 0, &guest->vcpus[i], function, arg };
		if (pthread_create(&threads[i].id, NULL, run_thread, &threads[i]))
			die("cannot create a thread");
	}
	for (i = 0; i < guest->nr_vcpus; i++)
		pthread_join(threads[i].id, NULL);
}
