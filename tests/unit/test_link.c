#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/units.h"
#include "egress/queue.h"
#include "link/link.h"
#include "proto/datagram.h"
#include "quic/endpoint.h"

/* A connection that consists of a window and a budget. Its DATAGRAMs go to the link at the other end. */
struct lp_quic_conn {
	size_t budget;
	unsigned window; /* DATAGRAMs that it still accepts */
	bool closed, told_closed_window;
	unsigned n_ahead; /* DATAGRAMs that may still bypass the queue */
	struct lp_link *peer;
	unsigned n_datagrams;
	size_t largest;
	uint8_t last[2000];
	size_t last_len;
};

size_t lp_quic_budget(const struct lp_quic_conn *conn)
{
	return conn->budget;
}

void lp_quic_queue_delay(const struct lp_quic_conn *conn, uint64_t *ret_target_ns, uint64_t *ret_interval_ns)
{
	(void)conn;
	*ret_target_ns = *ret_interval_ns = 0;
}

int lp_quic_send_datagram(struct lp_quic_conn *conn, const struct lp_bytes *parts, size_t n_parts, uint64_t now_ns)
{
	assert_in_range(n_parts, 1, 4);
	size_t len = 0;
	for (size_t i = 0; i < n_parts; i++) {
		assert_true(len + parts[i].len <= sizeof conn->last);
		memcpy(conn->last + len, parts[i].data, parts[i].len);
		len += parts[i].len;
	}
	if (conn->closed)
		return LP_ECLOSED;
	if (len > conn->budget)
		return LP_ETOOBIG;
	if (conn->window == 0) {
		conn->told_closed_window = true;
		return LP_EAGAIN;
	}
	conn->window--;
	conn->n_datagrams++;
	conn->last_len = len;
	if (len > conn->largest)
		conn->largest = len;
	if (conn->peer)
		assert_int_equal(lp_link_receive(conn->peer, conn->last, len, now_ns), 0);
	return 0;
}

int lp_quic_send_ahead(struct lp_quic_conn *conn, const struct lp_bytes *parts, size_t n_parts, uint64_t now_ns)
{
	if (conn->n_ahead == 0)
		return LP_EAGAIN;
	unsigned window = conn->window;
	conn->n_ahead--;
	conn->window = 1;
	int r = lp_quic_send_datagram(conn, parts, n_parts, now_ns);
	conn->window = window;
	return r;
}

/* Received frames, as a list of their numbers. */
struct sink {
	unsigned n;
	uint32_t numbers[4096];
	uint16_t source;
	size_t len;
};

/* Fills a frame so that each byte can be checked: its number, then a pattern derived from it. */
static void fill(uint8_t *frame, size_t len, uint32_t number)
{
	for (size_t i = 0; i < len; i++)
		frame[i] = (uint8_t)(number * 31 + i * 7);
	memcpy(frame + 20, &number, sizeof number);
	frame[12] = 0x88; /* not IP: all frames are one flow */
	frame[13] = 0xb5;
	memset(frame, 2, 12);
}

/* Checks a received frame and records its number. */
static void take_frame(void *ctx, uint16_t source, const uint8_t *frame, size_t len, uint64_t now_ns)
{
	struct sink *sink = ctx;
	uint8_t expected[2000];
	uint32_t number;
	(void)now_ns;
	assert_in_range(len, 24, sizeof expected);
	memcpy(&number, frame + 20, sizeof number);
	fill(expected, len, number);
	assert_memory_equal(frame, expected, len);
	assert_true(sink->n < 4096);
	sink->numbers[sink->n++] = number;
	sink->source = source;
	sink->len = len;
}

/* Two ends of a tunnel in one direction. */
struct fixture {
	struct lp_quic_conn conn;
	struct lp_frame_pool *pool;
	struct lp_link *link, *peer;
	struct sink sink;
};

static void setup(struct fixture *f, size_t budget, unsigned window)
{
	memset(f, 0, sizeof *f);
	f->conn = (struct lp_quic_conn){.budget = budget, .window = window};
	assert_int_equal(lp_frame_pool_new(4 << 20, &f->pool), 0);
	struct lp_link_config config = {
		.conn = &f->conn,
		.pool = f->pool,
		.queue_max_bytes = 256 * 1024,
		.frame = take_frame,
		.ctx = &f->sink,
	};
	assert_int_equal(lp_link_new(&config, &f->link), 0);
	assert_int_equal(lp_link_new(&config, &f->peer), 0);
	f->conn.peer = f->peer;
}

