#include "platform/system/chain.h"

#include "base/error.h"

int lp_chain_check(const struct lp_bytes *certs, size_t n_certs, const char *name)
{
	(void)certs;
	(void)n_certs;
	(void)name;
	return LP_EUNSUPPORTED;
}
