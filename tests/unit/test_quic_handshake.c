/* Handshakes: trust, error texts, limits and Retry. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/failure.h"
#include "base/units.h"
#include "quic/conn.h"
#include "quic/tls/credentials.h"
#include "quic_pair.h"

#define NAME PAIR_NAME

static int64_t today(void)
{
	return (int64_t)time(NULL);
}

static void test_pinned(void **state)
{
	(void)state;
	struct pair *pair = pair_new(NAME, today(), NULL, 0);
	pair_start(pair);
	wire_connect(&pair->client, &pair->server, NAME);
	assert_true(wire_wait(&pair->wire, &pair->client.n_ready, 1, LP_SEC));
	assert_true(wire_wait(&pair->wire, &pair->server.n_ready, 1, LP_SEC));
	assert_int_equal(pair->client.budget, 1200 - 32);
	wire_run(&pair->wire, LP_SEC);
	/* PMTUD has finished. */
	assert_int_equal(pair->client.budget, 1472 - 32);
	assert_int_equal(pair->server.budget, 1472 - 32);
	assert_int_equal(lp_quic_conn_count(pair->server.endpoint), 1);
	pair_free(pair);
}

/* Each end receives the transport parameters of the table in docs/protocol.md. */
static void test_parameters(void **state)
{
	(void)state;
	struct pair *pair = pair_today();
	pair_connect(pair);
	const struct lp_quic_conn *conns[] = {pair->at_client, pair->at_server};
	for (size_t i = 0; i < 2; i++) {
		const ngtcp2_transport_params *told = ngtcp2_conn_get_remote_transport_params(conns[i]->ngtcp2);
		bool by_relay = i == 0;
		assert_int_equal(told->max_datagram_frame_size, 65535);
		assert_int_equal(told->initial_max_streams_bidi, by_relay ? 1 : 0);
		assert_int_equal(told->initial_max_streams_uni, 0);
		assert_int_equal(told->initial_max_data, 65536);
		assert_int_equal(told->initial_max_stream_data_bidi_local, 65536);
		assert_int_equal(told->initial_max_stream_data_bidi_remote, 65536);
		assert_int_equal(told->active_connection_id_limit, 5);
		assert_int_equal(told->max_ack_delay, 25 * LP_MS);
	}
	pair_free(pair);
}

/* Expects that the member refuses the relay, with |text| in the reason. */
static void expect_refused(struct pair *pair, const char *name, const char *text)
{
	pair_start(pair);
	wire_connect(&pair->client, &pair->server, name);
	assert_true(wire_wait(&pair->wire, &pair->client.n_closed, 1, 20 * LP_SEC));
	assert_int_equal(pair->client.n_ready, 0);
	assert_int_equal(pair->client.why.kind, LP_QUIC_CLOSED_TLS);
	if (!strstr(pair->client.why.reason, text))
		fail_msg("reason: %s", pair->client.why.reason);
	wire_run(&pair->wire, LP_SEC);
	assert_int_equal(pair->client.n_closed, 1);
	assert_int_equal(pair->server.n_closed, 0);
	assert_int_equal(lp_quic_conn_count(pair->server.endpoint), 0);
	assert_int_equal(lp_quic_conn_count(pair->client.endpoint), 0);
	pair_free(pair);
}

static void test_wrong_pin(void **state)
{
	(void)state;
	uint8_t *other = NULL, *key = NULL;
	size_t other_len = 0, key_len = 0;
	assert_int_equal(lp_tls_self_signed(NAME, today(), NULL, &other, &other_len, &key, &key_len), 0);
	expect_refused(pair_new(NAME, today(), other, other_len), NAME,
		"is not the one in the file for --relay-ca-cert (SHA-256 ");
	free(other);
	free(key);
}

static void test_wrong_name(void **state)
{
	(void)state;
	expect_refused(pair_new(NAME, today(), NULL, 0), "other.test", "is for 'relay.test', not for 'other.test'");
}

static void test_expired(void **state)
{
	(void)state;
	/* issued in 2010, expired ten years later */
	expect_refused(
		pair_new(NAME, 1262304000, NULL, 0), NAME, "expired on 2020-01-01, and this computer's clock shows 20");
}