static void teardown(struct fixture *f)
{
	lp_link_free(f->link);
	lp_link_free(f->peer);
	lp_frame_pool_free(f->pool);
}

/* Sends a frame in three parts, split at positions that depend on its number. */
static void send_numbered(struct fixture *f, size_t len, uint32_t number, uint64_t now_ns)
{
	uint8_t frame[2000];
	fill(frame, len, number);
	size_t a = number * 13 % (len + 1), b = a + number * 7 % (len - a + 1);
	struct lp_bytes parts[3] = {{frame, a}, {frame + a, b - a}, {frame + b, len - b}};
	lp_link_send(f->link, (uint16_t)(number + 1), parts, 3, now_ns);
}

/* A frame that fits is sent directly: one DATAGRAM with the header of docs/protocol.md. */
static void test_whole(void **state)
{
	(void)state;
	struct fixture f;
	setup(&f, 1200, UINT32_MAX);
	for (uint32_t n = 0; n < 100; n++) {
		size_t len = 60 + n * 11;
		send_numbered(&f, len, n, LP_SEC);
		assert_int_equal(f.sink.n, n + 1);
		assert_int_equal(f.sink.numbers[n], n);
		assert_int_equal(f.sink.len, len);
		assert_int_equal(f.sink.source, n + 1);
		assert_int_equal(f.conn.last_len, len + LP_DATAGRAM_HEADER);
		assert_int_equal(f.conn.last[0], 0x10);
	}
	const struct lp_link_counters *out = lp_link_counters(f.link), *in = lp_link_counters(f.peer);
	assert_int_equal(out->frames_out, 100);
	assert_int_equal(out->datagrams_out, 100);
	assert_int_equal(in->frames_in, 100);
	assert_int_equal(in->datagrams_in, 100);
	assert_int_equal(in->bytes_in, out->bytes_out);
	teardown(&f);
}

/* Every length over every budget: unfragmented if it fits, otherwise in the smallest number of fragments, refused
   beyond. */
static void test_budgets(void **state)
{
	(void)state;
	static const size_t budgets[] = {8, 9, 100, 388, 389, 600, 765, 770, 1000, 1168, 1200, 1440, 1525, 1526, 8900};
	for (size_t b = 0; b < sizeof budgets / sizeof budgets[0]; b++) {
		struct fixture f;
		size_t budget = budgets[b];
		setup(&f, budget, UINT32_MAX);
		for (uint32_t len = 24; len <= LP_QUEUE_FRAME_MAX; len += 7) {
			unsigned before = f.conn.n_datagrams, n_before = f.sink.n;
			send_numbered(&f, len, len, LP_SEC);
			unsigned n = f.conn.n_datagrams - before;
			if (budget > LP_DATAGRAM_FRAGMENT_HEADER &&
				len <= LP_FRAGMENTS_MAX * (budget - LP_DATAGRAM_FRAGMENT_HEADER)) {
				assert_int_equal(f.sink.n, n_before + 1);
				assert_int_equal(f.sink.len, len);
			} else {
				assert_int_equal(n, 0);
			}
			if (len + LP_DATAGRAM_HEADER <= budget)
				assert_int_equal(n, 1);
		}
		assert_true(f.conn.largest <= budget);
		const struct lp_link_counters *counters = lp_link_counters(f.link);
		assert_int_equal(counters->frames_out, f.sink.n);
		assert_int_equal(counters->drops[LP_DROP_OVERSIZE] + f.sink.n, (LP_QUEUE_FRAME_MAX - 24) / 7 + 1);
		teardown(&f);
	}
}

/* The window closes after each fragment: the frame continues where it stopped, and before any other. */
static void test_half_way(void **state)
{
	(void)state;
	struct fixture f;
	setup(&f, 500, 2);
	send_numbered(&f, 1500, 1, LP_SEC); /* 4 fragments */
	assert_int_equal(f.conn.n_datagrams, 2);
	for (uint32_t n = 2; n < 10; n++)
		send_numbered(&f, 60, n, LP_SEC);
	assert_int_equal(f.sink.n, 0);
	for (unsigned i = 0; i < 2; i++) {
		f.conn.window = 1;
		lp_link_writable(f.link, LP_SEC);
		assert_int_equal(f.conn.n_datagrams, 3 + i);
	}
	assert_int_equal(f.sink.n, 1);
	assert_int_equal(f.sink.numbers[0], 1);
	f.conn.window = 100;
	lp_link_writable(f.link, LP_SEC);
	assert_int_equal(f.sink.n, 9);
	assert_int_equal(lp_link_counters(f.link)->datagrams_out, 12);
	teardown(&f);
}

