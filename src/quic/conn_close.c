#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "quic/batch.h"
#include "quic/conn.h"
#include "quic/endpoint_state.h"

#define CRYPTO_ERROR 0x100 /* TLS alerts as transport errors (RFC 9000 §20.1) */
#define LINGER_PTOS 3

/* Notes why the connection ended; the first reason stays. */
static void end(struct lp_quic_conn *conn)
{
	conn->state = LP_CONN_ENDED;
	conn->packet_open = false;
	lp_endpoint_mark(conn->endpoint, conn);
}

/* Copies what a peer wrote so that it can be shown to people. */
static void copy_reason(struct lp_quic_conn *conn, const uint8_t *reason, size_t len)
{
	char raw[sizeof conn->why.reason];
	struct lp_text text;
	if (len > sizeof raw - 1)
		len = sizeof raw - 1;
	if (len)
		memcpy(raw, reason, len);
	raw[len] = '\0';
	lp_text_init(&text, conn->why.reason, sizeof conn->why.reason);
	lp_text_escaped(&text, raw);
}

/* The peer closed the connection: with what words? */
static void note_peer_close(struct lp_quic_conn *conn)
{
	const ngtcp2_ccerr *error = ngtcp2_conn_get_ccerr(conn->library);
	if (conn->reset_by_peer) {
		conn->why.kind = LP_QUIC_CLOSED_RESET;
		snprintf(conn->why.reason, sizeof conn->why.reason,
			"the other end does not know it any more: it restarted, or this end was away for too long");
		return;
	}
	conn->why.code = error->error_code;
	conn->why.kind = error->type == NGTCP2_CCERR_TYPE_APPLICATION ? LP_QUIC_CLOSED_APP : LP_QUIC_CLOSED_TRANSPORT;
	copy_reason(conn, error->reason, error->reasonlen);
	if (conn->why.kind == LP_QUIC_CLOSED_TRANSPORT && error->error_code >= CRYPTO_ERROR &&
		error->error_code <= CRYPTO_ERROR + 255) {
		conn->why.kind = LP_QUIC_CLOSED_TLS;
		lp_tls_session_reason(&conn->tls, (uint8_t)(error->error_code - CRYPTO_ERROR), true, conn->why.reason,
			sizeof conn->why.reason);
	}
}

/* Writes CONNECTION_CLOSE, sends it and keeps a copy. */
static void say_goodbye(struct lp_quic_conn *conn, const ngtcp2_ccerr *error)
{
	uint8_t packet[LP_MTU_BASE];
	ngtcp2_pkt_info info;
	conn->in_library = true;
	ngtcp2_ssize n = ngtcp2_conn_write_connection_close(
		conn->library, NULL, &info, packet, sizeof packet, error, lp_conn_now(conn));
	conn->in_library = false;
	if (n <= 0)
		return;
	conn->close_packet = malloc((size_t)n);
	if (!conn->close_packet)
		return;
	memcpy(conn->close_packet, packet, (size_t)n);
	conn->close_len = (size_t)n;
	conn->linger_until_ns = conn->endpoint->now_ns + LINGER_PTOS * ngtcp2_conn_get_pto(conn->library);
	lp_conn_linger(conn);
}

/* Notes what the library found wrong, in words for people, and in an error for the peer. */
static void note_error(struct lp_quic_conn *conn, int code, ngtcp2_ccerr *error)
{
	uint8_t alert = ngtcp2_conn_get_tls_alert(conn->library);
	ngtcp2_ccerr_default(error);
	if (code == NGTCP2_ERR_CRYPTO) {
		conn->why.kind = LP_QUIC_CLOSED_TLS;
		conn->why.distrust = conn->tls.distrust;
		ngtcp2_ccerr_set_tls_alert(error, alert, NULL, 0);
		lp_tls_session_reason(&conn->tls, alert, false, conn->why.reason, sizeof conn->why.reason);
	} else {
		conn->why.kind = LP_QUIC_CLOSED_TRANSPORT;
		ngtcp2_ccerr_set_liberr(error, code, NULL, 0);
		snprintf(conn->why.reason, sizeof conn->why.reason, "QUIC: %s", ngtcp2_strerror(code));
	}
	conn->why.code = error->error_code;
}

