/* MTU arithmetic: what fits where on the way from an IP packet inside a frame to the path outside. "Budget" is always
   the most bytes of one DATAGRAM, overlay header included; "MTU" always counts IP bytes. */
#ifndef LP_PROTO_BUDGET_H
#define LP_PROTO_BUDGET_H

#include <stddef.h>

#include "proto/datagram.h"
#include "proto/ether.h"

/* What QUIC adds to a DATAGRAM: first byte, connection id, packet number, frame type and length, AEAD tag. An
   estimate for planning; the connection knows its own. */
#define LP_BUDGET_QUIC_OVERHEAD 32U
/* IP and UDP headers of the path outside. */
#define LP_BUDGET_IPV4_UDP 28U
#define LP_BUDGET_IPV6_UDP 48U
/* The smallest UDP payload that every QUIC path carries (RFC 9000 §14). */
#define LP_BUDGET_QUIC_FLOOR 1200U
/* The room's default MTU, and the longest frame of it, with two tags. */
#define LP_BUDGET_ROOM_MTU 1500U
#define LP_BUDGET_FRAME_MAX (LP_BUDGET_ROOM_MTU + LP_ETHER_HEADER + LP_ETHER_TAGS_MAX * LP_ETHER_TAG)
/* The smallest budget that carries such a frame in LP_FRAGMENTS_MAX fragments; below it: mtu_too_small. */
#define LP_BUDGET_MIN lp_budget_min(LP_BUDGET_FRAME_MAX)

/* The longest frame that a network of this MTU has: with a header and two tags. */
static inline size_t lp_budget_frame_max(size_t mtu)
{
	return mtu + LP_ETHER_HEADER + LP_ETHER_TAGS_MAX * (size_t)LP_ETHER_TAG;
}

/* The smallest budget that carries a frame of |frame_len| bytes in LP_FRAGMENTS_MAX fragments. */
static inline size_t lp_budget_min(size_t frame_len)
{
	return (frame_len + LP_FRAGMENTS_MAX - 1) / LP_FRAGMENTS_MAX + LP_DATAGRAM_FRAGMENT_HEADER;
}

/* The longest frame that needs no fragment; 0 if none does. */
static inline size_t lp_budget_whole_frame(size_t budget)
{
	return budget > LP_DATAGRAM_HEADER ? budget - LP_DATAGRAM_HEADER : 0;
}

/* The longest frame that LP_FRAGMENTS_MAX fragments carry; 0 if none. */
static inline size_t lp_budget_fragmented_frame(size_t budget)
{
	return budget > LP_DATAGRAM_FRAGMENT_HEADER ? (budget - LP_DATAGRAM_FRAGMENT_HEADER) * LP_FRAGMENTS_MAX : 0;
}

/* The MTU inside that needs no fragment, for an untagged frame; 0 if none. */
static inline size_t lp_budget_inner_mtu(size_t budget)
{
	size_t frame = lp_budget_whole_frame(budget);
	return frame > LP_ETHER_HEADER ? frame - LP_ETHER_HEADER : 0;
}

/* The budget of a path outside with this MTU, |family| 4 or 6; 0 if nothing fits. An estimate, see above. */
static inline size_t lp_budget_of_path(size_t path_mtu, int family)
{
	size_t overhead = (family == 6 ? LP_BUDGET_IPV6_UDP : LP_BUDGET_IPV4_UDP) + LP_BUDGET_QUIC_OVERHEAD;
	return path_mtu > overhead ? path_mtu - overhead : 0;
}

#endif
