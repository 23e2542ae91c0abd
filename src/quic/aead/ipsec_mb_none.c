#include "base/error.h"
#include "quic/aead/aead.h"

/* This build has no IPsec-MB. */
int lp_aead_ipsec_mb_new(struct lp_aead **ret_aead)
{
	(void)ret_aead;
	return LP_EUNSUPPORTED;
}
