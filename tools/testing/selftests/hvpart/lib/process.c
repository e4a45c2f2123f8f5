// SPDX-License-Identifier: GPL-2.0
#include <unistd.h>

#include "cases.h"
#include "guest.h"
#include "process.h"

struct process process_start(void (*work)(int ready, void *arg), void *arg)
{
	struct process process;
	int pipe_fds[2];

	if (pipe(pipe_fds))
		die("pipe: %m");
	process.pid = fork();
	if (process.pid < 0)
		die("fork: %m");
	if (!process.pid) {
		close(pipe_fds[0]);
		case_alarm(CASE_SECONDS);
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
