// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "bulk.h"
#include "cases.h"
#include "hypercalls.h"

#define PAGES_GPA	(4ULL << 30)
#define PAGES_SLOT	100

u64 bulk_call(struct vcpu *vcpu, u64 control, const void *input, unsigned int size)
{
	memcpy(vcpu->input, input, size);
	return hypercall(vcpu, control, vcpu->input_gpa, vcpu->output_gpa);
}

void bulk_add_pages(struct guest *guest, unsigned int count)
{
	u64 size = (u64)count * HVP_PAGE_SIZE;
	u8 *host = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct kvm_userspace_memory_region region = {
		.slot = PAGES_SLOT, .guest_phys_addr = PAGES_GPA, .memory_size = size,
		.userspace_addr = (u64)host,
	};

	if (host == MAP_FAILED || madvise(host, size, MADV_NOHUGEPAGE) ||
	    madvise(host, size, MADV_POPULATE_WRITE))
		die("%u pages: %m; give the machine more memory", count);
	if (ioctl(guest->vm_fd, KVM_SET_USER_MEMORY_REGION, &region))
		die("KVM_SET_USER_MEMORY_REGION: %m");
}

u64 bulk_page(unsigned int index)
{
	return (PAGES_GPA >> HVP_PAGE_SHIFT) + index;
}

void bulk_deposit(struct vcpu *vcpu, u64 id, unsigned int *from, unsigned int count)
{
	unsigned int end = *from + count;

	while (*from < end) {
		unsigned int i, left = end - *from;
		u64 list[DEPOSIT_MAX_REPS + 1] = { id };

		if (left > DEPOSIT_MAX_REPS)
			left = DEPOSIT_MAX_REPS;
		for (i = 1; i <= left; i++)
			list[i] = bulk_page((*from)++);
		REQUIRE_RESULT(bulk_call(vcpu, HVP_CALL_DEPOSIT_MEMORY | CONTROL_REPS(left), list,
					 8 + left * 8), SUCCESS, left);
	}
}
