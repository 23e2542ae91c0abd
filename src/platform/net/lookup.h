/* Asks the system for the addresses of a name. Blocks; net/resolve.h does not. */
#ifndef LP_PLATFORM_NET_LOOKUP_H
#define LP_PLATFORM_NET_LOOKUP_H

#include <stddef.h>

#include "base/addr.h"

/* Addresses of one name that are used. */
#define LP_LOOKUP_ADDRS_MAX 16
#define LP_LOOKUP_REASON_MAX 256

/* The addresses, with port 0, in the system's order of preference. Returns their number; 0: |reason| says why. */
size_t lp_lookup(const char *host, struct lp_addr addrs[LP_LOOKUP_ADDRS_MAX], char reason[LP_LOOKUP_REASON_MAX]);

#endif
