// SPDX-License-Identifier: GPL-2.0
/* The server speaks the kernel's protocol itself; the file is the root of what it mounts. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest.h"
#include "served_file.h"

static void answer(int device, u64 request, int error, const void *data, size_t size)
{
	struct fuse_out_header header = {
		.len = sizeof(header) + size,
		.error = error,
		.unique = request,
	};
	struct iovec parts[] = { { &header, sizeof(header) }, { (void *)data, size } };

	/* Who asked may have been killed meanwhile. */
	if (writev(device, parts, 2) < 0 && errno != ENOENT)
		_exit(1);
}

/* Who reads from it, while nothing is to be read, is told of by a byte. */
static void serve(int device, bool readable, int readers)
{
	static const u8 zeroes[HVP_PAGE_SIZE];
	const struct fuse_init_out init = {
		.major = FUSE_KERNEL_VERSION,
		.minor = FUSE_KERNEL_MINOR_VERSION,
		.max_write = HVP_PAGE_SIZE,
	};
	const struct fuse_attr_out attributes = {
		.attr_valid = 3600,
		.attr = { .ino = FUSE_ROOT_ID, .size = HVP_PAGE_SIZE, .mode = S_IFREG | 0600,
			  .nlink = 1, .blksize = HVP_PAGE_SIZE },
	};
	const struct fuse_open_out open = {};
	struct {
		struct fuse_in_header header;
		u8 rest[4 * HVP_PAGE_SIZE];
	} request;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;) {
		ssize_t got = read(device, &request, sizeof(request));
		u64 id = request.header.unique;

		if (got < 0 && errno != EINTR && errno != ENOENT)
			_exit(0);
		if (got < 0)
			continue;
		switch (request.header.opcode) {
		case FUSE_INIT:
			answer(device, id, 0, &init, sizeof(init));
			break;
		case FUSE_GETATTR:
			answer(device, id, 0, &attributes, sizeof(attributes));
			break;
		case FUSE_OPEN:
			answer(device, id, 0, &open, sizeof(open));
			break;
		case FUSE_READ:
			if (readable)
				answer(device, id, 0, zeroes, sizeof(zeroes));
			else if (write(readers, "", 1) != 1)
				_exit(1);
			break;
		case FUSE_WRITE:
		case FUSE_FORGET:
		case FUSE_BATCH_FORGET:
			break;
		default:
			answer(device, id, -EOPNOTSUPP, NULL, 0);
		}
	}
}

bool served_file_start(struct served_file *file, bool readable)
{
	char options[96];
	int device, pipe_fds[2];
	struct stat stat;

	/* Where it is a module, nobody loads it for us. */
	if (access("/dev/fuse", F_OK) && system("modprobe -q fuse 2>/dev/null"))
		return false;
	device = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	if (device < 0)
		return false;
	snprintf(file->path, sizeof(file->path), "/tmp/hvpart-served-%d", getpid());
	close(open(file->path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	snprintf(options, sizeof(options), "fd=%d,rootmode=%o,user_id=0,group_id=0", device,
		 S_IFREG | 0600);
	if (mount("hvpart", file->path, "fuse", MS_NOSUID | MS_NODEV, options))
		die("cannot mount: %m");
	if (pipe2(pipe_fds, O_CLOEXEC))
		die("pipe: %m");
	file->server = fork();
	if (file->server < 0)
		die("fork: %m");
	if (!file->server)
		serve(device, readable, pipe_fds[1]);
	close(device);
	close(pipe_fds[1]);
	file->readers = pipe_fds[0];
	file->fd = open(file->path, O_RDWR | O_CLOEXEC);
	/* Its size is asked for by that, and not by a page fault. */
	if (file->fd < 0 || fstat(file->fd, &stat))
		die("%s: %m", file->path);
	return true;
}

void served_file_wait(struct served_file *file)
{
	char byte;

	if (read(file->readers, &byte, 1) != 1)
		die("a file's server has died by itself");
}

void served_file_stop(struct served_file *file)
{
	kill(file->server, SIGKILL);
	if (waitpid(file->server, NULL, 0) != file->server)
		die("waitpid: %m");
	close(file->fd);
	close(file->readers);
	if (umount2(file->path, MNT_DETACH) || unlink(file->path))
		die("%s: %m", file->path);
}
