/* Leaves the others their share of the processor. The kernel keeps a twentieth of each second from programs with
   real-time scheduling, in one piece: who uses more stands still for 50 ms, and in every game that plays through it so
   does everybody (sched(7), "Limiting the CPU usage of real-time and deadline processes"). So a loop that is that busy
   rests for half a millisecond now and then, before the kernel makes it. Pure. */
#ifndef LP_PLATFORM_POSIX_LOOP_SHARE_H
#define LP_PLATFORM_POSIX_LOOP_SHARE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/units.h"

/* How often the loop looks at what it used, and after how many passes at the earliest: a loop that is woken now and
   then leaves enough by itself, and asking costs it as much as a frame. */
#define LP_SHARE_PERIOD_NS (8 * LP_MS)
#define LP_SHARE_PASSES 16

struct lp_share {
	uint64_t looked_ns; /* when it last did */
	uint64_t used_ns;   /* processor time of the thread then */
	unsigned n_passes;  /* since then */
};

/* A pass of the loop is over. True if it is time to look. */
static inline bool lp_share_pass(struct lp_share *share, uint64_t now_ns)
{
	return ++share->n_passes >= LP_SHARE_PASSES && now_ns - share->looked_ns >= LP_SHARE_PERIOD_NS;
}

/* How long the loop should rest, now that its thread has used |used_ns| of processor time since it began. */
uint64_t lp_share_rest_ns(struct lp_share *share, uint64_t now_ns, uint64_t used_ns);

#endif
