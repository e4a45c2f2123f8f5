/* SPDX-License-Identifier: GPL-2.0 */
/* A file of a real file system whose server, by FUSE, is as bad as one can be. */
#ifndef _HVPART_SERVED_FILE_H
#define _HVPART_SERVED_FILE_H

#include <stdbool.h>
#include <sys/types.h>

/**
 * struct served_file - a file of one page
 * @fd:		the file, open for reading and writing
 * @server:	the process that provides what is read, or not, and never finishes a write
 * @readers:	for served_file_wait()
 * @path:	where it is mounted
 */
struct served_file {
	int fd;
	pid_t server;
	int readers;
	char path[64];
};

/*
 * What is read is zeroes, or, where the file is not @readable, never there. False if this
 * kernel has no FUSE, or no module of it.
 */
bool served_file_start(struct served_file *file, bool readable);
/* Until somebody waits for what is not there */
void served_file_wait(struct served_file *file);
/* Ends all that waits for the server, with an error. */
void served_file_stop(struct served_file *file);

#endif
