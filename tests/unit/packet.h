/* Builds Ethernet frames with IP, TCP and UDP for tests, without the code under test: checksums are computed
   naively. */
#ifndef LP_TESTS_PACKET_H
#define LP_TESTS_PACKET_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "proto/offload.h"

#define PACKET_TCP 6
#define PACKET_UDP 17
#define PACKET_ACK 0x10
#define PACKET_PSH 0x08
#define PACKET_FIN 0x01
#define PACKET_SYN 0x02
#define PACKET_CWR 0x80
#define PACKET_ECE 0x40
#define PACKET_DF 0x4000

/* What to build; zeros are sensible defaults. */
struct packet {
	int version; /* 4 or 6 */
	uint8_t protocol;
	unsigned n_tags;
	uint16_t tpid[2], tci[2];
	uint8_t host; /* last byte of the source address */
	uint8_t tos, ttl;
	uint16_t id, fragment;     /* IPv4: identification; flags and offset */
	uint32_t flow_label;       /* IPv6 */
	const uint8_t *ip_options; /* IPv4, a multiple of 4 bytes */
	size_t ip_options_len;
	uint8_t extensions[4]; /* IPv6: types of extension headers, 8 bytes of padding option each */
	unsigned n_extensions;
	uint16_t source_port, target_port;
	uint32_t seq, ack;
	uint8_t flags;
	uint16_t window;
	const uint8_t *tcp_options; /* a multiple of 4 bytes */
	size_t tcp_options_len;
	const uint8_t *payload;
	size_t payload_len;
};

static inline uint8_t *packet_put16(uint8_t *at, unsigned value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
	return at + 2;
}

static inline uint8_t *packet_put32(uint8_t *at, uint32_t value)
{
	return packet_put16(packet_put16(at, value >> 16), value & 0xffff);
}

/* RFC 1071, word by word. */
static inline uint32_t packet_sum(uint32_t sum, const uint8_t *data, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		sum += i & 1 ? data[i] : (uint32_t)data[i] << 8;
		sum = (sum & 0xffff) + (sum >> 16);
	}
	return sum;
}

/* Offset of the IP header. */
static inline size_t packet_l3(const struct packet *p)
{
	return 14 + 4 * (size_t)p->n_tags;
}

/* Offset of the TCP or UDP header. */
static inline size_t packet_l4(const struct packet *p)
{
	return packet_l3(p) + (p->version == 4 ? 20 + p->ip_options_len : 40 + 8 * (size_t)p->n_extensions);
}

/* Offset of the payload. */
static inline size_t packet_headers(const struct packet *p)
{
	return packet_l4(p) + (p->protocol == PACKET_TCP ? 20 + p->tcp_options_len : 8);
}

/* The folded pseudo-header sum for an upper layer of |len| bytes. */
static inline uint32_t packet_pseudo(const struct packet *p, const uint8_t *frame, size_t len)
{
	const uint8_t *ip = frame + packet_l3(p);
	uint32_t sum = p->version == 4 ? packet_sum(0, ip + 12, 8) : packet_sum(0, ip + 8, 32);
	sum += p->protocol + (uint32_t)(len >> 16) + (uint32_t)(len & 0xffff);
	sum = (sum & 0xffff) + (sum >> 16);
	return (sum & 0xffff) + (sum >> 16);
}

