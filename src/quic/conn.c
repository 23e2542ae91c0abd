#include "quic/conn.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/units.h"
#include "quic/batch.h"
#include "quic/endpoint_state.h"
#include "quic/path.h"
#include "quic/settings.h"
#include "quic/stateless.h"

/* An acknowledgement costs as much as a packet, both ends a wake-up, so that few packets wait a moment for others to be
   acknowledged with, or for a packet of ours that takes it along. The library would wait for an eighth of the round
   trip, which is nothing in a LAN. Small packets can wait longer (RFC 9000 §13.2.1; settings.c says how long at most):
   their sender is not held up by its window. */
#define ANSWER_EVERY 8
#define TINY_PACKET 64 /* only acknowledgements, most likely: no answer, but perhaps something to send again */
#define ANSWER_LARGE_NS (500 * LP_US)
#define ANSWER_SMALL_NS (20 * LP_MS)
#define TIMER_STEP_NS (500 * LP_US)
/* Timers of connections that nobody waits for run off together. */
#define TIMER_GRID_NS LP_MS

/* How TLS finds the library's connection. */
static ngtcp2_conn *get_library(ngtcp2_crypto_conn_ref *ref)
{
	struct lp_quic_conn *conn = ref->user_data;
	return conn->library;
}

/* Chooses a connection id. */
static void choose_cid(struct lp_quic_endpoint *endpoint, ngtcp2_cid *ret_cid, size_t len)
{
	uint8_t bytes[NGTCP2_MAX_CIDLEN];
	endpoint->config.random(endpoint->config.ctx, bytes, len);
	ngtcp2_cid_init(ret_cid, bytes, len);
}

/* Allocates what both sides share. */
static int conn_new(struct lp_quic_endpoint *endpoint, const struct lp_addr *local, const struct lp_addr *remote,
                    const char *server_name, struct lp_quic_conn **ret_conn)
{
	struct lp_quic_conn *conn = calloc(1, sizeof *conn);
	if (!conn)
		return LP_ENOMEM;
	conn->endpoint = endpoint;
	conn->control_id = -1;
	conn->packet_max = LP_MTU_BASE;
	conn->heard_ns = endpoint->now_ns;
	conn->rtt_ns = LP_NEVER;
	conn->sent_large = true;
	lp_path_set(&conn->shown, local, remote);
	conn->local = conn->told_local = *local;
	conn->remote = conn->told_remote = *remote;
	lp_control_init(&conn->control);
	lp_mtu_watch_init(&conn->mtu);
	lp_delay_window_init(&conn->delay, endpoint->config.queue_delay_ns, endpoint->now_ns);
	int rv = lp_tls_session_init(&conn->tls, endpoint->config.tls, endpoint->aead, server_name, get_library, conn);
	if (rv < 0) {
		free(conn);
		return rv;
	}
	*ret_conn = conn;
	return 0;
}

/* Gives the connection its place in the endpoint and its first id. */
static int enter(struct lp_quic_conn *conn, const ngtcp2_cid *scid)
{
	int rv = lp_conn_table_add(&conn->endpoint->cids, scid->data, scid->datalen, conn, &conn->cids);
	if (rv < 0)
		return rv;
	ngtcp2_conn_set_tls_native_handle(conn->library, conn->tls.session);
	if (conn->endpoint->config.keep_alive_ns)
		ngtcp2_conn_set_keep_alive_timeout(conn->library, conn->endpoint->config.keep_alive_ns);
	rv = lp_endpoint_add(conn->endpoint, conn);
	if (rv < 0)
		return rv;
	conn->wants_write = true;
	lp_endpoint_mark(conn->endpoint, conn);
	return 0;
}

