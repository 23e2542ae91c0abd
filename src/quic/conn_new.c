/* A connection's begin and end in memory. */
#include "quic/conn.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/units.h"
#include "quic/aead/packet_keys.h"
#include "quic/batch.h"
#include "quic/endpoint_state.h"
#include "quic/path.h"
#include "quic/settings.h"
#include "quic/stateless.h"

/* How TLS finds the library's connection. */
static ngtcp2_conn *get_library(ngtcp2_crypto_conn_ref *ref)
{
	struct lp_quic_conn *conn = ref->user_data;
	return conn->library;
}

/* TLS has a secret of one direction of |level|. */
static int install_key(
	void *user, bool receive, ngtcp2_encryption_level level, const uint8_t *secret, size_t secret_len)
{
	struct lp_quic_conn *conn = user;
	return lp_packet_keys_install(conn->library, conn->endpoint->aead, receive, level, secret, secret_len);
}

/* Chooses a connection id. */
static void choose_cid(struct lp_quic_endpoint *endpoint, ngtcp2_cid *ret_cid, size_t len)
{
	uint8_t bytes[NGTCP2_MAX_CIDLEN];
	endpoint->config.random(endpoint->config.ctx, bytes, len);
	ngtcp2_cid_init(ret_cid, bytes, len);
}

/* Allocates what both sides share. */
static int conn_new(struct lp_quic_endpoint *endpoint, const ngtcp2_path *path, bool server, const char *server_name,
	struct lp_quic_conn **ret_conn)
{
	struct lp_quic_conn *conn = calloc(1, sizeof *conn);
	if (!conn)
		return LP_ENOMEM;
	conn->endpoint = endpoint;
	conn->server = server;
	conn->control_id = -1;
	conn->packet_max = LP_MTU_BASE;
	conn->heard_ns = endpoint->now_ns;
	conn->rtt_ns = LP_NEVER;
	conn->sent_large = true;
	lp_path_get(path, &conn->local, &conn->remote);
	conn->carrier = lp_path_carrier(path);
	lp_path_set(&conn->shown, conn->carrier, &conn->local, &conn->remote);
	conn->told_local = conn->local;
	conn->told_remote = conn->remote;
	lp_control_init(&conn->control);
	lp_pmtud_init(&conn->mtu);
	lp_cc_delay_init(&conn->delay, endpoint->config.queue_delay_ns, endpoint->now_ns);
	int rv = lp_tls_session_init(&conn->tls, server ? endpoint->config.server_tls : endpoint->config.client_tls,
		server_name, get_library, install_key, conn);
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

int lp_conn_new_client(struct lp_quic_endpoint *endpoint, const ngtcp2_path *path, const char *server_name,
	struct lp_quic_conn **ret_conn)
{
	struct lp_quic_conn *conn;
	struct lp_settings settings;
	ngtcp2_transport_params params;
	ngtcp2_cid scid, dcid;
	int rv = conn_new(endpoint, path, false, server_name, &conn);
	if (rv < 0)
		return rv;
	choose_cid(endpoint, &scid, LP_QUIC_CID_LEN);
	choose_cid(endpoint, &dcid, NGTCP2_MAX_CIDLEN);
	lp_settings_fill(&settings, &endpoint->config, conn->remote.family, endpoint->now_ns);
	settings.settings.rand_ctx.native_handle = endpoint;
	lp_settings_params(&params, &endpoint->config, false);
	rv = ngtcp2_conn_client_new(&conn->library, &dcid, &scid, path, NGTCP2_PROTO_VER_V1, lp_conn_callbacks(false),
		&settings.settings, &params, NULL, conn);
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
	lp_settings_params(params, &endpoint->config, true);
	params->original_dcid = first_dcid ? *first_dcid : hd->dcid;
	params->original_dcid_present = 1;
	if (first_dcid) {
		params->retry_scid = hd->dcid;
		params->retry_scid_present = 1;
	}
	params->stateless_reset_token_present = 1;
	return lp_stateless_reset_token(endpoint->config.secret, scid, params->stateless_reset_token);
}

int lp_conn_new_server(struct lp_quic_endpoint *endpoint, const ngtcp2_path *path, const ngtcp2_pkt_hd *hd,
	const ngtcp2_cid *first_dcid, struct lp_quic_conn **ret_conn)
{
	struct lp_quic_conn *conn;
	struct lp_settings settings;
	ngtcp2_transport_params params;
	ngtcp2_cid scid;
	int rv = conn_new(endpoint, path, true, NULL, &conn);
	if (rv < 0)
		return rv;
	conn->proven = first_dcid != NULL;
	choose_cid(endpoint, &scid, LP_QUIC_CID_LEN);
	lp_settings_fill(&settings, &endpoint->config, conn->remote.family, endpoint->now_ns);
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
	lp_expiry_set(&conn->endpoint->expiry, &conn->deadline, LP_NEVER);
	if (conn->batch)
		lp_batch_pool_give(&conn->endpoint->pool, conn->batch);
	ngtcp2_conn_del(conn->library);
	lp_tls_session_done(&conn->tls);
	lp_control_done(&conn->control);
	free(conn->close_packet);
	free(conn);
}
