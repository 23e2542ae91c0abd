#include "platform/linux/net/broadcast_routes.h"

#include <linux/nexthop.h>
#include <net/if.h>
#include <stddef.h>

#include "base/error.h"
#include "platform/linux/net/netlink.h"

/* Limited broadcast (RFC 919 §7) and multicast (RFC 5771 §3). */
static const struct {
	struct lp_addr destination;
	uint8_t prefix_bits;
} rows[] = {
	{{.family = 4, .ip = {255, 255, 255, 255}}, 32},
	{{.family = 4, .ip = {224, 0, 0, 0}}, 4},
};

/* Plus the interface's index, it is the id of our next hop: far from the ids that other programs count up from 1. */
#define NEXTHOP_BASE 0x1a000000U

/* Makes a next hop object (kernel 5.3 and later). When an interface loses its last address the kernel removes the
   routes that name the interface, but not those that name a next hop object. Returns its id; 0: it cannot be made. */
static uint32_t make_nexthop(unsigned ifindex)
{
	struct lp_netlink_request request;
	uint32_t id = NEXTHOP_BASE + ifindex;
	struct nlmsghdr *header = lp_netlink_begin(&request, RTM_NEWNEXTHOP, NLM_F_CREATE | NLM_F_EXCL);
	struct nhmsg *message = mnl_nlmsg_put_extra_header(header, sizeof *message);
	message->nh_family = lp_netlink_family(4);
	message->nh_protocol = RTPROT_STATIC;
	mnl_attr_put_u32(header, NHA_ID, id);
	mnl_attr_put_u32(header, NHA_OIF, ifindex);
	return lp_netlink_call(header, NULL, NULL) == 0 ? id : 0;
}

/* Adds a route by the next hop |nexthop|, or by the interface if that is 0. */
static int add_route(unsigned ifindex, uint32_t nexthop, const struct lp_addr *destination, uint8_t prefix_bits)
{
	struct lp_netlink_request request;
	struct nlmsghdr *header = lp_netlink_begin(&request, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL);
	struct rtmsg *message = mnl_nlmsg_put_extra_header(header, sizeof *message);
	message->rtm_family = lp_netlink_family(destination->family);
	message->rtm_dst_len = prefix_bits;
	message->rtm_table = RT_TABLE_MAIN;
	message->rtm_protocol = RTPROT_STATIC;
	message->rtm_scope = RT_SCOPE_LINK;
	message->rtm_type = RTN_UNICAST;
	lp_netlink_put_ip(header, RTA_DST, destination);
	if (nexthop)
		mnl_attr_put_u32(header, RTA_NH_ID, nexthop);
	else
		mnl_attr_put_u32(header, RTA_OIF, ifindex);
	return lp_netlink_call(header, NULL, NULL);
}

int lp_broadcast_routes_add(const char *interface)
{
	unsigned ifindex = if_nametoindex(interface);
	if (!ifindex)
		return LP_ENOTFOUND;
	uint32_t nexthop = make_nexthop(ifindex);
	int result = 0;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		int added = add_route(ifindex, nexthop, &rows[i].destination, rows[i].prefix_bits);
		if (result == 0)
			result = added;
	}
	return result;
}
