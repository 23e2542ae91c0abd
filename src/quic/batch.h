/* Packets that wait to be sent, each run of equal size as one UDP message (UDP_SEGMENT). ngtcp2 encrypts packets in
   place here. A connection borrows a batch while it writes, so idle connections have none. */
#ifndef LP_QUIC_BATCH_H
#define LP_QUIC_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/udp_msg.h"

struct lp_carrier;

#define LP_BATCH_BYTES 65536
#define LP_BATCH_RUN_BYTES 65000 /* below the largest UDP payload of IPv4, 65507 */
#define LP_BATCH_RUN_PACKETS 64  /* UDP_MAX_SEGMENTS of older kernels */
#define LP_BATCH_RUNS 64

struct lp_batch {
	struct lp_batch *next; /* in the pool, or among the submitted ones */
	size_t used;           /* bytes */
	size_t n_packets;
	size_t n_runs;
	size_t run_packets; /* in the last run */
	bool singly;        /* every packet is a run of its own */
	struct lp_udp_msg runs[LP_BATCH_RUNS];
	struct lp_carrier *carriers[LP_BATCH_RUNS]; /* of each run */
	uint8_t data[LP_BATCH_BYTES];
};

/* Unused batches. */
struct lp_batch_pool {
	struct lp_batch *free;
	size_t n_free;
	size_t n_out; /* borrowed */
};

/* Batches in use at a time, and unused ones kept. */
#define LP_BATCH_POOL_MAX 32

void lp_batch_pool_init(struct lp_batch_pool *pool);
/* All batches must be back. */
void lp_batch_pool_done(struct lp_batch_pool *pool);
/* An empty batch, or NULL without memory. */
struct lp_batch *lp_batch_pool_take(struct lp_batch_pool *pool);
void lp_batch_pool_give(struct lp_batch_pool *pool, struct lp_batch *batch);

/* Space for a packet of at most |max| bytes; NULL if there is too little. */
uint8_t *lp_batch_room(struct lp_batch *batch, size_t max);
/* Adds the packet of |len| bytes, 1 or more, that was written there. */
void lp_batch_commit(struct lp_batch *batch, size_t len, uint8_t ecn, struct lp_carrier *carrier,
	const struct lp_addr *local, const struct lp_addr *remote);
/* Drops all packets. */
void lp_batch_clear(struct lp_batch *batch);

#endif
