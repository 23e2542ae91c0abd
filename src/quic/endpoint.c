#include "quic/endpoint.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/units.h"
#include "carrier/carrier.h"
#include "quic/aead/aead.h"
#include "quic/conn.h"
#include "quic/endpoint_state.h"
#include "quic/path.h"

int lp_quic_endpoint_new(const struct lp_quic_config *config, struct lp_quic_endpoint **ret_endpoint)
{
	struct lp_quic_endpoint *endpoint = calloc(1, sizeof *endpoint);
	if (!endpoint)
		return LP_ENOMEM;
	endpoint->config = *config;
	ngtcp2_path_storage_zero(&endpoint->tx_path);
	lp_expiry_init(&endpoint->expiry);
	lp_list_init(&endpoint->conns);
	lp_batch_pool_init(&endpoint->pool);
	lp_endpoint_init_limits(endpoint);
	if (lp_conn_table_init(&endpoint->cids, config->secret) < 0)
		goto no_table;
	if (lp_conn_table_init(&endpoint->tokens, config->secret) < 0)
		goto no_tokens;
	if (lp_addr_limits_init(&endpoint->sources, config->secret + LP_SIPHASH_KEY) < 0)
		goto no_sources;
	if (config->aead != LP_QUIC_AEAD_HELPER &&
		(config->aead == LP_QUIC_AEAD_GNUTLS ? lp_aead_gnutls_new : lp_aead_new)(&endpoint->aead) < 0)
		goto no_aead;
	*ret_endpoint = endpoint;
	return 0;
no_aead:
	lp_addr_limits_done(&endpoint->sources);
no_sources:
	lp_conn_table_done(&endpoint->tokens);
no_tokens:
	lp_conn_table_done(&endpoint->cids);
no_table:
	free(endpoint);
	return LP_ENOMEM;
}

/* Takes a connection out of the list of all and frees it. */
static void remove_conn(struct lp_quic_endpoint *endpoint, struct lp_quic_conn *conn)
{
	lp_endpoint_ended(endpoint, conn);
	lp_list_remove(&conn->node);
	endpoint->n_conns--;
	if (conn->server)
		endpoint->n_accepted_closing--;
	lp_conn_free(conn);
}

void lp_quic_endpoint_free(struct lp_quic_endpoint *endpoint)
{
	if (!endpoint)
		return;
	while (!lp_list_is_empty(&endpoint->conns))
		remove_conn(endpoint, LP_LIST_ELEMENT(endpoint->conns.next, struct lp_quic_conn, node));
	for (; endpoint->queued; endpoint->queued = endpoint->queued->next_queued)
		endpoint->queued->n_msgs = 0;
	if (endpoint->answers)
		lp_batch_pool_give(&endpoint->pool, endpoint->answers);
	while (endpoint->full) {
		struct lp_batch *batch = endpoint->full;
		endpoint->full = batch->next;
		lp_batch_pool_give(&endpoint->pool, batch);
	}
	assert(endpoint->n_conns == 0 && endpoint->n_live == 0 && endpoint->n_accepted_live == 0 &&
		endpoint->n_accepted_closing == 0 && endpoint->n_handshakes == 0);
	lp_batch_pool_done(&endpoint->pool);
	lp_aead_free(endpoint->aead);
	lp_expiry_done(&endpoint->expiry);
	lp_addr_limits_done(&endpoint->sources);
	lp_conn_table_done(&endpoint->tokens);
	lp_conn_table_done(&endpoint->cids);
	free(endpoint);
}

/* Time of the call that is under way. The library wants time that never runs backwards. */
static void set_now(struct lp_quic_endpoint *endpoint, uint64_t now_ns)
{
	if (now_ns > endpoint->now_ns)
		endpoint->now_ns = now_ns;
}

void lp_endpoint_mark(struct lp_quic_endpoint *endpoint, struct lp_quic_conn *conn)
{
	if (conn->dirty)
		return;
	conn->dirty = true;
	conn->next_dirty = NULL;
	if (endpoint->last_dirty)
		endpoint->last_dirty->next_dirty = conn;
	else
		endpoint->first_dirty = conn;
	endpoint->last_dirty = conn;
}

int lp_endpoint_add(struct lp_quic_endpoint *endpoint, struct lp_quic_conn *conn)
{
	if (lp_expiry_reserve(&endpoint->expiry, endpoint->n_conns + 1) < 0)
		return LP_ENOMEM;
	if (conn->server) {
		conn->source = lp_addr_limits_enter(&endpoint->sources, &conn->remote, conn->proven);
		if (!conn->source)
			return LP_ENOMEM;
	}
	lp_list_insert(&endpoint->conns, &conn->node);
	conn->counted = conn->half_open = true;
	endpoint->n_conns++;
	endpoint->n_live++;
	if (conn->server) {
		endpoint->n_accepted_live++;
		endpoint->n_handshakes++;
	}
	return 0;
}

