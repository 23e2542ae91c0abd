#include "platform/posix/loop/timerfd.h"

#include <errno.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/error.h"
#include "base/units.h"
#include "platform/posix/system/os_error.h"

static void on_fired(void *ctx, bool broken)
{
	struct lp_timerfd *timerfd = ctx;
	(void)broken;
	timerfd->fired = true;
}

int lp_timerfd_init(struct lp_timerfd *timerfd, uv_loop_t *uv)
{
	*timerfd = (struct lp_timerfd){.armed_ns = LP_NEVER};
	timerfd->fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (timerfd->fd < 0)
		return lp_os_error(errno);
	int result = lp_fd_watch_init(&timerfd->watch, uv, timerfd->fd, on_fired, timerfd);
	if (result < 0) {
		close(timerfd->fd);
		return result;
	}
	lp_fd_watch_start(&timerfd->watch);
	return 0;
}

void lp_timerfd_done(struct lp_timerfd *timerfd)
{
	lp_fd_watch_close(&timerfd->watch, NULL);
	close(timerfd->fd);
}

void lp_timerfd_set(struct lp_timerfd *timerfd, uint64_t next_ns)
{
	if (!timerfd->fired && next_ns >= timerfd->armed_ns)
		return;
	struct itimerspec spec = {0};
	if (next_ns != LP_NEVER) {
		uint64_t at_ns = next_ns ? next_ns : 1; /* 0 would disarm it */
		spec.it_value.tv_sec = (time_t)(at_ns / LP_SEC);
		spec.it_value.tv_nsec = (long)(at_ns % LP_SEC);
	}
	timerfd_settime(timerfd->fd, TFD_TIMER_ABSTIME, &spec, NULL);
	timerfd->armed_ns = next_ns;
	timerfd->fired = false;
}