int lp_conn_new_client(struct lp_quic_endpoint *endpoint, const struct lp_addr *local, const struct lp_addr *remote,
                       const char *server_name, struct lp_quic_conn **ret_conn)
{
	struct lp_quic_conn *conn;
	struct lp_settings settings;
	ngtcp2_transport_params params;
	ngtcp2_path_storage path;
	ngtcp2_cid scid, dcid;
	int rv = conn_new(endpoint, local, remote, server_name, &conn);
	if (rv < 0)
		return rv;
	choose_cid(endpoint, &scid, LP_QUIC_CID_LEN);
	choose_cid(endpoint, &dcid, NGTCP2_MAX_CIDLEN);
	lp_settings_fill(&settings, &endpoint->config, remote->family, endpoint->now_ns);
	settings.settings.rand_ctx.native_handle = endpoint;
	lp_settings_params(&params, &endpoint->config);
	lp_path_set(&path, local, remote);
	rv = ngtcp2_conn_client_new(&conn->library, &dcid, &scid, &path.path, NGTCP2_PROTO_VER_V1,
	                            lp_conn_callbacks(false), &settings.settings, &params, NULL, conn);
	rv = rv == 0 ? enter(conn, &scid) : LP_ENOMEM;
	if (rv < 0) {
		lp_conn_free(conn);
		return rv;
	}
	*ret_conn = conn;
	return 0;
}

/* Adds what belongs to one connection of a server to its transport parameters. */
static int server_params(struct lp_quic_endpoint *endpoint, const ngtcp2_pkt_hd *hd, const ngtcp2_cid *first_dcid,
                         const ngtcp2_cid *scid, ngtcp2_transport_params *params)
{
	lp_settings_params(params, &endpoint->config);
	params->original_dcid = first_dcid ? *first_dcid : hd->dcid;
	params->original_dcid_present = 1;
	if (first_dcid) {
		params->retry_scid = hd->dcid;
		params->retry_scid_present = 1;
	}
	params->stateless_reset_token_present = 1;
	return lp_stateless_reset_token(endpoint->config.secret, scid, params->stateless_reset_token);
}

int lp_conn_new_server(struct lp_quic_endpoint *endpoint, const struct lp_addr *local, const struct lp_addr *remote,
                       const ngtcp2_path *path, const ngtcp2_pkt_hd *hd, const ngtcp2_cid *first_dcid,
                       struct lp_quic_conn **ret_conn)
{
	struct lp_quic_conn *conn;
	struct lp_settings settings;
	ngtcp2_transport_params params;
	ngtcp2_cid scid;
	int rv = conn_new(endpoint, local, remote, NULL, &conn);
	if (rv < 0)
		return rv;
	choose_cid(endpoint, &scid, LP_QUIC_CID_LEN);
	lp_settings_fill(&settings, &endpoint->config, remote->family, endpoint->now_ns);
	settings.settings.rand_ctx.native_handle = endpoint;
	if (first_dcid) {
		settings.settings.token = hd->token;
		settings.settings.tokenlen = hd->tokenlen;
		settings.settings.token_type = NGTCP2_TOKEN_TYPE_RETRY;
	}
	rv = server_params(endpoint, hd, first_dcid, &scid, &params);
	if (rv == 0 && ngtcp2_conn_server_new(&conn->library, &hd->scid, &scid, path, hd->version,
	                                      lp_conn_callbacks(true), &settings.settings, &params, NULL, conn) != 0)
		rv = LP_ENOMEM;
	/* Until the client knows our id it sends to the one that it made up. */
	if (rv == 0)
		rv = lp_conn_table_add(&endpoint->cids, hd->dcid.data, hd->dcid.datalen, conn, &conn->cids);
	if (rv == 0)
		rv = enter(conn, &scid);
	if (rv < 0) {
		lp_conn_free(conn);
		return rv;
	}
	*ret_conn = conn;
	return 0;
}

