/* Paths that change during a connection: NATs, addresses, MTUs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/units.h"
#include "quic_pair.h"

/* A game: the client sends 60 small frames per second, echoed by the server; returns the longest gap at the server. */
static uint64_t play(struct pair *pair, uint64_t ns, size_t len)
{
	uint64_t until_ns = pair->wire.now_ns + ns, last_ns = pair->wire.now_ns, longest_ns = 0;
	unsigned long seen = pair->server.n_datagrams;
	while (pair->wire.now_ns < until_ns) {
		(void)pair_send(&pair->client, pair->at_client, len, 0);
		(void)pair_send(&pair->server, pair->at_server, len, 0);
		wire_flush(&pair->client);
		wire_flush(&pair->server);
		wire_run(&pair->wire, 16 * LP_MS);
		if (pair->server.n_datagrams != seen) {
			seen = pair->server.n_datagrams;
			last_ns = pair->wire.now_ns;
		}
		if (pair->wire.now_ns - last_ns > longest_ns)
			longest_ns = pair->wire.now_ns - last_ns;
	}
	return longest_ns;
}

static void test_nat_rebinding(void **state)
{
	(void)state;
	struct pair *pair = pair_today();
	pair_connect(pair);
	(void)play(pair, LP_SEC, 64);
	for (int i = 1; i <= 20; i++) {
		pair->client.ports[0].public.port = (uint16_t)(6000 + i);
		assert_true(play(pair, LP_SEC, 64) < 100 * LP_MS);
		assert_int_equal(lp_quic_remote(pair->at_server)->port, 6000 + i);
		assert_int_equal(pair->server.n_migrated, i);
	}
	assert_int_equal(pair->client.n_closed + pair->server.n_closed, 0);
	assert_int_equal(pair->server.n_ready, 1);
	/* The MTU of the new path was found. */
	assert_int_equal(pair->server.budget, 1440);
	unsigned long before = pair->client.n_datagrams;
	(void)play(pair, LP_SEC, 64);
	assert_true(pair->client.n_datagrams - before > 55);
	pair_free(pair);
}

static void test_junk_from_elsewhere(void **state)
{
	(void)state;
	struct pair *pair = pair_today();
	struct wire_overheard overheard = {0};
	pair_connect(pair);
	wire_overhear(&pair->wire, &pair->client, &overheard);
	(void)play(pair, LP_SEC, 64);
	assert_true(overheard.len > 0);
	overheard.data[overheard.len - 1] ^= 1; /* decryption fails */
	struct lp_addr stranger = pair->client.ports[0].public;
	stranger.ip[3] = 99;
	for (unsigned i = 0; i < 200; i++) {
		wire_inject(&pair->wire, &stranger, &pair->server.ports[0].public, overheard.data, overheard.len);
		wire_run(&pair->wire, 50 * LP_MS);
	}
	assert_int_equal(pair->server.n_closed, 0);
	assert_true(play(pair, LP_SEC, 64) < 100 * LP_MS);
	assert_int_equal(pair->server.n_migrated, 0);
	pair_free(pair);
}

/* Gives the client a second address. */
static void add_port(struct pair *pair, uint8_t host)
{
	struct wire_port *port = &pair->client.ports[pair->client.n_ports++];
	*port = pair->client.ports[0];
	port->local.ip[3] = port->public.ip[3] = host;
	port->up = true;
}

static void test_client_migrates(void **state)
{
	(void)state;
	struct pair *pair = pair_today();
	pair_connect(pair);
	add_port(pair, 77);
	(void)play(pair, LP_SEC, 64);
	for (int i = 0; i < 12; i++) {
		int from = i % 2, to = !from;
		pair->client.ports[to].up = true;
		pair->client.ports[from].up = false;
		assert_int_equal(lp_quic_migrate(pair->at_client, &pair->client.carriers[0],
					 &pair->client.ports[to].local, pair->wire.now_ns),
			0);
		assert_true(play(pair, LP_SEC, 64) < 100 * LP_MS);
		assert_int_equal(pair->client.n_migrated, i + 1);
		assert_int_equal(pair->server.n_migrated, i + 1);
		assert_int_equal(lp_quic_remote(pair->at_server)->ip[3], to ? 77 : 2);
		assert_int_equal(pair->client.budget, 1440);
	}
	assert_int_equal(lp_quic_migrate(pair->at_client, &pair->client.carriers[0], &pair->client.ports[0].local,
				 pair->wire.now_ns),
		LP_EEXISTS);
	assert_int_equal(lp_quic_migrate(pair->at_server, &pair->server.carriers[0], &pair->client.ports[0].local,
				 pair->wire.now_ns),
		LP_EINVAL);
	assert_int_equal(pair->client.n_closed + pair->server.n_closed, 0);
	pair_free(pair);
}

