#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/units.h"
#include "egress/flow_table.h"
#include "egress/frame_pool.h"
#include "egress/queue.h"

#define POOL_BYTES ((size_t)4 << 20)

/* A queue with its pool. */
struct fixture {
	struct lp_frame_pool *pool;
	struct lp_queue *queue;
};

/* Creates both; |config| may be NULL. */
static void setup(struct fixture *f, const struct lp_queue_config *config, size_t pool_bytes)
{
	static const struct lp_queue_config defaults = {.hash_seed = 7};
	assert_int_equal(lp_frame_pool_new(pool_bytes, &f->pool), 0);
	assert_int_equal(lp_queue_new(config ? config : &defaults, f->pool, &f->queue), 0);
}

static void teardown(struct fixture *f)
{
	lp_queue_free(f->queue);
	assert_int_equal(lp_frame_pool_used_bytes(f->pool), 0);
	lp_frame_pool_free(f->pool);
}

/* Writes an IPv4 UDP frame of |len| bytes whose flow is |flow| and whose last bytes are |mark|. |ecn|: its two bits. */
static void make_frame(uint8_t *frame, size_t len, uint16_t flow, uint32_t mark, uint8_t ecn)
{
	static const uint8_t head[42] = {
		2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0,                          /* Ethernet */
		0x45, 0, 0, 0, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2, /* IPv4 */
		0x10, 0, 0, 0, 0, 0, 0, 0,                                         /* UDP */
	};
	memset(frame, 0x55, len);
	memcpy(frame, head, sizeof head);
	uint16_t ip_len = (uint16_t)(len - 14);
	frame[15] = ecn;
	frame[16] = (uint8_t)(ip_len >> 8);
	frame[17] = (uint8_t)ip_len;
	frame[36] = (uint8_t)(flow >> 8);
	frame[37] = (uint8_t)flow;
	uint16_t udp_len = (uint16_t)(ip_len - 20);
	frame[38] = (uint8_t)(udp_len >> 8);
	frame[39] = (uint8_t)udp_len;
	uint32_t sum = 0;
	for (size_t i = 14; i < 34; i += 2)
		sum += (uint32_t)frame[i] << 8 | frame[i + 1];
	sum = (sum & 0xffff) + (sum >> 16);
	sum = ~((sum & 0xffff) + (sum >> 16));
	frame[24] = (uint8_t)(sum >> 8);
	frame[25] = (uint8_t)sum;
	memcpy(frame + len - 4, &mark, 4);
}

/* The flow and the mark of a frame. */
static uint16_t flow_of(const struct lp_queued *queued)
{
	return (uint16_t)(queued->data[36] << 8 | queued->data[37]);
}

static uint32_t mark_of(const struct lp_queued *queued)
{
	uint32_t mark;
	memcpy(&mark, queued->data + queued->len - 4, 4);
	return mark;
}

/* Pushes one frame. */
static int push(struct lp_queue *queue, size_t len, uint16_t flow, uint32_t mark, uint64_t now_ns)
{
	uint8_t frame[LP_QUEUE_FRAME_MAX];
	make_frame(frame, len, flow, mark, 2);
	struct lp_bytes part = {frame, len};
	return lp_queue_push(queue, &part, 1, flow, now_ns);
}

/* A frame in parts comes out in one piece, with its source, and flows keep their order. */
static void test_order(void **state)
{
	(void)state;
	struct fixture f;
	setup(&f, NULL, POOL_BYTES);
	uint8_t frame[1000];
	for (uint32_t i = 0; i < 50; i++) {
		make_frame(frame, 60 + i * 10, 1, i, 0);
		struct lp_bytes parts[3] = {{frame, 12}, {frame + 12, 4}, {frame + 16, 44 + i * 10}};
		assert_int_equal(lp_queue_push(f.queue, parts, 3, (uint16_t)(900 + i), LP_SEC), 0);
	}
	assert_int_equal(lp_queue_counters(f.queue)->frames, 50);
	for (uint32_t i = 0; i < 50; i++) {
		const struct lp_queued *queued = lp_queue_head(f.queue, LP_SEC);
		make_frame(frame, 60 + i * 10, 1, i, 0);
		assert_int_equal(queued->len, 60 + i * 10);
		assert_memory_equal(queued->data, frame, queued->len);
		assert_int_equal(queued->source, 900 + i);
		lp_queue_pop(f.queue);
	}
	assert_true(lp_queue_empty(f.queue));
	assert_null(lp_queue_head(f.queue, LP_SEC));
	assert_int_equal(lp_queue_counters(f.queue)->bytes, 0);
	teardown(&f);
}

