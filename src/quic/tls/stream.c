#include "quic/tls/stream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <gnutls/gnutls.h>

#include "base/error.h"
#include "base/failure.h"
#include "quic/tls/certificate.h"
#include "quic/tls/datum.h"
#include "quic/tls/handle.h"
#include "quic/tls/name.h"
#include "quic/tls/trust.h"

struct lp_tls_stream {
	gnutls_session_t session;
	struct lp_tls_stream_config config;
	struct lp_tls_cert *cert; /* of a server: a reference */
	char name[256];           /* of a client */
	struct lp_failure failure;
	enum lp_tls_distrust distrust;
	bool waits; /* a record was not written completely */
};

static ssize_t pull(gnutls_transport_ptr_t ptr, void *data, size_t max)
{
	struct lp_tls_stream *stream = ptr;
	int n = stream->config.read(stream->config.ctx, data, max);
	if (n >= 0)
		return n;
	if (n != LP_EAGAIN)
		return 0; /* the end */
	gnutls_transport_set_errno(stream->session, EAGAIN);
	return -1;
}

static ssize_t push(gnutls_transport_ptr_t ptr, const void *data, size_t len)
{
	struct lp_tls_stream *stream = ptr;
	int n = stream->config.write(stream->config.ctx, data, len);
	if (n < 0)
		gnutls_transport_set_errno(stream->session, n == LP_EAGAIN ? EAGAIN : EPIPE);
	return n < 0 ? -1 : n;
}

/* Verifies the relay's certificates. Nonzero ends the handshake. */
static int verify(gnutls_session_t session)
{
	struct lp_tls_stream *stream = gnutls_session_get_ptr(session);
	int result = lp_tls_trust_check(
		stream->config.tls->trust, session, stream->name, &stream->failure, &stream->distrust);
	return result < 0 ? GNUTLS_E_CERTIFICATE_ERROR : 0;
}

/* Shows a secret to the function that was set by lp_tls_set_keylog(). */
static int show_secret(gnutls_session_t session, const char *label, const gnutls_datum_t *secret)
{
	const struct lp_tls_stream *stream = gnutls_session_get_ptr(session);
	return lp_tls_show_secret(stream->config.tls, session, label, secret);
}

static int init_server(struct lp_tls_stream *stream)
{
	gnutls_datum_t protocols[2];
	static const char *const names[] = {LP_TLS_STREAM_ALPN, "http/1.1"};
	if (gnutls_init(&stream->session, GNUTLS_SERVER | GNUTLS_NONBLOCK | GNUTLS_NO_TICKETS) != 0)
		return LP_ENOMEM;
	stream->cert = lp_tls_cert_ref(stream->config.tls->cert);
	for (size_t i = 0; i < 2; i++)
		(void)lp_datum_set(&protocols[i], (const uint8_t *)names[i], strlen(names[i]));
	return gnutls_credentials_set(stream->session, GNUTLS_CRD_CERTIFICATE, stream->cert->credentials) == 0 &&
			       gnutls_alpn_set_protocols(stream->session, protocols, 2, 0) == 0
		       ? 0
		       : LP_ETLS;
}

static int init_client(struct lp_tls_stream *stream, const char *server_name)
{
	gnutls_datum_t protocol;
	if (strlen(server_name) >= sizeof stream->name)
		return LP_EINVAL;
	strcpy(stream->name, server_name);
	if (gnutls_init(&stream->session, GNUTLS_CLIENT | GNUTLS_NONBLOCK | GNUTLS_NO_TICKETS) != 0)
		return LP_ENOMEM;
	(void)lp_datum_set(&protocol, (const uint8_t *)LP_TLS_STREAM_ALPN, strlen(LP_TLS_STREAM_ALPN));
	if (gnutls_credentials_set(stream->session, GNUTLS_CRD_CERTIFICATE, stream->config.tls->own) != 0 ||
		gnutls_alpn_set_protocols(stream->session, &protocol, 1, 0) != 0)
		return LP_ETLS;
	if (!lp_tls_name_is_address(server_name) &&
		gnutls_server_name_set(stream->session, GNUTLS_NAME_DNS, server_name, strlen(server_name)) != 0)
		return LP_EINVAL;
	gnutls_session_set_verify_function(stream->session, verify);
	return 0;
}