void lp_conn_free(struct lp_quic_conn *conn)
{
	lp_conn_table_remove_all(&conn->endpoint->cids, &conn->cids);
	lp_conn_table_remove_all(&conn->endpoint->tokens, &conn->tokens);
	if (conn->deadline.place)
		lp_expiry_set(&conn->endpoint->expiry, &conn->deadline, LP_NEVER);
	if (conn->batch)
		lp_batch_pool_give(&conn->endpoint->pool, conn->batch);
	ngtcp2_conn_del(conn->library);
	lp_tls_session_done(&conn->tls);
	lp_control_done(&conn->control);
	free(conn->close_packet);
	free(conn);
}

void lp_conn_path(const struct lp_quic_conn *conn, const struct lp_addr *local, const struct lp_addr *remote,
                  ngtcp2_path_storage *ret_path)
{
	struct lp_addr at = *local;
	/* A client knows its own addresses better than the socket does: it may have bound to none. */
	if (!conn->endpoint->config.server) {
		bool moved = conn->moving_to.family && conn->moving_to.family == at.family &&
		             memcmp(conn->moving_to.ip, at.ip, sizeof at.ip) == 0 &&
		             (at.port == 0 || at.port == conn->moving_to.port);
		at = moved ? conn->moving_to : conn->local;
	}
	lp_path_set(ret_path, &at, remote);
}

uint64_t lp_conn_now(const struct lp_quic_conn *conn)
{
	return conn->endpoint->now_ns + conn->skew_ns;
}

/* True if a probe of the library's has found that the path carries more. */
static bool probe_answered(const struct lp_quic_conn *conn)
{
	return conn->endpoint->now_ns < conn->probing_until_ns &&
	       ngtcp2_conn_get_path_max_tx_udp_payload_size(conn->library) != conn->mtu.path_max;
}

int lp_conn_read(struct lp_quic_conn *conn, const ngtcp2_path *path, uint8_t ecn, const uint8_t *data, size_t len)
{
	ngtcp2_pkt_info info = {.ecn = ecn};
	bool settled = conn->announced;
	if (conn->state > LP_CONN_READY || conn->close_wanted || conn->in_library)
		return 0;
	lp_conn_finish_packet(conn);
	conn->in_library = true;
	int rv = ngtcp2_conn_read_pkt(conn->library, path, &info, data, len, lp_conn_now(conn));
	conn->in_library = false;
	if (rv == NGTCP2_ERR_RETRY)
		return rv;
	bool elsewhere = !ngtcp2_path_eq(path, &conn->shown.path);
	if (!settled || elsewhere || probe_answered(conn))
		conn->changed = true;
	uint64_t answer_ns = conn->endpoint->now_ns + (len < LP_CONN_LARGE ? ANSWER_SMALL_NS : ANSWER_LARGE_NS);
	if (len >= TINY_PACKET && (conn->n_to_answer++ == 0 || answer_ns < conn->answer_ns))
		conn->answer_ns = answer_ns;
	if (len < TINY_PACKET || conn->n_to_answer >= ANSWER_EVERY || !conn->announced)
		conn->wants_write = true;
	conn->heard = true;
	conn->received_bytes += len;
	lp_endpoint_mark(conn->endpoint, conn);
	if (rv != 0)
		lp_conn_fail(conn, rv);
	else
		conn->heard_ns = conn->endpoint->now_ns;
	lp_stall_heard(&conn->stall);
	if (!elsewhere)
		conn->elsewhere_ns = 0;
	else if (conn->state == LP_CONN_READY && conn->endpoint->config.server)
		lp_conn_follow(conn, path);
	return 0;
}

