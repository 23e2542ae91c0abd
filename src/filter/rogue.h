/* What only a network's own servers and routers may say. Looked for behind tags, SNAP, IP options, extension headers
   and in fragments; what cannot be decided counts as found (RFC 7113 §2 and §3). */
#ifndef LP_FILTER_ROGUE_H
#define LP_FILTER_ROGUE_H

#include <stdbool.h>

#include "filter/view.h"

/* True for a DHCP or DHCPv6 server's message, and for a frame of IPv4 or IPv6 that may be a part of one. */
bool lp_rogue_dhcp(struct lp_view *view);
/* True for a router advertisement or a redirect of IPv4 or IPv6, and for a frame that may be a part of one. */
bool lp_rogue_ra(struct lp_view *view);
/* True for ARP and RARP whose sender's hardware address is not the frame's source, or cannot be read. */
bool lp_rogue_arp(struct lp_view *view);

#endif