static void test_not_yet_valid(void **state)
{
	(void)state;
	expect_refused(pair_new(NAME, today() + 400 * 86400, NULL, 0), NAME, "is not valid before 20");
}

static void test_system_cas(void **state)
{
	(void)state;
	struct pair *pair = pair_new(NAME, today(), NULL, 0);
	struct lp_tls *system = NULL;
	if (lp_tls_client_new(NULL, 0, NULL, &system) < 0) {
		pair_free(pair);
		skip();
	}
	lp_tls_free(pair->client_tls);
	pair->client_tls = pair->client.config.client_tls = system;
	expect_refused(pair, NAME, "no CA that this computer trusts has signed the relay's certificate");
}

static void test_nobody_answers(void **state)
{
	(void)state;
	struct pair *pair = pair_new(NAME, today(), NULL, 0);
	pair_start(pair);
	pair->wire.cut = true;
	wire_connect(&pair->client, &pair->server, NAME);
	assert_true(wire_wait(&pair->wire, &pair->client.n_closed, 1, 65 * LP_SEC));
	/* The idle timeout is shorter than the time for a handshake. */
	assert_int_equal(pair->client.why.kind, LP_QUIC_CLOSED_IDLE);
	pair_free(pair);
}

static void test_replaced_certificate(void **state)
{
	(void)state;
	struct pair *pair = pair_new(NAME, today(), NULL, 0);
	uint8_t *cert = NULL, *key = NULL;
	size_t cert_len = 0, key_len = 0;
	struct lp_failure failure = {0};
	pair_start(pair);
	wire_connect(&pair->client, &pair->server, NAME);
	assert_true(wire_wait(&pair->wire, &pair->server.n_ready, 1, LP_SEC));
	assert_int_equal(lp_tls_self_signed(NAME, today(), &failure, &cert, &cert_len, &key, &key_len), 0);
	assert_int_equal(lp_tls_server_replace(pair->server_tls, cert, cert_len, cert, cert_len, &failure), LP_ECERT);
	assert_int_equal(
		lp_tls_server_replace(pair->server_tls, pair->cert, pair->cert_len, key, key_len, &failure), LP_ECERT);
	assert_string_equal(failure.text, "certificate and key do not belong together");
	assert_int_equal(lp_tls_server_replace(pair->server_tls, cert, cert_len, key, key_len, &failure), 0);
	/* The old pin does not match any more; existing connections stay. */
	wire_connect(&pair->client, &pair->server, NAME);
	assert_true(wire_wait(&pair->wire, &pair->client.n_closed, 1, LP_SEC));
	assert_non_null(strstr(pair->client.why.reason, "not the one in the file"));
	assert_int_equal(pair->server.n_conns, 1);
	assert_true(lp_tls_expiry_unix_s(pair->server_tls) > today() + (int64_t)9 * 365 * 86400);
	free(cert);
	free(key);
	pair_free(pair);
}

static void test_retry(void **state)
{
	(void)state;
	struct pair *pair = pair_new(NAME, today(), NULL, 0);
	pair->server.config.max_handshakes = 0;
	pair_start(pair);
	wire_connect(&pair->client, &pair->server, NAME);
	assert_true(wire_wait(&pair->wire, &pair->client.n_ready, 1, LP_SEC));
	assert_true(wire_wait(&pair->wire, &pair->server.n_ready, 1, LP_SEC));
	assert_int_equal(lp_quic_counters(pair->server.endpoint)->retries_sent, 1);
	pair_free(pair);
}

static void test_full(void **state)
{
	(void)state;
	struct pair *pair = pair_new(NAME, today(), NULL, 0);
	pair->server.config.max_conns = 2;
	pair_start(pair);
	for (int i = 0; i < 3; i++)
		wire_connect(&pair->client, &pair->server, NAME);
	assert_true(wire_wait(&pair->wire, &pair->client.n_closed, 1, LP_SEC));
	wire_run(&pair->wire, LP_SEC);
	assert_int_equal(pair->client.n_ready, 2);
	assert_int_equal(pair->client.why.kind, LP_QUIC_CLOSED_TRANSPORT);
	assert_string_equal(pair->client.why.reason, "the relay is full");
	assert_int_equal(lp_quic_counters(pair->server.endpoint)->conns_refused, 1);
	assert_string_equal(lp_quic_last_refusal(pair->server.endpoint)->reason, "as many as there may be in all");
	assert_true(lp_quic_last_refusal(pair->server.endpoint)->remote.family != 0);
	pair_free(pair);
}

