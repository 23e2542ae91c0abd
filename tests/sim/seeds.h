/* Seeds for tests with random scenarios: SIM_FIRST is the first one (1), SIM_SEEDS their number. */
#ifndef LP_TESTS_SIM_SEEDS_H
#define LP_TESTS_SIM_SEEDS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

/* A number from the environment. */
static inline uint64_t seeds_number(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);
	return text ? strtoull(text, NULL, 10) : otherwise;
}

/* Runs all seeds, |n_default| without SIM_SEEDS. Returns how many failed. */
static inline unsigned seeds_run(uint64_t n_default, bool (*run)(uint64_t seed))
{
	uint64_t first = seeds_number("SIM_FIRST", 1), n_seeds = seeds_number("SIM_SEEDS", n_default);
	unsigned n_failed = 0;
	for (uint64_t seed = first; seed < first + n_seeds; seed++)
		n_failed += !run(seed);
	return n_failed;
}

#endif
