/* The queue in front of a QUIC connection: fair by member, and by flow within each member. Pure.

   Deficit round robin gives each member whose frames wait the same share of the connection. The frames of one member
   share that by FQ-CoDel (RFC 8290): flows by addresses and ports, sparse flows first. A sender chooses the addresses
   and ports in its frames, so with flows alone whoever opens a thousand of them takes nearly all of the connection;
   like this it competes with itself. A member whose frames did not wait goes first once, as a sparse flow does.

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

/* The longest frame that can wait: Ethernet with two tags, without FCS. */
#define LP_QUEUE_FRAME_MAX 1522U

/* A frame that waits. */
struct lp_queued {
	uint8_t *data;
	size_t len;
	uint16_t source; /* peer id for the overlay header */
};

/* |max_bytes| bounds the chunks in use by all queues on the pool. What the pool holds of the system follows that,
   and is never more than twice as much and a slab of 32 KiB for each of the two sizes of chunks. */
int lp_frame_pool_new(size_t max_bytes, struct lp_frame_pool **ret_pool);
void lp_frame_pool_free(struct lp_frame_pool *pool); /* every queue on it must have been freed; NULL is fine */

struct lp_queue_config {
	size_t max_bytes;     /* of this queue, counted in whole chunks; 0: 1 MiB. It also never takes more than what
			       * is left free in the pool, so that no set of queues starves another one. */
	uint64_t target_ns;   /* 0: 5 ms */
	uint64_t interval_ns; /* 0: 100 ms */
	size_t quantum_bytes; /* 0: 1514 */
	uint64_t hash_seed;
	bool by_member; /* false: all frames count as one member's, as at a member, whose own frames they are */
	bool ecn;       /* mark instead of dropping where the packet inside allows it (RFC 8290 §4.2.2) */
};

struct lp_queue_counters {
	uint64_t dropped_full; /* no room: frames of the fattest flow of the fattest member, or the new one */
	uint64_t dropped_aqm;  /* by CoDel */
	uint64_t marked;       /* ECN set by CoDel instead */
	size_t frames, bytes;  /* waiting now */
};

int lp_queue_new(const struct lp_queue_config *config, struct lp_frame_pool *pool, struct lp_queue **ret_queue);
void lp_queue_free(struct lp_queue *queue);
/* Copies a frame (its parts in a row) to the end of its flow. |source| is its member. When there is no room, the oldest
   frames of the fattest member's fattest flow go first (RFC 8290 §4.1). 0; LP_EFULL: there was still no room, this
   frame was dropped (and counted); LP_ETOOBIG: longer than LP_QUEUE_FRAME_MAX. */
int lp_queue_push(
	struct lp_queue *queue, const struct lp_bytes *parts, size_t n_parts, uint16_t source, uint64_t now_ns);
/* The next frame to send, after AQM dropped what it had to; NULL when nothing waits. It stays the queue's, and at its
   head, until lp_queue_pop(). */
const struct lp_queued *lp_queue_head(struct lp_queue *queue, uint64_t now_ns);
void lp_queue_pop(struct lp_queue *queue); /* takes off what lp_queue_head() returned last */
/* True if a frame may be sent past the queue: nothing waits of its flow, so it would overtake nothing of its own, and
   its member has not used up its share of this round, which ever new flows would otherwise exceed. */
bool lp_queue_may_pass(const struct lp_queue *queue, const uint8_t *frame, size_t len, uint16_t source);
/* A frame was sent past the queue: it counts against its member's share. */
void lp_queue_passed(struct lp_queue *queue, size_t len, uint16_t source);
bool lp_queue_empty(const struct lp_queue *queue);
const struct lp_queue_counters *lp_queue_counters(const struct lp_queue *queue);

#endif
