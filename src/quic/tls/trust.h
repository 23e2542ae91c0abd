/* What a member trusts: one pinned certificate, CAs from a file, or the system's CAs. */
#ifndef LP_QUIC_TLS_TRUST_H
#define LP_QUIC_TLS_TRUST_H

#include <stddef.h>
#include <stdint.h>

#include <gnutls/gnutls.h>

#include "quic/tls/credentials.h"

struct lp_failure;
struct lp_tls_trust;

/* Trusts the certificates of a file (DER or PEM), or the system's CAs if |ca| is NULL. */
int lp_tls_trust_new(const uint8_t *ca, size_t ca_len, struct lp_failure *failure, struct lp_tls_trust **ret_trust);
/* In the key whose id begins with |pin|, and in nothing else. */
int lp_tls_trust_pinned_new(
	const uint8_t pin[LP_TLS_KEY_PIN], struct lp_failure *failure, struct lp_tls_trust **ret_trust);
/* As lp_tls_client_ask_chain(). */
void lp_tls_trust_ask(struct lp_tls_trust *trust, lp_tls_chain_fn *ask, void *ctx);
/* As lp_tls_client_pin(). */
int lp_tls_trust_pin(const struct lp_tls_trust *trust, uint8_t ret_pin[LP_TLS_KEY_PIN]);
void lp_tls_trust_free(struct lp_tls_trust *trust);
/* Checks the certificates that the peer of |session| sent: trust, dates and |name|. 0, or LP_ECERT with the text in
   |failure| and the kind in |distrust|. */
int lp_tls_trust_check(const struct lp_tls_trust *trust, gnutls_session_t session, const char *name,
	struct lp_failure *failure, enum lp_tls_distrust *distrust);

#endif
