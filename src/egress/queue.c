#include "egress/queue.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mac.h"
#include "base/units.h"
#include "egress/codel.h"
#include "egress/drr.h"
#include "egress/flow_table.h"
#include "egress/frame_pool.h"
#include "proto/flow.h"

#define DEFAULT_MAX_BYTES ((size_t)2 << 20)
#define DEFAULT_TARGET_NS (5 * LP_MS)
#define DEFAULT_INTERVAL_NS (100 * LP_MS)
#define DEFAULT_QUANTUM_BYTES 1514

/* A full queue drops half of its largest flow, up to this many frames, because a search for the largest flow with every
   frame would cost too much. */
#define DROP_BATCH 64

#define MEMBER_BUCKETS 16U

/* A member that has frames queued, or an unused entry. */
struct member {
	struct lp_drr_item item; /* among the members of the queue; first */
	struct member *next;     /* in the hash chain, or among the unused ones */
	struct lp_drr flows;     /* that have frames */
	struct lp_flow_table table;
	size_t bytes; /* of its frames */
	uint16_t id;
};

struct lp_queue {
	struct lp_queue_config config;
	struct lp_codel_config codel;
	struct lp_frame_pool *pool;
	struct lp_drr members;                  /* those with frames, or whose turn is not over */
	struct member *buckets[MEMBER_BUCKETS]; /* the same, by id */
	struct member *spare;                   /* unused entries, with their flow tables */
	struct lp_frame_chunk *next;            /* the head: removed from its flow, not popped yet */
	const struct lp_flow *next_flow;        /* the flow of |next| */
	size_t used_bytes;                      /* of the pool */
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
	*ret_queue = queue;
	return 0;
}

void lp_queue_set_delay(struct lp_queue *queue, uint64_t target_ns, uint64_t interval_ns)
{
	queue->codel.target_ns = target_ns > DEFAULT_TARGET_NS ? target_ns : DEFAULT_TARGET_NS;
	queue->codel.interval_ns = interval_ns > DEFAULT_INTERVAL_NS ? interval_ns : DEFAULT_INTERVAL_NS;
}

/* An item is the first field of what it schedules. */
static struct member *member_of(struct lp_drr_item *item)
{
	return (struct member *)(void *)item;
}

static struct lp_flow *flow_of(struct lp_drr_item *item)
{
	return (struct lp_flow *)(void *)item;
}

static struct member *find_member(const struct lp_queue *queue, uint16_t id)
{
	struct member *member = queue->buckets[id % MEMBER_BUCKETS];
	while (member && member->id != id)
		member = member->next;
	return member;
}

/* The entry of a member, added if there is none. NULL without memory. */
static struct member *get_member(struct lp_queue *queue, uint16_t id)
{
	struct member *member = find_member(queue, id);
	if (member)
		return member;
	member = queue->spare;
	if (member) {
		queue->spare = member->next;
	} else {
		member = calloc(1, sizeof *member);
		if (!member)
			return NULL;
		lp_flow_table_init(&member->table);
	}
	member->id = id;
	member->next = queue->buckets[id % MEMBER_BUCKETS];
	queue->buckets[id % MEMBER_BUCKETS] = member;
	return member;
}

/* Moves the entry of an idle member to the unused ones. */
static void retire_member(struct lp_queue *queue, struct member *member)
{
	struct member **link = &queue->buckets[member->id % MEMBER_BUCKETS];
	while (*link != member)
		link = &(*link)->next;
	*link = member->next;
	member->next = queue->spare;
	queue->spare = member;
}

/* Returns a frame's chunk to the pool. */
static void release(struct lp_queue *queue, struct lp_frame_chunk *chunk)
{
	queue->used_bytes -= chunk->size;
	queue->counters.frames--;
	queue->counters.bytes -= chunk->frame.len;
	lp_frame_pool_put(queue->pool, chunk);
}

/* Removes the first frame of a flow that has one. */
static struct lp_frame_chunk *flow_take(struct member *member, struct lp_flow *flow)
{
	struct lp_frame_chunk *chunk = flow->head;
	flow->head = chunk->next;
	if (!flow->head)
		flow->tail = NULL;
	chunk->next = NULL;
	flow->bytes -= chunk->frame.len;
	member->bytes -= chunk->frame.len;
	return chunk;
}

static struct member *largest_member(const struct lp_queue *queue)
{
	struct member *largest = NULL;
	for (struct lp_drr_item *item = NULL; (item = lp_drr_next(&queue->members, item));) {
		struct member *member = member_of(item);
		if (member->bytes && (!largest || member->bytes > largest->bytes))
			largest = member;
	}
	return largest;
}

static struct lp_flow *largest_flow(const struct member *member)
{
	struct lp_flow *largest = NULL;
	for (struct lp_drr_item *item = NULL; (item = lp_drr_next(&member->flows, item));) {
		struct lp_flow *flow = flow_of(item);
		if (flow->head && (!largest || flow->bytes > largest->bytes))
			largest = flow;
	}
	return largest;
}

/* Drops frames of the largest flow of the member that holds most (RFC 8290 §4.1). False if nothing is queued. */
static bool drop_largest(struct lp_queue *queue)
{
	struct member *member = largest_member(queue);
	struct lp_flow *flow = member ? largest_flow(member) : NULL;
	if (!flow)
		return false;
	size_t stop_bytes = flow->bytes / 2;
	for (unsigned n = 0; n < DROP_BATCH && flow->head && (n == 0 || flow->bytes > stop_bytes); n++) {
		release(queue, flow_take(member, flow));
		queue->counters.dropped_full++;
	}
	return true;
}

