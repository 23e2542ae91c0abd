#include "platform/net/route_conflicts.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "platform/net/route.h"

/* An IPv4 address in host byte order; 0 for other families. */
static uint32_t ipv4(const struct sockaddr *address)
{
	if (!address || address->sa_family != AF_INET)
		return 0;
	return ntohl(((const struct sockaddr_in *)(const void *)address)->sin_addr.s_addr);
}

static unsigned prefix_bits(const struct ifaddrs *entry)
{
	return (unsigned)__builtin_popcount(ipv4(entry->ifa_netmask));
}

/* Finds another interface with an address in the network of |ours|. */
static void find_network(const struct ifaddrs *all, const struct ifaddrs *ours, char name[LP_CONFLICT_NAME_MAX])
{
	for (const struct ifaddrs *at = all; at; at = at->ifa_next)
		if (ipv4(at->ifa_addr) != 0 && (at->ifa_flags & IFF_UP) && strcmp(at->ifa_name, ours->ifa_name) != 0 &&
			lp_route_networks_overlap(
				ipv4(ours->ifa_addr), prefix_bits(ours), ipv4(at->ifa_addr), prefix_bits(at)))
			snprintf(name, LP_CONFLICT_NAME_MAX, "%s", at->ifa_name);
}

/* Finds the interface that a game's broadcast would leave through. */
static void find_broadcast(const char *device, char name[LP_CONFLICT_NAME_MAX])
{
	const struct lp_route_query everybody = {.remote = {.family = 4, .ip = {255, 255, 255, 255}}};
	struct lp_route route;
	if (lp_route_best(&everybody, NULL, &route) == 0 && route.interface.index != if_nametoindex(device))
		if_indextoname(route.interface.index, name);
}

void lp_route_conflicts(const char *name, struct lp_route_conflicts *ret_conflicts)
{
	bool has_address = false;
	*ret_conflicts = (struct lp_route_conflicts){0};
	struct ifaddrs *all;
	if (getifaddrs(&all) < 0)
		return;
	for (const struct ifaddrs *at = all; at; at = at->ifa_next) {
		if (strcmp(at->ifa_name, name) != 0 || !(at->ifa_flags & IFF_UP) || ipv4(at->ifa_addr) == 0)
			continue;
		has_address = true;
		find_network(all, at, ret_conflicts->network);
	}
	if (has_address)
		find_broadcast(name, ret_conflicts->broadcast);
	freeifaddrs(all);
}
