/* Layer 2 safety: which frames a member may send. What holds for one frame is decided here; what depends on other
   members or on the past is decided by the caller with the same tables: rate limits (filter/limit.h, by the classes of
   filter/class.h), and the two filters that depend on the owners of MACs.

   A filter is one row of the table below: its name, whether it is on by default, the drop reason, whose frames and
   which kinds of frames it checks, its function, and a text. Options, help, docs/limits.md and lp_filters_check() are
   made from the rows. From the filters that are on, lp_filters_init() makes one bit set for each role and kind, so that
   a frame costs only the checks that can concern it.

   Invariants: a frame is parsed by lp_ether_parse() and lp_ip_parse(), never by fixed offsets, because tags, SNAP and
   extension headers would bypass a filter that reads at fixed offsets. A filter against rogue servers drops what it
   cannot classify (RFC 7113). A frame without a complete Ethernet header is always dropped.

   The module keeps no state between frames except the buckets of a meter, allocates nothing, and knows neither rooms
   nor connections: bytes, a role and now_ns go in, a drop reason comes out. */
#ifndef LP_FILTER_FILTER_H
#define LP_FILTER_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ctrl/message.h"
#include "obs/drop.h"

struct lp_view;

/* X(name, wire name, on by default, drop reason, roles, kinds, function, text).
   The wire name is that of the option. Roles and kinds are sets of the bits below: whose frames, and which, are checked
   by the function, static in filter.c or of filter/rogue.h. IN_ROOM has no function: the caller decides, and finds
   with lp_filters_apply() whether the filter is on. */
#define LP_FILTERS(X) \
	X(MALFORMED, "malformed", true, MALFORMED_FRAME, ALL, OTHER | UNREADABLE, is_malformed, \
		"frames that are too short, have an impossible length or type, or have more than two VLAN tags") \
	X(OVERSIZE, "oversize", true, OVERSIZE, ALL, ANY, is_oversize, "frames longer than the room's MTU allows") \
	X(BAD_SOURCE, "bad-source", true, BAD_SOURCE, ALL, ANY, is_bad_source, \
		"frames whose source MAC is a group address, zero, or the destination") \
	X(SPOOFED_SOURCE, "spoofed-source", true, SPOOFED_SOURCE, ALL, IN_ROOM, no_check, \
		"frames from a client with another source MAC than its own, and frames from the gateway with a client's MAC") \
	X(SWITCH_CONTROL, "switch-control", true, SWITCH_CONTROL, ALL, READABLE, is_switch_control, \
		"frames that switches send to each other: spanning tree, LLDP, pause, link aggregation") \
	X(ROGUE_RA, "rogue-ra", true, ROGUE_RA, CLIENT, IPV4 | IPV6 | UNREADABLE, lp_rogue_ra, \
		"router advertisements and redirects from a client, and frames that may hide one") \
	X(ROGUE_DHCP, "rogue-dhcp", true, ROGUE_DHCP, CLIENT, IPV4 | IPV6 | UNREADABLE, lp_rogue_dhcp, \
		"DHCP and DHCPv6 server messages from a client, and frames that may hide one") \
	X(ROUTING, "routing", true, ROUTING, CLIENT, IPV4 | IPV6, lp_rogue_routing, \
		"routers' protocols from a client: OSPF, EIGRP, PIM, RIP, VRRP, CARP, HSRP") \
	X(MULTICAST_QUERY, "multicast-query", true, MULTICAST_QUERY, CLIENT, IPV4 | IPV6, lp_rogue_query, \
		"IGMP and MLD queries from a client, which would make it the LAN's querier") \
	X(ACCESS_CONTROL, "access-control", true, ACCESS_CONTROL, CLIENT, OTHER, lp_rogue_access, \
		"802.1X (EAPOL) from a client, and offers of a PPPoE server") \
	X(DHCP_SOURCE, "dhcp-source", true, DHCP_SOURCE, CLIENT, IPV4, lp_rogue_dhcp_source, \
		"DHCP requests from a client for another hardware address than the frame's source; those of relay agents pass") \
	X(ADDRESS_GUARD, "address-guard", true, ADDRESS_THEFT, CLIENT, IN_ROOM, no_check, \
		"ARP and neighbour discovery from a client for another MAC than its own, or for an IP address of another owner") \
	X(ISOLATION, "isolation", false, ISOLATED, CLIENT, IN_ROOM, no_check, "frames from one client to another")

enum lp_filter {
#define X(name, wire, on, drop, roles, kinds, function, text) LP_FILTER_##name,
	LP_FILTERS(X)
#undef X
		LP_FILTER_COUNT,
};

#define LP_FILTER_BIT(name) (UINT32_C(1) << LP_FILTER_##name)

/* What a row says, for options, help and documents. */
struct lp_filter_row {
	const char *wire;
	bool on; /* by default */
	enum lp_drop drop;
	bool from_gateway; /* checks the gateway's frames, not only those of clients */
	const char *text;
};

const struct lp_filter_row *lp_filter_row(enum lp_filter filter);
/* The bit set of the filters that are on by default. */
uint32_t lp_filters_default(void);

/* Kinds of frames, by the type after tags and SNAP. */
enum lp_filter_kind {
	LP_FILTER_KIND_IPV4,
	LP_FILTER_KIND_IPV6,
	LP_FILTER_KIND_ARP, /* RARP, too */
	LP_FILTER_KIND_OTHER,
	LP_FILTER_KIND_UNREADABLE, /* malformed: the type is unknown */
	LP_FILTER_KIND_COUNT,
};

/* The filters that are on, prepared. */
struct lp_filters {
	uint16_t mtu;                             /* of the room, IP bytes */
	uint32_t on[2];                           /* by role (1: gateway): bit set of filters */
	uint32_t checks[2][LP_FILTER_KIND_COUNT]; /* by role and kind: those whose function is called */
};

/* Prepares the filters |on|, a bit set, for a room of |mtu| IP bytes. */
void lp_filters_init(struct lp_filters *filters, uint32_t on, uint16_t mtu);
/* Checks a frame that a client or gateway sent. LP_DROP_NONE, or the drop reason of the first filter that matches. */
enum lp_drop lp_filters_check(const struct lp_filters *filters, enum lp_role role, struct lp_view *view);

/* True if |filter| is on and concerns the frames of |role|. */
static inline bool lp_filters_apply(const struct lp_filters *filters, enum lp_role role, enum lp_filter filter)
{
	return filters->on[role == LP_ROLE_GATEWAY] >> filter & 1;
}

#endif
