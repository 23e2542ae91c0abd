#include "platform/net/route.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>

#include "base/error.h"
#include "base/failure.h"
#include "platform/linux/device/interface.h"
#include "platform/linux/net/netlink.h"
#include "platform/posix/net/sockaddr.h"
#include "platform/posix/system/os_error.h"

/* Bytes of an address of a family, 4 or 6. */
static size_t ip_bytes(uint8_t family)
{
	return family == 6 ? 16 : 4;
}

/* Asks for the route to an address: |flags| 0: what a packet would get; RTM_F_FIB_MATCH: the entry itself. */
static int ask(const struct lp_addr *remote, unsigned flags, struct lp_netlink_reply *ret_reply)
{
	struct lp_netlink_request request;
	size_t len = ip_bytes(remote->family);
	struct rtmsg message = {.rtm_family = remote->family == 6 ? AF_INET6 : AF_INET,
		.rtm_dst_len = (unsigned char)(8 * len),
		.rtm_flags = flags};

	lp_netlink_begin(&request, RTM_GETROUTE, &message, sizeof message);
	lp_netlink_add(&request, RTA_DST, remote->ip, len);
	if (remote->scope_id)
		lp_netlink_add(&request, RTA_OIF, &remote->scope_id, sizeof remote->scope_id);
	return lp_netlink_ask(&request, RTM_NEWROUTE, ret_reply);
}

/* An address of an answer; |addr| stays the unspecified one of its family where there is none. */
static void find_addr(const struct lp_netlink_reply *reply, uint16_t type, struct lp_addr *addr)
{
	struct lp_bytes value = lp_netlink_find(reply, sizeof(struct rtmsg), type);

	if (value.len == ip_bytes(addr->family))
		memcpy(addr->ip, value.data, value.len);
}

/* A number of an answer, 0 if there is none. */
static uint32_t find_number(const struct lp_netlink_reply *reply, uint16_t type)
{
	struct lp_bytes value = lp_netlink_find(reply, sizeof(struct rtmsg), type);
	uint32_t number = 0;

	if (value.len == sizeof number)
		memcpy(&number, value.data, sizeof number);
	return number;
}

int lp_route_best(const struct lp_route_query *query, struct lp_failure *failure, struct lp_route *ret_route)
{
	uint8_t family = query->remote.family;
	struct lp_netlink_reply reply;
	struct rtmsg message;
	struct lp_route route = {
		.destination = {.family = family}, .next_hop = {.family = family}, .source = {.family = family}};
	char text[LP_ADDR_TEXT_MAX];

	if (!family)
		return lp_fail(failure, LP_EINVAL, "no address to look up a route to");
	/* Each kind of route that forbids has an errno of its own. */
	if (ask(&query->remote, 0, &reply) < 0)
		return lp_fail(failure, LP_EUNREACH, "no route to %s", lp_addr_format(&query->remote, text));
	memcpy(&message, reply.data + NLMSG_HDRLEN, sizeof message);
	find_addr(&reply, RTA_GATEWAY, &route.next_hop);
	find_addr(&reply, RTA_PREFSRC, &route.source);
	route.interface.index = find_number(&reply, RTA_OIF);
	route.interface.luid = route.interface.index;
	route.loopback = message.rtm_type == RTN_LOCAL;
	if (ask(&query->remote, RTM_F_FIB_MATCH, &reply) < 0)
		return lp_fail(failure, LP_EUNREACH, "no route to %s", lp_addr_format(&query->remote, text));
	memcpy(&message, reply.data + NLMSG_HDRLEN, sizeof message);
	find_addr(&reply, RTA_DST, &route.destination);
	route.prefix_bits = message.rtm_dst_len;
	route.metric = find_number(&reply, RTA_PRIORITY);
	/* The kernel says what it does, not what it would do: nobody here asks it for more than that. */
	if ((query->except_luid && route.interface.luid == query->except_luid) ||
		(query->except && query->except->prefix_bits == route.prefix_bits &&
			lp_addr_equal(&query->except->destination, &route.destination)))
		return lp_fail(failure, LP_EUNSUPPORTED,
			"%s: this system does not tell which route would be taken without the present one",
			lp_addr_format(&query->remote, text));
	*ret_route = route;
	return 0;
}

int lp_route_interface(const char *name, struct lp_failure *failure, struct lp_route_interface *ret_interface)
{
	unsigned index = if_nametoindex(name);

	if (!index)
		return lp_fail(failure, LP_ENOTFOUND, "%s: no such network interface", name);
	*ret_interface = (struct lp_route_interface){.luid = index, .index = index};
	return 0;
}

/* How many leading bits of a netmask are ones. */
static uint8_t mask_bits(const struct sockaddr *mask, size_t len)
{
	const uint8_t *bytes = len == 16 ? ((const struct sockaddr_in6 *)(const void *)mask)->sin6_addr.s6_addr
					 : (const uint8_t *)&((const struct sockaddr_in *)(const void *)mask)->sin_addr;
	uint8_t n = 0;

	for (size_t i = 0; i < len && bytes[i]; i++)
		n = (uint8_t)(n + __builtin_popcount(bytes[i]));
	return n;
}

