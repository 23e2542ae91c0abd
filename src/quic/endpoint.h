/* All QUIC connections of one UDP socket (RFC 9000, 9001, 9221). Pure with regard to time and sockets: datagrams
   and now_ns come in, datagrams and one deadline come out.

   A pass of the data path is: lp_quic_receive() for a whole receive batch, any number of lp_quic_send_datagram()
   and lp_quic_send_control(), then one lp_quic_flush(). Nothing leaves the endpoint before the flush, save when
   its send buffers are full.

   Not thread-safe: an endpoint belongs to one thread. */
#ifndef LP_QUIC_ENDPOINT_H
#define LP_QUIC_ENDPOINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/bytes.h"
#include "base/udp_msg.h"
#include "quic/tls/credentials.h"

struct lp_carrier;
struct lp_failure;
struct lp_quic_conn;
struct lp_quic_endpoint;

/* Application error codes that close a connection (docs/protocol.md lists them). */
enum lp_quic_app_error {
	LP_QUIC_APP_OK = 0,
	LP_QUIC_APP_PROTOCOL = 1,  /* the control stream broke its rules */
	LP_QUIC_APP_REJECTED = 2,  /* the relay did not admit the member; `reject` said why */
	LP_QUIC_APP_TIMEOUT = 3,   /* no hello, or no answer to it, in time */
	LP_QUIC_APP_MALFORMED = 4, /* too many malformed DATAGRAMs */
	LP_QUIC_APP_OVERLOAD = 5,  /* a limit or the end of memory is reached */
	LP_QUIC_APP_SHUTDOWN = 6,  /* the program at the other end is ending */
	LP_QUIC_APP_REPLACED = 7,  /* the same member came back on another connection */
};

/* Why a connection ended. */
struct lp_quic_close {
	enum {
		LP_QUIC_CLOSED_LOCAL,     /* lp_quic_close() */
		LP_QUIC_CLOSED_APP,       /* by the peer, with an application code and a reason */
		LP_QUIC_CLOSED_TRANSPORT, /* by the peer or the library, with a transport code */
		LP_QUIC_CLOSED_TLS,       /* handshake refused; |reason| says why, for people */
		LP_QUIC_CLOSED_IDLE,      /* nothing heard for the idle timeout */
		LP_QUIC_CLOSED_HANDSHAKE_TIMEOUT,
		LP_QUIC_CLOSED_RESET, /* stateless reset: the peer does not know us any more */
	} kind;
	uint64_t code;
	enum lp_tls_distrust distrust; /* CLOSED_TLS: which advice may help */
	char reason[240];              /* printable, from the peer or from us, for people */
};

/* What an endpoint tells its owner. Every function gets the endpoint's |ctx|. From inside them a connection may be
   sent to and lp_quic_close() called on it; it is never freed before the callback returns. */
struct lp_quic_events {
	/* The handshake is complete: on a server a new connection, on a client the one that was asked for. */
	void (*ready)(void *ctx, struct lp_quic_conn *conn);
	/* Bytes of the control stream, in order. */
	void (*control)(void *ctx, struct lp_quic_conn *conn, const uint8_t *data, size_t len);
	/* One DATAGRAM; |data| is valid until the call returns. One that begins with a zero byte is padding of the
	   other end's and never told. */
	void (*datagram)(void *ctx, struct lp_quic_conn *conn, const uint8_t *data, size_t len);
	/* The window is open again after lp_quic_send_datagram() returned LP_EAGAIN. Called from lp_quic_flush(). */
	void (*writable)(void *ctx, struct lp_quic_conn *conn);
	/* The DATAGRAM budget changed: the path's MTU was found, shrank, or the path is another. */
	void (*budget)(void *ctx, struct lp_quic_conn *conn, size_t budget_bytes);
	/* The peer's (or our) address changed and is validated. */
	void (*migrated)(void *ctx, struct lp_quic_conn *conn);
	/* Last event of a connection that was ready, or of a client's that never became ready. */
	void (*closed)(void *ctx, struct lp_quic_conn *conn, const struct lp_quic_close *why);
};

