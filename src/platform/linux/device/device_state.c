#include "platform/device/device_state.h"

#include <ifaddrs.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>

#include "base/error.h"
#include "platform/linux/device/interface.h"
#include "platform/posix/net/sockaddr.h"

/* How much an address says: 2 for IPv4, 1 for IPv6 beyond the link, 0 for anything else. */
static int rank(const struct sockaddr *address)
{
	if (!address)
		return 0;
	if (address->sa_family == AF_INET)
		return 2;
	return address->sa_family == AF_INET6 &&
	       !IN6_IS_ADDR_LINKLOCAL(&((const struct sockaddr_in6 *)(const void *)address)->sin6_addr);
}

int lp_device_state(const char *name, struct lp_device_state *ret_state)
{
	struct lp_device_state state = {0};
	struct ifaddrs *all;
	int best = 0, result = LP_ENOTFOUND;
	if (getifaddrs(&all) < 0)
		return LP_EIO;
	for (const struct ifaddrs *entry = all; entry; entry = entry->ifa_next) {
		if (strcmp(entry->ifa_name, name) != 0)
			continue;
		result = 0;
		state.enabled = entry->ifa_flags & IFF_UP;
		if (entry->ifa_addr && entry->ifa_addr->sa_family == AF_PACKET) {
			const struct sockaddr_ll *ll = (const struct sockaddr_ll *)(const void *)entry->ifa_addr;
			if (ll->sll_halen == sizeof state.mac.octet)
				memcpy(state.mac.octet, ll->sll_addr, sizeof state.mac.octet);
		}
		state.up = (entry->ifa_flags & IFF_UP) && (entry->ifa_flags & IFF_RUNNING);
		if (rank(entry->ifa_addr) > best) {
			best = rank(entry->ifa_addr);
			lp_sockaddr_get((const union lp_sockaddr *)(const void *)entry->ifa_addr, &state.address);
		}
	}
	freeifaddrs(all);
	state.mtu = lp_interface_mtu(if_nametoindex(name));
	if (result == 0)
		*ret_state = state;
	return result;
}
