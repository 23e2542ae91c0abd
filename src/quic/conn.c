#include "quic/conn.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/units.h"
#include "quic/aead/packet_keys.h"
#include "quic/batch.h"
#include "quic/cid.h"
#include "quic/close.h"
#include "quic/conn_limits.h"
#include "quic/demux/stateless.h"
#include "quic/ngtcp2_1_11.h"
#include "quic/outbox.h"
#include "quic/path.h"
#include "quic/rx.h"
#include "quic/settings.h"
#include "quic/timer.h"
#include "quic/tx.h"
#include "quic/uncap.h"

/* Gives TLS the ngtcp2 connection. */
static ngtcp2_conn *get_ngtcp2(ngtcp2_crypto_conn_ref *ref)
{
	struct lp_quic_conn *conn = ref->user_data;
	return conn->ngtcp2;
}

static int install_key(
	void *user, bool receive, ngtcp2_encryption_level level, const uint8_t *secret, size_t secret_len)
{
	struct lp_quic_conn *conn = user;
	return lp_packet_keys_install(conn->ngtcp2, conn->env->aead, receive, level, secret, secret_len);
}

/* Allocates a connection, still without its ngtcp2 object. */
static int conn_new(struct lp_quic_env *env, const ngtcp2_path *path, bool server, const char *server_name,
	struct lp_quic_conn **ret_conn)
{
	struct lp_quic_conn *conn = calloc(1, sizeof *conn);
	if (!conn)
		return LP_ENOMEM;
	conn->env = env;
	conn->server = server;
	conn->control_id = -1;
	conn->packet_max = LP_MTU_BASE;
	conn->last_rx_ns = env->now_ns;
	lp_path_get(path, &conn->local, &conn->remote);
	conn->carrier = lp_path_carrier(path);
	lp_path_set(&conn->cur_path, conn->carrier, &conn->local, &conn->remote);
	conn->reported_local = conn->local;
	conn->reported_remote = conn->remote;
	lp_control_init(&conn->control, &env->control_bytes);
	lp_pmtud_init(&conn->pmtud);
	lp_cc_rate_init(&conn->rate, env->now_ns);
	lp_cc_flight_init(&conn->flight);
	const struct lp_tls_session_config tls = {
		.tls = server ? env->config.server_tls : env->config.client_tls,
		.server = server,
		.server_name = server_name,
		.cid_limit = LP_NGTCP2_CID_LIMIT_ANNOUNCED,
		.get_conn = get_ngtcp2,
		.install_key = install_key,
		.user = conn,
	};
	int result = lp_tls_session_init(&conn->tls, &tls);
	if (result < 0) {
		free(conn);
		return result;
	}
	*ret_conn = conn;
	return 0;
}

/* Adds the connection, with its first ID, to the endpoint. */
static int add_to_env(struct lp_quic_conn *conn, const ngtcp2_cid *scid)
{
	struct lp_quic_env *env = conn->env;
	int result = lp_conn_table_add(&env->cids, scid->data, scid->datalen, conn, &conn->cids);
	if (result < 0)
		return result;
	conn->own_control = lp_ngtcp2_uncap(conn->ngtcp2);
	ngtcp2_conn_set_tls_native_handle(conn->ngtcp2, conn->tls.session);
	if (env->config.keep_alive_ns)
		ngtcp2_conn_set_keep_alive_timeout(conn->ngtcp2, env->config.keep_alive_ns);
	if ((result = lp_expiry_reserve(&env->expiry, env->limits.n_conns + 1)) < 0 ||
		(result = lp_conn_limits_add(conn)) < 0)
		return result;
	lp_list_insert(&env->conns, &conn->node);
	conn->tx_pending = true;
	lp_conn_mark_dirty(conn);
	return 0;
}

int lp_conn_new_client(struct lp_quic_env *env, const struct lp_quic_target *target, struct lp_quic_conn **ret_conn)
{
	ngtcp2_path_storage path;
	struct lp_quic_conn *conn;
	struct lp_settings settings;
	ngtcp2_transport_params params;
	ngtcp2_cid scid, dcid;
	lp_path_set(&path, target->carrier, &target->local, &target->remote);
	int result = conn_new(env, &path.path, false, target->server_name, &conn);
	if (result < 0)
		return result;
	lp_cid_choose(env, &env->cid_prefix, LP_QUIC_CID_LEN, &scid);
	lp_cid_choose(env, &target->first_dcid, NGTCP2_MAX_CIDLEN, &dcid);
	lp_settings_fill(&settings, &env->config, conn->remote.family, false, env->now_ns);
	settings.settings.rand_ctx.native_handle = env;
	lp_settings_params(&params, &env->config, false);
	result = ngtcp2_conn_client_new(&conn->ngtcp2, &dcid, &scid, &path.path, NGTCP2_PROTO_VER_V1,
		lp_rx_callbacks(false), &settings.settings, &params, NULL, conn);
	result = result == 0 ? add_to_env(conn, &scid) : LP_ENOMEM;
	if (result < 0) {
		lp_conn_free(conn);
		return result;
	}
	*ret_conn = conn;
	return 0;
}