static void test_source_limits(void **state)
{
	(void)state;
	struct pair *pair = pair_new(NAME, today(), NULL, 0);
	pair->server.config.max_conns_per_source = 5;
	pair->server.config.max_handshakes_per_source = 2;
	pair_start(pair);
	for (int i = 0; i < 5; i++)
		wire_connect(&pair->client, &pair->server, NAME);
	/* Two may begin directly and two after a Retry; the fifth is ignored until those are complete. */
	wire_run(&pair->wire, 20 * LP_MS);
	assert_int_equal(pair->client.n_ready, 4);
	assert_int_equal(lp_quic_counters(pair->server.endpoint)->retries_sent, 3);
	wire_run(&pair->wire, 3 * LP_SEC);
	assert_int_equal(pair->client.n_ready, 5);
	wire_connect(&pair->client, &pair->server, NAME);
	assert_true(wire_wait(&pair->wire, &pair->client.n_closed, 1, LP_SEC));
	assert_string_equal(pair->client.why.reason, "too many connections from your address");
	/* A slot that becomes free can be used. */
	lp_quic_close(pair->client.conns[0], LP_QUIC_APP_OK, "bye");
	wire_flush(&pair->client);
	wire_run(&pair->wire, LP_SEC);
	wire_connect(&pair->client, &pair->server, NAME);
	wire_run(&pair->wire, LP_SEC);
	assert_int_equal(pair->client.n_ready, 6);
	pair_free(pair);
}

static int locked; /* how often the lock is held */
static unsigned n_locked;

static void on_lock(void *ctx)
{
	(void)ctx;
	assert_int_equal(locked++, 0);
	n_locked++;
}

static void on_unlock(void *ctx)
{
	(void)ctx;
	assert_int_equal(--locked, 0);
}

static void test_endpoints_share_limits(void **state)
{
	(void)state;
	struct pair *pair = pair_new(NAME, today(), NULL, 0);
	struct wire_node other;
	struct lp_quic_limits *limits;
	pair->server.config.max_conns_per_source = 3;
	assert_int_equal(
		lp_quic_limits_new(&pair->server.config, &(struct lp_lock){on_lock, on_unlock, NULL}, &limits), 0);
	pair->server.config.limits = limits;
	wire_node_init(&other, &pair->wire, pair->server_tls, true, 3);
	other.config.max_conns_per_source = 3;
	other.config.limits = limits;
	pair_start(pair);
	wire_node_start(&other);
	for (int i = 0; i < 4; i++) {
		wire_connect(&pair->client, i % 2 ? &other : &pair->server, NAME);
		wire_run(&pair->wire, 100 * LP_MS);
	}
	assert_int_equal(pair->server.n_ready, 2);
	assert_int_equal(other.n_ready, 1);
	assert_int_equal(lp_quic_conn_count(other.endpoint), 1);
	assert_string_equal(pair->client.why.reason, "too many connections from your address");
	/* A slot that becomes free at one endpoint can be used at the other. */
	lp_quic_close(pair->client.conns[0], LP_QUIC_APP_OK, "bye");
	wire_flush(&pair->client);
	wire_run(&pair->wire, LP_SEC);
	wire_connect(&pair->client, &other, NAME);
	wire_run(&pair->wire, LP_SEC);
	assert_int_equal(other.n_ready, 2);
	/* DATAGRAMs take no lock. */
	unsigned before = n_locked;
	for (unsigned i = 0; i < 10; i++) {
		assert_int_equal(pair_send(&pair->client, pair->client.conns[pair->client.n_conns - 1], 100, i), 0);
		wire_flush(&pair->client);
		wire_run(&pair->wire, 100 * LP_MS);
	}
	assert_int_equal(other.n_datagrams, 10);
	assert_int_equal(n_locked, before);
	wire_node_stop(&other);
	pair_free(pair);
	lp_quic_limits_free(limits);
}

