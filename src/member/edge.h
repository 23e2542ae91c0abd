/* The edge between a network device and the tunnel: super-frames are cut on their way in, frames of one TCP stream
   gathered again on their way out, checksums completed, and TCP told of a segment size that needs no fragments. */
#ifndef LP_MEMBER_EDGE_H
#define LP_MEMBER_EDGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/offload.h"
#include "proto/segment.h"

struct lp_edge;

struct lp_edge_config {
	bool takes_tso4, takes_tso6, takes_uso; /* super-frames that the device takes */
	bool clamp_mss;
	/* Hands frames to the device; they are valid until the call returns. */
	void (*send)(void *ctx, const struct lp_frame *frames, size_t n_frames);
	void *ctx;
};

int lp_edge_new(const struct lp_edge_config *config, struct lp_edge **ret_edge);
void lp_edge_free(struct lp_edge *edge); /* NULL is fine */

/* Cuts what the device handed over into frames for the tunnel. |mtu|: IP bytes that TCP should keep to; 0: no clamp.
   0, or LP_EMALFORMED when the offload fields contradict the frame. */
int lp_edge_cut(struct lp_edge *edge, const struct lp_frame *frame, uint16_t mtu, lp_segment_fn emit, void *ctx);
/* Gathers a frame from the tunnel (copies it) for the device; when there is no room for more, what was gathered goes
   first. False: the frame is too long and was dropped. */
bool lp_edge_gather(struct lp_edge *edge, const uint8_t *frame, size_t len, uint16_t mtu);
/* Hands over what was gathered since the last call. */
void lp_edge_deliver(struct lp_edge *edge);

#endif
