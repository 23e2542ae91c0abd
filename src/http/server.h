/* What the files of http/ share: the server's state. */
#ifndef LP_HTTP_SERVER_H
#define LP_HTTP_SERVER_H

#include <microhttpd.h>

#include "http/http.h"
#include "platform/net/stream.h"

struct lp_timer;

/* A place for a connection. */
struct lp_http_conn {
	struct lp_http_listener *listener;
	intptr_t socket;
	uint64_t accepted_ns; /* 0: the place is free */
};

struct lp_http_listener {
	struct lp_http *http;
	struct lp_stream_listener *stream;
	unsigned access;
	char token[LP_STREAM_TOKEN_MAX]; /* empty: none is asked for */
	struct lp_http_conn conns[LP_HTTP_CONNS_MAX];
};

struct lp_http {
	struct MHD_Daemon *daemon;
	struct lp_loop *loop;
	struct lp_timer *timer; /* the daemon's next timeout */
	struct lp_stream_ready *ready;
	const struct lp_http_route *routes;
	size_t n_routes;
	void *ctx;
	struct lp_http_listener listeners[LP_HTTP_LISTENERS_MAX];
	size_t n_listeners;
	struct lp_http_conn *accepting; /* the place of the connection that is being added */
};

/* libmicrohttpd's callbacks for a request and for its end; |ctx| is the server. */
enum MHD_Result lp_http_on_request(void *ctx, struct MHD_Connection *connection, const char *url, const char *method,
	const char *version, const char *upload, size_t *upload_len, void **request);
void lp_http_on_request_done(
	void *ctx, struct MHD_Connection *connection, void **request, enum MHD_RequestTerminationCode code);

#endif
