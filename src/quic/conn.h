/* One connection: its ngtcp2 object, its TLS session, and what waits to be sent. For the files of quic/ alone.

   The files call each other downwards only:

     endpoint.c, accept.c     demultiplexing, new connections
     conn.c                   life and API: new, one flush, migration, free
     rx.c, timer.c            a received packet and ngtcp2's callbacks; deadlines and PTO
     ngtcp2_1_11.c            workarounds for that version
     tx.c                     writing packets, the DATAGRAM budget
     close.c                  how a connection ends
     conn_limits.c, outbox.c     counts and limits of an endpoint; batches that wait to be sent

   What they need of the endpoint is data, in env.h. */
#ifndef LP_QUIC_CONN_H
#define LP_QUIC_CONN_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ngtcp2/ngtcp2.h>

#include "base/addr.h"
#include "base/list.h"
#include "quic/ack.h"
#include "quic/cc/flight.h"
#include "quic/cc/pmtud.h"
#include "quic/cc/pto.h"
#include "quic/cc/rate.h"
#include "quic/control.h"
#include "quic/demux/conn_table.h"
#include "quic/endpoint.h"
#include "quic/env.h"
#include "quic/expiry.h"
#include "quic/run_doubt.h"
#include "quic/tls/session.h"

struct lp_addr_limit;
struct lp_batch;

/* UDP payload from which a packet counts as part of a bulk transfer, whose sender waits for the ACK. */
#define LP_CONN_LARGE LP_ACK_LARGE_PACKET

/* HANDSHAKE → READY → CLOSED → CLOSING or DRAINING → DEAD; any state may be skipped. */
enum lp_conn_state {
	LP_CONN_HANDSHAKE,
	LP_CONN_READY,
	LP_CONN_CLOSED,   /* nothing is read or written any more; the `closed` event is due at the next flush */
	LP_CONN_CLOSING,  /* we closed it: packets of the peer get CONNECTION_CLOSE again (RFC 9000 §10.2.1) */
	LP_CONN_DRAINING, /* packets of the peer are ignored (RFC 9000 §10.2.2) */
	LP_CONN_DEAD,     /* freed at the end of the flush */
};

/* The fields that every packet touches come first: with many connections each cache line of them is a miss. */
/* The shortest round trips without the peer's ACK delay, in periods of a second. */
struct lp_rtt_window {
	uint64_t since_ns;        /* begin of the present period */
	uint64_t now_ns, last_ns; /* minimum of the present and the last period with samples; 0: none */
	uint64_t smoothed_ns;     /* ngtcp2's at the last sample */
};

struct lp_quic_conn {
	struct lp_quic_env *env; /* of its endpoint */
	ngtcp2_conn *ngtcp2;     /* NULL once it is closing or draining */
	void *user;
	struct lp_quic_conn *next_dirty;
	enum lp_conn_state state; /* written by lp_conn_enter_state() only */
	bool server;              /* the peer began the connection */
	bool announced;           /* `ready` was called */
	bool in_ngtcp2;           /* inside an ngtcp2 callback: only functions that queue may be called */
	bool dirty;               /* in the endpoint's list for the next flush */
	bool rx_since_update;     /* packets received since the congestion controller was updated */
	bool packet_counts;       /* the packet being written has a DATAGRAM that |flight| will count */
	bool tx_pending;          /* ngtcp2 may have something to write */
	bool path_dirty;          /* path, MTU or state may have changed since the last report */
	bool timer_fired;         /* ngtcp2's timer has just expired: it may have several probes to send */
	bool blocked;             /* the user waits for `writable` */
	bool packet_open;         /* ngtcp2 expects more for the packet that is being built */
	bool close_wanted;        /* lp_quic_close() was called */
	bool control_closed;      /* the peer accepts no more bytes of the control stream */
	bool path_validated;      /* a path was validated since the last report */
	bool reset_by_peer;       /* a stateless reset was received */
	bool counted;             /* in the endpoint's count of live connections */
	bool half_open;           /* the handshake is not complete */
	bool own_control;         /* ngtcp2's congestion control is out of the way */
	bool proven;              /* server: a Retry proved the peer's address before the handshake */
	struct lp_ack ack;        /* packets that wait for their ACK */
	uint64_t last_rx_ns;      /* when the last packet that decrypted was received */
	bool acked;               /* the packet being read acknowledged some of our packets */
	struct lp_rtt_window rtt;
	uint64_t received_bytes; /* UDP payload in all */
	struct lp_deadline deadline;

