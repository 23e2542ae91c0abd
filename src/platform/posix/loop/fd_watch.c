#include "platform/posix/loop/fd_watch.h"

#include "base/error.h"

static void on_poll(uv_poll_t *poll, int status, int events)
{
	struct lp_fd_watch *watch = poll->data;
	(void)events;
	watch->fn(watch->ctx, status < 0);
}

int lp_fd_watch_init(struct lp_fd_watch *watch, uv_loop_t *uv, int fd, lp_fd_watch_fn fn, void *ctx)
{
	if (uv_poll_init(uv, &watch->poll, fd) != 0)
		return LP_EIO;
	watch->poll.data = watch;
	watch->fn = fn;
	watch->released = NULL;
	watch->ctx = ctx;
	watch->closed = false;
	return 0;
}

void lp_fd_watch_start(struct lp_fd_watch *watch)
{
	if (!watch->closed)
		uv_poll_start(&watch->poll, UV_READABLE, on_poll);
}

void lp_fd_watch_start_both(struct lp_fd_watch *watch)
{
	if (!watch->closed)
		uv_poll_start(&watch->poll, UV_READABLE | UV_WRITABLE, on_poll);
}

void lp_fd_watch_stop(struct lp_fd_watch *watch)
{
	if (!watch->closed)
		uv_poll_stop(&watch->poll);
}

static void on_closed(uv_handle_t *handle)
{
	struct lp_fd_watch *watch = handle->data;
	if (watch->released)
		watch->released(watch->ctx);
}

void lp_fd_watch_close(struct lp_fd_watch *watch, lp_fd_watch_released_fn released)
{
	watch->closed = true;
	watch->released = released;
	uv_close((uv_handle_t *)&watch->poll, on_closed);
}
