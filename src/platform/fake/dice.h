/* Repeatable chance: the same seed gives the same numbers (splitmix64). */
#ifndef LP_PLATFORM_FAKE_DICE_H
#define LP_PLATFORM_FAKE_DICE_H

#include <stdbool.h>
#include <stdint.h>

struct lp_dice {
	uint64_t state;
};

/* The next 64 bits. */
static inline uint64_t lp_dice_next(struct lp_dice *dice)
{
	uint64_t z = dice->state += 0x9E3779B97F4A7C15U;
	z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
	z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
	return z ^ (z >> 31);
}

/* A number below |bound|; 0 for a bound of 0. */
static inline uint64_t lp_dice_below(struct lp_dice *dice, uint64_t bound)
{
	return bound ? lp_dice_next(dice) % bound : 0;
}

/* True with the given probability, from 0 to 1. */
static inline bool lp_dice_chance(struct lp_dice *dice, double probability)
{
	return probability > 0 && (double)(lp_dice_next(dice) >> 11) < probability * 9007199254740992.0;
}

#endif