	struct lp_batch *batch;       /* borrowed while it has packets */
	uint8_t *packet;              /* where the open packet is built */
	size_t packet_used;           /* estimate of its length without the tag */
	uint64_t packet_ns;           /* when it was opened: ngtcp2 requires the same time until it is finished */
	ngtcp2_pkt_info tx_info;      /* ECN of the packet being written; ngtcp2's until it is finished */
	size_t packet_max;            /* the largest packet that the path carries now */
	size_t budget;                /* result of lp_quic_budget() */
	ngtcp2_path_storage cur_path; /* the path that the next three fields describe */
	struct lp_carrier *carrier;
	struct lp_addr local, remote;

	uint64_t other_path_since_ns; /* server: packets arrive by another path only, since then; 0: they do not */
	uint64_t last_expiry_ns;      /* when the deadline was last handled */
	uint64_t probing_until_ns;    /* ngtcp2's probe of the path MTU may still be acknowledged */
	uint64_t skew_ns;             /* added to the time that ngtcp2 gets (ngtcp2_1_11.h) */
	struct lp_pto pto;
	struct lp_cc_rate rate;
	struct lp_cc_flight flight; /* packets with DATAGRAMs */
	struct lp_run_doubt run_doubt;
	struct lp_pmtud pmtud;
	struct lp_control control;
	int64_t control_id; /* -1 before it is open */

	struct lp_node node;                            /* in the endpoint's list of all connections */
	struct lp_cid_list cids;                        /* our connection IDs */
	struct lp_cid_list tokens;                      /* stateless-reset tokens of the IDs that we use */
	struct lp_addr_limit *source;                   /* server: the counters of the remote address */
	struct lp_addr reported_local, reported_remote; /* the path at the last `migrated` */
	struct lp_addr migrating_to;                    /* client: local address of a migration; family 0: none */
	struct lp_carrier *migrating_carrier;           /* and its carrier */
	uint64_t last_follow_ns;                        /* last lp_ngtcp2_follow() that acted; 0: never */
	uint64_t lost_packets;
	struct lp_tls_session tls;

	uint64_t close_code;
	struct lp_quic_close why;
	uint8_t *close_packet; /* CONNECTION_CLOSE, to be sent again; NULL: none */
	size_t close_len;
	uint64_t drain_until_ns; /* end of CLOSING or DRAINING; 0: neither is needed */
	unsigned n_closing_rx;   /* times that CONNECTION_CLOSE was or would have been sent */
};

/* The only writer of the state, which never goes back. */
static inline void lp_conn_enter_state(struct lp_quic_conn *conn, enum lp_conn_state state)
{
	assert(state > conn->state);
	conn->state = state;
}

/* True while packets are read and written. */
static inline bool lp_conn_is_open(const struct lp_quic_conn *conn)
{
	return conn->state <= LP_CONN_READY;
}

/* The time for ngtcp2. */
static inline uint64_t lp_conn_now(const struct lp_quic_conn *conn)
{
	return conn->env->now_ns + conn->skew_ns;
}

/* Adds the connection to the list for the next flush. */
static inline void lp_conn_mark_dirty(struct lp_quic_conn *conn)
{
	struct lp_quic_env *env = conn->env;
	if (conn->dirty)
		return;
	conn->dirty = true;
	conn->next_dirty = NULL;
	if (env->last_dirty)
		env->last_dirty->next_dirty = conn;
	else
		env->first_dirty = conn;
	env->last_dirty = conn;
}

/* Prefetches the fields that every packet touches. */
static inline void lp_conn_prefetch(const struct lp_quic_conn *conn)
{
	for (size_t at = 0; at < offsetof(struct lp_quic_conn, pmtud); at += 64)
		__builtin_prefetch((const char *)conn + at);
}

/* A new connection that we make. |ret_conn| belongs to the endpoint. 0; LP_EINVAL, LP_ENOMEM, LP_ETLS. */
int lp_conn_new_client(struct lp_quic_env *env, const struct lp_quic_target *target, struct lp_quic_conn **ret_conn);
/* A new connection that we accept, for an Initial packet with the header |hd|; |first_dcid| is the ID that the client
   chose before a Retry, NULL without one. */
int lp_conn_new_server(struct lp_quic_env *env, const ngtcp2_path *path, const ngtcp2_pkt_hd *hd,
	const ngtcp2_cid *first_dcid, struct lp_quic_conn **ret_conn);
/* Frees it and sends nothing. */
void lp_conn_free(struct lp_quic_conn *conn);
/* One pass: reports events, writes, closes, sets the deadline. */
void lp_conn_flush(struct lp_quic_conn *conn);
/* A datagram arrived for a connection that is closing or draining. */
void lp_conn_recv_closing(struct lp_quic_conn *conn);

#endif
