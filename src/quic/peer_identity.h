/* Identity of the peer and of the connection: the key in the peer's certificate, and keying material that
   only the two ends of this TLS session can compute (RFC 8446 §7.5).

   Call both in the event `ready`: afterwards a server frees the TLS session, a fifth of the memory of an idle
   connection. */
#ifndef LP_QUIC_PEER_IDENTITY_H
#define LP_QUIC_PEER_IDENTITY_H

#include <stddef.h>
#include <stdint.h>

#include "quic/tls/key_id.h"

struct lp_quic_conn;

/* The id of the key in the peer's certificate: the member's key at the relay, the relay's key at a member. 0;
   LP_ENOTFOUND: the peer sent no certificate, or the TLS session was freed. */
int lp_quic_peer_key_id(const struct lp_quic_conn *conn, uint8_t ret_id[LP_TLS_KEY_ID]);
/* Writes |len| bytes of keying material for |label|, the same at both ends. LP_ETLS: the TLS session is gone. */
int lp_quic_export(const struct lp_quic_conn *conn, const char *label, uint8_t *ret_bytes, size_t len);

#endif
