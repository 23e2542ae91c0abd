#include "platform/device/device_state.h"

#include <ifaddrs.h>
#include <netinet/in.h>
#include <string.h>

#include "base/error.h"
#include "platform/linux/device/interface.h"
#include "platform/posix/net/sockaddr.h"

/* Which address to show: 2 for IPv4, 1 for IPv6 beyond the link, 0 for none. */
static int rank(const struct sockaddr *address)
{
	if (!address)
		return 0;
	if (address->sa_family == AF_INET)
		return 2;
	return address->sa_family == AF_INET6 &&
	       !IN6_IS_ADDR_LINKLOCAL(&((const struct sockaddr_in6 *)(const void *)address)->sin6_addr);
}

/* The address to show; unchanged if there is none. */
static void find_address(const char *name, struct lp_addr *address)
{
	struct ifaddrs *all;
	if (getifaddrs(&all) < 0)
		return;
	int best = 0;
	for (const struct ifaddrs *entry = all; entry; entry = entry->ifa_next) {
		if (strcmp(entry->ifa_name, name) != 0 || rank(entry->ifa_addr) <= best)
			continue;
		best = rank(entry->ifa_addr);
		lp_sockaddr_get((const union lp_sockaddr *)(const void *)entry->ifa_addr, address);
	}
	freeifaddrs(all);
}

int lp_device_state(const char *name, struct lp_device_state *ret_state)
{
	struct lp_interface interface;
	int result = lp_interface_get(name, &interface);
	if (result < 0)
		return result;
	*ret_state = (struct lp_device_state){
		.up = interface.running, .enabled = interface.up, .mtu = interface.mtu, .mac = interface.mac};
	find_address(name, &ret_state->address);
	return 0;
}
