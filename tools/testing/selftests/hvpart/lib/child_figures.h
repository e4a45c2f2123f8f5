/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _HVPART_CHILD_FIGURES_H
#define _HVPART_CHILD_FIGURES_H

#include <stdbool.h>

/*
 * In guests of its own, after figures_begin(), when figures_unknown is known. How long an
 * interrupt takes is told only where the time-stamp counter counts instructions.
 */
void figures_of_children(bool counts_instructions);

#endif
