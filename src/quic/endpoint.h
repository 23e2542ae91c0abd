/* QUIC (RFC 9000, 9001, 9002) with DATAGRAMs (RFC 9221): the connections between a relay and its members.

   Model. An endpoint has any number of connections and sends them through carriers (carrier/carrier.h). It accepts
   connections, makes them, or both: the role belongs to the connection. A connection offers three things: DATAGRAMs,
   which carry frames, are lost rather than retransmitted, and fill packets together; one control stream, which the
   client opens, reliable and in order; and events. ngtcp2 does the protocol and GnuTLS the handshake; neither shows in
   this header.

   How it is driven. The module is pure: no clock, no socket, no thread. Datagrams and now_ns come in, datagrams and one
   deadline come out. A pass of the data path is lp_quic_receive() for a whole receive batch, any number of
   lp_quic_send_datagram() and lp_quic_send_control(), then one lp_quic_flush(), then a timer for lp_quic_deadline().
   Nothing leaves the endpoint before the flush unless its buffers are full, so one system call and one ACK cover a
   batch.

   Invariants.
   - An endpoint belongs to one thread.
   - A connection is freed only at the end of a flush, after its `closed` event. It is never freed or written to from
     inside an ngtcp2 callback; functions that are called there queue, or return LP_EAGAIN.
   - Time never runs backwards.
   - Whatever a peer can make grow has a limit and a counter: connections and handshakes (conn_limits.h), bytes on the
     control stream, batches, stateless resets.
   - A DATAGRAM is not larger than lp_quic_budget(), which changes with the path MTU.

   What it does not do. It opens no socket, resolves no names, and does not reconnect. It has no queue for DATAGRAMs: if
   the congestion window is closed it returns LP_EAGAIN, and the egress queue (egress/queue.h) decides what is sent
   first. It does not fragment (proto/fragment.h). It does not choose paths: the owner migrates a connection.

   Parts: conn.h lists the files of one connection and their order; cc/ decides how much may be sent, tls/ is the
   handshake, aead/ the packet protection, demux/ finds the connection of a datagram. ack.h explains the ACK policy,
   ngtcp2_1_11.h the workarounds for that version. */
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
struct lp_lock;
struct lp_quic_conn;
struct lp_quic_endpoint;
struct lp_quic_limits;

#define LP_QUIC_CID_PREFIX_MAX 6

/* Application error codes that close a connection (docs/protocol.md). */
enum lp_quic_app_error {
	LP_QUIC_APP_OK = 0,
	LP_QUIC_APP_PROTOCOL = 1,  /* a rule of the control stream was violated */
	LP_QUIC_APP_REJECTED = 2,  /* the relay did not admit the member; the message `reject` has the reason */
	LP_QUIC_APP_TIMEOUT = 3,   /* no hello, or no reply to it, in time */
	LP_QUIC_APP_MALFORMED = 4, /* too many malformed DATAGRAMs */
	LP_QUIC_APP_OVERLOAD = 5,  /* a limit was reached, or memory is exhausted */
	LP_QUIC_APP_SHUTDOWN = 6,  /* the program that closes is ending */
	LP_QUIC_APP_REPLACED = 7,  /* the same member has a newer connection */
};

/* Why a connection ended. */
struct lp_quic_close {
	enum {
		LP_QUIC_CLOSED_LOCAL,     /* lp_quic_close() */
		LP_QUIC_CLOSED_APP,       /* by the peer, with an application code and a reason */
		LP_QUIC_CLOSED_TRANSPORT, /* by the peer or ngtcp2, with a transport code */
		LP_QUIC_CLOSED_TLS,       /* handshake refused; |reason| says why, for people */
		LP_QUIC_CLOSED_IDLE,      /* nothing received for the idle timeout */
		LP_QUIC_CLOSED_HANDSHAKE_TIMEOUT,
		LP_QUIC_CLOSED_RESET, /* stateless reset: the peer has lost the connection */
	} kind;
	uint64_t code;
	enum lp_tls_distrust distrust; /* CLOSED_TLS: which advice applies */
	char reason[240];              /* printable text, from the peer or from us */
};

