#include "proto/coalesce_key.h"

#include "proto/be.h"
#include "proto/checksum.h"
#include "proto/ether.h"
#include "proto/ip.h"

/* Extension headers are skipped as in Linux's GRO; TCP packets don't have more than these. */
#define EXTENSIONS_MAX 4U

/* Eight bytes as a word, in the machine's byte order. */
static inline uint64_t load8(const uint8_t *at)
{
	uint64_t word;
	memcpy(&word, at, sizeof word);
	return word;
}

/* Mixes a word into the hash of the flow. A collision only prevents a merge. */
static inline uint64_t mix(uint64_t hash, uint64_t word)
{
	hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
	return hash ^ hash >> 32;
}

static void read_tcp(const uint8_t *frame, size_t l4_len, struct lp_coalesce_key *key)
{
	const uint8_t *tcp = frame + key->l4;
	uint32_t header_len = (tcp[12] >> 4) * 4U;
	if (header_len < LP_TCP_HEADER || header_len > l4_len) {
		key->kind = LP_COALESCE_UNSURE;
		return;
	}
	key->payload = key->l4 + header_len;
	key->payload_len = (uint32_t)l4_len - header_len;
	key->closes = (tcp[13] & (LP_TCP_FIN | LP_TCP_PSH)) != 0;
	if (key->payload_len == 0 || (tcp[13] & (LP_TCP_SYN | LP_TCP_RST | LP_TCP_URG)))
		key->kind = LP_COALESCE_ENDS;
}

/* A datagram without a checksum, or with bytes after its end, can't join. */
static void read_udp(const uint8_t *frame, size_t l4_len, struct lp_coalesce_key *key)
{
	const uint8_t *udp = frame + key->l4;
	key->payload = key->l4 + LP_UDP_HEADER;
	key->payload_len = (uint32_t)l4_len - LP_UDP_HEADER;
	key->closes = false;
	if (key->payload_len == 0 || lp_be16_get(udp + 4) != l4_len || lp_be16_get(udp + 6) == 0)
		key->kind = LP_COALESCE_ENDS;
}

/* Parses the header of |protocol| at |key|->l4, in a packet that ends at |end|; |key|->hash has the addresses. */
static void read_upper(const uint8_t *frame, size_t end, uint8_t protocol, struct lp_coalesce_key *key)
{
	key->udp = protocol == LP_IP_UDP;
	size_t header_min = key->udp ? LP_UDP_HEADER : LP_TCP_HEADER;
	if (end < key->l4 + header_min) {
		key->kind = LP_COALESCE_UNSURE;
		return;
	}
	key->hash = mix(key->hash, (uint64_t)lp_be32_get(frame + key->l4) << 8 | protocol);
	if (key->udp)
		read_udp(frame, end - key->l4, key);
	else
		read_tcp(frame, end - key->l4, key);
}

/* With options, or in a fragment, the flow is unknown. */
static void read_v4(const uint8_t *frame, size_t len, struct lp_coalesce_key *key)
{
	const uint8_t *ip = frame + key->l3;
	size_t left = len - key->l3;
	key->kind = LP_COALESCE_UNSURE;
	if (left < LP_IPV4_HEADER || ip[0] != 0x45)
		return;
	size_t total = lp_be16_get(ip + 2);
	uint16_t fragment = lp_be16_get(ip + 6);
	if ((fragment & 0x3fff) || total > left || total < LP_IPV4_HEADER)
		return;
	if (ip[9] != LP_IP_TCP && ip[9] != LP_IP_UDP) {
		key->kind = LP_COALESCE_LONE;
		return;
	}
	key->v6 = false;
	key->kind = LP_COALESCE_JOINS;
	key->l4 = key->l3 + LP_IPV4_HEADER;
	key->hash = mix(0, load8(ip + 12));
	read_upper(frame, key->l3 + total, ip[9], key);
	/* Segmentation would lose padding and the reserved bit. */
	if (key->kind == LP_COALESCE_JOINS && (total != left || (fragment & 0x8000)))
		key->kind = LP_COALESCE_ENDS;
}

/* Skips the extension headers that GRO skips. */
static void read_v6(const uint8_t *frame, size_t len, struct lp_coalesce_key *key)
{
	const uint8_t *ip = frame + key->l3;
	size_t left = len - key->l3;
	key->kind = LP_COALESCE_UNSURE;
	if (left < LP_IPV6_HEADER || ip[0] >> 4 != 6)
		return;
	size_t total = LP_IPV6_HEADER + lp_be16_get(ip + 4);
	if (total > left)
		return;
	uint8_t next = ip[6];
	size_t at = LP_IPV6_HEADER;
	for (unsigned i = 0; next == LP_IP_HOP_BY_HOP || next == LP_IP_ROUTING || next == LP_IP_DESTINATION; i++) {
		if (i == EXTENSIONS_MAX || total - at < 8 || ip[at + 1] * 8U + 8 > total - at)
			return;
		next = ip[at];
		at += ip[at + 1] * 8U + 8;
	}
	if (next != LP_IP_TCP && next != LP_IP_UDP) {
		if (next == LP_IP_ICMPV6)
			key->kind = LP_COALESCE_LONE;
		return;
	}
	key->v6 = true;
	key->kind = LP_COALESCE_JOINS;
	key->l4 = key->l3 + (uint32_t)at;
	key->hash = mix(mix(0, load8(ip + 8)), load8(ip + 16));
	key->hash = mix(mix(key->hash, load8(ip + 24)), load8(ip + 32));
	read_upper(frame, key->l3 + total, next, key);
	if (key->kind == LP_COALESCE_JOINS && total != left)
		key->kind = LP_COALESCE_ENDS;
}

void lp_coalesce_key_read(const uint8_t *frame, size_t len, struct lp_coalesce_key *ret_key)
{
	ret_key->kind = LP_COALESCE_LONE;
	if (len < LP_ETHER_HEADER)
		return;
	ret_key->l3 = LP_ETHER_HEADER;
	uint16_t type = lp_be16_get(frame + 12);
	for (unsigned i = 0; lp_ether_is_tag(type); i++) {
		if (i == LP_ETHER_TAGS_MAX || len - ret_key->l3 < LP_ETHER_TAG)
			return;
		type = lp_be16_get(frame + ret_key->l3 + 2);
		ret_key->l3 += LP_ETHER_TAG;
	}
	if (type == LP_ETHER_TYPE_IPV4)
		read_v4(frame, len, ret_key);
	else if (type == LP_ETHER_TYPE_IPV6)
		read_v6(frame, len, ret_key);
}

bool lp_coalesce_key_verify(const uint8_t *frame, const struct lp_coalesce_key *key, uint8_t *to)
{
	const uint8_t *ip = frame + key->l3, *payload = frame + key->payload;
	uint8_t protocol = key->udp ? LP_IP_UDP : LP_IP_TCP;
	uint32_t header_len = key->payload - key->l4, l4_len = header_len + key->payload_len;
	if (!key->v6 && lp_sum_fold(lp_sum(0, ip, LP_IPV4_HEADER)) != 0xffff)
		return false;
	uint64_t sum = key->v6 ? lp_sum_pseudo6(ip, protocol, l4_len) : lp_sum_pseudo4(ip, protocol, l4_len);
	sum = lp_sum(sum, frame + key->l4, header_len);
	sum = to ? lp_sum_copy(sum, to, payload, key->payload_len) : lp_sum(sum, payload, key->payload_len);
	return lp_sum_fold(sum) == 0xffff;
}
