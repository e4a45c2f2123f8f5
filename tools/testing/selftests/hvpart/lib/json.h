/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One JSON document (RFC 8259), read strictly: anything else, also at a place that
 * nobody asks for, ends the program.
 */
#ifndef _HVPART_JSON_H
#define _HVPART_JSON_H

#include "guest.h"

/*
 * The value at a path as "vms[0].partitions[1].state", as it is in the document; a
 * string with its quotes. Returns false if there is none.
 */
bool json_find(const char *json, const char *path, char *value, size_t size);

/* Ends the program if there is none. */
double json_number(const char *json, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* As json_find() has it: a string is to have quotes. */
bool json_equals(const char *json, const char *path, const char *value);

#endif
