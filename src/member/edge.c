#include "member/edge.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "proto/budget.h"
#include "proto/coalesce.h"
#include "proto/mss.h"

struct lp_edge {
	struct lp_edge_config config;
	struct lp_coalesce *coalesce;
	uint8_t scratch[LP_BUDGET_FRAME_MAX]; /* a SYN whose MSS is lowered */
};

int lp_edge_new(const struct lp_edge_config *config, struct lp_edge **ret_edge)
{
	struct lp_coalesce_config coalesce = {
		.tcp4 = config->takes_tso4,
		.tcp6 = config->takes_tso6,
		.udp = config->takes_uso,
	};
	struct lp_edge *edge = calloc(1, sizeof *edge);
	int result;
	if (!edge)
		return LP_ENOMEM;
	edge->config = *config;
	if ((result = lp_coalesce_new(&coalesce, &edge->coalesce)) < 0) {
		free(edge);
		return result;
	}
	*ret_edge = edge;
	return 0;
}

void lp_edge_free(struct lp_edge *edge)
{
	if (!edge)
		return;
	lp_coalesce_free(edge->coalesce);
	free(edge);
}

/* The frame, or a copy of it with a lower MSS: devices and connections lend their bytes only for reading. */
static const uint8_t *clamp(struct lp_edge *edge, const uint8_t *frame, size_t len, uint16_t mtu, bool partial_csum)
{
	if (!edge->config.clamp_mss || mtu == 0 || len > sizeof edge->scratch || !lp_mss_is_candidate(frame, len))
		return frame;
	memcpy(edge->scratch, frame, len);
	return lp_mss_clamp_slow(edge->scratch, len, mtu, partial_csum) ? edge->scratch : frame;
}

int lp_edge_cut(struct lp_edge *edge, const struct lp_frame *frame, uint16_t mtu, lp_segment_fn emit, void *ctx)
{
	struct lp_frame clamped = *frame;
	if (frame->offload.gso != LP_GSO_NONE) /* never a SYN */
		return lp_segment(frame, emit, ctx);
	clamped.data = clamp(edge, frame->data, frame->len, mtu, frame->offload.needs_csum);
	return lp_segment(&clamped, emit, ctx);
}

bool lp_edge_gather(struct lp_edge *edge, const uint8_t *frame, size_t len, uint16_t mtu)
{
	const uint8_t *clamped = clamp(edge, frame, len, mtu, false);
	int result = lp_coalesce_add(edge->coalesce, clamped, len);
	if (result == LP_EFULL) {
		lp_edge_deliver(edge);
		result = lp_coalesce_add(edge->coalesce, clamped, len);
	}
	return result == 0;
}

void lp_edge_deliver(struct lp_edge *edge)
{
	lp_coalesce_flush(edge->coalesce, edge->config.send, edge->config.ctx);
}
