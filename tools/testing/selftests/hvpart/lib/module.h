/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _HVPART_MODULE_H
#define _HVPART_MODULE_H

#include <stdbool.h>

/*
 * hvpart, or a module of tools/testing/modules, from where tools/testing/vm/run puts it.
 * HVPART_MODULE names another file of hvpart's.
 */
bool module_exists(const char *name);
/* Returns 0 or an error number. */
int module_insert(const char *name, const char *parameters);
/* Waits for those who use it. */
void module_remove(const char *name);

void load_module(void);
void unload_module(void);

#endif
