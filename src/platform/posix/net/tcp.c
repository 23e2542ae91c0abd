#include "platform/net/tcp.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/addr.h"
#include "base/error.h"
#include "platform/posix/loop/fd_watch.h"
#include "platform/posix/loop/loop_uv.h"
#include "platform/posix/net/sockaddr.h"
#include "platform/posix/system/os_error.h"

struct lp_tcp {
	int fd;
	bool connecting;
	bool wants_write; /* the watch waits for that, too; changing it costs a system call */
	lp_tcp_ready_fn ready;
	void *ctx;
	struct lp_fd_watch watch;
};

static void on_ready(void *ctx, bool broken)
{
	struct lp_tcp *tcp = ctx;
	(void)broken; /* the next call for the socket reports it */
	if (tcp->wants_write)
		lp_fd_watch_start(&tcp->watch);
	tcp->wants_write = false;
	tcp->ready(tcp->ctx);
}

static void wait_writable(struct lp_tcp *tcp)
{
	if (!tcp->wants_write)
		lp_fd_watch_start_both(&tcp->watch);
	tcp->wants_write = true;
}

/* Puts a socket on the loop, and takes it also on failure. */
static int start(struct lp_loop *loop, int fd, lp_tcp_ready_fn ready, void *ctx, struct lp_tcp **ret_tcp)
{
	struct lp_tcp *tcp = calloc(1, sizeof *tcp);
	int result = LP_ENOMEM;
	if (!tcp)
		goto fail;
	*tcp = (struct lp_tcp){.fd = fd, .ready = ready, .ctx = ctx};
	result = lp_fd_watch_init(&tcp->watch, lp_loop_uv(loop), fd, on_ready, tcp);
	if (result < 0)
		goto fail;
	/* Without one of them the connection works, with more delay. */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &(int){LP_TCP_UNSENT_MAX}, sizeof(int));
	lp_fd_watch_start(&tcp->watch);
	*ret_tcp = tcp;
	return 0;
fail:
	free(tcp);
	close(fd);
	return result;
}

int lp_tcp_connect(struct lp_loop *loop, const struct lp_addr *remote, uint32_t interface, lp_tcp_ready_fn ready,
	void *ctx, struct lp_tcp **ret_tcp)
{
	union lp_sockaddr sa;
	socklen_t len = lp_sockaddr_set(remote, false, &sa);
	int fd = socket(sa.sa.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return lp_os_error(errno);
	if (interface) /* refused without a right in older kernels; then the routes decide */
		(void)setsockopt(fd, SOL_SOCKET, SO_BINDTOIFINDEX, &(int){(int)interface}, sizeof(int));
	if (connect(fd, &sa.sa, len) < 0 && errno != EINPROGRESS) {
		int result = lp_os_error(errno);
		close(fd);
		return result;
	}
	int result = start(loop, fd, ready, ctx, ret_tcp);
	if (result < 0)
		return result;
	(*ret_tcp)->connecting = true;
	wait_writable(*ret_tcp);
	return 0;
}

int lp_tcp_adopt(struct lp_loop *loop, intptr_t socket, lp_tcp_ready_fn ready, void *ctx, struct lp_tcp **ret_tcp)
{
	return start(loop, (int)socket, ready, ctx, ret_tcp);
}

/* The loop no longer uses the watch. */
static void on_released(void *ctx)
{
	free(ctx);
}

intptr_t lp_tcp_detach(struct lp_tcp *tcp)
{
	int fd = tcp->fd;
	lp_fd_watch_close(&tcp->watch, on_released);
	return fd;
}

void lp_tcp_close(struct lp_tcp *tcp)
{
	if (!tcp)
		return;
	shutdown(tcp->fd, SHUT_WR);
	lp_fd_watch_close(&tcp->watch, on_released);
	close(tcp->fd);
}

int lp_tcp_connected(struct lp_tcp *tcp)
{
	struct lp_addr remote;
	int err = 0;
	if (!tcp->connecting)
		return 0;
	if (getsockopt(tcp->fd, SOL_SOCKET, SO_ERROR, &err, &(socklen_t){sizeof err}) < 0)
		err = errno;
	if (err)
		return err == ETIMEDOUT ? LP_ETIMEOUT : lp_os_error(err);
	lp_tcp_remote(tcp, &remote);
	if (!remote.family) {
		wait_writable(tcp);
		return LP_EAGAIN;
	}
	tcp->connecting = false;
	return 0;
}

int lp_tcp_read(struct lp_tcp *tcp, uint8_t *data, size_t max)
{
	ssize_t n = recv(tcp->fd, data, max, 0);
	if (n > 0)
		return (int)n;
	return n < 0 && (errno == EAGAIN || errno == EINTR) ? LP_EAGAIN : LP_ECLOSED;
}

int lp_tcp_write(struct lp_tcp *tcp, const uint8_t *data, size_t len)
{
	ssize_t n = send(tcp->fd, data, len, MSG_NOSIGNAL);
	if (n >= 0)
		return (int)n;
	if (errno != EAGAIN && errno != EINTR && errno != ENOBUFS)
		return LP_ECLOSED;
	wait_writable(tcp);
	return LP_EAGAIN;
}

void lp_tcp_local(const struct lp_tcp *tcp, struct lp_addr *ret_local)
{
	union lp_sockaddr sa = {0};
	socklen_t len = sizeof sa;
	*ret_local = (struct lp_addr){0};
	if (getsockname(tcp->fd, &sa.sa, &len) == 0)
		lp_sockaddr_get(&sa, ret_local);
}

void lp_tcp_remote(const struct lp_tcp *tcp, struct lp_addr *ret_remote)
{
	union lp_sockaddr sa = {0};
	socklen_t len = sizeof sa;
	*ret_remote = (struct lp_addr){0};
	if (getpeername(tcp->fd, &sa.sa, &len) == 0)
		lp_sockaddr_get(&sa, ret_remote);
}
