/* Wakes the loop for its earliest timer; Linux, FreeBSD and NetBSD have a timerfd.

   The loop sets it at most once per pass, before it sleeps, and only if the earliest deadline moved forward. A
   deadline that moves later costs no system call: the timerfd fires early, no timer has expired, and it is set
   again. */
#ifndef LP_PLATFORM_POSIX_LOOP_TIMERFD_H
#define LP_PLATFORM_POSIX_LOOP_TIMERFD_H

#include <stdbool.h>
#include <stdint.h>

#include "platform/posix/loop/fd_watch.h"

struct lp_timerfd {
	uint64_t armed_ns; /* the armed deadline, LP_NEVER if not armed */
	bool fired;        /* the descriptor stays readable until it is set again */
	int fd;
	struct lp_fd_watch watch;
};

/* 0, or LP_E*. */
int lp_timerfd_init(struct lp_timerfd *timerfd, uv_loop_t *uv);
void lp_timerfd_done(struct lp_timerfd *timerfd);
/* Arms it for |next_ns| (lp_monotonic_ns() time) if it is not armed for an earlier time; clears the readable state. */
void lp_timerfd_set(struct lp_timerfd *timerfd, uint64_t next_ns);

#endif
