#include "quic/secrets.h"

#include <string.h>

#include <gnutls/crypto.h>

#include "base/error.h"
#include "quic/tls/datum.h"

static int expand(const uint8_t secret[LP_SECRET_BYTES], const char *label, uint8_t *ret_key, size_t len)
{
	gnutls_datum_t key, info;
	lp_datum_set(&key, secret, LP_SECRET_BYTES);
	lp_datum_set(&info, (const uint8_t *)label, strlen(label));
	return gnutls_hkdf_expand(GNUTLS_MAC_SHA256, &key, &info, ret_key, len) == 0 ? 0 : LP_ETLS;
}

int lp_quic_secrets_derive(const uint8_t secret[LP_SECRET_BYTES], struct lp_quic_secrets *ret_secrets)
{
	int result = expand(secret, "lanparty reset 1", ret_secrets->reset, sizeof ret_secrets->reset);
	if (result == 0)
		result = expand(secret, "lanparty retry 1", ret_secrets->retry, sizeof ret_secrets->retry);
	if (result == 0)
		result = expand(secret, "lanparty conns 1", ret_secrets->conns, sizeof ret_secrets->conns);
	if (result == 0)
		result = expand(secret, "lanparty sources 1", ret_secrets->sources, sizeof ret_secrets->sources);
	return result;
}
