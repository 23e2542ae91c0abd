/* The system's own opinion of a certificate chain. */
#ifndef LP_PLATFORM_SYSTEM_CHAIN_H
#define LP_PLATFORM_SYSTEM_CHAIN_H

#include <stddef.h>

struct lp_bytes;

/* Asks whether the system trusts the chain |certs| (DER, the server's own first) for a TLS server called |name|. The
   system may fetch CAs for it, so this takes up to five seconds. 0; LP_ECERT: it does not; LP_ETIMEOUT;
   LP_EUNSUPPORTED: the system's list of CAs is all there is. */
int lp_chain_check(const struct lp_bytes *certs, size_t n_certs, const char *name);

#endif
