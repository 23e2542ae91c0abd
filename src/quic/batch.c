#include "quic/batch.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

void lp_batch_pool_init(struct lp_batch_pool *pool)
{
	*pool = (struct lp_batch_pool){0};
}

void lp_batch_pool_done(struct lp_batch_pool *pool)
{
	assert(pool->n_out == 0);
	while (pool->free) {
		struct lp_batch *batch = pool->free;
		pool->free = batch->next;
		free(batch);
	}
}

struct lp_batch *lp_batch_pool_take(struct lp_batch_pool *pool)
{
	struct lp_batch *batch = pool->free;
	if (batch) {
		pool->free = batch->next;
		pool->n_free--;
	} else {
		batch = malloc(sizeof *batch);
		if (!batch)
			return NULL;
	}
	batch->next = NULL;
	lp_batch_clear(batch);
	pool->n_out++;
	return batch;
}

void lp_batch_pool_give(struct lp_batch_pool *pool, struct lp_batch *batch)
{
	assert(pool->n_out > 0);
	pool->n_out--;
	if (pool->n_free >= LP_BATCH_POOL_MAX) {
		free(batch);
		return;
	}
	batch->next = pool->free;
	pool->free = batch;
	pool->n_free++;
}

uint8_t *lp_batch_room(struct lp_batch *batch, size_t max)
{
	if (batch->n_runs == LP_BATCH_RUNS || LP_BATCH_BYTES - batch->used < max)
		return NULL;
	return batch->data + batch->used;
}

/* True if a packet of |len| bytes fits into the last run: same path and ECN, and only the last may be shorter. */
static bool fits_run(const struct lp_batch *batch, size_t len, uint8_t ecn, const struct lp_carrier *carrier,
	const struct lp_addr *local, const struct lp_addr *remote)
{
	if (batch->singly || batch->n_runs == 0 || batch->run_packets == LP_BATCH_RUN_PACKETS)
		return false;
	const struct lp_udp_msg *run = &batch->runs[batch->n_runs - 1];
	return len <= run->segment_bytes && run->len == batch->run_packets * run->segment_bytes &&
	       run->len + len <= LP_BATCH_RUN_BYTES && run->ecn == ecn &&
	       batch->carriers[batch->n_runs - 1] == carrier && lp_addr_equal(&run->local, local) &&
	       lp_addr_equal(&run->remote, remote);
}

void lp_batch_commit(struct lp_batch *batch, size_t len, uint8_t ecn, struct lp_carrier *carrier,
	const struct lp_addr *local, const struct lp_addr *remote)
{
	assert(len > 0 && len <= LP_BATCH_BYTES - batch->used);
	if (fits_run(batch, len, ecn, carrier, local, remote)) {
		batch->runs[batch->n_runs - 1].len += len;
		batch->run_packets++;
	} else {
		assert(batch->n_runs < LP_BATCH_RUNS);
		batch->carriers[batch->n_runs] = carrier;
		batch->runs[batch->n_runs++] = (struct lp_udp_msg){
			.data = batch->data + batch->used,
			.len = len,
			.segment_bytes = (uint16_t)(len > UINT16_MAX ? UINT16_MAX : len),
			.ecn = ecn,
			.local = *local,
			.remote = *remote,
		};
		batch->run_packets = 1;
	}
	batch->used += len;
	batch->n_packets++;
}

void lp_batch_clear(struct lp_batch *batch)
{
	batch->used = batch->n_packets = batch->n_runs = batch->run_packets = 0;
	batch->singly = false;
}
