#include "quic/rx.h"

#include <string.h>

#include <ngtcp2/ngtcp2_crypto.h>

#include "base/units.h"
#include "carrier/carrier.h"
#include "quic/aead/packet_keys.h"
#include "quic/cid.h"
#include "quic/close.h"
#include "quic/conn.h"
#include "quic/conn_limits.h"
#include "quic/demux/stateless.h"
#include "quic/ngtcp2_1_11.h"
#include "quic/path.h"
#include "quic/tx.h"

/* True if a datagram that was received at |local| belongs to the path to which a client migrates. */
static bool is_migrating_to(
	const struct lp_quic_conn *conn, const struct lp_carrier *carrier, const struct lp_addr *local)
{
	const struct lp_addr *to = &conn->migrating_to;
	if (!to->family || carrier != conn->migrating_carrier)
		return false;
	return carrier != conn->carrier ||
	       (to->family == local->family && memcmp(to->ip, local->ip, sizeof to->ip) == 0 &&
		       (local->port == 0 || local->port == to->port));
}

void lp_rx_path(const struct lp_quic_conn *conn, struct lp_carrier *carrier, const struct lp_addr *local,
	const struct lp_addr *remote, ngtcp2_path_storage *ret_path)
{
	if (carrier->mapped && carrier == conn->carrier) {
		lp_path_set(ret_path, carrier, &conn->local, &conn->remote);
		return;
	}
	/* A client knows its own address better than the socket does, which may be bound to none. */
	if (!conn->server)
		local = is_migrating_to(conn, carrier, local) ? &conn->migrating_to : &conn->local;
	lp_path_set(ret_path, carrier, local, remote);
}

/* True if ngtcp2's probe has just found a larger path MTU. */
static bool path_mtu_grew(const struct lp_quic_conn *conn)
{
	return conn->env->now_ns < conn->probing_until_ns &&
	       ngtcp2_conn_get_path_max_tx_udp_payload_size(conn->ngtcp2) != conn->pmtud.path_max;
}

/* The peer sent something that decrypted, which ngtcp2 reports by what is in it. A packet that does not decrypt is
   discarded without an error, so the return value of ngtcp2_conn_read_pkt() does not show that. */
static void note_life(struct lp_quic_conn *conn)
{
	conn->last_rx_ns = conn->env->now_ns;
	lp_pto_alive(&conn->pto, conn->env->now_ns);
}

/* Takes the round trip of the ACK that was just read. ngtcp2 subtracts the peer's ACK delay from the samples of its
   smoothed RTT only (RFC 9002 §5.3), not from |latest_rtt|; a sample is what moved the smoothed RTT by an eighth. */
static void sample_rtt(struct lp_quic_conn *conn)
{
	struct lp_rtt_window *window = &conn->rtt;
	uint64_t now_ns = conn->env->now_ns;
	ngtcp2_conn_info info;
	conn->acked = false;
	ngtcp2_conn_get_conn_info(conn->ngtcp2, &info);
	uint64_t smoothed_ns = info.smoothed_rtt, before_ns = window->smoothed_ns;
	if (smoothed_ns == before_ns)
		return;
	window->smoothed_ns = smoothed_ns;
	uint64_t sample_ns = smoothed_ns;
	if (before_ns && 8 * smoothed_ns > 7 * before_ns)
		sample_ns = 8 * smoothed_ns - 7 * before_ns;
	if (now_ns - window->since_ns >= LP_SEC) {
		window->since_ns = now_ns;
		window->last_ns = window->now_ns ? window->now_ns : window->last_ns;
		window->now_ns = 0;
	}
	if (window->now_ns == 0 || sample_ns < window->now_ns)
		window->now_ns = sample_ns;
}

