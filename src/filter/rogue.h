/* Messages that only servers and routers of a network may send. They are found after tags, SNAP, IP options and
   extension headers, and in fragments; a frame that can't be classified counts as one (RFC 7113 §2 and §3). */
#ifndef LP_FILTER_ROGUE_H
#define LP_FILTER_ROGUE_H

#include <stdbool.h>

#include "filter/view.h"

/* True for a message of a DHCP or DHCPv6 server, and for a frame that may be a part of one. */
bool lp_rogue_dhcp(struct lp_view *view);
/* True for a router advertisement or redirect (IPv4 or IPv6), and for a frame that may be a part of one. */
bool lp_rogue_ra(struct lp_view *view);
/* True for protocols that routers send to each other, and for those that make a router's address redundant. */
bool lp_rogue_routing(struct lp_view *view);
/* True for an IGMP or MLD query. */
bool lp_rogue_query(struct lp_view *view);
/* True for 802.1X, and for what a PPPoE server sends. */
bool lp_rogue_access(struct lp_view *view);
/* True for a DHCP request whose hardware address (chaddr) is not the frame's source, or cannot be read. Requests that a
   relay agent passes on are not checked: their source is the agent. */
bool lp_rogue_dhcp_source(struct lp_view *view);

#endif
