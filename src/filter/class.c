#include "filter/class.h"

/* UDP destination ports with a class of their own; for DHCP also source ports. */
struct port_row {
	uint16_t port;
	enum lp_limit limit;
	bool source_too;
};

static const struct port_row ports[] = {
	{67, LP_LIMIT_DHCP, true},       /* DHCP server */
	{68, LP_LIMIT_DHCP, true},       /* DHCP client */
	{546, LP_LIMIT_DHCP, true},      /* DHCPv6 client */
	{547, LP_LIMIT_DHCP, true},      /* DHCPv6 server */
	{5353, LP_LIMIT_CHATTER, false}, /* mDNS */
	{1900, LP_LIMIT_CHATTER, false}, /* SSDP */
	{5355, LP_LIMIT_CHATTER, false}, /* LLMNR */
	{137, LP_LIMIT_CHATTER, false},  /* NetBIOS names */
	{138, LP_LIMIT_CHATTER, false},  /* NetBIOS datagrams */
	{3702, LP_LIMIT_CHATTER, false}, /* WS-Discovery */
};

static enum lp_limit class_of_udp(const uint8_t *udp)
{
	uint16_t from = lp_be16_get(udp), to = lp_be16_get(udp + 2);
	for (size_t i = 0; i < sizeof ports / sizeof *ports; i++) {
		if (ports[i].port == to || (ports[i].source_too && ports[i].port == from))
			return ports[i].limit;
	}
	return LP_LIMIT_BROADCAST;
}

/* True for ICMPv6 that a network needs: MLD, neighbour discovery and related types (RFC 4443, 4861, 3810). */
static bool is_needed_icmpv6(uint8_t type)
{
	return (type >= 130 && type <= 137) || type == 143 || type == 148 || type == 149;
}

enum lp_limit lp_class_of_group(struct lp_view *view)
{
	if (view->fault != LP_ETHER_OK)
		return LP_LIMIT_BROADCAST;
	if (view->ether.type == LP_ETHER_TYPE_ARP || view->ether.type == LP_ETHER_TYPE_RARP)
		return LP_LIMIT_RESERVE;
	if (view->ether.type != LP_ETHER_TYPE_IPV4 && view->ether.type != LP_ETHER_TYPE_IPV6)
		return LP_LIMIT_BROADCAST;
	const struct lp_ip *ip = lp_view_ip(view);
	if (!ip || ip->upper != LP_IP_UPPER_FOUND)
		return LP_LIMIT_BROADCAST;
	switch (ip->protocol) {
	case LP_IP_UDP:
		return ip->upper_len >= LP_UDP_HEADER ? class_of_udp(lp_view_upper(view)) : LP_LIMIT_BROADCAST;
	case LP_IP_IGMP:
		return LP_LIMIT_RESERVE;
	case LP_IP_ICMPV6:
		return ip->upper_len > 0 && is_needed_icmpv6(*lp_view_upper(view)) ? LP_LIMIT_RESERVE
										   : LP_LIMIT_BROADCAST;
	default:
		return LP_LIMIT_BROADCAST;
	}
}

bool lp_class_is_dhcp(struct lp_view *view)
{
	if (view->fault != LP_ETHER_OK ||
		(view->ether.type != LP_ETHER_TYPE_IPV4 && view->ether.type != LP_ETHER_TYPE_IPV6))
		return false;
	const struct lp_ip *ip = lp_view_ip(view);
	return ip && ip->upper == LP_IP_UPPER_FOUND && ip->protocol == LP_IP_UDP && ip->upper_len >= LP_UDP_HEADER &&
	       class_of_udp(lp_view_upper(view)) == LP_LIMIT_DHCP;
}
