/* When a connection has to be looked at again although nothing came. */
#include "base/units.h"
#include "quic/conn.h"
#include "quic/endpoint_state.h"

/* Nothing needs a finer clock. */
#define TIMER_STEP_NS (500 * LP_US)
/* Timers of connections that nobody waits for run off together. */
#define TIMER_GRID_NS LP_MS

/* When the library, or one of our watches over it, wants lp_conn_expire(). */
static uint64_t library_deadline(struct lp_quic_conn *conn)
{
	uint64_t at_ns = ngtcp2_conn_get_expiry(conn->library);
	if (at_ns != LP_NEVER)
		at_ns = at_ns > conn->skew_ns ? at_ns - conn->skew_ns : 0;
	if (conn->blocked && conn->state == LP_CONN_READY)
		at_ns = lp_earlier(at_ns, lp_pto_deadline(&conn->stall, lp_conn_probe_timeout(conn)));
	if (conn->state == LP_CONN_READY)
		at_ns = lp_earlier(at_ns, lp_pmtud_deadline(&conn->mtu));
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
	/* What is overdue after it was done must not spin. It is the last time that counts, not now: traffic must not
	   put timers off. */
	if (at_ns < conn->expired_ns + TIMER_STEP_NS)
		at_ns = conn->expired_ns + TIMER_STEP_NS;
	return at_ns > conn->endpoint->now_ns ? at_ns : conn->endpoint->now_ns + 1;
}

void lp_conn_plan_deadline(struct lp_quic_conn *conn)
{
	uint64_t at_ns = LP_NEVER;
	if (conn->state == LP_CONN_LINGERING)
		at_ns = conn->linger_until_ns;
	else if (conn->state <= LP_CONN_READY)
		at_ns = next_deadline(conn);
	lp_expiry_set(&conn->endpoint->expiry, &conn->deadline, at_ns);
}
