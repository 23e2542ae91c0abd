/* How connections end, and the effect of invalid bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/units.h"
#include "quic_pair.h"

static void test_close_with_reason(void **state)
{
	(void)state;
	struct pair *pair = pair_today();
	pair_connect(pair);
	/* Pending control-stream data is sent first. */
	assert_int_equal(lp_quic_send_control(pair->at_client, (const uint8_t *)"x", 1), 0);
	wire_flush(&pair->client);
	wire_run(&pair->wire, 10 * LP_MS);
	assert_int_equal(lp_quic_send_control(pair->at_server, (const uint8_t *)"last words", 10), 0);
	lp_quic_close(pair->at_server, LP_QUIC_APP_REJECTED, "no such\x1b[2J room");
	lp_quic_close(pair->at_server, LP_QUIC_APP_OK, "ignored");
	assert_int_equal(pair->server.n_closed, 0);
	assert_int_equal(lp_quic_send_control(pair->at_server, (const uint8_t *)"x", 1), LP_ECLOSED);
	assert_int_equal(pair_send(&pair->server, pair->at_server, 10, 0), LP_ECLOSED);
	wire_flush(&pair->server);
	assert_int_equal(pair->server.n_closed, 1);
	assert_int_equal(pair->server.why.kind, LP_QUIC_CLOSED_LOCAL);
	wire_run(&pair->wire, LP_SEC);
	assert_int_equal(pair->client.n_closed, 1);
	assert_int_equal(pair->client.why.kind, LP_QUIC_CLOSED_APP);
	assert_int_equal(pair->client.why.code, LP_QUIC_APP_REJECTED);
	assert_string_equal(pair->client.why.reason, "no such\\x1b[2J room");
	assert_memory_equal(pair->client.control, "last words", 10);
	assert_int_equal(lp_quic_conn_count(pair->server.endpoint), 0);
	assert_int_equal(lp_quic_conn_count(pair->client.endpoint), 0);
	assert_int_equal(pair->server.n_closed, 1);
	/* No timer is left. */
	wire_run(&pair->wire, 5 * LP_SEC);
	assert_true(lp_quic_deadline(pair->server.endpoint) == LP_NEVER);
	assert_true(lp_quic_deadline(pair->client.endpoint) == LP_NEVER);
	pair_free(pair);
}

static void test_lost_close_is_said_again(void **state)
{
	(void)state;
	struct pair *pair = pair_today();
	pair_connect(pair);
	lp_quic_close(pair->at_server, LP_QUIC_APP_SHUTDOWN, "bye");
	pair->wire.cut = true;
	wire_flush(&pair->server);
	wire_run(&pair->wire, 5 * LP_MS);
	pair->wire.cut = false;
	assert_int_equal(pair_send(&pair->client, pair->at_client, 100, 0), 0);
	wire_flush(&pair->client);
	wire_run(&pair->wire, 20 * LP_MS);
	assert_int_equal(pair->client.n_closed, 1);
	assert_int_equal(pair->client.why.kind, LP_QUIC_CLOSED_APP);
	assert_string_equal(pair->client.why.reason, "bye");
	pair_free(pair);
}

static void test_idle_timeout(void **state)
{
	(void)state;
	struct pair *pair = pair_today();
	pair_connect(pair);
	pair->wire.cut = true;
	wire_run(&pair->wire, 27 * LP_SEC);
	assert_int_equal(pair->client.n_closed + pair->server.n_closed, 0);
	wire_run(&pair->wire, 4 * LP_SEC);
	assert_int_equal(pair->client.n_closed, 1);
	assert_int_equal(pair->client.why.kind, LP_QUIC_CLOSED_IDLE);
	assert_int_equal(pair->server.n_closed, 1);
	assert_int_equal(pair->server.why.kind, LP_QUIC_CLOSED_IDLE);
	pair_free(pair);
}

