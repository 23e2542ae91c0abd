/* The timers of a loop: a binary heap of deadlines above one timerfd.

   The timerfd is set at most once a pass of the loop, just before it sleeps, and only when the earliest deadline
   is earlier than what the timerfd is set to already. A deadline that moves later costs nothing: the timerfd fires
   early, nobody is due, and it is set again. */
#ifndef LP_PLATFORM_LINUX_TIMERS_H
#define LP_PLATFORM_LINUX_TIMERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "platform/linux/watch.h"

struct lp_loop;
struct lp_timer;

struct lp_timers {
	struct lp_timer **heap; /* the earliest first; disarmed ones are LP_NEVER, at the bottom */
	size_t n;               /* timers, armed or not */
	size_t room;            /* of |heap| */
	uint64_t armed_ns;      /* what the timerfd is set to, LP_NEVER if it is not */
	bool fired;             /* the timerfd is readable and will be until it is set again */
	int fd;
	struct lp_watch watch;
};

int lp_timers_init(struct lp_timers *timers, struct lp_loop *loop);
/* All timers must have been freed. */
void lp_timers_done(struct lp_timers *timers);
/* Calls what is due, then sets the timerfd if it has to be. */
void lp_timers_run(struct lp_timers *timers);
/* CLOCK_MONOTONIC, which the timerfd counts in. */
uint64_t lp_monotonic_ns(void);

#endif
