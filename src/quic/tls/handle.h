/* The fields of struct lp_tls, for the files of quic/tls/ alone. */
#ifndef LP_QUIC_TLS_HANDLE_H
#define LP_QUIC_TLS_HANDLE_H

#include <stdbool.h>

#include <gnutls/gnutls.h>

#include "quic/tls/credentials.h"

struct lp_tls_cert;
struct lp_tls_trust;

struct lp_tls {
	bool server;                          /* of a relay */
	const char *protocol;                 /* for ALPN */
	gnutls_priority_t priority;           /* in QUIC */
	gnutls_priority_t stream_priority;    /* on a byte stream */
	struct lp_tls_cert *cert;             /* of a relay: a reference */
	struct lp_tls_trust *trust;           /* of a member; NULL between members, whose owner compares keys */
	gnutls_certificate_credentials_t own; /* of a member, in both roles: empty, or with its key */
	lp_tls_keylog_fn *keylog;             /* NULL: secrets are not shown */
	void *keylog_ctx;
};

/* Shows a secret of |session| to the function that lp_tls_set_keylog() set, which there is. For GnuTLS's keylog
   function; returns 0. */
int lp_tls_show_secret(
	const struct lp_tls *tls, gnutls_session_t session, const char *label, const gnutls_datum_t *secret);

#endif
