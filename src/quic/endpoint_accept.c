#include <string.h>

#include "base/error.h"
#include "base/units.h"
#include "quic/conn.h"
#include "quic/endpoint_state.h"
#include "quic/path.h"
#include "quic/stateless.h"

/* Stateless resets that are sent. */
#define RESETS_PER_S 1000
#define RESETS_BURST 64

#define SITE_SOURCES 4 /* an IPv6 /48 may have as many connections as so many addresses */

/* A handshake costs a key exchange and a signature, even if its client gives up after its first packet. So handshakes
   are limited in number at a time, and also in rate. The burst is the limit on their number; the rate is the same
   number per this many seconds for clients whose address may be forged, and per second for each proven address. */
#define UNPROVEN_SECONDS 10U

/* A datagram with a header that was read, and where it came from. */
struct stray {
	const struct lp_udp_msg *msg;
	struct lp_carrier *carrier;
	const uint8_t *data;
	size_t len;
	ngtcp2_path_storage path;
	ngtcp2_pkt_hd hd;
};

/* Sends |len| bytes that were written to the room for an answer back to where the datagram came from. */
static void answer(struct lp_quic_endpoint *endpoint, const struct stray *stray, size_t len)
{
	if (len)
		lp_endpoint_answer(endpoint, len, stray->msg, stray->carrier);
}

void lp_endpoint_init_limits(struct lp_quic_endpoint *endpoint)
{
	const struct lp_quic_config *config = &endpoint->config;
	lp_ratelimit_init(&endpoint->reset_limit, RESETS_PER_S, RESETS_BURST);
	/* An unproven handshake takes as many tokens as its rate has seconds, because a rate is per second. */
	lp_ratelimit_init(&endpoint->unproven_limit, config->max_handshakes, config->max_handshakes * UNPROVEN_SECONDS);
	lp_ratelimit_init(
		&endpoint->proven_limit, config->max_handshakes_per_source, config->max_handshakes_per_source);
}

/* A packet of a connection that we do not know: the peer is told that it is gone. */
static void answer_reset(struct lp_quic_endpoint *endpoint, const struct stray *stray)
{
	uint8_t random[32];
	ngtcp2_cid cid;
	endpoint->counters.invalid_in++;
	if (stray->len < 1 + LP_QUIC_CID_LEN ||
		!lp_bucket_take(&endpoint->resets, &endpoint->reset_limit, 1, endpoint->now_ns))
		return;
	uint8_t *room = lp_endpoint_answer_room(endpoint);
	if (!room)
		return;
	endpoint->config.random(endpoint->config.ctx, random, sizeof random);
	ngtcp2_cid_init(&cid, stray->data + 1, LP_QUIC_CID_LEN);
	size_t len = lp_stateless_write_reset(room, endpoint->config.secret, &cid, stray->len, random);
	if (len)
		endpoint->counters.resets_sent++;
	answer(endpoint, stray, len);
}

/* Tells a client which versions there are. */
static void answer_version(struct lp_quic_endpoint *endpoint, const struct stray *stray, const ngtcp2_version_cid *ids)
{
	uint8_t random;
	uint8_t *room = lp_endpoint_answer_room(endpoint);
	if (!room)
		return;
	endpoint->config.random(endpoint->config.ctx, &random, sizeof random);
	endpoint->counters.version_negotiations_sent++;
	answer(endpoint, stray, lp_stateless_write_version(room, ids, random));
}

/* Asks a client to prove its address. */
static void answer_retry(struct lp_quic_endpoint *endpoint, const struct stray *stray)
{
	uint8_t bytes[LP_QUIC_CID_LEN];
	ngtcp2_cid scid;
	uint8_t *room = lp_endpoint_answer_room(endpoint);
	if (!room)
		return;
	endpoint->config.random(endpoint->config.ctx, bytes, sizeof bytes);
	ngtcp2_cid_init(&scid, bytes, sizeof bytes);
	endpoint->counters.retries_sent++;
	answer(endpoint, stray,
		lp_stateless_write_retry(
			room, endpoint->config.secret, &stray->hd, &stray->path.path, &scid, endpoint->now_ns));
}

/* Counts a client that is turned away, and keeps who it was and why. */
static void note_refusal(struct lp_quic_endpoint *endpoint, const struct lp_addr *remote, const char *reason)
{
	endpoint->counters.conns_refused++;
	endpoint->refusal = (struct lp_quic_refusal){.remote = *remote, .reason = reason};
}

/* Tells a client that it is turned away. */
static void answer_refusal(
	struct lp_quic_endpoint *endpoint, const struct stray *stray, uint64_t error, const char *reason)
{
	uint8_t *room = lp_endpoint_answer_room(endpoint);
	if (room)
		answer(endpoint, stray, lp_stateless_write_refusal(room, &stray->hd, error, reason));
}

/* True if |n_more| connections fit into what a source and its site, NULL where there is none, may have; handshakes that
   others may have begun in its name do not count. */
static bool fits(const struct lp_quic_config *config, const struct lp_addr_limit *source,
	const struct lp_addr_limit *site, size_t n_more)
{
	size_t max = config->max_conns_per_source;
	return max == 0 || ((!source || source->n_conns - source->n_unproven + n_more <= max) &&
				   (!site || site->n_conns - site->n_unproven + n_more <= max * SITE_SOURCES));
}

