// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <time.h>

#include "soak.h"

static u64 environment_number(const char *name, u64 otherwise)
{
	const char *value = getenv(name);

	return value && *value ? strtoull(value, NULL, 0) : otherwise;
}

unsigned int soak_seconds(unsigned int otherwise)
{
	return environment_number("HVPART_SECONDS", otherwise);
}

u64 soak_seed(void)
{
	return environment_number("HVPART_SEED", 1);
}

u64 soak_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000ULL + now.tv_nsec / 1000000;
}

/* SplitMix64 */
u64 random_bits(struct random *random)
{
	u64 bits = random->state += 0x9e3779b97f4a7c15ULL;

	bits = (bits ^ bits >> 30) * 0xbf58476d1ce4e5b9ULL;
	bits = (bits ^ bits >> 27) * 0x94d049bb133111ebULL;
	return bits ^ bits >> 31;
}

struct random random_stream(u64 who)
{
	struct random random = { soak_seed() };

	random.state = random_bits(&random) ^ who;
	random_bits(&random);
	return random;
}

unsigned int random_below(struct random *random, unsigned int count)
{
	return (random_bits(random) >> 32) * count >> 32;
}

bool random_one_in(struct random *random, unsigned int count)
{
	return !random_below(random, count);
}