bool lp_rx_read(struct lp_quic_conn *conn, const ngtcp2_path *path, uint8_t ecn, const uint8_t *data, size_t len)
{
	ngtcp2_pkt_info info = {.ecn = ecn};
	bool established = conn->announced;
	if (!lp_conn_is_open(conn) || conn->close_wanted || conn->in_ngtcp2)
		return false;
	lp_tx_finish_packet(conn);
	conn->in_ngtcp2 = true;
	int result = ngtcp2_conn_read_pkt(conn->ngtcp2, path, &info, data, len, lp_conn_now(conn));
	conn->in_ngtcp2 = false;
	if (result == NGTCP2_ERR_RETRY)
		return true;
	bool other_path = !ngtcp2_path_eq(path, &conn->cur_path.path);
	if (!established || other_path || path_mtu_grew(conn))
		conn->path_dirty = true;
	if (lp_ack_received(&conn->ack, len, conn->env->now_ns) || !conn->announced)
		conn->tx_pending = true;
	conn->rx_since_update = true;
	conn->received_bytes += len;
	lp_conn_mark_dirty(conn);
	if (result != 0)
		lp_close_by_error(conn, result);
	if (conn->acked)
		sample_rtt(conn);
	lp_pto_received(&conn->pto);
	if (!other_path)
		conn->other_path_since_ns = 0;
	else if (conn->state == LP_CONN_READY && conn->server)
		lp_ngtcp2_follow(conn, path);
	return false;
}

/* The peer violated the rules of the control stream. */
static void control_violation(struct lp_quic_conn *conn, const char *reason)
{
	lp_quic_close(conn, LP_QUIC_APP_PROTOCOL, reason);
}

/* Shortens our keep-alive if the idle timeout of the peer is shorter than ours. */
static void fit_keep_alive(struct lp_quic_conn *conn, ngtcp2_conn *ngtcp2)
{
	const ngtcp2_transport_params *peer = ngtcp2_conn_get_remote_transport_params(ngtcp2);
	uint64_t keep_alive_ns = conn->env->config.keep_alive_ns;
	if (keep_alive_ns && peer && peer->max_idle_timeout && keep_alive_ns > peer->max_idle_timeout / 4 * 3)
		ngtcp2_conn_set_keep_alive_timeout(ngtcp2, peer->max_idle_timeout / 2);
}

static int on_handshake_completed(ngtcp2_conn *ngtcp2, void *user_data)
{
	struct lp_quic_conn *conn = user_data;
	const struct lp_quic_config *config = &conn->env->config;
	if (conn->state != LP_CONN_HANDSHAKE)
		return 0;
	note_life(conn);
	lp_conn_enter_state(conn, LP_CONN_READY);
	fit_keep_alive(conn, ngtcp2);
	(void)lp_tx_update_budget(conn);
	conn->announced = true;
	conn->tx_pending = true;
	if (!lp_conn_limits_establish(conn))
		lp_quic_close(conn, LP_QUIC_APP_OVERLOAD, "too many connections from your address");
	if (config->events->ready && !conn->close_wanted)
		config->events->ready(config->ctx, conn);
	return 0;
}

/* The first bidirectional stream of the client is the control stream; others are not permitted. */
static int on_stream_open(ngtcp2_conn *ngtcp2, int64_t stream_id, void *user_data)
{
	struct lp_quic_conn *conn = user_data;
	(void)ngtcp2;
	if (conn->server && conn->control_id < 0 && ngtcp2_is_bidi_stream(stream_id))
		conn->control_id = stream_id;
	else
		control_violation(conn, "there is one stream, the control stream");
	return 0;
}

