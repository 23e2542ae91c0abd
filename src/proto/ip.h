/* IP headers (RFC 791, RFC 8200): where the upper-layer header of a packet is, if that can be determined. If it can't,
   the parser reports why, and the caller decides: a filter drops the packet (RFC 7113), a hash uses the addresses only.
 */
#ifndef LP_PROTO_IP_H
#define LP_PROTO_IP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LP_IPV4_HEADER 20U
#define LP_IPV6_HEADER 40U
#define LP_TCP_HEADER 20U
#define LP_UDP_HEADER 8U
/* With more extension headers than this, the upper layer counts as hidden. Normal packets have at most 5. */
#define LP_IP_EXTENSIONS_MAX 32U

enum lp_ip_protocol {
	LP_IP_HOP_BY_HOP = 0,
	LP_IP_ICMP = 1,
	LP_IP_IGMP = 2,
	LP_IP_TCP = 6,
	LP_IP_UDP = 17,
	LP_IP_ROUTING = 43,
	LP_IP_FRAGMENT = 44,
	LP_IP_ESP = 50,
	LP_IP_AH = 51,
	LP_IP_ICMPV6 = 58,
	LP_IP_NO_NEXT = 59,
	LP_IP_DESTINATION = 60,
	LP_IP_MOBILITY = 135,
	LP_IP_HIP = 139,
	LP_IP_SHIM6 = 140,
};

enum lp_ip_upper {
	LP_IP_UPPER_FOUND,          /* |protocol| begins at |upper_offset|; check |upper_len| before reading it */
	LP_IP_UPPER_LATER_FRAGMENT, /* a fragment without the start of the upper layer */
	LP_IP_UPPER_HIDDEN,         /* the chain of headers exceeds the packet or is too long (RFC 7112) */
	LP_IP_UPPER_NONE,           /* no next header (59) */
};

struct lp_ip {
	uint8_t version;          /* 4 or 6 */
	uint8_t protocol;         /* of the upper layer, or of the first header that was not parsed */
	enum lp_ip_upper upper;   /* ESP counts as found, because its content is encrypted */
	bool fragment;            /* part of a larger packet, or an atomic fragment (RFC 6946) */
	bool more_fragments;      /* the flag */
	bool truncated;           /* the IP length exceeds the bytes that are there */
	uint16_t fragment_offset; /* in bytes; 0 for a first fragment and for whole packets */
	uint32_t fragment_end;    /* IPv6: end of the first fragment header; 0: none */
	uint32_t header_len;      /* IPv4: with options; IPv6: with the extension headers that were parsed */
	uint32_t upper_offset;    /* of the upper-layer header (or a later fragment's data), from the IP header */
	uint32_t upper_len;       /* bytes from there to the end of the packet */
	uint32_t packet_len;      /* the IP length, limited to the bytes that are there; padding is beyond it */
};

/* Parses the IP headers at |packet|; the first bits are the version. 0, or LP_EMALFORMED: not an IP packet (too short,
   another version, contradictory lengths). */
int lp_ip_parse(const uint8_t *packet, size_t len, struct lp_ip *ret_ip);

#endif
