#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "filter/filter.h"
#include "filter/view.h"

#include "frame_parts.h"

#define IPV4 TYPE(0x0800)
#define IPV6 TYPE(0x86dd)
#define ARP TYPE(0x0806)
/* An ARP request; |sender|: last octet of its hardware address. */
#define ARP_BODY(sender) \
	{PART_U16, 1, 0, 0}, {PART_U16, 0x0800, 0, 0}, {PART_U16, 0x0604, 0, 0}, {PART_U16, 1, 0, 0}, STATION(sender), \
		BYTES(14, 0)
/* A BOOTP message up to the hardware address of |station|; |agent|: first byte of the relay agent's address. */
#define BOOTP(op, agent, station) BYTE(op), BYTE(1), BYTE(6), BYTES(21, 0), BYTE(agent), BYTES(3, 0), STATION(station)
#define ICMP6(type) BYTE(type), BYTES(15, 0)
/* Not 0, which selects station 1, but written as 0. */
#define ZERO_MAC (UINT64_C(1) << 48)

/* A frame from station 1, and its verdict. */
struct row {
	const char *text;
	enum lp_drop client, gateway; /* by the sender's role */
	uint64_t dst;                 /* 0: broadcast */
	uint64_t src;                 /* 0: station 1 */
	uint32_t on;                  /* filters in addition to the defaults */
	struct part parts[PARTS_MAX];
};

#define BOTH(drop) LP_DROP_##drop, LP_DROP_##drop
#define CLIENT(drop) LP_DROP_##drop, LP_DROP_NONE

static const struct row plain_rows[] = {
	{"TCP over IPv4", BOTH(NONE), .dst = STATION_MAC(9), .parts = {IPV4, IP4(6), BYTES(20, 0)}},
	{"UDP of a game", BOTH(NONE), .parts = {IPV4, IP4(17), UDP(27015, 27015), BYTES(20, 0)}},
	{"TCP over IPv6", BOTH(NONE), .dst = STATION_MAC(9), .parts = {IPV6, IP6(6), BYTES(20, 0)}},
	{"a fragment of IPv4 UDP, the first", BOTH(NONE), .parts = {IPV4, IP4_FRAGMENT(17, 5, 0x2000), UDP(1, 2)}},
	{"a later one", BOTH(NONE), .parts = {IPV4, IP4_FRAGMENT(17, 5, 185), BYTES(100, 0x43)}},
	{"a later one of IPv6", BOTH(NONE), .parts = {IPV6, IP6(44), FRAG(17, 181, 0), BYTES(100, 0)}},
	{"the first one of IPv6", BOTH(NONE), .parts = {IPV6, IP6(44), FRAG(17, 0, 1), UDP(1, 2), BYTES(8, 0)}},
	{"the first one, options before", BOTH(NONE),
		.parts = {IPV6, IP6(0), EXT(43, 0), EXT(44, 1), FRAG(17, 0, 1), UDP(1, 2), BYTES(8, 0)}},
	{"the first one, behind an authentication header", BOTH(NONE),
		.parts = {IPV6, IP6(51), BYTE(44), BYTE(4), BYTES(22, 0), FRAG(17, 0, 1), UDP(1, 2), BYTES(8, 0)}},
	{"echo in an atomic fragment", BOTH(NONE), .parts = {IPV6, IP6(44), FRAG(58, 0, 0), ICMP6(128)}},
	{"no next header", BOTH(NONE), .parts = {IPV6, IP6(59), BYTES(8, 0)}},
	{"ESP hides what it is", BOTH(NONE), .parts = {IPV6, IP6(50), BYTES(24, 0)}},
	{"neighbour solicitation", BOTH(NONE), .parts = {IPV6, IP6(58), ICMP6(135)}},
	{"neighbour advertisement", BOTH(NONE), .parts = {IPV6, IP6(58), ICMP6(136)}},
	{"router solicitation", BOTH(NONE), .parts = {IPV6, IP6(58), ICMP6(133)}},
	{"MLD report", BOTH(NONE), .parts = {IPV6, IP6(0), EXT(58, 0), ICMP6(143)}},
	{"IGMP report with router alert", BOTH(NONE), .parts = {IPV4, IP4_OPTIONS(2, 6), BYTES(8, 0x16)}},
	{"ping", BOTH(NONE), .parts = {IPV4, IP4(1), BYTE(8), BYTES(7, 0)}},
	{"DHCP request", BOTH(NONE), .parts = {IPV4, IP4(17), UDP(68, 67), BOOTP(1, 0, 1), BYTES(200, 0)}},
	{"DHCP request, padded hardware address only", BOTH(NONE),
		.parts = {IPV4, IP4(17), UDP(68, 67), BOOTP(1, 0, 1)}},
	{"DHCPv6 solicit", BOTH(NONE), .parts = {IPV6, IP6(17), UDP(546, 547), BYTE(1), BYTES(20, 0)}},
	{"ARP", BOTH(NONE), .parts = {ARP, ARP_BODY(1)}},
	{"IPX, Ethernet II", BOTH(NONE), .parts = {TYPE(0x8137), BYTES(40, 0xff)}},
	{"IPX, 802.3 raw", BOTH(NONE), .parts = {LEN(0), BYTES(40, 0xff)}},
	{"IPX, 802.2", BOTH(NONE), .parts = {LEN(0), LLC(0xe0e003), BYTES(40, 0xff)}},
	{"IPX, SNAP", BOTH(NONE), .parts = {LEN(0), SNAP(0, 0x8137), BYTES(40, 0xff)}},
	{"NetBEUI", BOTH(NONE), .parts = {LEN(0), LLC(0xf0f003), BYTES(40, 0)}},
	{"Layer 2 update", BOTH(NONE), .parts = {TYPE(6), LLC(0x0001af), {PART_LLC, 0x810100, 0, 0}, BYTES(40, 0)}},
	{"one tag", BOTH(NONE), .parts = {TAG(0x8100, 5), IPV4, IP4(17), UDP(1, 2)}},
	{"two tags", BOTH(NONE), .parts = {TAG(0x88a8, 5), TAG(0x8100, 7), IPV4, IP4(17), UDP(1, 2)}},
	{"a type that nobody knows", BOTH(NONE), .parts = {TYPE(0x1234), BYTES(46, 0)}},
	{"an empty frame of a type", BOTH(NONE), .parts = {TYPE(0x1234)}},
	{"802.3 with padding", BOTH(NONE), .parts = {LEN(-20), LLC(0xe0e003), BYTES(43, 0)}},
	{"802.3 of length 0", BOTH(NONE), .parts = {TYPE(0), BYTES(46, 0)}},
	{"the longest frame", BOTH(NONE), .parts = {TYPE(0x1234), BYTES(1500, 0)}},
	{"the longest with two tags", BOTH(NONE),
		.parts = {TAG(0x8100, 1), TAG(0x8100, 2), TYPE(0x1234), BYTES(1500, 0)}},
	{"the longest of 802.3", BOTH(NONE), .parts = {LEN(0), LLC(0xe0e003), BYTES(1497, 0)}},
};

