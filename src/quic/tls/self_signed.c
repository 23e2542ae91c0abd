#include <stdlib.h>
#include <string.h>

#include <gnutls/crypto.h>
#include <gnutls/x509.h>

#include "base/addr.h"
#include "base/error.h"
#include "base/failure.h"
#include "quic/tls/credentials.h"

#define DAY_S ((int64_t)24 * 3600)
#define VALID_S (3652 * DAY_S) /* ten years */

/* Sets the subject alternative name: an IP address, or else a DNS name. */
static int set_name(gnutls_x509_crt_t crt, const char *name)
{
	struct lp_addr addr;
	if (gnutls_x509_crt_set_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 0, name, (unsigned)strlen(name)) != 0)
		return LP_EINVAL;
	int result;
	if (lp_addr_parse(name, 0, &addr) == 0)
		result = gnutls_x509_crt_set_subject_alt_name(
			crt, GNUTLS_SAN_IPADDRESS, addr.ip, addr.family == 6 ? 16 : 4, GNUTLS_FSAN_SET);
	else
		result = gnutls_x509_crt_set_subject_alt_name(
			crt, GNUTLS_SAN_DNSNAME, name, (unsigned)strlen(name), GNUTLS_FSAN_SET);
	return result == 0 ? 0 : LP_EINVAL;
}

/* Fills in a certificate and signs it with its own key. */
static int make_cert(gnutls_x509_crt_t crt, gnutls_x509_privkey_t key, const char *name, int64_t now_unix_s)
{
	uint8_t serial[16];
	if (gnutls_rnd(GNUTLS_RND_NONCE, serial, sizeof serial) != 0)
		return LP_EINTERNAL;
	serial[0] = (uint8_t)((serial[0] & 0x7f) | 1); /* positive (RFC 5280 §4.1.2.2) */
	int result = set_name(crt, name);
	if (result < 0)
		return result;
	if (gnutls_x509_crt_set_version(crt, 3) != 0 || gnutls_x509_crt_set_serial(crt, serial, sizeof serial) != 0 ||
		gnutls_x509_crt_set_activation_time(crt, (time_t)(now_unix_s - DAY_S)) != 0 ||
		gnutls_x509_crt_set_expiration_time(crt, (time_t)(now_unix_s + VALID_S)) != 0 ||
		gnutls_x509_crt_set_key(crt, key) != 0 || gnutls_x509_crt_set_basic_constraints(crt, 0, -1) != 0 ||
		gnutls_x509_crt_set_key_usage(crt, GNUTLS_KEY_DIGITAL_SIGNATURE) != 0 ||
		gnutls_x509_crt_set_key_purpose_oid(crt, GNUTLS_KP_TLS_WWW_SERVER, 0) != 0 ||
		gnutls_x509_crt_sign2(crt, crt, key, GNUTLS_DIG_SHA256, 0) != 0)
		return LP_EINTERNAL;
	return 0;
}

/* Copies GnuTLS's bytes to memory from malloc(), and frees the original. */
static uint8_t *take_datum(gnutls_datum_t *datum)
{
	uint8_t *copy = malloc(datum->size + 1);
	if (copy) {
		memcpy(copy, datum->data, datum->size);
		copy[datum->size] = '\0';
	}
	gnutls_memset(datum->data, 0, datum->size);
	gnutls_free(datum->data);
	datum->data = NULL;
	return copy;
}

/* Writes certificate and key as PEM. */
static int export_both(gnutls_x509_crt_t crt, gnutls_x509_privkey_t key, uint8_t **ret_cert, size_t *ret_cert_len,
	uint8_t **ret_key, size_t *ret_key_len)
{
	gnutls_datum_t cert_pem = {0}, key_pem = {0};
	if (gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_PEM, &cert_pem) != 0)
		return LP_EINTERNAL;
	if (gnutls_x509_privkey_export2_pkcs8(key, GNUTLS_X509_FMT_PEM, NULL, GNUTLS_PKCS_PLAIN, &key_pem) != 0) {
		gnutls_free(cert_pem.data);
		return LP_EINTERNAL;
	}
	size_t cert_len = cert_pem.size, key_len = key_pem.size;
	uint8_t *cert = take_datum(&cert_pem), *secret = take_datum(&key_pem);
	if (!cert || !secret) {
		free(cert);
		free(secret);
		return LP_ENOMEM;
	}
	*ret_cert = cert;
	*ret_cert_len = cert_len;
	*ret_key = secret;
	*ret_key_len = key_len;
	return 0;
}

int lp_tls_self_signed(const char *server_name, int64_t now_unix_s, struct lp_failure *failure, uint8_t **ret_cert_pem,
	size_t *ret_cert_len, uint8_t **ret_key_pem, size_t *ret_key_len)
{
	gnutls_x509_crt_t crt = NULL;
	gnutls_x509_privkey_t key = NULL;
	int result = LP_ENOMEM;
	if (gnutls_x509_crt_init(&crt) == 0 && gnutls_x509_privkey_init(&key) == 0) {
		result = LP_EINTERNAL;
		if (gnutls_x509_privkey_generate(
			    key, GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0) == 0)
			result = make_cert(crt, key, server_name, now_unix_s);
	}
	if (result == 0)
		result = export_both(crt, key, ret_cert_pem, ret_cert_len, ret_key_pem, ret_key_len);
	if (crt)
		gnutls_x509_crt_deinit(crt);
	if (key)
		gnutls_x509_privkey_deinit(key);
	if (result < 0)
		return lp_fail(
			failure, result, "cannot make a certificate for '%s': %s", server_name, lp_error_text(result));
	return 0;
}