static void test_migration_after_validation(void **state)
{
	(void)state;
	struct pair *pair = pair_today();
	pair_connect(pair);
	add_port(pair, 77);
	struct lp_addr *to = &pair->client.ports[1].local;
	struct lp_carrier *carrier = &pair->client.carriers[0];
	(void)play(pair, LP_SEC, 64);
	unsigned long sent = pair->wire.n_sent;
	/* The new path does not work: nothing changes, however often it is tried. */
	pair->client.ports[1].up = false;
	for (int i = 0; i < 8; i++) {
		assert_int_equal(lp_quic_migrate_validated(pair->at_client, carrier, to, pair->wire.now_ns), 0);
		assert_true(play(pair, 60 * LP_SEC, 64) < 30 * LP_MS);
	}
	assert_true(pair->wire.n_sent > sent);
	assert_int_equal(pair->client.n_migrated + pair->server.n_migrated, 0);
	assert_int_equal(pair->wire.drops, 0);
	/* It works: the connection moves, and each of the 62 DATAGRAMs in either direction arrives. */
	pair->client.ports[1].up = true;
	unsigned long at_client = pair->client.n_datagrams, at_server = pair->server.n_datagrams;
	assert_int_equal(lp_quic_migrate_validated(pair->at_client, carrier, to, pair->wire.now_ns), 0);
	(void)play(pair, LP_SEC, 64);
	assert_int_equal(pair->client.n_migrated, 1);
	assert_int_equal(pair->server.n_migrated, 1);
	assert_int_equal(lp_quic_remote(pair->at_server)->ip[3], 77);
	wire_run(&pair->wire, LP_SEC);
	assert_int_equal(pair->client.n_datagrams - at_client, LP_SEC / (16 * LP_MS) + 1);
	assert_int_equal(pair->server.n_datagrams - at_server, LP_SEC / (16 * LP_MS) + 1);
	pair_free(pair);
}

/* Fills the window. */
static void send_all_it_takes(struct wire_node *node, struct lp_quic_conn *conn)
{
	for (int i = 0; i < 1000 && pair_send(node, conn, lp_quic_budget(conn), 0) == 0; i++)
		;
}

static void test_path_changes_under_a_download(void **state)
{
	(void)state;
	for (unsigned seed = 0; seed < 12; seed++) {
		struct pair *pair = pair_today();
		for (unsigned i = 0; i < 9 + seed; i++)
			(void)wire_random(&pair->wire);
		pair->wire.delay_ns = (1 + wire_random(&pair->wire) % 30) * LP_MS;
		pair->wire.rate_bps = 5000000 + wire_random(&pair->wire) % 100000000;
		pair->wire.queue_bytes = 100000;
		pair_connect(pair);
		add_port(pair, 77);
		pair->server.on_writable = send_all_it_takes;
		send_all_it_takes(&pair->server, pair->at_server);
		wire_flush(&pair->server);
		(void)play(pair, LP_SEC, 64);
		/* All packets in flight are lost with the old path. */
		if (seed % 2)
			pair->client.ports[0].public.port = 7777;
		else
			assert_int_equal(lp_quic_migrate(pair->at_client, &pair->client.carriers[0],
						 &pair->client.ports[1].local, pair->wire.now_ns),
				0);
		pair->client.ports[0].up = seed % 2;
		(void)play(pair, 2 * pair->wire.delay_ns, 64);
		unsigned long seen = pair->client.n_datagrams;
		(void)play(pair, LP_SEC, 64);
		if (pair->client.n_datagrams < seen + 50)
			fail_msg("seed %u: %lu DATAGRAMs in a second", seed, pair->client.n_datagrams - seen);
		pair_free(pair);
	}
}

struct prefixes {
	struct lp_quic_cid_prefix client, server;
	unsigned n_to_client, n_to_server, n_others;
};

/* Counts datagrams by whether the destination ID of their first packet begins with the receiver's prefix. */
static void check_prefix(struct wire *wire, struct wire_node *from, const struct lp_udp_msg *msg)
{
	struct prefixes *prefixes = wire->tap_ctx;
	bool by_client = !from->config.server_tls;
	const struct lp_quic_cid_prefix *prefix = by_client ? &prefixes->server : &prefixes->client;
	const uint8_t *dcid = msg->data + (msg->data[0] & 0x80 ? 6 : 1);
	if (memcmp(dcid, prefix->bytes, prefix->len) != 0)
		prefixes->n_others++;
	else if (by_client)
		prefixes->n_to_server++;
	else
		prefixes->n_to_client++;
}