static void test_keep_alive(void **state)
{
	(void)state;
	struct pair *pair = pair_today();
	pair->client.config.keep_alive_ns = 15 * LP_SEC;
	pair_connect(pair);
	wire_run(&pair->wire, 300 * LP_SEC);
	assert_int_equal(pair->client.n_closed + pair->server.n_closed, 0);
	/* A dead peer is still detected. */
	pair->wire.cut = true;
	wire_run(&pair->wire, 46 * LP_SEC);
	assert_int_equal(pair->client.n_closed, 1);
	assert_int_equal(pair->client.why.kind, LP_QUIC_CLOSED_IDLE);
	pair_free(pair);
}

/* The relay's idle timeout is shorter than the members' keep-alive interval: they use the relay's. */
static void test_keep_alive_fits_the_other_end(void **state)
{
	(void)state;
	struct pair *pair = pair_today();
	pair->client.config.keep_alive_ns = 15 * LP_SEC;
	pair->server.config.idle_timeout_ns = 5 * LP_SEC;
	pair_connect(pair);
	wire_run(&pair->wire, 60 * LP_SEC);
	assert_int_equal(pair->client.n_closed, 0);
	assert_int_equal(pair->server.n_closed, 0);
	pair_free(pair);
}

static void test_busy_sender_notices_a_dead_peer(void **state)
{
	(void)state;
	struct pair *pair = pair_today();
	pair_connect(pair);
	pair->wire.cut = true;
	for (int i = 0; i < 310 && pair->client.n_closed == 0; i++) {
		(void)pair_send(&pair->client, pair->at_client, 100, 0);
		wire_flush(&pair->client);
		wire_run(&pair->wire, 100 * LP_MS);
	}
	assert_int_equal(pair->client.n_closed, 1);
	assert_int_equal(pair->client.why.kind, LP_QUIC_CLOSED_IDLE);
	pair_free(pair);
}

static void test_restarted_relay_resets(void **state)
{
	(void)state;
	struct pair *pair = pair_today();
	pair_connect(pair);
	wire_node_stop(&pair->server);
	wire_node_start(&pair->server); /* with the same secret */
	assert_int_equal(pair_send(&pair->client, pair->at_client, 100, 0), 0);
	wire_flush(&pair->client);
	wire_run(&pair->wire, 100 * LP_MS);
	assert_int_equal(pair->client.n_closed, 1);
	assert_int_equal(pair->client.why.kind, LP_QUIC_CLOSED_RESET);
	assert_non_null(strstr(pair->client.why.reason, "this end was away for too long"));
	assert_int_equal(lp_quic_counters(pair->server.endpoint)->resets_sent, 1);
	assert_int_equal(lp_quic_counters(pair->client.endpoint)->resets_sent, 0);
	pair_free(pair);
}

static void test_restarted_member_resets(void **state)
{
	(void)state;
	struct pair *pair = pair_today();
	pair_connect(pair);
	wire_node_stop(&pair->client);
	wire_node_start(&pair->client);
	assert_int_equal(pair_send(&pair->server, pair->at_server, 100, 0), 0);
	wire_flush(&pair->server);
	wire_run(&pair->wire, 100 * LP_MS);
	/* A client's first connection ID has no reset token (RFC 9000 §10.3), so the relay must wait. */
	assert_true(lp_quic_counters(pair->client.endpoint)->resets_sent >= 1);
	wire_run(&pair->wire, 40 * LP_SEC);
	assert_int_equal(pair->server.n_closed, 1);
	assert_int_equal(pair->server.why.kind, LP_QUIC_CLOSED_IDLE);
	pair_free(pair);
}

static void test_resets_are_limited_and_do_not_loop(void **state)
{
	(void)state;
	struct pair *pair = pair_today();
	uint8_t junk[200] = {0x40};
	pair_start(pair);
	for (unsigned i = 0; i < 1000; i++) {
		junk[1] = (uint8_t)i;
		junk[2] = (uint8_t)(i >> 8);
		wire_inject(
			&pair->wire, &pair->client.ports[0].public, &pair->server.ports[0].public, junk, sizeof junk);
	}
	wire_run(&pair->wire, 100 * LP_MS);
	unsigned long at_server = lp_quic_counters(pair->server.endpoint)->resets_sent;
	assert_in_range(at_server, 1, 80);
	assert_int_equal(lp_quic_counters(pair->server.endpoint)->invalid_in, 1000);
	unsigned long sent = pair->wire.n_sent;
	wire_run(&pair->wire, LP_SEC);
	assert_int_equal(pair->wire.n_sent, sent);
	pair_free(pair);
}