void lp_conn_expire(struct lp_quic_conn *conn)
{
	lp_endpoint_mark(conn->endpoint, conn);
	if (conn->state == LP_CONN_LINGERING) {
		conn->state = LP_CONN_DEAD;
		return;
	}
	if (conn->state > LP_CONN_READY)
		return;
	lp_conn_finish_packet(conn);
	conn->in_library = true;
	int rv = ngtcp2_conn_handle_expiry(conn->library, lp_conn_now(conn));
	conn->in_library = false;
	if (rv != 0) {
		lp_conn_fail(conn, rv);
		return;
	}
	conn->changed = true;
	/* Probes go out now, small, before the user fills the window again: large ones could vanish in a path whose
	   MTU shrank, and each loss doubles the wait. */
	conn->expired = true;
	conn->expired_ns = conn->endpoint->now_ns;
	lp_conn_write(conn);
	lp_conn_nudge(conn);
}

/* Tells what changed since the last pass. */
static void tell_changes(struct lp_quic_conn *conn)
{
	const struct lp_quic_config *config = &conn->endpoint->config;
	if (!conn->changed)
		return;
	conn->changed = false;
	bool budget_changed = lp_conn_update_budget(conn);
	if (!conn->announced)
		return;
	if (conn->path_validated &&
	    (!lp_addr_equal(&conn->local, &conn->told_local) || !lp_addr_equal(&conn->remote, &conn->told_remote))) {
		conn->told_local = conn->local;
		conn->told_remote = conn->remote;
		lp_delay_window_reset(&conn->delay, conn->endpoint->now_ns);
		if (config->events->migrated)
			config->events->migrated(config->ctx, conn);
	}
	conn->path_validated = false;
	if (budget_changed && config->events->budget)
		config->events->budget(config->ctx, conn, conn->budget);
}

bool lp_conn_window_open(struct lp_quic_conn *conn)
{
	ngtcp2_conn_info info;
	ngtcp2_conn_get_conn_info(conn->library, &info);
	return lp_delay_window_open(&conn->delay, info.bytes_in_flight);
}

/* Shows the window by delay what the packets that were read have told. */
static void measure_delay(struct lp_quic_conn *conn)
{
	ngtcp2_conn_info info;
	uint64_t rtt_ns = conn->rtt_ns;
	if (!conn->heard)
		return;
	conn->heard = false;
	conn->rtt_ns = LP_NEVER;
	/* The other end takes its time over small packets. */
	if (!conn->sent_large)
		return;
	ngtcp2_conn_get_conn_info(conn->library, &info);
	conn->sent_large = info.bytes_in_flight > 0;
	if (rtt_ns == LP_NEVER)
		return;
	struct lp_delay_sample sample = {
		.rtt_ns = rtt_ns,
		.cwnd_bytes = info.cwnd,
		.in_flight_bytes = info.bytes_in_flight,
		.n_lost = conn->lost_packets,
		.packet_bytes = conn->packet_max,
		.received_bytes = conn->received_bytes,
	};
	lp_delay_window_update(&conn->delay, &sample, conn->endpoint->now_ns);
}

/* Lets the user go on if the window is open again. */
static void tell_writable(struct lp_quic_conn *conn)
{
	const struct lp_quic_config *config = &conn->endpoint->config;
	if (!conn->blocked || conn->state != LP_CONN_READY || ngtcp2_conn_get_cwnd_left(conn->library) == 0 ||
	    !lp_conn_window_open(conn))
		return;
	conn->blocked = false;
	if (config->events->writable)
		config->events->writable(config->ctx, conn);
	lp_conn_finish_packet(conn);
}

/* When the library, or one of our watches over it, wants lp_conn_expire(). */
static uint64_t library_deadline(struct lp_quic_conn *conn)
{
	uint64_t at_ns = ngtcp2_conn_get_expiry(conn->library);
	if (at_ns != LP_NEVER)
		at_ns = at_ns > conn->skew_ns ? at_ns - conn->skew_ns : 0;
	if (conn->blocked && conn->state == LP_CONN_READY)
		at_ns = lp_earlier(at_ns, lp_stall_deadline(&conn->stall, lp_conn_probe_timeout(conn)));
	if (conn->state == LP_CONN_READY)
		at_ns = lp_earlier(at_ns, lp_mtu_watch_deadline(&conn->mtu));
	return at_ns;
}