static const struct row frame_rows[] = {
	{"an 802.3 length of 1501", BOTH(MALFORMED_FRAME), .parts = {TYPE(1501), BYTES(46, 0)}},
	{"a type of 1535", BOTH(MALFORMED_FRAME), .parts = {TYPE(1535), BYTES(46, 0)}},
	{"a length beyond the end", BOTH(MALFORMED_FRAME), .parts = {LEN(1), LLC(0xe0e003), BYTES(43, 0)}},
	{"three tags", BOTH(MALFORMED_FRAME), .parts = {TAG(0x8100, 1), TAG(0x8100, 2), TAG(0x8100, 3), IPV4, IP4(6)}},
	{"a tag that is cut", BOTH(MALFORMED_FRAME), .parts = {TYPE(0x8100), BYTE(0)}},
	{"SNAP in SNAP", BOTH(MALFORMED_FRAME), .parts = {LEN(0), SNAP(0, 40), SNAP(0, 0x86dd), IP6(58), ICMP6(134)}},
	{"one byte too long", BOTH(OVERSIZE), .parts = {TYPE(0x1234), BYTES(1501, 0)}},
	{"one byte too long, tagged", BOTH(OVERSIZE), .parts = {TAG(0x8100, 1), TYPE(0x1234), BYTES(1501, 0)}},
	{"source is broadcast", BOTH(BAD_SOURCE), .src = BROADCAST, .dst = STATION_MAC(2), .parts = {ARP, ARP_BODY(1)}},
	{"source is a group", BOTH(BAD_SOURCE), .src = 0x01005e000001, .parts = {ARP, ARP_BODY(1)}},
	{"source is zero", BOTH(BAD_SOURCE), .src = ZERO_MAC, .parts = {ARP, ARP_BODY(1)}},
	{"source is the destination", BOTH(BAD_SOURCE), .dst = STATION_MAC(1), .parts = {ARP, ARP_BODY(1)}},
};