/* A handshake from an unvalidated address counts when it is complete. */
static void test_source_limit_at_once(void **state)
{
	(void)state;
	struct pair *pair = pair_new(NAME, today(), NULL, 0);
	pair->server.config.max_conns_per_source = 3;
	pair_start(pair);
	for (int i = 0; i < 8; i++)
		wire_connect(&pair->client, &pair->server, NAME);
	wire_run(&pair->wire, LP_SEC);
	assert_int_equal(pair->server.n_ready, 3);
	assert_int_equal(pair->client.n_closed, 5);
	assert_string_equal(pair->client.why.reason, "too many connections from your address");
	assert_int_equal(lp_quic_counters(pair->server.endpoint)->conns_refused, 5);
	assert_int_equal(lp_quic_counters(pair->server.endpoint)->retries_sent, 0);
	pair_free(pair);
}

/* Gives a node an IPv6 address, in /64 number |subnet| of the site 2001:db8:|site|::/48. */
static void move_to(struct wire_node *node, uint8_t site, uint8_t subnet)
{
	struct lp_addr addr = {.ip = {0x20, 0x01, 0x0d, 0xb8, 0, site, 0, subnet, [15] = 1}, .family = 6};
	addr.port = node->ports[0].local.port;
	node->ports[0].local = node->ports[0].public = addr;
}

static void test_site_limit(void **state)
{
	(void)state;
	struct pair *pair = pair_new(NAME, today(), NULL, 0);
	pair->server.config.max_conns_per_source = 2;
	pair_start(pair);
	move_to(&pair->server, 1, 0);
	/* Each connection from its own subnet: four times as many as from one. */
	for (uint8_t i = 0; i < 12; i++) {
		move_to(&pair->client, 2, i);
		wire_connect(&pair->client, &pair->server, NAME);
		wire_run(&pair->wire, 100 * LP_MS);
	}
	assert_int_equal(pair->server.n_ready, 8);
	assert_string_equal(pair->client.why.reason, "too many connections from your address");
	/* Other sites have their own limit. */
	move_to(&pair->client, 3, 0);
	wire_connect(&pair->client, &pair->server, NAME);
	wire_run(&pair->wire, 100 * LP_MS);
	assert_int_equal(pair->server.n_ready, 9);
	pair_free(pair);
}

static void test_forged_source(void **state)
{
	(void)state;
	struct pair *pair = pair_new(NAME, today(), NULL, 0);
	struct wire_node forger;
	struct wire_overheard initial = {0};
	struct lp_addr victim = pair->client.ports[0].public;
	pair->server.config.max_conns_per_source = 3;
	pair->server.config.max_handshakes_per_source = 2;
	wire_node_init(&forger, &pair->wire, pair->client_tls, false, 3);
	pair_start(pair);
	wire_node_start(&forger);
	/* An attacker begins handshakes from the member's address, and never receives a reply. */
	wire_overhear(&pair->wire, &forger, &initial);
	pair->wire.muted = &forger;
	for (int i = 0; i < 8; i++) {
		wire_connect(&forger, &pair->server, NAME);
		victim.port = (uint16_t)(50000 + i);
		wire_inject(&pair->wire, &victim, &pair->server.ports[0].public, initial.data, initial.len);
	}
	wire_run(&pair->wire, 100 * LP_MS);
	wire_node_stop(&forger);
	/* They do not count against the member, which can validate the address: it gets its full limit. */
	for (int i = 0; i < 3; i++) {
		wire_connect(&pair->client, &pair->server, NAME);
		wire_run(&pair->wire, LP_SEC);
	}
	assert_int_equal(pair->server.n_ready, 3);
	assert_int_equal(pair->client.n_ready, 3);
	assert_true(lp_quic_counters(pair->server.endpoint)->retries_sent >= 3);
	wire_connect(&pair->client, &pair->server, NAME);
	assert_true(wire_wait(&pair->wire, &pair->client.n_closed, 1, LP_SEC));
	assert_string_equal(pair->client.why.reason, "too many connections from your address");
	pair_free(pair);
}

