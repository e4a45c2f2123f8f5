/* SPDX-License-Identifier: GPL-2.0 */
/* A file of a real file system whose server, by FUSE, is as bad as one can be. */
#ifndef _HVPART_SERVED_FILE_H
#define _HVPART_SERVED_FILE_H

#include <stdbool.h>
#include <sys/types.h>

/**
 * struct served_file - a file of one page
 * @fd:		the file, open for reading and writing
 * @server:	the process that provides what is read, and never finishes a write
 * @path:	where it is mounted
 */
struct served_file {
	int fd;
	pid_t server;
	char path[64];
};

/* False if this kernel has no FUSE, or no module of it. */
bool served_file_start(struct served_file *file);
/* Ends all that waits for the server, with an error. */
void served_file_stop(struct served_file *file);

#endif
