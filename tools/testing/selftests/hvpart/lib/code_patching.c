// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include <cpuid.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "code_patching.h"
#include "guest.h"

/* The vCPU's file keeps the VM. It is not closed, not even by exec. */
static void make_vcpu(int kvm_fd, bool irqchip)
{
	int vm_fd = ioctl(kvm_fd, KVM_CREATE_VM, 0), vcpu_fd;

	if (vm_fd < 0)
		die("KVM_CREATE_VM: %m");
	if (irqchip && ioctl(vm_fd, KVM_CREATE_IRQCHIP, 0))
		die("KVM_CREATE_IRQCHIP: %m");
	vcpu_fd = ioctl(vm_fd, KVM_CREATE_VCPU, 0);
	if (vcpu_fd < 0 || fcntl(vcpu_fd, F_SETFD, 0))
		die("KVM_CREATE_VCPU: %m");
	close(vm_fd);
}

void keep_kvm_busy(void)
{
	int kvm_fd = open_kvm();

	make_vcpu(kvm_fd, false);
	make_vcpu(kvm_fd, true);
	close(kvm_fd);
}

static bool emulated(void)
{
	static const char signature[] = "TCGTCGTCGTCG";
	unsigned int eax, ebx, ecx, edx;
	char found[12];

	__cpuid(0x40000000, eax, ebx, ecx, edx);
	memcpy(found, &ebx, 4);
	memcpy(found + 4, &ecx, 4);
	memcpy(found + 8, &edx, 4);
	return !memcmp(found, signature, sizeof(found));
}

void stay_on_one_cpu_if_emulated(void)
{
	cpu_set_t one;

	if (!emulated())
		return;
	printf("# QEMU's emulation: everything on one CPU, see lib/code_patching.h\n");
	CPU_ZERO(&one);
	CPU_SET(0, &one);
	if (sched_setaffinity(0, sizeof(one), &one))
		die("sched_setaffinity: %m");
}
