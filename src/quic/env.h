/* What a connection knows of its endpoint: data that the endpoint owns and its connections share. It has no behaviour,
   so connections never call the endpoint back. For the files of quic/ alone. */
#ifndef LP_QUIC_ENV_H
#define LP_QUIC_ENV_H

#include <stddef.h>
#include <stdint.h>

#include <ngtcp2/ngtcp2.h>

#include "base/list.h"
#include "quic/conn_limits.h"
#include "quic/demux/conn_table.h"
#include "quic/endpoint.h"
#include "quic/expiry.h"
#include "quic/outbox.h"
#include "quic/secrets.h"

struct lp_aead;
struct lp_quic_conn;

struct lp_quic_env {
	struct lp_quic_config config;
	struct lp_quic_secrets secrets;
	struct lp_quic_counters counters;
	struct lp_aead *aead; /* NULL: everything is sealed by ngtcp2's helper */
	uint64_t now_ns;      /* time of the current call; never runs backwards */
	struct lp_quic_cid_prefix cid_prefix;
	struct lp_conn_table cids;   /* connections by connection ID */
	struct lp_conn_table tokens; /* by stateless-reset token: a reset names no ID (RFC 9000 §10.3.1) */
	struct lp_conn_limits limits;
	struct lp_expiry expiry;
	struct lp_node conns;                          /* all connections */
	struct lp_quic_conn *first_dirty, *last_dirty; /* for the next flush */
	struct lp_quic_conn *dead;                     /* freed at the end of the flush, linked by |next_dirty| */
	size_t control_bytes;                          /* of all control streams that are not acknowledged yet */
	struct lp_outbox outbox;
	ngtcp2_path_storage tx_path; /* of the packet being written */
};

/* Sets the time of the current call: ngtcp2 needs time that never runs backwards. */
static inline void lp_env_set_now(struct lp_quic_env *env, uint64_t now_ns)
{
	if (now_ns > env->now_ns)
		env->now_ns = now_ns;
}

#endif
