/* DATAGRAMs and the control stream between two endpoints. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/units.h"
#include "quic_pair.h"

static void test_both_ways(void **state)
{
	(void)state;
	struct pair *pair = pair_today();
	pair_connect(pair);
	static const size_t lens[] = {1, 4, 63, 64, 100, 1000, 1168, 1439, 1440};
	for (size_t i = 0; i < sizeof lens / sizeof *lens; i++) {
		size_t slot = i % WIRE_KEPT;
		assert_int_equal(pair_send(&pair->client, pair->at_client, lens[i], (unsigned)i), 0);
		assert_int_equal(pair_send(&pair->server, pair->at_server, lens[i], (unsigned)i), 0);
		wire_flush(&pair->client);
		wire_flush(&pair->server);
		wire_run(&pair->wire, 10 * LP_MS);
		assert_int_equal(pair->server.n_datagrams, i + 1);
		assert_int_equal(pair->client.n_datagrams, i + 1);
		assert_int_equal(pair->server.kept_len[slot], lens[i]);
		assert_int_equal(pair->client.kept_len[slot], lens[i]);
		assert_int_equal(pair->server.kept[slot][0], 0x10);
		if (lens[i] > 4) {
			assert_int_equal(pair->server.kept[slot][3], i);
			assert_int_equal(pair->server.kept[slot][lens[i] - 1], i);
			assert_int_equal(pair->client.kept[slot][lens[i] - 1], i);
		}
	}
	assert_int_equal(pair_send(&pair->client, pair->at_client, 1441, 0), LP_ETOOBIG);
	pair_free(pair);
}

static void test_small_ones_share_a_packet(void **state)
{
	(void)state;
	struct pair *pair = pair_today();
	pair_connect(pair);
	unsigned long sent = pair->wire.n_sent;
	for (unsigned i = 0; i < 26; i++)
		assert_int_equal(pair_send(&pair->client, pair->at_client, 100, i), 0);
	wire_flush(&pair->client);
	assert_int_equal(pair->wire.n_sent - sent, 2);
	wire_run(&pair->wire, 10 * LP_MS);
	assert_int_equal(pair->server.n_datagrams, 26);
	for (unsigned i = 0; i < 26; i++)
		assert_int_equal(pair->server.kept[i][3], i);
	pair_free(pair);
}

/* The peer delays the ACK of a lone small packet by up to 20 ms. The shortest round trip does not contain that time. */
static void test_round_trip_without_ack_delay(void **state)
{
	(void)state;
	struct pair *pair = pair_today();
	pair->wire.delay_ns = 5 * LP_MS;
	pair_connect(pair);
	for (unsigned i = 0; i < 5; i++) {
		struct lp_quic_stats stats;
		assert_int_equal(pair_send(&pair->client, pair->at_client, 100, i), 0);
		wire_flush(&pair->client);
		wire_run(&pair->wire, LP_SEC);
		lp_quic_stats(pair->at_client, &stats);
		assert_in_range(stats.min_rtt_ns, 9900 * LP_US, 12 * LP_MS);
	}
	pair_free(pair);
}

/* Counters of the client's datagrams on the wire. */
struct shape {
	unsigned n_msgs, n_datagrams;
	bool bad; /* a batch with segments of unequal length, or over the limits */
};

static void look_at_shape(struct wire *wire, struct wire_node *from, const struct lp_udp_msg *msg)
{
	struct shape *shape = wire->tap_ctx;
	(void)from;
	size_t n = msg->segment_bytes ? (msg->len + msg->segment_bytes - 1) / msg->segment_bytes : 1;
	shape->n_msgs++;
	shape->n_datagrams += (unsigned)n;
	if (n > 64 || msg->len > 65507 || (msg->segment_bytes && (n < 2 || msg->segment_bytes > 1472)))
		shape->bad = true;
}

static void test_batch_shape(void **state)
{
	(void)state;
	struct pair *pair = pair_today();
	pair_connect(pair);
	struct shape shape = {0};
	pair->wire.tap = look_at_shape;
	pair->wire.tap_ctx = &shape;
	/* The initial window has ten packets. */
	for (unsigned i = 0; i < 6; i++)
		assert_int_equal(pair_send(&pair->client, pair->at_client, 1440, i), 0);
	assert_int_equal(pair_send(&pair->client, pair->at_client, 700, 6), 0);
	wire_flush(&pair->client);
	assert_int_equal(shape.n_msgs, 1);
	assert_int_equal(shape.n_datagrams, 7);
	assert_false(shape.bad);
	wire_run(&pair->wire, 100 * LP_MS);
	assert_int_equal(pair->server.n_datagrams, 7);
	for (unsigned i = 0; i < 5000; i++) {
		if (pair_send(&pair->client, pair->at_client, 200 + wire_random(&pair->wire) % 1241, i) < 0 ||
			wire_random(&pair->wire) % 7 == 0) {
			wire_flush(&pair->client);
			wire_run(&pair->wire, 5 * LP_MS);
		}
	}
	assert_false(shape.bad);
	pair_free(pair);
}

