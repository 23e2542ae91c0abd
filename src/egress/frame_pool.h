/* Memory for queued frames: chunks of two sizes, shared by all queues of a program, with a limit in all. */
#ifndef LP_EGRESS_FRAME_POOL_H
#define LP_EGRESS_FRAME_POOL_H

#include <stddef.h>
#include <stdint.h>

#include "egress/queue.h"

struct lp_frame_slab;

/* One frame in a chunk of the pool. */
struct lp_frame_chunk {
	struct lp_frame_chunk *next; /* the next of its flow, or the next free one of its slab */
	struct lp_frame_slab *slab;  /* where the chunk lies */
	uint64_t queued_ns;          /* when the frame was queued */
	struct lp_queued frame;      /* |frame.data| points to |bytes| */
	uint32_t size;               /* of the whole chunk, which counts against the limits */
	uint8_t bytes[];
};

/* Size of the chunk for a frame of |len| bytes, at most LP_QUEUE_FRAME_MAX. */
size_t lp_frame_chunk_bytes(size_t len);
/* A chunk for a frame of |len| bytes, or NULL: the limit is reached, or no memory. */
struct lp_frame_chunk *lp_frame_pool_get(struct lp_frame_pool *pool, size_t len);
/* Returns a chunk. */
void lp_frame_pool_put(struct lp_frame_pool *pool, struct lp_frame_chunk *chunk);
/* Bytes left within the limit, and bytes in use, in whole chunks. */
size_t lp_frame_pool_free_bytes(const struct lp_frame_pool *pool);
size_t lp_frame_pool_used_bytes(const struct lp_frame_pool *pool);
/* Bytes allocated from the system, used or not. */
size_t lp_frame_pool_held_bytes(const struct lp_frame_pool *pool);

#endif