/* Congestion control (RFC 9002 §7). */
enum lp_quic_congestion {
	LP_QUIC_CC_CUBIC, /* RFC 9438 */
	LP_QUIC_CC_BBR,
	LP_QUIC_CC_RENO,
};

/* What seals the packets of established connections. */
enum lp_quic_aead {
	LP_QUIC_AEAD_BEST, /* the fastest that the CPU and the build have */
	LP_QUIC_AEAD_GNUTLS,
	LP_QUIC_AEAD_HELPER, /* the QUIC library's own helper: slowest, to compare with */
};

struct lp_quic_config {
	struct lp_tls *server_tls; /* certificate for connections that are accepted; NULL: none are */
	struct lp_tls *client_tls; /* trust for lp_quic_connect(); NULL: it cannot be called. Both are borrowed until
				      the endpoint is freed. */
	const struct lp_quic_events *events; /* borrowed until the endpoint is freed */
	void *ctx;
	uint8_t secret[32]; /* signs Retry and stateless-reset tokens, keys the hash tables */
	void (*random)(void *ctx, uint8_t *data, size_t len); /* connection ids and the like; gets |ctx| */
	uint64_t idle_timeout_ns;                             /* a dead peer is noticed after this */
	uint64_t keep_alive_ns;                               /* a PING after this much silence; 0: none */
	size_t max_udp_payload;                               /* path MTU discovery goes up to this; 0: 1472 */
	size_t max_conns;                                     /* server: all connections, handshakes included */
	size_t max_handshakes; /* server: beyond this, half-open or begun in 10 s, newcomers get a Retry first */
	size_t max_handshakes_per_source; /* server: of one address, half-open or begun in a second; beyond this they
					     get a Retry first, after it they are dropped; 0: no limit */
	size_t max_conns_per_source; /* server: of one IPv4 address or IPv6 /64, four times of a /48; 0: no limit */
	enum lp_quic_congestion congestion;
	/* Packets with DATAGRAMs of ours may wait so long in the network, whatever the congestion window says; 0: 3 ms,
	 * LP_NEVER: as long as the congestion window says. */
	uint64_t queue_delay_ns;
	enum lp_quic_aead aead;
};

/* Counters of an endpoint. */
struct lp_quic_counters {
	uint64_t datagrams_in, datagrams_out; /* UDP */
	uint64_t bytes_in, bytes_out;         /* UDP payload */
	uint64_t invalid_in;                  /* UDP datagrams that belong to no connection and start none */
	uint64_t retries_sent, resets_sent, version_negotiations_sent;
	uint64_t conns_refused; /* by a limit */
};

/* The last connection that was refused. */
struct lp_quic_refusal {
	struct lp_addr remote; /* family 0: none was */
	const char *reason;    /* for people: the limit; constant */
};

/* Statistics of a connection. */
struct lp_quic_stats {
	uint64_t srtt_ns, latest_rtt_ns;
	uint64_t cwnd_bytes, in_flight_bytes;
	uint64_t lost_packets; /* of ours: DATAGRAMs that were declared lost */
	uint64_t last_rx_ns;   /* when the last valid packet was received: a long silence while we send means that the
				  path or the peer is gone, well before the idle timeout */
	size_t datagram_budget;
};

int lp_quic_endpoint_new(const struct lp_quic_config *config, struct lp_quic_endpoint **ret_endpoint);
/* Frees the endpoint and its connections without a word to the peers (close and flush first). NULL is fine. */
void lp_quic_endpoint_free(struct lp_quic_endpoint *endpoint);

/* Starts a connection over |carrier|. |server_name| is checked against the certificate; |local| may have family 0.
   The first packets leave at the next flush. 0; LP_EINVAL: |remote| is no address, or the endpoint has no |client_tls|;
   LP_ENOMEM, LP_ETLS. */
int lp_quic_connect(struct lp_quic_endpoint *endpoint, struct lp_carrier *carrier, const struct lp_addr *local,
	const struct lp_addr *remote, const char *server_name, uint64_t now_ns, struct lp_quic_conn **ret_conn);

