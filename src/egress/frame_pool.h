/* Memory for frames that wait: chunks of two sizes, shared by all queues of a program and bounded in all. */
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
	uint64_t queued_ns;          /* when it began to wait */
	struct lp_queued frame;      /* |frame.data| points to |bytes| */
	uint32_t size;               /* of the whole chunk: what it costs */
	uint8_t bytes[];
};

/* What a frame of |len| bytes (at most LP_QUEUE_FRAME_MAX) costs: the size of its chunk. */
size_t lp_frame_chunk_bytes(size_t len);
/* A chunk for a frame of |len| bytes, or NULL when the pool is at its bound or memory is out. */
struct lp_frame_chunk *lp_frame_pool_get(struct lp_frame_pool *pool, size_t len);
/* Gives a chunk back. */
void lp_frame_pool_put(struct lp_frame_pool *pool, struct lp_frame_chunk *chunk);
/* Bytes that may still be taken, and those that are in use, counted in whole chunks. */
size_t lp_frame_pool_free_bytes(const struct lp_frame_pool *pool);
size_t lp_frame_pool_used_bytes(const struct lp_frame_pool *pool);
/* Bytes that the pool holds of the system, used or not. */
size_t lp_frame_pool_held_bytes(const struct lp_frame_pool *pool);

#endif
