/* The surface on which operators and their tools reach a running program: a small HTTP/1.1 server.

   Model. A server has one table of routes and any number of listeners: TCP addresses, and the local channel of
   platform/net/stream.h. A route names a method, a path and the access that it needs; a listener grants a set of
   accesses. What a listener does not grant does not exist there (404), so one table serves the metrics port, which
   anyone may reach, and the local channel, which only the operator can open. A handler gets the complete request
   and fills in the reply; it is called from the loop and must not block.

   libmicrohttpd parses requests and writes replies. It has no thread and no listening socket here: platform/ accepts,
   every socket is added to one MHD_Daemon, and the daemon runs from the program's loop, when one of its sockets is
   ready and when its next timeout is due. We accept ourselves because libmicrohttpd stops polling its listening
   socket at its limit of connections, and an external loop cannot learn when to poll it again; and because it keeps
   polling it when descriptors run out.

   Invariants. A listener has at most LP_HTTP_CONNS_MAX connections. When another one arrives, the oldest is closed:
   idle connections cannot keep anyone out, and a flood on one listener does not reach another. A connection that is
   idle for LP_HTTP_IDLE_S seconds is closed. Header, path and body have maximum sizes (16 KiB together with the
   reply's header, LP_HTTP_BODY_MAX), and a body must announce its length.

   A reply can be a stream, whose bytes come from an lp_http_source while it is sent: a capture, events for the page. A
   stream has no end that is known in advance and no timeout, and waits without cost while its source has nothing.

   What it does not do: TLS, compression, byte ranges, or redirects. It does not log requests. */
#ifndef LP_HTTP_HTTP_H
#define LP_HTTP_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lp_addr;
struct lp_failure;
struct lp_http;
struct lp_loop;

#define LP_HTTP_LISTENERS_MAX 4
#define LP_HTTP_CONNS_MAX 16
#define LP_HTTP_IDLE_S 5
#define LP_HTTP_BODY_MAX ((size_t)64 << 10)

/* What a listener can grant: a set of bits. */
enum lp_http_access {
	LP_HTTP_METRICS = 1 << 0, /* figures without names of rooms or people */
	LP_HTTP_STATUS = 1 << 1,  /* who is connected, and how */
	LP_HTTP_CONTROL = 1 << 2, /* changes */
	LP_HTTP_CAPTURE = 1 << 3, /* what people send to one another */
	LP_HTTP_PAGE = 1 << 4,    /* the page's own files */
};

/* Everything: for the local channel. */
#define LP_HTTP_ALL (LP_HTTP_METRICS | LP_HTTP_STATUS | LP_HTTP_CONTROL | LP_HTTP_CAPTURE)

/* Everything is valid until the handler returns. */
struct lp_http_request {
	const char *rest; /* what a route's '*' stands for; otherwise empty */
	const char *body; /* with a NUL that |body_len| does not count; never NULL */
	size_t body_len;
};

/* Where the bytes of a stream come from. */
struct lp_http_source {
	/* Copies up to |size| bytes. Returns their number; 0: there are none now, and lp_http_wake() follows;
	   LP_ECLOSED: the stream ends. NULL: the reply is not a stream. */
	int (*read)(void *ctx, char *data, size_t size);
	/* The stream has ended, by either side. Called once. */
	void (*closed)(void *ctx);
	void *ctx;
};

/* A handler sets what it needs. */
struct lp_http_reply {
	unsigned status;          /* 200 before the handler runs */
	const char *content_type; /* "application/json" before the handler runs; must outlive the server */
	char *body;               /* malloc'd, taken by the server; NULL: the reply becomes 500 */
	size_t body_len;
	struct lp_http_source source; /* instead of |body| */
};

typedef void (*lp_http_handler_fn)(void *ctx, const struct lp_http_request *request, struct lp_http_reply *reply);

struct lp_http_route {
	const char *method; /* "GET" (serves HEAD too), "POST", "PUT", "DELETE" */
	const char *path;   /* "/status"; a final '*' matches any rest: "/rooms/" and a star */
	enum lp_http_access access;
	lp_http_handler_fn handler;
};

/* Replies with a line of text, for errors. Without memory the reply becomes 500. */
void lp_http_reply_text(struct lp_http_reply *reply, unsigned status, const char *text);

/* A server without listeners. |routes| are borrowed until lp_http_free(); |ctx| goes to every handler. */
int lp_http_new(struct lp_loop *loop, const struct lp_http_route *routes, size_t n_routes, void *ctx,
	struct lp_failure *failure, struct lp_http **ret_http);
/* Adds a TCP listener that grants |access|. With a |token| (not NULL; copied, shorter than LP_STREAM_TOKEN_MAX) a
   request must carry "Authorization: Bearer TOKEN", or it gets 401. |ret_address|, with the port, may be NULL. */
int lp_http_listen(struct lp_http *http, const struct lp_addr *address, unsigned access, const char *token,
	struct lp_failure *failure, struct lp_addr *ret_address);
/* Adds a TCP listener for browsers. It grants |access| to every request, and |token_access| to one that carries
   |token|; what only the token grants gets 401 without it. A Host that is neither localhost nor an address gets 421,
   because a web site could use its own name to reach this listener in its visitor's browser. */
int lp_http_listen_page(struct lp_http *http, const struct lp_addr *address, unsigned access, unsigned token_access,
	const char *token, struct lp_failure *failure, struct lp_addr *ret_address);
/* Adds the local channel at |path|. LP_EINUSE: another program is listening there. */
int lp_http_listen_local(struct lp_http *http, const char *path, unsigned access, struct lp_failure *failure);
/* The source |ctx| of a stream has bytes, or has ended: sends them. Not to be called from the source's own functions.
 */
void lp_http_wake(struct lp_http *http, const void *ctx);
/* Closes all listeners, streams and connections. NULL is fine. */
void lp_http_free(struct lp_http *http);

#endif