/* The connection is half-open no more: it is established, or has ended. */
static void settle(struct lp_quic_endpoint *endpoint, struct lp_quic_conn *conn)
{
	if (!conn->server)
		return;
	endpoint->n_handshakes--;
	if (conn->source)
		lp_addr_limits_settle(conn->source, conn->proven);
}

void lp_endpoint_established(struct lp_quic_endpoint *endpoint, struct lp_quic_conn *conn)
{
	if (!conn->half_open)
		return;
	conn->half_open = false;
	settle(endpoint, conn);
}

void lp_endpoint_ended(struct lp_quic_endpoint *endpoint, struct lp_quic_conn *conn)
{
	if (!conn->counted)
		return;
	conn->counted = false;
	endpoint->n_live--;
	if (conn->server) {
		endpoint->n_accepted_live--;
		endpoint->n_accepted_closing++;
	}
	if (conn->half_open)
		settle(endpoint, conn); /* and stays half-open: it does not linger */
	if (conn->source)
		lp_addr_limits_leave(&endpoint->sources, conn->source);
	conn->source = NULL;
}

void lp_endpoint_bury(struct lp_quic_endpoint *endpoint, struct lp_quic_conn *conn)
{
	assert(conn->dirty); /* it is in no list: its turn of the flush is under way */
	conn->next_dirty = endpoint->dead;
	endpoint->dead = conn;
}

int lp_quic_connect(struct lp_quic_endpoint *endpoint, struct lp_carrier *carrier, const struct lp_addr *local,
	const struct lp_addr *remote, const char *server_name, uint64_t now_ns, struct lp_quic_conn **ret_conn)
{
	static const struct lp_addr any;
	ngtcp2_path_storage path;
	if ((remote->family != 4 && remote->family != 6) || !endpoint->config.client_tls)
		return LP_EINVAL;
	set_now(endpoint, now_ns);
	lp_path_set(&path, carrier, local ? local : &any, remote);
	return lp_conn_new_client(endpoint, &path.path, server_name, ret_conn);
}

#define RESET_TOKEN 16
#define RESET_MIN (5 + RESET_TOKEN) /* the shortest stateless reset (RFC 9000 §10.3) */

/* What the last datagram of a receive batch belonged to: the next one most likely does, too. */
struct recent {
	struct lp_carrier *carrier;
	const struct lp_udp_msg *msg;
	struct lp_quic_conn *conn;
	uint8_t cid[LP_QUIC_CID_LEN];
	struct lp_quic_conn *path_conn; /* whose path |path| is */
	ngtcp2_path_storage path;
};

/* True if a datagram begins with a packet that has a short header (RFC 9000 §17.3) and a connection id of ours. */
static bool is_short(const uint8_t *data, size_t len)
{
	return len >= 1 + LP_QUIC_CID_LEN && !(data[0] & 0x80);
}

/* The connection that a datagram belongs to, or NULL. */
static struct lp_quic_conn *find_conn(
	struct lp_quic_endpoint *endpoint, struct recent *recent, const uint8_t *data, size_t len)
{
	ngtcp2_version_cid ids;
	if (is_short(data, len)) {
		if (recent->conn && memcmp(recent->cid, data + 1, LP_QUIC_CID_LEN) == 0)
			return recent->conn;
		memcpy(recent->cid, data + 1, LP_QUIC_CID_LEN);
		recent->conn = lp_conn_table_find(&endpoint->cids, data + 1, LP_QUIC_CID_LEN);
		if (!recent->conn && len >= RESET_MIN)
			return lp_conn_table_find(&endpoint->tokens, data + len - RESET_TOKEN, RESET_TOKEN);
		return recent->conn;
	}
	if (!(data[0] & 0x80))
		return NULL;
	if (ngtcp2_pkt_decode_version_cid(&ids, data, len, LP_QUIC_CID_LEN) != 0)
		return NULL;
	return lp_conn_table_find(&endpoint->cids, ids.dcid, ids.dcidlen);
}

