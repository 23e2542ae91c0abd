#include "platform/linux/loop/alarm.h"

#include <errno.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/units.h"
#include "platform/posix/system/os_error.h"

uint64_t lp_monotonic_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * LP_SEC + (uint64_t)now.tv_nsec;
}

/* The timerfd fired: what is due is called before the next sleep. */
static void on_fired(void *ctx, bool broken)
{
	struct lp_alarm *alarm = ctx;

	(void)broken;
	alarm->fired = true;
}

int lp_alarm_init(struct lp_alarm *alarm, struct lp_loop *loop)
{
	*alarm = (struct lp_alarm){.armed_ns = LP_NEVER};
	alarm->fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (alarm->fd < 0)
		return lp_os_error(errno);
	if (lp_watch_init(&alarm->watch, loop, alarm->fd, on_fired, alarm) < 0) {
		close(alarm->fd);
		return LP_EIO;
	}
	lp_watch_start(&alarm->watch);
	return 0;
}

void lp_alarm_done(struct lp_alarm *alarm)
{
	lp_watch_close(&alarm->watch, NULL);
	close(alarm->fd);
}

void lp_alarm_set(struct lp_alarm *alarm, uint64_t next_ns)
{
	struct itimerspec spec = {0};

	if (!alarm->fired && next_ns >= alarm->armed_ns)
		return;
	if (next_ns != LP_NEVER) {
		/* 0 would disarm it. */
		uint64_t at_ns = next_ns ? next_ns : 1;

		spec.it_value.tv_sec = (time_t)(at_ns / LP_SEC);
		spec.it_value.tv_nsec = (long)(at_ns % LP_SEC);
	}
	timerfd_settime(alarm->fd, TFD_TIMER_ABSTIME, &spec, NULL);
	alarm->armed_ns = next_ns;
	alarm->fired = false;
}
