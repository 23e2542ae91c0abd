/* What wakes the loop for its earliest timer: a waitable timer, of high resolution where the system has that. */
#ifndef LP_PLATFORM_WINDOWS_LOOP_ALARM_H
#define LP_PLATFORM_WINDOWS_LOOP_ALARM_H

#include <stdbool.h>
#include <stdint.h>
#include <windows.h>

struct lp_alarm {
	HANDLE timer;      /* resets itself when it is waited for */
	uint64_t armed_ns; /* what it is set to, LP_NEVER if it is not */
	bool coarse;       /* the system's clock tick was raised to 1 ms instead */
};

int lp_alarm_init(struct lp_alarm *alarm);
void lp_alarm_done(struct lp_alarm *alarm);
/* The timer fired: it is not set any more. */
void lp_alarm_fired(struct lp_alarm *alarm);
/* Sets it for the earliest deadline where that is earlier than what it is set to. A deadline that moves later costs
   nothing: it fires early, nobody is due, and it is set again. */
void lp_alarm_set(struct lp_alarm *alarm, uint64_t next_ns, uint64_t now_ns);

#endif
