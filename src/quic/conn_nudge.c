#include "base/units.h"
#include "quic/conn.h"
#include "quic/endpoint_state.h"

#define GRANULARITY_NS LP_MS /* RFC 9002 §6.1.2 */
/* So long may an end of ours take to acknowledge what fills a window; what it promises is for small packets. */
#define ANSWER_NS (2 * LP_MS)
#define SLACK_NS LP_MS        /* for the timers of both ends */
#define HEARD_NS (3 * LP_SEC) /* later than this the path may just be away */
#define ELSEWHERE_NS (60 * LP_MS)
#define FOLLOW_EVERY_NS (20 * LP_SEC)
#define VALIDATION_NS (3100 * LP_MS) /* RFC 9000 §8.2.4: three probe timeouts, at least of the initial one */
#define TIMERS_MAX 4                 /* of the library that may come before the one that is wanted */

uint64_t lp_conn_probe_timeout(struct lp_quic_conn *conn)
{
	ngtcp2_conn_info info;
	ngtcp2_conn_get_conn_info(conn->library, &info);
	uint64_t vary_ns = 4 * info.rttvar;
	return info.smoothed_rtt + (vary_ns > GRANULARITY_NS ? vary_ns : GRANULARITY_NS) + ANSWER_NS + SLACK_NS;
}

/* Bytes in flight. */
static uint64_t in_flight(struct lp_quic_conn *conn)
{
	ngtcp2_conn_info info;
	ngtcp2_conn_get_conn_info(conn->library, &info);
	return info.bytes_in_flight;
}

/* The congestion window is closed, so the library sends only what its probe timer allows: the library's time is put
   forward to that timer. False if nothing is to be had by that. */
static bool pass_timer(struct lp_quic_conn *conn)
{
	uint64_t now_ns = lp_conn_now(conn), at_ns = ngtcp2_conn_get_expiry(conn->library);
	if (at_ns == UINT64_MAX)
		return false;
	if (at_ns > now_ns) {
		if (!lp_pto_skip(&conn->stall, at_ns - now_ns))
			return false;
		conn->skew_ns += at_ns - now_ns;
	}
	conn->in_library = true;
	int rv = ngtcp2_conn_handle_expiry(conn->library, lp_conn_now(conn));
	conn->in_library = false;
	if (rv != 0) {
		lp_conn_fail(conn, rv);
		return false;
	}
	conn->expired = conn->changed = true;
	lp_conn_write(conn);
	return conn->state == LP_CONN_READY;
}

void lp_conn_follow(struct lp_quic_conn *conn, const ngtcp2_path *path)
{
	uint64_t now_ns = conn->endpoint->now_ns;
	if (ngtcp2_path_eq(path, ngtcp2_conn_get_path(conn->library))) {
		conn->elsewhere_ns = 0;
		return;
	}
	if (conn->elsewhere_ns == 0)
		conn->elsewhere_ns = now_ns;
	/* Seldom: whoever knows the connection id can send what looks like a packet from elsewhere. */
	if (now_ns - conn->elsewhere_ns < ELSEWHERE_NS ||
		(conn->followed_ns && now_ns - conn->followed_ns < FOLLOW_EVERY_NS))
		return;
	conn->followed_ns = now_ns;
	/* After a migration the library tries out the old path once more, for three seconds, and as long as it does,
	   version 1.11 does not follow a client that went back there. So it is told that they are over. */
	conn->elsewhere_ns = 0;
	conn->skew_ns += VALIDATION_NS;
	conn->in_library = true;
	int rv = ngtcp2_conn_handle_expiry(conn->library, lp_conn_now(conn));
	conn->in_library = false;
	if (rv != 0)
		lp_conn_fail(conn, rv);
	conn->wants_write = true;
}

void lp_conn_nudge(struct lp_quic_conn *conn)
{
	uint64_t now_ns = conn->endpoint->now_ns;
	if (!conn->blocked || conn->state != LP_CONN_READY ||
		now_ns < lp_pto_deadline(&conn->stall, lp_conn_probe_timeout(conn)))
		return;
	/* The peer is there and talks, but nothing of ours arrives, or the library has lost its way among paths. It is
	   told, and can come back on another connection. */
	if (lp_pto_hopeless(&conn->stall, now_ns) && now_ns - conn->heard_ns < HEARD_NS) {
		lp_conn_close(conn, false, NGTCP2_NO_VIABLE_PATH, "nothing that is sent arrives");
		return;
	}
	lp_pto_nudged(&conn->stall, now_ns);
	uint64_t before = in_flight(conn);
	if (before == 0)
		return;
	if (ngtcp2_conn_get_cwnd_left(conn->library) > 0) {
		lp_conn_write_padding(conn);
		return;
	}
	for (int i = 0; i < TIMERS_MAX && in_flight(conn) <= before; i++)
		if (!pass_timer(conn))
			return;
}