static const struct row control_rows[] = {
	{"spanning tree", BOTH(SWITCH_CONTROL), .dst = 0x0180c2000000, .parts = {LEN(0), LLC(0x424203), BYTES(35, 0)}},
	{"a BPDU to everybody", BOTH(SWITCH_CONTROL), .parts = {LEN(0), LLC(0x424203), BYTES(35, 0)}},
	{"a BPDU to a station", BOTH(SWITCH_CONTROL), .dst = STATION_MAC(2),
		.parts = {LEN(0), LLC(0x424203), BYTES(35, 0)}},
	{"a tagged BPDU", BOTH(SWITCH_CONTROL), .dst = STATION_MAC(2),
		.parts = {TAG(0x8100, 1), LEN(0), LLC(0x424203), BYTES(35, 0)}},
	{"pause", BOTH(SWITCH_CONTROL), .dst = 0x0180c2000001, .parts = {TYPE(0x8808), BYTES(46, 0)}},
	{"pause to a station", BOTH(SWITCH_CONTROL), .dst = STATION_MAC(2), .parts = {TYPE(0x8808), BYTES(46, 0)}},
	{"LACP", BOTH(SWITCH_CONTROL), .dst = 0x0180c2000002, .parts = {TYPE(0x8809), BYTES(46, 0)}},
	{"802.1X", BOTH(SWITCH_CONTROL), .dst = 0x0180c2000003, .parts = {TYPE(0x888e), BYTES(46, 0)}},
	{"LLDP", BOTH(SWITCH_CONTROL), .dst = 0x0180c200000e, .parts = {TYPE(0x88cc), BYTES(46, 0)}},
	{"LLDP to everybody, tagged", BOTH(SWITCH_CONTROL), .parts = {TAG(0x8100, 0), TYPE(0x88cc), BYTES(46, 0)}},
	{"IPv4 to a bridge's group", BOTH(SWITCH_CONTROL), .dst = 0x0180c2000005, .parts = {IPV4, IP4(17), UDP(1, 2)}},
	{"GVRP", BOTH(SWITCH_CONTROL), .dst = 0x0180c2000021, .parts = {LEN(0), LLC(0x424203), BYTES(35, 0)}},
	{"CFM", BOTH(SWITCH_CONTROL), .dst = 0x0180c2000037, .parts = {TYPE(0x8902), BYTES(46, 0)}},
	{"behind the last of 802.1", BOTH(NONE), .dst = 0x0180c2000040, .parts = {TYPE(0x1234), BYTES(46, 0)}},
	{"bridge management", BOTH(SWITCH_CONTROL), .dst = 0x0180c2000010, .parts = {TYPE(0x1234), BYTES(46, 0)}},
	{"CDP", BOTH(SWITCH_CONTROL), .dst = 0x01000ccccccc, .parts = {LEN(0), SNAP(0x00000c, 0x2000), BYTES(35, 0)}},
	{"PVST+", BOTH(SWITCH_CONTROL), .dst = 0x01000ccccccd, .parts = {LEN(0), SNAP(0x00000c, 0x010b), BYTES(35, 0)}},
	{"CGMP", BOTH(SWITCH_CONTROL), .dst = 0x01000cdddddd, .parts = {LEN(0), SNAP(0x00000c, 0x2001), BYTES(35, 0)}},
	{"ISL", BOTH(SWITCH_CONTROL), .dst = 0x01000c000000, .parts = {TYPE(0x1234), BYTES(35, 0)}},
	{"EDP", BOTH(SWITCH_CONTROL), .dst = 0x00e02b000000, .parts = {LEN(0), SNAP(0x00e02b, 0x00bb), BYTES(35, 0)}},
	{"to the address of EDP, without LLC", BOTH(SWITCH_CONTROL), .dst = 0x00e02b000000,
		.parts = {TYPE(0x1234), BYTES(46, 0)}},
	{"EAPS", BOTH(SWITCH_CONTROL), .dst = 0x00e02b000004, .parts = {LEN(0), SNAP(0x00e02b, 0x00bb), BYTES(35, 0)}},
	{"a station of that maker", BOTH(NONE), .dst = 0x00e02b000001, .parts = {IPV4, IP4(6), BYTES(20, 0)}},
	{"FDP", BOTH(SWITCH_CONTROL), .dst = 0x01e052cccccc, .parts = {LEN(0), SNAP(0x00e052, 0x2000), BYTES(35, 0)}},
	{"ERPS", BOTH(SWITCH_CONTROL), .dst = 0x0119a7000001, .parts = {TYPE(0x8902), BYTES(46, 0)}},
	{"loop detection of a switch", BOTH(SWITCH_CONTROL), .parts = {TYPE(0x8899), BYTES(46, 0)}},
	{"IPv4 multicast", BOTH(NONE), .dst = 0x01005e000001, .parts = {IPV4, IP4(17), UDP(1, 2)}},
	{"IPv6 multicast", BOTH(NONE), .dst = 0x333300000001, .parts = {IPV6, IP6(17), UDP(1, 2)}},
};