/* Writes an IPv4 UDP frame whose flow is |flow|. */
static void fill_flow(uint8_t *frame, size_t len, uint32_t number, uint8_t flow)
{
	static const uint8_t head[] = {8, 0, 0x45, 0, 0, 50, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2};
	memset(frame, 0, len);
	memcpy(frame + 12, head, sizeof head);
	frame[35] = flow;
	frame[39] = 30;
	memcpy(frame + 48, &number, sizeof number);
}

static void take_any(void *ctx, uint16_t source, const uint8_t *frame, size_t len, uint64_t now_ns)
{
	struct sink *sink = ctx;
	(void)len;
	(void)now_ns;
	memcpy(&sink->numbers[sink->n++], frame + 48, 4);
	sink->source = source;
}

/* A small frame of an idle flow overtakes the queue, but not its own flow, and not without limit. */
static void test_ahead(void **state)
{
	(void)state;
	struct fixture f;
	setup(&f, 1600, 0);
	lp_link_free(f.peer);
	struct lp_link_config config = {.conn = &f.conn, .pool = f.pool, .frame = take_any, .ctx = &f.sink};
	assert_int_equal(lp_link_new(&config, &f.peer), 0);
	f.conn.peer = f.peer;
	f.conn.n_ahead = 1000;
	uint8_t frame[1500];
	struct lp_bytes bulk = {frame, 1500}, parts[2] = {{frame, 14}, {frame + 14, 50}};
	for (uint32_t n = 0; n < 20; n++) {
		fill_flow(frame, 1500, 1000 + n, 1);
		lp_link_send(f.link, 0, &bulk, 1, LP_SEC);
	}
	assert_int_equal(f.sink.n, 0);
	fill_flow(frame, 64, 1, 1); /* small, but of the bulk flow */
	lp_link_send(f.link, 5, parts, 2, LP_SEC);
	assert_int_equal(f.sink.n, 0);
	for (uint32_t n = 0; n < 12; n++) {
		fill_flow(frame, 64, n, 2);
		lp_link_send(f.link, 5, parts, 2, LP_SEC);
		assert_int_equal(f.sink.n, n + 1);
		assert_int_equal(f.sink.numbers[n], n);
		assert_int_equal(f.sink.source, 5);
	}
	fill_flow(frame, 64, 12, 2); /* over the limit: is queued, and so are later ones */
	lp_link_send(f.link, 5, parts, 2, LP_SEC);
	assert_int_equal(f.sink.n, 12);
	f.conn.window = 1;
	lp_link_writable(f.link, LP_SEC);
	assert_int_equal(f.sink.n, 13);
	fill_flow(frame, 64, 13, 2);
	lp_link_send(f.link, 5, parts, 2, LP_SEC);
	f.conn.window = 100;
	lp_link_writable(f.link, LP_SEC);
	assert_int_equal(f.sink.n, 12 + 21 + 2);
	uint32_t last = 0;
	for (unsigned i = 0; i < f.sink.n; i++) {
		if (f.sink.numbers[i] > 100)
			continue;
		if (f.sink.numbers[i] != 1 || i == 1) { /* the bulk flow's own small frame has the number 1 too */
			assert_true(f.sink.numbers[i] >= last);
			last = f.sink.numbers[i];
		}
	}
	assert_int_equal(last, 13);
	assert_int_equal(lp_link_counters(f.link)->frames_out, f.sink.n);
	teardown(&f);
}

