/* A member's carrier over TCP: one TLS stream to the relay, direct or through an HTTP proxy.

   To QUIC it is a path like any other. Its remote address is the one that the connection has for the relay, wherever
   the TCP connection goes, so that the connection can migrate between UDP and TCP; its local address is made up
   (mapped.h), and another one for each stream. */
#ifndef LP_CARRIER_TLS_CLIENT_H
#define LP_CARRIER_TLS_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "carrier/carrier.h"
#include "carrier/tls/http_connect.h"

struct lp_carrier_stream;
struct lp_failure;
struct lp_loop;
struct lp_tls;

struct lp_carrier_tls_events {
	/* The stream is open for packets. */
	void (*opened)(void *ctx);
	/* The stream could not be opened, or has ended: |why|. The carrier is closed. */
	void (*closed)(void *ctx, const struct lp_failure *why);
};

struct lp_carrier_tls {
	struct lp_carrier carrier;
	struct lp_loop *loop;
	const struct lp_carrier_tls_events *events; /* they get the carrier's |ctx| */
	struct lp_carrier_stream *stream;           /* NULL while closed */
	uint32_t number;                            /* of the stream */
	struct lp_addr local, remote;               /* what QUIC sees */
	struct lp_addr connect;                     /* where the TCP connection goes */
	uint64_t dropped;                           /* datagrams, because the stream was behind */
	char request[LP_HTTP_CONNECT_REQUEST_MAX];  /* to a proxy */
	uint8_t *record;                            /* scratch memory */
};

/* Where a stream goes. All pointers are copied or used in the call only, but |tls| until the stream is closed. */
struct lp_carrier_tls_target {
	struct lp_tls *tls;
	const char *host;        /* of the relay, for a proxy */
	uint16_t port;           /* TCP port of the relay */
	const char *server_name; /* what its certificate must be for */
	struct lp_addr
		relay; /* the relay's address on the path that QUIC sees; may be one that lp_mapped_addr() made */
	struct lp_addr connect; /* where the TCP connection goes: the relay or the proxy */
	uint32_t interface;     /* by which it leaves; 0: by the routes */
	bool proxy;             /* |connect| is an HTTP proxy */
	const char *login;      /* "USER:PASSWORD" for the proxy, or "" */
};

/* Prepares the carrier. 0 or LP_ENOMEM. |recv| and |events| get |ctx|. */
int lp_carrier_tls_init(struct lp_carrier_tls *tls, struct lp_loop *loop, lp_carrier_recv_fn *recv,
	const struct lp_carrier_tls_events *events, void *ctx);
/* Starts to open a stream; one that is open is closed first. `opened` or `closed` follows, from the loop. */
int lp_carrier_tls_open(struct lp_carrier_tls *tls, const struct lp_carrier_tls_target *target);
/* Closes the stream without an event. May be called from inside an event, and on a closed or a zeroed carrier. */
void lp_carrier_tls_close(struct lp_carrier_tls *tls);
/* Closes the stream and frees the rest. */
void lp_carrier_tls_done(struct lp_carrier_tls *tls);
/* True if packets can be sent. */
bool lp_carrier_tls_is_open(const struct lp_carrier_tls *tls);
/* Our end of the TCP connection; family 0 while closed. */
void lp_carrier_tls_tcp_local(const struct lp_carrier_tls *tls, struct lp_addr *ret_local);
/* True if a stream is open or being opened. */
bool lp_carrier_tls_is_active(const struct lp_carrier_tls *tls);

#endif
