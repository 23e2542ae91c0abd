#include "proto/ip.h"

#include "base/error.h"
#include "proto/be.h"

#define FRAGMENT_HEADER 8U

/* RFC 791 §3.1. */
static int parse_v4(const uint8_t *packet, size_t len, struct lp_ip *ret_ip)
{
	if (len < LP_IPV4_HEADER)
		return LP_EMALFORMED;
	uint32_t header_len = (packet[0] & 0x0fU) * 4;
	uint32_t total = lp_be16_get(packet + 2);
	if (header_len < LP_IPV4_HEADER || header_len > len || total < header_len)
		return LP_EMALFORMED;
	uint16_t fragment = lp_be16_get(packet + 6);
	struct lp_ip ip = {
		.version = 4,
		.protocol = packet[9],
		.upper = fragment & 0x1fff ? LP_IP_UPPER_LATER_FRAGMENT : LP_IP_UPPER_FOUND,
		.fragment = (fragment & 0x3fff) != 0,
		.more_fragments = (fragment & 0x2000) != 0,
		.fragment_offset = (uint16_t)((fragment & 0x1fff) << 3),
		.truncated = total > len,
		.header_len = header_len,
		.upper_offset = header_len,
		.packet_len = total > len ? (uint32_t)len : total,
	};
	ip.upper_len = ip.packet_len - ip.upper_offset;
	*ret_ip = ip;
	return 0;
}

/* True if |protocol| is an extension header with a length (RFC 8200 §4, IANA's list). */
static bool is_extension(uint8_t protocol)
{
	switch (protocol) {
	case LP_IP_HOP_BY_HOP:
	case LP_IP_ROUTING:
	case LP_IP_FRAGMENT:
	case LP_IP_AH:
	case LP_IP_DESTINATION:
	case LP_IP_MOBILITY:
	case LP_IP_HIP:
	case LP_IP_SHIM6:
		return true;
	default:
		return false;
	}
}

/* Parses the fragment header at |at| (RFC 8200 §4.5). */
static void parse_fragment(struct lp_ip *ip, const uint8_t *at)
{
	uint16_t field = lp_be16_get(at + 2);
	if (!ip->fragment)
		ip->fragment_end = ip->header_len + FRAGMENT_HEADER;
	ip->fragment = true;
	ip->fragment_offset = field & 0xfff8;
	ip->more_fragments = field & 1;
}

/* Parses the extension headers from |ip|->header_len on. */
static enum lp_ip_upper walk(const uint8_t *packet, struct lp_ip *ip)
{
	for (unsigned i = 0; is_extension(ip->protocol); i++) {
		const uint8_t *at = packet + ip->header_len;
		uint32_t left = ip->packet_len - ip->header_len;
		if (i == LP_IP_EXTENSIONS_MAX || left < 8)
			return LP_IP_UPPER_HIDDEN;
		uint32_t header_len = at[1] * 8U + 8;
		if (ip->protocol == LP_IP_FRAGMENT)
			header_len = FRAGMENT_HEADER;
		else if (ip->protocol == LP_IP_AH)
			header_len = at[1] * 4U + 8; /* RFC 4302 §2.2: in words, minus two */
		if (header_len > left)
			return LP_IP_UPPER_HIDDEN;
		if (ip->protocol == LP_IP_FRAGMENT)
			parse_fragment(ip, at);
		ip->protocol = at[0];
		ip->header_len += header_len;
		if (ip->fragment_offset)
			return LP_IP_UPPER_LATER_FRAGMENT;
	}
	return ip->protocol == LP_IP_NO_NEXT ? LP_IP_UPPER_NONE : LP_IP_UPPER_FOUND;
}

static int parse_v6(const uint8_t *packet, size_t len, struct lp_ip *ret_ip)
{
	if (len < LP_IPV6_HEADER)
		return LP_EMALFORMED;
	uint32_t total = LP_IPV6_HEADER + lp_be16_get(packet + 4);
	struct lp_ip ip = {
		.version = 6,
		.protocol = packet[6],
		.truncated = total > len,
		.header_len = LP_IPV6_HEADER,
		.packet_len = total > len ? (uint32_t)len : total,
	};
	ip.upper = walk(packet, &ip);
	ip.upper_offset = ip.header_len;
	ip.upper_len = ip.packet_len - ip.upper_offset;
	*ret_ip = ip;
	return 0;
}

int lp_ip_parse(const uint8_t *packet, size_t len, struct lp_ip *ret_ip)
{
	switch (len ? packet[0] >> 4 : 0) {
	case 4:
		return parse_v4(packet, len, ret_ip);
	case 6:
		return parse_v6(packet, len, ret_ip);
	default:
		return LP_EMALFORMED;
	}
}