/* The budget changes while a frame is half sent: it still arrives, once. */
static void test_budget_moves(void **state)
{
	(void)state;
	static const struct {
		size_t before, after;
		bool arrives;
		unsigned n_datagrams; /* in all */
	} rows[] = {
		{800, 500, true, 1 + 4}, /* starts again with smaller fragments */
		{500, 1400, true, 4},    /* continues as planned */
		{800, 300, false, 1},    /* too narrow now */
		{500, 1600, true, 4},
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct fixture f;
		setup(&f, rows[i].before, 1);
		send_numbered(&f, 1500, 1, LP_SEC);
		send_numbered(&f, 60, 2, LP_SEC);
		f.conn.budget = rows[i].after;
		f.conn.window = 100;
		lp_link_writable(f.link, LP_SEC);
		assert_int_equal(f.sink.n, rows[i].arrives ? 2 : 1);
		assert_int_equal(f.conn.n_datagrams, rows[i].n_datagrams + 1);
		assert_int_equal(lp_link_counters(f.link)->drops[LP_DROP_OVERSIZE], rows[i].arrives ? 0 : 1);
		teardown(&f);
	}
}

/* A full queue still accepts frames by dropping others; one with no space at all pauses the sender until it has
   some. */
static void test_congested(void **state)
{
	(void)state;
	struct fixture f;
	setup(&f, 1600, 0);
	for (unsigned n = 0; n < 500; n++) {
		send_numbered(&f, 1500, n, LP_SEC);
		assert_false(lp_link_congested(f.link));
	}
	assert_true(lp_link_counters(f.link)->drops[LP_DROP_QUEUE_FULL] > 300);

	/* one frame is already selected as the next, so there is no flow to drop from */
	struct lp_frame_pool *small;
	struct lp_link *link;
	uint8_t frame[1500];
	struct lp_bytes part = {frame, sizeof frame};
	assert_int_equal(lp_frame_pool_new(4000, &small), 0);
	struct lp_link_config config = {
		.conn = &f.conn, .pool = small, .queue_max_bytes = 64 * 1024, .frame = take_frame, .ctx = &f.sink};
	assert_int_equal(lp_link_new(&config, &link), 0);
	fill(frame, sizeof frame, 7);
	lp_link_send(link, 0, &part, 1, LP_SEC);
	assert_false(lp_link_congested(link));
	lp_link_send(link, 0, &part, 1, LP_SEC);
	assert_true(lp_link_congested(link));
	assert_int_equal(lp_link_counters(link)->drops[LP_DROP_QUEUE_FULL], 1);
	f.conn.window = 1;
	lp_link_writable(link, LP_SEC);
	assert_false(lp_link_congested(link));
	assert_int_equal(f.sink.n, 1);
	lp_link_free(link);
	lp_frame_pool_free(small);
	teardown(&f);
}

/* Drops are counted by reason. */
static void test_drops(void **state)
{
	(void)state;
	struct fixture f;
	setup(&f, 1600, 0);
	uint8_t big[LP_QUEUE_FRAME_MAX + 1] = {0};
	struct lp_bytes part = {big, sizeof big};
	lp_link_send(f.link, 0, &part, 1, LP_SEC);
	lp_link_send(f.link, 0, &part, 0, LP_SEC);
	for (unsigned n = 0; n < 1000; n++)
		send_numbered(&f, 1500, n, LP_SEC);
	f.conn.window = 1000;
	lp_link_writable(f.link, 2 * LP_SEC); /* the first old frame starts CoDel's interval */
	const struct lp_link_counters *counters = lp_link_counters(f.link);
	assert_int_equal(counters->drops[LP_DROP_OVERSIZE], 1);
	assert_int_equal(counters->drops[LP_DROP_MALFORMED_FRAME], 1);
	assert_true(counters->drops[LP_DROP_QUEUE_FULL] > 500);
	assert_int_equal(counters->drops[LP_DROP_QUEUE_FULL] + f.sink.n, 1000);
	assert_ptr_equal(lp_link_counters(f.link), counters);
	assert_int_equal(counters->drops[LP_DROP_QUEUE_FULL] + f.sink.n, 1000);

	/* a standing queue */
	f.conn.window = 0;
	for (unsigned n = 0; n < 100; n++)
		send_numbered(&f, 1000, n, 3 * LP_SEC);
	for (unsigned i = 0; i < 50; i++) {
		f.conn.window = 1;
		lp_link_writable(f.link, 3 * LP_SEC + i * 10 * LP_MS);
	}
	assert_true(lp_link_counters(f.link)->drops[LP_DROP_QUEUE_AQM] > 0);

	f.conn.closed = true;
	lp_link_writable(f.link, 5 * LP_SEC);
	assert_int_equal(lp_link_waiting_bytes(f.link), 0);
	assert_true(lp_link_counters(f.link)->drops[LP_DROP_NOT_JOINED] > 0);
	teardown(&f);
	lp_link_free(NULL);
}