int lp_route_addresses(struct lp_route_address *addresses, size_t max, struct lp_failure *failure)
{
	struct ifaddrs *all;
	size_t n = 0;

	if (getifaddrs(&all) < 0)
		return lp_fail(
			failure, lp_os_error(errno), "cannot read the computer's addresses: %s", strerror(errno));
	for (const struct ifaddrs *entry = all; entry && n < max; entry = entry->ifa_next) {
		unsigned index = if_nametoindex(entry->ifa_name);
		struct lp_route_address *row = &addresses[n];

		if (!entry->ifa_addr ||
			(entry->ifa_addr->sa_family != AF_INET && entry->ifa_addr->sa_family != AF_INET6))
			continue;
		*row = (struct lp_route_address){.interface = {.luid = index, .index = index}};
		lp_sockaddr_get((const union lp_sockaddr *)(const void *)entry->ifa_addr, &row->address);
		if (entry->ifa_netmask)
			row->prefix_bits = mask_bits(entry->ifa_netmask, ip_bytes(row->address.family));
		n++;
	}
	freeifaddrs(all);
	return (int)n;
}

/* A request about a route to one host. */
static void begin_change(const struct lp_route *route, uint16_t type, struct lp_netlink_request *request)
{
	static const uint8_t unspecified[16];
	size_t len = ip_bytes(route->destination.family);
	bool on_link = memcmp(route->next_hop.ip, unspecified, len) == 0;
	struct rtmsg message = {
		.rtm_family = len == 16 ? AF_INET6 : AF_INET,
		.rtm_dst_len = route->prefix_bits,
		.rtm_table = RT_TABLE_MAIN,
		.rtm_protocol = RTPROT_STATIC,
		.rtm_scope = on_link && len == 4 ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE,
		.rtm_type = RTN_UNICAST,
	};

	lp_netlink_begin(request, type, &message, sizeof message);
	lp_netlink_add(request, RTA_DST, route->destination.ip, len);
	lp_netlink_add(request, RTA_OIF, &route->interface.index, sizeof route->interface.index);
	if (!on_link)
		lp_netlink_add(request, RTA_GATEWAY, route->next_hop.ip, len);
	if (route->metric)
		lp_netlink_add(request, RTA_PRIORITY, &route->metric, sizeof route->metric);
}

int lp_route_add(const struct lp_route *route, struct lp_failure *failure)
{
	struct lp_netlink_request request;
	char text[LP_ADDR_TEXT_MAX];
	int r;

	begin_change(route, RTM_NEWROUTE, &request);
	request.header.nlmsg_flags |= NLM_F_CREATE | NLM_F_EXCL;
	r = lp_netlink_change(&request);
	return r < 0 ? lp_fail(failure, r, "cannot add a route to %s: %s", lp_addr_format(&route->destination, text),
			       lp_error_text(r))
		     : 0;
}

int lp_route_remove(const struct lp_route *route, struct lp_failure *failure)
{
	struct lp_netlink_request request;
	char text[LP_ADDR_TEXT_MAX];
	int r;

	begin_change(route, RTM_DELROUTE, &request);
	r = lp_netlink_change(&request);
	return r < 0 ? lp_fail(failure, r, "cannot remove the route to %s: %s",
			       lp_addr_format(&route->destination, text), lp_error_text(r))
		     : 0;
}

int lp_route_settings(const struct lp_route_interface *interface, uint8_t family, struct lp_failure *failure,
	struct lp_route_settings *ret_settings)
{
	unsigned mtu = lp_interface_mtu(interface->index);

	(void)family;
	if (!mtu)
		return lp_fail(failure, LP_ENOTFOUND, "interface %u: there is none", (unsigned)interface->index);
	/* Here routes have metrics, interfaces do not. */
	*ret_settings = (struct lp_route_settings){.mtu = mtu, .automatic_metric = true};
	return 0;
}

int lp_route_set(const struct lp_route_interface *interface, uint8_t family, const struct lp_route_settings *settings,
	struct lp_failure *failure)
{
	char name[IF_NAMESIZE];
	int r;

	(void)family;
	if (!settings->automatic_metric || settings->no_default_routes)
		return lp_fail(failure, LP_EUNSUPPORTED,
			"interface %u: here an interface has no metric, and default routes are not switched off "
			"for one",
			(unsigned)interface->index);
	if (!if_indextoname(interface->index, name))
		return lp_fail(failure, LP_ENOTFOUND, "interface %u: there is none", (unsigned)interface->index);
	r = lp_interface_set_mtu(name, settings->mtu);
	return r < 0 ? lp_fail(failure, r, "%s: cannot set the MTU %u: %s", name, (unsigned)settings->mtu,
			       lp_error_text(r))
		     : 0;
}
