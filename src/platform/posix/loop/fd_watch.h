/* Watches one file descriptor for readability, and on request for writability. Embedded in the struct that owns the
   descriptor.

   Level-triggered: |fn| is called in each pass of the loop until the data is read or the watch is stopped. */
#ifndef LP_PLATFORM_POSIX_LOOP_FD_WATCH_H
#define LP_PLATFORM_POSIX_LOOP_FD_WATCH_H

#include <stdbool.h>
#include <uv.h>

/* The descriptor is ready. |broken|: it is in an error state (EPOLLERR), and the watch has stopped. */
typedef void (*lp_fd_watch_fn)(void *ctx, bool broken);
typedef void (*lp_fd_watch_released_fn)(void *ctx);

struct lp_fd_watch {
	uv_poll_t poll;
	lp_fd_watch_fn fn;
	lp_fd_watch_released_fn released;
	void *ctx;
	bool closed; /* lp_fd_watch_close() was called: |fn| is not called any more */
};

/* Attaches |fd| to the loop |uv| (lp_loop_uv()); the watch is not started yet. The caller keeps ownership of |fd|.
   0; LP_EIO: nothing is attached. */
int lp_fd_watch_init(struct lp_fd_watch *watch, uv_loop_t *uv, int fd, lp_fd_watch_fn fn, void *ctx);
/* Watches for readability. */
void lp_fd_watch_start(struct lp_fd_watch *watch);
/* Watches for both, until the next lp_fd_watch_start(). */
void lp_fd_watch_start_both(struct lp_fd_watch *watch);
void lp_fd_watch_stop(struct lp_fd_watch *watch);
/* Detaches the watch; allowed from inside |fn|. The descriptor may be closed immediately. The memory may be freed when
   the loop calls |released| with the watch's ctx (NULL: no notification). */
void lp_fd_watch_close(struct lp_fd_watch *watch, lp_fd_watch_released_fn released);

#endif
