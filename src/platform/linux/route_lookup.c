#include "platform/linux/route_lookup.h"

#include <string.h>
#include <sys/socket.h>

#include "base/error.h"
#include "platform/linux/interface.h"
#include "platform/linux/netlink.h"

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

int lp_route_lookup(const struct lp_addr *remote, struct lp_route_lookup *ret_route)
{
	struct lp_netlink_request request;
	struct lp_netlink_reply reply;
	size_t ip_bytes = remote->family == 6 ? 16 : 4;
	struct rtmsg message = {.rtm_family = remote->family == 6 ? AF_INET6 : AF_INET,
	                        .rtm_dst_len = (unsigned char)(8 * ip_bytes)};
	int r;

	if (!remote->family)
		return LP_EINVAL;
	lp_netlink_begin(&request, RTM_GETROUTE, &message, sizeof message);
	lp_netlink_add(&request, RTA_DST, remote->ip, ip_bytes);
	if (remote->scope_id)
		lp_netlink_add(&request, RTA_OIF, &remote->scope_id, sizeof remote->scope_id);
	r = lp_netlink_ask(&request, RTM_NEWROUTE, &reply);
	/* Each kind of route that forbids has an errno of its own. */
	return r < 0 ? LP_EUNREACH : read_answer(&reply, ret_route);
}
