/* Finds other interfaces of this computer that take packets which games mean for the tunnel's device. */
#ifndef LP_PLATFORM_NET_ROUTE_CONFLICTS_H
#define LP_PLATFORM_NET_ROUTE_CONFLICTS_H

#include <stdbool.h>
#include <stdint.h>

#define LP_CONFLICT_NAME_MAX 64

struct lp_route_conflicts {
	char network[LP_CONFLICT_NAME_MAX];   /* has an address in an IPv4 network of the device; empty: none */
	char broadcast[LP_CONFLICT_NAME_MAX]; /* sends broadcasts to 255.255.255.255 instead of the device; empty: none,
						 or unknown */
};

/* The conflicts of the interface |name|, on Windows its GUID with braces; none if unknown. */
void lp_route_conflicts(const char *name, struct lp_route_conflicts *ret_conflicts);
/* True if packets to the network of |ours| may leave through the interface of |other|. Both are IPv4 addresses in host
   byte order with their prefix lengths. */
bool lp_route_networks_overlap(uint32_t ours, unsigned our_bits, uint32_t other, unsigned other_bits);

#endif
