/* SPDX-License-Identifier: GPL-2.0 */
/* Tests that do what comes by chance, for as long as they are told to. */
#ifndef _HVPART_SOAK_H
#define _HVPART_SOAK_H

#include "guest.h"

/* $HVPART_SECONDS, for all cases of a program together. */
unsigned int soak_seconds(unsigned int otherwise);
/* $HVPART_SEED */
u64 soak_seed(void);
/* A clock that all processes share. */
u64 soak_now_ms(void);

struct random {
	u64 state;
};

/* A stream of its own for each @who. */
struct random random_stream(u64 who);
u64 random_bits(struct random *random);
/* 0 to @count - 1 */
unsigned int random_below(struct random *random, unsigned int count);
bool random_one_in(struct random *random, unsigned int count);

#endif
