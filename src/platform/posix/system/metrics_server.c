#include "platform/system/metrics_server.h"

#include <errno.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>

#include "base/addr.h"
#include "base/error.h"
#include "base/failure.h"
#include "base/units.h"
#include "platform/loop/loop.h"
#include "platform/posix/loop/fd_watch.h"
#include "platform/posix/loop/loop_uv.h"
#include "platform/posix/net/sockaddr.h"

#define CLIENTS_MAX 16
#define CLIENT_TIMEOUT_S 5
#define CLIENT_MEMORY_BYTES 16384

struct lp_metrics_server {
	struct MHD_Daemon *daemon;
	struct lp_loop *loop;
	struct lp_timer *timer; /* the library's own deadline */
	lp_metrics_fn page;
	void *ctx;
	struct lp_fd_watch watch;
};

/* Answers with a short text. */
static enum MHD_Result answer_short(struct MHD_Connection *connection, unsigned status, const char *text)
{
	struct MHD_Response *response = MHD_create_response_from_buffer(
		strlen(text), (void *)(uintptr_t)text, MHD_RESPMEM_PERSISTENT);
	if (!response)
		return MHD_NO;
	enum MHD_Result result = MHD_queue_response(connection, status, response);
	MHD_destroy_response(response);
	return result;
}

/* A request is complete. */
static enum MHD_Result on_request(void *ctx, struct MHD_Connection *connection, const char *url, const char *method,
	const char *version, const char *upload, size_t *upload_len, void **request)
{
	struct lp_metrics_server *server = ctx;
	(void)version;
	(void)upload;
	(void)request;
	if (strcmp(method, "GET") != 0 || *upload_len > 0)
		return answer_short(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "only GET\n");
	if (strcmp(url, "/metrics") != 0)
		return answer_short(connection, MHD_HTTP_NOT_FOUND, "the counters are at /metrics\n");
	char *page = server->page(server->ctx);
	if (!page)
		return answer_short(connection, MHD_HTTP_SERVICE_UNAVAILABLE, "out of memory\n");
	struct MHD_Response *response = MHD_create_response_from_buffer(strlen(page), page, MHD_RESPMEM_MUST_FREE);
	if (!response) {
		free(page);
		return MHD_NO;
	}
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8");
	enum MHD_Result result = MHD_queue_response(connection, MHD_HTTP_OK, response);
	MHD_destroy_response(response);
	return result;
}

/* Lets the library work, and sets its next deadline. */
static void run(struct lp_metrics_server *server)
{
	MHD_UNSIGNED_LONG_LONG timeout_ms;
	MHD_run(server->daemon);
	lp_timer_set(server->timer, MHD_get_timeout(server->daemon, &timeout_ms) == MHD_YES
					    ? lp_loop_now_ns(server->loop) + (timeout_ms + 1) * LP_MS
					    : LP_NEVER);
}

/* Something came in, or can go out. */
static void on_readable(void *ctx, bool broken)
{
	if (!broken)
		run(ctx);
}

/* The library's deadline has come. */
static void on_timer(void *ctx, uint64_t now_ns)
{
	(void)now_ns;
	run(ctx);
}

/* The loop has let go of the descriptor. */
static void on_released(void *ctx)
{
	free(ctx);
}

/* Starts the library on |listen|. */
static int start_daemon(struct lp_metrics_server *server, const struct lp_addr *listen, struct lp_failure *failure)
{
	unsigned flags = MHD_USE_EPOLL | (listen->family == 6 ? MHD_USE_IPv6 : 0);
	char text[LP_ADDR_TEXT_MAX];
	union lp_sockaddr sa;
	lp_sockaddr_set(listen, false, &sa);
	errno = 0;
	server->daemon = MHD_start_daemon(flags, listen->port, NULL, NULL, on_request, server, MHD_OPTION_SOCK_ADDR,
		&sa.sa, MHD_OPTION_CONNECTION_LIMIT, (unsigned)CLIENTS_MAX, MHD_OPTION_CONNECTION_TIMEOUT,
		(unsigned)CLIENT_TIMEOUT_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CLIENT_MEMORY_BYTES,
		MHD_OPTION_END);
	if (!server->daemon)
		return lp_fail(failure, errno == EADDRINUSE ? LP_EINUSE : LP_EIO,
			"cannot serve metrics at %s: %s: choose another address or port for --metrics",
			lp_addr_format(listen, text), errno ? strerror(errno) : "the HTTP library refused");
	return 0;
}

int lp_metrics_server_open(struct lp_loop *loop, const struct lp_addr *listen, lp_metrics_fn page, void *ctx,
	struct lp_failure *failure, struct lp_metrics_server **ret_server)
{
	struct lp_metrics_server *server = calloc(1, sizeof *server);
	int result;
	if (!server)
		return lp_fail(failure, LP_ENOMEM, "out of memory");
	server->loop = loop;
	server->page = page;
	server->ctx = ctx;
	if ((result = start_daemon(server, listen, failure)) < 0)
		goto fail;
	const union MHD_DaemonInfo *info = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	result = lp_timer_new(loop, on_timer, server, &server->timer);
	if (result == 0)
		result = info ? lp_fd_watch_init(&server->watch, lp_loop_uv(loop), info->epoll_fd, on_readable, server)
			      : LP_EUNSUPPORTED;
	if (result < 0) {
		lp_fail(failure, result, "cannot serve metrics: %s", lp_error_text(result));
		goto fail;
	}
	lp_fd_watch_start(&server->watch);
	*ret_server = server;
	return 0;
fail:
	if (server->daemon)
		MHD_stop_daemon(server->daemon);
	lp_timer_free(server->timer);
	free(server);
	return result;
}

void lp_metrics_server_close(struct lp_metrics_server *server)
{
	if (!server)
		return;
	lp_timer_free(server->timer);
	lp_fd_watch_close(&server->watch, on_released);
	MHD_stop_daemon(server->daemon);
}
