/* Overlay fragments (docs/protocol.md): a frame that exceeds the budget of a path is sent in 2 to LP_FRAGMENTS_MAX
   fragments of equal length, the last one may be shorter, and is reassembled per source peer. */
#ifndef LP_PROTO_FRAGMENT_H
#define LP_PROTO_FRAGMENT_H

#include <stddef.h>
#include <stdint.h>

#include "proto/datagram.h"

struct lp_reassembly;

/* How a frame is sent: fragment i of |count| is |piece_len| bytes from offset i * |piece_len|; the last may be shorter.
 */
struct lp_fragment_plan {
	unsigned count; /* 1: the whole frame, with LP_DATAGRAM_HEADER; otherwise with LP_DATAGRAM_FRAGMENT_HEADER */
	size_t piece_len;
};

/* lp_reassembly_config_init() sets the defaults. */
struct lp_reassembly_config {
	size_t max_frames;      /* incomplete frames at a time; another one evicts one of the source that has most */
	size_t max_frame_bytes; /* of the longest frame */
	uint64_t timeout_ns;    /* of a frame, from its first fragment */
	uint64_t idle_ns;       /* the memory is freed after this time without a fragment */
};

struct lp_reassembly_counters {
	uint64_t completed;  /* frames */
	uint64_t timed_out;  /* frames: fragments were missing at the timeout */
	uint64_t evicted;    /* frames: discarded for a newer one */
	uint64_t mixed;      /* frames: fragments contradict each other, or are too long together */
	uint64_t duplicates; /* fragments */
	uint64_t no_memory;  /* fragments */
};

/* Plans how to send |frame_len| bytes (at least 1) with a budget of |budget| bytes. 0, or LP_ETOOBIG: more than
   LP_FRAGMENTS_MAX fragments would be needed. */
int lp_fragment_plan(size_t frame_len, size_t budget, struct lp_fragment_plan *ret_plan);

void lp_reassembly_config_init(struct lp_reassembly_config *config);
/* Small at first: the memory for frames is allocated with the first fragment, and freed after a pause. 0 or LP_ENOMEM.
 */
int lp_reassembly_new(const struct lp_reassembly_config *config, struct lp_reassembly **ret_reassembly);
void lp_reassembly_free(struct lp_reassembly *reassembly);

/* Adds a fragment, as lp_datagram_read() parsed it; fragments with different |source| are of different frames. 1: the
   frame is complete, valid until the next call for this object; 0: incomplete, or a duplicate; LP_EMALFORMED: the
   fragment contradicts others of its frame, which is discarded; LP_ENOMEM. */
int lp_reassembly_add(struct lp_reassembly *reassembly, const struct lp_datagram *fragment, uint64_t now_ns,
	const uint8_t **ret_frame, size_t *ret_len);
/* Discards frames that have timed out, and frees idle memory. Call it at lp_reassembly_deadline(), or later. */
void lp_reassembly_expire(struct lp_reassembly *reassembly, uint64_t now_ns);
/* When lp_reassembly_expire() has something to do; LP_NEVER: nothing. */
uint64_t lp_reassembly_deadline(const struct lp_reassembly *reassembly);
const struct lp_reassembly_counters *lp_reassembly_counters(const struct lp_reassembly *reassembly);

#endif
