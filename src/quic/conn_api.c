#include <stdio.h>

#include "base/error.h"
#include "quic/conn.h"
#include "quic/endpoint_state.h"
#include "quic/path.h"

size_t lp_quic_budget(const struct lp_quic_conn *conn)
{
	return conn->budget;
}

int lp_quic_send_control(struct lp_quic_conn *conn, const uint8_t *data, size_t len)
{
	if (conn->state > LP_CONN_READY || conn->close_wanted || conn->control_closed)
		return LP_ECLOSED;
	int rv = lp_control_queue(&conn->control, data, len);
	if (rv < 0)
		return rv;
	conn->wants_write = true;
	lp_endpoint_mark(conn->endpoint, conn);
	return 0;
}

void lp_quic_close(struct lp_quic_conn *conn, enum lp_quic_app_error code, const char *reason)
{
	if (conn->close_wanted || conn->state > LP_CONN_READY)
		return;
	conn->close_wanted = true;
	conn->close_code = code;
	snprintf(conn->why.reason, sizeof conn->why.reason, "%s", reason);
	lp_endpoint_mark(conn->endpoint, conn);
}

int lp_quic_migrate(struct lp_quic_conn *conn, struct lp_carrier *carrier, const struct lp_addr *local, uint64_t now_ns)
{
	ngtcp2_path_storage path;
	if (conn->server || local->family != conn->remote.family)
		return LP_EINVAL;
	if (conn->state != LP_CONN_READY || conn->close_wanted)
		return conn->state == LP_CONN_HANDSHAKE ? LP_EAGAIN : LP_ECLOSED;
	if (conn->in_library)
		return LP_EAGAIN;
	if (now_ns > conn->endpoint->now_ns)
		conn->endpoint->now_ns = now_ns;
	lp_conn_finish_packet(conn);
	if (conn->state != LP_CONN_READY)
		return LP_ECLOSED;
	lp_path_set(&path, carrier, local, &conn->remote);
	int rv = ngtcp2_conn_initiate_immediate_migration(conn->library, &path.path, lp_conn_now(conn));
	if (rv == NGTCP2_ERR_INVALID_ARGUMENT)
		return LP_EEXISTS;
	if (rv == NGTCP2_ERR_CONN_ID_BLOCKED || rv == NGTCP2_ERR_INVALID_STATE)
		return LP_EAGAIN;
	if (rv != 0)
		return LP_EINTERNAL;
	conn->moving_to = *local;
	conn->moving_carrier = carrier;
	conn->changed = true;
	conn->wants_write = true;
	lp_endpoint_mark(conn->endpoint, conn);
	return 0;
}

int lp_quic_update_keys(struct lp_quic_conn *conn, uint64_t now_ns)
{
	if (conn->state != LP_CONN_READY || conn->close_wanted)
		return LP_ECLOSED;
	if (conn->in_library)
		return LP_EAGAIN;
	if (now_ns > conn->endpoint->now_ns)
		conn->endpoint->now_ns = now_ns;
	lp_conn_finish_packet(conn);
	if (conn->state != LP_CONN_READY)
		return LP_ECLOSED;
	int rv = ngtcp2_conn_initiate_key_update(conn->library, lp_conn_now(conn));
	return rv == 0 ? 0 : rv == NGTCP2_ERR_INVALID_STATE ? LP_EAGAIN : LP_EINTERNAL;
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

bool lp_quic_accepted(const struct lp_quic_conn *conn)
{
	return conn->server;
}

void lp_quic_stats(const struct lp_quic_conn *conn, struct lp_quic_stats *ret_stats)
{
	*ret_stats = (struct lp_quic_stats){
		.datagram_budget = conn->budget, .lost_packets = conn->lost_packets, .heard_ns = conn->heard_ns};
	if (!conn->library)
		return;
	ngtcp2_conn_info info;
	ngtcp2_conn_get_conn_info(conn->library, &info);
	ret_stats->srtt_ns = info.smoothed_rtt;
	ret_stats->latest_rtt_ns = info.latest_rtt;
	ret_stats->cwnd_bytes = info.cwnd;
	ret_stats->in_flight_bytes = info.bytes_in_flight;
}