/* The head does not change when frames are added or a full queue drops. */
static void test_head_stays(void **state)
{
	(void)state;
	struct fixture f;
	setup(&f, &(struct lp_queue_config){.max_bytes = 64 * 1024}, POOL_BYTES);
	push(f.queue, 1514, 1, 77, LP_SEC);
	const struct lp_queued *head = lp_queue_head(f.queue, LP_SEC);
	for (uint32_t i = 0; i < 500; i++) {
		push(f.queue, 1514, 1, i, LP_SEC);
		push(f.queue, 64, 2, i, LP_SEC);
		assert_ptr_equal(lp_queue_head(f.queue, 2 * LP_SEC), head);
	}
	assert_int_equal(mark_of(head), 77);
	assert_true(lp_queue_counters(f.queue)->dropped_full > 0);
	teardown(&f);
}

/* RFC 8290 §3.1: a sparse flow overtakes waiting bulk flows. */
static void test_sparse_first(void **state)
{
	(void)state;
	struct fixture f;
	setup(&f, NULL, POOL_BYTES);
	uint64_t now_ns = LP_SEC;
	for (uint32_t i = 0; i < 100; i++) {
		for (uint16_t flow = 1; flow <= 4; flow++)
			push(f.queue, 1514, flow, i, now_ns);
	}
	/* after the first round, in which the bulk flows count as new */
	for (unsigned i = 0; i < 8; i++) {
		assert_non_null(lp_queue_head(f.queue, now_ns));
		lp_queue_pop(f.queue);
	}
	for (uint32_t i = 0; i < 20; i++) {
		push(f.queue, 64, 99, i, now_ns);
		assert_int_equal(flow_of(lp_queue_head(f.queue, now_ns)), 99);
		lp_queue_pop(f.queue);
		/* a full round between two frames of the game */
		for (unsigned n = 0; n < 8; n++) {
			assert_int_not_equal(flow_of(lp_queue_head(f.queue, now_ns)), 99);
			lp_queue_pop(f.queue);
		}
	}
	teardown(&f);
}

/* RFC 8290 §4.2: flows that empty and return immediately do not count as new each time, and starve no other. */
static void test_no_cheating(void **state)
{
	(void)state;
	struct fixture f;
	setup(&f, NULL, POOL_BYTES);
	size_t bytes[12] = {0}, total = 0;
	bool waits[12] = {false};
	unsigned sent_at[12] = {0};
	for (uint32_t i = 0; i < 400; i++)
		push(f.queue, 1514, 1, i, LP_SEC);
	for (unsigned i = 0; i < 400; i++) {
		for (uint16_t flow = 2; flow < 12; flow++) {
			/* one round late, so that the queue has seen the flow empty */
			if (waits[flow] || (i > 0 && i < sent_at[flow] + 2))
				continue;
			push(f.queue, 700, flow, i, LP_SEC);
			waits[flow] = true;
		}
		const struct lp_queued *head = lp_queue_head(f.queue, LP_SEC);
		waits[flow_of(head)] = false;
		sent_at[flow_of(head)] = i;
		bytes[flow_of(head)] += head->len;
		total += head->len;
		lp_queue_pop(f.queue);
	}
	assert_true(bytes[1] > total / 12);
	teardown(&f);
}

/* Bulk flows get the same number of bytes, whatever their frames' size. */
static void test_fair(void **state)
{
	(void)state;
	static const size_t len[] = {1514, 64, 590, 1000, 300};
	struct fixture f;
	setup(&f, &(struct lp_queue_config){.max_bytes = POOL_BYTES, .hash_seed = 1}, 2 * POOL_BYTES);
	size_t bytes[5] = {0};
	for (uint16_t flow = 0; flow < 5; flow++) {
		for (size_t queued = 0; queued < 150000; queued += len[flow])
			assert_int_equal(push(f.queue, len[flow], flow, 0, LP_SEC), 0);
	}
	for (size_t sent = 0; sent < 500000;) {
		const struct lp_queued *head = lp_queue_head(f.queue, LP_SEC);
		bytes[flow_of(head)] += head->len;
		sent += head->len;
		lp_queue_pop(f.queue);
	}
	for (uint16_t flow = 0; flow < 5; flow++)
		assert_in_range(bytes[flow], 100000 - 3 * 1514, 100000 + 3 * 1514);
	teardown(&f);
}

