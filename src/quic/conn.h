/* One connection: the library's object, its TLS session, what waits to be sent. For the files of quic/ alone. */
#ifndef LP_QUIC_CONN_H
#define LP_QUIC_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ngtcp2/ngtcp2.h>

#include "base/addr.h"
#include "base/list.h"
#include "quic/cc/delay.h"
#include "quic/cc/pmtud.h"
#include "quic/cc/pto.h"
#include "quic/conn_table.h"
#include "quic/control.h"
#include "quic/endpoint.h"
#include "quic/expiry.h"
#include "quic/tls/session.h"

struct lp_batch;
struct lp_addr_limit;

/* UDP payload from which on a packet is taken for a bulk transfer's: its sender waits for the acknowledgement. */
#define LP_CONN_LARGE 600

/* A life: HANDSHAKE → READY → ENDED → (LINGERING →) DEAD. */
enum lp_conn_state {
	LP_CONN_HANDSHAKE,
	LP_CONN_READY,
	LP_CONN_ENDED,     /* nothing is read or sent any more; `closed` is still to be told */
	LP_CONN_LINGERING, /* `closed` was told; knows its packets for a while (closing or draining, RFC 9000 §10.2) */
	LP_CONN_DEAD,      /* waits for its turn to be freed */
};

/* What every packet touches comes first: with many connections each line of it is a miss. */
struct lp_quic_conn {
	struct lp_quic_endpoint *endpoint;
	ngtcp2_conn *library; /* NULL once it lingers */
	void *user;
	struct lp_quic_conn *next_dirty;
	enum lp_conn_state state;
	bool server;             /* the peer began the connection */
	bool announced;          /* `ready` was told */
	bool in_library;         /* inside one of its callbacks: only what is queued may be called */
	bool dirty;              /* in the endpoint's list for the next flush */
	bool heard;              /* packets were read since the window by delay looked at the round trip */
	bool sent_large;         /* since nothing was in flight */
	bool wants_write;        /* the library may have something to say */
	bool changed;            /* path, MTU or state may be others than tell_changes() last saw */
	bool expired;            /* the library's timer has just run off: it may have several probes to send */
	bool blocked;            /* the user waits for `writable` */
	bool packet_open;        /* the library expects more for the packet that is being built */
	bool close_wanted;       /* lp_quic_close() was called */
	bool control_closed;     /* the control stream takes no more of our bytes */
	bool path_validated;     /* `migrated` is to be told if it is not the one that was told last */
	bool reset_by_peer;      /* a stateless reset came */
	bool counted;            /* among the live connections of the endpoint */
	bool half_open;          /* among its handshakes */
	bool proven;             /* server: the peer's address was proved by a Retry before the handshake */
	unsigned n_to_answer;    /* packets that came since the library last wrote */
	uint64_t answer_ns;      /* when they are to be acknowledged */
	uint64_t heard_ns;       /* when the last packet came */
	uint64_t rtt_ns;         /* shortest round trip of what was acknowledged in this pass; LP_NEVER: nothing was */
	uint64_t received_bytes; /* UDP payload, so far */
	struct lp_deadline deadline;

	struct lp_batch *batch;    /* borrowed while there are packets in it */
	uint8_t *packet;           /* where the open packet is built */
	size_t packet_used;        /* estimate of its length without the tag */
	uint64_t packet_ns;        /* when it was opened: the library wants the same time until it is finished */
	ngtcp2_pkt_info tx_info;   /* ECN of the packet being written: the library's own until it is finished */
	size_t packet_max;         /* what a packet may have on this path now */
	size_t budget;             /* what lp_quic_budget() says */
	ngtcp2_path_storage shown; /* the path that |carrier|, |local| and |remote| were read from */
	struct lp_carrier *carrier;
	struct lp_addr local, remote; /* of the current path */

	uint64_t elsewhere_ns; /* server: since when packets come only by another path than the current; 0: not so */
	uint64_t expired_ns;   /* when the timers were last looked after */
	uint64_t probing_until_ns; /* an answer to a probe of the library's may come, and with it another MTU */
	uint64_t skew_ns;          /* how far the library's time is ahead of ours */
	struct lp_pto stall;
	struct lp_cc_delay delay;
	struct lp_pmtud mtu;
	struct lp_control control;
	int64_t control_id; /* -1 before it is open */

	struct lp_node node;                    /* in the endpoint's list of all connections */
	struct lp_cid_list cids;                /* our ids */
	struct lp_cid_list tokens;              /* stateless-reset tokens of the peer's ids in use */
	struct lp_addr_limit *source;           /* of a server's connection */
	struct lp_addr told_local, told_remote; /* the path that `migrated` was last told of */
	struct lp_addr moving_to;               /* client: local address of a migration under way; family 0: none */
	struct lp_carrier *moving_carrier;      /* and its carrier */
	uint64_t followed_ns; /* server: when it last followed the client by force (conn_nudge.c); 0: never */
	uint64_t lost_packets;
	struct lp_tls_session tls;

