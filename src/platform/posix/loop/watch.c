#include "platform/posix/loop/watch.h"

#include "base/error.h"
#include "platform/posix/loop/loop_uv.h"

/* libuv's callback: passes events on. */
static void on_poll(uv_poll_t *poll, int status, int events)
{
	struct lp_watch *watch = poll->data;

	(void)events;
	watch->fn(watch->ctx, status < 0);
}

int lp_watch_init(struct lp_watch *watch, struct lp_loop *loop, int fd, lp_watch_fn fn, void *ctx)
{
	if (uv_poll_init(lp_loop_uv(loop), &watch->poll, fd) != 0)
		return LP_EIO;
	watch->poll.data = watch;
	watch->fn = fn;
	watch->released = NULL;
	watch->ctx = ctx;
	watch->closed = false;
	return 0;
}

void lp_watch_start(struct lp_watch *watch)
{
	if (!watch->closed)
		uv_poll_start(&watch->poll, UV_READABLE, on_poll);
}

void lp_watch_found(const struct lp_watch *watch, size_t n, size_t bytes)
{
	lp_loop_found(watch->poll.loop, n, bytes);
}

void lp_watch_start_write(struct lp_watch *watch)
{
	if (!watch->closed)
		uv_poll_start(&watch->poll, UV_WRITABLE, on_poll);
}

void lp_watch_stop(struct lp_watch *watch)
{
	if (!watch->closed)
		uv_poll_stop(&watch->poll);
}

/* libuv's callback: the handle's memory is free again. */
static void on_closed(uv_handle_t *handle)
{
	struct lp_watch *watch = handle->data;

	if (watch->released)
		watch->released(watch->ctx);
}

void lp_watch_close(struct lp_watch *watch, lp_watch_released_fn released)
{
	watch->closed = true;
	watch->released = released;
	uv_close((uv_handle_t *)&watch->poll, on_closed);
}