/* When a living connection wants lp_conn_expire(). */
static uint64_t next_deadline(struct lp_quic_conn *conn)
{
	uint64_t at_ns;
	if (conn->blocked || conn->state == LP_CONN_HANDSHAKE) {
		at_ns = library_deadline(conn);
		if (conn->n_to_answer)
			at_ns = lp_earlier(at_ns, conn->answer_ns);
	} else {
		/* What the library wants before it is time to answer is to answer, most likely, and nothing is lost by
		   letting the rest wait as well. What it wants later leaves out what it learned from an
		   acknowledgement to send again. So it need not be asked. */
		at_ns = conn->n_to_answer ? conn->answer_ns : library_deadline(conn);
		if (at_ns < LP_NEVER - TIMER_GRID_NS)
			at_ns = (at_ns + TIMER_GRID_NS - 1) / TIMER_GRID_NS * TIMER_GRID_NS;
	}
	/* Nothing needs a finer clock, and what is overdue after it was done must not spin. It is the last time that
	   counts, not now: traffic must not put timers off. */
	if (at_ns < conn->expired_ns + TIMER_STEP_NS)
		at_ns = conn->expired_ns + TIMER_STEP_NS;
	return at_ns > conn->endpoint->now_ns ? at_ns : conn->endpoint->now_ns + 1;
}

/* Plans the next lp_conn_expire(). */
static void plan_deadline(struct lp_quic_conn *conn)
{
	uint64_t at_ns = LP_NEVER;
	if (conn->state == LP_CONN_LINGERING)
		at_ns = conn->linger_until_ns;
	else if (conn->state <= LP_CONN_READY)
		at_ns = next_deadline(conn);
	lp_expiry_set(&conn->endpoint->expiry, &conn->deadline, at_ns);
}

/* The end of a connection: tells it once, and lets it linger or die. */
static void tell_closed(struct lp_quic_conn *conn)
{
	const struct lp_quic_config *config = &conn->endpoint->config;
	lp_endpoint_ended(conn->endpoint, conn);
	if ((conn->announced || !config->server) && config->events->closed)
		config->events->closed(config->ctx, conn, &conn->why);
	lp_conn_rest(conn);
}

/* A server needs TLS no more once the handshake is complete; it is a fifth of the memory of an idle connection. */
static void drop_tls(struct lp_quic_conn *conn)
{
	lp_tls_session_done(&conn->tls);
	ngtcp2_conn_set_tls_native_handle(conn->library, NULL);
}

void lp_conn_flush(struct lp_quic_conn *conn)
{
	lp_conn_finish_packet(conn);
	if (conn->close_wanted && conn->state <= LP_CONN_READY) {
		if (conn->state == LP_CONN_READY)
			lp_conn_write(conn);
		if (conn->state <= LP_CONN_READY)
			lp_conn_close(conn, true, conn->close_code, conn->why.reason);
	}
	if (conn->state <= LP_CONN_READY) {
		if (conn->announced && conn->tls.session && conn->endpoint->config.server)
			drop_tls(conn);
		tell_changes(conn);
		measure_delay(conn);
		tell_writable(conn);
		if (conn->wants_write || (conn->n_to_answer && conn->endpoint->now_ns >= conn->answer_ns))
			lp_conn_write(conn);
		tell_writable(conn);
		lp_conn_write_probe(conn, lp_mtu_watch_probe(&conn->mtu, conn->endpoint->now_ns));
	}
	if (conn->state == LP_CONN_ENDED)
		tell_closed(conn);
	if (conn->batch) {
		lp_endpoint_hand_in(conn->endpoint, conn->batch);
		conn->batch = NULL;
	}
	plan_deadline(conn);
	if (conn->state == LP_CONN_DEAD)
		lp_endpoint_bury(conn->endpoint, conn);
}
