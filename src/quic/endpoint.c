#include "quic/endpoint.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/units.h"
#include "quic/aead/aead.h"
#include "quic/conn.h"
#include "quic/endpoint_state.h"
#include "quic/path.h"
#include "quic/rx.h"
#include "quic/timer.h"

#define RESET_TOKEN 16
#define RESET_MIN (5 + RESET_TOKEN) /* the shortest stateless reset (RFC 9000 §10.3) */

int lp_quic_endpoint_new(const struct lp_quic_config *config, struct lp_quic_endpoint **ret_endpoint)
{
	struct lp_quic_endpoint *endpoint = calloc(1, sizeof *endpoint);
	if (!endpoint)
		return LP_ENOMEM;
	struct lp_quic_env *env = &endpoint->env;
	env->config = *config;
	lp_list_init(&env->conns);
	ngtcp2_path_storage_zero(&env->tx_path);
	lp_expiry_init(&env->expiry);
	lp_outbox_init(&env->outbox);
	lp_accept_init(endpoint);
	if (lp_quic_secrets_derive(config->secret, &env->secrets) < 0 ||
		lp_conn_table_init(&env->cids, env->secrets.conns) < 0)
		goto no_cids;
	if (lp_conn_table_init(&env->tokens, env->secrets.conns) < 0)
		goto no_tokens;
	if (lp_conn_limits_init(&env->limits, config) < 0)
		goto no_limits;
	if (config->aead != LP_QUIC_AEAD_HELPER &&
		(config->aead == LP_QUIC_AEAD_GNUTLS ? lp_aead_gnutls_new : lp_aead_new)(&env->aead) < 0)
		goto no_aead;
	*ret_endpoint = endpoint;
	return 0;
no_aead:
	lp_conn_limits_done(&env->limits);
no_limits:
	lp_conn_table_done(&env->tokens);
no_tokens:
	lp_conn_table_done(&env->cids);
no_cids:
	free(endpoint);
	return LP_ENOMEM;
}

void lp_quic_endpoint_free(struct lp_quic_endpoint *endpoint)
{
	if (!endpoint)
		return;
	struct lp_quic_env *env = &endpoint->env;
	while (!lp_list_is_empty(&env->conns))
		lp_conn_free(LP_LIST_ELEMENT(env->conns.next, struct lp_quic_conn, node));
	lp_outbox_done(&env->outbox);
	lp_aead_free(env->aead);
	lp_expiry_done(&env->expiry);
	lp_conn_limits_done(&env->limits);
	lp_conn_table_done(&env->tokens);
	lp_conn_table_done(&env->cids);
	free(endpoint);
}

int lp_quic_connect(struct lp_quic_endpoint *endpoint, const struct lp_quic_target *target, uint64_t now_ns,
	struct lp_quic_conn **ret_conn)
{
	if ((target->remote.family != 4 && target->remote.family != 6) || !endpoint->env.config.client_tls)
		return LP_EINVAL;
	lp_env_set_now(&endpoint->env, now_ns);
	return lp_conn_new_client(&endpoint->env, target, ret_conn);
}

void lp_quic_set_cid_prefix(struct lp_quic_endpoint *endpoint, const struct lp_quic_cid_prefix *prefix)
{
	endpoint->env.cid_prefix = *prefix;
}

/* The last datagram of a receive batch, because the next one most likely belongs to the same connection and path. */
struct recent {
	struct lp_carrier *carrier;
	const struct lp_udp_msg *msg;
	struct lp_quic_conn *conn;
	uint8_t cid[LP_QUIC_CID_LEN];
	struct lp_quic_conn *path_conn; /* that |path| belongs to */
	ngtcp2_path_storage path;
};

/* True if a datagram begins with a packet that has a short header (RFC 9000 §17.3) and may have one of our IDs. */
static bool is_short(const uint8_t *data, size_t len)
{
	return len >= 1 + LP_QUIC_CID_LEN && !(data[0] & 0x80);
}

/* The connection of a datagram, or NULL. */
static struct lp_quic_conn *find_conn(
	const struct lp_quic_env *env, struct recent *recent, const uint8_t *data, size_t len)
{
	ngtcp2_version_cid ids;
	if (is_short(data, len)) {
		if (recent->conn && memcmp(recent->cid, data + 1, LP_QUIC_CID_LEN) == 0)
			return recent->conn;
		memcpy(recent->cid, data + 1, LP_QUIC_CID_LEN);
		recent->conn = lp_conn_table_find(&env->cids, data + 1, LP_QUIC_CID_LEN);
		if (!recent->conn && len >= RESET_MIN)
			return lp_conn_table_find(&env->tokens, data + len - RESET_TOKEN, RESET_TOKEN);
		return recent->conn;
	}
	if (!(data[0] & 0x80))
		return NULL;
	if (ngtcp2_pkt_decode_version_cid(&ids, data, len, LP_QUIC_CID_LEN) != 0)
		return NULL;
	return lp_conn_table_find(&env->cids, ids.dcid, ids.dcidlen);
}