/* Fills the transport parameters of one accepted connection. */
static int server_params(struct lp_quic_env *env, const ngtcp2_pkt_hd *hd, const ngtcp2_cid *first_dcid,
	const ngtcp2_cid *scid, ngtcp2_transport_params *params)
{
	lp_settings_params(params, &env->config, true);
	params->original_dcid = first_dcid ? *first_dcid : hd->dcid;
	params->original_dcid_present = 1;
	if (first_dcid) {
		params->retry_scid = hd->dcid;
		params->retry_scid_present = 1;
	}
	params->stateless_reset_token_present = 1;
	return lp_stateless_reset_token(env->secrets.reset, scid, params->stateless_reset_token);
}

int lp_conn_new_server(struct lp_quic_env *env, const ngtcp2_path *path, const ngtcp2_pkt_hd *hd,
	const ngtcp2_cid *first_dcid, struct lp_quic_conn **ret_conn)
{
	struct lp_quic_conn *conn;
	struct lp_settings settings;
	ngtcp2_transport_params params;
	ngtcp2_cid scid;
	int result = conn_new(env, path, true, NULL, &conn);
	if (result < 0)
		return result;
	conn->proven = first_dcid != NULL;
	lp_cid_choose(env, &env->cid_prefix, LP_QUIC_CID_LEN, &scid);
	lp_settings_fill(&settings, &env->config, conn->remote.family, true, env->now_ns);
	settings.settings.rand_ctx.native_handle = env;
	if (first_dcid) {
		settings.settings.token = hd->token;
		settings.settings.tokenlen = hd->tokenlen;
		settings.settings.token_type = NGTCP2_TOKEN_TYPE_RETRY;
	}
	result = server_params(env, hd, first_dcid, &scid, &params);
	if (result == 0 && ngtcp2_conn_server_new(&conn->ngtcp2, &hd->scid, &scid, path, hd->version,
				   lp_rx_callbacks(true), &settings.settings, &params, NULL, conn) != 0)
		result = LP_ENOMEM;
	/* Until the client knows our ID it sends to the one that it made up. */
	if (result == 0)
		result = lp_conn_table_add(&env->cids, hd->dcid.data, hd->dcid.datalen, conn, &conn->cids);
	if (result == 0)
		result = add_to_env(conn, &scid);
	if (result < 0) {
		lp_conn_free(conn);
		return result;
	}
	*ret_conn = conn;
	return 0;
}

void lp_conn_free(struct lp_quic_conn *conn)
{
	struct lp_quic_env *env = conn->env;
	if (conn->node.next) {
		lp_list_remove(&conn->node);
		lp_conn_limits_remove(conn);
	}
	lp_conn_table_remove_all(&env->cids, &conn->cids);
	lp_conn_table_remove_all(&env->tokens, &conn->tokens);
	lp_expiry_set(&env->expiry, &conn->deadline, LP_NEVER);
	if (conn->batch)
		lp_batch_pool_give(&env->outbox.pool, conn->batch);
	ngtcp2_conn_del(conn->ngtcp2);
	lp_tls_session_done(&conn->tls);
	lp_control_done(&conn->control);
	lp_cc_flight_done(&conn->flight);
	free(conn->close_packet);
	free(conn);
}

/* Reports a validated path and a changed budget. */
static void report_path(struct lp_quic_conn *conn)
{
	const struct lp_quic_config *config = &conn->env->config;
	if (!conn->path_dirty)
		return;
	conn->path_dirty = false;
	bool budget_changed = lp_tx_update_budget(conn);
	if (!conn->announced)
		return;
	if (conn->path_validated && (!lp_addr_equal(&conn->local, &conn->reported_local) ||
					    !lp_addr_equal(&conn->remote, &conn->reported_remote))) {
		conn->reported_local = conn->local;
		conn->reported_remote = conn->remote;
		lp_cc_rate_init(&conn->rate, conn->env->now_ns);
		if (config->events->migrated)
			config->events->migrated(config->ctx, conn);
	}
	conn->path_validated = false;
	if (budget_changed && config->events->budget)
		config->events->budget(config->ctx, conn, conn->budget);
}

