#include "quic/aead/aead.h"

#include "base/error.h"

int lp_aead_new(struct lp_aead **ret_aead)
{
	int result = lp_aead_ipsec_mb_new(ret_aead);
	return result == LP_EUNSUPPORTED ? lp_aead_gnutls_new(ret_aead) : result;
}

void lp_aead_free(struct lp_aead *aead)
{
	if (aead)
		aead->free(aead);
}

void lp_aead_key_free(struct lp_aead_key *key)
{
	if (key)
		key->free(key);
}