/* Results of a flow that arrives faster than it leaves. */
struct overload {
	uint64_t delay_ns; /* of the last frame */
	uint64_t first_drop_ns;
	uint64_t dropped, marked, full;
};

/* Adds a frame each |in_us| and takes one each |out_us| for 4 s. The source halves its rate after a drop or a mark
   (like TCP), and raises it slowly. */
static void run_overload(struct lp_queue *queue, uint8_t ecn, bool responsive, struct overload *ret_result)
{
	uint64_t in_us = 800, next_in_us = 0;
	struct overload result = {0};
	const struct lp_queue_counters *counters = lp_queue_counters(queue);
	uint64_t signals = 0;

	for (uint64_t us = 0; us < 4000000; us += 1000) {
		uint64_t now_ns = LP_SEC + us * LP_US;
		for (; next_in_us <= us; next_in_us += in_us) {
			uint8_t frame[1514];
			uint64_t sent_ns = LP_SEC + next_in_us * LP_US;
			make_frame(frame, sizeof frame, 5, 0, ecn);
			memcpy(frame + 100, &sent_ns, sizeof sent_ns);
			struct lp_bytes part = {frame, sizeof frame};
			lp_queue_push(queue, &part, 1, 0, sent_ns);
			if (responsive && in_us > 500)
				in_us--;
		}
		const struct lp_queued *head = lp_queue_head(queue, now_ns);
		if (head) {
			uint64_t sent_ns;
			memcpy(&sent_ns, head->data + 100, sizeof sent_ns);
			result.delay_ns = now_ns - sent_ns;
			lp_queue_pop(queue);
		}
		if (counters->dropped_aqm + counters->marked > signals) {
			signals = counters->dropped_aqm + counters->marked;
			if (!result.first_drop_ns)
				result.first_drop_ns = now_ns - LP_SEC;
			if (responsive)
				in_us *= 2;
		}
	}
	result.dropped = counters->dropped_aqm;
	result.marked = counters->marked;
	result.full = counters->dropped_full;
	*ret_result = result;
}

/* CoDel waits for an interval, then signals; a responsive source keeps the queue short; with ECN no frame is lost. */
static void test_codel(void **state)
{
	(void)state;
	static const struct {
		bool use_ecn, responsive;
		uint8_t ecn;
		bool marks;
	} rows[] = {
		{false, true, 2, false},
		{true, true, 2, true},
		{true, true, 1, true},
		{true, true, 0, false},
		{false, false, 0, false},
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct fixture f;
		struct overload result;
		setup(&f, &(struct lp_queue_config){.ecn = rows[i].use_ecn}, POOL_BYTES);
		run_overload(f.queue, rows[i].ecn, rows[i].responsive, &result);
		/* at 0.25 ms more each ms, 5 ms are reached after about 20 ms */
		assert_in_range(result.first_drop_ns, 100 * LP_MS, 160 * LP_MS);
		assert_int_equal(result.full, 0);
		assert_true(rows[i].marks ? result.marked > 3 : result.dropped > 3);
		assert_true(rows[i].marks ? result.dropped == 0 : result.marked == 0);
		if (rows[i].responsive)
			assert_true(result.delay_ns < 60 * LP_MS);
		teardown(&f);
	}
}

/* A flow is idle when none of its frames waits, including the frame that is selected as the next. */
static void test_flow_idle(void **state)
{
	(void)state;
	struct fixture f;
	uint8_t frame[64];
	setup(&f, NULL, POOL_BYTES);
	for (uint16_t flow = 0; flow < 3; flow++) {
		make_frame(frame, sizeof frame, flow, 0, 0);
		assert_true(lp_queue_may_pass(f.queue, frame, sizeof frame, 0));
		push(f.queue, 1000, flow, 0, LP_SEC);
		assert_false(lp_queue_may_pass(f.queue, frame, sizeof frame, 0));
	}
	uint16_t next = flow_of(lp_queue_head(f.queue, LP_SEC));
	make_frame(frame, sizeof frame, next, 0, 0);
	assert_false(lp_queue_may_pass(f.queue, frame, sizeof frame, 0));
	lp_queue_pop(f.queue);
	assert_true(lp_queue_may_pass(f.queue, frame, sizeof frame, 0));
	teardown(&f);
}

