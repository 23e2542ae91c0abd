/* What is inside of an endpoint, for the files of quic/ alone. */
#ifndef LP_QUIC_ENDPOINT_STATE_H
#define LP_QUIC_ENDPOINT_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ngtcp2/ngtcp2.h>

#include "base/list.h"
#include "base/ratelimit.h"
#include "base/udp_msg.h"
#include "quic/addr_limits.h"
#include "quic/batch.h"
#include "quic/conn_table.h"
#include "quic/endpoint.h"
#include "quic/expiry.h"

struct lp_aead;
struct lp_quic_conn;

struct lp_quic_endpoint {
	struct lp_quic_config config;
	struct lp_quic_counters counters;
	struct lp_quic_refusal refusal;
	struct lp_aead *aead; /* NULL: all by the library's helper */
	uint64_t now_ns;      /* of the call that is under way; never runs backwards */
	struct lp_conn_table cids;
	struct lp_conn_table tokens; /* by stateless-reset token: a reset names no id (RFC 9000 §10.3.1) */
	struct lp_addr_limits sources;
	struct lp_expiry expiry;
	struct lp_node conns;                          /* all */
	struct lp_quic_conn *first_dirty, *last_dirty; /* to be flushed */
	struct lp_quic_conn *dead;                     /* to be freed, linked by next_dirty */
	size_t n_conns;                                /* all, lingering ones included */
	size_t n_live;                                 /* not ended */
	/* Of these, the ones that the peer began. */
	size_t n_accepted_live;
	size_t n_accepted_closing; /* ended, but still known */
	size_t n_handshakes;       /* half-open */

	ngtcp2_path_storage tx_path; /* of the packet being written */
	struct lp_batch_pool pool;
	struct lp_batch *answers;  /* packets without a connection; NULL if there are none */
	struct lp_batch *full;     /* batches whose runs are queued at carriers */
	struct lp_carrier *queued; /* carriers that have messages queued */
	struct lp_ratelimit reset_limit, unproven_limit, proven_limit;
	struct lp_bucket resets;   /* stateless resets that are sent */
	struct lp_bucket unproven; /* handshakes that begin without a proof of the address */
};

/* Puts a connection on the list for the next flush. */
void lp_endpoint_mark(struct lp_quic_endpoint *endpoint, struct lp_quic_conn *conn);
/* Adds a new connection to the endpoint. 0 or LP_ENOMEM. */
int lp_endpoint_add(struct lp_quic_endpoint *endpoint, struct lp_quic_conn *conn);
/* A connection ended, is lingering or can go: takes it out of the counts that it no longer belongs to. */
void lp_endpoint_ended(struct lp_quic_endpoint *endpoint, struct lp_quic_conn *conn);
void lp_endpoint_bury(struct lp_quic_endpoint *endpoint, struct lp_quic_conn *conn);
/* The handshake of a server's connection is complete. */
void lp_endpoint_established(struct lp_quic_endpoint *endpoint, struct lp_quic_conn *conn);

/* endpoint_send.c */

/* A batch to write into, making room by sending if too many are out. NULL without memory. */
struct lp_batch *lp_endpoint_borrow(struct lp_quic_endpoint *endpoint);
/* Takes a batch over: its packets go out with the next `send`. */
void lp_endpoint_hand_in(struct lp_quic_endpoint *endpoint, struct lp_batch *batch);
/* Hands out all that was handed in. */
void lp_endpoint_send(struct lp_quic_endpoint *endpoint);
/* Where an answer without a connection may be written (LP_STATELESS_MAX bytes), or NULL; then how long it is. */
uint8_t *lp_endpoint_answer_room(struct lp_quic_endpoint *endpoint);
void lp_endpoint_answer(
	struct lp_quic_endpoint *endpoint, size_t len, const struct lp_udp_msg *to, struct lp_carrier *carrier);

/* endpoint_accept.c */

/* Prepares the rate limits of handshakes and stateless resets from the configuration. */
void lp_endpoint_init_limits(struct lp_quic_endpoint *endpoint);
/* A server's handshake is complete, and the peer's address proved by that. False if others from there, complete
   meanwhile, have taken all places. */
bool lp_endpoint_admit(struct lp_quic_endpoint *endpoint, const struct lp_quic_conn *conn);
/* Answers a datagram that belongs to no connection, or begins a connection by it. */
void lp_endpoint_stray(struct lp_quic_endpoint *endpoint, struct lp_carrier *carrier, const struct lp_udp_msg *msg,
	const uint8_t *data, size_t len);

#endif
