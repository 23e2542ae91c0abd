#include <string.h>

#include <ngtcp2/ngtcp2_crypto.h>

#include "base/units.h"
#include "quic/aead/packet_keys.h"
#include "quic/conn.h"
#include "quic/endpoint_state.h"
#include "quic/stateless.h"

/* The control stream broke its rules. */
static void control_broken(struct lp_quic_conn *conn, const char *reason)
{
	lp_quic_close(conn, LP_QUIC_APP_PROTOCOL, reason);
}

/* Sends a sign of life well before the other end, which may wait less long than we, would take us for dead. */
static void fit_keep_alive(struct lp_quic_conn *conn, ngtcp2_conn *library)
{
	const ngtcp2_transport_params *peer = ngtcp2_conn_get_remote_transport_params(library);
	uint64_t keep_alive_ns = conn->endpoint->config.keep_alive_ns;
	if (keep_alive_ns && peer && peer->max_idle_timeout && keep_alive_ns > peer->max_idle_timeout / 4 * 3)
		ngtcp2_conn_set_keep_alive_timeout(library, peer->max_idle_timeout / 2);
}

/* TLS and QUIC agree on everything: the connection can be used. */
static int on_handshake_completed(ngtcp2_conn *library, void *user_data)
{
	struct lp_quic_conn *conn = user_data;
	const struct lp_quic_config *config = &conn->endpoint->config;
	if (conn->state != LP_CONN_HANDSHAKE)
		return 0;
	conn->state = LP_CONN_READY;
	fit_keep_alive(conn, library);
	lp_endpoint_established(conn->endpoint, conn);
	(void)lp_conn_update_budget(conn);
	conn->announced = true;
	conn->wants_write = true;
	if (!lp_endpoint_admit(conn->endpoint, conn))
		lp_quic_close(conn, LP_QUIC_APP_OVERLOAD, "too many connections from your address");
	if (config->events->ready && !conn->close_wanted)
		config->events->ready(config->ctx, conn);
	return 0;
}

/* The peer opened a stream: the client's first is the control stream, there is no other. */
static int on_stream_open(ngtcp2_conn *library, int64_t stream_id, void *user_data)
{
	struct lp_quic_conn *conn = user_data;
	(void)library;
	if (conn->server && conn->control_id < 0 && ngtcp2_is_bidi_stream(stream_id))
		conn->control_id = stream_id;
	else
		control_broken(conn, "there is one stream, the control stream");
	return 0;
}

/* Bytes came on a stream. */
static int on_stream_data(ngtcp2_conn *library, uint32_t flags, int64_t stream_id, uint64_t offset, const uint8_t *data,
	size_t len, void *user_data, void *stream_user_data)
{
	struct lp_quic_conn *conn = user_data;
	const struct lp_quic_config *config = &conn->endpoint->config;
	(void)offset, (void)stream_user_data;
	if (stream_id != conn->control_id || conn->close_wanted)
		return 0;
	if (len > 0 && config->events->control)
		config->events->control(config->ctx, conn, data, len);
	ngtcp2_conn_extend_max_offset(library, len);
	if (ngtcp2_conn_extend_max_stream_offset(library, stream_id, len) != 0)
		return NGTCP2_ERR_CALLBACK_FAILURE;
	if (flags & NGTCP2_STREAM_DATA_FLAG_FIN)
		control_broken(conn, "the control stream was ended");
	return 0;
}

/* The peer has our bytes up to there. */
static int on_stream_acked(
	ngtcp2_conn *library, int64_t stream_id, uint64_t offset, uint64_t len, void *user_data, void *stream_user_data)
{
	struct lp_quic_conn *conn = user_data;
	(void)library, (void)stream_user_data;
	if (stream_id == conn->control_id)
		lp_control_acked(&conn->control, offset + len);
	return 0;
}

/* The peer gave up its half of a stream. */
static int on_stream_reset(ngtcp2_conn *library, int64_t stream_id, uint64_t final_size, uint64_t code, void *user_data,
	void *stream_user_data)
{
	(void)library, (void)stream_id, (void)final_size, (void)code, (void)stream_user_data;
	control_broken(user_data, "the control stream was reset");
	return 0;
}

