/* Keeps TCP from needing fragments: lowers the MSS option of SYN segments (RFC 9293 §3.7.1) to what a path carries
   whole. */
#ifndef LP_PROTO_MSS_H
#define LP_PROTO_MSS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/ether.h"
#include "proto/ip.h"

/* lp_mss_clamp() for what is not plainly something else. */
bool lp_mss_clamp_slow(uint8_t *frame, size_t len, size_t mtu, bool partial_csum);

/* False for nearly every frame, in a few nanoseconds: it cannot be a SYN. */
static inline bool lp_mss_is_candidate(const uint8_t *frame, size_t len)
{
	/* The flags of TCP behind a plain IPv4 or IPv6 header are at a fixed place: most frames end here. */
	if (len >= LP_ETHER_HEADER + LP_IPV6_HEADER + LP_TCP_HEADER) {
		uint16_t type = lp_be16_get(frame + 12);
		if (type == LP_ETHER_TYPE_IPV4 && frame[14] == 0x45 && (frame[23] != LP_IP_TCP || !(frame[47] & 0x02)))
			return false;
		if (type == LP_ETHER_TYPE_IPV6 &&
			(frame[20] == LP_IP_UDP || (frame[20] == LP_IP_TCP && !(frame[67] & 0x02))))
			return false;
	}
	return true;
}

/* Lowers the MSS in a SYN or SYN-ACK, IPv4 or IPv6, behind tags or not, to the largest segment that |mtu| carries in an
   untagged frame (each tag takes 4 bytes more). The TCP checksum is put right; with |partial_csum| it is left alone,
   because then it holds the pseudo-header's sum only and is completed later. Any other frame is not touched. True if
   the frame was changed. */
static inline bool lp_mss_clamp(uint8_t *frame, size_t len, size_t mtu, bool partial_csum)
{
	return lp_mss_is_candidate(frame, len) && lp_mss_clamp_slow(frame, len, mtu, partial_csum);
}

#endif