/* The events of an endpoint. Every function gets the endpoint's |ctx|. Functions of the connection may be called from
   inside them; the connection is not freed before the event returns. */
struct lp_quic_events {
	/* The handshake is complete: a connection was accepted, or the one that lp_quic_connect() made is ready. */
	void (*ready)(void *ctx, struct lp_quic_conn *conn);
	/* Bytes of the control stream, in order. */
	void (*control)(void *ctx, struct lp_quic_conn *conn, const uint8_t *data, size_t len);
	/* One DATAGRAM; |data| is valid until the call returns. DATAGRAMs that begin with a zero byte are padding and
	   are not reported. */
	void (*datagram)(void *ctx, struct lp_quic_conn *conn, const uint8_t *data, size_t len);
	/* The window is open again after lp_quic_send_datagram() returned LP_EAGAIN. Called from lp_quic_flush(). */
	void (*writable)(void *ctx, struct lp_quic_conn *conn);
	/* The DATAGRAM budget changed: the path MTU was found or shrank, or the path changed. */
	void (*budget)(void *ctx, struct lp_quic_conn *conn, size_t budget_bytes);
	/* An address of the connection changed, the peer's or ours, and the new path is validated. */
	void (*migrated)(void *ctx, struct lp_quic_conn *conn);
	/* The last event of a connection that was ready, or that we made. */
	void (*closed)(void *ctx, struct lp_quic_conn *conn, const struct lp_quic_close *why);
};

/* Congestion control (RFC 9002 §7). */
enum lp_quic_congestion {
	LP_QUIC_CC_CUBIC, /* RFC 9438 */
	LP_QUIC_CC_BBR,
	LP_QUIC_CC_RENO,
};

/* What encrypts the packets of established connections. */
enum lp_quic_aead {
	LP_QUIC_AEAD_BEST, /* the fastest that CPU and build support */
	LP_QUIC_AEAD_GNUTLS,
	LP_QUIC_AEAD_HELPER, /* ngtcp2's own helper: slowest, for comparison */
};

struct lp_quic_config {
	struct lp_tls *server_tls; /* certificate for connections that are accepted; NULL: none are */
	struct lp_tls *client_tls; /* trust for lp_quic_connect(); NULL: it cannot be called. Both are borrowed until
				      the endpoint is freed. */
	const struct lp_quic_events *events; /* borrowed until the endpoint is freed */
	void *ctx;
	uint8_t secret[32]; /* of Retry and stateless-reset tokens and of hash tables (quic/secrets.h) */
	void (*random)(void *ctx, uint8_t *data, size_t len); /* for connection IDs and tokens; gets |ctx| */
	uint64_t idle_timeout_ns;                             /* a dead peer is detected after this */
	uint64_t keep_alive_ns;                               /* a PING after this much silence; 0: none */
	size_t max_udp_payload;                               /* path MTU discovery goes up to this; 0: 1472 */
	size_t max_conns;                                     /* accepted ones, handshakes included */
	size_t max_handshakes; /* accepted ones: beyond this number, half-open or begun in 10 s, a client gets a Retry
				  first */
	size_t max_handshakes_per_source; /* the same of one address, half-open or begun in 1 s; a client that has had
					     its Retry is dropped; 0: no limit */
	size_t max_conns_per_source;   /* accepted ones of an IPv4 address or IPv6 /64, four times of a /48; 0: no limit
					*/
	struct lp_quic_limits *limits; /* counts that other endpoints share; NULL: the endpoint's own */
	enum lp_quic_congestion congestion;
	enum lp_quic_aead aead;
};

/* Counters of an endpoint. */
struct lp_quic_counters {
	uint64_t datagrams_in, datagrams_out; /* UDP */
	uint64_t bytes_in, bytes_out;         /* UDP payload */
	uint64_t invalid_in;                  /* UDP datagrams that belong to no connection and start none */
	uint64_t retries_sent, resets_sent, version_negotiations_sent;
	uint64_t conns_refused;     /* by a limit */
	uint64_t handshakes_failed; /* accepted connections that ended before their handshake was complete */
};