static const struct row router_rows[] = {
	{"OSPF", CLIENT(ROUTING), .parts = {IPV4, IP4(89), BYTES(40, 2)}},
	{"OSPF to a station", CLIENT(ROUTING), .dst = STATION_MAC(2), .parts = {IPV4, IP4(89), BYTES(40, 2)}},
	{"OSPF, a later fragment", CLIENT(ROUTING), .parts = {IPV4, IP4_FRAGMENT(89, 5, 185), BYTES(100, 2)}},
	{"OSPFv3", CLIENT(ROUTING), .parts = {IPV6, IP6(89), BYTES(40, 3)}},
	{"EIGRP", CLIENT(ROUTING), .parts = {IPV4, IP4(88), BYTES(40, 2)}},
	{"PIM", CLIENT(ROUTING), .parts = {IPV4, IP4(103), BYTES(40, 0x20)}},
	{"PIM behind a hop-by-hop header", CLIENT(ROUTING), .parts = {IPV6, IP6(0), EXT(103, 0), BYTES(40, 0x20)}},
	{"VRRP and CARP", CLIENT(ROUTING), .parts = {IPV4, IP4(112), BYTES(40, 0x21)}},
	{"VRRP behind a tag", CLIENT(ROUTING), .parts = {TAG(0x8100, 5), IPV4, IP4(112), BYTES(40, 0x21)}},
	{"RIP", CLIENT(ROUTING), .parts = {IPV4, IP4(17), UDP(520, 520), BYTES(24, 2)}},
	{"RIPng", CLIENT(ROUTING), .parts = {IPV6, IP6(17), UDP(521, 521), BYTES(24, 2)}},
	{"HSRP", CLIENT(ROUTING), .parts = {IPV4, IP4(17), UDP(1985, 1985), BYTES(20, 0)}},
	{"a game whose port is a router's", BOTH(NONE), .parts = {IPV4, IP4(17), UDP(520, 27015), BYTES(20, 0)}},
	{"PIMv1 in IGMP", CLIENT(ROUTING), .parts = {IPV4, IP4_OPTIONS(2, 6), BYTES(8, 0x14)}},
	{"IGMP query", CLIENT(MULTICAST_QUERY), .parts = {IPV4, IP4_OPTIONS(2, 6), BYTES(8, 0x11)}},
	{"IGMP leave", BOTH(NONE), .parts = {IPV4, IP4_OPTIONS(2, 6), BYTES(8, 0x17)}},
	{"MLD query", CLIENT(MULTICAST_QUERY), .parts = {IPV6, IP6(0), EXT(58, 0), ICMP6(130)}},
	{"EAPOL logoff to a station", CLIENT(ACCESS_CONTROL), .dst = STATION_MAC(2),
		.parts = {TYPE(0x888e), BYTES(46, 2)}},
	{"PPPoE initiation", BOTH(NONE), .parts = {TYPE(0x8863), BYTE(0x11), BYTE(9), BYTES(44, 0)}},
	{"PPPoE offer", CLIENT(ACCESS_CONTROL), .dst = STATION_MAC(2),
		.parts = {TYPE(0x8863), BYTE(0x11), BYTE(7), BYTES(44, 0)}},
	{"PPPoE confirmation", CLIENT(ACCESS_CONTROL), .dst = STATION_MAC(2),
		.parts = {TYPE(0x8863), BYTE(0x11), BYTE(0x65), BYTES(44, 0)}},
	{"PPPoE discovery that is cut", CLIENT(ACCESS_CONTROL), .parts = {TYPE(0x8863), BYTE(0x11)}},
	{"DHCP request for another station", CLIENT(DHCP_SOURCE),
		.parts = {IPV4, IP4(17), UDP(68, 67), BOOTP(1, 0, 2), BYTES(200, 0)}},
	{"the same from another port", CLIENT(DHCP_SOURCE),
		.parts = {IPV4, IP4(17), UDP(1068, 67), BOOTP(1, 0, 2), BYTES(200, 0)}},
	{"DHCP request, cut before the hardware address", CLIENT(DHCP_SOURCE),
		.parts = {IPV4, IP4(17), UDP(68, 67), BYTE(1), BYTE(1), BYTE(6), BYTES(20, 0)}},
	{"DHCP request of a relay agent for another station", BOTH(NONE), .dst = STATION_MAC(2),
		.parts = {IPV4, IP4(17), UDP(67, 67), BOOTP(1, 10, 2), BYTES(200, 0)}},
	{"from the port of servers without an agent", CLIENT(ROGUE_DHCP),
		.parts = {IPV4, IP4(17), UDP(67, 67), BOOTP(1, 0, 1), BYTES(200, 0)}},
	{"DHCPv6 relay-forward", BOTH(NONE), .parts = {IPV6, IP6(17), UDP(547, 547), BYTE(12), BYTES(60, 0)}},
};

