/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _HVPARTSTAT_TABLE_H
#define _HVPARTSTAT_TABLE_H

#include "sample.h"

/* What is printed to: a screen, which is drawn over, or lines for anybody. */
struct view {
	bool screen;
	unsigned int rows;	/* of a screen */
	unsigned int columns;	/* lines are cut to that; 0: they are not */
	size_t scrolled;	/* rows of the upper table above what is shown; kept sane */
	unsigned int page;	/* set: how many rows of it are shown */
	double every;		/* seconds until the next; 0: there is none */
};

void table_print(const struct sample *sample, struct view *view);

#endif
