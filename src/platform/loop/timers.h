/* The timers of a loop: a binary heap of deadlines, which implements lp_timer (loop/loop.h) for every system. The
   system's loop sleeps until lp_timers_next() and then calls lp_timers_run(). */
#ifndef LP_PLATFORM_LOOP_TIMERS_H
#define LP_PLATFORM_LOOP_TIMERS_H

#include <stddef.h>
#include <stdint.h>

#include "base/heap.h"

struct lp_loop;
struct lp_timer;

struct lp_timers {
	struct lp_heap heap; /* of the armed timers, by deadline */
	size_t n;            /* timers, armed or not */
};

/* The timers of a loop. Each system's loop.c implements this, which makes the two files call each other: lp_timer_new()
   gets a loop, and only the loop's file knows where its timers are. */
struct lp_timers *lp_loop_timers(struct lp_loop *loop);

void lp_timers_init(struct lp_timers *timers);
/* All timers must have been freed. */
void lp_timers_done(struct lp_timers *timers);
/* The earliest deadline, or LP_NEVER. */
uint64_t lp_timers_next(const struct lp_timers *timers);
/* Calls the expired timers. */
void lp_timers_run(struct lp_timers *timers, uint64_t now_ns);

#endif
