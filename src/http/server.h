/* What the files of http/ share: the server's state. */
#ifndef LP_HTTP_SERVER_H
#define LP_HTTP_SERVER_H

#include <microhttpd.h>
#include <stdbool.h>

#include "base/list.h"
#include "http/http.h"
#include "platform/net/stream.h"

struct lp_timer;

/* A stream that is being sent. */
struct lp_http_stream {
	struct lp_http *http;
	struct lp_http_conn *conn;
	struct MHD_Connection *connection;
	struct lp_http_source source;
	struct lp_node node; /* in the server's list */
	bool suspended;      /* the daemon does not poll the connection */
	bool cut;            /* it ends before its source does */
};

/* A place for a connection. */
struct lp_http_conn {
	struct lp_http_listener *listener;
	intptr_t socket;
	uint64_t accepted_ns; /* 0: the place is free */
};

struct lp_http_listener {
	struct lp_http *http;
	struct lp_stream_listener *stream;
	unsigned access;                 /* of every request */
	unsigned token_access;           /* of a request with the token */
	char token[LP_STREAM_TOKEN_MAX]; /* empty: none is asked for */
	bool for_browsers;               /* the Host is checked */
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
	struct lp_node streams;
	struct lp_http_conn *accepting; /* the place of the connection that is being added */
};

/* Runs the daemon: after something happened that it cannot see. */
void lp_http_run(struct lp_http *http);
/* The connection that libmicrohttpd means. */
struct lp_http_conn *lp_http_conn_of(struct MHD_Connection *connection);
/* The response that streams the reply's source, which it takes. NULL without memory; the source is closed then. */
struct MHD_Response *lp_http_stream_begin(
	struct lp_http *http, struct MHD_Connection *connection, const struct lp_http_reply *reply);
/* Ends the stream of a connection (NULL: all streams) at the daemon's next run. */
void lp_http_streams_cut(struct lp_http *http, const struct lp_http_conn *conn);

/* libmicrohttpd's callbacks for a request and for its end; |ctx| is the server. */
enum MHD_Result lp_http_on_request(void *ctx, struct MHD_Connection *connection, const char *url, const char *method,
	const char *version, const char *upload, size_t *upload_len, void **request);
void lp_http_on_request_done(
	void *ctx, struct MHD_Connection *connection, void **request, enum MHD_RequestTerminationCode code);

#endif
