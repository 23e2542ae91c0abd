#include "proto/coalesce.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "proto/be.h"
#include "proto/checksum.h"
#include "proto/coalesce_key.h"
#include "proto/ether.h"
#include "proto/ip.h"

/* The longest IP packet, and the largest number of datagrams in a super-frame (UDP_GRO_CNT_MAX). */
#define PACKET_MAX 65535U
#define DATAGRAMS_MAX 64U
/* Memory per super-frame; not a multiple of the page size, so that the headers don't share cache sets. */
#define SUPER_BYTES ((LP_SUPER_FRAME_MAX + 191) / 128 * 128)

/* A frame that others may join until it is closed. */
struct flow {
	struct lp_coalesce_key key; /* of the first frame */
	uint8_t *data;              /* the first frame, followed by the payloads of the others */
	size_t len;
	size_t frame;      /* index in the batch */
	uint32_t count;    /* frames in it */
	uint32_t seq;      /* TCP: expected of the next frame */
	uint16_t first_id; /* IPv4 identification of the first */
	bool fixed_id;     /* the others have the same identification */
	bool verified;     /* the checksums of the first frame are right; checked when the second frame arrives */
};

struct lp_coalesce {
	struct lp_coalesce_config config;
	struct lp_coalesce_counters counters;
	struct lp_frame *frames; /* the batch, in the order of arrival */
	size_t n_frames;
	struct flow *flows;
	size_t n_flows;
	struct flow **open; /* that frames may still join */
	size_t n_open;
	uint8_t *lone; /* memory for frames that are emitted unchanged */
	size_t lone_len;
	uint8_t *supers; /* memory for super-frames */
};

void lp_coalesce_config_init(struct lp_coalesce_config *config)
{
	*config = (struct lp_coalesce_config){.max_supers = 16, .max_frames = 256, .lone_bytes = 256 * 1024};
}

int lp_coalesce_new(const struct lp_coalesce_config *config, struct lp_coalesce **ret_coalesce)
{
	struct lp_coalesce *c = calloc(1, sizeof *c);
	if (!c)
		return LP_ENOMEM;
	c->config = *config;
	c->frames = calloc(c->config.max_frames, sizeof *c->frames);
	c->flows = calloc(c->config.max_supers, sizeof *c->flows);
	c->open = calloc(c->config.max_supers, sizeof(struct flow *));
	c->lone = malloc(c->config.lone_bytes);
	c->supers = malloc(c->config.max_supers * SUPER_BYTES);
	if (!c->frames || !c->flows || !c->open || !c->lone || !c->supers)
		goto fail;
	*ret_coalesce = c;
	return 0;
fail:
	lp_coalesce_free(c);
	return LP_ENOMEM;
}

void lp_coalesce_free(struct lp_coalesce *coalesce)
{
	if (!coalesce)
		return;
	free(coalesce->frames);
	free(coalesce->flows);
	free(coalesce->open);
	free(coalesce->lone);
	free(coalesce->supers);
	free(coalesce);
}

/* True if an IPv4 header (no options) continues those of |flow|. |ret_fixed|: with the same identification. */
static bool continues_v4(const struct flow *flow, const uint8_t *ip, bool *ret_fixed)
{
	const uint8_t *first = flow->data + flow->key.l3;
	/* Version, TOS; then fragment field, TTL, protocol; then the addresses. */
	if (memcmp(first, ip, 2) != 0 || memcmp(first + 6, ip + 6, 4) != 0 || memcmp(first + 12, ip + 12, 8) != 0)
		return false;
	uint16_t distance = (uint16_t)(lp_be16_get(ip + 4) - flow->first_id);
	bool dont_fragment = (ip[6] & 0x40) != 0;
	*ret_fixed = flow->count == 1 ? dont_fragment && distance == 0 : flow->fixed_id;
	return distance == (*ret_fixed ? 0 : flow->count);
}

/* True if an IPv6 header and its extensions are those of |flow|, but for the length. */
static bool continues_v6(const struct flow *flow, const uint8_t *ip)
{
	const uint8_t *first = flow->data + flow->key.l3;
	return memcmp(first, ip, 4) == 0 && memcmp(first + 6, ip + 6, LP_IPV6_HEADER - 6) == 0 &&
	       memcmp(first + LP_IPV6_HEADER, ip + LP_IPV6_HEADER,
		       flow->key.l4 - flow->key.l3 - (size_t)LP_IPV6_HEADER) == 0;
}

