#include "quic/conn.h"

#include <string.h>

#include "base/units.h"
#include "quic/endpoint_state.h"
#include "quic/path.h"

/* An acknowledgement costs as much as a packet, both ends a wake-up, so that few packets wait a moment for others to be
   acknowledged with, or for a packet of ours that takes it along. The library would wait for an eighth of the round
   trip, which is nothing in a LAN. Small packets can wait longer (RFC 9000 §13.2.1; settings.c says how long at most):
   their sender is not held up by its window. */
#define ANSWER_EVERY 8
#define TINY_PACKET 64 /* only acknowledgements, most likely: no answer, but perhaps something to send again */
#define ANSWER_LARGE_NS (500 * LP_US)
#define ANSWER_SMALL_NS (20 * LP_MS)

/* True if a datagram that came to |local| belongs to the path that a client migrates to. */
static bool is_migrating_to(
	const struct lp_quic_conn *conn, const struct lp_carrier *carrier, const struct lp_addr *local)
{
	const struct lp_addr *to = &conn->moving_to;
	if (!to->family || carrier != conn->moving_carrier)
		return false;
	return carrier != conn->carrier ||
	       (to->family == local->family && memcmp(to->ip, local->ip, sizeof to->ip) == 0 &&
		       (local->port == 0 || local->port == to->port));
}

void lp_conn_path(const struct lp_quic_conn *conn, struct lp_carrier *carrier, const struct lp_addr *local,
	const struct lp_addr *remote, ngtcp2_path_storage *ret_path)
{
	/* A client knows its own addresses better than the socket does, which may be bound to none. */
	if (!conn->server)
		local = is_migrating_to(conn, carrier, local) ? &conn->moving_to : &conn->local;
	lp_path_set(ret_path, carrier, local, remote);
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
	lp_pto_heard(&conn->stall);
	if (!elsewhere)
		conn->elsewhere_ns = 0;
	else if (conn->state == LP_CONN_READY && conn->server)
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
	if (conn->path_validated && (!lp_addr_equal(&conn->local, &conn->told_local) ||
					    !lp_addr_equal(&conn->remote, &conn->told_remote))) {
		conn->told_local = conn->local;
		conn->told_remote = conn->remote;
		lp_cc_delay_reset(&conn->delay, conn->endpoint->now_ns);
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
	return lp_cc_delay_open(&conn->delay, info.bytes_in_flight);
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
	lp_cc_delay_update(&conn->delay, &sample, conn->endpoint->now_ns);
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

/* The end of a connection: tells it once, and lets it linger or die. */
static void tell_closed(struct lp_quic_conn *conn)
{
	const struct lp_quic_config *config = &conn->endpoint->config;
	lp_endpoint_ended(conn->endpoint, conn);
	if ((conn->announced || !conn->server) && config->events->closed)
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
		if (conn->announced && conn->tls.session && conn->server)
			drop_tls(conn);
		tell_changes(conn);
		measure_delay(conn);
		tell_writable(conn);
		if (conn->wants_write || (conn->n_to_answer && conn->endpoint->now_ns >= conn->answer_ns))
			lp_conn_write(conn);
		tell_writable(conn);
		lp_conn_write_probe(conn, lp_pmtud_probe(&conn->mtu, conn->endpoint->now_ns));
	}
	if (conn->state == LP_CONN_ENDED)
		tell_closed(conn);
	if (conn->batch) {
		lp_endpoint_hand_in(conn->endpoint, conn->batch);
		conn->batch = NULL;
	}
	lp_conn_plan_deadline(conn);
	if (conn->state == LP_CONN_DEAD)
		lp_endpoint_bury(conn->endpoint, conn);
}
