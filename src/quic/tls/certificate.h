/* A relay's certificate with its key. Sessions hold references: it can be replaced while they run. Credentials on
   several threads may share it. */
#ifndef LP_QUIC_TLS_CERTIFICATE_H
#define LP_QUIC_TLS_CERTIFICATE_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include <gnutls/gnutls.h>

struct lp_failure;

struct lp_tls_cert {
	gnutls_certificate_credentials_t credentials;
	int64_t activation_unix_s, expiry_unix_s;
	atomic_uint n_refs;
};

/* Reads certificate chain and key. The caller owns one reference. 0, or LP_ECERT with the reason in |failure|. */
int lp_tls_cert_new(const uint8_t *cert_pem, size_t cert_len, const uint8_t *key_pem, size_t key_len,
	struct lp_failure *failure, struct lp_tls_cert **ret_cert);
struct lp_tls_cert *lp_tls_cert_ref(struct lp_tls_cert *cert);
/* Releases a reference; NULL is fine. */
void lp_tls_cert_unref(struct lp_tls_cert *cert);

#endif