/* True if a TCP header continues those of |flow|. FIN and PSH may be added; CWR is only in the first segment. */
static bool continues_tcp(const struct flow *flow, const uint8_t *tcp, size_t header_len)
{
	const uint8_t *first = flow->data + flow->key.l4;
	unsigned flags = tcp[13] & ~(LP_TCP_FIN | LP_TCP_PSH);
	/* Ports; acknowledgement and header length; then window; then urgent pointer and options. */
	return memcmp(first, tcp, 4) == 0 && memcmp(first + 8, tcp + 8, 5) == 0 &&
	       memcmp(first + 14, tcp + 14, 2) == 0 && (first[13] & ~LP_TCP_CWR) == flags &&
	       lp_be32_get(tcp + 4) == flow->seq && memcmp(first + 18, tcp + 18, header_len - 18) == 0;
}

/* True if the frame may join |flow|; its payload was then appended. The checksums, the most expensive check, come last.
 */
static bool may_join(struct flow *flow, const uint8_t *frame, const struct lp_coalesce_key *key, bool *ret_fixed)
{
	const struct lp_coalesce_key *first = &flow->key;
	if (key->l3 != first->l3 || key->l4 != first->l4 || key->payload != first->payload || key->udp != first->udp ||
		key->payload_len > first->payload_len || memcmp(flow->data, frame, key->l3) != 0 ||
		flow->len - LP_ETHER_HEADER + key->payload_len > PACKET_MAX)
		return false;
	if (key->v6 ? !continues_v6(flow, frame + key->l3) : !continues_v4(flow, frame + key->l3, ret_fixed))
		return false;
	if (key->udp ? memcmp(flow->data + key->l4, frame + key->l4, 4) != 0
		     : !continues_tcp(flow, frame + key->l4, key->payload - key->l4))
		return false;
	if (!flow->verified)
		flow->verified = lp_coalesce_key_verify(flow->data, first, NULL);
	return flow->verified && lp_coalesce_key_verify(frame, key, flow->data + flow->len);
}

/* Closes the open flow at |index|: no more frames join it. */
static void close_flow(struct lp_coalesce *c, size_t index)
{
	c->open[index] = c->open[--c->n_open];
}

/* Joins a frame to the open flow at |index|. */
static void join(
	struct lp_coalesce *c, size_t index, const uint8_t *frame, const struct lp_coalesce_key *key, bool fixed_id)
{
	struct flow *flow = c->open[index];
	flow->len += key->payload_len;
	flow->seq += key->payload_len;
	flow->count++;
	flow->fixed_id = fixed_id;
	if (!key->udp)
		flow->data[key->l4 + 13] |= frame[key->l4 + 13] & (LP_TCP_FIN | LP_TCP_PSH);
	if (key->closes || key->payload_len < flow->key.payload_len || (key->udp && flow->count == DATAGRAMS_MAX))
		close_flow(c, index);
}

/* Adds a frame that is emitted unchanged. */
static int add_lone(struct lp_coalesce *c, const uint8_t *frame, size_t len)
{
	if (len > c->config.lone_bytes)
		return LP_ETOOBIG;
	if (len > c->config.lone_bytes - c->lone_len)
		return LP_EFULL;
	uint8_t *data = c->lone + c->lone_len;
	memcpy(data, frame, len);
	c->lone_len += len;
	c->frames[c->n_frames++] = (struct lp_frame){.data = data, .len = len};
	return 0;
}

/* Adds a frame that others may join. */
static int add_flow(struct lp_coalesce *c, const uint8_t *frame, size_t len, const struct lp_coalesce_key *key)
{
	if (c->n_flows == c->config.max_supers)
		return LP_EFULL;
	uint8_t *data = c->supers + c->n_flows * SUPER_BYTES;
	struct flow *flow = &c->flows[c->n_flows++];
	memcpy(data, frame, len);
	*flow = (struct flow){
		.key = *key,
		.data = data,
		.len = len,
		.frame = c->n_frames,
		.count = 1,
		.seq = key->udp ? 0 : lp_be32_get(frame + key->l4 + 4) + key->payload_len,
		.first_id = lp_be16_get(frame + key->l3 + 4),
	};
	c->frames[c->n_frames++] = (struct lp_frame){.data = data, .len = len};
	c->open[c->n_open++] = flow;
	return 0;
}

