/* Overlay fragments (docs/protocol.md): a frame that does not fit a path's DATAGRAM budget travels in 2 to
   LP_FRAGMENTS_MAX pieces, all but the last of the same size, and is put together again per source peer. Pure. */
#ifndef LP_PROTO_FRAGMENT_H
#define LP_PROTO_FRAGMENT_H

#include <stddef.h>
#include <stdint.h>

#include "proto/datagram.h"

struct lp_reassembly;

/* How a frame is sent. Piece i of |count| is |piece_len| bytes from i * |piece_len| on; the last may be shorter. */
struct lp_fragment_plan {
	unsigned count; /* 1: whole, with LP_DATAGRAM_HEADER; otherwise each with LP_DATAGRAM_FRAGMENT_HEADER */
	size_t piece_len;
};

struct lp_reassembly_config {
	size_t max_frames;      /* in progress at a time; 0: 8. One more and the oldest is given up */
	size_t max_frame_bytes; /* 0: LP_BUDGET_FRAME_MAX */
	uint64_t timeout_ns;    /* of a frame, from its first fragment; 0: 200 ms */
	uint64_t idle_ns;       /* the memory is freed after such a silence; 0: 1 s */
};

/* What became of fragments. */
struct lp_reassembly_counters {
	uint64_t completed;  /* frames */
	uint64_t timed_out;  /* frames: fragments missing at the end of their time */
	uint64_t evicted;    /* frames: given up for a newer one */
	uint64_t mixed;      /* frames: fragments that disagree about count or size, or too long together */
	uint64_t duplicates; /* fragments that were there already */
	uint64_t no_memory;  /* fragments */
};

/* How to send |frame_len| bytes (at least 1) with at most |budget| bytes of DATAGRAM, headers included. 0, or
   LP_ETOOBIG: more than LP_FRAGMENTS_MAX pieces. */
int lp_fragment_plan(size_t frame_len, size_t budget, struct lp_fragment_plan *ret_plan);

/* Small as long as no fragment comes: the memory for frames is taken with the first one and given back when idle. */
int lp_reassembly_new(const struct lp_reassembly_config *config, struct lp_reassembly **ret_reassembly);
void lp_reassembly_free(struct lp_reassembly *reassembly);

/* Takes a fragment (kind 1, as lp_datagram_read() gives it); frames of different |source| never mix. 1: the frame is
   whole, valid until the next call on this object; 0: more are needed, or it was a duplicate; LP_EMALFORMED: it
   contradicts the others of its frame, which is given up; LP_ENOMEM. */
int lp_reassembly_add(struct lp_reassembly *reassembly, const struct lp_datagram *fragment, uint64_t now_ns,
	const uint8_t **ret_frame, size_t *ret_len);
/* Gives up what is overdue and frees idle memory. To be called at lp_reassembly_deadline(), or later. */
void lp_reassembly_expire(struct lp_reassembly *reassembly, uint64_t now_ns);
/* When there is something to expire; LP_NEVER if nothing. */
uint64_t lp_reassembly_deadline(const struct lp_reassembly *reassembly);
const struct lp_reassembly_counters *lp_reassembly_counters(const struct lp_reassembly *reassembly);

#endif
