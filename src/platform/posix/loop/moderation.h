/* Keeps the loop from being woken for every other frame of a flood, as a network card's interrupt moderation does: when
   passes follow one another fast, each with more than one frame but few, and small ones, the loop naps before it waits,
   and finds a batch. A wake-up costs more than a small frame, and a program of high priority takes the processor from
   whoever sends them. Two that wait for one another's answers are not slowed down: they never have two frames at once.
   Nor is a file copy, nor a game beside it. Pure. */
#ifndef LP_PLATFORM_POSIX_LOOP_MODERATION_H
#define LP_PLATFORM_POSIX_LOOP_MODERATION_H

#include <stdbool.h>
#include <stdint.h>

/* How long a nap is: the most that a frame waits for others, and only in a flood. */
#define LP_NAP_NS UINT64_C(200000)

struct lp_moderation {
	uint64_t began_ns;  /* when the passes that are being counted began */
	uint64_t napped_ns; /* since then */
	uint64_t n_frames;  /* found in them */
	uint64_t n_bytes;   /* of those */
	unsigned n_passes;
	bool on;
};

/* A pass found |n| frames or packets, of |bytes| together, in one of the loop's devices. */
static inline void lp_moderation_found(struct lp_moderation *moderation, uint64_t n, uint64_t bytes)
{
	moderation->n_frames += n;
	moderation->n_bytes += bytes;
}

/* A pass of the loop is over. True if the loop should nap for LP_NAP_NS before it waits for the next one. */
bool lp_moderation_pass(struct lp_moderation *moderation, uint64_t now_ns);
/* The nap that began at |began_ns| is over. */
void lp_moderation_napped(struct lp_moderation *moderation, uint64_t began_ns, uint64_t now_ns);

#endif