/* A full queue drops from the fattest flow (RFC 8290 §4.1): the others lose nothing. */
static void test_fattest(void **state)
{
	(void)state;
	struct fixture f;
	setup(&f, &(struct lp_queue_config){.max_bytes = 256 * 1024}, POOL_BYTES);
	for (uint32_t i = 0; i < 20; i++) {
		push(f.queue, 100, 2, i, LP_SEC);
		push(f.queue, 1000, 3, i, LP_SEC);
	}
	for (uint32_t i = 0; i < 2000; i++)
		assert_int_equal(push(f.queue, 1514, 1, i, LP_SEC), 0);
	assert_true(lp_frame_pool_used_bytes(f.pool) <= 256 * 1024);

	unsigned n_frames[4] = {0};
	uint32_t last_mark = 0;
	while (!lp_queue_empty(f.queue)) {
		const struct lp_queued *head = lp_queue_head(f.queue, LP_SEC);
		n_frames[flow_of(head)]++;
		if (flow_of(head) == 1)
			last_mark = mark_of(head);
		lp_queue_pop(f.queue);
	}
	assert_int_equal(n_frames[2], 20);
	assert_int_equal(n_frames[3], 20);
	assert_int_equal(last_mark, 1999); /* the oldest was dropped, not the newest */
	assert_int_equal(n_frames[1] + lp_queue_counters(f.queue)->dropped_full, 2000);
	teardown(&f);
}

/* Queues that are stuck leave space in the pool for others. */
static void test_shared_pool(void **state)
{
	(void)state;
	struct lp_frame_pool *pool;
	struct lp_queue *stuck[8], *other;
	assert_int_equal(lp_frame_pool_new(512 * 1024, &pool), 0);
	for (size_t i = 0; i < 8; i++) {
		assert_int_equal(lp_queue_new(&(struct lp_queue_config){.hash_seed = i}, pool, &stuck[i]), 0);
		for (uint32_t n = 0; n < 1000; n++)
			push(stuck[i], 1514, 1, n, LP_SEC);
	}
	assert_true(lp_frame_pool_used_bytes(pool) <= 512 * 1024);
	assert_int_equal(lp_queue_new(&(struct lp_queue_config){0}, pool, &other), 0);
	assert_int_equal(push(other, 1514, 1, 0, LP_SEC), 0);
	assert_int_equal(lp_queue_counters(stuck[0])->dropped_full + lp_queue_counters(stuck[0])->frames, 1000);
	for (size_t i = 0; i < 8; i++)
		lp_queue_free(stuck[i]);
	lp_queue_free(other);
	lp_frame_pool_free(pool);
}

/* A pool too small for one frame drops it, and reports it; an invalid frame is refused. */
static void test_limits(void **state)
{
	(void)state;
	struct fixture f;
	setup(&f, NULL, 1000);
	assert_int_equal(push(f.queue, 1514, 1, 0, LP_SEC), LP_EFULL);
	assert_int_equal(lp_queue_counters(f.queue)->dropped_full, 1);
	assert_int_equal(push(f.queue, 64, 1, 0, LP_SEC), 0);
	uint8_t big[LP_QUEUE_FRAME_MAX + 1] = {0};
	struct lp_bytes parts[2] = {{big, 1500}, {big, 23}};
	assert_int_equal(lp_queue_push(f.queue, parts, 2, 0, LP_SEC), LP_ETOOBIG);
	teardown(&f);
	lp_queue_free(NULL);
	lp_frame_pool_free(NULL);
}

/* Flows beyond the table's capacity share an entry; the table stays small. */
static void test_many_flows(void **state)
{
	(void)state;
	struct lp_flow_table table;
	lp_flow_table_init(&table);
	assert_int_equal(lp_flow_table_held_bytes(&table), 0);
	for (uint32_t hash = 0; hash < 5000; hash++) {
		struct lp_flow *flow = lp_flow_table_get(&table, hash);
		assert_non_null(flow);
		flow->item.listed = true;
		assert_ptr_equal(lp_flow_table_get(&table, hash % 200), lp_flow_table_get(&table, hash % 200));
	}
	assert_true(lp_flow_table_held_bytes(&table) < 32 * 1024);
	lp_flow_table_done(&table);

	/* idle flows make space for others */
	lp_flow_table_init(&table);
	for (uint32_t hash = 0; hash < 5000; hash++)
		assert_non_null(lp_flow_table_get(&table, hash));
	assert_true(lp_flow_table_held_bytes(&table) < 4 * 1024);
	lp_flow_table_done(&table);
}

