/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _HVPARTSTAT_WATCH_H
#define _HVPARTSTAT_WATCH_H

#include "sample.h"

struct watch {
	double seconds;			/* from one to the next */
	unsigned long long count;	/* so many, 0: until told to stop */
	bool json;
};

/* Returns the exit status: of a problem that is there at the beginning. */
int watch(const struct watch *how, const struct selection *selection);

#endif