bool lp_endpoint_admit(struct lp_quic_endpoint *endpoint, const struct lp_quic_conn *conn)
{
	if (!conn->source || fits(&endpoint->config, conn->source, conn->source->site, 0))
		return true;
	note_refusal(endpoint, &conn->remote, "too many from one address");
	return false;
}

/* True if a limit forbids another connection; the client was told, or ignored. Handshakes that others may have begun
   in the name of this address take nothing from who has |proven| it. */
static bool over_limit(struct lp_quic_endpoint *endpoint, const struct stray *stray, bool proven)
{
	const struct lp_quic_config *config = &endpoint->config;
	const struct lp_addr_limit *source = lp_addr_limits_find(&endpoint->sources, &stray->msg->remote);
	if (config->max_conns && endpoint->n_accepted_live >= config->max_conns) {
		note_refusal(endpoint, &stray->msg->remote, "as many as there may be in all");
		answer_refusal(endpoint, stray, NGTCP2_CONNECTION_REFUSED, "the relay is full");
		return true;
	}
	if (!fits(config, source, lp_addr_limits_find_site(&endpoint->sources, &stray->msg->remote), 1)) {
		note_refusal(endpoint, &stray->msg->remote, "too many from one address");
		answer_refusal(endpoint, stray, NGTCP2_CONNECTION_REFUSED, "too many connections from your address");
		return true;
	}
	if (!proven || config->max_handshakes_per_source == 0)
		return false;
	if (source && source->n_handshakes >= config->max_handshakes_per_source) {
		note_refusal(endpoint, &stray->msg->remote, "too many handshakes under way from one address");
		return true;
	}
	if (!lp_bucket_take(lp_addr_limits_bucket(&endpoint->sources, &stray->msg->remote), &endpoint->proven_limit, 1,
		    endpoint->now_ns)) {
		note_refusal(endpoint, &stray->msg->remote, "too many handshakes in a short time from one address");
		return true;
	}
	return false;
}

/* True if a client must prove its address before the relay does anything for it. */
static bool must_prove(struct lp_quic_endpoint *endpoint, const struct stray *stray)
{
	const struct lp_quic_config *config = &endpoint->config;
	const struct lp_addr_limit *source = lp_addr_limits_find(&endpoint->sources, &stray->msg->remote);
	if (endpoint->n_handshakes >= config->max_handshakes)
		return true;
	if (config->max_handshakes_per_source && source && source->n_unproven >= config->max_handshakes_per_source)
		return true;
	return !lp_bucket_take(&endpoint->unproven, &endpoint->unproven_limit, UNPROVEN_SECONDS, endpoint->now_ns);
}

/* The first Initial of a client: a new connection, or a reason against it. */
static void accept_initial(struct lp_quic_endpoint *endpoint, const struct stray *stray)
{
	struct lp_quic_conn *conn;
	ngtcp2_cid first_dcid;
	int token = lp_stateless_check_retry(
		endpoint->config.secret, &stray->hd, &stray->path.path, endpoint->now_ns, &first_dcid);
	if (token == LP_EPROTO) {
		note_refusal(endpoint, &stray->msg->remote, "a Retry token is stale or of another address");
		answer_refusal(endpoint, stray, NGTCP2_INVALID_TOKEN, "the Retry token is stale or not yours");
		return;
	}
	if (stray->hd.dcid.datalen < NGTCP2_MIN_INITIAL_DCIDLEN && token < 0) {
		endpoint->counters.invalid_in++;
		return;
	}
	if (over_limit(endpoint, stray, token == 0))
		return;
	if (token < 0 && must_prove(endpoint, stray)) {
		answer_retry(endpoint, stray);
		return;
	}
	if (lp_conn_new_server(endpoint, &stray->path.path, &stray->hd, token == 0 ? &first_dcid : NULL, &conn) < 0) {
		note_refusal(endpoint, &stray->msg->remote, "out of memory");
		return;
	}
	if (lp_conn_read(conn, &stray->path.path, stray->msg->ecn, stray->data, stray->len) == NGTCP2_ERR_RETRY) {
		answer_retry(endpoint, stray);
		lp_conn_fail(conn, NGTCP2_ERR_RETRY);
	}
}

void lp_endpoint_stray(struct lp_quic_endpoint *endpoint, struct lp_carrier *carrier, const struct lp_udp_msg *msg,
	const uint8_t *data, size_t len)
{
	struct stray stray = {.msg = msg, .carrier = carrier, .data = data, .len = len};
	ngtcp2_version_cid ids;
	lp_path_set(&stray.path, carrier, &msg->local, &msg->remote);
	if (!(data[0] & 0x80)) {
		answer_reset(endpoint, &stray);
		return;
	}
	int rv = ngtcp2_pkt_decode_version_cid(&ids, data, len, LP_QUIC_CID_LEN);
	if (rv == NGTCP2_ERR_VERSION_NEGOTIATION && endpoint->config.server_tls) {
		answer_version(endpoint, &stray, &ids);
		return;
	}
	if (rv != 0 || !endpoint->config.server_tls || ngtcp2_accept(&stray.hd, data, len) != 0) {
		endpoint->counters.invalid_in++;
		return;
	}
	accept_initial(endpoint, &stray);
}