static const struct row rogue_rows[] = {
	{"router advertisement", CLIENT(ROGUE_RA), .parts = {IPV6, IP6(58), ICMP6(134)}},
	{"redirect", CLIENT(ROGUE_RA), .parts = {IPV6, IP6(58), ICMP6(137)}},
	{"redirect of IPv4", CLIENT(ROGUE_RA), .parts = {IPV4, IP4(1), BYTE(5), BYTES(35, 0)}},
	{"advertisement of IPv4", CLIENT(ROGUE_RA), .parts = {IPV4, IP4(1), BYTE(9), BYTES(15, 0)}},
	{"redirect of IPv4 behind options", CLIENT(ROGUE_RA),
		.parts = {IPV4, IP4_OPTIONS(1, 15), BYTE(5), BYTES(35, 0)}},
	{"DHCP offer", CLIENT(ROGUE_DHCP), .parts = {IPV4, IP4(17), UDP(67, 68), BYTE(2), BYTES(300, 0)}},
	{"DHCP offer to a station", CLIENT(ROGUE_DHCP), .dst = STATION_MAC(2),
		.parts = {IPV4, IP4(17), UDP(67, 68), BYTE(2), BYTES(300, 0)}},
	{"from another port", CLIENT(ROGUE_DHCP), .parts = {IPV4, IP4(17), UDP(4011, 68), BYTE(2), BYTES(300, 0)}},
	{"to a relay agent", CLIENT(ROGUE_DHCP), .parts = {IPV4, IP4(17), UDP(67, 67), BYTE(2), BYTES(300, 0)}},
	{"to a relay agent from another port", CLIENT(ROGUE_DHCP),
		.parts = {IPV4, IP4(17), UDP(4011, 67), BYTE(2), BYTES(300, 0)}},
	{"from a server to any port", CLIENT(ROGUE_DHCP),
		.parts = {IPV4, IP4(17), UDP(67, 4011), BYTE(2), BYTES(300, 0)}},
	{"DHCPv6 advertise", CLIENT(ROGUE_DHCP), .parts = {IPV6, IP6(17), UDP(547, 546), BYTE(2), BYTES(20, 0)}},
	{"from another port", CLIENT(ROGUE_DHCP), .parts = {IPV6, IP6(17), UDP(1024, 546), BYTE(7), BYTES(20, 0)}},
	{"reconfigure", CLIENT(ROGUE_DHCP), .parts = {IPV6, IP6(17), UDP(1024, 546), BYTE(10), BYTES(20, 0)}},
	{"from a DHCPv6 server to any port", CLIENT(ROGUE_DHCP),
		.parts = {IPV6, IP6(17), UDP(547, 5000), BYTE(1), BYTES(20, 0)}},
	{"relay-reply to a relay agent", CLIENT(ROGUE_DHCP),
		.parts = {IPV6, IP6(17), UDP(1024, 547), BYTE(13), BYTES(40, 0)}},
};

