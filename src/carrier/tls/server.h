/* A relay's carrier over TCP: a port on which members open TLS streams.

   Model. One carrier serves all streams of the port. QUIC sees the member's own address as the remote one, so that the
   relay's limits by address hold, and a made-up local address that contains the stream's number (mapped.h). A datagram
   for a stream that has ended is dropped.

   Invariants, since the port is open to the Internet:
   - at most |max_streams| streams, |max_streams_per_source| of one IPv4 address or IPv6 /64;
   - TLS handshakes per source and in all begin at a limited rate, and end within HANDSHAKE_NS;
   - a stream from which nothing arrives for |idle_timeout_ns| is closed, and so is one whose reader is slow: a record
     waits for it longer than SLOW_NS;
   - no thread and no timer per stream: one timer checks the deadlines, and only while there are streams.

   Several workers, each with a thread of its own, have a server each. The first one accepts all streams and shakes
   hands. A stream's first packet names the worker that has its connection, by its destination connection ID as UDP
   datagrams do (platform/net/udp.h), and the stream moves to that worker's server, for good. The counts behind the
   limits stay with the first server, behind a lock that is taken when a stream begins, is open, moves or ends.

   A client that offers another protocol than LP_TLS_STREAM_ALPN is a browser, a port check or a reverse proxy: its
   first HTTP request gets a small page. */
#ifndef LP_CARRIER_TLS_SERVER_H
#define LP_CARRIER_TLS_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/lock.h"
#include "base/siphash.h"
#include "base/units.h"
#include "carrier/carrier.h"

struct lp_carrier_tls_server;
struct lp_failure;
struct lp_loop;
struct lp_loop_call;
struct lp_loop_calls;
struct lp_tls;

/* A stream outlives an idle QUIC connection by this. */
#define LP_CARRIER_TLS_LINGER_NS (10 * LP_SEC)

struct lp_carrier_tls_server_config {
	struct lp_addr listen;
	struct lp_tls *tls; /* borrowed until the carrier is freed */
	size_t max_streams;
	size_t max_streams_per_source;    /* 0: no limit */
	size_t max_handshakes_per_source; /* in progress, or begun within a second */
	uint64_t idle_timeout_ns;
	bool proxy_protocol; /* a load balancer announces each client's address */
	uint8_t key[LP_SIPHASH_KEY];
	/* Of several workers: */
	struct lp_carrier_tls_server *first; /* NULL: this is the first, and listens */
	unsigned index, n;                   /* of this worker; how many there are, at least 1 */
	struct lp_lock lock;                 /* of the first */
	void (*post)(struct lp_loop_calls *calls, struct lp_loop_call *call);
	struct lp_loop_calls *calls; /* into this server's loop; borrowed */
};

struct lp_carrier_tls_counters {
	uint64_t accepted; /* TCP connections */
	uint64_t opened;   /* streams of members */
	uint64_t refused;  /* by a limit */
	uint64_t failed;   /* handshakes that failed or took too long */
	uint64_t slow;     /* closed because of a slow reader */
	uint64_t dropped;  /* datagrams that were not sent because the stream was behind or had ended */
};

/* Opens the port; several workers do this before their threads start. |recv| gets |ctx|. 0; LP_ENOMEM, or what
   lp_stream_listen() returned. */
int lp_carrier_tls_server_new(struct lp_loop *loop, const struct lp_carrier_tls_server_config *config,
	lp_carrier_recv_fn *recv, void *ctx, struct lp_failure *failure, struct lp_carrier_tls_server **ret_server);
/* Closes the port and all streams. Of several, the first one comes last, when no thread runs any more. NULL is fine. */
void lp_carrier_tls_server_free(struct lp_carrier_tls_server *server);
struct lp_carrier *lp_carrier_tls_server_carrier(struct lp_carrier_tls_server *server);
/* The address that it listens on; of the first server. */
void lp_carrier_tls_server_local(const struct lp_carrier_tls_server *server, struct lp_addr *ret_addr);
const struct lp_carrier_tls_counters *lp_carrier_tls_server_counters(const struct lp_carrier_tls_server *server);
/* Streams now, handshakes included. */
size_t lp_carrier_tls_server_count(const struct lp_carrier_tls_server *server);

#endif
