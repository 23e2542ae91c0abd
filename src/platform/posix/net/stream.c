#include "platform/net/stream.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/addr.h"
#include "base/error.h"
#include "base/failure.h"
#include "base/units.h"
#include "platform/loop/loop.h"
#include "platform/posix/loop/fd_watch.h"
#include "platform/posix/loop/loop_uv.h"
#include "platform/posix/net/local_path.h"
#include "platform/posix/net/sockaddr.h"
#include "platform/posix/system/os_error.h"

/* Connections that the kernel completes ahead of us. */
#define BACKLOG 128
/* Connections accepted in one pass: frames wait for no more than these. */
#define ACCEPTS_PER_PASS 4
/* Without a free descriptor, the time to the next attempt. */
#define ACCEPT_PAUSE_NS (200 * LP_MS)

struct lp_stream_listener {
	int fd;
	char *path; /* of a Unix socket; NULL: TCP */
	struct lp_loop *loop;
	struct lp_timer *timer; /* ends a pause */
	lp_stream_accept_fn fn;
	void *ctx;
	struct lp_fd_watch watch;
};

/* What accept4() can fill in. */
union peer {
	struct sockaddr sa;
	struct sockaddr_storage storage;
};

/* Stops polling for a while. */
static void pause_accepting(struct lp_stream_listener *listener)
{
	lp_fd_watch_stop(&listener->watch);
	lp_timer_set(listener->timer, lp_loop_now_ns(listener->loop) + ACCEPT_PAUSE_NS);
}

static void on_pause_over(void *ctx, uint64_t now_ns)
{
	struct lp_stream_listener *listener = ctx;
	(void)now_ns;
	lp_fd_watch_start(&listener->watch);
}

static void on_connection(void *ctx, bool broken)
{
	struct lp_stream_listener *listener = ctx;
	(void)broken;
	for (unsigned i = 0; i < ACCEPTS_PER_PASS; i++) {
		union peer peer = {0};
		socklen_t len = sizeof peer;
		int fd = accept4(listener->fd, &peer.sa, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd >= 0)
			listener->fn(listener->ctx, fd, &peer, len);
		else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
			pause_accepting(listener);
		if (fd < 0)
			return;
	}
}

/* True if the path is a socket on which no program listens any more. */
static bool is_stale(const struct sockaddr_un *address)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct stat st;
	if (fd < 0)
		return false;
	bool refused = connect(fd, (const struct sockaddr *)address, sizeof *address) < 0 && errno == ECONNREFUSED;
	close(fd);
	return refused && lstat(address->sun_path, &st) == 0 && S_ISSOCK(st.st_mode);
}

/* Binds; the socket's file has mode 0660 from the start. 0 or the errno. */
static int bind_mode(int fd, const struct sockaddr_un *address)
{
	/* The file gets the socket's mode, less the umask. A chmod of the path could hit another file. */
	if (fchmod(fd, 0660) < 0)
		return errno;
	mode_t before = umask(0007);
	int err = bind(fd, (const struct sockaddr *)address, sizeof *address) < 0 ? errno : 0;
	umask(before);
	return err;
}

/* Binds, after removing what a killed program left. 0 or the errno. */
static int bind_path(int fd, const struct sockaddr_un *address)
{
	int err = bind_mode(fd, address);
	if (err != EADDRINUSE || !is_stale(address))
		return err;
	unlink(address->sun_path);
	return bind_mode(fd, address);
}

/* Explains why a Unix socket cannot be opened. */
static int path_failure(struct lp_failure *failure, int err, const char *path)
{
	if (err == EADDRINUSE)
		return lp_fail(failure, LP_EINUSE,
			"another program is listening at %s, or the file there is not a socket", path);
	if (err == ENOENT)
		return lp_fail(failure, LP_ENOTFOUND, "cannot listen at %s because its folder is missing", path);
	return lp_fail(failure, lp_os_error(err), "cannot listen at %s: %s", path, strerror(err));
}

/* Puts a bound socket on the loop. 0 or the errno; on failure the socket stays open. */
static int start(struct lp_stream_listener *listener, struct lp_loop *loop)
{
	listener->loop = loop;
	if (listen(listener->fd, BACKLOG) < 0)
		return errno;
	if (lp_timer_new(loop, on_pause_over, listener, &listener->timer) < 0)
		return ENOMEM;
	if (lp_fd_watch_init(&listener->watch, lp_loop_uv(loop), listener->fd, on_connection, listener) < 0) {
		lp_timer_free(listener->timer);
		return EIO;
	}
	lp_fd_watch_start(&listener->watch);
	return 0;
}

/* Frees a listener that is not on the loop. */
static void abandon(struct lp_stream_listener *listener)
{
	if (listener->fd >= 0)
		close(listener->fd);
	free(listener->path);
	free(listener);
}

