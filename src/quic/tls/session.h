/* One TLS 1.3 handshake inside a QUIC connection (RFC 9001). */
#ifndef LP_QUIC_TLS_SESSION_H
#define LP_QUIC_TLS_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gnutls/gnutls.h>
#include <ngtcp2/ngtcp2_crypto.h>

#include "base/failure.h"
#include "quic/tls/credentials.h"

struct lp_tls_cert;

/* Makes packet keys from the TLS secret of one direction of |level| (RFC 9001 §5.1). 0 or LP_ETLS. */
typedef int lp_tls_install_key(
	void *user, bool receive, ngtcp2_encryption_level level, const uint8_t *secret, size_t secret_len);

/* What a session needs. All pointers but |server_name| are borrowed until the session is done. */
struct lp_tls_session_config {
	struct lp_tls *tls;
	bool server;
	const char *server_name;         /* of a client: what the certificate must be for */
	unsigned cid_limit;              /* active_connection_id_limit to announce; 0: as ngtcp2 has it */
	ngtcp2_crypto_get_conn get_conn; /* the ngtcp2 connection, from |user| */
	lp_tls_install_key *install_key;
	void *user;
};

struct lp_tls_session {
	gnutls_session_t session;
	ngtcp2_crypto_conn_ref conn_ref; /* how the TLS callbacks find the connection */
	lp_tls_install_key *install_key; /* gets |conn_ref|'s user data */
	struct lp_tls *tls;              /* borrowed */
	unsigned cid_limit;
	struct lp_tls_cert *cert;      /* of a server: a reference */
	char name[256];                /* of a client: what the certificate must be for */
	struct lp_failure failure;     /* why the handshake was refused */
	enum lp_tls_distrust distrust; /* the kind, if the certificate is the reason */
};

/* Starts a session. 0; LP_EINVAL: |server_name| is too long or no name; LP_ENOMEM, LP_ETLS. */
int lp_tls_session_init(struct lp_tls_session *session, const struct lp_tls_session_config *config);
void lp_tls_session_done(struct lp_tls_session *session);
/* Writes why the handshake failed; the text of |alert|, ours or the peer's, if nothing better is known. */
void lp_tls_session_reason(
	const struct lp_tls_session *session, uint8_t alert, bool from_peer, char *ret_text, size_t size);

#endif
