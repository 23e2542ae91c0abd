#include "quic/close.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "quic/conn.h"
#include "quic/conn_limits.h"

#define CRYPTO_ERROR 0x100 /* TLS alerts as transport errors (RFC 9000 §20.1) */
#define DRAIN_PTOS 3

/* The connection is closed; the reason is in |conn->why|. */
static void enter_closed(struct lp_quic_conn *conn)
{
	lp_conn_enter_state(conn, LP_CONN_CLOSED);
	conn->packet_open = false;
	lp_conn_mark_dirty(conn);
}

/* Copies the peer's reason phrase, made printable. */
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

/* Records why the peer closed the connection. */
static void note_peer_close(struct lp_quic_conn *conn)
{
	const ngtcp2_ccerr *error = ngtcp2_conn_get_ccerr(conn->ngtcp2);
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

/* Prepares CONNECTION_CLOSE, which the next flush sends. */
static void write_close_packet(struct lp_quic_conn *conn, const ngtcp2_ccerr *error)
{
	uint8_t packet[LP_MTU_BASE];
	ngtcp2_pkt_info info;
	conn->in_ngtcp2 = true;
	ngtcp2_ssize n = ngtcp2_conn_write_connection_close(
		conn->ngtcp2, NULL, &info, packet, sizeof packet, error, lp_conn_now(conn));
	conn->in_ngtcp2 = false;
	if (n <= 0)
		return;
	conn->close_packet = malloc((size_t)n);
	if (!conn->close_packet)
		return;
	memcpy(conn->close_packet, packet, (size_t)n);
	conn->close_len = (size_t)n;
	conn->drain_until_ns = conn->env->now_ns + DRAIN_PTOS * ngtcp2_conn_get_pto(conn->ngtcp2);
}

/* Records the error that ngtcp2 returned, as text and as the error code for the peer. */
static void note_error(struct lp_quic_conn *conn, int code, ngtcp2_ccerr *error)
{
	uint8_t alert = ngtcp2_conn_get_tls_alert(conn->ngtcp2);
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

void lp_close_by_error(struct lp_quic_conn *conn, int code)
{
	ngtcp2_ccerr error;
	const char *text = NULL;
	if (!lp_conn_is_open(conn))
		return;
	conn->packet_open = false;
	switch (code) {
	case NGTCP2_ERR_DRAINING:
		note_peer_close(conn);
		/* Packets of the peer that are still in flight get no reply (RFC 9000 §10.2.2). */
		if (!conn->reset_by_peer)
			conn->drain_until_ns = conn->env->now_ns + DRAIN_PTOS * ngtcp2_conn_get_pto(conn->ngtcp2);
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
		write_close_packet(conn, &error);
	}
	if (text)
		snprintf(conn->why.reason, sizeof conn->why.reason, "%s", text);
	enter_closed(conn);
}

void lp_close_by_us(struct lp_quic_conn *conn, bool app, uint64_t code, const char *reason)
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
	write_close_packet(conn, &error);
	enter_closed(conn);
}

void lp_quic_close(struct lp_quic_conn *conn, enum lp_quic_app_error code, const char *reason)
{
	if (conn->close_wanted || !lp_conn_is_open(conn))
		return;
	conn->close_wanted = true;
	conn->close_code = code;
	snprintf(conn->why.reason, sizeof conn->why.reason, "%s", reason);
	lp_conn_mark_dirty(conn);
}

void lp_quic_abandon(struct lp_quic_conn *conn)
{
	if (!lp_conn_is_open(conn))
		return;
	conn->why.kind = LP_QUIC_CLOSED_LOCAL;
	/* Without this, packets of the peer would get a stateless reset. */
	conn->drain_until_ns = conn->env->now_ns + conn->env->config.idle_timeout_ns;
	enter_closed(conn);
}

void lp_close_enter_draining(struct lp_quic_conn *conn)
{
	conn->user = NULL;
	if (!conn->drain_until_ns || !lp_conn_limits_may_drain(conn))
		lp_conn_enter_state(conn, LP_CONN_DEAD);
	else
		lp_conn_enter_state(conn, conn->close_packet ? LP_CONN_CLOSING : LP_CONN_DRAINING);
	ngtcp2_conn_del(conn->ngtcp2);
	conn->ngtcp2 = NULL;
	lp_tls_session_done(&conn->tls);
	lp_control_done(&conn->control);
}
