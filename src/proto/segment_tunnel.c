#include "proto/segment_tunnel.h"

#include <string.h>

#include "base/error.h"
#include "proto/be.h"
#include "proto/checksum.h"
#include "proto/ether.h"
#include "proto/ip.h"

#define TCP_FIN 0x01U
#define TCP_PSH 0x08U
#define TCP_CWR 0x80U

#define PROTOCOL_IPIP 4
#define PROTOCOL_IPV6 41
#define PROTOCOL_GRE 47
#define TYPE_ETHERNET 0x6558 /* Ethernet inside of GRE and Geneve (RFC 1701, RFC 8926 §3.4) */
#define GRE_CHECKSUM 0x8000  /* RFC 2784 §2.1, RFC 2890 §2 */
#define GRE_KEY 0x2000
#define GRE_OTHERS 0x5fff
#define PPPOE_HEADER 6U /* RFC 2516 §4 */
#define PPP_IPV4 0x0021
#define PPP_IPV6 0x0057
#define VXLAN_HEADER 8U /* RFC 7348 §5 */

#define LAYERS_MAX 8U
#define DEPTH_MAX 12U

/* A header with a length or a checksum of its own. */
struct layer {
	enum {
		LAYER_IPV4,
		LAYER_IPV6,
		LAYER_UDP,
		LAYER_GRE,
		LAYER_PPPOE,
	} kind;
	uint32_t offset;
	uint32_t ip_offset; /* LAYER_UDP: of the IP header in front of it, for its pseudo-header */
	bool ip_v6;
};

/* The headers from the outermost to the one whose checksum must be completed. */
struct chain {
	const uint8_t *data;
	size_t len;
	uint32_t inner; /* where they must end: csum_start */
	uint8_t protocol;
	struct layer layers[LAYERS_MAX];
	unsigned n_layers, depth;
};

static bool walk_type(struct chain *chain, uint16_t type, size_t at);

static bool push(struct chain *chain, struct layer layer)
{
	if (chain->n_layers == LAYERS_MAX)
		return false;
	chain->layers[chain->n_layers++] = layer;
	return true;
}

/* True if |n| bytes at |at| lie in front of the inner header. */
static bool has(const struct chain *chain, size_t at, size_t n)
{
	return at + n <= chain->inner;
}

static bool walk_ether(struct chain *chain, size_t at)
{
	if (!has(chain, at, LP_ETHER_HEADER))
		return false;
	uint16_t type = lp_be16_get(chain->data + at + 12);
	at += LP_ETHER_HEADER;
	for (unsigned n = 0; n < LP_ETHER_TAGS_MAX && lp_ether_is_tag(type); n++, at += LP_ETHER_TAG) {
		if (!has(chain, at, LP_ETHER_TAG))
			return false;
		type = lp_be16_get(chain->data + at + 2);
	}
	return walk_type(chain, type, at);
}

static bool walk_gre(struct chain *chain, size_t at)
{
	if (!has(chain, at, 4))
		return false;
	uint16_t flags = lp_be16_get(chain->data + at);
	if (flags & GRE_OTHERS)
		return false;
	size_t header = 4U + (flags & GRE_CHECKSUM ? 4 : 0) + (flags & GRE_KEY ? 4 : 0);
	uint16_t type = lp_be16_get(chain->data + at + 2);
	if (flags & GRE_CHECKSUM && !push(chain, (struct layer){.kind = LAYER_GRE, .offset = (uint32_t)at}))
		return false;
	return type == TYPE_ETHERNET ? walk_ether(chain, at + header) : walk_type(chain, type, at + header);
}

/* The IP version that a packet without a type in front of it begins with. */
static uint16_t type_by_version(const struct chain *chain, size_t at)
{
	if (!has(chain, at, 1))
		return LP_ETHER_TYPE_NONE;
	switch (chain->data[at] >> 4) {
	case 4:
		return LP_ETHER_TYPE_IPV4;
	case 6:
		return LP_ETHER_TYPE_IPV6;
	default:
		return LP_ETHER_TYPE_NONE;
	}
}

static bool walk_geneve(struct chain *chain, size_t at)
{
	if (!has(chain, at, 8) || chain->data[at] >> 6)
		return false;
	size_t body = at + 8 + (chain->data[at] & 0x3fU) * 4;
	uint16_t type = lp_be16_get(chain->data + at + 2);
	return type == TYPE_ETHERNET ? walk_ether(chain, body) : walk_type(chain, type, body);
}

/* What a UDP datagram carries is known to its ends alone, as ports may be chosen. The right protocol is the one whose
   headers end exactly at the inner header. */