static void test_version_negotiation(void **state)
{
	(void)state;
	struct pair *pair = pair_today();
	uint8_t initial[1200] = {0xc0, 0x12, 0x34, 0x56, 0x78, 8, 1, 2, 3, 4, 5, 6, 7, 8, 8, 9, 9, 9, 9, 9, 9, 9, 9};
	pair_start(pair);
	wire_inject(&pair->wire, &pair->client.ports[0].public, &pair->server.ports[0].public, initial, 1199);
	wire_run(&pair->wire, 10 * LP_MS);
	assert_int_equal(lp_quic_counters(pair->server.endpoint)->version_negotiations_sent, 0);
	wire_inject(&pair->wire, &pair->client.ports[0].public, &pair->server.ports[0].public, initial, 1200);
	wire_run(&pair->wire, 10 * LP_MS);
	assert_int_equal(lp_quic_counters(pair->server.endpoint)->version_negotiations_sent, 1);
	assert_int_equal(lp_quic_conn_count(pair->server.endpoint), 0);
	pair_free(pair);
}

/* Sends changed copies of the client's packets to the server. */
static void mutate(struct wire *wire, struct wire_node *from, const struct lp_udp_msg *msg)
{
	struct wire_node *other = wire->nodes[from == wire->nodes[0] ? 1 : 0];
	uint8_t copy[2048];
	size_t len = msg->segment_bytes ? msg->segment_bytes : msg->len;
	if (len > sizeof copy)
		return;
	for (int n = 0; n < 3; n++) {
		memcpy(copy, msg->data, len);
		for (unsigned i = 0; i <= wire_random(wire) % 4; i++)
			copy[wire_random(wire) % (i % 2 ? len : 30)] ^= (uint8_t)(1 << wire_random(wire) % 8);
		size_t cut = wire_random(wire) % 4 ? len : wire_random(wire) % (len + 1);
		wire_inject(wire, &from->ports[0].public, &other->ports[0].public, copy, cut);
	}
}

static void test_mutated_packets_harm_nobody(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 20; seed++) {
		struct pair *pair = pair_today();
		pair->wire.random = seed * 104729;
		pair->wire.tap = mutate;
		pair_start(pair);
		wire_connect(&pair->client, &pair->server, PAIR_NAME);
		wire_run(&pair->wire, 3 * LP_SEC);
		assert_int_equal(pair->client.n_ready, 1);
		assert_int_equal(pair->server.n_ready, 1);
		for (unsigned i = 0; i < 50; i++) {
			assert_int_equal(pair_send(&pair->client, pair->client.conns[0], 500, i), 0);
			wire_flush(&pair->client);
			wire_run(&pair->wire, 10 * LP_MS);
		}
		/* All arrived once, unchanged. */
		assert_int_equal(pair->server.n_datagrams, 50);
		assert_int_equal(pair->server.kept[49][499], 49);
		assert_int_equal(pair->client.n_closed + pair->server.n_closed, 0);
		pair_free(pair);
	}
}

static void test_garbage(void **state)
{
	(void)state;
	struct pair *pair = pair_today();
	uint8_t junk[1500];
	pair_connect(pair);
	for (unsigned i = 0; i < 5000; i++) {
		size_t len = wire_random(&pair->wire) % sizeof junk;
		for (size_t k = 0; k < len; k++)
			junk[k] = (uint8_t)(wire_random(&pair->wire) >> 24);
		if (i % 3 == 0 && len > 6) /* QUIC version 1, Initial */
			memcpy(junk, "\xc3\x00\x00\x00\x01\x08", 6);
		wire_inject(&pair->wire, &pair->client.ports[0].public, &pair->server.ports[0].public, junk, len);
		wire_inject(&pair->wire, &pair->server.ports[0].public, &pair->client.ports[0].public, junk, len);
		if (i % 100 == 0)
			wire_run(&pair->wire, LP_MS);
	}
	wire_run(&pair->wire, 15 * LP_SEC);
	assert_int_equal(pair->client.n_closed + pair->server.n_closed, 0);
	assert_int_equal(lp_quic_conn_count(pair->server.endpoint), 1);
	assert_true(lp_quic_counters(pair->server.endpoint)->invalid_in > 3000);
	assert_int_equal(pair_send(&pair->client, pair->at_client, 100, 0), 0);
	wire_flush(&pair->client);
	wire_run(&pair->wire, LP_SEC);
	assert_int_equal(pair->server.n_datagrams, 1);
	pair_free(pair);
}

