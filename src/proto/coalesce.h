/* Joins received frames of a flow into super-frames, so that the system takes them with one call: the reverse of
   proto/segment.h, by the rules of Linux's GRO. Everything that was added since the last flush comes out at the next:
   nothing waits. Pure; all memory is taken at the start. */
#ifndef LP_PROTO_COALESCE_H
#define LP_PROTO_COALESCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/offload.h"

struct lp_coalesce;

struct lp_coalesce_config {
	bool tcp4, tcp6, udp; /* what the device takes as super-frames */
	size_t max_supers;    /* frames that may grow, 64 KiB each, touched only as far as used; 0: 16 */
	size_t max_frames;    /* frames of a batch in all; 0: 256 */
	size_t lone_bytes;    /* room for the other frames; 0: 256 KiB */
};

struct lp_coalesce_counters {
	uint64_t supers; /* super-frames that came out */
	uint64_t merged; /* frames in them */
	uint64_t lone;   /* frames that came out as they were */
};

/* Takes the frames of a batch; valid until the call returns. */
typedef void (*lp_coalesce_fn)(void *ctx, const struct lp_frame *frames, size_t n_frames);

int lp_coalesce_new(const struct lp_coalesce_config *config, struct lp_coalesce **ret_coalesce);
void lp_coalesce_free(struct lp_coalesce *coalesce);

/* Takes a copy of a frame. 0; LP_EFULL: it was not taken, flush and add it again; LP_ETOOBIG: it never will be.
   A frame joins a super-frame only if its checksums are right and its headers say what the others say: cutting the
   super-frame gives the same frames again (but for the IPv4 identification where all have the same one and DF, which
   means nothing then, RFC 6864 §4.1). Frames of a flow come out in the order in which they went in. */
int lp_coalesce_add(struct lp_coalesce *coalesce, const uint8_t *frame, size_t len);
/* Hands everything to |emit| in one call, none if there is nothing. A super-frame has its offload metadata, and its
   L4 checksum field holds the pseudo-header's sum. */
void lp_coalesce_flush(struct lp_coalesce *coalesce, lp_coalesce_fn emit, void *ctx);
const struct lp_coalesce_counters *lp_coalesce_counters(const struct lp_coalesce *coalesce);

#endif
