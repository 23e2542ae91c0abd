#include "proto/flow.h"

#include "proto/checksum.h"
#include "proto/ether.h"
#include "proto/ip.h"

#define ECN_MASK 3U /* not-ECT is 0, ECT(1) 1, ECT(0) 2, CE 3 */

/* Mixes a word into a hash, with the finaliser of MurmurHash3. */
static inline uint64_t mix(uint64_t hash, uint64_t word)
{
	hash ^= word;
	hash ^= hash >> 33;
	hash *= UINT64_C(0xff51afd7ed558ccd);
	hash ^= hash >> 33;
	hash *= UINT64_C(0xc4ceb9fe1a85ec53);
	return hash ^ hash >> 33;
}

/* Eight bytes as a word, in the machine's byte order. */
static inline uint64_t load8(const uint8_t *at)
{
	uint64_t word;
	memcpy(&word, at, sizeof word);
	return word;
}

/* True if the header of this protocol starts with two ports. */
static bool has_ports(uint8_t protocol)
{
	return protocol == LP_IP_TCP || protocol == LP_IP_UDP || protocol == 132 /* SCTP */ ||
	       protocol == 136 /* UDP-Lite */;
}

static uint64_t hash_ip(const uint8_t *packet, const struct lp_ip *ip, uint64_t hash)
{
	uint64_t word = ip->protocol;
	if (ip->fragment)
		word = 0; /* only the first fragment has the upper-layer header */
	else if (ip->upper == LP_IP_UPPER_FOUND && ip->upper_len >= 4 && has_ports(ip->protocol))
		word |= (uint64_t)lp_be32_get(packet + ip->upper_offset) << 8;
	if (ip->version == 4) {
		hash = mix(hash, load8(packet + 12));
	} else {
		for (unsigned i = 8; i < LP_IPV6_HEADER; i += 8)
			hash = mix(hash, load8(packet + i));
	}
	return mix(hash, word);
}

uint64_t lp_flow_hash(const uint8_t *frame, size_t len, uint64_t seed)
{
	struct lp_ether ether;
	struct lp_ip ip;
	if (lp_ether_parse(frame, len, &ether) != LP_ETHER_OK)
		return mix(seed, len);
	if ((ether.type == LP_ETHER_TYPE_IPV4 || ether.type == LP_ETHER_TYPE_IPV6) &&
		lp_ip_parse(frame + ether.net_offset, ether.net_len, &ip) == 0)
		return hash_ip(frame + ether.net_offset, &ip, seed);
	return mix(mix(seed, load8(frame)), (uint64_t)lp_be32_get(frame + 8) << 16 | ether.type);
}

bool lp_ecn_mark(uint8_t *frame, size_t len)
{
	struct lp_ether ether;
	if (lp_ether_parse(frame, len, &ether) != LP_ETHER_OK)
		return false;
	uint8_t *ip = frame + ether.net_offset;
	if (ether.type == LP_ETHER_TYPE_IPV4 && ether.net_len >= LP_IPV4_HEADER && ip[0] >> 4 == 4) {
		uint16_t old = lp_be16_get(ip);
		if (!(old & ECN_MASK))
			return false;
		ip[1] |= ECN_MASK;
		if (lp_be16_get(ip) != old)
			lp_checksum_replace16(ip + 10, old, lp_be16_get(ip));
		return true;
	}
	if (ether.type == LP_ETHER_TYPE_IPV6 && ether.net_len >= LP_IPV6_HEADER && ip[0] >> 4 == 6) {
		if (!(ip[1] >> 4 & ECN_MASK))
			return false;
		ip[1] |= ECN_MASK << 4;
		return true;
	}
	return false;
}
