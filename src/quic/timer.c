#include "quic/timer.h"

#include "base/units.h"
#include "quic/close.h"
#include "quic/conn.h"
#include "quic/ngtcp2_1_11.h"
#include "quic/tx.h"

#define TIMER_STEP_NS (500 * LP_US) /* least time between two expiries of a connection */
#define TIMER_GRID_NS LP_MS         /* deadlines that no user waits for are rounded up, so that they coincide */
#define GRANULARITY_NS LP_MS        /* kGranularity (RFC 9002 §6.1.2) */
#define PEER_ACK_NS (2 * LP_MS)     /* time the peer may take to acknowledge a full window (ack.h) */
#define SLACK_NS LP_MS              /* for the timers at both ends */
#define SKIPS_MAX 4                 /* timers of ngtcp2 that may come before its PTO */

/* Bytes in flight as ngtcp2 counts them. */
static uint64_t in_flight(struct lp_quic_conn *conn)
{
	ngtcp2_conn_info info;
	ngtcp2_conn_get_conn_info(conn->ngtcp2, &info);
	return info.bytes_in_flight;
}

/* The PTO without back-off (RFC 9002 §6.2.1), with the ACK delay that the peer really uses for a full window. */
static uint64_t pto_ns(struct lp_quic_conn *conn)
{
	ngtcp2_conn_info info;
	ngtcp2_conn_get_conn_info(conn->ngtcp2, &info);
	uint64_t vary_ns = 4 * info.rttvar;
	return info.smoothed_rtt + (vary_ns > GRANULARITY_NS ? vary_ns : GRANULARITY_NS) + PEER_ACK_NS + SLACK_NS;
}

/* Our own PTO: elicits an ACK if the window is closed and everything in flight seems lost. */
static void probe_if_stalled(struct lp_quic_conn *conn)
{
	uint64_t now_ns = conn->env->now_ns;
	if (!conn->blocked || conn->state != LP_CONN_READY || now_ns < lp_pto_deadline(&conn->pto, pto_ns(conn)))
		return;
	/* The peer sends, but nothing that we send arrives, or ngtcp2 is confused about paths. The peer is notified,
	   and can connect again. */
	if (lp_pto_is_hopeless(&conn->pto, now_ns)) {
		lp_close_by_us(conn, false, NGTCP2_NO_VIABLE_PATH, "nothing that is sent arrives");
		return;
	}
	lp_pto_probed(&conn->pto, now_ns);
	uint64_t before = in_flight(conn);
	if (before == 0)
		return;
	if (ngtcp2_conn_get_cwnd_left(conn->ngtcp2) > 0) {
		lp_tx_write_padding(conn);
		return;
	}
	for (int i = 0; i < SKIPS_MAX && in_flight(conn) <= before; i++)
		if (!lp_ngtcp2_skip_to_timer(conn))
			return;
}

/* The earliest time at which ngtcp2, PMTUD or our PTO has something to do. */
static uint64_t transport_deadline(struct lp_quic_conn *conn)
{
	uint64_t at_ns = ngtcp2_conn_get_expiry(conn->ngtcp2);
	if (at_ns != LP_NEVER)
		at_ns = at_ns > conn->skew_ns ? at_ns - conn->skew_ns : 0;
	if (conn->blocked && conn->state == LP_CONN_READY)
		at_ns = lp_earlier(at_ns, lp_pto_deadline(&conn->pto, pto_ns(conn)));
	if (conn->state == LP_CONN_READY)
		at_ns = lp_earlier(at_ns, lp_pmtud_deadline(&conn->pmtud));
	return at_ns;
}

void lp_timer_expire(struct lp_quic_conn *conn)
{
	lp_conn_mark_dirty(conn);
	if (conn->state == LP_CONN_CLOSING || conn->state == LP_CONN_DRAINING) {
		lp_conn_enter_state(conn, LP_CONN_DEAD);
		return;
	}
	if (!lp_conn_is_open(conn))
		return;
	/* If only pacing held a packet back, the flush is all that is needed. */
	if (conn->blocked && transport_deadline(conn) > conn->env->now_ns)
		return;
	lp_tx_finish_packet(conn);
	conn->in_ngtcp2 = true;
	int result = ngtcp2_conn_handle_expiry(conn->ngtcp2, lp_conn_now(conn));
	conn->in_ngtcp2 = false;
	if (result != 0) {
		lp_close_by_error(conn, result);
		return;
	}
	conn->path_dirty = true;
	/* PTO probes are sent now, as small packets, before the user fills the window again: if the path MTU shrank,
	   large ones would be lost, and each loss doubles the PTO. */
	conn->timer_fired = true;
	conn->last_expiry_ns = conn->env->now_ns;
	lp_tx_write(conn);
	probe_if_stalled(conn);
}

/* The next deadline of an open connection. */
static uint64_t open_deadline(struct lp_quic_conn *conn)
{
	uint64_t at_ns;
	if (conn->blocked || conn->state == LP_CONN_HANDSHAKE) {
		at_ns = transport_deadline(conn);
		if (conn->ack.n_unacked)
			at_ns = lp_earlier(at_ns, conn->ack.deadline_ns);
	} else {
		/* While an ACK is pending, ngtcp2's timer is nearly always the ACK timer, so the query, which is
		   expensive, is skipped and our ACK deadline used; whatever else ngtcp2 wants can wait until then. */
		at_ns = conn->ack.n_unacked ? conn->ack.deadline_ns : transport_deadline(conn);
		if (at_ns < LP_NEVER - TIMER_GRID_NS)
			at_ns = (at_ns + TIMER_GRID_NS - 1) / TIMER_GRID_NS * TIMER_GRID_NS;
	}
	/* A deadline that is overdue even after it was handled must not cause a busy loop. The step counts from the
	   last expiry, not from now, so that traffic cannot postpone timers. */
	if (at_ns < conn->last_expiry_ns + TIMER_STEP_NS)
		at_ns = conn->last_expiry_ns + TIMER_STEP_NS;
	if (conn->blocked)
		at_ns = lp_earlier(at_ns, lp_cc_rate_deadline(&conn->rate, conn->flight.bytes, conn->env->now_ns));
	return at_ns > conn->env->now_ns ? at_ns : conn->env->now_ns + 1;
}

void lp_timer_set_deadline(struct lp_quic_conn *conn)
{
	uint64_t at_ns = LP_NEVER;
	if (conn->state == LP_CONN_CLOSING || conn->state == LP_CONN_DRAINING)
		at_ns = conn->drain_until_ns;
	else if (lp_conn_is_open(conn))
		at_ns = open_deadline(conn);
	lp_expiry_set(&conn->env->expiry, &conn->deadline, at_ns);
}
