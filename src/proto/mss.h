/* Lowers the MSS option of TCP SYN segments (RFC 9293 §3.7.1), so that full segments fit a DATAGRAM without overlay
   fragments. */
#ifndef LP_PROTO_MSS_H
#define LP_PROTO_MSS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/ether.h"
#include "proto/ip.h"

/* False for nearly every frame, in a few nanoseconds: it is not a SYN, so lp_mss_clamp() would not change it. */
static inline bool lp_mss_is_candidate(const uint8_t *frame, size_t len)
{
	/* Without IP options and extension headers, the TCP flags are at a fixed offset. */
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

/* Lowers the MSS option of a SYN or SYN-ACK (IPv4 or IPv6, tagged or not) to the largest segment that |mtu| carries in
   an untagged frame; each tag takes 4 bytes more. Updates the TCP checksum, unless |partial_csum|: then the field holds
   only the sum of the pseudo-header and is completed later. Other frames are not changed. True if the frame was
   changed. */
bool lp_mss_clamp(uint8_t *frame, size_t len, size_t mtu, bool partial_csum);

#endif
