/* The clocks of the event loop. */
#ifndef LP_PLATFORM_POSIX_LOOP_CLOCK_H
#define LP_PLATFORM_POSIX_LOOP_CLOCK_H

#include <stdint.h>

/* CLOCK_MONOTONIC; timers and lp_timerfd use it. */
uint64_t lp_monotonic_ns(void);

#endif
