/* SPDX-License-Identifier: GPL-2.0 */
/* The terminal: its size, keys that are not waited for, and how it was before. */
#ifndef _HVPARTSTAT_TERMINAL_H
#define _HVPARTSTAT_TERMINAL_H

#include <stdbool.h>

/* Is stdout a terminal that can be drawn on? */
bool terminal_is_screen(void);
/* 24 by 80 if it does not say. */
void terminal_size(unsigned int *rows, unsigned int *columns);

/* A screen of its own and single keys, and the reverse; either may be done twice. */
void terminal_enter(void);
void terminal_leave(void);

enum key { KEY_NONE, KEY_QUIT, KEY_UP, KEY_DOWN, KEY_PAGE_UP, KEY_PAGE_DOWN, KEY_FIRST };

/* What has been pressed last; KEY_QUIT also when there is nobody any more. */
enum key terminal_key(void);

#endif
