#include "quic/ngtcp2_1_11.h"

#include "base/units.h"
#include "quic/close.h"
#include "quic/conn.h"
#include "quic/tx.h"

#if NGTCP2_VERSION_NUM <= 0x011900

/* Lets ngtcp2 handle its timers at its present time. False if that closed the connection. */
static bool handle_expiry(struct lp_quic_conn *conn)
{
	conn->in_ngtcp2 = true;
	int result = ngtcp2_conn_handle_expiry(conn->ngtcp2, lp_conn_now(conn));
	conn->in_ngtcp2 = false;
	if (result != 0)
		lp_close_by_error(conn, result);
	return result == 0;
}

#endif

#if NGTCP2_VERSION_NUM < 0x010c00

bool lp_ngtcp2_skip_to_timer(struct lp_quic_conn *conn)
{
	uint64_t now_ns = lp_conn_now(conn), at_ns = ngtcp2_conn_get_expiry(conn->ngtcp2);
	if (at_ns == UINT64_MAX)
		return false;
	if (at_ns > now_ns) {
		if (!lp_pto_skip(&conn->pto, at_ns - now_ns))
			return false;
		conn->skew_ns += at_ns - now_ns;
	}
	if (!handle_expiry(conn))
		return false;
	conn->timer_fired = conn->path_dirty = true;
	lp_tx_write(conn);
	return conn->state == LP_CONN_READY;
}

#else

bool lp_ngtcp2_skip_to_timer(struct lp_quic_conn *conn)
{
	(void)conn;
	return false;
}

#endif

#if NGTCP2_VERSION_NUM <= 0x011900

#define OTHER_PATH_NS (60 * LP_MS) /* packets by another path only, for this time: ngtcp2 does not follow */
#define FOLLOW_EVERY_NS (20 * LP_SEC)
#define VALIDATION_NS (3100 * LP_MS) /* RFC 9000 §8.2.4: three PTOs, at least of the initial PTO */

void lp_ngtcp2_follow(struct lp_quic_conn *conn, const ngtcp2_path *path)
{
	uint64_t now_ns = conn->env->now_ns;
	if (ngtcp2_path_eq(path, ngtcp2_conn_get_path(conn->ngtcp2))) {
		conn->other_path_since_ns = 0;
		return;
	}
	if (conn->other_path_since_ns == 0)
		conn->other_path_since_ns = now_ns;
	/* Rarely: anyone that knows the connection ID can send a packet that looks like one from another path. */
	if (now_ns - conn->other_path_since_ns < OTHER_PATH_NS ||
		(conn->last_follow_ns && now_ns - conn->last_follow_ns < FOLLOW_EVERY_NS))
		return;
	conn->last_follow_ns = now_ns;
	conn->other_path_since_ns = 0;
	conn->skew_ns += VALIDATION_NS;
	(void)handle_expiry(conn);
	conn->tx_pending = true;
}

#else

void lp_ngtcp2_follow(struct lp_quic_conn *conn, const ngtcp2_path *path)
{
	(void)conn, (void)path;
}

#endif