/* True if |size| more bytes are within this queue's share. */
static bool has_room(const struct lp_queue *queue, size_t size)
{
	return queue->used_bytes + size <= queue->config.max_bytes &&
	       queue->used_bytes + size <= lp_frame_pool_free_bytes(queue->pool);
}

/* Copies the parts of a frame into a chunk; NULL if there is no space. */
static struct lp_frame_chunk *store(struct lp_queue *queue, const struct lp_bytes *parts, size_t n_parts, size_t len)
{
	while (!has_room(queue, lp_frame_chunk_bytes(len))) {
		if (!drop_largest(queue))
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

/* The member that a frame of |source| counts for: its peer id, or a hash of a station's MAC. */
static uint16_t class_of(const struct lp_queue *queue, const uint8_t *frame, size_t len, uint16_t source)
{
	if (queue->config.share == LP_QUEUE_BY_SOURCE)
		return source;
	if (queue->config.share == LP_QUEUE_ONE || len < 12)
		return 0;
	uint64_t mac = lp_mac_key(frame[0] & 1 ? frame + 6 : frame) ^ queue->config.hash_seed;
	/* The multiplication spreads the octets that differ most, the low ones, over the high bits. */
	return (uint16_t)((mac * UINT64_C(0x9e3779b97f4a7c15)) >> 32 & (LP_QUEUE_STATIONS - 1));
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
	struct member *member = get_member(queue, class_of(queue, chunk->bytes, len, source));
	struct lp_flow *flow = member ? lp_flow_table_get(&member->table, hash) : NULL;
	if (!flow) {
		release(queue, chunk);
		queue->counters.dropped_full++;
		if (member && !member->item.listed)
			retire_member(queue, member);
		return LP_EFULL;
	}

	if (flow->tail)
		flow->tail->next = chunk;
	else
		flow->head = chunk;
	flow->tail = chunk;
	flow->bytes += len;
	member->bytes += len;
	lp_drr_activate(&member->flows, &flow->item, queue->config.quantum_bytes);
	lp_drr_activate(&queue->members, &member->item, queue->config.quantum_bytes);
	return 0;
}

/* The next frame of a flow after CoDel; NULL if none is left. */
static struct lp_frame_chunk *flow_next(
	struct lp_queue *queue, struct member *member, struct lp_flow *flow, uint64_t now_ns)
{
	while (flow->head) {
		struct lp_frame_chunk *chunk = flow_take(member, flow);
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

/* The next frame of a member; NULL if none is left. */
static struct lp_frame_chunk *member_next(struct lp_queue *queue, struct member *member, uint64_t now_ns)
{
	struct lp_drr_item *item;
	while ((item = lp_drr_pick(&member->flows, queue->config.quantum_bytes))) {
		struct lp_frame_chunk *chunk = flow_next(queue, member, flow_of(item), now_ns);
		if (chunk) {
			item->deficit -= (int64_t)chunk->frame.len;
			queue->next_flow = flow_of(item);
			return chunk;
		}
		lp_drr_emptied(&member->flows);
	}
	return NULL;
}

const struct lp_queued *lp_queue_head(struct lp_queue *queue, uint64_t now_ns)
{
	struct lp_drr_item *item;
	while (!queue->next && (item = lp_drr_pick(&queue->members, queue->config.quantum_bytes))) {
		queue->next = member_next(queue, member_of(item), now_ns);
		if (queue->next) {
			item->deficit -= (int64_t)queue->next->frame.len;
			break;
		}
		lp_drr_emptied(&queue->members);
		if (!item->listed)
			retire_member(queue, member_of(item));
	}
	return queue->next ? &queue->next->frame : NULL;
}

void lp_queue_pop(struct lp_queue *queue)
{
	assert(queue->next);
	release(queue, queue->next);
	queue->next = NULL;
}

bool lp_queue_may_pass(const struct lp_queue *queue, const uint8_t *frame, size_t len, uint16_t source)
{
	const struct member *member = find_member(queue, class_of(queue, frame, len, source));
	if (!member)
		return true;
	if (queue->config.share != LP_QUEUE_ONE && member->item.deficit <= 0)
		return false;
	uint32_t hash = (uint32_t)lp_flow_hash(frame, len, queue->config.hash_seed);
	const struct lp_flow *flow = lp_flow_table_find(&member->table, hash);
	return !flow || (!flow->head && !(queue->next && queue->next_flow == flow));
}

void lp_queue_passed(struct lp_queue *queue, const uint8_t *frame, size_t len, uint16_t source)
{
	struct member *member = find_member(queue, class_of(queue, frame, len, source));
	if (member)
		member->item.deficit -= (int64_t)len;
}

bool lp_queue_empty(const struct lp_queue *queue)
{
	return queue->counters.frames == 0;
}

const struct lp_queue_counters *lp_queue_counters(const struct lp_queue *queue)
{
	return &queue->counters;
}

static void free_members(struct member *member)
{
	while (member) {
		struct member *next = member->next;
		lp_flow_table_done(&member->table);
		free(member);
		member = next;
	}
}

void lp_queue_free(struct lp_queue *queue)
{
	if (!queue)
		return;
	if (queue->next)
		lp_queue_pop(queue);
	while (drop_largest(queue))
		;
	for (size_t i = 0; i < MEMBER_BUCKETS; i++)
		free_members(queue->buckets[i]);
	free_members(queue->spare);
	assert(queue->used_bytes == 0 && queue->counters.frames == 0 && queue->counters.bytes == 0);
	free(queue);
}