static int on_stream_data(ngtcp2_conn *ngtcp2, uint32_t flags, int64_t stream_id, uint64_t offset, const uint8_t *data,
	size_t len, void *user_data, void *stream_user_data)
{
	struct lp_quic_conn *conn = user_data;
	const struct lp_quic_config *config = &conn->env->config;
	(void)offset, (void)stream_user_data;
	note_life(conn);
	if (stream_id != conn->control_id || conn->close_wanted)
		return 0;
	if (len > 0 && config->events->control)
		config->events->control(config->ctx, conn, data, len);
	ngtcp2_conn_extend_max_offset(ngtcp2, len);
	if (ngtcp2_conn_extend_max_stream_offset(ngtcp2, stream_id, len) != 0)
		return NGTCP2_ERR_CALLBACK_FAILURE;
	if (flags & NGTCP2_STREAM_DATA_FLAG_FIN)
		control_violation(conn, "the control stream was ended");
	return 0;
}

static int on_stream_acked(
	ngtcp2_conn *ngtcp2, int64_t stream_id, uint64_t offset, uint64_t len, void *user_data, void *stream_user_data)
{
	struct lp_quic_conn *conn = user_data;
	(void)ngtcp2, (void)stream_user_data;
	note_life(conn);
	conn->acked = true;
	if (stream_id == conn->control_id)
		lp_control_acked(&conn->control, offset + len);
	return 0;
}

static int on_stream_reset(ngtcp2_conn *ngtcp2, int64_t stream_id, uint64_t final_size, uint64_t code, void *user_data,
	void *stream_user_data)
{
	(void)ngtcp2, (void)stream_id, (void)final_size, (void)code, (void)stream_user_data;
	control_violation(user_data, "the control stream was reset");
	return 0;
}

static int on_stop_sending(
	ngtcp2_conn *ngtcp2, int64_t stream_id, uint64_t code, void *user_data, void *stream_user_data)
{
	struct lp_quic_conn *conn = user_data;
	(void)ngtcp2, (void)stream_id, (void)code, (void)stream_user_data;
	conn->control_closed = true;
	control_violation(conn, "the control stream was stopped");
	return 0;
}

/* A DATAGRAM that begins with 0 is padding of a probe. */
static int on_datagram(ngtcp2_conn *ngtcp2, uint32_t flags, const uint8_t *data, size_t len, void *user_data)
{
	struct lp_quic_conn *conn = user_data;
	const struct lp_quic_config *config = &conn->env->config;
	(void)ngtcp2, (void)flags;
	note_life(conn);
	if (conn->close_wanted || (len > 0 && data[0] == 0))
		return 0;
	config->events->datagram(config->ctx, conn, data, len);
	return 0;
}

/* RTT samples come from DATAGRAMs, because ngtcp2 takes none from an ACK whose largest packet is not ack-eliciting
   (RFC 9002 §5.1). */
static void take_ack(struct lp_quic_conn *conn, uint64_t serial)
{
	struct lp_cc_flight_sample sample;
	lp_run_doubt_acked(&conn->run_doubt, serial);
	if (lp_cc_flight_acked(&conn->flight, serial, conn->env->now_ns, &sample))
		lp_cc_rate_acked(&conn->rate, &sample);
}

static int on_datagram_acked(ngtcp2_conn *ngtcp2, uint64_t id, void *user_data)
{
	struct lp_quic_conn *conn = user_data;
	uint64_t now_ns = conn->env->now_ns, value = lp_dgram_value(id);
	(void)ngtcp2;
	note_life(conn);
	conn->acked = true;
	lp_pto_progress(&conn->pto, now_ns);
	switch (lp_dgram_kind(id)) {
	case LP_DGRAM_PROBE:
		if (lp_pmtud_probe_done(&conn->pmtud, value, true, now_ns))
			conn->path_dirty = true;
		break;
	case LP_DGRAM_LARGE:
		lp_pmtud_acked(&conn->pmtud, now_ns);
		take_ack(conn, value);
		break;
	case LP_DGRAM_SMALL:
		take_ack(conn, value);
		break;
	}
	return 0;
}

