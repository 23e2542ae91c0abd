#include "egress/queue.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/units.h"
#include "egress/codel.h"
#include "egress/flow_table.h"
#include "egress/frame_pool.h"
#include "proto/flow.h"

#define DEFAULT_MAX_BYTES ((size_t)1024 * 1024)
#define DEFAULT_TARGET_NS (5 * LP_MS)
#define DEFAULT_INTERVAL_NS (100 * LP_MS)
#define DEFAULT_QUANTUM_BYTES 1514

/* A full queue drops half of its fattest flow, but no more frames than this at once: so that the search for the
   fattest flow does not come with every frame. */
#define DROP_BATCH 64

/* A list of flows that have frames. */
struct flow_list {
	struct lp_flow *head, *tail;
};

struct lp_queue {
	struct lp_queue_config config;
	struct lp_codel_config codel;
	struct lp_frame_pool *pool;
	struct lp_flow_table flows;
	struct flow_list fresh, old;     /* RFC 8290 §4.2: new queues and old queues */
	struct lp_frame_chunk *next;     /* what lp_queue_head() chose: out of its flow, not yet popped */
	const struct lp_flow *next_flow; /* that |next| was in */
	size_t used_bytes;               /* of the pool */
	struct lp_queue_counters counters;
};

int lp_queue_new(const struct lp_queue_config *config, struct lp_frame_pool *pool, struct lp_queue **ret_queue)
{
	struct lp_queue *queue = calloc(1, sizeof *queue);
	if (!queue)
		return LP_ENOMEM;
	queue->config = *config;
	if (queue->config.max_bytes == 0)
		queue->config.max_bytes = DEFAULT_MAX_BYTES;
	if (queue->config.quantum_bytes == 0)
		queue->config.quantum_bytes = DEFAULT_QUANTUM_BYTES;
	queue->codel.target_ns = config->target_ns ? config->target_ns : DEFAULT_TARGET_NS;
	queue->codel.interval_ns = config->interval_ns ? config->interval_ns : DEFAULT_INTERVAL_NS;
	queue->codel.mtu_bytes = LP_QUEUE_FRAME_MAX;
	queue->pool = pool;
	lp_flow_table_init(&queue->flows);
	*ret_queue = queue;
	return 0;
}

/* Adds a flow to the end of a list. */
static void list_append(struct flow_list *list, struct lp_flow *flow)
{
	flow->next = NULL;
	if (list->tail)
		list->tail->next = flow;
	else
		list->head = flow;
	list->tail = flow;
}

/* Takes the first flow off a list. */
static struct lp_flow *list_take(struct flow_list *list)
{
	struct lp_flow *flow = list->head;
	list->head = flow->next;
	if (!list->head)
		list->tail = NULL;
	flow->next = NULL;
	return flow;
}

/* Gives a frame's chunk back to the pool. */
static void release(struct lp_queue *queue, struct lp_frame_chunk *chunk)
{
	queue->used_bytes -= chunk->size;
	queue->counters.frames--;
	queue->counters.bytes -= chunk->frame.len;
	lp_frame_pool_put(queue->pool, chunk);
}

/* Takes the first frame out of a flow that has one. */
static struct lp_frame_chunk *flow_take(struct lp_flow *flow)
{
	struct lp_frame_chunk *chunk = flow->head;
	flow->head = chunk->next;
	if (!flow->head)
		flow->tail = NULL;
	chunk->next = NULL;
	flow->bytes -= chunk->frame.len;
	return chunk;
}

/* Makes room at the cost of the flow that holds most (RFC 8290 §4.1); false if no flow holds anything. */
static bool drop_fattest(struct lp_queue *queue)
{
	struct lp_flow *fattest = NULL;
	for (struct flow_list *list = &queue->fresh; list; list = list == &queue->fresh ? &queue->old : NULL) {
		for (struct lp_flow *flow = list->head; flow; flow = flow->next) {
			if (flow->head && (!fattest || flow->bytes > fattest->bytes))
				fattest = flow;
		}
	}
	if (!fattest)
		return false;
	size_t stop_bytes = fattest->bytes / 2;
	for (unsigned n = 0; n < DROP_BATCH && fattest->head && (n == 0 || fattest->bytes > stop_bytes); n++) {
		release(queue, flow_take(fattest));
		queue->counters.dropped_full++;
	}
	return true;
}

/* True if |size| bytes more are within this queue's share. */
static bool has_room(const struct lp_queue *queue, size_t size)
{
	return queue->used_bytes + size <= queue->config.max_bytes &&
	       queue->used_bytes + size <= lp_frame_pool_free_bytes(queue->pool);
}