/* Feeds what this pass acknowledged to the congestion controller. */
static void update_rate(struct lp_quic_conn *conn)
{
	if (!conn->rx_since_update)
		return;
	conn->rx_since_update = false;
	lp_cc_rate_update(&conn->rate, &conn->flight, conn->packet_max, conn->received_bytes, conn->env->now_ns);
}

/* Reports that the window is open again. */
static void report_writable(struct lp_quic_conn *conn)
{
	const struct lp_quic_config *config = &conn->env->config;
	if (!conn->blocked || conn->state != LP_CONN_READY || ngtcp2_conn_get_cwnd_left(conn->ngtcp2) == 0 ||
		!lp_tx_window_is_open(conn))
		return;
	conn->blocked = false;
	if (config->events->writable)
		config->events->writable(config->ctx, conn);
	lp_tx_finish_packet(conn);
}

/* Sends CONNECTION_CLOSE, reports the end, and enters the closing or draining state. */
static void report_closed(struct lp_quic_conn *conn)
{
	const struct lp_quic_config *config = &conn->env->config;
	if (conn->close_packet)
		lp_conn_recv_closing(conn);
	lp_conn_limits_end(conn);
	if ((conn->announced || !conn->server) && config->events->closed)
		config->events->closed(config->ctx, conn, &conn->why);
	lp_close_enter_draining(conn);
}

/* A server needs TLS no longer when the handshake is complete; it is a fifth of the memory of an idle connection. */
static void free_tls(struct lp_quic_conn *conn)
{
	lp_tls_session_done(&conn->tls);
	ngtcp2_conn_set_tls_native_handle(conn->ngtcp2, NULL);
}

/* Closes the connection as lp_quic_close() asked, after the control stream was written once. */
static void close_now(struct lp_quic_conn *conn)
{
	if (conn->state == LP_CONN_READY)
		lp_tx_write(conn);
	if (lp_conn_is_open(conn))
		lp_close_by_us(conn, true, conn->close_code, conn->why.reason);
}

void lp_conn_flush(struct lp_quic_conn *conn)
{
	struct lp_quic_env *env = conn->env;
	lp_tx_finish_packet(conn);
	if (conn->close_wanted && lp_conn_is_open(conn))
		close_now(conn);
	if (lp_conn_is_open(conn)) {
		if (conn->announced && conn->tls.session && conn->server)
			free_tls(conn);
		report_path(conn);
		update_rate(conn);
		report_writable(conn);
		if (conn->tx_pending || lp_ack_is_due(&conn->ack, env->now_ns))
			lp_tx_write(conn);
		report_writable(conn);
		lp_tx_write_probe(conn, lp_pmtud_probe(&conn->pmtud, env->now_ns));
	}
	if (conn->state == LP_CONN_CLOSED)
		report_closed(conn);
	if (conn->batch) {
		lp_outbox_submit(&env->outbox, conn->batch);
		conn->batch = NULL;
	}
	lp_timer_set_deadline(conn);
	if (conn->state == LP_CONN_DEAD) {
		/* It is not in the dirty list: its flush is in progress. */
		conn->next_dirty = env->dead;
		env->dead = conn;
	}
}

void lp_conn_recv_closing(struct lp_quic_conn *conn)
{
	/* CONNECTION_CLOSE is sent for the 1st, 2nd, 4th, 8th… packet (RFC 9000 §10.2.1). */
	unsigned n = ++conn->n_closing_rx;
	if (!conn->close_packet || (n & (n - 1)) != 0)
		return;
	lp_tx_write_close_packet(conn);
	lp_conn_mark_dirty(conn);
}

void lp_quic_queue_delay(const struct lp_quic_conn *conn, uint64_t *ret_target_ns, uint64_t *ret_interval_ns)
{
	lp_cc_rate_queue_delay(&conn->rate, ret_target_ns, ret_interval_ns);
}

size_t lp_quic_budget(const struct lp_quic_conn *conn)
{
	return conn->budget;
}

int lp_quic_send_control(struct lp_quic_conn *conn, const uint8_t *data, size_t len)
{
	if (!lp_conn_is_open(conn) || conn->close_wanted || conn->control_closed)
		return LP_ECLOSED;
	int result = lp_control_queue(&conn->control, data, len);
	if (result < 0)
		return result;
	conn->tx_pending = true;
	lp_conn_mark_dirty(conn);
	return 0;
}