/* The last refused connection. */
struct lp_quic_refusal {
	struct lp_addr remote; /* family 0: none */
	const char *reason;    /* text that names the limit; constant */
};

/* Statistics of a connection. */
struct lp_quic_stats {
	uint64_t srtt_ns;    /* smoothed */
	uint64_t min_rtt_ns; /* shortest of the last one to two seconds with samples, without the peer's ACK delay; 0:
			      * none
			      */
	uint64_t cwnd_bytes, in_flight_bytes;
	uint64_t lost_packets; /* packets with DATAGRAMs that were declared lost */
	uint64_t last_rx_ns; /* when the last packet that decrypted was received; not one of PINGs alone: a long silence
				while we send means that the path or the peer is gone, well before the idle timeout */
	size_t datagram_budget;
	bool own_control; /* our congestion controller alone counts (quic/uncap.h) */
	bool singly;      /* runs of packets are lost, so packets are sent singly (quic/run_doubt.h) */
};

/* Makes counts for the limits of accepted connections that several endpoints share. |config| is one of theirs and has
   the limits, which are the same in all. |lock| is for endpoints on several threads; NULL: they are on one. 0 or
   LP_ENOMEM. */
int lp_quic_limits_new(
	const struct lp_quic_config *config, const struct lp_lock *lock, struct lp_quic_limits **ret_limits);
/* The endpoints must have been freed. NULL is fine. */
void lp_quic_limits_free(struct lp_quic_limits *limits);

/* Bytes that connection IDs begin with, for what steers datagrams by their connection ID. */
struct lp_quic_cid_prefix {
	uint8_t bytes[LP_QUIC_CID_PREFIX_MAX];
	uint8_t len; /* 0: IDs are random */
};

/* Where a connection goes, and over what. */
struct lp_quic_target {
	struct lp_carrier *carrier;
	struct lp_addr local; /* family 0: not known */
	struct lp_addr remote;
	const char *server_name;              /* checked against the certificate */
	struct lp_quic_cid_prefix first_dcid; /* the destination ID of the first packets begins with it */
};

int lp_quic_endpoint_new(const struct lp_quic_config *config, struct lp_quic_endpoint **ret_endpoint);
/* Frees the endpoint and its connections. Peers are not notified: close and flush first for that. NULL is fine. */
void lp_quic_endpoint_free(struct lp_quic_endpoint *endpoint);

/* Starts a connection. The first packets leave at the next flush. 0; LP_EINVAL: the remote address has no family, or
   the endpoint has no |client_tls|; LP_ENOMEM, LP_ETLS. */
int lp_quic_connect(struct lp_quic_endpoint *endpoint, const struct lp_quic_target *target, uint64_t now_ns,
	struct lp_quic_conn **ret_conn);
/* Makes the IDs that the endpoint chooses from now on begin with |prefix|. */
void lp_quic_set_cid_prefix(struct lp_quic_endpoint *endpoint, const struct lp_quic_cid_prefix *prefix);

/* Takes a batch that |carrier| received. Garbage is counted and dropped. */
void lp_quic_receive(struct lp_quic_endpoint *endpoint, struct lp_carrier *carrier, const struct lp_udp_msg *msgs,
	size_t n_msgs, uint64_t now_ns);
/* Writes what every connection has to send, gives it to the carriers, and frees connections that have ended. */
void lp_quic_flush(struct lp_quic_endpoint *endpoint, uint64_t now_ns);
/* When lp_quic_expire() is due; LP_NEVER: not at all. */
uint64_t lp_quic_deadline(const struct lp_quic_endpoint *endpoint);
/* Handles the deadlines that have come. Flush afterwards. */
void lp_quic_expire(struct lp_quic_endpoint *endpoint, uint64_t now_ns);
const struct lp_quic_counters *lp_quic_counters(const struct lp_quic_endpoint *endpoint);
const struct lp_quic_refusal *lp_quic_last_refusal(const struct lp_quic_endpoint *endpoint);
/* The name of the AEAD backend, for people. */
const char *lp_quic_aead_name(const struct lp_quic_endpoint *endpoint);
size_t lp_quic_conn_count(const struct lp_quic_endpoint *endpoint);

