#include "quic/tls/member_key.h"

#include <string.h>

#include <gnutls/x509.h>

#include "base/error.h"
#include "base/failure.h"
#include "quic/tls/certificate.h"
#include "quic/tls/datum.h"
#include "quic/tls/handle.h"

/* The same in every member's certificate to reveal nothing about the member. */
#define MEMBER_NAME "lanparty-member"
#define MEMBER_ACTIVATION_UNIX_S 1577836800 /* 2020-01-01 */
#define NO_EXPIRATION ((time_t)-1)          /* 9999-12-31 (RFC 5280 §4.1.2.5) */

static int key_id(const gnutls_datum_t *der, uint8_t ret_id[LP_TLS_KEY_ID])
{
	gnutls_x509_crt_t crt;
	if (gnutls_x509_crt_init(&crt) != 0)
		return LP_ENOMEM;
	size_t size = LP_TLS_KEY_ID;
	int result = LP_ECERT;
	if (gnutls_x509_crt_import(crt, der, GNUTLS_X509_FMT_DER) == 0 &&
		gnutls_x509_crt_get_key_id(crt, GNUTLS_KEYID_USE_SHA256, ret_id, &size) == 0)
		result = 0;
	gnutls_x509_crt_deinit(crt);
	return result;
}

int lp_tls_member_key_new(struct lp_failure *failure, char ret_pem[LP_TLS_KEY_PEM])
{
	gnutls_x509_privkey_t key;
	gnutls_datum_t pem = {0};
	if (gnutls_x509_privkey_init(&key) != 0)
		return lp_fail(failure, LP_ENOMEM, "out of memory");
	int result = LP_EINTERNAL;
	if (gnutls_x509_privkey_generate(key, GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0) ==
			0 &&
		gnutls_x509_privkey_export2_pkcs8(key, GNUTLS_X509_FMT_PEM, NULL, GNUTLS_PKCS_PLAIN, &pem) == 0 &&
		pem.size < LP_TLS_KEY_PEM) {
		memcpy(ret_pem, pem.data, pem.size);
		ret_pem[pem.size] = '\0';
		result = 0;
	}
	if (pem.data)
		gnutls_memset(pem.data, 0, pem.size);
	gnutls_free(pem.data);
	gnutls_x509_privkey_deinit(key);
	return result < 0 ? lp_fail(failure, result, "cannot make a key for this member") : 0;
}

/* Fills in a member's certificate and signs it with its own key. */
static int fill(gnutls_x509_crt_t crt, gnutls_x509_privkey_t key)
{
	static const uint8_t serial[] = {1};
	if (gnutls_x509_crt_set_version(crt, 3) != 0 || gnutls_x509_crt_set_serial(crt, serial, sizeof serial) != 0 ||
		gnutls_x509_crt_set_dn_by_oid(
			crt, GNUTLS_OID_X520_COMMON_NAME, 0, MEMBER_NAME, sizeof MEMBER_NAME - 1) != 0 ||
		gnutls_x509_crt_set_activation_time(crt, MEMBER_ACTIVATION_UNIX_S) != 0 ||
		gnutls_x509_crt_set_expiration_time(crt, NO_EXPIRATION) != 0 ||
		gnutls_x509_crt_set_key(crt, key) != 0 || gnutls_x509_crt_set_basic_constraints(crt, 0, -1) != 0 ||
		gnutls_x509_crt_set_key_usage(crt, GNUTLS_KEY_DIGITAL_SIGNATURE) != 0 ||
		gnutls_x509_crt_set_key_purpose_oid(crt, GNUTLS_KP_TLS_WWW_CLIENT, 0) != 0 ||
		gnutls_x509_crt_sign2(crt, crt, key, GNUTLS_DIG_SHA256, 0) != 0)
		return LP_EINTERNAL;
	return 0;
}

/* Puts the key with a certificate into the credentials. */
static int show(struct lp_tls *tls, gnutls_x509_crt_t crt, const char *pem, uint8_t ret_id[LP_TLS_KEY_ID])
{
	gnutls_x509_privkey_t key;
	gnutls_datum_t text;
	if (lp_datum_set(&text, (const uint8_t *)pem, strlen(pem)) < 0 || gnutls_x509_privkey_init(&key) != 0)
		return LP_ENOMEM;
	size_t size = LP_TLS_KEY_ID;
	int result = LP_ECERT;
	if (gnutls_x509_privkey_import(key, &text, GNUTLS_X509_FMT_PEM) == 0)
		result = fill(crt, key);
	if (result == 0 && (gnutls_certificate_set_x509_key(tls->own, &crt, 1, key) < 0 ||
				   gnutls_x509_crt_get_key_id(crt, GNUTLS_KEYID_USE_SHA256, ret_id, &size) != 0))
		result = LP_EINTERNAL;
	gnutls_x509_privkey_deinit(key);
	return result;
}

int lp_tls_client_show_key(
	struct lp_tls *tls, const char *pem, struct lp_failure *failure, uint8_t ret_id[LP_TLS_KEY_ID])
{
	gnutls_x509_crt_t crt;
	if (gnutls_x509_crt_init(&crt) != 0)
		return lp_fail(failure, LP_ENOMEM, "out of memory");
	int result = show(tls, crt, pem, ret_id);
	gnutls_x509_crt_deinit(crt);
	return result < 0 ? lp_fail(failure, result, "this member's key cannot be used: %s", lp_error_text(result)) : 0;
}

int lp_tls_server_key_id(const struct lp_tls *tls, uint8_t ret_id[LP_TLS_KEY_ID])
{
	gnutls_datum_t der;
	if (!tls->cert || gnutls_certificate_get_crt_raw(tls->cert->credentials, 0, 0, &der) != 0)
		return LP_ECERT;
	return key_id(&der, ret_id);
}

int lp_tls_peer_key_id(gnutls_session_t session, uint8_t ret_id[LP_TLS_KEY_ID])
{
	unsigned n = 0;
	const gnutls_datum_t *shown = gnutls_certificate_get_peers(session, &n);
	if (!shown || n == 0)
		return LP_ENOTFOUND;
	return key_id(&shown[0], ret_id);
}
