/* What the kernel's routing would do with a packet now. */
#ifndef LP_PLATFORM_LINUX_NET_ROUTE_LOOKUP_H
#define LP_PLATFORM_LINUX_NET_ROUTE_LOOKUP_H

#include "base/addr.h"

struct lp_route_lookup {
	struct lp_addr source; /* the address it would leave from, port 0 */
	unsigned ifindex;      /* the interface it would leave by */
	unsigned mtu;          /* of that interface, IP bytes; 0 if unknown */
};

/* 0; LP_EUNREACH without a route. |avoid|: an interface that is not to be used, 0: none; where the best route leads
   there, the best of the others is taken, as if the interface was not there. */
int lp_route_lookup(const struct lp_addr *remote, unsigned avoid, struct lp_route_lookup *ret_route);

#endif
