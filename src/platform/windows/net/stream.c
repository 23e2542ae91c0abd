#include <winsock2.h>

#include "platform/net/stream.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/addr.h"
#include "base/error.h"
#include "base/failure.h"
#include "base/units.h"
#include "platform/loop/loop.h"
#include "platform/system/file.h"
#include "platform/system/lock.h"
#include "platform/system/random.h"
#include "platform/windows/loop/wait.h"
#include "platform/windows/net/local_file.h"
#include "platform/windows/net/sockaddr.h"
#include "platform/windows/system/os_error.h"

/* Connections that the system completes ahead of us. */
#define BACKLOG 16
/* Without memory for another socket, the time to the next attempt. */
#define ACCEPT_PAUSE_NS (200 * LP_MS)
#define PATH_BYTES 1024

struct lp_stream_listener {
	SOCKET socket;
	HANDLE event; /* a connection is waiting */
	struct lp_wait wait;
	char *path;           /* of a local channel's file; NULL: TCP */
	struct lp_lock *lock; /* held while we listen there; Windows releases it when the program ends */
	char token[LP_STREAM_TOKEN_MAX];
	struct lp_loop *loop;
	struct lp_timer *timer; /* ends a pause */
	lp_stream_accept_fn fn;
	void *ctx;
};

/* Accepts one connection. The system sets the event again while more are waiting. */
static void accept_one(struct lp_stream_listener *listener)
{
	union lp_sockaddr peer = {0};
	int len = sizeof peer;
	SOCKET s = accept(listener->socket, &peer.sa, &len);
	if (s != INVALID_SOCKET)
		listener->fn(listener->ctx, (intptr_t)s, &peer, (unsigned)len);
	else if (WSAGetLastError() == WSAEMFILE || WSAGetLastError() == WSAENOBUFS)
		lp_timer_set(listener->timer, lp_loop_now_ns(listener->loop) + ACCEPT_PAUSE_NS);
}

static void on_connection(void *ctx)
{
	struct lp_stream_listener *listener = ctx;
	ResetEvent(listener->event);
	accept_one(listener);
}

static void on_pause_over(void *ctx, uint64_t now_ns)
{
	(void)now_ns;
	accept_one(ctx);
}

/* Binds, listens and attaches the socket to the loop. 0 or the error. */
static DWORD start(struct lp_stream_listener *listener, const struct lp_addr *address)
{
	union lp_sockaddr sa;
	DWORD on = TRUE;
	int len = lp_sockaddr_set(address, false, &sa);
	listener->socket = socket(sa.sa.sa_family, SOCK_STREAM, IPPROTO_TCP);
	if (listener->socket == INVALID_SOCKET)
		return (DWORD)WSAGetLastError();
	listener->event = CreateEventW(NULL, TRUE, FALSE, NULL);
	if (!listener->event)
		return GetLastError();
	if (setsockopt(listener->socket, SOL_SOCKET, SO_EXCLUSIVEADDRUSE, (const char *)&on, sizeof on) != 0 ||
		bind(listener->socket, &sa.sa, len) != 0 || listen(listener->socket, BACKLOG) != 0 ||
		WSAEventSelect(listener->socket, listener->event, FD_ACCEPT) != 0)
		return (DWORD)WSAGetLastError();
	if (lp_timer_new(listener->loop, on_pause_over, listener, &listener->timer) < 0 ||
		lp_wait_add(&listener->wait, listener->loop, listener->event, on_connection, listener) < 0)
		return ERROR_NOT_ENOUGH_MEMORY;
	return 0;
}

int lp_stream_listen(struct lp_loop *loop, const struct lp_addr *address, lp_stream_accept_fn fn, void *ctx,
	struct lp_failure *failure, struct lp_stream_listener **ret_listener)
{
	char text[LP_OS_ERROR_TEXT_MAX], where[LP_ADDR_TEXT_MAX];
	struct lp_stream_listener *listener = calloc(1, sizeof *listener);
	if (!listener)
		return lp_fail(failure, LP_ENOMEM, "out of memory");
	*listener = (struct lp_stream_listener){.socket = INVALID_SOCKET, .loop = loop, .fn = fn, .ctx = ctx};
	DWORD error = start(listener, address);
	if (error) {
		lp_stream_close(listener);
		return lp_fail(failure, lp_os_error(error), "cannot listen on %s: %s", lp_addr_format(address, where),
			lp_os_error_text(error, text));
	}
	*ret_listener = listener;
	return 0;
}

/* Makes a random token of hex digits. */
static void make_token(char token[LP_STREAM_TOKEN_MAX])
{
	uint8_t bytes[(LP_STREAM_TOKEN_MAX - 1) / 2];
	lp_random_fill(bytes, sizeof bytes);
	for (size_t i = 0; i < sizeof bytes; i++)
		snprintf(token + 2 * i, 3, "%02x", bytes[i]);
}

