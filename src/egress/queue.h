/* The queue in front of a QUIC connection: fair by member, and by flow within each member.

   Model. Frames wait here while the congestion window is closed. Deficit round robin gives each member that has frames
   queued the same share of the connection; the frames of one member share that by FQ-CoDel (RFC 8290): flows by
   addresses and ports, sparse flows first, and CoDel (RFC 8289) marks or drops when a flow's frames wait too long. A
   sender chooses the addresses and ports in its frames, so with flows alone a member that opens a thousand of them
   would get nearly all of the connection; here it competes with itself. A member that had nothing queued is served
   first once, as a sparse flow is.

   Invariants.
   - Frames of one flow leave in the order in which they were queued.
   - A queue never holds more than |max_bytes|, nor more than is left free in the pool, so no set of queues starves
     another. An empty queue holds no memory of the pool.
   - If there is no space, the largest flow of the member that holds most loses its oldest frames (RFC 8290 §4.1).
   - lp_queue_head() is stable until lp_queue_pop(): the link may have sent fragments of that frame.

   It does not classify by port or game, has no priorities, and knows no rates: the connection decides when it may send,
   the queue only what. Pure; lp_queue_head() with the current time runs CoDel. */
#ifndef LP_EGRESS_QUEUE_H
#define LP_EGRESS_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

struct lp_frame_pool;
struct lp_queue;

/* Which frames share one member's part of the connection. */
enum lp_queue_share {
	LP_QUEUE_ONE,        /* all, as at a client: everything is its own */
	LP_QUEUE_BY_SOURCE,  /* those of one member, as at a relay */
	LP_QUEUE_BY_STATION, /* those for one station, as at a gateway, whose frames for one player must not delay those
				for the others; group frames by the station that sent them */
};

/* Stations are distinguished by this number of hashes, which bounds their memory. */
#define LP_QUEUE_STATIONS 1024U

/* The longest frame: Ethernet with two tags, without FCS. */
#define LP_QUEUE_FRAME_MAX 1522U

/* A queued frame. */
struct lp_queued {
	uint8_t *data;
	size_t len;
	uint16_t source; /* peer id for the overlay header */
};

/* |max_bytes| bounds the chunks in use by all queues on the pool. The pool holds at most twice that, and one slab of
   32 KiB for each of the two chunk sizes. */
int lp_frame_pool_new(size_t max_bytes, struct lp_frame_pool **ret_pool);
void lp_frame_pool_free(struct lp_frame_pool *pool); /* every queue on it must have been freed; NULL is fine */

struct lp_queue_config {
	size_t max_bytes;     /* of this queue, counted in whole chunks; 0: 2 MiB. It also never takes more than what
			       * is left free in the pool, so that no set of queues starves another one. */
	uint64_t target_ns;   /* 0: 5 ms */
	uint64_t interval_ns; /* 0: 100 ms */
	size_t quantum_bytes; /* 0: 1514 */
	uint64_t hash_seed;
	enum lp_queue_share share;
	bool ecn; /* mark instead of dropping if the inner packet permits it (RFC 3168) */
};

struct lp_queue_counters {
	uint64_t dropped_full; /* no space: oldest frames of the largest flow, or the new frame */
	uint64_t dropped_aqm;  /* by CoDel */
	uint64_t marked;       /* ECN set by CoDel instead */
	size_t frames, bytes;  /* waiting now */
};

int lp_queue_new(const struct lp_queue_config *config, struct lp_frame_pool *pool, struct lp_queue **ret_queue);
void lp_queue_free(struct lp_queue *queue);
/* Sets how long frames may queue from now on before CoDel acts, and for how long they may queue longer; neither falls
   below the defaults of the configuration. */
void lp_queue_set_delay(struct lp_queue *queue, uint64_t target_ns, uint64_t interval_ns);
/* Copies a frame (the concatenation of its parts) to the end of its flow. |source| is its member. If there is no space,
   other frames are dropped first. 0; LP_EFULL: there was still no space, and this frame was dropped and counted;
   LP_ETOOBIG: longer than LP_QUEUE_FRAME_MAX. */
int lp_queue_push(
	struct lp_queue *queue, const struct lp_bytes *parts, size_t n_parts, uint16_t source, uint64_t now_ns);
/* The next frame to send, after CoDel dropped what it must; NULL: none. It remains in the queue, at its head, until
   lp_queue_pop(). */
const struct lp_queued *lp_queue_head(struct lp_queue *queue, uint64_t now_ns);
void lp_queue_pop(struct lp_queue *queue); /* removes the frame that lp_queue_head() returned last */
/* True if a frame may pass the queue: its flow has nothing queued, so it overtakes no frame of its own flow, and its
   member has not used up its share of this round, which a series of new flows would otherwise exceed. */
bool lp_queue_may_pass(const struct lp_queue *queue, const uint8_t *frame, size_t len, uint16_t source);
/* A frame has passed the queue: it counts against its member's share. */
void lp_queue_passed(struct lp_queue *queue, const uint8_t *frame, size_t len, uint16_t source);
bool lp_queue_empty(const struct lp_queue *queue);
const struct lp_queue_counters *lp_queue_counters(const struct lp_queue *queue);

#endif
