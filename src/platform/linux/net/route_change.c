#include "platform/net/route_change.h"

#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <string.h>

#include "base/error.h"
#include "base/failure.h"
#include "platform/linux/device/interface.h"
#include "platform/linux/net/netlink.h"
#include "platform/posix/net/sockaddr.h"
#include "platform/posix/system/os_error.h"

int lp_route_interface(const char *name, struct lp_failure *failure, struct lp_route_interface *ret_interface)
{
	unsigned index = if_nametoindex(name);
	if (!index)
		return lp_fail(failure, LP_ENOTFOUND, "%s: no such network interface", name);
	*ret_interface = (struct lp_route_interface){.luid = index, .index = index};
	return 0;
}

/* The prefix length of a netmask. */
static uint8_t mask_bits(const struct sockaddr *mask, uint8_t family)
{
	const uint8_t *bytes = family == 6
				       ? ((const struct sockaddr_in6 *)(const void *)mask)->sin6_addr.s6_addr
				       : (const uint8_t *)&((const struct sockaddr_in *)(const void *)mask)->sin_addr;
	uint8_t n = 0;
	for (size_t i = 0; i < (family == 6 ? 16U : 4U) && bytes[i]; i++)
		n = (uint8_t)(n + __builtin_popcount(bytes[i]));
	return n;
}

int lp_route_addresses(struct lp_route_address *addresses, size_t max, struct lp_failure *failure)
{
	struct ifaddrs *all;
	if (getifaddrs(&all) < 0)
		return lp_fail(
			failure, lp_os_error(errno), "cannot read the computer's addresses: %s", strerror(errno));
	size_t n = 0;
	for (const struct ifaddrs *entry = all; entry && n < max; entry = entry->ifa_next) {
		if (!entry->ifa_addr ||
			(entry->ifa_addr->sa_family != AF_INET && entry->ifa_addr->sa_family != AF_INET6))
			continue;
		unsigned index = if_nametoindex(entry->ifa_name);
		struct lp_route_address *row = &addresses[n++];
		*row = (struct lp_route_address){.interface = {.luid = index, .index = index}};
		lp_sockaddr_get((const union lp_sockaddr *)(const void *)entry->ifa_addr, &row->address);
		if (entry->ifa_netmask)
			row->prefix_bits = mask_bits(entry->ifa_netmask, row->address.family);
	}
	freeifaddrs(all);
	return (int)n;
}

/* Sends a request about a host route. */
static int change(const struct lp_route *route, uint16_t type, uint16_t flags)
{
	static const uint8_t unspecified[16];
	bool ipv6 = route->destination.family == 6;
	bool on_link = memcmp(route->next_hop.ip, unspecified, ipv6 ? 16 : 4) == 0;
	struct lp_netlink_request request;
	struct nlmsghdr *header = lp_netlink_begin(&request, type, flags);
	struct rtmsg *message = mnl_nlmsg_put_extra_header(header, sizeof *message);
	message->rtm_family = lp_netlink_family(route->destination.family);
	message->rtm_dst_len = route->prefix_bits;
	message->rtm_table = RT_TABLE_MAIN;
	message->rtm_protocol = RTPROT_STATIC;
	message->rtm_scope = on_link && !ipv6 ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE;
	message->rtm_type = RTN_UNICAST;
	lp_netlink_put_ip(header, RTA_DST, &route->destination);
	mnl_attr_put_u32(header, RTA_OIF, route->interface.index);
	if (!on_link)
		lp_netlink_put_ip(header, RTA_GATEWAY, &route->next_hop);
	if (route->metric)
		mnl_attr_put_u32(header, RTA_PRIORITY, route->metric);
	return lp_netlink_call(header, NULL, NULL);
}

int lp_route_add(const struct lp_route *route, struct lp_failure *failure)
{
	int result = change(route, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL);
	if (result == 0)
		return 0;
	char text[LP_ADDR_TEXT_MAX];
	return lp_fail(failure, result, "cannot add a route to %s: %s", lp_addr_format(&route->destination, text),
		lp_error_text(result));
}

int lp_route_remove(const struct lp_route *route, struct lp_failure *failure)
{
	int result = change(route, RTM_DELROUTE, 0);
	if (result == 0)
		return 0;
	char text[LP_ADDR_TEXT_MAX];
	return lp_fail(failure, result, "cannot remove the route to %s: %s", lp_addr_format(&route->destination, text),
		lp_error_text(result));
}

int lp_route_settings(const struct lp_route_interface *interface, uint8_t family, struct lp_failure *failure,
	struct lp_route_settings *ret_settings)
{
	(void)family;
	unsigned mtu = lp_interface_mtu(interface->index);
	if (!mtu)
		return lp_fail(failure, LP_ENOTFOUND, "no interface has the index %u", (unsigned)interface->index);
	/* On Linux routes have metrics, interfaces do not. */
	*ret_settings = (struct lp_route_settings){.mtu = mtu, .automatic_metric = true};
	return 0;
}

int lp_route_set(const struct lp_route_interface *interface, uint8_t family, const struct lp_route_settings *settings,
	struct lp_failure *failure)
{
	(void)family;
	if (!settings->automatic_metric || settings->no_default_routes)
		return lp_fail(failure, LP_EUNSUPPORTED,
			"interface %u: on this system an interface has no metric, and can't ignore default routes",
			(unsigned)interface->index);
	char name[IF_NAMESIZE];
	if (!if_indextoname(interface->index, name))
		return lp_fail(failure, LP_ENOTFOUND, "no interface has the index %u", (unsigned)interface->index);
	int result = lp_interface_set_mtu(name, settings->mtu);
	return result < 0 ? lp_fail(failure, result, "%s: cannot set the MTU %u: %s", name, (unsigned)settings->mtu,
				    lp_error_text(result))
			  : 0;
}