static void test_window_closes_and_opens(void **state)
{
	(void)state;
	struct pair *pair = pair_today();
	pair->wire.delay_ns = 10 * LP_MS;
	pair_connect(pair);
	unsigned sent = 0;
	int rv;
	while ((rv = pair_send(&pair->client, pair->at_client, 1440, sent)) == 0)
		sent++;
	assert_int_equal(rv, LP_EAGAIN);
	assert_true(sent >= 8);
	assert_int_equal(pair_send(&pair->client, pair->at_client, 1, sent), LP_EAGAIN);
	unsigned n_writable = pair->client.n_writable;
	wire_flush(&pair->client);
	assert_int_equal(pair->client.n_writable, n_writable);
	wire_run(&pair->wire, 60 * LP_MS);
	assert_true(pair->client.n_writable > n_writable);
	assert_int_equal(pair->server.n_datagrams, sent);
	assert_int_equal(pair_send(&pair->client, pair->at_client, 1, sent), 0);
	pair_free(pair);
}

/* Fills the window. */
static void send_all_it_takes(struct wire_node *node, struct lp_quic_conn *conn)
{
	while (pair_send(node, conn, lp_quic_budget(conn), 0) == 0)
		;
}

/* A copy, in which every other frame gets a small reply, on a path that becomes a hundred times slower. */
static void test_answered_copy_waits_little(void **state)
{
	enum { SLICE_NS = 100 * 1000 };
	(void)state;
	struct pair *pair = pair_today();
	struct wire *wire = &pair->wire;
	uint64_t waited_ns = 0, slices = 0;
	unsigned long answered = 0;
	wire->delay_ns = LP_MS / 10;
	wire->rate_bps = 1000000000;
	wire->queue_bytes = 1024 * 1024;
	pair_connect(pair);
	pair->client.on_writable = send_all_it_takes;
	send_all_it_takes(&pair->client, pair->at_client);
	wire_flush(&pair->client);
	for (uint64_t ns = 0; ns < 5 * LP_SEC; ns += SLICE_NS) {
		wire_run(wire, SLICE_NS);
		if (ns == LP_SEC / 2)
			wire->rate_bps = 10000000;
		for (; answered + 2 <= pair->server.n_datagrams; answered += 2)
			(void)pair_send(&pair->server, pair->at_server, 64, 0);
		wire_flush(&pair->server);
		if (ns < LP_SEC)
			continue;
		slices++;
		if (pair->client.link_free_ns > wire->now_ns)
			waited_ns += pair->client.link_free_ns - wire->now_ns;
	}
	print_message("queue in front of 10 Mbit/s: %.2f ms on average\n", (double)waited_ns / 1e6 / (double)slices);
	assert_true(waited_ns / slices < 8 * LP_MS);
	pair_free(pair);
}

static void test_window_grows(void **state)
{
	(void)state;
	struct pair *pair = pair_today();
	struct lp_quic_stats stats;
	pair->wire.delay_ns = 10 * LP_MS;
	pair->wire.rate_bps = 500000000;
	pair->wire.queue_bytes = 1000000;
	pair_connect(pair);
	pair->client.on_writable = send_all_it_takes;
	send_all_it_takes(&pair->client, pair->at_client);
	wire_flush(&pair->client);
	wire_run(&pair->wire, 2 * LP_SEC);
	unsigned long before = pair->server.datagram_bytes;
	wire_run(&pair->wire, LP_SEC);
	double mbit = (double)(pair->server.datagram_bytes - before) * 8 / 1e6;
	lp_quic_stats(pair->at_client, &stats);
	print_message("%.0f Mbit/s of 500, cwnd %llu\n", mbit, (unsigned long long)stats.cwnd_bytes);
	assert_true(mbit > 350);
	pair_free(pair);
}