int lp_tls_stream_new(const struct lp_tls_stream_config *config, struct lp_tls_stream **ret_stream)
{
	struct lp_tls_stream *stream = calloc(1, sizeof *stream);
	if (!stream)
		return LP_ENOMEM;
	stream->config = *config;
	int result = config->tls->server ? init_server(stream) : init_client(stream, config->server_name);
	if (result == 0 && gnutls_priority_set(stream->session, config->tls->stream_priority) != 0)
		result = LP_ETLS;
	if (result < 0) {
		lp_tls_stream_free(stream);
		return result;
	}
	gnutls_session_set_ptr(stream->session, stream);
	gnutls_transport_set_ptr(stream->session, stream);
	gnutls_transport_set_pull_function(stream->session, pull);
	gnutls_transport_set_push_function(stream->session, push);
	if (config->tls->keylog)
		gnutls_session_set_keylog_function(stream->session, show_secret);
	gnutls_handshake_set_timeout(stream->session, 0); /* the owner has deadlines */
	*ret_stream = stream;
	return 0;
}

void lp_tls_stream_free(struct lp_tls_stream *stream)
{
	if (!stream)
		return;
	if (stream->session)
		gnutls_deinit(stream->session);
	lp_tls_cert_unref(stream->cert);
	free(stream);
}

int lp_tls_stream_handshake(struct lp_tls_stream *stream, struct lp_failure *failure)
{
	int code;
	do
		code = gnutls_handshake(stream->session);
	while (code == GNUTLS_E_WARNING_ALERT_RECEIVED || code == GNUTLS_E_INTERRUPTED);
	if (code == GNUTLS_E_AGAIN)
		return LP_EAGAIN;
	if (code != 0 && stream->failure.code) {
		*failure = stream->failure;
		return failure->code;
	}
	if (code == GNUTLS_E_PREMATURE_TERMINATION || code == GNUTLS_E_PUSH_ERROR || code == GNUTLS_E_PULL_ERROR)
		return lp_fail(failure, LP_ECLOSED, "the connection was closed during the TLS handshake");
	if (code == GNUTLS_E_FATAL_ALERT_RECEIVED)
		return lp_fail(failure, LP_ETLS, "the other end refused the TLS handshake: %s",
			gnutls_alert_get_name(gnutls_alert_get(stream->session)));
	if (code != 0)
		return lp_fail(failure, LP_ETLS, "TLS handshake: %s", gnutls_strerror(code));
	if (!stream->config.tls->server && !lp_tls_stream_carries_quic(stream))
		return lp_fail(failure, LP_EPROTO, "the other end does not speak %s", LP_TLS_STREAM_ALPN);
	return 0;
}

bool lp_tls_stream_carries_quic(const struct lp_tls_stream *stream)
{
	gnutls_datum_t chosen;
	return gnutls_alpn_get_selected_protocol(stream->session, &chosen) == 0 &&
	       chosen.size == strlen(LP_TLS_STREAM_ALPN) && memcmp(chosen.data, LP_TLS_STREAM_ALPN, chosen.size) == 0;
}

/* Translates the result of a call that writes. */
static int wrote(struct lp_tls_stream *stream, ssize_t n)
{
	stream->waits = n == GNUTLS_E_AGAIN || n == GNUTLS_E_INTERRUPTED;
	return n >= 0 ? 0 : stream->waits ? LP_EAGAIN : LP_ECLOSED;
}

bool lp_tls_stream_waits(const struct lp_tls_stream *stream)
{
	return stream->waits;
}

int lp_tls_stream_drain(struct lp_tls_stream *stream)
{
	return stream->waits ? wrote(stream, gnutls_record_send(stream->session, NULL, 0)) : 0;
}

int lp_tls_stream_send(struct lp_tls_stream *stream, const uint8_t *data, size_t len)
{
	int result = lp_tls_stream_drain(stream);
	if (result < 0)
		return result;
	result = wrote(stream, gnutls_record_send(stream->session, data, len));
	return result == LP_EAGAIN ? 0 : result; /* GnuTLS has the record */
}

int lp_tls_stream_receive(struct lp_tls_stream *stream, uint8_t *data, size_t max)
{
	ssize_t n;
	do
		n = gnutls_record_recv(stream->session, data, max);
	while (n == GNUTLS_E_INTERRUPTED || n == GNUTLS_E_WARNING_ALERT_RECEIVED);
	if (n > 0)
		return (int)n;
	return n == GNUTLS_E_AGAIN ? LP_EAGAIN : LP_ECLOSED;
}

void lp_tls_stream_end(struct lp_tls_stream *stream)
{
	if (!stream->waits)
		(void)gnutls_bye(stream->session, GNUTLS_SHUT_WR);
}