/* RFC 7113 §2, RFC 7112, RFC 6980, VU#855201, and cases derived from them. */
static const struct row evasion_rows[] = {
	{"RA behind a tag", CLIENT(ROGUE_RA), .parts = {TAG(0x8100, 5), IPV6, IP6(58), ICMP6(134)}},
	{"RA behind VLAN 0", CLIENT(ROGUE_RA), .parts = {TAG(0x8100, 0), IPV6, IP6(58), ICMP6(134)}},
	{"RA behind two of VLAN 0", CLIENT(ROGUE_RA),
		.parts = {TAG(0x8100, 0), TAG(0x8100, 0), IPV6, IP6(58), ICMP6(134)}},
	{"RA behind a service tag", CLIENT(ROGUE_RA), .parts = {TAG(0x88a8, 0), IPV6, IP6(58), ICMP6(134)}},
	{"RA behind an old tag", CLIENT(ROGUE_RA), .parts = {TAG(0x9100, 0), IPV6, IP6(58), ICMP6(134)}},
	{"RA behind three tags", BOTH(MALFORMED_FRAME),
		.parts = {TAG(0x8100, 0), TAG(0x8100, 0), TAG(0x8100, 0), IPV6, IP6(58), ICMP6(134)}},
	{"RA in SNAP", CLIENT(ROGUE_RA), .parts = {LEN(0), SNAP(0, 0x86dd), IP6(58), ICMP6(134)}},
	{"RA in SNAP of 802.1H", CLIENT(ROGUE_RA), .parts = {LEN(0), SNAP(0x0000f8, 0x86dd), IP6(58), ICMP6(134)}},
	{"RA in tagged SNAP (CVE-2021-27853)", CLIENT(ROGUE_RA),
		.parts = {TAG(0x8100, 0), LEN(0), SNAP(0, 0x86dd), IP6(58), ICMP6(134)}},
	{"RA behind a tag in SNAP", CLIENT(ROGUE_RA),
		.parts = {LEN(0), SNAP(0, 0x8100), {PART_U16, 0, 0, 0}, IPV6, IP6(58), ICMP6(134)}},
	{"RA in SNAP, length of the SNAP header alone (CVE-2021-27861)", CLIENT(ROGUE_RA),
		.parts = {TYPE(8), SNAP(0, 0x86dd), IP6(58), ICMP6(134)}},
	{"RA in SNAP, a length within the IPv6 header", CLIENT(ROGUE_RA),
		.parts = {TYPE(30), SNAP(0, 0x86dd), IP6(58), ICMP6(134)}},
	{"a length that cuts the SNAP header", BOTH(MALFORMED_FRAME),
		.parts = {TYPE(7), SNAP(0, 0x86dd), IP6(58), ICMP6(134)}},
	{"a length of 3 before SNAP", BOTH(MALFORMED_FRAME), .parts = {TYPE(3), SNAP(0, 0x86dd), IP6(58), ICMP6(134)}},
	{"a length of 0 before SNAP", BOTH(MALFORMED_FRAME), .parts = {TYPE(0), SNAP(0, 0x86dd), IP6(58), ICMP6(134)}},
	{"a length of 0 before tagged SNAP (CVE-2021-27862)", BOTH(MALFORMED_FRAME),
		.parts = {TAG(0x8100, 0), TYPE(0), SNAP(0, 0x86dd), IP6(58), ICMP6(134)}},
	{"a length beyond the end before SNAP", BOTH(MALFORMED_FRAME),
		.parts = {LEN(1), SNAP(0, 0x86dd), IP6(58), ICMP6(134)}},
	{"a length of 1501 before SNAP", BOTH(MALFORMED_FRAME),
		.parts = {TYPE(1501), SNAP(0, 0x86dd), IP6(58), ICMP6(134)}},
	{"SNAP with another control byte", BOTH(MALFORMED_FRAME),
		.parts = {LEN(0), LLC(0xaaaa13), LLC(0), IPV6, IP6(58), ICMP6(134)}},
	{"SNAP with another source SAP", BOTH(MALFORMED_FRAME),
		.parts = {LEN(0), LLC(0xaaab03), LLC(0), IPV6, IP6(58), ICMP6(134)}},
	{"SNAP with the group bit", BOTH(MALFORMED_FRAME),
		.parts = {LEN(0), LLC(0xabaa03), LLC(0), IPV6, IP6(58), ICMP6(134)}},
	{"a BPDU with another control byte", BOTH(MALFORMED_FRAME), .parts = {LEN(0), LLC(0x424213), BYTES(35, 0)}},
	{"a BPDU behind a length of 0", BOTH(MALFORMED_FRAME), .parts = {TYPE(0), LLC(0x424203), BYTES(35, 0)}},
	{"RA behind hop-by-hop options", CLIENT(ROGUE_RA), .parts = {IPV6, IP6(0), EXT(58, 0), ICMP6(134)}},
	{"RA behind destination options", CLIENT(ROGUE_RA), .parts = {IPV6, IP6(60), EXT(58, 3), ICMP6(134)}},
	{"RA behind a routing header", CLIENT(ROGUE_RA), .parts = {IPV6, IP6(43), EXT(58, 0), ICMP6(134)}},
	{"RA behind a mobility header", CLIENT(ROGUE_RA), .parts = {IPV6, IP6(135), EXT(58, 0), ICMP6(134)}},
	{"RA behind an authentication header", CLIENT(ROGUE_RA),
		.parts = {IPV6, IP6(51), BYTE(58), BYTE(4), BYTES(22, 0), ICMP6(134)}},
	{"RA behind HIP", CLIENT(ROGUE_RA), .parts = {IPV6, IP6(139), EXT(58, 0), ICMP6(134)}},
	{"RA behind six headers", CLIENT(ROGUE_RA),
		.parts = {IPV6, IP6(0), EXT(60, 0), EXT(43, 1), EXT(60, 0), EXT(60, 0), EXT(60, 0), EXT(58, 9),
			ICMP6(134)}},
	{"RA behind an experimental header", CLIENT(ROGUE_RA), .parts = {IPV6, IP6(253), EXT(58, 0), ICMP6(134)}},
	{"RA behind a header of the future", CLIENT(ROGUE_RA), .parts = {IPV6, IP6(200), EXT(58, 0), ICMP6(134)}},
	{"a header that leaves the packet", CLIENT(ROGUE_RA),
		.parts = {IPV6, IP6(60), BYTE(58), BYTE(200), BYTES(14, 0), ICMP6(134)}},
	{"a chain that ends in a header", CLIENT(ROGUE_RA), .parts = {IPV6, IP6(60)}},
	{"ICMPv6 without a byte", CLIENT(ROGUE_RA), .parts = {IPV6, IP6(58)}},
	{"no IPv6 header in an IPv6 frame", CLIENT(ROGUE_RA), .parts = {IPV6, BYTES(39, 0x60)}},
	{"IPv4 in an IPv6 frame", CLIENT(ROGUE_RA), .parts = {IPV6, IP4(1), BYTE(5), BYTES(40, 0)}},
	{"IPv6 in an IPv4 frame", CLIENT(ROGUE_DHCP), .parts = {IPV4, IP6(58), ICMP6(134)}},
	{"an IPv6 payload length of 0", CLIENT(ROGUE_RA),
		.parts = {IPV6, {PART_U16, 0x6000, 0, 0}, BYTES(4, 0), BYTE(0), BYTE(255), BYTES(32, 0), EXT(58, 0),
			ICMP6(134)}},
	{"RA in an atomic fragment", CLIENT(ROGUE_RA), .parts = {IPV6, IP6(44), FRAG(58, 0, 0), ICMP6(134)}},
	{"RA in a first fragment", CLIENT(ROGUE_RA), .parts = {IPV6, IP6(44), FRAG(58, 0, 1), ICMP6(134)}},
	{"RA in a first fragment behind options", CLIENT(ROGUE_RA),
		.parts = {IPV6, IP6(60), EXT(44, 0), FRAG(58, 0, 1), ICMP6(134)}},
	{"a first fragment that ends in options (RFC 7113 figure 4)", CLIENT(ROGUE_RA),
		.parts = {IPV6, IP6(44), FRAG(60, 0, 1), BYTE(58), BYTE(4), BYTES(14, 0)}},
	{"a first fragment with nothing", CLIENT(ROGUE_RA), .parts = {IPV6, IP6(44), FRAG(58, 0, 1)}},
	{"a first fragment with the options, whole", CLIENT(ROGUE_RA),
		.parts = {IPV6, IP6(44), FRAG(60, 0, 1), EXT(58, 0), ICMP6(128)}},
	{"two fragment headers", CLIENT(ROGUE_RA),
		.parts = {IPV6, IP6(44), FRAG(44, 0, 1), FRAG(58, 0, 1), ICMP6(128)}},
	{"a later fragment over the first's byte 8", CLIENT(ROGUE_RA),
		.parts = {IPV6, IP6(44), FRAG(58, 1, 0), ICMP6(134)}},
	{"a neighbour solicitation in a fragment (RFC 6980)", CLIENT(ROGUE_RA),
		.parts = {IPV6, IP6(44), FRAG(58, 0, 1), ICMP6(135)}},
	{"a neighbour advertisement in an atomic fragment", CLIENT(ROGUE_RA),
		.parts = {IPV6, IP6(44), FRAG(58, 0, 0), ICMP6(136)}},
	{"a certification path in a fragment", CLIENT(ROGUE_RA), .parts = {IPV6, IP6(44), FRAG(58, 0, 1), ICMP6(149)}},
	{"DHCP offer behind a tag", CLIENT(ROGUE_DHCP),
		.parts = {TAG(0x8100, 0), IPV4, IP4(17), UDP(67, 68), BYTE(2), BYTES(300, 0)}},
	{"DHCP offer in SNAP", CLIENT(ROGUE_DHCP),
		.parts = {LEN(0), SNAP(0, 0x0800), IP4(17), UDP(67, 68), BYTE(2), BYTES(300, 0)}},
	{"DHCP offer in SNAP, a length within the IPv4 header", CLIENT(ROGUE_DHCP),
		.parts = {TYPE(20), SNAP(0, 0x0800), IP4(17), UDP(67, 68), BYTE(2), BYTES(300, 0)}},
	{"DHCP offer behind IP options", CLIENT(ROGUE_DHCP),
		.parts = {IPV4, IP4_OPTIONS(17, 15), UDP(67, 68), BYTE(2), BYTES(300, 0)}},
	{"DHCP offer in a first fragment", CLIENT(ROGUE_DHCP),
		.parts = {IPV4, IP4_FRAGMENT(17, 5, 0x2000), UDP(67, 68)}},
	{"a first fragment too short to tell", CLIENT(ROGUE_DHCP),
		.parts = {IPV4, IP4_FRAGMENT(17, 5, 0x2000), BYTES(7, 0)}},
	{"to a relay agent, too short to tell", CLIENT(ROGUE_DHCP),
		.parts = {IPV4, IP4_FRAGMENT(17, 5, 0x2000), UDP(1024, 67)}},
	{"a later fragment over byte 8", CLIENT(ROGUE_DHCP), .parts = {IPV4, IP4_FRAGMENT(17, 5, 1), BYTES(300, 2)}},
	{"an IPv4 header that leaves the frame", CLIENT(ROGUE_DHCP), .parts = {IPV4, BYTE(0x4f), BYTES(40, 0)}},
	{"an IPv4 header of 16 bytes", CLIENT(ROGUE_DHCP), .parts = {IPV4, BYTE(0x44), BYTES(40, 0)}},
	{"no IPv4 header in an IPv4 frame", CLIENT(ROGUE_DHCP), .parts = {IPV4, BYTES(19, 0x45)}},
	{"an empty IPv4 frame", CLIENT(ROGUE_DHCP), .parts = {IPV4}},
	{"DHCPv6 behind options", CLIENT(ROGUE_DHCP),
		.parts = {IPV6, IP6(0), EXT(60, 0), EXT(17, 2), UDP(547, 546), BYTE(2), BYTES(20, 0)}},
	{"DHCPv6 in a first fragment", CLIENT(ROGUE_DHCP), .parts = {IPV6, IP6(44), FRAG(17, 0, 1), UDP(547, 546)}},
	{"DHCPv6, too short to tell", CLIENT(ROGUE_DHCP), .parts = {IPV6, IP6(44), FRAG(17, 0, 1), BYTES(7, 0)}},
	{"DHCPv6 to a relay agent, too short to tell", CLIENT(ROGUE_DHCP),
		.parts = {IPV6, IP6(44), FRAG(17, 0, 1), UDP(1024, 547)}},
};