/* Prepares a call of ngtcp2 from outside of a flush. 0; LP_EAGAIN: not now; LP_ECLOSED. */
static int prepare_call(struct lp_quic_conn *conn, uint64_t now_ns)
{
	if (conn->state == LP_CONN_HANDSHAKE && !conn->close_wanted)
		return LP_EAGAIN;
	if (conn->state != LP_CONN_READY || conn->close_wanted)
		return LP_ECLOSED;
	if (conn->in_ngtcp2)
		return LP_EAGAIN;
	lp_env_set_now(conn->env, now_ns);
	lp_tx_finish_packet(conn);
	return conn->state == LP_CONN_READY ? 0 : LP_ECLOSED;
}

/* ngtcp2's two ways to migrate: one moves the connection now, one when the new path is validated. */
typedef int migrate_fn(ngtcp2_conn *ngtcp2, const ngtcp2_path *path, ngtcp2_tstamp now);

static int migrate(struct lp_quic_conn *conn, struct lp_carrier *carrier, const struct lp_addr *local,
	migrate_fn *initiate, uint64_t now_ns)
{
	ngtcp2_path_storage path;
	if (conn->server || local->family != conn->remote.family)
		return LP_EINVAL;
	int result = prepare_call(conn, now_ns);
	if (result < 0)
		return result;
	lp_path_set(&path, carrier, local, &conn->remote);
	result = initiate(conn->ngtcp2, &path.path, lp_conn_now(conn));
	if (result == NGTCP2_ERR_INVALID_ARGUMENT)
		return LP_EEXISTS;
	if (result == NGTCP2_ERR_CONN_ID_BLOCKED || result == NGTCP2_ERR_INVALID_STATE)
		return LP_EAGAIN;
	if (result != 0)
		return LP_EINTERNAL;
	conn->migrating_to = *local;
	conn->migrating_carrier = carrier;
	conn->path_dirty = true;
	conn->tx_pending = true;
	lp_conn_mark_dirty(conn);
	return 0;
}

int lp_quic_migrate(struct lp_quic_conn *conn, struct lp_carrier *carrier, const struct lp_addr *local, uint64_t now_ns)
{
	return migrate(conn, carrier, local, ngtcp2_conn_initiate_immediate_migration, now_ns);
}

int lp_quic_migrate_validated(
	struct lp_quic_conn *conn, struct lp_carrier *carrier, const struct lp_addr *local, uint64_t now_ns)
{
	return migrate(conn, carrier, local, ngtcp2_conn_initiate_migration, now_ns);
}

void lp_quic_path_changed(struct lp_quic_conn *conn, uint64_t now_ns)
{
	lp_env_set_now(conn->env, now_ns);
	lp_cc_rate_init(&conn->rate, conn->env->now_ns);
}

int lp_quic_update_keys(struct lp_quic_conn *conn, uint64_t now_ns)
{
	int result = prepare_call(conn, now_ns);
	if (result < 0)
		return result;
	result = ngtcp2_conn_initiate_key_update(conn->ngtcp2, lp_conn_now(conn));
	return result == 0 ? 0 : result == NGTCP2_ERR_INVALID_STATE ? LP_EAGAIN : LP_EINTERNAL;
}

void lp_quic_set_user(struct lp_quic_conn *conn, void *user)
{
	conn->user = user;
}

void *lp_quic_user(const struct lp_quic_conn *conn)
{
	return conn->user;
}

const struct lp_addr *lp_quic_remote(const struct lp_quic_conn *conn)
{
	return &conn->remote;
}

const struct lp_carrier *lp_quic_carrier(const struct lp_quic_conn *conn)
{
	return conn->carrier;
}

const struct lp_addr *lp_quic_local(const struct lp_quic_conn *conn)
{
	return &conn->local;
}

bool lp_quic_accepted(const struct lp_quic_conn *conn)
{
	return conn->server;
}

void lp_quic_stats(const struct lp_quic_conn *conn, struct lp_quic_stats *ret_stats)
{
	*ret_stats = (struct lp_quic_stats){.own_control = conn->own_control,
		.singly = conn->run_doubt.off,
		.datagram_budget = conn->budget,
		.lost_packets = conn->lost_packets,
		.last_rx_ns = conn->last_rx_ns};
	if (!conn->ngtcp2)
		return;
	ngtcp2_conn_info info;
	ngtcp2_conn_get_conn_info(conn->ngtcp2, &info);
	ret_stats->srtt_ns = info.smoothed_rtt;
	ret_stats->min_rtt_ns = conn->rtt.now_ns;
	if (conn->rtt.last_ns && (!ret_stats->min_rtt_ns || conn->rtt.last_ns < ret_stats->min_rtt_ns))
		ret_stats->min_rtt_ns = conn->rtt.last_ns;
	ret_stats->cwnd_bytes = info.cwnd;
	ret_stats->in_flight_bytes = info.bytes_in_flight;
}
