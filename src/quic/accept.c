/* Datagrams that belong to no connection: a client's first packet, one of a connection that is gone, or garbage. */
#include "base/error.h"
#include "quic/batch.h"
#include "quic/cid.h"
#include "quic/close.h"
#include "quic/conn.h"
#include "quic/conn_limits.h"
#include "quic/demux/stateless.h"
#include "quic/endpoint_state.h"
#include "quic/outbox.h"
#include "quic/path.h"
#include "quic/rx.h"
#include "quic/tx.h"

#define RESETS_PER_S 1000
#define RESETS_BURST 64

/* A datagram, its header, and where it came from. */
struct unmatched {
	const struct lp_udp_msg *msg;
	struct lp_carrier *carrier;
	const uint8_t *data;
	size_t len;
	ngtcp2_path_storage path;
	ngtcp2_pkt_hd hd;
};

void lp_accept_init(struct lp_quic_endpoint *endpoint)
{
	lp_ratelimit_init(&endpoint->reset_limit, RESETS_PER_S, RESETS_BURST);
}

/* Space for a reply of LP_STATELESS_MAX bytes, or NULL without memory. */
static uint8_t *reply_room(struct lp_quic_env *env)
{
	struct lp_outbox *outbox = &env->outbox;
	uint8_t *room = outbox->replies ? lp_batch_room(outbox->replies, LP_STATELESS_MAX) : NULL;
	if (room)
		return room;
	if (outbox->replies)
		lp_outbox_send(outbox);
	outbox->replies = lp_tx_batch_get(env);
	return outbox->replies ? lp_batch_room(outbox->replies, LP_STATELESS_MAX) : NULL;
}

/* Queues the reply of |len| bytes that was written there; 0: there is none. */
static void reply(struct lp_quic_env *env, const struct unmatched *unmatched, size_t len)
{
	if (len == 0)
		return;
	lp_batch_commit(
		env->outbox.replies, len, 0, unmatched->carrier, &unmatched->msg->local, &unmatched->msg->remote);
	env->counters.datagrams_out++;
	env->counters.bytes_out += len;
}

/* Notifies the peer that the connection of its packet does not exist (RFC 9000 §10.3). */
static void reply_reset(struct lp_quic_endpoint *endpoint, const struct unmatched *unmatched)
{
	struct lp_quic_env *env = &endpoint->env;
	uint8_t random[32];
	ngtcp2_cid cid;
	env->counters.invalid_in++;
	if (unmatched->len < 1 + LP_QUIC_CID_LEN ||
		!lp_bucket_take(&endpoint->resets, &endpoint->reset_limit, 1, env->now_ns))
		return;
	uint8_t *room = reply_room(env);
	if (!room)
		return;
	env->config.random(env->config.ctx, random, sizeof random);
	ngtcp2_cid_init(&cid, unmatched->data + 1, LP_QUIC_CID_LEN);
	size_t len = lp_stateless_write_reset(room, env->secrets.reset, &cid, unmatched->len, random);
	if (len)
		env->counters.resets_sent++;
	reply(env, unmatched, len);
}

/* Lists the versions that we speak (RFC 9000 §6). */
static void reply_version(struct lp_quic_env *env, const struct unmatched *unmatched, const ngtcp2_version_cid *ids)
{
	uint8_t random;
	uint8_t *room = reply_room(env);
	if (!room)
		return;
	env->config.random(env->config.ctx, &random, sizeof random);
	env->counters.version_negotiations_sent++;
	reply(env, unmatched, lp_stateless_write_version(room, ids, random));
}

/* Makes the client prove its address (RFC 9000 §8.1.2). */
static void reply_retry(struct lp_quic_env *env, const struct unmatched *unmatched)
{
	ngtcp2_cid scid;
	uint8_t *room = reply_room(env);
	if (!room)
		return;
	lp_cid_choose(env, &env->cid_prefix, LP_QUIC_CID_LEN, &scid);
	env->counters.retries_sent++;
	reply(env, unmatched,
		lp_stateless_write_retry(
			room, env->secrets.retry, &unmatched->hd, &unmatched->path.path, &scid, env->now_ns));
}

/* Refuses the connection with a transport error. */
static void reply_refusal(
	struct lp_quic_env *env, const struct unmatched *unmatched, uint64_t error, const char *reason)
{
	uint8_t *room = reply_room(env);
	if (room)
		reply(env, unmatched, lp_stateless_write_refusal(room, &unmatched->hd, error, reason));
}

/* The first Initial of a client: accepts the connection, asks for a proof of the address, or refuses. */
static void accept_initial(struct lp_quic_env *env, const struct unmatched *unmatched)
{
	const struct lp_addr *remote = &unmatched->msg->remote;
	const ngtcp2_path *path = &unmatched->path.path;
	struct lp_quic_conn *conn;
	const char *text;
	ngtcp2_cid first_dcid;
	int token = lp_stateless_check_retry(env->secrets.retry, &unmatched->hd, path, env->now_ns, &first_dcid);
	if (token == LP_EPROTO) {
		lp_conn_limits_note_refusal(env, remote, "a Retry token is stale or of another address");
		reply_refusal(env, unmatched, NGTCP2_INVALID_TOKEN, "the Retry token is stale or not yours");
		return;
	}
	if (unmatched->hd.dcid.datalen < NGTCP2_MIN_INITIAL_DCIDLEN && token < 0) {
		env->counters.invalid_in++;
		return;
	}
	if (lp_conn_limits_refuse(env, remote, token == 0, &text)) {
		if (text)
			reply_refusal(env, unmatched, NGTCP2_CONNECTION_REFUSED, text);
		return;
	}
	if (token < 0 && lp_conn_limits_needs_retry(env, remote)) {
		reply_retry(env, unmatched);
		return;
	}
	if (lp_conn_new_server(env, path, &unmatched->hd, token == 0 ? &first_dcid : NULL, &conn) < 0) {
		lp_conn_limits_note_refusal(env, remote, "out of memory");
		return;
	}
	if (lp_rx_read(conn, path, unmatched->msg->ecn, unmatched->data, unmatched->len)) {
		reply_retry(env, unmatched);
		lp_close_by_error(conn, NGTCP2_ERR_RETRY);
	}
}

void lp_accept_unmatched(struct lp_quic_endpoint *endpoint, struct lp_carrier *carrier, const struct lp_udp_msg *msg,
	const uint8_t *data, size_t len)
{
	struct lp_quic_env *env = &endpoint->env;
	struct unmatched unmatched = {.msg = msg, .carrier = carrier, .data = data, .len = len};
	ngtcp2_version_cid ids;
	lp_path_set(&unmatched.path, carrier, &msg->local, &msg->remote);
	if (!(data[0] & 0x80)) {
		reply_reset(endpoint, &unmatched);
		return;
	}
	int result = ngtcp2_pkt_decode_version_cid(&ids, data, len, LP_QUIC_CID_LEN);
	if (result == NGTCP2_ERR_VERSION_NEGOTIATION && env->config.server_tls)
		reply_version(env, &unmatched, &ids);
	else if (result == 0 && env->config.server_tls && ngtcp2_accept(&unmatched.hd, data, len) == 0)
		accept_initial(env, &unmatched);
	else
		env->counters.invalid_in++;
}