/* True if the device accepts super-frames of this kind. */
static bool is_wanted(const struct lp_coalesce_config *config, const struct lp_coalesce_key *key)
{
	return key->udp ? config->udp : key->v6 ? config->tcp6 : config->tcp4;
}

int lp_coalesce_add(struct lp_coalesce *coalesce, const uint8_t *frame, size_t len)
{
	struct lp_coalesce *c = coalesce;
	if (len > LP_SUPER_FRAME_MAX)
		return LP_ETOOBIG;
	if (c->n_frames == c->config.max_frames)
		return LP_EFULL;
	struct lp_coalesce_key key;
	lp_coalesce_key_read(frame, len, &key);
	if (key.kind == LP_COALESCE_UNSURE)
		c->n_open = 0;
	if (key.kind < LP_COALESCE_ENDS || !is_wanted(&c->config, &key))
		return add_lone(c, frame, len);
	for (size_t i = c->n_open; i-- > 0;) {
		if (c->open[i]->key.hash != key.hash)
			continue;
		bool fixed_id = false;
		if (key.kind == LP_COALESCE_JOINS && may_join(c->open[i], frame, &key, &fixed_id)) {
			join(c, i, frame, &key, fixed_id);
			return 0;
		}
		close_flow(c, i);
	}
	if (key.kind == LP_COALESCE_JOINS && !key.closes)
		return add_flow(c, frame, len, &key);
	return add_lone(c, frame, len);
}

/* Completes the super-frame of |flow|: lengths, checksums, metadata. */
static void finish(const struct flow *flow, struct lp_frame *frame)
{
	const struct lp_coalesce_key *key = &flow->key;
	uint8_t *ip = flow->data + key->l3, *l4 = flow->data + key->l4;
	uint8_t protocol = key->udp ? LP_IP_UDP : LP_IP_TCP;
	uint32_t l4_len = (uint32_t)(flow->len - key->l4);
	uint64_t pseudo;
	if (key->v6) {
		lp_be16_put(ip + 4, (uint16_t)(flow->len - key->l3 - LP_IPV6_HEADER));
		pseudo = lp_sum_pseudo6(ip, protocol, l4_len);
	} else {
		lp_be16_put(ip + 2, (uint16_t)(flow->len - key->l3));
		lp_be16_put(ip + 10, 0);
		lp_sum_store(ip + 10, lp_sum(0, ip, LP_IPV4_HEADER));
		pseudo = lp_sum_pseudo4(ip, protocol, l4_len);
	}
	if (key->udp)
		lp_be16_put(l4 + 4, (uint16_t)l4_len);
	lp_sum_store_partial(l4 + (key->udp ? 6 : 16), pseudo);
	frame->len = flow->len;
	frame->offload = (struct lp_offload){
		.gso = key->udp  ? LP_GSO_UDP
		       : key->v6 ? LP_GSO_TCP6
				 : LP_GSO_TCP4,
		.gso_ecn = !key->udp && (l4[13] & LP_TCP_CWR),
		.needs_csum = true,
		.gso_size = (uint16_t)key->payload_len,
		.hdr_len = (uint16_t)key->payload,
		.csum_start = (uint16_t)key->l4,
		.csum_offset = key->udp ? 6 : 16,
	};
}

void lp_coalesce_flush(struct lp_coalesce *coalesce, lp_coalesce_fn emit, void *ctx)
{
	struct lp_coalesce *c = coalesce;
	size_t n = c->n_frames;
	c->counters.lone += n;
	for (size_t i = 0; i < c->n_flows; i++) {
		struct flow *flow = &c->flows[i];
		if (flow->count == 1)
			continue;
		finish(flow, &c->frames[flow->frame]);
		c->counters.supers++;
		c->counters.merged += flow->count;
		c->counters.lone--;
	}
	c->n_frames = c->n_flows = c->n_open = c->lone_len = 0;
	if (n)
		emit(ctx, c->frames, n);
}

const struct lp_coalesce_counters *lp_coalesce_counters(const struct lp_coalesce *coalesce)
{
	return &coalesce->counters;
}