/* Takes a batch that |carrier| received. Garbage is counted and dropped. */
void lp_quic_receive(struct lp_quic_endpoint *endpoint, struct lp_carrier *carrier, const struct lp_udp_msg *msgs,
	size_t n_msgs, uint64_t now_ns);
/* Writes once for every connection that has something to say, gives all of it to the carriers, and frees what died. */
void lp_quic_flush(struct lp_quic_endpoint *endpoint, uint64_t now_ns);
/* When lp_quic_expire() is to be called next; LP_NEVER if there is nothing to wait for. */
uint64_t lp_quic_deadline(const struct lp_quic_endpoint *endpoint);
/* Does what is due. A flush follows. */
void lp_quic_expire(struct lp_quic_endpoint *endpoint, uint64_t now_ns);
const struct lp_quic_counters *lp_quic_counters(const struct lp_quic_endpoint *endpoint);
const struct lp_quic_refusal *lp_quic_last_refusal(const struct lp_quic_endpoint *endpoint);
/* The name of what seals packets, for people. */
const char *lp_quic_aead_name(const struct lp_quic_endpoint *endpoint);
size_t lp_quic_conn_count(const struct lp_quic_endpoint *endpoint);

/* Puts a DATAGRAM, given in up to 4 parts, into the connection's packet being built (the bytes are sealed or copied
   before the call returns). 0; LP_EAGAIN: the congestion window or pacing is closed, `writable` will come;
   LP_ETOOBIG: larger than lp_quic_budget(); LP_ECLOSED. */
int lp_quic_send_datagram(struct lp_quic_conn *conn, const struct lp_bytes *parts, size_t n_parts, uint64_t now_ns);
/* As lp_quic_send_datagram(), for a small DATAGRAM that should not wait: it may go although our packets wait longer in
   the network than they should, if the congestion window lets it. */
int lp_quic_send_ahead(struct lp_quic_conn *conn, const struct lp_bytes *parts, size_t n_parts, uint64_t now_ns);
/* The largest DATAGRAM that the path carries now, in bytes; 0 before the handshake is complete. */
size_t lp_quic_budget(const struct lp_quic_conn *conn);
/* Queues bytes on the control stream (copies them). 0, LP_EFULL when the peer has not read 256 KiB, LP_ENOMEM,
   LP_ECLOSED. */
int lp_quic_send_control(struct lp_quic_conn *conn, const uint8_t *data, size_t len);
/* Closes with an application code and a reason phrase, after what the control stream still holds was sent once.
   Harmless on a connection that is closing. `closed` comes from the next flush. */
void lp_quic_close(struct lp_quic_conn *conn, enum lp_quic_app_error code, const char *reason);
/* Lets go of a connection without a word to the peer, which keeps it until it comes back or the idle timeout ends it.
   `closed` comes from the next flush. */
void lp_quic_abandon(struct lp_quic_conn *conn);
/* Client: starts a migration to another local address, perhaps on another carrier (RFC 9000 §9); `migrated` follows
   when the new path is validated. 0; LP_EINVAL: of another family, or the peer connected to us; LP_EEXISTS: it has that
   address; LP_EAGAIN: not now, since the handshake is not complete, the peer has given no spare connection id, or it is
   called from inside of an event; LP_ECLOSED, LP_EINTERNAL. */
int lp_quic_migrate(
	struct lp_quic_conn *conn, struct lp_carrier *carrier, const struct lp_addr *local, uint64_t now_ns);

/* Asks for new packet keys now (RFC 9001 §6); they also change by themselves. 0; LP_EAGAIN: the last change is not
   yet confirmed, or it is called from inside of an event; LP_ECLOSED, LP_EINTERNAL. */
int lp_quic_update_keys(struct lp_quic_conn *conn, uint64_t now_ns);

void lp_quic_set_user(struct lp_quic_conn *conn, void *user);
void *lp_quic_user(const struct lp_quic_conn *conn);
const struct lp_addr *lp_quic_remote(const struct lp_quic_conn *conn);
/* True if the peer connected to us, false if lp_quic_connect() made the connection. */
bool lp_quic_accepted(const struct lp_quic_conn *conn);
void lp_quic_stats(const struct lp_quic_conn *conn, struct lp_quic_stats *ret_stats);

#endif
