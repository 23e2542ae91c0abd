#include "quic/tls/credentials.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <gnutls/x509.h>

#include "base/error.h"
#include "base/failure.h"
#include "quic/tls/certificate.h"
#include "quic/tls/datum.h"
#include "quic/tls/handle.h"
#include "quic/tls/name.h"
#include "quic/tls/trust.h"

/* Ciphers in order of preference; without AES instructions ChaCha20 is faster. */
#define TLS13 "NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:"
#define AES_FIRST TLS13 "+AES-128-GCM:+CHACHA20-POLY1305:+AES-256-GCM:" GROUPS
#define CHACHA_FIRST TLS13 "+CHACHA20-POLY1305:+AES-128-GCM:+AES-256-GCM:" GROUPS
#define GROUPS "-GROUP-ALL:+GROUP-X25519:+GROUP-SECP256R1"
/* QUIC forbids the compatibility mode (RFC 9001 §8.4), and middleboxes on TCP may need it (RFC 8446 §D.4). */
#define FOR_QUIC ":%DISABLE_TLS13_COMPAT_MODE"

/* True if the CPU has AES instructions. */
static bool cpu_has_aes(void)
{
#if defined(__x86_64__) || defined(__i386__)
	return __builtin_cpu_supports("aes") && __builtin_cpu_supports("pclmul");
#elif defined(__ARM_FEATURE_CRYPTO) || defined(__ARM_FEATURE_AES)
	return true;
#else
	return false;
#endif
}

/* Allocates the part that both roles share. */
static int tls_new(bool server, struct lp_failure *failure, struct lp_tls **ret_tls)
{
	struct lp_tls *tls = calloc(1, sizeof *tls);
	if (!tls)
		return lp_fail(failure, LP_ENOMEM, "out of memory");
	tls->server = server;
	tls->protocol = LP_QUIC_ALPN;
	bool aes = cpu_has_aes();
	if (gnutls_priority_init(&tls->priority, aes ? AES_FIRST FOR_QUIC : CHACHA_FIRST FOR_QUIC, NULL) != 0 ||
		gnutls_priority_init(&tls->stream_priority, aes ? AES_FIRST : CHACHA_FIRST, NULL) != 0) {
		lp_tls_free(tls);
		return lp_fail(failure, LP_ETLS, "this GnuTLS offers no TLS 1.3");
	}
	*ret_tls = tls;
	return 0;
}

int lp_tls_server_new(const uint8_t *cert_pem, size_t cert_len, const uint8_t *key_pem, size_t key_len,
	struct lp_failure *failure, struct lp_tls **ret_tls)
{
	struct lp_tls *tls = NULL;
	int result = tls_new(true, failure, &tls);
	if (result < 0)
		return result;
	result = lp_tls_cert_new(cert_pem, cert_len, key_pem, key_len, failure, &tls->cert);
	if (result < 0) {
		lp_tls_free(tls);
		return result;
	}
	*ret_tls = tls;
	return 0;
}

int lp_tls_server_replace(struct lp_tls *tls, const uint8_t *cert_pem, size_t cert_len, const uint8_t *key_pem,
	size_t key_len, struct lp_failure *failure)
{
	struct lp_tls_cert *cert = NULL;
	assert(tls->server);
	int result = lp_tls_cert_new(cert_pem, cert_len, key_pem, key_len, failure, &cert);
	if (result < 0)
		return result;
	lp_tls_cert_unref(tls->cert);
	tls->cert = cert;
	return 0;
}

int lp_tls_server_share(const struct lp_tls *from, struct lp_failure *failure, struct lp_tls **ret_tls)
{
	assert(from->server);
	int result = tls_new(true, failure, ret_tls);
	if (result < 0)
		return result;
	(*ret_tls)->cert = lp_tls_cert_ref(from->cert);
	(*ret_tls)->keylog = from->keylog;
	(*ret_tls)->keylog_ctx = from->keylog_ctx;
	return 0;
}

void lp_tls_server_follow(struct lp_tls *tls, const struct lp_tls *from)
{
	assert(tls->server && from->server);
	struct lp_tls_cert *cert = lp_tls_cert_ref(from->cert);
	lp_tls_cert_unref(tls->cert);
	tls->cert = cert;
}

/* A member's credentials around its trust, which it takes. */
static int client_new(struct lp_tls_trust *trust, struct lp_failure *failure, struct lp_tls **ret_tls)
{
	struct lp_tls *tls = NULL;
	int result = tls_new(false, failure, &tls);
	if (result < 0) {
		lp_tls_trust_free(trust);
		return result;
	}
	tls->trust = trust;
	if (gnutls_certificate_allocate_credentials(&tls->own) != 0) {
		lp_tls_free(tls);
		return lp_fail(failure, LP_ENOMEM, "out of memory");
	}
	*ret_tls = tls;
	return 0;
}

