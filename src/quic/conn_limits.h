/* How many connections an endpoint accepts, and from whom.

   An accepted connection costs memory, and a handshake costs a key exchange and a signature, which the client need not
   wait for. A relay is open to the Internet, so there are three limits, each with a counter and an event:

   - max_conns: accepted connections in all. As many again may be closing or draining.
   - max_conns_per_source: of one IPv4 address or IPv6 /64, four times as many of an IPv6 /48. A household or a rented
     server has hundreds of /64, all in one /48.
   - max_handshakes, max_handshakes_per_source: handshakes that are half-open, and that begin within a time.

   The source address of a first packet may be forged. So unproven handshakes are counted apart from proven ones, in
   which a Retry (RFC 9000 §8.1.2) or a complete handshake showed that the client receives at its address: a flood with
   forged addresses can use up the unproven handshakes, and then each client needs one round trip more, but it cannot
   use up the places of the clients whose addresses it forges. A connection is counted again when its handshake is
   complete, because several may have begun before the first was proven.

   The counts of accepted connections are apart (struct lp_quic_limits), because the endpoints of a relay's workers
   share them: a source has one limit, however its connections are spread. They change when a connection begins, is
   established, and ends, never with a packet, so a lock around them costs nothing that counts.

   The rates: max_handshakes unproven ones may begin in 10 s, max_handshakes_per_source proven ones per second and
   source. Beyond the first a client gets a Retry; beyond the second it gets nothing. Connections that this endpoint
   made itself are not limited. */
#ifndef LP_QUIC_CONN_LIMITS_H
#define LP_QUIC_CONN_LIMITS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/lock.h"
#include "base/ratelimit.h"
#include "quic/demux/addr_limits.h"
#include "quic/endpoint.h"

struct lp_quic_conn;
struct lp_quic_env;

/* Accepted connections, of one endpoint or of several. */
struct lp_quic_limits {
	struct lp_lock lock;
	size_t n_live;       /* those that have not ended */
	size_t n_ended;      /* closing or draining */
	size_t n_handshakes; /* half-open */
	struct lp_addr_limits sources;
	struct lp_ratelimit unproven_limit, proven_limit;
	struct lp_bucket unproven;
};

/* The connections of an endpoint. */
struct lp_conn_limits {
	struct lp_quic_refusal refusal; /* the last one */
	size_t n_conns;                 /* all connections, closing and draining ones included */
	size_t n_live;                  /* those that have not ended */
	struct lp_quic_limits *accepted;
	bool shared; /* |accepted| is the configuration's */
};

/* Sets the limits from the configuration. 0 or LP_ENOMEM. */
int lp_conn_limits_init(struct lp_conn_limits *limits, const struct lp_quic_config *config);
/* Every connection must have been removed. */
void lp_conn_limits_done(struct lp_conn_limits *limits);

/* Checks a client that wants a connection from |remote|, |proven| or not. True if it is refused, which is then counted;
   |ret_reply| is the text to send to it, or NULL if it gets no reply. */
bool lp_conn_limits_refuse(struct lp_quic_env *env, const struct lp_addr *remote, bool proven, const char **ret_reply);
/* True if a client must prove its address first. */
bool lp_conn_limits_needs_retry(struct lp_quic_env *env, const struct lp_addr *remote);
/* Counts a refusal. |reason| is constant. */
void lp_conn_limits_note_refusal(struct lp_quic_env *env, const struct lp_addr *remote, const char *reason);

/* Counts a new connection. 0 or LP_ENOMEM. */
int lp_conn_limits_add(struct lp_quic_conn *conn);
/* The handshake is complete. False if the limit of its source has been reached in the meantime. */
bool lp_conn_limits_establish(struct lp_quic_conn *conn);
/* The connection has ended. Harmless if it was called before. */
void lp_conn_limits_end(struct lp_quic_conn *conn);
/* The connection is about to be freed. Calls lp_conn_limits_end(). */
void lp_conn_limits_remove(struct lp_quic_conn *conn);
/* True if a connection that has ended may stay in memory, closing or draining. */
bool lp_conn_limits_may_drain(const struct lp_quic_conn *conn);

#endif
