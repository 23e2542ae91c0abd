/* The host's routing decisions. Every call queries the system and keeps no state. */
#ifndef LP_PLATFORM_NET_ROUTE_H
#define LP_PLATFORM_NET_ROUTE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"

struct lp_failure;

/* An interface in a route. The LUID survives a restart of the system, the index may change; on systems without LUIDs
   both are the index. */
struct lp_route_interface {
	uint64_t luid;
	uint32_t index;
};

/* A route, and what a packet that uses it would look like. */
struct lp_route {
	struct lp_addr destination; /* of the prefix; port 0 */
	struct lp_addr next_hop;    /* the unspecified address of the family: on-link */
	struct lp_addr source;      /* source address of a packet; family 0: unknown */
	struct lp_route_interface interface;
	uint32_t metric;     /* of the route alone, without the interface's */
	uint8_t prefix_bits; /* 32 or 128: a host route */
	bool loopback;       /* the destination is this computer */
};

struct lp_route_query {
	struct lp_addr remote;
	uint64_t except_luid;          /* ignore this interface; 0: none */
	const struct lp_route *except; /* ignore this host route; NULL: none */
};

/* The route that a packet to the remote would take now. 0; LP_EUNREACH without a route; LP_EUNSUPPORTED if the system
   can't answer for the exceptions. */
int lp_route_best(const struct lp_route_query *query, struct lp_failure *failure, struct lp_route *ret_route);

#endif
