#include "filter/rogue.h"

#include <string.h>

enum {
	BOOTP_SERVER = 67,
	BOOTP_CLIENT = 68,
	DHCPV6_CLIENT = 546,
	DHCPV6_SERVER = 547,
};

enum {
	BOOTP_REQUEST = 1,
	BOOTP_REPLY = 2,
	DHCPV6_RELAY_FORWARD = 12,
	HARDWARE_ETHERNET = 1,
	IGMP_QUERY = 0x11,
	IGMP_DVMRP = 0x13,
	IGMP_PIM1 = 0x14,
	MLD_QUERY = 130,
	EAPOL = 0x888e,
	PPPOE_DISCOVERY = 0x8863,
	PPPOE_PADO = 0x07, /* RFC 2516 §5: offer and confirmation, of the server */
	PPPOE_PADS = 0x65,
	ICMP_REDIRECT = 5,      /* RFC 792 */
	ICMP_ADVERTISEMENT = 9, /* RFC 1256 */
	ICMPV6_SOLICITATION = 133,
	ICMPV6_ADVERTISEMENT = 134,
	ICMPV6_REDIRECT = 137,
	ICMPV6_CERT_SOLICITATION = 148, /* SEND, RFC 3971 */
	ICMPV6_CERT_ADVERTISEMENT = 149,
};

/* The highest protocol number that IANA has assigned. A higher one may be an extension header that hides the rest of
   the packet, which RFC 7113 §3 (3) requires to be dropped. */
#define PROTOCOL_KNOWN_MAX 147

/* Normally no later fragment starts at byte 8. One that does is made to overwrite the upper-layer header of the first
   fragment (RFC 1858 §3.2, RFC 5722). */
#define FRAGMENT_OVERWRITES 8

/* True if |type| is of a DHCPv6 server, or of a relay agent's message that carries one (RFC 8415 §7.3). */
static bool is_dhcpv6_server_type(uint8_t type)
{
	return type == 2 || type == 7 || type == 10 || type == 13; /* advertise, reply, reconfigure, relay-reply */
}

/* Fields of a BOOTP message, behind the UDP header (RFC 951 §3). */
enum {
	BOOTP_OP = LP_UDP_HEADER,
	BOOTP_HTYPE = BOOTP_OP + 1,
	BOOTP_HLEN = BOOTP_OP + 2,
	BOOTP_GIADDR = BOOTP_OP + 24,
	BOOTP_CHADDR = BOOTP_OP + 28,
};

/* True for a request that a relay agent passes on: it has the agent's address (RFC 1542 §4.1.1). */
static bool is_relayed_request(const uint8_t *udp, uint32_t len)
{
	static const uint8_t none[4];
	return len >= BOOTP_CHADDR && lp_be16_get(udp + 2) == BOOTP_SERVER && udp[BOOTP_OP] == BOOTP_REQUEST &&
	       memcmp(udp + BOOTP_GIADDR, none, sizeof none) != 0;
}

/* True for a UDP packet of DHCP that a server sent. */
static bool is_bootp_server(const uint8_t *udp, uint32_t len)
{
	uint16_t from = lp_be16_get(udp), to = lp_be16_get(udp + 2);
	if (from == BOOTP_SERVER || to == BOOTP_CLIENT)
		return !is_relayed_request(udp, len);
	/* To a relay agent: the first byte is the type, which must not be hidden by fragmentation. */
	return to == BOOTP_SERVER && (len <= LP_UDP_HEADER || udp[LP_UDP_HEADER] == BOOTP_REPLY);
}

/* The same for DHCPv6. */
static bool is_dhcpv6_server(const uint8_t *udp, uint32_t len)
{
	uint16_t from = lp_be16_get(udp), to = lp_be16_get(udp + 2);
	if (from == DHCPV6_SERVER || to == DHCPV6_CLIENT) {
		/* Relay agents send to servers from the servers' port (RFC 8415 §7.2). */
		return to != DHCPV6_SERVER || len <= LP_UDP_HEADER || udp[LP_UDP_HEADER] != DHCPV6_RELAY_FORWARD;
	}
	return to == DHCPV6_SERVER && (len <= LP_UDP_HEADER || is_dhcpv6_server_type(udp[LP_UDP_HEADER]));
}

bool lp_rogue_dhcp(struct lp_view *view)
{
	const struct lp_ip *ip = lp_view_ip(view); /* NULL, too, if the frame is unreadable */
	if (!ip || ip->upper == LP_IP_UPPER_HIDDEN)
		return true;
	if (ip->upper == LP_IP_UPPER_LATER_FRAGMENT)
		return ip->fragment_offset == FRAGMENT_OVERWRITES;
	if (ip->upper == LP_IP_UPPER_NONE || ip->protocol != LP_IP_UDP)
		return false;
	if (ip->upper_len < LP_UDP_HEADER)
		return true;
	const uint8_t *udp = lp_view_upper(view);
	return ip->version == 4 ? is_bootp_server(udp, ip->upper_len) : is_dhcpv6_server(udp, ip->upper_len);
}

/* True if the upper layer directly follows the fragment header. Headers between them could be overwritten by a second
   fragment, which moves everything after them. */
static bool follows_fragment_header(const struct lp_ip *ip)
{
	return ip->fragment_end == ip->upper_offset;
}

