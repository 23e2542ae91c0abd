#include "proto/multicast_query.h"

#include <string.h>

#include "proto/checksum.h"
#include "proto/ether.h"
#include "proto/ip.h"

/* To 224.0.0.1 and ff02::1. The source MAC is locally administered, and no member can have it in a room. */
#define SOURCE_MAC 0x02, 0x00, 0x00, 0x00, 0x00, 0x01
#define DS_CONTROL 0xc0 /* internetwork control, RFC 3376 §4 */
#define ROBUSTNESS 2

static const uint8_t igmp[] = {
	/* Ethernet */
	0x01, 0x00, 0x5e, 0x00, 0x00, 0x01, SOURCE_MAC, 0x08, 0x00,
	/* IPv4 with the option Router Alert (RFC 2113), TTL 1 */
	0x46, DS_CONTROL, 0, 36, 0, 0, 0, 0, 1, LP_IP_IGMP, 0, 0, 0, 0, 0, 0, 224, 0, 0, 1, 0x94, 4, 0, 0,
	/* IGMPv3 query: maximum response time in units of 0.1 s, no group, no sources */
	0x11, 10, 0, 0, 0, 0, 0, 0, ROBUSTNESS, LP_MULTICAST_QUERY_S, 0, 0};

static const uint8_t mld[] = {
	/* Ethernet */
	0x33, 0x33, 0x00, 0x00, 0x00, 0x01, SOURCE_MAC, 0x86, 0xdd,
	/* IPv6, hop limit 1, from fe80::ff:fe00:1 to ff02::1 */
	0x60, 0, 0, 0, 0, 36, LP_IP_HOP_BY_HOP, 1, 0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0x00, 0x00, 0x00, 0xff, 0xfe, 0x00,
	0x00, 0x01, 0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1,
	/* hop-by-hop options: Router Alert with the value for MLD (RFC 2711), PadN */
	LP_IP_ICMPV6, 0, 5, 2, 0, 0, 1, 0,
	/* MLDv2 query: maximum response delay of 1000 ms, no group, no sources */
	130, 0, 0, 0, 0x03, 0xe8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, ROBUSTNESS,
	LP_MULTICAST_QUERY_S, 0, 0};

_Static_assert(sizeof igmp <= LP_ETHER_FRAME_MIN, "the query is padded");
_Static_assert(sizeof mld == LP_MULTICAST_QUERY_MAX, "the longest query");

#define IGMP_OFFSET (LP_ETHER_HEADER + LP_IPV4_HEADER + 4)
#define MLD_OFFSET (LP_ETHER_HEADER + LP_IPV6_HEADER + 8)

size_t lp_multicast_query_igmp(uint8_t frame[LP_MULTICAST_QUERY_MAX])
{
	uint8_t *ip = frame + LP_ETHER_HEADER, *message = frame + IGMP_OFFSET;
	memset(frame, 0, LP_ETHER_FRAME_MIN);
	memcpy(frame, igmp, sizeof igmp);
	lp_sum_store(ip + 10, lp_sum(0, ip, IGMP_OFFSET - LP_ETHER_HEADER));
	lp_sum_store(message + 2, lp_sum(0, message, sizeof igmp - IGMP_OFFSET));
	return LP_ETHER_FRAME_MIN;
}

size_t lp_multicast_query_mld(uint8_t frame[LP_MULTICAST_QUERY_MAX])
{
	uint8_t *message = frame + MLD_OFFSET;
	uint32_t len = sizeof mld - MLD_OFFSET;
	memcpy(frame, mld, sizeof mld);
	uint64_t sum = lp_sum_pseudo6(frame + LP_ETHER_HEADER, LP_IP_ICMPV6, len);
	lp_sum_store(message + 2, lp_sum(sum, message, len));
	return sizeof mld;
}
