#include "member/offload.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "proto/budget.h"
#include "proto/coalesce.h"
#include "proto/mss.h"

struct lp_offloader {
	struct lp_offloader_config config;
	struct lp_coalesce *coalesce;
	uint8_t scratch[LP_BUDGET_FRAME_MAX]; /* a SYN with a lower MSS */
};

int lp_offloader_new(const struct lp_offloader_config *config, struct lp_offloader **ret_offloader)
{
	struct lp_coalesce_config coalesce;
	lp_coalesce_config_init(&coalesce);
	coalesce.tcp4 = config->takes_tso4;
	coalesce.tcp6 = config->takes_tso6;
	coalesce.udp = config->takes_uso;
	struct lp_offloader *offloader = calloc(1, sizeof *offloader);
	int result;
	if (!offloader)
		return LP_ENOMEM;
	offloader->config = *config;
	if ((result = lp_coalesce_new(&coalesce, &offloader->coalesce)) < 0) {
		free(offloader);
		return result;
	}
	*ret_offloader = offloader;
	return 0;
}

void lp_offloader_free(struct lp_offloader *offloader)
{
	if (!offloader)
		return;
	lp_coalesce_free(offloader->coalesce);
	free(offloader);
}

/* Returns the frame, or a copy with a lower MSS: the bytes of devices and connections are read-only. */
static const uint8_t *clamp(
	struct lp_offloader *offloader, const uint8_t *frame, size_t len, uint16_t mtu, bool partial_csum)
{
	if (!offloader->config.clamp_mss || mtu == 0 || len > sizeof offloader->scratch ||
		!lp_mss_is_candidate(frame, len))
		return frame;
	memcpy(offloader->scratch, frame, len);
	return lp_mss_clamp(offloader->scratch, len, mtu, partial_csum) ? offloader->scratch : frame;
}

int lp_offloader_split(
	struct lp_offloader *offloader, const struct lp_frame *frame, uint16_t mtu, lp_segment_fn emit, void *ctx)
{
	struct lp_frame clamped = *frame;
	if (frame->offload.gso != LP_GSO_NONE) /* never a SYN */
		return lp_segment(frame, emit, ctx);
	clamped.data = clamp(offloader, frame->data, frame->len, mtu, frame->offload.needs_csum);
	return lp_segment(&clamped, emit, ctx);
}

bool lp_offloader_merge(struct lp_offloader *offloader, const uint8_t *frame, size_t len, uint16_t mtu)
{
	const uint8_t *clamped = clamp(offloader, frame, len, mtu, false);
	int result = lp_coalesce_add(offloader->coalesce, clamped, len);
	if (result == LP_EFULL) {
		lp_offloader_deliver(offloader);
		result = lp_coalesce_add(offloader->coalesce, clamped, len);
	}
	return result == 0;
}

void lp_offloader_deliver(struct lp_offloader *offloader)
{
	lp_coalesce_flush(offloader->coalesce, offloader->config.send, offloader->config.ctx);
}
