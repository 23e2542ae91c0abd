/* What wakes the loop for its earliest timer: a timerfd.

   It is set at most once a pass of the loop, just before that sleeps, and only when the earliest deadline is earlier
   than what it is set to already. A deadline that moves later costs nothing: the timerfd fires early, nobody is due,
   and it is set again. */
#ifndef LP_PLATFORM_LINUX_LOOP_ALARM_H
#define LP_PLATFORM_LINUX_LOOP_ALARM_H

#include <stdbool.h>
#include <stdint.h>

#include "platform/posix/loop/watch.h"

struct lp_loop;

struct lp_alarm {
	uint64_t armed_ns; /* what the timerfd is set to, LP_NEVER if it is not */
	bool fired;        /* the timerfd is readable and will be until it is set again */
	int fd;
	struct lp_watch watch;
};

int lp_alarm_init(struct lp_alarm *alarm, struct lp_loop *loop);
void lp_alarm_done(struct lp_alarm *alarm);
/* Sets it for the earliest deadline where it has to be, which also takes back its readable state. */
void lp_alarm_set(struct lp_alarm *alarm, uint64_t next_ns);
/* CLOCK_MONOTONIC, which the timerfd counts in. */
uint64_t lp_monotonic_ns(void);

#endif
