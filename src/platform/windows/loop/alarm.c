#include "platform/windows/loop/alarm.h"

#include <timeapi.h>

#include "base/units.h"
#include "platform/windows/system/os_error.h"

/* Since Windows 10 1803; missing from the headers of our build systems. */
#ifndef CREATE_WAITABLE_TIMER_HIGH_RESOLUTION
#define CREATE_WAITABLE_TIMER_HIGH_RESOLUTION 2
#endif

/* The unit of a waitable timer. */
#define TICK_NS 100

int lp_alarm_init(struct lp_alarm *alarm)
{
	*alarm = (struct lp_alarm){.armed_ns = LP_NEVER};
	alarm->timer = CreateWaitableTimerExW(NULL, NULL, CREATE_WAITABLE_TIMER_HIGH_RESOLUTION, TIMER_ALL_ACCESS);
	if (alarm->timer)
		return 0;
	alarm->timer = CreateWaitableTimerExW(NULL, NULL, 0, TIMER_ALL_ACCESS);
	if (!alarm->timer)
		return lp_os_error(GetLastError());
	/* It fires with the clock tick, which is 15.6 ms by default. */
	alarm->coarse = timeBeginPeriod(1) == TIMERR_NOERROR;
	return 0;
}

void lp_alarm_done(struct lp_alarm *alarm)
{
	if (alarm->coarse)
		timeEndPeriod(1);
	if (alarm->timer)
		CloseHandle(alarm->timer);
	*alarm = (struct lp_alarm){0};
}

void lp_alarm_fired(struct lp_alarm *alarm)
{
	alarm->armed_ns = LP_NEVER;
}

void lp_alarm_set(struct lp_alarm *alarm, uint64_t next_ns, uint64_t now_ns)
{
	if (next_ns >= alarm->armed_ns)
		return;
	uint64_t wait_ns = next_ns > now_ns ? next_ns - now_ns : 0;
	LARGE_INTEGER due;
	/* Negative means relative. Rounded up, so that it does not fire before the deadline; 0 would be an absolute
	   date. */
	due.QuadPart = -(LONGLONG)((wait_ns + TICK_NS - 1) / TICK_NS);
	if (due.QuadPart == 0)
		due.QuadPart = -1;
	SetWaitableTimer(alarm->timer, &due, 0, NULL, NULL, FALSE);
	alarm->armed_ns = next_ns;
}
