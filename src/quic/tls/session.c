#include "quic/tls/session.h"

#include <stdio.h>
#include <string.h>

#include <ngtcp2/ngtcp2_crypto_gnutls.h>

#include "base/error.h"
#include "quic/tls/certificate.h"
#include "quic/tls/credentials.h"
#include "quic/tls/datum.h"
#include "quic/tls/handle.h"
#include "quic/tls/name.h"
#include "quic/tls/trust.h"

/* The session that a TLS handle belongs to. */
static struct lp_tls_session *session_of(gnutls_session_t handle)
{
	ngtcp2_crypto_conn_ref *ref = gnutls_session_get_ptr(handle);
	return (struct lp_tls_session *)(void *)((char *)ref - offsetof(struct lp_tls_session, conn_ref));
}

/* Verifies the relay's certificates. Nonzero ends the handshake. */
static int verify(gnutls_session_t handle)
{
	struct lp_tls_session *session = session_of(handle);
	return lp_tls_trust_check(session->tls->trust, handle, session->name, &session->failure, &session->distrust) < 0
		       ? GNUTLS_E_CERTIFICATE_ERROR
		       : 0;
}

/* Installs packet keys for new TLS secrets. Nonzero ends the handshake. */
static int take_secrets(gnutls_session_t handle, gnutls_record_encryption_level_t level, const void *rx_secret,
	const void *tx_secret, size_t len)
{
	const struct lp_tls_session *session = session_of(handle);
	ngtcp2_crypto_conn_ref *ref = gnutls_session_get_ptr(handle);
	ngtcp2_encryption_level quic_level = ngtcp2_crypto_gnutls_from_gnutls_record_encryption_level(level);
	if (rx_secret && session->install_key(ref->user_data, true, quic_level, rx_secret, len) < 0)
		return -1;
	if (tx_secret && session->install_key(ref->user_data, false, quic_level, tx_secret, len) < 0)
		return -1;
	return 0;
}

/* Queues handshake bytes in CRYPTO frames. Nonzero ends the handshake. */
static int take_bytes(gnutls_session_t handle, gnutls_record_encryption_level_t level,
	gnutls_handshake_description_t type, const void *data, size_t len)
{
	ngtcp2_crypto_conn_ref *ref = gnutls_session_get_ptr(handle);
	ngtcp2_conn *ngtcp2 = ref->get_conn(ref);
	if (type == GNUTLS_HANDSHAKE_CHANGE_CIPHER_SPEC) /* not in QUIC (RFC 9001 §8.4) */
		return 0;
	int result = ngtcp2_conn_submit_crypto_data(
		ngtcp2, ngtcp2_crypto_gnutls_from_gnutls_record_encryption_level(level), data, len);
	if (result != 0)
		ngtcp2_conn_set_tls_error(ngtcp2, result);
	return result == 0 ? 0 : -1;
}

/* An alert becomes a QUIC error (RFC 9001 §4.8). */
static int take_alert(gnutls_session_t handle, gnutls_record_encryption_level_t level, gnutls_alert_level_t severity,
	gnutls_alert_description_t alert)
{
	ngtcp2_crypto_conn_ref *ref = gnutls_session_get_ptr(handle);
	(void)level, (void)severity;
	ngtcp2_conn_set_tls_alert(ref->get_conn(ref), (uint8_t)alert);
	return 0;
}

/* Decodes the peer's transport parameters (RFC 9001 §8.2). */
static int take_params(gnutls_session_t handle, const uint8_t *data, size_t len)
{
	ngtcp2_crypto_conn_ref *ref = gnutls_session_get_ptr(handle);
	ngtcp2_conn *ngtcp2 = ref->get_conn(ref);
	int result = ngtcp2_conn_decode_and_set_remote_transport_params(ngtcp2, data, len);
	if (result != 0)
		ngtcp2_conn_set_tls_error(ngtcp2, result);
	return result == 0 ? 0 : -1;
}

/* Encodes our transport parameters. */
static int give_params(gnutls_session_t handle, gnutls_buffer_t out)
{
	ngtcp2_crypto_conn_ref *ref = gnutls_session_get_ptr(handle);
	ngtcp2_transport_params params = *ngtcp2_conn_get_local_transport_params(ref->get_conn(ref));
	uint8_t data[256];
	if (session_of(handle)->cid_limit)
		params.active_connection_id_limit = session_of(handle)->cid_limit;
	ngtcp2_ssize n = ngtcp2_transport_params_encode(data, sizeof data, &params);
	return n >= 0 && gnutls_buffer_append_data(out, data, (size_t)n) == 0 ? 0 : -1;
}

/* Shows a secret to the function that was set by lp_tls_set_keylog(). */
static int show_secret(gnutls_session_t handle, const char *label, const gnutls_datum_t *secret)
{
	return lp_tls_show_secret(session_of(handle)->tls, handle, label, secret);
}