/* DATAGRAMs from a peer that violate the protocol. */
static void test_malformed(void **state)
{
	(void)state;
	static const struct {
		uint8_t data[12];
		size_t len;
		int result;
		enum lp_drop drop;
	} rows[] = {
		{{0}, 0, LP_EMALFORMED, LP_DROP_MALFORMED_DATAGRAM},
		{{0x10, 0, 0}, 3, LP_EMALFORMED, LP_DROP_MALFORMED_DATAGRAM},
		{{0x20, 0, 0, 1, 9}, 5, LP_EMALFORMED, LP_DROP_MALFORMED_DATAGRAM},
		{{0x12, 0, 0, 1, 9}, 5, LP_EMALFORMED, LP_DROP_MALFORMED_DATAGRAM},
		{{0x11, 0, 0, 1, 0, 1, 2, 2, 9}, 9, LP_EMALFORMED, LP_DROP_MALFORMED_DATAGRAM},
		{{0x11, 0, 0, 1, 0, 1, 0, 2, 9}, 9, 0, LP_DROP_NONE},
		{{0x11, 0, 0, 1, 0, 1, 1, 3, 9}, 9, LP_EMALFORMED, LP_DROP_REASSEMBLY}, /* was 2 fragments */
	};
	struct fixture f;
	setup(&f, 1600, 0);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		uint64_t before = lp_link_counters(f.link)->drops[rows[i].drop];
		assert_int_equal(lp_link_receive(f.link, rows[i].data, rows[i].len, LP_SEC), rows[i].result);
		if (rows[i].drop)
			assert_int_equal(lp_link_counters(f.link)->drops[rows[i].drop], before + 1);
	}
	assert_int_equal(f.sink.n, 0);

	/* an incomplete frame expires */
	lp_link_receive(f.link, rows[5].data, rows[5].len, 2 * LP_SEC);
	uint64_t before = lp_link_counters(f.link)->drops[LP_DROP_REASSEMBLY];
	lp_link_expire(f.link, 2 * LP_SEC + 200 * LP_MS - 1);
	assert_int_equal(lp_link_counters(f.link)->drops[LP_DROP_REASSEMBLY], before);
	lp_link_expire(f.link, 2 * LP_SEC + 200 * LP_MS);
	assert_int_equal(lp_link_counters(f.link)->drops[LP_DROP_REASSEMBLY], before + 1);
	teardown(&f);
}

/* Windows and budgets that change at random: frames arrive complete, in order, once; none is stuck or uncounted. */
static void test_random(void **state)
{
	(void)state;
	for (unsigned seed = 1; seed <= 30; seed++) {
		struct fixture f;
		uint64_t now_ns = LP_SEC;
		srand(seed);
		setup(&f, 1200, 5);
		for (uint32_t n = 0; n < 3000; n++) {
			now_ns += (uint64_t)(rand() % 1000) * LP_US;
			send_numbered(&f, 60 + (size_t)(rand() % 1463), n, now_ns);
			if (rand() % 20 == 0)
				f.conn.budget = 400 + (size_t)(rand() % 1300);
			f.conn.window += (unsigned)(rand() % 5);
			if (f.conn.told_closed_window && f.conn.window) {
				f.conn.told_closed_window = false;
				lp_link_writable(f.link, now_ns);
			}
		}
		f.conn.window = 100000;
		if (f.conn.told_closed_window)
			lp_link_writable(f.link, now_ns);
		assert_int_equal(lp_link_waiting_bytes(f.link), 0);
		for (unsigned i = 1; i < f.sink.n; i++)
			assert_true(f.sink.numbers[i] > f.sink.numbers[i - 1]);
		const struct lp_link_counters *counters = lp_link_counters(f.link);
		assert_int_equal(counters->frames_out, f.sink.n);
		assert_int_equal(counters->drops[LP_DROP_OVERSIZE], 0);
		assert_int_equal(
			f.sink.n + counters->drops[LP_DROP_QUEUE_FULL] + counters->drops[LP_DROP_QUEUE_AQM], 3000);
		teardown(&f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_budgets),
		cmocka_unit_test(test_half_way),
		cmocka_unit_test(test_budget_moves),
		cmocka_unit_test(test_congested),
		cmocka_unit_test(test_drops),
		cmocka_unit_test(test_ahead),
		cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_random),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