/* True for ICMPv6 that only routers send, and for fragmented neighbour discovery (RFC 6980 §5). */
static bool is_rogue_icmpv6(const struct lp_ip *ip, uint8_t type)
{
	if (type == ICMPV6_ADVERTISEMENT || type == ICMPV6_REDIRECT)
		return true;
	bool discovery = (type >= ICMPV6_SOLICITATION && type <= ICMPV6_REDIRECT) || type == ICMPV6_CERT_SOLICITATION ||
			 type == ICMPV6_CERT_ADVERTISEMENT;
	return ip->fragment && discovery;
}

static bool is_rogue_v6(const struct lp_view *view, const struct lp_ip *ip)
{
	if (ip->upper == LP_IP_UPPER_HIDDEN)
		return true;
	if (ip->upper == LP_IP_UPPER_LATER_FRAGMENT)
		return ip->fragment_offset == FRAGMENT_OVERWRITES;
	if (ip->upper == LP_IP_UPPER_NONE)
		return false;
	if (ip->protocol > PROTOCOL_KNOWN_MAX || (ip->fragment && !follows_fragment_header(ip)))
		return true;
	if (ip->protocol != LP_IP_ICMPV6)
		return false;
	return ip->upper_len == 0 || is_rogue_icmpv6(ip, *lp_view_upper(view));
}

bool lp_rogue_ra(struct lp_view *view)
{
	if (view->fault != LP_ETHER_OK)
		return true;
	const struct lp_ip *ip = lp_view_ip(view);
	if (view->ether.type == LP_ETHER_TYPE_IPV6)
		return !ip || is_rogue_v6(view, ip);
	/* lp_rogue_dhcp() drops IPv4 that can't be classified. */
	if (!ip || ip->upper != LP_IP_UPPER_FOUND || ip->protocol != LP_IP_ICMP)
		return false;
	if (ip->upper_len == 0)
		return true;
	uint8_t type = *lp_view_upper(view);
	return type == ICMP_REDIRECT || type == ICMP_ADVERTISEMENT;
}

/* IP protocols of routers. */
static bool is_routing_protocol(uint8_t protocol)
{
	static const uint8_t protocols[] = {
		8,   /* EGP */
		9,   /* IGRP */
		88,  /* EIGRP */
		89,  /* OSPF */
		103, /* PIM */
		112, /* VRRP, CARP */
		124, /* IS-IS over IPv4 */
	};
	return memchr(protocols, protocol, sizeof protocols) != NULL;
}

/* UDP ports of routers. */
static bool is_routing_port(uint16_t port)
{
	return port == 520 || port == 521 || port == 1985 || port == 2029; /* RIP, RIPng, HSRP for IPv4 and IPv6 */
}

bool lp_rogue_routing(struct lp_view *view)
{
	const struct lp_ip *ip = lp_view_ip(view);
	if (!ip)
		return false;
	/* IPv4 names the protocol in later fragments, too. A hidden header of IPv6 is for lp_rogue_dhcp(). */
	if (ip->upper != LP_IP_UPPER_NONE && ip->upper != LP_IP_UPPER_HIDDEN && is_routing_protocol(ip->protocol))
		return true;
	if (ip->upper != LP_IP_UPPER_FOUND)
		return false;
	const uint8_t *upper = lp_view_upper(view);
	if (ip->protocol == LP_IP_UDP)
		return ip->upper_len >= LP_UDP_HEADER && is_routing_port(lp_be16_get(upper + 2));
	return ip->protocol == LP_IP_IGMP && ip->upper_len > 0 && (*upper == IGMP_DVMRP || *upper == IGMP_PIM1);
}

bool lp_rogue_query(struct lp_view *view)
{
	const struct lp_ip *ip = lp_view_ip(view);
	if (!ip || ip->upper != LP_IP_UPPER_FOUND || (ip->protocol != LP_IP_IGMP && ip->protocol != LP_IP_ICMPV6))
		return false;
	if (ip->upper_len == 0)
		return true;
	return *lp_view_upper(view) == (ip->protocol == LP_IP_IGMP ? IGMP_QUERY : MLD_QUERY);
}

bool lp_rogue_access(struct lp_view *view)
{
	size_t at = view->ether.net_offset;
	if (view->ether.type == EAPOL)
		return true;
	/* The code is the second byte. */
	return view->ether.type == PPPOE_DISCOVERY &&
	       (view->len < at + 2 || view->frame[at + 1] == PPPOE_PADO || view->frame[at + 1] == PPPOE_PADS);
}

bool lp_rogue_dhcp_source(struct lp_view *view)
{
	const struct lp_ip *ip = lp_view_ip(view);
	if (!ip || ip->upper != LP_IP_UPPER_FOUND || ip->protocol != LP_IP_UDP || ip->upper_len < LP_UDP_HEADER)
		return false;
	const uint8_t *udp = lp_view_upper(view);
	if (lp_be16_get(udp + 2) != BOOTP_SERVER || is_relayed_request(udp, ip->upper_len))
		return false;
	if (ip->upper_len < BOOTP_CHADDR + 6)
		return true;
	return udp[BOOTP_HTYPE] != HARDWARE_ETHERNET || udp[BOOTP_HLEN] != 6 ||
	       memcmp(udp + BOOTP_CHADDR, view->ether.src.octet, 6) != 0;
}
