/* Changes to the host's routes and interface settings, for systems where the client has to guard the relay's route
   (Windows). Every call queries the system and keeps no state. */
#ifndef LP_PLATFORM_NET_ROUTE_CHANGE_H
#define LP_PLATFORM_NET_ROUTE_CHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "platform/net/route.h"

struct lp_failure;

/* An address of one of the host's interfaces. */
struct lp_route_address {
	struct lp_addr address;
	struct lp_route_interface interface;
	uint8_t prefix_bits;
	bool tentative; /* still checked for duplicates, or a duplicate: not in use */
};

/* Settings of an interface for one family. */
struct lp_route_settings {
	uint32_t mtu;           /* IP bytes */
	uint32_t metric;        /* of the interface; used if it is not automatic */
	bool automatic_metric;  /* the system derives it from the link speed */
	bool no_default_routes; /* default routes through this interface are ignored */
};

/* The interface of an adapter: by its GUID with braces on Windows, by its name elsewhere. 0; LP_ENOTFOUND. */
int lp_route_interface(const char *name, struct lp_failure *failure, struct lp_route_interface *ret_interface);
/* All unicast addresses of the host, up to |max|. The number, or a negative LP_E*. */
int lp_route_addresses(struct lp_route_address *addresses, size_t max, struct lp_failure *failure);

/* Adds a host route; destination, next hop, interface and metric are used. 0; LP_EEXISTS: another program's route is
   there already; LP_EPERM, … */
int lp_route_add(const struct lp_route *route, struct lp_failure *failure);
/* 0; LP_ENOTFOUND: there is no such route. */
int lp_route_remove(const struct lp_route *route, struct lp_failure *failure);

/* The interface's settings for |family| (4 or 6). 0; LP_ENOTFOUND: no such interface, or it lacks the family. */
int lp_route_settings(const struct lp_route_interface *interface, uint8_t family, struct lp_failure *failure,
	struct lp_route_settings *ret_settings);
/* Applies all settings. 0; LP_ENOTFOUND as above; LP_EUNSUPPORTED for a setting that the system lacks. */
int lp_route_set(const struct lp_route_interface *interface, uint8_t family, const struct lp_route_settings *settings,
	struct lp_failure *failure);

#endif