/* Writes the IP header; |total| from it to the end of the packet. */
static inline void packet_build_ip(const struct packet *p, uint8_t *ip, size_t total)
{
	uint8_t *at = ip;
	uint8_t ttl = p->ttl ? p->ttl : 64;
	if (p->version == 4) {
		size_t header_len = 20 + p->ip_options_len;
		at = packet_put16(at, (unsigned)(0x40 | header_len / 4) << 8 | p->tos);
		at = packet_put16(at, (unsigned)total);
		at = packet_put16(at, p->id);
		at = packet_put16(at, p->fragment);
		at = packet_put16(at, (unsigned)ttl << 8 | p->protocol);
		at = packet_put16(at, 0);
		at = packet_put32(at, 0x0a000000U | p->host);
		at = packet_put32(at, 0x0a000064U);
		if (p->ip_options_len)
			memcpy(at, p->ip_options, p->ip_options_len);
		packet_put16(ip + 10, (uint16_t)~packet_sum(0, ip, header_len));
		return;
	}
	at = packet_put32(at, 6U << 28 | (uint32_t)p->tos << 20 | p->flow_label);
	at = packet_put16(at, (unsigned)(total - 40));
	*at++ = p->n_extensions ? p->extensions[0] : p->protocol;
	*at++ = ttl;
	memset(at, 0, 32);
	at[0] = at[16] = 0xfd;
	at[15] = p->host;
	at[31] = 0x64;
	at += 32;
	for (unsigned i = 0; i < p->n_extensions; i++, at += 8) {
		const uint8_t body[8] = {
			i + 1 < p->n_extensions ? p->extensions[i + 1] : p->protocol, 0, 1, 4, 0, 0, 0, 0};
		memcpy(at, body, 8);
		if (p->extensions[i] == 43) /* a routing header without segments left */
			memset(at + 2, 0, 6);
	}
}

/* Writes the frame to |out| with correct lengths and checksums; returns its length. A super-frame is a frame with a
   large payload. */
static inline size_t packet_build(const struct packet *p, uint8_t *out)
{
	static const uint8_t macs[12] = {0x02, 0, 0, 0, 0, 0xbb, 0x02, 0, 0, 0, 0, 0xaa};
	size_t l4 = packet_l4(p), headers = packet_headers(p), len = headers + p->payload_len;
	memcpy(out, macs, 12);
	uint8_t *at = out + 12;
	for (unsigned i = 0; i < p->n_tags; i++)
		at = packet_put16(packet_put16(at, p->tpid[i]), p->tci[i]);
	packet_put16(at, p->version == 4 ? 0x0800 : 0x86dd);
	packet_build_ip(p, out + packet_l3(p), len - packet_l3(p));

	at = packet_put16(out + l4, p->source_port);
	at = packet_put16(at, p->target_port);
	if (p->protocol == PACKET_TCP) {
		at = packet_put32(packet_put32(at, p->seq), p->ack);
		at = packet_put16(at, (unsigned)((headers - l4) / 4) << 12 | p->flags);
		at = packet_put16(at, p->window);
		packet_put32(at, 0);
		if (p->tcp_options_len)
			memcpy(out + l4 + 20, p->tcp_options, p->tcp_options_len);
	} else {
		packet_put32(at, (uint32_t)(len - l4) << 16);
	}
	if (p->payload_len)
		memcpy(out + headers, p->payload, p->payload_len);
	uint16_t sum = (uint16_t)~packet_sum(packet_pseudo(p, out, len - l4), out + l4, len - l4);
	if (p->protocol == PACKET_UDP && sum == 0)
		sum = 0xffff;
	packet_put16(out + l4 + (p->protocol == PACKET_TCP ? 16 : 6), sum);
	return len;
}

/* Builds a super-frame as a device delivers it: with a partial checksum, and metadata in |ret_offload|. |gso_size| 0: a
   plain frame that only lacks its checksum. */
static inline size_t packet_build_super(
	const struct packet *p, uint16_t gso_size, uint8_t *out, struct lp_offload *ret_offload)
{
	size_t len = packet_build(p, out), l4 = packet_l4(p);
	uint16_t offset = p->protocol == PACKET_TCP ? 16 : 6;
	packet_put16(out + l4 + offset, packet_pseudo(p, out, len - l4));
	*ret_offload = (struct lp_offload){
		.gso = gso_size == 0               ? LP_GSO_NONE
		       : p->protocol == PACKET_UDP ? LP_GSO_UDP
		       : p->version == 4           ? LP_GSO_TCP4
						   : LP_GSO_TCP6,
		.needs_csum = true,
		.gso_size = gso_size,
		.hdr_len = (uint16_t)packet_headers(p),
		.csum_start = (uint16_t)l4,
		.csum_offset = offset,
	};
	return len;
}

#endif
