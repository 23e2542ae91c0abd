/* The event loop: one thread, timers in nanoseconds, signals. Sockets and devices attach themselves when opened. */
#ifndef LP_PLATFORM_LOOP_LOOP_H
#define LP_PLATFORM_LOOP_LOOP_H

#include <stdint.h>

struct lp_loop;
struct lp_timer;

enum lp_signal {
	LP_SIGNAL_STOP,   /* SIGINT, SIGTERM; on Windows Ctrl-C, close, logoff, shutdown */
	LP_SIGNAL_HANGUP, /* SIGHUP: the terminal was closed, or somebody wants files to be read again */
	LP_SIGNAL_RELOAD, /* SIGHUP in a program that was started to outlive its terminal (nohup): only the latter */
};

typedef void (*lp_timer_fn)(void *ctx, uint64_t now_ns);
typedef void (*lp_signal_fn)(void *ctx, enum lp_signal signal);

int lp_loop_new(struct lp_loop **ret_loop);
/* Everything that was attached must have been freed before. */
void lp_loop_free(struct lp_loop *loop);
/* Runs until lp_loop_stop(). */
int lp_loop_run(struct lp_loop *loop);
void lp_loop_stop(struct lp_loop *loop);
/* Monotonic time, read afresh. */
uint64_t lp_loop_now_ns(const struct lp_loop *loop);
/* Seconds of Unix time. */
int64_t lp_loop_unix_s(const struct lp_loop *loop);
/* From now on |fn| is called for signals instead of the system's default. */
int lp_loop_on_signal(struct lp_loop *loop, lp_signal_fn fn, void *ctx);

/* A timer that is not armed. */
int lp_timer_new(struct lp_loop *loop, lp_timer_fn fn, void *ctx, struct lp_timer **ret_timer);
void lp_timer_free(struct lp_timer *timer);
/* Arms the timer for a point in time (LP_NEVER: disarms it). Cheap when the deadline moves later: the timer then
   fires early once and is set again without calling |fn|. */
void lp_timer_set(struct lp_timer *timer, uint64_t deadline_ns);

#endif
