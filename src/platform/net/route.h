/* The host's routes and what its interfaces are set to, as far as the tunnel must know or change them. Every call asks
   the system at once and keeps nothing. A system without this answers LP_EUNSUPPORTED and says so. */
#ifndef LP_PLATFORM_NET_ROUTE_H
#define LP_PLATFORM_NET_ROUTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

struct lp_failure;

/* An interface as routes name it. The LUID stays the same from one start of the system to the next, the index need
   not; where there are no LUIDs it is the index. */
struct lp_route_interface {
	uint64_t luid;
	uint32_t index;
};

/* A route, and what a packet by it would look like. */
struct lp_route {
	struct lp_addr destination; /* of the prefix; port 0 */
	struct lp_addr next_hop;    /* the unspecified address of the family: on the link */
	struct lp_addr source;      /* the address that a packet leaves from; family 0: unknown */
	struct lp_route_interface interface;
	uint32_t metric;     /* of the route alone */
	uint8_t prefix_bits; /* 32 or 128: for one host */
	bool loopback;       /* stays on this computer */
};

/* What is asked about the way to a host. */
struct lp_route_query {
	struct lp_addr remote;
	uint64_t except_luid;          /* an interface that does not count; 0: all do */
	const struct lp_route *except; /* a host route that does not count; NULL: all do */
};

/* An address of one of the host's interfaces. */
struct lp_route_address {
	struct lp_addr address;
	struct lp_route_interface interface;
	uint8_t prefix_bits;
};

/* What an interface is set to, for one family. */
struct lp_route_settings {
	uint32_t mtu;           /* IP bytes */
	uint32_t metric;        /* of the interface; counts where it is not automatic */
	bool automatic_metric;  /* the system chooses it by the speed of the link */
	bool no_default_routes; /* default routes by this interface are not used */
};

/* The route that a packet to the remote would take now. 0; LP_EUNREACH without one. */
int lp_route_best(const struct lp_route_query *query, struct lp_failure *failure, struct lp_route *ret_route);
/* The interface of an adapter: by its GUID with braces on Windows, by its name elsewhere. 0; LP_ENOTFOUND. */
int lp_route_interface(const char *name, struct lp_failure *failure, struct lp_route_interface *ret_interface);
/* All unicast addresses of the host, at most |max|. The number, or a negative LP_E*. */
int lp_route_addresses(struct lp_route_address *addresses, size_t max, struct lp_failure *failure);

/* Adds a route to one host: destination, next hop, interface and metric count. 0; LP_EEXISTS: there is such a route
   already, somebody else's; LP_EPERM, … */
int lp_route_add(const struct lp_route *route, struct lp_failure *failure);
/* Removes it. 0; LP_ENOTFOUND: it is not there. */
int lp_route_remove(const struct lp_route *route, struct lp_failure *failure);

/* What the interface is set to for |family| (4 or 6). 0; LP_ENOTFOUND: no such interface, or it does not carry this
   family. */
int lp_route_settings(const struct lp_route_interface *interface, uint8_t family, struct lp_failure *failure,
	struct lp_route_settings *ret_settings);
/* Sets all of it. 0; LP_ENOTFOUND as above; LP_EUNSUPPORTED for what the system has no such setting for. */
int lp_route_set(const struct lp_route_interface *interface, uint8_t family, const struct lp_route_settings *settings,
	struct lp_failure *failure);

#endif
