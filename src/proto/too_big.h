/* The reply of a router to an IP packet that is larger than the next link's MTU: ICMP "fragmentation needed" (RFC 1191
   §4) and ICMPv6 "packet too big" (RFC 4443 §3.2). The sender then sends smaller packets. Without the reply, its
   packets would be lost without a trace. */
#ifndef LP_PROTO_TOO_BIG_H
#define LP_PROTO_TOO_BIG_H

#include <stddef.h>
#include <stdint.h>

#include "proto/ether.h"

/* RFC 4443 §2.4 (c): as much of the packet as fits IPv6's minimum MTU. */
#define LP_TOO_BIG_MAX (LP_ETHER_HEADER + 1280U)

/* Writes the frame that replies to |frame|, whose IP packet may be complete or the start of a super-frame. |mtu|: IP
   bytes that fit. It comes from the packet's destination, because a bridge has no address. Returns its length; 0: there
   is none (not IP, IPv4 that may be fragmented, a later fragment, ICMP other than an echo request, a group or the
   unspecified address as source or destination, tagged). */
size_t lp_too_big_reply(const uint8_t *frame, size_t len, uint16_t mtu, uint8_t reply[LP_TOO_BIG_MAX]);

#endif
