/* Listeners, connections and the daemon's place in the loop. */
#include "http/server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/addr.h"
#include "base/error.h"
#include "base/failure.h"
#include "base/units.h"
#include "platform/loop/loop.h"

/* Of one connection: its request without the body, and the reply's header. */
#define CONN_MEMORY_BYTES ((size_t)16 << 10)
/* How often the daemon runs in one pass while it has more to do: frames wait for no more than these. */
#define RUNS_PER_PASS 8

/* Runs the daemon and sets the timer for its next timeout. */
void lp_http_run(struct lp_http *http)
{
	MHD_UNSIGNED_LONG_LONG timeout_ms = 0;
	bool waiting = true;
	for (unsigned i = 0; i < RUNS_PER_PASS && waiting && timeout_ms == 0; i++) {
		MHD_run(http->daemon);
		waiting = MHD_get_timeout(http->daemon, &timeout_ms) == MHD_YES;
	}
	lp_timer_set(http->timer, waiting ? lp_loop_now_ns(http->loop) + (timeout_ms + 1) * LP_MS : LP_NEVER);
}

static void on_ready(void *ctx)
{
	lp_http_run(ctx);
}

static void on_timer(void *ctx, uint64_t now_ns)
{
	(void)now_ns;
	lp_http_run(ctx);
}

/* libmicrohttpd took a connection, or closed it. */
static void on_connection(
	void *ctx, struct MHD_Connection *connection, void **conn, enum MHD_ConnectionNotificationCode code)
{
	struct lp_http *http = ctx;
	(void)connection;
	if (code == MHD_CONNECTION_NOTIFY_STARTED) {
		*conn = http->accepting;
		http->accepting = NULL;
	} else if (*conn) {
		((struct lp_http_conn *)*conn)->accepted_ns = 0;
	}
}

/* A free place, or NULL. |ret_oldest| is the connection that has been open longest. */
static struct lp_http_conn *find_place(struct lp_http_listener *listener, struct lp_http_conn **ret_oldest)
{
	*ret_oldest = &listener->conns[0];
	for (size_t i = 0; i < LP_HTTP_CONNS_MAX; i++) {
		struct lp_http_conn *conn = &listener->conns[i];
		if (conn->accepted_ns == 0)
			return conn;
		if (conn->accepted_ns < (*ret_oldest)->accepted_ns)
			*ret_oldest = conn;
	}
	return NULL;
}

static void on_accept(void *ctx, intptr_t socket, const void *address, unsigned address_len)
{
	struct lp_http_listener *listener = ctx;
	struct lp_http *http = listener->http;
	struct lp_http_conn *oldest, *conn = find_place(listener, &oldest);
	if (!conn) {
		lp_stream_shutdown(oldest->socket);
		lp_http_streams_cut(http, oldest);
		lp_http_run(http); /* the daemon reads the end and frees the place */
		conn = find_place(listener, &oldest);
	}
	if (!conn || lp_stream_ready_add(http->ready, socket) < 0) {
		lp_stream_discard(socket);
		return;
	}
	*conn = (struct lp_http_conn){
		.listener = listener, .socket = socket, .accepted_ns = lp_loop_now_ns(http->loop)};
	http->accepting = conn;
	/* The daemon owns the socket from here, also when it fails. */
	if (MHD_add_connection(http->daemon, (MHD_socket)socket, address, (socklen_t)address_len) == MHD_YES)
		lp_http_run(http);
	if (http->accepting) { /* on_connection() was not called */
		http->accepting = NULL;
		conn->accepted_ns = 0;
	}
}

/* Starts the daemon: no thread, no listening socket. */
static struct MHD_Daemon *start_daemon(struct lp_http *http)
{
	unsigned flags = MHD_USE_NO_LISTEN_SOCKET | MHD_USE_SUPPRESS_DATE_NO_CLOCK | MHD_ALLOW_SUSPEND_RESUME;
	if (MHD_is_feature_supported(MHD_FEATURE_EPOLL) == MHD_YES)
		flags |= MHD_USE_EPOLL;
	return MHD_start_daemon(flags, 0, NULL, NULL, lp_http_on_request, http, MHD_OPTION_CONNECTION_LIMIT,
		(unsigned)(LP_HTTP_LISTENERS_MAX * (LP_HTTP_CONNS_MAX + 1)), MHD_OPTION_CONNECTION_TIMEOUT,
		(unsigned)LP_HTTP_IDLE_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONN_MEMORY_BYTES,
		MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_NOTIFY_CONNECTION, on_connection, http,
		MHD_OPTION_NOTIFY_COMPLETED, lp_http_on_request_done, http, MHD_OPTION_END);
}

