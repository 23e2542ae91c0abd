/* Coalescing: joins received frames of a flow into super-frames, so that a device accepts them in one call. It is the
   reverse of proto/segment.h and follows the rules of Linux's GRO. All frames that were added since the last flush are
   emitted by the next one: nothing is delayed. */
#ifndef LP_PROTO_COALESCE_H
#define LP_PROTO_COALESCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/offload.h"

struct lp_coalesce;

/* lp_coalesce_config_init() sets the defaults. */
struct lp_coalesce_config {
	bool tcp4, tcp6, udp; /* super-frames that the device accepts; off by default */
	size_t max_supers;    /* super-frames of a batch, 64 KiB each; pages are touched only when used */
	size_t max_frames;    /* all frames of a batch */
	size_t lone_bytes;    /* memory for the other frames of a batch */
};

struct lp_coalesce_counters {
	uint64_t supers; /* super-frames that were emitted */
	uint64_t merged; /* frames in them */
	uint64_t lone;   /* frames that were emitted unchanged */
};

/* Receives the frames of a batch, which are valid until the call returns. */
typedef void (*lp_coalesce_fn)(void *ctx, const struct lp_frame *frames, size_t n_frames);

void lp_coalesce_config_init(struct lp_coalesce_config *config);
/* Allocates all memory. 0 or LP_ENOMEM. */
int lp_coalesce_new(const struct lp_coalesce_config *config, struct lp_coalesce **ret_coalesce);
void lp_coalesce_free(struct lp_coalesce *coalesce);

/* Adds a copy of a frame. 0; LP_EFULL: not added, flush and add it again; LP_ETOOBIG: it can't be added.
   A frame joins a super-frame only if its checksums are right and its headers equal the others': segmentation of the
   super-frame restores the same frames (except the IPv4 identification if all frames have the same one and DF, which
   then has no meaning, RFC 6864 §4.1). The order of the frames of a flow is kept. */
int lp_coalesce_add(struct lp_coalesce *coalesce, const uint8_t *frame, size_t len);
/* Emits all frames in one call of |emit|, or none if there is no frame. A super-frame has its offload metadata, and the
   sum of the pseudo-header in its L4 checksum field. */
void lp_coalesce_flush(struct lp_coalesce *coalesce, lp_coalesce_fn emit, void *ctx);
const struct lp_coalesce_counters *lp_coalesce_counters(const struct lp_coalesce *coalesce);

#endif