static void test_ids_begin_with_the_prefix(void **state)
{
	(void)state;
	struct pair *pair = pair_today();
	struct prefixes prefixes = {.client = {{1, 2, 3, 4, 5, 6}, 6}, .server = {{42}, 1}};
	struct lp_quic_conn *conn;
	pair->server.config.max_handshakes = 0; /* each client gets a Retry */
	pair_start(pair);
	pair->wire.tap = check_prefix;
	pair->wire.tap_ctx = &prefixes;
	lp_quic_set_cid_prefix(pair->client.endpoint, &prefixes.client);
	lp_quic_set_cid_prefix(pair->server.endpoint, &prefixes.server);
	const struct lp_quic_target target = {.carrier = &pair->client.carriers[0],
		.local = pair->client.ports[0].local,
		.remote = pair->server.ports[0].public,
		.server_name = PAIR_NAME,
		.first_dcid = prefixes.server};
	assert_int_equal(lp_quic_connect(pair->client.endpoint, &target, pair->wire.now_ns, &conn), 0);
	wire_flush(&pair->client);
	assert_true(wire_wait(&pair->wire, &pair->server.n_ready, 1, LP_SEC));
	assert_int_equal(lp_quic_counters(pair->server.endpoint)->retries_sent, 1);
	wire_run(&pair->wire, LP_SEC);
	/* Migration makes both ends use another ID of the other. */
	pair->at_client = conn;
	pair->at_server = pair->server.conns[0];
	add_port(pair, 78);
	assert_int_equal(
		lp_quic_migrate(conn, &pair->client.carriers[0], &pair->client.ports[1].local, pair->wire.now_ns), 0);
	wire_flush(&pair->client);
	wire_run(&pair->wire, LP_SEC);
	assert_int_equal(pair->client.n_migrated, 1);
	assert_true(prefixes.n_to_server > 3 && prefixes.n_to_client > 3);
	assert_int_equal(prefixes.n_others, 0);
	pair_free(pair);
}

static void test_client_without_an_address(void **state)
{
	(void)state;
	struct pair *pair = pair_today();
	struct lp_quic_conn *conn;
	pair_start(pair);
	const struct lp_quic_target target = {
		.carrier = &pair->client.carriers[0], .remote = pair->server.ports[0].public, .server_name = PAIR_NAME};
	assert_int_equal(lp_quic_connect(pair->client.endpoint, &target, pair->wire.now_ns, &conn), 0);
	wire_flush(&pair->client);
	assert_true(wire_wait(&pair->wire, &pair->server.n_ready, 1, LP_SEC));
	pair->at_client = conn;
	pair->at_server = pair->server.conns[0];
	assert_true(play(pair, LP_SEC, 64) < 100 * LP_MS);
	add_port(pair, 78);
	assert_int_equal(
		lp_quic_migrate(conn, &pair->client.carriers[0], &pair->client.ports[1].local, pair->wire.now_ns), 0);
	assert_true(play(pair, LP_SEC, 64) < 100 * LP_MS);
	assert_int_equal(lp_quic_remote(pair->at_server)->ip[3], 78);
	pair_free(pair);
}

/* Both ends send at the size of the budget; returns the time until the next DATAGRAM from the server arrives. */
static uint64_t time_to_flow(struct pair *pair, uint64_t at_most_ns)
{
	uint64_t start_ns = pair->wire.now_ns;
	unsigned long seen = pair->client.n_datagrams;
	while (pair->client.n_datagrams < seen + 3 && pair->wire.now_ns - start_ns < at_most_ns) {
		for (int i = 0; i < 4; i++)
			(void)pair_send(&pair->server, pair->at_server, lp_quic_budget(pair->at_server), 0);
		wire_flush(&pair->server);
		wire_run(&pair->wire, 2 * LP_MS);
	}
	return pair->wire.now_ns - start_ns;
}