/* Begins a handshake and abandons it before a reply is possible. */
static void begin_and_leave(struct pair *pair)
{
	struct lp_quic_conn *conn = wire_connect(&pair->client, &pair->server, NAME);
	lp_quic_close(conn, LP_QUIC_APP_OK, "never mind");
	wire_flush(&pair->client);
}

static void test_abandoned_handshakes(void **state)
{
	(void)state;
	struct pair *pair = pair_new(NAME, today(), NULL, 0);
	pair->server.config.max_handshakes = 4;
	pair_start(pair);
	/* Each costs the relay a key exchange and a signature, but occupies a slot for a short time only. */
	for (int i = 0; i < 40; i++) {
		begin_and_leave(pair);
		wire_run(&pair->wire, 2 * LP_MS);
		assert_int_equal(lp_quic_conn_count(pair->server.endpoint), 0);
	}
	assert_true(lp_quic_counters(pair->server.endpoint)->retries_sent >= 40 - 4);
	/* A client that validates its address is accepted immediately. */
	wire_connect(&pair->client, &pair->server, NAME);
	assert_true(wire_wait(&pair->wire, &pair->client.n_ready, 1, LP_SEC));
	pair_free(pair);
}

static void test_source_rate(void **state)
{
	(void)state;
	struct pair *pair = pair_new(NAME, today(), NULL, 0);
	const struct lp_quic_counters *counters;
	pair->server.config.max_handshakes = 0; /* all clients validate their address */
	pair->server.config.max_handshakes_per_source = 4;
	pair_start(pair);
	counters = lp_quic_counters(pair->server.endpoint);
	for (int i = 0; i < 40; i++) {
		struct lp_quic_conn *conn = wire_connect(&pair->client, &pair->server, NAME);
		wire_run(&pair->wire, 5 * LP_MS);
		lp_quic_close(conn, LP_QUIC_APP_OK, "bye");
		wire_flush(&pair->client);
	}
	/* A burst of 4, and 4 per second. */
	assert_in_range(pair->server.n_ready, 4, 6);
	assert_true(counters->conns_refused >= 30);
	assert_string_equal(lp_quic_last_refusal(pair->server.endpoint)->reason,
		"too many handshakes in a short time from one address");
	/* A little later it is accepted again. */
	wire_run(&pair->wire, LP_SEC);
	unsigned before = pair->server.n_ready;
	wire_connect(&pair->client, &pair->server, NAME);
	assert_true(wire_wait(&pair->wire, &pair->server.n_ready, before + 1, LP_SEC));
	pair_free(pair);
}

static void test_lossy_handshakes(void **state)
{
	(void)state;
	unsigned n_ready = 0;
	for (uint64_t seed = 1; seed <= 30; seed++) {
		struct pair *pair = pair_new(NAME, today(), NULL, 0);
		wire_done(&pair->wire);
		pair->wire.random = seed * 7919;
		pair->wire.loss_ppm = 200000;
		pair->wire.duplicate_ppm = 50000;
		pair->wire.delay_ns = 20 * LP_MS;
		pair->wire.jitter_ns = 10 * LP_MS;
		pair_start(pair);
		wire_connect(&pair->client, &pair->server, NAME);
		wire_run(&pair->wire, 11 * LP_SEC);
		n_ready += pair->client.n_ready == 1 && pair->server.n_ready == 1;
		assert_int_equal(pair->client.n_ready + pair->client.n_closed, 1);
		pair_free(pair);
	}
	assert_true(n_ready >= 27);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pinned),
		cmocka_unit_test(test_parameters),
		cmocka_unit_test(test_wrong_pin),
		cmocka_unit_test(test_wrong_name),
		cmocka_unit_test(test_expired),
		cmocka_unit_test(test_not_yet_valid),
		cmocka_unit_test(test_system_cas),
		cmocka_unit_test(test_nobody_answers),
		cmocka_unit_test(test_replaced_certificate),
		cmocka_unit_test(test_retry),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_source_limits),
		cmocka_unit_test(test_source_limit_at_once),
		cmocka_unit_test(test_endpoints_share_limits),
		cmocka_unit_test(test_site_limit),
		cmocka_unit_test(test_forged_source),
		cmocka_unit_test(test_abandoned_handshakes),
		cmocka_unit_test(test_source_rate),
		cmocka_unit_test(test_lossy_handshakes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
