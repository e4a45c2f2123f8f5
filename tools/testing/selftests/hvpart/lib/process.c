// SPDX-License-Identifier: GPL-2.0
#include <linux/capability.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cases.h"
#include "guest.h"
#include "process.h"

struct process process_start(void (*work)(int ready, void *arg), void *arg)
{
	struct process process;
	unsigned int seconds;
	int pipe_fds[2];

	if (pipe(pipe_fds))
		die("pipe: %m");
	/* As long as the case still has. */
	seconds = alarm(0);
	alarm(seconds);
	process.pid = fork();
	if (process.pid < 0)
		die("fork: %m");
	if (!process.pid) {
		close(pipe_fds[0]);
		alarm(seconds);
		work(pipe_fds[1], arg);
		case_stop();
	}
	close(pipe_fds[1]);
	process.from = pipe_fds[0];
	return process;
}

void process_tell(int ready, const void *data, size_t size)
{
	if (write(ready, data, size) != (ssize_t)size)
		die("write: %m");
}

void process_hear(struct process process, void *data, size_t size)
{
	if (read(process.from, data, size) != (ssize_t)size)
		die("a process has died by itself");
}

void limit_locked_memory(u64 pages)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];
	struct rlimit limit = { pages * HVP_PAGE_SIZE, pages * HVP_PAGE_SIZE };

	if (setrlimit(RLIMIT_MEMLOCK, &limit) || syscall(SYS_capget, &header, data))
		die("cannot limit locked memory: %m");
	data[CAP_IPC_LOCK / 32].effective &= ~(1u << CAP_IPC_LOCK % 32);
	if (syscall(SYS_capset, &header, data))
		die("cannot give up CAP_IPC_LOCK: %m");
}