/* Registers the callbacks that connect TLS with QUIC. */
static int configure(gnutls_session_t handle)
{
	gnutls_handshake_set_secret_function(handle, take_secrets);
	gnutls_handshake_set_read_function(handle, take_bytes);
	gnutls_alert_set_read_function(handle, take_alert);
	return gnutls_session_ext_register(handle, "QUIC transport parameters",
		       NGTCP2_TLSEXT_QUIC_TRANSPORT_PARAMETERS_V1, GNUTLS_EXT_TLS, take_params, give_params, NULL, NULL,
		       NULL, GNUTLS_EXT_FLAG_TLS | GNUTLS_EXT_FLAG_CLIENT_HELLO | GNUTLS_EXT_FLAG_EE) == 0
		       ? 0
		       : LP_ETLS;
}

static int init_server(struct lp_tls_session *session, struct lp_tls *tls)
{
	if (gnutls_init(&session->session, GNUTLS_SERVER | GNUTLS_NO_TICKETS | GNUTLS_NO_END_OF_EARLY_DATA) != 0)
		return LP_ENOMEM;
	session->cert = tls->cert ? lp_tls_cert_ref(tls->cert) : NULL;
	if (gnutls_credentials_set(session->session, GNUTLS_CRD_CERTIFICATE,
		    session->cert ? session->cert->credentials : tls->own) != 0 ||
		configure(session->session) < 0)
		return LP_ETLS;
	/* A member may send its key in a certificate. TLS checks that it has the private key; the owner checks the
	 * rest. */
	gnutls_certificate_server_set_request(session->session, GNUTLS_CERT_REQUEST);
	return 0;
}

static int init_client(struct lp_tls_session *session, struct lp_tls *tls, const char *server_name)
{
	if (strlen(server_name) >= sizeof session->name)
		return LP_EINVAL;
	strcpy(session->name, server_name);
	if (gnutls_init(&session->session, GNUTLS_CLIENT | GNUTLS_NO_TICKETS | GNUTLS_NO_END_OF_EARLY_DATA) != 0)
		return LP_ENOMEM;
	if (gnutls_credentials_set(session->session, GNUTLS_CRD_CERTIFICATE, tls->own) != 0 ||
		configure(session->session) < 0)
		return LP_ETLS;
	if (!tls->trust)
		return 0;
	if (!lp_tls_name_is_address(server_name) &&
		gnutls_server_name_set(session->session, GNUTLS_NAME_DNS, server_name, strlen(server_name)) != 0)
		return LP_EINVAL;
	gnutls_session_set_verify_function(session->session, verify);
	return 0;
}

int lp_tls_session_init(struct lp_tls_session *session, const struct lp_tls_session_config *config)
{
	struct lp_tls *tls = config->tls;
	gnutls_datum_t protocol;
	(void)lp_datum_set(&protocol, (const uint8_t *)tls->protocol, strlen(tls->protocol));
	memset(session, 0, sizeof *session);
	session->tls = tls;
	session->cid_limit = config->cid_limit;
	session->install_key = config->install_key;
	session->conn_ref = (ngtcp2_crypto_conn_ref){.get_conn = config->get_conn, .user_data = config->user};
	int result = config->server ? init_server(session, tls) : init_client(session, tls, config->server_name);
	if (result == 0) {
		gnutls_session_set_ptr(session->session, &session->conn_ref);
		if (tls->keylog)
			gnutls_session_set_keylog_function(session->session, show_secret);
		if (gnutls_priority_set(session->session, tls->priority) != 0 ||
			gnutls_alpn_set_protocols(session->session, &protocol, 1, GNUTLS_ALPN_MANDATORY) != 0)
			result = LP_ETLS;
	}
	if (result < 0)
		lp_tls_session_done(session);
	return result;
}

void lp_tls_session_done(struct lp_tls_session *session)
{
	if (session->session)
		gnutls_deinit(session->session);
	session->session = NULL;
	lp_tls_cert_unref(session->cert);
	session->cert = NULL;
}

void lp_tls_session_reason(
	const struct lp_tls_session *session, uint8_t alert, bool from_peer, char *ret_text, size_t size)
{
	const char *name = gnutls_alert_get_name((gnutls_alert_description_t)alert);
	if (!from_peer && session->failure.code)
		snprintf(ret_text, size, "%s", session->failure.text);
	else if (alert == GNUTLS_A_NO_APPLICATION_PROTOCOL)
		snprintf(ret_text, size, "the other end does not speak %s", session->tls->protocol);
	else
		snprintf(ret_text, size,
			from_peer ? "the other end refused the TLS handshake: %s" : "TLS handshake: %s",
			name ? name : "unknown alert");
}
