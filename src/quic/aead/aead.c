#include "quic/aead/aead.h"

#include "base/error.h"

int lp_aead_new(struct lp_aead **ret_aead)
{
	int rv = lp_aead_ipsec_mb_new(ret_aead);
	return rv == LP_EUNSUPPORTED ? lp_aead_gnutls_new(ret_aead) : rv;
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