/* Memory is freed when a flood is over. */
static void test_memory_returns(void **state)
{
	(void)state;
	struct fixture f;
	setup(&f, NULL, POOL_BYTES);
	for (unsigned round = 0; round < 3; round++) {
		for (uint32_t i = 0; i < 500; i++)
			push(f.queue, i % 3 ? 1514 : 64, 1, i, LP_SEC);
		assert_true(lp_frame_pool_held_bytes(f.pool) > 400 * 1024);
		while (!lp_queue_empty(f.queue)) {
			lp_queue_head(f.queue, LP_SEC);
			lp_queue_pop(f.queue);
		}
		assert_true(lp_frame_pool_held_bytes(f.pool) <= 2 * 32 * 1024);
	}
	teardown(&f);
}

/* A pseudo-random generator (xorshift). */
static uint32_t next_random(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return (uint32_t)(*seed >> 16);
}

/* In all cases each frame is sent once, dropped and counted, or queued; the order within a flow does not change. */
static void test_random(void **state)
{
	(void)state;
	for (uint64_t round = 1; round <= 20; round++) {
		uint64_t seed = round * 0x9E3779B97F4A7C15u, pushed = 0, popped = 0, refused = 0, now_ns = LP_SEC;
		size_t max_bytes = 20000 + next_random(&seed) % 300000;
		uint32_t last[600] = {0};
		struct fixture f;
		setup(&f, &(struct lp_queue_config){.max_bytes = max_bytes, .hash_seed = seed}, 1 << 20);
		const struct lp_queue_counters *counters = lp_queue_counters(f.queue);
		for (uint32_t i = 1; i <= 20000; i++) {
			now_ns += next_random(&seed) % (2 * LP_MS);
			if (next_random(&seed) % 100 < 60) {
				uint16_t flow = (uint16_t)(next_random(&seed) % 600);
				pushed++;
				if (push(f.queue, 64 + next_random(&seed) % 1451, flow, i, now_ns) != 0)
					refused++;
			} else if (lp_queue_head(f.queue, now_ns)) {
				const struct lp_queued *head = lp_queue_head(f.queue, now_ns);
				assert_true(mark_of(head) > last[flow_of(head)]);
				last[flow_of(head)] = mark_of(head);
				lp_queue_pop(f.queue);
				popped++;
			}
			assert_true(lp_frame_pool_used_bytes(f.pool) <= max_bytes);
			assert_int_equal(
				pushed, popped + counters->frames + counters->dropped_full + counters->dropped_aqm);
		}
		assert_int_equal(refused, 0);
		teardown(&f);
	}
}

/* Who sends into a queue by member, and what became of it. */
struct sender {
	uint16_t id;
	unsigned n_flows;
	uint64_t rate_bps;
	size_t len;
	uint64_t owed_bits; /* that it may still send, times 1e9 */
	uint32_t n_sent;
	uint64_t received_bytes;
	uint32_t n_received;
	uint64_t longest_wait_ns;
};

/* Lets senders fill a queue in front of a link of |link_bps| for four seconds. Their frames' marks say when they were
   sent, in units of 0.1 ms. */
static void run_senders(struct lp_queue *queue, uint64_t link_bps, struct sender *senders, size_t n_senders)
{
	uint64_t seed = 7;
	uint64_t link_bits = 0;
	for (uint64_t step = 1; step <= 40000; step++) {
		uint64_t now_ns = LP_SEC + step * LP_MS / 10;
		for (size_t i = 0; i < n_senders; i++) {
			struct sender *sender = &senders[i];
			for (sender->owed_bits += sender->rate_bps; sender->owed_bits >= sender->len * 8 * 10000;
				sender->owed_bits -= sender->len * 8 * 10000) {
				uint8_t frame[1514];
				uint16_t flow = (uint16_t)(sender->id * 1000 + next_random(&seed) % sender->n_flows);
				make_frame(frame, sender->len, flow, (uint32_t)step, 0);
				frame[5] = (uint8_t)sender->id; /* the station that it is for */
				struct lp_bytes part = {frame, sender->len};
				lp_queue_push(queue, &part, 1, sender->id, now_ns);
				sender->n_sent++;
			}
		}
		link_bits += link_bps;
		const struct lp_queued *head;
		while ((head = lp_queue_head(queue, now_ns)) && link_bits >= head->len * 8 * 10000) {
			link_bits -= head->len * 8 * 10000;
			struct sender *sender = &senders[0];
			while (sender->id != head->source)
				sender++;
			uint64_t wait_ns = (step - mark_of(head)) * LP_MS / 10;
			sender->received_bytes += head->len;
			sender->n_received++;
			if (wait_ns > sender->longest_wait_ns)
				sender->longest_wait_ns = wait_ns;
			lp_queue_pop(queue);
		}
		if (!head)
			link_bits = 0;
	}
}