static void test_abandoned_without_a_word(void **state)
{
	(void)state;
	struct pair *pair = pair_today();
	pair_connect(pair);
	(void)pair_send(&pair->server, pair->at_server, 100, 0);
	wire_flush(&pair->server);
	wire_run(&pair->wire, LP_SEC);
	lp_quic_abandon(pair->at_client);
	wire_flush(&pair->client);
	assert_int_equal(pair->client.n_closed, 1);
	assert_int_equal(lp_quic_conn_count(pair->client.endpoint), 0);
	unsigned long sent = lp_quic_counters(pair->client.endpoint)->datagrams_out;
	for (unsigned i = 0; i < 100; i++) {
		(void)pair_send(&pair->server, pair->at_server, 100, i);
		wire_flush(&pair->server);
		wire_run(&pair->wire, 50 * LP_MS);
	}
	/* The peer receives nothing, not even a stateless reset, and keeps the connection until the idle timeout. */
	assert_int_equal(lp_quic_counters(pair->client.endpoint)->datagrams_out, sent);
	assert_int_equal(pair->server.n_closed, 0);
	wire_run(&pair->wire, 40 * LP_SEC);
	assert_int_equal(pair->server.n_closed, 1);
	assert_int_equal(pair->server.why.kind, LP_QUIC_CLOSED_IDLE);
	assert_true(lp_quic_deadline(pair->client.endpoint) == LP_NEVER);
	pair_free(pair);
}

static void test_one_way_path_is_given_up(void **state)
{
	(void)state;
	struct pair *pair = pair_today();
	pair_connect(pair);
	pair->wire.muted = &pair->server;
	uint64_t start_ns = pair->wire.now_ns;
	while (pair->server.n_closed == 0 && pair->wire.now_ns - start_ns < 40 * LP_SEC) {
		(void)pair_send(&pair->client, pair->at_client, 64, 0);
		while (pair_send(&pair->server, pair->at_server, 1000, 0) == 0)
			;
		wire_flush(&pair->client);
		wire_flush(&pair->server);
		wire_run(&pair->wire, 16 * LP_MS);
	}
	/* The relay receives from the member, but its own packets do not arrive, and with them the member's ACKs. After
	   some seconds the member's window is closed too, so the relay must remember that the member could reach it. */
	assert_int_equal(pair->server.n_closed, 1);
	print_message("%s after %.1f s\n", pair->server.why.reason, (double)(pair->wire.now_ns - start_ns) / 1e9);
	pair_free(pair);
}

/* Closes the connection inside its own event. */
static void close_it(struct wire_node *node, struct lp_quic_conn *conn, const uint8_t *data, size_t len)
{
	(void)node, (void)data, (void)len;
	lp_quic_close(conn, LP_QUIC_APP_MALFORMED, "no");
}

static void test_close_from_inside_an_event(void **state)
{
	(void)state;
	struct pair *pair = pair_today();
	pair_connect(pair);
	pair->server.on_datagram = close_it;
	for (unsigned i = 0; i < 5; i++)
		assert_int_equal(pair_send(&pair->client, pair->at_client, 1000, i), 0);
	wire_flush(&pair->client);
	wire_run(&pair->wire, LP_SEC);
	assert_int_equal(pair->server.n_datagrams, 1);
	assert_int_equal(pair->server.n_closed, 1);
	assert_int_equal(pair->client.n_closed, 1);
	assert_int_equal(pair->client.why.code, LP_QUIC_APP_MALFORMED);
	pair_free(pair);
}