int lp_stream_listen(struct lp_loop *loop, const struct lp_addr *address, lp_stream_accept_fn fn, void *ctx,
	struct lp_failure *failure, struct lp_stream_listener **ret_listener)
{
	struct lp_stream_listener *listener = calloc(1, sizeof *listener);
	union lp_sockaddr sa;
	char text[LP_ADDR_TEXT_MAX];
	int err = 0;
	if (!listener)
		return lp_fail(failure, LP_ENOMEM, "out of memory");
	/* Without an address: any of both families, or of IPv4 on a system without IPv6. */
	bool both = address->family == 0;
	socklen_t len = lp_sockaddr_set(address, both, &sa);
	*listener = (struct lp_stream_listener){.fn = fn, .ctx = ctx};
	listener->fd = socket(sa.sa.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (listener->fd < 0 && both) {
		len = lp_sockaddr_set(address, false, &sa);
		listener->fd = socket(sa.sa.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	}
	if (listener->fd < 0 || setsockopt(listener->fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int)) < 0 ||
		(sa.sa.sa_family == AF_INET6 &&
			setsockopt(listener->fd, IPPROTO_IPV6, IPV6_V6ONLY, &(int){!both}, sizeof(int)) < 0) ||
		bind(listener->fd, &sa.sa, len) < 0)
		err = errno;
	if (!err)
		err = start(listener, loop);
	if (err) {
		abandon(listener);
		return lp_fail(failure, err == EADDRINUSE ? LP_EINUSE : lp_os_error(err), "cannot listen on %s: %s",
			lp_addr_format(address, text), strerror(err));
	}
	*ret_listener = listener;
	return 0;
}

int lp_stream_listen_local(struct lp_loop *loop, const char *path, lp_stream_accept_fn fn, void *ctx,
	struct lp_failure *failure, struct lp_stream_listener **ret_listener)
{
	struct sockaddr_un address;
	int result = lp_local_path(path, failure, &address);
	if (result < 0)
		return result;
	struct lp_stream_listener *listener = calloc(1, sizeof *listener);
	if (!listener)
		return lp_fail(failure, LP_ENOMEM, "%s: out of memory", path);
	*listener = (struct lp_stream_listener){.fn = fn, .ctx = ctx, .path = strdup(path)};
	listener->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int err = !listener->path ? ENOMEM : listener->fd < 0 ? errno : bind_path(listener->fd, &address);
	if (!err) {
		err = start(listener, loop);
		if (err)
			unlink(path);
	}
	if (err) {
		abandon(listener);
		return path_failure(failure, err, path);
	}
	*ret_listener = listener;
	return 0;
}

const char *lp_stream_token(const struct lp_stream_listener *listener)
{
	(void)listener;
	return "";
}

void lp_stream_address(const struct lp_stream_listener *listener, struct lp_addr *ret_address)
{
	union lp_sockaddr sa = {0};
	socklen_t len = sizeof sa;
	getsockname(listener->fd, &sa.sa, &len);
	lp_sockaddr_get(&sa, ret_address);
	if (memcmp(ret_address->ip, (uint8_t[sizeof ret_address->ip]){0}, sizeof ret_address->ip) == 0)
		ret_address->family = 0; /* any address */
}

/* The loop no longer uses the watch. */
static void on_released(void *ctx)
{
	free(ctx);
}

void lp_stream_close(struct lp_stream_listener *listener)
{
	if (!listener)
		return;
	if (listener->path)
		unlink(listener->path);
	free(listener->path);
	lp_timer_free(listener->timer);
	lp_fd_watch_close(&listener->watch, on_released);
	close(listener->fd);
}

void lp_stream_shutdown(intptr_t socket)
{
	shutdown((int)socket, SHUT_RDWR);
}

void lp_stream_discard(intptr_t socket)
{
	close((int)socket);
}

struct lp_stream_ready {
	lp_stream_ready_fn fn;
	void *ctx;
	struct lp_fd_watch watch;
};

static void on_ready(void *ctx, bool broken)
{
	struct lp_stream_ready *ready = ctx;
	(void)broken;
	ready->fn(ready->ctx);
}

int lp_stream_ready_new(
	struct lp_loop *loop, intptr_t poll_fd, lp_stream_ready_fn fn, void *ctx, struct lp_stream_ready **ret_ready)
{
	struct lp_stream_ready *ready = calloc(1, sizeof *ready);
	if (!ready)
		return LP_ENOMEM;
	ready->fn = fn;
	ready->ctx = ctx;
	int result = lp_fd_watch_init(&ready->watch, lp_loop_uv(loop), (int)poll_fd, on_ready, ready);
	if (result < 0) {
		free(ready);
		return result;
	}
	lp_fd_watch_start(&ready->watch);
	*ret_ready = ready;
	return 0;
}

int lp_stream_ready_add(struct lp_stream_ready *ready, intptr_t socket)
{
	(void)ready;
	(void)socket; /* in the poll instance already */
	return 0;
}

void lp_stream_ready_free(struct lp_stream_ready *ready)
{
	if (ready)
		lp_fd_watch_close(&ready->watch, on_released);
}
