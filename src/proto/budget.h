/* MTU arithmetic between the inner network and the path of the tunnel. A budget is the largest DATAGRAM in bytes,
   overlay header included. An MTU counts IP bytes. */
#ifndef LP_PROTO_BUDGET_H
#define LP_PROTO_BUDGET_H

#include <stddef.h>

#include "proto/datagram.h"
#include "proto/ether.h"

/* Overhead of QUIC per DATAGRAM: first byte, connection ID, packet number, frame type and length, AEAD tag. An
   estimate; the connection knows the exact value. */
#define LP_BUDGET_QUIC_OVERHEAD 32U
/* The UDP payload that every QUIC path carries (RFC 9000 §14). */
#define LP_BUDGET_QUIC_FLOOR 1200U
/* The default MTU of a room, and the longest frame with it: two tags. */
#define LP_BUDGET_ROOM_MTU 1500U
#define LP_BUDGET_FRAME_MAX (LP_BUDGET_ROOM_MTU + LP_ETHER_HEADER + LP_ETHER_TAGS_MAX * LP_ETHER_TAG)
/* The smallest budget that carries such a frame in LP_FRAGMENTS_MAX fragments; below it: mtu_too_small. */
#define LP_BUDGET_MIN lp_budget_min(LP_BUDGET_FRAME_MAX)

/* The longest frame of a network with this MTU: header and two tags. */
static inline size_t lp_budget_frame_max(size_t mtu)
{
	return mtu + LP_ETHER_HEADER + LP_ETHER_TAGS_MAX * (size_t)LP_ETHER_TAG;
}

/* The smallest budget that carries a frame of |frame_len| bytes in LP_FRAGMENTS_MAX fragments. */
static inline size_t lp_budget_min(size_t frame_len)
{
	return (frame_len + LP_FRAGMENTS_MAX - 1) / LP_FRAGMENTS_MAX + LP_DATAGRAM_FRAGMENT_HEADER;
}

/* The longest frame that fits one DATAGRAM; 0: none. */
static inline size_t lp_budget_whole_frame(size_t budget)
{
	return budget > LP_DATAGRAM_HEADER ? budget - LP_DATAGRAM_HEADER : 0;
}

/* The largest inner MTU whose untagged frames fit one DATAGRAM; 0: none. */
static inline size_t lp_budget_inner_mtu(size_t budget)
{
	size_t frame = lp_budget_whole_frame(budget);
	return frame > LP_ETHER_HEADER ? frame - LP_ETHER_HEADER : 0;
}

#endif