static void test_mtu_shrinks_and_grows(void **state)
{
	(void)state;
	struct pair *pair = pair_today();
	pair_connect(pair);
	assert_true(time_to_flow(pair, LP_SEC) < 20 * LP_MS);
	static const size_t payloads[] = {1452, 1372, 1232, 1200};
	static const size_t found[] = {1452, 1372, 1232, 1200};
	for (size_t i = 0; i < sizeof payloads / sizeof *payloads; i++) {
		pair->wire.payload_max = payloads[i];
		uint64_t took_ns = time_to_flow(pair, 5 * LP_SEC);
		print_message("payload %zu: flows again after %.0f ms\n", payloads[i], (double)took_ns / 1e6);
		assert_true(took_ns < 500 * LP_MS);
		for (int k = 0; k < 200; k++)
			(void)time_to_flow(pair, LP_SEC);
		assert_int_equal(pair->server.budget, found[i] - 32);
	}
	/* The path's MTU has increased again: found within the retry time. */
	pair->wire.payload_max = 0;
	for (int i = 0; i < 100; i++) {
		(void)time_to_flow(pair, LP_SEC);
		wire_run(&pair->wire, 10 * LP_SEC);
	}
	assert_int_equal(pair->server.budget, 1440);
	assert_int_equal(pair->server.n_closed, 0);
	pair_free(pair);
}

static void test_mtu_shrinks_under_a_stream_of_large_frames(void **state)
{
	(void)state;
	struct pair *pair = pair_today();
	pair->wire.delay_ns = 20 * LP_MS;
	pair_connect(pair);
	(void)play(pair, LP_SEC, 1440);
	pair->wire.payload_max = 1400;
	uint64_t start_ns = pair->wire.now_ns;
	/* The user fragments, so the budget must be right. */
	while (pair->server.budget == 1440 && pair->wire.now_ns - start_ns < 5 * LP_SEC) {
		(void)pair_send(&pair->client, pair->at_client, 60, 0);
		(void)pair_send(&pair->server, pair->at_server, lp_quic_budget(pair->at_server), 0);
		wire_flush(&pair->client);
		wire_flush(&pair->server);
		wire_run(&pair->wire, 16 * LP_MS);
	}
	print_message("noticed after %.0f ms\n", (double)(pair->wire.now_ns - start_ns) / 1e6);
	assert_true(pair->wire.now_ns - start_ns < 500 * LP_MS);
	pair_free(pair);
}

static void test_loss_is_no_smaller_mtu(void **state)
{
	(void)state;
	struct pair *pair = pair_today();
	pair->wire.loss_ppm = 50000;
	pair->wire.delay_ns = 10 * LP_MS;
	pair_connect(pair);
	unsigned smaller = 0, rounds = 0;
	for (int i = 0; i < 2000; i++) {
		(void)pair_send(&pair->server, pair->at_server, lp_quic_budget(pair->at_server), 0);
		wire_flush(&pair->server);
		wire_run(&pair->wire, 4 * LP_MS);
		rounds++;
		smaller += pair->server.budget < 1440;
	}
	print_message("%u of %u rounds with a smaller budget\n", smaller, rounds);
	assert_true(smaller < rounds / 50);
	pair_free(pair);
}

static void test_jumbo_and_small_paths(void **state)
{
	(void)state;
	static const struct {
		size_t payload, config, budget;
	} rows[] = {
		{8972, 8972, 8940},
		{8972, 0, 1440},
		{0, 65527, 65493},
		{1472, 8972, 1440},
		{1464, 0, 1432},
		{1372, 0, 1340},
		{1252, 0, 1220},
		{1200, 0, 1168},
		{1472, 1432, 1400},
		{1380, 0, 1340},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct pair *pair = pair_today();
		pair->wire.payload_max = rows[i].payload;
		pair->client.config.max_udp_payload = pair->server.config.max_udp_payload = rows[i].config;
		pair_connect(pair);
		wire_run(&pair->wire, 8 * LP_SEC);
		assert_int_equal(pair->client.budget, rows[i].budget);
		assert_int_equal(pair->server.budget, rows[i].budget);
		unsigned long before = pair->server.n_datagrams;
		assert_int_equal(pair_send(&pair->client, pair->at_client, rows[i].budget, 0), 0);
		wire_flush(&pair->client);
		wire_run(&pair->wire, LP_SEC);
		assert_true(pair->server.n_datagrams > before);
		pair_free(pair);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nat_rebinding),
		cmocka_unit_test(test_junk_from_elsewhere),
		cmocka_unit_test(test_client_migrates),
		cmocka_unit_test(test_migration_after_validation),
		cmocka_unit_test(test_path_changes_under_a_download),
		cmocka_unit_test(test_client_without_an_address),
		cmocka_unit_test(test_ids_begin_with_the_prefix),
		cmocka_unit_test(test_mtu_shrinks_and_grows),
		cmocka_unit_test(test_mtu_shrinks_under_a_stream_of_large_frames),
		cmocka_unit_test(test_loss_is_no_smaller_mtu),
		cmocka_unit_test(test_jumbo_and_small_paths),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
