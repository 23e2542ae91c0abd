/* The event loop: one thread, timers in nanoseconds, signals. Sockets and devices attach themselves when they are
   opened.

   Each pass of the loop calls expired timers, applies the CPU policy (loop/cpu.h), sleeps until a device or the next
   timer is ready, and calls each ready device once. A device reads one bounded batch per call, so a flooded device does
   not starve the others. */
#ifndef LP_PLATFORM_LOOP_LOOP_H
#define LP_PLATFORM_LOOP_LOOP_H

#include <stdint.h>

struct lp_loop;
struct lp_timer;

enum lp_signal {
	LP_SIGNAL_STOP,      /* SIGTERM */
	LP_SIGNAL_INTERRUPT, /* SIGINT: Ctrl-C */
	LP_SIGNAL_HANGUP,    /* SIGHUP: the terminal was closed, or a reload was requested; on Windows the window was
				closed, logoff, shutdown: the program has five seconds */
	LP_SIGNAL_RELOAD,    /* SIGHUP in a program started with nohup: a reload was requested */
};

typedef void (*lp_timer_fn)(void *ctx, uint64_t now_ns);
typedef void (*lp_signal_fn)(void *ctx, enum lp_signal signal);

int lp_loop_new(struct lp_loop **ret_loop);
/* Everything attached must have been freed before. */
void lp_loop_free(struct lp_loop *loop);
/* Runs until lp_loop_stop(). */
int lp_loop_run(struct lp_loop *loop);
void lp_loop_stop(struct lp_loop *loop);
/* Monotonic time; reads the clock. */
uint64_t lp_loop_now_ns(const struct lp_loop *loop);
/* Unix time in seconds. */
int64_t lp_loop_unix_s(const struct lp_loop *loop);
/* Unix time in nanoseconds. */
uint64_t lp_loop_unix_ns(const struct lp_loop *loop);
/* Calls |fn| for signals instead of the system's default action. 0 or LP_E*. */
int lp_loop_on_signal(struct lp_loop *loop, lp_signal_fn fn, void *ctx);

/* Creates a timer, not armed. 0 or LP_ENOMEM. */
int lp_timer_new(struct lp_loop *loop, lp_timer_fn fn, void *ctx, struct lp_timer **ret_timer);
void lp_timer_free(struct lp_timer *timer);
/* Arms the timer for a point in time (LP_NEVER: disarms it). Moving a deadline later costs no system call. */
void lp_timer_set(struct lp_timer *timer, uint64_t deadline_ns);

#endif