void lp_conn_fail(struct lp_quic_conn *conn, int code)
{
	ngtcp2_ccerr error;
	const char *text = NULL;
	if (conn->state > LP_CONN_READY)
		return;
	conn->packet_open = false;
	switch (code) {
	case NGTCP2_ERR_DRAINING:
		note_peer_close(conn);
		/* What is still under way from the peer is passed over in silence (RFC 9000 §10.2.2). */
		if (!conn->reset_by_peer)
			conn->linger_until_ns = conn->endpoint->now_ns +
						LINGER_PTOS * ngtcp2_conn_get_pto(conn->library);
		break;
	case NGTCP2_ERR_IDLE_CLOSE:
		conn->why.kind = LP_QUIC_CLOSED_IDLE;
		text = "nothing was heard from the other end for too long";
		break;
	case NGTCP2_ERR_HANDSHAKE_TIMEOUT:
		conn->why.kind = LP_QUIC_CLOSED_HANDSHAKE_TIMEOUT;
		text = "the other end does not answer";
		break;
	case NGTCP2_ERR_DROP_CONN:
	case NGTCP2_ERR_RETRY:
	case NGTCP2_ERR_CLOSING:
		conn->why.kind = LP_QUIC_CLOSED_TRANSPORT;
		break;
	case NGTCP2_ERR_RECV_VERSION_NEGOTIATION:
		conn->why.kind = LP_QUIC_CLOSED_TRANSPORT;
		text = "the other end speaks no version of QUIC that we do";
		break;
	default:
		note_error(conn, code, &error);
		say_goodbye(conn, &error);
	}
	if (text)
		snprintf(conn->why.reason, sizeof conn->why.reason, "%s", text);
	end(conn);
}

void lp_conn_close(struct lp_quic_conn *conn, bool app, uint64_t code, const char *reason)
{
	ngtcp2_ccerr error;
	uint8_t bytes[sizeof conn->why.reason];
	size_t len = strlen(reason);
	if (len > sizeof bytes)
		len = sizeof bytes;
	memcpy(bytes, reason, len);
	ngtcp2_ccerr_default(&error);
	if (app)
		ngtcp2_ccerr_set_application_error(&error, code, bytes, len);
	else
		ngtcp2_ccerr_set_transport_error(&error, code, bytes, len);
	conn->why.kind = app ? LP_QUIC_CLOSED_LOCAL : LP_QUIC_CLOSED_TRANSPORT;
	if (!app)
		snprintf(conn->why.reason, sizeof conn->why.reason, "%s", reason);
	conn->why.code = code;
	say_goodbye(conn, &error);
	end(conn);
}

void lp_quic_abandon(struct lp_quic_conn *conn)
{
	if (conn->state > LP_CONN_READY)
		return;
	conn->why.kind = LP_QUIC_CLOSED_LOCAL;
	/* Packets of the peer's must not be answered with a stateless reset either. */
	conn->linger_until_ns = conn->endpoint->now_ns + conn->endpoint->config.idle_timeout_ns;
	end(conn);
}

void lp_conn_linger(struct lp_quic_conn *conn)
{
	/* The 1st, 2nd, 4th, 8th… datagram is answered (RFC 9000 §10.2.1). */
	unsigned n = ++conn->n_lingered;
	if (!conn->close_packet || (n & (n - 1)) != 0)
		return;
	if (!conn->batch)
		conn->batch = lp_endpoint_borrow(conn->endpoint);
	uint8_t *room = conn->batch ? lp_batch_room(conn->batch, conn->close_len) : NULL;
	if (!room)
		return;
	memcpy(room, conn->close_packet, conn->close_len);
	lp_batch_commit(conn->batch, conn->close_len, 0, conn->carrier, &conn->local, &conn->remote);
	conn->endpoint->counters.datagrams_out++;
	conn->endpoint->counters.bytes_out += conn->close_len;
	lp_endpoint_mark(conn->endpoint, conn);
}

/* True if it should know its packets for a while. At a server only those linger whose client proved its address, and no
   more than may live: what strangers leave behind must not take places. */
static bool may_linger(const struct lp_quic_conn *conn)
{
	const struct lp_quic_endpoint *endpoint = conn->endpoint;
	size_t max = endpoint->config.max_conns;
	if (!conn->linger_until_ns)
		return false;
	return !conn->server || (!conn->half_open && (max == 0 || endpoint->n_accepted_closing <= max));
}

void lp_conn_rest(struct lp_quic_conn *conn)
{
	conn->user = NULL;
	conn->state = may_linger(conn) ? LP_CONN_LINGERING : LP_CONN_DEAD;
	ngtcp2_conn_del(conn->library);
	conn->library = NULL;
	lp_tls_session_done(&conn->tls);
	lp_control_done(&conn->control);
}