int lp_tls_client_new(const uint8_t *ca, size_t ca_len, struct lp_failure *failure, struct lp_tls **ret_tls)
{
	struct lp_tls_trust *trust;
	int result = lp_tls_trust_new(ca, ca_len, failure, &trust);
	return result < 0 ? result : client_new(trust, failure, ret_tls);
}

int lp_tls_client_pinned_new(const uint8_t pin[LP_TLS_KEY_PIN], struct lp_failure *failure, struct lp_tls **ret_tls)
{
	struct lp_tls_trust *trust;
	int result = lp_tls_trust_pinned_new(pin, failure, &trust);
	return result < 0 ? result : client_new(trust, failure, ret_tls);
}

int lp_tls_peer_new(const char *pem, struct lp_failure *failure, struct lp_tls **ret_tls)
{
	struct lp_tls *tls = NULL;
	uint8_t id[LP_TLS_KEY_ID];
	int result = client_new(NULL, failure, &tls);
	if (result < 0)
		return result;
	tls->protocol = LP_QUIC_PEER_ALPN;
	result = lp_tls_client_show_key(tls, pem, failure, id);
	if (result < 0) {
		lp_tls_free(tls);
		return result;
	}
	*ret_tls = tls;
	return 0;
}

int lp_tls_client_pin(const struct lp_tls *tls, uint8_t ret_pin[LP_TLS_KEY_PIN])
{
	return lp_tls_trust_pin(tls->trust, ret_pin);
}

void lp_tls_client_ask_chain(struct lp_tls *tls, lp_tls_chain_fn *ask, void *ctx)
{
	lp_tls_trust_ask(tls->trust, ask, ctx);
}

void lp_tls_free(struct lp_tls *tls)
{
	if (!tls)
		return;
	lp_tls_cert_unref(tls->cert);
	lp_tls_trust_free(tls->trust);
	if (tls->own)
		gnutls_certificate_free_credentials(tls->own);
	if (tls->priority)
		gnutls_priority_deinit(tls->priority);
	if (tls->stream_priority)
		gnutls_priority_deinit(tls->stream_priority);
	free(tls);
}

int lp_tls_pem_to_der(const uint8_t *pem, size_t len, struct lp_failure *failure, uint8_t **ret_der, size_t *ret_len)
{
	gnutls_datum_t from, der = {0};
	gnutls_x509_crt_t crt;
	if (lp_datum_set(&from, pem, len) < 0)
		return lp_fail(failure, LP_ECERT, "too large");
	if (gnutls_x509_crt_init(&crt) != 0)
		return lp_fail(failure, LP_ENOMEM, "out of memory");
	int result = LP_ECERT;
	if (gnutls_x509_crt_import(crt, &from, GNUTLS_X509_FMT_PEM) == 0 &&
		gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_DER, &der) == 0)
		result = 0;
	gnutls_x509_crt_deinit(crt);
	if (result < 0)
		return lp_fail(failure, LP_ECERT, "not a PEM certificate");
	uint8_t *copy = malloc(der.size);
	if (copy)
		memcpy(copy, der.data, der.size);
	gnutls_free(der.data);
	if (!copy)
		return lp_fail(failure, LP_ENOMEM, "out of memory");
	*ret_der = copy;
	*ret_len = der.size;
	return 0;
}

int64_t lp_tls_activation_unix_s(const struct lp_tls *tls)
{
	return tls->cert ? tls->cert->activation_unix_s : 0;
}

void lp_tls_set_keylog(struct lp_tls *tls, lp_tls_keylog_fn *fn, void *ctx)
{
	tls->keylog = fn;
	tls->keylog_ctx = ctx;
}

int lp_tls_show_secret(
	const struct lp_tls *tls, gnutls_session_t session, const char *label, const gnutls_datum_t *secret)
{
	gnutls_datum_t client, server;
	gnutls_session_get_random(session, &client, &server);
	if (client.size == LP_TLS_RANDOM && secret->size <= LP_TLS_SECRET_MAX)
		tls->keylog(tls->keylog_ctx, label, client.data, secret->data, secret->size);
	return 0;
}

int64_t lp_tls_expiry_unix_s(const struct lp_tls *tls)
{
	return tls->cert ? tls->cert->expiry_unix_s : 0;
}

bool lp_tls_is_for(const struct lp_tls *tls, const char *name, char ret_other[LP_TLS_NAME_MAX])
{
	gnutls_datum_t der;
	gnutls_x509_crt_t crt;
	bool is_for = false;
	strcpy(ret_other, "?");
	if (!tls->cert || gnutls_certificate_get_crt_raw(tls->cert->credentials, 0, 0, &der) != 0 ||
		gnutls_x509_crt_init(&crt) != 0)
		return false;
	if (gnutls_x509_crt_import(crt, &der, GNUTLS_X509_FMT_DER) == 0)
		is_for = lp_tls_name_check(crt, name, ret_other);
	gnutls_x509_crt_deinit(crt);
	return is_for;
}