static void test_recovers_from_overload(void **state)
{
	(void)state;
	struct pair *pair = pair_today();
	pair->wire.delay_ns = 200 * LP_US;
	pair->wire.rate_bps = 1000000000;
	pair->wire.queue_bytes = 200000;
	pair_connect(pair);
	pair->client.on_writable = send_all_it_takes;
	send_all_it_takes(&pair->client, pair->at_client);
	wire_flush(&pair->client);
	unsigned long last = 0;
	uint64_t gap_ns = 0, longest_ns = 0, total = 0;
	for (unsigned i = 0; i < 20000; i++) {
		wire_run(&pair->wire, 100 * LP_US);
		/* The path loses all packets for 5 ms now and then. */
		pair->wire.cut = i % 4000 >= 3950;
		gap_ns = pair->server.n_datagrams == last ? gap_ns + 100 * LP_US : 0;
		if (gap_ns > longest_ns)
			longest_ns = gap_ns;
		last = pair->server.n_datagrams;
	}
	total = pair->server.datagram_bytes;
	print_message("longest gap %.1f ms, %.0f Mbit/s, %lu drops\n", (double)longest_ns / 1e6,
		(double)total * 8 / 2e6, pair->wire.drops);
	assert_true(longest_ns < 100 * LP_MS);
	pair_free(pair);
}

static void test_short_outages_cost_little(void **state)
{
	(void)state;
	/* Both ends send at full rate over paths that lose all packets for some milliseconds now and then. */
	for (uint64_t seed = 1; seed <= 20; seed++) {
		struct pair *pair = pair_today();
		struct wire *wire = &pair->wire;
		for (uint64_t i = 0; i < 8 + seed; i++)
			(void)wire_random(wire);
		wire->delay_ns = 50 * LP_US + wire_random(wire) % (500 * LP_US);
		wire->rate_bps = 200000000 + wire_random(wire) % 800000000;
		wire->queue_bytes = 20000 + wire_random(wire) % 400000;
		pair_connect(pair);
		pair->client.on_writable = pair->server.on_writable = send_all_it_takes;
		send_all_it_takes(&pair->client, pair->at_client);
		send_all_it_takes(&pair->server, pair->at_server);
		wire_flush(&pair->client);
		wire_flush(&pair->server);
		unsigned long seen = 0;
		uint64_t until_ns = 0, since_ns = wire->now_ns, longest_ns = 0;
		for (int i = 0; i < 4000; i++) {
			wire_run(wire, 50 * LP_US);
			if (!wire->cut && wire_random(wire) % 800 == 0)
				until_ns = wire->now_ns + wire_random(wire) % (8 * LP_MS);
			wire->cut = wire->now_ns < until_ns;
			if (wire->cut || pair->server.n_datagrams != seen)
				since_ns = wire->now_ns;
			seen = pair->server.n_datagrams;
			if (wire->now_ns - since_ns > longest_ns)
				longest_ns = wire->now_ns - since_ns;
		}
		if (longest_ns > 40 * LP_MS)
			fail_msg("seed %u: nothing for %.1f ms", (unsigned)seed, (double)longest_ns / 1e6);
		assert_int_equal(pair->client.n_closed + pair->server.n_closed, 0);
		pair_free(pair);
	}
}

static void test_control_both_ways(void **state)
{
	(void)state;
	struct pair *pair = pair_today();
	pair_connect(pair);
	/* A relay has no stream before the member has opened it, but may already write. */
	assert_int_equal(lp_quic_send_control(pair->at_server, (const uint8_t *)"early", 5), 0);
	wire_flush(&pair->server);
	wire_run(&pair->wire, 100 * LP_MS);
	assert_int_equal(pair->client.control_len, 0);
	assert_int_equal(lp_quic_send_control(pair->at_client, (const uint8_t *)"hello", 5), 0);
	wire_flush(&pair->client);
	wire_run(&pair->wire, 100 * LP_MS);
	assert_int_equal(pair->server.control_len, 5);
	assert_memory_equal(pair->server.control, "hello", 5);
	assert_int_equal(pair->client.control_len, 5);
	assert_memory_equal(pair->client.control, "early", 5);
	pair_free(pair);
}

static void test_control_backpressure(void **state)
{
	(void)state;
	struct pair *pair = pair_today();
	static uint8_t chunk[10000];
	pair->wire.loss_ppm = 50000;
	pair->wire.jitter_ns = 2 * LP_MS;
	pair_connect(pair);
	size_t queued = 0;
	int rv;
	for (;;) {
		for (size_t i = 0; i < sizeof chunk; i++)
			chunk[i] = (uint8_t)((queued + i) * 31 >> 3);
		if ((rv = lp_quic_send_control(pair->at_client, chunk, sizeof chunk)) < 0)
			break;
		queued += sizeof chunk;
	}
	assert_int_equal(rv, LP_EFULL);
	assert_int_equal(queued, 390000);
	wire_flush(&pair->client);
	wire_run(&pair->wire, 20 * LP_SEC);
	assert_int_equal(pair->server.control_len, queued);
	for (size_t i = 0; i < queued; i++)
		assert_int_equal(pair->server.control[i], (uint8_t)(i * 31 >> 3));
	assert_int_equal(lp_quic_send_control(pair->at_client, chunk, sizeof chunk), 0);
	pair_free(pair);
}

