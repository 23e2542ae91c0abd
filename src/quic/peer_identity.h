/* What binds a proof to one connection and its ends: the key that the other end has shown, and keying material that
   only the two ends of this TLS session can compute (RFC 8446 §7.5).

   Both are to be taken in the event `ready`: a server frees the TLS session after it, which is a fifth of the memory of
   an idle connection. */
#ifndef LP_QUIC_PEER_IDENTITY_H
#define LP_QUIC_PEER_IDENTITY_H

#include <stddef.h>
#include <stdint.h>

#include "quic/tls/key_id.h"

struct lp_quic_conn;

/* The id of the key that the other end has shown in its certificate: a member's at the relay, the relay's at a member.
   LP_ENOTFOUND: it has shown none, or the TLS session is gone. */
int lp_quic_peer_key_id(const struct lp_quic_conn *conn, uint8_t ret_id[LP_TLS_KEY_ID]);
/* Writes |len| bytes of keying material for |label|, the same at both ends. LP_ETLS: the TLS session is gone. */
int lp_quic_export(const struct lp_quic_conn *conn, const char *label, uint8_t *ret_bytes, size_t len);

#endif
