/* The queue in front of a QUIC connection: FQ-CoDel (RFC 8290) over Ethernet frames. Pure.
   Frames wait in chunks of a pool that all connections of a program share, so that an idle queue costs nothing and
   all queues together stay within one bound. */
#ifndef LP_EGRESS_QUEUE_H
#define LP_EGRESS_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

struct lp_frame_pool;
struct lp_queue;

/* A frame that waits. */
struct lp_queued {
	uint8_t *data;
	size_t len;
	uint16_t source; /* peer id for the overlay header */
};

/* |max_bytes| bounds what all queues on the pool hold. */
int lp_frame_pool_new(size_t max_bytes, struct lp_frame_pool **ret_pool);
void lp_frame_pool_free(struct lp_frame_pool *pool);

struct lp_queue_config {
	size_t max_bytes;     /* of this queue; 0: 1 MiB */
	uint64_t target_ns;   /* 0: 5 ms */
	uint64_t interval_ns; /* 0: 100 ms */
	size_t quantum_bytes; /* 0: 1514 */
	uint64_t hash_seed;
	bool ecn; /* mark instead of dropping where the packet inside allows it */
};

struct lp_queue_counters {
	uint64_t dropped_full, dropped_aqm, marked;
	size_t frames, bytes; /* waiting now */
};

int lp_queue_new(const struct lp_queue_config *config, struct lp_frame_pool *pool, struct lp_queue **ret_queue);
void lp_queue_free(struct lp_queue *queue);
/* Copies a frame (its parts in a row) to the end of its flow. 0; LP_EFULL: it was dropped (when the queue is full a
   frame of the fattest flow goes, RFC 8290 §4.1, which may be this one). */
int lp_queue_push(struct lp_queue *queue, const struct lp_bytes *parts, size_t n_parts, uint16_t source,
                  uint64_t now_ns);
/* The next frame to send, after AQM dropped what it had to; NULL when nothing waits. It stays the queue's, and at its
   head, until lp_queue_pop(). */
const struct lp_queued *lp_queue_head(struct lp_queue *queue, uint64_t now_ns);
void lp_queue_pop(struct lp_queue *queue);
bool lp_queue_empty(const struct lp_queue *queue);
const struct lp_queue_counters *lp_queue_counters(const struct lp_queue *queue);

#endif