static bool walk_udp(struct chain *chain, const struct layer *ip, size_t at)
{
	if (!has(chain, at, LP_UDP_HEADER) || !push(chain, (struct layer){.kind = LAYER_UDP,
								   .offset = (uint32_t)at,
								   .ip_offset = ip->offset,
								   .ip_v6 = ip->kind == LAYER_IPV6}))
		return false;
	size_t body = at + LP_UDP_HEADER;
	unsigned n_layers = chain->n_layers;
	if (has(chain, body, VXLAN_HEADER) && walk_ether(chain, body + VXLAN_HEADER))
		return true;
	chain->n_layers = n_layers;
	if (walk_geneve(chain, body))
		return true;
	chain->n_layers = n_layers;
	return walk_type(chain, type_by_version(chain, body), body);
}

static bool walk_ip(struct chain *chain, size_t at)
{
	struct lp_ip ip;
	if (lp_ip_parse(chain->data + at, chain->len - at, &ip) < 0 || ip.upper != LP_IP_UPPER_FOUND || ip.fragment ||
		ip.truncated)
		return false;
	struct layer layer = {.kind = ip.version == 4 ? LAYER_IPV4 : LAYER_IPV6, .offset = (uint32_t)at};
	size_t upper = at + ip.upper_offset;
	if (upper > chain->inner || !push(chain, layer))
		return false;
	chain->protocol = ip.protocol;
	if (upper == chain->inner)
		return ip.protocol == LP_IP_TCP || ip.protocol == LP_IP_UDP;
	switch (ip.protocol) {
	case PROTOCOL_IPIP:
		return walk_type(chain, LP_ETHER_TYPE_IPV4, upper);
	case PROTOCOL_IPV6:
		return walk_type(chain, LP_ETHER_TYPE_IPV6, upper);
	case PROTOCOL_GRE:
		return walk_gre(chain, upper);
	case LP_IP_UDP:
		return walk_udp(chain, &layer, upper);
	default:
		return false;
	}
}

static bool walk_pppoe(struct chain *chain, size_t at)
{
	if (!has(chain, at, PPPOE_HEADER + 2) ||
		!push(chain, (struct layer){.kind = LAYER_PPPOE, .offset = (uint32_t)at}))
		return false;
	uint16_t protocol = lp_be16_get(chain->data + at + PPPOE_HEADER);
	if (protocol != PPP_IPV4 && protocol != PPP_IPV6)
		return false;
	uint16_t type = protocol == PPP_IPV4 ? LP_ETHER_TYPE_IPV4 : LP_ETHER_TYPE_IPV6;
	return walk_type(chain, type, at + PPPOE_HEADER + 2);
}

static bool walk_type(struct chain *chain, uint16_t type, size_t at)
{
	if (++chain->depth > DEPTH_MAX)
		return false;
	switch (type) {
	case LP_ETHER_TYPE_IPV4:
	case LP_ETHER_TYPE_IPV6:
		return type_by_version(chain, at) == type && walk_ip(chain, at);
	case LP_ETHER_TYPE_PPPOE_SESSION:
		return walk_pppoe(chain, at);
	default:
		return false;
	}
}

/* A super-frame that is being cut. */
struct cut {
	uint8_t headers[LP_SEGMENT_HEADERS_MAX];
	uint32_t headers_len;
	uint32_t seq; /* TCP: of the super-frame */
	uint8_t tcp_flags;
};

static uint64_t pseudo(const uint8_t *ip, bool v6, uint8_t protocol, uint32_t len)
{
	return v6 ? lp_sum_pseudo6(ip, protocol, len) : lp_sum_pseudo4(ip, protocol, len);
}

/* Writes the innermost header: TCP with its own sequence number and flags, or UDP. */
static void write_inner(
	const struct chain *chain, struct cut *cut, unsigned n, size_t at, bool last, uint64_t payload_sum, size_t len)
{
	const struct layer *ip = &chain->layers[chain->n_layers - 1];
	uint8_t *l4 = cut->headers + chain->inner;
	uint32_t l4_len = (uint32_t)(cut->headers_len - chain->inner + len);
	bool tcp = chain->protocol == LP_IP_TCP;
	uint8_t *field = l4 + (tcp ? 16 : 6);
	if (tcp) {
		unsigned flags = cut->tcp_flags;
		if (!last)
			flags &= ~(TCP_FIN | TCP_PSH);
		if (n > 0)
			flags &= ~TCP_CWR;
		lp_be32_put(l4 + 4, cut->seq + (uint32_t)at);
		l4[13] = (uint8_t)flags;
	} else {
		lp_be16_put(l4 + 4, (uint16_t)l4_len);
	}
	lp_be16_put(field, 0);
	uint64_t sum = pseudo(cut->headers + ip->offset, ip->kind == LAYER_IPV6, chain->protocol, l4_len);
	sum = lp_sum(sum, l4, cut->headers_len - chain->inner) + payload_sum;
	if (tcp)
		lp_sum_store(field, sum);
	else
		lp_sum_store_nonzero(field, sum);
}