/* However many flows some members open, a member that sends little loses nothing and does not wait, and members that
   send much get the same share. */
static void check_fair(enum lp_queue_share share)
{
	static const uint64_t links_bps[] = {10000000, 20000000, 100000000};
	static const size_t attackers[] = {1, 5}, lengths[] = {200, 1514};
	for (size_t link = 0; link < 3; link++) {
		for (size_t row = 0; row < 4; row++) {
			size_t n_attackers = attackers[row & 1], n = 3;
			struct sender senders[8] = {
				{.id = 1, .n_flows = 1, .rate_bps = 96000, .len = 200}, /* a game, 60 Hz */
				{.id = 2, .n_flows = 1, .rate_bps = 2 * links_bps[link], .len = 1514},
				{.id = 3, .n_flows = 1, .rate_bps = 2 * links_bps[link], .len = 1514},
			};
			for (size_t i = 0; i < n_attackers; i++, n++)
				senders[n] = (struct sender){.id = (uint16_t)(4 + i),
					.n_flows = 1000,
					.rate_bps = 2 * links_bps[link],
					.len = lengths[row >> 1]};
			struct fixture f;
			setup(&f, &(struct lp_queue_config){.hash_seed = 7, .share = share}, POOL_BYTES);
			run_senders(f.queue, links_bps[link], senders, n);
			assert_in_range(senders[0].n_sent - senders[0].n_received, 0, 1); /* one may be under way */
			assert_true(senders[0].longest_wait_ns <= 15 * LP_MS);
			uint64_t fair_bytes = links_bps[link] / 8 * 4 / (n - 1);
			for (size_t i = 1; i < n; i++)
				assert_in_range(senders[i].received_bytes, fair_bytes * 8 / 10, fair_bytes * 12 / 10);
			teardown(&f);
		}
	}
}

static void test_fair_by_member(void **state)
{
	(void)state;
	check_fair(LP_QUEUE_BY_SOURCE);
}

/* The same for what a gateway sends to several players. */
static void test_fair_by_station(void **state)
{
	(void)state;
	check_fair(LP_QUEUE_BY_STATION);
}

/* Ever new flows do not get a member past the queue once its share of the round is used. */
static void test_pass_by_member(void **state)
{
	(void)state;
	struct fixture f;
	setup(&f, &(struct lp_queue_config){.hash_seed = 7, .share = LP_QUEUE_BY_SOURCE}, POOL_BYTES);
	for (uint32_t i = 0; i < 10; i++) {
		uint8_t frame[1514];
		make_frame(frame, sizeof frame, 1, i, 0);
		struct lp_bytes part = {frame, sizeof frame};
		assert_int_equal(lp_queue_push(f.queue, &part, 1, 5, LP_SEC), 0);
	}
	unsigned n_passed = 0;
	for (uint16_t flow = 100; flow < 200; flow++) {
		uint8_t frame[200];
		make_frame(frame, sizeof frame, flow, 0, 0);
		if (lp_queue_may_pass(f.queue, frame, sizeof frame, 5)) {
			lp_queue_passed(f.queue, frame, sizeof frame, 5);
			n_passed++;
		}
		assert_true(lp_queue_may_pass(f.queue, frame, sizeof frame, 6));
	}
	assert_int_equal(n_passed, 8); /* a quantum of 1514 bytes */
	teardown(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_head_stays),
		cmocka_unit_test(test_sparse_first),
		cmocka_unit_test(test_no_cheating),
		cmocka_unit_test(test_fair),
		cmocka_unit_test(test_codel),
		cmocka_unit_test(test_fattest),
		cmocka_unit_test(test_flow_idle),
		cmocka_unit_test(test_fair_by_member),
		cmocka_unit_test(test_fair_by_station),
		cmocka_unit_test(test_pass_by_member),
		cmocka_unit_test(test_shared_pool),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_many_flows),
		cmocka_unit_test(test_memory_returns),
		cmocka_unit_test(test_random),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
