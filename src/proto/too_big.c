#include "proto/too_big.h"

#include <stdbool.h>
#include <string.h>

#include "proto/checksum.h"
#include "proto/ip.h"

#define ICMP_HEADER 8U
#define ICMP_ECHO 8U
#define ICMPV6_ECHO 128U
#define TTL 64U
/* RFC 792: the IP header and eight bytes. */
#define IPV4_QUOTED_BYTES 8U

/* True if an error may be sent about the packet (RFC 1122 §3.2.2, RFC 4443 §2.4 (e)): no error about an error. */
static bool may_reply(const uint8_t *packet, const struct lp_ip *ip, uint8_t icmp, uint8_t echo)
{
	if (ip->upper != LP_IP_UPPER_FOUND || ip->fragment_offset > 0)
		return false;
	return ip->protocol != icmp || (ip->upper_len > 0 && packet[ip->upper_offset] == echo);
}

/* IPv4: the length of the reply's packet, or 0. */
static size_t reply4(const uint8_t *packet, size_t len, const struct lp_ip *ip, uint16_t mtu, uint8_t *out)
{
	size_t quoted = ip->header_len + IPV4_QUOTED_BYTES;
	bool dont_fragment = packet[6] & 0x40;
	bool has_source = packet[12] != 0 && packet[12] < 224, to_host = packet[16] != 0 && packet[16] < 224;
	if (!dont_fragment || !has_source || !to_host || quoted > len || !may_reply(packet, ip, LP_IP_ICMP, ICMP_ECHO))
		return 0;
	size_t total = LP_IPV4_HEADER + ICMP_HEADER + quoted;
	uint8_t *icmp = out + LP_IPV4_HEADER;
	memset(out, 0, LP_IPV4_HEADER + ICMP_HEADER);
	out[0] = 0x45;
	lp_be16_put(out + 2, (uint16_t)total);
	out[8] = TTL;
	out[9] = LP_IP_ICMP;
	memcpy(out + 12, packet + 16, 4);
	memcpy(out + 16, packet + 12, 4);
	lp_sum_store(out + 10, lp_sum(0, out, LP_IPV4_HEADER));
	icmp[0] = 3; /* destination unreachable */
	icmp[1] = 4; /* fragmentation needed */
	lp_be16_put(icmp + 6, mtu);
	memcpy(icmp + ICMP_HEADER, packet, quoted);
	lp_sum_store(icmp + 2, lp_sum(0, icmp, ICMP_HEADER + quoted));
	return total;
}

/* IPv6: the same. */
static size_t reply6(const uint8_t *packet, size_t len, const struct lp_ip *ip, uint16_t mtu, uint8_t *out)
{
	static const uint8_t unspecified[16];
	size_t quoted = LP_TOO_BIG_MAX - LP_ETHER_HEADER - LP_IPV6_HEADER - ICMP_HEADER;
	const uint8_t *source = packet + 8, *destination = packet + 24;
	if (source[0] == 0xff || destination[0] == 0xff || memcmp(source, unspecified, sizeof unspecified) == 0 ||
		!may_reply(packet, ip, LP_IP_ICMPV6, ICMPV6_ECHO))
		return 0;
	if (quoted > len)
		quoted = len;
	uint8_t *icmp = out + LP_IPV6_HEADER;
	memset(out, 0, LP_IPV6_HEADER + ICMP_HEADER);
	out[0] = 0x60;
	lp_be16_put(out + 4, (uint16_t)(ICMP_HEADER + quoted));
	out[6] = LP_IP_ICMPV6;
	out[7] = TTL;
	memcpy(out + 8, destination, 16);
	memcpy(out + 24, source, 16);
	icmp[0] = 2; /* packet too big */
	lp_be16_put(icmp + 6, mtu);
	memcpy(icmp + ICMP_HEADER, packet, quoted);
	uint64_t sum = lp_sum_pseudo6(out, LP_IP_ICMPV6, (uint32_t)(ICMP_HEADER + quoted));
	lp_sum_store(icmp + 2, lp_sum(sum, icmp, ICMP_HEADER + quoted));
	return LP_IPV6_HEADER + ICMP_HEADER + quoted;
}

size_t lp_too_big_reply(const uint8_t *frame, size_t len, uint16_t mtu, uint8_t reply[LP_TOO_BIG_MAX])
{
	struct lp_ether ether;
	struct lp_ip ip;
	if (lp_ether_parse(frame, len, &ether) != LP_ETHER_OK || ether.n_tags > 0 || ether.llc != LP_LLC_NONE ||
		((ether.dst.octet[0] | ether.src.octet[0]) & 1) ||
		(ether.type != LP_ETHER_TYPE_IPV4 && ether.type != LP_ETHER_TYPE_IPV6))
		return 0;
	const uint8_t *packet = frame + ether.net_offset;
	size_t packet_len = len - ether.net_offset;
	if (lp_ip_parse(packet, packet_len, &ip) < 0 || (ip.version == 4) != (ether.type == LP_ETHER_TYPE_IPV4))
		return 0;
	if (ip.packet_len < packet_len)
		packet_len = ip.packet_len;
	uint8_t *out = reply + LP_ETHER_HEADER;
	size_t n = ip.version == 4 ? reply4(packet, packet_len, &ip, mtu, out)
				   : reply6(packet, packet_len, &ip, mtu, out);
	if (n == 0)
		return 0;
	memcpy(reply, ether.src.octet, 6);
	memcpy(reply + 6, ether.dst.octet, 6);
	lp_be16_put(reply + 12, ether.type);
	return LP_ETHER_HEADER + n;
}
