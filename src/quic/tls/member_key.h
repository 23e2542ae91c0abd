/* Keys that identify the ends of a connection: the key of a member, which it shows in a self-signed TLS client
   certificate (RFC 8446 §4.4.2), and the key of a relay, which a member may pin.

   A key is known by its id: the SHA-256 of its SubjectPublicKeyInfo (RFC 7469 §2.4). It stays the same when a
   certificate is renewed with the same key. TLS proves that the other end holds the private key; who it is beyond that
   is for the caller to know. Names and dates in a member's certificate mean nothing. */
#ifndef LP_QUIC_TLS_MEMBER_KEY_H
#define LP_QUIC_TLS_MEMBER_KEY_H

#include <stddef.h>
#include <stdint.h>

#include <gnutls/gnutls.h>

#include "quic/tls/credentials.h"

/* The id of the key that the other end of a session has shown. LP_ENOTFOUND: it has shown none. */
int lp_tls_peer_key_id(gnutls_session_t session, uint8_t ret_id[LP_TLS_KEY_ID]);

#endif