static int on_datagram_lost(ngtcp2_conn *ngtcp2, uint64_t id, void *user_data)
{
	struct lp_quic_conn *conn = user_data;
	uint64_t now_ns = conn->env->now_ns;
	ngtcp2_conn_info info;
	lp_pto_progress(&conn->pto, now_ns);
	switch (lp_dgram_kind(id)) {
	case LP_DGRAM_PROBE:
		(void)lp_pmtud_probe_done(&conn->pmtud, lp_dgram_value(id), false, now_ns);
		return 0;
	case LP_DGRAM_LARGE:
		ngtcp2_conn_get_conn_info(ngtcp2, &info);
		if (lp_pmtud_lost(&conn->pmtud, info.smoothed_rtt, now_ns))
			conn->path_dirty = true;
		break;
	case LP_DGRAM_SMALL:
		break;
	}
	lp_run_doubt_lost(&conn->run_doubt, lp_dgram_value(id));
	lp_cc_rate_lost(&conn->rate, lp_cc_flight_lost(&conn->flight, lp_dgram_value(id)));
	conn->lost_packets++;
	return 0;
}

static void on_rand(uint8_t *dest, size_t len, const ngtcp2_rand_ctx *rand_ctx)
{
	const struct lp_quic_env *env = rand_ctx->native_handle;
	env->config.random(env->config.ctx, dest, len);
}

static int on_path_challenge(ngtcp2_conn *ngtcp2, uint8_t *data, void *user_data)
{
	const struct lp_quic_conn *conn = user_data;
	(void)ngtcp2;
	conn->env->config.random(conn->env->config.ctx, data, NGTCP2_PATH_CHALLENGE_DATALEN);
	return 0;
}

/* ngtcp2 issues another of our connection IDs to the peer. */
static int on_new_cid(ngtcp2_conn *ngtcp2, ngtcp2_cid *cid, uint8_t *token, size_t len, void *user_data)
{
	struct lp_quic_conn *conn = user_data;
	struct lp_quic_env *env = conn->env;
	(void)ngtcp2;
	lp_cid_choose(env, &env->cid_prefix, len, cid);
	if (lp_stateless_reset_token(env->secrets.reset, cid, token) < 0 ||
		lp_conn_table_add(&env->cids, cid->data, cid->datalen, conn, &conn->cids) < 0)
		return NGTCP2_ERR_CALLBACK_FAILURE;
	return 0;
}

/* The peer retired one of our connection IDs. */
static int on_remove_cid(ngtcp2_conn *ngtcp2, const ngtcp2_cid *cid, void *user_data)
{
	struct lp_quic_conn *conn = user_data;
	(void)ngtcp2;
	lp_conn_table_remove(&conn->env->cids, cid->data, cid->datalen, &conn->cids);
	return 0;
}

/* A connection ID of the peer is used, or no longer. Its token identifies a stateless reset. */
static int on_peer_cid(ngtcp2_conn *ngtcp2, ngtcp2_connection_id_status_type type, uint64_t number,
	const ngtcp2_cid *cid, const uint8_t *token, void *user_data)
{
	struct lp_quic_conn *conn = user_data;
	struct lp_conn_table *tokens = &conn->env->tokens;
	(void)ngtcp2, (void)number, (void)cid;
	if (!token)
		return 0;
	/* A token that another connection has is not added; a reset is then missed, and the idle timeout ends the
	   connection. */
	if (type == NGTCP2_CONNECTION_ID_STATUS_TYPE_ACTIVATE)
		(void)lp_conn_table_add(tokens, token, NGTCP2_STATELESS_RESET_TOKENLEN, conn, &conn->tokens);
	else
		lp_conn_table_remove(tokens, token, NGTCP2_STATELESS_RESET_TOKENLEN, &conn->tokens);
	return 0;
}

static int on_path_validation(ngtcp2_conn *ngtcp2, uint32_t flags, const ngtcp2_path *path, const ngtcp2_path *old_path,
	ngtcp2_path_validation_result result, void *user_data)
{
	struct lp_quic_conn *conn = user_data;
	(void)ngtcp2, (void)flags, (void)path, (void)old_path;
	note_life(conn);
	if (result == NGTCP2_PATH_VALIDATION_RESULT_SUCCESS)
		conn->path_validated = true;
	conn->path_dirty = true;
	return 0;
}