/* Receives one UDP datagram of a message. */
static void receive_one(struct lp_quic_endpoint *endpoint, struct recent *recent, const struct lp_udp_msg *msg,
	const uint8_t *data, size_t len)
{
	struct lp_quic_env *env = &endpoint->env;
	env->counters.datagrams_in++;
	env->counters.bytes_in += len;
	if (len == 0) {
		env->counters.invalid_in++;
		return;
	}
	struct lp_quic_conn *conn = find_conn(env, recent, data, len);
	if (!conn) {
		lp_accept_unmatched(endpoint, recent->carrier, msg, data, len);
		return;
	}
	if (!conn->ngtcp2) {
		lp_conn_recv_closing(conn);
		return;
	}
	if (recent->msg != msg || recent->path_conn != conn) {
		lp_rx_path(conn, recent->carrier, &msg->local, &msg->remote, &recent->path);
		recent->msg = msg;
		recent->path_conn = conn;
	}
	(void)lp_rx_read(conn, &recent->path.path, msg->ecn, data, len);
}

/* Finds the connections of the messages whose first packet has a short header, and prefetches what reading will touch.
   No connection is freed before the next flush. */
static void prefetch_conns(
	const struct lp_quic_env *env, const struct lp_udp_msg *msgs, size_t n_msgs, struct lp_quic_conn *ret_conns[])
{
	const uint8_t *cids[LP_CONN_TABLE_MANY];
	for (size_t i = 0; i < n_msgs; i++)
		cids[i] = is_short(msgs[i].data, msgs[i].len) ? msgs[i].data + 1 : NULL;
	lp_conn_table_find_many(&env->cids, cids, n_msgs, ret_conns);
	for (size_t i = 0; i < n_msgs; i++)
		if (ret_conns[i])
			lp_conn_prefetch(ret_conns[i]);
	for (size_t i = 0; i < n_msgs; i++)
		if (ret_conns[i])
			__builtin_prefetch(ret_conns[i]->user);
}

/* Receives all UDP datagrams of a message. |conn| is the connection of the first, NULL if it is not known yet. */
static void receive_message(struct lp_quic_endpoint *endpoint, struct recent *recent, const struct lp_udp_msg *msg,
	struct lp_quic_conn *conn)
{
	size_t step = msg->segment_bytes ? msg->segment_bytes : msg->len;
	if (msg->remote.family != 4 && msg->remote.family != 6) {
		endpoint->env.counters.invalid_in++;
		return;
	}
	if (conn) {
		memcpy(recent->cid, msg->data + 1, LP_QUIC_CID_LEN);
		recent->conn = conn;
	}
	for (size_t at = 0; at < msg->len; at += step)
		receive_one(endpoint, recent, msg, msg->data + at, msg->len - at < step ? msg->len - at : step);
}

void lp_quic_receive(struct lp_quic_endpoint *endpoint, struct lp_carrier *carrier, const struct lp_udp_msg *msgs,
	size_t n_msgs, uint64_t now_ns)
{
	struct recent recent = {.carrier = carrier};
	struct lp_quic_conn *conns[LP_CONN_TABLE_MANY];
	lp_env_set_now(&endpoint->env, now_ns);
	while (n_msgs) {
		size_t n = n_msgs < LP_CONN_TABLE_MANY ? n_msgs : LP_CONN_TABLE_MANY;
		/* A single message or connection gains nothing by it. */
		bool prefetch = n > 1 && endpoint->env.limits.n_conns > 1;
		if (prefetch)
			prefetch_conns(&endpoint->env, msgs, n, conns);
		for (size_t i = 0; i < n; i++)
			receive_message(endpoint, &recent, &msgs[i], prefetch ? conns[i] : NULL);
		msgs += n;
		n_msgs -= n;
	}
}

void lp_quic_flush(struct lp_quic_endpoint *endpoint, uint64_t now_ns)
{
	struct lp_quic_env *env = &endpoint->env;
	lp_env_set_now(env, now_ns);
	while (env->first_dirty) {
		struct lp_quic_conn *conn = env->first_dirty;
		env->first_dirty = conn->next_dirty;
		if (!env->first_dirty)
			env->last_dirty = NULL;
		lp_conn_flush(conn);
		if (conn->state == LP_CONN_DEAD)
			continue;
		conn->dirty = false;
		if (conn->close_wanted && lp_conn_is_open(conn))
			lp_conn_mark_dirty(conn);
	}
	lp_outbox_send(&env->outbox);
	while (env->dead) {
		struct lp_quic_conn *conn = env->dead;
		env->dead = conn->next_dirty;
		lp_conn_free(conn);
	}
}

uint64_t lp_quic_deadline(const struct lp_quic_endpoint *endpoint)
{
	return lp_expiry_next_ns(&endpoint->env.expiry);
}

void lp_quic_expire(struct lp_quic_endpoint *endpoint, uint64_t now_ns)
{
	struct lp_deadline *due;
	lp_env_set_now(&endpoint->env, now_ns);
	while ((due = lp_expiry_due(&endpoint->env.expiry, now_ns))) {
		lp_expiry_set(&endpoint->env.expiry, due, LP_NEVER);
		lp_timer_expire((struct lp_quic_conn *)(void *)((char *)due - offsetof(struct lp_quic_conn, deadline)));
	}
}

const struct lp_quic_counters *lp_quic_counters(const struct lp_quic_endpoint *endpoint)
{
	return &endpoint->env.counters;
}

const struct lp_quic_refusal *lp_quic_last_refusal(const struct lp_quic_endpoint *endpoint)
{
	return &endpoint->env.limits.refusal;
}

size_t lp_quic_conn_count(const struct lp_quic_endpoint *endpoint)
{
	return endpoint->env.limits.n_live;
}

const char *lp_quic_aead_name(const struct lp_quic_endpoint *endpoint)
{
	return endpoint->env.aead ? endpoint->env.aead->name : "ngtcp2's helper";
}
