// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "guest.h"
#include "host.h"
#include "module.h"

#define MODULE_FILE	"/hvpart/hvpart.ko"

void load_module(void)
{
	const char *file = getenv("HVPART_MODULE") ?: MODULE_FILE;
	int fd = open(file, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		die("cannot open %s: %m; name the module by HVPART_MODULE=", file);
	if (syscall(SYS_finit_module, fd, "", 0))
		die("cannot load %s: %m", file);
	close(fd);
}

void unload_module(void)
{
	unsigned int i;

	for (i = 0; syscall(SYS_delete_module, "hvpart", O_NONBLOCK); i++) {
		if (errno != EWOULDBLOCK || i == HOST_PATIENCE_MS)
			die("cannot unload hvpart: %m");
		usleep(1000);
	}
}
