#include "platform/linux/net/route_lookup.h"

#include <net/if.h>
#include <string.h>
#include <sys/socket.h>

#include "base/error.h"
#include "platform/linux/device/interface.h"
#include "platform/linux/net/netlink.h"

/* Takes source and interface out of the kernel's answer. */
static int read_answer(const struct lp_netlink_reply *reply, struct lp_route_lookup *ret_route)
{
	const struct rtmsg *message = (const struct rtmsg *)(reply->data + NLMSG_HDRLEN);
	struct lp_bytes oif = lp_netlink_find(reply, sizeof *message, RTA_OIF);
	struct lp_bytes source = lp_netlink_find(reply, sizeof *message, RTA_PREFSRC);
	struct lp_route_lookup route = {0};
	size_t ip_bytes = message->rtm_family == AF_INET6 ? 16 : 4;

	if (message->rtm_type != RTN_UNICAST && message->rtm_type != RTN_LOCAL)
		return LP_EUNREACH;
	if (oif.len != sizeof route.ifindex || source.len != ip_bytes)
		return LP_EUNREACH;
	memcpy(&route.ifindex, oif.data, sizeof route.ifindex);
	route.source.family = ip_bytes == 16 ? 6 : 4;
	memcpy(route.source.ip, source.data, ip_bytes);
	/* Link-local: an address of one interface only (RFC 4291 §2.5.6). */
	if (ip_bytes == 16 && route.source.ip[0] == 0xfe && (route.source.ip[1] & 0xc0) == 0x80)
		route.source.scope_id = route.ifindex;
	route.mtu = lp_interface_mtu(route.ifindex);
	*ret_route = route;
	return 0;
}

/* Asks for the route to |remote|, by one interface if |ifindex| is not 0. With RTM_F_FIB_MATCH the answer is the entry
   of the routing table itself; without it what the kernel makes of it, which on an interface without any route is a
   guess. */
static int ask(const struct lp_addr *remote, unsigned ifindex, unsigned flags, struct lp_netlink_reply *reply)
{
	struct lp_netlink_request request;
	size_t ip_bytes = remote->family == 6 ? 16 : 4;
	struct rtmsg message = {.rtm_family = remote->family == 6 ? AF_INET6 : AF_INET,
		.rtm_dst_len = (unsigned char)(8 * ip_bytes),
		.rtm_flags = flags};

	lp_netlink_begin(&request, RTM_GETROUTE, &message, sizeof message);
	lp_netlink_add(&request, RTA_DST, remote->ip, ip_bytes);
	if (ifindex)
		lp_netlink_add(&request, RTA_OIF, &ifindex, sizeof ifindex);
	/* Each kind of route that forbids has an errno of its own. */
	return lp_netlink_ask(&request, RTM_NEWROUTE, reply) < 0 ? LP_EUNREACH : 0;
}

/* How good the routing table's entry for |remote| by one interface is: longer prefixes first, then lower metrics. 0: it
   has none. */
static uint64_t rank(const struct lp_addr *remote, unsigned ifindex)
{
	struct lp_netlink_reply reply;
	const struct rtmsg *message = (const struct rtmsg *)(reply.data + NLMSG_HDRLEN);
	uint32_t metric = 0;

	if (ask(remote, ifindex, RTM_F_FIB_MATCH, &reply) < 0 || message->rtm_type != RTN_UNICAST)
		return 0;
	struct lp_bytes priority = lp_netlink_find(&reply, sizeof *message, RTA_PRIORITY);
	if (priority.len == sizeof metric)
		memcpy(&metric, priority.data, sizeof metric);
	return ((uint64_t)message->rtm_dst_len + 1) << 32 | (UINT32_MAX - metric);
}

/* The interface, other than |avoid|, with the best route to |remote|; 0: there is none. */
static unsigned best_other(const struct lp_addr *remote, unsigned avoid)
{
	struct if_nameindex *all = if_nameindex();
	uint64_t best = 0;
	unsigned ifindex = 0;

	for (const struct if_nameindex *at = all; at && at->if_index; at++) {
		uint64_t r = at->if_index == avoid ? 0 : rank(remote, at->if_index);
		if (r > best) {
			best = r;
			ifindex = at->if_index;
		}
	}
	if (all)
		if_freenameindex(all);
	return ifindex;
}

int lp_route_lookup(const struct lp_addr *remote, unsigned avoid, struct lp_route_lookup *ret_route)
{
	struct lp_netlink_reply reply;
	struct lp_route_lookup route;
	int r;

	if (!remote->family)
		return LP_EINVAL;
	r = ask(remote, remote->scope_id, 0, &reply);
	if (r == 0)
		r = read_answer(&reply, &route);
	if (r == 0 && avoid && route.ifindex == avoid) {
		unsigned other = best_other(remote, avoid);
		r = other ? ask(remote, other, 0, &reply) : LP_EUNREACH;
		if (r == 0)
			r = read_answer(&reply, &route);
	}
	if (r == 0)
		*ret_route = route;
	return r;
}
