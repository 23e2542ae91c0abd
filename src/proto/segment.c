#include "proto/segment.h"

#include <string.h>

#include "base/error.h"
#include "proto/be.h"
#include "proto/checksum.h"
#include "proto/ether.h"
#include "proto/ip.h"
#include "proto/segment_tunnel.h"

#define TCP_FIN 0x01U
#define TCP_PSH 0x08U
#define TCP_CWR 0x80U

/* The segmentation of one super-frame. What is equal in all segments is summed once. */
struct cut {
	uint8_t headers[LP_SEGMENT_HEADERS_MAX]; /* of the current segment */
	uint32_t l3, l4;                         /* where the IP and the TCP or UDP header begin */
	uint32_t headers_len;                    /* where the payload begins */
	bool v6;
	const uint8_t *payload;
	size_t payload_len;
	size_t size;       /* payload bytes of each segment but the last */
	uint64_t ip_sum;   /* IPv4 header without length, identification and checksum */
	uint64_t l4_sum;   /* pseudo-header and L4 header without what changes */
	uint16_t id;       /* IPv4 identification of the next segment */
	uint32_t seq;      /* TCP only, of the next segment */
	uint8_t tcp_flags; /* TCP only, of the super-frame */
	lp_segment_fn emit;
	void *ctx;
};

/* Parses the headers of a super-frame and compares them with its offload metadata. */
static int find_headers(const struct lp_frame *frame, struct cut *cut)
{
	struct lp_ether ether;
	struct lp_ip ip;
	if (lp_ether_parse(frame->data, frame->len, &ether) != LP_ETHER_OK || ether.llc != LP_LLC_NONE ||
		lp_ip_parse(frame->data + ether.net_offset, ether.net_len, &ip) < 0)
		return LP_EMALFORMED;

	bool udp = frame->offload.gso == LP_GSO_UDP;
	if (ether.type != (ip.version == 4 ? LP_ETHER_TYPE_IPV4 : LP_ETHER_TYPE_IPV6) ||
		(!udp && ip.version != (frame->offload.gso == LP_GSO_TCP4 ? 4 : 6)))
		return LP_EMALFORMED;
	uint32_t l4_header = udp ? LP_UDP_HEADER : LP_TCP_HEADER;
	if (ip.upper != LP_IP_UPPER_FOUND || ip.fragment || ip.truncated ||
		ip.protocol != (udp ? LP_IP_UDP : LP_IP_TCP) || ip.upper_len < l4_header)
		return LP_EMALFORMED;

	cut->v6 = ip.version == 6;
	cut->l3 = ether.net_offset;
	cut->l4 = ether.net_offset + ip.upper_offset;
	if (!udp)
		l4_header = (frame->data[cut->l4 + 12] >> 4) * 4U;
	cut->headers_len = cut->l4 + l4_header;
	if (l4_header < (udp ? LP_UDP_HEADER : LP_TCP_HEADER) || l4_header >= ip.upper_len ||
		cut->headers_len > LP_SEGMENT_HEADERS_MAX)
		return LP_EMALFORMED;
	cut->payload = frame->data + cut->headers_len;
	cut->payload_len = ip.upper_len - l4_header;
	return 0;
}

/* Checks the numbers in the offload metadata. */
static int check_offload(const struct lp_frame *frame, const struct cut *cut)
{
	const struct lp_offload *offload = &frame->offload;
	bool udp = offload->gso == LP_GSO_UDP;
	if (offload->needs_csum && (offload->csum_start != cut->l4 || offload->csum_offset != (udp ? 6 : 16)))
		return LP_EMALFORMED;
	if (offload->gso_size == 0 || (udp && cut->payload_len > (size_t)offload->gso_size * LP_SEGMENT_UDP_MAX))
		return LP_EMALFORMED;
	return 0;
}

/* Copies the headers, saves and zeroes the fields that differ between segments, and sums the rest. */
static void prepare(const struct lp_frame *frame, struct cut *cut)
{
	uint8_t *ip = cut->headers + cut->l3, *l4 = cut->headers + cut->l4;
	memcpy(cut->headers, frame->data, cut->headers_len);
	cut->size = frame->offload.gso_size;
	if (cut->v6) {
		lp_be16_put(ip + 4, 0);
	} else {
		cut->id = lp_be16_get(ip + 4);
		lp_be16_put(ip + 2, 0);
		lp_be16_put(ip + 4, 0);
		lp_be16_put(ip + 10, 0);
		cut->ip_sum = lp_sum(0, ip, cut->l4 - cut->l3);
	}
	bool udp = frame->offload.gso == LP_GSO_UDP;
	if (udp) {
		lp_be16_put(l4 + 4, 0);
		lp_be16_put(l4 + 6, 0);
	} else {
		cut->seq = lp_be32_get(l4 + 4);
		cut->tcp_flags = l4[13];
		lp_be32_put(l4 + 4, 0);
		l4[13] = 0;
		lp_be16_put(l4 + 16, 0);
	}
	uint8_t protocol = udp ? LP_IP_UDP : LP_IP_TCP;
	cut->l4_sum = cut->v6 ? lp_sum_pseudo6(ip, protocol, 0) : lp_sum_pseudo4(ip, protocol, 0);
	cut->l4_sum = lp_sum(cut->l4_sum, l4, cut->headers_len - cut->l4);
}

