// SPDX-License-Identifier: GPL-2.0
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <hvpart/abi.h>

#include "cases.h"
#include "userfault.h"

int userfault_watch(void *page)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register range = {
		.range = { .start = (unsigned long)page, .len = HVP_PAGE_SIZE },
		.mode = UFFDIO_REGISTER_MODE_MISSING,
	};
	int fd = syscall(SYS_userfaultfd, O_CLOEXEC);

	if (fd < 0 || ioctl(fd, UFFDIO_API, &api) || ioctl(fd, UFFDIO_REGISTER, &range))
		die("userfaultfd: %m");
	return fd;
}

void userfault_wait(int fd)
{
	struct uffd_msg message;

	if (read(fd, &message, sizeof(message)) != sizeof(message))
		die("userfaultfd: %m");
}

void userfault_give(int fd, void *page, const void *contents)
{
	static const u64 zeroes[HVP_PAGE_SIZE / sizeof(u64)];
	struct uffdio_copy copy = {
		.dst = (unsigned long)page,
		.src = (unsigned long)(contents ? contents : zeroes),
		.len = HVP_PAGE_SIZE,
	};

	if (ioctl(fd, UFFDIO_COPY, &copy))
		die("UFFDIO_COPY: %m");
}