	uint64_t close_code;
	struct lp_quic_close why;
	uint8_t *close_packet; /* what a lingering one answers; NULL: nothing */
	size_t close_len;
	uint64_t linger_until_ns; /* 0: not at all */
	unsigned n_lingered;      /* datagrams that came meanwhile */
};

/* Fetches what every packet touches, ahead of its turn. */
static inline void lp_conn_fetch(const struct lp_quic_conn *conn)
{
	for (size_t at = 0; at < offsetof(struct lp_quic_conn, mtu); at += 64)
		__builtin_prefetch((const char *)conn + at);
}

/* What the library is told to be the time. */
uint64_t lp_conn_now(const struct lp_quic_conn *conn);

/* What kind of DATAGRAM it is. */
enum lp_dgram {
	LP_DGRAM_SMALL,
	LP_DGRAM_LARGE, /* its packet has more than LP_MTU_BASE bytes */
	LP_DGRAM_PROBE,
};

/* What a DATAGRAM is known by when it is acknowledged or lost: its kind, with when it was written or, for a probe, how
   large its packet is. */
static inline uint64_t lp_dgram_id(enum lp_dgram kind, uint64_t value)
{
	return value << 2 | kind;
}

static inline enum lp_dgram lp_dgram_kind(uint64_t id)
{
	return id & 3;
}

static inline uint64_t lp_dgram_value(uint64_t id)
{
	return id >> 2;
}

/* conn_new.c */

/* A member's side. |ret_conn| belongs to the endpoint. */
int lp_conn_new_client(struct lp_quic_endpoint *endpoint, const ngtcp2_path *path, const char *server_name,
	struct lp_quic_conn **ret_conn);
/* A relay's side, for an Initial packet with the header |hd|; |first_dcid| is what the client chose before a Retry,
   NULL without one. */
int lp_conn_new_server(struct lp_quic_endpoint *endpoint, const ngtcp2_path *path, const ngtcp2_pkt_hd *hd,
	const ngtcp2_cid *first_dcid, struct lp_quic_conn **ret_conn);
/* Frees it without a word to anybody. */
void lp_conn_free(struct lp_quic_conn *conn);

/* conn.c */

/* Feeds one UDP datagram. Returns the library's code when the server should answer with a Retry, otherwise 0. */
int lp_conn_read(struct lp_quic_conn *conn, const ngtcp2_path *path, uint8_t ecn, const uint8_t *data, size_t len);
/* True if the window by delay lets another packet go. */
bool lp_conn_window_open(struct lp_quic_conn *conn);
/* Does what time demands. */
void lp_conn_expire(struct lp_quic_conn *conn);
/* One pass: closes, writes, tells events, plans the deadline. */
void lp_conn_flush(struct lp_quic_conn *conn);
/* The path that a datagram from |remote| to |local| over |carrier| belongs to, as the library knows it. */
void lp_conn_path(const struct lp_quic_conn *conn, struct lp_carrier *carrier, const struct lp_addr *local,
	const struct lp_addr *remote, ngtcp2_path_storage *ret_path);

/* conn_deadline.c */

/* Plans the next lp_conn_expire(). */
void lp_conn_plan_deadline(struct lp_quic_conn *conn);

/* conn_write.c */

/* Ends the packet that is being built, if there is one. Before any other call of the library. */
void lp_conn_finish_packet(struct lp_quic_conn *conn);
/* Writes all that the library and the control stream have to say. */
void lp_conn_write(struct lp_quic_conn *conn);
/* Writes a DATAGRAM that makes a packet of exactly |size| bytes, which the other end passes over. */
void lp_conn_write_probe(struct lp_quic_conn *conn, size_t size);
/* Writes a DATAGRAM of one byte that the other end passes over, so that it answers. */
void lp_conn_write_padding(struct lp_quic_conn *conn);
/* Recomputes path, packet size and budget. True if the budget changed. */
bool lp_conn_update_budget(struct lp_quic_conn *conn);

/* conn_nudge.c */

/* The probe timeout without doublings (RFC 9002 §6.2.1). */
uint64_t lp_conn_probe_timeout(struct lp_quic_conn *conn);
/* A server's packet came by |path|: follows the client there if the library does not. */
void lp_conn_follow(struct lp_quic_conn *conn, const ngtcp2_path *path);
/* Makes the peer answer, if it should have long ago. */
void lp_conn_nudge(struct lp_quic_conn *conn);

/* conn_close.c */

/* Ends the connection because the library returned |code|, an error. */
void lp_conn_fail(struct lp_quic_conn *conn, int code);
/* Ends it with an application error of ours, or a transport error if |app| is false. */
void lp_conn_close(struct lp_quic_conn *conn, bool app, uint64_t code, const char *reason);
/* A datagram came for a connection that lingers: says goodbye again, ever more rarely. */
void lp_conn_linger(struct lp_quic_conn *conn);
/* `closed` was told: frees what is not needed to linger. */
void lp_conn_rest(struct lp_quic_conn *conn);

/* conn_events.c */

/* The callbacks of the library, for a server or a client. */
const ngtcp2_callbacks *lp_conn_callbacks(bool server);

#endif