/* Writes the IP header of a segment with |len| payload bytes. */
static inline void write_ip(struct cut *cut, size_t len)
{
	uint8_t *ip = cut->headers + cut->l3;
	uint16_t ip_len = (uint16_t)(cut->headers_len - cut->l3 + len);
	if (cut->v6) {
		lp_be16_put(ip + 4, (uint16_t)(ip_len - LP_IPV6_HEADER));
		return;
	}
	lp_be16_put(ip + 2, ip_len);
	lp_be16_put(ip + 4, cut->id);
	lp_sum_store(ip + 10, lp_sum_be16(lp_sum_be16(cut->ip_sum, ip_len), cut->id));
	cut->id++;
}

/* Writes the TCP header of a segment. */
static inline void write_tcp(struct cut *cut, const uint8_t *payload, size_t len, uint8_t flags)
{
	uint8_t *tcp = cut->headers + cut->l4;
	uint64_t sum = lp_sum_be32(cut->l4_sum, cut->seq);
	sum = lp_sum_be16(sum, flags);
	sum = lp_sum_be16(sum, (uint16_t)(cut->headers_len - cut->l4 + len));
	lp_be32_put(tcp + 4, cut->seq);
	tcp[13] = flags;
	lp_sum_store(tcp + 16, lp_sum(sum, payload, len));
	cut->seq += (uint32_t)len;
}

/* Writes the UDP header of a datagram; its length is also part of the pseudo-header. */
static inline void write_udp(struct cut *cut, const uint8_t *payload, size_t len)
{
	uint8_t *udp = cut->headers + cut->l4;
	uint16_t udp_len = (uint16_t)(LP_UDP_HEADER + len);
	uint64_t sum = lp_sum_be16(lp_sum_be16(cut->l4_sum, udp_len), udp_len);
	lp_be16_put(udp + 4, udp_len);
	lp_sum_store_nonzero(udp + 6, lp_sum(sum, payload, len));
}

/* Emits the segments; returns their number. */
static int cut_all(struct cut *cut, bool udp)
{
	int n = 0;
	for (size_t at = 0; at < cut->payload_len; at += cut->size, n++) {
		size_t left = cut->payload_len - at;
		bool last = left <= cut->size;
		size_t len = last ? left : cut->size;
		const uint8_t *payload = cut->payload + at;
		if (udp) {
			write_udp(cut, payload, len);
		} else {
			unsigned flags = cut->tcp_flags;
			if (!last)
				flags &= ~(TCP_FIN | TCP_PSH);
			if (n > 0)
				flags &= ~TCP_CWR;
			write_tcp(cut, payload, len, (uint8_t)flags);
		}
		write_ip(cut, len);
		const struct lp_bytes parts[] = {{cut->headers, cut->headers_len}, {payload, len}};
		cut->emit(cut->ctx, parts, 2);
	}
	return n;
}

/* Emits a frame with its checksum completed, in a copy of the bytes up to the checksum field. */
static int complete(const struct lp_frame *frame, lp_segment_fn emit, void *ctx)
{
	uint8_t headers[LP_SEGMENT_HEADERS_MAX];
	size_t start = frame->offload.csum_start, field = start + frame->offload.csum_offset, end = field + 2;
	if (end > frame->len || end > sizeof headers || start < LP_ETHER_HEADER)
		return LP_EMALFORMED;
	memcpy(headers, frame->data, end);
	/* Never 0, as in the kernel: UDP takes 0 for "no checksum", and for the others it is the same number. */
	lp_sum_store_nonzero(headers + field, lp_sum(0, frame->data + start, frame->len - start));
	const struct lp_bytes parts[] = {{headers, end}, {frame->data + end, frame->len - end}};
	emit(ctx, parts, frame->len > end ? 2 : 1);
	return 1;
}

int lp_segment(const struct lp_frame *frame, lp_segment_fn emit, void *ctx)
{
	if (frame->offload.gso == LP_GSO_NONE) {
		if (frame->offload.needs_csum)
			return complete(frame, emit, ctx);
		const struct lp_bytes whole = {frame->data, frame->len};
		emit(ctx, &whole, 1);
		return 1;
	}
	if (frame->len > LP_SUPER_FRAME_MAX)
		return LP_EMALFORMED;
	struct cut cut;
	if (find_headers(frame, &cut) < 0 || check_offload(frame, &cut) < 0)
		return lp_segment_tunnel(frame, emit, ctx);
	prepare(frame, &cut);
	cut.emit = emit;
	cut.ctx = ctx;
	return cut_all(&cut, frame->offload.gso == LP_GSO_UDP);
}