/* The peer reads no more of a stream. */
static int on_stop_sending(
	ngtcp2_conn *library, int64_t stream_id, uint64_t code, void *user_data, void *stream_user_data)
{
	struct lp_quic_conn *conn = user_data;
	(void)library, (void)stream_id, (void)code, (void)stream_user_data;
	conn->control_closed = true;
	control_broken(conn, "the control stream was stopped");
	return 0;
}

/* A DATAGRAM came. One that begins with 0 only filled a probe of the path. */
static int on_datagram(ngtcp2_conn *library, uint32_t flags, const uint8_t *data, size_t len, void *user_data)
{
	struct lp_quic_conn *conn = user_data;
	const struct lp_quic_config *config = &conn->endpoint->config;
	(void)library, (void)flags;
	if (conn->close_wanted || (len > 0 && data[0] == 0))
		return 0;
	config->events->datagram(config->ctx, conn, data, len);
	return 0;
}

/* A packet with a DATAGRAM of ours arrived. The library's own round trips are no news for the window by delay: it takes
   none from an acknowledgement whose largest packet elicited none itself (RFC 9002 §5.1). */
static int on_datagram_acked(ngtcp2_conn *library, uint64_t id, void *user_data)
{
	struct lp_quic_conn *conn = user_data;
	uint64_t now_ns = conn->endpoint->now_ns, value = lp_dgram_value(id);
	(void)library;
	lp_pto_progress(&conn->stall, now_ns);
	switch (lp_dgram_kind(id)) {
	case LP_DGRAM_PROBE:
		if (lp_pmtud_probe_done(&conn->mtu, value, true, now_ns))
			conn->changed = true;
		break;
	case LP_DGRAM_LARGE:
		lp_pmtud_acked(&conn->mtu, now_ns);
		conn->rtt_ns = lp_earlier(conn->rtt_ns, now_ns - value);
		break;
	case LP_DGRAM_SMALL:
		conn->rtt_ns = lp_earlier(conn->rtt_ns, now_ns - value);
		break;
	}
	return 0;
}

/* A packet with a DATAGRAM of ours did not. */
static int on_datagram_lost(ngtcp2_conn *library, uint64_t id, void *user_data)
{
	struct lp_quic_conn *conn = user_data;
	uint64_t now_ns = conn->endpoint->now_ns;
	ngtcp2_conn_info info;
	lp_pto_progress(&conn->stall, now_ns);
	switch (lp_dgram_kind(id)) {
	case LP_DGRAM_PROBE:
		(void)lp_pmtud_probe_done(&conn->mtu, lp_dgram_value(id), false, now_ns);
		return 0;
	case LP_DGRAM_LARGE:
		ngtcp2_conn_get_conn_info(library, &info);
		if (lp_pmtud_lost(&conn->mtu, info.smoothed_rtt, now_ns))
			conn->changed = true;
		break;
	case LP_DGRAM_SMALL:
		break;
	}
	conn->lost_packets++;
	return 0;
}

/* The library wants random bytes that need not be secret. */
static void on_rand(uint8_t *dest, size_t len, const ngtcp2_rand_ctx *rand_ctx)
{
	const struct lp_quic_endpoint *endpoint = rand_ctx->native_handle;
	endpoint->config.random(endpoint->config.ctx, dest, len);
}

/* The library wants bytes that a path must give back. */
static int on_path_challenge(ngtcp2_conn *library, uint8_t *data, void *user_data)
{
	const struct lp_quic_conn *conn = user_data;
	(void)library;
	conn->endpoint->config.random(conn->endpoint->config.ctx, data, NGTCP2_PATH_CHALLENGE_DATALEN);
	return 0;
}

/* The peer gets another id of ours. */
static int on_new_cid(ngtcp2_conn *library, ngtcp2_cid *cid, uint8_t *token, size_t len, void *user_data)
{
	struct lp_quic_conn *conn = user_data;
	struct lp_quic_endpoint *endpoint = conn->endpoint;
	uint8_t bytes[NGTCP2_MAX_CIDLEN];
	(void)library;
	endpoint->config.random(endpoint->config.ctx, bytes, len);
	ngtcp2_cid_init(cid, bytes, len);
	if (lp_stateless_reset_token(endpoint->config.secret, cid, token) < 0 ||
		lp_conn_table_add(&endpoint->cids, cid->data, cid->datalen, conn, &conn->cids) < 0)
		return NGTCP2_ERR_CALLBACK_FAILURE;
	return 0;
}

