#include "platform/linux/net/route_lookup.h"

#include <net/if.h>
#include <sys/socket.h>

#include "base/error.h"
#include "platform/linux/device/interface.h"
#include "platform/linux/net/netlink.h"

static int on_route(const struct nlmsghdr *message, void *ctx)
{
	struct lp_route_reply *reply = ctx;
	const struct rtmsg *route = mnl_nlmsg_get_payload(message);
	if (message->nlmsg_type != RTM_NEWROUTE)
		return MNL_CB_OK;
	uint8_t family = lp_netlink_ip_version(route->rtm_family);
	*reply = (struct lp_route_reply){.type = route->rtm_type, .prefix_bits = route->rtm_dst_len};
	for (const struct nlattr *attr = NULL; (attr = lp_netlink_next(message, sizeof *route, attr));) {
		switch (mnl_attr_get_type(attr)) {
		case RTA_DST:
			reply->destination.family = family;
			lp_netlink_get_ip(attr, &reply->destination);
			break;
		case RTA_GATEWAY:
			reply->next_hop.family = family;
			lp_netlink_get_ip(attr, &reply->next_hop);
			break;
		case RTA_PREFSRC:
			reply->source.family = family;
			lp_netlink_get_ip(attr, &reply->source);
			break;
		case RTA_OIF:
			reply->ifindex = lp_netlink_get_u32(attr);
			break;
		case RTA_PRIORITY:
			reply->metric = lp_netlink_get_u32(attr);
			break;
		}
	}
	return MNL_CB_OK;
}

int lp_route_query(const struct lp_addr *remote, unsigned ifindex, bool entry, struct lp_route_reply *ret_reply)
{
	if (!remote->family)
		return LP_EINVAL;
	struct lp_netlink_request request;
	struct nlmsghdr *header = lp_netlink_begin(&request, RTM_GETROUTE, 0);
	struct rtmsg *message = mnl_nlmsg_put_extra_header(header, sizeof *message);
	message->rtm_family = lp_netlink_family(remote->family);
	message->rtm_dst_len = remote->family == 6 ? 128 : 32;
	message->rtm_flags = entry ? RTM_F_FIB_MATCH : 0;
	lp_netlink_put_ip(header, RTA_DST, remote);
	if (ifindex)
		mnl_attr_put_u32(header, RTA_OIF, ifindex);
	struct lp_route_reply reply = {0};
	/* Each type of route that rejects packets has an errno of its own. */
	if (lp_netlink_call(header, on_route, &reply) < 0 || reply.type == RTN_UNSPEC)
		return LP_EUNREACH;
	*ret_reply = reply;
	return 0;
}

/* What a packet to |remote| would get, through one interface if |ifindex| is not 0. */
static int query_packet(const struct lp_addr *remote, unsigned ifindex, struct lp_route_lookup *ret_route)
{
	struct lp_route_reply reply;
	int result = lp_route_query(remote, ifindex, false, &reply);
	if (result < 0)
		return result;
	if ((reply.type != RTN_UNICAST && reply.type != RTN_LOCAL) || !reply.ifindex || !reply.source.family)
		return LP_EUNREACH;
	/* A link-local address belongs to one interface (RFC 4291 §2.5.6). */
	if (reply.source.family == 6 && reply.source.ip[0] == 0xfe && (reply.source.ip[1] & 0xc0) == 0x80)
		reply.source.scope_id = reply.ifindex;
	*ret_route = (struct lp_route_lookup){
		.source = reply.source, .ifindex = reply.ifindex, .mtu = lp_interface_mtu(reply.ifindex)};
	return 0;
}

/* Ranks the routing table's entry for |remote| through one interface: longer prefixes first, then lower metrics. 0: no
   entry. */
static uint64_t rank(const struct lp_addr *remote, unsigned ifindex)
{
	struct lp_route_reply reply;
	if (lp_route_query(remote, ifindex, true, &reply) < 0 || reply.type != RTN_UNICAST)
		return 0;
	return ((uint64_t)reply.prefix_bits + 1) << 32 | (UINT32_MAX - reply.metric);
}

/* The interface, other than |avoid|, with the best route to |remote|; 0: none. */
static unsigned best_other(const struct lp_addr *remote, unsigned avoid)
{
	struct if_nameindex *all = if_nameindex();
	uint64_t best = 0;
	unsigned ifindex = 0;
	for (const struct if_nameindex *at = all; at && at->if_index; at++) {
		uint64_t now = at->if_index == avoid ? 0 : rank(remote, at->if_index);
		if (now > best) {
			best = now;
			ifindex = at->if_index;
		}
	}
	if (all)
		if_freenameindex(all);
	return ifindex;
}

int lp_route_lookup(const struct lp_addr *remote, unsigned avoid, struct lp_route_lookup *ret_route)
{
	struct lp_route_lookup route;
	int result = query_packet(remote, remote->scope_id, &route);
	if (result == 0 && avoid && route.ifindex == avoid) {
		unsigned other = best_other(remote, avoid);
		result = other ? query_packet(remote, other, &route) : LP_EUNREACH;
	}
	if (result == 0)
		*ret_route = route;
	return result;
}