/* Copies the parts of a frame into a chunk; NULL when there is no room. */
static struct lp_frame_chunk *store(struct lp_queue *queue, const struct lp_bytes *parts, size_t n_parts, size_t len)
{
	while (!has_room(queue, lp_frame_chunk_bytes(len))) {
		if (!drop_fattest(queue))
			return NULL;
	}
	struct lp_frame_chunk *chunk = lp_frame_pool_get(queue->pool, len);
	if (!chunk)
		return NULL;
	size_t offset = 0;
	for (size_t i = 0; i < n_parts; i++) {
		if (parts[i].len)
			memcpy(chunk->bytes + offset, parts[i].data, parts[i].len);
		offset += parts[i].len;
	}
	queue->used_bytes += chunk->size;
	queue->counters.frames++;
	queue->counters.bytes += len;
	return chunk;
}

int lp_queue_push(
	struct lp_queue *queue, const struct lp_bytes *parts, size_t n_parts, uint16_t source, uint64_t now_ns)
{
	size_t len = 0;
	for (size_t i = 0; i < n_parts; i++)
		len += parts[i].len;
	if (len > LP_QUEUE_FRAME_MAX)
		return LP_ETOOBIG;

	struct lp_frame_chunk *chunk = store(queue, parts, n_parts, len);
	if (!chunk) {
		queue->counters.dropped_full++;
		return LP_EFULL;
	}
	chunk->queued_ns = now_ns;
	chunk->frame.source = source;
	uint32_t hash = (uint32_t)lp_flow_hash(chunk->bytes, len, queue->config.hash_seed);
	struct lp_flow *flow = lp_flow_table_get(&queue->flows, hash);
	if (!flow) {
		release(queue, chunk);
		queue->counters.dropped_full++;
		return LP_EFULL;
	}

	if (flow->tail)
		flow->tail->next = chunk;
	else
		flow->head = chunk;
	flow->tail = chunk;
	flow->bytes += len;
	if (!flow->listed) {
		flow->listed = true;
		flow->deficit = (int64_t)queue->config.quantum_bytes;
		list_append(&queue->fresh, flow);
	}
	return 0;
}

/* The next frame of one flow after AQM did its work; NULL when the flow is empty. */
static struct lp_frame_chunk *flow_next(struct lp_queue *queue, struct lp_flow *flow, uint64_t now_ns)
{
	while (flow->head) {
		struct lp_frame_chunk *chunk = flow_take(flow);
		uint64_t sojourn_ns = now_ns > chunk->queued_ns ? now_ns - chunk->queued_ns : 0;
		if (!lp_codel_drop(&flow->codel, &queue->codel, sojourn_ns, flow->bytes, now_ns))
			return chunk;
		if (queue->config.ecn && lp_ecn_mark(chunk->bytes, chunk->frame.len)) {
			queue->counters.marked++;
			return chunk;
		}
		release(queue, chunk);
		queue->counters.dropped_aqm++;
	}
	lp_codel_empty(&flow->codel);
	return NULL;
}

const struct lp_queued *lp_queue_head(struct lp_queue *queue, uint64_t now_ns)
{
	/* RFC 8290 §4.2 */
	while (!queue->next) {
		struct flow_list *list = queue->fresh.head ? &queue->fresh : &queue->old;
		struct lp_flow *flow = list->head;
		if (!flow)
			return NULL;
		if (flow->deficit <= 0) {
			flow->deficit += (int64_t)queue->config.quantum_bytes;
			list_append(&queue->old, list_take(list));
			continue;
		}
		queue->next = flow_next(queue, flow, now_ns);
		if (queue->next) {
			flow->deficit -= (int64_t)queue->next->frame.len;
			queue->next_flow = flow;
			break;
		}
		/* A new flow that ran empty waits its turn once, so that it cannot stay new by emptying itself. */
		list_take(list);
		if (list == &queue->fresh && queue->old.head)
			list_append(&queue->old, flow);
		else
			flow->listed = false;
	}
	return &queue->next->frame;
}

void lp_queue_pop(struct lp_queue *queue)
{
	assert(queue->next);
	release(queue, queue->next);
	queue->next = NULL;
}

bool lp_queue_flow_idle(const struct lp_queue *queue, const uint8_t *frame, size_t len)
{
	uint32_t hash = (uint32_t)lp_flow_hash(frame, len, queue->config.hash_seed);
	const struct lp_flow *flow = lp_flow_table_find(&queue->flows, hash);
	return !flow || (!flow->head && !(queue->next && queue->next_flow == flow));
}

bool lp_queue_empty(const struct lp_queue *queue)
{
	return queue->counters.frames == 0;
}

const struct lp_queue_counters *lp_queue_counters(const struct lp_queue *queue)
{
	return &queue->counters;
}

void lp_queue_free(struct lp_queue *queue)
{
	if (!queue)
		return;
	if (queue->next)
		lp_queue_pop(queue);
	for (struct flow_list *list = &queue->fresh; list; list = list == &queue->fresh ? &queue->old : NULL) {
		while (list->head) {
			struct lp_flow *flow = list_take(list);
			while (flow->head)
				release(queue, flow_take(flow));
		}
	}
	assert(queue->used_bytes == 0 && queue->counters.frames == 0 && queue->counters.bytes == 0);
	lp_flow_table_done(&queue->flows);
	free(queue);
}