/* The peer gave an id of ours back. */
static int on_remove_cid(ngtcp2_conn *library, const ngtcp2_cid *cid, void *user_data)
{
	struct lp_quic_conn *conn = user_data;
	(void)library;
	lp_conn_table_remove(&conn->endpoint->cids, cid->data, cid->datalen, &conn->cids);
	return 0;
}

/* We begin or cease to use an id of the peer's: its token is how a stateless reset would be known. */
static int on_peer_cid(ngtcp2_conn *library, ngtcp2_connection_id_status_type type, uint64_t number,
	const ngtcp2_cid *cid, const uint8_t *token, void *user_data)
{
	struct lp_quic_conn *conn = user_data;
	struct lp_conn_table *tokens = &conn->endpoint->tokens;
	(void)library, (void)number, (void)cid;
	if (!token)
		return 0;
	/* A token that somebody else has is not believed; without it the connection ends by its idle timeout. */
	if (type == NGTCP2_CONNECTION_ID_STATUS_TYPE_ACTIVATE)
		(void)lp_conn_table_add(tokens, token, NGTCP2_STATELESS_RESET_TOKENLEN, conn, &conn->tokens);
	else
		lp_conn_table_remove(tokens, token, NGTCP2_STATELESS_RESET_TOKENLEN, &conn->tokens);
	return 0;
}

/* A path was tried out. */
static int on_path_validation(ngtcp2_conn *library, uint32_t flags, const ngtcp2_path *path,
	const ngtcp2_path *old_path, ngtcp2_path_validation_result result, void *user_data)
{
	struct lp_quic_conn *conn = user_data;
	(void)library, (void)flags, (void)path, (void)old_path;
	if (result == NGTCP2_PATH_VALIDATION_RESULT_SUCCESS)
		conn->path_validated = true;
	conn->changed = true;
	return 0;
}

/* The peer does not know the connection any more. */
static int on_stateless_reset(ngtcp2_conn *library, const ngtcp2_pkt_stateless_reset *reset, void *user_data)
{
	struct lp_quic_conn *conn = user_data;
	(void)library, (void)reset;
	conn->reset_by_peer = true;
	return 0;
}

/* Bytes for TLS. A server has dropped its session once the handshake is complete: there is nothing that a client may
   still say (RFC 8446 §4.6, RFC 9001 §6). */
static int on_crypto_data(ngtcp2_conn *library, ngtcp2_encryption_level level, uint64_t offset, const uint8_t *data,
	size_t len, void *user_data)
{
	struct lp_quic_conn *conn = user_data;
	if (!conn->tls.session) {
		ngtcp2_conn_set_tls_alert(library, GNUTLS_A_UNEXPECTED_MESSAGE);
		return level == NGTCP2_ENCRYPTION_LEVEL_1RTT ? NGTCP2_ERR_CRYPTO : 0;
	}
	return ngtcp2_crypto_recv_crypto_data_cb(library, level, offset, data, len, user_data);
}

/* The next generation of keys is wanted (RFC 9001 §6). */
static int on_update_key(ngtcp2_conn *library, uint8_t *rx_secret, uint8_t *tx_secret,
	ngtcp2_crypto_aead_ctx *rx_context, uint8_t *rx_iv, ngtcp2_crypto_aead_ctx *tx_context, uint8_t *tx_iv,
	const uint8_t *old_rx_secret, const uint8_t *old_tx_secret, size_t len, void *user_data)
{
	struct lp_quic_conn *conn = user_data;
	return lp_packet_keys_update(library, conn->endpoint->aead, rx_secret, tx_secret, rx_context, rx_iv, tx_context,
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

const ngtcp2_callbacks *lp_conn_callbacks(bool server)
{
	return server ? &server_callbacks : &client_callbacks;
}