/* Writes length, identification and checksum of one layer around what is inside of it already. */
static void write_layer(const struct lp_frame *frame, const struct layer *layer, struct cut *cut, unsigned n,
	uint64_t payload_sum, size_t len)
{
	uint8_t *at = cut->headers + layer->offset;
	uint32_t total = (uint32_t)(cut->headers_len - layer->offset + len);
	switch (layer->kind) {
	case LAYER_IPV4:
		lp_be16_put(at + 2, (uint16_t)total);
		lp_be16_put(at + 4, (uint16_t)(lp_be16_get(frame->data + layer->offset + 4) + n));
		lp_be16_put(at + 10, 0);
		lp_sum_store(at + 10, lp_sum(0, at, (at[0] & 0xfU) * 4));
		break;
	case LAYER_IPV6:
		lp_be16_put(at + 4, (uint16_t)(total - LP_IPV6_HEADER));
		break;
	case LAYER_UDP:
		lp_be16_put(at + 4, (uint16_t)total);
		if (lp_be16_get(frame->data + layer->offset + 6) == 0)
			break; /* sent without a checksum (RFC 7348 §4.3) */
		lp_be16_put(at + 6, 0);
		lp_sum_store_nonzero(
			at + 6, lp_sum(pseudo(cut->headers + layer->ip_offset, layer->ip_v6, LP_IP_UDP, total), at,
					cut->headers_len - layer->offset) +
					payload_sum);
		break;
	case LAYER_GRE:
		lp_be16_put(at + 4, 0);
		lp_sum_store(at + 4, lp_sum(0, at, cut->headers_len - layer->offset) + payload_sum);
		break;
	case LAYER_PPPOE:
		lp_be16_put(at + 4, (uint16_t)(total - PPPOE_HEADER));
		break;
	}
}

/* Checks the innermost header and the figures, and copies all headers. */
static int prepare(const struct lp_frame *frame, const struct chain *chain, struct cut *cut)
{
	const struct lp_offload *offload = &frame->offload;
	const uint8_t *l4 = frame->data + chain->inner;
	bool tcp = chain->protocol == LP_IP_TCP;
	size_t header = tcp ? LP_TCP_HEADER : LP_UDP_HEADER;
	if (tcp != (offload->gso != LP_GSO_UDP) || chain->inner + header > frame->len || offload->gso_size == 0 ||
		offload->csum_offset != (tcp ? 16 : 6))
		return LP_EMALFORMED;
	if (tcp)
		header = (l4[12] >> 4) * 4U;
	size_t headers_len = chain->inner + header;
	if (header < LP_UDP_HEADER || (tcp && header < LP_TCP_HEADER) || headers_len > LP_SEGMENT_HEADERS_MAX ||
		headers_len >= frame->len)
		return LP_EMALFORMED;
	if (!tcp && frame->len - headers_len > (size_t)offload->gso_size * LP_SEGMENT_UDP_MAX)
		return LP_EMALFORMED;
	memcpy(cut->headers, frame->data, headers_len);
	cut->headers_len = (uint32_t)headers_len;
	cut->seq = lp_be32_get(l4 + 4);
	cut->tcp_flags = tcp ? l4[13] : 0;
	return 0;
}

int lp_segment_tunnel(const struct lp_frame *frame, lp_segment_fn emit, void *ctx)
{
	struct chain chain = {.data = frame->data, .len = frame->len, .inner = frame->offload.csum_start};
	struct cut cut;
	if (!frame->offload.needs_csum || frame->len > LP_SUPER_FRAME_MAX || chain.inner >= frame->len ||
		!walk_ether(&chain, 0) || chain.n_layers < 2 || prepare(frame, &chain, &cut) < 0)
		return LP_EMALFORMED;
	size_t payload_len = frame->len - cut.headers_len, size = frame->offload.gso_size;
	unsigned n = 0;
	for (size_t at = 0; at < payload_len; at += size, n++) {
		const uint8_t *payload = frame->data + cut.headers_len + at;
		bool last = payload_len - at <= size;
		size_t len = last ? payload_len - at : size;
		uint64_t payload_sum = lp_sum(0, payload, len);
		write_inner(&chain, &cut, n, at, last, payload_sum, len);
		for (unsigned i = chain.n_layers; i > 0; i--)
			write_layer(frame, &chain.layers[i - 1], &cut, n, payload_sum, len);
		const struct lp_bytes parts[] = {{cut.headers, cut.headers_len}, {payload, len}};
		emit(ctx, parts, 2);
	}
	return (int)n;
}