static int on_stateless_reset(ngtcp2_conn *ngtcp2, const ngtcp2_pkt_stateless_reset *reset, void *user_data)
{
	struct lp_quic_conn *conn = user_data;
	(void)ngtcp2, (void)reset;
	conn->reset_by_peer = true;
	return 0;
}

/* A server frees its TLS session when the handshake is complete, because a client may send no TLS message after that
   (RFC 8446 §4.6, RFC 9001 §6). */
static int on_crypto_data(ngtcp2_conn *ngtcp2, ngtcp2_encryption_level level, uint64_t offset, const uint8_t *data,
	size_t len, void *user_data)
{
	struct lp_quic_conn *conn = user_data;
	if (!conn->tls.session) {
		ngtcp2_conn_set_tls_alert(ngtcp2, GNUTLS_A_UNEXPECTED_MESSAGE);
		return level == NGTCP2_ENCRYPTION_LEVEL_1RTT ? NGTCP2_ERR_CRYPTO : 0;
	}
	return ngtcp2_crypto_recv_crypto_data_cb(ngtcp2, level, offset, data, len, user_data);
}

/* Derives the next generation of packet keys (RFC 9001 §6). */
static int on_update_key(ngtcp2_conn *ngtcp2, uint8_t *rx_secret, uint8_t *tx_secret,
	ngtcp2_crypto_aead_ctx *rx_context, uint8_t *rx_iv, ngtcp2_crypto_aead_ctx *tx_context, uint8_t *tx_iv,
	const uint8_t *old_rx_secret, const uint8_t *old_tx_secret, size_t len, void *user_data)
{
	struct lp_quic_conn *conn = user_data;
	return lp_packet_keys_update(ngtcp2, conn->env->aead, rx_secret, tx_secret, rx_context, rx_iv, tx_context,
		       tx_iv, old_rx_secret, old_tx_secret, len) == 0
		       ? 0
		       : NGTCP2_ERR_CALLBACK_FAILURE;
}

#define BOTH_SIDES \
	.recv_crypto_data = on_crypto_data, .encrypt = lp_packet_keys_encrypt, .decrypt = lp_packet_keys_decrypt, \
	.hp_mask = lp_packet_keys_mask, .update_key = on_update_key, \
	.delete_crypto_aead_ctx = lp_packet_keys_delete_aead, \
	.delete_crypto_cipher_ctx = lp_packet_keys_delete_cipher, \
	.version_negotiation = ngtcp2_crypto_version_negotiation_cb, .handshake_completed = on_handshake_completed, \
	.stream_open = on_stream_open, .recv_stream_data = on_stream_data, \
	.acked_stream_data_offset = on_stream_acked, .stream_reset = on_stream_reset, \
	.stream_stop_sending = on_stop_sending, .recv_datagram = on_datagram, .ack_datagram = on_datagram_acked, \
	.lost_datagram = on_datagram_lost, .rand = on_rand, .get_path_challenge_data = on_path_challenge, \
	.get_new_connection_id = on_new_cid, .remove_connection_id = on_remove_cid, .dcid_status = on_peer_cid, \
	.path_validation = on_path_validation, .recv_stateless_reset = on_stateless_reset

static const ngtcp2_callbacks server_callbacks = {
	.recv_client_initial = ngtcp2_crypto_recv_client_initial_cb,
	BOTH_SIDES,
};

static const ngtcp2_callbacks client_callbacks = {
	.client_initial = ngtcp2_crypto_client_initial_cb,
	.recv_retry = ngtcp2_crypto_recv_retry_cb,
	BOTH_SIDES,
};

const ngtcp2_callbacks *lp_rx_callbacks(bool server)
{
	return server ? &server_callbacks : &client_callbacks;
}