/* Takes the lock of the path. */
static int take_lock(const char *path, struct lp_failure *failure, struct lp_lock **ret_lock)
{
	char name[PATH_BYTES];
	struct lp_failure why = {0};
	if ((size_t)snprintf(name, sizeof name, "%s.lock", path) >= sizeof name)
		return lp_fail(failure, LP_ETOOBIG, "%s: the path is too long", path);
	int result = lp_lock_take(name, &why, ret_lock);
	if (result == LP_EINUSE)
		return lp_fail(failure, result, "another program is listening at %s", path);
	return result < 0 ? lp_fail(failure, result, "cannot listen at %s: %s", path, why.text) : 0;
}

int lp_stream_listen_local(struct lp_loop *loop, const char *path, lp_stream_accept_fn fn, void *ctx,
	struct lp_failure *failure, struct lp_stream_listener **ret_listener)
{
	const struct lp_addr loopback = {.family = 4, .ip = {127, 0, 0, 1}};
	struct lp_stream_listener *listener;
	struct lp_lock *lock = NULL;
	struct lp_failure why = {0};
	struct lp_addr address;
	int result = take_lock(path, failure, &lock);
	if (result < 0)
		return result;
	result = lp_stream_listen(loop, &loopback, fn, ctx, failure, &listener);
	if (result < 0) {
		lp_lock_free(lock);
		return result;
	}
	listener->lock = lock;
	make_token(listener->token);
	lp_stream_address(listener, &address);
	result = lp_local_file_write(path, address.port, listener->token, &why);
	if (result < 0) {
		lp_stream_close(listener);
		return lp_fail(failure, result, "cannot listen at %s: %s", path, why.text);
	}
	listener->path = strdup(path);
	if (!listener->path) {
		lp_file_remove(path, NULL);
		lp_stream_close(listener);
		return lp_fail(failure, LP_ENOMEM, "%s: out of memory", path);
	}
	*ret_listener = listener;
	return 0;
}

const char *lp_stream_token(const struct lp_stream_listener *listener)
{
	return listener->token;
}

void lp_stream_address(const struct lp_stream_listener *listener, struct lp_addr *ret_address)
{
	union lp_sockaddr sa = {0};
	int len = sizeof sa;
	getsockname(listener->socket, &sa.sa, &len);
	lp_sockaddr_get(&sa, ret_address);
}

void lp_stream_close(struct lp_stream_listener *listener)
{
	if (!listener)
		return;
	if (listener->path)
		lp_file_remove(listener->path, NULL);
	free(listener->path);
	lp_lock_free(listener->lock);
	lp_wait_remove(&listener->wait);
	lp_timer_free(listener->timer);
	if (listener->socket != INVALID_SOCKET)
		closesocket(listener->socket);
	if (listener->event)
		CloseHandle(listener->event);
	free(listener);
}

void lp_stream_shutdown(intptr_t socket)
{
	shutdown((SOCKET)socket, SD_BOTH);
}

void lp_stream_discard(intptr_t socket)
{
	closesocket((SOCKET)socket);
}

struct lp_stream_ready {
	lp_stream_ready_fn fn;
	void *ctx;
	HANDLE event; /* of all sockets */
	struct lp_wait wait;
};

static void on_ready(void *ctx)
{
	struct lp_stream_ready *ready = ctx;
	ResetEvent(ready->event);
	ready->fn(ready->ctx);
}

int lp_stream_ready_new(
	struct lp_loop *loop, intptr_t poll_fd, lp_stream_ready_fn fn, void *ctx, struct lp_stream_ready **ret_ready)
{
	struct lp_stream_ready *ready = calloc(1, sizeof *ready);
	(void)poll_fd;
	if (!ready)
		return LP_ENOMEM;
	*ready = (struct lp_stream_ready){.fn = fn, .ctx = ctx, .event = CreateEventW(NULL, TRUE, FALSE, NULL)};
	int result = ready->event ? lp_wait_add(&ready->wait, loop, ready->event, on_ready, ready) : LP_ENOMEM;
	if (result < 0) {
		lp_stream_ready_free(ready);
		return result;
	}
	*ret_ready = ready;
	return 0;
}

int lp_stream_ready_add(struct lp_stream_ready *ready, intptr_t socket)
{
	/* Takes the place of what the socket inherited from its listener. */
	return WSAEventSelect((SOCKET)socket, ready->event, FD_READ | FD_WRITE | FD_CLOSE) == 0 ? 0 : LP_EFULL;
}

void lp_stream_ready_free(struct lp_stream_ready *ready)
{
	if (!ready)
		return;
	lp_wait_remove(&ready->wait);
	if (ready->event)
		CloseHandle(ready->event);
	free(ready);
}
