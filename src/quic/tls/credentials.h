/* Credentials for TLS 1.3 in QUIC (RFC 8446, RFC 9001): the relay's certificate, and what a member trusts. */
#ifndef LP_QUIC_TLS_CREDENTIALS_H
#define LP_QUIC_TLS_CREDENTIALS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "quic/tls/key_id.h"

struct lp_bytes;
struct lp_failure;
struct lp_tls;

#define LP_QUIC_ALPN "lanparty/1"
#define LP_QUIC_PEER_ALPN "lanparty-peer/1"
#define LP_TLS_NAME_MAX 128 /* buffer for a name, with its NUL */

/* Why a member does not trust a relay's certificate. */
enum lp_tls_distrust {
	LP_TLS_DISTRUST_NONE,   /* it does, or the user can do nothing about it */
	LP_TLS_DISTRUST_PIN,    /* it is not the pinned one, and no pinned CA has signed it */
	LP_TLS_DISTRUST_SIGNER, /* no CA that the system trusts has signed it */
	LP_TLS_DISTRUST_NAME,   /* it is for another name */
};

/* A relay's credentials from PEM bytes (certificate chain, private key). LP_ECERT with the reason otherwise. */
int lp_tls_server_new(const uint8_t *cert_pem, size_t cert_len, const uint8_t *key_pem, size_t key_len,
	struct lp_failure *failure, struct lp_tls **ret_tls);
/* Replaces the certificate and key; existing connections keep theirs. On failure nothing changes. */
int lp_tls_server_replace(struct lp_tls *tls, const uint8_t *cert_pem, size_t cert_len, const uint8_t *key_pem,
	size_t key_len, struct lp_failure *failure);

/* A relay's credentials with the certificate of |from|, for an endpoint on another thread. LP_ENOMEM, LP_ETLS. */
int lp_tls_server_share(const struct lp_tls *from, struct lp_failure *failure, struct lp_tls **ret_tls);
/* Replaces the certificate by that of |from|. The caller's thread owns |tls|, and no other thread may change
   |from| during the call. */
void lp_tls_server_follow(struct lp_tls *tls, const struct lp_tls *from);

/* A member's trust: |ca| is a certificate in DER or PEM that is pinned, or a CA that signs; NULL: the system's CAs. */
int lp_tls_client_new(const uint8_t *ca, size_t ca_len, struct lp_failure *failure, struct lp_tls **ret_tls);

/* A member's trust in the one relay whose key's id begins with |pin|, whatever the name and the dates in its
   certificate: they may be renewed, and the clocks may be wrong. LP_ENOMEM, LP_ETLS. */
int lp_tls_client_pinned_new(const uint8_t pin[LP_TLS_KEY_PIN], struct lp_failure *failure, struct lp_tls **ret_tls);

/* True if the system trusts the chain |certs| (DER, the relay's own first) for a server called |name|. */
typedef bool lp_tls_chain_fn(void *ctx, const struct lp_bytes *certs, size_t n_certs, const char *name);
/* Asks |ask| about a relay whose certificate no CA of lp_tls_client_new(NULL) has signed, before it is refused: Windows
   fetches many CAs only when it is asked about a certificate. |ctx| is borrowed until lp_tls_free(). */
void lp_tls_client_ask_chain(struct lp_tls *tls, lp_tls_chain_fn *ask, void *ctx);

/* Makes a private key, ECDSA P-256, as PEM (PKCS #8) with a NUL at the end. LP_EINTERNAL. */
int lp_tls_member_key_new(struct lp_failure *failure, char ret_pem[LP_TLS_KEY_PEM]);
/* Makes a member's connections show the key in |pem|. Call it once, before the first connection. LP_ECERT: not a
   private key; LP_ENOMEM, LP_EINTERNAL. */
int lp_tls_client_show_key(
	struct lp_tls *tls, const char *pem, struct lp_failure *failure, uint8_t ret_id[LP_TLS_KEY_ID]);
/* A member's credentials for connections with other members, in both roles: it shows the key in |pem|, and accepts any
   key. The owner compares the peer's (quic/peer_identity.h) before it uses the connection. LP_ECERT: not a private key;
   LP_ENOMEM, LP_ETLS, LP_EINTERNAL. */
int lp_tls_peer_new(const char *pem, struct lp_failure *failure, struct lp_tls **ret_tls);
/* The beginning of the id of the key in the certificate that |tls| pins, for an invite. LP_ENOTFOUND: it trusts the
   system's CAs; LP_EUNSUPPORTED: the certificate is that of a CA; LP_ECERT, LP_ENOMEM. */
int lp_tls_client_pin(const struct lp_tls *tls, uint8_t ret_pin[LP_TLS_KEY_PIN]);
/* The id of a relay's key. LP_ECERT. */
int lp_tls_server_key_id(const struct lp_tls *tls, uint8_t ret_id[LP_TLS_KEY_ID]);

void lp_tls_free(struct lp_tls *tls);

/* Makes a self-signed certificate for |server_name| with an ECDSA P-256 key, valid for ten years from
   |now_unix_s|. The three results are malloc'd and the caller's to free. */
int lp_tls_self_signed(const char *server_name, int64_t now_unix_s, struct lp_failure *failure, uint8_t **ret_cert_pem,
	size_t *ret_cert_len, uint8_t **ret_key_pem, size_t *ret_key_len);
/* The first certificate of a PEM file as DER, malloc'd. */
int lp_tls_pem_to_der(const uint8_t *pem, size_t len, struct lp_failure *failure, uint8_t **ret_der, size_t *ret_len);
#define LP_TLS_RANDOM 32
#define LP_TLS_SECRET_MAX 48

/* A secret of a session, with its label and the client's random bytes, by which Wireshark finds the session. */
typedef void lp_tls_keylog_fn(
	void *ctx, const char *label, const uint8_t random[LP_TLS_RANDOM], const uint8_t *secret, size_t len);
/* Shows the secrets of all later sessions to |fn|: everything that was recorded of them can be decrypted. |ctx| is
   borrowed until lp_tls_free(). Credentials that are made by lp_tls_server_share() afterwards show theirs, too, in the
   thread that uses them. */
void lp_tls_set_keylog(struct lp_tls *tls, lp_tls_keylog_fn *fn, void *ctx);
/* When the server's certificate expires, in seconds of Unix time. */
int64_t lp_tls_expiry_unix_s(const struct lp_tls *tls);
/* From when on it is valid. */
int64_t lp_tls_activation_unix_s(const struct lp_tls *tls);
/* True if the server's certificate is for |name|; otherwise the first name that it is for is in |ret_other|,
   printable. */
bool lp_tls_is_for(const struct lp_tls *tls, const char *name, char ret_other[LP_TLS_NAME_MAX]);

#endif