/* One UDP datagram of a message. */
static void receive_one(struct lp_quic_endpoint *endpoint, struct recent *recent, const struct lp_udp_msg *msg,
	const uint8_t *data, size_t len)
{
	endpoint->counters.datagrams_in++;
	endpoint->counters.bytes_in += len;
	if (len == 0) {
		endpoint->counters.invalid_in++;
		return;
	}
	struct lp_quic_conn *conn = find_conn(endpoint, recent, data, len);
	if (!conn) {
		lp_endpoint_stray(endpoint, recent->carrier, msg, data, len);
		return;
	}
	if (conn->state == LP_CONN_LINGERING) {
		lp_conn_linger(conn);
		return;
	}
	if (recent->msg != msg || recent->path_conn != conn) {
		lp_conn_path(conn, recent->carrier, &msg->local, &msg->remote, &recent->path);
		recent->msg = msg;
		recent->path_conn = conn;
	}
	(void)lp_conn_read(conn, &recent->path.path, msg->ecn, data, len);
}

/* Finds the connections of the messages whose first packet has a short header, and begins to fetch what reading their
   packets will touch. None of them is freed before the next flush. */
static void look_ahead(const struct lp_quic_endpoint *endpoint, const struct lp_udp_msg *msgs, size_t n_msgs,
	struct lp_quic_conn *ret_conns[])
{
	const uint8_t *cids[LP_CONN_TABLE_MANY];
	for (size_t i = 0; i < n_msgs; i++)
		cids[i] = is_short(msgs[i].data, msgs[i].len) ? msgs[i].data + 1 : NULL;
	lp_conn_table_find_many(&endpoint->cids, cids, n_msgs, ret_conns);
	for (size_t i = 0; i < n_msgs; i++)
		if (ret_conns[i])
			lp_conn_fetch(ret_conns[i]);
	for (size_t i = 0; i < n_msgs; i++)
		if (ret_conns[i])
			__builtin_prefetch(ret_conns[i]->user);
}

/* All UDP datagrams of a message. |conn| is what the first belongs to, NULL: not known yet. */
static void receive_message(struct lp_quic_endpoint *endpoint, struct recent *recent, const struct lp_udp_msg *msg,
	struct lp_quic_conn *conn)
{
	size_t step = msg->segment_bytes ? msg->segment_bytes : msg->len;
	if (msg->remote.family != 4 && msg->remote.family != 6) {
		endpoint->counters.invalid_in++;
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
	set_now(endpoint, now_ns);
	while (n_msgs) {
		size_t n = n_msgs < LP_CONN_TABLE_MANY ? n_msgs : LP_CONN_TABLE_MANY;
		/* One message, or one connection, is found as fast without. */
		bool ahead = n > 1 && endpoint->n_conns > 1;
		if (ahead)
			look_ahead(endpoint, msgs, n, conns);
		for (size_t i = 0; i < n; i++)
			receive_message(endpoint, &recent, &msgs[i], ahead ? conns[i] : NULL);
		msgs += n;
		n_msgs -= n;
	}
}

void lp_quic_flush(struct lp_quic_endpoint *endpoint, uint64_t now_ns)
{
	set_now(endpoint, now_ns);
	while (endpoint->first_dirty) {
		struct lp_quic_conn *conn = endpoint->first_dirty;
		endpoint->first_dirty = conn->next_dirty;
		if (!endpoint->first_dirty)
			endpoint->last_dirty = NULL;
		lp_conn_flush(conn);
		if (conn->state == LP_CONN_DEAD)
			continue;
		conn->dirty = false;
		if (conn->close_wanted && conn->state <= LP_CONN_READY)
			lp_endpoint_mark(endpoint, conn);
	}
	lp_endpoint_send(endpoint);
	while (endpoint->dead) {
		struct lp_quic_conn *conn = endpoint->dead;
		endpoint->dead = conn->next_dirty;
		remove_conn(endpoint, conn);
	}
}

uint64_t lp_quic_deadline(const struct lp_quic_endpoint *endpoint)
{
	return lp_expiry_next_ns(&endpoint->expiry);
}

void lp_quic_expire(struct lp_quic_endpoint *endpoint, uint64_t now_ns)
{
	struct lp_deadline *due;
	set_now(endpoint, now_ns);
	while ((due = lp_expiry_due(&endpoint->expiry, now_ns))) {
		lp_expiry_set(&endpoint->expiry, due, LP_NEVER);
		lp_conn_expire((struct lp_quic_conn *)(void *)((char *)due - offsetof(struct lp_quic_conn, deadline)));
	}
}

const struct lp_quic_counters *lp_quic_counters(const struct lp_quic_endpoint *endpoint)
{
	return &endpoint->counters;
}

const struct lp_quic_refusal *lp_quic_last_refusal(const struct lp_quic_endpoint *endpoint)
{
	return &endpoint->refusal;
}

size_t lp_quic_conn_count(const struct lp_quic_endpoint *endpoint)
{
	return endpoint->n_live;
}

const char *lp_quic_aead_name(const struct lp_quic_endpoint *endpoint)
{
	return endpoint->aead ? endpoint->aead->name : "ngtcp2's helper";
}
