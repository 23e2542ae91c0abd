#include "quic/peer_identity.h"

#include <string.h>

#include <gnutls/gnutls.h>

#include "base/error.h"
#include "quic/conn.h"
#include "quic/tls/member_key.h"
#include "quic/tls/session.h"

int lp_quic_peer_key_id(const struct lp_quic_conn *conn, uint8_t ret_id[LP_TLS_KEY_ID])
{
	return conn->tls.session ? lp_tls_peer_key_id(conn->tls.session, ret_id) : LP_ENOTFOUND;
}

int lp_quic_export(const struct lp_quic_conn *conn, const char *label, uint8_t *ret_bytes, size_t len)
{
	if (!conn->tls.session ||
		gnutls_prf_rfc5705(conn->tls.session, strlen(label), label, 0, NULL, len, (char *)ret_bytes) != 0)
		return LP_ETLS;
	return 0;
}
