/* Which other interfaces of this computer stand in the way of a device: games on it would send there. */
#ifndef LP_PLATFORM_NET_ROUTE_CONFLICTS_H
#define LP_PLATFORM_NET_ROUTE_CONFLICTS_H

#include <stdbool.h>
#include <stdint.h>

#define LP_CONFLICT_NAME_MAX 64

struct lp_route_conflicts {
	char network[LP_CONFLICT_NAME_MAX];   /* has an address in an IPv4 network of the device's; empty: none has */
	char broadcast[LP_CONFLICT_NAME_MAX]; /* broadcasts to 255.255.255.255 leave by it; empty: by the device, if at
					      all, or that is not known */
};

/* Those of the interface |name|; where the system does not tell, there are none. */
void lp_route_conflicts(const char *name, struct lp_route_conflicts *ret_conflicts);
/* True if packets to the network of |ours| may leave by the interface of |other|: both are IPv4 addresses in the host's
   order, with the bits of their prefixes. */
bool lp_route_networks_overlap(uint32_t ours, unsigned our_bits, uint32_t other, unsigned other_bits);

#endif
