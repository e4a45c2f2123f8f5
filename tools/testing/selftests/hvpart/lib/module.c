// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "guest.h"
#include "host.h"
#include "module.h"

static const char *module_file(const char *name)
{
	static char path[64];

	if (!strcmp(name, "hvpart"))
		return getenv("HVPART_MODULE") ?: "/hvpart/hvpart.ko";
	snprintf(path, sizeof(path), "/hvpart/test-modules/%s.ko", name);
	return path;
}

bool module_exists(const char *name)
{
	return !access(module_file(name), F_OK);
}

int module_insert(const char *name, const char *parameters)
{
	int fd = open(module_file(name), O_RDONLY | O_CLOEXEC), error;

	if (fd < 0)
		return errno;
	error = syscall(SYS_finit_module, fd, parameters, 0) ? errno : 0;
	close(fd);
	return error;
}

void module_remove(const char *name)
{
	unsigned int i;

	for (i = 0; syscall(SYS_delete_module, name, O_NONBLOCK); i++) {
		if (errno != EWOULDBLOCK || i == HOST_PATIENCE_MS)
			die("cannot unload %s: %m", name);
		usleep(1000);
	}
}

void load_module(void)
{
	errno = module_insert("hvpart", "");
	if (errno)
		die("cannot load %s: %m; name the module by HVPART_MODULE=",
		    module_file("hvpart"));
}

void unload_module(void)
{
	module_remove("hvpart");
}
