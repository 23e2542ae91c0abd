/* One TCP connection that carries QUIC packets in TLS, at either end.

   Model. A stream goes through these states; an end of the connection or a failure leads from each to CLOSED:

     CONNECTING --> PROXY --+
		    (HTTP   |--> HANDSHAKE --> OPEN   packets in both directions
		    CONNECT)|              \-> PAGE   the other end is a browser, and gets a page
     ANNOUNCED -------------+
     (PROXY protocol)

   A member's stream starts in CONNECTING and skips PROXY without an HTTP proxy. A relay's starts in ANNOUNCED if a load
   balancer is in front of the relay, otherwise in HANDSHAKE.

   Invariants. There is no queue of packets: those of one flush fill one or more TLS records, and while a record waits
   for TCP, packets are dropped. A record of one flush is one write. `closed` comes once, never from inside
   lp_carrier_stream_send(), and nothing follows it.

   A stream may change its loop: lp_carrier_stream_detach(), then lp_carrier_stream_attach() in the other loop's thread.

   What it does not do: it knows no QUIC and no addresses but TCP's, and has no timer: its owner has the deadlines. */
#ifndef LP_CARRIER_TLS_STREAM_H
#define LP_CARRIER_TLS_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/bytes.h"
#include "base/udp_msg.h"

struct lp_carrier_stream;
struct lp_failure;
struct lp_loop;
struct lp_tls;

struct lp_carrier_stream_events {
	/* Relay with the PROXY protocol: the client's address is known. False refuses the client. */
	bool (*announced)(void *ctx, struct lp_carrier_stream *stream);
	/* The stream is open for packets. */
	void (*opened)(void *ctx, struct lp_carrier_stream *stream);
	/* Packets arrived; the bytes are valid until the call returns. */
	void (*packets)(void *ctx, struct lp_carrier_stream *stream, const struct lp_bytes *packets, size_t n_packets);
	/* After lp_carrier_stream_detach(): nothing of the stream is in use in this loop any more. */
	void (*detached)(void *ctx, struct lp_carrier_stream *stream);
	/* The last event. The owner frees the stream in the call. */
	void (*closed)(void *ctx, struct lp_carrier_stream *stream, const struct lp_failure *why);
};

struct lp_carrier_stream_config {
	struct lp_loop *loop;
	struct lp_tls *tls;      /* a member's or a relay's; this and the pointers below are borrowed */
	const char *server_name; /* member: what the certificate must be for */
	const struct lp_carrier_stream_events *events;
	void *ctx;
	const char *request; /* member: an HTTP CONNECT request for a proxy; NULL: none */
	const char *page;    /* relay: an HTTP response for other clients than ours */
	bool proxy_protocol; /* relay: a PROXY protocol header comes first */
};

/* Connects to |remote|, the relay or a proxy, through the interface with this index (0: by the routes). 0, or what
   lp_tcp_connect() or lp_tls_stream_new() returned. */
int lp_carrier_stream_connect(const struct lp_carrier_stream_config *config, const struct lp_addr *remote,
	uint32_t interface, struct lp_carrier_stream **ret_stream);
/* Takes an accepted socket, also on failure. */
int lp_carrier_stream_accept(
	const struct lp_carrier_stream_config *config, intptr_t socket, struct lp_carrier_stream **ret_stream);
/* Takes an open stream off its loop. Only from inside `packets`, whose packets come again when the stream is attached;
   `detached` follows. */
void lp_carrier_stream_detach(struct lp_carrier_stream *stream);
/* Puts a detached stream on another loop, from its thread, with another |ctx| for the events, some of which come before
   this returns. On failure the stream is freed without an event: what lp_tcp_adopt() returned. */
int lp_carrier_stream_attach(struct lp_carrier_stream *stream, struct lp_loop *loop, void *ctx);
/* Closes the connection and frees the stream. May be called from inside its events. NULL is fine. */
void lp_carrier_stream_free(struct lp_carrier_stream *stream);

/* Sends the datagrams of the messages; their addresses do not matter. |record| is scratch memory of
   LP_CARRIER_STREAM_SCRATCH bytes. Returns the number of datagrams that were dropped. */
size_t lp_carrier_stream_send(
	struct lp_carrier_stream *stream, const struct lp_udp_msg *msgs, size_t n_msgs, uint8_t *record);
#define LP_CARRIER_STREAM_SCRATCH 16384

bool lp_carrier_stream_is_open(const struct lp_carrier_stream *stream);
/* When the record that waits for TCP began to wait; LP_NEVER: none waits. */
uint64_t lp_carrier_stream_behind_ns(const struct lp_carrier_stream *stream);
/* Our end of the TCP connection. */
void lp_carrier_stream_local(const struct lp_carrier_stream *stream, struct lp_addr *ret_local);
/* The other end: the client's address from the PROXY protocol if there is one, otherwise that of the TCP connection. */
const struct lp_addr *lp_carrier_stream_remote(const struct lp_carrier_stream *stream);

#endif