/* Runs one row for one role, with the filters |on|. */
static enum lp_drop ask(const struct row *row, enum lp_role role, uint32_t on)
{
	uint8_t frame[FRAME_MAX];
	struct lp_filters filters;
	struct lp_view view;
	size_t len = make_frame(
		frame, row->dst ? row->dst : BROADCAST, row->src ? row->src : STATION_MAC(1), row->parts);
	/* Exactly this many bytes, so that a sanitizer detects a read past the end. */
	uint8_t *exact = malloc(len);
	assert_non_null(exact);
	memcpy(exact, frame, len);
	lp_filters_init(&filters, on, 1500);
	lp_view_init(&view, exact, len);
	enum lp_drop drop = lp_filters_check(&filters, role, &view);
	free(exact);
	return drop;
}

/* The filter whose reason |drop| is. */
static enum lp_filter filter_of(enum lp_drop drop)
{
	for (enum lp_filter filter = 0; filter < LP_FILTER_COUNT; filter++) {
		if (lp_filter_row(filter)->drop == drop)
			return filter;
	}
	fail_msg("no filter drops %s", lp_drop_wire(drop));
	return LP_FILTER_COUNT;
}

/* Checks all rows of a table. A disabled filter passes frames that no other filter drops. */
static void check(const struct row *rows, size_t n_rows)
{
	for (size_t i = 0; i < n_rows; i++) {
		const struct row *row = &rows[i];
		const enum lp_drop expected[2] = {row->client, row->gateway};
		for (enum lp_role role = LP_ROLE_CLIENT; role <= LP_ROLE_GATEWAY; role++) {
			uint32_t on = lp_filters_default() | row->on;
			enum lp_drop drop = ask(row, role, on);
			if (drop != expected[role])
				fail_msg("%s, from a %s: %s, not %s", row->text, lp_role_text(role), lp_drop_wire(drop),
					lp_drop_wire(expected[role]));
			if (drop == LP_DROP_NONE)
				continue;
			uint32_t off = UINT32_C(1) << filter_of(drop);
			if (ask(row, role, on & ~off) == drop)
				fail_msg("%s: dropped by a filter that is off", row->text);
			if (ask(row, role, 0) != LP_DROP_NONE)
				fail_msg("%s: dropped with all filters off", row->text);
		}
	}
}

