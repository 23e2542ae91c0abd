#include "quic/tls/certificate.h"

#include <assert.h>
#include <stdlib.h>

#include <gnutls/x509.h>

#include "base/error.h"
#include "base/failure.h"
#include "quic/tls/datum.h"

/* Records from when to when the first certificate of a chain is valid. */
static int read_validity(struct lp_tls_cert *cert, const gnutls_datum_t *pem)
{
	gnutls_x509_crt_t crt;
	if (gnutls_x509_crt_init(&crt) != 0)
		return LP_ENOMEM;
	int result = gnutls_x509_crt_import(crt, pem, GNUTLS_X509_FMT_PEM);
	if (result == 0) {
		cert->activation_unix_s = (int64_t)gnutls_x509_crt_get_activation_time(crt);
		cert->expiry_unix_s = (int64_t)gnutls_x509_crt_get_expiration_time(crt);
	}
	gnutls_x509_crt_deinit(crt);
	return result == 0 ? 0 : LP_ECERT;
}

int lp_tls_cert_new(const uint8_t *cert_pem, size_t cert_len, const uint8_t *key_pem, size_t key_len,
	struct lp_failure *failure, struct lp_tls_cert **ret_cert)
{
	gnutls_datum_t cert_datum, key_datum;
	int result;
	if (lp_datum_set(&cert_datum, cert_pem, cert_len) < 0 || lp_datum_set(&key_datum, key_pem, key_len) < 0)
		return lp_fail(failure, LP_ECERT, "certificate or key is too large");
	struct lp_tls_cert *cert = calloc(1, sizeof *cert);
	if (!cert)
		return lp_fail(failure, LP_ENOMEM, "out of memory");
	cert->n_refs = 1;
	if (gnutls_certificate_allocate_credentials(&cert->credentials) != 0) {
		result = lp_fail(failure, LP_ENOMEM, "out of memory");
		goto fail;
	}
	if (read_validity(cert, &cert_datum) < 0) {
		result = lp_fail(failure, LP_ECERT, "not a PEM certificate");
		goto fail;
	}
	int err = gnutls_certificate_set_x509_key_mem(cert->credentials, &cert_datum, &key_datum, GNUTLS_X509_FMT_PEM);
	if (err == GNUTLS_E_CERTIFICATE_KEY_MISMATCH) {
		result = lp_fail(failure, LP_ECERT, "certificate and key do not belong together");
		goto fail;
	}
	if (err < 0) {
		result = lp_fail(
			failure, LP_ECERT, "not a PEM private key that can be used (%s)", gnutls_strerror(err));
		goto fail;
	}
	*ret_cert = cert;
	return 0;
fail:
	lp_tls_cert_unref(cert);
	return result;
}

struct lp_tls_cert *lp_tls_cert_ref(struct lp_tls_cert *cert)
{
	cert->n_refs++;
	return cert;
}

void lp_tls_cert_unref(struct lp_tls_cert *cert)
{
	if (!cert)
		return;
	assert(cert->n_refs > 0);
	if (--cert->n_refs > 0)
		return;
	if (cert->credentials)
		gnutls_certificate_free_credentials(cert->credentials);
	free(cert);
}
