/* Wakes the loop for its earliest timer: a waitable timer, with high resolution if available. */
#ifndef LP_PLATFORM_WINDOWS_LOOP_ALARM_H
#define LP_PLATFORM_WINDOWS_LOOP_ALARM_H

#include <stdbool.h>
#include <stdint.h>
#include <windows.h>

struct lp_alarm {
	HANDLE timer;      /* auto-reset */
	uint64_t armed_ns; /* the armed deadline, LP_NEVER if not armed */
	bool coarse;       /* no high resolution: the system's clock tick was set to 1 ms instead */
};

int lp_alarm_init(struct lp_alarm *alarm);
void lp_alarm_done(struct lp_alarm *alarm);
/* The timer fired, and is no longer armed. */
void lp_alarm_fired(struct lp_alarm *alarm);
/* Arms it for |next_ns| if it is not armed for an earlier time. A deadline that moves later costs no system call: the
   timer fires early, no deadline has expired, and it is set again. */
void lp_alarm_set(struct lp_alarm *alarm, uint64_t next_ns, uint64_t now_ns);

#endif