#define CHECK(name) \
	static void test_##name(void **state) \
	{ \
		(void)state; \
		check(name##_rows, sizeof name##_rows / sizeof *name##_rows); \
	}

CHECK(plain)
CHECK(frame)
CHECK(control)
CHECK(router)
CHECK(rogue)
CHECK(evasion)

/* A frame without a complete header is dropped, whatever is disabled. */
static void test_short(void **state)
{
	struct lp_filters filters;
	(void)state;
	lp_filters_init(&filters, 0, 1500);
	for (size_t len = 0; len < 14; len++) {
		uint8_t *frame = calloc(1, len ? len : 1);
		struct lp_view view;
		assert_non_null(frame);
		lp_view_init(&view, frame, len);
		assert_int_equal(lp_filters_check(&filters, LP_ROLE_GATEWAY, &view), LP_DROP_MALFORMED_FRAME);
		free(frame);
	}
}

/* With malformed frames permitted, a client's frame that cannot be parsed is still dropped. */
static void test_unreadable(void **state)
{
	static const struct row row = {
		.parts = {TAG(0x8100, 1), TAG(0x8100, 2), TAG(0x8100, 3), IPV6, IP6(58), ICMP6(134)}};
	uint32_t on = lp_filters_default() & ~LP_FILTER_BIT(MALFORMED);
	(void)state;
	assert_int_equal(ask(&row, LP_ROLE_CLIENT, on), LP_DROP_ROGUE_RA);
	assert_int_equal(ask(&row, LP_ROLE_CLIENT, on & ~LP_FILTER_BIT(ROGUE_RA)), LP_DROP_ROGUE_DHCP);
	assert_int_equal(ask(&row, LP_ROLE_GATEWAY, on), LP_DROP_NONE);
}

/* IPv6 that cannot be classified is dropped by one of the two filters if the other is disabled. */
static void test_undecided(void **state)
{
	static const struct row row = {.parts = {IPV6, IP6(60), BYTE(17), BYTE(200), BYTES(14, 0)}};
	uint32_t on = lp_filters_default() & ~LP_FILTER_BIT(ROGUE_RA);
	(void)state;
	assert_int_equal(ask(&row, LP_ROLE_CLIENT, on), LP_DROP_ROGUE_DHCP);
	assert_int_equal(ask(&row, LP_ROLE_CLIENT, on & ~LP_FILTER_BIT(ROGUE_DHCP)), LP_DROP_NONE);
}

/* Each filter has its own name and drop reason. */
static void test_table(void **state)
{
	(void)state;
	for (enum lp_filter i = 0; i < LP_FILTER_COUNT; i++) {
		assert_true(strlen(lp_filter_row(i)->wire) > 0 && strlen(lp_filter_row(i)->text) > 0);
		for (enum lp_filter k = 0; k < i; k++) {
			assert_string_not_equal(lp_filter_row(i)->wire, lp_filter_row(k)->wire);
			assert_int_not_equal(lp_filter_row(i)->drop, lp_filter_row(k)->drop);
		}
	}
	assert_int_equal(lp_filters_default() & LP_FILTER_BIT(ISOLATION), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_frame),
		cmocka_unit_test(test_control),
		cmocka_unit_test(test_router),
		cmocka_unit_test(test_rogue),
		cmocka_unit_test(test_evasion),
		cmocka_unit_test(test_short),
		cmocka_unit_test(test_unreadable),
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_undecided),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