/* Closes the connection as soon as it is ready. */
static void close_ready(struct wire_node *node, struct lp_quic_conn *conn)
{
	(void)node;
	lp_quic_close(conn, LP_QUIC_APP_OVERLOAD, "full");
}

static void test_close_when_ready(void **state)
{
	(void)state;
	for (int side = 0; side < 2; side++) {
		struct pair *pair = pair_today();
		(side ? &pair->server : &pair->client)->on_ready = close_ready;
		pair_start(pair);
		wire_connect(&pair->client, &pair->server, PAIR_NAME);
		wire_run(&pair->wire, 12 * LP_SEC);
		assert_int_equal(pair->client.n_closed, 1);
		assert_int_equal(pair->server.n_closed, pair->server.n_ready);
		assert_int_equal(lp_quic_conn_count(pair->server.endpoint), 0);
		pair_free(pair);
	}
}

static void test_close_before_ready(void **state)
{
	(void)state;
	struct pair *pair = pair_today();
	pair_start(pair);
	struct lp_quic_conn *conn = wire_connect(&pair->client, &pair->server, PAIR_NAME);
	assert_int_equal(pair_send(&pair->client, conn, 10, 0), LP_EAGAIN);
	lp_quic_close(conn, LP_QUIC_APP_OK, "never mind");
	wire_flush(&pair->client);
	assert_int_equal(pair->client.n_closed, 1);
	wire_run(&pair->wire, 12 * LP_SEC);
	assert_int_equal(pair->server.n_ready, 0);
	assert_int_equal(lp_quic_conn_count(pair->server.endpoint), 0);
	pair_free(pair);
}

static void test_unproven_ones_take_no_place(void **state)
{
	(void)state;
	struct pair *pair = pair_today();
	pair->server.config.max_conns = 2;
	pair_start(pair);
	for (int i = 0; i < 6; i++) {
		struct lp_quic_conn *conn = wire_connect(&pair->client, &pair->server, PAIR_NAME);
		lp_quic_close(conn, LP_QUIC_APP_OK, "never mind");
		wire_flush(&pair->client);
		wire_run(&pair->wire, 10 * LP_MS);
	}
	assert_int_equal(lp_quic_conn_count(pair->server.endpoint), 0);
	wire_connect(&pair->client, &pair->server, PAIR_NAME);
	assert_true(wire_wait(&pair->wire, &pair->client.n_ready, 1, LP_SEC));
	/* Validated ones are closing, and occupy no slot either. */
	for (unsigned i = 1; i < 6; i++) {
		lp_quic_close(pair->client.conns[0], LP_QUIC_APP_OK, "bye");
		wire_flush(&pair->client);
		wire_run(&pair->wire, 10 * LP_MS);
		wire_connect(&pair->client, &pair->server, PAIR_NAME);
		assert_true(wire_wait(&pair->wire, &pair->client.n_ready, i + 1, LP_SEC));
	}
	assert_int_equal(lp_quic_counters(pair->server.endpoint)->conns_refused, 0);
	pair_free(pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_close_with_reason),
		cmocka_unit_test(test_lost_close_is_said_again),
		cmocka_unit_test(test_idle_timeout),
		cmocka_unit_test(test_keep_alive),
		cmocka_unit_test(test_keep_alive_fits_the_other_end),
		cmocka_unit_test(test_busy_sender_notices_a_dead_peer),
		cmocka_unit_test(test_restarted_relay_resets),
		cmocka_unit_test(test_restarted_member_resets),
		cmocka_unit_test(test_resets_are_limited_and_do_not_loop),
		cmocka_unit_test(test_version_negotiation),
		cmocka_unit_test(test_mutated_packets_harm_nobody),
		cmocka_unit_test(test_garbage),
		cmocka_unit_test(test_abandoned_without_a_word),
		cmocka_unit_test(test_one_way_path_is_given_up),
		cmocka_unit_test(test_close_from_inside_an_event),
		cmocka_unit_test(test_close_when_ready),
		cmocka_unit_test(test_close_before_ready),
		cmocka_unit_test(test_unproven_ones_take_no_place),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