/* Replies to each DATAGRAM immediately, on the same connection. */
static void echo(struct wire_node *node, struct lp_quic_conn *conn, const uint8_t *data, size_t len)
{
	struct lp_bytes part = {.data = data, .len = len};
	int rv = lp_quic_send_datagram(conn, &part, 1, node->wire->now_ns);
	assert_true(rv == 0 || rv == LP_EAGAIN);
}

static void test_sending_from_inside_an_event(void **state)
{
	(void)state;
	struct pair *pair = pair_today();
	pair_connect(pair);
	pair->server.on_datagram = echo;
	assert_int_equal(pair_send(&pair->client, pair->at_client, 100, 1), 0);
	wire_flush(&pair->client);
	wire_run(&pair->wire, 10 * LP_MS);
	/* The connection is not writable inside its own event; its user is notified when it is. */
	assert_int_equal(pair->client.n_datagrams, 0);
	assert_int_equal(pair->server.n_writable, 1);
	pair_free(pair);
}

/* Replies immediately, but not inside the event. */
static void note_echo(struct wire_node *node, struct lp_quic_conn *conn, const uint8_t *data, size_t len)
{
	(void)conn, (void)data, (void)len;
	*(bool *)node->user = true;
}

/* A request and its reply are two packets: ACKs of single small packets are piggybacked. */
static void test_small_packets_carry_answers(void **state)
{
	(void)state;
	struct pair *pair = pair_today();
	bool asked = false;
	pair->wire.delay_ns = 20 * LP_US;
	pair_connect(pair);
	wire_run(&pair->wire, LP_SEC);
	pair->server.on_datagram = note_echo;
	pair->server.user = &asked;
	unsigned long sent = pair->wire.n_sent;
	for (unsigned i = 0; i < 100; i++) {
		assert_int_equal(pair_send(&pair->client, pair->at_client, 100, i), 0);
		wire_flush(&pair->client);
		wire_run(&pair->wire, 50 * LP_US);
		assert_true(asked);
		asked = false;
		assert_int_equal(pair_send(&pair->server, pair->at_server, 100, i), 0);
		wire_flush(&pair->server);
		wire_run(&pair->wire, LP_MS);
	}
	assert_int_equal(pair->client.n_datagrams, 100);
	assert_in_range(pair->wire.n_sent - sent, 200, 260);
	/* A packet without a reply is acknowledged within the promised delay. */
	wire_run(&pair->wire, 50 * LP_MS);
	sent = pair->wire.n_sent;
	assert_int_equal(pair_send(&pair->client, pair->at_client, 100, 0), 0);
	wire_flush(&pair->client);
	wire_run(&pair->wire, 19 * LP_MS);
	assert_int_equal(pair->wire.n_sent - sent, 1);
	wire_run(&pair->wire, 3 * LP_MS);
	assert_int_equal(pair->wire.n_sent - sent, 2);
	pair_free(pair);
}

static void test_many_connections(void **state)
{
	(void)state;
	struct pair *pair = pair_today();
	pair_start(pair);
	for (int i = 0; i < 256; i++)
		wire_connect(&pair->client, &pair->server, PAIR_NAME);
	wire_run(&pair->wire, 3 * LP_SEC);
	assert_int_equal(pair->server.n_ready, 256);
	assert_int_equal(pair->client.n_ready, 256);
	/* One pass for all connections, with fewer buffers than connections. */
	for (size_t i = 0; i < pair->server.n_conns; i++)
		assert_int_equal(pair_send(&pair->server, pair->server.conns[i], 100, (unsigned)i), 0);
	for (size_t i = 0; i < pair->server.n_conns; i++)
		assert_int_equal(pair_send(&pair->server, pair->server.conns[i], 1200, (unsigned)i), 0);
	wire_flush(&pair->server);
	wire_run(&pair->wire, 100 * LP_MS);
	assert_int_equal(pair->client.n_datagrams, 512);
	pair_free(pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_both_ways),
		cmocka_unit_test(test_small_ones_share_a_packet),
		cmocka_unit_test(test_round_trip_without_ack_delay),
		cmocka_unit_test(test_batch_shape),
		cmocka_unit_test(test_window_closes_and_opens),
		cmocka_unit_test(test_answered_copy_waits_little),
		cmocka_unit_test(test_window_grows),
		cmocka_unit_test(test_recovers_from_overload),
		cmocka_unit_test(test_short_outages_cost_little),
		cmocka_unit_test(test_control_both_ways),
		cmocka_unit_test(test_control_backpressure),
		cmocka_unit_test(test_sending_from_inside_an_event),
		cmocka_unit_test(test_small_packets_carry_answers),
		cmocka_unit_test(test_many_connections),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