/* Adds a DATAGRAM, given in up to 4 parts, to the packet that is being built (the bytes are copied or encrypted before
   the call returns). 0; LP_EAGAIN: the congestion window or pacing does not permit it, `writable` follows;
   LP_ETOOBIG: larger than lp_quic_budget(); LP_ECLOSED. */
int lp_quic_send_datagram(struct lp_quic_conn *conn, const struct lp_bytes *parts, size_t n_parts, uint64_t now_ns);
/* The same for a small DATAGRAM that should not wait: it is sent although the congestion controller holds others
   back. */
int lp_quic_send_ahead(struct lp_quic_conn *conn, const struct lp_bytes *parts, size_t n_parts, uint64_t now_ns);
/* The target and the interval for CoDel in the queue in front of the connection (RFC 8289 §4), which fit its round trip
   and are lax while a wait is due to its congestion controller. */
void lp_quic_queue_delay(const struct lp_quic_conn *conn, uint64_t *ret_target_ns, uint64_t *ret_interval_ns);
/* The largest DATAGRAM that the path carries now, in bytes; 0 before the handshake is complete. */
size_t lp_quic_budget(const struct lp_quic_conn *conn);
/* Queues bytes on the control stream (copies them). 0, LP_EFULL when the peer has not read 384 KiB, LP_ENOMEM,
   LP_ECLOSED. */
int lp_quic_send_control(struct lp_quic_conn *conn, const uint8_t *data, size_t len);
/* Closes with an application code and a reason phrase, after the rest of the control stream was sent once. Harmless on
   a connection that is closing. `closed` follows in the next flush. */
void lp_quic_close(struct lp_quic_conn *conn, enum lp_quic_app_error code, const char *reason);
/* Ends a connection at this end only. The peer is not notified and keeps it until its idle timeout, or until the member
   resumes its session. `closed` follows in the next flush. */
void lp_quic_abandon(struct lp_quic_conn *conn);
/* Client: starts a migration to another local address, perhaps on another carrier (RFC 9000 §9); `migrated` follows
   when the new path is validated. 0; LP_EINVAL: of another family, or the peer connected to us; LP_EEXISTS: it has that
   address; LP_EAGAIN: not now, since the handshake is not complete, the peer has given no spare connection id, or it is
   called from inside of an event; LP_ECLOSED, LP_EINTERNAL. */
int lp_quic_migrate(
	struct lp_quic_conn *conn, struct lp_carrier *carrier, const struct lp_addr *local, uint64_t now_ns);
/* The same, but the connection stays on its path until the new one is validated, and then moves there without losing a
   packet. If the new path does not answer, nothing changes and no event follows. */
int lp_quic_migrate_validated(
	struct lp_quic_conn *conn, struct lp_carrier *carrier, const struct lp_addr *local, uint64_t now_ns);

/* The network path below a mapped carrier changed: the congestion controller restarts (RFC 9000 §9.4). */
void lp_quic_path_changed(struct lp_quic_conn *conn, uint64_t now_ns);
/* Starts a key update (RFC 9001 §6); ngtcp2 also starts them when needed. 0; LP_EAGAIN: the last update is not yet
   confirmed, the handshake is not complete, or it is called from inside an event; LP_ECLOSED, LP_EINTERNAL. */
int lp_quic_update_keys(struct lp_quic_conn *conn, uint64_t now_ns);

void lp_quic_set_user(struct lp_quic_conn *conn, void *user);
void *lp_quic_user(const struct lp_quic_conn *conn);
const struct lp_addr *lp_quic_remote(const struct lp_quic_conn *conn);
/* The carrier of the current path. */
const struct lp_carrier *lp_quic_carrier(const struct lp_quic_conn *conn);
/* Family 0: any. */
const struct lp_addr *lp_quic_local(const struct lp_quic_conn *conn);
/* True if the peer connected to us, false if lp_quic_connect() made the connection. */
bool lp_quic_accepted(const struct lp_quic_conn *conn);
void lp_quic_stats(const struct lp_quic_conn *conn, struct lp_quic_stats *ret_stats);

#endif
