/* The kernel's routing decisions. */
#ifndef LP_PLATFORM_LINUX_NET_ROUTE_LOOKUP_H
#define LP_PLATFORM_LINUX_NET_ROUTE_LOOKUP_H

#include <stdbool.h>

#include "base/addr.h"

/* A route as the kernel reports it. The addresses have the family of the query, or family 0 if absent. */
struct lp_route_reply {
	struct lp_addr destination; /* of the prefix */
	struct lp_addr next_hop;
	struct lp_addr source; /* preferred source address, port 0 */
	unsigned ifindex;      /* the outgoing interface; 0: none */
	uint32_t metric;
	uint8_t type; /* RTN_UNICAST, RTN_LOCAL, … */
	uint8_t prefix_bits;
};

/* Queries the route to |remote|, through one interface if |ifindex| is not 0. |entry|: the entry of the routing table
   itself (RTM_F_FIB_MATCH); otherwise the result for a packet, which through an interface without any route is only a
   guess. 0; LP_EUNREACH without a route. */
int lp_route_query(const struct lp_addr *remote, unsigned ifindex, bool entry, struct lp_route_reply *ret_reply);

struct lp_route_lookup {
	struct lp_addr source; /* the address that a packet would leave from, port 0 */
	unsigned ifindex;      /* the interface it would leave through */
	unsigned mtu;          /* of that interface, IP bytes; 0 if unknown */
};

/* The route that a packet to |remote| would take now, as if the interface |avoid| (0: none) did not exist. 0;
   LP_EUNREACH without a route. */
int lp_route_lookup(const struct lp_addr *remote, unsigned avoid, struct lp_route_lookup *ret_route);

#endif