int lp_http_new(struct lp_loop *loop, const struct lp_http_route *routes, size_t n_routes, void *ctx,
	struct lp_failure *failure, struct lp_http **ret_http)
{
	struct lp_http *http = calloc(1, sizeof *http);
	int result = LP_ENOMEM;
	if (!http)
		return lp_fail(failure, LP_ENOMEM, "out of memory");
	*http = (struct lp_http){.loop = loop, .routes = routes, .n_routes = n_routes, .ctx = ctx};
	lp_list_init(&http->streams);
	http->daemon = start_daemon(http);
	if (!http->daemon)
		goto fail;
	const union MHD_DaemonInfo *info = MHD_get_daemon_info(http->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	if ((result = lp_timer_new(loop, on_timer, http, &http->timer)) < 0 ||
		(result = lp_stream_ready_new(loop, info ? info->epoll_fd : -1, on_ready, http, &http->ready)) < 0)
		goto fail;
	*ret_http = http;
	return 0;
fail:
	lp_http_free(http);
	return lp_fail(failure, result, "cannot start the HTTP server: %s", lp_error_text(result));
}

/* The next listener's place; it counts once it listens. */
static struct lp_http_listener *next_listener(struct lp_http *http, unsigned access, struct lp_failure *failure)
{
	if (http->n_listeners == LP_HTTP_LISTENERS_MAX) {
		lp_fail(failure, LP_EFULL, "too many addresses to serve HTTP at");
		return NULL;
	}
	struct lp_http_listener *listener = &http->listeners[http->n_listeners];
	*listener = (struct lp_http_listener){.http = http, .access = access, .token_access = access};
	return listener;
}

/* Opens the port of the next listener, which then counts. */
static int open_port(struct lp_http_listener *listener, const struct lp_addr *address, struct lp_failure *failure,
	struct lp_addr *ret_address)
{
	struct lp_http *http = listener->http;
	int result = lp_stream_listen(http->loop, address, on_accept, listener, failure, &listener->stream);
	if (result < 0)
		return result;
	http->n_listeners++;
	if (ret_address)
		lp_stream_address(listener->stream, ret_address);
	return 0;
}

int lp_http_listen(struct lp_http *http, const struct lp_addr *address, unsigned access, const char *token,
	struct lp_failure *failure, struct lp_addr *ret_address)
{
	struct lp_http_listener *listener = next_listener(http, access, failure);
	if (!listener)
		return LP_EFULL;
	snprintf(listener->token, sizeof listener->token, "%s", token ? token : "");
	listener->access = token ? 0 : access;
	return open_port(listener, address, failure, ret_address);
}

int lp_http_listen_page(struct lp_http *http, const struct lp_addr *address, unsigned access, unsigned token_access,
	const char *token, struct lp_failure *failure, struct lp_addr *ret_address)
{
	struct lp_http_listener *listener = next_listener(http, access, failure);
	if (!listener)
		return LP_EFULL;
	snprintf(listener->token, sizeof listener->token, "%s", token);
	listener->token_access = token_access;
	listener->for_browsers = true;
	return open_port(listener, address, failure, ret_address);
}

int lp_http_listen_local(struct lp_http *http, const char *path, unsigned access, struct lp_failure *failure)
{
	struct lp_http_listener *listener = next_listener(http, access, failure);
	if (!listener)
		return LP_EFULL;
	int result = lp_stream_listen_local(http->loop, path, on_accept, listener, failure, &listener->stream);
	if (result < 0)
		return result;
	snprintf(listener->token, sizeof listener->token, "%s", lp_stream_token(listener->stream));
	listener->access = listener->token[0] ? 0 : access;
	http->n_listeners++;
	return 0;
}

void lp_http_free(struct lp_http *http)
{
	if (!http)
		return;
	for (size_t i = 0; i < http->n_listeners; i++)
		lp_stream_close(http->listeners[i].stream);
	if (http->daemon) {
		lp_http_streams_cut(http, NULL);
		MHD_stop_daemon(http->daemon);
	}
	lp_stream_ready_free(http->ready);
	lp_timer_free(http->timer);
	free(http);
}
