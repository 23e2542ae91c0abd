/* What the kernel's routing would do with a packet now. */
#ifndef LP_PLATFORM_LINUX_ROUTE_LOOKUP_H
#define LP_PLATFORM_LINUX_ROUTE_LOOKUP_H

#include "base/addr.h"

struct lp_route_lookup {
	struct lp_addr source; /* the address it would leave from, port 0 */
	unsigned ifindex;      /* the interface it would leave by */
	unsigned mtu;          /* of that interface, IP bytes; 0 if unknown */
};

/* 0; LP_EUNREACH without a route. */
int lp_route_lookup(const struct lp_addr *remote, struct lp_route_lookup *ret_route);

#endif
