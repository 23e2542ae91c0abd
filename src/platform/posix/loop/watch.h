/* A file descriptor whose readability the loop watches. Embedded in what owns the descriptor. */
#ifndef LP_PLATFORM_POSIX_LOOP_WATCH_H
#define LP_PLATFORM_POSIX_LOOP_WATCH_H

#include <stdbool.h>
#include <uv.h>

struct lp_loop;

/* |broken|: the descriptor is in an error state (EPOLLERR) and is not watched any more. */
typedef void (*lp_watch_fn)(void *ctx, bool broken);
typedef void (*lp_watch_released_fn)(void *ctx);

struct lp_watch {
	uv_poll_t poll;
	lp_watch_fn fn;
	lp_watch_released_fn released;
	void *ctx;
	bool closed; /* lp_watch_close() was called: |fn| comes no more */
};

/* Attaches |fd|, which stays the caller's, to the loop, not watched yet. On failure nothing is attached. */
int lp_watch_init(struct lp_watch *watch, struct lp_loop *loop, int fd, lp_watch_fn fn, void *ctx);
/* Watches for data (level-triggered). */
void lp_watch_start(struct lp_watch *watch);
/* |n| frames or packets of |bytes| together were found there at once. The loop goes by that when it must choose between
   waking up soon and waking up for many. */
void lp_watch_found(const struct lp_watch *watch, size_t n, size_t bytes);
/* Watches for room to write instead. */
void lp_watch_start_write(struct lp_watch *watch);
void lp_watch_stop(struct lp_watch *watch);
/* Detaches. The descriptor may be closed at once, the memory freed when |released| is called from the loop (with
   the watch's ctx; NULL: nobody wants to know). May be called from inside |fn|. */
void lp_watch_close(struct lp_watch *watch, lp_watch_released_fn released);

#endif
